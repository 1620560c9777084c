"""Yearly reclassification: who moves, which condition changed, who has approved it (S041)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.selection.assign import classify
from kamkit.schemes import Scheme

MOVE_COLUMNS = [
    "account_id",
    "old",
    "new",
    "direction",
    "changed",
    "why",
    "reason",
    "approver_id",
    "approved_on",
    "approval",
]
_UNDECIDED = ("open", "unknown")
FLOW_COLUMNS = ["old", "new", "n", "direction"]


@dataclass(frozen=True)
class Reclassification:
    """``moves``: one row per account; ``flow``: accounts per pair of classes."""

    moves: pd.DataFrame
    flow: pd.DataFrame


def reclassification(
    old: pd.DataFrame,
    new: pd.DataFrame,
    basis: pd.DataFrame | None = None,
    *,
    scheme: Scheme,
    before: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
) -> Reclassification:
    """Compare last year's classes with this year's and hold back moves without a reason.

    Needs columns of ``old``: account_id, member (last year's scheme_assignments of this
    scheme); where it holds several years (as_of), each account's latest counts;
    of ``new``: account_id, member, status (from :func:`classify`). ``basis`` and
    ``before`` are this and last year's basis: with both, the conditions that changed are
    named. ``decisions`` (account_id, reason, approver_id, approved_on) approves moves.
    Returns :class:`Reclassification`. moves: account_id, old, new ("open" or "unknown" where
    undecided), direction (up, down, same, entered, left, relabelled, undecided), changed
    (conditions now met "+x" or no longer met "-x"), why (conditions, class_removed, new_account,
    not_listed, undecided, no_change, rule_or_judgement), reason, approver_id, approved_on,
    approval (not_needed, approved, blocked_no_reason, needs_approver, blocked_open). flow: old,
    new, n, direction.
    A move is blocked without a written reason, and waits without an approver. A class that the
    scheme no longer has counts as relabelled.
    Source: S040, S041.

    >>> from kamkit.schemes import load_scheme
    >>> old = pd.DataFrame({"account_id": ["A"], "member": ["main"]})
    >>> new = pd.DataFrame({"account_id": ["A"], "member": ["key"], "status": ["classified"]})
    >>> moves = reclassification(old, new, scheme=load_scheme("elevator")).moves
    >>> moves[["direction", "approval"]].values.tolist()
    [['up', 'blocked_no_reason']]
    """
    need_columns(old, "scheme_assignments", ["account_id", "member"])
    need_columns(new, "assignments", ["account_id", "member", "status"])
    was, now = _labels(_latest(old)), _labels(new)
    changed = _changed(before, basis, scheme)
    given = _decided(decisions)
    rows = []
    for account in sorted({*was, *now}):
        rows.append(_move(account, was.get(account), now.get(account), scheme, changed, given))
    moves = pd.DataFrame(rows, columns=MOVE_COLUMNS)
    flow = moves.groupby(["old", "new", "direction"], sort=True).size().rename("n").reset_index()
    return Reclassification(moves, flow[FLOW_COLUMNS])


def _latest(old: pd.DataFrame) -> pd.DataFrame:
    """Each account's last assignment; several labels of the same day all stay."""
    if "as_of" not in old.columns or old.empty:
        return old
    day = pd.to_datetime(old["as_of"], errors="coerce")
    last = day.groupby(old["account_id"]).transform("max")
    return old[(day == last) | last.isna()]


def _labels(table: pd.DataFrame) -> dict[str, str]:
    """Class per account; several labels joined; the status where there is no class."""
    found: dict[str, list[str]] = {}
    status = table["status"] if "status" in table.columns else pd.Series("", index=table.index)
    for account, member, state in zip(table["account_id"], table["member"], status, strict=True):
        text = str(member) if pd.notna(member) and str(member) else str(state) or "unknown"
        found.setdefault(str(account), []).append(text)
    return {account: " + ".join(sorted(names)) for account, names in found.items()}


def _changed(
    before: pd.DataFrame | None, basis: pd.DataFrame | None, scheme: Scheme
) -> dict[str, str]:
    if before is None or basis is None or scheme.mode == "manual":
        return {}
    then = _met(classify(before, scheme))
    today = _met(classify(basis, scheme))
    found = {}
    for account in then.keys() & today.keys():
        signs = [f"+{c}" for c in today[account] if c not in then[account]]
        signs += [f"-{c}" for c in then[account] if c not in today[account]]
        found[account] = "; ".join(signs)
    return found


def _met(assignments: pd.DataFrame) -> dict[str, list[str]]:
    return {
        str(account): [c for c in str(met).split("; ") if c]
        for account, met in zip(assignments["account_id"], assignments["met"], strict=True)
    }


def _decided(decisions: pd.DataFrame | None) -> dict[str, tuple[str, str, str]]:
    if decisions is None:
        return {}
    need_columns(decisions, "decisions", ["account_id", "reason", "approver_id", "approved_on"])
    words = decisions[["reason", "approver_id", "approved_on"]]
    words = words.astype("str").where(words.notna(), "").apply(lambda c: c.str.strip())
    return {
        str(account): (row[0], row[1], row[2])
        for account, row in zip(decisions["account_id"], words.values.tolist(), strict=True)
    }


def _direction(old: str | None, new: str | None, scheme: Scheme) -> str:
    if old is None:
        return "entered"
    if new is None:
        return "left"
    if new in _UNDECIDED:
        return "undecided"
    if old == new:
        return "same"
    order = scheme.member_ids
    if scheme.multi or old not in order or new not in order:
        return "relabelled"
    return "up" if order.index(new) < order.index(old) else "down"


def _why(direction: str, old: str | None, changed: str, scheme: Scheme) -> str:
    plain = {
        "entered": "new_account",
        "left": "not_listed",
        "undecided": "undecided",
        "same": "no_change",
    }
    if direction in plain:
        return plain[direction]
    if old not in scheme.member_ids and not scheme.multi:
        return "class_removed"
    return "conditions" if changed else "rule_or_judgement"


def _move(
    account: str,
    old: str | None,
    new: str | None,
    scheme: Scheme,
    changed: dict[str, str],
    decided: dict[str, tuple[str, str, str]],
) -> list[str]:
    direction = _direction(old, new, scheme)
    signs = changed.get(account, "")
    reason, approver, day = decided.get(account, ("", "", ""))
    if direction == "same":
        approval = "not_needed"
    elif new in _UNDECIDED:
        approval = "blocked_open"
    elif not reason:
        approval = "blocked_no_reason"
    else:
        approval = "approved" if approver and day else "needs_approver"
    why = _why(direction, old, signs, scheme)
    return [account, old or "", new or "", direction, signs, why, reason, approver, day, approval]
