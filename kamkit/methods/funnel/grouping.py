"""Which group a deal belongs to: a column of the deals, or a table of one's own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.days import NO_DAY, Ints, as_dates

ALL = "all"
UNKNOWN = "unknown"
PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}


def deal_groups(deals: pd.DataFrame, by: str | pd.Series | None) -> tuple[Ints, list[str]]:
    """The group number of every deal and the groups' names, in order of their names.

    ``by`` is a column of ``deals`` or a series of names by opportunity_id; None puts all
    deals into one group "all". Deals without a name are in the group "unknown", the last.
    KamkitError for a column that isn't there.

    >>> deals = pd.DataFrame({"opportunity_id": ["a", "b"], "owner_id": ["M2", None]})
    >>> deal_groups(deals, "owner_id")
    (array([0, 1]), ['M2', 'unknown'])
    """
    if by is None:
        return np.zeros(len(deals), dtype=np.int64), [ALL]
    if isinstance(by, str):
        need_columns(deals, "deals", [by])
        names = deals[by]
    else:
        names = deals["opportunity_id"].map(by)
    codes, uniques = pd.factorize(names)
    words = [str(name) for name in uniques]
    order = sorted(range(len(words)), key=words.__getitem__)
    place = np.full(len(words) + 1, len(words))
    place[order] = np.arange(len(words))
    groups = [words[i] for i in order]
    if len(codes) and (codes < 0).any():
        groups.append(UNKNOWN)
    return place[codes].astype(np.int64), groups


def period_groups(days: Ints, unit: str) -> tuple[Ints, list[str]]:
    """The period number of every day and the periods' names, without a gap; -1 for no day.

    >>> period_groups(np.array([0, 32, 95]), "month")
    (array([0, 1, 3]), ['1970-01', '1970-02', '1970-03', '1970-04'])
    """
    known = days != NO_DAY
    periods = pd.PeriodIndex(as_dates(days[known]), freq=PERIODS[unit])
    numbers = np.full(len(days), -1, dtype=np.int64)
    if not len(periods):
        return numbers, []
    ordinals = periods.asi8
    low = int(ordinals.min())
    numbers[known] = ordinals - low
    span = pd.period_range(periods.min(), periods.max(), freq=PERIODS[unit])
    return numbers, [str(period) for period in span]
