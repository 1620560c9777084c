"""Move one deal and see what follows: pipeline, weighted value, coverage, waterfall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.period import period_review
from kamkit.methods.funnel.waterfall import waterfall
from kamkit.schemes import Ladder

Day = pd.Timestamp | str
_COVERAGE = ("coverage", "coverage_needed", "coverage_needed_with_new")


@dataclass(frozen=True)
class MoveDesk:
    """What :func:`move_deal` needs, computed once.

    ``since``: opening day of the waterfall; ``until``: end of the coming period; ``from_stage``:
    share won of the closed deals that ever were in a stage; ``default``: the probability that
    the ladder gives a stage; ``coverage``, ``past``: of ``period_review`` for the coming period.
    """

    history: DealHistory
    since: pd.Timestamp
    until: pd.Timestamp
    target: float
    from_stage: Mapping[str, float]
    default: Mapping[str, float]
    coverage: pd.DataFrame
    past: pd.DataFrame


@dataclass(frozen=True)
class MovedDeal:
    """The parts of :func:`move_deal`.

    ``figures``: measure, before, after (money; coverage as a plain multiple). ``steps``,
    ``residual``: of ``waterfall`` from ``since`` to today with the change made today.
    ``coverage``, ``past``: as in ``period_review``, with the coverage after the change.
    """

    figures: pd.DataFrame
    steps: pd.DataFrame
    residual: tuple[int, int, int]
    coverage: pd.DataFrame
    past: pd.DataFrame


def move_desk(
    history: DealHistory, *, since: Day, until: Day, target: float, ladder: Ladder
) -> MoveDesk:
    """Prepare a history for moving deals.

    ``since``: a day before ``history.as_of``; ``until``: a day after it. ``target``: bookings
    wanted from now until then (money). Source: house.

    >>> from kamkit.methods.funnel import deal_history
    >>> from kamkit.schemes import load_ladder
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "stage": ["quote"], "amount": [100.0]})
    >>> ladder = load_ladder("sample")
    >>> history = deal_history(deals, ladder=ladder, as_of="2025-06-30")
    >>> desk = move_desk(history, since="2025-03-31", until="2025-09-30", target=50, ladder=ladder)
    >>> desk.default["quote"]
    0.65
    """
    review = period_review(history, start=history.as_of, end=until, target=target)
    rows = review.measures[review.measures["measure"].isin(_COVERAGE)].reset_index(drop=True)
    return MoveDesk(
        history=history,
        since=pd.Timestamp(since),
        until=pd.Timestamp(until),
        target=target,
        from_stage=won_from_stage(history),
        default=dict(ladder.probabilities),
        coverage=rows,
        past=review.past,
    )


def won_from_stage(history: DealHistory) -> dict[str, float]:
    """Share won of the closed deals that ever were in each stage (0–1).

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["won"], "closed_on": ["2025-02-01"]})
    >>> moves = pd.DataFrame({"opportunity_id": ["A"], "stage": ["offer"],
    ...     "entered_on": ["2025-01-01"]})
    >>> won_from_stage(deal_history(deals, moves, ladder=["offer"], as_of="2025-06-30"))
    {'offer': 1.0}
    """
    seen = history.stays[["deal", "stage"]].drop_duplicates()
    status = history.deals["status"].to_numpy()[seen["deal"].to_numpy()]
    closed = np.isin(status, ["won", "lost"])
    won = pd.Series(status[closed] == "won").groupby(seen["stage"].astype(str).to_numpy()[closed])
    return {str(stage): float(rate) for stage, rate in won.mean().items()}


def move_deal(
    desk: MoveDesk, *, opportunity_id: str, stage: str = "", amount: float = 1.0, months: int = 0
) -> MovedDeal:
    """What changes if a deal stood in another stage, for another amount, on another day.

    ``stage``: a stage, won, lost, or "" (as it is); ``amount``: times today's; ``months``: added
    to its planned day. The change counts as made on ``history.as_of``. Where the stage changes,
    its probability becomes the ladder's default of the new one.
    Returns :class:`MovedDeal`; figures: open_pipeline, weighted_by_crm (amount × probability in
    the system), weighted_by_history (amount × share won from that stage in this history),
    pipeline_in_period (planned to close by ``until``), coverage_ratio.
    Raises KamkitError unknown_deal. Source: house.

    >>> from kamkit.methods.funnel import deal_history
    >>> from kamkit.schemes import load_ladder
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "stage": ["quote"], "amount": [100.0]})
    >>> ladder = load_ladder("sample")
    >>> history = deal_history(deals, ladder=ladder, as_of="2025-06-30")
    >>> desk = move_desk(history, since="2025-03-31", until="2025-09-30", target=50, ladder=ladder)
    >>> moved = move_deal(desk, opportunity_id="A", amount=2.0)
    >>> moved.figures.set_index("measure").loc["open_pipeline"].tolist()
    [100.0, 200.0]
    """
    before = desk.history.deals
    at = before.index[before["opportunity_id"] == opportunity_id]
    if not len(at):
        raise KamkitError(Problem("unknown_deal", column="opportunity_id", value=opportunity_id))
    after = _changed(desk, int(at[0]), stage, amount, months)
    flow = waterfall(replace(desk.history, deals=after), start=desk.since, end=desk.history.as_of)
    now, then = _figures(desk, before), _figures(desk, after)
    figures = pd.DataFrame(
        {"measure": list(now), "before": list(now.values()), "after": list(then.values())}
    )
    rows = desk.coverage.copy()
    rows.loc[rows["measure"] == "coverage", "value"] = then["coverage_ratio"]
    return MovedDeal(figures, flow.steps, flow.residual, rows, desk.past)


def _changed(desk: MoveDesk, at: int, stage: str, amount: float, months: int) -> pd.DataFrame:
    deals = desk.history.deals.copy()
    here = deals.index == at
    deals["amount"] = deals["amount"].mask(here, deals["amount"] * amount)
    if months:
        later = deals["close_date"] + pd.DateOffset(months=months)
        deals["close_date"] = deals["close_date"].mask(here, later)
    if stage in ("won", "lost"):
        deals.loc[here, "status"] = stage
        deals.loc[here, "closed_on"] = desk.history.as_of
    elif stage:
        deals.loc[here, "stage"] = stage
        deals.loc[here, "probability"] = desk.default.get(stage, np.nan)
    return deals


def _figures(desk: MoveDesk, deals: pd.DataFrame) -> dict[str, float]:
    left = deals[deals["status"] == "open"]
    due = left["close_date"].gt(desk.history.as_of) & left["close_date"].le(desk.until)
    chance = left["stage"].astype(str).map(desk.from_stage)
    planned = float(left.loc[due, "amount"].sum())
    return {
        "open_pipeline": float(left["amount"].sum()),
        "weighted_by_crm": float((left["amount"] * left["probability"]).sum()),
        "weighted_by_history": float((left["amount"] * chance).sum()),
        "pipeline_in_period": planned,
        "coverage_ratio": planned / desk.target if desk.target > 0 else np.nan,
    }
