"""Bid economics: what a bid is expected to bring, and the chance from which it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import one_currency
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import ratio
from kamkit.methods.projects.beliefs import (
    STRENGTH,
    SURE,
    Floats,
    amount_draws,
    beliefs_table,
    chance_draws,
    clusters,
    pert_mean,
    spread,
)

_ORIGIN = "S146; field:Friedman 1956; house"


@dataclass(frozen=True)
class BidEconomics:
    """The parts of :func:`bid_economics`."""

    bids: pd.DataFrame
    curve: pd.DataFrame
    measures: pd.DataFrame


def bid_economics(
    bids: pd.DataFrame, *, strength: float = STRENGTH, draws: int = 20_000, seed: int = 0
) -> BidEconomics:
    """Expected gain of each bid – P(win) × margin − cost of bidding – and its break-even chance.

    Needs columns: bid_id, p (chance to win), margin_amount (money earned if won, after delivery),
    pursuit_cost (money still to be spent on the bid); optional: each with _low and _high (95 %
    for p, lowest and highest for money), p_cases (cases that p rests on, default ``strength``),
    spent (already spent: named, never counted), currency. Several prices for one bid are several
    rows: what p and margin are at each price.
    Returns ``bids`` (bid_id, p, p_low, p_high, margin_amount, pursuit_cost, gain, low, high: 95 %,
    break_even = cost ÷ margin, break_even_low, break_even_high, above = chance that the gain is
    above nil given all that isn't known, loss_if_lost, gain_if_won, return_on_cost, spent,
    decision: bid, no_bid, cannot_tell, best_share = share of draws in which it is the best of
    the list, cluster, status: ok, no_margin, no_figures, n, variant, origin);
    ``curve`` (bid_id, p 0–1 in steps of 0.02, gain, low, high: 95 % from margin and cost);
    ``measures`` (bids, gain_all, cost_all, bids_worth_it, bids_open).
    "bid" needs a chance of at least 80 % that the gain is above nil, "no_bid" at most 20 %.
    Without any range a figure is taken as sure, except p, which rests on ``strength`` cases.
    Raises KamkitError for chances outside 0–1, ranges in the wrong order, mixed currencies.
    Source: S146 (name only); Friedman 1956; PERT Malcolm et al. 1959; rule house.

    >>> bid = pd.DataFrame({"bid_id": ["B1"], "p": [0.4], "margin_amount": [500.0],
    ...                     "pursuit_cost": [50.0]})
    >>> bid_economics(bid, draws=500).bids[["gain", "break_even"]].values.tolist()
    [[150.0, 0.1]]
    """
    one_currency(bids, "bids")
    table = beliefs_table(
        bids, "bids", "bid_id", chances=("p",), amounts=("margin_amount", "pursuit_cost"),
        optional=("p_cases", "spent"),
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    p, margin, cost = _drawn(table, strength, rng, draws)
    gains = p * margin - cost
    out = _bids(table, gains, p, margin, cost)
    return BidEconomics(out, _curve(table, margin, cost), _measures(out))


def _drawn(
    table: pd.DataFrame, strength: float, rng: np.random.Generator, draws: int
) -> tuple[Floats, Floats, Floats]:
    def column(name: str) -> Floats:
        return table[name].to_numpy(float)

    cases = table["p_cases"].fillna(strength).to_numpy(float)
    p = chance_draws(
        np.nan_to_num(column("p")), column("p_low"), column("p_high"), cases, rng=rng, draws=draws
    )
    margin, cost = (
        amount_draws(column(n), column(f"{n}_low"), column(f"{n}_high"), rng=rng, draws=draws)
        for n in ("margin_amount", "pursuit_cost")
    )
    return np.where(table["p"].isna(), np.nan, p), margin, cost


def _means(table: pd.DataFrame) -> tuple[Floats, Floats]:
    margin, cost = (
        pert_mean(*(table[f"{n}{end}"].to_numpy(float) for end in ("", "_low", "_high")))
        for n in ("margin_amount", "pursuit_cost")
    )
    return margin, cost


def _bids(
    table: pd.DataFrame, gains: Floats, p: Floats, margin: Floats, cost: Floats
) -> pd.DataFrame:
    out = table.copy()
    mean_margin, mean_cost = _means(table)
    known = ~np.isnan(gains).any(axis=0)
    chance = table["p"].to_numpy(float)
    out["p_low"], out["p_high"] = spread(p)
    out["margin_amount"], out["pursuit_cost"] = mean_margin, mean_cost
    out["gain"] = chance * mean_margin - mean_cost
    out["low"], out["high"] = spread(gains)
    out["break_even"] = ratio(mean_cost, mean_margin)
    with np.errstate(invalid="ignore", divide="ignore"):
        lines = np.where(margin > 0, cost / np.where(margin > 0, margin, 1.0), np.inf)
    low, high = np.quantile(lines, [0.025, 0.975], axis=0, method="nearest")
    out["break_even_low"], out["break_even_high"] = low, high
    out.loc[~known, ["break_even_low", "break_even_high"]] = np.nan
    out["above"] = np.where(known, (gains > 0).mean(axis=0), np.nan)
    out["loss_if_lost"], out["gain_if_won"] = -mean_cost, mean_margin - mean_cost
    out["return_on_cost"] = ratio(out["gain"], mean_cost)
    out["decision"] = np.select(
        [~known, out["above"] >= SURE, out["above"] <= 1 - SURE], ["", "bid", "no_bid"],
        "cannot_tell",
    )  # fmt: skip
    out["best_share"], out["cluster"] = _best(gains, known)
    out["status"] = np.select([~known, mean_margin <= 0], ["no_figures", "no_margin"], "ok")
    out["n"] = table["p_cases"].to_numpy(float)
    out["variant"] = _variant(table)
    out["origin"] = _ORIGIN
    return out[_COLUMNS]


_COLUMNS = [
    *("bid_id", "p", "p_low", "p_high", "margin_amount", "pursuit_cost", "gain", "low", "high"),
    *("break_even", "break_even_low", "break_even_high", "above", "loss_if_lost", "gain_if_won"),
    *("return_on_cost", "spent", "decision", "best_share", "cluster", "status", "n"),
    *("variant", "origin"),
]


def _variant(table: pd.DataFrame) -> Any:
    """Where the uncertainty of p comes from."""
    given = table["p_low"].notna() & table["p_high"].notna()
    return np.select([given, table["p_cases"].notna()], ["chance_interval", "chance_cases"],
                     "chance_judged")  # fmt: skip


def _best(gains: Floats, known: Any) -> tuple[Floats, Any]:
    share = np.full(gains.shape[1], np.nan)
    cluster = np.zeros(gains.shape[1], dtype=np.int64)
    if known.any():
        best = np.argmax(gains[:, known], axis=1)
        share[known] = np.bincount(best, minlength=int(known.sum())) / len(gains)
        cluster[known] = clusters(gains[:, known])
    return share, cluster


def _curve(table: pd.DataFrame, margin: Floats, cost: Floats) -> pd.DataFrame:
    grid = np.round(np.arange(0, 1.0001, 0.02), 2)
    mean_margin, mean_cost = _means(table)
    parts = []
    for i, key in enumerate(table["bid_id"]):
        line = grid[None, :] * margin[:, [i]] - cost[:, [i]]
        low, high = spread(line)
        parts.append(pd.DataFrame({
            "bid_id": key, "p": grid, "gain": grid * mean_margin[i] - mean_cost[i],
            "low": low, "high": high,
        }))  # fmt: skip
    columns = ["bid_id", "p", "gain", "low", "high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _measures(out: pd.DataFrame) -> pd.DataFrame:
    known = out[out["status"] != "no_figures"]
    n = len(known)
    how = "expected_gain" if n else "too_little_data"
    worth = known[known["decision"] == "bid"]
    open_ = known[known["decision"] == "cannot_tell"]

    def row(key: str, value: float) -> dict[str, Any]:
        return measure_row(key, value if n else np.nan, n, variant=how, origin=_ORIGIN)

    return measure_table(
        [
            row("bids_counted", n),
            row("bids_gain", float(worth["gain"].sum())),
            row("bids_cost", float(worth["pursuit_cost"].sum())),
            row("bids_worth_it", len(worth)),
            row("bids_open", len(open_)),
        ]
    )
