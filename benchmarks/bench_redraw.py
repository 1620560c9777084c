"""A chart under a slider: from the key press to the new picture, and whether it ever was blank.

Prints the median and 95th percentile in milliseconds for three charts of the lessons, and the
processor time that the kernel spends on one of them (method, drawing), which a busy machine does
not stretch. No value comes twice. Frames in which the picture was missing are counted by looking
at every frame the browser paints. Needs Chromium.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import closed_page, open_browser  # noqa: E402
from workroom import Room, open_room  # noqa: E402

STEPS = 18
SET_UP = """
import time
import kamkit
from kamkit import charts, schemes, widgets
from kamkit.methods import portfolio, selection
from kamkit.widgets import choice, picture, slider, what_if
data = kamkit.load("elevator")
show = {"lang": "zh", "currency": data.config.currency}
names = widgets.account_names(data.accounts, "zh")
spent = lambda _: widgets.TableView(f"<i data-spent='{time.process_time()}'></i>")
"""
CHARTS = {
    "pnl": """
years = data.account_years
whose = {"where": {"scope": "set"}, "name": "x"}
ids = sorted(years["account_id"].unique())[:25]
total = lambda n: portfolio.account_pnl(years, members=ids[:n])
what_if(total, [slider("n", "n", low=2, high=25, value=5, step=1)],
        [picture(charts.plot_pnl, "lines", **whose, **show), spent], lang="zh")
""",
    "four_box": """
made = years[years["status"] == "actual"].query("year == 2025").dropna(subset=["revenue"])
made = made.assign(operating_income=made["revenue"] - made["direct_cost"])
made = made[["account_id", "revenue", "operating_income"]].dropna()
made["gross_margin"] = made["operating_income"]
box = lambda n: portfolio.four_box(made.head(int(n)))
what_if(box, [slider("n", "n", low=40, high=90, value=60, step=1)],
        [picture(charts.plot_four_box, "accounts", also={"cuts": "cuts"}, max_labels=9,
                 names=names, **show), spent], lang="zh")
""",
    "concentration": """
curve = lambda n: selection.concentration(made.head(int(n))[["account_id", "revenue"]], draws=50)
what_if(curve, [slider("n", "n", low=40, high=90, value=60, step=1)],
        [picture(charts.plot_concentration, "curve", also={"summary": "summary"}, **show),
                spent], lang="zh")
""",
}
MOVE = """async ([chart, key]) => {
    const box = document.querySelectorAll('.widget-vbox')[chart];
    const handle = box.querySelector('[role=slider], .noUi-handle');
    const picture = () => box.querySelector('.widget-html svg[role=img]');
    let blank = 0, watching = true;
    const watch = () => { if (!picture()) blank += 1; if (watching) requestAnimationFrame(watch); };
    requestAnimationFrame(watch);
    const before = picture().id, start = performance.now();
    handle.focus();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    while (picture()?.id === before && performance.now() - start < 5000)
        await new Promise(next => setTimeout(next, 0));
    await new Promise(next => requestAnimationFrame(() => setTimeout(next, 0)));
    watching = false;
    return [performance.now() - start, blank];
}"""
SPENT = """chart => +document.querySelectorAll('.widget-vbox')[chart]
    .querySelector('[data-spent]').dataset.spent"""


def write(path: Path) -> None:
    """The notebook of the charts."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (SET_UP, *CHARTS.values())]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(book), encoding="utf-8")


def measure(room: Room) -> None:
    """Move every slider and print what the browser saw."""
    with open_browser() as browser:
        page, _ = closed_page(browser, viewport={"width": 1366, "height": 900})
        page.goto(room.page("redraw"))
        for part in ("svg[role=img]", ".noUi-handle"):
            alive = f"document.querySelectorAll('{part}').length >= {len(CHARTS)}"
            page.wait_for_function(alive, timeout=90_000)
        page.wait_for_timeout(2000)
        for number, name in enumerate(CHARTS):
            seen: list[Any] = []
            page.evaluate(MOVE, [number, "ArrowRight"])  # the clock stands still until a redraw
            page.wait_for_timeout(500)
            before = page.evaluate(SPENT, number)
            for _ in range(STEPS):
                seen.append(page.evaluate(MOVE, [number, "ArrowRight"]))
                page.wait_for_timeout(60)
            page.wait_for_timeout(500)
            spent = (page.evaluate(SPENT, number) - before) / STEPS * 1000
            times = sorted(ms for ms, _ in seen)
            blank = sum(frames for _, frames in seen)
            median, most = statistics.median(times), times[round(0.95 * (len(times) - 1))]
            print(
                f"{name}: redraw median {median:.0f} ms, 95 % within {most:.0f} ms, "
                f"blank frames {blank}, kernel {spent:.0f} ms of processor time, n = {len(times)}"
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "books").mkdir()
        write(Path(folder) / "books" / "redraw.ipynb")
        with open_room(Path(folder)) as room:
            measure(room)


if __name__ == "__main__":
    main()
