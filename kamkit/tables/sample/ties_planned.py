"""Ties of accounts whose structure is planned: bow tie, diamond, joint teams, what fails."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.structure import climber
from kamkit.tables.sample.world import AS_OF, World

_BEFORE = "2025-06-30"
# Who of ours faces whom: the mirror of functions (S101).
_FACING = {
    "purchasing": "kam",
    "sales": "kam",
    "marketing": "manager",
    "it": "engineer",
    "engineering": "engineer",
    "quality": "service",
    "operations": "service",
    "logistics": "assistant",
    "administration": "assistant",
    "finance": "manager",
    "general_management": "director",
    "board": "head",
}
Row = tuple[str, str, str, int, str, int]  # day, from, to, strength, bond, days since contact


class Roster:
    """Our people by role, and the account managers in the order of their territories."""

    def __init__(self, world: World) -> None:
        members = world.tables["members"]
        people = members.groupby("role")["member_id"].agg(list)
        self.by_role: dict[str, list[str]] = {str(role): ids for role, ids in people.items()}
        crew = reps(world)
        self.managers: list[str] = crew["manager_id"].tolist()
        self.reps: list[str] = crew["member_id"].tolist()
        self.territory: list[int] = world.plan["territory"].tolist()


class Crew:
    """Our people around one account, by part."""

    def __init__(self, world: World, account: int, roster: Roster | None = None) -> None:
        all_ = roster or Roster(world)
        own, by_role = all_.territory[account], all_.by_role
        self.parts: dict[str, str] = {
            "kam": all_.reps[own],
            "manager": all_.managers[own],
            "head": by_role["general_manager"][0],
            "director": by_role["sales_director"][0],
            "engineer": by_role["application_engineer"][account % 2],
            "service": by_role["service_engineer"][account % 2],
            "assistant": by_role["key_account_assistant"][0],
        }

    def __getitem__(self, part: str) -> str:
        return self.parts[part]

    def facing(self, function: str) -> str:
        """Our person for one of the customer's functions."""
        return self.parts[_FACING.get(function, "kam")]


def _both(rng: np.random.Generator, a: str, b: str, now: int, bond: str, new: float) -> list[Row]:
    """One tie on both days; with chance ``new`` it did not exist a year ago."""
    rows: list[Row] = [(AS_OF, a, b, now, bond, int(rng.integers(4, 120)))]
    was = int(np.clip(now + rng.choice([-1, 0, 1], p=[0.3, 0.6, 0.1]), 1, 4))
    if rng.random() >= new:
        rows.append((_BEFORE, a, b, was, bond, int(rng.integers(4, 150))))
    return rows


def _facing_each_other(
    rng: np.random.Generator, crew: Crew, people: pd.DataFrame, reach: float, kam: float, new: float
) -> Iterator[Row]:
    """Functions face each other; the account manager keeps a part of the ties."""
    for k, (person, function) in enumerate(
        zip(people["contact_id"], people["function"], strict=True)
    ):
        main = k == 0
        head = function in ("engineering", "operations", "general_management", "quality", "board")
        if main or head or rng.random() < reach:
            strength = 4 if main else int(rng.choice([3, 4], p=[0.7, 0.3]))
            fresh = 0.0 if main else new
            yield from _both(rng, crew.facing(function), person, strength, "value", fresh)
        if not main and crew.facing(function) != crew["kam"] and rng.random() < kam:
            yield from _both(rng, crew["kam"], person, int(rng.integers(2, 4)), "value", new)
    yield from _both(rng, crew["kam"], str(people["contact_id"].iat[0]), 3, "personal", 0.0)


def _joint(rng: np.random.Generator, people: pd.DataFrame, crew: Crew) -> Iterator[Row]:
    """The account manager in the joint, one engineer beside; others behind the two."""
    engineers = people["function"].isin(["engineering"]).to_numpy()
    for k, person in enumerate(people["contact_id"]):
        if k < 5 or rng.random() < 0.4:
            strength = 4 if k == 0 else int(rng.choice([2, 3], p=[0.3, 0.7]))
            yield from _both(rng, crew["kam"], person, strength, "value", 0.0 if k < 4 else 0.4)
        if engineers[k]:
            yield from _both(rng, crew["engineer"], person, 3, "value", 0.0)


def _bow_tie(rng: np.random.Generator, people: pd.DataFrame, crew: Crew) -> Iterator[Row]:
    """Everything runs through one account manager."""
    for k, person in enumerate(people["contact_id"].head(4)):
        strength = 4 if k == 0 else 2
        yield from _both(rng, crew["kam"], person, strength, "value", 0.0 if k < 3 else 0.5)


def _friends(rng: np.random.Generator, people: pd.DataFrame, crew: Crew) -> Iterator[Row]:
    """Everybody likes us, and hardly anybody gets anything out of it (X17)."""
    pairs = zip(people["contact_id"], people["level"], strict=True)
    for k, (person, level) in enumerate(pairs):
        part = "director" if level >= 4 else "kam"
        strength = int(rng.choice([3, 4], p=[0.4, 0.6]))
        yield from _both(rng, crew[part], person, strength, "personal", 0.0 if k < 6 else 0.3)
        if k in (0, 4):
            yield from _both(rng, crew["kam"], person, 1, "value", 0.0)


def _cooling(people: pd.DataFrame, crew: Crew) -> Iterator[Row]:
    """The customer who is leaving: warm a year ago, cold today; the main contact is gone."""
    ids = people["contact_id"].tolist()
    before = [("kam", 0, 4), ("engineer", 0, 3), ("director", 0, 3), ("kam", 1, 3)]
    before += [("engineer", 1, 3), ("director", 2, 3), ("service", 4, 2), ("kam", 3, 2)]
    after = [("kam", 1, 1, 71), ("engineer", 1, 2, 266), ("director", 2, 1, 241)]
    after += [("service", 4, 2, 223), ("kam", 3, 1, 96)]
    for part, k, strength in before:
        yield _BEFORE, crew[part], ids[k], strength, "value", 21 + 9 * k
    for part, k, strength, lapse in after:
        yield AS_OF, crew[part], ids[k], strength, "value", lapse


def _rows(world: World, account: int, people: pd.DataFrame, crew: Crew) -> Iterator[Row]:
    """The ties of one planned account."""
    structure = world.structure(account)
    rng = world.rng(f"planned_ties_{account}")
    first = str(people["contact_id"].iat[0])
    if structure == "synergistic":
        yield from _facing_each_other(rng, crew, people, 0.9, 0.2, 0.25)
    elif structure == "partnership":
        yield from _facing_each_other(rng, crew, people, 0.6, 0.25, 0.15)
    elif structure == "blind":
        reached = people[~people["function"].isin(["general_management", "board"])]
        yield from _facing_each_other(rng, crew, reached, 0.85, 0.3, 0.2)
    elif structure == "mid":
        yield from _joint(rng, people, crew)
    elif structure == "early":
        yield from _bow_tie(rng, people, crew)
    elif structure == "personal":
        yield from _friends(rng, people, crew)
    elif structure == "leaving":
        yield from _cooling(people, crew)
    elif structure == "lone":
        yield from _both(rng, crew["kam"], first, 4, "value", 0.0)
    elif structure == "pre":
        yield (
            AS_OF,
            crew["kam"],
            first,
            int(rng.integers(1, 3)),
            "value",
            int(rng.integers(20, 150)),
        )
        if rng.random() < 0.4:
            yield _BEFORE, crew["kam"], first, 1, "value", int(rng.integers(20, 150))


def planned_ties(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Ties of the planned accounts on both days; column ``day`` says which.

    The account that has come furthest knew a year ago only those whom its account manager knew.
    """
    plan, found = world.plan, []
    planned = np.flatnonzero(plan["structure"] != "")
    names = plan["account_id"].to_numpy()
    mine = contacts[contacts["account_id"].isin(names[planned])]
    by_account = dict(iter(mine.groupby("account_id", sort=False)))
    furthest = climber(world)
    roster = Roster(world)
    manager = Crew(world, furthest, roster)["kam"]
    for account in planned.tolist():
        for row in _rows(world, account, by_account[names[account]], Crew(world, account, roster)):
            if account != furthest or row[0] == AS_OF or row[1] == manager:
                found.append((names[account], *row))
    columns = ["account_id", "day", "from_id", "to_id", "strength", "bond", "lapse"]
    table = pd.DataFrame(found, columns=columns)
    day = table["day"].to_numpy().astype("datetime64[D]")
    table["last_contact"] = day - table.pop("lapse").to_numpy().astype("m8[D]")
    return table.assign(from_side="us")
