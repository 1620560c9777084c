"""The trainer's command: copies that stay, a quiet server, a clean end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import ROOT

from kamkit.workshop import (
    LAB,
    copy_lessons,
    lab_command,
    lab_environment,
    project_root,
    remembered_language,
)


def test_lessons_are_copied_once_and_never_overwritten(tmp_path):
    first = copy_lessons(ROOT, tmp_path)
    assert {p.parent.name for p in first} == {"zh", "en"}
    first[0].write_text("a trainee's own", encoding="utf-8")
    first[1].unlink()
    assert copy_lessons(ROOT, tmp_path) == [first[1]]
    assert first[0].read_text(encoding="utf-8") == "a trainee's own"


def test_a_copy_that_nobody_touched_follows_the_kit(tmp_path):
    root, room = tmp_path / "kit", tmp_path / "room"
    for lang in ("zh", "en"):
        (root / "notebooks" / lang).mkdir(parents=True)
        (root / "notebooks" / lang / "01.ipynb").write_text("old", encoding="utf-8")
    copy_lessons(root, room)
    (room / "zh" / "01.ipynb").write_text("a trainer's own", encoding="utf-8")
    for lang in ("zh", "en"):
        (root / "notebooks" / lang / "01.ipynb").write_text("new", encoding="utf-8")
    assert copy_lessons(root, room) == [room / "en" / "01.ipynb"]
    assert (room / "zh" / "01.ipynb").read_text(encoding="utf-8") == "a trainer's own"
    # Where it is not known what was copied, every copy stays.
    (room / ".copied.json").write_text("[spoiled", encoding="utf-8")
    (root / "notebooks" / "en" / "01.ipynb").write_text("newer", encoding="utf-8")
    assert copy_lessons(root, room) == []


def test_practice_sheets_are_copied_with_the_lessons(tmp_path):
    names = {p.name for p in copy_lessons(ROOT, tmp_path)}
    assert "01_key_accounts.ipynb" in names and "m16_workshop.ipynb" in names


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_course_home_is_what_opens(lang):
    command = lab_command(ROOT, lang, browser=False, port=None)
    assert f"--LabApp.default_url=/voila/render/notebooks/home/{lang}/home.ipynb" in command
    assert (ROOT / f"notebooks/home/{lang}/home.ipynb").is_file()
    assert str(LAB / "share") in lab_environment(lang)["JUPYTER_PATH"]


def test_the_language_is_remembered(tmp_path, monkeypatch):
    from kamkit.exercises.desk import sign_in

    monkeypatch.setenv("KAMKIT_HOME", str(tmp_path))
    monkeypatch.delenv("KAMKIT_LANG", raising=False)
    assert remembered_language() is None
    sign_in("A7", "Li", "Li", "en")
    assert remembered_language() == "en"
    monkeypatch.setenv("KAMKIT_LANG", "zh")
    assert remembered_language() is None


def test_project_folder_is_found():
    assert project_root() == ROOT


def test_server_asks_nothing_of_the_internet():
    command = " ".join(lab_command(ROOT, "zh", browser=False, port=1234))
    assert "--no-browser" in command and "--port=1234" in command
    assert "NeverCheckForUpdate" in command and "news_url=None" in command
    settings = json.loads(
        (LAB / "labconfig/default_setting_overrides.json").read_text(encoding="utf-8")
    )
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_menus_speak_the_language_of_the_lessons(lang, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "own")
    paths = lab_environment(lang)["JUPYTER_CONFIG_PATH"]
    assert (str(LAB / "zh") in paths) == (lang == "zh")
    assert paths.endswith("own")


def test_server_answers_and_ctrl_c_ends_it(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (
        "import sys; from kamkit.workshop import serve, lab_command; from pathlib import Path;"
        f"sys.exit(serve(lab_command(Path({str(tmp_path)!r}), 'en', browser=False, port={port}),"
        " 'en'))"
    )
    command = [sys.executable, "-c", code]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
                break
            except OSError:
                time.sleep(0.25)
        server.send_signal(signal.SIGINT)
        _, words = server.communicate(timeout=30)
    finally:
        server.kill()
    assert server.returncode == 0
    assert "Traceback" not in words
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2)
