"""Recipe of a goal sheet with planted faults: which kind does each goal have, if any?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kamkit.exercises.model import Item, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, listed, money, places, sheet
from kamkit.exercises.recipes.m06_people import people_names
from kamkit.exercises.recipes.parts import cell, one_of

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

AS_OF, DUE = "2026-01-15", "2026-12-31"
KINDS = {
    "not_measurable": "measure", "no_owner": "owner", "owner_gone": "owner", "no_date": "date",
    "date_past": "date", "later_than_parent": "date", "sums_differ": "sum",
    "counted_twice": "twice", "outside_bounds": "bounds",
}  # fmt: skip
_PLACES = (
    ("ok", "没毛病", "Nothing wrong"), ("measure", "没法衡量", "Can't be measured"),
    ("owner", "没人负责", "Nobody owns it"), ("date", "日期不对", "Date is wrong"),
    ("sum", "合计对不上", "Parts don't add up"), ("twice", "重复计算", "Counted twice"),
    ("bounds", "超出上下限", "Outside its bounds"),
)  # fmt: skip
_VAGUE = (
    Text("明显提高", "clearly more"), Text("争取突破", "a breakthrough"),
    Text("不低于同行", "no less than others"), Text("稳步增长", "steady growth"),
)  # fmt: skip
GOALS = ("g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9")
Row = dict[str, Any]


def _sound(draw: Draw) -> list[Row]:
    """A tree without a fault: company, two teams, two people each; accounts and satisfaction."""
    people = [draw.integer(30, 90) * 10 for _ in range(4)]
    teams = [people[0] + people[1], people[2] + people[3]]
    figures = [sum(teams), *teams, *people]
    scopes = ["company", "team", "team", *["member"] * 4]
    whom = ["us", "t1", "t2", "m1", "m2", "m3", "m4"]
    owners = ["boss", "l1", "l2", "m1", "m2", "m3", "m4"]
    above = ["", "g1", "g1", "g2", "g2", "g3", "g3"]
    rows: list[Row] = [
        {"goal_id": g, "parent_id": p, "scope": s, "scope_id": w, "kpi": "sales", "target": v,
         "floor": None, "cap": None, "unit": "wan", "due": DUE, "owner_id": o}
        for g, p, s, w, v, o in zip(GOALS, above, scopes, whom, figures, owners, strict=False)
    ]  # fmt: skip
    for row in rows[3:]:
        row["floor"], row["cap"] = row["target"] - 50, row["target"] + 80
    rows.append({"goal_id": "g8", "parent_id": "", "scope": "company", "scope_id": "us",
                 "kpi": "new_customers", "target": draw.integer(8, 14), "floor": None,
                 "cap": None, "unit": "count", "due": DUE, "owner_id": "boss"})  # fmt: skip
    rows.append({"goal_id": "g9", "parent_id": "", "scope": "company", "scope_id": "us",
                 "kpi": "satisfaction", "target": 0.9, "floor": None, "cap": None,
                 "unit": "share", "due": DUE, "owner_id": "boss"})  # fmt: skip
    return rows


def planted(draw: Draw) -> tuple[list[Row], dict[str, str], str]:
    """Goals with five or six faults of different kinds, the rule that each breaks, who has left.

    A test holds them equal to the errors and warnings of :func:`kamkit.methods.goals.lint_goals`.
    """
    rows = _sound(draw)
    at = {r["goal_id"]: r for r in rows}
    broken: dict[str, str] = {}
    gone = ""
    # A person's goal hung under the company as well, in place of the goal on satisfaction; the
    # company's figure is the sum with it, so that a glance at the sum finds nothing.
    if draw.choice((True, False)):
        twin = at[draw.choice(("g4", "g5", "g6", "g7"))]
        at["g9"].update({k: twin[k] for k in ("scope", "scope_id", "kpi", "target", "unit",
                                              "owner_id")}, parent_id="g1")  # fmt: skip
        at["g1"]["target"] += twin["target"]
        broken["g9"] = "counted_twice"
    free = draw.shuffled([g for g in ("g4", "g5", "g6", "g7") if at[g]["scope_id"]
                          != at["g9"]["scope_id"]])  # fmt: skip
    team = draw.choice(("g2", "g3"))
    short = 10 * draw.choice((2, 3, 5, 7))
    # The other team and the company take the same amount, so that only one sum is off.
    at[team]["target"] += short
    at["g1"]["target"] += short
    broken[team] = "sums_differ"
    mine = free[0]
    owner = draw.choice(("no_owner", "owner_gone"))
    if owner == "no_owner":
        at[mine]["owner_id"] = ""
    else:
        gone = at[mine]["owner_id"]
    broken[mine] = owner
    low = free[1]
    at[low]["floor"], at[low]["cap"] = at[low]["target"] + 20, at[low]["target"] + 150
    broken[low] = "outside_bounds"
    day = draw.choice(("no_date", "date_past", "later_than_parent"))
    at[free[2]]["due"] = {"no_date": "", "date_past": "2025-12-31",
                        "later_than_parent": "2027-03-31"}[day]  # fmt: skip
    broken[free[2]] = day
    if "g9" not in broken or draw.choice((True, False)):
        broken["g8"] = "not_measurable"
        at["g8"]["target"] = None
    return rows, broken, gone


def kinds_of(broken: dict[str, str]) -> dict[str, str]:
    """Kind of fault by goal, "ok" where there is none.

    >>> kinds_of({"g8": "not_measurable"})["g8"]
    'measure'
    """
    return {g: KINDS[broken[g]] if g in broken else "ok" for g in GOALS}


def staff(gone: str) -> pd.DataFrame:
    """The people of the goal sheet; ``gone`` has left."""
    ids = ["boss", "l1", "l2", "m1", "m2", "m3", "m4"]
    teams = ["", "t1", "t2", "t1", "t1", "t2", "t2"]
    left = ["2025-12-20" if i == gone else None for i in ids]
    return pd.DataFrame({"member_id": ids, "team": teams, "left_on": left})


def lint(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Nine goals, five or so with a fault: find it before anybody works towards them.

    Source: S170, S171, S169; Doran 1981.
    """
    rows, broken, gone = planted(draw)
    kinds = kinds_of(broken)
    called = dict(zip(("boss", "l1", "l2", "m1", "m2", "m3", "m4"), people_names(draw, 7),
                      strict=True))  # fmt: skip
    vague = draw.choice(_VAGUE)
    number = {g: f"G{i}" for i, g in enumerate(GOALS, 1)}
    bad = {kind: [g for g in GOALS if kinds[g] == kind] for kind in set(KINDS.values())}
    sums = next(g for g in GOALS if broken.get(g) == "sums_differ")
    parts = [r for r in rows if r["parent_id"] == sums]
    team = next(r for r in rows if r["goal_id"] == sums)
    off = team["target"] - sum(r["target"] for r in parts)
    label = {g: Text(f"{number[g]} {_whom(r, called).zh}", f"{number[g]} {_whom(r, called).en}")
             for g, r in zip(GOALS, rows, strict=True)}  # fmt: skip
    one = {kind: cell(listed_text([label[g] for g in goals])) for kind, goals in bad.items()}
    return Variant(
        key={g: one_of(*_accepted(g, kinds)) for g in GOALS},
        words={
            "day": AS_OF, **one, "n": len(broken), "sums": cell(label[sums]),
            "off": money(off * WAN, exact=True),
            "part_sum": money((team["target"] - off) * WAN, exact=True),
            "set": money(team["target"] * WAN, exact=True),
            "fine": cell(listed_text([label[g] for g in GOALS if kinds[g] == "ok"])),
        },
        items=tuple(Item(g, label[g]) for g in GOALS),
        places=places(*_PLACES),
        sheets=_sheets(rows, called, number, vague, gone),
        traps={
            "all_fine": dict.fromkeys(GOALS, "ok"),
            "children": {r["goal_id"]: "sum" for r in parts} | {sums: "ok"},
            "sum_missed": {sums: "ok"},
            "easy_only": {g: k if k in ("measure", "owner") else "ok" for g, k in kinds.items()},
            "rate_vague": {"g9": "measure"} if kinds["g9"] == "ok" else {sums: "twice"},
        },
    )  # fmt: skip


def _accepted(goal: str, kinds: dict[str, str]) -> tuple[str, ...]:
    """Without the goal that is counted twice the company's doesn't add up: either is right."""
    inflated = goal == "g1" and "twice" in kinds.values()
    return ("ok", "sum") if inflated else (kinds[goal],)


def listed_text(texts: list[Text]) -> Text:
    """Names as one text.

    >>> listed_text([Text("甲", "A"), Text("乙", "B")]).en
    'A, B'
    """
    return Text(**listed(texts))


def _whom(row: Row, called: dict[str, Text]) -> Text:
    known = {"us": Text("公司", "company"), "t1": Text("一组", "team 1"),
             "t2": Text("二组", "team 2")}  # fmt: skip
    who = known.get(row["scope_id"]) or called[row["scope_id"]]
    kpi = {"sales": Text("销售额", "sales"), "new_customers": Text("新增大客户", "new accounts"),
           "satisfaction": Text("满意度", "satisfaction")}[row["kpi"]]  # fmt: skip
    return Text(f"{who.zh}{kpi.zh}", f"{who.en}: {kpi.en}")


def _sheets(
    rows: list[Row], called: dict[str, Text], number: dict[str, str], vague: Text, gone: str
) -> tuple[Any, ...]:
    cols = columns(("goal", "目标", "Goal", "text"), ("above", "上级", "Part of", "text"),
                   ("target", "目标数", "Target", "text"),
                   ("bounds", "上下限", "Bounds", "text"),
                   ("due", "完成日期", "Due", "text"),
                   ("owner", "负责人", "Owner", "text"))  # fmt: skip
    blank = Text("（空）", "(blank)")
    lines = []
    for r in rows:
        name = _whom(r, called)
        bounds = f"{r['floor']}–{r['cap']}" if r["floor"] else "–"
        owner = called[r["owner_id"]] if r["owner_id"] else blank
        lines.append(
            (Text(f"{number[r['goal_id']]} {name.zh}", f"{number[r['goal_id']]} {name.en}"),
             number.get(r["parent_id"], "–"), _target(r, vague), bounds, r["due"] or blank, owner)
        )  # fmt: skip
    out = [sheet(Text("今年的目标（销售额单位：万元）", "Goals of the year (sales: CNY 10,000)"),
                 cols, lines)]  # fmt: skip
    heads = columns(("name", "姓名", "Name", "text"), ("post", "组", "Team", "text"),
                    ("state", "状态", "Status", "text"))  # fmt: skip
    posts = {"boss": Text("总监", "Director"), "l1": Text("一组组长", "Lead of team 1"),
             "l2": Text("二组组长", "Lead of team 2")}  # fmt: skip
    teams = {"t1": Text("一组", "Team 1"), "t2": Text("二组", "Team 2")}
    left = Text("2025-12-20 离职", "left 2025-12-20")
    people = [
        (called[m], posts.get(m) or teams[t], left if m == gone else Text("在职", "here"))
        for m, t in zip(staff(gone)["member_id"], staff(gone)["team"], strict=True)
    ]
    return (*out, sheet(Text("人员", "People"), heads, people))


def _target(row: Row, vague: Text) -> Any:
    if row["target"] is None:
        return vague
    if row["kpi"] == "satisfaction":
        return "≥ 90%"
    if row["kpi"] == "new_customers":
        return f"+{row['target']}"
    return f"{row['target']:,}"
