"""The stage worksheet as a form: where the relationship is, where it should be, five actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, settle, sheet, words
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stage_drawings import STAGES, draw_stage, stage_words
from kamkit.charts.theme import (
    ACCENT,
    BAD,
    GOOD,
    GRID,
    INK,
    MUTED,
    PAPER,
    RULE,
    SEQUENTIAL,
    WARN,
    Figure,
)
from kamkit.i18n import day, number, t
from kamkit.schemes.relationship import relationship_scheme

_PANEL, _GAP, _DRAWING = 128.0, 15.0, 62.0
_ROW = 42.0
_COLUMNS = {"what": 34.0, "owner": 404.0, "due": 500.0, "status": 596.0}
_STATUS = {
    "done": ("o", GOOD), "doing": ("o", SEQUENTIAL(0.45)), "planned": ("o", PAPER),
    "late": ("X", BAD), "dropped": ("x", MUTED),
}  # fmt: skip


def plot_stage_worksheet(
    where: pd.DataFrame,
    actions: pd.DataFrame,
    *,
    lang: str,
    suggestions: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Where the relationship stands, where it should be by when, and the five lines of action.

    Needs the tables ``where``, ``actions`` and ``suggestions`` of ``stage_worksheet``.
    Suggestions fill empty lines in grey: they are not agreed. Both sides' own judgement stands
    beside what the ties show.

    >>> empty = pd.DataFrame()
    >>> plot_stage_worksheet(empty, empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if where.empty:
        return blank(t("chart.worksheet.topic", lang), lang)
    row = where.iloc[0].to_dict()
    known = stage_words(lang)
    said = _said(row, actions, known, lang)
    key = "title" if row["target_stage"] else "title_open"
    fig, ax = sheet(t(f"chart.worksheet.{key}", lang, **said),
                    t("chart.worksheet.alt", lang, **said))  # fmt: skip
    pen = Pen()
    y = _ladder(ax, pen, row, known, lang)
    y = _actions(ax, pen, y, actions, _hints(suggestions, lang), names, lang)
    pen.draw(ax)
    theme.note(fig, t("chart.worksheet.reading", lang))
    source_note(fig, lang, n=len(_filled(actions)), variant=constant(where, "variant"),
                origin=constant(where, "origin"))  # fmt: skip
    settle(fig, ax, y + 4)
    return fig


def _filled(actions: pd.DataFrame) -> pd.DataFrame:
    if actions.empty:
        return actions
    return actions[actions["what"].map(lambda v: isinstance(v, str) and bool(v.strip()))]


def _said(
    row: Mapping[Any, Any], actions: pd.DataFrame, known: Mapping[str, str], lang: str
) -> dict[str, str]:
    filled = _filled(actions)
    late = filled["late"].fillna(False).astype(bool).sum() if len(filled) else 0
    date = row.get("target_on")
    return {
        "stage": known.get(str(row["stage"]), t("chart.stages.none", lang)),
        "target": known.get(str(row["target_stage"]), ""),
        "day": day(date, lang) if pd.notna(date) else t("chart.worksheet.no_day", lang),
        "lines": number(len(filled), lang),
        "late": number(late, lang),
    }


def _ladder(
    ax: Axes, pen: Pen, row: Mapping[Any, Any], known: Mapping[str, str], lang: str
) -> float:
    """The five stages with now, target and what each side thinks."""
    height = _DRAWING + 30
    for i, stage in enumerate(STAGES):
        x = i * (_PANEL + _GAP)
        now, aim = stage == row["stage"], stage == row["target_stage"]
        edge, lw = (ACCENT, 2.4) if now else (GOOD, 2.4) if aim else (RULE, 0.8)
        pen.box(x, 20, _PANEL, height, "#F3F7F9" if now else "#EEF6F4" if aim else PAPER, edge, lw)
        draw_stage(pen, stage, x + 22, 26, _PANEL - 44, _DRAWING)
        words(ax, x + _PANEL / 2, 20 + _DRAWING + 18, known[stage], 11, weight="bold",
              ha="center")  # fmt: skip
        heads = [t("chart.worksheet.now", lang)] * now + [t("chart.worksheet.aim", lang)] * aim
        words(ax, x + _PANEL / 2, 9, " / ".join(heads), 10.5, weight="bold", ha="center",
              color=ACCENT if now else GOOD)  # fmt: skip
        views = [side for side in ("us", "customer") if row.get(f"judged_by_{side}") == stage]
        for k, side in enumerate(views):
            text = t(f"chart.worksheet.judged_{side}", lang)
            pen.mark(x + 14, height + 32 + 15 * k, 7, ACCENT if side == "us" else WARN, PAPER,
                     "o" if side == "us" else "D")  # fmt: skip
            words(ax, x + 22, height + 32 + 15 * k, fit(text, _PANEL - 22, 9.5), 9.5, color=MUTED)
        if i:
            pen.mark(x - _GAP / 2, 20 + height / 2, 8, MUTED, MUTED, ">")
    return _decay_views(ax, row, known, height + 66, lang)


def _decay_views(
    ax: Axes, row: Mapping[Any, Any], known: Mapping[str, str], y: float, lang: str
) -> float:
    """Who sees the relationship coming apart: that is no place on the ladder."""
    for side in ("us", "customer"):
        view = str(row.get(f"judged_by_{side}") or "")
        if view in known and view not in STAGES:
            text = t("chart.worksheet.view", lang, side=t(f"chart.worksheet.judged_{side}", lang),
                     stage=known[view])  # fmt: skip
            words(ax, 0, y - 8, text, 10.5, color=BAD, weight="bold")
            y += 20
    return y


def _hints(suggestions: pd.DataFrame | None, lang: str) -> list[str]:
    if suggestions is None or suggestions.empty:
        return []
    texts = {s.id: s.text[lang] for s in relationship_scheme().suggestions}
    return [texts.get(str(s), str(s)) for s in suggestions["suggestion_id"]]


def _actions(
    ax: Axes, pen: Pen, top: float, actions: pd.DataFrame, hints: Sequence[str],
    names: Mapping[str, str] | None, lang: str,
) -> float:  # fmt: skip
    for key, x in _COLUMNS.items():
        words(ax, x, top, t(f"chart.worksheet.{key}", lang), 10.5, weight="bold")
    y = top + 12
    pen.line([(0, y), (WIDTH, y)], RULE, 1.0)
    rows = actions.to_dict("records") or [{} for _ in range(5)]
    spare = iter(hints)
    for i, row in enumerate(rows):
        middle = y + _ROW / 2
        pen.mark(14, middle, 18, PAPER, ACCENT)
        words(ax, 14, middle - 0.3, str(i + 1), 10.5, weight="bold", ha="center", color=ACCENT,
              z=8)  # fmt: skip
        what = row.get("what")
        if isinstance(what, str) and what.strip():
            words(ax, _COLUMNS["what"], middle, fit_lines(what, 358, 10.5, 2), 10.5)
            _entry(ax, pen, middle, row, names, lang)
        else:
            _empty(ax, pen, middle, next(spare, ""), lang)
        y += _ROW
        pen.line([(0, y), (WIDTH, y)], GRID, 0.9)
    return y + 6


def _entry(
    ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], names: Mapping[str, str] | None,
    lang: str,
) -> None:  # fmt: skip
    owner, due = row.get("owner_id"), row.get("due")
    told = isinstance(owner, str) and bool(owner)
    text = (names or {}).get(str(owner), str(owner)) if told else t("chart.worksheet.no_owner",
                                                                   lang)  # fmt: skip
    words(ax, _COLUMNS["owner"], y, fit(text, 90, 10.5), 10.5, color=INK if told else BAD)
    dated = pd.notna(due)
    text = day(due, lang) if dated else t("chart.worksheet.no_day", lang)
    words(ax, _COLUMNS["due"], y, text, 10.5, color=INK if dated else BAD)
    state = _state(row)
    shape, color = _STATUS[state]
    edge = MUTED if state in ("planned", "doing") else color
    pen.mark(_COLUMNS["status"] + 6, y, 9, color, edge, shape)
    text = t(f"chart.worksheet.status_{state}", lang)
    words(ax, _COLUMNS["status"] + 16, y, fit(text, WIDTH - _COLUMNS["status"] - 18, 10.5), 10.5,
          color=BAD if state == "late" else INK)  # fmt: skip


def _state(row: Mapping[Any, Any]) -> str:
    if pd.notna(row.get("late")) and bool(row.get("late")):
        return "late"
    if pd.notna(row.get("done_on")) or row.get("status") == "done":
        return "done"
    status = str(row.get("status"))
    return status if status in _STATUS else "planned"


def _empty(ax: Axes, pen: Pen, y: float, hint: str, lang: str) -> None:
    """A line to fill in, with what the open needs suggest."""
    if hint:
        text = t("chart.worksheet.hint", lang, text=hint)
        words(ax, _COLUMNS["what"], y, fit_lines(text, 358, 9.5, 2), 9.5, color=MUTED)
    for key, wide in (("what", 358.0), ("owner", 84.0), ("due", 84.0), ("status", 96.0)):
        if key != "what" or not hint:
            x = _COLUMNS[key]
            pen.line([(x, y + 8), (x + wide, y + 8)], RULE, 0.9, dashed=True)
