"""Pictures of how deals move from stage to stage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import beside, legend_below, short_list, stage_name
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, RULE, SERIES, WARN, Figure, data_text
from kamkit.i18n import interval, listed, number, percent, t
from kamkit.schemes import Ladder

_PARTS = ("advanced", "lost", "open", "other")
_LOOKS: dict[str, dict[str, Any]] = {
    "advanced": {"facecolor": SERIES[0], "edgecolor": PAPER},
    "lost": {"facecolor": SERIES[1], "edgecolor": PAPER, "hatch": "///", "hatchcolor": PAPER},
    "open": {"facecolor": PAPER, "edgecolor": RULE},
    "other": {"facecolor": GRID, "edgecolor": RULE, "hatch": "xxx", "hatchcolor": RULE},
}


def plot_stage_conversion(
    conversion: pd.DataFrame,
    *,
    lang: str,
    path: pd.DataFrame | None = None,
    ladder: Ladder | None = None,
    limit: int = 10,
) -> Figure:
    """What became of the deals in each stage, and the share that moved on with its interval.

    Needs columns: those of ``stage_conversion``; ``path``, of ``funnel_path``, adds the way
    through all stages, with the usual wrong figure beside it. A cohort that has not had the time
    to move on is drawn hollow. Several groups (``by=``) get a row each and a panel a stage; the
    last ``limit`` are shown.

    >>> plot_stage_conversion(pd.DataFrame({"group": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.conversion.topic", lang)
    if conversion.empty or not conversion["n"].sum():
        return blank(topic, lang)
    groups = list(conversion["group"].unique())
    if len(groups) > 1:
        fig = _by_group(conversion, groups[-limit:], lang, ladder)
    else:
        fig = _one_group(conversion.reset_index(drop=True), path, lang, ladder)
    kept = [conversion] if path is None or len(groups) > 1 else [conversion, path]
    source_note(
        fig, lang, n=conversion.groupby("stage", observed=True)["entered"].sum().max(),
        variant=[v for table in kept for v in constant(table, "variant")],
        origin=[v for table in kept for v in constant(table, "origin")],
    )  # fmt: skip
    return fig


def _narrowest(table: pd.DataFrame, lang: str, ladder: Ladder | None) -> tuple[str, str]:
    """The title: the stage with the lowest rate, and those that can't be told from it."""
    known = table[table["n"] > 0].sort_values("rate", kind="stable")
    first = known.iloc[0]
    tied = known[known["low"] <= first["high"]]
    names = [stage_name(s, lang, ladder) for s in tied["stage"]]
    said = {
        "stage": names[0],
        "rate": percent(first["rate"], lang, 0),
        "range": interval(first["low"], first["high"], lang, 0, share=True),
        "n": number(first["n"], lang),
        "stages": short_list(names, t("chart.source.comma", lang)),
        "of": number(len(known), lang),
    }
    key = "title" if len(tied) == 1 else "title_all" if len(tied) == len(known) else "title_tied"
    return t(f"chart.conversion.{key}", lang, **said), t("chart.conversion.alt", lang, **said)


def _one_group(
    table: pd.DataFrame, path: pd.DataFrame | None, lang: str, ladder: Ladder | None
) -> Figure:
    title, alt = _narrowest(table, lang, ladder)
    rows = len(table) + (1 if path is not None else 0)
    fig, (left, right) = theme.figure(
        (10.0, 3.2 + 0.6 * rows), cols=2, sharey=True, width_ratios=[1, 1.05], title=title, alt=alt
    )
    parts = _parts(left, table, lang)
    _rates(right, table, lang)
    names = [stage_name(s, lang, ladder) for s in table["stage"]]
    places = list(range(len(table)))
    if path is not None:
        _through(right, left, path, len(table) + 0.15, lang)
        names.append(t("chart.conversion.all_stages", lang))
        places.append(len(table) + 0.15)  # type: ignore[arg-type]
    left.set_yticks(places, names)
    left.set_ylim(places[-1] + 0.6, -0.6)
    order = [t(f"chart.conversion.{key}", lang) for key in (*_PARTS, "rate", "immature", "naive")]
    legend_below(fig, (left, right), order, 4)
    theme.note(fig, t("chart.conversion.parts", lang, parts=parts))
    if table["mature"].eq(False).any():
        theme.note(fig, t("chart.conversion.immature_note", lang))
    return fig


def _parts(ax: Axes, table: pd.DataFrame, lang: str) -> str:
    shown = [p for p in _PARTS if p != "other" or table[p].sum()]
    start = np.zeros(len(table))
    for part in shown:
        size = table[part].to_numpy(float)
        words = t(f"chart.conversion.{part}", lang)
        ax.barh(range(len(table)), size, 0.6, left=start, label=words, **_LOOKS[part])
        start += size
    for y, row in enumerate(table.to_dict("records")):
        text = " / ".join(number(row[part], lang) for part in shown)
        ax.annotate(text, (start[y], y), xytext=(6, 0), textcoords="offset points", va="center",
                    fontsize=11)  # fmt: skip
    ax.set_xlim(0, start.max() * 1.36)
    ax.set_xticks([x for x in ax.get_xticks() if 0 <= x <= start.max() * 1.01])
    ax.set_xlabel(t("chart.conversion.deals", lang))
    theme.value_grid(ax, "x")
    return listed((t(f"chart.conversion.{p}", lang) for p in shown), lang)


def _rates(ax: Axes, table: pd.DataFrame, lang: str) -> None:
    known = table[table["n"] > 0]
    ax.hlines(known.index, known["low"], known["high"], color=SERIES[0], lw=3, alpha=0.5)
    early = known["mature"].eq(False).fillna(False).to_numpy(bool)
    for part, hollow, key in ((known[~early], False, "rate"), (known[early], True, "immature")):
        if len(part):
            ax.plot(part["rate"], part.index, ls="none", marker="o", ms=10, color=SERIES[0],
                    mfc=PAPER if hollow else SERIES[0], mec=SERIES[0] if hollow else PAPER,
                    mew=2 if hollow else 0.9, label=t(f"chart.conversion.{key}", lang))  # fmt: skip
    naive = known["advanced"] / (known["advanced"] + known["lost"] + known["open"])
    ax.plot(naive, known.index, ls="none", marker="x", ms=8, mew=2, mec=BAD,
            label=t("chart.conversion.naive", lang))  # fmt: skip
    for y, row in known.iterrows():
        text = t("chart.conversion.mark", lang, rate=percent(row["rate"], lang, 0),
                 range=interval(row["low"], row["high"], lang, 0, share=True),
                 n=number(row["n"], lang))  # fmt: skip
        _beside(ax, y, text, WARN if row["mature"] is False else INK)
    for y in table.index.difference(known.index):
        _beside(ax, y, t("chart.conversion.none", lang), MUTED)
    ax.set_xlim(min(0.5, float(naive.min()) - 0.05, float(known["low"].min()) - 0.03), 1.0)
    ax.set_xlabel(t("chart.conversion.x", lang))
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")


def _beside(ax: Axes, y: Any, text: str, color: str) -> None:
    ax.text(1, y, text, transform=beside(ax, 9), va="center", color=color, fontsize=11)


def _through(ax: Axes, other: Axes, path: pd.DataFrame, y: float, lang: str) -> None:
    """The way through all stages as one row below the others."""
    rows = {str(row["measure"]): row for row in path.to_dict("records")}
    right, wrong = rows["path_conversion"], rows["path_with_open"]
    for each in (ax, other):
        each.axhline(y - 0.57, color=RULE, lw=1)
    if right["value"] != right["value"]:
        _beside(ax, y, t("chart.conversion.none", lang), MUTED)
        return
    ax.hlines([y], right["low"], right["high"], color=SERIES[0], lw=3, alpha=0.5)
    ax.plot([right["value"]], [y], marker="D", ms=10, color=SERIES[0], mec=PAPER)
    ax.plot([wrong["value"]], [y], marker="x", ms=8, mew=2, mec=BAD)
    low = min(float(wrong["value"]), float(right["low"]))
    ax.set_xlim(min(ax.get_xlim()[0], max(0.0, low - 0.05)), 1.0)
    range_ = interval(right["low"], right["high"], lang, 0, share=True)
    _beside(ax, y, t("chart.conversion.whole", lang, rate=percent(right["value"], lang, 0),
                     range=range_), INK)  # fmt: skip
    words = t("chart.conversion.whole_naive", lang, rate=percent(wrong["value"], lang, 0))
    other.text(0.02, y, words, transform=other.get_yaxis_transform(), va="center", color=BAD,
               fontsize=11)  # fmt: skip


def _by_group(table: pd.DataFrame, groups: list[Any], lang: str, ladder: Ladder | None) -> Figure:
    stages = list(table["stage"].drop_duplicates())
    said = {"groups": number(len(groups), lang), "stages": number(len(stages), lang)}
    fig, axes = theme.figure(
        (10.0, 2.9 + 0.5 * len(groups)), cols=len(stages), sharey=True, squeeze=False,
        title=t("chart.conversion.title_groups", lang, **said),
        alt=t("chart.conversion.alt_groups", lang, **said),
    )  # fmt: skip
    rows = table[table["group"].isin(groups)]
    place = {group: i for i, group in enumerate(groups)}
    for ax, stage in zip(axes[0], stages, strict=True):
        part = rows[(rows["stage"] == stage) & (rows["n"] > 0)]
        _group_panel(ax, part, part["group"].map(place).to_numpy(float), lang)
        words = theme.wrap(stage_name(stage, lang, ladder), 560 / len(stages), 12, "bold")
        ax.set_title(words, fontsize=12)
    axes[0][0].set_yticks(range(len(groups)), [data_text(g) for g in groups])
    axes[0][0].set_ylim(len(groups) - 0.4, -0.7)
    axes[0][len(stages) // 2].set_xlabel(t("chart.conversion.x", lang))
    theme.note(fig, t("chart.conversion.groups_note", lang))
    return fig


def _group_panel(ax: Axes, part: pd.DataFrame, y: np.ndarray, lang: str) -> None:
    early = part["mature"].eq(False).fillna(False).to_numpy(bool)
    ax.hlines(y, part["low"], part["high"], color=SERIES[0], lw=3, alpha=0.5)
    rate = part["rate"].to_numpy(float)
    ax.plot(rate[~early], y[~early], ls="none", marker="o", color=SERIES[0], ms=8)
    ax.plot(rate[early], y[early], ls="none", marker="o", mfc=PAPER, mec=SERIES[0], mew=1.8, ms=8)
    for x, at, n in zip(rate, y, part["n"], strict=True):
        ax.annotate(number(n, lang), (x, at), xytext=(0, 7), textcoords="offset points",
                    ha="center", color=MUTED, fontsize=9.5)  # fmt: skip
    ax.set_xlim(0, 1.04)
    ax.set_xticks([0, 0.5, 1])
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")
