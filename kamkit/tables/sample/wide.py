"""More people at the largest customers: several in each function, on several levels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.contacts import MOTIVES, NEEDS, STEPS, TITLES
from kamkit.tables.sample.people import person_names
from kamkit.tables.sample.structure import PEOPLE, still, wide_accounts
from kamkit.tables.sample.world import World, pick

# Function, title, level of those who join the usual eight.
_MORE = (
    ("engineering", "design_engineer", 2),
    ("operations", "plant_director", 4),
    ("purchasing", "purchasing_director", 4),
    ("quality", "quality_engineer", 1),
    ("finance", "finance_director", 4),
    ("administration", "office_manager", 2),
    ("logistics", "warehouse_supervisor", 1),
    ("engineering", "rd_director", 4),
    ("operations", "line_supervisor", 1),
    ("general_management", "deputy_general_manager", 4),
    ("purchasing", "category_buyer", 2),
    ("board", "board_member", 5),
    ("it", "it_manager", 3),
    ("marketing", "marketing_manager", 3),
    ("sales", "sales_vp", 4),
)


def _places(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Who is added where: account, number in the account, function, title, level."""
    rng = world.rng("wide")
    there = contacts.groupby("account_id").size()
    usual = [(f, *TITLES[f]) for f in world.items("functions")]
    rows = []
    for account in wide_accounts(world).tolist():
        low, high = PEOPLE[world.structure(account)]
        wanted = int(rng.integers(low, high + 1))
        name = world.account_id(account)
        begin = int(there[name])
        people = [*usual[begin:], *_MORE][: max(0, wanted - begin)]
        rows += [(name, begin + k + 1, *person) for k, person in enumerate(people)]
    return pd.DataFrame(rows, columns=["account_id", "number", "function", "title", "level"])


def _names(world: World, contacts: pd.DataFrame, places: pd.DataFrame) -> list[tuple[str, str]]:
    """Names that nobody else of the same account bears."""
    pool = person_names(world, len(contacts) + 3 * len(places), "contact_names")[len(contacts) :]
    taken = contacts.groupby("account_id")["name_en"].agg(set).to_dict()
    found, left = [], list(pool)
    for account in places["account_id"]:
        at = next(k for k, name in enumerate(left) if name[1] not in taken[account])
        taken[account].add(left[at][1])
        found.append(left.pop(at))
    return found


def add_contacts(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``contacts`` with the further people of the largest customers."""
    rng, places = world.rng("wide_people"), _places(world, contacts)
    names, number = _names(world, contacts, places), len(places)
    left = np.full(number, np.datetime64("NaT"), dtype="datetime64[D]")
    planned = world.plan.set_index("account_id")["structure"].reindex(places["account_id"])
    free = planned.isin(["synergistic", "partnership", "mid"]).to_numpy()
    gone = free & (rng.random(number) < 0.14) & (places["level"] < 4).to_numpy()
    left[gone] = np.datetime64("2025-08-04") + rng.integers(0, 290, gone.sum()).astype("m8[D]")
    ids = [f"{a}-C{n:02d}" for a, n in zip(places["account_id"], places["number"], strict=True)]
    more = pd.DataFrame(
        {
            "contact_id": ids,
            "account_id": places["account_id"],
            "name_zh": [name[0] for name in names],
            "name_en": [name[1] for name in names],
            "title": places["title"],
            "function": places["function"],
            "level": places["level"],
            "left_on": left,
            "motivation": pick(rng, MOTIVES, number),
            "needs": [";".join(rng.permutation(NEEDS)[:3]) for _ in range(number)],
            "preferred_channel": pick(rng, ["visit", "phone", "email", "video"], number),
            "wished_contact_days": pick(rng, [14, 30, 60, 90], number, [1, 4, 4, 3]).astype(int),
            "deepen": pick(rng, STEPS, number),
        }
    )
    _forget(more, rng)
    both = pd.concat([contacts, more], ignore_index=True)
    # Planted accounts rest on these people.
    blind = world.plan["account_id"].to_numpy()[world.plan["structure"] == "blind"]
    stay = both["account_id"].isin(blind)
    stay |= both["account_id"] == world.account_id(still(world))
    wide = world.plan["account_id"].to_numpy()[wide_accounts(world)]
    stay |= both["account_id"].isin(wide) & (both["title"] == "general_manager")
    both.loc[stay, "left_on"] = np.datetime64("NaT")
    return both


def _forget(more: pd.DataFrame, rng: np.random.Generator) -> None:
    """Nobody knows everything about everybody: one profile field in eight is empty."""
    for column in ("motivation", "needs", "preferred_channel", "deepen"):
        more[column] = more[column].where(rng.random(len(more)) > 0.12, None)


def meet_more_people(
    world: World, interactions: pd.DataFrame, contacts: pd.DataFrame, ties: pd.DataFrame
) -> pd.DataFrame:
    """Contacts made at the largest customers, spread over the people that we are tied to.

    Dates, minutes, channels and our people stay as they are.
    """
    rng = world.rng("wide_meetings")
    table = interactions.reset_index(drop=True)
    wide = world.plan["account_id"].to_numpy()[wide_accounts(world)]
    tied = ties[(ties["from_side"] == "us") & (ties["strength"] >= 2)]
    left = contacts.set_index("contact_id")["left_on"]
    met = table["contact_id"].to_numpy(dtype=object).copy()
    # Those tied on the later date may not be the ones tied before; either may have been met.
    for account in wide:
        people = sorted(tied.loc[tied["account_id"] == account, "to_id"].unique())
        mine = np.flatnonzero((table["account_id"] == account) & (table["made_by"] == "human"))
        if not people or not len(mine):
            continue
        strange = ~np.isin(met[mine], people)
        moved = mine[strange | (rng.random(len(mine)) < 0.55)]
        spot = np.floor(len(people) * rng.random(len(moved)) ** 1.3).astype(int)
        chosen = np.asarray(people, dtype=object)[spot]
        gone = (left.reindex(chosen) <= table["date"].to_numpy()[moved]).to_numpy()
        met[moved] = np.where(gone, people[0], chosen)
        late = (left.reindex(met[moved]) <= table["date"].to_numpy()[moved]).to_numpy()
        met[moved[late]] = None
    return table.assign(contact_id=met)
