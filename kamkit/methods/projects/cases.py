"""What a lesson's controls recompute: effort to share out, and one bid to decide on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.projects.bids import BidEconomics, bid_economics
from kamkit.methods.projects.priority import OrderPriority, order_priority
from kamkit.methods.projects.unknowns import value_of_information


def effort_case(
    deals: pd.DataFrame,
    *,
    capacity: float,
    kept_early: float = 0.3,
    kept_late: float = 0.8,
    late: Collection[str] = ("quote", "negotiate"),
    value: str = "uplift",
    draws: int = 40,
) -> OrderPriority:
    """Order priority when a deal left alone keeps a part of its chance.

    Needs columns: those of :func:`order_priority` but p_without, and stage. ``kept_late`` is the
    part kept in the stages ``late``, ``kept_early`` in all others (0–1): both are judgements.
    Returns :class:`OrderPriority`. Source: S176; house.

    >>> table = pd.DataFrame({"opportunity_id": ["a", "b"], "stage": ["needs", "quote"],
    ...     "amount": [100.0, 100.0], "p": [0.4, 0.6], "effort_hours": [10.0, 10.0]})
    >>> found = effort_case(table, capacity=10)
    >>> found.deals.loc[found.deals["chosen"], "opportunity_id"].tolist()
    ['a']
    """
    need_columns(deals, "deals", ["opportunity_id", "amount", "p", "effort_hours", "stage"])
    kept = np.where(deals["stage"].astype(str).isin(list(late)), kept_late, kept_early)
    table = deals.assign(p_without=deals["p"] * kept)
    return order_priority(table, capacity=capacity, value=value, draws=draws)


@dataclass(frozen=True)
class BidCase:
    """``bids``, ``curve``: of ``bid_economics``; ``questions``: of ``value_of_information``."""

    bids: pd.DataFrame
    curve: pd.DataFrame
    questions: pd.DataFrame


def bid_case(
    *,
    p: float,
    margin: float,
    cost: float,
    beliefs: Mapping[str, float],
    odds_ratio: float = 4.0,
    ask_cost: float = 0.0,
    currency: str = "",
    draws: int = 100,
    **believed: float,
) -> BidCase:
    """One bid: is it worth it, and which answer would be worth having first?

    ``p``: chance to win (0–1); ``margin``: money earned if won; ``cost``: still to be spent.
    ``beliefs``: question → chance that its answer will be yes; further arguments named like a
    question replace its belief. A yes makes the odds of winning ``odds_ratio`` times those with
    a no; asking costs ``ask_cost`` (money).
    Returns :class:`BidCase`. Source: S146, S154 (names only); Friedman 1956; Raiffa & Schlaifer
    1961; odds ratio house.

    >>> case = bid_case(p=0.3, margin=1e6, cost=2e5, beliefs={"supporter": 0.5})
    >>> case.bids["break_even"].tolist(), case.questions["question"].tolist()
    ([0.2], ['supporter'])
    """
    table = pd.DataFrame({"bid_id": [""], "p": p, "margin_amount": margin, "pursuit_cost": cost})
    table = table.assign(currency=currency) if currency else table
    held = {**beliefs, **{k: v for k, v in believed.items() if k in beliefs}}
    asked = pd.DataFrame({"question": list(held), "p_yes": list(held.values())})
    asked = asked.assign(odds_ratio=odds_ratio, ask_cost=ask_cost)
    known = value_of_information(asked, p=p, margin=margin, pursuit_cost=cost, draws=draws)
    found: BidEconomics = bid_economics(table, draws=2000)
    return BidCase(found.bids, found.curve, known.questions)
