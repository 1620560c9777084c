"""Relationship-quality scores of accounts, and which of them can be told apart."""

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
    tied_rows,
    whiskers,
)
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below, short_list
from kamkit.charts.theme import BAD, INK, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, number, percent, t
from kamkit.schemes.surveys import Survey, read_survey

_ONE = 1  # a single respondent: the interval rests on how far people differ elsewhere


def plot_relationship_scores(
    accounts: pd.DataFrame,
    *,
    lang: str,
    weakest: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    dimension: str = "total",
    side: str = "customer",
    wave: str | None = None,
    survey: Survey | None = None,
    limit: int = 24,
) -> Figure:
    """Score of each account with its interval, who answered, and its weakest dimension.

    Needs columns: those of ``SurveyScore.accounts``; ``weakest`` is its other table. Lowest
    first, at most ``limit``; bars join accounts between which no border can be drawn. A hollow
    mark is one respondent alone.

    >>> plot_relationship_scores(pd.DataFrame({"score": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.scores.topic", lang)
    if accounts.empty:
        return blank(topic, lang)
    here = accounts[(accounts["dimension"] == dimension) & (accounts["side"] == side)]
    here = chosen_wave(here, wave)
    known = here.dropna(subset=["score"]).sort_values("score", kind="stable")
    if known.empty:
        return blank(topic, lang)
    shown = known.head(limit).reset_index(drop=True)
    said = _said(here, known, shown, dimension, names, lang, survey)
    key = "title" if known["cluster"].nunique() > 1 else "title_none"
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.34 * len(shown)), title=t(f"chart.scores.{key}", lang, **said),
        alt=t("chart.scores.alt", lang, **said),
    )  # fmt: skip
    _rows(ax, shown, lang)
    _limits(ax, known, dimension, survey, lang)
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    _beside(ax, shown, weakest, survey, lang)
    ax.set_xlim(0, 100)
    ax.set_xlabel(t("chart.scores.x", lang, **said))
    legend_below(fig, [ax], [], 4)
    plain = weakest is None or dimension != "total"
    theme.note(fig, t("chart.scores.reading_plain" if plain else "chart.scores.reading", lang))
    _left_out(fig, here, known, shown, names, lang)
    source_note(fig, lang, n=known["n"].sum(), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(
    here: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame, dimension: str,
    names: Mapping[str, str] | None, lang: str, survey: Survey | None,
) -> dict[str, str]:  # fmt: skip
    low = known.iloc[0]
    return {
        "what": dimension_name(dimension, lang, survey),
        "n": number(len(known), lang), "all": number(len(here), lang),
        "shown": number(len(shown), lang), "people": number(known["n"].sum(), lang),
        "groups": number(known["cluster"].nunique(), lang),
        "same": number((known["cluster"] == low["cluster"]).sum() - 1, lang),
        "name": shown_name(low["account_id"], names), "score": number(low["score"], lang),
        "range": interval(low["low"], low["high"], lang, 0),
        "wave": theme.data_text(low["wave"]),
    }  # fmt: skip


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0])
    one = (shown["n"] <= _ONE).to_numpy()
    for here, face, key in ((~one, SERIES[0], "several"), (one, PAPER, "one")):
        if here.any():
            ax.plot(shown["score"].to_numpy()[here], at[here], ls="none", marker="o", ms=9,
                    mfc=face, mec=SERIES[0] if face == PAPER else PAPER, mew=1.6, zorder=4,
                    label=t(f"chart.scores.{key}", lang))  # fmt: skip


def _limits(
    ax: Axes, known: pd.DataFrame, dimension: str, survey: Survey | None, lang: str
) -> None:
    mean = float(known["score"].mean())
    ax.axvline(mean, color=INK, lw=1.3, ls=(0, (6, 3)), zorder=1,
               label=t("chart.scores.mean", lang, score=number(mean, lang)))  # fmt: skip
    own = survey or read_survey("relationship_quality")
    least = next((d.minimum for d in own.dimensions if d.id == dimension), None)
    if least is not None:
        ax.axvline(least, color=BAD, lw=1.3, ls=(0, (1, 2)), zorder=1,
                   label=t("chart.scores.minimum", lang, score=number(least, lang)))  # fmt: skip


def _beside(
    ax: Axes, shown: pd.DataFrame, weakest: pd.DataFrame | None, survey: Survey | None, lang: str
) -> None:
    rows = range(len(shown))
    rates = [
        t("chart.scores.answered", lang, n=number(r["n"], lang), invited=number(r["invited"], lang),
          rate=percent(r["response_rate"], lang, 0))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    right = column_words(ax, rows, rates, 10, t("chart.scores.head_answered", lang))
    if weakest is not None and len(weakest) and (shown["dimension"] == "total").all():
        low = weakest.drop_duplicates(["wave", "side", "account_id"])
        both = shown[["wave", "side", "account_id"]].merge(
            low, on=["wave", "side", "account_id"], how="left"
        )
        words = [
            "–" if r["dimension"] != r["dimension"]
            else t(f"chart.scores.weak_{r['status']}", lang,
                   name=dimension_name(r["dimension"], lang, survey))
            for r in both.to_dict("records")
        ]  # fmt: skip
        right = column_words(ax, rows, words, right, t("chart.scores.head_weakest", lang))
    tied_rows(ax, shown["cluster"].tolist(), right, lang)
    ax.axvline(0, color=RULE, lw=0.8)


def _left_out(
    fig: Figure, here: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame,
    names: Mapping[str, str] | None, lang: str,
) -> None:  # fmt: skip
    if len(shown) < len(known):
        theme.note(fig, t("chart.scores.shown", lang, shown=number(len(shown), lang),
                          n=number(len(known), lang)))  # fmt: skip
    silent = here.loc[here["score"].isna(), "account_id"]
    if len(silent):
        listed = short_list([shown_name(a, names, 16) for a in silent],
                            t("chart.source.comma", lang), 4)  # fmt: skip
        theme.note(fig, t("chart.scores.silent", lang, n=number(len(silent), lang), names=listed))
