"""The portfolio bubble chart: growth potential against profit, sized by revenue."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BACKING, BAD, INK, MUTED, SERIES, Figure
from kamkit.i18n import money, number, percent, t

_LARGEST = 1500.0  # area of the largest bubble, in square points
_SMALLEST = 16.0
_STRETCH = 10.0
# What is not known about an account must not look like either type.
_TYPES = {
    "strategic": ("D", SERIES[0], SERIES[0]),
    "transactional": ("o", SERIES[1], SERIES[1]),
    "not_told": ("o", "none", MUTED),
}


def plot_portfolio_bubbles(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    max_labels: int = 14,
) -> Figure:
    """Accounts by profit and growth potential; area is revenue, shape the buying type.

    Needs columns: those of ``portfolio_bubbles``. Accounts whose growth potential is unknown
    stand in a strip of their own, at their profit, and never at a potential of nil. Bars show
    the low and high estimate of the accounts that are named.

    >>> plot_portfolio_bubbles(pd.DataFrame({"status": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    shown = accounts[accounts["status"].isin(["placed", "no_growth"])].reset_index(drop=True)
    if shown.empty:
        return blank(t("chart.bubbles.topic", lang), lang)
    shown["kind"] = (
        shown["orientation"].astype("str").where(shown["orientation"].notna(), "not_told")
    )
    top = float(shown["revenue"].max())
    shown["area"] = np.maximum(_LARGEST * shown["revenue"] / top, _SMALLEST)
    placed = shown[shown["status"] == "placed"]
    unknown = shown[shown["status"] == "no_growth"]
    said = _words(placed, unknown, accounts, currency, lang)
    key = "title" if len(placed) else "title_unknown"
    ratios = [5.0, 1.0] if len(placed) else [1.0, 1.6]
    fig, axes = theme.figure(
        (10.0, 7.4), rows=2, sharex=True, height_ratios=ratios,
        title=t(f"chart.bubbles.{key}", lang, **said), alt=t("chart.bubbles.alt", lang, **said),
    )  # fmt: skip
    _main(axes[0], placed, names, max_labels, lang)
    _strip(axes[1], unknown, lang)
    _profit_scale(axes[1], shown["profit"])
    if len(placed):
        theme.money_axis(axes[0], "y", currency, lang)
    theme.money_axis(axes[1], "x", currency, lang)
    _legend(fig, axes[0], shown, lang)
    theme.note(fig, t("chart.bubbles.reading", lang, **said))
    if len(accounts) > len(shown):
        theme.note(fig, t("chart.bubbles.left_out", lang, **said))
    source_note(fig, lang, n=len(placed), variant=constant(accounts, "variant"),
                origin=constant(accounts, "origin"))  # fmt: skip
    return fig


def _words(
    placed: pd.DataFrame,
    unknown: pd.DataFrame,
    accounts: pd.DataFrame,
    currency: str,
    lang: str,
) -> dict[str, str]:
    paying = placed[placed["profit"] > 0]["growth_potential"].sum()
    total = placed["growth_potential"].sum()
    return {
        "n": number(len(placed), lang),
        "unknown": number(len(unknown), lang),
        "left": number(len(accounts) - len(placed) - len(unknown), lang),
        "potential": money(total, currency, lang),
        "share": percent(paying / total if total > 0 else np.nan, lang, 0),
        "losing": money(total - paying, currency, lang),
        "largest": money(max(placed["revenue"].max(), unknown["revenue"].max(), 0.0)
                         if len(placed) and len(unknown)
                         else pd.concat([placed, unknown])["revenue"].max(), currency, lang),
        "not_told": number((pd.concat([placed, unknown])["kind"] == "not_told").sum(), lang),
    }  # fmt: skip


def _main(
    ax: Axes, placed: pd.DataFrame, names: Mapping[str, str] | None, most: int, lang: str
) -> None:
    theme.value_grid(ax, "both")
    ax.axvline(0, color=BAD, lw=1.0, zorder=1)
    if placed.empty:
        ax.set_yticks([])
        ax.text(0.5, 0.5, t("chart.bubbles.none", lang), transform=ax.transAxes, ha="center",
                va="center", color=MUTED)  # fmt: skip
        return
    ax.set_ylabel(t("chart.bubbles.y", lang))
    _bubbles(ax, placed, placed["growth_potential"])
    order = placed.sort_values("growth_potential", ascending=False, kind="stable")
    named = order.head(most)
    for row in named.to_dict("records"):
        low, high = row["growth_low"], row["growth_high"]
        if low == low and high == high:
            ax.vlines(row["profit"], low, high, color=INK, lw=1.0, alpha=0.55, zorder=2)
    texts = [_text(row["account_id"], row["years_to_realise"], names, lang)
             for row in order.to_dict("records")]  # fmt: skip
    _growth_scale(ax, placed, named)
    for label in theme.label_points(
        ax, order["profit"], order["growth_potential"], texts, max_labels=most
    ):
        label.set_bbox(BACKING)


def _text(account: object, years: float, names: Mapping[str, str] | None, lang: str) -> str:
    name = shown_name(account, names, 14)
    if years != years:
        return name
    return t("chart.bubbles.mark", lang, name=name, years=number(years, lang))


def _bubbles(ax: Axes, part: pd.DataFrame, heights: pd.Series) -> None:
    # Large ones first, so that small ones lie on top of them and stay in sight.
    order = part.sort_values("area", ascending=False, kind="stable")
    for kind, (marker, fill, edge) in _TYPES.items():
        own = order[order["kind"] == kind]
        ax.scatter(
            own["profit"], heights.loc[own.index], s=own["area"], marker=marker, alpha=0.62,
            facecolor=fill, edgecolor=edge, linewidth=1.4, zorder=3,
        )  # fmt: skip
    lost = part[part["profit"] < 0]
    ax.plot(lost["profit"], heights.loc[lost.index], ls="none", marker="X", ms=8,
            color=BAD, zorder=4)  # fmt: skip


def _strip(ax: Axes, unknown: pd.DataFrame, lang: str) -> None:
    level = pd.Series(0.5, unknown.index)
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.axvline(0, color=BAD, lw=1.0, zorder=1)
    ax.axhspan(0, 1, facecolor="none", edgecolor=MUTED, alpha=0.18, hatch="////", lw=0)
    _bubbles(ax, unknown.assign(area=unknown["area"].clip(upper=420)), level)
    words = t("chart.bubbles.strip", lang, n=number(len(unknown), lang))
    ax.text(0.01, 0.93, words, transform=ax.transAxes, va="top", color=INK, fontsize=11,
            bbox=BACKING, zorder=6)  # fmt: skip
    ax.set_xlabel(t("chart.bubbles.x", lang))
    theme.value_grid(ax, "x")


def _profit_scale(ax: Axes, profit: pd.Series) -> None:
    """A long tail of profits gets a stretched scale, else most accounts sit on the nil line."""
    low, high = min(0.0, float(profit.min())), max(0.0, float(profit.max()))
    middle = float(profit.abs().median())
    if middle > 0 and max(-low, high) > _STRETCH * middle:
        ax.set_xscale("symlog", linthresh=2 * middle, linscale=1.2)
        ax.set_xlim(low * 2.2 if low < 0 else -middle, high * 2.4)
    else:
        room = 0.12 * max(high - low, 1e-9)
        ax.set_xlim(low - room, high + room)


def _growth_scale(ax: Axes, placed: pd.DataFrame, named: pd.DataFrame) -> None:
    growth = placed["growth_potential"]
    top = float(np.nanmax([growth.max(), named["growth_high"].max(), 1e-9]))
    middle = float(growth[growth > 0].median()) if (growth > 0).any() else 0.0
    if middle > 0 and top > _STRETCH * middle:
        ax.set_yscale("symlog", linthresh=middle, linscale=1.0)
        ax.set_ylim(-0.12 * middle, top * 2.2)
    else:
        ax.set_ylim(-0.08 * top, top * 1.14)


def _legend(fig: Figure, ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    for kind, (marker, fill, edge) in _TYPES.items():
        if (shown["kind"] == kind).any():
            ax.scatter([], [], s=90, marker=marker, facecolor=fill, edgecolor=edge,
                       label=t(f"chart.bubbles.{kind}", lang))  # fmt: skip
    if (shown["profit"] < 0).any():
        ax.plot([], [], ls="none", marker="X", ms=8, color=BAD,
                label=t("chart.bubbles.loss", lang))  # fmt: skip
    fig.legend(loc="outside lower left", ncols=4)
