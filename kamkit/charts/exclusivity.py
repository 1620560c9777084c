"""How much of each dealer's range is ours, and where that is going."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, least_most, name_rows, signed, signed_range, whiskers
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, percent, t

_SIGNS = {
    "rising": ("^", GOOD, PAPER), "falling": ("v", BAD, PAPER),
    "cannot_be_separated": ("o", PAPER, MUTED), "too_little_data": ("s", PAPER, MUTED),
}  # fmt: skip


def plot_exclusivity(
    years: pd.DataFrame,
    *,
    lang: str,
    trends: pd.DataFrame | None = None,
    overall: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 20,
) -> Figure:
    """Our share of each dealer's range year by year, and its change a year with interval.

    Needs columns: those of ``Exclusivity.years``; ``trends`` and ``overall`` are its other
    tables. Falling dealers on top. Triangles: the direction is sure; a line of few years says
    what has been, not what comes.

    >>> plot_exclusivity(pd.DataFrame({"our_share": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = years.dropna(subset=["our_share"]) if len(years) else years
    if known.empty:
        return blank(t("chart.exclusivity.topic", lang), lang)
    order = _order(known, trends)
    shown = order.head(limit).reset_index(drop=True)
    said = _said(known, order, overall, lang)
    fig, (left, right) = theme.figure(
        (10.0, 3.0 + 0.42 * len(shown)), cols=2, width_ratios=[1.25, 1], sharey=True,
        title=t(f"chart.exclusivity.{said.pop('key')}", lang, **said),
        alt=t("chart.exclusivity.alt", lang, **said),
    )  # fmt: skip
    _shares(left, known, shown, lang)
    _slopes(right, shown, lang)
    name_rows(left, [shown_name(i, names) for i in shown["dealer_id"]])
    theme.value_grid(right, "x")
    right.tick_params(axis="y", labelleft=False)
    legend_below(fig, [left, right], [], 4)
    theme.note(fig, t("chart.exclusivity.reading", lang))
    if len(shown) < len(order):
        theme.note(fig, t("chart.exclusivity.shown", lang, shown=number(len(shown), lang),
                          n=number(len(order), lang)))  # fmt: skip
    source_note(fig, lang, n=len(known), variant=constant(order, "variant"),
                origin=constant(order, "origin"))  # fmt: skip
    return fig


def _order(known: pd.DataFrame, trends: pd.DataFrame | None) -> pd.DataFrame:
    """A row a dealer, steepest fall first; those without a trend last."""
    ids = known.sort_values("year").groupby("dealer_id", as_index=False)["our_share"].last()
    if trends is not None and len(trends):
        table = ids[["dealer_id"]].merge(trends, on="dealer_id", how="left")
    else:
        table = ids[["dealer_id"]].assign(
            slope=np.nan, low=np.nan, high=np.nan, verdict="too_little_data", n=np.nan,
            rival_lines_first=np.nan, rival_lines_last=np.nan,
        )  # fmt: skip
    return pd.DataFrame(table.sort_values(["slope", "dealer_id"], kind="stable")).reset_index(
        drop=True
    )


def _said(
    known: pd.DataFrame, order: pd.DataFrame, overall: pd.DataFrame | None, lang: str
) -> dict[str, str]:
    counts = {k: number((order["verdict"] == k).sum(), lang) for k in ("rising", "falling")}
    said = {
        "key": "title", "n": number(len(order), lang), **counts, "slope": "–", "range": "–",
        "first": str(int(known["year"].min())), "last": str(int(known["year"].max())),
    }  # fmt: skip
    if overall is not None and len(overall):
        row = overall[overall["measure"] == "exclusivity_slope"]
        if len(row):
            one = row.iloc[0]
            said |= {"slope": signed(100 * one["value"], lang),
                     "range": signed_range(100 * one["low"], 100 * one["high"], lang)}  # fmt: skip
            said["key"] = "title_mean"
    return said


def _shares(ax: Axes, known: pd.DataFrame, shown: pd.DataFrame, lang: str) -> None:
    """Years as dots on the dealer's row, from pale to dark; a line from the first to the last."""
    place = {d: i for i, d in enumerate(shown["dealer_id"])}
    own = known[known["dealer_id"].isin(list(place))].sort_values("year")
    rows = own["dealer_id"].map(place).to_numpy(float)
    by = own.groupby("dealer_id", sort=False)["our_share"]
    first, last = by.first(), by.last()
    ax.hlines([place[d] for d in first.index], first, last, color=RULE, lw=2.5, zorder=1)
    latest = own["year"].to_numpy() == own.groupby("dealer_id")["year"].transform("max").to_numpy()
    span = max(int(known["year"].max()) - int(known["year"].min()), 1)
    age = (own["year"].to_numpy(float) - float(known["year"].min())) / span
    ax.scatter(own["our_share"][~latest], rows[~latest], s=26 + 30 * age[~latest], zorder=3,
               facecolor="#9DB7C4", edgecolor=PAPER, lw=0.6,
               label=t("chart.exclusivity.earlier", lang))  # fmt: skip
    ax.plot(own["our_share"][latest], rows[latest], ls="none", marker="o", ms=10, color=SERIES[0],
            zorder=4, label=t("chart.exclusivity.latest", lang))  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_xlabel(t("chart.exclusivity.x_share", lang))
    theme.percent_axis(ax, "x", lang)


def _slopes(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    table = shown.assign(slope=100 * shown["slope"], low=100 * shown["low"],
                         high=100 * shown["high"])  # fmt: skip
    whiskers(ax, at, table, ("low", "high"), MUTED, 3)
    for verdict, (marker, face, edge) in _SIGNS.items():
        here = ((table["verdict"] == verdict) & table["slope"].notna()).to_numpy()
        if here.any():
            ax.plot(table["slope"].to_numpy()[here], at[here], ls="none", marker=marker, ms=10,
                    mfc=face, mec=edge, mew=1.5, zorder=4,
                    label=t(f"chart.exclusivity.{verdict}", lang))  # fmt: skip
    ax.axvline(0, color=INK, lw=1.2, zorder=1)
    low, high = least_most(table, ("slope", "low", "high"))
    room = (max(high, 0) - min(low, 0)) or 1
    ax.set_xlim(min(low, 0) - 0.14 * room, max(high, 0) + 0.06 * room)
    ax.set_xlabel(t("chart.exclusivity.x_slope", lang))
    words = [
        "–" if r["rival_lines_last"] != r["rival_lines_last"]
        else f"{number(r['rival_lines_first'], lang)} → {number(r['rival_lines_last'], lang)}"
        for r in shown.to_dict("records")
    ]  # fmt: skip
    shares = [
        "" if r.get("share_last", np.nan) != r.get("share_last", np.nan)
        else f"{percent(r['share_first'], lang, 0)} → {percent(r['share_last'], lang, 0)}"
        for r in shown.to_dict("records")
    ]  # fmt: skip
    right = column_words(ax, list(at), shares, 10, t("chart.exclusivity.head_share", lang))
    column_words(ax, list(at), words, right, t("chart.exclusivity.head_lines", lang))
