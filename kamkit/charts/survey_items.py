"""What moved a score: items, and who answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import (
    column_words,
    dimension_name,
    item_words,
    least_most,
    name_rows,
    signed,
    whiskers,
)
from kamkit.charts.sheet import fit_lines
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, t
from kamkit.schemes.surveys import Survey

_RESPONDENTS = "respondents"
_ROOM = 250.0  # points of an item's words
_MOVED = {"up": ("^", GOOD), "down": ("v", BAD)}


def plot_what_moved(
    effects: pd.DataFrame,
    *,
    lang: str,
    totals: pd.DataFrame | None = None,
    account_id: str | None = None,
    side: str = "customer",
    names: Mapping[str, str] | None = None,
    survey: Survey | None = None,
) -> Figure:
    """Points that each item, and who answered, brought to one account's change of total.

    Needs columns: those of ``WhatMoved.effects``; ``totals`` is its other table. Without
    ``account_id`` the account that the same people moved most. Triangles: zero is left out;
    hollow: within noise; diamonds: other people answered, which is no change of opinion.

    >>> plot_what_moved(pd.DataFrame({"effect": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.moved.topic", lang)
    here = effects[effects["side"] == side] if len(effects) else effects
    if here.empty:
        return blank(topic, lang)
    chosen = account_id if account_id is not None else _most_moved(here)
    rows = here[here["account_id"].astype(str) == str(chosen)]
    rows = rows[(rows["item"] != _RESPONDENTS) | (rows["effect"].abs() > 0.005)]
    if rows.empty:
        return blank(topic, lang)
    order = {d: i for i, d in enumerate(dict.fromkeys(here["dimension"]))}
    rows = rows.assign(place=rows["dimension"].map(order), mix=rows["item"] == _RESPONDENTS)
    rows = rows.sort_values(["place", "mix", "effect"], kind="stable", ignore_index=True)
    said = _moved_said(rows, totals, chosen, side, names, lang)
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.48 * len(rows)), title=t(f"chart.moved.{said.pop('key')}", lang, **said),
        alt=t("chart.moved.alt", lang, **said),
    )  # fmt: skip
    _effects(ax, rows, lang)
    _moved_names(ax, rows, side, survey, lang)
    legend_below(fig, [ax], [], 4)
    theme.note(fig, t("chart.moved.reading", lang))
    source_note(fig, lang, n=float(rows["n"].max()), variant=constant(rows, "variant"),
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _most_moved(effects: pd.DataFrame) -> str:
    """The account that the same people's answers moved most, where two or more answered twice."""
    items = effects[effects["item"] != _RESPONDENTS]
    several = items[items.groupby("account_id")["n"].transform("max") > 1]
    sums = (several if len(several) else effects).groupby("account_id")["effect"].sum()
    return str(sums.abs().idxmax())


def _moved_said(
    rows: pd.DataFrame, totals: pd.DataFrame | None, chosen: str, side: str,
    names: Mapping[str, str] | None, lang: str,
) -> dict[str, str]:  # fmt: skip
    change = float(rows["effect"].sum())
    mix = float(rows.loc[rows["mix"], "effect"].sum())
    ends: Mapping[Any, Any] = {"before": float("nan"), "after": float("nan")}
    if totals is not None and len(totals):
        own = totals[(totals["account_id"].astype(str) == str(chosen)) & (totals["side"] == side)]
        ends = own.to_dict("records")[0] if len(own) else ends
    moved = int(rows["status"].isin(list(_MOVED)).sum())
    return {
        "key": "title" if moved else "title_none",
        "name": shown_name(chosen, names), "change": signed(change, lang),
        "items": signed(change - mix, lang), "mix": signed(mix, lang),
        "moved": number(moved, lang), "n": number((~rows["mix"]).sum(), lang),
        "before": number(ends["before"], lang), "after": number(ends["after"], lang),
        "people": number(rows["n"].max(), lang),
    }  # fmt: skip


def _effects(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(rows))
    colors = [_MOVED.get(s, ("", MUTED))[1] for s in rows["status"]]
    ax.hlines(at, 0, rows["effect"], color=colors, lw=9, alpha=0.28, zorder=1)
    whiskers(ax, at, rows, ("low", "high"), MUTED, 2.2)
    status, mix = rows["status"].to_numpy(object), rows["mix"].to_numpy(bool)
    kinds = [
        ("up", status == "up", "^", GOOD, PAPER), ("down", status == "down", "v", BAD, PAPER),
        ("noise", ~np.isin(status, ["up", "down"]) & ~mix, "o", PAPER, MUTED),
        ("mix", mix, "D", PAPER, SERIES[1]),
    ]  # fmt: skip
    for key, here, marker, face, edge in kinds:
        if here.any():
            ax.plot(rows["effect"].to_numpy()[here], at[here], ls="none", marker=marker, ms=10,
                    mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=t(f"chart.moved.{key}", lang))  # fmt: skip
    ax.axvline(0, color=INK, lw=1.2, zorder=1.5)
    low, high = least_most(rows, ("effect", "low", "high"))
    room = max(high, 0) - min(low, 0) or 1
    ax.set_xlim(min(low, 0) - 0.05 * room, max(high, 0) + 0.05 * room)
    ax.set_xlabel(t("chart.moved.x", lang))


def _moved_names(ax: Axes, rows: pd.DataFrame, side: str, survey: Survey | None, lang: str) -> None:
    texts, sides = [], []
    for row in rows.to_dict("records"):
        own = t("chart.moved.other_people", lang) if row["mix"] else item_words(
            row["item"], lang, survey, side)  # fmt: skip
        texts.append(fit_lines(own, _ROOM, 11, 2))
        ends = t("chart.moved.ends", lang, before=number(row["before"], lang),
                 after=number(row["after"], lang))  # fmt: skip
        sides.append("" if row["mix"] else ends)
    name_rows(ax, texts)
    ax.tick_params(axis="y", labelsize=11)
    at = range(len(rows))
    effects = [signed(x, lang) for x in rows["effect"]]
    right = column_words(ax, at, effects, 10, t("chart.moved.head_points", lang))
    right = column_words(ax, at, sides, right, t("chart.moved.head_ends", lang))
    firsts = rows.index[~rows["dimension"].duplicated()]
    heads = [dimension_name(rows["dimension"][i], lang, survey) for i in firsts]
    column_words(ax, list(firsts), heads, right, t("chart.moved.head_dimension", lang))
    for i in firsts[1:]:
        ax.axhline(i - 0.5, color=RULE, lw=0.9)
