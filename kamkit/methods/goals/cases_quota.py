"""Quotas recomputed: another basis, other bounds, a good year taken back, more key accounts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamkit.methods.goals.bases import (
    BASES,
    Basis,
    basis_figures,
    compare_bases,
    weights_from,
)
from kamkit.methods.goals.cascade import PART_COLUMNS, cascade, cascade_ways
from kamkit.methods.goals.programme import ProgrammeLimits, programme_limits
from kamkit.methods.goals.tables import figures, texts, with_columns
from kamkit.methods.measures import MEASURE_COLUMNS

WAY_OUT_COLUMNS = ["option", "way_out", "member_id", "now_amount", "then_amount", "change_amount"]
QUOTA_COLUMNS = [
    "member_id", "last_amount", "plain_amount", "target_amount", "growth", "potential_share",
    "quota_bound",
]  # fmt: skip
BASES_COLUMNS = ["member_id", "last_amount", "history_amount", "potential_amount", "equal_amount",
                 "mix_amount", "widest_share"]  # fmt: skip
RATCHET_COLUMNS = ["goal_basis", "taken_back", "taken_low", "taken_high", "growth_gap_share"]


@dataclass(frozen=True)
class QuotaBook:
    """``figures``: as ``basis_figures``; ``period`` they are of; ``last``: their sum (money);
    ``step``: three-digit step of that sum, the size that quotas are talked about in."""

    figures: pd.DataFrame
    period: str
    last: float
    step: float


def quota_book(
    members: pd.DataFrame,
    kpi_values: pd.DataFrame,
    territories: pd.DataFrame,
    *,
    period: str,
    kpi: str = "sales",
    as_of: str | pd.Timestamp | None = None,
) -> QuotaBook:
    """Who shares the total: everybody with a result of that KPI in ``period`` and still here.

    Needs the columns of ``basis_figures``; returns :class:`QuotaBook`; Source: as there.

    >>> members = pd.DataFrame({"member_id": ["M1"], "role": "rep", "territory_id": "T1"})
    >>> values = pd.DataFrame({"scope": ["member"], "scope_id": "M1", "period": "2025",
    ...                        "kpi": "sales", "value": 845.0})
    >>> land = pd.DataFrame({"territory_id": ["T1"], "potential": [400.0]})
    >>> quota_book(members, values, land, period="2025").step
    1.0
    """
    roles = sorted(set(texts(members["role"])) - {""}) if "role" in members else []
    found = basis_figures(members, kpi_values, territories, period=period, kpi=kpi, roles=roles,
                          as_of=as_of)  # fmt: skip
    found = found[found["history"].notna()].reset_index(drop=True)
    last = float(found["history"].sum())
    size = 10.0 ** (math.floor(math.log10(last)) - 2) if last > 0 else 1.0
    return QuotaBook(found, period, last, size)


@dataclass(frozen=True)
class QuotaCase:
    """``parts``, ``rounds``, ``measures``: as Cascade, empty where nothing fits. ``table``:
    member_id, last_amount, plain_amount (share without bounds), target_amount, growth (on the last
    result), potential_share (target of the potential), quota_bound. ``ways``: option, way_out,
    member_id, now_amount, then_amount, change_amount; empty where it fits."""

    parts: pd.DataFrame
    rounds: pd.DataFrame
    measures: pd.DataFrame
    table: pd.DataFrame
    ways: pd.DataFrame


def quota_case(
    book: QuotaBook,
    *,
    growth: float = 0.2,
    basis: Basis = "mix",
    mix: float = 0.5,
    floor: float = 0.0,
    cap: float = 0.0,
    unit: float = 1.0,
) -> QuotaCase:
    """One total shared out on a basis, within floors and caps relative to the last result.

    The total is the last sum × (1 + ``growth``), in whole ``book.step``. ``floor``, ``cap``: as
    a multiple of each person's last result; 0: none. Where the bounds clash ``ways`` lists the
    smallest changes that help. Returns :class:`QuotaCase`. Source: as ``cascade``.

    >>> figures = pd.DataFrame({"member_id": ["a", "b"], "history": [600.0, 400.0],
    ...                         "potential": [1.0, 1.0]})
    >>> book = QuotaBook(figures, "2025", 1000.0, 10.0)
    >>> quota_case(book, basis="equal").table["growth"].tolist()
    [0.0, 0.5]
    >>> quota_case(book, cap=1.1).ways["way_out"].iloc[0]
    'lower_total'
    """
    if book.figures.empty:
        return _no_quota(pd.DataFrame(columns=WAY_OUT_COLUMNS))
    ids = texts(book.figures["member_id"])
    last = dict(zip(ids, figures(book.figures["history"]), strict=True))
    potential = dict(zip(ids, figures(book.figures["potential"]), strict=True))
    total = round(book.last * (1 + growth) / book.step) * book.step
    weights = weights_from(book.figures, basis, mix=mix)
    given: dict[str, Any] = {
        "floors": {k: v * floor for k, v in last.items()} if floor else None,
        "caps": {k: v * cap for k, v in last.items()} if cap else None,
        "unit": unit,
    }
    shares = dict(zip(texts(weights["id"]), weights["weight"].astype(float), strict=True))
    ways = cascade_ways(total, shares, **given)
    if len(ways):
        return _no_quota(ways.drop(columns="what").set_axis(WAY_OUT_COLUMNS, axis=1))
    found = cascade(total, shares, **given)
    parts = found.parts
    before, room = parts["id"].map(last), parts["id"].map(potential)
    columns = {"id": "member_id", "proportional": "plain_amount", "target": "target_amount",
               "bound": "quota_bound"}  # fmt: skip
    table = parts.rename(columns=columns).assign(
        last_amount=before, growth=parts["target"] / before.where(before > 0) - 1,
        potential_share=parts["target"] / room.where(room > 0),
    )  # fmt: skip
    none = pd.DataFrame(columns=WAY_OUT_COLUMNS)
    return QuotaCase(parts, found.rounds, found.measures, table[QUOTA_COLUMNS], none)


def _no_quota(ways: pd.DataFrame) -> QuotaCase:
    """Nothing shared out: nobody to share with, or bounds that clash."""
    return QuotaCase(
        pd.DataFrame(columns=PART_COLUMNS), pd.DataFrame(), pd.DataFrame(columns=MEASURE_COLUMNS),
        pd.DataFrame(columns=QUOTA_COLUMNS), ways,
    )  # fmt: skip


@dataclass(frozen=True)
class BasesCase:
    """``table``: member_id, last_amount, the target on each basis (history_amount,
    potential_amount, equal_amount, mix_amount), widest_share (spread of the four). ``ratchet``:
    goal_basis, taken_back (next target's rise for each unit sold more), taken_low, taken_high
    (over members), growth_gap_share (widest less narrowest growth asked)."""

    table: pd.DataFrame
    ratchet: pd.DataFrame


def bases_case(
    book: QuotaBook, *, growth: float = 0.2, mix: float = 0.5, extra: float = 0.1
) -> BasesCase:
    """The same total on four bases, and how far each takes a good year back.

    Returns :class:`BasesCase`. Source: as ``compare_bases``.

    >>> figures = pd.DataFrame({"member_id": ["a", "b"], "history": [600.0, 400.0],
    ...                         "potential": [1.0, 1.0]})
    >>> book = QuotaBook(figures, "2025", 1000.0, 10.0)
    >>> bases_case(book, growth=0.1).table["equal_amount"].tolist()
    [550.0, 550.0]
    """
    if book.figures.empty:
        return BasesCase(pd.DataFrame(columns=BASES_COLUMNS), pd.DataFrame(columns=RATCHET_COLUMNS))
    total = round(book.last * (1 + growth) / book.step) * book.step
    # A hundredth of the step people talk in: fine enough, and it divides the total.
    found = compare_bases(total, book.figures, mix=mix, extra=extra, unit=book.step / 100)
    columns = {"id": "member_id", "last": "last_amount", "spread": "widest_share"}
    columns |= {basis: f"{basis}_amount" for basis in BASES}
    rows = []
    for basis in BASES:
        taken = found.ratchet.loc[found.ratchet["basis"] == basis, "taken_back"].dropna()
        grown = found.growth.loc[found.growth["basis"] == basis, "growth"].dropna()
        rows.append((basis, float(taken.mean()), float(taken.min()), float(taken.max()),
                     float(grown.max() - grown.min())))  # fmt: skip
    return BasesCase(found.targets.rename(columns=columns)[BASES_COLUMNS],
                     pd.DataFrame(rows, columns=RATCHET_COLUMNS))  # fmt: skip


def more_accounts_case(
    accounts: pd.DataFrame, limits: pd.DataFrame, *, hours: float, add: int = 10,
    strategic: int = 0,
) -> ProgrammeLimits:  # fmt: skip
    """The programme's goal applied to the present list: who would become a key account.

    Needs accounts: account_id, member (class), value (money a year); limits: member,
    hours_per_account, most, the most demanding class first. The ``strategic`` largest of the
    second class move into the first, and the ``add`` largest below move into the second. Returns
    ProgrammeLimits. Raises KamkitError as programme_limits. Source: X32, S169.

    >>> accounts = pd.DataFrame({"account_id": ["A", "B", "C"], "value": [90.0, 50.0, 20.0],
    ...                          "member": ["key", "main", "main"]})
    >>> limits = pd.DataFrame({"member": ["top", "key", "main"],
    ...                        "hours_per_account": [240.0, 120.0, 40.0], "most": [5, None, None]})
    >>> found = more_accounts_case(accounts, limits, hours=500, add=1)
    >>> found.classes[["member", "present", "added", "hours"]].values.tolist()[1]
    ['key', 1, 1, 240.0]
    """
    table = with_columns(accounts, "accounts", ["account_id", "member", "value"])
    classes = texts(with_columns(limits, "limits", ["member"])["member"])
    table = table.sort_values(["value", "account_id"], ascending=[False, True], ignore_index=True)
    table["added"] = "no"
    if len(classes) > 1:
        first, second, *rest = classes
        for count, source, goal in ((strategic, [second], first), (add, rest, second)):
            moved = table.index[table["member"].isin(source) & (table["added"] == "no")][:count]
            table.loc[moved, ["member", "added"]] = [goal, "yes"]
    return programme_limits(table, limits, hours=hours)
