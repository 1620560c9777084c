"""A journal that comes into being with the first thing to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError

if TYPE_CHECKING:
    from kamkit.exercises.desk import Desk
    from kamkit.exercises.progress import Event


class LazyJournal:
    """The desk's journal; looking at an exercise creates no file, writing does."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def append(
        self,
        kind: str,
        exercise: str = "",
        version: int = 0,
        data: Mapping[str, Any] | None = None,
        *,
        private: bool = False,
    ) -> Event:
        """Record one event; it is safe on the disk when this returns."""
        return self.desk.journal.append(kind, exercise, version, data, private=private)

    def events(self, exercise: str = "") -> list[Event]:
        """All events in order, or those of one exercise; none before anything was written."""
        if not self.desk.file.exists():
            return []
        return self.desk.journal.events(exercise)

    def own_rows(self) -> list[dict[str, Any]]:
        """The trainee's own accounts as last entered; none if there are none."""
        kept = [e.data for e in self.events() if e.type == "own_accounts"]
        return [dict(row) for row in kept[-1].get("rows", ())] if kept else []


class ClosedJournal:
    """Stands in for a journal that can't be read: the exercise shows, and writing says why not."""

    def __init__(self, error: KamkitError) -> None:
        self.error = error

    def append(
        self,
        kind: str,
        exercise: str = "",
        version: int = 0,
        data: Mapping[str, Any] | None = None,
        *,
        private: bool = False,
    ) -> Event:
        """Raise what was wrong with the journal."""
        raise KamkitError(*self.error.problems)

    def events(self, exercise: str = "") -> list[Event]:
        """Nothing is known."""
        return []

    def own_rows(self) -> list[dict[str, Any]]:
        """Nothing is known."""
        return []
