"""What a calibration session changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, left_out
from kamkit.charts.rows import column_words, name_rows, signed
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, MUTED, PAPER, RULE, Figure
from kamkit.i18n import number, t


def plot_calibration_effect(
    members: pd.DataFrame,
    *,
    lang: str,
    managers: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Totals before and after a calibration session, and which grades moved.

    Needs columns: those of ``CalibrationEffect.members``; ``managers`` is its other table. Only
    people whose total changed are drawn; managers are unnamed, in the order of the table.

    >>> plot_calibration_effect(pd.DataFrame({"change": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if members.empty:
        return blank(t("chart.calibration_effect.topic", lang), lang)
    changed = members[(members["change"] != 0) & members["change"].notna()]
    said = {"n": number(len(members), lang), "changed": number(len(changed), lang),
            "up": number((members["moved"] > 0).sum(), lang),
            "down": number((members["moved"] < 0).sum(), lang)}  # fmt: skip
    if changed.empty:
        fig = blank(t("chart.calibration_effect.title", lang, **said), lang)
        fig.axes[0].texts[0].set_text(t("chart.calibration_effect.none", lang))
        fig.alt = t("chart.calibration_effect.none", lang)
        return fig
    order = changed.sort_values(["change", "member_id"], ascending=[False, True], kind="stable")
    shown = order.head(limit).reset_index(drop=True)
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.36 * max(len(shown), 2)),
        title=t("chart.calibration_effect.title", lang, **said),
        alt=t("chart.calibration_effect.alt", lang, **said),
    )  # fmt: skip
    _moves(ax, shown, lang)
    name_rows(ax, [shown_name(m, names) for m in shown["member_id"]])
    at = range(len(shown))
    rows = shown.to_dict("records")
    right = column_words(ax, at, [signed(r["change"], lang) for r in rows], 10,
                         t("chart.calibration_effect.head_change", lang))  # fmt: skip
    grades = [key_name("grade", r["grade_after"], lang) if r["moved"] == 0 else
              t("chart.moved.ends", lang, before=key_name("grade", r["grade_before"], lang),
                after=key_name("grade", r["grade_after"], lang)) for r in rows]  # fmt: skip
    column_words(ax, at, grades, right, t("chart.calibration_effect.head_grade", lang))
    ax.set_xlabel(t("chart.combined.x", lang))
    legend_below(fig, [ax], [], 4)
    means = "" if managers is None or managers.empty else _manager_words(managers, lang)
    return close(fig, lang, members, len(members), t("chart.calibration_effect.reading", lang),
                 means, left_out("person_effects", shown, changed, lang), variant=["weighted_sum"],
                 origin=["S210", "house"])  # fmt: skip


def _moves(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    before, after = (shown[f"total_{k}"].to_numpy(float) for k in ("before", "after"))
    ax.hlines(at, before, after, color=RULE, lw=2.2, zorder=2)
    ax.plot(before, at, ls="none", marker="o", ms=8, mfc=PAPER, mec=MUTED, mew=1.6, zorder=3,
            label=t("chart.calibration_effect.before", lang))  # fmt: skip
    for sign, marker, color, key in ((1, ">", GOOD, "raised"), (-1, "<", BAD, "lowered")):
        here = np.sign(after - before) == sign
        if here.any():
            ax.plot(after[here], at[here], ls="none", marker=marker, ms=10, color=color, zorder=4,
                    label=t(f"chart.calibration_effect.{key}", lang))  # fmt: skip
    low, high = float(np.min([before, after])), float(np.max([before, after]))
    ax.set_xlim(low - 3, high + 3)


def _manager_words(managers: pd.DataFrame, lang: str) -> str:
    """How far managers' means lie apart before and after."""
    known = managers.dropna(subset=["relative_before", "relative_after"])
    if len(known) < 2:
        return ""
    spread = [number(float(np.ptp(known[c])), lang, 1)
              for c in ("relative_before", "relative_after")]  # fmt: skip
    return t("chart.calibration_effect.managers", lang, n=number(len(known), lang),
             before=spread[0], after=spread[1])  # fmt: skip
