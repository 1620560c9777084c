"""From which chance of a loss on acting pays, account by account and over a whole score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, name_rows, whiskers
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import label, money, money_column, number, percent, t

_SIGNS = {
    "act": ("^", GOOD, PAPER), "cannot_tell": ("D", PAPER, SERIES[1]), "leave": ("o", PAPER, MUTED),
}  # fmt: skip


def plot_action_threshold(
    action: pd.DataFrame,
    *,
    lang: str,
    gains: pd.DataFrame | None = None,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 20,
) -> Figure:
    """Each account's chance of a loss against the chance from which acting pays.

    Needs columns: those of ``action_threshold``; ``gains`` is a table of ``threshold_gains``,
    drawn below: what acting from each score on would have brought. Highest expected gain first.
    A filled triangle: act; a diamond: the interval holds the threshold, nobody can tell.

    >>> plot_action_threshold(pd.DataFrame({"p": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = action.dropna(subset=["p"]) if len(action) else action
    if known.empty:
        return blank(t("chart.action.topic", lang), lang)
    ranked = known.sort_values(["gain", "account_id"], ascending=[False, True], kind="stable")
    shown = ranked.head(limit).reset_index(drop=True)
    said = _said(action, known, shown, currency, lang)
    below = gains is not None and len(gains) > 0
    fig = Figure(figsize=(10.0, 2.8 + 0.34 * len(shown) + (3.4 if below else 0)),
                 heading=t(f"chart.action.{said.pop('key')}", lang, **said),
                 alt=t("chart.action.alt", lang, **said))  # fmt: skip
    axes = np.atleast_1d(
        fig.subplots(1 + below, 1, height_ratios=[0.8 + 0.34 * len(shown), 2.9][: 1 + below])
    )
    _chances(axes[0], shown, names, currency, lang)
    if gains is not None and below:
        _gains(axes[1], gains, currency, lang)
    legend_below(fig, list(axes), [], 4)
    theme.note(fig, t("chart.action.reading", lang))
    if below:
        theme.note(fig, t("chart.action.reading_gains", lang))
    if len(shown) < len(action):
        theme.note(fig, t("chart.action.shown", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(
    action: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame, currency: str, lang: str
) -> dict[str, str]:
    acts = known[known["advice"] == "act"]
    limits = known["threshold"].replace(np.inf, np.nan)
    return {
        "key": "title" if len(acts) else "title_none",
        "act": number(len(acts), lang), "n": number(len(known), lang),
        "unsure": number((known["advice"] == "cannot_tell").sum(), lang),
        "leave": number((known["advice"] == "leave").sum(), lang),
        "unknown": number(len(action) - len(known), lang), "all": number(len(action), lang),
        "gain": money(acts["gain"].sum(), currency, lang),
        "threshold": percent(limits.median(), lang, 0), "shown": number(len(shown), lang),
    }  # fmt: skip


def _chances(
    ax: Axes, shown: pd.DataFrame, names: Mapping[str, str] | None, currency: str, lang: str
) -> None:
    at = np.arange(len(shown))
    limit = shown["threshold"].to_numpy(float)
    whiskers(ax, at, shown, ("low", "high"), MUTED, 3)
    ends = shown[["p", "high"]].to_numpy(float)
    top = float(np.nanmax([np.nanmax(ends), *limit[limit <= 1], 0.05]))
    pays = limit <= 1
    ax.plot(limit[pays], at[pays], ls="none", marker="|", ms=15, mew=2.4, mec=INK, zorder=3,
            label=t("chart.action.threshold", lang))  # fmt: skip
    for advice, (marker, face, edge) in _SIGNS.items():
        here = (shown["advice"] == advice).to_numpy()
        if here.any():
            ax.plot(shown["p"].to_numpy()[here], at[here], ls="none", marker=marker, ms=10,
                    mfc=face, mec=edge, mew=1.6, zorder=4,
                    label=label(f"action_advice.{advice}", lang, advice))  # fmt: skip
    name_rows(ax, [shown_name(a, names) for a in shown["account_id"]])
    ax.set_xlim(0, min(1.0, top * 1.08))
    ax.set_xlabel(t("chart.action.x", lang))
    theme.percent_axis(ax, "x", lang)
    values = shown[["gain", "gain_low", "gain_high"]].to_numpy(float)
    unit, words = money_column(values.ravel(), currency, lang)
    table = np.array(words, dtype=object).reshape(values.shape)
    table = np.char.replace(table.astype(str), "-", "−")
    texts = [
        t("chart.sides.mark", lang, gap=a, range=f"{b} … {c}") if low == low else a
        for (a, b, c), low in zip(table, values[:, 1], strict=True)
    ]
    column_words(ax, list(at), texts, 10, theme.with_unit(t("chart.action.head_gain", lang), unit,
                                                          lang))  # fmt: skip


def _gains(ax: Axes, gains: pd.DataFrame, currency: str, lang: str) -> None:
    """Gain per account-day of acting from each score on; acting everywhere as the reference."""
    rows = gains.sort_values("threshold", kind="stable").reset_index(drop=True)
    x = rows["threshold"].to_numpy(float)
    ax.fill_between(x, rows["gain_low"], rows["gain_high"], color=SERIES[0], alpha=0.18, lw=0)
    ax.plot(x, rows["gain"], color=SERIES[0], marker="o", ms=7, label=t("chart.action.gain", lang))
    ax.axhline(0, color=INK, lw=1.1)
    ax.plot([x[0], x[-1]], [rows["gain_all"][0]] * 2, color=BAD, lw=1.6, ls=(0, (5, 3)),
            label=t("chart.action.everywhere", lang))  # fmt: skip
    for place, row in zip(x, rows.to_dict("records"), strict=True):
        if len(rows) <= 10:
            ax.annotate(t("chart.action.met", lang, met=number(row["losses_met"], lang),
                          acted=number(row["acted"], lang)), (place, 0), xytext=(0, 8),
                        xycoords=("data", "axes fraction"), textcoords="offset points",
                        ha="center", fontsize=10, color=MUTED)  # fmt: skip
    room = (x[-1] - x[0]) * 0.08 or 0.5
    ax.set_xlim(x[0] - room, x[-1] + room)
    if len(rows) <= 10:
        ax.set_xticks(x, [number(v, lang, 0 if (x % 1 == 0).all() else 2) for v in x])
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.16 * (high - low), high)
    ax.set_xlabel(t("chart.action.x_gain", lang))
    ax.set_ylabel(t("chart.action.y_gain", lang))
    theme.money_axis(ax, "y", currency, lang)
    ax.spines["bottom"].set_color(RULE)
