"""Any valid table comes back equal from CSV, Parquet and XLSX."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kamkit.tables import TABLES, load, spec, write_company
from kamkit.tables.cells import MOST, settle
from kamkit.tables.config import Config
from kamkit.tables.schemas import ColumnSpec

CONFIG = Config("acme", "CNY", dt.date(2026, 6, 30))
LETTERS = "abXYZ019.,;\"'=+-@#%\n 客户赟喆€é（）／·"
WORDS = ["NA", "NULL", "None", "nan", "true", "2024-01-01", "=1+1", "1e5", "007", "'", '"', "∅"]


def texts() -> st.SearchStrategy[str]:
    free = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
    return st.one_of(st.sampled_from(WORDS), free)


def values(column: ColumnSpec) -> st.SearchStrategy[Any]:
    low, high = column.low, column.high
    if column.options:
        return st.sampled_from(column.options)
    if column.kind == "id":
        return texts().filter(lambda t: not (t.endswith(".0") and t[:-2].isdigit()))
    if column.name == "currency":
        return st.just(CONFIG.currency)  # a table in foreign money only is refused
    if column.kind == "text":
        return texts()
    if column.kind == "tags":
        tags = st.lists(st.sampled_from(["a", "b 1", "客户"]), min_size=1, max_size=3, unique=True)
        return tags.map(";".join)
    if column.kind == "date":
        return st.dates(dt.date(1901, 1, 1), dt.date(2999, 12, 31)).map(pd.Timestamp)
    if column.kind == "bool":
        return st.booleans()
    if column.kind == "int":
        top = int(high) if high is not None else 2**53 - 1
        return st.integers(int(low) if low is not None else -(2**53) + 1, top)
    low = -MOST if low is None else low
    return st.floats(low, MOST if high is None else high, allow_nan=False)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    table = spec(draw(st.sampled_from(TABLES)))
    own = [c for c in table.columns if not (c.refers and c.refers[0] == table.name)]
    chosen = [c for c in own if c.must or draw(st.booleans())]
    size = draw(st.integers(0, 4))
    data = {}
    for column in chosen:
        cell = values(column) if column.must else st.one_of(st.none(), values(column))
        cells = [draw(cell) for _ in range(size)]
        data[column.name] = pd.Series(cells, dtype="object").astype(
            "float64" if column.dtype == "float64" else column.dtype
        )
    frame = pd.DataFrame(data)
    key = [c for c in table.key if c in frame.columns]
    return table.name, settle(frame.drop_duplicates(key), table.name)


@pytest.mark.parametrize(("form", "examples"), [("csv", 120), ("parquet", 60), ("xlsx", 60)])
def test_round_trip(form: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(tables())
    def holds(case: tuple[str, pd.DataFrame]) -> None:
        name, frame = case
        with tempfile.TemporaryDirectory() as folder:
            out = write_company(CONFIG, {name: frame}, Path(folder) / "c", format=form)
            company = load(out)
            assert_frame_equal(company.table(name), frame, check_exact=True)

    holds()
