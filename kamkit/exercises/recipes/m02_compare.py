"""Recipes that compare: may reps be ranked, and which criteria tell won deals from lost ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc, stdtrit

from kamkit.exercises.model import Column, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, places, score, sheet
from kamkit.exercises.recipes.parts import cell, one_of, pair, share, until
from kamkit.methods.funnel import beta_mle, shrunk
from kamkit.methods.shares import same_groups, wilson

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.model import Place
    from kamkit.exercises.variants import Draw

_REPS = ("陈一", "林二", "周三", "许四", "何五", "罗六")
_REPS_EN = ("Rep Chen", "Rep Lin", "Rep Zhou", "Rep Xu", "Rep He", "Rep Luo")
_SCENES = ("none", "none", "best", "worst")


def _team(draw: Draw, scene: str) -> list[tuple[int, int]]:
    """Won and closed deals of six reps."""
    if scene == "none":
        sizes = [draw.integer(13, 27) for _ in range(6)]
        return [(round(n * draw.integer(18, 55) / 100), n) for n in sizes]
    odd, rest = ((68, 82), (26, 38)) if scene == "best" else ((6, 14), (44, 56))
    team = [(draw.integer(38, 60), rest) for _ in range(5)] + [(draw.integer(44, 66), odd)]
    return [(round(n * draw.integer(*band) / 100), n) for n, band in draw.shuffled(team)]


def told_apart(team: list[tuple[int, int]]) -> tuple[float, np.ndarray]:
    """p of "all the same" and numbers shared by those who cannot be separated.

    The arithmetic of :func:`kamkit.methods.funnel.win_rate`; a test holds both equal.
    """
    won, n = np.array(team).T
    mean = won.sum() / n.sum()
    statistic = ((won - n * mean) ** 2 / (n * mean * (1 - mean))).sum()
    p = float(chdtrc(len(n) - 1, statistic))
    if p >= 0.05:
        return p, np.ones(len(n), dtype=int)
    low, high = wilson(won, n, 1 - 0.05 / (len(n) * (len(n) - 1) / 2))
    return p, same_groups(won / n, low, high)


def _team_good(team: list[tuple[int, int]], scene: str) -> bool:
    won, n = np.array(team).T
    rate = won / n
    ranked = np.sort(rate)
    expected = min((n * won.sum() / n.sum()).min(), (n - n * won.sum() / n.sum()).min())
    if min(ranked[1] - ranked[0], ranked[-1] - ranked[-2]) < 0.02:
        return False
    p, group = told_apart(team)
    low, high = wilson(won, n)
    if scene == "none":
        wide = ranked[-1] - ranked[0] > 0.2
        return bool(p > 0.15 and wide and expected >= 5 and low.max() < high.min())
    k = int(rate.argmax() if scene == "best" else rate.argmin())
    rest = np.arange(6) != k
    clear = low[k] > high[rest].max() if scene == "best" else high[k] < low[rest].min()
    same = len(set(group[rest])) == 1 and group[k] not in group[rest]
    return bool(
        clear and same and p < 0.01 and expected >= 5 and low[rest].max() < high[rest].min()
    )


def league_table(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six reps with their counts: may they be ranked, and who may be named.

    Source: Wilson 1927; Newcombe 1998; Efron & Morris 1977; limits house.
    """
    scene = draw.choice(_SCENES)
    team = until(lambda: _team(draw, scene), lambda t: _team_good(t, scene), 400)
    p, group = told_apart(team)
    right = {1: "none"}.get(len(set(group)), scene)
    won, n = np.array(team).T
    low, high = wilson(won, n)
    prior = beta_mle(won, n)
    pulled = shrunk(won, n, prior)[0]
    order = np.argsort(-won / n)
    reps = [Text(zh, en) for zh, en in zip(_REPS, _REPS_EN, strict=True)]
    top, last = reps[order[0]], reps[order[-1]]
    cols = columns(("rep", "销售", "Rep", "text"), ("won", "赢", "Won", "number"),
                   ("lost", "丢", "Lost", "number"), ("rate", "赢单率", "Win rate", "share"),
                   ("low", "区间下端", "Low", "share"),
                   ("high", "区间上端", "High", "share"))  # fmt: skip
    rows = [
        (reps[k], won[k], n[k] - won[k], won[k] / n[k], float(low[k]), float(high[k]))
        for k in order
    ]
    verdicts = {"none": pair("分不开", "cannot be told apart"),
                "best": pair(f"只有{top.zh}能分出来，高于其他人",
                             f"only {top.en} stands apart, above the others"),
                "worst": pair(f"只有{last.zh}能分出来，低于其他人",
                              f"only {last.en} stands apart, below the others")}  # fmt: skip
    return Variant(
        key={"choice": one_of(right)},
        words={
            "p": "< 0.001" if p < 0.001 else f"= {p:.2f}" if p >= 0.01 else f"= {p:.3f}",
            "verdict": verdicts[right], "top": cell(top), "last": cell(last),
            "n": int(n.sum()), "n_top": int(n[order[0]]), "won_top": int(won[order[0]]),
            "rate_top": share(won[order[0]] / n[order[0]]), "shrunk_top": share(pulled[order[0]]),
            "rate_last": share(won[order[-1]] / n[order[-1]]),
            "shrunk_last": share(pulled[order[-1]]), "mean": share(won.sum() / n.sum()),
        },
        places=_league_places(top, last),
        sheets=(sheet(Text("去年结束的商机", "Deals closed last year"), cols, rows),),
        traps={w: {"choice": w} for w in ("rank",)},
    )  # fmt: skip


def _league_places(top: Text, last: Text) -> tuple[Place, ...]:
    return places(
        ("rank", "照表上的次序排名，前三名表彰，后两名约谈",
         "Rank them as listed: praise the top three, talk to the last two"),
        ("best", f"只点名{top.zh}高于其他人，其余不排",
         f"Name {top.en} as better; don't rank the rest"),
        ("worst", f"只点名{last.zh}低于其他人，其余不排",
         f"Name {last.en} as lower; don't rank the rest"),
        ("none", "谁也不点名，不排名", "Name nobody and show no ranking"),
    )  # fmt: skip


_CRITERIA = {
    "delivery": Text("交期", "Delivery time"), "fit": Text("技术匹配", "Technical fit"),
    "service": Text("服务响应", "Service response"),
    "champion": Text("客户方有人支持", "Supporter inside"),
    "reference": Text("同行案例", "References"), "payment": Text("付款条件", "Payment terms"),
}  # fmt: skip
_PRICE = Text("价格", "Price")
_LEVELS = np.arange(1, 6)


def _scores(draw: Draw, role: str) -> tuple[list[int], list[int]]:
    """How often each score 1 to 5 was given, to won and to lost deals."""
    n = [draw.integer(70, 95), draw.integer(88, 110)]
    if role == "few":
        high, low = draw.choice([([4, 5, 3], [3, 2, 4]), ([5, 3, 4], [2, 4, 3, 3])])
        return _counted(high), _counted(low)
    if role == "same":
        fixed = draw.choice([3, 4])
        return [n[0] * (k == fixed) for k in _LEVELS], [n[1] * (k == fixed) for k in _LEVELS]
    shift = {"never": 0.0, "clear": draw.real(0.8, 1.1), "small": draw.real(0.48, 0.56)}[role]
    middle = draw.real(2.8, 3.2)
    return _spread(n[0], middle + shift), _spread(n[1], middle)


def _counted(scores: list[int]) -> list[int]:
    return [scores.count(k) for k in range(1, 6)]


def _spread(n: int, middle: float) -> list[int]:
    weight = np.exp(-((_LEVELS - middle) ** 2) / 1.4)
    return [round(float(v)) for v in n * weight / weight.sum()]


def welch(won: list[int], lost: list[int]) -> dict[str, float]:
    """Difference of two mean scores with its 95 % interval, from counts of scores 1 to 5.

    No interval where all scores are one and the same. The arithmetic of
    :func:`kamkit.methods.funnel.criteria_that_decide`; a test holds both equal.
    """
    found = {}
    for name, counts in (("won", np.array(won)), ("lost", np.array(lost))):
        n = counts.sum()
        mean = (counts * _LEVELS).sum() / n
        found[f"n_{name}"], found[name] = float(n), float(mean)
        found[f"v_{name}"] = float((counts * (_LEVELS - mean) ** 2).sum() / (n - 1) / n)
    a, b = found["v_won"], found["v_lost"]
    gap = found["won"] - found["lost"]
    free = (a + b) ** 2 / (
        a**2 / (found["n_won"] - 1) + b**2 / (found["n_lost"] - 1)
    ) if a + b else 1.0  # fmt: skip
    half = float(np.sqrt(a + b) * stdtrit(free, 0.975)) if a + b else np.nan
    return {**found, "gap": gap, "low": gap - half, "high": gap + half}


_ROLES = ("clear", "small", "few", "never", "same")
_PLACE = {"clear": "tells", "small": "tells", "few": "few", "never": "same", "same": "same"}


def reasons(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five criteria rated for won and lost deals, beside the reasons that sellers gave.

    Source: S160; Welch 1947; Holm 1979; Cohen 1988 (power).
    """
    price = draw.choice(["never", "same"])
    others = [_CRITERIA[k] for k in draw.sample(list(_CRITERIA), 4)]
    called = {role: _PRICE if role == price else others.pop() for role in _ROLES}
    scores = {role: _scores(draw, role) for role in _ROLES}
    found = {role: welch(*scores[role]) for role in _ROLES}
    order = draw.shuffled(_ROLES)
    best = {role: _PLACE[role] for role in _ROLES}
    moved = {
        "stated": {price: "tells"}, "big_gap": {"few": "tells"}, "small_gap": {"small": "same"},
        "few_same": {"few": "same"}, "same_few": {"never": "few", "same": "few"},
        "high_score": {"same": "tells", "never": "tells"}, "small_few": {"small": "few"},
    }  # fmt: skip
    cols = (
        Column("criterion", Text("评分项", "Criterion")),
        Column("won", Text("赢单均分", "Won, mean"), "number", 2),
        Column("n_won", Text("赢单数", "Won, n"), "number", 0),
        Column("lost", Text("丢单均分", "Lost, mean"), "number", 2),
        Column("n_lost", Text("丢单数", "Lost, n"), "number", 0),
        Column("gap", Text("相差", "Difference"), "number", 2),
        Column("low", Text("区间下端", "Low"), "number", 2),
        Column("high", Text("区间上端", "High"), "number", 2),
    )
    rows = [
        (
            called[r],
            *(found[r][c] for c in ("won", "n_won", "lost", "n_lost", "gap", "low", "high")),
        )
        for r in order
    ]
    lost = int(max(f["n_lost"] for f in found.values()))
    said, stated = _stated(draw, called["clear"], lost)
    return Variant(
        key={role: one_of(p) for role, p in best.items()},
        words={
            "n_price": stated[0], "n_said": sum(stated[:3]), "n_blank": stated[3],
            "share_price": share(stated[0] / sum(stated[:3])),
            "clear": cell(called["clear"]), "small": cell(called["small"]),
            "few": cell(called["few"]), "never": cell(called["never"]),
            "same": cell(called["same"]),
            "n_few": int(found["few"]["n_won"] + found["few"]["n_lost"]),
            "gap_few": score(found["few"]["gap"], 2), "gap_small": score(found["small"]["gap"], 2),
            "gap_price": score(abs(found[price]["gap"]), 2),
        },
        items=tuple(Item(r, called[r]) for r in order),
        places=places(
            ("tells", "能区分输赢", "Tells won from lost"),
            ("same", "区分不了：赢丢几乎一样", "Doesn't: won and lost are alike"),
            ("few", "数据太少，还说不准", "Too little data to say"),
        ),
        sheets=(
            sheet(Text("关单前的评分（1–5）", "Ratings before closing (1–5)"), cols, rows), said,
        ),
        traps={name: {**best, **m} for name, m in moved.items()},
    )  # fmt: skip


def _stated(draw: Draw, second: Text, lost: int) -> tuple[Any, list[int]]:
    """Reasons for losing as sellers gave them: price most of all; the rest gave none."""
    counts = [draw.integer(34, 44), draw.integer(12, 18), draw.integer(6, 10)]
    counts.append(lost - sum(counts))
    labels = [_PRICE, second, Text("其他", "other"), Text("没写", "none given")]
    cols = columns(("reason", "丢单理由", "Reason", "text"), ("deals", "单数", "Deals", "number"))
    rows = list(zip(labels, counts, strict=True))
    title = Text("销售自己写的丢单理由", "Reasons for losing, as sellers gave them")
    return sheet(title, cols, rows), counts
