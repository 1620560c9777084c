"""Writes to a journal and says so, until it is killed: child of the kill tests."""

from __future__ import annotations

import sys
from pathlib import Path

from kamkit.exercises.journal import SqliteJournal


def main(path: str, count: int, size: int) -> None:
    out = sys.stdout
    journal = SqliteJournal(Path(path), cohort="c", trainee="t")
    out.write("open\n")
    out.flush()
    for n in range(count):
        data = {"answer": {"parts": {"value": str(n), "text": "客" * size}}}
        event = journal.append("draft", f"m{n % 7}", 1, data)
        out.write(f"ack {event.id}\n")
        out.flush()
    journal.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
