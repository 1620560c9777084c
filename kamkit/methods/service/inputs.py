"""What the service methods share: cases as known on a day, tiers of accounts, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats
from kamkit.schemes import Scheme, ServiceScheme, load_service_scheme

ALL, UNKNOWN = "all", "unknown"
Day = pd.Timestamp | str


@dataclass(frozen=True)
class KnownCases:
    """Service cases as known on a day, and how many rows could not be used."""

    table: pd.DataFrame
    day: pd.Timestamp
    undated: int
    impossible: int


def known_cases(cases: pd.DataFrame, as_of: Day) -> KnownCases:
    """Cases opened on or before a day; what is dated later is not known yet.

    Needs columns: opened_on; optional: every other column of ``service_cases``. A case without
    the day it was opened, or answered or closed before it was opened, is left out and counted.

    >>> table = pd.DataFrame({"opened_on": ["2026-01-01"], "closed_on": ["2026-02-01"]})
    >>> known_cases(table, "2026-01-15").table["closed_on"].isna().tolist()
    [True]
    """
    need_columns(cases, "service_cases", ["opened_on"])
    day = pd.Timestamp(as_of)
    table = cases.reset_index(drop=True).copy()
    for column in ("opened_on", "responded_on", "closed_on"):
        given = table[column] if column in table else pd.Series(pd.NaT, table.index)
        table[column] = pd.to_datetime(given)
    for column in ("severity", "cost"):
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        table[column] = pd.to_numeric(given, errors="coerce").astype(float)
    for column in ("case_id", "account_id", "detected_by", "repeat_of"):
        given = table[column] if column in table else pd.Series(None, table.index, dtype=object)
        table[column] = given.astype(object).where(given.notna(), None)
    undated = table["opened_on"].isna()
    before = (table["closed_on"] < table["opened_on"]) | (
        table["responded_on"] < table["opened_on"]
    )
    table = table[~undated & ~before]
    table = table[table["opened_on"] <= day].reset_index(drop=True)
    for column in ("responded_on", "closed_on"):
        table[column] = table[column].where(table[column] <= day)
    return KnownCases(table, day, int(undated.sum()), int(before.sum()))


def group_names(table: pd.DataFrame, name: str, by: str | pd.Series | None) -> pd.Series:
    """The group of each row: a column, or names by account_id; "unknown" where there is none.

    >>> group_names(pd.DataFrame({"category": ["a", None]}), "cases", "category").tolist()
    ['a', 'unknown']
    """
    if by is None:
        return pd.Series(ALL, table.index, dtype=object)
    if isinstance(by, pd.Series):
        need_columns(table, name, ["account_id"])
        found = table["account_id"].map(by)
    else:
        need_columns(table, name, [by])
        found = table[by]
    words = found.astype(object)
    if pd.api.types.is_float_dtype(found) and bool((found.dropna() % 1 == 0).all()):
        words = found.astype("Int64").astype(object)
    return words.where(found.notna(), UNKNOWN).astype(str)


def service_or_house(service: ServiceScheme | None) -> ServiceScheme:
    """The company's own service scheme, else the kit's.

    >>> service_or_house(None).id
    'service'
    """
    return service or load_service_scheme()


def account_tiers(
    classes: pd.DataFrame, scheme: Scheme, *, service: ServiceScheme | None = None
) -> pd.DataFrame:
    """The service tier of each account, from its class.

    Needs columns: account_id, member (a class of ``scheme``); accounts without a class are left
    out. ``service`` is the company's own; default: the kit's.
    Returns columns: account_id, member, tier. Raises KamkitError for classes that the scheme
    doesn't have. Source: house (tier by the place of the class, or named in the service scheme).

    >>> from kamkit.schemes import load_scheme
    >>> rows = pd.DataFrame({"account_id": ["A1"], "member": ["key"]})
    >>> account_tiers(rows, load_scheme("elevator")).tier.tolist()
    ['tier_2']
    """
    need_columns(classes, "classes", ["account_id", "member"])
    rows = classes.loc[classes["member"].notna(), ["account_id", "member"]].reset_index(drop=True)
    tier = service_or_house(service).tier_of(scheme)
    KamkitError.collect(
        Problem("not_allowed", "classes", "member", int(i) + 1, rows["member"].iloc[i],
                details={"allowed": ", ".join(tier)})
        for i in np.flatnonzero(~rows["member"].isin(tier).to_numpy())
    )  # fmt: skip
    return rows.assign(tier=rows["member"].map(tier).astype("str"))


def read_tiers(tiers: pd.DataFrame, service: ServiceScheme) -> pd.DataFrame:
    """Checked tiers: one row an account, each tier one of the scheme's.

    >>> read_tiers(pd.DataFrame({"account_id": ["A"], "tier": ["tier_1"]}),
    ...            load_service_scheme()).tier.tolist()
    ['tier_1']
    """
    need_columns(tiers, "tiers", ["account_id", "tier"])
    rows = tiers.loc[tiers["tier"].notna(), ["account_id", "tier"]].reset_index(drop=True)
    rows = rows.astype({"account_id": "str", "tier": "str"})
    problems = [
        Problem("not_allowed", "tiers", "tier", int(i) + 1, rows["tier"].iloc[i],
                details={"allowed": ", ".join(service.tier_ids)})
        for i in np.flatnonzero(~rows["tier"].isin(service.tier_ids).to_numpy())
    ]  # fmt: skip
    problems += [
        Problem("duplicate_key", "tiers", "account_id", int(i) + 1, rows["account_id"].iloc[i])
        for i in np.flatnonzero(rows.duplicated("account_id").to_numpy())
    ]
    KamkitError.collect(problems)
    return rows


def days_between(start: pd.Series, end: pd.Series) -> Floats:
    """Days from one date to another, NaN where either is missing.

    >>> days_between(pd.Series(pd.to_datetime(["2026-01-01"])),
    ...              pd.Series(pd.to_datetime(["2026-01-31"]))).tolist()
    [30.0]
    """
    gap = pd.to_datetime(end) - pd.to_datetime(start)
    return np.asarray(gap.dt.days.to_numpy(float, na_value=np.nan))


def in_order(groups: Sequence[str]) -> list[str]:
    """Names in order, what is not known last.

    >>> in_order(["b", "unknown", "a"])
    ['a', 'b', 'unknown']
    """
    return sorted(set(groups), key=lambda g: (g == UNKNOWN, g))
