"""What stands around a number: full-width signs, minus forms, currencies, units, courtesy words."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files

VOCABULARY = tomllib.loads(
    files("kamkit.exercises.figures").joinpath("figures.toml").read_text(encoding="utf-8")
)
_ONE = Decimal(1)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME = {ord(sign): plain for plain, signs in VOCABULARY["same"].items() for sign in signs}
_TABLE: dict[int, str | int] = {**_WIDE, **_SAME}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
_BEFORE, _AFTER = (tuple(VOCABULARY["courtesy"][end]) for end in ("before", "after"))
_MINUS = ("-", "△", "minus ")
_MONEY = {word: code for code, words in VOCABULARY["currencies"].items() for word in words}
_UNITS = {
    word: (unit["kind"], Decimal(unit.get("factor", 1)) / unit.get("per", 1))
    for unit in VOCABULARY["units"]
    for word in unit["words"]
}
_WORDS = sorted([*_UNITS, *_MONEY], key=len, reverse=True)
# 两天半 and 两个半小时 say the same.
_HALF_LAST = re.compile(f"({'|'.join(VOCABULARY['half_after'])})半$")


@dataclass(frozen=True)
class Signs:
    """A number's core and what stood around it.

    ``minus`` counts signs of a negative number, brackets among them; ``kind`` is the unit that
    was typed ("" for none, "other" for one that fits nothing or for two different ones) and
    ``scale`` its factor; ``half`` says that 半 stood between the number and its unit.
    """

    core: str
    minus: int = 0
    kind: str = ""
    scale: Decimal = _ONE
    currency: str = ""
    half: bool = False


def clean(text: str) -> str:
    """Half-width, lower case, simplified numerals, single blanks, nothing invisible.

    >>> clean(" １２，５００．５０　％ ")
    '12,500.50 %'
    """
    plain = _INVISIBLE.sub("", text.translate(_TABLE))
    return " ".join(plain.lower().split())


def strip_signs(text: str) -> Signs:
    """Take a cleaned text apart.

    >>> strip_signs("-¥1,200万元")
    Signs(core='1,200万', minus=1, kind='money', scale=Decimal('1'), currency='CNY', half=False)
    """
    signs, before = Signs(_HALF_LAST.sub(r"半\1", text)), None
    while signs != before:
        before = signs
        for step in (_courtesy, _negative, _first_word, _last_word):
            signs = step(signs)
    if signs.kind in ("hours", "days") and len(signs.core) > 1 and signs.core.endswith("半"):
        return replace(signs, core=signs.core[:-1].removesuffix("个"), half=True)
    return signs


def _courtesy(signs: Signs) -> Signs:
    core = signs.core
    word = next((w for w in _BEFORE if core.startswith(w)), "")
    core = core.removeprefix(word).lstrip()
    word = next((w for w in _AFTER if core.endswith(w)), "")
    return replace(signs, core=core.removesuffix(word).rstrip())


def _negative(signs: Signs) -> Signs:
    core = signs.core
    if core.startswith("(") and core.endswith(")"):
        return replace(signs, core=core[1:-1].strip(), minus=signs.minus + 1)
    word = next((w for w in _MINUS if core.startswith(w)), "")
    if word:
        return replace(signs, core=core.removeprefix(word).lstrip(), minus=signs.minus + 1)
    return replace(signs, core=core.removeprefix("+").lstrip())


def _first_word(signs: Signs) -> Signs:
    """A currency in front."""
    word = next((w for w in _WORDS if w in _MONEY and signs.core.startswith(w)), "")
    return _met(signs, word, signs.core.removeprefix(word).lstrip()) if word else signs


def _last_word(signs: Signs) -> Signs:
    """A unit or a currency behind."""
    word = next((w for w in _WORDS if _ends_with(signs.core, w)), "")
    return _met(signs, word, signs.core.removesuffix(word).rstrip()) if word else signs


def _ends_with(core: str, word: str) -> bool:
    """Whether a unit ends the text; "h" of "month" doesn't, "rmb" of "1.2mrmb" does."""
    if not core.endswith(word):
        return False
    ahead = core.removesuffix(word)[-1:]
    return word in _MONEY or not (word[0].isascii() and word[0].isalpha() and ahead.isalpha())


def _met(signs: Signs, word: str, core: str) -> Signs:
    """The signs after one more unit or currency; two that differ fit nothing."""
    currency = _MONEY.get(word, "")
    kind, scale = ("money", _ONE) if currency else _UNITS[word]
    again = kind == "money" and signs.currency == currency
    if signs.kind and not again:
        kind = "other"
    return replace(signs, core=core, kind=kind, scale=scale, currency=currency)
