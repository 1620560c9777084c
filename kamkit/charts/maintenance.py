"""Looking after accounts: six tactics, planned and done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GRID, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, label, number, percent, t

_NAMES, _TOTAL, _ROW, _HEAD = 122.0, 164.0, 30.0, 40.0
_FACES = {"on_plan": "#CFE3DE", "behind": "#E7EDF1", "unknown": PAPER, "not_planned": PAPER}
_FILL = {"on_plan": "#8FC2B6", "behind": "#9DB7C4"}


def plot_maintenance(
    lines: pd.DataFrame,
    *,
    lang: str,
    accounts: pd.DataFrame | None = None,
    tactics: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 16,
) -> Figure:
    """Six maintenance tactics by account: done of planned, and what nobody planned.

    Needs columns: those of ``MaintenanceScorecard.lines``; ``accounts`` and ``tactics`` are its
    other tables. Lowest share first. A tick: all done; a cross: not planned; a question mark:
    nobody recorded what was done. The last column and row are shares with 95% intervals.

    >>> plot_maintenance(pd.DataFrame({"tactic": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if lines.empty:
        return blank(t("chart.maintenance.topic", lang), lang)
    order = _order(lines, accounts)
    shown, kinds = order[:limit], list(dict.fromkeys(lines["tactic"]))
    said = _said(lines, order, shown, lang)
    fig, ax = sheet(t(f"chart.maintenance.{said.pop('key')}", lang, **said),
                    t("chart.maintenance.alt", lang, **said))  # fmt: skip
    pen = Pen()
    wide = (WIDTH - _NAMES - _TOTAL) / len(kinds)
    for i, kind in enumerate(kinds):
        text = fit_lines(label(f"tactic.{kind}", lang, kind), wide - 6, 10.5, 2, "bold")
        words(ax, _NAMES + (i + 0.5) * wide, _HEAD / 2 - 3, text, 10.5, weight="bold", ha="center")
    words(ax, WIDTH, _HEAD / 2 - 3, t("chart.maintenance.total", lang), 10.5, weight="bold",
          ha="right")  # fmt: skip
    cells = {(r["account_id"], r["tactic"]): r for r in lines.to_dict("records")}
    totals = {} if accounts is None else {r["account_id"]: r for r in accounts.to_dict("records")}
    y = _HEAD
    for account in shown:
        words(ax, 0, y + _ROW / 2, fit(shown_name(account, names, 40), _NAMES - 8, 11), 11)
        for i, kind in enumerate(kinds):
            if (account, kind) in cells:
                _cell(ax, pen, _NAMES + i * wide, y, wide, cells[(account, kind)], lang)
        if account in totals:
            _total(ax, pen, y, totals[account], lang)
        y += _ROW
    y = _tactic_row(ax, pen, y, wide, kinds, tactics, lang) + 16
    y += legend(ax, pen, y, _signs(lang))
    pen.draw(ax)
    theme.note(fig, t("chart.maintenance.reading", lang))
    if len(shown) < len(order):
        theme.note(fig, t("chart.maintenance.shown", lang, **said))
    source_note(fig, lang, n=lines["planned"].sum(),
                variant=constant(accounts, "variant") if accounts is not None else ["wilson"],
                origin=constant(lines, "origin"))  # fmt: skip
    settle(fig, ax, y)
    return fig


def _order(lines: pd.DataFrame, accounts: pd.DataFrame | None) -> list[Any]:
    if accounts is not None and len(accounts):
        ranked = accounts.sort_values(["share", "account_id"], kind="stable", na_position="first")
        return [a for a in ranked["account_id"] if a in set(lines["account_id"])]
    sums = lines.groupby("account_id", sort=True)[["done", "planned"]].sum()
    share = (sums["done"] / sums["planned"].where(sums["planned"] > 0)).sort_values(
        kind="stable", na_position="first")  # fmt: skip
    return list(share.index)


def _said(lines: pd.DataFrame, order: list[Any], shown: list[Any], lang: str) -> dict[str, str]:
    known = lines["planned"].sum() - lines["unknown"].sum()
    done = lines["done"].sum()
    gaps = int((lines["care_state"] == "not_planned").sum())
    return {
        "key": "title" if gaps else "title_full", "done": number(done, lang),
        "planned": number(lines["planned"].sum(), lang),
        "share": percent(done / known if known else float("nan"), lang, 0),
        "gaps": number(gaps, lang),
        "unknown": number(lines["unknown"].sum(), lang),
        "n": number(len(order), lang), "shown": number(len(shown), lang),
    }  # fmt: skip


def _cell(
    ax: Axes, pen: Pen, x: float, y: float, wide: float, row: Mapping[Any, Any], lang: str
) -> None:
    state, middle = str(row["care_state"]), (x + wide / 2, y + _ROW / 2)
    pen.box(x + 2, y + 2, wide - 4, _ROW - 4, _FACES.get(state, PAPER), GRID, 0.8)
    if state == "not_planned":
        pen.mark(*middle, 8, BAD, shape="x")
        return
    if state in _FILL and row["share"] == row["share"]:
        pen.box(x + 2, y + 2, (wide - 4) * row["share"], _ROW - 4, _FILL[state])
    key = "cell_unknown" if state == "unknown" else "cell_done" if state == "on_plan" else "cell"
    text = t(f"chart.maintenance.{key}", lang, done=number(row["done"], lang),
             planned=number(row["planned"], lang))  # fmt: skip
    if row["extra"] > 0:
        text += f" +{number(row['extra'], lang)}"
    words(ax, *middle, text, 10.5, ha="center")


def _total(ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], lang: str) -> None:
    """Share of all tactics with its interval, drawn on a line of its own."""
    left, room, middle = WIDTH - _TOTAL + 8, 58.0, y + _ROW / 2
    pen.line([(left, middle), (left + room, middle)], GRID, 1)
    if row["share"] != row["share"]:
        words(ax, WIDTH, middle, "–", 10.5, ha="right")
        return
    ends = [(left + room * row[c], middle) for c in ("low", "high")]
    pen.line(ends, "#8BA2AE", 4)
    pen.mark(left + room * row["share"], middle, 8, SERIES[0], PAPER)
    text = t("chart.maintenance.mark", lang, share=percent(row["share"], lang, 0),
             range=interval(row["low"], row["high"], lang, 0, share=True))  # fmt: skip
    words(ax, WIDTH, middle, fit(text, _TOTAL - room - 14, 9.5), 9.5, ha="right")


def _tactic_row(
    ax: Axes, pen: Pen, y: float, wide: float, kinds: list[str], tactics: pd.DataFrame | None,
    lang: str,
) -> float:  # fmt: skip
    """All accounts together, tactic by tactic."""
    if tactics is None or not len(tactics):
        return y
    pen.line([(0, y + 4), (WIDTH, y + 4)], RULE, 1)
    words(ax, 0, y + 24, t("chart.maintenance.all", lang), 11, weight="bold")
    found = {r["tactic"]: r for r in tactics.to_dict("records")}
    for i, kind in enumerate(kinds):
        if kind in found:
            row, x = found[kind], _NAMES + (i + 0.5) * wide
            words(ax, x, y + 17, percent(row["share"], lang, 0), 10.5, ha="center", weight="bold")
            text = interval(row["low"], row["high"], lang, 0, share=True)
            words(ax, x, y + 32, fit(text, wide - 2, 9), 9, ha="center", color=MUTED)
    return y + 42


def _signs(lang: str) -> list[tuple[Any, float, str]]:
    def bar(face: str, fill: str, part: float) -> Any:
        def draw(pen: Pen, x: float, y: float) -> None:
            pen.box(x, y - 6, 26, 12, face, GRID, 0.8)
            pen.box(x, y - 6, 26 * part, 12, fill)

        return draw

    def cross(pen: Pen, x: float, y: float) -> None:
        pen.mark(x + 5, y, 8, BAD, shape="x")

    return [
        (bar(_FACES["on_plan"], _FILL["on_plan"], 1), 26, t("chart.maintenance.on_plan", lang)),
        (bar(_FACES["behind"], _FILL["behind"], 0.6), 26, t("chart.maintenance.behind", lang)),
        (cross, 11, t("chart.maintenance.not_planned", lang)),
    ]
