"""Facts on one account for its page: key figures, group, contact persons, service cases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import figures, measure_table, ratio, table_of
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row
from kamkit.methods.shares import wilson_ends

PEOPLE_COLUMNS = ["contact_id", "account_id", "function", "level", "in_place", "last_contact_on"]
PEOPLE_COLUMNS += ["days_since", "wished_contact_days", "overdue"]


def account_figures(
    account_id: str,
    *,
    values: pd.DataFrame,
    served: pd.DataFrame | None = None,
    wallet: pd.DataFrame | None = None,
    lifetime: pd.DataFrame | None = None,
    stability: pd.DataFrame | None = None,
    excluded: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The key figures of one account, each with its range, or with the reason why it is empty.

    Needs ``values`` (account_id, revenue: one row per account of the portfolio, which the rank and
    the share refer to). Where given: ``served`` is ``cost_to_serve(...).accounts``, ``wallet``
    ``share_of_wallet(...).accounts`` or ``white_space(...).accounts``, ``lifetime`` the table of
    ``lifetime_value``, ``stability`` ``rank_acceptability(...).accounts``, ``excluded``
    ``criteria_scores(...).excluded``.

    Returns a measure table with account_sales (money), account_sales_rank (1 = largest; low and
    high are the ranks that tied accounts share), account_sales_share (0–1), account_income (money)
    and account_margin (0–1) after cost to serve, account_wallet_share (0–1),
    account_lifetime_value (money), account_list_share (share of draws on the list). A figure that
    can't be had is NaN with the variant not_recorded, too_little_history, cost_missing or what
    excluded it from the ranking (gate_failed, gate_unknown, not_rated).
    Errors: missing columns. Source: those of the methods; the choice of figures is house.

    >>> values = pd.DataFrame({"account_id": ["A", "B"], "revenue": [3.0, 1.0]})
    >>> account_figures("B", values=values).value.head(3).tolist()
    [1.0, 2.0, 0.25]
    """
    rows = _sales_rows(figures(values, "values", ["revenue"]), account_id)
    rows += _income_rows(_row(served, account_id))
    share = _row(wallet, account_id)
    rows.append(
        _ranged(
            "account_wallet_share",
            share,
            ("share_base", "share_low", "share_high"),
            1,
            "spend_range",
            "S013; house",
        )
    )
    worth = _row(lifetime, account_id)
    row = _ranged(
        "account_lifetime_value",
        worth,
        ("value", "low", "high"),
        int(worth.get("n") or 0),
        "margin_times_multiple",
        "S088; field:Gupta & Lehmann 2003",
    )
    if worth and worth["status"] != "ok":
        row["variant"] = worth["status"]
    rows.append(row)
    rows.append(_list_row(_row(stability, account_id), _row(excluded, account_id)))
    return measure_table(rows)


def _list_row(place: dict[str, Any], outside: dict[str, Any]) -> dict[str, Any]:
    draws = int(place.get("draws") or 0)
    origin = "field:Lahdelma, Hokkanen & Salminen 1998"
    columns = ("member_share", "low", "high")
    row = _ranged("account_list_share", place, columns, draws, "smaa_dirichlet", origin)
    if outside and not place:
        row |= {"variant": outside["status"], "origin": "S023; house"}
    return row


def _row(table: pd.DataFrame | None, account_id: str) -> dict[str, Any]:
    """The account's row of a table; empty where there is none."""
    if table is None:
        return {}
    need_columns(table, "table", ["account_id"])
    found = table[table["account_id"] == account_id]
    return {str(k): v for k, v in found.iloc[0].items()} if len(found) else {}


def _sales_rows(values: pd.DataFrame, account_id: str) -> list[dict[str, Any]]:
    known = values.dropna(subset=["revenue"])
    own = known.loc[known["account_id"] == account_id, "revenue"]
    n, total = len(known), float(known["revenue"].sum())
    if own.empty:
        keys = ("account_sales", "account_sales_rank", "account_sales_share")
        return [measure_row(key, NAN, n=n, variant="not_recorded") for key in keys]
    sales = float(own.iloc[0])
    best = 1 + int((known["revenue"] > sales).sum())
    worst = int((known["revenue"] >= sales).sum())
    ends = (best, worst) if worst > best else (NAN, NAN)
    return [
        measure_row("account_sales", sales, n=n, variant="as_recorded"),
        measure_row(
            "account_sales_rank", best, low=ends[0], high=ends[1], n=n, variant="as_recorded"
        ),
        measure_row("account_sales_share", ratio(sales, total), n=n, variant="as_recorded"),
    ]


def _income_rows(served: dict[str, Any]) -> list[dict[str, Any]]:
    n = int(served.get("status") == "known")
    origin = "field:Cooper & Kaplan 1991; house"
    columns = ("operating_income", "income_low", "income_high")
    income = _ranged("account_income", served, columns, n, "driver_rates", origin)
    if not served:
        return [income, measure_row("account_margin", NAN, variant="not_recorded", origin=origin)]
    sales = float(served["revenue"])
    ends = {key: ratio(income[key], sales) for key in ("value", "low", "high")}
    return [income, {**income, **ends, "measure": "account_margin"}]


def _ranged(
    key: str, row: dict[str, Any], columns: tuple[str, str, str], n: int, variant: str, origin: str
) -> dict[str, Any]:
    value, low, high = (float(row.get(column, NAN)) for column in columns)
    if np.isnan(value):
        return measure_row(key, NAN, n=n, variant="not_recorded", origin=origin)
    return measure_row(key, value, low=low, high=high, n=n, variant=variant, origin=origin)


def account_family(accounts: pd.DataFrame, values: pd.DataFrame, account_id: str) -> pd.DataFrame:
    """The account, its parent and everything below it, with the sales of each.

    Needs columns: accounts account_id, parent_id; values account_id, revenue.
    Returns columns: account_id, relation (own, parent, subsidiary), revenue (money; NaN: no sales
    recorded), share (of the family's sales below and with the account; parents aside). Without
    relatives the table has one row.
    Errors: missing columns. Source: X09.

    >>> tree = pd.DataFrame({"account_id": ["g", "a"], "parent_id": [None, "g"]})
    >>> sales = pd.DataFrame({"account_id": ["a"], "revenue": [5.0]})
    >>> account_family(tree, sales, "g")["relation"].tolist()
    ['own', 'subsidiary']
    """
    need_columns(accounts, "accounts", ["account_id"])
    need_columns(values, "values", ["account_id", "revenue"])
    parents = {}
    if "parent_id" in accounts.columns:
        linked = accounts.dropna(subset=["parent_id"])
        parents = dict(zip(linked["account_id"], linked["parent_id"], strict=True))
    below, level = [account_id], {account_id}
    while level:
        # Those already listed are left out, so that a circle of parents ends.
        found = [a for a, up in parents.items() if up in level and a not in below]
        below, level = below + found, set(found)
    rows = [
        {"account_id": a, "relation": "own" if a == account_id else "subsidiary"} for a in below
    ]
    if parents.get(account_id) and parents[account_id] not in below:
        rows.append({"account_id": parents[account_id], "relation": "parent"})
    table = table_of(rows, ["account_id", "relation"])
    table["revenue"] = table["account_id"].map(values.set_index("account_id")["revenue"])
    inside = table["relation"] != "parent"
    table["share"] = ratio(table["revenue"].where(inside), table["revenue"][inside].sum())
    return table


def account_people(
    contacts: pd.DataFrame,
    *,
    account_id: str,
    as_of: dt.date | str,
    interactions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each contact person of an account: function, level, still in place, last real contact.

    Only contacts made by a person count, up to ``as_of``; a newsletter is no conversation. Names,
    motives and other personal notes are left out on purpose.

    Needs columns: contacts contact_id, account_id (function, level, left_on, wished_contact_days
    where there are any); interactions contact_id, date, made_by.
    Returns columns: contact_id, account_id, function, level (1–5), in_place, last_contact_on,
    days_since, wished_contact_days, overdue (of those in place; missing where either figure is);
    highest level first, those who left last.
    Errors: missing columns. Source: house.

    >>> people = pd.DataFrame({"contact_id": ["c"], "account_id": ["A"]})
    >>> account_people(people, account_id="A", as_of="2026-06-30").in_place.tolist()
    [True]
    """
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    end = pd.Timestamp(as_of)
    table = contacts[contacts["account_id"] == account_id].reset_index(drop=True)
    for column in ("function", "level", "left_on", "wished_contact_days"):
        if column not in table.columns:
            table[column] = NAN
    table["in_place"] = ~(pd.to_datetime(table["left_on"]) <= end)
    table["last_contact_on"] = table["contact_id"].map(_last_contacts(interactions, end))
    table["last_contact_on"] = pd.to_datetime(table["last_contact_on"])
    table["days_since"] = (end - table["last_contact_on"]).dt.days.astype(float)
    wish = pd.to_numeric(table["wished_contact_days"]).astype(float)
    late = (table["days_since"] > wish).astype(object)
    table["overdue"] = late.where(table["days_since"].notna() & wish.notna() & table["in_place"])
    order = table.assign(height=pd.to_numeric(table["level"]).astype(float).fillna(0.0))
    order = order.sort_values(["in_place", "height", "contact_id"], ascending=[False, False, True])
    return order[PEOPLE_COLUMNS].reset_index(drop=True)


def _last_contacts(interactions: pd.DataFrame | None, end: pd.Timestamp) -> dict[Any, Any]:
    if interactions is None:
        return {}
    need_columns(interactions, "interactions", ["contact_id", "date", "made_by"])
    dates = pd.to_datetime(interactions["date"])
    made = interactions.assign(date=dates)[(interactions["made_by"] == "human") & (dates <= end)]
    return made.groupby("contact_id")["date"].max().to_dict()


def service_record(
    cases: pd.DataFrame,
    *,
    account_id: str | None = None,
    start: dt.date | str,
    end: dt.date | str,
) -> pd.DataFrame:
    """Service cases opened in a period: how many, still open, repeated, days to close.

    Needs columns: account_id, opened_on (closed_on, repeat_of, detected_by where there are any).
    ``account_id`` picks one account; without it, all count.
    Returns: measure table with cases, cases_open (at ``end``), repeat_share and
    customer_found_share (0–1, Wilson; NaN without cases), days_to_close (median of those closed).
    Errors: missing columns. Source: Wilson 1927; choice of figures house.

    >>> cases = pd.DataFrame({"account_id": ["A"], "opened_on": ["2025-05-01"],
    ...                       "closed_on": ["2025-05-11"]})
    >>> service_record(cases, start="2025-01-01", end="2025-12-31").value.tolist()
    [1.0, 0.0, nan, nan, 10.0]
    """
    need_columns(cases, "service_cases", ["account_id", "opened_on"])
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    opened = pd.to_datetime(cases["opened_on"])
    mine = opened.between(first, last)
    if account_id is not None:
        mine &= cases["account_id"] == account_id
    chosen, opened, n = cases[mine], opened[mine], int(mine.sum())
    closed = pd.to_datetime(chosen["closed_on"]) if "closed_on" in chosen.columns else None
    rows = [measure_row("cases", n, n=n, variant="count")]
    done = closed[closed <= last] if closed is not None else pd.Series(dtype="datetime64[us]")
    still = NAN if closed is None else n - len(done)
    rows.append(measure_row("cases_open", still, n=n, variant="count"))
    rows += [_hits("repeat_share", chosen, "repeat_of", None)]
    rows += [_hits("customer_found_share", chosen, "detected_by", "customer")]
    days = (done - opened.loc[done.index]).dt.days
    middle = float(days.median()) if len(days) else NAN
    rows.append(measure_row("days_to_close", middle, n=len(days), variant="median"))
    return measure_table(rows)


def _hits(key: str, cases: pd.DataFrame, column: str, value: str | None) -> dict[str, Any]:
    """Share of cases with a given mark; any mark where ``value`` is None."""
    if column not in cases.columns or cases.empty:
        return measure_row(key, NAN, variant="too_little_data")
    known = cases if value is None else cases[cases[column].notna()]
    hits = int((known[column].notna() if value is None else known[column] == value).sum())
    low, high = wilson_ends(hits, len(known))
    origin = "field:Wilson 1927; house"
    return measure_row(
        key,
        ratio(hits, len(known)),
        low=low,
        high=high,
        n=len(known),
        variant="wilson",
        origin=origin,
    )
