"""Risk bands by the number of signs, with what past accounts of that band came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.retention.backtest import ScoreBacktest
from kamkit.methods.retention.cluster_shares import NAN, clustered_share
from kamkit.methods.retention.signs import Signs
from kamkit.schemes.retention import SIGNS, RetentionPolicy, retention_policy

BANDS = ("low", "watch", "high", "unknown")
ACCOUNT_COLUMNS = [
    *("account_id", "signs", "known", "unknown", "risk_band", "band_at_most", "which"),
    *("past_loss_share", "low", "high", "n", "losses_seen", "base_rate", "variant", "origin"),
]
STEP_COLUMNS = [
    *("signs", "risk_band", "n", "accounts", "lost", "observed", "pooled", "low", "high", "group"),
    *("variant", "origin"),
]
_WILSON = "field:Wilson 1927; field:Kish 1965"


@dataclass(frozen=True)
class RiskBands:
    """Bands of the active accounts, and the history behind them.

    Attributes
    ----------
    accounts
        One row an active account, most worrying first: account_id, signs, known, unknown, risk_band
        (low, watch, high; unknown where too little is known), band_at_most (if every unknown
        sign were there), which (signs there, by ";"), past_loss_share (0–1 within the history's
        horizon, of past accounts with as many signs), low, high (95 %), n (account-days),
        losses_seen (account-days before a loss), base_rate (0–1, all accounts), variant, origin.
    steps
        One row a number of signs: signs, risk_band, n, accounts, lost, observed (0–1), pooled
        (never falling as signs grow), low, high (of the pooled share), group (numbers of signs that
        share one), variant, origin.
    measures
        base_rate, share_watch and share_high (part of the active accounts in those bands),
        stated_watch, stated_high (what the policy states for accounts without a problem).
    """

    accounts: pd.DataFrame
    steps: pd.DataFrame
    measures: pd.DataFrame


def risk_bands(
    signs: Signs,
    history: ScoreBacktest | pd.DataFrame | None = None,
    *,
    scheme: RetentionPolicy | None = None,
    level: float = 0.95,
) -> RiskBands:
    """Put accounts into bands; beside each band how many such accounts were lost before.

    A sign that nobody can know is neither there nor absent: below the scheme's least number of
    known signs the band is ``unknown``, and ``band_at_most`` shows how bad it could be.
    ``history``: the backtest of ``sign_count()``, or its cases (account_id, score = number of
    signs, lost). Numbers of signs whose shares would fall as signs grow are pooled (isotonic
    regression); with fewer losses than the policy asks for, shares are those of all accounts
    (variant ``base_rate_only``). Without history shares are missing (``no_history``): a band is
    then a house rule and no probability.

    Returns ``RiskBands``. Raises KamkitError for missing columns of ``history``.
    Source: S130 (risk band); bands house; Barlow et al. 1972 (isotonic); Wilson 1927, Kish 1965.

    >>> from kamkit.methods.retention.signs import warning_signs
    >>> risk_bands(warning_signs({}, as_of="2026-06-30")).accounts.empty
    True
    """
    policy = scheme or retention_policy()
    active = signs.accounts[signs.accounts["status"] == "active"]
    cases = history.cases if isinstance(history, ScoreBacktest) else history
    steps, base, events = _steps(cases, policy, level)
    table = active[["account_id", "signs", "known", "unknown"]].reset_index(drop=True)
    few = table["known"] < policy.bands["least_known"]
    # Signs already there count even where little is known: a band never falls for lack of data.
    banded = _band(table["signs"], policy)
    table["risk_band"] = banded.mask(few & (banded == "low"), "unknown")
    table["band_at_most"] = _band(table["signs"] + table["unknown"], policy)
    there = active[list(SIGNS)].fillna(False).to_numpy(bool)
    names = np.asarray(SIGNS, dtype=object)
    table["which"] = pd.Series([";".join(names[row]) for row in there], dtype="str")
    shares = _share_of_step(table["signs"], steps, base, events, policy)
    table = table.join(shares)
    table["base_rate"] = base[0]
    table["origin"] = f"{policy.origin}; {_WILSON}"
    place = table["risk_band"].map({"high": 0, "watch": 1, "unknown": 2, "low": 3})
    table = table.assign(place=place).sort_values(
        ["place", "signs", "account_id"], ascending=[True, False, True], kind="stable",
        ignore_index=True,
    )  # fmt: skip
    return RiskBands(table[ACCOUNT_COLUMNS], steps, _measures(table, base, cases, policy))


def _band(signs: pd.Series, policy: RetentionPolicy) -> pd.Series:
    found = np.select(
        [signs >= policy.bands["high"], signs >= policy.bands["watch"]], ["high", "watch"], "low"
    )
    return pd.Series(found, index=signs.index, dtype="str")


def _steps(
    cases: pd.DataFrame | None, policy: RetentionPolicy, level: float
) -> tuple[pd.DataFrame, tuple[float, float, float], int]:
    """Observed and pooled loss share by number of signs; base rate; losses behind them."""
    if cases is None or not len(cases):
        return pd.DataFrame(columns=STEP_COLUMNS), (NAN, NAN, NAN), 0
    need_columns(cases, "history", ["account_id", "score", "lost"])
    codes = pd.factorize(cases["account_id"])[0]
    lost, score = cases["lost"].to_numpy(bool), cases["score"].to_numpy(float)
    base = clustered_share(lost, np.ones(len(lost)), codes, level)
    # Losses, not account-days: an account seen on six days before its loss was lost once.
    key = ["account_id", "lost_on"] if "lost_on" in cases.columns else ["account_id"]
    events = len(cases.loc[lost, key].drop_duplicates())
    counts, place = np.unique(score, return_inverse=True)
    n = np.bincount(place).astype(float)
    hits = np.bincount(place, lost)
    pooled = isotonic_regression(hits / n, weights=n)
    group = np.repeat(np.arange(len(pooled.blocks) - 1), np.diff(pooled.blocks))
    rows = []
    for k, count in enumerate(counts):
        block, here = np.isin(place, np.flatnonzero(group == group[k])), place == k
        _, low, high = clustered_share(lost[block], np.ones(int(block.sum())), codes[block], level)
        rows.append(
            (int(count), "", int(n[k]), len(np.unique(codes[here])), int(hits[k]), hits[k] / n[k],
             pooled.x[k], low, high, int(group[k]) + 1, "isotonic_wilson", _WILSON)
        )  # fmt: skip
    steps = pd.DataFrame(rows, columns=STEP_COLUMNS)
    steps["risk_band"] = _band(steps["signs"], policy)
    return steps, base, events


def _share_of_step(
    signs: pd.Series, steps: pd.DataFrame, base: tuple[float, float, float], events: int,
    policy: RetentionPolicy,
) -> pd.DataFrame:  # fmt: skip
    """Loss share of accounts with as many signs; of the nearest number below where unseen."""
    index = signs.index
    if not len(steps) or events < policy.losses["fewest"]:
        how = "base_rate_only" if len(steps) else "no_history"
        n, lost = (int(steps[c].sum()) if len(steps) else 0 for c in ("n", "lost"))
        share, low, high = base
        frame = {"past_loss_share": share, "low": low, "high": high, "n": n, "losses_seen": lost}
        return pd.DataFrame(frame | {"variant": how}, index=index)
    seen = steps["signs"].to_numpy()
    at = np.clip(np.searchsorted(seen, signs.to_numpy(), side="right") - 1, 0, None)
    row = steps.iloc[at].set_axis(index)
    out = pd.DataFrame(
        {"past_loss_share": row["pooled"].astype(float), "low": row["low"].astype(float),
         "high": row["high"].astype(float), "n": row["n"], "losses_seen": row["lost"]}
    )  # fmt: skip
    exact = row["signs"].to_numpy() == signs.to_numpy()
    return out.assign(variant=np.where(exact, "isotonic_wilson", "nearest_seen"))


def _measures(
    table: pd.DataFrame, base: tuple[float, float, float], cases: pd.DataFrame | None,
    policy: RetentionPolicy,
) -> pd.DataFrame:  # fmt: skip
    n = 0 if cases is None else len(cases)
    how = "wilson_clustered" if n else "no_history"
    rows = [
        measure_row("base_rate", base[0], n, low=base[1], high=base[2], variant=how,
                    origin=_WILSON),
    ]  # fmt: skip
    for band in ("watch", "high"):
        share = float((table["risk_band"] == band).mean()) if len(table) else NAN
        rows.append(measure_row(f"share_{band}", share, len(table), variant="active_accounts",
                                origin="house"))  # fmt: skip
    for band in ("watch", "high"):
        stated = policy.bands[f"stated_{band}"]
        rows.append(measure_row(f"stated_{band}", stated, 0, variant="without_a_problem",
                                origin=policy.origins["bands"]))  # fmt: skip
    return measure_table(rows)
