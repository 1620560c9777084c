"""Survival arithmetic for deals: Kaplan–Meier, competing risks, log-rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc, ndtri

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALL = "all"
_KM = "field:Kaplan & Meier 1958"
_SHOWN, _MOST_DAYS = 20, 100_000
_CURVE = ["group", "days", "at_risk", "events", "censored", "survival", "se", "low", "high"]
_INCIDENCE = [
    *("group", "ending", "days", "at_risk", "events", "incidence", "se", "low", "high", "naive"),
]


def kaplan_meier(
    days: Any,
    event: Any,
    *,
    group: Any = None,
    entry: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share still without the event after so many days; open cases count as long as they lasted.

    Needs arrays of one length: ``days`` (from 0 up), ``event`` (true where it happened, false
    where the case was still open), optionally ``group`` and ``entry`` (the day of its age on
    which a case came into view; before it, it isn't at risk: left truncation). Cases that left
    on the day they came into view tell nothing and are left out.
    Returns one row a group and day on which something ended, from day 0 on: group, days, at_risk,
    events, censored (cases), survival (0–1), se (Greenwood), low, high (log-log interval).
    Raises KamkitError for a duration that is missing or negative.
    Source: Kaplan & Meier 1958; Greenwood 1926; Kalbfleisch & Prentice 2002 (log-log interval).

    >>> kaplan_meier([6, 6, 9, 12], [1, 0, 1, 0]).survival.tolist()
    [1.0, 0.75, 0.375, 0.375]
    """
    cases = _cases(days, np.asarray(event).astype(bool).astype(np.int64), group, entry)
    parts = []
    for name, part in _by_group(cases):
        times, risk, ended = risk_table(part, 1)
        survival, low, high, se = _km(risk, ended[:, 1], level)
        parts.append(
            {
                "group": name, "days": times, "at_risk": risk, "events": ended[:, 1],
                "censored": ended[:, 0], "survival": survival, "se": se, "low": low, "high": high,
            }
        )  # fmt: skip
    return _stack(parts, _CURVE)


def cumulative_incidence(
    days: Any,
    cause: Any,
    *,
    causes: Sequence[Any] = ("won", "lost"),
    group: Any = None,
    entry: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Chance of each ending by so many days, where one ending rules out the others.

    Needs ``days`` and ``cause`` of one length; whatever isn't one of ``causes`` counts as still
    open. ``group``, ``entry`` as in :func:`kaplan_meier`.
    Returns one row a group, ending and day from day 0 on: group, ending, days, at_risk, events (of
    this ending), incidence (0–1), se, low, high (log-log), naive. The incidences of all causes
    and the share still open add to 1. ``naive`` is 1 − Kaplan–Meier with the other endings taken
    as open: too high, and shown only to be compared.
    Source: Aalen & Johansen 1978; Marubini & Valsecchi 1995 (variance); Putter et al. 2007.

    >>> cumulative_incidence([5, 8], ["won", "lost"]).query("days == 8").incidence.tolist()
    [0.5, 0.5]
    """
    codes = np.zeros(len(days), dtype=np.int64)
    names = np.asarray(cause, dtype=object) if not isinstance(cause, np.ndarray) else cause
    for i, name in enumerate(causes, start=1):
        codes[np.asarray(names == name, dtype=bool)] = i
    parts = []
    for label, part in _by_group(_cases(days, codes, group, entry)):
        times, risk, ended = risk_table(part, len(causes))
        for i, name in enumerate(causes, start=1):
            share, se = incidence(risk, ended[:, 1:], i - 1)
            low, high = _log_log(share, se, level)
            parts.append(
                {
                    "group": label, "ending": name, "days": times, "at_risk": risk,
                    "events": ended[:, i], "incidence": share, "se": se, "low": low, "high": high,
                    "naive": 1.0 - _km(risk, ended[:, i], level)[0],
                }
            )  # fmt: skip
    return _stack(parts, _INCIDENCE)


def survival_quantiles(
    curve: pd.DataFrame, shares: Sequence[float] = (0.25, 0.5, 0.75)
) -> pd.DataFrame:
    """Days by which a share of all cases had the event, read off a Kaplan–Meier curve.

    Needs a table of :func:`kaplan_meier`. Returns group, share (0–1), days, low, high, n (cases
    at the start), events. Days are the first on which the curve is at or below 1 − share, NaN
    where it never gets there; the interval is where the band crosses (Brookmeyer & Crowley 1982).

    >>> survival_quantiles(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]), [0.5]).days.tolist()
    [2.0]
    """
    rows = []
    for name, part in curve.groupby("group", sort=False, observed=True):
        days = part["days"].to_numpy(float)
        for share in shares:
            ends = [_first(days, part[c].to_numpy(float), 1.0 - share) for c in _BAND]
            rows.append(
                {
                    "group": name, "share": share, "days": ends[0], "low": ends[1],
                    "high": ends[2], "n": int(part["at_risk"].max()),
                    "events": int(part["events"].sum()),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "share", "days", "low", "high", "n", "events"])


_BAND = ("survival", "low", "high")


def _first(days: Floats, values: Floats, limit: float) -> float:
    hit = np.flatnonzero(values <= limit + 1e-12)
    return float(days[hit[0]]) if len(hit) else float("nan")


def log_rank(days: Any, event: Any, group: Any, *, entry: Any = None) -> pd.DataFrame:
    """Test whether groups have one and the same curve.

    Needs arrays as :func:`kaplan_meier`. Returns a measure table: log_rank_chi2, log_rank_p
    (n: cases; variant ``log_rank``, or too_little_data with fewer than two groups or no event).
    Source: Mantel 1966; Peto & Peto 1972.

    >>> log_rank([1, 2, 8, 9], [1, 1, 1, 1], ["A", "A", "B", "B"]).value.round(3).tolist()
    [2.882, 0.09]
    """
    cases = _cases(days, np.asarray(event).astype(bool).astype(np.int64), group, entry)
    groups = len(cases.names)
    times, at = np.unique(cases.days, return_inverse=True)
    shape = (len(times), groups)
    cell = at * groups + cases.group
    size = shape[0] * groups
    ended = np.bincount(cell[cases.code == 1], minlength=size).reshape(shape)
    leaving = np.bincount(cell, minlength=size).reshape(shape)
    risk = leaving[::-1].cumsum(axis=0)[::-1] - _not_yet(cases, times, groups)
    chi2, df = _log_rank(risk.astype(float), ended.astype(float))
    variant = "log_rank" if df else "too_little_data"
    p = float(chdtrc(df, chi2)) if df else float("nan")
    origin = "field:Mantel 1966; field:Peto & Peto 1972"
    n = len(cases.days)
    return measure_table(
        [
            measure_row("log_rank_chi2", chi2, n, variant=variant, origin=origin),
            measure_row("log_rank_p", p, n, variant=variant, origin=origin),
        ]
    )


class Cases:
    """Checked durations: day of the ending, code of the ending (0 open), group, entry."""

    def __init__(
        self, days: Floats, code: Ints, group: Ints, names: list[Any], entry: Floats | None
    ) -> None:
        self.days, self.code, self.group, self.names, self.entry = days, code, group, names, entry

    def take(self, at: Any) -> Cases:
        """These cases only."""
        entry = None if self.entry is None else self.entry[at]
        return Cases(self.days[at], self.code[at], self.group[at], self.names, entry)


def _cases(days: Any, code: Ints, group: Any, entry: Any) -> Cases:
    time = np.asarray(days, dtype=float)
    bad = np.flatnonzero(~(time >= 0) | ~np.isfinite(time))
    KamkitError.collect(
        Problem(
            "out_of_range",
            "durations",
            "days",
            int(i) + 1,
            float(time[i]),
            details={"allowed": "≥ 0"},
        )  # fmt: skip
        for i in bad[:_SHOWN]
    )
    if group is None:
        codes, names = np.zeros(len(time), dtype=np.int64), [ALL]
    else:
        found, uniques = pd.factorize(pd.Series(np.asarray(group)), sort=True)
        codes, names = np.asarray(found, dtype=np.int64), list(uniques)
    first = None if entry is None else np.nan_to_num(np.asarray(entry, dtype=float), nan=0.0)
    cases = Cases(time, code, codes, names, first)
    keep = codes >= 0
    if first is not None:
        keep &= (first < time) | (first <= 0)
    return cases if keep.all() else cases.take(keep)


def _by_group(cases: Cases) -> Iterator[tuple[Any, Cases]]:
    if len(cases.names) == 1:
        yield cases.names[0], cases
        return
    order = np.argsort(cases.group, kind="stable")
    ends = np.searchsorted(cases.group[order], np.arange(len(cases.names) + 1))
    for i, name in enumerate(cases.names):
        if ends[i + 1] > ends[i]:
            yield name, cases.take(order[ends[i] : ends[i + 1]])


def risk_table(cases: Cases, causes: int) -> tuple[Floats, Ints, Ints]:
    """Distinct days from 0 on, cases at risk on each, and endings by code (0 is open)."""
    whole = cases.days.astype(np.int64)
    if len(whole) and whole.max() <= _MOST_DAYS and bool((whole == cases.days).all()):
        # Whole days are counted without sorting: millions of stays take a blink.
        size = int(whole.max()) + 1
        ended = np.bincount(whole * (causes + 1) + cases.code, minlength=size * (causes + 1))
        ended = ended.reshape(size, causes + 1)
        some = np.asarray(ended.sum(axis=1) > 0)
        some[0] = True
        times, ended = np.flatnonzero(some).astype(float), ended[some]
    else:
        times, at = np.unique(np.append(cases.days, 0.0), return_inverse=True)
        cell = at[:-1] * (causes + 1) + cases.code
        ended = np.bincount(cell, minlength=len(times) * (causes + 1)).reshape(len(times), -1)
    risk = ended.sum(axis=1)[::-1].cumsum()[::-1] - _not_yet(cases, times, 1)[:, 0]
    return times, risk.astype(np.int64), ended.astype(np.int64)


def _not_yet(cases: Cases, times: Floats, groups: int) -> Ints:
    """How many cases of each group came into view only on or after each day."""
    out = np.zeros((len(times), groups), dtype=np.int64)
    if cases.entry is None:
        return out
    for g in range(groups):
        entry = cases.entry if groups == 1 else cases.entry[cases.group == g]
        late = np.sort(entry[entry > 0])
        out[:, g] = len(late) - np.searchsorted(late, times, side="left")
    return out


def _km(risk: Ints, events: Ints, level: float) -> tuple[Floats, Floats, Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.where(risk > 0, 1.0 - events / np.maximum(risk, 1), 1.0)
        survival: Floats = np.cumprod(step, dtype=float)
        left = (risk - events).astype(float)
        terms = np.where(events > 0, events / (np.maximum(risk, 1) * left), 0.0)
        se = survival * np.sqrt(np.cumsum(terms))
    gone = np.asarray(survival <= 0)
    se = np.where(gone, np.nan, se)
    low, high = _log_log(survival, se, level)
    if gone.any():
        # The formula ends where nobody is left: the last upper limit stays in force.
        first = int(np.argmax(gone))
        low[gone], high[gone] = 0.0, high[first - 1] if first else 1.0
    return survival, low, high, se


def _log_log(share: Floats, se: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of a share on the log(−log) scale, which never leaves 0–1."""
    z = float(ndtri(0.5 + level / 2))
    inside = (share > 0) & (share < 1) & np.isfinite(se)
    safe = np.where(inside, share, 0.5)
    width = z * np.where(inside, se, 0.0) / (safe * np.abs(np.log(safe)))
    low = np.where(inside, safe ** np.exp(np.minimum(width, 700.0)), share)
    high = np.where(inside, safe ** np.exp(-width), share)
    return low, high


def incidence(risk: Ints, ended: Ints, cause: int) -> tuple[Floats, Floats]:
    """Aalen–Johansen incidence of one cause and its standard error, from a risk table.

    >>> incidence(np.array([4, 2]), np.array([[1, 1], [1, 0]]), 0)[0].tolist()
    [0.25, 0.5]
    """
    n = np.maximum(risk, 1).astype(float)
    total, mine = ended.sum(axis=1).astype(float), ended[:, cause].astype(float)
    survival = np.cumprod(1.0 - total / n)
    before = np.concatenate([[1.0], survival[:-1]])
    share: Floats = np.minimum(np.cumsum(before * mine / n, dtype=float), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # On the last day with nobody left the factor F(t) − F(t_j) is 0: the term drops out.
        first = np.where((total > 0) & (n > total), total / (n * (n - total)), 0.0)
    second = before**2 * (n - mine) * mine / n**3
    third = before * mine / n**2
    variance = (
        share**2 * np.cumsum(first)
        - 2 * share * np.cumsum(share * first)
        + np.cumsum(share**2 * first)
        + np.cumsum(second)
        - 2 * (share * np.cumsum(third) - np.cumsum(share * third))
    )
    return share, np.sqrt(np.maximum(variance, 0.0))


def _log_rank(risk: Floats, ended: Floats) -> tuple[float, int]:
    n, d = risk.sum(axis=1), ended.sum(axis=1)
    use = (d > 0) & (n > 0)
    risk, ended, n, d = risk[use], ended[use], n[use], d[use]
    seen = (risk.sum(axis=0) > 0) if len(risk) else np.zeros(risk.shape[1], dtype=bool)
    risk, ended = risk[:, seen], ended[:, seen]
    if seen.sum() < 2:
        return float("nan"), 0
    share = risk / n[:, None]
    gap = (ended - d[:, None] * share).sum(axis=0)[:-1]
    factor = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    cover = np.diag((factor[:, None] * share).sum(axis=0)) - (factor[:, None] * share).T @ share
    cover = cover[:-1, :-1]
    df = int(np.linalg.matrix_rank(cover))
    if not df:
        return float("nan"), 0
    return float(gap @ np.linalg.pinv(cover) @ gap), df


def _stack(parts: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame({c: pd.Series(dtype=object if c in _WORDS else float) for c in columns})
    frames = [pd.DataFrame(part, columns=columns) for part in parts]
    return pd.concat(frames, ignore_index=True)


_WORDS = ("group", "ending")
