"""How the customer decides: mode, decider and approvers, as recorded or as far as roles tell."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import dates, tags, texts
from kamkit.methods.contacts.matrix import has_tag
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.schemes.contacts import contact_scheme


@dataclass(frozen=True)
class Decision:
    """How one account decides, as known on the network's day.

    ``mode`` is authority, consultative, consensus or "" (unknown). ``deciders`` and
    ``approvers`` are ids of contacts; ``assumed`` names what is not recorded but taken from the
    roles: mode, decider, approvers, criteria. ``criteria`` and ``evidence`` are as recorded.
    ``as_of`` is the day of the record, NaT without one; ``gone`` those named who are no longer
    there.
    """

    mode: str
    deciders: tuple[str, ...]
    approvers: tuple[str, ...]
    criteria: tuple[str, ...]
    evidence: str
    as_of: pd.Timestamp | None
    assumed: tuple[str, ...]
    gone: tuple[str, ...]


def decision(
    network: ContactNetwork,
    decision_profiles: pd.DataFrame | None = None,
    *,
    opportunity_id: str | None = None,
) -> Decision:
    """The decision mode of an account and who decides and approves.

    Needs decision_profiles: account_id, mode, as_of; opportunity_id, decider_id, approvers,
    criteria, evidence where there are. The last record on or before the network's day counts,
    one of the opportunity before one of the account. What no record says is taken from the
    roles and named in ``assumed``: the decider is the most influential economic buyer (all of
    them, where tied), approvers are the other economic and the technical buyers.

    Returns Decision. Raises KamkitError missing_column. Source: S095 (title); rules house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5], "buyer_types": ["economic"]})
    >>> found = decision(contact_network(contacts, roles, account_id="A1", as_of="2026-01-01"))
    >>> found.deciders, found.assumed
    (('C1',), ('mode', 'decider', 'approvers', 'criteria'))
    """
    record = _record(network, decision_profiles, opportunity_id)
    people = network.side("customer")
    here = set(people["person_id"])
    mode = _cell(record, "mode")
    decider = _cell(record, "decider_id")
    named = _split(_cell(record, "approvers"))
    economic = people[has_tag(people["buyer_types"], "economic")]
    leaders = economic[economic["influence"] == economic["influence"].max()]["person_id"]
    deciders = [decider] if decider else leaders.tolist()
    technical = people[has_tag(people["buyer_types"], "technical")]["person_id"]
    approvers = list(named) or sorted({*economic["person_id"], *technical} - set(deciders))
    criteria = _split(_cell(record, "criteria"))
    assumed = {
        "mode": not mode, "decider": not decider, "approvers": not named, "criteria": not criteria,
    }  # fmt: skip
    known_modes = {m.id for m in contact_scheme().modes}
    return Decision(
        mode=mode if mode in known_modes else "",
        deciders=tuple(d for d in deciders if d in here),
        approvers=tuple(a for a in approvers if a in here and a not in deciders),
        criteria=criteria,
        evidence=_cell(record, "evidence"),
        as_of=None if record is None or pd.isna(record["as_of"]) else record["as_of"],
        assumed=tuple(k for k, missing in assumed.items() if missing),
        gone=tuple(p for p in (*([decider] if decider else []), *named) if p not in here),
    )


def _record(
    network: ContactNetwork, profiles: pd.DataFrame | None, opportunity: str | None
) -> pd.Series | None:
    if profiles is None:
        return None
    need_columns(profiles, "decision_profiles", ["account_id", "mode"])
    rows = pd.DataFrame(
        {
            "account_id": profiles["account_id"].astype("str"),
            "opportunity_id": texts(profiles, "opportunity_id").fillna(""),
            **{c: texts(profiles, c) for c in ("mode", "decider_id", "evidence")},
            **{c: tags(profiles, c) for c in ("approvers", "criteria")},
            "as_of": dates(profiles, "as_of"),
        }
    )
    rows = rows[rows["account_id"] == network.account_id]
    rows = rows[rows["as_of"].isna() | (rows["as_of"] <= network.as_of)]
    if opportunity is not None:
        rows = rows[rows["opportunity_id"].isin(["", opportunity])]
        rows = rows.assign(_first=(rows["opportunity_id"] == opportunity).astype(int))
    else:
        rows = rows.assign(_first=(rows["opportunity_id"] == "").astype(int))
    if rows.empty:
        return None
    order = ["_first", "as_of", "opportunity_id", "mode", "decider_id", "approvers"]
    last: pd.Series = rows.sort_values(order, na_position="first").iloc[-1]
    return last


def _cell(record: pd.Series | None, column: str) -> str:
    if record is None or pd.isna(record[column]):
        return ""
    return str(record[column])


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)
