"""How many accounts of each class the team can really serve (X32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.schemes import Scheme, service_hours

SUMMARY_COLUMNS = [
    "order",
    "member",
    "listed",
    "most",
    "hours_per_account",
    "hours_needed",
    "hours_left_before",
    "served",
    "fall_out",
]
ACCOUNT_COLUMNS = [
    "order",
    "account_id",
    "member",
    "place",
    "tie_group",
    "hours",
    "hours_so_far",
    "served",
    "reason",
    "every_order",
]


@dataclass(frozen=True)
class Capacity:
    """Capacity per class (``summary``) and per account (``accounts``), one block per order."""

    summary: pd.DataFrame
    accounts: pd.DataFrame
    hours_available: float
    hours_needed: float


def capacity_limits(scheme: Scheme) -> pd.DataFrame:
    """House limits for :func:`capacity_check`: hours a year by class, and the most it may hold.

    Returns columns: member, hours_per_account (a year), most (NaN where the scheme sets none).
    Source: S037 (3–5 strategic partners), S203; hours house, in schemes/data/service.toml.

    >>> from kamkit.schemes import load_scheme
    >>> capacity_limits(load_scheme("elevator")).most.tolist()[0]
    5.0
    """
    hours = service_hours(scheme)
    most = [m.most for m in scheme.members]
    return pd.DataFrame(
        {
            "member": list(scheme.member_ids),
            "hours_per_account": [hours[m] for m in scheme.member_ids],
            "most": pd.array(most, dtype="Float64").to_numpy(dtype=float, na_value=np.nan),
        }
    )


def capacity_check(
    classes: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    hours: float,
    orders: Sequence[str] = ("sales",),
) -> Capacity:
    """Compare the accounts listed per class with those the team's hours can serve.

    Needs columns of ``classes``: account_id, member and every column in ``orders`` (largest
    first within a class). Needs columns of ``limits``: member, hours_per_account (a year), in
    the order in which classes are served; optional: most (accounts a class may hold). ``hours``
    is what the members have in a year (sum of members.hours_per_year times their share for
    accounts). Accounts without a class in ``limits`` are left out.
    Returns :class:`Capacity`. summary: order, member, listed, most, hours_per_account,
    hours_needed, hours_left_before, served, fall_out. accounts: order, account_id, member,
    place, tie_group, hours, hours_so_far, served, reason (served, too_many_in_class, no_hours,
    order_unknown), every_order (served under each of the orders). Accounts that are equal in
    the order share a tie_group: if a cut runs through a tie none of it is served.
    Source: S037 (3–5 strategic partners), X32; arithmetic house.

    >>> classes = pd.DataFrame({"account_id": ["A", "B"], "member": "key", "sales": [2.0, 1.0]})
    >>> limits = pd.DataFrame({"member": ["key"], "hours_per_account": [100.0]})
    >>> capacity_check(classes, limits, hours=150).accounts["served"].tolist()
    [True, False]
    """
    need_columns(classes, "classes", ["account_id", "member", *orders])
    need_columns(limits, "limits", ["member", "hours_per_account"])
    KamkitError.collect(_problems(limits, hours))
    rule = limits.set_index("member")
    listed = classes[classes["member"].isin(rule.index)]
    hours_each = pd.to_numeric(rule["hours_per_account"]).astype(float)
    room = pd.to_numeric(rule["most"]) if "most" in rule.columns else hours_each * np.nan
    rows, summary = [], []
    for order in orders:
        left, spent = float(hours), 0.0
        for member in rule.index:
            part = listed[listed["member"] == member]
            most, each = float(room[member]), float(hours_each[member])
            served, spent_here = _serve(part, order, each, most, left, spent)
            rows += served
            count = sum(bool(r[7]) for r in served)
            summary.append(
                [order, member, len(part), most, each, each * len(part), left, count,
                 len(part) - count]
            )  # fmt: skip
            left, spent = left - spent_here, spent + spent_here
    accounts = pd.DataFrame(rows, columns=ACCOUNT_COLUMNS[:-1])
    accounts["every_order"] = accounts.groupby("account_id")["served"].transform("all")
    needed = float(listed["member"].map(hours_each).astype(float).sum())
    return Capacity(
        pd.DataFrame(summary, columns=SUMMARY_COLUMNS),
        accounts[ACCOUNT_COLUMNS],
        float(hours),
        needed,
    )


def _problems(limits: pd.DataFrame, hours: float) -> list[Problem]:
    each = pd.to_numeric(limits["hours_per_account"], errors="coerce")
    wrong = [
        Problem("out_of_range", "limits", "hours_per_account", i + 1, v, details={"allowed": "> 0"})
        for i, (v, h) in enumerate(zip(limits["hours_per_account"], each, strict=True))
        if not h > 0
    ]
    if not hours >= 0:
        wrong.append(
            Problem("out_of_range", "limits", "hours", value=hours, details={"allowed": ">= 0"})
        )
    repeated = limits["member"].duplicated()
    return wrong + [
        Problem("duplicate_key", "limits", "member", int(i) + 1, limits["member"].iloc[int(i)])
        for i in np.flatnonzero(repeated)
    ]


def _serve(
    part: pd.DataFrame, order: str, each: float, most: float, left: float, spent: float
) -> tuple[list[list[object]], float]:
    """Serve one class from the top; a tie is served whole or not at all."""
    values = pd.to_numeric(part[order], errors="coerce").astype(float)
    table = pd.DataFrame(
        {"account_id": part["account_id"], "member": part["member"], "value": values}
    )
    table = table.sort_values(
        ["value", "account_id"], ascending=[False, True], na_position="last", ignore_index=True
    )
    room_count = len(table) if np.isnan(most) else int(most)
    room_hours = int(np.floor(left / each + 1e-9))
    rows: list[list[object]] = []
    used = 0
    for tie, (value, group) in enumerate(table.groupby("value", sort=False, dropna=False), 1):
        size = len(group)
        if pd.isna(value):
            reason = "order_unknown"
        elif used + size > room_count:
            reason = "too_many_in_class"
        elif used + size > room_hours:
            reason = "no_hours"
        else:
            reason = "served"
        if reason != "served":
            room_count = room_hours = 0
        place = len(rows) + 1
        for account, member in zip(group["account_id"], group["member"], strict=True):
            used += reason == "served"
            so_far = spent + used * each
            rows.append(
                [order, account, member, place, tie, each, so_far, reason == "served", reason]
            )
    return rows, used * each
