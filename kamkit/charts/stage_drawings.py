"""The structures of a relationship as small drawings: our own, after what S103 describes."""

from __future__ import annotations

from kamkit.charts.sheet import Pen, Point
from kamkit.charts.theme import ACCENT, GOOD, PAPER, SERIES
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

OURS, THEIRS = ACCENT, SERIES[5]
OURS_TINT, THEIRS_TINT = "#DDE8EE", "#F0E4DA"
JOINT = GOOD
STAGES = ("pre", "early", "mid", "partnership", "synergistic")


def stage_words(lang: str, scheme: RelationshipScheme | None = None) -> dict[str, str]:
    """Stages and types in words.

    >>> stage_words("en")["pre"], stage_words("zh")["disintegrating"]
    ('Pre', '瓦解')
    """
    found = scheme or relationship_scheme()
    return {s.id: s.label[lang] for s in (*found.stages, *found.types, found.decay)}


class Canvas:
    """A unit square on a sheet: (0, 0) is the upper left corner of the drawing."""

    def __init__(self, pen: Pen, x: float, y: float, width: float, height: float) -> None:
        self.pen, self.x, self.y, self.width, self.height = pen, x, y, width, height

    def at(self, x: float, y: float) -> Point:
        """A point of the unit square in points of the sheet."""
        return self.x + x * self.width, self.y + y * self.height

    def line(self, *points: Point, color: str, lw: float = 1.2, z: int = 5) -> None:
        """A line through points of the unit square."""
        self.pen.line([self.at(*p) for p in points], color, lw, z=z)

    def shape(self, points: list[Point], face: str, edge: str) -> None:
        """A filled outline: bands of the sheet's boxes, and its rim."""
        self.pen.shape([self.at(*p) for p in points], face, edge, 1.1)

    def dot(self, x: float, y: float, color: str, size: float = 6.0, edge: str = PAPER) -> None:
        """A person or a function."""
        self.pen.mark(*self.at(x, y), size, color, edge, "o", 7)

    def key_pair(self, left: Point, right: Point) -> None:
        """Account manager and main contact, and the thread between them."""
        self.line(left, right, color=OURS, lw=2.2, z=6)
        for (x, y), color in ((left, OURS), (right, THEIRS)):
            self.pen.mark(*self.at(x, y), 10, color, PAPER, "o", 8)


def draw_stage(pen: Pen, stage: str, x: float, y: float, width: float, height: float) -> None:
    """The drawing of one stage in a box of the sheet."""
    canvas = Canvas(pen, x, y, width, height)
    {"pre": _pre, "early": _early, "mid": _mid, "partnership": _partnership,
     "synergistic": _synergistic}[stage](canvas)  # fmt: skip


def _pyramid(c: Canvas, left: float, width: float, color: str, tint: str) -> None:
    """A hierarchy: a triangle on its base, with its layers."""
    top, bottom = 0.2, 0.94
    middle = left + width / 2
    c.shape([(middle, top), (left + width, bottom), (left, bottom)], tint, color)
    for i in range(1, 4):
        y = top + (bottom - top) * i / 4
        half = width / 2 * i / 4
        c.line((middle - half, y), (middle + half, y), color=color, lw=0.7)


def _pre(c: Canvas) -> None:
    """Two hierarchies apart, one thread between the feet."""
    _pyramid(c, 0.0, 0.36, OURS, OURS_TINT)
    _pyramid(c, 0.64, 0.36, THEIRS, THEIRS_TINT)
    c.key_pair((0.33, 0.85), (0.67, 0.85))


def _early(c: Canvas) -> None:
    """A bow tie: everybody stands behind one pair."""
    for outer, tip, color, tint in ((0.02, 0.455, OURS, OURS_TINT), (0.98, 0.545, THEIRS,
                                                                    THEIRS_TINT)):  # fmt: skip
        c.shape([(outer, 0.06), (tip, 0.5), (outer, 0.94)], tint, color)
        inner = outer + (tip - outer) * 0.2
        for y in (0.26, 0.42, 0.58, 0.74):
            c.line((inner, y), (tip, 0.5), color=color, lw=0.7)
            c.dot(inner, y, color)
    c.key_pair((0.455, 0.5), (0.545, 0.5))


def _mid(c: Canvas) -> None:
    """The hierarchies meet; the pair stands in the joint, contact begins across levels."""
    _pyramid(c, 0.06, 0.46, OURS, OURS_TINT)
    _pyramid(c, 0.48, 0.46, THEIRS, THEIRS_TINT)
    for y, reach in ((0.5, 0.2), (0.68, 0.15)):
        c.line((0.5 - reach * 0.72, y), (0.5 + reach * 0.72, y), color=JOINT, lw=1.6, z=6)
        c.dot(0.5 - reach * 0.72, y, OURS)
        c.dot(0.5 + reach * 0.72, y, THEIRS)
    c.key_pair((0.465, 0.86), (0.535, 0.86))


def _partnership(c: Canvas) -> None:
    """A diamond: functions face each other along the middle, the pair coordinates."""
    for outer, base, color, tint in ((0.05, 0.42, OURS, OURS_TINT), (0.95, 0.58, THEIRS,
                                                                    THEIRS_TINT)):  # fmt: skip
        c.shape([(base, 0.05), (outer, 0.5), (base, 0.95)], tint, color)
    for y in (0.17, 0.335, 0.665, 0.83):
        c.line((0.42, y), (0.58, y), color=JOINT, lw=1.6, z=6)
        c.dot(0.42, y, OURS)
        c.dot(0.58, y, THEIRS)
    c.key_pair((0.4, 0.5), (0.6, 0.5))


def _synergistic(c: Canvas) -> None:
    """The border dissolves: teams of both sides, the joint boards above them."""
    c.shape([(0.05, 0.28), (0.5, 0.02), (0.95, 0.28), (0.95, 0.97), (0.05, 0.97)], "#EAF4F1", JOINT)
    places = ((0.5, 0.22), (0.2, 0.47), (0.5, 0.53), (0.8, 0.47), (0.34, 0.78), (0.66, 0.78))
    for x, y in places:
        joint_team(c, x, y, 15.0)


def joint_team(c: Canvas, x: float, y: float, size: float) -> None:
    """A team with people of both sides."""
    c.pen.mark(*c.at(x, y), size, PAPER, JOINT, "o", 6)
    reach = size * 0.22 / c.width
    c.dot(x - reach, y, OURS, size * 0.34, OURS)
    c.dot(x + reach, y, THEIRS, size * 0.34, THEIRS)
