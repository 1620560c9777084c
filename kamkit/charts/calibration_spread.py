"""How each rater used the five levels, under letters: a strip a rater."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.rows import column_words, name_rows, signed
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.theme import ACCENT, MUTED, PAPER, RULE, SEQUENTIAL, WARN, Figure, ink_on
from kamkit.i18n import number, percent, t

_HALF = 0.34  # half the height of a strip
_LEVELS = range(1, 6)


def plot_calibration_spread(spreads: pd.DataFrame, *, lang: str) -> Figure:
    """Share of each rater's scores at each level, the mean, and how lenient the rater is.

    Needs columns: those of ``CalibrationView.spreads`` (label, n_ratees, n_scores, hidden, mean,
    sd, level_1 … level_5, leniency, flagged). Strips run from the highest mean to the lowest;
    raters of few people stand at the end without figures. Nobody's name is drawn.

    >>> plot_calibration_spread(pd.DataFrame({"label": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if spreads.empty:
        return blank(t("chart.calibration_spread.topic", lang), lang)
    rows = spreads.sort_values(["hidden", "mean", "label"], ascending=[True, False, True])
    rows = rows.reset_index(drop=True)
    shown = rows[~rows["hidden"]]
    said = _said(rows, shown, lang)
    key = "title" if len(shown) > 1 else "title_few"
    fig, ax = theme.figure(
        (10.0, 2.5 + 0.66 * len(rows)), title=t(f"chart.calibration_spread.{key}", lang, **said),
        alt=t("chart.calibration_spread.alt", lang, **said),
    )  # fmt: skip
    name_rows(ax, [t("chart.calibration_spread.rater", lang, label=r) for r in rows["label"]])
    ax.tick_params(axis="y", labelsize=13)
    ax.grid(visible=False)
    for y, row in enumerate(rows.to_dict("records")):
        _strip(ax, y, row, lang)
    ax.set_xlim(0.5, 5.5)
    ax.set_xticks(list(_LEVELS))
    ax.set_xlabel(t("chart.calibration_spread.x", lang))
    if len(shown):
        ends = (-0.5, len(shown) - 0.5)
        ax.vlines(shown["mean"].mean(), *ends, color=MUTED, lw=1.2, ls=(0, (2, 2)), zorder=1.5)
    _words(ax, rows, lang)
    theme.note(fig, t("chart.calibration_spread.reading", lang))
    source_note(fig, lang, n=float(rows["n_scores"].sum()), variant=["manager_scores"],
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _said(rows: pd.DataFrame, shown: pd.DataFrame, lang: str) -> dict[str, str]:
    found = {"n": number(len(rows), lang), "hidden": number(len(rows) - len(shown), lang)}
    flagged = rows.loc[rows["flagged"].astype(bool), "label"].tolist()
    comma = t("chart.source.comma", lang)
    found["flagged"] = comma.join(flagged) or t("chart.calibration_spread.nobody", lang)
    for word, at in (("high", 0), ("low", -1)):
        found[word] = str(shown["label"].iloc[at]) if len(shown) else "–"
        found[f"{word}_mean"] = number(shown["mean"].iloc[at], lang, 1) if len(shown) else "–"
    return found


def _strip(ax: Axes, y: int, row: dict[Any, Any], lang: str) -> None:
    """Five cells: the fuller, the darker, each with its share; a diamond at the mean."""
    if row["hidden"]:
        ax.hlines(y, 0.5, 5.5, color=RULE, lw=1, ls=(0, (1, 3)))
        words = t("chart.calibration_spread.hidden", lang)
        ax.text(3, y, words, ha="center", va="center", color=MUTED, fontsize=11,
                bbox=theme.BACKING)  # fmt: skip
        return
    for level in _LEVELS:
        share = float(row[f"level_{level}"])
        face = SEQUENTIAL(min(1.0, 1.4 * share)) if share > 0 else PAPER
        box = Rectangle(
            (level - 0.5, y - _HALF), 1, 2 * _HALF, facecolor=face, edgecolor=RULE, lw=1
        )
        ax.add_patch(box)
        if share > 0:
            ax.text(level, y - 0.06, percent(share, lang, 0), ha="center", va="center",
                    fontsize=12, color=ink_on(face))  # fmt: skip
    ax.plot(row["mean"], y + _HALF, marker="D", ms=9, mfc=PAPER, mec=ACCENT, mew=2, zorder=6)


def _words(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    places = range(len(rows))
    dash = number(None, lang)
    means = [
        dash if row["hidden"] else f"{number(row['mean'], lang, 1)} ± {number(row['sd'], lang, 1)}"
        for row in rows.to_dict("records")
    ]
    people = [number(n, lang) for n in rows["n_ratees"]]
    at = column_words(ax, places, people, 10, t("chart.calibration_spread.people", lang))
    at = column_words(ax, places, means, at, t("chart.calibration_spread.mean", lang))
    if not rows["leniency"].notna().any():
        return
    head = t("chart.calibration_spread.leniency", lang)
    said = [_leniency(row, lang) for row in rows.to_dict("records")]
    column_words(ax, places, said, at, head)
    for text in ax.texts:
        if "▲" in text.get_text() or "▼" in text.get_text():
            text.set(color=WARN, weight="bold")


def _leniency(row: dict[Any, Any], lang: str) -> str:
    if row["leniency"] != row["leniency"]:
        return number(None, lang)
    words = signed(row["leniency"], lang)
    if not row["flagged"]:
        return words
    key = "lenient" if row["leniency"] > 0 else "strict"
    return f"{words}  {t(f'chart.calibration_spread.{key}', lang)}"
