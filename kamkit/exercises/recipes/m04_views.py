"""Recipes of opinions held against each other: word and deed, two waves, two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, listed, names, places, sheet
from kamkit.exercises.recipes.m05_base import score as points
from kamkit.exercises.recipes.parts import cell, one_of, pair, until
from kamkit.methods.relationship.indices_nps import adjusted_wald
from kamkit.methods.relationship.loyalty_raters import rater_spread
from kamkit.methods.relationship.survey_gap import welch
from kamkit.methods.relationship.survey_intervals import t_point
from kamkit.methods.shares import same_groups
from kamkit.schemes.surveys import read_survey

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

ATTITUDES, BEHAVIOURS, RATERS = 4, 10, 3
_IDS = ("a", "b", "c", "d")
# Middle of the ticks for attitude and behaviour: says more, does more, and two alike.
_KINDS = ((58, 41), (41, 55), (46, 49), (57, 54))
_GAP_VERDICTS = (
    ("says", "说得比做得好", "Says more than it does"),
    ("does", "做得比说得好", "Does more than it says"),
    ("same", "分不开，先不下结论", "Cannot be told: no verdict yet"),
)


def _ratings(draw: Draw) -> np.ndarray:
    """Ticks 1–7: subjects × raters × items, attitudes first."""
    strict = [draw.integer(-3, 3) for _ in range(RATERS)]
    found = np.empty((len(_KINDS), RATERS, ATTITUDES + BEHAVIOURS))
    for i, (says, does) in enumerate(_KINDS):
        for r in range(RATERS):
            for k in range(ATTITUDES + BEHAVIOURS):
                middle = (says if k < ATTITUDES else does) + strict[r] + draw.integer(-9, 9)
                found[i, r, k] = min(max(round(middle / 10), 1), 7)
    return found


def word_and_deed(ticks: np.ndarray) -> tuple[np.ndarray, float]:
    """Attitude less behaviour (points) of each subject, and the half width of its interval.

    The arithmetic of :func:`kamkit.methods.relationship.loyalty` for ticks 1–7; a test holds
    both equal.
    """
    share = (ticks - 1) / 6 * 100
    gap = share[:, :, :ATTITUDES].mean(axis=2) - share[:, :, ATTITUDES:].mean(axis=2)
    subject = pd.Series(np.repeat(np.arange(len(ticks)), RATERS))
    rater = pd.Series(np.tile(np.arange(RATERS), len(ticks)))
    spread = rater_spread(subject, rater, pd.Series(gap.ravel()))
    least = (100 / 6) ** 2 / 12 * (1 / ATTITUDES + 1 / BEHAVIOURS)
    half = stdtrit(spread.df, 0.975) * np.sqrt(max(spread.variance, least) / RATERS)
    return gap.mean(axis=1), float(half)


def _ratings_good(ticks: np.ndarray) -> bool:
    gap, half = word_and_deed(ticks)
    apart = gap[0] > half * 1.15 and gap[1] < -half * 1.15
    alike = np.abs(gap[2:]).max() < half * 0.85 and np.abs(gap[2:]).min() > 1.5
    return bool(apart and alike and half < 25)


def loyalty_gap(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four dealers or accounts on four attitudes and ten behaviours: the gap, and the verdict.

    Source: S237, S238 (items); S112, X34 (accounts); seven-point scale and interval house.
    """
    kind = draw.choice(["dealer", "account"])
    order = draw.shuffled(range(len(_KINDS)))
    ticks = until(lambda: _ratings(draw), _ratings_good, 60)
    gap, half = word_and_deed(ticks)
    called = names(draw, len(_KINDS))
    verdicts = {0: "says", 1: "does"}
    place = {k: _IDS[n] for n, k in enumerate(order)}
    key: dict[str, Accept] = {}
    traps: dict[str, dict[str, Any]] = {t: {} for t in ("sums", "of_seven", "signed", "by_sign")}
    mean = ticks.mean(axis=1)
    says, does = mean[:, :ATTITUDES].sum(axis=1), mean[:, ATTITUDES:].sum(axis=1)
    for k, i in place.items():
        key[f"{i}.gap"] = figure(gap[k], 1.2)
        key[f"{i}.verdict"] = Accept(any=(verdicts.get(k, "same"),), best=verdicts.get(k, "same"))
        traps["sums"][f"{i}.gap"] = float(says[k] - does[k])
        traps["of_seven"][f"{i}.gap"] = float((says[k] / 4 - does[k] / 10) / 7 * 100)
        traps["signed"][f"{i}.gap"] = float(-gap[k])
        traps["by_sign"][f"{i}.verdict"] = "says" if gap[k] > 0 else "does"
    swap = {"says": "does", "does": "says", "same": "same"}
    traps["swapped"] = {f"{i}.verdict": swap[verdicts.get(k, "same")] for k, i in place.items()}
    who = pair("经销商", "dealers") if kind == "dealer" else pair("客户", "accounts")
    rows = {k: called[n] for n, k in enumerate(order)}
    return Variant(
        key=key,
        words={
            "who": who, "half": points(half), "n": RATERS, "says": cell(rows[0]),
            "does": cell(rows[1]), "alike": listed([rows[2], rows[3]]),
            **{f"gap_{_IDS[n]}": points(gap[k]) for n, k in enumerate(order)},
            **{f"name_{_IDS[n]}": cell(called[n]) for n in range(len(_KINDS))},
            "gap_says": points(gap[0]), "gap_does": points(gap[1]),
        },
        items=tuple(Item(i, t) for i, t in zip(_IDS, called, strict=True)),
        fields=(
            field("gap", "差距：态度 − 表现（分）", "Gap: attitude − behaviour (points)", "score"),
            field("verdict", "结论", "Verdict", type="choice", options=places(*_GAP_VERDICTS)),
        ),
        sheets=(_loyalty_sheet(kind, mean[order], called),),
        traps=traps,
    )  # fmt: skip


def _loyalty_sheet(kind: str, mean: np.ndarray, called: list[Text]) -> Any:
    survey = read_survey(f"{kind}_loyalty")
    cols = columns(("item", "项目（1–7，三人平均）", "Item (1–7, mean of three)", "text"),
                   *((i, t.zh, t.en, "score")
                     for i, t in zip(_IDS, called, strict=True)))  # fmt: skip
    said = [Text(i.words["us"]["zh"], i.words["us"]["en"]) for i in survey.items]
    rows: list[tuple[Any, ...]] = []
    sums = ((0, ATTITUDES, "态度四项合计", "Sum of the four attitudes"),
            (ATTITUDES, 14, "表现十项合计", "Sum of the ten behaviours"))  # fmt: skip
    for first, last, zh, en in sums:
        rows += [(said[k], *np.round(mean[:, k], 1)) for k in range(first, last)]
        rows.append((Text(zh, en), *np.round(mean[:, first:last].sum(axis=1), 1)))
    return sheet(Text("我方三人各打一遍", "Rated by three of our people"), cols, rows)


_SCENES = ("five", "five", "clear", "fell")


def _waves(draw: Draw, scene: str) -> list[tuple[int, int, int]]:
    """Promoters, passives, detractors of this wave and the last one."""
    if scene == "five":
        n = draw.integer(4, 6)
        lost = draw.integer(0, 1)
        before = draw.integer(26, 44)
        best = round(before * draw.integer(60, 72) / 100)
        low = round(before * draw.integer(8, 16) / 100)
        return [(n - lost, lost, 0), (best, before - best - low, low)]
    good = (draw.integer(60, 70), draw.integer(5, 10))
    poor = (draw.integer(18, 26), draw.integer(42, 50))
    sizes = [draw.integer(26, 36), draw.integer(60, 90)]
    both = (good, poor) if scene == "clear" else (poor, good)
    out = []
    for n, (best, low) in zip(sizes, both, strict=True):
        p, d = round(n * best / 100), round(n * low / 100)
        out.append((p, n - p - d, d))
    return out


def net(wave: tuple[int, int, int]) -> tuple[float, float, float]:
    """NPS of one wave with its adjusted-Wald interval, −100 to 100.

    >>> [round(v, 1) for v in net((50, 30, 20))]
    [30.0, 14.1, 44.2]
    """
    best, _, worst = wave
    n = sum(wave)
    low, high = adjusted_wald(best, worst, n)
    return 100 * (best - worst) / n, 100 * float(low), 100 * float(high)


def plain_low(wave: tuple[int, int, int]) -> float:
    """Lower end of the plain (Wald) interval, −100 to 100.

    >>> plain_low((5, 0, 0))
    100.0
    """
    n = sum(wave)
    p, d = wave[0] / n, wave[2] / n
    return float(100 * (p - d - 1.96 * np.sqrt(max(p + d - (p - d) ** 2, 0.0) / n)))


def _moved(waves: list[tuple[int, int, int]]) -> str:
    value, low, high = np.array([net(w) for w in waves]).T
    groups = same_groups(value, low, high)
    if groups[0] == groups[1]:
        return "cannot"
    return "better" if value[0] > value[1] else "worse"


def nps_small(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two waves of NPS, one often of five people: the figures, the lower end, the verdict.

    Source: Reichheld 2003; Rocks 2016 (adjusted Wald); Keiningham et al. 2007.
    """
    scene = draw.choice(_SCENES)
    wanted = {"five": "cannot", "clear": "better", "fell": "worse"}[scene]
    waves = until(
        lambda: _waves(draw, scene),
        lambda w: _moved(w) == wanted and abs(net(w[0])[1] - plain_low(w[0])) > 0.9,
        200,
    )
    now, before = (net(w) for w in waves)
    best, _, worst = waves[0]
    n = sum(waves[0])
    p = best / n
    plain = plain_low(waves[0])
    said = {"better": pair("今年确实高了", "this year is higher"),
            "worse": pair("今年确实低了", "this year is lower"),
            "cannot": pair("看不出高低", "no difference can be shown")}  # fmt: skip
    average = (10 * best + 7.5 * waves[0][1] + 3 * worst) / n
    traps: dict[str, dict[str, Any]] = {
        "share_only": {"before.nps": 100 * waves[1][0] / sum(waves[1])},
        "plain": {"low.nps": plain},
        "average": {"now.nps": average},
        "by_points": {"verdict.choice": "better" if now[0] > before[0] else "worse"},
        "growth": {"verdict.choice": "growth"},
    }
    if worst:
        traps["share_only"]["now.nps"] = 100 * p
    if wanted != "cannot":
        traps["by_points"] = {"verdict.choice": "cannot"}
    return Variant(
        key={
            "now.nps": figure(now[0], 0.6), "before.nps": figure(before[0], 0.6),
            "low.nps": figure(now[1], 0.5),
            "verdict.choice": Accept(any=(wanted,), best=wanted, weight=2.0),
        },
        words={
            "n": n, "n_before": sum(waves[1]), "now": points(now[0]), "before": points(before[0]),
            "low": points(now[1]), "high": points(now[2]), "plain": points(plain),
            "low_before": points(before[1]), "high_before": points(before[2]),
            "verdict": said[wanted], "best": best, "worst": worst,
            "p": f"{(best + 0.75) / (n + 3):.3f}", "d": f"{(worst + 0.75) / (n + 3):.3f}",
            "m": n + 3,
        },
        items=_NPS_ITEMS,
        fields=_nps_fields(),
        sheets=(_nps_sheet(waves),),
        traps=traps,
    )  # fmt: skip


_NPS_ITEMS = (
    Item("now", Text("今年的 NPS", "NPS this year")),
    Item("before", Text("去年的 NPS", "NPS last year")),
    Item("low", Text("今年区间的下端", "Lower end of this year's interval")),
    Item("verdict", Text("季报里怎么写", "What to write in the report")),
)


def _nps_fields() -> tuple[Any, ...]:
    wordings = places(
        ("better", "今年明显高于去年", "This year is clearly higher"),
        ("worse", "今年明显低于去年", "This year is clearly lower"),
        ("cannot", "人数太少，和去年分不开", "Too uncertain to tell from last year"),
        ("growth", "NPS 这么高，明年销售会增长", "Such an NPS: sales will grow"),
    )
    figures = ("now", "before", "low")
    return (
        field("nps", "NPS（−100 到 100）", "NPS (−100 to 100)", "score", items=figures),
        field("choice", "写法", "Wording", type="choice", items=("verdict",), options=wordings),
    )


def _nps_sheet(waves: list[tuple[int, int, int]]) -> Any:
    cols = columns(("wave", "调查", "Wave", "text"),
                   ("best", "推荐者（9–10）", "Promoters (9–10)", "number"),
                   ("middle", "中立（7–8）", "Passives (7–8)", "number"),
                   ("worst", "贬损者（0–6）", "Detractors (0–6)", "number"))  # fmt: skip
    rows = [(Text("今年", "This year"), *waves[0]), (Text("去年", "Last year"), *waves[1])]
    title = Text("“您愿意推荐我们吗（0–10）”", "“Would you recommend us (0–10)?”")
    return sheet(title, cols, rows)


# Own view less the customer's (points), and both standard errors: widest and narrowest drawn.
_SIDES = {
    "clear": ((24, 34), (3.0, 4.0)),      # far apart, little doubt
    "wide": ((14, 22), (8.5, 11.0)),      # far apart, but few people on either side
    "overlap": ((12, 17), (3.6, 4.6)),    # the intervals touch, the difference stands
    "below": ((-28, -18), (3.0, 4.2)),    # we see it darker than the customer
    "equal": ((-3, 4), (3.5, 6.0)),
}  # fmt: skip
View = tuple[float, float, float, float]


def _views(draw: Draw) -> dict[str, View]:
    """Own score, its error, the customer's score, its error: one account of each kind."""
    found = {}
    for kind, (gap, error) in _SIDES.items():
        customer = draw.real(38, 60, 1)
        found[kind] = (round(customer + draw.real(*gap, 1), 1), draw.real(*error, 1), customer,
                       draw.real(*error, 1))  # fmt: skip
    return found


_DF = 12.0  # degrees of freedom of either side in this small survey


def seen(view: View) -> tuple[float, float, float, float]:
    """Gap, half width of its interval (Welch), half widths of both sides' own intervals."""
    own, own_error, customer, other = view
    error, df = welch(*(np.array([v]) for v in (own_error, _DF, other, _DF)))
    reach = float(t_point(df, 0.95)[0] * error[0])
    one = float(t_point(np.array([_DF]), 0.95)[0])
    return own - customer, reach, one * own_error, one * other


def _views_good(found: dict[str, View]) -> bool:
    read = {k: seen(v) for k, v in found.items()}
    firm = all(abs(read[k][0]) > 1.08 * read[k][1] for k in ("clear", "overlap", "below"))
    open_ = all(abs(read[k][0]) < 0.9 * read[k][1] for k in ("wide", "equal"))
    touch = read["overlap"][0] < 0.95 * (read["overlap"][2] + read["overlap"][3])
    return firm and open_ and touch


def self_view(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five accounts as we score them and as they do: where do we see it rosier?

    Source: S109; Welch 1947 (by :func:`kamkit.methods.relationship.two_sided_gap`).
    """
    found = until(lambda: _views(draw), _views_good, 300)
    called, kinds = names(draw, 5), draw.shuffled(list(found))
    named = dict(zip(kinds, called, strict=True))
    right = {"clear": "rosier", "overlap": "rosier", "below": "gloomier"}
    key = {k: right.get(k, "cannot") for k in kinds}
    cols = columns(("name", "客户", "Account", "text"),
                   ("own", "我方自评", "Our own score", "score"), ("own_half", "±", "±", "score"),
                   ("theirs", "客户评", "Customer's score", "score"),
                   ("half", "±", "±", "score"))  # fmt: skip
    read = {k: seen(v) for k, v in found.items()}
    rows = [(named[k], found[k][0], round(read[k][2], 1), found[k][2], round(read[k][3], 1))
            for k in kinds]  # fmt: skip
    loose = {k: "rosier" if read[k][0] > 0 else "gloomier" for k in kinds}
    return Variant(
        key={k: one_of(v) for k, v in key.items()},
        words={
            "overlap": cell(named["overlap"]), "wide": cell(named["wide"]),
            "gap_overlap": points(read["overlap"][0]), "reach_overlap": points(read["overlap"][1]),
            "gap_wide": points(read["wide"][0]), "reach_wide": points(read["wide"][1]),
            "rosier": listed([named[k] for k in kinds if key[k] == "rosier"]),
            "gloomier": listed([named[k] for k in kinds if key[k] == "gloomier"]),
            "open": listed([named[k] for k in kinds if key[k] == "cannot"]),
        },
        items=tuple(Item(k, named[k]) for k in kinds),
        places=places(
            ("rosier", "我们看得太乐观", "We see it too rosy"),
            ("gloomier", "我们看得太悲观", "We see it too dark"),
            ("cannot", "分不开", "Cannot be told apart"),
        ),
        sheets=(sheet(Text("关系质量得分（0–100，± 为 95% 区间）",
                           "Relationship score (0–100, ± 95% interval)"), cols, rows),),
        traps={
            "any_gap": {"wide": "rosier", "equal": loose["equal"]},
            "overlap_rule": {"overlap": "cannot"},
            "turned": {k: {"rosier": "gloomier", "gloomier": "rosier"}.get(v, v)
                       for k, v in key.items()},
        },
    )  # fmt: skip
