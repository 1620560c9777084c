"""Accounts simulated forwards, month by month, some of which leave: for tests of churn scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.tables.sample.retention_tables import retention_tables

Floats = NDArray[np.float64]

REGIMES = ("informative", "uninformative", "few_losses")
WARM_MONTHS = 12  # months before the records begin, so that states are spread from the start


@dataclass(frozen=True)
class RetentionTruth:
    """What was planted.

    Attributes
    ----------
    months
        month (first day), account_id, state (health of the relationship; 0 is usual, negative
        is bad), hazard (chance to be lost in the month, given that it is still there).
    losses
        account_id, lost_on; those within the records.
    accounts
        account_id, since, orders_a_month, cases_a_year, meetings_a_month (at the usual state).
    """

    months: pd.DataFrame
    losses: pd.DataFrame
    accounts: pd.DataFrame


@dataclass(frozen=True)
class SampleRetention:
    """Canonical tables by name, the last day, the regime, and the truth behind them."""

    tables: dict[str, pd.DataFrame]
    as_of: pd.Timestamp
    regime: str
    truth: RetentionTruth


@dataclass
class Run:
    """One simulated company: account × month arrays, and the random streams."""

    seed: int
    regime: str
    months: NDArray[np.datetime64]
    begin: NDArray[np.int64]
    state: Floats
    hazard: Floats
    lost_month: NDArray[np.int64]
    contact_left: NDArray[np.int64]
    rates: dict[str, Floats]

    def rng(self, stream: int) -> np.random.Generator:
        """The generator of one stream: a change in one table leaves the others as they were."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, stream])))


def simulate_retention(
    *,
    seed: int,
    accounts: int = 120,
    years: int = 6,
    regime: str = "informative",
    as_of: str = "2026-06-30",
    loss_rate: float = 0.06,
) -> SampleRetention:
    """Simulate accounts month by month; nothing is drawn from what happens later.

    Each account has a health of the relationship that wanders and returns slowly; when the main
    contact leaves it drops. Poor health slows orders and meetings, brings complaints, lowers
    share of wallet and survey scores. Regimes: informative (the chance of a loss grows as health
    falls), uninformative (the same signs come and go, but losses strike everybody alike),
    few_losses (as informative, with a twentieth of the losses). ``loss_rate``: losses a year per
    account, about. A lost account stops on the day; new accounts join so that the number stays
    about the same.

    Returns ``SampleRetention`` with tables accounts, account_years, orders, contacts,
    contact_roles, ties, interactions, survey_invitations, survey_responses, service_cases,
    account_losses. Raises KamkitError ``not_allowed`` for an unknown regime, fewer than 5
    accounts or fewer than 2 years. Source: house.

    >>> company = simulate_retention(seed=1, accounts=20, years=2)
    >>> sorted(company.tables)[:3]
    ['account_losses', 'account_years', 'accounts']
    """
    _refuse(regime, accounts, years)
    run = _draw(seed, accounts, years, regime, pd.Timestamp(as_of), loss_rate)
    tables = retention_tables(run)
    return SampleRetention(tables, pd.Timestamp(as_of), regime, _truth(run, tables))


def _refuse(regime: str, accounts: int, years: int) -> None:
    found = []
    if regime not in REGIMES:
        allowed = {"allowed": ", ".join(REGIMES)}
        found.append(Problem("not_allowed", column="regime", value=regime, details=allowed))
    for name, value, least in (("accounts", accounts, 5), ("years", years, 2)):
        if value < least:
            allowed = {"allowed": f"≥ {least}"}
            found.append(Problem("not_allowed", column=name, value=value, details=allowed))
    KamkitError.collect(found)


def _draw(
    seed: int, accounts: int, years: int, regime: str, end: pd.Timestamp, loss_rate: float
) -> Run:
    span = years * 12
    last = np.datetime64(end, "M")
    months = last - span + 1 + np.arange(span)
    root = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0])))
    extra = int(np.ceil(accounts * loss_rate * years))
    size = accounts + extra
    begin = np.zeros(size, dtype=np.int64)
    begin[accounts:] = root.integers(1, max(2, span - 6), extra)
    rates = {
        "orders": np.exp(root.normal(np.log(2.2), 0.6, size)),
        "meetings": np.exp(root.normal(np.log(1.2), 0.5, size)),
        "cases": np.exp(root.normal(np.log(0.12), 0.5, size)),
        "size": np.exp(root.normal(np.log(60_000), 0.9, size)),
        "share": np.clip(root.normal(0.5, 0.15, size), 0.15, 0.85),
        "mood": root.normal(5.2, 0.45, size),
    }
    state, left = _states(root, size, span, begin)
    hazard = _hazards(state, regime, loss_rate)
    gone = root.random((size, span)) < hazard
    gone &= np.arange(span)[None, :] > begin[:, None] + 2
    lost = np.where(gone.any(axis=1), gone.argmax(axis=1), span)
    return Run(seed, regime, months, begin, state, hazard, lost, left, rates)


def _states(
    rng: np.random.Generator, size: int, span: int, begin: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """Health by month (AR 1), and the month in which the main contact leaves (span: never)."""
    keep, noise = 0.93, 0.37
    state = rng.normal(0, 1.0, size)
    left = np.full(size, span, dtype=np.int64)
    out = np.empty((size, span))
    for month in range(-WARM_MONTHS, span):
        leaves = (rng.random(size) < 0.008) & (left == span) & (month >= np.maximum(begin, 0))
        state = keep * state + rng.normal(0, noise, size) - 1.2 * leaves
        left = np.where(leaves, month, left)
        if month >= 0:
            out[:, month] = state
    return out, left


def _hazards(state: Floats, regime: str, loss_rate: float) -> Floats:
    """Chance of a loss by month; on average the same in both regimes with usual losses."""
    monthly = loss_rate / 12 / (20 if regime == "few_losses" else 1)
    if regime == "uninformative":
        return np.full(state.shape, monthly)
    # Health of two months ago counts: people first stop calling, then leave.
    lagged = np.concatenate([state[:, :1], state[:, :1], state[:, :-2]], axis=1)
    pull = np.exp(-1.8 * lagged)
    chances: Floats = np.clip(monthly * pull / pull.mean(), 0, 0.6)
    return chances


def _truth(run: Run, tables: dict[str, pd.DataFrame]) -> RetentionTruth:
    ids = tables["accounts"]["account_id"].to_numpy()
    size, span = run.state.shape
    month = np.tile(np.arange(span), size)
    account = np.repeat(np.arange(size), span)
    there = (month >= run.begin[account]) & (month <= run.lost_month[account])
    table = pd.DataFrame(
        {
            "month": run.months.astype("datetime64[D]").astype("datetime64[us]")[month],
            "account_id": ids[account],
            "state": run.state.ravel(),
            "hazard": run.hazard.ravel(),
        }
    )[there].reset_index(drop=True)
    accounts = pd.DataFrame(
        {
            "account_id": ids,
            "since": tables["accounts"]["since"].to_numpy(),
            "orders_a_month": run.rates["orders"],
            "cases_a_year": run.rates["cases"] * 12,
            "meetings_a_month": run.rates["meetings"],
        }
    )
    lost = tables["account_losses"][["account_id", "lost_on"]].reset_index(drop=True)
    return RetentionTruth(table, lost, accounts)
