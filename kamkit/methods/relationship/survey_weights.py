"""How much each respondent counts in the score of an account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.relationship.survey_answers import Answers
from kamkit.methods.shares import Floats

WEIGHTINGS = ("equal", "influence", "function")


@dataclass(frozen=True)
class Weights:
    """Weight of each respondent (about 1), and whose role is not known."""

    values: Floats
    unknown: np.ndarray


def respondent_weights(
    answers: Answers,
    roles: pd.DataFrame | None,
    weighting: str,
    as_of: str | pd.Timestamp | None = None,
) -> Weights:
    """Weights from people's roles; on our own side everybody counts the same.

    "influence": by influence (1–5) in buying; an unknown influence takes the mean of those
    known in the account and wave, and is reported. "function": each function that answered
    counts the same, whatever the number of its people. ``roles``: respondent_id (or contact_id)
    with influence or function; of several rows of a person the last with as_of not after
    ``as_of`` counts. Raises KamkitError unknown_option, table_needed, missing_column.
    """
    if weighting not in WEIGHTINGS:
        raise KamkitError(
            Problem("unknown_option", column="weighting", value=weighting,
                    details={"allowed": ", ".join(WEIGHTINGS)})
        )  # fmt: skip
    people = answers.people
    customer = (people["side"] == "customer").to_numpy()
    if weighting == "equal":
        return Weights(np.ones(len(people)), np.zeros(len(people), dtype=bool))
    if roles is None:
        raise KamkitError(Problem("table_needed", "roles", value=weighting))
    known = _last_roles(roles, weighting, as_of)
    role = people["respondent_id"].map(known)
    unknown = role.isna().to_numpy() & customer
    cell = pd.Series(answers.cell)
    if weighting == "function":
        group = pd.Series(role.astype("str").to_numpy()).where(role.notna().to_numpy(), "")
        crowd = cell.groupby([cell, group]).transform("size").to_numpy(dtype=float)
        return Weights(np.where(customer, 1 / crowd, 1.0), unknown)
    value = pd.to_numeric(pd.Series(role.to_numpy()), errors="coerce").astype(float)
    value = value.where(value > 0)
    unknown = value.isna().to_numpy() & customer
    filled = value.fillna(value.groupby(cell).transform("mean")).fillna(1.0)
    return Weights(np.where(customer, filled, 1.0), unknown)


def _last_roles(roles: pd.DataFrame, column: str, as_of: str | pd.Timestamp | None) -> pd.Series:
    key = "respondent_id" if "respondent_id" in roles.columns else "contact_id"
    need_columns(roles, "roles", [key, column])
    table = roles[roles[key].notna() & roles[column].notna()]
    if "as_of" in table.columns:
        day = pd.to_datetime(table["as_of"])
        if as_of is not None:
            table = table[(day.isna() | (day <= pd.Timestamp(as_of))).to_numpy()]
            day = day.loc[table.index]
        # Rows without a day count as known at all times: any dated row is later.
        table = table.assign(_day=day.fillna(pd.Timestamp("1900-01-01")))
        table = table.sort_values([key, "_day", column], kind="stable")
    else:
        table = table.sort_values([key, column], kind="stable")
    last = table.drop_duplicates(key, keep="last").set_index(key)[column]
    return pd.Series(last)
