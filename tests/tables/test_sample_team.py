"""Our own people in a sample company: quarters that add up, ratings, decisions, development."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit import schemes
from kamkit.tables import TABLES
from kamkit.tables.sample import generate, planted_truths, sample_words
from kamkit.tables.sample.truths_team import account_hours, duty_spread
from kamkit.tables.sample.words import _COLUMNS

SPANS = {"2024": 4, "2025": 4, "2026H1": 2}


@pytest.fixture(scope="module", params=["elevator", "it"])
def tables(request):
    return generate(request.param, seed=7, accounts=120)


def subjects(tables, truth):
    found = planted_truths(tables).set_index("truth")["subject"]
    return found.loc[[truth]].iloc[0].split(";")


@pytest.mark.parametrize("company", ["elevator", "it"])
@pytest.mark.parametrize("accounts", [20, 120])
def test_every_table_has_rows_and_no_code_is_left_without_a_word(company, accounts):
    codes = set(sample_words(company, "en"))
    for language in ("zh", "en"):
        made = generate(company, seed=7, accounts=accounts, language=language)
        for name in TABLES:
            assert len(made[name]), name
            for column in _COLUMNS.get(name, []):
                if column == "from_id" or column not in made[name]:
                    continue
                parts = made[name][column].dropna().str.split(";").explode()
                assert not set(parts) & codes, (name, column)


def in_cents(rows):
    return (rows["value"] * 100).round().astype("int64")


@pytest.mark.parametrize(
    ("name", "kpis"),
    [("targets", ["sales", "gross_profit"]), ("kpi_values", ["sales", "gross_profit", "visits"])],
)
def test_quarters_add_up_to_year_and_half_to_the_cent(tables, name, kpis):
    table = tables[name]
    table = table[table["kpi"].isin(kpis)]
    table = table.assign(cents=in_cents(table))
    quarter = table["period"].str.contains("Q")
    span = table["period"].where(~quarter, table["period"].str[:4])
    table = table.assign(span=span.replace("2026", "2026H1").where(quarter, span))
    keys = ["scope", "scope_id", "kpi", "span"]
    summed = table[quarter].groupby(keys)["cents"].agg(["sum", "count"])
    whole = table[~quarter & table["span"].isin(SPANS)].set_index(keys)["cents"]
    assert set(summed.index) == set(whole.index)
    assert (summed["sum"] == whole.reindex(summed.index)).all()
    money = summed.drop("visits", level="kpi", errors="ignore")
    wanted = money.index.get_level_values("span").map(SPANS)
    assert (money["count"] == wanted).all()
    assert table.loc[quarter, "period"].max() == "2026Q2"


def test_quarterly_sales_are_those_of_the_orders(tables):
    orders = tables["orders"]
    member = orders["member_id"].iat[0]
    mine = orders[orders["member_id"] == member]
    day = mine["date"]
    inside = mine[(day >= "2025-04-01") & (day <= "2025-06-30")]["amount"].sum()
    told = tables["kpi_values"].set_index(["scope_id", "period", "kpi"])["value"]
    assert told[member, "2025Q2", "sales"] == pytest.approx(inside, abs=0.01)


def test_ids_are_those_of_the_schemes(tables):
    trainings = {t.id for t in _entries(schemes.trainings())}
    competencies = {c.id for c in _entries(schemes.competencies())}
    assert set(tables["trainings"]["course"]) <= trainings
    assert set(tables["development_actions"]["training"].dropna()) <= trainings
    assert set(tables["development_actions"]["competency"]) <= competencies
    assert set(tables["ratings"]["competency"]) == competencies
    assert set(tables["duty_ratings"]["duty"]) == {d.id for d in _entries(schemes.duties())}
    assert set(tables["team_pulse"]["item"]) == {i.id for i in schemes.pulse_items()}
    assert set(tables["efficacy"]["task"]) == {t.id for t in schemes.efficacy_tasks()}
    for name in ("targets", "kpi_values", "goals", "pay_plans"):
        assert set(tables[name]["kpi"]) <= set(schemes.kpis())


def _entries(found):
    return found.values() if hasattr(found, "values") else found


def test_trainings_serve_the_competency_that_the_plan_names(tables):
    serves = {t.id: t.competencies for t in _entries(schemes.trainings())}
    planned = tables["development_actions"].dropna(subset=["training"])
    assert all(c in serves[t] for c, t in planned[["competency", "training"]].to_numpy())
    done = planned[planned["done_on"].notna()]
    taken = tables["trainings"].set_index(["member_id", "course", "finished_on"]).index
    assert done.set_index(["member_id", "training", "done_on"]).index.isin(taken).all()
    assert (
        (tables["development_actions"]["status"] == "done")
        .eq(tables["development_actions"]["done_on"].notna())
        .all()
    )


def test_duties_are_rated_by_managers_peers_and_oneself(tables):
    table = tables["duty_ratings"]
    assert set(table["source"]) == {"manager", "peer", "self"}
    own = table["source"] == "self"
    assert (table.loc[own, "ratee_id"] == table.loc[own, "rater_id"]).all()
    assert (table.loc[~own, "ratee_id"] != table.loc[~own, "rater_id"]).all()
    assert table["evidence"].isna().mean() > 0.2
    raters = table[~own].groupby(["ratee_id", "duty", "period"])["rater_id"].nunique()
    assert raters.min() >= 3


def test_the_halo_rater_is_not_the_severe_one(tables):
    (halo,), (severe,) = (subjects(tables, t) for t in ("halo_rater", "severe_rater"))
    assert halo != severe
    assert duty_spread(tables).index[0] == halo
    wide = tables["duty_ratings"].query("source == 'manager'")
    level = wide.groupby("rater_id")["score"].mean()
    assert level.idxmin() == severe


def test_calibration_changes_lie_on_the_scale_with_a_reason(tables):
    table = tables["calibration_changes"]
    assert table[["before", "after"]].stack().between(0, 120).all()
    assert (table["before"] != table["after"]).all()
    assert (table["reason"].str.len() >= 10).all()
    assert not table["member_id"].duplicated().any()


def test_answers_of_the_pulse_tie_to_nobody(tables):
    table, members = tables["team_pulse"], tables["members"]
    assert not set(table["respondent_id"]) & set(members["member_id"])
    waves = table.groupby("respondent_id")["wave"].nunique()
    assert (waves == 1).all()
    size = table.groupby(["wave", "team"])["respondent_id"].nunique().unstack("wave")
    assert (size.eq(members["team"].value_counts(), axis=0)).all().all()


def test_even_decisions_lie_above_four_fifths(tables):
    group = tables["members"].set_index("member_id")["group"]
    for decision, period in (("top_rating", "2024"), ("training_place", "2025")):
        table = tables["advancement"]
        rows = table[(table["decision"] == decision) & (table["period"] == period)]
        rate = (rows["selected"] == "yes").groupby(rows["member_id"].map(group)).mean()
        assert rate.min() >= 0.8 * rate.max()


def test_load_counts_hours_of_accounts_and_travel(tables):
    table = account_hours(tables)
    assert (table["hours"] > 0).all()
    assert np.allclose(table["available"], 1760 * 0.65)
    assert subjects(tables, "uneven_load") == [table["load"].idxmax()]


def test_profiles_are_filled_for_all(tables):
    members = tables["members"]
    assert members[["grade", "experience_years", "knowledge", "skills"]].notna().all().all()
    tenure = (pd.Timestamp("2026-06-30") - members["hired_on"]).dt.days / 365.25
    assert (members["experience_years"] >= tenure - 0.1).all()
    assert tables["territories"]["market_growth"].between(-0.2, 0.3).all()
