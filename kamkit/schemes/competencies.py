"""Competencies and duties with behaviour anchors, and the trainings that close gaps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kamkit.schemes.model import Labels
from kamkit.schemes.team_files import team_file


@dataclass(frozen=True)
class Competency:
    """A competency (S205): what it means and one observable behaviour a level, lowest first.

    ``note`` says whether the anchors have been retranslated (Smith & Kendall 1963).
    """

    id: str
    label: Labels
    what: Labels
    levels: tuple[Labels, ...]
    origin: str
    note: Labels

    def anchor(self, level: int) -> Labels:
        """The behaviour of level 1 to 5.

        >>> competencies()[0].anchor(3)["en"][:33]
        'Presents the standard solution wi'
        """
        return self.levels[level - 1]


@dataclass(frozen=True)
class Duty:
    """One of the seven duties (S200), the KPIs that show it and one behaviour a level."""

    id: str
    label: Labels
    detail: Labels
    kpis: tuple[str, ...]
    levels: tuple[Labels, ...]
    origin: str

    def anchor(self, level: int) -> Labels:
        """The behaviour of level 1 to 5."""
        return self.levels[level - 1]


@dataclass(frozen=True)
class Training:
    """A course: the competencies it serves, hours, and what shows afterwards that it worked."""

    id: str
    label: Labels
    competencies: tuple[str, ...]
    form: str
    hours: float
    evidence: Labels
    origin: str


def competencies(own: str | Path | None = None) -> tuple[Competency, ...]:
    """The eight competencies, or those of a company's own file (same keys).

    Raises KamkitError with every fault of the file.

    >>> [c.id for c in competencies()][:3]
    ['product_knowledge', 'business_knowledge', 'sales_skill']
    """
    raw = team_file("competencies", own)
    return tuple(
        Competency(
            c["id"],
            c["label"],
            c["what"],
            tuple(c["levels"]),
            c.get("origin", raw["origin"]),
            raw["note"],
        )
        for c in raw["entries"]
    )


def duties(own: str | Path | None = None) -> tuple[Duty, ...]:
    """The seven duties of the strategic-customer post (S200) in the order of the source.

    >>> [d.id for d in duties()][-2:]
    ['customer_data', 'sales_activities']
    """
    raw = team_file("duties", own)
    return tuple(
        Duty(
            d["id"],
            d["label"],
            d["detail"],
            tuple(d["kpis"]),
            tuple(d["levels"]),
            d.get("origin", raw["origin"]),
        )
        for d in raw["entries"]
    )


def trainings(own: str | Path | None = None) -> tuple[Training, ...]:
    """The training list (S212: three subjects; the rest is ours).

    >>> [t.id for t in trainings() if "coordination" in t.competencies]
    ['interface_work', 'department_rotation']
    """
    raw = team_file("trainings", own)
    return tuple(
        Training(
            t["id"],
            t["label"],
            tuple(t["competencies"]),
            t["form"],
            float(t["hours"]),
            t["evidence"],
            t.get("origin", "house"),
        )
        for t in raw["entries"]
    )
