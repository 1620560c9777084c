"""What is counted of a relationship: threads, people, functions, levels, teams, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.relationship.stage_ties import (
    TIE_INDICATORS,
    Floats,
    StageTies,
    judged_again,
    stage_ties,
    structure,
)
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

BOARD_TEAM = "joint_board"
TEAM_INDICATORS = ("joint_teams", "board_meetings")
INDICATORS = (*TIE_INDICATORS, *TEAM_INDICATORS)
COLUMNS = [
    *("account_id", "indicator", "side", "value", "low", "high", "n", "as_of", "variant"),
    "origin",
]
_OF_CONTACTS = ("functions_known",)
ORIGIN = "S103; house"


@dataclass(frozen=True)
class StageIndicators:
    """The indicators of one account or many, with what a stage needs to judge its stability.

    Attributes
    ----------
    accounts, as_of
        Whose (ids in order), and when.
    table
        One row an account and indicator: account_id, indicator, side (us, customer, both),
        value, low, high (2.5% and 97.5% over judgements one grade off), n (ties counted, people
        or teams), as_of, variant, origin.
    values
        The same figures by indicator, one each account.
    drawn
        By indicator: accounts × draws of judgements one grade off; empty without draws.
    ties
        The ties as arrays.
    """

    accounts: tuple[str, ...]
    as_of: pd.Timestamp
    table: pd.DataFrame
    values: Mapping[str, Floats]
    drawn: Mapping[str, Floats]
    ties: StageTies


def stage_indicators(
    network: ContactNetwork,
    joint_teams: pd.DataFrame | None = None,
    *,
    kam_id: str | None = None,
    scheme: RelationshipScheme | None = None,
    draws: int = 200,
    seed: int = 0,
) -> StageIndicators:
    """What the ties of one account and its joint teams show on the network's day.

    ``network`` from ``contact_network``. ``joint_teams``: account_id, team, started_on; ended_on
    and last_meeting where known; without the table teams are unknown, not none. ``kam_id``: the
    account manager; else the one of us with most threads stands for them.

    Returns StageIndicators. Raises KamkitError missing_column.
    Source: S103 (what the five drawings differ in); what is counted and its thresholds: house.

    >>> from kamkit.methods.contacts.network import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1",
    ...     "function": ["quality", "finance"], "level": [2, 3]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "M2"], "to_id": ["C1", "C2"],
    ...     "from_side": "us", "strength": [3, 2], "bond": "value"})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-06-30")
    >>> found = stage_indicators(network, kam_id="M1").table.set_index("indicator")["value"]
    >>> found[["threads", "broker_share", "direct_functions"]].tolist()
    [2.0, 0.5, 1.0]
    """
    people = network.people.assign(account_id=network.account_id)
    links = network.links.assign(account_id=network.account_id)
    owners = {network.account_id: kam_id} if kam_id else {}
    return all_indicators(
        people, links, joint_teams, [network.account_id], network.as_of,
        owners=owners, scheme=scheme, draws=draws, seed=seed,
    )  # fmt: skip


def all_indicators(
    people: pd.DataFrame,
    links: pd.DataFrame,
    joint_teams: pd.DataFrame | None,
    accounts: Sequence[str],
    as_of: Day,
    *,
    owners: Mapping[str, str] | None = None,
    scheme: RelationshipScheme | None = None,
    draws: int = 200,
    seed: int = 0,
) -> StageIndicators:
    """The indicators of several accounts from the tables of a ``contact_book``."""
    scheme, day = scheme or relationship_scheme(), as_day(as_of)
    limits = scheme.limits
    ties = stage_ties(people, links, accounts, owners=owners, top_level=limits["top_level"])
    live = limits["live_strength"]
    teams = team_counts(joint_teams, accounts, day, int(limits["stale_days"]))
    found = structure(ties, ties.strength[:, None], live)
    values = {key: found[key][:, 0] for key in TIE_INDICATORS} | dict(teams)
    drawn: dict[str, Floats] = {}
    if draws:
        others = judged_again(ties.strength, ties.link_account, ties.accounts, draws, seed)
        drawn = structure(ties, others, live)
        drawn |= {k: np.repeat(v[:, None], draws, axis=1) for k, v in teams.items()}
    table = _table(ties, values, drawn, joint_teams, day, scheme)
    return StageIndicators(tuple(accounts), day, table, values, drawn, ties)


def alive_teams(joint_teams: pd.DataFrame, day: pd.Timestamp, stale_days: int) -> pd.DataFrame:
    """Teams begun by the day, with ``ended`` and ``alive`` (met or begun within the days).

    A meeting noted after the day says nothing about it.
    """
    need_columns(joint_teams, "joint_teams", ["account_id", "team", "started_on"])
    started, met = dates(joint_teams, "started_on"), dates(joint_teams, "last_meeting")
    ended = dates(joint_teams, "ended_on") <= day
    met = met.where(met <= day)
    last = pd.concat([started, met], axis=1).max(axis=1)
    alive = ~ended & ((day - last).dt.days <= stale_days)
    found = joint_teams.assign(started_on=started, last=last, ended=ended, alive=alive)
    return found[started <= day].reset_index(drop=True)


def team_counts(
    joint_teams: pd.DataFrame | None,
    accounts: Sequence[str],
    day: pd.Timestamp,
    stale_days: int,
) -> dict[str, Floats]:
    """Kinds of joint teams alive and whether a joint board meets; NaN without the table."""
    if joint_teams is None:
        return {key: np.full(len(accounts), np.nan) for key in TEAM_INDICATORS}
    teams = alive_teams(joint_teams, day, stale_days)
    live = teams[teams["alive"]]
    board = live["team"] == BOARD_TEAM
    kinds = live[~board].groupby("account_id")["team"].nunique().reindex(list(accounts))
    boards = live[board].groupby("account_id").size().reindex(list(accounts))
    return {
        "joint_teams": np.asarray(kinds.fillna(0), dtype=np.float64),
        "board_meetings": np.asarray(boards.notna(), dtype=np.float64),
    }


def _table(
    ties: StageTies,
    values: Mapping[str, Floats],
    drawn: Mapping[str, Floats],
    joint_teams: pd.DataFrame | None,
    day: pd.Timestamp,
    scheme: RelationshipScheme,
) -> pd.DataFrame:
    """The figures as rows, by account and in the scheme's order of indicators."""
    size = len(ties.accounts)
    counted = np.bincount(ties.thread_account, minlength=size)
    teams = np.zeros(size, dtype=int)
    if joint_teams is not None:
        held = joint_teams.groupby("account_id").size().reindex(list(ties.accounts))
        teams = held.fillna(0).to_numpy(int)
    parts = []
    for indicator in scheme.indicators:
        key = indicator.id
        of_team = key in TEAM_INDICATORS
        judged = not of_team and key not in _OF_CONTACTS
        low, high = np.full(size, np.nan), np.full(size, np.nan)
        if judged and key in drawn and size:
            low, high = _middle(drawn[key])
        variant = np.where(np.isnan(values[key]), "not_recorded", _variant(judged, bool(drawn)))
        parts.append(
            pd.DataFrame(
                {
                    "account_id": pd.Series(ties.accounts, dtype="str"),
                    "indicator": key,
                    "side": indicator.sides,
                    "value": values[key],
                    "low": low,
                    "high": high,
                    "n": teams if of_team else counted,
                    "as_of": day,
                    "variant": pd.Series(variant, dtype="str"),
                    "origin": ORIGIN,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    order = np.argsort(np.tile(np.arange(size), len(parts)), kind="stable")
    return table.iloc[order].reset_index(drop=True)[COLUMNS]


def _variant(judged: bool, drawn: bool) -> str:
    return ("grades_one_off" if drawn else "as_recorded") if judged else "count"


def _middle(draws: Floats) -> tuple[Floats, Floats]:
    """2.5% and 97.5% of the known draws of each account; NaN where none is known."""
    low, high = np.full(len(draws), np.nan), np.full(len(draws), np.nan)
    gaps = np.isnan(draws)
    whole, some = ~gaps.any(axis=1), gaps.any(axis=1) & ~gaps.all(axis=1)
    if whole.any():
        low[whole], high[whole] = np.quantile(draws[whole], [0.025, 0.975], axis=1)
    if some.any():
        low[some], high[some] = np.nanquantile(draws[some], [0.025, 0.975], axis=1)
    return low, high
