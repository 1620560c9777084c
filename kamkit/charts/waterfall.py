"""How the open pipeline of one day became that of a later day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from kamkit.charts import theme
from kamkit.charts.axes import money_word
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import beside
from kamkit.charts.theme import ACCENT, BAD, GOOD, INK, MUTED, PAPER, RULE, Figure
from kamkit.i18n import label, money, money_unit, number, t

_ENDS = ("opening", "closing")
_HALF = 0.31


def plot_waterfall(
    steps: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    residual: Sequence[float] | None = None,
) -> Figure:
    """Opening pipeline, every step, closing pipeline, in money and deals.

    Needs columns: those of ``Waterfall.steps``; ``residual`` is ``Waterfall.residual``, stated
    below. Additions point right and are plain, losses point left and are hatched.

    >>> plot_waterfall(pd.DataFrame({"step": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if steps.empty or not (steps["amount"].abs().sum() + steps["deals"].abs().sum()):
        return blank(t("chart.waterfall.topic", lang), lang)
    table = steps.reset_index(drop=True)
    said = _said(table, currency, lang)
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.46 * len(table)), title=t("chart.waterfall.title", lang, **said),
        alt=t("chart.waterfall.alt", lang, **said),
    )  # fmt: skip
    ends = table["step"].isin(_ENDS).to_numpy()
    change = np.where(ends, 0.0, table["amount"].to_numpy(float))
    first = float(table["amount"].iloc[0])
    after = first + np.cumsum(change)
    before = after - change
    before[ends] = 0.0
    after[ends] = table["amount"].to_numpy(float)[ends]
    _bars(ax, before, after, ends, lang)
    _words(ax, table, before, after, ends, currency, lang)
    ax.set_yticks(range(len(table)), [label(f"step.{s}", lang) for s in table["step"]])
    ax.set_ylim(len(table) - 0.45, -0.55)
    ax.set_xlabel(t("chart.waterfall.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    theme.value_grid(ax, "x")
    if ax.get_legend_handles_labels()[0]:
        fig.legend(loc="outside lower left", ncols=3)
    if residual is not None:
        theme.note(fig, _residual_words(residual, currency, lang))
    if table["unknown"].abs().sum():
        theme.note(fig, t("chart.waterfall.unknown", lang, **said))
    source_note(fig, lang, n=table["moves"].sum(), variant=constant(table, "variant"),
                origin=constant(table, "origin"))  # fmt: skip
    return fig


def _said(table: pd.DataFrame, currency: str, lang: str) -> dict[str, str]:
    inner = table[~table["step"].isin(_ENDS)]
    at = int(np.argmax(inner["amount"].abs())) if len(inner) else 0
    largest = inner.iloc[at] if len(inner) else table.iloc[0]
    return {
        "opening": money(table["amount"].iloc[0], currency, lang),
        "closing": money(table["amount"].iloc[-1], currency, lang),
        "before": number(table["deals"].iloc[0], lang),
        "after": number(table["deals"].iloc[-1], lang),
        "step": label(f"step.{largest['step']}", lang),
        "amount": _signed(largest["amount"], money(abs(largest["amount"]), currency, lang)),
        "unknown": number(table["unknown"].iloc[-1], lang),
    }


def _signed(value: float, words: str) -> str:
    return f"+{words}" if value > 0 else f"−{words}" if value < 0 else words


def _arrow(y: float, start: float, end: float, tip: float) -> list[tuple[float, float]]:
    """A bar that ends in a point, so that its direction shows without its colour."""
    neck = end - np.sign(end - start) * min(tip, abs(end - start))
    return [(start, y - _HALF), (neck, y - _HALF), (end, y), (neck, y + _HALF), (start, y + _HALF)]


def _bars(ax: Axes, before: Any, after: Any, ends: Any, lang: str) -> None:
    rows = np.arange(len(before))
    span = max(float(np.max([before, after])), 0.0) - min(float(np.min([before, after])), 0.0)
    tip = span * 0.014
    ax.barh(rows[ends], after[ends], 2 * _HALF, color=ACCENT)
    looks: tuple[tuple[str, Any, dict[str, Any]], ...] = (
        ("up", after > before, {"facecolor": GOOD, "edgecolor": PAPER}),
        ("down", after < before, {"facecolor": PAPER, "edgecolor": BAD, "hatch": "////"}),
    )
    for key, where, look in looks:
        here = rows[where & ~ends]
        shapes = [_arrow(y, before[y], after[y], tip) for y in here]
        if shapes:
            words = t(f"chart.waterfall.{key}", lang)
            ax.add_collection(PolyCollection(shapes, label=words, lw=1.2, **look))
    ax.vlines(after[:-1], rows[:-1] + _HALF, rows[1:] - _HALF, color=RULE, lw=1)
    ax.axvline(0, color=RULE, lw=1)
    low = min(0.0, float(np.min([before, after])))
    high = max(float(np.max([before, after])), 1.0)
    ax.set_xlim(low - (0.12 * span if low < 0 else 0), high + 0.06 * span)


def _words(
    ax: Axes, table: pd.DataFrame, before: Any, after: Any, ends: Any, currency: str, lang: str
) -> None:
    """Exact amounts in one unit in a column beside the rows, and the deals that moved."""
    amounts = table["amount"].to_numpy(float)
    size, unit = money_unit(amounts, lang)
    digits = 0 if size == 1.0 else 2 if lang == "zh" and size == 1e4 else 3
    texts = []
    for y, value in enumerate(amounts):
        plain = number(abs(value) / size, lang, digits)
        texts.append(plain if ends[y] and value >= 0 else _signed(value, plain))
    head = money_word(unit, currency, lang)
    moved = [_moved(row, bool(ends[y]), lang) for y, row in enumerate(table.to_dict("records"))]
    first = _widest([*texts, head]) + 10
    second = first + _widest([*moved, t("chart.waterfall.deals", lang)]) + 14
    columns = [{"transform": beside(ax, x), "ha": "right"} for x in (first, second)]
    for y, row in enumerate(table.to_dict("records")):
        weight = "bold" if ends[y] else "normal"
        ax.text(1, y, texts[y], va="center", weight=weight, **columns[0])
        color = INK if row["deals"] or ends[y] else MUTED
        ax.text(1, y, moved[y], va="center", weight=weight, color=color, **columns[1])
    for words, column in zip((head, t("chart.waterfall.deals", lang)), columns, strict=True):
        ax.text(1, -0.62, words, va="bottom", color=MUTED, fontsize=11, **column)


def _widest(texts: Sequence[str]) -> float:
    """Points that the longest of some texts takes."""
    return max(theme.text_width(text, 13, "bold") for text in texts)


def _moved(row: Mapping[Any, Any], end: bool, lang: str) -> str:
    """Deals that a step moved; where it moved none, how often it happened."""
    deals = number(abs(row["deals"]), lang)
    if end or row["deals"]:
        return deals if end else _signed(row["deals"], deals)
    return t("chart.waterfall.changes", lang, n=number(row["moves"], lang))


def _residual_words(residual: Sequence[float], currency: str, lang: str) -> str:
    cents, deals = residual[0], residual[1]
    amount = number(cents / 100, lang, 2)
    name = money_word("", currency, lang)
    return t("chart.waterfall.residual", lang, amount=f"{amount} {name}".strip(),
             deals=number(deals, lang))  # fmt: skip
