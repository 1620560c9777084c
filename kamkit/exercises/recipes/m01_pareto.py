"""How concentrated is the business: shares of the head, heads for 80 %, two years, capacity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Field, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import column, company_names
from kamkit.exercises.recipes.parts import cell, money, one_of, share
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import capacity_check, concentration_change, concentration_summary
from kamkit.methods.selection.lorenz import once, percentiles
from kamkit.methods.selection.pareto import (
    MIN_FOR_INTERVAL,
    bootstrap_figures,
    concentration_figures,
)

DRAWS = 200
_EDGE = 0.0015  # an end of the interval that the screen rounds to nought
_BASES = {"sales": Text("按销售额", "By sales"), "margin": Text("按毛利", "By gross margin")}
_FIELDS = (
    Field("top20", Text("最大 20% 客户的占比", "Share of the top 20%"), unit="share"),
    Field("top25", Text("最大 25% 客户的占比", "Share of the top 25%"), unit="share"),
    Field("heads80", Text("占到 80% 需要几家", "Accounts needed for 80%"), unit="count"),
)
_KEYS = {"top20": "share_top_20", "top25": "share_top_25", "heads80": "heads_for_80"}


def _drawn(draw: Draw, count: int = 20) -> pd.DataFrame:
    """Accounts with falling sales; the largest ones earn the thinnest margins."""
    steep = draw.real(0.6, 1.25, 2)
    start = draw.integer(1_200, 4_200)
    sales = [
        max(12, round(start / (k + 1) ** steep * draw.real(0.85, 1.15, 2))) for k in range(count)
    ]
    sales.sort(reverse=True)
    rates = [draw.real(0.02, 0.05, 2) if k < 2 else draw.real(0.12, 0.34, 2) for k in range(count)]
    margin = [max(1, round(s * r)) for s, r in zip(sales, rates, strict=True)]
    names = company_names(draw, count)
    return pd.DataFrame(
        {
            "account_id": [f"{k:02d}" for k in range(count)],
            "name": names,
            "sales": [s * 10_000.0 for s in sales],
            "margin": [m * 10_000.0 for m in margin],
        }
    )


def _own(accounts: pd.DataFrame) -> pd.DataFrame:
    """The trainee's own accounts, largest first; margin only where all have one."""
    table = pd.DataFrame(
        {
            "account_id": accounts["account_id"].astype(str),
            "name": [Text(str(n), str(n)) for n in accounts["name"]],
            "sales": accounts["revenue"].astype(float),
        }
    )
    if "margin" in accounts.columns and accounts["margin"].notna().all():
        table["margin"] = accounts["margin"].astype(float)
    return table.sort_values(["sales", "account_id"], ascending=[False, True], ignore_index=True)


def _measures(table: pd.DataFrame, value: str) -> dict[str, float]:
    found = concentration_summary(
        table, value=value, shares=(0.20, 0.25), targets=(0.80,), tops=(), draws=0
    )
    return dict(zip(found["measure"], found["value"].astype(float), strict=True))


def _head(table: pd.DataFrame, value: str) -> dict[str, float]:
    """Share of the top 20 % with the interval that concentration_summary gives it.

    Only this one figure is resampled; below ten accounts there is no interval.
    """
    falling = -np.sort(-table[value].to_numpy(float))
    figure = {"share": concentration_figures((0.20,), (), "ceil")["share_top_20"]}
    draws = DRAWS if len(falling) >= MIN_FOR_INTERVAL else 0
    low, high = percentiles(bootstrap_figures(falling, figure, draws, 1)["share"], 0.95)
    return {"value": float(figure["share"][0](once(falling))[0]), "low": low, "high": high}


def _naive(table: pd.DataFrame, value: str) -> dict[str, float]:
    """The same figures in the order of sales: nobody sorted the list again."""
    amounts = table[value].to_numpy(float)
    running = np.cumsum(amounts) / amounts.sum()
    n = len(amounts)
    reached = np.flatnonzero(running >= 0.8 - 1e-9)
    return {
        "top20": float(running[math.ceil(0.2 * n - 1e-9) - 1]),
        "top25": float(running[math.ceil(0.25 * n - 1e-9) - 1]),
        "heads80": float(reached[0] + 1) if len(reached) else float(n),
    }


def _against_rest(value: float) -> float:
    return value / (1 - value) if value < 1 else value


def _sheet(table: pd.DataFrame, bases: list[str]) -> Sheet:
    heads = {"sales": Text("去年销售额", "Sales last year"), "margin": Text("毛利", "Gross margin")}
    columns = [column("name", "客户", "Account")]
    columns += [column(b, heads[b].zh, heads[b].en, "money") for b in bases]
    rows = [(cell(row["name"]), *(float(row[b]) for b in bases)) for _, row in table.iterrows()]
    title = Text("客户名单，按销售额从大到小", "Accounts, largest sales first")
    return Sheet(title, tuple(columns), tuple(rows), "CNY")


def curve(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Head shares and heads for 80 % of one list, by sales and by gross margin.

    A head of 20 % or 25 % is rounded up. On own accounts the margin row is left out unless
    every account has one. Source: S033, S034; :func:`concentration_summary`.
    """
    table = _own(accounts) if accounts is not None else _drawn(draw)
    bases = [b for b in _BASES if b in table.columns and table[b].sum() > 0]
    n = len(table)
    key: dict[str, Accept] = {}
    traps: dict[str, dict[str, Any]] = {
        t: {}
        for t in (
            "kept_order",
            "eighty_twenty",
            "one_short",
            "against_rest",
            "as_share",
            "evenly",
            "copied",
        )
    }
    measured = {b: _measures(table, b) for b in bases}
    for b, found in measured.items():
        naive = _naive(table, b)
        for f, measure in _KEYS.items():
            value, part = found[measure], f"{b}.{f}"
            slack = 0.0 if f == "heads80" else 0.006
            key[part] = Accept(low=value - slack, high=value + slack, best=round(value, 4))
            traps["kept_order"][part] = naive[f]
            rule = {"top20": 0.8, "top25": 0.8, "heads80": float(math.ceil(0.2 * n))}
            traps["eighty_twenty"][part] = rule[f]
            short = f == "heads80"
            traps["one_short"][part] = max(value - 1, 0.0) if short else value
            traps["against_rest"][part] = value if short else _against_rest(value)
            traps["as_share"][part] = value / n if short else value
            even = {"top20": 0.2, "top25": 0.25, "heads80": float(math.ceil(0.8 * n))}
            traps["evenly"][part] = even[f]
            if b == "margin":
                traps["copied"][part] = measured["sales"][measure]
    first, by_sales = _head(table, bases[0]), measured[bases[0]]
    margin = money(table["margin"].sum()) if "margin" in bases else "—"
    return Variant(
        key=key,
        words={
            "n": n, "head20": math.ceil(0.2 * n - 1e-9), "head25": math.ceil(0.25 * n - 1e-9),
            "total_sales": money(table[bases[0]].sum()), "total_margin": margin,
            "low": share(first["low"]) if first["low"] == first["low"] else "—",
            "high": share(first["high"]) if first["high"] == first["high"] else "—",
            "top20": share(first["value"]), "top25": share(by_sales["share_top_25"]),
            "heads": int(by_sales["heads_for_80"]),
            "heads_share": share(by_sales["heads_for_80"] / n),
        },
        items=tuple(Item(b, _BASES[b]) for b in bases),
        fields=_FIELDS,
        sheets=(_sheet(table, bases),),
        traps=traps,
    )  # fmt: skip


def _line(measures: pd.DataFrame, name: str) -> dict[str, float]:
    """Value and interval of one measure."""
    row = measures.loc[measures["measure"] == name, ["value", "low", "high"]].to_numpy(float)[0]
    return dict(zip(("value", "low", "high"), row.tolist(), strict=True))


def _next_year(draw: Draw, first: pd.DataFrame) -> pd.DataFrame:
    """The same accounts a year later: a clear shift to or from the head, or mere noise."""
    clear, rising = draw.choice((True, False)), draw.choice((True, False))
    head, factors = len(first) // 4, []
    for k in range(len(first)):
        push = (0.45 if k < head else -0.22) * (1 if rising else -0.75) if clear else 0.0
        factors.append(1 + push + draw.real(-0.06, 0.06, 3) * (1 if clear else 4))
    return first.assign(sales=first["sales"] * factors)


def two_years(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """The share of the top 20 % in two years, and what may be said of the difference.

    The paired interval of the difference decides: the accounts are the same in both years.
    Source: S033; Efron & Tibshirani 1993; :func:`concentration_change`.
    """
    count = draw.integer(22, 30)
    first = _drawn(draw, count)[["account_id", "sales"]]
    second = _next_year(draw, first)
    options: dict[str, Any] = {"shares": (0.20,), "targets": (), "draws": DRAWS}
    both: dict[str, Any] = {"value_first": "sales", "value_second": "sales"}
    change = _line(concentration_change(first, second, **both, **options), "share_top_20")
    years = [_head(t, "sales") for t in (first, second)]
    said = "trend_up" if change["value"] > 0 else "trend_down"
    other = "trend_down" if said == "trend_up" else "trend_up"
    best = said if change["low"] > 0 or change["high"] < 0 else "these_only"
    edge = min(abs(change["low"]), abs(change["high"])) < _EDGE
    also = [c for c in ("these_only", said) if edge and c != best]
    misjudged = said if best == "these_only" else "these_only"
    if misjudged in also:
        misjudged = other
    labels = (Text("前年", "Two years ago"), Text("去年", "Last year"))
    rows = [
        (cell(label), count, *(round(y[c], 3) for c in ("value", "low", "high")))
        for label, y in zip(labels, years, strict=True)
    ]
    points = [round(change[c] * 100, 1) for c in ("value", "low", "high")]
    return Variant(
        key={"choice": one_of(best, *also)},
        words={
            "n": count, "before": share(years[0]["value"]), "after": share(years[1]["value"]),
            "points": points[0], "low": points[1], "high": points[2], "draws": DRAWS,
            "up": cell(Text("上升", "risen") if points[0] > 0 else Text("下降", "fallen")),
        },
        sheets=(
            Sheet(
                Text("最大 20% 客户占销售额的比例", "Share of sales held by the top 20%"),
                (
                    column("year", "年份", "Year"),
                    column("n", "客户数", "Accounts", "number", 0),
                    column("value", "占比", "Share", "share", 1),
                    column("low", "区间下端", "Interval from", "share", 1),
                    column("high", "区间上端", "to", "share", 1),
                ),
                tuple(rows),
            ),
        ),
        traps={
            "overlap": {"choice": "no_change"},
            "misjudged": {"choice": misjudged},
            "worthless": {"choice": "worthless"},
            "other_way": {"choice": other},
        },
    )  # fmt: skip


def _cut(value: float, served: int) -> float:
    """The whole part; where that happens to be right, the figure before it was cut.

    Where even that is right, a figure that nobody types.
    """
    whole, figure = math.floor(value), round(value, 2)
    if whole != served:
        return whole
    return figure if abs(figure - served) > 0.02 * served else served + 0.5


def serving(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """How many of the listed key accounts the team's hours can serve, floor service first.

    Whoever isn't served as a key account gets the floor, those struck off the list included: so
    every account has its floor, and a key account takes the rest of its hours on top. On own
    accounts their number is taken from the list, and the upper third is listed as key.
    Source: S037, X25, X32; :func:`capacity_check`.
    """
    n = len(accounts) if accounts is not None else draw.integer(5, 9) * 10
    listed = math.ceil(n / 3) if accounts is not None else draw.integer(14, 22)
    floor = draw.choice((10, 12, 16))
    each = draw.choice((120, 150, 160, 200))
    others = n - listed
    target = draw.integer(max(1, listed // 3), max(1, listed - 2))
    part = draw.choice((50, 60, 70))
    needed = others * floor + (target + draw.real(0.2, 0.55, 2)) * each
    hours = round(needed * 100 / part / 10) * 10
    while not 0.15 <= (hours * part / 100 - n * floor) / (each - floor) % 1 <= 0.85:
        hours += 10  # clear of a whole number of accounts
    members = pd.DataFrame(
        {
            "account_id": [f"{k:03d}" for k in range(n + listed)],
            "member": ["floor"] * n + ["key"] * listed,
            "sales": [*np.zeros(n), *np.arange(listed, 0, -1.0)],
        }
    )
    limits = pd.DataFrame(
        {"member": ["floor", "key"], "hours_per_account": [float(floor), float(each - floor)]}
    )
    result = capacity_check(members, limits, hours=hours * part / 100)
    counts = dict(zip(result.summary["member"], result.summary["served"], strict=True))
    served = int(counts["key"])
    usable = hours * part / 100
    return Variant(
        key={"value": Accept(low=served, high=served, best=served)},
        words={
            "n": n, "listed": listed, "others": others, "hours": hours, "part": part,
            "floor": floor, "each": each, "usable": round(usable), "served": served,
            "floor_hours": n * floor, "left": round(usable - n * floor), "extra": each - floor,
            "short": listed - served, "needed": listed * each + others * floor,
        },
        traps={
            "no_floor": {"value": math.floor(usable / each)},
            "all_hours": {"value": math.floor((hours - n * floor) / (each - floor))},
            "both_forgotten": {"value": math.floor(hours / each)},
            "struck_off": {"value": _cut((usable - others * floor) / each, served)},
            "floor_for_all": {"value": _cut((usable - n * floor) / each, served)},
            "rounded_up": {"value": served + 1},
            "everyone": {"value": listed},
            "rule_of_thumb": {"value": _cut(n / 5, served)},
            "not_served": {"value": _cut(listed - served, served)},
            "fraction": {"value": round((usable - n * floor) / (each - floor), 2)},
        },
    )  # fmt: skip
