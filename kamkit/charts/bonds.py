"""Personal against value-based ties: which accounts hang on people rather than on business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, t
from kamkit.schemes.relationship import relationship_scheme

# Sign, fill and edge by where an account stands; only the flagged ones are crosses.
_SIGNS = {
    "personal_without_value": ("X", BAD, PAPER),
    "both_high": ("o", SERIES[0], PAPER),
    "value_led": ("s", GOOD, PAPER),
    "both_low": ("v", PAPER, MUTED),
    "between": ("o", PAPER, MUTED),
}


def plot_bonds(
    accounts: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
    max_labels: int = 14,
) -> Figure:
    """Accounts by the score of personal and of value-based ties; high personal, low value marked.

    Needs columns: those of ``bonds_of`` (account_id, personal, value, each with _low and _high,
    quadrant, flagged). Lines are 95% intervals of judgements one grade off; they are drawn for
    the accounts that are named.

    >>> plot_bonds(pd.DataFrame({"quadrant": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    shown = accounts[accounts["quadrant"].isin(_SIGNS)] if len(accounts) else accounts
    if shown.empty:
        return blank(t("chart.bonds.topic", lang), lang)
    limits = relationship_scheme().limits
    high, low = float(limits["high_bond"]), float(limits["low_bond"])
    flagged = shown["quadrant"] == "personal_without_value"
    said = {
        "n": number(len(shown), lang), "flagged": number(flagged.sum(), lang),
        "high": number(high, lang), "low": number(low, lang),
        "left": number(len(accounts) - len(shown), lang),
    }  # fmt: skip
    key = "title" if flagged.any() else "title_none"
    fig, ax = theme.figure((10.0, 7.2), title=t(f"chart.bonds.{key}", lang, **said),
                           alt=t("chart.bonds.alt", lang, **said))  # fmt: skip
    _ground(ax, high, low, lang)
    spots = _spots(shown)
    _points(ax, spots, max_labels, lang)
    texts = [_text(row, names, lang) for row in spots.to_dict("records")]
    for words in theme.label_points(ax, spots["value"], spots["personal"], texts,
                                    max_labels=max_labels):  # fmt: skip
        words.set_bbox(theme.BACKING)
    ax.set(xlim=(-4, 104), ylim=(-13, 112), xlabel=t("chart.bonds.x", lang),
           ylabel=t("chart.bonds.y", lang))  # fmt: skip
    ax.set_yticks([0, 20, 40, 60, 80, 100])
    theme.value_grid(ax, "both")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.bonds.reading", lang))
    if len(shown) < len(accounts):
        theme.note(fig, t("chart.bonds.left_out", lang, **said))
    source_note(fig, lang, n=len(shown), variant=constant(shown, "variant"),
                origin=constant(shown, "origin"))  # fmt: skip
    return fig


def _order(shown: pd.DataFrame) -> pd.DataFrame:
    """Flagged accounts first, then those whose scores are farthest apart."""
    apart = shown["personal"] - shown["value"]
    flagged = shown["quadrant"] == "personal_without_value"
    keys = pd.DataFrame({"flag": flagged, "apart": apart}).sort_values(
        ["flag", "apart"], ascending=False, kind="stable"
    )
    return shown.loc[keys.index]


def _spots(shown: pd.DataFrame) -> pd.DataFrame:
    """Accounts that would cover each other as one row, with how many there are."""
    order = _order(shown)
    place = [order["quadrant"], (order["value"] / 1.5).round(), (order["personal"] / 1.5).round()]
    held = order.assign(held=order.groupby(place, sort=False)["account_id"].transform("size"))
    return held[~held.groupby(place, sort=False).cumcount().astype(bool)].reset_index(drop=True)


def _text(row: Mapping[Any, Any], names: Mapping[str, str] | None, lang: str) -> str:
    name = shown_name(row["account_id"], names, 18)
    more = row["held"] - 1
    return t("chart.bonds.more", lang, name=name, n=number(more, lang)) if more else name


def _ground(ax: Axes, high: float, low: float, lang: str) -> None:
    """The corner that X17 warns of, and the limits."""
    ax.fill_between([-4, low], high, 112, facecolor="#F7E9EC", edgecolor="#E3BCC5", hatch="//",
                    lw=0, zorder=0)  # fmt: skip
    ax.plot([-4, 104], [high, high], color=RULE, lw=1, ls=(0, (5, 3)), zorder=1)
    for x in (low, high):
        ax.plot([x, x], [-4, 104], color=RULE, lw=1, ls=(0, (5, 3)), zorder=1)
    corners = (("danger", -3, 108, "left", BAD), ("both", 104, 108, "right", MUTED),
               ("value", 104, -9, "right", MUTED), ("low", -3, -9, "left", MUTED))  # fmt: skip
    for key, x, y, ha, color in corners:
        ax.text(x, y, t(f"chart.bonds.corner_{key}", lang), ha=ha, va="center", color=color,
                fontsize=11, weight="bold", zorder=2, bbox=theme.BACKING)  # fmt: skip


def _points(ax: Axes, spots: pd.DataFrame, most: int, lang: str) -> None:
    named = spots.head(most)
    x, y = named["value"].to_numpy(float), named["personal"].to_numpy(float)
    ax.hlines(y, named["value_low"], named["value_high"], color=INK, lw=0.9, alpha=0.35, zorder=2)
    ax.vlines(x, named["personal_low"], named["personal_high"], color=INK, lw=0.9, alpha=0.35,
              zorder=2)  # fmt: skip
    for key, (marker, face, edge) in _SIGNS.items():
        own = spots[spots["quadrant"] == key]
        if own.empty:
            continue
        text = t("chart.bonds.key", lang, name=t(f"chart.bonds.{key}", lang),
                 n=number(own["held"].sum(), lang))  # fmt: skip
        ax.scatter([], [], s=85, marker=marker, facecolor=face, edgecolor=edge, linewidth=1.2,
                   label=text)  # fmt: skip
        ax.scatter(own["value"], own["personal"], s=80 * np.sqrt(own["held"]), marker=marker,
                   facecolor=face, edgecolor=edge, linewidth=1.2, zorder=4)  # fmt: skip
