"""The trainer's one command: sample report, lessons in a folder of their own, the course home."""

from __future__ import annotations

import hashlib
import json
import locale
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kamkit.errors import KamkitError, Problem
from kamkit.i18n import LANGUAGES

SAMPLE = "elevator"
LAB = Path(__file__).resolve().parent / "lab"
_COPIED = ".copied.json"
HOME = "notebooks/home/{lang}/home.ipynb"
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.terminals_enabled=False",
    # Else every kernel warns that it talks in plain text, and rightly so on a shared computer.
    "--KernelManager.transport_encryption=auto",
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


def remembered_language() -> str | None:
    """Language of who sat here last, where KAMKIT_LANG does not say which to take."""
    from kamkit.exercises.desk import open_desk

    if os.environ.get("KAMKIT_LANG"):
        return None
    try:
        desk = open_desk()
    except KamkitError:
        return None  # the course home says what is wrong with the names
    return desk.lang if desk.signed_in else None


def copy_lessons(root: Path, room: Path) -> list[Path]:
    """Copy the lessons and practice sheets into ``room``; returns those that were written.

    What anybody changed there is never overwritten; a copy that nobody touched follows the kit.
    """
    kept = room / _COPIED
    known: dict[str, str] = _read_copied(kept)
    written = []
    for lang in LANGUAGES:
        sources = [*(root / "notebooks" / lang).glob("*.ipynb")]
        sources += (root / "exercises" / lang).glob("*.ipynb")
        for source in sorted(sources):
            name, target = f"{lang}/{source.name}", room / lang / source.name
            content = source.read_bytes()
            if target.exists():
                current = target.read_bytes()
                if current == content or _signature(current) != known.get(name):
                    continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            known[name] = _signature(content)
            written.append(target)
    if written:
        kept.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return written


def _signature(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_copied(path: Path) -> dict[str, str]:
    """What was copied as it was; nothing where that is not known: then all copies stay."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


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
