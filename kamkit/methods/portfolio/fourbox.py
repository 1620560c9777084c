"""Customer-value four-box: sales against profit, and who changes box when a rule changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.inputs import (
    figures,
    known_sum,
    measure,
    measure_table,
    one_of,
    ratio,
    table_of,
    within,
)

BOXES = (
    "high_sales_high_profit",
    "high_sales_low_profit",
    "low_sales_high_profit",
    "low_sales_low_profit",
)
# The source draws the boxes and prescribes nothing: these actions are ours.
ACTIONS = dict(
    zip(
        BOXES, ("grow_protect", "reprice_or_cut_cost", "grow_volume", "shrink_or_exit"), strict=True
    )
)
_MOVES = ("account_id", "from_box", "to_box", "sales_change", "profit_change", "moved")


@dataclass(frozen=True)
class FourBox:
    """The parts of :func:`four_box`."""

    accounts: pd.DataFrame
    counts: pd.DataFrame
    cuts: pd.DataFrame
    sensitivity: pd.DataFrame
    moves: pd.DataFrame


@dataclass(frozen=True)
class _Rule:
    basis: str
    cut: str
    sales_cut: float | None
    profit_cut: float | None


def four_box(
    values: pd.DataFrame,
    *,
    sales: str = "revenue",
    profit: str = "operating_income",
    basis: str = "amount",
    cut: str = "median",
    sales_cut: float | None = None,
    profit_cut: float | None = None,
    previous: pd.DataFrame | None = None,
    previous_cuts: str = "same",
    shift: float = 0.10,
) -> FourBox:
    """Each account's box by sales and profit, with the rule's every choice open to view.

    Needs columns: account_id, the sales and the profit column (money). ``basis`` says what
    profit is compared: amount (money) or margin (profit on sales). ``cut`` sets both lines:
    median, mean, or fixed at ``sales_cut`` and ``profit_cut`` (a value at the line counts as
    high; given beside median or mean, a number replaces that line). ``previous`` is the same
    table a year earlier, boxed by the ``same`` lines or its ``own``. ``shift`` moves each line
    for the sensitivity (house 10 %).

    Returns ``accounts`` (account_id, sales, profit in money, margin, compared, box, action,
    loss, flips, stable), ``counts`` (box, action, n, account_share, sales, sales_share, profit,
    losses), ``cuts`` (measure table: sales_cut, profit_cut, boxes_stable,
    line_shift), ``sensitivity``
    (account_id, change, from_box, to_box) and ``moves`` (account_id, from_box, to_box,
    sales_change, profit_change in money, moved).

    An account without sales or profit, or without positive sales where the margin is compared,
    is in box unknown. Raises KamkitError for unknown choices, fixed lines without a number,
    missing columns, text in a figure, an account twice.
    Source: S079, X04, O10 (axes and boxes; no lines, no actions: those are house).

    >>> table = pd.DataFrame({"account_id": list("ABCD"), "revenue": [9.0, 8, 2, 1],
    ...                       "operating_income": [3.0, -1, 2, 0]})
    >>> four_box(table).accounts.box.tolist()[:2]
    ['high_sales_high_profit', 'high_sales_low_profit']
    """
    one_of(basis, "basis", ["amount", "margin"])
    one_of(cut, "cut", ["median", "mean", "fixed"])
    one_of(previous_cuts, "previous_cuts", ["same", "own"])
    within(shift, "shift", 0.0, 1.0)
    rule = _Rule(basis, cut, sales_cut, profit_cut)
    _fixed_needs_numbers(rule)
    table = _compared(values, "values", sales, profit, basis)
    lines = _lines(table, rule)
    table["box"] = _boxes(table["sales"], table["compared"], *lines)
    changes = _sensitivity(table, rule, lines, shift)
    accounts = _accounts(table, changes)
    moves = table_of([], _MOVES)
    if previous is not None:
        before = _compared(previous, "previous", sales, profit, basis)
        old = lines if previous_cuts == "same" else _lines(before, rule)
        before["box"] = _boxes(before["sales"], before["compared"], *old)
        moves = _year_moves(before, table)
    return FourBox(accounts, _counts(accounts), _cuts(accounts, rule, lines, shift), changes, moves)


def _fixed_needs_numbers(rule: _Rule) -> None:
    if rule.cut == "fixed":
        for name, value in (("sales_cut", rule.sales_cut), ("profit_cut", rule.profit_cut)):
            within(np.nan if value is None else value, name, -np.inf, np.inf)


def _compared(values: pd.DataFrame, name: str, sales: str, profit: str, basis: str) -> pd.DataFrame:
    table = figures(values, name, [sales, profit])
    table = table.rename(columns={sales: "sales", profit: "profit"})
    table["margin"] = ratio(table["profit"], table["sales"])
    table["compared"] = table["profit"] if basis == "amount" else table["margin"]
    return table


def _lines(table: pd.DataFrame, rule: _Rule) -> tuple[float, float]:
    """Sales and profit line, over the accounts where both are known."""
    known = table[["sales", "compared"]].dropna()
    found = []
    for column, given in (("sales", rule.sales_cut), ("compared", rule.profit_cut)):
        if given is not None:
            found.append(float(given))
        elif known.empty:
            found.append(float("nan"))
        else:
            found.append(float(getattr(known[column], rule.cut)()))
    return found[0], found[1]


def _boxes(sales: pd.Series, compared: pd.Series, x: float, y: float) -> pd.Series:
    return pd.Series(_box_names(sales, compared, x, y), sales.index, dtype="str")


def _box_names(sales: pd.Series, compared: pd.Series, x: float, y: float) -> np.ndarray:
    s, c = sales.to_numpy(dtype=float), compared.to_numpy(dtype=float)
    large, good = s >= x, c >= y
    unknown = np.isnan(s) | np.isnan(c) | np.isnan(x) | np.isnan(y)
    return np.select([unknown, large & good, large, good], ["unknown", *BOXES[:3]], BOXES[3])


def _sensitivity(
    table: pd.DataFrame, rule: _Rule, lines: tuple[float, float], shift: float
) -> pd.DataFrame:
    """Box of every account under each single change, where it differs."""
    x, y = lines
    dx = shift * (abs(x) or float(table["sales"].abs().median()))
    dy = shift * (abs(y) or float(table["compared"].abs().median()))
    other = "margin" if rule.basis == "amount" else "amount"
    swapped = table.assign(compared=table["margin" if other == "margin" else "profit"])
    # A number given for the profit line has the unit of the basis, so it can't be carried over.
    own = replace(rule, profit_cut=None, cut="median" if rule.cut == "fixed" else rule.cut)
    turned = _lines(swapped, own)[1]
    cases = {
        "sales_cut_up": _box_names(table["sales"], table["compared"], x + dx, y),
        "sales_cut_down": _box_names(table["sales"], table["compared"], x - dx, y),
        "profit_cut_up": _box_names(table["sales"], table["compared"], x, y + dy),
        "profit_cut_down": _box_names(table["sales"], table["compared"], x, y - dy),
        f"basis_{other}": _box_names(swapped["sales"], swapped["compared"], x, turned),
    }
    ids, boxes = table["account_id"].to_numpy(), table["box"].to_numpy(dtype=object)
    change, row = np.nonzero(np.stack(list(cases.values())) != boxes)
    to_box = np.stack(list(cases.values()))[change, row]
    parts = {"account_id": ids[row], "change": np.array(list(cases))[change]}
    return pd.DataFrame(parts | {"from_box": boxes[row], "to_box": to_box})


def _accounts(table: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    flips = changes.groupby("account_id")["change"].agg("; ".join)
    out = table[["account_id", "sales", "profit", "margin", "compared", "box"]].copy()
    action = out["box"].map(ACTIONS)
    out["action"] = action.where(action.notna(), "").astype("str")
    out["loss"] = out["profit"] < 0
    listed = out["account_id"].map(flips)
    out["flips"] = listed.where(listed.notna(), "").astype("str")
    out["stable"] = (out["flips"] == "") & (out["box"] != "unknown")
    return out


def _counts(accounts: pd.DataFrame) -> pd.DataFrame:
    total = float(accounts["sales"].sum())
    rows = []
    for box in (*BOXES, "unknown"):
        part = accounts[accounts["box"] == box]
        sales = known_sum(part["sales"])
        rows.append(
            {
                "box": box,
                "action": ACTIONS.get(box, ""),
                "n": len(part),
                "account_share": ratio(len(part), len(accounts)),
                "sales": sales,
                "sales_share": ratio(sales, total),
                "profit": known_sum(part["profit"]),
                "losses": int(part["loss"].sum()),
            }
        )
    return pd.DataFrame(rows)


def _cuts(
    accounts: pd.DataFrame, rule: _Rule, lines: tuple[float, float], shift: float
) -> pd.DataFrame:
    known = accounts[accounts["box"] != "unknown"]
    n = len(known)
    names = {"sales_cut": rule.sales_cut, "profit_cut": rule.profit_cut}
    rows = []
    for (key, given), line in zip(names.items(), lines, strict=True):
        how = rule.cut if given is None else "fixed"
        variant = f"cut_{how}" if key == "sales_cut" else f"cut_{how}_{rule.basis}"
        variant = variant if n else "too_little_data"
        rows.append(measure(key, line, n=n, variant=variant, origin="S079; house"))
    stable = ratio(int(known["stable"].sum()), n)
    variant = "one_change_at_a_time" if n else "too_little_data"
    rows.append(measure("boxes_stable", stable, n=n, variant=variant, origin="house"))
    variant = "share_of_line" if n else "too_little_data"
    rows.append(measure("line_shift", shift, n=n, variant=variant, origin="house"))
    return measure_table(rows)


def _year_moves(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    both = before.merge(now, on="account_id", how="outer", suffixes=("_0", "_1"))
    out = pd.DataFrame({"account_id": both["account_id"]})
    for column, side in (("from_box", "box_0"), ("to_box", "box_1")):
        out[column] = both[side].where(both[side].notna(), "unknown").astype("str")
    out["sales_change"] = both["sales_1"] - both["sales_0"]
    out["profit_change"] = both["profit_1"] - both["profit_0"]
    known = (out["from_box"] != "unknown") & (out["to_box"] != "unknown")
    out["moved"] = known & (out["from_box"] != out["to_box"])
    return out.sort_values("account_id", ignore_index=True)
