"""Old machines: a GBK code page, folders with Chinese names and blanks, long paths."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from text_files import unnamed

from kamkit.exercises.desk import open_desk, sign_in
from kamkit.exercises.handin import read_handin, write_handin
from kamkit.tables import check_folder

LOCALE = "zh_CN.GBK"
SOURCES = [
    path
    for room in ("kamkit", "scripts", "benchmarks", "tests")
    for path in sorted((ROOT / room).rglob("*.py"))
]
# What a trainee's laptop does, without the long random searches.
ROOM = (
    "exercises/test_bank.py",
    "exercises/test_session.py",
    "exercises/test_journal.py",
    "exercises/test_desk.py",
    "exercises/test_handin.py",
    "exercises/test_own_accounts.py",
    "exercises/test_figures.py",
)
LONG_SEARCHES = "junk or any_text or on_screen or event_survives or damaged or ways_to_write"
# A file system in GBK can't hold the names of the one (Windows keeps names as UTF-16); the other
# becomes a second user, who may not enter this folder.
NOT_HERE = "several_on_one_laptop or read_only_folder"
CONFIG = '[company]\nid = "zs"\nname_zh = "张三公司"\ncurrency = "CNY"\nas_of = 2026-06-30\n'
ACCOUNTS = "account_id,name\n007,木马电机\n008,竹帆船务\n"
ORDERS = "order_id,account_id,date,amount\nO1,007,2025/3/5,120\nO2,008,2025/4/1,80\n"


def company(folder: Path, encoding: str = "utf-8") -> Path:
    """Two accounts as Excel of an old machine saves them."""
    folder.mkdir(parents=True)
    (folder / "kamkit.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "accounts.csv").write_text(ACCOUNTS, encoding=encoding)
    (folder / "orders.csv").write_text(ORDERS, encoding=encoding)
    return folder


@pytest.fixture(scope="module")
def old_machine(tmp_path_factory) -> tuple[bytes, dict[str, object]]:
    """A home folder 张 三 的电脑, named in GBK, and the environment of such a machine."""
    known = subprocess.run(["locale", "-a"], capture_output=True, check=False).stdout.lower()
    if b"zh_cn.gbk" not in known:
        pytest.skip(f"no locale {LOCALE}: localedef -i zh_CN -f GBK {LOCALE}")
    home = os.fsencode(tmp_path_factory.mktemp("old")) + "/张 三 的电脑".encode("gbk")
    Path(os.fsdecode(home)).mkdir()
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
    here = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "IPYTHONDIR"), home)
    own = {"KAMKIT_HOME": home + "/学习 记录".encode("gbk"), "KAMKIT_LANG": "zh"}
    return home, {**plain, **here, **own, "LC_ALL": LOCALE, "PYTHONUTF8": "0"}


def ran(command: list[object], env: dict[str, object], code: int = 0) -> str:
    done = subprocess.run(command, capture_output=True, env=env, cwd=ROOT, timeout=300)
    text = done.stdout.decode("gbk", errors="replace") + done.stderr.decode("gbk", errors="replace")
    assert done.returncode == code, text[-4000:]
    assert "Traceback" not in text
    return text


def test_the_old_machine_is_one(old_machine):
    _, env = old_machine
    code = "import locale, sys; print(locale.getpreferredencoding(False), sys.stdout.encoding)"
    assert ran([sys.executable, "-c", code], env).split() == ["GBK", "gbk"]


def test_exercises_journal_and_hand_in(old_machine):
    home, env = old_machine
    files = [str(ROOT / "tests" / name) for name in ROOM]
    left_out = f"not ({LONG_SEARCHES} or {NOT_HERE})"
    options = ["-q", "-p", "no:cacheprovider", "-k", left_out, "--basetemp", home + b"/tests"]
    text = ran([sys.executable, "-m", "pytest", *options, *files], env)
    assert " failed" not in text


def kamkit(*words: object) -> list[object]:
    return [sys.executable, "-c", "from kamkit.cli import app; app()", *words]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_company_is_checked(old_machine, encoding):
    home, env = old_machine
    folder = home + f"/公司 {encoding}".encode("gbk")
    company(Path(os.fsdecode(folder)), encoding)
    text = ran(kamkit("check", folder), env)
    assert "检查完毕：错误 0 处" in text
    assert ("guessed_encoding" in text) == (encoding == "gbk")


def test_a_report_is_rendered(old_machine):
    home, env = old_machine
    folder = home + "/报告 公司".encode("gbk")
    company(Path(os.fsdecode(folder)))
    out = home + "/报告 输出".encode("gbk")
    assert "报告已生成" in ran(kamkit("report", folder, "--lang", "zh", "--out", out), env)
    page = Path(os.fsdecode(out)) / "key_accounts.zh.html"
    assert "木马电机" in page.read_text(encoding="utf-8")


def test_a_hand_in_is_written(old_machine):
    home, env = old_machine
    people = {"KAMKIT_COHORT": "销售 一班".encode("gbk"), "KAMKIT_TRAINEE": "张三".encode("gbk")}
    text = ran(kamkit("handin", "--out", home), {**env, **people})
    assert re.search("张三.*提交文件已写好", text)


def test_paths_beyond_200_characters(tmp_path, monkeypatch):
    # SQLite takes 512 bytes of a path at most, Windows 260 characters.
    deep = tmp_path
    while len(str(deep)) < 150:
        deep = deep / "销售部 2026 key accounts"
    deep = deep / ("x" * max(0, 190 - len(str(deep))) + "x")
    monkeypatch.setenv("KAMKIT_HOME", str(deep / "kamkit"))
    desk = sign_in("2026-09", "张三", "小张", "zh")
    assert len(str(desk.file)) > 200
    desk.journal.append("opened", "m01_pareto", 1, {"seed": 1})
    assert [e.exercise for e in open_desk().journal.events("m01_pareto")] == ["m01_pareto"]
    target = write_handin(desk, deep)
    assert len(str(target)) > 200
    assert [e.exercise for e in read_handin(target).events if e.exercise] == ["m01_pareto"]
    found = check_folder(company(deep / "公司"))
    assert [p for p in found if p.level == "error"] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_text_files_name_their_encoding(path):
    lines = list(unnamed(path.read_text(encoding="utf-8")))
    assert lines == [], f"{path}: text opened without an encoding"


FAULTS = """
open("a")
open("a", "w")
open("a", mode="r", newline="")
open("a", encoding=None)
path.read_text()
path.write_text("x")
path.open()
path.open("a")
io.open("a")
gzip.open("a", "rt")
os.fdopen(3, "w")
io.TextIOWrapper(raw)
subprocess.run(["a"], text=True)
subprocess.Popen(["a"], universal_newlines=True)
check_output(["a"], text=True)
tempfile.NamedTemporaryFile("w")
TemporaryFile(mode="w+")
os.popen("a")
"""
RIGHT = """
open("a", "rb")
open("a", "w", encoding="utf-8")
open("a", "r", -1, "utf-8")
path.read_text(encoding="utf-8")
path.read_text("utf-8")
path.write_text("x", "utf-8")
path.open("wb")
path.open(encoding="utf-8")
archive.open(part)
webbrowser.open("x")
gzip.open("a")
gzip.open("a", "rt", encoding="utf-8")
subprocess.run(["a"])
subprocess.run(["a"], text=True, encoding="utf-8")
tempfile.NamedTemporaryFile()
tempfile.TemporaryFile("w+", encoding="utf-8")
io.TextIOWrapper(raw, "utf-8")
io.TextIOWrapper(raw, encoding="utf-8")
"""


def test_the_lint_finds_every_form():
    assert list(unnamed(FAULTS)) == list(range(2, FAULTS.count("\n") + 1))
    assert list(unnamed(RIGHT)) == []
