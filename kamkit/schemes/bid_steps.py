"""Steps of a bid as data, from which a calendar is scheduled backwards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.criteria import DATA
from kamkit.schemes.files import check_origin, read_toml, shipped_toml, wrong_format
from kamkit.schemes.model import Labels
from kamkit.schemes.shape import Notes, check_entry, check_sections

_PLAN = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "steps": "rows!",
}
_STEP = {
    "id": "text!",
    "label": "labels!",
    "work_days": "number!",
    "low": "number",
    "high": "number",
    "after": "texts",
}


@dataclass(frozen=True)
class BidStep:
    """One step: working days, with a range where they are unsure, and what must come before."""

    id: str
    label: Labels
    work_days: float
    low: float = math.nan
    high: float = math.nan
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class BidSteps:
    """Steps of a bid in their order."""

    id: str
    label: Labels
    origin: str
    version: str
    steps: tuple[BidStep, ...]

    def names(self, lang: str) -> dict[str, str]:
        """Steps in words, by id.

        >>> load_bid_steps().names("en")["decide"]
        'Bid or no bid'
        """
        return {s.id: s.label[lang] for s in self.steps}


def _problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, _PLAN, raw, "")
    check_sections(notes, raw, {"steps": _STEP})
    if notes.found:
        return notes.found
    check_origin(notes, raw["origin"], "origin")
    before: list[str] = []
    for row in raw["steps"]:
        where = f"steps.{row['id']}"
        if row["id"] in before:
            notes.add("scheme_duplicate", "steps.id", row["id"])
        # A step follows only steps that stand above it: so there is never a circle.
        for missing in (a for a in row.get("after", []) if a not in before):
            notes.add("scheme_unknown_reference", f"{where}.after", missing, before)
        days = (row.get("low", row["work_days"]), row["work_days"], row.get("high", math.inf))
        if not 0 <= days[0] <= days[1] <= days[2]:
            notes.add("scheme_bad_value", f"{where}.work_days", str(days), ["0 <= low … high"])
        before.append(row["id"])
    return notes.found


def build_bid_steps(raw: Mapping[str, Any], name: str) -> BidSteps:
    """A checked mapping as :class:`BidSteps`; KamkitError with every fault found."""
    KamkitError.collect(_problems(raw, name))
    steps = tuple(
        BidStep(
            s["id"],
            s["label"],
            float(s["work_days"]),
            float(s.get("low", math.nan)),
            float(s.get("high", math.nan)),
            tuple(s.get("after", ())),
        )
        for s in raw["steps"]
    )
    return BidSteps(raw["id"], raw["label"], raw["origin"], raw["version"], steps)


@cache
def load_bid_steps() -> BidSteps:
    """The kit's own steps of a bid; the days are house.

    >>> len(load_bid_steps().steps)
    12
    """
    return build_bid_steps(shipped_toml(DATA, "bid_steps"), "bid_steps.toml")


def read_bid_steps(path: str | Path) -> BidSteps:
    """A company's own steps from a TOML file; KamkitError with every fault found."""
    return build_bid_steps(*read_toml(path))
