"""The sheet for one appraisal conversation: this person's evidence, and nobody else's."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.combined import Combined
from kamkit.methods.appraisal.duties import EXPECTED
from kamkit.methods.checks import need_columns

EVIDENCE_COLUMNS = [
    *("side", "kind", "item", "value", "reference", "low", "high", "n", "text", "origin"),
]
OPEN_COLUMNS = ["reason", "kind", "item", "value", "low", "high"]
SIGNERS = ("member", "manager", "next_manager")


@dataclass(frozen=True)
class ConversationSheet:
    """What :func:`conversation_sheet` found, all of it about one person.

    Attributes
    ----------
    member_id
        Whose sheet it is.
    result
        total (0–100), low, high, grade, grade_p, settled, note, origin: one row.
    parts
        part, value (0–100), se, weight, points.
    grades
        grade, probability.
    evidence
        side (for, against), kind (kpi, competence, duty), item, value, reference (target 1,
        required level, duty level 3), low, high, n, text (what a manager wrote down), origin.
        Only what can be told: a rating whose interval holds its reference is an open point.
    differences
        kind, item, own (self-rating), rated, gap (own − rated), low, high, sure: where the
        person sees it otherwise, largest gap first.
    open_points
        reason (cannot_tell, not_rated, hidden, no_target, grade_not_settled, part_missing), kind,
        item, value, low, high.
    plan
        The person's rows of the development plan.
    agreement
        topic (result, differences, plan, support), member_view, manager_view, agreed: empty, to
        be written in the conversation.
    signatures
        role (member, manager, next_manager), member_id, name, signed_on: empty dates. Signing
        says that the talk took place, not that one agrees.
    """

    member_id: str
    result: pd.DataFrame
    parts: pd.DataFrame
    grades: pd.DataFrame
    evidence: pd.DataFrame
    differences: pd.DataFrame
    open_points: pd.DataFrame
    plan: pd.DataFrame
    agreement: pd.DataFrame
    signatures: pd.DataFrame


def conversation_sheet(
    member_id: str,
    combined: Combined,
    *,
    kpi_parts: pd.DataFrame | None = None,
    gaps: pd.DataFrame | None = None,
    duties: pd.DataFrame | None = None,
    plan: pd.DataFrame | None = None,
    ratings: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
) -> ConversationSheet:
    """Evidence for and against, gaps, agreement, open points and signatures of one person.

    ``combined``: the result of all; ``kpi_parts``: a scorecard's parts; ``gaps``: of
    ``competence_gaps``; ``duties``: of ``duty_profile``; ``plan``: of ``development_plan``;
    ``ratings``: with the column evidence (of the periods of gaps and duties; only what managers
    wrote is quoted, since peers, customers and reports were promised that nobody is named);
    ``members``: member_id, name, manager_id. No rank, group number or figure of anybody else is
    passed on.

    Returns ConversationSheet. Raises KamkitError unknown_person, missing_column.
    Source: S210 (appraisal), S199 (own view); the sheet house.

    >>> from kamkit.methods.appraisal.combined import combined_result
    >>> parts = pd.DataFrame({"member_id": ["a", "b"], "part": "kpi", "value": [70.0, 50],
    ...     "se": 3.0})
    >>> card = pd.DataFrame({"member_id": ["a", "b"], "kpi": "sales", "attainment": [1.1, 0.8]})
    >>> sheet = conversation_sheet("a", combined_result(parts), kpi_parts=card)
    >>> sheet.result["grade"].tolist(), sheet.evidence[["side", "item"]].values.tolist()
    (['meets'], [['for', 'sales']])
    """
    person = str(member_id)
    known = combined.members["member_id"].tolist()
    if person not in known:
        details = {"allowed": ", ".join(known[:20])}
        problem = Problem("unknown_person", column="member_id", value=person, details=details)
        raise KamkitError(problem)
    columns = ["total", "low", "high", "grade", "grade_p", "settled", "note", "origin"]
    result = _mine(combined.members, person)[columns]
    rows = pd.concat(
        [
            _kpis(_mine(kpi_parts, person)),
            _levels(_mine(gaps, person), "competence", "competency"),
            _levels(_mine(duties, person), "duty", "duty"),
        ],
        ignore_index=True,
    )
    said = _mine(ratings, person, "ratee_id")
    looked_at = [t["period"] for t in (gaps, duties) if t is not None and "period" in t]
    if looked_at and "period" in said:
        said = said[said["period"].astype("str").isin(pd.concat(looked_at).astype("str"))]
    rows["text"] = _texts(rows, said)
    told = rows["side"].isin(["for", "against"])
    evidence = rows.loc[told, EVIDENCE_COLUMNS].sort_values("side", ascending=False, kind="stable")
    return ConversationSheet(
        person,
        result,
        _mine(combined.parts, person)[["part", "value", "se", "weight", "points"]],
        _mine(combined.probabilities, person)[["grade", "probability"]],
        evidence.reset_index(drop=True),
        _differences(_mine(gaps, person), _mine(duties, person)),
        _open(rows[~told], result.iloc[0]),
        _mine(plan, person),
        _agreement(),
        _signatures(person, members),
    )


def _mine(table: pd.DataFrame | None, person: str, column: str = "member_id") -> pd.DataFrame:
    if table is None:
        return pd.DataFrame({column: pd.Series(dtype="str")})
    if column == "member_id" and column not in table:
        table = table.rename(columns={"scope_id": column})
    need_columns(table, "table", [column])
    return table[table[column].astype("str") == person].reset_index(drop=True)


def _kpis(parts: pd.DataFrame) -> pd.DataFrame:
    columns = [*EVIDENCE_COLUMNS, "reason"]
    if parts.empty:
        return pd.DataFrame(columns=columns)
    need_columns(parts, "kpi_parts", ["kpi", "attainment"])
    value = parts["attainment"].astype(float)
    side = np.select([value.isna(), value >= 1], ["open", "for"], "against")
    return pd.DataFrame(
        {
            "side": side, "kind": "kpi", "item": parts["kpi"], "value": value,
            "reference": 1.0, "low": np.nan, "high": np.nan, "n": 1, "text": "",
            "origin": "S173; S210", "reason": "no_target",
        }
    )[columns]  # fmt: skip


def _levels(table: pd.DataFrame, kind: str, item: str) -> pd.DataFrame:
    columns = [*EVIDENCE_COLUMNS, "reason"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    reference = table["required"] if "required" in table else pd.Series(EXPECTED, table.index)
    hidden = table["status"] == "hidden" if "status" in table else pd.Series(False, table.index)
    side = np.select(
        [table["low"] >= reference, table["high"] < reference], ["for", "against"], "open"
    )
    reason = np.select([hidden, table["rated"].isna()], ["hidden", "not_rated"], "cannot_tell")
    return pd.DataFrame(
        {
            "side": side, "kind": kind, "item": table[item], "value": table["rated"],
            "reference": reference.astype(float), "low": table["low"], "high": table["high"],
            "n": table["n"], "text": "", "origin": table["origin"], "reason": reason,
        }
    )[columns]  # fmt: skip


def _texts(rows: pd.DataFrame, ratings: pd.DataFrame) -> pd.Series:
    """What managers wrote down for each item, joined."""
    if "evidence" not in ratings or rows.empty:
        return pd.Series("", rows.index, dtype="str")
    said = ratings[(ratings["source"] == "manager") & ratings["evidence"].notna()]
    item = "competency" if "competency" in said else "duty"
    texts = said.groupby(item)["evidence"].agg(lambda t: "; ".join(dict.fromkeys(map(str, t))))
    return rows["item"].map(texts).fillna("").astype("str")


def _differences(gaps: pd.DataFrame, duties: pd.DataFrame) -> pd.DataFrame:
    found = []
    for table, kind, item in ((gaps, "competence", "competency"), (duties, "duty", "duty")):
        if table.empty or "self_gap" not in table:
            continue
        have = table.dropna(subset=["self_gap"])
        found.append(
            pd.DataFrame(
                {
                    "kind": kind, "item": have[item], "own": have["self"], "rated": have["rated"],
                    "gap": have["self_gap"], "low": have["self"] - have["high"],
                    "high": have["self"] - have["low"],
                }
            )
        )  # fmt: skip
    columns = ["kind", "item", "own", "rated", "gap", "low", "high"]
    out = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    out["sure"] = (out["low"] > 0) | (out["high"] < 0)
    order = out["gap"].abs().sort_values(ascending=False, kind="stable").index
    return out.loc[order].reset_index(drop=True)


def _open(rows: pd.DataFrame, result: pd.Series) -> pd.DataFrame:
    found: list[dict[Hashable, Any]] = rows[OPEN_COLUMNS].to_dict("records")
    whole: dict[Hashable, Any] = {"kind": "result", "item": "", "value": result["total"]}
    whole |= {"low": result["low"], "high": result["high"]}
    if not result["settled"]:
        found.append({"reason": "grade_not_settled", **whole})
    if result["note"] == "part_missing":
        found.append({"reason": "part_missing", **whole})
    return pd.DataFrame(found, columns=OPEN_COLUMNS)


def _agreement() -> pd.DataFrame:
    topics = ["result", "differences", "plan", "support"]
    return pd.DataFrame({"topic": topics, "member_view": "", "manager_view": "", "agreed": ""})


def _signatures(person: str, members: pd.DataFrame | None) -> pd.DataFrame:
    """The person, his or her manager, and the manager's."""
    ids, names = {"member": person}, {}
    if members is not None:
        need_columns(members, "members", ["member_id"])
        staff = members.astype({"member_id": "str"}).drop_duplicates("member_id")
        staff = staff.set_index("member_id")
        names = staff["name"].to_dict() if "name" in staff else {}
        boss = staff["manager_id"].dropna().to_dict() if "manager_id" in staff else {}
        ids["manager"] = str(boss.get(person, ""))
        ids["next_manager"] = str(boss.get(ids["manager"], ""))
    return pd.DataFrame(
        {
            "role": list(SIGNERS),
            "member_id": [ids.get(role, "") for role in SIGNERS],
            "name": [str(names.get(ids.get(role, ""), "")) for role in SIGNERS],
            "signed_on": pd.Series([pd.NaT] * len(SIGNERS), dtype="datetime64[ns]"),
        }
    )
