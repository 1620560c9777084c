"""One person's development plan on a page: what, why, how, who, by when, and what will show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, full_name, key_name
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.theme import ACCENT, GRID, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import day, number, percent, t

_CARD, _GAP = 112.0, 12.0
_SCALE_X, _SCALE = 196.0, 168.0
_FACTS_X = 400.0


def plot_development(
    plan: pd.DataFrame,
    *,
    lang: str,
    member_id: str | None = None,
    progress: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """The development plan of one person: a card for each action, the most pressing first.

    Needs columns: those of ``development_plan``; ``progress`` is the table of
    ``development_progress``. ``member_id``: default the first. Each card shows the required
    level, the rating with its interval, and training, owner, date and evidence.

    >>> plot_development(pd.DataFrame({"competency": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.development.topic", lang)
    if plan.empty:
        return blank(topic, lang)
    wanted = plan["member_id"].iloc[0] if member_id is None else member_id
    mine = plan[plan["member_id"].astype(str) == str(wanted)].sort_values("place")
    if mine.empty:
        return blank(topic, lang)
    rows = mine.to_dict("records")
    said = {
        "name": shown_name(wanted, names), "n": number(len(rows), lang),
        "act": number((mine["step"] == "act").sum(), lang),
        "first": key_name("competency", rows[0]["competency"], lang),
        "due": day(rows[0]["due"], lang),
    }  # fmt: skip
    fig, ax = sheet(t("chart.development.title", lang, **said),
                    t("chart.development.alt", lang, **said))  # fmt: skip
    pen = Pen()
    moved = {} if progress is None or progress.empty else {
        (r["member_id"], r["competency"]): r for r in progress.to_dict("records")}  # fmt: skip
    y = 4.0
    for place, row in enumerate(rows, start=1):
        _card(ax, pen, y, place, row, names, moved.get((row["member_id"], row["competency"])), lang)
        y += _CARD + _GAP
    y += legend(ax, pen, y + 4, _keys(lang))
    pen.draw(ax)
    close(fig, lang, mine, len(rows), t("chart.development.reading", lang),
          variant=["gap_weight_sureness"])  # fmt: skip
    settle(fig, ax, y)
    return fig


def _card(
    ax: Axes, pen: Pen, y: float, place: int, row: Mapping[Any, Any],
    names: Mapping[str, str] | None, moved: Mapping[Any, Any] | None, lang: str,
) -> None:  # fmt: skip
    pen.box(1, y, WIDTH - 2, _CARD, "#F6F8F9", GRID, 1)
    pen.mark(24, y + 26, 26, ACCENT, ACCENT)
    words(ax, 24, y + 26, number(place, lang), 13, color=PAPER, weight="bold", ha="center")
    name = fit_lines(key_name("competency", row["competency"], lang, 60), _SCALE_X - 56, 13, 2,
                     "bold")  # fmt: skip
    words(ax, 44, y + 26, name, 13, weight="bold")
    step = t(f"chart.development.{row['step']}", lang)
    words(ax, 18, y + 58, fit_lines(step, _SCALE_X - 34, 10.5, 2), 10.5)
    sure = t("chart.development.sureness", lang, share=percent(row["sureness"], lang, 0))
    words(ax, 18, y + 90, fit(sure, _SCALE_X - 34, 10.5), 10.5, color=MUTED)
    _scale(ax, pen, y + 48, row, lang)
    if moved is not None and moved["change"] == moved["change"]:
        text = t(f"chart.development.moved_{moved['progress']}", lang,
                 before=number(moved["gap_before"], lang, 1),
                 after=number(moved["gap_after"], lang, 1))  # fmt: skip
        words(ax, _SCALE_X, y + 96, fit(text, _FACTS_X - _SCALE_X - 16, 10.5), 10.5)
    _facts(ax, y, row, names, lang)


def _scale(ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], lang: str) -> None:
    """Levels 1 to 5 with what is required and what was rated."""

    def at(level: float) -> float:
        return _SCALE_X + _SCALE * (min(max(level, 1.0), 5.0) - 1) / 4

    pen.line([(at(1), y), (at(5), y)], RULE, 1, z=4)
    for level in (1, 2, 3, 4, 5):
        pen.line([(at(level), y - 3), (at(level), y + 3)], RULE, 1, z=4)
        words(ax, at(level), y + 15, number(level, lang), 9.5, color=MUTED, ha="center")
    if row["low"] == row["low"]:
        pen.line([(at(row["low"]), y), (at(row["high"]), y)], "#A5BFC9", 7, z=4)
    pen.line([(at(row["required"]), y - 11), (at(row["required"]), y + 11)], SERIES[1], 3.4, z=4)
    pen.mark(at(row["rated"]), y, 10, SERIES[0], PAPER)
    text = t("chart.development.gap", lang, rated=number(row["rated"], lang, 1),
             required=number(row["required"], lang))  # fmt: skip
    words(ax, _SCALE_X, y - 26, fit(text, _FACTS_X - _SCALE_X - 16, 10.5), 10.5, color=MUTED)


def _facts(
    ax: Axes, y: float, row: Mapping[Any, Any], names: Mapping[str, str] | None, lang: str
) -> None:
    room = WIDTH - _FACTS_X - 12
    training = str(row["training"] or "")
    facts = (
        ("training", key_name("training", training, lang, 60) if training
         else t("chart.development.no_training", lang)),
        ("owner", full_name(row["owner_id"], names)),
        ("due", day(row["due"], lang)),
        ("evidence", t(f"chart.development.evidence_{row['evidence']}", lang)),
    )  # fmt: skip
    wide = max(theme.text_width(t(f"chart.development.head_{k}", lang), 10.5) for k, _ in facts) + 8
    for i, (key, text) in enumerate(facts):
        at = y + 20 + 24 * i
        words(ax, _FACTS_X, at, t(f"chart.development.head_{key}", lang), 10.5, color=MUTED)
        words(ax, _FACTS_X + wide, at, fit_lines(text, room - wide, 10.5, 2), 10.5)


def _keys(lang: str) -> list[tuple[Any, float, str]]:
    return [
        (lambda pen, x, y: pen.line([(x + 6, y - 7), (x + 6, y + 7)], SERIES[1], 3.4), 12.0,
         t("chart.development.required", lang)),
        (lambda pen, x, y: pen.mark(x + 6, y, 9, SERIES[0], PAPER), 12.0,
         t("chart.development.rated", lang)),
        (lambda pen, x, y: pen.line([(x, y), (x + 18, y)], "#A5BFC9", 7), 18.0,
         t("chart.development.interval", lang)),
    ]  # fmt: skip
