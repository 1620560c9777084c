"""A cohort as files for other programs: attempts as CSV, events as JSON lines."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from kamkit.errors import KamkitError, Problem, writing
from kamkit.exercises.cohort import CohortStore
from kamkit.exercises.cohort.views import attempts
from kamkit.exercises.handin import unnamed
from kamkit.exercises.journal.records import event_line, json_text
from kamkit.exercises.model import FORMAT

KIND = "kamkit-cohort"
# Full-width signs too: spreadsheets on Chinese Windows take them for the plain ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def formula_safe(text: str) -> str:
    """Text that a spreadsheet shows and never computes.

    >>> formula_safe("=1+1"), formula_safe("李雷")
    ("'=1+1", '李雷')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def export_cohort(store: CohortStore, out: Path, *, cohort: str = "", named: bool = True) -> int:
    """Write a cohort, or all: ``.csv`` one row an attempt, ``.jsonl`` one event a line.

    CSV has a byte-order mark, and no cell that a spreadsheet would compute. JSON lines begin
    with a header; a line is as in a hand-in. Without ``named`` the alias stands in place of
    the trainee. Returns the number of rows or events.

    Raises KamkitError: ``not_allowed`` (suffix), ``cannot_write``.
    """
    makers = {".csv": _csv, ".jsonl": _jsonl}
    make = makers.get(out.suffix.lower())
    if make is None:
        details = {"allowed": ", ".join(makers)}
        raise KamkitError(Problem("not_allowed", value=out.suffix, details=details))
    rows, text = make(store, cohort, named)
    work = out.with_name(f".{uuid4().hex}.part")
    with writing(out):
        try:
            work.write_text(text, encoding="utf-8", newline="")
            work.replace(out)
        finally:
            work.unlink(missing_ok=True)
    return rows


def _csv(store: CohortStore, cohort: str, named: bool) -> tuple[int, str]:
    table = attempts(store, cohort)
    if not named:
        shown = _shown(store, cohort)
        who = zip(table["cohort"], table["trainee"], strict=True)
        table["trainee"] = [shown[key] for key in who]
        table = table.drop(columns="alias")
    for name in table.columns.difference(["version", "attempt", "own", "score"]):
        table[name] = [formula_safe(str(value)) for value in table[name]]
    return len(table), "\ufeff" + str(table.to_csv(index=False, lineterminator="\r\n"))


def _jsonl(store: CohortStore, cohort: str, named: bool) -> tuple[int, str]:
    events = store.events(cohort)
    if not named:
        shown = _shown(store, cohort)
        groups = groupby(events, key=lambda e: (e.cohort, e.trainee))
        events = [e for who, own in groups for e in unnamed(own, shown[who])]
    header = {
        "format": FORMAT,
        "kind": KIND,
        "made_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "cohort": cohort,
        "events": len(events),
    }
    lines = [json_text(header), *(event_line(e) for e in events)]
    return len(events), "".join(f"{line}\n" for line in lines)


def _shown(store: CohortStore, cohort: str) -> dict[tuple[str, str], str]:
    """Alias by trainee; where two of a cohort chose the same, each gets a number."""
    taken: dict[tuple[str, str], int] = {}
    shown = {}
    for (group, trainee), alias in sorted(store.aliases(cohort).items()):
        count = taken[group, alias] = taken.get((group, alias), 0) + 1
        shown[group, trainee] = alias if count == 1 else f"{alias} ({count})"
    return shown
