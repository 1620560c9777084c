"""Targets and figures by quarter: they add up to those of the year and half-year to the cent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import CURRENT

# Parts of a year's target (house: the season); January to June make 45 %.
PARTS = (0.21, 0.24, 0.25, 0.30)
LAST = f"{CURRENT}Q2"  # the quarter that ends on the day of the data


def quarter_of(dates: pd.Series) -> pd.Series:
    """The quarter of each day, such as 2026Q2; missing after the day of the data.

    >>> quarter_of(pd.Series(pd.to_datetime(["2025-04-01", "2026-08-01"]))).tolist()
    ['2025Q2', nan]
    """
    days = pd.to_datetime(dates)
    label = days.dt.year.astype(str) + "Q" + days.dt.quarter.astype(str)
    return label.where(label <= LAST)


def quarter_targets(whole: pd.DataFrame, kpis: Sequence[str]) -> pd.DataFrame:
    """Targets of the year, or of its first half, split over quarters in whole yuan.

    Needs columns member_id, period (2025, 2026H1) and the kpis. A current year that is not over
    is left to its half-year.

    >>> year = pd.DataFrame({"member_id": ["M1"], "period": ["2025"], "sales": [1001.0]})
    >>> quarter_targets(year, ["sales"])["sales"].tolist()
    [210.0, 240.0, 251.0, 300.0]
    """
    frames = []
    for period, rows in whole.groupby("period"):
        year, number = str(period)[:4], 2 if str(period).endswith("H1") else 4
        if period == str(CURRENT):
            continue
        reached = np.r_[0.0, np.cumsum(PARTS[:number]) / sum(PARTS[:number])]
        for quarter in range(number):
            parts = {
                kpi: (rows[kpi] * reached[quarter + 1]).round()
                - (rows[kpi] * reached[quarter]).round()
                for kpi in kpis
            }
            frames.append(rows.assign(period=f"{year}Q{quarter + 1}", **parts))
    return pd.concat(frames, ignore_index=True)
