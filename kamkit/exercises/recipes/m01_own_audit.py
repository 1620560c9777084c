"""Self-audit of one's own firm: 31 ratings, and whether a first impression agrees with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd

from kamkit.exercises.model import Accept, Field, Item, Place, Text, Variant
from kamkit.exercises.recipes.m01_common import listed
from kamkit.exercises.recipes.parts import cell
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import self_audit
from kamkit.schemes import KamFunction, kam_functions

FEEL = "feel"
WEAKEST, STRONGEST, BAND = f"{FEEL}.weakest", f"{FEEL}.strongest", f"{FEEL}.band"
ENDS = 3  # functions at either end that an impression may name (the audit's weakest three)
TOP = 4.0
# Bands of the mean over the functions; a mean this near to an edge belongs to both.
_EDGES, _NEAR = (0.0, 1.0, 2.0, 3.0, TOP), 0.1
_BANDS = (("b0", "1 分以下", "below 1"), ("b1", "1–2 分", "1 to 2"),
          ("b2", "2–3 分", "2 to 3"), ("b3", "3 分以上", "above 3"))  # fmt: skip
_RATINGS = (0.0, 1.0, 2.0, 3.0, 4.0)
_UNSAID = Text("（打完分才知道）", "(known once you have rated)")


@dataclass(frozen=True)
class Verdict:
    """What the ratings say: function scores 0–100, both ends with ties, the mean 0–4."""

    scores: Mapping[str, float]
    weakest: tuple[str, ...]
    strongest: tuple[str, ...]
    mean: float

    @property
    def bands(self) -> tuple[str, ...]:
        """The band of the mean; two where it lies at an edge."""
        ends = zip(_EDGES, _EDGES[1:], _BANDS, strict=False)
        return tuple(b[0] for low, high, b in ends if low - _NEAR <= self.mean <= high + _NEAR)


def part_of(point: str) -> str:
    """The part in which a point is rated: a part's name is item.field, so its own dot goes."""
    return f"{point.replace('.', '_')}.rating"


@cache
def points() -> tuple[tuple[str, str], ...]:
    """The 31 points as (point, part of the answer)."""
    return tuple((p.id, part_of(p.id)) for f in kam_functions() for p in f.points)


def verdict(values: Mapping[str, Any]) -> Verdict | None:
    """What complete ratings say, by the lesson's own method; None while any is missing.

    Source: S005 (by :func:`kamkit.methods.selection.self_audit`).
    """
    ratings = [values.get(part) for _, part in points()]
    if not all(isinstance(r, float) and 0 <= r <= TOP for r in ratings):
        return None
    audit = self_audit(pd.DataFrame({"point": [p for p, _ in points()], "score": ratings}))
    table = audit.functions.set_index("function")
    from_top = table["score"].round(9).rank(method="min", ascending=False)
    scores = {str(f): float(s) for f, s in table["score"].items()}
    total = audit.summary.loc[audit.summary["measure"] == "audit_total", "value"].iloc[0]
    return Verdict(
        scores,
        tuple(str(f) for f in table.index[table["weakest"]]),
        tuple(str(f) for f in table.index[from_top <= ENDS]),
        float(total) * TOP / 100,
    )


def _name(function: KamFunction) -> Text:
    return Text(function.labels["zh"], function.labels["en"])


@cache
def _names() -> dict[str, Text]:
    return {f.id: _name(f) for f in kam_functions()}


def _scored(found: Verdict, ids: tuple[str, ...]) -> dict[str, str]:
    """Functions with their scores, the lowest first."""
    order = sorted(ids, key=lambda f: found.scores[f])
    names = _names()
    return listed(
        Text(f"{names[f].zh}（{found.scores[f]:.0f}）", f"{names[f].en} ({found.scores[f]:.0f})")
        for f in order
    )


def _said(found: Verdict, values: Mapping[str, Any], part: str) -> dict[str, str]:
    """What was named by feel, with the score that the ratings give it and its rank."""
    name = str(values.get(part))
    if name not in found.scores:
        return cell(_UNSAID)
    score = found.scores[name]
    rank = 1 + sum(s < score - 1e-9 for s in found.scores.values())
    text, of = _names()[name], len(found.scores)
    return {
        "zh": f"{text.zh}（{score:.0f} 分，从低到高第 {rank}）",
        "en": f"{text.en} (score {score:.0f}, number {rank} of {of} from the bottom)",
    }


def _words(found: Verdict | None, values: Mapping[str, Any]) -> dict[str, Any]:
    names = ("weakest", "strongest", "said_weakest", "said_strongest", "mean")
    if found is None:
        return dict.fromkeys(names, cell(_UNSAID))
    return {
        "weakest": _scored(found, found.weakest),
        "strongest": _scored(found, found.strongest),
        "said_weakest": _said(found, values, WEAKEST),
        "said_strongest": _said(found, values, STRONGEST),
        "mean": f"{found.mean:.1f}",
    }


def _traps(found: Verdict) -> dict[str, dict[str, Any]]:
    """Impressions that the ratings contradict, and in which way."""
    bands = [b[0] for b in _BANDS]
    at = [bands.index(b) for b in found.bands]
    low, high = set(found.weakest), set(found.strongest)
    others = [f for f in found.scores if f not in low | high]
    return {
        "weak_is_strong": {WEAKEST: sorted(high - low)},
        "strong_is_weak": {STRONGEST: sorted(low - high)},
        "weak_elsewhere": {WEAKEST: others},
        "strong_elsewhere": {STRONGEST: others},
        "rosier": {BAND: bands[max(at) + 1 :]},
        "gloomier": {BAND: bands[: min(at)]},
    }


def _key(found: Verdict, values: Mapping[str, Any]) -> dict[str, Accept]:
    accepted = {WEAKEST: found.weakest, STRONGEST: found.strongest, BAND: found.bands}
    return {
        part: Accept(any=ok, best=values[part] if values.get(part) in ok else ok[0])
        for part, ok in accepted.items()
    }


def ratings(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Impressions first, then the 31 points: any whole rating from 0 to 4 is right.

    What the impressions are measured by follows from the ratings (:func:`compared`).
    Source: S005; what the ratings mean is in the function list.
    """
    items = [Item(FEEL, Text("打分之前，凭印象", "By feel, before you rate"))]
    key = {}
    for place, f in enumerate(kam_functions()):
        for p in f.points:
            part = part_of(p.id)
            name = part.removesuffix(".rating")
            items.append(Item(name, Text(p.labels["zh"], p.labels["en"]), _name(f)))
            # An example of honest ratings: 1 for the first functions, then 2, then 3.
            key[part] = Accept(any=_RATINGS, best=float(1 + place // 5))
    rated = tuple(item.id for item in items[1:])
    example = {part: accept.best for part, accept in key.items()}
    found = verdict(example)
    traps: dict[str, dict[str, Any]] = {
        "percent": dict.fromkeys(key, 75.0),
        "straight_line": dict.fromkeys(key, 2.5),
        "halves": dict.fromkeys(key, [0.5, 1.5, 2.5, 3.5]),
        "signed": {name: -1.0 if k % 2 else 1.0 for k, name in enumerate(key)},
        "five_scale": {name: 5.0 if k % 3 == 0 else 3.0 for k, name in enumerate(key)},
    }
    return Variant(
        key={**key, **(_key(found, {}) if found else {})},
        words={"functions": len(kam_functions()), "points": len(key), **_words(None, {})},
        items=tuple(items),
        fields=_fields(rated),
        traps={**traps, **(_traps(found) if found else {})},
    )


def _fields(rated: tuple[str, ...]) -> tuple[Field, ...]:
    functions = tuple(Place(name, text) for name, text in _names().items())
    bands = tuple(Place(b, Text(zh, en)) for b, zh, en in _BANDS)
    return (
        Field("weakest", Text("最弱的功能", "Weakest function"), "choice", options=functions,
              items=(FEEL,)),
        Field("strongest", Text("最强的功能", "Strongest function"), "choice", options=functions,
              items=(FEEL,)),
        Field("band", Text("总平均（满分 4）", "Overall mean (out of 4)"), "choice",
              options=bands, items=(FEEL,)),
        Field("rating", Text("评分（0–4）", "Rating (0–4)"), unit="score", items=rated),
    )  # fmt: skip


def compared(variant: Variant, values: Mapping[str, Any]) -> Variant:
    """The impressions measured by the ratings of the same answer.

    While a rating is missing or off the scale, impressions can't be judged and don't count.
    Every rating that was given is its own best answer.
    """
    key = {
        part: replace(accept, best=values[part]) if values.get(part) in accept.any else accept
        for part, accept in variant.key.items()
        if not part.startswith(f"{FEEL}.")
    }
    found = verdict(values)
    words = {**variant.words, **_words(found, values)}
    if found is None:
        none: dict[str, Mapping[str, Any]] = dict.fromkeys(_traps_named(variant), {})
        return replace(variant, key=key, words=words, traps={**variant.traps, **none})
    return replace(
        variant,
        key={**key, **_key(found, values)},
        words=words,
        traps={**variant.traps, **_traps(found)},
    )


def _traps_named(variant: Variant) -> list[str]:
    """Traps about impressions."""
    return [n for n, trap in variant.traps.items() if any(p.startswith(FEEL) for p in trap)]
