"""Contracts: is everything in them that keeps risk away, and what the contract list shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of
from kamkit.methods.projects.answers import EVIDENCE, QuestionSet, answer_table
from kamkit.methods.projects.gates import share_met

_ORIGIN = "S163; house"
_GAPS = {
    "no": "missing", "partly": "incomplete", "thin": "by_word_only", "unknown": "not_checked",
    "contradicted": "contradicted", "stale": "not_checked",
}  # fmt: skip


@dataclass(frozen=True)
class ContractCheck:
    """The parts of :func:`contract_check`."""

    items: pd.DataFrame
    steps: pd.DataFrame
    risks: pd.DataFrame
    measures: pd.DataFrame


def contract_check(
    answers: pd.DataFrame,
    question_set: QuestionSet,
    *,
    evidence: str = "document",
    contract_id: str = "",
) -> ContractCheck:
    """Go through a contract step by step; every gap becomes a line of the risk register.

    Needs columns: question, answer (yes, partly, no, unknown, not_applicable); optional:
    evidence (none, us, client, document), chance (0–1 that the gap does harm), exposure (money
    if it does). A clause counts only where it is on paper (``evidence``); by word only is
    "thin". Unknown is not missing: it hasn't been checked.
    Returns ``items`` (question, group, weight, gate, origin, answer, evidence, grade, state);
    ``steps`` (group, items, met, partly, thin, no, unknown, not_applicable, share, low, high:
    completeness 0–1 of what is known, unknown as missing and as there, origin); ``risks``
    (risk_id, contract_id, question, group, contract_gap: missing, incomplete, by_word_only,
    not_checked, contradicted; must: whether the contract may not be signed without it, chance,
    exposure, expected_loss = chance × exposure, origin), those that must be closed first;
    ``measures`` (completeness, items_open, must_open, ready: 1 if nothing that must be there is
    open, expected_loss). Chance and money are the reader's: without them they stay empty.
    Raises KamkitError for unknown questions, answers, grades.
    Source: S163 (three steps), S250 (gaps become register lines); grades house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="delivery", group="describe", weight=1.0, gate=True, origin="S163")
    >>> own = Set(id="own", origin="S163", questions=(one,))
    >>> said = pd.DataFrame({"question": ["delivery"], "answer": ["yes"], "evidence": ["client"]})
    >>> contract_check(said, own).risks[["question", "contract_gap"]].values.tolist()
    [['delivery', 'by_word_only']]
    """
    one_of(evidence, "evidence", EVIDENCE[1:])
    items = answer_table(answers, question_set).drop(columns=["answered_on", "answers"])
    weak = (items["state"] == "met") & (items["grade"] < EVIDENCE.index(evidence))
    items.loc[weak, "state"] = "thin"
    steps = [_step(str(name), part) for name, part in items.groupby("group", sort=False)]
    columns = ["group", "items", "met", "partly", "thin", "no", "unknown", "not_applicable",
               "share", "low", "high", "origin"]  # fmt: skip
    risks = _risks(items, answers, contract_id)
    return ContractCheck(
        items, pd.DataFrame(steps, columns=columns), risks, _measures(items, risks)
    )


def _step(name: str, part: pd.DataFrame) -> dict[str, Any]:
    counts = part["state"].value_counts()
    share, low, high = share_met(part)
    names = ("met", "partly", "thin", "no", "not_applicable")
    return {
        "group": name, "items": len(part), **{n: int(counts.get(n, 0)) for n in names},
        "unknown": int(part["state"].isin(("unknown", "contradicted", "stale")).sum()),
        "share": share, "low": low, "high": high, "origin": _ORIGIN,
    }  # fmt: skip


def _risks(items: pd.DataFrame, answers: pd.DataFrame, contract_id: str) -> pd.DataFrame:
    gaps = items[items["state"].isin(_GAPS)].copy()
    gaps["contract_gap"] = gaps["state"].map(_GAPS)
    gaps["must"] = gaps["gate"]
    for column in ("chance", "exposure"):
        given = answers[["question", column]] if column in answers else None
        if given is None:
            gaps[column] = np.nan
            continue
        numbers = pd.to_numeric(given[column], errors="coerce")
        worst = numbers.groupby(given["question"].astype(str)).max()
        gaps[column] = gaps["question"].map(worst).astype(float)
    gaps["expected_loss"] = gaps["chance"] * gaps["exposure"]
    gaps = gaps.sort_values(
        ["must", "expected_loss", "weight"], ascending=False, kind="stable", na_position="last",
        ignore_index=True,
    )  # fmt: skip
    gaps["risk_id"] = [f"C{i + 1:02d}" for i in range(len(gaps))]
    gaps["contract_id"] = contract_id
    gaps["origin"] = "S163; S250"
    columns = ["risk_id", "contract_id", "question", "group", "contract_gap", "must", "chance",
               "exposure", "expected_loss", "origin"]  # fmt: skip
    return gaps[columns]


def _measures(items: pd.DataFrame, risks: pd.DataFrame) -> pd.DataFrame:
    n = int((items["state"] != "not_applicable").sum())
    share, low, high = share_met(items)
    how = "unknown_kept_apart" if n else "too_little_data"
    must = int(risks["must"].sum())
    loss = float(risks["expected_loss"].sum()) if risks["expected_loss"].notna().any() else np.nan
    priced = int(risks["expected_loss"].notna().sum())

    def row(key: str, value: float, size: int = n, **ends: float) -> dict[str, Any]:
        return measure_row(key, value, size, variant=how, origin=_ORIGIN, **ends)

    return measure_table(
        [
            row("completeness", share, low=low, high=high),
            row("items_open", len(risks)),
            row("must_open", must),
            row("ready", float(must == 0) if n else np.nan),
            row("expected_loss", loss, priced),
        ]
    )


def contract_findings(
    contracts: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    milestones: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
    renew_days: int = 90,
    long_payment: float = 0.90,
) -> pd.DataFrame:
    """What a list of contracts shows by itself: ended, ending, open-ended, overlapping, unpaid.

    Needs columns: contract_id, account_id, start, end; optional: kind, value, payment_days.
    ``milestones`` (project_id, planned_on, actual_on) with ``projects`` (project_id, account_id)
    find deliveries planned after every contract of their account has ended.
    Returns columns: contract_id, account_id, contract_issue (ended, ends_soon, no_end,
    end_before_start, no_value, long_payment, overlapping, delivers_after_end), days (to or
    since the end, of payment, of overlap), value (money), limit (what it was held against), n
    (contracts compared), origin; most money first. Of several contracts of an account and kind
    only the one that ends last is "ended" or "ends soon".
    Payment is long above the ``long_payment`` quantile of the list, from eight contracts on.
    Raises KamkitError for missing columns. Source: S164, S165; limits house.

    >>> one = pd.DataFrame({"contract_id": ["K1"], "account_id": ["A"], "start": ["2025-01-01"],
    ...                     "end": ["2025-12-31"]})
    >>> contract_findings(one, as_of="2026-01-31")[["contract_issue", "days"]].values.tolist()
    [['ended', -31.0]]
    """
    need_columns(contracts, "contracts", ["contract_id", "account_id", "start", "end"])
    table = _contracts(contracts)
    day = pd.Timestamp(as_of)
    left = (table["end"] - day).dt.days
    renewed = _renewed(table)
    found = [
        _found(table[(left < 0) & ~renewed], "ended", left, 0),
        _found(table[left.between(0, renew_days) & ~renewed], "ends_soon", left, renew_days),
        _found(table[table["end"].isna()], "no_end", None, np.nan),
        _found(table[table["end"] < table["start"]], "end_before_start",
               (table["end"] - table["start"]).dt.days, 0),
    ]  # fmt: skip
    if "value" in contracts:
        found.append(_found(table[~(table["value"] > 0)], "no_value", None, 0))
    paid = table["payment_days"]
    if paid.notna().sum() >= 8:
        limit = float(paid.quantile(long_payment))
        found.append(_found(table[paid > limit], "long_payment", paid, limit))
    found.append(_overlaps(table))
    if milestones is not None and projects is not None:
        found.append(_late_delivery(table, milestones, projects))
    rows = pd.concat(found, ignore_index=True)
    rows["n"], rows["origin"] = len(table), "S164; S165; house"
    return rows.sort_values(
        ["value", "contract_id", "contract_issue"], ascending=[False, True, True],
        na_position="last", ignore_index=True,
    )  # fmt: skip


def _contracts(contracts: pd.DataFrame) -> pd.DataFrame:
    table = contracts.reset_index(drop=True).copy()
    for column in ("start", "end"):
        table[column] = pd.to_datetime(table[column])
    for column in ("value", "payment_days"):
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        table[column] = pd.to_numeric(given, errors="coerce").astype(float)
    if "kind" not in table:
        table["kind"] = ""
    return table


def _found(rows: pd.DataFrame, issue: str, days: pd.Series | None, limit: float) -> pd.DataFrame:
    return pd.DataFrame({
        "contract_id": rows["contract_id"], "account_id": rows["account_id"],
        "contract_issue": issue,
        "days": np.nan if days is None else days.reindex(rows.index).astype(float),
        "value": rows["value"], "limit": float(limit),
    })  # fmt: skip


def _renewed(table: pd.DataFrame) -> pd.Series:
    """Contracts that a later one of the same account and kind carries on."""
    keys = ["account_id", "kind"]
    until = table["end"].fillna(pd.Timestamp.max.normalize())
    last = table.assign(until=until).groupby(keys, dropna=False)["until"].transform("max")
    return last > until


def _overlaps(table: pd.DataFrame) -> pd.DataFrame:
    """Contracts of one account and kind that begin before an earlier one has ended."""
    rows = table.dropna(subset=["start"]).sort_values(["account_id", "kind", "start"])
    end = rows["end"].fillna(pd.Timestamp.max.normalize())
    before = end.groupby([rows["account_id"], rows["kind"]]).cummax()
    before = before.groupby([rows["account_id"], rows["kind"]]).shift()
    over = (before >= rows["start"]).fillna(False)
    first_end = np.minimum(before, end)
    days = (first_end - rows["start"]).dt.days + 1
    return _found(rows[over], "overlapping", days, 0)


def _late_delivery(
    table: pd.DataFrame, milestones: pd.DataFrame, projects: pd.DataFrame
) -> pd.DataFrame:
    need_columns(milestones, "milestones", ["project_id", "planned_on"])
    need_columns(projects, "projects", ["project_id", "account_id"])
    open_ = milestones.copy()
    if "actual_on" in open_:
        open_ = open_[open_["actual_on"].isna()]
    last = open_.assign(planned_on=pd.to_datetime(open_["planned_on"]))
    last = last.merge(projects[["project_id", "account_id"]], on="project_id")
    planned = last.groupby("account_id")["planned_on"].max()
    ends = table.assign(until=table["end"].fillna(pd.Timestamp.max.normalize()))
    # The last contract of the account is the one that should cover the delivery.
    cover = ends.sort_values("until").groupby("account_id").tail(1).set_index("account_id")
    both = cover.join(planned.rename("planned_on"), how="inner").reset_index()
    late = both[both["planned_on"] > both["until"]]
    return _found(late, "delivers_after_end", (both["planned_on"] - both["until"]).dt.days, 0)
