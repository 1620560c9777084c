"""A scorecard: how its key figures add up for one, or the totals of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import close, key_name, left_out, of_column, row_chart
from kamkit.charts.rows import column_words, name_rows
from kamkit.charts.sources import blank, constant, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, GOOD, INK, MUTED, PAPER, RULE, Figure
from kamkit.i18n import number, percent, t


def plot_scorecard(
    parts: pd.DataFrame,
    *,
    lang: str,
    totals: pd.DataFrame | None = None,
    scope_id: str | None = None,
    period: str | None = None,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Attainment of each key figure with its target, weight and points; or one row a person.

    Needs columns: those of ``Scorecard.parts`` (scope_id, period, kpi, target, actual,
    direction, attainment, capped, weight, points); ``totals`` is its other table. With several
    people and no ``scope_id`` their points are stacked. ``period``: default the last by name.

    >>> plot_scorecard(pd.DataFrame({"kpi": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    topic = t("chart.scorecard.topic", lang)
    if parts.empty:
        return blank(topic, lang)
    who = "scope_id" if "scope_id" in parts.columns else "member_id"
    wanted = parts["period"].astype(str).max() if period is None else str(period)
    here = parts[parts["period"].astype(str) == wanted].rename(columns={who: "scope_id"})
    if scope_id is not None:
        here = here[here["scope_id"].astype(str) == str(scope_id)]
    if here.empty:
        return blank(topic, lang)
    sums = _sums(here, totals, wanted)
    rule = totals if totals is not None and len(totals) else here
    here = here.assign(**{c: ("; ".join(constant(rule, c)) or None) for c in ("variant", "origin")})
    if here["scope_id"].nunique() == 1:
        return _one(here, sums, wanted, names, lang)
    return _several(here, sums, wanted, names, lang, limit)


def _sums(here: pd.DataFrame, totals: pd.DataFrame | None, period: str) -> pd.Series:
    """Score of each scope in points of 100, as its method has it where it is given."""
    if totals is None or totals.empty:
        return 100 * here.groupby("scope_id")["points"].sum()
    own = totals.rename(columns={"member_id": "scope_id"})
    own = own[own["period"].astype(str) == period]
    return 100 * own.drop_duplicates("scope_id").set_index("scope_id")["score"]


def _one(
    here: pd.DataFrame, sums: pd.Series, period: str,
    names: Mapping[str, str] | None, lang: str,
) -> Figure:  # fmt: skip
    shown = here.assign(share=of_column(here, "weight_given", "weight"))
    shown = shown.sort_values(["share", "kpi"], ascending=[False, True], kind="stable",
                              na_position="last").reset_index(drop=True)  # fmt: skip
    who = shown["scope_id"].iloc[0]
    missed = (shown["attainment"] < 1).sum()
    said = {
        "name": shown_name(who, names), "period": theme.data_text(period),
        "score": number(sums.get(who, np.nan), lang, 1), "n": number(len(shown), lang),
        "missed": number(missed, lang), "out": number(shown["attainment"].isna().sum(), lang),
    }  # fmt: skip
    fig, ax = row_chart("scorecard", len(shown), said, lang, per=0.46)
    _bars(ax, shown, lang)
    name_rows(ax, [key_name("kpi", k, lang) for k in shown["kpi"]])
    at = range(len(shown))
    right = 10.0
    rows = shown.to_dict("records")
    columns = (
        ("attainment", [percent(r["attainment"], lang, 0) for r in rows]),
        ("target", [_plain(r["target"], lang) for r in rows]),
        ("actual", [_plain(r["actual"], lang) for r in rows]),
        ("weight", [percent(r["weight"], lang, 0) for r in rows]),
        ("points", [number(100 * r["points"], lang, 1) for r in rows]),
    )
    for key, texts in columns:
        right = column_words(ax, at, texts, right, t(f"chart.scorecard.head_{key}", lang))
    ax.set_xlabel(t("chart.scorecard.x", lang))
    theme.percent_axis(ax, "x", lang)
    legend_below(fig, [ax], [], 5)
    none = t("chart.scorecard.none", lang, **said) if said["out"] != "0" else ""
    return close(fig, lang, here, len(shown), t("chart.scorecard.reading", lang), none)


def _plain(value: float, lang: str) -> str:
    """A figure of unknown unit, short enough for a column."""
    if abs(value) >= 1e6:
        size, unit = (1e4, "万") if lang == "zh" else (1e6, "m")
        return number(value / size, lang, 0 if lang == "zh" else 2) + unit
    return number(value, lang, 0 if abs(value) >= 100 or float(value) == round(value, 0) else 2)


def _bars(ax: Axes, shown: pd.DataFrame, lang: str) -> None:
    at = np.arange(len(shown))
    raw = shown["attainment"].to_numpy(float)
    capped = of_column(shown, "capped", "attainment").to_numpy(float)
    met = capped >= 1
    top = min(max(1.2, float(np.nanmax([*raw, 1.0]))), 2.0)
    looks: tuple[tuple[Any, dict[str, Any], str], ...] = (
        (met, {"facecolor": GOOD, "edgecolor": GOOD}, "met"),
        (~met & np.isfinite(raw), {"facecolor": PAPER, "edgecolor": BAD, "hatch": "////"},
         "missed"),
    )  # fmt: skip
    for here, look, key in looks:
        if here.any():
            ax.barh(at[here], np.clip(capped[here], 0, None), 0.5, label=t(
                f"chart.scorecard.{key}", lang), zorder=2, **look)  # fmt: skip
    beyond = np.isfinite(raw) & (raw > capped)
    if beyond.any():
        ax.hlines(at[beyond], capped[beyond], np.minimum(raw[beyond], top), color=MUTED, lw=2,
                  ls=(0, (2, 1.5)), label=t("chart.scorecard.beyond", lang))  # fmt: skip
    ax.axvline(1, color=INK, lw=1.4, label=t("chart.scorecard.target", lang))
    ax.set_xlim(0, top * 1.04)


def _several(
    here: pd.DataFrame, sums: pd.Series, period: str, names: Mapping[str, str] | None,
    lang: str, limit: int,
) -> Figure:  # fmt: skip
    points = 100 * here.pivot_table(index="scope_id", columns="kpi", values="points", aggfunc="sum")
    order = sums.reindex(points.index).sort_values(ascending=False, kind="stable").index
    shown = points.reindex(order[:limit])
    said = {
        "n": number(len(order), lang), "period": theme.data_text(period),
        "kpis": number(points.shape[1], lang), "name": shown_name(order[0], names),
        "high": number(sums.reindex(order).iloc[0], lang, 1),
        "low": number(sums.reindex(order).min(), lang, 1),
    }  # fmt: skip
    fig, ax = theme.figure(
        (10.0, 3.0 + 0.34 * max(len(shown), 2)), title=t("chart.scorecard.title_all", lang, **said),
        alt=t("chart.scorecard.alt_all", lang, **said),
    )  # fmt: skip
    at, left = np.arange(len(shown)), np.zeros(len(shown))
    for i, kpi in enumerate(points.columns):
        width = shown[kpi].fillna(0.0).to_numpy(float)
        ax.barh(at, width, 0.62, left=left, label=key_name("kpi", kpi, lang),
                **theme.fill_style(i))  # fmt: skip
        left = left + width
    name_rows(ax, [shown_name(m, names) for m in shown.index])
    scores = [number(s, lang, 1) for s in sums.reindex(shown.index)]
    right = column_words(ax, at.tolist(), scores, 10, t("chart.scorecard.head_score", lang))
    counts = here[here["points"].notna()].groupby("scope_id").size().reindex(shown.index)
    column_words(ax, at.tolist(), [number(c, lang) for c in counts.fillna(0)], right,
                 t("chart.scorecard.head_kpis", lang))  # fmt: skip
    ax.axvline(100, color=RULE, lw=1.2, zorder=0)
    ax.set_xlabel(t("chart.scorecard.x_points", lang))
    legend_below(fig, [ax], [], 5)
    return close(
        fig,
        lang,
        here,
        len(order),
        t("chart.scorecard.reading_all", lang),
        left_out("person_effects", shown, order, lang),
    )
