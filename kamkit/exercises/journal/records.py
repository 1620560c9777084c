"""Events as JSON data: written one way, read strictly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.forms import plain
from kamkit.exercises.journal.names import LONGEST, clean_name
from kamkit.exercises.model import STATUSES
from kamkit.exercises.progress import Event, progress

MOST_BYTES = 1_000_000  # of one event's data; a hand-in holds one event a line
_LONGEST_WORD = 120
_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_text(data: Mapping[str, Any]) -> str:
    """Data on one line of JSON that every reader takes: no NaN, no half characters.

    >>> json_text({"客户": (1, float("nan"))})
    '{"客户":[1,null]}'
    """
    text = json.dumps(_finite(plain(data)), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def data_text(data: Mapping[str, Any]) -> str:
    """What one event holds, as JSON; KamkitError ``event_too_large`` above 1 MB."""
    text = json_text(data)
    size = len(text.encode("utf-8"))
    if size > MOST_BYTES:
        raise KamkitError(Problem("event_too_large", value=size, details={"most": MOST_BYTES}))
    return text


def event_line(event: Event) -> str:
    """An event as one line of a hand-in; :func:`read_event` reads it back.

    >>> e = Event("1234-abcd", 1, "2026-06-30T08:00:00.000000+00:00", "c", "t", "", 0, "x", {})
    >>> read_event(event_line(e)) == e
    True
    """
    return json_text(asdict(event))


def _refuse(name: str) -> float:
    raise ValueError(name)


def parsed(text: str | bytes) -> Any:
    """JSON without NaN and infinities; ValueError for anything else, however deep it nests."""
    try:
        return _finite(json.loads(text, parse_constant=_refuse))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _word(value: Any, *, empty: bool = True, most: int = _LONGEST_WORD) -> str:
    if not isinstance(value, str) or len(value) > most or value != clean_name(value):
        raise ValueError(value)
    if not (value or empty):
        raise ValueError(value)
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise ValueError(value)
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(value)
    return value


def read_event(text: str | bytes) -> Event:
    """The event of one line; ValueError where any part of it is not what it must be.

    Types of later versions are kept; those that this version knows must fold.
    """
    raw = parsed(text)
    if not isinstance(raw, dict) or not isinstance(raw.get("data"), dict):
        raise ValueError("no event")
    private = raw.get("private", False)
    if not isinstance(private, bool):
        raise ValueError(private)
    event = Event(
        id=_matching(_ID, raw.get("id")),
        seq=_whole(raw.get("seq")),
        at=_matching(_AT, raw.get("at")),
        cohort=_word(raw.get("cohort"), empty=False, most=LONGEST),
        trainee=_word(raw.get("trainee"), empty=False, most=LONGEST),
        exercise=_word(raw.get("exercise", "")),
        version=_whole(raw.get("version", 0)),
        type=_word(raw.get("type"), empty=False),
        data=raw["data"],
        private=private,
        format=_whole(raw.get("format")),
    )
    return _folding(event)


def _folding(event: Event) -> Event:
    """The event itself, if the fold takes it and its figures are possible."""
    try:
        found = progress([event])
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(event.type) from error
    for stand in found.values():
        for attempt in stand.attempts:
            outcome = attempt.outcome
            fits = isinstance(attempt.answer, Mapping) and 0 <= outcome.score <= 1
            if not fits or outcome.status not in STATUSES:
                raise ValueError(event.type)
    return event
