"""Pictures of a forecast: the fan over periods, the spread of one total, the deals behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.stages import legend_below, period_name, spread
from kamkit.charts.theme import BAD, GRID, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import label, money, number, percent, t

BANDS = ((0.95, "#D5E2E8"), (0.8, "#9DBECB"), (0.5, "#4F8CA1"))
RULE_MARKS = {
    "weighted_pipeline": ("s", "#C07F24"),
    "committed": ("^", "#72388A"),
    "manager_call": ("v", "#6E3B14"),
    "last_period": ("P", "#5E6268"),
    "same_period_last_year": ("X", "#C06C9B"),
    "trailing_mean": ("p", "#7E9A78"),
}
_OTHER_MARK = ("*", "#5E6268")
_MOST_PAST = 12
# Words for chances as in Mastrandrea et al. 2010 (guidance on the treatment of uncertainties).
_CHANCES = ((0.9, "very_likely"), (0.66, "likely"), (0.33, "even"), (0.1, "unlikely"))
_NONE = "too_little_history"


class ForecastLike(Protocol):
    """What a fan needs of ``forecast_period``'s answer."""

    @property
    def draws(self) -> pd.DataFrame: ...
    @property
    def total(self) -> pd.DataFrame: ...
    @property
    def start(self) -> pd.Timestamp: ...
    @property
    def end(self) -> pd.Timestamp: ...
    @property
    def as_of(self) -> pd.Timestamp: ...
    @property
    def status(self) -> str: ...


def chance_word(chance: float, lang: str) -> str:
    """A chance as a number and in words.

    >>> chance_word(0.78, "en")
    '78%, likely'
    """
    key = next((word for least, word in _CHANCES if chance >= least), "very_unlikely")
    words = label(f"chart.fan.{key}", lang)
    return t("chart.fan.chance", lang, chance=percent(chance, lang, 0), words=words)


def rule_name(rule: object, lang: str) -> str:
    """Name of a simple rule; a company's own comes as it is.

    >>> rule_name("weighted_pipeline", "en")
    'CRM weighted pipeline'
    """
    return label(f"chart.rule.{rule}", lang, str(rule))


def plot_forecast_fan(
    ahead: ForecastLike | Sequence[ForecastLike],
    *,
    lang: str,
    past: pd.DataFrame | None = None,
    target: float | None = None,
    others: Mapping[str, float] | Sequence[Mapping[str, float]] = (),
    currency: str = "",
) -> Figure:
    """Past bookings as bars, the periods ahead as 50, 80 and 95 % ranges, target and other figures.

    ``ahead``: one answer of ``forecast_period`` or several in order; ``past`` needs columns
    start, end, bookings (``PeriodReview.past``) or period_start, period_end, actual (the model's
    rows of ``Backtest.forecasts``). ``others``: figures from elsewhere by rule
    (weighted_pipeline, committed, manager_call …), for the first period or one mapping a period.

    >>> plot_forecast_fan([], lang="en").alt
    'Nothing to show: the table is empty.'
    """
    made = list(ahead) if isinstance(ahead, Sequence) else [ahead]
    history = _past(past, _MOST_PAST - 2 * len(made))
    if not made:
        return blank(t("chart.fan.topic", lang), lang)
    marks = [others] if isinstance(others, Mapping) else list(others)
    said = _fan_words(made, target, currency, lang)
    fig, ax = theme.figure(
        (10.0, 6.2), title=t(f"chart.fan.{_fan_case(made[0], target)}", lang, **said),
        alt=t(f"chart.fan.{_fan_case(made[0], target).replace('title', 'alt')}", lang, **said),
    )  # fmt: skip
    if len(history):
        ax.bar(range(len(history)), history["bookings"], 0.62, color=SERIES[0],
               label=t("chart.fan.past", lang))  # fmt: skip
    places = _places(history, made, any(len(m) for m in marks))
    _fans(ax, made, places, target, currency, lang)
    if target is not None:
        words = t("chart.fan.target", lang, target=money(target, currency, lang))
        ax.hlines([target], places[0] - 0.5, places[-1] + 0.5, color=BAD, lw=2,
                  ls=(0, (6, 3)), label=words, zorder=4)  # fmt: skip
    if len(history):
        ax.axvline(places[0] - 0.7, color=RULE, lw=1)
    _other_figures(ax, marks, places, currency, lang)
    names = [*history["name"], *(period_name(f.start, f.end) for f in made)]
    ax.set_xticks([*range(len(history)), *places], names, fontsize=10.5 if len(names) > 9 else None)
    ax.set_xlim(-0.6, places[-1] + (1.2 if marks else 0.6))
    ax.set_ylim(0, ax.get_ylim()[1] * 1.12)
    ax.set_ylabel(t("chart.fan.y", lang))
    theme.money_axis(ax, "y", currency, lang)
    order = [t("chart.fan.past", lang), t("chart.fan.middle", lang)]
    order += [t("chart.fan.band", lang, level=percent(v, lang, 0)) for v, _ in BANDS[::-1]]
    legend_below(fig, [ax], order, 5)
    theme.note(fig, t("chart.fan.reading", lang, **said))
    if any(len(m) for m in marks):
        theme.note(fig, t("chart.fan.signs", lang))
    first = made[0].total
    source_note(fig, lang, n=first["n"].iloc[0], variant=constant(first, "variant")[:1],
                origin=constant(first, "origin"))  # fmt: skip
    return fig


def _places(history: pd.DataFrame, made: Sequence[ForecastLike], marked: bool) -> list[float]:
    """Where the periods ahead stand: apart from the past where periods lie between, and wider
    where other figures are named beside them."""
    first = len(history) + 0.25 if len(history) else 0.0
    if len(history) and pd.Timestamp(made[0].start) > history["end"].iloc[-1] + pd.Timedelta(
        days=1
    ):
        first += 0.8
    return [first + i * (2.0 if marked else 1.5) for i in range(len(made))]


def _past(past: pd.DataFrame | None, most: int) -> pd.DataFrame:
    """Period names and bookings of the last periods."""
    if past is None or past.empty:
        return pd.DataFrame({"name": [], "bookings": [], "end": []})
    if "period_start" in past.columns:
        rows = past.drop_duplicates("period_start", keep="last")
        starts, ends, booked = rows["period_start"], rows["period_end"], rows["actual"]
    else:
        # A review's period begins on the day after its opening picture.
        starts = pd.to_datetime(past["start"]) + pd.Timedelta(days=1)
        ends, booked = past["end"], past["bookings"]
    names = [period_name(a, b) for a, b in zip(starts, ends, strict=True)]
    table = {"name": names, "bookings": booked.to_numpy(float), "end": pd.to_datetime(ends.array)}
    return pd.DataFrame(table).tail(most).reset_index(drop=True)


def quantile_of(draws: pd.DataFrame, level: float, column: str = "total") -> float:
    """A quantile read off a table of quantiles (q and the column).

    >>> quantile_of(pd.DataFrame({"q": [0.1, 0.5, 0.9], "total": [1.0, 2.0, 3.0]}), 0.5)
    2.0
    """
    return float(np.interp(level, draws["q"], draws[column]))


def _value(total: pd.DataFrame, key: str) -> float:
    row = total.loc[total["measure"] == key, "value"]
    return float(row.iloc[0]) if len(row) else float("nan")


def _fan_case(first: ForecastLike, target: float | None) -> str:
    if first.status == _NONE:
        return "title_none"
    return "title" if target is not None else "title_plain"


def _chance(made: ForecastLike, target: float | None) -> float:
    """Chance to reach the target, as given, else read off the draws."""
    if target is None or made.status == _NONE:
        return float("nan")
    draws = made.draws
    below = np.interp(target, draws["total"], draws["q"], left=0.0, right=1.0)
    return float(1 - below)


def _fan_words(
    made: Sequence[ForecastLike], target: float | None, currency: str, lang: str
) -> dict[str, str]:
    first = made[0]
    p10, p50, p90 = (quantile_of(first.draws, q) for q in (0.1, 0.5, 0.9))
    chance = _chance(first, target)
    return {
        "period": period_name(first.start, first.end),
        "low": money(p10, currency, lang),
        "middle": money(p50, currency, lang),
        "high": money(p90, currency, lang),
        "target": money(target if target is not None else np.nan, currency, lang),
        "chance": chance_word(chance, lang) if chance == chance else "–",
        "as_of": f"{pd.Timestamp(first.as_of):%Y-%m-%d}",
    }


def _fans(
    ax: Axes,
    made: Sequence[ForecastLike],
    places: Sequence[float],
    target: float | None,
    currency: str,
    lang: str,
) -> None:
    known = [(x, f) for x, f in zip(places, made, strict=True) if f.status != _NONE]
    for level, color in BANDS:
        lows = [quantile_of(f.draws, 0.5 - level / 2) for _, f in known]
        highs = [quantile_of(f.draws, 0.5 + level / 2) for _, f in known]
        if known:
            ax.bar([x for x, _ in known], np.subtract(highs, lows), 0.62, bottom=lows, lw=0,
                   color=color,
                   label=t("chart.fan.band", lang, level=percent(level, lang, 0)))  # fmt: skip
    if known:
        xs = [x for x, _ in known]
        middles = [quantile_of(f.draws, 0.5) for _, f in known]
        if len(known) > 1:
            ax.plot(xs, middles, color=INK, lw=1.2, ls=":")
        ax.hlines(middles, np.subtract(xs, 0.31), np.add(xs, 0.31), color=INK, lw=2.6, zorder=4,
                  label=t("chart.fan.middle", lang))  # fmt: skip
    for x, forecast in known:
        top = quantile_of(forecast.draws, 0.975)
        words = "P50 " + money(quantile_of(forecast.draws, 0.5), currency, lang)
        chance = _chance(forecast, target)
        if chance == chance:
            words += "\n" + t("chart.fan.reach", lang, chance=percent(chance, lang, 0))
        ax.annotate(words, (x, top), xytext=(0, 6), textcoords="offset points", ha="center",
                    va="bottom", fontsize=11, weight="bold", bbox=theme.BACKING,
                    zorder=5)  # fmt: skip
    for x, forecast in zip(places, made, strict=True):
        if forecast.status == _NONE:
            ax.axvspan(x - 0.31, x + 0.31, facecolor="none", edgecolor=GRID, hatch="///", lw=0)
            ax.annotate(t("chart.fan.none", lang), (x, 0.5), ha="center", va="center",
                        xycoords=("data", "axes fraction"), rotation=90, color=MUTED,
                        bbox=theme.BACKING)  # fmt: skip


def _other_figures(
    ax: Axes,
    marks: Sequence[Mapping[str, float]],
    places: Sequence[float],
    currency: str,
    lang: str,
) -> None:
    """Figures from elsewhere beside their period's box, each with its own sign."""
    seen: set[str] = set()
    high = ax.get_ylim()[1]
    for x, mapping in zip(places, marks, strict=False):
        known = {rule: value for rule, value in mapping.items() if value == value}
        for rule, value in known.items():
            marker, color = RULE_MARKS.get(rule, _OTHER_MARK)
            words = rule_name(rule, lang) if rule not in seen else None
            seen.add(rule)
            ax.plot([x + 0.42], [value], ls="none", marker=marker, ms=10, color=color,
                    label=words, zorder=6)  # fmt: skip
        heights = spread(known.values(), 0.05 * high, 0.0, high)
        for value, y in zip(known.values(), heights, strict=True):
            ax.annotate(money(value, currency, lang), (x + 0.42, y), xytext=(8, 0), va="center",
                        textcoords="offset points", fontsize=10.5, zorder=6)  # fmt: skip


def plot_forecast_distribution(
    draws: pd.DataFrame,
    *,
    lang: str,
    parts: pd.DataFrame | None = None,
    target: float | None = None,
    currency: str = "",
    bins: int = 36,
) -> Figure:
    """How likely each total of the period is, where the target lies, and what it is made of.

    Needs columns: q, total (``Forecast.draws``); ``parts`` is ``Forecast.parts``. What lies
    beyond the lowest and highest q (0.5 % each) isn't drawn.

    >>> plot_forecast_distribution(pd.DataFrame({"q": [], "total": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = draws.dropna(subset=["total"])
    if known.empty:
        return blank(t("chart.distribution.topic", lang), lang)
    ends = {f"p{q}": quantile_of(known, q / 100) for q in (10, 50, 90)}
    said = {key: money(value, currency, lang) for key, value in ends.items()}
    chance = float("nan")
    if target is not None:
        chance = 1 - float(np.interp(target, known["total"], known["q"], left=0.0, right=1.0))
        said |= {"target": money(target, currency, lang), "chance": chance_word(chance, lang)}
    rows = None if parts is None else parts[parts["part"] != "total"].dropna(subset=["p50"])
    some = rows is not None and len(rows) > 0
    key = "title" if target is not None else "title_plain"
    fig, axes = theme.figure(
        (10.0, 6.6 if some else 5.0), rows=2 if some else 1, squeeze=False, sharex=True,
        height_ratios=[3, 0.45 * len(rows) + 0.2] if some and rows is not None else [1],
        title=t(f"chart.distribution.{key}", lang, **said),
        alt=t(f"chart.distribution.{key.replace('title', 'alt')}", lang, **said),
    )  # fmt: skip
    top = axes[0][0]
    _density(top, known, ends, target, said, bins, lang)
    last = axes[-1][0]
    if some and rows is not None:
        _part_rows(last, rows.reset_index(drop=True), currency, lang)
    last.set_xlabel(t("chart.distribution.x", lang))
    theme.money_axis(last, "x", currency, lang)
    legend_below(fig, [top], [], 3)
    if parts is not None and len(parts):
        source_note(fig, lang, n=parts["n"].iloc[-1], variant=constant(parts, "variant"),
                    origin=constant(parts, "origin"))  # fmt: skip
    else:
        source_note(fig, lang, n=len(known), variant=["predictive_draws"], origin=["house"])
    return fig


def _edges(total: np.ndarray, target: float | None, bins: int) -> np.ndarray:
    """Edges of equal bins around all quantiles; the target is one of them."""
    low, high = float(total[0]), float(total[-1])
    if target is not None:
        low, high = min(low, target), max(high, target)
    step = (high - low) / bins or max(abs(high), 1.0) / bins
    anchor = low - step / 2 if target is None else target
    first = anchor - (np.floor((anchor - low) / step) + 1) * step
    return np.asarray(first + step * np.arange(np.ceil((high - first) / step + 1e-9) + 1))


def _density(
    ax: Axes,
    draws: pd.DataFrame,
    ends: Mapping[str, float],
    target: float | None,
    said: Mapping[str, str],
    bins: int,
    lang: str,
) -> None:
    total, q = draws["total"].to_numpy(float), draws["q"].to_numpy(float)
    edges = _edges(total, target, bins)
    mass = np.diff(np.interp(edges, total, q))
    middle, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    reached = middle >= (np.inf if target is None else target)
    plain: dict[str, Any] = {"facecolor": "#9DBECB", "edgecolor": PAPER}
    solid: dict[str, Any] = {"facecolor": SERIES[0], "edgecolor": PAPER}
    if target is not None:
        plain |= {"hatch": "///", "hatchcolor": PAPER}
    for where, look, key in ((~reached, plain, "below"), (reached, solid, "reached")):
        if where.any():
            words = t(f"chart.distribution.{key}", lang) if target is not None else None
            ax.bar(middle[where], mass[where], width, label=words, **look)
    peak = float(mass.max()) or 1.0
    for key, value in ends.items():
        ax.vlines([value], 0, peak * 1.06, color=INK, lw=1.6, ls="-" if key == "p50" else ":")
        ax.annotate(f"{key.upper()}\n{said[key]}", (value, peak * 1.06), xytext=(0, 3), va="bottom",
                    textcoords="offset points", ha="center", fontsize=11, bbox=theme.BACKING,
                    zorder=6)  # fmt: skip
    if target is not None:
        words = t("chart.distribution.target", lang, **said)
        ax.vlines([target], 0, peak * 1.04, color=BAD, lw=2.2, ls=(0, (6, 3)), label=words)
    ax.set_ylim(0, peak * 1.3)
    ax.set_ylabel(t("chart.distribution.y", lang))
    theme.percent_axis(ax, "y", lang)
    ax.set_yticks([y for y in ax.get_yticks() if y <= peak * 1.1])


def _part_rows(ax: Axes, rows: pd.DataFrame, currency: str, lang: str) -> None:
    """Range of each part, with its median and mean."""
    ax.hlines(rows.index, rows["p10"], rows["p90"], color=SERIES[0], lw=5, alpha=0.45)
    ax.plot(rows["p50"], rows.index, ls="none", marker="o", ms=9, color=SERIES[0])
    ax.plot(rows["mean"], rows.index, ls="none", marker="D", ms=8, mfc=PAPER, mec=INK, mew=1.4)
    for y, row in rows.iterrows():
        words = t("chart.distribution.mark", lang, mean=money(row["mean"], currency, lang),
                  n=number(row["n"], lang))  # fmt: skip
        ax.annotate(words, (max(row["p90"], row["mean"]), y), xytext=(10, 0), va="center",
                    textcoords="offset points", fontsize=11)  # fmt: skip
    ax.set_yticks(rows.index, [t(f"chart.distribution.{p}", lang) for p in rows["part"]])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_title(t("chart.distribution.parts", lang), fontsize=12)
    theme.value_grid(ax, "x")
