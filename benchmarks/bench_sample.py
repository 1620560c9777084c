"""How long sample companies take, next to a bare numpy draw of as many order lines.

Run: python benchmarks/bench_sample.py [accounts orders]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kamkit.tables.sample import generate, write_sample


def timed(accounts: int, orders: int) -> None:
    """Print seconds for generating, for writing, and for the bare draw."""
    begin = time.perf_counter()
    tables = generate("elevator", seed=7, accounts=accounts, orders=orders)
    made = time.perf_counter() - begin
    lines = len(tables["orders"])
    begin = time.perf_counter()
    rng = np.random.default_rng(7)
    np.sort(np.exp(rng.standard_normal(lines))).cumsum()
    bare = time.perf_counter() - begin
    print(
        f"{accounts:>7,} accounts {lines:>9,} order lines: generate {made:6.2f} s, "
        f"bare numpy draw, sort and sum {bare:5.2f} s, ratio {made / bare:7.1f}"
    )


def main() -> None:
    """The committed size, a million order lines, and many accounts."""
    if len(sys.argv) == 3:
        timed(int(sys.argv[1]), int(sys.argv[2]))
        return
    for accounts, orders in ((120, 7_200), (2_000, 1_000_000), (100_000, 1_000_000)):
        timed(accounts, orders)
    with tempfile.TemporaryDirectory() as place:
        begin = time.perf_counter()
        write_sample("elevator", 7, 2_000, Path(place) / "big", orders=1_000_000)
        print(
            f"  2,000 accounts 1,000,000 order lines, generated and written as CSV: "
            f"{time.perf_counter() - begin:6.2f} s"
        )


if __name__ == "__main__":
    main()
