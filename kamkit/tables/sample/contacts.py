"""People at the customers: the table ``contacts``, as far as every account has them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import person_names
from kamkit.tables.sample.world import World, pick

TITLES = {
    "purchasing": ("buyer", 3),
    "engineering": ("chief_engineer", 4),
    "general_management": ("general_manager", 5),
    "finance": ("finance_manager", 3),
    "operations": ("operations_manager", 3),
    "quality": ("quality_manager", 2),
    "logistics": ("logistics_manager", 2),
    "board": ("chairman", 5),
}
MOTIVES = ["wants_low_risk", "wants_recognition", "wants_savings", "wants_innovation"]
NEEDS = ["on_time", "stable_quality", "total_cost", "fast_answer", "new_technology"]
STEPS = ["joint_workshop", "plant_visit", "monthly_call"]
CHURN_LEFT = "2026-02-27"


def contact_counts(world: World) -> np.ndarray:
    """Contacts per account: more people are known at larger customers."""
    plan, rng = world.plan, world.rng("contact_counts")
    sales = np.maximum(plan["s2025"].to_numpy(), plan["s2024"].to_numpy()) / 100
    main, key = world.setting("main_cut"), world.setting("key_cut")
    count = 1 + rng.integers(0, 2, len(plan))
    count = np.where(sales >= main * 0.4, 2 + rng.integers(0, 3, len(plan)), count)
    count = np.where(sales >= main, 4 + rng.integers(0, 2, len(plan)), count)
    count = np.where(sales >= key, 6 + rng.integers(0, 3, len(plan)), count)
    count[world.role("lone")], count[world.role("churn")] = 5, 5
    count[world.role("holding")] = 2
    return count


def build_contacts(world: World) -> pd.DataFrame:
    """The table ``contacts``. The first contact of an account is our main one."""
    rng, count = world.rng("contacts"), contact_counts(world)
    account = np.repeat(np.arange(world.accounts), count)
    number = np.arange(len(account)) - np.repeat(np.cumsum(count) - count, count)
    functions = np.asarray(world.items("functions"), dtype=object)
    function = functions[number % len(functions)]
    ids = world.plan["account_id"].to_numpy()[account]
    names = person_names(world, len(account), "contact_names")
    level = np.array([TITLES[f][1] for f in function])
    left = np.full(len(account), np.datetime64("NaT"), dtype="datetime64[D]")
    gone = (rng.random(len(account)) < 0.07) & (number > 1)
    gone &= ~np.isin(account, world.role("lone", "churn"))
    left[gone] = np.datetime64("2024-06-01") + rng.integers(0, 700, gone.sum()).astype("m8[D]")
    left[np.isin(account, world.role("churn")) & (number == 0)] = np.datetime64(CHURN_LEFT)
    needs = np.array([";".join(rng.permutation(NEEDS)[:3]) for _ in account], dtype=object)
    return pd.DataFrame(
        {
            "contact_id": [f"{a}-C{n + 1:02d}" for a, n in zip(ids, number, strict=True)],
            "account_id": ids,
            "name_zh": [name[0] for name in names],
            "name_en": [name[1] for name in names],
            "title": [TITLES[f][0] for f in function],
            "function": function,
            "level": level,
            "left_on": left,
            "motivation": pick(rng, MOTIVES, len(account)),
            "needs": needs,
            "preferred_channel": pick(rng, ["visit", "phone", "email", "video"], len(account)),
            "wished_contact_days": pick(rng, [14, 30, 60, 90], len(account), [2, 4, 3, 2]).astype(
                int
            ),
            "deepen": pick(rng, STEPS, len(account)),
        }
    )
