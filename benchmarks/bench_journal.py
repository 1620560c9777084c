"""The journal against a bare file: one event safe on the disk, and 2,000 events read and folded.

The bare statement appends a line of the same size to a file and syncs it. Prints the medians
in milliseconds, their ratio, and the time from opening to the folded progress.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.progress import progress

DATA = {"answer": {"parts": {f"part_{n}": "值" * 20 for n in range(8)}, "reason": "因为" * 20}}


def timed(step: Callable[[], object], count: int) -> float:
    """Median seconds of a callable."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        line = (json.dumps(DATA, ensure_ascii=False) + "\n").encode("utf-8")
        with (Path(folder) / "bare").open("ab", buffering=0) as file:

            def bare() -> None:
                file.write(line)
                os.fsync(file.fileno())

            reference = timed(bare, count)
        path = Path(folder) / "journal.sqlite"
        journal = SqliteJournal(path, cohort="c", trainee="t")
        ours = timed(lambda: journal.append("draft", "m01", 1, DATA), count)
        journal.close()
        start = time.perf_counter()
        again = SqliteJournal(path, cohort="c", trainee="t")
        progress(again.events())
        opened = time.perf_counter() - start
        again.close()
    print(f"append: {ours * 1e3:.2f} ms; bare write and sync: {reference * 1e3:.2f} ms")
    print(f"ratio {ours / reference:.2f}; open and fold {count} events: {opened * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
