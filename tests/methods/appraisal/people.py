"""Small frames of people, ratings and parts for the tests of appraisals."""

from __future__ import annotations

import numpy as np
import pandas as pd

COMPETENCIES = ("sales_skill", "communication", "efficiency")


def staff(n: int = 4, **columns: object) -> pd.DataFrame:
    ids = [f"P{i:02d}" for i in range(n)]
    return pd.DataFrame({"member_id": ids, "role": "kam", "manager_id": "M1"}).assign(**columns)


def profile(level: float = 3, weight: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {"role": "kam", "competency": COMPETENCIES, "target_level": level, "weight": weight}
    )


def ratings(
    true: dict[str, float],
    raters: dict[str, float],
    *,
    item: str = "competency",
    items: tuple[str, ...] = COMPETENCIES,
    source: str = "manager",
    period: str = "2026H1",
    noise: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Scores of people by true level and raters by leniency."""
    rng = np.random.default_rng(seed)
    rows = [
        (p, r, source, i, period, float(np.clip(level + shift + rng.normal(0, noise), 1, 5)))
        for p, level in true.items()
        for r, shift in raters.items()
        for i in items
    ]
    return pd.DataFrame(rows, columns=["ratee_id", "rater_id", "source", item, "period", "score"])


def parts(kpi: dict[str, float], se: float = 4.0, part: str = "kpi") -> pd.DataFrame:
    return pd.DataFrame({"member_id": list(kpi), "part": part, "value": list(kpi.values())}).assign(
        se=se
    )


def codes(error) -> set[str]:
    return {p.code for p in error.value.problems}
