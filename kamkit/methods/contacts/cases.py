"""What a lesson's controls recompute: another account, another day, another way to decide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from kamkit.methods.contacts.book import ContactBook
from kamkit.methods.contacts.compare import NetworkChange, compare_networks
from kamkit.methods.contacts.decision import decision
from kamkit.methods.contacts.entry import EntryPlan, entry_plan
from kamkit.methods.contacts.entry_check import EntryCheck, entry_check
from kamkit.methods.contacts.matrix import ContactMatrix, contact_matrix
from kamkit.methods.contacts.mirror import FunctionMirror, function_mirror
from kamkit.methods.contacts.network import ContactNetwork, network_of
from kamkit.methods.contacts.profiles import cadence, cadence_measures
from kamkit.methods.contacts.rivals import RivalTies, rival_ties
from kamkit.methods.contacts.wheel import wheel


@dataclass(frozen=True)
class AccountCase:
    """One account, and what is read from it once it is asked for.

    ``network``; ``matrix``, ``wheel``, ``mirror`` and ``rivals`` as ``contact_matrix``,
    ``wheel``, ``function_mirror`` and ``rival_ties`` find them.
    """

    network: ContactNetwork
    members: pd.DataFrame | None = None

    @cached_property
    def matrix(self) -> ContactMatrix:
        """The grid of S092."""
        return contact_matrix(self.network)

    @cached_property
    def wheel(self) -> pd.DataFrame:
        """The influencers wheel."""
        return wheel(self.network)

    @cached_property
    def mirror(self) -> FunctionMirror:
        """Facing functions."""
        return function_mirror(self.network, self.members)

    @cached_property
    def rivals(self) -> RivalTies:
        """Ties of competitors."""
        return rival_ties(self.network)


def account_case(
    book: ContactBook, members: pd.DataFrame | None = None, *, account_id: str
) -> AccountCase:
    """The network of one account of a book, and what is read from it.

    Returns :class:`AccountCase`.

    >>> from kamkit.methods.contacts import contact_book
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> case = account_case(contact_book(contacts, as_of="2026-06-30"), account_id="A1")
    >>> case.matrix.contacts["flags"].tolist()
    ['uncovered;influence_unknown']
    """
    return AccountCase(network_of(book, account_id), members)


@dataclass(frozen=True)
class CadenceCase:
    """``table``: as ``cadence``; ``measures``: as ``cadence_measures``."""

    table: pd.DataFrame
    measures: pd.DataFrame


def cadence_case(
    contacts: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    as_of: Any,
    account_id: str,
    count_system: bool = False,
) -> CadenceCase:
    """Wished and actual contact of one account, with mailings or without.

    ``count_system``: mailings count as if a person had made them, as in a count of activities.

    Returns :class:`CadenceCase`. Source: as ``cadence``.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> talks = pd.DataFrame({"contact_id": ["C1"], "date": ["2026-01-31"],
    ...     "made_by": ["system"]})
    >>> cadence_case(contacts, talks, as_of="2026-02-28", account_id="A1",
    ...     count_system=True).table["overdue"].tolist()
    [False]
    """
    mine = contacts[contacts["account_id"] == account_id]
    talks = interactions[interactions["contact_id"].isin(mine["contact_id"])]
    if count_system:
        talks = talks.assign(made_by="human")
    table = cadence(mine, talks, as_of=as_of)
    return CadenceCase(table, cadence_measures(table))


@dataclass(frozen=True)
class ChangeCase(NetworkChange):
    """What changed, and ``everybody``: the people of both maps, the later ones last."""

    everybody: pd.DataFrame


def change_case(
    before: ContactBook, after: ContactBook, *, account_id: str, draws: int = 100
) -> ChangeCase:
    """The maps of one account in two books compared, ready to be drawn in one.

    Returns :class:`ChangeCase`. Source: as ``compare_networks``.

    >>> from kamkit.methods.contacts import contact_book
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> book = contact_book(contacts, as_of="2026-06-30")
    >>> change_case(book, book, account_id="A1").people["change"].tolist()
    ['stayed']
    """
    maps = [network_of(book, account_id) for book in (before, after)]
    found = compare_networks(*maps, draws=draws)
    everybody = pd.concat([m.people for m in maps if len(m.people)] or [maps[1].people])
    return ChangeCase(**vars(found), everybody=everybody.reset_index(drop=True))


@dataclass(frozen=True)
class EntryCase:
    """A plan and how the recorded steps stand against it."""

    plan: EntryPlan
    check: EntryCheck


def entry_case(
    network: ContactNetwork,
    decision_profiles: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    entry_steps: pd.DataFrame | None = None,
    *,
    mode: str = "",
) -> EntryCase:
    """The entry plan if the account decided in another way.

    ``mode``: authority, consultative or consensus; "": as recorded, or assumed where nothing is.

    Returns :class:`EntryCase`. Source: as ``entry_plan``.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5], "buyer_types": ["economic"]})
    >>> network = contact_network(contacts, roles, account_id="A1", as_of="2026-01-01")
    >>> entry_case(network, mode="consensus").plan.decision.mode
    'consensus'
    """
    profiles = decision_profiles
    if mode:
        found = decision(network, decision_profiles)
        given = [] if "decider" in found.assumed else list(found.deciders)
        record = {
            "account_id": network.account_id,
            "mode": mode,
            "as_of": network.as_of,
            "decider_id": given[0] if given else None,
            "approvers": None if "approvers" in found.assumed else ";".join(found.approvers),
        }
        profiles = pd.DataFrame([record])
    plan = entry_plan(network, profiles, members)
    return EntryCase(plan, entry_check(network, plan, entry_steps))
