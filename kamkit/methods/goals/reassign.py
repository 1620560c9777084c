"""Accounts placed with people so that nobody is overloaded and few accounts change hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.tables import figures, repeated, strict_figures, texts, with_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

ORIGIN = "S203; field:Dantzig 1963; house"
ACCOUNT_COLUMNS = ["account_id", "hours", "owner_before", "owner_after", "moved", "cost"]
MEMBER_COLUMNS = [
    "member_id", "hours_available", "accounts_before", "accounts_after", "hours_before",
    "hours_after", "load_before", "load_after", "over",
]  # fmt: skip
MOST_CELLS = 200_000  # accounts × members; beyond, the search is too long for a lesson
NODES = 5_000


@dataclass(frozen=True)
class Reassignment:
    """What :func:`reassign_accounts` found.

    Attributes
    ----------
    accounts
        account_id, hours, owner_before, owner_after, moved, cost (of moving it; 0 where it stays).
    members
        member_id, hours_available, accounts_before, accounts_after, hours_before, hours_after,
        load_before, load_after (hours / available), over (hours above what is available).
    measures
        Measure table: accounts_moved, hours_moved, hours_over_before, hours_over_after,
        load_highest_before, load_highest_after, gap (share by which a better plan could still
        beat this one; 0: proved best).
    """

    accounts: pd.DataFrame
    members: pd.DataFrame
    measures: pd.DataFrame


def reassign_accounts(
    accounts: pd.DataFrame,
    members: pd.DataFrame,
    *,
    costs: pd.DataFrame | None = None,
    most_load: float = 1.0,
) -> Reassignment:
    """Each account with one member: nobody overloaded more than need be, then fewest moves.

    Needs accounts: account_id, hours (a year), owner_id (blank: none yet); optional move_cost
    (what a new contact person costs, default 1; more for long-standing relations). Needs
    members: member_id, hours (available). ``costs``: account_id × member_id, cost of placing the
    account there on top (travel, missing knowledge; NaN: not possible). ``most_load``: share of
    a member's hours that may be filled. Where the hours don't suffice the highest load is kept as
    low as it can be, and told. Whoever leaves is simply not in ``members``; a member without
    hours gets no account that needs any.

    Returns Reassignment. Raises KamkitError: missing_column, not_a_number, empty_cell,
    out_of_range, duplicate_key, too_many_places, no_place_for_account, no_hours_for_accounts.
    Source: S203 (accounts per KAM, load), X31; assignment as a whole-number programme.

    >>> accounts = pd.DataFrame({"account_id": ["A", "B", "C"], "hours": [60.0, 50.0, 40.0],
    ...                          "owner_id": ["a", "a", "b"]})
    >>> team = pd.DataFrame({"member_id": ["a", "b"], "hours": [100.0, 100.0]})
    >>> found = reassign_accounts(accounts, team)
    >>> found.accounts.loc[found.accounts["moved"], ["account_id", "owner_after"]].values.tolist()
    [['B', 'b']]
    """
    book, people = _read(accounts, members, most_load)
    extra = _extra(book, people, costs)
    owners, ids = book["owner_id"].to_numpy(object), people["member_id"].to_numpy(object)
    stays = owners[:, None] == ids[None, :]
    move = np.where(stays, 0.0, book["move_cost"].to_numpy()[:, None])
    if len(book):
        place, gap = _solve(book["hours"].to_numpy(), people["hours"].to_numpy() * most_load,
                            move + extra)  # fmt: skip
    else:
        place, gap = np.zeros(0, dtype=int), 0.0
    return _result(book, people, place, move, gap)


def _read(
    accounts: pd.DataFrame, members: pd.DataFrame, most_load: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    book = with_columns(accounts, "accounts", ["account_id", "hours", "owner_id"], ["move_cost"])
    people = with_columns(members, "members", ["member_id", "hours"])
    found = repeated(book, "accounts", ["account_id"]) + repeated(people, "members", ["member_id"])
    for table, name, columns in ((book, "accounts", ("hours", "move_cost")),
                                 (people, "members", ("hours",))):  # fmt: skip
        found += strict_figures(table, name, columns)
        for column in columns:
            found += [
                Problem("out_of_range", name, column, int(i) + 1, table[column].iloc[int(i)],
                        details={"allowed": ">= 0"})
                for i in np.flatnonzero(figures(table[column]) < 0)
            ]  # fmt: skip
        blank = table["hours"].isna().to_numpy()
        found += [Problem("empty_cell", name, "hours", int(i) + 1) for i in np.flatnonzero(blank)]
    if not most_load > 0:
        found.append(Problem("out_of_range", "members", "most_load", value=most_load,
                             details={"allowed": "> 0"}))  # fmt: skip
    if len(book) and not len(people):
        found.append(Problem("empty_table", "members"))
    if len(book) * len(people) > MOST_CELLS:
        found.append(Problem("too_many_places", "accounts", value=len(book) * len(people),
                             details={"most": MOST_CELLS}))  # fmt: skip
    KamkitError.collect(found)
    book = pd.DataFrame({
        "account_id": texts(book["account_id"]), "hours": figures(book["hours"]),
        "owner_id": texts(book["owner_id"]),
        "move_cost": np.nan_to_num(figures(book["move_cost"]), nan=1.0),
    })  # fmt: skip
    people = pd.DataFrame(
        {"member_id": texts(people["member_id"]), "hours": figures(people["hours"])}
    )
    return (book.sort_values("account_id", ignore_index=True),
            people.sort_values("member_id", ignore_index=True))  # fmt: skip


def _extra(book: pd.DataFrame, people: pd.DataFrame, costs: pd.DataFrame | None) -> Floats:
    if costs is None:
        return np.zeros((len(book), len(people)))
    table = costs.copy()
    table.index, table.columns = table.index.map(str), table.columns.map(str)
    grid = table.reindex(index=book["account_id"], columns=people["member_id"])
    out = grid.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    nowhere = np.isnan(out).all(axis=1)
    KamkitError.collect(
        Problem("no_place_for_account", "costs", "account_id", value=a)
        for a in book.loc[nowhere, "account_id"]
    )
    return np.asarray(out)


def _solve(hours: Floats, room: Floats, cost: Floats) -> tuple[Any, float]:
    """Least highest load, then least cost: two programmes, the second bound by the first."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack

    n, m = cost.shape
    cells = n * m
    row, column = np.divmod(np.arange(cells), m)
    once = csr_array((np.ones(cells), (row, np.arange(cells))), shape=(n, cells + 1))
    load = csr_array((hours[row], (column, np.arange(cells))), shape=(m, cells))
    possible = np.isfinite(cost).ravel().astype(float)
    whole, top = np.append(np.ones(cells), 0.0), np.append(np.zeros(cells), 1.0)
    money = np.append(np.nan_to_num(cost, nan=0.0).ravel(), 0.0)
    rules = [
        LinearConstraint(once, 1, 1),
        LinearConstraint(hstack([load, csr_array(-room[:, None])]), -np.inf, 0),
    ]
    limit: Any = {"node_limit": NODES, "mip_rel_gap": 1e-6}
    # Nobody gains by a load below full: the highest load counts from 1 upwards.
    bounds = Bounds(np.append(np.zeros(cells), 1.0), np.append(possible, np.inf))
    first = milp(top, constraints=rules, bounds=bounds, integrality=whole, options=limit)
    if first.x is None:
        raise KamkitError(Problem("no_hours_for_accounts", "members", "hours"))
    bounds.ub[-1] = float(first.x[-1]) * (1 + 1e-6)
    second = milp(money, constraints=rules, bounds=bounds, integrality=whole, options=limit)
    best = second if second.x is not None else first
    gaps = [float(r.mip_gap or 0.0) for r in (first, second) if r.x is not None]
    return np.asarray(best.x)[:cells].reshape(n, m).argmax(axis=1), max(gaps)


def _result(
    book: pd.DataFrame, people: pd.DataFrame, place: Any, move: Floats, gap: float
) -> Reassignment:
    ids = people["member_id"].to_numpy(object)
    out = book[["account_id", "hours"]].copy()
    out["owner_before"], out["owner_after"] = book["owner_id"], ids[place] if len(book) else ""
    out["moved"] = out["owner_before"] != out["owner_after"]
    out["cost"] = move[np.arange(len(book)), place] if len(book) else 0.0
    rows = people.rename(columns={"hours": "hours_available"}).copy()
    for when in ("before", "after"):
        groups = out.groupby(f"owner_{when}")["hours"]
        rows[f"accounts_{when}"] = rows["member_id"].map(groups.size()).fillna(0).astype(int)
        rows[f"hours_{when}"] = rows["member_id"].map(groups.sum()).fillna(0.0).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows[f"load_{when}"] = rows[f"hours_{when}"] / rows["hours_available"]
    over = {w: (rows[f"hours_{w}"] - rows["hours_available"]).clip(lower=0)
            for w in ("before", "after")}  # fmt: skip
    rows["over"] = over["after"]
    n = len(out)
    found = {
        "accounts_moved": out["moved"].sum(), "hours_moved": out.loc[out["moved"], "hours"].sum(),
        "hours_over_before": over["before"].sum(), "hours_over_after": over["after"].sum(),
        "load_highest_before": rows["load_before"].max(),
        "load_highest_after": rows["load_after"].max(), "plan_gap": gap,
    }  # fmt: skip
    variant = "proved_best" if gap <= 1e-5 else "best_found"
    measures = measure_table(measure_row(k, float(v), n, variant=variant, origin=ORIGIN)
                             for k, v in found.items())  # fmt: skip
    return Reassignment(out[ACCOUNT_COLUMNS], rows[MEMBER_COLUMNS], measures)
