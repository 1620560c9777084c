"""Compliance matrix of a bid: every requirement, our answer, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of
from kamkit.methods.projects.answers import EVIDENCE
from kamkit.methods.projects.gates import share_met

COMPLIES = ("complies", "partly", "no", "unknown", "not_applicable")
_ORIGIN = "S146; house"
_STATES = {"complies": "met"}
_ROWS = [
    *("requirement_id", "section", "must", "weight", "complies", "evidence", "grade", "state"),
    *("owner_id", "due", "overdue_days", "origin"),
]
_SECTIONS = [
    *("section", "requirements", "met", "thin", "partly", "no", "unknown", "not_applicable"),
    *("share", "low", "high", "musts", "musts_met", "decision", "variant", "origin"),
]
# What has to be done first: a must that fails, then what might yet fail, then points.
_ORDER = ("no", "partly", "thin", "unknown")


@dataclass(frozen=True)
class ComplianceMatrix:
    """The parts of :func:`compliance_matrix`."""

    requirements: pd.DataFrame
    sections: pd.DataFrame
    open: pd.DataFrame
    decision: pd.DataFrame
    measures: pd.DataFrame


def compliance_matrix(
    requirements: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str | None = None,
    must_evidence: str = "document",
    evidence: str = "us",
) -> ComplianceMatrix:
    """Hold every requirement of a tender against our answer; a must that fails ends the bid.

    Needs columns: requirement_id, complies (complies, partly, no, unknown, not_applicable; empty
    = unknown); where known section, must (bool), weight (points; default 1), evidence (none,
    us, client, document), owner_id, due. A must is met only on ``must_evidence`` or better, any
    other on ``evidence``; a "complies" on less is "thin". Unknown is neither yes nor no: shares
    run from "all of it no" to "all of it yes".
    Returns ``requirements`` (requirement_id, section, must, weight, complies, evidence, grade
    0–3, state: met, thin, partly, no, unknown, not_applicable; owner_id, due, overdue_days: past
    ``as_of`` and not settled; origin); ``sections`` (section, requirements, met, thin, partly,
    no, unknown, not_applicable, share of what is known – weighted, halves for partly –, low,
    high, musts, musts_met, decision: stop – a must is no –, hold – a must isn't met yet –, go;
    variant, origin); ``open`` (what isn't met, musts first: requirement_id, section, must,
    weight, state, owner_id, due, overdue_days, no_owner); ``decision`` (one row: decision,
    musts_no, musts_open, first_to_do); ``measures`` (share_complied, share_answered,
    musts_met, requirements_open, requirements_overdue, requirements_no_owner).
    Raises KamkitError for unknown answers and grades, a requirement twice, weights below 0.
    Source: S146 (name only); rule house.

    >>> rows = pd.DataFrame({"requirement_id": ["R1", "R2"], "must": [True, False],
    ...     "complies": ["complies", "unknown"], "evidence": ["us", None]})
    >>> found = compliance_matrix(rows)
    >>> found.decision[["decision", "musts_open", "first_to_do"]].values.tolist()
    [['hold', 1, 'R1']]
    """
    one_of(must_evidence, "must_evidence", EVIDENCE[1:])
    one_of(evidence, "evidence", EVIDENCE[1:])
    table = _checked(requirements)
    needed = np.where(table["must"], EVIDENCE.index(must_evidence), EVIDENCE.index(evidence))
    table["state"] = table["complies"].replace(_STATES)
    table.loc[(table["state"] == "met") & (table["grade"] < needed), "state"] = "thin"
    settled = table["state"].isin(("met", "not_applicable"))
    late = pd.Series(np.nan, table.index)
    if as_of is not None:
        late = (pd.Timestamp(as_of) - table["due"]).dt.days.astype(float)
    table["overdue_days"] = late.where(~settled & (late > 0))
    table["origin"] = _ORIGIN
    names = list(dict.fromkeys(table["section"]))
    sections = pd.DataFrame(
        [_section(name, table[table["section"] == name]) for name in names], columns=_SECTIONS
    )
    open_ = _open(table[~settled])
    return ComplianceMatrix(
        table[_ROWS], sections, open_, _decision(table, open_), _measures(table, open_)
    )


def _checked(requirements: pd.DataFrame) -> pd.DataFrame:
    need_columns(requirements, "requirements", ["requirement_id", "complies"])
    table = requirements.reset_index(drop=True).copy()
    table["requirement_id"] = table["requirement_id"].astype(str)
    words = {"complies": "unknown", "evidence": "none", "section": "", "owner_id": ""}
    for column, empty in words.items():
        given = table[column] if column in table else pd.Series(empty, table.index)
        found = given.astype("object").where(given.notna(), empty).astype(str).str.strip()
        table[column] = found.where(found != "", empty).astype("str")
    must = table["must"] if "must" in table else pd.Series(False, table.index)
    table["must"] = must.astype("boolean").fillna(False).to_numpy(bool)
    weight = table["weight"] if "weight" in table else pd.Series(1.0, table.index)
    table["weight"] = pd.to_numeric(weight, errors="coerce").astype(float)
    due = table["due"] if "due" in table else pd.Series(pd.NaT, table.index)
    table["due"] = pd.to_datetime(due)
    allowed = {"complies": COMPLIES, "evidence": EVIDENCE}
    problems = [
        Problem("not_allowed", "requirements", column, int(i) + 1, table[column].iloc[i],
                details={"allowed": ", ".join(choices)})
        for column, choices in allowed.items()
        for i in np.flatnonzero(~table[column].isin(choices))
    ]  # fmt: skip
    problems += [
        Problem("bad_weight", "requirements", "weight", int(i) + 1, weight.iloc[i])
        for i in np.flatnonzero(~(table["weight"] >= 0))
    ]
    problems += [
        Problem("duplicate_key", "requirements", "requirement_id", int(i) + 1,
                table["requirement_id"].iloc[i])
        for i in np.flatnonzero(table.duplicated("requirement_id"))
    ]  # fmt: skip
    KamkitError.collect(problems)
    # A yes or no that nobody stands for is still somebody's word: our own.
    bare = table["complies"].isin(["complies", "partly", "no"]) & (table["evidence"] == "none")
    table.loc[bare, "evidence"] = "us"
    table["grade"] = table["evidence"].map({e: i for i, e in enumerate(EVIDENCE)}).astype(int)
    return table


def _verdict(musts: pd.DataFrame) -> str:
    asked = musts[musts["state"] != "not_applicable"]["state"]
    if (asked == "no").any():
        return "stop"
    return "hold" if (asked != "met").any() else "go"


def _section(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    count = rows["state"].value_counts()
    names = ("met", "thin", "partly", "no", "unknown", "not_applicable")
    share, low, high = share_met(rows)
    musts = rows[rows["must"] & (rows["state"] != "not_applicable")]
    return {
        "section": name, "requirements": len(rows), **{n: int(count.get(n, 0)) for n in names},
        "share": share, "low": low, "high": high, "musts": len(musts),
        "musts_met": int((musts["state"] == "met").sum()), "decision": _verdict(musts),
        "variant": "unknown_kept_apart", "origin": _ORIGIN,
    }  # fmt: skip


def _open(rows: pd.DataFrame) -> pd.DataFrame:
    out = rows.assign(no_owner=rows["owner_id"] == "")
    place = out["state"].map({s: i for i, s in enumerate(_ORDER)}).astype(float)
    order = np.lexsort((out["requirement_id"], -out["weight"], place, ~out["must"]))
    columns = ["requirement_id", "section", "must", "weight", "state", "owner_id", "due",
               "overdue_days", "no_owner"]  # fmt: skip
    return out.iloc[order].reset_index(drop=True)[columns]


def _decision(table: pd.DataFrame, open_: pd.DataFrame) -> pd.DataFrame:
    musts = table[table["must"]]
    columns = ["decision", "musts_no", "musts_open", "first_to_do"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    waiting = open_[open_["must"]]
    row = (
        _verdict(musts), int((musts["state"] == "no").sum()), len(waiting),
        str(open_["requirement_id"].iloc[0]) if len(open_) else "",
    )  # fmt: skip
    return pd.DataFrame([row], columns=columns)


def _measures(table: pd.DataFrame, open_: pd.DataFrame) -> pd.DataFrame:
    counted = table[table["state"] != "not_applicable"]
    n = len(counted)
    how = "unknown_kept_apart" if n else "too_little_data"
    share, low, high = share_met(table)
    weight = counted["weight"].to_numpy(float)
    answered = (counted["complies"] != "unknown").to_numpy(bool)
    known = float(weight[answered].sum() / weight.sum()) if weight.sum() > 0 else np.nan
    musts = counted[counted["must"]]

    def row(key: str, value: float, size: int = n, **ends: float) -> dict[str, Any]:
        return measure_row(key, value, size, variant=how, origin=_ORIGIN, **ends)

    return measure_table(
        [
            row("share_complied", share, low=low, high=high),
            row("share_answered", known),
            row("musts_met", int((musts["state"] == "met").sum()), len(musts)),
            row("requirements_open", len(open_)),
            row("requirements_overdue", int(open_["overdue_days"].notna().sum())),
            row("requirements_no_owner", int(open_["no_owner"].sum())),
        ]
    )
