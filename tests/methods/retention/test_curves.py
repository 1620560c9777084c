"""How long accounts stay, and what was kept from one year to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.retention import losses, retention_curve, retention_rates
from kamkit.tables.sample.retention import simulate_retention

END = pd.Timestamp("2026-06-30")


def spans(days: list[int], lost: list[int]) -> dict[str, pd.DataFrame]:
    """Accounts that began so many days before their end, or before today."""
    ids = [f"A{i:02d}" for i in range(len(days))]
    end = END
    start = [end - pd.Timedelta(days=d) for d in days]
    gone = pd.DataFrame({"account_id": ids, "lost_on": end, "kind": "full"})
    orders = pd.DataFrame({"account_id": ids, "date": start, "amount": 1.0})
    early = pd.DataFrame({"account_id": ["old"], "date": ["2000-01-01"], "amount": [1.0]})
    accounts = pd.DataFrame({"account_id": ids, "since": start})
    return {
        "orders": pd.concat([orders, early], ignore_index=True), "accounts": accounts,
        "account_losses": gone[np.asarray(lost, bool)].reset_index(drop=True),
    }  # fmt: skip


def test_kaplan_meier_as_published(published):
    case = published["P-KM"]
    found = retention_curve(spans(case["t6"], case["e6"]), as_of=END)
    curve = found.curve.set_index("days")["survival"]
    for day, share in case["exp"]["S6"].items():
        assert curve[float(day)] == pytest.approx(share, abs=case["tol"])
    median = found.measures.set_index("measure").loc["median_days"]
    assert median["value"] == case["exp"]["median6"]
    assert found.quality.set_index("code")["n"]["start_unknown"] == 1


def test_years_before_the_records_prove_nothing():
    """Records of two years on accounts ten years old: those lost earlier were never seen."""
    ids = [f"A{i}" for i in range(10)]
    dates = pd.date_range("2024-07-01", "2026-06-30", freq="30D")
    orders = pd.DataFrame({"account_id": np.repeat(ids, len(dates)), "date": np.tile(dates, 10)})
    since = [pd.Timestamp("2014-07-01")] * 9 + [pd.Timestamp("2024-07-01")]
    gone = pd.DataFrame({"account_id": ["A9"], "lost_on": ["2025-01-01"], "kind": ["full"]})
    tables = {
        "orders": orders.assign(amount=1.0),
        "accounts": pd.DataFrame({"account_id": ids, "since": since}), "account_losses": gone,
    }  # fmt: skip
    found = retention_curve(tables, as_of=END)
    assert found.quality.set_index("code")["n"]["began_before_records"] == 9
    first = found.curve[found.curve["events"] > 0].iloc[0]
    assert first["at_risk"] == 1 and first["survival"] == 0  # nobody else was in view at that age


def test_no_losses_no_orders_groups():
    tables = spans([100, 800, 900], [0, 0, 0])
    kept = losses(tables, as_of=END, rule="recorded")
    none = retention_curve(tables, as_of=END, losses=kept)
    assert (none.curve["survival"] == 1).all()
    found = none.measures.set_index("measure")
    assert (
        found.loc["median_days", "variant"] == "not_reached" and found.loc["losses", "value"] == 0
    )
    empty = retention_curve({}, as_of=END)
    assert empty.curve.empty and empty.measures.empty
    tables = spans([100, 800, 900, 500], [1, 0, 0, 1])
    tables["accounts"]["region"] = ["n", "s", "s", "n"]
    groups = retention_curve(tables, as_of=END, by="region").curve
    assert groups["group"].unique().tolist() == ["n", "s"]
    with pytest.raises(KamkitError):
        retention_curve(tables, as_of=END, by="colour")


def test_simulated_hazard_is_recovered():
    """Losses strike everybody alike at 6 % a year: four of five stay three years and more."""
    shares = []
    for seed in range(1, 7):
        company = simulate_retention(seed=seed, regime="uninformative", accounts=150)
        found = retention_curve(company.tables, as_of=company.as_of).measures
        shares.append(found.set_index("measure").loc["stayed_3y", "value"])
    assert float(np.mean(shares)) == pytest.approx((1 - 0.06 / 12) ** 36, abs=0.04)


def test_three_rates_answer_three_questions():
    orders = pd.DataFrame(
        {"account_id": list("ABCD") + list("ABC") + ["E"],
         "date": ["2024-08-01"] * 4 + ["2025-08-01"] * 3 + ["2025-09-01"],
         "amount": [100.0, 100, 100, 100, 200, 50, 100, 500]}
    )  # fmt: skip
    table = retention_rates(orders, as_of=END, periods=1).set_index("measure")
    assert table.loc["logo_retention", "value"] == 0.75 and table.loc["logo_retention", "n"] == 4
    assert table.loc["gross_revenue_retention", "value"] == pytest.approx(250 / 400)
    assert table.loc["net_revenue_retention", "value"] == pytest.approx(350 / 400)
    assert (table["low"] <= table["value"]).all() and (table["high"] >= table["value"]).all()


def test_windows_that_the_records_do_not_cover_are_left_out():
    dates = pd.date_range("2023-07-01", END, freq="20D")
    orders = pd.DataFrame({"account_id": "A", "date": dates, "amount": 10.0})
    table = retention_rates(orders, as_of=END, periods=5)
    assert table["period_end"].unique().tolist() == [pd.Timestamp("2025-06-30"), END]
    assert set(table["variant"]) == {"wilson", "no_interval_few_accounts"}
    one = retention_rates(orders, as_of="2024-02-29", months=3, periods=1)
    assert one["period_start"].iloc[0] == pd.Timestamp("2023-12-01")


def test_rates_edges():
    empty = pd.DataFrame(columns=["account_id", "date", "amount"])
    assert retention_rates(empty, as_of=END).empty
    dirty = pd.DataFrame(
        {"account_id": ["A", None, "A", "A", "B"], "amount": [10.0, 5, np.nan, 12, -3],
         "date": ["2024-07-10", "2024-08-01", "2024-08-01", "2025-08-01", "2024-09-01"]}
    )  # fmt: skip
    table = retention_rates(dirty, as_of=END, periods=1).set_index("measure")
    assert table["n"].tolist() == [1, 1, 1]
    assert table.loc["net_revenue_retention", "value"] == pytest.approx(1.2)
    for wrong in ({"months": 0}, {"periods": 0}):
        with pytest.raises(KamkitError):
            retention_rates(dirty, as_of=END, **wrong)
    mixed = dirty.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(
        retention_rates(dirty, as_of=END), retention_rates(mixed, as_of=END)
    )
