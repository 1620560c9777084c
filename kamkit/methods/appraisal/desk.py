"""What an appraisal rests on, worked out once: ratings, results, gaps, duties, grades, plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.attainment import attainment
from kamkit.methods.appraisal.combined import Combined, combined_result
from kamkit.methods.appraisal.combined_parts import combined_parts
from kamkit.methods.appraisal.development import development_plan
from kamkit.methods.appraisal.duties import duty_profile
from kamkit.methods.appraisal.effects import Effects, shrunken_effects
from kamkit.methods.appraisal.gaps import competence_gaps
from kamkit.methods.appraisal.judgement import Judgement, judge_performance
from kamkit.methods.appraisal.rating_cells import rater_severities
from kamkit.methods.appraisal.scorecard import Scorecard, scorecard
from kamkit.methods.fiscal import period_kind
from kamkit.methods.raters.severity import Severity, rater_severity

Found = TypeVar("Found")
IN_A_YEAR = {"year": 1, "half": 2, "quarter": 4, "month": 12}
# Reasons why a method can say nothing about a small company; any other problem is an error.
TOO_LITTLE = frozenset(
    {"raters_not_linked", "too_many_factors", "too_few_people", "collinear_factors"}
)


@dataclass(frozen=True)
class AppraisalDesk:
    """What :func:`appraisal_desk` worked out; None where the tables don't allow it.

    Attributes
    ----------
    period, kind
        The period appraised, and the kind of period that results are followed by.
    ratings, duty_ratings
        Ratings of the period, sources apart.
    severity, duty_severity
        Managers' severity over all periods, in competences and in duties.
    gaps, duties
        Of ``competence_gaps`` and ``duty_profile``, severity taken out, people rated only.
    weights, card
        Weight of each KPI, and the scorecard of the period.
    noise
        Standard error of the period's score in attainment (0 where unknown).
    attained, effects
        Attainment of the first KPI by period, and what of it lasts.
    judgement
        Results over all periods with the territory taken out.
    combined, ground, plan
        The combined result; the same with figures against what the territory lets expect over
        all periods, in place of targets; and the development plan.
    refused
        Problems of methods that could say nothing.
    """

    period: str
    kind: str
    ratings: pd.DataFrame | None
    duty_ratings: pd.DataFrame | None
    severity: Severity | None
    duty_severity: Severity | None
    gaps: pd.DataFrame | None
    duties: pd.DataFrame | None
    weights: Mapping[str, float]
    card: Scorecard | None
    noise: float
    attained: pd.DataFrame | None
    effects: Effects | None
    judgement: Judgement | None
    combined: Combined | None
    ground: Combined | None
    plan: pd.DataFrame | None
    refused: tuple[Problem, ...]


def appraisal_desk(
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: str | pd.Timestamp,
    period: str = "",
    kpi: str = "sales",
    min_n: int = 3,
    level: float = 0.9,
) -> AppraisalDesk:
    """Work out an appraisal from whatever tables there are.

    ``tables``: those of members, ratings, duty_ratings, role_profiles, targets, kpi_values,
    territories, pay_plans and trainings that exist. ``period``: default the last one that was
    rated, else the last one with a target and a result. Only managers' ratings count for gaps
    and duties. KPI weights are those of the pay plan of most people with targets; without one
    all KPIs weigh alike (house). The score's error is what one person's attainment varies by
    from period to period. ``level``: of the judgement.

    Returns AppraisalDesk. Raises KamkitError of the methods, except where the data are merely
    too few: those problems are kept in ``refused``.
    Source: S199, S200, S205, S210; order and weights house.

    >>> desk = appraisal_desk({}, as_of="2026-06-30")
    >>> desk.period, desk.combined is None
    ('', True)
    """
    refused: list[Problem] = []
    chosen = period or appraisal_period(tables)
    said, duty = _scores(tables, "ratings"), _scores(tables, "duty_ratings")
    severity = _severity(said, "competency", refused)
    duty_severity = _severity(duty, "duty", refused)
    weights = kpi_weights(tables)
    card = _card(tables, weights, chosen)
    kind, attained, effects = _results(tables, kpi)
    judged = _judged(tables, kpi, kind, level, refused)
    gaps = _gaps(tables, said, chosen, severity, min_n)
    parts = card.parts if card is not None else None
    duties = None
    if duty is not None and chosen in set(duty["period"]):
        duties = duty_profile(duty, parts, severity=duty_severity, period=chosen, min_n=min_n)
    noise = _noise(effects, kind, chosen)
    combined = _combined(card.totals if card is not None else None, gaps, duties, noise)
    ground = _combined(*_beside(judged, gaps, duties)) if judged is not None else None
    plan = None
    if gaps is not None and len(gaps):
        plan = development_plan(gaps, None, tables.get("trainings"), tables["members"], as_of=as_of)
    return AppraisalDesk(
        chosen, kind, _of(said, chosen), _of(duty, chosen), severity, duty_severity, gaps, duties,
        weights, card, noise, attained, effects, judged, combined, ground, plan, tuple(refused),
    )  # fmt: skip


def appraisal_period(tables: Mapping[str, pd.DataFrame]) -> str:
    """The last period that was rated, else the last with a member's target and result.

    >>> appraisal_period({"ratings": pd.DataFrame({"period": ["2024", "2025"]})})
    '2025'
    """
    for name in ("ratings", "duty_ratings"):
        if name in tables and tables[name]["period"].notna().any():
            return str(tables[name]["period"].dropna().astype("str").max())
    if "targets" not in tables or "kpi_values" not in tables:
        return ""
    both = [set(_members_rows(tables[name])["period"]) for name in ("targets", "kpi_values")]
    known = sorted(both[0] & both[1], key=lambda p: (IN_A_YEAR.get(period_kind(p), 99), p))
    kinds = [p for p in known if period_kind(p) == period_kind(known[0])]
    return kinds[-1] if kinds else ""


def kpi_weights(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Weight of each KPI: of the first pay plan of those with targets, else all alike.

    >>> targets = pd.DataFrame({"scope": "member", "scope_id": "a", "period": "2025",
    ...     "kpi": ["sales", "visits"], "value": 1.0})
    >>> kpi_weights({"targets": targets})
    {'sales': 0.5, 'visits': 0.5}
    """
    if "targets" not in tables:
        return {}
    rows = _members_rows(tables["targets"])
    given = sorted(set(rows["kpi"].astype("str")))
    plans, members = tables.get("pay_plans"), tables.get("members")
    if plans is not None and members is not None and "role" in members:
        role = members.loc[members["member_id"].isin(set(rows["scope_id"])), "role"].mode()
        mine = plans[plans["role"].isin(set(role.iloc[:1]))].sort_values("plan_id", kind="stable")
        first = mine[mine["plan_id"] == mine["plan_id"].iloc[0]] if len(mine) else mine
        if set(first["kpi"]) & set(given):
            pairs = zip(first["kpi"], first["weight"], strict=True)
            return {str(k): float(w) for k, w in pairs if w == w and w > 0}
    return {k: 1 / len(given) for k in given}


def levelled(ratings: pd.DataFrame, severity: Severity | None) -> pd.DataFrame:
    """Managers' scores moved to what the typical rater would give, within 1 and 5.

    A person who sees the own plain and adjusted scores could work out how strict the manager
    is, and so what colleagues got: a personal sheet shows the adjusted ones only.

    >>> rows = pd.DataFrame({"rater_id": ["m"], "source": ["manager"], "score": [3.0]})
    >>> levelled(rows, None)["score"].tolist()
    [3.0]
    """
    if severity is None:
        return ratings.copy()
    strict = ratings["rater_id"].map(rater_severities(severity)).fillna(0.0)
    strict = strict.where(ratings["source"] == "manager", 0.0)
    score = pd.to_numeric(ratings["score"], errors="coerce") + strict
    return ratings.assign(score=score.clip(1.0, 5.0))


def _members_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["scope"] == "member") & table["value"].notna()].astype({"period": "str"})


def _scores(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame | None:
    table = tables.get(name)
    if table is None or table["score"].notna().sum() == 0:
        return None
    return table[table["score"].notna()].astype({"period": "str"}).reset_index(drop=True)


def _of(table: pd.DataFrame | None, period: str) -> pd.DataFrame | None:
    """Rows of one period; None without any."""
    if table is None:
        return None
    mine = table[table["period"] == period].reset_index(drop=True)
    return mine if len(mine) else None


def _told(refused: list[Problem], call: Callable[[], Found]) -> Found | None:
    """What a method says; None where there is too little for it, and the problems kept."""
    try:
        return call()
    except KamkitError as error:
        if not {p.code for p in error.problems} <= TOO_LITTLE:
            raise
        refused.extend(error.problems)
        return None


def _severity(said: pd.DataFrame | None, item: str, refused: list[Problem]) -> Severity | None:
    """Of managers' ratings; a single rater can't be compared with anybody."""
    if said is None:
        return None
    bosses = said[said["source"] == "manager"].rename(columns={item: "competency"})
    if bosses["rater_id"].nunique() < 2:
        return None
    return _told(refused, lambda: rater_severity(bosses))


def _card(
    tables: Mapping[str, pd.DataFrame], weights: Mapping[str, float], period: str
) -> Scorecard | None:
    if not weights or "kpi_values" not in tables:
        return None
    kind = period_kind(period)
    if kind not in {period_kind(p) for p in _members_rows(tables["targets"])["period"]}:
        return None
    card = scorecard(tables["kpi_values"], tables["targets"], weights=weights, kind=kind)
    totals = card.totals[(card.totals["period"] == period) & card.totals["score"].notna()]
    if totals.empty:
        return None
    parts = card.parts[(card.parts["period"] == period)]
    parts = parts[parts["scope_id"].isin(set(totals["scope_id"]))]
    return Scorecard(parts.reset_index(drop=True), totals.reset_index(drop=True))


def _results(
    tables: Mapping[str, pd.DataFrame], kpi: str
) -> tuple[str, pd.DataFrame | None, Effects | None]:
    """The finest kind of period that has results, attainment by it, and what of it lasts."""
    if "kpi_values" not in tables:
        return "year", None, None
    values = _members_rows(tables["kpi_values"])
    kinds = {period_kind(p) for p in values.loc[values["kpi"] == kpi, "period"]} - {""}
    kind = max(kinds, key=lambda k: IN_A_YEAR[k]) if kinds else "year"
    if "targets" not in tables or not kinds:
        return kind, None, None
    attained = attainment(tables["kpi_values"], tables["targets"], kpi, kind=kind)
    attained = attained[attained["attainment"].notna()].reset_index(drop=True)
    if attained.empty:
        return kind, None, None
    frame = attained.rename(columns={"attainment": "value"})[["member_id", "period", "value"]]
    return kind, attained, shrunken_effects(frame)


def _judged(
    tables: Mapping[str, pd.DataFrame], kpi: str, kind: str, level: float, refused: list[Problem]
) -> Judgement | None:
    if any(name not in tables for name in ("kpi_values", "territories", "members")):
        return None
    if "potential" not in tables["territories"] or "territory_id" not in tables["members"]:
        return None
    values = _members_rows(tables["kpi_values"])
    if not ((values["kpi"] == kpi) & (values["period"].map(period_kind) == kind)).any():
        return None
    return _told(refused, lambda: judge_performance(
        tables["kpi_values"], tables.get("targets"), tables["territories"], tables["members"],
        kpi=kpi, kind=kind, level=level))  # fmt: skip


def _gaps(
    tables: Mapping[str, pd.DataFrame],
    said: pd.DataFrame | None,
    period: str,
    severity: Severity | None,
    min_n: int,
) -> pd.DataFrame | None:
    """Gaps of the people rated in the period, where roles say what is required."""
    mine = _of(said, period)
    if mine is None or "members" not in tables or "role_profiles" not in tables:
        return None
    members = tables["members"]
    rated = members[members["member_id"].isin(set(mine["ratee_id"]))]
    found = competence_gaps(
        mine, tables["role_profiles"], rated, severity=severity, period=period, min_n=min_n
    )
    return found if len(found) else None


def _noise(effects: Effects | None, kind: str, period: str) -> float:
    """Standard error of a period's attainment: what a person's own figures vary by."""
    if effects is None:
        return 0.0
    within = effects.measures.set_index("measure")["value"].get("var_within", np.nan)
    share = IN_A_YEAR[kind] / IN_A_YEAR.get(period_kind(period), 1)
    return float(np.sqrt(within / max(share, 1.0))) if np.isfinite(within) else 0.0


def _beside(
    judged: Judgement, gaps: pd.DataFrame | None, duties: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame | None, pd.DataFrame | None, float]:
    """The judgement's raw effects as scores (1 is what the territory lets expect)."""
    within = judged.measures.set_index("measure")["value"].get("sd_within", np.nan)
    n = float(judged.members["n"].median()) if len(judged.members) else np.nan
    rows = judged.members[judged.members["raw_effect"].notna()]
    scores = rows[["member_id"]].assign(score=np.exp(rows["raw_effect"].astype(float)), n_kpis=1)
    error = float(within) / float(np.sqrt(n)) if n > 0 and np.isfinite(within) else 0.0
    return scores, gaps, duties, error


def _combined(
    kpi: pd.DataFrame | None,
    gaps: pd.DataFrame | None,
    duties: pd.DataFrame | None,
    noise: float,
) -> Combined | None:
    rated = gaps if gaps is not None and gaps["rated"].notna().any() else None
    done = duties if duties is not None and duties["rated"].notna().any() else None
    if kpi is not None and kpi.empty:
        kpi = None
    if rated is None and done is None and kpi is None:
        return None
    parts = combined_parts(kpi=kpi, competence=rated, duty=done, kpi_se=noise)
    return combined_result(parts) if len(parts) else None
