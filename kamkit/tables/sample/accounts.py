"""The accounts themselves: names, places, owners, lifecycle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import World, lognormal, pick


def _names(world: World) -> tuple[list[str], list[str]]:
    """Made-up company names: colour + animal + tree + trade, each combination once."""
    pool = world.common["names"]
    animals, trees, colours = pool["animals"], pool["trees"], pool["colours"]
    pairs = len(animals) * len(trees)
    order = world.rng("names").permutation(pairs)
    zh, en = [], []
    for k, (industry, role) in enumerate(
        zip(world.plan["industry"], world.plan["role"], strict=True)
    ):
        pair, turn = order[k % pairs], k // pairs
        colour, series = colours[turn % len(colours)], turn // len(colours)
        animal, tree = animals[pair % len(animals)], trees[pair // len(animals)]
        trade = world.data["industries"][industry]
        end = pool["group"] if role == "holding" else trade[2:4]
        number = f"{series + 1}号" if series else ""
        zh.append(f"{colour[0]}{animal[0]}{tree[0]}{end[0]}{number}")
        words = [colour[1], animal[1], tree[1], end[1], str(series + 1) if series else ""]
        en.append(" ".join(word for word in words if word))
    return zh, en


def _lifecycle(world: World) -> np.ndarray:
    rng = world.rng("lifecycle")
    plan = world.plan
    state = pick(rng, ["serve", "maintain", "retain", "develop"], len(plan), [4, 4, 2, 2])
    fresh = plan["role"].isin(["since_2025", "since_2026"]).to_numpy()
    state[fresh] = "acquire"
    idle = (plan["relation"] == "prospect").to_numpy()
    state[idle] = pick(rng, ["insight", "identify", "develop"], int(idle.sum()))
    state[(plan["relation"] == "former").to_numpy()] = "win_back"
    # The churn in the making is marked as quiet upkeep: nobody has noticed it yet.
    state[world.role("churn")] = "maintain"
    return state


def _since(world: World) -> np.ndarray:
    rng, plan = world.rng("since"), world.plan
    day = np.datetime64("2009-01-01") + rng.integers(0, 5300, len(plan)).astype("m8[D]")
    day[(plan["relation"].isin(["prospect", "holding"])).to_numpy()] = np.datetime64("NaT")
    return day.astype("datetime64[D]")


def set_start(world: World, accounts: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """New customers begin a little before their first order."""
    new = world.role("since_2025", "since_2026", "zero_net")
    first = orders.groupby("account_id")["date"].min()
    start = accounts["account_id"].iloc[new].map(first).to_numpy().astype("datetime64[D]")
    gap = world.rng("start").integers(3, 40, len(new)).astype("m8[D]")
    since = accounts["since"].to_numpy().astype("datetime64[D]")
    since[new] = start - gap
    return accounts.assign(since=since)


def build_accounts(world: World) -> pd.DataFrame:
    """The table ``accounts``."""
    plan, rng = world.plan, world.rng("accounts")
    ids = plan["account_id"].to_numpy()
    places = world.tables["territories"].iloc[plan["territory"].to_numpy()]
    zh, en = _names(world)
    region = places["region"].to_numpy()
    cities = world.common["cities"]
    draw = rng.random(len(plan))
    city = [f"{r}_{int(u * len(cities[r]))}" for r, u in zip(region, draw, strict=True)]
    owner = reps(world)["member_id"].to_numpy()[plan["territory"].to_numpy()]
    sales = np.maximum(plan["s2025"].to_numpy(), plan["s2024"].to_numpy()) / 100
    floor = np.clip(sales, 1_000_000, None)
    turnover = np.round(floor * 6 * lognormal(rng, 0.8, len(plan)), -5)
    known = rng.random(len(plan)) < 0.85
    parent = plan["parent"].to_numpy()
    compete = pick(rng, ["no", "yes", "unknown"], len(plan), [80, 6, 14])
    compete[plan["strategic"].to_numpy()] = "no"
    return pd.DataFrame(
        {
            "account_id": ids,
            "name_zh": zh,
            "name_en": en,
            "parent_id": [ids[p] if p >= 0 else None for p in parent],
            "relation": plan["relation"],
            "industry": plan["industry"],
            "region": region,
            "city": city,
            "country": "china",
            "owner_id": owner,
            "territory_id": places["territory_id"].to_numpy(),
            "lifecycle": _lifecycle(world),
            "since": _since(world),
            "turnover": np.where(known, turnover, np.nan),
            "currency": "CNY",
            "industry_rank": _industry_rank(world, turnover, known),
            "competes_with_us": compete,
        }
    )


def _industry_rank(world: World, turnover: np.ndarray, known: np.ndarray) -> pd.Series:
    """Rank by turnover in the industry; the industry holds more firms than our list."""
    table = pd.DataFrame({"industry": world.plan["industry"], "turnover": turnover})
    rank = table.groupby("industry")["turnover"].rank(ascending=False, method="first")
    level = world.plan["level"].to_numpy()
    spread = np.where(level >= 4, 1, np.where(level == 3, 2, 4))
    return (rank * spread).where(known).round().astype("Int64")
