"""Sales velocity, and whether what it assumes holds here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.intervals import Floats, ratio_interval
from kamkit.methods.funnel.ledger import LOST, OPEN, WON
from kamkit.methods.funnel.spells import deal_days
from kamkit.methods.funnel.survival import kaplan_meier
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import wilson_ends

_ORIGIN = "field:sales practice"
_FEWEST = 10
_ASSUMPTIONS = [
    *("assumption", "value", "low", "high", "n", "status", "variant", "origin"),
]


@dataclass(frozen=True)
class Velocity:
    """The parts of :func:`velocity`: ``measures`` and ``assumptions``."""

    measures: pd.DataFrame
    assumptions: pd.DataFrame


def sales_velocity(deals: float, value: float, win_rate: float, days: float) -> float:
    """Money a day: deals × value × win rate ÷ cycle days; NaN where the cycle isn't above 0.

    >>> round(sales_velocity(40, 25000, 0.25, 90), 3)
    2777.778
    """
    return deals * value * win_rate / days if days > 0 else float("nan")


def velocity(
    history: DealHistory, *, period_days: int = 30, draws: int = 400, seed: int = 0
) -> Velocity:
    """Money that the open pipeline should bring a day, beside what was really won a day.

    Returns ``measures``: open_deals, mean_amount (of open deals, money), win_rate (won / closed),
    cycle_days (mean of closed deals, the usual figure), velocity_per_day, velocity_per_period
    (money in ``period_days`` days; interval: bootstrap over deals), velocity_cycle_counted (the
    same with open deals counted in the cycle), velocity_by_value (win rate by money instead of
    by count), won_per_day (really won in the last 365 days or the whole history, where shorter).
    ``assumptions``: assumption, value, low, high, n, status (holds, broken, unknown), variant,
    origin: large_deals_win_alike (rank correlation of amount and win), large_deals_close_alike
    (of amount and days, won deals), won_and_lost_take_alike (mean days of won less lost),
    closed_deals_show_the_cycle (closed mean over mean with open deals counted),
    formula_meets_reality (velocity over won_per_day). broken: the interval leaves out the value
    that the formula takes for granted (0, 0, 0, 1, 1).
    Deals without an amount are left out of money, not of rates. Raises KamkitError for mixed
    currencies and ``period_days`` below 1.
    Source: sales practice; the formula multiplies averages, so it holds only where amount, win
    and days are independent (Jensen); checks are house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("AB"), "created_on": "2025-01-01",
    ...     "closed_on": ["2025-01-11", None], "status": ["won", "open"], "amount": 100.0})
    >>> found = velocity(deal_history(deals, ladder=["offer"], as_of="2025-02-01"))
    >>> found.measures.set_index("measure").loc[["velocity_per_day"], "value"].tolist()
    [10.0]
    """
    one_currency(history.deals, "opportunities")
    if period_days < 1:
        raise KamkitError(
            Problem(
                "out_of_range",
                column="period_days",
                value=period_days,
                details={"allowed": "≥ 1"},
            )  # fmt: skip
        )
    facts = _Facts(history)
    names = ("velocity_per_day", "velocity_cycle_counted", "velocity_by_value")
    point = facts.velocities()
    bands = facts.bands(draws, seed)
    closed = int((facts.code != OPEN).sum())
    variant = "product_of_averages" if closed else "too_little_data"
    low, high = wilson_ends(float((facts.code == WON).sum()), closed)
    rows = [
        measure_row("open_deals", facts.open, facts.open, variant="count", origin=_ORIGIN),
        measure_row("mean_amount", facts.mean_amount, facts.amounts, variant="open_deals",
                    origin=_ORIGIN),
        measure_row("win_rate", facts.win_rate, closed, low=low, high=high,
                    variant="won_over_closed", origin="S167; field:Wilson 1927"),
        measure_row("cycle_days", facts.cycle, closed, variant="closed_deals_only",
                    origin=_ORIGIN),
    ]  # fmt: skip
    for i, name in enumerate(names):
        rows.append(
            measure_row(
                name, point[i], closed, low=bands[0][i], high=bands[1][i], variant=variant,
                origin=_ORIGIN,
            )
        )  # fmt: skip
        if i == 0:
            rows.append(
                measure_row(
                    "velocity_per_period", point[0] * period_days, closed,
                    low=bands[0][0] * period_days, high=bands[1][0] * period_days,
                    variant=variant, origin=_ORIGIN,
                )
            )  # fmt: skip
    real, n, variant = facts.won_per_day()
    rows.append(
        measure_row(
            "won_per_day", real[0], n, low=real[1], high=real[2], variant=variant, origin="house"
        )
    )
    return Velocity(measure_table(rows), _assumptions(facts, point, bands, real))


class _Facts:
    """Arrays that the formula and its checks need."""

    def __init__(self, history: DealHistory) -> None:
        self.days, self.code = deal_days(history)
        self.amount = history.deals["amount"].to_numpy(float)
        self.history = history
        is_open, closed = self.code == OPEN, self.code != OPEN
        self.open = int(is_open.sum())
        known = is_open & np.isfinite(self.amount)
        self.amounts = int(known.sum())
        self.mean_amount = _mean(self.amount[known])
        self.win_rate = _mean((self.code[closed] == WON).astype(float))
        self.cycle = _mean(self.days[closed].astype(float))
        self.counted = _counted_mean(self.days, self.code)

    def velocities(self) -> Floats:
        """The usual figure, with open deals counted in the cycle, and with the rate by money."""
        value = self.mean_amount
        known = (self.code != OPEN) & np.isfinite(self.amount)
        total = self.amount[known].sum()
        won = self.amount[known & (self.code == WON)].sum()
        by_value = won / total if total > 0 else float("nan")
        return np.array(
            [
                sales_velocity(self.open, value, self.win_rate, self.cycle),
                sales_velocity(self.open, value, self.win_rate, self.counted),
                sales_velocity(self.open, value, by_value, self.cycle),
            ]
        )

    def bands(self, draws: int, seed: int) -> tuple[Floats, Floats]:
        """95 % of the three velocities when deals are drawn anew; NaN below ten closed deals."""
        n = len(self.code)
        if (self.code != OPEN).sum() < _FEWEST or not self.open:
            return np.full(3, np.nan), np.full(3, np.nan)
        if n > 5_000:
            return self._blocks(seed)
        rng = np.random.default_rng(seed)
        out = []
        for _ in range(draws):
            out.append(self._taken(rng.integers(0, n, n)))
        low, high = np.nanquantile(np.array(out), [0.025, 0.975], axis=0)
        return low, high

    def _taken(self, at: np.ndarray) -> Floats:
        copy = object.__new__(_Facts)
        copy.days, copy.code, copy.amount = self.days[at], self.code[at], self.amount[at]
        is_open, closed = copy.code == OPEN, copy.code != OPEN
        copy.open = int(is_open.sum())
        copy.mean_amount = _mean(copy.amount[is_open & np.isfinite(copy.amount)])
        copy.win_rate = _mean((copy.code[closed] == WON).astype(float))
        copy.cycle = _mean(copy.days[closed].astype(float))
        copy.counted = _counted_mean(copy.days, copy.code)
        return copy.velocities()

    def _blocks(self, seed: int, blocks: int = 100) -> tuple[Floats, Floats]:
        """Many deals: the spread between a hundred random parts, scaled to all of them."""
        part = np.random.default_rng(seed).integers(0, blocks, len(self.code))
        order = np.argsort(part, kind="stable")
        cuts = np.searchsorted(part[order], np.arange(blocks + 1))
        found = np.array([self._taken(order[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)])
        half = 1.984 * blocks * found.std(axis=0, ddof=1) / np.sqrt(blocks)
        point = self.velocities()
        return point - half, point + half

    def won_per_day(self) -> tuple[tuple[float, float, float], int, str]:
        """Money really won a day over the last year, or the whole history where shorter.

        The interval takes number and size of wins as chance (compound Poisson).
        """
        nan = float("nan")
        deals, as_of = self.history.deals, self.history.as_of
        if not len(deals):
            return (nan, nan, nan), 0, "too_little_data"
        span = min(365, (as_of - deals["created_on"].min()).days)
        late = (deals["closed_on"] > as_of - pd.Timedelta(days=span)).to_numpy()
        mine = late & (self.code == WON) & np.isfinite(self.amount)
        if span < 30:
            return (nan, nan, nan), int(mine.sum()), "too_little_data"
        variant = "last_year" if span == 365 else "whole_history"
        won = self.amount[mine]
        half = 1.96 * float(np.sqrt((won**2).sum())) if len(won) >= _FEWEST else nan
        total = float(won.sum())
        ends = (total / span, max(total - half, 0.0) / span, (total + half) / span)
        return (ends if half == half else (ends[0], nan, nan)), len(won), variant


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _counted_mean(days: np.ndarray, code: np.ndarray) -> float:
    """Mean days with open deals counted, up to the longest observed day."""
    if not len(days):
        return float("nan")
    curve = kaplan_meier(days, code != OPEN)
    day, survival = curve["days"].to_numpy(), curve["survival"].to_numpy()
    return float((survival[:-1] * np.diff(day)).sum())


def _assumptions(
    facts: _Facts, point: Floats, bands: tuple[Floats, Floats], real: tuple[float, float, float]
) -> pd.DataFrame:
    closed, won = facts.code != OPEN, facts.code == WON
    known = np.isfinite(facts.amount)
    rows = []
    at = closed & known
    for name, x, y in (
        ("large_deals_win_alike", facts.amount[at], won[at]),
        ("large_deals_close_alike", facts.amount[won & known], facts.days[won & known]),
    ):
        value, low, high = rank_correlation(x, y.astype(float))
        rows.append(_checked(name, value, low, high, len(x), 0.0, "spearman"))
    a, b = facts.days[won].astype(float), facts.days[facts.code == LOST].astype(float)
    value = _mean(a) - _mean(b)
    half = float("nan")
    if min(len(a), len(b)) >= _FEWEST:
        half = 1.96 * float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
    n = len(a) + len(b)
    rows.append(
        _checked("won_and_lost_take_alike", value, value - half, value + half, n, 0.0, "welch")
    )
    days = facts.days[closed].astype(float)
    _, low, high = ratio_interval(days, np.ones(len(days)))
    scale = facts.counted if len(days) >= _FEWEST and facts.counted > 0 else float("nan")
    rows.append(
        _checked(
            "closed_deals_show_the_cycle", facts.cycle / scale, low / scale, high / scale,
            len(days), 1.0, "closed_over_counted",
        )
    )  # fmt: skip
    rate, least, most = (r if r > 0 else float("nan") for r in real)
    rows.append(
        _checked(
            "formula_meets_reality", point[0] / rate, bands[0][0] / most, bands[1][0] / least,
            int(won.sum()), 1.0, "velocity_over_won",
        )
    )  # fmt: skip
    return pd.DataFrame(rows, columns=_ASSUMPTIONS)


def _checked(
    name: str, value: float, low: float, high: float, n: int, taken: float, variant: str
) -> dict[str, object]:
    unknown = np.isnan(low) or np.isnan(high)
    status = "unknown" if unknown else ("holds" if low <= taken <= high else "broken")
    return {
        "assumption": name, "value": float(value), "low": float(low), "high": float(high),
        "n": n, "status": status, "variant": variant, "origin": "house",
    }  # fmt: skip


def rank_correlation(x: Floats, y: Floats, level_z: float = 1.96) -> tuple[float, float, float]:
    """Spearman correlation with Fisher's interval; NaN below ten pairs or without spread.

    >>> rank_correlation(np.arange(12.0), np.arange(12.0))[0]
    1.0
    """
    nan = float("nan")
    if len(x) < _FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return nan, nan, nan
    value = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    value = max(min(value, 1.0), -1.0)
    middle = np.arctanh(np.clip(value, -0.999999, 0.999999))
    half = level_z * np.sqrt((1 + value**2 / 2) / (len(x) - 3))
    return round(value, 12), float(np.tanh(middle - half)), float(np.tanh(middle + half))
