"""A planned way in against the one that the map asks for, and a filled-in call plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.entry import EntryPlan
from kamkit.methods.contacts.known import dates, texts
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.paths import warm_paths
from kamkit.methods.contacts.profiles import profiles
from kamkit.schemes.contacts import contact_scheme

_ITEMS = ["item", "state", "n", "people", "origin"]
_STEPS = [
    *("contact_id", "needed_step", "planned_step", "needed_member", "member_id", "message"),
    *("goal", "due", "done_on", "state"),
]


@dataclass(frozen=True)
class EntryCheck:
    """What a plan has and lacks.

    Attributes
    ----------
    items
        One row a line of the checklist: item (``entry_checklist`` of contacts.toml), state
        (yes, no, unknown: nothing to judge by), n and people (";") that stand against it, origin.
    steps
        One row a person who is needed or planned: contact_id, needed_step, planned_step (NaN:
        not), needed_member, member_id (planned), message, goal, due, done_on, state (done,
        overdue, planned, no_message, missing: needed and not planned, extra: planned and not
        needed, gone: no longer there).
    """

    items: pd.DataFrame
    steps: pd.DataFrame


def entry_check(
    network: ContactNetwork, plan: EntryPlan, entry_steps: pd.DataFrame | None = None
) -> EntryCheck:
    """The recorded steps of an account against those that :func:`entry_plan` finds needed.

    Needs entry_steps: account_id, step, contact_id; member_id, message, goal, due, done_on
    where there are. A done_on after the network's day counts as not done yet. Secured people
    need no step. The order fits where no needed pair is planned the other way round.

    Returns EntryCheck. Raises KamkitError missing_column. Source: S095, S096; checklist house.

    >>> from kamkit.methods.contacts import contact_network, entry_plan
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5], "buyer_types": ["economic"]})
    >>> network = contact_network(contacts, roles, account_id="A1", as_of="2026-01-01")
    >>> found = entry_check(network, entry_plan(network))
    >>> found.steps[["contact_id", "state"]].values.tolist()
    [['C1', 'missing']]
    """
    planned = _planned(network, entry_steps)
    needed = plan.steps[~plan.steps["secured"].astype(bool)]
    needed = needed[["contact_id", "step", "member_id"]].rename(
        columns={"step": "needed_step", "member_id": "needed_member"}
    )
    both = needed.astype({"contact_id": "str"}).merge(planned, on="contact_id", how="outer")
    here = set(network.side("customer")["person_id"])
    done = both["done_on"].notna()
    tests = {
        "gone": ~both["contact_id"].isin(here),
        "missing": both["planned_step"].isna(),
        "done": done,
        "overdue": both["due"] < network.as_of,
        "extra": both["needed_step"].isna(),
        "no_message": both["message"].isna() | both["goal"].isna(),
    }
    both["state"] = np.select(list(tests.values()), list(tests), "planned")
    order = both.sort_values(["needed_step", "planned_step", "contact_id"], ignore_index=True)
    steps = order[_STEPS].astype({"state": "str"})
    return EntryCheck(_items(plan, steps), steps)


def _planned(network: ContactNetwork, entry_steps: pd.DataFrame | None) -> pd.DataFrame:
    empty = pd.DataFrame({"account_id": [], "step": [], "contact_id": []})
    table = empty if entry_steps is None else entry_steps
    need_columns(table, "entry_steps", ["account_id", "step", "contact_id"])
    rows = pd.DataFrame(
        {
            "account_id": table["account_id"].astype("str"),
            "planned_step": pd.to_numeric(table["step"]).astype(float),
            **{c: texts(table, c) for c in ("contact_id", "member_id", "message", "goal")},
            **{c: dates(table, c) for c in ("due", "done_on")},
        }
    )
    rows = rows[(rows["account_id"] == network.account_id) & rows["contact_id"].notna()]
    rows["done_on"] = rows["done_on"].where(rows["done_on"] <= network.as_of)
    # Of several steps with one person the next open one stands for the person.
    rows = rows.assign(_open=rows["done_on"].isna()).sort_values(
        ["contact_id", "_open", "planned_step"], ascending=[True, False, True]
    )
    return rows.drop_duplicates("contact_id").drop(columns=["account_id", "_open"])


def _items(plan: EntryPlan, steps: pd.DataFrame) -> pd.DataFrame:
    how = plan.decision
    assumed = set(how.assumed)
    planned = steps[steps["planned_step"].notna()]
    unplanned = steps.loc[steps["state"] == "missing", "contact_id"].tolist()
    alone = planned.loc[planned["member_id"].isna(), "contact_id"].tolist()
    late = steps.loc[steps["state"] == "overdue", "contact_id"].tolist()
    open_steps = planned[planned["done_on"].isna()]
    bare = open_steps["message"].isna() | open_steps["goal"].isna()
    against: dict[str, Any] = {
        "decider_named": list(how.deciders) if "decider" in assumed else [],
        "approvers_named": list(how.approvers) if "approvers" in assumed else [],
        "everybody_planned": [*unplanned, *(a for a in alone if a not in unplanned)],
        "order_fits": _out_of_order(steps),
        "message_set": open_steps.loc[bare, "contact_id"].tolist(),
        "nothing_overdue": late,
    }
    no_plan = planned.empty
    states = {
        "decider_named": "no" if "decider" in assumed else "yes",
        "approvers_named": "no" if "approvers" in assumed else "yes",
        "mode_known": "no" if "mode" in assumed else "yes",
        "criteria_known": "no" if "criteria" in assumed else "yes",
    }
    rows = []
    for line in contact_scheme().entry_checklist:
        people = against.get(line.id, [])
        state = states.get(line.id, "no" if people else "yes")
        if no_plan and plan.steps.empty and line.id == "everybody_planned":
            state = "unknown"
        if no_plan and line.id in ("order_fits", "message_set", "nothing_overdue"):
            state = "unknown"
        if line.id not in states and line.id not in against:
            state = "unknown"
        rows.append(
            {"item": line.id, "state": state, "n": len(people),
             "people": ";".join(people), "origin": line.origin}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_ITEMS)


def _out_of_order(steps: pd.DataFrame) -> list[str]:
    """People planned later than somebody who should come after them."""
    both = steps[steps["needed_step"].notna() & steps["planned_step"].notna()]
    need, plan = both["needed_step"].to_numpy(float), both["planned_step"].to_numpy(float)
    turned = (need[:, None] < need[None, :]) & (plan[:, None] > plan[None, :])
    late = np.asarray(turned.any(axis=1))
    return both.loc[late, "contact_id"].tolist()


def call_plan(
    network: ContactNetwork, contact_id: str, contacts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The form of S097 for one contact, with what the tables already know filled in.

    ``contacts``: motivation, needs and preferred_channel, where known. ``contact_id`` "" gives the
    blank form.

    Returns one row a line of the form: line (``call_plan`` of contacts.toml), known (text as
    recorded, codes and ids joined by "; "; missing: to be filled in by hand), source (tables
    that it comes from), origin. Raises KamkitError unknown_person.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1", "needs": ["price"]})
    >>> network = contact_network(contacts, account_id="A1", as_of="2026-01-01")
    >>> found = call_plan(network, "C1", contacts).set_index("line")
    >>> found.loc["known_needs", "known"]
    'price'
    """
    known = _known(network, contact_id, contacts) if contact_id else {}
    rows = []
    for line in contact_scheme().call_plan:
        parts, source = known.get(line.id, ([], ""))
        words = [str(p) for p in parts if not pd.isna(p)]
        rows.append(
            {
                "line": line.id,
                "known": "; ".join(words) if words else np.nan,
                "source": source if words else "",
                "origin": line.origin,
            }
        )
    return pd.DataFrame(rows).astype("str")


def _known(
    network: ContactNetwork, contact_id: str, contacts: pd.DataFrame | None
) -> dict[str, tuple[list[Any], str]]:
    """What the tables say on each line of the form, and which table."""
    people = network.side("customer").set_index("person_id")
    if contact_id not in people.index:
        raise network.stranger(contact_id)
    facts = people.loc[contact_id]
    way = warm_paths(network, contact_id, draws=0).iloc[0]
    ties = pd.Series(network.strengths("us").loc[contact_id], dtype=float)
    return {
        "known_needs": (_profile(network, contact_id, contacts), "contacts"),
        "stance": ([_signed(facts["support"]), _date(facts["role_as_of"])], "contact_roles"),
        "who_joins": (
            ties[ties > 0].sort_values(ascending=False, kind="stable").index.tolist(),
            "ties",
        ),
        "introduction": ([way["introducer_id"]], "ties"),
    }


def _signed(grade: Any) -> Any:
    return np.nan if pd.isna(grade) else "0" if grade == 0 else f"{grade:+.0f}"


def _date(day: Any) -> Any:
    return np.nan if pd.isna(day) else pd.Timestamp(day).date().isoformat()


def _profile(network: ContactNetwork, contact_id: str, contacts: pd.DataFrame | None) -> list[Any]:
    if contacts is None:
        return []
    mine = contacts[contacts["contact_id"] == contact_id]
    if mine.empty:
        return []
    found = profiles(mine, as_of=network.as_of).contacts
    return (
        [found[c].iloc[0] for c in ("motivation", "needs", "preferred_channel")]
        if len(found)
        else []
    )
