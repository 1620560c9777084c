"""Chance for exercises: the same draws from the same seed on every machine and Python."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from struct import Struct
from typing import TypeVar

T = TypeVar("T")

_WORD_BITS = 64
_BLOCK = Struct(">4Q")  # a digest is four words


class Draw:
    """Draws from SHA-256 over a counter, so that nothing hangs on a library's generator.

    Two objects of one seed give the same draws in the same order. Values are handed in as
    sequences: a set has no order, so its draws would differ from one start to the next.

    >>> Draw(7).integer(1, 6) == Draw(7).integer(1, 6)
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self._block = 0
        self._words: list[int] = []

    def _word(self) -> int:
        """The next 64 bits."""
        if not self._words:
            digest = hashlib.sha256(f"kamkit-draw-1:{self.seed}:{self._block}".encode()).digest()
            self._block += 1
            self._words = list(_BLOCK.unpack(digest))[::-1]
        return self._words.pop()

    def _below(self, count: int) -> int:
        """A whole number from 0 to count - 1; longer draws are thrown away, so none is favoured."""
        bits = (count - 1).bit_length()
        if 0 < bits <= _WORD_BITS:
            while True:
                value = self._word() >> (_WORD_BITS - bits)
                if value < count:
                    return value
        words = -(-bits // _WORD_BITS)
        while True:
            value = 0
            for _ in range(words):
                value = value << _WORD_BITS | self._word()
            value >>= words * _WORD_BITS - bits
            if value < count:
                return value

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both ends included.

        >>> 1 <= Draw(1).integer(1, 6) <= 6
        True
        """
        if high < low:
            raise ValueError(f"no whole number from {low} to {high}")
        return int(low) + self._below(int(high) - int(low) + 1)

    def real(self, low: float, high: float, digits: int = 2) -> float:
        """A figure of so many decimals from low to high, both ends included.

        Negative digits draw whole tens, hundreds, …

        >>> round(Draw(1).real(0.1, 0.9, 1) * 10) in range(1, 10)
        True
        """
        first = Decimal(repr(float(low))).scaleb(digits).to_integral_value(ROUND_CEILING)
        last = Decimal(repr(float(high))).scaleb(digits).to_integral_value(ROUND_FLOOR)
        return float(Decimal(self.integer(int(first), int(last))).scaleb(-digits))

    def choice(self, values: Sequence[T]) -> T:
        """One of the values.

        >>> Draw(1).choice(["a", "b"]) in "ab"
        True
        """
        return values[self.integer(0, len(values) - 1)]

    def sample(self, values: Sequence[T], k: int) -> list[T]:
        """k different places of the values, in chance order.

        >>> sorted(Draw(1).sample([3, 1, 2], 3))
        [1, 2, 3]
        """
        if not 0 <= k <= len(values):
            raise ValueError(f"{k} out of {len(values)} can't be drawn")
        left = list(values)
        for i in range(k):
            j = self.integer(i, len(left) - 1)
            left[i], left[j] = left[j], left[i]
        return left[:k]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """All values in chance order; the given ones stay as they are.

        >>> sorted(Draw(1).shuffled("cab"))
        ['a', 'b', 'c']
        """
        return self.sample(values, len(values))


def seed_for(cohort: str, trainee: str, exercise_id: str, version: int) -> int:
    """The seed of one trainee's variant, a whole number below 2**63.

    The names count as characters, however they were typed: é as one sign or as e with an
    accent gives the same seed.

    >>> seed_for("2026-09", "zhang", "m01_pareto", 1)
    6989812356623960561
    """
    fields = (cohort, trainee, exercise_id, str(int(version)))
    joined = "\x1f".join(unicodedata.normalize("NFC", f) for f in fields)
    return int.from_bytes(hashlib.sha256(joined.encode("utf-8")).digest()[:8], "big") >> 1
