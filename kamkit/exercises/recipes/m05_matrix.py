"""Recipes of attractiveness and strength: which table, which box, how many hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    items,
    listed,
    names,
    score,
    sheet,
    within_sentence,
)
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.portfolio import (
    FactorScores,
    RelativeStrength,
    allot_hours,
    attractiveness_strength,
)
from kamkit.methods.portfolio.matrix import QUADRANTS, TIME_POINTS
from kamkit.schemes import criteria, selection

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_FACTORS = ("size", "growth_potential", "financial_stability", "values_our_offer")
_DEFENSIBLE = 0.20
# S082: the customer's own critical success factors.
_SUCCESS = (
    ("price", "价格", "Price"), ("service", "服务", "Service"),
    ("speed", "响应速度", "Speed of response"), ("relationship", "合作关系", "Relationship"),
    ("standing", "主要供应商地位", "Standing as a major supplier"),
    ("innovation", "技术创新", "Technical innovation"),
)  # fmt: skip
# Each line says on the form whom it is about: the customer, or its supplier.
_PLAINER = {
    "size": Text("它的规模", "How large it is"),
    "growth_potential": Text("它的增长潜力", "Its potential to grow"),
    "financial_stability": Text("它的财务稳不稳", "How sound its finances are"),
    "early_adopter": Text("它率先采用新产品", "It takes up new products early"),
    "market_standing": Text("它在市场上的声望", "Its standing in its market"),
    "ease_of_access": Text("它容易接触（找得到人、约得上）", "It is easy to reach and to meet"),
    "strategic_fit": Text("它的市场正是我们要进的", "It is in a market that we want to enter"),
    "low_competition": Text("盯着它的供应商不多", "Few suppliers are after it"),
    "values_our_offer": Text("它看重我们这类产品的价值", "It values what our trade offers"),
    "price": Text("供应商的报价", "The supplier's price"),
    "service": Text("供应商的服务", "The supplier's service"),
    "speed": Text("供应商响应得快不快", "How fast the supplier responds"),
    "innovation": Text("供应商的技术创新", "The supplier's technical innovation"),
    "relationship": Text("它和供应商的合作关系", "How it gets on with the supplier"),
    "standing": Text("它把谁当主要供应商", "Whom it treats as a major supplier"),
}
# Neither table: they say what we do or want, not what the customer is or sees.
_OURS = (
    ("visits", "我们去年拜访它的次数", "How often we visited it last year"),
    ("quota", "我们给它定的销售指标", "The sales quota that we set for it"),
    ("sympathy", "客户经理和它谈得来", "Our account manager likes the people there"),
)


def sort_factors(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Nine lines of a mixed-up rating form: table one, table two, or neither.

    Source: S081 and S082 (the factors of both tables); "existing relations" stands in the
    published list of table one and stays out of the draw, since relationship is in table two.
    """
    library = criteria()
    wanted = [c for c in selection("attractiveness").criteria if c != "existing_relations"]
    first = draw.sample(wanted, 4)
    second = draw.sample(_SUCCESS, 3)
    ours = draw.sample(_OURS, 2)
    lines = [(c, Text(library[c].labels["zh"], library[c].labels["en"]), "one") for c in first]
    lines += [(i, Text(zh, en), "two") for i, zh, en in second]
    lines += [(i, Text(zh, en), "neither") for i, zh, en in ours]
    shown = draw.shuffled(lines)
    # Parts have the same names in every variant: a1-a4, b1-b3, c1-c2.
    part = {name: f"{'abc'[k]}{n}" for k, group in enumerate((first, [s[0] for s in second],
            [o[0] for o in ours])) for n, name in enumerate(group, 1)}  # fmt: skip
    key = {part[i]: where for i, _, where in lines}
    every = [Text(library[c].labels["zh"], library[c].labels["en"]) for c in
             selection("attractiveness").criteria]  # fmt: skip
    return Variant(
        key={p: one_of(where) for p, where in sorted(key.items())},
        words={"all_one": listed(every),
               "all_two": listed([Text(zh, en) for _, zh, en in _SUCCESS])},
        items=tuple(Item(part[i], _PLAINER.get(i, text)) for i, text, _ in shown),
        traps={
            "turned": {p: {"one": "two", "two": "one"}.get(w, w) for p, w in key.items()},
            "all_ours_strength": {p: "two" if w == "neither" else w for p, w in key.items()},
            "ours_attract": {p: "one" if w == "neither" else w for p, w in key.items()},
        },
    )  # fmt: skip


def _rated(draw: Draw) -> dict[str, Any]:
    """Two raters' scores of five accounts on four factors, and the totals of three suppliers."""
    levels = draw.shuffled(draw.choice([(5, 4, 4, 3, 2), (5, 4, 3, 3, 2), (4, 3, 2, 2, 1)]))
    scores = np.empty((5, 4, 2))
    for k, level in enumerate(levels):
        for f in range(4):
            base = min(5, max(1, level + draw.choice([-1, 0, 0, 1])))
            scores[k, f] = base, min(5, max(1, base + draw.choice([-1, 0, 0, 0, 1])))
    best = np.array([draw.real(5.5, 8.0, 1) for _ in range(5)])
    lead = np.array(draw.shuffled([1.6, -1.8, 0.2, *draw.sample([1.2, -1.3, 0.9, -1.0], 2)]))
    other = np.array([round(b - draw.real(1.6, 2.6, 1), 1) for b in best])
    sales = np.array([10.0 * draw.integer(20, 320) for _ in range(5)])
    return {"scores": scores, "suppliers": np.stack([np.round(best + lead, 1), best, other]),
            "sales": sales}  # fmt: skip


def _cells(y: np.ndarray, x: np.ndarray) -> list[str]:
    """Box of each account from "attractive" and "strong"."""
    return [QUADRANTS[(0 if a else 2) + (0 if s else 1)] for a, s in zip(y, x, strict=True)]


def _placings(drawn: dict[str, Any]) -> dict[str, list[str]]:
    totals = drawn["scores"].mean(axis=(1, 2))
    us, best, other = drawn["suppliers"]
    sales = drawn["sales"]
    line, strong = totals >= totals.mean(), us >= best
    return {
        "key": _cells(line, strong),
        "average_rival": _cells(line, us >= (best + other) / 2),
        "middle_of_scale": _cells(totals >= 3, strong),
        "by_sales": _cells(sales >= sales.mean(), strong),
        "turned": _cells(strong, line),
        "strong_scale": _cells(line, us >= 5.5),
    }


def _rated_good(drawn: dict[str, Any]) -> bool:
    """Several boxes occur, no account stands on the average line, and each trap is one."""
    placed = _placings(drawn)
    totals = drawn["scores"].mean(axis=(1, 2))
    off = np.abs(totals - totals.mean())
    # An account that both raters and both tables leave no doubt about shows a wrong way best.
    sure = (off > 0.35) & (np.abs(drawn["suppliers"][0] - drawn["suppliers"][1]) > 0.8)
    wrong = [sum(s and a != b for s, a, b in zip(sure, placed["key"], placed[w], strict=True))
             for w in placed if w != "key"]  # fmt: skip
    return len(set(placed["key"])) >= 3 and min(wrong) >= 1 and bool(off.min() > 0.02)


def place_in_matrix(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two scoring tables filled in by pairs: average line, best rival, box.

    A neighbouring box is accepted where the simulated rating errors put the account there at
    least one time in five (house). Source: S080-S082 (by
    :func:`kamkit.methods.portfolio.attractiveness_strength`).
    """
    drawn = until(lambda: _rated(draw), _rated_good, 600)
    ids, called = list("abcde"), names(draw, 5)
    placed = attractiveness_strength(*scored(ids, drawn), draws=400).accounts.set_index(
        "account_id"
    )
    key = {i: _boxes(placed.iloc[k]) for k, i in enumerate(ids)}
    order = draw.shuffled(range(5))
    totals = drawn["scores"].mean(axis=(1, 2))
    firm = [k for k in order if placed["p_box"].iloc[k] >= 0.80]
    words: dict[str, Any] = {
        "line": score(totals.mean(), 2), "n": 5, "raters": 2, "n_firm": len(firm),
        "firm": listed([called[k] for k in firm]),
        "shaky": listed([called[k] for k in order if k not in firm]),
    }  # fmt: skip
    for name in QUADRANTS:
        words[f"in_{name}"] = listed([called[k] for k in order if placed["box"].iloc[k] == name])
    worst = int(placed["p_box"].to_numpy().argmin())
    words |= {"unsure": cell(called[worst]), "chance": share(round(placed["p_box"].iloc[worst], 2))}
    return Variant(
        key=key,
        words=words,
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=_two_sheets(drawn, called, order),
        traps={w: dict(zip(ids, boxes, strict=True)) for w, boxes in _placings(drawn).items()
               if w != "key"},
    )  # fmt: skip


def scored(ids: list[str], drawn: dict[str, Any]) -> tuple[FactorScores, RelativeStrength]:
    """Both tables as the methods of the lesson return them, as far as the matrix reads them.

    The arithmetic of :func:`kamkit.methods.portfolio.attractiveness` and
    :func:`kamkit.methods.portfolio.relative_strength`; a test holds both equal.
    """
    scores, half = drawn["scores"], 1 / np.sqrt(12.0)
    errors = np.maximum(scores.std(axis=2, ddof=1), half) / np.sqrt(2.0)
    totals = pd.DataFrame({"account_id": ids, "total": scores.mean(axis=(1, 2)), "excluded": False,
                           "se": np.sqrt((errors**2).sum(axis=1)) / 4})  # fmt: skip
    us, best, other = drawn["suppliers"]
    suppliers = pd.DataFrame({
        "account_id": np.repeat(ids, 3), "supplier": ["best", "other", "us"] * 5,
        "is_us": [False, False, True] * 5, "se": half,
        "total": np.stack([best, other, us], axis=1).ravel(),
    })  # fmt: skip
    index = pd.DataFrame({"account_id": ids, "index": us / np.maximum(best, other),
                          "index_low": np.nan, "index_high": np.nan})  # fmt: skip
    one = pd.DataFrame({"factor": list(_FACTORS)})
    two = pd.DataFrame({"factor": ["total"]})
    return (
        FactorScores(totals, one, pd.DataFrame()),
        RelativeStrength(index, suppliers, two, 0, "best"),
    )


def _boxes(row: pd.Series) -> Accept:
    """The method's box first, then the boxes that the rating errors make defensible."""
    also = [q for q in QUADRANTS if row[f"p_{q}"] >= _DEFENSIBLE and q != row["box"]]
    return one_of(str(row["box"]), *also)


def _two_sheets(drawn: dict[str, Any], called: list[Text], order: list[int]) -> tuple[Any, ...]:
    library = criteria()
    heads = [(f, library[f].labels["zh"], library[f].labels["en"], "text") for f in _FACTORS]
    one = columns(("name", "客户", "Account", "text"),
                  ("sales", "去年销售额", "Sales last year", "money"), *heads,
                  ("total", "平均分", "Mean score", "score"))  # fmt: skip
    rows = []
    for k in order:
        pairs = [f"{int(a)} / {int(b)}" for a, b in drawn["scores"][k]]
        total = round(float(drawn["scores"][k].mean()), 2)
        rows.append((called[k], drawn["sales"][k] * WAN, *pairs, total))
    two = columns(("name", "客户", "Account", "text"), ("us", "我们", "We", "score"),
                  ("rival1", "对手甲", "Rival 1", "score"),
                  ("rival2", "对手乙", "Rival 2", "score"))  # fmt: skip
    totals = [(called[k], *drawn["suppliers"][:, k].tolist()) for k in order]
    first = Text("表一　吸引力（1–5 分，两人各打一次，等权）",
                 "Table one: attractiveness (1–5, two raters, equal weights)")  # fmt: skip
    second = Text(
        "表二　客户眼里的供应商（加权合计，1–10 分）",
        "Table two: suppliers in the customer's eyes (weighted totals, 1–10)",
    )
    return (
        sheet(first, one, rows), sheet(second, two, totals),
    )  # fmt: skip


_BOX_WORDS = {
    "key": Text("大客户", "Key account"),
    "key_development": Text("重点发展客户", "Key development"),
    "maintenance": Text("维护型客户", "Maintenance"),
    "opportunistic": Text("机会型客户", "Opportunistic"),
}
_TOLERANCE, _FLOOR = 0.25, 5


def share_hours(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """100 hours over six accounts by box, with a floor of five; one box isn't sure.

    Accepted is what any mixture of the two possible boxes gives, a quarter more or less (the
    tolerance of :func:`kamkit.methods.portfolio.priority_ranking`, house) and never below the
    floor. Source: S064, S080, S084, X25 (by allot_hours and the time points of the matrix).
    """
    ids = ["key1", "dev1", "main1", "main2", "opp1", "swing"]
    other = draw.choice([("key", "maintenance"), ("key_development", "opportunistic"),
                         ("key", "key_development")])  # fmt: skip
    boxes = ["key", "key_development", "maintenance", "maintenance", "opportunistic", other[0]]
    chance = draw.choice([0.55, 0.6, 0.65])
    called = names(draw, 6)
    sales = [10 * draw.integer(*ends) for ends in
             ((80, 180), (20, 60), (200, 320), (120, 220), (15, 60), (60, 160))]  # fmt: skip
    hours = [
        draw.integer(*ends) for ends in ((10, 16), (4, 8), (28, 36), (16, 22), (8, 14), (8, 14))
    ]
    sure = [TIME_POINTS[b] for b in boxes[:5]]
    expected = chance * TIME_POINTS[other[0]] + (1 - chance) * TIME_POINTS[other[1]]
    best = allot_hours(np.array([*sure, expected]), 100, floor=_FLOOR)
    ends = np.array(
        [allot_hours(np.array([*sure, TIME_POINTS[o]]), 100, floor=_FLOOR) for o in other]
    )
    low = np.maximum(np.floor(ends.min(axis=0) * (1 - _TOLERANCE)), _FLOOR)
    high = np.ceil(ends.max(axis=0) * (1 + _TOLERANCE))
    by_sales = allot_hours(np.array(sales, float), 100)
    as_spent = allot_hours(np.array(hours, float), 100)
    only_key = allot_hours(np.array([p if p >= 3 else 0.0 for p in [*sure, expected]]), 100)
    order = draw.shuffled(range(6))
    rows = [(called[k], sales[k] * WAN, _box_word(boxes[k], other if k == 5 else None, chance),
             hours[k]) for k in order]  # fmt: skip
    cols = columns(("name", "客户", "Account", "text"),
                   ("sales", "去年销售额", "Sales last year", "money"),
                   ("box", "矩阵里的位置", "Box", "text"),
                   ("spent", "去年工时", "Hours last year", "number"))  # fmt: skip
    # Points as hundredths of an hour would claim more than the points themselves.
    key = {i: Accept(low=float(low[k]), high=float(high[k]), best=int(best[k]))
           for k, i in enumerate(ids)}  # fmt: skip
    traps: dict[str, Any] = {"equal": [17, 17, 17, 17, 16, 16], "by_sales": by_sales,
             "as_last_year": as_spent,
             "no_floor": only_key}  # fmt: skip
    return Variant(
        key=key,
        words={"floor": _FLOOR, "swing": cell(called[5]),
               "first": within_sentence(_BOX_WORDS[other[0]]),
               "second": within_sentence(_BOX_WORDS[other[1]]), "chance": share(chance),
               "largest": cell(called[2]), "key_name": cell(called[0]),
               **{f"points_{b}": score(p, 1) for b, p in TIME_POINTS.items()},
               **{f"low_{i}": int(low[k]) for k, i in enumerate(ids)},
               **{f"high_{i}": int(high[k]) for k, i in enumerate(ids)},
               **{f"name_{i}": cell(called[k]) for k, i in enumerate(ids)}},
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=(sheet(Text("六家客户", "Six accounts"), cols, rows),),
        traps={t: {i: int(values[k]) for k, i in enumerate(ids)} for t, values in traps.items()},
    )  # fmt: skip


def _box_word(box: str, either: tuple[str, str] | None, chance: float) -> Text:
    if either is None:
        return _BOX_WORDS[box]
    first, second = (_BOX_WORDS[b] for b in either)
    part = round(100 * chance)
    return Text(f"{first.zh} {part}%／{second.zh} {100 - part}%",
                f"{first.en} {part}% / {second.en} {100 - part}%")  # fmt: skip
