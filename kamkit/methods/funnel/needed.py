"""How many more deals a target needs from here, and whether there is still time for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.funnel.days import Ints, day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN, WON, Floats, move_codes
from kamkit.methods.funnel.spells import OUTCOMES, deal_days
from kamkit.methods.funnel.survival import cumulative_incidence
from kamkit.methods.funnel.waterfall import Day
from kamkit.methods.measures import measure_row, measure_table

_ORIGIN = "field:Aalen & Johansen 1978; house"
_FEWEST_ENDED, _FEWEST_WON = 20, 5
_MOST_WINS, _MANY = 2000, 5000
_MOST_BANDS, _PER_BAND, _PRIOR = 10, 30, 10.0
_STAGES = [
    *("stage", "n", "won", "p_by_date", "low", "high", "p_ever", "usual_days", "days_left"),
    *("mean_won_amount", "needed_expected", "needed_p50", "needed_p80", "status"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class DealsNeeded:
    """The parts of :func:`deals_needed`: ``measures`` and ``stages``."""

    measures: pd.DataFrame
    stages: pd.DataFrame


def deals_needed(
    history: DealHistory,
    target: float,
    by_date: Day,
    *,
    booked: float = 0.0,
    draws: int = 2000,
    seed: int = 0,
) -> DealsNeeded:
    """New deals needed at each stage, today, so that wins up to ``by_date`` reach ``target``.

    ``booked``: money already won towards the target. What the open deals should still bring by
    then comes first, from their stage, the days since they entered it and how often deals of
    their size are won (up to ten bands by amount, shrunk to the mean: the chance of a stage
    alone would promise too much where large deals win less); the gap is what is left. Owner,
    slips and the state of the market don't count here: a forecast by deal is
    ``forecast_period``'s business.

    Returns ``measures``: target, booked, expected_from_open (money; low, high 80 % of draws),
    gap (money, of the expected value), days_left, open_not_judged (open deals without an amount,
    a stage or a curve), chance_without_new (share of draws in which open deals alone suffice).
    ``stages``: stage, n (deals that ever entered), won, p_by_date (chance that a deal entering
    today is won by then), low, high (95 %), p_ever (chance in the end), usual_days (days by
    which half of the later wins have come), days_left, mean_won_amount (money), needed_expected
    (gap ÷ (p × mean amount)), needed_p50, needed_p80 (deals that suffice in 50 % and 80 % of
    draws over wins, amounts, rates and open deals), status (ok, target_reached, time_too_short –
    less than half of the usual wins come in the time left –, too_little_history), variant,
    origin. The needs of stages are alternatives, not a sum.
    Fewer than 20 ended deals or 5 wins through a stage: too_little_history, no numbers.
    Raises KamkitError: days_reversed (``by_date`` not after ``as_of``), not_a_number,
    mixed_currency.
    Source: Aalen & Johansen 1978; first passage by simulation, house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": [], "created_on": [], "status": []})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-02-01")
    >>> deals_needed(history, 100.0, "2025-06-30").stages.status.tolist()
    ['too_little_history']
    """
    one_currency(history.deals, "opportunities")
    left = day_number(by_date) - day_number(history.as_of)
    if left <= 0:
        raise KamkitError(Problem("days_reversed", column="by_date", value=str(by_date)))
    if not (np.isfinite(target) and np.isfinite(booked)):
        raise KamkitError(Problem("not_a_number", column="target", value=target))
    rng = np.random.default_rng(seed)
    entries = _Entries(history)
    amounts = entries.won_amounts()
    expected, drawn, unknown = entries.open_money(left, draws, rng)
    gap = target - booked - expected
    gaps = target - booked - drawn
    rows = [
        _stage_row(entries, k, left, gap, gaps, amounts, rng) for k in range(len(history.stages))
    ]
    n = int((entries.code == OPEN).sum())
    low, high = (float(q) for q in np.quantile(drawn, [0.1, 0.9]))
    enough = entries.judged or not n
    variant = "deals_independent" if enough else "too_little_history"
    measures = [
        measure_row("target", target, n, variant="given", origin="house"),
        measure_row("booked", booked, n, variant="given", origin="house"),
        measure_row("expected_from_open", expected, n - unknown, low=low, high=high,
                    variant=variant, origin=_ORIGIN),
        measure_row("gap", gap, n - unknown, low=target - booked - high,
                    high=target - booked - low, variant=variant, origin=_ORIGIN),
        measure_row("chance_without_new", float((gaps <= 0).mean()), n - unknown,
                    variant=variant, origin=_ORIGIN),
        measure_row("open_not_judged", unknown, n, variant="count", origin="house"),
        measure_row("days_left", left, n, variant="given", origin="house"),
    ]  # fmt: skip
    return DealsNeeded(measure_table(measures), pd.DataFrame(rows, columns=_STAGES))


class _Entries:
    """First entries of deals into each stage, and the curves from there to winning."""

    def __init__(self, history: DealHistory) -> None:
        self.history = history
        self.days, self.code = deal_days(history)
        self.amount = history.deals["amount"].to_numpy(float)
        stays = history.stays
        deal = stays["deal"].to_numpy(np.int64)
        stage = move_codes(stays["stage"], history.stages) if len(stays) else deal
        # Stays are in order of deal and day: a deal's first row in a stage is its first entry.
        firsts = []
        for k in range(len(history.stages)):
            at = np.flatnonzero(stage == k)
            new = np.ones(len(at), dtype=bool)
            new[1:] = deal[at][1:] != deal[at][:-1]
            firsts.append(at[new])
        rows = np.concatenate(firsts) if firsts else deal[:0]
        self.deal, self.stage = deal[rows], stage[rows]
        self.entered = day_numbers(stays["entered_on"])[rows] if len(stays) else deal[:0]
        closed = day_numbers(history.deals["closed_on"])
        today = day_number(history.as_of)
        until = np.where(self.code == OPEN, today, closed)
        self.spell = np.maximum(until[self.deal] - self.entered, 0)
        self.curves = {k: self._curve(k) for k in range(len(history.stages))}
        self.judged = any(c is not None for c in self.curves.values())

    def _curve(self, stage: int) -> tuple[pd.DataFrame, Floats] | None:
        """Chance of having won by day, and the share still open; None below the fewest."""
        mine = self.stage == stage
        code = self.code[self.deal[mine]]
        if (code != OPEN).sum() < _FEWEST_ENDED or (code == WON).sum() < _FEWEST_WON:
            return None
        shares = cumulative_incidence(self.spell[mine], np.array(OUTCOMES)[code])
        won = shares[shares["ending"] == "won"].reset_index(drop=True)
        lost = shares[shares["ending"] == "lost"]["incidence"].to_numpy()
        return won, np.maximum(1.0 - won["incidence"].to_numpy() - lost, 0.0)

    def won_amounts(self) -> Floats:
        """Amounts of won deals, those that are known and above zero."""
        won = self.amount[(self.code == WON) & np.isfinite(self.amount)]
        return np.asarray(won[won > 0], dtype=float)

    def open_money(
        self, left: int, draws: int, rng: np.random.Generator
    ) -> tuple[float, Floats, int]:
        """Expected money from open deals by then, draws of it, and deals that can't be judged."""
        p = self._open_chances(left)
        still = np.flatnonzero(self.code == OPEN)
        chance, amount = p[still], self.amount[still]
        use = np.isfinite(chance) & np.isfinite(amount)
        chance, amount = chance[use], amount[use]
        band, shift, shifts = self._size_effect(amount, draws, rng)
        expected = float((_moved(chance, shift[band]) * amount).sum())
        if len(chance) > _MANY:
            return expected, _many(chance, amount, band, shifts, rng), int((~use).sum())
        total = np.zeros(draws)
        for a in range(0, draws, step := max(1, 2_000_000 // max(len(chance), 1))):
            part = _moved(chance, shifts[a : a + step][:, band])
            total[a : a + len(part)] = (rng.random(part.shape) < part) @ amount
        return expected, total, int((~use).sum())

    def _size_effect(
        self, amount: Floats, draws: int, rng: np.random.Generator
    ) -> tuple[Ints, Floats, Floats]:
        """Band of each amount, and how far the log-odds to win lie from the mean there."""
        known = (self.code != OPEN) & np.isfinite(self.amount)
        won = (self.code[known] == WON).astype(float)
        nothing = np.zeros(len(amount), dtype=np.int64), np.zeros(1), np.zeros((draws, 1))
        if len(won) < _FEWEST_ENDED or not 0 < won.mean() < 1:
            return nothing
        # Win rates rise and fall with the amount: bands follow that, a slope would not.
        bands = int(np.clip(len(won) // _PER_BAND, 1, _MOST_BANDS))
        cuts = np.unique(np.quantile(self.amount[known], np.arange(1, bands) / bands))
        of = np.searchsorted(cuts, self.amount[known], side="right")
        n = np.bincount(of, minlength=len(cuts) + 1)
        k = np.bincount(of, weights=won, minlength=len(cuts) + 1)
        mean = float(won.mean())
        a, b = k + _PRIOR * mean, n - k + _PRIOR * (1 - mean)
        drawn = rng.beta(a, b, (draws, len(n)))
        band = np.searchsorted(cuts, amount, side="right")
        return band, logit(a / (a + b)) - logit(mean), logit(drawn) - logit(mean)

    def _open_chances(self, left: int) -> Floats:
        """Chance of each open deal to be won within the days left, given how long it has lasted."""
        p = np.full(len(self.code), np.nan)
        now = move_codes(self.history.deals["stage"], self.history.stages)
        present = (self.code[self.deal] == OPEN) & (self.stage == now[self.deal])
        for k, found in self.curves.items():
            at = np.flatnonzero(present & (self.stage == k))
            if found is None or not len(at):
                continue
            won, still = found
            day, share = won["days"].to_numpy(), won["incidence"].to_numpy()
            age = self.spell[at].astype(float)
            here = _at(day, age)
            rest = np.where(still[here] > 0, still[here], np.nan)
            gain = share[_at(day, age + left)] - share[here]
            # Older than any deal that was ever decided: nothing to judge it by, hence no chance
            # is claimed, and the deal is counted as not judged.
            p[self.deal[at]] = np.clip(gain / rest, 0.0, 1.0)
        return p


def _many(
    chance: Floats, amount: Floats, band: Ints, shifts: Floats, rng: np.random.Generator
) -> Floats:
    """Draws of the money of very many deals: their own chance evens out to a normal spread."""
    total = np.zeros(len(shifts))
    for b in range(shifts.shape[1]):
        p, money = chance[band == b], amount[band == b]
        grid = np.linspace(shifts[:, b].min(), shifts[:, b].max(), 9)
        means = [float((_moved(p, g) * money).sum()) for g in grid]
        total += np.interp(shifts[:, b], grid, means)
    spread = float(np.sqrt((chance * (1 - chance) * amount**2).sum()))
    return np.asarray(total + spread * rng.standard_normal(len(shifts)), dtype=float)


def _moved(chance: Floats, shift: Floats | float) -> Floats:
    """Chances whose log-odds are shifted; 0 and 1 stay."""
    with np.errstate(divide="ignore"):
        return np.asarray(expit(logit(chance) + shift), dtype=float)


def _at(day: Floats, when: Floats) -> Ints:
    return np.maximum(np.searchsorted(day, when, side="right") - 1, 0)


def _stage_row(
    entries: _Entries, k: int, left: int, gap: float, gaps: Floats, amounts: Floats,
    rng: np.random.Generator,
) -> dict[str, object]:  # fmt: skip
    mine = entries.stage == k
    won_n = int((entries.code[entries.deal[mine]] == WON).sum())
    row: dict[str, object] = {
        "stage": entries.history.stages[k], "n": int(mine.sum()), "won": won_n,
        "days_left": left, "status": "too_little_history", "variant": "too_little_history",
        "origin": _ORIGIN,
    }  # fmt: skip
    found = entries.curves[k]
    if found is None or not len(amounts):
        return row
    curve = found[0]
    at = int(_at(curve["days"].to_numpy(), np.array([float(left)]))[0])
    p, low, high = (float(curve[c].iloc[at]) for c in ("incidence", "low", "high"))
    ever = float(curve["incidence"].iloc[-1])
    half = int(np.argmax(curve["incidence"].to_numpy() >= ever / 2))
    mean = float(amounts.mean())
    need = gap / (p * mean) if p > 0 else np.inf
    p50, p80 = _first_passage(gaps, _chances(p, low, high, len(gaps), rng), amounts, rng)
    reached = float((gaps <= 0).mean()) >= 0.5
    status = "target_reached" if reached else ("time_too_short" if p < 0.5 * ever else "ok")
    return row | {
        "p_by_date": p, "low": low, "high": high, "p_ever": ever,
        "usual_days": float(curve["days"].iloc[half]), "mean_won_amount": mean,
        "needed_expected": max(need, 0.0), "needed_p50": p50, "needed_p80": p80,
        "status": status, "variant": "first_passage",
    }  # fmt: skip


def _chances(p: float, low: float, high: float, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of a chance whose 95 % interval is given, on the log(−log) scale."""
    if not 0 < p < 1 or not 0 < low < high < 1:
        return np.full(draws, p)
    middle, ends = np.log(-np.log(p)), np.log(-np.log([high, low]))
    spread = (ends[1] - ends[0]) / (2 * float(ndtri(0.975)))
    return np.asarray(np.exp(-np.exp(middle + spread * rng.standard_normal(draws))))


def _first_passage(
    gaps: Floats, chances: Floats, amounts: Floats, rng: np.random.Generator
) -> tuple[float, float]:
    """How many deals it takes until won amounts have closed the gap: median and 80 % of draws."""
    mean = float(amounts.mean())
    most = float(np.max(gaps)) / mean if len(gaps) else 0.0
    if most > _MOST_WINS:
        # So many wins that their sizes even out.
        wins = np.ceil(np.maximum(gaps, 0.0) / mean)
    else:
        wins = _wins(gaps, amounts, most, rng)
    need = np.zeros(len(gaps))
    some = wins > 0
    can = some & (chances > 0)
    misses = rng.negative_binomial(np.maximum(wins[can], 1), np.minimum(chances[can], 1.0))
    need[can] = wins[can] + misses
    need[some & ~can] = np.inf
    # The smallest number that suffices in at least that share of draws.
    low, high = np.quantile(need, [0.5, 0.8], method="inverted_cdf")
    return float(low), float(high)


def _wins(gaps: Floats, amounts: Floats, most: float, rng: np.random.Generator) -> Floats:
    wins = np.zeros(len(gaps))
    rest = np.maximum(gaps, 0.0).copy()
    size = int(np.ceil(max(most, 0.0))) + 10
    while (open_ := np.flatnonzero(rest > 0)).size:
        drawn = np.cumsum(rng.choice(amounts, (len(open_), size)), axis=1)
        done = drawn[:, -1] >= rest[open_]
        at = (drawn < rest[open_][:, None]).sum(axis=1)
        wins[open_] += np.where(done, at + 1, size)
        rest[open_] = np.where(done, 0.0, rest[open_] - drawn[:, -1])
    return wins
