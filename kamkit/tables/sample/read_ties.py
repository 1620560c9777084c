"""What the tables say about people and ties on one day: the readings that the truths rest on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamkit.schemes.relationship import relationship_scheme

Tables = Mapping[str, pd.DataFrame]
TODAY = pd.Timestamp("2026-06-30")
LIVE, FRESH_DAYS = 2, 180


def ties_on(tables: Tables, day: pd.Timestamp = TODAY) -> pd.DataFrame:
    """Our ties as known on a day: the last row of each pair and bond, people who are still there.

    >>> from kamkit.tables.sample import generate
    >>> ties_on(generate("it", seed=1, accounts=20))["as_of"].nunique()
    1
    """
    ties = tables["ties"]
    ties = ties[(ties["from_side"] == "us") & ~(ties["as_of"] > day)]
    ties = ties.sort_values("as_of", kind="stable")
    ties = ties.drop_duplicates(["from_id", "to_id", "bond"], keep="last")
    here = people_on(tables, day)["contact_id"]
    return ties[ties["to_id"].isin(here)].reset_index(drop=True)


def people_on(tables: Tables, day: pd.Timestamp = TODAY) -> pd.DataFrame:
    """Contacts who work there on a day."""
    people = tables["contacts"]
    return people[~(people["left_on"] <= day)]


def roles_on(tables: Tables, day: pd.Timestamp = TODAY) -> pd.DataFrame:
    """The account's own roles as known on a day, of those who are still there."""
    roles = tables["contact_roles"]
    roles = roles[roles["opportunity_id"].isna() & ~(roles["as_of"] > day)]
    roles = roles.sort_values("as_of", kind="stable").drop_duplicates("contact_id", keep="last")
    return roles[roles["contact_id"].isin(people_on(tables, day)["contact_id"])]


def bond_levels(tables: Tables) -> pd.DataFrame:
    """Mean of each contact's best personal and value tie, as shares of 4, by account_id."""
    people, ties = people_on(tables), ties_on(tables)
    best = ties.pivot_table("strength", "to_id", "bond", "max").reindex(people["contact_id"])
    best = best.reindex(columns=["personal", "value"]).fillna(0.0) / 4
    return best.groupby(people["account_id"].to_numpy()).mean()


def friends_without_value(tables: Tables) -> pd.Index:
    """Accounts with five people or more, warm personal ties and hardly a business tie (X17)."""
    levels = bond_levels(tables)
    size = people_on(tables).groupby("account_id").size().reindex(levels.index)
    return levels.index[(size >= 5) & (levels["personal"] >= 0.5) & (levels["value"] <= 0.25)]


def structures_on(tables: Tables, day: pd.Timestamp = TODAY) -> pd.DataFrame:
    """What the five drawings show (S103), counted for every account, with the stage it makes.

    Returns columns by account_id: any_ties, main_tie, functions_known, threads, our_people,
    functions_them, levels_them, direct_functions, broker_share, joint_teams, board_meetings,
    stage ("" where nobody is known). Needs of the stages are those of the scheme (house).
    """
    people = people_on(tables, day)
    index = pd.Index(tables["accounts"]["account_id"])
    ties = ties_on(tables, day)
    best = ties.groupby(["account_id", "from_id", "to_id"])["strength"].max().reset_index()
    pairs = best.merge(people[["contact_id", "function", "level"]], left_on="to_id",
                        right_on="contact_id")  # fmt: skip
    live = pairs[pairs["strength"] >= LIVE]
    owner = tables["accounts"].set_index("account_id")["owner_id"]
    kam = live["from_id"] == live["account_id"].map(owner)
    by, direct = live.groupby("account_id"), live[~kam].groupby("account_id")
    table = pd.DataFrame(
        {
            "any_ties": pairs[pairs["strength"] >= 1].groupby("account_id").size(),
            "main_tie": pairs.groupby("account_id")["strength"].max(),
            "functions_known": people.groupby("account_id")["function"].nunique(),
            "threads": by.size(),
            "our_people": by["from_id"].nunique(),
            "functions_them": by["function"].nunique(),
            "levels_them": by["level"].nunique(),
            "direct_functions": direct["function"].nunique(),
            "broker_share": kam.groupby(live["account_id"]).mean(),
            **_teams(tables["joint_teams"], day),
        }
    ).reindex(index)
    counts = table.drop(columns="broker_share").fillna(0)
    table = counts.assign(broker_share=table["broker_share"])
    return table.assign(stage=_stage(table))


def _teams(teams: pd.DataFrame, day: pd.Timestamp) -> dict[str, pd.Series]:
    met = (day - teams["last_meeting"]).dt.days.between(0, FRESH_DAYS)
    alive = teams[met & (teams["started_on"] <= day) & ~(teams["ended_on"] <= day)]
    board = alive[alive["team"] == "joint_board"]
    return {
        "joint_teams": alive.groupby("account_id")["team"].nunique(),
        "board_meetings": board.groupby("account_id").size().clip(upper=1),
    }


def _stage(table: pd.DataFrame) -> np.ndarray:
    still = np.ones(len(table), dtype=bool)
    stage = np.full(len(table), "", dtype=object)
    for step in relationship_scheme().stages:
        for need in step.needs:
            value = table[need.indicator]
            hit = value >= need.value if need.relation == "at_least" else value <= need.value
            still &= hit.to_numpy()
        stage[still] = step.id
    return stage


def survey_means(tables: Tables, side: str = "customer") -> pd.DataFrame:
    """Mean answer of each person to the relationship items: account_id, wave, respondent_id, mean.

    Items worded in reverse are turned round.
    """
    answers = tables["survey_responses"]
    answers = answers[(answers["side"] == side) & answers["item"].str.fullmatch(r"[a-z]+_\d")]
    reverse = answers["item"].isin(["trust_4", "commitment_4"])
    score = answers["score"].where(~reverse, 8 - answers["score"])
    by = [answers[c] for c in ("account_id", "wave", "respondent_id")]
    return score.groupby(by).mean().rename("mean").reset_index()
