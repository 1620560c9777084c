"""The command line: every command in both languages, and what users get wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner, Result

from kamkit import cli
from kamkit.errors import KamkitError, Problem
from kamkit.i18n import catalog
from kamkit.reports import Rendered

CONFIG = '[company]\nid = "acme"\nname_en = "Acme"\ncurrency = "CNY"\nas_of = 2026-06-30\n'
ACCOUNTS = "account_id,name\n007,Acme\n008,Beta\n"
ORDERS = "order_id,account_id,date,amount\nO1,007,2025-03-05,120\nO2,008,2025-04-01,80\n"
COMMANDS = ("check", "sample", "import", "report", "workshop")


@pytest.fixture(autouse=True)
def in_no_language(monkeypatch):
    monkeypatch.setenv("KAMKIT_LANG", "en")


@pytest.fixture
def folder(tmp_path) -> Path:
    home = tmp_path / "公司 data"
    home.mkdir()
    for name, text in (("kamkit.toml", CONFIG), ("accounts.csv", ACCOUNTS), ("orders.csv", ORDERS)):
        (home / name).write_text(text, encoding="utf-8")
    return home


def run(*words: object, lang: str = "en") -> Result:
    os.environ["KAMKIT_LANG"] = lang
    result = CliRunner().invoke(cli.app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result


def process(*words: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from kamkit.cli import app; app()", *map(str, words)]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, env=env, cwd=ROOT, timeout=120)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("words", [(), *((c,) for c in COMMANDS)], ids=lambda w: "".join(w) or "-")
def test_help_is_in_one_language(words, lang):
    done = process(*words, "--help", KAMKIT_LANG=lang)
    text = done.stdout.decode()
    assert done.returncode == 0
    key = f"cli.{words[0]}" if words else "cli.app"
    assert catalog(lang)[key][:12] in text
    english = ("Usage", "Options", "Show this", "[required]", "[default")
    assert not (lang == "zh" and any(word in text for word in english)), text


def test_help_follows_the_option_too():
    assert "用法" in process("report", "--lang", "zh", "--help", KAMKIT_LANG="en").stdout.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "x"], "--out"),
        (["check", "x", "--nope"], "--nope"),
        (["report", "x", "--out"], "--out"),
        (["report", "x", "--out", "o", "--workers", "0"], "--workers"),
        (["sample", "--out", "o", "--seed", "z"], "--seed"),
        (["check", "x", "--lang", "fr"], "zh | en"),
        (["nosuch"], "nosuch"),
        (["check", "a", "surplus"], "surplus"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_usage_errors_are_told_in_the_language(words, said, lang):
    result = run(*words, lang=lang)
    assert result.exit_code == 2
    assert said in result.output
    rest = result.output.replace("kamkit", "").replace("--help", "").replace(said, "")
    assert lang == "en" or not any(w in rest for w in ("Error", "Invalid", "Input", "Missing"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_check_counts_and_exit_codes(folder, lang):
    assert run("check", folder, lang=lang).exit_code == 0
    (folder / "orders.csv").write_text(ORDERS.replace("120", "12万"), encoding="utf-8")
    result = run("check", folder, lang=lang)
    assert result.exit_code == 1
    assert catalog(lang)["check.result"].format(errors=1, warnings=0) in result.output
    assert "not_a_number  orders.amount" in result.output


def test_control_characters_from_data_do_not_reach_the_terminal(folder):
    bad = ORDERS.replace("120", '"\x1b[2J"').replace("2025-04-01", "\u202e5")
    (folder / "orders.csv").write_text(bad, encoding="utf-8")
    output = run("check", folder).output
    assert "\x1b" not in output and "\u202e" not in output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sample_is_written_once_and_never_over_other_things(tmp_path, lang):
    out = tmp_path / "s"
    small = ("sample", "--out", out, "--accounts", "20", "--company", "it")
    assert run(*small, lang=lang).exit_code == 0
    assert run(*small, lang=lang).exit_code == 1
    assert run(*small, "--force", lang=lang).exit_code == 0
    (out / "my work").mkdir()
    (out / "my work" / "plan.txt").write_text("x", encoding="utf-8")
    result = run(*small, "--force", lang=lang)
    assert result.exit_code == 1 and "folder_not_ours" in result.output
    assert (out / "my work" / "plan.txt").exists()
    assert run("sample", "--out", tmp_path / "t", "--company", "nope").exit_code == 1


def test_import_refuses_its_own_source_and_unknown_profiles(folder):
    for words, code in (
        (("import", folder, folder, "--profile", "northwind", "--force"), "target_is_source"),
        (("import", folder, folder / "x", "--profile", "nope"), "unknown_profile"),
        (("import", folder, folder / "x", "--profile", "northwind"), "file_not_found"),
    ):
        result = run(*words)
        assert result.exit_code == 1 and code in result.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--set", "nope=1"], "unknown_parameter"),
        (["--set", "novalue"], "bad_parameter"),
        (["--set", "=5"], "bad_parameter"),
        (["--set", "hours=abc"], "not_a_number  hours"),
        (["--set", "hours=nan"], "not_a_number  hours"),
        (["--set", "company=elevator"], "reserved_parameter"),
        (["--account", "NOPE"], "unknown_account"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_report_refuses_before_anything_runs(folder, tmp_path, words, code, lang):
    result = run("report", folder, "--out", tmp_path / "out", *words, lang=lang)
    assert result.exit_code == 1 and code in result.output
    assert not (tmp_path / "out").exists()


def test_report_into_a_file_is_told(folder):
    result = run("report", folder, "--out", folder / "orders.csv")
    assert result.exit_code == 1 and "cannot_write" in result.output
    assert (folder / "orders.csv").read_text(encoding="utf-8") == ORDERS


def test_report_passes_parameters_on_as_typed(folder, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "kamkit.reports.render", lambda job: seen.append(job) or Rendered("p", "ok")
    )
    words = ("--set", "hours=1200", "--set", "start=2025-01-01", "--set", "scheme=123")
    assert run("report", folder, "--out", tmp_path, *words).exit_code == 0
    values = {key: seen[0].parameters[key] for key in ("hours", "start", "scheme")}
    assert values == {"hours": 1200.0, "start": "2025-01-01", "scheme": "123"}


def test_failed_pages_are_listed_and_the_exit_code_says_so(folder, tmp_path, monkeypatch):
    def rendered(jobs, out, **_):
        states = [
            Rendered(j.target, "failed", account_id="a\x1b[1m", error="no\nway") for j in jobs
        ]
        return [*states[1:], Rendered(jobs[0].target, "done")]

    monkeypatch.setattr("kamkit.reports.render_accounts", rendered)
    result = run("report", folder, "--out", tmp_path, "--all-accounts")
    assert result.exit_code == 1 and "1 failed" in result.output
    assert "way" in result.output and "\x1b" not in result.output


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device", "f"), 1, "磁盘已满"),
        (KamkitError(Problem("table_absent", "orders", details={"modules": "M1"})), 1, "orders"),
        (KeyboardInterrupt(), 130, "Ctrl-C"),
    ],
)
def test_faults_while_rendering_end_in_a_sentence(folder, tmp_path, monkeypatch, error, code, said):
    def fails(job):
        raise error

    monkeypatch.setattr("kamkit.reports.render", fails)
    result = run("report", folder, "--out", tmp_path, lang="zh")
    assert result.exit_code == code and said in result.output


def test_workshop_renders_copies_and_serves(tmp_path, monkeypatch):
    called = {}
    monkeypatch.setattr("kamkit.reports.is_current", lambda job: True)
    monkeypatch.setattr("kamkit.workshop.copy_lessons", lambda root, room: [room / "a.ipynb"])
    monkeypatch.setattr(
        "kamkit.workshop.serve", lambda command, *rest: called.update(c=command) or 0
    )
    assert run("workshop", "--no-browser", lang="zh").exit_code == 0
    assert "--no-browser" in called["c"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_no_character_set_stops_the_output(folder, encoding):
    names = ACCOUNTS.replace("008,Beta", "008,😀\n008,😀")
    (folder / "accounts.csv").write_text(names, encoding="utf-8")
    done = process("check", folder, KAMKIT_LANG="zh", PYTHONIOENCODING=encoding)
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    readable = done.stdout.decode("gbk" if encoding == "gbk" else "utf-8")
    assert "检查完毕" in readable


def test_piped_lines_are_not_broken(folder):
    far = CONFIG.replace("2026-06-30", '"' + "x" * 150 + '"')
    (folder / "kamkit.toml").write_text(far, encoding="utf-8")
    text = process("check", folder, KAMKIT_LANG="en", COLUMNS="40").stdout.decode()
    assert any(len(line) > 100 for line in text.splitlines())
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="signals differ")
def test_ctrl_c_keeps_whole_pages_and_a_valid_manifest(folder, tmp_path):
    out = tmp_path / "out"
    rows = "".join(f"A{i},Firm {i}\n" for i in range(30))
    (folder / "accounts.csv").write_text(ACCOUNTS + rows, encoding="utf-8")
    words = ["report", str(folder), "--out", str(out), "--all-accounts", "--workers", "1"]
    command = [sys.executable, "-c", "from kamkit.cli import app; app()", *words]
    # A shell's background job ignores Ctrl-C, and what it starts would do so too.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    restore = {"start_new_session": True, "cwd": ROOT, "preexec_fn": heed}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, **restore)
    for _ in range(600):
        if (out / "manifest.json").exists():
            break
        time.sleep(0.2)
    os.killpg(running.pid, signal.SIGINT)
    stderr = running.communicate(timeout=120)[1]
    assert running.returncode == 130 and b"Traceback" not in stderr
    pages = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["pages"]
    written = sorted(p.name for p in out.glob("*.html"))
    assert sorted(p["target"] for p in pages) == written and 0 < len(written) < 32
    assert all(
        p.read_text(encoding="utf-8").rstrip().endswith("</html>") for p in out.glob("*.html")
    )
    assert not list(out.glob(".*"))
