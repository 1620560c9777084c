"""One person seen by several sources: manager, self, peers, reports, customers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, of_column
from kamkit.charts.rows import chosen_wave, column_words, name_rows
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below, short_list
from kamkit.charts.theme import PAPER, Figure
from kamkit.i18n import number, t

_SOURCES = ("manager", "self", "peer", "report", "customer", "pooled")


def plot_multisource(
    cells: pd.DataFrame,
    *,
    lang: str,
    ratee_id: str | None = None,
    period: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Means of each source by competence for one person; what anonymity hides is said, not drawn.

    Needs columns: those of ``multisource`` (ratee_id, competency, source, mean, n, hidden; low
    and high where known). ``ratee_id``: default the first; ``period``: the last. The
    person's own view is hollow.

    >>> plot_multisource(pd.DataFrame({"mean": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if cells.empty:
        return blank(t("chart.multisource.topic", lang), lang)
    wanted = cells["ratee_id"].iloc[0] if ratee_id is None else ratee_id
    mine = cells[cells["ratee_id"].astype(str) == str(wanted)]
    mine = chosen_wave(mine[mine["source"].isin(_SOURCES)], period, "period")
    mine = mine[mine["competency"] != "overall"]
    if mine.empty:
        return blank(t("chart.multisource.topic", lang), lang)
    hidden = of_column(mine, "hidden").fillna(False).astype(bool) | mine["mean"].isna()
    drawn = mine[~hidden]
    others = drawn[drawn["source"] != "self"].groupby("competency")["mean"].mean()
    kinds = sorted(mine["competency"].unique(), key=lambda c: (-others.get(c, -np.inf), str(c)))
    sources = [s for s in _SOURCES if (mine["source"] == s).any()]
    shut = [s for s in sources if not (drawn["source"] == s).any()]
    said = {
        "name": shown_name(wanted, names), "sources": number(len(sources) - len(shut), lang),
        "n": number(len(kinds), lang), "hidden": number(hidden.sum(), lang),
        "best": key_name("competency", kinds[0], lang),
        "least": key_name("competency", kinds[-1], lang),
    }  # fmt: skip
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.46 * max(len(kinds), 2)), title=t("chart.multisource.title", lang, **said),
        alt=t("chart.multisource.alt", lang, **said),
    )  # fmt: skip
    _sources(ax, drawn, kinds, sources, lang)
    name_rows(ax, [key_name("competency", c, lang) for c in kinds])
    _beside(ax, mine, hidden, kinds, lang)
    ax.set_xlim(0.9, 5.1)
    ax.set_xticks([1, 2, 3, 4, 5])
    ax.set_xlabel(t("chart.multisource.x", lang))
    legend_below(fig, [ax], [], 5)
    counted = mine[mine["source"] != "pooled"]
    listed = short_list([key_name("source", s, lang) for s in shut],
                        t("chart.source.comma", lang), 5)  # fmt: skip
    closed = t("chart.multisource.shut", lang, sources=listed) if shut else ""
    return close(fig, lang, mine, int(counted["n"].sum()), t("chart.multisource.reading", lang),
                 closed)  # fmt: skip


def _sources(
    ax: Axes, drawn: pd.DataFrame, kinds: list[str], sources: list[str], lang: str
) -> None:
    """Sources a little apart, so that equal means are seen beside each other."""
    row = {kind: i for i, kind in enumerate(kinds)}
    ends = drawn.groupby("competency")["mean"].agg(["min", "max"]).reindex(kinds)
    ax.hlines(np.arange(len(kinds)), ends["min"], ends["max"], color=theme.RULE, lw=1.2, zorder=1)
    gap = 0.34 / max(len(sources) - 1, 1)
    for source in sources:
        place = _SOURCES.index(source)
        part = drawn[drawn["source"] == source]
        if part.empty:
            continue
        at = part["competency"].map(row) + gap * (sources.index(source) - (len(sources) - 1) / 2)
        look = theme.style(place)
        if {"low", "high"} <= set(part.columns):
            ax.hlines(at, part["low"], part["high"], color=look["color"], lw=2, alpha=0.35)
        own = source == "self"
        ax.plot(part["mean"], at, ls="none", marker=look["marker"], ms=8.5, mew=1.5, zorder=4,
                mfc=PAPER if own else look["color"], mec=look["color"],
                label=key_name("source", source, lang))  # fmt: skip


def _beside(ax: Axes, mine: pd.DataFrame, hidden: pd.Series, kinds: list[str], lang: str) -> None:
    at = range(len(kinds))
    counts = mine[mine["source"] != "pooled"].groupby("competency")["n"].sum()
    right = column_words(ax, at, [number(counts[k], lang) for k in kinds], 10,
                         t("chart.multisource.head_n", lang))  # fmt: skip
    texts = []
    for kind in kinds:
        shut = mine[(mine["competency"] == kind) & hidden]["source"]
        texts.append(t("chart.source.comma", lang).join(key_name("source", s, lang) for s in shut))
    if any(texts):
        column_words(ax, at, [x or "–" for x in texts], right,
                     t("chart.multisource.head_hidden", lang))  # fmt: skip
