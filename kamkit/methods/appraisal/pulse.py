"""Cells of an anonymous pulse survey: mean with interval, hidden where too few answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.rating_cells import ROUNDING
from kamkit.methods.appraisal.separate import chain_groups
from kamkit.methods.checks import need_columns

LOW, HIGH = 1.0, 5.0
CELL_COLUMNS = [
    *("team", "wave", "item", "mean", "low", "high", "n", "hidden", "group", "change"),
    *("change_low", "change_high"),
]


def check_pulse(team_pulse: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """One score a team, wave, respondent and item, for the items that are asked for.

    Raises KamkitError missing_column, not_a_number, survey_off_scale. A respondent who answered an
    item twice counts once, with the mean.

    >>> pulse = pd.DataFrame({"team": ["a"], "wave": [1], "respondent_id": ["r1"],
    ...     "item": ["pitfall_chaos"], "score": [4]})
    >>> check_pulse(pulse, ["pitfall_chaos"])["score"].tolist()
    [4.0]
    """
    need_columns(team_pulse, "team_pulse", ["team", "wave", "respondent_id", "item", "score"])
    score = pd.to_numeric(team_pulse["score"], errors="coerce").astype(float)
    checks = [
        ("not_a_number", team_pulse["score"].notna() & score.isna(), {}),
        ("survey_off_scale", (score < LOW) | (score > HIGH), {"allowed": "1–5"}),
    ]
    KamkitError.collect(
        Problem(code, "team_pulse", "score", int(i) + 1, team_pulse["score"].iloc[int(i)],
                details=details)
        for code, rows, details in checks
        for i in np.flatnonzero(rows.to_numpy())
    )  # fmt: skip
    keys = ["team", "wave", "respondent_id", "item"]
    kept = team_pulse[keys].assign(score=score).dropna()
    kept = kept[kept["item"].isin(list(items))].astype(dict.fromkeys(keys, "str"))
    return kept.groupby(keys)["score"].mean().reset_index()


def pulse_cells(
    scores: pd.DataFrame,
    *,
    min_n: int = 4,
    level: float = 0.95,
    ends: tuple[float, float] = (LOW, HIGH),
    floor: float = ROUNDING,
) -> pd.DataFrame:
    """Mean of each team, wave and item, against the wave before.

    Needs team, wave, respondent_id, item, score. Intervals are t intervals on a variance pooled
    over the shown cells of an item (at least ``floor``), cut at ``ends``. Fewer than ``min_n``
    respondents: hidden, without figures, and no part of any pool. ``change`` is against the
    team's wave before (by name) where both are shown; its interval takes the waves as answered
    by different people, which is too wide where they are the same.

    Returns team, wave, item, mean, low, high, n, hidden, group (items of one team and wave that
    share a number can't be separated; 1 is the highest, 0 unknown), change, change_low,
    change_high.

    >>> scores = pd.DataFrame({"team": "a", "wave": "1", "respondent_id": list("pqrs"),
    ...     "item": "x", "score": [3.0, 4, 4, 5]})
    >>> pulse_cells(scores)[["mean", "n", "group"]].values.tolist()
    [[4.0, 4.0, 1.0]]
    """
    keys = ["team", "wave", "item"]
    cells = scores.groupby(keys)["score"].agg(["mean", "var", "size"]).reset_index()
    # An empty table has lost the kinds of its columns.
    cells = cells.astype({"mean": float, "var": float, "size": "int64"})
    cells["hidden"] = cells["size"] < min_n
    shown = cells[~cells["hidden"]]
    spread = (shown["var"] * (shown["size"] - 1)).groupby(shown["item"]).sum()
    df = (shown["size"] - 1).groupby(shown["item"]).sum()
    variance = (spread / df.where(df > 0)).clip(lower=floor)
    cells.loc[cells["hidden"], "mean"] = np.nan
    error = (cells["item"].map(variance).astype(float) / cells["size"]) ** 0.5
    cells["se"] = error.where(~cells["hidden"])
    freedom = cells["item"].map(df).astype(float)
    point = stdtrit(freedom.where(freedom > 0), 0.5 + level / 2)
    reach = cells["se"] * point
    cells["low"] = (cells["mean"] - reach).clip(*ends)
    cells["high"] = (cells["mean"] + reach).clip(*ends)
    cells["group"] = 0
    for rows in cells.groupby(["team", "wave"]).groups.values():
        value, far = cells.loc[rows, "mean"].to_numpy(float), reach.loc[rows].to_numpy(float)
        cells.loc[rows, "group"] = chain_groups(value, far)
    before = cells.groupby(["team", "item"])[["mean", "se"]].shift()
    cells["change"] = cells["mean"] - before["mean"]
    wide = point * np.hypot(cells["se"], before["se"])
    cells["change_low"], cells["change_high"] = cells["change"] - wide, cells["change"] + wide
    return cells.rename(columns={"size": "n"})[CELL_COLUMNS]
