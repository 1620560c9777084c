"""From all accounts to a short list, with a reason for every account at every step (S032)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.assign import classify
from kamkit.schemes import Scheme

TRAIL_COLUMNS = ["account_id", "step", "name", "verdict", "reason", "value", "cut"]
FUNNEL_COLUMNS = ["step", "name", "entered", "kept", "dropped", "set_aside"]


@dataclass(frozen=True)
class Step:
    """One step of a screening.

    Either ``field`` with ``at_least`` or ``at_most`` (a limit), or ``field`` with ``first`` (the
    largest so many; ties with the last stay in), or ``field`` with ``among`` (the words to keep,
    such as the relation "prospect"), or ``scheme`` with ``members`` to keep. What can't be told
    is set aside, not dropped.
    """

    name: str
    field: str = ""
    at_least: float | None = None
    at_most: float | None = None
    first: int | None = None
    scheme: Scheme | None = None
    members: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Screening:
    """Result of a screening.

    ``long_list`` and ``short_list``: account_id and the fields tested. ``set_aside``:
    account_id, step, reason. ``trail``: one row per account and step it reached. ``funnel``: one
    row per step.
    """

    long_list: pd.DataFrame
    short_list: pd.DataFrame
    set_aside: pd.DataFrame
    trail: pd.DataFrame
    funnel: pd.DataFrame


def screen(basis: pd.DataFrame, steps: Sequence[Step], *, long_after: int = 1) -> Screening:
    """Take accounts through the steps in order; say at each who stays, who goes, and why.

    Needs columns: account_id and the fields that the steps name. ``long_after`` is the number
    of steps after which those left are the long list; those left at the end are the short list.
    Returns :class:`Screening`. trail: account_id, step (1 …), name, verdict (kept, dropped,
    set_aside), reason (limit, place, word, class, data_missing, open), value, cut. funnel: step,
    name, entered, kept, dropped, set_aside. set_aside: account_id, step, name, reason.
    Raises KamkitError where a step has no or two tests.
    Source: S032 (criteria first, then rank, filter, choose).

    >>> basis = pd.DataFrame({"account_id": ["A", "B"], "sales": [9.0, 2.0]})
    >>> screen(basis, [Step("size", field="sales", at_least=5)]).short_list.account_id.tolist()
    ['A']
    """
    need_columns(basis, "basis", ["account_id", *[s.field for s in steps if s.field]])
    _check(steps)
    left = basis.reset_index(drop=True)
    trails, funnel = [], []
    long_list = left
    for number, step in enumerate(steps, 1):
        trail = _taken(left, step)
        trail.insert(1, "step", number)
        trail.insert(2, "name", step.name)
        trails.append(trail)
        counts = [int((trail["verdict"] == v).sum()) for v in ("kept", "dropped", "set_aside")]
        funnel.append([number, step.name, len(left), *counts])
        left = left[(trail["verdict"] == "kept").to_numpy()].reset_index(drop=True)
        if number == long_after:
            long_list = left
    if long_after > len(steps):
        long_list = left
    trail = pd.concat(trails, ignore_index=True) if trails else pd.DataFrame(columns=TRAIL_COLUMNS)
    aside = trail.loc[trail["verdict"] == "set_aside", ["account_id", "step", "name", "reason"]]
    shown = ["account_id", *dict.fromkeys(s.field for s in steps if s.field)]
    return Screening(
        long_list[shown].reset_index(drop=True),
        left[shown].reset_index(drop=True),
        aside.reset_index(drop=True),
        trail[TRAIL_COLUMNS],
        pd.DataFrame(funnel, columns=FUNNEL_COLUMNS),
    )


def _check(steps: Sequence[Step]) -> None:
    problems = []
    for number, step in enumerate(steps, 1):
        limits = [step.at_least, step.at_most, step.first]
        tests = sum(v is not None for v in limits) + bool(step.among)
        right = tests == 1 and step.field and step.scheme is None
        by_class = step.scheme is not None and bool(step.members) and not step.field and not tests
        if not (right or by_class):
            problems.append(Problem("screen_step", "steps", step.name, number, value=step.name))
        if step.scheme is not None:
            allowed = {"allowed": ", ".join(step.scheme.member_ids)}
            problems += [
                Problem("unknown_member", "steps", step.name, number, m, details=allowed)
                for m in step.members
                if m not in step.scheme.member_ids
            ]
    KamkitError.collect(problems)


def _taken(left: pd.DataFrame, step: Step) -> pd.DataFrame:
    if step.scheme is not None:
        return _scheme_step(left, step)
    return _word_step(left, step) if step.among else _field_step(left, step)


def _word_step(left: pd.DataFrame, step: Step) -> pd.DataFrame:
    given = left[step.field]
    words = given.astype("str").str.strip()
    unknown = (given.isna() | (words == "")).to_numpy()
    passed = words.isin(step.among).to_numpy()
    verdict = np.where(unknown, "set_aside", np.where(passed, "kept", "dropped"))
    return pd.DataFrame(
        {
            "account_id": left["account_id"].to_numpy(),
            "verdict": pd.Series(verdict, dtype="str"),
            "reason": pd.Series(np.where(unknown, "data_missing", "word"), dtype="str"),
            "value": words.where(~unknown, "").to_numpy(),
            "cut": "; ".join(step.among),
        }
    )


def _field_step(left: pd.DataFrame, step: Step) -> pd.DataFrame:
    values = pd.to_numeric(left[step.field], errors="coerce").astype(float).to_numpy()
    unknown = np.isnan(values)
    if step.first is not None:
        known = np.sort(values[~unknown])[::-1]
        cut = float(known[min(step.first, len(known)) - 1]) if len(known) and step.first else np.inf
        passed, reason = values >= cut, "place"
    elif step.at_least is not None:
        cut, reason = float(step.at_least), "limit"
        passed = values >= cut
    else:
        cut, reason = float(step.at_most or 0.0), "limit"
        passed = values <= cut
    verdict = np.where(unknown, "set_aside", np.where(passed, "kept", "dropped"))
    return pd.DataFrame(
        {
            "account_id": left["account_id"].to_numpy(),
            "verdict": pd.Series(verdict, dtype="str"),
            "reason": pd.Series(np.where(unknown, "data_missing", reason), dtype="str"),
            "value": [f"{v:.12g}" if v == v else "" for v in values],
            "cut": f"{cut:.12g}" if np.isfinite(cut) else "",
        }
    )


def _scheme_step(left: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Keep the accounts in one of the classes named; the class is the reason."""
    if step.scheme is None:
        raise KamkitError(Problem("screen_step", "steps", step.name, value=step.name))
    found = classify(left, step.scheme)
    rows = []
    for account, part in found.groupby("account_id", sort=False):
        classes = [m for m in part["member"] if m]
        undecided = part.loc[part["status"] != "classified"]
        if any(m in step.members for m in classes):
            verdict, reason = "kept", "class"
        elif len(undecided):
            verdict = "set_aside"
            reason = "open" if (undecided["status"] == "open").any() else "data_missing"
        else:
            verdict, reason = "dropped", "class"
        value = "; ".join(classes) or "; ".join(undecided["reason"])
        rows.append([account, verdict, reason, value, "; ".join(step.members)])
    table = pd.DataFrame(rows, columns=["account_id", "verdict", "reason", "value", "cut"])
    return table.set_index("account_id").reindex(left["account_id"]).reset_index()
