"""Take the pictures of docs/pictures: a lesson in JupyterLab and a report page, zh and en.

Needs Debian's chromium. Starts a server of its own and ends it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser import closed_page, open_browser  # noqa: E402

from kamkit.reports import company_job, render  # noqa: E402
from kamkit.workshop import copy_lessons, lab_command, lab_environment  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
TOKEN = "pictures"
VIEW = {"width": 1280, "height": 860}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"no answer from {url}")


@contextmanager
def lab(lang: str) -> Iterator[int]:
    """A workshop server of our own, and its port."""
    port = free_port()
    command = [*lab_command(ROOT, lang, browser=False, port=port), "--log-level=ERROR"]
    command.append(f"--IdentityProvider.token={TOKEN}")
    server = subprocess.Popen(command, env=lab_environment(lang))
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}")
        yield port
    finally:
        server.terminate()
        server.wait()


def run_lesson(page: Any, lang: str, port: int) -> None:
    """Open the first lesson, run all of it, and show its first controls."""
    lesson = f"out/workshop/{lang}/01_key_accounts.ipynb"
    page.goto(f"http://127.0.0.1:{port}/lab/tree/{lesson}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    page.wait_for_timeout(6000)
    page.keyboard.press("Control+B")  # the file list away
    page.locator(".lm-MenuBar-item").nth(3).click()
    page.click(".lm-Menu-item[data-command='runmenu:run-all']")
    page.wait_for_timeout(5000)
    page.wait_for_selector(
        ".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached", timeout=120_000
    )
    page.wait_for_timeout(1000)
    page.locator(".widget-slider").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)


def main() -> None:
    """All four pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    copy_lessons(ROOT, ROOT / "out" / "workshop")
    with open_browser() as browser:
        for lang in ("zh", "en"):
            with lab(lang) as port:
                page, outside = closed_page(browser, viewport=VIEW)
                run_lesson(page, lang, port)
                page.screenshot(path=PICTURES / f"lesson.{lang}.png")
                page.close()
            print(f"{lang}: outside requests {outside}")
            job = company_job(ROOT / "datasets" / "elevator", ROOT / "out" / "elevator", lang)
            render(job)
            page, _ = closed_page(browser, viewport=VIEW)
            page.goto(Path(job.target).as_uri())
            page.screenshot(path=PICTURES / f"report.{lang}.png")
            page.close()


if __name__ == "__main__":
    main()
