"""Account load of each key account manager: hours needed against hours there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.schemes.appraisal_policy import LoadRules, load_rules

NOBODY = ""  # accounts without an owner who is still here
LOAD_COLUMNS = [
    *("member_id", "team", "n_accounts", "n_without_tier", "hours_accounts", "travel_hours"),
    *("hours_needed", "hours_available", "load", "low", "high", "accounts_load", "status"),
    *("note", "variant", "origin"),
]


@dataclass(frozen=True)
class KamLoad:
    """What :func:`kam_load` found.

    Attributes
    ----------
    members
        One row a person, heaviest load first, and one with an empty id for accounts that nobody
        holds: member_id, team, n_accounts, n_without_tier, hours_accounts, travel_hours,
        hours_needed, hours_available (a year), load (needed / available), low, high (load if
        an account took a quarter fewer or more hours than the rule says), accounts_load
        (accounts against the number the rule allows, summed over tiers), status (room, full,
        strained, over, unclear, no_owner), note (ok, hours_assumed, tiers_missing), variant,
        origin.
    tiers
        One row a person and tier: member_id, tier, n_accounts, hours, most (accounts of that
        tier that one person alone could hold).
    total
        hours_needed, hours_available, people_needed (at the rule's hours), people as a measure
        table.
    """

    members: pd.DataFrame
    tiers: pd.DataFrame
    total: pd.DataFrame


def kam_load(
    accounts: pd.DataFrame,
    members: pd.DataFrame,
    rules: LoadRules | None = None,
    *,
    tiers: Mapping[str, str] | pd.Series | None = None,
    territories: pd.DataFrame | None = None,
    spread: float = 0.25,
) -> KamLoad:
    """How full each person's year is, by the accounts held and their tiers.

    Needs accounts: account_id, owner_id, and tier unless ``tiers`` (account_id -> tier) says
    it; members: member_id (team, role, hours_per_year, left_on,
    territory_id). ``rules``: hours a
    year and most accounts by tier, share of the year that is for accounts, bounds of the load;
    default the kit's (house). ``territories``: territory_id, travel_hours: added to the need.
    People without an account have a row where others of their ``role`` hold some.

    An account without a known tier counts with the hours of the lowest; how many there are is
    said. Where an account's true hours lie within ± ``spread`` the load lies from low to high;
    a status that differs between both ends is ``unclear``.

    Returns KamLoad. Raises KamkitError missing_column, unknown_choice (tier).
    Source: S203 (professional KAMs, centralised); hours and bounds house.

    >>> accounts = pd.DataFrame({"account_id": ["x", "y"], "owner_id": "a", "tier": "tier_1"})
    >>> people = pd.DataFrame({"member_id": ["a"], "hours_per_year": [1000]})
    >>> kam_load(accounts, people).members[["hours_needed", "hours_available"]].values.tolist()
    [[480.0, 650.0]]
    """
    rule = load_rules() if rules is None else rules
    given = ["tier"] if tiers is None else []
    need_columns(accounts, "accounts", ["account_id", "owner_id", *given])
    need_columns(members, "members", ["member_id"])
    people = members.dropna(subset=["member_id"]).drop_duplicates("member_id")
    if "left_on" in people:
        people = people[people["left_on"].isna()]
    held = _held(accounts, people, rule, tiers)
    by_tier = _by_tier(held, rule)
    table = held.groupby("member_id").agg(
        n_accounts=("account_id", "size"), n_without_tier=("guessed", "sum"),
        hours_accounts=("hours", "sum"), accounts_load=("load", "sum"),
    ).reset_index()  # fmt: skip
    table = _available(_everybody(table, people), people, rule, territories)
    return KamLoad(_statuses(table, rule, spread), by_tier, _total(table, rule))


def _held(
    accounts: pd.DataFrame, people: pd.DataFrame, rule: LoadRules,
    tiers: Mapping[str, str] | pd.Series | None,
) -> pd.DataFrame:  # fmt: skip
    """One row an account that somebody is to serve, with its hours."""
    table = accounts.dropna(subset=["account_id"]).drop_duplicates("account_id")
    tier = table["tier"] if tiers is None else table["account_id"].map(dict(tiers))
    strange = sorted(set(tier.dropna()) - set(rule.tiers))
    details = {"allowed": ", ".join(rule.tiers)}
    KamkitError.collect(
        Problem("unknown_choice", "accounts", "tier", value=t, details=details) for t in strange
    )
    lowest = min(rule.tiers, key=lambda t: rule.tiers[t].hours)
    used = tier.fillna(lowest)
    here = table["owner_id"].isin(people["member_id"])
    return pd.DataFrame(
        {
            "account_id": table["account_id"].astype("str"),
            "member_id": table["owner_id"].where(here, NOBODY).astype("str"),
            "tier": used.astype("str"),
            "guessed": tier.isna(),
            "hours": used.map({t: rule.tiers[t].hours for t in rule.tiers}).astype(float),
            "load": 1 / used.map({t: rule.tiers[t].accounts for t in rule.tiers}).astype(float),
        }
    )


def _by_tier(held: pd.DataFrame, rule: LoadRules) -> pd.DataFrame:
    out = held.groupby(["member_id", "tier"]).agg(
        n_accounts=("account_id", "size"), hours=("hours", "sum")
    ).reset_index()  # fmt: skip
    out["most"] = out["tier"].map({t: rule.tiers[t].accounts for t in rule.tiers}).astype(float)
    return out


def _everybody(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Adds those who hold nothing yet in a role in which others hold accounts."""
    if "role" not in people:
        return table
    ids = people["member_id"].astype("str")
    holding = ids.isin(table["member_id"])
    free = ids[~holding & people["role"].isin(people.loc[holding, "role"].dropna())]
    none = pd.DataFrame({"member_id": free, "n_accounts": 0, "n_without_tier": 0})
    none["hours_accounts"] = none["accounts_load"] = 0.0
    return pd.concat([table, none], ignore_index=True) if len(none) else table


def _available(
    table: pd.DataFrame, people: pd.DataFrame, rule: LoadRules, territories: pd.DataFrame | None
) -> pd.DataFrame:
    known = people.assign(member_id=people["member_id"].astype("str")).set_index("member_id")
    hours = known.get("hours_per_year", pd.Series(np.nan, known.index))
    year = table["member_id"].map(hours).astype(float)
    table["assumed"] = year.isna()
    table["hours_available"] = year.fillna(rule.hours_per_year) * rule.account_share
    table["team"] = table["member_id"].map(known["team"]) if "team" in known else pd.NA
    table["travel_hours"] = 0.0
    if territories is not None and "territory_id" in known:
        need_columns(territories, "territories", ["territory_id", "travel_hours"])
        travel = territories.drop_duplicates("territory_id").set_index("territory_id")
        mine = table["member_id"].map(known["territory_id"])
        table["travel_hours"] = mine.map(travel["travel_hours"]).astype(float).fillna(0.0)
    table["hours_needed"] = table["hours_accounts"] + table["travel_hours"]
    nobody = table["member_id"] == NOBODY
    table.loc[nobody, "hours_available"] = 0.0
    return table


def _statuses(table: pd.DataFrame, rule: LoadRules, spread: float) -> pd.DataFrame:
    there = table["hours_available"].where(table["hours_available"] > 0)
    table["load"] = table["hours_needed"] / there
    reach = spread * table["hours_accounts"] / there
    table["low"], table["high"] = table["load"] - reach, table["load"] + reach
    names = np.array(["room", "full", "strained", "over"], dtype=object)
    bounds = [rule.relaxed, rule.full, rule.overload]
    ends = [
        names[np.searchsorted(bounds, table[end].fillna(0.0).round(9), side="left")]
        for end in ("low", "high")
    ]
    table["status"] = np.where(ends[0] == ends[1], ends[0], "unclear")
    nobody = table["member_id"] == NOBODY
    table.loc[nobody, "status"] = "no_owner"
    table["note"] = np.select(
        [table["n_without_tier"] > 0, table["assumed"] & ~nobody],
        ["tiers_missing", "hours_assumed"],
        "ok",
    )
    table["variant"], table["origin"] = "hours_by_tier", "S203; house"
    order = table.sort_values(["load", "member_id"], ascending=[False, True]).index
    return table.loc[order, LOAD_COLUMNS].reset_index(drop=True)


def _total(table: pd.DataFrame, rule: LoadRules) -> pd.DataFrame:
    needed, there = float(table["hours_needed"].sum()), float(table["hours_available"].sum())
    n = int(table["n_accounts"].sum())
    year = rule.hours_per_year * rule.account_share
    figures = {
        "hours_needed": needed, "hours_available": there, "people_needed": needed / year,
        "people": float((table["member_id"] != NOBODY).sum()),
    }  # fmt: skip
    return measure_table(
        measure_row(k, v, n, variant="hours_by_tier", origin="S203; house")
        for k, v in figures.items()
    )
