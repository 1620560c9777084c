"""Individuals and moving-range chart: values, limits, and what the rules point at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BACKING, BAD, GRID, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import day, label, number, percent, t

# One sign a rule, in the order in which they are taught; a point carries its first.
_MARKS = {
    "beyond_limits": "D", "two_of_three": "^", "four_of_five": "v", "run_of_eight": "s",
    "range_beyond_limit": "P",
}  # fmt: skip
_MOST_MARKED, _MOST_TICKS = 60, 9


def plot_control_chart(
    points: pd.DataFrame,
    *,
    lang: str,
    series: pd.DataFrame,
    shown: str | None = None,
    names: Mapping[str, str] | None = None,
    unit: str = "",
    currency: str = "",
) -> Figure:
    """One measure over time with its limits above, its moving ranges below.

    Needs columns: those of ``ControlChart.points``; ``series`` is ``ControlChart.series``.
    ``shown`` picks the series, default: the one with most signals. A signal carries the sign of
    its rule; without limits the values stand alone and the chart says why.

    >>> empty = pd.DataFrame({"series": []})
    >>> plot_control_chart(empty, lang="en", series=empty).alt
    'Nothing to show: the table is empty.'
    """
    if points.empty:
        return blank(t("chart.control.topic", lang), lang)
    facts = _chosen(series, shown)
    rows = points[points["series"].astype(str) == str(facts["series"])].reset_index(drop=True)
    said = _said(facts, rows, names, unit, lang)
    key = _title_key(facts)
    fig, axes = theme.figure(
        (10.0, 6.8), rows=2, title=t(f"chart.control.{key}", lang, **said),
        alt=t(f"chart.control.alt_{key}", lang, **said), sharex=True, height_ratios=[2.4, 1],
    )  # fmt: skip
    _values(axes[0], rows, facts, lang)
    _ranges(axes[1], rows, facts, lang)
    axes[0].set_ylabel(theme.with_unit(t("chart.control.value", lang), unit, lang))
    axes[1].set_ylabel(t("chart.control.range", lang))
    axes[1].set_xlabel(t("chart.control.x", lang))
    _ticks(axes[1], rows, lang)
    if facts["chart_state"] not in ("too_few_points", "no_variation"):
        fig.legend(loc="outside lower left", ncols=3)
        theme.note(fig, t("chart.control.reading", lang, **said))
    source_note(fig, lang, n=len(rows), variant=constant(rows, "variant"),
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _chosen(series: pd.DataFrame, shown: str | None) -> dict[str, Any]:
    if shown is not None:
        wanted = series[series["series"].astype(str) == shown]
        if len(wanted):
            return {str(k): v for k, v in wanted.iloc[0].items()}
    order = series.sort_values(["signals_found", "n"], ascending=False, kind="stable")
    return {str(k): v for k, v in order.iloc[0].items()}


def _title_key(facts: Mapping[str, Any]) -> str:
    return {
        "too_few_points": "too_few", "no_variation": "no_variation", "signals": "signals",
    }.get(str(facts["chart_state"]), "stable")  # fmt: skip


def _digits(facts: Mapping[str, Any]) -> int:
    sigma = facts["sigma"]
    return 0 if sigma != sigma or sigma >= 10 else 1 if sigma >= 1 else 2


def _said(
    facts: Mapping[str, Any],
    rows: pd.DataFrame,
    names: Mapping[str, str] | None,
    unit: str,
    lang: str,
) -> dict[str, str]:
    key = str(facts["series"])
    plain = label("chart.control.measure", lang) if key == "all" and not names else ""
    digits = _digits(facts)
    low, high, middle = (number(facts[c], lang, digits) for c in ("lower", "upper", "centre"))
    return {
        "name": plain or shown_name(key, names, 40),
        "signals": number(facts["signals_found"], lang),
        "n": number(len(rows), lang), "low": low, "high": high, "centre": middle,
        "baseline": number(facts["baseline_n"], lang),
        "false": percent(facts["false_alarm_share"], lang, 0),
        "sigma": number(facts["sigma"], lang, digits + 1),
        "sigma_low": number(facts["sigma_low"], lang, digits + 1),
        "sigma_high": number(facts["sigma_high"], lang, digits + 1),
    }  # fmt: skip


def _values(ax: Axes, rows: pd.DataFrame, facts: Mapping[str, Any], lang: str) -> None:
    x, y = rows["order"].to_numpy(float), rows["value"].to_numpy(float)
    small = 5.5 if len(x) <= _MOST_MARKED else 3.5
    ax.plot(x, y, color=SERIES[0], lw=1.3, marker="o", ms=small, mfc=SERIES[0], mec=PAPER,
            mew=0.6, zorder=3, label=t("chart.control.values", lang))  # fmt: skip
    theme.value_grid(ax, "y")
    if facts["chart_state"] in ("too_few_points", "no_variation"):
        return
    centre, sigma = float(facts["centre"]), float(facts["sigma"])
    ax.axhline(centre, color=INK, lw=1.2, zorder=2, label=t("chart.control.centre", lang))
    digits = _digits(facts)
    for side, name in ((1, "upper"), (-1, "lower")):
        line = float(facts[name])
        ax.axhline(line, color=BAD, lw=1.5, ls=(0, (6, 3)), zorder=2,
                   label=t("chart.control.limits", lang) if side > 0 else None)  # fmt: skip
        # How far the limit itself may be off, given so few values.
        ends = [centre + side * 3 * float(facts[c]) for c in ("sigma_low", "sigma_high")]
        bound = min(line, *ends), max(line, *ends)
        ax.axhspan(*bound, color=GRID, lw=0, zorder=0,
                   label=t("chart.control.unsure", lang) if side > 0 else None)  # fmt: skip
        _line_name(ax, line, number(line, lang, digits))
    _line_name(ax, centre, number(centre, lang, digits))
    for steps in (-2, -1, 1, 2):
        ax.axhline(centre + steps * sigma, color=MUTED, lw=0.7, ls=(0, (1, 4)), zorder=1)
    _split(ax, rows, lang)
    for rule, mark in _MARKS.items():
        here = _first_rule(rows) == rule
        if rule != "range_beyond_limit" and here.any():
            ax.plot(x[here], y[here], ls="none", marker=mark, ms=9, mfc=BAD, mec=PAPER, mew=0.8,
                    zorder=5, label=t(f"signal_rule.{rule}", lang))  # fmt: skip


def _first_rule(rows: pd.DataFrame) -> np.ndarray:
    return rows["signals"].astype(str).str.split("; ").str[0].to_numpy(dtype=object)


def _line_name(ax: Axes, at: float, words: str) -> None:
    # The sign of the axis beside it, not the hyphen of a number in text.
    ax.annotate(words.replace("-", "−"), (1.0, at), xytext=(5, 0), va="center", color=INK,
                xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=10,
                annotation_clip=False)  # fmt: skip


def _split(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    """Where the values end from which the limits come."""
    later = rows["part"] == "later"
    if later.any():
        at = float(rows.loc[later, "order"].min()) - 0.5
        ax.axvline(at, color=MUTED, lw=1.1, ls=(0, (2, 2)), zorder=1)
        ax.annotate(t("chart.control.baseline", lang), (at, 1.0), xytext=(-5, -3),
                    xycoords=("data", "axes fraction"), textcoords="offset points", ha="right",
                    va="top", color=MUTED, fontsize=10, bbox=BACKING)  # fmt: skip


def _ranges(ax: Axes, rows: pd.DataFrame, facts: Mapping[str, Any], lang: str) -> None:
    x, r = rows["order"].to_numpy(float), rows["moving_range"].to_numpy(float)
    ax.plot(x, r, color=MUTED, lw=1.1, marker="o", ms=3.5, mec=PAPER, mew=0.5, zorder=3)
    ax.set_ylim(bottom=0)
    theme.value_grid(ax, "y")
    if facts["chart_state"] in ("too_few_points", "no_variation"):
        return
    top = float(facts["range_limit"])
    ax.axhline(top, color=BAD, lw=1.5, ls=(0, (6, 3)), zorder=2)
    _line_name(ax, top, number(top, lang, _digits(facts)))
    ax.set_ylim(0, max(top, float(np.nanmax(r))) * 1.12)
    wild = rows["signals"].astype(str).str.contains("range_beyond_limit").to_numpy(bool)
    if wild.any():
        ax.plot(x[wild], r[wild], ls="none", marker=_MARKS["range_beyond_limit"], ms=9, mfc=BAD,
                mec=PAPER, mew=0.8, zorder=5,
                label=t("signal_rule.range_beyond_limit", lang))  # fmt: skip


def _ticks(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    """Values stand at equal steps, as the rules count them; dates name some of them."""
    step = max(1, int(np.ceil(len(rows) / _MOST_TICKS)))
    chosen = rows.iloc[::step]
    dated = pd.api.types.is_datetime64_any_dtype(rows["at"])
    words = [day(pd.Timestamp(v), lang) if dated else number(v, lang) for v in chosen["at"]]
    # The year stands on a line of its own, so that no day is torn apart.
    words = [w.replace("年", "年\n", 1) for w in words]
    ax.set_xticks(chosen["order"].to_numpy(float), words, fontsize=10)  # fmt: skip
    ax.set_xlim(0.3, len(rows) + 0.7)
