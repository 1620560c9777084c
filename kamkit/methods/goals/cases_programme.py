"""Programme goals of a company read from its tables, and recomputed with other targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.goals.cases import year_months
from kamkit.methods.goals.programme import programme_goals
from kamkit.methods.goals.tables import day, days, figures, texts, with_columns

KIND = {"new_customers": "count", "sales": "sum", "satisfaction": "level"}
INDICES = ("mean", "top_box")
TOP = 6.0  # of 7: from here an answer counts as satisfied (house)


def satisfaction_index(
    answers: pd.DataFrame, *, top: float | None = None, highest: float = 7.0
) -> tuple[float, float, int]:
    """Satisfaction of the latest wave: the index, its standard error, how many answered.

    Needs answers: wave, account_id, respondent_id, side, item, score (1 to ``highest``); items
    satisfaction_… of the customers' side count. Without ``top`` the mean as a share of what is
    possible; with it the share of people whose mean is ``top`` or more. People of one account
    answer alike: the error is that of a ratio over accounts. NaN where fewer than two accounts
    answered. Source: X27; S110; error field:Cochran 1977.

    >>> rows = pd.DataFrame({"wave": "w", "account_id": ["A", "B"], "respondent_id": ["a", "b"],
    ...     "side": "customer", "item": "satisfaction_1", "score": [7, 4]})
    >>> satisfaction_index(rows)[0], satisfaction_index(rows, top=6)[0]
    (0.75, 0.5)
    """
    need = ["wave", "account_id", "respondent_id", "side", "item", "score"]
    need_columns(answers, "survey_responses", need)
    nan = float("nan")
    mine = answers[(answers["side"] == "customer")
                   & answers["item"].astype(str).str.startswith("satisfaction")]  # fmt: skip
    if mine.empty:
        return nan, nan, 0
    mine = mine[mine["wave"] == mine["wave"].max()]
    people = mine.assign(score=figures(mine["score"])).dropna(subset=["score"])
    score = people.groupby(["account_id", "respondent_id"])["score"].mean()
    index = (score - 1) / (highest - 1) if top is None else (score >= top).astype(float)
    groups = index.groupby("account_id")
    sums, sizes = groups.sum().to_numpy(float), groups.size().to_numpy(float)
    n, k = len(index), len(sizes)
    value = float(index.mean()) if n else nan
    if k < 2:
        return value, nan, n
    off = sums - value * sizes
    return value, float(np.sqrt(k / (k - 1) * (off**2).sum()) / n), n


@dataclass(frozen=True)
class ProgrammeBook:
    """``goals``: goal, kind, target, start, due, actual, n, se; ``values``: goal, period, value,
    base; ``top_box``: (value, se, n) of the other index; ``last``: last year's sales (money);
    ``as_of``."""

    goals: pd.DataFrame
    values: pd.DataFrame
    top_box: tuple[float, float, int]
    last: float
    as_of: pd.Timestamp


def programme_book(
    goals: pd.DataFrame,
    kpi_values: pd.DataFrame,
    orders: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
) -> ProgrammeBook:
    """The company's own programme goals (new customers, sales, satisfaction) with their actuals.

    Needs goals: scope, kpi, target, due; kpi_values: scope, period, kpi, value; orders: date,
    amount; answers as :func:`satisfaction_index`. A goal without a figure to judge it by is left
    out. A count is the value of the year, or of its first half. Returns :class:`ProgrammeBook`.
    Source: S169.

    >>> goals = pd.DataFrame({"scope": ["company"], "kpi": "new_customers", "target": 10,
    ...                       "due": "2026-12-31"})
    >>> values = pd.DataFrame({"scope": ["company"], "period": "2026H1", "kpi": "new_customers",
    ...                        "value": 2})
    >>> none = pd.DataFrame(columns=["date", "amount"])
    >>> columns = ["wave", "account_id", "respondent_id", "side", "item", "score"]
    >>> book = programme_book(goals, values, none, pd.DataFrame(columns=columns),
    ...                       as_of="2026-06-30")
    >>> book.goals[["goal", "target", "actual"]].values.tolist()
    [['new_customers', 10.0, 2.0]]
    """
    today = day(as_of)
    table = with_columns(goals, "goals", ["scope", "kpi", "target", "due"])
    table = table[(table["scope"] == "company") & table["kpi"].isin(list(KIND))]
    table = table.assign(due=days(table["due"]), target=figures(table["target"]))
    table = table.dropna(subset=["due", "target"]).drop_duplicates("kpi")
    start = table["due"] - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    out = pd.DataFrame({"goal": texts(table["kpi"]), "target": table["target"].to_numpy(float),
                        "start": start.to_numpy(), "due": table["due"].to_numpy()})  # fmt: skip
    out["kind"] = out["goal"].map(KIND)
    mean, top = satisfaction_index(answers), satisfaction_index(answers, top=TOP)
    counted = _count(kpi_values, today.year)
    out["actual"] = out["goal"].map({"new_customers": counted, "satisfaction": mean[0]})
    out["se"] = out["goal"].map({"satisfaction": mean[1]})
    out["n"] = out["goal"].map({"satisfaction": float(mean[2])})
    out[["actual", "se", "n"]] = out[["actual", "se", "n"]].astype(float)
    values = pd.DataFrame(columns=["goal", "period", "value", "base"])
    due = out.loc[out["goal"] == "sales", "due"]
    if len(due) and len(orders):
        values = year_months(orders, due=due.iloc[0], as_of=today).assign(goal="sales")
    known = out["actual"].notna() | ((out["goal"] == "sales") & bool(len(values)))
    last = float(figures(values["base"]).sum())
    order = out["goal"].map({k: i for i, k in enumerate(KIND)})
    kept = out[known].assign(order=order).sort_values("order").drop(columns="order")
    return ProgrammeBook(kept.reset_index(drop=True), values, top, last, today)


def _count(kpi_values: pd.DataFrame, year: int) -> float:
    table = with_columns(kpi_values, "kpi_values", ["scope", "period", "kpi", "value"])
    mine = table[(table["scope"] == "company") & (table["kpi"] == "new_customers")]
    found = dict(zip(texts(mine["period"]), figures(mine["value"]), strict=True))
    return next((found[p] for p in (f"{year}", f"{year}H1") if p in found), float("nan"))


def programme_case(
    book: ProgrammeBook,
    *,
    accounts: float | None = None,
    growth: float | None = None,
    satisfaction: float | None = None,
    index: str = "mean",
    only: Sequence[str] = tuple(KIND),
) -> pd.DataFrame:
    """Attainment, pace and chance with other targets; None: as the company has set it.

    ``growth``: sales target as last year's sales × (1 + growth). ``index``: which satisfaction
    is meant, mean (share of what is possible) or top_box (share of the satisfied).
    Returns as ``programme_goals``. Source: S169, X27.

    >>> goals = pd.DataFrame({"goal": ["new_customers"], "kind": "count", "target": 10.0,
    ...     "start": "2026-01-01", "due": "2026-12-31", "actual": 2.0, "n": None, "se": None})
    >>> none = pd.DataFrame(columns=["goal", "period", "value", "base"])
    >>> book = ProgrammeBook(goals, none, (0.5, 0.1, 9), 0.0, pd.Timestamp("2026-06-30"))
    >>> programme_case(book, accounts=4)["status"].tolist()
    ['open']
    """
    rows = book.goals[book.goals["goal"].isin(list(only))].copy()
    wanted = {"new_customers": accounts, "satisfaction": satisfaction,
              "sales": None if growth is None else book.last * (1 + growth)}  # fmt: skip
    for goal, target in wanted.items():
        if target is not None:
            rows.loc[rows["goal"] == goal, "target"] = float(target)
    if index == "top_box":
        rows.loc[rows["goal"] == "satisfaction", ["actual", "se", "n"]] = book.top_box
    values = book.values if len(book.values) else None
    return programme_goals(rows, values, as_of=book.as_of)
