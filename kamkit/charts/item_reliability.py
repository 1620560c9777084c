"""How well the items of a scale measure one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, dimension_name, item_words, name_rows
from kamkit.charts.sheet import fit_lines
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, label, listed, number, t
from kamkit.schemes.surveys import Survey

_ROOM = 250.0  # points of an item's words
Alphas = Mapping[Any, Mapping[Any, Any]]
_ITEM_SIGNS = {
    "ok": ("o", SERIES[0], PAPER), "weak": ("s", PAPER, MUTED), "better_without": ("v", BAD, PAPER),
    "unreversed": ("X", BAD, PAPER), "no_variance": ("s", PAPER, MUTED),
    "unknown": ("s", PAPER, MUTED),
}  # fmt: skip


def plot_item_reliability(
    items: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    warnings: pd.DataFrame | None = None,
    survey: Survey | None = None,
) -> Figure:
    """Alpha of each scale with its interval, and what it would be without each item.

    Needs columns: those of ``Reliability.items`` (``dimension`` where there are several scales);
    ``measures`` and ``warnings`` are its other tables. Crosses run against the other items;
    where alpha was refused, the chart says why.

    >>> plot_item_reliability(pd.DataFrame({"item": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if items.empty:
        return blank(t("chart.alpha.topic", lang), lang)
    parts = [_with_scale(x) for x in (items, measures, warnings)]
    rows = parts[0].reset_index(drop=True)
    alphas = _alphas(parts[1])
    said = _alpha_said(rows, alphas, survey, lang)
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.47 * len(rows)), title=t(f"chart.alpha.{said.pop('key')}", lang, **said),
        alt=t("chart.alpha.alt", lang, **said),
    )  # fmt: skip
    _alpha_bands(ax, rows, alphas, lang)
    _item_marks(ax, rows, lang)
    name_rows(ax, [fit_lines(item_words(i, lang, survey), _ROOM, 11, 2) for i in rows["item"]])
    ax.tick_params(axis="y", labelsize=11)
    right = column_words(ax, range(len(rows)), [number(r, lang, 2) for r in rows["item_rest"]],
                         10, t("chart.alpha.head_rest", lang))  # fmt: skip
    _scale_words(ax, rows, alphas, right, survey, lang)
    legend_below(fig, [ax], [], 3)
    theme.note(fig, t("chart.alpha.reading", lang))
    _warn(fig, parts[2], survey, lang)
    rule = pd.DataFrame(list(alphas.values()))
    source_note(fig, lang, n=rows["n"].max(), variant=constant(rule, "variant"),
                origin=constant(rule, "origin"))  # fmt: skip
    return fig


def _with_scale(table: pd.DataFrame | None) -> pd.DataFrame:
    if table is None:
        return pd.DataFrame({"dimension": []})
    return table if "dimension" in table.columns else table.assign(dimension="")


def _alphas(measures: pd.DataFrame) -> dict[Any, dict[Any, Any]]:
    """The row of alpha of each scale."""
    if not len(measures):
        return {}
    rows = measures[measures["measure"] == "alpha"].to_dict("records")
    return {row["dimension"]: row for row in rows}


def _alpha_said(
    rows: pd.DataFrame, alphas: Alphas, survey: Survey | None, lang: str
) -> dict[str, str]:
    known = [row for row in alphas.values() if row["value"] == row["value"]]
    against = int((rows["status"] == "unreversed").sum())
    said = {
        "key": "title_refused", "n": number(len(rows), lang), "against": number(against, lang),
        "scales": number(rows["dimension"].nunique(), lang),
        "people": number(rows["n"].max(), lang), "name": "–", "alpha": "–", "range": "–",
    }  # fmt: skip
    if len(known):
        low = min(known, key=lambda row: float(row["value"]))
        said |= {
            "key": "title_against" if against else "title" if len(known) > 1 else "title_one",
            "name": dimension_name(low["dimension"], lang, survey),
            "alpha": number(low["value"], lang, 2),
            "range": interval(low["low"], low["high"], lang, 2),
        }  # fmt: skip
    return said


def _alpha_bands(ax: Axes, rows: pd.DataFrame, alphas: Alphas, lang: str) -> None:
    """Alpha of a scale, with its interval, behind the rows of its items."""
    first = True
    for name, part in rows.groupby("dimension", sort=False):
        top, bottom = part.index.min() - 0.42, part.index.max() + 0.42
        if top > 0:
            ax.axhline(top - 0.08, color=RULE, lw=0.9)
        row = alphas.get(name, {"value": float("nan")})
        if row["value"] != row["value"]:
            continue
        ax.fill_betweenx([top, bottom], row["low"], row["high"], color=SERIES[0], alpha=0.14,
                         lw=0, label=t("chart.alpha.band", lang) if first else None)  # fmt: skip
        ax.plot([row["value"]] * 2, [top, bottom], color=SERIES[0], lw=2,
                label=t("chart.alpha.alpha", lang) if first else None)  # fmt: skip
        first = False
    ends = [*rows["alpha_if_dropped"].dropna()]
    ends += [float(row[c]) for c in ("low", "value") for row in alphas.values()]
    low = min(v for v in [0.7, *ends] if v == v)
    ax.axvline(0.7, color=MUTED, lw=1.2, ls=(0, (2, 2)), label=t("chart.alpha.usual", lang))
    ax.set_xlim(max(-1.0, low - 0.04 * (1 - low)), 1)
    ax.set_xlabel(t("chart.alpha.x", lang))


def _item_marks(ax: Axes, rows: pd.DataFrame, lang: str) -> None:
    left = ax.get_xlim()[0]
    for status, (marker, face, edge) in _ITEM_SIGNS.items():
        here = rows[(rows["status"] == status) & rows["alpha_if_dropped"].notna()]
        if len(here):
            x = here["alpha_if_dropped"].clip(lower=left)
            ax.plot(x, here.index, ls="none", marker=marker, ms=9, mfc=face, mec=edge, mew=1.5,
                    zorder=4, clip_on=False, label=t(f"chart.alpha.{status}", lang))  # fmt: skip


def _scale_words(
    ax: Axes, rows: pd.DataFrame, alphas: Alphas, right: float, survey: Survey | None,
    lang: str,
) -> None:  # fmt: skip
    at, texts = [], []
    for name, part in rows.groupby("dimension", sort=False):
        lines = [dimension_name(name, lang, survey)] if name else []
        if name in alphas:
            row = alphas[name]
            known = row["value"] == row["value"]
            lines += [
                t("chart.alpha.mark", lang, alpha=number(row["value"], lang, 2),
                  range=interval(row["low"], row["high"], lang, 2)) if known
                else t("chart.alpha.refused", lang)
            ]  # fmt: skip
        at.append((part.index.min() + part.index.max()) / 2)
        texts.append("\n".join(lines))
    column_words(ax, at, texts, right, "")


def _warn(fig: Figure, warnings: pd.DataFrame, survey: Survey | None, lang: str) -> None:
    for row in warnings.to_dict("records"):
        named = [item_words(i, lang, survey) for i in str(row["items"]).split("; ") if i]
        words = label(f"reliability.{row['code']}", lang, "")
        if not words:
            continue
        words = words.format(items=listed(named, lang),
                             n=number(row["n"], lang))  # fmt: skip
        where = dimension_name(row["dimension"], lang, survey) if row["dimension"] else ""
        theme.note(fig, t("chart.alpha.warn", lang, name=where, words=words) if where else words)
