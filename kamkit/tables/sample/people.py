"""Our own people: territories, members, who owns which account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import World, pick, rate

REP, MANAGER = "key_account_manager", "sales_manager"


def rep_count(accounts: int) -> int:
    """Reps of a company with so many accounts (house): 6 to 400, in teams of up to four.

    >>> rep_count(20), rep_count(120), rep_count(100_000)
    (6, 12, 400)
    """
    if accounts <= 240:
        return int(np.clip(accounts // 10, 6, 12))
    return int(np.clip(accounts // 20, 12, 400))


def assign_territories(world: World) -> np.ndarray:
    """Territory of every account. The last one gets small customers only.

    Its rep looks weak on sales; the potential of the territory says otherwise.
    """
    plan, rng = world.plan, world.rng("territory")
    reps = rep_count(world.accounts)
    sales = plan["s2025"].to_numpy()
    place = np.full(len(plan), -1)
    free = ["", "loss", "since_2025", "level_missing"]
    poor = np.flatnonzero(plan["role"].isin(free) & (sales > 0))
    poor = poor[np.argsort(sales[poor], kind="stable")]
    upper = max(2, int(len(poor) * 0.7))
    number = min(max(2, world.accounts // reps - 2), upper)
    mine = rng.permutation(poor[:upper])[:number]
    small = np.cumsum(sales[mine]) <= 0.26 * sales.sum() / reps
    place[mine[small] if small.sum() >= 2 else poor[:2]] = reps - 1
    load = np.zeros(reps - 1)
    weight = rate(rng, 0.75, 1.3, reps - 1)
    for i in np.argsort(-sales, kind="stable"):
        if place[i] < 0 and sales[i] > 0:
            place[i] = int(np.argmin(load / weight))
            load[place[i]] += sales[i]
    rest = np.flatnonzero(place < 0)
    place[rest] = rng.permutation(np.arange(len(rest)) % reps)
    return place


def person_names(world: World, number: int, stream: str) -> list[tuple[str, str]]:
    """Made-up names of people, Chinese and English; distinct up to the size of the pools."""
    pool = world.common["names"]
    size = len(pool["surnames"]) * len(pool["given"])
    order = world.rng(stream).permutation(size)
    found = []
    for k in range(number):
        surname = pool["surnames"][order[k % size] % len(pool["surnames"])]
        given = pool["given"][order[k % size] // len(pool["surnames"])]
        found.append((surname[0] + given[0], f"{given[1]} {surname[1]}"))
    return found


def build_territories(world: World) -> pd.DataFrame:
    """Territories with potential still unknown (it follows from sales later)."""
    reps = rep_count(world.accounts)
    regions, numerals = world.common["regions"], world.common["names"]["numerals"]
    rng = world.rng("territories")
    names = list(regions)
    rows = []
    for k in range(reps):
        region = names[k % len(names)]
        number = k // len(names)
        numeral = numerals[number] if number < len(numerals) else str(number + 1)
        rows.append(
            {
                "territory_id": f"T{k + 1:03d}",
                "name_zh": f"{regions[region][0]}{numeral}区",
                "name_en": f"{regions[region][1]} {number + 1}",
                "region": region,
            }
        )
    table = pd.DataFrame(rows)
    table["workload_index"] = np.round(rate(rng, 0.8, 1.25, reps), 2)
    table["travel_hours"] = np.round(rate(rng, 180, 520, reps), 0)
    table["currency"] = "CNY"
    return table


def build_members(world: World) -> pd.DataFrame:
    """Heads, managers, reps and support; reps come in teams of up to four."""
    reps = rep_count(world.accounts)
    teams = -(-reps // 4)
    rng = world.rng("members")
    rows = [
        {"member_id": "M001", "role": "general_manager", "team": "head_office", "manager_id": None},
        {
            "member_id": "M002",
            "role": "sales_director",
            "team": "head_office",
            "manager_id": "M001",
        },
    ]
    number = 3
    managers = []
    for team in range(teams):
        managers.append(f"M{number:03d}")
        rows.append(
            {
                "member_id": managers[-1],
                "role": MANAGER,
                "team": f"team_{team + 1}",
                "manager_id": "M002",
            }
        )
        number += 1
    for k in range(reps):
        rows.append(
            {
                "member_id": f"M{number:03d}",
                "role": REP,
                "team": f"team_{k % teams + 1}",
                "manager_id": managers[k % teams],
                "territory_id": f"T{k + 1:03d}",
            }
        )
        number += 1
    for role in (
        "application_engineer",
        "application_engineer",
        "service_engineer",
        "service_engineer",
        "key_account_assistant",
    ):
        rows.append(
            {"member_id": f"M{number:03d}", "role": role, "team": "support", "manager_id": "M002"}
        )
        number += 1
    table = pd.DataFrame(rows)
    names = person_names(world, len(table), "member_names")
    table["name_zh"], table["name_en"] = zip(*names, strict=True)
    hired = np.datetime64("2012-03-01") + rng.integers(0, 3900, len(table)).astype("m8[D]")
    table["hired_on"] = hired.astype("datetime64[D]")
    table["hours_per_year"] = np.where(table["role"].isin([REP]), 1760, 1800).astype(float)
    table["group"] = pick(rng, ["group_a", "group_b"], len(table))
    return table


def reps(world: World) -> pd.DataFrame:
    """The reps in the order of their territories."""
    members = world.tables["members"]
    return members[members["role"] == REP].sort_values("territory_id").reset_index(drop=True)
