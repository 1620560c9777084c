"""Pictures of account value: the whale curve, the P&L over the years, number × quality."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import ACCENT, BACKING, BAD, GRID, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import money, number, percent, t

_NAMED_LOSSES = 6
_STATUS_LOOK: dict[str, dict[str, Any]] = {
    "actual": {"facecolor": SERIES[0], "edgecolor": SERIES[0]},
    "forecast": {"facecolor": PAPER, "edgecolor": SERIES[0], "linewidth": 1.8},
}
_ESTIMATE: dict[str, Any] = {
    "facecolor": SERIES[0], "edgecolor": PAPER, "hatch": "///", "hatchcolor": "#FFFFFFCC",
}  # fmt: skip


def plot_whale_curve(
    curve: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    summary: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Cumulative profit over accounts, most profitable first, with what is lost after the peak.

    Needs columns: those of ``WhaleCurve.curve``. ``summary`` is ``WhaleCurve.summary``: it gives
    the peak's interval, and variant and origin for the footer.

    >>> plot_whale_curve(pd.DataFrame({"profit": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if curve.empty:
        return blank(t("chart.whale.topic", lang), lang)
    said = _whale_words(curve, currency, lang)
    key = "flat" if not curve["loss"].any() else ("share" if said["share"] else "money")
    fig, ax = theme.figure(
        "wide", title=t(f"chart.whale.title_{key}", lang, **said),
        alt=t("chart.whale.alt", lang, **said),
    )  # fmt: skip
    x = np.arange(len(curve) + 1)
    y = np.concatenate([[0.0], curve["cumulative"]])
    peak = int(np.argmax(y))
    total = float(y[-1])
    ax.axhline(0, color=MUTED, lw=1)
    ax.axhline(total, color=MUTED, lw=1, ls=(0, (4, 3)))
    ax.fill_between(x[: peak + 1], 0, y[: peak + 1], color=SERIES[0], alpha=0.14, lw=0)
    if peak < len(curve):
        ax.fill_between(x[peak:], total, y[peak:], facecolor="none", edgecolor=BAD, hatch="////",
                        lw=0, alpha=0.55)  # fmt: skip
        ax.plot(x[peak:], y[peak:], color=BAD, lw=2.4, ls=(0, (4, 1.5)), zorder=4)
    ax.plot(x[: peak + 1], y[: peak + 1], color=SERIES[0], lw=2.6, zorder=4)
    _whale_marks(ax, curve, y, peak, said, lang)
    _worst(ax, curve, currency, names, lang)
    ax.set_xlim(0, len(curve) + max(0.6, 0.03 * len(curve)))
    ax.set_ylim(min(0.0, float(y.min())) * 1.1, float(y.max()) * 1.18)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(t("chart.whale.x", lang))
    ax.set_ylabel(t("chart.whale.y", lang))
    theme.money_axis(ax, "y", currency, lang)
    _whale_note(fig, curve, summary, currency, lang)
    return fig


def _whale_words(curve: pd.DataFrame, currency: str, lang: str) -> dict[str, str]:
    cumulative = curve["cumulative"]
    peak, total = float(cumulative.max()), float(cumulative.iloc[-1])
    lost = curve.loc[curve["loss"], "profit"]
    at = int((curve["profit"] > 0).sum())
    share = curve["cumulative_share"].max()
    return {
        "n": number(len(curve), lang),
        "at": number(at, lang),
        "peak": money(peak, currency, lang),
        "total": money(total, currency, lang),
        "share": percent(share, lang, 0) if share == share else "",
        "losers": number(len(lost), lang),
        "lost": money(-float(lost.sum()), currency, lang),
    }


def _whale_marks(
    ax: Axes,
    curve: pd.DataFrame,
    y: np.ndarray,
    peak: int,
    said: dict[str, str],
    lang: str,
) -> None:
    ax.plot([peak], [y[peak]], marker="D", ms=9, color=SERIES[0], zorder=6)
    key = "chart.whale.peak" if said["share"] else "chart.whale.peak_money"
    left = peak > 0.55 * len(curve)
    ax.annotate(
        t(key, lang, **said), (peak, y[peak]), xytext=(-10 if left else 10, 10),
        textcoords="offset points", ha="right" if left else "left", va="bottom", color=INK,
        weight="bold",
    )  # fmt: skip
    ax.annotate(
        t("chart.whale.total", lang, **said), (0, y[-1]), xytext=(6, -5),
        textcoords="offset points", va="top", color=MUTED,
    )  # fmt: skip
    ax.plot(np.flatnonzero(curve["loss"]) + 1, y[1:][curve["loss"]], ls="none", marker="X",
            color=BAD, ms=7, zorder=5)  # fmt: skip


def _worst(
    ax: Axes, curve: pd.DataFrame, currency: str, names: Mapping[str, str] | None, lang: str
) -> None:
    lost = curve[curve["loss"]].tail(_NAMED_LOSSES).iloc[::-1]
    if len(lost):
        # A list reads better than names squeezed along a short, steep end of the curve.
        rows = [t("chart.whale.worst", lang)] + [
            f"{shown_name(row['account_id'], names)}  {money(row['profit'], currency, lang)}"
            for row in lost.to_dict("records")
        ]
        ax.text(0.985, 0.05, "\n".join(rows), transform=ax.transAxes, ha="right", va="bottom",
                color=BAD, fontsize=11.5, linespacing=1.35, zorder=7,
                bbox={"facecolor": PAPER, "edgecolor": GRID, "pad": 6})  # fmt: skip


def _whale_note(
    fig: Figure, curve: pd.DataFrame, summary: pd.DataFrame | None, currency: str, lang: str
) -> None:
    if summary is None or summary.empty:
        source_note(fig, lang, n=len(curve), variant=[], origin=[])
        return
    rows = summary.set_index("measure")
    peak, unknown = rows.loc["profit_peak"], float(rows["value"]["accounts_unknown"])
    if peak["low"] == peak["low"]:
        ends = {end: money(peak[end], currency, lang) for end in ("low", "high")}
        theme.note(fig, t("chart.whale.band", lang, **ends))
    if unknown > 0:
        theme.note(fig, t("chart.whale.unknown", lang, count=number(unknown, lang)))
    keys = [rows.loc["profit_peak", "variant"], rows.loc["profit_peak_share", "variant"]]
    source_note(fig, lang, n=len(curve), variant=keys, origin=constant(summary, "origin"))


def plot_pnl(lines: pd.DataFrame, *, lang: str, currency: str = "", name: str = "") -> Figure:
    """Revenue beside direct and indirect cost, year by year, with net income above.

    Needs columns: item, year, status, amount, n, missing (rows of ``AccountPnl.lines`` for one
    account, the set or the total). ``name`` stands in the title.

    >>> plot_pnl(pd.DataFrame({"item": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if lines.empty or lines["amount"].isna().all():
        return blank(t("chart.pnl.topic", lang), lang)
    wide = lines.pivot(index="year", columns="item", values="amount")
    status = lines[lines["item"] == "revenue"].set_index("year")["status"]
    said = _pnl_words(wide, status, name, currency, lang)
    key = "title_loss" if said.pop("below") else "title"
    fig, ax = theme.figure(
        "wide", title=t(f"chart.pnl.{key}", lang, **said), alt=t("chart.pnl.alt", lang, **said)
    )
    kinds = [str(status[year]) for year in wide.index]
    costs = _costs(wide)
    _pnl_bars(ax, wide, kinds)
    for place, row in enumerate(wide.to_dict("records")):
        _net_label(ax, place, row, float(costs.iloc[place]), lang)
    top = float(np.nanmax([wide["revenue"].max(), costs.max()]))
    ax.axhline(0, color=MUTED, lw=1)
    words = [f"{y}\n{t(f'word.status_{k}', lang)}" for y, k in zip(wide.index, kinds, strict=True)]
    ax.set_xticks(range(len(wide)), words)
    lowest = float(np.nanmin([wide["revenue"].min(), costs.min(), 0.0]))
    ax.set_ylim(lowest * 1.15, top * 1.24)
    ax.set_ylabel(t("chart.pnl.y", lang))
    theme.value_grid(ax, "y")
    theme.money_axis(ax, "y", currency, lang)
    _pnl_legend(fig, lang)
    missing = int(lines["missing"].max())
    if missing:
        theme.note(fig, t("chart.pnl.missing", lang, count=number(missing, lang)))
    source_note(fig, lang, n=lines["n"].max(), variant=["sum_of_known"], origin=["S077"])
    return fig


def _pnl_bars(ax: Axes, wide: pd.DataFrame, kinds: list[str]) -> None:
    places, revenue = np.arange(len(wide)), wide["revenue"].to_numpy()
    for kind in dict.fromkeys(kinds):
        these = np.flatnonzero(np.array(kinds) == kind)
        look = _STATUS_LOOK.get(kind, _ESTIMATE)
        ax.bar(places[these] - 0.2, revenue[these], 0.36, **look)
    looks: list[dict[str, Any]] = [theme.fill_style(4), theme.fill_style(1)]
    direct, indirect = wide["direct_cost"].to_numpy(), wide["indirect_cost"].to_numpy()
    ax.bar(places + 0.2, direct, 0.36, **looks[0])
    ax.bar(places + 0.2, indirect, 0.36, bottom=np.nan_to_num(direct), **looks[1])


def _costs(wide: pd.DataFrame) -> pd.Series:
    return wide["direct_cost"].fillna(0.0) + wide["indirect_cost"].fillna(0.0)


def _pnl_words(
    wide: pd.DataFrame, status: pd.Series, name: str, currency: str, lang: str
) -> dict[str, Any]:
    known = wide["net_income"].dropna()
    seen = known[status.reindex(known.index) != "forecast"]
    last = (seen if len(seen) else known).tail(1)
    year = int(last.index[0]) if len(last) else int(wide.index[-1])
    net = float(last.iloc[0]) if len(last) else float("nan")
    revenue = wide["revenue"].get(year, float("nan"))
    return {
        "name": theme.data_text(name, 24) if name else t("chart.pnl.all", lang),
        "year": str(year),
        "net": money(abs(net), currency, lang),
        "margin": percent(net / revenue if revenue > 0 else float("nan"), lang),
        "years": f"{wide.index[0]}–{wide.index[-1]}",
        "below": net < 0,
    }


def _net_label(ax: Axes, place: int, row: Mapping[Hashable, Any], cost: float, lang: str) -> None:
    net, revenue = row["net_income"], row["revenue"]
    height = float(np.nanmax([revenue, cost, 0.0]))
    if net != net:
        text, color = t("chart.pnl.net_unknown", lang), MUTED
    else:
        share = percent(net / revenue if revenue > 0 else float("nan"), lang, 0)
        sign = "▼ " if net < 0 else ""
        text = f"{sign}{money(net, '', lang)}\n{share}"
        color = BAD if net < 0 else INK
    ax.annotate(text, (place, height), xytext=(0, 5), textcoords="offset points", ha="center",
                va="bottom", color=color, weight="bold", linespacing=1.25)  # fmt: skip


def _pnl_legend(fig: Figure, lang: str) -> None:
    fills: list[dict[str, Any]] = [_STATUS_LOOK["actual"], theme.fill_style(4), theme.fill_style(1)]
    with theme.themed():
        handles = [Patch(**fill) for fill in fills]
    words = [t(f"chart.pnl.{item}", lang) for item in ("revenue", "direct_cost", "indirect_cost")]
    fig.legend(handles, words, loc="outside lower left", ncols=3)


def plot_number_quality(
    years: pd.DataFrame,
    bands: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    alarms: pd.DataFrame | None = None,
) -> Figure:
    """Number of customers by value band beside the average net income of a customer.

    Needs columns: those of ``NumberQuality.years`` and ``NumberQuality.bands``; ``alarms`` puts
    the warning of the latest year into the title.

    >>> empty = pd.DataFrame({"year": []})
    >>> plot_number_quality(empty, empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if years.empty:
        return blank(t("chart.number_quality.topic", lang), lang)
    said = _quality_words(years, currency, lang)
    key = _quality_key(years, alarms)
    fig, (left, right) = theme.figure(
        "wide", cols=2, title=t(f"chart.number_quality.{key}", lang, **said),
        alt=t("chart.number_quality.alt", lang, **said),
    )  # fmt: skip
    _band_bars(left, years, bands, lang)
    fig.legend(loc="outside lower left", ncols=4)
    _average_line(right, years, currency, lang)
    theme.note(fig, t("chart.number_quality.reading", lang,
                      cut=money(bands["cut"].iloc[0], currency, lang)))  # fmt: skip
    source_note(fig, lang, n=years["customers"].iloc[-1], variant=["bootstrap_accounts"],
                origin=["S071; S089; house"])  # fmt: skip
    return fig


def _quality_words(years: pd.DataFrame, currency: str, lang: str) -> dict[str, str]:
    first, last = years.iloc[0], years.iloc[-1]
    return {
        "first": str(int(first["year"])),
        "last": str(int(last["year"])),
        "from_count": number(first["customers"], lang),
        "to_count": number(last["customers"], lang),
        "from_average": money(first["average_income"], currency, lang),
        "to_average": money(last["average_income"], currency, lang),
    }


def _quality_key(years: pd.DataFrame, alarms: pd.DataFrame | None) -> str:
    if alarms is None or alarms.empty:
        return "title"
    latest = alarms[alarms["year"] == int(years["year"].iloc[-1])].set_index("alarm")
    if "more_but_thinner" not in latest.index:
        return "title"
    return "title_alarm" if latest.loc["more_but_thinner", "sure"] else "title_maybe"


def _band_bars(ax: Axes, years: pd.DataFrame, bands: pd.DataFrame, lang: str) -> None:
    places = {int(y): i for i, y in enumerate(years["year"])}
    base = np.zeros(len(places))
    for i, band in enumerate(("valuable", "ordinary", "loss", "unknown")):
        part = bands[bands["band"] == band].set_index("year")["n"].reindex(list(places)).fillna(0)
        if not part.sum():
            continue
        fill: dict[str, Any] = theme.fill_style((0, 4, 5, 7)[i])
        ax.bar(list(places.values()), part, 0.6, bottom=base, **fill,
               label=t(f"chart.number_quality.{band}", lang))  # fmt: skip
        base += part.to_numpy(float)
    for place, count in zip(places.values(), years["customers"], strict=True):
        ax.annotate(number(count, lang), (place, count), xytext=(0, 4), ha="center", weight="bold",
                    textcoords="offset points", color=INK)  # fmt: skip
    ax.set_xticks(list(places.values()), [str(y) for y in places])
    ax.set_ylim(0, float(years["customers"].max()) * 1.14)
    ax.set_title(t("chart.number_quality.count", lang))
    theme.value_grid(ax, "y")


def _average_line(ax: Axes, years: pd.DataFrame, currency: str, lang: str) -> None:
    places = np.arange(len(years))
    ax.fill_between(places, years["average_low"], years["average_high"], color=ACCENT, alpha=0.16)
    ax.vlines(places, years["average_low"], years["average_high"], color=ACCENT, lw=1.6)
    ax.plot(places, years["average_income"], color=ACCENT, marker="o", ms=8, lw=2.2)
    for place, value in zip(places, years["average_income"], strict=True):
        if value == value:
            ax.annotate(money(value, "", lang), (place, value), xytext=(9, 8), color=INK, zorder=6,
                        textcoords="offset points", weight="bold", bbox=BACKING)  # fmt: skip
    ax.axhline(0, color=GRID, lw=1)
    ax.set_xticks(places, [str(int(y)) for y in years["year"]])
    ax.set_xlim(-0.35, len(years) - 0.45)
    ax.set_title(t("chart.number_quality.average", lang))
    ax.set_ylabel(t("chart.number_quality.y", lang))
    theme.value_grid(ax, "y")
    theme.money_axis(ax, "y", currency, lang)
