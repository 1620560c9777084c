"""Pictures of the two scoring tables: attractiveness of accounts, our strength at one of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, SEQUENTIAL, SERIES, Figure, ink_on
from kamkit.i18n import interval, label, number, percent, t
from kamkit.schemes import criteria

_TOP = 5.0


def factor_name(key: object, lang: str) -> str:
    """A factor's name: of the criteria library, of the catalog, or the key itself, safe to draw.

    >>> factor_name("size", "en"), factor_name("price", "en")
    ('Size', 'price')
    """
    known = criteria().get(str(key))
    if known is not None:
        return known.labels[lang]
    return label(f"factor.{key}", lang, theme.data_text(key))


def plot_attractiveness(
    factors: pd.DataFrame,
    *,
    accounts: pd.DataFrame,
    lang: str,
    currency: str = "",
    names: Mapping[str, str] | None = None,
    limit: int = 14,
) -> Figure:
    """Table One: accounts × attractiveness factors, with totals and the average line.

    Needs columns: those of ``FactorScores.factors`` and ``FactorScores.accounts``. The accounts
    nearest above and below the average are shown where there are more than ``limit``.

    >>> empty = pd.DataFrame({"account_id": [], "total": []})
    >>> plot_attractiveness(empty, accounts=empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = accounts[accounts["total"].notna()]
    known = known.sort_values(["total", "account_id"], ascending=[False, True])
    if known.empty:
        return blank(t("chart.attractive.topic", lang), lang)
    shown = _around(known, limit)
    line = float(known["total"].mean())
    listed = list(dict.fromkeys(factors["factor"]))
    said = {
        "n": number(len(known), lang),
        "average": number(line, lang, 2),
        "above": number((known["total"] >= line).sum(), lang),
        "unsure": number((~known["separable"]).sum(), lang),
        "name": shown_name(known["account_id"].iloc[0], names),
        "best": number(known["total"].iloc[0], lang, 2),
        "shown": number(len(shown), lang),
        "factors": number(len(listed), lang),
    }
    fig, ax = theme.figure(
        (10.0, max(4.8, 3.2 + 0.34 * len(shown))), title=t("chart.attractive.title", lang, **said),
        alt=t("chart.attractive.alt", lang, **said),
    )  # fmt: skip
    wide = factors.pivot(index="account_id", columns="factor", values="score")
    scores = wide.reindex(index=shown["account_id"], columns=listed).to_numpy(float)
    for y, x in np.ndindex(scores.shape):
        _score_cell(ax, x, y, float(scores[y, x]), lang)
    _totals(ax, shown, len(listed), lang)
    inside = int((shown["total"] >= line).sum())
    if 0 < inside < len(shown):
        ax.axhline(inside - 0.5, color=BAD, lw=1.6, ls=(0, (6, 3)))
    room = 470 / max(len(listed) + 2, 6)
    words = [theme.wrap(factor_name(f, lang), room, 10.5, "normal") for f in listed]
    ax.set_xticks(range(len(listed)), words, fontsize=10.5)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(shown)), [shown_name(a, names) for a in shown["account_id"]])
    ax.tick_params(length=0)
    ax.set_xlim(-0.5, len(listed) + 1.6)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    theme.value_grid(ax, "none")
    theme.note(fig, t("chart.attractive.reading", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=["S081; house"])  # fmt: skip
    return fig


def _around(known: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The best, and those next to the average line on both sides."""
    if len(known) <= limit:
        return known
    over = int((known["total"] >= known["total"].mean()).sum())
    near = range(max(over - limit // 3, 0), min(over + limit // 3, len(known)))
    rows = sorted({*range(limit - len(near)), *near})
    return known.iloc[rows]


def _score_cell(ax: Axes, x: int, y: int, value: float, lang: str) -> None:
    if np.isnan(value):
        ax.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=PAPER, edgecolor=GRID,
                               hatch="////", lw=0.8))  # fmt: skip
        return
    shade = SEQUENTIAL(float(np.clip((value - 1) / (_TOP - 1), 0, 1)))
    ax.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=shade, edgecolor=PAPER))
    ax.text(x, y, number(value, lang, 1), ha="center", va="center", color=ink_on(shade),
            fontsize=11)  # fmt: skip


def _totals(ax: Axes, shown: pd.DataFrame, at: int, lang: str) -> None:
    for y, row in enumerate(shown.to_dict("records")):
        half = number(row["high"] - row["total"], lang, 2)
        text = t("chart.attractive.total", lang, total=number(row["total"], lang, 2), half=half)
        ax.text(at - 0.3, y, text, va="center", color=INK,
                weight="normal" if row["separable"] else "bold")  # fmt: skip
    ax.annotate(t("chart.attractive.totals", lang), (at - 0.3, 1.0), color=MUTED,
                xycoords=("data", "axes fraction"), xytext=(0, 6), va="bottom",
                textcoords="offset points")  # fmt: skip


def plot_relative_strength(
    factors: pd.DataFrame,
    *,
    accounts: pd.DataFrame,
    lang: str,
    currency: str = "",
    account_id: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Table Two: what one customer decides by, our score beside the best and average rival's.

    Needs columns: those of ``RelativeStrength.factors`` and ``RelativeStrength.accounts``;
    ``account_id`` picks the customer (the first one by default).

    >>> empty = pd.DataFrame({"account_id": []})
    >>> plot_relative_strength(empty, accounts=empty, lang="en").alt
    'Nothing to show: the table is empty.'
    """
    ids = factors["account_id"].drop_duplicates().tolist()
    chosen = account_id if account_id is not None else (ids[0] if ids else None)
    own = factors[factors["account_id"] == chosen]
    if own.empty:
        return blank(t("chart.strength.topic", lang), lang)
    own = own.sort_values(["weight", "factor"], ascending=[False, True], ignore_index=True)
    row = accounts[accounts["account_id"] == chosen].iloc[0]
    said = _strength_words(own, row, shown_name(chosen, names), lang)
    fig, ax = theme.figure(
        (10.0, max(4.4, 3.0 + 0.5 * len(own))), alt=t("chart.strength.alt", lang, **said),
        title=t(f"chart.strength.{_strength_title(own, row)}", lang, **said),
    )  # fmt: skip
    at = np.arange(len(own))
    behind = (own["our_score"] < own["best_score"]).to_numpy()
    ax.hlines(at, own[["our_score", "best_score"]].min(axis=1),
              own[["our_score", "best_score"]].max(axis=1), color=GRID, lw=5, zorder=2)  # fmt: skip
    ax.hlines(at[behind], own["our_score"][behind], own["best_score"][behind], color=BAD, lw=2,
              ls=(0, (4, 2)), zorder=3)  # fmt: skip
    for column, i, key in (("average_score", 7, "average"), ("best_score", 1, "best"),
                           ("our_score", 0, "us")):  # fmt: skip
        signs = theme.style(i)
        ax.plot(own[column], at, ls="none", ms=10 if key == "us" else 8, zorder=4,
                marker=signs["marker"], color=SERIES[i],
                label=t(f"chart.strength.{key}", lang))  # fmt: skip
    words = [t("chart.strength.factor", lang, factor=factor_name(r["factor"], lang),
               weight=percent(r["weight"], lang, 0)) for r in own.to_dict("records")]  # fmt: skip
    ax.set_yticks(at, words)
    ax.set_ylim(len(own) - 0.4, -0.6)
    ax.set_xlabel(t("chart.strength.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.strength.reading", lang, **said))
    source_note(fig, lang, n=len(own), variant=[row["variant"]], origin=["S082; house"])
    return fig


def _strength_title(own: pd.DataFrame, row: pd.Series) -> str:
    if np.isnan(float(row["index"])):
        return "title_alone"
    return "title" if (own["our_score"] < own["best_score"]).any() else "title_ahead"


def _strength_words(own: pd.DataFrame, row: pd.Series, name: str, lang: str) -> dict[str, str]:
    gaps = own.assign(loss=own["weight"] * (own["our_score"] - own["best_score"]))
    worst = gaps.sort_values("loss").iloc[0]
    return {
        "name": name,
        "index": number(row["index"], lang, 2),
        "range": interval(row["index_low"], row["index_high"], lang),
        "rival": theme.data_text(row["best_rival"]) if row["best_rival"] == row["best_rival"]
        else "–",
        "worst": factor_name(worst["factor"], lang),
        "ahead": percent(row["p_ahead"], lang, 0),
        "rivals": number(row["rivals"], lang),
        "factors": number(len(own), lang),
    }  # fmt: skip
