"""The trainer's one command: sample report, lessons in a folder of their own, the course home."""

from __future__ import annotations

import locale
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kamkit.errors import KamkitError, Problem
from kamkit.i18n import LANGUAGES

SAMPLE = "elevator"
LAB = Path(__file__).resolve().parent / "lab"
HOME = "notebooks/home/{lang}/home.ipynb"
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.terminals_enabled=False",
)


def project_root() -> Path:
    """Folder that holds notebooks/ and datasets/; an error says so where there is none."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "notebooks").is_dir() or not (root / "datasets").is_dir():
        raise KamkitError(Problem("no_project_folder", value=str(root)))
    return root


def system_language() -> str:
    """Language of this computer, Chinese or English.

    >>> system_language() in LANGUAGES
    True
    """
    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def copy_lessons(root: Path, room: Path) -> list[Path]:
    """Copy the lessons and practice sheets that ``room`` lacks.

    What trainees changed there is never overwritten.
    """
    copied = []
    for lang in LANGUAGES:
        sources = [*(root / "notebooks" / lang).glob("*.ipynb")]
        sources += (root / "exercises" / lang).glob("*.ipynb")
        for lesson in sorted(sources):
            target = room / lang / lesson.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(lesson, target)
                copied.append(target)
    return copied


def lab_command(root: Path, lang: str, *, browser: bool, port: int | None) -> list[str]:
    """Command line of a JupyterLab that opens the course home and asks the internet nothing."""
    command = [sys.executable, "-m", "jupyterlab", *QUIET, f"--ServerApp.root_dir={root}"]
    command.append(f"--LabApp.default_url=/voila/render/{HOME.format(lang=lang)}")
    if not browser:
        command += ["--no-browser", "--allow-root"] if _is_root() else ["--no-browser"]
    return [*command, f"--port={port}"] if port else command


def lab_environment(lang: str) -> dict[str, str]:
    """The server's environment: Lab settings of the workshop go before the user's own.

    No question about news or kernels, nothing asked of the internet, menus in the language
    of the lessons. The settings stand in kamkit/lab; the user's own are left as they are.
    """
    folders = [LAB / "zh"] if lang == "zh" else []
    own = os.environ.get("JUPYTER_CONFIG_PATH", "")
    path = [*(str(f) for f in (*folders, LAB)), *([own] if own else [])]
    data = [str(LAB / "share"), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    return {
        **os.environ,
        "KAMKIT_LANG": lang,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(path),
        "JUPYTER_PATH": os.pathsep.join(data),
    }


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def serve(command: Sequence[str], lang: str) -> int:
    """Run the server until it ends or Ctrl-C; Ctrl-C ends it without questions, exit code 0."""
    windows = sys.platform == "win32"
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    server = subprocess.Popen(
        command, start_new_session=not windows, creationflags=flags, env=lab_environment(lang)
    )
    # Both, because a shell starts background jobs with the interrupt ignored.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        return 0
