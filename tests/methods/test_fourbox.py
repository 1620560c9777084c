"""Customer-value four-box."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import four_box


def values(n: int = 40, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sales = rng.lognormal(3, 1, n)
    return pd.DataFrame(
        {
            "account_id": [f"A{i:02d}" for i in range(n)],
            "revenue": sales,
            "operating_income": sales * rng.normal(0.1, 0.1, n),
        }
    )


def test_boxes_and_actions_by_hand() -> None:
    table = pd.DataFrame(
        {"account_id": list("ABCD"), "revenue": [100.0, 90, 20, 10],
         "operating_income": [30.0, -5, 9, 1]}
    )  # fmt: skip
    found = four_box(table)
    assert found.cuts.set_index("measure")["value"][["sales_cut", "profit_cut"]].tolist() == [55, 5]
    assert found.accounts["box"].tolist() == [
        "high_sales_high_profit", "high_sales_low_profit",
        "low_sales_high_profit", "low_sales_low_profit",
    ]  # fmt: skip
    assert found.accounts["action"].tolist() == [
        "grow_protect", "reprice_or_cut_cost", "grow_volume", "shrink_or_exit",
    ]  # fmt: skip
    assert found.counts.set_index("box")["n"].tolist() == [1, 1, 1, 1, 0]


def test_value_at_the_line_is_high() -> None:
    table = pd.DataFrame({"account_id": ["A"], "revenue": [10.0], "operating_income": [1.0]})
    found = four_box(table, cut="fixed", sales_cut=10, profit_cut=1)
    assert found.accounts["box"].tolist() == ["high_sales_high_profit"]
    assert found.accounts["flips"].tolist() == ["sales_cut_up; profit_cut_up"]


def test_basis_choice_changes_boxes() -> None:
    found = four_box(values())
    by_margin = four_box(values(), basis="margin")
    flips = found.accounts["flips"].str.contains("basis_margin")
    differ = found.accounts["box"].to_numpy() != by_margin.accounts["box"].to_numpy()
    assert (flips.to_numpy() == differ).all() and differ.any()


@pytest.mark.parametrize("cut", ["median", "mean"])
def test_sensitivity_is_what_a_moved_line_gives(cut: str) -> None:
    found = four_box(values(), cut=cut)
    line = found.cuts.set_index("measure")["value"]
    moved = four_box(values(), cut=cut, sales_cut=1.1 * line["sales_cut"])
    changed = found.accounts["box"] != moved.accounts["box"]
    listed = found.sensitivity.query("change == 'sales_cut_up'")["account_id"].tolist()
    assert found.accounts.loc[changed, "account_id"].tolist() == listed
    assert found.counts["n"].sum() == 40 and found.counts["sales_share"].sum() == pytest.approx(1)


def test_order_of_rows_does_not_matter() -> None:
    one = four_box(values()).accounts
    other = four_box(values().sample(frac=1, random_state=3)).accounts
    pd.testing.assert_frame_equal(one, other.sort_values("account_id", ignore_index=True))


def test_moves_between_years() -> None:
    before = values().iloc[:39].assign(operating_income=lambda t: -t["operating_income"])
    same = four_box(values(), previous=before)
    own = four_box(values(), previous=before, previous_cuts="own")
    assert same.moves["moved"].any() and len(same.moves) == 40
    assert same.moves.set_index("account_id").loc["A39", "from_box"] == "unknown"
    assert not same.moves.set_index("account_id").loc["A39", "moved"]
    assert (same.moves["from_box"] != own.moves["from_box"]).any()


def test_unknown_and_degenerate() -> None:
    table = values(3)
    table.loc[0, "operating_income"] = np.nan
    table.loc[1, "revenue"] = -5.0
    found = four_box(table, basis="margin")
    assert found.accounts["box"].tolist()[:2] == ["unknown", "unknown"]
    empty = four_box(table.iloc[:0])
    assert empty.accounts.empty and set(empty.cuts["variant"]) == {"too_little_data"}
    assert four_box(table.iloc[2:]).accounts["box"].tolist() == ["high_sales_high_profit"]


def test_bad_options() -> None:
    for option in ({"basis": "feel"}, {"cut": "fixed"}, {"cut": "mode"}, {"shift": 2.0}):
        with pytest.raises(KamkitError):
            four_box(values(), **option)  # type: ignore[arg-type]
    twice = pd.concat([values(2), values(1)])
    with pytest.raises(KamkitError):
        four_box(twice)
