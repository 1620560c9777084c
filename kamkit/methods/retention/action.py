"""From which chance on acting pays, and what acting by a score would have brought."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.retention.cluster_shares import NAN, bootstrap_sums

ACTION_COLUMNS = [
    *("account_id", "p", "low", "high", "cost_of_acting", "expected_loss", "effect", "threshold"),
    *("gain", "gain_low", "gain_high", "advice", "variant", "origin"),
]
GAIN_COLUMNS = [
    *("threshold", "acted", "share_acted", "losses_met", "gain", "gain_low", "gain_high"),
    *("gain_all", "variant", "origin"),
]
_ORIGIN = "field:Elkan 2001; house"


def action_threshold(
    p: Any,
    *,
    cost_of_acting: ArrayLike | float,
    expected_loss: ArrayLike | float,
    effect: ArrayLike | float,
    low: Any = None,
    high: Any = None,
) -> pd.DataFrame:
    """Whether acting pays: act where chance × effect × loss exceeds the cost of acting.

    ``p``: chance of a loss (0–1), a Series by account_id or one number; ``low``, ``high`` its
    interval. ``cost_of_acting`` and ``expected_loss`` (what is gone if the account goes) in the
    same money; ``effect``: part of the losses that acting prevents (0–1), a judgement until
    somebody measures it. Each may differ by account.

    Returns columns: account_id, p, low, high, cost_of_acting, expected_loss (money), effect,
    threshold (0–1; above 1: acting never pays), gain (money, expected), gain_low, gain_high,
    advice (act, leave, cannot_tell where the interval holds the threshold, unknown), variant,
    origin.
    Raises KamkitError ``out_of_range`` for chances or effects outside 0–1 and negative money.
    Source: Elkan 2001 (cost-sensitive threshold); S130; X08 for the cost side.

    >>> table = action_threshold(0.2, cost_of_acting=10_000, expected_loss=400_000, effect=0.25)
    >>> table[["threshold", "gain", "advice"]].values.tolist()
    [[0.1, 10000.0, 'act']]
    """
    chance = p if isinstance(p, pd.Series) else pd.Series([p], index=["all"])
    frame = pd.DataFrame(index=chance.index)
    frame["p"] = pd.to_numeric(chance, errors="coerce").astype(float)
    given = {"low": low, "high": high, "cost_of_acting": cost_of_acting,
             "expected_loss": expected_loss, "effect": effect}  # fmt: skip
    for name, value in given.items():
        frame[name] = np.nan if value is None else value
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    _refuse(frame)
    saved = frame["effect"] * frame["expected_loss"]
    frame["threshold"] = (frame["cost_of_acting"] / saved.where(saved > 0)).where(
        saved != 0, np.inf
    )
    for name, at in (("gain", "p"), ("gain_low", "low"), ("gain_high", "high")):
        frame[name] = frame[at] * saved - frame["cost_of_acting"]
    inside = (frame["low"] < frame["threshold"]) & (frame["high"] > frame["threshold"])
    frame["advice"] = np.select(
        [frame["gain"].isna(), inside, frame["gain"] > 0],
        ["unknown", "cannot_tell", "act"],
        "leave",
    )
    bounded = frame["low"].notna() & frame["high"].notna()
    frame["variant"] = np.where(bounded, "interval_of_chance", "chance_taken_as_given")
    out = frame.assign(origin=_ORIGIN).rename_axis("account_id").reset_index()
    return out[ACTION_COLUMNS]


def _refuse(frame: pd.DataFrame) -> None:
    problems = []
    for name in ("p", "low", "high", "effect"):
        for value in frame.loc[~frame[name].between(0, 1), name].dropna().head(5):
            allowed = {"allowed": "0–1"}
            problems.append(Problem("out_of_range", "", name, value=value, details=allowed))
    for name in ("cost_of_acting", "expected_loss"):
        for value in frame.loc[frame[name] < 0, name].head(5):
            allowed = {"allowed": "≥ 0"}
            problems.append(Problem("out_of_range", "", name, value=value, details=allowed))
    KamkitError.collect(problems)


def threshold_gains(
    cases: pd.DataFrame,
    *,
    cost_of_acting: float,
    expected_loss: float,
    effect: float,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """What acting from each score on would have brought in a backtest, per account-day.

    Needs the cases of ``backtest_score``: account_id, score, lost. Each account-day at or above
    the threshold costs once, and saves ``effect`` of the loss that follows it within the horizon:
    days that overlap count the same loss again, so read gains per account-day, and take the days
    a horizon apart where sums matter. The best threshold of a table is flattered by having been
    picked: look whether its interval leaves those beside it out.

    Returns columns: threshold (score), acted (account-days), share_acted (0–1), losses_met
    (account-days before a loss), gain, gain_low, gain_high (money per account-day, bootstrap over
    accounts), gain_all (acting everywhere), variant, origin. One row a distinct score, at most 50
    (quantiles), lowest first. Raises KamkitError for missing columns.
    Source: Elkan 2001; Vickers & Elkin 2006 (net benefit).

    >>> cases = pd.DataFrame({"account_id": ["A", "B"], "score": [0.0, 1.0], "lost": [False, True]})
    >>> threshold_gains(cases, cost_of_acting=1, expected_loss=10, effect=0.5).gain.tolist()
    [1.5, 2.0]
    """
    need_columns(cases, "cases", ["account_id", "score", "lost"])
    if not len(cases):
        return pd.DataFrame(columns=GAIN_COLUMNS)
    score, lost = cases["score"].to_numpy(float), cases["lost"].to_numpy(float)
    codes = pd.factorize(cases["account_id"])[0].astype(np.int64)
    values = np.unique(score)
    if len(values) > 50:
        values = np.unique(np.quantile(score, np.linspace(0, 1, 50), method="higher"))
    worth = lost * effect * expected_loss - cost_of_acting
    flags = [score >= value for value in values]
    ones = np.ones(len(score))
    columns = [np.where(flag, worth, 0.0) for flag in flags]
    sums = bootstrap_sums([*columns, ones], codes, draws=draws, seed=seed)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    few = len(np.unique(codes)) < 4
    rows = []
    for value, flag, column, drawn in zip(values, flags, columns, sums[:-1], strict=True):
        low, high = (NAN, NAN) if few else np.quantile(drawn / sums[-1], tails)
        met = int(lost[flag].sum())
        rows.append(
            (value, int(flag.sum()), float(flag.mean()), met, float(column.mean()), low, high,
             float(worth.mean()), "no_interval_few_accounts" if few else "bootstrap_accounts",
             "field:Elkan 2001; field:Vickers & Elkin 2006")
        )  # fmt: skip
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)
