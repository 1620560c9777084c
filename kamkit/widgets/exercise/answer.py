"""Reads the messages of the browser: whatever comes in, plain values of a sane size go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST = 10_000
MOST = 500


def text_of(value: Any, most: int = LONGEST) -> str:
    """Text, cut at a sane length; nothing for what is no text.

    >>> text_of("abc", 2), text_of(["x"])
    ('ab', '')
    """
    return value[:most] if isinstance(value, str) else ""


def texts_of(value: Any, most: int = MOST) -> list[str]:
    """A list of short texts.

    >>> texts_of(["a", 3, "b"])
    ['a', 'b']
    """
    given = value if isinstance(value, list) else []
    return [text_of(v, 200) for v in given[:most] if isinstance(v, str)]


def _value(value: Any) -> str | bool | list[str] | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return texts_of(value)
    return text_of(value) if isinstance(value, str) else None


def answer_of(value: Any) -> dict[str, Any]:
    """An answer as the journal keeps it, without anything that no control sends.

    >>> answer_of({"parts": {"a": "x", "b": {}}, "reason": "why", "else": 1})
    {'parts': {'a': 'x'}, 'reason': 'why'}
    """
    given = value if isinstance(value, Mapping) else {}
    parts = given.get("parts")
    raw = parts if isinstance(parts, Mapping) else {}
    kept = {text_of(p, 200): _value(v) for p, v in list(raw.items())[:MOST]}
    answer: dict[str, Any] = {"parts": {p: v for p, v in kept.items() if p and v is not None}}
    for name in ("reason", "by"):
        words = text_of(given.get(name), 2000).strip()
        if words:
            answer[name] = words
    if given.get("confirmed") is True:
        answer["confirmed"] = True
    return answer
