"""The conditions behind the summary of a relationship review: one small rule per finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

NOTHING, NO_DATA = "rel_nothing_stands_out", "rel_nothing_assessed"


@dataclass(frozen=True)
class Setting:
    """What rules may look at beside their table: the day, limits, and the large accounts.

    ``large``: ids of the accounts that make up most of the sales; None where no sales are known.
    """

    as_of: pd.Timestamp
    limits: Mapping[str, float]
    large: frozenset[str] | None = None


@dataclass(frozen=True)
class Hits:
    """Accounts that a rule looked at, those it speaks of, and of which of them it is sure."""

    seen: pd.Series
    found: pd.Series
    sure: pd.Series
    words: Mapping[str, Any]


@dataclass(frozen=True)
class AccountRule:
    """One finding about accounts: its table with the columns it needs, and what it picks.

    ``limit``: the figure of the rule, shown with it; ``origin``: where it comes from;
    ``routine``: work that is due, rather than a relation at risk, and stands after those.
    """

    finding: str
    table: str
    columns: tuple[str, ...]
    pick: Callable[[pd.DataFrame, Setting], Hits]
    limit: float = 1.0
    origin: str = "house"
    routine: bool = False


def _hits(rows: pd.DataFrame, found: Any, sure: Any = True, **words: Any) -> Hits:
    """Accounts of rows: all, those where ``found``, those where ``sure`` as well."""
    hit = pd.Series(found, index=rows.index).fillna(False).astype(bool)
    firm = hit & pd.Series(sure, index=rows.index).fillna(False).astype(bool)
    ids = rows["account_id"].astype("str")
    return Hits(ids, ids[hit], ids[firm.astype(bool)], words)


def _measured(table: pd.DataFrame, key: str) -> pd.DataFrame:
    return table[(table["measure"] == key) & table["value"].notna()]


def single_thread(table: pd.DataFrame, setting: Setting) -> Hits:
    """Large accounts where one person, on either side, carries the whole relation."""
    rows = _measured(table, "single_threaded")
    if setting.large is not None:
        rows = rows[rows["account_id"].isin(setting.large)]
    return _hits(rows, rows["value"] == 1, rows["low"] == 1)


def buyer_uncovered(table: pd.DataFrame, _: Setting) -> Hits:
    """The most influential economic buyer is known, and nobody of ours has a working tie."""
    rows = _measured(table, "economic_buyer_covered")
    return _hits(rows, rows["value"] == 0, rows["high"] == 0)


def personal_only(table: pd.DataFrame, setting: Setting) -> Hits:
    """Strong personal ties, weak value-based ones (X17)."""
    rows = table[table["flagged"].notna()]
    sure = rows["flag_share"] >= setting.limits["rel_personal_only"]
    return _hits(rows, rows["flagged"], sure)


def rosier(table: pd.DataFrame, _: Setting) -> Hits:
    """Our own view of the total lies above the customer's by more than chance."""
    rows = table[(table["dimension"] == "total") & (table["status"] != "too_little_data")]
    return _hits(rows, rows["status"] == "rosier")


def gate_failed(table: pd.DataFrame, _: Setting) -> Hits:
    """A dimension on the customer's side below its gate."""
    rows = table[(table["side"] == "customer") & table["score"].notna()]
    low = (rows["score"] < rows["minimum"]).groupby(rows["account_id"]).any()
    sure = (rows["status"] == "failed").groupby(rows["account_id"]).any()
    ids = pd.DataFrame({"account_id": low.index})
    return _hits(ids, low.to_numpy(), sure.to_numpy())


def score_fell(table: pd.DataFrame, _: Setting) -> Hits:
    """The customer's total fell from the wave before by more than chance."""
    rows = table[(table["dimension"] == "total") & (table["side"] == "customer")]
    rows = rows[rows["status"] != "too_little_data"]
    last = rows[rows["to_wave"] == rows["to_wave"].max()]
    return _hits(last, last["status"] == "down")


def warned(table: pd.DataFrame, _: Setting) -> Hits:
    """Accounts in the bands watch and high; signs are no proof."""
    rows = table[table["risk_band"] != "unknown"]
    return _hits(rows, rows["risk_band"].isin(["watch", "high"]), False)


def falling_apart(table: pd.DataFrame, _: Setting) -> Hits:
    """At least two signs that the structure of a relationship comes apart."""
    rows = table[table["disintegrating"].notna()]
    return _hits(rows, rows["disintegrating"])


def sponsor_silent(table: pd.DataFrame, _: Setting) -> Hits:
    """A sponsor pair that has not met for long, never did, or lost one of the two."""
    return _hits(table, table["state"] != "in_touch")


def cases_open(table: pd.DataFrame, setting: Setting) -> Hits:
    """Cases that have been open for longer than the limit."""
    rows = table[pd.to_datetime(table["opened_on"]) <= setting.as_of]
    closed = pd.to_datetime(rows["closed_on"])
    days = (setting.as_of - pd.to_datetime(rows["opened_on"])).dt.days
    late = (closed.isna() | (closed > setting.as_of)) & (days >= setting.limits["rel_cases_open"])
    return _hits(rows, late, cases=int(late.sum()))


def loops_open(table: pd.DataFrame, _: Setting) -> Hits:
    """Feedback whose next step is overdue."""
    rows = table[table["account_id"].notna()]
    late = rows["overdue_days"] > 0
    return _hits(rows, late, loops=int(late.sum()))


def visits_overdue(table: pd.DataFrame, _: Setting) -> Hits:
    """Accounts past the visiting rhythm of their tier, or never visited."""
    rows = table[~table["cadence_state"].isin(["no_rhythm"])]
    return _hits(rows, rows["cadence_state"].isin(["overdue", "never"]))


RULES = (
    AccountRule("rel_warned", "bands", ("risk_band",), warned, 2, "S130; house"),
    AccountRule("rel_score_fell", "trend", ("side", "dimension", "to_wave", "status"), score_fell,
                0.95, "field:Smyth 2004; house"),
    AccountRule("rel_gate_failed", "gates", ("side", "score", "minimum", "status"), gate_failed,
                50.0),
    AccountRule("rel_falling_apart", "stages", ("disintegrating",), falling_apart, 2,
                "S103; house"),
    AccountRule("rel_buyer_uncovered", "coverage", ("measure", "value", "low", "high"),
                buyer_uncovered, 2, "S092; house"),
    AccountRule("rel_single_thread", "coverage", ("measure", "value", "low", "high"),
                single_thread, 0.8, "X15; house"),
    AccountRule("rel_personal_only", "bonds", ("flagged", "flag_share"), personal_only, 0.95,
                "X17; house"),
    AccountRule("rel_rosier", "sides", ("dimension", "status"), rosier, 0.95,
                "S109; field:Welch 1947; house"),
    AccountRule("rel_sponsor_silent", "sponsors", ("state",), sponsor_silent, 180, "S102; house",
                routine=True),
    AccountRule("rel_cases_open", "cases", ("opened_on", "closed_on"), cases_open, 30,
                "S122; house", routine=True),
    AccountRule("rel_loops_open", "loops", ("overdue_days",), loops_open, 1, "S124; house",
                routine=True),
    AccountRule("rel_visits_overdue", "visits", ("cadence_state",), visits_overdue, 1,
                "S113; house", routine=True),
)  # fmt: skip
