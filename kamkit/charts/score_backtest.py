"""How a score of churn did on past days, and from where acting pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.rows import column_words, name_rows
from kamkit.charts.sources import blank, constant, source_note
from kamkit.charts.theme import BACKING, GRID, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import interval, number, percent, t

_SHARES = ("auc", "recall_top", "precision_top", "false_alarm_top", "recall_alarm",
           "precision_alarm", "false_alarm_alarm", "base_rate")  # fmt: skip
_JUDGEABLE = ("false_alarm_top", "false_alarm_alarm", "base_rate")
_STEPS = 101


class ScoreVerdictLike(Protocol):
    """What the title needs of ``ScoreBacktest.verdict``."""

    @property
    def key(self) -> str: ...
    @property
    def events(self) -> int: ...
    @property
    def needed(self) -> int: ...
    @property
    def auc(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def plot_score_backtest(
    scores: pd.DataFrame,
    *,
    lang: str,
    cases: pd.DataFrame | None = None,
    calibration: pd.DataFrame | None = None,
    lead_times: pd.DataFrame | None = None,
    verdict: ScoreVerdictLike | None = None,
    horizon_days: int = 180,
    name: str = "",
) -> Figure:
    """A score against the losses that came: ROC, its figures, calibration and lead time.

    Needs columns: those of ``ScoreBacktest.scores``; ``cases``, ``calibration``,
    ``lead_times`` and ``verdict`` are its other parts, each with a panel of its own. Where the
    verdict is ``too_few_losses`` no quality is drawn, only how many losses there are of how many
    needed, and what can be known without them. ``name``: of the score, in words.

    >>> plot_score_backtest(pd.DataFrame({"measure": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    if scores.empty or not scores["measure"].isin(_SHARES).any():
        return blank(t("chart.score.topic", lang), lang)
    said = _said(scores, verdict, horizon_days, name, lang)
    few = verdict is not None and verdict.key == "too_few_losses"
    title = _title(verdict, said, lang)
    parts: list[Callable[[Axes], None]] = []
    if few and verdict is not None:
        parts.append(lambda ax: _needed(ax, verdict, lang))
    elif cases is not None and len(cases):
        parts.append(lambda ax: _roc(ax, cases, lang))
    wanted = _JUDGEABLE if few else _SHARES
    parts.append(lambda ax: _figures(ax, scores, wanted, lang))
    if not few and calibration is not None and len(calibration):
        parts.append(lambda ax: _calibration(ax, calibration, scores, horizon_days, lang))
    if not few and lead_times is not None and len(lead_times):
        parts.append(lambda ax: _lead(ax, lead_times, horizon_days, lang))
    rows = -(-len(parts) // 2)
    fig, axes = theme.figure(
        (10.0, 1.6 + (2.2 if few else 3.7) * rows), rows=rows,
        cols=min(2, len(parts)), title=title, alt=t("chart.score.alt", lang, **said),
        squeeze=False,
    )  # fmt: skip
    flat = list(axes.flat)
    for ax, draw in zip(flat, parts, strict=False):
        draw(ax)
    for ax in flat[len(parts) :]:
        ax.set_axis_off()
    theme.note(fig, t("chart.score.reading_few" if few else "chart.score.reading", lang, **said))
    auc = scores[scores["measure"] == "auc"]
    source_note(fig, lang, n=_value(scores, "account_days"), variant=constant(auc, "variant"),
                origin=constant(auc, "origin"))  # fmt: skip
    return fig


def _value(scores: pd.DataFrame, key: str, column: str = "value") -> float:
    rows = scores.loc[scores["measure"] == key, column].tolist()
    return float(rows[0]) if rows else float("nan")


def _said(
    scores: pd.DataFrame, verdict: ScoreVerdictLike | None, days: int, name: str, lang: str
) -> dict[str, str]:
    auc = [_value(scores, "auc", c) for c in ("value", "low", "high")]
    events = _value(scores, "losses_foretellable")
    return {
        "name": theme.data_text(name, 30) if name else t("chart.score.this", lang),
        "auc": number(auc[0], lang, 2), "low": number(auc[1], lang, 2),
        "high": number(auc[2], lang, 2), "range": interval(auc[1], auc[2], lang, 2),
        "events": number(verdict.events if verdict is not None else events, lang),
        "needed": number(verdict.needed if verdict is not None else float("nan"), lang),
        "days": number(days, lang), "n": number(_value(scores, "account_days"), lang),
        "base": percent(_value(scores, "base_rate"), lang),
        "base_range": interval(_value(scores, "base_rate", "low"),
                               _value(scores, "base_rate", "high"), lang, 1, share=True),
    }  # fmt: skip


def _title(verdict: ScoreVerdictLike | None, said: Mapping[str, str], lang: str) -> str:
    key = "plain" if verdict is None else verdict.key
    title = t(f"chart.score.title_{key}", lang, **said)
    return title[:1].upper() + title[1:]


def _needed(ax: Axes, verdict: ScoreVerdictLike, lang: str) -> None:
    """How many losses there are of those that a verdict needs."""
    most = max(verdict.needed, verdict.events)
    ax.barh([0], [most], 0.4, facecolor=PAPER, edgecolor=RULE, lw=1.2, ls=(0, (4, 2)))
    if verdict.events:
        ax.barh([0], [verdict.events], 0.4, facecolor=SERIES[0])
    ax.text(most / 2, 0, t("chart.score.of_needed", lang, events=number(verdict.events, lang),
                           needed=number(verdict.needed, lang)), ha="center", va="center",
            bbox=BACKING)  # fmt: skip
    ax.set_xlim(0, most * 1.02)
    ax.set_ylim(-0.6, 0.6)
    ax.set_yticks([])
    ax.set_title(t("chart.score.losses", lang), fontsize=12)
    theme.value_grid(ax, "none")


def _roc(ax: Axes, cases: pd.DataFrame, lang: str) -> None:
    """Losses met by false alarms, threshold by threshold within each day."""
    grid = np.linspace(0, 1, _STEPS)
    met, weight = np.zeros(_STEPS), 0.0
    for _, day in cases.groupby("day", sort=False):
        score, lost = day["score"].to_numpy(float), day["lost"].to_numpy(bool)
        stayed = np.sort(score[~lost])
        if not lost.any() or not len(stayed):
            continue
        above = 1 - np.searchsorted(stayed, score[lost], side="right") / len(stayed)
        tied = 1 - np.searchsorted(stayed, score[lost], side="left") / len(stayed) - above
        # A loss that ties with some who stayed is met in step with them.
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(tied[:, None] > 0, (grid - above[:, None]) / tied[:, None],
                            grid >= above[:, None])  # fmt: skip
        met += np.clip(part, 0, 1).sum(axis=0) * len(stayed)
        weight += float(lost.sum()) * len(stayed)
    ax.plot([0, 1], [0, 1], color=RULE, lw=1.4, ls=(0, (6, 3)))
    ax.text(0.62, 0.52, t("chart.score.chance", lang), color=MUTED, fontsize=11, bbox=BACKING)
    if weight:
        ax.fill_between(grid, grid, met / weight, color=SERIES[0], alpha=0.12, lw=0)
        ax.plot(grid, met / weight, color=SERIES[0], lw=2.4)
    ax.set(xlim=(0, 1), ylim=(0, 1.01), xlabel=t("chart.score.x_roc", lang),
           ylabel=t("chart.score.y_roc", lang))  # fmt: skip
    theme.percent_axis(ax, "x", lang)
    theme.percent_axis(ax, "y", lang)
    ax.set_title(t("chart.score.roc", lang), fontsize=12)
    theme.value_grid(ax, "both")


def _figures(ax: Axes, scores: pd.DataFrame, wanted: tuple[str, ...], lang: str) -> None:
    order = {key: i for i, key in enumerate(wanted)}
    rows = scores[scores["measure"].isin(wanted) & scores["value"].notna()]
    rows = rows.sort_values("measure", key=lambda c: c.map(order)).reset_index(drop=True)
    at = np.arange(len(rows))
    ax.hlines(at, rows["low"], rows["high"], color=SERIES[0], lw=4, alpha=0.45)
    ax.plot(rows["value"], at, ls="none", marker="o", ms=8, color=SERIES[0], zorder=4)
    auc = np.flatnonzero(rows["measure"] == "auc")
    if len(auc):
        ax.plot([0.5, 0.5], [auc[0] - 0.4, auc[0] + 0.4], color=INK, lw=1.6, ls=(0, (2, 1.5)))
    name_rows(ax, [t(f"chart.score.{m}", lang) for m in rows["measure"]])
    ax.tick_params(axis="y", labelsize=11)
    few = wanted == _JUDGEABLE
    ax.set_xlim(0, min(1.0, 1.4 * float(rows["high"].max())) if few and len(rows) else 1)
    theme.percent_axis(ax, "x", lang)
    texts = [
        number(r["value"], lang, 2) if r["measure"] == "auc"
        else t("chart.risk.mark", lang, share=percent(r["value"], lang, 0),
               range=interval(r["low"], r["high"], lang, 0, share=True)) if few
        else percent(r["value"], lang, 0)
        for r in rows.to_dict("records")
    ]  # fmt: skip
    column_words(ax, list(at), texts, 8, "")
    ax.set_title(t("chart.score.figures", lang), fontsize=12)


def _calibration(ax: Axes, bins: pd.DataFrame, scores: pd.DataFrame, days: int, lang: str) -> None:
    rows = bins.reset_index(drop=True)
    chances = bool(rows["off"].any()) or (
        "brier" in set(scores["measure"]) and rows["mean_score"].between(0, 1).all()
    )
    ax.vlines(rows.index, rows["low"], rows["high"], color=SERIES[0], lw=5, alpha=0.4)
    ax.plot(rows.index, rows["observed"], ls="none", marker="o", ms=9, color=SERIES[0], zorder=4,
            label=t("chart.score.seen", lang))  # fmt: skip
    if chances:
        ax.plot(rows.index, rows["mean_score"], ls="none", marker="_", ms=20, mew=2.4, mec=INK,
                zorder=3, label=t("chart.score.stated", lang))  # fmt: skip
        ax.legend(loc="upper left", fontsize=10.5)
    base = _value(scores, "base_rate")
    ax.axhline(base, color=INK, lw=1.3, ls=(0, (6, 3)), zorder=1)
    digits = 2 if rows["score_high"].max() <= 1.5 and (rows["score_high"] % 1 != 0).any() else 0
    names = [
        (number(r["score_low"], lang, digits) if r["score_low"] == r["score_high"]
         else interval(r["score_low"], r["score_high"], lang, digits))
        + f"\n{number(r['lost'], lang)}/{number(r['n'], lang)}"
        for r in rows.to_dict("records")
    ]  # fmt: skip
    ax.set_xticks(rows.index, names, fontsize=10.5)
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(t("chart.score.x_calibration", lang))
    ax.set_ylabel(t("chart.risk.y", lang, days=number(days, lang)))
    theme.percent_axis(ax, "y", lang)
    share = percent(base, lang)
    ax.set_title(t("chart.score.calibration", lang, share=share), fontsize=12)


def _lead(ax: Axes, leads: pd.DataFrame, days: int, lang: str) -> None:
    """Share of the losses that were warned of at least so many days before."""
    known = np.sort(leads["lead_days"].dropna().to_numpy(float))[::-1]
    total, warned = len(leads), len(known)
    x = np.concatenate([[days], known, [0]])
    y = np.concatenate([[0], np.arange(1, warned + 1), [warned]]) / total
    ax.fill_between(x, 0, y, step="post", color=SERIES[0], alpha=0.14, lw=0)
    ax.plot(x, y, color=SERIES[0], lw=2.2, drawstyle="steps-post")
    ax.axhline(warned / total, color=GRID, lw=1)
    ax.text(0.97, 0.95, t("chart.score.missed", lang, missed=number(total - warned, lang),
                          n=number(total, lang)), transform=ax.transAxes, ha="right", va="top",
            fontsize=11, bbox=BACKING)  # fmt: skip
    ax.set_xlim(0, max(days, float(known[0]) if warned else 0))
    ax.set_ylim(0, 1.01)
    ax.set_xlabel(t("chart.score.x_lead", lang))
    ax.set_ylabel(t("chart.score.y_lead", lang))
    theme.percent_axis(ax, "y", lang)
    ax.set_title(t("chart.score.lead", lang), fontsize=12)
