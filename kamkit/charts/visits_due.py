"""Visits that are due: who waits, and how each tier's rhythm is kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, name_rows, whiskers
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import number, percent, t
from kamkit.schemes.service import ServiceScheme, load_service_scheme

_LATE = ("overdue", "never")


def plot_visits_due(
    accounts: pd.DataFrame,
    *,
    lang: str,
    tiers: pd.DataFrame | None = None,
    service: ServiceScheme | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 20,
) -> Figure:
    """Accounts that should have been visited by now, and each tier's share on time.

    Needs columns: those of ``VisitCadence.accounts`` in their order (highest tier first);
    ``tiers`` is its other table. The upright mark is the tier's rhythm, the dot the days since
    the last visit; a cross has no visit on record.

    >>> plot_visits_due(pd.DataFrame({"tier": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if accounts.empty:
        return blank(t("chart.visits.topic", lang), lang)
    late = accounts[accounts["cadence_state"].isin(_LATE)]
    shown = late.head(limit).reset_index(drop=True)
    said = _visits_said(accounts, late, shown, lang)
    words_of = (service or load_service_scheme()).names(lang)
    title = t(f"chart.visits.{'title' if len(late) else 'title_none'}", lang, **said)
    above = 0 if tiers is None else len(tiers)
    fig = Figure(figsize=(10.0, 2.9 + 0.34 * len(shown) + (0.9 + 0.34 * above if above else 0)),
                 heading=title, alt=t("chart.visits.alt", lang, **said))  # fmt: skip
    parts = [k for k, there in (("tiers", above), ("late", len(shown))) if there] or ["late"]
    ratios = [0.8 + 0.34 * above if k == "tiers" else 0.6 + 0.34 * len(shown) for k in parts]
    axes = np.atleast_1d(fig.subplots(len(parts), 1, height_ratios=ratios))
    for ax, part in zip(axes, parts, strict=True):
        if part == "tiers" and tiers is not None:
            _tier_rows(ax, tiers, words_of, lang)
        elif len(shown):
            _late_rows(ax, shown, words_of, names, lang)
        else:
            ax.set_axis_off()
            ax.text(0.5, 0.5, title, ha="center", color=MUTED, transform=ax.transAxes)
    legend_below(fig, list(axes), [], 4)
    theme.note(fig, t("chart.visits.reading", lang))
    if len(shown) < len(late):
        theme.note(fig, t("chart.visits.shown", lang, **said))
    source_note(fig, lang, n=len(accounts),
                variant=constant(tiers, "variant") if tiers is not None else ["count"],
                origin=constant(accounts, "origin"))  # fmt: skip
    return fig


def _visits_said(
    accounts: pd.DataFrame, late: pd.DataFrame, shown: pd.DataFrame, lang: str
) -> dict[str, str]:
    known = accounts[accounts["cadence_state"] != "no_rhythm"]
    return {
        "late": number((late["cadence_state"] == "overdue").sum(), lang),
        "never": number((late["cadence_state"] == "never").sum(), lang),
        "n": number(len(known), lang), "shown": number(len(shown), lang),
        "listed": number(len(late), lang),
        "soon": number((accounts["cadence_state"] == "due_soon").sum(), lang),
        "share": percent(1 - len(late) / len(known) if len(known) else float("nan"), lang, 0),
    }  # fmt: skip


def _tier_rows(ax: Axes, tiers: pd.DataFrame, words_of: Mapping[str, str], lang: str) -> None:
    rows = tiers.reset_index(drop=True)
    at = np.arange(len(rows))
    whiskers(ax, at, rows, ("low", "high"), SERIES[0])
    ax.plot(rows["share"], at, ls="none", marker="D", ms=8, color=SERIES[0],
            label=t("chart.visits.on_time", lang))  # fmt: skip
    name_rows(ax, [words_of.get(str(k), str(k)) for k in rows["tier"]])
    ax.set_xlim(0, 1)
    theme.percent_axis(ax, "x", lang)
    ax.set_xlabel(t("chart.visits.x_share", lang))
    counts = [f"{number(r['on_time'], lang)}/{number(r['n'], lang)}"
              for r in rows.to_dict("records")]  # fmt: skip
    right = column_words(ax, list(at), counts, 10, t("chart.visits.head_on_time", lang))
    gaps = [
        t("chart.visits.gap", lang, days=number(r["gap_median"], lang),
          limit=number(r["limit_days"], lang))
        for r in rows.to_dict("records")
    ]  # fmt: skip
    column_words(ax, list(at), gaps, right, t("chart.visits.head_gap", lang))


def _late_rows(
    ax: Axes, shown: pd.DataFrame, words_of: Mapping[str, str], names: Mapping[str, str] | None,
    lang: str,
) -> None:  # fmt: skip
    at = np.arange(len(shown))
    since, limit = shown["days_since"].to_numpy(float), shown["limit_days"].to_numpy(float)
    seen = ~np.isnan(since)
    top = max([*since[seen], *limit[~np.isnan(limit)], 1.0])
    ax.hlines(at[seen], limit[seen], since[seen], color=BAD, lw=4, alpha=0.4, zorder=2)
    ax.plot(limit, at, ls="none", marker="|", ms=14, mew=2.2, mec=INK, zorder=3,
            label=t("chart.visits.limit", lang))  # fmt: skip
    if seen.any():
        ax.plot(since[seen], at[seen], ls="none", marker="o", ms=9, color=BAD, zorder=4,
                label=t("chart.visits.since", lang))  # fmt: skip
    if (~seen).any():
        ax.plot(np.full((~seen).sum(), 0.014 * top), at[~seen], ls="none", marker="X", ms=10,
                mfc=PAPER, mec=BAD, mew=1.6, clip_on=False, zorder=4,
                label=t("chart.visits.never", lang))  # fmt: skip
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    ax.set_xlim(0, top * 1.04)
    ax.set_xlabel(t("chart.visits.x", lang))
    tiers = [words_of.get(str(k), str(k)) for k in shown["tier"]]
    right = column_words(ax, list(at), tiers, 10, t("chart.visits.head_tier", lang))
    visits = [
        f"{number(r['per_year'], lang)} / {number(r['wanted_per_year'], lang)}"
        for r in shown.to_dict("records")
    ]
    column_words(ax, list(at), visits, right, t("chart.visits.head_year", lang))
