"""Figures and texts of an exercise as its reader sees them: exact figures, safe Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import unescape
from typing import Any

from markdown_it import MarkdownIt

from kamkit.exercises.model import Sheet, Text
from kamkit.i18n import label, number, percent, t

Words = Mapping[str, Any]
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_TAG = re.compile(r"<[^>]*>")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>~$])")
_LINK = re.compile(r"^(?!//)(?![A-Za-z][\w+.-]*:)[^\\]+$")
_UNITS = {"zh": ((1e8, "亿"), (1e4, "万"), (1.0, "")), "en": ((1e6, "m"), (1e3, "k"), (1.0, ""))}
_MOST_DIGITS = 4


@cache
def _markdown() -> MarkdownIt:
    """Markdown without raw HTML and images, whose links stay in the course."""
    reader = MarkdownIt("commonmark", {"html": False, "breaks": False})
    reader.enable("table").disable(["image", "autolink"])
    reader.validateLink = lambda url: bool(_LINK.match(url))  # type: ignore[method-assign]
    return reader


def digits_of(value: float, most: int = _MOST_DIGITS) -> int:
    """Decimals that a figure needs to be shown as it is, up to ``most``.

    >>> digits_of(12.0), digits_of(0.25), digits_of(1 / 3)
    (0, 2, 4)
    """
    for digits in range(most):
        if abs(value - round(value, digits)) < 1e-9 * max(1.0, abs(value)):
            return digits
    return most


def _money_scale(amounts: Iterable[float], lang: str) -> tuple[float, str, int]:
    """The largest unit in which all amounts are exact with two decimals at most."""
    known = [abs(a) for a in amounts]
    top = max(known, default=0.0)
    for size, word in _UNITS[lang]:
        digits = max((digits_of(a / size, 3) for a in known), default=0)
        if top >= size and digits <= (2 if size > 1 else 3):
            return size, word, digits
    return 1.0, "", 2


def exact_money(value: float, currency: str, lang: str) -> str:
    """An amount without rounding: what is to be reckoned with must be whole.

    >>> exact_money(1_200_000, "CNY", "zh"), exact_money(1_234_567, "CNY", "en")
    ('120万元', 'CNY 1,234,567')
    """
    size, word, digits = _money_scale([value], lang)
    text = number(value / size, lang, digits) + word
    name = label(f"currency.{currency}", lang, currency)
    return f"{text}{name}".strip() if lang == "zh" else f"{name} {text}".strip()


def written(value: Any, lang: str) -> str:
    """A word of a variant: text, a figure, both languages, or a figure with its kind.

    >>> written({"kind": "share", "value": 0.6}, "en"), written({"zh": "甲", "en": "A"}, "en")
    ('60%', 'A')
    """
    if isinstance(value, Mapping):
        if "kind" in value:
            return _of_kind(str(value["kind"]), value, lang)
        return str(value.get(lang, ""))
    if isinstance(value, bool):
        return label("word.yes" if value else "word.no", lang)
    if isinstance(value, int | float):
        return number(value, lang, digits_of(float(value), _readable(value)))
    return "" if value is None else str(value)


def _readable(value: float) -> int:
    """Decimals that still say something, by the size of a figure."""
    return 4 if abs(value) < 1 else 3 if abs(value) < 10 else 2


def _of_kind(kind: str, cell: Mapping[str, Any], lang: str) -> str:
    value = cell.get("value")
    if not isinstance(value, int | float):
        return written(value, lang)
    if kind == "money":
        amount = round(value) if abs(value) >= 1000 else value
        return exact_money(amount, str(cell.get("currency", "")), lang)
    if kind == "share":
        return percent(value, lang, digits_of(100 * value, 2))
    digits = cell.get("digits")
    return number(
        value, lang, digits_of(value, _readable(value)) if digits is None else int(digits)
    )


def filled(text: str, words: Words, lang: str) -> str:
    """A text with its placeholders filled; marks of Markdown in the words stay plain.

    >>> filled("{who}: {n}", {"who": "A*B", "n": 12000}, "en")
    'A\\\\*B: 12,000'
    """

    def word(match: re.Match[str]) -> str:
        name = match.group(1).replace(".", "_")
        if name not in words:
            return match.group(0)
        return _MARKUP.sub(r"\\\1", written(words[name], lang))

    return _PLACEHOLDER.sub(word, text)


def block(text: Text, words: Words, lang: str) -> str:
    """HTML of a text of several paragraphs.

    >>> block(Text("x", "**{n}** <b>"), {"n": 2}, "en")
    '<p><strong>2</strong> &lt;b&gt;</p>\\n'
    """
    return str(_markdown().render(filled(text.said(lang), words, lang)))


def line(text: Text, words: Words, lang: str) -> str:
    """HTML of a short text, without a paragraph around it."""
    return str(_markdown().renderInline(filled(text.said(lang), words, lang)))


def plain(html: str) -> str:
    """The words of rendered text alone, for labels.

    >>> plain("<strong>A</strong> &amp; B")
    'A & B'
    """
    return unescape(_TAG.sub("", html)).strip()


def sheet_data(sheet: Sheet, words: Words, lang: str) -> dict[str, Any]:
    """A sheet with its headings and cells written: title, head (text, number), rows."""
    head, columns = [], []
    for at, column in enumerate(sheet.columns):
        cells = [row[at] if at < len(row) else None for row in sheet.rows]
        heading = plain(line(column.text, words, lang))
        unit, texts = _cells(cells, column.kind, column.digits, sheet.currency, lang)
        named = t("chart.axis.with_unit", lang, label=heading, unit=unit) if unit else heading
        head.append({"text": named, "number": column.kind != "text"})
        columns.append(texts)
    rows = [list(row) for row in zip(*columns, strict=True)]
    return {"title": plain(line(sheet.title, words, lang)), "head": head, "rows": rows}


def _cells(
    cells: list[Any], kind: str, digits: int | None, currency: str, lang: str
) -> tuple[str, list[str]]:
    """Unit and texts of a column; figures of one column share unit and decimals."""
    known = [float(c) for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
    if kind == "text" or not known:
        return "", [written(c, lang) or number(None, lang) for c in cells]
    size, unit = 1.0, ""
    if kind == "money":
        size, word, digits = _money_scale(known, lang)
        name = label(f"currency.{currency}", lang, currency)
        unit = f"{word}{name}" if lang == "zh" else f"{name} {word}".strip()
    scale = 0.01 if kind == "share" else size
    if digits is None:
        digits = max(digits_of(v / scale, 2 if kind == "share" else _MOST_DIGITS) for v in known)

    def text(cell: Any) -> str:
        if not isinstance(cell, int | float) or isinstance(cell, bool):
            return written(cell, lang) or number(None, lang)
        return percent(cell, lang, digits) if kind == "share" else number(cell / size, lang, digits)

    return unit, [text(c) for c in cells]
