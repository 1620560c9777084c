"""Pages made from a template and a few tables, and read as a person would: visible words only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pandas as pd

from kamkit.reports import to_html
from kamkit.tables import TABLES, spec

NAMES = set(TABLES) | {column.name for name in TABLES for column in spec(name).columns}
CONFIG = (
    '[company]\nid = "acme"\nname_zh = "样例"\nname_en = "Acme"\ncurrency = "CNY"\n'
    "as_of = 2026-06-30\n"
)


class _Words(HTMLParser):
    HIDDEN = ("style", "script", "code", "svg")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in self.HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def visible(page: str) -> str:
    """The visible text of a page, figures left out."""
    reader = _Words()
    reader.feed(page)
    return re.sub(r"\s+", " ", " ".join(reader.words))


def raw_keys(page: str, known: set[str]) -> set[str]:
    """Keys that no catalog turned into words; names of tables and columns are not counted."""
    found = set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", visible(page)))
    return found - known


def page_maker(template: Path, folder: Path, **options: Any) -> Callable[..., str]:
    """Run a template in this process: ``make(tables, lang, **more)`` gives the page."""

    def make(tables: Mapping[str, pd.DataFrame], lang: str, **more: Any) -> str:
        (folder / "kamkit.toml").write_text(CONFIG, encoding="utf-8")
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8")
        blocks: list[Any] = []
        names: dict[str, Any] = {}
        with patch("IPython.display.display", blocks.append):
            for cell in nbformat.read(template, as_version=4).cells:
                exec(compile(cell.source, cell.id, "exec"), names)  # noqa: S102 (our own template)
                if cell.id == "parameters":
                    names |= {"company": str(folder), "language": lang, **options, **more}
        return to_html(blocks, lang)

    return make


def check_page(page: str) -> str:
    """The visible text of a page without raw keys, gaps or anything from outside."""
    text = visible(page)
    assert raw_keys(page, NAMES) == set()
    assert "nan" not in text.lower().split() and "NaT" not in text and "{" not in text
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org/", "")
    appendix = page[page.index('id="sources"') :]
    assert "<td>–</td>" not in appendix
    return text
