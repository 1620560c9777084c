"""Who looks after whom at the top, how near both sides think they are, and the way in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.structure import wide_accounts
from kamkit.tables.sample.ties_planned import Crew
from kamkit.tables.sample.world import AS_OF, World

_LADDER = ("pre", "early", "mid", "partnership", "synergistic")
# What a structure is called on the ladder; how each side sees it.
_SEEN_BY_US = {
    "synergistic": 4,
    "partnership": 4,
    "mid": 3,
    "early": 2,
    "pre": 1,
    "personal": 3,
    "blind": 3,
    "lone": 2,
}
_SEEN_BY_THEM = {
    "synergistic": 4,
    "partnership": 3,
    "mid": 2,
    "early": 1,
    "pre": 0,
    "personal": 1,
    "blind": 2,
    "lone": 1,
}
_WHY_US = ["view_many_visits", "view_long_history", "view_growing_orders"]
_WHY_THEM = ["view_few_joint_plans", "view_one_of_several", "view_shared_plans"]
_MESSAGES = ["say_total_cost", "say_reference", "say_less_risk", "say_joint_plan"]
_GOALS = ["goal_know_needs", "goal_win_supporter", "goal_meet_decider", "goal_agree_trial"]
_DECIDER = ("general_manager", "chairman")


def _ids(world: World, positions: np.ndarray | list[int]) -> np.ndarray:
    return world.plan["account_id"].to_numpy()[positions]


def _chief(contacts: pd.DataFrame, account: str, *titles: str) -> str | None:
    """The contact of an account with one of the titles who is still there."""
    here = contacts[(contacts["account_id"] == account) & contacts["left_on"].isna()]
    for title in titles:
        found = here.loc[here["title"] == title, "contact_id"]
        if len(found):
            return str(found.iloc[0])
    return None


def build_sponsors(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``sponsors``: executives of both sides in pairs (S102); one pair fell silent."""
    rng, rows = world.rng("sponsors"), []
    order = [
        k
        for name in ("synergistic", "partnership")
        for k in wide_accounts(world)
        if world.structure(k) == name
    ]
    silent = order[1] if len(order) > 1 else order[0]
    for turn, account in enumerate(order[:6]):
        name, crew = world.account_id(account), Crew(world, account)
        ours = crew["head"] if turn < 2 else crew["director"]
        theirs = _chief(contacts, name, "chairman", "general_manager", "finance_manager", "buyer")
        since = np.datetime64("2022-09-01") + int(rng.integers(0, 700))
        lapse = 371 if account == silent else int(rng.integers(18, 165))
        rows.append((name, ours, theirs, since, np.datetime64(AS_OF) - lapse))
    columns = ["account_id", "member_id", "contact_id", "since", "last_meeting"]
    return pd.DataFrame(rows, columns=columns)


def sponsors_in_ties(ties: pd.DataFrame, sponsors: pd.DataFrame) -> pd.DataFrame:
    """Ties of a sponsor pair whose last contact is the pair's last meeting."""
    met = dict(
        zip(
            zip(sponsors["member_id"], sponsors["contact_id"], strict=True),
            sponsors["last_meeting"],
            strict=True,
        )
    )
    pairs = list(zip(ties["from_id"], ties["to_id"], strict=True))
    meeting = pd.to_datetime(pd.Series([met.get(p, pd.NaT) for p in pairs], index=ties.index))
    day = pd.to_datetime(ties["as_of"])
    known = meeting.notna() & (meeting <= day) & (day == pd.Timestamp(AS_OF))
    last = pd.to_datetime(ties["last_contact"])
    return ties.assign(last_contact=last.where(~known, meeting))


def build_stage_views(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``stage_views``: the owner, his chief and the main contact at large accounts.

    We see most accounts a stage higher than they do (S103, S104).
    """
    rng, rows = world.rng("stage_views"), []
    plan = world.plan
    some = np.flatnonzero((plan["structure"] == "pre").to_numpy())[:2]
    leaving = world.role("churn")
    for account in [*wide_accounts(world).tolist(), *leaving.tolist(), *some.tolist()]:
        name, crew = world.account_id(account), Crew(world, account)
        structure = world.structure(account)
        raters = [("us", crew["kam"]), ("us", crew["manager"])]
        there = contacts[(contacts["account_id"] == name) & contacts["left_on"].isna()]
        raters += [("customer", c) for c in there["contact_id"].head(2 if len(there) > 5 else 1)]
        for turn, (side, rater) in enumerate(raters):
            seen = (_SEEN_BY_US if side == "us" else _SEEN_BY_THEM).get(structure, 2)
            step = int(rng.choice([-1, 0], p=[0.25, 0.75])) if turn in (1, 3) else 0
            stage = _LADDER[int(np.clip(seen + step, 0, 4))]
            if structure == "leaving" and side == "customer":
                stage = "disintegrating"
            wish = _LADDER[min(4, _LADDER.index(stage) + 1)] if stage in _LADDER else "mid"
            why = _WHY_US if side == "us" else _WHY_THEM
            rows.append(
                (
                    *(name, side, rater, stage, wish if side == "us" else None),
                    np.datetime64("2027-06-30") if side == "us" else None,
                    np.datetime64("2026-05-18") + int(rng.integers(0, 35)),
                    str(rng.choice(why)),
                )
            )
    columns = ["account_id", "side", "rater_id", "stage", "target_stage", "target_on"]
    return pd.DataFrame(rows, columns=[*columns, "rated_on", "reason"])


def build_decision_profiles(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``decision_profiles``: how some customers decide (S095), as far as we know."""
    rng, rows = world.rng("decision_profiles"), []
    modes = ["consultative", "authority", "consensus"]
    for turn, account in enumerate(wide_accounts(world)[:8].tolist()):
        name, mode = world.account_id(account), modes[turn % 3]
        blind = world.structure(account) == "blind"
        titles = ("chief_engineer", "finance_manager", "operations_manager", "quality_manager")
        number = {"authority": 1, "consultative": 2, "consensus": 4}[mode]
        asked = [_chief(contacts, name, t) for t in titles[:number]]
        criteria = rng.permutation(["low_price", "safe_supply", "quality_proof", "fast_service"])
        rows.append(
            {
                "account_id": name,
                "mode": mode,
                "decider_id": None if mode == "consensus" else _chief(contacts, name, *_DECIDER),
                "approvers": ";".join(a for a in asked if a) or None,
                "criteria": ";".join(criteria[: 2 + turn % 2]),
                "evidence": "own_estimate"
                if blind
                else str(rng.choice(["interview", "site_visit"])),
                "as_of": np.datetime64("2026-03-16") + int(rng.integers(0, 90)),
            }
        )
    table = pd.DataFrame(rows)
    return _with_deals(world, table)


def _with_deals(world: World, table: pd.DataFrame) -> pd.DataFrame:
    """Every second profile belongs to the account's largest open deal, if there is one."""
    deals = world.tables["opportunities"].query("status == 'open'")
    deals = deals.sort_values(["amount", "opportunity_id"], ascending=[False, True])
    largest = deals.drop_duplicates("account_id").set_index("account_id")["opportunity_id"]
    deal = table["account_id"].map(largest).astype("object")
    return table.assign(opportunity_id=deal.where(table.index.to_numpy() % 2 == 1, None))


def build_entry_steps(world: World, contacts: pd.DataFrame) -> pd.DataFrame:
    """The table ``entry_steps``: the way in at a few accounts (S096, S097), half of it done.

    Where the economic buyer is uncovered, the plan never gets to that person.
    """
    rng, plan, rows = world.rng("entry_steps"), world.plan, []
    chosen = [int(np.flatnonzero(plan["structure"] == s)[0]) for s in ("blind", "personal", "lone")]
    chosen += np.flatnonzero((plan["structure"] == "pre").to_numpy())[:2].tolist()
    for account in chosen:
        name, crew = world.account_id(account), Crew(world, account)
        here = contacts[(contacts["account_id"] == name) & contacts["left_on"].isna()]
        if world.structure(account) == "blind":
            here = here[~here["function"].isin(["general_management", "board"])]
        people = here.head(4)
        for step, (person, function) in enumerate(
            zip(people["contact_id"], people["function"], strict=True), start=1
        ):
            due = np.datetime64("2026-04-20") + 28 * step + int(rng.integers(0, 9))
            done = due + int(rng.integers(-6, 12))
            late = done > np.datetime64(AS_OF) or step > 2
            rows.append(
                (
                    *(name, step, person, crew.facing(function)),
                    *(_MESSAGES[(step + account) % 4], _GOALS[min(step, 4) - 1], due),
                    None if late else done,
                )
            )
    columns = ["account_id", "step", "contact_id", "member_id", "message", "goal", "due", "done_on"]
    return pd.DataFrame(rows, columns=columns)
