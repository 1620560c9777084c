"""Share of deals that move on from each stage, among those of which it is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.days import LATE, NO_DAY, Ints, day_number, day_numbers
from kamkit.methods.funnel.grouping import PERIODS, deal_groups, period_groups
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ladders import categorical
from kamkit.methods.funnel.stays import BACK, REOPENED
from kamkit.methods.funnel.stays import LOST as LOST_MOVE
from kamkit.methods.funnel.stays import OPEN as OPEN_MOVE
from kamkit.methods.measures import MEASURE_COLUMNS, measure_row
from kamkit.methods.shares import WILSON, share_of, wilson

Day = pd.Timestamp | dt.date | str | None
CONVERSION_COLUMNS = [
    *("group", "stage", "entered", "advanced", "lost", "open", "other", "rate", "low", "high"),
    *("n", "resolved", "exit_p90", "mature", "variant", "origin"),
]
# A cohort is mature when this share of it has had the time that this share of stays takes.
MATURE_SHARE = 0.9
EXIT_SHARE = 0.9
ORIGIN = f"{WILSON}; house"
ADVANCED, LOST, OPEN, OTHER = range(4)
# What each kind of move (see history.MOVES) means here.
FATES = np.array([ADVANCED, ADVANCED, OTHER, OTHER, ADVANCED, LOST, OPEN], dtype=np.int64)


@dataclass(frozen=True)
class Entries:
    """One row a deal and stage: the day of entering and what became of it."""

    deal: Ints
    stage: Ints
    enter: Ints
    fate: Ints  # ADVANCED, LOST, OPEN or OTHER


def stage_conversion(
    history: DealHistory,
    *,
    view: Literal["period", "cohort"] = "period",
    start: Day = None,
    end: Day = None,
    by: str | pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share that moved on from each stage: moved / (moved + lost), open deals left out.

    ``view="period"`` counts the moves that happened from ``start`` to ``end``, whenever the
    deals entered; ``view="cohort"`` follows the deals that entered a stage (for the first
    time) from ``start`` to ``end``, and asks whether they ever came further. The two answer
    different questions and are never mixed. ``by``: a column of the deals, a series by
    opportunity_id, or month, quarter, year (of the move, or of entering).

    Returns one row a group and stage: group ("all" without ``by``), stage, entered, advanced,
    lost, open, other (neither: fell back, re-opened, vanished), rate (0–1), low, high (Wilson),
    n (advanced + lost); in the cohort view also resolved (share of those entered), exit_p90
    (days by which 90 % have left the stage; Kaplan–Meier over all stays) and mature (nobody is
    open, or nine in ten entered at least exit_p90 days ago), missing in the period view; variant
    (period, cohort, or last_stage_only: without moves, every stage before a deal's last one
    counts as passed; no_moves_known: the period view then has no answer), origin.
    Skipped stages count as not entered. Raises KamkitError unknown_option, missing_column.
    Source: resolved deals only (methods 1.2); Wilson 1927; maturity is a house rule.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["a", "b", "c"], "created_on": ["2025-01-01"] * 3,
    ...     "status": ["won", "lost", "open"], "closed_on": ["2025-03-01", "2025-02-01", None],
    ...     "stage": ["quote", "needs", "needs"]})
    >>> history = deal_history(deals, ladder=["needs", "quote"], as_of="2025-04-01")
    >>> stage_conversion(history, view="cohort")["rate"].tolist()
    [0.5, 1.0]
    """
    if view not in ("period", "cohort"):
        details = {"allowed": "period, cohort"}
        raise KamkitError(Problem("unknown_option", column="view", value=view, details=details))
    first = -LATE if start is None else day_number(start)
    last = day_number(history.as_of if end is None else end)
    known = history.basis != "dates"
    if view == "period":
        counts, groups = _period(history, first, last, by)
        table = _table(counts, groups, history.stages, level)
        table["variant"] = "period" if known else "no_moves_known"
    else:
        exits = exit_days(history, EXIT_SHARE)
        entries = _entries(history) if known else _entries_from_dates(history)
        counts, groups, early = _cohort(history, entries, exits, first, last, by)
        table = _table(counts, groups, history.stages, level)
        entered = table["entered"].to_numpy(float)
        table["resolved"] = share_of(table["n"], entered)
        time_enough = share_of(early.ravel(), entered) >= MATURE_SHARE
        mature = (time_enough | (table["open"].to_numpy() == 0)) & (entered > 0)
        table["mature"] = pd.array(mature, dtype="boolean")
        table["variant"] = "cohort" if known else "last_stage_only"
        if not known:  # without stays nobody knows how long a stage takes
            table["mature"] = table["mature"].mask(table["open"] > 0)
        table["exit_p90"] = np.tile(exits, len(groups))
    return table[CONVERSION_COLUMNS]


def _table(counts: Ints, groups: list[str], stages: tuple[str, ...], level: float) -> pd.DataFrame:
    """Counts (group × stage × entered, advanced, lost, open, other) as rows with rates."""
    flat = counts.reshape(-1, 5)
    names = ("entered", "advanced", "lost", "open", "other")
    table = pd.DataFrame({name: flat[:, i] for i, name in enumerate(names)})
    table.insert(0, "group", np.repeat(np.array(groups, dtype=object), len(stages)))
    kind = pd.CategoricalDtype(list(stages), ordered=True)
    table["group"] = table["group"].astype("str")
    codes = np.tile(np.arange(len(stages)), len(groups))
    table.insert(1, "stage", categorical(codes, kind))
    n = table["advanced"] + table["lost"]
    table["rate"] = share_of(table["advanced"], n)
    table["low"], table["high"] = wilson(table["advanced"], n, level)
    table["n"], table["resolved"], table["exit_p90"] = n, np.nan, np.nan
    table["mature"] = pd.array([pd.NA] * len(table), dtype="boolean")
    table["origin"] = ORIGIN
    return table


def exit_days(history: DealHistory, share: float) -> NDArray[np.float64]:
    """Days by which a share of the stays in each stage has ended (Kaplan–Meier; NaN: never).

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["a"], "created_on": ["2025-01-01"],
    ...     "status": ["open"]})
    >>> exit_days(deal_history(deals, ladder=["needs"], as_of="2025-02-01"), 0.9).tolist()
    [nan]
    """
    stays, k = history.stays, len(history.stages)
    stage = stays["stage"].cat.codes.to_numpy().astype(np.int64)
    days = stays["days"].to_numpy()
    width = int(days.max(initial=0)) + 1
    there = np.bincount(stage * width + days, minlength=k * width).reshape(k, width)
    still = stays["left_on"].isna().to_numpy()
    open_ = np.bincount((stage * width + days)[still], minlength=k * width).reshape(k, width)
    risk = there[:, ::-1].cumsum(axis=1)[:, ::-1]
    curve = np.cumprod(1 - share_of(there - open_, np.maximum(risk, 1)), axis=1)
    hit = curve <= 1 - share + 1e-12
    return np.where(hit.any(axis=1), hit.argmax(axis=1), np.nan)


def _counts(group: Ints, stage: Ints, groups: int, stages: int) -> Ints:
    return np.bincount(group * stages + stage, minlength=groups * stages).reshape(groups, stages)


def _period(
    history: DealHistory, first: int, last: int, by: str | pd.Series | None
) -> tuple[Ints, list[str]]:
    """Moves by group and stage inside the period, and who was there at its end."""
    stays, k = history.stays, len(history.stages)
    stage, move = stays["stage"].cat.codes.to_numpy(), stays["move"].cat.codes.to_numpy()
    move = np.where(_vanished(history, move), REOPENED, move) if _any_vanished(history) else move
    if isinstance(by, str) and by in PERIODS:
        return _by_period(history, stage.astype(np.int64), FATES[move], first, last, by)
    of_deal, groups = deal_groups(history.deals, by)
    size, kinds = len(groups), len(FATES)
    cell = stage.astype(np.int64) * kinds + move
    if size > 1:
        cell += of_deal[stays["deal"].to_numpy()] * (k * kinds)
    everything = first < int(day_numbers(history.deals["created_on"]).min(initial=0))
    if everything and last >= day_number(history.as_of):
        entered = left = now = _cells(cell, size, k)
    else:
        # Compared as they are: turning five million dates into days costs more than counting.
        begin = np.datetime64(max(first, -(10**6)), "D")
        end = np.datetime64(last + 1, "D")
        enter, leave = stays["entered_on"].to_numpy(), stays["left_on"].to_numpy()
        entered = _cells(cell[(enter >= begin) & (enter < end)], size, k)
        left = _cells(cell[(leave >= begin) & (leave < end)], size, k)
        now = _cells(cell[(enter < end) & ~(leave < end)], size, k)
        now[..., OPEN_MOVE] = now.sum(axis=2)
    counts = np.zeros((size, k, 5), dtype=np.int64)
    counts[..., 0], counts[..., 1 + OPEN] = entered.sum(axis=2), now[..., OPEN_MOVE]
    for kind in (ADVANCED, LOST, OTHER):
        counts[..., 1 + kind] = left[..., kind == FATES].sum(axis=2)
    return counts, groups


def _cells(cell: Ints, groups: int, stages: int) -> Ints:
    """Stays by group, stage and move."""
    shape = (groups, stages, len(FATES))
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)


def _by_period(
    history: DealHistory, stage: Ints, fate: Ints, first: int, last: int, unit: str
) -> tuple[Ints, list[str]]:
    """Moves by month, quarter or year in which they happened."""
    stays, k = history.stays, len(history.stages)
    enter, left = day_numbers(stays["entered_on"]), day_numbers(stays["left_on"])
    both, groups = period_groups(np.concatenate([enter, left]), unit)
    came, went, size = both[: len(enter)], both[len(enter) :], len(groups)
    out = (left != NO_DAY) & (left <= last)
    flow = _counts(came[enter <= last], stage[enter <= last], size, k)
    counts = np.zeros((size, k, 5), dtype=np.int64)
    counts[..., 1 + OPEN] = (flow - _counts(went[out], stage[out], size, k)).cumsum(axis=0)
    inside = (enter >= first) & (enter <= last)
    counts[..., 0] = _counts(came[inside], stage[inside], size, k)
    for kind in (ADVANCED, LOST, OTHER):
        rows = out & (left >= first) & (fate == kind)
        counts[..., 1 + kind] = _counts(went[rows], stage[rows], size, k)
    shown = np.flatnonzero(counts[..., [0, 1, 2, 4]].any(axis=(1, 2)))
    return counts[shown], [groups[i] for i in shown]


def _any_vanished(history: DealHistory) -> bool:
    return "vanished" in history.deals and bool(history.deals["vanished"].any())


def _vanished(history: DealHistory, move: NDArray[Any]) -> NDArray[np.bool_]:
    """Stays that ended because the deal was no longer in the next export."""
    gone = history.deals["vanished"].to_numpy(bool)[history.stays["deal"].to_numpy()]
    return np.asarray(gone & (move == LOST_MOVE))


def _fates(history: DealHistory, deal: Ints, further: NDArray[np.bool_]) -> Ints:
    """What became of entries: further on, else what became of the deal."""
    deals = history.deals
    ending = np.where(deals["status"] == "open", OPEN, LOST)
    if "vanished" in deals:
        ending = np.where(deals["vanished"], OTHER, ending)
    return np.where(further, ADVANCED, ending[deal])


def _entries(history: DealHistory) -> Entries:
    """The first entry of every deal into every stage that it was in."""
    stays, k = history.stays, len(history.stages)
    deal = stays["deal"].to_numpy()
    stage = stays["stage"].cat.codes.to_numpy().astype(np.int64)
    enter, move = day_numbers(stays["entered_on"]), stays["move"].cat.codes.to_numpy()
    moved = stays["moved_to"].cat.codes.to_numpy().astype(np.int64)
    goal = np.where(moved > k, 0, moved + 1)  # lost is no step further; won is beyond the last
    if not len(deal):
        return Entries(deal, stage, enter, stage)
    # The furthest point from each stay on, deal by deal: one running maximum from the end.
    from_end = len(history.deals) - deal[::-1]
    furthest = np.maximum.accumulate(from_end * (k + 2) + goal[::-1])
    furthest = (furthest - from_end * (k + 2))[::-1] - 1
    again = np.isin(deal, deal[(move == BACK) | (move == REOPENED)])
    keep = ~again
    rows = np.flatnonzero(again)
    keep[rows[np.unique(deal[rows] * k + stage[rows], return_index=True)[1]]] = True
    deal, stage, enter, further = deal[keep], stage[keep], enter[keep], (furthest > stage)[keep]
    return Entries(deal, stage, enter, _fates(history, deal, further))


def _entries_from_dates(history: DealHistory) -> Entries:
    """Entries where only a deal's last stage is known: all stages up to it count as passed."""
    deals, k = history.deals, len(history.stages)
    won = (deals["status"] == "won").to_numpy()
    reached = np.where(won, k - 1, deals["stage"].cat.codes.to_numpy()).astype(np.int64)
    deal = np.repeat(np.arange(len(deals)), reached + 1)
    stage = np.arange(len(deal)) - np.repeat(np.cumsum(reached + 1) - reached - 1, reached + 1)
    further = won[deal] | (stage < reached[deal])
    enter = day_numbers(deals["created_on"])[deal]
    return Entries(deal, stage, enter, _fates(history, deal, further))


def _cohort(
    history: DealHistory,
    entries: Entries,
    exits: NDArray[np.float64],
    first: int,
    last: int,
    by: str | pd.Series | None,
) -> tuple[Ints, list[str], Ints]:
    """Fates by group and stage, and how many entered long enough ago."""
    k = len(history.stages)
    inside = (entries.enter >= first) & (entries.enter <= last)
    deal, stage = entries.deal[inside], entries.stage[inside]
    enter, fate = entries.enter[inside], entries.fate[inside]
    if isinstance(by, str) and by in PERIODS:
        group, groups = period_groups(enter, by)
    else:
        of_deal, groups = deal_groups(history.deals, by)
        group = of_deal[deal]
    size = len(groups)
    cells = np.bincount((group * k + stage) * 4 + fate, minlength=size * k * 4)
    fates = cells.reshape(size, k, 4)
    counts = np.concatenate([fates.sum(axis=2, keepdims=True), fates], axis=2)
    early = day_number(history.as_of) - enter >= exits[stage]
    return counts, groups, _counts(group[early], stage[early], size, k)


def funnel_path(
    conversion: pd.DataFrame, *, draws: int = 20_000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Share that comes through all stages: the product of the stages' rates, with an interval.

    Needs a table of :func:`stage_conversion`. Returns a measure table with a column group in
    front: path_conversion (draws of every rate from its beta posterior under Jeffreys' prior;
    n: the fewest resolved at one stage) and path_with_open, the usual wrong figure that counts
    open deals as not moved on. NaN with variant too_little_data where a stage has no resolved
    deal. Skips make the product differ from the share of created deals that are won.
    Source: Brown, Cai & DasGupta 2001 (Jeffreys); house.

    >>> table = pd.DataFrame({"group": "all", "stage": ["a", "b"], "advanced": [5, 3],
    ...     "lost": [2, 1], "open": [1, 1], "rate": [5 / 7, 3 / 4], "n": [7, 4]})
    >>> funnel_path(table)["value"].round(3).tolist()
    [0.536, 0.375]
    """
    rows = []
    ends = [(1 - level) / 2, (1 + level) / 2]
    for name, part in conversion.groupby("group", sort=False):
        went, lost = part["advanced"].to_numpy(float), part["lost"].to_numpy(float)
        n = int(part["n"].min()) if len(part) else 0
        low, high, variant = np.nan, np.nan, "too_little_data"
        if n > 0:
            drawn = np.random.default_rng(seed).beta(went + 0.5, lost + 0.5, (draws, len(went)))
            low, high = np.quantile(drawn.prod(axis=1), ends)
            variant = "beta_draws"
        origin = "field:Brown, Cai & DasGupta 2001; house"
        value = float(part["rate"].to_numpy(float).prod())
        with_open = share_of(went, went + lost + part["open"].to_numpy(float)).prod()
        for key, row in (
            ("path_conversion", {"value": value, "low": low, "high": high, "variant": variant}),
            ("path_with_open", {"value": float(with_open), "variant": "open_as_not_moved"}),
        ):
            rows.append({"group": name} | measure_row(key, n=n, origin=origin, **row))  # type: ignore[arg-type]
    return pd.DataFrame(rows, columns=["group", *MEASURE_COLUMNS])
