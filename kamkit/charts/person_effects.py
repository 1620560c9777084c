"""Who can be told apart: person effects after shrinkage, and ranks with their intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import (
    banner,
    by_size,
    close,
    left_out,
    of_column,
    row_chart,
    shares_of,
    signed_share,
)
from kamkit.charts.rows import column_words, least_most, name_rows, signed, tied_rows
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import label, number, percent, t

_SIGNS = {"weak": ("v", BAD, BAD), "strong": ("^", GOOD, GOOD), "not_separable": ("o", PAPER, INK)}


def plot_person_effects(
    members: pd.DataFrame,
    *,
    lang: str,
    rankable: bool | None = None,
    reason: str = "",
    scale: str = "log",
    level: float = 0.95,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Each person's effect with its interval, largest first, and who can be told from the centre.

    Needs columns: those of ``Effects.members`` or ``Judgement.members`` (member_id, effect, low,
    high; n, verdict, group where known). ``scale`` "log" is shown in per cent of expectation.
    Without verdicts an interval beside 0 counts. Where nobody may be ranked, rows follow names.

    >>> plot_person_effects(pd.DataFrame({"effect": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = members.dropna(subset=["effect"]) if len(members) else members
    if known.empty:
        return blank(t("chart.person_effects.topic", lang), lang)
    known = known.assign(sign=_verdicts(known))
    ranked = rankable if rankable is not None else True
    known = known.assign(shown_as=[shown_name(m, names) for m in known["member_id"]])
    order = ["effect", "member_id"] if ranked else ["shown_as", "member_id"]
    known = known.sort_values(order, ascending=[not ranked, True], kind="stable")
    shown = by_size(known.reset_index(drop=True), limit, "effect")
    counts = known["sign"].value_counts()
    said = {
        "n": number(len(known), lang), "weak": number(counts.get("weak", 0), lang),
        "strong": number(counts.get("strong", 0), lang), "level": percent(level, lang, 0),
        "apart": number((known["sign"] != "not_separable").sum(), lang),
    }  # fmt: skip
    key = "title_none" if not ranked else "title" if said["apart"] != "0" else "title_same"
    fig, ax = row_chart("person_effects", len(shown), said, lang, key=key)
    _effects(ax, shown, scale, said, lang)
    name_rows(ax, shown["shown_as"].tolist())
    _effect_words(ax, shown, scale, ranked, lang)
    ax.set_xlabel(t(f"chart.person_effects.x_{scale}", lang))
    if scale == "log":
        theme.percent_axis(ax, "x", lang)
    if not ranked:
        found = label(f"chart.person_effects.{reason}", lang, "") if reason else ""
        banner(ax, found or t("chart.person_effects.banner", lang))
    legend_below(fig, [ax], [], 4)
    return close(fig, lang, known, len(known), t("chart.person_effects.reading", lang),
                 left_out("person_effects", shown, known, lang))  # fmt: skip


def _verdicts(known: pd.DataFrame) -> list[str]:
    if "verdict" in known.columns:
        return [v if v in _SIGNS else "not_separable" for v in known["verdict"].astype(str)]
    low, high = known["low"].to_numpy(float), known["high"].to_numpy(float)
    return list(np.select([low > 0, high < 0], ["strong", "weak"], "not_separable"))


def _effects(ax: Axes, shown: pd.DataFrame, scale: str, said: Mapping[str, str], lang: str) -> None:
    at = np.arange(len(shown))
    drawn = pd.DataFrame({c: shares_of(shown[c], scale) for c in ("effect", "low", "high")})
    raw = of_column(shown, "raw_effect", "mean")
    ax.axvline(0, color=INK, lw=1.2, zorder=1)
    ax.hlines(at, drawn["low"], drawn["high"], color=SERIES[0], lw=4, alpha=0.4, zorder=2,
              label=t("chart.person_effects.interval", lang, **said))  # fmt: skip
    if raw.notna().any():
        centre = 0.0 if "raw_effect" in shown.columns else float(raw.mean())
        drawn["raw"] = shares_of(raw - centre, scale)
        ax.plot(drawn["raw"], at, ls="none", marker="x", ms=6, mec=MUTED, mew=1.4, zorder=3,
                label=t("chart.person_effects.raw", lang))  # fmt: skip
    for key, (marker, face, edge) in _SIGNS.items():
        here = (shown["sign"] == key).to_numpy()
        if here.any():
            ax.plot(drawn["effect"].to_numpy()[here], at[here], ls="none", marker=marker, ms=9,
                    mfc=face, mec=edge, mew=1.5, zorder=4,
                    label=t(f"chart.person_effects.{key}", lang))  # fmt: skip
    low, high = least_most(drawn, list(drawn.columns))
    room = (max(high, 0) - min(low, 0)) or 1
    ax.set_xlim(min(low, 0) - 0.04 * room, max(high, 0) + 0.04 * room)


def _effect_words(ax: Axes, shown: pd.DataFrame, scale: str, ranked: bool, lang: str) -> None:
    at = range(len(shown))
    write = signed_share if scale == "log" else signed
    values = shares_of(shown["effect"], scale)
    right = column_words(ax, at, [write(float(v), lang) for v in values], 10,
                         t("chart.person_effects.head_effect", lang))  # fmt: skip
    if "n" in shown.columns:
        right = column_words(ax, at, [number(n, lang) for n in shown["n"]], right,
                             t("chart.person_effects.head_n", lang))  # fmt: skip
    if ranked and "group" in shown.columns:
        tied_rows(ax, shown["group"].tolist(), right, lang)


def plot_rank_intervals(
    ranks: pd.DataFrame,
    *,
    lang: str,
    level: float = 0.95,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """The rank of each person and the ranks that are just as well possible.

    Needs columns: those of ``rank_intervals`` (member_id, rank, rank_low, rank_high, p_first,
    p_last, group). Rank 1 stands left. Lines beside the rows join those between whom no border
    can be drawn.

    >>> plot_rank_intervals(pd.DataFrame({"rank": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = ranks.dropna(subset=["rank"]) if len(ranks) else ranks
    if known.empty:
        return _no_ranks(ranks, lang)
    known = known.sort_values(["rank", "member_id"], kind="stable").reset_index(drop=True)
    shown = known.head(limit)
    wide = (known["rank_high"] - known["rank_low"]).to_numpy(float)
    first = known.iloc[0]
    said = {
        "n": number(len(known), lang), "wide": number(float(np.median(wide)) + 1, lang),
        "groups": number(of_column(known, "group").nunique(), lang),
        "name": shown_name(first["member_id"], names), "level": percent(level, lang, 0),
        "p_first": percent(first["p_first"], lang, 0),
    }  # fmt: skip
    fig, ax = row_chart("rank_intervals", len(shown), said, lang)
    at = np.arange(len(shown))
    ax.hlines(at, shown["rank_low"], shown["rank_high"], color=SERIES[0], lw=5, alpha=0.4,
              zorder=2, label=t("chart.rank_intervals.interval", lang, **said))  # fmt: skip
    ax.plot(shown["rank"], at, ls="none", marker="o", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.rank_intervals.rank", lang))  # fmt: skip
    name_rows(ax, [shown_name(m, names) for m in shown["member_id"]])
    ranges = [t("chart.rank_intervals.range", lang, low=number(low, lang), high=number(high, lang))
              for low, high in zip(shown["rank_low"], shown["rank_high"], strict=True)]  # fmt: skip
    right = column_words(ax, at.tolist(), ranges, 10, t("chart.rank_intervals.head_range", lang))
    for column in ("p_first", "p_last"):
        if column in shown.columns:
            right = column_words(ax, at.tolist(), [percent(p, lang, 0) for p in shown[column]],
                                 right, t(f"chart.rank_intervals.head_{column}", lang))  # fmt: skip
    if "group" in shown.columns:
        tied_rows(ax, shown["group"].tolist(), right, lang)
    ax.set_xlim(0.5, len(known) + 0.5)
    ax.set_xlabel(t("chart.rank_intervals.x", lang))
    ax.xaxis.get_major_locator().set_params(integer=True)
    legend_below(fig, [ax], [], 3)
    return close(fig, lang, known, len(known), t("chart.rank_intervals.reading", lang),
                 left_out("rank_intervals", shown, known, lang))  # fmt: skip


def _no_ranks(ranks: pd.DataFrame, lang: str) -> Figure:
    """People whom nobody can rank get a sentence instead of places."""
    fig = blank(t("chart.rank_intervals.topic", lang), lang)
    if len(ranks):
        words = t("chart.rank_intervals.none", lang, n=number(len(ranks), lang))
        fig.axes[0].texts[0].set_text(theme.wrap(words, 330, 13))
        fig.alt = words
    return fig
