"""Recipes of the four-box: placing accounts, one action a box, and which places are firm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    by_id,
    columns,
    items,
    listed,
    money,
    names,
    own,
    own_names,
    places,
    sheet,
    ticked,
    ticks,
)
from kamkit.exercises.recipes.parts import one_of, pair, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.portfolio import four_box
from kamkit.methods.portfolio.fourbox import ACTIONS, BOXES

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_RATE_ERROR = 0.10
_SALES_LINE, _PROFIT_LINE = 1000.0 * WAN, 80.0 * WAN


Figures = dict[str, np.ndarray]


def _eight(draw: Draw) -> Figures:
    """Eight accounts; cost to serve and size tell gross margin, profit and margin apart."""
    rows = []
    for sales, margins, cost in (
        ((90, 180), (14, 20), (2, 4)),
        ((220, 320), (6, 8), (2, 4)),  # much money, thin margin
        ((90, 300), (-5, 1), (14, 20)),
        ((90, 300), (-5, 1), (14, 20)),
        ((40, 65), (22, 32), (2, 4)),
        ((40, 65), (22, 32), (2, 4)),
        ((10, 18), (14, 20), (2, 5)),  # little money, fat margin
        ((20, 60), (-8, 2), (14, 24)),
    ):
        revenue = 10 * draw.integer(*sales)
        served = round(revenue * draw.integer(*cost) / 100)
        rows.append((revenue, round(revenue * draw.integer(*margins) / 100), served))
    revenue_, income, served_ = WAN * np.array(rows, dtype=float).T
    return {"revenue": revenue_, "cost_to_serve": served_, "gross": income + served_}


def _ways(found: Figures, basis: str) -> dict[str, np.ndarray]:
    """High profit or not, as reckoned rightly and wrongly."""
    sales = found["revenue"]
    income = found["gross"] - found["cost_to_serve"]
    right, other = (income, income / sales) if basis == "amount" else (income / sales, income)
    line = float(np.median(right))
    return {
        "key": right >= line,
        "gross": found["gross"] / (1 if basis == "amount" else sales) >= line,
        "other_basis": other >= np.median(other),
        "by_size": sales >= np.median(sales),
        "gap": np.abs(right - line) / (abs(line) or 1.0),
        "sure": np.abs(right - line) * (1 if basis == "amount" else sales)
        > _RATE_ERROR * found["cost_to_serve"],
    }


def _eight_good(found: Figures, basis: str) -> bool:
    ways = _ways(found, basis)
    differ = [
        ((ways["key"] != ways[w]) & ways["sure"]).sum() for w in ("gross", "other_basis", "by_size")
    ]
    once = len(set(found["revenue"])) == len(found["revenue"])
    return bool(min(differ) >= 2 and ways["gap"].min() > 0.06 and once)


def _box(large: bool, good: bool) -> str:
    return BOXES[(0 if large else 2) + (0 if good else 1)]


def place_in_boxes(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Sales against profit after cost to serve, lines at the medians: which box.

    Source: S079, X04, O10 (by :func:`kamkit.methods.portfolio.four_box`); own accounts: their
    margin less their cost to serve. A box is open where a tenth of cost to serve decides it.
    """
    basis = draw.choice(["amount", "margin"])
    found, called = _own_eight(accounts)
    if not called:
        found = until(lambda: _eight(draw), lambda f: _eight_good(f, basis), 200)
        called = names(draw, 8)
    ids = [chr(ord("a") + k) for k in range(len(called))]
    table = pd.DataFrame({"account_id": ids, **found})
    table["operating_income"] = table["gross"] - table["cost_to_serve"]
    done = four_box(table, basis=basis)
    boxes = by_id(done.accounts, "box")
    cuts = dict(zip(done.cuts["measure"], done.cuts["value"], strict=True))
    ways = _ways(found, basis)
    large = found["revenue"] >= cuts["sales_cut"]
    order = draw.shuffled(range(len(ids)))
    traps = {w: {i: _box(bool(large[k]), bool(ways[w][k])) for k, i in enumerate(ids)}
             for w in ("gross", "other_basis", "by_size")}  # fmt: skip
    turned = {BOXES[1]: BOXES[2], BOXES[2]: BOXES[1]}
    traps["axes_swapped"] = {i: turned.get(b, b) for i, b in boxes.items()}
    key = {i: _defensible(table.iloc[k], boxes[i], cuts["profit_cut"], basis)
           for k, i in enumerate(ids)}  # fmt: skip
    named = dict(zip(ids, called, strict=True))
    return Variant(
        key=key,
        words=_box_words(basis, cuts["sales_cut"], cuts["profit_cut"], done, named),
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=(_box_sheet(table, called, order),),
        traps=traps,
    )  # fmt: skip


def _own_eight(accounts: pd.DataFrame | None) -> tuple[Figures, list[Text]]:
    mine = own(accounts, ["revenue", "margin", "cost_to_serve"])
    if mine is None:
        return {}, []
    found = {c: mine[c].to_numpy(float) for c in ("revenue", "cost_to_serve", "margin")}
    found["gross"] = found.pop("margin")
    return found, own_names(mine)


def _defensible(row: pd.Series, box: str, line: float, basis: str) -> Accept:
    """The box, and its neighbour where a tenth of cost to serve takes profit over the line."""
    scale = 1.0 if basis == "amount" else float(row["revenue"])
    slack = _RATE_ERROR * abs(float(row["cost_to_serve"])) / scale
    value = float(row["operating_income"]) / scale
    if (value - slack >= line) == (value + slack >= line):
        return one_of(box)
    large = box in BOXES[:2]
    return one_of(box, *(b for b in (_box(large, True), _box(large, False)) if b != box))


def _box_sheet(table: pd.DataFrame, called: list[Text], order: list[int]) -> Any:
    cols = columns(("name", "客户", "Account", "text"), ("revenue", "销售额", "Sales", "money"),
                   ("gross", "毛利", "Gross margin", "money"),
                   ("cost", "服务成本", "Cost to serve", "money"))  # fmt: skip
    shown = table[["revenue", "gross", "cost_to_serve"]].to_numpy()
    rows = [(called[k], *shown[k].tolist()) for k in order]
    return sheet(Text("今年", "This year"), cols, rows)


def _box_words(
    basis: str, sales_line: float, profit_line: float, done: Any, called: dict[str, Text]
) -> dict[str, Any]:
    words: dict[str, Any] = {
        "basis": pair("金额", "money")
        if basis == "amount"
        else pair("利润率（利润÷销售额）", "margin (profit on sales)"),
        "sales_line": money(sales_line, exact=True),
        "profit_line": money(profit_line, exact=True)
        if basis == "amount"
        else share(profit_line, exact=True),
        "n": len(called),
        "n_stable": int(done.accounts["stable"].sum()),
        "unstable": listed(
            [called[i] for i in done.accounts.loc[~done.accounts["stable"], "account_id"]]
        ),
    }
    for number, box in enumerate(BOXES, 1):
        inside = done.accounts.loc[done.accounts["box"] == box, "account_id"]
        words[f"box{number}"] = listed([called[i] for i in inside])
    return words


_ACTORS = ("big", "thin1", "thin2", "small1", "other", "poor1")


def _acting(draw: Draw) -> Figures:
    """Six accounts well off fixed lines; their ids name what they are, for the mistakes."""
    sales, profit = [], []
    for kind in ("HH", "HL", "HL", "LH", draw.choice(["LH", "LL"]), "LL"):
        large = kind[0] == "H"
        sales.append(10.0 * (draw.integer(140, 360) if large else draw.integer(20, 80)))
        if kind[1] == "H":
            profit.append(draw.integer(150, 420) if large else draw.integer(110, 180))
        else:
            profit.append(draw.integer(-90, 55) if large else draw.integer(-60, 40))
    return {"revenue": np.array(sales) * WAN, "operating_income": np.array(profit, float) * WAN}


def act_on_boxes(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six accounts with their figures and some talk beside: one action each, by the box.

    Source: S079 (boxes); actions house (those of :func:`kamkit.methods.portfolio.four_box`; a test
    holds both equal).
    """
    found = _acting(draw)
    large = dict(zip(_ACTORS, (found["revenue"] >= _SALES_LINE).tolist(), strict=True))
    good = dict(zip(_ACTORS, (found["operating_income"] >= _PROFIT_LINE).tolist(), strict=True))
    actions = {i: ACTIONS[_box(large[i], good[i])] for i in _ACTORS}
    unsure = set().union(*flips(found, (_SALES_LINE, _PROFIT_LINE)).values())
    called, talk = names(draw, 6), draw.sample(pool("m05_boxes")["remarks"], 6)
    order = draw.shuffled(range(6))
    cols = columns(("name", "客户", "Account", "text"), ("revenue", "销售额", "Sales", "money"),
                   ("profit", "服务后利润", "Profit after service", "money"))  # fmt: skip
    rows = [(called[k], found["revenue"][k], found["operating_income"][k]) for k in order]
    keep, drop = ACTIONS[BOXES[0]], ACTIONS[BOXES[3]]
    named = dict(zip(_ACTORS, called, strict=True))
    words = {"sales_line": money(_SALES_LINE), "profit_line": money(_PROFIT_LINE)}
    for action in ACTIONS.values():
        words[f"in_{action}"] = listed([named[i] for i, a in actions.items() if a == action])
    return Variant(
        key={i: one_of(a) for i, a in actions.items()},
        words={**words, "n": 6, "n_stable": 6 - len(unsure)},
        items=tuple(Item(_ACTORS[k], called[k], Text(talk[k]["zh"], talk[k]["en"])) for k in order),
        sheets=(sheet(Text("今年，已扣服务成本", "This year, after cost to serve"), cols, rows),),
        traps={"by_sales": {i: keep if large[i] else drop for i in actions},
               "by_profit": {i: keep if good[i] else drop for i in actions},
               "axes_swapped": {i: ACTIONS[_box(good[i], large[i])] for i in actions}},
    )  # fmt: skip


def _unsure(draw: Draw) -> Figures:
    """Six accounts of which some stand near a line and some live by money instead of margin."""
    rows = [
        (10 * draw.integer(200, 320), draw.integer(30, 45) / 2),
        (10 * draw.integer(200, 320), draw.integer(8, 44) / 4),
        (10 * draw.integer(95, 115), draw.integer(12, 36) / 2),
        (10 * draw.integer(85, 105), draw.integer(2, 20) / 2),
        (10 * draw.integer(25, 60), draw.integer(20, 60) / 2),
        (10 * draw.integer(25, 60), draw.integer(-16, -2) / 2),
    ]
    sales, rate = np.array(rows, dtype=float).T
    return {"revenue": sales * WAN, "operating_income": np.round(sales * rate / 100) * WAN}


def flips(found: Figures, lines: tuple[float, float] | None = None) -> dict[str, set[int]]:
    """Accounts that change box with a line moved by a tenth, or with margin instead of money.

    The sensitivity of :func:`kamkit.methods.portfolio.four_box`; a test holds both equal. Lines
    are the medians unless given.
    """
    sales, profit = found["revenue"], found["operating_income"]
    margin = profit / sales
    x, y = lines or (float(np.median(sales)), float(np.median(profit)))

    def boxes(value: np.ndarray, a: float, b: float) -> np.ndarray:
        return np.asarray(2 * (sales >= a) + (value >= b))

    base = boxes(profit, x, y)
    moved = [boxes(profit, x * f, y) != base for f in (0.9, 1.1)]
    moved += [boxes(profit, x, y + d * abs(y)) != base for d in (-0.1, 0.1)]
    basis = boxes(margin, x, float(np.median(margin))) != base
    near = np.any(moved, axis=0)
    return {"lines": set(np.flatnonzero(near)), "basis": set(np.flatnonzero(basis))}


def _unsure_good(found: Figures) -> bool:
    """Both reasons to flip occur, the firm ones include a loss, and no figure is at an edge."""
    changes = flips(found)
    lines, basis = changes["lines"], changes["basis"]
    if not (lines - basis and basis - lines and 3 <= len(lines | basis) <= 4):
        return False
    losers = set(np.flatnonzero(found["operating_income"] < 0))
    off = [np.abs(np.abs(v / np.median(v) - 1) - 0.1).min() for v in found.values()]
    return bool(min(off) > 0.005 and losers and not losers & (lines | basis))


def firm_boxes(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Which accounts change box when a line moves by a tenth, or money gives way to margin.

    Source: S079, X04; shift of a tenth house (see :func:`flips`).
    """
    figures = until(lambda: _unsure(draw), _unsure_good, 1000)
    found = flips(figures)
    ids, called = list("abcdef"), names(draw, 6)
    unstable = [ids[k] for k in sorted(found["lines"] | found["basis"])]
    profit = figures["operating_income"]
    margin = profit / figures["revenue"]
    order = draw.shuffled(range(6))
    cols = columns(("name", "客户", "Account", "text"), ("revenue", "销售额", "Sales", "money"),
                   ("profit", "服务后利润", "Profit after service", "money"),
                   ("margin", "利润率", "Margin", "share"))  # fmt: skip
    rows = [(called[k], figures["revenue"][k], profit[k], margin[k]) for k in order]
    words = {"margin_line": share(float(np.median(margin))), "n_stable": 6 - len(unstable), "n": 6,
             "unstable": listed([called[ids.index(i)] for i in unstable]),
             "near": listed([called[k] for k in sorted(found["lines"])]),
             "switch": listed([called[k] for k in sorted(found["basis"])])}  # fmt: skip
    wrong: dict[str, set[int]] = {
        "lines_only": found["lines"], "basis_only": found["basis"],
        "losers": set(np.flatnonzero(profit < 0)),
        "firm_ones": set(range(6)) - found["lines"] - found["basis"],
    }  # fmt: skip
    for axis, values in (("sales", figures["revenue"]), ("profit", profit)):
        line = float(np.median(values))
        words |= {f"{axis}_line": money(line), f"{axis}_from": money(line - 0.1 * abs(line)),
                  f"{axis}_to": money(line + 0.1 * abs(line))}  # fmt: skip
    return Variant(
        key=ticks(unstable),
        words=words,
        places=places(*((ids[k], called[k].zh, called[k].en) for k in order)),
        sheets=(sheet(Text("今年", "This year"), cols, rows),),
        traps={w: ticked((ids[k] for k in chosen), ids) for w, chosen in wrong.items()},
    )  # fmt: skip
