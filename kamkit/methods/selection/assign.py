"""Classification of accounts by a scheme: class, reason, what is open, what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.rules import Ground, field_of, ground, truths
from kamkit.methods.selection.verdicts import (
    OPEN,
    UNKNOWN,
    Verdicts,
    decide,
    deciding,
    lacking,
    member_truths,
    named_flags,
    wobbled,
)
from kamkit.schemes import Scheme

ASSIGNMENT_COLUMNS = [
    "account_id",
    "scheme",
    "version",
    "member",
    "key",
    "status",
    "reason",
    "met",
    "failed",
    "missing",
    "possible",
    "nearest",
    "distance",
    "flips",
    "tie_rule",
]


def classify(
    basis: pd.DataFrame,
    scheme: Scheme,
    *,
    ties: Mapping[str, str] | None = None,
    decisions: pd.DataFrame | None = None,
    wobble: float = 0.10,
) -> pd.DataFrame:
    """Put every account into a class of a scheme, and say why and how firmly.

    Needs columns: account_id and the scheme's basis fields; a field that is absent counts as
    unknown. ``ties`` maps an open case of the scheme to the class a company has decided for
    it. ``decisions`` holds written judgements (account_id, member, reason): they settle open
    cases, and they are the whole rule of a scheme of mode "manual".
    Returns columns: account_id, scheme, version, member (empty while open or unknown), key
    (reading on key / not key, missing where the scheme has none), status (classified, open,
    unknown), reason (condition of the class, open cases, ``otherwise``, ``tie_rule``,
    ``decision``, ``no_decision``, ``reason_missing``, ``data_missing``), met, failed
    (conditions), missing (fields that could change the verdict), possible (classes still
    possible), nearest (condition nearest to its cut-off among those that alone would change the
    verdict), distance (to that cut-off, share of it, negative below), flips (fields that change
    the verdict when moved alone by ``wobble``), tie_rule; then one column per basis field.
    Lists are joined by "; ". A multi-label scheme gives one row per label.
    Raises KamkitError for a repeated account, text where a number belongs, unknown classes.
    Source: the scheme's own (S015-S026, S035-S039, S079, S080); three-valued logic Kleene 1952.

    >>> from kamkit.schemes import load_scheme
    >>> basis = pd.DataFrame({"account_id": ["A", "B"], "sales": [25e6, 25e6],
    ...                       "rating:industry_level": [5, 3]})
    >>> classify(basis, load_scheme("elevator"))[["member", "status"]].values.tolist()
    [['key', 'classified'], ['', 'open']]
    """
    need_columns(basis, "basis", ["account_id"])
    _refuse_doubles(basis)
    rules = _checked_ties(scheme, ties or {})
    given = _checked_decisions(scheme, decisions)
    if scheme.mode == "manual":
        return _manual(basis, scheme, given)
    base = ground(basis, scheme)
    found = truths(scheme, base)
    nearest, distance = deciding(scheme, base)
    shared = pd.DataFrame(
        {
            "account_id": basis["account_id"].to_numpy(),
            "scheme": scheme.id,
            "version": scheme.version,
            "met": _listed(scheme, found, 1.0, base.n),
            "failed": _listed(scheme, found, 0.0, base.n),
            "missing": lacking(scheme, base),
            "nearest": nearest,
            "distance": distance,
            "flips": wobbled(scheme, base, wobble),
        }
    )
    if scheme.multi:
        parts = _labels(scheme, found, base.n)
    else:
        parts = _classes(scheme, decide(scheme, found, base.n), rules, given, basis)
    joined = parts.merge(shared, left_on="row", right_index=True, how="left")
    evidence = _evidence(scheme, base)
    joined = joined.merge(evidence, left_on="row", right_index=True, how="left")
    return _finished(joined, scheme, list(evidence.columns))


def _refuse_doubles(basis: pd.DataFrame) -> None:
    ids = basis["account_id"]
    KamkitError.collect(
        Problem("duplicate_key", "basis", "account_id", int(i) + 1, ids.iloc[int(i)])
        for i in np.flatnonzero(ids.duplicated().to_numpy())
    )


def _checked_ties(scheme: Scheme, ties: Mapping[str, str]) -> Mapping[str, str]:
    cases = {case.when: case.between for case in scheme.open}
    problems = [
        Problem("unknown_open_case", scheme.id, k, value=k, details={"allowed": ", ".join(cases)})
        for k in ties
        if k not in cases
    ]
    problems += [
        Problem("unknown_member", scheme.id, k, value=v, details={"allowed": ", ".join(cases[k])})
        for k, v in ties.items()
        if k in cases and v not in cases[k]
    ]
    KamkitError.collect(problems)
    return ties


def _checked_decisions(
    scheme: Scheme, decisions: pd.DataFrame | None
) -> Mapping[str, tuple[str, str]]:
    if decisions is None:
        return {}
    need_columns(decisions, "decisions", ["account_id", "member", "reason"])
    allowed = ", ".join(scheme.member_ids)
    KamkitError.collect(
        Problem("unknown_member", "decisions", "member", i + 1, value, details={"allowed": allowed})
        for i, value in enumerate(decisions["member"])
        if value not in scheme.member_ids
    )
    reasons = decisions["reason"].fillna("").astype("str").str.strip()
    return {
        str(account): (str(member), str(reason))
        for account, member, reason in zip(
            decisions["account_id"], decisions["member"], reasons, strict=True
        )
    }


def _listed(scheme: Scheme, found: Mapping[str, Any], wanted: float, n: int) -> list[str]:
    leaves = [k for k, c in scheme.conditions.items() if c.kind == "field"]
    return named_flags({k: found[k] == wanted for k in leaves}, n)


def _row(row: int, member: str, status: str, reason: str, possible: str, tie: str = "") -> Any:
    return {
        "row": row,
        "member": member,
        "status": status,
        "reason": reason,
        "possible": possible,
        "tie_rule": tie,
    }


def _classes(
    scheme: Scheme,
    verdicts: Verdicts,
    ties: Mapping[str, str],
    decisions: Mapping[str, tuple[str, str]],
    basis: pd.DataFrame,
) -> pd.DataFrame:
    possible = named_flags(verdicts.possible, len(basis))
    cases = named_flags(verdicts.open_cases, len(basis))
    accounts = basis["account_id"].astype("str").tolist()
    rows = []
    for i, code in enumerate(verdicts.code.tolist()):
        if code == OPEN:
            decision = decisions.get(accounts[i])
            rows.append(_settled(i, cases[i].split("; "), possible[i], ties, decision))
        elif code == UNKNOWN:
            rows.append(_row(i, "", "unknown", "data_missing", possible[i]))
        else:
            member = scheme.members[code]
            why = member.when or "otherwise"
            rows.append(_row(i, member.id, "classified", why, possible[i]))
    return pd.DataFrame(rows, columns=list(_row(0, "", "", "", "")))


def _settled(
    i: int,
    cases: list[str],
    possible: str,
    ties: Mapping[str, str],
    decision: tuple[str, str] | None,
) -> Any:
    """An open case, closed by a reasoned decision or by tie rules that agree."""
    reasons = "; ".join(cases)
    if decision is not None:
        member, reason = decision
        if reason:
            return _row(i, member, "classified", "decision", member, f"decision: {reason}")
        return _row(i, "", "open", f"{reasons}; reason_missing", possible)
    chosen = {ties[c] for c in cases if c in ties}
    if len(chosen) == 1 and all(c in ties for c in cases):
        member = chosen.pop()
        rule = "; ".join(f"{c} → {ties[c]}" for c in cases)
        return _row(i, member, "classified", "tie_rule", member, rule)
    return _row(i, "", "open", reasons, possible)


def _labels(scheme: Scheme, found: Mapping[str, Any], n: int) -> pd.DataFrame:
    """One row per label that holds or can't be told; the remainder class where none holds."""
    tests = member_truths(scheme, found, n)
    rows = []
    for i in range(n):
        own = []
        for member, test in zip(scheme.members, tests, strict=True):
            if not member.when:
                continue
            if test[i] == 1:
                own.append(_row(i, member.id, "classified", member.when, member.id))
            elif np.isnan(test[i]):
                own.append(_row(i, "", "unknown", "data_missing", member.id))
        if not own:
            own = [_row(i, scheme.otherwise, "classified", "otherwise", scheme.otherwise)]
        rows += own
    return pd.DataFrame(rows, columns=list(_row(0, "", "", "", "")))


def _evidence(scheme: Scheme, base: Ground) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name, values in {**base.figures, **base.texts}.items():
        columns[field_of(scheme, name)] = values
    taken = {c: f"basis:{c}" for c in columns if c in ASSIGNMENT_COLUMNS}
    return pd.DataFrame(columns, index=pd.RangeIndex(base.n)).rename(columns=taken)


def _finished(table: pd.DataFrame, scheme: Scheme, evidence: list[str]) -> pd.DataFrame:
    reading = {m.id: m.key for m in scheme.members}
    table = table.reset_index(drop=True)
    table["key"] = pd.array([reading.get(m) for m in table["member"]], dtype="boolean")
    words = [c for c in ASSIGNMENT_COLUMNS if c not in ("key", "distance", "account_id")]
    table[words] = table[words].astype("str")
    return table[[*ASSIGNMENT_COLUMNS, *evidence]]


def _manual(
    basis: pd.DataFrame, scheme: Scheme, decisions: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    rows = []
    for i, account in enumerate(basis["account_id"]):
        everything = "; ".join(scheme.member_ids)
        decision = decisions.get(str(account))
        if decision is None:
            rows.append(_row(i, "", "unknown", "no_decision", everything))
        elif not decision[1]:
            rows.append(_row(i, "", "unknown", "reason_missing", everything))
        else:
            text = f"decision: {decision[1]}"
            rows.append(_row(i, decision[0], "classified", "decision", decision[0], text))
    table = pd.DataFrame(rows, columns=list(_row(0, "", "", "", "")))
    for column in ("met", "failed", "missing", "nearest", "flips"):
        table[column] = ""
    table["distance"] = np.nan
    table["account_id"] = basis["account_id"].to_numpy()
    table["scheme"], table["version"] = scheme.id, scheme.version
    return _finished(table, scheme, [])
