"""Recipe of ties by their kind: what is friendship, what is business, what goes with a leaver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, names, places, sheet
from kamkit.exercises.recipes.m05_base import score as points
from kamkit.exercises.recipes.parts import cell, pair, share, until
from kamkit.schemes.relationship import relationship_scheme

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

_PEOPLE = (
    Text("采购经理", "Purchasing manager"), Text("质量主管", "Quality lead"),
    Text("技术经理", "Engineering manager"), Text("生产总监", "Operations director"),
    Text("财务总监", "Finance director"),
)  # fmt: skip
# Least and most strength: the account manager's personal ties, business ties, the engineer's.
_SCENES = {
    "danger": ((2, 4), (0, 1), (0, 1)),
    "led": ((0, 1), (2, 4), (1, 3)),
    "weak": ((0, 1), (0, 1), (0, 1)),
}
Ties = np.ndarray  # contacts × (influence, personal, business, engineer's business)


def _contacts(draw: Draw, scene: str) -> Ties:
    mine, work, theirs = _SCENES[scene]
    rows = [
        (draw.integer(1, 5), draw.integer(*mine), draw.integer(*work), draw.integer(*theirs))
        for _ in _PEOPLE
    ]
    return np.array(rows, dtype=float)


def scores(ties: Ties, *, weighted: bool = True) -> tuple[float, float, float]:
    """Personal score, business score (0–100), share of strength lost with the account manager.

    The arithmetic of :func:`kamkit.methods.relationship.bonds`; a test holds both equal.

    >>> [round(v, 2) for v in scores(np.array([[5.0, 4, 0, 0], [1.0, 0, 2, 2]]))]
    [83.33, 8.33, 0.91]
    """
    weight = ties[:, 0] if weighted else np.ones(len(ties))
    full = 4 * weight.sum()
    business = ties[:, 2:].max(axis=1)
    top = ties[:, 1:].max(axis=1)
    lost = (weight * (top - ties[:, 3])).sum() / (weight * top).sum()
    return (
        float(100 * (weight * ties[:, 1]).sum() / full),
        float(100 * (weight * business).sum() / full),
        float(lost),
    )


def _held(ties: Ties) -> float:
    """Share of strength on contacts that the account manager is tied to at all."""
    top = ties[:, 1:].max(axis=1)
    mine = ties[:, 1:3].max(axis=1) > 0
    return float((ties[:, 0] * top * mine).sum() / (ties[:, 0] * top).sum())


def _good(ties: Ties, scene: str) -> bool:
    if not ties[:, 1:].max(axis=1).all():
        return False
    limits = relationship_scheme().limits
    personal, business, lost = scores(ties)
    high, low = limits["high_bond"], limits["low_bond"]
    fits = {
        "danger": personal >= high + 4 and business <= low - 3,
        "led": business >= high + 4 and personal <= low - 3,
        "weak": personal <= low - 3 and business <= low - 3,
    }[scene]
    plain = scores(ties, weighted=False)
    apart = max(abs(plain[0] - personal), abs(plain[1] - business)) > 3
    told = abs(personal - business) > 3 and 0.1 < lost < _held(ties) - 0.03
    return fits and apart and told


_VERDICTS = (
    ("danger", "私交撑着：先把业务连线补上，再谈别的",
     "Friendship carries it: build business ties before anything else"),
    ("led", "业务撑着：守住，不必刻意攀交情",
     "Business carries it: keep it so, no need to court friendships"),
    ("weak", "两样都弱：先挑有影响力的人建立业务往来",
     "Both are weak: start business ties with the influential"),
    ("cut", "私交有风险，要求客户经理断掉私人往来",
     "Friendship is a risk: tell the manager to end it"),
)  # fmt: skip


def bonds(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One account's ties: personal and business scores apart, and what a leaver takes along.

    Source: X17; Palmatier et al. 2006; score and limits (50, 25) house.
    """
    scene = draw.choice(["danger", "danger", "led", "weak"])
    ties = until(lambda: _contacts(draw, scene), lambda t: _good(t, scene), 400)
    personal, business, lost = scores(ties)
    plain = scores(ties, weighted=False)
    both = 100 * float((ties[:, 0] * ties[:, 1:].max(axis=1)).sum() / (4 * ties[:, 0].sum()))
    added = personal + business
    traps: dict[str, dict[str, Any]] = {
        "unweighted": {"personal.score": plain[0], "business.score": plain[1]},
        "all_his": {"leaves.share": _held(ties)},
        "cut_off": {"verdict.choice": "cut"},
        "mixed": {"personal.score": added, "business.score": added},
        "swapped": {"personal.score": business, "business.score": personal},
    }
    said = {i: pair(zh, en) for i, zh, en in _VERDICTS}
    cols = columns(("who", "客户联系人", "Contact", "text"),
                   ("influence", "影响力（1–5）", "Influence (1–5)", "number"),
                   ("mine", "客户经理：私交", "Account manager: personal", "number"),
                   ("work", "客户经理：业务", "Account manager: business", "number"),
                   ("other", "工程师：业务", "Engineer: business", "number"))  # fmt: skip
    rows = [(who, *row) for who, row in zip(_PEOPLE, ties.tolist(), strict=True)]
    return Variant(
        key={
            "personal.score": figure(personal, 0.6), "business.score": figure(business, 0.6),
            "leaves.share": figure(lost, 0.006),
            "verdict.choice": Accept(any=(scene,), best=scene, weight=2.0),
        },
        words={
            "account": cell(names(draw, 1)[0]), "personal": points(personal),
            "business": points(business), "lost": share(lost), "held": share(_held(ties)),
            "verdict": said[scene], "full": int(4 * ties[:, 0].sum()),
            "plain_personal": points(plain[0]), "both": points(both),
        },
        items=(
            Item("personal", Text("私交得分", "Personal score")),
            Item("business", Text("业务得分", "Business score")),
            Item("leaves", Text("客户经理一走，失去的占比", "Lost if the account manager leaves")),
            Item("verdict", Text("该怎么办", "What to do")),
        ),
        fields=(
            field("score", "得分（0–100）", "Score (0–100)", "score",
                  items=("personal", "business")),
            field("share", "占比", "Share", "share", items=("leaves",)),
            field("choice", "处置", "Action", type="choice", items=("verdict",),
                  options=places(*_VERDICTS)),
        ),
        sheets=(sheet(Text("来往强度（0 没有，4 最强）", "Strength of ties (0 none, 4 most)"),
                      cols, rows),),
        traps=traps,
    )  # fmt: skip
