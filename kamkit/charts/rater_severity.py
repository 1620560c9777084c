"""How strict raters are, how widely they spread, and what scores come to without their habits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.people import by_size, close, left_out, of_column, row_chart
from kamkit.charts.rows import column_words, least_most, name_rows, signed, signed_range, whiskers
from kamkit.charts.sources import blank, shown_name
from kamkit.charts.stages import legend_below
from kamkit.charts.theme import BAD, INK, MUTED, PAPER, RULE, SERIES, Figure
from kamkit.i18n import number, percent, t

_LEVELS = (1, 2, 3, 4, 5)


def letters(i: int) -> str:
    """The name of an anonymous rater.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    high, low = divmod(i, 26)
    return (letters(high - 1) if high else "") + chr(ord("A") + low)


def plot_rater_severity(
    raters: pd.DataFrame,
    *,
    lang: str,
    level: float = 0.95,
    tolerance: float = 0.0,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Each rater's severity with its interval: right of 0 is stricter than the average rater.

    Needs columns: those of ``Severity.raters`` (rater_id, n, severity, low, high, flagged).
    Filled triangles are surely strict or lenient by more than ``tolerance`` (that of
    ``Severity``, drawn as a band) after the family-wise correction.

    >>> plot_rater_severity(pd.DataFrame({"severity": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = raters.dropna(subset=["severity"]) if len(raters) else raters
    if known.empty:
        return blank(t("chart.severity.topic", lang), lang)
    known = known.sort_values(["severity", "rater_id"], ascending=[False, True], kind="stable")
    known = known.reset_index(drop=True)
    shown = by_size(known, limit, "severity")
    flagged = known["flagged"].fillna(False).astype(bool)
    apart = known[flagged] if flagged.any() else known
    top = apart.iloc[int(apart["severity"].abs().to_numpy().argmax())]
    said = {
        "n": number(len(known), lang), "flagged": number(flagged.sum(), lang),
        "name": shown_name(top["rater_id"], names), "level": percent(level, lang, 0),
        "points": number(abs(top["severity"]), lang, 1),
    }  # fmt: skip
    way = "strict" if top["severity"] > 0 else "lenient"
    key = f"title_{way}" if flagged.any() else "title_none"
    fig, ax = row_chart("severity", len(shown), said, lang, key=key)
    if tolerance > 0:
        ax.axvspan(-tolerance, tolerance, color=RULE, alpha=0.18, lw=0, zorder=0,
                   label=t("chart.severity.tolerance", lang,
                           points=number(tolerance, lang, 1)))  # fmt: skip
    _severity_rows(ax, shown, said, lang)
    name_rows(ax, [shown_name(r, names) for r in shown["rater_id"]])
    at = range(len(shown))
    marks = [t("chart.severity.mark", lang, value=signed(r["severity"], lang, 2),
               range=signed_range(r["low"], r["high"], lang, 2))
             for r in shown.to_dict("records")]  # fmt: skip
    right = column_words(ax, at, marks, 10, t("chart.severity.head_value", lang))
    counts = of_column(shown, "ratees", "n")
    column_words(ax, at, [number(c, lang) for c in counts], right,
                 t("chart.severity.head_n", lang))  # fmt: skip
    ax.set_xlabel(t("chart.severity.x", lang))
    legend_below(fig, [ax], [], 4)
    return close(fig, lang, known, len(known), t("chart.severity.reading", lang),
                 left_out("severity", shown, known, lang))  # fmt: skip


def _severity_rows(ax: Axes, shown: pd.DataFrame, said: Mapping[str, str], lang: str) -> None:
    at = np.arange(len(shown))
    ax.axvline(0, color=INK, lw=1.2, zorder=1)
    ax.hlines(at, shown["low"], shown["high"], color=SERIES[0], lw=4, alpha=0.4, zorder=2,
              label=t("chart.severity.interval", lang, **said))  # fmt: skip
    flagged = shown["flagged"].fillna(False).astype(bool).to_numpy()
    strict = (shown["severity"] > 0).to_numpy()
    value = shown["severity"].to_numpy(float)
    for here, marker, face, key in (
        (flagged & strict, ">", BAD, "strict"), (flagged & ~strict, "<", BAD, "lenient"),
        (~flagged, "o", PAPER, "average"),
    ):  # fmt: skip
        if here.any():
            ax.plot(value[here], at[here], ls="none", marker=marker, ms=10, mfc=face,
                    mec=BAD if face == BAD else SERIES[0], mew=1.6, zorder=4,
                    label=t(f"chart.severity.{key}", lang))  # fmt: skip
    low, high = least_most(shown, ["low", "high", "severity"])
    reach = 1.06 * (max(abs(low), abs(high)) or 1)
    ax.set_xlim(-reach, reach)


def plot_adjusted_scores(
    ratees: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str] | None = None,
    limit: int = 40,
) -> Figure:
    """Each person's mean rating as given and after the raters' severity is taken out.

    Needs columns: those of ``Severity.ratees`` (ratee_id, raw_mean, adjusted, low, high,
    n_raters, rank_raw, rank_adjusted). Highest adjusted score on top.

    >>> plot_adjusted_scores(pd.DataFrame({"adjusted": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = ratees.dropna(subset=["adjusted"]) if len(ratees) else ratees
    if known.empty:
        return blank(t("chart.adjusted_scores.topic", lang), lang)
    known = known.sort_values(["adjusted", "ratee_id"], ascending=[False, True], kind="stable")
    shown = known.head(limit).reset_index(drop=True)
    moved = (known["adjusted"] - known["raw_mean"]).abs()
    far = known.iloc[int(moved.fillna(0).to_numpy().argmax())]
    said = {
        "n": number(len(known), lang), "name": shown_name(far["ratee_id"], names),
        "before": number(far["raw_mean"], lang, 2), "after": number(far["adjusted"], lang, 2),
        "ranks": number((known["rank_raw"] != known["rank_adjusted"]).sum(), lang),
    }  # fmt: skip
    fig, ax = row_chart("adjusted_scores", len(shown), said, lang)
    at = np.arange(len(shown))
    whiskers(ax, at, shown, ("low", "high"), SERIES[0])
    ax.hlines(at, shown["raw_mean"], shown["adjusted"], color=MUTED, lw=1.2, zorder=2.5)
    ax.plot(shown["raw_mean"], at, ls="none", marker="o", ms=8, mfc=PAPER, mec=MUTED, mew=1.6,
            zorder=3, label=t("chart.adjusted_scores.raw", lang))  # fmt: skip
    ax.plot(shown["adjusted"], at, ls="none", marker="D", ms=8, color=SERIES[0], zorder=4,
            label=t("chart.adjusted_scores.adjusted", lang))  # fmt: skip
    name_rows(ax, [shown_name(m, names) for m in shown["ratee_id"]])
    rows = shown.to_dict("records")
    moves = [t("chart.moved.ends", lang, before=number(r["rank_raw"], lang),
               after=number(r["rank_adjusted"], lang)) for r in rows]  # fmt: skip
    right = column_words(ax, at.tolist(), moves, 10, t("chart.adjusted_scores.head_rank", lang))
    column_words(ax, at.tolist(), [number(r["n_raters"], lang) for r in rows], right,
                 t("chart.adjusted_scores.head_raters", lang))  # fmt: skip
    ax.set_xlabel(t("chart.adjusted_scores.x", lang))
    legend_below(fig, [ax], [], 3)
    return close(fig, lang, known, len(known), t("chart.adjusted_scores.reading", lang),
                 left_out("person_effects", shown, known, lang))  # fmt: skip


def plot_rating_spread(
    ratings: pd.DataFrame,
    *,
    lang: str,
    min_n: int = 3,
    limit: int = 26,
) -> Figure:
    """How each rater, named by a letter only, uses the scale: shares of the scores and the mean.

    Needs columns: those of ``ratings`` (rater_id, score; ratee_id, source where known).
    Self-ratings are left out, and so are raters of fewer than ``min_n`` people, as they could be
    recognised. The narrowest spread stands on top; letters follow that order.

    >>> plot_rating_spread(pd.DataFrame({"rater_id": [], "score": []}), lang="en").alt
    'Nothing to show: the table is empty.'
    """
    known = ratings.dropna(subset=["rater_id", "score"]) if len(ratings) else ratings
    if "source" in known.columns:
        known = known[known["source"] != "self"]
    if "ratee_id" in known.columns and len(known):
        people = known.groupby("rater_id")["ratee_id"].transform("nunique")
        known = known[people >= min_n]
    if known.empty:
        return blank(t("chart.rating_spread.topic", lang), lang)
    found = known.groupby("rater_id")["score"].agg(["count", "mean", "std"]).reset_index()
    found = found.sort_values(["std", "mean", "count"], kind="stable", na_position="last")
    shown = found.head(limit).reset_index(drop=True)
    said = {
        "n": number(len(found), lang), "ratings": number(len(known), lang),
        "low": number(found["mean"].min(), lang, 1), "high": number(found["mean"].max(), lang, 1),
        "narrow": number(found["std"].min(), lang, 1), "wide": number(found["std"].max(), lang, 1),
    }  # fmt: skip
    fig, ax = row_chart("rating_spread", len(shown), said, lang, per=0.44)
    _bubbles(ax, known, shown, lang)
    at = range(len(shown))
    name_rows(ax, [t("chart.rating_spread.rater", lang, letter=letters(i)) for i in at])
    columns = (
        ("mean", [number(v, lang, 2) for v in shown["mean"]]),
        ("sd", [number(v, lang, 2) for v in shown["std"]]),
        ("n", [number(v, lang) for v in shown["count"]]),
    )
    right = 10.0
    for key, texts in columns:
        right = column_words(ax, at, texts, right, t(f"chart.rating_spread.head_{key}", lang))
    ax.set_xlim(0.5, 5.5)
    ax.set_xticks(_LEVELS)
    ax.set_xlabel(t("chart.rating_spread.x", lang))
    legend_below(fig, [ax], [], 3)
    return close(fig, lang, known, len(known), t("chart.rating_spread.reading", lang),
                 left_out("severity", shown, found, lang), variant=["as_counted"],
                 origin=["house"])  # fmt: skip


def _bubbles(ax: Axes, known: pd.DataFrame, shown: pd.DataFrame, lang: str) -> None:
    """Circles whose area is a rater's share of each score, and the mean as a bar."""
    row = {rater: i for i, rater in enumerate(shown["rater_id"])}
    here = known[known["rater_id"].isin(list(row))]
    level = here["score"].round().clip(_LEVELS[0], _LEVELS[-1])
    counts = here.groupby([here["rater_id"].map(row), level]).size()
    share = counts / counts.groupby(level=0).transform("sum")
    at, score = (share.index.get_level_values(i).to_numpy(float) for i in (0, 1))
    ax.scatter(score, at, s=700 * share.to_numpy(), color=SERIES[0], alpha=0.35, linewidth=0,
               zorder=2, label=t("chart.rating_spread.share", lang))  # fmt: skip
    for x, y, p in zip(score, at, share, strict=True):
        if p >= 0.3:
            ax.text(x, y, percent(p, lang, 0), ha="center", va="center", fontsize=9.5, zorder=3)
    ax.hlines(np.arange(len(shown)) + 0.36, shown["mean"] - shown["std"],
              shown["mean"] + shown["std"], color=RULE, lw=2, zorder=1.5,
              label=t("chart.rating_spread.sd", lang))  # fmt: skip
    ax.plot(shown["mean"], np.arange(len(shown)) + 0.36, ls="none", marker="^", ms=7, color=BAD,
            zorder=4, label=t("chart.rating_spread.mean", lang))  # fmt: skip
    theme.value_grid(ax, "x")
