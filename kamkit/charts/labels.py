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


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which box lies over which other one."""
    a, b = boxes[:, None, :], others[None, :, :]
    return np.asarray((a[..., :2] < b[..., 2:]).all(axis=2) & (b[..., :2] < a[..., 2:]).all(axis=2))


def _offsets(width: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Centre offsets to try, nearest first, and their distances."""
    ways, radii = np.array(_DIRECTIONS), np.array(_RADII)
    reach = np.where(ways.all(axis=1), 0.75, 1.0)[None, :] * radii[:, None]
    away = ways * (reach[..., None] + (width / 2, height / 2))
    return away.reshape(-1, 2), radii.repeat(len(ways))


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
        settled = _settle(label, spot, inside, np.array(taken).reshape(-1, 4))
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


def _clear(spot: np.ndarray, away: np.ndarray, taken: np.ndarray) -> bool:
    """Whether a leader from the point to its label crosses nothing on its way."""
    start = 1.8 * _MARK / float(np.hypot(*away))
    way = spot + np.linspace(min(start, 1.0), 1.0, 16)[:, None] * away
    return not _overlaps(np.hstack([way, way]), taken).any()


def _settle(label: Annotation, spot: np.ndarray, inside: Box, taken: np.ndarray) -> Box | None:
    """Give one label its place; None hides it."""
    size = np.array(_extent(label.get_text()))
    offsets, radii = _offsets(*size)
    middle = spot + offsets
    boxes = np.hstack([middle - size / 2 - 1.0, middle + size / 2 + 1.0])
    fits = (boxes[:, :2] >= inside[:2]).all(axis=1) & (boxes[:, 2:] <= inside[2:]).all(axis=1)
    fits &= ~_overlaps(boxes, taken).any(axis=1)
    for i in np.flatnonzero(fits):
        if radii[i] < _LEADER_FROM or _clear(spot, offsets[i], taken):
            label.set(position=tuple(offsets[i].tolist()), visible=True)
            x0, y0, x1, y1 = boxes[i].tolist()
            return x0, y0, x1, y1
    label.set_visible(False)
    return None
