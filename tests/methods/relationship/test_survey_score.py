"""Survey scores: published case, edge cases, response rates, weights, items that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.relationship.respondents import SURVEY, company

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.relationship import survey_score
from kamkit.schemes.surveys import read_survey

PUBLISHED = {
    "trust": ("1", "2", "3"),
    "satisfaction": ("1", "2"),
    "commitment": ("1", "2", "3", "4"),
}


def form(rows: list[list[float]], account: str = "A", **more: object) -> pd.DataFrame:
    """One row a respondent: 11 ticks in the order of the instrument."""
    table = pd.DataFrame(rows, columns=list(SURVEY.item_ids))
    ids = [f"{account}-{i}" for i in range(len(rows))]
    keys = {"wave": "2026H1", "side": "customer", "account_id": account, "respondent_id": ids}
    return table.assign(**(keys | more))


def ticks(value: float) -> list[float]:
    """The same opinion on every item: reverse-keyed ones ticked in reverse."""
    return [8 - value if i.reverse else value for i in SURVEY.items]


def row(found: pd.DataFrame, account: str, dimension: str = "total") -> pd.Series:
    return found.set_index(["account_id", "dimension"]).loc[(account, dimension)]


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_as_published(published, aggregate):
    case = published["P-RQ"]
    answers = {
        f"{dimension}_{i}": 8 - tick if f"{dimension}_{i}" in SURVEY.reverse_ids else tick
        for dimension, places in PUBLISHED.items()
        for i, tick in zip(places, case[dimension], strict=True)
    }
    one = pd.DataFrame([answers]).assign(account_id="A", respondent_id="p")
    found = survey_score(one, aggregate=aggregate).accounts["score"]
    assert found.iloc[:3].tolist() == pytest.approx(case["exp"]["dims"], abs=case["tol"])
    assert found.iloc[3] == pytest.approx(case["exp"][f"rq_{aggregate}"], abs=case["tol"])


def test_one_respondent_has_a_wide_interval_and_says_so():
    found = survey_score(form([ticks(5)]))
    total = row(found.accounts, "A")
    assert total["score"] == pytest.approx(100 * 4 / 6) and total["n"] == 1
    assert 0 <= total["low"] < 30 and total["high"] == 100
    assert total["variant"].startswith("house_spread") and "house" in total["origin"]
    assert "one_respondent" in found.notes["code"].tolist()
    more = survey_score(pd.concat([form([ticks(5)]), company(3)[0]]))
    near = row(more.accounts, "A")
    assert near["variant"].startswith("pooled_t")
    assert 5 < near["high"] - near["low"] < total["high"] - total["low"]


def test_respondents_who_tick_alike_are_no_certainty():
    found = survey_score(form([ticks(4)] * 5)).accounts
    assert found["score"].to_numpy() == pytest.approx(50)
    assert ((found["low"] < 45) & (found["high"] > 55)).all()
    many = [form([ticks(4)] * 5, f"A{i}") for i in range(30)]
    found = survey_score(pd.concat(many)).accounts
    assert ((found["low"] < 50) & (found["high"] > 50)).all()
    found = survey_score(form([ticks(4)] * 25)).accounts  # resampling them would have no width
    assert ((found["low"] < 50) & (found["high"] > 50)).all()


def test_nobody_answered_is_a_row_of_its_own():
    invited = pd.DataFrame({"wave": "2026H1", "account_id": ["A", "B", "B"], "side": "customer",
                            "respondent_id": ["A-0", "x", "y"],
                            "responded_on": ["2026-01-02", None, "2026-01-03"]})  # fmt: skip
    found = survey_score(form([ticks(6)]), invited)
    nobody = row(found.accounts, "B")
    assert np.isnan(nobody["score"]) and nobody["n"] == 0 and nobody["cluster"] == 0
    assert nobody["variant"].startswith("nobody_answered")
    assert nobody["response_rate"] == 0 and nobody["rate_high"] == pytest.approx(0.6576, abs=1e-3)
    assert row(found.accounts, "A")["response_rate"] == 1
    notes = found.notes.set_index("code")["names"]
    assert notes["nobody_answered"] == notes["answers_lost"] == "B"
    gates = found.gates.set_index(["account_id", "dimension"])["status"]
    assert gates["B", "trust"] == "unknown" and gates["A", "trust"] == "unclear"
    uninvited = survey_score(form([ticks(6)] * 2), invited)
    assert row(uninvited.accounts, "A")["response_rate"] == 1
    assert "uninvited" in uninvited.notes["code"].tolist()


def test_nothing_at_all():
    found = survey_score(company(1)[0].head(0))
    assert found.accounts.empty and found.items.empty and found.weakest.empty
    assert {"score", "low", "high", "n", "variant", "origin"} <= set(found.accounts.columns)
    invited = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"]})
    assert len(survey_score(company(1)[0].head(0), invited).accounts) == 4


def test_missing_items():
    half = ticks(6)
    half[1] = half[2] = np.nan  # two of four left: scored
    thin = ticks(6)
    thin[0] = thin[1] = thin[2] = np.nan  # one of four: not scored
    two = form([half, thin])
    found = survey_score(two)
    assert found.accounts.set_index("dimension")["n"].to_dict() == {
        "trust": 1, "satisfaction": 2, "commitment": 2, "total": 2
    }  # fmt: skip
    assert "dimension_unanswered" in found.notes["code"].tolist()
    strict = survey_score(form([half, thin, ticks(5)]), missing="listwise").accounts
    assert (strict["n"] == 1).all() and strict["score"].to_numpy() == pytest.approx(100 * 4 / 6)
    assert strict["variant"].iloc[0].endswith("listwise")
    alone = survey_score(form([thin, [np.nan] * 3 + ticks(5)[3:]])).accounts
    assert alone["score"].isna().tolist() == [True, False, False, True]
    items = found.items.set_index("item")["contribution"]
    assert items.sum() == pytest.approx(row(found.accounts, "A")["score"])
    assert items["trust_2"] == 0 and found.items.set_index("item").loc["trust_2", "n"] == 0


def test_forms_and_long_tables_agree():
    wide = company(5)[0]
    long = wide.melt(["wave", "side", "account_id", "respondent_id"], var_name="item",
                     value_name="score")  # fmt: skip
    pulse = long.head(3).assign(item="nps", score=10)
    one, two = survey_score(wide), survey_score(pd.concat([long, pulse]))
    pd.testing.assert_frame_equal(one.accounts, two.accounts)


def test_what_is_no_answer_is_refused():
    for column in ("visits", "revenue"):
        with pytest.raises(KamkitError) as caught:
            survey_score(form([ticks(5)]).assign(**{column: 3}))
        (problem,) = caught.value.problems
        assert (problem.code, problem.column) == ("survey_not_an_item", column)
        long = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "item": [column],
                             "score": [4]})  # fmt: skip
        with pytest.raises(KamkitError, match=column):
            survey_score(long)


def test_dirty_answers_are_named_all_at_once():
    long = pd.DataFrame({"account_id": ["A"] * 4, "respondent_id": ["p"] * 4,
                         "item": ["trust_1", "trust_2", "trust_3", "trust_4"],
                         "score": ["9", "many", "", "3"]})  # fmt: skip
    with pytest.raises(KamkitError) as caught:
        survey_score(long)
    assert [(p.code, p.column, p.row) for p in caught.value.problems] == [
        ("survey_off_scale", "score", 1), ("not_a_number", "score", 2)
    ]  # fmt: skip
    with pytest.raises(KamkitError) as caught:
        survey_score(form([ticks(5), [0] + ticks(5)[1:]]))
    assert [(p.column, p.row) for p in caught.value.problems] == [("trust_1", 2)]
    with pytest.raises(KamkitError) as caught:
        survey_score(pd.concat([form([ticks(5)])] * 2))
    assert [(p.code, p.row) for p in caught.value.problems] == [("duplicate_key", 2)]
    twice = pd.concat([long.iloc[[3]], long.iloc[[3]]])
    with pytest.raises(KamkitError) as caught:
        survey_score(twice)
    assert [p.code for p in caught.value.problems] == ["duplicate_key"]
    with pytest.raises(KamkitError):
        survey_score(long.drop(columns="account_id"))
    with pytest.raises(KamkitError):
        survey_score(long.assign(account_id=[None, "A", "A", "A"], score=3))
    for wrong in ({"aggregate": "minimum"}, {"missing": "zero"}, {"weighting": "tall"},
                  {"instrument": "mood"}, {"side": "them"}):  # fmt: skip
        with pytest.raises(KamkitError):
            survey_score(form([ticks(5)]), **wrong)


def test_roles_weigh_on_the_customers_side_only():
    both = pd.concat([form([ticks(7), ticks(1)]), form([ticks(7), ticks(1)], side="us")])
    roles = pd.DataFrame({"contact_id": ["A-0", "A-0", "A-1"], "influence": [1, 5, 1],
                          "as_of": ["2025-01-01", "2026-01-01", "2026-01-01"]})  # fmt: skip
    found = survey_score(both, None, roles, weighting="influence", side=None).accounts
    score = found[found["dimension"] == "total"].set_index("side")
    assert score.loc["customer", "score"] == pytest.approx(100 * 5 / 6)
    assert score.loc["customer", "n_effective"] == pytest.approx(36 / 26)
    assert score.loc["us", "score"] == pytest.approx(50)
    early = survey_score(both, None, roles, weighting="influence", as_of="2025-06-30")
    assert row(early.accounts, "A")["score"] == pytest.approx(50)  # A-1 takes the known mean: 1
    unknown = survey_score(both, None, roles.head(2), weighting="influence")
    assert row(unknown.accounts, "A")["score"] == pytest.approx(50)
    assert unknown.notes.set_index("code").loc["weight_unknown", "names"] == "A-1"
    with pytest.raises(KamkitError):
        survey_score(both, weighting="influence")


def test_each_function_counts_alike():
    three = form([ticks(7), ticks(7), ticks(1)])
    roles = pd.DataFrame({"respondent_id": ["A-0", "A-1", "A-2"],
                          "function": ["purchasing", "purchasing", "production"]})  # fmt: skip
    found = survey_score(three, None, roles, weighting="function")
    assert row(found.accounts, "A")["score"] == pytest.approx(50)


def test_weakest_dimension_and_gates():
    low_trust = [2, 2, 2, 6, 6, 6, 6, 6, 6, 6, 2]
    parts = [form([low_trust] * 6, "A"), company(2)[0]]
    found = survey_score(pd.concat(parts))
    weakest = found.weakest.set_index("account_id").loc["A"]
    assert weakest["dimension"] == "trust" and weakest["status"] == "weakest"
    assert weakest["score_gap"] < 0 and weakest["high"] < 0
    gates = found.gates.set_index(["account_id", "dimension"])["status"]
    assert gates["A", "trust"] == "failed" and gates["A", "satisfaction"] == "passed"
    apart = survey_score(pd.concat(parts), aggregate="geometric").accounts
    assert row(apart, "A")["score"] < row(found.accounts, "A")["score"] - 5
    broken = survey_score(form([[1, 1, 1, 7, 7, 7, 7, 7, 7, 7, 1]]), aggregate="geometric")
    assert row(broken.accounts, "A")["score"] == 0
    assert row(broken.accounts, "A")["high"] > 5


def test_whoever_ticks_one_box_is_noticed():
    found = survey_score(form([[6] * 11, ticks(6)]))
    assert found.notes.set_index("code").loc["straight_line", "names"] == "A-0"


def test_quick_questions_make_no_total():
    pulse = pd.DataFrame({"account_id": "A", "respondent_id": ["p", "q"], "nps": [9, 7],
                          "csat": [4, 5], "ces": [6, 7]})  # fmt: skip
    found = survey_score(pulse, instrument="quick")
    assert found.accounts["dimension"].tolist() == ["nps", "csat", "ces"]
    assert found.accounts["score"].round(1).tolist() == [80, 87.5, 91.7]
    assert "total" not in found.respondents and found.items["contribution"].isna().all()


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_items_of_the_sample_add_up(aggregate):
    sample = kamkit.load("elevator")
    found = survey_score(
        sample.survey_responses, sample.survey_invitations, sample.contact_roles, wave=None,
        side=None, weighting="influence", aggregate=aggregate,
    )  # fmt: skip
    keys = ["wave", "side", "account_id"]
    total = found.accounts[found.accounts["dimension"] == "total"].set_index(keys)["score"]
    parts = found.items.groupby(keys)["contribution"].sum()
    left = found.items.groupby(keys)["shortfall"].sum()
    known = total.dropna().index
    assert parts[known].to_numpy() == pytest.approx(total[known].to_numpy())
    if aggregate == "arithmetic":
        assert (parts + left)[known].to_numpy() == pytest.approx(100)
    assert (found.accounts["response_rate"].dropna() <= 1).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["arithmetic", "geometric"]), st.integers(1, 30))
def test_scores_keep_to_the_scale_whatever_the_order_of_rows(seed, aggregate, most):
    responses = company(seed, accounts=6, most=most, noise=1.6)[0]
    holes = np.random.default_rng(seed).random((len(responses), 11)) < 0.2
    responses[list(SURVEY.item_ids)] = responses[list(SURVEY.item_ids)].mask(holes)
    found = survey_score(responses, aggregate=aggregate, draws=60)
    known = found.accounts.dropna(subset="score")
    assert (known["low"] <= known["score"] + 1e-9).all()
    assert (known["score"] <= known["high"] + 1e-9).all()
    assert known[["low", "high"]].stack().between(0, 100).all()
    again = survey_score(responses.sample(frac=1, random_state=seed), aggregate=aggregate, draws=60)
    for name in ("accounts", "items", "weakest", "gates", "notes", "respondents"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name))


def test_the_callers_tables_stay_as_they_are():
    responses = company(1)[0]
    before = responses.copy()
    survey_score(responses)
    pd.testing.assert_frame_equal(responses, before)


def test_own_instrument(tmp_path):
    text = (kamkit.schemes.surveys.FOLDER / "quick.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.replace('"nps"', '"own"'), encoding="utf-8")
    own = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "own": [10]})
    assert survey_score(own, instrument=path).accounts["score"].iloc[0] == 100
    assert read_survey(path).item_ids[0] == "own"
