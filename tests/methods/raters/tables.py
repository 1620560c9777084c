"""Ratings that several tests use."""

from __future__ import annotations

import numpy as np
import pandas as pd


def long_of(wide: pd.DataFrame) -> pd.DataFrame:
    """A wide table (ratee × rater) as ratings; gaps left out."""
    wide = wide.rename_axis("ratee_id").reset_index()
    table = wide.melt("ratee_id", var_name="rater_id", value_name="score").dropna()
    return table.astype({"ratee_id": "str", "rater_id": "str"}).reset_index(drop=True)


def judges(published) -> pd.DataFrame:
    x = pd.DataFrame(published["P-ICC"]["X"], columns=list("ABCD"), dtype=float)
    return x.set_axis([f"p{i}" for i in range(len(x))])


def simulated(
    rng: np.random.Generator,
    *,
    ratees: int = 12,
    raters: int = 6,
    each: int = 3,
    competencies: int = 6,
    severity: tuple[float, ...] = (),
    dyad: float = 0.3,
    noise: float = 0.5,
) -> pd.DataFrame:
    """Ratings with persons, rater effects, and what a rater thinks of one person in particular."""
    person, effect = rng.normal(3.5, 0.4, ratees), np.zeros(raters)
    effect[: len(severity)] = -np.array(severity)
    rows = []
    for p in range(ratees):
        for j in range(each):
            r = (p + j) % raters
            taste = person[p] + effect[r] + rng.normal(0, dyad)
            marks = taste + rng.normal(0, noise, competencies)
            rows += [(f"p{p:02d}", f"r{r:02d}", f"c{c}", m) for c, m in enumerate(marks)]
    return pd.DataFrame(rows, columns=["ratee_id", "rater_id", "competency", "score"])
