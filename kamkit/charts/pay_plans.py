"""What pay plans pay along attainment, and what they cost over many possible periods."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name
from kamkit.charts.rows import column_words, least_most, name_rows
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import money, number, percent, t

_KINKS = {"threshold": ("v", BAD), "target": ("o", INK), "cap": ("s", MUTED)}
_SHARES = ("pay_luck_share", "pay_territory_share", "pay_person_share")
_LOOKS = ((BAD, "//"), (SERIES[1], ".."), (SERIES[0], ""))


def plot_payout(
    points: pd.DataFrame,
    *,
    lang: str,
    kinks: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 8,
) -> Figure:
    """Share of the target pay along attainment for each plan and KPI, with jumps and bends.

    Needs columns: those of ``PayoutCurve.points``; ``kinks`` is its other table, ``members`` is
    ``Payout.parts`` (attainment, factor), drawn as ticks at the foot. At most ``limit`` curves.

    >>> plot_payout(pd.DataFrame({"factor": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if points.empty:
        return blank(t("chart.payout.topic", lang), lang)
    groups = list(points.groupby(["plan_id", "kpi"], sort=True))
    several = points["plan_id"].nunique() > 1
    columns = ["jump", "factor", "factor_below", "attainment"]
    jumps = pd.DataFrame(columns=columns) if kinks is None else kinks[kinks["jump"].abs() > 0]
    height = jumps["factor"] - jumps["factor_below"]
    where = jumps.loc[height == height.max(), "attainment"]
    said = {
        "n": number(len(groups), lang), "jumps": number(len(jumps), lang),
        "plans": number(points["plan_id"].nunique(), lang),
        "most": percent(points["factor"].max(), lang, 0),
        "jump": percent(height.max() if len(jumps) else 0.0, lang, 0),
        "at": percent(where.iloc[0] if len(where) else 0.0, lang, 0),
    }  # fmt: skip
    key = "title" if len(jumps) else "title_smooth"
    fig, ax = theme.figure("wide", title=t(f"chart.payout.{key}", lang, **said),
                           alt=t("chart.payout.alt", lang, **said))  # fmt: skip
    for i, ((plan, kpi), part) in enumerate(groups[:limit]):
        words = key_name("kpi", kpi, lang)
        if several:
            words = t("chart.payout.plan", lang, plan=shown_name(plan, names, 16), kpi=words)
        look = theme.style(i)
        ax.plot(part["attainment"], part["factor"], color=look["color"], ls=look["linestyle"],
                lw=2.2, label=words, zorder=3)  # fmt: skip
    ax.plot([0, 1], [0, 1], color=RULE, lw=1, ls=(0, (2, 2)), zorder=1,
            label=t("chart.payout.even", lang))  # fmt: skip
    if kinks is not None:
        _kinks(ax, kinks, lang)
    if members is not None and len(members):
        _members(ax, members, lang)
    ax.set_xlim(0, float(points["attainment"].max()))
    ax.set_ylim(0, float(points["factor"].max()) * 1.08 or 1)
    ax.set_xlabel(t("chart.payout.x", lang))
    ax.set_ylabel(t("chart.payout.y", lang))
    theme.percent_axis(ax, "x", lang)
    theme.percent_axis(ax, "y", lang)
    theme.value_grid(ax, "both")
    legend_below(fig, [ax], [], 4)
    return close(fig, lang, points, len(groups), t("chart.payout.reading", lang),
                 variant=["plan_rule"], origin=["S211", "house"])  # fmt: skip


def _kinks(ax: Axes, kinks: pd.DataFrame, lang: str) -> None:
    for key, (marker, color) in _KINKS.items():
        part = kinks[(kinks["kind"] == key) & np.isfinite(kinks["attainment"])]
        if len(part):
            ax.plot(part["attainment"], part["factor"], ls="none", marker=marker, ms=8, mfc=PAPER,
                    mec=color, mew=1.7, zorder=4, label=t(f"chart.payout.{key}", lang))  # fmt: skip
    jumps = kinks[kinks["jump"].abs() > 0]
    ax.vlines(jumps["attainment"], jumps["factor_below"], jumps["factor"], color=BAD, lw=3,
              alpha=0.4, zorder=2)  # fmt: skip


def _members(ax: Axes, members: pd.DataFrame, lang: str) -> None:
    known = members.dropna(subset=["attainment"])
    ax.plot(known["attainment"], np.zeros(len(known)), ls="none", marker="|", ms=14, mec=INK,
            mew=1.3, alpha=0.6, clip_on=False, zorder=4,
            label=t("chart.payout.members", lang, n=number(len(known), lang)))  # fmt: skip


def plot_pay_simulation(
    plans: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Team cost of each plan over many periods beside its budget, and how much of pay is luck.

    Needs columns: those of ``PaySimulation.plans`` (a measure table with plan_id). Left: mean
    cost with the range of 80 % of the periods; right: what pay differences come from.

    >>> plot_pay_simulation(pd.DataFrame({"measure": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    cost = plans[plans["measure"] == "pay_cost"] if len(plans) else plans
    if cost.empty:
        return blank(t("chart.pay_simulation.topic", lang), lang)
    cost = cost.sort_values(["value", "plan_id"], kind="stable").reset_index(drop=True)
    wide = plans.pivot_table(index="plan_id", columns="measure", values="value")
    wide = wide.reindex(cost["plan_id"]).reset_index()
    shares = _luck(wide)
    worst = int(wide["pay_over_budget"].fillna(0).to_numpy().argmax())
    said = {
        "n": number(len(cost), lang), "luck": percent(shares["pay_luck_share"].max(), lang, 0),
        "name": shown_name(cost["plan_id"][worst], names),
        "over": percent(wide["pay_over_budget"].iloc[worst], lang, 0),
        "low": money(cost["low"].min(), currency, lang),
        "high": money(cost["high"].max(), currency, lang),
    }  # fmt: skip
    fig, axes = theme.figure(
        (10.0, 3.1 + 0.5 * max(len(cost), 2)), cols=2, sharey=True,
        title=t("chart.pay_simulation.title", lang, **said),
        alt=t("chart.pay_simulation.alt", lang, **said), gridspec_kw={"width_ratios": [3, 2]},
    )  # fmt: skip
    _costs(axes[0], cost, wide, currency, lang)
    _sources(axes[1], shares, lang)
    name_rows(axes[0], [shown_name(p, names, 16) for p in cost["plan_id"]])
    at = list(range(len(cost)))
    chance = [percent(v, lang, 0) for v in wide["pay_over_budget"]]
    column_words(axes[1], at, chance, 10, t("chart.pay_simulation.head_over", lang))
    theme.value_grid(axes[1], "none")
    legend_below(fig, list(axes), [], 3)
    return close(fig, lang, cost, cost["n"].max(), t("chart.pay_simulation.reading", lang))


def _luck(wide: pd.DataFrame) -> pd.DataFrame:
    """What pay differences come from; a share estimated below 0 is none."""
    shares = pd.DataFrame({c: wide.get(c, np.nan) for c in _SHARES}, index=wide.index)
    return shares.fillna(0.0).clip(0, 1)


def _costs(ax: Axes, cost: pd.DataFrame, wide: pd.DataFrame, currency: str, lang: str) -> None:
    at = np.arange(len(cost))
    ax.hlines(at, cost["low"], cost["high"], color=SERIES[0], lw=8, alpha=0.4, zorder=2,
              label=t("chart.pay_simulation.range", lang))  # fmt: skip
    ax.plot(cost["value"], at, ls="none", marker="o", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.pay_simulation.mean", lang))  # fmt: skip
    ax.plot(wide["pay_budget"], at, ls="none", marker="|", ms=20, mew=2.4, mec=SERIES[1], zorder=3,
            label=t("chart.pay_simulation.budget", lang))  # fmt: skip
    low, high = least_most(cost.assign(budget=wide["pay_budget"]), ("low", "high", "budget"))
    room = 0.08 * ((high - low) or 1)
    ax.set_xlim(max(low - room, 0), high + room)
    ax.set_xlabel(t("chart.pay_simulation.x", lang))
    theme.money_axis(ax, "x", currency, lang)


def _sources(ax: Axes, shares: pd.DataFrame, lang: str) -> None:
    at, left = np.arange(len(shares)), np.zeros(len(shares))
    # Each share is estimated by itself; together they may pass 1 by what simulation errs.
    whole = np.maximum(shares.sum(axis=1).to_numpy(float), 1.0)
    for key, (color, hatch) in zip(_SHARES, _LOOKS, strict=True):
        share = shares[key].to_numpy(float)
        width = share / whole
        ax.barh(at, width, 0.5, left=left, color=color, edgecolor=PAPER, hatch=hatch,
                hatchcolor="#FFFFFF99", label=t(f"chart.pay_simulation.{key}", lang))  # fmt: skip
        for y in np.flatnonzero(width >= 0.14).tolist():
            ax.text(left[y] + width[y] / 2, y, percent(share[y], lang, 0), ha="center",
                    va="center", fontsize=10.5, bbox={**theme.BACKING, "alpha": 0.85})  # fmt: skip
        left = left + width
    ax.set_xlim(0, 1)
    ax.set_xticks([0.25, 0.5, 0.75])
    ax.set_xlabel(t("chart.pay_simulation.x_share", lang))
    theme.percent_axis(ax, "x", lang)
    ax.tick_params(labelleft=False)
