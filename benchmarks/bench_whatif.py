"""Every what-if of the lessons on funnel and forecast: from the move of a control to the new view.

The lessons are opened as a trainee opens them. In each what-if the first slider (the first
choice where there is none) is moved step by step; the clock runs from the key press until the
last view under it has changed on the screen. Prints per what-if the median and 95th percentile
in milliseconds and the processor time that the kernel spends on one step, which a busy machine
does not stretch. Needs Chromium, and Linux for the processor time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import closed_page, open_browser  # noqa: E402
from kernels import kernels_below  # noqa: E402
from workroom import Room, open_room  # noqa: E402

from kamkit.i18n import t  # noqa: E402

LESSONS = ("03_funnel", "04_forecast")
GOAL = 150
FIND = """head => [...document.querySelectorAll('.widget-vbox')].filter(box =>
    box.firstElementChild?.innerText.trim() === head)"""
MOVE = """async ([head, number]) => {
    const box = (FIND)(head)[number];
    const handle = box.querySelector('.noUi-handle'), list = box.querySelector('select');
    let last = 0;
    const watch = new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
        last = performance.now();
    }, 0)));
    for (const pane of box.querySelectorAll('.widget-html'))
        watch.observe(pane, {childList: true, subtree: true, characterData: true});
    const start = performance.now();
    if (handle) {
        const [now, top] = ['aria-valuenow', 'aria-valuemax'].map(a => +handle.getAttribute(a));
        if (box.dataset.back ? now <= +handle.getAttribute('aria-valuemin') : now >= top)
            box.dataset.back = box.dataset.back ? '' : '1';
        const key = box.dataset.back ? 'ArrowLeft' : 'ArrowRight';
        handle.focus();
        handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    } else {
        list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
        list.dispatchEvent(new Event('change', {bubbles: true}));
    }
    const over = () => performance.now() - start;
    while ((!last || performance.now() - last < 200) && over() < (last ? 5000 : 1500))
        await new Promise(next => setTimeout(next, 5));
    watch.disconnect();
    return last ? last - start : null;
}""".replace("FIND", FIND)


def what_ifs(lesson: Path) -> list[str]:
    """Ids of the cells that show a what-if, in their order."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    code = [(c["id"], "".join(c["source"])) for c in cells if c["cell_type"] == "code"]
    return [name for name, source in code if source.splitlines()[-1].startswith("what_if(")]


def processor_time() -> float:
    """Seconds that the kernels of this room have computed so far."""
    times = [process.cpu_times() for process in kernels_below()]
    return float(sum(time.user + time.system for time in times))


def measure(room: Room, names: list[str], lesson: str, lang: str, steps: int) -> None:
    """Move the control of every what-if of one lesson and print what the browser saw."""
    head = t("widget.try", lang)
    with open_browser() as browser:
        page, _ = closed_page(browser, viewport={"width": 1366, "height": 900})
        page.goto(room.page(f"{lang}_{lesson}"), timeout=180_000)
        ready = f"({FIND})('{head}').length >= {len(names)}"
        page.wait_for_function(ready, timeout=180_000)
        page.wait_for_timeout(5000)
        slow = []
        for number, name in enumerate(names):
            page.evaluate(MOVE, [head, number])  # the first redraw loads what is needed
            before = processor_time()
            seen: list[Any] = [page.evaluate(MOVE, [head, number]) for _ in range(steps)]
            spent = (processor_time() - before) / steps * 1000
            times = sorted(ms for ms in seen if ms is not None)
            if not times:
                print(f"{lesson} {name}: nothing changed")
                continue
            median, most = statistics.median(times), times[round(0.95 * (len(times) - 1))]
            slow += [name] if median > GOAL else []
            print(
                f"{lesson} {name}: median {median:.0f} ms, 95 % within {most:.0f} ms, "
                f"kernel {spent:.0f} ms of processor time, n = {len(times)}",
                flush=True,
            )
        print(f"{lesson}: {len(slow)} of {len(names)} above {GOAL} ms: {', '.join(slow) or '-'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--lang", default="zh")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "books").mkdir()
        for lesson in LESSONS:
            source = ROOT / f"notebooks/{given.lang}/{lesson}.ipynb"
            shutil.copy(source, folder / "books" / f"{given.lang}_{lesson}.ipynb")
        with open_room(folder, {"KAMKIT_BANK": str(ROOT / "exercises")}) as room:
            for lesson in LESSONS:
                names = what_ifs(ROOT / f"notebooks/{given.lang}/{lesson}.ipynb")
                measure(room, names, lesson, given.lang, given.steps)


if __name__ == "__main__":
    main()
