"""Two-axis pictures: four-box, attractiveness × strength."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

from kamkit.charts import theme
from kamkit.charts.matrices import plot_attractiveness_strength, plot_four_box
from kamkit.charts.theme import Figure
from kamkit.methods.portfolio import (
    attractiveness,
    attractiveness_strength,
    four_box,
    relative_strength,
)

IDS = [f"A{i:02d}" for i in range(40)]
NAMES = {i: f"云杉电梯{i}" for i in IDS} | {"A01": "<b>$x_1$</b>", "A02": "\n\t" + "长" * 200}


def values(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sales = rng.lognormal(14, 1.3, len(IDS))
    income = sales * rng.normal(0.1, 0.12, len(IDS))
    return pd.DataFrame({"account_id": IDS, "revenue": sales, "operating_income": income})


def boxes(**more: Any) -> Figure:
    found = four_box(values(), basis=more.pop("basis", "amount"))
    return plot_four_box(found.accounts, cuts=found.cuts, names=NAMES, **more)


def placed(seed: int, cells: int = 2) -> Any:
    rng = np.random.default_rng(seed)
    grid = [(i, f) for i in IDS[:16] for f in ("size", "growth", "fit")]
    ratings = pd.DataFrame(grid, columns=["account_id", "criterion"])
    ratings["score"] = rng.integers(1, 6, len(ratings)).astype(float)
    rivals = [(i, f, s) for i in IDS[:15] for f in ("price", "service") for s in ("us", "x")]
    table = pd.DataFrame(rivals, columns=["account_id", "factor", "supplier"])
    table["is_us"] = table["supplier"] == "us"
    table["score"] = rng.integers(3, 10, len(table)).astype(float)
    y = attractiveness(ratings, {"size": 1, "growth": 1, "fit": 1})
    x: Any = relative_strength(table, draws=200) if cells == 2 else y
    previous = placed(seed + 1) if cells == 2 and seed < 5 else None
    return attractiveness_strength(y, x, cells=cells, draws=200, previous=previous)


def matrix(**more: Any) -> Figure:
    found = placed(4, more.pop("cells", 2))
    return plot_attractiveness_strength(
        found.accounts, summary=found.summary, moves=found.moves, names=NAMES, **more
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("option", [{"basis": "amount"}, {"basis": "margin"}])
def test_four_box_draws(lang: str, option: dict[str, str]) -> None:
    fig = boxes(lang=lang, currency="CNY", **option)
    svg = theme.to_svg(fig)
    assert "<b>" not in svg and fig.alt and "S079" in fig.footer


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("cells", [2, 3])
def test_matrix_draws(lang: str, cells: int) -> None:
    fig = matrix(lang=lang, cells=cells)
    assert theme.to_svg(fig) and fig.alt and "S080" in fig.footer
    lines = [line for line in fig.axes[0].lines if line.get_linestyle() == "--"]
    assert len(lines) >= (2 if cells == 2 else 4)


@pytest.mark.parametrize("draw", [boxes, matrix])
def test_labels_do_not_overlap_or_leave(draw: Any) -> None:
    fig = draw(lang="zh")
    FigureCanvasAgg(fig).draw()
    ax = fig.axes[0]
    labels = [t for t in ax.texts if isinstance(t, Annotation) and t.get_text() and t.get_visible()]
    # An annotation's own extent takes its leader line in; only the words must keep clear.
    named = [Text.get_window_extent(label) for label in labels]
    frame = ax.get_window_extent()
    assert len(named) >= 8
    for one, other in itertools.combinations(named, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across < 1.5 or along < 1.5
    assert all(b.x0 >= frame.x0 - 2 and b.x1 <= frame.x1 + 40 for b in named)


def test_loss_and_doubt_show_without_colour() -> None:
    ax = boxes(lang="en").axes[0]
    found = four_box(values()).accounts
    sizes = [len(c.get_offsets()) for c in ax.collections]
    assert sum(sizes) == len(IDS)
    assert sizes[2] + sizes[3] == int(found["loss"].sum()) > 0
    assert sizes[1] + sizes[3] == int((~found["stable"]).sum()) > 0
    shapes = {len(c.get_paths()[0].vertices) for c in ax.collections}
    assert len(shapes) == 2


def test_nothing_to_draw() -> None:
    none = pd.DataFrame({"box": [], "status": []})
    for lang in ("zh", "en"):
        assert theme.to_svg(plot_four_box(none, cuts=none, lang=lang))
        assert theme.to_svg(plot_attractiveness_strength(none, summary=none, lang=lang))
