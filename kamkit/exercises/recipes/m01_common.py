"""What the recipes about defining key accounts share: names, columns, figures, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kamkit.exercises.model import Accept, Column, Item, Place, Text
from kamkit.exercises.variants import Draw
from kamkit.methods.selection.figures import Floats
from kamkit.methods.selection.rules import Ground, ground, truths
from kamkit.methods.selection.verdicts import OPEN, UNKNOWN, decide, member_truths
from kamkit.schemes import Scheme
from kamkit.tables.sample.world import read_data

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TRADES = (
    Text("电梯", "Elevators"),
    Text("重工", "Heavy Works"),
    Text("机械", "Machinery"),
    Text("轨道", "Transit"),
    Text("电气", "Electric"),
    Text("精工", "Precision"),
    Text("装备", "Equipment"),
    Text("物流", "Logistics"),
)


def trees(draw: Draw, count: int) -> list[Text]:
    """Distinct trees, in chance order: what fictitious companies are named after (at most 30)."""
    return [Text(zh, en) for zh, en in draw.sample(read_data("common")["names"]["trees"], count)]


def company(draw: Draw, tree: Text) -> Text:
    """A fictitious company of that name, in a trade drawn by chance."""
    trade = draw.choice(TRADES)
    return Text(tree.zh + trade.zh, f"{tree.en} {trade.en}")


def company_names(draw: Draw, count: int) -> list[Text]:
    """Distinct fictitious companies, named after trees (at most 30)."""
    return [company(draw, tree) for tree in trees(draw, count)]


def listed(texts: Iterable[Text]) -> dict[str, str]:
    """Several texts as one word; a dash where there is none.

    >>> listed([Text("甲", "A"), Text("乙", "B")])
    {'zh': '甲、乙', 'en': 'A, B'}
    """
    found = list(texts) or [Text("—", "—")]
    return {"zh": "、".join(t.zh for t in found), "en": ", ".join(t.en for t in found)}


def column(key: str, zh: str, en: str, kind: str = "text", digits: int | None = None) -> Column:
    """A column of a sheet."""
    return Column(key, Text(zh, en), kind, digits)


def figure(value: float, tolerance: float = 0.005) -> Accept:
    """A figure with the tolerance of rounding (a share of itself).

    >>> figure(200.0).low
    199.0
    """
    slack = max(abs(value) * tolerance, 1e-9)
    return Accept(low=value - slack, high=value + slack, best=value)


def named_items(names: Sequence[Text], details: Sequence[Text] = ()) -> tuple[Item, ...]:
    """Items a, b, c … in the order given."""
    notes: Sequence[Text | None] = details or [None] * len(names)
    return tuple(Item(LETTERS[i], n, d) for i, (n, d) in enumerate(zip(names, notes, strict=True)))


def named_places(names: Sequence[Text]) -> tuple[Place, ...]:
    """Places a, b, c … in the order given: the boxes of a question with several ticks."""
    return tuple(Place(LETTERS[i], n) for i, n in enumerate(names))


@dataclass(frozen=True)
class Ruling:
    """Every test of one scheme on a list of accounts, computed once.

    The same tests as :func:`kamkit.methods.selection.classify`, without its evidence columns.
    """

    scheme: Scheme
    base: Ground
    found: Mapping[str, Floats]

    def held(self, condition: str) -> list[bool]:
        """Whether a condition holds, account by account (unknown: no)."""
        return [bool(v == 1) for v in self.found[condition]]

    @property
    def classes(self) -> list[str]:
        """Class by an ordered scheme; "open" or "unknown" where there is none."""
        codes = decide(self.scheme, self.found, self.base.n).code
        words = {OPEN: "open", UNKNOWN: "unknown"}
        return [words.get(c, self.scheme.member_ids[c]) for c in codes.tolist()]

    @property
    def labels(self) -> list[list[str]]:
        """Classes by a scheme that may give several; the remainder where none holds."""
        tests = member_truths(self.scheme, self.found, self.base.n)
        members = [(m.id, t) for m, t in zip(self.scheme.members, tests, strict=True) if m.when]
        named = [[name for name, test in members if test[i] == 1] for i in range(self.base.n)]
        return [names or [self.scheme.otherwise] for names in named]

    @property
    def readings(self) -> list[str]:
        """Key account or not: "yes", "no" or "undecided"."""
        key = {m.id: m.key for m in self.scheme.members}
        words = {True: "yes", False: "no", None: "undecided"}
        if self.scheme.multi:
            return [words[any(key[m] for m in own)] for own in self.labels]
        return [words[key.get(c)] for c in self.classes]


def ruled(basis: pd.DataFrame, scheme: Scheme) -> Ruling:
    """The verdicts of a scheme on accounts (columns: account_id and the scheme's fields).

    >>> from kamkit.schemes import load_scheme
    >>> rule = ruled(pd.DataFrame({"account_id": ["A"], "profit": [5.0]}), load_scheme("guide"))
    >>> rule.classes, rule.readings
    (['strategic'], ['yes'])
    """
    base = ground(basis, scheme)
    return Ruling(scheme, base, truths(scheme, base))
