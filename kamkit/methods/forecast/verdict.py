"""What a backtest says in the end, with the figures that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.forecast.calibration import DriftCheck
from kamkit.methods.forecast.score_tables import FEWEST, by_cluster, ratio_draws
from kamkit.methods.forecast.scores import NAN

RIVAL_COLUMNS = ["rule", "score", "skill", "low", "high", "n", "standing", "variant", "origin"]
LEAST_PERIODS = 6  # house: fewer scored periods can't carry a verdict on the range

VERDICTS = ("reliable", "not_better_than", "calibration_lost", "too_little_history")


@dataclass(frozen=True)
class Verdict:
    """``key``: reliable, not_better_than, calibration_lost or too_little_history.

    ``rule`` names the simple rule that came closest to the forecast or was better; ``standing``
    says whether the two can be separated (better, worse, cannot_be_separated). ``n`` is the
    number of periods scored, ``needed`` how many a verdict takes; ``coverage``, ``low``,
    ``high`` are those of the 80 % range (Wilson); ``skill``, ``skill_low``, ``skill_high``
    those against ``rule`` (1 - error over error of the rule).
    ``direction`` says how calibration was lost (too_high, too_low, too_narrow, too_wide).
    """

    key: str
    rule: str
    standing: str
    direction: str
    n: int
    needed: int
    coverage: float
    low: float
    high: float
    skill: float
    skill_low: float
    skill_high: float


def rivals(forecasts: pd.DataFrame, *, model: str = "model") -> pd.DataFrame:
    """The model's total against each simple rule, on the periods that both forecast.

    Needs columns: period_start, method, mean, actual.

    Returns columns: rule, score (wape), skill (1 - error of the model over error of the rule;
    above 0 the model is closer), low, high (95 %, bootstrap over periods, from 4 on), n
    (periods), standing (better, worse, cannot_be_separated, too_little_data), variant, origin.
    """
    wide = forecasts.pivot_table(index="period_start", columns="method", values="mean")
    actual = forecasts.groupby("period_start")["actual"].first()
    rows = []
    for rule in [c for c in wide.columns if c != model]:
        if model not in wide:
            break
        both = pd.concat([wide[[model, rule]], actual], axis=1).dropna()
        ours = (both[model] - both["actual"]).abs().to_numpy()
        theirs = (both[rule] - both["actual"]).abs().to_numpy()
        rows.append((str(rule), "wape", *skill(ours, theirs), "bootstrap_periods", "house"))
    return pd.DataFrame(rows, columns=RIVAL_COLUMNS)


def chance_rivals(deals: pd.DataFrame) -> pd.DataFrame:
    """The model's chances against those of the CRM, deal by deal (Brier score).

    Needs columns: opportunity_id, p_win, crm_probability, outcome (won, lost, open),
    p_in_period, weighted_p (CRM probability if due in the period, else 0), won_in_period.

    Returns the columns of ``rivals``; score is brier_won (deals decided by now) or
    brier_in_period; the interval draws deals anew, with all days on which each was forecast.
    """
    won = (deals["outcome"] == "won").astype(float).where(deals["outcome"] != "open")
    cases = {
        ("crm_probability", "brier_won"): ("p_win", "crm_probability", won),
        ("weighted_pipeline", "brier_in_period"): (
            "p_in_period",
            "weighted_p",
            deals["won_in_period"].astype(float),
        ),
    }
    rows = []
    for (rule, score), (ours, theirs, happened) in cases.items():
        known = deals[[ours, theirs]].notna().all(axis=1) & happened.notna()
        y, id_ = happened[known], deals.loc[known, "opportunity_id"]
        mine, _ = by_cluster((deals.loc[known, ours] - y) ** 2, id_)
        other, _ = by_cluster((deals.loc[known, theirs] - y) ** 2, id_)
        found = skill(mine, other)
        rows.append((rule, score, *found, "bootstrap_deals", "field:Brier 1950"))
    return pd.DataFrame(rows, columns=RIVAL_COLUMNS)


def skill(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float, int, str]:
    """Skill with its interval, the number of pairs, and the standing.

    >>> skill(np.ones(8), np.full(8, 2.0))
    (0.5, 0.5, 0.5, 8, 'better')
    """
    n, whole = len(ours), float(np.sum(theirs))
    if not n or not whole:
        return NAN, NAN, NAN, n, "too_little_data"
    value = 1 - float(np.sum(ours)) / whole
    if n < FEWEST:
        return value, NAN, NAN, n, "too_little_data"
    mine, other = ratio_draws([ours, theirs])
    ratio = 1 - mine[other > 0] / other[other > 0]
    low, high = (float(v) for v in np.quantile(ratio, [0.025, 0.975]))
    standing = "better" if low > 0 else "worse" if high < 0 else "cannot_be_separated"
    return value, low, high, n, standing


def verdict(bands: pd.DataFrame, against: pd.DataFrame, drift: DriftCheck) -> Verdict:
    """One word for the whole, with its figures.

    In this order: calibration_lost where the drift check says so; too_little_history below six
    scored periods, or where no simple rule could be tried; not_better_than where a simple rule
    came as close or closer; else reliable. ``rule`` is in each case the rule that came closest,
    ``standing`` whether the lead over it can be separated from chance on so few periods: a
    reliable forecast need not have a proven lead. ``bands``: coverage_table; ``against``:
    rivals on totals and chances. Origin: house.
    """
    row = bands[bands["band"] == 0.8]
    n = int(row["n"].sum())
    share, share_low, share_high = (_first(row, k) for k in ("coverage", "low", "high"))
    tried = against.dropna(subset=["skill"])
    if n and drift.status == "lost":
        key = "calibration_lost"
    elif n < LEAST_PERIODS or not len(tried):
        key = "too_little_history"
    else:
        beaten = (tried["skill"] > 0) & (tried["standing"] != "worse")
        key = "reliable" if beaten.all() else "not_better_than"
    closest = tried.sort_values(["skill", "rule"]).head(1)
    return Verdict(
        key=key,
        rule="".join(closest["rule"].astype(str)),
        standing="".join(closest["standing"].astype(str)),
        direction=drift.direction,
        n=n,
        needed=LEAST_PERIODS,
        coverage=share,
        low=share_low,
        high=share_high,
        skill=_first(closest, "skill"),
        skill_low=_first(closest, "low"),
        skill_high=_first(closest, "high"),
    )


def _first(rows: pd.DataFrame, column: str) -> float:
    return float(rows[column].iloc[0]) if len(rows) else NAN
