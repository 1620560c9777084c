"""The deals table of a history: one clean row a deal, status and days that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.days import LATE, NO_DAY, Ints, as_dates, day_numbers
from kamkit.methods.funnel.history import OUTCOMES
from kamkit.methods.funnel.oddities import Oddities

ALWAYS: dict[str, Any] = {
    "opportunity_id": "str",
    "account_id": "str",
    "owner_id": "str",
    "amount": "float64",
    "stage": "str",
    "status": "str",
    "created_on": "datetime64[us]",
    "closed_on": "datetime64[us]",
    "close_date": "datetime64[us]",
    "probability": "float64",
}
WHERE_GIVEN: dict[str, Any] = {
    "currency": "str",
    "forecast_category": "str",
    "source": "str",
    "reason": "str",
    "competitor": "str",
    "product_line": "str",
    "next_step": "str",
    "effort_hours": "float64",
    "name": "str",
    "vanished": "bool",
}


def raw_deals(opportunities: pd.DataFrame, notes: Oddities) -> pd.DataFrame:
    """The caller's table with the columns of ``DealHistory.deals``, one row an id.

    Needs columns: opportunity_id, created_on, stage, status (open, won or lost). Raises
    KamkitError for missing columns and for another status.
    """
    need_columns(opportunities, "opportunities", ["opportunity_id", "created_on", "status"])
    status = opportunities["status"]
    other = status[status.notna() & ~status.isin(["open", *OUTCOMES])]
    KamkitError.collect(
        Problem(
            "not_allowed",
            "opportunities",
            "status",
            value=value,
            details={"allowed": "open, won, lost"},
        )
        for value in other.unique()
    )
    columns = {}
    for name, kind in (ALWAYS | WHERE_GIVEN).items():
        if name in opportunities:
            given = opportunities[name]
            columns[name] = given if given.dtype == kind else given.astype(kind)
        elif name in ALWAYS:
            columns[name] = pd.Series(np.nan, index=opportunities.index).astype(kind)
    deals = pd.DataFrame(columns)
    nameless = deals["opportunity_id"].isna()
    if nameless.any():
        notes.ids("deal_without_id", np.flatnonzero(nameless).astype(str), "left_out")
        deals = deals[~nameless]
    twice = deals["opportunity_id"].duplicated(keep=False)
    if twice.any():
        notes.ids("deal_repeated", deals.loc[twice, "opportunity_id"], "one_kept")
        by = [c for c in deals.columns if c != "opportunity_id"]
        deals = deals.sort_values(by, kind="stable")
        deals = deals.drop_duplicates("opportunity_id", keep="last")
    return deals.reset_index(drop=True)


def standing(
    deals: pd.DataFrame, told_closed: Ints, last_trace: Ints, as_of: int, notes: Oddities
) -> tuple[pd.Series, Ints]:
    """Status and closing day of every deal, as they stand on ``as_of``.

    ``told_closed`` is the closing day that events tell (NO_DAY: none), ``last_trace`` the
    last day on which anything was seen of the deal. A deal closed after ``as_of`` is open; a
    closed deal without a day closed when its events say, else on its planned day, else when
    it was last seen.
    """
    ids, closed = deals["opportunity_id"], day_numbers(deals["closed_on"])
    plan, created = day_numbers(deals["close_date"]), day_numbers(deals["created_on"])
    status = deals["status"].to_numpy(object)
    unknown = pd.isna(status)
    notes.at("status_missing", unknown, ids, "taken_as_open")
    done = ~unknown & (status != "open")
    notes.at("open_with_closing_day", ~done & (closed != NO_DAY), ids, "taken_as_open")
    future = done & (closed > as_of)
    notes.at("closed_in_future", future, ids, "taken_as_open")
    done &= ~future
    undated = done & (closed == NO_DAY)
    notes.at("closed_without_day", undated, ids, "filled_in")
    planned = np.where((plan <= as_of) & (plan >= created), plan, NO_DAY)
    guess = np.where(told_closed != NO_DAY, told_closed, planned)
    guess = np.where(guess != NO_DAY, guess, np.maximum(last_trace, created))
    guess = np.where(guess != NO_DAY, np.minimum(guess, as_of), as_of)
    closed = np.where(done, np.where(undated, guess, closed), NO_DAY)
    return pd.Series(np.where(done, status, "open")).astype("str"), closed


def beginning(
    deals: pd.DataFrame, closed: Ints, first_trace: Ints, as_of: int, notes: Oddities
) -> Ints:
    """The day on which every deal began: as given, or earlier where something shows it.

    A deal entered into the system after its first move, or after it was closed, began with
    the first of these days. One without any day begins on ``as_of``.
    """
    ids, given = deals["opportunity_id"], day_numbers(deals["created_on"])
    missing = given == NO_DAY
    notes.at("created_missing", missing, ids, "filled_in")
    created = np.where(missing, LATE, given)
    before = (closed != NO_DAY) & (closed < created)
    notes.at("closed_before_created", before & ~missing, ids, "created_earlier")
    created = np.where(before, closed, created)
    moved = first_trace < created
    notes.at("moved_before_created", moved & ~missing, ids, "created_earlier")
    created = np.minimum(created, first_trace)
    return np.where(created == LATE, as_of, created)


def finished_deals(
    deals: pd.DataFrame, status: pd.Series, created: Ints, closed: Ints, order: Ints
) -> pd.DataFrame:
    """The deals in this order, with the status and the days that were found."""
    out = deals.assign(status=status, created_on=as_dates(created), closed_on=as_dates(closed))
    return out.iloc[order].reset_index(drop=True)
