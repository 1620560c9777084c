"""How many accounts of each class the hours reach."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.charts import theme
from kamkit.charts.schemes import member_label
from kamkit.charts.sources import blank, source_note
from kamkit.charts.theme import BAD, INK, PAPER, Figure
from kamkit.i18n import label, number, t
from kamkit.schemes import Scheme


def plot_capacity(
    summary: pd.DataFrame,
    *,
    lang: str,
    scheme: Scheme | None = None,
    order: str | None = None,
) -> Figure:
    """Accounts listed in each class, split into those served and those that fall out.

    Needs columns: those of ``Capacity.summary``. ``order`` picks the order of service (the
    first one by default); the tick is the most that a class may hold.

    >>> plot_capacity(pd.DataFrame({"order": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if summary.empty:
        return blank(t("chart.capacity.topic", lang), lang)
    chosen = str(summary["order"].iloc[0]) if order is None else order
    shown = summary[summary["order"] == chosen].reset_index(drop=True)
    if shown.empty:
        return blank(t("chart.capacity.topic", lang), lang)
    out = int(shown["fall_out"].sum())
    said = {
        "listed": number(shown["listed"].sum(), lang),
        "served": number(shown["served"].sum(), lang),
        "out": number(out, lang),
        "hours": number(shown["hours_left_before"].iloc[0], lang),
        "needed": number(shown["hours_needed"].sum(), lang),
        "order": label(f"column.{chosen}", lang, chosen),
    }
    fig, ax = theme.figure(
        (10.0, max(4.2, 2.8 + 0.6 * len(shown))), alt=t("chart.capacity.alt", lang, **said),
        title=t(f"chart.capacity.{_title(shown, out)}", lang, **said),
    )  # fmt: skip
    at = np.arange(len(shown))
    ax.barh(at, shown["served"], 0.6, label=t("chart.capacity.served", lang), **theme.fill_style(0))
    short = shown[shown["fall_out"] > 0]
    if len(short):
        ax.barh(short.index, short["fall_out"], 0.6, left=short["served"], facecolor=PAPER,
                edgecolor=BAD, hatch="////", label=t("chart.capacity.fall_out", lang))  # fmt: skip
    limits = shown[shown["most"].notna()]
    if len(limits):
        ax.plot(limits["most"], limits.index, ls="none", marker="|", ms=30, mew=2.4, mec=INK,
                label=t("chart.capacity.most", lang))  # fmt: skip
    for y, row in enumerate(shown.to_dict("records")):
        text = t("chart.capacity.mark", lang, served=number(row["served"], lang),
                 listed=number(row["listed"], lang),
                 hours=number(row["hours_per_account"], lang))  # fmt: skip
        ax.annotate(text, (max(row["listed"], row["most"] if row["most"] == row["most"] else 0), y),
                    xytext=(8, 0), textcoords="offset points", va="center", color=INK)  # fmt: skip
    ax.set_yticks(at, [member_label(scheme, str(m), lang) for m in shown["member"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    reach = float(np.nanmax([shown["listed"].max(), shown["most"].max(), 1.0]))
    ax.set_xlim(0, reach * 1.35)
    ax.set_xlabel(t("chart.capacity.x", lang))
    theme.value_grid(ax, "x")
    fig.legend(loc="outside lower left", ncols=3)
    theme.note(fig, t("chart.capacity.reading", lang, **said))
    source_note(fig, lang, n=int(shown["listed"].sum()), variant=["class_by_class"],
                origin=["S037; X32; house"])  # fmt: skip
    return fig


def _title(shown: pd.DataFrame, out: int) -> str:
    if not out:
        return "title_all"
    enough = shown["hours_needed"].sum() <= shown["hours_left_before"].iloc[0]
    return "title_limit" if enough else "title"
