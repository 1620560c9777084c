"""Recipes about how good forecasts were: three ways against what came, and who is calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Field, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, figure, items, places, sheet
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.forecast import calibration_table, error_scores
from kamkit.methods.forecast.scores import brier, mape, wape

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_QUARTERS = ("2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4")
_WAYS = {
    "commit": Text("销售承诺", "Reps' commit"),
    "weighted": Text("加权管道", "Weighted pipeline"),
    "history": Text("前四季平均", "Mean of the last four"),
}
_SIDES = places(
    ("high", "偏高", "Too high"),
    ("low", "偏低", "Too low"),
    ("none", "看不出偏向", "No clear side"),
)
_FLIPPED = {"high": "low", "low": "high", "none": "none"}
_SIDED = 5  # quarters of six on one side from which a forecast is said to lean (house)
_LEAST = 12  # deals below which nobody is judged (house)
Row = dict[str, Any]


def _quarters(draw: Draw) -> dict[str, np.ndarray]:
    """Ten quarters of orders; the last six with what each way had said."""
    came = 10.0 * np.array([draw.integer(60, 115) for _ in range(10)])
    actual = came[4:]
    trailing = np.array([came[k : k + 4].mean() for k in range(6)])
    under = [draw.integer(62, 90) / 100 for _ in range(5)]
    ways = {
        "commit": actual * [draw.integer(108, 142) / 100 for _ in range(6)],
        "weighted": actual * draw.shuffled([*under, draw.integer(103, 108) / 100]),
        "history": trailing,
    }
    return {"actual": actual * WAN, **{k: np.round(v / 10) * 10 * WAN for k, v in ways.items()}}


def _scored(found: dict[str, np.ndarray]) -> dict[str, Row]:
    """Each way's error, bias and side by the method, and the wrong sums beside them."""
    actual, scores = found["actual"], {}
    for way in _WAYS:
        said = found[way]
        rows = {r["measure"]: r for r in error_scores(actual, said).to_dict("records")}
        low, high = rows["bias"]["low"], rows["bias"]["high"]
        gap = said - actual
        scores[way] = {
            "wape": rows["wape"]["value"],
            "bias": rows["bias"]["value"],
            "low": low, "high": high,
            "side": "high" if low > 0 else "low" if high < 0 else "none",
            "one_side": int(max((gap > 0).sum(), (gap < 0).sum())),
            "mape": mape(actual, said),
            "mean_bias": float((gap / actual).mean()),
            "on_said": (float(np.abs(gap).sum() / said.sum()), float(gap.sum() / said.sum())),
        }  # fmt: skip
    return scores


def _duel_good(found: dict[str, np.ndarray]) -> bool:
    """Quarters on both sides for the mean of four, and errors far enough apart to be ranked."""
    gap = found["history"] - found["actual"]
    total = float(found["actual"].sum())
    mixed = min((gap > 0).sum(), (gap < 0).sum()) >= 2
    if not mixed or abs(gap.sum()) < 0.015 * total:
        return False
    errors = sorted(wape(found["actual"], found[w]) for w in _WAYS)
    apart = min(b - a for a, b in zip(errors, errors[1:], strict=False)) > 0.02
    off = mape(found["actual"], found["history"]) - wape(found["actual"], found["history"])
    return apart and abs(off) >= 0.006


def _sides_told(scores: dict[str, Row]) -> bool:
    """Two lean and one doesn't, by the count of quarters and by the interval alike."""
    sided = all(
        scores[w]["one_side"] >= _SIDED and scores[w]["side"] != "none"
        for w in ("commit", "weighted")
    )
    clear = scores["history"]["side"] == "none"
    return bool(sided and clear)


def _judged(draw: Draw) -> tuple[dict[str, np.ndarray], dict[str, Row]]:
    """Quarters that can be judged, with their scores."""
    found = until(lambda: _quarters(draw), _duel_good)
    return found, _scored(found)


def duel(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Three forecasts of six quarters against what came: size of the error, its side.

    Source: S134, S167, S168 (names only); error_scores (wape, bias, bootstrap over quarters).
    """
    found, scores = until(lambda: _judged(draw), lambda f: _sides_told(f[1]))
    key: dict[str, Accept] = {}
    for way, row in scores.items():
        key[f"{way}.wape"] = figure(row["wape"], 0.001)
        key[f"{way}.bias"] = figure(row["bias"], 0.001)
        key[f"{way}.side"] = one_of(row["side"])
    fields = (
        Field("wape", Text("误差（%）", "Error (%)"), unit="share"),
        Field("bias", Text("偏差（%，带正负号）", "Bias (%, with sign)"), unit="share"),
        Field("side", Text("偏向", "Side"), "choice", options=_SIDES),
    )
    best = min(scores, key=lambda w: float(scores[w]["wape"]))
    return Variant(
        key=key,
        words={
            "n": len(_QUARTERS), "best": cell(_WAYS[best]),
            "best_wape": share(scores[best]["wape"]),
            **{f"{w}_{k}": share(row[k]) for w, row in scores.items()
               for k in ("wape", "bias", "low", "high")},
            "corrected": share(1 / (1 + scores["commit"]["bias"])),
        },
        items=tuple(Item(way, text) for way, text in _WAYS.items()),
        fields=fields,
        sheets=(_duel_sheet(found),),
        traps=_duel_traps(scores),
    )  # fmt: skip


def _duel_traps(scores: dict[str, Row]) -> dict[str, dict[str, Any]]:
    rows = scores.items()
    return {
        "mean_of_rates": {f"{w}.wape": r["mape"] for w, r in rows}
        | {f"{w}.bias": r["mean_bias"] for w, r in rows},
        "netted": {f"{w}.wape": abs(r["bias"]) for w, r in rows if w != "commit"},
        "sign": {f"{w}.bias": -r["bias"] for w, r in rows}
        | {f"{w}.side": _FLIPPED[r["side"]] for w, r in rows},
        "on_forecast": {f"{w}.wape": r["on_said"][0] for w, r in rows}
        | {f"{w}.bias": r["on_said"][1] for w, r in rows},
        "no_sign": {f"{w}.bias": abs(r["bias"]) for w, r in rows if r["bias"] < 0},
        "own_side": {"history.side": "high" if scores["history"]["bias"] > 0 else "low"},
    }


def _duel_sheet(found: dict[str, np.ndarray]) -> Any:
    cols = columns(("quarter", "季度", "Quarter", "text"),
                   ("actual", "实际签单", "Orders", "money"),
                   *((w, t.zh, t.en, "money") for w, t in _WAYS.items()))  # fmt: skip
    names = ("actual", *_WAYS)
    rows: list[list[Any]] = [
        [Text(q, q), *(found[c][k] for c in names)] for k, q in enumerate(_QUARTERS)
    ]
    rows.append([Text("合计", "Total"), *(float(found[c].sum()) for c in names)])
    return sheet(Text("季初说的数与季末的数", "Said at the start, found at the end"), cols, rows)


# Levels stated, deals at each (from, to), and how far what came lies from what was said.
_STYLES: dict[str, tuple[tuple[float, ...], tuple[int, int], tuple[float, ...]]] = {
    "honest": ((0.2, 0.5, 0.8), (12, 22), (0.0, 0.0, 0.0)),
    "hopeful": ((0.3, 0.6, 0.9), (14, 24), (-0.24, -0.36, -0.40)),
    "careful": ((0.1, 0.4, 0.7), (14, 24), (0.34, 0.36, 0.26)),
    "extreme": ((0.1, 0.5, 0.9), (14, 22), (0.30, 0.0, -0.34)),
    "flat": ((0.4,), (40, 60), (0.0,)),
    "few": ((0.2, 0.5, 0.8), (1, 3), (0.0, 0.0, 0.0)),
}
_PEOPLE = (
    Text("销售甲", "Rep A"), Text("销售乙", "Rep B"), Text("销售丙", "Rep C"),
    Text("销售丁", "Rep D"), Text("销售戊", "Rep E"),
)  # fmt: skip


def _record(draw: Draw, style: str) -> pd.DataFrame:
    """One person's stated chances beside what came, as the method tells them."""
    levels, (least, most), shift = _STYLES[style]
    chance, came = [], []
    for level, by in zip(levels, shift, strict=True):
        n = draw.integer(least, most)
        won = round(n * (level + by)) + (draw.integer(-1, 1) if style in ("honest", "flat") else 0)
        won = min(max(won, 0), n)
        chance += [level] * n
        came += [1] * won + [0] * (n - won)
    edges = [0.0, *((a + b) / 2 for a, b in zip(levels, levels[1:], strict=False)), 1.0]
    return calibration_table(chance, came, bins=edges)


def style_of(table: pd.DataFrame) -> str:
    """How somebody states chances, by which of them lie outside the 95 % range of what came.

    >>> style_of(calibration_table([0.4] * 40, [1] * 16 + [0] * 24, bins=1))
    'flat'
    """
    if table["n"].sum() < _LEAST:
        return "few"
    above = (table["mean_p"] > table["high"]).any()
    below = (table["mean_p"] < table["low"]).any()
    if above and below:
        return "extreme"
    if above or below:
        return "hopeful" if above else "careful"
    return "flat" if len(table) == 1 else "honest"


def _off_the_edge(table: pd.DataFrame) -> bool:
    """No stated chance that stands, as printed, right on an end of its range."""
    said = table["mean_p"].to_numpy(float)
    return all((np.abs(table[end].to_numpy(float) - said) >= 0.01).all() for end in ("low", "high"))


def _record_of(draw: Draw, style: str) -> pd.DataFrame:
    """A record that shows this style and leaves no doubt about it."""
    return until(
        lambda: _record(draw, style), lambda t: style_of(t) == style and _off_the_edge(t), 400
    )


def calibrated(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five people's stated chances against what came: honest, one-sided, too sure, flat, too few.

    Source: S168 (name only); Murphy 1973, Wilson 1927 (calibration_table); 12 deals house.
    """
    styles = draw.shuffled(
        ["honest", "extreme", "flat", draw.choice(["hopeful", "careful"]), "few"]
    )
    records = [_record_of(draw, style) for style in styles]
    ids = list("abcde")
    key = {i: one_of(style_of(t)) for i, t in zip(ids, records, strict=True)}
    who = {s: cell(p) for s, p in zip(styles, _PEOPLE, strict=True)}
    one_sided = "hopeful" if "hopeful" in styles else "careful"
    by_style = dict(zip(styles, records, strict=True))
    shares = {i: float(np.average(t["observed"].to_numpy(float), weights=t["n"].to_numpy(float)))
              for i, t in zip(ids, records, strict=True)}  # fmt: skip
    return Variant(
        key=key,
        words={
            **{s: who[s] for s in ("honest", "extreme", "flat", "few")},
            "one_sided": who[one_sided],
            "side": cell(Text("说的比实际高", "states more than comes")
                         if one_sided == "hopeful"
                         else Text("说的比实际低", "states less than comes")),
            "n_few": int(by_style["few"]["n"].sum()), "least": _LEAST,
            "brier_honest": _brier(by_style["honest"]), "brier_flat": _brier(by_style["flat"]),
            "brier_extreme": _brier(by_style["extreme"]),
        },
        items=items(ids, list(_PEOPLE)),
        sheets=(_record_sheet(records),),
        traps={
            "bold_is_good": {ids[styles.index("extreme")]: "honest"},
            "flat_is_honest": {ids[styles.index("flat")]: "honest"},
            "few_judged": {ids[styles.index("few")]: "honest"},
            "side_turned": {ids[styles.index(one_sided)]:
                            "careful" if one_sided == "hopeful" else "hopeful"},
            "most_wins": {max(shares, key=lambda i: shares[i] * (styles[ids.index(i)] != "honest")):
                          "honest"},
        },
    )  # fmt: skip


def _brier(table: pd.DataFrame) -> str:
    hits = (table["observed"] * table["n"]).round().astype(int)
    p = np.repeat(table["mean_p"], table["n"])
    y = np.concatenate([[1] * h + [0] * (n - h) for h, n in zip(hits, table["n"], strict=True)])
    return f"{brier(p, y):.2f}"


def _record_sheet(records: list[pd.DataFrame]) -> Any:
    cols = columns(("who", "谁", "Who", "text"), ("said", "说的可能性", "Chance stated", "share"),
                   ("n", "单数", "Deals", "number"), ("won", "赢单", "Won", "number"),
                   ("low", "实际赢单率：95% 范围从", "Actual share won: 95% range from", "share"),
                   ("high", "到", "to", "share"))  # fmt: skip
    rows = [
        (person, row["mean_p"], int(row["n"]), round(row["observed"] * row["n"]),
         round(row["low"], 2), round(row["high"], 2))
        for person, table in zip(_PEOPLE, records, strict=True)
        for row in table.to_dict("records")
    ]  # fmt: skip
    return sheet(Text("过去一年说过的可能性", "Chances stated over the past year"), cols, rows)
