"""Reading a rendered page as a person would: the visible words only."""

from __future__ import annotations

import re
from html.parser import HTMLParser


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
