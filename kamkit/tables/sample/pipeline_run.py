"""The simulated deals while they move, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kamkit.tables.sample.pipeline_plan import STAGES, STEPS_A_MONTH, PipelinePlan, rates


@dataclass
class Run:
    """Deals while they move: one slot a deal in order of creation; born is -1 where none came."""

    plan: PipelinePlan
    seed: int
    months: np.ndarray
    born: np.ndarray
    size: np.ndarray
    luck: np.ndarray
    owner: np.ndarray
    account: np.ndarray
    entry: np.ndarray
    owner_effect: np.ndarray
    owner_optimism: np.ndarray
    quarter_effect: np.ndarray
    inflated: np.ndarray
    created: np.ndarray
    stage: np.ndarray
    entered_step: np.ndarray
    closed: np.ndarray
    won: np.ndarray
    amount: np.ndarray
    close_date: np.ndarray
    probability: np.ndarray
    moves: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    book: list[dict[str, np.ndarray]] = field(default_factory=list)

    def rng(self, stream: int, step: int = 0) -> np.random.Generator:
        """A stream of its own for every step: what happens later never changes what was drawn."""
        return np.random.Generator(np.random.PCG64([self.seed, stream, step]))

    def quarter(self, month: int) -> int:
        """Calendar quarter of a month, counted from the first."""
        number = self.months[[0, month]].astype("datetime64[M]").astype(int) // 3
        return int(number[1] - number[0])


def start(plan: PipelinePlan, seed: int, as_of: pd.Timestamp) -> Run:
    """Everything that doesn't depend on what happens: who gets which deal, and when."""
    last = np.datetime64(as_of + pd.Timedelta(days=1), "M")
    span = plan.warm_up + plan.months
    months = np.arange(last - span, last + 1).astype("datetime64[D]")
    draw = np.random.Generator(np.random.PCG64([seed, 1]))
    steps = span * STEPS_A_MONTH
    usual = draw.poisson(plan.deals_per_month / STEPS_A_MONTH, steps)
    step = np.repeat(np.arange(steps), usual)
    u, size, luck = draw.random(len(step)), draw.standard_normal(len(step)), _normal(draw, step)
    owner = draw.integers(0, plan.owners, len(step))
    account = draw.integers(0, max(12, 5 * plan.owners), len(step))
    entry = draw.choice(len(STAGES), len(step), p=plan.entry)
    effect = plan.owner_sd * draw.standard_normal(plan.owners)
    hopeful = np.arange(plan.owners) % 2 == 0
    optimism = plan.probability_bias + 0.08 * draw.standard_normal(plan.owners)
    inflate = draw.random(len(step)) < 1 / (1 + np.exp(-2.0 * size))
    quarters = plan.quarter_sd * draw.standard_normal(span // 3 + 2)
    changed = step // STEPS_A_MONTH - plan.warm_up >= plan.change_month
    keep = ~changed | (u < plan.volume_factor)
    since = step // STEPS_A_MONTH - plan.warm_up >= plan.optimism_from
    inflated = inflate & hopeful[owner] & since & plan.optimism
    n = len(step)
    return Run(
        plan=plan,
        seed=seed,
        months=months,
        born=np.where(keep, step, -1),
        size=size,
        luck=plan.deal_sd * luck,
        owner=owner,
        account=account,
        entry=entry,
        owner_effect=effect,
        owner_optimism=optimism,
        quarter_effect=quarters,
        inflated=inflated,
        created=np.full(n, np.datetime64("NaT"), dtype="datetime64[D]"),
        stage=np.full(n, -1),
        entered_step=np.zeros(n, dtype=np.int64),
        closed=np.full(n, np.datetime64("NaT"), dtype="datetime64[D]"),
        won=np.zeros(n, dtype=bool),
        amount=np.zeros(n),
        close_date=np.full(n, np.datetime64("NaT"), dtype="datetime64[D]"),
        probability=np.zeros(n),
    )


def _normal(draw: np.random.Generator, like: np.ndarray) -> np.ndarray:
    return draw.standard_normal(len(like))


def quality_of(run: Run, deal: np.ndarray, month: int) -> np.ndarray:
    """What multiplies the deals' odds of moving on in a month, on the log scale."""
    plan = run.plan
    own = run.owner_effect[run.owner[deal]] + plan.size_effect * run.size[deal] + run.luck[deal]
    common = run.quarter_effect[run.quarter(month)]
    changed = plan.shift if month - plan.warm_up >= plan.change_month else 0.0
    quality: np.ndarray = own + common + changed
    return quality


def one_step(run: Run, month: int, step: int, first: np.datetime64, end: int) -> None:
    """Open deals move on, are lost or stay; then this step's new deals arrive."""
    draw = run.rng(2, step)
    n, length = len(run.born), end - int((first - run.months[month]).astype(int))
    # One pair of draws a slot, used or not: a deal's luck doesn't hang on which others are there.
    chance, cause, day = draw.random(n), draw.random(n), draw.integers(0, length, n)
    deal = np.flatnonzero((run.stage >= 0) & np.isnat(run.closed))
    age = step - run.entered_step[deal] - 1
    quality = quality_of(run, deal, month)
    on, off = rates(run.plan, run.stage[deal], age, run.size[deal], quality)
    moves = chance[deal] < 1 - np.exp(-(on + off))
    ahead = moves & (cause[deal] < on / (on + off))
    lost = moves & ~ahead
    won = ahead & (run.stage[deal] == len(STAGES) - 1)
    when = first + day[deal]
    run.closed[deal[lost | won]] = when[lost | won]
    run.won[deal[won]] = True
    step_up = ahead & ~won
    run.stage[deal[step_up]] += 1
    run.entered_step[deal[moves]] = step
    run.moves.append((deal[step_up], when[step_up], run.stage[deal[step_up]]))
    _settle(run, draw, deal[won | lost])
    _arrive(run, draw, np.flatnonzero(run.born == step), step, first, day)


def _settle(run: Run, draw: np.random.Generator, done: np.ndarray) -> None:
    """Closing fixes the date; the price of a deal that is won moves once more."""
    run.close_date[done] = run.closed[done]
    luck = draw.standard_normal(len(done))
    cut = -0.03 - 0.15 * run.inflated[done]
    final = np.where(run.won[done], np.exp(cut + 0.08 * luck), 1.0)
    run.amount[done] = np.round(run.amount[done] * final, -2)


def _arrive(
    run: Run,
    draw: np.random.Generator,
    new: np.ndarray,
    step: int,
    first: np.datetime64,
    day: np.ndarray,
) -> None:
    run.created[new] = first + day[new]
    run.stage[new] = run.entry[new]
    run.entered_step[new] = step
    plan = run.plan
    fair = plan.amount_median * np.exp(plan.amount_sigma * run.size[new])
    guess = np.exp(0.15 * draw.standard_normal(len(new)) + 0.15 * run.inflated[new])
    run.amount[new] = np.round(np.clip(fair * guess, 10_000, None), -2)
    run.close_date[new] = _guess_date(run, draw, new, run.created[new])


def _guess_date(
    run: Run, draw: np.random.Generator, deal: np.ndarray, today: np.ndarray
) -> np.ndarray:
    """When a rep thinks the deal will close: a usual time for the stages left, too short."""
    pace = 1 / (np.asarray(run.plan.advance) + np.asarray(run.plan.lost)) * 30.4
    left = np.cumsum(pace[::-1])[::-1][recorded_stage(run, deal)]
    haste = np.where(run.inflated[deal], 1.6 * run.plan.haste, run.plan.haste)
    ahead = left * (1 - haste) * np.exp(0.35 * draw.standard_normal(len(deal)))
    dates: np.ndarray = today + np.maximum(np.rint(ahead), 3).astype("m8[D]")
    return dates


def recorded_stage(run: Run, deal: np.ndarray) -> np.ndarray:
    """The stage in the CRM: one ahead of the truth where the owner is too hopeful."""
    stage: np.ndarray = np.minimum(run.stage[deal] + run.inflated[deal], len(STAGES) - 1)
    return stage


def month_end(run: Run, month: int, today: np.datetime64) -> None:
    """Dates that have passed are pushed back, some amounts revised; then the snapshot."""
    plan, draw, n = run.plan, run.rng(3, month), len(run.born)
    push, revise, noise = draw.random(n), draw.random(n), draw.standard_normal((2, n))
    deal = np.flatnonzero((run.stage >= 0) & np.isnat(run.closed))
    overdue = run.close_date[deal] <= today
    moved = deal[np.where(overdue, push[deal] < plan.push_back, push[deal] < plan.revise)]
    run.close_date[moved] = _guess_date(run, draw, moved, np.full(len(moved), today))
    changed = deal[revise[deal] < plan.revise]
    factor = np.exp(-0.02 + 0.10 * noise[0, changed])
    run.amount[changed] = np.round(np.clip(run.amount[changed] * factor, 10_000, None), -2)
    usual = np.asarray(plan.stage_probability)[recorded_stage(run, deal)]
    hope = run.owner_optimism[run.owner[deal]] + 0.10 * run.inflated[deal]
    stated = usual + hope + 0.04 * noise[1, deal]
    run.probability[deal] = np.round(np.clip(stated, 0.05, 0.95), 2)
    if month >= plan.warm_up:
        run.book.append(
            {
                "deal": deal,
                "snapshot_on": np.full(len(deal), today),
                "stage": recorded_stage(run, deal),
                "true_stage": run.stage[deal],
                "age": (month + 1) * STEPS_A_MONTH - 1 - run.entered_step[deal],
                "amount": run.amount[deal],
                "probability": run.probability[deal],
                "close_date": run.close_date[deal],
                "quality": quality_of(run, deal, month),
            }
        )
