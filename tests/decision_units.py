"""Made-up decision units for pictures of networks, and a measure of what labels take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kamkit.charts.theme import Figure

FUNCTIONS = ("board", "general_management", "finance", "purchasing", "engineering", "operations",
             "quality", "logistics", "marketing", "it")  # fmt: skip
LONG = {
    "zh": ("欧阳望舒", "云杉电梯（虚构）有限责任公司采购中心主任", "林霜降", "喆堃赟"),
    "en": ("Maximilian Featherstonehaugh-Montgomery", "Bo Li", "Shuangjiang Lu",
           "Alexandrine de la Fontaine y Castellanos"),
}  # fmt: skip


def people_and_links(
    n: int, lang: str = "zh", *, us: int = 4, rivals: int = 2, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A made-up decision unit with gaps in what is known."""
    rng = np.random.default_rng(seed)
    people: list[dict[str, Any]] = []
    for i in range(n):
        people.append({
            "person_id": f"C{i:02d}", "side": "customer", "name": LONG[lang][i % 4],
            "function": FUNCTIONS[int(rng.integers(10))],
            "level": None if i == 3 else int(rng.integers(1, 6)),
            "influence": None if i % 9 == 4 else int(rng.integers(1, 6)),
            "support": None if i % 7 == 5 else int(rng.integers(-2, 3)),
            "buyer_types": "economic;technical" if i % 6 == 1 else "user",
        })  # fmt: skip
    people += [{"person_id": f"M{j}", "side": "us", "name": LONG[lang][j % 4],
                "title": "key_account_manager"} for j in range(us)]  # fmt: skip
    people += [{"person_id": f"R{j}", "side": "competitor", "name": LONG[lang][j % 4]}
               for j in range(rivals)]  # fmt: skip
    links: list[tuple[Any, ...]] = []
    for i in range(n):
        for side, count, chance in (("us", us, 0.3), ("competitor", rivals, 0.12)):
            links += [(f"{'M' if side == 'us' else 'R'}{j}", f"C{i:02d}", side,
                       ("personal", "value")[int(rng.integers(2))], int(rng.integers(0, 5)))
                      for j in range(count) if rng.random() < chance]  # fmt: skip
        if i and rng.random() < 0.6:
            other = int(rng.integers(0, i))
            links.append((f"C{other:02d}", f"C{i:02d}", "customer", "value",
                          int(rng.integers(1, 5))))  # fmt: skip
    columns = ["from_id", "to_id", "from_side", "bond", "strength"]
    table = pd.DataFrame(people)
    if "title" not in table.columns:
        table["title"] = None
    return table, pd.DataFrame(links, columns=columns)


def boxes(fig: Figure) -> tuple[list[tuple[str, np.ndarray]], tuple[float, float]]:
    """Every label with its box in pixels, and the size of the picture."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [(text.get_text(), text.get_window_extent(renderer).extents)
             for ax in fig.axes for text in ax.texts if text.get_visible()]  # fmt: skip
    return found, canvas.get_width_height()


def overlapping(found: list[tuple[str, np.ndarray]]) -> list[tuple[str, str]]:
    clashes = []
    for i, (one, a) in enumerate(found):
        for other, b in found[i + 1 :]:
            wide = min(a[2], b[2]) - max(a[0], b[0])
            tall = min(a[3], b[3]) - max(a[1], b[1])
            # A line's box holds room above and below its letters.
            if wide > 0.5 and tall > 3.5:
                clashes.append((one, other))
    return clashes
