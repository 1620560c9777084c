"""Several portfolio methods in one go, for lessons that change one rule and watch the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.factors import attractiveness
from kamkit.methods.portfolio.inputs import within
from kamkit.methods.portfolio.lifetime import (
    account_margins,
    discount_per_period,
    lifetime_value,
    margin_multiple,
)
from kamkit.methods.portfolio.lifetime_retention import (
    account_periods,
    retention_by_period,
    retention_rate,
)
from kamkit.methods.portfolio.matrix import AttractivenessStrength, attractiveness_strength
from kamkit.methods.portfolio.strength import relative_strength
from kamkit.methods.portfolio.whitespace import WhiteSpace, white_space

_SPEND = ["spend_low", "spend_base", "spend_high"]


@dataclass(frozen=True)
class LifetimeOutlook:
    """The parts of :func:`lifetime_outlook`."""

    retention: pd.DataFrame
    rate: pd.DataFrame
    multiple: pd.DataFrame
    values: pd.DataFrame


def lifetime_outlook(
    orders: pd.DataFrame,
    account_years: pd.DataFrame,
    *,
    as_of: dt.date | str,
    discount: float = 0.10,
    first_payment: int = 1,
    basis: str = "net",
    contracts: pd.DataFrame | None = None,
    fiscal_year_start: int = 1,
) -> LifetimeOutlook:
    """Yearly retention, the margin multiple and the value of every account, in one go.

    Needs columns: those of ``account_periods`` (orders, contracts) and ``account_margins``
    (account_years).
    Returns ``retention`` (see ``retention_by_period``), ``rate`` and ``multiple`` (measure
    tables of ``retention_rate`` and ``margin_multiple``) and ``values`` (see
    ``lifetime_value``).
    Errors: missing columns; ``discount`` outside 0.001–1; ``first_payment`` not 0 or 1; an
    unknown ``basis``.
    Source: S088; field: Gupta & Lehmann 2003.

    >>> orders = pd.DataFrame({"account_id": ["A"], "date": ["2025-01-05"], "amount": [5.0]})
    >>> years = pd.DataFrame({"account_id": ["A"], "year": [2025], "status": ["actual"],
    ...     "revenue": [5.0], "direct_cost": [3.0], "indirect_cost": [1.0]})
    >>> lifetime_outlook(orders, years, as_of="2026-06-30").values.status.tolist()
    ['too_little_history']
    """
    periods = account_periods(
        orders, as_of=as_of, contracts=contracts, fiscal_year_start=fiscal_year_start
    )
    rate = retention_rate(periods)
    per_year = discount_per_period(discount, period="year")
    multiple = margin_multiple(rate, discount=per_year, first_payment=first_payment)
    margins = account_margins(account_years, basis=basis)
    return LifetimeOutlook(
        retention_by_period(periods), rate, multiple, lifetime_value(margins, multiple)
    )


def white_space_tested(
    orders: pd.DataFrame,
    category_spend: pd.DataFrame,
    *,
    year: int | None = None,
    spend_factor: float = 1.0,
    evidence: Sequence[str] = (),
    fiscal_year_start: int = 1,
) -> WhiteSpace:
    """White space if all spend estimates were off by a factor, or only some kinds counted.

    ``spend_factor`` multiplies low, base and high; ``evidence`` keeps the estimates that rest
    on one of these kinds (the others become unknown, not 0); none named, all count.

    Needs columns: those of ``white_space``; evidence where ``evidence`` is given.
    Returns: see ``white_space``.
    Errors: missing columns; a factor outside 0.1–10.
    Source: S013; the test is a house rule.

    >>> orders = pd.DataFrame({"account_id": ["A"], "date": ["2025-03-01"],
    ...                        "product_line": ["doors"], "amount": [40.0]})
    >>> spend = pd.DataFrame({"account_id": ["A"], "product_line": ["doors"], "year": 2025,
    ...                       "spend_base": [100.0]})
    >>> white_space_tested(orders, spend, spend_factor=0.5).cells.headroom_base.tolist()
    [10.0]
    """
    within(spend_factor, "spend_factor", 0.1, 10.0)
    need_columns(category_spend, "category_spend", ["spend_base"] + ["evidence"] * bool(evidence))
    when = int(category_spend["year"].max()) if year is None and len(category_spend) else year
    kept = category_spend
    if evidence:
        kept = kept[kept["evidence"].isin(list(evidence))]
    columns = [c for c in _SPEND if c in kept.columns]
    scaled = kept.assign(**{c: pd.to_numeric(kept[c]) * spend_factor for c in columns})
    return white_space(orders, scaled, year=when, fiscal_year_start=fiscal_year_start)


def attractiveness_map(
    criterion_ratings: pd.DataFrame,
    competitor_ratings: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    rival: str = "best",
    start: Mapping[str, float] | None = None,
    draws: int = 401,
    seed: int = 0,
) -> AttractivenessStrength:
    """Attractiveness × strength for given weights, moves counted from the ``start`` weights.

    Both scoring tables and the matrix in one go. Without ``start`` the moves are empty.

    Needs columns: those of ``attractiveness`` and ``relative_strength``.
    Returns: see ``attractiveness_strength``; ``moves`` leads from the start weights to these.
    Errors: bad weights, unknown choices.
    Source: S080–S082.

    >>> ratings = pd.DataFrame({"account_id": ["A", "B"], "criterion": "size", "score": [5, 2]})
    >>> rivals = pd.DataFrame({"account_id": ["A", "A", "B", "B"], "factor": "price",
    ...     "supplier": ["us", "rival"] * 2, "is_us": [True, False] * 2, "score": [8, 6, 5, 7]})
    >>> attractiveness_map(ratings, rivals, weights={"size": 1}).accounts.box.tolist()
    ['key', 'opportunistic']
    """
    strong = relative_strength(competitor_ratings, rival=rival, draws=draws, seed=seed)
    before = None
    if start is not None:
        first = attractiveness(criterion_ratings, start)
        before = attractiveness_strength(first, strong, draws=draws, seed=seed)
    now = attractiveness(criterion_ratings, weights)
    return attractiveness_strength(now, strong, draws=draws, seed=seed, previous=before)
