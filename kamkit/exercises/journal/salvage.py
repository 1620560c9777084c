"""Events out of a damaged journal: read page by page, without the database's help.

SQLite gives up a file whose first page or inner tree is broken; the rows themselves stand in
leaf pages that can be read on their own (the form of these pages: sqlite.org, "Database File
Format", sections 1.6, 2.1 and 4).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kamkit.exercises.journal.file import PAGE
from kamkit.exercises.journal.records import parsed

_LEAF = 0x0D
_COLUMNS = 12
_WAL_HEADER, _FRAME_HEADER = 32, 24
_FIXED = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
# The largest share of a row that stands in its leaf page; the rest is in overflow pages.
_MOST, _LEAST = PAGE - 35, (PAGE - 12) * 32 // 255 - 23

Row = tuple[Any, ...]


def salvaged(path: Path) -> list[Row]:
    """All rows of ``events`` that can be read in a journal and its log, by their number.

    Rows are as the table holds them; each is whole and its data are JSON.
    """
    pages = _pages(path)
    rows: dict[str, Row] = {}
    for page in pages.values():
        for payload in _payloads(page, pages):
            row = _row(payload)
            if row is not None:
                rows[str(row[1])] = row
    return sorted(rows.values(), key=lambda row: row[0])


def _pages(path: Path) -> dict[int, bytes]:
    """Pages by number: those of the file, then those that the log committed."""
    whole = path.read_bytes() if path.exists() else b""
    count = -(-len(whole) // PAGE)
    pages = {n + 1: whole[n * PAGE : (n + 1) * PAGE].ljust(PAGE, b"\0") for n in range(count)}
    log = path.with_name(path.name + "-wal")
    pages.update(_committed(log.read_bytes() if log.exists() else b""))
    return pages


def _committed(log: bytes) -> dict[int, bytes]:
    salts = log[16:24]
    waiting: dict[int, bytes] = {}
    found: dict[int, bytes] = {}
    step = _FRAME_HEADER + PAGE
    for at in range(_WAL_HEADER, len(log) - step + 1, step):
        number, size_after_commit = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != salts:
            break
        waiting[number] = log[at + _FRAME_HEADER : at + step]
        if size_after_commit:
            found.update(waiting)
            waiting.clear()
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(8):
        value = value << 7 | data[at + i] & 0x7F
        if data[at + i] < 0x80:
            return value, at + i + 1
    return value << 8 | data[at + 8], at + 9


def _payloads(page: bytes, pages: dict[int, bytes]) -> Iterator[bytes]:
    """The rows of one leaf page as stored, seq put first; broken ones are left out."""
    if page[0] != _LEAF:
        return
    cells = min(int.from_bytes(page[3:5], "big"), PAGE // 4)
    for i in range(cells):
        try:
            start = int.from_bytes(page[8 + 2 * i : 10 + 2 * i], "big")
            size, at = _varint(page, start)
            seq, at = _varint(page, at)
            yield seq.to_bytes(8, "big") + _whole_payload(page, at, size, pages)
        except (IndexError, KeyError, OverflowError, ValueError):
            continue


def _whole_payload(page: bytes, at: int, size: int, pages: dict[int, bytes]) -> bytes:
    if size <= _MOST:
        return page[at : at + size]
    here = _LEAST + (size - _LEAST) % (PAGE - 4)
    here = here if here <= _MOST else _LEAST
    parts, left = [page[at : at + here]], size - here
    following = int.from_bytes(page[at + here : at + here + 4], "big")
    for _ in range(len(pages)):
        if left <= 0:
            return b"".join(parts)
        overflow = pages[following]
        following = int.from_bytes(overflow[:4], "big")
        parts.append(overflow[4 : 4 + min(left, PAGE - 4)])
        left -= PAGE - 4
    if left > 0:
        raise ValueError("the row breaks off")
    return b"".join(parts)


def _row(payload: bytes) -> Row | None:
    """The row of a payload, or None where it is no event or not whole."""
    seq, record = int.from_bytes(payload[:8], "big"), payload[8:]
    try:
        values = _values(record)
        if len(values) != _COLUMNS or not isinstance(parsed(str(values[-1])), dict):
            return None
    except (IndexError, ValueError):
        return None
    texts = (values[i] for i in (1, 2, 3, 4, 5, 6, 8))
    numbers = (values[i] for i in (7, 9, 10))
    if not all(isinstance(v, str) for v in texts) or not all(isinstance(v, int) for v in numbers):
        return None
    return (seq, *values[1:])


def _values(record: bytes) -> list[Any]:
    end, at = _varint(record, 0)
    kinds = []
    while at < end:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds[: _COLUMNS + 1]:
        length = _FIXED[kind] if kind in _FIXED else (kind - 12) // 2
        cell = record[at : at + length]
        if len(cell) < length or length < 0:
            raise ValueError("the record breaks off")
        values.append(_value(kind, cell))
        at += length
    return values


def _value(kind: int, cell: bytes) -> Any:
    if kind >= 13:
        return cell.decode("utf-8") if kind % 2 else cell
    if kind in (8, 9):
        return kind - 8
    return None if kind == 0 else int.from_bytes(cell, "big", signed=True)
