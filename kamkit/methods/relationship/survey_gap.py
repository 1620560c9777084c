"""How we see the relationship against how the customer sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.relationship.survey_intervals import t_point
from kamkit.methods.relationship.survey_score import SurveyScore
from kamkit.methods.shares import Floats

GAP_COLUMNS = [
    *("wave", "account_id", "dimension", "customer_score", "own_score", "score_gap", "low"),
    *("high", "df", "n_customer", "n_us", "status", "variant", "origin"),
]
OVERALL_COLUMNS = [
    *("wave", "dimension", "score_gap", "low", "high", "n", "accounts_rosier", "accounts_gloomier"),
    *("status", "variant", "origin"),
]


@dataclass(frozen=True)
class TwoSidedGap:
    """Self-view less customer's view.

    Attributes
    ----------
    accounts
        wave, account_id, dimension, customer_score, own_score (0–100), score_gap (own − customer,
        points: above 0 we see it rosier), low, high, df, n_customer, n_us (respondents), status
        (rosier, gloomier, cannot_be_separated, too_little_data), variant, origin.
    overall
        The mean gap over accounts scored on both sides: wave, dimension, score_gap, low, high
        (t over accounts), n (accounts), accounts_rosier, accounts_gloomier (separated ones),
        status, variant, origin.
    """

    accounts: pd.DataFrame
    overall: pd.DataFrame


def welch(error_a: Floats, df_a: Floats, error_b: Floats, df_b: Floats) -> tuple[Floats, Floats]:
    """Standard error of a difference of independent means, and its degrees of freedom.

    Source: Welch 1947.

    >>> one, two = np.array([3.0]), np.array([4.0])
    >>> welch(one, np.array([9.0]), two, np.array([9.0]))[0].tolist()
    [5.0]
    """
    a, b = error_a**2, error_b**2
    with np.errstate(divide="ignore", invalid="ignore"):
        df: Floats = (a + b) ** 2 / (a**2 / df_a + b**2 / df_b)
    return np.sqrt(a + b), df


def separated_status(low: Floats, high: Floats, names: tuple[str, str]) -> np.ndarray:
    """``names`` of above and below zero, where the interval leaves zero out.

    >>> separated_status(np.array([1.0, -1.0]), np.array([2.0, 1.0]), ("up", "down")).tolist()
    ['up', 'cannot_be_separated']
    """
    return np.select(
        [np.isnan(low), low > 0, high < 0],
        ["too_little_data", names[0], names[1]],
        "cannot_be_separated",
    )


def two_sided_gap(
    customer: SurveyScore, us: SurveyScore | None = None, *, level: float = 0.95
) -> TwoSidedGap:
    """Our view less the customer's, account by account and over all accounts.

    ``customer`` may hold both sides (``survey_score(..., side=None)``); else give ``us`` too.
    The interval joins both sides' errors (Welch). With one rater on our side, how raters differ
    is taken from the customer's side (see ``survey_score``), so single gaps are rarely
    separated; the mean over accounts is what one rater an account can show.

    Returns TwoSidedGap. Raises KamkitError survey_one_side.
    Source: gap between sides S109 (◇ house); Welch 1947.

    >>> from kamkit.methods.relationship.survey_score import survey_score
    >>> form = pd.DataFrame({"account_id": ["A", "A"], "respondent_id": ["p", "m"],
    ...     "side": ["customer", "us"], "trust_1": [5, 7], "trust_2": [5, 7]})
    >>> gap = two_sided_gap(survey_score(form, side=None)).accounts
    >>> gap.loc[0, ["dimension", "score_gap", "status"]].tolist()
    ['trust', np.float64(33.33333333333333), 'cannot_be_separated']
    """
    tables = [customer.accounts] if us is None else [customer.accounts, us.accounts]
    both = pd.concat(tables, ignore_index=True)
    if len(both) and both["side"].nunique() < 2:
        raise KamkitError(Problem("survey_one_side", value=str(both["side"].iloc[0])))
    keys = ["wave", "account_id", "dimension"]
    picked = [*keys, "score", "se", "df", "n"]
    sides = {s: both.loc[both["side"] == s, picked] for s in ("customer", "us")}
    table = sides["customer"].merge(sides["us"], on=keys, suffixes=("_customer", "_us"))
    figures = {c: table[c].to_numpy(dtype=float) for c in table.columns if c not in keys}
    gap = figures["score_us"] - figures["score_customer"]
    error, df = welch(
        figures["se_us"], figures["df_us"], figures["se_customer"], figures["df_customer"]
    )
    reach = t_point(df, level) * error
    names = {"score_customer": "customer_score", "score_us": "own_score"}
    table = table.rename(columns=names).assign(
        score_gap=gap, low=gap - reach, high=gap + reach, df=df,
        status=separated_status(gap - reach, gap + reach, ("rosier", "gloomier")),
        variant=np.where(np.isnan(gap), "too_little_data", "welch_interval"),
        origin="S109; field:Welch 1947; house",
    )  # fmt: skip
    accounts = table[GAP_COLUMNS].astype(dict.fromkeys(["status", "variant", "origin"], "str"))
    return TwoSidedGap(accounts, _overall(accounts, level))


def _overall(accounts: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for (wave, dimension), part in accounts.groupby(["wave", "dimension"], sort=False):
        gap = part["score_gap"].dropna()
        n = len(gap)
        mean = float(gap.mean()) if n else np.nan
        error = float(gap.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
        reach = float(t_point(np.array([n - 1.0]), level)[0]) * error if n > 1 else np.nan
        ends = np.array([mean - reach]), np.array([mean + reach])
        rows.append(
            {
                "wave": wave, "dimension": dimension, "score_gap": mean,
                "low": mean - reach, "high": mean + reach, "n": n,
                "accounts_rosier": int((part["status"] == "rosier").sum()),
                "accounts_gloomier": int((part["status"] == "gloomier").sum()),
                "status": str(separated_status(*ends, ("rosier", "gloomier"))[0]),
                "variant": "t_over_accounts" if n > 1 else "too_little_data", "origin": "house",
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=OVERALL_COLUMNS)
