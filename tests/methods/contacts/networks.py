"""Networks made by hand or by chance, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts import ContactNetwork, contact_network

DAY = "2026-06-30"


def network_of(
    roles: dict[str, dict[str, Any]], ties: list[tuple[Any, ...]] = (), **more: Any
) -> ContactNetwork:
    """A network from contact id → cells (of contacts and roles), and ties.

    A tie is (from, to, strength), (… , bond): from M… it is ours, from R… a rival's.
    """
    contacts, parts, links = frames(roles, ties)
    options = {"account_id": "A1", "as_of": DAY} | more
    return contact_network(contacts, parts, links, options.pop("members", None), **options)


def frames(
    roles: dict[str, dict[str, Any]], ties: list[tuple[Any, ...]] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tables that :func:`network_of` reads."""
    cells = pd.DataFrame(
        [{"contact_id": c, "account_id": "A1", **given} for c, given in roles.items()],
        columns=["contact_id", "account_id", *sorted({k for g in roles.values() for k in g})],
    )
    part = ["influence", "support", "buyer_types", "phases", "as_of", "opportunity_id"]
    parts = cells[["account_id", "contact_id", *cells.columns.intersection(part)]]
    contacts = cells.drop(columns=cells.columns.intersection(part))
    sides = {"M": "us", "R": "competitor"}
    links = pd.DataFrame(
        [
            {
                "account_id": "A1", "from_id": t[0], "to_id": t[1], "strength": t[2],
                "from_side": sides.get(t[0][0], "customer"),
                "bond": t[3] if len(t) > 3 else "value",
            }
            for t in ties
        ],
        columns=["account_id", "from_id", "to_id", "from_side", "bond", "strength"],
    )  # fmt: skip
    return contacts, parts, links


def random_tables(seed: int, accounts: int = 3, size: int = 8) -> dict[str, pd.DataFrame]:
    """Tables of several accounts with every oddity: missing grades, leavers, old rows."""
    rng = np.random.default_rng(seed)
    ids = [f"A{a}-C{c}" for a in range(accounts) for c in range(size)]
    many = len(ids)
    account = np.repeat([f"A{a}" for a in range(accounts)], size)
    day = pd.Timestamp(DAY)

    def holes(values: np.ndarray, share: float = 0.2) -> np.ndarray:
        return np.where(rng.random(len(values)) < share, np.nan, values)

    contacts = pd.DataFrame(
        {
            "contact_id": ids,
            "account_id": account,
            "function": rng.choice(["finance", "purchasing", "engineering", "board"], many),
            "level": holes(rng.integers(1, 6, many)),
            "left_on": pd.Series(day + pd.to_timedelta(rng.integers(-60, 60, many), "D")).where(
                rng.random(many) < 0.15
            ),
        }
    )
    dates = day + pd.to_timedelta(rng.integers(-400, 60, many), unit="D")
    roles = pd.DataFrame(
        {
            "contact_id": ids,
            "influence": holes(rng.integers(1, 6, many)),
            "support": holes(rng.integers(-2, 3, many)),
            "buyer_types": rng.choice(["economic", "user;technical", "technical"], many),
            "phases": rng.choice(["choose", "compare;choose", "recognise", None], many),
            "as_of": pd.Series(dates).where(rng.random(many) < 0.9),
        }
    )
    n = many * 3
    to = rng.integers(0, many, n)
    side = rng.choice(["us", "customer", "competitor"], n, p=[0.5, 0.4, 0.1])
    peer = np.array(ids)[to // size * size + rng.integers(0, size, n)]
    start = np.select(
        [side == "us", side == "competitor"],
        [[f"M{i}" for i in rng.integers(0, 5, n)], [f"R{i}" for i in rng.integers(0, 2, n)]],
        peer,
    )
    ties = pd.DataFrame(
        {
            "account_id": account[to],
            "from_id": start,
            "to_id": np.array(ids)[to],
            "from_side": side,
            "bond": rng.choice(["personal", "value"], n),
            "strength": rng.integers(0, 5, n),
            "as_of": day + pd.to_timedelta(rng.integers(-300, 30, n), unit="D"),
        }
    ).drop_duplicates(["from_id", "to_id", "bond", "as_of"])
    members = pd.DataFrame(
        {"member_id": [f"M{i}" for i in range(5)], "role": ["sales_director"] * 5}
    )
    return {"contacts": contacts, "contact_roles": roles, "ties": ties, "members": members}


def random_network(seed: int, account_id: str = "A1") -> ContactNetwork:
    """One account of such tables."""
    tables = random_tables(seed)
    return contact_network(*tables.values(), account_id=account_id, as_of=DAY)
