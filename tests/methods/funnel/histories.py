"""Histories made by hand or by chance, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.funnel import DealHistory, deal_history

LADDER = ["lead", "offer", "deal"]
AS_OF = "2025-06-30"


def history_of(deals: dict[str, Any], **more: Any) -> DealHistory:
    """A history from columns; opportunity_id is made where it isn't given."""
    table = pd.DataFrame(deals)
    if "opportunity_id" not in table:
        table.insert(0, "opportunity_id", [f"D{i}" for i in range(len(table))])
    options = {"ladder": LADDER, "as_of": AS_OF} | more
    return deal_history(table, **options)


def random_history(seed: int, size: int = 40) -> DealHistory:
    """Deals with every oddity: missing amounts, re-openings, gaps in the book, odd dates."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2025-01-01")
    created = day + pd.to_timedelta(rng.integers(-120, 170, size), unit="D")
    status = rng.choice(["open", "won", "lost"], size, p=[0.4, 0.3, 0.3])
    closed = created + pd.to_timedelta(rng.integers(-3, 150, size), unit="D")
    amount = rng.choice([np.nan, 0.0, -5.25, 0.1, 1e15, 1e300], size, p=[0.1] * 5 + [0.5])
    amount = np.where(amount == 1e300, np.round(rng.lognormal(9, 1, size), 3), amount)
    plan = pd.Series(created + pd.to_timedelta(rng.integers(-20, 200, size), unit="D"))
    deals = pd.DataFrame(
        {
            "opportunity_id": [f"D{i:04d}" for i in range(size)],
            "created_on": created,
            "closed_on": pd.Series(closed).where(status != "open"),
            "status": status,
            "stage": rng.choice(LADDER, size),
            "amount": amount,
            "close_date": plan.where(rng.random(size) > 0.1),
            "probability": rng.random(size).round(2),
            "account_id": rng.choice(["A", "B", "C"], size),
            "owner_id": rng.choice(["M1", "M2"], size),
        }
    )
    return deal_history(
        deals, _events(deals, rng), _snapshots(deals, rng, seed), ladder=LADDER, as_of=AS_OF
    )


def _events(deals: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for deal in deals.itertuples():
        on = deal.created_on
        for seq in range(1, int(rng.integers(2, 7))):
            left = on + pd.Timedelta(days=int(rng.integers(0, 40)))
            moved = rng.choice([*LADDER, "won", "lost"], p=[0.25, 0.25, 0.2, 0.15, 0.15])
            rows.append((deal.opportunity_id, seq, rng.choice(LADDER), on, left, moved))
            on = left + pd.Timedelta(days=int(rng.choice([0, 0, 12])))
    columns = ["opportunity_id", "seq", "stage", "entered_on", "left_on", "moved_to"]
    return pd.DataFrame(rows, columns=columns)


def _snapshots(deals: pd.DataFrame, rng: np.random.Generator, seed: int) -> pd.DataFrame | None:
    if seed % 4 == 3:
        return None
    parts = []
    for on in pd.date_range("2024-10-31", AS_OF, freq="ME")[: -1 if seed % 2 else None]:
        part = deals[deals["created_on"] <= on]
        part = part[rng.random(len(part)) < 0.7]
        part = part[["opportunity_id", "stage", "amount", "close_date", "probability"]].copy()
        part["snapshot_on"] = on
        factor = rng.choice([0.5, 1.0, 1.0, 2.0, np.nan], len(part), p=[0.2, 0.3, 0.2, 0.2, 0.1])
        part["amount"] = part["amount"] * factor
        shift = pd.to_timedelta(rng.choice([-40, 0, 0, 60], len(part)), unit="D")
        part["close_date"] = part["close_date"] + shift
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
