"""Projects, milestones, contracts and investments."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.orders import serve_budget
from kamkit.tables.sample.world import AS_OF, PAST, World, pick


def draw_projects(world: World, orders: pd.DataFrame) -> pd.DataFrame:
    """Projects at larger customers; their value is the sum of the order lines in them.

    Returns the table ``projects`` with a helper column ``rows`` (positions in ``orders``).
    """
    rng, plan = world.rng("projects"), world.plan
    number = int(np.clip(world.accounts // 8, 6, 120))
    fit = plan[(plan["s2025"] > 0) & ~plan["role"].isin(["churn", "zero_net"])]
    top = fit["s2025"].sort_values(ascending=False, kind="stable").index[: number * 2]
    chosen = rng.permutation(top.to_numpy())[:number]
    ids = plan["account_id"].to_numpy()[chosen]
    spots = {
        a: g.index.to_numpy()
        for a, g in orders[orders["account_id"].isin(ids)].groupby("account_id")
    }
    kinds, rows = list(world.data["project_kinds"]), []
    for account in np.sort(ids):
        mine = spots[account]
        mine = mine[orders["amount"].to_numpy()[mine] > 0]
        begin = int(rng.integers(0, max(1, len(mine) // 2)))
        part = mine[begin : begin + max(2, int(len(mine) * rng.uniform(0.1, 0.3)))]
        first, last = orders["date"].iloc[part[0]], orders["date"].iloc[part[-1]]
        parts = rng.random(4) < [0.95, 0.6, 0.7, 0.55]
        rows.append(
            {
                "account_id": account,
                "name": f"project.{rng.choice(kinds)}",
                "value": round(float(orders["amount"].to_numpy()[part].sum()), 2),
                "currency": "CNY",
                "started_on": first - pd.Timedelta(days=int(rng.integers(20, 90))),
                "delivered_on": last + pd.Timedelta(days=int(rng.integers(25, 80))),
                "standard_product": parts[0],
                "customised_product": parts[1],
                "implementation": parts[2],
                "services": parts[3],
                "rows": part,
            }
        )
    table = pd.DataFrame(rows)
    table.insert(0, "project_id", [f"P{i:03d}" for i in range(1, len(table) + 1)])
    table["delivered_on"] = table["delivered_on"].where(
        table["delivered_on"] <= pd.Timestamp(AS_OF)
    )
    return table


def build_milestones(world: World, projects: pd.DataFrame) -> pd.DataFrame:
    """The table ``milestones``; those after the as-of date have no actual date yet."""
    rng, names = world.rng("milestones"), world.items("milestones")
    as_of, rows = pd.Timestamp(AS_OF), []
    later = as_of + pd.Timedelta(days=60)
    ends = projects["delivered_on"].fillna(later)
    for project, start, end in zip(
        projects["project_id"], projects["started_on"], ends, strict=True
    ):
        span = (end - start).days
        slip = 0
        for k, name in enumerate(names):
            planned = start + pd.Timedelta(days=int(span * (k + 1) / len(names)))
            slip = max(-4, slip + int(rng.integers(-5, 13)))
            actual = planned + pd.Timedelta(days=slip)
            rows.append((project, name, planned, actual if actual <= as_of else None))
    return pd.DataFrame(rows, columns=["project_id", "milestone", "planned_on", "actual_on"])


def build_contracts(world: World) -> pd.DataFrame:
    """The table ``contracts``: framework agreements of larger customers, single ones of others."""
    rng, plan = world.rng("contracts"), world.plan
    active = plan[(plan["s2025"] > 0) & (plan["relation"] == "customer")]
    sales = active["s2025"].to_numpy() / 100
    large = sales >= world.setting("main_cut")
    drawn = rng.random(len(active)) < np.where(large, 0.9, 0.35)
    active, sales, large = active[drawn], sales[drawn], large[drawn]
    kind = np.where(large, "framework", pick(rng, ["single", "service"], len(active), [6, 4]))
    start = np.datetime64("2024-01-01") + 30 * rng.integers(0, 24, len(active)).astype("m8[D]")
    years = np.where(large, rng.integers(1, 4, len(active)), 1)
    pays = np.array([30, 45, 60, 90, 120])
    wait = pays[rng.integers(0, 3, len(active))]
    slow = active["role"].isin(["giant", "whale", "disputed", "loss"]).to_numpy()
    table = pd.DataFrame(
        {
            "contract_id": [f"K{i:05d}" for i in range(1, len(active) + 1)],
            "account_id": active["account_id"].to_numpy(),
            "kind": kind,
            "start": start,
            "end": start + (years * 365 - 1).astype("m8[D]"),
            "value": np.round(sales * years * rng.uniform(0.75, 1.1, len(active)), -4),
            "currency": "CNY",
            "exclusive": rng.random(len(active)) < 0.12,
            "payment_days": np.where(slow, 120, wait),
        }
    )
    # One framework agreement in eight has an end that nobody wrote down.
    table["end"] = table["end"].where(rng.random(len(table)) > 0.12)
    return table


def build_investments(world: World) -> pd.DataFrame:
    """The table ``investments``: what we and the customer put in, and what came of it."""
    rng, plan = world.rng("investments"), world.plan
    top = np.argsort(-plan["s2025"].to_numpy(), kind="stable")[: max(5, min(40, len(plan) // 10))]
    base = serve_budget(world, PAST[1])
    rows = []
    for account in top:
        for side, items in (
            ("us", ["on_site_engineer", "sample_tooling", "training_course"]),
            ("customer", ["incoming_inspection", "system_interface"]),
        ):
            for item in rng.permutation(items)[: rng.integers(1, len(items) + 1)]:
                cost = round(float(base[account] * rng.uniform(0.05, 0.25)), -3)
                gain = round(cost * float(rng.uniform(0.4, 3.2)), -3)
                rows.append(
                    (
                        plan["account_id"].iat[account],
                        PAST[1],
                        side,
                        item,
                        cost,
                        gain if rng.random() < 0.85 else np.nan,
                        "CNY",
                    )
                )
    columns = ["account_id", "year", "side", "item", "cost", "benefit", "currency"]
    return pd.DataFrame(rows, columns=columns)
