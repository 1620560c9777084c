"""How ties run on an influence map: in the gutters between rows, never across a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kamkit.charts.influence_layout import Row

TRACK, PAD = 4.4, 7.0  # between lines of a gutter, and above and below them
RADIUS = 5.0
WIDTHS = {1: 0.8, 2: 1.6, 3: 2.5, 4: 3.5}
INSIDE_SHARE = 0.7  # ties within the customer are drawn thinner: they are the ground
_ARC = ((0.0, 0.0), (0.38, 0.08), (0.71, 0.29), (0.92, 0.62), (1.0, 1.0))

Point = tuple[float, float]
Lane = tuple[str, str]  # owner and bond


@dataclass(frozen=True)
class Tie:
    """One line of the map."""

    owner: str
    person: str
    side: str  # us, competitor or customer
    bond: str
    strength: int


@dataclass
class Net:
    """Lines that run side by side in one gutter as one: of one owner and bond, or one tie."""

    side: str
    owner: str
    bond: str
    row: int
    left: float
    right: float
    ties: list[Tie] = field(default_factory=list)
    track: int = 0


@dataclass(frozen=True)
class Stroke:
    """A piece of a line; ``tie`` is the strongest that runs through it."""

    points: tuple[Point, ...]
    tie: Tie
    ties: tuple[Tie, ...]


def rounded(points: Sequence[Point], radius: float = RADIUS) -> list[Point]:
    """A path of level and upright lines with round corners.

    >>> rounded([(0, 0), (20, 0), (20, 20)])[:2]
    [(0, 0), (15.0, 0.0)]
    """
    out: list[Point] = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, away = _unit(before, corner), _unit(corner, after)
        reach = min(radius, _length(before, corner) / 2, _length(corner, after) / 2)
        if into == away or not reach:
            continue
        start = (corner[0] - into[0] * reach, corner[1] - into[1] * reach)
        out += [
            (start[0] + reach * (f * into[0] + s * away[0]),
             start[1] + reach * (f * into[1] + s * away[1]))
            for f, s in _ARC
        ]  # fmt: skip
    return [*out, points[-1]]


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _unit(a: Point, b: Point) -> Point:
    length = _length(a, b) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def tracks(nets: Sequence[Net]) -> int:
    """Give each net of a gutter its track, 0 next to the people; returns how many there are.

    Short ones lie below long ones, so that a line that turns off crosses none that goes on.

    >>> nets = [Net("us", "A", "value", 0, 0, 90), Net("us", "B", "value", 0, 0, 40)]
    >>> tracks(nets), [net.track for net in nets]
    (2, [1, 0])
    """
    placed: list[Net] = []
    for net in sorted(nets, key=lambda k: (k.right - k.left, k.owner, k.bond)):
        below = [o.track for o in placed if o.left < net.right + 8 and net.left < o.right + 8]
        net.track = max(below, default=-1) + 1
        placed.append(net)
    return max((net.track for net in nets), default=-1) + 1


def ports(nets: Sequence[Net], left: float, width: float) -> dict[tuple[str, str, str], float]:
    """Where the lines of the nets that end at one person reach the upper edge of its card.

    Lines from the left come to the left, the lowest first, so that they don't cross.

    >>> ports([Net("us", "A", "value", 0, 0, 90)], 0.0, 100.0)
    {('us', 'A', 'value'): 50.0}
    """

    def place(net: Net) -> tuple[int, int]:
        if net.side == "us":
            return 0, net.track
        return (2, -net.track) if net.side == "competitor" else (1, net.track)

    order = sorted(nets, key=place)
    step = min(15.0, (width - 20) / max(len(order), 1))
    first = left + width / 2 - step * (len(order) - 1) / 2
    return {(n.side, n.owner, n.bond): first + i * step for i, n in enumerate(order)}


def lane_order(nets: Mapping[Lane, tuple[float, Sequence[float]]]) -> list[Lane]:
    """Upright lanes beside the edge, ordered so that few lines cross.

    ``nets`` gives for each lane where it starts and at which heights it turns off.

    >>> lane_order({("A", "v"): (0.0, [50.0]), ("B", "v"): (10.0, [5.0])})
    [('A', 'v'), ('B', 'v')]
    """
    order = sorted(nets)

    def spans(key: Lane, y: float) -> bool:
        start, turns = nets[key]
        return min(start, *turns) < y < max(start, *turns)

    def cost(inner: Lane, outer: Lane) -> int:
        """Crossings where ``inner`` is nearer to the edge than ``outer``."""
        return int(spans(inner, nets[outer][0])) + sum(spans(outer, y) for y in nets[inner][1])

    for _ in range(len(order)):
        moved = False
        for i in range(len(order) - 1):
            one, other = order[i], order[i + 1]
            if cost(other, one) < cost(one, other):
                order[i], order[i + 1], moved = other, one, True
        if not moved:
            break
    return order


def _strongest(ties: Sequence[Tie]) -> Tie:
    return max(ties, key=lambda tie: (tie.strength, tie.person))


def _chain(path: Sequence[tuple[Point, tuple[Tie, ...]]]) -> list[Stroke]:
    """A path whose width changes where a line turns off, in as few pieces as possible.

    Each point comes with the ties that run on from it.
    """
    strokes: list[Stroke] = []
    points = [path[0][0]]
    for (_, ties), (point, after) in zip(path, path[1:], strict=False):
        points.append(point)
        here = _strongest(ties)
        if not after or _strongest(after).strength != here.strength or set(after) != set(ties):
            strokes.append(Stroke(tuple(rounded(points)), here, ties))
            points = [point]
    return strokes


def lane_strokes(
    start: Point, lane: float, turns: Mapping[float, Sequence[tuple[float, float, Tie]]]
) -> list[Stroke]:
    """Lines of one owner and bond: out to the lane, along it, and off into the gutters.

    ``turns`` gives by height of the track its ends (x, y of the end, tie).

    >>> tie = Tie("M", "C", "us", "value", 3)
    >>> strokes = lane_strokes((0.0, 0.0), 10.0, {40.0: [(60.0, 50.0, tie)]})
    >>> strokes[0].points[0], strokes[-1].points[-1]
    ((0.0, 0.0), (60.0, 50.0))
    """
    strokes: list[Stroke] = []
    sign = 1.0 if next(iter(turns.values()))[0][0] > lane else -1.0
    for heights in (
        sorted((y for y in turns if y > start[1]), reverse=True),
        sorted(y for y in turns if y <= start[1]),
    ):
        # From the farthest gutter inwards: each nearer one branches off the lane.
        for i, y in enumerate(heights):
            ends = sorted(turns[y], key=lambda end: -end[0] * sign)
            own = tuple(tie for *_, tie in ends)
            x, bottom, last = ends[0]
            if i == 0:
                strokes += _trunk(start, lane, heights, turns, y, own)
            else:
                towards = RADIUS if y > start[1] else -RADIUS
                first = min(abs(towards), abs(y - start[1]))
                strokes.append(_piece([(lane, y - (first if towards > 0 else -first)), (lane, y),
                                       (lane + sign * RADIUS, y)], own))  # fmt: skip
            strokes += _gutter(lane + sign * RADIUS, y, ends, sign)
    return strokes


def _piece(points: Sequence[Point], ties: tuple[Tie, ...]) -> Stroke:
    return Stroke(tuple(rounded(points)), _strongest(ties), ties)


def _trunk(
    start: Point, lane: float, heights: Sequence[float],
    turns: Mapping[float, Sequence[tuple[float, float, Tie]]], far: float, own: tuple[Tie, ...],
) -> list[Stroke]:  # fmt: skip
    """From the owner along the lane to the farthest gutter of one direction."""
    sign = 1.0 if lane > start[0] else -1.0
    beyond = [tuple(tie for h in heights[: i + 1] for *_, tie in turns[h])
              for i in range(len(heights))]  # fmt: skip
    if abs(far - start[1]) < 0.5:
        return [_piece([start, (lane + sign * RADIUS, far)], own)]
    path: list[tuple[Point, tuple[Tie, ...]]] = [
        (start, beyond[-1]),
        ((lane, start[1]), beyond[-1]),
    ]
    for i in range(len(heights) - 1, 0, -1):
        path.append(((lane, heights[i]), beyond[i - 1]))
    path += [((lane, far), own), ((lane + sign * RADIUS, far), ())]
    return _chain(path)


def _gutter(
    x: float, y: float, ends: Sequence[tuple[float, float, Tie]], sign: float
) -> list[Stroke]:
    """Along a track, turning down to each end; ``ends`` come farthest first."""
    strokes = []
    path: list[tuple[Point, tuple[Tie, ...]]] = []
    remaining = tuple(tie for *_, tie in ends)
    at = x
    for end, bottom, tie in reversed(ends[1:]):
        turn = end - sign * RADIUS
        path.append(((at, y), remaining))
        strokes.append(_piece([(turn, y), (end, y), (end, bottom)], (tie,)))
        remaining = tuple(k for k in remaining if k is not tie)
        at = turn
    end, bottom, tie = ends[0]
    path += [((at, y), (tie,)), ((end, y), (tie,)), ((end, bottom), ())]
    return strokes + _chain(path)


def row_of(rows: Sequence[Row]) -> dict[str, tuple[int, int]]:
    """Row and column of each person.

    >>> row_of([Row(5, True, ("A",), (1,))])
    {'A': (0, 1)}
    """
    return {
        person: (r, column)
        for r, row in enumerate(rows)
        for person, column in zip(row.people, row.columns, strict=True)
    }
