"""Picture of a yearly reclassification: the flow from last year's to this year's classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.schemes import class_order, member_label, scheme_label
from kamkit.charts.sources import blank
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, RULE, SERIES, Figure
from kamkit.i18n import label, number, t
from kamkit.schemes import Scheme

_GAP, _BAR = 0.035, 0.03
_LINE = 0.055
_LABELLED = ("up", "down", "undecided", "relabelled")
_LOOK = {"up": (GOOD, "///"), "down": (BAD, "\\\\\\"), "same": (RULE, "")}


def plot_reclassification(
    flow: pd.DataFrame, *, lang: str, scheme: Scheme, moves: pd.DataFrame | None = None
) -> Figure:
    """Accounts that moved between classes; ups and downs differ by colour, hatch and words.

    Needs columns: old, new, n, direction (``Reclassification.flow``); ``moves`` counts those
    held back for want of a reason or a rule.

    >>> from kamkit.schemes import load_scheme
    >>> empty = pd.DataFrame({"old": [], "new": [], "n": [], "direction": []})
    >>> plot_reclassification(empty, lang="en", scheme=load_scheme("elevator")).alt
    'Nothing to show: the table is empty.'
    """
    if flow.empty:
        return blank("", lang)
    counts = flow.groupby("direction")["n"].sum()
    held = 0
    if moves is not None:
        held = int(moves["approval"].astype("str").str.startswith(("blocked", "needs")).sum())
    total = number(flow["n"].sum(), lang)
    fig, ax = theme.figure(
        (10.0, 6.2),
        title=t(
            "chart.moves.title",
            lang,
            up=number(counts.get("up", 0), lang),
            down=number(counts.get("down", 0), lang),
            held=number(held, lang),
        ),
        alt=t("chart.moves.alt", lang, n=total),
    )
    left, right = (
        class_order(scheme, flow["old"].tolist()),
        class_order(scheme, flow["new"].tolist()),
    )
    start = _blocks(flow.groupby("old")["n"].sum(), left)
    end = _blocks(flow.groupby("new")["n"].sum(), right)
    _bands(ax, flow, left, right, start, end, lang)
    _ends(ax, start, scheme, lang, flow, "old")
    _ends(ax, end, scheme, lang, flow, "new")
    ax.set_xlim(-0.34, 1.34)
    ax.set_ylim(-0.02, 1.09)
    ax.set_axis_off()
    said = {"scheme": scheme_label(scheme, scheme.id, lang), "version": scheme.version}
    theme.note(fig, t("chart.moves.note", lang, n=total, **said))
    return fig


def _blocks(counts: pd.Series, order: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Bottom and top of each class on its side, from the top down."""
    total = float(counts.sum())
    scale = (1 - _GAP * (len(order) - 1)) / total
    top, found = 1.0, {}
    for member in order:
        height = float(counts[member]) * scale
        found[member] = (top - height, top)
        top -= height + _GAP
    return found


def _bands(
    ax: Axes,
    flow: pd.DataFrame,
    left: Sequence[str],
    right: Sequence[str],
    start: dict[str, tuple[float, float]],
    end: dict[str, tuple[float, float]],
    lang: str,
) -> None:
    from_top = {m: ends[1] for m, ends in start.items()}
    to_top = {m: ends[1] for m, ends in end.items()}
    sizes = {m: start[m][1] - start[m][0] for m in start}
    out_of = flow.groupby("old")["n"].sum()
    into = flow.groupby("new")["n"].sum()
    place = {m: i for i, m in enumerate(right)}
    rows = sorted(
        flow.to_dict("records"), key=lambda r: (left.index(r["old"]), place[str(r["new"])])
    )
    marks: list[tuple[float, str]] = []
    curve = np.linspace(0, 1, 60)
    ease = curve * curve * (3 - 2 * curve)
    # The right-hand ends stack in the order of the left classes, so that bands cross least.
    for row in rows:
        old, new, n = str(row["old"]), str(row["new"]), float(row["n"])
        thick = sizes[old] * n / float(out_of[old])
        wide = (end[new][1] - end[new][0]) * n / float(into[new])
        upper = from_top[old] + (to_top[new] - from_top[old]) * ease
        lower = from_top[old] - thick + (to_top[new] - wide - from_top[old] + thick) * ease
        from_top[old] -= thick
        to_top[new] -= wide
        color, hatch = _LOOK.get(str(row["direction"]), (SERIES[1], "..."))
        x = _BAR + curve * (1 - 2 * _BAR)
        ax.fill_between(x, lower, upper, facecolor=color, alpha=0.45, hatch=hatch,
                        edgecolor="none", lw=0)  # fmt: skip
        if row["direction"] in _LABELLED:
            words = f"{label('move.' + str(row['direction']), lang)} {number(n, lang)}"
            marks.append(((upper[12] + lower[12]) / 2, words))
    _write_apart(ax, marks)


def _write_apart(ax: Axes, marks: list[tuple[float, str]]) -> None:
    """Labels of the bands, from the bottom up, none nearer to the next than a line."""
    free = -1.0
    for y, words in sorted(marks):
        free = max(y, free + _LINE)
        patch = {"facecolor": "#FFFFFFE6", "edgecolor": "none", "pad": 1.5}
        ax.text(0.2, free, words, va="center", ha="left", fontsize=11, color=INK, bbox=patch)


def _ends(
    ax: Axes,
    blocks: dict[str, tuple[float, float]],
    scheme: Scheme,
    lang: str,
    flow: pd.DataFrame,
    side: str,
) -> None:
    counts = flow.groupby(side)["n"].sum()
    at, align = (0.0, "right") if side == "old" else (1.0, "left")
    for member, (low, high) in blocks.items():
        shift = 0.0 if side == "old" else -_BAR
        ax.fill_between([at + shift, at + shift + _BAR], low, high, facecolor=SERIES[0], lw=0)
        word = member_label(scheme, member, lang) if member else t("chart.moves.absent", lang)
        beside = at - 0.02 if side == "old" else at + 0.02
        words = f"{word}  {number(counts[member], lang)}"
        ax.text(beside, (low + high) / 2, words, ha=align, va="center", color=INK)
    ax.text(at, 1.05, t(f"chart.moves.{side}", lang), ha=align, va="center", color=MUTED,
            weight="bold")  # fmt: skip
