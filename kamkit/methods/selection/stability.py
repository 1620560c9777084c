"""How stable is a ranking: shares of weightings in which an account stays key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.selection.draws import MODELS, dirichlet_concentration
from kamkit.methods.selection.figures import (
    Floats,
    joined,
    measure_row,
    measure_table,
    need_choice,
    rank_column,
    tie_ranks,
)
from kamkit.methods.selection.flips import account_flips
from kamkit.methods.selection.smaa import Counts, Model, Singles, acceptability_counts
from kamkit.methods.selection.switches import Decision, decision
from kamkit.methods.selection.weights import Weights
from kamkit.methods.shares import wilson, wilson_ends

ACCOUNT_COLUMNS = [
    "account_id", "score", "rank", "in_top_k", "member_share", "mc_se", "low", "high", "verdict",
    "group", "k", "draws", "variant", "origin",
]  # fmt: skip
_ORIGIN = "field:Lahdelma, Hokkanen & Salminen 1998"
_SURE = 0.95


@dataclass(frozen=True)
class Acceptability:
    """Who stays key over many weightings, who holds which rank, and what would flip it."""

    accounts: pd.DataFrame
    ranks: pd.DataFrame
    flips: pd.DataFrame
    summary: pd.DataFrame


def _groups(sample: Singles, scores: Floats) -> pd.Series:
    """From the top: all that the leader beats in under 95 % of the draws stand in its group."""
    groups = np.zeros(len(scores), dtype=np.int64)
    leader, number = -1, 0
    for i in np.argsort(-scores, kind="stable"):
        if leader < 0 or (sample[:, leader] > sample[:, i]).mean() >= _SURE:
            leader, number = int(i), number + 1
        groups[i] = number
    return rank_column(groups)


def _accounts(task: Decision, counts: Counts, k: int, draws: int, variant: str) -> pd.DataFrame:
    scores = task.scores()
    ranks = tie_ranks(scores, 1e-6)
    share = counts.member / draws
    low, high = wilson(counts.member, draws)
    table = pd.DataFrame(
        {
            "account_id": task.ids,
            "score": scores,
            "rank": rank_column(ranks),
            "in_top_k": ranks <= k,
            "member_share": share,
            "mc_se": np.sqrt(share * (1 - share) / draws),
            "low": low,
            "high": high,
            "verdict": np.select(
                [low >= _SURE, high <= 1 - _SURE], ["stays_in", "stays_out"], "open"
            ),
            "group": _groups(counts.sample, scores),
            "k": k,
            "draws": draws,
            "variant": variant,
            "origin": _ORIGIN,
        }
    )
    order = ["score", "member_share", "account_id"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def _rank_rows(task: Decision, counts: Counts, draws: int) -> pd.DataFrame:
    held = counts.ranks / draws
    table = pd.DataFrame(
        {
            "account_id": np.repeat(np.array(task.ids, dtype=object), held.shape[1]),
            "rank": np.tile(np.arange(1, held.shape[1] + 1), len(held)),
            "share": held.ravel(),
        }
    ).astype({"account_id": "str"})
    table["mc_se"] = np.sqrt(table["share"] * (1 - table["share"]) / draws)
    place = {
        a: i for i, a in enumerate(np.array(task.ids)[np.argsort(-task.scores(), kind="stable")])
    }
    return table.sort_values(
        ["account_id", "rank"],
        key=lambda s: s.map(place) if s.name == "account_id" else s,
        ignore_index=True,
    )


def rank_acceptability(
    values: pd.DataFrame,
    weights: Weights,
    *,
    k: int,
    model: str = "dirichlet",
    weight_cv: float = 0.3,
    concentration: float | None = None,
    errors: pd.DataFrame | None = None,
    draws: int = 10_000,
    ranks: int = 10,
    seed: int = 1,
) -> Acceptability:
    """In how many weightings does each account stay among the first ``k``?

    Parameters
    ----------
    values : account_id and one column per criterion (0–100), as ``CriteriaScores.values``; a
        missing value lets the rated criteria share the weight.
    weights : the judged weights.
    model : "dirichlet" (around the judged weights), "uniform" (any weighting), "rank_order"
        (any weighting that keeps the judged order).
    weight_cv : for "dirichlet": how much a weight of average size varies, as a share of itself
        (0.3 = ±30 % standard deviation); or give the ``concentration`` itself.
    errors : standard errors of the values (see :func:`rating_errors`); ratings then vary too
        (normal, not clipped at the scale ends).
    draws, seed, ranks : Monte-Carlo size, its seed, and how many first ranks are counted.

    Returns
    -------
    Acceptability with
    accounts: account_id, score, rank, in_top_k (ties at the cut are all in), member_share (0–1),
    mc_se, low, high (Wilson 95 % for the Monte-Carlo error only), verdict (stays_in, stays_out,
    open: 95 % / 5 %), group (cannot be separated from its leader in 95 % of the draws), k, draws,
    variant, origin; best first;
    ranks: account_id, rank, share, mc_se; flips: see :func:`account_flips`;
    summary: measure table with draws, concentration, same_top_k (share of draws that keep the
    whole set), accounts_stays_in, accounts_open.

    Source: Lahdelma, Hokkanen & Salminen 1998; Triantaphyllou & Sanchez 1997; limits `house`.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "x": [100.0, 50.0], "y": [20.0, 50.0]})
    >>> result = rank_acceptability(table, {"x": 0.5, "y": 0.5}, k=1, model="uniform")
    >>> result.accounts.set_index("account_id")["member_share"].round(2)["A"].item()
    0.63
    """
    need_choice(model, "model", MODELS)
    task = decision(values, weights)
    if k < 1 or draws < 1:
        raise KamkitError(Problem("k_too_small", column="k, draws", value=min(k, draws)))
    live = int((task.weights > 0).sum())
    if concentration is None:
        concentration = dirichlet_concentration(live, weight_cv) if live > 1 else 1.0
    if concentration <= 0:
        raise KamkitError(Problem("weight_cv_range", column="concentration", value=concentration))
    variant = joined(f"smaa_{model}", "ratings_vary" if errors is not None else "")
    if not task.ids:
        return _nothing(k, variant)
    noise = None if errors is None else _aligned(errors, task)
    n = len(task.ids)
    counts = acceptability_counts(
        task.values,
        Model(task.weights, model, concentration, noise),
        k=min(k, n),
        draws=draws,
        seed=seed,
        ranks=min(ranks, n),
        sample=min(draws, 4000),
    )
    accounts = _accounts(task, counts, k, draws, variant)
    return Acceptability(
        accounts=accounts,
        ranks=_rank_rows(task, counts, draws),
        flips=account_flips(values, weights, k=k),
        summary=_summary(accounts, counts, draws, concentration, variant, model),
    )


def _summary(
    accounts: pd.DataFrame,
    counts: Counts,
    draws: int,
    concentration: float,
    variant: str,
    model: str,
) -> pd.DataFrame:
    n = len(accounts)
    low, high = wilson_ends(counts.same_set, draws)
    rows = [measure_row("draws", draws, n, variant=variant, origin="house")]
    if model == "dirichlet":
        rows.append(measure_row("concentration", concentration, n, variant=variant, origin="house"))
    rows.append(
        measure_row(
            "same_top_k", counts.same_set / draws, n, low=low, high=high,
            variant=variant, origin=_ORIGIN,
        )
    )  # fmt: skip
    for verdict in ("stays_in", "open"):
        hit = (accounts["verdict"] == verdict).sum()
        rows.append(measure_row(f"accounts_{verdict}", hit, n, variant=variant, origin="house"))
    return measure_table(rows)


def _nothing(k: int, variant: str) -> Acceptability:
    why = joined("too_little_data", variant)
    return Acceptability(
        accounts=pd.DataFrame(columns=ACCOUNT_COLUMNS),
        ranks=pd.DataFrame(columns=["account_id", "rank", "share", "mc_se"]),
        flips=account_flips(pd.DataFrame({"account_id": []}), {}, k=k),
        summary=measure_table([measure_row("same_top_k", np.nan, 0, variant=why, origin=_ORIGIN)]),
    )


def _aligned(errors: pd.DataFrame, task: Decision) -> Floats:
    absent = [c for c in ["account_id", *task.criteria] if c not in errors.columns]
    KamkitError.collect(Problem("missing_column", table="errors", column=c) for c in absent)
    table = errors.assign(account_id=errors["account_id"].astype(str)).set_index("account_id")
    return table.reindex(task.ids)[task.criteria].astype(float).to_numpy(float)
