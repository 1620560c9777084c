"""Warning signs that an account may be about to leave, each known, absent or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.retention.indicators import (
    complaint_figures,
    contact_figures,
    human_events,
    order_events,
    share_figures,
    silence_figures,
    survey_figures,
)
from kamkit.methods.retention.known import Day, Tables, as_day, dates_of, known_on
from kamkit.methods.retention.losses import losses, lost_by
from kamkit.schemes.retention import SIGNS, RetentionPolicy, retention_policy
from kamkit.schemes.surveys import read_survey

FIGURES = {
    "order_gap": ["days_silent", "usual_gap", "order_chance"],
    "share_drop": ["share_before", "share_now", "share_fall"],
    "contact_loss": ["contacts_left", "contacts_known", "contact_share_lost"],
    "survey_fall": ["survey_before", "survey_now", "survey_points_down", "survey_error",
                    "survey_n"],
    "complaints_up": ["cases_now", "cases_expected", "cases_chance"],
    "silence": ["days_unmet", "usual_meeting_gap", "meeting_chance"],
}  # fmt: skip
# The figure that a sign is read from, the limit it is held against, and the table it needs.
READ_FROM = {
    "order_gap": ("order_chance", "chance", "orders"),
    "share_drop": ("share_fall", "fall", "account_years"),
    "contact_loss": ("contact_share_lost", "share", "contacts"),
    "survey_fall": ("survey_points_down", "fall", "survey_responses"),
    "complaints_up": ("cases_chance", "chance", "service_cases"),
    "silence": ("meeting_chance", "chance", "interactions"),
}
SIGN_COLUMNS = ["account_id", "status", *sum(FIGURES.values(), []), *SIGNS]
SIGN_COLUMNS += ["signs", "known", "unknown"]
DETAIL_COLUMNS = ["account_id", "warning", "state", "figure", "limit", "variant", "origin"]


@dataclass(frozen=True)
class Signs:
    """Warning signs of one day.

    Attributes
    ----------
    as_of
        The day; nothing later was looked at.
    accounts
        One row an account: account_id, status (active, lost, no_orders), the figures behind
        each sign, one column a sign (True, False, missing where nobody can know), signs (how
        many are there), known, unknown (how many can be known or not). Figures: days_silent,
        usual_gap (days), order_chance (0–1); share_before, share_now, share_fall (0–1);
        contacts_left, contacts_known, contact_share_lost (0–1); survey_before, survey_now,
        survey_points_down, survey_error (points of 0–100), survey_n (respondents);
        cases_now, cases_expected (number), cases_chance (0–1); days_unmet, usual_meeting_gap
        (days), meeting_chance (0–1).
    details
        One row an account and sign: account_id, warning (the sign), state (yes, no, unknown),
        figure, limit, variant (own, pooled … or what is missing), origin.
    quality
        code, n: what stood in the way (tables missing, answers without a day …).
    """

    as_of: pd.Timestamp
    accounts: pd.DataFrame
    details: pd.DataFrame
    quality: pd.DataFrame


def warning_signs(tables: Tables, *, as_of: Day, scheme: RetentionPolicy | None = None) -> Signs:
    """Six signs per account, from rows dated on or before ``as_of`` only.

    order_gap and silence: days since the last order, or the last human contact, rare for the
    account's own rhythm (see ``rhythm``). share_drop: share of wallet between the last two
    finished years. contact_loss: part of our dealings that went through people who left within a
    year. survey_fall: the last wave against earlier ones, the same respondents where possible.
    complaints_up: cases raised by the customer against its own past rate. Limits come from the
    scheme (``schemes.retention``). A figure that is missing makes the sign unknown, never absent.

    Needs tables, as far as there are any: accounts, orders, account_years, contacts,
    interactions, survey_invitations, survey_responses, service_cases, account_losses.
    Returns ``Signs``. Raises KamkitError ``bad_date``.
    Source: S130 names the signs; every limit is house; Cox 1962 (recurrence times), Greenwood &
    Yule 1920 (gamma–Poisson).

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...                        "date": pd.date_range("2025-01-01", periods=13, freq="30D")})
    >>> found = warning_signs({"orders": orders}, as_of="2026-04-26")
    >>> found.accounts[["order_gap", "share_drop", "signs", "known"]].values.tolist()
    [[True, <NA>, 1, 1]]
    """
    policy = scheme or retention_policy()
    day = as_day(as_of)
    lag = int(policy.signs["share_drop"].limits["lag_days"])
    known = known_on(tables, day, year_lag_days=lag)
    table, found = _read(known, day, policy)
    details = _details(table, found, policy, known)
    return Signs(day, _accounts_table(table, found), details, _quality(tables, known))


def _accounts_table(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    accounts = table.join(found).reset_index()[SIGN_COLUMNS]
    figures = [c for part in FIGURES.values() for c in part]
    return accounts.astype(dict.fromkeys(figures, float))


def _read(
    known: Tables, day: pd.Timestamp, policy: RetentionPolicy
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures and signs by account_id, from tables that already hold nothing later."""
    limits = {name: sign.limits for name, sign in policy.signs.items()}
    orders = order_events(known)
    base = _accounts(known, orders, day, policy)
    order = silence_figures(orders, day, limits["order_gap"])
    met = silence_figures(human_events(known), day, limits["silence"])
    survey = read_survey(policy.signs["survey_fall"].instrument)
    since = orders.groupby("account_id")["date"].min()
    parts = [
        order.rename(columns={"chance": "order_chance", "basis": "order_basis"}),
        share_figures(known),
        contact_figures(known, day, limits["contact_loss"]),
        survey_figures(known, day, limits["survey_fall"], survey),
        complaint_figures(known, since, day, limits["complaints_up"]),
        met.rename(
            columns={
                "days_silent": "days_unmet",
                "usual_gap": "usual_meeting_gap",
                "chance": "meeting_chance",
                "basis": "meeting_basis",
                "gaps": "meeting_gaps",
                "last_on": "last_met",
            }
        ),
    ]
    table = base.set_index("account_id")
    for part in parts:
        part.index = part.index.astype(table.index.dtype)
        table = table.join(part)
    table["share_fall"] = (table["share_before"] - table["share_now"]).astype(float)
    table["survey_points_down"] = table["survey_fall"].astype(float)
    table = table.drop(columns="survey_fall")
    return table, _judge(table, limits)


def _accounts(
    known: Tables, orders: pd.DataFrame, day: pd.Timestamp, policy: RetentionPolicy
) -> pd.DataFrame:
    """Every account on record by then; lost, active, or one that never ordered."""
    listed = [orders["account_id"]]
    for name in ("accounts", "account_losses"):
        if name in known and "account_id" in known[name].columns:
            listed.append(known[name]["account_id"])
    ids = pd.Series(pd.unique(pd.concat(listed).dropna().astype("str")), dtype="str")
    ids = ids.sort_values(ignore_index=True)
    gone = lost_by(losses(known, as_of=day, scheme=policy), day)
    bought = ids.isin(orders["account_id"].unique())
    status = np.select([ids.isin(gone), bought], ["lost", "active"], "no_orders")
    return pd.DataFrame({"account_id": ids, "status": pd.Series(status, dtype="str")})


def _judge(table: pd.DataFrame, limits: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    order, share, contact, survey, cases, met = (limits[name] for name in SIGNS)
    falls = table["survey_points_down"]
    error = table["survey_error"].astype(float)
    # The tolerance keeps a figure that is the limit in decimals from missing it in binary.
    tiny = 1e-9
    rules: dict[str, tuple[pd.Series, pd.Series]] = {
        "order_gap": (
            (table["order_chance"] <= order["chance"])
            & (table["days_silent"] >= order["least_days"]),
            table["order_chance"],
        ),
        "share_drop": (table["share_fall"] >= share["fall"] - tiny, table["share_fall"]),
        "contact_loss": (
            table["contact_share_lost"] >= contact["share"] - tiny,
            table["contact_share_lost"],
        ),
        "survey_fall": (
            (falls >= survey["fall"] - tiny) & (falls >= survey["errors"] * error),
            falls + error,
        ),
        "complaints_up": (
            (table["cases_chance"] <= cases["chance"])
            & (table["cases_now"] - table["cases_expected"] >= cases["more"]),
            table["cases_chance"],
        ),
        "silence": (
            (table["meeting_chance"] <= met["chance"]) & (table["days_unmet"] >= met["least_days"]),
            table["meeting_chance"],
        ),
    }
    found = pd.DataFrame(index=table.index)
    for name, (there, needed) in rules.items():
        found[name] = there.astype("boolean").mask(needed.isna().to_numpy())
    found["signs"] = found[list(SIGNS)].fillna(False).sum(axis=1).astype(int)
    found["known"] = found[list(SIGNS)].notna().sum(axis=1).astype(int)
    found["unknown"] = len(SIGNS) - found["known"]
    return found


def _details(
    table: pd.DataFrame, found: pd.DataFrame, policy: RetentionPolicy, known: Tables
) -> pd.DataFrame:
    basis = {"order_gap": "order_basis", "silence": "meeting_basis"}
    parts = []
    for name in SIGNS:
        figure, limit, source = READ_FROM[name]
        state = found[name].map({True: "yes", False: "no"}).astype("str").fillna("unknown")
        missing = "no_table" if source not in known or not len(known[source]) else "no_figure"
        how = table[basis[name]] if name in basis else pd.Series("", index=table.index)
        if name == "survey_fall":
            paired = table["survey_paired"].fillna(False).astype(bool)
            how = pd.Series(
                np.where(paired, "same_respondents", "all_respondents"), index=table.index
            )
        how = how.astype("str").where(state != "unknown", missing)
        parts.append(
            pd.DataFrame(
                {
                    "account_id": table.index,
                    "warning": name,
                    "state": state.to_numpy(),
                    "figure": table[figure].astype(float).to_numpy(),
                    "limit": policy.signs[name].limits[limit],
                    "variant": how.to_numpy(),
                    "origin": policy.signs[name].origin,
                }
            )
        )
    order = {name: i for i, name in enumerate(SIGNS)}
    out = pd.concat(parts, ignore_index=True)
    out = out.sort_values(
        ["account_id", "warning"], key=lambda c: c.map(order) if c.name == "warning" else c,
        kind="stable", ignore_index=True,
    )  # fmt: skip
    return out[DETAIL_COLUMNS]


def _quality(tables: Tables, known: Tables) -> pd.DataFrame:
    rows: list[tuple[str, int]] = []
    for name in dict.fromkeys(source for _, _, source in READ_FROM.values()):
        if name not in known or not len(known[name]):
            rows.append((f"no_{name}", 0))
    answers, asked = tables.get("survey_responses"), tables.get("survey_invitations")
    if answers is not None and len(answers):
        if asked is None:
            rows.append(("answers_not_dated", len(answers)))
        else:
            keys = ["wave", "respondent_id"]
            dated = asked[dates_of(asked, "responded_on").notna()]
            given = pd.MultiIndex.from_frame(dated[keys])
            loose = int((~pd.MultiIndex.from_frame(answers[keys]).isin(given)).sum())
            rows += [("answers_not_dated", loose)] if loose else []
    return pd.DataFrame(rows, columns=["code", "n"])


Score = Callable[[Tables, pd.Timestamp], pd.Series]


def sign_count(scheme: RetentionPolicy | None = None) -> Score:
    """A score for ``backtest_score``: how many signs an account shows on a day.

    Accounts below the scheme's least number of known signs have no score.

    >>> callable(sign_count())
    True
    """
    policy = scheme or retention_policy()

    def score(known: Tables, day: pd.Timestamp) -> pd.Series:
        table, found = _read(known, day, policy)
        enough = found["known"] >= policy.bands["least_known"]
        return found["signs"].astype(float)[enough & (table["status"] == "active")]

    return score


def sign_figure(figure: str, *, scheme: RetentionPolicy | None = None) -> Score:
    """A score for ``backtest_score``: one figure behind the signs, higher is more worrying.

    Chances (order_chance, cases_chance, meeting_chance) are turned round: 1 less the chance.

    >>> callable(sign_figure("order_chance"))
    True
    """
    policy = scheme or retention_policy()

    def score(known: Tables, day: pd.Timestamp) -> pd.Series:
        table, _ = _read(known, day, policy)
        value = table.loc[table["status"] == "active", figure].astype(float).dropna()
        return 1 - value if figure.endswith("_chance") else value

    return score
