"""The five portfolio questions, each with what is missing for its answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import figures, known_sum, one_of, table_of
from kamkit.methods.portfolio.pnl import AccountPnl

QUESTIONS = ("total_income", "cost_to_serve", "estimated_profit", "growth_potential", "orientation")
ORIENTATIONS = ("transactional", "strategic")
_COLUMNS = (
    "question", "part", "year", "period", "status", "value", "n", "missing", "missing_accounts",
    "variant", "origin",
)  # fmt: skip
_SHOWN = 8


def portfolio_questions(
    pnl: AccountPnl,
    *,
    scope: str = "total",
    outlook: pd.DataFrame | None = None,
    served: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Answers to the five questions of the portfolio analysis, as far as the data allow.

    Needs the result of ``account_pnl``; ``scope`` is "total" or "set". ``outlook`` (optional):
    account_id and any of growth_potential (money a year), years_to_realise, orientation
    (transactional/strategic). ``served`` (optional): account_id, year, cost_to_serve in money
    from cost drivers; without it the recorded indirect cost stands for the cost to serve.

    Returns columns: question, part, year (0 where none), period, status, value (money, years or a
    number of accounts), n, missing (accounts without the figure), missing_accounts (the first
    eight ids), variant, origin. A question without any data keeps its row, with NaN.
    Raises KamkitError for an unknown scope or orientation, and for text in a figure.
    Source: S078; sums follow the rules of ``account_pnl``; median of the years is house.

    >>> from kamkit.methods.portfolio.pnl import account_pnl
    >>> years = pd.DataFrame({"account_id": ["A"], "year": [2026], "revenue": [9.0]})
    >>> answers = portfolio_questions(account_pnl(years, past=0, future=0))
    >>> answers.loc[answers.question == "estimated_profit", "missing"].tolist()
    [1]
    """
    one_of(scope, "scope", ["total", "set"])
    own = pnl.lines.loc[pnl.lines["scope"] == "account", "account_id"].drop_duplicates()
    inside = set(pnl.members)
    ids = [i for i in own if scope == "total" or i in inside]
    rows = _money_rows(pnl, scope, ids, "total_income", "revenue", "sum_of_known")
    if served is None:
        rows += _money_rows(pnl, scope, ids, "cost_to_serve", "indirect_cost", "indirect_recorded")
    else:
        rows += _served_rows(pnl, scope, ids, served)
    rows += _money_rows(pnl, scope, ids, "estimated_profit", "net_income", "complete_accounts")
    return table_of(rows + _outlook_rows(ids, outlook), _COLUMNS)


def _names(ids: Sequence[str]) -> str:
    more = "" if len(ids) <= _SHOWN else f" +{len(ids) - _SHOWN}"
    return "; ".join(str(i) for i in ids[:_SHOWN]) + more


def _row(
    question: str, part: str, value: float, ids: Sequence[str], without: Sequence[str]
) -> dict[str, object]:
    return {
        "question": question,
        "part": part,
        "year": 0,
        "period": "",
        "status": "",
        "value": float(value),
        "n": len(ids) - len(without),
        "missing": len(without),
        "missing_accounts": _names(without),
        "variant": "as_given",
        "origin": "S078",
    }


def _money_rows(
    pnl: AccountPnl, scope: str, ids: Sequence[str], question: str, item: str, variant: str
) -> list[dict[str, object]]:
    lines = pnl.lines[pnl.lines["item"] == item]
    empty = lines[(lines["scope"] == "account") & lines["amount"].isna()]
    empty = empty[empty["account_id"].isin(ids)]
    rows = []
    for line in lines[lines["scope"] == scope].to_dict("records"):
        without = empty.loc[empty["year"] == line["year"], "account_id"].tolist()
        given = {key: line[key] for key in ("year", "period", "status")}
        note = {"variant": variant, "origin": "S078; S077"}
        rows.append(_row(question, item, line["amount"], ids, without) | given | note)
    return rows


def _served_rows(
    pnl: AccountPnl, scope: str, ids: Sequence[str], served: pd.DataFrame
) -> list[dict[str, object]]:
    table = figures(served, "served", ["cost_to_serve"], keys=["account_id", "year"])
    columns = pnl.lines[(pnl.lines["scope"] == scope) & (pnl.lines["item"] == "revenue")]
    rows = []
    for line in columns.to_dict("records"):
        year = table[table["year"] == line["year"]].set_index("account_id")["cost_to_serve"]
        year = year.reindex(list(ids))
        without = year.index[year.isna()].tolist()
        given = {key: line[key] for key in ("year", "period", "status")}
        note = {"variant": "driver_rates", "origin": "S078; field:Cooper & Kaplan 1991"}
        rows.append(
            _row("cost_to_serve", "cost_to_serve", known_sum(year), ids, without) | given | note
        )
    return rows


def _outlook_rows(ids: Sequence[str], outlook: pd.DataFrame | None) -> list[dict[str, object]]:
    given = pd.DataFrame({"account_id": list(ids)}) if outlook is None else outlook
    need_columns(given, "outlook", ["account_id"])
    table = figures(given, "outlook", [], optional=["growth_potential", "years_to_realise"])
    table = table.set_index("account_id").reindex(list(ids))
    growth, years = table["growth_potential"], table["years_to_realise"]
    rows = [
        _row("growth_potential", "growth_potential", known_sum(growth), ids, _empty(growth)),
        _row("growth_potential", "years_to_realise", _median(years), ids, _empty(years))
        | {"variant": "median", "origin": "S078; house"},
    ]
    kind = orientations(given).reindex(list(ids))
    for name in ORIENTATIONS:
        count = float((kind == name).sum()) if kind.notna().any() else np.nan
        rows.append(_row("orientation", name, count, ids, _empty(kind)) | {"variant": "count"})
    return rows


def _median(values: pd.Series) -> float:
    return float(values.median()) if values.notna().any() else float("nan")


def _empty(values: pd.Series) -> list[str]:
    return [str(i) for i in values.index[values.isna()]]


def orientations(outlook: pd.DataFrame) -> pd.Series:
    """The buying type of each account, checked; missing where none is given.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "orientation": ["strategic", None]})
    >>> orientations(table)["A"]
    'strategic'
    """
    if "orientation" not in outlook.columns:
        return pd.Series(index=outlook["account_id"], dtype="str")
    values = outlook["orientation"].reset_index(drop=True)
    KamkitError.collect(
        Problem(
            "unknown_choice", "outlook", "orientation", int(i) + 1, values[i],
            details={"allowed": ", ".join(ORIENTATIONS)},
        )
        for i in np.flatnonzero(values.notna() & ~values.isin(ORIENTATIONS))
    )  # fmt: skip
    return values.set_axis(outlook["account_id"])
