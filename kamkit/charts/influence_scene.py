"""Geometry of an influence map in points: cards, edges, gutters and the lines between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kamkit.charts.influence_layout import Row
from kamkit.charts.influence_routes import (
    PAD,
    TRACK,
    Net,
    Point,
    Stroke,
    Tie,
    lane_order,
    lane_strokes,
    ports,
    rounded,
    row_of,
    tracks,
)
from kamkit.charts.sheet import WIDTH
from kamkit.charts.stages import spread

CARD, EDGE_CARD = 32.0, 30.0  # heights
HEAD = 15.0  # the line with a level's name
_GAP = 15.0  # between columns
_OURS, _RIVALS = 104.0, 84.0  # widths of the edges
_MOST_LANES = 54.0
_SHIFTS = (0.0, 3.0, -3.0, 5.5, -5.5)  # of the lines that share a gap between columns


@dataclass
class Scene:
    """Everything's place; y runs downwards."""

    columns: int
    card_width: float = 0.0
    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    cards: dict[str, Point] = field(default_factory=dict)
    edges: dict[str, Point] = field(default_factory=dict)
    bands: list[tuple[int, float, float]] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    ends: list[tuple[float, float, Tie]] = field(default_factory=list)


def _lane_gap(lanes: int) -> float:
    return min(6.0, _MOST_LANES / max(lanes, 1))


def scene(
    rows: Sequence[Row], ties: Sequence[Tie], *, us: Sequence[str], rivals: Sequence[str],
    columns: int,
) -> Scene:  # fmt: skip
    """Places and lines of a map; nothing here depends on language or colour.

    >>> row = Row(5, True, ("C",), (1,))
    >>> found = scene([row], [Tie("M", "C", "us", "value", 3)], us=["M"], rivals=[], columns=3)
    >>> sorted(found.cards) == ["C"], sorted(found.edges) == ["M"], len(found.ends)
    (True, True, 1)
    """
    found = Scene(columns)
    lanes = {
        side: sorted({(t.owner, t.bond) for t in ties if t.side == side})
        for side in ("us", "competitor")
    }
    _across(found, lanes, bool(us), bool(rivals))
    where = row_of(rows)
    nets, bows = _nets(found, ties, where)
    by_row = {r: [n for n in nets if n.row == r] for r in range(len(rows))}
    count = {r: tracks(own) for r, own in by_row.items()}
    tops = _down(found, rows, count, len(us), len(rivals))
    at = _ports(found, by_row, where)
    _edge_places(found, where, ties, us, rivals)
    height = {id(n): tops[n.row] - PAD - n.track * TRACK for n in nets}
    for side in ("us", "competitor"):
        _edge_lines(found, [n for n in nets if n.side == side], height, at, side)
    for bow in bows:
        _bow(found, bow, height, at)
    return found


def _across(found: Scene, lanes: Mapping[str, Sequence[object]], ours: bool, theirs: bool) -> None:
    """Widths, from the edges inwards."""
    before = 16 + _lane_gap(len(lanes["us"])) * len(lanes["us"]) if ours else 2.0
    after = 16 + _lane_gap(len(lanes["competitor"])) * len(lanes["competitor"]) if theirs else 2.0
    found.left = (_OURS if ours else 0.0) + before + _GAP / 2
    found.right = WIDTH - (_RIVALS if theirs else 0.0) - after - _GAP / 2
    room = found.right - found.left - (found.columns - 1) * _GAP
    found.card_width = room / found.columns


def card_x(found: Scene, column: int) -> float:
    """Left side of the cards of a column."""
    return found.left + column * (found.card_width + _GAP)


@dataclass
class _Bow:
    """A tie between two of the customer's people and the nets that it runs in."""

    tie: Tie
    upper: str
    first: Net
    second: Net | None = None
    channel: float = 0.0


def _nets(
    found: Scene, ties: Sequence[Tie], where: Mapping[str, tuple[int, int]]
) -> tuple[list[Net], list[_Bow]]:
    grouped: dict[tuple[str, str, str, int], Net] = {}
    bows: list[_Bow] = []
    used: dict[tuple[int, int], list[tuple[int, int]]] = {}
    nets: list[Net] = []
    for tie in ties:
        row, column = where[tie.person]
        middle = card_x(found, column) + found.card_width / 2
        if tie.side == "customer":
            bow = _bow_nets(found, tie, where, used)
            bows.append(bow)
            nets += [net for net in (bow.first, bow.second) if net is not None]
            continue
        key = (tie.side, tie.owner, tie.bond, row)
        outer = found.left - _GAP if tie.side == "us" else found.right + _GAP
        net = grouped.setdefault(key, Net(tie.side, tie.owner, tie.bond, row, outer, outer))
        net.left, net.right = min(net.left, middle), max(net.right, middle)
        net.ties.append(tie)
    return [*grouped.values(), *nets], bows


def _bow_nets(
    found: Scene,
    tie: Tie,
    where: Mapping[str, tuple[int, int]],
    used: dict[tuple[int, int], list[tuple[int, int]]],
) -> _Bow:
    upper, lower = sorted((tie.owner, tie.person), key=lambda p: (where[p], p))
    (r0, c0), (r1, c1) = where[upper], where[lower]
    x0, x1 = (card_x(found, c) + found.card_width / 2 for c in (c0, c1))
    name = f"{tie.owner}\n{tie.person}"

    def net(row: int, a: float, b: float, end: str) -> Net:
        return Net("customer", name + end, tie.bond, row, min(a, b), max(a, b), [tie])

    if r1 - r0 <= 1:
        return _Bow(tie, upper, net(r1, x0, x1, ""))
    gap, turn = _gap_for(found, (r0, r1), (c0, c1), used)
    channel = card_x(found, gap) - _GAP / 2 + _SHIFTS[turn]
    return _Bow(tie, upper, net(r0 + 1, x0, channel, ""), net(r1, channel, x1, "\n"), channel)


def _gap_for(
    found: Scene, rows: tuple[int, int], columns: tuple[int, int],
    used: dict[tuple[int, int], list[tuple[int, int]]],
) -> tuple[int, int]:  # fmt: skip
    """The gap between columns that a line goes down in, and its place there: near and free."""
    tries = []
    for gap in range(min(1, found.columns - 1), found.columns):
        detour = sum(abs(gap - 0.5 - column) for column in columns)
        for turn in range(len(_SHIFTS)):
            taken = used.get((gap, turn), [])
            if all(rows[1] <= top or bottom <= rows[0] for top, bottom in taken):
                break
        clash = sum(rows[1] > top and bottom > rows[0] for top, bottom in taken)
        tries.append((detour + 0.4 * turn + 2.0 * clash, gap, turn))
    _, gap, turn = min(tries)
    used.setdefault((gap, turn), []).append(rows)
    return gap, turn


def _down(
    found: Scene, rows: Sequence[Row], count: Mapping[int, int], ours: int, theirs: int
) -> list[float]:
    """Heights, from the top; returns the upper edge of the cards of each row."""
    y, tops = HEAD, []
    for r, row in enumerate(rows):
        if row.first:
            y += 4.0 if r else 0.0
            found.bands.append((row.level, y, y))
            y += HEAD
        y += 2 * PAD - 4 + max(count[r] - 1, 0) * TRACK
        tops.append(y)
        for person, column in zip(row.people, row.columns, strict=True):
            found.cards[person] = (card_x(found, column), y)
        y += CARD + 5
        level, top, _ = found.bands[-1]
        found.bands[-1] = (level, top, y)
    found.height = max(y, HEAD + max(ours, theirs) * (EDGE_CARD + 8) + 6)
    return tops


def _ports(
    found: Scene, by_row: Mapping[int, Sequence[Net]], where: Mapping[str, tuple[int, int]]
) -> dict[tuple[str, str, str, str], float]:
    """Where each line meets its card: by person, side, owner and bond."""
    at: dict[tuple[str, str, str, str], float] = {}
    for person, (row, column) in where.items():
        mine = [net for net in by_row[row] if _ends_here(net, person, where)]
        for key, x in ports(mine, card_x(found, column), found.card_width).items():
            at[(person, *key)] = x
    return at


def _lower(tie: Tie, where: Mapping[str, tuple[int, int]]) -> str:
    return max((tie.owner, tie.person), key=lambda p: (where[p], p))


def _ends_here(net: Net, person: str, where: Mapping[str, tuple[int, int]]) -> bool:
    """Whether a line comes down from this net to this person."""
    if net.side != "customer":
        return any(tie.person == person for tie in net.ties)
    tie = net.ties[0]
    if where[tie.owner][0] == where[tie.person][0]:
        return person in (tie.owner, tie.person)
    return net.row == where[person][0] and person == _lower(tie, where)


def _edge_places(
    found: Scene, where: Mapping[str, tuple[int, int]], ties: Sequence[Tie],
    us: Sequence[str], rivals: Sequence[str],
) -> None:  # fmt: skip
    """Our people and the rivals beside those whom they know."""
    middle = found.height / 2
    for side, people, x in (("us", us, 0.0), ("competitor", rivals, WIDTH - _RIVALS)):
        wanted = []
        for person in people:
            mine = [t for t in ties if t.side == side and t.owner == person]
            weight = sum(t.strength for t in mine)
            total = sum(t.strength * found.cards[t.person][1] for t in mine)
            wanted.append(total / weight if weight else middle)
        apart = min(2 * EDGE_CARD, (found.height - HEAD - 8) / max(len(people), 1))
        low, high = HEAD + EDGE_CARD / 2 + 4, found.height - EDGE_CARD / 2 - 4
        for person, y in zip(people, spread(wanted, apart, low, high), strict=True):
            found.edges[person] = (x, y - EDGE_CARD / 2)


def edge_width(side: str) -> float:
    """Width of the cards of our people or of the rivals."""
    return _OURS if side == "us" else _RIVALS


def _edge_lines(
    found: Scene, nets: Sequence[Net], height: Mapping[int, float],
    at: Mapping[tuple[str, str, str, str], float], side: str,
) -> None:  # fmt: skip
    lanes: dict[tuple[str, str], tuple[float, list[float]]] = {}
    bonds = {o: sorted({n.bond for n in nets if n.owner == o}) for o in {n.owner for n in nets}}
    for net in sorted(nets, key=lambda n: (n.owner, n.bond, n.row)):
        _, y = found.edges[net.owner]
        step = bonds[net.owner].index(net.bond) - (len(bonds[net.owner]) - 1) / 2
        start = y + EDGE_CARD / 2 + 9 * step
        lanes.setdefault((net.owner, net.bond), (start, []))[1].append(height[id(net)])
    order = lane_order(lanes)
    gap = _lane_gap(len(order))
    for i, key in enumerate(order):
        if side == "us":
            start_x, lane = _OURS, _OURS + 10 + gap * (i + 0.5)
        else:
            start_x, lane = WIDTH - _RIVALS, WIDTH - _RIVALS - 10 - gap * (i + 0.5)
        turns: dict[float, list[tuple[float, float, Tie]]] = {}
        for net in (n for n in nets if (n.owner, n.bond) == key):
            for tie in net.ties:
                x = at[(tie.person, side, tie.owner, tie.bond)]
                end = (x, found.cards[tie.person][1], tie)
                turns.setdefault(height[id(net)], []).append(end)
                found.ends.append(end)
        found.strokes += lane_strokes((start_x, lanes[key][0]), lane, turns)


def _bow(
    found: Scene, bow: _Bow, height: Mapping[int, float],
    at: Mapping[tuple[str, str, str, str], float],
) -> None:  # fmt: skip
    """A tie within the customer: over the heads of a row, or down through a gap."""
    last = bow.second or bow.first
    lower = bow.tie.person if bow.upper == bow.tie.owner else bow.tie.owner
    end_x = at[(lower, "customer", last.owner, last.bond)]
    end = (end_x, found.cards[lower][1])
    flat = found.cards[bow.upper][1] == found.cards[lower][1]
    y = height[id(bow.first)]
    if flat:
        x = at[(bow.upper, "customer", bow.first.owner, bow.first.bond)]
        start = (x, found.cards[bow.upper][1])
    else:
        side = 0.75 if end_x >= found.cards[bow.upper][0] else 0.6
        start = (found.cards[bow.upper][0] + side * found.card_width,
                 found.cards[bow.upper][1] + CARD)  # fmt: skip
    path = [start, (start[0], y)]
    if bow.second is not None:
        path += [(bow.channel, y), (bow.channel, height[id(bow.second)])]
    path += [(end_x, height[id(last)]), end]
    found.strokes.append(Stroke(tuple(rounded(path)), bow.tie, (bow.tie,)))
