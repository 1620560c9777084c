"""Finds text opened without a named encoding: on Chinese Windows the default is GBK."""

from __future__ import annotations

import ast
from collections.abc import Iterator

RUNNERS = {"run", "Popen", "check_output", "check_call", "call"}
TEMPORARY = {"NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"}
# Name of a call -> place of its mode and of its encoding among the positional arguments.
OPENERS = {"open": (1, 3), "fdopen": (1, 3), "TextIOWrapper": (None, 1)}
METHODS = {"open": (0, 2), "read_text": (None, 0), "write_text": (None, 1)}
FILES = {"gzip": (1, 3), "bz2": (1, 3), "lzma": (1, 3), "io": (1, 3), "codecs": (1, 2)}
# Modules whose open() gives no text file.
NO_TEXT = {"webbrowser", "tarfile", "os", "Image", "dbm", "shelve"}


def _value(call: ast.Call, name: str, place: int | None) -> ast.expr | None:
    named = next((k.value for k in call.keywords if k.arg == name), None)
    if named is None and place is not None and len(call.args) > place:
        return call.args[place]
    return named


def _is_text(mode: ast.expr | None, default: str) -> bool:
    """Whether a mode opens text; one that isn't written out counts as text."""
    if mode is None:
        return "b" not in default
    return not (isinstance(mode, ast.Constant) and "b" in str(mode.value))


def _named(call: ast.Call, place: int | None) -> bool:
    encoding = _value(call, "encoding", place)
    spread = any(k.arg is None for k in call.keywords)
    return spread or not (
        encoding is None or (isinstance(encoding, ast.Constant) and encoding.value is None)
    )


def _fault(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        name, owner = function.id, ""
    elif isinstance(function, ast.Attribute):
        name = function.attr
        owner = function.value.id if isinstance(function.value, ast.Name) else "?"
    else:
        return False
    if name in RUNNERS and owner in ("", "subprocess"):
        flags = (_value(call, k, None) for k in ("text", "universal_newlines"))
        asks = any(isinstance(f, ast.Constant) and f.value is True for f in flags)
        return asks and not _named(call, None)
    if name in TEMPORARY:
        return _is_text(_value(call, "mode", 0), "w+b") and not _named(call, 2)
    if name == "popen" and owner == "os":
        return True
    if owner in FILES and name == "open":
        mode, encoding = FILES[owner]
        default = "r" if owner in ("io", "codecs") else "rb"
        return _is_text(_value(call, "mode", mode), default) and not _named(call, encoding)
    places = METHODS.get(name) if owner else OPENERS.get(name)
    if name in OPENERS and owner in ("os", "io"):
        places = OPENERS[name]
    if places is None or (name == "open" and owner in NO_TEXT):
        return False
    mode = _value(call, "mode", places[0])
    if owner and name == "open" and not _looks_like_a_mode(mode, call):
        return False
    return _is_text(mode, "r") and not _named(call, places[1])


def _looks_like_a_mode(mode: ast.expr | None, call: ast.Call) -> bool:
    """Path.open() and Path.open("w"), but not archive.open(part)."""
    if mode is None:
        return not call.args
    return isinstance(mode, ast.Constant) and set(str(mode.value)) <= set("rwxabt+")


def unnamed(source: str) -> Iterator[int]:
    """Lines that open text without naming its encoding.

    >>> list(unnamed("open('a')" + chr(10) + "open('a', 'rb')"))
    [1]
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _fault(node):
            yield node.lineno
