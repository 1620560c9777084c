"""Screening with an audit trail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import Step, screen
from kamkit.schemes import load_scheme

BASIS = pd.DataFrame(
    {
        "account_id": list("abcdef"),
        "sales": [9.0, 8.0, 8.0, 5.0, np.nan, 1.0],
        "rating:buying_orientation": [5, 1, np.nan, 4, 5, 5],
    }
)


def test_every_account_is_accounted_for_at_every_step():
    steps = [
        Step("size", field="sales", at_least=5),
        Step("buyer", scheme=load_scheme("buyer_type"), members=("strategic",)),
        Step("first", field="sales", first=1),
    ]
    found = screen(BASIS, steps)
    assert found.long_list["account_id"].tolist() == ["a", "b", "c", "d"]
    assert found.short_list["account_id"].tolist() == ["a"]
    assert found.set_aside[["account_id", "step", "reason"]].values.tolist() == [
        ["e", 1, "data_missing"],
        ["c", 2, "data_missing"],
    ]
    assert found.funnel[["entered", "kept", "dropped", "set_aside"]].values.tolist() == [
        [6, 4, 1, 1],
        [4, 2, 1, 1],
        [2, 1, 1, 0],
    ]
    parts = found.funnel[["kept", "dropped", "set_aside"]].sum(axis=1)
    assert (parts == found.funnel["entered"]).all()
    last = found.trail.drop_duplicates("account_id", keep="last")
    assert set(last["account_id"]) == set("abcdef")
    row = found.trail[(found.trail["account_id"] == "b") & (found.trail["step"] == 2)].iloc[0]
    assert row[["verdict", "reason", "value", "cut"]].tolist() == [
        "dropped", "class", "transactional", "strategic",
    ]  # fmt: skip


def test_open_cases_are_set_aside():
    basis = pd.DataFrame({"account_id": ["A"], "sales": [30e6], "rating:industry_level": [3]})
    step = Step("class", scheme=load_scheme("elevator"), members=("strategic", "key"))
    found = screen(basis, [step])
    assert found.set_aside["reason"].tolist() == ["open"]


def test_ties_with_the_last_place_stay():
    found = screen(BASIS, [Step("first", field="sales", first=2)])
    assert found.short_list["account_id"].tolist() == ["a", "b", "c"]
    assert found.trail.loc[0, "cut"] == "8"


def test_limits_include_the_edge():
    assert len(screen(BASIS, [Step("s", field="sales", at_least=8)]).short_list) == 3
    assert len(screen(BASIS, [Step("s", field="sales", at_most=5)]).short_list) == 2


def test_empty_and_no_steps():
    found = screen(BASIS.iloc[:0], [Step("s", field="sales", first=3)])
    assert found.short_list.empty and found.funnel["entered"].tolist() == [0]
    everything = screen(BASIS, [])
    assert len(everything.short_list) == 6 and everything.funnel.empty
    step = Step("b", scheme=load_scheme("buyer_type"), members=("strategic",))
    assert screen(BASIS.iloc[:0], [step]).short_list.empty


@pytest.mark.parametrize(
    "step",
    [
        Step("none"),
        Step("two", field="sales", at_least=1, first=3),
        Step("no members", scheme=load_scheme("guide")),
        Step("members", scheme=load_scheme("guide"), members=("gold",)),
    ],
)
def test_steps_are_checked(step):
    with pytest.raises(KamkitError):
        screen(BASIS, [step])


def test_missing_field():
    with pytest.raises(KamkitError):
        screen(BASIS, [Step("s", field="profit", first=1)])


def test_prospects_are_picked_by_word_and_leave_a_trail():
    basis = BASIS.assign(relation=["prospect", "customer", "prospect", None, "prospect", " "])
    steps = [
        Step("prospects", field="relation", among=("prospect", "former")),
        Step("buyer", field="rating:buying_orientation", at_least=4),
    ]
    found = screen(basis, steps)
    assert found.long_list["account_id"].tolist() == ["a", "c", "e"]
    assert found.short_list["account_id"].tolist() == ["a", "e"]
    first = found.trail[found.trail["step"] == 1].set_index("account_id")
    assert first.loc["b", ["verdict", "reason", "value", "cut"]].tolist() == [
        "dropped",
        "word",
        "customer",
        "prospect; former",
    ]
    assert first.loc[["d", "f"], "reason"].tolist() == ["data_missing"] * 2


def test_a_step_has_one_test():
    with pytest.raises(KamkitError):
        screen(BASIS, [Step("both", field="sales", at_least=1, among=("x",))])
