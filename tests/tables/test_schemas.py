"""The schema file, its page, and what importing the room costs."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import catalog
from kamkit.tables import TABLES, spec, tables_page
from kamkit.tables.schemas import parse_column, parse_tables, split_tags
from kamkit.tables.validate import frame_schema

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", TABLES)
def test_keys_and_references_exist(name: str) -> None:
    table = spec(name)
    assert set(table.key) <= set(table.names)
    assert table.modules
    for column in table.columns:
        if column.refers:
            home, target = column.refers
            assert target in spec(home).names


@pytest.mark.parametrize("name", TABLES)
def test_pandera_schema_mirrors_the_table(name: str) -> None:
    schema = frame_schema(name)
    assert tuple(schema.columns) == spec(name).names
    assert schema.unique == list(spec(name).key)
    for column in spec(name).columns:
        assert schema.columns[column.name].required is column.must


def test_column_lines() -> None:
    column = parse_column("c", "enum:a|b!")
    assert (column.kind, column.options, column.must) == ("enum", ("a", "b"), True)
    column = parse_column("c", "id! -> accounts.account_id")
    assert column.refers == ("accounts", "account_id")
    column = parse_column("c", "share")
    assert (column.low, column.high) == (0.0, 1.0)
    assert parse_column("c", "int [1,]").high is None
    assert split_tags(" a ; ;b") == ("a", "b")


@pytest.mark.parametrize("line", ["", "float", "int [1]", "text -> accounts", "enum:"])
def test_a_faulty_line_is_named(line: str) -> None:
    with pytest.raises(KamkitError) as error:
        parse_tables({"t": {"key": ["c"], "columns": {"c": line}}})
    assert [p.code for p in error.value.problems] == ["bad_schema"]


def test_unknown_table_lists_the_tables() -> None:
    with pytest.raises(KamkitError) as error:
        spec("order")
    assert "orders" in str(error.value)


def test_page_is_up_to_date() -> None:
    page = tables_page(catalog("zh"), catalog("en"))
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == page
    for name in TABLES:
        assert f"## `{name}`" in page


def test_every_code_has_its_sentences() -> None:
    codes = set()
    for path in (ROOT / "kamkit/tables").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'(?:Problem|cell_problems|_warn)\(\s*"([a-z_]+)"', text))
    codes |= {"not_a_number", "not_a_whole_number", "not_a_date", "not_yes_or_no"}
    codes |= {"not_allowed", "out_of_range", "ragged_row", "unproved_repair"}
    for lang in ("zh", "en"):
        words = catalog(lang)
        lost = [f"{p}.{c}" for c in codes for p in ("problem", "advice") if f"{p}.{c}" not in words]
        assert lost == []


def test_sentences_ask_for_the_same_values() -> None:
    zh, en = catalog("zh"), catalog("en")
    for key in zh:
        if key.startswith(("problem.", "advice.")):
            fields = [
                sorted(f[1] for f in string.Formatter().parse(w[key]) if f[1]) for w in (zh, en)
            ]
            assert fields[0] == fields[1], key


def test_importing_the_room_is_cheap() -> None:
    code = (
        "import sys, kamkit.tables, kamkit.tables.schemas, kamkit.tables.config;"
        "print([m for m in ('pandas', 'pandera', 'pyarrow', 'openpyxl') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_names_are_functions_after_all_modules_loaded() -> None:
    import kamkit.tables as room

    for name in room.__all__:
        assert getattr(room, name).__class__.__name__ != "module", name
