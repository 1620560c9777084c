"""Recipe of the way in: whom to see, in what order, who goes, with what message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, listed, names, places, sheet
from kamkit.exercises.recipes.m06_people import TITLES, people_names, titled
from kamkit.exercises.recipes.parts import cell, one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.contacts.entry import ORDER
from kamkit.schemes.contacts import contact_scheme

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

DIRECTOR, MANAGER, ENGINEER = "director", "manager", "engineer"
MEMBERS = (
    (MANAGER, "key_account_manager", Text("客户经理", "account manager")),
    (ENGINEER, "application_engineer", Text("应用工程师", "application engineer")),
    (DIRECTOR, "sales_director", Text("销售总监", "sales director")),
)
# Who they are: decider, the introducer, opponent, approver, adviser, secured approver, friend.
CAST = ("boss", "opener", "opponent", "checker", "adviser", "secured", "friend")
_FUNCTIONS = {
    "boss": "general_management", "opener": "operations", "opponent": "quality",
    "checker": "engineering", "adviser": "it", "secured": "purchasing", "friend": "logistics",
}  # fmt: skip
_LEVELS = {"boss": 5, "opener": 4, "opponent": 4, "checker": 4, "adviser": 3, "secured": 3,
           "friend": 2}  # fmt: skip
APPROVERS = ("opponent", "checker", "secured")
_MESSAGES = places(
    ("return", "投多少、几年收回、风险谁担", "Outlay, payback, who bears the risk"),
    (
        "objection",
        "先听清反对什么，再商量拿什么证据来",
        "Hear the objection first, agree on proof",
    ),
    ("proof", "逐条对规格，给测试数据", "Specification line by line, test data"),
    ("introduce", "请其引见，说好去谈什么", "Ask for an introduction, and say for what"),
    ("daily", "日常怎么用、谁来教、坏了找谁", "Daily use, training, whom to call"),
    ("none", "不用专门谈", "No special talk needed"),
)
_SAY = {
    "boss": ("return",), "opener": ("introduce", "daily"), "opponent": ("objection",),
    "checker": ("proof",), "adviser": ("daily",), "secured": ("none",), "friend": ("none",),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Influence, support and our ties of one contact; ``who`` of ours holds the tie."""

    influence: int
    support: int
    tie: int
    who: str = MANAGER


def people_of(draw: Draw) -> dict[str, Person]:
    """The cast with drawn grades; what each has to teach stays."""
    return {
        "boss": Person(5, 0, 0),
        "opener": Person(4, draw.integer(1, 2), draw.integer(2, 3)),
        "opponent": Person(draw.integer(3, 4), -draw.integer(1, 2), 0),
        "checker": Person(draw.integer(2, 4), 0, 1, ENGINEER),
        "adviser": Person(4, 0, 1, draw.choice([MANAGER, DIRECTOR])),
        "secured": Person(3, draw.integer(1, 2), draw.integer(3, 4)),
        "friend": Person(draw.integer(1, 2), 2, 4),
    }


def steps(mode: str) -> dict[str, tuple[int, int]]:
    """First and last place of everybody who has to be seen; nobody else has one.

    The quick form of :func:`kamkit.methods.contacts.entry_plan` for this cast: groups by the
    mode's order, whoever opens the door as early as the one behind it, and within one group
    either way.
    """
    place = ORDER[mode]
    group = {
        "boss": place["decider"], "opponent": place["against"], "checker": place["approver"],
        "adviser": place["adviser"], "opener": place["adviser"],
    }  # fmt: skip
    group["opener"] = min(group["opener"], group["boss"])
    ahead = {p: sum(g < group[p] for g in group.values()) for p in group}
    same = {p: sum(g == group[p] for g in group.values()) for p in group}
    found = {p: (ahead[p] + 1, ahead[p] + same[p]) for p in group}
    if group["opener"] == group["boss"]:
        found["opener"], found["boss"] = (ahead["boss"] + 1,) * 2, (ahead["boss"] + 2,) * 2
    return found


def host(person: str, people: dict[str, Person]) -> str:
    """Who goes: the one with a tie; else the facing function, an executive for the top."""
    if people[person].tie:
        return people[person].who
    return DIRECTOR if person == "boss" else ENGINEER


def entry_plan(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven people and a way of deciding: order of visits, host and message.

    Source: S095, S096, S097 (titles); order, host and goals as in
    :func:`kamkit.methods.contacts.entry_plan` (house).
    """
    mode = draw.choice(list(ORDER))
    people = people_of(draw)
    everybody = people_names(draw, 10)
    called = dict(zip(CAST, everybody, strict=False))
    ours = dict(zip((m for m, _, _ in MEMBERS), everybody[7:], strict=True))
    ids = dict(zip(CAST, draw.shuffled("abcdefg"), strict=True))
    place = steps(mode)
    key: dict[str, Accept] = {}
    for p in CAST:
        low, high = place.get(p, (0, 0))
        goes = host(p, people) if p in place else "none"
        key[f"{ids[p]}.step"] = Accept(low=low, high=high, best=_at(place, p))
        key[f"{ids[p]}.who"] = one_of(goes)
        key[f"{ids[p]}.say"] = one_of(*_SAY[p])
    staff = places(
        *((m, f"{ours[m].zh}（{t.zh}）", f"{ours[m].en}, {t.en}") for m, _, t in MEMBERS),
        ("none", "不用专门去", "No visit needed"),
    )
    label = {m.id: Text(*m.label.values()) for m in contact_scheme().modes}
    in_order = sorted(place, key=lambda p: _at(place, p))
    rows = sorted(CAST, key=lambda p: ids[p])
    return Variant(
        key=key,
        words={
            "account": cell(names(draw, 1)[0]), "evidence": _evidence(draw, mode, called),
            "mode": cell(label[mode]), "boss": cell(called["boss"]),
            "opener": cell(called["opener"]), "opponent": cell(called["opponent"]),
            "secured": cell(called["secured"]), "friend": cell(called["friend"]),
            "director": cell(ours[DIRECTOR]), "engineer": cell(ours[ENGINEER]),
            "manager": cell(ours[MANAGER]), "order": listed([called[p] for p in in_order]),
            "n": len(place), "either": _either(place, called),
            "first": cell(called[in_order[0]]),
        },
        items=tuple(Item(ids[p], titled(called[p], TITLES[_FUNCTIONS[p]])) for p in rows),
        fields=(
            field("step", "第几个见（不用见填 0）", "Place in order (0: no visit)", "count"),
            field("who", "谁去", "Who goes", type="choice", options=staff),
            field("say", "主要谈什么", "Main message", type="choice", options=_MESSAGES),
        ),
        sheets=(_people_sheet(people, rows, called, ours), _mode_sheet()),
        traps=_traps(mode, ids, place),
    )  # fmt: skip


def _at(place: dict[str, tuple[int, int]], person: str) -> int:
    """One place each: within a group in the order of the cast."""
    if person not in place:
        return 0
    alike = [p for p in CAST if place.get(p) == place[person]]
    return place[person][0] + (alike.index(person) if len(alike) > 1 else 0)


def _traps(
    mode: str, ids: dict[str, str], place: dict[str, tuple[int, int]]
) -> dict[str, dict[str, Any]]:
    traps: dict[str, dict[str, Any]] = {}
    for name, other in zip(
        ("one_mode", "other_mode"), (m for m in ORDER if m != mode), strict=True
    ):
        wrong = steps(other)
        traps[name] = {f"{ids[p]}.step": _at(wrong, p) for p in CAST}
    warm = ("friend", "secured", "opener", "checker", "adviser", "boss", "opponent")
    traps["warm"] = {f"{ids[p]}.step": k for k, p in enumerate(warm, 1)}
    traps["top_down"] = {
        f"{ids[p]}.step": k
        for k, p in enumerate(("boss", "opener", "adviser", "checker", "opponent"), 1)
    }
    traps["manager"] = {f"{ids[p]}.who": MANAGER for p in place}
    traps["argue"] = {f"{ids['opponent']}.say": "proof"}
    traps["avoid"] = {f"{ids['opponent']}.{f}": v
                      for f, v in (("step", 0), ("who", "none"), ("say", "none"))}  # fmt: skip
    traps["everybody"] = {f"{ids[p]}.who": MANAGER for p in ("secured", "friend")}
    return traps


def _either(place: dict[str, tuple[int, int]], called: dict[str, Text]) -> dict[str, str]:
    free = [called[p] for p in CAST if p in place and place[p][0] < place[p][1]]
    return listed(free)


def _evidence(draw: Draw, mode: str, called: dict[str, Text]) -> dict[str, str]:
    """What the last projects show of how they decide, without its name."""
    proof = pool("m06_notes")["proof"][mode][draw.integer(0, 1)]
    who = {p: called[p] for p in CAST}
    return {
        "zh": proof["zh"].format(**{p: t.zh for p, t in who.items()}),
        "en": proof["en"].format(**{p: t.en for p, t in who.items()}),
    }


def _people_sheet(
    people: dict[str, Person], rows: list[str], called: dict[str, Text], ours: dict[str, Text]
) -> Sheet:
    part = {
        "boss": Text("管总预算", "holds the budget"),
        "opener": Text("日后使用；常进总经理办公室", "will use it; in and out of the top office"),
        "opponent": Text("审批人", "approver"), "checker": Text("审批人", "approver"),
        "adviser": Text("意见有分量", "is listened to"), "secured": Text("审批人", "approver"),
        "friend": Text("不参与决定", "has no part in it"),
    }  # fmt: skip
    cols = columns(
        ("name", "联系人", "Contact", "text"), ("part", "在决策里", "Part in the decision", "text"),
        ("influence", "影响力 1–5", "Influence 1–5", "number"),
        ("support", "支持度 −2 到 2", "Support −2 to 2", "number"),
        ("tie", "我方最强关系 0–4", "Our strongest tie 0–4", "number"),
        ("who", "谁认识", "Known to", "text"),
    )  # fmt: skip
    shown = []
    for p in rows:
        x = people[p]
        known = ours[x.who] if x.tie else Text("没有人", "nobody")
        if p == "boss":
            way = called["opener"]
            known = Text(f"我方没有人；{way.zh}很熟", f"nobody of ours; {way.en} does, well")
        shown.append((titled(called[p], TITLES[_FUNCTIONS[p]]), part[p], x.influence, x.support,
                      x.tie, known))  # fmt: skip
    return sheet(Text("该见谁", "Whom to see"), cols, shown)


def _mode_sheet() -> Sheet:
    cols = columns(("mode", "客户怎样做决定", "How they decide", "text"),
                   ("what", "什么样", "What it looks like", "text"),
                   ("order", "先后", "Order", "text"))  # fmt: skip
    orders = {
        "authority": Text("拍板人（先找人引见）→ 反对的 → 其余审批人 → 有分量的人",
                          "decider (once introduced) → opponents → other approvers → advisers"),
        "consultative": Text("有分量的人 → 反对的 → 其余审批人 → 拍板人",
                             "advisers → opponents → other approvers → decider"),
        "consensus": Text("反对的 → 其余审批人和有分量的人 → 拍板人",
                          "opponents → other approvers and advisers → decider"),
    }  # fmt: skip
    rows = [
        (Text(*m.label.values()), Text(*m.note.values()), orders[m.id])
        for m in contact_scheme().modes
    ]
    title = Text(
        "三种决策方式，先见谁（本工具的约定）",
        "Three ways of deciding, and whom to see first (this kit's rule)",
    )
    return sheet(title, cols, rows)
