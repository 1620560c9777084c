"""Order lines that add up to the planned sales and direct cost of each account and year."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import (
    AS_OF,
    CURRENT,
    PAST,
    World,
    days,
    lognormal,
    rate,
    split_cents,
)

# Weight of the months (house): quiet around the Spring Festival, busy before the year's end.
_MONTHS = (0.75, 0.45, 0.95, 1.0, 1.05, 1.1, 1.0, 0.95, 1.1, 1.05, 1.2, 1.4)
_PLANNED = {2024: "s2024", 2025: "s2025", CURRENT: "ytd"}


@cache
def _calendar(year: int) -> tuple[np.ndarray, np.ndarray]:
    """Working days of a year up to the as-of date, with cumulative weights."""
    end = AS_OF if year == CURRENT else f"{year}-12-31"
    every = np.arange(f"{year}-01-04", np.datetime64(end) + 1, dtype="datetime64[D]")
    work = every[np.is_busday(every)]
    weight = np.asarray(_MONTHS)[work.astype("datetime64[M]").astype(int) % 12]
    return work, np.cumsum(weight) / weight.sum()


def year_margin(world: World, year: int) -> np.ndarray:
    """Gross margin of every account in a year."""
    plan = world.plan
    drift = np.round(world.rng(f"margin_{year}").normal(0, 0.008, len(plan)), 4)
    drift[world.role("giant", "whale", "disputed", "loss", "lone")] = 0.0
    return np.clip(plan["margin"].to_numpy() + drift, 0.1, 0.5)


def year_serve(world: World, year: int) -> np.ndarray:
    """Cost to serve as a share of gross margin after overhead."""
    serve = world.plan["serve"].to_numpy().copy()
    if year == PAST[0]:
        early = world.role("whale", "disputed")
        serve[early] = np.minimum(serve[early], 0.93)
    return serve


def serve_budget(world: World, year: int) -> np.ndarray:
    """Money (yuan) that serving each account costs in a year, or in the year so far."""
    sales = world.plan[_PLANNED[year]].to_numpy() / 100
    left = np.maximum(year_margin(world, year) - world.setting("overhead"), 0.0)
    budget: np.ndarray = sales * left * year_serve(world, year)
    return budget


def order_rate(world: World) -> float:
    """Cost of handling one order; a company with many small orders handles them cheaply."""
    usual = float(world.data["drivers"]["order"][0])
    return max(0.01, round(usual * min(1.0, 60.0 * world.accounts / world.orders), 2))


def _cells(world: World) -> pd.DataFrame:
    """One row per account and year with sales: money, cost and number of lines."""
    parts = []
    for year in (*PAST, CURRENT):
        sales = world.plan[_PLANNED[year]].to_numpy()
        here = np.flatnonzero(sales > 0)
        margin = year_margin(world, year)[here]
        cost = np.rint(sales[here] * (1 - margin)).astype(np.int64)
        room = np.floor(serve_budget(world, year)[here] * 0.3 / order_rate(world))
        frame = {"account": here, "year": year, "sales": sales[here], "cost": cost, "room": room}
        parts.append(pd.DataFrame(frame))
    cells = pd.concat(parts, ignore_index=True)
    cells["room"] = np.clip(np.minimum(cells["room"], cells["sales"] // 8000), 1, None)
    cells["lines"] = _line_counts(world, cells)
    return cells


def _line_counts(world: World, cells: pd.DataFrame) -> np.ndarray:
    """Share the wanted number of lines out; large accounts order more often and more at once."""
    rng = world.rng("lines")
    pull = np.sqrt(cells["sales"].to_numpy() / 1e6) * lognormal(rng, 0.35, len(cells))
    room = cells["room"].to_numpy()
    fixed = cells["account"].isin(world.role("churn")).to_numpy()
    lines = np.ones(len(cells))
    for _ in range(60):
        left = world.orders - lines.sum()
        open_ = (lines < room) & ~fixed
        if left < 1 or not open_.any():
            break
        more = np.floor(np.where(open_, pull, 0) / pull[open_].sum() * left)
        first = np.argsort(np.where(open_, -pull, 0), kind="stable")
        more[first[: min(int(left - more.sum()), int(open_.sum()))]] += 1
        lines = np.minimum(lines + more, np.maximum(room, 1))
    churn = {2024: 26, 2025: 17, CURRENT: 4}
    lines[fixed] = cells.loc[fixed, "year"].map(churn)
    return lines.astype(np.int64)


def _credit_notes(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Money returned by credit notes in a few cells (cents); never for the planted churn."""
    rng = world.rng("credits")
    fit = (cells["lines"] >= 4) & ~cells["account"].isin(world.role("churn"))
    fit &= cells["sales"] >= 50_000_000
    chosen = rng.permutation(np.flatnonzero(fit))[: max(3, int(fit.sum() * 0.06))]
    chosen = np.sort(chosen)
    share = rate(rng, 0.004, 0.02, len(chosen))
    back = np.rint(cells["sales"].to_numpy()[chosen] * share).astype(np.int64)
    cost = np.rint(
        back * (1 - world.plan["margin"].to_numpy()[cells["account"].to_numpy()[chosen]])
    )
    return pd.DataFrame({"cell": chosen, "back": back, "cost": cost.astype(np.int64)})


def _churn_days(rng: np.random.Generator, year: int, number: int) -> np.ndarray:
    """Order days of the account that is quietly leaving: gaps widen, then nothing."""
    if year == PAST[0]:
        spots = np.linspace(8, 355, number)
    elif year == PAST[1]:
        spots = 10 + 345 * np.linspace(0, 1, number) ** 0.72
    else:
        spots = np.asarray([14.0, 41.0, 72.0, 103.0])[:number]
    day = np.datetime64(f"{year}-01-01") + np.rint(spots).astype("m8[D]")
    return np.busday_offset(day.astype("datetime64[D]"), 0, roll="forward")


def _order_days(world: World, year: np.ndarray, account: np.ndarray) -> np.ndarray:
    """A working day for every order."""
    rng = world.rng("days")
    draw = np.round(rng.random(len(year)), 9)
    day = np.empty(len(year), dtype="datetime64[D]")
    churn = np.isin(account, world.role("churn"))
    for value in np.unique(year):
        work, reach = _calendar(int(value))
        here = year == value
        spot = np.searchsorted(reach, draw[here])
        day[here] = work[np.minimum(spot, len(work) - 1)]
        gone = here & churn
        if gone.any():
            day[gone] = _churn_days(rng, int(value), int(gone.sum()))
    return day


def _draw_lines(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Ordinary (positive) lines, cell by cell; ``order`` numbers the orders."""
    rng = world.rng("order_lines")
    cell = np.repeat(np.arange(len(cells)), cells["lines"].to_numpy())
    account = cells["account"].to_numpy()[cell]
    first = np.r_[True, cell[1:] != cell[:-1]]
    alone = np.isin(account, world.role("churn"))
    order = np.cumsum(first | alone | (rng.random(len(cell)) < 0.55)) - 1
    starts = np.flatnonzero(np.r_[True, order[1:] != order[:-1]])
    day = _order_days(world, cells["year"].to_numpy()[cell[starts]], account[starts])[order]
    frame = {"cell": cell, "account": account, "order": order, "date": day}
    lines = pd.DataFrame(frame)
    lines["line"] = _product_lines(world, account, rng)
    lines["weight"] = 0.08 + lognormal(rng, 0.75, len(lines))
    return lines


def _product_lines(world: World, account: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Number of the product line; every account has its own mix and leaves some lines out."""
    weights = np.array([entry[4] for entry in world.data["lines"].values()], dtype=float)
    mix_rng = world.rng("mix")
    mix = weights * mix_rng.gamma(0.7, size=(world.accounts, len(weights)))
    mix[mix_rng.random(mix.shape) < 0.25] = 0.0
    mix[np.arange(len(mix)), mix_rng.integers(0, len(weights), len(mix))] += weights.mean()
    reach = np.round(np.cumsum(mix / mix.sum(axis=1, keepdims=True), axis=1), 9)
    draw = rng.random(len(account))
    chosen = np.zeros(len(account), dtype=np.int64)
    for column in range(len(weights) - 1):
        chosen += draw > reach[account, column]
    return chosen


def _credit_lines(world: World, lines: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """One or two negative lines for every cell with returns, after the goods were ordered."""
    rng = world.rng("credit_lines")
    number = rng.integers(1, 3, len(notes))
    row = np.repeat(np.arange(len(notes)), number)
    frame = notes.iloc[row].reset_index(drop=True)
    ends = np.searchsorted(lines["cell"].to_numpy(), frame["cell"].to_numpy(), side="right") - 1
    begin = np.searchsorted(lines["cell"].to_numpy(), frame["cell"].to_numpy(), side="left")
    source = lines.iloc[begin + (ends - begin) // 2]
    year_end = source["date"].to_numpy().astype("datetime64[Y]") + 1
    last = np.minimum(days(year_end) - 1, np.datetime64(AS_OF))
    gap = (last - days(source["date"])).astype(int)
    later = np.floor(gap * rng.random(len(frame))).astype("m8[D]")
    share = 0.3 + rng.random(len(frame))
    return pd.DataFrame(
        {
            "cell": frame["cell"],
            "account": source["account"].to_numpy(),
            "order": lines["order"].max() + 1 + np.arange(len(frame)),
            "date": (days(source["date"]) + later).astype("datetime64[s]"),
            "line": source["line"].to_numpy(),
            "cents": -split_cents(share, row, notes["back"].to_numpy()),
            "cost_cents": -split_cents(share, row, notes["cost"].to_numpy()),
        }
    )


def _returned_order(world: World, cells: pd.DataFrame, order: int) -> pd.DataFrame:
    """The account whose orders of 2025 all came back: net sales exactly zero."""
    amount = np.array([184_500_00, 96_250_00, 143_780_00])
    cents, cost = np.r_[amount, -amount], np.r_[amount * 7 // 10, -(amount * 7 // 10)]
    date = ["2025-03-12", "2025-04-23", "2025-06-18", "2025-05-21", "2025-06-30", "2025-09-10"]
    line = np.tile(np.arange(3), 2)
    account = world.role("zero_net")[0]
    frame = {"cell": len(cells), "account": account, "order": order + np.arange(6)}
    frame |= {"date": days(date).astype("datetime64[s]"), "line": line}
    return pd.DataFrame(frame | {"cents": cents, "cost_cents": cost})


def draw_orders(world: World) -> pd.DataFrame:
    """All order lines with whole cents, before ids and links are set.

    Columns: account (position), order, date, line, cents, cost_cents.
    """
    cells = _cells(world)
    notes = _credit_notes(world, cells)
    lines = _draw_lines(world, cells)
    gross, cost = cells["sales"].to_numpy().copy(), cells["cost"].to_numpy().copy()
    gross[notes["cell"]] += notes["back"].to_numpy()
    cost[notes["cell"]] += notes["cost"].to_numpy()
    cell, weight = lines["cell"].to_numpy(), lines.pop("weight").to_numpy()
    lines["cents"] = split_cents(weight, cell, gross)
    spread = 1 - np.array([entry[2] for entry in world.data["lines"].values()])
    factor = spread[lines["line"]] * lognormal(world.rng("line_cost"), 0.04, len(lines))
    lines["cost_cents"] = split_cents(weight * factor, cell, cost)
    lines["date"] = lines["date"].astype("datetime64[s]")
    credit = _credit_lines(world, lines, notes)
    back = _returned_order(world, cells, int(credit["order"].max()) + 1)
    return pd.concat([lines, credit, back], ignore_index=True).drop(columns="cell")


def number_orders(world: World, drawn: pd.DataFrame) -> pd.DataFrame:
    """Sort by date and give orders and lines their numbers."""
    table = drawn.sort_values(["date", "order"], kind="stable").reset_index(drop=True)
    codes, _ = pd.factorize(table["order"])
    table["order"] = codes
    table["line_no"] = table.groupby("order").cumcount() + 1
    width = max(6, len(str(len(table))))
    names = pd.Series(np.arange(1, codes.max() + 2)).astype("str").str.zfill(width)
    credit = table["cents"].to_numpy() < 0
    head = np.where(credit, "CN", "SO").astype(object)
    table["order_id"] = head + names.to_numpy(dtype=object)[codes]
    return table
