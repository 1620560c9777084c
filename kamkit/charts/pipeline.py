"""Pictures of the open pipeline: by stage, how concentrated, and whether it is enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import period_name, stage_name
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import interval, label, money, number, percent, t
from kamkit.schemes import Ladder

_RULE_OF_THREE = 3.0
_EMPTY: dict[str, Any] = {"facecolor": "#DCE6EB", "edgecolor": SERIES[0]}


def plot_pipeline(
    stages: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame,
    currency: str = "",
    ladder: Ladder | None = None,
) -> Figure:
    """Open deals by stage: how many, how many of them too long there, and for how much money.

    Needs columns: those of ``PipelineNow.stages``, drawn in their order; ``measures`` is its
    other table (open_deals, open_pipeline, open_weighted, open_stuck). Weighted is amount times
    the probability of the CRM; deals without one are left out of it.

    >>> empty = pd.DataFrame({"stage": []})
    >>> plot_pipeline(empty, lang="en", measures=empty).alt
    'Nothing to show: the table is empty.'
    """
    if stages.empty:
        return blank(t("chart.pipeline.topic", lang), lang)
    said = _pipeline_words(stages, measures, currency, lang)
    fig, (left, right) = theme.figure(
        (10.0, 3.1 + 0.62 * len(stages)), cols=2, sharey=True,
        title=t("chart.pipeline.title", lang, **said),
        alt=t("chart.pipeline.alt", lang, **said),
    )  # fmt: skip
    _counts(left, stages, lang)
    _money(right, stages, currency, lang)
    none = t("chart.pipeline.no_stage", lang)
    names = [stage_name(s, lang, ladder) if s else none for s in stages["stage"]]
    left.set_yticks(range(len(stages)), names)
    left.set_ylim(len(stages) - 0.45, -0.55)
    fig.legend(loc="outside lower left", ncols=4)
    if stages["without_probability"].any():
        theme.note(fig, t("chart.pipeline.no_probability", lang, **said))
    if stages["unknown"].any():
        theme.note(fig, t("chart.pipeline.no_amount", lang, **said))
    source_note(fig, lang, n=stages["deals"].sum(), variant=["crm_weighted"],
                origin=constant(stages, "origin"))  # fmt: skip
    return fig


def _pipeline_words(
    stages: pd.DataFrame, measures: pd.DataFrame, currency: str, lang: str
) -> dict[str, str]:
    value = measures.set_index("measure")["value"]
    return {
        "deals": number(value["open_deals"], lang),
        "amount": money(value["open_pipeline"], currency, lang),
        "weighted": money(value["open_weighted"], currency, lang),
        "late": number(value["open_stuck"], lang),
        "bare": number(value["open_without_amount"], lang),
        "without": number(value["open_without_probability"], lang),
    }


def _counts(ax: Axes, table: pd.DataFrame, lang: str) -> None:
    rows, deals, late = range(len(table)), table["deals"], table["stuck"]
    ax.barh(rows, deals, 0.62, color=SERIES[0], label=t("chart.pipeline.deals", lang))
    if late.any():
        ax.barh(rows, late, 0.62, facecolor=PAPER, edgecolor=BAD, hatch="////",
                label=t("chart.pipeline.late", lang))  # fmt: skip
    for y, row in enumerate(table.to_dict("records")):
        words = number(row["deals"], lang)
        if row["stuck"]:
            share = percent(row["stuck"] / row["deals"], lang, 0)
            words = t("chart.pipeline.mark", lang, n=words, late=number(row["stuck"], lang),
                      share=share)  # fmt: skip
        ax.annotate(words, (row["deals"], y), xytext=(6, 0), textcoords="offset points",
                    va="center")  # fmt: skip
    most = float(deals.max())
    ax.set_xlim(0, most * (1.75 if late.any() else 1.15))
    ax.set_xticks([x for x in ax.get_xticks() if 0 <= x <= most * 1.02])
    ax.set_xlabel(t("chart.pipeline.x_deals", lang))
    theme.value_grid(ax, "x")


def _money(ax: Axes, table: pd.DataFrame, currency: str, lang: str) -> None:
    rows = np.arange(len(table))
    amount, weighted = table["amount"].fillna(0.0), table["weighted_amount"].fillna(0.0)
    ax.barh(rows, amount, 0.62, **_EMPTY, lw=1.2, label=t("chart.pipeline.amount", lang))
    ax.barh(rows, weighted, 0.3, facecolor=SERIES[1], edgecolor=PAPER, hatch="///",
            hatchcolor=PAPER, label=t("chart.pipeline.weighted", lang))  # fmt: skip
    for y, row in enumerate(table.to_dict("records")):
        words = t("chart.pipeline.mark_money", lang, amount=money(row["amount"], currency, lang),
                  weighted=money(row["weighted_amount"], currency, lang))  # fmt: skip
        ax.annotate(words, (amount.iloc[y], y), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=10.5, linespacing=1.15)  # fmt: skip
    most = float(amount.max()) or 1.0
    ax.set_xlim(0, most * 1.62)
    ax.set_xticks([x for x in ax.get_xticks() if 0 <= x <= most * 1.02])
    ax.set_xlabel(t("chart.pipeline.x_money", lang))
    theme.money_axis(ax, "x", currency, lang)
    theme.value_grid(ax, "x")


def plot_pipeline_concentration(
    groups: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 8,
) -> Figure:
    """Share of the open pipeline held by the largest deals, accounts and owners, a panel each.

    Needs columns: those of ``PipelineConcentration.groups``; ``measures`` is its other table.
    ``names`` holds names of deals, accounts and owners by their ids.

    >>> empty = pd.DataFrame({"level": []})
    >>> plot_pipeline_concentration(empty, lang="en", measures=empty).alt
    'Nothing to show: the table is empty.'
    """
    if groups.empty or not groups["amount"].sum():
        return blank(t("chart.pipeline_concentration.topic", lang), lang)
    levels = list(groups["level"].unique())
    facts = measures.assign(level=measures["variant"].str.removesuffix("_weighted"))
    value = facts.pivot_table(index="level", columns="measure", values="value")
    first = value.loc[levels[0]]
    said = {
        "share": percent(first["pipeline_largest_share"], lang, 0),
        "equal": number(first["pipeline_effective_number"], lang),
        "n": number((groups["level"] == levels[0]).sum(), lang),
        "total": money(first["pipeline_total"], currency, lang),
        "left_out": number(first["pipeline_left_out"], lang),
    }
    key = "title" if levels[0] == "by_deal" else "title_other"
    fig, axes = theme.figure(
        (10.0, 2.9 + 0.4 * (limit + 1)), cols=len(levels), squeeze=False,
        title=t(f"chart.pipeline_concentration.{key}", lang, **said),
        alt=t("chart.pipeline_concentration.alt", lang, **said),
    )  # fmt: skip
    right = float(groups["share"].max())
    for ax, level in zip(axes[0], levels, strict=True):
        _level(ax, groups[groups["level"] == level], value.loc[level], names, limit, lang)
        ax.set_title(label(f"chart.pipeline_concentration.{level}", lang, level), fontsize=13)
        right = max(right, ax.dataLim.x1)
    for ax in axes[0]:
        ax.set_xlim(0, right * 1.25)
    theme.note(fig, t("chart.pipeline_concentration.reading", lang, **said))
    if first["pipeline_left_out"]:
        theme.note(fig, t("chart.pipeline_concentration.left_out", lang, **said))
    source_note(fig, lang, n=first_n(measures), variant=constant(measures, "variant")[:1],
                origin=constant(measures, "origin"))  # fmt: skip
    return fig


def first_n(measures: pd.DataFrame) -> int:
    """Number of items that the first figure rests on.

    >>> first_n(pd.DataFrame({"n": [89, 62]}))
    89
    """
    return int(measures["n"].iloc[0])


def _level(
    ax: Axes,
    rows: pd.DataFrame,
    facts: pd.Series,
    names: Mapping[str, str] | None,
    limit: int,
    lang: str,
) -> None:
    head = rows.head(limit)
    rest = rows.iloc[limit:]
    words = [shown_name(i, names, 16) if i else t("chart.pipeline_concentration.nobody", lang)
             for i in head["id"]]  # fmt: skip
    share = head["share"].tolist()
    ax.barh(range(len(head)), share, 0.66, color=SERIES[0])
    if len(rest):
        words.append(t("chart.pipeline_concentration.rest", lang, n=number(len(rest), lang)))
        share.append(float(rest["share"].sum()))
        ax.barh([len(head)], share[-1:], 0.66, facecolor=PAPER, edgecolor=RULE, hatch="///",
                hatchcolor=GRID)  # fmt: skip
    for y, value in enumerate(share):
        ax.annotate(percent(value, lang, 0), (value, y), xytext=(5, 0), va="center",
                    textcoords="offset points", fontsize=11)  # fmt: skip
    said = {
        "equal": number(facts["pipeline_effective_number"], lang),
        "n": number(len(rows), lang),
        "top": percent(facts["pipeline_top3_share"], lang, 0),
    }
    text = t("chart.pipeline_concentration.mark", lang, **said)
    ax.set_xlabel(text, fontsize=11.5)
    ax.set_yticks(range(len(words)), words, fontsize=11)
    ax.set_ylim(limit + 0.6, -0.6)
    theme.percent_axis(ax, "x", lang)
    ax.set_xticks([])
    theme.value_grid(ax, "x")


def plot_coverage(measures: pd.DataFrame, *, lang: str, past: pd.DataFrame | None = None) -> Figure:
    """Pipeline over target: what was there, what past periods needed, and the rule of three.

    Needs columns: those of ``PeriodReview.measures`` (coverage, coverage_needed,
    coverage_needed_with_new); ``past`` is ``PeriodReview.past``: one dot a period.

    >>> plot_coverage(pd.DataFrame({"measure": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    keys = ("coverage_needed", "coverage_needed_with_new")
    facts = {str(row["measure"]): row for row in measures.to_dict("records")}
    rows = {key: facts[key] for key in ("coverage", *keys) if key in facts}
    if len(rows) < 3 or all(np.isnan(row["value"]) for row in rows.values()):
        return blank(t("chart.coverage.topic", lang), lang)
    needed, here = rows[keys[0]], float(rows["coverage"]["value"])
    said = {
        "needed": number(needed["value"], lang, 1),
        "range": _range(needed, lang),
        "here": number(here, lang, 1),
        "n": number(needed["n"], lang),
    }
    title = t(f"chart.coverage.{_coverage_case(needed, here)}", lang, **said)
    fig, ax = theme.figure((10.0, 4.6), title=title, alt=t("chart.coverage.alt", lang, **said))
    ends = [float(rows[k][c]) for k in keys for c in ("value", "low", "high")]
    shown = [v for v in ends if np.isfinite(v)]
    right = max([*shown, _RULE_OF_THREE, here if here == here else 0.0]) * 1.08
    if past is not None and len(past):
        right = _past_dots(ax, past, right, lang)
    ax.axvline(_RULE_OF_THREE, color=MUTED, lw=1.6, ls=(0, (6, 3)),
               label=t("chart.coverage.three", lang))  # fmt: skip
    if here == here:
        ax.axvline(
            here, color=WARN, lw=2.4, label=t("chart.coverage.here", lang, here=said["here"])
        )
        ax.plot([here], [-0.62], marker="v", ms=11, color=WARN, clip_on=False)
    for y, key in enumerate(keys):
        _needed_row(ax, y, rows[key], right, lang)
    ax.set_yticks([0, 1], [t(f"chart.coverage.{key}", lang) for key in keys])
    ax.set_ylim(1.6, -0.62)
    ax.set_xlim(0, right)
    ax.set_xlabel(t("chart.coverage.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=4)
    theme.note(fig, t("chart.coverage.reading", lang))
    source_note(fig, lang, n=needed["n"], variant=[needed["variant"]], origin=[needed["origin"]])
    return fig


def _range(row: Mapping[Any, Any], lang: str) -> str:
    if np.isinf(row["high"]):
        return t("chart.coverage.or_more", lang, low=number(row["low"], lang, 1))
    return interval(row["low"], row["high"], lang, 1)


def _coverage_case(needed: Mapping[Any, Any], here: float) -> str:
    if needed["value"] != needed["value"]:
        return "title_no_history"
    if here != here:
        return "title_no_target"
    if here < needed["low"]:
        return "title_short"
    return "title_enough" if here > needed["high"] else "title_unsure"


def _needed_row(ax: Axes, y: int, row: Mapping[Any, Any], right: float, lang: str) -> None:
    if row["value"] != row["value"]:
        ax.text(0.02, y, t("chart.coverage.none", lang), transform=ax.get_yaxis_transform(),
                va="center", color=MUTED)  # fmt: skip
        return
    open_ended = not np.isfinite(row["high"])
    high = right if open_ended else row["high"]
    ax.hlines([y], row["low"], high, color=SERIES[0], lw=5, alpha=0.5)
    if open_ended:
        ax.plot([right * 0.995], [y], marker=">", ms=10, color=SERIES[0], clip_on=False)
    ax.plot([row["value"]], [y], marker="D", ms=11, color=SERIES[0], zorder=5)
    words = t("chart.coverage.mark", lang, x=number(row["value"], lang, 1),
              range=_range(row, lang))  # fmt: skip
    ax.annotate(words, (row["value"], y), xytext=(0, 11), textcoords="offset points", ha="center",
                color=INK, bbox=theme.BACKING)  # fmt: skip


def _past_dots(ax: Axes, past: pd.DataFrame, right: float, lang: str) -> float:
    """What each earlier period would have needed; periods off the scale are left to the note."""
    labelled = False
    for y, column in enumerate(("conversion", "conversion_with_new")):
        rate = past[column].to_numpy(float)
        with np.errstate(divide="ignore"):
            need = np.where(rate > 0, 1 / rate, np.inf)
        near = np.isfinite(need) & (need <= right * 1.6)
        right = max(right, float(need[near].max(initial=0)) * 1.05)
        ends = pd.to_datetime(past["end"])
        starts = pd.to_datetime(past["start"]) + pd.Timedelta(days=1)
        ax.plot(need[near], np.full(near.sum(), y + 0.22), ls="none", marker="o", ms=7, mfc=PAPER,
                mec=MUTED, mew=1.4,
                label=None if labelled else t("chart.coverage.past", lang))  # fmt: skip
        labelled = True
        if y == 0:
            _name_ends(ax, need, near, y + 0.22, [period_name(a, b) for a, b in zip(
                starts, ends, strict=True)])  # fmt: skip
    return right


def _name_ends(ax: Axes, need: np.ndarray, near: np.ndarray, y: float, names: list[str]) -> None:
    """Name the periods that needed least and most."""
    known = np.flatnonzero(near)
    if len(known) < 2:
        return
    for i in {int(known[np.argmin(need[known])]), int(known[np.argmax(need[known])])}:
        ax.annotate(names[i], (need[i], y), xytext=(0, -9), textcoords="offset points",
                    ha="center", va="top", fontsize=10, color=MUTED, zorder=5,
                    bbox=theme.BACKING)  # fmt: skip
