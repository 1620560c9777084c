"""The table ``service_cases``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import AS_OF, World, pick

_CASES = {"2024H1": 1, "2024H2": 1, "2025H1": 3, "2025H2": 6, "2026H1": 9}


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
