"""Days until cases are solved, with the open ones counted as long as they have lasted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.complaints import kind_name
from kamkit.charts.sources import blank, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BACKING, BAD, INK, MUTED, Figure
from kamkit.i18n import interval, number, percent, t

_MOST_GROUPS = 6
_KM = ["kaplan_meier"]


def plot_time_to_resolve(
    curve: pd.DataFrame,
    *,
    lang: str,
    quantiles: pd.DataFrame | None = None,
    measures: pd.DataFrame | None = None,
    test: pd.DataFrame | None = None,
    promised_days: float | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Share of cases solved by days since they were opened; open cases are ticks on the line.

    Needs columns: those of ``TimeToResolve.curve``; ``quantiles``, ``measures`` and ``test`` are
    its other tables. ``promised_days`` draws what was promised. Of several groups the largest
    six are drawn, each with its median; ``test`` says whether they differ at all.

    >>> plot_time_to_resolve(pd.DataFrame({"days": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if curve.empty:
        return blank(t("chart.resolve.topic", lang), lang)
    sizes = curve.groupby("group", sort=False)["at_risk"].max()
    kept = list(sizes.sort_values(ascending=False, kind="stable").head(_MOST_GROUPS).index)
    one = len(sizes) == 1
    said = _said(curve, sizes, quantiles, measures, test, lang)
    key = "title" if one else _group_key(test)
    if one and said["median"] == "–":
        key = "title_half"
    fig, ax = theme.figure((10.0, 5.8), title=t(f"chart.resolve.{key}", lang, **said),
                           alt=t("chart.resolve.alt", lang, **said))  # fmt: skip
    for i, group in enumerate(kept):
        part = curve[curve["group"] == group].reset_index(drop=True)
        _step(ax, part, i, _group_words(group, one, quantiles, names, lang), one)
    if one:
        _median(ax, quantiles, lang)
    last = float(curve[curve["group"].isin(kept)]["days"].max())
    if promised_days is not None:
        _promise(ax, curve[curve["group"] == kept[0]], promised_days, one, lang)
        last = max(last, promised_days)
    _axis(ax, curve[curve["group"].isin(kept)], last or 1.0, lang)
    ax.plot([], [], ls="none", marker="|", ms=11, mew=1.6, mec=MUTED,
            label=t("chart.resolve.open", lang))  # fmt: skip
    legend_below(fig, [ax], [], 3)
    theme.note(fig, t("chart.resolve.reading", lang))
    if len(sizes) > len(kept):
        theme.note(fig, t("chart.resolve.shown", lang, shown=number(len(kept), lang),
                          groups=said["groups"]))  # fmt: skip
    source_note(fig, lang, n=sizes.sum(), variant=_KM, origin=["S122; field:Kaplan & Meier 1958"])
    return fig


def _group_key(test: pd.DataFrame | None) -> str:
    p = _value(test, "log_rank_p")
    return "title_groups" if p != p else "title_differ" if p < 0.05 else "title_alike"


def _value(table: pd.DataFrame | None, key: str, column: str = "value") -> float:
    rows = [] if table is None else table.loc[table["measure"] == key, column].tolist()
    return float(rows[0]) if rows else float("nan")


def _range(low: float, high: float, lang: str) -> str:
    """An interval in days, open above where too many cases still wait."""
    if high == high:
        return interval(low, high, lang, 0)
    return t("chart.resolve.from", lang, low=number(low, lang)) if low == low else "–"


def _said(
    curve: pd.DataFrame, sizes: pd.Series, quantiles: pd.DataFrame | None,
    measures: pd.DataFrame | None, test: pd.DataFrame | None, lang: str,
) -> dict[str, str]:  # fmt: skip
    low, high = (_value(measures, "days_median", c) for c in ("low", "high"))
    waiting = _value(measures, "cases_unsolved")
    censored = float(curve["censored"].sum())
    ninety = float("nan")
    if quantiles is not None and len(sizes) == 1 and len(quantiles):
        ninety = float(quantiles.loc[quantiles["share"].round(6) == 0.9, "days"].sum(min_count=1))
    return {
        "median": number(_value(measures, "days_median"), lang),
        "range": _range(low, high, lang),
        "ninety": number(ninety, lang), "n": number(sizes.sum(), lang),
        "open": number(waiting if waiting == waiting else censored, lang),
        "groups": number(len(sizes), lang), "p": number(_value(test, "log_rank_p"), lang, 2),
        "last": number(curve["days"].max(), lang),
    }  # fmt: skip


def _group_words(
    group: object, one: bool, quantiles: pd.DataFrame | None, names: Mapping[str, str] | None,
    lang: str,
) -> str:  # fmt: skip
    if one:
        return t("chart.resolve.solved", lang)
    name = kind_name(group, lang, names)
    if quantiles is None:
        return name
    row = quantiles[(quantiles["group"] == group) & ((quantiles["share"] - 0.5).abs() < 1e-9)]
    if row.empty:
        return name
    return t("chart.resolve.group", lang, name=name, median=number(row["days"].iloc[0], lang),
             range=_range(row["low"].iloc[0], row["high"].iloc[0], lang),
             n=number(row["n"].iloc[0], lang))  # fmt: skip


def _step(ax: Axes, part: pd.DataFrame, i: int, words: str, one: bool) -> None:
    look: Any = theme.style(i)
    days, solved = part["days"].to_numpy(float), 1 - part["survival"].to_numpy(float)
    if one:
        ax.fill_between(days, 1 - part["high"], 1 - part["low"], step="post", lw=0, alpha=0.2,
                        color=look["color"])  # fmt: skip
    ax.plot(days, solved, color=look["color"], ls=look["linestyle"], lw=2.2, label=words,
            drawstyle="steps-post")  # fmt: skip
    waiting = part["censored"].to_numpy() > 0
    ax.plot(days[waiting], solved[waiting], ls="none", marker="|", ms=11, mew=1.6,
            mec=look["color"], zorder=4)  # fmt: skip


def _median(ax: Axes, quantiles: pd.DataFrame | None, lang: str) -> None:
    if quantiles is None:
        return
    for row in quantiles[quantiles["share"].isin([0.5, 0.9])].to_dict("records"):
        if row["days"] != row["days"]:
            continue
        high = row["high"] if row["high"] == row["high"] else row["days"]
        ax.plot([row["low"], high], [row["share"]] * 2, color=INK, lw=3, alpha=0.55, zorder=4)
        ax.plot([row["days"]], [row["share"]], marker="D", ms=8, color=INK, zorder=5)
        ax.annotate(t("chart.resolve.quantile", lang, share=percent(row["share"], lang, 0),
                      days=number(row["days"], lang)), (high, row["share"]), xytext=(10, -12),
                    textcoords="offset points", fontsize=11, bbox=BACKING, zorder=6)  # fmt: skip


def _promise(ax: Axes, part: pd.DataFrame, days: float, one: bool, lang: str) -> None:
    ax.axvline(days, color=BAD, lw=1.6, ls=(0, (6, 3)),
               label=t("chart.resolve.promised", lang, days=number(days, lang)))  # fmt: skip
    before = part[part["days"] <= days]
    if one and len(before):
        share = 1 - float(before["survival"].iloc[-1])
        ax.annotate(t("chart.resolve.by_then", lang, share=percent(share, lang, 0)), (days, 0.03),
                    xytext=(7, 0), textcoords="offset points", color=BAD, bbox=BACKING)  # fmt: skip


def _axis(ax: Axes, curve: pd.DataFrame, last: float, lang: str) -> None:
    ticks = np.asarray(MaxNLocator(nbins=8, integer=True).tick_values(0, last))
    ticks = ticks[(ticks >= 0) & (ticks <= last)]
    left = np.zeros(len(ticks))
    for _, part in curve.groupby("group", sort=False):
        days, risk = part["days"].to_numpy(float), part["at_risk"].to_numpy(float)
        at = np.searchsorted(days, ticks, side="left")
        left += np.where(at < len(days), risk[np.minimum(at, len(days) - 1)], 0)
    names = [f"{number(x, lang)}\n{number(n, lang)}" for x, n in zip(ticks, left, strict=True)]
    ax.set_xticks(ticks, names)
    ax.set_xlim(0, last * 1.01)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(t("chart.resolve.x", lang))
    ax.set_ylabel(t("chart.resolve.y", lang))
    theme.percent_axis(ax, "y", lang)
    theme.value_grid(ax, "y")
