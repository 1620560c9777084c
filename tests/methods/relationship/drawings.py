"""The five drawings of S103 as tables: contacts, ties, members and joint teams of one account."""

from __future__ import annotations

import pandas as pd

DAY = "2026-06-30"
MET = "2026-06-01"

_THEM = {
    "C1": ("purchasing", 2),
    "C2": ("engineering", 3),
    "C3": ("operations", 3),
    "C4": ("administration", 4),
    "C5": ("board", 5),
}
_TIES = {
    "pre": [("M1", "C1", 2)],
    "early": [("M1", "C1", 3)],
    "mid": [("M1", "C1", 3), ("M1", "C2", 2), ("M2", "C2", 2)],
    "partnership": [
        ("M1", "C1", 3), ("M1", "C2", 2), ("M2", "C2", 3), ("M3", "C3", 3), ("M4", "C5", 2),
    ],
}  # fmt: skip
_TIES["synergistic"] = _TIES["partnership"]


def drawing(stage: str, account_id: str = "A1") -> dict[str, pd.DataFrame]:
    """Tables of an account that looks like one of the drawings."""
    prefix = "" if account_id == "A1" else account_id
    people = list(_THEM) if stage != "pre" else ["C1"]
    contacts = pd.DataFrame(
        {
            "contact_id": [prefix + p for p in people],
            "account_id": account_id,
            "function": [_THEM[p][0] for p in people],
            "level": [_THEM[p][1] for p in people],
        }
    )
    ties = pd.DataFrame(_TIES[stage], columns=["from_id", "to_id", "strength"])
    ties = ties.assign(
        account_id=account_id, to_id=prefix + ties["to_id"], from_side="us", bond="value",
        last_contact=MET, as_of=DAY,
    )  # fmt: skip
    members = pd.DataFrame(
        {
            "member_id": ["M1", "M2", "M3", "M4"],
            "function": ["sales", "engineering", "operations", "board"],
            "level": [2, 3, 3, 5],
        }
    )
    teams = ["operations", "npd", "joint_board"] if stage == "synergistic" else []
    joint = pd.DataFrame(
        {
            "account_id": [account_id] * len(teams), "team": teams,
            "started_on": ["2025-01-10"] * len(teams), "last_meeting": [MET] * len(teams),
        }
    )  # fmt: skip
    accounts = pd.DataFrame({"account_id": [account_id], "owner_id": ["M1"]})
    return {
        "contacts": contacts, "ties": ties, "members": members, "joint_teams": joint,
        "accounts": accounts,
    }  # fmt: skip


def together(*parts: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables of several accounts in one set."""
    tables = {k: pd.concat([p[k] for p in parts], ignore_index=True) for k in parts[0]}
    return tables | {"members": tables["members"].drop_duplicates("member_id")}
