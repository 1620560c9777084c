"""Whale curve: profit added up from the most profitable account on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.inputs import figures, measure, measure_table, ratio, within

_ORIGIN = "field:Cooper & Kaplan 1991; field:Kaplan & Narayanan 2001"
_BAND = ("income_low", "income_high")


@dataclass(frozen=True)
class WhaleCurve:
    """The parts of :func:`whale_curve`."""

    curve: pd.DataFrame
    summary: pd.DataFrame


def whale_curve(
    profits: pd.DataFrame,
    *,
    profit: str = "operating_income",
    near_zero: float = 0.10,
) -> WhaleCurve:
    """Cumulative profit, most profitable account first, with its peak and what is lost after it.

    Needs columns: account_id and the profit column (money). Columns income_low and income_high,
    where there, give the peak its interval (the curve drawn with all incomes low, or all high).
    Accounts without a known profit are left out and counted.

    Returns ``curve`` (rank, account_id, profit, cumulative in money, cumulative_share of the
    total, account_share 0–1, tie_group, loss) and ``summary``, a measure table: profit_total,
    profit_peak, profit_peak_share, accounts_at_peak, loss_makers, loss_money, loss_share,
    accounts_unknown. Where the total is not above ``near_zero`` (house 10 %) of all profits and
    losses taken without their signs, percentages explode: only money is given, and the variant
    says money_only.
    Raises KamkitError for missing columns, text in a figure, an account twice.
    Source: Cooper & Kaplan 1991; Kaplan & Narayanan 2001.

    >>> table = pd.DataFrame({"account_id": ["A", "B", "C"], "operating_income": [60.0, 60, -20]})
    >>> whale_curve(table).curve.cumulative_share.tolist()
    [0.6, 1.2, 1.0]
    """
    within(near_zero, "near_zero", 0.0, 1.0)
    table = figures(profits, "profits", [profit], optional=_BAND)
    known = table[table[profit].notna()]
    total, size = float(known[profit].sum()), float(known[profit].abs().sum())
    by_share = size > 0 and total > near_zero * size
    curve = _curve(known, profit, total if by_share else np.nan)
    return WhaleCurve(curve, _summary(curve, known, len(table) - len(known), by_share))


def _curve(known: pd.DataFrame, profit: str, total: float) -> pd.DataFrame:
    ranked = known.sort_values([profit, "account_id"], ascending=[False, True], ignore_index=True)
    values = ranked[profit]
    n = len(ranked)
    cumulative = values.cumsum()
    return pd.DataFrame(
        {
            "rank": values.rank(method="min", ascending=False).astype(int),
            "account_id": ranked["account_id"],
            "profit": values,
            "cumulative": cumulative,
            "cumulative_share": ratio(cumulative, total),
            "account_share": np.arange(1, n + 1) / max(n, 1),
            "tie_group": values.rank(method="dense", ascending=False).astype(int),
            "loss": values < 0,
        }
    )


def _peak(values: pd.Series) -> float:
    """Highest point of the curve: the sum of all profits above zero."""
    known = values.dropna()
    return float(known[known > 0].sum()) if len(known) else float("nan")


def _summary(
    curve: pd.DataFrame, known: pd.DataFrame, unknown: int, by_share: bool
) -> pd.DataFrame:
    n = len(curve)
    values = curve["profit"]
    total = float(values.sum()) if n else float("nan")
    lost = values[values < 0]
    ends = [known[c] if n and known[c].notna().all() else pd.Series(dtype=float) for c in _BAND]
    low, high = (_peak(e) for e in ends)
    money = "most_profitable_first" if n else "too_little_data"
    shares = "share_of_total" if by_share else ("money_only" if n else "too_little_data")

    def row(key: str, value: float, variant: str, **band: float) -> dict[str, object]:
        return measure(key, value, n=n, variant=variant, origin=_ORIGIN, **band)

    bottom = total if by_share else float("nan")
    rows = [
        row("profit_total", total, money, low=_total(ends[0]), high=_total(ends[1])),
        row("profit_peak", _peak(values), money, low=low, high=high),
        row("profit_peak_share", ratio(_peak(values), bottom), shares, **_share_ends(ends)),
        row("accounts_at_peak", (values > 0).sum() if n else np.nan, money),
        row("loss_makers", len(lost) if n else np.nan, money, **_loss_ends(ends)),
        row("loss_money", lost.sum() if n else np.nan, money),
        row("loss_share", ratio(-lost.sum(), bottom), shares),
        row("accounts_unknown", unknown, "left_out"),
    ]
    table = measure_table(rows)
    if not by_share:
        table.loc[table["variant"] == "money_only", ["low", "high"]] = np.nan
    return table


def _total(values: pd.Series) -> float:
    return float(values.sum()) if len(values) else float("nan")


def _share_ends(ends: list[pd.Series]) -> dict[str, float]:
    """A lower income level makes the peak a larger share of a smaller total."""
    shares = [ratio(_peak(e), e.sum()) if len(e) else np.nan for e in ends]
    return {"low": min(shares), "high": max(shares)}


def _loss_ends(ends: list[pd.Series]) -> dict[str, float]:
    counts = [float((e < 0).sum()) if len(e) else np.nan for e in ends]
    return {"low": min(counts), "high": max(counts)}
