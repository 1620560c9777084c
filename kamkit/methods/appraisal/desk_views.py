"""Tables that a review makes of an appraisal desk: axes, decisions, halo, what pay assumes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.combined import Combined
from kamkit.methods.appraisal.effects import Effects
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.spread import halo

IN_A_YEAR = {"year": 1, "half": 2, "quarter": 4, "month": 12}
TOP = 2  # grades from the top that count as a good appraisal in the fairness screen (house)


def nine_axes(combined: Combined) -> pd.DataFrame:
    """Figures on the horizontal axis of a nine-box, competences on the vertical one.

    There is no rating of potential in an appraisal: competences stand in for it, and a table
    with an own rating of potential is better. Returns member_id, performance, performance_se,
    potential, potential_se (0–100) of people who have both parts. Source: house.

    >>> from kamkit.methods.appraisal.combined import combined_result
    >>> parts = pd.DataFrame({"member_id": "a", "part": ["kpi", "competence"],
    ...     "value": [70.0, 60.0], "se": 5.0})
    >>> nine_axes(combined_result(parts)).values.tolist()
    [['a', 70.0, 5.0, 60.0, 5.0]]
    """
    axes = []
    for part, name in (("kpi", "performance"), ("competence", "potential")):
        rows = combined.parts[combined.parts["part"] == part]
        own = rows[["member_id", "value", "se"]].rename(columns={"value": name, "se": f"{name}_se"})
        axes.append(own)
    return axes[0].merge(axes[1], on="member_id")


def grade_decisions(combined: Combined, period: str, *, top: int = TOP) -> pd.DataFrame:
    """The grades as decisions: is a person's grade among the highest ones?

    Returns member_id, period, decision (top_grades), selected (yes, no), as ``four_fifths``
    takes them. Source: house.

    >>> from kamkit.methods.appraisal.combined import combined_result
    >>> parts = pd.DataFrame({"member_id": ["a", "b"], "part": "kpi", "value": [80.0, 60.0],
    ...     "se": 5.0})
    >>> grade_decisions(combined_result(parts), "2025")["selected"].tolist()
    ['yes', 'no']
    """
    best = {name for name, _ in combined.grades[:top]}
    chosen = np.where(combined.members["grade"].isin(best), "yes", "no")
    return combined.members[["member_id"]].assign(
        period=period, decision="top_grades", selected=chosen
    )


def manager_halo(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Halo of managers in competences and, apart, in duties; None without their ratings.

    Returns the columns of ``halo`` with form (competence, duty) first.

    >>> manager_halo({}) is None
    True
    """
    found = []
    for name, item, form in (
        ("ratings", "competency", "competence"),
        ("duty_ratings", "duty", "duty"),
    ):
        table = tables.get(name)
        if table is None:
            continue
        bosses = table[(table["source"] == "manager") & table["score"].notna()]
        if bosses["rater_id"].nunique() > 1:
            rows = halo(bosses.rename(columns={item: "competency"}))
            rows.insert(0, "form", form)
            found.append(rows)
    return pd.concat(found, ignore_index=True) if found else None


def pay_assumptions(effects: Effects | None, kind: str) -> dict[str, float]:
    """Mean, spread and lasting share of a year's attainment, for ``simulate_pay``.

    ``effects``: of attainment by period, ``kind``: of these periods. A year's spread is what
    lasts plus what is left of chance over its periods; what lasts holds the territory too,
    where targets ignore it. Empty without two people over two periods. Source: house.

    >>> pay_assumptions(None, "quarter")
    {}
    """
    if effects is None:
        return {}
    need_columns(effects.measures, "measures", ["measure", "value"])
    figures = effects.measures.set_index("measure")["value"]
    between, within = (float(figures.get(k, np.nan)) for k in ("var_between", "var_within"))
    mean = float(figures.get("mean", np.nan))
    year = between + within / IN_A_YEAR.get(kind, 1)
    if not (np.isfinite(year) and year > 0 and mean > 0):
        return {}
    return {"mean": mean, "sd": float(np.sqrt(year)), "lasting": min(between / year, 1.0)}
