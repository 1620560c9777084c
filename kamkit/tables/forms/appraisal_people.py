"""Who rates whom: by the lines of the members table, for each source."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.company import Company

_COLUMNS = ["rater_id", "rater", "ratee_id", "name"]


def appraisal_pairs(
    company: Company,
    source: str,
    *,
    day: pd.Timestamp,
    lang: str,
    raters: Sequence[str] = (),
    members: Sequence[str] = (),
) -> pd.DataFrame:
    """Pairs of rater and rated person, with the names that a form shows.

    "manager": a member and those whose ``manager_id`` names that member; "self": everybody who
    has a manager; "peer": members of the same team under the same manager; "report": a member
    and the own manager; "customer": a contact and the owner of the account (``raters`` must be
    named). Who has left by ``day`` neither rates nor is rated. ``raters`` and ``members`` (the
    rated) narrow the pairs.
    Returns columns: rater_id, rater, ratee_id, name.
    Source: house.
    Raises KamkitError appraisal_unknown_member, appraisal_name_rater, appraisal_nobody.
    """
    if not company.has("members"):
        raise KamkitError(Problem("appraisal_nobody", "members", value=source))
    staff = _here(company.members, day)
    pairs = _by_accounts(company, staff) if source == "customer" else _by_lines(staff, source)
    _known(company, staff, source, raters, members)
    for column, wanted in (("rater_id", raters), ("ratee_id", members)):
        if wanted:
            pairs = pairs[pairs[column].isin(wanted)]
    if pairs.empty:
        raise KamkitError(Problem("appraisal_nobody", "members", value=source))
    return _named(company, pairs, source, lang)


def _here(members: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    out = members
    if "left_on" in out.columns:
        out = out[out["left_on"].isna() | (out["left_on"] > day)]
    return out.reindex(columns=["member_id", "manager_id", "team"])


def _by_lines(staff: pd.DataFrame, source: str) -> pd.DataFrame:
    led = staff[staff["manager_id"].isin(staff["member_id"])]
    pairs = pd.DataFrame({"rater_id": led["manager_id"], "ratee_id": led["member_id"]})
    if source == "self":
        return pairs.assign(rater_id=led["member_id"])
    if source == "report":
        return pd.DataFrame({"rater_id": led["member_id"], "ratee_id": led["manager_id"]})
    if source == "peer":
        teams = led.dropna(subset=["team"])
        both = teams.merge(teams, on=["manager_id", "team"], suffixes=("_r", "_e"))
        both = both[both["member_id_r"] != both["member_id_e"]]
        return both.rename(columns={"member_id_r": "rater_id", "member_id_e": "ratee_id"})
    return pairs


def _by_accounts(company: Company, staff: pd.DataFrame) -> pd.DataFrame:
    if not company.has("contacts") or "owner_id" not in company.accounts.columns:
        return pd.DataFrame({"rater_id": [], "ratee_id": []})
    owned = company.contacts[["contact_id", "account_id"]].merge(
        company.accounts[["account_id", "owner_id"]].dropna(), on="account_id"
    )
    owned = owned[owned["owner_id"].isin(staff["member_id"])]
    return owned.rename(columns={"contact_id": "rater_id", "owner_id": "ratee_id"})


def _known(
    company: Company, staff: pd.DataFrame, source: str, raters: Sequence[str],
    members: Sequence[str],
) -> None:  # fmt: skip
    ids = set(staff["member_id"])
    who = ids
    if source == "customer":
        if not raters:
            raise KamkitError(Problem("appraisal_name_rater"))
        who = set(company.contacts["contact_id"]) if company.has("contacts") else set()
    missing = [r for r in raters if r not in who] + [m for m in members if m not in ids]
    KamkitError.collect(Problem("appraisal_unknown_member", "members", value=m) for m in missing)


def _named(company: Company, pairs: pd.DataFrame, source: str, lang: str) -> pd.DataFrame:
    names = company.member_names(lang)
    callers = names
    if source == "customer":
        own = company.contacts["name"]
        shown = company.contacts.get(f"name_{lang}", own).fillna(own)
        callers = dict(zip(company.contacts["contact_id"], shown, strict=True))
    out = pairs.drop_duplicates(["rater_id", "ratee_id"]).sort_values(["rater_id", "ratee_id"])
    out = out.reset_index(drop=True)
    out["rater"] = [callers.get(r) or r for r in out["rater_id"]]
    out["name"] = [names.get(r) or r for r in out["ratee_id"]]
    return out[_COLUMNS]
