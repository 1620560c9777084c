"""Recipes of what an account is worth: wallet, room left, lifetime value, premium."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    YEAR,
    columns,
    field,
    figure,
    items,
    listed,
    money,
    names,
    own,
    own_names,
    score,
    sheet,
    slips,
)
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio import (
    account_margins,
    lifetime_value,
    margin_multiple,
    premium_income,
    share_of_wallet,
)
from kamkit.methods.portfolio.lifetime import multiple
from kamkit.methods.shares import wilson_ends

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw


def _wallets(draw: Draw) -> np.ndarray:
    """Sales and spend (low, base, high) of six accounts; the spend of the last is unknown."""
    rows: list[tuple[float, ...]] = []
    for low, high in ((14, 24), (18, 30), (55, 75), (50, 80), (35, 60)):
        spend = 100.0 * (draw.integer(25, 60) if high <= 30 else draw.integer(6, 16))
        wide = draw.choice([10, 15, 20, 25])
        ends = (spend * (100 - wide) / 100, spend, spend * (100 + wide) / 100)
        rows.append((round(spend * draw.integer(low, high) / 100), *ends))
    rows.append((10.0 * draw.integer(40, 120), np.nan, np.nan, np.nan))
    return np.array(rows).T * WAN


def _shares(found: np.ndarray) -> dict[str, float]:
    """The share of customer as it is reckoned rightly and wrongly."""
    sales, base = found[0], found[2]
    known = ~np.isnan(base)
    part = float(sales[known].sum() / base[known].sum())
    return {
        "key": part,
        "mean": float((sales[known] / base[known]).mean()),
        "unknown_in": float(sales.sum() / base[known].sum()),
        "room": 1 - part,
        "unknown_full": float(sales.sum() / (base[known].sum() + sales[~known].sum())),
        "best_account": float((sales[known] / base[known]).max()),
    }


def _apart(found: dict[str, float], least: float) -> bool:
    return all(abs(a - b) > least for a, b in combinations(found.values(), 2))


def _spend_rows(found: np.ndarray, called: list[Text], order: list[int]) -> Any:
    cols = columns(("name", "客户", "Account", "text"),
                   ("sales", "我们的销售额", "Our sales", "money"),
                   ("low", "它的采购额：低", "Its spend: low", "money"),
                   ("base", "中", "Base", "money"), ("high", "高", "High", "money"))  # fmt: skip
    rows = [(called[k], *found[:, k].tolist()) for k in order]
    title = Text("同类产品，一年（– 表示没有估计）", "Our field, one year (– means no estimate)")
    return sheet(title, cols, rows)


def _wallet_years(found: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(found.T, columns=["revenue", "category_spend_low", "category_spend",
                                           "category_spend_high"])  # fmt: skip
    return table.assign(account_id=[f"a{k:02d}" for k in range(len(table))], year=YEAR)


def wallet_share(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Our share of what the customers spend, over the accounts whose spend is known.

    Own accounts carry one spend figure: their range is then a point. Source: S013, X24 (by
    :func:`kamkit.methods.portfolio.share_of_wallet`).
    """
    found, called = _own_wallets(accounts)
    if not called:
        found = until(lambda: _wallets(draw), lambda f: _apart(_shares(f), 0.02), 400)
        called = names(draw, 6)
    done = share_of_wallet(_wallet_years(found), year=YEAR).summary.set_index("measure")
    row = done.loc["customer_share"].to_dict()
    ways = _shares(found)
    order = draw.shuffled(range(len(called)))
    blank = [called[k] for k in order if np.isnan(found[2, k])]
    known = ~np.isnan(found[2])
    return Variant(
        key={"value": figure(row["value"], 0.003)},
        words={"share": share(row["value"]), "low": share(row["low"]), "high": share(row["high"]),
               "n": int(row["n"]), "n_all": len(called), "blank": listed(blank),
               "mean": share(ways["mean"]), "sales": money(found[0, known].sum()),
               "spend": money(found[2, known].sum())},
        fields=(field("value", "客户份额", "Share of customer", "share"),),
        sheets=(_spend_rows(found, called, order),),
        traps={w: {"value": round(v, 6)} for w, v in (ways | _off_columns(found)).items()
               if w != "key"},
    )  # fmt: skip


def _off_columns(found: np.ndarray) -> dict[str, float]:
    """The share by the wrong column (own accounts have one: a tenth off), or over all accounts."""
    known = ~np.isnan(found[2])
    sales, low, base, high = found[:, known]
    part = float(sales.sum() / base.sum())
    ends = {"low_column": low, "high_column": high}
    wrong = {
        w: float(sales.sum() / end.sum()) for w, end in ends.items() if not np.isnan(end).any()
    }
    return {"low_column": part / 0.9, "high_column": part / 1.1, "inverse": 1 / part} | wrong


def _own_wallets(accounts: pd.DataFrame | None) -> tuple[np.ndarray, list[Text]]:
    mine = own(accounts, ["revenue"], most=10)
    if mine is None or "category_spend" not in mine.columns:
        return np.empty((4, 0)), []
    base = mine["category_spend"].astype(float)
    base = base.where(base > 0)
    if base.notna().sum() < 3:
        return np.empty((4, 0)), []
    blank = pd.Series(np.nan, base.index)
    return np.array([mine["revenue"], blank, base, blank], float), own_names(mine)


def safe_room(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Money still to be won that a target may rest on: the low end, over known spend only.

    Source: S013 (headroom); the low end for targets is house (by share_of_wallet).
    """
    found = until(lambda: _wallets(draw), lambda f: _apart(_rooms(f), 20 * WAN), 400)
    called = names(draw, 6)
    accounts_ = share_of_wallet(_wallet_years(found), year=YEAR).accounts
    room = {end: float(accounts_[f"headroom_{end}"].sum()) for end in ("low", "base", "high")}
    order = draw.shuffled(range(6))
    return Variant(
        key={"value": figure(room["low"], WAN)},
        words={**{end: money(v) for end, v in room.items()}, "blank": cell(called[5]), "n": 5,
               "gap": money(room["base"] - room["low"])},
        fields=(field("value", "可以写进目标的空间", "Room that the target may rest on", "money"),),
        sheets=(_spend_rows(found, called, order),),
        traps={w: {"value": round(v, 2)} for w, v in (_rooms(found) | _parts_of(found)).items()
               if w != "key"},
    )  # fmt: skip


def _rooms(found: np.ndarray) -> dict[str, float]:
    sales, low, base, high = found[:, :5]
    return {
        "key": float((low - sales).sum()),
        "base": float((base - sales).sum()),
        "high": float((high - sales).sum()),
        "spend": float(low.sum()),
        "unknown_in": float(low.sum() - found[0].sum()),
    }


def _parts_of(found: np.ndarray) -> dict[str, float]:
    """The largest room alone, and a guess for the account without an estimate added."""
    rooms = (found[1] - found[0])[:5]
    return {"largest": float(rooms.max()), "guessed": float(1.2 * rooms.sum())}


def _life(draw: Draw) -> dict[str, float]:
    accounts = draw.integer(40, 90)
    kept = round(accounts * draw.integer(70, 90) / 100)
    margin = 10.0 * draw.integer(8, 40)
    return {"accounts": accounts, "kept": kept, "margin": margin,
            "gross": margin + 10.0 * draw.integer(6, 20), "discount": draw.integer(8, 14) / 100,
            "revenue": margin * draw.integer(6, 10)}  # fmt: skip


def _lives(drawn: dict[str, float]) -> dict[str, float]:
    """The value as it is reckoned rightly and wrongly, in yuan."""
    r, i, m = drawn["kept"] / drawn["accounts"], drawn["discount"], drawn["margin"] * WAN
    return {
        "key": m * multiple(r, i),
        "undiscounted": m * r / (1 - r),
        "lifetime_years": m / (1 - r),
        "for_ever": m / i,
        "paid_now": m * multiple(r, i, 0),
        "no_first": m / (1 + i - r),
        "gross": drawn["gross"] * WAN * multiple(r, i),
        "revenue": drawn["revenue"] * WAN * multiple(r, i),
        "five_years": 5 * m,
        "one_year": m * r / (1 + i),
    }


def life_value(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Value of one account from yearly profit, retention and discount rate.

    Source: Gupta & Lehmann 2003, S088 (by margin_multiple, interval Wilson 1927). ``paid_now``
    and ``no_first`` are the same figure reached by two thoughts.
    """

    def good(drawn: dict[str, float]) -> bool:
        ways = {k: v for k, v in _lives(drawn).items() if k not in ("no_first", "paid_now")}
        near = [abs(v / ways["key"] - 1) for k, v in ways.items() if k != "key"]
        return min(near) > 0.06 and _apart(ways, 0.02 * ways["key"])

    drawn = until(lambda: _life(draw), good, 400)
    n, kept = int(drawn["accounts"]), int(drawn["kept"])
    low, high = wilson_ends(kept, n)
    rate = measure_table([measure_row("retention_rate", kept / n, low=low, high=high, n=n)])
    found = margin_multiple(rate, discount=drawn["discount"]).iloc[0]
    margin = drawn["margin"] * WAN
    value = margin * float(found["value"])
    ways = _lives(drawn)
    return Variant(
        key={"value": figure(value, 0.015 * value)},
        words={"name": cell(names(draw, 1)[0]), "n": n, "kept": kept, "rate": share(kept / n),
               "rate_low": share(low), "rate_high": share(high), "margin": money(margin),
               "gross": money(drawn["gross"] * WAN), "sales": money(drawn["revenue"] * WAN),
               "discount": share(drawn["discount"]), "multiple": score(found["value"], 2),
               "multiple_low": score(found["low"], 2), "multiple_high": score(found["high"], 2),
               "value": money(value), "value_low": money(margin * float(found["low"])),
               "value_high": money(margin * float(found["high"])),
               "for_ever": money(ways["undiscounted"])},
        fields=(field("value", "生命周期价值", "Lifetime value", "money"),),
        traps={w: {"value": round(v, 2)} for w, v in ways.items() if w != "key"},
    )  # fmt: skip


def _three_years(draw: Draw) -> np.ndarray:
    """Profit of five accounts in three years and sales: two good, two middling, one poor."""
    level = 10.0 * draw.integer(16, 24)
    rows = []
    # The second of the good ones has ups and downs, and last year was a bad one.
    for part, swing, last in ((100, 6, 0), (92, 34, -1), (66, 5, 1), (62, 7, 1), (32, 9, 0)):
        middle = round(level * (part + draw.integer(-2, 2)) / 100)
        off = round(middle * (swing + draw.integer(-2, 2)) / 100)
        before = draw.shuffled([v for v in (-1, 0, 1) if v != last])
        rows.append((*(middle + v * off for v in (*before, last)), 100.0 * draw.integer(5, 30)))
    return np.array(draw.shuffled(rows), dtype=float) * WAN


def _three_good(found: np.ndarray) -> bool:
    grouped = _groups(found)
    orders = (-found[:, 2], -found[:, 3], -found[:, 2] / found[:, 0])
    return [len(g) for g in grouped] == [2, 2, 1] and all(
        _agreement(np.argsort(v), grouped) < 0.8 for v in orders
    )


def _groups(found: np.ndarray) -> list[list[int]]:
    """Places by mean profit; one whose best year reaches the first's worst stands with it."""
    years = found[:, :3]
    order = [int(k) for k in np.argsort(-years.mean(axis=1), kind="stable")]
    grouped = [[order[0]]]
    for k in order[1:]:
        joins = years[k].max() >= years[grouped[-1][0]].min()
        grouped[-1].append(k) if joins else grouped.append([k])
    return grouped


def _agreement(order: np.ndarray, grouped: list[list[int]]) -> float:
    level = {k: g for g, inside in enumerate(grouped) for k in inside}
    pairs = [(a, b) for a, b in combinations(order.tolist(), 2) if level[a] != level[b]]
    return sum(level[a] < level[b] for a, b in pairs) / max(1, len(pairs))


def rank_by_life(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Rank five accounts by lifetime value; those that can't be told apart may stand either way.

    Source: S088, Gupta & Lehmann 2003 (by account_margins and lifetime_value, group).
    """
    found = until(lambda: _three_years(draw), _three_good, 400)
    ids, called = list("abcde"), names(draw, 5)
    years = pd.DataFrame({"account_id": ids * 3, "year": np.repeat(range(YEAR - 3, YEAR), 5),
                          "status": "actual", "revenue": found[:, :3].T.ravel()})  # fmt: skip
    margins = account_margins(years.assign(direct_cost=0.0, indirect_cost=0.0))
    kept = draw.integer(78, 90) / 100
    low, high = wilson_ends(round(60 * kept), 60)
    rate = measure_table([measure_row("retention_rate", kept, low=low, high=high, n=60)])
    values = lifetime_value(margins, margin_multiple(rate))
    grouped = [part["account_id"].tolist() for _, part in values.groupby("group", sort=True)]
    order = draw.shuffled(range(5))
    cols = columns(("name", "客户", "Account", "text"),
                   ("sales", "去年销售额", "Sales last year", "money"),
                   ("y1", "利润：三年前", "Profit: three years ago", "money"),
                   ("y2", "前年", "Two years ago", "money"),
                   ("y3", "去年", "Last year", "money"))  # fmt: skip
    rows = [(called[k], found[k, 3], *found[k, :3]) for k in order]
    first = values.iloc[0]

    def ranked(by: np.ndarray) -> dict[str, list[str]]:
        return {"order": [ids[int(k)] for k in np.argsort(-by, kind="stable")]}

    return Variant(
        key={"order": Accept(order=tuple(tuple(g) for g in grouped))},
        words={"rate": share(kept), "multiple": score(first["multiple"], 2),
               "n_groups": len(grouped), "n": 5,
               "group1": listed([called[ids.index(i)] for i in grouped[0]]),
               "group2": listed([called[ids.index(i)] for i in grouped[1]]),
               "first": cell(called[ids.index(first["account_id"])]),
               "first_low": money(first["low"]), "first_high": money(first["high"])},
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=(sheet(Text("五家客户", "Five accounts"), cols, rows),),
        traps={"by_sales": ranked(found[:, 3]), "last_year": ranked(found[:, 2]),
               "trend": ranked(found[:, 2] / found[:, 0]),
               **slips([i for g in grouped for i in g])},
    )  # fmt: skip


def _margins(draw: Draw) -> np.ndarray:
    """Sales and margin (%) of five accounts, the last in question: large ones earn thinly."""
    rows = [(100.0 * draw.integer(18, 32), draw.integer(3, 7)) for _ in range(2)]
    rows += [(100.0 * draw.integer(3, 8), draw.integer(14, 24)) for _ in range(2)]
    rows.append((100.0 * draw.integer(4, 12), draw.integer(3, 20)))
    return np.array(rows, dtype=float).T


def _margins_good(found: np.ndarray, wanted: str) -> bool:
    sales, rates = found
    weighted, simple = float((sales * rates).sum() / sales.sum()), float(rates.mean())
    own_rate = float(rates[-1])
    if min(abs(own_rate - weighted), abs(own_rate - simple)) < 1:
        return False
    return _verdict(own_rate >= weighted, own_rate >= simple) == wanted


def _verdict(weighted: bool, simple: bool) -> str:
    """What can be said of an account's margin under two averages.

    >>> _verdict(True, False)
    'depends'
    """
    if weighted == simple:
        return "above" if weighted else "below"
    return "depends"


def judge_premium(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Is an account's margin above average? By sales-weighted and by simple average.

    Source: S088; both averages house (by premium_income, sign_depends).
    """
    wanted = draw.choice(["depends", "depends", "above", "below"])
    found = until(lambda: _margins(draw), lambda f: _margins_good(f, wanted), 600)
    called = names(draw, 5)
    table = pd.DataFrame({"account_id": list("abcde"), "revenue": found[0] * WAN,
                          "net_income": np.round(found[0] * found[1] / 100, 2) * WAN})  # fmt: skip
    weighted, simple = (premium_income(table, average=a) for a in ("weighted", "simple"))
    signs = [float(done["premium"].iloc[-1]) >= 0 for done in (weighted, simple)]
    order = [4, *draw.shuffled(range(4))]
    cols = columns(("name", "客户", "Account", "text"), ("sales", "销售额", "Sales", "money"),
                   ("profit", "利润", "Profit", "money"))  # fmt: skip
    rows = [(called[k], table["revenue"].iloc[k], table["net_income"].iloc[k]) for k in order]
    return Variant(
        key={"choice": one_of(_verdict(*signs))},
        words={"name": cell(called[4]), "margin": share(found[1, 4] / 100),
               "weighted": share(weighted["average_margin"].iloc[0]),
               "simple": share(simple["average_margin"].iloc[0]), "n": 5,
               "premium": money(weighted["premium_money"].iloc[-1]),
               "other": money(simple["premium_money"].iloc[-1])},
        sheets=(sheet(Text("全部五家客户，今年", "All five accounts, this year"), cols, rows),),
    )  # fmt: skip
