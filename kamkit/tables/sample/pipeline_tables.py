"""The canonical tables that a simulated pipeline leaves behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.tables.sample.pipeline_plan import STAGES
from kamkit.tables.sample.pipeline_run import Run

_SOURCES = ("existing_account", "referral", "exhibition", "tender_notice", "partner", "website")
_WON = ("technical_fit", "delivery_time", "relationship", "service", "price")
_LOST = ("price", "relationship", "technical_fit", "delivery_time", "project_stopped")
_STEPS = ("send_offer", "see_decider", "clarify_specification", "agree_terms")
_CATEGORY_WEIGHTS = {"commit": 0.95, "best_case": 0.5, "pipeline": 0.1}


def deal_ids(slots: np.ndarray) -> np.ndarray:
    """Ids of deals by their slot.

    >>> deal_ids(np.array([0])).tolist()
    ['O000001']
    """
    return np.array([f"O{k + 1:06d}" for k in slots], dtype=object)


def owner_ids(owners: np.ndarray) -> np.ndarray:
    """Ids of deal owners; M001 is their manager."""
    return np.array([f"M{k + 2:03d}" for k in owners], dtype=object)


def pipeline_tables(run: Run) -> dict[str, pd.DataFrame]:
    """All tables of a finished run, by name."""
    snapshots = _snapshots(run)
    opportunities = _opportunities(run)
    return {
        "accounts": _accounts(run),
        "members": _members(run),
        "opportunities": opportunities,
        "stage_events": _stage_events(run),
        "snapshots": snapshots,
        "targets": _calls(run, snapshots, opportunities),
    }


def _accounts(run: Run) -> pd.DataFrame:
    number = max(12, 5 * run.plan.owners)
    return pd.DataFrame(
        {
            "account_id": _account_ids(np.arange(number)),
            "name": [f"Paper Moon Works {k + 1} (fictitious)" for k in range(number)],
            "relation": "customer",
        }
    )


def _account_ids(accounts: np.ndarray) -> list[str]:
    return [f"A{k + 1:04d}" for k in accounts]


def _members(run: Run) -> pd.DataFrame:
    ids = owner_ids(np.arange(-1, run.plan.owners))
    names = ["Sales manager (fictitious)"]
    names += [f"Account manager {k + 1} (fictitious)" for k in range(run.plan.owners)]
    role = np.where(ids == "M001", "sales_manager", "kam")
    manager = _either(ids == "M001", None, "M001")
    return pd.DataFrame({"member_id": ids, "name": names, "role": role, "manager_id": manager})


def _either(which: np.ndarray, yes: Any, no: Any) -> np.ndarray:
    """Cells of text, or empty ones, by a condition."""
    cells = np.empty(len(which), dtype=object)
    cells[:] = no
    cells[which] = yes[which] if isinstance(yes, np.ndarray) else yes
    return cells


def _category(probability: np.ndarray) -> np.ndarray:
    best = np.where(probability >= 0.45, "best_case", "pipeline")
    return np.where(probability >= 0.75, "commit", best).astype(object)


def _snapshots(run: Run) -> pd.DataFrame:
    seen = {k: np.concatenate([part[k] for part in run.book]) for k in run.book[0]}
    return pd.DataFrame(
        {
            "snapshot_on": _dates(seen["snapshot_on"]),
            "opportunity_id": deal_ids(seen["deal"]),
            "stage": np.asarray(STAGES, dtype=object)[seen["stage"]],
            "amount": seen["amount"],
            "currency": "CNY",
            "probability": seen["probability"],
            "close_date": _dates(seen["close_date"]),
            "owner_id": owner_ids(run.owner[seen["deal"]]),
            "forecast_category": _category(seen["probability"]),
        }
    )


def _dates(values: np.ndarray) -> np.ndarray:
    return values.astype("datetime64[us]")


def _opportunities(run: Run) -> pd.DataFrame:
    came = np.flatnonzero(run.born >= 0)
    draw, n = run.rng(4), len(run.born)
    open_ = np.isnat(run.closed)
    status = np.where(open_, "open", np.where(run.won, "won", "lost")).astype(object)
    why = np.where(run.won, draw.choice(_WON, n), draw.choice(_LOST, n)).astype(object)
    stage = np.minimum(run.stage + run.inflated, len(STAGES) - 1)
    step = draw.choice(_STEPS, n).astype(object)
    table = pd.DataFrame(
        {
            "opportunity_id": deal_ids(np.arange(n)),
            "account_id": _account_ids(run.account),
            "owner_id": owner_ids(run.owner),
            "created_on": _dates(run.created),
            "amount": run.amount,
            "currency": "CNY",
            "stage": np.asarray(STAGES, dtype=object)[stage],
            "status": status,
            "close_date": _dates(run.close_date),
            "closed_on": _dates(run.closed),
            "probability": np.where(open_, run.probability, np.nan),
            "forecast_category": _either(open_, _category(run.probability), None),
            "source": draw.choice(_SOURCES, n).astype(object),
            "reason": _either(open_, None, why),
            "next_step": _either(open_ & (draw.random(n) < 0.8), step, None),
        }
    )
    return table.iloc[came].reset_index(drop=True)


def _stage_events(run: Run) -> pd.DataFrame:
    """One row a stay in a recorded stage; a stage that runs ahead is recorded once."""
    came = np.flatnonzero(run.born >= 0)
    deal = np.concatenate([came, *(part[0] for part in run.moves)])
    entered = np.concatenate([run.created[came], *(part[1] for part in run.moves)])
    stage = np.concatenate([run.entry[came], *(part[2] for part in run.moves)])
    stage = np.minimum(stage + run.inflated[deal], len(STAGES) - 1)
    order = np.lexsort((entered, deal))
    frame = pd.DataFrame({"deal": deal, "stage": stage, "entered_on": entered}).iloc[order]
    frame = frame.drop_duplicates(["deal", "stage"]).reset_index(drop=True)
    same = frame["deal"].eq(frame["deal"].shift(-1)).to_numpy()
    at = frame["deal"].to_numpy()
    names = np.asarray(STAGES, dtype=object)
    onward = names[frame["stage"].shift(-1, fill_value=0).to_numpy()]
    final = _either(np.isnat(run.closed), None, np.where(run.won, "won", "lost"))
    entered = frame["entered_on"].to_numpy().astype("datetime64[D]")
    left = np.where(same, np.roll(entered, -1), run.closed[at])
    return pd.DataFrame(
        {
            "opportunity_id": deal_ids(at),
            "seq": frame.groupby("deal").cumcount() + 1,
            "stage": names[frame["stage"].to_numpy()],
            "entered_on": _dates(entered),
            "left_on": _dates(left),
            "moved_to": _either(same, onward, final[at]),
        }
    )


def _calls(run: Run, snapshots: pd.DataFrame, opportunities: pd.DataFrame) -> pd.DataFrame:
    """The manager's call for each quarter, made from the snapshot on the eve of it.

    What is due in the quarter, weighted by category, plus the usual share from new deals, and
    a manager's mood (10 %).
    """
    due = snapshots["close_date"].dt.to_period("Q")
    eve = snapshots["snapshot_on"].dt.to_period("Q")
    last_month = snapshots["snapshot_on"].dt.month % 3 == 0
    weight = snapshots["forecast_category"].map(_CATEGORY_WEIGHTS)
    value = (snapshots["amount"] * weight)[last_month & (due == eve + 1)]
    won = opportunities[opportunities["status"] == "won"]
    booked = won.groupby(won["closed_on"].dt.to_period("Q"))["amount"].sum()
    rows = []
    for number, quarter in enumerate(eve[last_month].drop_duplicates() + 1):
        base = float(value[eve.loc[value.index] + 1 == quarter].sum())
        usual = booked.reindex(pd.period_range(quarter - 4, quarter - 1), fill_value=0.0).mean()
        mood = float(np.exp(0.10 * run.rng(5, number).standard_normal()))
        call = np.round((base + 0.1 * usual) * mood, -3)
        rows.append(("company", "company", str(quarter), "sales_call", call, "CNY"))
    columns = ["scope", "scope_id", "period", "kpi", "value", "unit"]
    return pd.DataFrame(rows, columns=columns).astype({"value": float})
