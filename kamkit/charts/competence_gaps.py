"""Competences against the role profile: a whole team as a grid, or one person in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, full_name, key_name
from kamkit.charts.rows import column_words, name_rows, signed, whiskers
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, GRID, INK, MUTED, PAPER, SERIES, WARN, Figure
from kamkit.i18n import number, t

_NAMES, _ROW, _HEAD = 112.0, 25.0, 48.0
_LOOKS = {
    "short": ("v", BAD, BAD, "#F9EDEF"), "maybe_short": ("v", PAPER, WARN, PAPER),
    "maybe_met": ("o", PAPER, MUTED, PAPER), "met": ("o", GOOD, GOOD, PAPER),
}  # fmt: skip


def plot_competence_gaps(
    gaps: pd.DataFrame,
    *,
    lang: str,
    member_id: str | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Required less rated level of each person and competence, and whether the gap is sure.

    Needs columns: those of ``competence_gaps``. The most sure gaps stand on top. With
    ``member_id`` one person: required level, rating with its interval, own view.

    >>> plot_competence_gaps(pd.DataFrame({"gap": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.competence_gaps.topic", lang)
    if gaps.empty:
        return blank(topic, lang)
    if member_id is not None:
        mine = gaps[gaps["member_id"].astype(str) == str(member_id)]
        return blank(topic, lang) if mine.empty else _one_person(mine, names, lang)
    order = _order(gaps)
    kinds = sorted(gaps["competency"].unique())
    shown = order[:limit]
    said = {
        "n": number(len(order), lang), "sure": number((gaps["status"] == "short").sum(), lang),
        "maybe": number((gaps["status"] == "maybe_short").sum(), lang),
        "cells": number(gaps["rated"].notna().sum(), lang),
        "people": number(gaps.loc[gaps["status"] == "short", "member_id"].nunique(), lang),
    }  # fmt: skip
    fig, ax = sheet(t("chart.competence_gaps.title", lang, **said),
                    t("chart.competence_gaps.alt", lang, **said))  # fmt: skip
    bottom = _matrix(ax, gaps, shown, kinds, names, lang)
    notes = [t("chart.competence_gaps.reading", lang)]
    if len(shown) < len(order):
        notes.append(t("chart.people.shown", lang, shown=str(len(shown)), n=str(len(order)),
                       what=t("chart.person_effects.rows", lang)))  # fmt: skip
    close(fig, lang, gaps, gaps["rated"].notna().sum(), *notes)
    settle(fig, ax, bottom)
    return fig


def _order(gaps: pd.DataFrame) -> list[Any]:
    """People with the most sure gaps first, then by the sum of their gaps."""
    short = gaps.assign(short=gaps["status"] == "short", size=gaps["gap"].clip(lower=0).fillna(0))
    found = short.groupby("member_id", as_index=False)[["short", "size"]].sum()
    found = found.sort_values(["short", "size", "member_id"], ascending=[False, False, True],
                              kind="stable")  # fmt: skip
    return list(found["member_id"])


def _matrix(
    ax: Axes, gaps: pd.DataFrame, shown: list[Any], kinds: list[str],
    names: Mapping[str, str] | None, lang: str,
) -> float:  # fmt: skip
    pen = Pen()
    wide = (WIDTH - _NAMES) / len(kinds)
    cells = {(r["member_id"], r["competency"]): r for r in gaps.to_dict("records")}
    heads = [key_name("competency", kind, lang, 60) for kind in kinds]
    size = _head_size(heads, wide)
    for k, head in enumerate(heads):
        text = fit_lines(head, wide - 1, size, 3, "bold")
        words(ax, _NAMES + (k + 0.5) * wide, _HEAD / 2, text, size, weight="bold", ha="center")
    y = _HEAD
    for i, member in enumerate(shown):
        if i % 2 == 0:
            pen.box(0, y, WIDTH, _ROW, "#F6F8F9")
        words(ax, 4, y + _ROW / 2, fit(full_name(member, names), _NAMES - 8, 10.5), 10.5)
        for k, kind in enumerate(kinds):
            row = cells.get((member, kind))
            if row is not None:
                _cell(ax, pen, _NAMES + k * wide, y, wide, row, lang)
        y += _ROW
    y += 16
    y += legend(ax, pen, y, _signs(lang))
    pen.draw(ax)
    return y


def _head_size(heads: Sequence[str], wide: float) -> float:
    """The largest size at which no single word of a heading has to be cut."""
    words_ = [word for head in heads for word in head.split()]
    sizes = (10.5, 10.0, 9.5, 9.0)
    fits = [s for s in sizes
            if all(theme.text_width(w, s, "bold") <= wide - 1 for w in words_)]  # fmt: skip
    return fits[0] if fits else 8.5


def _cell(
    ax: Axes, pen: Pen, x: float, y: float, wide: float, row: Mapping[Any, Any], lang: str
) -> None:
    middle, down = x + wide / 2, y + _ROW / 2
    status = str(row["status"])
    if status not in _LOOKS:
        sign = t(f"chart.competence_gaps.sign_{status}", lang)
        words(ax, middle, down, sign, 10.5, color=MUTED, ha="center")
        return
    marker, face, edge, ground = _LOOKS[status]
    if ground != PAPER:
        pen.box(x + 2, y + 2, wide - 4, _ROW - 4, ground, edge, 0.8)
    pen.mark(middle - 18, down, 8, face, edge, marker)
    # Above the required level is a plus for the person: the sign turns round.
    words(ax, middle - 8, down, signed(-float(row["gap"]), lang, 1), 10.5,
          weight="bold" if status == "short" else "normal", color=INK)  # fmt: skip


def _signs(lang: str) -> list[tuple[Any, float, str]]:
    def mark(key: str) -> Any:
        marker, face, edge, _ = _LOOKS[key]
        return lambda pen, x, y: pen.mark(x + 6, y, 8, face, edge, marker)

    items = [(mark(key), 13.0, t(f"chart.competence_gaps.{key}", lang)) for key in _LOOKS]
    none = lambda pen, x, y: pen.box(x, y, 0.1, 0.1, GRID)  # noqa: E731
    return [*items, (none, 0.0, t("chart.competence_gaps.not_drawn", lang))]


def _one_person(mine: pd.DataFrame, names: Mapping[str, str] | None, lang: str) -> Figure:
    shown = mine.sort_values(["gap", "competency"], ascending=[False, True], kind="stable",
                             na_position="last").reset_index(drop=True)  # fmt: skip
    said = {
        "name": shown_name(shown["member_id"].iloc[0], names), "n": number(len(shown), lang),
        "sure": number((shown["status"] == "short").sum(), lang),
        "maybe": number((shown["status"] == "maybe_short").sum(), lang),
        "period": theme.data_text(shown["period"].iloc[0]),
    }  # fmt: skip
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.4 * max(len(shown), 2)),
        title=t("chart.competence_gaps.title_one", lang, **said),
        alt=t("chart.competence_gaps.alt_one", lang, **said),
    )  # fmt: skip
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0], 6)
    ax.plot(shown["required"], at, ls="none", marker="|", ms=17, mew=3, mec=SERIES[1], zorder=3,
            label=t("chart.competence_gaps.required", lang))  # fmt: skip
    ax.plot(shown["rated"], at, ls="none", marker="o", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.competence_gaps.rated", lang))  # fmt: skip
    ax.plot(shown["self"], at, ls="none", marker="s", ms=8, mfc=PAPER, mec=MUTED, mew=1.7,
            zorder=3.5, label=t("chart.competence_gaps.self", lang))  # fmt: skip
    name_rows(ax, [key_name("competency", c, lang) for c in shown["competency"]])
    texts = [t(f"chart.competence_gaps.{s}", lang) if s in _LOOKS
             else t(f"chart.competence_gaps.word_{s}", lang) for s in shown["status"]]  # fmt: skip
    right = column_words(ax, at.tolist(), texts, 10, t("chart.competence_gaps.head_status", lang))
    column_words(ax, at.tolist(), [number(n, lang) for n in shown["n"]], right,
                 t("chart.competence_gaps.head_n", lang))  # fmt: skip
    ax.set_xlim(0.9, 5.1)
    ax.set_xticks([1, 2, 3, 4, 5])
    ax.set_xlabel(t("chart.competence_gaps.x", lang))
    legend_below(fig, [ax], [], 4)
    return close(fig, lang, mine, len(mine), t("chart.competence_gaps.reading_one", lang))
