"""Pictures of bids: what a bid is expected to bring, and what an answer is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, SERIES, WARN, Figure
from kamkit.i18n import label, money, number, percent, t

_LOOK = {"bid": (GOOD, "o"), "no_bid": (BAD, "X"), "cannot_tell": (WARN, "D")}


def plot_bid_economics(
    curve: pd.DataFrame,
    *,
    lang: str,
    bids: pd.DataFrame,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 4,
) -> Figure:
    """Expected gain over the chance to win, with the break-even chance and where we stand.

    Needs columns: those of ``BidEconomics.curve``; ``bids`` is ``BidEconomics.bids``, whose
    first ``limit`` rows get a panel each. Left of the break-even chance the ground is hatched.

    >>> empty = pd.DataFrame({"bid_id": [], "status": []})
    >>> plot_bid_economics(pd.DataFrame(), lang="en", bids=empty).alt
    'Nothing to show: the table is empty.'
    """
    known = bids[bids["status"] != "no_figures"] if len(bids) else bids
    if known.empty:
        return blank(t("chart.bid.topic", lang), lang)
    shown = known.head(limit).reset_index(drop=True)
    said = _bid_words(known, shown, names, currency, lang)
    key = "one" if len(known) == 1 else "many"
    cols = min(2, len(shown))
    rows = -(-len(shown) // cols)
    fig, axes = theme.figure(
        (10.0, 1.9 + 3.7 * rows), rows=rows, cols=cols, squeeze=False,
        title=t(f"chart.bid.title_{key}", lang, **said), alt=t("chart.bid.alt", lang, **said),
    )  # fmt: skip
    for ax, row in zip(axes.flat, shown.to_dict("records"), strict=False):
        line = curve[curve["bid_id"] == row["bid_id"]]
        _bid_panel(ax, line, row, names if len(shown) > 1 else None, currency, lang)
        if len(shown) > 1:
            ax.set_title(shown_name(row["bid_id"], names))
    for ax in list(axes.flat)[len(shown) :]:
        ax.set_axis_off()
    theme.note(fig, t("chart.bid.reading", lang))
    if len(shown) < len(known):
        theme.note(fig, t("chart.bid.shown", lang, **said))
    source_note(fig, lang, n=len(known), variant=["expected_gain", *constant(known, "variant")],
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _bid_words(
    known: pd.DataFrame,
    shown: pd.DataFrame,
    names: Mapping[str, str] | None,
    currency: str,
    lang: str,
) -> dict[str, str]:
    first = shown.iloc[0]
    return {
        "name": shown_name(first["bid_id"], names),
        "p": percent(first["p"], lang, 0),
        "break_even": percent(first["break_even"], lang, 0),
        "gain": money(first["gain"], currency, lang),
        "decision": label(f"decision.{first['decision']}", lang),
        "bid": number((known["decision"] == "bid").sum(), lang),
        "open": number((known["decision"] == "cannot_tell").sum(), lang),
        "all": number(len(known), lang),
        "shown": number(len(shown), lang),
    }


def _bid_panel(
    ax: Axes,
    line: pd.DataFrame,
    row: Mapping[Any, Any],
    names: Mapping[str, str] | None,
    currency: str,
    lang: str,
) -> None:
    x, gain = line["p"].to_numpy(float), line["gain"].to_numpy(float)
    ax.fill_between(x, line["low"], line["high"], color=SERIES[2], alpha=0.25, lw=0)
    ax.plot(x, gain, color=SERIES[0], lw=2)
    low, high = min(line["low"].min(), row["low"], 0.0), max(line["high"].max(), row["high"], 0.0)
    pad = 0.08 * ((high - low) or 1.0)
    ax.set_ylim(low - pad, high + pad)
    ax.set_xlim(0, 1)
    ax.axhline(0, color=INK, lw=1)
    even = row["break_even"]
    if even == even:
        edge = min(even, 1.0)
        ax.axvspan(0, edge, facecolor="none", edgecolor="#C9D0D6", hatch="///", lw=0, zorder=0)
        if even <= 1:
            ax.axvline(even, color=BAD, lw=1.4, ls=(0, (6, 3)))
        words = t("chart.bid.even", lang, p=percent(even, lang, 0))
        side = "left" if edge < 0.6 else "right"
        ax.annotate(words, (edge, low - pad), xytext=(5 if side == "left" else -5, 6),
                    textcoords="offset points", color=BAD, ha=side, bbox=theme.BACKING)  # fmt: skip
    color, marker = _LOOK[str(row["decision"])]
    ax.plot([row["p_low"], row["p_high"]], [row["gain"]] * 2, color=color, lw=2.4, zorder=4)
    ax.plot([row["p"]] * 2, [row["low"], row["high"]], color=color, lw=1.4, zorder=4)
    ax.plot([row["p"]], [row["gain"]], marker=marker, ms=10, color=color, mec=PAPER, zorder=5)
    words = t("chart.bid.here", lang, p=percent(row["p"], lang, 0),
              gain=money(row["gain"], currency, lang), above=percent(row["above"], lang, 0),
              decision=label(f"decision.{row['decision']}", lang))  # fmt: skip
    # Above the rising line, beside that of breaking even.
    edge = min(even, 1.0) if even == even else 0.0
    side = "left" if edge < 0.4 else "right"
    ax.annotate(words, (edge, 0.97), xycoords=("data", "axes fraction"), va="top", ha=side,
                xytext=(8 if side == "left" else -8, 0), textcoords="offset points", color=INK,
                bbox=theme.BACKING)  # fmt: skip
    ax.set_xlabel(t("chart.bid.x", lang))
    ax.set_ylabel(t("chart.bid.y", lang))
    theme.percent_axis(ax, "x", lang)
    theme.money_axis(ax, "y", currency, lang)
    theme.value_grid(ax, "both")


def plot_value_of_information(
    questions: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 12,
) -> Figure:
    """What each open question is worth before deciding, with its range and its asking cost.

    Needs columns: those of ``ValueOfInformation.questions``. An answer that can't change the
    decision has no bar; the text beside it says so.

    >>> plot_value_of_information(pd.DataFrame({"question": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if questions.empty:
        return blank(t("chart.voi.topic", lang), lang)
    shown = questions.head(limit).reset_index(drop=True)
    first = shown.iloc[0]
    said = {
        "name": shown_name(first["question"], names, 40),
        "value": money(first["value"], currency, lang),
        "now": label(f"decision.{first['decision_now']}", lang),
        "matter": number(questions["changes"].sum(), lang),
        "all": number(len(questions), lang),
        "shown": number(len(shown), lang),
    }
    key = "title" if questions["changes"].any() else "title_none"
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.62 * len(shown)), title=t(f"chart.voi.{key}", lang, **said),
        alt=t("chart.voi.alt", lang, **said),
    )  # fmt: skip
    right = float(np.nanmax([shown["high"].max(), shown["ask_cost"].max(), shown["value"].max()]))
    right = right if right > 0 else 1.0
    _voi_rows(ax, shown, right, lang)
    words = [theme.wrap(shown_name(q, names, 90), 190, 11) for q in shown["question"]]
    ax.set_yticks(range(len(shown)), words)
    ax.set_ylim(len(shown) - 0.45, -0.6)
    ax.set_xlim(0, right * 2.0)
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= right * 1.02])
    ax.set_xlabel(t("chart.voi.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.voi.reading", lang, **said))
    level = int((questions["cluster"] == first["cluster"]).sum())
    if level > 1 and questions["changes"].any():
        theme.note(fig, t("chart.voi.level", lang, count=number(level, lang)))
    source_note(fig, lang, n=len(questions), variant=constant(questions, "variant"),
                origin=constant(questions, "origin"))  # fmt: skip
    return fig


def _voi_rows(ax: Axes, shown: pd.DataFrame, right: float, lang: str) -> None:
    changing = shown[shown["changes"]]
    fill: dict[str, Any] = theme.fill_style(0)
    if len(changing):
        ax.barh(changing.index, changing["value"], 0.5, **fill, label=t("chart.voi.worth", lang))
    spans = shown[shown["high"].notna()]
    ax.hlines(spans.index, spans["low"], spans["high"], color=PAPER, lw=4.2, zorder=3)
    ax.hlines(spans.index, spans["low"], spans["high"], color=INK, lw=1.6, zorder=4,
              label=t("chart.voi.range", lang))  # fmt: skip
    asked = shown[shown["ask_cost"] > 0]
    if len(asked):
        ax.plot(asked["ask_cost"], asked.index, ls="none", marker="D", ms=8, mfc=PAPER, mec=BAD,
                mew=1.6, zorder=5, label=t("chart.voi.cost", lang))  # fmt: skip
    for y, row in enumerate(shown.to_dict("records")):
        words = t("chart.voi.never", lang)
        if row["changes"]:
            words = t("chart.voi.then", lang, yes=label(f"decision.{row['decision_if_yes']}", lang),
                      no=label(f"decision.{row['decision_if_no']}", lang),
                      chance=percent(row["change_chance"], lang, 0))  # fmt: skip
        ax.annotate(words, (right, y), xytext=(14, 0), textcoords="offset points", va="center",
                    color=INK if row["changes"] else MUTED, annotation_clip=False)  # fmt: skip
