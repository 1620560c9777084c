"""Won deals among closed ones, by count or by value, and who can be told from whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.beta_binomial import beta_mle, shrunk
from kamkit.methods.funnel.closed_deals import Closed, Day, Rates, closed_deals
from kamkit.methods.funnel.group_difference import (
    DOUBT,
    difference_test,
    league_reason,
    separated,
)
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import WILSON, Floats, normal_point, wilson

GROUP_COLUMNS = [
    *("group", "won", "lost", "open", "n", "rate", "low", "high", "shrunk", "shrunk_low"),
    *("shrunk_high", "cluster", "variant", "origin"),
]
S167 = "S167"
SHRINK = "field:Efron & Morris 1977"
BOOTSTRAP_MOST = 1_000  # above this many deals a ratio of sums is normal enough


@dataclass(frozen=True)
class WinRate:
    """Win rate over all, by group, and whether the groups differ at all.

    Attributes
    ----------
    overall
        Measure table: win_rate (or win_rate_value), and counts won, lost, open, vanished,
        no_amount (closed deals without a usable amount, by value only).
    groups
        One row a group, highest shrunk rate first: group, won, lost, open (deals), n (closed
        deals counted), rate (0–1), low, high, shrunk, shrunk_low, shrunk_high (rate pulled
        towards all groups), cluster (groups that share a number cannot be separated; all 1
        where the test does not reject; 0 unknown), variant, origin.
    test
        Measure table: groups_statistic, groups_p (do groups differ more than chance), and
        league_table (1 where a ranking of groups may be shown, else 0).
    """

    overall: pd.DataFrame
    groups: pd.DataFrame
    test: pd.DataFrame


def win_rate(
    deals: DealHistory | pd.DataFrame,
    *,
    by: str | pd.Series | None = None,
    value: Literal["count", "amount"] = "count",
    start: Day = None,
    end: Day = None,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> WinRate:
    """Won / (won + lost) among deals closed from ``start`` to ``end``, with intervals.

    ``deals``: a DealHistory, or a table with opportunity_id, status, closed_on (and amount for
    ``value="amount"``: won money / closed money). ``by``: a column of the deals or a series of
    names by opportunity_id. Open deals and deals that vanished from the exports are counted
    beside it, never in it; by amount only deals with an amount above 0 count.

    Intervals: Wilson by count; by amount a bootstrap over deals (above 1,000 deals the
    linearised variance of a ratio). ``shrunk`` is the beta-binomial rate; by amount with the
    effective number of deals (Σa)²/Σa². The test is a χ² test, or the permutation of the same
    figure where a cell expects fewer than 5 deals; by amount Σ((rate − all)/se)², permuted up
    to 20,000 deals. Only where it rejects are groups separated, pair by pair, with intervals
    of differences at Bonferroni's level.

    Returns WinRate. Raises KamkitError missing_column, unknown_option, mixed_currency.
    Source: S167; Wilson 1927; Newcombe 1998; Efron & Morris 1977; clusters and limits house.

    >>> deals = pd.DataFrame({"opportunity_id": list("abcd"), "closed_on": ["2025-01-01"] * 4,
    ...     "status": ["won", "lost", "lost", "won"], "owner_id": ["M1", "M1", "M2", "M2"]})
    >>> found = win_rate(deals, by="owner_id")
    >>> found.groups["rate"].tolist(), found.groups["cluster"].tolist()
    ([0.5, 0.5], [1, 1])
    """
    if value not in ("count", "amount"):
        details = {"allowed": "count, amount"}
        raise KamkitError(Problem("unknown_option", column="value", value=value, details=details))
    table = deals.deals if isinstance(deals, DealHistory) else deals
    closed = closed_deals(table, by, value, start, end)
    rng = np.random.default_rng(seed)
    groups = _groups(closed, value, level, draws, rng)
    test = difference_test(closed, value, draws, rng)
    differ = bool(test.loc[test["measure"] == "groups_p", "value"].iloc[0] < DOUBT)
    groups["cluster"] = separated(groups, closed, value) if differ else (groups["n"] > 0) * 1
    ranks = groups["cluster"].max() if len(groups) else 0
    league = measure_row(
        "league_table",
        float(differ and ranks > 1),
        len(closed.won),
        variant=league_reason(test, differ, int(ranks)),
        origin="house",
    )
    test = pd.concat([test, measure_table([league])], ignore_index=True)
    order = groups.sort_values(["shrunk", "rate", "group"], ascending=[False, False, True]).index
    groups = groups.loc[order, GROUP_COLUMNS].reset_index(drop=True)
    return WinRate(_overall(closed, value, level, draws, rng), groups, test)


def _groups(
    closed: Closed, value: str, level: float, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    rates = closed.rates
    effective = np.where(rates.n > 0, rates.effective, 0.0)
    if value == "count":
        low, high = wilson(rates.won, rates.n, level)
    else:
        low, high = _value_intervals(closed, rates, level, draws, rng)
    hits = np.nan_to_num(rates.rate) * effective
    prior = beta_mle(np.minimum(hits, effective), effective)
    pulled, pulled_low, pulled_high = shrunk(hits, effective, prior, level)
    kind = "wilson" if value == "count" else "by_value"
    return pd.DataFrame(
        {
            "group": pd.Series(closed.groups, dtype="str"),
            "won": rates.won,
            "lost": rates.n - rates.won,
            "open": closed.open,
            "n": rates.n,
            "rate": rates.rate,
            "low": low,
            "high": high,
            "shrunk": pulled,
            "shrunk_low": pulled_low,
            "shrunk_high": pulled_high,
            "variant": f"{kind}; {prior.variant}",
            "origin": f"{S167}; {WILSON if value == 'count' else 'field:Efron 1979'}; {SHRINK}",
        }
    )


def _value_intervals(
    closed: Closed, rates: Rates, level: float, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Bootstrap over each group's deals; for many deals the linearised variance."""
    z, tail = normal_point(level), (1 - level) / 2
    low = np.clip(rates.rate - z * rates.se, 0, 1)
    high = np.clip(rates.rate + z * rates.se, 0, 1)
    few = (rates.n > 0) & (rates.n <= BOOTSTRAP_MOST)
    rows = np.flatnonzero(few[closed.group])
    # Ordered by figures: the order of rows in the caller's table must not choose the draws.
    rows = rows[np.lexsort((closed.won[rows], closed.weight[rows], closed.group[rows]))]
    places = np.flatnonzero(few)
    for i, mine in zip(places, np.split(rows, np.cumsum(rates.n[few]))[:-1], strict=True):
        low[i], high[i] = _bootstrap(closed.weight[mine], closed.won[mine], draws, tail, rng)
    return low, high


def _bootstrap(
    weight: Floats, won: NDArray[np.bool_], draws: int, tail: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Percentiles of won money / closed money over resampled deals."""
    n = len(weight)
    if won.all() or not won.any():
        # Resampling cannot leave 0 or 1; the count of equal deals that tell as much can.
        effective = weight.sum() ** 2 / (weight**2).sum()
        below, above = wilson(effective * won.all(), effective, 1 - 2 * tail)
        return float(below), float(above)
    ratios = np.empty(draws)
    step = max(1, 2_000_000 // n)
    for at in range(0, draws, step):
        rows = rng.integers(0, n, (min(step, draws - at), n))
        drawn = weight[rows]
        ratios[at : at + step] = (drawn * won[rows]).sum(axis=1) / drawn.sum(axis=1)
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def _overall(
    closed: Closed, value: str, level: float, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The rate of all groups together, and what was counted beside it."""
    won, n = int(closed.rates.won.sum()), len(closed.won)
    if value == "count":
        name, variant, origin = "win_rate", "wilson", f"{S167}; {WILSON}"
        rate = won / n if n else np.nan
        low, high = wilson([won], [n], level)
    else:
        name, origin = "win_rate_value", f"{S167}; field:Efron 1979"
        variant = "bootstrap" if n <= BOOTSTRAP_MOST else "linearised"
        nobody = np.zeros(n, dtype=np.int64)
        everyone = replace(closed, group=nobody, groups=["all"])
        rate = float(everyone.rates.rate[0])
        low, high = _value_intervals(everyone, everyone.rates, level, draws, rng)
    rows = [
        measure_row(
            name, rate, n, low=float(low[0]), high=float(high[0]), origin=origin,
            variant=variant if n else "too_little_data",
        )
    ]  # fmt: skip
    counts = {"won": won, "lost": n - won, "open": int(closed.open.sum())}
    counts |= {"vanished": closed.vanished} if closed.vanished else {}
    counts |= {"no_amount": closed.no_amount} if value == "amount" else {}
    rows += [measure_row(f"deals_{k}", v, n, variant="count", origin="") for k, v in counts.items()]
    return measure_table(rows)
