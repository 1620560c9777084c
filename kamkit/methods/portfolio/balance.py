"""Number × quality of customers over the years, with alarms where growth gets thinner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.inputs import figures, ratio, table_of, within
from kamkit.methods.portfolio.pnl import pnl_figures
from kamkit.methods.shares import wilson_ends

BANDS = ("valuable", "ordinary", "loss", "unknown")
_ALARMS = ("alarm", "year", "before_year", "count_change", "value", "before", "change", "low",
           "high", "sure", "n", "variant", "origin")  # fmt: skip


@dataclass(frozen=True)
class NumberQuality:
    """The parts of :func:`number_quality`."""

    years: pd.DataFrame
    bands: pd.DataFrame
    alarms: pd.DataFrame


def number_quality(
    account_years: pd.DataFrame,
    *,
    acquisition: pd.DataFrame | None = None,
    valuable_cut: float | None = None,
    statuses: Sequence[str] = ("actual", "estimate", "unknown"),
    draws: int = 1000,
    seed: int = 0,
) -> NumberQuality:
    """Customers, their average value and their loyalty, year by year.

    Needs columns: account_id, year, revenue; direct_cost, indirect_cost, status where there are
    any. A customer of a year has revenue above zero in it. ``acquisition`` (optional): year,
    acquisition_cost (money). ``valuable_cut`` is the net income from which a customer is
    valuable, the same in all years; by default the 80th percentile of the positive ones in the
    first year (house). ``statuses`` says which years' figures count: forecasts don't.

    Returns ``years`` (year, status, customers, new, kept, lost, revenue, net_income in money,
    average_revenue, average_income, average_low, average_high (95 %, bootstrap over accounts),
    n_income, valuable, valuable_kept 0–1, kept_low, kept_high (Wilson 95 %), acquisition_cost,
    cost_per_new in money), ``bands`` (year, band, n, revenue, net_income, share, cut) and
    ``alarms`` (alarm, year, before_year, count_change, value, before, change, low, high, sure,
    n, variant, origin).
    Alarms: more_but_thinner (count up, average net income down), profit_falls_with_growth
    (count up, total net income down), acquisition_dearer (cost per new customer up).
    ``sure`` where the interval of the change excludes nil; a year's new/lost counts start with
    the second year. Raises KamkitError for missing columns, text in a figure, several currencies.
    Source: S071 (trap), S089 (number and quality); rules and cut house.

    >>> years = pd.DataFrame({"account_id": list("AAB"), "year": [2024, 2025, 2025],
    ...     "revenue": [10.0, 10, 2], "direct_cost": [5.0, 5, 2], "indirect_cost": 0.0})
    >>> number_quality(years).years[["customers", "average_income"]].values.tolist()
    [[1.0, 5.0], [2.0, 2.5]]
    """
    within(draws, "draws", 100, 100_000)
    table = pnl_figures(account_years)
    table = table[table["status"].isin(list(statuses)) & (table["revenue"] > 0)]
    table = table.assign(
        net_income=table["revenue"] - table["direct_cost"] - table["indirect_cost"]
    )
    cut = _cut(table) if valuable_cut is None else valuable_cut
    table["band"] = _band(table["net_income"], cut)
    years = _years(table, _acquisition(acquisition))
    samples = _bootstrap(table, years["year"].tolist(), draws, seed)
    years["average_low"], years["average_high"] = _ends(samples)
    return NumberQuality(years[_COLUMNS], _bands(table, cut), _alarms(years, samples))


_FLOW = ("new", "kept", "lost", "valuable_kept", "kept_low", "kept_high")
_COLUMNS = ["year", "status", "customers", "new", "kept", "lost", "revenue", "net_income",
            "average_revenue", "average_income", "average_low", "average_high", "n_income",
            "valuable", "valuable_kept", "kept_low", "kept_high", "acquisition_cost",
            "cost_per_new"]  # fmt: skip


def _cut(table: pd.DataFrame) -> float:
    first = table[table["year"] == table["year"].min()]["net_income"]
    good = first[first > 0]
    return float(good.quantile(0.80)) if len(good) else float("nan")


def _band(income: pd.Series, cut: float) -> pd.Series:
    names = np.select([income.isna(), income < 0, income >= cut], ["unknown", "loss", "valuable"],
                      "ordinary")  # fmt: skip
    return pd.Series(names, income.index, dtype="str")


def _acquisition(acquisition: pd.DataFrame | None) -> pd.Series:
    if acquisition is None:
        return pd.Series(dtype=float)
    table = figures(acquisition, "acquisition", ["acquisition_cost"], keys=["year"])
    return table.set_index("year")["acquisition_cost"]


def _years(table: pd.DataFrame, spent: pd.Series) -> pd.DataFrame:
    grouped = table.groupby("year", sort=True)
    out = grouped.agg(
        status=("status", lambda s: s.iloc[0] if s.nunique() == 1 else "mixed"),
        customers=("account_id", "nunique"),
        revenue=("revenue", "sum"),
        average_income=("net_income", "mean"),
        n_income=("net_income", "count"),
    )
    out["net_income"] = grouped["net_income"].sum(min_count=1)
    out["average_revenue"] = ratio(out["revenue"], out["customers"])
    flow = [_flow(table, year, before) for before, year in _pairs(out.index)]
    moves = pd.DataFrame(flow, index=out.index[1:], columns=list(_FLOW), dtype=float)
    out = out.join(moves)
    out["valuable"] = grouped["band"].agg(lambda s: int((s == "valuable").sum()))
    out["acquisition_cost"] = spent.reindex(out.index).to_numpy(float)
    out["cost_per_new"] = ratio(out["acquisition_cost"], out["new"].astype(float))
    out = out.reset_index()
    for column in ("average_low", "average_high"):
        out[column] = np.nan
    return out


def _pairs(years: pd.Index) -> list[tuple[int, int]]:
    return list(zip(years[:-1].tolist(), years[1:].tolist(), strict=True))


def _flow(table: pd.DataFrame, year: int, before: int) -> dict[str, float]:
    """Who came, stayed and left; and how many of last year's valuable ones stayed."""
    old = table[table["year"] == before]
    now = set(table.loc[table["year"] == year, "account_id"])
    was = set(old["account_id"])
    top = set(old.loc[old["band"] == "valuable", "account_id"])
    low, high = wilson_ends(len(top & now), len(top))
    return {
        "new": len(now - was),
        "kept": len(now & was),
        "lost": len(was - now),
        "valuable_kept": ratio(len(top & now), len(top)),
        "kept_low": low,
        "kept_high": high,
    }


def _bootstrap(table: pd.DataFrame, years: list[int], draws: int, seed: int) -> np.ndarray:
    """Average net income of every year in resampled sets of accounts: draws × years.

    Accounts, not account-years, are drawn, so that a customer's good and bad years stay together
    and the change between two years keeps its own, smaller, error.
    """
    wide = table.pivot(index="account_id", columns="year", values="net_income")
    values = wide.reindex(columns=years).to_numpy(float)
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    n = len(values)
    out = np.full((draws, len(years)), np.nan)
    if n < 2:
        return out
    rng = np.random.default_rng(seed)
    share = np.full(n, 1.0 / n)
    for start in range(0, draws, 100):
        size = min(100, draws - start)
        counts = rng.multinomial(n, share, size=size).astype(float)
        out[start : start + size] = ratio(counts @ filled, counts @ known)
    return out


def _ends(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.full(samples.shape[1], np.nan), np.full(samples.shape[1], np.nan)
    for i, column in enumerate(samples.T):
        known = column[~np.isnan(column)]
        if len(known):
            low[i], high[i] = np.quantile(known, [0.025, 0.975])
    return low, high


def _bands(table: pd.DataFrame, cut: float) -> pd.DataFrame:
    rows = []
    for year, part in table.groupby("year", sort=True):
        for band in BANDS:
            inside = part[part["band"] == band]
            income = inside["net_income"].sum(min_count=1)
            rows.append(
                {
                    "year": year,
                    "band": band,
                    "n": len(inside),
                    "revenue": float(inside["revenue"].sum()),
                    "net_income": float(income),
                    "share": len(inside) / len(part),
                    "cut": cut,
                }
            )
    return table_of(rows, ["year", "band", "n", "revenue", "net_income", "share", "cut"])


def _alarms(years: pd.DataFrame, samples: np.ndarray) -> pd.DataFrame:
    rows = []
    for i in range(1, len(years)):
        old, now = years.iloc[i - 1], years.iloc[i]
        more = int(now["customers"] - old["customers"])
        change = samples[:, i] - samples[:, i - 1]
        low, high = (float(end[0]) for end in _ends(change[:, None]))
        cases = (
            ("more_but_thinner", "average_income", more > 0, -1, (low, high)),
            ("profit_falls_with_growth", "net_income", more > 0, -1, (np.nan, np.nan)),
            ("acquisition_dearer", "cost_per_new", True, 1, (np.nan, np.nan)),
        )
        for alarm, column, applies, direction, ends in cases:
            moved = float(now[column] - old[column])
            if applies and moved * direction > 0:
                rows.append(_alarm(alarm, column, old, now, more, ends))
    return table_of(rows, _ALARMS)


def _alarm(
    alarm: str,
    column: str,
    old: pd.Series,
    now: pd.Series,
    more: int,
    ends: tuple[float, float],
) -> dict[str, object]:
    known = not np.isnan(ends[0])
    return {
        "alarm": alarm,
        "year": int(now["year"]),
        "before_year": int(old["year"]),
        "count_change": more,
        "value": float(now[column]),
        "before": float(old[column]),
        "change": float(now[column] - old[column]),
        "low": ends[0],
        "high": ends[1],
        "sure": bool(known and (ends[1] < 0 or ends[0] > 0)),
        "n": int(now["customers"]),
        "variant": "bootstrap_accounts" if known else "no_interval",
        "origin": "S071; house",
    }
