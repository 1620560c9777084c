"""Targets, figures reached, goals, actions and risks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.quarters import quarter_of, quarter_targets
from kamkit.tables.sample.world import CURRENT, PAST, World, pick

_PERIODS = {2024: "2024", 2025: "2025", CURRENT: "2026H1"}
_RISKS = ["risk_price", "risk_second_source", "risk_payment", "risk_contact", "risk_delivery"]
_ACTIONS = [
    "act_plan_meeting",
    "act_executive_visit",
    "act_service_review",
    "act_widen_contacts",
    "act_trial_order",
    "act_survey_feedback",
]
_HALF = 0.45  # part of a year's target that falls on January to June (house: the season)


def _periods(dates: pd.Series) -> list[pd.Series]:
    """The year or half-year, and the quarter, of each day."""
    return [pd.to_datetime(dates).dt.year.map(_PERIODS), quarter_of(dates)]


def _member_sales(world: World) -> pd.DataFrame:
    """Sales and gross profit by rep and period; orders are the only source."""
    orders = world.tables["orders"]
    crew = reps(world)["member_id"]
    table = pd.DataFrame(
        {
            "member_id": orders["member_id"],
            "sales": orders["amount"],
            "gross_profit": orders["amount"] - orders["direct_cost"],
        }
    )
    parts: list[pd.DataFrame] = []
    for period in _periods(orders["date"]):
        sums = table.groupby(["member_id", period.rename("period")]).sum().round(2)
        every = (crew, sorted(period.dropna().unique()))
        index = pd.MultiIndex.from_product(every, names=list(sums.index.names))
        parts.append(sums.reindex(index, fill_value=0.0).reset_index())
    return pd.concat(parts, ignore_index=True)


def _scoped(world: World, table: pd.DataFrame, kpis: list[str]) -> pd.DataFrame:
    """Member figures with the sums of teams and company."""
    team = table["member_id"].map(reps(world).set_index("member_id")["team"])
    parts = []
    for scope, ids in (("member", table["member_id"]), ("team", team), ("company", None)):
        scope_id = pd.Series(world.company, index=table.index) if ids is None else ids
        summed = table.assign(scope_id=scope_id).groupby(["scope_id", "period"])[kpis].sum()
        long = summed.round(2).reset_index().melt(["scope_id", "period"], var_name="kpi")
        parts.append(long.assign(scope=scope))
    return pd.concat(parts, ignore_index=True).assign(unit="CNY")


def build_targets(world: World) -> pd.DataFrame:
    """The table ``targets``: set from above, half on last year's sales, half the same for all.

    Potential plays no part in them: that is what the lesson on fair targets is about.
    """
    plan, crew = world.plan, reps(world)
    rng = world.rng("targets")
    owner = crew["member_id"].to_numpy()[plan["territory"].to_numpy()]
    parts = []
    for year, before in ((2024, "s2024"), (2025, "s2024"), (CURRENT, "s2025")):
        sold = (plan[before] / 100).groupby(owner).sum().reindex(crew["member_id"], fill_value=0.0)
        up = 0.98 if year == PAST[0] else 1.12
        wish = up * (0.5 * sold + 0.5 * sold.mean())
        wish = (wish * np.round(1 + rng.normal(0, 0.02, len(wish)), 4) / 10_000).round() * 10_000
        margin = 0.26
        whole = pd.DataFrame({"member_id": wish.index, "sales": wish.to_numpy()})
        whole["gross_profit"] = (whole["sales"] * margin).round(-3)
        parts.append(whole.assign(period=str(year)))
        if year == CURRENT:
            half = whole[["sales", "gross_profit"]] * _HALF
            parts.append(whole.assign(period="2026H1", **half.round(-3)))
    kpis = ["sales", "gross_profit"]
    parts.append(quarter_targets(pd.concat(parts, ignore_index=True), kpis))
    table = _scoped(world, pd.concat(parts, ignore_index=True), kpis)
    extra = [
        {
            "scope": "company",
            "scope_id": world.company,
            "period": period,
            "kpi": kpi,
            "value": value,
            "unit": unit,
        }
        for period in ("2024", "2025", "2026")
        for kpi, value, unit in (("new_customers", 10.0, "count"), ("satisfaction", 0.9, "share"))
    ]
    return pd.concat([table, pd.DataFrame(extra)], ignore_index=True)


def _company_kpis(world: World) -> pd.DataFrame:
    """Figures of the company that are no sums of money."""
    tables, rows = world.tables, []
    first = tables["orders"].query("amount > 0").groupby("account_id")["date"].min()
    deals = tables["opportunities"]
    answers = tables["survey_responses"]
    happy = answers[
        (answers["side"] == "customer") & answers["item"].str.startswith("satisfaction")
    ]
    for year, period in _PERIODS.items():
        if year != PAST[0]:
            new = int((first.dt.year == year).sum())
            rows.append(("new_customers", period, float(new), "count"))
        closed = deals[pd.to_datetime(deals["closed_on"]).dt.year == year]
        rows.append(
            ("win_rate", period, round(float((closed["status"] == "won").mean()), 4), "share")
        )
        score = happy.loc[happy["wave"].str.startswith(str(year)), "score"].mean()
        rows.append(("satisfaction", period, round(float((score - 1) / 6), 4), "share"))
    table = pd.DataFrame(rows, columns=["kpi", "period", "value", "unit"]).dropna(subset=["value"])
    return table.assign(scope="company", scope_id=world.company)


def build_kpi_values(world: World) -> pd.DataFrame:
    """The table ``kpi_values``: every figure is computed from the other tables."""
    money = _scoped(world, _member_sales(world), ["sales", "gross_profit"])
    seen = world.tables["interactions"]
    visits = seen[(seen["channel"] == "visit") & seen["member_id"].notna()]
    counts = [
        visits.groupby(["member_id", period.rename("period")]).size().rename("visits")
        for period in _periods(visits["date"])
    ]
    count = pd.concat(counts).reset_index()
    visit = _scoped(world, count, ["visits"]).assign(unit="count")
    visit["value"] = visit["value"].astype(float)
    return pd.concat([money, visit, _company_kpis(world)], ignore_index=True)


def build_goals(world: World) -> pd.DataFrame:
    """The table ``goals``: three goals of the company (S169), cascaded to teams and reps."""
    company = world.company
    targets = world.tables["targets"].query("period == '2026' and kpi == 'sales'")
    rows = [
        {
            "goal_id": "G001",
            "scope": "company",
            "scope_id": company,
            "kpi": "new_customers",
            "target": 10.0,
            "floor": 6.0,
            "unit": "count",
            "owner_id": "M002",
        },
        {
            "goal_id": "G002",
            "scope": "company",
            "scope_id": company,
            "kpi": "satisfaction",
            "target": 0.9,
            "floor": 0.8,
            "cap": 1.0,
            "unit": "share",
            "owner_id": "M001",
        },
    ]
    members = world.tables["members"].set_index("member_id")
    lead = members[members["role"] == "sales_manager"].reset_index().set_index("team")["member_id"]
    order = {"company": 0, "team": 1, "member": 2}
    targets = targets.assign(rank=targets["scope"].map(order)).sort_values(["rank", "scope_id"])
    made: dict[str, str] = {}
    for k, row in enumerate(targets.itertuples(), start=3):
        goal = f"G{k:03d}"
        made[str(row.scope_id)] = goal
        scope_id = str(row.scope_id)
        boss = {"company": "M002", "member": scope_id}.get(str(row.scope)) or lead[scope_id]
        above = {"team": company, "member": str(members["team"].get(scope_id))}.get(str(row.scope))
        rows.append(
            {
                "goal_id": goal,
                "parent_id": made.get(above) if above else None,
                "scope": row.scope,
                "scope_id": scope_id,
                "kpi": "sales",
                "target": row.value,
                "floor": round(float(str(row.value)) * 0.7, 2),
                "unit": "CNY",
                "owner_id": boss,
            }
        )
    return pd.DataFrame(rows).assign(due=np.datetime64("2026-12-31"))


def build_actions(world: World) -> pd.DataFrame:
    """The table ``actions``: two or three for each of the larger accounts."""
    rng, plan = world.rng("actions"), world.plan
    top = np.argsort(-plan["s2025"].to_numpy(), kind="stable")[: min(200, max(8, len(plan) // 6))]
    account = np.repeat(top, rng.integers(2, 4, len(top)))
    due = np.datetime64("2026-02-27") + rng.integers(0, 260, len(account)).astype("m8[D]")
    late = due < np.datetime64("2026-06-30")
    status = np.where(
        late,
        pick(rng, ["done", "doing", "dropped"], len(account), [7, 2, 1]),
        pick(rng, ["planned", "doing"], len(account)),
    )
    done = np.minimum(due + rng.integers(-12, 15, len(account)), np.datetime64("2026-06-26"))
    goals = world.tables["goals"].query("scope == 'member'").set_index("scope_id")["goal_id"]
    owner = world.tables["accounts"]["owner_id"].to_numpy()[account]
    return pd.DataFrame(
        {
            "action_id": [f"X{i:04d}" for i in range(1, len(account) + 1)],
            "goal_id": goals.reindex(owner).to_numpy(),
            "account_id": plan["account_id"].to_numpy()[account],
            "owner_id": owner,
            "what": pick(rng, _ACTIONS, len(account)),
            "due": due,
            "done_on": np.where(status == "done", done, np.datetime64("NaT")),
            "status": status,
        }
    )


def build_risks(world: World) -> pd.DataFrame:
    """The table ``risks``: what the owners wrote down for the larger accounts."""
    rng, plan = world.rng("risks"), world.plan
    top = np.argsort(-plan["s2025"].to_numpy(), kind="stable")[: min(150, max(8, len(plan) // 8))]
    account = np.repeat(top, rng.integers(1, 3, len(top)))
    impact = plan["s2025"].to_numpy()[account] / 100 * rng.uniform(0.05, 0.5, len(account))
    name = pick(rng, _RISKS, len(account))
    source = {
        "risk_price": "market",
        "risk_second_source": "competitor",
        "risk_payment": "finance",
        "risk_contact": "relationship",
        "risk_delivery": "delivery",
    }
    return pd.DataFrame(
        {
            "risk_id": [f"R{i:04d}" for i in range(1, len(account) + 1)],
            "account_id": plan["account_id"].to_numpy()[account],
            "name": name,
            "source": [source[n] for n in name],
            "probability": np.round(rng.beta(2, 4, len(account)), 2),
            "impact": np.round(impact, -4),
            "currency": "CNY",
            "response": pick(
                rng, ["avoid", "reduce", "share", "accept"], len(account), [1, 5, 2, 2]
            ),
            "owner_id": world.tables["accounts"]["owner_id"].to_numpy()[account],
            "due": np.datetime64("2026-07-15") + rng.integers(0, 160, len(account)).astype("m8[D]"),
            "status": pick(rng, ["open", "closed"], len(account), [8, 2]),
        }
    )
