"""Chains: from stage to stage until a deal is won or lost, and what a customer is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.history import OUTCOMES, DealHistory
from kamkit.methods.funnel.ledger import move_codes
from kamkit.methods.funnel.survival import Floats

_ORIGIN = "field:Kemeny & Snell 1960"
_CUSTOMER = "field:Pfeifer & Carraway 2000"
_ROUND = 1e-9


@dataclass(frozen=True)
class AbsorbingChain:
    """The parts of :func:`absorbing_chain`.

    ``fundamental``: expected visits (row: start, column: state). ``steps``: state, steps (expected
    moves until the end). ``outcomes``: state, outcome, probability (0–1), low, high, n.
    """

    fundamental: pd.DataFrame
    steps: pd.DataFrame
    outcomes: pd.DataFrame


def absorbing_chain(
    moves: Any,
    endings: Any,
    *,
    states: Sequence[str] | None = None,
    outcomes: Sequence[str] | None = None,
) -> AbsorbingChain:
    """Expected visits, moves until the end, and chance of each ending from every state.

    Needs ``moves`` (Q: state × state) and ``endings`` (R: state × outcome), chances of the next
    move; each row of both together adds to 1. The chain has no memory: how long a deal has been
    in a stage makes no difference to it, and the chances stay as they are.
    Returns :class:`AbsorbingChain`; low, high are NaN (see :func:`stage_chain` for chances that
    were counted). Raises KamkitError for chances below 0, rows that don't add to 1, and states
    from which no ending can be reached.
    Source: Kemeny & Snell 1960: N = (I − Q)⁻¹, t = N1, B = NR.

    >>> chain = absorbing_chain([[0, 0.5], [0, 0]], [[0, 0.5], [0.6, 0.4]])
    >>> chain.outcomes.probability.tolist()
    [0.3, 0.7, 0.6, 0.4]
    """
    q, r = np.atleast_2d(np.asarray(moves, float)), np.atleast_2d(np.asarray(endings, float))
    names = [str(s) for s in states] if states is not None else [str(i) for i in range(len(q))]
    ends = (
        [str(o) for o in outcomes] if outcomes is not None else [str(i) for i in range(r.shape[1])]
    )
    _check_chain(q, r, names)
    visits, steps, share = chain_arithmetic(q, r)
    table = pd.DataFrame(
        {
            "state": np.repeat(names, len(ends)), "outcome": ends * len(names),
            "probability": share.ravel(), "low": np.nan, "high": np.nan, "n": 0,
            "variant": "given_chances", "origin": _ORIGIN,
        }
    )  # fmt: skip
    return AbsorbingChain(
        pd.DataFrame(visits, index=pd.Index(names, name="state"), columns=names),
        pd.DataFrame({"state": names, "steps": steps}),
        table,
    )


def chain_arithmetic(q: Floats, r: Floats) -> tuple[Floats, Floats, Floats]:
    """N, t and B of one chain, or of many stacked along the first axis.

    >>> chain_arithmetic(np.array([[0.5]]), np.array([[0.5]]))[1].tolist()
    [2.0]
    """
    visits = np.asarray(np.linalg.inv(np.eye(q.shape[-1]) - q), dtype=float)
    return visits, np.asarray(visits.sum(axis=-1)), visits @ r


def _check_chain(q: Floats, r: Floats, names: list[str]) -> None:
    if q.shape != (len(names), len(names)) or len(r) != len(q):
        raise KamkitError(Problem("chain_shape", value=f"{q.shape} {r.shape}"))
    problems = []
    whole = np.concatenate([q, r], axis=1)
    for i, name in enumerate(names):
        if not (whole[i] >= 0).all():
            problems.append(
                Problem(
                    "out_of_range", "chain", name, i + 1, float(whole[i].min()),
                    details={"allowed": "0–1"},
                )
            )  # fmt: skip
        elif abs(whole[i].sum() - 1.0) > _ROUND:
            problems.append(
                Problem("chain_row_sum", "chain", name, i + 1, round(float(whole[i].sum()), 6))
            )
    KamkitError.collect(problems)
    reach = r.sum(axis=1) > 0
    for _ in names:
        reach = reach | ((q > 0) @ reach)
    KamkitError.collect(
        Problem("chain_no_end", "chain", name, i + 1, name)
        for i, name in enumerate(names)
        if not reach[i]
    )


def stage_chain(history: DealHistory, *, draws: int = 2000, seed: int = 0) -> AbsorbingChain:
    """The chain of the moves that were seen: chance to win from each stage, moves until the end.

    Counts finished stays (from each stage to the next stage, won or lost); open stays tell
    nothing about a next move. Moves after long and after short stays count alike, so this is a
    cross-check of the curves in :func:`outcome_curves`, not a forecast. low, high: 95 % of
    ``draws`` chains from the counts (Dirichlet, prior weight 1 a row spread over the row).
    ``n`` is the finished stays of the stage; a stage without any has NaN (too_little_data).
    Source: Kemeny & Snell 1960; interval: Bayesian bootstrap of the counts, house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A", "B"], "created_on": "2025-01-01",
    ...     "closed_on": "2025-02-01", "status": ["won", "lost"]})
    >>> events = pd.DataFrame({"opportunity_id": ["A", "B"], "stage": "offer",
    ...     "entered_on": "2025-01-01"})
    >>> history = deal_history(deals, events, ladder=["offer"], as_of="2025-03-01")
    >>> stage_chain(history).outcomes.probability.tolist()
    [0.5, 0.5]
    """
    names = list(history.stages)
    counts = move_counts(history)
    n = counts.sum(axis=1)
    known = n > 0
    ended = counts[:, len(names) :].sum(axis=1)
    reach = ended > 0
    for _ in names:
        reach = reach | ((counts[:, : len(names)] > 0) @ reach)
    use = np.flatnonzero(known & reach)
    share = np.full((3, len(names), len(OUTCOMES)), np.nan)
    visits = np.full((len(names), len(names)), np.nan)
    if len(use):
        part = counts[use][:, [*use, len(names), len(names) + 1]]
        part = part.astype(float)
        good = part.sum(axis=1) > 0
        chances = part / np.where(good, part.sum(axis=1), 1.0)[:, None]
        one, _, b = chain_arithmetic(chances[:, : len(use)], chances[:, len(use) :])
        share[0, use] = b
        visits[np.ix_(use, use)] = one
        share[1:, use] = _chain_band(part, draws, seed)
    table = pd.DataFrame(
        {
            "state": np.repeat(names, 2), "outcome": list(OUTCOMES) * len(names),
            "probability": share[0].ravel(), "low": share[1].ravel(), "high": share[2].ravel(),
            "n": np.repeat(n, 2),
            "variant": np.where(np.isnan(share[0].ravel()), "too_little_data", "counted_moves"),
            "origin": _ORIGIN,
        }
    )  # fmt: skip
    frame = pd.DataFrame(visits, index=pd.Index(names, name="state"), columns=names)
    steps = pd.DataFrame({"state": names, "steps": np.where(reach & known, _sum(visits), np.nan)})
    return AbsorbingChain(frame, steps, table)


def _sum(visits: Floats) -> Floats:
    return np.asarray(np.nansum(visits, axis=1), dtype=float)


def _chain_band(part: Floats, draws: int, seed: int) -> Floats:
    """95 % of the chances to end in each outcome, over chains drawn from the counts."""
    rng = np.random.default_rng(seed)
    k = len(part)
    # Moves never seen stay impossible: the weight of the prior goes to those that were seen.
    seen = part > 0
    weight = np.where(seen, part + 1.0 / np.maximum(seen.sum(axis=1, keepdims=True), 1), 0.0)
    gamma = rng.gamma(np.where(seen, weight, 1.0), size=(draws, *part.shape)) * seen
    chances = gamma / gamma.sum(axis=2, keepdims=True)
    b = chain_arithmetic(chances[:, :, :k], chances[:, :, k:])[2]
    return np.asarray(np.quantile(b, [0.025, 0.975], axis=0))


def move_counts(history: DealHistory) -> np.ndarray:
    """Finished stays: row stage, columns the stages, then won and lost."""
    names = list(history.stages)
    columns = [*names, *OUTCOMES]
    rows = move_codes(history.stays["stage"], names)
    to = move_codes(history.stays["moved_to"], columns)
    use = (rows >= 0) & (to >= 0)
    flat = rows[use] * len(columns) + to[use]
    size = len(names) * len(columns)
    return np.bincount(flat, minlength=size).reshape(len(names), len(columns))


def customer_chain(
    purchase: Sequence[float],
    *,
    contribution: float,
    cost: float,
    discount: float,
    horizon: int | None = None,
) -> pd.DataFrame:
    """What a customer is worth by the periods since the last purchase.

    Needs ``purchase``: chance to buy in the next period at recency 1, 2, …; after the last one
    the customer is given up. ``contribution`` of a purchase and ``cost`` of keeping in touch
    (money a period), ``discount`` a period; ``horizon``: periods after the present one, or None
    for no end. Returns recency (1 …, the last row is the former customer), purchase, value
    (money), horizon. Raises KamkitError for chances outside 0–1 or a discount not above 0.
    Source: Pfeifer & Carraway 2000: V = (I − P/(1 + d))⁻¹ R.

    >>> customer_chain([0.5], contribution=10, cost=1, discount=0.25).value.round(2).tolist()
    [15.0, 0.0]
    """
    p = np.asarray(purchase, float)
    problems = [
        Problem("not_a_share", "purchase", "", i + 1, float(v))
        for i, v in enumerate(p)
        if not 0 <= v <= 1
    ]
    if not discount > 0:
        problems.append(
            Problem("out_of_range", column="discount", value=discount, details={"allowed": "> 0"})
        )
    KamkitError.collect(problems)
    k = len(p)
    chain = np.zeros((k + 1, k + 1))
    chain[np.arange(k), 0] = p
    chain[np.arange(k), np.arange(1, k + 1)] += 1 - p
    chain[k, k] = 1.0
    reward = np.full(k + 1, -float(cost))
    reward[0] += contribution
    reward[k] = 0.0
    step = chain / (1 + discount)
    if horizon is None:
        value = np.linalg.solve(np.eye(k + 1) - step, reward)
    else:
        value, ahead = reward.copy(), reward
        for _ in range(horizon):
            ahead = step @ ahead
            value = value + ahead
    return pd.DataFrame(
        {
            "recency": np.arange(1, k + 2), "purchase": np.append(p, 0.0), "value": value,
            "horizon": np.nan if horizon is None else float(horizon),
            "variant": "no_end" if horizon is None else "finite_horizon", "origin": _CUSTOMER,
        }
    )  # fmt: skip
