"""What a simulated pipeline is made of: rates, regimes and the true chance to win."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kamkit.errors import KamkitError, Problem

STAGES = ("discover", "needs", "solution", "quote", "negotiate")
REGIMES = (
    "steady",
    "win_rate_shift",
    "optimism",
    "optimism_wave",
    "volume_drop",
    "few_deals",
)
STEPS_A_MONTH = 4
AGE_STEPS = (2, 6, 12)
AGE_ADVANCE = np.array([0.6, 1.2, 1.0, 0.5])
AGE_LOST = np.array([0.5, 0.9, 1.1, 1.3])


@dataclass(frozen=True)
class PipelinePlan:
    """The planted truth of one simulated company.

    Rates are per month. ``quality`` of a deal is the sum of its owner's effect, its size
    effect (``size_effect`` times the standardised log amount), its own luck, the effect of
    the quarter and, from ``change_month`` on, ``shift``: it multiplies the odds of moving on
    against being lost in every stage by exp(quality). ``size_slowness`` slows large deals.
    ``entry`` is how often deals begin in each stage (repeat orders begin late). Months count
    from the first snapshot; ``change_month`` is when a regime's change begins.
    """

    regime: str
    months: int
    deals_per_month: float
    owners: int
    change_month: int
    advance: tuple[float, ...] = (1.20, 1.10, 1.00, 0.85, 1.00)
    lost: tuple[float, ...] = (0.52, 0.40, 0.33, 0.33, 0.40)
    entry: tuple[float, ...] = (0.65, 0.0, 0.20, 0.15, 0.0)
    owner_sd: float = 0.25
    deal_sd: float = 0.30
    quarter_sd: float = 0.15
    size_effect: float = -0.15
    size_slowness: float = 0.15
    amount_median: float = 400_000.0
    amount_sigma: float = 0.9
    shift: float = 0.0
    volume_factor: float = 1.0
    optimism: bool = False
    optimism_from: int = -10_000
    stage_probability: tuple[float, ...] = (0.10, 0.25, 0.45, 0.65, 0.85)
    probability_bias: float = 0.05
    haste: float = 0.25
    push_back: float = 0.85
    revise: float = 0.12
    warm_up: int = 12


def pipeline_plan(
    regime: str, months: int, deals_per_month: float, owners: int, change_month: int | None
) -> PipelinePlan:
    """The plan of a regime; KamkitError for an unknown one or a size that can't be simulated."""
    limits = {"months": (months, 6, 240), "owners": (owners, 1, 200)}
    limits["deals_per_month"] = (deals_per_month, 0, 100_000)  # type: ignore[assignment]
    problems = [
        Problem("option_out_of_range", column=k, value=v, details={"low": str(a), "high": str(b)})
        for k, (v, a, b) in limits.items()
        if not a <= v <= b
    ]
    if regime not in REGIMES:
        allowed = {"allowed": ", ".join(REGIMES)}
        problems.append(Problem("not_allowed", column="regime", value=regime, details=allowed))
    KamkitError.collect(problems)
    change = months - 12 if change_month is None else change_month
    plan = PipelinePlan(regime, months, deals_per_month, owners, change)
    if regime == "win_rate_shift":
        return replace(plan, shift=-0.5)
    if regime == "volume_drop":
        return replace(plan, volume_factor=0.4)
    if regime == "few_deals":
        return replace(plan, deals_per_month=min(deals_per_month, 2.0))
    if regime == "optimism":
        return replace(plan, optimism=True)
    if regime == "optimism_wave":
        return replace(plan, optimism=True, optimism_from=change)
    return plan


def rates(
    plan: PipelinePlan, stage: np.ndarray, age: np.ndarray, size: np.ndarray, quality: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rate a step of moving on and of being lost; ``age`` in steps spent in the stage."""
    band = np.searchsorted(AGE_STEPS, age, side="right")
    pace = np.exp(-plan.size_slowness * size) / STEPS_A_MONTH
    on = np.asarray(plan.advance)[stage] * AGE_ADVANCE[band] * pace * np.exp(quality / 2)
    off = np.asarray(plan.lost)[stage] * AGE_LOST[band] * pace * np.exp(-quality / 2)
    return on, off


def win_chance(plan: PipelinePlan, size: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """True chance to be won in the end: one row a deal, then stage and age in steps.

    Backwards over stage and age; ages from the last band on share its rates. Taken at the
    given quality, so a common effect of the quarter counts as far as it is part of it.

    >>> plan = pipeline_plan("steady", 48, 12, 8, None)
    >>> chance = win_chance(plan, np.zeros(1), np.zeros(1))
    >>> bool((np.diff(chance[0, :, 0]) > 0).all())
    True
    """
    stages, ages = len(plan.advance), AGE_STEPS[-1] + 1
    value = np.zeros((len(size), stages + 1, ages))
    value[:, stages] = 1.0
    for stage in range(stages - 1, -1, -1):
        for age in range(ages - 1, -1, -1):
            where = np.full(len(size), stage), np.full(len(size), age)
            on, off = rates(plan, *where, size, quality)
            share = on / (on + off)
            stay = np.exp(-(on + off))
            ahead = value[:, stage + 1, 0]
            if age == ages - 1:
                value[:, stage, age] = share * ahead
            else:
                leave = (1 - stay) * share * ahead
                value[:, stage, age] = leave + stay * value[:, stage, age + 1]
    return value[:, :stages]
