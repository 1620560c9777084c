"""How far raters agree, and whether ratings go with results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.charts import theme
from kamkit.charts.people import close, of_column, row_chart
from kamkit.charts.rows import column_words, name_rows, signed, signed_range, whiskers
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import ACCENT, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, label, number, t


def plot_agreement(
    forms: pd.DataFrame,
    *,
    lang: str,
    chosen: str | None = None,
) -> Figure:
    """Intraclass correlations of all forms with their intervals, the fitting one picked out.

    Needs columns: those of ``Icc.forms`` (form, name, value, low, high, n_ratees, n_raters), or a
    measure table (measure, value, low, high, n) of alphas and kappas. ``chosen`` is the form
    that fits the design (``icc_form``) or a measure.

    >>> plot_agreement(pd.DataFrame({"value": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = forms.dropna(subset=["value"]) if len(forms) else forms
    if known.empty:
        return blank(t("chart.agreement.topic", lang), lang)
    known = known.reset_index(drop=True)
    icc = "form" in known.columns
    keys = known["form" if icc else "measure"].astype(str)
    ours = keys == str(chosen)
    row = known[ours].iloc[0] if ours.any() else known.iloc[0]
    said = {
        "name": _form(row, icc, lang), "value": number(row["value"], lang, 2),
        "range": interval(row["low"], row["high"], lang, 2), "n": number(len(known), lang),
        "least": number(known["value"].min(), lang, 2),
        "most": number(known["value"].max(), lang, 2),
    }  # fmt: skip
    key = "title" if ours.any() else "title_all"
    fig, ax = row_chart("agreement", len(known), said, lang, key=key, per=0.44)
    at = np.arange(len(known))
    whiskers(ax, at, known, ("low", "high"), SERIES[0], 5)
    value, pick = known["value"].to_numpy(float), ours.to_numpy()
    for here, face, words in ((pick, ACCENT, "chosen"), (~pick, PAPER, "other")):
        if here.any():
            ax.plot(value[here], at[here], ls="none", marker="D" if words == "chosen" else "o",
                    ms=10 if words == "chosen" else 8, mfc=face, mec=ACCENT, mew=1.6, zorder=4,
                    label=t(f"chart.agreement.{words}", lang))  # fmt: skip
    name_rows(ax, [_form(r, icc, lang) for r in known.to_dict("records")])
    texts = [t("chart.agreement.mark", lang, value=number(r["value"], lang, 2),
               range=interval(r["low"], r["high"], lang, 2))
             for r in known.to_dict("records")]  # fmt: skip
    column_words(ax, at.tolist(), texts, 10, t("chart.agreement.head", lang))
    low = float(np.nanmin([0.0, known["low"].min(), value.min()]))
    ax.set_xlim(max(low, -1.0), 1.02)
    ax.axvline(0, color=RULE, lw=1)
    ax.set_xlabel(t("chart.agreement.x", lang))
    legend_below(fig, [ax], [], 3)
    n = of_column(known, "n_ratees", "n").max()
    raters = of_column(known, "n_raters").max()
    who = "" if raters != raters else t("chart.agreement.raters", lang, n=number(raters, lang))
    return close(fig, lang, known, n, t("chart.agreement.reading", lang), who)


def _form(row: Mapping[Any, Any] | pd.Series, icc: bool, lang: str) -> str:
    if not icc:
        return label(f"measure.{row['measure']}", lang, theme.data_text(row["measure"], 28))
    return t("chart.agreement.form", lang, form=str(row["form"]), name=str(row["name"]))


def plot_rated_vs_achieved(
    pairs: pd.DataFrame,
    *,
    lang: str,
    measures: pd.DataFrame | None = None,
    rated: str = "rated",
    achieved: str = "achieved",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Each person's rating over the result, with the correlation and its interval.

    Needs columns: member_id and the two named ones (those of ``RatedAchieved.members``);
    ``measures`` is its other table. Dashed lines are the medians.

    >>> plot_rated_vs_achieved(pd.DataFrame({"rated": [], "achieved": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = pairs.dropna(subset=[rated, achieved]) if len(pairs) else pairs
    if known.empty:
        return blank(t("chart.rated_achieved.topic", lang), lang)
    row = _correlation(measures, "rated_achieved_r")
    said = {
        "n": number(len(known), lang), "r": signed(row[0], lang, 2),
        "range": signed_range(row[1], row[2], lang, 2),
    }  # fmt: skip
    key = "title_few" if row[0] != row[0] else "title" if row[1] > 0 else "title_none"
    fig, ax = theme.figure("wide", title=t(f"chart.rated_achieved.{key}", lang, **said),
                           alt=t("chart.rated_achieved.alt", lang, **said))  # fmt: skip
    x, y = known[rated].to_numpy(float), known[achieved].to_numpy(float)
    ax.axvline(float(np.median(x)), color=RULE, lw=1.2, ls=(0, (5, 3)), zorder=1)
    ax.axhline(float(np.median(y)), color=RULE, lw=1.2, ls=(0, (5, 3)), zorder=1,
               label=t("chart.rated_achieved.median", lang))  # fmt: skip
    ax.plot(x, y, ls="none", marker="o", ms=9, color=SERIES[0], mec=PAPER, zorder=3,
            label=t("chart.rated_achieved.person", lang))  # fmt: skip
    far = np.argsort(-np.abs(_ranked(x) - _ranked(y)), kind="stable")
    people = [shown_name(m, names) for m in known["member_id"]]
    theme.label_points(ax, x[far], y[far], [people[i] for i in far], max_labels=8)
    ax.margins(0.12)
    ax.set_xlabel(t("chart.rated_achieved.x", lang))
    ax.set_ylabel(t("chart.rated_achieved.y", lang))
    theme.value_grid(ax, "both")
    legend_below(fig, [ax], [], 3)
    true = _correlation(measures, "rated_achieved_r_disattenuated")
    more = "" if true[0] != true[0] else t(
        "chart.rated_achieved.true", lang, r=signed(true[0], lang, 2))  # fmt: skip
    rule = known if measures is None else measures[measures["measure"] == "rated_achieved_r"]
    return close(fig, lang, rule, len(known), t("chart.rated_achieved.reading", lang), more)


def _ranked(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank(pct=True).to_numpy()


def _correlation(measures: pd.DataFrame | None, kind: str) -> tuple[float, float, float]:
    """Correlation with its interval: as counted, or freed from the raters' error."""
    if measures is None or measures.empty:
        return (float("nan"),) * 3
    rows = measures[measures["measure"] == kind]
    if rows.empty:
        return (float("nan"),) * 3
    return tuple(float(rows[c].iloc[0]) for c in ("value", "low", "high"))  # type: ignore[return-value]
