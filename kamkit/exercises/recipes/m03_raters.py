"""Recipes of ratings: a severe rater, the ICC form that fits, how sure a nine-box cell is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, listed, places, score, sheet
from kamkit.exercises.recipes.m15_common import names
from kamkit.exercises.recipes.parts import cell, one_of, pair, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.raters.icc import FORMS, icc_form, mean_squares, six_forms, six_intervals
from kamkit.methods.raters.nine_box import CUTS, SETTLED, third_shares

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

SHARED = 4  # people whom all three managers rated
_MANAGERS = (
    Text("郝经理", "Manager Hao"), Text("傅经理", "Manager Fu"), Text("尹经理", "Manager Yin"),
    Text("段经理", "Manager Duan"), Text("雷经理", "Manager Lei"), Text("祝经理", "Manager Zhu"),
)  # fmt: skip
Marks = tuple[np.ndarray, float, float]  # shared people × raters (severe first), raw of x, of y


def people(draw: Draw, n: int) -> list[Text]:
    """Made-up colleagues."""
    return [Text(**entry) for entry in names(draw, n)]


def adjusted_pair(marks: Marks) -> tuple[np.ndarray, float, float, float]:
    """Effects of the raters, adjusted scores of x and y, and the half width of each (95%).

    The arithmetic of :func:`kamkit.methods.raters.rater_severity` where all raters share
    ``SHARED`` people and x and y have one rater each; a test holds both equal.
    """
    shared, x, y = marks
    raters = shared.shape[1]
    effect = shared.mean(axis=0) - shared.mean()
    squares, df = mean_squares(shared)
    error = np.sqrt(max(squares[3], 0.0) * (1 + (1 - 1 / raters) / len(shared)))
    half = float(stdtrit(df[3], 0.975)) * float(error)
    return effect, x - float(effect[0]), y - float(effect[1]), half


def _marks(draw: Draw, scene: str) -> Marks:
    strict = draw.integer(8, 12)
    rater = [-strict, draw.integer(-1, 2), draw.integer(-2, 1)]
    shared = np.array([
        [own + r + draw.choice([-2, -1, -1, 0, 0, 1, 1, 2]) for r in rater]
        for own in (draw.integer(28, 44) for _ in range(SHARED))
    ])  # fmt: skip
    y = draw.integer(32, 38)
    ahead = {"x": (6, 11), "cannot": (-2, 4), "y": (-11, -7)}[scene]
    x = min(y + draw.integer(*ahead), 46) - strict
    return shared / 10, max(x, 12) / 10, y / 10


def _own_means(marks: Marks) -> np.ndarray:
    """Means of the first two raters over all whom they rated, less the mean of all scores."""
    shared, x, y = marks
    whole = [np.r_[shared[:, 0], x], np.r_[shared[:, 1], y], shared[:, 2]]
    overall = float(np.concatenate(whole).mean())
    return np.array([w.mean() - overall for w in whole[:2]])


def _marks_good(marks: Marks, scene: str) -> bool:
    effect, x, y, half = adjusted_pair(marks)
    gap, reach = x - y, half * 2**0.5
    apart = {
        "x": gap > 1.15 * reach and marks[1] < marks[2] - 0.05,
        "cannot": 0.1 < abs(gap) < 0.85 * reach and marks[1] < marks[2] - 0.3,
        "y": gap < -1.15 * reach,
    }[scene]
    slip = _own_means(marks) - effect[:2]
    clear = abs(effect[1] - effect[2]) < 0.35 and half > 0.12 and abs(slip[0]) > 0.05
    return bool(apart and clear)


def severe_rater(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two candidates, each rated by one manager only, one of them severe: adjust, then compare.

    Source: Saal, Downey & Lahey 1980 (additive model); S199, S210.
    """
    scene = draw.choice(["x", "cannot", "y"])
    marks = until(lambda: _marks(draw, scene), lambda m: _marks_good(m, scene), 1500)
    shared, raw_x, raw_y = marks
    effect, x, y, half = adjusted_pair(marks)
    called, bosses = people(draw, SHARED + 2), draw.sample(_MANAGERS, 3)
    who = {"x": called[-2], "y": called[-1]}
    reach = half * 2**0.5
    right = "cannot" if abs(x - y) < reach else "x" if x > y else "y"
    severity = float(effect[1:].mean() - effect[0])
    slip = _own_means(marks)
    said = {"x": cell(who["x"]), "y": cell(who["y"]), "cannot": pair("分不开", "cannot be told")}
    traps: dict[str, dict[str, Any]] = {
        "raw": {"x.adjusted": raw_x, "y.adjusted": raw_y,
                **({"verdict.choice": "y"} if right != "y" else {})},
        "wrong_way": {"x.adjusted": raw_x + effect[0], "y.adjusted": raw_y + effect[1]},
        "sign": {"c.effect": -effect[0], "a.effect": -effect[1]},
        "all_rows": {"c.effect": slip[0], "a.effect": slip[1]},
        "from_zero": {"c.effect": shared[:, 0].mean(), "a.effect": shared[:, 1].mean()},
    }  # fmt: skip
    traps = {t: {k: v if isinstance(v, str) else float(v) for k, v in parts.items()}
             for t, parts in traps.items()}  # fmt: skip
    return Variant(
        key={
            "c.effect": figure(effect[0], 0.03), "a.effect": figure(effect[1], 0.03),
            "x.adjusted": figure(x, 0.04), "y.adjusted": figure(y, 0.04),
            "verdict.choice": Accept(any=(right,), best=right, weight=2.0),
        },
        words={
            "x": cell(who["x"]), "y": cell(who["y"]), "c": cell(bosses[0]), "a": cell(bosses[1]),
            "b": cell(bosses[2]), "raw_x": score(raw_x), "raw_y": score(raw_y),
            "mean_c": score(shared[:, 0].mean(), 3), "mean_a": score(shared[:, 1].mean(), 3),
            "grand": score(shared.mean(), 2), "effect_c": f"{effect[0]:+.2f}",
            "effect_a": f"{effect[1]:+.2f}", "adj_x": f"{x:.2f}", "adj_y": f"{y:.2f}",
            "half": f"{half:.2f}", "reach": f"{reach:.2f}", "gap": f"{abs(x - y):.2f}",
            "severity": f"{severity:.2f}", "verdict": said[right],
            "call": _CANNOT if right == "cannot" else _ahead(who[right]), "n": SHARED,
        },
        items=(
            Item("c", Text(f"{bosses[0].zh}的宽严", f"Leniency of {bosses[0].en}")),
            Item("a", Text(f"{bosses[1].zh}的宽严", f"Leniency of {bosses[1].en}")),
            Item("x", who["x"]), Item("y", who["y"]),
            Item("verdict", Text("凭评分，先提谁", "Going by ratings, who comes first")),
        ),
        fields=_severe_fields(who),
        sheets=(_marks_sheet(shared, raw_x, raw_y, called, bosses),),
        traps=traps,
    )  # fmt: skip


_CANNOT = pair("评分定不了先后，要看业绩、案例等别的证据",
               "ratings cannot decide this, so look at results and cases")  # fmt: skip


def _ahead(who: Text) -> dict[str, str]:
    return pair(f"{who.zh}在前", f"{who.en} is ahead")


def _severe_fields(who: dict[str, Text]) -> tuple[Any, ...]:
    options = places(("x", who["x"].zh, who["x"].en), ("y", who["y"].zh, who["y"].en),
                     ("cannot", "评分分不开，看别的证据",
                      "Ratings cannot tell: look elsewhere"))  # fmt: skip
    return (
        field("effect", "宽严（＋宽 −严）", "Leniency (+ lenient, − strict)", "score",
              items=("c", "a")),
        field("adjusted", "调整后得分", "Adjusted score", "score", items=("x", "y")),
        field("choice", "结论", "Verdict", type="choice", options=options, items=("verdict",)),
    )  # fmt: skip


def _marks_sheet(
    shared: np.ndarray, raw_x: float, raw_y: float, called: list[Text], bosses: list[Text]
) -> Any:
    cols = columns(("name", "被评人", "Rated", "text"),
                   *((k, b.zh, b.en, "score")
                     for k, b in zip("cab", bosses, strict=True)))  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (t, *row) for t, row in zip(called[:SHARED], shared.tolist(), strict=True)
    ]
    rows += [(called[-2], raw_x, None, None), (called[-1], None, raw_y, None)]
    return sheet(Text("七项职责平均分（1–5；空格：没评）",
                      "Mean of the seven duties (1–5; blank: not rated)"), cols, rows)  # fmt: skip


RATED, JUDGES = 7, 3
_FAMILIES = ("1", "2", "3")


def _table(draw: Draw) -> np.ndarray:
    """Ratees × raters, the last rater clearly stricter."""
    strict = [0, draw.integer(-3, 3), -draw.integer(9, 14)]
    return np.array([
        [own + s + draw.integer(-4, 4) for s in strict]
        for own in (draw.integer(25, 47) for _ in range(RATED))
    ]) / 10  # fmt: skip


def _spread(x: np.ndarray) -> bool:
    values = six_forms(mean_squares(x)[0], *x.shape)
    return bool(0.1 < values[0] < 0.5 and values[2] - values[1] > 0.25 and values[2] < 0.92)


def form_of(entry: dict[str, Any]) -> str:
    """The form that the method chooses for a described design.

    >>> form_of({"same": True, "level": False, "mean": True})
    '3,k'
    """
    return icc_form(
        same_raters=entry["same"], level_matters=entry["level"], mean_used=entry["mean"]
    ).form


def which_icc(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four uses of one table of ratings: which ICC form tells how far each may be relied on.

    Source: Shrout & Fleiss 1979; McGraw & Wong 1996; Koo & Li 2016.
    """
    x = until(lambda: _table(draw), _spread, 200)
    squares = mean_squares(x)[0]
    value = six_forms(squares, RATED, JUDGES)
    low, high = six_intervals(squares, RATED, JUDGES, 0.95)
    by_form: dict[str, list[Any]] = {form: [] for form in FORMS}
    for entry in pool("m03_designs")["designs"]:
        by_form[form_of(entry)].append(entry)
    wanted = [f"{family},{draw.choice(['1', 'k'])}" for family in _FAMILIES]
    wanted.append(draw.choice([f for f in ("2,1", "2,k", "3,1", "3,k") if f not in wanted]))
    chosen = [draw.choice(by_form[form]) for form in draw.shuffled(wanted)]
    ids = "abcd"
    forms = {i: form_of(e) for i, e in zip(ids, chosen, strict=True)}
    code = {form: form.replace(",", "_") for form in FORMS}
    shown = dict(zip(FORMS, value, strict=True))
    cols = columns(("form", "形式", "Form", "text"), ("value", "数值", "Value", "score"),
                   ("low", "区间低端", "Low", "score"),
                   ("high", "区间高端", "High", "score"))  # fmt: skip
    rows = [(FORMS[f], *(round(float(v), 2) for v in line))
            for f, line in zip(FORMS, zip(value, low, high, strict=True), strict=True)]  # fmt: skip
    return Variant(
        key={i: one_of(code[form]) for i, form in forms.items()},
        words={
            "n": RATED, "k": JUDGES, "lowest": f"{value.min():.2f}",
            "highest": f"{value.max():.2f}",
            "agree": f"{shown['2,1']:.2f}", "order": f"{shown['3,1']:.2f}",
            "agree_k": f"{shown['2,k']:.2f}", "order_k": f"{shown['3,k']:.2f}",
            **{f"form_{i}": FORMS[f] for i, f in forms.items()},
            **{f"value_{i}": f"{shown[f]:.2f}" for i, f in forms.items()},
        },
        items=tuple(Item(i, Text(e["zh"], e["en"])) for i, e in zip(ids, chosen, strict=True)),
        places=places(*((code[f], name, name) for f, name in FORMS.items())),
        sheets=(sheet(Text(f"同一张评分表（{RATED} 人 × {JUDGES} 位评分人）的六个 ICC，95% 区间",
                           f"Six ICCs of one table ({RATED} rated, {JUDGES} raters), 95% interval"),
                      cols, rows),),
        traps=_icc_traps(forms, code),
    )  # fmt: skip


def _icc_traps(forms: dict[str, str], code: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What comes of confusing level with order, one rater with the mean, or rater with rater."""

    def turned(family: dict[str, str], last: dict[str, str]) -> dict[str, str]:
        found = {}
        for i, form in forms.items():
            new = f"{family.get(form[0], form[0])},{last.get(form[2], form[2])}"
            if new != form:
                found[i] = code[new]
        return found

    return {
        "order_for_level": turned({"2": "3"}, {}),
        "level_for_order": turned({"3": "2"}, {}),
        "one_or_mean": turned({}, {"1": "k", "k": "1"}),
        "as_if_same": turned({"1": "2"}, {}),
        "highest": {i: code["3,k"] for i, f in forms.items() if f != "3,k"},
    }


_THIRDS = (Text("低", "low"), Text("中", "middle"), Text("高", "high"))
Dot = tuple[float, float, float, float]  # performance, its se, potential, its se


def cell_chances(dots: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chance that each score lies in its own third (two columns), their product, the thirds.

    The arithmetic of :func:`kamkit.methods.raters.nine_box`; a test holds both equal.
    """
    own, place = [], []
    for at, axis in ((0, "performance"), (2, "potential")):
        lines = CUTS[axis]
        third = np.searchsorted(lines, dots[:, at], side="right")
        shares = third_shares(dots[:, at], dots[:, at + 1], lines)
        own.append(shares[np.arange(len(dots)), third])
        place.append(third)
    chances = np.column_stack(own)
    return chances, chances.prod(axis=1), np.column_stack(place)


def _dot(draw: Draw) -> Dot:
    return (draw.integer(16, 46) / 10, draw.integer(4, 9) / 20,
            draw.integer(16, 46) / 10, draw.integer(4, 9) / 20)  # fmt: skip


_KINDS = {
    "sure": lambda a, b: a * b >= 0.86,
    "twin": lambda a, b: min(a, b) >= 0.82 and 0.68 < a * b <= 0.765,
    "line": lambda a, b: min(a, b) < 0.66 and max(a, b) > 0.9 and min(a, b) > 0.51,
}


def _box(draw: Draw, kind: str) -> Dot:
    def good(dot: Dot) -> bool:
        a, b = cell_chances(np.array([dot]))[0][0]
        return bool(_KINDS[kind](a, b) and abs(a - b) > 0.02)

    return until(lambda: _dot(draw), good, 400)


def _dots(draw: Draw, kinds: list[str]) -> np.ndarray:
    """One dot of each kind, out of one batch, so that the chances are worked out once."""
    batch = np.array([_dot(draw) for _ in range(240)])
    chances = cell_chances(batch)[0]
    found, used = [], set()
    for kind in kinds:
        fit = (k for k, (a, b) in enumerate(chances)
               if k not in used and _KINDS[kind](a, b) and abs(a - b) > 0.02)  # fmt: skip
        at = next(fit, None)
        if at is None:
            found.append(_box(draw, kind))
        else:
            used.add(at)
            found.append(tuple(batch[at]))
    return np.array(found)


def nine_box(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four people as dots in nine boxes: how likely is each in its box, and is it settled?

    Source: nine cells with probabilities and the limit of 80% house.
    """
    kinds = draw.shuffled(["sure", "twin", "line", draw.choice(["sure", "twin"])])
    dots = _dots(draw, kinds)
    chance, product, third = cell_chances(dots)
    called, ids = people(draw, 4), "abcd"
    settled = product >= SETTLED
    say = ["settled" if s else "open" for s in settled]
    box = [Text(f"绩效{_THIRDS[i].zh} · 潜力{_THIRDS[j].zh}",
                f"performance {_THIRDS[i].en}, potential {_THIRDS[j].en}")
           for i, j in third]  # fmt: skip
    cols = columns(("name", "姓名", "Name", "text"),
                   ("box", "圆点在哪一格", "Box of the dot", "text"),
                   ("perf", "绩效 ± 标准误", "Performance ± SE", "text"),
                   ("p1", "绩效没放错档", "Chance: right third of performance", "share"),
                   ("pot", "潜力 ± 标准误", "Potential ± SE", "text"),
                   ("p2", "潜力没放错档", "Chance: right third of potential", "share"))  # fmt: skip
    rows = [(t, b, f"{d[0]:.1f} ± {d[1]:.2f}", round(float(c[0]), 2), f"{d[2]:.1f} ± {d[3]:.2f}",
             round(float(c[1]), 2))
            for t, b, d, c in zip(called, box, dots, chance, strict=True)]  # fmt: skip
    named = {k: [t for t, one in zip(called, kinds, strict=True) if one == k] for k in _KINDS}
    traps: dict[str, dict[str, Any]] = {
        "dots": {f"{i}.say": "settled" for i in ids},
        "each_axis": {f"{i}.say": "settled" if c.min() >= SETTLED else "open"
                      for i, c in zip(ids, chance, strict=True)},
        "lower": {f"{i}.p": float(c.min()) for i, c in zip(ids, chance, strict=True)},
        "mean": {f"{i}.p": float(c.mean()) for i, c in zip(ids, chance, strict=True)},
        "all_open": {f"{i}.say": "open" for i in ids},
    }  # fmt: skip
    key = {f"{i}.p": figure(p, 0.013) for i, p in zip(ids, product, strict=True)}
    twin = kinds.index("twin")
    return Variant(
        key=key | {f"{i}.say": one_of(s) for i, s in zip(ids, say, strict=True)},
        words={
            "settled": listed([t for t, s in zip(called, settled, strict=True) if s]),
            "open": listed([t for t, s in zip(called, settled, strict=True) if not s]),
            "twin": cell(called[twin]), "p_twin": share(round(float(product[twin]), 2)),
            "p1_twin": share(round(float(chance[twin, 0]), 2)),
            "p2_twin": share(round(float(chance[twin, 1]), 2)), "line": listed(named["line"]),
            **{f"p_{i}": share(round(float(p), 2)) for i, p in zip(ids, product, strict=True)},
            **{f"name_{i}": cell(t) for i, t in zip(ids, called, strict=True)},
        },
        items=tuple(Item(i, t) for i, t in zip(ids, called, strict=True)),
        fields=(
            field("p", "在这一格的概率", "Chance of this box", "share"),
            field("say", "怎么用", "What to do", type="choice", options=places(
                ("settled", "够稳，按这一格安排", "Settled: act on the box"),
                ("open", "未定，先补证据", "Open: gather evidence first"))),
        ),
        sheets=(sheet(Text("九宫格草稿（1–5 分，格线 2.5 与 3.5）",
                           "Draft of the nine boxes (1–5, lines at 2.5 and 3.5)"), cols, rows),),
        traps=traps,
    )  # fmt: skip
