"""Numbers as managers type them: read without doubt, or asked back, never silently wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from kamkit.exercises.figures.numerals import DIGITS, Readings, readings
from kamkit.exercises.figures.signs import VOCABULARY, Signs, clean, strip_signs

UNITS = ("money", "share", "count", "score", "hours", "days", "")
LONGEST = 80
# Beyond this no amount is true (the same bound as for tables).
MOST = Decimal(10**15)
_VAGUE = VOCABULARY["vague"]
_ONE_TO_NINE = "".join(VOCABULARY["digits"][1:])
_PAIR = re.compile(f"[{_ONE_TO_NINE}]{{2}}[{_VAGUE['pairs_before']}]")
_RANGE = re.compile(r"(.+?)\s*(?:-|~|至|到|\bto\b|\.\.+|…+)\s*(.+)")
_SCALED = re.compile("[万亿a-df-z]")
_FRACTION = re.compile(r"([0-9]{1,4})\s*/\s*([0-9]{1,4})")
_NUMBER = re.compile(r"[0-9]+(?:[.,' ][0-9]+)*")
_TENTHS = re.compile(rf"(.+?)成([{_ONE_TO_NINE}半0-9])?")
_FITS = {
    "": {"", "share", "money", "count", "score", "times"},
    "money": {"", "money"},
    "share": {"", "share"},
    "count": {"", "count"},
    "score": {"", "score"},
    "hours": {"", "hours"},
    "days": {"", "days"},
}


@dataclass(frozen=True)
class Reading:
    """What a typed number says.

    ``value`` is in the unit's own measure (a share is 0–1); None where nothing was typed or
    where it must be asked back. ``problem`` then is a key of the catalogs (``problem.<key>``),
    ``alternatives`` are spellings to choose from, each of which reads without doubt.
    ``currency`` is the one that was typed, if any ("CNY", "USD" …).
    """

    value: float | None
    problem: str = ""
    alternatives: tuple[str, ...] = ()
    currency: str = ""


def read_figure(text: object, unit: str = "", *, currency: str = "") -> Reading:
    """Read one number as it was typed.

    ``unit`` says what is asked for: "money", "share", "count", "score", "hours", "days" or "".
    A bare number in (1, 100] is a percentage where a share is asked for. ``currency`` is that
    of the field ("CNY"): an amount that was typed in another one is asked back, never converted.

    >>> read_figure("￥１２０万", "money").value, read_figure("六成", "share").value
    (1200000.0, 0.6)
    >>> read_figure("1,5").problem, read_figure("1,5").alternatives
    ('figure_doubtful', ('1.5', '15'))
    >>> read_figure("$5000", "money", currency="CNY").problem
    'figure_currency'
    """
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}")
    if text is None:
        return Reading(None)
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return Reading(None, "figure_words")
    typed = text if isinstance(text, str) else _spelled(text)
    if len(typed) > LONGEST:
        return Reading(None, "figure_words")
    said = clean(typed)
    return _read(said, unit, currency) if said else Reading(None)


def _spelled(number: float) -> str:
    """A number that came as one (from a sheet, from JSON) as text without a power of ten."""
    if number != number or number in (float("inf"), float("-inf")):
        return "?"
    return f"{Decimal(repr(number)):f}"


def _read(said: str, unit: str, currency: str) -> Reading:
    if said in ("半", "一半", "半数") and unit in ("share", ""):
        return Reading(0.5)
    signs = strip_signs(said)
    if _is_vague(said):
        return Reading(None, "figure_vague")
    # Before any choice of spellings is offered: those carry no sign, so it would be lost.
    if currency and signs.currency not in ("", currency) and _has_number(said):
        return Reading(None, "figure_currency", currency=signs.currency)
    if "折" in said and _has_number(said):
        return _discount(signs.core)
    found, kind = _core(signs, unit)
    if not found:
        return _unread(said, signs, unit)
    return _judged(found, kind, signs, unit)


def _core(signs: Signs, unit: str) -> tuple[Readings, str]:
    """Readings of what is left without signs, and the kind of unit that was typed."""
    core, kind = signs.core, signs.kind
    if not kind and ("/" not in core or unit in ("share", "")):
        share = _as_share(core)
        if share:
            return share, "share"
    if core == "半" and kind in ("hours", "days"):
        return (Decimal("0.5"),), kind
    if signs.half and kind in ("hours", "days"):
        return tuple(a + Decimal("0.5") for a in readings(core) if a == int(a)), kind
    # 3m of an hours field may be minutes or months, 2w weeks.
    if unit in ("hours", "days") and re.search(r"[a-z]$", core):
        return readings(core), "other"
    return readings(core), kind


def _as_share(core: str) -> Readings:
    """百分之六十, 三分之一, 1/3, 六成五."""
    if "分之" in core:
        below, _, above = core.partition("分之")
        return _ratio(readings("一" + below if below in "百千万" else below), readings(above))
    fraction = _FRACTION.fullmatch(core)
    if fraction:
        above, below = fraction.groups()
        return _ratio((Decimal(below),), (Decimal(above),)) if int(above) <= int(below) else ()
    tenths = _TENTHS.fullmatch(core)
    if tenths:
        rest = {"半": Decimal(5), None: Decimal(0)}.get(tenths[2])
        small = (rest,) if rest is not None else readings(tenths[2])
        return tuple(a / 10 + b / 100 for a in readings(tenths[1]) for b in small)
    return ()


def _ratio(below: Readings, above: Readings) -> Readings:
    return tuple(a / b for a in above for b in below if b)


def _judged(found: Readings, kind: str, signs: Signs, unit: str) -> Reading:
    """The one reading, or what has to be asked."""
    sized = tuple(-a * signs.scale if signs.minus % 2 else a * signs.scale for a in found)
    if signs.minus > 1:
        sized = tuple(b for a in sized for b in (-abs(a), abs(a)))
    if max(abs(a) for a in sized) > MOST:
        return Reading(None, "figure_too_large")
    if kind not in _FITS[unit]:
        plain = kind == "share" and unit == "score"
        return Reading(None, f"figure_not_{unit or 'bare'}", _spellings(found if plain else (), ""))
    if unit == "share" and not kind:
        return _bare_share(sized, signs)
    percent = unit == "share" and kind == "share"
    if len(sized) > 1:
        return Reading(None, "figure_doubtful", _spellings(sized, "share" if percent else ""))
    return Reading(float(sized[0]) + 0.0, currency=signs.currency)


def _bare_share(found: Readings, signs: Signs) -> Reading:
    """A share without a sign for percent: 60 is 60 %, 0.6 too; 1 and 120 are asked back."""
    if _SCALED.search(signs.core):
        return Reading(None, "figure_not_share")
    if len(found) > 1:
        return Reading(None, "figure_doubtful", _spellings([_percent(a) for a in found], "share"))
    value, size = found[0], abs(found[0])
    if size == 1:
        return Reading(None, "figure_doubtful", _spellings([value / 100, value], "share"))
    if size > 100:
        return Reading(None, "figure_above_100", _spellings([value / 100], "share"))
    return Reading(float(_percent(value)) + 0.0)


def _percent(value: Decimal) -> Decimal:
    return value / 100 if abs(value) > 1 else value


def _spellings(values: Readings | list[Decimal], unit: str) -> tuple[str, ...]:
    """Values written so that they read back without doubt."""
    texts = []
    for value in dict.fromkeys(values):
        shown = (value * 100 if unit == "share" else value).normalize()
        texts.append(f"{shown:,f}" + ("%" if unit == "share" else ""))
    return tuple(texts)


def _discount(core: str) -> Reading:
    """八折: 80 % of the price, or 20 % off?"""
    said = core.removeprefix("打").replace("折", "").strip()
    if len(said) == 2 and all(sign in DIGITS for sign in said):
        said = "".join(str(DIGITS[sign]) for sign in said)
    kept = [a / (10 if a < 10 else 100) for a in readings(said) if 0 < a < 100]
    choices = _spellings([b for a in kept for b in (a, 1 - a)], "share")
    return Reading(None, "figure_discount", choices)


def _is_vague(said: str) -> bool:
    """十几万, 300多万, 两三百, 300+, at least 5."""
    for word in _VAGUE["harmless"]:
        said = said.replace(word, "")
    doubtful = any(word in said for word in _VAGUE["words"]) or said.endswith("+")
    return bool(_PAIR.search(said)) or (doubtful and ("几" in said or _has_number(said)))


def _has_number(text: str) -> bool:
    return any(sign in DIGITS or sign in "0123456789十百千半" for sign in text)


def _unread(said: str, signs: Signs, unit: str) -> Reading:
    """Why a text is no number: a range, several numbers, words."""
    between = _RANGE.fullmatch(said.strip("()"))
    if between:
        low, high = between.groups()
        tail = re.sub(r"^[0-9.,' ]+", "", high)
        ends = [low if re.search(r"[^0-9.,' ]$", low) else low + tail, high]
        if all(_clear(end, unit) for end in ends):
            return Reading(None, "figure_range", tuple(ends))
    trailing = signs.core.removesuffix("-").strip()
    if trailing != signs.core and _clear(trailing, unit):
        return Reading(None, "figure_doubtful", (f"-{trailing}", trailing))
    if len(_NUMBER.findall(said)) > 1 or re.search(r"[0-9]\s*[,、;/ ]\s*[0-9]", said):
        return Reading(None, "figure_two_numbers")
    return Reading(None, "figure_words")


def _clear(text: str, unit: str) -> bool:
    """Whether a part of a longer text is itself a number; at most one level deep."""
    signs = strip_signs(clean(text))
    found, kind = _core(signs, unit)
    return len(found) == 1 and _judged(found, kind, signs, unit).value is not None
