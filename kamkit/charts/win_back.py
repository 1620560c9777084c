"""Lost accounts: what winning them back is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, least_most, name_rows, tied_rows, whiskers
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, SERIES, Figure, data_text
from kamkit.i18n import interval, money, number, percent, t
from kamkit.schemes.retention import retention_policy


def plot_win_back(
    cases: pd.DataFrame,
    *,
    lang: str,
    reasons: pd.DataFrame | None = None,
    measures: pd.DataFrame | None = None,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 16,
) -> Figure:
    """Open cases by chance × value − cost, with intervals; closed ones by reason below.

    Needs columns: those of ``WinBack.cases``; ``reasons`` and ``measures`` are its other tables.
    Filled: surely worth its cost; hollow: the interval holds zero; a triangle down: surely not.
    Bars beside join cases between which no border can be drawn.

    >>> plot_win_back(pd.DataFrame({"case_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = cases.dropna(subset=["expected_value"]) if len(cases) else cases
    closed = reasons is not None and len(reasons) > 0
    if known.empty and not closed:
        return blank(t("chart.winback.topic", lang), lang)
    shown = known.head(limit).reset_index(drop=True)
    said = _said(cases, known, shown, reasons, measures, currency, names, lang)
    rows = [len(shown)] * bool(len(shown)) + ([len(reasons)] if reasons is not None and closed
                                              else [])  # fmt: skip
    fig = Figure(figsize=(10.0, 2.2 + sum(1.0 + 0.42 * r for r in rows)),
                 heading=t(f"chart.winback.{said.pop('key')}", lang, **said),
                 alt=t("chart.winback.alt", lang, **said))  # fmt: skip
    axes = list(np.atleast_1d(
        fig.subplots(len(rows), 1, height_ratios=[0.7 + 0.42 * r for r in rows])
    ))  # fmt: skip
    if len(shown):
        _cases(axes[0], shown, names, currency, lang)
    if reasons is not None and closed:
        _reasons(axes[-1], reasons, lang)
    legend_below(fig, axes, [], 4)
    judged = retention_policy().winback["judgement_cases"]
    theme.note(fig, t("chart.winback.reading", lang, cases=number(judged, lang)))
    if len(shown) < len(cases):
        theme.note(fig, t("chart.winback.shown", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(
    cases: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame, reasons: pd.DataFrame | None,
    measures: pd.DataFrame | None, currency: str, names: Mapping[str, str] | None, lang: str,
) -> dict[str, str]:  # fmt: skip
    found = {} if measures is None else measures.set_index("measure").to_dict("index")
    back = found.get("return_share", {"value": float("nan"), "low": float("nan"),
                                      "high": float("nan"), "n": 0})  # fmt: skip
    sure = known[known["low"] > 0] if len(known) else known
    one = known.iloc[0] if len(known) else None
    return {
        "key": "title_closed" if one is None else "title" if len(sure) else "title_none",
        "n": number(len(known), lang), "sure": number(len(sure), lang),
        "worth": number((known["expected_value"] > 0).sum() if len(known) else 0, lang),
        "name": "–" if one is None else shown_name(one["account_id"], names),
        "value": "–" if one is None else money(one["expected_value"], currency, lang),
        "back": percent(back["value"], lang, 0),
        "back_range": interval(back["low"], back["high"], lang, 0, share=True),
        "closed": number(back["n"], lang), "shown": number(len(shown), lang),
        "all": number(len(cases), lang), "left": number(len(cases) - len(known), lang),
    }  # fmt: skip


def _cases(
    ax: Axes, shown: pd.DataFrame, names: Mapping[str, str] | None, currency: str, lang: str
) -> None:
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0])
    low, high = shown["low"].to_numpy(float), shown["high"].to_numpy(float)
    kinds = (("worth", low > 0, "o", GOOD, PAPER), ("not_worth", high < 0, "v", BAD, PAPER),
             ("unsure", ~((low > 0) | (high < 0)), "o", PAPER, SERIES[0]))  # fmt: skip
    for key, here, marker, face, edge in kinds:
        if here.any():
            ax.plot(shown["expected_value"].to_numpy()[here], at[here], ls="none", marker=marker,
                    ms=10, mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.winback.{key}", lang))  # fmt: skip
    ax.axvline(0, color=INK, lw=1.2, zorder=1)
    least, most = least_most(shown, ("low", "high", "expected_value"))
    room = (max(most, 0) - min(least, 0)) or 1
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    ax.set_xlim(min(least, 0) - 0.04 * room, max(most, 0) + 0.04 * room)
    ax.set_xlabel(t("chart.winback.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    rows = shown.to_dict("records")
    chances = [
        t("chart.winback.chance", lang, p=percent(r["p"], lang, 0),
          range=interval(r["p_low"], r["p_high"], lang, 0, share=True))
        for r in rows
    ]  # fmt: skip
    right = column_words(ax, list(at), chances, 10, t("chart.winback.head_chance", lang))
    needed = [percent(r["break_even"], lang, 0) for r in rows]
    right = column_words(ax, list(at), needed, right, t("chart.winback.head_needed", lang))
    costs = [money(r["cost"], currency, lang) for r in rows]
    right = column_words(ax, list(at), costs, right, t("chart.winback.head_cost", lang))
    tied_rows(ax, shown["group"].tolist(), right, lang)


def _reasons(ax: Axes, reasons: pd.DataFrame, lang: str) -> None:
    rows = reasons.reset_index(drop=True)
    at = np.arange(len(rows))
    whiskers(ax, at, rows, ("low", "high"), MUTED)
    ax.plot(rows["share"], at, ls="none", marker="s", ms=8, color=MUTED, zorder=4,
            label=t("chart.winback.returned", lang))  # fmt: skip
    ax.plot(rows["judged_chance"], at, ls="none", marker="|", ms=15, mew=2.4, mec=SERIES[1],
            zorder=5, label=t("chart.winback.judged", lang))  # fmt: skip
    none = t("chart.winback.no_reason", lang)
    name_rows(ax, [data_text(r, 24) if str(r) else none for r in rows["reason"]])
    ax.set_xlim(-0.01, 1.01)
    ax.set_xlabel(t("chart.winback.x_reasons", lang))
    theme.percent_axis(ax, "x", lang)
    counts = [f"{number(r['returned'], lang)}/{number(r['cases_closed'], lang)}"
              for r in rows.to_dict("records")]  # fmt: skip
    column_words(ax, list(at), counts, 10, t("chart.winback.head_closed", lang))
