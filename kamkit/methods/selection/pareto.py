"""How far a business rests on few accounts: curve, heads, Gini, HHI, ABC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.selection.abc import abc_classes, abc_totals, known_falling
from kamkit.methods.selection.figures import (
    Floats,
    joined,
    measure_row,
    measure_table,
    need_choice,
    tie_ranks,
)
from kamkit.methods.selection.lorenz import (
    HEAD_RULES,
    Weighted,
    curve_band,
    head_size,
    once,
    percentiles,
    point_shares,
    resamples,
)

CURVE_COLUMNS = [
    "account_id", "rank", "value", "share", "cumulative_share", "account_share", "low", "high",
    "variant", "origin",
]  # fmt: skip
NOTE_COLUMNS = ["note", "accounts", "value"]
MIN_FOR_INTERVAL = 10
_Figure = Callable[[Weighted], Floats]


@dataclass(frozen=True)
class Concentration:
    """Curve, measures, classes, class totals and what had to be noted about the input."""

    curve: pd.DataFrame
    summary: pd.DataFrame
    classes: pd.DataFrame
    totals: pd.DataFrame
    notes: pd.DataFrame


def _points(share: float) -> str:
    return f"{share * 100:g}".replace(".", "_")


def _curve(table: pd.DataFrame, draws: int, seed: int, level: float) -> pd.DataFrame:
    falling = table["value"].to_numpy(float)
    n, total = len(falling), float(once(falling).total[0]) if len(falling) else float("nan")
    curve = table.assign(
        rank=tie_ranks(falling),
        share=falling / total,
        cumulative_share=np.cumsum(falling) / total,
        account_share=np.arange(1, n + 1) / max(n, 1),
        low=np.nan,
        high=np.nan,
        variant="total_not_positive" if np.isnan(total) else "no_interval",
        origin="S033; field:Lorenz 1905",
    )
    if n >= MIN_FOR_INTERVAL and not np.isnan(total) and falling[-1] >= 0 and draws > 0:
        curve["low"], curve["high"] = curve_band(falling, min(draws, 1000), seed, level)
        curve["variant"] = "bootstrap_accounts"
    return curve[CURVE_COLUMNS]


def _notes(values: pd.DataFrame, table: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    amounts = table["value"]
    found: list[tuple[str, int, float]] = []

    def note(key: str, which: pd.Series, money: float | None = None) -> None:
        if int(which.sum()):
            amount = float(amounts[which].sum()) if money is None else money
            found.append((key, int(which.sum()), amount))

    missing = len(values) - len(table)
    if missing:
        found.append(("missing_value", missing, float("nan")))
    note("negative_value", amounts < 0)
    note("zero_value", amounts == 0)
    if "rows_estimated" in values.columns:
        estimated = values.loc[values["rows_estimated"] > 0, "account_id"].astype(str)
        note("estimated_value", table["account_id"].isin(estimated))
    if "rows_missing" in values.columns:
        partly = values.loc[values["rows_missing"] > 0, "account_id"].astype(str)
        note("partly_missing_value", table["account_id"].isin(partly))
    note("tie_at_cut", classes["tie_at_cut"].eq(True))
    if classes["abc"].notna().any() and not classes["abc"].eq("A").any():
        found.append(("class_a_empty", 0, 0.0))
    if 0 < len(table) < MIN_FOR_INTERVAL:
        found.append(("few_accounts", len(table), float(amounts.sum())))
    return pd.DataFrame(found, columns=NOTE_COLUMNS)


def _head_share(work: Weighted, share: float, rule: str) -> Floats:
    return work.head_share(head_size(work.n, share, rule))


def _account_share(work: Weighted, goal: float) -> Floats:
    share: Floats = work.heads_for(goal) / work.n
    return share


def _gini_unbiased(work: Weighted) -> Floats:
    gini: Floats = work.gini() * work.n / np.where(work.n > 1, work.n - 1, np.nan)
    return gini


def _effective(work: Weighted) -> Floats:
    return 1.0 / work.hhi()


def concentration_figures(
    shares: Sequence[float], targets: Sequence[float], head_rule: str
) -> dict[str, tuple[_Figure, str, str]]:
    """The figures that a resample can repeat: name → (arithmetic, variant, origin).

    >>> list(concentration_figures([0.2], [0.8], "ceil"))[:2]
    ['share_top_20', 'heads_for_80']
    """
    origin = {0.2: "S033", 0.25: "S034"}
    figures: dict[str, tuple[_Figure, str, str]] = {}
    for share in shares:
        figures[f"share_top_{_points(share)}"] = (
            partial(_head_share, share=share, rule=head_rule),
            f"head_{head_rule}",
            joined(origin.get(share, "house"), "field:Juran 1951"),
        )
    for goal in targets:
        key = _points(goal)
        count = partial(Weighted.heads_for, share=goal)
        figures[f"heads_for_{key}"] = (count, "heads_including", "S033")
        part = partial(_account_share, goal=goal)
        figures[f"account_share_for_{key}"] = (part, "heads_including", "S033")
    gini = "field:Gini 1912"
    figures["gini_population"] = (Weighted.gini, "gini_population", gini)
    figures["gini_unbiased"] = (
        _gini_unbiased,
        "gini_unbiased",
        joined(gini, "field:Dixon 1987"),
    )
    hhi = "S256; field:Herfindahl 1950; field:Hirschman 1945"
    figures["hhi"] = (Weighted.hhi, "hhi_unit", hhi)
    figures["effective_n"] = (_effective, "hhi_inverse", hhi)
    return figures


def bootstrap_figures(
    falling: Floats, figures: dict[str, tuple[_Figure, str, str]], draws: int, seed: int
) -> dict[str, Floats]:
    """Every figure over ``draws`` resamples of the accounts (seeded).

    >>> figures = concentration_figures([0.2], [0.8], "ceil")
    >>> bootstrap_figures(np.array([3.0, 2.0, 1.0]), figures, 5, 1)["hhi"].shape
    (5,)
    """
    parts: dict[str, list[Floats]] = {name: [] for name in figures}
    for counts in resamples(len(falling), draws, seed):
        work = Weighted(falling, counts)
        for name, (figure, _, _) in figures.items():
            parts[name].append(figure(work))
    return {name: np.concatenate(p) if p else np.empty(0) for name, p in parts.items()}


def _figure_rows(
    falling: Floats,
    figures: dict[str, tuple[_Figure, str, str]],
    draws: int,
    seed: int,
    level: float,
) -> list[dict[str, Any]]:
    n = len(falling)
    samples = bootstrap_figures(falling, figures, draws if n >= MIN_FOR_INTERVAL else 0, seed)
    whole = once(falling) if n else None
    rows = []
    for name, (figure, variant, origin) in figures.items():
        if whole is None or np.isnan(whole.total[0]):
            why = "too_little_data" if n == 0 else "total_not_positive"
            rows.append(measure_row(name, np.nan, n, variant=why, origin=origin))
            continue
        if name.startswith("gini") and falling[-1] < 0:
            rows.append(measure_row(name, np.nan, n, variant="undefined_negative", origin=origin))
            continue
        value = float(figure(whole)[0])
        low, high = percentiles(samples[name], level)
        how = "no_interval" if np.isnan(low) else "bootstrap_accounts"
        if name.startswith(("heads_for", "effective_n")):
            low, high = max(low, 1.0), max(high, 1.0)
        rows.append(
            measure_row(
                name, value, n, low=low, high=high, variant=joined(variant, how), origin=origin
            )
        )
    return rows


def concentration_summary(
    values: pd.DataFrame,
    *,
    value: str = "revenue",
    shares: Sequence[float] = (0.20, 0.25),
    targets: Sequence[float] = (0.80, 0.95),
    tops: Sequence[int] = (1, 3, 5, 10),
    head_rule: str = "ceil",
    draws: int = 2000,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """The measures of concentration, each with its rule and how sure we are of it.

    Needs columns: account_id and ``value`` (money of one currency).

    Parameters
    ----------
    shares : sizes of the head whose share of the total is taken (20 % and 25 %).
    targets : shares of the total for which heads are counted (80 % and 95 %).
    head_rule : where 20 % of n is not whole: "ceil" (18 of 89), "floor" (17), "nearest",
        "interpolate" (17.8 accounts, on the Lorenz curve).
    draws, seed, level : percentile bootstrap over accounts. The interval says what other
        accounts of this kind would show; about these very accounts the figure is exact. Top-n
        shares speak of named accounts and have no interval; nor has a table below 10 accounts.

    Returns
    -------
    A measure table with accounts, total, share_top_20, share_top_25, heads_for_80,
    account_share_for_80, heads_for_95, account_share_for_95, gini_population, gini_unbiased,
    hhi (0–1), effective_n, top_1, top_3, top_5, top_10. With negative values the Gini is
    undefined (NaN, variant undefined_negative) and gini_positives takes those above zero only.

    Source: S033, S034, S256; Gini 1912; Dixon 1987; Herfindahl 1950; Hirschman 1945.

    >>> shares = pd.DataFrame({"account_id": list("abcd"), "revenue": [30.0, 30, 20, 20]})
    >>> table = concentration_summary(shares).set_index("measure")
    >>> table.loc[["hhi", "effective_n"], "value"].round(3).tolist()
    [0.26, 3.846]
    """
    need_choice(head_rule, "head_rule", HEAD_RULES)
    falling = known_falling(values, value)["value"].to_numpy(float)
    n = len(falling)
    figures = concentration_figures(shares, targets, head_rule)
    rows = [
        measure_row("accounts", n, n, variant="as_recorded", origin="house"),
        measure_row(
            "total", falling.sum() if n else np.nan, n, variant="as_recorded", origin="house"
        ),
        *_figure_rows(falling, figures, draws, seed, level),
    ]
    if n and falling[-1] < 0:
        above = falling[falling > 0]
        only = {"gini_positives": figures["gini_population"]}
        for row in _figure_rows(above, only, draws, seed, level):
            rows.append(row | {"variant": joined(row["variant"], "positives_only")})
    known = n > 0 and not np.isnan(once(falling).total[0])
    for k, share in zip(tops, point_shares(falling, tops) if known else [], strict=False):
        how = "named_accounts" if k <= n else "too_little_data"
        rows.append(measure_row(f"top_{k}", share, n, variant=how, origin="S256; house"))
    return measure_table(rows)


def concentration(
    values: pd.DataFrame,
    *,
    value: str = "revenue",
    shares: Sequence[float] = (0.20, 0.25),
    targets: Sequence[float] = (0.80, 0.95),
    tops: Sequence[int] = (1, 3, 5, 10),
    cuts: Sequence[float] = (0.80, 0.95),
    head_rule: str = "ceil",
    cut_rule: str = "including",
    ties: str = "together",
    draws: int = 2000,
    seed: int = 1,
    level: float = 0.95,
) -> Concentration:
    """Cumulative curve, measures, ABC classes and notes for one value per account.

    Needs columns: account_id and ``value``; rows_estimated and rows_missing of
    :func:`account_values` are reported if they are there. Options as in
    :func:`concentration_summary` and :func:`abc_classes`.

    Returns
    -------
    Concentration with
    curve: account_id, rank, value, share, cumulative_share, account_share (0–1), low, high
    (bootstrap band of the cumulative share), variant, origin; largest first;
    summary: measure table; classes: as :func:`abc_classes`; totals: as :func:`abc_totals`;
    notes: note, accounts, value (money). Keys of notes: missing_value, negative_value,
    zero_value, estimated_value, partly_missing_value, tie_at_cut, class_a_empty, few_accounts.

    Source: S033, S034, X09; Juran 1951.

    >>> table = pd.DataFrame({"account_id": list("abc"), "revenue": [8.0, 3.0, -1.0]})
    >>> result = concentration(table)
    >>> result.curve["cumulative_share"].round(2).tolist()
    [0.8, 1.1, 1.0]
    >>> result.notes["note"].tolist()
    ['negative_value', 'few_accounts']
    """
    table = known_falling(values, value)
    classes = abc_classes(values, value=value, cuts=cuts, cut_rule=cut_rule, ties=ties)
    summary = concentration_summary(
        values,
        value=value,
        shares=shares,
        targets=targets,
        tops=tops,
        head_rule=head_rule,
        draws=draws,
        seed=seed,
        level=level,
    )
    return Concentration(
        curve=_curve(table, draws, seed, level),
        summary=summary,
        classes=classes,
        totals=abc_totals(classes),
        notes=_notes(values, table, classes),
    )
