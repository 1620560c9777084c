"""The influencers wheel: how much each role decides, and how strong we and a rival are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.theme import INK, MUTED, PAPER, RULE, SERIES, WARN, Figure
from kamkit.i18n import number, t
from kamkit.schemes.contacts import contact_scheme

_TOP = 10.0
_NAMED_GAPS = 3
_AT_UNKNOWN = 1.1
_SURE = "gap"


def plot_wheel(
    wheel: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Influence and our strength (0–10) by spoke as two outlines; the largest gaps are named.

    Needs columns: those of ``wheel`` (spoke, people, influence, our_strength, rival_strength,
    gap, state). A full bar is a gap that stands with either grade one off, a hollow one may be
    another judge's eye. No line runs through a spoke on which nothing is known.

    >>> plot_wheel(pd.DataFrame({"spoke": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if wheel.empty:
        return blank(t("chart.wheel.topic", lang), lang)
    labels = spoke_names(names, lang)
    table = wheel.reset_index(drop=True)
    said = _said(table, labels, lang)
    key = "title_none" if not said["spoke"] else "title_unsure"
    if (table["state"] == _SURE).any():
        key = "title"
    fig, ax = theme.figure(
        (8.6, 7.8), title=t(f"chart.wheel.{key}", lang, **said),
        alt=t("chart.wheel.alt", lang, **said), subplot_kw={"projection": "polar"},
    )  # fmt: skip
    angle = np.linspace(0, 2 * np.pi, len(table), endpoint=False)
    ax.set_theta_offset(np.pi / 2)
    ax.set_theta_direction(-1)
    _outline(ax, angle, table["influence"], color=MUTED, marker="o", fill=0.13,
             text=t("chart.wheel.influence", lang))  # fmt: skip
    _outline(ax, angle, table["our_strength"], color=SERIES[0], marker="s", fill=0.22,
             text=t("chart.wheel.strength", lang))  # fmt: skip
    if table["rival_strength"].notna().any():
        _outline(ax, angle, table["rival_strength"], color=SERIES[1], marker="D", fill=0.0,
                 text=t("chart.wheel.rival", lang), dashed=True)  # fmt: skip
    _unknown(ax, angle, table, lang)
    _gaps(ax, angle, table, lang)
    _frame(ax, angle, table, labels, lang)
    fig.legend(loc="outside lower left", ncols=2)
    theme.note(fig, t("chart.wheel.reading", lang))
    source_note(fig, lang, n=table["people"].sum(), variant=constant(table, "variant"),
                origin=constant(table, "origin"))  # fmt: skip
    return fig


def spoke_names(names: Mapping[str, str] | None, lang: str) -> dict[str, str]:
    """Spokes in words: those given, else the scheme's.

    >>> spoke_names(None, "en")["ceo"]
    'CEO'
    """
    return {s.id: s.label[lang] for s in contact_scheme().spokes} | dict(names or {})


def _short(value: float | None, lang: str) -> str:
    """A figure without a decimal nought."""
    whole = value is not None and value == value and float(value).is_integer()
    return number(value, lang, 0 if whole else 1)


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """Spokes where we are weaker than their weight: sure gaps first, then by size."""
    known = table[table["gap"] > 0]
    sure = (known["state"] == _SURE).rename("sure")
    order = pd.concat([sure, known[["gap", "influence"]]], axis=1)
    order = order.sort_values(["sure", "gap", "influence"], ascending=False, kind="stable")
    return known.loc[order.index]


def _said(table: pd.DataFrame, labels: Mapping[str, str], lang: str) -> dict[str, str]:
    worst = _largest(table).head(1)
    known = table["influence"].notna()
    return {
        "spoke": shown_name(worst["spoke"].iloc[0], labels, 40) if len(worst) else "",
        "influence": _short(worst["influence"].iloc[0] if len(worst) else None, lang),
        "strength": _short(worst["our_strength"].iloc[0] if len(worst) else None, lang),
        "known": number(known.sum(), lang),
        "unknown": number((~known).sum(), lang),
        "n": number(len(table), lang),
        "gaps": number((table["state"] == _SURE).sum(), lang),
    }


def _outline(
    ax: Any, angle: np.ndarray, values: pd.Series, *, color: str, marker: str, fill: float,
    text: str, dashed: bool = False,
) -> None:  # fmt: skip
    """One series; its line has a hole where a value isn't known."""
    at = values.to_numpy(float)
    ring, closed = np.append(angle, 2 * np.pi), np.append(at, at[0])
    known = at == at
    # Lone points between two holes still show by their marks.
    ax.plot(ring, closed, color=color, lw=2.2, ls=(0, (5, 2.5)) if dashed else "-", zorder=3,
            marker=marker, ms=8, label=text)  # fmt: skip
    both = known & np.roll(known, -1)
    wedges = [((0, 0), (ring[i], closed[i]), (ring[i + 1], closed[i + 1]))
              for i in np.flatnonzero(both)]  # fmt: skip
    if fill and wedges:
        ax.add_collection(PolyCollection(wedges, facecolors=color, alpha=fill, lw=0, zorder=1))


def _unknown(ax: Any, angle: np.ndarray, table: pd.DataFrame, lang: str) -> None:
    at = angle[table["influence"].isna().to_numpy()]
    if not len(at):
        return
    height = np.full(len(at), _AT_UNKNOWN)
    ax.plot(at, height, ls="none", marker="s", ms=16, mfc=PAPER, mec=MUTED, zorder=5,
            mew=1.2, label=t("chart.wheel.unknown", lang))  # fmt: skip
    ax.plot(at, height, ls="none", marker="$?$", ms=8, color=MUTED, mec=MUTED, mew=0.5, zorder=6)


def _gaps(ax: Any, angle: np.ndarray, table: pd.DataFrame, lang: str) -> None:
    """The largest gaps as bars on their spokes, with their size."""
    worst = _largest(table).head(_NAMED_GAPS)
    for at, row in zip(angle[worst.index.to_numpy()], worst.to_dict("records"), strict=True):
        sure = row["state"] == _SURE
        span = [row["our_strength"], row["influence"]]
        ax.plot([at] * 2, span, color=WARN, lw=6, alpha=0.75 if sure else 0.3,
                solid_capstyle="butt", zorder=2)  # fmt: skip
        if not sure:
            ax.plot([at] * 2, span, color=theme.PAPER, lw=3.2, solid_capstyle="butt",
                    zorder=2.1)  # fmt: skip
        middle = sum(span) / 2
        words = t("chart.wheel.gap", lang, gap=_short(row["gap"], lang))
        ax.annotate(words, (at, middle), xytext=(9, 0), textcoords="offset points",
                    va="center", fontsize=11, weight="bold", color=WARN, zorder=7,
                    bbox=theme.BACKING)  # fmt: skip


def _frame(
    ax: Any, angle: np.ndarray, table: pd.DataFrame, labels: Mapping[str, str], lang: str
) -> None:
    texts = []
    for row in table.to_dict("records"):
        name = theme.wrap(shown_name(row["spoke"], labels, 48), 118, 12)
        texts.append(f"{name}\n{t('chart.wheel.people', lang, n=number(row['people'], lang))}")
    ax.set_xticks(angle, texts)
    for label in ax.get_xticklabels():
        label.set(color=INK, linespacing=1.25)
    ax.tick_params(axis="x", pad=9)
    ax.set_ylim(0, _TOP)
    ax.set_yticks([2, 4, 6, 8, 10])
    ax.set_rlabel_position(180 / max(len(table), 1))
    for label in ax.get_yticklabels():
        label.set_fontsize(10)
    ax.grid(True, color=RULE, alpha=0.35, lw=0.8)
    ax.spines["polar"].set_color(RULE)
