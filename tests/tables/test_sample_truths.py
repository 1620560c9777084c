"""The planted truths hold in every sample, whatever the seed and the size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kamkit.methods.selection import account_basis, classify
from kamkit.schemes import load_scheme
from kamkit.tables.sample import generate, planted_truths
from kamkit.tables.sample.signals import churn_signals
from kamkit.tables.sample.truths import profits

SIZES = [
    ("elevator", 20),
    ("elevator", 33),
    ("elevator", 120),
    ("it", 24),
    ("it", 120),
    ("it", 500),
]


@pytest.fixture(scope="module", params=[("elevator", 7), ("it", 7), ("elevator", 11)], ids=str)
def tables(request):
    company, seed = request.param
    return generate(company, seed=seed, accounts=120)


def subjects(tables, truth):
    found = planted_truths(tables).set_index("truth")["subject"]
    return found.loc[[truth]].iloc[0].split(";")


@pytest.mark.parametrize("seed", [1, 2, 7, 42, 2026])
@pytest.mark.parametrize(("company", "accounts"), SIZES)
def test_every_truth_holds(company, accounts, seed):
    found = planted_truths(generate(company, seed=seed, accounts=accounts))
    assert found.loc[~found["holds"], "truth"].unique().tolist() == []
    assert found["truth"].nunique() == 29


@pytest.mark.evidence
@pytest.mark.parametrize("company", ["elevator", "it"])
@pytest.mark.parametrize("accounts", [20, 22, 30, 55, 60, 120, 1000])
def test_every_truth_holds_for_many_seeds(company, accounts):
    for seed in range(40):
        found = planted_truths(generate(company, seed=seed, accounts=accounts))
        assert found["holds"].all(), (seed, found.loc[~found["holds"]])


def test_five_accounts_lose_money_and_one_of_them_is_large(tables):
    money = profits(tables)
    lost = money[money["profit"] < 0]
    assert len(lost) == 5
    assert money["revenue"].rank(ascending=False)[lost["revenue"].idxmax()] <= 3
    assert (lost["revenue"] == 0).sum() == 1


def test_the_group_is_key_only_when_rolled_up(tables):
    parent, *parts = subjects(tables, "group_only_together")
    sales = profits(tables)["revenue"]
    assert len(parts) == 3
    assert sales[parts].max() < 2e7 <= sales[parts].sum()
    accounts = tables["accounts"].set_index("account_id")
    assert (accounts.loc[parts, "parent_id"] == parent).all()
    assert accounts.loc[parent, "relation"] == "holding"


def test_scheme_engine_gives_four_verdicts_on_the_disputed_account(tables):
    (disputed,) = subjects(tables, "four_schemes")
    wanted = {"elevator": "key", "guide": "ordinary", "value_tiers": "bz",
              "account_types": "regional"}  # fmt: skip
    basis = account_basis(
        tables["accounts"], tables["account_years"], tables["orders"],
        tables["criterion_ratings"], year=2025,
    )  # fmt: skip
    for scheme, member in wanted.items():
        verdict = classify(basis, load_scheme(scheme)).set_index("account_id")
        assert verdict.loc[[disputed], "member"].tolist() == [member]


def test_scheme_engine_leaves_exactly_the_planted_cases_open(tables):
    basis = account_basis(
        tables["accounts"], tables["account_years"], tables["orders"],
        tables["criterion_ratings"], year=2025,
    )  # fmt: skip
    verdict = classify(basis, load_scheme("elevator"))
    open_ = verdict.loc[verdict["status"] == "open", "account_id"]
    assert set(open_) == set(subjects(tables, "rule_leaves_open"))


def test_win_rates_pass_an_exact_looking_league_table_and_fail_to_differ(tables):
    deals = tables["opportunities"]
    closed = deals[deals["status"] != "open"]
    won = closed["status"] == "won"
    counts = np.array([
        [won[closed["owner_id"] == m].sum(), (~won[closed["owner_id"] == m]).sum()]
        for m in closed["owner_id"].unique()
    ])  # fmt: skip
    rates = counts[:, 0] / counts.sum(axis=1)
    assert np.ptp(rates) >= 0.25
    assert stats.chi2_contingency(counts, correction=False).pvalue > 0.2


def test_the_leaving_customer_alone_shows_all_signs(tables):
    signs = churn_signals(tables)["signals"]
    assert (signs == 5).sum() == 1
    (leaving,) = subjects(tables, "churn_coming")
    assert signs[leaving] == 5
    orders = tables["orders"]
    days = orders.loc[orders["account_id"] == leaving, "date"].drop_duplicates().sort_values()
    gaps = days.diff().dt.days
    assert gaps[days.dt.year == 2026].mean() > 1.4 * gaps[days.dt.year == 2024].mean()


def test_reps_targets_look_past_potential(tables):
    weak = subjects(tables, "poor_territory")[0]
    members = tables["members"].set_index("member_id")
    room = tables["territories"].set_index("territory_id")["potential"]
    assert room[members.loc[weak, "territory_id"]] == room.min()
