"""The combined appraisal: totals with their error, grades as probabilities, and the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, left_out
from kamkit.charts.rows import column_words, least_most, name_rows, signed, whiskers
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import INK, MUTED, PAPER, SERIES, Figure, ink_on
from kamkit.i18n import number, percent, t

_SHADES = ("#16455C", "#2F6F87", "#9CC1CC", "#DCE8EB", "#F3E3CC", "#E3BE86")
_HATCHES = ("", "", "", "", "//", "xx")


def plot_combined(
    members: pd.DataFrame,
    *,
    lang: str,
    probabilities: pd.DataFrame | None = None,
    grades: Sequence[tuple[str, float]] = (),
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Total of each person with its interval over the grade borders, and the chance of each grade.

    Needs columns: those of ``Combined.members``; ``probabilities`` and ``grades`` are its other
    tables. A filled mark has a settled grade. Lines at the borders are the grades' cuts.

    >>> plot_combined(pd.DataFrame({"total": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = members.dropna(subset=["total"]) if len(members) else members
    if known.empty:
        return blank(t("chart.combined.topic", lang), lang)
    known = known.sort_values(["total", "member_id"], ascending=[False, True], kind="stable")
    shown = known.head(limit).reset_index(drop=True)
    settled = known["settled"].fillna(False).astype(bool)
    said = {
        "n": number(len(known), lang), "settled": number(settled.sum(), lang),
        "open": number((~settled).sum(), lang),
        "high": number(known["total"].max(), lang), "low": number(known["total"].min(), lang),
    }  # fmt: skip
    key = "title_all" if settled.all() else "title"
    both = probabilities is not None and len(probabilities) > 0
    fig, axes = theme.figure(
        (10.0, 3.1 + 0.34 * max(len(shown), 2)), title=t(f"chart.combined.{key}", lang, **said),
        alt=t("chart.combined.alt", lang, **said), cols=2 if both else 1, sharey=True,
        squeeze=False, gridspec_kw={"width_ratios": [3, 2]} if both else None,
    )  # fmt: skip
    left = axes[0][0]
    _totals(left, shown, grades, lang)
    if probabilities is not None and both:
        _chances(axes[0][1], shown, probabilities, [g for g, _ in grades], lang)
    name_rows(left, [shown_name(m, names, 20) for m in shown["member_id"]])
    if both:
        theme.value_grid(axes[0][1], "none")
    legend_below(fig, list(axes[0]), [], 8)
    return close(fig, lang, known, len(known), t("chart.combined.reading", lang),
                 left_out("person_effects", shown, known, lang))  # fmt: skip


def _totals(ax: Axes, shown: pd.DataFrame, grades: Sequence[tuple[str, float]], lang: str) -> None:
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0], 4)
    settled = shown["settled"].fillna(False).astype(bool).to_numpy()
    total = shown["total"].to_numpy(float)
    for here, face, key in ((settled, SERIES[0], "settled"), (~settled, PAPER, "open")):
        if here.any():
            ax.plot(total[here], at[here], ls="none", marker="o", ms=8.5, mfc=face, mec=SERIES[0],
                    mew=1.6, zorder=4, label=t(f"chart.combined.{key}", lang))  # fmt: skip
    low, high = least_most(shown, ("low", "high", "total"))
    room = 0.05 * ((high - low) or 1)
    ax.set_xlim(low - room, high + room)
    cuts = [(g, c) for g, c in grades if low - room < c < high + room]
    for grade, cut in cuts:
        ax.axvline(cut, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
        words = theme.wrap(t("chart.combined.from", lang, grade=key_name("grade", grade, lang)), 62,
                           10)  # fmt: skip
        ax.annotate(
            words,
            (cut, 1),
            xytext=(0, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=10,
            color=MUTED,
            linespacing=1.1,
        )
    ax.set_xlabel(t("chart.combined.x", lang))


def _chances(
    ax: Axes, shown: pd.DataFrame, probabilities: pd.DataFrame, order: Sequence[str], lang: str
) -> None:
    """One bar a person, split by the probability of each grade, the best grade at the left."""
    wide = probabilities.pivot_table(index="member_id", columns="grade", values="probability")
    found = [g for g in order if g in wide.columns] or sorted(wide.columns)
    wide = wide.reindex(shown["member_id"])[found].fillna(0.0)
    left = np.zeros(len(wide))
    at = np.arange(len(wide))
    for i, grade in enumerate(found):
        share = wide[grade].to_numpy(float)
        color = _SHADES[i % len(_SHADES)]
        ax.barh(at, share, 0.66, left=left, color=color, edgecolor=PAPER, lw=0.8,
                hatch=_HATCHES[i % len(_HATCHES)], hatchcolor="#FFFFFFCC",
                label=key_name("grade", grade, lang))  # fmt: skip
        for y in np.flatnonzero(share >= 0.16).tolist():
            ax.text(left[y] + share[y] / 2, y, percent(share[y], lang, 0), ha="center",
                    va="center", fontsize=9.5, color=ink_on(color))  # fmt: skip
        left = left + share
    ax.set_xlim(0, 1)
    ax.set_xticks([0.25, 0.5, 0.75])
    ax.set_xlabel(t("chart.combined.x_chance", lang))
    theme.percent_axis(ax, "x", lang)
    ax.tick_params(labelleft=False)


def plot_combined_parts(
    parts: pd.DataFrame,
    *,
    lang: str,
    changes: pd.DataFrame | None = None,
    member_id: str | None = None,
    agreed: float | None = 67.5,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """The parts of one person's result: value with its error, weight, points, what would change it.

    Needs columns: those of ``Combined.parts``; ``changes`` is its other table. ``member_id``:
    default the first; ``agreed``: the value of what was agreed (see ``combined_parts``).

    >>> plot_combined_parts(pd.DataFrame({"part": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if parts.empty:
        return blank(t("chart.combined_parts.topic", lang), lang)
    wanted = parts["member_id"].iloc[0] if member_id is None else member_id
    mine = parts[parts["member_id"].astype(str) == str(wanted)].reset_index(drop=True)
    if mine.empty:
        return blank(t("chart.combined_parts.topic", lang), lang)
    said = {"name": shown_name(wanted, names), "n": number(len(mine), lang),
            "total": number(mine["points"].sum(), lang, 1)}  # fmt: skip
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.5 * max(len(mine), 2)), title=t("chart.combined_parts.title", lang, **said),
        alt=t("chart.combined_parts.alt", lang, **said),
    )  # fmt: skip
    at = np.arange(len(mine))
    reach = 1.96 * mine["se"]
    ends = mine.assign(low=mine["value"] - reach, high=mine["value"] + reach)
    whiskers(ax, at, ends, ("low", "high"), SERIES[0], 7)
    ax.plot(mine["value"], at, ls="none", marker="o", ms=10, color=SERIES[0], zorder=4,
            label=t("chart.combined_parts.value", lang))  # fmt: skip
    if agreed is not None:
        ax.axvline(
            agreed,
            color=INK,
            lw=1.3,
            label=t("chart.combined_parts.agreed", lang, points=number(agreed, lang, 1)),
        )
    name_rows(ax, [key_name("appraisal_part", p, lang) for p in mine["part"]])
    low, high = least_most(ends, ("low", "high", "value"))
    ax.set_xlim(max(min(low, 45) - 3, -1), min(max(high, 85) + 3, 101))
    rows = mine.to_dict("records")
    columns = [("value", [number(r["value"], lang, 1) for r in rows]),
               ("weight", [percent(r["weight"], lang, 0) for r in rows]),
               ("points", [number(r["points"], lang, 1) for r in rows])]  # fmt: skip
    if changes is not None and len(changes):
        own = changes[changes["member_id"].astype(str) == str(wanted)].set_index("part")
        columns.append(("up", [_needed(own, r["part"], lang) for r in rows]))
    right = 10.0
    for key, texts in columns:
        right = column_words(ax, at.tolist(), texts, right,
                             t(f"chart.combined_parts.head_{key}", lang))  # fmt: skip
    ax.set_xlabel(t("chart.combined_parts.x", lang))
    legend_below(fig, [ax], [], 3)
    return close(fig, lang, mine, len(mine), t("chart.combined_parts.reading", lang),
                 variant=["weighted_sum"])  # fmt: skip


def _needed(own: pd.DataFrame, part: str, lang: str) -> str:
    """Points that this part alone would need for the next grade."""
    if part not in own.index:
        return "–"
    row = own.to_dict("index")[part]
    if row["up"] != row["up"]:
        return "–"
    return signed(float(row["up"]), lang) if row["possible"] else t(
        "chart.combined_parts.impossible", lang)  # fmt: skip
