"""Contractual customer lifetime value: margin multiple, value per account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.portfolio.inputs import figures, measure_table, one_of, within
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row

_ORIGIN = "field:Gupta & Lehmann 2003; S088"
_COSTS = {"net": ["direct_cost", "indirect_cost"], "gross": ["direct_cost"], "revenue": []}


def multiple(retention: float, discount: float, first_payment: int = 1) -> float:
    """Value of one margin a period for ever, each kept with probability ``retention``.

    ``first_payment`` 1: the first margin comes after one period, if the account stays
    (r / (1 + i − r)); 0: it is paid now, which adds exactly one margin.

    >>> round(multiple(0.90, 0.12), 2), round(multiple(0.90, 0.12, 0), 2)
    (4.09, 5.09)
    """
    return retention / (1 + discount - retention) + (1 - first_payment)


def discount_per_period(annual: float, *, period: str = "year") -> float:
    """Discount rate of one period that compounds to ``annual`` in a year.

    >>> round(discount_per_period(0.10, period="quarter"), 5)
    0.02411
    """
    one_of(period, "period", ["year", "half", "quarter"])
    return float((1 + annual) ** {"year": 1.0, "half": 0.5, "quarter": 0.25}[period] - 1)


def margin_multiple(
    retention: pd.DataFrame, *, discount: float = 0.10, first_payment: int = 1
) -> pd.DataFrame:
    """Margin multiple of a retention rate, its interval carried over from the rate's.

    The multiple only grows with retention, so the ends of the retention interval give the ends
    of its own. It takes one retention rate for all accounts and all time: where loyal accounts
    remain while others leave, it understates what the loyal ones are worth (see ``sbg_fit``).

    Needs columns: measure table with a row ``retention_rate`` (value, low, high, n, variant).
    Returns: measure table with ``margin_multiple`` (in margins of one period) and
    ``expected_periods`` (1 / (1 − r), undiscounted); variant ``first_payment_t0`` or ``_t1``, or
    ``too_little_history`` with NaN. Where the table's ``return_share`` says ``many_return``, so
    does the variant: what counts as lost often comes back, and the multiple is too low.
    Errors: missing columns; ``discount`` outside 0.001–1; ``first_payment`` not 0 or 1.
    Source: Gupta & Lehmann 2003; S088.

    >>> rate = measure_table([measure_row("retention_rate", 0.9, low=0.8, high=0.95, n=80)])
    >>> margin_multiple(rate, discount=0.12).round(2).loc[0, ["value", "low", "high"]].tolist()
    [4.09, 2.5, 5.59]
    """
    need_columns(retention, "retention", ["measure", "value", "low", "high", "n"])
    within(discount, "discount", 0.001, 1.0)
    within(first_payment, "first_payment", 0, 1)
    found = retention[retention["measure"] == "retention_rate"]
    n = int(found["n"].iloc[0]) if len(found) else 0
    rates = found[["value", "low", "high"]].iloc[0].tolist() if len(found) else [NAN] * 3
    if np.isnan(rates[0]):
        names = ("margin_multiple", "expected_periods")
        empty = [measure_row(key, NAN, n=n, variant="too_little_history") for key in names]
        return measure_table(empty).assign(origin=_ORIGIN)
    middle, low, high = (multiple(r, discount, first_payment) for r in rates)
    returning = retention.loc[retention["measure"] == "return_share", "variant"]
    caution = "; many_return" if (returning == "many_return").any() else ""
    variant = f"first_payment_t{int(first_payment)}{caution}"
    # A rate of 1 has no expected end: the count of periods is then open, not infinite.
    stay = [1 / (1 - r) if r < 1 else NAN for r in rates]
    rows = [
        measure_row("margin_multiple", middle, low=low, high=high, n=n, variant=variant),
        measure_row(
            "expected_periods", stay[0], low=stay[1], high=stay[2], n=n, variant="undiscounted"
        ),
    ]
    return measure_table(rows).assign(origin=_ORIGIN)


def account_margins(
    account_years: pd.DataFrame, *, basis: str = "net", min_years: int = 2
) -> pd.DataFrame:
    """Yearly margin per account over its actual years, with the range between years.

    Only years of status ``actual`` count; an estimate or a forecast is not a history. A year
    that lacks one of the costs has no margin (missing is not 0).

    Needs columns: account_id, year, status, revenue; direct_cost for ``gross`` and ``net``,
    indirect_cost for ``net``.
    Returns columns: account_id, margin (mean of the years, money a year), margin_low,
    margin_high (worst and best year), years, status (``ok``, ``too_little_history``: fewer
    than ``min_years`` years with a margin, ``cost_missing``: none of its years has one).
    Errors: missing columns; several currencies; an unknown ``basis``.
    Source: S077, S088; the range as interval is a house rule.

    >>> years = pd.DataFrame({"account_id": ["A", "A"], "year": [2024, 2025], "status": "actual",
    ...     "revenue": [10.0, 12.0], "direct_cost": [6.0, 6.0], "indirect_cost": [1.0, 1.0]})
    >>> account_margins(years).loc[0, ["margin", "margin_low", "margin_high"]].tolist()
    [4.0, 3.0, 5.0]
    """
    one_of(basis, "basis", list(_COSTS))
    costs = _COSTS[basis]
    keys = ["account_id", "year"]
    need_columns(account_years, "account_years", [*keys, "status", "revenue", *costs])
    one_currency(account_years, "account_years")
    actual = account_years[account_years["status"] == "actual"]
    past = figures(actual, "account_years", ["revenue", *costs], keys=keys)
    margin = past["revenue"] - past[costs].sum(axis=1, skipna=False)
    grouped = margin.groupby(past["account_id"])
    table = grouped.agg(["mean", "min", "max", "count", "size"])
    few = table["count"] < max(min_years, 1)
    status = np.where(few, "too_little_history", "ok")
    status = np.where((table["count"] == 0) & (table["size"] > 0), "cost_missing", status)
    result = table[["mean", "min", "max"]].reset_index(drop=True)
    result.columns = pd.Index(["margin", "margin_low", "margin_high"])
    result.insert(0, "account_id", table.index.to_numpy())
    result["years"] = table["count"].to_numpy()
    return result.assign(status=status)


def _groups(values: pd.DataFrame) -> np.ndarray:
    """Group numbers down a sorted list: a new group where the range ends below the leader's."""
    groups = np.zeros(len(values))
    leader_low, group = np.inf, 0
    for at, (low, high) in enumerate(zip(values["low"], values["high"], strict=True)):
        if np.isnan(low):
            groups[at] = NAN
            continue
        if at == 0 or high < leader_low:
            group, leader_low = group + 1, low
        groups[at] = group
    return groups


def _shared_multiple(multiples: pd.DataFrame, accounts: pd.Series) -> pd.DataFrame:
    """Multiples by account: taken as they are, or one measure row spread over all accounts."""
    if "account_id" in multiples.columns:
        need_columns(multiples, "multiples", ["multiple", "low", "high", "n", "variant", "origin"])
        return multiples.rename(columns={"low": "multiple_low", "high": "multiple_high"})
    need_columns(multiples, "multiples", ["measure", "value", "low", "high", "n", "variant"])
    row = multiples[multiples["measure"] == "margin_multiple"]
    one = row.rename(
        columns={"value": "multiple", "low": "multiple_low", "high": "multiple_high"}
    ).drop(columns="measure")
    return pd.DataFrame({"account_id": accounts}).merge(one, how="cross")


def lifetime_value(margins: pd.DataFrame, multiples: pd.DataFrame) -> pd.DataFrame:
    """Lifetime value per account: yearly margin × multiple, with both uncertainties.

    ``low`` and ``high`` are the worst and best of the four products of the margin range and the
    multiple interval. Accounts that share a ``group`` number cannot be separated: the range of
    their margins, taken at the same multiple, overlaps that of the group's first. An account
    without enough history has no value, and its ``status`` says why. A negative value is what
    keeping the account as it is would cost.

    Needs columns: margins account_id, margin, margin_low, margin_high, years, status (see
    ``account_margins``); multiples: the measure table of ``margin_multiple``, or the table of
    ``sbg_multiples``.
    Returns columns: account_id, value, low, high (money), group, margin, margin_low,
    margin_high, multiple, multiple_low, multiple_high, years, n, status (``ok``,
    ``too_little_history``, ``cost_missing``, ``not_active``), variant, origin; most valuable
    first, those without a value last.
    Errors: missing columns.
    Source: Gupta & Lehmann 2003; Fader & Hardie 2010; S088.

    >>> margins = pd.DataFrame({"account_id": ["A"], "margin": [100.0], "margin_low": [80.0],
    ...     "margin_high": [120.0], "years": [2], "status": ["ok"]})
    >>> rate = measure_table([measure_row("retention_rate", 0.8, low=0.7, high=0.9, n=50)])
    >>> values = lifetime_value(margins, margin_multiple(rate))
    >>> values.loc[0, ["value", "low", "high"]].astype(float).round(1).tolist()
    [266.7, 140.0, 540.0]
    """
    columns = ["account_id", "margin", "margin_low", "margin_high", "years", "status"]
    need_columns(margins, "margins", columns)
    table = margins[columns].merge(
        _shared_multiple(multiples, margins["account_id"]), on="account_id", how="left"
    )
    usable = table["status"] == "ok"
    table["variant"] = table["variant"].fillna("not_active").astype("str")
    table["origin"] = table["origin"].fillna(_ORIGIN).astype("str")
    for reason in ("too_little_history", "not_active"):
        hit = usable & table["multiple"].isna() & (table["variant"] == reason)
        table["status"] = table["status"].mask(hit, reason)
    table["value"] = (table["margin"] * table["multiple"]).where(table["status"] == "ok")
    ends = np.stack(
        [
            table[m].to_numpy(dtype=float) * table[k].to_numpy(dtype=float)
            for m in ("margin_low", "margin_high")
            for k in ("multiple_low", "multiple_high")
        ]
    )
    table["low"] = pd.Series(ends.min(axis=0)).where(table["value"].notna())
    table["high"] = pd.Series(ends.max(axis=0)).where(table["value"].notna())
    order = table.assign(key=-table["value"]).sort_values(["key", "account_id"]).index
    table = table.loc[order].reset_index(drop=True)
    at_middle = {
        end: table[f"margin_{end}"] * table["multiple"].where(table["value"].notna())
        for end in ("low", "high")
    }
    table["group"] = _groups(pd.DataFrame(at_middle))
    front = ["account_id", "value", "low", "high", "group", *columns[1:4]]
    return table[
        [*front, "multiple", "multiple_low", "multiple_high", "years", "n", "status"]
        + ["variant", "origin"]
    ]
