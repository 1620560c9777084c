"""Listed against what can be served."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import capacity_check

CLASSES = pd.DataFrame(
    {
        "account_id": list("abcdef"),
        "member": ["strategic", "strategic", "key", "key", "key", "general"],
        "sales": [9, 8, 5, 4, 3, 1.0],
        "profit": [1, 2, 1, 3, np.nan, 0],
    }
)
LIMITS = pd.DataFrame({"member": ["strategic", "key"], "hours_per_account": [400.0, 100.0]})


def test_hours_run_out_in_the_order_of_the_classes():
    found = capacity_check(CLASSES, LIMITS, hours=1000)
    assert found.hours_needed == 1100
    assert found.summary[["member", "listed", "served", "fall_out"]].values.tolist() == [
        ["strategic", 2, 2, 0],
        ["key", 3, 2, 1],
    ]
    table = found.accounts.set_index("account_id")
    assert table.loc["e", "reason"] == "no_hours" and table.loc["d", "hours_so_far"] == 1000
    assert "f" not in table.index


def test_a_class_may_hold_only_so_many():
    found = capacity_check(CLASSES, LIMITS.assign(most=[1, np.nan]), hours=1000)
    table = found.accounts.set_index("account_id")
    assert table.loc["b", "reason"] == "too_many_in_class"
    assert table.loc[["c", "d", "e"], "served"].all()


def test_orders_differ_in_who_falls_out():
    found = capacity_check(CLASSES, LIMITS, hours=900, orders=("sales", "profit"))
    served = found.accounts[found.accounts["served"]].groupby("order")["account_id"].agg(set)
    assert served["sales"] == {"a", "b", "c"} and served["profit"] == {"a", "b", "d"}
    always = set(found.accounts.loc[found.accounts["every_order"], "account_id"])
    assert always == {"a", "b"}
    unknown = found.accounts[(found.accounts["order"] == "profit")].set_index("account_id")
    assert unknown.loc["e", "reason"] == "order_unknown"


def test_a_tie_is_served_whole_or_not_at_all():
    tied = CLASSES.assign(sales=[9, 9, 5, 5, 3, 1.0])
    found = capacity_check(tied, LIMITS, hours=900).accounts.set_index("account_id")
    assert not found.loc[["c", "d", "e"], "served"].any()
    assert found.loc["c", "tie_group"] == found.loc["d", "tie_group"]


def test_served_hours_never_exceed_those_available():
    rng = np.random.default_rng(2)
    for hours in (0, 350, 777.7, 5000):
        table = CLASSES.assign(sales=rng.integers(1, 4, 6))
        found = capacity_check(table, LIMITS, hours=hours).accounts
        assert found.loc[found["served"], "hours"].sum() <= hours


def test_empty_and_dirty():
    found = capacity_check(CLASSES.iloc[:0], LIMITS, hours=10)
    assert found.accounts.empty and found.summary["listed"].tolist() == [0, 0]
    bad = pd.DataFrame({"member": ["key", "key"], "hours_per_account": [0, 5]})
    with pytest.raises(KamkitError) as caught:
        capacity_check(CLASSES, bad, hours=-1)
    assert len(caught.value.problems) == 3
