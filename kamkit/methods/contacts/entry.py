"""The way into an account: whom to see, by whom, in what order, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.decision import Decision, decision
from kamkit.methods.contacts.grid import MOST_INFLUENCE, STRONGEST
from kamkit.methods.contacts.hosts import best_host, hosts_of
from kamkit.methods.contacts.matrix import contact_matrix
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.paths import warm_paths
from kamkit.schemes.contacts import contact_scheme

ORIGIN = "S095; S096; house"
ROLES = ("decider", "approver", "adviser", "phase_only", "door_opener")
# Which group is met when, by decision mode: lower comes first.
ORDER = {
    "authority": {"door_opener": 0, "decider": 1, "against": 2, "approver": 3, "adviser": 4},
    "consultative": {"door_opener": 0, "adviser": 1, "against": 2, "approver": 3, "decider": 4},
    "consensus": {"door_opener": 0, "against": 1, "adviser": 2, "approver": 2, "decider": 3},
}
LAST = 9
_STEPS = [
    *(
        "step",
        "same_claim",
        "contact_id",
        "role",
        "member_id",
        "introducer_id",
        "tie_now",
        "tie_goal",
    ),
    *("influence", "support", "phases", "reasons", "secured", "variant", "origin"),
]


@dataclass(frozen=True)
class EntryPlan:
    """The order in which to see people.

    Attributes
    ----------
    decision
        The decision mode it rests on (Decision).
    steps
        One row a person, in order: step (from 1), same_claim (bool: nothing but the id puts this
        step after the one before), contact_id, role (decider, approver, adviser: influence of 4
        or more, phase_only: the only way into a phase, door_opener: introduces us to one of
        them), member_id (who of ours goes; missing: nobody known), introducer_id (whom to ask),
        tie_now, tie_goal (0–4), influence, support, phases, reasons (";": economic_buyer,
        against, undecided, uncovered, uncovered_phase, influence_unknown, no_way,
        opens:<contact>), secured (bool: the tie has reached its goal and the person is for us;
        keep, no first step), variant, origin.
    """

    decision: Decision
    steps: pd.DataFrame


def entry_plan(
    network: ContactNetwork,
    decision_profiles: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    *,
    opportunity_id: str | None = None,
) -> EntryPlan:
    """Whom to see, by whom, in what order, from influence, phase, support and warm paths.

    Seen are the decider, the approvers, everybody of influence 4 or more, one person for each
    buying phase that nobody covers, and those who introduce us to them. Order by mode:
    authority — decider as early as the introductions allow; consultative — first those the
    decider will ask; consensus — first those against us, the decider last; unknown mode — as
    consultative, variant ``mode_assumed``. Within a group by influence. An introducer always
    comes before whom they introduce. The goal is a tie of 3 with deciders and approvers, 2
    with the others.

    Returns EntryPlan. Source: S095, S096 (titles only); the whole rule is house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["boss", "tech"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["boss", "tech"], "influence": [5, 3],
    ...     "buyer_types": ["economic", "technical"]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "tech"],
    ...     "to_id": ["tech", "boss"], "from_side": ["us", "customer"], "strength": [3, 4]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> entry_plan(network).steps[["contact_id", "role", "introducer_id"]].values.tolist()
    [['tech', 'approver', nan], ['boss', 'decider', 'tech']]
    """
    how = decision(network, decision_profiles, opportunity_id=opportunity_id)
    matrix = contact_matrix(network).contacts.set_index("person_id")
    if matrix.empty:
        return EntryPlan(how, pd.DataFrame(columns=_STEPS))
    ways = warm_paths(network, draws=0).set_index("to_id")
    role = _roles(how, matrix)
    opens = _openers(role, ways)
    for person in opens:
        role.setdefault(person, "door_opener")
    hosts, ties = hosts_of(network, members), network.strengths("us")
    rows = [_step(p, role[p], opens, matrix, ways) for p in role]
    for row in rows:
        host = best_host(hosts, ties, row["contact_id"])
        start = ways.at[row["contact_id"], "start_id"]
        row["member_id"] = host if isinstance(host, str) else start
    if not rows:
        return EntryPlan(how, pd.DataFrame(columns=_STEPS))
    table = pd.DataFrame(rows)
    mode = how.mode or "consultative"
    variant = "mode_recorded" if how.mode else "mode_assumed"
    table["step"], table["same_claim"] = _in_order(table, mode, ways)
    out = table.assign(variant=variant, origin=ORIGIN).sort_values("step", ignore_index=True)
    kinds = dict.fromkeys(("contact_id", "member_id", "introducer_id", "phases", "reasons"), "str")
    return EntryPlan(how, out[_STEPS].astype(kinds))


def _roles(how: Decision, matrix: pd.DataFrame) -> dict[str, str]:
    """Who has to be seen, and as what."""
    role = dict.fromkeys(how.deciders, "decider")
    for person in how.approvers:
        role.setdefault(person, "approver")
    for person in matrix.index[matrix["influence"] >= MOST_INFLUENCE - 1]:
        role.setdefault(str(person), "adviser")
    for phase in contact_scheme().phase_ids:
        inside = matrix[matrix[f"phase_{phase}"]]
        if inside.empty or (inside["threads"] > 0).any() or set(inside.index) & set(role):
            continue
        best = inside.reset_index().sort_values(
            ["influence", "best_tie", "person_id"], ascending=[False, False, True]
        )
        role.setdefault(str(best["person_id"].iloc[0]), "phase_only")
    return role


def _openers(role: dict[str, str], ways: pd.DataFrame) -> dict[str, list[str]]:
    """Contacts on the way to somebody we have to see, and whom each opens the door to."""
    opens: dict[str, list[str]] = {}
    for person in role:
        path = ways.at[person, "path"]
        steps = str(path).split(";")[1:] if isinstance(path, str) else []
        for before, after in zip(steps, steps[1:], strict=False):
            if after not in opens.setdefault(before, []):
                opens[before].append(after)
    return opens


def _step(
    person: str,
    role: str,
    opens: dict[str, list[str]],
    matrix: pd.DataFrame,
    ways: pd.DataFrame,
) -> dict[str, Any]:
    facts: Any = matrix.loc[person].to_dict()
    scheme = contact_scheme()
    enough = scheme.limit("covered_strength")
    goal = min(enough + 1, STRONGEST) if role in ("decider", "approver") else enough
    support, tie = facts["support"], float(facts["best_tie"])
    reasons = {
        "economic_buyer": facts["type_economic"],
        "against": support < 0,
        "undecided": support == 0,
        "uncovered": tie < enough,
        "uncovered_phase": role == "phase_only",
        "influence_unknown": np.isnan(facts["influence"]),
        "no_way": not ways.at[person, "reached"],
    }
    found = [k for k, hit in reasons.items() if hit]
    found += [f"opens:{other}" for other in opens.get(person, [])]
    return {
        "contact_id": person,
        "role": role,
        "introducer_id": ways.at[person, "introducer_id"] if tie == 0 else np.nan,
        "tie_now": tie,
        "tie_goal": goal,
        "influence": facts["influence"],
        "support": support,
        "phases": facts["phases"],
        "reasons": ";".join(found),
        "secured": bool(tie >= goal and support > 0),
    }


def _in_order(table: pd.DataFrame, mode: str, ways: pd.DataFrame) -> tuple[list[int], list[bool]]:
    """Places from 1: by group of the mode and influence, introducers before the introduced.

    And whether only the id puts a person after the one before.
    """
    places = ORDER[mode]
    keys: dict[str, tuple[float, float, str]] = {}
    rows: list[dict[Any, Any]] = table.to_dict("records")
    for row in rows:
        group = places.get(row["role"], LAST)
        if row["support"] < 0 and row["role"] in ("approver", "adviser"):
            group = places["against"]
        weight = 0.0 if np.isnan(row["influence"]) else row["influence"]
        keys[row["contact_id"]] = (float(group), -weight, row["contact_id"])
    needs = {
        p: [s for s in str(ways.at[p, "path"]).split(";")[1:-1] if s in keys]
        if isinstance(ways.at[p, "path"], str)
        else []
        for p in keys
    }
    # Whoever opens a door is as early as the one behind it has to be.
    own = dict(keys)
    for person, openers in needs.items():
        for opener in openers:
            keys[opener] = min(keys[opener], own[person])
    done: list[str] = []
    while len(done) < len(keys):
        free = [p for p in keys if p not in done and set(needs[p]) <= set(done)]
        done.append(min(free, key=lambda p: keys[p]))
    place = {p: i for i, p in enumerate(done, 1)}
    same = {
        q: keys[p][:2] == keys[q][:2] and p not in needs[q]
        for p, q in zip(done, done[1:], strict=False)
    }
    people = table["contact_id"].tolist()
    return [place[p] for p in people], [same.get(p, False) for p in people]
