"""Two-axis pictures: sales × profit, and attractiveness × strength."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from kamkit.charts import theme
from kamkit.charts.sources import blank, shown_name, source_note
from kamkit.charts.theme import ACCENT, BACKING, BAD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import number, percent, t

# Sales stand upright and profit lies flat, as the labels of the source's drawing suggest.
_CORNERS = {
    "high_sales_low_profit": (0.012, 0.985, "left", "top"),
    "high_sales_high_profit": (0.988, 0.985, "right", "top"),
    "low_sales_low_profit": (0.012, 0.015, "left", "bottom"),
    "low_sales_high_profit": (0.988, 0.015, "right", "bottom"),
}
_QUADRANTS = {
    "key_development": (0.012, 0.985, "left", "top"),
    "key": (0.988, 0.985, "right", "top"),
    "opportunistic": (0.012, 0.015, "left", "bottom"),
    "maintenance": (0.988, 0.015, "right", "bottom"),
}
_STRETCH = 8.0


def plot_four_box(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    cuts: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    max_labels: int = 16,
) -> Figure:
    """Accounts by profit and sales, with both lines; loss makers crossed, unsure boxes hollow.

    Needs columns: those of ``FourBox.accounts``; ``cuts`` is ``FourBox.cuts``. Labels go to loss
    makers, then to the largest accounts.

    >>> plot_four_box(pd.DataFrame({"box": []}), cuts=pd.DataFrame(), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = accounts[accounts["box"] != "unknown"].reset_index(drop=True)
    if known.empty:
        return blank(t("chart.four_box.topic", lang), lang)
    lines = cuts.set_index("measure")
    margin = str(lines.loc["profit_cut", "variant"]).endswith("_margin")
    said = _box_words(known, lang) | {"shift": percent(lines.loc["line_shift", "value"], lang, 0)}
    key = "title_loss" if known["loss"].any() else "title"
    fig, ax = theme.figure(
        "wide", title=t(f"chart.four_box.{key}", lang, **said),
        alt=t("chart.four_box.alt", lang, **said),
    )  # fmt: skip
    _box_points(ax, known)
    _scales(ax, known, margin)
    ax.axvline(lines.loc["profit_cut", "value"], color=INK, lw=1.2, ls=(0, (5, 3)), zorder=2)
    ax.axhline(lines.loc["sales_cut", "value"], color=INK, lw=1.2, ls=(0, (5, 3)), zorder=2)
    if ax.get_xlim()[0] < 0:
        ax.axvline(0, color=BAD, lw=1.0, zorder=1)
    for box, (x, y, ha, va) in _CORNERS.items():
        count = number((known["box"] == box).sum(), lang)
        words = t("chart.four_box.corner", lang, box=t(f"box.{box}", lang), n=count,
                  action=t(f"box_action.{box}", lang))  # fmt: skip
        _corner(ax, x, y, ha, va, words)
    order = known.assign(_l=~known["loss"]).sort_values(["_l", "sales"], ascending=[True, False])
    texts = [shown_name(i, names, 14) for i in order["account_id"]]
    _named(ax, order["compared"], order["sales"], texts, max_labels)
    ax.set_ylabel(t("chart.four_box.sales", lang))
    ax.set_xlabel(t("chart.four_box.margin" if margin else "chart.four_box.profit", lang))
    theme.value_grid(ax, "both")
    theme.money_axis(ax, "y", currency, lang)
    if margin:
        theme.percent_axis(ax, "x", lang)
    else:
        theme.money_axis(ax, "x", currency, lang)
    theme.note(fig, t("chart.four_box.reading", lang, **said))
    left_out = len(accounts) - len(known)
    if left_out:
        theme.note(fig, t("chart.four_box.unknown", lang, count=number(left_out, lang)))
    variants = lines.loc[["sales_cut", "profit_cut"], "variant"]
    source_note(fig, lang, n=len(known), variant=variants, origin=["S079; house"])
    return fig


def _box_words(known: pd.DataFrame, lang: str) -> dict[str, str]:
    counts = known["box"].value_counts()
    return {
        "n": number(len(known), lang),
        "best": number(counts.get("high_sales_high_profit", 0), lang),
        "costly": number(counts.get("high_sales_low_profit", 0), lang),
        "losers": number(known["loss"].sum(), lang),
        "unsure": number((~known["stable"]).sum(), lang),
    }


def _box_points(ax: Axes, known: pd.DataFrame) -> None:
    for loss in (False, True):
        for stable in (True, False):
            part = known[(known["loss"] == loss) & (known["stable"] == stable)]
            color = BAD if loss else SERIES[0]
            ax.scatter(part["compared"], part["sales"], s=80, marker="X" if loss else "o",
                       facecolor=color if stable else PAPER, edgecolor=color, linewidth=1.7,
                       zorder=4)  # fmt: skip


def _scales(ax: Axes, known: pd.DataFrame, margin: bool) -> None:
    """Long-tailed amounts get a stretched scale, else most accounts sit in one corner."""
    sales, compared = known["sales"], known["compared"]
    if (sales > 0).all() and sales.max() > _STRETCH * sales.median():
        ax.set_yscale("log")
    else:
        ax.set_ylim(min(0.0, float(sales.min()) * 1.15), float(sales.max()) * 1.3)
    if margin:
        low, high = float(compared.min()), float(compared.max())
        room = 0.14 * max(high - low, 0.01)
        ax.set_xlim(low - room, high + room)
    elif compared.abs().max() > _STRETCH * max(float(compared.abs().median()), 1e-9):
        ax.set_xscale("symlog", linthresh=float(compared.abs().median()) * 2, linscale=1.2)
        ax.set_xlim(min(0.0, float(compared.min())) * 2.2, float(compared.max()) * 2.2)
    else:
        low, high = min(0.0, float(compared.min())), float(compared.max())
        ax.set_xlim(low - 0.08 * (high - low), high + 0.12 * (high - low))
    if ax.get_yscale() == "log":
        ax.set_ylim(float(sales.min()) / 2.6, float(sales.max()) * 2.6)


def _corner(ax: Axes, x: float, y: float, ha: Any, va: Any, words: str) -> None:
    ax.text(x, y, words, transform=ax.transAxes, ha=ha, va=va, color=MUTED, fontsize=11,
            linespacing=1.3, zorder=3, bbox=BACKING)  # fmt: skip


def plot_attractiveness_strength(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    summary: pd.DataFrame,
    moves: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    max_labels: int = 20,
) -> Figure:
    """Accounts by strength and attractiveness, with the error box of each and last year's place.

    Needs columns: those of ``AttractivenessStrength.accounts``; ``summary`` gives the lines,
    ``moves`` draws arrows from the earlier place. Filled marks are sure of their box, hollow
    ones are not; the label says how probable the box is.

    >>> empty = pd.DataFrame({"status": []})
    >>> plot_attractiveness_strength(empty, summary=empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = accounts[accounts["status"] == "placed"].reset_index(drop=True)
    if known.empty:
        return blank(t("chart.matrix.topic", lang), lang)
    said = {
        "n": number(len(known), lang),
        "sure": number(known["separable"].sum(), lang),
        "key": number((known["box"].isin(["key", "high:high"])).sum(), lang),
        "excluded": number((accounts["status"] == "gate_failed").sum(), lang),
        "unplaced": number(accounts["status"].isin(["no_strength", "no_attractiveness"]).sum(),
                           lang),
    }  # fmt: skip
    rows = summary.set_index("measure")["value"]
    said["sure_from"] = percent(rows["sure_from"], lang, 0)
    fig, ax = theme.figure(
        (10.0, 7.0), title=t("chart.matrix.title", lang, **said),
        alt=t("chart.matrix.alt", lang, **said),
    )  # fmt: skip
    _error_boxes(ax, known)
    _matrix_limits(ax, known, moves)
    lines = summary[summary["measure"].isin(["x_cut", "y_cut"])]
    for row in lines.to_dict("records"):
        draw = ax.axvline if row["measure"] == "x_cut" else ax.axhline
        draw(row["value"], color=INK, lw=1.2, ls=(0, (5, 3)), zorder=2)
    quadrants = len(lines) == 2
    if quadrants:
        for box, (x, y, ha, va) in _QUADRANTS.items():
            words = t("chart.matrix.corner", lang, box=t(f"box.{box}", lang),
                      n=number((known["box"] == box).sum(), lang),
                      action=t(f"box_action.{box}", lang))  # fmt: skip
            _corner(ax, x, y, ha, va, words)
    _arrows(ax, moves)
    _matrix_labels(ax, known, names, max_labels, lang)
    level = str(lines.loc[lines["measure"] == "x_cut", "variant"].iloc[0])
    ax.set_xlabel(t(f"chart.matrix.x_{'index' if level == 'level_with_rival' else 'score'}", lang))
    ax.set_ylabel(t("chart.matrix.y", lang))
    theme.value_grid(ax, "both")
    _matrix_note(fig, said, accounts, moves, lines, lang)
    return fig


def _error_boxes(ax: Axes, known: pd.DataFrame) -> None:
    ax.hlines(known["y"], known["x_low"], known["x_high"], color=SERIES[0], lw=1.1, alpha=0.45)
    ax.vlines(known["x"], known["y_low"], known["y_high"], color=SERIES[0], lw=1.1, alpha=0.45)
    for sure in (True, False):
        part = known[known["separable"] == sure]
        ax.scatter(part["x"], part["y"], s=95, marker="o", facecolor=SERIES[0] if sure else PAPER,
                   edgecolor=SERIES[0], linewidth=1.8, zorder=4)  # fmt: skip


def _matrix_limits(ax: Axes, known: pd.DataFrame, moves: pd.DataFrame | None) -> None:
    for side, set_limits in (("x", ax.set_xlim), ("y", ax.set_ylim)):
        values = [known[f"{side}_low"].min(), known[f"{side}_high"].max()]
        if moves is not None and len(moves):
            values += [moves[f"from_{side}"].min(), moves[f"from_{side}"].max()]
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        room = 0.16 * max(high - low, 0.05)
        set_limits(low - room, high + room)


def _arrows(ax: Axes, moves: pd.DataFrame | None) -> None:
    if moves is None:
        return
    for row in moves.to_dict("records"):
        moved = bool(row["moved"])
        # A patch, not an annotation: labels keep clear of every text's box, arrows included.
        arrow = FancyArrowPatch(
            (row["from_x"], row["from_y"]), (row["to_x"], row["to_y"]), arrowstyle="-|>",
            mutation_scale=13, shrinkA=0, shrinkB=6, color=ACCENT if moved else MUTED,
            lw=1.8 if moved else 0.9, ls="-" if moved else ":", zorder=3,
        )  # fmt: skip
        ax.add_patch(arrow)


def _matrix_labels(
    ax: Axes, known: pd.DataFrame, names: Mapping[str, str] | None, most: int, lang: str
) -> None:
    rank = {"key": 0, "key_development": 1, "high:high": 0, "high:medium": 1, "medium:high": 1}
    order = known.assign(_r=known["box"].map(rank).fillna(2)).sort_values(["_r", "account_id"])
    texts = [
        t("chart.matrix.mark", lang, name=shown_name(row["account_id"], names, 14),
          chance=percent(row["p_box"], lang, 0))
        for row in order.to_dict("records")
    ]  # fmt: skip
    _named(ax, order["x"], order["y"], texts, most)


def _named(ax: Axes, xs: pd.Series, ys: pd.Series, texts: list[str], most: int) -> None:
    """Labels with a paper edge, so that lines behind them don't cut the letters."""
    for text in theme.label_points(ax, xs, ys, texts, max_labels=most):
        text.set_bbox(BACKING)


def _matrix_note(
    fig: Figure,
    said: dict[str, str],
    accounts: pd.DataFrame,
    moves: pd.DataFrame | None,
    lines: pd.DataFrame,
    lang: str,
) -> None:
    theme.note(fig, t("chart.matrix.reading", lang, **said))
    if moves is not None and len(moves):
        count = number(moves["moved"].sum(), lang)
        theme.note(fig, t("chart.matrix.moves", lang, moved=count, all=number(len(moves), lang)))
    if (accounts["status"] != "placed").any():
        theme.note(fig, t("chart.matrix.left_out", lang, **said))
    variants = [*lines["variant"].unique(), "rating_error_draws"]
    source_note(fig, lang, n=(accounts["status"] == "placed").sum(), variant=variants,
                origin=["S080; S081; S082; house"])  # fmt: skip
