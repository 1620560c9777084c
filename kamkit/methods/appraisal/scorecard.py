"""KPI scorecards: attainment, cap, weight and points of every KPI, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.kpi_rows import kpi_rows
from kamkit.methods.fiscal import period_kind
from kamkit.methods.shares import Floats
from kamkit.schemes.kpis import kpis as registry

Texts = npt.NDArray[np.object_]
DIRECTIONS = ("up", "down", "range")
ZERO_RULES = ("neutral", "met_if_zero", "refuse")
CAP = 1.2  # most that an attainment counts for, unless the KPI says otherwise (house)
ORIGIN = "S173; S210; field:Kaplan & Norton 1992; house"
PART_COLUMNS = [
    *("scope_id", "period", "kpi", "target", "actual", "direction", "attainment", "capped"),
    *("weight_given", "weight", "points", "note"),
]
TOTAL_COLUMNS = [
    *("scope_id", "period", "score", "low", "high", "n_kpis", "missing", "weight_used"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class Scorecard:
    """What :func:`scorecard` found.

    Attributes
    ----------
    parts
        One row a scope_id, period and weighted KPI: target, actual (unit of the KPI),
        direction, attainment (1 = target met, uncapped), capped, weight_given (0–1), weight
        (0–1, after the missing ones were left out; NaN where missing), points
        (weight × capped), note (at_cap, floored, best_possible, no_actual, no_target,
        zero_target, zero_target_met, zero_target_missed, negative_target, negative_actual or
        empty).
    totals
        One row a scope_id and period: score (sum of points; 1 = all targets met), low, high
        (the score if all missing KPIs had brought nothing, or the cap), n_kpis (counted),
        missing (KPI ids joined by "; "), weight_used (0–1), variant, origin.
    """

    parts: pd.DataFrame
    totals: pd.DataFrame


@dataclass(frozen=True)
class _Rules:
    kpis: list[str]
    weight: Floats
    direction: list[str]
    cap: Floats
    zero: list[str]
    bounds: list[tuple[float, float]]


def attainment_of(
    actual: Any, target: Any, direction: str, bounds: tuple[float, float] = (np.nan, np.nan)
) -> Floats:
    """Share of the target that was reached; NaN where a ratio has no meaning.

    ``up`` actual / target, ``down`` target / actual, ``range`` the smaller over the larger
    (off the target on either side counts alike, 1 at most; with ``bounds`` everything between
    them is on target). A target of 0 or below, or (down,
    range) an actual below 0 has no ratio; (down) an actual of 0 has no finite one.

    >>> attainment_of([1080.0, 5.0], [1000.0, 0.0], "up").tolist()
    [1.08, nan]
    >>> attainment_of([54.0], [45.0], "down").round(4).tolist()
    [0.8333]
    """
    actual, target = np.asarray(actual, dtype=float), np.asarray(target, dtype=float)
    if direction == "range" and np.isfinite(bounds).all():
        target = np.clip(actual, *bounds)
    above, below = (actual, target) if direction == "up" else (target, actual)
    if direction == "range":
        above, below = np.minimum(actual, target), np.maximum(actual, target)
    known = (target > 0) & np.isfinite(actual) & (below != 0)
    known &= (direction == "up") | (actual >= 0)
    ratio: Floats = np.full(np.broadcast(actual, target).shape, np.nan)
    np.divide(above, below, out=ratio, where=known)
    return ratio


def scorecard(
    values: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    weights: Mapping[str, float] | pd.DataFrame,
    kpis: Mapping[str, Any] | None = None,
    cap: float | None = None,
    zero: Literal["neutral", "met_if_zero", "refuse"] | None = None,
    scope: str = "member",
    kind: str | None = None,
) -> Scorecard:
    """Weighted attainment of every member (or team …) and period, with its parts.

    ``values``, ``targets``: scope, scope_id, period, kpi, value (kpi_values, targets).
    ``weights``: by KPI id, or a table kpi, weight; they are brought to a sum of 1. ``kpis``: by
    id a direction ("up", "down", "range"), or something with ``direction``, ``cap``,
    ``zero_rule`` and (range) ``low``, ``high``; None: the kit's own registry. ``cap``, ``zero``
    hold for all KPIs; None: each KPI's own, else 1.2 and ``neutral``. ``kind``: the kind of
    period to take; None where there is only one.

    A KPI without target or actual never counts as 0: it is left out, the other weights are
    raised to a sum of 1, and low, high say what it could have changed. A target of 0 is left
    out (``neutral``), or 1 where it was met and 0 where it was missed (``met_if_zero``), or an
    error (``refuse``). Attainment counts from 0 to the cap. An activity that the person alone
    decides on (visits) says how busy, not how good, somebody is.

    Returns Scorecard. Raises KamkitError: see ``kpi_rows``; unknown_kpi, bad_weight,
    zero_target, out_of_range, unknown_option.
    Source: S173, S210; Kaplan & Norton 1992; cap, zero rule and re-weighting house.

    >>> row = {"scope": "member", "scope_id": "M1", "period": "2026"}
    >>> values = pd.DataFrame([row | {"kpi": "sales", "value": 108.0},
    ...                        row | {"kpi": "dso_days", "value": 54.0}])
    >>> targets = pd.DataFrame([row | {"kpi": "sales", "value": 100.0},
    ...                         row | {"kpi": "dso_days", "value": 45.0}])
    >>> card = scorecard(values, targets, weights={"sales": 0.7, "dso_days": 0.3},
    ...                  kpis={"sales": "up", "dso_days": "down"})
    >>> card.parts["points"].tolist(), card.totals["score"].round(3).tolist()
    ([0.756, 0.25], [1.006])
    """
    rules, scaled = _rules(weights, kpis, cap, zero)
    found = kpi_rows(values, "kpi_values", scope=scope, kind=kind, kpis=rules.kpis)
    wanted = kpi_rows(targets, "targets", scope=scope, kind=kind, kpis=rules.kpis)
    _same_kind(found, wanted)
    pairs, actual, target = _grid(found, wanted, rules.kpis)
    attained, capped, notes = _attained(actual, target, rules, pairs)
    weight = np.where(np.isnan(capped), 0.0, rules.weight)
    used = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(weight > 0, weight / used[:, None], np.nan)
    points = effective * capped
    parts = pairs.loc[pairs.index.repeat(len(rules.kpis))].reset_index(drop=True)
    size = len(pairs)
    parts["kpi"] = pd.Series(np.tile(np.array(rules.kpis, dtype=object), size), dtype="str")
    parts["target"], parts["actual"] = target.ravel(), actual.ravel()
    parts["direction"] = pd.Series(
        np.tile(np.array(rules.direction, dtype=object), size), dtype="str"
    )
    parts["attainment"], parts["capped"] = attained.ravel(), capped.ravel()
    parts["weight_given"] = np.tile(rules.weight, size)
    parts["weight"], parts["points"] = effective.ravel(), points.ravel()
    parts["note"] = pd.Series(notes.ravel(), dtype="str")
    variant = [
        "weighted_mean",
        *([f"zero_{zero}"] if zero else []),
        *(["weights_scaled"] if scaled else []),
    ]
    totals = _totals(pairs, points, used, capped, rules, "; ".join(variant))
    return Scorecard(parts[PART_COLUMNS], totals[TOTAL_COLUMNS])


def _rules(
    weights: Mapping[str, float] | pd.DataFrame, kpis: Mapping[str, Any] | None,
    cap: float | None, zero: str | None,
) -> tuple[_Rules, bool]:  # fmt: skip
    if isinstance(weights, pd.DataFrame):
        weights = dict(zip(weights["kpi"].astype(str), weights["weight"], strict=True))
    known = registry() if kpis is None else kpis
    problems = [
        Problem("unknown_kpi", "weights", "kpi", value=k) for k in weights if k not in known
    ]
    share = np.array([float(w) for w in weights.values()])
    if not len(share) or not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        value = ", ".join(f"{w:g}" for w in share)
        problems.append(Problem("bad_weight", "weights", "weight", value=value))
    if zero is not None and zero not in ZERO_RULES:
        details = {"allowed": ", ".join(ZERO_RULES)}
        problems.append(Problem("unknown_option", column="zero", value=zero, details=details))
    if cap is not None and not cap > 0:
        problems.append(
            Problem("out_of_range", column="cap", value=cap, details={"allowed": "> 0"})
        )
    KamkitError.collect(problems)
    facts = [_facts(known[k]) for k in weights]
    wrong = [
        Problem("unknown_option", k, "direction", value=f["direction"],
                details={"allowed": ", ".join(DIRECTIONS)})
        for k, f in zip(weights, facts, strict=True) if f["direction"] not in DIRECTIONS
    ]  # fmt: skip
    KamkitError.collect(wrong)
    rules = _Rules(
        [str(k) for k in weights],
        share / share.sum(),
        [f["direction"] for f in facts],
        np.array([float(cap or f["cap"] or CAP) for f in facts]),
        [zero or f["zero_rule"] or "neutral" for f in facts],
        [(f["low"], f["high"]) for f in facts],
    )
    return rules, not np.isclose(share.sum(), 1.0)


def _facts(kpi: Any) -> dict[str, Any]:
    """Direction and, where given, cap, zero_rule, low and high of a KPI in any of its forms."""
    blank = {"direction": None, "cap": None, "zero_rule": None, "low": np.nan, "high": np.nan}
    if isinstance(kpi, str):
        return blank | {"direction": kpi}
    if isinstance(kpi, Mapping):
        return blank | {k: kpi[k] for k in blank if k in kpi}
    return {k: getattr(kpi, k, other) for k, other in blank.items()}


def _same_kind(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    kinds = {period_kind(p) for t in (found, wanted) for p in t["period"].unique()}
    if len(kinds) > 1:
        value = ", ".join(sorted(kinds))
        raise KamkitError(Problem("mixed_periods", "targets, kpi_values", "period", value=value))


def _grid(
    found: pd.DataFrame, wanted: pd.DataFrame, kpis: list[str]
) -> tuple[pd.DataFrame, Floats, Floats]:
    """Every scope_id and period that has any figure, and its KPIs as two matrices."""
    both = pd.concat([found, wanted], ignore_index=True)
    who, ids = pd.factorize(both["scope_id"], sort=True)
    when, periods = pd.factorize(both["period"], sort=True)
    pair, row = np.unique(who * max(len(periods), 1) + when, return_inverse=True)
    column = pd.Index(kpis).get_indexer(pd.Index(both["kpi"]))
    actual, target = (np.full((len(pair), len(kpis)), np.nan) for _ in range(2))
    split = len(found)
    actual[row[:split], column[:split]] = found["value"].to_numpy()
    target[row[split:], column[split:]] = wanted["value"].to_numpy()
    at, day = np.divmod(pair, max(len(periods), 1))
    pairs = pd.DataFrame(
        {
            "scope_id": pd.Series(np.asarray(ids)[at], dtype="str"),
            "period": pd.Series(np.asarray(periods)[day], dtype="str"),
        }
    )
    return pairs, actual, target


def _attained(
    actual: Floats, target: Floats, rules: _Rules, pairs: pd.DataFrame
) -> tuple[Floats, Floats, Texts]:
    """Attainment, attainment between 0 and the cap, and what is to be said of each cell."""
    attained, capped = np.full(actual.shape, np.nan), np.full(actual.shape, np.nan)
    notes: Texts = np.full(actual.shape, "", dtype=object)
    refused: list[Problem] = []
    for k, kpi in enumerate(rules.kpis):
        a, goal, top = actual[:, k], target[:, k], rules.cap[k]
        way, rule = rules.direction[k], rules.zero[k]
        ratio = attainment_of(a, goal, way, rules.bounds[k])
        kept = np.clip(ratio, 0, top)
        zero = (goal == 0) & np.isfinite(a)
        best = (way == "down") & (a == 0) & (goal > 0)
        negative = (goal > 0) & (a < 0) & (way != "up")
        note = notes[:, k]
        note[kept < ratio], note[kept > ratio] = "at_cap", "floored"
        note[np.isnan(goal) & np.isnan(ratio)], note[np.isnan(a)] = "no_target", "no_actual"
        note[goal < 0], note[negative] = "negative_target", "negative_actual"
        kept[best], note[best] = top, "best_possible"
        note[zero] = "zero_target"
        if rule == "met_if_zero":
            met = (a >= 0) if way == "up" else (a <= 0) if way == "down" else (a == 0)
            ratio[zero] = kept[zero] = met[zero]
            note[zero & met], note[zero & ~met] = "zero_target_met", "zero_target_missed"
        if rule == "refuse":
            names = pairs["scope_id"] + " " + pairs["period"]
            refused += [
                Problem("zero_target", "targets", kpi, value=names.iloc[i])
                for i in np.flatnonzero(zero)
            ]
        attained[:, k], capped[:, k] = ratio, kept
    KamkitError.collect(refused)
    return attained, capped, notes


def _totals(
    pairs: pd.DataFrame, points: Floats, used: Floats, capped: Floats, rules: _Rules, variant: str
) -> pd.DataFrame:
    counted = ~np.isnan(capped)
    some = used > 0
    score = np.where(some, np.nansum(points, axis=1), np.nan)
    gone = np.where(counted, 0.0, rules.weight)
    totals = pairs.copy()
    totals["score"] = score
    totals["low"] = np.where(some, score * used, np.nan)
    totals["high"] = np.where(some, score * used + (gone * rules.cap).sum(axis=1), np.nan)
    totals["n_kpis"] = counted.sum(axis=1)
    lacking = np.full(len(pairs), "", dtype=object)
    for i in np.flatnonzero(~counted.all(axis=1)):
        lacking[i] = "; ".join(np.array(rules.kpis, dtype=object)[~counted[i]])
    totals["missing"] = pd.Series(lacking, dtype="str")
    totals["weight_used"] = used
    plain = np.where(counted.all(axis=1), variant, f"{variant}; missing_left_out")
    totals["variant"] = pd.Series(np.where(some, plain, "too_little_data"), dtype="str")
    totals["origin"] = ORIGIN
    return totals
