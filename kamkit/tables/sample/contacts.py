"""People at the customers: ``contacts``, ``contact_roles``, ``ties``, ``joint_teams``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import person_names, reps
from kamkit.tables.sample.world import AS_OF, World, days, pick

_TITLES = {
    "purchasing": ("buyer", 3),
    "engineering": ("chief_engineer", 4),
    "general_management": ("general_manager", 5),
    "finance": ("finance_manager", 3),
    "operations": ("operations_manager", 3),
    "quality": ("quality_manager", 2),
    "logistics": ("logistics_manager", 2),
    "board": ("chairman", 5),
}
_TYPES = {
    "purchasing": "user;economic",
    "engineering": "technical",
    "general_management": "economic",
    "finance": "economic",
    "operations": "user",
    "quality": "technical;user",
    "logistics": "user",
    "board": "economic",
}
_MOTIVES = ["wants_low_risk", "wants_recognition", "wants_savings", "wants_innovation"]
_NEEDS = ["on_time", "stable_quality", "total_cost", "fast_answer", "new_technology"]
_STEPS = ["joint_workshop", "plant_visit", "monthly_call"]
CHURN_LEFT = "2026-02-27"


def contact_counts(world: World) -> np.ndarray:
    """Contacts per account: more people are known at larger customers."""
    plan, rng = world.plan, world.rng("contact_counts")
    sales = np.maximum(plan["s2025"].to_numpy(), plan["s2024"].to_numpy()) / 100
    main, key = world.setting("main_cut"), world.setting("key_cut")
    count = 1 + rng.integers(0, 2, len(plan))
    count = np.where(sales >= main * 0.4, 2 + rng.integers(0, 3, len(plan)), count)
    count = np.where(sales >= main, 4 + rng.integers(0, 2, len(plan)), count)
    count = np.where(sales >= key, 6 + rng.integers(0, 3, len(plan)), count)
    count[world.role("lone")], count[world.role("churn")] = 5, 5
    count[world.role("holding")] = 2
    return count


def build_contacts(world: World) -> pd.DataFrame:
    """The table ``contacts``. The first contact of an account is our main one."""
    rng, count = world.rng("contacts"), contact_counts(world)
    account = np.repeat(np.arange(world.accounts), count)
    number = np.arange(len(account)) - np.repeat(np.cumsum(count) - count, count)
    functions = np.asarray(world.items("functions"), dtype=object)
    function = functions[number % len(functions)]
    ids = world.plan["account_id"].to_numpy()[account]
    names = person_names(world, len(account), "contact_names")
    level = np.array([_TITLES[f][1] for f in function])
    left = np.full(len(account), np.datetime64("NaT"), dtype="datetime64[D]")
    gone = (rng.random(len(account)) < 0.07) & (number > 1)
    gone &= ~np.isin(account, world.role("lone", "churn"))
    left[gone] = np.datetime64("2024-06-01") + rng.integers(0, 700, gone.sum()).astype("m8[D]")
    left[np.isin(account, world.role("churn")) & (number == 0)] = np.datetime64(CHURN_LEFT)
    needs = np.array([";".join(rng.permutation(_NEEDS)[:3]) for _ in account], dtype=object)
    return pd.DataFrame(
        {
            "contact_id": [f"{a}-C{n + 1:02d}" for a, n in zip(ids, number, strict=True)],
            "account_id": ids,
            "name_zh": [name[0] for name in names],
            "name_en": [name[1] for name in names],
            "title": [_TITLES[f][0] for f in function],
            "function": function,
            "level": level,
            "left_on": left,
            "motivation": pick(rng, _MOTIVES, len(account)),
            "needs": needs,
            "preferred_channel": pick(rng, ["visit", "phone", "email", "video"], len(account)),
            "wished_contact_days": pick(rng, [14, 30, 60, 90], len(account), [2, 4, 3, 2]).astype(
                int
            ),
            "deepen": pick(rng, _STEPS, len(account)),
        }
    )


def build_contact_roles(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``contact_roles`` of those who still work there."""
    rng = world.rng("contact_roles")
    here = contacts[contacts["left_on"].isna()]
    here = here[rng.random(len(here)) < 0.85]
    warm = rng.normal(0.35, 0.9, len(here))
    phases = ["recognise;compare", "compare;choose", "choose", "after_sale"]
    influence = np.clip(np.rint(here["level"] + rng.normal(0, 0.8, len(here))), 1, 5)
    table = pd.DataFrame(
        {
            "account_id": here["account_id"],
            "contact_id": here["contact_id"],
            "opportunity_id": None,
            "buyer_types": here["function"].map(_TYPES),
            "phases": pick(rng, phases, len(here)),
            "influence": influence.astype(int),
            "support": np.clip(np.rint(warm), -2, 2).astype(int),
            "as_of": np.datetime64("2026-05-29"),
            "evidence": pick(rng, ["interview", "site_visit", "own_estimate"], len(here)),
        }
    )
    return pd.concat([table, _deal_roles(world, table, rng)], ignore_index=True)


def _deal_roles(world: World, general: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Roles in the larger open deals: the same people, influence and support of their own."""
    deals = world.tables["opportunities"].query("status == 'open'")
    deals = deals.nlargest(max(12, len(deals) // 3), "amount", keep="first")
    part = deals[["opportunity_id", "account_id"]].merge(
        general.drop(columns="opportunity_id"), on="account_id"
    )
    part = part[rng.random(len(part)) < 0.6].copy()
    part["influence"] = (part["influence"] + rng.integers(-1, 2, len(part))).clip(1, 5)
    part["support"] = (part["support"] + rng.integers(-1, 2, len(part))).clip(-2, 2)
    return part


def _our_people(world: World, account: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Owner for most ties, else somebody from support or the head office."""
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[account]]
    members = world.tables["members"]
    others = members.loc[members["team"].isin(["support", "head_office"]), "member_id"]
    other = pick(rng, others.tolist(), len(account))
    return np.where(rng.random(len(account)) < 0.6, owner, other)


def build_ties(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``ties``: who knows whom, how well.

    One lucrative account hangs on a single contact: everybody else there is a stranger.
    """
    rng, as_of = world.rng("ties"), np.datetime64(AS_OF)
    place = pd.Series(np.arange(world.accounts), index=world.plan["account_id"])
    account = place[contacts["account_id"]].to_numpy()
    first = ~contacts["account_id"].duplicated().to_numpy()
    quiet = world.role("lone")
    tied = first | ((rng.random(len(contacts)) < 0.72) & ~np.isin(account, quiet))
    second = contacts.groupby("account_id").cumcount().to_numpy() <= 2
    tied |= second & ~np.isin(account, quiet)
    spot = np.flatnonzero(tied)
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[account[spot]]]
    ours = np.where(first[spot], owner, _our_people(world, account[spot], rng))
    strength = np.clip(np.rint(rng.normal(2.3, 0.9, len(spot))), 1, 4)
    strength = np.where(first[spot], np.maximum(strength, 3), strength)
    early = second[spot] & (world.plan["s2025"].to_numpy()[account[spot]] > 0)
    strength = np.where(early, np.maximum(strength, 2), strength).astype(int)
    last = as_of - rng.integers(4, 160, len(spot)).astype("m8[D]")
    left = days(contacts["left_on"].to_numpy()[spot])
    last = np.where(np.isnat(left), last, np.minimum(last, left - 10))
    bond = pick(rng, ["value", "personal"], len(spot), [6, 4])
    table = pd.DataFrame(
        {
            "account_id": contacts["account_id"].to_numpy()[spot],
            "from_id": ours,
            "to_id": contacts["contact_id"].to_numpy()[spot],
            "from_side": "us",
            "strength": np.where(np.isnat(left), strength, 0),
            "bond": bond,
            "last_contact": last,
            "as_of": as_of,
        }
    )
    return pd.concat([table, _inner_ties(world, contacts, rng), _rival_ties(world, contacts, rng)])


def _inner_ties(world: World, contacts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Ties among the customer's own people: each reports to the one named before."""
    here = contacts[contacts["left_on"].isna()]
    same = here["account_id"].eq(here["account_id"].shift())
    frame = {"account_id": here["account_id"], "from_id": here["contact_id"].shift()}
    frame |= {"to_id": here["contact_id"]}
    table = pd.DataFrame(frame)[same].assign(from_side="customer")
    table["strength"] = rng.integers(1, 5, len(table))
    table["bond"] = "value"
    table["as_of"] = np.datetime64(AS_OF)
    return table


def _rival_ties(world: World, contacts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What we know of rivals' ties."""
    here = contacts[contacts["left_on"].isna() & contacts["level"].ge(3)]
    here = here[rng.random(len(here)) < 0.18]
    frame = {"account_id": here["account_id"], "to_id": here["contact_id"]}
    table = pd.DataFrame(frame | {"from_side": "competitor", "bond": "personal"})
    table["from_id"] = pick(rng, list(world.data["rivals"]), len(table))
    table["strength"] = rng.integers(1, 4, len(table))
    table["as_of"] = np.datetime64(AS_OF)
    return table


def build_joint_teams(world: World) -> pd.DataFrame:
    """The table ``joint_teams``: the strategic customers and a few more."""
    rng = world.rng("joint_teams")
    close = np.flatnonzero(world.plan["strategic"].to_numpy())
    rows = []
    for account in close.tolist():
        for team in rng.permutation(world.items("joint_teams"))[: rng.integers(2, 5)]:
            start = np.datetime64("2023-03-01") + int(rng.integers(0, 900))
            rows.append(
                {
                    "account_id": world.plan["account_id"].iat[account],
                    "team": team,
                    "started_on": start,
                    "last_meeting": np.datetime64(AS_OF) - int(rng.integers(5, 140)),
                    "members_us": int(rng.integers(2, 6)),
                    "members_them": int(rng.integers(2, 6)),
                }
            )
    return pd.DataFrame(rows)
