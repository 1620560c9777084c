"""The customers' voice: surveys from both sides and service cases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import AS_OF, World, days, pick

WAVES = {
    "2024H2": "2024-11-11",
    "2025H1": "2025-05-12",
    "2025H2": "2025-11-10",
    "2026H1": "2026-05-11",
}
_CASES = {"2024H1": 1, "2024H2": 1, "2025H1": 3, "2025H2": 6, "2026H1": 9}


def _surveyed(world: World) -> np.ndarray:
    number = int(np.clip(round(0.3 * world.accounts), 8, 300))
    largest = np.argsort(-world.plan["s2025"].to_numpy(), kind="stable")[:number]
    return np.unique(np.concatenate([largest, world.role("churn", "lone", "disputed")]))


def build_invitations(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``survey_invitations``: contacts who still work there, and the account's owner."""
    rng, plan = world.rng("invitations"), world.plan
    accounts = _surveyed(world)
    ids = plan["account_id"].to_numpy()[accounts]
    churn = plan["account_id"].to_numpy()[world.role("churn")]
    owner = reps(world)["member_id"].to_numpy()[plan["territory"].to_numpy()[accounts]]
    near = contacts[contacts["account_id"].isin(ids)].groupby("account_id").head(4)
    parts = []
    for wave, start in WAVES.items():
        day = np.datetime64(start)
        left = days(near["left_on"])
        here = near[np.isnat(left) | (left > day)]
        them = pd.DataFrame({"account_id": here["account_id"], "respondent_id": here["contact_id"]})
        us = pd.DataFrame(
            {
                "account_id": ids,
                "respondent_id": [f"{m}-{a}" for m, a in zip(owner, ids, strict=True)],
            }
        )
        both = pd.concat([them.assign(side="customer"), us.assign(side="us")], ignore_index=True)
        answer = rng.random(len(both)) < np.where(both["side"] == "us", 0.9, 0.58)
        answer |= both["account_id"].isin(churn).to_numpy()
        wait = rng.integers(1, 24, len(both)).astype("m8[D]")
        both["wave"], both["invited_on"] = wave, day
        both["responded_on"] = np.where(answer, day + wait, np.datetime64("NaT"))
        parts.append(both)
    return pd.concat(parts, ignore_index=True)


def build_responses(world: World, invitations: pd.DataFrame) -> pd.DataFrame:
    """The table ``survey_responses``: scores from 1 to 7; two items are worded in reverse."""
    rng = world.rng("responses")
    items = np.asarray(world.items("survey_items"), dtype=object)
    place = pd.Series(np.arange(world.accounts), index=world.plan["account_id"])
    given = invitations[invitations["responded_on"].notna()].reset_index(drop=True)
    account = place[given["account_id"]].to_numpy()
    mood = world.rng("mood").normal(5.2, 0.55, world.accounts)
    person = pd.factorize(given["respondent_id"])[0]
    habit = rng.normal(0, 0.4, person.max() + 1)[person]
    wave = given["wave"].map({w: k for k, w in enumerate(WAVES)}).to_numpy()
    level = mood[account] + habit + np.where(given["side"] == "us", 0.3, 0.0)
    churn = np.isin(account, world.role("churn")) & (given["side"] == "customer").to_numpy()
    level = np.where(churn, 5.9 - 1.15 * wave, level)
    part = rng.normal(0, 0.35, (world.accounts, len(items)))[account]
    score = level[:, None] + part + rng.normal(0, 0.65, (len(given), len(items)))
    score = np.clip(np.rint(score), 1, 7)
    reverse = np.isin(items, world.items("reverse_items"))
    score[:, reverse] = 8 - score[:, reverse]
    score[rng.random(score.shape) < 0.015] = np.nan
    table = given[["wave", "account_id", "respondent_id", "side"]]
    table = table.loc[np.repeat(table.index, len(items))].reset_index(drop=True)
    table["item"] = np.tile(items, len(given))
    table["score"] = score.ravel()
    return table


def build_cases(world: World) -> pd.DataFrame:
    """The table ``service_cases``; complaints pile up at the account that is leaving."""
    rng, plan = world.rng("cases"), world.plan
    active = (plan["s2025"] > 0).to_numpy() | (plan["s2024"] > 0).to_numpy()
    busy = np.clip(np.sqrt(plan["s2025"].to_numpy() / 1e9) * 1.3, 0.15, 7) * active
    busy[world.role("churn")] = 0
    account = np.repeat(np.arange(world.accounts), rng.poisson(busy))
    first = np.datetime64("2024-01-08")
    span = int((np.datetime64(AS_OF) - first).astype(int)) - 12
    opened = first + rng.integers(0, span, len(account)).astype("m8[D]")
    extra = []
    for half, number in _CASES.items():
        begin = np.datetime64(f"{half[:4]}-0{1 if half[-1] == '1' else 7}-05")
        extra.append(begin + rng.integers(0, 165, number).astype("m8[D]"))
    late = np.concatenate(extra)
    account = np.r_[account, np.repeat(world.role("churn")[0], len(late))]
    opened = np.r_[opened, late].astype("datetime64[D]")
    wait = rng.integers(0, 5, len(account)).astype("m8[D]")
    done = opened + wait + rng.geometric(0.09, len(account)).astype("m8[D]")
    as_of = np.datetime64(AS_OF)
    answered = opened + wait
    table = pd.DataFrame(
        {
            "account_id": plan["account_id"].to_numpy()[account],
            "opened_on": opened,
            "responded_on": np.where(answered <= as_of, answered, np.datetime64("NaT")),
            "closed_on": np.where(done <= as_of, done, np.datetime64("NaT")),
            "category": pick(rng, world.items("case_categories"), len(account), [5, 4, 2, 3, 1]),
            "severity": rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1], size=len(account)),
            "detected_by": pick(rng, ["us", "customer"], len(account), [35, 65]),
            "cost": np.round(300 * np.exp(rng.normal(1.6, 0.8, len(account))), -1),
            "currency": "CNY",
        }
    )
    leaving = table["account_id"].isin(plan["account_id"].iloc[world.role("churn")])
    table.loc[leaving, "detected_by"] = "customer"
    table = table.sort_values(["opened_on", "account_id", "category"], kind="stable")
    table = table.reset_index(drop=True)
    table.insert(0, "case_id", [f"S{i:05d}" for i in range(1, len(table) + 1)])
    same = table.groupby(["account_id", "category"])["case_id"].shift()
    table["repeat_of"] = same.where(rng.random(len(table)) < 0.25)
    return table
