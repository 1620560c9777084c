"""Amounts as whole numbers of a unit: the only way in which parts add up to the last cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Literal

from kamkit.errors import KamkitError, Problem

FINEST = 10**15  # beyond so many units a float no longer shows each of them


def exact(value: Any) -> Fraction | None:
    """The number as it is written (0.1 is one tenth); None for anything that is none.

    >>> exact(0.1), exact("12,5"), exact(float("nan"))
    (Fraction(1, 10), None, None)
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() else None


def in_units(value: Any, unit: Any) -> int:
    """How many whole units an amount holds; refused where it isn't a whole number of them.

    Raises KamkitError: not_a_number, out_of_range (below 0, unit not above 0),
    total_off_unit (with the nearest amounts that fit), unit_too_fine.

    >>> in_units(1234.56, 0.01)
    123456
    """
    amount, step = exact(value), exact(unit)
    wrong = [
        Problem("not_a_number", "goals", column, value=given)
        for column, given, read in (("total", value, amount), ("unit", unit, step))
        if read is None
    ]
    KamkitError.collect(wrong)
    if amount is None or step is None or step <= 0 or amount < 0:
        column, given = ("unit", unit) if step is None or step <= 0 else ("total", value)
        allowed = {"allowed": "> 0" if column == "unit" else ">= 0"}
        raise KamkitError(Problem("out_of_range", "goals", column, value=given, details=allowed))
    count = amount / step
    if count.denominator != 1:
        below = count.numerator // count.denominator
        details = {"unit": written(step), "below": written(below * step),
                   "above": written((below + 1) * step)}  # fmt: skip
        raise KamkitError(Problem("total_off_unit", "goals", "total", value=value, details=details))
    if count * max(step.denominator, 1) > FINEST:
        raise KamkitError(Problem("unit_too_fine", "goals", "unit", value=unit))
    return int(count)


def written(amount: Fraction | int) -> str:
    """An exact amount as digits.

    >>> written(Fraction(49, 4)), written(Fraction(1000))
    ('12.25', '1000')
    """
    number = Decimal(amount.numerator) / Decimal(amount.denominator)
    return format(number.quantize(Decimal(1)) if number == int(number) else number, "f")


def round_up_largest(
    wanted: Sequence[Fraction], total: int, keys: Sequence[Any]
) -> tuple[list[int], list[bool]]:
    """Whole numbers next to ``wanted`` that add up to ``total``, and whose last unit was a tie.

    Everything is rounded down; the units left go to the largest remainders, of equal ones to
    the larger amount, then to the first by ``keys`` (never by the order of rows). A tie is
    marked where remainder and amount are equal, so the unit could as well stand elsewhere.
    Source: field:Balinski & Young 1982.

    >>> round_up_largest([Fraction(5, 2), Fraction(5, 2)], 5, ["a", "b"])
    ([3, 2], [True, True])
    """
    whole = [w.numerator // w.denominator for w in wanted]
    rest = [w - f for w, f in zip(wanted, whole, strict=True)]
    order = sorted(range(len(whole)), key=lambda i: (-rest[i], -wanted[i], keys[i]))
    left = total - sum(whole)
    if not whole:
        return [], []
    every, extra = divmod(left, len(whole))
    for place, i in enumerate(order):
        whole[i] += every + (place < extra)
    tied = [False] * len(whole)
    if 0 < extra < len(order):
        cut = order[extra - 1], order[extra]
        if rest[cut[0]] == rest[cut[1]] and wanted[cut[0]] == wanted[cut[1]]:
            line = (rest[cut[0]], wanted[cut[0]])
            tied = [(r, w) == line for r, w in zip(rest, wanted, strict=True)]
    return whole, tied


def apportion(
    votes: Sequence[float], seats: int, *, quota: Literal["hare", "droop"] = "hare"
) -> list[int]:
    """Seats by largest remainder: quota hare = votes / seats, droop = ⌊votes / (seats + 1)⌋ + 1.

    The droop quota is smaller, so large parts get more of the last seats. Droop is made for
    whole votes. Equal remainders: the larger part, then the earlier.
    Raises KamkitError: not_a_number, out_of_range, unknown_option, no_weight_at_all.
    Source: field:Balinski & Young 1982.

    >>> votes = [47000, 16000, 15900, 12000, 6000, 3100]
    >>> apportion(votes, 10), apportion(votes, 10, quota="droop")
    ([5, 2, 1, 1, 1, 0], [5, 2, 2, 1, 0, 0])
    """
    read = [exact(v) for v in votes]
    wrong = [
        Problem("not_a_number", "votes", "votes", i + 1, v)
        for i, (v, r) in enumerate(zip(votes, read, strict=True))
        if r is None
    ]
    counts = [r for r in read if r is not None]
    limit = {"allowed": ">= 0"}
    wrong += [Problem("out_of_range", "votes", "votes", value=float(r), details=limit)
              for r in counts if r < 0]  # fmt: skip
    if seats < 0 or seats != int(seats):
        wrong.append(Problem("out_of_range", "votes", "seats", value=seats, details=limit))
    if quota not in ("hare", "droop"):
        wrong.append(
            Problem(
                "unknown_option", "votes", "quota", None, quota, details={"allowed": "hare, droop"}
            )
        )
    cast = sum(counts, Fraction(0))
    if not cast and seats:
        wrong.append(Problem("no_weight_at_all", "votes", "votes"))
    KamkitError.collect(wrong)
    if not seats:
        return [0] * len(counts)
    size = Fraction(cast, seats) if quota == "hare" else Fraction(int(cast // (seats + 1)) + 1)
    return round_up_largest([c / size for c in counts], int(seats), range(len(counts)))[0]
