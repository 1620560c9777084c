"""The customers' voice: who was asked in the surveys, and what they answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.mood import HABIT, NOISE, WAVES, hidden_values, item_parts, levels
from kamkit.tables.sample.people import reps
from kamkit.tables.sample.structure import climber, still, wide_accounts
from kamkit.tables.sample.ties_planned import Crew
from kamkit.tables.sample.world import World, days

_ASKED = ["wave", "account_id", "respondent_id", "side", "invited_on", "responded_on"]
# Courtesy: asked about ourselves straight out, people answer kinder than they feel.
_POLITE = {"nps": 0.9, "csat": 0.35, "ces": 0.4}
_QUICK = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def _surveyed(world: World) -> np.ndarray:
    number = int(np.clip(round(0.3 * world.accounts), 8, 300))
    largest = np.argsort(-world.plan["s2025"].to_numpy(), kind="stable")[:number]
    return np.unique(np.concatenate([largest, world.role("churn", "lone", "disputed")]))


def asked_accounts(world: World) -> np.ndarray:
    """Positions of all accounts that take part in the surveys."""
    more = np.append(wide_accounts(world), still(world))
    return np.union1d(_surveyed(world), more)


def _usual(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The first four contacts who still work there, and the account's owner."""
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


def _further(
    world: World, contacts: pd.DataFrame, ties: pd.DataFrame, usual: pd.DataFrame
) -> pd.DataFrame:
    """At the largest customers: everybody whom we know, and everybody of ours who knows them."""
    rng = world.rng("wide_invitations")
    # Enough people answer where things truly get better.
    eager = world.account_id(climber(world))
    ids = world.plan["account_id"].to_numpy()[wide_accounts(world)]
    tied = ties[(ties["from_side"] == "us") & ties["account_id"].isin(ids) & (ties["strength"] > 0)]
    them = contacts[contacts["contact_id"].isin(tied["to_id"])]
    ours = tied[["account_id", "from_id"]].drop_duplicates()
    people = pd.concat(
        [
            pd.DataFrame(
                {"account_id": them["account_id"], "respondent_id": them["contact_id"]}
            ).assign(side="customer", left=days(them["left_on"])),
            pd.DataFrame(
                {
                    "account_id": ours["account_id"],
                    "respondent_id": ours["from_id"] + "-" + ours["account_id"],
                }
            ).assign(side="us", left=np.datetime64("NaT")),
        ],
        ignore_index=True,
    )
    parts = []
    for wave, start in WAVES.items():
        day = np.datetime64(start)
        left = days(people["left"])
        here = people[(np.isnat(left) | (left > day + 30))].drop(columns="left")
        willing = np.where(here["account_id"] == eager, 0.9, 0.55)
        answer = rng.random(len(here)) < np.where(here["side"] == "us", 0.85, willing)
        wait = rng.integers(1, 24, len(here)).astype("m8[D]")
        here = here.assign(wave=wave, invited_on=day)
        here["responded_on"] = np.where(answer, day + wait, np.datetime64("NaT"))
        parts.append(here)
    found = pd.concat(parts, ignore_index=True)
    known = pd.MultiIndex.from_frame(usual[["wave", "respondent_id"]])
    new = ~pd.MultiIndex.from_frame(found[["wave", "respondent_id"]]).isin(known)
    kept: pd.DataFrame = found.loc[new]
    return kept


def _changing(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The account where other people answer in the last wave: the harsh one out, a kind one in."""
    account = world.account_id(still(world))
    owner = str(Crew(world, still(world))["kam"])
    harsh, middle, kind = contacts.loc[contacts["account_id"] == account, "contact_id"].head(3)
    rows = []
    for wave, start in WAVES.items():
        day, last = np.datetime64(start), wave == list(WAVES)[-1]
        for person, side, answers in (
            (harsh, "customer", not last),
            (middle, "customer", True),
            (kind, "customer", last),
            (f"{owner}-{account}", "us", True),
        ):
            rows.append((wave, account, person, side, day, day + 6 if answers else None))
    return pd.DataFrame(rows, columns=_ASKED)


def build_invitations(
    world: World, contacts: pd.DataFrame, usual_number: int, ties: pd.DataFrame
) -> pd.DataFrame:
    """The table ``survey_invitations``; helper column ``part`` says how people were chosen."""
    usual = _usual(world, contacts.iloc[:usual_number])
    further = _further(world, contacts, ties, usual)
    changing = _changing(world, contacts)
    table = pd.concat(
        [usual.assign(part=0), further.assign(part=1), changing.assign(part=2)], ignore_index=True
    )
    table["responded_on"] = pd.to_datetime(table["responded_on"])
    return table


def _unheard(world: World, table: pd.DataFrame, contacts: pd.DataFrame) -> np.ndarray:
    """Rows that were drawn but don't count: whom nobody reaches, and an account set by hand."""
    plan = world.plan
    account = world.account_id(still(world))
    blind = plan["account_id"].to_numpy()[plan["structure"] == "blind"]
    chiefs = contacts["function"].isin(["general_management", "board"])
    hidden = contacts.loc[contacts["account_id"].isin(blind) & chiefs, "contact_id"]
    unheard = (table["account_id"] == account) & (table["part"] < 2)
    found: np.ndarray = (unheard | table["respondent_id"].isin(hidden)).to_numpy()
    return found


def build_responses(
    world: World, invitations: pd.DataFrame, contacts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The table ``survey_responses``: 1 to 7, two items in reverse, and three quick questions.

    Returns the invitations that count, the answers to them, and the hidden values behind them.
    """
    rng = world.rng("responses")
    usual = invitations[invitations["part"] == 0]
    given = usual[usual["responded_on"].notna()].reset_index(drop=True)
    person = pd.factorize(given["respondent_id"])[0]
    habit = rng.normal(0, HABIT, person.max() + 1)[person]
    parts = item_parts(world, rng)
    answers = [_answers(world, given, habit, parts, rng)]
    rest = world.rng("wide_responses")
    more = invitations[(invitations["part"] > 0) & invitations["responded_on"].notna()]
    more = more.reset_index(drop=True)
    known = dict(zip(given["respondent_id"], habit, strict=True))
    drawn = rest.normal(0, HABIT, len(more))
    first = ~more["respondent_id"].duplicated()
    known = dict(zip(more["respondent_id"][first], drawn[first], strict=True)) | known
    own = more["respondent_id"].map(known).to_numpy(dtype=float)
    answers.append(_answers(world, more, _set_habits(world, more, own), parts, rest))
    table = pd.concat(answers, ignore_index=True)
    unheard = _unheard(world, invitations, contacts)
    lost = _unheard(world, table, contacts)
    hidden = hidden_values(world, asked_accounts(world), parts)
    return invitations.loc[~unheard, _ASKED], table.loc[~lost].drop(columns="part"), hidden


def _set_habits(world: World, given: pd.DataFrame, habit: np.ndarray) -> np.ndarray:
    """People of the account set by hand: one harsh, one as the account is, one kind."""
    mine = (given["part"] == 2) & (given["side"] == "customer")
    people = sorted(given.loc[mine, "respondent_id"].unique())
    fixed = given["respondent_id"].map(dict(zip(people, (-1.1, 0.0, 1.1), strict=True)))
    found: np.ndarray = np.where(mine, fixed, habit).astype(float)
    return found


def _answers(
    world: World,
    given: pd.DataFrame,
    habit: np.ndarray,
    parts: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Answers to all items by the given people."""
    items = np.asarray(world.items("survey_items"), dtype=object)
    place = pd.Series(np.arange(world.accounts), index=world.plan["account_id"])
    account = place[given["account_id"]].to_numpy()
    wave = given["wave"].map({w: k for k, w in enumerate(WAVES)}).to_numpy()
    ours = (given["side"] == "us").to_numpy()
    level = levels(world)[account, wave, ours.astype(int)] + habit
    score = level[:, None] + parts[account] + rng.normal(0, NOISE, (len(given), len(items)))
    score = np.clip(np.rint(score), 1, 7)
    reverse = np.isin(items, world.items("reverse_items"))
    score[:, reverse] = 8 - score[:, reverse]
    score[rng.random(score.shape) < 0.015] = np.nan
    columns = ["wave", "account_id", "respondent_id", "side", "part"]
    table = given.loc[np.repeat(given.index, len(items)), columns].reset_index(drop=True)
    table["item"] = np.tile(items, len(given))
    table["score"] = score.ravel()
    quick = world.rng(f"quick_{int(given['part'].max())}")
    return pd.concat([table, _quick(given[columns][~ours], level[~ours], quick)], ignore_index=True)


def _quick(given: pd.DataFrame, level: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Recommendation (0–10), satisfaction (1–5) and ease (1–7), customers only."""
    frames = []
    for item, (low, high) in _QUICK.items():
        felt = low + (level - 1) / 6 * (high - low) + _POLITE[item]
        noise = rng.normal(0, 0.09 * (high - low), len(given))
        score = np.clip(np.rint(felt + noise), low, high)
        score[rng.random(len(given)) < 0.03] = np.nan
        frames.append(given.assign(item=item, score=score))
    return pd.concat(frames, ignore_index=True)
