"""The house style of every chart: one figure class, one way to build and show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from matplotlib import figure as mpl_figure
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.projections.polar import PolarAxes
from matplotlib.text import Text

from kamkit.charts.axes import money_axis, percent_axis, turn_outward, value_grid, with_unit
from kamkit.charts.export import to_png, to_svg
from kamkit.charts.house import HouseAxes, HousePolarAxes, SettledAxes, in_theme, themed
from kamkit.charts.labels import label_points
from kamkit.charts.palette import (
    ACCENT,
    BACKING,
    BAD,
    DIVERGING,
    GOOD,
    GRID,
    INK,
    MUTED,
    PAPER,
    RULE,
    SEQUENTIAL,
    SERIES,
    WARN,
    contrast,
    fill_style,
    ink_on,
    line_style,
    style,
)
from kamkit.charts.text import FAMILY, characters, data_text, dress, text_width, wrap

__all__ = [
    "ACCENT",
    "BACKING",
    "BAD",
    "DIVERGING",
    "FAMILY",
    "GOOD",
    "GRID",
    "INK",
    "MUTED",
    "PAPER",
    "RULE",
    "SEQUENTIAL",
    "SERIES",
    "SIZES",
    "WARN",
    "Figure",
    "characters",
    "contrast",
    "data_text",
    "figure",
    "fill_style",
    "ink_on",
    "label_points",
    "line_style",
    "money_axis",
    "note",
    "percent_axis",
    "style",
    "text_width",
    "themed",
    "to_png",
    "to_svg",
    "value_grid",
    "with_unit",
    "wrap",
]

SIZES = {"wide": (10.0, 5.6), "half": (5.6, 4.2), "square": (6.4, 6.4), "tall": (7.2, 9.0)}
_EDGE = 0.16  # inches of paper around everything
_LEADING = 1.32


class HouseLayout(ConstrainedLayoutEngine):
    """Constrained layout that keeps legends "outside" the axes out of heading and footer too."""

    def execute(self, fig: mpl_figure.Figure) -> Any:
        """Lay the figure out."""
        outside = [legend for legend in fig.legends if getattr(legend, "_outside_loc", None)]
        for legend in outside:
            legend.set_bbox_to_anchor(None)
        settled = [axes for axes in fig.axes if isinstance(axes, SettledAxes)]
        for axes in settled:
            axes.frames = {}
        try:
            grids = super().execute(fig)
        finally:
            for axes in settled:
                axes.frames = None
        for legend in outside:
            legend.set_bbox_to_anchor(self.get()["rect"], transform=fig.transFigure)
        return grids


def _axis_list(axes: Axes) -> list[Axis]:
    return [child for child in axes.get_children() if isinstance(child, Axis)]


def _tick_words(axis: Axis) -> Iterator[Text]:
    """Labels of the ticks that an axis has so far; matplotlib's own list would make new ones."""
    for tick in (*axis.majorTicks, *axis.minorTicks):
        yield from (tick.label1, tick.label2)


def _words(artist: Artist) -> Iterator[Text]:
    """Every text below an artist."""
    if isinstance(artist, Text):
        yield artist
    elif isinstance(artist, Axis):
        yield from (artist.label, artist.offsetText, *_tick_words(artist))
    else:
        for child in artist.get_children():
            yield from _words(child)


class Figure(mpl_figure.Figure):
    """A figure with a heading, a footer and an alternative text, which shows itself as SVG.

    It never meets pyplot, so no backend draws it a second time. ``heading``, ``footer`` and
    ``alt`` may be set until it is drawn; both texts wrap and keep clear of the axes.

    >>> fig = Figure(figsize=(5.6, 4.2))
    >>> fig.alt = "one bar"
    >>> "<desc" in fig._repr_svg_()
    True
    """

    def __init__(self, *args: Any, heading: str = "", alt: str = "", **kwargs: Any) -> None:
        self.heading = heading
        self.footer = ""
        self.alt = alt
        self._rules: list[tuple[Callable[[], None], bool]] = []
        kwargs.setdefault("layout", HouseLayout())
        with themed():
            super().__init__(*args, **kwargs)
            self._bar = Rectangle((0, 0), 0, 0, color=ACCENT, lw=0)
            self._heading = Text(0, 0, "", weight="bold", color=INK, va="top", parse_math=False)
            self._footer = Text(0, 0, "", color=MUTED, va="bottom", parse_math=False)
            for words in (self._heading, self._footer):
                words.set_linespacing(_LEADING)
            for own in (self._bar, self._heading, self._footer):
                own.set_in_layout(False)
                self.add_artist(own)

    def before_draw(self, rule: Callable[[], None], *, placed: bool = False) -> None:
        """Run ``rule`` before each drawing; with ``placed``, after the axes have their places."""
        self._rules.append((rule, placed))

    def add_subplot(self, *args: Any, **kwargs: Any) -> Axes:
        """Add axes of the house style."""
        polar = kwargs.get("projection") == "polar" or kwargs.get("polar", False)
        if polar or kwargs.get("projection") is None:
            kwargs.pop("projection", None)
            kwargs.pop("polar", None)
            kwargs.setdefault("axes_class", HousePolarAxes if polar else HouseAxes)
        with themed():
            axes: Axes = super().add_subplot(*args, **kwargs)
            return axes

    def _frame(self, artist: Text, words: str, size: float) -> float:
        """Write a wrapped text and return its height in inches."""
        width = self.get_figwidth() - 2 * _EDGE
        weight = "bold" if artist is self._heading else "normal"
        lines = wrap(words.replace("\\$", "$"), width * 72, size, weight) if words else ""
        artist.set(text=lines, fontsize=size, x=_EDGE / self.get_figwidth())
        return (lines.count("\n") + 1) * size * _LEADING / 72 if words else 0.0

    def _margins(self) -> None:
        """Place heading and footer and leave the rest to the axes."""
        width, height = self.get_size_inches()
        roomy = width > 7
        above = self._frame(self._heading, self.heading, 18 if roomy else 15.5)
        below = self._frame(self._footer, self.footer, 11 if roomy else 10)
        top = _EDGE
        if above:
            self._bar.set_bounds(_EDGE / width, 1 - 0.06 / height, 0.5 / width, 0.06 / height)
            self._heading.set_y(1 - top / height)
            top += above + 0.06
        self._footer.set_y(_EDGE * 0.7 / height)
        bottom = below + _EDGE if below else _EDGE / 2
        engine = self.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            left, free = _EDGE / 2 / width, 1 - (top + bottom) / height
            rect = (left, bottom / height, 1 - 2 * left, free)
            engine.set(rect=rect)

    def _prepare(self) -> None:
        for rule, placed in self._rules:
            if not placed:
                rule()
        self._margins()
        for words in _words(self):
            dress(words)
        for axes in self.axes:
            if isinstance(axes, PolarAxes):
                turn_outward(axes)
        engine = self.get_layout_engine()
        if engine is not None and self.axes:
            engine.execute(self)
        # The layout makes the ticks and writes their labels.
        for axes in self.axes:
            for axis in _axis_list(axes):
                for words in _tick_words(axis):
                    dress(words)
        for rule, placed in self._rules:
            if placed:
                rule()

    def draw(self, renderer: Any) -> None:
        """Draw in the house style, laid out once."""
        engine = self.get_layout_engine()
        with themed():
            self._prepare()
            self.set_layout_engine("none")
            try:
                super().draw(renderer)
            finally:
                self.set_layout_engine(engine)

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Save in the house style; see :meth:`matplotlib.figure.Figure.savefig`."""
        with themed():
            super().savefig(fname, **kwargs)

    def _repr_svg_(self) -> str:
        return to_svg(self)

    def _ipython_display_(self) -> None:
        # The inline backend registers a PNG printer for every matplotlib figure; taking the
        # whole display over keeps it from storing each chart twice.
        from IPython.display import display

        data = {"image/svg+xml": to_svg(self), "text/plain": self.alt or self.heading}
        display(data, raw=True)  # type: ignore[no-untyped-call]


for _name in ("legend", "colorbar", "text", "supxlabel", "supylabel", "subfigures"):
    setattr(Figure, _name, in_theme(getattr(mpl_figure.Figure, _name)))


def figure(
    size: str | tuple[float, float] = "wide",
    *,
    rows: int = 1,
    cols: int = 1,
    title: str = "",
    alt: str = "",
    **subplots_kw: Any,
) -> tuple[Figure, Any]:
    """A house figure and its axes, as ``Figure.subplots`` returns them.

    ``size`` is "wide", "half", "square", "tall" or a pair of inches. The title stands on the
    left and wraps. Everything that is not named goes to ``Figure.subplots``.

    >>> fig, ax = figure("half", title="Revenue by account", alt="Bars of revenue.")
    >>> fig.alt, ax.get_title()
    ('Bars of revenue.', '')
    """
    inches = SIZES[size] if isinstance(size, str) else size
    fig = Figure(figsize=inches, heading=title, alt=alt)
    return fig, fig.subplots(rows, cols, **subplots_kw)


def note(fig: Figure, text: str) -> None:
    """Add a footer line: n, variant and origin of what is shown.

    >>> fig, ax = figure("half")
    >>> note(fig, "n = 91")
    >>> fig.footer
    'n = 91'
    """
    fig.footer = f"{fig.footer}\n{text}" if fig.footer else text
