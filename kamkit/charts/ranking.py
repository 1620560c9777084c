"""Pictures of two rankings: TOPSIS as a second opinion, and RFM scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import ACCENT, INK, MUTED, Figure, ink_on
from kamkit.i18n import number, t


def plot_topsis(
    scores: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 20,
) -> Figure:
    """Closeness to the ideal of the list, best first; ties share a rank.

    Needs columns: those of ``topsis`` (account_id, closeness, rank, n, variant, origin).

    >>> plot_topsis(pd.DataFrame({"closeness": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = scores[scores["closeness"].notna()]
    if known.empty:
        return blank(t("chart.topsis.topic", lang), lang)
    shown = known.sort_values("rank", kind="stable").head(limit)
    first = shown.iloc[0]
    said = {
        "name": shown_name(first["account_id"], names),
        "closeness": number(first["closeness"], lang, 2),
        "shown": number(len(shown), lang),
        "all": number(len(known), lang),
    }
    fig, ax = theme.figure(
        (10.0, max(4.2, 2.4 + 0.32 * len(shown))),
        title=t("chart.topsis.title", lang, **said),
        alt=t("chart.topsis.alt", lang, **said),
    )
    places = np.arange(len(shown))
    ax.hlines(places, 0, shown["closeness"], color=MUTED, lw=1.2)
    ax.plot(shown["closeness"], places, ls="none", marker="o", ms=9, color=ACCENT)
    for place, row in zip(places, shown.to_dict("records"), strict=True):
        words = t("chart.topsis.rank", lang, rank=number(row["rank"], lang))
        text = f"{number(row['closeness'], lang, 2)}  {words}"
        ax.annotate(text, (row["closeness"], place), xytext=(10, 0), va="center", color=INK,
                    textcoords="offset points")  # fmt: skip
    ax.set_yticks(places, [shown_name(a, names) for a in shown["account_id"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(0, 1.12)
    ax.set_xlabel(t("chart.topsis.x", lang))
    theme.value_grid(ax, "x")
    theme.note(fig, t("chart.topsis.reading", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(scores, "variant"),
                origin=constant(scores, "origin"))  # fmt: skip
    return fig


def plot_rfm(scores: pd.DataFrame, *, lang: str, currency: str = "") -> Figure:
    """Accounts by recency and frequency score, with their number in each cell.

    Needs columns: those of ``rfm_scores`` (account_id, r, f, monetary, variant, origin).

    >>> plot_rfm(pd.DataFrame({"r": [], "f": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = scores.dropna(subset=["r", "f"])
    if known.empty:
        return blank(t("chart.rfm.topic", lang), lang)
    steps = range(1, 6)
    counts = pd.crosstab(known["r"].astype(int), known["f"].astype(int))
    grid = counts.reindex(index=steps, columns=steps, fill_value=0).to_numpy()
    best = int(((known["r"] >= 4) & (known["f"] >= 4)).sum())
    said = {"best": number(best, lang), "all": number(len(known), lang)}
    fig, ax = theme.figure(
        "square", title=t("chart.rfm.title", lang, **said), alt=t("chart.rfm.alt", lang, **said)
    )
    top = max(int(grid.max()), 1)
    ax.imshow(grid, origin="lower", cmap=theme.SEQUENTIAL, vmin=0, vmax=top, aspect="auto")
    for (row, column), count in np.ndenumerate(grid):
        color = ink_on(theme.SEQUENTIAL(count / top))
        ax.text(column, row, number(count, lang), ha="center", va="center", color=color)
    ax.set_xticks(range(5), [number(s, lang) for s in steps])
    ax.set_yticks(range(5), [number(s, lang) for s in steps])
    ax.set_xlabel(t("chart.rfm.x", lang))
    ax.set_ylabel(t("chart.rfm.y", lang))
    theme.value_grid(ax, "none")
    source_note(fig, lang, n=len(known), variant=constant(scores, "variant"),
                origin=constant(scores, "origin"))  # fmt: skip
    return fig
