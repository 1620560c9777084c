"""From single ratings to one cell per account and criterion; must-have gates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import Floats
from kamkit.methods.selection.normalise import fixed
from kamkit.schemes.criteria import criteria as schemes_criteria
from kamkit.schemes.criteria import selections

SPEC_COLUMNS = ["criterion", "weight", "direction", "low", "high", "gate", "minimum"]
CELL_COLUMNS = ["account_id", "criterion", "rating", "n_raters", "spread", "value", "clipped"]
GATE_COLUMNS = ["account_id", "criterion", "rating", "minimum", "status", "variant", "origin"]


def criteria_spec(criteria: pd.DataFrame) -> pd.DataFrame:
    """A complete criteria table: defaults filled in, scale ends checked.

    Needs column: criterion. Optional: weight, direction ("benefit" or "cost"), low and high
    (scale ends that policy fixes, 1 and 5 unless told), gate (must-have), minimum (the level a
    gate asks for; for a cost the level that must not be passed).
    Returns columns: criterion, weight (NaN if none), direction, low, high, gate, minimum.
    Raises for doubles, unknown directions, ends that don't rise, gates without a level.

    >>> criteria_spec(pd.DataFrame({"criterion": ["solvency"]}))[["low", "high"]].values.tolist()
    [[1.0, 5.0]]
    """
    need_columns(criteria, "criteria", ["criterion"])
    spec = pd.DataFrame({"criterion": criteria["criterion"].astype(str).to_numpy()})
    for column, default in (("weight", np.nan), ("low", 1.0), ("high", 5.0), ("minimum", np.nan)):
        spec[column] = _numbers(criteria, column, default)
    spec["direction"] = _words(criteria, "direction", "benefit")
    spec["gate"] = _flags(criteria, "gate")
    KamkitError.collect(_spec_problems(spec))
    return spec[SPEC_COLUMNS]


def selection_criteria(selection: str) -> pd.DataFrame:
    """A saved selection of the criteria library as a criteria table (X26).

    Returns columns: criterion, weight, direction, low, high, gate, minimum.

    >>> table = selection_criteria("list_1_2")
    >>> len(table), table.loc[table["gate"], "criterion"].tolist()
    (22, ['solvency'])
    """
    saved, library = selections(), schemes_criteria()
    if selection not in saved:
        raise KamkitError(
            Problem(
                "unknown_option",
                column="selection",
                value=selection,
                details={"allowed": ", ".join(saved)},
            )
        )
    chosen = saved[selection]
    rows = [
        {
            "criterion": c,
            "weight": chosen.weights[c],
            "direction": chosen.directions[c],
            "low": library[c].low,
            "high": library[c].high,
            "gate": library[c].gate,
            "minimum": library[c].minimum,
        }
        for c in chosen.criteria
    ]
    return criteria_spec(pd.DataFrame(rows))


def _spec_problems(spec: pd.DataFrame) -> list[Problem]:
    names = spec["criterion"]
    unknown = ~spec["direction"].isin(["benefit", "cost"])
    choice = {"allowed": "benefit, cost"}
    problems = [
        Problem("unknown_option", "criteria", "direction", value=word, details=choice)
        for word in spec.loc[unknown, "direction"]
    ]
    problems += [
        Problem("scale_ends", "criteria", "high", value=n)
        for n in names[~(spec["high"] > spec["low"])]
    ]
    problems += [
        Problem("gate_level", "criteria", "minimum", value=n)
        for n in names[spec["gate"] & spec["minimum"].isna()]
    ]
    doubles = names[names.duplicated()].unique()
    return problems + [Problem("duplicate_row", "criteria", "criterion", value=c) for c in doubles]


def _words(table: pd.DataFrame, column: str, default: str) -> pd.Series:
    if column not in table.columns:
        return pd.Series(default, index=range(len(table)), dtype="str")
    given = table[column].reset_index(drop=True)
    return given.where(given.notna(), default).astype("str")


def _flags(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table.columns:
        return pd.Series(False, index=range(len(table)), dtype=bool)
    given = table[column].reset_index(drop=True)
    return given.where(given.notna(), False).astype(bool)


def _numbers(table: pd.DataFrame, column: str, default: float) -> pd.Series:
    if column not in table.columns:
        return pd.Series(default, index=range(len(table)), dtype=float)
    figures = pd.to_numeric(table[column], errors="coerce").astype(float).reset_index(drop=True)
    return figures.fillna(default)


def rating_cells(ratings: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Mean rating, number of raters and their spread for every account and criterion.

    Needs columns: account_id, criterion, score; rater_id where there are several raters.
    Criteria outside the list are ignored; every account of ``ratings`` gets a row per criterion.
    Returns columns: account_id, criterion, rating (mean; missing stays missing), n_raters,
    spread (standard deviation between raters, NaN below two), value (0–100 between the fixed
    scale ends, in the criterion's direction), clipped (the rating lies outside the ends).

    >>> ratings = pd.DataFrame({"account_id": "a", "criterion": "fit", "score": [3, 5],
    ...                         "rater_id": ["x", "y"]})
    >>> rating_cells(ratings, pd.DataFrame({"criterion": ["fit"]}))["value"].tolist()
    [75.0]
    """
    spec = criteria_spec(criteria)
    need_columns(ratings, "criterion_ratings", ["account_id", "criterion", "score"])
    work = pd.DataFrame(
        {
            "account_id": ratings["account_id"].astype(str),
            "criterion": ratings["criterion"].astype(str),
            "score": pd.to_numeric(ratings["score"], errors="coerce").astype(float),
        }
    )
    work["rater"] = ratings["rater_id"].astype("str") if "rater_id" in ratings.columns else ""
    _refuse_doubles(work)
    accounts = sorted(work["account_id"].unique())
    grid = pd.MultiIndex.from_product(
        [accounts, spec["criterion"]], names=["account_id", "criterion"]
    )
    grouped = work.dropna(subset=["score"]).groupby(["account_id", "criterion"])["score"]
    cells = pd.DataFrame(index=grid)
    cells["rating"] = grouped.mean()
    cells["n_raters"] = grouped.count()
    cells["n_raters"] = cells["n_raters"].fillna(0).astype(int)
    cells["spread"] = grouped.std(ddof=1)
    cells = cells.reset_index().merge(spec, on="criterion", how="left", sort=False)
    rating, low, high = (cells[c].to_numpy(float) for c in ("rating", "low", "high"))
    cost = np.where(cells["direction"] == "cost", 1.0, 0.0)
    cells["value"] = fixed(rating, low, high, cost)
    cells["clipped"] = (rating < low) | (rating > high)
    return cells[CELL_COLUMNS]


def _refuse_doubles(work: pd.DataFrame) -> None:
    twice = work.duplicated(["account_id", "criterion", "rater"], keep=False)
    first = work.loc[twice].drop_duplicates(["account_id", "criterion", "rater"])
    KamkitError.collect(
        Problem(
            "duplicate_row",
            table="criterion_ratings",
            column="account_id, criterion, rater_id",
            value=f"{row.account_id} / {row.criterion} / {row.rater}".strip(" /"),
        )
        for row in first.itertuples(index=False)
    )


def gate_results(cells: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Every must-have gate of every account: passed, failed, or unknown for want of a rating.

    Gates come before any score: a weighted sum would let a high score buy back a fatal flaw.
    Needs columns: account_id, criterion, rating (see :func:`rating_cells`).
    Returns columns: account_id, criterion, rating, minimum, status, variant, origin.
    Source: Hwang & Yoon 1981 (conjunctive rule).

    >>> spec = pd.DataFrame({"criterion": ["solvency"], "gate": [True], "minimum": [3]})
    >>> cells = pd.DataFrame({"account_id": list("ab"), "criterion": "solvency",
    ...                       "rating": [2.0, 3.0]})
    >>> gate_results(cells, spec)["status"].tolist()
    ['failed', 'passed']
    """
    spec = criteria_spec(criteria)
    gates = spec[spec["gate"]]
    table = cells[["account_id", "criterion", "rating"]].merge(
        gates[["criterion", "minimum", "direction"]], on="criterion", how="inner", sort=False
    )
    cost = table["direction"].eq("cost").to_numpy()
    gap = (table["rating"] - table["minimum"]).to_numpy(float) * np.where(cost, -1.0, 1.0)
    status = np.where(np.isnan(gap), "unknown", np.where(gap >= -1e-9, "passed", "failed"))
    table["status"] = pd.Series(status, dtype="str")
    table["variant"], table["origin"] = "gate_mean_of_raters", "field:Hwang & Yoon 1981"
    return table[GATE_COLUMNS]


def wide(
    cells: pd.DataFrame, column: str = "value", names: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row per account (account_id), one column per criterion, in the order given.

    >>> cells = pd.DataFrame({"account_id": ["a", "a"], "criterion": ["x", "y"], "value": [1.0, 2]})
    >>> wide(cells).values.tolist()
    [['a', 1.0, 2.0]]
    """
    found = list(dict.fromkeys(cells["criterion"])) if names is None else list(names)
    table = cells.pivot(index="account_id", columns="criterion", values=column)
    table = table.reindex(columns=found)
    table.columns.name = None
    return table.reset_index()


def pooled_spread(cells: pd.DataFrame) -> float:
    """Standard deviation between raters over all cells rated twice or more, in rating steps.

    >>> pooled_spread(pd.DataFrame({"n_raters": [2, 1], "spread": [1.5, np.nan]}))
    1.5
    """
    twice = cells[cells["n_raters"] >= 2]
    if twice.empty:
        return float("nan")
    freedom = twice["n_raters"] - 1
    return float(np.sqrt((twice["spread"] ** 2 * freedom).sum() / freedom.sum()))


def rating_errors(
    ratings: pd.DataFrame, criteria: pd.DataFrame, *, default_spread: float | None = None
) -> pd.DataFrame:
    """Standard error of every cell in value points (0–100), from how far raters differ.

    One pooled spread is used for all cells (a cell with two raters says little about its own);
    ``default_spread`` in rating steps replaces it and is needed where nobody was rated twice.
    Returns: account_id and one column per criterion; NaN where there is no rating.
    Source: classical test theory; pooling is `house`.

    >>> ratings = pd.DataFrame({"account_id": "a", "criterion": "fit", "score": [3, 5],
    ...                         "rater_id": ["x", "y"]})
    >>> rating_errors(ratings, pd.DataFrame({"criterion": ["fit"]})).round(1).values.tolist()
    [['a', 25.0]]
    """
    cells = rating_cells(ratings, criteria)
    spread = pooled_spread(cells) if default_spread is None else default_spread
    if np.isnan(spread):
        raise KamkitError(Problem("no_second_rater", table="criterion_ratings"))
    width = criteria_spec(criteria).assign(width=lambda s: s["high"] - s["low"])
    merged = cells.merge(width[["criterion", "width"]], on="criterion", how="left", sort=False)
    raters = merged["n_raters"].to_numpy(float)
    error: Floats = 100.0 * spread / merged["width"].to_numpy(float)
    with np.errstate(divide="ignore"):
        merged["value"] = np.where(raters > 0, error / np.sqrt(raters), np.nan)
    return wide(merged)
