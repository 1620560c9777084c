"""How long accounts stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BACKING, GRID, INK, MUTED, Figure
from kamkit.i18n import interval, number, percent, t

_YEAR = 365.25
_FEW = 10  # accounts at risk below which a step says little
_MOST_GROUPS = 6


def plot_retention_curve(
    curve: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    quality: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Share of accounts still there by years since they began, with how many are observed.

    Needs columns: those of ``RetentionCurve.curve``; ``measures`` and ``quality`` are its other
    tables. Ticks are accounts that are still there. Grey: fewer than ten accounts observed. Of
    several groups the six with most losses are drawn.

    >>> plot_retention_curve(pd.DataFrame({"days": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if curve.empty:
        return blank(t("chart.retention.topic", lang), lang)
    facts = curve.groupby("group", sort=False, observed=True).agg(
        n=("at_risk", "max"), lost=("events", "sum"), still=("censored", "sum")
    )
    # Accounts come into view one after another: those at risk at once are fewer than all.
    facts["n"] = facts["lost"] + facts["still"]
    kept = list(facts.sort_values(["lost", "n"], ascending=False, kind="stable").index)
    kept, one = kept[:_MOST_GROUPS], len(facts) == 1
    said = _said(curve, facts, measures, lang)
    fig, ax = theme.figure((10.0, 5.8), title=t(f"chart.retention.{said.pop('key')}", lang, **said),
                           alt=t("chart.retention.alt", lang, **said))  # fmt: skip
    for i, group in enumerate(kept):
        part = curve[curve["group"] == group].reset_index(drop=True)
        words = t("chart.retention.curve", lang) if one else t(
            "chart.retention.group", lang, name=shown_name(group, names),
            n=number(facts.loc[group, "n"], lang),
            lost=number(facts.loc[group, "lost"], lang))  # fmt: skip
        _step(ax, part, i, words, one)
    if one:
        _few(ax, curve, lang)
        _read_off(ax, measures, lang)
    _axis(ax, curve[curve["group"].isin(kept)], lang)
    ax.plot([], [], ls="none", marker="|", ms=10, mew=1.5, mec=MUTED,
            label=t("chart.retention.still", lang))  # fmt: skip
    legend_below(fig, [ax], [], 3)
    theme.note(fig, t("chart.retention.reading", lang))
    _left_out(fig, quality, lang)
    if len(facts) > len(kept):
        theme.note(fig, t("chart.retention.shown", lang, **said, shown=number(len(kept), lang)))
    rule = constant(measures, "origin")[:1] if measures is not None else ["S132"]
    source_note(fig, lang, n=facts["n"].sum(), variant=["kaplan_meier"], origin=rule)
    return fig


def _rows(measures: pd.DataFrame | None) -> list[dict[Any, Any]]:
    if measures is None or not len(measures):
        return []
    return measures[measures["measure"].str.startswith("stayed_")].to_dict("records")


def _said(
    curve: pd.DataFrame, facts: pd.DataFrame, measures: pd.DataFrame | None, lang: str
) -> dict[str, str]:
    said = {
        "key": "title_plain" if len(facts) == 1 else "title_groups",
        "groups": number(len(facts), lang), "lost": number(facts["lost"].sum(), lang),
        "n": number(facts["n"].sum(), lang), "years": number(curve["days"].max() / _YEAR, lang),
        "left": percent(curve["survival"].iloc[-1], lang, 0), "share": "–", "range": "–", "at": "–",
    }  # fmt: skip
    if not facts["lost"].sum():
        said["key"] = "title_none"
    elif len(facts) == 1 and _rows(measures):
        last = _rows(measures)[-1]
        said |= {
            "key": "title", "share": percent(last["value"], lang, 0),
            "range": interval(last["low"], last["high"], lang, 0, share=True),
            "at": str(last["measure"]).removeprefix("stayed_").removesuffix("y"),
        }  # fmt: skip
    return said


def _step(ax: Axes, part: pd.DataFrame, i: int, words: str, one: bool) -> None:
    look: Any = theme.style(i)
    years, share = part["days"].to_numpy(float) / _YEAR, part["survival"].to_numpy(float)
    if one:
        ax.fill_between(years, part["low"], part["high"], step="post", lw=0, alpha=0.2,
                        color=look["color"])  # fmt: skip
    ax.plot(years, share, color=look["color"], ls=look["linestyle"], lw=2.2, label=words,
            drawstyle="steps-post")  # fmt: skip
    still = part["censored"].to_numpy() > 0
    ax.plot(years[still], share[still], ls="none", marker="|", ms=8, mew=1.1, mec=look["color"],
            alpha=0.7)  # fmt: skip


def _few(ax: Axes, curve: pd.DataFrame, lang: str) -> None:
    """Where fewer than ten accounts are observed, at either end."""
    years, risk = curve["days"].to_numpy(float) / _YEAR, curve["at_risk"].to_numpy(float)
    edges = np.append(years, years[-1])
    few, named = risk < _FEW, False
    for start in np.flatnonzero(few & ~np.append(False, few[:-1])).tolist():
        end = int(start)
        while end < len(few) and few[end]:
            end += 1
        if edges[min(end, len(years))] - years[start] < 0.03 * years[-1]:
            continue
        ax.axvspan(years[start], edges[min(end, len(years))], color=GRID, alpha=0.6, lw=0, zorder=0,
                   label=None if named else t("chart.retention.few", lang, few=_FEW))  # fmt: skip
        named = True


def _read_off(ax: Axes, measures: pd.DataFrame | None, lang: str) -> None:
    """The shares of round years, marked on the curve and written in the free corner."""
    lines = []
    for row in _rows(measures):
        year = str(row["measure"]).removeprefix("stayed_").removesuffix("y")
        ax.plot([float(year)], [row["value"]], marker="D", ms=8, color=INK, zorder=5)
        # Before the first loss the formula gives no width, which is not the same as certainty.
        key = "mark" if row["value"] < 1 else "mark_none"
        lines.append(
            t(f"chart.retention.{key}", lang, years=year, share=percent(row["value"], lang, 0),
              range=interval(row["low"], row["high"], lang, 0, share=True),
              n=number(row["n"], lang))
        )  # fmt: skip
    ax.text(0.015, 0.04, "\n".join(lines), transform=ax.transAxes, fontsize=11, linespacing=1.4,
            bbox=BACKING, zorder=6)  # fmt: skip


def _axis(ax: Axes, curve: pd.DataFrame, lang: str) -> None:
    last = max(float(curve["days"].max()) / _YEAR, 0.5)
    ticks = np.asarray(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(0, last))
    ticks = ticks[(ticks >= 0) & (ticks <= last)]
    left = np.zeros(len(ticks))
    for _, part in curve.groupby("group", sort=False, observed=True):
        years, risk = part["days"].to_numpy(float) / _YEAR, part["at_risk"].to_numpy(float)
        at = np.searchsorted(years, ticks, side="left")
        left += np.where(at < len(years), risk[np.minimum(at, len(years) - 1)], 0)
    digits = 0 if np.allclose(ticks, ticks.round()) else 1
    names = [f"{number(x, lang, digits)}\n{number(n, lang)}"
             for x, n in zip(ticks, left, strict=True)]  # fmt: skip
    ax.set_xticks(ticks, names)
    ax.set_xlim(0, last * 1.01)
    ax.set_ylim(0, 1.03)
    ax.set_xlabel(t("chart.retention.x", lang))
    ax.set_ylabel(t("chart.retention.y", lang))
    theme.percent_axis(ax, "y", lang)


def _left_out(fig: Figure, quality: pd.DataFrame | None, lang: str) -> None:
    for row in [] if quality is None else quality.to_dict("records"):
        if row["code"] in ("start_unknown", "began_before_records"):
            theme.note(fig, t(f"chart.retention.{row['code']}", lang, n=number(row["n"], lang)))
