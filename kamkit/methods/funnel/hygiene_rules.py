"""The single checks of a deal list: each tells which deals fail, by what figure and limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.funnel.ageing import stage_ageing
from kamkit.methods.funnel.days import NO_DAY, Ints, day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN, WON, Bools, Floats, move_codes
from kamkit.methods.funnel.spells import deal_days

_FEW_ROWS, _FEW_WINS = 10, 20


@dataclass(frozen=True)
class HygieneLimits:
    """The house limits; a company may set its own.

    ``contact_days``: a contact older than this doesn't count. ``moves``: so many times a planned
    day may be put off, by ``move_days`` or more. ``tolerance``: how far a probability may lie
    from that of its stage.
    ``repeats``: open deals with one round amount from which on it looks like a stand-in.
    ``reason_days``: how long ago a closing may lie to be asked about.
    """

    contact_days: int = 60
    moves: int = 3
    move_days: int = 7
    tolerance: float = 0.25
    repeats: int = 5
    reason_days: int = 365


@dataclass(frozen=True)
class Found:
    """One check: which deals were looked at, which failed, with figure and limit."""

    looked: Bools
    failed: Bools
    value: Floats
    limit: Floats
    unit: str = ""


@dataclass
class Desk:
    """What the checks look at; a check returns the name of what it misses, if it can't run."""

    history: DealHistory
    interactions: pd.DataFrame | None
    ladder: Any
    limits: HygieneLimits = field(default_factory=HygieneLimits)

    @cached_property
    def code(self) -> Ints:
        """Outcome of each deal."""
        return deal_days(self.history)[1]

    @cached_property
    def open(self) -> Bools:
        """Deals still open."""
        return np.asarray(self.code == OPEN)

    @cached_property
    def today(self) -> int:
        """The day of the list."""
        return day_number(self.history.as_of)

    @cached_property
    def plan(self) -> Ints:
        """Planned closing day."""
        return day_numbers(self.history.deals["close_date"])

    @cached_property
    def age(self) -> pd.DataFrame:
        """Open deals against the usual time in their stage."""
        return stage_ageing(self.history).set_index("deal").sort_index()

    @cached_property
    def stage(self) -> Ints:
        """Position of each deal's stage in the ladder of the history."""
        return move_codes(self.history.deals["stage"], self.history.stages)

    def blank(self, column: str) -> Bools:
        """Deals without anything in a text column."""
        values = self.history.deals[column]
        return (values.isna() | (values.astype("str").str.strip() == "")).to_numpy(bool)

    def ladder_figures(self, name: str) -> Floats:
        """A figure of each stage from the ladder, NaN where it has none."""
        given = {s.id: getattr(s, name, np.nan) for s in getattr(self.ladder, "stages", ())
                 if hasattr(s, "id")}  # fmt: skip
        return np.array([given.get(s, np.nan) for s in self.history.stages], dtype=float)

    def result(
        self, looked: Bools, failed: Bools, value: Any = np.nan, limit: Any = np.nan,
        unit: str = "",
    ) -> Found:  # fmt: skip
        """A finding with figures for all deals."""
        n = len(self.code)
        full = [np.broadcast_to(np.asarray(v, float), n) for v in (value, limit)]
        return Found(looked, looked & failed, full[0], full[1], unit)


def past_close_date(desk: Desk) -> Found | str:
    """The planned day has passed; value: days ago."""
    known = desk.open & (desk.plan != NO_DAY)
    late = np.where(known, desk.today - desk.plan, 0)
    return desk.result(known, late > 0, late, 0.0, "days")


def no_close_date(desk: Desk) -> Found | str:
    """No planned day."""
    return desk.result(desk.open, desk.plan == NO_DAY)


def no_next_step(desk: Desk) -> Found | str:
    """No next step written down."""
    if "next_step" not in desk.history.deals:
        return "opportunities.next_step"
    return desk.result(desk.open, desk.blank("next_step"))


def no_owner(desk: Desk) -> Found | str:
    """Nobody is named."""
    if desk.history.deals["owner_id"].isna().all():
        return "opportunities.owner_id"
    return desk.result(desk.open, desk.blank("owner_id"))


def missing_amount(desk: Desk) -> Found | str:
    """No amount."""
    amount = desk.history.deals["amount"].to_numpy(float)
    return desk.result(desk.open, ~np.isfinite(amount))


def placeholder_amount(desk: Desk) -> Found | str:
    """0, 1, 9999 or 123456, or one round amount on many deals; value: deals that share it."""
    amount = desk.history.deals["amount"].to_numpy(float)
    looked = desk.open & np.isfinite(amount)
    failed, shared = np.zeros(len(amount), dtype=bool), np.full(len(amount), np.nan)
    values, at, count = np.unique(amount[looked], return_inverse=True, return_counts=True)
    account = desk.history.deals["account_id"].astype("str").to_numpy(object)[looked]
    pairs = pd.DataFrame({"at": at, "account": account}).drop_duplicates()
    accounts = np.bincount(pairs["at"], minlength=len(values))
    odd = np.array([_is_pattern(v) for v in values], dtype=bool)
    often = (count >= desk.limits.repeats) & (accounts >= 3) & _is_round(values)
    often &= count >= 0.05 * max(int(looked.sum()), 1)
    failed[looked], shared[looked] = (odd | often)[at] if len(values) else False, count[at]
    return desk.result(looked, failed, shared, desk.limits.repeats, "deals")


def _is_pattern(value: float) -> bool:
    if value in (0.0, 1.0):
        return True
    if value < 1000 or value != int(value):
        return False
    digits = str(int(value))
    return len(set(digits)) == 1 or digits in "12345678901234567890"


def _is_round(values: Floats) -> Bools:
    """One or two digits, then zeros."""
    safe = np.where(np.abs(values) >= 1, np.abs(values), 1.0)
    unit = 10.0 ** np.maximum(np.floor(np.log10(safe)) - 1, 0)
    return np.asarray(np.isclose(values % unit, 0) & (np.abs(values) >= 100))


def stage_probability_clash(desk: Desk) -> Found | str:
    """Probability far from that of its stage (ladder, else this history's median), or 0 or 1."""
    p = desk.history.deals["probability"].to_numpy(float)
    looked = desk.open & np.isfinite(p)
    if not looked.any():
        return "opportunities.probability"
    usual = desk.ladder_figures("probability")
    own = _stage_medians(desk)
    usual = np.append(np.where(np.isnan(usual), own, usual), np.nan)[desk.stage]
    far = np.abs(p - usual) > desk.limits.tolerance + 1e-12
    return desk.result(looked, far | (p <= 0) | (p >= 1), p, usual, "share")


def _stage_medians(desk: Desk) -> Floats:
    book = desk.history.book
    if not len(book):
        return np.full(len(desk.history.stages), np.nan)
    code = move_codes(book["stage"], desk.history.stages)
    p = book["probability"].to_numpy(float)
    use = (code >= 0) & np.isfinite(p)
    found = pd.Series(p[use]).groupby(code[use]).agg(["median", "size"])
    usual = found.loc[found["size"] >= _FEW_ROWS, "median"]
    return usual.reindex(range(len(desk.history.stages))).to_numpy(float)


def stalled(desk: Desk) -> Found | str:
    """In its stage longer than nine of ten deals were; value: days, limit: their 90 %."""
    if not len(desk.history.stays):
        return "stage_events"
    flag = desk.age["flag"].to_numpy(object)
    looked, failed = np.zeros(len(desk.code), bool), np.zeros(len(desk.code), bool)
    value, limit = np.full(len(desk.code), np.nan), np.full(len(desk.code), np.nan)
    at = desk.age.index.to_numpy()
    looked[at] = ~np.isin(flag, ["no_stay", "too_little_history"])
    failed[at] = np.isin(flag, ["stuck", "beyond_history"])
    value[at], limit[at] = desk.age["days"], desk.age["p90"]
    return desk.result(looked, failed, value, limit, "days")


def over_dwell_limit(desk: Desk) -> Found | str:
    """In its stage longer than the company's own limit."""
    limits = np.append(desk.ladder_figures("dwell_limit_days"), np.nan)
    if np.isnan(limits).all():
        return "ladder.dwell_limit_days"
    days = np.full(len(desk.code), np.nan)
    days[desk.age.index.to_numpy()] = desk.age["days"]
    limit = limits[desk.stage]
    return desk.result(desk.open & np.isfinite(limit) & np.isfinite(days), days > limit, days,
                       limit, "days")  # fmt: skip


def close_date_moved(desk: Desk) -> Found | str:
    """The planned day was put off again and again; value: times."""
    book = desk.history.book
    if not len(book):
        return "snapshots"
    deal = book["deal"].to_numpy(np.int64)
    plan = day_numbers(book["close_date"])
    known = plan != NO_DAY
    deal, plan = deal[known], plan[known]
    least = desk.limits.move_days
    later = (deal[1:] == deal[:-1]) & (plan[1:] - plan[:-1] >= least)
    times = np.bincount(deal[1:][later], minlength=len(desk.code))
    last = np.full(len(desk.code), NO_DAY)
    last[deal] = plan
    looked = desk.open & (last != NO_DAY)
    both = looked & (desk.plan != NO_DAY)
    times = times + (np.where(both, desk.plan - last, 0) >= least)
    return desk.result(looked, times >= desk.limits.moves, times, desk.limits.moves, "times")


def too_soon(desk: Desk) -> Found | str:
    """Planned sooner than nine of ten won deals made it from this stage; value: planned days."""
    stays = desk.history.stays
    if not len(stays):
        return "stage_events"
    deal = stays["deal"].to_numpy(np.int64)
    stage = move_codes(stays["stage"], desk.history.stages)
    entered = day_numbers(stays["entered_on"])
    closed = day_numbers(desk.history.deals["closed_on"])
    won = (desk.code[deal] == WON) & (stage >= 0)
    rest = pd.Series((closed[deal] - entered)[won]).groupby(stage[won])
    fast = rest.quantile(0.1).where(rest.size() >= _FEW_WINS)
    by_stage = np.append(fast.reindex(range(len(desk.history.stages))).to_numpy(float), np.nan)
    start = np.full(len(desk.code), NO_DAY)
    at = desk.age.index.to_numpy()
    start[at] = day_numbers(desk.age["entered_on"])
    limit = by_stage[desk.stage]
    looked = desk.open & (start != NO_DAY) & (desk.plan != NO_DAY) & np.isfinite(limit)
    looked &= desk.plan >= desk.today
    planned = np.where(looked, desk.plan - start, 0)
    return desk.result(looked, planned < limit, planned, limit, "days")


def only_system_activity(desk: Desk) -> Found | str:
    """Only what a machine sent in the last days; value: days since a person was in touch."""
    found = _contact(desk)
    if isinstance(found, str):
        return found
    human, machine = found
    return desk.result(desk.open, (human > desk.limits.contact_days)
                       & (machine <= desk.limits.contact_days),
                       np.where(np.isfinite(human), human, np.nan),
                       desk.limits.contact_days, "days")  # fmt: skip


def no_contact(desk: Desk) -> Found | str:
    """Nothing at all in the last days, not even by a machine; value: days since a person was."""
    found = _contact(desk)
    if isinstance(found, str):
        return found
    human, machine = found
    created = day_numbers(desk.history.deals["created_on"])
    old = desk.today - created > desk.limits.contact_days
    silent = (human > desk.limits.contact_days) & (machine > desk.limits.contact_days)
    return desk.result(desk.open, silent & old, np.where(np.isfinite(human), human, np.nan),
                       desk.limits.contact_days, "days")  # fmt: skip


def _contact(desk: Desk) -> tuple[Floats, Floats] | str:
    """Days since the last contact by a person and by a machine; infinite where there is none.

    Contacts that name an opportunity count for it alone, others for all deals of the account.
    """
    table = desk.interactions
    if table is None or not {"account_id", "date", "made_by"} <= set(table.columns):
        return "interactions"
    on = day_numbers(table["date"])
    use = (on != NO_DAY) & (on <= desk.today)
    own = (
        table["opportunity_id"].notna().to_numpy()
        if "opportunity_id" in table
        else np.zeros(len(table), dtype=bool)
    )
    deals = desk.history.deals
    out = []
    for kind in ("human", "system"):
        mine = use & (table["made_by"] == kind).to_numpy(bool)
        last = np.full(len(deals), -np.inf)
        for column, rows in (("account_id", mine & ~own), ("opportunity_id", mine & own)):
            if rows.any():
                latest = pd.Series(on[rows]).groupby(table[column].to_numpy(object)[rows]).max()
                found = latest.reindex(deals[column].to_numpy(object)).to_numpy(float)
                last = np.fmax(last, found)
        out.append(desk.today - last)
    return out[0], out[1]


def closed_without_reason(desk: Desk) -> Found | str:
    """Closed within the last year, and nobody wrote down why; value: days since."""
    if "reason" not in desk.history.deals:
        return "opportunities.reason"
    closed = day_numbers(desk.history.deals["closed_on"])
    ago = np.where(closed == NO_DAY, 0, desk.today - closed)
    looked = ~desk.open & (closed != NO_DAY) & (ago <= desk.limits.reason_days) & (ago >= 0)
    return desk.result(looked, desk.blank("reason"), ago, desk.limits.reason_days, "days")


RULES: dict[str, Callable[[Desk], Found | str]] = {
    rule.__name__: rule
    for rule in (
        past_close_date, no_close_date, no_next_step, no_owner, missing_amount,
        placeholder_amount, stage_probability_clash, stalled, over_dwell_limit,
        close_date_moved, too_soon, only_system_activity, no_contact, closed_without_reason,
    )
}  # fmt: skip
