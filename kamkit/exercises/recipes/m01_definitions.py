"""Five definitions on the same accounts, and one sentence that two offices read differently."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    Ruling,
    column,
    company_names,
    listed,
    named_places,
    ruled,
)
from kamkit.exercises.recipes.parts import cell, money
from kamkit.exercises.variants import Draw
from kamkit.schemes import load_scheme, with_binding

ALL, SHOWN = 40, 12
_SIZES = {1: (30, 150), 2: (120, 400), 3: (350, 900), 4: (820, 1700), 5: (1500, 4500)}
_LOW, _MIDDLE, _HIGH = (1, 2, 2, 3), (1, 2, 2, 3, 3, 3, 3, 4), (3, 4, 4, 5, 5)
_RATED = (
    "large_continuous_orders", "strategic_project", "business_influence", "absorbs_technology",
    "market_development", "regional_share", "industry_position", "customer_relationship",
    "purchasing_power", "demand_size", "cooperation_length", "strategic_significance",
    "growth_prospect",
)  # fmt: skip
_SCHEMES = ("any_of_five", "contribution_aspects", "traits_power", "numeric_examples")
_ELEMENTS = ("continuous_orders", "strategic_project", "influence", "innovation", "development")
_TRAITS = ("power", "demand", "duration", "meaning")
_JUDGED = {
    "yes": Text("有意义，附理由", "significant, with a reason"),
    "no": Text("无意义，附理由", "not significant, with a reason"),
    "bare": Text("有意义，没写理由", "significant, no reason given"),
    "none": Text("没有判断", "no judgement"),
}
_WRITTEN = {"yes": "yes", "no": "no", "bare": "undecided", "none": "undecided"}


def _account(draw: Draw, kind: str) -> dict[str, float]:
    """Basis fields of one account: a giant, a dwarf, or something between."""
    pool = {"giant": _HIGH, "dwarf": _LOW}.get(kind, _MIDDLE)
    size = {"giant": draw.integer(4, 5), "dwarf": draw.integer(1, 2)}.get(kind, draw.integer(1, 5))
    low, high = _SIZES[size]
    row = {f"rating:{c}": float(draw.choice(pool)) for c in _RATED}
    if kind == "middle" and size > 3:
        for c in ("purchasing_power", "demand_size", "regional_share"):
            row[f"rating:{c}"] = float(draw.integer(3, 5))
    row["sales"] = draw.integer(low, high) * 10_000.0
    row["potential"] = row["sales"] * draw.real(1.2, 3.0, 1)
    row["contract_years"] = float(draw.choice((0, 0, 0, 1, 2)) if size < 4 else draw.integer(0, 3))
    row["industry_rank"] = float(draw.integer(1, 8) if kind == "giant" else draw.integer(4, 60))
    if kind == "dwarf":
        row["contract_years"], row["industry_rank"] = 0.0, float(draw.integer(12, 60))
    return row


def _basis(draw: Draw) -> pd.DataFrame:
    kinds = ["giant"] * 7 + ["dwarf"] * 11 + ["middle"] * (ALL - 18)
    table = pd.DataFrame([_account(draw, k) for k in kinds])
    return table.assign(account_id=[f"{i:02d}" for i in range(ALL)])


def _judged(draw: Draw, votes: list[str]) -> str:
    """The written judgement: where the four others agree, it is often missing or without reason."""
    if set(votes) == {"yes"}:
        return draw.choice(("yes", "bare", "bare", "none"))
    if set(votes) == {"no"}:
        return draw.choice(("no", "no", "none", "bare"))
    return draw.choice(("yes", "no", "no", "bare", "none", "none"))


def _counts(rules: Mapping[str, Ruling]) -> pd.DataFrame:
    """What the sheet shows of each definition: elements met, total, traits, innovative growth."""
    met = [rules["any_of_five"].held(e) for e in _ELEMENTS]
    shown = [rules["traits_power"].held(t) for t in _TRAITS]
    return pd.DataFrame(
        {
            "elements": np.sum(met, axis=0),
            "score": np.round(rules["contribution_aspects"].base.figures["score"], 1),
            "traits": np.sum(shown, axis=0),
            "growing": rules["numeric_examples"].held("innovative_growing"),
        }
    )


def _judgements(draw: Draw, four: list[list[str]]) -> list[str]:
    """Written judgements; for sure one is missing or bare where the others agree, either way."""
    judged = [_judged(draw, [f[i] for f in four]) for i in range(ALL)]
    for agreed, needed in (("yes", ("bare", "none")), ("no", ("bare",))):
        same = [i for i in range(ALL) if {f[i] for f in four} == {agreed}]
        if same and not any(judged[i] in needed for i in same):
            judged[same[0]] = "bare"
    return judged


def _chosen(draw: Draw, votes: list[list[str]], flips: list[bool], judged: list[str]) -> list[int]:
    """Twelve accounts: some flip, some don't; among these, judgements that don't count."""
    turning = draw.shuffled([i for i in range(ALL) if flips[i]])
    quiet = draw.shuffled([i for i in range(ALL) if not flips[i]])
    agreed = [i for i in quiet if {"yes", "undecided"} == set(votes[i])][:2]
    bare = [i for i in quiet if judged[i] == "bare" and "yes" not in votes[i]][:1]
    quiet = agreed + bare + [i for i in quiet if i not in (*agreed, *bare)]
    taken = turning[: draw.integer(5, 7)]
    return draw.shuffled(taken + quiet[: SHOWN - len(taken)])


def _sheet(
    names: list[Text], basis: pd.DataFrame, counts: pd.DataFrame, judged: list[str]
) -> Sheet:
    mark = {True: Text("是", "yes"), False: Text("—", "–")}
    rows = [
        (
            cell(names[i]), float(basis["sales"].iloc[i]), int(basis["industry_rank"].iloc[i]),
            cell(mark[bool(counts["growing"].iloc[i])]), int(counts["elements"].iloc[i]),
            float(counts["score"].iloc[i]), int(counts["traits"].iloc[i]),
            cell(_JUDGED[judged[i]]),
        )
        for i in range(len(names))
    ]  # fmt: skip
    return Sheet(
        Text(
            "十二家客户，五种定义要看的数字",
            "Twelve accounts and what the five definitions look at",
        ),
        (
            column("name", "客户", "Account"),
            column("sales", "我们的年销售额", "Our sales a year", "money"),
            column("rank", "行业名次", "Rank in its industry", "number", 0),
            column("growing", "创新且有成长潜力", "Innovative, with growth potential"),
            column("elements", "五元素满足几项", "Elements met (of 5)", "number", 0),
            column("score", "四方面总分（0–100）", "Four aspects, total (0–100)", "score", 1),
            column("traits", "特点具备几项（共 4）", "Traits shown (of 4)", "number", 0),
            column("judged", "书面判断：有无战略意义", "Written judgement by management"),
        ),
        tuple(rows),
        "CNY",
    )


@cache
def _rules() -> Sheet:
    """The five definitions and what each asks for."""
    texts = (
        (Text("五元素之一", "Any of five elements"), Text("满足 1 项即可", "1 element is enough")),
        (Text("四方面", "Four aspects"), Text("总分 70 分以上", "a total of 70 or more")),
        (Text("特点", "Traits"), Text("4 项里具备 3 项", "3 of 4 shown")),
        (
            Text("战略意义", "Significance"),
            Text(
                "管理层书面判断为“有意义”；没判断或没写理由的算弃权",
                "judged significant in writing; without a judgement or a reason it abstains",
            ),
        ),
        (
            Text("数字标准", "Figures"),
            Text(
                "年销售额超过 1,000 万元，或行业前 5 名，或创新且有成长潜力",
                "sales above CNY 10 million, or first 5 of its industry, or innovative "
                "with growth potential",
            ),
        ),
    )
    return Sheet(
        Text("五种定义", "The five definitions"),
        (column("name", "定义", "Definition"), column("rule", "什么算大客户", "Key account if")),
        tuple((cell(a), cell(b)) for a, b in texts),
    )


def _ticks(flags: list[bool]) -> dict[str, bool]:
    """The whole answer: ticked or not, place by place."""
    return {LETTERS[k]: bool(flag) for k, flag in enumerate(flags)}


def _some(flags: list[bool], ticked: bool) -> dict[str, bool]:
    return {LETTERS[k]: ticked for k, flag in enumerate(flags) if flag}


def _traps(
    votes: list[list[str]], judged: list[str], sales: list[float]
) -> dict[str, dict[str, bool]]:
    """Whole answers of those who misread the question, and single ticks that give it away."""
    as_no = [["no" if v == "undecided" else v for v in row] for row in votes]
    flips = ["yes" in r and "no" in r for r in votes]
    soft = [f and {r[0], r[4]} != {"yes", "no"} for f, r in zip(flips, votes, strict=True)]
    bare = [j == "bare" and "yes" not in r for j, r in zip(judged, votes, strict=True)]
    return {
        "undecided_as_no": _ticks(["yes" in r and "no" in r for r in as_no]),
        "agreed": _ticks([not f for f in flips]),
        "two_only": _ticks([{r[0], r[4]} == {"yes", "no"} for r in votes]),
        "big": _ticks([s > 10_000_000 for s in sales]),
        "bare_as_yes": _ticks([f or b for f, b in zip(flips, bare, strict=True)]),
        "no_opposite": _some(["no" not in r and "yes" in r for r in votes], True),
        "no_support": _some(["yes" not in r for r in votes], True),
        "soft_missed": _some(soft, False),
    }


def five_definitions(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Forty accounts under five definitions; twelve are shown, those that flip are right.

    An account flips if one definition reads it as key and another as not key; a judgement
    without a written reason decides nothing. Source: S015, S018, S019, S020, S021, X01, X02.
    """
    basis = _basis(draw)
    rules = {s: ruled(basis, load_scheme(s)) for s in _SCHEMES}
    four = [rule.readings for rule in rules.values()]
    judged = _judgements(draw, four)
    written = [_WRITTEN[j] for j in judged]
    votes = [[four[0][i], four[1][i], four[2][i], written[i], four[3][i]] for i in range(ALL)]
    flips = ["yes" in v and "no" in v for v in votes]
    shown = _chosen(draw, votes, flips, judged)
    names = company_names(draw, SHOWN)
    part = basis.iloc[shown]
    here = [votes[i] for i in shown]
    turning = _some([flips[i] for i in shown], True)
    counts = _counts(rules).iloc[shown]
    here_judged = [judged[i] for i in shown]
    yes = [sum(v[k] == "yes" for v in votes) for k in range(5)]
    words = {
        "all": ALL, "shown": SHOWN, "flips_all": sum(flips), "flips_here": len(turning),
        "flipped": listed(n for k, n in enumerate(names) if LETTERS[k] in turning),
        **{f"yes_{k + 1}": n for k, n in enumerate(yes)},
        "widest": max(yes), "narrowest": min(yes),
    }  # fmt: skip
    return Variant(
        key={k: Accept(any=(True,), best=True) for k in turning},
        words=words,
        places=named_places(names),
        sheets=(_sheet(names, part, counts, here_judged), _rules()),
        traps=_traps(here, here_judged, part["sales"].tolist()),
    )


def whose_sales(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One sentence, two lists: our sales to the account against its own turnover (S021).

    Both readings are counted by the numeric scheme with its binding set either way; rank,
    innovation and growth are left out, so that the sales limit alone decides.
    """
    names = company_names(draw, 6)
    pairs = []
    for k in range(24):
        wanted = ("both", "turnover", "turnover", "neither")[k % 4]
        own = draw.integer(260, 880) if wanted == "neither" else draw.integer(6_000, 90_000)
        ours = draw.integer(1_100, 2_600) if wanted == "both" else draw.integer(40, 250)
        pairs.append((ours * 10_000.0, own * 10_000.0))
    basis = pd.DataFrame(pairs, columns=["sales", "turnover"])
    basis = basis.assign(
        account_id=[f"{i:02d}" for i in range(len(basis))], industry_rank=50.0,
        **{"rating:absorbs_technology": 2.0, "rating:growth_prospect": 2.0},
    )  # fmt: skip
    scheme = load_scheme("numeric_examples")
    ours_key = ruled(basis, scheme).readings
    own_key = ruled(basis, with_binding(scheme, annual_sales="turnover")).readings
    mark = {"yes": Text("大客户", "key account"), "no": Text("不是", "not key")}
    order = draw.shuffled(range(6))
    rows = [
        (cell(names[k]), pairs[i][0], pairs[i][1], cell(mark[ours_key[i]]), cell(mark[own_key[i]]))
        for k, i in enumerate(order)
    ]
    sheet = Sheet(
        Text("24 家中的 6 家，两边的口径", "Six of the 24 accounts, both verdicts"),
        (
            column("name", "客户", "Account"),
            column("ours", "去年向我们采购", "Bought from us last year", "money"),
            column("own", "去年它自己卖出", "Sold by itself last year", "money"),
            column("east", "华东区的结论", "Verdict of the East office"),
            column("head", "总部的结论", "Verdict of head office"),
        ),
        tuple(rows),
        "CNY",
    )
    return Variant(
        key={},
        words={
            "n": len(basis), "east": ours_key.count("yes"), "head": own_key.count("yes"),
            "gap": own_key.count("yes") - ours_key.count("yes"),
            "limit": money(scheme.cutoffs["annual_sales"].value or 0.0),
        },
        sheets=(sheet,),
    )  # fmt: skip
