"""Pictures of multi-criteria selection: parts of a score, and how firm a ranking is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import ACCENT, BAD, GOOD, GRID, INK, MUTED, PAPER, SERIES, Figure, style
from kamkit.i18n import number, percent, t
from kamkit.schemes.criteria import criteria as criteria_library

_SHOWN = 15
_PARTS = 7


def criterion_name(key: object, names: Mapping[str, str] | None, lang: str, width: int = 16) -> str:
    """A criterion's name: given, else from the library, else its key.

    >>> criterion_name("solvency", None, "zh"), criterion_name("own", None, "en")
    ('偿付能力', 'own')
    """
    found = criteria_library().get(str(key))
    words = {str(key): found.labels[lang]} if found is not None else {}
    return shown_name(key, words | dict(names or {}), width)


def _parts(
    contributions: pd.DataFrame, order: list[str], names: Mapping[str, str] | None, lang: str
) -> pd.DataFrame:
    """Account × criterion in words, largest first.

    More than eight criteria are summed by their group in the library; where one of them has no
    group there, the small ones become one last column.
    """
    table = contributions.pivot(index="account_id", columns="criterion", values="contribution")
    table = table.reindex(order).fillna(0.0)
    library = criteria_library()
    many = len(table.columns) > _PARTS + 1
    if many and all(c in library for c in table.columns):
        words = "chart.contributions.group."
        groups = {c: t(words + library[str(c)].group, lang) for c in table.columns}
        counts = pd.Series(groups).value_counts()
        table = table.T.groupby(pd.Series(groups), sort=False).sum().T
        return table.rename(
            columns=lambda g: t("chart.contributions.of", lang, group=g, count=int(counts[g]))
        )
    table = table[table.mean().sort_values(ascending=False, kind="stable").index]
    first = table.columns[:_PARTS] if many else table.columns
    short = table[first].rename(columns=lambda c: criterion_name(c, names, lang))
    if many:
        rest = table.columns[_PARTS:]
        short[t("chart.contributions.rest", lang, count=len(rest))] = table[rest].sum(axis=1)
    return short


def _total_label(row: Mapping[Any, Any], lang: str) -> str:
    rank = "–" if pd.isna(row["rank"]) else number(row["rank"], lang)
    key = "chart.contributions.tied" if pd.notna(row["tie_group"]) else "chart.contributions.total"
    text = t(key, lang, score=number(row["score"], lang, 1), rank=rank)
    if row["coverage"] < 1 - 1e-9:
        cover = percent(row["coverage"], lang, 0)
        text += t("chart.contributions.coverage", lang, share=cover)
    return text


def plot_contributions(
    contributions: pd.DataFrame,
    *,
    lang: str,
    scores: pd.DataFrame,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    criteria_names: Mapping[str, str] | None = None,
    limit: int = _SHOWN,
) -> Figure:
    """What each criterion adds to an account's score; bars add up to the total beside them.

    Needs columns: those of ``CriteriaScores.contributions``; ``scores`` is
    ``CriteriaScores.scores``. Whiskers span the score's range where ratings are missing; ties
    are named as ties; accounts stopped by a gate are counted in the footer.

    >>> empty = pd.DataFrame({"status": [], "score": []})
    >>> plot_contributions(pd.DataFrame(), lang="en", scores=empty).alt
    'Nothing to show: the table is empty.'
    """
    ranked = scores[(scores["status"] == "ranked") & scores["score"].notna()].head(limit)
    if ranked.empty:
        return blank(t("chart.contributions.topic", lang), lang)
    table = _parts(contributions, ranked["account_id"].tolist(), criteria_names, lang)
    first = ranked.iloc[0]
    said = {"name": shown_name(first["account_id"], names), "n": number(len(ranked), lang),
            "score": number(first["score"], lang, 1)}  # fmt: skip
    fig, ax = theme.figure(
        (10.0, max(4.4, 2.4 + 0.42 * len(ranked))),
        title=t("chart.contributions.title", lang, **said),
        alt=t("chart.contributions.alt", lang, **said),
    )
    at, left = np.arange(len(table)), np.zeros(len(table))
    for i, name in enumerate(table.columns):
        ax.barh(at, table[name], left=left, height=0.62, label=name, **theme.fill_style(i))
        left = left + table[name].to_numpy()
    for y, row in zip(at, ranked.to_dict("records"), strict=True):
        end = row["score"]
        if row["coverage"] < 1 - 1e-9:
            for color, width in ((PAPER, 4.0), (INK, 1.4)):
                ax.plot([row["low"], row["high"]], [y, y], color=color, lw=width)
            end = max(end, row["high"])
        ax.annotate(_total_label(row, lang), (end, y), xytext=(7, 0), va="center",
                    textcoords="offset points", color=INK)  # fmt: skip
    ax.set_yticks(at, [shown_name(a, names) for a in table.index])
    theme.value_grid(ax, "x")
    ax.invert_yaxis()
    ax.set_xlim(0, 128)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    ax.set_xlabel(t("chart.contributions.x", lang))
    fig.legend(loc="outside lower center", ncols=4)
    if (ranked["coverage"] < 1 - 1e-9).any():
        theme.note(fig, t("chart.contributions.range", lang))
    stopped = (scores["status"] != "ranked").sum()
    if stopped:
        theme.note(fig, t("chart.contributions.stopped", lang, count=number(stopped, lang)))
    n = (scores["status"] == "ranked").sum()
    source_note(fig, lang, n=n, variant=constant(scores, "variant"),
                origin=constant(scores, "origin"))  # fmt: skip
    return fig


def _around_cut(accounts: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The accounts nearest to the cut line, in the order of their scores."""
    if len(accounts) <= limit:
        return accounts.reset_index(drop=True)
    k = int(accounts["k"].iloc[0])
    start = int(np.clip(k - limit // 2, 0, len(accounts) - limit))
    return accounts.iloc[start : start + limit].reset_index(drop=True)


def plot_rank_acceptability(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 24,
) -> Figure:
    """In what share of the weightings does each account stay key; the cut line between.

    Needs columns: those of ``Acceptability.accounts``. Filled marks are in at today's weights,
    hollow ones out; the shaded middle is where the answer is open.

    >>> plot_rank_acceptability(pd.DataFrame({"account_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if accounts.empty:
        return blank(t("chart.acceptability.topic", lang), lang)
    shown = _around_cut(accounts, limit)
    k, draws = int(accounts["k"].iloc[0]), int(accounts["draws"].iloc[0])
    unsure = int((accounts["verdict"] == "open").sum())
    said = {"k": number(k, lang), "open": number(unsure, lang), "draws": number(draws, lang)}
    both = accounts["variant"].str.contains("ratings_vary").any()
    fig, ax = theme.figure(
        (9.0, max(4.2, 2.2 + 0.34 * len(shown))),
        title=t("chart.acceptability." + ("title_both" if both else "title"), lang, **said),
        alt=t("chart.acceptability.alt", lang, **said),
    )
    at = np.arange(len(shown), dtype=float)
    ax.axvspan(0.05, 0.95, color=GRID, alpha=0.35, lw=0, zorder=0)
    for y, row in zip(at, shown.to_dict("records"), strict=True):
        inside = bool(row["in_top_k"])
        color = {"stays_in": GOOD, "stays_out": MUTED}.get(row["verdict"], ACCENT)
        ax.plot([row["low"], row["high"]], [y, y], color=color, lw=2.2)
        ax.plot([row["member_share"]], [y], marker="o" if inside else "s", ms=9, mec=color,
                mfc=color if inside else PAPER, mew=1.8, ls="none")  # fmt: skip
        text = t("chart.acceptability.mark", lang, share=percent(row["member_share"], lang, 0),
                 group=row["group"])  # fmt: skip
        ax.annotate(text, (1.0, y), xytext=(12, 0), textcoords="offset points", va="center",
                    color=INK, annotation_clip=False)  # fmt: skip
    cut = np.flatnonzero(~shown["in_top_k"].astype(bool).to_numpy())
    if len(cut) and cut[0] > 0:
        ax.axhline(cut[0] - 0.5, color=BAD, lw=1.6, ls=(0, (6, 3)))
        near = shown["member_share"].iloc[cut[0] - 1 : cut[0] + 1].to_numpy(float)
        free = max((0.2, 0.5, 0.8), key=lambda x: np.abs(near - x).min())
        ax.text(free, cut[0] - 0.5, t("chart.acceptability.cut", lang, k=number(k, lang)),
                ha="center", va="center", color=BAD,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2})  # fmt: skip
    ax.set_yticks(at, [shown_name(a, names) for a in shown["account_id"]])
    theme.value_grid(ax, "none")
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(-0.02, 1.24)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    theme.percent_axis(ax, "x", lang)
    ax.set_xlabel(t("chart.acceptability.x", lang, k=number(k, lang)))
    theme.note(fig, t("chart.acceptability.reading", lang, **said))
    source_note(fig, lang, n=len(accounts), variant=constant(accounts, "variant"),
                origin=constant(accounts, "origin"))  # fmt: skip
    return fig


def plot_switch_points(
    lines: pd.DataFrame,
    *,
    lang: str,
    switches: pd.DataFrame | None = None,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    criteria_names: Mapping[str, str] | None = None,
    limit: int = 8,
) -> Figure:
    """Scores as one criterion's weight goes from 0 to 100 %, with the weights that swap ranks.

    Needs columns: those of ``weight_lines`` (one criterion); ``switches`` is a table of
    ``switch_points``. The ``limit`` best accounts at today's weight are drawn.

    >>> plot_switch_points(pd.DataFrame({"account_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if lines.empty:
        return blank(t("chart.switch.topic", lang), lang)
    key, now = str(lines["criterion"].iloc[0]), float(lines["weight_now"].iloc[0])
    criterion = criterion_name(key, criteria_names, lang, 40)
    wide = lines.pivot(index="weight", columns="account_id", values="score")
    today = pd.Series({a: np.interp(now, wide.index, wide[a]) for a in wide.columns})
    best = today.sort_values(ascending=False, kind="stable").index[:limit]
    said = {"criterion": criterion, "now": percent(now, lang, 0)}
    fig, ax = theme.figure(
        "wide", title=t("chart.switch.title", lang, **said), alt=t("chart.switch.alt", lang, **said)
    )
    for i, account in enumerate(best):
        signs = style(i)
        ax.plot(wide.index, wide[account], color=signs["color"], ls=signs["linestyle"], lw=2,
                marker=signs["marker"], markevery=20, ms=6)  # fmt: skip
    _end_names(ax, wide, list(best), names)
    ax.axvline(now, color=INK, lw=1.4)
    ax.annotate(t("chart.switch.now", lang, **said), (now, 1.0), xycoords=("data", "axes fraction"),
                xytext=(5, -4), textcoords="offset points", va="top", color=INK)  # fmt: skip
    count = _switch_marks(ax, lines, switches, key, wide, lang)
    ax.set_xlim(0, 1.0)
    theme.percent_axis(ax, "x", lang)
    ax.set_xlabel(t("chart.switch.x", lang, **said))
    ax.set_ylabel(t("chart.switch.y", lang))
    if count:
        theme.note(fig, t("chart.switch.reading", lang))
    source_note(fig, lang, n=lines["account_id"].nunique(), variant=constant(lines, "variant"),
                origin=["field:Triantaphyllou & Sanchez 1997"])  # fmt: skip
    return fig


def _end_names(
    ax: Axes, wide: pd.DataFrame, best: list[str], names: Mapping[str, str] | None
) -> None:
    """Names at the right end, pushed apart where lines end close together."""
    ends = wide[best].ffill().iloc[-1].sort_values()
    gap = max((float(wide[best].max().max()) - float(wide[best].min().min())) * 0.055, 1e-9)
    places = ends.to_numpy(float).copy()
    for _ in range(200):
        short = np.maximum(gap - np.diff(places), 0.0) / 2
        places[:-1] -= short
        places[1:] += short
    for account, end, place in zip(ends.index, ends, places, strict=True):
        color = SERIES[best.index(str(account)) % len(SERIES)]
        ax.annotate(shown_name(account, names, 14), (1.0, float(end)), xytext=(1.03, place),
                    textcoords="data", va="center", color=INK, annotation_clip=False,
                    arrowprops={"arrowstyle": "-", "color": color, "lw": 1.2})  # fmt: skip


def _switch_marks(
    ax: Axes, lines: pd.DataFrame, switches: pd.DataFrame | None, key: str, wide: pd.DataFrame,
    lang: str,
) -> int:  # fmt: skip
    if switches is None:
        return 0
    found = switches[(switches["criterion"] == key) & switches["switch_weight"].notna()]
    for row in found.to_dict("records"):
        at = float(row["switch_weight"])
        if row["first"] not in wide.columns:
            continue
        score = float(np.interp(at, wide.index, wide[row["first"]]))
        ax.plot([at], [score], marker="o", ms=13, mfc="none", mec=BAD, mew=2, ls="none", zorder=6)
        ax.annotate(percent(at, lang, 0), (at, score), xytext=(0, -13), va="top", ha="center",
                    textcoords="offset points", color=BAD, weight="bold")  # fmt: skip
    return len(found)


def plot_ahp(
    weights: pd.DataFrame,
    *,
    lang: str,
    summary: pd.DataFrame,
    triads: pd.DataFrame,
    currency: str = "",
    criteria_names: Mapping[str, str] | None = None,
) -> Figure:
    """Weights from pairwise judgements by both methods, and the judgements that clash most.

    Needs the tables ``weights``, ``summary`` and ``triads`` of an ``Ahp`` result.

    >>> empty = pd.DataFrame({"weight": []})
    >>> plot_ahp(empty, lang="en", summary=empty, triads=empty).alt
    'Nothing to show: the table is empty.'
    """
    if weights.empty:
        return blank(t("chart.ahp.topic", lang), lang)
    figures = summary.set_index("measure")["value"]
    ratio = figures["consistency_ratio"]
    key = "accepted" if figures["consistency_accepted"] == 1 else "refused"
    said = {"cr": number(ratio, lang, 3), "n": number(len(weights), lang)}
    fig, (left, right) = theme.figure(
        "wide", cols=2, width_ratios=[1.0, 1.0],
        title=t(f"chart.ahp.{key}", lang, **said), alt=t("chart.ahp.alt", lang, **said),
    )  # fmt: skip
    table = weights.sort_values("weight", ascending=False, ignore_index=True)
    at = np.arange(len(table))
    for column, i in (("eigenvector", 0), ("geometric_mean", 1)):
        left.plot(table[column], at, ls="none", marker="os"[i], ms=(8, 12)[i], mec=SERIES[i],
                  mfc=SERIES[i] if i == 0 else "none", mew=1.8, zorder=4 - i,
                  label=t(f"chart.ahp.{column}", lang))  # fmt: skip
    if table["low"].notna().any():
        left.hlines(at, table["low"], table["high"], color=MUTED, lw=1.4, zorder=1,
                    label=t("chart.ahp.judges", lang))  # fmt: skip
    left.set_yticks(at, [criterion_name(c, criteria_names, lang) for c in table["criterion"]])
    left.invert_yaxis()
    left.set_xlim(left=0)
    theme.percent_axis(left, "x", lang)
    left.set_xlabel(t("chart.ahp.x", lang))
    fig.legend(loc="outside lower left", ncols=3)
    _triad_panel(right, triads.head(5), criteria_names, lang)
    index = summary.loc[summary["measure"] == "consistency_ratio"]
    source_note(fig, lang, n=len(weights),
                variant=[*constant(weights, "variant"), *constant(index, "variant")],
                origin=constant(weights, "origin"))  # fmt: skip
    return fig


def _triad_panel(
    ax: Axes, triads: pd.DataFrame, names: Mapping[str, str] | None, lang: str
) -> None:
    ax.set_title(t("chart.ahp.triads", lang))
    if triads.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, t("chart.ahp.none", lang), ha="center", transform=ax.transAxes)
        return
    at = np.arange(len(triads))
    fill: Any = theme.fill_style(4)
    ax.barh(at, triads["factor"], height=0.34, **fill)
    for y, row in zip(at, triads.to_dict("records"), strict=True):
        a, b, c = (criterion_name(row[p], names, lang, 12) for p in ("first", "second", "third"))
        words = t("chart.ahp.triad", lang, a=a, b=b, c=c,
                  implied=number(row["implied"], lang, 2),
                  judged=number(row["first_third"], lang, 2))  # fmt: skip
        ax.annotate(words, (0, y - 0.22), xytext=(2, 1), textcoords="offset points",
                    va="bottom", ha="left", fontsize=10.5, color=INK)  # fmt: skip
        ax.annotate(f"× {number(row['factor'], lang, 1)}", (row["factor"], y), xytext=(5, 0),
                    textcoords="offset points", va="center", color=INK)  # fmt: skip
    ax.set_yticks([])
    ax.set_ylim(len(triads) - 0.6, -0.75)
    ax.set_xlim(0, max(4.0, float(triads["factor"].max()) * 1.25))
    ax.set_xlabel(t("chart.ahp.factor", lang))
