"""The yearly list on the general manager's desk, groups added up, and RFM codes (S022, S041)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Accept, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    column,
    company,
    company_names,
    listed,
    named_items,
    trees,
)
from kamkit.exercises.recipes.m01_rules import rule_sheet
from kamkit.exercises.recipes.parts import cell, money, one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import account_values, reclassification, rfm_codes
from kamkit.schemes import load_scheme

_VERDICT = {
    "not_needed": "keep",
    "approved": "approve",
    "needs_approver": "wait",
    "blocked_no_reason": "return",
    "blocked_open": "rule_first",
}
# What each proposal lacks: class last year and this year, reason, whether it is signed.
_PROPOSALS = {
    "up_ready": ("main", "key", "checkable", True),
    "up_feeling": ("general", "main", "empty", True),
    "up_unsigned": ("general", "main", "checkable", False),
    "down_ready": ("key", "main", "checkable", True),
    "down_silent": ("main", "general", "", True),
    "down_feeling": ("key", "main", "empty", True),
    "up_bare": ("main", "key", "", False),
    "open_signed": ("main", "open", "checkable", True),
    "same": ("key", "key", "", False),
}


def _reason(draw: Draw, kind: str, old: str, new: str) -> Text:
    """A written reason of that kind that fits the move."""
    if not kind:
        return Text("（空白）", "(blank)")
    order = (*load_scheme("elevator").member_ids, "open")
    down = new != "open" and order.index(new) > order.index(old)
    to = f"lower_{new}" if down else new
    return read_text(draw.choice([r for r in pool("m01_reasons")[kind] if r["to"] == to]))


def _class_cell(member: str) -> dict[str, str]:
    if member == "open":
        return cell(Text("规则未定", "not decided by the rule"))
    return dict(load_scheme("elevator").member(member).labels)


_LINES = (
    column("name", "客户", "Account"),
    column("old", "去年", "Last year"),
    column("new", "今年（按规则）", "This year (by the rule)"),
    column("reason", "书面理由", "Written reason"),
    column("signed", "总经理签字", "General manager"),
)
_Proposal = tuple[str, str, str, bool]


def _verdicts(
    ids: str, proposals: list[_Proposal], reasons: list[Text], day: str
) -> dict[str, str]:
    """What the yearly comparison says of every line; a reason nobody can check counts as none."""
    old = pd.DataFrame({"account_id": list(ids), "member": [p[0] for p in proposals]})
    new = pd.DataFrame(
        {
            "account_id": list(ids),
            "member": ["" if p[1] == "open" else p[1] for p in proposals],
            "status": ["open" if p[1] == "open" else "classified" for p in proposals],
        }
    )
    given = pd.DataFrame(
        {
            "account_id": list(ids),
            "reason": [
                r.zh if p[2] == "checkable" else "" for p, r in zip(proposals, reasons, strict=True)
            ],
            "approver_id": ["gm" if p[3] else "" for p in proposals],
            "approved_on": [day if p[3] else "" for p in proposals],
        }
    )
    moves = reclassification(old, new, scheme=load_scheme("elevator"), decisions=given).moves
    return dict(zip(moves["account_id"], moves["approval"].map(_VERDICT), strict=True))


def _slips(pairs: list[tuple[str, _Proposal]], found: dict[str, str]) -> dict[str, dict[str, str]]:
    """Whole answers of those who skip one of the four questions."""
    order = (*load_scheme("elevator").member_ids, "open")
    down = {i: p[1] != "open" and order.index(p[1]) > order.index(p[0]) for i, p in pairs}

    def answered(place: str, flags: dict[str, bool]) -> dict[str, str]:
        return {i: place if flags[i] else found[i] for i, _ in pairs}

    return {
        "signature_is_enough": answered("approve", {i: p[3] and p[0] != p[1] for i, p in pairs}),
        "any_words": answered("approve", {i: p[2] == "empty" for i, p in pairs}),
        "down_is_free": answered("approve", down),
        "open_is_a_move": answered("approve", {i: p[1] == "open" for i, p in pairs}),
        "wait_for_all": answered("wait", {i: found[i] == "return" for i, _ in pairs}),
        "back_for_all": answered("return", {i: found[i] == "wait" for i, _ in pairs}),
        "approve_same": answered("approve", {i: p[0] == p[1] for i, p in pairs}),
        "same_needs_paper": answered("return", {i: p[0] == p[1] for i, p in pairs}),
        "same_waits": answered("wait", {i: p[0] == p[1] for i, p in pairs}),
        "unsigned_passes": answered("approve", {i: found[i] == "wait" for i, _ in pairs}),
        "open_sent_back": answered("return", {i: p[1] == "open" for i, p in pairs}),
    }


def approvals(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven lines of the yearly reclassification: keep, approve, send back, wait, or fix the rule.

    A reason that nobody can check counts as none. Source: S040, S041;
    :func:`reclassification`; that such a reason is none is house.
    """
    fixed = ["up_ready", "down_silent", "open_signed", "same", draw.choice(("up_feeling",
             "down_feeling")), "up_unsigned", draw.choice(("down_ready", "up_bare"))]  # fmt: skip
    kinds = draw.shuffled(fixed)
    names = company_names(draw, len(kinds))
    ids = LETTERS[: len(kinds)]
    proposals = [_PROPOSALS[k] for k in kinds]
    reasons = [_reason(draw, p[2], p[0], p[1]) for p in proposals]
    day = f"2026-0{draw.integer(2, 4)}-{draw.integer(10, 28)}"
    found = _verdicts(ids, proposals, reasons, day)
    signed = [Text(f"已签 {day[5:]}", f"signed {day[5:]}") if p[3] else Text("—", "–")
              for p in proposals]  # fmt: skip
    rows = tuple(
        (cell(n), _class_cell(p[0]), _class_cell(p[1]), cell(r), cell(s))
        for n, p, r, s in zip(names, proposals, reasons, signed, strict=True)
    )
    verdicts = list(found.values())
    return Variant(
        key={i: one_of(v) for i, v in found.items()},
        words={
            "n": len(kinds), "ready": verdicts.count("approve"), "back": verdicts.count("return"),
            "wait": verdicts.count("wait"), "keep": verdicts.count("keep"),
            "rule": verdicts.count("rule_first"),
            "returned": listed(n for n, i in zip(names, ids, strict=True) if found[i] == "return"),
        },
        items=named_items(names),
        sheets=(
            Sheet(
                Text("年度归类变动表", "Yearly list of changes"),
                _LINES,
                rows,
            ),
            rule_sheet(),
        ),
        traps=_slips(list(zip(ids, proposals, strict=True)), found),
    )  # fmt: skip


def _told_apart(draw: Draw) -> list[tuple[int, float, bool]]:
    """Firms of five groups whose totals rank otherwise than their means or namesakes do."""
    for _ in range(40):
        firms = _group_firms(draw)
        sums = [sum(v for g, v, _ in firms if g == h) for h in range(5)]
        means = [sums[h] / sum(g == h for g, _, _ in firms) for h in range(5)]
        names = [sum(v for g, v, bears in firms if g == h and bears) for h in range(5)]
        if _ranked(sums) not in (_ranked(means), _ranked(names)):
            break
    return firms


def _group_firms(draw: Draw) -> list[tuple[int, float, bool]]:
    """Firms of five groups: group, sales (yuan), whether it bears the group's name.

    The first place goes to a group of three middling firms, not to the largest single firm.
    """
    totals = sorted(draw.sample(range(14, 40), 5), reverse=True)
    splits = [3, *draw.shuffled((3, 2, 2, 2))]
    places = [0, *draw.shuffled(range(1, 5))]
    found = []
    for g, place in enumerate(places):
        parts = draw.shuffled(_split(draw, totals[place] * 100, splits[g]))
        found += [(g, part * 10_000.0, k == 0) for k, part in enumerate(parts)]
    return found


_FIRMS = (
    column("name", "客户（开票单位）", "Firm invoiced"),
    column("group", "所属集团", "Group"),
    column("sales", "去年销售额", "Sales last year", "money"),
)


def rollup(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Twelve firms of five groups that buy centrally: rank the groups by what they buy.

    Sales of a group are added up under its parent. Source: S032, S037;
    :func:`account_values` with ``roll_up``.
    """
    seats = draw.shuffled(range(5))
    firms = [(seats[g], v, bears) for g, v, bears in _told_apart(draw)]
    names = trees(draw, 5 + len(firms))
    groups = [Text(f"{t.zh}集团", f"{t.en} Group") for t in names[:5]]
    labels = [
        company(draw, names[g] if bears else names[5 + k]) for k, (g, _, bears) in enumerate(firms)
    ]
    ids = [f"f{k:02d}" for k in range(len(firms))]
    tree = pd.DataFrame(
        {
            "account_id": [*ids, *(f"g{g}" for g in range(5))],
            "parent_id": [*(f"g{g}" for g, _, _ in firms), *([None] * 5)],
        }
    )
    years = pd.DataFrame({"account_id": ids, "year": 2025, "revenue": [v for _, v, _ in firms]})
    merged = account_values(years, tree, value="revenue", year=2025, roll_up=True)
    by_group = dict(zip(merged["account_id"], merged["revenue"], strict=True))
    sums = [float(by_group[f"g{g}"]) for g in range(5)]
    largest = [max(v for h, v, _ in firms if h == g) for g in range(5)]
    named = [sum(v for h, v, bears in firms if h == g and bears) for g in range(5)]
    counts = [sum(h == g for h, _, _ in firms) for g in range(5)]
    lines = [
        (cell(label), cell(groups[g]), v) for label, (g, v, _) in zip(labels, firms, strict=True)
    ]
    right = _ranked(sums)
    top, biggest = right[0], _ranked(largest)[0]
    return Variant(
        key={"order": Accept(order=tuple((LETTERS[g],) for g in right))},
        words={
            "n": len(firms), "groups": 5, "first": cell(groups[top]),
            "first_sum": money(sums[top]), "largest": cell(groups[biggest]),
            "largest_firm": money(largest[biggest]), "place": right.index(biggest) + 1,
        },
        items=named_items(groups),
        sheets=(
            Sheet(
                Text("客户名单与所属集团", "Firms and the groups they belong to"),
                _FIRMS,
                tuple(draw.shuffled(lines)),
                "CNY",
            ),
        ),
        traps={
            "as_offered": {"order": list(LETTERS[:5] if right != [*range(5)] else "bcdea")},
            "upside_down": {"order": [LETTERS[g] for g in _ranked([-s for s in sums])]},
            "largest_firm": {"order": [LETTERS[g] for g in _ranked(largest)]},
            "own_name": {"order": [LETTERS[g] for g in _ranked(named)]},
            "average": {
                "order": [LETTERS[g] for g in _ranked(
                    [s / n for s, n in zip(sums, counts, strict=True)])]
            },
        },
    )  # fmt: skip


def _split(draw: Draw, total: int, parts: int) -> list[int]:
    """Whole amounts that add up to the total: two are lopsided, three are alike."""
    if parts == 2:
        big = round(total * draw.real(0.72, 0.86, 2))
        return [big, total - big]
    first = round(total * draw.real(0.3, 0.36, 2))
    second = round(total * draw.real(0.3, 0.36, 2))
    return [first, second, total - first - second]


def _ranked(values: list[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda k: (-values[k], k))


# By kind: months since the last order, orders and amount (10,000 yuan) in twelve months.
_RFM = {
    "keep": ((0, 1), (14, 30), (420, 900)),
    "win_back": ((7, 8), (12, 18), (420, 900)),
    "newcomer": ((0, 1), (1, 2), (300, 700)),
    "small": ((0, 2), (18, 36), (8, 30)),
    "framework": ((7, 11), (1, 1), (900, 2_600)),
}
_BREAKS: dict[str, Any] = {
    "recency": [("<", 2), ("<", 4), ("<", 7), ("<", 9)],
    "frequency": [(">=", 12), (">=", 8), (">=", 5), (">=", 3)],
    "monetary": [(">=", 400), (">=", 200), (">=", 100), (">=", 50)],
}


_CONTRACT = {
    True: Text("三年框架，每年集中下一单", "Three-year framework, one order a year"),
    False: Text("零散订单", "Single orders"),
}
_PURCHASES = (
    column("name", "客户", "Account"),
    column("contract", "怎么买", "How it buys"),
    column("first", "首次下单（几个月前）", "First order (months ago)", "number", 0),
    column("months", "距上次下单（月）", "Months since last order", "number", 0),
    column("orders", "近 12 个月订单数", "Orders in 12 months", "number", 0),
    column("amount", "近 12 个月金额", "Amount in 12 months", "money"),
    column("code", "RFM 码", "RFM code"),
)

# How people misread the codes: the place they choose for which kind of account.
_MISREAD: dict[str, dict[str, str]] = {
    "code_at_its_word": {"framework": "win_back"},
    "framework_small": {"framework": "newcomer"},
    "silence_missed": {"win_back": "keep"},
    "often_is_big": {"small": "keep"},
    "few_is_nothing": {"newcomer": "small"},
    "framework_by_code": {"framework": "small"},
    "framework_kept": {"framework": "keep"},
    "given_up": {"win_back": "small"},
    "newcomer_kept": {"newcomer": "keep"},
    "no_code_at_all": {k: "framework" for k in _RFM if k != "framework"},
}


def codes(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven accounts with RFM codes: what to do, and where the code says nothing.

    The codes are scored by fixed breaks. Source: S022; Hughes 1994; :func:`rfm_codes`. What to
    do about a code is house.
    """
    kinds = draw.shuffled([*_RFM, *draw.sample(list(_RFM), 2)])
    names = company_names(draw, len(kinds))
    figures = []
    for kind in kinds:
        months, orders, amount = _RFM[kind]
        figures.append((draw.integer(*months), draw.integer(*orders), draw.integer(*amount)))
    table = pd.DataFrame(figures, columns=["recency_months", "frequency", "monetary"])
    scored = rfm_codes(table.assign(account_id=list(LETTERS[: len(kinds)])), **_BREAKS)
    text = scored["rfm"].astype(str).tolist()
    total = [sum(int(c) for c in code) for code in text]
    best = sorted(range(len(kinds)), key=lambda k: -total[k])
    by_sum = {LETTERS[k]: "keep" if place < 3 else "small" for place, k in enumerate(best)}
    since = [m + draw.integer(1, 2) if k == "newcomer" else draw.integer(26, 70)
             for k, (m, _, _) in zip(kinds, figures, strict=True)]  # fmt: skip
    rows = tuple(
        (cell(n), cell(_CONTRACT[kind == "framework"]), s, m, f, a * 10_000.0, code)
        for n, kind, s, (m, f, a), code in zip(names, kinds, since, figures, text, strict=True)
    )
    ids = LETTERS[: len(kinds)]

    def answers(swap: dict[str, str]) -> dict[str, str]:
        return {i: swap.get(k, k) for i, k in zip(ids, kinds, strict=True)}

    framework = kinds.index("framework")
    return Variant(
        key={i: one_of(k) for i, k in zip(ids, kinds, strict=True)},
        words={
            "n": len(kinds), "framework": cell(names[framework]),
            "framework_code": text[framework], "framework_sum": total[framework],
            "framework_amount": money(figures[framework][2] * 10_000.0),
            "win_back": cell(names[kinds.index("win_back")]),
            "win_back_code": text[kinds.index("win_back")],
        },
        items=named_items(names),
        sheets=(
            Sheet(
                Text("七家客户的采购记录与 RFM 码", "Seven accounts: purchases and RFM codes"),
                _PURCHASES,
                rows,
                "CNY",
            ),
        ),
        traps={
            "summed": by_sum,
            **{name: answers(swap) for name, swap in _MISREAD.items()},
        },
    )  # fmt: skip
