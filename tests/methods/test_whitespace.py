"""White space and share of wallet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import share_of_wallet, white_space


def orders() -> pd.DataFrame:
    rows = [
        ("A", "2025-03-01", "doors", 40.0), ("A", "2025-12-01", "doors", 20.0),
        ("A", "2024-03-01", "doors", 99.0), ("A", "2025-05-01", "motors", 130.0),
        ("B", "2025-05-01", "doors", 10.0), ("B", "2025-06-01", None, 7.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["account_id", "date", "product_line", "amount"])


def spend() -> pd.DataFrame:
    rows = [
        ("A", "doors", 2025, 80.0, 100.0, 150.0), ("A", "motors", 2025, 90.0, 100.0, 120.0),
        ("A", "service", 2025, 20.0, 30.0, 40.0), ("B", "service", 2025, np.nan, 50.0, np.nan),
    ]  # fmt: skip
    columns = ["account_id", "product_line", "year", "spend_low", "spend_base", "spend_high"]
    return pd.DataFrame(rows, columns=columns)


def test_cells_by_hand() -> None:
    found = white_space(orders(), spend())
    cell = found.cells.set_index(["account_id", "product_line"])
    doors = cell.loc[("A", "doors")]
    assert (doors["sales"], doors["share_low"], doors["share_base"], doors["share_high"]) == (
        60.0, 0.4, 0.6, 0.75,
    )  # fmt: skip
    assert doors[["headroom_low", "headroom_base", "headroom_high"]].tolist() == [20, 40, 90]
    assert cell["status"].tolist() == ["partial", "over_high", "open", "no_spend", "open"]
    assert cell.loc[("A", "motors"), "headroom_base"] == -30.0
    assert np.isnan(cell.loc[("B", "doors"), "headroom_base"])
    assert np.isnan(cell.loc[("B", "service"), "headroom_low"])


def test_sums_flag_and_do_not_hide() -> None:
    found = white_space(orders(), spend())
    a = found.accounts.set_index("account_id").loc["A"]
    assert a["headroom_base"] == 70.0 and a["cells_flagged"] == 1
    assert a["sales"] == 190.0 and a["share_base"] == pytest.approx(190 / 230)
    b = found.accounts.set_index("account_id").loc["B"]
    assert (b["sales"], b["sales_unknown"], b["cells_unknown"]) == (0.0, 10.0, 1)
    total = found.summary.set_index("measure")
    assert total.loc["headroom", "value"] == found.accounts["headroom_base"].sum()
    assert total.loc["headroom", "low"] <= total.loc["headroom", "value"]
    assert total.loc["cells_over_high", "value"] == 1
    assert total.loc["sales_with_known_spend", "value"] == pytest.approx(190 / 200)
    assert found.lines["headroom_base"].sum() == found.accounts["headroom_base"].sum()


def test_notes() -> None:
    notes = white_space(orders(), spend()).notes.set_index("code")
    assert notes.loc["orders_without_line", "money"] == 7.0
    half = orders()[orders()["date"] < "2025-07"]
    early = white_space(half, spend(), elapsed=0.5)
    assert {"year_may_be_open", "spend_prorated"} <= set(early.notes["code"])
    assert early.cells.set_index(["account_id", "product_line"]).loc[
        ("A", "doors"), "spend_base"
    ] == 50.0  # fmt: skip


def test_more_spend_never_less_room() -> None:
    base = white_space(orders(), spend()).cells
    more = white_space(orders(), spend().assign(spend_high=lambda t: t["spend_high"] * 2)).cells
    known = base["headroom_high"].notna()
    assert (more.loc[known, "headroom_high"] >= base.loc[known, "headroom_high"]).all()
    assert (more.loc[known, "share_low"] <= base.loc[known, "share_low"]).all()


def test_empty_and_dirty() -> None:
    none = white_space(orders().iloc[:0], spend().iloc[:0])
    assert none.cells.empty and none.accounts.empty
    assert none.summary.set_index("measure").loc["headroom", "variant"] == "too_little_data"
    with pytest.raises(KamkitError) as error:
        white_space(orders(), spend().assign(spend_low=500.0))
    assert {p.code for p in error.value.problems} == {"range_reversed"}
    with pytest.raises(KamkitError):
        white_space(orders().assign(amount="x"), spend())


def wallet_years() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": list("ABC"),
            "year": 2026,
            "revenue": [30.0, 60.0, 5.0],
            "category_spend": [100.0, 50.0, np.nan],
            "category_spend_low": [60.0, np.nan, np.nan],
            "category_spend_high": [120.0, np.nan, np.nan],
        }
    )


def test_wallet_by_hand() -> None:
    found = share_of_wallet(wallet_years(), year=2026, market=(900.0, 1000.0, 1200.0))
    accounts = found.accounts.set_index("account_id")
    assert accounts.loc["A", ["share_low", "share_base", "share_high"]].tolist() == [0.25, 0.3, 0.5]
    assert accounts.loc["B", "share_base"] == 1.2 and accounts.loc["B", "status"] == "over_spend"
    assert accounts.loc["C", "status"] == "no_spend"
    total = found.summary.set_index("measure")
    assert total.loc["customer_share", "value"] == pytest.approx(90 / 150)
    assert total.loc["customer_share_mean", "value"] == pytest.approx(0.75)
    assert total.loc["market_share", "value"] == pytest.approx(0.095)
    assert total.loc["market_share", "low"] < 0.095 < total.loc["market_share", "high"]


def test_wallet_without_market_or_rows() -> None:
    row = share_of_wallet(wallet_years(), year=2026).summary.set_index("measure")
    assert row.loc["market_share", "variant"] == "market_unknown"
    assert share_of_wallet(wallet_years(), year=1990).accounts.empty
    with pytest.raises(KamkitError):
        share_of_wallet(wallet_years(), year=2026, market=(5.0, 1.0, 2.0))
