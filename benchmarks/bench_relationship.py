"""Everybody's relationships at once: 500 accounts, 40 contacts each, 8 survey waves.

Run: python benchmarks/bench_relationship.py [accounts] [contacts] [waves]
Times coverage, cut persons, stage, bonds, survey scores, trend and reliability over all
accounts, next to bare pandas group-bys over the same rows, which give no interval. Prints
seconds, ratios and peak memory.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from bench_funnel import peak_gb

from kamkit.methods import contacts as people
from kamkit.methods import relationship
from kamkit.schemes import read_survey

AS_OF = pd.Timestamp("2026-06-30")
FUNCTIONS = ("purchasing", "engineering", "operations", "finance", "board")


def made(accounts: int, each: int, waves: int, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Contacts, roles, ties on two dates, and answers of everybody in every wave."""
    rng = np.random.default_rng(seed)
    account = np.repeat([f"A{i:05d}" for i in range(accounts)], each)
    ids = np.array([f"{a}-C{n % each:02d}" for n, a in enumerate(account)])
    size = len(ids)
    level = rng.integers(1, 6, size)
    contacts = pd.DataFrame(
        {"contact_id": ids, "account_id": account, "name": ids, "level": level,
         "function": rng.choice(FUNCTIONS, size), "left_on": pd.NaT}
    )  # fmt: skip
    roles = pd.DataFrame(
        {"account_id": account, "contact_id": ids, "opportunity_id": None,
         "buyer_types": rng.choice(["economic", "technical", "user"], size),
         "phases": rng.choice(["recognise;compare", "choose", "after_sale"], size),
         "influence": rng.integers(1, 6, size), "support": rng.integers(-2, 3, size),
         "as_of": AS_OF}
    )  # fmt: skip
    parts = []
    for day in (AS_OF - pd.DateOffset(years=1), AS_OF):
        tied = rng.random(size) < 0.7
        ours = np.array([f"M{n:03d}" for n in rng.integers(0, 60, size)])
        parts.append(
            pd.DataFrame(
                {"account_id": account, "from_id": ours, "to_id": ids, "from_side": "us",
                 "strength": rng.integers(1, 5, size), "last_contact": day,
                 "bond": rng.choice(["personal", "value"], size), "as_of": day}
            )[tied]
        )  # fmt: skip
    survey = read_survey("relationship_quality")
    mood = rng.normal(5, 0.7, accounts).repeat(each)
    waves_of = []
    for wave in range(waves):
        score = mood[:, None] + rng.normal(0, 1, (size, len(survey.item_ids)))
        score = np.clip(np.rint(score), 1, 7)
        turned = np.isin(survey.item_ids, survey.reverse_ids)
        score[:, turned] = 8 - score[:, turned]
        wide = pd.DataFrame(score, columns=list(survey.item_ids))
        wide.insert(0, "wave", f"W{wave}")
        wide["account_id"], wide["respondent_id"], wide["side"] = account, ids, "customer"
        waves_of.append(wide)
    answers = pd.concat(waves_of).melt(
        ["wave", "account_id", "respondent_id", "side"], var_name="item", value_name="score"
    )
    ties = pd.concat(parts, ignore_index=True)
    return {"contacts": contacts, "contact_roles": roles, "ties": ties, "survey_responses": answers}


def timed(name: str, work: Callable[[], Any], bare: Callable[[], Any] | None = None) -> Any:
    """Run ``work`` and print its seconds, and the ratio to the bare statement."""
    start = time.perf_counter()
    found = work()
    took = time.perf_counter() - start
    ratio = ""
    if bare is not None:
        start = time.perf_counter()
        bare()
        ratio = f", ratio to bare pandas {took / (time.perf_counter() - start):.1f}"
    print(f"{name}: {took:.1f} s{ratio}")
    return found


def main() -> None:
    accounts, each, waves = (
        int(a) for a in [*sys.argv[1:], *("500", "40", "8")[len(sys.argv) - 1 :]]
    )
    tables = made(accounts, each, waves)
    answers = tables["survey_responses"]
    print(f"{accounts} accounts, {len(tables['contacts']):,} contacts, {len(answers):,} answers")
    start = time.perf_counter()
    now = tables["ties"][tables["ties"]["as_of"] == AS_OF]

    def head_count() -> Any:
        return now.groupby("account_id")["to_id"].nunique()

    timed("coverage", lambda: people.coverage_of_all(tables, AS_OF), head_count)
    timed("cut persons", lambda: people.cut_people_of_all(tables, AS_OF))
    timed("stages", lambda: relationship.stages_of(tables, as_of=AS_OF))
    timed("bonds", lambda: relationship.bonds_of(tables, as_of=AS_OF))

    def means() -> Any:
        return answers.groupby(["wave", "account_id", "item"])["score"].mean()

    score = timed("survey scores", lambda: relationship.survey_score(answers), means)
    timed("trend", lambda: relationship.survey_trend(score))
    timed("reliability", lambda: relationship.survey_reliability(answers, wave="W0"))
    print(f"all: {time.perf_counter() - start:.1f} s; peak memory {peak_gb():.1f} GB")


if __name__ == "__main__":
    main()
