"""Who was asked, who answered: response rates of each account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.relationship.survey_answers import KEYS, Answers
from kamkit.methods.shares import share_of, wilson

_CELL = list(KEYS[:3])
RATE_COLUMNS = [
    *(*_CELL, "respondents", "invited", "invited_answered", "response_rate"),
    *("rate_low", "rate_high", "lost"),
]


def response_rates(
    answers: Answers,
    invitations: pd.DataFrame | None,
    wave: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Response rate of each account, wave and side, over those invited or answering.

    Returns wave, side, account_id, respondents, invited, invited_answered (both),
    response_rate (0–1, Wilson rate_low, rate_high; NaN without invitations), lost (said to have
    responded, but no answers are there). People who answered uninvited count in no rate.
    """
    said = answers.people.assign(respondents=1)
    if invitations is None:
        both = said.assign(invited=0, lost=0)
    else:
        need_columns(invitations, "survey_invitations", ["account_id", "respondent_id"])
        asked = invitations.reset_index(drop=True)
        for column, default in (("wave", ""), ("side", "customer")):
            if column not in asked.columns:
                asked[column] = pd.Series(default, index=asked.index, dtype="str")
        if wave is not None:
            asked = asked[asked["wave"] == wave]
        replied = asked["responded_on"].notna() if "responded_on" in asked.columns else False
        asked = asked[list(KEYS)].astype("str").assign(invited=1, replied=replied)
        asked = asked.drop_duplicates(list(KEYS))
        both = said.merge(asked, on=list(KEYS), how="outer")
        both[["respondents", "invited"]] = both[["respondents", "invited"]].fillna(0).astype(int)
        both["lost"] = ((both["replied"] == True) & (both["respondents"] == 0)).astype(int)  # noqa: E712
    both["invited_answered"] = both["respondents"] * both["invited"]
    out = both.groupby(_CELL, sort=True)[["respondents", "invited", "invited_answered", "lost"]]
    table = out.sum().reset_index()
    hits, n = table["invited_answered"].to_numpy(), table["invited"].to_numpy()
    table["response_rate"] = share_of(hits, n)
    table["rate_low"], table["rate_high"] = wilson(hits, n, level)
    if invitations is None:
        table["invited"] = np.nan
    return table[RATE_COLUMNS]
