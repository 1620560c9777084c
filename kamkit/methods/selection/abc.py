"""ABC classes with the cut rule and the tie rule in the open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import (
    Floats,
    Ints,
    joined,
    need_choice,
    tie_groups,
    tie_ranks,
)

CUT_RULES = ("including", "before")
TIE_RULES = ("together", "by_id")
CLASS_COLUMNS = [
    "account_id", "rank", "value", "share", "cumulative_share", "abc", "abc_other_rule",
    "tie_group", "tie_at_cut", "stable", "variant", "origin",
]  # fmt: skip
TOTAL_COLUMNS = ["abc", "accounts", "account_share", "value", "value_share", "variant", "origin"]
_EDGE = 1e-9
_WOBBLE = 0.02


def known_falling(values: pd.DataFrame, value: str) -> pd.DataFrame:
    """Accounts with a known value, largest first, equal values in the order of their ids.

    Needs columns: account_id and ``value``. An account in two rows raises.

    >>> table = pd.DataFrame({"account_id": ["b", "a"], "revenue": [1.0, 2.0]})
    >>> known_falling(table, "revenue")["account_id"].tolist()
    ['a', 'b']
    """
    need_columns(values, "values", ["account_id", value])
    ids = values["account_id"].astype(str)
    twice = ids[ids.duplicated()].unique()
    KamkitError.collect(
        Problem("duplicate_row", table="values", column="account_id", value=i) for i in twice
    )
    table = pd.DataFrame(
        {"account_id": ids, "value": pd.to_numeric(values[value], errors="coerce").astype(float)}
    )
    table = table.dropna(subset=["value"])
    return table.sort_values(["value", "account_id"], ascending=[False, True], ignore_index=True)


def _letters(
    falling: Floats, cumulative: Floats, share: Floats, cuts: Sequence[float], rule: str, ties: str
) -> Ints:
    """Class number 0, 1, … of every account; values stand in falling order."""
    # Losses bend the curve down again; a class must not come back once it was left.
    reached = np.maximum.accumulate(cumulative)
    before = np.concatenate([[0.0], reached[:-1]])
    if ties == "together":
        first = tie_ranks(falling) - 1
        last = len(falling) - tie_ranks(-falling)
        reached, before = reached[last], before[first]
    level = np.zeros(len(falling), dtype=np.int64)
    for cut in cuts:
        level += (reached > cut + _EDGE) if rule == "including" else (before >= cut - _EDGE)
    level[share <= 0] = len(cuts)
    return level


def abc_classes(
    values: pd.DataFrame,
    *,
    value: str = "revenue",
    cuts: Sequence[float] = (0.80, 0.95),
    cut_rule: str = "including",
    ties: str = "together",
) -> pd.DataFrame:
    """ABC class of every account by its place on the cumulative curve.

    Needs columns: account_id and ``value`` (money). Accounts without a value are left out.

    Parameters
    ----------
    cuts : cumulative shares at which class A and class B end.
    cut_rule : "including": an account is A if the share up to and including it is within the
        cut; "before": if the share before it has not reached the cut (the account that crosses
        the line is still A).
    ties : equal values get one class ("together": judged by the whole tie), or stand in the
        order of their ids ("by_id").

    Returns
    -------
    Columns: account_id, rank (ties share the best), value, share and cumulative_share (0–1),
    abc, abc_other_rule (class under the other cut rule), tie_group, tie_at_cut (ids alone would
    split this tie), stable (same class under both rules and with the cuts 2 points up or down),
    variant, origin. Zero and negative values are in the last class. Where the total isn't
    positive, shares and classes are missing.

    Source: Juran 1951; cuts 0.80 and 0.95 are the usual ones; stability band `house`.

    >>> table = pd.DataFrame({"account_id": list("abc"), "revenue": [80.0, 15.0, 5.0]})
    >>> abc_classes(table)["abc"].tolist()
    ['A', 'B', 'C']
    """
    need_choice(cut_rule, "cut_rule", CUT_RULES)
    need_choice(ties, "ties", TIE_RULES)
    table = known_falling(values, value)
    falling = table["value"].to_numpy(float)
    total = falling.sum()
    variant = joined(f"abc_{cut_rule}", f"abc_ties_{ties}")
    table["variant"], table["origin"] = variant, "field:Juran 1951; house"
    table["rank"] = pd.Series(tie_ranks(falling), dtype="Int64")
    table["tie_group"] = tie_groups(tie_ranks(falling))
    if len(table) == 0 or total <= np.abs(falling).sum() * 1e-12:
        table["variant"] = "total_not_positive"
        return table.reindex(columns=CLASS_COLUMNS).astype({"account_id": "str"})
    share = falling / total
    cumulative = np.cumsum(falling) / total
    names = np.array([chr(65 + i) for i in range(len(cuts) + 1)])

    def classed(rule: str, tie_rule: str, shift: float = 0.0) -> Ints:
        moved = [c + shift for c in cuts]
        return _letters(falling, cumulative, share, moved, rule, tie_rule)

    main, other = (
        classed(cut_rule, ties),
        classed(next(r for r in CUT_RULES if r != cut_rule), ties),
    )
    table["share"], table["cumulative_share"] = share, cumulative
    table["abc"], table["abc_other_rule"] = names[main], names[other]
    split = pd.Series(classed(cut_rule, "by_id")).groupby(table["rank"]).transform("nunique")
    table["tie_at_cut"] = (split > 1).to_numpy(bool)
    wobble = [classed(cut_rule, ties, s) for s in (-_WOBBLE, _WOBBLE)]
    table["stable"] = (main == other) & (main == wobble[0]) & (main == wobble[1])
    return table[CLASS_COLUMNS]


def abc_totals(classes: pd.DataFrame) -> pd.DataFrame:
    """Accounts and money per ABC class.

    Needs columns: abc, value (as :func:`abc_classes` returns them).
    Returns columns: abc, accounts, account_share (0–1), value (money), value_share (0–1),
    variant, origin; every class up to the last that occurs, an empty one with 0 accounts.

    >>> table = pd.DataFrame({"account_id": list("abc"), "revenue": [80.0, 15.0, 5.0]})
    >>> abc_totals(abc_classes(table))["value_share"].tolist()
    [0.8, 0.15, 0.05]
    """
    need_columns(classes, "classes", ["abc", "value", "variant", "origin"])
    known = classes.dropna(subset=["abc"])
    if known.empty:
        return pd.DataFrame(columns=TOTAL_COLUMNS)
    last = ord(str(known["abc"].max()))
    letters = [chr(c) for c in range(65, max(last, 67) + 1)]
    grouped = known.groupby("abc")["value"]
    table = pd.DataFrame({"abc": letters})
    table["accounts"] = table["abc"].map(grouped.size()).fillna(0).astype(int)
    table["account_share"] = table["accounts"] / len(known)
    table["value"] = table["abc"].map(grouped.sum()).fillna(0.0)
    table["value_share"] = table["value"] / known["value"].sum()
    table["variant"], table["origin"] = known["variant"].iloc[0], known["origin"].iloc[0]
    return table[TOTAL_COLUMNS]
