"""Pictures of win rates by owner, source, region …"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import beside
from kamkit.charts.theme import INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import interval, label, number, percent, t

_BY_VALUE = "win_rate_value"


def plot_win_rates(
    groups: pd.DataFrame,
    *,
    lang: str,
    overall: pd.DataFrame | None = None,
    test: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 18,
) -> Figure:
    """Win rate of each group as counted and as shrunk, and which groups can be told apart.

    Needs columns: those of ``WinRate.groups``; ``overall`` and ``test`` are its other tables.
    Where the test allows no ranking, a banner says so and the groups stand in the order of
    their names.

    >>> plot_win_rates(pd.DataFrame({"n": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = groups[groups["n"] > 0] if len(groups) else groups
    if known.empty:
        return blank(t("chart.win_rates.topic", lang), lang)
    ranked = _may_rank(known, test)
    kept = known.sort_values("n", ascending=False, kind="stable").head(limit).index
    shown = known.loc[[i for i in known.index if i in kept]]
    if not ranked:
        words = [shown_name(g, names) for g in shown["group"]]
        shown = shown.iloc[np.argsort(words, kind="stable")]
    shown = shown.reset_index(drop=True)
    said = _said(known, shown, overall, test, names, lang)
    key = "title" if ranked else "title_none"
    fig, ax = theme.figure(
        (10.0, 3.1 + 0.44 * len(shown)), title=t(f"chart.win_rates.{key}", lang, **said),
        alt=t("chart.win_rates.alt", lang, **said),
    )  # fmt: skip
    _overall_line(ax, overall, lang)
    _rows(ax, shown, lang)
    _brackets(ax, shown, lang)
    if not ranked:
        _banner(ax, test, said, lang)
    ax.set_yticks(range(len(shown)), [shown_name(g, names) for g in shown["group"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    top = max(float(shown["high"].max()), float(shown["shrunk_high"].max()))
    ax.set_xlim(0, min(1.0, top * 1.04) if top == top else 1.0)
    by_value = overall is not None and overall["measure"].eq(_BY_VALUE).any()
    ax.set_xlabel(t(f"chart.win_rates.{'x_value' if by_value else 'x'}", lang))
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=4)
    theme.note(fig, t("chart.win_rates.reading", lang))
    if len(shown) < len(known):
        theme.note(fig, t("chart.win_rates.shown", lang, **said))
    source_note(fig, lang, n=known["n"].sum(), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _may_rank(known: pd.DataFrame, test: pd.DataFrame | None) -> bool:
    allowed = _measure(test, "league_table")
    return known["cluster"].nunique() > 1 if allowed != allowed else allowed == 1.0


def _measure(table: pd.DataFrame | None, key: str, column: str = "value") -> float:
    if table is None:
        return float("nan")
    row = table.loc[table["measure"] == key, column]
    return float(row.iloc[0]) if len(row) else float("nan")


def _said(
    known: pd.DataFrame,
    shown: pd.DataFrame,
    overall: pd.DataFrame | None,
    test: pd.DataFrame | None,
    names: Mapping[str, str] | None,
    lang: str,
) -> dict[str, str]:
    best = known.sort_values("shrunk", ascending=False, kind="stable").iloc[0]
    whole = _measure(overall, "win_rate") if overall is not None else float("nan")
    whole = _measure(overall, _BY_VALUE) if whole != whole else whole
    same = int((known["cluster"] == best["cluster"]).sum())
    return {
        "rate": percent(whole, lang, 0),
        "name": shown_name(best["group"], names),
        "best": percent(best["shrunk"], lang, 0),
        "same": number(same - 1, lang),
        "groups": number(len(known), lang),
        "shown": number(len(shown), lang),
        "n": number(known["n"].sum(), lang),
        "p": number(_measure(test, "groups_p"), lang, 2),
    }


def _overall_line(ax: Axes, overall: pd.DataFrame | None, lang: str) -> None:
    if overall is None:
        return
    rows = overall[overall["measure"].isin(["win_rate", _BY_VALUE])]
    if rows.empty or rows["value"].isna().all():
        return
    row = rows.iloc[0]
    ax.axvspan(row["low"], row["high"], color=RULE, alpha=0.18, lw=0, zorder=0)
    words = t("chart.win_rates.overall", lang, rate=percent(row["value"], lang, 0),
              range=interval(row["low"], row["high"], lang, 0, share=True))  # fmt: skip
    ax.axvline(row["value"], color=INK, lw=1.4, ls=(0, (6, 3)), label=words)


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    ax.hlines(at - 0.15, shown["low"], shown["high"], color=MUTED, lw=1.2)
    ax.plot(shown["rate"], at - 0.15, ls="none", marker="o", ms=8, mfc=PAPER, mec=MUTED, mew=1.6,
            label=t("chart.win_rates.raw", lang))  # fmt: skip
    ax.hlines(at + 0.15, shown["shrunk_low"], shown["shrunk_high"], color=SERIES[0], lw=3.4,
              alpha=0.5)  # fmt: skip
    ax.plot(shown["shrunk"], at + 0.15, ls="none", marker="D", ms=8, color=SERIES[0],
            label=t("chart.win_rates.shrunk", lang))  # fmt: skip
    for y, row in enumerate(shown.to_dict("records")):
        words = t("chart.win_rates.mark", lang, rate=percent(row["rate"], lang, 0),
                  won=number(row["won"], lang), n=number(row["n"], lang))  # fmt: skip
        ax.text(1, y, words, transform=beside(ax, 8), va="center", fontsize=11)


def _brackets(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    """A line beside the rows of each group of equals, with its words."""
    widest = max(
        (theme.text_width(t("chart.win_rates.mark", lang, rate="100%", won=str(w), n=str(n)), 11)
         for w, n in zip(shown["won"], shown["n"], strict=True)), default=0.0,
    )  # fmt: skip
    place, further = beside(ax, widest + 16), beside(ax, widest + 24)
    for number_, rows in shown.groupby("cluster"):
        first, last = min(rows.index), max(rows.index)
        if not number_ or len(rows) < 2:
            continue
        ax.plot([1, 1], [first - 0.3, last + 0.3], transform=place, color=RULE, lw=3,
                clip_on=False)  # fmt: skip
        words = "\n".join(_upright(t("chart.win_rates.same", lang), lang)) if lang == "zh" else (
            t("chart.win_rates.same", lang))  # fmt: skip
        ax.text(1, (first + last) / 2, words, transform=further, va="center",
                rotation=0 if lang == "zh" else 90, color=MUTED, fontsize=11,
                linespacing=1.05)  # fmt: skip


def _upright(words: str, lang: str) -> list[str]:
    """Chinese beside a bracket stands upright, one character a line."""
    return list(words)


def _banner(ax: Axes, test: pd.DataFrame | None, said: dict[str, str], lang: str) -> None:
    reason = "not_separable"
    if test is not None:
        reason = str(test.loc[test["measure"] == "league_table", "variant"].iloc[0])
    words = label(f"chart.win_rates.banner_{reason}", lang, "") or t(
        "chart.win_rates.banner_not_separable", lang, **said
    )
    words = words.format(**said) if "{" in words else words
    ax.set_title(theme.wrap(words, 600, 12, "bold"), color=WARN, fontsize=12,
                 bbox={"facecolor": PAPER, "edgecolor": WARN, "pad": 4,
                       "linewidth": 1.2})  # fmt: skip
