"""Records calibration changes and says so, until it is killed: child of the kill tests."""

from __future__ import annotations

import sys

from kamkit.widgets.calibration.journal import CalibrationJournal

if __name__ == "__main__":
    journal = CalibrationJournal(sys.argv[1], period="2026H1")
    sys.stdout.write("open\n")
    sys.stdout.flush()
    for n in range(100_000):
        change = journal.record(f"M{n % 7}", "duty", n, n + 1, "理由" * int(sys.argv[2]))
        sys.stdout.write(f"ack {change.change_id}\n")
        sys.stdout.flush()
