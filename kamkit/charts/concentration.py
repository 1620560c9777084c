"""Pictures of concentration: the cumulative curve, ABC classes, two bases side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import ACCENT, BAD, GRID, INK, MUTED, PAPER, SERIES, Figure, style
from kamkit.i18n import label, money, number, percent, t

_REFERENCES = (0.20, 0.25)
_SLOPES = 12


def _word(value: str, lang: str) -> str:
    return label(f"chart.concentration.value.{value}", lang, value)


def _head(curve: pd.DataFrame, share: float) -> tuple[int, float]:
    """Accounts in the head (rounded up) and their share of the total, read off the curve."""
    count = max(1, math.ceil(len(curve) * share - 1e-9))
    return count, float(curve["cumulative_share"].iloc[count - 1])


def _mark_heads(ax: Axes, curve: pd.DataFrame, lang: str) -> None:
    drops = (0.21, 0.09)
    for i, share in enumerate(_REFERENCES):
        count, held = _head(curve, share)
        at = count / len(curve)
        ax.plot([share, share], [0, held], color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1)
        ax.plot([at], [held], marker="os"[i], ms=9, color=ACCENT, zorder=5)
        text = t(
            "chart.concentration.head", lang, share=percent(share, lang, 0),
            count=number(count, lang), held=percent(held, lang),
        )  # fmt: skip
        ax.annotate(
            text, (at, held), xytext=(share + 0.14, held - drops[i]), textcoords="data",
            va="center", ha="left", color=INK, zorder=6,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 2},
            arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.8},
        )  # fmt: skip


def plot_concentration(
    curve: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    value: str = "revenue",
    summary: pd.DataFrame | None = None,
) -> Figure:
    """Cumulative share of the total over accounts, largest first, with 20/80 and 25 % marked.

    Needs columns: those of ``Concentration.curve``; ``summary`` (measure table) adds the Gini
    coefficient and the head count for 80 % to the footer. ``value`` names what is added up.

    >>> plot_concentration(pd.DataFrame({"cumulative_share": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    word = _word(value, lang)
    known = curve.dropna(subset=["cumulative_share"])
    if known.empty:
        return blank(t("chart.concentration.topic", lang, value=word), lang)
    count, held = _head(known, 0.2)
    said = {"count": number(count, lang), "held": percent(held, lang), "value": word}
    said |= {"n": number(len(known), lang)}
    fig, ax = theme.figure(
        "wide",
        title=t("chart.concentration.title", lang, **said),
        alt=t("chart.concentration.alt", lang, **said),
    )
    x = np.concatenate([[0.0], known["account_share"]])
    y = np.concatenate([[0.0], known["cumulative_share"]])
    if known["low"].notna().any():
        low, high = (np.concatenate([[0.0], known[c]]) for c in ("low", "high"))
        ax.fill_between(x, low, high, color=SERIES[0], alpha=0.18, lw=0)
    ax.plot([0, 1], [0, 1], color=GRID, lw=1.4, zorder=1)
    ax.annotate(
        t("chart.concentration.equal", lang), (0.72, 0.72), xytext=(8, -4),
        textcoords="offset points", color=MUTED, va="top",
    )  # fmt: skip
    ax.axhline(0.8, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1)
    ax.plot(x, y, color=SERIES[0], lw=2.4, zorder=4)
    ax.plot([0.2], [0.8], marker="D", ms=9, mfc=PAPER, mec=INK, mew=1.6, ls="none", zorder=5)
    ax.annotate(
        t("chart.concentration.rule", lang), (0.2, 0.8), xytext=(-8, 8),
        textcoords="offset points", ha="right", va="bottom", color=INK,
    )  # fmt: skip
    _mark_heads(ax, known, lang)
    ax.set_xlim(0, 1)
    ax.set_ylim(min(0.0, float(y.min())), max(1.04, float(y.max()) + 0.05))
    theme.percent_axis(ax, "x", lang)
    theme.percent_axis(ax, "y", lang)
    ax.set_xlabel(t("chart.concentration.x", lang))
    ax.set_ylabel(t("chart.concentration.y", lang, value=word))
    _curve_note(fig, known, summary, currency, lang)
    return fig


def _curve_note(
    fig: Figure, curve: pd.DataFrame, summary: pd.DataFrame | None, currency: str, lang: str
) -> None:
    keys = constant(curve, "variant")
    if summary is not None and not summary.empty:
        figures = summary.set_index("measure")
        gini = figures.loc["gini_population"] if "gini_population" in figures.index else None
        heads = figures.loc["heads_for_80"] if "heads_for_80" in figures.index else None
        if gini is not None and heads is not None:
            words = t(
                "chart.concentration.figures", lang,
                gini=number(gini["value"], lang, 2),
                low=number(gini["low"], lang, 2), high=number(gini["high"], lang, 2),
                heads=number(heads["value"], lang),
                total=money(figures.loc["total", "value"], currency, lang),
            )  # fmt: skip
            theme.note(fig, words)
        keys = ["head_ceil", *keys]
    source_note(fig, lang, n=len(curve), variant=keys, origin=["S034", *constant(curve, "origin")])


def plot_abc(
    totals: pd.DataFrame, *, lang: str, currency: str = "", value: str = "revenue"
) -> Figure:
    """Share of accounts beside share of money for every ABC class.

    Needs columns: those of ``Concentration.totals``.

    >>> plot_abc(pd.DataFrame({"abc": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    word = _word(value, lang)
    if totals.empty:
        return blank(t("chart.abc.topic", lang, value=word), lang)
    top = totals.iloc[0]
    said = {
        "count": number(top["accounts"], lang),
        "share": percent(top["account_share"], lang, 0),
        "held": percent(top["value_share"], lang, 0),
        "value": word,
    }
    fig, ax = theme.figure(
        "wide", title=t("chart.abc.title", lang, **said), alt=t("chart.abc.alt", lang, **said)
    )
    at = np.arange(len(totals), dtype=float)
    for i, (column, shift) in enumerate((("account_share", -0.2), ("value_share", 0.2))):
        ax.barh(at + shift, totals[column], height=0.36, **theme.fill_style(i * 2))
    for y, row in zip(at, totals.to_dict("records"), strict=True):
        accounts = t("chart.abc.accounts", lang, count=number(row["accounts"], lang),
                     share=percent(row["account_share"], lang))  # fmt: skip
        amount = t("chart.abc.money", lang, money=money(row["value"], currency, lang),
                   share=percent(row["value_share"], lang), value=word)  # fmt: skip
        for text, share, shift in ((accounts, row["account_share"], -0.2),
                                   (amount, row["value_share"], 0.2)):  # fmt: skip
            ax.annotate(text, (max(share, 0.0), y + shift), xytext=(7, 0), va="center",
                        textcoords="offset points", color=INK)  # fmt: skip
    ax.set_yticks(at, [t("chart.abc.class", lang, letter=c) for c in totals["abc"]])
    theme.value_grid(ax, "x")
    ax.invert_yaxis()
    ax.set_xlim(min(0.0, float(totals["value_share"].min()) * 1.1), 1.28)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    theme.percent_axis(ax, "x", lang)
    ax.set_xlabel(t("chart.abc.x", lang))
    source_note(
        fig, lang, n=totals["accounts"].sum(), variant=constant(totals, "variant"),
        origin=constant(totals, "origin"),
    )  # fmt: skip
    return fig


def _chosen(accounts: pd.DataFrame, limit: int) -> pd.DataFrame:
    both = accounts.dropna(subset=["rank_first", "rank_second"])
    top = both[(both["rank_first"] <= limit) | (both["rank_second"] <= limit)]
    return top.sort_values(["rank_first", "account_id"], ignore_index=True)


def _spread(ranks: pd.Series) -> np.ndarray:
    """Places 0, 1, … in the order of the ranks: ties and gaps don't print over each other."""
    places = np.empty(len(ranks))
    places[np.argsort(ranks.to_numpy(float), kind="stable")] = np.arange(len(ranks))
    return places


def plot_basis_change(
    accounts: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    first: str = "revenue",
    second: str = "profit",
    names: Mapping[str, str] | None = None,
    limit: int = _SLOPES,
) -> Figure:
    """Ranks on two bases joined by lines: who moves when the yardstick changes.

    Needs columns: those of ``BasisChange.accounts``. Accounts among the first ``limit`` of
    either side are shown; loss makers have a broken line and say so.

    >>> plot_basis_change(pd.DataFrame(columns=["rank_first", "rank_second", "account_id"]),
    ...                   lang="en").alt
    'Nothing to show: the table is empty.'
    """
    shown = _chosen(accounts, limit)
    words = {"first": _word(first, lang), "second": _word(second, lang)}
    if shown.empty:
        return blank(t("chart.basis.topic", lang, **words), lang)
    moved = int(shown["rank_change"].abs().ge(3).sum())
    words |= {"moved": number(moved, lang), "shown": number(len(shown), lang)}
    losses = int(accounts["loss"].eq(True).sum())
    words |= {"losses": number(losses, lang)}
    fig, ax = theme.figure(
        (8.6, max(4.6, 1.9 + 0.33 * len(shown))),
        title=t("chart.basis.title", lang, **words),
        alt=t("chart.basis.alt", lang, **words),
    )
    left, right = _spread(shown["rank_first"]), _spread(shown["rank_second"])
    for y0, y1, row in zip(left, right, shown.to_dict("records"), strict=True):
        loss, far = bool(row["loss"]), abs(row["rank_change"]) >= 3
        color = BAD if loss else (ACCENT if far else MUTED)
        ax.plot([0, 1], [y0, y1], color=color, lw=2.2 if loss or far else 1.2,
                ls=(0, (4, 2)) if loss else "-", marker=style(0)["marker"], ms=6)  # fmt: skip
        name = shown_name(row["account_id"], names)
        ax.text(-0.03, y0, f"{name}  {int(row['rank_first'])}", ha="right", va="center", color=INK)
        text = f"{int(row['rank_second'])}   {money(row['value_second'], currency, lang)}"
        if loss:
            text += "  " + t("chart.basis.loss", lang)
        ax.text(1.03, y1, text, ha="left", va="center", color=BAD if loss else INK)
    ax.set_xlim(-0.62, 1.62)
    ax.set_ylim(len(shown) - 0.3, -1.1)
    for x, key in ((0, "first"), (1, "second")):
        ax.text(x, -0.85, t("chart.basis.by", lang, value=words[key]), ha="center",
                va="center", weight="bold", color=INK)  # fmt: skip
    ax.set_axis_off()
    theme.note(fig, t("chart.basis.reading", lang, limit=number(limit, lang), **words))
    n = accounts["rank_first"].notna() & accounts["rank_second"].notna()
    source_note(fig, lang, n=n.sum(), variant=["ties_best_rank"],
                origin=constant(accounts, "origin"))  # fmt: skip
    return fig
