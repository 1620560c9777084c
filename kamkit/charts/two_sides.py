"""How we see a relationship beside how the customer sees it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import (
    chosen_wave,
    column_words,
    dimension_name,
    name_rows,
    signed,
    signed_range,
)
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, t
from kamkit.schemes.surveys import Survey

_APART = ("rosier", "gloomier")


def plot_two_sides(
    accounts: pd.DataFrame,
    *,
    lang: str,
    overall: pd.DataFrame | None = None,
    dimension: str = "total",
    wave: str | None = None,
    names: Mapping[str, str] | None = None,
    survey: Survey | None = None,
    limit: int = 24,
) -> Figure:
    """The customer's score and ours of each account, largest gap first.

    Needs columns: those of ``TwoSidedGap.accounts``; ``overall`` is its other table. A thick
    line: both views are surely apart; a thin one: they may be the same.

    >>> plot_two_sides(pd.DataFrame({"score_gap": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.sides.topic", lang)
    if accounts.empty:
        return blank(topic, lang)
    here = chosen_wave(accounts[accounts["dimension"] == dimension], wave)
    known = here.dropna(subset=["score_gap"]).sort_values(
        ["score_gap", "account_id"], ascending=[False, True], kind="stable"
    )
    if known.empty:
        return blank(topic, lang)
    rank = known.assign(same=~known["status"].isin(_APART), size=-known["score_gap"].abs())
    kept = set(rank.sort_values(["same", "size"], kind="stable").head(limit).index)
    shown = known.loc[[i for i in known.index if i in kept]].reset_index(drop=True)
    said = _said(here, known, shown, overall, dimension, survey, lang)
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.34 * len(shown)), title=t(f"chart.sides.{said.pop('key')}", lang, **said),
        alt=t("chart.sides.alt", lang, **said),
    )  # fmt: skip
    _rows(ax, shown, lang)
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    at = range(len(shown))
    gaps = [
        t("chart.sides.mark", lang, gap=signed(r["score_gap"], lang, 0),
          range=signed_range(r["low"], r["high"], lang, 0))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    right = column_words(ax, at, gaps, 10, t("chart.sides.head_gap", lang))
    people = [f"{number(r['n_us'], lang)} / {number(r['n_customer'], lang)}"
              for r in shown.to_dict("records")]  # fmt: skip
    column_words(ax, at, people, right, t("chart.sides.head_people", lang))
    ax.set_xlim(0, 100)
    ax.set_xlabel(t("chart.scores.x", lang, what=said["what"]))
    legend_below(fig, [ax], [], 4)
    theme.note(fig, t("chart.sides.reading", lang))
    if len(shown) < len(here):
        theme.note(fig, t("chart.sides.shown", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(
    here: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame, overall: pd.DataFrame | None,
    dimension: str, survey: Survey | None, lang: str,
) -> dict[str, str]:  # fmt: skip
    said = {
        "key": "title", "what": dimension_name(dimension, lang, survey),
        "n": number(len(known), lang), "shown": number(len(shown), lang),
        "rosier": number((known["status"] == "rosier").sum(), lang),
        "gloomier": number((known["status"] == "gloomier").sum(), lang),
        "left": number(len(here) - len(known), lang), "gap": "–", "range": "–",
    }  # fmt: skip
    if overall is not None and len(overall):
        row = overall[overall["dimension"] == dimension]
        row = row[row["wave"] == known["wave"].iloc[0]]
        if len(row):
            low, high = float(row["low"].iloc[0]), float(row["high"].iloc[0])
            said |= {"gap": signed(row["score_gap"].iloc[0], lang),
                     "range": signed_range(low, high, lang)}  # fmt: skip
            status = str(row["status"].iloc[0])
            if status in _APART:
                said["gap"] = number(abs(row["score_gap"].iloc[0]), lang, 1)
            said["key"] = f"title_{status}" if status in _APART else "title_level"
    return said


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    apart = shown["status"].isin(_APART).to_numpy()
    own, theirs = shown["own_score"].to_numpy(float), shown["customer_score"].to_numpy(float)
    for here, color, width, key in ((apart, BAD, 5, "apart"), (~apart, RULE, 1.6, "same")):
        if here.any():
            ax.hlines(at[here], theirs[here], own[here], color=color, lw=width,
                      alpha=0.55 if key == "apart" else 1, zorder=2,
                      label=t(f"chart.sides.{key}", lang))  # fmt: skip
    ax.plot(theirs, at, ls="none", marker="o", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.sides.customer", lang))  # fmt: skip
    ax.plot(own, at, ls="none", marker="s", ms=8, mfc=PAPER, mec=SERIES[1], mew=2, zorder=3.5,
            label=t("chart.sides.us", lang))  # fmt: skip
