"""Sample tables fit the canonical model and each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables import TABLES, spec
from kamkit.tables.sample import generate, sample_words, translate

AS_OF = pd.Timestamp("2026-06-30")


@pytest.fixture(scope="module", params=["elevator", "it"])
def tables(request):
    return generate(request.param, seed=7, accounts=120)


def cents(values):
    return np.rint(values * 100).astype("int64")


def test_every_canonical_table_is_there_with_its_columns_and_types(tables):
    assert list(tables) == list(TABLES)
    for name, table in tables.items():
        assert len(table) > 0, name
        known = {c.name: c for c in spec(name).columns}
        assert list(table.columns) == [c for c in known if c in table.columns]
        assert not table.duplicated(list(spec(name).key)).any(), name
        for column in table.columns:
            assert not (known[column].must and table[column].isna().any()), (name, column)


def test_orders_add_up_to_past_years_to_the_cent(tables):
    orders = tables["orders"]
    orders = orders.assign(
        year=orders["date"].dt.year,
        revenue=cents(orders["amount"]),
        direct_cost=cents(orders["direct_cost"]),
    )
    summed = orders.groupby(["account_id", "year"])[["revenue", "direct_cost"]].sum()
    years = tables["account_years"].set_index(["account_id", "year"])
    past = years[years["status"] == "actual"]
    both = summed.join(past.add_suffix("_told"), how="outer").query("year in (2024, 2025)")
    assert (both["revenue"] == cents(both["revenue_told"])).all()
    assert (both["direct_cost"] == cents(both["direct_cost_told"])).all()


def test_this_year_is_so_far_plus_rest(tables):
    orders, years = tables["orders"], tables["account_years"]
    assert orders["date"].max() <= AS_OF
    so_far = orders[orders["date"].dt.year == 2026].groupby("account_id")["amount"].sum()
    now = years[years["year"] == 2026].set_index("account_id")
    assert set(so_far.index) <= set(now.index)
    assert (now["revenue"].reindex(so_far.index) >= so_far - 0.005).all()
    assert (now["status"] == "estimate").all()
    assert set(years.loc[years["year"] > 2026, "status"]) == {"forecast"}


def test_indirect_cost_is_drivers_plus_overhead(tables):
    drivers, years = tables["cost_drivers"], tables["account_years"]
    serve = (drivers["quantity"] * drivers["rate"]).groupby(
        [drivers["account_id"], drivers["year"]]
    ).sum()  # fmt: skip
    past = years[years["status"] == "actual"].set_index(["account_id", "year"])
    rest = past["indirect_cost"] - serve.reindex(past.index).fillna(0)
    share = round(rest.sum() / past["revenue"].sum(), 4)
    assert share in (0.03, 0.04)
    assert (rest - share * past["revenue"]).abs().max() < 0.02


def test_drivers_count_orders_and_visits(tables):
    drivers = tables["cost_drivers"].set_index(["account_id", "year", "driver"])["quantity"]
    orders, seen = tables["orders"], tables["interactions"]
    number = orders.groupby(["account_id", orders["date"].dt.year])["order_id"].nunique()
    number = number[number.index.get_level_values(1) < 2026]
    told = drivers.xs("order", level="driver")
    assert told.sort_index().tolist() == number.sort_index().tolist()
    visits = seen[seen["channel"] == "visit"]
    count = visits.groupby(["account_id", visits["date"].dt.year]).size()
    told = drivers.xs("visit", level="driver")
    assert (count.reindex(told.index) == told).all()


def test_orders_hold_credit_notes_and_a_heavy_tail(tables):
    orders = tables["orders"]
    back = orders[orders["amount"] < 0]
    assert 5 <= len(back) < 0.05 * len(orders)
    assert back["order_id"].str.startswith("CN").all()
    one = orders.groupby("order_id").agg(
        days=("date", "nunique"), accounts=("account_id", "nunique")
    )
    assert (one == 1).all().all()
    sales = orders.groupby("account_id")["amount"].sum().sort_values(ascending=False)
    assert 0.45 < sales.head(len(sales) // 5).sum() / sales.sum() < 0.9


def test_funnel_tables_agree(tables):
    deals = tables["opportunities"].set_index("opportunity_id")
    events = tables["stage_events"].sort_values(["opportunity_id", "seq"])
    last = events.groupby("opportunity_id").last()
    assert (last["stage"].reindex(deals.index) == deals["stage"]).all()
    closed = deals[deals["status"] != "open"]
    assert (last["moved_to"].reindex(closed.index) == closed["status"]).all()
    assert (last["left_on"].reindex(closed.index) == closed["closed_on"]).all()
    follow = events.groupby("opportunity_id")
    assert (follow["left_on"].shift().dropna() == events["entered_on"][follow.cumcount() > 0]).all()
    assert (events.groupby("opportunity_id")["entered_on"].min() == deals["created_on"]).all()


def test_snapshots_hold_what_was_open(tables):
    deals = tables["opportunities"].set_index("opportunity_id")
    shots = tables["snapshots"]
    known = deals.loc[shots["opportunity_id"]]
    assert (known["created_on"].to_numpy() <= shots["snapshot_on"].to_numpy()).all()
    ended = known["closed_on"].fillna(pd.Timestamp("2099-01-01")).to_numpy()
    assert (ended > shots["snapshot_on"].to_numpy()).all()
    assert shots["snapshot_on"].nunique() == 30
    final = shots[shots["snapshot_on"] == AS_OF].set_index("opportunity_id").sort_index()
    open_ = deals[deals["status"] == "open"].sort_index()
    columns = ["stage", "amount", "probability", "close_date", "forecast_category"]
    pd.testing.assert_frame_equal(final[columns], open_[columns])


def test_every_win_became_an_order_of_the_same_account(tables):
    deals = tables["opportunities"].query("status == 'won'").set_index("opportunity_id")
    linked = tables["orders"].dropna(subset=["opportunity_id"])
    whole = linked.groupby("opportunity_id").agg(
        account=("account_id", "first"), amount=("amount", "sum"), day=("date", "min")
    )
    assert set(whole.index) == set(deals.index)
    deals = deals.loc[whole.index]
    assert (whole["account"] == deals["account_id"]).all()
    assert np.allclose(whole["amount"], deals["amount"])
    assert (whole["day"] > deals["closed_on"]).all()


def test_answers_come_from_people_who_were_invited_and_answered(tables):
    invited = tables["survey_invitations"]
    gave = invited[invited["responded_on"].notna()].set_index(["wave", "respondent_id"]).index
    answers = tables["survey_responses"].set_index(["wave", "respondent_id"]).index
    assert answers.isin(gave).all()
    ranges = {"nps": (0, 10), "csat": (1, 5)}
    for item, rows in tables["survey_responses"].groupby("item"):
        assert rows["score"].dropna().between(*ranges.get(item, (1, 7))).all(), item


def test_targets_and_figures_add_up_over_the_organisation(tables):
    for name in ("targets", "kpi_values"):
        table = tables[name].query("kpi == 'sales'")
        total = table.groupby(["scope", "period"])["value"].sum().unstack("scope")
        assert np.allclose(total["member"], total["team"])
        assert np.allclose(total["member"], total["company"])
    orders = tables["orders"]
    told = tables["kpi_values"].query("kpi == 'sales' and scope == 'company' and period == '2025'")
    assert told["value"].sum() == pytest.approx(
        orders.loc[orders["date"].dt.year == 2025, "amount"].sum()
    )


def test_projects_are_worth_their_order_lines(tables):
    summed = tables["orders"].groupby("project_id")["amount"].sum().round(2)
    told = tables["projects"].set_index("project_id")["value"]
    assert np.allclose(summed.reindex(told.index), told)


def test_last_years_list_differs_from_todays_figures(tables):
    listed = tables["scheme_assignments"]
    assert listed["scheme"].nunique() == 1
    assert (listed["version"] == "2025").all()
    assert listed["approver_id"].notna().all()
    assert listed["member"].nunique() >= 3


def test_criteria_are_those_of_the_library(tables):
    from kamkit.schemes import criteria

    rated = tables["criterion_ratings"]
    assert set(rated["criterion"]) <= set(criteria())
    raters = rated.groupby(["account_id", "criterion"])["rater_id"].nunique()
    assert (raters >= 2).sum() > 500


def test_names_are_distinct_and_bilingual(tables):
    accounts = tables["accounts"]
    assert accounts["name_zh"].is_unique
    assert accounts["name_en"].is_unique
    assert accounts["name_en"].str.isascii().all()
    assert (accounts["name"] == accounts["name_zh"]).all()


def test_english_tables_are_the_same_tables_in_other_words(tables):
    company = tables["kpi_values"].query("scope == 'company'")["scope_id"].iat[0]
    english = generate(company, seed=7, accounts=120, language="en")
    turned = translate(tables, company, lang="en")
    for name in TABLES:
        pd.testing.assert_frame_equal(turned[name], english[name])
    back = translate(english, company, lang="zh")
    pd.testing.assert_frame_equal(back["orders"], tables["orders"])


@pytest.mark.parametrize("company", ["elevator", "it"])
def test_every_word_has_both_languages(company):
    zh, en = sample_words(company, "zh"), sample_words(company, "en")
    assert set(zh) == set(en)
    # Words must tell codes apart, or nothing could be turned back.
    assert len(set(zh.values())) == len(set(en.values())) == len(zh)
    assert all(text.isascii() or "×" in text for text in en.values())


def test_same_seed_same_tables_other_seed_other_tables():
    one, two = (generate("it", seed=3, accounts=30) for _ in range(2))
    for name in TABLES:
        pd.testing.assert_frame_equal(one[name], two[name])
    other = generate("it", seed=4, accounts=30)
    assert not one["orders"]["amount"].equals(other["orders"]["amount"])


def test_wishes_that_cannot_be_met_are_refused_at_once():
    with pytest.raises(KamkitError) as caught:
        generate("bakery", accounts=19, orders=5, language="fr")
    codes = {p.code for p in caught.value.problems}
    assert codes == {"sample_company", "sample_accounts", "sample_orders", "sample_language"}


@pytest.mark.parametrize("orders", [2400, 60_000])
def test_number_of_order_lines_can_be_asked_for(orders):
    made = generate("elevator", seed=7, accounts=120, orders=orders)
    assert len(made["orders"]) == pytest.approx(orders, rel=0.05)
