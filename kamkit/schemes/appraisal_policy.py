"""Appraisal, pay, load and self-efficacy: what a company sets by policy; figures are house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kamkit.schemes.model import Labels
from kamkit.schemes.team_files import team_file


@dataclass(frozen=True)
class AppraisalPart:
    """A part of the combined result (S210) and its weight."""

    id: str
    label: Labels
    weight: float
    origin: str


@dataclass(frozen=True)
class Grade:
    """A grade and the lowest total (0–100) that earns it."""

    id: str
    label: Labels
    low: float
    origin: str


@dataclass(frozen=True)
class AppraisalParts:
    """Parts with weights that add up to 1, and the grade scale, highest grade first."""

    parts: tuple[AppraisalPart, ...]
    grades: tuple[Grade, ...]
    note: Labels

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight by part id."""
        return MappingProxyType({p.id: p.weight for p in self.parts})

    def grade(self, total: float) -> Grade:
        """The grade of a total (0–100); below every line: the lowest.

        >>> appraisal_parts().grade(75).id, appraisal_parts().grade(74.99).id
        ('good', 'meets')
        """
        return next((g for g in self.grades if total >= g.low), self.grades[-1])


@dataclass(frozen=True)
class PayElement:
    """An element of pay or reward (S211)."""

    id: str
    label: Labels
    what: Labels
    group: str
    origin: str


@dataclass(frozen=True)
class LoadTier:
    """Hours a year for one account of a tier, and the most accounts if all were of it."""

    id: str
    label: Labels
    hours: float
    accounts: int


@dataclass(frozen=True)
class LoadRules:
    """How much one key account manager can carry (S203 names cases, the figures are house).

    ``account_share``: share of working hours that is left for accounts. Load is hours needed
    ÷ hours left; ``relaxed``, ``full`` and ``overload`` are its lines.
    """

    tiers: Mapping[str, LoadTier]
    hours_per_year: float
    account_share: float
    relaxed: float
    full: float
    overload: float
    examples: tuple[tuple[str, Labels, Labels], ...]
    origin: str


@dataclass(frozen=True)
class EfficacyTask:
    """A task for which confidence is asked, 0–100 (S206); ``kpi`` shows it ("": none does)."""

    id: str
    label: Labels
    text: Labels
    kpi: str
    origin: str


def appraisal_parts(own: str | Path | None = None) -> AppraisalParts:
    """Parts of the combined result (S210), weights and grade lines (house).

    Weights of a company's own file are scaled to add up to 1. Raises KamkitError with every
    fault of the file.

    >>> dict(appraisal_parts().weights)
    {'kpi': 0.5, 'competence': 0.3, 'duty': 0.2}
    """
    raw = team_file("policy", own)
    total = sum(p["weight"] for p in raw["parts"])
    return AppraisalParts(
        parts=tuple(
            AppraisalPart(
                p["id"], p["label"], float(p["weight"]) / total, p.get("origin", "S210; house")
            )
            for p in raw["parts"]
        ),
        grades=tuple(
            Grade(g["id"], g["label"], float(g["low"]), g.get("origin", "house"))
            for g in raw["grades"]
        ),
        note=raw["note"],
    )


def fairness_wording(own: str | Path | None = None) -> Mapping[str, Labels]:
    """Sentences that stand beside every four-fifths table (field: 29 CFR 1607.4(D)).

    >>> list(fairness_wording())
    ['screen', 'no_finding', 'exact', 'small_n', 'too_few', 'next']
    """
    rows = team_file("policy", own)["fairness"]
    return MappingProxyType({row["id"]: row["text"] for row in rows})


def pay_elements(own: str | Path | None = None) -> tuple[PayElement, ...]:
    """Elements of pay and reward (S211).

    >>> [p.id for p in pay_elements()]
    ['base', 'bonus', 'commission', 'year_end_bonus', 'stock_options']
    """
    return tuple(
        PayElement(p["id"], p["label"], p["what"], p["group"], p.get("origin", "S211"))
        for p in team_file("policy", own)["pay"]
    )


def load_rules(own: str | Path | None = None) -> LoadRules:
    """Hours and accounts per key account manager by tier (S203; figures house).

    >>> load_rules().tiers["tier_1"].accounts
    4
    """
    raw = team_file("policy", own)
    load = raw["load"]
    return LoadRules(
        tiers=MappingProxyType(
            {
                t["id"]: LoadTier(t["id"], t["label"], float(t["hours"]), t["accounts"])
                for t in raw["tiers"]
            }
        ),
        hours_per_year=float(load["hours_per_year"]),
        account_share=float(load["account_share"]),
        relaxed=float(load["relaxed"]),
        full=float(load["full"]),
        overload=float(load["overload"]),
        examples=tuple((e["id"], e["label"], e["text"]) for e in raw["examples"]),
        origin=load["origin"],
    )


def efficacy_tasks(own: str | Path | None = None) -> tuple[EfficacyTask, ...]:
    """Tasks of the self-efficacy scale (S206; Bandura 1997); for development only.

    >>> [t.id for t in efficacy_tasks() if t.kpi == "sales"]
    ['win_order']
    """
    return tuple(
        EfficacyTask(
            t["id"],
            t["label"],
            t["text"],
            t.get("kpi", ""),
            t.get("origin", "S206; field:Bandura 1997; house"),
        )
        for t in team_file("policy", own)["tasks"]
    )
