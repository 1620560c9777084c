"""Change of scores from wave to wave: moved, or within noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import (
    chosen_wave,
    column_words,
    dimension_name,
    least_most,
    name_rows,
    whiskers,
)
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import label, number, t
from kamkit.schemes.surveys import Survey

_MOVED = {"up": ("^", GOOD), "down": ("v", BAD)}


def plot_survey_trend(
    trend: pd.DataFrame,
    *,
    lang: str,
    scores: pd.DataFrame | None = None,
    account_id: str | None = None,
    dimension: str = "total",
    side: str = "customer",
    to_wave: str | None = None,
    names: Mapping[str, str] | None = None,
    survey: Survey | None = None,
    limit: int = 24,
) -> Figure:
    """Change of each account in the last step, or all waves of one account.

    Needs columns: those of ``survey_trend``. With ``account_id`` its total and dimensions wave by
    wave; ``scores`` (``SurveyScore.accounts`` of all waves) then gives the intervals. Changes
    are those of the same people where ``basis`` is "paired". Triangles moved; hollow ones are
    within noise. ``to_wave`` picks the step, default: the last; fallers stand on top.

    >>> plot_survey_trend(pd.DataFrame({"change": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    here = trend[trend["side"] == side] if len(trend) else trend
    if account_id is not None and len(here):
        here = here[here["account_id"].astype(str) == str(account_id)]
        if len(here):
            return _one_account(here, scores, account_id, side, names, survey, lang)
    if len(here):
        here = here[here["dimension"] == dimension]
    step = chosen_wave(here, to_wave, "to_wave")
    rows = _judged(step)
    if rows.empty:
        return blank(t("chart.trend.topic", lang), lang)
    return _accounts(step, rows, dimension, names, survey, lang, limit)


def _judged(step: pd.DataFrame) -> pd.DataFrame:
    """The change that the status goes by, with its interval; without those that have none."""
    if step.empty:
        return step
    paired = (step["basis"] == "paired").to_numpy()
    out = step.copy()
    for name, own, plain in (("value", "paired_change", "change"), ("from", "paired_low", "low"),
                             ("to", "paired_high", "high")):  # fmt: skip
        out[name] = np.where(paired, step[own], step[plain])
    out = out[out["value"].notna() & (out["status"] != "too_little_data")]
    return out.sort_values(["value", "account_id"], kind="stable", ignore_index=True)


def _accounts(
    step: pd.DataFrame, rows: pd.DataFrame, dimension: str, names: Mapping[str, str] | None,
    survey: Survey | None, lang: str, limit: int,
) -> Figure:  # fmt: skip
    # Those that moved come before those that did not, where not all have room.
    rank = rows.assign(noise=~rows["status"].isin(list(_MOVED)), size=-rows["value"].abs())
    kept = rank.sort_values(["noise", "size"], kind="stable").head(limit).index
    shown = rows.loc[[i for i in rows.index if i in set(kept)]].reset_index(drop=True)
    said = {
        "what": dimension_name(dimension, lang, survey), "n": number(len(rows), lang),
        "up": number((rows["status"] == "up").sum(), lang),
        "down": number((rows["status"] == "down").sum(), lang),
        "noise": number((~rows["status"].isin(list(_MOVED))).sum(), lang),
        "left": number(len(step) - len(rows), lang), "shown": number(len(shown), lang),
        "before": theme.data_text(rows["from_wave"][0]),
        "after": theme.data_text(rows["to_wave"][0]),
    }  # fmt: skip
    moved = rows["status"].isin(list(_MOVED)).any()
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.34 * len(shown)),
        title=t(f"chart.trend.{'title' if moved else 'title_none'}", lang, **said),
        alt=t("chart.trend.alt", lang, **said),
    )  # fmt: skip
    _changes(ax, shown, lang)
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    at = range(len(shown))
    ends = [t("chart.moved.ends", lang, before=number(b, lang), after=number(a, lang))
            for b, a in zip(shown["before"], shown["after"], strict=True)]  # fmt: skip
    right = column_words(ax, at, ends, 10, t("chart.trend.head_ends", lang))
    people = [
        t("chart.trend.paired", lang, n=number(r["n_paired"], lang)) if r["basis"] == "paired"
        else t("chart.trend.plain", lang, before=number(r["n_before"], lang),
               after=number(r["n_after"], lang))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    column_words(ax, at, people, right, t("chart.trend.head_people", lang))
    legend_below(fig, [ax], [], 3)
    theme.note(fig, t("chart.trend.reading", lang))
    if len(shown) < len(rows) or len(rows) < len(step):
        theme.note(fig, t("chart.trend.shown", lang, **said))
    source_note(fig, lang, n=len(rows), variant=constant(rows, "variant"),
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _changes(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("from", "to"), MUTED, 3)
    for key, (marker, color) in (*_MOVED.items(), ("noise", ("o", MUTED))):
        here = shown["status"] == key if key != "noise" else ~shown["status"].isin(list(_MOVED))
        if here.any():
            ax.plot(shown.loc[here, "value"], at[here.to_numpy()], ls="none", marker=marker, ms=10,
                    mfc=PAPER if key == "noise" else color, mec=color, mew=1.5, zorder=4,
                    label=t(f"chart.trend.{key}", lang))  # fmt: skip
    ax.axvline(0, color=INK, lw=1.2, zorder=1)
    low, high = least_most(shown, ("from", "to", "value"))
    room = (max(high, 0) - min(low, 0)) or 1
    ax.set_xlim(min(low, 0) - 0.04 * room, max(high, 0) + 0.04 * room)
    ax.set_xlabel(t("chart.trend.x", lang))


def _one_account(
    rows: pd.DataFrame, scores: pd.DataFrame | None, account_id: str, side: str,
    names: Mapping[str, str] | None, survey: Survey | None, lang: str,
) -> Figure:  # fmt: skip
    waves = sorted({*rows["from_wave"], *rows["to_wave"]})
    dims = sorted(dict.fromkeys(rows["dimension"]), key=lambda d: d != "total")
    total = rows[rows["dimension"] == dims[0]].dropna(subset=["before", "after"], how="all")
    moved = rows[rows["status"].isin(list(_MOVED))]
    said = {
        "name": shown_name(account_id, names), "waves": number(len(waves), lang),
        "moved": number(len(moved), lang), "steps": number(len(rows), lang),
        "before": number(total["before"].iloc[0] if len(total) else float("nan"), lang),
        "after": number(total["after"].iloc[-1] if len(total) else float("nan"), lang),
    }  # fmt: skip
    key = "title_one" if len(moved) else "title_one_none"
    columns = 2 if len(dims) > 1 else 1
    fig, axes = theme.figure(
        (10.0, 2.4 + 2.4 * -(-len(dims) // columns)), rows=-(-len(dims) // columns), cols=columns,
        title=t(f"chart.trend.{key}", lang, **said), alt=t("chart.trend.alt_one", lang, **said),
        sharex=True, sharey=True, squeeze=False,
    )  # fmt: skip
    flat = list(axes.flat)
    own = None
    if scores is not None:
        mine = (scores["account_id"].astype(str) == str(account_id)) & (scores["side"] == side)
        own = scores[mine]
    for ax, dimension in zip(flat, dims, strict=False):
        _waves(ax, rows[rows["dimension"] == dimension], own, dimension, waves, lang)
        ax.set_title(dimension_name(dimension, lang, survey), fontsize=12)
    for ax in flat[len(dims) :]:
        ax.set_axis_off()
    flat[0].set_ylim(0, 100)
    for row in axes:
        row[0].set_ylabel(t("chart.trend.y", lang))
    legend_below(fig, flat[:1], [], 5)
    theme.note(fig, t("chart.trend.reading_one", lang))
    source_note(fig, lang, n=rows["n_after"].max(), variant=constant(rows, "variant"),
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _waves(
    ax: Axes, rows: pd.DataFrame, scores: pd.DataFrame | None, dimension: str, waves: list[Any],
    lang: str,
) -> None:  # fmt: skip
    place = {wave: i for i, wave in enumerate(waves)}
    points = {r["from_wave"]: r["before"] for r in rows.to_dict("records")}
    points |= {r["to_wave"]: r["after"] for r in rows.to_dict("records")}
    if scores is not None:
        own = scores[(scores["dimension"] == dimension) & scores["wave"].isin(waves)]
        x = own["wave"].map(place)
        ax.vlines(x, own["low"], own["high"], color=SERIES[0], lw=4, alpha=0.35,
                  label=t("chart.trend.interval", lang))  # fmt: skip
        for at, score, n in zip(x, own["score"], own["n"], strict=True):
            if score == score:
                ax.annotate(t("chart.trend.people", lang, n=number(n, lang)), (at, score),
                            xytext=(9, 6), textcoords="offset points", fontsize=10,
                            color=MUTED)  # fmt: skip
    for row in rows.to_dict("records"):
        ends = [place[row["from_wave"]], place[row["to_wave"]]], [row["before"], row["after"]]
        color = _MOVED[row["status"]][1] if row["status"] in _MOVED else MUTED
        solid = row["status"] in _MOVED
        ax.plot(*ends, color=color, lw=3 if solid else 1.3, ls="-" if solid else (0, (2, 2)))
        if solid:
            marker = _MOVED[row["status"]][0]
            ax.plot([sum(ends[0]) / 2], [sum(ends[1]) / 2], ls="none", marker=marker, ms=11,
                    color=color, zorder=5)  # fmt: skip
    for key, (marker, color) in _MOVED.items():
        ax.plot([], [], color=color, lw=3, marker=marker, ms=10,
                label=t(f"chart.trend.{key}", lang))  # fmt: skip
    ax.plot([], [], color=MUTED, lw=1.3, ls=(0, (2, 2)), label=t("chart.trend.noise", lang))
    ax.plot([place[w] for w in points], list(points.values()), ls="none", marker="o", ms=8,
            color=SERIES[0], zorder=4, label=label("chart.trend.score", lang))  # fmt: skip
    ax.set_xticks(range(len(waves)), [theme.data_text(w, 10) for w in waves])
    ax.set_xlim(-0.4, len(waves) - 0.5)
