"""A scheme as an object: members, conditions, cut-offs, each with labels and origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = Mapping[str, str]

MODES = (
    "any_of",
    "all_of",
    "k_of_n",
    "weighted",
    "rank",
    "threshold",
    "grid",
    "manual",
)
COMPARISONS = ("at_least", "above", "at_most", "below", "equals")
DERIVATIONS = ("rank", "top_share", "cumulative_share", "fifths", "weighted", "highest")
CUT_RULES = ("fixed", "median", "mean", "quantile")
NO_LABELS: Labels = {"zh": "", "en": ""}


@dataclass(frozen=True)
class Cutoff:
    """A number that policy sets: fixed, or taken from the accounts by a named rule.

    ``currency`` is that of the money in which the source fixed it; empty where it is the
    company's own.
    """

    id: str
    labels: Labels
    unit: str
    origin: str
    value: float | None = None
    rule: str = "fixed"
    of: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Condition:
    """One named test.

    ``kind`` is ``field`` (``field`` compared with a cut-off or a literal ``value``),
    ``known`` / ``missing`` (is there a value), ``all`` / ``any`` / ``not`` over ``parts``,
    or ``count`` (at least the cut-off ``cut`` of ``parts`` hold).
    """

    id: str
    labels: Labels
    kind: str
    field: str = ""
    comparison: str = ""
    cut: str = ""
    value: str | bool | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One line of a weighted score: a field on a scale whose ends policy fixes."""

    field: str
    weight: float
    low: float
    high: float
    direction: str = "benefit"


@dataclass(frozen=True)
class Derived:
    """A figure computed from basis fields over all accounts: a rank, a share, a score.

    ``group`` names a text field within which ranks are formed (top five of an industry);
    ``coverage`` is the share of weight that must be rated before a score is given.
    """

    id: str
    labels: Labels
    how: str
    of: tuple[str, ...] = ()
    group: str = ""
    items: tuple[Item, ...] = ()
    coverage: float = 1.0
    origin: str = "house"


@dataclass(frozen=True)
class Member:
    """One class of a scheme. ``key`` is its reading on the common key / not-key question."""

    id: str
    labels: Labels
    action: Labels
    when: str = ""
    key: bool | None = None
    if_unknown: str = "unknown"
    most: int | None = None


@dataclass(frozen=True)
class OpenCase:
    """A combination that the written rule does not decide, and the classes in question."""

    when: str
    between: tuple[str, ...]
    unless: str = ""


@dataclass(frozen=True)
class Binding:
    """A field that the source leaves ambiguous: which basis field it means is chosen."""

    id: str
    labels: Labels
    choices: tuple[str, ...]
    chosen: str


@dataclass(frozen=True)
class Scheme:
    """One policy: who belongs to which class, by which rule, and where the rule is from."""

    id: str
    kind: str
    version: str
    labels: Labels
    note: Labels
    mode: str
    multi: bool
    basis: tuple[str, ...]
    members: tuple[Member, ...]
    otherwise: str
    sources: tuple[str, ...]
    valid_from: str
    approver: Labels
    currency: str = ""
    cutoffs: Mapping[str, Cutoff] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    open: tuple[OpenCase, ...] = ()

    def label(self, lang: str) -> str:
        """Name of the scheme."""
        return self.labels[lang]

    def member(self, member_id: str) -> Member:
        """One member by id; KeyError where the scheme has none of that name."""
        return {m.id: m for m in self.members}[member_id]

    @property
    def member_ids(self) -> tuple[str, ...]:
        """Ids of the members, highest first where the members are ordered."""
        return tuple(m.id for m in self.members)

    def qualified(self, member_id: str) -> str:
        """Name of a member that says whose scheme it is.

        >>> from kamkit.schemes import load_scheme
        >>> load_scheme("elevator").qualified("key")
        'elevator:key'
        """
        return f"{self.id}:{member_id}"

    @property
    def origin(self) -> str:
        """Where the rule and its numbers come from, each origin once."""
        found = dict.fromkeys([*self.sources, *(c.origin for c in self.cutoffs.values())])
        return "; ".join(found)
