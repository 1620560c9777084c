"""What is done to keep customers: feedback, care, services; and customers lost and won back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.structure import wide_accounts
from kamkit.tables.sample.world import AS_OF, PAST, World, lognormal, pick

_TOPICS = ["about_delivery", "about_documents", "about_training", "about_price", "about_product"]
_DEEDS = ["changed_process", "changed_product", "trained_people", "explained_why_not"]
_SERVICES = [
    "technical_support",
    "customer_course",
    "engineer_days",
    "priority_supply",
    "joint_design",
]
_TACTICS = ["regular_contact", "individual_service", "added_value", "seek_feedback"]
_TACTICS += ["prevent_problems", "long_term"]
_PLANNED = {"regular_contact": 6, "individual_service": 3, "added_value": 2, "seek_feedback": 2}
_REASONS = ["lost_price", "lost_quality", "lost_contact", "lost_insourced", "lost_closed"]
_CASE = ["account_id", "opened_on", "reason", "offer", "probability", "yearly_value", "cost"]
_CASE += ["currency", "result", "closed_on"]
_OFFERS = ["offer_price", "offer_service", "offer_trial", "offer_new_person"]


def build_feedback(world: World, contacts: pd.DataFrame, dealers: pd.DataFrame) -> pd.DataFrame:
    """The table ``feedback``: many an answer is given, few loops are closed (S124, S241)."""
    rng = world.rng("feedback")
    wide = wide_accounts(world)
    number = 5 * len(wide)
    account = wide[np.floor(len(wide) * rng.random(number) ** 1.4).astype(int)]
    ids = world.plan["account_id"].to_numpy()[account]
    first = contacts[contacts["left_on"].isna()].groupby("account_id")["contact_id"].agg(list)
    people = [
        first[i][int(u * min(4, len(first[i])))]
        for i, u in zip(ids, rng.random(number), strict=True)
    ]
    firms = dealers.loc[dealers["ended_on"].isna(), "dealer_id"].to_numpy()
    table = pd.concat(
        [
            pd.DataFrame({"account_id": ids, "contact_id": people, "dealer_id": None}),
            pd.DataFrame(
                {"account_id": None, "contact_id": None, "dealer_id": pick(rng, firms.tolist(), 24)}
            ),
        ],
        ignore_index=True,
    )
    size, as_of = len(table), np.datetime64(AS_OF)
    received = as_of - rng.integers(5, 520, size).astype("m8[D]")
    never = np.datetime64("NaT")
    asked = np.where(rng.random(size) < 0.6, received - rng.integers(1, 15, size), never)
    answered = received + rng.geometric(0.09, size).astype("m8[D]")
    answered = np.where((rng.random(size) < 0.8) & (answered <= as_of), answered, never)
    acted = answered + rng.integers(4, 60, size).astype("m8[D]")
    did = ~np.isnat(answered) & (rng.random(size) < 0.6) & (acted <= as_of)
    acted = np.where(did, acted, never)
    told = acted + rng.integers(1, 25, size).astype("m8[D]")
    told = np.where(did & (rng.random(size) < 0.55) & (told <= as_of), told, never)
    table["asked_on"], table["received_on"] = asked, received
    table["topic"], table["answered_on"] = pick(rng, _TOPICS, size, [5, 2, 2, 3, 4]), answered
    deed = pick(rng, _DEEDS, size, [4, 2, 2, 2])
    table["action"] = pd.Series(deed, dtype="object").where(did, None)
    table["acted_on"], table["told_on"] = acted, told
    table = table.sort_values("received_on", kind="stable").reset_index(drop=True)
    table.insert(0, "feedback_id", [f"F{i:03d}" for i in range(1, size + 1)])
    return table


def build_care_plan(world: World) -> pd.DataFrame:
    """The table ``care_plan``: six tactics, two half-years; least is done where it burns."""
    rng = world.rng("care_plan")
    rows = []
    chosen = np.r_[wide_accounts(world), world.role("churn")]
    for account in chosen.tolist():
        eager = 0.25 if world.plan["role"].iat[account] == "churn" else rng.uniform(0.55, 0.98)
        for period in ("2025H2", "2026H1"):
            for tactic in _TACTICS:
                planned = int(_PLANNED.get(tactic, 1) + rng.integers(0, 2))
                done = int(rng.binomial(planned, eager))
                quality = int(np.clip(np.rint(rng.normal(2.4 + 1.6 * eager, 0.7)), 1, 5))
                name = world.account_id(account)
                rows.append((name, tactic, period, planned, done, quality if done else None))
    columns = ["account_id", "tactic", "period", "planned", "done", "quality"]
    return pd.DataFrame(rows, columns=columns).astype({"quality": "Int64"})


def build_service_uptake(world: World) -> pd.DataFrame:
    """The table ``service_uptake``: which added services larger customers used (S117)."""
    rng, plan = world.rng("service_uptake"), world.plan
    number = int(np.clip(world.accounts // 3, 8, 120))
    order = np.argsort(-plan["s2025"].to_numpy(), kind="stable")[:number]
    account = np.repeat(order, len(_SERVICES) * 3)
    service = np.tile(np.repeat(_SERVICES, 3), number)
    year = np.tile(np.array([*PAST, PAST[1] + 1]), number * len(_SERVICES))
    size = len(account)
    rank = np.repeat(np.arange(number), len(_SERVICES) * 3) / number
    uses = rng.poisson(3.2 * (1 - rank) * np.where(year > PAST[1], 0.5, 1.0))
    price = {"technical_support": 700, "customer_course": 4200, "engineer_days": 2600}
    price |= {"priority_supply": 1500, "joint_design": 9800}
    each = np.array([price[s] for s in service]) * lognormal(rng, 0.15, size)
    table = pd.DataFrame(
        {
            "account_id": plan["account_id"].to_numpy()[account],
            "service": service,
            "year": year,
            "uses": uses.astype(float),
            "cost": np.round(uses * each, -1),
            "currency": "CNY",
        }
    )
    return table[uses > 0]


def build_losses(world: World, orders: pd.DataFrame) -> pd.DataFrame:
    """The table ``account_losses``: those who left, one who came back, two who buy a part less.

    Enough for a base rate, too few to judge a score by (fewer than ten in the usual sample).
    """
    rng, plan = world.rng("losses"), world.plan
    rivals = list(world.data["rivals"])
    former = np.flatnonzero((plan["relation"] == "former").to_numpy())
    last = orders.groupby("account_id")["date"].max()
    since = world.tables["accounts"]["since"]
    rows: list[tuple[int, pd.Timestamp, str, float, pd.Timestamp | None]] = []
    for account in former.tolist():
        name = world.account_id(account)
        day = last.get(name, pd.Timestamp("2024-06-28")) + pd.Timedelta(days=30)
        yearly = round(world.sales_of(account, "s2024"), -4)
        rows.append((account, day, "full", yearly, None))
    old = np.flatnonzero(
        (since < pd.Timestamp("2020-01-01")).to_numpy()
        & (plan["role"].isin(["", "steady"]) & (plan["s2024"] > 0)).to_numpy()
    )
    more = rng.permutation(old)[:3].tolist()
    for turn, account in enumerate(more):
        yearly = world.sales_of(account, "s2024")
        if turn == 0:
            day, back = pd.Timestamp("2021-04-30"), pd.Timestamp("2022-09-12")
            rows.append((account, day, "full", round(yearly * 0.6, -4), back))
        else:
            day = pd.Timestamp("2023-02-28") + pd.Timedelta(days=int(rng.integers(0, 900)))
            rows.append((account, day, "partial", round(yearly * 0.2, -4), None))
    table = pd.DataFrame(rows, columns=["account", "lost_on", "kind", "lost_value", "returned_on"])
    table["account_id"] = plan["account_id"].to_numpy()[table.pop("account")]
    table["reason"] = pick(rng, _REASONS, len(table), [4, 2, 2, 1, 1])
    table.loc[0, "reason"] = _REASONS[0]
    rival = pick(rng, rivals, len(table))
    inside = table["reason"].isin(["lost_insourced", "lost_closed"]) | (
        rng.random(len(table)) < 0.2
    )
    table["rival"] = pd.Series(rival, index=table.index, dtype="object").mask(inside, None)
    return table.assign(currency="CNY", returned_on=pd.to_datetime(table["returned_on"]))


def build_winbacks(world: World, losses: pd.DataFrame) -> pd.DataFrame:
    """The table ``winback_cases``: what was tried with those who left (S130)."""
    rng, as_of = world.rng("winbacks"), pd.Timestamp(AS_OF)
    worth = losses[losses["reason"] != "lost_closed"].sort_values(["lost_on", "account_id"])
    rows = []
    for turn, loss in enumerate(worth.itertuples()):
        lost = pd.Timestamp(str(loss.lost_on))
        opened = lost + pd.Timedelta(days=int(rng.integers(40, 200)))
        if opened >= as_of:
            continue
        back = pd.to_datetime(str(loss.returned_on))
        came = bool(pd.notna(back))
        shut = back if came else opened + pd.Timedelta(days=int(rng.integers(90, 260)))
        result = "returned" if came else "declined" if turn % 3 == 0 else "open"
        closed = shut if result != "open" and shut <= as_of else None
        value = float(str(loss.lost_value))
        rows.append(
            {
                "account_id": loss.account_id,
                "opened_on": opened,
                "reason": loss.reason,
                "offer": str(rng.choice(_OFFERS)),
                "probability": round(float(rng.choice([0.1, 0.2, 0.3, 0.4, 0.6])), 2),
                "yearly_value": value,
                # What a new start costs hardly depends on what comes back: small ones don't pay.
                "cost": float(np.round(40_000 + 0.05 * value * rng.uniform(0.6, 1.6), -3)),
                "currency": "CNY",
                "result": result if result == "open" or closed is not None else "open",
                "closed_on": closed,
            }
        )
    table = pd.DataFrame(rows, columns=_CASE)
    table.insert(0, "case_id", [f"W{i:03d}" for i in range(1, len(table) + 1)])
    table["closed_on"] = pd.to_datetime(table["closed_on"])
    return table
