"""Deals by money at stake: the model's chance beside the one in the CRM."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, shown_name, source_note
from kamkit.charts.stages import beside, stage_name
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, SERIES, Figure
from kamkit.i18n import money, number, t
from kamkit.schemes import Ladder

_CHANCES = {
    "win": ("p_win", "low", "high"),
    "period": ("p_in_period", "in_period_low", "in_period_high"),
}


def plot_deal_probabilities(
    deals: pd.DataFrame,
    *,
    lang: str,
    crm: pd.DataFrame | None = None,
    chance: str = "win",
    currency: str = "",
    names: Mapping[str, str] | None = None,
    ladder: Ladder | None = None,
    limit: int = 20,
) -> Figure:
    """Deals in order of money at stake: the model's chance with its interval, and the CRM's.

    Needs columns: those of ``Forecast.deals``; ``crm`` has opportunity_id and probability
    (``DealHistory.deals``). ``chance``: "win" (ever) or "period" (won in the period). A CRM
    chance outside the model's interval is filled, one inside hollow. The ``limit`` largest deals
    are shown; those without an amount come last.

    >>> plot_deal_probabilities(pd.DataFrame({"p_win": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    columns = _CHANCES.get(chance, _CHANCES["win"])
    known = deals.dropna(subset=[columns[0]]) if len(deals) else deals
    if known.empty:
        return blank(t("chart.deal_chances.topic", lang), lang)
    known = known.assign(p=known[columns[0]], p_low=known[columns[1]], p_high=known[columns[2]])
    if crm is not None:
        stated = crm.drop_duplicates("opportunity_id").set_index("opportunity_id")["probability"]
        known = known.assign(crm=known["opportunity_id"].map(stated))
    else:
        known = known.assign(crm=float("nan"))
    off = (known["crm"] < known["p_low"]) | (known["crm"] > known["p_high"])
    known = known.assign(off=off)
    ranked = known.sort_values("amount", ascending=False, kind="stable", na_position="last")
    shown = ranked.head(limit).reset_index(drop=True)
    said = _said(known, shown, currency, lang)
    key = "title" if known["crm"].notna().any() else "title_plain"
    fig, ax = theme.figure(
        (10.0, 2.9 + 0.3 * len(shown)), title=t(f"chart.deal_chances.{key}", lang, **said),
        alt=t("chart.deal_chances.alt", lang, **said),
    )  # fmt: skip
    _rows(ax, shown, lang)
    for y, row in enumerate(shown.to_dict("records")):
        words = t("chart.deal_chances.mark", lang, amount=money(row["amount"], currency, lang),
                  stage=stage_name(row["stage"], lang, ladder))  # fmt: skip
        ax.text(1, y, words, transform=beside(ax, 9), va="center", fontsize=10.5)
    ax.set_yticks(range(len(shown)), [shown_name(i, names, 22) for i in shown["opportunity_id"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.set_xlabel(t(f"chart.deal_chances.x_{chance if chance in _CHANCES else 'win'}", lang))
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.deal_chances.reading", lang, **said))
    source_note(fig, lang, n=len(known), variant=constant(known, "variant"),
                origin=constant(known, "origin"))  # fmt: skip
    return fig


def _said(known: pd.DataFrame, shown: pd.DataFrame, currency: str, lang: str) -> dict[str, str]:
    stated = known[known["crm"].notna()]
    return {
        "deals": number(len(known), lang),
        "shown": number(len(shown), lang),
        "off": number(stated["off"].sum(), lang),
        "stated": number(len(stated), lang),
        "model": number(stated["p"].sum(), lang, 1),
        "crm": number(stated["crm"].sum(), lang, 1),
        "wins": number(known["p"].sum(), lang, 1),
        "amount": money(shown["amount"].sum(), currency, lang),
    }


def _rows(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    ax.hlines(shown.index, shown["p_low"], shown["p_high"], color=SERIES[0], lw=4, alpha=0.45)
    ax.plot(shown["p"], shown.index, ls="none", marker="o", ms=9, color=SERIES[0],
            label=t("chart.deal_chances.model", lang))  # fmt: skip
    for off, key in ((False, "crm_inside"), (True, "crm_outside")):
        part = shown[shown["crm"].notna() & (shown["off"] == off)]
        if len(part):
            ax.plot(part["crm"], part.index, ls="none", marker="D", ms=8, mew=1.6, zorder=4,
                    mfc=BAD if off else PAPER, mec=BAD if off else INK,
                    label=t(f"chart.deal_chances.{key}", lang))  # fmt: skip
    bare = shown[shown["crm"].isna()]
    if len(bare) and len(bare) < len(shown):
        ax.plot([0.004] * len(bare), bare.index, ls="none", marker="_", ms=9, color=MUTED,
                mec=MUTED, clip_on=False, label=t("chart.deal_chances.crm_none", lang))  # fmt: skip
