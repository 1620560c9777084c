"""How long accounts stay, and what part of them and of their revenue was kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles
from kamkit.methods.measures import MEASURE_COLUMNS, measure_row
from kamkit.methods.retention.cluster_shares import NAN, bootstrap_sums
from kamkit.methods.retention.indicators import order_events
from kamkit.methods.retention.known import Day, Tables, as_day, dates_of, known_on
from kamkit.methods.retention.losses import losses as find_losses
from kamkit.methods.shares import WILSON, share_of, wilson
from kamkit.schemes.retention import RetentionPolicy

_SLACK = 31  # house: a first order within the first month of the records tells no start
RATE_COLUMNS = ["period_start", "period_end", *MEASURE_COLUMNS]
_KM = "field:Kaplan & Meier 1958; S132"


@dataclass(frozen=True)
class RetentionCurve:
    """Share of accounts that are still there, by days since they began.

    Attributes
    ----------
    curve
        group, days, at_risk, events, censored, survival (0–1), se, low, high: the columns of
        ``funnel.survival.kaplan_meier``.
    measures
        group and the measure columns: stayed_1y, stayed_2y, stayed_3y, stayed_5y (as far as the
        curve reaches), median_days, losses.
    quality
        code, n: start_unknown (left out), began_before_records (come into view at that age).
    """

    curve: pd.DataFrame
    measures: pd.DataFrame
    quality: pd.DataFrame


def retention_curve(
    tables: Tables,
    *,
    as_of: Day,
    losses: pd.DataFrame | None = None,
    by: str | None = None,
    level: float = 0.95,
    scheme: RetentionPolicy | None = None,
) -> RetentionCurve:
    """Kaplan–Meier curve of accounts from their start to their first loss.

    An account starts on ``accounts.since``, else on its first order where that lies more than a
    month after the records begin; others have no known start and are left out and counted. An
    account older than the records comes into view at the age it had then (left truncation): its
    earlier years prove nothing, as accounts lost in those years are not on record. Accounts not
    lost by ``as_of`` are censored. Whether it came back later does not undo a loss.

    Needs tables: orders (account_id, date, amount); accounts (account_id, since) and
    account_losses where there are any. ``by``: a column of accounts to group by (undated: the
    group of today).
    Returns ``RetentionCurve``. Raises KamkitError for a missing column.
    Source: Kaplan & Meier 1958; Klein & Moeschberger 2003 (left truncation); S132.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...                        "date": pd.date_range("2024-01-01", periods=9, freq="30D")})
    >>> accounts = pd.DataFrame({"account_id": ["A"], "since": ["2024-01-01"]})
    >>> found = retention_curve({"orders": orders, "accounts": accounts}, as_of="2026-06-30")
    >>> found.curve[["days", "survival"]].values.tolist()
    [[0.0, 1.0], [241.0, 0.0]]
    """
    day = as_day(as_of)
    known = known_on(tables, day)
    gone = find_losses(tables, as_of=day, scheme=scheme) if losses is None else losses
    frame, quality = _spans(known, gone, day)
    if by is not None:
        need_columns(tables.get("accounts", pd.DataFrame()), "accounts", ["account_id", by])
        names = tables["accounts"].drop_duplicates("account_id").set_index("account_id")[by]
        frame = frame.assign(group=frame["account_id"].map(names)).dropna(subset=["group"])
    group = frame["group"] if by is not None else None
    if not len(frame):
        empty = kaplan_meier([], []).iloc[:0]
        measures = pd.DataFrame(columns=["group", *MEASURE_COLUMNS])
        return RetentionCurve(empty, measures, quality)
    curve = kaplan_meier(frame["days"], frame["event"], group=group, entry=frame["entry"],
                         level=level)  # fmt: skip
    return RetentionCurve(curve, _read_off(curve), quality)


def _spans(
    known: Tables, gone: pd.DataFrame, day: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    orders = order_events(known)
    orders = orders.astype({"account_id": "str"})
    first = orders.groupby("account_id")["date"].min()
    begin = first.min() if len(first) else day
    since = pd.Series(pd.NaT, index=first.index, dtype="datetime64[us]")
    accounts = known.get("accounts")
    if accounts is not None and "since" in accounts.columns:
        listed = accounts.assign(since=dates_of(accounts, "since")).astype({"account_id": "str"})
        since = listed.drop_duplicates("account_id").set_index("account_id")["since"]
        since = since.reindex(first.index)
    # A start written down after the first order is a slip: the order proves the earlier day.
    late = first > begin + pd.Timedelta(days=_SLACK)
    start = since.where(since <= first, first.where(since.notna() | late))
    lost = gone.groupby("account_id")["lost_on"].min().reindex(first.index)
    lost = lost.where(lost <= day)
    end = lost.fillna(day)
    frame = pd.DataFrame(
        {
            "account_id": first.index,
            "days": (end - start).dt.days.to_numpy(float),
            "event": lost.notna().to_numpy(),
            "entry": (begin - start).dt.days.clip(lower=0).to_numpy(float),
        }
    )
    unknown = int(frame["days"].isna().sum())
    frame = frame[frame["days"] >= 0].reset_index(drop=True)
    rows = [("start_unknown", unknown), ("began_before_records", int((frame["entry"] > 0).sum()))]
    return frame, pd.DataFrame([r for r in rows if r[1]], columns=["code", "n"])


def _read_off(curve: pd.DataFrame) -> pd.DataFrame:
    rows = []
    medians = survival_quantiles(curve, [0.5])
    for name, part in curve.groupby("group", sort=False, observed=True):
        days = part["days"].to_numpy(float)
        events = int(part["events"].sum())
        for years in (1, 2, 3, 5):
            if days[-1] < 365.25 * years:
                continue
            at = int(np.searchsorted(days, 365.25 * years, side="right")) - 1
            ends = {c: float(part[c].to_numpy()[at]) for c in ("survival", "low", "high")}
            risk = int(part["at_risk"].to_numpy()[at])
            rows.append({"group": name} | measure_row(
                f"stayed_{years}y", ends["survival"], risk, low=ends["low"], high=ends["high"],
                variant="kaplan_meier", origin=_KM))  # fmt: skip
        found = medians[medians["group"] == name]
        middle = {c: float(found[c].to_numpy(float)[0]) for c in ("days", "low", "high", "n")}
        how = "kaplan_meier" if middle["days"] == middle["days"] else "not_reached"
        rows.append({"group": name} | measure_row(
            "median_days", middle["days"], int(middle["n"]), low=middle["low"],
            high=middle["high"], variant=how, origin=_KM))  # fmt: skip
        rows.append({"group": name} | measure_row("losses", events, int(part["at_risk"].max()),
                                                  origin="S132"))  # fmt: skip
    return pd.DataFrame(rows, columns=["group", *MEASURE_COLUMNS])


def retention_rates(
    orders: pd.DataFrame,
    *,
    as_of: Day,
    months: int = 12,
    periods: int = 3,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Accounts and revenue kept from one window of months to the next, by several definitions.

    Windows end on ``as_of`` and go back from there. logo_retention: accounts that ordered in the
    window before and did so again. gross_revenue_retention: their revenue, counted up to what it
    was before (growth of one account does not hide the loss of another).
    net_revenue_retention: their revenue with growth, so it may exceed 1; new accounts count in
    none. These three answer different questions: name the one you report.

    Needs columns: orders account_id, date, amount (currency: one only). Credit notes reduce
    revenue; an account with revenue of 0 or less in the window before is left out of the revenue
    rates.
    Returns columns: period_start, period_end (of the later window) and the measure columns; n:
    accounts of the window before. Only windows that the records cover whole are shown. Intervals:
    Wilson for logos, bootstrap over accounts for revenue (from 4 accounts on).
    Raises KamkitError for missing columns, mixed currencies, ``not_allowed`` months or periods.
    Source: S132; field: subscription practice for the names gross and net.

    >>> orders = pd.DataFrame({"account_id": ["A", "B", "A"], "amount": [100.0, 50, 90],
    ...     "date": pd.to_datetime(["2024-07-01", "2024-08-01", "2025-08-01"])})
    >>> retention_rates(orders, as_of="2026-06-30", periods=1).value.round(2).tolist()
    [0.5, 0.6, 0.6]
    """
    need_columns(orders, "orders", ["account_id", "date", "amount"])
    one_currency(orders, "orders")
    for name, value in (("months", months), ("periods", periods)):
        if value < 1:
            details = {"allowed": "≥ 1"}
            raise KamkitError(Problem("not_allowed", column=name, value=value, details=details))
    day = as_day(as_of)
    on = dates_of(orders, "date")
    amount = pd.to_numeric(orders["amount"], errors="coerce").astype(float)
    good = on.notna() & (on <= day) & orders["account_id"].notna() & amount.notna()
    table = pd.DataFrame({"account_id": orders["account_id"], "on": on, "amount": amount})[good]
    rows: list[dict[str, object]] = []
    begin = table["on"].min() if len(table) else day
    for back in range(periods, 0, -1):
        edges = [_back(day, months * (back - k)) for k in (-1, 0, 1)]
        if not len(table) or begin > edges[0] + pd.Timedelta(days=1 + _SLACK):
            continue
        rows += _rate_rows(table, edges, level, draws, seed)
    return pd.DataFrame(rows, columns=RATE_COLUMNS)


def _back(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """The day so many months earlier; a month's end stays one."""
    end = bool(day.is_month_end)
    found = day - pd.DateOffset(months=months)
    return pd.Timestamp(found + pd.offsets.MonthEnd(0) if end else found)


def _rate_rows(
    table: pd.DataFrame, edges: list[pd.Timestamp], level: float, draws: int, seed: int
) -> list[dict[str, object]]:
    before = table[(table["on"] > edges[0]) & (table["on"] <= edges[1])]
    after = table[(table["on"] > edges[1]) & (table["on"] <= edges[2])]
    bought = before.loc[before["amount"] > 0, "account_id"].unique()
    again = after.loc[after["amount"] > 0, "account_id"].unique()
    n, kept = len(bought), int(np.isin(bought, again).sum())
    low, high = wilson(kept, n, level)
    few = "" if n else "too_little_data"
    found = [measure_row("logo_retention", float(share_of(kept, n)), n, low=float(low),
                         high=float(high), variant=few or "wilson",
                         origin=f"S132; {WILSON}")]  # fmt: skip
    sums = before.groupby("account_id")["amount"].sum()
    old = sums[sums > 0].sort_index()
    new = after.groupby("account_id")["amount"].sum().reindex(old.index).fillna(0.0)
    capped = new.clip(lower=0, upper=old)
    for name, part in (("gross_revenue_retention", capped), ("net_revenue_retention", new)):
        value = float(part.sum() / old.sum()) if len(old) else NAN
        ends, how = (NAN, NAN), "too_little_data" if not len(old) else "no_interval_few_accounts"
        if len(old) >= 4:
            top, below = bootstrap_sums(
                [part.to_numpy(float), old.to_numpy(float)], np.arange(len(old)), draws=draws,
                seed=seed,
            )  # fmt: skip
            tails = [0.5 - level / 2, 0.5 + level / 2]
            first, last = np.quantile(top / below, tails)
            ends, how = (float(first), float(last)), "bootstrap_accounts"
        found.append(measure_row(name, value, len(old), low=ends[0], high=ends[1], variant=how,
                                 origin="S132; field:Efron 1979"))  # fmt: skip
    span = {"period_start": edges[1] + pd.Timedelta(days=1), "period_end": edges[2]}
    return [span | row for row in found]
