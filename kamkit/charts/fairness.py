"""Selection rates by group: the four-fifths screen with what chance does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, row_chart
from kamkit.charts.rows import column_words, name_rows, whiskers
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, label, number, percent, t

_SIGNS = {"flagged": ("v", BAD, BAD), "passes": ("o", SERIES[0], SERIES[0]),
          "reference": ("D", INK, INK), "few": ("o", PAPER, MUTED)}  # fmt: skip


def plot_fairness(
    groups: pd.DataFrame,
    *,
    lang: str,
    decision: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Selection rate of each group with its interval, beside four fifths of the highest one.

    Needs columns: those of ``four_fifths``. ``decision``: default the first. A triangle lies
    below four fifths; a hollow mark has too few people to be judged. A screen, no legal finding.

    >>> plot_fairness(pd.DataFrame({"group": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.fairness.topic", lang)
    if groups.empty:
        return blank(topic, lang)
    if "decision" in groups.columns:
        wanted = groups["decision"].iloc[0] if decision is None else decision
        groups = groups[groups["decision"] == wanted]
    known = groups[groups["total"] > 0]
    if known.empty:
        return blank(topic, lang)
    known = known.assign(sign=_signs(known))
    shown = known.sort_values(["rate", "group"], ascending=[False, True], kind="stable")
    shown = shown.reset_index(drop=True)
    said = _said(shown, names, lang)
    key = {0: "title_few" if (shown["sign"] == "few").all() else "title_none"}.get(
        int((shown["sign"] == "flagged").sum()), "title")  # fmt: skip
    fig, ax = row_chart("fairness", len(shown), said, lang, key=key, per=0.42)
    _rows(ax, shown, said, lang)
    name_rows(ax, [shown_name(g, names) for g in shown["group"]])
    _beside(ax, shown, lang)
    ax.set_xlim(0, min(1.0, max(0.1, float(shown["high"].max()) * 1.04)))
    ax.set_xlabel(t("chart.fairness.x", lang))
    theme.percent_axis(ax, "x", lang)
    legend_below(fig, [ax], [], 4)
    return close(fig, lang, known, known["total"].sum(), t("chart.fairness.screen", lang),
                 t("chart.fairness.reading", lang))  # fmt: skip


def _signs(known: pd.DataFrame) -> list[str]:
    note = known["note"].astype(str)
    flagged = known["flagged"].fillna(False).astype(bool)
    few = note.str.contains("too_few")
    reference = note.str.contains("reference")
    return list(np.select([few, flagged, reference], ["few", "flagged", "reference"], "passes"))


def _said(shown: pd.DataFrame, names: Mapping[str, str] | None, lang: str) -> dict[str, str]:
    low = shown[shown["sign"] == "flagged"]
    least = (low if len(low) else shown).iloc[-1]
    judged = shown[shown["sign"] != "few"]
    top = float(judged["rate"].max()) if len(judged) else float("nan")
    return {
        "n": number(len(shown), lang), "people": number(shown["total"].sum(), lang),
        "flagged": number(len(low), lang), "name": shown_name(least["group"], names),
        "ratio": percent(_plain(least["ratio"]), lang, 0), "p": number(least["fisher_p"], lang, 3),
        "line": percent(0.8 * top, lang, 0), "cut": number(0.8 * top, "en", 6),
    }  # fmt: skip


def _plain(ratio: object) -> float:
    return float("nan") if ratio is None else float(ratio)  # type: ignore[arg-type]


def _rows(ax: Axes, shown: pd.DataFrame, said: Mapping[str, str], lang: str) -> None:
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0], 5)
    judged = shown[shown["sign"] != "few"]
    if len(judged):
        cut = 0.8 * float(judged["rate"].max())
        ax.axvspan(0, cut, color=RULE, alpha=0.13, lw=0, zorder=0)
        ax.axvline(cut, color=INK, lw=1.4, ls=(0, (6, 3)), zorder=1,
                   label=t("chart.fairness.line", lang, **said))  # fmt: skip
    for key, (marker, face, edge) in _SIGNS.items():
        here = (shown["sign"] == key).to_numpy()
        if here.any():
            ax.plot(shown["rate"].to_numpy(float)[here], at[here], ls="none", marker=marker,
                    ms=10, mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.fairness.{key}", lang))  # fmt: skip


def _beside(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = range(len(shown))
    rows = shown.to_dict("records")
    counts = [t("chart.fairness.count", lang, selected=number(r["selected"], lang),
                total=number(r["total"], lang)) for r in rows]  # fmt: skip
    right = column_words(ax, at, counts, 10, t("chart.fairness.head_count", lang))
    ratios = ["–" if _plain(r["ratio"]) != _plain(r["ratio"]) or r["sign"] == "reference" else
              t("chart.fairness.ratio", lang, ratio=percent(_plain(r["ratio"]), lang, 0),
                range=interval(r["ratio_low"], r["ratio_high"], lang, 0, share=True))
              for r in rows]  # fmt: skip
    right = column_words(ax, at, ratios, right, t("chart.fairness.head_ratio", lang))
    p = ["–" if r["fisher_p"] != r["fisher_p"] else number(r["fisher_p"], lang, 3) for r in rows]
    right = column_words(ax, at, p, right, t("chart.fairness.head_p", lang))
    notes = [theme.wrap(_note(r["note"], lang), 96, 10.5) for r in rows]
    if any(notes):
        column_words(ax, at, notes, right, "")


def _note(note: object, lang: str) -> str:
    return label(f"chart.fairness.note_{note}", lang, "") if note else ""
