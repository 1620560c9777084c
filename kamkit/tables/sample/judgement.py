"""What people think of accounts and suppliers: ratings on criteria, rivals, last year's classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import PAST, World, pick
from kamkit.tables.schemas import spec

_TRAITS = (
    "size",
    "profit",
    "growth",
    "relation",
    "technology",
    "fit",
    "finance",
    "brand",
    "burden",
)
_GATES = ("famous_brand", "strategic_cooperation", "supply_leap", "global_sourcing_entry")
_TYPE = (
    "industry_leadership",
    "product_dependence",
    "regional_share",
    "local_need",
    "growth_prospect",
)
# Deciding criteria of the planted cases: raters agree on them and never leave them blank.
_AGREED = (
    *_GATES,
    *_TYPE,
    "industry_level",
    "no_component_competition",
    "growth_potential",
    "potential_need",
)


def mark_strategic(world: World) -> np.ndarray:
    """The few accounts that fulfil all five gates of S037: three to five of the top level."""
    plan = world.plan
    able = (plan["level"] >= 4) & ~plan["role"].isin(["whale", "disputed", "leading_mid"])
    able &= plan["s2025"] / 100 >= world.setting("key_cut")
    order = plan["s2025"].where(able).rank(ascending=False)
    return ((order <= 4) | (plan["role"] == "giant")).to_numpy()


def rated_accounts(world: World) -> np.ndarray:
    """Accounts that are rated: the largest two fifths, all planted ones, half of the prospects."""
    plan, rng = world.plan, world.rng("rated")
    number = int(np.clip(round(0.4 * world.accounts), 12, 400))
    largest = np.argsort(-plan["s2025"].to_numpy(), kind="stable")[:number]
    planted = world.role(
        "giant",
        "whale",
        "disputed",
        "zero_net",
        "loss",
        "lone",
        "churn",
        "part",
        "high_middle",
        "leading_mid",
        "level_missing",
    )
    prospects = rng.permutation(world.role("prospect"))
    half = prospects[: min(40, len(prospects) // 2)]
    return np.unique(np.concatenate([largest, planted, half]))


def _scaled(values: pd.Series) -> np.ndarray:
    return ((values.rank(pct=True) - 0.5) * 3.2).to_numpy()


def draw_traits(world: World) -> pd.DataFrame:
    """Hidden traits, about standard normal; size, profit and growth follow the plan."""
    plan, rng = world.plan, world.rng("traits")
    table = pd.DataFrame(rng.normal(size=(len(plan), len(_TRAITS))), columns=list(_TRAITS))
    profit = plan["s2025"] * (plan["margin"] - 0.03) * (1 - plan["serve"])
    table["size"] = _scaled(plan["s2025"]) + rng.normal(0, 0.15, len(plan))
    table["profit"] = _scaled(profit) + rng.normal(0, 0.25, len(plan))
    table["growth"] = 0.6 * _scaled(plan["growth"]) + 0.7 * table["growth"]
    table["brand"] = 0.8 * (plan["level"].replace(0, 3) - 2.5) + 0.5 * table["brand"]
    table["burden"] = 0.6 * _scaled(plan["serve"]) + 0.7 * table["burden"]
    return table


def _true_scores(world: World, accounts: np.ndarray) -> np.ndarray:
    """Accounts × criteria before any rater looks at them, on the scale from 1 to 5."""
    traits = draw_traits(world)
    criteria = world.common["criteria"]
    mix = np.array([[weights.get(t, 0.0) for t in _TRAITS] for weights in criteria.values()])
    rng = world.rng("criteria")
    noise = rng.normal(0, 0.4, (len(accounts), len(criteria)))
    score = pd.DataFrame(
        3 + traits.iloc[accounts].to_numpy() @ mix.T + noise, columns=list(criteria)
    )
    score = score.round().clip(1, 5)
    plan = world.plan.iloc[accounts].reset_index(drop=True)
    gates = rng.integers(1, 4, (len(accounts), len(_GATES)))
    score[list(_GATES)] = np.where(
        plan["strategic"].to_numpy()[:, None], 4 + rng.integers(0, 2, gates.shape), gates
    )
    score["no_component_competition"] = np.where(
        plan["strategic"], 5, rng.integers(1, 4, len(plan))
    )
    partly = ["famous_brand", "supply_leap", "no_component_competition"]
    score.loc[(plan["role"] == "whale").to_numpy(), partly] = 4
    score["industry_level"] = plan["level"].where(plan["level"] > 0)
    disputed = (plan["role"] == "disputed").to_numpy()
    score.loc[disputed, list(_TYPE)] = [3, 2, 5, 5, 2]
    score.loc[disputed, ["growth_potential", "potential_need", "business_influence"]] = [2, 2, 5]
    score.loc[(plan["role"] == "whale").to_numpy(), ["regional_share", "local_need"]] = [2, 3]
    return score.to_numpy()


def build_criterion_ratings(world: World, accounts: np.ndarray) -> pd.DataFrame:
    """The table ``criterion_ratings``: the owner rates all, two more people some of them."""
    rng = world.rng("criterion_ratings")
    criteria = np.asarray(list(world.common["criteria"]), dtype=object)
    truth = _true_scores(world, accounts)
    owner = reps(world)["member_id"].to_numpy()[world.plan["territory"].to_numpy()[accounts]]
    panel = world.tables["members"].query("role in ('sales_director', 'sales_manager')")
    order = np.argsort(-world.plan["s2025"].to_numpy()[accounts], kind="stable")
    shared = order[: min(24, len(order) // 2)]
    parts = [(np.arange(len(accounts)), owner)]
    for rater in panel["member_id"].to_numpy()[:2]:
        parts.append((shared, np.repeat(rater, len(shared))))
    frames = []
    for turn, (rows, rater) in enumerate(parts):
        slip = rng.choice([-1, 0, 1], p=[0.16, 0.68, 0.16], size=(len(rows), len(criteria)))
        slip[:, np.isin(criteria, _AGREED)] = 0
        score = np.clip(truth[rows] + (slip if turn else 0), 1, 5)
        frames.append(
            pd.DataFrame(
                {
                    "account_id": np.repeat(
                        world.plan["account_id"].to_numpy()[accounts[rows]], len(criteria)
                    ),
                    "criterion": np.tile(criteria, len(rows)),
                    "score": score.ravel(),
                    "rater_id": np.repeat(rater, len(criteria)),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table["rated_on"] = np.datetime64("2026-03-02") + rng.integers(0, 26, len(table)).astype(
        "m8[D]"
    )
    evidence = pick(rng, [*world.items("evidence"), None], len(table), [3, 3, 2, 3, 1, 2, 3])
    table["evidence"] = evidence
    # Some criteria were left blank; the planted and the deciding ones never.
    keep = rng.random(len(table)) > 0.04
    keep |= table["criterion"].isin([*_AGREED, "solvency", "business_influence"])
    return table[keep & table["score"].notna()]


def build_competitor_ratings(world: World, accounts: np.ndarray) -> pd.DataFrame:
    """The table ``competitor_ratings``: us and two or three rivals.

    In two years, for arrows of movement, once the table's key tells years apart.
    """
    kept = PAST if "year" in spec("competitor_ratings").key else PAST[-1:]
    rng = world.rng("competitor_ratings")
    plan = world.plan
    fit = accounts[plan["s2025"].to_numpy()[accounts] > 0][:60]
    factors, rivals = world.items("rival_factors"), list(world.data["rivals"])
    owner = reps(world)["member_id"].to_numpy()[plan["territory"].to_numpy()]
    wallet = plan["wallet25"].to_numpy()
    rows = []
    for account in fit.tolist():
        weight = rng.multinomial(20, np.full(len(factors), 1 / len(factors))) * 5
        suppliers = ["our_company", *rivals[: int(rng.integers(2, 4))]]
        base = rng.normal(6.2, 0.7, len(suppliers))
        base[0] += 3 * (wallet[account] - 0.45)
        part = rng.normal(0, 1.1, (len(suppliers), len(factors)))
        for year in PAST:
            if year == PAST[1]:
                base = base + rng.normal(0, 0.5, len(suppliers))
                part = part + rng.normal(0, 0.5, part.shape)
            if year not in kept:
                continue
            score = np.clip(np.round((base[:, None] + part) * 2) / 2, 0, 10)
            for s, supplier in enumerate(suppliers):
                for f, factor in enumerate(factors):
                    rows.append(
                        (
                            plan["account_id"].iat[account],
                            factor,
                            supplier,
                            s == 0,
                            float(weight[f]),
                            score[s, f],
                            year,
                            owner[account],
                        )
                    )
    columns = ["account_id", "factor", "supplier", "is_us", "weight", "score", "year", "rater_id"]
    return pd.DataFrame(rows, columns=columns)


def _elevator_list(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Class of every account by S037 on the sales of 2024, and whether somebody had to judge."""
    plan = world.plan
    sales, level = plan["s2024"] / 100, plan["level"]
    key, main = world.setting("key_cut"), world.setting("main_cut")
    member = np.select(
        [plan["strategic"], (sales >= key) & (level >= 4), (sales >= main) & (level == 3)],
        ["strategic", "key", "main"],
        "general",
    )
    judged = ((sales >= key) & (level < 4)) | ((sales < key) & (sales >= main) & (level != 3))
    judged |= (sales < main) & (level >= 4)
    judged &= ~plan["strategic"]
    return np.where(judged & (sales >= main), "main", member), judged.to_numpy()


def _guide_list(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Grade of every account by S036 on the profit of 2024: the first 5 % and 20 % (house)."""
    years = world.tables["account_years"]
    years = years[years["year"] == PAST[0]].set_index("account_id")
    profit = years["revenue"] - years["direct_cost"] - years["indirect_cost"]
    ahead = (profit.rank(ascending=False, method="first") - 1) / len(profit)
    rank = world.plan["account_id"].map(ahead).to_numpy()
    member = np.select([rank < 0.05, rank < 0.2], ["strategic", "key"], "ordinary")
    return member, np.zeros(len(member), dtype=bool)


def build_assignments(world: World) -> pd.DataFrame:
    """The table ``scheme_assignments``: the list of 2025, drawn up on the figures of 2024."""
    plan, scheme = world.plan, world.setting("list_scheme")
    member, judged = {"elevator": _elevator_list, "guide": _guide_list}[scheme](world)
    table = pd.DataFrame(
        {
            "scheme": scheme,
            "version": "2025",
            "account_id": plan["account_id"],
            "member": member,
            "as_of": np.datetime64("2025-03-14"),
            "approver_id": "M001",
            "approved_on": np.datetime64("2025-03-28"),
            "reason": np.where(judged, "by_judgement", "by_rule"),
        }
    )
    return table[(plan["s2024"] > 0) & (plan["relation"] != "former")]
