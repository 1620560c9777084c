"""SVG of a figure, drawn fast: words are measured and outlined once a process, not once a chart.

A slider redraws its chart with nearly the same words, and words are most of a chart's SVG. Every
line of text is one ``<path>`` in whole font units, so that a picture looks the same on every
computer without asking for a font.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.colors import rgb2hex
from matplotlib.font_manager import FontProperties, weight_dict
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from kamkit.charts.text import FAMILY, face, holds

if TYPE_CHECKING:
    from kamkit.charts.theme import Figure

_EM = 1000  # font units
_SIZE = 100.0  # points at which a face is measured
_BOLD_FROM = 550
_MARK = "line"
_COMMENT = re.compile(rf"<!-- (?:{_MARK} (\d+) -->|.*?-->)\s*", re.DOTALL)
_PATH = re.compile(r' d="[^"]+"')
_FINE = re.compile(r"(\.\d\d\d)\d+")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_TO_PATH: Any = TextToPath()
_STEPS = {int(Path.LINETO): ("l", 1), int(Path.CURVE3): ("q", 2), int(Path.CURVE4): ("c", 3)}

Contour = tuple[int, int, str]


def _weight(prop: FontProperties) -> str:
    weight: Any = prop.get_weight()
    return "bold" if int(weight_dict.get(weight, weight)) >= _BOLD_FROM else "normal"


def _sized(weight: str) -> FT2Font:
    font = face(weight)
    font.set_size(_SIZE, 72)
    return font


@lru_cache(maxsize=20_000)
def _extent(line: str, weight: str) -> tuple[float, float, float]:
    """Width, height and descent of a line as shares of the font size."""
    font = _sized(weight)
    font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
    width, height = font.get_width_height()
    return width / 64 / _SIZE, height / 64 / _SIZE, font.get_descent() / 64 / _SIZE


@cache
def _height(weight: str) -> tuple[float, float, float]:
    """Ascent, descent and gap between lines as shares of the font size."""
    tables: Any = face(weight).get_sfnt_table("OS/2"), face(weight).get_sfnt_table("head")
    lines, em = tables[0], tables[1]["unitsPerEm"]
    return lines["sTypoAscender"] / em, -lines["sTypoDescender"] / em, lines["sTypoLineGap"] / em


def _contours(vertices: Any, codes: Any) -> Iterator[Contour]:
    """Each contour of a glyph: where it starts, and the rest of it relative to that."""
    points = [(round(x * _EM / _SIZE), round(-y * _EM / _SIZE)) for x, y in vertices]
    start, here, steps, at = (0, 0), (0, 0), "", 0
    while at < len(points):
        code = int(codes[at])
        if code == Path.MOVETO:
            start = here = points[at]
            steps = ""
            at += 1
        elif code == Path.CLOSEPOLY:
            yield *start, steps + "z"
            at += 1
        else:
            letter, count = _STEPS[code]
            ends = points[at : at + count]
            shifts = (n for x, y in ends for n in (x - here[0], y - here[1]))
            steps += letter + " ".join(map(str, shifts))
            here = ends[-1]
            at += count


@cache
def _known(weight: str) -> dict[str, tuple[Contour, ...]]:
    """The glyphs of a face that were outlined so far."""
    return {}


@lru_cache(maxsize=5_000)
def line_path(line: str, weight: str, features: tuple[str, ...] | None = None) -> str:
    """Outline of a line of text as SVG path data, in thousandths of the font size.

    >>> line_path("-", "normal").startswith("M")
    True
    """
    known = _known(weight)
    placed, new, _ = _TO_PATH.get_glyphs_with_font(
        _sized(weight), line, known, True, features=features
    )
    known.update((name, tuple(_contours(*outline))) for name, outline in new.items())
    parts: list[str] = []
    for name, x, y, _ in placed:
        right, down = round(x * _EM / _SIZE), round(-y * _EM / _SIZE)
        parts += (f"M{right + sx} {down + sy}{rest}" for sx, sy, rest in known[name])
    return "".join(parts)


class Renderer(RendererSVG):
    """Matplotlib's SVG renderer with short ids, no idle groups, and text by :func:`line_path`."""

    def __init__(self, width: float, height: float, out: io.StringIO, image_dpi: float) -> None:
        self.lines: list[str] = []
        self._groups: list[bool] = []
        self._ids = 0
        super().__init__(  # type: ignore[no-untyped-call]
            width, height, out, image_dpi=image_dpi, metadata=_NO_METADATA
        )

    def _make_id(self, type: str, content: Any) -> str:
        # Hashes of the content would change with each rounding in the layout.
        self._ids += 1
        return f"{type}{self._ids}"

    def _write_default_style(self) -> None:
        """Nothing: a style sheet makes the browser look at the whole page again."""

    def open_group(self, s: str, gid: str | None = None) -> None:
        """Open a group, if it has a name of its own."""
        self._groups.append(bool(gid))
        if gid:
            super().open_group(s, gid)  # type: ignore[no-untyped-call]

    def close_group(self, s: str) -> None:
        """Close the group, if it was opened."""
        if self._groups.pop():
            super().close_group(s)  # type: ignore[no-untyped-call]

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Measure a line of text in points."""
        if not _plain(s, prop, ismath):
            found: tuple[float, float, float] = super().get_text_width_height_descent(
                s, prop, ismath
            )  # type: ignore[no-untyped-call]
            return found
        size = prop.get_size_in_points()
        width, height, descent = _extent(s, _weight(prop))
        return width * size, height * size, descent * size

    def _get_font_height_metrics(
        self, prop: FontProperties
    ) -> tuple[float, float, float] | tuple[None, None, None]:
        # Matplotlib asks a renderer that has this; otherwise it reads the font's tables each time.
        if prop.get_family() != [FAMILY]:
            return None, None, None
        size = prop.get_size_in_points()
        ascent, descent, gap = _height(_weight(prop))
        return ascent * size, descent * size, gap * size

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Draw a line of text."""
        if not _plain(s, prop, ismath) or gc.get_url() is not None:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        path = line_path(s, _weight(prop), mtext.get_fontfeatures() if mtext is not None else None)
        if not path:
            return
        scale = prop.get_size_in_points() / _EM
        turn = f" rotate({-angle:g})" if angle else ""
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        faint = f' opacity="{alpha:g}"' if alpha != 1 else ""
        clip = self._get_clip_attrs(gc)  # type: ignore[no-untyped-call]
        writer: Any = self.writer
        if clip:
            writer.start("g", **clip)
        # The writer would escape markup, so a mark stands for the line until the drawing is done.
        writer.comment(f"{_MARK} {len(self.lines)}")
        if clip:
            writer.end("g")
        self.lines.append(
            f'<path transform="translate({x:.3f} {y:.3f}){turn} scale({scale:g})" '
            f'fill="{rgb2hex(gc.get_rgb())}"{faint} d="{path}"/>\n'
        )


def _plain(line: str, prop: FontProperties, ismath: Any) -> bool:
    """Whether a line is ours to write; a glyph that is lacking is matplotlib's to complain of."""
    return not ismath and prop.get_family() == [FAMILY] and all(map(holds, line))


class Canvas(FigureCanvasSVG):
    """A canvas that lays out and draws with one renderer, so that each word is measured once."""

    def __init__(self, fig: Figure, renderer: Renderer) -> None:
        super().__init__(fig)
        self._renderer = renderer

    def get_renderer(self) -> Renderer:
        """The renderer of this drawing."""
        return self._renderer


def draw_svg(fig: Figure) -> str:
    """What stands inside the ``<svg>`` element of a figure; its ids are its own, not the page's.

    >>> from kamkit.charts.theme import figure
    >>> draw_svg(figure("half", title="Two")[0]).count("<path") > 1
    True
    """
    out = io.StringIO()
    dpi, before = float(fig.dpi), fig.canvas
    fig.dpi = 72
    width, height = (float(inches) * 72 for inches in fig.get_size_inches())
    renderer = Renderer(width, height, out, dpi)
    try:
        Canvas(fig, renderer)
        fig.draw(renderer)
    finally:
        fig.set_canvas(before)
    renderer.finalize()  # type: ignore[no-untyped-call]
    body = out.getvalue()
    body = body[body.index(">", body.index("<svg")) + 1 : body.rindex("</svg>")]
    body = _PATH.sub(lambda found: _FINE.sub(r"\1", found[0]), body)
    return _COMMENT.sub(lambda found: renderer.lines[int(found[1])] if found[1] else "", body)
