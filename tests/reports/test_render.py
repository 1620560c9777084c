"""Rendering: parameters are checked first, pages appear whole, a failure stops nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat.v4 as v4
import pytest

from kamkit.errors import KamkitError
from kamkit.reports import (
    Job,
    check_parameters,
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
