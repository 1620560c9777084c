"""Why deals are won and lost: stated reasons, and criteria that tell the two apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.closed_deals import Day
from kamkit.methods.funnel.days import LATE, NO_DAY, day_number, day_numbers
from kamkit.methods.funnel.history import OUTCOMES, DealHistory
from kamkit.methods.shares import WILSON, Floats, share_of, wilson

REASON_COLUMNS = [
    *("reason", "deals", "share", "low", "high", "amount", "amount_share", "n", "variant"),
    "origin",
]
CRITERION_COLUMNS = [
    *("criterion", "n_won", "n_lost", "mean_won", "mean_lost", "difference", "low", "high"),
    *("p", "p_holm", "verdict", "variant", "origin"),
]
UNKNOWN = "unknown"
MIN_SIDE = 2
# A criterion is said to tell nothing only where a difference of half a standard deviation
# would have shown up in four of five samples (house; power as in Cohen 1988).
SEEN_DIFFERENCE = 0.5
POWER = 2.8  # 1.96 + 0.84


def close_reasons(
    history: DealHistory,
    *,
    status: Literal["won", "lost"],
    start: Day = None,
    end: Day = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Stated reasons of won or lost deals closed from ``start`` to ``end``, most frequent first.

    Returns reason, deals, share (0–1 of deals with a known reason), low, high (Wilson), amount
    (money), amount_share (of the money with a known reason), n, variant, origin. The last row is
    ``unknown``: its share is of all closed deals, as is its n. Deals that vanished are not
    counted. A stated reason is an opinion of the seller, not a cause.
    Raises KamkitError unknown_option.
    Source: S160 (win review); Wilson 1927.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("abc"), "created_on": ["2025-01-01"] * 3,
    ...     "status": "lost", "closed_on": "2025-02-01", "reason": ["price", None, "price"]})
    >>> history = deal_history(deals, ladder=["needs"], as_of="2025-04-01")
    >>> close_reasons(history, status="lost")[["reason", "deals", "n"]].values.tolist()
    [['price', 2, 2], ['unknown', 1, 3]]
    """
    if status not in OUTCOMES:
        details = {"allowed": ", ".join(OUTCOMES)}
        raise KamkitError(Problem("unknown_option", column="status", value=status, details=details))
    deals = history.deals
    on = day_numbers(deals["closed_on"])
    low = -LATE if start is None else day_number(start)
    high = LATE if end is None else day_number(end)
    here = (deals["status"] == status) & (on != NO_DAY) & (on >= low) & (on <= high)
    if "vanished" in deals:
        here &= ~deals["vanished"]
    closed = deals[here]
    named = closed["reason"] if "reason" in closed else pd.Series(np.nan, index=closed.index)
    said = named.astype("str").str.strip()
    said = said.mask(said.isin(["", UNKNOWN]))
    money = closed["amount"].clip(lower=0).fillna(0.0)
    known = pd.DataFrame({"reason": said, "amount": money}).dropna(subset=["reason"])
    table = known.groupby("reason").agg(deals=("amount", "size"), amount=("amount", "sum"))
    table = table.reset_index().sort_values(["deals", "reason"], ascending=[False, True])
    table["n"] = len(known)
    table["amount_share"] = share_of(table["amount"], np.full(len(table), table["amount"].sum()))
    last = {
        "reason": UNKNOWN,
        "deals": len(closed) - len(known),
        "amount": float(money[said.isna()].sum()),
        "n": len(closed),
        "amount_share": float(share_of(money[said.isna()].sum(), money.sum())),
    }
    parts = [table, pd.DataFrame([last])] if len(table) else [pd.DataFrame([last])]
    table = pd.concat(parts, ignore_index=True)
    table["share"] = share_of(table["deals"], table["n"])
    table["low"], table["high"] = wilson(table["deals"], table["n"], level)
    table["variant"] = "of_known_reasons"
    table.loc[len(table) - 1, "variant"] = "of_all_closed" if len(closed) else "too_little_data"
    table["origin"] = f"S160; {WILSON}"
    return table[REASON_COLUMNS]


def criteria_that_decide(
    deals: pd.DataFrame | DealHistory, ratings: pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Criteria rated for won and for lost deals: which tell the two apart, and which never do.

    ``deals``: a history, or a table with opportunity_id and status. ``ratings``: opportunity_id,
    criterion, score; several scores of a deal on a criterion are averaged. Open deals are left
    out.

    Returns one row a criterion, clearest first: criterion, n_won, n_lost (deals rated),
    mean_won, mean_lost (score), difference (won − lost), low, high (Welch), p, p_holm (for the
    number of criteria), verdict, variant, origin. Verdicts: ``decides`` (p_holm below 1 −
    level), ``may_decide`` (only this criterion's own interval leaves 0 out), ``same_for_all``
    (every deal has one and the same score: never discriminates), ``never_discriminates`` (the
    interval covers 0, and a difference of half a standard deviation would have shown),
    ``too_little_data``. Ratings given after the outcome was known explain it with hindsight.
    Raises KamkitError missing_column.
    Source: S160; Welch 1947; Holm 1979; Cohen 1988 (power); house.

    >>> deals = pd.DataFrame({"opportunity_id": list("abcd"), "status": ["won", "won", "lost",
    ...     "lost"]})
    >>> ratings = pd.DataFrame({"opportunity_id": list("abcd"), "criterion": "price", "score": 3})
    >>> criteria_that_decide(deals, ratings)["verdict"].tolist()
    ['same_for_all']
    """
    table = deals.deals if isinstance(deals, DealHistory) else deals
    need_columns(table, "deals", ["opportunity_id", "status"])
    need_columns(ratings, "ratings", ["opportunity_id", "criterion", "score"])
    status = table.drop_duplicates("opportunity_id").set_index("opportunity_id")["status"]
    rated = ratings[["opportunity_id", "criterion", "score"]].dropna()
    scores = rated.groupby(["criterion", "opportunity_id"])["score"].mean()
    rated = scores.reset_index()
    rated["status"] = rated["opportunity_id"].astype("str").map(status)
    rated = rated[rated["status"].isin(OUTCOMES)]
    sides = rated.groupby(["criterion", "status"])["score"].agg(["size", "mean", "var"])
    names = pd.Index(sorted(rated["criterion"].unique()), name="criterion")
    won, lost = (_side(sides, outcome, names) for outcome in OUTCOMES)
    out = _welch(won, lost, level)
    spread = rated.groupby("criterion")["score"].agg(lambda s: s.max() - s.min()).reindex(names)
    out["verdict"] = _verdicts(out, spread.to_numpy(float), level)
    out["variant"], out["origin"] = "welch; holm", "S160; field:Welch 1947; house"
    out = out.reset_index()
    order = out.sort_values(["p_holm", "p", "criterion"], na_position="last").index
    return out.loc[order, CRITERION_COLUMNS].reset_index(drop=True)


def _side(sides: pd.DataFrame, outcome: str, names: pd.Index) -> pd.DataFrame:
    """Size, mean and variance of one outcome's scores, a row a criterion."""
    part = sides.reindex(pd.MultiIndex.from_product([names, [outcome]]))
    return part.set_axis(names, axis=0)


def _welch(won: pd.DataFrame, lost: pd.DataFrame, level: float) -> pd.DataFrame:
    """Differences of means with Welch's interval and p."""
    n_won, n_lost = (side["size"].fillna(0).to_numpy(float) for side in (won, lost))
    enough = (n_won >= MIN_SIDE) & (n_lost >= MIN_SIDE)
    a, b = share_of(won["var"], n_won), share_of(lost["var"], n_lost)
    se = np.where(enough, np.sqrt(a + b), np.nan)
    difference = (won["mean"] - lost["mean"]).to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        free = (a + b) ** 2 / (a**2 / (n_won - 1) + b**2 / (n_lost - 1))
        p = 2 * stdtr(free, -np.abs(difference) / se)
        half = se * stdtrit(free, 0.5 + level / 2)
    certain = enough & (se == 0) & (difference != 0)
    p, half = np.where(certain, 0.0, p), np.where(certain, 0.0, half)
    return pd.DataFrame(
        {
            "n_won": n_won.astype(int),
            "n_lost": n_lost.astype(int),
            "mean_won": won["mean"],
            "mean_lost": lost["mean"],
            "difference": difference,
            "low": difference - half,
            "high": difference + half,
            "p": p,
            "p_holm": holm(p),
        },
        index=won.index,
    )


def holm(p: Floats) -> Floats:
    """p values for several tests at once; missing ones stay missing and don't count.

    Source: Holm 1979.

    >>> holm(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    out: Floats = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return out


def _verdicts(table: pd.DataFrame, spread: Floats, level: float) -> list[str]:
    """What a criterion is good for, row by row."""
    n_won, n_lost = table["n_won"].to_numpy(float), table["n_lost"].to_numpy(float)
    both = (n_won >= MIN_SIDE) & (n_lost >= MIN_SIDE)
    power = POWER * np.sqrt(share_of(1, n_won) + share_of(1, n_lost)) <= SEEN_DIFFERENCE
    away = (table["low"] > 0) | (table["high"] < 0)
    cases = [~both, spread == 0, table["p_holm"] < 1 - level, away, power]
    names = ["too_little_data", "same_for_all", "decides", "may_decide", "never_discriminates"]
    return list(np.select(cases, names, "too_little_data"))
