"""Numbers, money, shares and dates as each language writes them (Babel)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from kamkit.i18n.catalog import label

_LOCALE = {"zh": "zh_Hans_CN", "en": "en_GB"}
_UNITS = {
    "zh": ((1e8, "亿"), (1e4, "万"), (1.0, "")),
    "en": ((1e9, "bn"), (1e6, "m"), (1e3, "k"), (1.0, "")),
}
MISSING = "–"


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value != value


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def listed(words: Iterable[str], lang: str) -> str:
    """Words in a row, as each language parts them.

    >>> listed(["A", "B"], "en"), listed(["A", "B"], "zh")
    ('A, B', 'A、B')
    """
    return label("chart.source.comma", lang).join(words)


def number(value: Any, lang: str, digits: int = 0) -> str:
    """A number with thousands separators; missing is a dash.

    >>> number(1234567.891, "en", 1), number(float("nan"), "zh")
    ('1,234,567.9', '–')
    """
    if _missing(value):
        return MISSING
    rounded = round(float(value), digits) + 0.0  # no minus before a zero
    return str(format_decimal(rounded, _pattern(digits), locale=_LOCALE[lang]))


def percent(share: Any, lang: str, digits: int = 1) -> str:
    """A share 0–1 as a percentage.

    >>> percent(0.60064, "en"), percent(0.6, "zh", 0)
    ('60.1%', '60%')
    """
    if _missing(share):
        return MISSING
    return str(format_percent(float(share), _pattern(digits) + "%", locale=_LOCALE[lang]))


def money_unit(values: Any, lang: str) -> tuple[float, str]:
    """Divisor and unit word that suit the largest of ``values``.

    >>> money_unit([12_000_000, 300], "zh"), money_unit([12_000_000], "en")
    ((10000.0, '万'), (1000000.0, 'm'))
    """
    top = max((abs(float(v)) for v in values if not _missing(v)), default=0.0)
    if lang == "zh" and top < 1e9:
        return (1e4, "万") if top >= 1e5 else (1.0, "")
    for size, word in _UNITS[lang]:
        if top >= size * (10 if lang == "zh" and size == 1e8 else 1):
            return size, word
    return 1.0, ""


def _currency_name(currency: str, lang: str) -> str:
    return label(f"currency.{currency}", lang, f" {currency}" if lang == "zh" else currency)


def money(value: Any, currency: str, lang: str, digits: int | None = None) -> str:
    """An amount in the unit its readers use: 万元 and 亿元, k and m.

    >>> money(23_450_000, "CNY", "zh"), money(23_450_000, "CNY", "en")
    ('2,345万元', 'CNY 23.4m')
    >>> money(-812, "USD", "en")
    'USD -812'
    """
    if _missing(value):
        return MISSING
    size, word = money_unit([value], lang)
    scaled = float(value) / size
    if digits is None:
        digits = 0 if size == 1.0 or abs(scaled) >= 100 else 1
    text = number(scaled, lang, digits) + word
    name = _currency_name(currency, lang)
    return f"{text}{name}".strip() if lang == "zh" else f"{name} {text}".strip()


def money_column(values: Iterable[Any], currency: str, lang: str) -> tuple[str, list[str]]:
    """The unit of a column or an interval, and its amounts in that one unit.

    >>> money_column([356_730_000, 1_010_000_000], "CNY", "zh")
    ('亿元', ['3.6', '10.1'])
    >>> money_column([-98_412, float("nan"), -141_000], "CNY", "en")
    ('CNY k', ['-98.4', '–', '-141.0'])
    >>> money_column([3_287_000, 30_200], "CNY", "en")
    ('CNY m', ['3.29', '0.03'])
    """
    amounts = list(values)
    size, word = money_unit(amounts, lang)
    known = [abs(float(v)) / size for v in amounts if not _missing(v)]
    digits = 0 if size == 1.0 or max(known, default=0.0) >= 1000 else 1
    # An amount that is there must not read as nothing.
    if size != 1.0 and min((v for v in known if v), default=1.0) < 0.5 * 10**-digits:
        digits += 1
    name = _currency_name(currency, lang)
    unit = f"{word}{name}" if lang == "zh" else f"{name} {word}"
    written = [number(None if _missing(v) else float(v) / size, lang, digits) for v in amounts]
    return unit.strip(), written


def interval(low: Any, high: Any, lang: str, digits: int = 2, *, share: bool = False) -> str:
    """Both ends of an interval.

    >>> interval(0.412, 0.66, "en", 0, share=True)
    '41%–66%'
    """
    if _missing(low) or _missing(high):
        return MISSING
    write = percent if share else number
    return f"{write(low, lang, digits)}–{write(high, lang, digits)}"


def day(value: Any, lang: str) -> str:
    """A calendar day.

    >>> day(dt.date(2026, 11, 5), "zh"), day(dt.date(2026, 11, 5), "en")
    ('2026年11月5日', '5 Nov 2026')
    """
    if _missing(value):
        return MISSING
    if not isinstance(value, dt.date):
        value = dt.date.fromisoformat(str(value)[:10])
    pattern = "y年M月d日" if lang == "zh" else "d MMM y"
    return str(format_date(value, pattern, locale=_LOCALE[lang]))
