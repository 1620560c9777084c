"""The figures that people call win rate, side by side."""

from __future__ import annotations

import pandas as pd

from kamkit.methods.funnel.closed_deals import Day
from kamkit.methods.funnel.days import LATE, day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.win_rate import win_rate
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import WILSON, share_of, wilson


def win_rate_kinds(
    history: DealHistory, *, start: Day = None, end: Day = None, level: float = 0.95
) -> pd.DataFrame:
    """The rates that people call win rate, side by side for one period.

    Measure table: win_rate_closed (won / (won + lost) of deals closed in the period; S167),
    win_rate_value (the same by amount), win_rate_created (won / all deals created in the
    period, open ones in the denominator: too low while any is open), win_rate_cohort (won /
    (won + lost) of deals created in the period: the quick ones, while any is open),
    cohort_open (share of these deals that are still open: how far the last two can move).
    Intervals: Wilson; by amount the bootstrap. n: deals in the denominator.
    Source: S167 names the first two; the others are field usage.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("abc"), "created_on": ["2025-01-01"] * 3,
    ...     "status": ["won", "lost", "open"], "closed_on": ["2025-02-01", "2025-02-03", None],
    ...     "amount": [30.0, 10.0, 20.0]})
    >>> history = deal_history(deals, ladder=["needs"], as_of="2025-04-01")
    >>> win_rate_kinds(history)["value"].round(2).tolist()
    [0.5, 0.75, 0.33, 0.5, 0.33]
    """
    rows = [
        {str(k): v for k, v in found.overall.iloc[0].items()} | {"measure": name}
        for name, found in (
            ("win_rate_closed", win_rate(history, start=start, end=end, level=level)),
            (
                "win_rate_value",
                win_rate(history, value="amount", start=start, end=end, level=level),
            ),
        )
    ]
    deals = history.deals
    created = day_numbers(deals["created_on"])
    low = -LATE if start is None else day_number(start)
    high = LATE if end is None else day_number(end)
    cohort = deals[(created >= low) & (created <= high)]
    if "vanished" in cohort:
        cohort = cohort[~cohort["vanished"]]
    won, lost = int((cohort["status"] == "won").sum()), int((cohort["status"] == "lost").sum())
    open_, everyone = len(cohort) - won - lost, len(cohort)
    for name, hits, n, variant, origin in (
        ("win_rate_created", won, everyone, "open_in_denominator", "field"),
        ("win_rate_cohort", won, won + lost, "cohort", "field"),
        ("cohort_open", open_, everyone, "wilson", "house"),
    ):
        below, above = wilson(hits, n, level)
        rows.append(
            measure_row(
                name, float(share_of(hits, n)), n, low=float(below), high=float(above),
                variant=variant if n else "too_little_data", origin=f"{origin}; {WILSON}",
            )
        )  # fmt: skip
    return measure_table(rows)
