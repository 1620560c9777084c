"""The tables ``opportunities`` and ``stage_events``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.world import AS_OF, World, days, lognormal, pick

_KINDS = ["annual_supply", "new_model", "replacement"]
QUICK_SHARE, QUICK_PACE = 0.18, 0.3  # some deals run through in weeks
_STEPS = ["send_offer", "see_decider", "clarify_specification", "agree_terms"]


def draw_results(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Rep and result (True = won) of every closed deal.

    Every rep wins with the same probability. Draws are repeated until chance alone gives a
    league table that looks decisive while a test of equal rates stays far from rejecting.
    """
    rng, number = world.rng("results"), len(reps(world))
    closed = rng.integers(20, 33, number)
    chance = world.setting("win_rate")
    best, least = np.zeros(number, dtype=np.int64), np.inf
    for _ in range(2000):
        won = rng.binomial(closed, chance)
        pooled = won.sum() / closed.sum()
        share = won / closed
        chi = float((closed * (share - pooled) ** 2).sum() / (pooled * (1 - pooled)))
        miss = max(0.0, 0.28 - np.ptp(share)) + max(0.0, chi / (number - 1) - 1.1)
        if miss < least:
            best, least = won, miss
        if miss == 0:
            break
    rep = np.repeat(np.arange(number), closed)
    rank = np.arange(len(rep)) - np.repeat(np.cumsum(closed) - closed, closed)
    return rep, rank < best[rep]


def _won_orders(world: World, rep: np.ndarray, drawn: pd.DataFrame) -> pd.DataFrame:
    """One order for every deal won, from the rep's own accounts; larger orders first choice."""
    rng = world.rng("won_orders")
    good = drawn[(drawn["cents"] > 0) & (drawn["date"] >= np.datetime64("2024-02-01"))]
    good = good[~good["account"].isin(world.role("churn", "zero_net"))]
    whole = (
        good.groupby("order")
        .agg(
            account=("account", "first"),
            date=("date", "first"),
            line=("line", "first"),
            cents=("cents", "sum"),
            order_id=("order_id", "first"),
        )
        .reset_index()
    )
    whole["rep"] = world.plan["territory"].to_numpy()[whole["account"].to_numpy()]
    whole["luck"] = rng.random(len(whole)) ** (1 / np.sqrt(whole["cents"].to_numpy() / 1e6))
    need = pd.Series(rep).value_counts()
    whole = whole.sort_values(["rep", "luck"], ascending=[True, False], kind="stable")
    rank = whole.groupby("rep").cumcount()
    return whole[rank < whole["rep"].map(need).fillna(0)].reset_index(drop=True)


def _other_deals(world: World, rep: np.ndarray, status: str) -> pd.DataFrame:
    """Lost or open deals at any account of the rep."""
    rng, plan = world.rng(status), world.plan
    fit = plan[(plan["relation"] != "holding") & (plan["relation"] != "former")]
    spots = {k: g.index.to_numpy() for k, g in fit.groupby("territory")}
    account = np.array([rng.choice(spots[k]) for k in rep], dtype=int)
    size = np.maximum(plan["s2025"].to_numpy()[account] / 100, 600_000) * 0.12
    amount = np.round(np.clip(size * lognormal(rng, 0.8, len(rep)), 20_000, None), -3)
    frame = {"account": account, "rep": rep, "amount": amount, "status": status}
    return pd.DataFrame(frame | {"line": rng.integers(0, len(world.data["lines"]), len(rep))})


def draw_deals(world: World, drawn: pd.DataFrame) -> pd.DataFrame:
    """All deals with account, rep, amount, status, closing day and the order they became."""
    rng = world.rng("deals")
    rep, won = draw_results(world)
    wins = _won_orders(world, rep[won], drawn)
    wins["amount"], wins["status"] = wins["cents"] / 100, "won"
    wins["closed_on"] = days(wins["date"]) - rng.integers(2, 25, len(wins)).astype("m8[D]")
    lost = _other_deals(world, rep[~won], "lost")
    span = int((np.datetime64(AS_OF) - np.datetime64("2024-01-15")).astype(int))
    lost["closed_on"] = np.datetime64("2024-01-15") + rng.integers(0, span, len(lost)).astype(
        "m8[D]"
    )
    number = len(reps(world))
    opened = _other_deals(world, np.repeat(np.arange(number), rng.integers(4, 7, number)), "open")
    opened["closed_on"] = np.datetime64("NaT")
    columns = ["account", "rep", "line", "amount", "status", "closed_on", "order_id"]
    deals = pd.concat([wins, lost, opened], ignore_index=True).reindex(columns=columns)
    deals["closed_on"] = days(deals["closed_on"])
    return deals


def _path(rng: np.random.Generator, status: str, last: int) -> list[int]:
    """Stages passed through; a few deals skip a stage or fall back once."""
    steps = list(range(last + 1))
    chance = rng.random()
    if last >= 2 and chance < 0.07:
        del steps[int(rng.integers(1, last))]
    elif last >= 2 and chance > 0.94:
        back = int(rng.integers(1, last))
        steps = [*range(back + 1), back - 1, *range(back, last + 1)]
    return steps


def build_stage_events(world: World, deals: pd.DataFrame) -> pd.DataFrame:
    """The table ``stage_events`` with the deal's position instead of its id."""
    rng, as_of = world.rng("stages"), np.datetime64(AS_OF)
    quick = np.where(world.rng("quick").random(len(deals)) < QUICK_SHARE, QUICK_PACE, 1.0)
    usual = np.asarray(world.items("stage_days")) * world.setting("deal_days")
    reach: dict[str, list[float]] = {"won": [0, 0, 0, 0, 1], "lost": [0.1, 0.22, 0.24, 0.27, 0.17]}
    reach["open"] = [0.18, 0.24, 0.24, 0.2, 0.14]
    names = world.items("stages")
    rows = []
    for deal, (status, closed) in enumerate(zip(deals["status"], deals["closed_on"], strict=True)):
        last = int(rng.choice(5, p=reach[str(status)]))
        steps = _path(rng, status, last)
        slow = (1.0 if status == "won" else 1.25) * quick[deal]
        stay = np.maximum(2, np.rint(usual[steps] * slow * rng.gamma(2.2, 1 / 2.2, len(steps))))
        end = as_of if status == "open" else np.datetime64(closed, "D")
        leave = end - (stay.sum() - np.cumsum(stay)).astype("m8[D]")
        enter = leave - stay.astype("m8[D]")
        for k, stage in enumerate(steps):
            final = k == len(steps) - 1
            moved = (None if status == "open" else status) if final else names[steps[k + 1]]
            left = np.datetime64("NaT") if final and status == "open" else leave[k]
            rows.append((deal, k + 1, names[stage], enter[k], left, moved))
    columns = ["deal", "seq", "stage", "entered_on", "left_on", "moved_to"]
    return pd.DataFrame(rows, columns=columns)


def build_opportunities(world: World, deals: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The table ``opportunities``, one row per deal, in the deals' order."""
    rng = world.rng("opportunities")
    open_ = (deals["status"] == "open").to_numpy()
    last = events.groupby("deal").agg(stage=("stage", "last"), created=("entered_on", "first"))
    lines = np.asarray(list(world.data["lines"]), dtype=object)[deals["line"]]
    kind = pick(rng, _KINDS, len(deals))
    table = pd.DataFrame(
        {
            "account_id": world.plan["account_id"].to_numpy()[deals["account"]],
            "owner_id": reps(world)["member_id"].to_numpy()[deals["rep"]],
            "name": [f"{line}|{k}" for line, k in zip(lines, kind, strict=True)],
            "created_on": last["created"].to_numpy(),
            "amount": deals["amount"],
            "currency": "CNY",
            "stage": last["stage"].to_numpy(),
            "status": deals["status"],
            "close_date": days(deals["closed_on"]),
            "closed_on": deals["closed_on"],
            "source": pick(rng, world.items("opportunity_sources"), len(deals), [8, 3, 2, 3, 2, 1]),
            "product_line": lines,
            "competitor": pick(rng, [*world.data["rivals"], None], len(deals), [3, 2, 2, 3]),
        }
    )
    for status in ("won", "lost"):
        here = (table["status"] == status).to_numpy()
        reasons = pick(rng, world.items(f"{status}_reasons"), int(here.sum()))
        table.loc[here, "reason"] = reasons
    table.loc[open_, "next_step"] = pick(rng, [*_STEPS, None], int(open_.sum()), [6, 6, 6, 6, 4])
    table["effort_hours"] = np.round(12 + 60 * rng.gamma(2.0, 0.5, len(table)))
    return table
