"""Classification: every rule mode, open cases, edges, missing data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.selection import account_basis, basis_notes, classify
from kamkit.methods.selection.assign import ASSIGNMENT_COLUMNS
from kamkit.schemes import criteria, load_scheme, scheme_ids, with_binding, with_cutoffs

GATES = [
    "famous_brand",
    "strategic_cooperation",
    "supply_leap",
    "global_sourcing_entry",
    "no_component_competition",
]
AUTOMATIC = [s for s in scheme_ids() if load_scheme(s).mode != "manual"]


def random_basis(n=40, seed=5):
    rng = np.random.default_rng(seed)
    money = {c: rng.lognormal(15, 1.2, n) for c in ("sales", "potential", "project_value")}
    basis = pd.DataFrame(
        {
            "account_id": [f"A{i:02d}" for i in range(n)],
            **money,
            "profit": rng.normal(5e5, 1e6, n),
            "profit_margin": rng.normal(0.1, 0.1, n),
            "sales_share": money["sales"] / money["sales"].sum(),
            "orders_per_year": rng.integers(0, 20, n),
            "order_years": rng.integers(0, 5, n),
            "contract_years": rng.integers(0, 4, n),
            "industry_rank": rng.integers(1, 40, n),
            "turnover": rng.lognormal(18, 1, n),
            "project_components": rng.integers(0, 5, n),
            "orders_after_project": rng.integers(0, 6, n),
            "years_after_project": rng.integers(0, 4, n),
            "directed_share": rng.random(n),
            "customer_years": rng.integers(0, 9, n),
            "attractiveness": rng.random(n) * 100,
            "relative_strength": rng.normal(1, 0.2, n),
            **{f"rating:{c}": rng.integers(1, 6, n).astype(float) for c in criteria()},
        }
    )
    holes = rng.random(basis.shape) < 0.1
    return basis.mask(pd.DataFrame(holes, columns=basis.columns).assign(account_id=False))


def elevator_row(sales, level, gates=()):
    row = {"sales": sales, "rating:industry_level": level}
    return row | {f"rating:{g}": v for g, v in zip(GATES, gates, strict=False)}


def one(rows, **kwargs):
    basis = pd.DataFrame(rows).assign(account_id=[f"A{i}" for i in range(len(rows))])
    return classify(basis, load_scheme("elevator"), **kwargs)


def test_elevator_written_rule():
    found = one(
        [
            elevator_row(20e6, 4),
            elevator_row(5e6, 3),
            elevator_row(19_999_999.99, 3),
            elevator_row(4_999_999.99, 3),
            elevator_row(8e6, 2),
            elevator_row(1e6, np.nan),
            elevator_row(1e6, 5, [4, 4, 4, 4, 4]),
        ]
    )
    expected = ["key", "main", "main", "general", "general", "general", "strategic"]
    assert found["member"].tolist() == expected
    assert (found["status"] == "classified").all()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (elevator_row(20e6, 3), "big_not_leading"),
        (elevator_row(20e6, 1), "big_not_leading"),
        (elevator_row(5e6, 4), "leading_mid_sales"),
        (elevator_row(19.9e6, 5), "leading_mid_sales"),
        (elevator_row(4.9e6, 4), "leading_small"),
        (elevator_row(5e6, np.nan), "big_level_missing"),
        (elevator_row(30e6, np.nan), "big_level_missing"),
        (elevator_row(30e6, 5, [4, 4, 4, 3, 3]), "gates_partly_met"),
        (elevator_row(30e6, 5, [4, 4, 4]), "gates_partly_met"),
    ],
)
def test_elevator_leaves_these_open(row, reason):
    found = one([row]).iloc[0]
    assert (found["status"], found["member"], found["reason"]) == ("open", "", reason)
    assert found["key"] is pd.NA and "; " in found["possible"]


def test_all_open_reasons_are_reported_together():
    found = one([elevator_row(30e6, 3, [5, 5, 5, 5, 1])]).iloc[0]
    assert found["reason"] == "big_not_leading; gates_partly_met"


def test_open_is_not_forced_on_a_strategic_account():
    assert one([elevator_row(30e6, 3, [5] * 5)])["member"].tolist() == ["strategic"]


def test_missing_sales_is_unknown():
    found = one([elevator_row(np.nan, 4, [1] * 5)]).iloc[0]
    assert (found["status"], found["missing"]) == ("unknown", "sales")


def test_unrated_gates_are_named():
    found = one([elevator_row(25e6, 5)]).iloc[0]
    assert found["member"] == "key"
    assert found["missing"].count("rating:") == 5 and found["possible"] == "strategic; key"


def test_tie_rules_are_recorded():
    found = one([elevator_row(20e6, 3)], ties={"big_not_leading": "main"}).iloc[0]
    assert (found["member"], found["reason"]) == ("main", "tie_rule")
    assert found["tie_rule"] == "big_not_leading → main"


def test_tie_rules_must_cover_every_open_reason():
    rows = [elevator_row(30e6, 3, [5, 5, 5, 5, 1])]
    assert one(rows, ties={"big_not_leading": "main"})["status"].tolist() == ["open"]


@pytest.mark.parametrize("ties", [{"gold": "main"}, {"leading_small": "strategic"}])
def test_wrong_tie_rules(ties):
    with pytest.raises(KamkitError):
        one([elevator_row(1, 1)], ties=ties)


def test_written_decision_closes_an_open_case_only_with_a_reason():
    decided = pd.DataFrame(
        {"account_id": ["A0", "A1"], "member": ["key", "key"], "reason": ["board, 3 March", " "]}
    )
    found = one([elevator_row(20e6, 3), elevator_row(20e6, 3)], decisions=decided)
    assert found["status"].tolist() == ["classified", "open"]
    assert found["reason"].tolist() == ["decision", "big_not_leading; reason_missing"]
    assert found["tie_rule"].iloc[0] == "decision: board, 3 March"


def test_nearest_and_flips():
    found = one([elevator_row(21e6, 4), elevator_row(50e6, 5)])
    assert found["nearest"].tolist()[0] == "big_sales"
    assert found["distance"].iloc[0] == pytest.approx(0.05)
    assert "sales" in found["flips"].iloc[0] and found["flips"].iloc[1] == ""


def test_manual_scheme_needs_a_reason():
    scheme = load_scheme("significance")
    basis = pd.DataFrame({"account_id": ["A", "B", "C"]})
    decided = pd.DataFrame(
        {"account_id": ["A", "B"], "member": "significant", "reason": ["opens the north", None]}
    )
    found = classify(basis, scheme, decisions=decided)
    assert found["reason"].tolist() == ["decision", "reason_missing", "no_decision"]
    assert found["member"].tolist() == ["significant", "", ""]
    with pytest.raises(KamkitError):
        classify(basis, scheme, decisions=decided.assign(member="gold"))


@pytest.mark.parametrize("scheme_id", scheme_ids())
def test_every_scheme_on_holes_empty_and_bare_tables(scheme_id):
    scheme, basis = load_scheme(scheme_id), random_basis()
    before = basis.copy()
    found = classify(basis, scheme)
    pd.testing.assert_frame_equal(basis, before)
    assert set(found["account_id"]) == set(basis["account_id"])
    assert found.loc[found["status"] == "classified", "member"].isin(scheme.member_ids).all()
    assert (found.loc[found["status"] != "classified", "member"] == "").all()
    assert found.columns[: len(ASSIGNMENT_COLUMNS)].tolist() == ASSIGNMENT_COLUMNS
    empty = classify(basis.iloc[:0], scheme)
    assert empty.empty and empty.columns.tolist() == found.columns.tolist()
    bare = classify(basis[["account_id"]], scheme)
    certain = bare[bare["status"] == "classified"]
    assert certain.empty or scheme_id == "behaviour"
    assert set(classify(basis.iloc[[0]], scheme)["account_id"]) == {"A00"}


@pytest.mark.parametrize("scheme_id", AUTOMATIC)
def test_order_of_rows_does_not_matter(scheme_id):
    scheme, basis = load_scheme(scheme_id), random_basis()
    keys = ["account_id", "member"]
    found = classify(basis, scheme).sort_values(keys, ignore_index=True)
    mixed = classify(basis.sample(frac=1, random_state=1), scheme)
    mixed = mixed.sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, mixed)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 4e7), min_size=1, max_size=8), st.floats(0, 4e7))
def test_elevator_is_monotone_in_sales(sales, more):
    """More sales never lowers the class of a firm of middle level."""
    order = ["key", "main", "general"]
    scheme = load_scheme("elevator")
    ids = [f"A{i}" for i in range(len(sales))]
    basis = pd.DataFrame({"account_id": ids, "sales": sales, "rating:industry_level": 3.0})
    ties = {"big_not_leading": "main"}
    low = classify(basis, scheme, ties=ties)["member"].map(order.index)
    high = classify(basis.assign(sales=basis["sales"] + more), scheme, ties=ties)["member"]
    assert (high.map(order.index) <= low).all()


@pytest.mark.parametrize("scheme_id", ["any_of_five", "contribution_sales_profit", "guide"])
def test_raising_one_account_never_lowers_it(scheme_id):
    scheme, basis = load_scheme(scheme_id), random_basis()
    place = {m: i for i, m in enumerate(scheme.member_ids)} | {"": -1}
    before = classify(basis, scheme)["member"].map(place)
    for i in (0, 7, 21):
        raised = basis.copy()
        raised.loc[i, ["sales", "profit"]] = basis.loc[i, ["sales", "profit"]].abs() * 3 + 1
        after = classify(raised, scheme)["member"].map(place)
        if before[i] >= 0 and after[i] >= 0 and scheme_id != "any_of_five":
            assert after[i] <= before[i]


def test_rank_takes_the_rounded_up_head_and_whole_ties():
    scheme = load_scheme("guide")
    basis = pd.DataFrame({"account_id": list("abcdefg"), "profit": [9, 8, 8, 4, 3, 2, 1.0]})
    found = classify(basis, scheme).set_index("account_id")["member"]
    assert found["a"] == "strategic"
    assert found["b"] == found["c"] == "key" and found["d"] == "ordinary"


def test_weighted_total_excludes_at_the_gate():
    scheme = load_scheme("selection")
    names = [i.field for i in scheme.derived["score"].items]
    basis = pd.DataFrame({"account_id": ["A", "B", "C"], **dict.fromkeys(names, 5.0)})
    basis.loc[1, "rating:solvency"] = 2
    basis.loc[2, "rating:solvency"] = np.nan
    found = classify(basis, scheme)
    assert found["member"].tolist() == ["key", "excluded", ""]
    assert found["missing"].iloc[2] == "rating:solvency"


def test_weighted_total_needs_coverage():
    scheme = load_scheme("selection_1")
    names = [i.field for i in scheme.derived["score"].items]
    basis = pd.DataFrame({"account_id": ["A", "B"], **dict.fromkeys(names, 5.0)})
    basis.loc[0, names[:2]] = np.nan
    basis.loc[1, names[:3]] = np.nan
    assert classify(basis, scheme)["status"].tolist() == ["classified", "unknown"]


def test_strict_limit_and_binding():
    scheme = load_scheme("numeric_examples")
    basis = pd.DataFrame(
        {"account_id": ["A", "B"], "sales": [1e7, 1e7 + 1], "turnover": [2e7, 1e6],
         "industry_rank": 9, "rating:absorbs_technology": 1, "rating:growth_prospect": 1}
    )  # fmt: skip
    assert classify(basis, scheme)["member"].tolist() == ["not_key", "key"]
    bound = classify(basis, with_binding(scheme, annual_sales="turnover"))
    assert bound["member"].tolist() == ["key", "not_key"]
    assert bound["version"].iloc[0] == "1+annual_sales=turnover"


def test_cut_off_moves_the_class():
    basis = pd.DataFrame({"account_id": ["A"], "sales": [16e6], "rating:industry_level": [5]})
    scheme = load_scheme("elevator")
    assert classify(basis, scheme)["status"].tolist() == ["open"]
    assert classify(basis, with_cutoffs(scheme, key_sales=15e6))["member"].tolist() == ["key"]


def test_multi_label():
    ratings = ["industry_leadership", "product_dependence", "regional_share", "local_need"]
    basis = pd.DataFrame({"account_id": ["A", "B"], "sales": [1.0, 9.0]})
    basis = basis.assign(**{f"rating:{r}": [5, 1] for r in ratings})
    basis["rating:growth_prospect"] = [5, 1]
    found = classify(basis, load_scheme("account_types"))
    labels = found.groupby("account_id")["member"].agg(list)
    assert labels["A"] == ["industry", "regional", "potential"] and labels["B"] == ["none"]


def test_dirty_tables_raise_with_all_problems():
    basis = pd.DataFrame({"account_id": ["A", "A", "B"], "sales": [1, 2, 3]})
    with pytest.raises(KamkitError) as caught:
        classify(basis, load_scheme("elevator"))
    assert [p.code for p in caught.value.problems] == ["duplicate_key"]
    basis = pd.DataFrame({"account_id": ["A", "B"], "sales": ["2,000万", "?"]})
    with pytest.raises(KamkitError) as caught:
        classify(basis, load_scheme("elevator"))
    assert [p.code for p in caught.value.problems] == ["not_a_number"] * 2
    with pytest.raises(KamkitError):
        classify(basis[["sales"]], load_scheme("elevator"))


def orders(rows):
    return pd.DataFrame(rows, columns=["account_id", "order_id", "date", "amount", "sole_source"])


def test_basis_from_orders_contracts_and_projects():
    accounts = pd.DataFrame(
        {"account_id": ["G", "A", "B"], "parent_id": [None, "G", "G"], "since": ["2020-01-01"] * 3}
    )
    bought = orders(
        [
            ["A", "o1", "2024-05-01", 10.0, True],
            ["A", "o2", "2025-05-01", 10.1, True],
            ["A", "o2", "2025-05-01", 20.2, False],
            ["A", "o3", "2025-06-01", -5.0, None],
            ["B", "o4", "2025-07-01", 4.0, None],
        ]
    )
    contracts = pd.DataFrame({"account_id": ["A"], "start": ["2025-01-01"], "end": ["2025-12-31"]})
    projects = pd.DataFrame(
        {"account_id": ["A"], "project_id": ["p"], "value": [10.0], "started_on": ["2024-01-01"],
         "delivered_on": ["2024-06-01"], "standard_product": [True], "customised_product": [True],
         "implementation": [True], "services": [False]}
    )  # fmt: skip
    basis = account_basis(
        accounts, orders=bought, contracts=contracts, projects=projects, year=2025
    ).set_index("account_id")
    assert basis.loc[["G", "A", "B"], "sales"].tolist() == [0.0, 25.3, 4.0]
    assert basis.loc["A", "sales_before"] == 10.0
    assert basis.loc["A", ["orders_per_year", "order_years"]].tolist() == [1.0, 2.0]
    assert basis.loc["A", "contract_years"] == 1.0 and basis.loc["B", "contract_years"] == 0.0
    assert basis.loc["A", "project_components"] == 3.0
    assert basis.loc["A", "orders_after_project"] == 1.0
    assert basis.loc["B", "project_components"] == 0.0 and np.isnan(basis.loc["B", "project_value"])
    assert basis.loc["A", "directed_share"] == pytest.approx(20.1 / 40.3)
    assert basis["profit"].isna().all()
    group = account_basis(accounts, orders=bought, year=2025, roll_up=True)
    assert group[["account_id", "sales"]].values.tolist() == [["G", 29.3]]


def test_basis_notes_say_why():
    accounts = pd.DataFrame({"account_id": ["A"]})
    notes = basis_notes(account_basis(accounts, year=2025), present=["accounts"])
    reasons = notes.set_index("field")["reason"]
    assert reasons["sales"] == "table_absent" and reasons["turnover"] == "value_missing"
    assert reasons["attractiveness"] == "computed_elsewhere"


def test_sums_of_cents_meet_the_limit():
    accounts = pd.DataFrame({"account_id": ["A"]})
    many = orders([["A", f"o{i}", "2025-05-01", 0.1, None] for i in range(10)])
    basis = account_basis(accounts, orders=many, year=2025)
    assert basis["sales"].tolist() == [1.0]


def test_mixed_currency_is_refused():
    accounts = pd.DataFrame({"account_id": ["A"]})
    years = pd.DataFrame(
        {"account_id": ["A", "A"], "year": [2024, 2025], "revenue": 1.0, "currency": ["CNY", "USD"]}
    )
    with pytest.raises(KamkitError):
        account_basis(accounts, years, year=2025)
