"""Who sits here: remembered, kept apart, safe with any name."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from kamkit.errors import KamkitError
from kamkit.exercises.desk import ALONE, GUEST, desk_of, home, open_desk, people, sign_in
from kamkit.exercises.journal.names import clean_name, safe_name

HOSTILE = [
    "李雷", "Li Lei", "li lei", "LI LEI", "CON", "con", "NUL.txt", "aux", "COM1", "..", "../..",
    "/etc/passwd", "C:\\x", "a/b", "a:b", "a.", "a", "😀", "👨‍👩‍👧", "x" * 80, "客" * 80,
    "%00", "~", "-rf", "a\u202eb", "'; DROP TABLE events; --", "desk", "desk.json", "𠮷野", "{x}",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("KAMKIT_COHORT", "KAMKIT_TRAINEE", "KAMKIT_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAMKIT_HOME", str(tmp_path / "数据 home"))
    return tmp_path / "数据 home"


def codes(failing) -> list[str]:
    with pytest.raises(KamkitError) as caught:
        failing()
    return [p.code for p in caught.value.problems]


def test_nobody_is_a_guest(folder):
    desk = open_desk()
    assert (desk.cohort, desk.trainee, desk.signed_in, desk.lang) == (ALONE, GUEST, False, "zh")
    assert not folder.exists()
    desk.journal.append("draft", "x", 1, {"answer": {}})
    assert desk.file.parent.parent == folder and desk.file.exists()


def test_who_signed_in_is_remembered(folder):
    desk = sign_in(" 2026-06 ", "李雷", "小李", "en")
    assert open_desk() == desk and desk.signed_in
    assert (desk.cohort, desk.trainee, desk.alias, desk.lang) == ("2026-06", "李雷", "小李", "en")
    assert sign_in("2026-06", "李雷", "小李").lang == "en"
    assert [e.type for e in desk.journal.events()] == ["profile"]
    sign_in("2026-06", "李雷", "大李")
    assert [e.data["alias"] for e in desk.journal.events()] == ["小李", "大李"]
    assert open_desk().journal is desk.journal


def test_an_alias_alone_will_do():
    desk = sign_in("", "", "Panda")
    assert (desk.cohort, desk.trainee, desk.alias) == (ALONE, "Panda", "Panda")


def test_several_on_one_laptop_are_kept_apart(folder):
    desks = [sign_in("2026-06", name) for name in HOSTILE]
    files = {str(desk.file).lower() for desk in desks}
    assert len(files) == len(HOSTILE)
    assert all(desk.file.resolve().is_relative_to(folder.resolve()) for desk in desks)
    assert all(len(desk.file.name) < 60 for desk in desks)
    for desk in desks:
        desk.journal.append("draft", "x", 1, {"answer": {"parts": {"a": desk.trainee}}})
    for desk in desks:
        (draft,) = (e for e in desk.journal.events() if e.type == "draft")
        assert draft.data["answer"]["parts"]["a"] == desk.trainee
    assert {p.trainee for p in people()} == {clean_name(name) for name in HOSTILE}
    assert {desk_of(p).file for p in people()} == {d.file for d in desks}


@pytest.mark.parametrize("name", HOSTILE)
def test_file_names_are_safe_on_windows(name):
    safe = safe_name(name)
    assert not set(safe) & set('<>:"/\\|?*. \t\n') and safe == safe.strip()
    assert safe.split("-")[0].upper() not in ("CON", "NUL", "AUX", "COM1") or "-" in safe
    assert len(safe.encode("utf-8")) <= 120


def test_all_names_that_do_not_fit_are_told_at_once():
    assert codes(lambda: sign_in("c" * 81, "", "", "fr")) == [
        "name_too_long", "name_empty", "unknown_option",
    ]  # fmt: skip
    assert codes(lambda: sign_in("c", "t", "a" * 81)) == ["name_too_long"]
    assert codes(lambda: sign_in("c", "\u200b")) == ["name_empty"]


def test_the_environment_goes_first(monkeypatch, folder):
    sign_in("2026-06", "李雷", lang="en")
    monkeypatch.setenv("KAMKIT_COHORT", "served")
    monkeypatch.setenv("KAMKIT_TRAINEE", "seat 7")
    desk = open_desk()
    assert (desk.cohort, desk.trainee, desk.signed_in) == ("served", "seat 7", True)
    named = sign_in("other", "someone", "Panda", "en")
    assert (named.cohort, named.trainee, named.alias) == ("served", "seat 7", "Panda")
    assert open_desk().alias == "Panda"
    monkeypatch.setenv("KAMKIT_TRAINEE", "seat 8")
    assert open_desk().alias == "seat 8"
    monkeypatch.setenv("KAMKIT_TRAINEE", "x" * 99)
    assert codes(open_desk) == ["name_too_long"]


@pytest.mark.parametrize("spoiled", ["", "{", "[]", '{"cohort": ["x"], "trainee": 3}', "\udcff"])
def test_a_spoiled_memory_is_no_obstacle(folder, spoiled):
    sign_in("c", "t", "Panda")
    for file in (folder / "desk.json", *folder.glob("*/*.json")):
        file.write_bytes(spoiled.encode("utf-8", "surrogateescape"))
    open_desk()
    assert [(p.cohort, p.trainee) for p in people()] == [("c", "t")]
    assert sign_in("c", "t", "Panda") == open_desk()


def test_a_folder_that_cant_be_written_is_told(folder):
    folder.write_text("a file", encoding="utf-8")
    assert codes(lambda: sign_in("c", "t")) == ["journal_no_right"]


def test_the_memory_is_whole_while_others_write(folder):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: sign_in("c", f"t{n}"), range(24)))
    assert json.loads((folder / "desk.json").read_text(encoding="utf-8"))["cohort"] == "c"
    assert len(people()) == 24 and not list(folder.rglob(".*"))


def test_another_process_finds_the_same_person(folder):
    sign_in("2026-06", "李雷", "小李", "en")
    code = "from kamkit.exercises.desk import open_desk; print(ascii(open_desk().alias))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == ascii("小李")


def test_the_home_without_any_setting(monkeypatch):
    monkeypatch.delenv("KAMKIT_HOME")
    assert home().name == "kamkit" and home().is_absolute()
