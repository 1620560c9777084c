"""Two bases side by side: sales against profit, or one year against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.selection.abc import abc_classes, known_falling
from kamkit.methods.selection.figures import (
    Floats,
    joined,
    measure_row,
    measure_table,
    rank_column,
    tie_ranks,
)
from kamkit.methods.selection.lorenz import Weighted, head_size, once, percentiles, resamples
from kamkit.methods.selection.pareto import MIN_FOR_INTERVAL, concentration_figures

BASIS_COLUMNS = [
    "account_id", "value_first", "value_second", "rank_first", "rank_second", "rank_change",
    "class_first", "class_second", "class_changed", "head_first", "head_second", "loss", "variant",
    "origin",
]  # fmt: skip


@dataclass(frozen=True)
class BasisChange:
    """Ranks and classes of every account on both bases, and measures of agreement."""

    accounts: pd.DataFrame
    summary: pd.DataFrame


def _one(values: pd.DataFrame, value: str, cuts: Sequence[float]) -> pd.DataFrame:
    table = known_falling(values, value)
    amounts = table["value"].to_numpy(float)
    letters = abc_classes(values, value=value, cuts=cuts).set_index("account_id")["abc"]
    head = head_size(np.array([float(len(table))]), 0.2, "ceil")[0] if len(table) else 0.0
    ranks = tie_ranks(amounts)
    return pd.DataFrame(
        {
            "account_id": table["account_id"],
            "value": amounts,
            "rank": rank_column(ranks),
            "class": table["account_id"].map(letters),
            "head": ranks <= head,
        }
    )


def basis_change(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    value_first: str = "revenue",
    value_second: str = "profit",
    cuts: Sequence[float] = (0.80, 0.95),
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> BasisChange:
    """Who moves when accounts are ranked by another figure, or by another year.

    Needs ``first`` with account_id and ``value_first``, ``second`` with account_id and
    ``value_second`` (two columns of one table, or two years of one figure).

    Returns
    -------
    BasisChange with accounts: account_id, value_first, value_second (money), rank_first,
    rank_second (ties share the best), rank_change (places gained on the second basis),
    class_first, class_second (ABC), class_changed, head_first, head_second (among the largest
    20 %, rounded up), loss (second value below 0), variant, origin; by rank_first; an account
    without one of the values has that side missing;
    summary: measure table with rank_correlation (Spearman, bootstrap over accounts),
    head_overlap (share of the first head that is also in the second), class_changes,
    loss_makers, loss_money.

    Source: methods of S033 on two bases; Spearman 1904; Kaplan & Narayanan 2001.

    >>> table = pd.DataFrame({"account_id": list("abc"), "revenue": [9.0, 5, 1],
    ...                       "profit": [-1.0, 2, 1]})
    >>> basis_change(table, table).accounts["rank_change"].tolist()
    [-2, 1, 1]
    """
    left = _one(first, value_first, cuts)
    right = _one(second, value_second, cuts)
    both = left.merge(right, on="account_id", how="outer", suffixes=("_first", "_second"))
    both["rank_change"] = both["rank_first"] - both["rank_second"]
    complete = both["rank_first"].notna() & both["rank_second"].notna()
    classed = complete & both["class_first"].notna() & both["class_second"].notna()
    changed = both["class_first"].ne(both["class_second"]).astype("boolean")
    both["class_changed"] = changed.where(classed)
    both["loss"] = both["value_second"] < 0
    both["variant"], both["origin"] = "abc_including", "S033; field:Kaplan & Narayanan 2001"
    both = both.sort_values(["rank_first", "account_id"], ignore_index=True)[BASIS_COLUMNS]
    return BasisChange(both, _agreement(both, int(complete.sum()), draws, seed, level))


def _spearman(one: Floats, two: Floats) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return float("nan")
    ranks = [pd.Series(x).rank().to_numpy(float) for x in (one, two)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _agreement(both: pd.DataFrame, n: int, draws: int, seed: int, level: float) -> pd.DataFrame:
    pairs = both.dropna(subset=["value_first", "value_second"])
    one, two = (pairs[c].to_numpy(float) for c in ("value_first", "value_second"))
    value = _spearman(one, two)
    low, high, how = float("nan"), float("nan"), "no_interval"
    if n >= MIN_FOR_INTERVAL and not np.isnan(value):
        rng = np.random.default_rng(seed)
        picks = rng.integers(0, n, (draws, n))
        low, high = percentiles(np.array([_spearman(one[p], two[p]) for p in picks]), level)
        how = "bootstrap_accounts"
    head = both["head_first"].eq(True)
    overlap = (head & both["head_second"].eq(True)).sum() / head.sum() if head.any() else np.nan
    losses = both.loc[both["loss"], "value_second"]
    few = "too_little_data" if n == 0 else ""
    return measure_table(
        [
            measure_row("rank_correlation", value, n, low=low, high=high,
                        variant=joined(few or "spearman", how), origin="field:Spearman 1904"),
            measure_row("head_overlap", overlap, int(head.sum()),
                        variant=few or "head_ceil", origin="S033; house"),
            measure_row("class_changes", both["class_changed"].sum(), n,
                        variant=few or "abc_including", origin="field:Juran 1951"),
            measure_row("loss_makers", len(losses), n, variant=few or "below_zero", origin="house"),
            measure_row("loss_money", losses.sum(), len(losses),
                        variant=few or "below_zero", origin="house"),
        ]
    )  # fmt: skip


def _union(first: pd.DataFrame, second: pd.DataFrame, one: str, two: str) -> tuple[Floats, Floats]:
    left = known_falling(first, one).rename(columns={"value": "first"})
    right = known_falling(second, two).rename(columns={"value": "second"})
    both = left.merge(right, on="account_id", how="outer")
    return both["first"].to_numpy(float), both["second"].to_numpy(float)


def concentration_change(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    value_first: str = "revenue",
    value_second: str = "revenue",
    shares: Sequence[float] = (0.20, 0.25),
    targets: Sequence[float] = (0.80,),
    head_rule: str = "ceil",
    draws: int = 2000,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """Second less first for every measure of concentration, with a paired interval.

    Accounts are resampled once for both sides, so that an account that is large on both counts
    on both. An account that one side doesn't have is absent there, not 0.
    Needs ``first`` and ``second`` with account_id and their value columns.
    Returns a measure table with the keys of :func:`concentration_summary` (share_top_20 … ,
    effective_n); the value is the difference, n the accounts on either side.
    Source: Efron & Tibshirani 1993 (paired bootstrap).

    >>> old = pd.DataFrame({"account_id": list("ab"), "revenue": [1.0, 1.0]})
    >>> new = pd.DataFrame({"account_id": list("ab"), "revenue": [3.0, 1.0]})
    >>> concentration_change(old, new).set_index("measure").loc["hhi", "value"].item()
    0.125
    """
    need_columns(first, "first", ["account_id", value_first])
    need_columns(second, "second", ["account_id", value_second])
    sides = _union(first, second, value_first, value_second)
    n = len(sides[0])
    figures = concentration_figures(shares, targets, head_rule)
    orders = [np.argsort(-np.where(np.isnan(s), -np.inf, s), kind="stable") for s in sides]
    orders = [o[~np.isnan(s[o])] for o, s in zip(orders, sides, strict=True)]
    if any(len(o) == 0 for o in orders):
        return measure_table(
            measure_row(name, np.nan, n, variant="too_little_data", origin="house")
            for name in figures
        )
    falling = [s[o] for s, o in zip(sides, orders, strict=True)]
    blocks = list(resamples(n, draws, seed)) if n >= MIN_FOR_INTERVAL else []
    works = [[Weighted(f, c[:, o]) for f, o in zip(falling, orders, strict=True)] for c in blocks]
    rows = []
    for name, (figure, variant, origin) in figures.items():
        if name.startswith("gini") and min(f[-1] for f in falling) < 0:
            rows.append(measure_row(name, np.nan, n, variant="undefined_negative", origin=origin))
            continue
        value = float(figure(once(falling[1]))[0] - figure(once(falling[0]))[0])
        found = [figure(b) - figure(a) for a, b in works]
        low, high = percentiles(np.concatenate(found), level) if found else (np.nan, np.nan)
        how = "no_interval" if np.isnan(low) else "bootstrap_paired"
        rows.append(measure_row(name, value, n, low=low, high=high,
                                variant=joined(variant, how), origin=origin))  # fmt: skip
    return measure_table(rows)
