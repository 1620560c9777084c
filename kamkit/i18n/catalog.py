"""The two catalogs: one dotted key, one sentence per language."""

from __future__ import annotations

import csv
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")


def default_language() -> str:
    """Language from KAMKIT_LANG, else English.

    >>> default_language() in LANGUAGES
    True
    """
    chosen = os.environ.get("KAMKIT_LANG", "en")
    return chosen if chosen in LANGUAGES else "en"


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{name}."))
        else:
            flat[name] = str(value)
    return flat


@cache
def catalog(lang: str) -> dict[str, str]:
    """All sentences of one language, by dotted key.

    >>> catalog("en")["word.account"]
    'account'
    """
    text = files("kamkit.i18n").joinpath(f"{lang}.toml").read_text(encoding="utf-8")
    return _flatten(tomllib.loads(text))


def t(key: str, lang: str, /, **values: Any) -> str:
    """Sentence ``key`` in ``lang`` with its placeholders filled.

    Raises KeyError for a key that no catalog holds: a missing sentence is a defect.

    >>> t("word.account", "zh")
    '客户'
    """
    text = catalog(lang)[key]
    return text.format(**values) if values else text


def label(key: str, lang: str, /, fallback: str | None = None) -> str:
    """Like :func:`t` for names that data may extend: an unknown key returns the fallback.

    >>> label("column.x_own_field", "en", "x_own_field")
    'x_own_field'
    """
    return catalog(lang).get(key, key.rsplit(".", 1)[-1] if fallback is None else fallback)


@cache
def terms() -> tuple[dict[str, str], ...]:
    """The glossary: rows with term, zh, en, note_zh, note_en.

    >>> next(row["zh"] for row in terms() if row["term"] == "key_account")
    '大客户'
    """
    text = files("kamkit.i18n").joinpath("terms.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
