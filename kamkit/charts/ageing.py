"""Open deals by the time that they have been in their stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import stage_name, stage_order
from kamkit.charts.theme import BACKING, BAD, MUTED, PAPER, SERIES, WARN, Figure, label_points
from kamkit.i18n import money, number, t
from kamkit.schemes import Ladder

_LOOKS: dict[str, dict[str, Any]] = {
    "ok": {"marker": "o", "facecolor": PAPER, "edgecolor": SERIES[0], "linewidth": 1.3},
    "slow": {"marker": "^", "facecolor": WARN, "edgecolor": PAPER, "linewidth": 0.8},
    "stuck": {"marker": "D", "facecolor": BAD, "edgecolor": PAPER, "linewidth": 0.8},
    "beyond_history": {"marker": "X", "facecolor": BAD, "edgecolor": PAPER, "linewidth": 0.8},
    "too_little_history": {"marker": "s", "facecolor": PAPER, "edgecolor": MUTED, "linewidth": 1},
}
_TOO_LONG = ("stuck", "beyond_history")
_SMALL, _LARGE = 26.0, 330.0
_BINS, _PER_BIN = 70, 5


def plot_ageing(
    ageing: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    ladder: Ladder | None = None,
    max_labels: int = 8,
) -> Figure:
    """Open deals by stage and days in it, against the days by which 80 % and 90 % have left.

    Needs columns: those of ``stage_ageing``. The area of a mark is the amount; of the deals that
    have been there too long the ``max_labels`` largest are named.

    >>> plot_ageing(pd.DataFrame({"flag": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    placed = ageing[ageing["flag"] != "no_stay"] if len(ageing) else ageing
    if placed.empty:
        return blank(t("chart.ageing.topic", lang), lang)
    stages = stage_order(placed["stage"], ladder)
    said = _said(ageing, placed, currency, lang)
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.86 * len(stages)), title=t("chart.ageing.title", lang, **said),
        alt=t("chart.ageing.alt", lang, **said),
    )  # fmt: skip
    top = max(float(placed["days"].max()), float(placed["p90"].max(skipna=True) or 0), 1.0)
    y = _places(placed, stages, top)
    _limits(ax, placed, stages, lang)
    _dots(ax, placed, y, lang)
    _named(ax, placed, y, names, currency, lang, max_labels)
    names_ = [_stage_words(placed, s, lang, ladder) for s in stages]
    ax.set_yticks(range(len(stages)), names_, multialignment="right")
    ax.set_ylim(len(stages) - 0.45, -0.55)
    ax.set_xlim(0, top * 1.06)
    ax.set_xlabel(t("chart.ageing.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=4)
    for handle in fig.legends[0].legend_handles:
        if isinstance(handle, PathCollection) and not isinstance(handle, LineCollection):
            handle.set_sizes([70.0])
    theme.note(fig, t("chart.ageing.reading", lang))
    if len(placed) < len(ageing):
        theme.note(fig, t("chart.ageing.unknown", lang, **said))
    source_note(fig, lang, n=len(placed), variant=constant(placed, "variant"),
                origin=constant(placed, "origin"))  # fmt: skip
    return fig


def _said(ageing: pd.DataFrame, placed: pd.DataFrame, currency: str, lang: str) -> dict[str, str]:
    late = placed[placed["flag"].isin(_TOO_LONG)]
    whole = float(placed["amount"].sum())
    return {
        "late": number(len(late), lang),
        "open": number(len(placed), lang),
        "amount": money(late["amount"].sum(), currency, lang),
        "total": money(whole, currency, lang),
        "without": number(len(ageing) - len(placed), lang),
    }


def _stage_words(placed: pd.DataFrame, stage: Any, lang: str, ladder: Ladder | None) -> str:
    rows = placed[placed["stage"] == stage]
    first = rows.iloc[0]
    name = stage_name(stage, lang, ladder)
    key = "stage" if first["p80"] == first["p80"] else "stage_none"
    said = {"p80": number(first["p80"], lang), "p90": number(first["p90"], lang)}
    return t(f"chart.ageing.{key}", lang, stage=name, n=number(len(rows), lang), **said)


def _places(placed: pd.DataFrame, stages: list[Any], top: float) -> np.ndarray:
    """Row of each mark: marks of like days stand above and below each other."""
    row = placed["stage"].map({s: i for i, s in enumerate(stages)}).to_numpy(float)
    slot = np.floor(placed["days"].to_numpy(float) / top * _BINS)
    nth = pd.Series(1).reindex(range(len(placed)), fill_value=1).groupby([row, slot]).cumcount()
    step = (nth.to_numpy() % _PER_BIN + 1) // 2 * np.where(nth.to_numpy() % 2, -1, 1)
    return np.asarray(row + step * 0.13)


def _limits(ax: Axes, placed: pd.DataFrame, stages: list[Any], lang: str) -> None:
    facts = placed.drop_duplicates("stage").set_index("stage")
    rows = np.arange(len(stages))
    for key, color, line in (("p80", WARN, (0, (4, 2))), ("p90", BAD, "-")):
        x = facts.loc[stages, key].to_numpy(float)
        ax.vlines(x, rows - 0.4, rows + 0.4, color=color, ls=line, lw=1.8,
                  label=t(f"chart.ageing.{key}", lang))  # fmt: skip


def _dots(ax: Axes, placed: pd.DataFrame, y: np.ndarray, lang: str) -> None:
    amount = placed["amount"].clip(lower=0).fillna(0).to_numpy(float)
    most = amount.max() or 1.0
    area = _SMALL + (_LARGE - _SMALL) * amount / most
    order = np.argsort(-area, kind="stable")  # small marks on top of large ones
    for flag, look in _LOOKS.items():
        here = order[(placed["flag"] == flag).to_numpy()[order]]
        if len(here):
            words = t(f"chart.ageing.{flag}", lang, n=number(len(here), lang))
            ax.scatter(placed["days"].to_numpy()[here], y[here], s=area[here], zorder=3,
                       label=words, **look)  # fmt: skip


def _named(
    ax: Axes,
    placed: pd.DataFrame,
    y: np.ndarray,
    names: Mapping[str, str] | None,
    currency: str,
    lang: str,
    most: int,
) -> None:
    late = placed.assign(_y=y)[placed["flag"].isin(_TOO_LONG)]
    late = late.sort_values("amount", ascending=False, kind="stable").head(most)
    words = [
        t("chart.ageing.name", lang, name=shown_name(i, names, 18), amount=money(a, currency, lang))
        for i, a in zip(late["opportunity_id"], late["amount"], strict=True)
    ]
    # The other marks follow without a name, so that no name is put over one of them.
    rest = placed.assign(_y=y).drop(index=late.index)
    days, rows = [*late["days"], *rest["days"]], [*late["_y"], *rest["_y"]]
    labels = label_points(ax, days, rows, words + [""] * len(rest), max_labels=len(late))
    for words_ in labels:
        words_.set_bbox(BACKING)
