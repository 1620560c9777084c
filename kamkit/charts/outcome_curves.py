"""Pictures of time: how deals end by so many days, and how long it takes to decide them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import spread
from kamkit.charts.theme import BACKING, BAD, INK, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, number, percent, t

_FEW = 10  # below this many deals a curve jumps with each of them
_MOST_GROUPS = 6
_AREAS: dict[str, dict[str, Any]] = {
    "won": {"facecolor": SERIES[0], "edgecolor": PAPER},
    "open": {"facecolor": "#EDF1F4", "edgecolor": RULE},
    "lost": {"facecolor": SERIES[1], "edgecolor": PAPER, "hatch": "///", "hatchcolor": PAPER},
}


def plot_outcome_curves(curves: pd.DataFrame, *, lang: str, group: object = None) -> Figure:
    """Share of deals won, lost and still open by days since creation; the three add to 1.

    Needs columns: those of ``outcome_curves``; of several groups, ``group`` names the one to
    draw (default: the first). The dashed lines are the usual wrong curves, 1 − Kaplan–Meier of
    each ending with the other taken as open. Deals still observed stand under the axis.

    >>> plot_outcome_curves(pd.DataFrame({"group": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.outcome.topic", lang)
    if curves.empty:
        return blank(topic, lang)
    chosen = curves["group"].iloc[0] if group is None else group
    table = curves[curves["group"] == chosen].reset_index(drop=True)
    if len(table) < 2:
        return blank(topic, lang)
    last = table.iloc[-1]
    sure = table[table["at_risk"] >= _FEW].iloc[-1] if (table["at_risk"] >= _FEW).any() else last
    said = {
        "day": number(sure["days"], lang),
        "n": number(table["at_risk"].iloc[0], lang),
        "naive": percent(sure["naive_won"], lang, 0),
        "both": percent(last["naive_won"] + last["naive_lost"], lang, 0),
    }
    said |= {k: percent(sure[k], lang, 0) for k in ("won", "lost", "open")}
    fig, ax = theme.figure(
        (10.0, 6.0), title=t("chart.outcome.title", lang, **said),
        alt=t("chart.outcome.alt", lang, **said),
    )  # fmt: skip
    _areas(ax, table, lang)
    _end_labels(ax, sure, float(last["days"]), lang)
    _few_from(ax, table, lang)
    _days_axis(ax, table["days"].to_numpy(float), table["at_risk"].to_numpy(float), lang)
    ax.set_ylim(0, 1)
    ax.set_ylabel(t("chart.outcome.y", lang))
    theme.percent_axis(ax, "y", lang)
    theme.value_grid(ax, "none")
    fig.legend(loc="outside lower left", ncols=4)
    theme.note(fig, t("chart.outcome.reading", lang, **said))
    source_note(fig, lang, n=table["at_risk"].iloc[0], variant=["competing_risks"],
                origin=["field:Aalen & Johansen 1978"])  # fmt: skip
    return fig


def _areas(ax: Axes, table: pd.DataFrame, lang: str) -> None:
    days = table["days"].to_numpy(float)
    won, lost = table["won"].to_numpy(float), table["lost"].to_numpy(float)
    edges = {"won": (0 * won, won), "open": (won, 1 - lost), "lost": (1 - lost, 0 * won + 1)}
    for key, (low, high) in edges.items():
        ax.fill_between(days, low, high, step="post", lw=0, **_AREAS[key])
    ax.plot(days, table["naive_won"], color=BAD, ls=(0, (5, 2)), lw=2, drawstyle="steps-post",
            label=t("chart.outcome.naive", lang))  # fmt: skip
    ax.plot(days, 1 - table["naive_lost"], color=BAD, ls=(0, (1, 1.5)), lw=2,
            drawstyle="steps-post", label=t("chart.outcome.naive_lost", lang))  # fmt: skip


def _end_labels(ax: Axes, row: pd.Series, last: float, lang: str) -> None:
    """The three shares with their intervals, beside the right end of the areas."""
    middles = (row["won"] / 2, row["won"] + row["open"] / 2, 1 - row["lost"] / 2)
    places = spread(middles, 0.12, 0.05, 0.95)
    for key, y in zip(("won", "open", "lost"), places, strict=True):
        range_ = interval(row[f"{key}_low"], row[f"{key}_high"], lang, 0, share=True)
        words = t("chart.outcome.end", lang, what=t(f"chart.outcome.{key}", lang),
                  share=percent(row[key], lang, 0), range=range_)  # fmt: skip
        ax.text(1.015, y, words, transform=ax.transAxes, va="center", color=INK)
    if row["days"] < last:
        ax.axvline(row["days"], color=INK, lw=1.2)


def _few_from(ax: Axes, table: pd.DataFrame, lang: str) -> None:
    """Where so few deals are left that the curve says little."""
    few = table[table["at_risk"] < _FEW]
    last = float(table["days"].iloc[-1])
    if few.empty or last - few["days"].iloc[0] < 0.04 * last:
        return
    start = float(few["days"].iloc[0])
    ax.axvspan(start, last, color=PAPER, alpha=0.55, lw=0)
    ax.annotate(t("chart.outcome.few", lang, few=_FEW), (last, 0.5), ha="right", va="center",
                xytext=(-4, 0), textcoords="offset points", fontsize=11, color=INK,
                bbox=BACKING)  # fmt: skip


def _days_axis(ax: Axes, days: np.ndarray, at_risk: np.ndarray, lang: str) -> None:
    """Days on the axis, and under each tick how many deals were still observed."""
    last = float(days[-1])
    ax.set_xlim(0, last)
    locator = MaxNLocator(nbins=8, integer=True, steps=[1, 2, 3, 5, 6, 10])
    ticks = np.asarray(locator.tick_values(0, last))
    ticks = ticks[(ticks >= 0) & (ticks <= last)]
    at = np.searchsorted(days, ticks, side="left")
    left = np.where(at < len(days), at_risk[np.minimum(at, len(days) - 1)], 0)
    names = [f"{number(x, lang)}\n{number(n, lang)}" for x, n in zip(ticks, left, strict=True)]
    ax.set_xticks(ticks, names)
    ax.set_xlabel(t("chart.outcome.x", lang))


def plot_cycle_time(
    curves: pd.DataFrame,
    *,
    lang: str,
    groups: pd.DataFrame,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Share of deals not yet decided by days since creation, with the median and its interval.

    Needs columns: those of ``CycleTime.curves``; ``groups`` is ``CycleTime.groups``. With one
    group the mean of closed deals stands beside it, marked as too short; of several groups the
    first six are drawn.

    >>> empty = pd.DataFrame({"group": []})
    >>> plot_cycle_time(empty, lang="en", groups=empty).alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.cycle.topic", lang)
    if curves.empty or groups.empty or not (groups["won"] + groups["lost"]).sum():
        return blank(topic, lang)
    shown = groups.head(_MOST_GROUPS)
    one = shown.iloc[0]
    said = {
        "median": number(one["median"], lang),
        "range": interval(one["low"], one["high"], lang, 0),
        "mean": number(one["closed_mean"], lang),
        "gap": number(one["mean_to_horizon"] - one["closed_mean"], lang),
        "groups": number(len(shown), lang),
        "all": number(len(groups), lang),
    }
    key = "title_groups" if len(shown) > 1 else "title"
    if len(shown) == 1 and one["median"] != one["median"]:
        key = "title_none"
    elif len(shown) == 1 and not one["closed_mean"] < one["mean_to_horizon"]:
        key = "title_plain"
    many = len(shown) > 1
    fig, axes = theme.figure(
        (10.0, 5.4 + (0.42 * len(shown) if many else 0)), rows=2 if many else 1, squeeze=False,
        sharex=True, height_ratios=[4, 0.5 + 0.42 * len(shown)] if many else [1],
        title=t(f"chart.cycle.{key}", lang, **said),
        alt=t(f"chart.cycle.{key.replace('title', 'alt')}", lang, **said),
    )  # fmt: skip
    ax, last = axes[0][0], axes[-1][0]
    for i, row in enumerate(shown.to_dict("records")):
        _curve(ax, curves[curves["group"] == row["group"]], i, len(shown))
    if many:
        _medians(last, shown, names, lang)
        last.set_xlim(0, float(curves["days"].max()))
        last.set_xlabel(t("chart.cycle.x", lang))
    else:
        _median(ax, one, lang)
        _means(ax, one, lang)
        first = curves[curves["group"] == one["group"]]
        _days_axis(ax, first["days"].to_numpy(float), first["at_risk"].to_numpy(float), lang)
    ax.axhline(0.5, color=RULE, lw=1)
    ax.set_ylim(0, 1.02)
    ax.set_ylabel(t("chart.cycle.y", lang))
    theme.percent_axis(ax, "y", lang)
    theme.note(fig, t(f"chart.cycle.{'reading_groups' if many else 'reading'}", lang))
    if len(shown) < len(groups):
        theme.note(fig, t("chart.cycle.shown", lang, **said))
    source_note(fig, lang, n=groups["deals"].sum(), variant=constant(groups, "variant"),
                origin=constant(groups, "origin"))  # fmt: skip
    return fig


def _curve(ax: Axes, curve: pd.DataFrame, i: int, groups: int) -> None:
    """Share not yet decided; the band only where few curves lie over each other."""
    look: Any = theme.style(i)
    days = curve["days"].to_numpy(float)
    if groups < 3:
        ax.fill_between(days, curve["low"], curve["high"], step="post", color=look["color"],
                        alpha=0.2, lw=0)  # fmt: skip
    ax.plot(days, curve["survival"], color=look["color"], ls=look["linestyle"], lw=2.2,
            drawstyle="steps-post", marker=look["marker"] if groups > 1 else "", ms=8,
            markevery=(0.05 + 0.02 * i, 0.2))  # fmt: skip


def _median(ax: Axes, row: pd.Series, lang: str) -> None:
    said = {
        "median": number(row["median"], lang), "n": number(row["deals"], lang),
        "range": interval(row["low"], row["high"], lang, 0),
        "decided": number(row["won"] + row["lost"], lang),
    }  # fmt: skip
    known = row["median"] == row["median"]
    words = t(f"chart.cycle.{'one' if known else 'one_none'}", lang, **said)
    ax.text(0.99, 0.97, words, transform=ax.transAxes, ha="right", va="top")
    if known:
        high = row["high"] if row["high"] == row["high"] else ax.dataLim.x1
        ax.plot([row["low"], high], [0.5, 0.5], color=SERIES[0], lw=4, alpha=0.6, zorder=4)
        ax.plot([row["median"]], [0.5], marker="D", ms=10, color=SERIES[0], zorder=5)


def _medians(ax: Axes, shown: pd.DataFrame, names: Mapping[str, str] | None, lang: str) -> None:
    """A row a group: its median with interval, in the sign of its curve."""
    right = 0.0
    for i, row in enumerate(shown.to_dict("records")):
        look: Any = theme.style(i)
        known = row["median"] == row["median"]
        if known:
            open_ended = row["high"] != row["high"]
            high = row["horizon"] if open_ended else row["high"]
            ax.plot([row["low"], high], [i, i], color=look["color"], lw=4, alpha=0.5)
            ax.plot([row["median"]], [i], marker=look["marker"], ms=10, color=look["color"])
            right = high
        said = {"median": number(row["median"], lang), "n": number(row["deals"], lang),
                "range": interval(row["low"], row["high"], lang, 0)}  # fmt: skip
        words = t(f"chart.cycle.{'group' if known else 'group_none'}", lang, **said)
        ax.annotate(words, (right if known else 0, i), xytext=(10, 0), va="center", fontsize=11,
                    textcoords="offset points")  # fmt: skip
    ax.set_yticks(range(len(shown)), [shown_name(g, names) for g in shown["group"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_title(t("chart.cycle.medians", lang), fontsize=12)
    theme.value_grid(ax, "x")


def _means(ax: Axes, row: pd.Series, lang: str) -> None:
    """The mean that is usually reported, and the one that counts open deals too."""
    for key, column, color, y in (
        ("biased", "closed_mean", BAD, 0.66), ("mean", "mean_to_horizon", INK, 0.58),
    ):  # fmt: skip
        x = row[column]
        if x != x:
            continue
        ax.axvline(x, color=color, lw=1.6, ls=(0, (6, 3)) if key == "biased" else (0, (1, 2)))
        words = t(f"chart.cycle.{key}", lang, days=number(x, lang))
        end = max(row["closed_mean"], row["mean_to_horizon"])
        ax.annotate(words, (end, y), xytext=(8, 0), textcoords="offset points", color=color,
                    va="center", bbox=BACKING)  # fmt: skip
