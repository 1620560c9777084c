"""Whom a survey asks: the invited of a wave, else people chosen by a named rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.company import Company

MOST = 5


@dataclass(frozen=True)
class Guests:
    """Who gets a form.

    ``people`` has account_id, respondent_id, name, account, invited_on (missing where nobody was
    invited yet); ``rule`` is "invited", "influence" or "ties"; ``answered`` counts the invited
    who have answered already and get none.
    """

    people: pd.DataFrame
    rule: str
    answered: int = 0


def survey_guests(
    company: Company,
    *,
    wave: str,
    side: str,
    day: pd.Timestamp,
    lang: str,
    accounts: Sequence[str] = (),
    most: int = MOST,
    items: Sequence[str] = (),
) -> Guests:
    """The people to ask in a wave on one side.

    Rule "invited": everybody in survey_invitations of the wave and side (at these ``accounts``)
    who has not answered; with ``items``, who has answered none of those. Where nobody is: on
    the customer's side at most ``most`` contacts an account who still work there, by influence
    as last recorded up to ``day``, then by level ("influence"); on ours the account's owner
    and those of us with the strongest ties there ("ties").
    Source: house.
    Raises KamkitError unknown_account, survey_nobody.
    """
    known = set(company.accounts["account_id"])
    KamkitError.collect(
        Problem("unknown_account", "accounts", "account_id", value=a)
        for a in accounts
        if a not in known
    )
    invited = _invited(company, wave, side)
    if accounts and len(invited):
        invited = invited[invited["account_id"].isin(accounts)]
    if len(invited):
        waiting = invited[~_answered(company, invited, wave, items)]
        found = Guests(waiting, "invited", len(invited) - len(waiting))
    elif side == "customer":
        found = Guests(_by_influence(company, day, most), "influence")
    else:
        found = Guests(_by_ties(company, day, most), "ties")
    people = found.people
    if accounts:
        people = people[people["account_id"].isin(accounts)]
    if people.empty:
        raise KamkitError(
            Problem("survey_nobody", value=wave, details={"answered": found.answered})
        )
    return Guests(_named(company, people, side, lang), found.rule, found.answered)


def _invited(company: Company, wave: str, side: str) -> pd.DataFrame:
    if not company.has("survey_invitations"):
        return pd.DataFrame()
    asked = company.survey_invitations
    columns = ["account_id", "respondent_id", "invited_on", "responded_on"]
    return pd.DataFrame(asked.loc[(asked["wave"] == wave) & (asked["side"] == side), columns])


def _answered(
    company: Company, invited: pd.DataFrame, wave: str, items: Sequence[str]
) -> pd.Series:
    """Who answered; where items are named, only answers to those count."""
    if not items:
        return invited["responded_on"].notna()
    if not company.has("survey_responses"):
        return invited["responded_on"].notna() & False
    said = company.survey_responses
    mine = said[(said["wave"] == wave) & said["item"].isin(items) & said["score"].notna()]
    return invited["respondent_id"].isin(mine["respondent_id"])


def _latest(table: pd.DataFrame, keys: list[str], day: pd.Timestamp) -> pd.DataFrame:
    """The last row of each key up to a day; rows without a date are known at all times."""
    if "as_of" not in table.columns:
        return table.drop_duplicates(keys, keep="last")
    known = table[table["as_of"].isna() | (table["as_of"] <= day)]
    return known.sort_values("as_of", na_position="first", kind="stable").drop_duplicates(
        keys, keep="last"
    )


def _still_here(people: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    if "left_on" not in people.columns:
        return people
    return people[people["left_on"].isna() | (people["left_on"] > day)]


def _by_influence(company: Company, day: pd.Timestamp, most: int) -> pd.DataFrame:
    if not company.has("contacts"):
        return pd.DataFrame({"account_id": [], "respondent_id": []})
    people = _still_here(company.contacts, day).copy()
    people["weight"] = float("nan")
    if company.has("contact_roles") and "influence" in company.contact_roles.columns:
        roles = company.contact_roles.sort_values("influence", na_position="first")
        last = _latest(roles, ["contact_id"], day).set_index("contact_id")["influence"]
        people["weight"] = people["contact_id"].map(last).astype("float64")
    level = people["level"] if "level" in people.columns else float("nan")
    people = people.assign(rank=level).sort_values(
        ["account_id", "weight", "rank", "contact_id"],
        ascending=[True, False, False, True],
        na_position="last",
    )
    first = people.groupby("account_id", sort=False).head(most)
    return first[["account_id", "contact_id"]].rename(columns={"contact_id": "respondent_id"})


def _by_ties(company: Company, day: pd.Timestamp, most: int) -> pd.DataFrame:
    rows = []
    if "owner_id" in company.accounts.columns:
        owners = company.accounts[["account_id", "owner_id"]].dropna()
        rows.append(owners.rename(columns={"owner_id": "member"}).assign(strength=99.0))
    if company.has("ties"):
        ties = _latest(company.ties, ["from_id", "to_id"], day)
        ours = ties[(ties["from_side"] == "us") & (ties["strength"] > 0)]
        rows.append(
            ours[["account_id", "from_id", "strength"]].rename(columns={"from_id": "member"})
        )
    if not rows or not company.has("members"):
        return pd.DataFrame({"account_id": [], "respondent_id": []})
    staff = set(_still_here(company.members, day)["member_id"])
    all_ = pd.concat(rows, ignore_index=True)
    best = all_[all_["member"].isin(staff)].sort_values(
        ["account_id", "strength", "member"], ascending=[True, False, True]
    )
    first = best.drop_duplicates(["account_id", "member"]).groupby("account_id").head(most)
    return pd.DataFrame(
        {
            "account_id": first["account_id"],
            "respondent_id": first["member"] + "-" + first["account_id"],
        }
    )


def _named(company: Company, people: pd.DataFrame, side: str, lang: str) -> pd.DataFrame:
    """People with the names that the form shows; an id stands where no name is known."""
    names: dict[str, str] = {}
    if side == "customer" and company.has("contacts"):
        own = company.contacts["name"]
        shown = company.contacts.get(f"name_{lang}", own).fillna(own)
        names = dict(zip(company.contacts["contact_id"], shown, strict=True))
    if side == "us":
        names = company.member_names(lang)
    accounts = company.account_names(lang)
    out = people.reset_index(drop=True)
    ids = out["respondent_id"].astype("str")
    plain = [
        i.removesuffix(f"-{a}") if side == "us" else i
        for i, a in zip(ids, out["account_id"], strict=True)
    ]
    invited = out["invited_on"] if "invited_on" in out.columns else pd.NaT
    return pd.DataFrame(
        {
            "account_id": out["account_id"].astype("str"),
            "respondent_id": ids,
            "name": [_text(names.get(p), p) for p in plain],
            "account": [_text(accounts.get(a), a) for a in out["account_id"]],
            "invited_on": pd.Series(invited, index=out.index, dtype="datetime64[us]"),
        }
    )


def _text(name: object, otherwise: str) -> str:
    return name if isinstance(name, str) and name else otherwise
