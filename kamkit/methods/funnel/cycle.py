"""How long deals take until they are decided, and how they end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN
from kamkit.methods.funnel.spells import OUTCOMES, deal_days
from kamkit.methods.funnel.survival import (
    ALL,
    Floats,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    survival_quantiles,
)
from kamkit.methods.measures import measure_row, measure_table

_KM, _AJ = "field:Kaplan & Meier 1958", "field:Aalen & Johansen 1978"
_FEWEST = 5
_GROUPS = [
    *("group", "deals", "won", "lost", "open", "median", "low", "high", "p25", "p75"),
    *("mean_to_horizon", "horizon", "won_median", "lost_median", "closed_mean"),
    *("closed_median", "variant", "origin"),
]
_OUTCOMES = [
    *("group", "days", "at_risk", "won", "lost", "open", "won_low", "won_high", "lost_low"),
    *("lost_high", "open_low", "open_high", "naive_won", "naive_lost"),
]


@dataclass(frozen=True)
class CycleTime:
    """The parts of :func:`cycle_time`.

    ``groups``: one row a group. ``measures``: overall measure table, with the log-rank test where
    there are groups. ``curves``: table of ``kaplan_meier`` by group (share not yet decided).
    """

    groups: pd.DataFrame
    measures: pd.DataFrame
    curves: pd.DataFrame


def cycle_time(history: DealHistory, *, by: str | None = None) -> CycleTime:
    """Days from creation until a deal is decided, with open deals counted as not yet decided.

    ``by``: a column of ``history.deals`` to compare groups by (deals without a value are left
    out of the groups). Beside it stands what is usually reported, the mean of closed deals: too
    short, because slow deals are still open.
    Returns :class:`CycleTime`. ``groups``: group, deals, won, lost, open, median (days until
    half are decided), low, high (95 %), p25, p75, mean_to_horizon (mean days, those beyond the
    horizon counted as the horizon), horizon (the longest observed days), won_median,
    lost_median (days by which half of those that end so have, from the competing-risk curves;
    only where the curve is known to nearly its end, else NaN), closed_mean, closed_median
    (biased), variant, origin. ``measures``: cycle_median, cycle_mean_to_horizon, closed_mean,
    closed_median, length_bias (closed_mean less cycle_mean_to_horizon, days), share_undecided,
    and with ``by`` log_rank_chi2, log_rank_p.
    Fewer than 5 decided deals: too_little_data, no percentiles. Raises KamkitError for an
    unknown column.
    Source: Kaplan & Meier 1958; Aalen & Johansen 1978; Mantel 1966.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("ABCDEF"), "created_on": "2025-01-01",
    ...     "closed_on": ["2025-01-11"] * 5 + [None], "status": ["won"] * 5 + ["open"]})
    >>> found = cycle_time(deal_history(deals, ladder=["offer"], as_of="2025-04-11"))
    >>> found.groups[["median", "mean_to_horizon", "closed_mean"]].iloc[0].round(3).tolist()
    [10.0, 25.0, 10.0]
    """
    days, code = deal_days(history)
    group = _group(history, by)
    curves = kaplan_meier(days, code != OPEN, group=group)
    shares = cumulative_incidence(days, np.array(OUTCOMES)[code], group=group)
    groups = _group_table(days, code, group, curves, shares)
    overall, whole = groups, curves
    if by is not None:
        whole = kaplan_meier(days, code != OPEN)
        cif = cumulative_incidence(days, np.array(OUTCOMES)[code])
        overall = _group_table(days, code, None, whole, cif)
    measures = _measures(overall, whole, len(days))
    if group is not None:
        known = pd.notna(group)
        test = log_rank(days[known], code[known] != OPEN, group[known])
        measures = pd.concat([measures, test], ignore_index=True)
    return CycleTime(groups, measures, curves)


def outcome_curves(history: DealHistory, *, by: str | None = None) -> pd.DataFrame:
    """Share of deals won, lost and still open by so many days from creation; they add to 1.

    Returns group, days, at_risk, won, lost, open (0–1), won_low, won_high, lost_low, lost_high,
    open_low, open_high (95 %, log-log), naive_won, naive_lost (1 − Kaplan–Meier with the other
    ending taken as open: too high, only to compare). One row a group and day.
    Source: Aalen & Johansen 1978; Satagopan et al. 2004.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("AB"), "created_on": "2025-01-01",
    ...     "closed_on": ["2025-01-11", "2025-01-21"], "status": ["won", "lost"]})
    >>> found = outcome_curves(deal_history(deals, ladder=["offer"], as_of="2025-04-11"))
    >>> found[["won", "lost", "open"]].to_numpy().tolist()
    [[0.0, 0.0, 1.0], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
    """
    days, code = deal_days(history)
    group = _group(history, by)
    shares = cumulative_incidence(days, np.array(OUTCOMES)[code], group=group)
    still = kaplan_meier(days, code != OPEN, group=group)
    won = shares[shares["ending"] == "won"].reset_index(drop=True)
    lost = shares[shares["ending"] == "lost"].reset_index(drop=True)
    out = won[["group", "days", "at_risk"]].copy()
    out["won"], out["lost"] = won["incidence"], lost["incidence"]
    out["open"] = (1.0 - out["won"] - out["lost"]).clip(lower=0.0)
    for name, part in (("won", won), ("lost", lost), ("open", still)):
        for end in ("low", "high"):
            out[f"{name}_{end}"] = part[end].to_numpy()
    out["naive_won"], out["naive_lost"] = won["naive"], lost["naive"]
    return out[_OUTCOMES]


def _group(history: DealHistory, by: str | None) -> np.ndarray | None:
    if by is None:
        return None
    need_columns(history.deals, "opportunities", [by])
    if by in ("status", "closed_on", "stage", "reason", "next_step"):
        # Known only in the end: deals that are still open can't be compared by it.
        raise KamkitError(Problem("group_known_late", "opportunities", by, value=by))
    return history.deals[by].astype(object).to_numpy()


def _group_table(
    days: np.ndarray,
    code: np.ndarray,
    group: np.ndarray | None,
    curves: pd.DataFrame,
    shares: pd.DataFrame,
) -> pd.DataFrame:
    names = [ALL] if group is None else list(pd.unique(curves["group"]))
    at = np.zeros(len(days), dtype=np.int64) if group is None else pd.Index(names).get_indexer(
        pd.Index(group)
    )  # fmt: skip
    counts = np.bincount((at * 3 + code)[at >= 0], minlength=3 * len(names)).reshape(-1, 3)
    quantiles = survival_quantiles(curves)
    rows = []
    parts = dict(tuple(curves.groupby("group", sort=False)))
    causes = dict(tuple(shares.groupby(["group", "ending"], sort=False)))
    for i, name in enumerate(names):
        n_open, won, lost = counts[i].tolist()
        row = {"group": name, "deals": n_open + won + lost, "won": won, "lost": lost}
        row |= {"open": n_open, "variant": "too_little_data", "origin": f"{_KM}; {_AJ}"}
        if won + lost >= _FEWEST:
            mine = quantiles[quantiles["group"] == name].set_index("share")
            middle = mine.loc[0.5]
            row |= {"median": middle["days"], "low": middle["low"], "high": middle["high"]}
            row |= {"p25": mine["days"].loc[0.25], "p75": mine["days"].loc[0.75]}
            row |= {"variant": "open_deals_counted"}
            mean, horizon = restricted_mean(parts[name])
            row |= {"mean_to_horizon": mean, "horizon": horizon}
            still = float(parts[name]["survival"].iloc[-1])
            row |= {
                f"{cause}_median": _half(causes[(name, cause)], still) for cause in ("won", "lost")
            }
        ended = days[(at == i) & (code != OPEN)]
        if len(ended):
            row |= {"closed_mean": float(ended.mean()), "closed_median": float(np.median(ended))}
        rows.append(row)
    return pd.DataFrame(rows, columns=_GROUPS)


def restricted_mean(curve: pd.DataFrame, horizon: float = np.nan) -> tuple[float, float]:
    """Area below a curve of one group up to the horizon (default: its last day), and it.

    >>> restricted_mean(kaplan_meier([10, 20], [1, 1]))
    (15.0, 20.0)
    """
    day, survival = curve["days"].to_numpy(float), curve["survival"].to_numpy(float)
    end = float(day[-1]) if np.isnan(horizon) else float(horizon)
    edges: Floats = np.minimum(np.append(day, max(end, float(day[-1]))), end)
    return float((survival * np.diff(edges)).sum()), end


def _half(curve: pd.DataFrame, still: float) -> float:
    """Day by which half of an ending's final share had come; NaN while more than 5 % are open."""
    share = curve["incidence"].to_numpy(float)
    if still > 0.05 or not share[-1] > 0:
        return float("nan")
    return float(curve["days"].to_numpy()[np.argmax(share >= share[-1] / 2)])


def _measures(overall: pd.DataFrame, curve: pd.DataFrame, deals: int) -> pd.DataFrame:
    row = overall.iloc[0]
    n, variant = deals, str(row["variant"])
    closed = int(row["won"] + row["lost"])
    biased = "closed_deals_only" if closed else "too_little_data"
    undecided = float(curve["survival"].iloc[-1]) if n else float("nan")
    bias = row["closed_mean"] - row["mean_to_horizon"]
    return measure_table(
        [
            measure_row(
                "cycle_median", row["median"], n, low=row["low"], high=row["high"],
                variant=variant, origin=_KM,
            ),
            measure_row(
                "cycle_mean_to_horizon", row["mean_to_horizon"], n, variant=variant, origin=_KM
            ),
            measure_row("closed_mean", row["closed_mean"], closed, variant=biased, origin="house"),
            measure_row(
                "closed_median", row["closed_median"], closed, variant=biased, origin="house"
            ),
            measure_row("length_bias", bias, n, variant=variant, origin="house"),
            measure_row("share_undecided", undecided, n, variant=variant, origin=_KM),
        ]
    )  # fmt: skip
