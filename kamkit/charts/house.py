"""The house settings, in force only while one of our figures is built or drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.projections.polar import PolarAxes
from matplotlib.transforms import Bbox

from kamkit.charts import palette, text

Call = TypeVar("Call", bound=Callable[..., Any])
_inside: ContextVar[bool] = ContextVar("kamkit_theme", default=False)

_OURS = {
    "font.family": [text.FAMILY],
    "font.size": 13,
    "text.color": palette.INK,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlecolor": palette.INK,
    "axes.labelsize": 13,
    "axes.labelcolor": palette.INK,
    "axes.labelpad": 8,
    "axes.facecolor": palette.PAPER,
    "axes.edgecolor": palette.RULE,
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.prop_cycle": cycler(color=palette.SERIES),
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-9, 12),
    "axes.unicode_minus": True,
    "grid.color": palette.GRID,
    "grid.linewidth": 1.0,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "xtick.color": palette.RULE,
    "ytick.color": palette.RULE,
    "xtick.labelcolor": palette.MUTED,
    "ytick.labelcolor": palette.MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.pad": 7,
    "ytick.major.pad": 7,
    "lines.linewidth": 2.4,
    "lines.markersize": 7.5,
    "lines.markeredgecolor": palette.PAPER,
    "lines.markeredgewidth": 0.9,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.9,
    "patch.edgecolor": palette.PAPER,
    "patch.facecolor": palette.SERIES[0],
    "patch.force_edgecolor": False,
    "hatch.linewidth": 0.9,
    "errorbar.capsize": 0,
    "scatter.edgecolors": palette.PAPER,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "legend.handlelength": 2.6,
    "legend.borderaxespad": 0.2,
    "legend.labelcolor": palette.INK,
    "figure.facecolor": palette.PAPER,
    "figure.edgecolor": palette.PAPER,
    "savefig.facecolor": palette.PAPER,
    "savefig.edgecolor": palette.PAPER,
    "savefig.bbox": None,
    "image.cmap": "kamkit_sequential",
    "svg.fonttype": "path",
    "svg.hashsalt": "kamkit",
    "pdf.fonttype": 3,
}
# Settings of the session, not of the drawing: taking them over would switch backends.
_LEAVE = ("backend", "interactive", "toolbar", "timezone", "webagg", "tk.", "macosx", "keymap")

_DRAWING = """
annotate axhline axhspan axline axvline axvspan bar bar_label barh boxplot broken_barh clear
errorbar eventplot fill fill_between fill_betweenx hexbin hist hlines imshow legend loglog
pcolormesh pie plot scatter secondary_xaxis secondary_yaxis semilogx semilogy set_title
set_xlabel set_xscale set_xticklabels set_xticks set_ylabel set_yscale set_yticklabels
set_yticks stackplot stairs stem step table text tick_params twinx twiny violinplot vlines
"""


@cache
def _settings() -> dict[Any, Any]:
    """Matplotlib's defaults under ours, so that the user's own style never shines through."""
    text.register()
    for colours in (palette.SEQUENTIAL, palette.DIVERGING):
        mpl.colormaps.register(colours, force=True)
    plain = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith(_LEAVE)}
    settings: dict[Any, Any] = plain | _OURS
    return settings


@contextmanager
def themed() -> Iterator[None]:
    """Draw in the house style; afterwards the user's settings are what they were.

    >>> before = mpl.rcParams["font.size"]
    >>> with themed():
    ...     inside = mpl.rcParams["font.size"]
    >>> inside, mpl.rcParams["font.size"] == before
    (13.0, True)
    """
    if _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        with mpl.rc_context(_settings()):
            yield
    finally:
        _inside.reset(token)


def in_theme(method: Call) -> Call:
    """Wrap a function so that what it creates follows the house style.

    >>> in_theme(len)("abc")
    3
    """

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with themed():
            return method(*args, **kwargs)

    return call  # type: ignore[return-value]


def _themed_axes(base: type[Axes]) -> type[Axes]:
    wrapped = {name: in_theme(getattr(base, name)) for name in _DRAWING.split()}
    return type(f"House{base.__name__}", (base,), wrapped)


class SettledAxes(Axes):
    """Axes that measure their words once a layout.

    Constrained layout asks twice, since moved axes may show other ticks. Where they show the same
    ones, what stands around the axes is as wide as before.
    """

    frames: dict[str, Any] | None = None  # of the layout that is going on

    def get_tightbbox(self, renderer: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The box around the axes and all that belongs to them, in pixels."""
        known = self.frames
        if known is None or self.get_aspect() != "auto":
            return super().get_tightbbox(renderer, *args, **kwargs)
        ticks = [list(axis.get_majorticklocs()) for axis in (self.xaxis, self.yaxis)]
        if known.get("ticks") != ticks:
            around = super().get_tightbbox(renderer, *args, **kwargs)
            if around is None:
                return None
            known |= {"ticks": ticks, "edges": np.subtract(around.extents, self.bbox.extents)}
        return Bbox.from_extents(*np.add(self.bbox.extents, known["edges"]))


HouseAxes = _themed_axes(SettledAxes)
HousePolarAxes = _themed_axes(PolarAxes)
