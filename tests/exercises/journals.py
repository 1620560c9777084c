"""Journals for tests: made, filled, spoiled, and what a failing one says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kamkit.errors import KamkitError
from kamkit.exercises.journal import SqliteJournal
from kamkit.i18n import describe

WHO = {"cohort": "2026-06", "trainee": "李雷"}


def opened(path: Path, **options) -> SqliteJournal:
    return SqliteJournal(path, **{**WHO, **options})


def fill(path: Path, count: int, size: int = 50) -> list[str]:
    journal = opened(path)
    data = {"answer": {"parts": {"a": "字" * size}}}
    ids = [journal.append("draft", f"m{n % 5}", 1, data).id for n in range(count)]
    journal.close()
    return ids


def code_of(failing) -> str:
    with pytest.raises(KamkitError) as caught:
        failing()
    for lang in ("zh", "en"):
        sentence = describe(caught.value, lang)
        assert "→" in sentence and "{" not in sentence
    return caught.value.problems[0].code


def sqlite_run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
