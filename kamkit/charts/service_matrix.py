"""Which service every tier gets within the limits, and what has to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sheet import WIDTH, Pen, fit, fit_lines, legend, settle, sheet, words
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import money, number, percent, t
from kamkit.schemes.service import ServiceScheme, load_service_scheme

_NAMES, _HEAD, _FOOT = 104.0, 46.0, 56.0
_FLOOR, _GIVEN = "#F4F6F7", "#F9EDEF"


def plot_service_matrix(
    matrix: pd.DataFrame,
    *,
    lang: str,
    tiers: pd.DataFrame | None = None,
    measures: pd.DataFrame | None = None,
    service: ServiceScheme | None = None,
    currency: str = "",
) -> Figure:
    """Levels of service by kind and tier: the floor, what is allowed, and what is given up.

    Needs columns: those of ``ServiceMatrix.matrix``; ``tiers`` and ``measures`` are its other
    tables. Squares count the level from the lowest on, filled as far as it is allowed, crossed
    where it is given up; grey cells are the floor that everybody gets.

    >>> plot_service_matrix(pd.DataFrame({"tier": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if matrix.empty:
        return blank(t("chart.service_matrix.topic", lang), lang)
    scheme = service or load_service_scheme()
    paid = currency or scheme.currency
    found = {} if measures is None else dict(
        zip(measures["measure"], measures["value"], strict=True))  # fmt: skip
    said = _said(matrix, found, paid, lang)
    fig, ax = sheet(t(f"chart.service_matrix.{_key(matrix, found)}", lang, **said),
                    t("chart.service_matrix.alt", lang, **said))  # fmt: skip
    pen = Pen()
    order = list(dict.fromkeys(matrix["tier"]))
    kinds = list(dict.fromkeys(matrix["dimension"]))
    wide = (WIDTH - _NAMES) / len(order)
    # What is given up takes a line of its own.
    tall = 62.0 if (matrix["given_up"] > 0).any() else 48.0
    names = scheme.names(lang)
    counts = matrix.drop_duplicates("tier").set_index("tier")["accounts"]
    for i, tier in enumerate(order):
        x = _NAMES + i * wide
        words(ax, x + 8, 11, fit(names.get(tier, tier), wide - 12, 12, "bold"), 12, weight="bold")
        words(ax, x + 8, 29, t("chart.service_matrix.accounts", lang, n=number(counts[tier], lang)),
              10.5, color=MUTED)  # fmt: skip
    cells = {(r["dimension"], r["tier"]): r for r in matrix.to_dict("records")}
    levels = scheme.level_names(lang)
    for j, kind in enumerate(kinds):
        y = _HEAD + j * tall
        words(ax, 0, y + tall / 2, fit_lines(names.get(kind, kind), _NAMES - 8, 11.5, 2), 11.5,
              weight="bold")  # fmt: skip
        for i, tier in enumerate(order):
            if (kind, tier) in cells:
                place = (_NAMES + i * wide, y, wide, tall)
                _cell(ax, pen, place, cells[(kind, tier)], scheme, levels, lang)
    bottom = _HEAD + len(kinds) * tall + 8
    if tiers is not None and len(tiers):
        bottom = _costs(ax, pen, bottom, wide, order, tiers, paid, lang)
    bottom += 14 + legend(ax, pen, bottom + 12, _signs(lang))
    pen.draw(ax)
    drawn = matrix["kept_share"].notna().any()  # without draws nobody knows what is kept
    theme.note(fig, t(f"chart.service_matrix.{'reading' if drawn else 'order'}", lang))
    if found.get("over_budget_share", 0) > 0:
        theme.note(fig, t("chart.service_matrix.over", lang,
                          share=percent(found["over_budget_share"], lang, 0)))  # fmt: skip
    variant = constant(measures, "variant")[:1] if measures is not None else []
    source_note(fig, lang, n=counts.sum(), variant=variant, origin=constant(matrix, "origin"))
    settle(fig, ax, bottom)
    return fig


def _key(matrix: pd.DataFrame, found: Mapping[str, float]) -> str:
    if found.get("plan_feasible", 1) == 0:
        return "title_short"
    return "title" if (matrix["given_up"] > 0).any() else "title_whole"


def _said(
    matrix: pd.DataFrame, found: Mapping[str, float], currency: str, lang: str
) -> dict[str, str]:
    wanted, allowed = matrix["cost_wanted"].sum(), matrix["cost_allowed"].sum()
    nan = float("nan")
    return {
        "given": number((matrix["given_up"] > 0).sum(), lang),
        "cells": number((matrix["accounts"] > 0).sum(), lang),
        "wanted": money(wanted, currency, lang), "allowed": money(allowed, currency, lang),
        "saved": money(wanted - allowed, currency, lang),
        "hours": number(matrix["hours_allowed"].sum(), lang),
        "short": money(found.get("budget_short", nan), currency, lang),
        "short_hours": number(found.get("hours_short", nan), lang),
        "tiers": number(matrix["tier"].nunique(), lang),
    }  # fmt: skip


def _cell(
    ax: Axes, pen: Pen, place: tuple[float, float, float, float], row: Mapping[Any, Any],
    scheme: ServiceScheme, levels: Mapping[tuple[str, str], str], lang: str,
) -> None:  # fmt: skip
    x, y, wide, tall = place
    kind, given = str(row["dimension"]), int(row["given_up"])
    nobody = row["accounts"] == 0
    floor = row["allowed"] == row["floor"]
    face = PAPER if nobody else _GIVEN if given else _FLOOR if floor else "#E4EDF1"
    pen.box(x + 3, y + 3, wide - 6, tall - 6, face, BAD if given else GRID, 1.2 if given else 0.8)
    ids = list(scheme.dimension(kind).level_ids)
    now = ids.index(row["allowed"])
    color = MUTED if nobody else INK
    top = levels.get((kind, str(row["allowed"])), str(row["allowed"]))
    words(ax, x + 11, y + 16, fit(top, wide - 22, 10.5), 10.5, color=color)
    for k in range(len(ids)):
        at = x + 15 + 12 * k
        full, lost = k <= now, now < k <= now + given
        pen.mark(at, y + tall - 14, 7, SERIES[0] if full and not nobody else PAPER,
                 BAD if lost else SERIES[0] if full else RULE, "s")  # fmt: skip
        if lost:
            pen.mark(at, y + tall - 14, 6, BAD, shape="x", z=6)
    room = wide - 34 - 12 * len(ids)
    if given:
        meant = levels.get((kind, str(row["wanted"])), str(row["wanted"]))
        text = fit(t("chart.service_matrix.meant", lang, level=meant), wide - 20, 10)
        words(ax, x + 11, y + 31, text, 10, color=BAD)
    elif not floor and not nobody and row["kept_share"] < 0.995:
        text = t("chart.service_matrix.kept", lang, share=percent(row["kept_share"], lang, 0))
        words(ax, x + wide - 10, y + tall - 14, fit(text, room, 9.5), 9.5, color=MUTED, ha="right")


def _costs(
    ax: Axes, pen: Pen, y: float, wide: float, order: list[str], tiers: pd.DataFrame,
    currency: str, lang: str,
) -> float:  # fmt: skip
    rows = {r["tier"]: r for r in tiers.to_dict("records")}
    pen.line([(0, y), (WIDTH, y)], RULE, 1)
    for k, key in enumerate(("floor", "allowed", "wanted")):
        at = y + 13 + 16 * k
        weight = "bold" if key == "allowed" else "normal"
        words(ax, 0, at, t(f"chart.service_matrix.cost_{key}", lang), 10.5, color=MUTED,
              weight=weight)  # fmt: skip
        for i, tier in enumerate(order):
            if tier in rows:
                text = t("chart.service_matrix.cost", lang,
                         cost=money(rows[tier][f"cost_{key}"], currency, lang),
                         hours=number(rows[tier][f"hours_{key}"], lang))  # fmt: skip
                words(ax, _NAMES + i * wide + 8, at, fit(text, wide - 12, 10.5, weight), 10.5,
                      weight=weight)  # fmt: skip
    return y + _FOOT


def _signs(lang: str) -> list[tuple[Any, float, str]]:
    def square(face: str, edge: str, cross: bool = False) -> Any:
        def draw(pen: Pen, x: float, y: float) -> None:
            pen.mark(x + 5, y, 7, face, edge, "s")
            if cross:
                pen.mark(x + 5, y, 6, BAD, shape="x", z=6)

        return draw

    def box(pen: Pen, x: float, y: float) -> None:
        pen.box(x, y - 6, 18, 12, _FLOOR, GRID, 0.8)

    return [
        (square(SERIES[0], SERIES[0]), 12, t("chart.service_matrix.sign_allowed", lang)),
        (square(PAPER, BAD, True), 12, t("chart.service_matrix.sign_given", lang)),
        (square(PAPER, RULE), 12, t("chart.service_matrix.sign_higher", lang)),
        (box, 18, t("chart.service_matrix.sign_floor", lang)),
    ]
