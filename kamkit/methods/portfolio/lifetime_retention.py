"""Which accounts stayed: activity by period, retention, survivors by cohort."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table, one_of
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, order_lines
from kamkit.methods.shares import wilson_ends

MONTHS = {"year": 12, "half": 6, "quarter": 3}
_FIRST_PERIOD_SLACK = pd.Timedelta(days=31)
_PERIOD_COLUMNS = ["period_start", "period_end", "at_start", "retained", "lost", "returned", "new"]


def _period_no(dates: pd.Series, months: int, fiscal_year_start: int) -> pd.Series:
    return pd.Series((dates.dt.year * 12 + dates.dt.month - fiscal_year_start) // months)


def _period_start(number: pd.Series, months: int, fiscal_year_start: int) -> pd.Series:
    month = number * months + fiscal_year_start - 1
    parts = pd.DataFrame({"year": month // 12, "month": month % 12 + 1, "day": 1})
    return pd.Series(pd.to_datetime(parts))


def _calendar(
    dates: pd.Series, as_of: pd.Timestamp, months: int, start: int, data_from: pd.Timestamp | None
) -> pd.DataFrame:
    """The finished periods: number, period_start, period_end."""
    since = dates.min() if data_from is None else data_from
    ends = _period_no(pd.Series([since, as_of]), months, start)
    numbers = pd.Series(range(int(ends[0]), int(ends[1]) + 2), dtype="int64")
    starts = _period_start(numbers, months, start)
    table = pd.DataFrame({"number": numbers, "period_start": starts})
    table["period_end"] = starts.shift(-1) - pd.Timedelta(days=1)
    whole = (table["period_end"] <= as_of) & (since <= table["period_start"] + _FIRST_PERIOD_SLACK)
    return table[whole].reset_index(drop=True)


def _contract_periods(contracts: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    need_columns(contracts, "contracts", ["account_id", "kind", "start"])
    frame = contracts[contracts["kind"] == "framework"]
    ends = frame["end"] if "end" in frame.columns else pd.Series(pd.NaT, index=frame.index)
    held = pd.DataFrame(
        {
            "account_id": frame["account_id"],
            "from": pd.to_datetime(frame["start"]),
            "to": pd.to_datetime(ends).fillna(pd.Timestamp.max),
        }
    ).merge(calendar, how="cross")
    in_force = (held["from"] <= held["period_end"]) & (held["to"] >= held["period_end"])
    return held.loc[in_force, ["account_id", "number"]]


def account_periods(
    orders: pd.DataFrame,
    *,
    as_of: dt.date | str,
    period: str = "year",
    contracts: pd.DataFrame | None = None,
    data_from: dt.date | str | None = None,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Whether each account was active in each finished period.

    An account is active in a period in which it has an order line above zero; with
    ``contracts`` also where a framework contract is in force on the period's last day. The
    period that ``as_of`` falls into is open and left out, unless it ends that day. The first
    period counts only where the records (``data_from``, else the first order) begin within its
    first 31 days (house).

    Needs columns: orders account_id, date, amount; contracts account_id, kind, start, end.
    Returns columns: account_id, period_start, period_end, active; one row per account that was
    ever active and period.
    Errors: missing columns, bad cells; a period other than year, half, quarter.
    Source: S088; the definition of "active" is a house rule.

    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "amount": [5.0, 5.0],
    ...                        "date": pd.to_datetime(["2023-01-05", "2024-03-01"])})
    >>> account_periods(orders, as_of="2025-06-30").active.tolist()
    [True, True]
    """
    one_of(period, "period", list(MONTHS))
    end = pd.Timestamp(as_of)
    lines = order_lines(orders)
    bought = lines[(lines["amount"] > 0) & (lines["date"] <= end)]
    columns = ["account_id", "period_start", "period_end", "active"]
    if bought.empty:
        return pd.DataFrame(columns=columns).astype({"active": bool})
    since = None if data_from is None else pd.Timestamp(data_from)
    months = MONTHS[period]
    calendar = _calendar(bought["date"], end, months, fiscal_year_start, since)
    numbers = _period_no(bought["date"], months, fiscal_year_start)
    seen = pd.DataFrame({"account_id": bought["account_id"], "number": numbers})
    if contracts is not None:
        seen = pd.concat([seen, _contract_periods(contracts, calendar)])
    seen = seen[seen["number"].isin(calendar["number"])].drop_duplicates()
    grid = seen[["account_id"]].drop_duplicates().sort_values("account_id")
    grid = grid.merge(calendar, how="cross").merge(
        seen.assign(active=True), on=["account_id", "number"], how="left"
    )
    return grid.assign(active=grid["active"].notna())[columns]


def _wide(periods: pd.DataFrame) -> pd.DataFrame:
    return periods.pivot(index="account_id", columns="period_start", values="active")


def retention_by_period(periods: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Share of the accounts of one period that were active in the next.

    Needs columns: those of :func:`account_periods`.
    Returns columns: period_start, period_end (of the later period), at_start, retained, lost,
    returned (active again after a gap), new, rate (0–1), low, high (Wilson), variant, origin.
    Errors: missing columns.
    Source: Wilson 1927; S088.

    >>> orders = pd.DataFrame({"account_id": ["A", "B", "A"], "amount": 5.0,
    ...     "date": pd.to_datetime(["2023-01-05", "2023-01-09", "2024-03-01"])})
    >>> retention_by_period(account_periods(orders, as_of="2024-12-31")).rate.tolist()
    [0.5]
    """
    need_columns(periods, "periods", ["account_id", "period_start", "period_end", "active"])
    rows = []
    if len(periods):
        wide = _wide(periods)
        ends = periods.drop_duplicates("period_start").set_index("period_start")["period_end"]
        active = wide.to_numpy(dtype=bool)
        for at in range(1, active.shape[1]):
            was, now, before = active[:, at - 1], active[:, at], active[:, : at - 1].any(axis=1)
            start, kept, back = int(was.sum()), int((was & now).sum()), int((now & ~was).sum())
            returned = int((now & ~was & before).sum())
            first = wide.columns[at]
            rows.append(
                (first, ends[first], start, kept, start - kept, returned, back - returned)
                + (kept / start if start else NAN, *wilson_ends(kept, start, level))
            )
    table = pd.DataFrame(rows, columns=[*_PERIOD_COLUMNS, "rate", "low", "high"])
    return table.assign(variant="wilson", origin="field:Wilson 1927; S088; house")


def _design_effect(active: np.ndarray, rate: float) -> float:
    """How much the repeated counting of the same accounts widens the pooled interval."""
    at_risk = active[:, :-1]
    misses = np.where(at_risk, active[:, 1:] - rate, 0.0).sum(axis=1)
    plain = rate * (1 - rate) * at_risk.sum()
    return max(1.0, float((misses**2).sum() / plain)) if plain > 0 else 1.0


def _return_row(active: np.ndarray, limit: float, level: float) -> dict[str, Any]:
    """Share of the losses that were none: the account came back in a later period."""
    lost = active[:, :-2] & ~active[:, 1:-1]
    later = np.logical_or.accumulate(active[:, :1:-1], axis=1)[:, ::-1]
    losses, returns = int(lost.sum()), int((lost & later).sum())
    if losses == 0:
        return measure_row("return_share", NAN, variant="too_little_history")
    low, high = wilson_ends(returns, losses, level)
    variant = "many_return" if returns / losses > limit else "few_return"
    return measure_row(
        "return_share", returns / losses, low=low, high=high, n=losses, variant=variant
    )


def retention_rate(
    periods: pd.DataFrame,
    *,
    level: float = 0.95,
    min_accounts: int = 20,
    return_limit: float = 0.25,
) -> pd.DataFrame:
    """Retention pooled over all finished periods, with an interval that counts accounts once.

    The interval is Wilson's on the effective number of observations: one account seen in five
    periods is not five accounts. Below ``min_accounts`` accounts at the start, or with a single
    period, the value is NaN and the variant ``too_little_history`` (house limit).

    ``return_share`` is the share of losses that were followed by an order in a later period.
    Beyond ``return_limit`` (house) its variant is ``many_return``: a period without orders is
    then a pause rather than a loss, and lifetime values built on this retention are too low.
    A longer period, or the models for irregular orders, suit such accounts better.

    Needs columns: those of :func:`account_periods`.
    Returns: measure table with ``retention_rate`` (0–1 per period; n = accounts at risk) and
    ``return_share`` (0–1; n = losses with a later period to return in).
    Errors: missing columns.
    Source: Wilson 1927; Kish 1965 (design effect); S088.

    >>> empty = account_periods(pd.DataFrame(columns=["account_id", "date", "amount"]),
    ...                         as_of="2024-12-31")
    >>> retention_rate(empty).variant.tolist()
    ['too_little_history', 'too_little_history']
    """
    need_columns(periods, "periods", ["account_id", "period_start", "period_end", "active"])
    origin = "field:Wilson 1927; field:Kish 1965; S088; house"
    active = _wide(periods).to_numpy(dtype=bool) if len(periods) else np.zeros((0, 0), dtype=bool)
    accounts = int(active[:, :-1].any(axis=1).sum()) if active.shape[1] > 1 else 0
    again = _return_row(active, return_limit, level)
    if accounts < max(min_accounts, 1):
        row = measure_row(
            "retention_rate", NAN, n=accounts, variant="too_little_history", origin=origin
        )
        return measure_table([row, again])
    seen = int(active[:, :-1].sum())
    rate = int((active[:, :-1] & active[:, 1:]).sum()) / seen
    effective = seen / _design_effect(active, rate)
    low, high = wilson_ends(rate * effective, effective, level)
    row = measure_row(
        "retention_rate", rate, low=low, high=high, n=accounts, variant="pooled_wilson_clustered"
    )
    return measure_table([{**row, "origin": origin}, again])


def cohort_survivors(
    periods: pd.DataFrame, *, accounts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Accounts of each starting period that were active in every period since.

    The first period without activity is the loss; coming back later doesn't undo it. Accounts
    of the first recorded period may be of any age: they are left out unless ``accounts.since``
    shows that they started in that period.

    Needs columns: those of :func:`account_periods`; accounts account_id, since.
    Returns columns: cohort (start of its first period), period (0 = first), survivors.
    Errors: missing columns.
    Source: Fader & Hardie 2007; S088.

    >>> orders = pd.DataFrame({"account_id": ["A", "B", "A"], "amount": 5.0,
    ...     "date": pd.to_datetime(["2022-01-05", "2023-01-09", "2023-03-01"])})
    >>> cohort_survivors(account_periods(orders, as_of="2024-12-31")).survivors.tolist()
    [1, 0]
    """
    need_columns(periods, "periods", ["account_id", "period_start", "period_end", "active"])
    columns = ["cohort", "period", "survivors"]
    if periods.empty:
        return pd.DataFrame(columns=columns)
    wide = _wide(periods)
    active = wide.to_numpy(dtype=bool)
    first = active.argmax(axis=1)
    known = first > 0
    if accounts is not None:
        need_columns(accounts, "accounts", ["account_id", "since"])
        since = pd.to_datetime(accounts.set_index("account_id")["since"]).reindex(wide.index)
        known = known | (since >= pd.Timestamp(wide.columns[0])).to_numpy()
    rows = []
    for start in np.unique(first[known]):
        unbroken = np.logical_and.accumulate(active[known & (first == start)][:, start:], axis=1)
        counts = unbroken.sum(axis=0)
        rows += [(wide.columns[start], at, int(n)) for at, n in enumerate(counts)]
    return pd.DataFrame(rows, columns=columns)


def account_tenure(periods: pd.DataFrame) -> pd.DataFrame:
    """Unbroken periods of activity up to the last finished period.

    Needs columns: those of :func:`account_periods`.
    Returns columns: account_id, tenure (periods after the first of the run; NaN where the
    account was not active in the last period), at_least (the run reaches the first recorded
    period, so the true tenure may be longer).
    Errors: missing columns.
    Source: Fader & Hardie 2010 (residual lifetime); house.

    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "amount": 5.0,
    ...     "date": pd.to_datetime(["2023-01-05", "2024-03-01"])})
    >>> account_tenure(account_periods(orders, as_of="2024-12-31")).tenure.tolist()
    [1.0]
    """
    need_columns(periods, "periods", ["account_id", "period_start", "period_end", "active"])
    if periods.empty:
        return pd.DataFrame(columns=["account_id", "tenure", "at_least"])
    wide = _wide(periods)
    run = np.logical_and.accumulate(wide.to_numpy(dtype=bool)[:, ::-1], axis=1).sum(axis=1)
    return pd.DataFrame(
        {
            "account_id": wide.index.to_numpy(),
            "tenure": np.where(run > 0, run - 1.0, NAN),
            "at_least": run == wide.shape[1],
        }
    )
