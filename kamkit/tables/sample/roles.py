"""The table ``contact_roles``: part in buying, influence, stance, on two days; and joint teams."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.structure import wide_accounts
from kamkit.tables.sample.ties import BEFORE
from kamkit.tables.sample.world import AS_OF, World, days, pick

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
# Where many people are known, the parts are told apart: one of them releases the money.
_PARTS = {
    "purchasing": "gatekeeper",
    "engineering": "technical",
    "general_management": "influencer",
    "finance": "gatekeeper",
    "operations": "user",
    "quality": "technical;user",
    "logistics": "user",
    "board": "influencer",
    "administration": "gatekeeper",
    "it": "technical",
    "marketing": "influencer",
    "sales": "influencer",
}
_PHASES = {
    "purchasing": "compare;choose",
    "engineering": "recognise;compare",
    "general_management": "choose",
    "finance": "choose",
    "operations": "recognise;after_sale",
    "quality": "compare;after_sale",
    "logistics": "after_sale",
    "board": "choose",
}
_COLUMNS = ["account_id", "contact_id", "opportunity_id", "buyer_types", "phases", "influence"]
_COLUMNS += ["support", "as_of", "evidence"]


def build_contact_roles(world: World, contacts: pd.DataFrame, usual_number: int) -> pd.DataFrame:
    """The table ``contact_roles``: everybody as today, most as a year ago, larger deals apart."""
    usual = _usual(world, contacts.iloc[:usual_number])
    wide = _wide(world, contacts)
    usual = usual[~usual["account_id"].isin(wide["account_id"])]
    now = _warmth(world, pd.concat([usual, wide], ignore_index=True))
    before = _before(world, now, contacts)
    # Of some, the last word is a year old.
    stale = world.rng("stale_roles").random(len(now)) < 0.06
    stale &= ~now["account_id"].isin(wide["account_id"]).to_numpy()
    deals = _deal_roles(world, now)
    kept = now[~(stale & now["contact_id"].isin(before["contact_id"]).to_numpy())]
    return pd.concat([before, kept, deals], ignore_index=True)[_COLUMNS]


def _usual(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Roles of those who still work there, at accounts with few people on file."""
    rng = world.rng("contact_roles")
    here = contacts[contacts["left_on"].isna()]
    here = here[rng.random(len(here)) < 0.85]
    warm = rng.normal(0.35, 0.9, len(here))
    phases = ["recognise;compare", "compare;choose", "choose", "after_sale"]
    influence = np.clip(np.rint(here["level"] + rng.normal(0, 0.8, len(here))), 1, 5)
    return pd.DataFrame(
        {
            "account_id": here["account_id"],
            "contact_id": here["contact_id"],
            "buyer_types": here["function"].map(_TYPES),
            "phases": pick(rng, phases, len(here)),
            "influence": influence.astype(int),
            "support": np.clip(np.rint(warm), -2, 2).astype(int),
            "evidence": pick(rng, ["interview", "site_visit", "own_estimate"], len(here)),
        }
    )


def _wide(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """Roles at the largest customers: one economic buyer, one coach, four phases."""
    rng, plan = world.rng("wide_roles"), world.plan
    ids = plan["account_id"].to_numpy()[wide_accounts(world)]
    here = contacts[contacts["left_on"].isna() & contacts["account_id"].isin(ids)]
    types = here["function"].map(_PARTS).to_numpy(dtype=object)
    chief = (here["title"] == "general_manager").to_numpy()
    types[chief] = "economic"
    users = np.flatnonzero(here["function"].isin(["operations", "engineering", "quality"]))
    coach = pd.Series(users).groupby(here["account_id"].to_numpy()[users]).first().to_numpy()
    types[coach] = [f"{t};coach" for t in types[coach]]
    influence = np.clip(np.rint(here["level"] + rng.normal(0, 0.7, len(here))), 1, 5)
    support = np.clip(np.rint(rng.normal(0.5, 0.9, len(here))), -2, 2)
    influence[chief], support[coach] = 5, 2
    table = pd.DataFrame(
        {
            "account_id": here["account_id"],
            "contact_id": here["contact_id"],
            "buyer_types": types,
            "phases": here["function"].map(_PHASES).fillna("recognise"),
            "influence": influence.astype(int),
            "support": support.astype(int),
            "evidence": pick(rng, ["interview", "site_visit", "own_estimate"], len(here)),
        }
    )
    known = rng.random(len(here)) < 0.93
    known[coach] = True
    return table[known | chief]


def _warmth(world: World, now: pd.DataFrame) -> pd.DataFrame:
    """Stance where it is planned: friends are warm, those who leave are not."""
    structure = world.plan.set_index("account_id")["structure"].reindex(now["account_id"])
    support = now["support"].to_numpy().copy()
    friends = (structure == "personal").to_numpy()
    leaving = (structure == "leaving").to_numpy()
    support[friends] = np.maximum(support[friends], 1)
    support[leaving] = np.minimum(support[leaving], 0) - 1
    table = now.assign(support=np.clip(support, -2, 2), as_of=np.datetime64(AS_OF))
    return table.assign(opportunity_id=None)


def _before(world: World, now: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Roles as of a year ago: some stances differed, some people had not been met yet.

    Those who left within the year had a role then.
    """
    rng = world.rng("roles_before")
    shift = rng.choice([-1, 0, 1], p=[0.2, 0.64, 0.16], size=len(now))
    grade = rng.choice([-1, 0, 1], p=[0.07, 0.86, 0.07], size=len(now))
    table = now.assign(
        support=np.clip(now["support"] + shift, -2, 2),
        influence=np.clip(now["influence"] + grade, 1, 5),
        as_of=np.datetime64(BEFORE),
    )
    structure = world.plan.set_index("account_id")["structure"].reindex(now["account_id"])
    leaving = (structure == "leaving").to_numpy()
    table.loc[leaving, "support"] = np.clip(table.loc[leaving, "support"] + 3, 1, 2)
    table = table[(rng.random(len(now)) < 0.87) | leaving]
    left = days(contacts["left_on"])
    gone = contacts[(left > np.datetime64(BEFORE)) & (left <= np.datetime64(AS_OF))]
    lost = pd.DataFrame(
        {
            "account_id": gone["account_id"],
            "contact_id": gone["contact_id"],
            "opportunity_id": None,
            "buyer_types": gone["function"].map(_TYPES | _PARTS),
            "phases": gone["function"].map(_PHASES).fillna("recognise"),
            "influence": gone["level"].clip(2, 5),
            "support": rng.integers(0, 3, len(gone)),
            "evidence": "interview",
            "as_of": np.datetime64(BEFORE),
        }
    )
    return pd.concat([table, lost], ignore_index=True)


def _deal_roles(world: World, general: pd.DataFrame) -> pd.DataFrame:
    """Roles in the larger open deals: the same people, influence and support of their own."""
    rng = world.rng("deal_roles")
    deals = world.tables["opportunities"].query("status == 'open'")
    deals = deals.nlargest(max(12, len(deals) // 3), "amount", keep="first")
    part = deals[["opportunity_id", "account_id"]].merge(
        general.drop(columns="opportunity_id"), on="account_id"
    )
    part = part[rng.random(len(part)) < 0.6].copy()
    part["influence"] = (part["influence"] + rng.integers(-1, 2, len(part))).clip(1, 5)
    part["support"] = (part["support"] + rng.integers(-1, 2, len(part))).clip(-2, 2)
    return part


def build_joint_teams(world: World) -> pd.DataFrame:
    """The table ``joint_teams``: alive at synergistic accounts, one at most at others.

    The customer who is leaving has let its only team go.
    """
    rng, as_of = world.rng("joint_teams"), np.datetime64(AS_OF)
    plan = world.plan
    rows: list[tuple[object, ...]] = []
    for account in np.flatnonzero(plan["strategic"].to_numpy()).tolist():
        teams = rng.permutation(world.items("joint_teams"))[: rng.integers(2, 5)].tolist()
        joint = world.structure(account) == "synergistic"
        if joint:
            others = [t for t in teams if t != "joint_board"]
            teams = ["joint_board", *others, "operations", "npd"]
            teams = list(dict.fromkeys(teams))[: max(3, len(others) + 1)]
        for team in teams:
            start = np.datetime64("2023-03-01") + int(rng.integers(0, 900))
            lapse, us, them = (int(rng.integers(*ends)) for ends in ((5, 140), (2, 6), (2, 6)))
            if joint:
                rows.append((account, team, start, None, as_of - lapse, us, them))
    for account in np.flatnonzero(plan["structure"] == "partnership").tolist():
        if rng.random() < 0.6:
            rows.append(
                (account, "operations", np.datetime64("2024-09-16"), None, as_of - 41, 3, 3)
            )
    end = np.datetime64("2026-01-30")
    for account in world.role("churn").tolist():
        rows.append((account, "operations", np.datetime64("2023-05-15"), end, end - 120, 3, 3))
    columns = ["account", "team", "started_on", "ended_on", "last_meeting"]
    table = pd.DataFrame(rows, columns=[*columns, "members_us", "members_them"])
    table["account_id"] = plan["account_id"].to_numpy()[table.pop("account")]
    return table
