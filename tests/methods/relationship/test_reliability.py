"""Reliability: published cases, keying, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.relationship.respondents import SURVEY, company

from kamkit.errors import KamkitError
from kamkit.methods.relationship import (
    ave,
    composite_reliability,
    convergent_validity,
    cronbach_alpha,
    omega_total,
    survey_reliability,
)


@pytest.fixture
def attitude(published):
    return pd.DataFrame(published["P-ALPHA"]["X"], columns=list("abcdefg"))


def figures(table: pd.DataFrame) -> pd.Series:
    return table.set_index("measure")["value"]


def test_alpha_as_published(published, attitude):
    expected, tol = published["P-ALPHA"]["exp"], published["P-ALPHA"]["tol"]
    found = cronbach_alpha(attitude)
    alpha = found.measures.set_index("measure").loc["alpha"]
    assert alpha["value"] == pytest.approx(expected["alpha"], abs=tol)
    assert [alpha["low"], alpha["high"]] == pytest.approx(expected["ci95"], abs=tol)
    assert figures(found.measures)["alpha_standardised"] == pytest.approx(
        expected["alpha_std"], abs=tol
    )
    dropped = found.items["alpha_if_dropped"].tolist()
    assert dropped == pytest.approx(expected["alpha_if_dropped"], abs=tol)
    assert found.warnings[["code", "items"]].values.tolist() == [["weak_items", "f"]]


def test_omega_as_published(published, attitude):
    expected, tol = published["P-ALPHA"]["exp"], published["P-ALPHA"]["tol"]
    found = omega_total(attitude, draws=100)
    assert figures(found)["omega"] == pytest.approx(expected["omega_total_1factor_ML_std"], abs=tol)
    assert figures(found)["omega_raw"] == pytest.approx(
        expected["omega_total_1factor_ML_raw"], abs=tol
    )
    omega = found.set_index("measure").loc["omega"]
    assert omega["low"] < omega["value"] < omega["high"]


def test_composite_reliability_and_ave_as_published(published):
    case = published["P-AVE"]
    for name in ("visual", "textual"):
        expected = case["exp"][name]
        assert composite_reliability(case[name]) == pytest.approx(expected["CR"], abs=case["tol"])
        assert ave(case[name]) == pytest.approx(expected["AVE"], abs=case["tol"])
    both = convergent_validity({n: case[n] for n in ("visual", "textual")})
    assert both[["cr_status", "ave_status"]].values.tolist() == [["too_low"] * 2, ["enough"] * 2]
    with pytest.raises(KamkitError):
        ave([1.2])
    assert np.isnan(ave([]))


def test_items_that_nobody_turned_are_named(attitude):
    for wrong in (["a"], ["b", "d"], ["a", "b", "c"]):
        turned = attitude.copy()
        turned[wrong] = 100 - turned[wrong]
        found = cronbach_alpha(turned)
        warning = found.warnings.set_index("code")["items"]
        assert warning["unreversed_items"] == "; ".join(wrong)
        assert figures(found.measures)["alpha_if_reversed"] == pytest.approx(0.84314, abs=1e-3)
        assert figures(found.measures)["alpha"] < 0.75
        right = cronbach_alpha(turned, reverse=wrong, scale=(0, 100))
        assert figures(right.measures)["alpha"] == pytest.approx(0.84314, abs=1e-3)
    with pytest.raises(KamkitError) as caught:
        cronbach_alpha(attitude, reverse=["a", "z"])
    assert {p.code for p in caught.value.problems} == {"missing_column", "scale_needed"}


def test_refusals():
    same = pd.DataFrame(np.full((20, 4), 5.0), columns=list("abcd"))
    cases = {
        "no_variance": same,
        "too_few_respondents": pd.DataFrame(np.random.default_rng(1).normal(size=(8, 4))),
        "one_item": same[["a"]],
    }
    for why, items in cases.items():
        found = cronbach_alpha(items)
        assert found.measures["value"].isna().all() and found.measures["low"].isna().all()
        assert (found.measures["variant"] == why).all()
        assert found.warnings["code"].tolist()[0] == why
        assert len(found.items) == items.shape[1]
    empty = cronbach_alpha(same.head(0))
    assert empty.measures["variant"].iloc[0] == "too_few_respondents"
    assert omega_total(same)["variant"].iloc[0] == "no_variance"
    assert omega_total(same[["a", "b"]])["variant"].iloc[0] == "too_few_items"
    assert omega_total(same.head(0))["variant"].iloc[0] == "too_few_respondents"


def test_holes_and_dirt(attitude):
    holes = attitude.astype(float)
    holes.loc[[2, 5], "a"] = np.nan
    found = cronbach_alpha(holes)
    assert found.measures["n"].iloc[0] == 28
    assert found.warnings.set_index("code").loc["dropped_rows", "n"] == 2
    few = cronbach_alpha(attitude.head(15))
    assert "few_respondents" in few.warnings["code"].tolist()
    with pytest.raises(KamkitError) as caught:
        cronbach_alpha(attitude.astype(object).replace({43: "often"}))
    assert {p.code for p in caught.value.problems} == {"not_a_number"}


def test_one_turned_item_leaves_omega_to_the_reader(attitude):
    turned = attitude.assign(a=-attitude["a"])
    assert omega_total(turned)["variant"].iloc[0] == "unreversed_items"


def test_a_wave_of_the_instrument():
    responses = company(1, accounts=60)[0]
    found = survey_reliability(responses, draws=50)
    assert found.measures.groupby("dimension")["measure"].count().gt(4).all()
    assert not found.warnings["code"].eq("unreversed_items").any()
    assert (found.items["status"] == "ok").all()
    turned = responses.assign(trust_4=8 - responses["trust_4"])
    warned = survey_reliability(turned, omega=False).warnings
    assert warned.loc[warned["code"] == "unreversed_items", "items"].tolist() == ["trust_4"]
    both = pd.concat([responses, responses.assign(wave="2027H1")])
    pd.testing.assert_frame_equal(survey_reliability(both, draws=50).measures, found.measures)
    nobody = survey_reliability(responses.head(0))
    assert (nobody.measures["variant"] == "too_few_respondents").all()
    assert len(nobody.items) == len(SURVEY.items)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 6))
def test_alpha_whatever_the_order_and_the_unit(seed, k):
    rng = np.random.default_rng(seed)
    items = pd.DataFrame(rng.normal(size=(30, 1)) + rng.normal(size=(30, k)))
    found = cronbach_alpha(items)
    mixed = cronbach_alpha(items.sample(frac=1, random_state=seed) * 3 + 1)
    assert figures(found.measures)["alpha"] == pytest.approx(figures(mixed.measures)["alpha"])
    alpha = found.measures.iloc[0]
    assert alpha["low"] < alpha["value"] < alpha["high"] <= 1
