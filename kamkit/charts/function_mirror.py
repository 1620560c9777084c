"""The function mirror: which function of ours faces which of theirs, and how firmly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.influence_routes import WIDTHS
from kamkit.charts.influence_style import grade, tags
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, settle, sheet, words
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.theme import ACCENT, BAD, INK, MUTED, PAPER, RULE, Figure
from kamkit.i18n import label, listed, number, t
from kamkit.schemes.contacts import contact_scheme

_BOX = 225.0
_ROW, _GAP = 54.0, 9.0
_THEIRS = "#6E3B14"


def plot_function_mirror(
    pairs: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Functions of both sides face to face; the line between them is their strongest tie.

    Needs columns: those of ``FunctionMirror.pairs`` (pair, customers, ours, available,
    strongest, links, customer_ids, our_ids, state). ``names`` gives the people's names.

    >>> plot_function_mirror(pd.DataFrame({"pair": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if pairs.empty:
        return blank(t("chart.mirror.topic", lang), lang)
    labels = pair_names(lang)
    rows = pairs.to_dict("records")
    said = _said(rows, labels, lang)
    key = "title_gap" if said["open"] else "title"
    fig, ax = sheet(t(f"chart.mirror.{key}", lang, **said), t("chart.mirror.alt", lang, **said))
    pen = Pen()
    for x, side, ha, color in ((0.0, "us", "left", ACCENT), (WIDTH, "customer", "right", _THEIRS)):
        words(ax, x, 9, t(f"chart.mirror.{side}", lang), 12, weight="bold", ha=ha, color=color)
    words(ax, WIDTH / 2, 9, t("chart.mirror.between", lang), 10.5, ha="center", color=MUTED)
    y = 24.0
    for row in rows:
        _pair(ax, pen, y, row, labels, names, lang)
        y += _ROW + _GAP
    pen.draw(ax)
    theme.note(fig, t("chart.mirror.reading", lang))
    source_note(fig, lang, n=len(rows), variant=constant(pairs, "variant") or ["tie_ge2"],
                origin=constant(pairs, "origin"))  # fmt: skip
    settle(fig, ax, y)
    return fig


def pair_names(lang: str) -> dict[str, str]:
    """Function pairs in words.

    >>> pair_names("en")["board"]
    'Board'
    """
    return {p.id: p.label[lang] for p in contact_scheme().pairs}


def _linked(row: Mapping[Any, Any]) -> bool:
    return str(row["state"]) == "linked"


def _said(
    rows: Sequence[Mapping[Any, Any]], labels: Mapping[str, str], lang: str
) -> dict[str, str]:
    open_ = [labels.get(str(r["pair"]), str(r["pair"])) for r in rows if not _linked(r)]
    return {
        "n": number(len(rows), lang),
        "linked": number(len(rows) - len(open_), lang),
        "open": listed(open_[:4], lang) + (" …" if len(open_) > 4 else ""),
    }


def _pair(
    ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], labels: Mapping[str, str],
    names: Mapping[str, str] | None, lang: str,
) -> None:  # fmt: skip
    name = labels.get(str(row["pair"])) or label(f"contact_function.{row['pair']}", lang,
                                                 str(row["pair"]))  # fmt: skip
    middle = y + _ROW / 2
    for side, x, color, tint in (
        ("us", 0.0, ACCENT, "#EEF4F7"), ("customer", WIDTH - _BOX, _THEIRS, "#F8F2EC"),
    ):  # fmt: skip
        people = _people(row, side, names, lang)
        face = tint if people and row["links"] else PAPER
        pen.box(x, y, _BOX, _ROW, face, color if people else RULE, 1.2 if people else 0.9)
        bar = x + _BOX - 6 if side == "us" else x
        pen.box(bar, y, 6, _ROW, color if people else RULE)
        start = x + (9 if side == "us" else 15)
        words(ax, start, y + 14, fit(name, _BOX - 26, 11.5, "bold"), 11.5, weight="bold",
              color=INK if people else MUTED)  # fmt: skip
        text = people or t("chart.mirror.nobody", lang)
        words(ax, start, y + 36, fit_lines(text, _BOX - 26, 10, 2), 10, color=MUTED)
    _link(ax, pen, middle, row, lang)


def _people(row: Mapping[Any, Any], side: str, names: Mapping[str, str] | None, lang: str) -> str:
    """Who holds the ties of a pair on one side, else how many people there are."""
    ids = tags(row["our_ids" if side == "us" else "customer_ids"])
    if ids:
        return listed(((names or {}).get(p, p) for p in ids), lang)
    if side == "customer":
        return t("chart.mirror.known", lang, n=number(row["customers"], lang)) if row[
            "customers"] else ""  # fmt: skip
    if row["ours"]:
        return t("chart.mirror.ours_elsewhere", lang, n=number(row["ours"], lang))
    free = row["available"]
    return t("chart.mirror.available", lang, n=number(free, lang)) if free == free and free else ""


def _link(ax: Axes, pen: Pen, y: float, row: Mapping[Any, Any], lang: str) -> None:
    left, right, center = _BOX + 5, WIDTH - _BOX - 5, WIDTH / 2
    strength = grade(row["strongest"]) or 0
    if strength:
        pen.line([(left, y), (right, y)], ACCENT, 1.6 * WIDTHS[min(strength, 4)])
        for x in (left, right):
            pen.mark(x, y, 9, ACCENT, PAPER)
        pen.mark(center, y, 21, PAPER, ACCENT, z=6)
        words(ax, center, y - 0.3, str(strength), 11, weight="bold", ha="center", color=ACCENT, z=8)
        text = t("chart.mirror.links", lang, n=number(row["links"], lang))
        words(ax, center + 16, y - 12, text, 9.5, color=MUTED)
        if not _linked(row):
            words(ax, center, y + 19, t("chart.mirror.weak", lang), 9.5, ha="center", color=BAD)
        return
    pen.line([(left, y), (center - 14, y)], RULE, 1.4, dashed=True)
    pen.line([(center + 14, y), (right, y)], RULE, 1.4, dashed=True)
    pen.mark(center, y, 11, BAD, BAD, "x", 6)
    words(ax, center, y + 17, t(f"chart.mirror.{row['state']}", lang), 9.5, ha="center", color=BAD)
