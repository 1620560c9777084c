"""Recipes of the portfolio table: what is on file, and growth like for like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kamkit.exercises.model import Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    YEAR,
    columns,
    field,
    figure,
    listed,
    money,
    names,
    own,
    own_names,
    score,
    sheet,
)
from kamkit.exercises.recipes.parts import one_of, share, until
from kamkit.methods.portfolio import AccountPnl, portfolio_questions
from kamkit.methods.portfolio.growth import growth_lines
from kamkit.methods.portfolio.pnl import ITEMS

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_QUESTIONS = (
    "total_income",
    "cost_to_serve",
    "estimated_profit",
    "growth_potential",
    "orientation",
)
_TOLERANCE = 0.003  # of a growth rate
_FILES = (
    ("销售额（前年到后年，五年）", "Revenue, five years"),
    ("直接成本（五年）", "Direct cost, five years"),
    ("间接成本（五年）", "Indirect cost, five years"),
    ("负责人估的成长潜力（金额）", "Growth still possible, in money, by the account owner"),
    ("负责人估的实现年数", "Years to get there, by the account owner"),
    ("交易型还是战略型", "Transactional or strategic"),
)


def _gaps(draw: Draw) -> tuple[int, ...]:
    """How many accounts there are, and how many of them lack each figure."""
    n = draw.integer(7, 12)

    def owners() -> int:
        return draw.choice([0, draw.integer(2, n - 2), n])

    potential, years = owners(), owners()
    return (
        n,
        draw.choice([0, 0, draw.integer(1, 3)]),
        draw.choice([0, draw.integer(1, 2)]),
        draw.choice([0, draw.integer(2, 4)]),
        potential,
        years if potential < n else n,
        owners(),
    )


def _gaps_good(gaps: tuple[int, ...]) -> bool:
    """Profit can be had in part only, and something can't be had at all."""
    n, _, direct, indirect, potential, _, kind = gaps
    return direct + indirect > 0 and (potential == n) != (kind == n)


def on_file(gaps: tuple[int, ...]) -> tuple[AccountPnl, pd.DataFrame]:
    """Files with these gaps: one year of the portfolio table, and the owners' outlook.

    Gaps are the same in all five years, so one column of the table tells all; a test compares
    with :func:`kamkit.methods.portfolio.account_pnl` over five.
    """
    n, *missing = gaps
    place = np.arange(n)
    ids = [f"a{k:02d}" for k in place]
    # Indirect cost lacks other accounts than revenue does, so profit lacks more than either.
    lacks = [place < missing[0], place < missing[1], place >= n - missing[2]]
    amounts = [np.where(gone, np.nan, 9.0 - 3 * k) for k, gone in enumerate(lacks)]
    amounts.append(amounts[0] - amounts[1] - amounts[2])
    lines = pd.DataFrame({
        "scope": (["account"] * n + ["total"]) * 4, "account_id": [*ids, ""] * 4,
        "item": np.repeat(ITEMS, n + 1), "year": YEAR, "period": "this_year", "status": "actual",
        "amount": np.concatenate([[*values, np.nansum(values)] for values in amounts]),
    })  # fmt: skip
    outlook = pd.DataFrame({
        "account_id": ids,
        "growth_potential": np.where(place < missing[3], np.nan, 3.0),
        "years_to_realise": np.where(place < missing[4], np.nan, 2.0),
        "orientation": [None if k < missing[5] else "strategic" for k in place],
    })  # fmt: skip
    none = pd.DataFrame()
    return AccountPnl(lines, none, none, none, YEAR, ()), outlook


def five_questions(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Which of the five portfolio questions can be answered from what is on file.

    Source: S078 (by :func:`kamkit.methods.portfolio.portfolio_questions`).
    """
    gaps = until(lambda: _gaps(draw), _gaps_good, 200)
    n, key, missing = gaps[0], {}, {}
    pnl, outlook = on_file(gaps)
    for question, part in portfolio_questions(pnl, outlook=outlook).groupby("question"):
        most = int(part["missing"].max())
        missing[str(question)] = most
        kind = "ask" if int(part["n"].max()) == 0 else ("part" if most else "now")
        key[str(question)] = kind
    rows = [(Text(zh, en), n - lacks) for (zh, en), lacks in zip(_FILES, gaps[1:], strict=True)]
    cols = columns(("what", "档案里有什么", "On file", "text"),
                   ("n", "齐全的家数", "Accounts complete", "number"))  # fmt: skip
    blank_is_nil = {q: "now" if k == "part" else k for q, k in key.items()}
    all_or_nothing = {q: "ask" if k == "part" else k for q, k in key.items()}
    books = {q: "now" if q in _QUESTIONS[:3] else "ask" for q in key}
    return Variant(
        key={q: one_of(key[q]) for q in _QUESTIONS},
        words={"n_profit": n - missing["estimated_profit"], "n_all": n,
               "m_profit": missing["estimated_profit"], "m_income": missing["total_income"],
               "m_cost": missing["cost_to_serve"], "m_growth": missing["growth_potential"],
               "m_orientation": missing["orientation"]},
        sheets=(sheet(Text("战略客户的档案", "Files of the strategic accounts"), cols, rows),),
        traps={"blank_is_nil": blank_is_nil, "all_or_nothing": all_or_nothing, "books": books},
    )  # fmt: skip


def _seven(draw: Draw) -> np.ndarray:
    """Last year and this year of seven accounts, five on record in both; large ones grow least."""
    last = [50.0 * draw.integer(18, 40) for _ in range(2)]
    last += [50.0 * draw.integer(4, 14) for _ in range(5)]
    rates = [draw.integer(-8, 6) for _ in range(2)] + [draw.integer(8, 30) for _ in range(5)]
    table = np.array([last, [round(v * (100 + r) / 100) for v, r in zip(last, rates, strict=True)]])
    table[:, 5] = np.nan, 50.0 * draw.integer(8, 24)
    if draw.integer(0, 1):
        table[:, 6] = np.nan, 50.0 * draw.integer(6, 16)
    return table * WAN


def _growths(table: np.ndarray) -> dict[str, float]:
    before, now = table[:, ~np.isnan(table).any(axis=0)]
    first, last = np.nansum(table, axis=1)
    return {
        "key": float(now.sum() / before.sum() - 1),
        "all_in": float(last / first - 1),
        "mean_of_rates": float((now / before - 1).mean()),
    }


def _seven_good(table: np.ndarray) -> bool:
    """No two accounts look alike, and no slip gives a figure that would count as right."""
    found = _growths(table)
    if not (_apart(found, 0.012) and _differ(table)):
        return False
    slips = _slips(table, found)
    return bool((np.abs(slips - found["key"]) > _TOLERANCE + 0.001).all())


def _differ(table: np.ndarray) -> bool:
    """Accounts differ in each year's sales and in their growth."""
    rates = np.round(table[1] / table[0], 3)
    return all(
        len(np.unique(v)) == len(v) for v in (a[~np.isnan(a)] for a in (table[0], table[1], rates))
    )


def _slips(table: np.ndarray, found: dict[str, float]) -> np.ndarray:
    """What comes of missing one account, of this year as the base, and of the middle rate."""
    before, now = table[:, ~np.isnan(table).any(axis=0)]
    without = (now.sum() - now) / (before.sum() - before) - 1
    others = [1 - 1 / (1 + found[k]) for k in ("key", "all_in")]
    return np.array([*without, *others, float(np.median(now / before)) - 1])


def _apart(found: dict[str, float], least: float) -> bool:
    """Every way of reckoning gives another figure."""
    values = sorted(found.values())
    return all(b - a > least for a, b in zip(values, values[1:], strict=False))


def like_for_like(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Growth of the accounts on record in both years, beside the growth of the bare totals.

    Source: S077 (by the growth table of account_pnl, matched accounts); matching rule house.
    """
    table, called = _own_growth(accounts)
    if table is None:
        table = until(lambda: _seven(draw), _seven_good, 500)
        called = names(draw, 7)
    ids = [f"a{k}" for k in range(len(called))]
    years = pd.DataFrame({"account_id": np.repeat(ids, 2), "revenue": table.T.ravel(),
                          "year": [YEAR - 1, YEAR] * len(ids)})  # fmt: skip
    spans = [YEAR - 1, YEAR]
    growth = growth_lines(
        years, [("total", np.full(len(ids), True))], spans, YEAR, ["revenue"], flat=0.03
    )
    row = growth[(growth["scope"] == "total") & (growth["item"] == "revenue")].iloc[0]
    found = _growths(table)
    order = draw.shuffled(range(len(called)))
    rows = [(called[k], table[0, k], table[1, k]) for k in order]
    cols = columns(("name", "客户", "Account", "text"), ("last", "去年", "Last year", "money"),
                   ("now", "今年", "This year", "money"))  # fmt: skip
    lone = [called[k] for k in order if np.isnan(table[:, k]).any()]
    value = float(row["cagr"])
    return Variant(
        key={"value": figure(value, _TOLERANCE)},
        words={"all_in": share(found["all_in"]), "growth": share(value), "n": int(row["n"]),
               "n_all": len(called), "lone": listed(lone), "first": money(row["first"]),
               "last": money(row["last"]), "gap": score(100 * (found["all_in"] - value))},
        fields=(field("value", "同口径增长率", "Like-for-like growth", "share"),),
        sheets=(sheet(Text("销售额（– 表示系统里没有记录）", "Revenue (– means not on record)"),
                      cols, rows),),
        traps={name: {"value": round(v, 6)} for name, v in {**found, "level": 1 + value}.items()
               if name != "key"},
    )  # fmt: skip


def _own_growth(accounts: pd.DataFrame | None) -> tuple[np.ndarray | None, list[Text]]:
    """Own revenue of two years where some account lacks the earlier one and enough have both."""
    found = own(accounts, ["revenue"], most=12)
    if found is None or "previous_revenue" not in found.columns:
        return None, []
    before = found["previous_revenue"].astype(float)
    table = np.array([before.where(before > 0).to_numpy(float), found["revenue"].to_numpy(float)])
    gaps = np.isnan(table).any(axis=0)
    if not gaps.any() or (~gaps).sum() < 3:
        return None, []
    ways = _growths(table)
    near = abs(ways["all_in"] - ways["key"]) < 0.012
    return (None, []) if near else (table, own_names(found))
