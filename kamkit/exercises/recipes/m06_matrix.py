"""Recipes of reading people: the contact matrix from notes, the influencers wheel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Accept, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    listed,
    names,
    places,
    score,
    sheet,
    ticks,
)
from kamkit.exercises.recipes.m06_people import COVERED, TITLES, lowered, people_names, titled
from kamkit.exercises.recipes.parts import cell, one_of, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.contacts.grid import MOST_INFLUENCE, STRONGEST
from kamkit.methods.contacts.wheel import TEN
from kamkit.schemes.contacts import contact_scheme

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

LETTERS = "abcdefghij"
# What a post suggests, and what its holder may be in fact.
_POSTS = {
    "finance": ("economic", "economic"),
    "purchasing": ("economic", "technical"),
    "engineering": ("technical", "economic"),
    "operations": ("user", "economic"),
    "quality": ("technical", "user"),
    "logistics": ("user", "user"),
}
_DOUBTFUL = ("purchasing", "engineering", "operations", "quality")
_STANCES = places(
    ("against", "反对", "Against us"),
    ("undecided", "没表态", "Undecided"),
    ("for", "支持", "For us"),
)
# blocker, loud but without weight, friends who act for us, polite ones who don't
_WEIGHT = {"blocker": (4, 5), "loud": (1, 2), "friend": (2, 5), "polite": (2, 4)}
_STANCE = {"blocker": "against", "loud": "against", "friend": "for", "polite": "undecided"}
SUPPORT = {"against": -1, "undecided": 0, "for": 1}


@dataclass(frozen=True)
class Seen:
    """One contact as the notes show them."""

    function: str
    type: str
    phase: str
    stance: str
    influence: int
    tie: int
    role: str


def _types(draw: Draw) -> dict[str, str]:
    swapped = draw.sample(_DOUBTFUL, 2)
    return {f: real if f in swapped else seems for f, (seems, real) in _POSTS.items()}


def _seen(draw: Draw) -> list[Seen]:
    """Six people; of one phase nobody is known well, of the other three somebody is.

    Friends are among those we know; opponents aren't known well.
    """
    types = until(lambda: _types(draw), lambda t: "technical" in t.values())
    bare, wide, *single = draw.shuffled(contact_scheme().phase_ids)
    known, little = draw.shuffled([wide, *single]), draw.shuffled(["blocker", "loud", "polite"])
    # Phase, role and tie of each: three whom we know, and three whom we hardly know.
    slots = [
        (known[0], "friend", draw.integer(2, 4)),
        (known[1], "friend", draw.integer(2, 3)),
        (known[2], "polite", draw.integer(2, 3)),
        (bare, little[0], 1),
        (bare, little[1], 0),
        (wide, little[2], draw.integer(0, 1)),
    ]
    posts = draw.shuffled(list(_POSTS))
    return [
        _person(draw, post, types[post], slot)
        for post, slot in zip(posts, draw.shuffled(slots), strict=True)
    ]


def _person(draw: Draw, post: str, kind: str, slot: tuple[str, str, int]) -> Seen:
    """One contact; who pays has some weight, whoever is only loud has none."""
    phase, role, tie = slot
    influence = draw.integer(*_WEIGHT[role])
    if kind == "economic" and role != "loud":
        influence = max(influence, 3)
    return Seen(post, kind, phase, _STANCE[role], influence, tie, role)


def _open_question(people: list[Seen]) -> bool:
    """Others weigh as much as the blocker, and the loud one pays for nothing."""
    top = max(p.influence for p in people if p.role != "blocker")
    paying = all(p.influence >= 3 for p in people if p.type == "economic")
    return paying and top >= MOST_INFLUENCE - 1


def uncovered(people: list[Seen]) -> list[str]:
    """Phases in which somebody takes part and nobody has a tie of 2 or more."""
    held = {p.phase for p in people if p.tie >= COVERED}
    return [i for i in contact_scheme().phase_ids if i not in held]


def blockers(people: list[Seen]) -> list[int]:
    """Places of those against us with an influence of 4 or more."""
    heavy = MOST_INFLUENCE - 1
    return [k for k, p in enumerate(people) if p.stance == "against" and p.influence >= heavy]


def contact_matrix(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six people from notes: type, phase, support; the phase without anybody, the blocker.

    Source: S092 (columns and legend); covered and blocker as in
    :func:`kamkit.methods.contacts.contact_matrix` (house).
    """
    people = until(lambda: _seen(draw), _open_question)
    ids = LETTERS[: len(people)]
    called = people_names(draw, len(people))
    scheme = contact_scheme()
    bare, block = uncovered(people)[0], blockers(people)[0]
    loud = next(k for k, p in enumerate(people) if p.role == "loud")
    key: dict[str, Accept] = {}
    for i, p in zip(ids, people, strict=True):
        key[f"{i}.type"] = one_of(p.type)
        key[f"{i}.phase"] = one_of(p.phase)
        key[f"{i}.stance"] = one_of(p.stance)
    key["all.bare"], key["all.block"] = one_of(bare), one_of(ids[block])
    few = _single(people)
    types = places(*((t.id, t.label["zh"], t.label["en"]) for t in scheme.buyer_types[:3]))
    phases = places(*((p.id, p.label["zh"], p.label["en"]) for p in scheme.phases))
    persons = places(*((i, n.zh, n.en) for i, n in zip(ids, called, strict=True)))
    labels = {p.id: p.text for p in phases}
    items = [Item(i, titled(n, TITLES[p.function]))
             for i, n, p in zip(ids, called, people, strict=True)]  # fmt: skip
    whole = Item("all", Text("整个客户", "The account as a whole"))
    covered_few = [n for n, p in zip(called, people, strict=True) if p.phase == few[0]]
    return Variant(
        key=key,
        words={
            "account": cell(names(draw, 1)[0]), "n": len(people),
            "bare": cell(labels[bare]), "block": cell(called[block]),
            "block_influence": people[block].influence, "loud": cell(called[loud]),
            "loud_influence": people[loud].influence,
            "few": cell(labels[few[0]]), "few_person": listed(covered_few),
            "in_bare": listed([n for n, p in zip(called, people, strict=True) if p.phase == bare]),
            "polite": listed([n for n, p in zip(called, people, strict=True)
                              if p.stance == "undecided"]),
            "swapped": listed([n for n, p in zip(called, people, strict=True)
                               if p.type != _POSTS[p.function][0]]),
            "friends": listed([n for n, p in zip(called, people, strict=True)
                               if p.stance == "for"]),
        },
        items=(*items, whole),
        fields=(
            field("type", "类型", "Type", type="choice", options=types, items=tuple(ids)),
            field("phase", "参与的阶段", "Takes part in", type="choice", options=phases,
                  items=tuple(ids)),
            field("stance", "支持度", "Support", type="choice", options=_STANCES, items=tuple(ids)),
            field("bare", "没有覆盖的阶段", "Phase not covered", type="choice", options=phases,
                  items=("all",)),
            field("block", "拦路的人", "The blocker", type="choice", options=persons,
                  items=("all",)),
        ),
        sheets=(_notes(draw, people, called),),
        traps=_matrix_traps(people, ids),
    )  # fmt: skip


def _single(people: list[Seen]) -> list[str]:
    """Phases in which only one person takes part."""
    phases = [p.phase for p in people]
    return [p for p in phases if phases.count(p) == 1]


def _matrix_traps(people: list[Seen], ids: str) -> dict[str, dict[str, Any]]:
    """What those answer who judge by title, politeness, noise, weight or head count."""
    named = list(zip(ids, people, strict=True))
    block = ids[blockers(people)[0]]
    few = _single(people)
    return {
        "by_title": {f"{i}.type": _POSTS[p.function][0] for i, p in named},
        "polite": {f"{i}.stance": "for" for i, p in named if p.stance == "undecided"},
        "loud": {"all.block": next(i for i, p in named if p.role == "loud")},
        "top": {"all.block": max((p.influence, i) for i, p in named if i != block)[1]},
        "few": {"all.bare": few[0]},
        "few_too": {"all.bare": few[1]},
    }


def _notes(draw: Draw, people: list[Seen], called: list[Text]) -> Sheet:
    data = pool("m06_notes")
    left = {
        (kind, value): draw.shuffled(lines)
        for kind in ("type", "phase", "support") for value, lines in data[kind].items()
    }  # fmt: skip
    rows = []
    for p, name in zip(people, called, strict=True):
        said: list[Text] = []
        for found in (("type", p.type), ("phase", p.phase), ("support", p.stance)):
            line = left[found].pop(0)
            left[found].append(line)
            said.append(read_text(line))
        told = Text("".join(t.zh for t in said), " ".join(t.en for t in said))
        rows.append((titled(name, TITLES[p.function]), told, p.influence, p.tie))
    cols = columns(
        ("name", "联系人", "Contact", "text"),
        ("notes", "各人的拜访记录", "Notes of our visits", "text"),
        ("influence", "影响力 1–5", "Influence 1–5", "number"),
        ("tie", "我方最强关系 0–4", "Our strongest tie 0–4", "number"),
    )
    return sheet(Text("这一个客户的联系人", "The contacts of this account"), cols, rows)


# -- the wheel ----------------------------------------------------------------------------------
_FUNCTIONS = {
    "ceo": "general_management", "vp_sales": "sales", "vp_marketing": "marketing",
    "vp_rd": "engineering", "plant_manager": "operations", "outbound_logistics": "logistics",
    "inbound_logistics": "logistics", "purchasing": "purchasing", "finance": "finance",
}  # fmt: skip
# A second person on a spoke: lower in weight, and the one whom we know.
_SECONDS = {
    "vp_rd": ("quality", Text("质量主管", "quality supervisor")),
    "plant_manager": ("operations", Text("车间主任", "workshop head")),
    "purchasing": ("purchasing", Text("采购员", "buyer")),
    "finance": ("finance", Text("会计", "accountant")),
}
_LOGISTICS = {
    "outbound_logistics": Text("出货物流经理", "outbound logistics manager"),
    "inbound_logistics": Text("进货物流经理", "inbound logistics manager"),
}


@dataclass(frozen=True)
class Post:
    """A person on the wheel: spoke, function, title, influence 1–5, our and a rival's tie 0–4."""

    spoke: str
    function: str
    title: Text
    influence: int
    tie: int
    rival: int

    @property
    def gap(self) -> float:
        """Influence less our strength, both on 0–10."""
        return self.influence * TEN / MOST_INFLUENCE - self.tie * TEN / STRONGEST


def _posts(draw: Draw) -> list[Post]:
    """One leading person on seven of the spokes, and a lesser one whom we know on two."""
    spokes = [s.id for s in contact_scheme().spokes]
    empty = draw.choice(["vp_marketing", "vp_sales", "inbound_logistics", "outbound_logistics"])
    other = draw.choice([s for s in ("vp_marketing", "vp_sales") if s != empty])
    used = [s for s in spokes if s not in (empty, other)]
    out = []
    for s in used:
        title = _LOGISTICS.get(s, TITLES[_FUNCTIONS[s]])
        most = 3 if "logistics" in s or s.startswith(("vp_s", "vp_m")) else 5
        low = 4 if s == "ceo" else 1 if most == 3 else 2
        out.append(Post(s, _FUNCTIONS[s], title, draw.integer(low, most), draw.integer(0, 4),
                        draw.integer(0, 3)))  # fmt: skip
    for s in draw.sample(sorted(_SECONDS), 2):
        lead = next(p for p in out if p.spoke == s)
        function, title = _SECONDS[s]
        out.append(Post(s, function, title, draw.integer(1, max(1, lead.influence - 1)),
                        draw.integer(3, 4), 0))  # fmt: skip
    return out


def leads(posts: list[Post]) -> dict[str, Post]:
    """The most influential person of each spoke; of several the one we know least."""
    out: dict[str, Post] = {}
    for p in sorted(posts, key=lambda p: (-p.influence, p.tie)):
        out.setdefault(p.spoke, p)
    return out


def _three(values: dict[str, float]) -> list[str]:
    return sorted(values, key=lambda s: (-values[s], s))[:3]


def _rankings(posts: list[Post]) -> dict[str, dict[str, float]]:
    lead = leads(posts)
    best = {s: max(p.tie for p in posts if p.spoke == s) for s in lead}
    return {
        "gap": {s: p.gap for s, p in lead.items()},
        "weakest": {s: -p.tie + 0.01 * p.rival for s, p in lead.items()},
        "important": {s: p.influence + 0.01 * p.tie for s, p in lead.items()},
        "friend": {s: Post("", "", p.title, p.influence, best[s], 0).gap for s, p in lead.items()},
        "rival": {s: p.rival - p.tie + 0.01 * p.tie for s, p in lead.items()},
        "raw": {s: -p.gap for s, p in lead.items()},
    }


def _clear_wheel(posts: list[Post]) -> bool:
    ranks = _rankings(posts)
    gaps = sorted(ranks["gap"].values(), reverse=True)
    right = set(_three(ranks["gap"]))
    differ = all(set(_three(v)) != right for k, v in ranks.items() if k != "gap")
    hidden = set(_three(ranks["friend"])) != right and len(gaps) >= 6
    lead = leads(posts)
    second = [p for p in posts if p is not lead[p.spoke]]
    lesser = len(second) == 2 and all(p.influence < lead[p.spoke].influence for p in second)
    return gaps[2] - gaps[3] >= 2 and gaps[2] >= 3 and differ and hidden and lesser


def influencers_wheel(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Influence against our strength on each spoke; the three widest gaps.

    Source: S094 (posts; the scale is lost); scales and the leading person as in
    :func:`kamkit.methods.contacts.wheel` (house).
    """
    posts = until(lambda: _posts(draw), _clear_wheel)
    ranks, lead = _rankings(posts), leads(posts)
    labels = {s.id: Text(*s.label.values()) for s in contact_scheme().spokes}
    said = {s: lowered(t) for s, t in labels.items()}
    spokes = [s for s in labels if s in lead]
    right = _three(ranks["gap"])
    order = sorted(lead, key=lambda s: -ranks["gap"][s])
    order_shown = draw.shuffled(range(len(posts)))
    called = people_names(draw, len(posts))
    fourth = order[3]
    hidden = next(s for s in order if any(p.spoke == s and p is not lead[s] for p in posts))
    cols = columns(
        ("name", "联系人", "Contact", "text"), ("spoke", "所在的辐条", "Spoke", "text"),
        ("influence", "影响力 1–5", "Influence 1–5", "number"),
        ("tie", "我方最强关系 0–4", "Our strongest tie 0–4", "number"),
        ("rival", "对手关系 0–4", "A rival's tie 0–4", "number"),
    )  # fmt: skip
    rows = [
        (titled(called[k], posts[k].title), labels[posts[k].spoke], posts[k].influence,
         posts[k].tie, posts[k].rival)
        for k in order_shown
    ]  # fmt: skip
    weakest = max((s for s in lead if s not in right), key=lambda s: ranks["weakest"][s])
    return Variant(
        key=ticks(right),
        words={
            "account": cell(names(draw, 1)[0]), "n": len(spokes),
            "right": listed([said[s] for s in order[:3]]), "first": cell(said[order[0]]),
            "first_gap": score(ranks["gap"][order[0]]),
            "third_gap": score(ranks["gap"][order[2]]),
            "fourth": cell(said[fourth]), "fourth_gap": score(ranks["gap"][fourth]),
            "hidden": cell(said[hidden]), "hidden_gap": score(ranks["gap"][hidden]),
            "weak": cell(said[weakest]), "weak_influence": lead[weakest].influence,
            "weak_gap": score(ranks["gap"][weakest]),
            "absent": listed([t for s, t in said.items() if s not in lead]),
        },
        places=tuple(Place(s, labels[s]) for s in spokes),
        sheets=(sheet(Text("决策单元里的人", "People around the decision"), cols, rows),),
        traps={
            name: dict.fromkeys(_three(v), True) for name, v in ranks.items() if name != "gap"
        },
    )  # fmt: skip
