"""Lost accounts worth winning back: chance × value − cost, and who can be told from whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.retention.known import dates_of
from kamkit.methods.shares import WILSON, same_groups, share_of, wilson
from kamkit.schemes.retention import RetentionPolicy, retention_policy

CASE_COLUMNS = [
    *("case_id", "account_id", "reason", "offer", "judged_chance", "p", "p_low", "p_high", "value"),
    *("cost", "expected_value", "low", "high", "group", "break_even", "variant", "origin"),
]
REASON_COLUMNS = [
    "reason",
    "cases_closed",
    "returned",
    "share",
    "low",
    "high",
    "judged_chance",
    "cluster",
]
RESULTS = ("open", "returned", "declined")
NAN = float("nan")


@dataclass(frozen=True)
class WinBack:
    """Open cases in order, and what closed ones teach.

    Attributes
    ----------
    cases
        Open cases, highest expected value first: case_id, account_id, reason, offer, judged_chance
        (chance as written down), p (chance used), p_low, p_high (0–1), value, cost (money),
        expected_value (p × value − cost), low, high (from the chance alone), group (cases that
        share a number cannot be told apart; 0 unknown), break_even (chance from which the case
        pays), variant, origin.
    reasons
        Closed cases by reason: reason, cases_closed, returned, share (0–1), low, high (Wilson),
        judged_chance (mean chance written down before), cluster (shared: cannot be separated).
    measures
        return_share (closed cases, Wilson), judged_mean (of the same cases), cases_open,
        cases_worth_it (expected above 0), days_to_close (median).
    """

    cases: pd.DataFrame
    reasons: pd.DataFrame
    measures: pd.DataFrame


def winback_ranking(
    cases: pd.DataFrame,
    *,
    years: float | None = None,
    scheme: RetentionPolicy | None = None,
    level: float = 0.95,
) -> WinBack:
    """Rank open win-back cases by P(return) × value − cost.

    The chance written down is a judgement. It counts as much as a few closed cases (policy,
    house), to which the closed cases of the same reason are added; where the case names no
    chance, all closed cases stand in for it. The interval is that of the resulting beta
    distribution: a judgement with nothing behind it is wide. Value: ``yearly_value`` × ``years``
    (policy: one year).

    Needs columns: case_id, account_id, probability (0–1), yearly_value, cost (money), result
    (open, returned, declined; missing counts as open); optional reason, offer, opened_on,
    closed_on, currency (one only). A cost that is missing is unknown, not 0.
    Returns ``WinBack``. Raises KamkitError for missing columns, chances outside 0–1, negative
    money, an unknown result, mixed currencies.
    Source: S130 (win-back case: reason, offer, result); formula and weights house; Gelman et al.
    2013, ch. 2 (beta-binomial).

    >>> table = pd.DataFrame({"case_id": ["w1"], "account_id": ["A"], "probability": [0.3],
    ...     "yearly_value": [100_000.0], "cost": [10_000.0], "result": ["open"]})
    >>> winback_ranking(table).cases[["expected_value", "break_even"]].values.tolist()
    [[20000.0, 0.1]]
    """
    need_columns(cases, "winback_cases", ["case_id", "account_id", "probability", "yearly_value",
                                          "cost", "result"])  # fmt: skip
    one_currency(cases, "winback_cases")
    policy = scheme or retention_policy()
    _refuse(cases)
    table = cases.reset_index(drop=True)
    for name in ("reason", "offer"):
        if name not in table.columns:
            table[name] = pd.Series(np.nan, index=table.index, dtype="str")
    result = table["result"].astype("str").fillna("open")
    closed = table[result != "open"].assign(back=(result == "returned")[result != "open"])
    ranked = _ranked(table[result == "open"], closed, years or policy.winback["years"], policy,
                     level)  # fmt: skip
    return WinBack(ranked, _reasons(closed, level), _measures(ranked, closed, table, level))


def _refuse(cases: pd.DataFrame) -> None:
    problems = []
    for name, most in (("probability", 1.0), ("yearly_value", np.inf), ("cost", np.inf)):
        values = pd.to_numeric(cases[name], errors="coerce")
        bad = np.flatnonzero((cases[name].notna() & ~values.between(0, most)).to_numpy())
        allowed = {"allowed": "0–1" if most == 1 else "≥ 0"}
        problems += [
            Problem(
                "out_of_range",
                "winback_cases",
                name,
                int(i) + 1,
                cases[name].iloc[i],
                details=allowed,
            )
            for i in bad[:20]
        ]
    known = cases["result"].isna() | cases["result"].isin(RESULTS)
    problems += [
        Problem("unknown_choice", "winback_cases", "result", int(i) + 1, cases["result"].iloc[i],
                details={"allowed": ", ".join(RESULTS)})
        for i in np.flatnonzero(~known.to_numpy(bool))[:20]
    ]  # fmt: skip
    KamkitError.collect(problems)


def _ranked(
    open_: pd.DataFrame, closed: pd.DataFrame, years: float, policy: RetentionPolicy, level: float
) -> pd.DataFrame:
    weight = policy.winback["judgement_cases"]
    out = open_[["case_id", "account_id", "reason", "offer"]].reset_index(drop=True)
    judged = pd.to_numeric(open_["probability"], errors="coerce").astype(float)
    out["judged_chance"] = judged.to_numpy()
    backs = closed.groupby("reason")["back"].agg(["sum", "size"])
    won = out["reason"].map(backs["sum"]).fillna(0.0).astype(float)
    tried = out["reason"].map(backs["size"]).fillna(0.0).astype(float)
    # Without a judgement all closed cases say what is usual, with half a case each way.
    usual = (float(closed["back"].sum()) + 0.5) / (len(closed) + 1.0) if len(closed) else NAN
    start = out["judged_chance"].fillna(usual)
    alpha, beta = start * weight + won, (1 - start) * weight + tried - won
    out["p"] = alpha / (alpha + beta)
    for name, tail in (("p_low", 0.5 - level / 2), ("p_high", 0.5 + level / 2)):
        ends = betaincinv(alpha.clip(lower=1e-9), beta.clip(lower=1e-9), tail)
        # A chance of 0 or 1 that is nothing but a judgement is no certainty; it stays what it is.
        sure = (alpha <= 0) | (beta <= 0)
        out[name] = np.where(sure, out["p"], ends)
    yearly = pd.to_numeric(open_["yearly_value"], errors="coerce").astype(float)
    out["value"] = yearly.to_numpy() * years
    out["cost"] = pd.to_numeric(open_["cost"], errors="coerce").astype(float).to_numpy()
    for name, at in (("expected_value", "p"), ("low", "p_low"), ("high", "p_high")):
        out[name] = out[at] * out["value"] - out["cost"]
    out["break_even"] = out["cost"] / out["value"].where(out["value"] > 0)
    out["variant"] = np.select(
        [out["p"].isna(), out["judged_chance"].isna(), tried > 0],
        ["too_little_data", "closed_cases", "judgement_and_closed_cases"],
        "judgement_only",
    )
    out["origin"] = policy.origins["winback"]
    out["group"] = _groups(out)
    out = out.sort_values(["expected_value", "case_id"], ascending=[False, True], kind="stable")
    return out.reset_index(drop=True)[CASE_COLUMNS]


def _groups(out: pd.DataFrame) -> np.ndarray:
    """Group numbers on a common scale, so that money compares as shares do."""
    parts = [out[name].to_numpy(float) for name in ("expected_value", "low", "high")]
    return same_groups(*parts)


def _reasons(closed: pd.DataFrame, level: float) -> pd.DataFrame:
    if not len(closed):
        return pd.DataFrame(columns=REASON_COLUMNS)
    judged = pd.to_numeric(closed["probability"], errors="coerce").astype(float)
    by = closed.assign(judged_chance=judged, reason=closed["reason"].fillna("")).groupby("reason")
    out = by.agg(
        cases_closed=("back", "size"),
        returned=("back", "sum"),
        judged_chance=("judged_chance", "mean"),
    )
    out = out.reset_index()
    out["returned"] = out["returned"].astype(int)
    out["share"] = share_of(out["returned"], out["cases_closed"])
    out["low"], out["high"] = wilson(out["returned"], out["cases_closed"], level)
    ends = [out[name].to_numpy(float) for name in ("share", "low", "high")]
    out["cluster"] = same_groups(*ends)
    out = out.sort_values(["share", "reason"], ascending=[False, True], ignore_index=True)
    return out[REASON_COLUMNS]


def _measures(
    ranked: pd.DataFrame, closed: pd.DataFrame, table: pd.DataFrame, level: float
) -> pd.DataFrame:
    n, back = len(closed), int(closed["back"].sum()) if len(closed) else 0
    low, high = wilson(back, n, level)
    judged = pd.to_numeric(closed["probability"], errors="coerce").astype(float)
    taken = dates_of(table, "closed_on") - dates_of(table, "opened_on")
    days = taken.dt.days.dropna()
    few = "" if n else "no_closed_cases"
    return measure_table(
        [
            measure_row("return_share", float(share_of(back, n)), n, low=float(low),
                        high=float(high), variant=few or "wilson", origin=WILSON),
            measure_row("judged_mean", float(judged.mean()) if len(judged) else NAN,
                        int(judged.notna().sum()), variant=few or "mean", origin="house"),
            measure_row("cases_open", len(ranked), len(table), origin="S130"),
            measure_row("cases_worth_it", int((ranked["expected_value"] > 0).sum()), len(ranked),
                        origin="house"),
            measure_row("days_to_close", float(days.median()) if len(days) else NAN, len(days),
                        variant="median" if len(days) else "too_little_data", origin="house"),
        ]
    )  # fmt: skip
