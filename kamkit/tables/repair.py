"""One file of another system to text cells, broken rows mended and every mend proved."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.decode import decode
from kamkit.tables.profile import Profile, Source

LOG_COLUMNS = ("code", "file", "row", "column", "before", "after", "proof", "count")


Entry = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """Cells of one source as text, numbered rows, what was changed and what is wrong."""

    cells: pd.DataFrame
    log: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_source(
    source: Source, raw: bytes, profile: Profile, others: Mapping[str, pd.DataFrame]
) -> Sheet:
    """Cells of one source file.

    A row with too many cells is mended by joining the surplus into ``free_text`` if that is
    the only reading that fits every pattern of the profile, or the only fitting one that
    agrees with the source named by ``same_as``. Any other such row is a problem
    (``unproved_repair``), never a guess.
    """
    text, problems = decode(raw, source.file, guesses=profile.encodings)
    if not text.strip():
        raise KamkitError(Problem("empty_file", source.file))
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=profile.delimiter))
    except csv.Error as error:
        raise KamkitError(Problem("unreadable_file", source.file, details=cause(error))) from None
    header = [cell.strip() for cell in lines[0]]
    lost = [c for c in dict.fromkeys(_needed(source)) if c not in header]
    if lost or len(set(header)) < len(header):
        twice = sorted({c for c in header if header.count(c) > 1})
        raise KamkitError(
            *(Problem("missing_column", source.file, c) for c in lost),
            *(Problem("duplicate_column", source.file, c) for c in twice),
        )
    mender = Mender(source, header, profile.delimiter, others)
    rows: dict[int, list[str]] = {}
    log: list[Entry] = []
    for number, line in enumerate(lines[1:], start=1):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            line, note = mender.mend(number, line)
            if isinstance(note, Problem):
                problems.append(note)
            else:
                log.append(note)
        rows[number] = line
    cells = pd.DataFrame.from_dict(rows, orient="index", columns=header, dtype="str")
    cells, emptied = _emptied(cells, source.file, profile.empty)
    return Sheet(cells, log + emptied, problems + _bad_ids(cells, source))


def _needed(source: Source) -> Iterable[str]:
    yield from source.ids
    yield from source.pattern
    if source.free_text:
        yield source.free_text
    if source.same_as:
        yield source.same_as["column"]
        yield source.same_as["on"]


class Mender:
    """Finds the one way to read a row that has too many cells."""

    def __init__(
        self,
        source: Source,
        header: Sequence[str],
        delimiter: str,
        others: Mapping[str, pd.DataFrame],
    ) -> None:
        self.source, self.header, self.delimiter = source, list(header), delimiter
        patterns = {**source.ids, **source.pattern}
        self.patterns = {c: re.compile(p) for c, p in patterns.items()}
        self.twin = _twin(source, others)

    def readings(self, line: Sequence[str]) -> dict[str, dict[str, str]]:
        """Every column whose widening over the surplus cells fits all patterns."""
        surplus = len(line) - len(self.header)
        found = {}
        for i, column in enumerate(self.header):
            joined = self.delimiter.join(line[i : i + surplus + 1])
            cells = [*line[:i], joined, *line[i + surplus + 1 :]]
            row = dict(zip(self.header, cells, strict=True))
            if all(p.fullmatch(row[c]) for c, p in self.patterns.items()):
                found[column] = row
        return found

    def agrees(self, row: Mapping[str, str]) -> bool | None:
        """Whether a reading says the same as the other source; None where it can't tell."""
        rule = self.source.same_as
        if not rule or row[rule["on"]] not in self.twin:
            return None
        return row[rule["column"]] == self.twin[row[rule["on"]]]

    def proof(self, found: Mapping[str, Mapping[str, str]]) -> str:
        """Why the free text is the column to widen; empty where nothing proves it."""
        text, other = self.source.free_text, self.source.same_as.get("is", "")
        if text not in found:
            return ""
        agreed = {column: self.agrees(row) for column, row in found.items()}
        proofs = ["only_reading"] if len(found) == 1 else []
        if agreed[text] and sum(a is True for a in agreed.values()) == 1:
            proofs.append(f"same_as:{other}")
        elif proofs and agreed[text] is False:
            proofs.append(f"differs_from:{other}")
        return "; ".join(proofs)

    def mend(self, number: int, line: Sequence[str]) -> tuple[list[str], Entry | Problem]:
        """The mended cells and their log entry, or padded cells and a problem."""
        width, text = len(self.header), self.source.free_text
        padded = [*line[:width], *[""] * (width - len(line))]
        if len(line) < width or not text:
            fault = {"expected": width, "found": len(line)}
            return padded, Problem("ragged_row", self.source.file, row=number, details=fault)
        found = self.readings(line)
        proof = self.proof(found)
        if not proof:
            return padded, Problem(
                "unproved_repair",
                self.source.file,
                text,
                row=number,
                value=self.delimiter.join(line),
                details={"readings": len(found)},
            )
        row = found[text]
        start = self.header.index(text)
        pieces = line[start : start + len(line) - width + 1]
        entry = _entry("rejoined_cells", self.source.file, text, " | ".join(pieces), row[text])
        return list(row.values()), {**entry, "row": number, "proof": proof}


def _twin(source: Source, others: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if not source.same_as:
        return {}
    home, _, column = source.same_as["is"].partition(".")
    key = source.same_as["on"]
    if home not in others or not {column, key} <= set(others[home].columns):
        raise KamkitError(Problem("bad_profile", value=source.same_as["is"]))
    return dict(zip(others[home][key], others[home][column], strict=True))


def _entry(code: str, file: str, column: str, before: str, after: str) -> Entry:
    return {
        "code": code,
        "file": file,
        "row": None,
        "column": column,
        "before": before,
        "after": after,
        "proof": "",
        "count": 1,
    }


def _emptied(
    cells: pd.DataFrame, file: str, words: Sequence[str]
) -> tuple[pd.DataFrame, list[Entry]]:
    """Outer blanks dropped; words for "empty" emptied, counted per column in the log."""
    out, log = {}, []
    for column in cells.columns:
        text = cells[column].str.strip()
        for word in words:
            hits = int((text == word).sum())
            if hits:
                log.append({**_entry("empty_word", file, column, word, ""), "count": hits})
        out[column] = text.mask(text.isin([*words, ""]))
    return pd.DataFrame(out, index=cells.index), log


def _bad_ids(cells: pd.DataFrame, source: Source) -> list[Problem]:
    found = []
    for column, pattern in source.ids.items():
        wrong = cells[~cells[column].str.fullmatch(pattern).fillna(False).astype(bool)]
        found += [
            Problem(
                "bad_id",
                source.file,
                column,
                row=row,
                value=None if v != v else v,
                details={"allowed": pattern},
            )
            for row, v in zip(wrong.index.tolist(), wrong[column].tolist(), strict=True)
        ]
    return found
