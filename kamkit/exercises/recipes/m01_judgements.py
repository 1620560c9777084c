"""Six pairwise judgements, one of them turned round: which one to ask again (S023, S024)."""

from __future__ import annotations

import pandas as pd

from kamkit.exercises.model import Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import LETTERS, column
from kamkit.exercises.recipes.parts import cell, one_of
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import ahp
from kamkit.methods.selection.hierarchy import Ahp
from kamkit.schemes import criteria, selection

# A judgement of 3 or more turned round is what lifts CR above 0.10 among four criteria.
# True strengths of four criteria, all of whose ratios are whole numbers of the scale 1–9.
_PATTERNS = ((1, 2, 4, 8), (1, 3, 3, 9), (1, 2, 2, 6), (1, 1, 3, 6), (1, 2, 6, 6), (1, 3, 6, 6))
_PAIRS = tuple((i, j) for i in range(4) for j in range(i + 1, 4))
_NAME = dict(zip(_PAIRS, LETTERS, strict=False))
Pair = tuple[int, int]


def _ratio(value: float) -> str:
    """A ratio as people write it on the 1–9 scale.

    >>> _ratio(3.0), _ratio(1 / 3)
    ('3', '1/3')
    """
    return f"{value:g}" if value >= 1 else f"1/{round(1 / value)}"


def _size(value: float) -> int:
    """How far a ratio is from equal, whichever way round: all ratios here are whole."""
    return round(max(value, 1 / value))


def _label(criterion: str) -> Text:
    words = criteria()[criterion].labels
    return Text(words["zh"], words["en"])


def _turned(draw: Draw, strength: list[int]) -> dict[Pair, float]:
    """Consistent judgements, one of them the wrong way round, though not the most extreme."""
    judged = {(i, j): strength[i] / strength[j] for i, j in _PAIRS}
    most = max(_size(v) for v in judged.values())
    odd = draw.choice([p for p in _PAIRS if 3 <= _size(judged[p]) < most])
    judged[odd] = 1 / judged[odd]
    return judged


def _after(result: Ahp, chosen: list[str]) -> dict[str, float]:
    """Consistency ratio after asking each pair again."""
    place = {c: k for k, c in enumerate(chosen)}
    rows = zip(
        result.repairs["first"], result.repairs["second"], result.repairs["cr_after"], strict=True
    )
    return {_NAME[place[f], place[s]]: float(cr) for f, s, cr in rows}


def _traps(judged: dict[Pair, float], best: Pair, right: tuple[str, ...]) -> dict[str, object]:
    """Pairs that people choose instead: the most extreme, the mildest, others beside it."""
    others = [p for p in _PAIRS if _NAME[p] not in right]
    extreme = max(others, key=lambda p: _size(judged[p]))
    mildest = min(others, key=lambda p: _size(judged[p]))
    shared = {p: len(set(p) & set(best)) for p in others}
    return {
        "extreme": _NAME[extreme],
        "mildest": _NAME[mildest],
        "beside": [_NAME[p] for p in others if shared[p] == 1],
        "opposite": [_NAME[p] for p in others if shared[p] == 0],
    }


def repair(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four criteria weighed in pairs, with one judgement that contradicts the rest.

    The judgement is right whose repair lowers the consistency ratio most. Source: Saaty 1980;
    :func:`ahp` (repairs); criteria from S023 and S024.
    """
    weighted = [c for c in selection("list_1_2").criteria if not criteria()[c].gate]
    chosen = draw.sample(weighted, 4)
    strength = draw.shuffled(draw.choice(_PATTERNS))
    judged = _turned(draw, strength)
    table = pd.DataFrame(
        [(chosen[i], chosen[j], v) for (i, j), v in judged.items()],
        columns=["first", "second", "value"],
    )
    result = ahp(table)
    after = _after(result, chosen)
    best = min(after, key=lambda k: after[k])
    right = one_of(best, *(k for k, v in after.items() if k != best and v <= after[best] + 0.005))
    i, j = next(p for p in _PAIRS if _NAME[p] == best)
    label = [_label(c) for c in chosen]
    summary = dict(zip(result.summary["measure"], result.summary["value"], strict=True))
    sheet = Sheet(
        Text("左边的重要性是右边的几倍", "How many times as important as the other"),
        (
            column("first", "左边", "The one"),
            column("second", "右边", "The other"),
            column("value", "几倍", "Times"),
        ),
        tuple((cell(label[a]), cell(label[b]), _ratio(judged[a, b])) for a, b in _PAIRS),
    )
    return Variant(
        key={"choice": right},
        words={
            "cr": round(float(summary["consistency_ratio"]), 2), "after": round(after[best], 2),
            "first": cell(label[i]), "second": cell(label[j]),
            "judged": _ratio(judged[i, j]), "implied": _ratio(strength[i] / strength[j]),
        },
        places=tuple(
            Place(_NAME[a, b], Text(f"“{label[a].zh}”对“{label[b].zh}”",
                                    f"“{label[a].en}” against “{label[b].en}”"))
            for a, b in _PAIRS
        ),
        sheets=(sheet,),
        traps={k: {"choice": v} for k, v in _traps(judged, (i, j), right.any).items()},
    )  # fmt: skip
