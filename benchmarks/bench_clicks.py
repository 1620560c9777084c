"""From the click to the verdict on the screen, in the workshop's own server and a real browser.

The bare statement is a round trip to the kernel that writes nothing (the page looks the
exercise up again). Prints medians and 95th percentiles in milliseconds and their ratio, then
the start of the server and from address to usable exercise. Needs Chromium (Debian package
chromium).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import open_browser  # noqa: E402
from lab_server import free_port, running  # noqa: E402
from workroom import BANK, Room, write_notebook  # noqa: E402

from kamkit.workshop import lab_command, lab_environment  # noqa: E402

EXERCISE, KIND = "kind_single", "single"
READY = f".kx[data-kind={KIND}][data-ready]"
# Milliseconds from the click until the frame that holds the new verdict is on the screen.
CLICK = """value => new Promise(done => {
    const root = document.querySelector('.kx[data-kind=single]');
    root.querySelector(`input[value=${value}]`).click();
    const submit = root.querySelector('[data-do=submit]');
    setTimeout(() => {
        const start = performance.now();
        const ack = root.dataset.ack;
        const look = () => root.dataset.ack === ack || root.querySelector('.kx-stale')
            ? setTimeout(look, 0)
            : requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
        submit.click();
        look();
    }, 500);
})"""
LOOK = """() => new Promise(done => setTimeout(() => {
    const root = document.querySelector('.kx[data-kind=single]');
    const start = performance.now();
    const ack = root.dataset.ack;
    const look = () => root.dataset.ack === ack
        ? setTimeout(look, 0)
        : requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
    document.dispatchEvent(new Event('visibilitychange'));
    look();
}, 500))"""


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), sorted(values)[round(0.95 * (len(values) - 1))]


def opened(page: Any, address: str) -> float:
    """Seconds from asking for a page to an exercise that takes answers."""
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(READY, timeout=120_000)
    return time.perf_counter() - start


def measure(room: Room, clicks: int, pages: int) -> None:
    """Print what the browser sees."""
    with open_browser() as browser:
        # The tests' page without the outside world would also do without the browser's cache.
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        times = []
        for _ in range(pages):
            time.sleep(12)  # a trainee reads; the reserve of kernels is filled again
            times.append(opened(page, room.page("bench")))
        values = ("egret", "dipper")
        verdicts = [page.evaluate(CLICK, values[n % 2]) for n in range(clicks)]
        looks = [page.evaluate(LOOK) for _ in range(clicks)]
    (half, most), (bare, _) = spread(verdicts), spread(looks)
    print(f"click to verdict: median {half:.0f} ms, 95 % within {most:.0f} ms, n = {clicks}")
    print(f"bare round trip: median {bare:.0f} ms; ratio {half / bare:.2f}")
    said = ", ".join(f"{seconds:.1f}" for seconds in times)
    print(f"page to exercise: {said} s (the first one is the coldest)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=100)
    parser.add_argument("--pages", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        room = Room("", Path(folder) / "books", Path(folder) / "home")
        room.folder.mkdir()
        write_notebook(room.folder / "bench.ipynb", [EXERCISE], "zh")
        port = free_port()
        room = Room(f"http://127.0.0.1:{port}", room.folder, room.home)
        command = lab_command(room.folder, "zh", browser=False, port=port)
        env = {**lab_environment("zh"), "KAMKIT_HOME": str(room.home), "KAMKIT_BANK": str(BANK)}
        env["JUPYTER_RUNTIME_DIR"] = str(Path(folder) / "runtime")
        start = time.perf_counter()
        with running(command, env, room.url, Path(folder) / "server.log", cwd=ROOT):
            print(f"server start: {time.perf_counter() - start:.1f} s")
            measure(room, given.clicks, given.pages)


if __name__ == "__main__":
    main()
