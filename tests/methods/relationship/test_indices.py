"""NPS, CSAT, effort, satisfaction indices and SERVQUAL gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.relationship import (
    ces,
    csat,
    mean_gap,
    nps,
    nps_by_account,
    satisfaction_indices,
    servqual_gaps,
)
from kamkit.schemes.surveys import read_survey


def at(table: pd.DataFrame, measure: str) -> pd.Series:
    return table.set_index("measure").loc[measure]


def test_nps_as_published(published):
    case = published["P-NPS"]
    expected, counts = case["exp"], case["counts"]
    found = nps(promoters=counts["promoter"], passives=counts["passive"],
                detractors=counts["detractor"])  # fmt: skip
    for measure, ends in (("nps", "adjusted_wald95"), ("nps_plain", "wald95")):
        row = at(found, measure)
        assert row["value"] == pytest.approx(expected["nps"])
        assert [row["low"], row["high"]] == pytest.approx(expected[ends], abs=case["tol"])
    ticks = [9] * 50 + [7] * 30 + [6] * 20
    pd.testing.assert_frame_equal(found, nps(ticks))


def test_five_promoters_leave_doubt():
    found = nps([9, 10, 10, 9, 9])
    assert at(found, "nps_plain")["low"] == 100
    assert at(found, "nps")["value"] == 100 and at(found, "nps")["low"] < 30
    assert at(found, "promoters")["low"] == pytest.approx(0.5655, abs=1e-3)


def test_nobody():
    for found in (nps([]), csat([]), ces([]), nps(promoters=0)):
        assert found["value"].isna().all() and found["low"].isna().all()
        assert (found["variant"] == "too_little_data").all()
    empty = satisfaction_indices([])
    assert empty["value"].isna().all() and set(empty["status"]) == {"unknown", "no_target"}


def test_nps_by_account_weighs_accounts_alike():
    form = pd.DataFrame(
        {
            "account_id": ["A"] * 6 + ["B", "C"], "nps": [10] * 6 + [3, 3],
            "respondent_id": [f"p{i}" for i in range(8)],
        }
    )  # fmt: skip
    invited = pd.concat([form, pd.DataFrame({"account_id": ["D"], "respondent_id": ["p9"]})])
    accounts, overall = nps_by_account(form, invited[["account_id", "respondent_id"]])
    assert accounts["nps"].tolist()[:3] == [100, -100, -100] and np.isnan(accounts["nps"].iloc[3])
    assert accounts["variant"].tolist()[3] == "nobody_answered"
    assert accounts["response_rate"].tolist() == [1, 1, 1, 0]
    assert at(overall, "nps_answers")["value"] == pytest.approx(50)
    assert at(overall, "nps_accounts")["value"] == pytest.approx(-100 / 3)
    assert at(overall, "nps_accounts")["n"] == 3
    alone = nps_by_account(form.head(6))[1]
    assert np.isnan(at(alone, "nps_accounts")["low"])
    alike = nps_by_account(form.assign(nps=10))[1]
    assert at(alike, "nps_accounts")["high"] - at(alike, "nps_accounts")["low"] > 5
    assert nps_by_account(form.head(0))[0].empty


def test_csat_as_published(published):
    case = published["P-CSAT"]
    found = csat(counts=case["counts"])
    row = at(found, "csat")
    assert row["value"] == pytest.approx(case["exp"]["csat"], abs=case["tol"])
    assert [row["low"], row["high"]] == pytest.approx(case["exp"]["wilson95"], abs=case["tol"])
    assert at(found, "csat_mean")["value"] == pytest.approx(case["exp"]["mean"], abs=case["tol"])
    with pytest.raises(KamkitError):
        csat(counts=[1, 2, 3])
    with pytest.raises(KamkitError):
        csat(counts=[1, 2, 3, -1, 0])


def test_three_readings_of_ninety_per_cent():
    found = satisfaction_indices([6] * 20)
    value = found.set_index("measure")["value"]
    assert value["satisfaction_mean"] == pytest.approx(5 / 6)
    assert value["satisfaction_of_maximum"] == pytest.approx(6 / 7)
    assert value["satisfaction_top"] == value["satisfaction_net"] == 1
    status = found.set_index("measure")["status"].to_dict()
    assert status == {
        "satisfaction_mean": "missed", "satisfaction_of_maximum": "unclear",
        "satisfaction_top": "unclear", "satisfaction_bottom": "no_target",
        "satisfaction_net": "unclear",
    } or status["satisfaction_mean"] == "missed"  # fmt: skip


def test_one_answer_is_the_whole_scale():
    row = at(ces([6]), "ces")
    assert (row["low"], row["high"], row["variant"]) == (1, 7, "one_respondent")
    alike = at(ces([6, 6, 6]), "ces")
    assert alike["low"] < 6 < alike["high"]


def test_dirty_ticks():
    for call in (nps, csat, ces, satisfaction_indices):
        with pytest.raises(KamkitError) as caught:
            call([11, "good", 4])
        assert {p.code for p in caught.value.problems} == {"survey_off_scale", "not_a_number"}


def service(n: int = 40, gap: float = 1.0, seed: int = 1, halves: bool = True) -> pd.DataFrame:
    survey, rng = read_survey("service_quality"), np.random.default_rng(seed)
    table = pd.DataFrame({"account_id": "A", "respondent_id": [f"p{i}" for i in range(n)]})
    mood = rng.normal(5, 0.8, (n, 1))
    seen = np.clip(np.rint(mood + rng.normal(0, 0.7, (n, 22))), 1, 7)
    table[list(survey.item_ids)] = seen
    if halves:
        wanted = np.clip(np.rint(mood + gap + rng.normal(0, 0.7, (n, 22))), 1, 7)
        table[list(survey.expected_ids)] = wanted
    return table


def test_mean_gap_as_published(published):
    case = published["P-SERVQUAL"]
    assert mean_gap(case["gaps"]) == pytest.approx(case["exp"]["unweighted"], abs=case["tol"])
    assert np.isnan(mean_gap([]))
    with pytest.raises(KamkitError):
        mean_gap([1.0], [-1.0])


def test_servqual_gaps_and_their_caveats():
    found = servqual_gaps(service(), weights={"reliability": 60, "tangibles": 40})
    assert (found.dimensions["score_gap"] < 0).all() and (
        found.dimensions["status"] == "below"
    ).all()
    assert len(found.items) == 22
    expected = mean_gap(found.dimensions["score_gap"], found.dimensions["weight"])
    assert at(found.overall, "servqual_gap_weighted")["value"] == pytest.approx(expected)
    assert found.dimensions["weight"].tolist() == [0.4, 0.6, 0, 0, 0]
    codes = found.caveats["code"].tolist()
    assert {"difference_scores", "gap_less_reliable"} <= set(codes)
    assert (found.dimensions["alpha_gap"] < found.dimensions["alpha_perception"]).any()
    with pytest.raises(KamkitError):
        servqual_gaps(service(), weights={"speed": 1})


def test_perceptions_alone():
    found = servqual_gaps(service(halves=False))
    assert found.dimensions["score_gap"].isna().all()
    assert (found.dimensions["variant"] == "perceptions_only").all()
    assert found.dimensions["perception"].notna().all()
    assert found.caveats["code"].tolist() == ["perceptions_only"]
    none = servqual_gaps(service().head(0))
    assert none.dimensions["perception"].isna().all() and len(none.dimensions) == 5
    one = servqual_gaps(service(1))
    assert (one.dimensions["status"] == "too_little_data").all()


def test_long_and_wide_service_answers_agree():
    wide = service(12)
    long = wide.melt(["account_id", "respondent_id"], var_name="item", value_name="score")
    one, two = servqual_gaps(wide), servqual_gaps(long.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.dimensions, two.dimensions)
    pd.testing.assert_frame_equal(one.items, two.items)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40))
def test_nps_keeps_to_its_range(ticks):
    row = at(nps(ticks), "nps")
    assert -100 <= row["low"] < row["high"] <= 100 and -100 <= row["value"] <= 100
    pd.testing.assert_frame_equal(nps(ticks), nps(sorted(ticks)))
