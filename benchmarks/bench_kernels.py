"""Private memory of a trainee's kernel, page by page, in the workshop's own server.

Opens a practice sheet and every lesson in a real browser and prints the megabytes that the
page's kernel shares with no other process, once the page is complete, then what the process
holds from which kernels are forked. Needs Chromium (Debian package chromium) and Linux.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import closed_page, open_browser  # noqa: E402
from kernels import kernels_below, nursery_below  # noqa: E402
from workroom import Room, open_room  # noqa: E402

GOAL = 130  # megabytes


def private(process: psutil.Process) -> float:
    """Megabytes that a process shares with nobody."""
    return float(process.memory_full_info().uss) / 2**20


def kernels() -> dict[int, float]:
    """Private memory of every kernel by its process id."""
    found = {}
    for process in kernels_below():
        try:
            found[process.pid] = private(process)
        except psutil.NoSuchProcess:
            continue
    return found


def measure(room: Room, sheets: list[str]) -> None:
    """Open each sheet and print what its kernel takes."""
    with open_browser() as browser:
        for sheet in sheets:
            time.sleep(8)  # the reserve of kernels is filled again
            before = kernels()
            page, _ = closed_page(browser, viewport={"width": 1366, "height": 900})
            page.goto(room.page(sheet), timeout=180_000)
            page.wait_for_selector("body.kk-ready", timeout=180_000)
            time.sleep(3)
            after = kernels()
            # A page is given a kernel that stood in reserve before.
            given = [pid for pid in after if pid in before] or list(after)
            mine = max(given, key=lambda pid: after[pid] - before.get(pid, 0.0))
            print(f"{sheet}: {after[mine]:.0f} MB private (goal {GOAL})")
            page.close()
        print(f"a kernel in reserve: {min(kernels().values()):.0f} MB")
        nursery = nursery_below()
    if nursery is not None:
        print(f"the process they are forked from: {private(nursery):.0f} MB, once a server")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Path(folder) / "books"
        lessons = sorted((ROOT / "notebooks" / "zh").glob("*.ipynb"))
        for name in ("notebooks/zh", "exercises/zh", "datasets"):
            shutil.copytree(ROOT / name, books / name)
        sheet = sorted((ROOT / "exercises" / "zh").glob("*.ipynb"))[0]
        sheets = [f"exercises/zh/{sheet.stem}", *(f"notebooks/zh/{p.stem}" for p in lessons)]
        with open_room(Path(folder)) as room:
            measure(room, sheets)


if __name__ == "__main__":
    main()
