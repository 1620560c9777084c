"""Pictures behind an account's profit: cost to serve, shared cost, premium income."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import label, money, number, percent, t

_DRIVERS = 6


def plot_cost_to_serve(
    drivers: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 14,
) -> Figure:
    """Cost to serve by driver, the accounts that cost most beyond their share of sales first.

    Needs columns: those of ``CostToServe.drivers``. The diamond marks what the account would
    cost if every driver followed sales.

    >>> plot_cost_to_serve(pd.DataFrame({"account_id": [], "cost": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = drivers[drivers["cost"].notna()]
    if known.empty:
        return blank(t("chart.served.topic", lang), lang)
    sums = known.groupby("account_id")[["cost", "expected"]].sum(min_count=1)
    sums["excess"] = sums["cost"] - sums["expected"]
    shown = sums.sort_values(["excess", "cost"], ascending=False, kind="stable").head(limit)
    said = _served_words(known, sums, shown, names, currency, lang)
    fig, ax = theme.figure(
        (10.0, max(4.6, 2.8 + 0.34 * len(shown))), title=t("chart.served.title", lang, **said),
        alt=t("chart.served.alt", lang, **said),
    )  # fmt: skip
    _driver_bars(ax, known, shown.index.tolist(), lang)
    ax.plot(shown["expected"], np.arange(len(shown)), ls="none", marker="D", ms=8, mfc=PAPER,
            mec=INK, mew=1.6, zorder=5, label=t("chart.served.expected", lang))  # fmt: skip
    right = float(np.nanmax([shown["cost"].max(), shown["expected"].max()]))
    for y, row in enumerate(shown.to_dict("records")):
        text = money(row["excess"], currency, lang)
        ax.annotate(f"+{text}" if row["excess"] > 0 else text, (right, y), xytext=(14, 0),
                    textcoords="offset points", va="center", color=INK)  # fmt: skip
    _account_axis(ax, shown.index.tolist(), names)
    ax.annotate(t("chart.served.excess", lang), (right, -0.85), xytext=(14, 0), va="center",
                textcoords="offset points", color=MUTED)  # fmt: skip
    ax.set_ylim(len(shown) - 0.4, -1.3)
    ax.set_xlim(0, right * 1.24)
    ax.set_xlabel(t("chart.served.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    fig.legend(loc="outside lower left", ncols=4)
    theme.note(fig, t("chart.served.reading", lang, **said))
    source_note(fig, lang, n=len(sums), variant=["driver_rates"],
                origin=["field:Cooper & Kaplan 1991; house"])  # fmt: skip
    return fig


def _served_words(
    known: pd.DataFrame, sums: pd.DataFrame, shown: pd.DataFrame,
    names: Mapping[str, str] | None, currency: str, lang: str,
) -> dict[str, str]:  # fmt: skip
    first = shown.index[0]
    own = known[known["account_id"] == first].sort_values("excess", ascending=False)
    driver = str(own["driver"].iloc[0])
    return {
        "name": shown_name(first, names),
        "excess": money(shown["excess"].iloc[0], currency, lang),
        "driver": label(f"driver.{driver}", lang, theme.data_text(driver)),
        "total": money(sums["cost"].sum(), currency, lang),
        "shown": number(len(shown), lang),
        "all": number(len(sums), lang),
    }


def _driver_bars(ax: Axes, known: pd.DataFrame, accounts: Sequence[object], lang: str) -> None:
    wide = known.pivot_table(index="account_id", columns="driver", values="cost", aggfunc="sum")
    wide = wide.reindex(list(accounts)).fillna(0.0)
    order = wide.sum().sort_values(ascending=False, kind="stable").index.tolist()
    base = np.zeros(len(wide))
    rest = order[_DRIVERS:]
    for i, driver in enumerate(order[:_DRIVERS]):
        fill: dict[str, Any] = theme.fill_style(i)
        words = label(f"driver.{driver}", lang, theme.data_text(driver))
        ax.barh(np.arange(len(wide)), wide[driver], 0.66, left=base, label=words, **fill)
        base += wide[driver].to_numpy(float)
    if rest:
        other: dict[str, Any] = theme.fill_style(_DRIVERS + 1)
        words = t("chart.served.rest", lang, n=number(len(rest), lang))
        sums = wide[rest].sum(axis=1)
        ax.barh(np.arange(len(wide)), sums, 0.66, left=base, label=words, **other)


def _account_axis(ax: Axes, accounts: Sequence[object], names: Mapping[str, str] | None) -> None:
    ax.set_yticks(range(len(accounts)), [shown_name(a, names) for a in accounts])
    theme.value_grid(ax, "x")


def plot_allocation(
    amounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 16,
) -> Figure:
    """Net income of an account under every rule of sharing out indirect cost.

    Needs columns: those of ``Allocation.amounts``. Accounts whose sign depends on the rule come
    first, then those whose result moves most.

    >>> plot_allocation(pd.DataFrame({"account_id": [], "net_income": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = amounts[amounts["net_income"].notna()]
    if known.empty:
        return blank(t("chart.allocation.topic", lang), lang)
    ends = known.groupby("account_id")["net_income"].agg(["min", "max", "count"])
    ends["turns"] = (ends["min"] < 0) & (ends["max"] >= 0)
    ends["width"] = ends["max"] - ends["min"]
    shown = ends.sort_values(["turns", "width"], ascending=False, kind="stable").head(limit)
    widest = ends["width"].idxmax()
    said = {
        "depends": number(ends["turns"].sum(), lang),
        "all": number(len(ends), lang),
        "shown": number(len(shown), lang),
        "name": shown_name(widest, names),
        "width": money(ends["width"].max(), currency, lang),
    }
    rules = constant(known, "rule")
    key = "title" if len(rules) > 1 else "title_one"
    fig, ax = theme.figure(
        (10.0, max(4.6, 2.8 + 0.34 * len(shown))), title=t(f"chart.allocation.{key}", lang, **said),
        alt=t("chart.allocation.alt", lang, **said),
    )  # fmt: skip
    ax.axvline(0, color=BAD, lw=1.1, zorder=1)
    ax.hlines(np.arange(len(shown)), shown["min"], shown["max"], color=GRID, lw=5, zorder=2)
    for i, rule in enumerate(rules):
        own = known[known["rule"] == rule].set_index("account_id")["net_income"]
        signs = theme.style(i)
        ax.plot(own.reindex(shown.index), np.arange(len(shown)), ls="none", ms=8, zorder=4,
                marker=signs["marker"], color=signs["color"],
                label=label(f"rule.{rule}", lang, rule))  # fmt: skip
    _account_axis(ax, shown.index.tolist(), names)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    turns = int(shown["turns"].sum())
    if 0 < turns < len(shown):
        ax.axhline(turns - 0.5, color=MUTED, lw=1.2, ls=(0, (4, 3)))
    ax.set_xlabel(t("chart.allocation.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    fig.legend(loc="outside lower left", ncols=5)
    theme.note(fig, t("chart.allocation.reading", lang, **said))
    source_note(fig, lang, n=len(ends), variant=[f"by_{rule}" for rule in rules],
                origin=["S077; field:Horngren; house"])  # fmt: skip
    return fig


def plot_premium_income(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 16,
) -> Figure:
    """What accounts earn above and below the average margin, in money; both ends of the list.

    Needs columns: those of ``premium_income``. Hollow bars change their sign with the kind of
    average.

    >>> plot_premium_income(pd.DataFrame({"premium_money": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = accounts[accounts["premium_money"].notna()]
    known = known.sort_values("premium_money", ascending=False, kind="stable")
    if known.empty:
        return blank(t("chart.premium.topic", lang), lang)
    half = max(limit // 2, 1)
    shown = known if len(known) <= limit else pd.concat([known.head(half), known.tail(half)])
    shown = shown.reset_index(drop=True)
    said = _premium_words(known, shown, currency, lang)
    fig, ax = theme.figure(
        (10.0, max(4.6, 2.6 + 0.32 * len(shown))), title=t("chart.premium.title", lang, **said),
        alt=t("chart.premium.alt", lang, **said),
    )  # fmt: skip
    for turns in (False, True):
        for above, color in ((True, SERIES[0]), (False, BAD)):
            part = shown[(shown["sign_depends"] == turns) & ((shown["premium"] >= 0) == above)]
            ax.barh(part.index, part["premium_money"], 0.62, edgecolor=color, linewidth=1.6,
                    facecolor=PAPER if turns else color)  # fmt: skip
    for y, row in enumerate(shown.to_dict("records")):
        right = row["premium_money"] >= 0
        ax.annotate(percent(row["margin"], lang), (row["premium_money"], y), va="center",
                    xytext=(6 if right else -6, 0), textcoords="offset points",
                    ha="left" if right else "right", color=INK)  # fmt: skip
    ax.axvline(0, color=INK, lw=1.1)
    _account_axis(ax, shown["account_id"].tolist(), names)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    if len(known) > len(shown):
        ax.axhline(half - 0.5, color=MUTED, lw=1.2, ls=(0, (4, 3)))
    low, high = float(shown["premium_money"].min()), float(shown["premium_money"].max())
    room = 0.16 * max(high - low, 1e-9)
    ax.set_xlim(min(low, 0.0) - room, max(high, 0.0) + room)
    ax.set_xlabel(t("chart.premium.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    theme.note(fig, t("chart.premium.reading", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _premium_words(
    known: pd.DataFrame, shown: pd.DataFrame, currency: str, lang: str
) -> dict[str, str]:
    over, under = known[known["premium_money"] > 0], known[known["premium_money"] < 0]
    return {
        "average": percent(known["average_margin"].iloc[0], lang),
        "above": number(len(over), lang),
        "below": number(len(under), lang),
        "plus": money(over["premium_money"].sum(), currency, lang),
        "minus": money(-under["premium_money"].sum(), currency, lang),
        "turns": number(known["sign_depends"].sum(), lang),
        "shown": number(len(shown), lang),
        "all": number(len(known), lang),
    }
