"""The Northwind files, where they are at hand: published figures are met."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from kamkit.tables import Company, ImportResult, import_folder, load, quality_report


@pytest.fixture(scope="module")
def result(northwind: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportResult:
    return import_folder("northwind", northwind, tmp_path_factory.mktemp("import") / "out")


@pytest.fixture(scope="module")
def company(result: ImportResult) -> Company:
    return load(result.folder)


def test_counts_and_totals(company: Company) -> None:
    orders = company.orders
    assert company.problems == ()
    assert orders["order_id"].nunique() == 830
    assert len(company.accounts) == 91
    assert orders["account_id"].nunique() == 89
    assert len(company.contacts) == 91
    assert len(company.members) == 9
    gross = orders["amount"] / (1 - orders["discount"])
    assert gross.sum() == pytest.approx(1_354_458.59, abs=0.005)
    assert orders["amount"].sum() == pytest.approx(1_265_793.04, abs=0.005)


def test_largest_accounts(company: Company) -> None:
    orders = company.orders
    sales = orders["amount"].groupby(orders["account_id"]).sum().sort_values(ascending=False)
    figures = {
        "QUICK": 110_277.30,
        "ERNSH": 104_874.98,
        "SAVEA": 104_361.95,
        "RATTC": 51_097.80,
        "HUNGO": 49_979.90,
    }
    assert sales.index[:5].tolist() == list(figures)
    for account, figure in figures.items():
        assert sales[account] == pytest.approx(figure, abs=0.0051)
    share = sales.cumsum() / sales.sum()
    assert share.iloc[17] == pytest.approx(0.6006, abs=0.00005)
    assert int((share < 0.8).sum()) + 1 == 34


def test_every_mended_order_agrees_with_its_customer(result: ImportResult) -> None:
    mended = result.log[result.log["code"] == "rejoined_cells"]
    counts = mended.groupby("file").size().to_dict()
    assert counts == {"customers.csv": 24, "orders.csv": 176}
    assert result.repairs == 200
    orders = mended[mended["file"] == "orders.csv"]
    assert set(orders["proof"]) == {"only_reading; same_as:customers.address"}
    assert set(mended[mended["file"] == "customers.csv"]["proof"]) == {"only_reading"}


def test_mended_rows_hold_the_source_s_own_text(result: ImportResult, northwind: Path) -> None:
    """Each mended text stands in its source line as it was, and only there."""
    for file, rows in result.log[result.log["row"].notna()].groupby("file"):
        lines = (northwind / str(file)).read_text(encoding="utf-8").splitlines()
        for row, after in zip(rows["row"], rows["after"], strict=True):
            assert f",{after}," in lines[int(row)]


def test_nothing_is_invented(company: Company, northwind: Path) -> None:
    assert set(company.tables) == {"accounts", "contacts", "members", "orders"}
    assert "direct_cost" not in company.orders.columns
    with (northwind / "orders.csv").open(encoding="utf-8", newline="") as lines:
        freight = sum(float(row[7]) for row in list(csv.reader(lines))[1:])
    lists = (northwind / "order-details.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = pd.DataFrame([line.split(",") for line in lists]).astype(float)
    net = (cells[2] * cells[3] * (1 - cells[4])).sum()
    assert freight > 60_000
    assert company.orders["amount"].sum() == pytest.approx(net, abs=0.001)


def test_settings_say_where_it_came_from(company: Company) -> None:
    config = company.config
    assert (config.currency, str(config.as_of)) == ("USD", "1998-05-06")
    assert len(config.provenance["sources"]) == 6


def test_the_quality_report_sees_the_quirks(company: Company) -> None:
    report = quality_report(company).set_index("code")
    assert report.loc["accounts_without_orders", "value"] == "FISSA, PARIS"
    month = report.loc["partial_last_month"]
    assert (month["rows"], month["money"]) == (59, pytest.approx(18_333.63, abs=0.01))
    repairs = report.loc[["rejoined_cells"]].set_index("table")["rows"]
    assert repairs.to_dict() == {"customers.csv": 24, "orders.csv": 176}
