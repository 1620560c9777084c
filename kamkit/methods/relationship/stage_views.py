"""Where each side sees the relationship, beside what its structure shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, last_known
from kamkit.methods.relationship.stage_ties import Floats
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

COLUMNS = [
    *("account_id", "our_view", "our_view_low", "our_view_high", "our_raters", "our_decay"),
    *("customer_view", "customer_view_low", "customer_view_high", "customer_raters"),
    *("customer_decay", "structure", "structure_low", "structure_high"),
    *("gap_us_customer", "gap_us_customer_low", "gap_us_customer_high", "gap_us_structure"),
    *("gap_customer_structure", "verdict", "as_of", "variant", "origin"),
]
VIEWERS = {"us": "our", "customer": "customer"}
ORIGIN = "S103; S104; field:Davies & Ryals 2013; house"


def stage_views_gap(
    stage_views: pd.DataFrame,
    stages: pd.DataFrame | None = None,
    *,
    as_of: Day,
    accounts: Sequence[str] | None = None,
    scheme: RelationshipScheme | None = None,
) -> pd.DataFrame:
    """The stage as judged by us, by the customer, and as the ties show it, side by side.

    ``stage_views``: account_id, side (us, customer), rater_id, stage, rated_on; of each rater the
    last view on or before the day counts. ``stages`` from ``stages_of`` (or None).

    Returns one row an account: account_id; our_view and customer_view, the middle stage named
    (the lower one of two), with _low, _high (range over raters); our_raters, customer_raters (who
    named a stage), our_decay, customer_decay (who said disintegrating); structure with its range
    under judgements one grade off; gap_us_customer with _low and _high, gap_us_structure,
    gap_customer_structure (stages, first minus second); verdict: agree, we_see_more,
    we_see_less, cannot_be_separated (the raters' ranges meet), one_side_only, no_view; as_of,
    variant, origin.
    Raises KamkitError missing_column, unknown_option.
    Source: S104; both sides asked as in Davies & Ryals 2013; middle and verdict house.

    >>> views = pd.DataFrame({"account_id": "A1", "side": ["us", "customer"],
    ...     "rater_id": ["M1", "C1"], "stage": ["partnership", "early"],
    ...     "rated_on": "2026-05-01"})
    >>> found = stage_views_gap(views, as_of="2026-06-30")
    >>> found["gap_us_customer"].tolist(), found["verdict"].tolist()
    ([2.0], ['we_see_more'])
    """
    scheme, day = scheme or relationship_scheme(), as_day(as_of)
    views = views_known(stage_views, day, scheme)
    listed = views["account_id"] if stages is None else stages["account_id"]
    names = list(accounts) if accounts is not None else sorted(set(listed))
    table = pd.DataFrame({"account_id": pd.Series(names, dtype="str")})
    for side in VIEWERS:
        table = table.assign(**_side(views[views["side"] == side], names, side, scheme))
    table = table.assign(**_structure(stages, names, scheme))
    us, customer, built = table["our_view"], table["customer_view"], table["structure"]
    table["gap_us_customer"] = us - customer
    table["gap_us_customer_low"] = table["our_view_low"] - table["customer_view_high"]
    table["gap_us_customer_high"] = table["our_view_high"] - table["customer_view_low"]
    table["gap_us_structure"], table["gap_customer_structure"] = us - built, customer - built
    table["verdict"] = pd.Series(_verdicts(table), dtype="str")
    few = (table["our_raters"] <= 1) & (table["customer_raters"] <= 1)
    table["variant"] = pd.Series(np.where(few, "one_rater_a_side", "middle_of_raters"), dtype="str")
    table = table.assign(as_of=day, origin=ORIGIN)
    for column in ("our_view", "customer_view", "structure"):
        for end in ("", "_low", "_high"):
            table[column + end] = _names(table[column + end], scheme)
    return table[COLUMNS]


def views_known(
    stage_views: pd.DataFrame, day: pd.Timestamp, scheme: RelationshipScheme
) -> pd.DataFrame:
    """Each rater's last view of an account on or before the day."""
    need_columns(
        stage_views, "stage_views", ["account_id", "side", "rater_id", "stage", "rated_on"]
    )
    allowed = {"stage": (*scheme.stage_ids, scheme.decay.id), "side": tuple(VIEWERS)}
    problems = []
    for column, choices in allowed.items():
        strange = stage_views[column].notna() & ~stage_views[column].isin(choices)
        for value in sorted(set(stage_views.loc[strange, column])):
            details = {"allowed": ", ".join(choices)}
            problems.append(
                Problem("unknown_option", "stage_views", column, value=value, details=details)
            )
    KamkitError.collect(problems)
    keys = ["account_id", "side", "rater_id"]
    dated = stage_views.assign(as_of=stage_views["rated_on"])
    return last_known(dated[dated["stage"].notna()], keys, day)


def _side(
    views: pd.DataFrame, names: Sequence[str], side: str, scheme: RelationshipScheme
) -> dict[str, Any]:
    """Middle, range and number of one side's views, by account."""
    decay = views["stage"] == scheme.decay.id
    rated = views[~decay]
    rated = rated.assign(place=rated["stage"].map(scheme.place).astype(float))
    held = rated.groupby("account_id")["place"]
    middle = held.quantile(0.5, interpolation="lower").reindex(list(names))
    falling = views[decay].groupby("account_id").size().reindex(list(names)).fillna(0)
    view, who = f"{VIEWERS[side]}_view", VIEWERS[side]
    return {
        view: middle.to_numpy(float),
        f"{view}_low": held.min().reindex(list(names)).to_numpy(float),
        f"{view}_high": held.max().reindex(list(names)).to_numpy(float),
        f"{who}_raters": held.size().reindex(list(names)).fillna(0).to_numpy(int),
        f"{who}_decay": falling.to_numpy(int),
    }


def _structure(
    stages: pd.DataFrame | None, names: Sequence[str], scheme: RelationshipScheme
) -> dict[str, Floats]:
    found = {f"structure{end}": np.full(len(names), np.nan) for end in ("", "_low", "_high")}
    if stages is None:
        return found
    rows = stages.set_index("account_id").reindex(list(names))
    columns = (("structure", "stage"), ("structure_low", "stage_low"))
    for key, column in (*columns, ("structure_high", "stage_high")):
        place = rows[column].fillna("").map(scheme.place).to_numpy(float)
        found[key] = np.where(place < 0, np.nan, place)
    return found


def _verdicts(table: pd.DataFrame) -> np.ndarray:
    both = table["our_view"].notna() & table["customer_view"].notna()
    one = table["our_view"].notna() | table["customer_view"].notna()
    return np.select(
        [
            both & (table["gap_us_customer"] == 0),
            both & (table["gap_us_customer_low"] > 0),
            both & (table["gap_us_customer_high"] < 0),
            both,
            one,
        ],
        ["agree", "we_see_more", "we_see_less", "cannot_be_separated", "one_side_only"],
        default="no_view",
    )


def _names(place: pd.Series, scheme: RelationshipScheme) -> pd.Series:
    names = dict(enumerate(scheme.stage_ids))
    return place.map(names).fillna("").astype("str")
