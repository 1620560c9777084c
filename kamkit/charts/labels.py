"""Labels beside points that keep clear of each other and inside the axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Annotation
from matplotlib.transforms import IdentityTransform

from kamkit.charts.house import themed
from kamkit.charts.palette import INK, MUTED
from kamkit.charts.text import text_width

if TYPE_CHECKING:
    from kamkit.charts.theme import Figure

Box = tuple[float, float, float, float]
_SIZE = 11.0
_DIRECTIONS = (
    *((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)),
    *((0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1)),
)
_RADII = (8.5, 13.0, 20.0, 30.0, 44.0, 62.0, 84.0)
_LEADER_FROM = 10.0
_MARK = 6.0
_AT_LABEL, _AT_POINT = 2.0, 4.0  # points that a leader keeps from its ends
_NO_LINES = Path(np.empty((0, 2)))


def label_points(
    ax: Axes,
    xs: Iterable[Any],
    ys: Iterable[Any],
    texts: Sequence[str],
    *,
    max_labels: int = 25,
) -> list[Annotation]:
    """Name points, the first ``max_labels`` of them, without overlap and inside the axes.

    Labels step away from their point, with a thin leader, where the place beside it is taken;
    one that finds no place within reach is left out rather than printed over another. Places
    are found when the figure is drawn. Put the most important points first.

    >>> from kamkit.charts.theme import figure
    >>> fig, ax = figure("half")
    >>> _ = ax.scatter([1, 2], [1, 2])
    >>> [label.get_text() for label in label_points(ax, [1, 2], [1, 2], ["A", "B"])]
    ['A', 'B']
    """
    x, y = _numbers(ax.xaxis, xs), _numbers(ax.yaxis, ys)
    known = [i for i in range(len(texts)) if np.isfinite(x[i]) and np.isfinite(y[i])]
    with themed():
        labels = [_annotation(ax, x[i], y[i], texts[i]) for i in known[:max_labels]]
        leaders = _leaders(ax)
    fig: Figure = ax.get_figure(root=True)  # type: ignore[assignment]
    points = np.column_stack([x[known], y[known]])
    fig.before_draw(lambda: _place(ax, points, labels, leaders), placed=True)
    return labels


def _numbers(axis: Axis, values: Iterable[Any]) -> np.ndarray:
    units: Any = axis
    return np.array(units.convert_units(list(values)), dtype=np.float64)


def _annotation(ax: Axes, x: float, y: float, text: str) -> Annotation:
    label = ax.annotate(
        text,
        (x, y),
        xytext=(_RADII[0], 0),
        textcoords="offset points",
        fontsize=_SIZE,
        color=INK,
        va="center",
        ha="center",
        zorder=5,
    )
    label.set_in_layout(False)
    return label


def _leaders(ax: Axes) -> PathPatch:
    """The thin lines of all labels; an arrow for each would be fitted to its ends at a cost."""
    lines = PathPatch(_NO_LINES, fill=False, edgecolor=MUTED, lw=0.8, zorder=4.9)
    lines.set_transform(IdentityTransform())
    lines.set_in_layout(False)
    ax.add_artist(lines)
    lines.set_clip_on(False)
    return lines


def _extent(text: str) -> tuple[float, float]:
    """Width and height of a label in points."""
    lines = text.replace("\\$", "$").split("\n")
    return max(text_width(line, _SIZE) for line in lines), _SIZE * 1.3 * len(lines)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _offsets(width: float, height: float) -> Iterable[tuple[float, float, float]]:
    """Centre offsets to try, nearest first, with their distance."""
    for radius in _RADII:
        for dx, dy in _DIRECTIONS:
            reach = radius * (0.75 if dx and dy else 1.0)
            yield dx * (reach + width / 2), dy * (reach + height / 2), radius


def _place(ax: Axes, points: np.ndarray, labels: Sequence[Annotation], leaders: PathPatch) -> None:
    scale = 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    spots = ax.transData.transform(points) * scale
    frame = ax.get_window_extent()
    inside = (frame.x0 * scale, frame.y0 * scale, frame.x1 * scale, frame.y1 * scale)
    taken = [
        _box(spot, 0, 0, 0, 0, _MARK)
        for spot in spots
        if inside[0] <= spot[0] <= inside[2] and inside[1] <= spot[1] <= inside[3]
    ]
    taken += _standing(ax, labels, scale)
    ends: list[Any] = []
    for label, spot in zip(labels, spots, strict=False):
        settled = _settle(label, spot, inside, taken)
        if settled is not None:
            taken.append(settled)
            ends += _leader(label, spot)
    codes = [Path.MOVETO, Path.LINETO] * (len(ends) // 2)
    leaders.set_path(Path(np.array(ends) / scale, codes) if ends else _NO_LINES)


def _leader(label: Annotation, spot: np.ndarray) -> list[Any]:
    """Both ends of the line from a label to its point; nothing for a label beside its point."""
    dx, dy = label.get_position()
    width, height = _extent(label.get_text())
    length = float(np.hypot(dx, dy))
    # The share of the way from the label's middle that lies within its box.
    inside = min(width / 2 / abs(dx) if dx else 1.0, height / 2 / abs(dy) if dy else 1.0)
    if length * (1 - inside) < _LEADER_FROM:
        return []
    start, end = 1 - inside - _AT_LABEL / length, _AT_POINT / length
    return [spot + np.array([dx, dy]) * start, spot + np.array([dx, dy]) * end]


def _standing(ax: Axes, labels: Sequence[Annotation], scale: float) -> list[Box]:
    """Boxes of what already stands in the axes: other texts and the legend."""
    others: list[Any] = [text for text in ax.texts if text not in labels and text.get_visible()]
    legend = ax.get_legend()
    boxes = [artist.get_window_extent() for artist in others + ([legend] if legend else [])]
    return [(b.x0 * scale, b.y0 * scale, b.x1 * scale, b.y1 * scale) for b in boxes]


def _box(spot: np.ndarray, dx: float, dy: float, width: float, height: float, pad: float) -> Box:
    x, y = float(spot[0]) + dx, float(spot[1]) + dy
    return x - width / 2 - pad, y - height / 2 - pad, x + width / 2 + pad, y + height / 2 + pad


def _clear(spot: np.ndarray, dx: float, dy: float, taken: Sequence[Box]) -> bool:
    """Whether a leader from the point to its label crosses nothing on its way."""
    start = 1.8 * _MARK / float(np.hypot(dx, dy))
    steps = np.linspace(min(start, 1.0), 1.0, 16)
    return not any(
        box[0] < spot[0] + t * dx < box[2] and box[1] < spot[1] + t * dy < box[3]
        for t in steps
        for box in taken
    )


def _settle(label: Annotation, spot: np.ndarray, inside: Box, taken: Sequence[Box]) -> Box | None:
    """Give one label its place; None hides it."""
    width, height = _extent(label.get_text())
    for dx, dy, radius in _offsets(width, height):
        box = _box(spot, dx, dy, width, height, 1.0)
        fits = box[0] >= inside[0] and box[2] <= inside[2]
        fits = fits and box[1] >= inside[1] and box[3] <= inside[3]
        fits = fits and not any(_overlap(box, other) for other in taken)
        if fits and (radius < _LEADER_FROM or _clear(spot, dx, dy, taken)):
            label.set(position=(dx, dy), visible=True)
            return box
    label.set_visible(False)
    return None
