"""From indicators to a place on the ladder: needs, evidence, what is lacking, what can be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kamkit.methods.relationship.stage_ties import Flags, Floats, Ints
from kamkit.schemes.relationship import Need, RelationshipScheme, RelationStep

EVIDENCE = [
    *("account_id", "ladder", "stage", "indicator", "relation", "needed", "value", "met"),
    *("lacking", "slack", "origin"),
]


def met(need: Need, values: Floats, unknown: bool = False) -> Flags:
    """Whether a need is met; a figure that is not known counts as ``unknown`` says.

    >>> met(Need("threads", "at_least", 3), np.array([2.0, 3.0, np.nan])).tolist()
    [False, True, False]
    """
    with np.errstate(invalid="ignore"):
        hit = values >= need.value if need.relation == "at_least" else values <= need.value
    return np.where(np.isnan(values), unknown, hit)


def steps_met(
    steps: Sequence[RelationStep], values: Mapping[str, Floats], unknown: bool = False
) -> Ints:
    """How many steps are reached, each with all before it; as the shape of the values.

    >>> steps = [RelationStep("a", {}, "house", (Need("threads", "at_least", 1),))]
    >>> steps_met(steps, {"threads": np.array([0.0, 2.0])}).tolist()
    [0, 1]
    """
    shape = next(iter(values.values())).shape
    still = np.ones(shape, dtype=bool)
    reached = np.zeros(shape, dtype=np.int64)
    for step in steps:
        for need in step.needs:
            still = still & met(need, values[need.indicator], unknown)
        reached += still
    return reached


def named(steps: Sequence[RelationStep], reached: Ints) -> np.ndarray:
    """Ids of the steps reached; "" where none is."""
    found: np.ndarray = np.array(["", *(s.id for s in steps)], dtype=object)[reached]
    return found


def evidence(
    accounts: Sequence[str], values: Mapping[str, Floats], scheme: RelationshipScheme
) -> pd.DataFrame:
    """One row a need of each stage and type: what was found, what is needed, what is lacking.

    ``values`` are one figure an account. Returns columns account_id, ladder (stages, types),
    stage, indicator, relation, needed, value, met (NA unknown), lacking (how much more or less
    it takes; 0 where met), slack (what may be lost before it is no longer met), origin.
    """
    parts = []
    for ladder, steps in (("stages", scheme.stages), ("types", scheme.types)):
        for step in steps:
            parts += [_rows(accounts, ladder, step, n, values[n.indicator]) for n in step.needs]
    if not parts or not len(accounts):
        kinds = {c: float for c in ("needed", "value", "lacking", "slack")} | {"met": "boolean"}
        return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, "str")) for c in EVIDENCE})
    table = pd.concat(parts, ignore_index=True)
    rank = pd.Categorical(table["account_id"], categories=list(accounts))
    order = pd.Series(rank.codes).sort_values(kind="stable").index
    return table.iloc[order].reset_index(drop=True)[EVIDENCE]


def _rows(
    accounts: Sequence[str], ladder: str, step: RelationStep, need: Need, value: Floats
) -> pd.DataFrame:
    room = value - need.value if need.relation == "at_least" else need.value - value
    hit = pd.array(met(need, value), dtype="boolean")
    hit[np.isnan(value)] = pd.NA
    text = {
        "ladder": ladder, "stage": step.id, "indicator": need.indicator,
        "relation": need.relation, "origin": f"{step.origin}; {need.origin}",
    }  # fmt: skip
    table = pd.DataFrame({"account_id": pd.Series(list(accounts), dtype="str")})
    return table.assign(
        **{k: pd.Series(v, index=table.index, dtype="str") for k, v in text.items()},
        needed=float(need.value),
        value=value,
        met=hit,
        lacking=np.clip(-room, 0, None),
        slack=np.where(room >= 0, room, np.nan),
    )


def missing_needs(
    step: RelationStep | None, values: Mapping[str, Floats]
) -> tuple[Ints, list[str]]:
    """How many needs of a step are open in each account, and which (ids by ";")."""
    size = len(next(iter(values.values())))
    if step is None:
        return np.zeros(size, dtype=np.int64), [""] * size
    open_ = np.array([~met(n, values[n.indicator]) for n in step.needs]).reshape(
        len(step.needs), size
    )
    names = [n.indicator for n in step.needs]
    which = [";".join(n for n, o in zip(names, row, strict=True) if o) for row in open_.T]
    return open_.sum(axis=0), which


def least_slack(
    steps: Sequence[RelationStep], values: Mapping[str, Floats]
) -> tuple[Floats, list[str]]:
    """The need of the step reached that is closest to failing, and by how much.

    Slack is counted in steps of the indicator: people, functions, grades; a share in tenths.
    """
    size = len(next(iter(values.values())))
    slack, which = np.full(size, np.nan), [""] * size
    for step in steps:
        for need in step.needs:
            room = values[need.indicator] - need.value
            room = (room if need.relation == "at_least" else -room * 10).round(9)
            for i in np.flatnonzero((room >= 0) & ~(room >= slack)):
                slack[i], which[i] = room[i], need.indicator
    return slack, which
