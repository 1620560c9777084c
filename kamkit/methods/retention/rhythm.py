"""How unusual a silence is, measured against an account's own rhythm."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaincinv

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RHYTHM_COLUMNS = ["account_id", "days_silent", "usual_gap", "gaps", "last_on", "chance", "basis"]
OWN_FROM = 3  # house: gaps below which the account's own shape says nothing of itself
PRIOR = 0.5  # house: the company's usual gap counts as half a gap of the account
QUANTILES = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)


def day_numbers(dates: pd.Series) -> Ints:
    """Days since 1970-01-01 of dates without hours and without gaps."""
    return dates.to_numpy("datetime64[D]").astype(np.int64)


def rhythm(
    events: pd.DataFrame, day: pd.Timestamp, *, years: float = 3, few: float = 10
) -> pd.DataFrame:
    """Days since the last event of each account, and how rare so many are for it.

    Needs columns: account_id, date (no missing cells; rows after ``day`` are ignored). Several
    events of one day are one. Gaps of the last ``years`` count.

    ``chance`` is the chance that, on a day picked at random while the account keeps its rhythm,
    the last event lies so far back or further: the tail of the backward recurrence time, which
    long gaps dominate, not the share of gaps that are longer. It mixes gamma gaps of the
    account's own mean and spread with, as far as it has few, the gaps of all accounts, each
    divided by its account's mean: the common shape counts as ``few`` gaps do. The account's mean
    is uncertain in both: one or two gaps prove little, however long the silence. On random days
    of simulated steady accounts a chance of 2 % came on 1 to 2 % of the days where gaps were
    regular or purely random, on up to 4 % where orders came in bursts.

    Returns columns: account_id, days_silent, usual_gap (days, mean), gaps (number), last_on,
    chance (0–1; NaN where no gap is known of anybody, or the account has a single event day),
    basis (own, pooled, none). One row per account that had an event by then.
    Source: Cox 1962 (recurrence times); pooling house.

    >>> days = pd.date_range("2025-01-01", periods=13, freq="30D")
    >>> orders = pd.DataFrame({"account_id": "A", "date": days})
    >>> rhythm(orders, pd.Timestamp("2026-04-26"))[["days_silent", "usual_gap"]].values.tolist()
    [[120.0, 30.0]]
    """
    today = int(np.datetime64(day, "D").astype(np.int64))
    account, days, names = _event_days(events, today)
    if not len(names):
        return pd.DataFrame(columns=RHYTHM_COLUMNS)
    last = np.zeros(len(names), dtype=np.int64)
    last[account] = days  # sorted: the last one of each account stays
    same = account[1:] == account[:-1]
    begun = days[:-1][same] >= today - round(365.25 * years)
    owner = account[1:][same][begun]
    gap = (days[1:] - days[:-1])[same][begun].astype(float)
    number = np.bincount(owner, minlength=len(names)).astype(float)
    total = np.asarray(np.bincount(owner, gap, len(names)), dtype=float)
    silent = (today - last).astype(float)
    usual, middle = _usual(total, number)
    chance = np.full(len(names), np.nan)
    weight = np.where(number >= OWN_FROM, number / (number + few), 0.0)
    some = number > 0
    if some.any():
        shape = _scaled(gap, owner, total, number)
        common = _common_tail(shape, silent, total + PRIOR * middle, number + PRIOR)
        own = _own_tail(gap, owner, silent, total, number, few)
        mixed = weight * np.where(number >= OWN_FROM, own, 0.0) + (1 - weight) * common
        chance[some] = mixed[some]
    basis = np.where(~some, "none", np.where(weight >= 0.5, "own", "pooled"))
    return pd.DataFrame(
        {
            "account_id": names,
            "days_silent": silent,
            "usual_gap": np.where(some, usual, np.nan),
            "gaps": number.astype(np.int64),
            "last_on": last.astype("datetime64[D]").astype("datetime64[us]"),
            "chance": chance,
            "basis": basis,
        }
    )


def _event_days(events: pd.DataFrame, today: int) -> tuple[Ints, Ints, NDArray[np.object_]]:
    """Distinct event days up to today, by account and day; accounts in order of their ids."""
    days = day_numbers(events["date"])
    codes, names = pd.factorize(events["account_id"], sort=True)
    keep = (days <= today) & (codes >= 0)
    codes, days = codes[keep].astype(np.int64), days[keep]
    if not len(days):
        return codes, days, np.array([], dtype=object)
    base = days.min()
    span = int(days.max() - base) + 1
    flat = np.unique(codes * span + (days - base))
    account, days = flat // span, flat % span + base
    used, account = np.unique(account, return_inverse=True)
    return account, days, np.asarray(names, dtype=object)[used]


def _usual(total: Floats, number: Floats) -> tuple[Floats, float]:
    """Mean gap of each account, with a little of the median account's mean; and that median."""
    some = number > 0
    means = total[some] / number[some]
    middle = float(np.median(means)) if len(means) else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        usual: Floats = np.where(
            number >= OWN_FROM, total / number, (total + PRIOR * middle) / (number + PRIOR)
        )
    return np.maximum(usual, 1.0), middle


def _common_tail(shape: Floats, silent: Floats, total: Floats, number: Floats) -> Floats:
    """The common tail at a silence, over what an account's mean gap may be given its few gaps."""
    parts = [_tail(shape, silent * gammaincinv(number, u) / total) for u in QUANTILES]
    mean: Floats = np.mean(parts, axis=0)
    return mean


def _scaled(gap: Floats, owner: Ints, total: Floats, number: Floats) -> Floats:
    """Gaps divided by their account's mean, of accounts with some; else of all, by the median."""
    enough = number[owner] >= OWN_FROM
    if enough.any():
        mean = total[owner[enough]] / number[owner[enough]]
        return np.sort(gap[enough] / np.maximum(mean, 1e-9))
    return np.sort(gap / max(float(np.median(gap)), 1.0))


def _tail(sorted_gaps: Floats, at: Floats) -> Floats:
    """Chance that a random day lies ``at`` or more after the last event: Σ(g − at)+ / Σ g."""
    total = float(sorted_gaps.sum())
    if total <= 0:
        return np.ones(len(at))
    above = np.append(np.cumsum(sorted_gaps[::-1])[::-1], 0.0)
    place = np.searchsorted(sorted_gaps, at, side="right")
    rest = above[place] - at * (len(sorted_gaps) - place)
    return np.clip(rest / total, 0.0, 1.0)


def _own_tail(
    gap: Floats, owner: Ints, silent: Floats, total: Floats, number: Floats, few: float
) -> Floats:
    """The tail of gamma gaps with the account's own mean and its own spread, drawn to the common.

    Not the account's observed gaps: the longest of some fifty is no bound for the next one.
    """
    size = len(silent)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        off = np.bincount(owner, (gap / mean[owner] - 1) ** 2, size)
    free = np.maximum(number - 1, 0)
    pooled = float(off.sum() / free.sum()) if free.sum() > 0 else 1.0
    spread = (off + few * pooled) / (free + few)
    shape = np.clip(1 / np.maximum(spread, 1e-9), 0.2, 50.0)
    known = np.maximum(number, OWN_FROM)
    tails = []
    for u in QUANTILES:
        # The mean of so many gaps of this shape is uncertain by a gamma distribution too.
        rate = gammaincinv(known * shape, u) / (known * shape)
        at = silent / np.where(mean > 0, mean, 1.0) * rate
        tails.append(gammaincc(shape + 1, at * shape) - at * gammaincc(shape, at * shape))
    tail: Floats = np.clip(np.mean(tails, axis=0), 0.0, 1.0)
    return tail
