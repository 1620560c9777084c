"""Pictures of the customer's spend: white space by line, share of wallet by account."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.sources import blank, shown_name, source_note
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, SEQUENTIAL, SERIES, Figure, ink_on
from kamkit.i18n import label, money, money_unit, number, percent, t

_FLAGGED = 3
_OVER = ("over_base", "over_high")


def plot_white_space(
    cells: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    line_names: Mapping[str, str] | None = None,
    max_accounts: int = 14,
    max_lines: int = 8,
) -> Figure:
    """Accounts × product lines: shade is our share of the spend, the figure is what is left.

    Needs columns: those of ``WhiteSpace.cells``. The accounts and lines with most room are
    shown. Unknown spend is hatched with a question mark, sales above the estimate carry "!".

    >>> plot_white_space(pd.DataFrame({"account_id": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if cells.empty:
        return blank(t("chart.white_space.topic", lang), lang)
    room = cells.assign(room=cells["headroom_base"].clip(lower=0))
    accounts = _most(room, "account_id", max_accounts)
    lines = _most(room, "product_line", max_lines)
    said = _space_words(cells, accounts, lines, currency, lang, line_names)
    height = 2.7 + 0.36 * len(accounts)
    fig, ax = theme.figure(
        (10.0, max(4.6, height)), title=t("chart.white_space.title", lang, **said),
        alt=t("chart.white_space.alt", lang, **said),
    )  # fmt: skip
    size, unit = money_unit(room["room"], lang)
    digits = 1 if room["room"].max() / size < 100 else 0
    table = cells.set_index(["account_id", "product_line"])
    for y, account in enumerate(accounts):
        for x, line in enumerate(lines):
            row = table.loc[(account, line)] if (account, line) in table.index else None
            _cell(ax, x, y, None if row is None else row.to_dict(), size, digits, lang)
    ax.set_xlim(-0.5, len(lines) - 0.5)
    ax.set_ylim(len(accounts) - 0.5, -0.5)
    room_each = 470 / max(len(lines), 5)  # points: what the account names leave for a column
    words = [theme.wrap(shown_name(x, line_names, 28), room_each, 11.5, "normal") for x in lines]
    ax.set_xticks(range(len(lines)), words, fontsize=10.5 if len(lines) > 6 else None)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(accounts)), [shown_name(a, names) for a in accounts])
    ax.tick_params(length=0)
    theme.value_grid(ax, "none")
    word = label(f"currency.{currency}", lang, currency) if currency else ""
    said["unit"] = t("chart.axis.money", lang, unit=unit, currency=word).strip()
    theme.note(fig, t("chart.white_space.reading", lang, **said))
    source_note(fig, lang, n=int(cells["spend_base"].notna().sum()),
                variant=["negative_as_no_room"], origin=["S013; house"])  # fmt: skip
    return fig


def _most(room: pd.DataFrame, by: str, limit: int) -> list[Any]:
    sums = room.groupby(by)[["room", "sales"]].sum()
    ordered = sums.sort_values(["room", "sales"], ascending=False, kind="stable")
    return ordered.index[:limit].tolist()


def _space_words(
    cells: pd.DataFrame, accounts: list[Any], lines: list[Any], currency: str, lang: str,
    line_names: Mapping[str, str] | None,
) -> dict[str, str]:  # fmt: skip
    known = cells[cells["spend_base"].notna()]
    ends = {}
    for level in ("low", "base", "high"):
        values = known[f"headroom_{level}"].fillna(known["headroom_base"]).clip(lower=0)
        ends[level] = money(values.sum(), currency, lang)
    return {
        **ends,
        "line": shown_name(lines[0], line_names, 24),
        "unknown": number(cells["spend_base"].isna().sum(), lang),
        "over": number(cells["status"].isin(_OVER).sum(), lang),
        "shown": number(len(accounts), lang),
        "all": number(cells["account_id"].nunique(), lang),
        "lines": number(len(lines), lang),
    }


def _cell(
    ax: Axes, x: int, y: int, row: Mapping[Hashable, Any] | None, size: float, digits: int,
    lang: str,
) -> None:  # fmt: skip
    known = row is not None and row["spend_base"] == row["spend_base"]
    spot: dict[str, Any] = {"xy": (x - 0.48, y - 0.46), "width": 0.96, "height": 0.92}
    if row is None or not known:
        ax.add_patch(Rectangle(**spot, facecolor=PAPER, edgecolor=GRID, hatch="////", lw=0.8))
        ax.text(x, y, t("chart.white_space.mark_unknown", lang), ha="center", va="center",
                color=MUTED, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2})  # fmt: skip
        return
    share = row["share_base"]
    shade = SEQUENTIAL(float(np.clip(share if share == share else 0.0, 0, 1)))
    ax.add_patch(Rectangle(**spot, facecolor=shade, edgecolor=PAPER, lw=1))
    over = row["status"] in _OVER
    if over:
        ax.add_patch(Rectangle(**spot, facecolor="none", edgecolor=BAD, lw=2, zorder=3))
    room = number(max(row["headroom_base"], 0.0) / size, lang, digits)
    text = t("chart.white_space.mark_over", lang, room=room) if over else room
    ax.text(x, y, text, ha="center", va="center", color=ink_on(shade),
            weight="bold" if row["status"] == "open" else "normal", fontsize=11.5)  # fmt: skip


def plot_share_of_wallet(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    summary: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 16,
) -> Figure:
    """Our share of each account's spend with its range, and the money that is left.

    Needs columns: those of ``ShareOfWallet.accounts``; ``summary`` puts customer share and
    market share side by side into the footer. The accounts with most room are shown.

    >>> plot_share_of_wallet(pd.DataFrame({"share_base": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = accounts[accounts["share_base"].notna()]
    if known.empty:
        return blank(t("chart.wallet.topic", lang), lang)
    ranked = known.sort_values("headroom_base", ascending=False, kind="stable")
    # Sales above the estimate have no room left, yet must not drop off the end unseen.
    flagged = ranked[ranked["status"] == "over_spend"].head(_FLAGGED)
    shown = pd.concat([ranked.drop(flagged.index).head(limit - len(flagged)), flagged])
    first = shown.iloc[0]
    said = {
        "name": shown_name(first["account_id"], names),
        "share": percent(first["share_base"], lang, 0),
        "room": money(first["headroom_base"], currency, lang),
        "shown": number(len(shown), lang),
        "known": number(len(known), lang),
        "unknown": number(len(accounts) - len(known), lang),
        "over": number((known["status"] == "over_spend").sum(), lang),
    }
    fig, ax = theme.figure(
        (10.0, max(4.4, 2.5 + 0.34 * len(shown))), title=t("chart.wallet.title", lang, **said),
        alt=t("chart.wallet.alt", lang, **said),
    )  # fmt: skip
    at = np.arange(len(shown))
    over = (shown["status"] == "over_spend").to_numpy()
    right = max(1.0, float(shown[["share_base", "share_high"]].max().max()))
    ax.axvline(1.0, color=MUTED, lw=1.2, ls=(0, (4, 3)))
    ax.hlines(at, shown["share_low"], shown["share_high"], color=SERIES[0], lw=2.4)
    for flag, marker, color in ((False, "o", SERIES[0]), (True, "X", BAD)):
        ax.plot(shown["share_base"][over == flag], at[over == flag], ls="none", marker=marker,
                ms=9, color=color, zorder=4)  # fmt: skip
    for y, row in zip(at, shown.to_dict("records"), strict=True):
        text = t("chart.wallet.over", lang) if row["status"] == "over_spend" else money(
            row["headroom_base"], currency, lang)  # fmt: skip
        ax.annotate(text, (right, y), xytext=(14, 0), textcoords="offset points", va="center",
                    color=INK, annotation_clip=False)  # fmt: skip
    ax.annotate(t("chart.wallet.room", lang), (right, -0.85), xytext=(14, 0), va="center",
                textcoords="offset points", color=MUTED, annotation_clip=False)  # fmt: skip
    ax.set_yticks(at, [shown_name(a, names) for a in shown["account_id"]])
    ax.set_ylim(len(shown) - 0.4, -1.3)
    ax.set_xlim(0, right * 1.3)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    ax.set_xlabel(t("chart.wallet.x", lang))
    theme.value_grid(ax, "x")
    theme.percent_axis(ax, "x", lang)
    _wallet_note(fig, summary, said, len(known), lang)
    return fig


def _wallet_note(
    fig: Figure, summary: pd.DataFrame | None, said: dict[str, str], n: int, lang: str
) -> None:
    theme.note(fig, t("chart.wallet.reading", lang, **said))
    if summary is not None and not summary.empty:
        rows = summary.set_index("measure")
        words = {
            "customer": percent(rows["value"]["customer_share"], lang),
            "market": percent(rows["value"]["market_share"], lang),
        }
        key = "both" if words["market"] != percent(None, lang) else "customer_only"
        theme.note(fig, t(f"chart.wallet.{key}", lang, **words))
    source_note(fig, lang, n=n, variant=["known_spend_only"], origin=["S013; X24; house"])
