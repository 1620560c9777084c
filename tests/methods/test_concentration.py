"""Concentration: published figures, hostile input, properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.selection.abc import abc_classes, abc_totals
from kamkit.methods.selection.comparison import basis_change, concentration_change
from kamkit.methods.selection.lorenz import HEAD_RULES, head_size
from kamkit.methods.selection.pareto import concentration, concentration_summary
from kamkit.methods.selection.values import account_values, roll_up_map


def table(values: list[float]) -> pd.DataFrame:
    ids = [f"a{i:03d}" for i in range(len(values))]
    return pd.DataFrame({"account_id": ids, "revenue": values})


def figure(values: list[float], measure: str, **options: object) -> float:
    summary = concentration_summary(table(values), draws=0, **options)  # type: ignore[arg-type]
    return float(summary.set_index("measure").loc[measure, "value"])


def test_published_gini(published):
    case = published["P-GINI"]
    for key, expected in case["exp"].items():
        assert figure(case["x"], key) == pytest.approx(expected, abs=case["tol"])


def test_published_hhi(published):
    case = published["P-HHI"]
    shares = [float(s) for s in case["shares_pct"]]
    assert figure(shares, "hhi") == pytest.approx(case["exp"]["hhi_unit"], abs=case["tol"])
    assert figure(shares, "hhi") * 1e4 == pytest.approx(case["exp"]["hhi_points"])
    assert figure(shares, "effective_n") == pytest.approx(case["exp"]["effective_n"], abs=1e-6)


def test_published_abc(published):
    case = published["P-ABC"]
    values = pd.DataFrame({"account_id": list(case["x"]), "revenue": list(case["x"].values())})
    classes = abc_classes(values).set_index("account_id")
    for letter in "ABC":
        assert classes.index[classes["abc"] == letter].tolist() == case["exp"][letter]
    other = abc_classes(values, cut_rule="before").set_index("account_id")
    assert other.loc["f", "abc"] == "B"
    assert classes.loc["f", "abc_other_rule"] == "B"
    assert classes.loc["c", "cumulative_share"] == pytest.approx(case["exp"]["top3_share"])
    assert not classes.loc["f", "stable"]


@pytest.mark.parametrize(("rule", "heads"), list(zip(HEAD_RULES, (18, 17, 18, 17.8), strict=True)))
def test_head_of_89_accounts(rule, heads):
    assert head_size(np.array([89.0]), 0.2, rule)[0] == pytest.approx(heads)


def test_exact_fifths_are_not_rounded_up():
    assert head_size(np.array([15.0, 35.0, 55.0]), 0.2, "ceil").tolist() == [3, 7, 11]


def test_equal_accounts_are_not_concentrated():
    values = [5.0] * 20
    assert figure(values, "gini_population") == pytest.approx(0, abs=1e-12)
    assert figure(values, "share_top_20") == pytest.approx(0.2)
    assert figure(values, "heads_for_80") == 16
    assert figure(values, "effective_n") == pytest.approx(20)


def test_interval_surrounds_the_figure_and_is_seeded():
    rng = np.random.default_rng(3)
    values = table(rng.lognormal(10, 1.2, 60).tolist())
    one = concentration_summary(values, seed=5)
    two = concentration_summary(values, seed=5)
    pd.testing.assert_frame_equal(one, two)
    known = one[one["low"].notna()]
    assert {"share_top_20", "gini_unbiased", "hhi", "heads_for_80"} <= set(known["measure"])
    assert (known["low"] <= known["value"]).all()
    assert (known["high"] >= known["value"]).all()
    tops = one[one["measure"].str.match(r"top_\d")]
    assert tops["low"].isna().all()
    assert (tops["variant"] == "named_accounts").all()


def test_losses_are_kept_said_and_leave_the_gini_undefined():
    result = concentration(table([8.0, 3.0, 0.0, -1.0]))
    assert result.curve["cumulative_share"].round(2).tolist() == [0.8, 1.1, 1.1, 1.0]
    summary = result.summary.set_index("measure")
    assert np.isnan(summary.loc["gini_population", "value"])
    assert summary.loc["gini_population", "variant"] == "undefined_negative"
    assert summary.loc["gini_positives", "value"] == pytest.approx(5 / 22)
    assert summary.loc["gini_positives", "n"] == 2
    notes = result.notes.set_index("note")
    assert notes.loc["negative_value", "value"] == -1.0
    assert notes.loc["zero_value", "accounts"] == 1
    assert result.classes["abc"].tolist() == ["A", "C", "C", "C"]


def test_total_of_zero_has_no_shares():
    result = concentration(table([5.0, -5.0]))
    assert result.curve["share"].isna().all()
    assert (result.classes["variant"] == "total_not_positive").all()
    assert result.summary.set_index("measure").loc["hhi", "variant"] == "total_not_positive"


def test_tie_at_the_cut_stays_together():
    classes = abc_classes(table([60.0, 10.0, 10.0, 10.0, 10.0])).set_index("account_id")
    assert classes["abc"].tolist() == ["A", "C", "C", "C", "C"]
    assert classes["tie_at_cut"].tolist() == [False, True, True, True, True]
    alone = abc_classes(table([60.0, 10.0, 10.0, 10.0, 10.0]), ties="by_id")
    assert alone["abc"].tolist() == ["A", "A", "A", "B", "C"]


def test_one_giant_leaves_class_a_empty_and_says_so():
    result = concentration(table([90.0, 6.0, 4.0]))
    assert result.notes["note"].tolist() == ["class_a_empty", "few_accounts"]
    assert result.totals.set_index("abc").loc["A", "accounts"] == 0
    before = abc_classes(table([90.0, 6.0, 4.0]), cut_rule="before")
    assert before["abc"].tolist() == ["A", "B", "C"]


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_has_a_defined_answer(values):
    result = concentration(table(values))
    assert result.curve.empty
    assert result.classes.empty
    assert result.totals.empty
    summary = result.summary.set_index("measure")
    assert summary.loc["hhi", "variant"] == "too_little_data"
    assert summary.loc["accounts", "value"] == 0


def test_one_account():
    summary = concentration_summary(table([7.0])).set_index("measure")
    assert summary.loc["top_1", "value"] == 1
    assert np.isnan(summary.loc["top_3", "value"])
    assert np.isnan(summary.loc["gini_unbiased", "value"])


def test_input_is_not_changed_and_doubles_are_refused():
    values = table([3.0, 1.0, 2.0])
    copy = values.copy(deep=True)
    concentration(values)
    pd.testing.assert_frame_equal(values, copy)
    with pytest.raises(KamkitError, match="a000"):
        concentration(pd.concat([values, values.head(1)]))
    with pytest.raises(KamkitError):
        concentration(values, value="margin")
    with pytest.raises(KamkitError):
        concentration(values, head_rule="guess")


amounts = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(amounts, st.floats(0.1, 100), st.randoms())
def test_scale_and_order_do_not_matter(values, factor, random):
    moved = [v * factor for v in values]
    random.shuffle(moved)
    for key in ("gini_population", "hhi", "share_top_20"):
        assert figure(moved, key) == pytest.approx(figure(values, key), rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(amounts)
def test_a_transfer_to_a_richer_account_raises_concentration(values):
    ordered = sorted(values)
    moved = [ordered[0] / 2, *ordered[1:-1], ordered[-1] + ordered[0] / 2]
    assert figure(moved, "gini_population") >= figure(values, "gini_population") - 1e-9
    assert figure(moved, "hhi") >= figure(values, "hhi") - 1e-9


def test_account_values_sums_periods_and_never_reads_missing_as_zero():
    years = pd.DataFrame(
        {
            "account_id": ["a", "a", "b", "c"],
            "year": [2025, 2026, 2026, 2026],
            "status": ["actual", "estimate", "actual", "actual"],
            "revenue": [5.0, 6.0, 4.0, 3.0],
            "direct_cost": [1.0, 2.0, np.nan, 5.0],
            "currency": "CNY",
        }
    )
    this = account_values(years, value="margin", year=2026).set_index("account_id")
    assert this["margin"].isna().to_dict() == {"a": False, "b": True, "c": False}
    assert this.loc["c", "margin"] == -2.0
    assert this.loc["a", "rows_estimated"] == 1
    assert (this["currency"] == "CNY").all()
    both = account_values(years, start=2025, end=2026).set_index("account_id")
    assert both.loc["a", "revenue"] == 11.0


def test_account_values_period_of_orders_includes_its_last_day():
    orders = pd.DataFrame(
        {
            "account_id": "a",
            "date": ["2026-01-01", "2026-03-31 18:30", "2026-04-01"],
            "amount": [1.0, 2.0, 4.0],
        }
    )
    assert account_values(orders, start="2026-01-01", end="2026-03-31")["revenue"].item() == 3.0
    assert account_values(orders, year=2025).empty


def test_roll_up_follows_the_chain_and_refuses_circles():
    accounts = pd.DataFrame({"account_id": ["a", "b", "c"], "parent_id": ["b", "g", None]})
    orders = pd.DataFrame({"account_id": ["a", "b", "c"], "date": "2026-01-01", "amount": 1.0})
    rolled = account_values(orders, accounts, roll_up=True).set_index("account_id")["revenue"]
    assert rolled.to_dict() == {"c": 1.0, "g": 2.0}
    circle = pd.DataFrame({"account_id": ["a", "b"], "parent_id": ["b", "a"]})
    with pytest.raises(KamkitError):
        roll_up_map(circle)


def test_dirty_orders_raise_once():
    orders = pd.DataFrame(
        {
            "account_id": ["a", "b"],
            "date": ["soon", None],
            "amount": [1.0, 2.0],
            "currency": ["CNY", "USD"],
        }
    )
    with pytest.raises(KamkitError) as caught:
        account_values(orders, year=2026)
    assert [p.row for p in caught.value.problems] == [1, 2]
    with pytest.raises(KamkitError) as caught:
        account_values(orders)
    assert caught.value.problems[0].code == "mixed_currency"


def test_basis_change_and_paired_difference():
    rng = np.random.default_rng(2)
    values = table(rng.lognormal(10, 1, 40).tolist())
    values["profit"] = values["revenue"] * rng.normal(0.2, 0.2, 40)
    found = basis_change(values, values)
    losers = int((values["profit"] < 0).sum())
    assert found.summary.set_index("measure").loc["loss_makers", "value"] == losers
    assert found.accounts["rank_change"].sum() == 0
    assert found.accounts["loss"].sum() == losers
    same = concentration_change(values, values)
    assert same["value"].abs().max() == 0
    assert same["low"].abs().max() == 0
    part = basis_change(values, values.head(5))
    assert part.accounts["rank_second"].isna().sum() == 35
    assert basis_change(values.head(0), values.head(0)).accounts.empty


def test_totals_add_up():
    totals = abc_totals(abc_classes(table([50.0, 30.0, 10.0, 6.0, 4.0])))
    assert totals["value_share"].sum() == pytest.approx(1)
    assert totals["accounts"].sum() == 5
