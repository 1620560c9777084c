"""Floors and caps of shares in whole units: sharing within them, and what to do if they clash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from kamkit.methods.goals.exact import round_up_largest

Change = tuple[str, int, int, int]  # what (total, floor, cap, weight), place, before, after


@dataclass(frozen=True)
class Shares:
    """What is to be shared out: whole units; ``caps`` None where nothing holds a part back."""

    ids: tuple[str, ...]
    total: int
    weights: tuple[Fraction, ...]
    floors: tuple[int, ...]
    caps: tuple[int | None, ...]

    @property
    def crossed(self) -> list[int]:
        """Parts whose floor lies above their cap."""
        return [
            i
            for i, (low, high) in enumerate(zip(self.floors, self.caps, strict=True))
            if high is not None and low > high
        ]

    @property
    def least(self) -> int:
        """What the floors need."""
        return sum(self.floors)

    @property
    def most(self) -> int | None:
        """What the caps can take; a part without weight takes its floor. None: any amount."""
        highs = [
            low if not weight else high
            for weight, low, high in zip(self.weights, self.floors, self.caps, strict=True)
        ]
        return None if any(h is None for h in highs) else sum(h for h in highs if h is not None)

    @property
    def fits(self) -> bool:
        """Whether the total can be shared out within the bounds."""
        most = self.most
        return (
            not self.crossed and self.least <= self.total and (most is None or self.total <= most)
        )


@dataclass(frozen=True)
class Round:
    """One round of sharing: what is left is shared by weight, then parts beyond a bound stop."""

    left: int
    weight: Fraction
    held: tuple[int, ...]
    bound: str


def fill(shares: Shares) -> tuple[list[Fraction], list[str], list[Round]]:
    """Amounts by weight within the bounds that add up to the total: exact, not yet rounded.

    Every part is weight × one level, held at its bound; what a cap cuts off or a floor adds is
    shared among the others by weight. Source: field (proportional with bounds, P-ALLOC).

    >>> caps = (450, None, None)
    >>> w = (Fraction(5), Fraction(3), Fraction(2))
    >>> amounts, bound, rounds = fill(Shares(("a", "b", "c"), 1000, w, (0, 0, 0), caps))
    >>> [int(a) for a in amounts], bound, [r.left for r in rounds]
    ([450, 330, 220], ['cap', 'none', 'none'], [1000, 550])
    """
    n = len(shares.ids)
    amounts = [Fraction(low) for low in shares.floors]
    bound = ["none" if w else "floor" for w in shares.weights]
    free = [i for i in range(n) if shares.weights[i]]
    rounds = []
    while free:
        weight = sum((shares.weights[i] for i in free), Fraction(0))
        left = shares.total - sum((amounts[i] for i in range(n) if bound[i] != "none"), Fraction(0))
        level = left / weight
        for i in free:
            amounts[i] = shares.weights[i] * level
        over = {i: amounts[i] - high for i in free if (high := shares.caps[i]) is not None}
        over = {i: by for i, by in over.items() if by > 0}
        under = {i: shares.floors[i] - amounts[i] for i in free}
        under = {i: by for i, by in under.items() if by > 0}
        # Only the side with the larger breach stops: the level then moves towards the solution.
        caps_first = sum(over.values()) >= sum(under.values())
        held = tuple(over if caps_first else under)
        name = ("cap" if caps_first else "floor") if held else "none"
        rounds.append(Round(int(left), weight, held, name))
        if not held:
            break
        for i in held:
            high = shares.caps[i]
            amounts[i] = Fraction(shares.floors[i] if not caps_first or high is None else high)
            bound[i] = name
        free = [i for i in free if bound[i] == "none"]
    return amounts, bound, rounds


def ways_out(shares: Shares) -> Iterator[tuple[str, list[Change]]]:
    """Each smallest change after which the total can be shared out: name and what changes.

    Each way is enough by itself. Crossed bounds are mended first (floors down to their caps, or
    caps up to their floors); where the sums then still clash, each way of mending them follows.
    """
    if shares.fits:
        return
    starts: list[tuple[str, Shares, list[Change]]] = [("", shares, [])]
    if shares.crossed:
        starts = [_uncross(shares, "floor"), _uncross(shares, "cap")]
    for name, start, done in starts:
        if start.fits:
            yield name, done
        for further, changes in _sum_ways(start):
            yield f"{name}; {further}" if name else further, [*done, *changes]


def _uncross(shares: Shares, which: str) -> tuple[str, Shares, list[Change]]:
    floors, caps, changes = list(shares.floors), list(shares.caps), []
    for i in shares.crossed:
        low, high = floors[i], caps[i]
        at = low if high is None else high
        if which == "floor":
            changes.append(("floor", i, low, at))
            floors[i] = at
        else:
            changes.append(("cap", i, at, low))
            caps[i] = low
    name = "lower_crossed_floors" if which == "floor" else "raise_crossed_caps"
    return name, replace(shares, floors=tuple(floors), caps=tuple(caps)), changes


def _sum_ways(shares: Shares) -> Iterator[tuple[str, list[Change]]]:
    least, most, total = shares.least, shares.most, shares.total
    if least > total:
        short = least - total
        yield "raise_total", [("total", -1, total, least)]
        cuts = _spread(short, [Fraction(low) for low in shares.floors], shares.ids)
        yield (
            "lower_floors",
            [("floor", i, low, low - cut)
             for i, (low, cut) in enumerate(zip(shares.floors, cuts, strict=True)) if cut],
        )  # fmt: skip
        for i, low in enumerate(shares.floors):
            if low >= short and cuts[i] != short:
                yield "lower_one_floor", [("floor", i, low, low - short)]
    elif most is not None and most < total:
        short = total - most
        yield "lower_total", [("total", -1, total, most)]
        yield from _cap_ways(shares, short)


def _cap_ways(shares: Shares, short: int) -> Iterator[tuple[str, list[Change]]]:
    raises = [0] * len(shares.ids)
    if any(shares.weights):
        raises = _spread(short, list(shares.weights), shares.ids)
        highs = [high or 0 for high in shares.caps]
        yield (
            "raise_caps",
            [("cap", i, highs[i], highs[i] + more) for i, more in enumerate(raises) if more],
        )
    for i, (weight, high) in enumerate(zip(shares.weights, shares.caps, strict=True)):
        if weight and high is not None and raises[i] != short:
            yield "raise_one_cap", [("cap", i, high, high + short)]
        if not weight and (high is None or high - shares.floors[i] >= short):
            yield "give_weight", [("weight", i, 0, 1)]


def _spread(amount: int, by: list[Fraction], ids: tuple[str, ...]) -> list[int]:
    """An amount in proportion to ``by``, in whole units that add up."""
    whole = sum(by, Fraction(0))
    return round_up_largest([amount * part / whole for part in by], amount, ids)[0]
