"""Tables without fault are found so without pandera; any fault still reaches it."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from kamkit.tables.schemas import spec
from kamkit.tables.validate import _sound, frame_schema, table_problems

GOOD = {
    "account_id": ["a", "b"],
    "year": [2024, 2024],
    "status": ["actual", "forecast"],
    "revenue": [1.0, 2.0],
    "category_spend": [0.0, None],
}
FAULTS: list[dict[str, list[object]]] = [
    {"account_id": ["a", "a"]},
    {"account_id": ["a", None]},
    {"year": [2024, 1800]},
    {"status": ["actual", "guess"]},
    {"status": ["actual", None]},
    {"category_spend": [-1.0, None]},
    {"category_spend": ["1", "x"]},
]


def test_a_good_table_is_sound() -> None:
    frame = pd.DataFrame(GOOD, index=[1, 2])
    frame_schema("account_years", present=list(frame.columns), dtypes=False).validate(frame)
    assert _sound(frame, spec("account_years"))
    assert _sound(frame.iloc[:0], spec("account_years"))
    assert table_problems(frame, "account_years") == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault))
def test_a_fault_is_seen(fault: dict[str, list[object]]) -> None:
    frame = pd.DataFrame(GOOD | fault, index=[1, 2])
    assert not _sound(frame, spec("account_years"))


@pytest.mark.parametrize("lost", ["account_id", "year", "status", "revenue"])
def test_a_missing_column_is_seen(lost: str) -> None:
    frame = pd.DataFrame(GOOD, index=[1, 2]).drop(columns=lost)
    assert not _sound(frame, spec("account_years"))
    assert "missing_column" in {p.code for p in table_problems(frame, "account_years")}


def test_a_sample_company_loads_without_the_heavy_parts() -> None:
    code = (
        "import sys, kamkit; kamkit.load('elevator'); import kamkit.methods.selection.agreement;"
        "print({'pandera', 'pydantic', 'scipy.stats', 'matplotlib'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert run.stdout.strip() == "set()"
