"""The post's seven duties: rating beside key figures, own view, and who covers what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.rating_cells import check_ratings, latest, rating_cells
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.severity import Severity
from kamkit.schemes.competencies import Duty, duties

EXPECTED = 3.0  # the level at which a duty is done as agreed (house)
DUTY_COLUMNS = [
    *("member_id", "duty", "period", "rated", "se", "low", "high", "n", "self", "self_gap"),
    *("self_low", "self_high", "self_sure", "kpis", "n_kpis", "kpi_missing", "attainment"),
    *("reading", "variant", "origin"),
]
COVERAGE_COLUMNS = [
    *("team", "duty", "n_members", "n_rated", "n_able", "n_sure", "able", "status", "origin"),
]


def duty_profile(
    duty_ratings: pd.DataFrame,
    kpi_parts: pd.DataFrame | None = None,
    *,
    scheme: Sequence[Duty] | None = None,
    severity: Severity | pd.DataFrame | None = None,
    source: str = "manager",
    period: str | None = None,
    min_n: int = 3,
    level: float = 0.95,
) -> pd.DataFrame:
    """Each duty's rating beside its key figures, and the person's own view of it.

    Needs duty_ratings: ratee_id, rater_id, source, duty, period, score (1–5). ``kpi_parts``:
    a scorecard's parts (scope_id or member_id, kpi, attainment; period, weight) of the same
    person. ``scheme``: the duties with their key figures, default the
    post's seven (``schemes.duties``).

    Returns one row a person and duty: member_id, duty, period, rated, se, low, high, n (raters),
    self, self_gap (self − rated), self_low, self_high, self_sure (the gap's interval leaves 0
    out; the person's own view counts as known), kpis (with a figure, joined by "; "), n_kpis,
    kpi_missing, attainment (weighted mean, 1 = target), reading (agree, rating_above_kpi,
    kpi_above_rating, cannot_tell, no_kpi, not_rated), variant, origin. A rating and key figures
    disagree where the rating's interval lies on the other side of level 3 than the attainment
    of 1 (house): a hint to look, no judgement.

    Raises KamkitError missing_column, not_a_number, survey_off_scale, unknown_option,
    unknown_choice.
    Source: S200 (duty × KPI × rating), S199 (self against manager).

    >>> ratings = pd.DataFrame({"ratee_id": ["a", "b", "a"], "rater_id": ["m", "m", "a"],
    ...     "source": ["manager", "manager", "self"], "duty": "study_needs", "period": "2026H1",
    ...     "score": [3, 4, 5]})
    >>> found = duty_profile(ratings)
    >>> found[["member_id", "self_gap", "reading"]].values.tolist()
    [['a', 2.0, 'no_kpi'], ['b', nan, 'no_kpi']]
    """
    known = {d.id: d.kpis for d in (duties() if scheme is None else scheme)}
    scores = check_ratings(duty_ratings, "duty_ratings", "duty")
    strange = sorted(set(scores["duty"]) - set(known))
    details = {"allowed": ", ".join(known)}
    KamkitError.collect(
        Problem("unknown_choice", "duty_ratings", "duty", value=d, details=details) for d in strange
    )
    period = latest(scores["period"], period)
    scores = scores[scores["period"] == period]
    cells = rating_cells(scores, "duty", source=source, severity=severity, min_n=min_n, level=level)
    own = rating_cells(scores, "duty", source="self")[["member_id", "item", "rated"]]
    own = own.rename(columns={"rated": "self"})
    table = cells.merge(own, "outer", on=["member_id", "item"]).rename(columns={"item": "duty"})
    table["self_gap"] = table["self"] - table["rated"]
    table["self_low"] = table["self"] - table["high"]
    table["self_high"] = table["self"] - table["low"]
    table["self_sure"] = (table["self_low"] > 0) | (table["self_high"] < 0)
    table = table.merge(_figures(kpi_parts, known, period), "left", on=["member_id", "duty"])
    wanted = table["duty"].map({d: len(k) for d, k in known.items()})
    table["n"] = table["n"].fillna(0).astype("int64")
    table["n_kpis"] = table["n_kpis"].fillna(0).astype("int64")
    table["kpi_missing"] = wanted.astype("int64") - table["n_kpis"]
    table["kpis"] = table["kpis"].fillna("")
    table["reading"] = _reading(table)
    table["variant"] = source + "; " + table["variant"].fillna("no_rating").astype("str")
    table["period"], table["origin"] = period, "S200; S199; house"
    place = {d: i for i, d in enumerate(known)}
    order = table.assign(_at=table["duty"].map(place)).sort_values(["member_id", "_at"]).index
    return table.loc[order, DUTY_COLUMNS].reset_index(drop=True)


def _figures(
    parts: pd.DataFrame | None, known: Mapping[str, Sequence[str]], period: str
) -> pd.DataFrame:
    """Attainment of each person and duty over the key figures that tell of it."""
    pairs = pd.DataFrame(
        [(d, k) for d, kpis in known.items() for k in kpis], columns=["duty", "kpi"], dtype="str"
    )
    if parts is None or parts.empty or pairs.empty:
        texts = {c: pd.Series(dtype="str") for c in ("member_id", "duty", "kpis")}
        return pd.DataFrame({**texts, "n_kpis": pd.Series(dtype="int64"), "attainment": 0.0})
    parts = parts if "member_id" in parts else parts.rename(columns={"scope_id": "member_id"})
    need_columns(parts, "kpi_parts", ["member_id", "kpi", "attainment"])
    if "period" in parts:
        parts = parts[parts["period"].astype("str") == period]
    have = parts.dropna(subset=["attainment"]).merge(pairs, on="kpi").sort_values("kpi")
    weight = have["weight"].astype(float) if "weight" in have else pd.Series(1.0, have.index)
    have = have.assign(_w=weight, _points=weight * have["attainment"].astype(float))
    out = have.groupby(["member_id", "duty"]).agg(
        kpis=("kpi", "; ".join), n_kpis=("kpi", "size"), w=("_w", "sum"), p=("_points", "sum")
    )
    out["attainment"] = out["p"] / out["w"].where(out["w"] > 0)
    return out.drop(columns=["w", "p"]).reset_index()


def _reading(table: pd.DataFrame) -> np.ndarray:
    attained = table["attainment"] >= 1
    above, below = table["low"] > EXPECTED, table["high"] < EXPECTED
    return np.select(
        [
            table["rated"].isna(),
            table["attainment"].isna(),
            above & ~attained,
            below & attained,
            (above & attained) | (below & ~attained),
        ],
        ["not_rated", "no_kpi", "rating_above_kpi", "kpi_above_rating", "agree"],
        "cannot_tell",
    )


def duty_coverage(
    profile: pd.DataFrame, members: pd.DataFrame, *, able: float = EXPECTED
) -> pd.DataFrame:
    """Which duties of a team rest on nobody, on one person, or on several.

    Needs profile: the result of :func:`duty_profile`; members: member_id, team. A person is
    able where the rating reaches ``able``, and surely so where its interval does (house).

    Returns one row a team and duty: team, duty, n_members, n_rated, n_able, n_sure, able (ids
    joined by "; "), status (not_rated, gap, single_point, covered), origin.

    Raises KamkitError missing_column. Source: S202 (duty × person); house.

    >>> profile = pd.DataFrame({"member_id": ["a", "b"], "duty": "study_needs",
    ...     "rated": [4.0, 2.0], "low": [3.2, 1.0]})
    >>> people = pd.DataFrame({"member_id": ["a", "b"], "team": "north"})
    >>> duty_coverage(profile, people)[["n_able", "n_sure", "status"]].values.tolist()
    [[1, 1, 'single_point']]
    """
    need_columns(profile, "profile", ["member_id", "duty", "rated", "low"])
    need_columns(members, "members", ["member_id", "team"])
    people = members[["member_id", "team"]].dropna().drop_duplicates("member_id")
    size = people.groupby("team").size()
    table = profile.merge(people, on="member_id")
    can = table["rated"] >= able
    table = table.assign(
        rating=table["rated"].notna(), can=can, certain=table["low"] >= able,
        name=table["member_id"].astype("str").where(can),
    )  # fmt: skip
    grouped = table.sort_values("member_id").groupby(["team", "duty"], sort=True)
    out = grouped.agg(
        n_rated=("rating", "sum"), n_able=("can", "sum"), n_sure=("certain", "sum"),
        able=("name", lambda s: "; ".join(s.dropna())),
    ).reset_index()  # fmt: skip
    out["n_members"] = out["team"].map(size).astype("int64")
    out["status"] = np.select(
        [out["n_rated"] == 0, out["n_able"] == 0, out["n_able"] == 1],
        ["not_rated", "gap", "single_point"],
        "covered",
    )
    out["origin"] = "S202; house"
    return out[COVERAGE_COLUMNS]
