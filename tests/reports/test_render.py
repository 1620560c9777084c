"""Rendering: parameters are checked first, pages appear whole, a failure stops nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat.v4 as v4
import pytest

from kamkit.errors import KamkitError
from kamkit.reports import (
    Job,
    accounts_jobs,
    check_parameters,
    company_job,
    is_current,
    page_name,
    render,
    render_accounts,
)

PARAMETERS = """\
company: str = ""  # required: folder
account: str = ""  # one account
language: str = "en"  # zh or en"""
BODY = """\
from kamkit.reports import Report
report = Report(lang=language, company=company)
assert account != "broken", "this account is broken"
report.cover("key_accounts")"""


@pytest.fixture
def template(tmp_path) -> Path:
    cells = [
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        v4.new_code_cell(BODY),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
    path = tmp_path / "template.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=cells, metadata=kernel)), encoding="utf-8")
    return path


def job(template: Path, out: Path, account: str = "", key: str = "k1") -> Job:
    parameters = {"company": "Nobody & Sons", "account": account}
    return Job(
        str(template), parameters, str(out / page_name(account or "all", "en")), "en", key, account
    )


def test_unknown_and_missing_parameters_are_refused_together(template):
    with pytest.raises(KamkitError) as caught:
        check_parameters(template, {"acount": "A1"})
    codes = {(p.code, p.value) for p in caught.value.problems}
    assert codes == {("unknown_parameter", "acount"), ("missing_parameter", "company")}


def test_good_parameters_pass(template):
    check_parameters(template, {"company": "x", "language": "zh"})


def test_page_and_executed_notebook_appear(template, tmp_path):
    done = render(job(template, tmp_path / "out"))
    page = Path(done.target).read_text(encoding="utf-8")
    assert "Nobody &amp; Sons" in page
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "account_all.en.html",
        "account_all.en.ipynb",
    ]


def test_failed_render_leaves_nothing(template, tmp_path):
    with pytest.raises(KamkitError) as caught:
        render(job(template, tmp_path / "out", "broken"))
    assert caught.value.problems[0].code == "template_failed"
    assert list((tmp_path / "out").iterdir()) == []


def test_one_failure_does_not_stop_the_rest(template, tmp_path):
    out = tmp_path / "out"
    jobs = [job(template, out, account) for account in ("a", "broken", "=cmd|' /C calc'!A0")]
    seen = []
    results = render_accounts(jobs, out, workers=1, progress=seen.append)
    assert [r.status for r in results] == ["done", "failed", "done"]
    assert len(seen) == 3
    assert "this account is broken" in results[1].error
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {p["account_id"]: p["status"] for p in manifest["pages"]}["broken"] == "failed"
    again = render_accounts(jobs[:1], out, workers=1)
    assert [r.status for r in again] == ["unchanged"]
    assert is_current(jobs[0]) and not is_current(job(template, out, "a", key="k2"))


@pytest.mark.parametrize("account", ["../../etc/passwd", "a/b", "x" * 500, "名称", "con.", ""])
def test_page_names_are_safe(account):
    name = page_name(account, "en")
    assert "/" not in name and "\\" not in name and len(name) < 70 and name.isascii()


def failing(cell: str, template: Path) -> KamkitError:
    notebook = json.loads(template.read_text(encoding="utf-8"))
    notebook["cells"][1]["source"] = cell
    template.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        render(job(template, template.parent / "out"))
    return caught.value


def test_a_refusal_of_our_own_keeps_its_words(template):
    cell = """\
import kamkit.i18n
from kamkit.errors import KamkitError, Problem
raise KamkitError(Problem("table_absent", "orders", details={"modules": "M1 " * 40}))"""
    problem = failing(cell, template).problems[0]
    assert problem.code == "template_refused"
    assert problem.details["reason"].count("M1") == 40


def test_a_dead_kernel_is_told(template):
    assert failing("import os; os._exit(1)", template).problems[0].code == "kernel_stopped"


def test_two_kernels_never_share_an_address(template, tmp_path, monkeypatch):
    """Sockets named by the working folder would let one report take another's kernel."""
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.chdir(room)
    jobs = [job(template, tmp_path / "out", f"a{i}") for i in range(4)]
    results = render_accounts(jobs, tmp_path / "out", workers=4)
    assert [r.status for r in results] == ["done"] * 4
    assert list(room.iterdir()) == []


def test_pages_are_readable_by_whoever_may_read_the_folder(template, tmp_path):
    done = render(job(template, tmp_path / "out"))
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    assert Path(done.target).stat().st_mode == plain.stat().st_mode


def test_a_page_in_another_encoding_is_not_current(template, tmp_path):
    wanted = job(template, tmp_path)
    Path(wanted.target).write_bytes("旧报告".encode("gbk"))
    assert not is_current(wanted)


def test_values_get_the_type_of_their_parameter(tmp_path):
    lines = ['a: str = ""', "n: int = 1", "x: float = 0", "f: bool = False"]
    source = "\n".join(f"{line}  # help" for line in lines)
    cells = [v4.new_code_cell(source, metadata={"tags": ["parameters"]})]
    kernel = {"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
    path = tmp_path / "typed.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=cells, metadata=kernel)), encoding="utf-8")
    given = {"a": "007", "n": "12", "x": "0.5", "f": "True"}
    assert check_parameters(path, given) == {"a": "007", "n": 12, "x": 0.5, "f": True}
    with pytest.raises(KamkitError) as caught:
        check_parameters(path, {"n": "1.5", "x": "inf", "f": "perhaps"})
    assert {(p.code, p.column) for p in caught.value.problems} == {
        ("not_a_whole_number", "n"),
        ("not_a_number", "x"),
        ("not_yes_or_no", "f"),
    }


def test_ids_that_differ_in_case_only_get_pages_of_their_own(tmp_path):
    (tmp_path / "kamkit.toml").write_text(
        '[company]\nid = "a"\ncurrency = "CNY"\nas_of = 2026-06-30\n', encoding="utf-8"
    )
    (tmp_path / "accounts.csv").write_text("account_id,name\na1,x\nA1,y\nb,z\n", encoding="utf-8")
    jobs = accounts_jobs(tmp_path, tmp_path / "out", "en")
    names = [Path(j.target).name for j in jobs]
    assert len({name.lower() for name in names}) == 3 and "account_b.en.html" in names
    single = company_job(tmp_path, tmp_path / "out", "en", account="A1")
    assert single.target == jobs[1].target


def test_a_changed_scheme_file_makes_a_page_out_of_date(tmp_path):
    scheme = tmp_path / "own.toml"
    keys = []
    for text in ("a = 1", "a = 2"):
        scheme.write_text(text, encoding="utf-8")
        extra = {"scheme": str(scheme)}
        keys.append(company_job(Path("elevator"), tmp_path, "en", extra=extra).key)
    assert keys[0] != keys[1]
