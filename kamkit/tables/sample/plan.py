"""The plan of a company: for every account what its tables will have to show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import World, lognormal, pick, rate

# Roles whose figures are set by hand; everything else is drawn.
LOSERS = ("whale", "disputed", "loss")


def _roles(accounts: int) -> tuple[list[str], list[str]]:
    """Planted role and relation of every account, before shuffling."""
    several = 2 if accounts >= 60 else 1
    roles = ["giant", "whale", "disputed", "zero_net", "loss", "loss", "holding"]
    roles += ["part"] * 3 + ["lone", "churn"]
    roles += ["high_middle"] * several + ["leading_mid"] * several + ["level_missing"] * several
    roles += ["steady"] * (4 if several == 2 else 0)
    prospects, former = max(2, round(0.08 * accounts)), max(1, round(0.05 * accounts))
    rest = accounts - len(roles)
    fresh = round(0.05 * rest) if rest > 20 else 0
    new = round(0.02 * rest) if rest > 20 else 0
    plain = rest - prospects - former - fresh - new
    roles += ["prospect"] * prospects + ["former"] * former
    roles += ["since_2025"] * fresh + ["since_2026"] * new + [""] * plain
    relation = {"holding": "holding", "prospect": "prospect", "former": "former"}
    return roles, [relation.get(role, "customer") for role in roles]


def _base_sales(world: World, roles: np.ndarray) -> np.ndarray:
    """Sales of 2025 in yuan, heavy-tailed, with the planted accounts set."""
    rng = world.rng("sales")
    key, main = world.setting("key_cut"), world.setting("main_cut")
    sales = world.setting("median_sales") * lognormal(rng, world.setting("spread"), len(roles))
    sales = np.clip(sales, 150_000, None)
    plain = np.isin(roles, ["", "since_2025", "since_2026", "former"])
    giant = max(3.6 * key, 2.2 * sales[plain].max(initial=0.0))
    bounds = {
        "giant": (giant, 1.05 * giant),
        "whale": (0.76 * giant, 0.8 * giant),
        "lone": (max(1.5 * key, 0.5 * giant), max(1.6 * key, 0.52 * giant)),
        "disputed": (1.1 * key, 1.4 * key),
        "high_middle": (1.05 * key, 1.5 * key),
        "steady": (1.02 * key, 1.8 * key),
        "leading_mid": (1.3 * main, 0.8 * key),
        "level_missing": (1.2 * main, 1.3 * key),
        "part": (0.36 * key, 0.44 * key),
        "churn": (0.6 * key, 0.62 * key),
        "loss": (0.05 * key, 0.1 * key),
    }
    for role, (low, high) in bounds.items():
        here = roles == role
        sales[here] = rng.uniform(low, high, here.sum())
    none = np.isin(roles, ["zero_net", "holding", "prospect", "since_2026"])
    return np.where(none, 0.0, sales)


def _years(world: World, plan: pd.DataFrame) -> pd.DataFrame:
    """Sales by year in whole cents; the current year so far and in full."""
    rng = world.rng("growth")
    n, role = len(plan), plan["role"].to_numpy()
    sales = plan.pop("sales").to_numpy(copy=True)
    up25 = np.round(np.exp(rng.normal(0.07, 0.15, n)), 6)
    up26 = np.round(np.exp(rng.normal(0.05, 0.14, n)), 6)
    up25[role == "churn"], up26[role == "churn"] = 0.78, 0.42
    before, after = sales / up25, sales * up26
    before[np.isin(role, ["since_2025", "zero_net"])] = 0.0
    new = role == "since_2026"
    after[new] = world.setting("median_sales") * lognormal(rng, 0.5, int(new.sum()))
    gone = role == "former"
    before[gone], sales[gone], after[gone] = sales[gone], 0.0, 0.0
    so_far = after * rate(rng, 0.42, 0.5, n)
    for name, value in (("s2024", before), ("s2025", sales), ("ytd", so_far), ("s2026", after)):
        plan[name] = np.rint(value * 100).astype(np.int64)
    plan["growth"] = up26 * np.round(np.exp(rng.normal(0.0, 0.06, n)), 6)
    return plan


def _economics(world: World, plan: pd.DataFrame) -> pd.DataFrame:
    """Gross margin, cost to serve as a share of what the margin leaves, share of wallet."""
    rng = world.rng("economics")
    n, role = len(plan), plan["role"].to_numpy()
    size = np.log10(np.clip(plan["s2025"].to_numpy() / 100, 1e5, None) / 2.5e6)
    margin = np.clip(rng.normal(0.30, 0.05, n) - 0.025 * size, 0.2, 0.4)
    serve = 0.06 + 0.7 * rng.beta(2.0, 3.2, n)
    wallet = 0.2 + 0.6 * rng.beta(2.2, 2.0, n)
    fixed = {
        "giant": (0.15, 0.8, 0.72),
        "whale": (0.16, 1.25, 0.64),
        "disputed": (0.2, 1.3, 0.55),
        "loss": (0.2, 1.5, 0.4),
        "lone": (0.4, 0.35, 0.45),
        "churn": (0.27, 0.5, 0.48),
    }
    for name, values in fixed.items():
        here = role == name
        margin[here], serve[here], wallet[here] = values
    plan["margin"], plan["serve"] = np.round(margin, 4), np.round(serve, 4)
    plan["wallet25"] = np.round(wallet, 4)
    drift24, drift26 = rng.normal(0, 0.03, n), rng.normal(0, 0.03, n)
    drift24[role == "churn"], drift26[role == "churn"] = 0.12, -0.22
    plan["wallet24"] = np.round(np.clip(wallet + drift24, 0.1, 0.9), 4)
    plan["wallet26"] = np.round(np.clip(wallet + drift26, 0.1, 0.9), 4)
    return plan


def _levels(world: World, plan: pd.DataFrame) -> np.ndarray:
    """Level in the industry, 1 to 5; 0 where nobody has rated it."""
    rng = world.rng("level")
    role, sales = plan["role"].to_numpy(), plan["s2025"].to_numpy() / 100
    top = sales >= world.setting("key_cut")
    middle = sales >= world.setting("main_cut")
    level = np.where(top, rng.integers(4, 6, len(plan)), np.where(middle, 3, 0))
    small = ~top & ~middle
    level[small] = pick(rng, [1, 2, 3], int(small.sum()), [3, 5, 2])
    level[np.isin(role, ["giant", "whale", "disputed", "leading_mid"])] = 5
    level[np.isin(role, ["high_middle", "part", "churn"])] = 3
    level[role == "lone"] = 4
    level[role == "level_missing"] = 0
    return level


def _groups(world: World, plan: pd.DataFrame) -> np.ndarray:
    """Position of the parent company, -1 for none."""
    rng = world.rng("groups")
    role = plan["role"].to_numpy()
    parent = np.full(len(plan), -1)
    parent[role == "part"] = np.flatnonzero(role == "holding")[0]
    # Other groups: small customers below a parent that is key without them.
    big = np.flatnonzero(
        np.isin(role, ["", "steady"]) & (plan["s2025"] / 100 >= world.setting("key_cut"))
    )
    small = np.flatnonzero((role == "") & (plan["s2025"] / 100 < world.setting("main_cut") * 0.4))
    number = min(len(big), len(small), len(plan) // 40)
    if number:
        parent[rng.permutation(small)[:number]] = rng.permutation(big)[:number]
    return parent


def draw_plan(world: World) -> pd.DataFrame:
    """One row per account; planted accounts are scattered among the others."""
    roles, relations = _roles(world.accounts)
    order = world.rng("order").permutation(world.accounts)
    plan = pd.DataFrame({"role": roles, "relation": relations}).iloc[order].reset_index(drop=True)
    plan["sales"] = _base_sales(world, plan["role"].to_numpy())
    plan = _economics(world, _years(world, plan))
    plan["level"] = _levels(world, plan)
    plan["parent"] = _groups(world, plan)
    width = max(4, len(str(world.accounts)))
    plan["account_id"] = [f"A{i:0{width}d}" for i in range(1, len(plan) + 1)]
    industries = world.data["industries"]
    weights = [entry[4] for entry in industries.values()]
    rng = world.rng("industry")
    plan["industry"] = pick(rng, list(industries), len(plan), weights)
    holding = np.flatnonzero(plan["role"] == "holding")
    plan.loc[plan["role"] == "part", "industry"] = plan.loc[holding[0], "industry"]
    return plan
