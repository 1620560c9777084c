"""Complaints by kind, largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, name_rows, tied_rows
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import INK, PAPER, SERIES, Figure
from kamkit.i18n import interval, label, money, number, percent, t

_UNKNOWN = "unknown"


def plot_complaint_pareto(
    groups: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 12,
) -> Figure:
    """Kinds of complaints from the largest down, with intervals and the running total.

    Needs columns: those of ``ComplaintPareto.groups``; ``measures`` is its other table. Filled
    bars are needed to reach the top share; "sure" says how often they are when cases are
    redrawn. Bars beside join kinds between which no border can be drawn.

    >>> plot_complaint_pareto(pd.DataFrame({"group": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = groups[groups["size"] > 0] if len(groups) else groups
    if known.empty:
        return blank(t("chart.complaints.topic", lang), lang)
    shown = known.head(limit).reset_index(drop=True)
    by_cost = bool((known["variant"] == "bootstrap_cases").any())
    said = _said(known, shown, by_cost, currency, names, lang)
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.46 * len(shown)), title=t(f"chart.complaints.{said.pop('key')}", lang,
                                                 **said),
        alt=t("chart.complaints.alt", lang, **said),
    )  # fmt: skip
    _bars(ax, shown, lang)
    name_rows(ax, [kind_name(g, lang, names) for g in shown["group"]])
    sizes = [money(s, currency, lang) if by_cost else number(s, lang) for s in shown["size"]]
    at = range(len(shown))
    right = column_words(ax, at, sizes, 10, t("chart.complaints.head_size", lang))
    sure = [percent(p, lang, 0) for p in shown["top_share"]]
    right = column_words(ax, at, sure, right, t("chart.complaints.head_sure", lang))
    back = [f"{number(r['repeats'], lang)} / {number(r['open'], lang)}"
            for r in shown.to_dict("records")]  # fmt: skip
    right = column_words(ax, at, back, right, t("chart.complaints.head_repeats", lang))
    tied_rows(ax, shown["cluster"].tolist(), right, lang)
    legend_below(fig, [ax], [], 4)
    theme.note(fig, t("chart.complaints.reading", lang))
    if len(shown) < len(known):
        theme.note(fig, t("chart.complaints.shown", lang, shown=said["shown"], kinds=said["kinds"]))
    _gaps(fig, measures, lang)
    source_note(fig, lang, n=known["n"].iloc[0], variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def kind_name(group: object, lang: str, names: Mapping[str, str] | None = None) -> str:
    """A kind of complaint in words; what nobody sorted is named as such.

    >>> kind_name("delivery", "zh"), kind_name("paint", "en")
    ('交付', 'paint')
    """
    ours = label(f"case_kind.{group}", lang, "")
    return shown_name(group, names) if names and str(group) in names or not ours else ours


def _said(
    known: pd.DataFrame, shown: pd.DataFrame, by_cost: bool, currency: str,
    names: Mapping[str, str] | None, lang: str,
) -> dict[str, str]:  # fmt: skip
    ranked = known[known["group"] != _UNKNOWN]
    first = (ranked if len(ranked) else known).iloc[0]
    top = known[known["in_top"].astype(bool)]
    tied = int((known["cluster"] == first["cluster"]).sum())
    total = known["size"].sum()
    return {
        "key": "title_tied" if tied > 1 else "title",
        "n": number(known["n"].iloc[0], lang), "kinds": number(len(known), lang),
        "shown": number(len(shown), lang),
        "next": kind_name(ranked["group"].iloc[1], lang, names) if len(ranked) > 1 else "–",
        "name": kind_name(first["group"], lang, names),
        "share": percent(first["share"], lang, 0),
        "range": interval(first["low"], first["high"], lang, 0, share=True),
        "top": number(len(top), lang), "top_share": percent(top["share"].sum(), lang, 0),
        "total": money(total, currency, lang) if by_cost else number(total, lang),
    }  # fmt: skip


def _bars(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    top = shown["in_top"].astype(bool).to_numpy()
    looks: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "needed": (top, {"facecolor": SERIES[0], "edgecolor": PAPER}),
        "rest": (~top, {"facecolor": "#DDE3E8", "edgecolor": SERIES[0], "hatch": "///",
                        "hatchcolor": "#B9C6CE"}),
    }  # fmt: skip
    for key, (here, look) in looks.items():
        if here.any():
            ax.barh(at[here], shown["share"].to_numpy()[here], 0.62, lw=0.8, zorder=1,
                    label=t(f"chart.complaints.{key}", lang), **look)  # fmt: skip
    ax.hlines(at, shown["low"], shown["high"], color=SERIES[1], lw=3, zorder=2,
              label=t("chart.complaints.interval", lang))  # fmt: skip
    ax.plot(shown["cumulative_share"], at, color=INK, lw=1.4, ls=(0, (4, 2)), marker="D", ms=6.5,
            zorder=4, label=t("chart.complaints.running", lang))  # fmt: skip
    ax.set_xlim(0, 1.02)
    ax.set_xlabel(t("chart.complaints.x", lang))
    theme.percent_axis(ax, "x", lang)


def _gaps(fig: Figure, measures: pd.DataFrame | None, lang: str) -> None:
    """What the counts leave out."""
    if measures is None or not len(measures):
        return
    found = dict(zip(measures["measure"], measures["value"], strict=True))
    for key in ("cases_unknown_kind", "cases_without_cost", "cases_undated", "cases_impossible"):
        if found.get(key, 0) > 0:
            theme.note(fig, t(f"chart.complaints.{key}", lang, n=number(found[key], lang)))
