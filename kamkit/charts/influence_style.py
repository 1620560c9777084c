"""Signs of an influence map: stance, influence, ties, and the legend that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kamkit.charts.influence_routes import WIDTHS
from kamkit.charts.sheet import Pen
from kamkit.charts.theme import BAD, GOOD, GRID, INK, MUTED, PAPER, RULE, SERIES, WARN
from kamkit.i18n import label, t

# Shape and fill beside colour: up for us, down against us, filled where strongly so.
STANCES: dict[int, tuple[str, str, str]] = {
    2: ("^", GOOD, GOOD), 1: ("^", PAPER, GOOD), 0: ("o", PAPER, MUTED), -1: ("v", PAPER, BAD),
    -2: ("v", BAD, BAD),
}  # fmt: skip
TINTS = {2: "#DCEEEA", 1: "#EDF6F4", 0: "#F0F2F4", -1: "#FAEEF0", -2: "#F4DCE0"}
UNKNOWN_TINT = "#FFFFFF"
OURS = (SERIES[0], SERIES[2], SERIES[3], "#4C7F9E")  # cool
RIVALS = (SERIES[1], SERIES[5], "#B5562F")  # warm
INSIDE = "#A9B3BD"  # ties within the customer
FADED = "#E3E8EC"
STANCE_NAMES: dict[str, int | None] = {
    "for2": 2, "for1": 1, "neutral": 0, "against1": -1, "against2": -2, "unknown": None,
}  # fmt: skip
BUYER_TYPES = ("economic", "user", "technical", "coach", "gatekeeper", "influencer")


def grade(value: Any) -> int | None:
    """A whole grade, or None where it is not known.

    >>> grade(2.0), grade(None)
    (2, None)
    """
    return None if pd.isna(value) else int(value)


def tags(value: Any) -> list[str]:
    """The tags of a cell.

    >>> tags("user;economic"), tags(None)
    (['user', 'economic'], [])
    """
    return [] if not isinstance(value, str) else [p.strip() for p in value.split(";") if p.strip()]


def stance(pen: Pen, x: float, y: float, support: int | None, size: float = 10.5) -> None:
    """The sign of a person's stance; a hollow dashed square where it is not known."""
    if support is None:
        pen.mark(x, y, size * 1.15, "none", MUTED, "s")
        pen.mark(x, y, size * 0.62, MUTED, "none", "$?$", 6)
        return
    shape, face, edge = STANCES[max(-2, min(2, support))]
    pen.mark(x, y, size, face, edge, shape)


def pips(pen: Pen, x: float, y: float, influence: int | None, *, faded: bool = False) -> None:
    """Influence as five steps upwards from (x, y); outlines only where it is not known."""
    for i in range(5):
        top = y - i * 5.4 - 4.0
        if influence is None:
            pen.box(x, top, 4.6, 4.0, PAPER, RULE, 0.6)
        else:
            full = FADED if faded else INK if i < influence else GRID
            pen.box(x, top, 4.6, 4.0, full)


def level_pips(pen: Pen, x: float, y: float, influence: int | None) -> None:
    """Influence as five steps to the right of (x, y)."""
    for i in range(5):
        if influence is None:
            pen.box(x + 6 * i, y - 2.3, 4.6, 4.6, PAPER, RULE, 0.6)
        else:
            pen.box(x + 6 * i, y - 2.3, 4.6, 4.6, INK if i < influence else GRID)


def end_mark(pen: Pen, x: float, y: float, side: str, color: Any) -> None:
    """Where a line meets a card: a dot for us, a diamond for a rival."""
    pen.mark(x, y, 6.0 if side == "competitor" else 5.0, color, PAPER,
             "D" if side == "competitor" else "o")  # fmt: skip


def _stance_items(lang: str) -> list[tuple[Any, float, str]]:
    def item(key: int | None) -> Any:
        return lambda pen, x, y: stance(pen, x + 6, y, key)

    return [(item(k), 12.0, t(f"chart.influence.{n}", lang)) for n, k in STANCE_NAMES.items()]


def _line_items(lang: str, sides: Sequence[str]) -> list[tuple[Any, float, str]]:
    def line(color: str, lw: float, dashed: bool, side: str = "") -> Any:
        def draw(pen: Pen, x: float, y: float) -> None:
            pen.line([(x, y), (x + 26, y)], color, lw, dashed=dashed)
            if side in ("us", "competitor"):
                end_mark(pen, x + 26, y, side, color)

        return draw

    def widths(pen: Pen, x: float, y: float) -> None:
        for i, lw in WIDTHS.items():
            pen.line([(x + 17 * (i - 1), y), (x + 17 * (i - 1) + 14, y)], OURS[0], lw)

    colors = {"us": OURS[0], "competitor": RIVALS[0], "customer": INSIDE}
    found = [(line(colors[s], 2.4, False, s), 29.0, t(f"chart.influence.line_{s}", lang))
             for s in ("us", "competitor", "customer") if s in sides]  # fmt: skip
    if found:
        found.append((widths, 66.0, t("chart.influence.strength", lang)))
        found += [(line(OURS[0], 1.9, b == "personal"), 26.0, t(f"chart.influence.{b}", lang))
                  for b in ("value", "personal")]  # fmt: skip
    return found


def legend_items(
    lang: str, sides: Sequence[str], *, ring: bool = False, single: bool = False
) -> list[tuple[Any, float, str]]:
    """What the signs of a map mean.

    >>> [words for *_, words in legend_items("en", ["us"])][:2]
    ['strongly for us', 'for us']
    """

    def influence(pen: Pen, x: float, y: float) -> None:
        level_pips(pen, x, y, 3)

    def economic(pen: Pen, x: float, y: float) -> None:
        pen.line(frame(x + 1, y - 5, 20, 10), WARN, 2.0, dashed=True)

    def alone(pen: Pen, x: float, y: float) -> None:
        pen.line(frame(x + 1, y - 5, 20, 10), BAD, 2.0)

    found = _stance_items(lang) + _line_items(lang, sides)
    found.append((influence, 28.0, t("chart.influence.influence", lang)))
    if ring:
        found.append((economic, 22.0, t("chart.influence.ring", lang)))
    if single:
        found.append((alone, 22.0, t("chart.influence.single", lang)))
    return found


def frame(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """The outline of a box as a line.

    >>> frame(0, 0, 2, 1)
    [(0, 0), (2, 0), (2, 1), (0, 1), (0, 0)]
    """
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]


def letters(buyer_types: Sequence[str], lang: str) -> str:
    """Buyer types as letters.

    >>> letters(["user", "economic"], "en"), letters(["technical"], "zh")
    ('EU', '技')
    """
    return "".join(t(f"chart.influence.letter_{b}", lang) for b in BUYER_TYPES if b in buyer_types)


def job(row: dict[Any, Any], lang: str) -> str:
    """What a person does: one of ours by role, others by function, else as recorded.

    >>> job({"function": "finance", "title": "CFO"}, "en"), job({"title": "CFO"}, "en")
    ('finance', 'CFO')
    """
    sections = {"title": "member_role", "function": "contact_function"}
    for key in ("title", "function") if row.get("side") == "us" else ("function", "title"):
        value = row.get(key)
        if isinstance(value, str) and value:
            return label(f"{sections[key]}.{value}", lang, value)
    return ""
