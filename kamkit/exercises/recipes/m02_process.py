"""Recipes of the selling process: stage cards, exit evidence, the stage that evidence supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, listed, names, places, sheet
from kamkit.exercises.recipes.parts import cell, one_of, pair, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.schemes import Ladder, load_ladder

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw
    from kamkit.schemes.model import Labels

LETTERS = "abcdefghijklmnop"
_FIELDS = places(
    ("features", "阶段特点", "Features"),
    ("techniques", "销售技术", "Techniques"),
    ("sales_laws", "销售规律", "Sales laws"),
    ("management_goal", "管理目标", "Management goal"),
    ("key_tasks", "关键任务", "Key tasks"),
    ("customer_skills", "面对客户的技能", "Customer-facing skills"),
    ("tools", "流程工具", "Process tools"),
)
_MEANING = (
    ("features", "这一步本来是什么样子", "what this step is like"),
    ("techniques", "办事的方法：怎样做更有效", "ways of working that get further"),
    ("sales_laws", "经验里反复出现的规律", "what experience shows again and again"),
    (
        "management_goal",
        "走完这一步该有的状态，能验收",
        "how things stand at its end; can be checked",
    ),
    ("key_tasks", "必须办完、能打勾的事", "work that must be done and can be ticked off"),
    (
        "customer_skills",
        "当着客户的面说和问的本事，要练",
        "what one must master face to face, by practice",
    ),
    ("tools", "用得上的表格和清单", "sheets and lists to use"),
)
# The border isn't sharp: a way of working can be written down as a task, a task described as a
# way of working, and how to talk is a way of working, too.
_ALSO = {
    "techniques": ("key_tasks", "customer_skills"),
    "key_tasks": ("techniques",),
    "customer_skills": ("techniques",),
}
# Skills that one can also tick off: winning the appointment, presenting the bid.
_TICKED = {("prepared", 0), ("bid", 1)}
_CARD_STAGES = ("lead", "prepared", "qualified", "solution", "presented", "bid", "negotiation")
_EXTRA = ("features", "sales_laws", "key_tasks", "customer_skills", "tools")


def _text(label: Labels) -> Text:
    return Text(label["zh"], label["en"])


def stage_card(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Nine lines of one stage's card, to be put under the seven fields.

    Source: S139 (the fields); the lines are house (by :func:`kamkit.schemes.load_ladder`).
    """
    stage = load_ladder("house").stage(draw.choice(_CARD_STAGES))
    lines = {f: draw.shuffled(stage.card[f]) for f in stage.card}
    extra = draw.sample([f for f in _EXTRA if len(lines[f]) > 1], 2)
    ticked = [stage.card["customer_skills"][k] for s, k in sorted(_TICKED) if s == stage.id]
    if lines["customer_skills"][0] in ticked and "customer_skills" not in extra:
        extra = ["customer_skills", extra[1]]  # one skill at least that is no task
    chosen = [(f, lines[f][0]) for f in lines] + [(f, lines[f][1]) for f in extra]
    order = draw.shuffled(chosen)
    ids = LETTERS[: len(order)]
    fields = {i: f for i, (f, _) in zip(ids, order, strict=True)}
    key = {
        i: one_of(f, *_ALSO.get(f, ()), *(["key_tasks"] if line in ticked else []))
        for i, (f, line) in zip(ids, order, strict=True)
    }
    moved = {
        "tool_as_task": {"tools": "key_tasks"},
        "goal_as_task": {"management_goal": "key_tasks"},
        "task_as_goal": {"key_tasks": "management_goal"},
        "law_as_feature": {"sales_laws": "features", "features": "sales_laws"},
        "skill_as_task": {"customer_skills": "key_tasks"},
        "technique_as_law": {"techniques": "sales_laws", "sales_laws": "techniques"},
    }
    traps = {n: {i: m.get(f, f) for i, f in fields.items()} for n, m in moved.items()}
    shown = [(p.text, Text(zh, en)) for p, (_, zh, en) in zip(_FIELDS, _MEANING, strict=True)]
    cols = columns(("field", "栏目", "Field", "text"), ("asks", "写什么", "What it holds", "text"))
    words: dict[str, Any] = {"stage": pair(stage.label["zh"], stage.label["en"]), "n": len(ids)}
    for f in stage.card:
        words[f] = _quoted([_text(line) for g, line in order if g == f])
    return Variant(
        key=key,
        words=words,
        items=tuple(Item(i, _text(t)) for i, (_, t) in zip(ids, order, strict=True)),
        places=_FIELDS,
        sheets=(sheet(Text("七个栏目", "The seven fields"), cols, shown),),
        traps=traps,
    )


def _quoted(texts: list[Text]) -> dict[str, str]:
    return pair("；".join(t.zh for t in texts), "; ".join(t.en for t in texts))


_GRADES = places(
    ("holds", "证据成立，可以推进", "Holds: move on"),
    ("said", "客户口头说过，要落到纸上", "Customer's word only: get it in writing"),
    ("ours", "只是我们的看法或动作，出口证据没有", "Only our view or doing, no exit evidence"),
    ("unknown", "没人问过，也没有看法：先去问", "Nobody has asked or has a view: go and ask"),
    ("contra", "客户已经说不", "The customer has said no"),
)
_MIX = ("holds", "holds", "holds", "said", "said", "ours", "ours", "unknown", "unknown", "contra")


def _exit_sheet(ladder: Ladder) -> Sheet:
    cols = columns(
        ("stage", "阶段", "Stage", "text"), ("exit", "出口证据", "Exit evidence", "text")
    )
    rows = [(_text(s.label), _text(s.exit[0])) for s in ladder.stages if s.id in ladder.open_ids]
    return sheet(Text("销售阶段和出口证据", "Stages and exit evidence"), cols, rows)


def exit_evidence(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Ten deals and what is known of each: how good is the evidence that the stage is over.

    Source: S138, S139; field practice (verifiable exit criteria); grades house.
    """
    ladder, known = load_ladder("sample"), pool("m02_evidence")["known"]
    stages = ladder.open_ids
    used = {k: draw.shuffled(stages) for k in known}
    # Every deal shows another line: within a grade the stages differ.
    deals = [(k, used[k][_MIX[:n].count(k)]) for n, k in enumerate(_MIX)]
    deals = draw.shuffled(deals)
    ids, called = LETTERS[: len(deals)], names(draw, len(deals))
    grade = {i: k for i, (k, _) in zip(ids, deals, strict=True)}
    moved = {
        "word_is_proof": {"said": "holds"},
        "hope_is_proof": {"ours": "holds"},
        "unknown_is_no": {"unknown": "contra"},
        "ours_is_theirs": {"ours": "said"},
        "no_is_unknown": {"contra": "unknown"},
        "said_is_ours": {"said": "ours"},
        "unknown_is_ours": {"unknown": "ours"},
        "proof_doubted": {"holds": "said"},
    }
    items = []
    for i, called_, (k, s) in zip(ids, called, deals, strict=True):
        label, fact = ladder.stage(s).label, known[k][s]
        items.append(
            Item(
                i,
                Text(f"{called_.zh}（{label['zh']}）", f"{called_.en} ({label['en']})"),
                Text(fact["zh"], fact["en"]),
            )
        )
    by_grade = {
        k: listed([n for n, (g, _) in zip(called, deals, strict=True) if g == k]) for k in known
    }
    return Variant(
        key={i: one_of(k) for i, k in grade.items()},
        words={"n": len(ids), "n_holds": _MIX.count("holds"), **by_grade},
        items=tuple(items),
        places=_GRADES,
        sheets=(_exit_sheet(ladder),),
        traps={n: {i: m.get(k, k) for i, k in grade.items()} for n, m in moved.items()},
    )


def supported(grades: list[str]) -> int:
    """Position of the stage that evidence supports: the first whose exit has no document.

    >>> supported(["doc", "doc", "said", "doc"])
    2
    """
    return next((k for k, g in enumerate(grades) if g != "doc"), len(grades))


# Grades of the four exits before signing, and how far the system is ahead of the evidence.
_PATTERNS = (
    (("doc", "doc", "doc", "doc"), 0),
    (("doc", "doc", "doc", "ours"), 1),
    (("doc", "doc", "said", "none"), 1),
    (("doc", "doc", "none", "doc"), 2),  # an invitation without any request for a quotation
    (("doc", "said", "ours", "none"), 2),
    (("doc", "none", "doc", "none"), 2),  # a tender file without need and money confirmed
    (("said", "ours", "none", "none"), 1),
    (("doc", "doc", "doc", "none"), -1),  # the system lags behind
)


def move_deals(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Eight deals with facts by stage: the stage that the evidence supports.

    Source: S135, S138; the rule (the first exit without a document) is house.
    """
    ladder, brief = load_ladder("sample"), pool("m02_evidence")["brief"]
    stages = ladder.open_ids
    rows = draw.shuffled(_PATTERNS)
    ids, called = LETTERS[: len(rows)], names(draw, len(rows))
    at = {i: supported(list(g)) for i, (g, _) in zip(ids, rows, strict=True)}
    crm = {i: min(4, max(0, at[i] + ahead)) for i, (_, ahead) in zip(ids, rows, strict=True)}
    told = {i: _furthest(g, ("doc", "said")) for i, (g, _) in zip(ids, rows, strict=True)}
    hoped = {i: _furthest(g, ("doc", "said", "ours")) for i, (g, _) in zip(ids, rows, strict=True)}
    last = {i: max((k + 1 for k, x in enumerate(g) if x == "doc"), default=0)
            for i, (g, _) in zip(ids, rows, strict=True)}  # fmt: skip
    shown = []
    for i, name, (grades, _) in zip(ids, called, rows, strict=True):
        facts = [_fact(draw, brief, g, s) for g, s in zip(grades, stages[:4], strict=True)]
        shown.append((name, *facts, _text(ladder.stage(stages[crm[i]]).label)))
    heads = [(s, *_pair(ladder.stage(s).label), "text") for s in stages[:4]]
    cols = columns(("name", "商机", "Deal", "text"), *heads,
                   ("crm", "系统里的阶段", "Stage in the system", "text"))  # fmt: skip
    over = [n for i, n in zip(ids, called, strict=True) if crm[i] > at[i]]
    gaps = [n for i, n in zip(ids, called, strict=True) if last[i] > at[i]]
    return Variant(
        key={i: one_of(stages[k]) for i, k in at.items()},
        words={"n": len(ids), "n_over": len(over), "over": listed(over), "gaps": listed(gaps)},
        items=tuple(Item(i, n) for i, n in zip(ids, called, strict=True)),
        places=tuple(Place(s, _text(ladder.stage(s).label)) for s in stages),
        sheets=(
            sheet(
                Text("各步出口手里有什么（都没签约）", "In hand for each exit (none is signed)"),
                cols,
                shown,
            ),
            _exit_sheet(ladder),
        ),
        traps={
            name: {i: stages[k] for i, k in found.items()}
            for name, found in (("crm", crm), ("told", told), ("hoped", hoped), ("last", last))
        },
    )


def _pair(label: Labels) -> tuple[str, str]:
    return label["zh"], label["en"]


def _furthest(grades: tuple[str, ...], good: tuple[str, ...]) -> int:
    return next((k for k, g in enumerate(grades) if g not in good), len(grades))


def _fact(draw: Draw, brief: Any, grade: str, stage: str) -> Text:
    if grade == "none":
        return Text("—", "—")
    found = draw.choice(brief[grade][stage])
    return Text(found["zh"], found["en"])


_SLIP_WORDS = {
    "past_close_date": Text("预计签约日已过", "planned day has passed"),
    "no_next_step": Text("没有下一步", "no next step"),
    "stalled": Text("停留过久", "stalled"),
    "no_contact": Text("60 天没人联系", "no contact for 60 days"),
    "missing_amount": Text("没填金额", "no amount"),
    "closed_without_reason": Text("已关闭，没写原因", "closed without a reason"),
}
WAN = 10_000


def hygiene_order(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven deals with findings, to be put in the order in which to deal with them.

    Source: house (:func:`kamkit.methods.funnel.hygiene`: open money first, unknown amounts
    after known ones, closed deals last).
    """
    amounts = until(
        lambda: sorted((10 * draw.integer(3, 90) for _ in range(5)), reverse=True),
        lambda a: min(x - y for x, y in zip(a, a[1:], strict=False)) >= 40,
    )
    findings: list[tuple[str, ...]] = [
        ("past_close_date",), ("no_next_step",), ("stalled",),
        ("past_close_date", "no_next_step", "no_contact"), ("past_close_date", "stalled"),
        ("missing_amount", "no_next_step"), ("closed_without_reason",),
    ]  # fmt: skip
    late = [draw.integer(4, 15), 0, 0, draw.integer(30, 60),
            draw.integer(150, 220), 0, 0]  # fmt: skip
    money = [float(a * WAN) for a in amounts] + [float("nan"), 10.0 * WAN * draw.integer(110, 180)]
    called = names(draw, 7)
    ids = LETTERS[:7]
    order = draw.shuffled(range(7))
    best = list(ids)
    closed = Text("已丢单", "lost")
    open_ = Text("进行中", "open")
    rows = [
        (
            called[k],
            open_ if k < 6 else closed,
            money[k],
            _quoted_cells(findings[k]),
            late[k] or float("nan"),
        )
        for k in order
    ]
    cols = columns(("name", "商机", "Deal", "text"), ("status", "状态", "Status", "text"),
                   ("amount", "金额", "Amount", "money"), ("found", "查出的问题", "Found", "text"),
                   ("late", "过期天数", "Days past plan", "number"))  # fmt: skip
    by_amount = [ids[k] for k in (6, 0, 1, 2, 3, 4, 5)]
    by_late = [ids[k] for k in sorted(range(7), key=lambda k: (-late[k], -_zero(money[k])))]
    by_count = [
        ids[k] for k in sorted(range(7), key=lambda k: (-len(findings[k]), -_zero(money[k])))
    ]
    unknown = [ids[k] for k in (5, 0, 1, 2, 3, 4, 6)]
    return Variant(
        key={"order": Accept(order=tuple((i,) for i in best), best=tuple(best))},
        words={
            "n": 7, "first": cell(called[0]), "second": cell(called[1]), "closed": cell(called[6]),
            "blank": cell(called[5]), "late": cell(called[4]), "many": cell(called[3]),
            "right": listed(called),
        },
        items=tuple(Item(ids[k], called[k]) for k in order),
        sheets=(sheet(Text("漏斗体检清单", "Findings on the deal list"), cols, rows),),
        traps={
            "by_amount": {"order": by_amount}, "by_late": {"order": by_late},
            "by_count": {"order": by_count}, "unknown_first": {"order": unknown},
            "upside_down": {"order": best[::-1]},
        },
    )  # fmt: skip


def _zero(amount: float) -> float:
    return 0.0 if amount != amount else amount


def _quoted_cells(codes: tuple[str, ...]) -> Text:
    found = [_SLIP_WORDS[c] for c in codes]
    return Text("；".join(t.zh for t in found), "; ".join(t.en for t in found))
