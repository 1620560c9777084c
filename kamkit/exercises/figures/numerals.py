"""Every defensible reading of a number without signs and units: 1,5万 may be 1.5万 or 15万."""

from __future__ import annotations

import re
from decimal import Decimal

from kamkit.exercises.figures.signs import VOCABULARY

Readings = tuple[Decimal, ...]

DIGITS = {sign: i for i, signs in enumerate(VOCABULARY["digits"]) for sign in signs}
_ZEROS = VOCABULARY["digits"][0]
_SMALL = (("千", Decimal(1000)), ("百", Decimal(100)), ("十", Decimal(10)))
_LARGE = (("亿", Decimal(10**8)), ("万", Decimal(10**4)))
_LATIN = {
    "k": 10**3,
    "thousand": 10**3,
    "w": 10**4,
    "m": 10**6,
    "mn": 10**6,
    "mio": 10**6,
    "million": 10**6,
    "millions": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "billion": 10**9,
}
_WITH_LATIN = re.compile(rf"([0-9.,' ]*[0-9.])\s*({'|'.join(sorted(_LATIN, key=len)[::-1])})")
_PLAIN = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_POWER = re.compile(r"[0-9]+(?:\.[0-9]+)?e[+-]?[0-9]{1,2}")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}([,' ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]*)?")
# 120 130 looks like two figures, 120 000 and 12 500 like one.
_TWO_OF_THREE = re.compile(r"[0-9]{3} (?!000)[0-9]{3}")
_BY_FOUR = re.compile(r"[1-9][0-9]{0,3}(?:,[0-9]{4}){2,}(?:\.[0-9]*)?")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3}){2,}(?:,[0-9]{1,2})?|\.[0-9]{3},[0-9]{1,2})")
_ONE_COMMA = re.compile(r"([0-9]+),([0-9]+)")


def digits(text: str) -> Readings:
    """Readings of a number in Arabic digits; none where it is not one.

    >>> digits("1,500"), digits("1,5")
    ((Decimal('1500'),), (Decimal('1.5'), Decimal('15')))
    """
    if _PLAIN.fullmatch(text) or _POWER.fullmatch(text):
        return (Decimal(text),)
    if _TWO_OF_THREE.fullmatch(text):
        return ()
    if _GROUPED.fullmatch(text) or _BY_FOUR.fullmatch(text):
        return (Decimal(re.sub(r"[,' ]", "", text)),)
    if _DOTTED.fullmatch(text):
        return (Decimal(text.replace(".", "").replace(",", ".")),)
    comma = _ONE_COMMA.fullmatch(text)
    if comma:
        whole, rest = comma.groups()
        return _different(Decimal(f"{whole}.{rest}"), Decimal(whole + rest))
    return ()


def _different(*found: Decimal) -> Readings:
    return tuple(dict.fromkeys(found))


def _leaf(text: str) -> Readings:
    """One Chinese digit, or Arabic digits."""
    return (Decimal(DIGITS[text]),) if text in DIGITS else digits(text)


def _with_point(text: str) -> Readings:
    """三点五, 12点5, 三点五千."""
    whole, _, rest = text.partition("点")
    factor = Decimal(1)
    for unit, size in _SMALL:
        if rest.endswith(unit):
            rest, factor = rest[:-1], size
    places = "".join(str(DIGITS.get(sign, sign)) for sign in rest)
    if not re.fullmatch("[0-9]+", places):
        return ()
    fraction = Decimal(f"0.{places}")
    return tuple((a + fraction) * factor for a in chinese(whole) if a == a.to_integral_value())


def _tail(text: str, size: Decimal) -> Readings:
    """What follows a unit: 三万五 means 35,000, 三万零五 means 30,005, 3万50 may be two things."""
    literal = text.startswith(tuple(_ZEROS))
    if literal:
        text = text.lstrip(_ZEROS)
    if not text:
        return () if literal else (Decimal(0),)
    found = tuple(a for a in chinese(text) if a < size)
    if literal:
        return found
    places = len(str(int(size))) - 1
    if text in DIGITS or re.fullmatch("[0-9]", text):
        return tuple(a * size / 10 for a in found)
    if re.fullmatch("[0-9]+", text):
        return _different(*(b for a in found for b in (a, a * 10 ** (places - len(text)))))
    # 一亿二千: 二千万 is meant as a rule, but it isn't what stands there.
    if found and max(found) < size / 100:
        return _different(*found, *(a * 10**4 for a in found if a * 10**4 < size))
    return found


def _large(text: str, unit: str, size: Decimal) -> Readings:
    before, _, after = text.rpartition(unit)
    if unit in before:
        return ()
    # 1.2亿3千万: a decimal before a unit leaves no room for more behind it.
    heads = chinese(before)
    tails = _tail(after, size)
    if after and any(a != a.to_integral_value() for a in heads):
        return ()
    return _different(*(a * size + b for a in heads for b in tails))


def chinese(text: str) -> Readings:
    """Readings of a number in Chinese numerals, Arabic digits, or both.

    >>> chinese("三百五十万"), chinese("3万5"), chinese("一亿二千万")
    ((Decimal('3500000'),), (Decimal('35000'),), (Decimal('120000000'),))
    """
    for unit, size in _LARGE:
        if unit in text:
            return _large(text, unit, size)
    if "点" in text:
        return _with_point(text)
    for unit, size in _SMALL:
        if unit not in text:
            continue
        before, _, after = text.partition(unit)
        heads: Readings = (Decimal(1),) if unit == "十" and not before else _leaf(before)
        if after and any(a != a.to_integral_value() for a in heads):
            return ()
        return _different(*(a * size + b for a in heads for b in _tail(after, size)))
    return _leaf(text)


def readings(text: str) -> Readings:
    """Every reading of a number: one if it is clear, several if in doubt, none if unreadable.

    The text was cleaned by :func:`kamkit.exercises.figures.signs.clean`: no signs, no units.

    >>> readings("1.2m"), readings("120 万"), readings("about ten")
    ((Decimal('1200000.0'),), (Decimal('1200000'),), ())
    """
    latin = _WITH_LATIN.fullmatch(text)
    if latin:
        return tuple(a * _LATIN[latin[2]] for a in digits(latin[1].strip()))
    # A blank beside a numeral separates nothing: 3 万 5 千.
    return chinese(re.sub(r"\s*([^\x00-\x7f])\s*", r"\1", text))
