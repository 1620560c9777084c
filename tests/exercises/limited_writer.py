"""Writes to a journal on a disk that fills up: child of the disk tests."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from kamkit.errors import KamkitError
from kamkit.exercises.journal import SqliteJournal


def main(path: str, limit: int) -> None:
    journal = SqliteJournal(Path(path), cohort="c", trainee="t")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for _ in range(200):
        try:
            event = journal.append("draft", "m1", 1, {"answer": {"parts": {"a": "x" * 3000}}})
        except KamkitError as error:
            sys.stdout.write(f"problem {error.problems[0].code}\n")
            break
        sys.stdout.write(f"ack {event.id}\n")
    # Room again: the same journal goes on.
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sys.stdout.write(f"ack {journal.append('draft', 'm1', 1, {}).id}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
