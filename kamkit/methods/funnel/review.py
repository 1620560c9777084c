"""One deal on one page: what is known, what is odd, and what became of deals like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.ageing import stage_ageing
from kamkit.methods.funnel.days import day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.hygiene import hygiene
from kamkit.methods.funnel.hygiene_rules import HygieneLimits
from kamkit.methods.funnel.ledger import LOST, OPEN, WON, move_codes
from kamkit.methods.funnel.spells import deal_days
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import wilson_ends

_PATH = ["stage", "entered_on", "left_on", "days", "moved_to", "move"]
_CHANGES = ["on", "field", "before", "after"]
_SIMILAR = ["group", "value", "won", "lost", "open", "n", "rate", "low", "high", "origin"]
_FIELDS = ("stage", "amount", "close_date", "probability", "owner_id", "forecast_category")


@dataclass(frozen=True)
class DealReview:
    """The parts of :func:`deal_review`.

    ``deal``: its row of the deals table. ``measures``: age and progress in figures. ``health``:
    the four questions of S168. ``path``: stays. ``changes``: what was changed when. ``findings``:
    its rows of ``hygiene``. ``similar``: how deals like it ended.
    """

    deal: pd.DataFrame
    measures: pd.DataFrame
    health: pd.DataFrame
    path: pd.DataFrame
    changes: pd.DataFrame
    findings: pd.DataFrame
    similar: pd.DataFrame


def deal_review(
    history: DealHistory,
    opportunity_id: str,
    *,
    interactions: pd.DataFrame | None = None,
    ladder: Any = None,
    limits: HygieneLimits | None = None,
    ageing: pd.DataFrame | None = None,
    findings: pd.DataFrame | None = None,
) -> DealReview:
    """The one-page sheet for a talk about one deal, as tables.

    ``interactions``, ``ladder``, ``limits`` as in :func:`hygiene`; ``ageing`` and ``findings``:
    tables of ``stage_ageing`` and ``hygiene`` where they are at hand (for many sheets).
    Returns :class:`DealReview`. ``measures``: age_days, stage_days (value; low, high NaN),
    stage_percentile (0–1, with interval), close_date_moves (times later), close_date_shift
    (days from the first to the present plan), amount_change (money, first to present),
    days_to_close_date, human_contacts and system_contacts (in the last ``contact_days``).
    ``health``: item (buyer_coverage, competition, stage_age, next_step), status (good, alarm,
    unknown), value, n, origin S168. ``path``: stage, entered_on, left_on, days, moved_to, move.
    ``changes``: on, field, before, after (text). ``similar``: group (stage – deals that were in
    this stage –, owner_id, account_id, product_line, amount_band), value, won, lost, open, n
    (closed), rate (won of closed), low, high (Wilson), origin; this deal is not counted.
    Raises KamkitError unknown_deal.
    Source: S168 (grip on the sales situation); form house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"]})
    >>> review = deal_review(deal_history(deals, ladder=["offer"], as_of="2025-02-01"), "A")
    >>> review.measures.set_index("measure").loc[["age_days"], "value"].tolist()
    [31.0]
    """
    at = np.flatnonzero((history.deals["opportunity_id"] == opportunity_id).to_numpy())
    if not len(at):
        raise KamkitError(Problem("unknown_deal", column="opportunity_id", value=opportunity_id))
    i = int(at[0])
    ages = stage_ageing(history) if ageing is None else ageing
    if findings is None:
        findings = hygiene(history, interactions, ladder=ladder, limits=limits)
    age = ages[ages["deal"] == i]
    book = history.book[(history.book["deal"] == i).to_numpy()]
    stays = history.stays[(history.stays["deal"] == i).to_numpy()]
    contact = _contacts(history, i, interactions, (limits or HygieneLimits()).contact_days)
    return DealReview(
        history.deals.iloc[[i]].reset_index(drop=True),
        _measures(history, i, age, book, contact),
        _health(history, i, age, contact),
        stays[_PATH].reset_index(drop=True),
        _changes(history, i, book),
        findings[findings["deal"] == i].reset_index(drop=True),
        _similar(history, i),
    )


def _contacts(
    history: DealHistory, i: int, table: pd.DataFrame | None, days: int
) -> dict[str, float] | None:
    """Contacts of the account in the last days: by people, by machines, persons met."""
    if table is None or not {"account_id", "date", "made_by"} <= set(table.columns):
        return None
    deal, today = history.deals.iloc[i], day_number(history.as_of)
    mine = (table["account_id"] == deal["account_id"]).to_numpy(bool)
    if "opportunity_id" in table:
        other = table["opportunity_id"].notna() & (table["opportunity_id"] != deal.opportunity_id)
        mine &= ~other.to_numpy(bool)
    part = table[mine]
    ago = today - day_numbers(part["date"])
    recent = part[(ago >= 0) & (ago <= days)]
    human = recent[recent["made_by"] == "human"]
    met = human["contact_id"].nunique() if "contact_id" in human else np.nan
    return {
        "human": float(len(human)),
        "system": float((recent["made_by"] == "system").sum()),
        "met": float(met),
    }


def _measures(
    history: DealHistory,
    i: int,
    age: pd.DataFrame,
    book: pd.DataFrame,
    contact: dict[str, float] | None,
) -> pd.DataFrame:
    deal, today = history.deals.iloc[i], history.as_of
    nan = float("nan")
    days, code = deal_days(history)
    plans = [*book["close_date"], deal["close_date"]] if code[i] == OPEN else [*book["close_date"]]
    plans = [p for p in plans if pd.notna(p)]
    moves = sum(b > a for a, b in zip(plans, plans[1:], strict=False))
    shift = (plans[-1] - plans[0]).days if plans else nan
    first = book["amount"].dropna()
    change = float(deal["amount"] - first.iloc[0]) if len(first) else nan
    left = (deal["close_date"] - today).days if pd.notna(deal["close_date"]) else nan
    dated = "dated_figures" if len(book) else "needs_snapshots"
    rows = [measure_row("age_days", days[i], 1, variant="since_creation", origin="house")]
    if len(age):
        row = age.iloc[0]
        rows.append(measure_row("stage_days", row["days"], 1, variant="present_stay",
                                origin="house"))  # fmt: skip
        rows.append(
            measure_row(
                "stage_percentile", row["percentile"], int(row["n"]), low=row["low"],
                high=row["high"], variant=str(row["variant"]), origin=str(row["origin"]),
            )
        )  # fmt: skip
    for key, value, n, variant in (
        ("close_date_moves", moves if len(book) else nan, len(plans), dated),
        ("close_date_shift", shift if len(book) else nan, len(plans), dated),
        ("amount_change", change, len(first), dated),
        ("days_to_close_date", left if code[i] == OPEN else nan, 1, "planned"),
    ):
        rows.append(measure_row(key, value, n, variant=variant, origin="house"))
    for key in ("human", "system"):
        told = contact is not None
        rows.append(
            measure_row(
                f"{key}_contacts", contact[key] if contact else nan, 1,
                variant="recent" if told else "not_recorded", origin="house",
            )
        )  # fmt: skip
    return measure_table(rows)


def _health(
    history: DealHistory, i: int, age: pd.DataFrame, contact: dict[str, float] | None
) -> pd.DataFrame:
    """The four questions of S168; not written down is unknown, not bad."""
    deal = history.deals.iloc[i]

    def text(column: str) -> bool:
        return column in deal and pd.notna(deal[column]) and bool(str(deal[column]).strip())

    met = contact["met"] if contact else float("nan")
    flag = age["flag"].iloc[0] if len(age) else "no_stay"
    late = flag in ("stuck", "beyond_history")
    unknown = flag in ("no_stay", "too_little_history")
    share = float(age["percentile"].iloc[0]) if len(age) else float("nan")
    rows = [
        ("buyer_coverage", "unknown" if np.isnan(met) else ("good" if met >= 2 else "alarm"), met),
        ("competition", "good" if text("competitor") else "unknown", np.nan),
        ("stage_age", "unknown" if unknown else ("alarm" if late else "good"), share),
        ("next_step", _next_step(deal, text("next_step")), np.nan),
    ]
    out = pd.DataFrame(rows, columns=["item", "status", "value"])
    out["n"] = [1, 1, int(age["n"].iloc[0]) if len(age) else 0, 1]
    out["origin"] = "S168; house"
    return out


def _next_step(deal: pd.Series, told: bool) -> str:
    if "next_step" not in deal or deal["status"] != "open":
        return "unknown"
    return "good" if told else "alarm"


def _changes(history: DealHistory, i: int, book: pd.DataFrame) -> pd.DataFrame:
    fields = [f for f in _FIELDS if f in book.columns]
    rows = book[["on", *fields]].astype(object)
    deal = history.deals.iloc[i]
    if deal["status"] == "open" and len(rows):
        now = pd.DataFrame([{"on": history.as_of, **{f: deal.get(f) for f in fields}}])
        rows = pd.concat([rows, now.astype(object)], ignore_index=True)
    out = []
    for field in fields:
        values, days = rows[field].tolist(), rows["on"].tolist()
        for before, after, on in zip(values, values[1:], days[1:], strict=False):
            if _text(before) != _text(after):
                out.append((on, field, _text(before), _text(after)))
    table = pd.DataFrame(out, columns=_CHANGES)
    return table.sort_values(["on", "field"], kind="stable", ignore_index=True)


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _similar(history: DealHistory, i: int) -> pd.DataFrame:
    deals = history.deals
    code = deal_days(history)[1]
    other = np.arange(len(deals)) != i
    deal = deals.iloc[i]
    groups: list[tuple[str, str, np.ndarray]] = []
    stage = deal["stage"]
    if pd.notna(stage) and len(history.stays):
        k = list(history.stages).index(stage)
        been = np.zeros(len(deals), dtype=bool)
        here = move_codes(history.stays["stage"], history.stages) == k
        been[history.stays["deal"].to_numpy(np.int64)[here]] = True
        groups.append(("stage", str(stage), been))
    for column in ("owner_id", "account_id", "product_line"):
        if column in deals and pd.notna(deal[column]):
            groups.append((column, str(deal[column]), (deals[column] == deal[column]).to_numpy()))
    amount = deals["amount"].to_numpy(float)
    if np.isfinite(amount[i]) and amount[i] > 0:
        # House: from half to twice the amount.
        near = (amount >= amount[i] / 2) & (amount <= amount[i] * 2)
        groups.append(("amount_band", f"{amount[i] / 2:.0f}-{amount[i] * 2:.0f}", near))
    rows = []
    for group, value, member in groups:
        mine = code[member & other]
        won, lost = int((mine == WON).sum()), int((mine == LOST).sum())
        n = won + lost
        low, high = wilson_ends(won, n)
        rows.append(
            (group, value, won, lost, int((mine == OPEN).sum()), n, won / n if n else np.nan,
             low, high, "S167; field:Wilson 1927")
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_SIMILAR)
