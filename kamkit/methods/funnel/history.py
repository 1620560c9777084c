"""What is known about every deal, and on which day it was known."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

OUTCOMES = ("won", "lost")
MOVES = ("forward", "skip", "back", "reopened", "won", "lost", "open")


@dataclass(frozen=True)
class DealHistory:
    """Deals, their stays in stages and their dated figures, as known on ``as_of``.

    Attributes
    ----------
    deals
        One row a deal, index 0 … n-1 (the number that ``deal`` refers to). Always there:
        opportunity_id, account_id, owner_id, amount (money), stage, status (open, won, lost),
        created_on, closed_on (NaT while open), close_date (the date that is planned),
        probability (0–1). Kept where the source has them: currency, forecast_category, source,
        reason, competitor, product_line, next_step, effort_hours, name; vanished (true: only
        snapshots knew it, and the next one no longer did; status lost, yet in no win rate).
    stays
        One row a stay in a stage, ordered by deal and seq: deal, seq, stage (ordered category of
        ``stages``), entered_on, left_on (NaT while there), moved_to (a stage, won, lost, or
        missing), move (how the stay ended, see ``MOVES``; reopened: moved_to is won or lost, and
        the deal came back later), days (in the stage, up to ``as_of`` while there).
    book
        Dated figures from snapshots, ordered by deal and day; empty where nobody kept any:
        deal, on, stage, amount, close_date, probability, owner_id, forecast_category.
    quality
        What was odd and how it was handled: code, n, share (of deals), examples
        (opportunity ids, "; "), handled (key ``deal_issue.<code>`` names both in words).
    stages
        Stages in order, without won and lost.
    as_of
        The last day of which anything is known.
    basis
        Where the stays come from: events, snapshots (exact only to the gap between two
        snapshots) or dates (only created and closed are known).
    """

    deals: pd.DataFrame
    stays: pd.DataFrame
    book: pd.DataFrame
    quality: pd.DataFrame
    stages: tuple[str, ...]
    as_of: pd.Timestamp
    basis: str
