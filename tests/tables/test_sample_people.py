"""People, ties, surveys, losses and partners of a sample company: dated, coherent, with a truth."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.methods.relationship.stage import stages_of
from kamkit.tables.sample import generate, latent_relationship, planted_truths
from kamkit.tables.sample.read_ties import structures_on, survey_means

DAYS = [pd.Timestamp("2025-06-30"), pd.Timestamp("2026-06-30")]


@pytest.fixture(scope="module", params=["elevator", "it"])
def tables(request):
    return generate(request.param, seed=7, accounts=120)


def subjects(tables, truth):
    found = planted_truths(tables).set_index("truth")["subject"]
    return found.loc[[truth]].iloc[0].split(";")


def test_ties_and_roles_stand_on_two_days(tables):
    for name in ("ties", "contact_roles"):
        assert sorted(tables[name]["as_of"].unique()) == DAYS


def test_both_ends_of_a_tie_belong_to_the_account(tables):
    ties, home = tables["ties"], tables["contacts"].set_index("contact_id")["account_id"]
    assert (ties["to_id"].map(home) == ties["account_id"]).all()
    inner = ties[ties["from_side"] == "customer"]
    assert (inner["from_id"].map(home) == inner["account_id"]).all()
    assert (inner["from_id"] != inner["to_id"]).all()
    assert (ties["last_contact"].dropna() <= ties["as_of"][ties["last_contact"].notna()]).all()


def test_nobody_is_recorded_after_leaving(tables):
    left = tables["contacts"].set_index("contact_id")["left_on"]
    for name, column in (("ties", "to_id"), ("contact_roles", "contact_id")):
        table = tables[name]
        assert not (table[column].map(left) <= table["as_of"]).any(), name
    met = tables["interactions"].dropna(subset=["contact_id"])
    assert not (met["contact_id"].map(left) <= met["date"]).any()


def test_people_and_stances_change_within_the_year(tables):
    roles = tables["contact_roles"]
    roles = roles[roles["opportunity_id"].isna()].pivot(
        index="contact_id", columns="as_of", values="support"
    )
    both = roles.dropna()
    assert 0.2 < (both[DAYS[0]] != both[DAYS[1]]).mean() < 0.6
    ties = tables["ties"].query("from_side == 'us'")
    known = ties.groupby("as_of")["to_id"].agg(set)
    assert len(known[DAYS[1]] - known[DAYS[0]]) >= 10
    assert len(known[DAYS[0]] - known[DAYS[1]]) >= 4


def test_the_largest_accounts_have_many_people_in_several_functions(tables):
    people = tables["contacts"].groupby("account_id")
    size = people.size().sort_values(ascending=False).head(12)
    assert size.between(8, 20).all()
    assert (people["function"].nunique()[size.index] >= 6).all()
    assert (people["level"].nunique()[size.index] >= 3).all()


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_stages_are_those_that_the_method_finds(tables, day):
    found = stages_of(tables, as_of=day, draws=20).stages.set_index("account_id")
    seen = structures_on(tables, day)["stage"]
    assert (found["stage"].fillna("").reindex(seen.index) == seen).all()
    if day == DAYS[1]:
        assert {"pre", "early", "mid", "partnership", "synergistic"} <= set(seen)
        assert found.index[found["disintegrating"]].tolist() == subjects(tables, "coming_apart")


def test_planted_accounts_of_different_truths_are_the_same_where_said(tables):
    assert subjects(tables, "coming_apart") == subjects(tables, "churn_coming")
    assert subjects(tables, "friends_without_value") == subjects(tables, "rosy_self_view")


def test_answers_scatter_around_the_hidden_values(tables):
    company = tables["kpi_values"].query("scope == 'company'")["scope_id"].iat[0]
    hidden = latent_relationship(company, seed=7)
    total = hidden[hidden["dimension"] == "total"].set_index(["account_id", "wave", "side"])
    for side in ("customer", "us"):
        table = survey_means(tables, side)
        keys = pd.MultiIndex.from_frame(table[["account_id", "wave"]].assign(side=side))
        off = table["mean"].to_numpy() - total["expected"].reindex(keys).to_numpy()
        assert abs(off.mean()) < 0.1
        assert 0.3 < off.std() < 0.55
    (still,) = subjects(tables, "rise_within_noise")
    assert total.loc[still].groupby("side")["latent"].nunique().eq(1).all()


def test_quick_answers_follow_the_mood_and_are_polite(tables):
    answers = tables["survey_responses"]
    quick = answers[answers["item"].isin(["nps", "csat", "ces"])]
    assert set(quick["side"]) == {"customer"}
    wide = quick.pivot_table("score", ["wave", "respondent_id"], "item")
    mood = survey_means(tables).set_index(["wave", "respondent_id"])["mean"]
    for item, low, high in (("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7)):
        share = (wide[item] - low) / (high - low)
        assert share.corr((mood - 1) / 6) > 0.3
        assert share.mean() > ((mood - 1) / 6).mean() + 0.02


def test_losses_are_few_and_none_orders_before_coming_back(tables):
    losses = tables["account_losses"]
    assert len(losses) < 10
    orders = tables["orders"]
    for loss in losses[losses["kind"] == "full"].itertuples():
        dates = orders.loc[orders["account_id"] == loss.account_id, "date"]
        end = loss.returned_on if pd.notna(loss.returned_on) else pd.Timestamp("2099-01-01")
        assert not ((dates >= loss.lost_on) & (dates < end)).any()
    cases = tables["winback_cases"]
    assert set(cases["account_id"]) <= set(losses["account_id"])
    gain = cases["probability"] * cases["yearly_value"] - cases["cost"]
    assert (gain < 0).any() and (gain > 0).any()


def test_each_gate_answer_belongs_to_one_project_or_deal_and_to_the_set(tables):
    from kamkit.schemes import load_question_set

    table = tables["gate_answers"]
    assert (table["project_id"].notna() ^ table["opportunity_id"].notna()).all()
    assert set(table["question"]) <= set(load_question_set("gates_large_project").question_ids)


def test_allies_of_all_kinds_and_shares_that_rise_and_fall(tables):
    kinds = {"alliance", "supplier", "complementor", "customer", "rival"}
    assert kinds <= set(tables["dealers"]["partner_type"])
    share = tables["dealer_years"].pivot(index="dealer_id", columns="year", values="our_share")
    change = share.iloc[:, -1] - share.iloc[:, 0]
    assert (change > 0.03).any() and (change < -0.03).any()
