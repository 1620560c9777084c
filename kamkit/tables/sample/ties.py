"""The table ``ties``: who knows whom, how well, as recorded on two days a year apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.read_ties import friends_without_value
from kamkit.tables.sample.ties_planned import planned_ties
from kamkit.tables.sample.world import AS_OF, World, days, pick

BEFORE = "2025-06-30"
RECORDED = (BEFORE, AS_OF)
_COLUMNS = ["account_id", "from_id", "to_id", "from_side", "strength", "bond", "last_contact"]


def _our_people(world: World, account: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Owner for most ties, else somebody from support or the head office."""
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[account]]
    members = world.tables["members"]
    others = members.loc[members["team"].isin(["support", "head_office"]), "member_id"]
    other = pick(rng, others.tolist(), len(account))
    return np.where(rng.random(len(account)) < 0.6, owner, other)


def _usual_ties(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Ties of the accounts that nothing is planned for, as of today.

    The first three people of a customer are known to somebody; others by chance.
    """
    rng, as_of = world.rng("ties"), np.datetime64(AS_OF)
    place = pd.Series(np.arange(world.accounts), index=world.plan["account_id"])
    account = place[contacts["account_id"]].to_numpy()
    first = ~contacts["account_id"].duplicated().to_numpy()
    quiet = np.isin(account, world.role("lone"))
    second = contacts.groupby("account_id").cumcount().to_numpy() <= 2
    tied = first | (((rng.random(len(contacts)) < 0.72) | second) & ~quiet)
    spot = np.flatnonzero(tied)
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[account[spot]]]
    ours = np.where(first[spot], owner, _our_people(world, account[spot], rng))
    strength = np.clip(np.rint(rng.normal(2.3, 0.9, len(spot))), 1, 4)
    strength = np.where(first[spot], np.maximum(strength, 3), strength)
    early = second[spot] & (world.plan["s2025"].to_numpy()[account[spot]] > 0)
    strength = np.where(early, np.maximum(strength, 2), strength).astype(int)
    last = as_of - rng.integers(4, 160, len(spot)).astype("m8[D]")
    # Whom we deal with first, we deal with on business.
    business = contacts.groupby("account_id").cumcount().to_numpy()[spot] <= 1
    bond = np.where(business, "value", pick(rng, ["value", "personal"], len(spot), [6, 4]))
    table = pd.DataFrame(
        {
            "account_id": contacts["account_id"].to_numpy()[spot],
            "from_id": ours,
            "to_id": contacts["contact_id"].to_numpy()[spot],
            "from_side": "us",
            "strength": strength,
            "bond": bond,
            "last_contact": last,
        }
    )
    free: pd.DataFrame = table.loc[world.plan["structure"].to_numpy()[account[spot]] == ""]
    return free


def _inner_ties(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Ties among the customer's own people: a chain of command, and some across it."""
    rng = world.rng("inner_ties")
    here = contacts.sort_values("contact_id", ignore_index=True)
    same = here["account_id"].eq(here["account_id"].shift()).to_numpy()
    chain = pd.DataFrame({"from_id": here["contact_id"].shift(), "to_id": here["contact_id"]})
    chain = chain.assign(account_id=here["account_id"])[same]
    # A shortcut to one of the people named before, in about a third of the cases.
    number = here.groupby("account_id").cumcount().to_numpy()
    far = np.flatnonzero((number >= 3) & (rng.random(len(here)) < 0.35))
    back = 2 + np.floor((number[far] - 1) * rng.random(len(far))).astype(int)
    ids = here["contact_id"].to_numpy()
    across = pd.DataFrame({"from_id": ids[far - back], "to_id": ids[far]})
    across["account_id"] = here["account_id"].to_numpy()[far]
    table = pd.concat([chain, across], ignore_index=True)
    table["from_side"], table["bond"] = "customer", "value"
    table["strength"] = rng.integers(1, 5, len(table))
    return table


def _rival_ties(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """What we know of rivals' ties; one of them holds the buyer whom we don't reach."""
    rng = world.rng("rival_ties")
    rivals = list(world.data["rivals"])
    likely = rng.random(len(contacts)) < 0.18
    here = contacts[contacts["level"].ge(3).to_numpy() & likely]
    table = pd.DataFrame({"account_id": here["account_id"], "to_id": here["contact_id"]})
    table["from_id"] = pick(rng, rivals, len(table))
    table["strength"] = rng.integers(1, 4, len(table))
    plan = world.plan
    blind = world.account_id(int(np.flatnonzero(plan["structure"] == "blind")[0]))
    buyer = contacts[
        (contacts["account_id"] == blind) & contacts["function"].eq("general_management")
    ]
    table = table[~table["to_id"].isin(buyer["contact_id"])]
    held = pd.DataFrame({"account_id": blind, "to_id": buyer["contact_id"].head(1)})
    table = pd.concat([table, held.assign(from_id=rivals[0], strength=3)], ignore_index=True)
    return table.assign(from_side="competitor", bond="personal")


def _a_year_before(world: World, now: pd.DataFrame, stream: str) -> pd.DataFrame:
    """The same ties as they were a year ago: most alike, some weaker or stronger, some not yet."""
    rng = world.rng(stream)
    known = rng.random(len(now)) < 0.88
    shift = rng.choice([-1, 0, 1], p=[0.22, 0.6, 0.18], size=len(now))
    lapse = rng.integers(4, 160, len(now)).astype("m8[D]")
    strength = np.clip(now["strength"].to_numpy() + shift, 1, 4)
    table = now.assign(strength=strength)
    if "last_contact" in now:
        table["last_contact"] = np.datetime64(BEFORE) - lapse
    return table[known]


def build_ties(world: World, contacts: pd.DataFrame, usual_number: int) -> pd.DataFrame:
    """The table ``ties`` on two days. Who has left is not recorded again.

    Ties with people who left in between stand on the first day only. The first ``usual_number``
    contacts are those that every account has. One lucrative account hangs on a single contact.
    """
    usual = _usual_ties(world, contacts.iloc[:usual_number])
    parts = {AS_OF: [usual], BEFORE: [_a_year_before(world, usual, "ties_before")]}
    planned = planned_ties(world, contacts)
    for day in RECORDED:
        parts[day].append(planned[planned["day"] == day].drop(columns="day"))
    for table, stream in (
        (_inner_ties(world, contacts), "inner_before"),
        (_rival_ties(world, contacts), "rival_before"),
    ):
        parts[AS_OF].append(table)
        parts[BEFORE].append(_a_year_before(world, table, stream))
    dated = [
        pd.concat([p[[c for c in _COLUMNS if c in p]] for p in parts[day]]).assign(
            as_of=np.datetime64(day)
        )
        for day in RECORDED
    ]
    table = pd.concat(dated, ignore_index=True)
    return _one_account_of_friends(world, _while_there(table, contacts), contacts)


def _one_account_of_friends(
    world: World, table: pd.DataFrame, contacts: pd.DataFrame
) -> pd.DataFrame:
    """Where chance made a second account of friends without value, its personal ties are weak."""
    found = friends_without_value({"ties": table, "contacts": contacts})
    planned = world.plan.loc[world.plan["structure"] == "personal", "account_id"].tolist()
    ours = (table["from_side"] == "us") & (table["bond"] == "personal")
    chance = ours & table["account_id"].isin(found.difference(planned))
    return table.assign(strength=table["strength"].mask(chance, 1))


def _while_there(table: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Without ties recorded after either person had left; no contact after that day."""
    left = pd.Series(days(contacts["left_on"]), index=contacts["contact_id"])
    gone = np.zeros(len(table), dtype=bool)
    for column in ("from_id", "to_id"):
        day = days(left.reindex(table[column]).to_numpy())
        gone |= ~np.isnat(day) & (day <= days(table["as_of"]))
    return table[~gone].reset_index(drop=True)
