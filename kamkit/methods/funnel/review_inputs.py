"""What a funnel review reckons with: the target, the hours at hand, the work that deals take."""

from __future__ import annotations

import numpy as np
import pandas as pd

HOUSE_SHARE = 0.7
_DAYS = 365.25


def coming_target(given: float, last_year: float) -> tuple[float | None, str]:
    """The target of the coming period and where it comes from: given, last_year or none.

    ``last_year`` is what the same period brought a year ago; it stands in where no target was
    given, and only if it is above 0. Source: house.

    >>> coming_target(0, 120.0), coming_target(0, float("nan"))
    ((120.0, 'last_year'), (None, 'none'))
    """
    if given > 0:
        return float(given), "given"
    if last_year > 0:
        return float(last_year), "last_year"
    return None, "none"


def hours_at_hand(
    deals: pd.DataFrame,
    members: pd.DataFrame | None,
    given: float,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> tuple[float, str]:
    """Hours for open deals from ``start`` to ``end``, and the rule: given, owners_70 or unknown.

    Uses ``deals`` (status, owner_id) and ``members`` (member_id, hours_per_year): 70 % of the
    hours of those who own open deals, for the period's part of the year. 0 where not known.
    Source: house.

    >>> deals = pd.DataFrame({"status": ["open"], "owner_id": ["M1"]})
    >>> day = pd.Timestamp("2026-07-01")
    >>> hours_at_hand(deals, None, 0, day, day + pd.Timedelta(days=91))
    (0.0, 'unknown')
    """
    if given > 0:
        return float(given), "given"
    if members is None or "hours_per_year" not in members.columns:
        return 0.0, "unknown"
    owners = deals.loc[deals["status"] == "open", "owner_id"].dropna().unique()
    yearly = members.loc[members["member_id"].isin(owners), "hours_per_year"].sum()
    share = ((end - start).days + 1) / _DAYS
    hours = float(np.round(HOUSE_SHARE * yearly * share))
    return (hours, "owners_70") if hours > 0 else (0.0, "unknown")


def deal_work(forecast: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Open deals as orders to choose from: chance with our effort, amount and hours.

    Needs ``forecast`` (``Forecast.deals``: opportunity_id, amount, p_win, low, high) and ``deals``
    (``DealHistory.deals``, with effort_hours where known). Returns opportunity_id, amount, p,
    p_low, p_high (0–1), effort_hours; empty where no deal has hours or a chance.

    >>> made = pd.DataFrame({"opportunity_id": ["A"], "amount": [9.0], "p_win": [0.5],
    ...                      "low": [0.3], "high": [0.7]})
    >>> len(deal_work(made, pd.DataFrame({"opportunity_id": ["A"]})))
    0
    """
    columns = ["opportunity_id", "amount", "p_win", "low", "high"]
    table = forecast[columns].rename(columns={"p_win": "p", "low": "p_low", "high": "p_high"})
    if "effort_hours" not in deals.columns:
        return table.assign(effort_hours=np.nan).iloc[:0]
    table = table.merge(deals[["opportunity_id", "effort_hours"]], on="opportunity_id", how="left")
    known = table["p"].notna().any() and table["effort_hours"].notna().any()
    return table if known else table.iloc[:0]
