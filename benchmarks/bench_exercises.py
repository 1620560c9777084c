"""The exercise room without a browser: check, variants, journal, each beside a bare statement.

Goals: a check within 20 ms, a variant within 20 ms, an append within 10 ms (safe on the disk
when it returns). Everything is timed in this one run.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from kamkit.exercises.bank import bank_folder, load_bank, make_variant, read_exercise
from kamkit.exercises.check import check, understand
from kamkit.exercises.figures import read_figure
from kamkit.exercises.forms import variant_data
from kamkit.exercises.grade import best_parts
from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.kinds import parts
from kamkit.exercises.model import Exercise, Sample, Variant
from kamkit.exercises.progress import progress

SEEDS, ROUNDS, APPENDS = 10, 5, 300
Case = tuple[Exercise, Variant, dict[str, Any]]
Times = list[float]


def timed(calls: Iterable[Callable[[], object]]) -> Times:
    """Milliseconds of each call."""
    found = []
    for call in calls:
        start = time.perf_counter()
        call()
        found.append(1000 * (time.perf_counter() - start))
    return found


def line(name: str, ours: Times, bare: Times, what: str) -> None:
    """Median and 95th percentile of ours, and how many times the bare statement that is."""
    p95 = quantiles(ours, n=20)[-1]
    ratio = median(ours) / median(bare)
    print(
        f"{name:22} n {len(ours):6,}  median {median(ours):8.3f} ms  p95 {p95:8.3f} ms  "
        f"{ratio:6.1f} x {what} ({median(bare):.4f} ms)"
    )


def given(variant: Variant, exercise: Exercise, sample: Sample) -> dict[str, Any]:
    """The answer of a sample."""
    if sample.use == "key":
        base = best_parts(variant, parts(exercise, variant))
    else:
        base = dict(variant.traps[sample.use]) if sample.use else {}
    values = {**base, **sample.parts}
    return {"parts": values, "reason": sample.reason, "confirmed": True}


def cases(bank: Iterable[Exercise]) -> list[Case]:
    """All samples of the bank, blind ones too, each on its variant."""
    found = []
    for exercise in bank:
        for sample in (*exercise.samples, *exercise.blind):
            variant = make_variant(exercise, sample.seed)
            found.append((exercise, variant, given(variant, exercise, sample)))
    return found


def checks(all_cases: Sequence[Case]) -> None:
    """Understanding and checking, next to parsing the same answer from the browser's message."""
    ours = timed(lambda c=c: (understand(*c), check(*c)) for _ in range(ROUNDS) for c in all_cases)
    texts = [json.dumps(answer, ensure_ascii=False) for _, _, answer in all_cases]
    bare = timed(lambda t=t: json.loads(t) for _ in range(ROUNDS) for t in texts)
    line("understand + check", ours, bare, "json.loads(answer)")


def variants(bank: Sequence[Exercise]) -> None:
    """Making variants, next to writing them as JSON; the slowest recipes by name."""
    drawn = [e for e in bank if e.recipe]
    made: dict[str, Times] = {}
    for exercise in drawn:
        make_variant(exercise, 0)
        made[exercise.id] = timed(lambda e=exercise, s=s: make_variant(e, s) for s in range(SEEDS))
    data = [variant_data(make_variant(e, 0)) for e in drawn]
    bare = timed(lambda d=d: json.dumps(d, ensure_ascii=False) for d in data)
    line("make_variant", [t for times in made.values() for t in times], bare, "json.dumps(variant)")
    slowest = sorted(made, key=lambda i: median(made[i]), reverse=True)[:5]
    print("  slowest: " + ", ".join(f"{i} {median(made[i]):.1f} ms" for i in slowest))


def files() -> None:
    """Reading and validating one exercise, next to reading its file's bytes."""
    paths = sorted(bank_folder().glob("*/*.toml"))
    ours = timed(lambda p=p: read_exercise(p) for p in paths)
    bare = timed(lambda p=p: p.read_bytes() for p in paths)
    line("read_exercise", ours, bare, "read_bytes")


def figures() -> None:
    """Reading a typed number, next to float()."""
    typed = ["￥1,200,000", "三百五十万", "60%", "1.2m", "3万5千", "约 300 万元", "1,5", "20-30%"]
    ours = timed(lambda t=t: read_figure(t, "money") for _ in range(100) for t in typed)
    bare = timed(lambda: float("1200000.5") for _ in range(800))
    line("read_figure", ours, bare, "float()")


def journal(answer: dict[str, Any]) -> None:
    """Appending an answer, next to a bare INSERT that is as safe; and folding them all."""
    with tempfile.TemporaryDirectory() as room:
        ours = SqliteJournal(Path(room) / "ours.sqlite", cohort="bench", trainee="bench")
        kept = timed(
            lambda: ours.append("draft", "m01_pareto", 1, {"answer": answer})
            for _ in range(APPENDS)
        )
        bare = sqlite3.connect(Path(room) / "bare.sqlite", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE events (data TEXT)")
        text = json.dumps(answer, ensure_ascii=False)
        inserts = timed(
            lambda: bare.execute("INSERT INTO events VALUES (?)", (text,)) for _ in range(APPENDS)
        )
        line("journal append", kept, inserts, "INSERT, WAL, FULL")
        folds = timed(lambda: progress(ours.events()) for _ in range(ROUNDS))
        rows = timed(
            lambda: bare.execute("SELECT data FROM events").fetchall() for _ in range(ROUNDS)
        )
        line(f"fold of {len(ours.events())} events", folds, rows, "SELECT")
        bare.close()
        ours.close()


def main() -> None:
    """Print one line a part."""
    bank = list(load_bank().values())
    all_cases = cases(bank)
    print(f"{len(bank)} exercises, {len(all_cases)} sample answers")
    checks(all_cases)
    variants(bank)
    files()
    figures()
    journal(all_cases[0][2])


if __name__ == "__main__":
    main()
