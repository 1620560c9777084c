"""The figures of a backtest: each with its interval and the number of losses behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from kamkit.methods.forecast.scores import brier_parts
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.retention.cluster_shares import (
    NAN,
    auc_by_day,
    bootstrap_sums,
    clustered_share,
)
from kamkit.methods.shares import share_of, wilson

CALIBRATION_COLUMNS = [
    *("score_low", "score_high", "n", "accounts", "mean_score", "lost", "observed", "low", "high"),
    *("off", "variant", "origin"),
]
LEAD_COLUMNS = ["account_id", "lost_on", "first_alarm", "lead_days", "days_seen"]
MOST_VALUES, GROUPS = 8, 5
_AUC = "field:DeLong et al. 1988; field:Obuchowski 1997"
_WILSON = "field:Wilson 1927; field:Kish 1965"


def lead_times(cases: pd.DataFrame, by_alarm: bool) -> pd.DataFrame:
    """Days between the first warning within the horizon and each loss.

    A warning is an alarm or, without a threshold, a place among the highest of the day (of ties
    at the border at least half). Needs the cases of a backtest. Returns columns: account_id,
    lost_on, first_alarm, lead_days, days_seen.

    >>> from kamkit.methods.retention.backtest import CASE_COLUMNS
    >>> len(lead_times(pd.DataFrame(columns=CASE_COLUMNS), True))
    0
    """
    before = cases[cases["lost"].astype(bool)]
    if not len(before):
        return pd.DataFrame(columns=LEAD_COLUMNS)
    warned = before["alarm"].astype(bool) if by_alarm else before["top"] >= 0.5
    keys = ["account_id", "lost_on"]
    seen = before.groupby(keys)["day"].size().rename("days_seen")
    first = before[warned].groupby(keys)["day"].min().rename("first_alarm")
    out = seen.to_frame().join(first).reset_index()
    out["first_alarm"] = pd.to_datetime(out["first_alarm"])
    out["lead_days"] = (out["lost_on"] - out["first_alarm"]).dt.days.astype(float)
    return out.sort_values(["lost_on", "account_id"], ignore_index=True)[LEAD_COLUMNS]


def score_table(
    cases: pd.DataFrame, leads: pd.DataFrame, *, probability: bool, with_alarm: bool,
    level: float, draws: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Measure table of a backtest (see ``ScoreBacktest``)."""
    lost = cases["lost"].to_numpy(bool)
    codes = pd.factorize(cases["account_id"], sort=True)[0].astype(np.int64)
    accounts, events, n = int(codes.max()) + 1 if len(codes) else 0, len(leads), len(cases)
    few = "" if n else "too_little_data"
    share, low, high = clustered_share(lost, np.ones(n), codes, level)
    value, auc_low, auc_high, _ = auc_by_day(
        cases["score"], lost, cases["day"].to_numpy(), codes, events=events, level=level
    )
    rows = [
        measure_row("losses_foretellable", events, accounts, variant=few, origin="house"),
        measure_row("account_days", n, accounts, variant=few, origin="house"),
        measure_row("base_rate", share, n, low=low, high=high,
                    variant=few or "wilson_clustered", origin=_WILSON),
        measure_row("auc", value, events, low=auc_low, high=auc_high,
                    variant="delong_clustered" if value == value else "too_little_data",
                    origin=_AUC),
    ]  # fmt: skip
    flags = [("top", cases["top"].to_numpy(float))]
    if with_alarm:
        flags.append(("alarm", cases["alarm"].to_numpy(float)))
    for name, flag in flags:
        rows += _flag_rows(name, flag, cases, codes, share, level, draws, seed)
    rows.append(_lead_row(leads, level))
    if probability:
        rows += _chance_rows(cases, codes, draws, seed, level)
    return measure_table(rows)


def _flag_rows(
    name: str, flag: NDArray[np.float64], cases: pd.DataFrame, codes: NDArray[np.int64],
    base: float, level: float, draws: int, seed: int,
) -> list[dict[str, Any]]:  # fmt: skip
    lost = cases["lost"].to_numpy(float)
    rows = []
    for measure, hits, weight in (
        ("precision", flag * lost, flag),
        ("false_alarm", flag * (1 - lost), 1 - lost),
    ):
        value, low, high = clustered_share(hits, weight, codes, level)
        how = "wilson_clustered" if value == value else "too_little_data"
        n = int(round(float(weight.sum())))
        rows.append(measure_row(f"{measure}_{name}", value, n, low=low, high=high, variant=how,
                                origin=_WILSON))  # fmt: skip
    caught = cases.assign(flag=flag)[lost > 0].groupby(["account_id", "lost_on"])["flag"].max()
    events, hits = len(caught), float(caught.sum())
    below, above = wilson(hits, events, level)
    how = "wilson_losses" if events else "too_little_data"
    rows.append(measure_row(f"recall_{name}", float(share_of(hits, events)), events,
                            low=float(below), high=float(above), variant=how,
                            origin="field:Wilson 1927"))  # fmt: skip
    rows.append(_lift_row(name, flag, lost, codes, base, level, draws, seed))
    return rows


def _lift_row(
    name: str, flag: NDArray[np.float64], lost: NDArray[np.float64], codes: NDArray[np.int64],
    base: float, level: float, draws: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    flagged = float(flag.sum())
    if not flagged or not base > 0:
        return measure_row(f"lift_{name}", NAN, 0, variant="too_little_data", origin="house")
    ones = np.ones(len(lost))
    a, b, c, d = bootstrap_sums([flag * lost, flag, lost, ones], codes, draws=draws, seed=seed)
    fit = (b > 0) & (c > 0)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = (
        np.quantile((a[fit] / b[fit]) / (c[fit] / d[fit]), tails) if fit.any() else (NAN,) * 2
    )
    value = float((flag * lost).sum()) / flagged / base
    return measure_row(f"lift_{name}", value, int(round(flagged)), low=low, high=high,
                       variant="bootstrap_accounts", origin="field:Efron 1979")  # fmt: skip


def _lead_row(leads: pd.DataFrame, level: float) -> dict[str, Any]:
    known = np.sort(leads["lead_days"].dropna().to_numpy(float))
    if not len(known):
        return measure_row("lead_days", NAN, 0, variant="no_loss_warned_of", origin="house")
    low, high = median_ends(known, level)
    how = "median_order_statistics" if low == low else "no_interval_few_losses"
    return measure_row("lead_days", float(np.median(known)), len(known), low=low, high=high,
                       variant=how, origin="field:Conover 1999")  # fmt: skip


def median_ends(ordered: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Interval of a median by order statistics; NaN with so few that none reaches the level.

    >>> median_ends(np.arange(1.0, 11.0), 0.95)
    (2.0, 9.0)
    """
    n = len(ordered)
    k = int(binom.ppf((1 - level) / 2, n, 0.5))
    while k > 0 and binom.cdf(k - 1, n, 0.5) > (1 - level) / 2:
        k -= 1
    if k < 1:
        return NAN, NAN
    return float(ordered[k - 1]), float(ordered[n - k])


def _chance_rows(
    cases: pd.DataFrame, codes: NDArray[np.int64], draws: int, seed: int, level: float
) -> list[dict[str, Any]]:
    chance, lost = cases["score"].to_numpy(float), cases["lost"].to_numpy(float)
    n = len(cases)
    if not n:
        return [measure_row("brier", NAN, 0, variant="too_little_data", origin="field:Brier 1950")]
    parts = brier_parts(chance, lost)
    ones = np.ones(n)
    sums = bootstrap_sums([(chance - lost) ** 2, lost, ones], codes, draws=draws, seed=seed)
    error, hits, size = (np.asarray(part) for part in sums)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(error / size, tails)
    base = hits / size
    flat = base * (1 - base)
    skill = 1 - (error / size)[flat > 0] / flat[flat > 0]
    ends = np.quantile(skill, tails) if len(skill) else (NAN, NAN)
    uncertain = parts["uncertainty"]
    value = 1 - parts["brier"] / uncertain if uncertain else NAN
    rows = [
        measure_row("brier", parts.pop("brier"), n, low=low, high=high,
                    variant="bootstrap_accounts", origin="field:Brier 1950"),
    ]  # fmt: skip
    rows += [
        measure_row(f"brier_{k}", v, n, variant="bins_10", origin="field:Murphy 1973")
        for k, v in parts.items()
    ]
    rows.append(measure_row("brier_skill", value, n, low=ends[0], high=ends[1],
                            variant="bootstrap_accounts", origin="field:Murphy 1973"))  # fmt: skip
    return rows


def calibration(cases: pd.DataFrame, *, probability: bool, level: float = 0.95) -> pd.DataFrame:
    """Scores beside how often a loss followed: by value, or by fifths of the account-days.

    Needs the cases of a backtest. Returns the columns of ``ScoreBacktest.calibration``.

    >>> cases = pd.DataFrame({"account_id": ["A", "B"], "score": [0.0, 1.0], "lost": [False, True]})
    >>> calibration(cases, probability=False)[["score_low", "observed"]].values.tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    score = cases["score"].to_numpy(float)
    values = np.unique(score)
    if len(values) <= MOST_VALUES:
        place, how = np.searchsorted(values, score), "by_score"
    else:
        edges = np.unique(np.quantile(score, np.linspace(0, 1, GROUPS + 1)[1:-1]))
        place, how = np.searchsorted(edges, score, side="left"), "by_fifths"
    codes = pd.factorize(cases["account_id"])[0]
    lost = cases["lost"].to_numpy(bool)
    rows = []
    for k in np.unique(place):
        here = place == k
        share, low, high = clustered_share(lost[here], np.ones(int(here.sum())), codes[here], level)
        mean = float(score[here].mean())
        off = bool(probability and not low <= mean <= high)
        rows.append(
            (float(score[here].min()), float(score[here].max()), int(here.sum()),
             len(np.unique(codes[here])), mean, int(lost[here].sum()), share, low, high, off,
             how, _WILSON)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)
