"""The conditions behind the summary of a team review: one small rule per finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

NOTHING, NO_DATA = "team_nothing_stands_out", "team_nothing_assessed"
OPEN_ACTIONS = ("planned", "doing", "done")


@dataclass(frozen=True)
class Hits:
    """What a rule looked at (``seen``, a count), whom it speaks of, and figures for its words.

    ``found``: ids of people, or keys where it isn't about people; ``sure``: those of them that
    are beyond doubt. ``value`` with ``low`` and ``high`` is the figure that fired.
    """

    seen: int
    found: Sequence[str]
    sure: Sequence[str]
    value: float
    words: Mapping[str, Any] = field(default_factory=dict)
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class TeamRule:
    """One finding: its tables with the columns it needs, and what it picks.

    ``limit``: the figure of the rule, shown with it; ``people``: whether found are member ids;
    ``routine``: how to read the review, rather than something to do, and stands last.
    """

    finding: str
    tables: Mapping[str, tuple[str, ...]]
    pick: Callable[[Mapping[str, pd.DataFrame], float], Hits]
    limit: float
    origin: str
    people: bool = True
    routine: bool = False


Tables = Mapping[str, pd.DataFrame]


def ids(column: pd.Series) -> list[str]:
    """Different ids in order.

    >>> ids(pd.Series(["b", "a", "b"]))
    ['a', 'b']
    """
    return sorted({str(v) for v in column.dropna()})


def _ends(row: pd.Series | None, *columns: str) -> list[float]:
    """A row's figures; NaN without a row."""
    return [float("nan") if row is None else float(row[c]) for c in columns]


def severe_rater(tables: Tables, _: float) -> Hits:
    """Raters beyond tolerance, strict or lenient, after Holm over all raters."""
    rows = tables["raters"]
    hit = rows[rows["flagged"].fillna(False).astype(bool)]
    order = hit.sort_values("severity", key=abs, ascending=False)
    far = order.iloc[0] if len(order) else None
    words: dict[str, Any] = (
        {}
        if far is None
        else {
            "points": abs(float(far["severity"])),
            "n": int(far["n"]),
            "leaning": "severe" if far["severity"] > 0 else "lenient",
        }
    )
    value, low, high = _ends(far, "severity", "low", "high")
    return Hits(
        rows["rater_id"].nunique(),
        ids(hit["rater_id"]),
        ids(hit["rater_id"]),
        value,
        words,
        low,
        high,
    )


def halo_rater(tables: Tables, _: float) -> Hits:
    """Raters whose marks of one person lie closer together than other raters' do."""
    rows = tables["halo"]
    hit = rows[rows["flagged"].fillna(False).astype(bool)].sort_values("spread_ratio")
    first = hit.iloc[0] if len(hit) else None
    words: dict[str, Any] = (
        {}
        if first is None
        else {"spread": float(first["spread"]), "others": float(first["spread_others"])}
    )
    value, low, high = _ends(first, "spread_ratio", "low", "high")
    return Hits(
        rows["rater_id"].nunique(),
        ids(hit["rater_id"]),
        ids(hit["rater_id"]),
        value,
        words,
        low,
        high,
    )


def not_rankable(tables: Tables, _: float) -> Hits:
    """Nobody may be ranked: results differ by no more than chance."""
    rows = tables["judged"]
    one = not rows["rankable"].fillna(False).astype(bool).any()
    return Hits(
        len(rows),
        ids(rows["member_id"]) if one else [],
        ids(rows["member_id"]),
        float(one),
        {"people": len(rows)},
    )


def weak(tables: Tables, _: float) -> Hits:
    """Below the centre of the team with the territory taken out."""
    rows = tables["judged"]
    hit = rows[rows["verdict"] == "weak"].sort_values("effect")
    first = hit.iloc[0] if len(hit) else None
    value, low, high = (
        float(np.expm1(first[c])) if first is not None else np.nan
        for c in ("effect", "low", "high")
    )
    words: dict[str, Any] = (
        {"below_share": -value, "low_share": -high, "high_share": -low} if len(hit) else {}
    )
    return Hits(len(rows), ids(hit["member_id"]), ids(hit["member_id"]), value, words, low, high)


def poor_territory(tables: Tables, limit: float) -> Hits:
    """Among the lowest in results and in potential, yet not weak once potential is allowed for."""
    rows = tables["judged"]
    last = max(ceil(limit * len(rows)), 1)
    low_result = rows["actual"].rank(method="min") <= last
    low_ground = rows["potential"].rank(method="min") <= last
    hit = rows[low_result & low_ground & (rows["verdict"] != "weak")].sort_values("actual")
    first = hit.iloc[0] if len(hit) else None
    words: dict[str, Any] = (
        {}
        if first is None
        else {
            "raw_rank": int(first["raw_rank"]),
            "people": len(rows),
            "ground_share": float(first["potential"] / rows["potential"].mean()),
            "low_share": float(np.expm1(first["low"])),
            "high_share": float(np.expm1(first["high"])),
        }
    )
    value, low, high = _ends(first, "effect", "low", "high")
    return Hits(len(rows), ids(hit["member_id"]), ids(hit["member_id"]), value, words, low, high)


def goals_off(tables: Tables, _: float) -> Hits:
    """Goals whose parts don't add up to them, or that carry another error."""
    rows = tables["lint"]
    wrong = rows[rows["severity"] == "error"]
    sums = wrong[wrong["rule"] == "sums_differ"]
    off = pd.to_numeric(sums["amount"], errors="coerce").abs()
    words = {
        "goals": wrong["goal_id"].nunique(),
        "sums": sums["goal_id"].nunique(),
        "most_off": float(off.max()) if off.notna().any() else 0.0,
    }
    return Hits(
        max(len(rows), 1),
        ids(wrong["goal_id"]),
        ids(wrong["goal_id"]),
        float(wrong["goal_id"].nunique()),
        words,
    )


def uncovered(tables: Tables, _: float) -> Hits:
    """Duties and competences of a team that rest on nobody, or on one person."""
    rows = tables["coverage"]
    known = rows[rows["status"] != "not_rated"]
    gap = known[known["status"] == "gap"]
    single = known[known["status"] == "single_point"]
    both = pd.concat([gap, single])
    teams = ids(both["team"])
    words = {"gaps": len(gap), "singles": len(single), "teams": len(teams)}
    keys = both["team"].astype("str") + ":" + both["item"].astype("str")
    return Hits(len(known), ids(keys), ids(keys[: len(gap)]), float(len(both)), words)


def overloaded(tables: Tables, limit: float) -> Hits:
    """People whose accounts need more hours than there are."""
    rows = tables["load"]
    rows = rows[rows["member_id"].astype("str") != ""]
    hit = rows[rows["load"] > limit].sort_values("load", ascending=False)
    sure = hit[hit["low"] > limit]
    first = hit.iloc[0] if len(hit) else None
    words: dict[str, Any] = {} if first is None else {"load_share": float(first["load"])}
    value, low, high = _ends(first, "load", "low", "high")
    return Hits(len(rows), ids(hit["member_id"]), ids(sure["member_id"]), value, words, low, high)


def pitfall_high(tables: Tables, _: float) -> Hits:
    """Pitfalls of management whose interval lies above the middle of the scale."""
    rows = tables["pitfalls"]
    seen = rows[(rows["wave"] == rows["wave"].max()) & (rows["status"] != "hidden")]
    hit = seen[seen["status"] == "present"].sort_values("mean", ascending=False)
    first = hit.iloc[0] if len(hit) else None
    words: dict[str, Any] = (
        {}
        if first is None
        else {
            "pitfall": str(first["item"]),
            "mean": float(first["mean"]),
            "n": int(first["n"]),
            "team": str(first["team"]),
        }
    )
    keys = hit["team"].astype("str") + ":" + hit["item"].astype("str")
    value, low, high = _ends(first, "mean", "low", "high")
    return Hits(len(seen), ids(keys), ids(keys), value, words, low, high)


def gap_untrained(tables: Tables, _: float) -> Hits:
    """Sure gaps for which no development action is on record."""
    rows = tables["gaps"]
    short = rows[rows["sure"].fillna(False).astype(bool)]
    done = tables["actions"]
    live = done[done["status"].isin(OPEN_ACTIONS)]
    pairs = set(zip(live["member_id"].astype("str"), live["competency"].astype("str"), strict=True))
    bare = [
        (str(m), str(c)) not in pairs
        for m, c in zip(short["member_id"], short["competency"], strict=True)
    ]
    hit = short[np.array(bare, dtype=bool)] if len(short) else short
    words = {"gaps": len(hit), "sure_gaps": len(short)}
    return Hits(
        int(rows["rated"].notna().sum()),
        ids(hit["member_id"]),
        ids(hit["member_id"]),
        float(len(hit)),
        words,
    )


def near_line(tables: Tables, limit: float) -> Hits:
    """People whose grade has a probability below the limit."""
    rows = tables["combined"]
    known = rows[rows["grade_p"].notna()]
    hit = known[known["grade_p"] < limit]
    words: dict[str, Any] = {"people": len(known), "settled": len(known) - len(hit)}
    if len(hit):
        words["least_share"] = float(hit["grade_p"].min())
    return Hits(len(known), ids(hit["member_id"]), ids(hit["member_id"]), float(len(hit)), words)


def unfair(tables: Tables, _: float) -> Hits:
    """Selection rates of groups below four fifths of the highest one: a screen, no finding."""
    rows = tables["fairness"]
    seen = rows[~rows["note"].isin(["too_few", "no_group", "nobody_selected", "one_group"])]
    hit = seen[seen["flagged"].fillna(False).astype(bool)]
    first = hit.sort_values("fisher_p").iloc[0] if len(hit) else None
    sure = hit[hit["fisher_p"] < 0.05]
    words: dict[str, Any] = (
        {}
        if first is None
        else {
            "decision": str(first["decision"]),
            "p": first["fisher_p"],
            "ratio": float(first["ratio"]),
            "more": int(first["more_needed"]),
            "total": int(first["total"]),
        }
    )
    keys = hit["decision"].astype("str")
    value = float(first["ratio"]) if first is not None else np.nan
    low, high = (
        float(first[c]) if first is not None else np.nan for c in ("ratio_low", "ratio_high")
    )
    return Hits(len(seen), ids(keys), ids(sure["decision"]), value, words, low, high)


def small(tables: Tables, limit: float) -> Hits:
    """Fewer people than a comparison needs."""
    rows = tables["members"]
    one = 0 < len(rows) < limit
    who = ids(rows["member_id"]) if one else []
    return Hits(len(rows), who, who, float(len(rows)), {"people": len(rows)})


_JUDGED = ("member_id", "actual", "raw_rank", "effect", "low", "high", "verdict")
RULES = (
    TeamRule(
        "team_severe_rater",
        {"raters": ("rater_id", "severity", "low", "high", "n", "flagged")},
        severe_rater,
        0.5,
        "field:Saal, Downey & Lahey 1980; field:Holm 1979; house",
    ),
    TeamRule(
        "team_poor_territory",
        {"judged": (*_JUDGED, "potential")},
        poor_territory,
        0.25,
        "field:Cravens, Woodruff & Stamper 1972; house",
    ),
    TeamRule(
        "team_fairness",
        {
            "fairness": (
                "decision",
                "total",
                "ratio",
                "ratio_low",
                "ratio_high",
                "flagged",
                "fisher_p",
                "more_needed",
                "note",
            )
        },
        unfair,
        0.8,
        "29 CFR 1607.4(D); field:Fisher 1935",
        people=False,
    ),
    TeamRule(
        "team_halo",
        {"halo": ("rater_id", "spread", "spread_others", "spread_ratio", "low", "high", "flagged")},
        halo_rater,
        0.8,
        "field:Saal, Downey & Lahey 1980; house",
    ),
    TeamRule("team_weak", {"judged": _JUDGED}, weak, 0.9, "field:Robinson 1991; house"),
    TeamRule(
        "team_not_rankable",
        {"judged": (*_JUDGED, "rankable")},
        not_rankable,
        0.05,
        "field:Robinson 1991; house",
    ),
    TeamRule(
        "team_near_line", {"combined": ("member_id", "grade_p")}, near_line, 0.8, "S210; house"
    ),
    TeamRule(
        "team_gap_untrained",
        {
            "gaps": ("member_id", "competency", "rated", "sure"),
            "actions": ("member_id", "competency", "status"),
        },
        gap_untrained,
        0.95,
        "S205; S212; house",
    ),
    TeamRule(
        "team_goals_off",
        {"lint": ("goal_id", "rule", "severity", "amount")},
        goals_off,
        0.005,
        "S170; S171",
        people=False,
    ),
    TeamRule(
        "team_pitfall",
        {"pitfalls": ("team", "wave", "item", "mean", "low", "high", "n", "status")},
        pitfall_high,
        3.0,
        "S192; house",
        people=False,
    ),
    TeamRule(
        "team_uncovered",
        {"coverage": ("team", "item", "status")},
        uncovered,
        1,
        "S202; S183; house",
        people=False,
    ),
    TeamRule(
        "team_overloaded",
        {"load": ("member_id", "load", "low", "high")},
        overloaded,
        1.0,
        "S203; house",
    ),
    TeamRule(
        "team_small", {"members": ("member_id",)}, small, 10, "house", people=False, routine=True
    ),
)
