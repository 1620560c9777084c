"""A total shared out: plain shares, floors and caps, and targets that add up exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, left_out, row_chart
from kamkit.charts.rows import column_words, least_most, name_rows, signed
from kamkit.charts.sources import blank, constant, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import money, number, t

_STOPS = {"floor": ("^", WARN), "cap": ("v", WARN), "none": ("o", SERIES[0])}


def plot_cascade(
    parts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    unit: str = "",
    measures: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Target of each part beside its plain share, with floor and cap as walls.

    Needs columns: those of ``Cascade.parts``; ``measures`` is its other table. A triangle stands
    where a floor (up) or cap (down) decided. ``unit`` is written on the axis where the figures
    are no money.

    >>> plot_cascade(pd.DataFrame({"id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if parts.empty:
        return blank(t("chart.cascade.topic", lang), lang)
    known = parts.sort_values(["target", "id"], ascending=[False, True], kind="stable")
    shown = known.head(limit).reset_index(drop=True)
    total = float(known["target"].sum())
    said = {
        "n": number(len(known), lang),
        "total": money(total, currency, lang) if currency else number(total, lang),
        "floors": number((known["bound"] == "floor").sum(), lang),
        "caps": number((known["bound"] == "cap").sum(), lang),
    }  # fmt: skip
    plain = (known["bound"] == "none").all()
    fig, ax = row_chart("cascade", len(shown), said, lang, key="title_plain" if plain else "title",
                        per=0.4)  # fmt: skip
    _rows(ax, shown, lang)
    name_rows(ax, [shown_name(i, names) for i in shown["id"]])
    _beside(ax, shown, currency, lang)
    ax.set_xlabel(t("chart.cascade.x", lang) if currency or not unit
                  else theme.with_unit(t("chart.cascade.x", lang), unit, lang))  # fmt: skip
    theme.money_axis(ax, "x", currency, lang)
    legend_below(fig, [ax], [], 5)
    rule = measures if measures is not None and len(measures) else known
    return close(fig, lang, known, len(known), t("chart.cascade.reading", lang, **said),
                 left_out("cascade", shown, known, lang), variant=constant(rule, "variant"),
                 origin=constant(rule, "origin"))  # fmt: skip


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    target, plain = (shown[c].to_numpy(float) for c in ("target", "proportional"))
    ax.hlines(at, plain, target, color=MUTED, lw=1.3, zorder=2)
    for column, side in (("floor", "["), ("cap", "]")):
        limit = shown[column].to_numpy(float)
        here = np.isfinite(limit)
        if here.any():
            ax.plot(limit[here], at[here], ls="none", marker=f"${side}$", ms=13, mec=INK, mfc=INK,
                    mew=0.4, zorder=2.5, label=t(f"chart.cascade.{column}", lang))  # fmt: skip
    ax.plot(plain, at, ls="none", marker="o", ms=8, mfc=PAPER, mec=MUTED, mew=1.6, zorder=3,
            label=t("chart.cascade.proportional", lang))  # fmt: skip
    for key, (marker, color) in _STOPS.items():
        here = (shown["bound"] == key).to_numpy()
        if here.any():
            ax.plot(target[here], at[here], ls="none", marker=marker, ms=9.5, color=color,
                    zorder=4, label=t(f"chart.cascade.at_{key}", lang))  # fmt: skip
    low, high = least_most(shown, ("target", "proportional", "floor"))
    caps = shown["cap"].to_numpy(float)
    near = caps[np.isfinite(caps) & (caps < 1.6 * high)]
    high = max(high, float(near.max()) if len(near) else high)
    ax.set_xlim(min(low, 0), high + 0.05 * (high - min(low, 0) or 1))
    ax.axvline(0, color=RULE, lw=0.8)


def _beside(ax: Axes, shown: pd.DataFrame, currency: str, lang: str) -> None:
    at = range(len(shown))
    rows = shown.to_dict("records")
    whole = np.allclose(shown["target"], shown["target"].round(0))
    digits = 0 if whole else 2
    targets = [number(r["target"], lang, digits) for r in rows]
    right = column_words(ax, at, targets, 10, t("chart.cascade.head_target", lang))
    moved = [signed(r["target"] - r["proportional"], lang, digits) for r in rows]
    column_words(ax, at, moved, right, t("chart.cascade.head_moved", lang))
