"""Which warning sign ever worked: each one held against the losses that followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from kamkit.methods.retention.backtest import ScoreBacktest, backtest_score
from kamkit.methods.retention.bands import RiskBands, risk_bands
from kamkit.methods.retention.cluster_shares import clustered_share
from kamkit.methods.retention.known import Day, Tables
from kamkit.methods.retention.signs import Signs, warning_signs
from kamkit.schemes.retention import SIGNS, RetentionPolicy, retention_policy

TRIAL_COLUMNS = [
    *("warning", "sign_days", "accounts", "lost", "share", "low", "high"),
    *("clear_days", "clear_share", "clear_low", "clear_high"),
    *("losses_warned", "losses_knowable", "sign_worth", "variant", "origin"),
]
_ORIGIN = "S130; field:Wilson 1927; field:Kish 1965; house"


@dataclass(frozen=True)
class SignTrial:
    """A backtest of the number of signs, and of each sign by itself.

    Attributes
    ----------
    test
        ``ScoreBacktest`` of the number of signs.
    signs
        One row a sign: warning, sign_days (account-days on which it was there), accounts (that
        showed it), lost (of those days, before a loss within the horizon), share, low, high (0–1,
        95 %), clear_days (account-days on which it was known not to be there), clear_share,
        clear_low, clear_high, losses_warned (losses before which it was there on at least one
        day), losses_knowable (losses before which it could be known), sign_worth (told_apart:
        the two intervals don't meet and losses follow the sign more often; not_told_apart;
        fewer_losses: the other way round; never_shown; too_few_losses), variant, origin.
    bands
        ``RiskBands`` of the last day, with this history behind them.
    """

    test: ScoreBacktest
    signs: pd.DataFrame
    bands: RiskBands


def try_signs(
    tables: Tables,
    *,
    as_of: Day,
    days: Iterable[Day] | None = None,
    horizon_days: int = 180,
    losses: pd.DataFrame | None = None,
    scheme: RetentionPolicy | None = None,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 0,
) -> SignTrial:
    """Hold the six signs, together and one by one, against the losses that followed.

    Options as in :func:`backtest_score`; the score is the number of signs. A sign that nobody
    could know on a day counts on neither side. Six signs are looked at at once: with 95 %
    intervals one of them may stand out by chance.
    Returns :class:`SignTrial`. Raises KamkitError as :func:`backtest_score`.
    Source: S130 names the signs; Wilson 1927, Kish 1965 (intervals by account); house.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...                        "date": pd.date_range("2024-01-01", periods=30, freq="30D")})
    >>> try_signs({"orders": orders}, as_of="2026-06-30").signs.sign_worth.unique().tolist()
    ['too_few_losses']
    """
    policy = scheme or retention_policy()
    seen: list[pd.DataFrame] = []

    def score(known: Tables, day: pd.Timestamp) -> pd.Series:
        found = warning_signs(known, as_of=day, scheme=policy)
        table = found.accounts
        enough = (table["known"] >= policy.bands["least_known"]) & (table["status"] == "active")
        table = table[enough]
        seen.append(table[["account_id", *SIGNS]].assign(day=day))
        return table.set_index("account_id")["signs"].astype(float)

    test = backtest_score(
        score, tables, as_of=as_of, days=days, horizon_days=horizon_days, losses=losses,
        level=level, draws=draws, seed=seed, scheme=policy,
    )  # fmt: skip
    if seen:
        rows = test.cases.merge(pd.concat(seen, ignore_index=True), on=["day", "account_id"])
    else:
        rows = test.cases.assign(**{name: pd.Series(dtype="boolean") for name in SIGNS})
    lines = [_line(rows, name, test, level) for name in SIGNS]
    signs = pd.DataFrame(lines)[TRIAL_COLUMNS]
    today = warning_signs(tables, as_of=as_of, scheme=policy)
    return SignTrial(test, signs, risk_bands(today, test, scheme=policy, level=level))


def _line(rows: pd.DataFrame, name: str, test: ScoreBacktest, level: float) -> dict[str, object]:
    state = rows[name].astype("boolean")
    there, away = rows[state.fillna(False)], rows[~state.fillna(True)]
    share, low, high = _share(there, level)
    clear, clear_low, clear_high = _share(away, level)
    lost = rows[rows["lost"] & state.notna()]
    keys = ["account_id", "lost_on"]
    line: dict[str, object] = {
        "warning": name, "sign_days": len(there), "accounts": there["account_id"].nunique(),
        "lost": int(there["lost"].sum()), "share": share, "low": low, "high": high,
        "clear_days": len(away), "clear_share": clear, "clear_low": clear_low,
        "clear_high": clear_high,
        "losses_warned": len(there.loc[there["lost"], keys].drop_duplicates()),
        "losses_knowable": len(lost[keys].drop_duplicates()),
        "variant": "wilson_clustered" if len(there) else "too_little_data", "origin": _ORIGIN,
    }  # fmt: skip
    if test.verdict.events < test.verdict.needed:
        worth = "too_few_losses"
    elif not len(there):
        worth = "never_shown"
    elif low > clear_high:
        worth = "told_apart"
    else:
        worth = "fewer_losses" if high < clear_low else "not_told_apart"
    return line | {"sign_worth": worth}


def _share(rows: pd.DataFrame, level: float) -> tuple[float, float, float]:
    codes = pd.factorize(rows["account_id"])[0]
    return clustered_share(rows["lost"].to_numpy(bool), [1.0] * len(rows), codes, level)


def signs_on(tables: Tables, day: Day, policy: RetentionPolicy) -> tuple[Signs, RiskBands]:
    """Signs of a day and their bands, without history.

    >>> signs_on({}, "2026-06-30", retention_policy())[1].accounts.empty
    True
    """
    found = warning_signs(tables, as_of=day, scheme=policy)
    return found, risk_bands(found, scheme=policy)
