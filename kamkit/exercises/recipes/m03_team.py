"""Recipe of the team's mix: what is covered, what hangs on one person, whom to bring in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Field, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, listed, places, sheet
from kamkit.exercises.recipes.m15_common import letters
from kamkit.exercises.recipes.m15_common import names as colleagues
from kamkit.exercises.recipes.parts import cell, one_of, share

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

_TAGS = (
    Text("成本测算", "costing"), Text("标书编写", "tender writing"),
    Text("合同条款", "contract terms"), Text("行业知识", "industry knowledge"),
    Text("方案制图", "drawings"), Text("现场演示", "demonstrations"),
    Text("项目排期", "scheduling"), Text("招标规则", "tender rules"),
    Text("财报分析", "reading accounts"), Text("售后流程", "after-sales process"),
    Text("英文谈判", "talks in English"), Text("数据分析", "data analysis"),
)  # fmt: skip
# The quiet specialist, the all-rounder, the senior, two more, and one who left the form blank.
QUIET, ROUND, SENIOR, FOURTH, FIFTH, BLANK = range(6)
Held = Mapping[int, set[int]]


@dataclass(frozen=True)
class Team:
    """``held``: tags of each person; ``wanted``: how many tags; ``gaps``: held by nobody."""

    held: Held
    wanted: int
    gaps: tuple[int, ...]
    years: tuple[int, ...]

    def holders(self, tag: int) -> int:
        """People who have the tag."""
        return sum(tag in tags for tags in self.held.values())

    def covered(self, without: int = -1) -> int:
        """Tags that somebody has, one person left out."""
        return len(set().union(*(t for p, t in self.held.items() if p != without)))

    def singles(self) -> set[int]:
        """Tags that one person alone has."""
        return {t for t in range(self.wanted) if self.holders(t) == 1}

    def alone(self, person: int) -> int:
        """Tags that hang on one person."""
        return len(self.held[person] & self.singles())


def drawn_team(draw: Draw) -> Team:
    """Five people and one blank form; the one who holds most alone is neither the senior nor
    the one with most tags."""
    n_gaps = draw.integer(1, 2)
    single, own = draw.integer(2, 3), 1
    common = 4
    at = iter(draw.shuffled(range(single + own + common + n_gaps)))
    quiet, lone = {next(at) for _ in range(single)}, {next(at) for _ in range(own)}
    shared = [next(at) for _ in range(common)]
    gaps = tuple(at)
    order = draw.shuffled(shared)
    held = {
        QUIET: quiet,
        ROUND: lone | set(shared if single == 3 else order[:3]),
        SENIOR: set(order[1:3]),
        FOURTH: {order[3], order[draw.integer(0, 1)]},
        FIFTH: {order[0], order[3]},
        BLANK: set(),
    }
    years = (draw.integer(4, 7), draw.integer(8, 12), draw.integer(17, 24), draw.integer(1, 3),
             draw.integer(5, 9), draw.integer(1, 2))  # fmt: skip
    return Team(held, single + own + common + n_gaps, gaps, years)


def candidates(team: Team, draw: Draw) -> dict[str, set[int]]:
    """Four people to bring in: a gap and a single point, a gap only, single points, a senior."""
    quiet = sorted(team.held[QUIET])
    twice = sorted(t for t in range(team.wanted) if team.holders(t) > 1)
    common = draw.sample(twice, 3)
    gap = draw.choice(team.gaps)
    return {
        "both": {gap, draw.choice(quiet)},
        "gap": {gap, *common[:2]},
        "backup": set(quiet[:2]),
        "senior": set(common),
    }


def gain(team: Team, tags: set[int]) -> tuple[int, int]:
    """Gaps closed and single points backed up by somebody with these tags."""
    return len(tags & set(team.gaps)), len(tags & team.singles())


def team_mix(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six people and the tags a project wants: coverage, single points, leaver, newcomer.

    Source: S183; the arithmetic is that of :func:`kamkit.methods.appraisal.team_mix`; the order
    of what to look for in a newcomer is house.
    """
    team = drawn_team(draw)
    k, covered = team.wanted, team.covered()
    left = team.covered(without=QUIET)
    new = candidates(team, draw)
    tags = draw.sample(_TAGS, k)
    called = [Text(n["zh"], n["en"]) for n in colleagues(draw, 10)]
    rows, ids = draw.shuffled(range(6)), letters(6)
    who = dict(zip(rows, ids, strict=True))
    kinds = draw.shuffled(list(new))
    named = dict(zip(kinds, called[6:], strict=True))
    singles = len(team.singles())
    mean = sum(team.holders(t) for t in range(k)) / (5 * k)
    twice = sum(team.holders(t) > 1 for t in range(k))
    return Variant(
        key={
            "cover.share": figure(covered / k, 0.006), "single.n": figure(singles),
            "leaver.who": one_of(who[QUIET]), "left.share": figure(left / k, 0.006),
            "join.new": Accept(any=("both",), best="both", weight=2.0),
        },
        words={
            "n_tags": k, "covered": covered, "cover": share(covered / k), "singles": singles,
            "left": share(left / k), "left_n": left, "alone": team.alone(QUIET),
            "gaps": listed([tags[t] for t in team.gaps]),
            "single_tags": listed([tags[t] for t in sorted(team.singles())]),
            **{w: cell(called[p]) for w, p in
               (("quiet", QUIET), ("round", ROUND), ("senior", SENIOR), ("blank", BLANK))},
            **{f"new_{kind}": cell(name) for kind, name in named.items()},
            "both_tags": listed([tags[t] for t in sorted(new["both"])]),
        },
        items=_ITEMS,
        fields=_fields([(who[p], called[p]) for p in rows], named),
        sheets=(_team_sheet(team, rows, called, tags), _new_sheet(new, named, tags, draw)),
        traps={
            "people": {"cover.share": mean}, "twice": {"cover.share": twice / k},
            "all_lost": {"left.share": (covered - len(team.held[ROUND])) / k,
                         "leaver.who": who[ROUND]},
            "one_less": {"left.share": 5 * covered / (6 * k)},
            "with_gaps": {"single.n": singles + len(team.gaps)},
            "gaps_only": {"single.n": len(team.gaps)},
            "busiest": {"leaver.who": who[ROUND]}, "oldest": {"leaver.who": who[SENIOR]},
            "blank_one": {"leaver.who": who[BLANK]},
            "senior": {"join.new": "senior"}, "gap_only": {"join.new": "gap"},
            "backup": {"join.new": "backup"},
        },
    )  # fmt: skip


_ITEMS = (
    Item("cover", Text("这个组的覆盖率", "Coverage of this team")),
    Item("single", Text("只有一个人会的，有几项", "How many hang on one person")),
    Item("leaver", Text("谁走了，缺口最大", "Whose leaving opens the widest gap")),
    Item("left", Text("这个人走后的覆盖率", "Coverage after that")),
    Item("join", Text("调谁进来", "Whom to bring in")),
)


def _fields(team: Sequence[tuple[str, Text]], new: Mapping[str, Text]) -> tuple[Field, ...]:
    people = tuple(Place(i, t) for i, t in team)
    added = places(*((kind, t.zh, t.en) for kind, t in new.items()))
    return (
        field("share", "比例", "Share", "share", items=("cover", "left")),
        field("n", "项数", "Number", "count", items=("single",)),
        field("who", "谁", "Who", type="choice", options=people, items=("leaver",)),
        field("new", "谁", "Who", type="choice", options=added, items=("join",)),
    )


def _team_sheet(
    team: Team, rows: Sequence[int], called: Sequence[Text], tags: Sequence[Text]
) -> Sheet:
    cols = columns(("name", "组员", "Member", "text"), ("years", "年数", "Years", "number"),
                   ("tags", "会的", "Can do", "text"))  # fmt: skip
    blank = Text("（没有填）", "(form not filled in)")
    shown = [
        (called[p], team.years[p], _joined(team.held[p], tags) if team.held[p] else blank)
        for p in rows
    ]
    wanted = Text("、".join(t.zh for t in tags), ", ".join(t.en for t in tags))
    title = Text(f"组员（项目要用：{wanted.zh}）", f"The team (wanted: {wanted.en})")
    return sheet(title, cols, shown)


def _new_sheet(
    new: Mapping[str, set[int]], named: Mapping[str, Text], tags: Sequence[Text], draw: Draw
) -> Sheet:
    cols = columns(("name", "可调来的人", "Could join", "text"),
                   ("years", "年数", "Years", "number"),
                   ("tags", "会的", "Can do", "text"))  # fmt: skip
    years = {"both": draw.integer(3, 6), "gap": draw.integer(7, 10),
             "backup": draw.integer(5, 9), "senior": draw.integer(18, 25)}  # fmt: skip
    rows: list[tuple[Any, ...]] = [(t, years[k], _joined(new[k], tags)) for k, t in named.items()]
    return sheet(Text("可以调来的四个人，只有一个名额", "Four could join; there is one place"),
                 cols, rows)  # fmt: skip


def _joined(held: set[int], tags: Sequence[Text]) -> Text:
    found = [tags[t] for t in sorted(held)]
    return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))
