"""Recipes of the relationship survey: a score from raw rows, and an item that spoils the scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    figure,
    listed,
    names,
    places,
    score,
    sheet,
)
from kamkit.exercises.recipes.parts import cell, one_of, pair, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.relationship.reliability import alpha_of
from kamkit.methods.relationship.survey_intervals import spread_of, standard_errors, t_point
from kamkit.methods.shares import same_groups
from kamkit.schemes.surveys import read_survey

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

Ticks = np.ndarray  # respondents × items, NaN where nothing was ticked
SIZES = (4, 3, 4)
_MIDDLES = {"none": (44, 52, 48), "low": (30, 56, 54), "high": (33, 36, 57)}  # tenths of a tick
_ROLES = (
    Text("采购", "Purchasing"), Text("质量", "Quality"), Text("技术", "Engineering"),
    Text("生产", "Production"), Text("财务", "Finance"), Text("物流", "Logistics"),
)  # fmt: skip
_FLOOR = (100 / 6) ** 2 / 12 / 4  # rounding each of four items to whole ticks


def person_scores(ticks: Ticks, *, turned: bool = True, rule: str = "half") -> np.ndarray:
    """Respondents' scores 0–100 of four items, the last one worded in reverse; NaN: not scored.

    ``rule``: "half" (at least half of the items), "any", "whole" (every item), "zero" (a blank
    counts as a tick of 0). "half" is the rule of :func:`kamkit.methods.relationship.survey_score`.

    >>> person_scores(np.array([[7.0, 7.0, 7.0, 1.0], [4.0, np.nan, np.nan, np.nan]])).tolist()
    [100.0, nan]
    """
    keyed = ticks.copy()
    if turned:
        keyed[:, 3] = 8 - keyed[:, 3]
    known = ~np.isnan(keyed)
    count = known.sum(axis=1)
    sums = np.where(known, keyed, 0.0).sum(axis=1)
    mean = sums / (4 if rule == "zero" else np.maximum(count, 1))
    least = {"half": 2, "any": 1, "whole": 4, "zero": 0}[rule]
    scored: Ticks = np.where(count >= least, (mean - 1) / 6 * 100, np.nan)
    return scored


def with_intervals(people: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of the accounts, half widths of their 95% intervals, groups that cannot be separated.

    The arithmetic of :func:`kamkit.methods.relationship.survey_score` for few respondents, before
    it moves interval ends out where the scale itself ends; a test holds both equal.
    """
    kept = [p[~np.isnan(p)] for p in people]
    n = np.array([len(p) for p in kept], dtype=float)
    own, df = np.array([p.var(ddof=1) for p in kept]), n - 1
    error, freedom = standard_errors(own, df, 1 / n, spread_of(own, df), _FLOOR)
    mean, half = np.array([p.mean() for p in kept]), t_point(freedom, 0.95) * error
    return mean, half, same_groups(mean, mean - half, mean + half)


def _survey(draw: Draw, scene: str) -> list[Ticks]:
    """Ticks of three accounts; one blank in the first, and one person with a single tick."""
    accounts = []
    for size, middle in zip(SIZES, _MIDDLES[scene], strict=True):
        ticks = np.empty((size, 4))
        for person in range(size):
            own = middle / 10 + draw.integer(-5, 5) / 10
            row = [round(own + draw.integer(-8, 8) / 10) for _ in range(4)]
            ticks[person] = np.clip(row, 1, 7)
        ticks[:, 3] = 8 - ticks[:, 3]
        accounts.append(ticks)
    accounts[0][draw.integer(0, SIZES[0] - 1), draw.integer(0, 2)] = np.nan
    lone = draw.integer(0, SIZES[2] - 1)
    accounts[2][lone, 1:] = np.nan
    accounts[2][lone, 0] = draw.choice([1.0, 7.0])
    return accounts


def _verdict(mean: np.ndarray, groups: np.ndarray) -> str:
    """Which accounts stand apart: none, the lowest, the highest, or all of them."""
    order = np.argsort(mean)
    same = groups[order]
    if same[0] == same[2]:
        return "none"
    if same[1] == same[2]:
        return "low"
    return "high" if same[0] == same[1] else "all"


_SLIPS: dict[str, dict[str, Any]] = {
    "not_turned": {"turned": False}, "blank_zero": {"rule": "zero"},
    "lone_counted": {"rule": "any"}, "whole_only": {"rule": "whole"},
}  # fmt: skip


def _means(accounts: list[Ticks], **how: Any) -> np.ndarray:
    return np.array([np.nanmean(person_scores(a, **how)) for a in accounts])


def _score_good(accounts: list[Ticks], scene: str) -> bool:
    first = _means(accounts)
    if first.min() < 28 or first.max() > 78 or np.diff(np.sort(first)).min() < 2:
        return False
    mean, half, groups = with_intervals([person_scores(a) for a in accounts])
    if _verdict(mean, groups) != scene:
        return False
    # Near the limit of what can be told apart nothing hangs on a digit.
    looser = same_groups(mean, mean - 1.1 * half, mean + 1.1 * half)
    tighter = same_groups(mean, mean - 0.9 * half, mean + 0.9 * half)
    if not (_verdict(mean, looser) == _verdict(mean, tighter) == scene):
        return False
    return all(np.abs(_means(accounts, **how) - mean).max() > 2.5 for how in _SLIPS.values())


def survey_score(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Trust of three accounts from raw rows: turn, leave out, average; and may they be ranked?

    Source: S107, S110; items and missing rule house; t interval on a pooled spread.
    """
    scene = draw.choice(["none", "none", "low", "high"])
    given = until(lambda: _survey(draw, scene), lambda a: _score_good(a, scene), 400)
    people = [person_scores(a) for a in given]
    mean, half, groups = with_intervals(people)
    called, ids = names(draw, 3), ("a", "b", "c")
    right = _verdict(mean, groups)
    order = np.argsort(-mean)
    traps: dict[str, dict[str, Any]] = {
        name: {f"{i}.score": float(v) for i, v in zip(ids, _means(given, **how), strict=True)}
        for name, how in _SLIPS.items()
    }
    traps["of_seven"] = {f"{i}.score": float((m / 100 * 6 + 1) / 7 * 100)
                         for i, m in zip(ids, mean, strict=True)}  # fmt: skip
    traps["ranked"] = {"rank.verdict": "all"}
    traps["nobody"] = {"rank.verdict": "none" if right != "none" else "low"}
    top, last = called[order[0]], called[order[-1]]
    said = {"none": pair("没有一家能单独点名", "no single one can be named"),
            "low": pair(f"只有{last.zh}明显低", f"only {last.en} is clearly lower"),
            "high": pair(f"只有{top.zh}明显高", f"only {top.en} is clearly higher"),
            "all": pair("三家都分得开", "all three stand apart")}  # fmt: skip
    return Variant(
        key={f"{i}.score": figure(m, 0.7) for i, m in zip(ids, mean, strict=True)}
        | {"rank.verdict": Accept(any=(right,), best=right, weight=2.0)},
        words={
            "verdict": said[right], "n": int(sum((~np.isnan(p)).sum() for p in people)),
            "lone": cell(called[2]), "blank": cell(called[0]),
            "order": listed([called[k] for k in order]),
            **{f"name_{i}": cell(t) for i, t in zip(ids, called, strict=True)},
            **{f"score_{i}": score(m) for i, m in zip(ids, mean, strict=True)},
            **{f"half_{i}": score(h) for i, h in zip(ids, half, strict=True)},
            "unturned": score(_means(given, turned=False)[0]),
        },
        items=(*(Item(i, t) for i, t in zip(ids, called, strict=True)),
               Item("rank", Text("总监要排名，您怎么答", "Your director wants a ranking"))),
        fields=_score_fields(top, last),
        sheets=_score_sheets(draw, given, called, half),
        traps=traps,
    )  # fmt: skip


def _score_fields(top: Text, last: Text) -> tuple[Any, ...]:
    verdicts = places(
        ("all", "三家按得分排出一二三", "Rank all three by score"),
        ("high", f"只说{top.zh}明显高，其余不排", f"Only {top.en} is clearly higher"),
        ("low", f"只说{last.zh}明显低，其余不排", f"Only {last.en} is clearly lower"),
        ("none", "没有一家能单独点名，不排名", "No single one can be named: no ranking"),
    )
    return (
        field("score", "信任得分（0–100）", "Trust score (0–100)", "score", items=("a", "b", "c")),
        field("verdict", "结论", "Verdict", type="choice", options=verdicts, items=("rank",)),
    )


def _score_sheets(
    draw: Draw, given: list[Ticks], called: list[Text], half: np.ndarray
) -> tuple[Any, ...]:
    cols = columns(("account", "客户", "Account", "text"), ("who", "受访者", "Respondent", "text"),
                   *((f"t{k}", f"题{k}", f"Q{k}", "number") for k in range(1, 5)))  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for ticks, name in zip(given, called, strict=True):
        roles = draw.sample(_ROLES, len(ticks))
        rows += [(name, role, *row) for role, row in zip(roles, ticks.tolist(), strict=True)]
    heads = columns(("q", "题", "Question", "text"), ("text", "内容", "Wording", "text"))
    wording = [(f"{k}", text) for k, text in enumerate(_asked(), 1)]
    ends = columns(("account", "客户", "Account", "text"),
                   ("half", "95% 区间 ±（分）", "95% interval ± (points)", "score"))  # fmt: skip
    return (
        sheet(Text("四道信任题（1 完全不同意，7 完全同意）",
                   "Four questions on trust (1 strongly disagree, 7 strongly agree)"),
              heads, wording),
        sheet(Text("原始答卷（空格是没答）", "Raw answers (blank: not answered)"), cols, rows),
        sheet(Text("工具给的误差", "How unsure, from the tool"), ends,
              [(t, round(float(h), 1)) for t, h in zip(called, half, strict=True)]),
    )  # fmt: skip


def _asked() -> list[Text]:
    """The four questions on trust as customers read them."""
    items = read_survey("relationship_quality").items_of("trust")
    return [Text(i.words["customer"]["zh"], i.words["customer"]["en"]) for i in items]


_SIZE = {"turn": (26, 44), "reword": (40, 60), "few": (6, 8)}


def _answers(draw: Draw, scene: str) -> np.ndarray:
    """Respondents × four items; as they lie in the file the last one is turned unless it isn't."""
    n = draw.integer(*_SIZE[scene])
    own = np.array([draw.integer(2, 6) for _ in range(n)])
    rows: Ticks = np.array(
        [[o + draw.choice([-2, -1, -1, 0, 0, 1, 1, 2]) for _ in range(4)] for o in own]
    )
    rows = np.clip(rows, 1, 7).astype(float)
    if scene == "turn":
        rows[:, 3] = 8 - rows[:, 3]
    if scene == "reword":
        rows[:, 2] = [draw.integer(2, 6) for _ in range(n)]
    return rows


def item_figures(rows: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Alpha, and for each item its correlation with the rest and alpha without it.

    The arithmetic of :func:`kamkit.methods.relationship.cronbach_alpha`; a test holds both equal.
    """
    cov = np.cov(rows, rowvar=False)
    rest, without = [], []
    for k in range(rows.shape[1]):
        others = np.delete(rows, k, axis=1)
        rest.append(float(np.corrcoef(rows[:, k], others.sum(axis=1))[0, 1]))
        without.append(alpha_of(np.delete(np.delete(cov, k, 0), k, 1)))
    return alpha_of(cov), np.array(rest), np.array(without)


def _spoilt(rows: np.ndarray, scene: str) -> bool:
    if (np.ptp(rows, axis=0) == 0).any():  # an item that all tick alike goes with nothing
        return False
    alpha, rest, without = item_figures(rows)
    if scene == "few":
        return bool(alpha > 0.75 and rest.min() > 0.4)
    bad = {"turn": 3, "reword": 2}[scene]
    plain = np.delete(rest, bad).min() > 0.05 and without[bad] - alpha > 0.1
    if scene == "reword":
        return bool(plain and abs(rest[bad]) < 0.12 and alpha < 0.69)
    turned = rows.copy()
    turned[:, 3] = 8 - turned[:, 3]
    return bool(plain and rest[bad] < -0.5 and item_figures(turned)[0] > without[bad])


def reverse_item(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A scale with a low alpha, or one of a few people: what is wrong, what to do.

    Source: Cronbach 1951; Feldt 1965; fewest respondents (10) house.
    """
    scene = draw.choice(["turn", "turn", "reword", "few"])
    rows = until(lambda: _answers(draw, scene), lambda r: _spoilt(r, scene), 200)
    alpha, rest, without = item_figures(rows)
    texts = _asked()
    if scene == "reword":
        texts[2] = draw.choice([Text(**words) for words in pool("m04_survey")["double"]])
    turned = rows.copy()
    turned[:, 3] = 8 - turned[:, 3]
    after = item_figures(turned)[0]
    why = {
        "turn": pair("题4 是反着问的，却没有翻转，所以和其余三题负相关",
                     "question 4 asks the other way and wasn't turned, so it opposes the rest"),
        "reword": pair("题3 一句问两件事，都不是信任，与其余三题几乎不相关",
                       "question 3 asks two things at once, neither trust, and goes with nothing"),
        "few": pair("四题之间没毛病，只是人太少，这个 α 可能差得很远",
                    "the questions agree, but so few people leave alpha almost free"),
    }[scene]  # fmt: skip
    then = {
        "turn": pair(f"翻转后 α = {after:.2f}，四题都能留；直接删只有 {without[3]:.2f}，还丢了一题",
                     f"turned, alpha is {after:.2f}; dropped, {without[3]:.2f} with three"),
        "reword": pair(f"本次先按其余三题报（α = {without[2]:.2f}），下次换一句只问一件事的",
                       f"report the other three (alpha {without[2]:.2f}), reword for next time"),
        "few": pair("先别报 α；凑到 10 人再算，30 人以下都要注明误差大",
                    "don't report alpha; compute it from 10 people, and warn below 30"),
    }[scene]  # fmt: skip
    cols = columns(("q", "题", "Question", "text"), ("text", "内容", "Wording", "text"),
                   ("rest", "与其余题的相关", "Correlation with the rest", "score"),
                   ("without", "去掉它的 α", "Alpha without it", "score"))  # fmt: skip
    shown = [(str(k + 1), texts[k], round(float(rest[k]), 2), round(float(without[k]), 2))
             for k in range(4)]  # fmt: skip
    return Variant(
        key={"choice": one_of(scene)},
        words={"n": len(rows), "alpha": f"{alpha:.2f}", "why": why, "then": then},
        places=places(
            ("turn", "有一题方向反了：先翻转（8 减原分），再算一遍",
             "One question runs the other way: turn it (8 less the tick), then compute again"),
            ("drop", "去掉哪题 α 最高，就删哪题",
             "Delete whichever question raises alpha most when it goes"),
            ("reword", "有一题问的不是信任：这次不计入，下次改写",
             "One question isn't about trust: leave it out now and reword it"),
            ("few", "人太少，α 先不报，等人数够了再算",
             "Too few people: don't report alpha until there are enough"),
            ("report", "照报，α 就是这份问卷的信度", "Report it: that is the scale's reliability"),
        ),
        sheets=(sheet(Text(f"信任四题的信度（n = {len(rows)}，α = {alpha:.2f}）",
                           f"Reliability of four questions on trust (n = {len(rows)}, "
                           f"alpha = {alpha:.2f})"), cols, shown),),
        traps={"drop": {"choice": "drop"}, "report": {"choice": "report"}},
    )  # fmt: skip
