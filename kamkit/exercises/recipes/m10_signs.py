"""Recipes of accounts about to leave: silence by own rhythm, when acting pays, whom to win back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    field,
    figure,
    listed,
    money,
    names,
    places,
    sheet,
    ticked,
    ticks,
)
from kamkit.exercises.recipes.parts import cell, share, until
from kamkit.methods.retention.rhythm import rhythm
from kamkit.methods.shares import wilson
from kamkit.schemes.retention import retention_policy

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_DAY = pd.Timestamp("2026-06-30")
# Number of gaps, least and most of a gap, least and most days since the last order.
_RHYTHMS = {
    "fast": ((11, 14), (11, 17), (46, 58)),      # orders every two weeks, six weeks silent
    "steady": ((11, 14), (26, 33), (88, 104)),   # every month, three months silent
    "slow": ((9, 11), (80, 120), (100, 128)),    # orders seldom by nature
    "bursty": ((11, 14), (4, 88), (62, 80)),     # no rhythm to speak of
    "new": ((2, 2), (16, 30), (44, 56)),         # two gaps prove little
    "fresh": ((11, 14), (18, 28), (6, 16)),
}  # fmt: skip
LEAVING = ("fast", "steady")
Rhythm = tuple[list[int], int]


def _rhythms(draw: Draw) -> dict[str, Rhythm]:
    """Gaps between orders and days since the last one, by kind of account."""
    found = {}
    for kind, (count, gap, silent) in _RHYTHMS.items():
        gaps = [draw.integer(*gap) for _ in range(draw.integer(*count))]
        if kind == "bursty":
            gaps = [draw.choice([draw.integer(4, 12), draw.integer(55, 88)]) for _ in gaps]
        found[kind] = (gaps, draw.integer(*silent))
    return found


def silence_chances(found: dict[str, Rhythm]) -> dict[str, float]:
    """How rare each silence is for the account's own rhythm, by the method."""
    rows = []
    for kind, (gaps, silent) in found.items():
        back = np.r_[0, np.cumsum(gaps[::-1])] + silent
        rows += [(kind, _DAY - pd.Timedelta(days=int(d))) for d in back]
    limits = retention_policy().signs["order_gap"].limits
    table = rhythm(
        pd.DataFrame(rows, columns=["account_id", "date"]), _DAY,
        years=limits["years"], few=limits["few"],
    )  # fmt: skip
    return dict(zip(table["account_id"], table["chance"].tolist(), strict=True))


def _rhythms_good(found: dict[str, Rhythm]) -> bool:
    chance = silence_chances(found)
    limit = retention_policy().signs["order_gap"].limits["chance"]
    early = all(chance[k] < 0.6 * limit for k in LEAVING)
    return early and all(chance[k] > 1.6 * limit for k in chance if k not in LEAVING)


def _rare(chance: float) -> Any:
    """A chance for a placeholder; never 0, which no record of orders can show."""
    return "< 0.1%" if chance < 0.0005 else share(chance)


def warning_signs(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six accounts with their order gaps: whose silence is unusual for its own rhythm?

    Source: S130 (order gap); Cox 1962; limit (2 %, at least 30 days) house.
    """
    found = until(lambda: _rhythms(draw), _rhythms_good, 40)
    chance = silence_chances(found)
    kinds, called = draw.shuffled(list(found)), names(draw, 6)
    named = dict(zip(kinds, called, strict=True))
    sales = {k: 10.0 * WAN * draw.integer(6, 90) for k in kinds}
    silent = {k: s for k, (_, s) in found.items()}
    mean = {k: float(np.mean(g)) for k, (g, _) in found.items()}
    cols = columns(("name", "客户", "Account", "text"),
                   ("gaps", "下单间隔（天，旧→新）", "Days between orders (old → new)", "text"),
                   ("silent", "距上次下单（天）", "Days since last order", "number"),
                   ("sales", "去年销售额", "Sales last year", "money"))  # fmt: skip
    rows = [(named[k], " ".join(map(str, found[k][0][-10:])), silent[k], sales[k]) for k in kinds]
    longest = sorted(kinds, key=lambda k: -silent[k])[:2]
    wrong = {
        "longest": longest,
        "sixty": [k for k in kinds if silent[k] > 60],
        "over_mean": [k for k in kinds if silent[k] > mean[k]],
        "new_too": [*LEAVING, "new"],
    }
    return Variant(
        key=ticks(LEAVING),
        words={
            "leaving": listed([named[k] for k in kinds if k in LEAVING]),
            **{k: cell(named[k]) for k in kinds},
            **{f"silent_{k}": silent[k] for k in kinds},
            **{f"mean_{k}": round(mean[k]) for k in kinds},
            **{f"chance_{k}": _rare(chance[k]) for k in kinds},
            "n_new": len(found["new"][0]),
        },
        places=places(*((k, named[k].zh, named[k].en) for k in kinds)),
        sheets=(sheet(Text("下单记录（只列最近十次间隔）", "Orders (last ten gaps)"), cols, rows),),
        traps={w: ticked(chosen, kinds) for w, chosen in wrong.items()},
    )  # fmt: skip


_STEPS = ("0", "1", "2", "3")
_SIZES = ((150, 230), (55, 85), (26, 40), (12, 18))
_SHARES = ((2, 4), (7, 11), (20, 30), (48, 66))


def _history(draw: Draw) -> tuple[list[int], list[int]]:
    """Accounts looked back at by number of signs, and how many were lost."""
    n = [draw.integer(*s) for s in _SIZES]
    return n, [max(1, round(k * draw.integer(*p) / 100)) for k, p in zip(n, _SHARES, strict=True)]


def _offer(draw: Draw) -> tuple[float, float, float, float]:
    """Sales and margin of a typical account, effect and cost of acting."""
    sales = 10.0 * WAN * draw.integer(20, 60)
    margin = draw.integer(20, 35) / 100
    effect = draw.integer(20, 40) / 100
    line = draw.choice([draw.integer(45, 60), draw.integer(130, 170)]) / 1000
    return sales, margin, effect, round(line * sales * margin * effect / 1000) * 1000.0


def acting_pays(lost: int, n: int, line: float) -> str:
    """Act, leave or cannot tell, as :func:`kamkit.methods.retention.action_threshold` says.

    >>> acting_pays(20, 30, 0.1), acting_pays(3, 30, 0.1)
    ('act', 'cannot_tell')
    """
    low, high = wilson(lost, n)
    if float(low) < line < float(high):
        return "cannot_tell"
    return "act" if lost / n > line else "leave"


def threshold(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """How many warning signs are enough to act: cost against the loss that acting prevents.

    Source: Elkan 2001; S130; bands by number of signs house.
    """
    (n, lost), (sales, margin, effect, cost) = until(
        lambda: (_history(draw), _offer(draw)), lambda d: _threshold_good(*d), 300
    )
    shares = [a / b for a, b in zip(lost, n, strict=True)]
    loss = sales * margin
    line = cost / (loss * effect)
    first = next((k for k, p in enumerate(shares) if p > line), 4)
    advice = [acting_pays(a, b, line) for a, b in zip(lost, n, strict=True)]
    accepted = [str(k) for k in range(5) if _defensible(k, advice)]
    starts = {
        "no_effect": cost / loss, "sales": cost / (sales * effect), "base": sum(lost) / sum(n),
    }  # fmt: skip
    traps: dict[str, dict[str, Any]] = {
        "no_effect": {"line.share": starts["no_effect"]},
        "sales": {"line.share": starts["sales"]},
        "base_line": {"line.share": starts["base"]},
        "mean_share": {"base.share": float(np.mean(shares))},
        "any_sign": {"from.signs": "0"},
        "last_only": {"from.signs": "3" if "3" not in accepted else "4"},
    }
    low, high = wilson(lost, n)
    return Variant(
        key={
            "base.share": figure(sum(lost) / sum(n), 0.004),
            "line.share": figure(line, 0.004),
            "from.signs": Accept(any=tuple(accepted), best=str(first), weight=2.0),
        },
        words={
            "sales": money(sales), "margin": share(margin), "effect": share(effect),
            "cost": money(cost), "loss": money(loss), "saved": money(loss * effect),
            "line": share(line), "base": share(sum(lost) / sum(n)), "n": sum(n), "lost": sum(lost),
            "first": first, "p_first": share(shares[first]), "n_first": n[first],
            "low_first": share(float(low[first])), "high_first": share(float(high[first])),
            "p_before": share(shares[first - 1]),
            "gain": money(shares[first] * loss * effect - cost),
        },
        items=_THRESHOLD_ITEMS,
        fields=_threshold_fields(),
        sheets=(_threshold_sheet(n, lost),),
        traps=traps,
    )  # fmt: skip


_THRESHOLD_ITEMS = (
    Item("base", Text("全部客户的半年流失率", "Share of all accounts lost in half a year")),
    Item("line", Text("流失率到多少，出手才划算", "Chance of loss from which acting pays")),
    Item("from", Text("那么，几个信号起出手", "So act from how many signs on")),
)


def _threshold_fields() -> tuple[Any, ...]:
    starts = places(
        ("0", "一个信号也没有的也出手", "Even without any sign"),
        ("1", "1 个信号起", "From 1 sign"), ("2", "2 个信号起", "From 2 signs"),
        ("3", "3 个信号起", "From 3 signs"), ("4", "都不出手", "Never"),
    )  # fmt: skip
    return (
        field("share", "比例", "Share", "share", items=("base", "line")),
        field("signs", "起点", "From", type="choice", items=("from",), options=starts),
    )


def _threshold_sheet(n: list[int], lost: list[int]) -> Any:
    cols = columns(("signs", "预警信号", "Warning signs", "text"),
                   ("n", "客户数", "Accounts", "number"),
                   ("lost", "半年内流失", "Lost within half a year", "number"))  # fmt: skip
    more = Text("3 个及以上", "3 or more")
    rows = [(_signs(k) if k < 3 else more, n[k], lost[k]) for k in range(4)]
    title = Text("回看过去三年：半年前有几个信号，后来走没走",
                 "Looking back three years: signs, and who left within half a year")  # fmt: skip
    return sheet(title, cols, rows)


def _signs(k: int) -> Text:
    return Text(f"{k} 个", f"{k}")


def _defensible(start: int, advice: list[str]) -> bool:
    """Nobody who should clearly be acted on is left out, and the other way round."""
    return all(a != "act" for a in advice[:start]) and all(a != "leave" for a in advice[start:])


def _threshold_good(history: Any, offer: Any) -> bool:
    (n, lost), (sales, margin, effect, cost) = history, offer
    shares = [a / b for a, b in zip(lost, n, strict=True)]
    line = cost / (sales * margin * effect)
    first = next((k for k, p in enumerate(shares) if p > line), 4)
    advice = [acting_pays(a, b, line) for a, b in zip(lost, n, strict=True)]
    apart = 0 < first < 4 and shares[first] > 1.25 * line and shares[first - 1] < 0.8 * line
    starts = [k for k in range(5) if _defensible(k, advice)]
    others = [cost / (sales * margin), cost / (sales * effect), sum(lost) / sum(n)]
    return (
        apart
        and advice[0] == "leave"
        and advice[3] == "act"
        and len(starts) <= 2
        and min(abs(v - line) for v in others) > 0.008
        and abs(float(np.mean(shares)) - sum(lost) / sum(n)) > 0.02
    )


_REASONS = (
    Text("交期屡次延误", "Late deliveries"), Text("对手降价", "A rival's price"),
    Text("联系人离职", "Contact left"), Text("产品换型", "Changed the product"),
    Text("服务响应慢", "Slow service"), Text("集团统一采购", "Group purchasing"),
)  # fmt: skip
Case = tuple[float, int, int, float, float]


def chance_of(case: Case) -> float:
    """Chance of return: the judgement counts as so many closed cases of the same reason.

    The arithmetic of :func:`kamkit.methods.retention.winback_ranking`; a test holds both equal.

    >>> round(chance_of((0.5, 1, 6, 0.0, 0.0)), 3)
    0.3
    """
    judged, back, tried, _, _ = case
    weight = retention_policy().winback["judgement_cases"]
    return (judged * weight + back) / (weight + tried)


def worth_of(case: Case) -> float:
    """Chance × yearly margin − cost."""
    return chance_of(case) * case[3] - case[4]


def _cases(draw: Draw) -> list[Case]:
    """Judged chance, returned and tried before, yearly margin, cost of the offer."""
    out = []
    for value, judged, past in (
        ((150, 220), (45, 60), (5, 15)),    # the largest: rosy judgement, poor record
        ((90, 130), (30, 45), (45, 65)),    # good record
        ((60, 85), (20, 30), (30, 45)),
        ((40, 60), (60, 75), (20, 35)),     # favourite of the sales rep
        ((70, 110), (20, 30), (15, 25)),
    ):  # fmt: skip
        tried = draw.integer(8, 16)
        back = round(tried * draw.integer(*past) / 100)
        gain = draw.integer(*value)
        cost = round(gain * draw.choice([draw.integer(3, 8), draw.integer(14, 30)]) / 100)
        out.append((draw.integer(judged[0] // 5, judged[1] // 5) * 5 / 100, back, tried,
                    gain * float(WAN), max(cost, 1) * float(WAN)))  # fmt: skip
    return out


_WAYS = {
    "by_value": lambda c: c[3],
    "by_judgement": lambda c: c[0] * c[3] - c[4],
    "no_cost": lambda c: chance_of(c) * c[3],
    "by_chance": chance_of,
}


def _cases_good(cases: list[Case]) -> bool:
    worth = sorted((worth_of(c) for c in cases), reverse=True)
    gaps = [a - b for a, b in zip(worth, worth[1:], strict=False)]
    best = _ranked(cases, worth_of)
    if min(gaps) < 2.0 * WAN or worth[-1] > 0 or worth[-2] < 0 or best[0] == 0:
        return False
    return all(_pairs_off(best, _ranked(cases, way)) >= 2 for way in _WAYS.values())


def _ranked(cases: list[Case], way: Any) -> list[int]:
    return sorted(range(len(cases)), key=lambda k: -way(cases[k]))


def _pairs_off(one: list[int], other: list[int]) -> int:
    """How many pairs stand the other way round."""
    place = {k: i for i, k in enumerate(other)}
    return sum(place[a] > place[b] for i, a in enumerate(one) for b in one[i + 1 :])


def win_back(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five lost accounts: in which order are they worth an offer?

    Source: S130 (reason, offer, result); formula and weight of the judgement house.
    """
    cases = until(lambda: _cases(draw), _cases_good, 600)
    called, reasons = names(draw, 5), draw.sample(_REASONS, 5)
    best = _ranked(cases, worth_of)
    ids = "abcde"
    order = draw.shuffled(range(5))
    cols = columns(("name", "客户", "Account", "text"), ("reason", "流失原因", "Reason", "text"),
                   ("judged", "销售估的回来机会", "Rep's chance of return", "share"),
                   ("past", "同因旧案：回来/共", "Same reason before: back of all", "text"),
                   ("value", "回来后年毛利", "Yearly margin if back", "money"),
                   ("cost", "挽回方案费用", "Cost of the offer", "money"))  # fmt: skip
    rows = [(called[k], reasons[k], cases[k][0], f"{cases[k][1]} / {cases[k][2]}", *cases[k][3:])
            for k in order]  # fmt: skip
    largest = int(np.argmax([c[3] for c in cases]))
    words: dict[str, Any] = {
        "right": listed([called[k] for k in best]), "first": cell(called[best[0]]),
        "last": cell(called[best[-1]]), "largest": cell(called[largest]),
        "worth_last": money(worth_of(cases[best[-1]])),
        "worth_first": money(worth_of(cases[best[0]])),
        "p_first": share(chance_of(cases[best[0]])), "p_largest": share(chance_of(cases[largest])),
        "judged_largest": share(cases[largest][0]), "weight": 4,
    }  # fmt: skip
    traps = {w: {"order": [ids[k] for k in _ranked(cases, way)]} for w, way in _WAYS.items()}
    traps["upside_down"] = {"order": [ids[k] for k in best[::-1]]}
    return Variant(
        key={"order": Accept(order=tuple((ids[k],) for k in best),
                             best=tuple(ids[k] for k in best))},
        words=words,
        items=tuple(Item(ids[k], called[k]) for k in order),
        sheets=(sheet(Text("待定的挽回案", "Cases to be decided"), cols, rows),),
        traps=traps,
    )  # fmt: skip
