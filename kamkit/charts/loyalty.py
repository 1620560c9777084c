"""Loyalty: what dealers or accounts say beside what they do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import chosen_wave
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below, short_list
from kamkit.charts.theme import BAD, GOOD, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, t

_SIGNS = {
    "says_more_than_does": ("v", BAD, PAPER), "does_more_than_says": ("^", GOOD, PAPER),
    "cannot_be_separated": ("o", PAPER, SERIES[0]), "too_little_data": ("s", PAPER, MUTED),
}  # fmt: skip
_APART = ("says_more_than_does", "does_more_than_says")


def plot_loyalty(
    gaps: pd.DataFrame,
    *,
    lang: str,
    scores: pd.DataFrame | None = None,
    wave: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Attitude against behaviour; on the diagonal deeds are as good as words.

    Needs columns: those of ``Loyalty.gaps``; ``scores`` (``Loyalty.scores``) gives the intervals
    of both. The last wave unless ``wave`` names one. A triangle down says more than it does, one
    up does more than it says; hollow circles can't be told from the diagonal.

    >>> plot_loyalty(pd.DataFrame({"gap": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    here = chosen_wave(gaps, wave)
    known = here.dropna(subset=["attitude", "behaviour"]) if len(here) else here
    if known.empty:
        return blank(t("chart.loyalty.topic", lang), lang)
    subject = "dealer_id" if "dealer_id" in known.columns else "account_id"
    known = known.sort_values("gap", ascending=False, kind="stable", ignore_index=True)
    said = _said(here, known, subject, names, lang)
    fig, ax = theme.figure((10.0, 7.6), title=t(f"chart.loyalty.{said.pop('key')}", lang, **said),
                           alt=t("chart.loyalty.alt", lang, **said))  # fmt: skip
    _ground(ax, lang)
    if scores is not None and len(scores):
        _spans(ax, known, scores, subject)
    for verdict, (marker, face, edge) in _SIGNS.items():
        own = known[known["verdict"] == verdict]
        if len(own):
            ax.plot(own["attitude"], own["behaviour"], ls="none", marker=marker, ms=11, mfc=face,
                    mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.loyalty.{verdict}", lang))  # fmt: skip
    texts = [shown_name(i, names, 18) for i in known[subject]]
    for words in theme.label_points(ax, known["attitude"], known["behaviour"], texts):
        words.set_bbox(theme.BACKING)
    legend_below(fig, [ax], [], 4)
    theme.note(fig, t("chart.loyalty.reading", lang))
    source_note(fig, lang, n=known["n"].sum(), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(
    here: pd.DataFrame, known: pd.DataFrame, subject: str, names: Mapping[str, str] | None,
    lang: str,
) -> dict[str, str]:  # fmt: skip
    talk = known[known["verdict"] == "says_more_than_does"]
    return {
        "key": "title" if len(talk) else "title_none",
        "n": number(len(known), lang), "talk": number(len(talk), lang),
        "names": short_list([f"“{shown_name(i, names)}”" for i in talk[subject]],
                            t("chart.source.comma", lang), 2) or "–",
        "do": number((known["verdict"] == "does_more_than_says").sum(), lang),
        "same": number((~known["verdict"].isin(_APART)).sum(), lang),
        "raters": number(known["n"].sum(), lang),
        "wave": theme.data_text(known["wave"].iloc[0]),
        "left": number(len(here) - len(known), lang),
    }  # fmt: skip


def _ground(ax: Axes, lang: str) -> None:
    ax.plot([0, 100], [0, 100], color=RULE, lw=1.4, ls=(0, (6, 3)), zorder=1,
            label=t("chart.loyalty.diagonal", lang))  # fmt: skip
    ax.fill_between([0, 100], [0, 100], 0, color="#F7E9EC", lw=0, zorder=0)
    for key, x, y, ha, va in (("corner_says", 98, 3, "right", "bottom"),
                              ("corner_does", 2, 97, "left", "top")):  # fmt: skip
        ax.text(x, y, t(f"chart.loyalty.{key}", lang), ha=ha, va=va, color=MUTED, fontsize=11.5,
                weight="bold", zorder=2)  # fmt: skip
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel=t("chart.loyalty.x", lang),
           ylabel=t("chart.loyalty.y", lang))  # fmt: skip
    theme.value_grid(ax, "both")


def _spans(ax: Axes, known: pd.DataFrame, scores: pd.DataFrame, subject: str) -> None:
    """Intervals of both scores as a cross."""
    ends = scores[scores["wave"] == known["wave"].iloc[0]]
    wide = ends.drop_duplicates([subject, "dimension"]).pivot(
        index=subject, columns="dimension", values=["low", "high"]
    )
    wide = wide.reindex(known[subject])
    x, y = known["attitude"].to_numpy(float), known["behaviour"].to_numpy(float)
    for draw, at, name in ((ax.hlines, y, "attitude"), (ax.vlines, x, "behaviour")):
        low, high = (wide[(end, name)].to_numpy(float) for end in ("low", "high"))
        draw(at, np.clip(low, 0, 100), np.clip(high, 0, 100), color=SERIES[0], lw=1.6, alpha=0.35,
             zorder=3)  # fmt: skip
