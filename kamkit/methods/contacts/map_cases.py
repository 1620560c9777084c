"""What a lesson's map recomputes: somebody leaves, a tie changes, a way, some meetings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.coverage import coverage
from kamkit.methods.contacts.grid import STRONGEST, Floats
from kamkit.methods.contacts.meetings import coverage_after, next_meetings
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.paths import warm_paths
from kamkit.schemes.contacts import contact_scheme

FIGURES = [
    *("weighted_coverage", "count_coverage_ge2", "economic_buyer_covered", "phases_covered"),
    *("threads", "our_people_linked", "contacts_linked", "largest_own_loss", "single_threaded"),
]


@dataclass(frozen=True)
class MapCase:
    """A map after somebody left or a tie changed.

    ``people``, ``links``, ``gone``: as in ContactNetwork; ``figures``: measure, before, after
    (some of those of ``coverage``); ``without_tie``: person_id, influence, support of contacts
    that had a tie to us before and have none now.
    """

    people: pd.DataFrame
    links: pd.DataFrame
    gone: pd.DataFrame
    figures: pd.DataFrame
    without_tie: pd.DataFrame


def map_case(
    network: ContactNetwork, *, leaves: str = "", tie: str = "", strength: float = 0
) -> MapCase:
    """The map of an account once a person has left and one tie has another strength.

    ``leaves``: a person of ours or a contact, "": nobody. Where a contact goes, the post and its
    influence stay in the figures, and we start at no tie with the successor. ``tie``:
    "<from>|<to>", a recorded tie whose bonds all take ``strength`` (0: none); "": no tie.

    Returns :class:`MapCase`. Raises KamkitError unknown_person. Source: house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [4]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1"], "to_id": "C1",
    ...     "from_side": "us", "strength": [4]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> map_case(network, leaves="M1").without_tie["person_id"].tolist()
    ['C1']
    """
    both = network.people[network.people["side"] != "competitor"]
    if leaves and leaves not in set(both["person_id"]):
        raise network.stranger(leaves)
    retied = _retied(network, tie, strength)
    left = without(retied, leaves)
    leaver = network.people[network.people["person_id"] == leaves]
    shown, gone = left.people, network.gone
    if len(leaver) and leaver["side"].iloc[0] == "customer":
        shown = shown[shown["person_id"] != leaves]
        gone = _with_ghost(gone, leaver.iloc[0], retied.links)
    figures = pd.DataFrame({"measure": FIGURES})
    figures["before"], figures["after"] = _figures(network), _figures(left)
    lost = _best(network)[lambda best: best > 0].index.difference(
        _best(left)[lambda best: best > 0].index
    )
    bare = network.side("customer")[["person_id", "influence", "support"]]
    bare = bare[bare["person_id"].isin(lost)].sort_values(
        ["influence", "person_id"], ascending=[False, True], ignore_index=True
    )
    return MapCase(shown.reset_index(drop=True), left.links, gone, figures, bare)


def without(network: ContactNetwork, person_id: str) -> ContactNetwork:
    """The network without one person's ties; a contact's post stays, one of ours is no more in it.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> network = contact_network(contacts, account_id="A1", as_of="2026-01-01")
    >>> without(network, "C1").people["person_id"].tolist()
    ['C1']
    """
    if not person_id:
        return network
    links, people = network.links, network.people
    kept = links[(links["from_id"] != person_id) & (links["to_id"] != person_id)]
    stay = people[(people["person_id"] != person_id) | (people["side"] == "customer")]
    return replace(network, people=stay.reset_index(drop=True), links=kept.reset_index(drop=True))


def _best(network: ContactNetwork) -> pd.Series:
    """Our strongest tie with each contact."""
    best: pd.Series = network.strengths("us").max(axis=1).fillna(0.0)
    return best


def _retied(network: ContactNetwork, tie: str, strength: float) -> ContactNetwork:
    if not tie:
        return network
    source, target = tie.split("|", 1)
    links = network.links
    hit = (links["from_id"] == source) & (links["to_id"] == target)
    if not strength:
        return replace(network, links=links[~hit].reset_index(drop=True))
    graded = links["strength"].mask(hit, float(strength))
    return replace(network, links=links.assign(strength=graded))


def _with_ghost(gone: pd.DataFrame, leaver: Any, links: pd.DataFrame) -> pd.DataFrame:
    """``gone`` with the leaver as its last row."""
    who = leaver["person_id"]
    theirs = links[((links["to_id"] == who) | (links["from_id"] == who)) & (links["strength"] > 0)]
    known = {*theirs["from_id"], *theirs["to_id"]} - {who}
    row = {column: leaver[column] for column in gone.columns if column in leaver.index}
    row |= {
        "ties": len(theirs),
        "strongest": theirs["strength"].max(),
        "known_by": ";".join(sorted(known)),
    }
    ghost = pd.DataFrame([row]).reindex(columns=gone.columns)
    return ghost if gone.empty else pd.concat([gone, ghost], ignore_index=True)


@dataclass(frozen=True)
class PathCase:
    """A way to one contact.

    ``steps``: route (first, second: shares nobody with the first), step, from_id, to_id,
    strength, effort, one row a tie; empty where nobody leads there. ``people``, ``links``: those
    on either way.
    """

    steps: pd.DataFrame
    people: pd.DataFrame
    links: pd.DataFrame


def path_case(network: ContactNetwork, *, to_id: str, away: str = "") -> PathCase:
    """The shortest warm way to a contact while one person is away, and a second way.

    ``to_id`` "" is nobody, to whom there is no way; so is one who is away.

    Returns :class:`PathCase`. Raises KamkitError unknown_person. Source: as ``warm_paths``.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "C1"], "to_id": ["C1", "C2"],
    ...     "from_side": ["us", "customer"], "strength": [4, 2]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-01-01")
    >>> path_case(network, to_id="C2").steps["effort"].tolist()
    [1.0, 2.0]
    """
    left = without(network, away)
    blank = {"path": np.nan, "second_path": np.nan}
    found = warm_paths(left, to_id, draws=0).iloc[0] if to_id else blank
    ours, inside = left.strengths("us"), left.strengths("customer")
    rows = []
    for route, path in (("first", found["path"]), ("second", found["second_path"])):
        stops = [] if pd.isna(path) else str(path).split(";")
        for step, (a, b) in enumerate(zip(stops, stops[1:], strict=False), 1):
            grade = float((ours if a in ours.columns else inside)[a].to_dict()[b])
            rows.append((route, step, a, b, grade, STRONGEST / grade))
    columns = ["route", "step", "from_id", "to_id", "strength", "effort"]
    steps = pd.DataFrame(rows, columns=columns)
    near = {*steps["from_id"], *steps["to_id"], to_id}
    pairs = {frozenset(p) for p in zip(steps["from_id"], steps["to_id"], strict=True)}
    ends = zip(left.links["from_id"], left.links["to_id"], strict=True)
    on_way = np.array([frozenset(p) in pairs for p in ends], dtype=bool)
    people = left.people[left.people["person_id"].isin(near)]
    return PathCase(steps, people.reset_index(drop=True), left.links[on_way].reset_index(drop=True))


@dataclass(frozen=True)
class MeetingPlan:
    """Meetings one after the other.

    ``meetings``: step, and the columns of ``next_meetings`` as they are when its turn comes, with
    coverage_after; ``figures``: measure, before, after.
    """

    meetings: pd.DataFrame
    figures: pd.DataFrame


@dataclass(frozen=True)
class MeetingPlans:
    """Plans worked out beforehand, so that a slider only has to take one.

    ``meetings``: those of the longest plan, by who may go; ``values``: the figures by measure
    (rows) after 0, 1, 2 … meetings (columns).
    """

    meetings: Mapping[str, pd.DataFrame]
    values: Mapping[str, pd.DataFrame]

    def plan(self, *, count: int, hosts: str = "all") -> MeetingPlan:
        """The first ``count`` meetings; fewer where no further one adds anything."""
        values = self.values[hosts]
        after = values[min(int(count), len(values.columns) - 1)]
        figures = pd.DataFrame(
            {"measure": FIGURES, "before": values[0].to_numpy(), "after": after.to_numpy()}
        )
        return MeetingPlan(self.meetings[hosts].head(int(count)), figures)


def meeting_plans(
    network: ContactNetwork, members: pd.DataFrame | None = None, *, most: int = 6
) -> MeetingPlans:
    """Meetings in a row, each the one that adds most after those before it.

    Worked out for ``hosts``: all; here (only those of ours who have a tie in this account today).
    One at a time is not the same as the best set, and each meeting is taken to go well.

    Returns :class:`MeetingPlans`. Source: as ``next_meetings``.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [1]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> meeting_plans(network).plan(count=2).meetings["coverage_after"].tolist()
    [0.5, 0.75]
    """
    found = {"all": _row(network, members, most), "here": _row(network, None, most)}
    return MeetingPlans(
        {hosts: meetings for hosts, (meetings, _) in found.items()},
        {hosts: values for hosts, (_, values) in found.items()},
    )


def _row(
    network: ContactNetwork, members: pd.DataFrame | None, most: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    state, rows, values = network, [], [_figures(network)]
    for step in range(1, most + 1):
        best = next_meetings(state, members, draws=1).head(1)
        if best.empty or not best["coverage_gain"].iloc[0] > 0:
            break
        rows.append(best.assign(step=step, coverage_after=coverage_after(state, best)))
        state = _met(state, best["contact_id"].iloc[0], best["member_id"].iloc[0])
        values.append(_figures(state))
    columns = [*("step", "contact_id", "member_id", "why", "tie_now", "tie_after"),
               *("coverage_gain", "coverage_after", "adds", "introducer_id")]  # fmt: skip
    meetings = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
    return meetings[columns], pd.DataFrame(dict(enumerate(values)), index=FIGURES)


def _figures(network: ContactNetwork) -> Floats:
    found = coverage(network, draws=1).set_index("measure")["value"]
    values: Floats = found.reindex(FIGURES).to_numpy(float)
    return values


def _met(network: ContactNetwork, contact_id: str, member_id: str) -> ContactNetwork:
    """The network after one meeting: the tie of both is a grade stronger."""
    links, people = network.links, network.people
    step = contact_scheme().limit("meeting_gain")
    mine = links[(links["from_id"] == member_id) & (links["to_id"] == contact_id)]
    if len(mine):
        best = links.index == mine["strength"].idxmax()
        raised = (links["strength"] + step).clip(upper=STRONGEST)
        return replace(network, links=links.assign(strength=links["strength"].mask(best, raised)))
    new = {"from_id": member_id, "to_id": contact_id, "from_side": "us", "bond": "value"}
    row = pd.DataFrame([{**new, "strength": step}]).reindex(columns=links.columns)
    links = pd.concat([links, row.astype(links.dtypes.to_dict())], ignore_index=True)
    if member_id not in set(people["person_id"]):
        who = pd.DataFrame([{"person_id": member_id, "side": "us"}]).reindex(columns=people.columns)
        people = pd.concat([people, who.astype(people.dtypes.to_dict())], ignore_index=True)
    return replace(network, people=people, links=links)
