"""Five signs that a customer is leaving, read from the tables alone (S130)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

AS_OF = pd.Timestamp("2026-06-30")


def _gaps(orders: pd.DataFrame) -> pd.DataFrame:
    """Usual days between order days in 2024, and days since the last order."""
    days = orders[orders["amount"] > 0][["account_id", "date"]].drop_duplicates()
    days = days.sort_values(["account_id", "date"])
    days["gap"] = days.groupby("account_id")["date"].diff().dt.days
    usual = days[days["date"].dt.year == 2024].groupby("account_id")["gap"].median()
    last = days.groupby("account_id")["date"].max()
    return pd.DataFrame({"usual_gap": usual, "silent_days": (AS_OF - last).dt.days})


def _shares(years: pd.DataFrame) -> pd.DataFrame:
    known = years[years["category_spend"].notna()]
    share = (known["revenue"] / known["category_spend"]).groupby(
        [known["account_id"], known["year"]]
    )
    wide = share.first().unstack("year")
    return pd.DataFrame({"share_before": wide[2024], "share_now": wide[2026]})


def _lost_contact(contacts: pd.DataFrame) -> pd.Series:
    """Whether the first contact listed, our main one, has left within the last year."""
    first = contacts.sort_values("contact_id").groupby("account_id").head(1)
    left = first.set_index("account_id")["left_on"]
    return (left > AS_OF - pd.Timedelta(days=365)) & left.notna()


def _cases(cases: pd.DataFrame) -> pd.DataFrame:
    year = 365
    age = (AS_OF - cases["opened_on"]).dt.days
    now = cases[age <= year].groupby("account_id").size()
    before = cases[(age > year) & (age <= 2 * year)].groupby("account_id").size()
    return pd.DataFrame({"cases_now": now, "cases_before": before}).fillna(0)


def _scores(answers: pd.DataFrame) -> pd.DataFrame:
    """Mean of the satisfaction items, customers' side, first and last wave."""
    mine = answers[(answers["side"] == "customer") & answers["item"].str.startswith("satisfaction")]
    wide = mine.pivot_table("score", "account_id", "wave", "mean")
    return pd.DataFrame({"score_before": wide["2024H2"], "score_now": wide["2026H1"]})


def churn_signals(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Signs per account, by account_id, with the figures behind them.

    Returns columns: usual_gap, silent_days (days), share_before, share_now (0-1), contact_lost,
    cases_before, cases_now (12 months each), score_before, score_now (1-7), signals (0-5).
    Limits are house: silence of three usual gaps and 60 days, share down by 0.08, three more
    cases than in the year before, score down by one point. A figure that is missing is no sign.
    """
    table = _gaps(tables["orders"]).join(_shares(tables["account_years"]), how="outer")
    table = table.join(_cases(tables["service_cases"])).join(_scores(tables["survey_responses"]))
    lost = _lost_contact(tables["contacts"]).reindex(table.index)
    table["contact_lost"] = lost.fillna(False).astype(bool)
    silent = (table["silent_days"] >= 3 * table["usual_gap"]) & (table["silent_days"] >= 60)
    signs = (
        silent,
        table["share_before"] - table["share_now"] >= 0.08,
        table["contact_lost"],
        table["cases_now"] - table["cases_before"] >= 3,
        table["score_before"] - table["score_now"] >= 1,
    )
    table["signals"] = sum(sign.fillna(False).astype(int) for sign in signs)
    return table
