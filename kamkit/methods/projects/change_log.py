"""Changes of a running contract: what they add up to, and what nobody has decided yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import ratio, within
from kamkit.methods.shares import WILSON, share_of, wilson

DECISIONS = ("approved", "rejected", "withdrawn", "undecided")
_ORIGIN = "S164; house"
_CHANGES = [
    *("change_id", "project_id", "requested_on", "asked_by", "change_decision", "decided_on"),
    *("waiting_days", "price", "cost", "days", "approved_price", "approved_cost", "approved_days"),
    *("change_issues", "origin"),
]
_PROJECTS = [
    *("project_id", "changes", "approved", "rejected", "withdrawn", "undecided", "contract_value"),
    *("contract_cost", "contract_end", "approved_price", "approved_cost", "approved_days"),
    *("value_now", "margin_now", "end_low", "end_high", "undecided_price", "undecided_cost"),
    *("undecided_days", "value_if_all", "margin_if_all", "end_if_all", "cost_unknown"),
    *("price_unknown", "days_unknown", "oldest_undecided_days", "deviation", "deviation_alarm"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class ChangeLog:
    """The parts of :func:`change_log`."""

    changes: pd.DataFrame
    projects: pd.DataFrame
    measures: pd.DataFrame


def change_log(
    changes: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    contracts: pd.DataFrame | None = None,
    decide_days: int = 14,
    deviation: float = 0.10,
    level: float = 0.95,
) -> ChangeLog:
    """What changes do to a contract: approved ones added up, undecided ones kept apart.

    Needs columns: change_id, project_id, requested_on, decision (approved, rejected, withdrawn,
    undecided; empty = undecided); where known decided_on, asked_by (us, customer), price (money
    that the customer pays more), cost (money that it costs us more), days (later), written
    (whether it is on paper), started_on (when work on it began), currency. ``contracts``
    (project_id, value; cost, end) is what they are held against. A decision dated after
    ``as_of`` isn't known yet. Missing money or days are unknown, never nil: they are counted
    beside the sums.
    Returns ``changes`` (change_id, project_id, requested_on, asked_by, change_decision,
    decided_on, waiting_days, price, cost, days, approved_price, approved_cost, approved_days:
    running sums of the project in the order of decisions; change_issues: waits_too_long,
    started_undecided, not_written, no_price, no_cost, no_days, decided_before_asked, joined by
    "; "; origin); ``projects`` (project_id, changes, approved, rejected, withdrawn, undecided,
    contract_value, contract_cost, contract_end, approved_price, approved_cost, approved_days,
    value_now, margin_now, end_low: delays that run side by side, end_high: one after the other,
    undecided_price, undecided_cost, undecided_days, value_if_all, margin_if_all, end_if_all:
    were all that is open approved, cost_unknown, price_unknown, days_unknown: changes approved
    or open without the figure, oldest_undecided_days, deviation: approved cost ÷ contract cost
    – contract value where no cost is given –, deviation_alarm, variant, origin), alarms first;
    ``measures`` (changes_counted, changes_approved_share of those decided with Wilson,
    changes_undecided, decision_days_median by Kaplan–Meier, changes_by_customer: share asked
    for by the customer, paid_share: price ÷ cost of approved changes where both are known,
    projects_with_alarm).
    Raises KamkitError for missing columns, a change twice, unknown decisions, mixed currencies.
    Source: S164 (changes reasonable and legal, regular monitoring); limits house.

    >>> rows = pd.DataFrame({"change_id": ["V1", "V2"], "project_id": "P1", "price": [0.0, 50.0],
    ...     "requested_on": ["2026-01-05", "2026-02-01"], "decision": ["approved", None],
    ...     "decided_on": ["2026-01-15", None], "cost": [30.0, 40.0], "days": [10, 20]})
    >>> deal = pd.DataFrame({"project_id": ["P1"], "value": [500.0], "cost": [400.0]})
    >>> found = change_log(rows, as_of="2026-03-01", contracts=deal).projects
    >>> found[["margin_now", "margin_if_all", "undecided", "deviation"]].values.tolist()
    [[70.0, 80.0, 1.0, 0.075]]
    """
    within(deviation, "deviation", 0.0, 10.0)
    day = pd.Timestamp(as_of)
    table = _checked(changes, day)
    table["waiting_days"] = _days(table["requested_on"], table["decided_on"].fillna(day))
    open_ = table["change_decision"] == "undecided"
    approved = table["change_decision"] == "approved"
    for name in ("price", "cost", "days"):
        counted = table[name].where(approved, 0.0).fillna(0.0)
        table[f"approved_{name}"] = counted.groupby(table["project_id"]).cumsum()
    table["change_issues"] = _issues(table, open_, decide_days)
    table["origin"] = _ORIGIN
    deals = _contracts(contracts, table)
    rows = [
        _project(str(k), table[table["project_id"] == k], deal, deviation)
        for k, deal in deals.items()
    ]
    projects = pd.DataFrame(rows, columns=_PROJECTS)
    order = np.lexsort(
        (projects["project_id"], -projects["deviation"].fillna(-np.inf),
         ~projects["deviation_alarm"].astype(bool))
    )  # fmt: skip
    projects = projects.iloc[order].reset_index(drop=True)
    return ChangeLog(table[_CHANGES], projects, _measures(table, projects, level))


def _days(start: pd.Series, end: pd.Series) -> pd.Series:
    return (end - start).dt.days.astype(float)


def _checked(changes: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    need_columns(changes, "changes", ["change_id", "project_id", "requested_on", "decision"])
    one_currency(changes, "changes")
    table = changes.reset_index(drop=True).copy()
    for column in ("requested_on", "decided_on", "started_on"):
        given = table[column] if column in table else pd.Series(pd.NaT, table.index)
        table[column] = pd.to_datetime(given)
    for column in ("price", "cost", "days"):
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        table[column] = pd.to_numeric(given, errors="coerce").astype(float)
    asked = table["asked_by"] if "asked_by" in table else pd.Series(None, table.index, dtype=object)
    table["asked_by"] = asked.astype(object).where(asked.notna(), "")
    said = table["decision"].astype(object)
    blank = said.isna() | (said.astype(str).str.strip() == "")
    table["change_decision"] = said.where(~blank, "undecided").astype(str)
    problems = [
        Problem("not_allowed", "changes", "decision", int(i) + 1, said.iloc[i],
                details={"allowed": ", ".join(DECISIONS)})
        for i in np.flatnonzero(~table["change_decision"].isin(DECISIONS))
    ]  # fmt: skip
    problems += [
        Problem("duplicate_key", "changes", "change_id", int(i) + 1, table["change_id"].iloc[i])
        for i in np.flatnonzero(table.duplicated("change_id"))
    ]
    problems += [
        Problem("empty_cell", "changes", c, int(i) + 1)
        for c in ("project_id", "requested_on")
        for i in np.flatnonzero(table[c].isna())
    ]
    KamkitError.collect(problems)
    table = table[table["requested_on"] <= day]
    later = table["decided_on"] > day
    table.loc[later, "change_decision"] = "undecided"
    table["decided_on"] = table["decided_on"].where(
        ~later & (table["change_decision"] != "undecided")
    )
    table["started_on"] = table["started_on"].where(table["started_on"] <= day)
    table["project_id"] = table["project_id"].astype(str)
    table["_at"] = table["decided_on"].fillna(table["requested_on"])
    return table.sort_values(["project_id", "_at", "change_id"], ignore_index=True)


def _issues(table: pd.DataFrame, open_: pd.Series, decide_days: int) -> list[str]:
    live = table["change_decision"].isin(("approved", "undecided"))
    approved = live & ~open_
    written = pd.Series(pd.NA, table.index, dtype="boolean")
    if "written" in table:
        written = table["written"].astype("boolean")
    began = table["started_on"].notna()
    early = began & (open_ | (table["started_on"] < table["decided_on"]))
    found = {
        "waits_too_long": open_ & (table["waiting_days"] > decide_days),
        "started_undecided": early,
        "not_written": approved & ~written.fillna(True),
        "no_price": live & table["price"].isna(),
        "no_cost": live & table["cost"].isna(),
        "no_days": live & table["days"].isna(),
        "decided_before_asked": table["decided_on"] < table["requested_on"],
    }
    flags = pd.DataFrame(found).fillna(False).astype(bool)
    return ["; ".join(flags.columns[row]) for row in flags.to_numpy(bool)]


def _contracts(contracts: pd.DataFrame | None, table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Value, cost and end by project; projects without a contract have none of them."""
    blank = {"value": np.nan, "cost": np.nan, "end": pd.NaT}
    out: dict[str, dict[str, Any]] = {str(k): dict(blank) for k in table["project_id"].unique()}
    if contracts is None:
        return out
    need_columns(contracts, "contracts", ["project_id", "value"])
    one_currency(contracts, "contracts")
    KamkitError.collect(
        Problem("duplicate_key", "contracts", "project_id", int(i) + 1)
        for i in np.flatnonzero(contracts.duplicated("project_id"))
    )
    for row in contracts.to_dict("records"):
        number = {
            c: float(pd.to_numeric(pd.Series([row.get(c)]), errors="coerce").iloc[0])
            for c in ("value", "cost")
        }
        out[str(row["project_id"])] = number | {
            "end": pd.to_datetime(pd.Series([row.get("end")])).iloc[0]
        }
    return out


def _project(key: str, rows: pd.DataFrame, deal: dict[str, Any], limit: float) -> dict[str, Any]:
    said = rows["change_decision"]
    yes, open_ = rows[said == "approved"], rows[said == "undecided"]
    live = pd.concat([yes, open_])
    sums = {f"approved_{c}": float(yes[c].sum()) for c in ("price", "cost", "days")}
    more = {f"undecided_{c}": float(open_[c].sum()) for c in ("price", "cost", "days")}
    end = deal["end"] if deal["end"] is not None else pd.NaT

    def later(days: float) -> Any:
        return end + pd.Timedelta(days=days) if pd.notna(end) else pd.NaT

    value_now = deal["value"] + sums["approved_price"]
    margin_now = value_now - deal["cost"] - sums["approved_cost"]
    base = deal["cost"] if deal["cost"] == deal["cost"] else deal["value"]
    share = float(ratio(sums["approved_cost"], base))
    longest = float(yes["days"].max()) if yes["days"].notna().any() else 0.0
    return {
        "project_id": key, "changes": len(rows),
        **{k: int((said == k).sum()) for k in DECISIONS},
        "contract_value": deal["value"], "contract_cost": deal["cost"], "contract_end": end,
        **sums, "value_now": value_now, "margin_now": margin_now,
        "end_low": later(max(longest, 0.0)), "end_high": later(sums["approved_days"]), **more,
        "value_if_all": value_now + more["undecided_price"],
        "margin_if_all": margin_now + more["undecided_price"] - more["undecided_cost"],
        "end_if_all": later(sums["approved_days"] + more["undecided_days"]),
        **{f"{c}_unknown": int(live[c].isna().sum()) for c in ("cost", "price", "days")},
        "oldest_undecided_days": float(open_["waiting_days"].max()) if len(open_) else np.nan,
        "deviation": share, "deviation_alarm": bool(share > limit + 1e-12),
        "variant": "of_contract_cost" if deal["cost"] == deal["cost"] else "of_contract_value",
        "origin": _ORIGIN,
    }  # fmt: skip


def _measures(table: pd.DataFrame, projects: pd.DataFrame, level: float) -> pd.DataFrame:
    n = len(table)
    said = table["change_decision"]
    yes, no = int((said == "approved").sum()), int((said == "rejected").sum())
    low, high = wilson([yes], [yes + no], level)
    ends = {"days": np.nan, "low": np.nan, "high": np.nan}
    if n:
        waited = table["waiting_days"].clip(lower=0)
        curve = kaplan_meier(waited, said != "undecided", level=level)
        first = survival_quantiles(curve, [0.5]).iloc[0]
        ends = {k: float(first[k]) for k in ends}
    both = table[(said == "approved") & table["price"].notna() & table["cost"].notna()]
    asked = table[table["asked_by"].isin(("us", "customer"))]
    mine = int((asked["asked_by"] == "customer").sum())
    ask_low, ask_high = wilson([mine], [len(asked)], level)

    def row(key: str, value: float, size: int, how: str, **limits: float) -> dict[str, Any]:
        variant = how if size else "too_little_data"
        return measure_row(key, value, size, variant=variant, origin=f"{_ORIGIN}; {WILSON}"
                           if how == "wilson" else _ORIGIN, **limits)  # fmt: skip

    return measure_table(
        [
            row("changes_counted", n, n, "count"),
            row("changes_approved_share", share_of([yes], [yes + no])[0], yes + no, "wilson",
                low=low[0], high=high[0]),
            row("changes_undecided", int((said == "undecided").sum()), n, "count"),
            row("decision_days_median", ends["days"], n, "kaplan_meier", low=ends["low"],
                high=ends["high"]),
            row("changes_by_customer", share_of([mine], [len(asked)])[0], len(asked), "wilson",
                low=ask_low[0], high=ask_high[0]),
            row("paid_share", float(ratio(both["price"].sum(), both["cost"].sum())), len(both),
                "where_both_known"),
            row("projects_with_alarm", int(projects["deviation_alarm"].astype(bool).sum()),
                len(projects), "count"),
        ]
    )  # fmt: skip
