"""Recipes of decisions on people: the four-fifths screen, changes in a calibration session."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m03_raters import people
from kamkit.exercises.recipes.m05_base import columns, field, figure, listed, places, sheet
from kamkit.exercises.recipes.m15_common import said
from kamkit.exercises.recipes.parts import cell, one_of, pair, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.appraisal.calibration import REASON
from kamkit.methods.appraisal.combined_parts import MOST
from kamkit.methods.appraisal.fairness import FOUR_FIFTHS, ratio_interval

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

Counts = tuple[int, int]  # selected, total
_GROUPS = (
    (Text("社招入职", "Hired with experience"), Text("校招入职", "Hired from university"),
     Text("内部转岗", "Moved from other departments")),
    (Text("上海本部", "Shanghai office"), Text("外地办事处", "Other offices"),
     Text("驻厂小组", "On-site group")),
    (Text("直销团队", "Direct sales"), Text("渠道团队", "Channel sales"),
     Text("项目团队", "Project sales")),
)  # fmt: skip
# Counts whose rates stand at exactly four fifths: reference, then the other group.
_EXACT = (
    ((12, 20), (24, 50)), ((10, 20), (16, 40)), ((20, 40), (14, 35)),
    ((9, 18), (8, 20)), ((18, 30), (12, 25)), ((15, 30), (18, 45)), ((24, 40), (24, 50)),
)  # fmt: skip


def fisher_p(a: Counts, b: Counts) -> float:
    """Two-sided p of Fisher's exact test for two groups.

    >>> round(fisher_p((12, 40), (48, 80)), 4)
    0.0034
    """
    (x, n), (y, m) = a, b
    hits = x + y
    ways = [comb(n, k) * comb(m, hits - k) for k in range(max(0, hits - m), min(n, hits) + 1)]
    own = comb(n, x) * comb(m, y)
    return float(Fraction(sum(w for w in ways if w <= own), sum(ways)))


def screened(low: Counts, top: Counts) -> tuple[Fraction, bool, int, float]:
    """Ratio of two rates, whether it lies below 4/5, further people that lift it, Fisher's p.

    The arithmetic of :func:`kamkit.methods.appraisal.four_fifths`; a test holds both equal.

    >>> screened((24, 50), (12, 20))[:3]
    (Fraction(4, 5), False, 0)
    """
    ratio = Fraction(*low) / Fraction(*top)
    wanted = -((-FOUR_FIFTHS * Fraction(*top) * low[1]) // 1)
    return ratio, ratio < FOUR_FIFTHS, max(int(wanted) - low[0], 0), fisher_p(low, top)


def _counts(draw: Draw, scene: str) -> tuple[Counts, Counts, Counts]:
    """Reference, the group with the lower rate, and one of too few people."""
    size = draw.integer(3, 4)
    if scene == "exact":
        top, low = draw.choice(_EXACT)
        return top, low, _few(size, top)
    sizes, rates = {
        "small": (((12, 20), (7, 12)), ((40, 55), (15, 30))),
        "hidden": (((160, 240), (150, 220)), ((84, 90), (70, 75))),
        "clear": (((50, 80), (40, 60)), ((55, 65), (22, 30))),
    }[scene]
    both = []
    for n, rate in zip(sizes, rates, strict=True):
        total = draw.integer(*n)
        both.append((round(total * draw.integer(*rate) / 100), total))
    return both[0], both[1], _few(size, both[0])


def _few(size: int, top: Counts) -> Counts:
    """A handful of people with a higher rate than the reference.

    >>> _few(4, (12, 20)), _few(4, (180, 200))
    ((3, 4), (4, 4))
    """
    return (size - 1 if (size - 1) / size > top[0] / top[1] + 0.03 else size, size)


def _counts_good(found: tuple[Counts, Counts, Counts], scene: str) -> bool:
    top, low, _ = found
    if not low[0]:
        return False
    ratio, flagged, more, p = screened(low, top)
    slips = [t["ratio.share"] for t in _fairness_traps(found).values() if "ratio.share" in t]
    if min(abs(v - float(ratio)) for v in slips) < 0.02:
        return False
    if scene == "exact":
        return ratio == FOUR_FIFTHS and p > 0.1
    near = abs(float(ratio) - 0.8) < 0.02
    wanted = {"small": flagged and p > 0.15, "hidden": not flagged and p < 0.02,
              "clear": flagged and p < 0.01}[scene]  # fmt: skip
    return bool(wanted and not near and (more > 0) == flagged)


_SAY = {
    ("exact", "quiet"), ("small", "chance"), ("hidden", "look"), ("clear", "records"),
}  # fmt: skip


def fairness(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Promotions by group: the four-fifths ratio, whether it is flagged, what the report says.

    Source: 29 CFR 1607.4(D); EEOC 1979; Fisher 1935; fewest people house.
    """
    scene = draw.choice(["exact", "small", "small", "hidden", "clear"])
    found = until(lambda: _counts(draw, scene), lambda c: _counts_good(c, scene), 300)
    top, low, few = found
    ratio, flagged, more, p = screened(low, top)
    right = dict(_SAY)[scene]
    groups = draw.choice(_GROUPS)
    ends = ratio_interval(*low, *top)
    cols = columns(("group", "群体", "Group", "text"),
                   ("total", "参评人数", "Considered", "number"),
                   ("selected", "晋升人数", "Promoted", "number"))  # fmt: skip
    rows = [(t, n, a) for t, (a, n) in zip(groups, found, strict=True)]
    names = dict(zip(("top", "low", "few"), map(cell, groups), strict=True))
    return Variant(
        key={
            "ratio.share": figure(float(ratio), 0.004),
            "flag.choice": one_of("yes" if flagged else "no"),
            "more.count": figure(more, 0.01),
            "say.say": Accept(any=(right,), best=right, weight=2.0),
        },
        words={
            **names, "rate_top": share(top[0] / top[1]), "rate_low": share(low[0] / low[1]),
            "ratio": share(float(ratio)), "p": _rare(p), "more": more, "n_few": few[1],
            "low_end": share(ends[0]), "high_end": share(ends[1]), "n": low[1] + top[1],
            "flagged": pair("低于 80%，亮旗", "below 80%, flagged") if flagged
            else pair("不低于 80%，不亮旗", "not below 80%, no flag"),
            "lift": pair(f"再升 {more} 人就不亮旗", f"{more} more would lift the flag")
            if flagged else pair("没有旗要摘（填 0）", "no flag to lift (0)"),
            "verdict": cell(_SAYINGS[right]), "selected_low": low[0], "total_low": low[1],
        },
        items=(
            Item("ratio", Text(f"{groups[1].zh} ÷ 参照群体的晋升率",
                               f"Rate of “{groups[1].en}” ÷ that of the reference")),
            Item("flag", Text("亮旗吗", "Flagged?")),
            Item("more", Text("再晋升几人就不亮旗（不亮填 0）",
                              "Promotions that would lift the flag (none: 0)")),
            Item("say", Text("报告里怎么写", "What the report says")),
        ),
        fields=_fairness_fields(),
        sheets=(sheet(Text(f"去年晋升（前两组之差的 Fisher 精确检验 p：{_rare(p)['zh']}）",
                           f"Promotions last year (Fisher's exact p, first two groups: "
                           f"{_rare(p)['en']})"), cols, rows),),
        traps=_fairness_traps(found),
    )  # fmt: skip


def _rare(p: float) -> dict[str, str]:
    text = f"{p:.2f}" if p >= 0.01 else "< 0.01"
    return pair(text, text)


_SAYINGS = {
    "quiet": Text("不亮旗，数据也没显出差别；继续记录",
                  "No flag, and no difference shown; keep recording"),
    "chance": Text("亮旗，但人少，可能是偶然；逐个看案例",
                   "Flagged, but perhaps chance with so few; go through the cases"),
    "records": Text("亮旗，偶然很难解释；查标准和流程",
                    "Flagged and hard to put down to chance; review criteria and process"),
    "look": Text("不亮旗，但偶然很难解释这差别；也要查",
                 "No flag, yet hard to put down to chance; review as well"),
    "guilty": Text("可以定性：存在歧视", "Discrimination is shown"),
    "fair": Text("已经证明晋升是公平的", "Promotions are proven to be fair"),
}  # fmt: skip


def _fairness_fields() -> tuple[Any, ...]:
    options = places(*((k, t.zh, t.en) for k, t in _SAYINGS.items()))
    flags = places(("yes", "亮旗（低于 80%）", "Yes (below 80%)"), ("no", "不亮旗", "No"))
    return (
        field("share", "比值", "Ratio", "share", items=("ratio",)),
        field("choice", "是否", "Yes or no", type="choice", options=flags, items=("flag",)),
        field("count", "人数", "People", "count", items=("more",)),
        field("say", "写法", "Wording", type="choice", options=options, items=("say",)),
    )


def _fairness_traps(found: tuple[Counts, Counts, Counts]) -> dict[str, dict[str, Any]]:
    (b, m), (a, n), (c, k) = found
    return {
        "difference": {"ratio.share": b / m - a / n},
        "by_count": {"ratio.share": a / b},
        "few_reference": {"ratio.share": (a / n) / (c / k)},
        "inverted": {"ratio.share": (b / m) / (a / n)},
        "own_rate": {"ratio.share": a / n},
        "guilty": {"say.say": "guilty"},
        "fair": {"say.say": "fair"},
    }


_VERDICTS = (
    ("stands", "成立，记下来", "Stands: record it"),
    ("thin", "退回：没写清依据", "Back: no evidence given"),
    ("ground", "退回：依据不是本期工作", "Back: not about this period's work"),
    ("stale", "先对数：原值已变", "Check first: the value has changed"),
    ("scale", "退回：超出 0–100", "Back: outside 0–100"),
)


def calibration(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five proposed changes in a calibration session: which stand, and why not the others.

    Source: S210; rules of :func:`kamkit.methods.appraisal.check_change` house.
    """
    lines = pool("m03_changes")
    # A change beyond the scale or one that someone was faster with: its reason may be sound.
    kinds = ["stands", "stands", "ground", "thin", draw.choice(["stale", "scale"])]
    kinds = draw.shuffled(kinds)
    called, ids = people(draw, len(kinds)), "abcde"
    plain = [e for e in lines["stands"] if not e.get("down")]
    sound = iter(draw.sample(lines["stands"], 2))
    now, proposed = [], []
    for kind, who in zip(kinds, called, strict=True):
        value = draw.integer(90, 96) if kind == "scale" else draw.integer(56, 80)
        before = value - draw.choice([-5, 4, 6]) if kind == "stale" else value
        step = int(MOST) - before + draw.integer(3, 6) if kind == "scale" else draw.integer(4, 9)
        texts = lines[kind] if kind in ("ground", "thin") else plain
        reason = next(sound) if kind == "stands" else draw.choice(texts)
        sign = -1 if reason.get("down") and kind == "stands" else 1
        now.append((who, value))
        proposed.append(_proposal(who, before, before + sign * step, reason))
    key = dict(zip(ids, kinds, strict=True))
    odd = "stale" if "stale" in kinds else "scale"
    at = {k: kinds.index(k) for k in ("ground", "thin", odd)}
    cols = columns(("name", "姓名", "Name", "text"),
                   ("value", "职责分（现在的值）", "Duty score (as it stands)",
                    "number"))  # fmt: skip
    return Variant(
        key={i: one_of(kind) for i, kind in key.items()},
        words={
            "stands": listed([t for t, k in zip(called, kinds, strict=True) if k == "stands"]),
            "ground": cell(called[at["ground"]]), "thin": cell(called[at["thin"]]),
            "odd": cell(called[at[odd]]), "odd_why": _ODD[odd], "fewest": REASON,
            "odd_now": now[at[odd]][1],
        },
        items=tuple(Item(i, t) for i, t in zip(ids, proposed, strict=True)),
        places=places(*_VERDICTS),
        sheets=(sheet(Text("系统里现在的分", "Scores as they stand"), cols, now),),
        traps={
            "nice_words": {i: "stands" for i, k in key.items() if k == "ground"},
            "trusting": {i: "stands" for i, k in key.items() if k == "thin"},
            "reason_only": {i: "stands" for i, k in key.items() if k in ("stale", "scale")},
            "short_is_off": {i: "ground" for i, k in key.items() if k == "thin"},
            "off_is_thin": {i: "thin" for i, k in key.items() if k == "ground"},
            "strict": {i: "thin" for i, k in key.items() if k == "stands"},
            "all": dict.fromkeys(key, "stands"),
        },
    )  # fmt: skip


_ODD = {
    "stale": pair("原值和系统里的不一样，有人先改过；先对数",
                  "the proposal starts from a value that no longer stands: somebody was faster"),
    "scale": pair("改后的分超出了 0–100", "the new score lies outside 0–100"),
}  # fmt: skip


def _proposal(who: Text, before: int, after: int, reason: dict[str, Any]) -> Text:
    """A proposed change in one line."""
    why = said(reason)
    return Text(f"{who.zh}：{before} → {after}，理由：“{why.zh}”",
                f"{who.en}: {before} → {after}, reason: “{why.en}”")  # fmt: skip
