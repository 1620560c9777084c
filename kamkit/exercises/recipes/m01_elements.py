"""Which of the five elements does the evidence prove, or none (S015)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Place, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    company_names,
    listed,
    named_items,
    ruled,
)
from kamkit.exercises.recipes.parts import one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.schemes import criteria, load_scheme, selection, with_cutoffs

NONE = "none"
SHOWN = 10
_SHORT = {
    "large_continuous_orders": "orders",
    "strategic_project": "project",
    "business_influence": "influence",
    "absorbs_technology": "technology",
    "market_development": "development",
}


@dataclass(frozen=True)
class _Evidence:
    """A sentence of evidence, what it proves, and what a hasty reader takes it for."""

    proves: str
    tempts: str
    text: Text


@cache
def _evidence(proving: bool) -> tuple[_Evidence, ...]:
    """The sentences that prove an element, or those that prove none."""
    found = [
        _Evidence(e["proves"], e["tempts"], read_text(e["text"]))
        for e in pool("m01_evidence")["evidence"]
    ]
    return tuple(e for e in found if (e.proves != NONE) == proving)


def _filled(draw: Draw, text: Text) -> Text:
    m = draw.choice((600, 800, 900, 1200, 1500, 1800, 2400))
    values = {
        "y": draw.integer(2, 4), "m": m, "mm": f"{m / 100:g}", "small": draw.integer(3, 9),
        "k": draw.integer(3, 7), "shops": draw.integer(11, 19) * 10,
    }  # fmt: skip
    return Text(text.zh.format(**values), text.en.format(**values))


def _drawn(draw: Draw) -> list[_Evidence]:
    """Ten pieces of evidence: all five elements, two that prove none (two different lures)."""
    chosen: list[_Evidence] = []
    for place in _SHORT.values():
        chosen += draw.sample([e for e in _evidence(True) if e.proves == place], 1)
    chosen += draw.sample([e for e in _evidence(True) if e not in chosen], SHOWN - 7)
    first = draw.choice(_evidence(False))
    second = draw.choice([e for e in _evidence(False) if e.tempts != first.tempts])
    return draw.shuffled([*chosen, first, second])


def _places() -> tuple[Place, ...]:
    library = criteria()
    found = [
        Place(_SHORT[c], Text(library[c].labels["zh"], library[c].labels["en"]))
        for c in selection("five_elements").criteria
    ]
    return (*found, Place(NONE, Text("一项也证明不了", "Proves none of them")))


def _verdicts(evidence: list[_Evidence]) -> pd.DataFrame:
    """Ratings as the evidence allows: 4 where it proves the element, else 2."""
    rows = [
        {f"rating:{c}": 4.0 if e.proves == place else 2.0 for c, place in _SHORT.items()}
        for e in evidence
    ]
    table = pd.DataFrame(rows).assign(sales=0.0, potential=0.0, contract_years=0.0)
    return table.assign(account_id=[str(i) for i in range(len(rows))])


def evidence(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Ten accounts, each proposed on one piece of evidence; two pieces prove nothing.

    Who is key follows from the any-of-five scheme on ratings that the evidence allows.
    Source: S015.
    """
    chosen = _drawn(draw)
    names = company_names(draw, SHOWN)
    texts = [_filled(draw, e.text) for e in chosen]
    basis, scheme = _verdicts(chosen), load_scheme("any_of_five")
    key = ruled(basis, scheme).readings.count("yes")
    two = ruled(basis, with_cutoffs(scheme, elements_needed=2)).readings.count("yes")
    ids = LETTERS[:SHOWN]
    return Variant(
        key={i: one_of(e.proves) for i, e in zip(ids, chosen, strict=True)},
        words={
            "n": SHOWN, "key": key, "two": two,
            "empty": listed(n for n, e in zip(names, chosen, strict=True) if e.proves == NONE),
            **{f"n_{p}": sum(e.proves == p for e in chosen) for p in _SHORT.values()},
        },
        items=named_items(names, texts),
        places=_places(),
        traps={
            "tempted": {
                i: e.tempts if e.proves == NONE else e.proves
                for i, e in zip(ids, chosen, strict=True)
            },
            "money_only": {
                i: e.proves if e.proves == "orders" else NONE
                for i, e in zip(ids, chosen, strict=True)
            },
            **{f"as_{place}": dict.fromkeys(ids, place) for place in (*_SHORT.values(), NONE)},
            "neighbour": {i: e.tempts for i, e in zip(ids, chosen, strict=True)},
            "project_as_orders": {
                i: "orders" if e.proves == "project" else e.proves
                for i, e in zip(ids, chosen, strict=True)
            },
        },
    )  # fmt: skip
