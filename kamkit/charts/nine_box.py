"""Performance and potential as probabilities of nine cells instead of dots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, full_name
from kamkit.charts.sheet import WIDTH, Pen, fit, legend, settle, sheet, words
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.theme import GRID, MUTED, PAPER, SEQUENTIAL, SERIES, Figure, ink_on
from kamkit.i18n import number, percent, t

_SIDES = ("low", "middle", "high")
_LEFT, _LINE, _HEAD = 34.0, 16.5, 26.0


def plot_nine_box(
    cells: pd.DataFrame,
    *,
    lang: str,
    member_id: str | None = None,
    names: Mapping[str, str] | None = None,
    per_cell: int = 8,
) -> Figure:
    """Nine cells of performance (to the right) and potential (upwards) with their probabilities.

    Needs columns: those of ``nine_box`` (member_id, settled, p_low_low … p_high_high). A cell
    counts the people expected in it and names those for whom it is likeliest; a filled square
    is settled, a hollow one isn't. With ``member_id`` the nine probabilities of that person.

    >>> plot_nine_box(pd.DataFrame({"cell": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    chance, settled = _chances(cells)
    if member_id is not None:
        chance = chance[chance.index.astype(str) == str(member_id)]
    if chance.empty:
        return blank(t("chart.nine_box.topic", lang), lang)
    best = chance.to_numpy().argmax(axis=1)
    top = chance.to_numpy().max(axis=1)
    sure = [bool(settled.get(m, p >= 0.8)) for m, p in zip(chance.index, top, strict=True)]
    said = {
        "n": number(len(chance), lang), "sure": number(sum(sure), lang),
        "name": shown_name(chance.index[0], names), "p": percent(top[0], lang, 0),
        "cell": _cell_name(str(chance.columns[best[0]]), lang),
    }  # fmt: skip
    key = "title_one" if member_id is not None else "title"
    alt = "alt_one" if member_id is not None else "alt"
    fig, ax = sheet(t(f"chart.nine_box.{key}", lang, **said), t(f"chart.nine_box.{alt}", lang,
                                                               **said))  # fmt: skip
    bottom = _grid(ax, chance, best, top, sure, names, lang, 0 if member_id else per_cell)
    readings = t(f"chart.nine_box.{'reading_one' if member_id else 'reading'}", lang)
    out = 0 if member_id is not None else cells["member_id"].nunique() - len(chance)
    left = t("chart.nine_box.left_out", lang, n=number(out, lang)) if out else ""
    close(fig, lang, cells, len(chance), readings, left)
    settle(fig, ax, bottom)
    return fig


def cell_id(performance: int, potential: int) -> str:
    """The cell of two thirds, 0 low to 2 high.

    >>> cell_id(2, 0)
    'high_low'
    """
    return f"{_SIDES[performance]}_{_SIDES[potential]}"


_CELLS = [cell_id(i, j) for j in range(3) for i in range(3)]


def _chances(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[Any, Any]]:
    """People × nine cells, and who is settled."""
    if cells.empty:
        return pd.DataFrame(), {}
    settled = dict(zip(cells["member_id"], cells["settled"], strict=True))
    wide = cells.set_index("member_id")[[f"p_{c}" for c in _CELLS]].dropna()
    return wide.set_axis(_CELLS, axis=1), settled


def _cell_name(cell: str, lang: str) -> str:
    performance, potential = cell.split("_")
    return t("chart.nine_box.cell", lang, performance=t(f"chart.nine_box.{performance}", lang),
             potential=t(f"chart.nine_box.{potential}", lang))  # fmt: skip


def _grid(
    ax: Axes, chance: pd.DataFrame, best: np.ndarray, top: np.ndarray, sure: list[bool],
    names: Mapping[str, str] | None, lang: str, per_cell: int,
) -> float:  # fmt: skip
    pen = Pen()
    wide = (WIDTH - _LEFT) / 3
    expected = chance.to_numpy().sum(axis=0)
    largest = max(float(expected.max()), 1e-9)
    listed = [np.flatnonzero(best == c) for c in range(9)]
    y = 4.0
    for potential in (2, 1, 0):
        row = [potential * 3 + i for i in range(3)]
        lines = max((min(len(listed[c]), per_cell + 1) for c in row), default=0)
        tall = max(92.0, 40 + _LINE * lines) if per_cell else 92.0
        words(ax, 10, y + tall / 2, t(f"chart.nine_box.{_SIDES[potential]}", lang), 11,
              color=MUTED, ha="center", rotation=0 if lang == "zh" else 90)  # fmt: skip
        for i, c in enumerate(row):
            x = _LEFT + i * wide
            strength = float(expected[c]) / largest
            face = SEQUENTIAL(0.38 * strength)
            pen.box(x + 2, y + 2, wide - 4, tall - 4, face, GRID, 0.8)
            people = _order(listed[c], top)
            _fill_cell(ax, pen, (x, y, wide, tall), float(expected[c]), chance, people, top, sure,
                       names, lang, per_cell, ink_on(face))  # fmt: skip
        y += tall
    for i, side in enumerate(_SIDES):
        words(ax, _LEFT + (i + 0.5) * wide, y + 11, t(f"chart.nine_box.{side}", lang), 11,
              color=MUTED, ha="center")  # fmt: skip
    words(ax, _LEFT + 1.5 * wide, y + 28, t("chart.nine_box.x", lang), 12, ha="center")
    y += 48
    if per_cell:
        y += legend(ax, pen, y, _signs(lang))
    pen.draw(ax)
    return y


def _order(people: np.ndarray, top: np.ndarray) -> list[int]:
    return sorted(people.tolist(), key=lambda i: -float(top[i]))


def _fill_cell(
    ax: Axes, pen: Pen, place: tuple[float, float, float, float], expected: float,
    chance: pd.DataFrame, people: list[int], top: np.ndarray, sure: list[bool],
    names: Mapping[str, str] | None, lang: str, per_cell: int, ink: str,
) -> None:  # fmt: skip
    x, y, wide, tall = place
    if not per_cell:
        words(ax, x + wide / 2, y + tall / 2, percent(expected, lang, 0), 20, weight="bold",
              ha="center", color=ink)  # fmt: skip
        return
    text = t("chart.nine_box.expected", lang, n=number(expected, lang, 1))
    words(ax, x + 11, y + 17, fit(text, wide - 20, 11, "bold"), 11, weight="bold", color=ink)
    most = per_cell if len(people) <= per_cell + 1 else per_cell
    for k, i in enumerate(people[: most if len(people) > most + 1 else len(people)]):
        at = y + 37 + _LINE * k
        pen.mark(x + 16, at, 7, SERIES[0] if sure[i] else PAPER, SERIES[0], "s")
        share = percent(float(top[i]), lang, 0)
        room = wide - 48 - theme.text_width(share, 10.5)
        words(ax, x + 26, at, fit(full_name(chance.index[i], names), room, 10.5), 10.5,
              color=ink)  # fmt: skip
        words(ax, x + wide - 12, at, share, 10.5, color=ink, ha="right")
    if len(people) > most + 1:
        rest = t("chart.nine_box.more", lang, n=number(len(people) - most, lang))
        words(ax, x + 26, y + 37 + _LINE * most, rest, 10.5, color=ink)


def _signs(lang: str) -> list[tuple[Any, float, str]]:
    def square(face: str) -> Any:
        return lambda pen, x, y: pen.mark(x + 5, y, 7, face, SERIES[0], "s")

    return [
        (square(SERIES[0]), 12.0, t("chart.nine_box.settled", lang)),
        (square(PAPER), 12.0, t("chart.nine_box.open", lang)),
        (
            lambda pen, x, y: pen.box(x, y - 6, 18, 12, SEQUENTIAL(0.36), GRID, 0.8),
            18.0,
            t("chart.nine_box.shade", lang),
        ),
    ]
