"""How long every deal, and every stay in a stage, lasted or has lasted so far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.funnel.days import NO_DAY, Ints, day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN, move_codes, named

OUTCOMES = ("open", "won", "lost")


def deal_spells(history: DealHistory) -> pd.DataFrame:
    """Days from creation to the last closing, or to ``as_of`` for deals still open.

    Returns one row a deal: deal, days, outcome (open, won, lost). A deal that was re-opened has
    one spell, up to its last closing.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "closed_on": ["2025-01-11"], "status": ["won"]})
    >>> deal_spells(deal_history(deals, ladder=["offer"], as_of="2025-02-01")).days.tolist()
    [10]
    """
    days, code = deal_days(history)
    return pd.DataFrame(
        {
            "deal": np.arange(len(days)),
            "days": days,
            "outcome": named(code, OUTCOMES),
        }
    )


def deal_days(history: DealHistory) -> tuple[Ints, Ints]:
    """Days and code of the outcome (position in ``OUTCOMES``) of every deal."""
    deals = history.deals
    created, closed = day_numbers(deals["created_on"]), day_numbers(deals["closed_on"])
    code = pd.Index(OUTCOMES).get_indexer(pd.Index(deals["status"])).astype(np.int64)
    code = np.where(closed == NO_DAY, OPEN, code)
    until = np.where(code == OPEN, day_number(history.as_of), closed)
    return np.maximum(until - created, 0), code


def stay_days(history: DealHistory) -> tuple[Ints, Ints, Ints]:
    """Days, stage (position in ``history.stages``) and whether each stay has ended."""
    stays = history.stays
    stage = move_codes(stays["stage"], history.stages)
    ended = stays["left_on"].notna().to_numpy()
    return np.maximum(stays["days"].to_numpy(np.int64), 0), stage, ended.astype(np.int64)


def final_outcome(history: DealHistory) -> Ints:
    """What became of the deal of each stay: open, won, lost as positions in ``OUTCOMES``."""
    code = deal_days(history)[1]
    return np.asarray(code[history.stays["deal"].to_numpy(np.int64)])
