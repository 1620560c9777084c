"""Recipes of relationship stages: the stage in a list of ties, and a worksheet with flaws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Item, Place, Text, Variant
from kamkit.exercises.recipes.m01_common import LETTERS
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    figure,
    listed,
    names,
    places,
    sheet,
)
from kamkit.exercises.recipes.parts import cell, one_of, pair, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.relationship.stage_rules import missing_needs, steps_met
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

OURS = {
    "kam": Text("客户经理", "Account manager"), "eng": Text("技术工程师", "Engineer"),
    "service": Text("服务主管", "Service manager"), "head": Text("销售总监", "Sales director"),
}  # fmt: skip
# Their people: function, level 1-5 (5 is the top), and how they are called.
THEIRS = {
    "procurement": (2, Text("采购员", "Buyer")), "quality": (2, Text("质量主管", "Quality lead")),
    "engineering": (3, Text("技术经理", "Engineering manager")),
    "operations": (4, Text("生产总监", "Operations director")),
    "finance": (4, Text("财务总监", "Finance director")),
    "board": (5, Text("总经理", "Managing director")),
}  # fmt: skip
Tie = tuple[str, str, int]
# Who is tied to whom: least and most strength of each tie.
_PLANS: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "early": (
        ("kam", "procurement", 3, 4), ("service", "procurement", 1, 2), ("kam", "quality", 1, 2),
        ("service", "quality", 1, 2), ("eng", "engineering", 1, 1), ("head", "board", 1, 1),
        ("kam", "operations", 1, 1), ("kam", "finance", 0, 1),
    ),
    "mid": (
        ("kam", "procurement", 3, 4), ("kam", "engineering", 2, 3), ("eng", "engineering", 2, 3),
        ("service", "quality", 1, 2), ("kam", "operations", 2, 3), ("eng", "quality", 1, 2),
        ("kam", "finance", 0, 2), ("head", "board", 1, 1),
    ),
    "partnership": (
        ("kam", "procurement", 3, 4), ("eng", "engineering", 2, 4), ("service", "quality", 2, 3),
        ("service", "operations", 2, 3), ("head", "board", 1, 3), ("kam", "engineering", 2, 3),
        ("kam", "finance", 0, 1), ("eng", "quality", 1, 1),
    ),
}  # fmt: skip
_TEAMS = {
    0: pair("没有联合小组，也不开联合高层会议", "no joint team and no joint board meeting"),
    1: pair("有一个物流联合小组在运行，没有联合高层会议",
            "one joint logistics team at work, no joint board meeting"),
}  # fmt: skip


def indicators(ties: list[Tie], teams: int, live: int = 2) -> dict[str, float]:
    """What is counted of one account's ties, by indicator.

    The arithmetic of :func:`kamkit.methods.relationship.stage_indicators`; a test holds both equal.

    >>> found = indicators([("kam", "procurement", 3), ("eng", "quality", 2)], 0)
    >>> found["threads"], found["broker_share"], found["direct_functions"]
    (2.0, 0.5, 1.0)
    """
    warm = [(us, them) for us, them, strength in ties if strength >= live]
    own = sum(us == "kam" for us, _ in warm)
    found = {
        "any_ties": sum(strength >= 1 for *_, strength in ties),
        "threads": len(warm),
        "main_tie": max((strength for *_, strength in ties), default=0),
        "our_people": len({us for us, _ in warm}),
        "functions_known": len(THEIRS),
        "functions_them": len({them for _, them in warm}),
        "direct_functions": len({them for us, them in warm if us != "kam"}),
        "levels_them": len({THEIRS[them][0] for _, them in warm}),
        "broker_share": own / len(warm) if warm else np.nan,
        "joint_teams": teams,
        "board_meetings": 0,
    }
    return {k: float(v) for k, v in found.items()}


def stage_at(found: dict[str, float], scheme: RelationshipScheme) -> int:
    """Place on the ladder (0: none), by the rule of the method: a stage and all before it."""
    return int(steps_met(scheme.stages, {k: np.array([v]) for k, v in found.items()})[0])


def open_needs(found: dict[str, float], at: int, scheme: RelationshipScheme) -> list[str]:
    """Needs of the next stage that are still open."""
    _, which = missing_needs(scheme.stages[at], {k: np.array([v]) for k, v in found.items()})
    return which[0].split(";")


def _ties(draw: Draw, plan: str) -> list[Tie]:
    drawn = [(us, them, draw.integer(low, high)) for us, them, low, high in _PLANS[plan]]
    return draw.shuffled([t for t in drawn if t[2]])


def _decided(ties: list[Tie], teams: int, plan: str, scheme: RelationshipScheme) -> bool:
    """The stage is as planned, and weak ties, held live, would change what is counted."""
    found, loose = indicators(ties, teams), indicators(ties, teams, live=1)
    share_gap = abs(found["broker_share"] - loose["broker_share"])
    return (
        scheme.stage_ids[stage_at(found, scheme) - 1] == plan
        and loose["threads"] > found["threads"] != found["functions_them"]
        and share_gap > 0.02
    )


_NEEDS = (
    ("main_tie", "有一条强度 3 以上的连线", "One tie of strength 3 or more"),
    ("functions_known", "认识对方两个职能的人", "People known in two of their functions"),
    ("threads", "三条有效连线", "Three live threads"),
    ("our_people", "我方更多人有有效连线", "More of our people with a live thread"),
    ("functions_them", "连上对方两个职能", "Two of their functions linked"),
    ("levels_them", "连上对方更多层级", "More of their levels linked"),
    ("direct_functions", "不经客户经理直接对接三个职能",
     "Three functions linked without the account manager"),
    ("broker_share", "经客户经理的连线降到一半以内",
     "No more than half of the threads through the account manager"),
    ("joint_teams", "两种联合小组在运行", "Two kinds of joint team at work"),
    ("board_meetings", "开起联合高层会议", "A joint board that meets"),
)  # fmt: skip


def network_stage(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A list of ties: live threads, the account manager's share, the stage, what comes next.

    Source: S103 (five structures), S105; thresholds house (schemes/data/relationship.toml).
    """
    scheme = relationship_scheme()
    plan, teams = draw.choice(list(_PLANS)), draw.integer(0, 1)
    ties = until(lambda: _ties(draw, plan), lambda t: _decided(t, teams, plan, scheme), 300)
    found, loose = indicators(ties, teams), indicators(ties, teams, live=1)
    at = stage_at(found, scheme)
    stage, missing = scheme.stage_ids[at - 1], open_needs(found, at, scheme)
    traps: dict[str, dict[str, Any]] = {
        "weak_counted": {"threads.count": loose["threads"], "broker.share": loose["broker_share"]},
        "boss_known": {"stage.stage": {"early": "partnership", "mid": "partnership",
                                       "partnership": "synergistic"}[stage]},
        "one_low": {"stage.stage": scheme.stage_ids[at - 2]},
        "people_counted": {"threads.count": found["functions_them"]},
    }  # fmt: skip
    loosely = stage_at(loose, scheme)
    if loosely != at:
        traps["weak_counted"]["stage.stage"] = scheme.stage_ids[loosely - 1]
    label = {s.id: Text(s.label["zh"], s.label["en"]) for s in scheme.stages}
    by_need = {i: Text(zh, en) for i, zh, en in _NEEDS}
    words = {
        "account": cell(names(draw, 1)[0]), "teams": _TEAMS[teams], "n": len(ties),
        "threads": int(found["threads"]), "weak": len(ties) - int(found["threads"]),
        "own": round(found["threads"] * found["broker_share"]),
        "broker": share(found["broker_share"]), "ours": int(found["our_people"]),
        "direct": int(found["direct_functions"]), "levels": int(found["levels_them"]),
        "functions": int(found["functions_them"]),
        "stage": cell(label[stage]), "next": cell(label[scheme.stage_ids[at]]),
        "missing": listed([by_need[m] for m in missing]), "n_missing": len(missing),
        "loose_stage": cell(label[scheme.stage_ids[loosely - 1]]),
    }  # fmt: skip
    return Variant(
        key={
            "threads.count": figure(found["threads"]),
            "broker.share": figure(found["broker_share"], 0.006),
            "stage.stage": one_of(stage),
            "missing.need": one_of(*missing),
        },
        words=words,
        items=(
            Item("threads", Text("有效连线（强度 2 以上）", "Live threads (strength 2 or more)")),
            Item("broker", Text("其中经客户经理的占比", "Of these, through the account manager")),
            Item("stage", Text("现在处于哪个阶段", "Stage reached")),
            Item("missing", Text("到下一阶段还差（选一项）", "Lacking for the next (choose one)")),
        ),
        fields=_stage_fields(label),
        sheets=(_tie_sheet(ties), _ladder_sheet(scheme, by_need)),
        traps=traps,
    )


def _stage_fields(label: dict[str, Text]) -> tuple[Any, ...]:
    stages = tuple(Place(i, text) for i, text in label.items())
    return (
        field("count", "条数", "Number", "count", items=("threads",)),
        field("share", "占比", "Share", "share", items=("broker",)),
        field("stage", "阶段", "Stage", type="choice", options=stages, items=("stage",)),
        field("need", "条件", "Need", type="choice", options=places(*_NEEDS), items=("missing",)),
    )


def _tie_sheet(ties: list[Tie]) -> Any:
    cols = columns(("us", "我方", "Our side", "text"), ("them", "客户方", "Their side", "text"),
                   ("level", "对方层级", "Their level", "number"),
                   ("strength", "强度（0–4）", "Strength (0–4)", "number"))  # fmt: skip
    rows = [(OURS[us], THEIRS[them][1], THEIRS[them][0], s) for us, them, s in ties]
    title = Text("谁和谁有来往（每人代表一个职能）", "Who deals with whom (one a function)")
    return sheet(title, cols, rows)


def _ladder_sheet(scheme: RelationshipScheme, said: dict[str, Text]) -> Any:
    cols = columns(("stage", "阶段", "Stage", "text"),
                   ("needs", "要满足（连同之前各级的）", "Needs (and those before)",
                    "text"))  # fmt: skip
    rows = []
    for step in scheme.stages:
        zh, en = zip(*(_need(n.indicator, n.value, said) for n in step.needs), strict=True)
        rows.append((Text(step.label["zh"], step.label["en"]), Text("；".join(zh), "; ".join(en))))
    return sheet(Text("阶段梯", "The ladder"), cols, rows)


def _need(indicator: str, value: float, said: dict[str, Text]) -> tuple[str, str]:
    counted = {
        "any_ties": ("有一条来往", "any tie"),
        "our_people": (f"我方 {value:g} 人有有效连线", f"{value:g} of us with a live thread"),
        "levels_them": (f"连上对方 {value:g} 个层级", f"{value:g} of their levels linked"),
    }
    if indicator in counted:
        return counted[indicator]
    text = said[indicator]
    return text.zh, text.en[:1].lower() + text.en[1:]


_FLAWS = ("no_owner", "no_due", "too_late", "wrong_step", "slogan")
_VERDICTS = places(
    ("fine", "可以照办", "Fine as it is"),
    ("no_owner", "没有落到一个人", "No one person owns it"),
    ("no_due", "没有日期", "No date"),
    ("too_late", "晚于目标日", "Due after the target day"),
    ("wrong_step", "是更高阶段的事，先放一放", "Belongs to a later stage: not yet"),
    ("slogan", "不是行动，做没做看不出来", "Not an action: nobody can see it done"),
    ("too_fast", "目标日太近，改日期或降目标", "Target too near: move the day or lower it"),
)
_WORKERS = (
    Text("陈立", "Chen Li"), Text("林桥", "Lin Qiao"), Text("周舟", "Zhou Zhou"),
    Text("许原", "Xu Yuan"), Text("何山", "He Shan"), Text("罗兰", "Luo Lan"),
)  # fmt: skip
_GROUPS = (Text("销售部", "Sales department"), Text("项目组全体", "The whole project team"),
           Text("技术、服务", "Engineering, service"))  # fmt: skip
_VAGUE = (Text("尽快", "as soon as possible"), Text("常年", "all year round"),
          Text("待定", "to be agreed"))  # fmt: skip
STEP_DAYS = 180


def worksheet(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A colleague's stage worksheet: which line stands, what is wrong with the others.

    Source: S104 (where now, where by when, five actions); one step takes 180 days, house (as
    :func:`kamkit.methods.relationship.stage_worksheet`).
    """
    scheme = relationship_scheme()
    now, target = draw.choice([("early", "mid"), ("mid", "partnership"), ("early", "partnership")])
    steps = scheme.place(target) - scheme.place(now)
    tight = draw.choice([True, False])
    months = draw.integer(3, 5) if tight else draw.integer(7, 9)
    months *= steps
    verdicts = ["fine", *_FLAWS]
    good = [s for s in scheme.suggestions if now != s.to and s.indicator
            and scheme.place(now) < scheme.place(s.to) <= scheme.place(target)]  # fmt: skip
    later = [s for s in scheme.suggestions if s.to == "synergistic"]
    hints, spare = draw.shuffled(good), draw.choice(later)
    people, key, items = draw.sample(_WORKERS, 6), {}, []
    items.append(_target_line(scheme, now, target, months))
    key["target"] = "too_fast" if tight else "fine"
    for k, verdict in enumerate(draw.shuffled(verdicts)):
        key[LETTERS[k]] = verdict
        hint = spare if verdict in ("wrong_step", "slogan") else hints.pop()
        items.append(_action(draw, LETTERS[k], verdict, hint, people[k], months))
    flaws = [v for v in key.values() if v != "fine"]
    label = {s.id: Text(s.label["zh"], s.label["en"]) for s in scheme.stages}
    return Variant(
        key={i: one_of(v) for i, v in key.items()},
        words={
            "account": cell(names(draw, 1)[0]), "now": cell(label[now]), "steps": steps,
            "target": cell(label[target]), "months": months, "needed": steps * STEP_DAYS // 30,
            "n_flaws": len(flaws), "n_fine": len(key) - len(flaws),
            "tight": pair("太近", "too near") if tight else pair("够用", "far enough"),
            "sound": listed([i.text for i in items if key[i.id] == "fine"]),
        },
        items=tuple(items),
        places=_VERDICTS,
        traps=_worksheet_traps(key),
    )  # fmt: skip


def _worksheet_traps(key: dict[str, str]) -> dict[str, dict[str, str]]:
    """Each flaw overlooked; all taken as fine; the day taken the other way."""
    traps = {f"{v}_fine": {i: "fine"} for i, v in key.items() if v in _FLAWS}
    traps["all_fine"] = dict.fromkeys(key, "fine")
    traps["day"] = {"target": "fine" if key["target"] == "too_fast" else "too_fast"}
    for i, v in key.items():
        if v == "slogan":
            traps["slogan_later"] = {i: "wrong_step"}
        if v == "wrong_step":
            traps["later_slogan"] = {i: "slogan"}
    return traps


def _day(months: int) -> str:
    """The last day of the month so many months after 30 June 2026."""
    year, month = divmod(2026 * 12 + 5 + months, 12)
    last = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month]
    return f"{year}-{month + 1:02d}-{last:02d}"


def _target_line(scheme: RelationshipScheme, now: str, target: str, months: int) -> Item:
    a, b = (scheme.stages[scheme.place(s)].label for s in (now, target))
    return Item(
        "target",
        Text(f"目标：从{a['zh']}到{b['zh']}", f"Target: from {a['en']} to {b['en']}"),
        Text(f"目标日 {_day(months)}", f"By {_day(months)}"),
    )


def _action(draw: Draw, name: str, verdict: str, hint: Any, who: Text, months: int) -> Item:
    """One line of the worksheet, sound but for its flaw."""
    given = hint.text
    if verdict == "slogan":
        given = draw.choice(pool("m04_stage")["slogans"])
    if verdict == "no_owner":
        who = draw.choice(_GROUPS)
    on = _day(draw.integer(1, months - 1))
    due = Text(on, on)
    if verdict == "too_late":
        on = _day(months + draw.integer(1, 3))
        due = Text(on, on)
    if verdict == "no_due":
        due = draw.choice(_VAGUE)
    return Item(
        name,
        Text(given["zh"], given["en"]),
        Text(f"负责：{who.zh}；日期：{due.zh}", f"Owner: {who.en}; due: {due.en}"),
    )
