"""A sales pipeline simulated forwards in time, with its truth known: for tests of forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.tables.sample.pipeline_mess import with_mess
from kamkit.tables.sample.pipeline_plan import (
    AGE_STEPS,
    REGIMES,
    STAGES,
    STEPS_A_MONTH,
    PipelinePlan,
    pipeline_plan,
    win_chance,
)
from kamkit.tables.sample.pipeline_run import Run, month_end, one_step, start
from kamkit.tables.sample.pipeline_tables import deal_ids, owner_ids, pipeline_tables

__all__ = ["REGIMES", "STAGES", "PipelineTruth", "SamplePipeline", "simulate_pipeline"]


@dataclass(frozen=True)
class PipelineTruth:
    """What was planted.

    Attributes
    ----------
    plan
        Rates and sizes of all effects.
    deals
        opportunity_id, owner_id, size (standardised log amount), quality (without quarter and
        regime), p_win (true chance to be won, at creation), inflated (the stage in the records
        runs one ahead of the true one).
    states
        snapshot_on, opportunity_id, true_stage, p_win (true chance to be won in the end, at the
        quality of that quarter).
    quarters
        quarter, effect; owners: owner_id, effect, optimism (added to the CRM probability).
    """

    plan: PipelinePlan
    deals: pd.DataFrame
    states: pd.DataFrame
    quarters: pd.DataFrame
    owners: pd.DataFrame


@dataclass(frozen=True)
class SamplePipeline:
    """Canonical tables by name, the last day, the stages in order, and the truth behind them."""

    tables: dict[str, pd.DataFrame]
    as_of: pd.Timestamp
    stages: tuple[str, ...]
    truth: PipelineTruth


def simulate_pipeline(
    *,
    seed: int,
    regime: str = "steady",
    months: int = 48,
    deals_per_month: float = 12.0,
    owners: int = 8,
    as_of: str = "2026-06-30",
    change_month: int | None = None,
    messy: bool = False,
) -> SamplePipeline:
    """Simulate a company's deals step by step; nothing is drawn from what happens later.

    Four steps a month. In each, every open deal moves on, is lost or stays, at rates that
    depend on stage, time in the stage, size, owner, the deal's own luck and an effect that all
    deals of a quarter share. At month ends the close date is pushed back where it has passed,
    amounts are revised, and a snapshot of the open deals is kept. Twelve months before the
    first snapshot fill the pipeline; their deals stay in the tables.

    Regimes: steady; win_rate_shift (from ``change_month``, 12 months before the end unless
    given, about half as many wins); optimism (half of the owners record large deals a stage
    ahead, with higher probabilities and earlier close dates); optimism_wave (the same for deals
    created from ``change_month`` on); volume_drop (then only 40 % as many new deals); few_deals
    (two a month). Up to ``change_month`` the regimes win_rate_shift, volume_drop and
    optimism_wave are the same as steady for the same seed. ``messy`` adds skipped and repeated
    stages, missing amounts, probabilities and dates to the records, not to the truth.

    Returns ``tables``: accounts, members, opportunities, stage_events, snapshots (month ends),
    targets (kpi sales_call: the manager's call at the start of each quarter). Raises KamkitError
    for an unknown regime or impossible sizes.

    >>> pipeline = simulate_pipeline(seed=1, months=12, deals_per_month=5)
    >>> pipeline.tables["opportunities"].status.isin(["open", "won", "lost"]).all()
    np.True_
    """
    plan = pipeline_plan(regime, months, deals_per_month, owners, change_month)
    run = start(plan, seed, pd.Timestamp(as_of))
    for month in range(len(run.months) - 1):
        edges = np.linspace(0, (run.months[month + 1] - run.months[month]).astype(int), 5)
        for part in range(STEPS_A_MONTH):
            first = run.months[month] + np.int64(edges[part])
            one_step(run, month, month * STEPS_A_MONTH + part, first, int(edges[part + 1]))
        month_end(run, month, run.months[month + 1] - 1)
    tables = pipeline_tables(run)
    if messy:
        tables = with_mess(tables, run.rng(9))
    return SamplePipeline(tables, pd.Timestamp(run.months[-1] - 1), STAGES, _truth(run))


def _truth(run: Run) -> PipelineTruth:
    own = run.owner_effect[run.owner] + run.plan.size_effect * run.size + run.luck
    ids = deal_ids(np.arange(len(run.born)))
    came = run.born >= 0
    deals = pd.DataFrame(
        {
            "opportunity_id": ids,
            "owner_id": owner_ids(run.owner),
            "size": run.size,
            "quality": own,
            "p_win": win_chance(run.plan, run.size, own)[np.arange(len(own)), run.entry, 0],
            "inflated": run.inflated,
        }
    )[came].reset_index(drop=True)
    seen = {k: np.concatenate([part[k] for part in run.book]) for k in run.book[0]}
    chance = win_chance(run.plan, run.size[seen["deal"]], seen["quality"])
    age = np.minimum(seen["age"], AGE_STEPS[-1])
    at = chance[np.arange(len(age)), seen["true_stage"], age]
    states = pd.DataFrame(
        {
            "snapshot_on": seen["snapshot_on"],
            "opportunity_id": ids[seen["deal"]],
            "true_stage": np.asarray(STAGES, dtype=object)[seen["true_stage"]],
            "p_win": at,
        }
    )
    names = pd.PeriodIndex(pd.DatetimeIndex(run.months[:-1]), freq="Q").unique().astype(str)
    quarters = pd.DataFrame({"quarter": names, "effect": run.quarter_effect[: len(names)]})
    owners = pd.DataFrame(
        {
            "owner_id": owner_ids(np.arange(run.plan.owners)),
            "effect": run.owner_effect,
            "optimism": run.owner_optimism,
        }
    )
    return PipelineTruth(run.plan, deals, states, quarters, owners)
