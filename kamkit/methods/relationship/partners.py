"""The register of partners and agents, and what a scorecard of each may say (S235, S236, S245)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, texts
from kamkit.methods.relationship.exclusivity import Exclusivity
from kamkit.methods.relationship.loyalty import Loyalty

ORIGIN = "S235; S236; X20; X30; house"
FORMS = ("joint_venture", "contract", "understanding")
# S236 names suppliers, makers of complements, customers, rivals and dealers; S245 (X20) agents.
TYPES = (
    *("agent", "distributor", "integrator", "alliance", "supplier", "complementor"),
    *("customer", "rival"),
)
SELLING = ("agent", "distributor", "integrator")
REGISTER = [
    *("dealer_id", "name", "partner_type", "selling", "form", "purpose", "since", "years"),
    *("review_on", "review_overdue_days", "ended_on", "active", "rival", "issues", "origin"),
]


@dataclass(frozen=True)
class PartnerRegister:
    """Partners with what is missing about them.

    Attributes
    ----------
    partners
        One row a partner: dealer_id, name, partner_type, selling (sells for us to customers),
        form, purpose, since, years, review_on, review_overdue_days (0 not due, NaN none
        agreed), ended_on, active, rival (gate in one scheme, attribute in the other: X30),
        issues (codes, ";": no_purpose, no_form, no_start, no_review, review_overdue,
        unknown_type, rival_partner, ends_before_start), origin.
    by_type
        partner_type, n, active, review_overdue.
    issues
        code, n, partners (ids, ";").
    """

    partners: pd.DataFrame
    by_type: pd.DataFrame
    issues: pd.DataFrame


def partner_register(dealers: pd.DataFrame, *, as_of: Day) -> PartnerRegister:
    """Register of alliances and dealers on one day.

    ``dealers``: dealer_id, partner_type; name, purpose, form, since, review_on, ended_on where
    known.

    Returns PartnerRegister. Raises KamkitError missing_column, bad_date.
    Source: S235 (purpose, form, start, review), S236 (kinds of partners), X20 (agents or
    dealers: a field), X30 (a rival may be a partner, and may not be a strategic customer).

    >>> dealers = pd.DataFrame({"dealer_id": ["D1"], "partner_type": ["rival"],
    ...     "since": ["2020-01-01"], "purpose": ["new technology"], "form": ["contract"]})
    >>> partner_register(dealers, as_of="2026-06-30").partners["issues"].tolist()
    ['no_review;rival_partner']
    """
    need_columns(dealers, "dealers", ["dealer_id", "partner_type"])
    day = as_day(as_of)
    table = pd.DataFrame(
        {
            "dealer_id": dealers["dealer_id"].astype("str"),
            **{c: texts(dealers, c) for c in ("name", "partner_type", "form", "purpose")},
            **{c: dates(dealers, c) for c in ("since", "review_on", "ended_on")},
        }
    )
    table = table.sort_values("dealer_id").reset_index(drop=True)
    table["years"] = (day - table["since"]).dt.days / 365.25
    table["active"] = ~(table["ended_on"] <= day) & ~(table["since"] > day)
    late = (day - table["review_on"]).dt.days.clip(lower=0).astype(float)
    table["review_overdue_days"] = late.where(table["active"])
    table["selling"] = table["partner_type"].isin(SELLING)
    table["rival"] = table["partner_type"] == "rival"
    found = {
        "no_purpose": table["purpose"].isna(),
        "no_form": ~table["form"].isin(FORMS),
        "no_start": table["since"].isna(),
        "no_review": table["review_on"].isna(),
        "review_overdue": table["review_overdue_days"] > 0,
        "unknown_type": ~table["partner_type"].isin(TYPES),
        "rival_partner": table["rival"],
        "ends_before_start": table["ended_on"] < table["since"],
    }
    hits = pd.DataFrame(found)
    names = np.array(hits.columns, dtype=object)
    table["issues"] = pd.Series(
        [";".join(names[row]) for row in hits.to_numpy(bool)], index=table.index, dtype="str"
    )
    return PartnerRegister(
        table.assign(origin=ORIGIN)[REGISTER],
        _by_type(table),
        _issues(hits, table["dealer_id"]),
    )


def _by_type(table: pd.DataFrame) -> pd.DataFrame:
    """Counts by kind, in the order of the list and unknown kinds last."""
    counted = table.assign(late=table["review_overdue_days"] > 0)
    held = counted.groupby("partner_type", dropna=False)
    found = held.agg(
        n=("dealer_id", "size"), active=("active", "sum"), review_overdue=("late", "sum")
    ).reset_index()
    rank = found["partner_type"].map({k: i for i, k in enumerate(TYPES)}).fillna(len(TYPES))
    return (
        found.assign(_r=rank)
        .sort_values(["_r", "partner_type"])
        .drop(columns="_r")
        .reset_index(drop=True)
    )


def _issues(hits: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    rows = [
        {"code": code, "n": int(hits[code].sum()), "partners": ";".join(ids[hits[code]])}
        for code in hits.columns
        if hits[code].any()
    ]
    return pd.DataFrame(rows, columns=["code", "n", "partners"])


def agent_scorecard(
    register: PartnerRegister,
    loyalty: Loyalty | None = None,
    exclusivity: Exclusivity | None = None,
    history: pd.DataFrame | None = None,
    *,
    partner_types: Iterable[str] = SELLING,
) -> pd.DataFrame:
    """One row for each partner who sells for us: the figures side by side, never added up.

    ``history`` from ``partner_history``. What was not given or is not known stays missing.

    Returns columns dealer_id, name, partner_type, years, attitude, behaviour, loyalty,
    loyalty_low, loyalty_high, raters, gap, gap_verdict, our_share, share_slope, trend_verdict,
    conflict_weight, calm_days, unresolved, review_overdue_days, origin.
    Source: S245 (agents and dealers by one form, X20), S237, S238, S240, S239.

    >>> dealers = pd.DataFrame({"dealer_id": ["D1"], "partner_type": ["agent"]})
    >>> agent_scorecard(partner_register(dealers, as_of="2026-06-30"))["loyalty"].isna().tolist()
    [True]
    """
    table = register.partners
    table = table[table["partner_type"].isin(list(partner_types)) & table["active"]]
    table = table[["dealer_id", "name", "partner_type", "years", "review_overdue_days"]]
    for part in (_loyalty(loyalty), _share(exclusivity), _history(history)):
        table = table.merge(part, on="dealer_id", how="left")
    return table.assign(origin="S245; S237; S238; S239; S240")[_SCORECARD].reset_index(drop=True)


_SCORECARD = [
    *("dealer_id", "name", "partner_type", "years", "attitude", "behaviour", "loyalty"),
    *("loyalty_low", "loyalty_high", "raters", "gap", "gap_verdict", "our_share", "share_slope"),
    *("trend_verdict", "conflict_weight", "calm_days", "unresolved", "review_overdue_days"),
    "origin",
]


def _loyalty(found: Loyalty | None) -> pd.DataFrame:
    """Each dealer's last wave."""
    columns = ["attitude", "behaviour", "loyalty", "loyalty_low", "loyalty_high", "raters"]
    if found is None:
        return pd.DataFrame(columns=["dealer_id", *columns, "gap", "gap_verdict"])
    gaps = found.gaps.sort_values("wave").drop_duplicates("dealer_id", keep="last")
    total = found.scores[found.scores["dimension"] == "loyalty"]
    total = total.rename(
        columns={"score": "loyalty", "low": "loyalty_low", "high": "loyalty_high", "n": "raters"}
    )
    total = total[["dealer_id", "wave", "loyalty", "loyalty_low", "loyalty_high", "raters"]]
    gaps = gaps[["dealer_id", "wave", "attitude", "behaviour", "gap", "verdict"]]
    table = gaps.merge(total, on=["dealer_id", "wave"])
    return table.rename(columns={"verdict": "gap_verdict"}).drop(columns="wave")


def _share(found: Exclusivity | None) -> pd.DataFrame:
    names = {"share_last": "our_share", "slope": "share_slope", "verdict": "trend_verdict"}
    if found is None:
        return pd.DataFrame(columns=["dealer_id", *names.values()])
    return found.trends[["dealer_id", *names]].rename(columns=names)


def _history(found: pd.DataFrame | None) -> pd.DataFrame:
    columns = ["dealer_id", "conflict_weight", "calm_days", "unresolved"]
    return pd.DataFrame(columns=columns) if found is None else found[columns]
