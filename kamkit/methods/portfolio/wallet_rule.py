"""Wallet Allocation Rule: share of wallet from the rank among a customer's suppliers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.methods.portfolio.inputs import figures
from kamkit.methods.portfolio.lifetime_measures import NAN

_ORIGIN = "field:Keiningham et al. 2011; S013"


def allocation(rank: np.ndarray | float, suppliers: np.ndarray | float) -> np.ndarray:
    """Share of wallet of the supplier at ``rank`` among ``suppliers``.

    >>> allocation(np.array([1.0, 2.0, 3.0]), 3).round(4).tolist()
    [0.5, 0.3333, 0.1667]
    """
    count = np.asarray(suppliers, dtype=float)
    return np.asarray((1 - np.asarray(rank) / (count + 1)) * 2 / count)


def _mean_interval(values: pd.Series, level: float) -> tuple[float, float]:
    n = len(values)
    if n < 2:
        return NAN, NAN
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / np.sqrt(n)
    middle = float(values.mean())
    return max(0.0, middle - half), min(1.0, middle + half)


def wallet_allocation(
    ratings: pd.DataFrame, *, by: str = "score", level: float = 0.95
) -> pd.DataFrame:
    """Share of wallet that each supplier's rank at an account predicts.

    Suppliers with the same figure share the mean of their ranks, so that the shares of an
    account still add up to 1. Where several people rated an account, each person's ranks are
    turned into shares first and the shares are averaged. The rule describes customers who
    divide one kind of purchase among several suppliers; it isn't meant for sole-source
    contracts, and it sees ranks only, not prices or capacities.

    Needs columns: account_id, supplier, and ``by``: ``score`` (higher is better) or ``rank``
    (1 is best); rater_id where several people rated.
    Returns columns: account_id, supplier, rank (mean), n_suppliers (mean over raters),
    wallet_share (0–1), low, high (t interval over raters, NaN below two), share_if_first (0–1:
    the share if this supplier alone came first), n (raters), variant (``mean_rank``), origin.
    Rows without a figure are left out: that supplier wasn't rated, which isn't the last rank.
    Errors: missing columns; cells that aren't numbers; a supplier rated twice by one person.
    Source: Keiningham et al. 2011; S013.

    >>> ratings = pd.DataFrame({"account_id": "A", "supplier": ["us", "x", "y"],
    ...                         "score": [8, 8, 5]})
    >>> wallet_allocation(ratings).wallet_share.round(4).tolist()
    [0.4167, 0.4167, 0.1667]
    """
    keys = ["account_id", "supplier"]
    raters = ["rater_id"] if "rater_id" in ratings.columns else []
    filled = ratings.assign(rater_id=ratings["rater_id"].fillna("")) if raters else ratings
    table = figures(filled, "ratings", [by], keys=[*keys, *raters]).dropna(subset=[by])
    voice = table.groupby(["account_id", *raters])[by]
    table["rank"] = voice.rank(method="average", ascending=by == "rank")
    table["n_suppliers"] = voice.transform("size")
    table["share"] = allocation(table["rank"].to_numpy(), table["n_suppliers"].to_numpy())
    table["first"] = allocation(1.0, table["n_suppliers"].to_numpy())
    rows = []
    for (account, supplier), one in table.groupby(keys):
        low, high = _mean_interval(one["share"], level)
        means = one[["rank", "n_suppliers", "share", "first"]].mean()
        rows.append(
            (account, supplier, means["rank"], means["n_suppliers"], means["share"], low, high)
            + (means["first"], len(one))
        )
    columns = [*keys, "rank", "n_suppliers", "wallet_share", "low", "high", "share_if_first", "n"]
    result = pd.DataFrame(rows, columns=columns).sort_values(["account_id", "rank", "supplier"])
    return result.reset_index(drop=True).assign(variant="mean_rank", origin=_ORIGIN)
