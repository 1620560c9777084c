"""Plan against actual P&L: where the gap in net income comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.portfolio.inputs import figures, measure, measure_table, ratio
from kamkit.methods.portfolio.pnl import ITEMS

_COSTS = ("direct_cost", "indirect_cost")
_EFFECTS = ("volume_effect", "direct_cost_effect", "indirect_cost_effect")


@dataclass(frozen=True)
class PlanVariance:
    """The parts of :func:`plan_variance`."""

    lines: pd.DataFrame
    accounts: pd.DataFrame
    summary: pd.DataFrame


def plan_variance(
    account_years: pd.DataFrame,
    plan: pd.DataFrame,
    *,
    year: int,
    reasons: pd.DataFrame | None = None,
    material: float = 0.05,
) -> PlanVariance:
    """Variance of every P&L line against plan, split into volume and cost effects.

    Needs account_years and plan with account_id, year, revenue, direct_cost, indirect_cost
    (money; see ``plan_from_targets``). ``reasons`` (optional): account_id, item, reason, lesson.
    ``material`` (house 5 % of the planned figure) is the size from which a line needs a reason.

    Returns ``lines`` (account_id, item, plan, actual, variance in money, variance_share of the
    plan's size, effect favourable/adverse/none/unknown, material, reason, lesson, needs_reason),
    ``accounts`` (account_id, plan_net, actual_net, variance, volume_effect, direct_cost_effect,
    indirect_cost_effect in money, largest_effect, status) and ``summary`` (measure table).
    Volume effect = revenue variance × planned margin; each cost effect = planned cost rate on
    actual revenue less actual cost. The three add up to the variance of net income exactly;
    they need a planned revenue above zero. An account in only one table is unknown in the other.
    Raises KamkitError for missing columns, text in a figure, repeated rows, several currencies.
    Source: S181 (plan, actual, reasons); split field: Horngren flexible budget.

    >>> actual = pd.DataFrame({"account_id": ["A"], "year": 2025, "revenue": [110.0],
    ...                        "direct_cost": [70.0], "indirect_cost": [20.0]})
    >>> plan = pd.DataFrame({"account_id": ["A"], "year": 2025, "revenue": [100.0],
    ...                      "direct_cost": [60.0], "indirect_cost": [20.0]})
    >>> plan_variance(actual, plan, year=2025).accounts.iloc[0, 3:7].tolist()
    [0.0, 2.0, -4.0, 2.0]
    """
    tables = {}
    for name, table in (("actual", account_years), ("plan", plan)):
        read = figures(
            table, "account_years" if name == "actual" else "plan", ["revenue"],
            keys=["account_id", "year"], optional=_COSTS,
        )  # fmt: skip
        one_currency(table, name)
        read["net_income"] = read["revenue"] - read["direct_cost"] - read["indirect_cost"]
        tables[name] = read[read["year"] == year].set_index("account_id")[list(ITEMS)]
    ids = tables["plan"].index.union(tables["actual"].index).sort_values()
    planned, actual = (tables[name].reindex(ids) for name in ("plan", "actual"))
    lines = _with_reasons(_lines(planned, actual, material), reasons)
    accounts = _accounts(planned, actual)
    return PlanVariance(lines, accounts, _summary(accounts, lines))


def plan_from_targets(targets: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Account targets of one year as a plan table for :func:`plan_variance`.

    Needs targets: scope, scope_id, period (the year as text), kpi, value. Of the kpis, revenue,
    direct_cost and indirect_cost are taken. Returns account_id, year and those columns (money).

    >>> targets = pd.DataFrame({"scope": ["account"], "scope_id": ["A"], "period": ["2025"],
    ...                         "kpi": ["revenue"], "value": [9.0]})
    >>> plan_from_targets(targets, year=2025).revenue.tolist()
    [9.0]
    """
    need_columns(targets, "targets", ["scope", "scope_id", "period", "kpi", "value"])
    table = figures(targets, "targets", ["value"], keys=["scope", "scope_id", "period", "kpi"])
    inside = table[
        (table["scope"] == "account")
        & (table["period"].astype("str") == str(year))
        & table["kpi"].isin(ITEMS[:3])
    ]
    wide = inside.pivot(index="scope_id", columns="kpi", values="value")
    wide = wide.reindex(columns=list(ITEMS[:3])).rename_axis(columns=None)
    wide.insert(0, "year", year)
    return wide.rename_axis("account_id").reset_index()


def _lines(planned: pd.DataFrame, actual: pd.DataFrame, material: float) -> pd.DataFrame:
    parts = []
    for item in ITEMS:
        part = pd.DataFrame({"plan": planned[item], "actual": actual[item]})
        part.insert(0, "item", item)
        part["variance"] = part["actual"] - part["plan"]
        part["variance_share"] = ratio(part["variance"], part["plan"].abs())
        good = -part["variance"] if item in _COSTS else part["variance"]
        part["effect"] = np.select(
            [good.isna(), good > 0, good < 0], ["unknown", "favourable", "adverse"], "none"
        )
        part["material"] = part["variance_share"].abs() >= material
        parts.append(part.rename_axis("account_id").reset_index())
    out = pd.concat(parts, ignore_index=True)
    order = out["item"].map({item: i for i, item in enumerate(ITEMS)})
    out = out.assign(_o=order).sort_values(["account_id", "_o"], ignore_index=True)
    return out.drop(columns="_o")


def _with_reasons(lines: pd.DataFrame, reasons: pd.DataFrame | None) -> pd.DataFrame:
    out = lines.copy()
    for column in ("reason", "lesson"):
        out[column] = ""
    if reasons is not None:
        need_columns(reasons, "reasons", ["account_id", "item", "reason"])
        given = reasons.drop_duplicates(["account_id", "item"], keep="last")
        given = given.set_index(["account_id", "item"])
        keys = pd.MultiIndex.from_frame(out[["account_id", "item"]])
        for column in ("reason", "lesson"):
            if column in given.columns:
                words = given[column].reindex(keys)
                out[column] = words.where(words.notna(), "").astype("str").to_numpy()
    out["needs_reason"] = out["material"] & (out["reason"] == "")
    return out


def _accounts(planned: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame(
        {"plan_net": planned["net_income"], "actual_net": actual["net_income"]},
        index=planned.index,
    )
    out["variance"] = out["actual_net"] - out["plan_net"]
    more = actual["revenue"] - planned["revenue"]
    out["volume_effect"] = more * ratio(planned["net_income"], planned["revenue"])
    for column in _COSTS:
        flexed = actual["revenue"] * ratio(planned[column], planned["revenue"])
        out[f"{column}_effect"] = flexed - actual[column]
    effects = out[list(_EFFECTS)]
    known = effects.notna().all(axis=1)
    out["largest_effect"] = ""
    if known.any():
        out.loc[known, "largest_effect"] = effects[known].abs().idxmax(axis=1).astype("str")
    out["status"] = np.select(
        [out["plan_net"].isna(), out["actual_net"].isna(), ~known],
        ["plan_incomplete", "actual_incomplete", "no_planned_revenue"],
        "known",
    )
    return out.rename_axis("account_id").reset_index()


def _summary(accounts: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    known = accounts[accounts["status"] == "known"]
    n = len(known)
    variant = "flexible_budget" if n else "too_little_data"
    origin = "S181; field:Horngren"
    rows = [
        measure(f"plan_{name}", known[name].sum() if n else np.nan, n=n, variant=variant,
                origin=origin)
        for name in ("variance", *_EFFECTS)
    ]  # fmt: skip
    open_lines = int(lines["needs_reason"].sum())
    rows.append(
        measure("lines_without_reason", open_lines, n=len(lines), variant="count", origin="house")
    )
    return measure_table(rows)
