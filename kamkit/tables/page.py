"""The page docs/tables.md, made from the schema and the catalogs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from kamkit.tables.config import Config, config_text
from kamkit.tables.schemas import TABLES, ColumnSpec, TableSpec, spec

Words = Mapping[str, str]


def tables_page(zh: Words, en: Words) -> str:
    """All canonical tables in both languages, as Markdown.

    ``zh`` and ``en`` are the catalogs by dotted key; this room knows no language itself.
    """
    both = _Both(zh, en)
    example = config_text(
        Config(
            id="acme",
            name_zh="示例公司",
            name_en="Example",
            currency="CNY",
            as_of=dt.date(2026, 6, 30),
            language="zh",
            schemes=("elevator",),
        )
    )
    lines = [
        f"# {both('title')}",
        "",
        f"<!-- {zh['tables_page.made']} {en['tables_page.made']} -->",
    ]
    for words in (zh, en):
        parts = ("folder", "cells", "rows", "encoding", "fiscal")
        lines += ["", *(f"- {words[f'tables_page.{part}']}" for part in parts)]
    lines += ["", f"## {both('config')}: `kamkit.toml`", "", "```toml", example.rstrip(), "```"]
    for name in TABLES:
        lines += _table(spec(name), both)
    return "\n".join(lines) + "\n"


class _Both:
    """Words of the page in both languages, one beside the other."""

    def __init__(self, zh: Words, en: Words) -> None:
        self.zh, self.en = zh, en

    def __call__(self, key: str) -> str:
        return f"{self.zh[f'tables_page.{key}']} · {self.en[f'tables_page.{key}']}"

    def unit(self, table: str, column: ColumnSpec) -> tuple[str, str]:
        """Unit of a column: its own within the table, its own anywhere, that of its type."""
        keys = (f"unit.of_{table}.{column.name}", f"unit.{column.name}", f"unit.{column.kind}")
        key = next(k for k in keys if k in self.en)
        return self.zh[key], self.en[key]


def _table(table: TableSpec, both: _Both) -> list[str]:
    heads = ("column", "type", "must", "unit", "allowed", "refers")
    titles = [both(head) for head in heads]
    titles[3:4] = [both.zh["tables_page.unit"], both.en["tables_page.unit"]]
    return [
        "",
        f"## `{table.name}`",
        "",
        f"{both.zh[f'table.{table.name}']}  ",
        both.en[f"table.{table.name}"],
        "",
        f"{both('key')}: {', '.join(f'`{c}`' for c in table.key)}  ",
        f"{both('modules')}: {', '.join(table.modules)}",
        "",
        _line(titles),
        _line(["---"] * len(titles)),
        *(_line(_cells(table.name, column, both)) for column in table.columns),
    ]


def _cells(table: str, column: ColumnSpec, both: _Both) -> list[str]:
    refers = f"`{'.'.join(column.refers)}`" if column.refers else ""
    return [
        f"`{column.name}`",
        column.kind,
        "✓" if column.must else "",
        *both.unit(table, column),
        column.allowed,
        refers,
    ]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
