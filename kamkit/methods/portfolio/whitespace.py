"""White space: what each account buys elsewhere, product line by product line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.fiscal import fiscal_bounds, fiscal_years
from kamkit.methods.portfolio.inputs import (
    figures,
    known_sum,
    measure,
    measure_table,
    ratio,
    table_of,
    within,
)

LEVELS = ("low", "base", "high")
_SPEND = ("spend_low", "spend_base", "spend_high")
_ORIGIN = "S013; house"


@dataclass(frozen=True)
class WhiteSpace:
    """The parts of :func:`white_space`."""

    cells: pd.DataFrame
    accounts: pd.DataFrame
    lines: pd.DataFrame
    summary: pd.DataFrame
    notes: pd.DataFrame


def white_space(
    orders: pd.DataFrame,
    category_spend: pd.DataFrame,
    *,
    year: int | None = None,
    elapsed: float = 1.0,
    fiscal_year_start: int = 1,
) -> WhiteSpace:
    """Our sales against the account's estimated spend, account by product line.

    Needs orders (account_id, date, product_line, amount) and category_spend (account_id,
    product_line, year, spend_base; spend_low, spend_high where estimated). ``year`` defaults to
    the latest one with spend; it is a fiscal year, which begins in month ``fiscal_year_start``
    and bears the calendar year in which it ends, as the years of category_spend do.
    ``elapsed`` is the part of the year that the orders cover; spend is taken in that part, so
    that half a year's sales never meet a year's spend.

    Returns ``cells`` (account_id, product_line, sales, spend_low, spend_base, spend_high in
    money, share_low, share_base, share_high, headroom_low, headroom_base, headroom_high in money,
    status, evidence), ``accounts`` and ``lines`` (sums over the cells with known spend: sales,
    spend_*, share_*, headroom_*, sales_unknown, cells_known, cells_unknown, cells_flagged),
    ``summary`` (measure table) and ``notes`` (code, n, money, detail).
    Status: open (we sell nothing), partial, full (spend is all ours), over_low (sales above the
    low estimate), over_base, over_high (above every estimate: the estimate is wrong),
    no_spend (unknown, not 0). A share is of the spend, low share = sales on high spend.
    Headroom of a cell is the plain difference, below zero where sales exceed the estimate; sums
    count such a cell as no room (variant negative_as_no_room) and say how many were flagged.
    Low ends are added up as if all estimates were low at once: a cautious, wide range.
    Raises KamkitError for missing columns, text in a figure, spend_low above spend_high,
    several currencies. Source: S013 (share of customer); ranges and flags house.

    >>> orders = pd.DataFrame({"account_id": ["A"], "date": ["2025-03-01"],
    ...                        "product_line": ["doors"], "amount": [40.0]})
    >>> spend = pd.DataFrame({"account_id": ["A", "A"], "product_line": ["doors", "motors"],
    ...                       "year": 2025, "spend_base": [100.0, 50.0]})
    >>> white_space(orders, spend).cells.headroom_base.tolist()
    [60.0, 50.0]
    """
    within(elapsed, "elapsed", 1e-9, 1.0)
    spend = _spend(category_spend)
    when = int(spend["year"].max()) if year is None and len(spend) else int(year or 0)
    sales, notes = _sales(orders, when, fiscal_year_start)
    spend = spend[spend["year"] == when].drop(columns="year")
    spend[list(_SPEND)] *= elapsed
    cells = _cells(sales, spend)
    if elapsed < 1:
        notes.append({"code": "spend_prorated", "n": len(cells), "money": elapsed, "detail": ""})
    accounts = _sums(cells, "account_id")
    lines = _sums(cells, "product_line")
    return WhiteSpace(
        cells,
        accounts,
        lines,
        _summary(cells),
        table_of(notes, ["code", "n", "money", "detail"]),
    )


def _spend(category_spend: pd.DataFrame) -> pd.DataFrame:
    spend = figures(
        category_spend,
        "category_spend",
        ["spend_base"],
        keys=["account_id", "product_line", "year"],
        optional=["spend_low", "spend_high"],
    )
    one_currency(category_spend, "category_spend")
    KamkitError.collect(range_problems(spend, "category_spend", _SPEND))
    if "evidence" in category_spend.columns:
        given = category_spend["evidence"].reset_index(drop=True)
        spend["evidence"] = given.astype("str").where(given.notna(), "")
    else:
        spend["evidence"] = ""
    return spend


def range_problems(table: pd.DataFrame, name: str, columns: tuple[str, str, str]) -> list[Problem]:
    """Problems for estimates whose low, base and high are not in that order.

    >>> bad = pd.DataFrame({"l": [3.0], "b": [2.0], "h": [4.0]})
    >>> [p.column for p in range_problems(bad, "t", ("l", "b", "h"))]
    ['l']
    """
    low, base, high = (table[c] for c in columns)
    return [
        Problem("range_reversed", name, column, int(i) + 1, table[column].iloc[i])
        for column, wrong in (
            (columns[0], (low > base) | (low > high)),
            (columns[2], base > high),
        )
        for i in np.flatnonzero(wrong)
    ]


def _sales(
    orders: pd.DataFrame, year: int, fiscal_year_start: int
) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    need_columns(orders, "orders", ["account_id", "date", "product_line", "amount"])
    one_currency(orders, "orders")
    dates = pd.to_datetime(orders["date"], errors="coerce")
    current = (fiscal_years(dates, fiscal_year_start) == year).to_numpy()
    inside = orders[current]
    lined = inside[inside["product_line"].notna()]
    table = figures(lined, "orders", ["amount"], keys=["account_id", "product_line"], unique=False)
    notes: list[dict[str, object]] = []
    unlined = inside[inside["product_line"].isna()]
    if len(unlined):
        money = known_sum(pd.to_numeric(unlined["amount"], errors="coerce"))
        notes.append(
            {"code": "orders_without_line", "n": len(unlined), "money": money, "detail": ""}
        )
    last = dates[current].max()
    # The last month without an order, and no order after it: the year may still be running.
    if len(inside) and last == dates.max() and last < _last_month(year, fiscal_year_start):
        day = last.date().isoformat()
        notes.append({"code": "year_may_be_open", "n": len(inside), "money": np.nan, "detail": day})
    sums = table.groupby(["account_id", "product_line"], sort=True)["amount"].sum(min_count=1)
    return sums.rename("sales").reset_index(), notes


def _last_month(year: int, fiscal_year_start: int) -> pd.Timestamp:
    return fiscal_bounds(year, fiscal_year_start)[1].replace(day=1)


def _cells(sales: pd.DataFrame, spend: pd.DataFrame) -> pd.DataFrame:
    out = spend.merge(sales, on=["account_id", "product_line"], how="outer")
    # Orders are complete for the year, so a pair without any is a true nil of ours;
    # a pair without a spend estimate is unknown.
    out["sales"] = out["sales"].fillna(0.0)
    out["evidence"] = out["evidence"].where(out["evidence"].notna(), "").astype("str")
    out = add_shares(out, "sales", _SPEND)
    known = out["spend_base"].notna()
    out["status"] = np.select(
        [
            ~known,
            out["sales"] > out["spend_high"].fillna(out["spend_base"]),
            out["sales"] > out["spend_base"],
            out["sales"] == out["spend_base"],
            out["sales"] > out["spend_low"].fillna(out["spend_base"]),
            out["sales"] <= 0,
        ],
        ["no_spend", "over_high", "over_base", "full", "over_low", "open"],
        "partial",
    )
    columns = ["account_id", "product_line", "sales", *_SPEND]
    shares = [f"{part}_{level}" for part in ("share", "headroom") for level in LEVELS]
    out = out[[*columns, *shares, "status", "evidence"]]
    return out.sort_values(["account_id", "product_line"], ignore_index=True)


def add_shares(table: pd.DataFrame, sales: str, spend: tuple[str, str, str]) -> pd.DataFrame:
    """Share and headroom at low, base and high spend; an end that isn't estimated stays empty.

    >>> one = pd.DataFrame({"s": [5.0], "l": [8.0], "b": [10.0], "h": [20.0]})
    >>> add_shares(one, "s", ("l", "b", "h")).loc[0, ["share_low", "share_high"]].tolist()
    [0.25, 0.625]
    """
    out = table.copy()
    low, base, high = spend
    for level, against in zip(LEVELS, (high, base, low), strict=True):
        out[f"share_{level}"] = ratio(out[sales], out[against])
    for level, column in zip(LEVELS, (low, base, high), strict=True):
        out[f"headroom_{level}"] = out[column] - out[sales]
    return out


def _sums(cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sums over the cells whose spend is known; without a low or high estimate, base stands in."""
    known = cells["spend_base"].notna()
    work = cells.copy()
    work["sales_unknown"] = work["sales"].where(~known, 0.0)
    for column in ("spend_low", "spend_high"):
        work[column] = work[column].fillna(work["spend_base"])
    for level in LEVELS:
        work[f"headroom_{level}"] = (work[f"spend_{level}"] - work["sales"]).clip(lower=0)
    work["sales"] = work["sales"].where(known)
    work["flagged"] = work["status"].isin(["over_low", "over_base", "over_high"])
    work["known"], work["unknown"] = known, ~known
    grouped = work.groupby(by, sort=True)
    rooms = [f"headroom_{level}" for level in LEVELS]
    out = grouped[["sales", *_SPEND, *rooms]].sum(min_count=1)
    for level, against in zip(LEVELS, _SPEND[::-1], strict=True):
        out[f"share_{level}"] = ratio(out["sales"], out[against])
    out["sales_unknown"] = grouped["sales_unknown"].sum()
    for name in ("known", "unknown", "flagged"):
        out[f"cells_{name}"] = grouped[name].sum().astype(int)
    return out.reset_index()


def _summary(cells: pd.DataFrame) -> pd.DataFrame:
    known = cells[cells["spend_base"].notna()].assign(all="all")
    n = len(known)
    variant = "negative_as_no_room" if n else "too_little_data"
    row = _sums(known, "all").iloc[0] if n else pd.Series(dtype=float)

    def of(name: str, level: str) -> float:
        return float(row.get(f"{name}_{level}", np.nan))

    def ranged(key: str, name: str, how: str) -> dict[str, object]:
        return measure(
            key, of(name, "base"), low=of(name, "low"), high=of(name, "high"), n=n,
            variant=how if n else "too_little_data", origin=_ORIGIN,
        )  # fmt: skip

    total = float(cells["sales"].sum()) if len(cells) else float("nan")
    covered = ratio(float(known["sales"].sum()), total)
    rows = [
        ranged("headroom", "headroom", variant),
        ranged("customer_share", "share", "known_spend_only"),
        measure("sales_with_known_spend", covered, n=len(cells), variant="share_of_sales",
                origin="house"),
        measure("cells_unknown", len(cells) - n, n=len(cells), variant="count", origin="house"),
    ]  # fmt: skip
    for status in ("open", "over_low", "over_base", "over_high"):
        count = int((cells["status"] == status).sum())
        rows.append(measure(f"cells_{status}", count, n=n, variant="count", origin="house"))
    return measure_table(rows)
