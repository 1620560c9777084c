"""What a person sold beside what the territory lets expect."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import by_size, close, left_out, of_column, row_chart, signed_share
from kamkit.charts.rows import column_words, least_most, name_rows
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, percent, t

_SIGNS = {"above": (">", GOOD, GOOD), "below": ("<", BAD, BAD), "within": ("o", PAPER, SERIES[0])}


def plot_territory(
    members: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    level: float = 0.95,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Actual result of each person over the band that the territory lets expect.

    Needs columns: those of ``Adjusted.members`` (member_id, actual, expected, low, high, ratio;
    rank_raw and rank_adjusted where known); low and high bound the expected result. Best
    against expectation on top. ``measures`` (its other table) tells what the factors explain.

    >>> plot_territory(pd.DataFrame({"ratio": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = members.dropna(subset=["actual", "expected"]) if len(members) else members
    if known.empty:
        return blank(t("chart.territory.topic", lang), lang)
    known = known.assign(gap=known["actual"] / known["expected"] - 1, sign=_signs(known))
    known = known.sort_values(["gap", "member_id"], ascending=[False, True], kind="stable")
    shown = by_size(known.reset_index(drop=True), limit, "gap")
    r2 = _measure(measures, "r2")
    said = {
        "n": number(len(known), lang), "r2": percent(r2, lang, 0),
        "outside": number((known["sign"] != "within").sum(), lang),
        "moved": number(_moved(known), lang), "level": percent(level, lang, 0),
    }  # fmt: skip
    key = "title" if r2 == r2 else "title_plain"
    fig, ax = row_chart("territory", len(shown), said, lang, key=key)
    _rows(ax, shown, said, lang)
    name_rows(ax, [shown_name(m, names) for m in shown["member_id"]])
    at = range(len(shown))
    gaps = [signed_share(g, lang) for g in shown["gap"]]
    right = column_words(ax, at, gaps, 10, t("chart.territory.head_gap", lang))
    if {"rank_raw", "rank_adjusted"} <= set(shown.columns):
        ranks = zip(shown["rank_raw"], shown["rank_adjusted"], strict=True)
        moves = [t("chart.moved.ends", lang, before=number(a, lang), after=number(b, lang))
                 for a, b in ranks]  # fmt: skip
        column_words(ax, at, moves, right, t("chart.territory.head_rank", lang))
    ax.set_xlabel(t("chart.territory.x", lang))
    theme.money_axis(ax, "x", currency, lang)
    legend_below(fig, [ax], [], 5)
    return close(fig, lang, known, len(known), t("chart.territory.reading", lang),
                 left_out("territory", shown, known, lang))  # fmt: skip


def _measure(measures: pd.DataFrame | None, key: str) -> float:
    if measures is None or measures.empty:
        return float("nan")
    row = measures.loc[measures["measure"] == key, "value"]
    return float(row.iloc[0]) if len(row) else float("nan")


def _signs(known: pd.DataFrame) -> list[str]:
    actual = known["actual"].to_numpy(float)
    low, high = (of_column(known, c).to_numpy(float) for c in ("low", "high"))
    return list(np.select([actual > high, actual < low], ["above", "below"], "within"))


def _moved(known: pd.DataFrame) -> float:
    if not {"rank_raw", "rank_adjusted"} <= set(known.columns):
        return float("nan")
    return float((known["rank_raw"] != known["rank_adjusted"]).sum())


def _rows(ax: Axes, shown: pd.DataFrame, said: Mapping[str, str], lang: str) -> None:
    at = np.arange(len(shown))
    low, high = of_column(shown, "low"), of_column(shown, "high")
    ax.hlines(at, low, high, color=RULE, lw=9, alpha=0.45, zorder=2,
              label=t("chart.territory.band", lang, **said))  # fmt: skip
    ax.plot(shown["expected"], at, ls="none", marker="|", ms=13, mew=2.2, mec=SERIES[1],
            zorder=3, label=t("chart.territory.expected", lang))  # fmt: skip
    for key, (marker, face, edge) in _SIGNS.items():
        here = (shown["sign"] == key).to_numpy()
        if here.any():
            ax.plot(shown["actual"].to_numpy()[here], at[here], ls="none", marker=marker, ms=9,
                    mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.territory.{key}", lang))  # fmt: skip
    least, most = least_most(shown.assign(low=low, high=high), ["actual", "low", "high"])
    ax.set_xlim(min(least, 0), most + 0.04 * (most - min(least, 0) or 1))
