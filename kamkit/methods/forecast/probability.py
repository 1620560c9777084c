"""How likely each open deal is to be won, lost or moved on: one pooled model of all deals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from kamkit.methods.forecast.deal_months import (
    AGE_EDGES,
    SLIP_LEVELS,
    DealMonths,
    Factors,
    Lookup,
    Scale,
    deal_months,
    scale_of,
)
from kamkit.methods.forecast.level import level_break, level_test
from kamkit.methods.forecast.pooled_logit import Block, PooledFit, draw_effects, pooled_logit
from kamkit.methods.forecast.timing import Rates
from kamkit.methods.funnel.history import DealHistory

CAUSES = ("won", "lost", "forward", "back")
AGES = len(AGE_EDGES) + 1
LEAST_CLOSED, LEAST_WON, LEAST_LOST = 10, 3, 3
FEW_CLOSED = 60
MOST_OWNERS, MOST_QUARTERS = 300, 20
# House priors in log-odds: spread, how many effects it counts for (0: fixed), least spread.
_PRIORS = {
    "intercept": (1.5, 0.0, 0.01),
    "stage": (1.5, 0.0, 0.01),
    "age": (0.5, 4.0, 0.05),
    "stage_age": (0.3, 6.0, 0.05),
    "slips": (0.3, 4.0, 0.05),
    "size": (0.4, 0.0, 0.01),
    "no_size": (0.4, 0.0, 0.01),
    "owner": (0.25, 4.0, 0.05),
    "quarter_end": (0.3, 0.0, 0.01),
    "quarter": (0.08, 4.0, 0.03),
    "drift": (0.05, 6.0, 0.02),
}
_LEVEL_PRIORS = {"quarter": (0.15, 4.0, 0.03), "drift": (0.1, 3.0, 0.02)}
ORIGIN = "house; field:Allison 1982; field:Begg & Gray 1984"


@dataclass(frozen=True)
class DealModel:
    """A fitted model of all deal-months known on ``as_of``.

    ``fits`` by cause (won, lost, forward, back; a cause that never happened is missing);
    ``destination[from, to]`` are shares of moves on and back; ``market`` is the signed spread
    of the effect that all deals of a quarter share, per cause, in log-odds; ``market_df`` how
    much that spread rests on; ``drift`` the spread of its level per quarter; ``counts`` says
    what it was fitted on (closed, won, lost, deal_months, open, quarters); ``moved`` is the p
    of the test whether the level has moved (see :func:`level_test`); ``seen`` how many deals
    were seen per stage; ``sampled`` whether an even sample of deals stands for all; ``status``
    is ok, few_deals or too_little_history (then no fits).
    """

    scale: Scale
    fits: dict[str, PooledFit]
    destination: np.ndarray
    market: dict[str, float]
    market_df: float
    drift: dict[str, float]
    counts: dict[str, int]
    moved: float
    seen: np.ndarray
    status: str
    sampled: bool
    layout: dict[str, slice]

    @property
    def usable(self) -> bool:
        return self.status != "too_little_history"


def fit_deal_model(history: DealHistory, *, lookup: Lookup | None = None) -> DealModel:
    """Fit what moves deals, from every month of every deal known on ``history.as_of``.

    Discrete-time competing risks: in each month a deal is won, lost, moves on, moves back or
    stays. Log-odds depend on stage, months in the stage, slips of the close date, amount and
    owner; effects of age, stage and age, slips, owners, quarters and drift are pooled, with
    spreads estimated from the data (house priors: ``_PRIORS``). The level is today's: older
    quarters may lie on another level.

    With fewer than 10 closed deals, or 3 won or 3 lost among them, nothing is fitted and
    ``status`` is too_little_history (house); below 60 closed deals it is few_deals: then most
    of each estimate is the common mean.
    Source: Allison 1982 (discrete-time hazards); Begg & Gray 1984 (cause by cause).
    """
    scale = scale_of(history)
    lookup = lookup or Lookup(history, scale)
    months = deal_months(history, lookup)
    counts, seen = _counts(history, months), _seen(months, len(scale.stages) + 1)
    enough = counts["closed"] >= LEAST_CLOSED
    enough &= counts["won"] >= LEAST_WON and counts["lost"] >= LEAST_LOST
    quarters = int(min(months.quarter.max(initial=0) + 1, MOST_QUARTERS))
    layout = _layout(scale, quarters)
    if not enough:
        nothing = np.zeros((2, 1, 1))
        return DealModel(
            scale, {}, nothing, {}, 4.0, {}, counts, 1.0, seen, "too_little_history", False, layout
        )
    cells, tally = _cells(months, layout)
    design = _design(cells, layout)
    jump, doubt = level_break(months, quarters)
    drift = _drift(design, tally, jump[cells["quarter"]], layout)
    fits = _fits(design, tally, (jump + drift)[cells["quarter"]], layout)
    market, df = _market(fits, doubt)
    return DealModel(
        scale,
        fits,
        _destination(months, len(scale.stages) + 1),
        market,
        df,
        {cause: fit.spread["drift"] for cause, fit in fits.items()},
        counts,
        level_test(months),
        seen,
        "few_deals" if counts["closed"] < FEW_CLOSED else "ok",
        months.sampled,
        layout,
    )


def _drift(
    design: sparse.csr_array, tally: np.ndarray, jump: np.ndarray, layout: dict[str, slice]
) -> np.ndarray:
    """How much better than today deals went in each past quarter, beside a jump, in log-odds.

    From the direction of all moves, won or on against lost: many more than wins, so that a
    change of level shows early.
    """
    up, lost, mixing = tally[:, 1] + tally[:, 3], tally[:, 2], _mixing(layout)
    blocks = _blocks(layout, _LEVEL_PRIORS)
    fit = pooled_logit(design, up, up + lost, blocks, mixing=mixing, offset=jump)
    return np.asarray(mixing[layout["quarter"], layout["drift"]] @ fit.coef[layout["drift"]])


def _fits(
    design: sparse.csr_array, tally: np.ndarray, level: np.ndarray, layout: dict[str, slice]
) -> dict[str, PooledFit]:
    """One fit a cause; half of the level speaks for moves up, half against losses (house)."""
    fits, share = {}, {"won": 0.5, "lost": -0.5, "forward": 0.5, "back": 0.0}
    for k, cause in enumerate(CAUSES, start=1):
        if tally[:, k].sum() < (1 if k < 3 else 3):
            continue
        fits[cause] = pooled_logit(
            design,
            tally[:, k],
            tally[:, 0] + tally[:, k],
            _blocks(layout),
            mixing=_mixing(layout),
            offset=share[cause] * level,
        )
    return fits


def _counts(history: DealHistory, months: DealMonths) -> dict[str, int]:
    status = history.deals["status"].to_numpy(dtype=object)
    used = months.outcome
    return {
        "closed": int(((used == 1) | (used == 2)).sum()),
        "won": int((used == 1).sum()),
        "lost": int((used == 2).sum()),
        "deal_months": len(used),
        "open": int((status == "open").sum()),
        "quarters": int(months.quarter.max(initial=-1) + 1),
    }


def _seen(months: DealMonths, stages: int) -> np.ndarray:
    pairs = np.unique(months.deal * stages + months.factors.stage)
    return np.bincount(pairs % stages, minlength=stages)


def _layout(scale: Scale, quarters: int) -> dict[str, slice]:
    stages = len(scale.stages) + 1
    widths = {
        "intercept": 1,
        "stage": stages,
        "age": AGES,
        "stage_age": stages * AGES,
        "slips": SLIP_LEVELS,
        "size": 1,
        "no_size": 1,
        "owner": min(len(scale.owners), MOST_OWNERS) + 1,
        "quarter_end": 1,
        "quarter": quarters,
        "drift": max(quarters - 1, 1),
    }
    ends = np.cumsum(list(widths.values()))
    return {
        name: slice(int(e - w), int(e)) for (name, w), e in zip(widths.items(), ends, strict=True)
    }


def _blocks(
    layout: dict[str, slice], other: dict[str, tuple[float, float, float]] | None = None
) -> list[Block]:
    priors = _PRIORS | (other or {})
    return [Block(name, columns, *priors[name]) for name, columns in layout.items()]


def _cells(
    months: DealMonths, layout: dict[str, slice]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Deal-months that look alike become one cell with counts per outcome."""
    f = months.factors
    owners = layout["owner"].stop - layout["owner"].start
    quarters = layout["quarter"].stop - layout["quarter"].start
    parts = {
        "stage": (f.stage, layout["stage"].stop - layout["stage"].start),
        "age": (np.searchsorted(AGE_EDGES, f.age, side="right"), AGES),
        "slips": (f.slips, SLIP_LEVELS),
        "size": (np.rint(f.size * 4).astype(np.int64) + 10, 21),
        "sized": (f.sized, 2),
        "owner": (np.minimum(f.owner, owners - 1), owners),
        "ends": (months.ends, 2),
        "quarter": (np.minimum(months.quarter, quarters - 1), quarters),
    }
    code = np.zeros(len(f.stage), dtype=np.int64)
    for values, width in parts.values():
        code = code * width + values
    unique, where = np.unique(code, return_inverse=True)
    tally = np.bincount(where * 5 + months.outcome, minlength=5 * len(unique)).reshape(-1, 5)
    cells, rest = {}, unique
    for name, (_, width) in reversed(parts.items()):
        cells[name], rest = rest % width, rest // width
    return cells, tally.astype(float)


def _design(cells: dict[str, np.ndarray], layout: dict[str, slice]) -> sparse.csr_array:
    """One row a cell; the last owner column is for owners not on record and stays empty."""
    n = len(cells["stage"])
    row = np.arange(n)
    size = (cells["size"] - 10) / 4
    known = cells["owner"] < layout["owner"].stop - layout["owner"].start - 1
    q = cells["quarter"]
    entries = [
        (row, np.zeros(n, dtype=np.int64), np.ones(n)),
        (row, layout["stage"].start + cells["stage"], np.ones(n)),
        (row, layout["age"].start + cells["age"], np.ones(n)),
        (row, layout["stage_age"].start + cells["stage"] * AGES + cells["age"], np.ones(n)),
        (row, layout["slips"].start + cells["slips"], np.ones(n)),
        (row, np.full(n, layout["size"].start), size),
        (row, np.full(n, layout["no_size"].start), 1.0 - cells["sized"]),
        (row, layout["owner"].start + cells["owner"], known.astype(float)),
        (row, np.full(n, layout["quarter_end"].start), cells["ends"].astype(float)),
        (row, layout["quarter"].start + q, np.ones(n)),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    shape = (n, layout["quarter"].stop)
    design = sparse.csr_array(sparse.coo_array((values, (rows, columns)), shape=shape))
    design.eliminate_zeros()
    return design


def _mixing(layout: dict[str, slice]) -> np.ndarray:
    """From the columns of the design to those of the model: drift is made of quarters.

    A quarter k back lies k steps of drift from today's level.
    """
    quarters = layout["quarter"]
    mixing = np.zeros((quarters.stop, layout["drift"].stop))
    mixing[:, : quarters.stop] = np.eye(quarters.stop)
    steps = np.tri(quarters.stop - quarters.start, layout["drift"].stop - quarters.stop, -1)
    mixing[quarters, quarters.stop :] = steps
    return mixing


def _destination(months: DealMonths, stages: int) -> np.ndarray:
    """Where deals go that move on (0) or back (1); half a deal of house prior to neighbours."""
    share = np.zeros((2, stages, stages))
    last = max(stages - 2, 0)
    for way, outcome in enumerate((3, 4)):
        moved = months.outcome == outcome
        np.add.at(share[way], (months.factors.stage[moved], months.to[moved]), 1.0)
        for stage in range(stages):
            near = min(stage + 1, last) if way == 0 else max(stage - 1, 0)
            share[way, stage, near] += 0.5
    return np.asarray(share / share.sum(axis=2, keepdims=True))


def _market(fits: dict[str, PooledFit], doubt: float) -> tuple[dict[str, float], float]:
    """Spread of what all deals of a quarter share, in log-odds.

    Quarters differ, the level drifts, and it may have jumped of late (``doubt``, of which each
    cause bears half, as of the level itself). House: one factor moves all causes together; a
    good quarter brings more wins and moves on, fewer losses and moves back. That makes the
    total as uncertain as these spreads allow.
    """
    sign = {"won": 1.0, "lost": -1.0, "forward": 1.0, "back": -1.0}
    market = {}
    for cause, fit in fits.items():
        parts = [fit.spread["quarter"], fit.spread["drift"], doubt / 2]
        market[cause] = sign[cause] * float(np.linalg.norm(parts))
    return market, float(6.0 + fits["won"].effective["quarter"])


def draw_rates(
    model: DealModel, factors: Factors, draws: int, rng: np.random.Generator | None
) -> Rates:
    """Monthly rates for some deals under parameter draws (one draw, the estimate, without rng).

    ``base[cause, draw, stage, age band]`` and ``deal[cause, draw, deal]`` multiply; rates are
    odds against staying for the month.
    """
    stages, layout = len(model.scale.stages) + 1, model.layout
    owners = layout["owner"].stop - layout["owner"].start - 1
    shared = np.r_[0 : layout["slips"].start, layout["quarter_end"].start]
    person = np.r_[layout["slips"].start : layout["owner"].stop]
    columns = np.r_[shared, person]
    base = np.zeros((4, draws, stages, AGES))
    deal = np.zeros((4, draws, len(factors.stage)))
    ends = np.zeros((4, draws))
    for k, cause in enumerate(CAUSES):
        if cause not in model.fits:
            base[k] = -np.inf
            continue
        fit = model.fits[cause]
        noise = None if rng is None else rng.standard_normal((draws, len(columns)))
        beta = draw_effects(fit, columns, noise)
        part = dict(zip(columns.tolist(), beta.T, strict=True))
        grid = np.stack(
            [part[c] for c in range(layout["stage_age"].start, layout["stage_age"].stop)]
        )
        base[k] = grid.T.reshape(draws, stages, AGES) + part[0][:, None, None]
        base[k] += np.stack([part[c] for c in _range(layout["stage"])], axis=1)[:, :, None]
        base[k] += np.stack([part[c] for c in _range(layout["age"])], axis=1)[:, None, :]
        ends[k] = part[layout["quarter_end"].start]
        slips = np.stack([part[c] for c in _range(layout["slips"])], axis=1)
        who = np.stack([part[c] for c in _range(layout["owner"])], axis=1)
        who[:, -1] = 0.0 if rng is None else fit.spread["owner"] * rng.standard_normal(draws)
        deal[k] = slips[:, factors.slips] + who[:, np.minimum(factors.owner, owners)]
        deal[k] += part[layout["size"].start][:, None] * factors.size
        deal[k] += part[layout["no_size"].start][:, None] * (1 - factors.sized)
    return Rates(np.exp(base), np.exp(deal), np.exp(ends), model.destination)


def _range(columns: slice) -> range:
    return range(columns.start, columns.stop)
