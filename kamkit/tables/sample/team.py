"""The team: appraisal ratings, role profiles, pay plans, potential of the territories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import MANAGER, REP, reps
from kamkit.tables.sample.world import World, rate

PERIODS = ("2024", "2025")
SEVERE = 1  # position of the severe rater among the sales managers


def rater_pairs(world: World) -> pd.DataFrame:
    """Who rates whom: own and next team's manager, self, peers, two customers."""
    members = world.tables["members"]
    managers = members.loc[members["role"] == MANAGER, "member_id"].to_numpy()
    crew = reps(world)
    team = crew["manager_id"].map({m: k for k, m in enumerate(managers)}).to_numpy()
    contacts = world.tables["contacts"]
    owner = world.tables["accounts"].set_index("account_id")["owner_id"]
    client = contacts[contacts["left_on"].isna()].groupby("account_id").head(1)
    client = client.assign(owner=client["account_id"].map(owner))
    rows = []
    for k, member in enumerate(crew["member_id"]):
        own = managers[team[k]]
        rows.append((member, own, "manager"))
        rows.append((member, managers[(team[k] + 1) % len(managers)], "manager"))
        rows.append((member, member, "self"))
        mates = crew.loc[(team == team[k]) & (crew["member_id"] != member), "member_id"]
        rows += [(member, mate, "peer") for mate in mates[:3]]
        known = client.loc[client["owner"] == member, "contact_id"][:2]
        rows += [(member, contact, "customer") for contact in known]
    return pd.DataFrame(rows, columns=["ratee_id", "rater_id", "source"])


def draw_ability(rng: np.random.Generator, people: int, competencies: int) -> np.ndarray:
    """What each person can do, by competency, on the scale from 1 to 5."""
    usual = rng.normal(3.75, 0.28, (people, 1))
    ability: np.ndarray = usual + rng.normal(0, 0.3, (people, competencies))
    return ability


def build_ratings(world: World) -> pd.DataFrame:
    """The table ``ratings``. One manager rates about a full point lower than everybody else."""
    rng = world.rng("ratings")
    pairs = rater_pairs(world)
    names = world.items("competencies")
    crew = reps(world)["member_id"].to_numpy()
    place = pd.Series(np.arange(len(crew)), index=crew)[pairs["ratee_id"]].to_numpy()
    ability = draw_ability(rng, len(crew), len(names))
    raters, code = np.unique(pairs["rater_id"].to_numpy(dtype=str), return_inverse=True)
    strict = np.clip(rng.normal(0, 0.12, len(raters)), -0.2, 0.2)
    members = world.tables["members"]
    managers = members.loc[members["role"] == MANAGER, "member_id"].to_numpy()
    strict[raters == managers[SEVERE]] = -1.05
    kind = pairs["source"].map({"self": 0.25, "peer": 0.05, "customer": 0.0, "manager": 0.0})
    parts = []
    for turn, period in enumerate(PERIODS):
        level = ability[place] + 0.08 * turn + (strict[code] + kind.to_numpy())[:, None]
        score = np.rint(level + rng.normal(0, 0.42, level.shape))
        frame = pairs.loc[np.repeat(pairs.index, len(names))].reset_index(drop=True)
        frame["competency"] = np.tile(names, len(pairs))
        frame["period"], frame["score"] = period, np.clip(score, 1, 5).ravel()
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def last_ratings(world: World) -> pd.DataFrame:
    """What others said in the last period, without self-ratings."""
    table = world.tables["ratings"]
    return table[(table["period"] == PERIODS[-1]) & (table["source"] != "self")]


def build_role_profiles(world: World) -> pd.DataFrame:
    """The table ``role_profiles``: level that each role needs."""
    names = world.items("competencies")
    levels = {
        REP: [4, 4, 5, 4, 4, 4, 3, 4],
        MANAGER: [3, 5, 4, 4, 3, 5, 5, 4],
        "application_engineer": [5, 3, 2, 4, 5, 3, 3, 4],
        "key_account_assistant": [3, 3, 3, 3, 2, 4, 4, 5],
    }
    rows = [
        {"role": role, "competency": name, "target_level": level, "weight": float(level)}
        for role, wanted in levels.items()
        for name, level in zip(names, wanted, strict=True)
    ]
    return pd.DataFrame(rows)


def build_pay_plans() -> pd.DataFrame:
    """The table ``pay_plans``: a plan in force and one under discussion."""
    plans = [
        ("P1", REP, 180_000, 120_000, {"sales": 0.7, "gross_profit": 0.2, "satisfaction": 0.1}),
        ("P2", REP, 180_000, 120_000, {"sales": 0.35, "gross_profit": 0.45, "satisfaction": 0.2}),
        ("P3", MANAGER, 300_000, 180_000, {"sales": 0.5, "gross_profit": 0.3, "satisfaction": 0.2}),
    ]
    rows = [
        {
            "plan_id": plan,
            "role": role,
            "kpi": kpi,
            "base": float(base),
            "variable_target": float(variable),
            "weight": weight,
            "threshold": 0.7,
            "cap": 1.5,
            "accelerator": 1.5 if kpi == "sales" else 1.0,
            "currency": "CNY",
        }
        for plan, role, base, variable, weights in plans
        for kpi, weight in weights.items()
    ]
    return pd.DataFrame(rows)


def set_potential(world: World) -> pd.DataFrame:
    """``territories`` with potential: what all firms there, listed or not, spend in a year.

    The last territory is poor; its rep takes a larger part of it than most others of theirs.
    """
    plan, rng = world.plan, world.rng("potential")
    table = world.tables["territories"].copy()
    years = world.tables["account_years"]
    spend = years[years["year"] == 2025].set_index("account_id")["category_spend"]
    sold = plan.groupby("territory")["s2025"].sum() / 100
    listed = plan["account_id"].map(spend).fillna(plan["s2025"] / 100 / plan["wallet25"])
    listed = listed.groupby(plan["territory"]).sum()
    index = np.arange(len(table))
    taken = np.minimum(rate(rng, 0.19, 0.3, len(table)), 0.92 * (sold / listed)[index].to_numpy())
    taken[-1] = min(np.quantile(taken[:-1], 0.8), 0.95 * sold.iloc[-1] / listed.iloc[-1])
    table["potential"] = np.round(sold[index].to_numpy() / taken, -4)
    table["market_growth"] = np.round(world.rng("market").normal(0.05, 0.03, len(table)), 3)
    return table
