"""Text in charts: the fonts that ship with the kit, names from data, line breaking."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FAMILY = "Kamkit Sans"
GETA = "〓"
MISSING = "–"
_NARROW = ("pwid",)
_FOLDER = Path(__file__).parent / "fonts"
_FILES = {"normal": "KamkitSans-Regular.otf", "bold": "KamkitSans-Bold.otf"}
_NO_LINE_START = set("，。、；：！？）》」』】〉”’％…·,.;:!?)]}%")
_NO_LINE_END = set("（《「『【〈“‘([{")


@cache
def register() -> None:
    """Make the kit's own fonts known to matplotlib in this process, by path.

    >>> register()
    """
    for name in _FILES.values():
        font_manager.fontManager.addfont(_FOLDER / name)


@cache
def characters() -> frozenset[str]:
    """Every character that both weights can draw.

    >>> {"喆", "堃", "赟", "−"} <= characters()
    True
    """
    held = (FT2Font(_FOLDER / name).get_charmap() for name in _FILES.values())
    return frozenset.intersection(*(frozenset(map(chr, codes)) for codes in held))


@cache
def holds(char: str) -> bool:
    """Whether both weights can draw a character; the whole set would take 5 MB of a kernel.

    >>> holds("赟"), holds("🦊")
    (True, False)
    """
    return all(face(weight).get_char_index(ord(char)) for weight in _FILES)


@cache
def face(weight: str) -> FT2Font:
    """The kit's font in one weight, "normal" or "bold"; whoever uses it sets its size.

    >>> face("bold").family_name
    'Kamkit Sans'
    """
    return FT2Font(_FOLDER / _FILES[weight])


def dress(artist: Text) -> None:
    """Give a text of a figure the kit's font, and narrow quotation marks if it has no Chinese.

    >>> label = Text(0, 0, "Total")
    >>> dress(label)
    >>> label.get_fontfamily()
    ['Kamkit Sans']
    """
    artist.set_fontfamily(FAMILY)
    text = artist.get_text()
    artist.set_fontfeatures(None if any(map(_is_chinese, text)) else _NARROW)


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line in points.

    >>> text_width("客户", 10) > text_width("ab", 10)
    True
    """
    if not text:
        return 0.0
    font = face(weight)
    font.set_size(size, 72)
    features = None if any(map(_is_chinese, text)) else _NARROW
    font.set_text("".join(c if holds(c) else GETA for c in text), features=features)
    return float(font.get_width_height()[0]) / 64


def _is_chinese(char: str) -> bool:
    return char >= "\u2e80"


def columns_of(char: str) -> int:
    """Columns that a character takes in a fixed grid: Chinese and full-width ones take 2.

    >>> columns_of("客"), columns_of("a")
    (2, 1)
    """
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _clean(text: str) -> str:
    """One line of plain characters: no controls, no direction marks, no variation selectors."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        if kind in ("Cc", "Zl", "Zp", "Zs"):
            kept.append(" ")
        elif kind != "Cf" and not "\ufe00" <= char <= "\ufe0f":
            kept.append(char if holds(char) else GETA)
    return re.sub(" +", " ", "".join(kept)).strip()


def _shorten(text: str, width: int) -> str:
    if sum(map(columns_of, text)) <= width:
        return text
    kept, used = "", 1
    for char in text:
        used += columns_of(char)
        if used > width:
            break
        kept += char
    return kept.rstrip() + "…"


def data_text(name: Any, width: int = 18) -> str:
    """A name from data as a chart may show it.

    Newlines and control characters go, more than ``width`` columns are cut with "…" (a Chinese
    character takes two), "$" is escaped so that it never starts mathematics, and what the font
    lacks becomes 〓. A missing name is a dash.

    >>> data_text("Hanari\\nCarnes"), data_text("星河精密仪器（苏州）有限公司", width=12)
    ('Hanari Carnes', '星河精密仪…')
    >>> print(data_text("$x^2$"))
    \\$x^2\\$
    """
    if not isinstance(name, str) and pd.isna(name):
        return MISSING
    return _shorten(_clean(str(name)), width).replace("$", "\\$")


def _pieces(paragraph: str) -> list[str]:
    """Smallest parts between which a line may break."""
    pieces: list[str] = []
    for char in paragraph:
        wide = columns_of(char) == 2
        last = pieces[-1][-1] if pieces else ""
        breaks = not pieces or wide or last == " " or columns_of(last) == 2
        if pieces and char != " " and (char in _NO_LINE_START or last in _NO_LINE_END):
            breaks = False
        if breaks and char != " ":
            pieces.append(char)
        else:
            pieces[-1] += char
    return pieces


@lru_cache(maxsize=20_000)
def _advance(piece: str, size: float, weight: str, chinese: bool) -> float:
    """How far a word or character moves the pen, in points.

    Adding these up is many times faster than measuring each longer line, and exact but for the
    kerning between pieces. ``chinese`` is the text around, which decides on narrow quotation marks.
    """
    beside = "\u56fd" if chinese else "x"
    return text_width(f"{beside}{piece}{beside}", size, weight) - text_width(
        beside * 2, size, weight
    )


@lru_cache(maxsize=2_000)
def wrap(text: str, points: float, size: float, weight: str = "normal") -> str:
    """Break text into lines of at most ``points``, Chinese anywhere but before a comma or stop.

    >>> wrap("one two three", 30, 10).count("\\n")
    2
    """
    chinese = any(map(_is_chinese, text))
    lines = _broken(text, points, size, weight, chinese)
    # Matplotlib draws a text of several lines without font features: its quotation marks are wide.
    if len(lines) > 1 and not chinese:
        lines = _broken(text, points, size, weight, True)
    return "\n".join(lines)


def _broken(text: str, points: float, size: float, weight: str, chinese: bool) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for piece in _pieces(paragraph.strip()):
            bare = piece.rstrip()
            width = _advance(bare, size, weight, chinese)
            if line and used + width > points:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line += piece
            used += _advance(piece, size, weight, chinese)
        lines.append(line.rstrip())
    return lines
