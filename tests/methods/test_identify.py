"""Large project or key account, from order histories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.methods.selection import account_basis, classify, conversion_rate
from kamkit.schemes import load_scheme

ACCOUNTS = pd.DataFrame({"account_id": ["conv", "only", "recur", "once", "none"]})


def project(account, value=9e6, parts=(True, True, True, True)):
    names = ("standard_product", "customised_product", "implementation", "services")
    start = {"started_on": "2023-01-10", "delivered_on": "2023-06-30"}
    own = {"account_id": account, "project_id": f"p-{account}", "value": value}
    return own | start | dict(zip(names, parts, strict=True))


def order(account, number, day, *, sole=True, project_id=None):
    return {
        "account_id": account,
        "order_id": f"{account}-{number}",
        "date": day,
        "amount": 1e5,
        "sole_source": sole,
        "project_id": project_id,
    }


def basis(sole=True):
    days = ["2023-09-01", "2024-03-01", "2025-03-01"]
    orders = [order("conv", i, d, sole=sole) for i, d in enumerate(days)]
    orders += [order("only", 1, "2023-07-15", project_id="p-only")]
    orders += [order("recur", i, d, sole=sole) for i, d in enumerate(days)]
    orders += [order("once", 1, "2025-01-01", sole=sole)]
    projects = pd.DataFrame([project("conv"), project("only")])
    return account_basis(ACCOUNTS, orders=pd.DataFrame(orders), projects=projects, year=2025)


def test_histories_are_told_apart():
    found = classify(basis(), load_scheme("project_or_key")).set_index("account_id")["member"]
    assert found.to_dict() == {
        "conv": "converted",
        "only": "project_only",
        "recur": "recurring",
        "once": "one_off",
        "none": "one_off",
    }


def test_orders_of_the_project_itself_are_no_continuation():
    table = basis().set_index("account_id")
    assert table.loc["only", "orders_after_project"] == 0
    assert table.loc["conv", ["orders_after_project", "years_after_project"]].tolist() == [3, 3]


def test_purchasing_among_rivals_is_not_directed():
    found = classify(basis(sole=False), load_scheme("project_or_key"))
    members = found.set_index("account_id")["member"]
    assert members["conv"] == "project_only" and members["recur"] == "one_off"


def test_unrecorded_sourcing_leaves_it_unknown():
    found = classify(basis(sole=None), load_scheme("project_or_key")).set_index("account_id")
    assert found.loc["conv", "status"] == "unknown"
    assert found.loc["conv", "missing"] == "directed_share"
    assert found.loc["once", "status"] == "classified"


def test_conversion_rate_with_wilson_interval():
    table = pd.DataFrame(
        {
            "member": ["converted"] * 3 + ["project_only", "recurring", ""],
            "status": ["classified"] * 5 + ["unknown"],
        }
    )
    found = conversion_rate(table).set_index("measure")
    row = found.loc["project_conversion"]
    assert row["value"] == 0.75 and row["n"] == 4
    assert (row["low"], row["high"]) == pytest.approx((0.30064, 0.95441), abs=1e-4)
    assert found.loc["undecided_accounts", "value"] == 1
    assert found.loc["recurring_without_project", "value"] == 1


def test_conversion_rate_of_nothing():
    empty = conversion_rate(pd.DataFrame({"member": [], "status": []}))
    assert np.isnan(empty["value"].iloc[0]) and empty["variant"].iloc[0] == "too_little_data"
