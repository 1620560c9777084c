"""Appraisal: who rated whom on which duty, what was changed afterwards, who was chosen."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import MANAGER, REP, reps
from kamkit.tables.sample.team import (
    PERIODS,
    SEVERE,
    draw_ability,
    last_ratings,
    rater_pairs,
)
from kamkit.tables.sample.world import AS_OF, World, days, pick

HALO = 0  # position of the manager who gives one impression for every duty
_DUTY_PERIODS = ("2025", "2026H1")
_RATED_FROM = {"2024": "2025-01-06", "2025": "2026-01-05", "2026H1": "2026-06-15"}
_BASE = {"manager": 0.85, "peer": 0.35, "self": 0.5, "customer": 0.15}  # how often with evidence
_CAP = 8  # at most so many chosen in a group: few enough that no exact test can call a gap


def describe_members(world: World) -> pd.DataFrame:
    """``members`` with grade, years of experience, knowledge and skills (S183)."""
    rng, table = world.rng("member_profile"), world.tables["members"].copy()
    tenure = (np.datetime64(AS_OF) - days(table["hired_on"])).astype(float) / 365.25
    years = np.round(tenure + rng.uniform(0, 8, len(table)), 1)
    step = np.searchsorted([7.0, 11.0, 16.0], years)
    step = np.where(table["role"].isin([REP, "application_engineer", "service_engineer"]), step, 3)
    step = np.where(table["role"] == "key_account_assistant", np.minimum(step, 1), step)
    table["grade"] = np.array(world.items("grades"), dtype=object)[step]
    table["experience_years"] = years
    for column, most in (("knowledge", 3), ("skills", 4)):
        names = np.array(world.items(column), dtype=object)
        number = rng.integers(1, most + 1, len(table))
        table[column] = [";".join(sorted(rng.permutation(names)[:n])) for n in number]
    return table


def _rated_on(world: World, table: pd.DataFrame, stream: str) -> np.ndarray:
    """One day for each rater and period, within three weeks after the period or at its end."""
    rng = world.rng(stream)
    groups = table.groupby(["rater_id", "period"]).ngroup().to_numpy()
    late = rng.integers(0, 14, groups.max() + 1)
    first = days(table["period"].map(_RATED_FROM))
    return np.asarray(first + late[groups].astype("m8[D]"))


def _evidence(world: World, table: pd.DataFrame, stream: str) -> pd.Series:
    rng = world.rng(stream)
    given = rng.random(len(table)) < table["source"].map(_BASE).to_numpy(dtype=float)
    said = pick(rng, world.items("rating_evidence"), len(table))
    return pd.Series(said, table.index).where(given)


def add_evidence(world: World, ratings: pd.DataFrame) -> pd.DataFrame:
    """``ratings`` with the day and what the rater goes by; often nothing."""
    return ratings.assign(
        rated_on=_rated_on(world, ratings, "rated_on"),
        evidence=_evidence(world, ratings, "rating_evidence"),
    )


def build_duty_ratings(world: World) -> pd.DataFrame:
    """The table ``duty_ratings`` (S200): managers, peers and the reps themselves, twice.

    One manager is the severe one of ``ratings``; another gives a rep nearly the same score on
    every duty; one rep thinks far more of the own work than everybody else does.
    """
    rng, names = world.rng("duty_ratings"), world.items("duties")
    pairs = rater_pairs(world).query("source != 'customer'").reset_index(drop=True)
    crew = reps(world)["member_id"].to_numpy()
    place = pd.Series(np.arange(len(crew)), index=crew)[pairs["ratee_id"]].to_numpy()
    impression = draw_ability(world.rng("ratings"), len(crew), 8).mean(axis=1)
    rosy = int(rng.integers(len(crew) - 1))
    impression[rosy] = 3.05
    duty = impression[:, None] + rng.normal(0, 0.55, (len(crew), len(names)))
    members = world.tables["members"]
    managers = members.loc[members["role"] == MANAGER, "member_id"].to_numpy()
    shift = rng.normal(0, 0.15, len(pairs))
    shift += np.where(pairs["rater_id"] == managers[SEVERE], -1.05, 0.0)
    own = (pairs["source"] == "self").to_numpy()
    shift += 0.25 * own
    halo = (pairs["rater_id"] == managers[HALO]).to_numpy()[:, None]
    blind = (own & (place == rosy))[:, None]
    parts = []
    for period in _DUTY_PERIODS:
        noise = rng.normal(0, 0.42, (len(pairs), len(names)))
        score = np.rint(duty[place] + shift[:, None] + noise)
        slip = rng.choice([-1, 0, 1], p=[0.025, 0.95, 0.025], size=score.shape)
        score = np.where(halo, np.rint(impression[place] + shift)[:, None] + slip, score)
        score = np.where(blind, np.rint(4.75 + 0.6 * noise), score)
        frame = pairs.loc[np.repeat(pairs.index, len(names))].reset_index(drop=True)
        frame["duty"], frame["period"] = np.tile(names, len(pairs)), period
        parts.append(frame.assign(score=np.clip(score, 1, 5).ravel()))
    table = pd.concat(parts, ignore_index=True)
    table["rated_on"] = _rated_on(world, table, "duty_rated_on")
    table["evidence"] = _evidence(world, table, "duty_evidence")
    return table


def build_calibration_changes(world: World) -> pd.DataFrame:
    """The table ``calibration_changes``: what the session on 2025 changed, and why.

    Points: 67.5 (as the role asks) + 15 a level rated above or below it, by all but themselves;
    most changes lift people whom the severe manager rated.
    """
    rng = world.rng("calibration")
    wanted = world.tables["role_profiles"].query(f"role == '{REP}'").set_index("competency")
    rated = last_ratings(world)
    gap = rated["score"] - rated["competency"].map(wanted["target_level"])
    weight = rated["competency"].map(wanted["weight"])
    sums = pd.DataFrame({"gap": gap * weight, "weight": weight}).groupby(rated["ratee_id"]).sum()
    before = (67.5 + 15 * sums["gap"] / sums["weight"]).clip(0, 100).round(1)
    crew = reps(world)
    members = world.tables["members"]
    severe = members.loc[members["role"] == MANAGER, "member_id"].iloc[SEVERE]
    strict = crew.loc[crew["manager_id"] == severe, "member_id"].to_numpy()[:3]
    rest = crew.loc[crew["manager_id"] != severe, "member_id"].to_numpy()
    chosen = [*strict, *rng.permutation(rest)[:2]]
    move = np.r_[np.round(rng.uniform(5, 11, len(strict))), [-4.0, 3.0]]
    reasons = ["cal_severe"] * len(strict) + ["cal_no_evidence", "cal_new_evidence"]
    return pd.DataFrame(
        {
            "change_id": [f"CC{k:03d}" for k in range(1, len(chosen) + 1)],
            "period": PERIODS[-1],
            "member_id": chosen,
            "part": "competence",
            "before": before.reindex(chosen).to_numpy(),
            "after": (before.reindex(chosen).to_numpy() + move).clip(0, 100).round(1),
            "reason": reasons,
            "changed_by": "M002",
            "changed_on": np.datetime64("2026-01-30"),
        }
    )


def _uneven(first: int, second: int) -> tuple[int, int]:
    """How many are chosen in a large and a small group so that the ratio is below four fifths."""
    chosen = int(np.clip(round(0.4 * first), 1, _CAP))
    return chosen, max(0, ceil(4 * chosen * second / (5 * first)) - 1)


def _even(first: int, second: int) -> tuple[int, int]:
    """Numbers near two fifths each whose rates lie as near to each other as they can."""
    tries = range(max(1, first // 4), max(1, first // 2) + 1)
    pairs = [(k, round(k * second / first)) for k in tries]
    return min(pairs, key=lambda p: abs(p[0] / first - p[1] / max(1, second)))


def build_advancement(world: World) -> pd.DataFrame:
    """The table ``advancement``: top ratings, training places, bonuses.

    The top ratings of 2025 went to one group less than four fifths as often as to the other,
    with so few people that chance explains it; those of 2024 and the training places are even.
    The bonus follows attainment of the sales target.
    """
    rng, members = world.rng("advancement"), world.tables["members"]
    pool = members[~members["role"].isin(["general_manager", "sales_director"])]
    groups = pool["group"].value_counts(sort=True, ascending=False)
    large = pool["group"].eq(groups.index[0]).to_numpy()
    frames = []
    for period, decision, split in (
        ("2024", "top_rating", _even),
        ("2025", "top_rating", _uneven),
        ("2025", "training_place", _even),
    ):
        numbers = split(int(large.sum()), int((~large).sum()))
        order = rng.permutation(len(pool))
        chosen = np.zeros(len(pool), dtype=bool)
        for inside, number in zip((large, ~large), numbers, strict=True):
            chosen[[k for k in order if inside[k]][:number]] = True
        frames.append(_decided(pool["member_id"].to_numpy(), period, decision, chosen))
    for period in PERIODS:
        reached = _attainment(world, period)
        frames.append(_decided(reached.index, period, "bonus", (reached >= 0.95).to_numpy()))
    return pd.concat(frames, ignore_index=True)


def _decided(members: object, period: str, decision: str, chosen: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({"member_id": members, "selected": np.where(chosen, "yes", "no")})
    return frame.assign(period=period, decision=decision)


def _attainment(world: World, period: str) -> pd.Series:
    """Sales of each rep over the target of the year."""
    found = []
    for name in ("targets", "kpi_values"):
        table = world.tables[name]
        mine = (table["scope"] == "member") & (table["kpi"] == "sales")
        rows = table[mine & (table["period"] == period)]
        found.append(rows.set_index("scope_id")["value"])
    wanted, reached = found
    return (reached / wanted).sort_index()
