"""What enters an appraisal: key figures, competences and duties, each as points of 100."""

from __future__ import annotations

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.duties import EXPECTED
from kamkit.methods.checks import need_columns

MOST = 100.0
AGREED = 67.5  # what was agreed: the middle of the grade "meets" (house)
LEVEL_POINTS = 15.0  # one level above or below what is required: the width of a grade (house)
ATTAINMENT_POINTS = 150.0  # one grade is ten points of attainment (house)
PART_COLUMNS = ["member_id", "part", "value", "se", "n", "origin"]


def combined_parts(
    *,
    kpi: pd.DataFrame | None = None,
    competence: pd.DataFrame | None = None,
    duty: pd.DataFrame | None = None,
    kpi_se: pd.Series | float = 0.0,
) -> pd.DataFrame:
    """Parts of an appraisal on one scale of 0–100, on which 67.5 is what was agreed.

    ``kpi``: a scorecard's totals of one period (scope_id or member_id, score with 1 = on target;
    n_kpis): 67.5 + 150 × (score − 1), so ten points of attainment are one grade. ``kpi_se``:
    standard error of the score, one for all or a series by member_id; 0 takes the period's
    figures as they were counted, luck included. ``competence``: a result of
    ``competence_gaps``; ``duty``: of ``duty_profile``. Ratings: 67.5 + 15 × weighted mean of
    (rated − required) in levels, for duties level 3; one level is one grade. One person's items
    are rated by the same people, so their errors are taken to go together: the mean's se is the
    weighted mean of se (an upper bound). Hidden and missing ratings don't count.

    Returns one row a person and part: member_id, part (kpi, competence, duty), value (0–100),
    se (points), n (figures or items), origin. Raises KamkitError missing_column,
    efficacy_not_for_appraisal. Source: S210 (parts); the common scale is house.

    >>> gaps = pd.DataFrame({"member_id": ["a", "a"], "competency": ["x", "y"],
    ...     "weight": [3.0, 1.0], "required": [4.0, 3.0], "rated": [3.0, 4.0], "se": [0.4, 0.4]})
    >>> combined_parts(competence=gaps)[["part", "value", "se", "n"]].values.tolist()
    [['competence', 60.0, 6.0, 2]]
    """
    frames = [f for f in (kpi, competence, duty) if f is not None]
    if any("confidence" in f for f in frames):
        raise KamkitError(Problem("efficacy_not_for_appraisal", column="confidence"))
    found = []
    if kpi is not None:
        found.append(_from_kpi(kpi, kpi_se))
    if competence is not None:
        need_columns(competence, "competence", ["member_id", "required", "rated", "se"])
        found.append(_from_levels(competence, "competence", "S205; house"))
    if duty is not None:
        need_columns(duty, "duty", ["member_id", "rated", "se"])
        found.append(_from_levels(duty.assign(required=EXPECTED), "duty", "S200; house"))
    found = [f for f in found if len(f)]
    if not found:
        return pd.DataFrame(
            {c: pd.Series(dtype="str") for c in PART_COLUMNS}
        ).astype({"value": float, "se": float, "n": "int64"})  # fmt: skip
    return pd.concat(found, ignore_index=True)[PART_COLUMNS]


def _points(above: pd.Series) -> pd.Series:
    return (AGREED + above).clip(0, MOST)


def _from_kpi(kpi: pd.DataFrame, kpi_se: pd.Series | float) -> pd.DataFrame:
    kpi = kpi if "member_id" in kpi else kpi.rename(columns={"scope_id": "member_id"})
    need_columns(kpi, "kpi", ["member_id", "score"])
    kpi = kpi.dropna(subset=["score"])
    se = kpi["member_id"].map(kpi_se) if isinstance(kpi_se, pd.Series) else kpi_se
    return pd.DataFrame(
        {
            "member_id": kpi["member_id"].astype("str"),
            "part": "kpi",
            "value": _points(ATTAINMENT_POINTS * (kpi["score"].astype(float) - 1)),
            "se": ATTAINMENT_POINTS * se,
            "n": kpi["n_kpis"].astype("int64") if "n_kpis" in kpi else 1,
            "origin": "S210; field:Kaplan & Norton 1992",
        }
    )


def _from_levels(table: pd.DataFrame, part: str, origin: str) -> pd.DataFrame:
    table = table.dropna(subset=["rated", "required"])
    weight = table["weight"].astype(float) if "weight" in table else pd.Series(1.0, table.index)
    above = (table["rated"] - table["required"]).astype(float)
    work = pd.DataFrame(
        {
            "member_id": table["member_id"].astype("str"),
            "w": weight,
            "p": weight * above,
            # A rating whose error nobody knows leaves that of the mean unknown.
            "e": weight * table["se"].astype(float),
            "n": 1,
        }
    )
    work = work[work["w"] > 0]
    known = work["e"].notna().groupby(work["member_id"]).all()
    out = work.groupby("member_id")[["w", "p", "e", "n"]].sum()
    return pd.DataFrame(
        {
            "member_id": out.index.astype("str"),
            "part": part,
            "value": _points(LEVEL_POINTS * (out["p"] / out["w"])).to_numpy(),
            "se": (LEVEL_POINTS * out["e"] / out["w"]).where(known).to_numpy(),
            "n": out["n"].to_numpy(),
            "origin": origin,
        }
    )
