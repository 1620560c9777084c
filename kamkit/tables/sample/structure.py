"""Which accounts are held how: the planned structure of a relationship (S103, S105, X17)."""

from __future__ import annotations

import numpy as np

from kamkit.tables.sample.world import World

# Structures of the five drawings, those between that teach something, and "" for all others.
STRUCTURES = (
    *("pre", "early", "mid", "partnership", "synergistic"),
    *("personal", "blind", "lone", "leaving"),
)
_TURNS = ("partnership", "mid", "early")
# People on file at an account of the top dozen, least and most.
PEOPLE = {
    "synergistic": (15, 20),
    "partnership": (11, 14),
    "mid": (9, 10),
    "early": (8, 9),
    "personal": (12, 13),
    "blind": (11, 12),
    "lone": (8, 8),
}


def top_accounts(world: World) -> np.ndarray:
    """Positions of the dozen customers with the largest sales; fewer in small samples."""
    plan = world.plan
    number = int(np.clip(len(plan) // 10, 4, 12))
    order = np.argsort(-plan["s2025"].to_numpy(), kind="stable")
    fit = ~plan["role"].isin(["churn", "holding", "zero_net", "level_missing"]).to_numpy()
    return order[fit[order]][:number]


def mark_structure(world: World) -> np.ndarray:
    """The planned structure of every account.

    Strategic accounts are synergistic, except the one that hangs on a single contact; the
    largest loss-maker lives on personal ties; one key account has its economic buyer uncovered.
    """
    plan = world.plan
    role = plan["role"].to_numpy()
    found = np.full(len(plan), "", dtype=object)
    found[(plan["relation"] == "prospect").to_numpy()] = "pre"
    found[role == "level_missing"] = "early"
    found[role == "leading_mid"] = "mid"
    found[role == "disputed"] = "partnership"
    settled = (
        np.isin(role, ["disputed", "high_middle", "whale", "lone"]) | plan["strategic"].to_numpy()
    )
    rest = [k for k in top_accounts(world) if not settled[k]]
    for turn, account in enumerate(rest):
        found[account] = _TURNS[turn % len(_TURNS)]
    found[plan["strategic"].to_numpy()] = "synergistic"
    found[world.role("high_middle")[1:]] = "mid"
    for name, where in (("personal", "whale"), ("lone", "lone"), ("leaving", "churn")):
        found[role == where] = name
    found[world.role("high_middle")[0]] = "blind"
    return found


def wide_accounts(world: World) -> np.ndarray:
    """Positions of the accounts where many people are on file, in order of sales."""
    planned = world.plan["structure"].isin(["synergistic", "personal", "blind", "lone"])
    planned |= world.plan["role"] == "disputed"
    chosen = np.union1d(top_accounts(world), np.flatnonzero(planned.to_numpy()))
    return chosen[np.argsort(-world.plan["s2025"].to_numpy()[chosen], kind="stable")]


def climber(world: World) -> int:
    """The account that has come furthest within the year: a partnership of the top dozen."""
    wide = wide_accounts(world)
    plan = world.plan
    fit = [
        k for k in wide if world.structure(k) == "partnership" and plan["role"].iat[k] != "disputed"
    ]
    return int(fit[0] if fit else world.role("disputed")[0])


def still(world: World) -> int:
    """The account whose survey score rises because other people answer."""
    return int(world.role("level_missing")[0])
