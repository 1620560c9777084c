"""What lessons recompute: other limits or another day, one of several companies, other prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.retention.action import action_threshold, threshold_gains
from kamkit.methods.retention.bands import RiskBands
from kamkit.methods.retention.known import Day, Tables, as_day
from kamkit.methods.retention.signs import Signs
from kamkit.methods.retention.trial import SignTrial, signs_on
from kamkit.methods.retention.winback import WinBack, winback_ranking
from kamkit.schemes.retention import RetentionPolicy, retention_policy

RARE = ("order_gap", "silence", "complaints_up")


@dataclass(frozen=True)
class SignsCase:
    """``signs`` of the day, and their ``bands`` (no history behind them)."""

    signs: Signs
    bands: RiskBands


def signs_case(
    tables: Tables,
    *,
    as_of: Day,
    months_back: int = 0,
    chance: float | None = None,
    watch: int | None = None,
    scheme: RetentionPolicy | None = None,
) -> SignsCase:
    """The signs some months earlier, or with another limit of what counts as rare.

    ``chance``: limit of the signs that say how rare something is for the account itself
    (order_gap, silence, complaints_up); ``watch``: signs from which the band watch begins (high
    begins one sign later). None keeps the policy's.
    Returns :class:`SignsCase`. Raises KamkitError as ``warning_signs``. Source: S130; house.

    >>> signs_case({}, as_of="2026-06-30", chance=0.05).bands.accounts.empty
    True
    """
    policy = scheme or retention_policy()
    if chance is not None:
        changed = {
            name: replace(sign, limits=MappingProxyType({**sign.limits, "chance": chance}))
            for name, sign in policy.signs.items()
            if name in RARE
        }
        policy = replace(policy, signs=MappingProxyType({**policy.signs, **changed}))
    if watch is not None:
        bands = {**policy.bands, "watch": float(watch), "high": watch + 1.0}
        policy = replace(policy, bands=MappingProxyType(bands))
    day = as_day(as_of) - pd.DateOffset(months=months_back)
    return SignsCase(*signs_on(tables, day, policy))


def trial_case(trials: Mapping[str, SignTrial], *, company: str) -> SignTrial:
    """One of several companies whose signs were tried beforehand.

    Raises KamkitError ``not_allowed``. Source: as ``try_signs``.
    """
    if company not in trials:
        details = {"allowed": ", ".join(trials)}
        raise KamkitError(Problem("not_allowed", column="company", value=company, details=details))
    return trials[company]


@dataclass(frozen=True)
class ThresholdCase:
    """``action``: table of ``action_threshold``, one row a number of signs; ``accounts``: the same
    for the accounts of the bands; ``gains``: table of ``threshold_gains``."""

    action: pd.DataFrame
    accounts: pd.DataFrame
    gains: pd.DataFrame


def threshold_case(
    bands: RiskBands,
    cases: pd.DataFrame,
    *,
    cost_of_acting: float,
    expected_loss: float,
    effect: float,
    draws: int = 200,
) -> ThresholdCase:
    """From how many signs on acting pays, at these prices.

    ``bands``: with history (its pooled shares are the chances); ``cases``: those of the same
    backtest. Account ids of ``action`` are the numbers of signs.
    Returns :class:`ThresholdCase`. Raises KamkitError ``missing_column``, ``out_of_range``.
    Source: Elkan 2001; Vickers & Elkin 2006; house.

    >>> from kamkit.methods.retention import risk_bands, warning_signs
    >>> cases = pd.DataFrame({"account_id": list("ABCD"), "score": [0.0, 0, 1, 1],
    ...                       "lost": [False, False, True, False]})
    >>> bands = risk_bands(warning_signs({}, as_of="2026-06-30"), cases)
    >>> threshold_case(bands, cases, cost_of_acting=1, expected_loss=9, effect=0.5,
    ...                draws=20).action[["account_id", "gain"]].values.tolist()
    [['0', -1.0], ['1', 1.25]]
    """
    need_columns(cases, "cases", ["account_id", "score", "lost"])
    steps = bands.steps.set_index(bands.steps["signs"].astype("str"))
    ends = {name: steps[name].astype(float) for name in ("low", "high")}
    action = action_threshold(
        steps["pooled"].astype(float), cost_of_acting=cost_of_acting,
        expected_loss=expected_loss, effect=effect, **ends,
    )  # fmt: skip
    now = bands.accounts.set_index("account_id")
    accounts = action_threshold(
        now["past_loss_share"], cost_of_acting=cost_of_acting, expected_loss=expected_loss,
        effect=effect, low=now["low"], high=now["high"],
    )  # fmt: skip
    gains = threshold_gains(
        cases, cost_of_acting=cost_of_acting, expected_loss=expected_loss, effect=effect,
        draws=draws,
    )  # fmt: skip
    return ThresholdCase(action, accounts, gains)


def winback_case(cases: pd.DataFrame, *, years: float = 1.0, trust: float = 1.0) -> WinBack:
    """Win-back cases if a return lasted longer, or if the chances written down were rosy.

    ``years``: how long a returned account stays; ``trust``: part of each judged chance that is
    believed (0–1). Needs and returns as ``winback_ranking``. Source: S130; house.

    >>> table = pd.DataFrame({"case_id": ["w"], "account_id": ["A"], "probability": [0.4],
    ...     "yearly_value": [100.0], "cost": [10.0], "result": ["open"]})
    >>> winback_case(table, years=2, trust=0.5).cases.expected_value.tolist()
    [30.0]
    """
    need_columns(cases, "winback_cases", ["probability"])
    chance = pd.to_numeric(cases["probability"], errors="coerce") * trust
    return winback_ranking(cases.assign(probability=chance), years=years)
