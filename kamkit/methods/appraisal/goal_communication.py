"""Do people know the goal, is it talked about, and does it serve what they look for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.pulse import HIGH, LOW, pulse_cells
from kamkit.methods.checks import need_columns

MIDDLE = (LOW + HIGH) / 2
QUADRANTS = np.array([["neither", "talk_only"], ["goal_only", "both"]], dtype=object)
GOAL_COLUMNS = [
    *("team", "n", "hidden", "clarity", "clarity_low", "clarity_high", "communication"),
    *("communication_low", "communication_high", "quadrant", "settled", "origin"),
]


def _scores(table: pd.DataFrame, name: str, columns: Sequence[str]) -> pd.DataFrame:
    found = table.copy()
    problems = []
    for column in columns:
        value = pd.to_numeric(table[column], errors="coerce").astype(float)
        checks = [
            ("not_a_number", table[column].notna() & value.isna(), {}),
            ("survey_off_scale", (value < LOW) | (value > HIGH), {"allowed": "1–5"}),
        ]
        problems += [
            Problem(code, name, column, int(i) + 1, table[column].iloc[int(i)], details=details)
            for code, rows, details in checks
            for i in np.flatnonzero(rows.to_numpy())
        ]
        found[column] = value
    KamkitError.collect(problems)
    return found


def goal_communication(
    answers: pd.DataFrame, *, min_n: int = 4, level: float = 0.9
) -> pd.DataFrame:
    """Performance as goal × communication: the quadrant of each team, where it can be told.

    Needs answers: team, respondent_id, clarity (1–5: I know what is expected of me),
    communication (1–5: we talk about it often enough). The lines run through 3 (house).

    Returns one row a team: team, n, hidden, clarity, clarity_low, clarity_high, communication,
    communication_low, communication_high, quadrant (both, goal_only, talk_only, neither,
    hidden), settled (both intervals lie on one side of the line), origin.

    Raises KamkitError missing_column, not_a_number, survey_off_scale. Source: S208; lines house.

    >>> answers = pd.DataFrame({"team": "a", "respondent_id": list("pqrs"),
    ...     "clarity": [4, 5, 4, 5], "communication": [1, 2, 2, 1]})
    >>> goal_communication(answers)[["quadrant", "settled"]].values.tolist()
    [['goal_only', True]]
    """
    items = ["clarity", "communication"]
    need_columns(answers, "answers", ["team", "respondent_id", *items])
    table = _scores(answers, "answers", items).dropna(subset=["team", "respondent_id", *items])
    long = table.melt(["team", "respondent_id"], items, "item", "score").assign(wave="")
    keys = ["team", "wave", "respondent_id", "item"]
    long = long.groupby(keys)["score"].mean().reset_index()
    cells = pulse_cells(long, min_n=min_n, level=level).set_index(["team", "item"])
    wide = cells[["mean", "low", "high", "n", "hidden"]].unstack("item")
    out = pd.DataFrame(index=wide.index)
    for item in items:
        out[item] = wide.get(("mean", item), pd.Series(dtype=float))
        for end in ("low", "high"):
            out[f"{item}_{end}"] = wide.get((end, item), pd.Series(dtype=float))
    out["n"] = wide.get(("n", "clarity"), pd.Series(dtype="int64"))
    out["hidden"] = wide.get(("hidden", "clarity"), pd.Series(dtype=bool)).astype(bool)
    high = [(out[i] > MIDDLE).to_numpy(dtype=int) for i in items]
    out["quadrant"] = np.where(out["hidden"], "hidden", QUADRANTS[high[0], high[1]])
    clear = [(out[f"{i}_low"] > MIDDLE) | (out[f"{i}_high"] < MIDDLE) for i in items]
    out["settled"] = clear[0] & clear[1]
    out["origin"] = "S208; house"
    return out.reset_index()[GOAL_COLUMNS]


@dataclass(frozen=True)
class Alignment:
    """What :func:`alignment` found.

    Attributes
    ----------
    members
        One row a person: member_id, n_needs, alignment (0–1, needs weighted by importance),
        unmet (the need that loses most), unmet_loss (its share of what is lost, 0–1), origin.
    needs
        One row a need: need, n, importance (mean, 1–5), served (mean, 1–5), shortfall (mean of
        importance × what is not served, 0–1 of the most possible), origin.
    """

    members: pd.DataFrame
    needs: pd.DataFrame


def alignment(needs: pd.DataFrame) -> Alignment:
    """How far the joint goal serves what each person looks for.

    Needs needs: member_id, need (e.g. pay, learning, recognition, security), importance (1–5),
    served (1–5: how far reaching our goal brings it). A person's alignment is the mean of
    (served − 1) / 4, weighted by importance. It opens a talk; it is no measure of loyalty.

    Returns Alignment. Raises KamkitError missing_column, not_a_number, survey_off_scale.
    Source: S188; arithmetic house.

    >>> needs = pd.DataFrame({"member_id": ["a", "a"], "need": ["pay", "learning"],
    ...     "importance": [4, 1], "served": [5, 1]})
    >>> alignment(needs).members[["alignment", "unmet"]].values.tolist()
    [[0.8, 'learning']]
    """
    need_columns(needs, "needs", ["member_id", "need", "importance", "served"])
    table = _scores(needs, "needs", ["importance", "served"])
    table = table.dropna(subset=["member_id", "need", "importance", "served"])
    keys = ["member_id", "need"]
    table = table.groupby(keys, as_index=False)[["importance", "served"]].mean()
    table["reached"] = table["importance"] * (table["served"] - LOW) / (HIGH - LOW)
    table["lost"] = table["importance"] - table["reached"]
    people = table.groupby("member_id")[["importance", "reached", "lost"]].sum()
    worst = table.sort_values(["lost", "need"], ascending=[False, True])
    worst = worst.drop_duplicates("member_id").set_index("member_id")
    some = people["lost"] > 0
    members = pd.DataFrame(
        {
            "n_needs": table.groupby("member_id").size(),
            "alignment": people["reached"] / people["importance"],
            "unmet": worst["need"].where(some, ""),
            "unmet_loss": (worst["lost"] / people["lost"].where(some)).astype(float),
            "origin": "S188; house",
        }
    ).rename_axis("member_id")
    by_need = table.groupby("need")
    found = by_need[["importance", "served"]].mean()
    found.insert(0, "n", by_need.size())
    found["shortfall"] = by_need["lost"].mean() / HIGH
    found["origin"] = "S188; house"
    return Alignment(members.reset_index(), found.reset_index())
