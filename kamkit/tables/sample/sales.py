"""The tables ``orders``, ``account_years``, ``cost_drivers`` and ``category_spend``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.orders import order_rate, serve_budget, year_margin, year_serve
from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import CURRENT, FUTURE, PAST, World, rate, split_cents

_SALES = {2024: "s2024", 2025: "s2025", CURRENT: "s2026"}


def build_orders(world: World, drawn: pd.DataFrame) -> pd.DataFrame:
    """The table ``orders``; links to opportunities and projects are set by their makers."""
    rng, plan = world.rng("orders"), world.plan
    account, line = drawn["account"].to_numpy(), drawn["line"].to_numpy()
    names = list(world.data["lines"])
    price = np.array([entry[3] for entry in world.data["lines"].values()], dtype=float)
    hard = np.round(0.02 + 0.16 * world.rng("bargain").beta(2, 3, len(plan)), 4)
    hard[world.role("giant", "whale", "disputed")] = 0.19
    discount = np.clip(hard[account] + rng.normal(0, 0.02, len(drawn)), 0, 0.35)
    amount = drawn["cents"].to_numpy() / 100
    pieces = np.abs(amount) / (price[line] * (1 - discount))
    owner = reps(world)["member_id"].to_numpy()
    sole = world.rng("sole").random((len(plan), len(names))) < 0.12
    return pd.DataFrame(
        {
            "order_id": drawn["order_id"],
            "line_no": drawn["line_no"],
            "account_id": plan["account_id"].to_numpy()[account],
            "date": drawn["date"],
            "amount": amount,
            "currency": "CNY",
            "direct_cost": drawn["cost_cents"].to_numpy() / 100,
            "product_line": np.asarray(names, dtype=object)[line],
            "quantity": np.sign(amount) * np.maximum(1, np.rint(pieces)),
            "discount": np.where(amount < 0, 0.0, np.round(discount, 3)),
            "member_id": owner[plan["territory"].to_numpy()[account]],
            "sole_source": sole[account, line],
        }
    )


def _other_drivers(world: World, year: int, left: np.ndarray) -> pd.DataFrame:
    """Quantities of the drivers that take what orders and visits leave of the budget."""
    rng = world.rng(f"drivers_{year}")
    rates = {k: v for k, v in world.data["drivers"].items() if v[3]}
    pull = np.array([v[3] for v in rates.values()]) * rng.gamma(2.0, size=(len(left), len(rates)))
    share = pull / pull.sum(axis=1, keepdims=True)
    parts = []
    for column, (name, entry) in enumerate(rates.items()):
        quantity = np.round(left * share[:, column] / entry[0])
        parts.append(
            pd.DataFrame({"account": np.arange(len(left)), "driver": name, "quantity": quantity})
        )
    return pd.concat(parts, ignore_index=True)


def build_drivers(world: World, orders: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """The table ``cost_drivers``: what serving each account took in the past years.

    Orders and visits are counted in the tables; the rest follows the budget of the plan.
    """
    plan = world.plan
    place = pd.Series(np.arange(len(plan)), index=plan["account_id"])
    parts = []
    for year in PAST:
        real = orders[orders["date"].dt.year == year]
        count = np.zeros((2, len(plan)))
        number = real.groupby("account_id")["order_id"].nunique()
        count[0, place[number.index]] = number
        seen = visits[visits["year"] == year].groupby("account").size()
        count[1, seen.index] = seen
        budget = serve_budget(world, year)
        budget[world.role("zero_net")] = 46_000.0 if year == PAST[1] else 0.0
        paid = count[0] * order_rate(world) + count[1] * world.data["drivers"]["visit"][0]
        table = _other_drivers(world, year, np.maximum(budget - paid, 0))
        for name, row in zip(("order", "visit"), count, strict=True):
            extra = {"account": np.arange(len(plan)), "driver": name, "quantity": row}
            table = pd.concat([table, pd.DataFrame(extra)], ignore_index=True)
        table["year"] = year
        active = (plan[_SALES[year]].to_numpy() > 0) | (plan["role"] == "zero_net").to_numpy()
        parts.append(table[active[table["account"]] & (table["quantity"] > 0)])
    table = pd.concat(parts, ignore_index=True)
    rates = {name: float(entry[0]) for name, entry in world.data["drivers"].items()}
    rates["order"] = order_rate(world)
    table["rate"] = table["driver"].map(rates)
    table["unit"] = "unit." + table["driver"]
    table["account_id"] = plan["account_id"].to_numpy()[table.pop("account")]
    table["currency"] = "CNY"
    return table


def _past_rows(world: World, orders: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Past years: sums of orders, drivers and the allocated overhead."""
    cents = orders.assign(
        year=orders["date"].dt.year,
        revenue=np.rint(orders["amount"] * 100).astype(np.int64),
        direct=np.rint(orders["direct_cost"] * 100).astype(np.int64),
    )
    cents = cents[cents["year"].isin(PAST)]
    table = cents.groupby(["account_id", "year"])[["revenue", "direct"]].sum().reset_index()
    cost = drivers.assign(cost=np.rint(drivers["quantity"] * drivers["rate"] * 100))
    serve = cost.groupby(["account_id", "year"])["cost"].sum().rename("serve").reset_index()
    table = table.merge(serve, how="left", on=["account_id", "year"])
    overhead = np.rint(table["revenue"] * world.setting("overhead"))
    table["indirect"] = table["serve"].fillna(0) + overhead
    table["status"] = "actual"
    return table.drop(columns="serve")


def _later_rows(world: World, orders: pd.DataFrame) -> pd.DataFrame:
    """This year (so far + rest) and the forecast years of customers."""
    plan = world.plan
    so_far = orders[orders["date"].dt.year == CURRENT]
    cost = np.rint(so_far["direct_cost"] * 100).groupby(so_far["account_id"]).sum()
    known = plan["account_id"].map(cost).fillna(0).to_numpy()
    margin, serve = year_margin(world, CURRENT), year_serve(world, CURRENT)
    ratio = world.setting("overhead") + np.maximum(margin - world.setting("overhead"), 0) * serve
    base = plan["s2026"].to_numpy().astype(float)
    fresh = world.role("zero_net")
    base[fresh] = 40_000_000.0
    growth = np.clip(plan["growth"].to_numpy(), 0.75, 1.3)
    parts: list[pd.DataFrame] = []
    for step, year in enumerate((CURRENT, *FUTURE)):
        revenue = np.rint(base * growth**step / 10_000) * 10_000 if step else np.rint(base)
        direct = np.rint(revenue * (1 - margin))
        if not step:
            rest = np.maximum(revenue - plan["ytd"].to_numpy(), 0)
            direct = known + np.rint(rest * (1 - margin))
        frame = {"account_id": plan["account_id"], "year": year, "revenue": revenue}
        frame |= {"direct": direct, "indirect": np.rint(revenue * ratio)}
        frame |= {"status": "forecast" if step else "estimate"}
        table = pd.DataFrame(frame)
        parts.append(table[(plan["relation"] == "customer") & (revenue > 0)])
    return pd.concat(parts, ignore_index=True)


def build_account_years(world: World, orders: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """The table ``account_years``; category spend is known for the larger customers only."""
    table = pd.concat([_past_rows(world, orders, drivers), _later_rows(world, orders)])
    table = table.sort_values(["account_id", "year"]).reset_index(drop=True)
    plan = world.plan.set_index("account_id")
    mine = plan.loc[table["account_id"]]
    wallet = np.select(
        [table["year"] == 2024, table["year"] == 2025],
        [mine["wallet24"], mine["wallet25"]],
        mine["wallet26"],
    )
    rng = world.rng("category")
    big = plan["s2025"] >= plan["s2025"].quantile(0.4)
    known = big.loc[table["account_id"]].to_numpy() & (table["revenue"] > 0).to_numpy()
    known &= (table["year"] <= CURRENT).to_numpy()
    spend = np.where(known, np.rint(table["revenue"] / wallet / 100_000) * 1000, np.nan)
    doubt = rate(rng, 0.08, 0.3, len(table))
    revenue = table["revenue"] / 100
    return pd.DataFrame(
        {
            "account_id": table["account_id"],
            "year": table["year"],
            "status": table["status"],
            "revenue": revenue,
            "direct_cost": table["direct"] / 100,
            "indirect_cost": table["indirect"] / 100,
            "category_spend": spend,
            "category_spend_low": np.maximum(
                np.round(spend * (1 - doubt), -3), revenue + 0 * spend
            ),
            "category_spend_high": np.round(spend * (1 + doubt * 1.2), -3),
            "currency": "CNY",
        }
    )


def build_category_spend(world: World, orders: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """The table ``category_spend``: last year's spend of each customer by product line.

    What a customer buys elsewhere is spread over the lines; the lines add up to the year.
    """
    year = PAST[-1]
    known = years[(years["year"] == year) & years["category_spend"].notna()]
    lines = list(world.data["lines"])
    sold = orders[orders["date"].dt.year == year].pivot_table(
        index="account_id", columns="product_line", values="amount", aggfunc="sum"
    )
    sold = sold.reindex(index=known["account_id"], columns=lines).fillna(0).clip(lower=0)
    rng = world.rng("spend_lines")
    weight = np.array([entry[4] for entry in world.data["lines"].values()])
    pull = np.round(weight * rng.gamma(1.2, size=sold.shape), 6) + 1e-3
    rest = np.rint((known["category_spend"].to_numpy() - sold.sum(axis=1).to_numpy()) * 100)
    cell = np.repeat(np.arange(len(sold)), len(lines))
    gap = split_cents(pull.ravel(), cell, np.maximum(rest, 0).astype(np.int64))
    base = (np.rint(sold.to_numpy().ravel() * 100) + gap) / 100
    doubt = rate(rng, 0.1, 0.4, len(base))
    table = pd.DataFrame(
        {
            "account_id": np.repeat(sold.index.to_numpy(), len(lines)),
            "product_line": np.tile(lines, len(sold)),
            "year": year,
            "spend_low": np.round(np.maximum(base * (1 - doubt), sold.to_numpy().ravel()), 2),
            "spend_base": base,
            "spend_high": np.round(base * (1 + doubt), 2),
            "currency": "CNY",
        }
    )
    evidence = world.items("evidence")
    table["evidence"] = np.asarray(evidence, dtype=object)[rng.integers(0, 6, len(table))]
    # Nobody has asked some customers about lines that they don't buy from us.
    asked: np.ndarray = (sold.to_numpy().ravel() != 0) | (rng.random(len(table)) >= 0.15)
    kept: pd.DataFrame = table[asked]
    return kept
