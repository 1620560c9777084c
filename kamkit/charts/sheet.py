"""A drawing surface in points: forms and maps whose boxes are as large as their words need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from kamkit.charts import theme
from kamkit.charts.text import data_text, text_width, wrap
from kamkit.charts.theme import INK, MUTED, Figure

WIDTH = 700.0  # points of a sheet that fills a page
_INCHES = 10.0
_MARGIN = 0.16 * 72
_LEADING = 1.32
_LINES = ("x", "+", "_", "|")
_ROOM = 14.0  # what the layout keeps around the axes


def fit(text: str, room: float, size: float, weight: str = "normal") -> str:
    """A name from data cut with "…" to a width in points; what is no name is a dash.

    >>> fit("Bartholomew", 30, 10), fit("Bo", 30, 10)
    ('Bar…', 'Bo')
    """
    shown = data_text(text, 200)
    if text_width(shown, size, weight) <= room:
        return shown
    low, high = 0, len(shown)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(shown[:middle].rstrip("\\ ") + "…", size, weight) <= room:
            low = middle
        else:
            high = middle - 1
    return shown[:low].rstrip("\\ ") + "…"


def fit_lines(text: str, room: float, size: float, most: int, weight: str = "normal") -> str:
    """Words broken into at most ``most`` lines, the last one cut where they need more.

    >>> fit_lines("one two three four", 40, 10, 2).count("\\n")
    1
    """
    lines = wrap(text, room, size, weight).split("\n")
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return "\n".join(fit(line, room, size, weight) for line in lines)


def sheet(title: str, alt: str) -> tuple[Figure, Axes]:
    """A page-wide figure whose axes have no frame; end with :func:`settle`.

    >>> fig, ax = sheet("Map", "A map")
    >>> fig.heading
    'Map'
    """
    fig, ax = theme.figure((_INCHES, 4.0), title=title, alt=alt)
    ax.set_axis_off()
    return fig, ax


def _tall(text: str, size: float, weight: str) -> float:
    if not text:
        return 0.0
    room = _INCHES * 72 - 2 * _MARGIN
    return (wrap(text.replace("\\$", "$"), room, size, weight).count("\n") + 1) * size * _LEADING


def settle(fig: Figure, ax: Axes, height: float) -> None:
    """Give a sheet its height, so that one unit of its axes is one point, downwards from the top.

    Call it when heading and footer are written.

    >>> fig, ax = sheet("Map", "A map")
    >>> settle(fig, ax, 300)
    >>> bool(fig.get_figheight() > 300 / 72)
    True
    """
    words = _tall(fig.heading, 18, "bold") + _tall(fig.footer, 11, "normal")
    fig.set_size_inches(_INCHES, (height + words + 2 * _MARGIN + _ROOM) / 72)

    def rule() -> None:
        box = ax.get_window_extent()
        scale = 72 / fig.dpi
        spare = box.width * scale - WIDTH
        ax.set_xlim(-spare / 2, WIDTH + spare / 2)
        ax.set_ylim(box.height * scale, 0)

    rule()
    fig.before_draw(rule, placed=True)


Point = tuple[float, float]


@dataclass
class Pen:
    """Shapes gathered by kind, so that hundreds of them are drawn as a handful of artists."""

    shapes: list[tuple[Sequence[Point], Any, Any, float]] = field(default_factory=list)
    lines: dict[tuple[int, bool, bool], list[tuple[Sequence[Point], Any, float]]] = field(
        default_factory=dict
    )
    marks: dict[tuple[str, int], list[tuple[float, float, float, Any, Any]]] = field(
        default_factory=dict
    )

    def box(
        self, x: float, y: float, width: float, height: float,
        face: Any, edge: Any = "none", lw: float = 0.0,
    ) -> None:  # fmt: skip
        """A rectangle by its upper left corner."""
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        self.shapes.append((corners, face, edge, lw))

    def shape(self, points: Sequence[Point], face: Any, edge: Any = "none", lw: float = 0) -> None:
        """A filled shape by its corners."""
        self.shapes.append((points, face, edge, lw))

    def line(
        self, points: Sequence[Point], color: Any, lw: float, *, dashed: bool = False, z: int = 2,
        joined: bool = False,
    ) -> None:  # fmt: skip
        """A line through some points; ``joined`` ones close the seams between pieces."""
        self.lines.setdefault((z, dashed, joined), []).append((points, color, lw))

    def mark(
        self, x: float, y: float, size: float, face: Any, edge: Any = "none",
        shape: str = "o", z: int = 5,
    ) -> None:  # fmt: skip
        """A sign; size is its width in points."""
        self.marks.setdefault((shape, z), []).append((x, y, size, face, edge))

    def draw(self, ax: Axes) -> None:
        """Put everything on the axes; boxes lie below lines, signs above them."""
        if self.shapes:
            corners, faces, edges, widths = zip(*self.shapes, strict=True)
            ax.add_collection(
                PolyCollection(corners, facecolors=faces, edgecolors=edges, linewidths=widths,
                               zorder=3, clip_on=False),
                autolim=False,
            )  # fmt: skip
        for (z, dashed, joined), lines in sorted(self.lines.items()):
            found = _lines(lines, dashed, z)
            found.set_capstyle("round" if joined and not dashed else "butt")
            ax.add_collection(found, autolim=False)
        for (shape, z), marks in sorted(self.marks.items()):
            x, y, size = np.array([m[:3] for m in marks], dtype=float).T
            # A sign without an area has one colour.
            edge: dict[str, Any] = {} if shape in _LINES else {"edgecolor": [m[4] for m in marks]}
            ax.scatter(
                x, y, s=size**2, marker=shape, facecolor=[m[3] for m in marks], linewidth=1.3,
                zorder=z, clip_on=False, **edge,
            )  # fmt: skip


def _lines(lines: list[tuple[Sequence[Point], Any, float]], dashed: bool, z: int) -> LineCollection:
    widths = [lw for _, _, lw in lines]
    # Dashes are counted in line widths; ours are equally long in points.
    styles: Any = [(0, (5.5 / lw, 2.8 / lw)) for lw in widths] if dashed else "-"
    found = LineCollection(
        [np.asarray(points, dtype=float) for points, _, _ in lines],
        colors=[color for _, color, _ in lines], linewidths=widths, linestyles=styles, zorder=z,
    )  # fmt: skip
    found.set_clip_on(False)
    found.set_joinstyle("round")
    return found


def words(
    ax: Axes, x: float, y: float, text: str, size: float = 10.0, *,
    color: str = INK, weight: str = "normal", ha: str = "left", va: str = "center",
    z: float = 6.0, **more: Any,
) -> None:  # fmt: skip
    """A text on a sheet, left out where it is empty."""
    if text:
        shown = ax.text(x, y, text, fontsize=size, color=color, weight=weight, ha=ha, va=va,
                        zorder=z, linespacing=1.2, **more)  # fmt: skip
        # The sheet is as large as its content; words must not make the layout shrink it.
        shown.set_in_layout(False)


def flow(
    items: Iterable[float], room: float, *, gap: float = 16.0, leading: float = 17.0
) -> list[Point]:
    """Places of things of some widths, side by side in as many lines as they need.

    >>> flow([40, 40, 40], 100)
    [(0.0, 0.0), (56.0, 0.0), (0.0, 17.0)]
    """
    places: list[Point] = []
    x = y = 0.0
    for width in items:
        if x and x + width > room:
            x, y = 0.0, y + leading
        places.append((x, y))
        x += width + gap
    return places


def legend(
    ax: Axes, pen: Pen, y: float, items: Sequence[tuple[Any, float, str]], *, size: float = 10.0
) -> float:
    """Signs with their words in lines below a map; returns the height that they take.

    An item is a function that draws the sign with its left middle at (x, y), the sign's width,
    and the words.
    """
    widths = [wide + 5 + text_width(text, size) for _, wide, text in items]
    places = flow(widths, WIDTH)
    for (sign, wide, text), (x, down) in zip(items, places, strict=True):
        sign(pen, x, y + down)
        words(ax, x + wide + 5, y + down, text, size, color=MUTED)
    return (places[-1][1] if places else 0.0) + 17.0
