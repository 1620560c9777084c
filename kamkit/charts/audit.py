"""Pictures of the self-audit: thirteen functions with intervals, 31 points as a heat map."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.charts import theme
from kamkit.charts.schemes import heat
from kamkit.charts.sources import blank
from kamkit.charts.theme import BAD, INK, MUTED, RULE, SERIES, Figure
from kamkit.i18n import number, t
from kamkit.schemes import kam_functions


def _names(lang: str) -> dict[str, str]:
    return {f.id: f.labels[lang] for f in kam_functions()}


def plot_self_audit(functions: pd.DataFrame, *, lang: str) -> Figure:
    """Score of every function with its interval over raters; the weakest are named.

    Needs columns: function, module, score, interval_low, interval_high, n_raters, weakest
    (``SelfAudit.functions``).

    >>> plot_self_audit(pd.DataFrame({"function": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if functions.empty:
        return blank(t("chart.audit.title_plain", lang), lang)
    names = _names(lang)
    weak = functions[functions["weakest"]].sort_values(["score", "function"])
    listed = t("chart.audit.comma", lang).join(names[f] for f in weak["function"])
    raters = number(functions["n_raters"].max(), lang)
    title = t("chart.audit.title", lang, names=listed) if listed else (
        t("chart.audit.title_plain", lang)
    )  # fmt: skip
    fig, ax = theme.figure(
        (10.0, 6.6), title=title, alt=t("chart.audit.alt", lang, n=raters, names=listed)
    )
    for y, row in enumerate(functions.to_dict("records")):
        score, low, high = row["score"], row["interval_low"], row["interval_high"]
        if score != score:
            ax.text(1, y, t("chart.audit.not_rated", lang), va="center", color=MUTED)
            continue
        color, marker = (BAD, "v") if row["weakest"] else (SERIES[0], "o")
        ax.plot([0, score], [y, y], color=RULE, lw=1, zorder=1)
        if low == low:
            ax.plot([low, high], [y, y], color=color, lw=3.2, alpha=0.45, zorder=2)
        ax.plot([score], [y], marker=marker, color=color, ms=10, zorder=3)
        words = number(score, lang) + (
            f"  {t('chart.audit.weakest', lang)} → {row['module']}" if row["weakest"] else ""
        )
        ax.annotate(words, (max(score, high if high == high else score), y), xytext=(10, 0),
                    textcoords="offset points", va="center", color=INK)  # fmt: skip
    ax.set_yticks(range(len(functions)), [names[f] for f in functions["function"]])
    ax.invert_yaxis()
    ax.set_xlim(0, 124)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    ax.set_xlabel(t("chart.audit.x", lang))
    theme.value_grid(ax, "x")
    theme.note(fig, t("chart.audit.note", lang, n=raters))
    return fig


def plot_audit_points(points: pd.DataFrame, *, lang: str) -> Figure:
    """Mean rating of every point, one row per function; "·" where raters lie far apart.

    Needs columns: point, function, mean, n, low, high (``SelfAudit.points``).

    >>> plot_audit_points(pd.DataFrame({"point": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if points.empty:
        return blank(t("chart.audit.title_plain", lang), lang)
    names = _names(lang)
    order = list(dict.fromkeys(points["function"]))
    width = int(points.groupby("function").size().max())
    grid = np.full((len(order), width), np.nan)
    texts = [["" for _ in range(width)] for _ in order]
    for row in points.to_dict("records"):
        i, j = order.index(row["function"]), int(str(row["point"]).rsplit(".", 1)[1]) - 1
        grid[i, j] = row["mean"]
        apart = row["high"] - row["low"] >= 2
        texts[i][j] = number(row["mean"], lang, 1) + (" ·" if apart else "")
    fig, ax = theme.figure(
        (8.4, 7.2),
        title=t("chart.audit.title_plain", lang),
        alt=t("chart.audit.alt", lang, n=number(points["n"].max(), lang), names=""),
    )
    heat(ax, grid, texts, top=4.0)
    ax.set_yticks(range(len(order)), [names[f] for f in order])
    ax.set_xticks(range(width), [f"{t('chart.audit.point', lang)} {j + 1}" for j in range(width)])
    ax.xaxis.tick_top()
    ax.set_xlabel(t("chart.audit.scale", lang))
    theme.note(fig, t("chart.audit.note_points", lang, n=number(points["n"].max(), lang)))
    return fig
