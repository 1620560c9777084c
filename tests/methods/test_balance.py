"""Number × quality of customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import number_quality
from kamkit.methods.shares import wilson_ends


def growing(extra: int = 30, income: float = 1.0) -> pd.DataFrame:
    """Twenty good customers in 2024; in 2025 they stay and thin ones join."""
    old = pd.DataFrame({"account_id": [f"A{i:02d}" for i in range(20)], "year": 2024})
    old["net"] = 10.0 + np.arange(20) / 10
    new = pd.DataFrame({"account_id": [f"N{i:02d}" for i in range(extra)], "net": income})
    table = pd.concat([old, old.assign(year=2025), new.assign(year=2025)], ignore_index=True)
    table["revenue"], table["indirect_cost"] = 100.0, 0.0
    table["direct_cost"] = table["revenue"] - table.pop("net")
    return table


def test_more_but_thinner() -> None:
    found = number_quality(growing())
    assert found.years["customers"].tolist() == [20, 50]
    assert found.years["new"].tolist()[1] == 30 and found.years["kept"].tolist()[1] == 20
    alarm = found.alarms.set_index("alarm").loc["more_but_thinner"]
    assert alarm["sure"] and alarm["change"] < 0 and alarm["low"] <= alarm["change"]
    assert "profit_falls_with_growth" not in found.alarms["alarm"].tolist()
    lossy = number_quality(growing(income=-1.0))
    assert "profit_falls_with_growth" in lossy.alarms["alarm"].tolist()


def test_noise_is_not_a_sure_alarm() -> None:
    rng = np.random.default_rng(8)
    table = growing(extra=2, income=9.0)
    table["direct_cost"] = table["revenue"] - rng.normal(10, 30, len(table))
    alarms = number_quality(table).alarms
    assert not alarms["sure"].any()


def test_bands_are_the_same_in_all_years() -> None:
    found = number_quality(growing())
    assert found.bands["cut"].nunique() == 1
    counts = found.bands.pivot(index="year", columns="band", values="n")
    assert counts.sum(axis=1).tolist() == [20, 50] and counts["valuable"].tolist() == [4, 4]
    kept = found.years.set_index("year").loc[2025]
    assert kept["valuable_kept"] == 1.0 and kept["kept_low"] < 1.0


def test_acquisition_cost() -> None:
    spent = pd.DataFrame({"year": [2025], "acquisition_cost": [600.0]})
    years = number_quality(growing(), acquisition=spent).years
    assert np.isnan(years["cost_per_new"][0]) and years["cost_per_new"][1] == 20.0
    third = growing().query("year == 2025").assign(year=2026)
    joined = third.iloc[:1].assign(account_id="Z")
    table = pd.concat([growing(), third, joined], ignore_index=True)
    spent = pd.DataFrame({"year": [2025, 2026], "acquisition_cost": [600.0, 90.0]})
    alarms = number_quality(table, acquisition=spent).alarms.set_index("alarm")
    assert alarms.loc["acquisition_dearer", "value"] == 90.0


def test_forecasts_do_not_count_and_missing_is_unknown() -> None:
    table = growing().assign(status="actual", direct_cost=np.nan)
    table.loc[table["year"] == 2025, "status"] = "forecast"
    found = number_quality(table)
    assert found.years["year"].tolist() == [2024]
    assert np.isnan(found.years["average_income"][0])
    assert found.bands.set_index("band").loc["unknown", "n"] == 20
    assert found.alarms.empty


def test_wilson_published(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-WILSON"]
    for (k, n), ends in zip(case["cases"], case["exp"]["ci95"], strict=True):
        assert wilson_ends(k, n) == pytest.approx(ends, abs=case["tol"])


def test_empty_and_dirty() -> None:
    empty = number_quality(growing().iloc[:0])
    assert empty.years.empty and empty.bands.empty and empty.alarms.empty
    with pytest.raises(KamkitError):
        number_quality(growing().assign(revenue="lots"))
    with pytest.raises(KamkitError):
        number_quality(growing(), draws=3)
