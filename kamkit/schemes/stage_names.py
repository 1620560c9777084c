"""Which ladder an export follows, and which stage each of its names means."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.schemes.files import read_toml, wrong_format
from kamkit.schemes.shape import Notes, check_entry
from kamkit.schemes.stages import HOUSE, Ladder, ladder_ids, load_ladder

_MAPPING_KEYS = {"format": "count!", "ladder": "text", "stages": "sections!"}
# Spreadsheets save text as UTF-8 with a mark or, in Chinese Windows, as GB 18030.
_ENCODINGS = ("utf-8-sig", "gb18030")


def _distinct(names: Iterable[object]) -> list[str]:
    """Names as they stand, each once, without empty cells."""
    words = (str(n) for n in names if n is not None and n == n)
    return [w for w in dict.fromkeys(words) if w.strip()]


def stage_ids(
    names: Iterable[object], ladder: Ladder, mapping: Mapping[str, str] | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Stage id by name as exported, and the names that mean nothing on this ladder.

    ``mapping`` (see :func:`read_stage_mapping`) goes before the ladder's own names.

    >>> stage_ids(["2-Qualification", "Pilot"], load_ladder("salesforce"))
    ({'2-Qualification': 'qualification'}, ('Pilot',))
    """
    own = mapping or {}
    found: dict[str, str] = {}
    missing: list[str] = []
    for name in _distinct(names):
        stage = ladder.find(own.get(name, own.get(name.strip(), name)))
        if stage is None:
            missing.append(name)
        else:
            found[name] = stage.id
    return found, tuple(missing)


def ladder_for(stage_names: Iterable[object]) -> tuple[Ladder | None, tuple[str, ...]]:
    """The shipped ladder that fits an export's stage names best, and the names it lacks.

    The ladder with most of the names wins, then the one of which the export uses the larger
    part, then the house ladder. None where no ladder knows any stage of an open deal: won and
    lost are called the same everywhere and decide nothing.

    >>> ladder, unmatched = ladder_for(["Qualify", "Develop", "Propose", "On hold"])
    >>> ladder.id, unmatched
    ('dynamics', ('On hold',))
    >>> ladder_for(["phase A", "won"])[0] is None
    True
    """
    names = _distinct(stage_names)
    best: tuple[tuple[int, float], Ladder | None] = ((0, 0.0), None)
    for ladder_id in ladder_ids("deals"):
        ladder = load_ladder(ladder_id)
        found, _ = stage_ids(names, ladder)
        used = set(found.values()) & set(ladder.open_ids)
        score = (len(found), len(used) / len(ladder.open_ids))
        if used and score > best[0]:
            best = (score, ladder)
    chosen = best[1]
    return chosen, stage_ids(names, chosen)[1] if chosen else tuple(names)


def read_stage_mapping(path: str | Path) -> Mapping[str, str]:
    """A company's stage names and the stage that each means, from a TOML or CSV file.

    TOML: ``format = 1``, optionally ``ladder = "<id>"`` (house unless told), and ``[stages]``
    with one line a name. CSV: a heading line, then name and stage; the stage may be written by
    id or by its label in either language. Returns the stage id by name, in the file's order.
    Raises KamkitError with every fault: unknown stage, name given twice, nothing in the file.
    """
    if Path(path).suffix.lower() == ".csv":
        rows, name = _csv_rows(Path(path)), Path(path).name
        return _mapping(Notes(name), rows, load_ladder(HOUSE))
    raw, name = read_toml(path)
    notes = Notes(name)
    if not wrong_format(notes, raw):
        check_entry(notes, _MAPPING_KEYS, raw, "")
        notes.one_of(raw.get("ladder", HOUSE), ladder_ids(), "ladder")
    KamkitError.collect(notes.found)
    listed = [(None, key, value) for key, value in raw["stages"].items()]
    return _mapping(notes, listed, load_ladder(raw.get("ladder", HOUSE)))


def _csv_rows(file: Path) -> list[tuple[int | None, str, Any]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KamkitError(Problem("scheme_unreadable", file.name, details=cause(error))) from error
    rows = list(csv.reader(io.StringIO(_decoded(data, file.name), newline="")))[1:]
    cells = [[c.strip() for c in (*row, "", "")] for row in rows]
    return [(i, row[0], row[1]) for i, row in enumerate(cells, 1) if any(row)]


def _decoded(data: bytes, name: str) -> str:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            failed = error
    raise KamkitError(Problem("scheme_unreadable", name, details=cause(failed)))


def _mapping(
    notes: Notes, rows: Sequence[tuple[int | None, str, Any]], ladder: Ladder
) -> Mapping[str, str]:
    found: dict[str, str] = {}
    allowed = ", ".join(ladder.stage_ids)
    for row, name, target in rows:
        stage = ladder.find(target) if isinstance(target, str) and target.strip() else None
        if stage is not None and name and name not in found:
            found[name] = stage.id
            continue
        code = "scheme_duplicate" if name in found else "scheme_unknown_reference"
        value = name if name in found else target or "–"
        where = (notes.name, f"stages.{name}", row, value)
        notes.found.append(Problem(code, *where, details={"allowed": allowed}))
    if not rows:
        notes.add("scheme_missing_key", "stages")
    KamkitError.collect(notes.found)
    return MappingProxyType(found)
