"""How the pipeline of one day became that of a later day, with every step in between."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.funnel.days import Ints, as_dates, day_number
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import MISSING, Bools, Ledger, Picture, exact_sum, named
from kamkit.methods.funnel.steps import STEPS, Changes, changes, in_focus
from kamkit.methods.measures import measure_row, measure_table

FOCUSES = ("all", "closing_in_period")
Day = pd.Timestamp | dt.date | str


@dataclass(frozen=True)
class Waterfall:
    """The parts of :func:`waterfall`.

    Attributes
    ----------
    steps
        step (opening, the steps that apply, closing), deals, amount (money), unknown (deals of
        unknown amount), moves (how many changes the step holds), variant, origin. Steps are
        changes: the closing row is the opening row plus all of them, in deals, money, unknowns.
    paths
        One row a change: deal, opportunity_id, on, step, amount (money, signed), deals (+1, 0,
        −1), unknown (+1, 0, −1). A deal that was created and lost inside stands here twice.
    measures
        pipeline_opening, pipeline_closing, dated_share (of the deals that were open at some time
        in between: those with dated figures, without which no change of amount can be seen).
    residual
        Money, deals and unknowns that the steps leave unexplained, in hundredths and counts,
        against pictures of the two days taken apart from the path: always (0, 0, 0).
    """

    steps: pd.DataFrame
    paths: pd.DataFrame
    measures: pd.DataFrame
    residual: tuple[int, int, int]


def waterfall(history: DealHistory, *, start: Day, end: Day, focus: str = "all") -> Waterfall:
    """What changed in the open pipeline between the end of two days, step by step.

    ``start``: the day at whose end the opening picture is taken; ``end``: that of the closing
    one, so that the periods of a year join without gap or overlap. ``focus``: all open deals, or
    only those planned to close in the period (after ``start``, up to ``end``).
    Steps: created, reopened; amount_up, amount_down, amount_filled (a missing amount became
    known), amount_removed; pulled_in (planned after the period, now in it), dated_in (overdue or
    undated, now in it), pushed_out (to after the period), dated_out (date removed or set before
    it); won, lost, vanished (gone from the exports without an ending). Nothing is netted: an
    amount that went up and down stands in both steps. A missing amount is never 0: such deals
    are counted as unknown. Amounts are rounded to hundredths on the way in.
    A deal won in the period although planned for later counts as pulled_in, then as won, with
    its final amount.
    Returns :class:`Waterfall`. Raises KamkitError: unknown_choice (focus), days_reversed,
    mixed_currency.
    Source: practice (pipeline waterfall); the path inside the period and the exact residual: house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({
    ...     "opportunity_id": ["A", "B"], "created_on": ["2025-01-05", "2025-02-01"],
    ...     "closed_on": [None, "2025-03-01"], "status": ["open", "lost"],
    ...     "stage": ["offer", "offer"], "amount": [100.0, 50.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-03-31")
    >>> found = waterfall(history, start="2025-01-31", end="2025-03-31")
    >>> found.steps.set_index("step")["amount"].to_dict()
    {'opening': 100.0, 'created': 50.0, 'lost': -50.0, 'closing': 100.0}
    >>> found.residual
    (0, 0, 0)
    """
    one_currency(history.deals, "opportunities")
    if focus not in FOCUSES:
        allowed = {"allowed": ", ".join(FOCUSES)}
        raise KamkitError(Problem("unknown_choice", column="focus", value=focus, details=allowed))
    first, last = period_days(start, end)
    ledger = Ledger(history, since=first)
    everything = focus == "all"
    opening, closing = ledger.picture(first), ledger.picture(last)
    path = changes(ledger, opening, last, everything=everything)
    ends = [
        _total(p, p.open & in_focus(p.close, first, last, everything)) for p in (opening, closing)
    ]
    steps, moved = _step_table(path, ends, focus)
    residual = tuple(b - a - m for a, b, m in zip(*ends, moved, strict=True))
    shown = np.zeros(ledger.n, dtype=bool)
    shown[path.deal] = True
    shown |= opening.open & in_focus(opening.close, first, last, everything)
    return Waterfall(
        steps,
        _path_table(history, ledger.kept[path.deal], path),
        _measures(ends, shown, ledger, focus),
        (residual[0], residual[1], residual[2]),
    )


def period_days(start: Day, end: Day) -> tuple[int, int]:
    """Both days as numbers; an error where the second isn't after the first.

    >>> period_days("1970-01-02", "1970-01-05")
    (1, 4)
    """
    first, last = day_number(start), day_number(end)
    if last <= first:
        raise KamkitError(Problem("days_reversed", column="end", value=str(end)))
    return first, last


def _total(picture: Picture, counted: Bools) -> tuple[int, int, int]:
    """Money in hundredths, deals, and deals of unknown amount."""
    money = picture.cents[counted]
    known = money != MISSING
    return exact_sum(money[known]), len(money), int((~known).sum())


def _step_table(
    path: Changes, ends: list[tuple[int, int, int]], focus: str
) -> tuple[pd.DataFrame, tuple[int, int, int]]:
    rows = [("opening", *ends[0], 0)]
    order = np.argsort(path.step, kind="stable")
    cut = np.searchsorted(path.step[order], np.arange(len(STEPS) + 1))
    for i, name in enumerate(STEPS):
        at = order[cut[i] : cut[i + 1]]
        if len(at):
            rows.append((name, *_sums(path, at), len(at)))
    moved = _sums(path, slice(None))
    rows.append(("closing", *ends[1], 0))
    out = pd.DataFrame(rows, columns=["step", "cents", "deals", "unknown", "moves"])
    out["cents"] = [c / 100 for c in out["cents"]]
    out = out.rename(columns={"cents": "amount"})[["step", "deals", "amount", "unknown", "moves"]]
    out["variant"], out["origin"] = f"focus_{focus}", "house"
    return out, moved


def _sums(path: Changes, at: Ints | slice) -> tuple[int, int, int]:
    return exact_sum(path.cents[at]), int(path.deals[at].sum()), int(path.unknown[at].sum())


def _path_table(history: DealHistory, deal: Ints, path: Changes) -> pd.DataFrame:
    ids = history.deals["opportunity_id"]
    return pd.DataFrame(
        {
            "deal": deal,
            "opportunity_id": ids.take(deal).array,
            "on": as_dates(path.on),
            "step": named(path.step, STEPS),
            "amount": path.cents / 100,
            "deals": path.deals,
            "unknown": path.unknown,
        }
    )


def _measures(
    ends: list[tuple[int, int, int]], shown: Bools, ledger: Ledger, focus: str
) -> pd.DataFrame:
    n = int(shown.sum())
    dated = int((shown & (ledger.first >= 0)).sum())
    variant = f"focus_{focus}"
    rows = [
        measure_row(key, money / 100, deals - unknown, variant=variant, origin="house")
        for key, (money, deals, unknown) in zip(
            ("pipeline_opening", "pipeline_closing"), ends, strict=True
        )
    ]
    share = dated / n if n else float("nan")
    rows.append(measure_row("dated_share", share, n, variant=variant, origin="house"))
    return measure_table(rows)
