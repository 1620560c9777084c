"""Recipes of results: luck or skill over four quarters, and what the territory explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtr

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m03_raters import people
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    field,
    figure,
    listed,
    places,
    score,
    sheet,
    within_sentence,
)
from kamkit.exercises.recipes.parts import cell, money, one_of, pair, share, until
from kamkit.methods.appraisal.person_model import serial_correlation
from kamkit.methods.appraisal.territory import holm, least_squares
from kamkit.methods.raters.icc import mean_squares
from kamkit.schemes.kpis import controllability

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

REPS, QUARTERS = 8, 4


def kept_share(x: np.ndarray) -> tuple[float, float, float]:
    """Spread within persons, spread of their means, and the share of a distance that is kept.

    For as many quarters each, the estimate of
    :func:`kamkit.methods.appraisal.shrunken_effects`; a test holds both equal.

    >>> kept_share(np.array([[1.0, 3.0], [3.0, 5.0], [5.0, 7.0]]))[2]
    0.75
    """
    between, within = mean_squares(x)[0][:2]
    kept = max(1 - within / between, 0.0) if between > 0 else 0.0
    return float(np.sqrt(within)), float(np.sqrt(between / x.shape[1])), float(kept)


def _quarters(draw: Draw, scene: str) -> np.ndarray:
    """Attainment in points of percent: people × quarters."""
    own = [0] * REPS
    if scene == "differ":
        own = draw.shuffled([-16, -12, -7, -2, 2, 7, 12, 17])
    noise = 18 if scene == "noise" else 10
    middle = draw.integer(94, 103)
    return np.array(
        [[middle + o + draw.integer(-noise, noise) for _ in range(QUARTERS)] for o in own],
        dtype=float,
    )


def _quarters_good(x: np.ndarray, scene: str) -> bool:
    between, within = mean_squares(x)[0][:2]
    ends = np.sort(x.mean(axis=1))
    if ends[-1] - ends[-2] < 0.5 or ends[1] - ends[0] < 0.5 or within <= 0:
        return False
    low, high = (1.08, 1.7) if scene == "noise" else (6.0, 20.0)
    if not low < between / within < high:
        return False
    rest = x - x.mean(axis=1, keepdims=True)
    together = (rest[:, 1:] * rest[:, :-1]).sum() / (rest**2).sum()
    if scene == "differ" and together > -0.25:
        return False  # quarters that may go together: the test below would not be sure
    p, whole = chance_of_luck(x)
    return whole and (p > 0.15 if scene == "noise" else p < 0.03)


def chance_of_luck(x: np.ndarray) -> tuple[float, bool]:
    """p that equal people differ as much, and whether each quarter counts in full.

    The test of :func:`kamkit.methods.appraisal.shrunken_effects`: its p allows for quarters
    that go together; where they clearly do, four count for fewer and the shares differ.
    """
    n, quarters = x.shape
    person, quarter = np.divmod(np.arange(x.size), quarters)
    serial = serial_correlation(x.ravel(), person, quarter)
    between, within = mean_squares(x)[0][:2]
    p = serial.p_of(float(between / within), n - 1, n * (quarters - 1))
    return p, serial.design_effect == 1.0


def luck_or_skill(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Eight people, four quarters: how much of the differences is luck, and may they be ranked?

    Source: Robinson 1991 (BLUP); Williams 1962; limit of the F test house.
    """
    scene = draw.choice(["noise", "noise", "differ"])
    x = until(lambda: _quarters(draw, scene), lambda q: _quarters_good(q, scene), 200)
    within, between, kept = kept_share(x)
    luck, mean = within / QUARTERS**0.5, x.mean(axis=1)
    team, best, last = float(mean.mean()), int(mean.argmax()), int(mean.argmin())
    level = team + kept * (float(mean[best]) - team)
    called = people(draw, REPS)
    right = "none" if scene == "noise" else "groups"
    p, _ = chance_of_luck(x)
    cols = columns(("name", "姓名", "Name", "text"),
                   *((f"q{k}", f"{k} 季度", f"Q{k}", "share") for k in range(1, QUARTERS + 1)),
                   ("mean", "全年平均", "Year's mean", "share"))  # fmt: skip
    rows = [(t, *(q / 100), float(m) / 100) for t, q, m in zip(called, x, mean, strict=True)]
    return Variant(
        key={
            "luck.points": figure(luck, 0.11), "kept.share": figure(kept, 0.03),
            "best.share": figure(level / 100, 0.006),
            "verdict.choice": Accept(any=(right,), best=right, weight=2.0),
        },
        words={
            "n": REPS, "within": score(within), "between": score(between), "luck": score(luck),
            "kept": share(kept), "best": cell(called[best]), "last": cell(called[last]),
            "mean_best": share(float(mean[best]) / 100), "team": share(team / 100),
            "mean_last": share(float(mean[last]) / 100), "level": share(level / 100),
            "p": _chance(p),
            "verdict": _LUCK_VERDICT[right], "why": _LUCK_WHY[right],
        },
        items=(
            Item("luck", Text("光靠运气，全年平均会差多少",
                              "Spread of yearly means from luck alone")),
            Item("kept", Text("差距里能保留的比例", "Share of a distance that is kept")),
            Item("best", Text(f"估计{called[best].zh}的真实水平",
                              f"Estimated level of {called[best].en}")),
            Item("verdict", Text("总监要排名，您怎么答", "Your director wants a ranking")),
        ),
        fields=_luck_fields(),
        sheets=(sheet(Text("销售目标达成率", "Attainment of sales targets"), cols, rows),),
        traps={
            "raw": {"best.share": float(mean[best]) / 100},
            "one_quarter": {"luck.points": within},
            "by_four": {"luck.points": within / QUARTERS},
            "no_square": {"kept.share": 1 - luck / between},
            "luck_kept": {"kept.share": 1 - kept},
            "rank_all": {"verdict.choice": "all"},
        },
    )  # fmt: skip


_LUCK_VERDICT = {
    "none": pair("不排名，也不点名", "no ranking and no names"),
    "groups": pair(
        "按收缩后的水平分组，相邻的不分先后", "groups by shrunken levels, no order inside"
    ),
}
_LUCK_WHY = {
    "none": pair("人和人之间的差，运气就解释得了", "luck explains the differences between people"),
    "groups": pair("人和人之间的差，运气解释不了；但挨着的几位仍分不开",
                   "luck does not explain the differences, but neighbours cannot be separated"),
}  # fmt: skip


def _luck_fields() -> tuple[Any, ...]:
    options = places(
        ("all", "按全年平均排第 1 到第 8", "Rank them 1 to 8 by the year's mean"),
        (
            "groups",
            "分组：两头分得开，相邻的不分先后",
            "Groups: the ends are apart, neighbours are not ordered",
        ),
        ("none", "不排名：差距和运气分不开", "No ranking: differences look like luck"),
    )
    return (
        field("points", "百分点", "Points of percent", "score", items=("luck",)),
        field("share", "比例", "Share", "share", items=("kept", "best")),
        field("choice", "结论", "Verdict", type="choice", options=options, items=("verdict",)),
    )


PLACES = 10
# Advertising may be allowed by a company's own file; potential is in the sheet already.
_LEFT_OUT = ("advert", "potential")
Land = tuple[np.ndarray, np.ndarray]  # sales, potential in units of 10,000


def beside_expected(sales: np.ndarray, potential: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected sales, and p (Holm) that a result is as far off by chance.

    The arithmetic of :func:`kamkit.methods.appraisal.territory_adjusted` on the log scale; a
    test holds both equal.
    """
    fit = least_squares(
        np.log(sales), np.column_stack([np.ones(len(sales)), np.log(potential)])
    )  # fmt: skip
    away = 1 - fit.leverage
    others = (fit.s**2 * fit.df - fit.residual**2 / away) / (fit.df - 1)
    standard = fit.residual / np.sqrt(others * away)
    return np.exp(fit.fitted), holm(2 * stdtr(fit.df - 1, -np.abs(standard)))


def _land(draw: Draw, scene: str) -> Land:
    steps = draw.shuffled([20, 27, 35, 44, 52, 60, 70, 82, 96, 115])
    potential = np.array([100.0 * (s + draw.integer(-2, 2)) for s in steps])
    noise = 9 if scene == "weak" else 22
    ratio = np.array([1 + draw.integer(-noise, noise) / 100 for _ in range(PLACES)])
    if scene == "weak":
        ratio[int(np.argsort(potential)[draw.integer(5, 8)])] = draw.integer(50, 60) / 100
    return np.round(0.4 * potential**0.95 * ratio), potential


def _land_good(land: Land, scene: str) -> bool:
    sales, potential = land
    expected, p = beside_expected(sales, potential)
    ratio = sales / expected
    low, off = int(sales.argmin()), int(ratio.argmin())
    poorest = np.sort(sales)[:2]
    if (
        ratio[low] < 0.93
        or abs(ratio[low] - 1) < 0.03
        or off == low
        or poorest[1] / poorest[0] < 1.03
        or off != p.argmin()
    ):
        return False
    rest = np.delete(p, off)
    if scene == "weak":
        return bool(p[off] < 0.02 and rest.min() > 0.2)
    return bool(p.min() > 0.2)


def territory(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """What may enter an adjustment for territory, and who sells less than the place lets expect.

    Source: Cravens, Woodruff & Stamper 1972; list of allowed factors house.
    """
    scene = draw.choice(["weak", "none"])
    land = until(lambda: _land(draw, scene), lambda d: _land_good(d, scene), 500)
    sales, potential = land
    expected, p = beside_expected(sales, potential)
    ratio, called = sales / expected, people(draw, PLACES)
    low, off = int(sales.argmin()), int(ratio.argmin())
    weak = bool(p[off] < 0.05)
    known = [f for f in controllability().values() if f.id not in _LEFT_OUT]
    good = draw.sample([f for f in known if f.allowed], 3)
    bad = draw.sample([f for f in known if not f.allowed], 3)
    factors = draw.shuffled([*good, *bad])
    ids = [f"f{k}" for k in range(1, 7)]
    allowed = {i: "in" if f.allowed else "out" for i, f in zip(ids, factors, strict=True)}
    right = "off" if weak else "nobody"
    other = int(np.argsort(sales)[1])
    third = other if other != off else int(np.argsort(sales)[2])
    options = places(*draw.shuffled([(k, called[at].zh, called[at].en) for k, at in
                                     (("low", low), ("off", off), ("third", third))]),
                     ("nobody", "谁也点不了名", "Nobody can be named"))  # fmt: skip
    return Variant(
        key={f"{i}.use": one_of(v) for i, v in allowed.items()}
        | {"low.ratio": figure(ratio[low], 0.012),
           "who.person": Accept(any=(right,), best=right, weight=2.0)},
        words={
            "low": cell(called[low]), "off": cell(called[off]), "n": PLACES,
            "sales_low": money(sales[low] * WAN), "expected_low": money(_round(expected[low])),
            "ratio_low": share(ratio[low]), "ratio_off": share(ratio[off]),
            "p_off": _chance(float(p[off])),
            "allowed": listed([_plain(f.label) for f in good]),
            "refused": listed([_plain(f.label) for f in bad]),
            "reason": cell(_plain(bad[0].reason)),
            "reason_of": cell(_plain(bad[0].label)),
            "verdict": cell(called[off]) if weak else pair("谁也点不了名", "nobody"),
        },
        items=(
            *(Item(i, Text(f.label["zh"], f.label["en"]))
              for i, f in zip(ids, factors, strict=True)),
            Item("low", Text(f"{called[low].zh}：实际 ÷ 预期",
                             f"{called[low].en}: actual ÷ expected")),
            Item("who", Text("该先去看谁的区域", "Whose territory to look at first")),
        ),
        fields=(
            field("use", "可否用来调整", "May it adjust?", type="choice", items=tuple(ids),
                  options=places(("in", "可以", "Yes"), ("out", "不可以", "No"))),
            field("ratio", "比值", "Ratio", "share", items=("low",)),
            field("person", "人", "Person", type="choice", items=("who",), options=options),
        ),
        sheets=(_land_sheet(called, land, expected, p),),
        traps={
            "all_in": dict.fromkeys((f"{i}.use" for i in ids), "in"),
            "turned": {f"{i}.use": "out" if v == "in" else "in" for i, v in allowed.items()},
            "lowest_sales": {"who.person": "low"},
            "vs_mean": {"low.ratio": float(sales[low] / sales.mean())},
            "penetration": {"low.ratio": float(sales[low] / potential[low])},
            "inverse": {"low.ratio": float(1 / ratio[low])},
        },
    )  # fmt: skip


def _plain(label: Mapping[str, str]) -> Text:
    """A label as a word inside a sentence."""
    return Text(**within_sentence(Text(label["zh"], label["en"])))


def _chance(p: float) -> dict[str, Any]:
    """A chance for a sentence, to a whole percent."""
    return pair("1% 以下", "under 1%") if p < 0.01 else share(round(p, 2))


def _round(value: float) -> float:
    """An expected amount in whole 10,000, as the sheet shows it."""
    return float(round(value)) * WAN


def _land_sheet(called: list[Text], land: Land, expected: np.ndarray, p: np.ndarray) -> Any:
    cols = columns(("name", "姓名", "Name", "text"),
                   ("potential", "区域潜力", "Potential", "money"),
                   ("sales", "实际销售额", "Actual sales", "money"),
                   ("expected", "按潜力预期", "Expected by potential", "money"),
                   ("p", "偶然差这么多的概率", "Chance of such a gap", "text"))  # fmt: skip
    rows = [(t, b * WAN, s * WAN, _round(e), "< 1%" if q < 0.01 else f"{q:.0%}")
            for t, s, b, e, q in zip(called, *land, expected, p, strict=True)]  # fmt: skip
    return sheet(Text("去年各区域（概率已按十人一起看校正）",
                      "Territories last year (chance corrected for looking at ten)"),
                 cols, rows)  # fmt: skip
