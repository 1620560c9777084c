"""The quality report: each oddity is found, measured in rows and money, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kamkit.i18n import catalog
from kamkit.tables import load, quality_report
from kamkit.tables.names import look_alikes, name_key, nobody
from kamkit.tables.quality import COLUMNS

Make = Callable[..., Path]


def report(home: Path, *, strict: bool = True) -> pd.DataFrame:
    frame = quality_report(load(home, strict=strict))
    assert tuple(frame.columns) == COLUMNS
    for lang in ("zh", "en"):
        assert all(f"quality.{code}" in catalog(lang) for code in frame["code"])
        assert all(f"quality.column.{column}" in catalog(lang) for column in frame.columns)
    return frame


def one(frame: pd.DataFrame, code: str) -> pd.Series:
    rows = frame[frame["code"] == code]
    assert len(rows) == 1, code
    return rows.iloc[0]


def orders_file(rows: list[tuple[str, str, str, float]]) -> str:
    lines = [f"{o},{n},{a},{d},{m}" for n, (o, a, d, m) in enumerate(rows, start=1)]
    return "order_id,line_no,account_id,date,amount\n" + "\n".join(lines) + "\n"


def test_completeness_with_money_at_stake(folder: Make) -> None:
    accounts = "account_id,name,industry\n007,A,\n008,B,rail\n"
    frame = report(folder(accounts__csv=accounts))
    cells = frame[frame["code"] == "empty_cells"].set_index(["table", "column"])
    row = cells.loc[("accounts", "industry")]
    assert (row["rows"], row["n"], row["share"], row["money"]) == (1, 2, 0.5, 10.5)
    assert (row["level"], row["origin"]) == ("warning", "S031; house")
    assert cells.loc[("accounts", "parent_id"), "level"] == "info"
    absent = frame[frame["code"] == "table_absent"]["table"].tolist()
    assert absent == ["account_years", "category_spend", "criterion_ratings", "competitor_ratings"]


def test_accounts_and_orders(folder: Make) -> None:
    names = ("007,银杏机电（上海）股份有限公司", "008,银杏机电(上海)有限公司", "0,散客", "9,Idle")
    accounts = "account_id,name\n" + "\n".join(names) + "\n"
    orders = orders_file(
        [
            ("1", "0", "2026-06-29", 90.0),
            ("2", "007", "2026-06-29", 15.0),
            ("3", "008", "2026-06-29", -5.0),
            ("4", "008", "2026-06-29", 0.0),
            ("4", "008", "2026-06-29", 0.0),
        ]
    )
    frame = report(folder(accounts__csv=accounts, orders__csv=orders))
    assert one(frame, "accounts_without_orders")["value"] == "9"
    assert one(frame, "look_alike_names")["rows"] == 2
    assert one(frame, "look_alike_names")["money"] == 10.0
    assert one(frame, "stand_in_account")["money"] == 90.0
    assert one(frame, "dominant_account")["value"] == "0"
    assert one(frame, "negative_amounts")["money"] == -5.0
    assert one(frame, "zero_amounts")["rows"] == 2
    assert one(frame, "repeated_lines")["rows"] == 1


def test_orders_without_account_need_a_lenient_load(folder: Make) -> None:
    orders = orders_file([("1", "zzz", "2026-01-01", 3.0), ("2", "007", "2026-01-01", 4.0)])
    frame = report(folder(orders__csv=orders), strict=False)
    row = one(frame, "orders_without_account")
    assert (row["rows"], row["money"]) == (1, 3.0)
    assert one(frame, "unknown_reference")["rows"] == 1


def test_days_out_of_place(folder: Make) -> None:
    frame = report(folder(orders__csv=orders_file([("1", "007", "2026-07-01", 3.0)])))
    assert one(frame, "after_as_of")["money"] == 3.0
    frame = report(folder(orders__csv=orders_file([("1", "007", "2026-01-31", 3.0)])))
    assert one(frame, "stale_as_of")["value"] == "2026-01-31 … 2026-06-30"


@pytest.mark.parametrize(
    ("last", "lines", "found"), [(12, 3, True), (12, 9, False), (28, 3, False)]
)
def test_a_partial_last_month(folder: Make, last: int, lines: int, found: bool) -> None:
    rows = [("1", "007", f"2026-{m:02}-{d:02}", 1.0) for m in (3, 4, 5) for d in range(1, 11)]
    rows += [("1", "007", f"2026-06-{last - d:02}", 1.0) for d in range(lines)]
    frame = report(folder(orders__csv=orders_file(rows)))
    assert ("partial_last_month" in set(frame["code"])) is found


def test_money_is_unknown_where_currencies_mix(folder: Make) -> None:
    orders = (
        "order_id,account_id,date,amount,currency\n1,007,2026-06-29,1,\n2,008,2026-06-29,-1,USD\n"
    )
    frame = report(folder(orders__csv=orders))
    assert one(frame, "mixed_currency")["value"] == "CNY, USD"
    assert pd.isna(one(frame, "negative_amounts")["money"])
    assert frame["money"].isna().all()


def test_no_orders_and_no_rows(folder: Make) -> None:
    frame = report(folder(orders__csv=None))
    assert frame["money"].isna().all()
    empty = "order_id,account_id,date,amount\n"
    frame = report(folder(orders__csv=empty, accounts__csv="account_id,name\n"))
    assert set(frame["code"]) == {"table_absent"}  # a table without rows is as good as none
    assert frame["share"].isna().all()


def test_the_import_log_is_read(folder: Make) -> None:
    log = (
        "code,file,row,column,before,after,proof,count\n"
        + "rejoined_cells,a,1,b,x | y,xy,p,1\n" * 3
    )
    row = one(report(folder(import_log__csv=log)), "rejoined_cells")
    assert (row["rows"], row["value"]) == (3, "x | y → xy")


def test_names() -> None:
    assert name_key("Ahorn GmbH & Co. KG") == name_key("AHORN gmbh")
    assert name_key("云杉集团") != name_key("云杉有限公司")
    assert name_key("GTXPro") == name_key("GTX Pro")
    assert name_key("有限公司") == "有限公司"
    assert name_key(None) == ""
    assert not nobody("银杏")
    empty = look_alikes(pd.DataFrame({"account_id": ["1", "2"], "name": [None, None]}, dtype="str"))
    assert empty.empty
