"""Working days: weekends and holidays out, make-up days in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

from kamkit.errors import KamkitError, Problem

_REACH = 1500  # days that a calendar holds on either side of its date


class WorkingDays:
    """A calendar around a date: Monday to Friday less holidays, plus make-up working days.

    Days are numbered; two neighbours differ by 1. A day off counts as the working day before it
    when something ends, as the one after it when something starts.

    >>> week = WorkingDays("2026-01-05", holidays=["2026-01-06"])
    >>> week.day(week.number("2026-01-05") + 1).strftime("%m-%d")
    '01-07'
    """

    def __init__(
        self,
        around: pd.Timestamp | str,
        *,
        holidays: Iterable[pd.Timestamp | str] = (),
        extra: Iterable[pd.Timestamp | str] = (),
    ) -> None:
        middle = pd.Timestamp(around).normalize()
        every = pd.date_range(middle - pd.Timedelta(days=_REACH), periods=2 * _REACH + 1)
        off, on = (pd.DatetimeIndex([pd.Timestamp(d) for d in x]) for x in (holidays, extra))
        works = ((every.day_of_week < 5) & ~every.isin(off)) | every.isin(on)
        self._days = every[works]

    def number(self, day: pd.Timestamp | str, *, end: bool = False) -> int:
        """Place of a day; a day off takes the next working day, with ``end`` the one before.

        >>> week = WorkingDays("2026-01-05")
        >>> week.number("2026-01-12") - week.number("2026-01-10", end=True)
        1
        """
        at = pd.Timestamp(day).normalize()
        if not self._days[0] <= at <= self._days[-1]:
            allowed = {"allowed": f"{self._days[0]:%Y-%m-%d} … {self._days[-1]:%Y-%m-%d}"}
            raise KamkitError(Problem("out_of_range", column="date", value=at, details=allowed))
        side: Literal["left", "right"] = "right" if end else "left"
        return int(self._days.searchsorted(at, side=side)) - int(end)

    def day(self, number: int) -> Any:
        """The day at a place, NaT beyond the calendar."""
        return self._days[number] if 0 <= number < len(self._days) else pd.NaT
