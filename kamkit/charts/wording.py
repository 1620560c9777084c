"""Tables of classification in the reader's words: accounts, classes, conditions, criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kamkit.i18n import label, t
from kamkit.schemes import Scheme, field_labels, kam_functions, load_scheme, scheme_ids

if TYPE_CHECKING:
    import pandas as pd

_CLASSES = ("member", "old", "new", "possible", "member_a", "member_b")
_SCHEMES = ("scheme", "scheme_a", "scheme_b")
_CONDITIONS = ("met", "failed", "nearest", "changed", "reason", "why", "tie_rule")
_FIELDS = ("missing", "flips", "criterion", "field", "rating_criterion", "weight_criterion")
_KEYED = {
    "status": ("class_status", "selection_status", "disposition", "returns_status"),
    "direction": ("move",),
    "approval": ("approval",),
    "verdict": ("selection_status", "screen_verdict"),
    "hint": ("audit_hint",),
    "order": ("column",),
    "recorded": ("word",),
    "cause": ("driver", "cause"),
    "proposal": ("disposition",),
    "disposition": ("disposition",),
    "side": ("side",),
    "level": ("level",),
    "code": ("quality",),
}
_FLAGS = ("key", "in_both", "in_top_k", "served_by_sales", "served_by_profit")
_READINGS = ("yes", "no", "undecided")
_YES = {True: "word.yes", False: "word.no"}


def _label(sections: Sequence[str], key: str, lang: str) -> str:
    for section in sections:
        found = label(f"{section}.{key}", lang, "")
        if found:
            return found
    return key


def _missing(value: Any) -> bool:
    return value is None or str(value) in ("", "nan", "<NA>", "NaT")


class Wording:
    """Words for the keys of some schemes, in one language."""

    def __init__(self, lang: str, schemes: Sequence[Scheme] = ()) -> None:
        self.lang = lang
        self.own = {s.id: s for s in schemes}
        self.first = schemes[0] if schemes else None
        self.comma = "；" if lang == "zh" else "; "
        self.functions = {f.id: f.labels[lang] for f in kam_functions()}
        self.functions |= {p.id: p.labels[lang] for f in kam_functions() for p in f.points}

    def scheme(self, scheme_id: str) -> Scheme | None:
        """A scheme by its id: one handed in, else one that ships."""
        if scheme_id in self.own:
            return self.own[scheme_id]
        return load_scheme(scheme_id) if scheme_id in scheme_ids() else None

    def member(self, key: str, scheme: Scheme | None) -> str:
        """A class, several joined by " + ", or an undecided status."""
        names = {m.id: m.labels[self.lang] for m in scheme.members} if scheme else {}
        return " + ".join(
            names.get(p) or _label(("class_status", "reading"), p, self.lang)
            for p in key.split(" + ")
        )

    def verdict(self, key: str, scheme: Scheme | None) -> str:
        """A reading on key or not, else a class."""
        reading = label(f"reading.{key}", self.lang, "") if key in _READINGS else ""
        return reading or self.member(key, scheme)

    def scheme_verdict(self, text: str) -> str:
        """ "scheme:class" as the scheme's name and the class's."""
        scheme_id, _, member = text.partition(":")
        found = self.scheme(scheme_id)
        name = found.labels[self.lang] if found else scheme_id
        return t("reading.under", self.lang, scheme=name, member=self.member(member, found))

    def condition(self, key: str, scheme: Scheme | None) -> str:
        """A condition of a scheme, with the sign of its change, or a general reason."""
        sign, bare = (key[0], key[1:]) if key[:1] in "+-" else ("", key)
        if scheme and bare in scheme.conditions:
            words = scheme.conditions[bare].labels[self.lang]
        else:
            words = _label(
                ("class_reason", "capacity_reason", "why", "basis_reason"), bare, self.lang
            )
        return {"+": "+ ", "-": "− "}.get(sign, "") + words

    def field(self, key: str, scheme: Scheme | None) -> str:
        """A basis field, a derived figure of the scheme, or a criterion."""
        if scheme and key in scheme.derived:
            return scheme.derived[key].labels[self.lang]
        words = field_labels(key)[self.lang]
        return field_labels(f"rating:{key}")[self.lang] if words == key else words

    def cell(self, column: str, value: Any, scheme: Scheme | None) -> Any:
        """One cell in words; a cell that holds no key stays as it is."""
        if _missing(value):
            return "" if column != "key" else "–"
        if column in _FLAGS:
            return label(_YES[bool(value)], self.lang)
        parts = str(value).split("; ")
        if column in _SCHEMES:
            found = self.scheme(str(value))
            return found.labels[self.lang] if found else value
        if column in _CLASSES:
            return self.comma.join(self.member(p, scheme) for p in parts)
        if column in _CONDITIONS:
            return self.comma.join(self.condition(p, scheme) for p in parts)
        if column == "cutoff":
            cut = scheme.cutoffs.get(str(value)) if scheme else None
            return cut.labels[self.lang] if cut else value
        if column in _FIELDS:
            return self.comma.join(self.field(p, scheme).removeprefix("rating:") for p in parts)
        if column == "verdicts":
            return self.comma.join(self.scheme_verdict(part) for part in parts)
        if column in ("function", "point"):
            return self.functions.get(str(value), value)
        return _label(_KEYED[column], str(value), self.lang) if column in _KEYED else value


def in_words(
    table: pd.DataFrame,
    *,
    lang: str,
    schemes: Sequence[Scheme] = (),
    names: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """A copy in which keys of schemes, criteria and statuses read as words.

    Classes and conditions are those of the row's own scheme (columns scheme, scheme_a,
    scheme_b), else of the first of ``schemes``. ``names`` gives account_id → name, shown in its
    place; a column named like a scheme gets its label, and its classes or readings theirs.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"account_id": ["A"], "scheme": ["elevator"], "member": ["key"]})
    >>> in_words(table, lang="en", names={"A": "Heron"}).values.tolist()
    [['Heron', 'Elevator-parts scheme', 'Key']]
    """
    words = Wording(lang, schemes)
    shown = table if columns is None else table[[c for c in columns if c in table.columns]]
    records = table.to_dict("records")
    worded = shown.copy()
    for column in shown.columns:
        owner = {"member_a": "scheme_a", "member_b": "scheme_b"}.get(column, "scheme")
        if column in (*_CLASSES, *_SCHEMES, *_CONDITIONS, *_FIELDS, *_KEYED, "function", "point",
                      "verdicts", "cutoff", *_FLAGS):  # fmt: skip
            worded[column] = [
                words.cell(column, row[column], words.scheme(str(row.get(owner))) or words.first)
                for row in records
            ]
        elif words.scheme(str(column)) is not None and column not in table.columns[:1]:
            own = words.scheme(str(column))
            worded[column] = [words.verdict(str(v), own) for v in shown[column]]
    headings = {c: s.labels[lang] for c in worded.columns if (s := words.scheme(str(c)))}
    if names is not None and "account_id" in worded.columns:
        ids = worded["account_id"].astype(str)
        worded["account_id"] = [names.get(i, i) for i in ids]
        headings["account_id"] = "name"
    return worded.rename(columns=headings)
