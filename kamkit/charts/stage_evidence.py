"""What each stage of a relationship needs, what was found, and what is lacking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sheet import WIDTH, Pen, fit_lines, settle, sheet, words
from kamkit.charts.sources import blank, source_note
from kamkit.charts.stage_drawings import JOINT, stage_words
from kamkit.charts.theme import ACCENT, BAD, GRID, INK, MUTED, RULE, Figure
from kamkit.i18n import number, t
from kamkit.schemes.relationship import relationship_scheme

_ROW = 25.0


def plot_stage_evidence(
    evidence: pd.DataFrame,
    *,
    lang: str,
    indicators: pd.DataFrame | None = None,
    ladder: str = "stages",
    stage: str = "",
) -> Figure:
    """What each stage needs, what was found, and what is lacking.

    Needs columns: those of ``RelationshipStage.evidence``; ``indicators`` gives the intervals;
    ``ladder`` is stages (S103) or types (S105). A tick is met, a cross is not, a question mark
    is not known.

    >>> plot_stage_evidence(pd.DataFrame({"ladder": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    rows = evidence[evidence["ladder"] == ladder] if len(evidence) else evidence
    if rows.empty:
        return blank(t("chart.evidence.topic", lang), lang)
    known = stage_words(lang)
    open_ = rows[rows["met"].isna() | ~rows["met"].fillna(False).astype(bool)]
    said = {
        "met": number(len(rows) - len(open_), lang), "n": number(len(rows), lang),
        "stage": known.get(stage, t("chart.stages.none", lang)),
    }  # fmt: skip
    fig, ax = sheet(t("chart.evidence.title" if stage else "chart.evidence.title_plain", lang,
                      **said), t("chart.evidence.alt", lang, **said))  # fmt: skip
    pen = Pen()
    for column, x, ha in (("needed", 350.0, "right"), ("value", 420.0, "right"),
                          ("lacking", 492.0, "left")):  # fmt: skip
        words(ax, x, 8, t(f"chart.evidence.{column}", lang), 10.5, weight="bold", ha=ha)
    y = 20.0
    spans = _spans(indicators)
    for key, own in rows.groupby("stage", sort=False):
        passed = bool(own["met"].fillna(False).astype(bool).all())
        pen.box(0, y, WIDTH, 22, "#EAF0F3" if key == stage else "#F4F6F7")
        if key == stage:
            pen.box(0, y, 5, 22, ACCENT)
        words(ax, 12, y + 11, known.get(str(key), str(key)), 11.5, weight="bold")
        state = "reached" if passed else "open"
        words(ax, WIDTH - 6, y + 11, t(f"chart.evidence.{state}", lang), 10, ha="right",
              color=JOINT if passed else MUTED, weight="bold")  # fmt: skip
        y += 25
        for row in own.to_dict("records"):
            _need(ax, pen, y, row, spans, lang)
            y += _ROW
        y += 5
    pen.draw(ax)
    theme.note(fig, t("chart.evidence.reading", lang))
    source_note(fig, lang, n=len(rows), variant=["all_needs_in_order"],
                origin=list(dict.fromkeys(rows["origin"])))  # fmt: skip
    settle(fig, ax, y)
    return fig


Span = tuple[float, float]


def _spans(indicators: pd.DataFrame | None) -> dict[str, Span]:
    if indicators is None:
        return {}
    return {str(r["indicator"]): (r["low"], r["high"]) for r in indicators.to_dict("records")}


def _figure(value: Any, unit: str, lang: str) -> str:
    if pd.isna(value):
        return "?"
    if unit == "share":
        return f"{number(100 * value, lang)}%"
    if unit == "yes_no":
        return t("word.yes" if value else "word.no", lang)
    return number(value, lang)


def _need(
    ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], spans: Mapping[str, Span], lang: str
) -> None:
    found = {i.id: i for i in relationship_scheme().indicators}.get(str(row["indicator"]))
    name, unit = (found.label[lang], found.unit) if found else (str(row["indicator"]), "count")
    middle = y + _ROW / 2
    met = row["met"]
    shape, color = ("$?$", MUTED) if pd.isna(met) else ("o", JOINT) if met else ("x", BAD)
    pen.mark(17, middle, 8.5, color, color, shape)
    words(ax, 32, middle, fit_lines(name, 245, 10, 2), 10)
    sign = {"at_least": "≥", "at_most": "≤"}[str(row["relation"])]
    needed = _figure(row["needed"], unit, lang)
    words(ax, 350, middle, needed if unit == "yes_no" else f"{sign} {needed}", 10.5, ha="right",
          color=MUTED)  # fmt: skip
    words(ax, 420, middle, _figure(row["value"], unit, lang), 10.5, ha="right", weight="bold",
          color=INK if pd.notna(met) and met else color)  # fmt: skip
    low, high = spans.get(str(row["indicator"]), (float("nan"), float("nan")))
    if low == low and high == high and low != high and unit != "yes_no":
        text = t("chart.gates.range", lang, low=_figure(low, unit, lang),
                 high=_figure(high, unit, lang))  # fmt: skip
        words(ax, 425, middle, f"({text})", 9, color=MUTED)
    _track(pen, middle, row, (low, high))
    pen.line([(0, y + _ROW), (WIDTH, y + _ROW)], GRID, 0.6, z=1)


def _track(pen: Pen, y: float, row: Mapping[Any, Any], span: Span) -> None:
    """The figure on a line with its mark to reach."""
    left, right = 492.0, WIDTH - 8
    value, needed = row["value"], row["needed"]
    if pd.isna(value):
        pen.line([(left, y), (right, y)], RULE, 1.0, dashed=True)
        return
    top = max(value, needed, *(s for s in span if s == s)) * 1.15 or 1.0
    met = bool(row["met"])

    def x(at: float) -> float:
        return left + (right - left) * at / top

    pen.line([(left, y), (right, y)], GRID, 1.0)
    pen.line([(left, y), (x(value), y)], JOINT if met else BAD, 5.0)
    low, high = span
    if low == low and high == high and low != high:
        pen.line([(x(low), y), (x(high), y)], INK, 1.3, z=6)
    pen.line([(x(needed), y - 8), (x(needed), y + 8)], INK, 1.8, z=6)
