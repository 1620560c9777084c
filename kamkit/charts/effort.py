"""Pictures of effort: who gets our hours, and what investment in an account brings back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.sources import blank, shown_name, source_note
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import label, number, percent, t

_TIER_FILL = (0, 4, 7, 1, 3)


def plot_priority(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 22,
) -> Figure:
    """Hours for each account in order of priority, hours spent beside them, and the cut line.

    Needs columns: those of ``Priority.accounts``. Bars are hours to give, diamonds hours spent;
    the text says how often the account lands in the first tier.

    >>> plot_priority(pd.DataFrame({"account_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if accounts.empty:
        return blank(t("chart.priority.topic", lang), lang)
    shown = accounts.head(limit).reset_index(drop=True)
    tiers = list(dict.fromkeys(accounts["tier"]))
    said = _priority_words(accounts, shown, tiers[0], lang)
    key = "title_spent" if accounts["hours_spent"].notna().any() else "title"
    fig, ax = theme.figure(
        (10.0, max(4.8, 2.6 + 0.33 * len(shown))), title=t(f"chart.priority.{key}", lang, **said),
        alt=t("chart.priority.alt", lang, **said),
    )  # fmt: skip
    _priority_bars(ax, shown, tiers, lang)
    right = float(np.nanmax([shown["hours"].max(), shown["hours_spent"].max(), 1.0]))
    _priority_texts(ax, shown, right, lang)
    inside = int((shown["tier"] == tiers[0]).sum())
    if 0 < inside < len(shown):
        ax.axhline(inside - 0.5, color=BAD, lw=1.5, ls=(0, (6, 3)))
        words = t("chart.priority.cut", lang, **said)
        ax.annotate(words, (right * 1.02, inside - 0.5), va="center", ha="right", color=BAD,
                    bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2})  # fmt: skip
    texts = [f"{row['rank']}  {shown_name(row['account_id'], names)}"
             for row in shown.to_dict("records")]  # fmt: skip
    ax.set_yticks(range(len(shown)), [text.replace("<NA>", "–") for text in texts])
    ax.set_ylim(len(shown) - 0.4, -1.2)
    ticks = np.asarray(MaxNLocator(6).tick_values(0, right))
    ax.set_xticks(ticks[(ticks >= 0) & (ticks <= right)])
    ax.set_xlim(0, right * 1.42)
    ax.set_xlabel(t("chart.priority.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=5)
    theme.note(fig, t("chart.priority.reading", lang, **said))
    variants = ["largest_remainder", "weights_and_scores_drawn"]
    origin = ["S084; S064; X25; house"]
    source_note(fig, lang, n=len(accounts), variant=variants, origin=origin)
    return fig


def _priority_words(
    accounts: pd.DataFrame, shown: pd.DataFrame, tier: str, lang: str
) -> dict[str, str]:
    first = accounts[accounts["tier"] == tier]
    served = accounts["served"].value_counts()
    return {
        "hours": number(accounts["hours"].sum(), lang),
        "tier": tier,
        "count": number(len(first), lang),
        "share": percent(first["hours"].sum() / max(accounts["hours"].sum(), 1), lang, 0),
        "contested": number((~accounts["separable"]).sum(), lang),
        "over": number(served.get("over", 0), lang),
        "under": number(served.get("under", 0), lang),
        "shown": number(len(shown), lang),
        "all": number(len(accounts), lang),
    }


def _priority_bars(ax: Axes, shown: pd.DataFrame, tiers: list[str], lang: str) -> None:
    for i, tier in enumerate(tiers):
        part = shown[shown["tier"] == tier]
        if part.empty:
            continue
        fill: dict[str, Any] = theme.fill_style(_TIER_FILL[i % len(_TIER_FILL)])
        word = label("word.unknown", lang) if tier == "unknown" else tier
        ax.barh(part.index, part["hours"], 0.62, **fill,
                label=t("chart.priority.tier", lang, tier=word))  # fmt: skip
    spent = shown[shown["hours_spent"].notna()]
    if len(spent):
        ax.plot(spent["hours_spent"], spent.index, ls="none", marker="D", ms=8, mfc=PAPER,
                mec=INK, mew=1.6, zorder=5, label=t("chart.priority.spent", lang))  # fmt: skip


def _priority_texts(ax: Axes, shown: pd.DataFrame, right: float, lang: str) -> None:
    for y, row in enumerate(shown.to_dict("records")):
        chance = percent(row["p_first_tier"], lang, 0)
        served = row["served"] if row["served"] in ("over", "under") else "none"
        text = t(f"chart.priority.mark_{served}", lang, hours=number(row["hours"], lang),
                 chance=chance)  # fmt: skip
        ax.annotate(text, (right, y), xytext=(16, 0), textcoords="offset points", va="center",
                    color=INK, annotation_clip=False,
                    weight="normal" if row["separable"] else "bold")  # fmt: skip
    ax.annotate(t("chart.priority.head", lang), (right, -0.8), xytext=(16, 0), va="center",
                textcoords="offset points", color=MUTED, annotation_clip=False)  # fmt: skip


def plot_returns(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 14,
) -> Figure:
    """Net present value of investment, ours and the customer's, with ranges and payback.

    Needs columns: those of ``CustomerReturns.accounts``. Accounts with the largest value for us
    come first; a side without figures says so instead of showing nil.

    >>> plot_returns(pd.DataFrame({"account_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if accounts.empty:
        return blank(t("chart.returns.topic", lang), lang)
    wide = {s: accounts[accounts["side"] == s].set_index("account_id") for s in ("us", "customer")}
    ids = wide["us"]["npv"].reindex(accounts["account_id"].unique())
    order = ids.sort_values(ascending=False, kind="stable", na_position="last").index[:limit]
    said = _returns_words(wide, accounts, len(order), lang)
    fig, axes = theme.figure(
        (10.0, max(4.4, 2.4 + 0.42 * len(order))), cols=2, sharey=True,
        title=t("chart.returns.title", lang, **said), alt=t("chart.returns.alt", lang, **said),
    )  # fmt: skip
    for ax, side in zip(axes, ("us", "customer"), strict=True):
        _return_side(ax, wide[side].reindex(order), side, currency, lang)
    axes[0].set_yticks(range(len(order)), [shown_name(a, names) for a in order])
    axes[0].set_ylim(len(order) - 0.4, -0.7)
    theme.note(fig, t("chart.returns.reading", lang, **said))
    source_note(fig, lang, n=accounts["account_id"].nunique(), variant=["benefit_error_band"],
                origin=["S087; S151; house"])  # fmt: skip
    return fig


def _returns_words(
    wide: Mapping[str, pd.DataFrame], accounts: pd.DataFrame, shown: int, lang: str
) -> dict[str, str]:
    gains = {side: table.index[table["npv"] >= 0] for side, table in wide.items()}
    both = gains["us"].intersection(gains["customer"])
    return {
        "both": number(len(both), lang),
        "us": number(len(gains["us"]), lang),
        "all": number(accounts["account_id"].nunique(), lang),
        "shown": number(shown, lang),
        "rate": percent(accounts["rate"].iloc[0], lang, 0),
        "error": percent(accounts["benefit_error"].iloc[0], lang, 0),
        "unknown": number(accounts["npv"].isna().sum(), lang),
    }


def _return_side(ax: Axes, rows: pd.DataFrame, side: str, currency: str, lang: str) -> None:
    ax.axvline(0, color=INK, lw=1)
    ax.set_title(t(f"chart.returns.{side}", lang))
    values = rows[["npv_low", "npv_high"]].to_numpy(float)
    known = values[~np.isnan(values)]
    span = float(known.max() - known.min()) if known.size else 1.0
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ax.set_xlim(min(0.0, low) - 0.08 * span, max(0.0, high) + 0.5 * span)
    for y, row in enumerate(rows.to_dict("records")):
        if row["npv"] != row["npv"]:
            status = str(row["status"]) if row["status"] == row["status"] else "absent"
            ax.annotate(t(f"chart.returns.{status}", lang), (0, y), xytext=(8, 0), va="center",
                        textcoords="offset points", color=MUTED)  # fmt: skip
            continue
        loss = row["npv"] < 0
        color = BAD if loss else SERIES[0]
        ax.plot([row["npv_low"], row["npv_high"]], [y, y], color=color, lw=2.2)
        ax.plot([row["npv"]], [y], marker="X" if loss else "o", ms=9, color=color, zorder=4)
        paid = row["payback_years"]
        words = t("chart.returns.payback", lang, years=number(paid, lang, 1)) if paid == paid else (
            t("chart.returns.not_paid_back", lang))  # fmt: skip
        ax.annotate(words, (max(row["npv_high"], 0.0), y), xytext=(9, 0), va="center",
                    textcoords="offset points", color=INK)  # fmt: skip
    ax.set_xlabel(t("chart.returns.x", lang))
    theme.value_grid(ax, "x")
    theme.money_axis(ax, "x", currency, lang)
