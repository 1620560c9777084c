"""Promoters, passives and detractors, and the score they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import chosen_wave, column_words, name_rows, signed, signed_range, whiskers
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import INK, MUTED, PAPER, SERIES, Figure, ink_on
from kamkit.i18n import number, t

_PARTS: dict[str, dict[str, Any]] = {
    "detractors": {"facecolor": SERIES[1], "hatch": "///", "hatchcolor": "#FFFFFF99"},
    "passives": {"facecolor": "#DDE3E8", "hatch": ""},
    "promoters": {"facecolor": SERIES[0], "hatch": ""},
}
_OVERALL = ("nps_answers", "nps_accounts")


def plot_net_promoter(
    accounts: pd.DataFrame,
    *,
    lang: str,
    overall: pd.DataFrame | None = None,
    wave: str | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 20,
) -> Figure:
    """Parts of the answers of each account, and its score with the adjusted interval.

    Needs columns: those of the first table of ``nps_by_account``; ``overall`` is the second.
    Accounts with most answers first: with so few answers each, scores give no ranking. The
    first row puts all answers together.

    >>> plot_net_promoter(pd.DataFrame({"nps": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.nps.topic", lang)
    here = chosen_wave(accounts, wave) if len(accounts) else accounts
    known = here[here["n"] > 0] if len(here) else here
    if known.empty:
        return blank(topic, lang)
    ranked = known.sort_values(["n", "nps", "account_id"], ascending=[False, True, True],
                               kind="stable")  # fmt: skip
    shown = ranked.head(limit).reset_index(drop=True)
    whole = _overall(known, overall)
    said = _said(here, known, shown, whole, lang)
    fig, (left, right) = theme.figure(
        (10.0, 3.1 + 0.34 * (len(shown) + 1)), cols=2, width_ratios=[1, 1.05], sharey=True,
        title=t(f"chart.nps.{said.pop('key')}", lang, **said),
        alt=t("chart.nps.alt", lang, **said),
    )  # fmt: skip
    _parts(left, known, shown, lang)
    _scores(right, shown, whole, lang)
    ids = [shown_name(a, names, 20) for a in shown["account_id"]]
    name_rows(left, [t("chart.nps.all", lang), *ids])
    theme.value_grid(right, "x")
    right.tick_params(axis="y", labelleft=False)
    legend_below(fig, [left, right], [], 5)
    theme.note(fig, t("chart.nps.reading", lang))
    if len(shown) < len(here):
        theme.note(fig, t("chart.nps.shown", lang, **said))
    source_note(fig, lang, n=known["n"].sum(), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _overall(known: pd.DataFrame, overall: pd.DataFrame | None) -> dict[str, tuple[float, ...]]:
    """Score and ends over all answers, and with every account counting alike, as far as given."""
    if overall is None or not len(overall):
        return {}
    rows = overall[overall["measure"].isin(_OVERALL)].to_dict("records")
    return {str(r["measure"]): (r["value"], r["low"], r["high"]) for r in rows}


def _said(
    here: pd.DataFrame, known: pd.DataFrame, shown: pd.DataFrame,
    whole: Mapping[str, tuple[float, ...]], lang: str,
) -> dict[str, str]:  # fmt: skip
    said = {
        "key": "title_plain", "n": number(known["n"].sum(), lang),
        "accounts": number(len(known), lang), "shown": number(len(shown), lang),
        "silent": number(len(here) - len(known), lang), "all": number(len(here), lang),
        "groups": number(known["cluster"].nunique(), lang), "nps": "–", "range": "–",
    }  # fmt: skip
    if "nps_answers" in whole:
        value, low, high = whole["nps_answers"]
        said |= {"nps": signed(value, lang, 0), "range": signed_range(low, high, lang, 0)}
        said["key"] = "title" if known["cluster"].nunique() > 1 else "title_none"
        if len(known) == 1:
            said["key"] = "title_one"
    return said


def _parts(ax: Axes, known: pd.DataFrame, shown: pd.DataFrame, lang: str) -> None:
    columns = [f"n_{part}" for part in _PARTS]
    counts = np.vstack([known[columns].sum().to_numpy(float), shown[columns].to_numpy(float)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    at, left = np.arange(len(shares)), np.zeros(len(shares))
    for k, (part, look) in enumerate(_PARTS.items()):
        ax.barh(at, shares[:, k], 0.68, left=left, edgecolor=PAPER, lw=0.8, **look,
                label=t(f"chart.nps.{part}", lang))  # fmt: skip
        color = ink_on(str(look["facecolor"]))
        for y in at[counts[:, k] > 0]:
            # On hatching a number needs its own ground.
            ground = (
                {"facecolor": look["facecolor"], "lw": 0, "pad": 1.2} if look["hatch"] else None
            )
            ax.text(left[y] + shares[y, k] / 2, y, number(counts[y, k], lang), ha="center",
                    va="center", fontsize=10, color=color, bbox=ground)  # fmt: skip
        left = left + shares[:, k]
    ax.axhline(0.5, color=INK, lw=0.9)
    ax.set_xlim(0, 1)
    ax.set_xlabel(t("chart.nps.x_parts", lang))
    theme.percent_axis(ax, "x", lang)


def _scores(
    ax: Axes, shown: pd.DataFrame, whole: Mapping[str, tuple[float, ...]], lang: str
) -> None:
    at = np.arange(1, len(shown) + 1)
    whiskers(ax, at, shown, ("low", "high"), SERIES[0])
    ax.plot(shown["nps"], at, ls="none", marker="o", ms=8, color=SERIES[0], zorder=4,
            label=t("chart.nps.score", lang))  # fmt: skip
    for key, shift, marker in (("nps_answers", -0.14, "D"), ("nps_accounts", 0.22, "s")):
        if key not in whole:
            continue
        value, low, high = whole[key]
        ax.hlines([shift], low, high, color=INK, lw=3, alpha=0.5)
        ax.plot([value], [shift], ls="none", marker=marker, ms=8, zorder=4,
                mfc=INK if marker == "D" else PAPER, mec=INK, mew=1.4,
                label=t(f"chart.nps.{key}", lang))  # fmt: skip
    ax.axhline(0.5, color=INK, lw=0.9)
    ax.axvline(0, color=MUTED, lw=1)
    ax.set_xlim(-104, 104)
    ax.set_xlabel(t("chart.nps.x", lang))
    words = [
        t("chart.nps.mark", lang, nps=signed(r["nps"], lang, 0), n=number(r["n"], lang))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    column_words(ax, list(at), words, 10, "")
