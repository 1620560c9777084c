"""Loss share by number of signs beside the base rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BACKING, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, label, number, percent, t

_ENOUGH = 30  # account-days that a headline rests on at least (house)
_GROUNDS = {"low": PAPER, "watch": "#FBF3E6", "high": "#F9EDEF"}


def plot_risk_bands(
    steps: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    accounts: pd.DataFrame | None = None,
    horizon_days: int = 180,
) -> Figure:
    """What past accounts with so many signs came to, and the base rate of all.

    Needs columns: those of ``RiskBands.steps``; ``measures`` and ``accounts`` are its other
    tables. Hollow: as counted; filled with interval: pooled so that it never falls as signs grow.
    Without enough losses the picture says so: then only the base rate is known.

    >>> plot_risk_bands(pd.DataFrame({"signs": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if steps.empty:
        return blank(t("chart.risk.topic", lang), lang)
    rows = steps.sort_values("signs", kind="stable").reset_index(drop=True)
    base = _base(measures)
    few = rows["lost"].sum() == 0 or (
        accounts is not None and (accounts["variant"] == "base_rate_only").any()
    )
    said = _said(rows, base, horizon_days, lang)
    fig, ax = theme.figure((10.0, 5.8), title=t(f"chart.risk.{'title_few' if few else 'title'}",
                                                lang, **said),
                           alt=t("chart.risk.alt", lang, **said))  # fmt: skip
    ends = rows[["observed", "high"]].to_numpy(float)
    top = min(1.0, max(0.02, float(np.nanmax(ends)) * 1.16))
    _grounds(ax, rows, accounts, lang)
    _base_line(ax, base, lang)
    ax.vlines(rows.index, rows["low"], rows["high"], color=SERIES[0], lw=5, alpha=0.4, zorder=2)
    ax.plot(rows.index, rows["pooled"], ls="none", marker="D", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.risk.pooled", lang))  # fmt: skip
    ax.plot(rows.index - 0.12, rows["observed"], ls="none", marker="o", ms=9, mfc=PAPER, mec=MUTED,
            mew=1.6, zorder=3, label=t("chart.risk.observed", lang))  # fmt: skip
    for i, row in enumerate(rows.to_dict("records")):
        words = t("chart.risk.mark", lang, share=percent(row["pooled"], lang, 0),
                  range=interval(row["low"], row["high"], lang, 0, share=True))  # fmt: skip
        ax.annotate(words, (i, row["pooled"]), xytext=(11, 4), textcoords="offset points",
                    fontsize=11, bbox=BACKING, zorder=5)  # fmt: skip
    names = [
        t("chart.risk.tick", lang, signs=number(r["signs"], lang), lost=number(r["lost"], lang),
          n=number(r["n"], lang), accounts=number(r["accounts"], lang))
        for r in rows.to_dict("records")
    ]  # fmt: skip
    ax.set_xticks(rows.index, names)
    ax.set_xlim(-0.5, len(rows) - 0.35)
    ax.set_ylim(-0.02 * top, top)
    ax.set_xlabel(t("chart.risk.x", lang))
    ax.set_ylabel(t("chart.risk.y", lang, days=number(horizon_days, lang)))
    theme.percent_axis(ax, "y", lang)
    legend_below(fig, [ax], [], 3)
    theme.note(fig, t("chart.risk.reading_few" if few else "chart.risk.reading", lang))
    source_note(fig, lang, n=rows["n"].sum(), variant=constant(rows, "variant"),
                origin=constant(rows, "origin"))  # fmt: skip
    return fig


def _base(measures: pd.DataFrame | None) -> tuple[float, float, float]:
    rows = None if measures is None else measures[measures["measure"] == "base_rate"]
    if rows is None or not len(rows):
        return (float("nan"),) * 3
    return tuple(float(rows[c].iloc[0]) for c in ("value", "low", "high"))  # type: ignore[return-value]


def _said(
    rows: pd.DataFrame, base: tuple[float, float, float], days: int, lang: str
) -> dict[str, str]:
    # A headline from a handful of account-days would be the first to be wrong.
    enough = rows[rows["n"] >= _ENOUGH]
    last = (enough if len(enough) else rows).iloc[-1]
    return {
        "base": percent(base[0], lang), "base_range": interval(*base[1:], lang, 1, share=True),
        "signs": number(last["signs"], lang), "share": percent(last["pooled"], lang, 0),
        "range": interval(last["low"], last["high"], lang, 0, share=True),
        "lost": number(rows["lost"].sum(), lang), "n": number(rows["n"].sum(), lang),
        "days": number(days, lang),
    }  # fmt: skip


def _grounds(ax: Axes, rows: pd.DataFrame, accounts: pd.DataFrame | None, lang: str) -> None:
    """A ground for each band, with how many accounts are in it today."""
    for band, part in rows.groupby("risk_band", sort=False):
        left, right = part.index.min() - 0.5, part.index.max() + 0.5
        right += 0.15 * (part.index.max() == rows.index.max())
        ax.axvspan(left, right, color=_GROUNDS.get(str(band), PAPER), lw=0, zorder=0)
        if left > 0:
            ax.axvline(left, color=RULE, lw=0.9, ls=(0, (2, 2)), zorder=1)
        words = label(f"risk_band.{band}", lang, str(band))
        if accounts is not None:
            now = int((accounts["risk_band"] == band).sum())
            words = t("chart.risk.now", lang, band=words, n=number(now, lang))
        ax.annotate(words, (left, 1), xytext=(7, -4), xycoords=("data", "axes fraction"),
                    textcoords="offset points", va="top", fontsize=11.5, weight="bold",
                    color=MUTED)  # fmt: skip


def _base_line(ax: Axes, base: tuple[float, float, float], lang: str) -> None:
    value, low, high = base
    if value != value:
        return
    ax.axhspan(low, high, color=RULE, alpha=0.25, lw=0, zorder=0.5)
    ax.axhline(value, color=INK, lw=1.3, ls=(0, (6, 3)), zorder=1,
               label=t("chart.risk.base", lang, share=percent(value, lang),
                       range=interval(low, high, lang, 1, share=True)))  # fmt: skip
