"""Where goals stand, where they should stand by now, and where their pace leads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, left_out, row_chart
from kamkit.charts.rows import column_words, name_rows
from kamkit.charts.sources import blank
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, SERIES, WARN, Figure
from kamkit.i18n import interval, label, number, percent, t

_STATUS = {"reached": GOOD, "on_pace": GOOD, "open": WARN, "behind": BAD, "missed": BAD,
           "cannot_tell": MUTED}  # fmt: skip
_MOST = 1.6  # share of the target where the axis ends at the latest


def plot_goal_pace(
    goals: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
    limit: int = 30,
) -> Figure:
    """Each goal as a share of its target: reached so far, due by now, and projected.

    Needs columns: those of ``programme_goals``. The bar is what is reached, the upright mark what
    the passed time asks for, the diamond with its line the projection; 100 % is the target.

    >>> plot_goal_pace(pd.DataFrame({"goal": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = goals[goals["target"].abs() > 0] if len(goals) else goals
    if known.empty:
        return blank(t("chart.goal_pace.topic", lang), lang)
    known = known.reset_index(drop=True)
    shown = known.head(limit)
    status = known["status"].astype(str)
    risky = known[status.isin(["behind", "missed"])]
    worst = known.iloc[int(known["chance"].fillna(2).to_numpy().argmin())]
    said = {
        "n": number(len(known), lang), "behind": number(len(risky), lang),
        "good": number(status.isin(["reached", "on_pace"]).sum(), lang),
        "name": _name(worst["goal"], names, lang), "chance": percent(worst["chance"], lang, 0),
        "range": interval(worst["chance_low"], worst["chance_high"], lang, 0, share=True),
    }  # fmt: skip
    told = worst["chance"] == worst["chance"] and worst["chance_low"] == worst["chance_low"]
    fig, ax = row_chart("goal_pace", len(shown), said, lang, key="title" if told else "title_plain",
                        per=0.5)  # fmt: skip
    _rows(ax, shown, lang)
    name_rows(ax, [theme.wrap(_name(g, names, lang), 150, 12) for g in shown["goal"]])
    _beside(ax, shown, lang)
    ax.set_xlabel(t("chart.goal_pace.x", lang))
    theme.percent_axis(ax, "x", lang)
    legend_below(fig, [ax], [], 5)
    return close(fig, lang, known, len(known), t("chart.goal_pace.reading", lang),
                 left_out("goal_pace", shown, known, lang))  # fmt: skip


def _name(goal: object, names: Mapping[str, str] | None, lang: str) -> str:
    if names and str(goal) in names:
        return theme.data_text(names[str(goal)], 40)
    return label(f"goal.{goal}", lang, "") or key_name("kpi", goal, lang, 40)


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    target = shown["target"].to_numpy(float)
    share = {c: shown[c].to_numpy(float) / target
             for c in ("actual", "expected_by_now", "projected", "projected_low",
                       "projected_high")}  # fmt: skip
    ax.barh(at, share["actual"], 0.44, color=SERIES[0], alpha=0.85, zorder=2,
            label=t("chart.goal_pace.actual", lang))  # fmt: skip
    ax.plot(share["expected_by_now"], at, ls="none", marker="|", ms=22, mew=2.4, mec=SERIES[1],
            zorder=4, label=t("chart.goal_pace.expected", lang))  # fmt: skip
    ax.hlines(at, share["projected_low"], share["projected_high"], color=INK, lw=2, zorder=3,
              label=t("chart.goal_pace.interval", lang))  # fmt: skip
    ax.plot(share["projected"], at, ls="none", marker="D", ms=8, mfc=PAPER, mec=INK, mew=1.6,
            zorder=3.5, label=t("chart.goal_pace.projected", lang))  # fmt: skip
    ax.axvline(1, color=INK, lw=1.4, ls=(0, (6, 3)), zorder=1,
               label=t("chart.goal_pace.target", lang))  # fmt: skip
    ends = np.concatenate([share["actual"], share["projected"], share["projected_high"]])
    ends = ends[np.isfinite(ends)]
    ax.set_xlim(0, min(_MOST, max(1.06, float(ends.max()) * 1.04 if len(ends) else 1.06)))


def _beside(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = range(len(shown))
    rows = shown.to_dict("records")
    facts = [t("chart.goal_pace.of", lang, actual=_figure(r["actual"], lang),
               target=_figure(r["target"], lang)) for r in rows]  # fmt: skip
    right = column_words(ax, at, facts, 10, t("chart.goal_pace.head_actual", lang))
    chances = ["–" if r["chance"] != r["chance"] else
               percent(r["chance"], lang, 0) if r["chance_low"] != r["chance_low"] else
               t("chart.goal_pace.chance", lang, chance=percent(r["chance"], lang, 0),
                 range=interval(r["chance_low"], r["chance_high"], lang, 0, share=True))
               for r in rows]  # fmt: skip
    right = column_words(ax, at, chances, right, t("chart.goal_pace.head_chance", lang))
    texts = [t(f"chart.goal_pace.{r['status']}", lang) if r["status"] in _STATUS else "–"
             for r in rows]  # fmt: skip
    column_words(ax, at, texts, right, t("chart.goal_pace.head_status", lang))


def _figure(value: float, lang: str) -> str:
    """A figure of any unit, short: shares as per cent, large sums in 万 or millions."""
    if value != value:
        return "–"
    if 0 < abs(value) < 1.5 and float(value) != round(value):
        return percent(value, lang, 0)
    if abs(value) >= 1e5:
        size, unit = (1e4, "万") if lang == "zh" else (1e6, "m")
        return number(value / size, lang, 0 if lang == "zh" else 2) + unit
    return number(value, lang, 0 if float(value) == round(value) else 1)
