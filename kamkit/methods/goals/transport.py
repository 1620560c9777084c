"""Placing amounts at least cost: from those who have to those who need (hours, accounts, goods)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

ORIGIN = "field:Dantzig 1963"
FLOW_COLUMNS = ["source", "sink", "amount", "unit_cost", "cost"]
PRICE_COLUMNS = ["side", "id", "amount", "used", "price"]
WAY_COLUMNS = ["option", "way", "id", "now", "then", "change"]
TINY = 1e-7


@dataclass(frozen=True)
class Transport:
    """What :func:`transport` found.

    Attributes
    ----------
    flows
        source, sink, amount (above 0), unit_cost, cost.
    prices
        side (supply, demand), id, amount, used, price: what the total cost would change if this
        side had one more (supply: 0 or less; demand: 0 or more).
    measures
        Measure table: transport_cost, supply_used (share).
    """

    flows: pd.DataFrame
    prices: pd.DataFrame
    measures: pd.DataFrame


def transport(
    supply: Mapping[str, Any], demand: Mapping[str, Any], cost: pd.DataFrame
) -> Transport:
    """Meet every demand from the supplies at least total cost.

    ``cost``: a row a source, a column a sink, money for one unit; NaN where there is no way.
    Returns Transport. Raises KamkitError: missing_cost, not_a_number, out_of_range,
    supply_short, no_way_there; :func:`transport_ways` lists what would help.
    Source: Dantzig 1963 (P-LP), solved by HiGHS.

    >>> cost = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 1.0]}, index=["a", "b"])
    >>> transport({"a": 5, "b": 5}, {"x": 4, "y": 6}, cost).flows[["source", "sink", "amount"]]
    ... # doctest: +NORMALIZE_WHITESPACE
      source sink  amount
    0      a    x     4.0
    1      a    y     1.0
    2      b    y     5.0
    """
    from scipy.optimize import linprog

    book = _Book(supply, demand, cost)
    if not book.demand.any():
        return _result(book, np.zeros(0), np.zeros(len(book.sources)), np.zeros(len(book.sinks)))
    if not book.unit.size:
        raise KamkitError(*_short(book))
    held, met = book.sums()
    found = linprog(
        book.unit, A_ub=held, b_ub=book.supply, A_eq=met, b_eq=book.demand, method="highs"
    )
    if found.status != 0:
        KamkitError.collect(_short(book))
        raise KamkitError(Problem("no_way_there", "cost", details={"short": "", "ids": ""}))
    return _result(book, np.asarray(found.x), found.ineqlin.marginals, found.eqlin.marginals)


def transport_ways(
    supply: Mapping[str, Any], demand: Mapping[str, Any], cost: pd.DataFrame
) -> pd.DataFrame:
    """Smallest changes after which :func:`transport` can meet every demand.

    lower_demand: by as little as possible in all. raise_supply: likewise; missing where some
    sink can't be reached at all. Each option is enough alone.
    Returns columns: option, way, id, now, then, change; empty where nothing is short. Raises
    KamkitError as transport does for unreadable input. Source: house (LP of the shortage).

    >>> cost = pd.DataFrame({"x": [1.0]}, index=["a"])
    >>> transport_ways({"a": 3}, {"x": 5}, cost)[["way", "id", "then"]].values.tolist()
    [['lower_demand', 'x', 3.0], ['raise_supply', 'a', 5.0]]
    """
    book = _Book(supply, demand, cost)
    rows: list[tuple[Any, ...]] = []
    short = _least(book, on_demand=True)
    if short is None or short.sum() <= TINY:
        return pd.DataFrame(columns=WAY_COLUMNS)
    options = [("lower_demand", book.sinks, book.demand, -short)]
    more = _least(book, on_demand=False)
    if more is not None:
        options.append(("raise_supply", book.sources, book.supply, more))
    for option, (way, names, now, change) in enumerate(options, 1):
        rows += [(option, way, n, a, a + c, c)
                 for n, a, c in zip(names, now, change, strict=True) if abs(c) > TINY]  # fmt: skip
    return pd.DataFrame(rows, columns=WAY_COLUMNS)


class _Book:
    """Supplies, demands and the ways between them, in the order of their ids."""

    def __init__(self, supply: Mapping[str, Any], demand: Mapping[str, Any], cost: pd.DataFrame):
        self.sources, self.sinks = sorted(map(str, supply)), sorted(map(str, demand))
        table = cost.copy()
        table.index, table.columns = table.index.map(str), table.columns.map(str)
        problems = [
            Problem("missing_cost", "cost", side, value=n)
            for side, names, known in (("supply", self.sources, table.index),
                                       ("demand", self.sinks, table.columns))
            for n in names if n not in known
        ]  # fmt: skip
        self.supply = _amounts(supply, self.sources, "supply", problems)
        self.demand = _amounts(demand, self.sinks, "demand", problems)
        KamkitError.collect(problems)
        grid = table.loc[self.sources, self.sinks].apply(pd.to_numeric, errors="coerce")
        money = grid.to_numpy(dtype=float).reshape(len(self.sources), len(self.sinks))
        self.i, self.j = np.nonzero(np.isfinite(money))
        self.unit = money[self.i, self.j]

    def sums(self) -> tuple[Any, Any]:
        """Matrices that sum the ways by source and by sink."""
        from scipy.sparse import csr_array

        ways, one = np.arange(len(self.unit)), np.ones(len(self.unit))
        shape = (len(self.sources), len(self.unit)), (len(self.sinks), len(self.unit))
        return (csr_array((one, (self.i, ways)), shape=shape[0]),
                csr_array((one, (self.j, ways)), shape=shape[1]))  # fmt: skip


def _amounts(
    given: Mapping[str, Any], names: list[str], side: str, problems: list[Problem]
) -> Floats:
    named = {str(k): v for k, v in given.items()}
    values = np.array(
        [pd.to_numeric(named[n], errors="coerce") for n in names], dtype=float
    ).reshape(len(names))
    for name, value in zip(names, values, strict=True):
        if not np.isfinite(value):
            problems.append(Problem("not_a_number", "cost", side, value=named[name]))
        elif value < 0:
            problems.append(Problem("out_of_range", "cost", side, value=named[name],
                                    details={"allowed": ">= 0"}))  # fmt: skip
    return values


def _least(book: _Book, *, on_demand: bool) -> Floats | None:
    """Least change in all of the demands (or supplies) that makes room; None where none does."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    held, met = book.sums()
    ways, extra = len(book.unit), len(book.sinks if on_demand else book.sources)
    if not extra:
        return np.zeros(0)
    price = np.concatenate([np.zeros(ways), np.ones(extra)])
    # What is added counts with the demand it replaces, or with the supply it widens.
    idle = csr_array((len(book.sources if on_demand else book.sinks), extra))
    held = hstack([held, idle if on_demand else -eye_array(extra)])
    met = hstack([met, eye_array(extra) if on_demand else idle])
    found = linprog(price, A_ub=held, b_ub=book.supply, A_eq=met, b_eq=book.demand, method="highs")
    if found.status != 0:
        return None
    change: Floats = np.maximum(np.asarray(found.x)[ways:], 0.0)
    return change


def _short(book: _Book) -> list[Problem]:
    short = _least(book, on_demand=True)
    if short is None:
        return []
    names = [n for n, s in zip(book.sinks, short, strict=True) if s > TINY]
    lack = float(book.demand.sum() - book.supply.sum())
    details = {"short": f"{short.sum():.10g}", "ids": ", ".join(names[:3])}
    code = "supply_short" if lack > TINY else "no_way_there"
    return [Problem(code, "cost", "supply", value=f"{book.supply.sum():.10g}", details=details)]


def _result(book: _Book, amount: Floats, up: Floats, down: Floats) -> Transport:
    rows = [
        (book.sources[i], book.sinks[j], float(a), float(c), float(a * c))
        for i, j, a, c in zip(book.i, book.j, amount, book.unit, strict=False)
        if a > TINY
    ]
    flows = pd.DataFrame(rows, columns=FLOW_COLUMNS)
    prices = []
    for side, names, have, key, price in (
        ("supply", book.sources, book.supply, "source", up),
        ("demand", book.sinks, book.demand, "sink", down),
    ):
        used = flows.groupby(key)["amount"].sum()
        prices += [(side, n, h, float(used.get(n, 0.0)), float(p) + 0.0)
                   for n, h, p in zip(names, have, price, strict=True)]  # fmt: skip
    whole = float(book.supply.sum())
    moved = float(flows["amount"].sum())
    return Transport(flows, pd.DataFrame(prices, columns=PRICE_COLUMNS), measure_table([
        measure_row("transport_cost", float(flows["cost"].sum()), len(flows),
                    variant="least_cost", origin=ORIGIN),
        measure_row("supply_used", moved / whole if whole else np.nan, len(book.sources),
                    variant="share", origin=ORIGIN),
    ]))  # fmt: skip
