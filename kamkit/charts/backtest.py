"""Pictures of how good forecasts were: period by period, rule by rule, chance by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kamkit.charts import theme
from kamkit.charts.forecast import BANDS, RULE_MARKS, rule_name
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import legend_below, period_name
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import label, number, percent, t

_MODEL = "model"
_ENDS = {0.95: ("p2_5", "p97_5"), 0.8: ("p10", "p90"), 0.5: ("p25", "p75")}
_OTHER = ("*", "#5E6268")
_MOST_PERIODS = 16


class VerdictLike(Protocol):
    """What the title needs of ``Backtest.verdict``."""

    @property
    def key(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def standing(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def needed(self) -> int: ...


def plot_backtest(
    forecasts: pd.DataFrame,
    *,
    lang: str,
    scores: pd.DataFrame,
    verdict: VerdictLike | None = None,
    currency: str = "",
) -> Figure:
    """Each past period's ranges with what came, and every method's error and bias.

    Needs columns: those of ``Backtest.forecasts``; ``scores`` and ``verdict`` are its other
    parts. Methods stand in the order of their error; intervals that overlap mean no order.

    >>> empty = pd.DataFrame({"method": []})
    >>> plot_backtest(empty, lang="en", scores=empty).alt
    'Nothing to show: the table is empty.'
    """
    if forecasts.empty:
        return blank(t("chart.backtest.topic", lang), lang)
    own = forecasts[forecasts["method"] == _MODEL]
    own = own.drop_duplicates("period_start", keep="last").tail(_MOST_PERIODS)
    own = own.reset_index(drop=True)
    title, alt = _title(own, verdict, lang)
    errors = _scored(scores)
    fig = Figure(figsize=(10.0, 5.4 + 0.42 * len(errors)), heading=title, alt=alt)
    if errors.empty:
        grid = fig.add_gridspec(1, 2)
    else:
        grid = fig.add_gridspec(2, 2, height_ratios=[4.2, 0.6 + 0.42 * len(errors)])
    above = fig.add_subplot(grid[0, :])
    _periods(above, own, forecasts, currency, lang)
    order = [t("chart.backtest.actual", lang), t("chart.fan.middle", lang)]
    order += [t("chart.fan.band", lang, level=percent(v, lang, 0)) for v, _ in BANDS[::-1]]
    legend_below(fig, [above], order, 5)
    for column, key in enumerate(("wape", "bias") if len(errors) else ()):
        _method_rows(fig.add_subplot(grid[1, column]), errors, key, lang)
    theme.note(fig, t("chart.backtest.reading", lang))
    source_note(fig, lang, n=own["actual"].notna().sum(),
                variant=constant(scores[scores["measure"] == "wape"], "variant"),
                origin=constant(scores[scores["measure"] == "wape"], "origin"))  # fmt: skip
    return fig


def _title(own: pd.DataFrame, verdict: VerdictLike | None, lang: str) -> tuple[str, str]:
    known = own.dropna(subset=["p10", "p90", "actual"])
    inside = known["actual"].between(known["p10"], known["p90"]).sum()
    said = {"inside": number(inside, lang), "n": number(len(known), lang)}
    alt = t("chart.backtest.alt", lang, **said)
    if verdict is None:
        return t("chart.backtest.title", lang, **said), alt
    said |= {
        "rule": rule_name(verdict.rule, lang) if verdict.rule else "–",
        "periods": number(verdict.n, lang),
        "needed": number(verdict.needed, lang),
        "direction": label(f"chart.backtest.{verdict.direction}", lang, verdict.direction),
    }
    key = verdict.key
    if key in ("reliable", "not_better_than") and verdict.standing == "cannot_be_separated":
        key += "_close"
    return t(f"chart.backtest.title_{key}", lang, **said), alt


def _scored(scores: pd.DataFrame) -> pd.DataFrame:
    """A row a method: error and bias with their intervals, least error first."""
    rows = scores[scores["measure"].isin(["wape", "bias"])].dropna(subset=["value"])
    wide = rows.pivot_table(index="method", columns="measure", values=["value", "low", "high", "n"])
    if wide.empty or ("value", "wape") not in wide:
        return pd.DataFrame()
    return wide.sort_values(("value", "wape"), kind="stable")


def _periods(
    ax: Axes, own: pd.DataFrame, forecasts: pd.DataFrame, currency: str, lang: str
) -> None:
    at = np.arange(len(own))
    known = own["p10"].notna().to_numpy()
    for level, color in BANDS:
        low, high = (own[c].to_numpy(float)[known] for c in _ENDS[level])
        ax.bar(at[known], high - low, 0.66, bottom=low, lw=0, color=color,
               label=t("chart.fan.band", lang, level=percent(level, lang, 0)))  # fmt: skip
    p50 = own["p50"].to_numpy(float)[known]
    ax.hlines(p50, at[known] - 0.33, at[known] + 0.33, color=INK, lw=2.2,
              label=t("chart.fan.middle", lang))  # fmt: skip
    place = {start: i for i, start in enumerate(own["period_start"])}
    for rule in ("weighted_pipeline", "committed", "manager_call"):
        rows = forecasts[(forecasts["method"] == rule) & forecasts["period_start"].isin(place)]
        rows = rows.drop_duplicates("period_start", keep="last").dropna(subset=["mean"])
        if len(rows):
            marker, color = RULE_MARKS[rule]
            ax.plot(rows["period_start"].map(place) + 0.24, rows["mean"], ls="none", ms=8,
                    marker=marker, color=color, label=rule_name(rule, lang))  # fmt: skip
    ax.plot(at, own["actual"], ls="none", marker="o", ms=10, mfc=BAD, mec=PAPER, mew=1.4, zorder=5,
            label=t("chart.backtest.actual", lang))  # fmt: skip
    for x in at[~known]:
        ax.annotate(t("chart.fan.none", lang), (x - 0.18, 0.5), ha="center", va="center",
                    xycoords=("data", "axes fraction"), rotation=90, color=MUTED,
                    fontsize=10.5)  # fmt: skip
    names = [period_name(a, b) for a, b in zip(own["period_start"], own["period_end"], strict=True)]
    ax.set_xticks(at, names, fontsize=10.5 if len(names) > 9 else None)
    ax.set_xlim(-0.6, len(own) - 0.4)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(t("chart.fan.y", lang))
    theme.money_axis(ax, "y", currency, lang)


def _method_rows(ax: Axes, errors: pd.DataFrame, key: str, lang: str) -> None:
    ax.set_xlabel(t(f"chart.backtest.{key}", lang))
    value, low, high = (errors[(c, key)].to_numpy(float) for c in ("value", "low", "high"))
    rows = np.arange(len(errors))
    own = np.array([method == _MODEL for method in errors.index])
    for where, color in ((own, SERIES[0]), (~own, MUTED)):
        ax.hlines(rows[where], low[where], high[where], color=color, lw=3, alpha=0.5)
        ax.plot(value[where], rows[where], ls="none", marker="o" if color != MUTED else "s", ms=9,
                color=color)  # fmt: skip
    ends = [x for x in [*low, *high, *value] if x == x]
    ax.set_xlim(min(0.0, *ends) - (0.06 if key == "bias" else 0), max(0.05, *ends) * 1.22 + 0.04)
    if key == "bias":
        ax.axvline(0, color=RULE, lw=1.4)
        ax.set_yticks(rows, [""] * len(rows))
    else:
        counts = errors[("n", key)].to_numpy()
        words = [
            t("chart.backtest.method", lang, rule=rule_name(m, lang), n=number(n, lang))
            for m, n in zip(errors.index, counts, strict=True)
        ]
        ax.set_yticks(rows, words, fontsize=11)
    for y, x in enumerate(value):
        end = high[y] if high[y] == high[y] else x
        sign = "+" if key == "bias" and x > 0 else ""
        ax.annotate(sign + percent(x, lang, 0), (end, y), xytext=(6, 0), va="center",
                    textcoords="offset points", fontsize=11)  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6)
    theme.percent_axis(ax, "x", lang)
    theme.value_grid(ax, "x")


def plot_calibration(
    calibration: pd.DataFrame,
    *,
    lang: str,
    chances: Sequence[str] = ("p_win", "crm_probability"),
) -> Figure:
    """Stated chances against how often it came true, with intervals and the number of deals.

    Needs columns: those of ``calibration_table``; with a column chance (``Backtest.calibration``)
    the named ``chances`` are drawn, at most three, each with its own sign. A filled mark: the
    stated chance lies outside the interval of what happened.

    >>> plot_calibration(pd.DataFrame({"n": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    tables = _tables(calibration, chances)
    if not tables:
        return blank(t("chart.calibration.topic", lang), lang)
    said = [
        t("chart.calibration.off", lang, chance=_chance_name(key, lang),
          off=number(part["off"].sum(), lang), bins=number(len(part), lang))
        for key, part in tables.items()
    ]  # fmt: skip
    title = t(
        "chart.calibration.title", lang, said=t("chart.calibration.semicolon", lang).join(said)
    )
    fig, (top, low) = theme.figure(
        (8.6, 7.4), rows=2, sharex=True, height_ratios=[4, 1], title=title,
        alt=t("chart.calibration.alt", lang, said=title),
    )  # fmt: skip
    top.plot([0, 1], [0, 1], color=RULE, lw=1.4, ls=(0, (6, 3)), marker="",
             label=t("chart.calibration.perfect", lang))  # fmt: skip
    for i, (key, part) in enumerate(tables.items()):
        _reliability(top, low, part, i, len(tables), _chance_name(key, lang))
    top.set_ylim(-0.02, 1.02)
    top.set_ylabel(t("chart.calibration.y", lang))
    theme.percent_axis(top, "y", lang)
    theme.value_grid(top, "both")
    top.legend(loc="upper left")
    low.set_xlim(0, 1)
    low.set_xlabel(t("chart.calibration.x", lang))
    low.set_ylabel(t("chart.calibration.n", lang))
    low.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    theme.percent_axis(low, "x", lang)
    theme.note(fig, t("chart.calibration.reading", lang))
    n = max(int(part["n"].sum()) for part in tables.values())
    source_note(fig, lang, n=n, variant=["wilson"],
                origin=["field:Murphy 1973", "field:Wilson 1927"])  # fmt: skip
    return fig


def _tables(calibration: pd.DataFrame, chances: Sequence[str]) -> dict[str, pd.DataFrame]:
    if calibration.empty:
        return {}
    if "chance" not in calibration.columns:
        return {_MODEL: calibration.reset_index(drop=True)}
    found = {key: calibration[calibration["chance"] == key] for key in chances}
    return {key: part.reset_index(drop=True) for key, part in found.items() if len(part)}


def _chance_name(key: str, lang: str) -> str:
    return label(f"chart.calibration.{key}", lang, key)


def _reliability(top: Axes, low: Axes, part: pd.DataFrame, i: int, tables: int, name: str) -> None:
    look: Any = theme.style(i)
    off = part["off"].to_numpy(bool)
    top.vlines(part["mean_p"], part["low"], part["high"], color=look["color"], lw=2.4, alpha=0.45)
    top.plot(part["mean_p"], part["observed"], color=look["color"], ls=look["linestyle"], lw=1.2,
             marker=look["marker"], ms=9, mfc=PAPER, mec=look["color"], mew=1.8,
             label=name)  # fmt: skip
    top.plot(part["mean_p"][off], part["observed"][off], ls="none", marker=look["marker"], ms=9,
             color=look["color"], mec=look["color"])  # fmt: skip
    width = (part["p_high"] - part["p_low"]).to_numpy(float) * 0.84 / tables
    middle = ((part["p_high"] + part["p_low"]) / 2).to_numpy(float)
    fill: Any = theme.fill_style(i)
    low.bar(middle + (i - (tables - 1) / 2) * width, part["n"], width, **fill)
