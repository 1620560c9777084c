"""Recipes of staying in touch: the five questions and who waits too long; sponsor pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Accept, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, listed, names, places, sheet
from kamkit.exercises.recipes.m06_people import DAY, TITLES, lowered, people_names, titled
from kamkit.exercises.recipes.parts import cell, one_of, share
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.shares import wilson
from kamkit.schemes.contacts import contact_scheme

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

TODAY = pd.Timestamp(DAY)
_STATES = places(
    ("said", "答了", "Answered"),
    ("partly", "答了一部分", "Partly answered"),
    ("other", "说的是别人，或是我们猜的", "About somebody else, or our guess"),
    ("silent", "没有谈到", "Not touched on"),
)
_YES_NO = places(("yes", "超了，要联系", "Overdue: get in touch"), ("no", "没超", "Not overdue"))
NEVER = None
_WORST = Text("超得最久的那位（有过联系的）", "Longest overdue, of those ever contacted")
_THIRTY = 30  # the one line for all that a hurried manager draws


@dataclass(frozen=True)
class Touch:
    """A contact's wish in days (None: unknown), days since a person and since a mailing."""

    kind: str
    wish: int | None
    human: int | None
    system: int | None

    @property
    def line(self) -> int:
        """The wished days, or those that stand in for a wish never asked."""
        return self.wish or int(contact_scheme().limit("default_cadence_days"))

    @property
    def gap(self) -> int | None:
        """Days since a person was in touch less the wish; None if nobody ever was."""
        return None if self.human is None else self.human - self.line


def _touches(draw: Draw) -> list[Touch]:
    wish = draw.choice([14, 21])
    # The late one and the mailed one are never over by nearly the same number of days.
    over = draw.integer(25, 30) if draw.integer(0, 1) else draw.integer(12, 15)
    late = Touch("late", wish, wish + over, draw.choice([None, 20]))
    patient = Touch("patient", 90, draw.integer(62, 84), draw.choice([None, 33]))
    mailed = Touch("mailed", 45, 45 + draw.integer(17, 22), draw.integer(4, 12))
    fine = Touch("fine", 14, draw.integer(5, 12), None)
    unasked = Touch("unasked", None, draw.choice([draw.integer(74, 86), draw.integer(97, 104)]),
                    draw.choice([None, 15]))  # fmt: skip
    never = Touch("never", draw.choice([30, 60]), NEVER, draw.integer(6, 25))
    return draw.shuffled([late, patient, mailed, fine, unasked, never])


def _talk(draw: Draw) -> dict[str, str]:
    """A state for each of the five questions: each state at least once."""
    asked = [q.id for q in contact_scheme().questions]
    rest = [q for q in asked if q != "needs"]
    needs = draw.choice(["said", "partly", "partly"])
    states = draw.shuffled(["said", "said" if needs == "partly" else "other", "other", "silent"])
    return {"needs": needs, **dict(zip(rest, states, strict=True))}


def _judged(touches: list[Touch], line: int | None = None, *, mail: bool = False) -> list[str]:
    """Overdue by another rule: one line for all, or with mailings counted as contact."""
    out = []
    for t in touches:
        days = [d for d in (t.human, t.system if mail else None) if d is not None]
        wish = line or t.line
        out.append("yes" if not days or min(days) > wish else "no")
    return out


def profile(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """The five questions answered by one talk; who waits longer than they wish.

    Source: S093; arithmetic of :func:`kamkit.methods.contacts.cadence` (90 days without a wish:
    house).
    """
    states, touches = _talk(draw), _touches(draw)
    questions = {q.id: Text(*q.label.values()) for q in contact_scheme().questions}
    ids = [f"c{k}" for k in range(1, len(touches) + 1)]
    called = people_names(draw, len(touches) + 1)
    person, called = called[-1], called[:-1]
    over = dict(zip(ids, _judged(touches), strict=True))
    most, most_days = max(
        ((i, t.gap) for i, t in zip(ids, touches, strict=True) if t.gap is not None),
        key=lambda found: found[1],
    )
    key = {f"{q}.state": one_of(s) for q, s in states.items()}
    key |= {f"{i}.overdue": one_of(v) for i, v in over.items()}
    key["worst.days"] = Accept(low=most_days - 1, high=most_days + 1, best=most_days)
    kinds = {t.kind: called[k] for k, t in enumerate(touches)}
    short = {"said": 0, "partly": 1}
    gaps = [lowered(questions[q]) for q, s in states.items() if s not in short]
    role = draw.choice(["engineering", "operations", "quality", "it"])
    posts = draw.shuffled([f for f in TITLES if f not in (role, "administration")])
    items = [*(Item(q, questions[q]) for q in questions),
             *(Item(i, titled(n, TITLES[p]))
               for i, n, p in zip(ids, called, posts, strict=False)),
             Item("worst", _WORST)]  # fmt: skip
    return Variant(
        key=key,
        words={
            "account": cell(names(draw, 1)[0]), "person": cell(titled(person, TITLES[role])),
            "answered": sum(s == "said" for s in states.values()), "gaps": listed(gaps),
            "needs_state": cell(next(p.text for p in _STATES if p.id == states["needs"])),
            "others": listed([lowered(questions[q]) for q, s in states.items() if s == "other"]),
            "n_over": sum(v == "yes" for v in over.values()),
            "over": listed([n for n, i in zip(called, ids, strict=True) if over[i] == "yes"]),
            "most": cell(called[ids.index(most)]), "most_days": most_days,
            "most_wish": touches[ids.index(most)].line,
            "never": cell(kinds["never"]), "patient": cell(kinds["patient"]),
            "mailed": cell(kinds["mailed"]), "late": cell(kinds["late"]),
            "late_wish": next(t.wish for t in touches if t.kind == "late"),
        },
        items=tuple(items),
        fields=(
            field("state", "这次谈话里", "In this talk", type="choice", options=_STATES,
                  items=tuple(questions)),
            field("overdue", "按本人的意愿", "By their own wish", type="choice",
                  options=_YES_NO, items=tuple(ids)),
            field("days", "超了几天", "Days over", "days", items=("worst",)),
        ),
        sheets=(_talk_sheet(draw, states), _touch_sheet(touches, called)),
        traps=_touch_traps(states, touches, ids),
    )  # fmt: skip


def _touch_traps(
    states: dict[str, str], touches: list[Touch], ids: list[str]
) -> dict[str, dict[str, Any]]:
    """Guesses taken for answers; mailings taken for contact; one line, or silence, for a wish."""
    guessed = [f"{q}.state" for q, s in states.items() if s == "other"]
    return {
        "heard": dict.fromkeys(guessed, "said"),
        "as_silent": dict.fromkeys(guessed, "silent"),
        "mailing": _verdicts(ids, _judged(touches, mail=True)),
        "one_line": _verdicts(ids, _judged(touches, _THIRTY)),
        "silence": {"worst.days": float(max(t.human or 0 for t in touches))},
        "never": {f"{i}.overdue": "no" for i, t in zip(ids, touches, strict=True) if not t.human},
        "needs": {"needs.state": "said" if states["needs"] == "partly" else "partly"},
    }


def _verdicts(ids: list[str], found: list[str]) -> dict[str, str]:
    return {f"{i}.overdue": v for i, v in zip(ids, found, strict=True)}


def _talk_sheet(draw: Draw, states: dict[str, str]) -> Sheet:
    data = pool("m06_notes")
    said = [read_text(draw.choice(data["talk"][q][s])) for q, s in states.items() if s != "silent"]
    said += [read_text(line) for line in draw.sample(data["chatter"]["lines"], 2)]
    cols = columns(("n", "句", "Line", "number"), ("text", "记录", "Notes", "text"))
    rows = [(k, t) for k, t in enumerate(draw.shuffled(said), 1)]
    return sheet(Text("拜访记录", "Notes of the visit"), cols, rows)


def _ago(days: int | None) -> Text:
    if days is None:
        return Text("没有", "never")
    day = TODAY - pd.Timedelta(days=days)
    year = "" if day.year == TODAY.year else f"{day.year} 年 "
    said = f"{day.day} {day:%b}" if not year else f"{day.day} {day:%b %Y}"
    return Text(f"{year}{day.month} 月 {day.day} 日（{days} 天前）", f"{said} ({days} days ago)")


def _touch_sheet(touches: list[Touch], called: list[Text]) -> Sheet:
    cols = columns(
        ("name", "联系人", "Contact", "text"),
        ("wish", "希望多久联系一次", "Wishes to hear every", "text"),
        ("human", "上次有人联系", "Last contact by a person", "text"),
        ("system", "上次系统群发", "Last system mailing", "text"),
    )
    wishes = [
        Text("没问过", "never asked") if t.wish is None else Text(f"{t.wish} 天", f"{t.wish} days")
        for t in touches
    ]
    rows = [
        (n, w, _ago(t.human), _ago(t.system))
        for n, w, t in zip(called, wishes, touches, strict=True)
    ]
    return sheet(Text("六位联系人，到 6 月 30 日", "Six contacts, as of 30 June"), cols, rows)


# -- sponsor pairs ------------------------------------------------------------------------------
_ACTIONS = places(
    ("member_left", "我方换一位高层", "Name another of ours"),
    ("contact_left", "对方换了人，重新配对", "Pair with their new person"),
    ("no_contact", "先定对方是哪一位", "Settle who faces us"),
    ("never_met", "安排第一次见面", "Arrange the first meeting"),
    ("overdue", "补一次见面", "Meet again soon"),
    ("in_touch", "照常", "Carry on"),
)


@dataclass(frozen=True)
class Pair:
    """A sponsor pair: days since the start, the last meeting and the last mail; who left when."""

    kind: str
    since: int
    met: int | None
    mail: int | None
    left: int | None = None

    @property
    def state(self) -> str:
        """The first thing that is wrong with it."""
        if self.left is not None or self.kind == "no_contact":
            return self.kind
        if self.met is None:
            return "never_met"
        limit = contact_scheme().limit("sponsor_days")
        return "overdue" if self.met > limit else "in_touch"


def _pairs(draw: Draw) -> list[Pair]:
    limit = int(contact_scheme().limit("sponsor_days"))
    since = [draw.integer(400, 900) for _ in range(8)]
    recent = draw.integer(20, 80)
    return draw.shuffled([
        Pair("member_left", since[0], recent, draw.integer(5, 15), draw.integer(8, 18)),
        Pair("contact_left", since[1], draw.integer(90, 150), None, draw.integer(20, 80)),
        Pair("no_contact", since[2], None, draw.integer(10, 60)),
        Pair("never_met", since[3], None, draw.integer(3, 20)),
        Pair("overdue", since[4], draw.integer(limit + 15, limit + 60), draw.integer(5, 25)),
        Pair("overdue", since[5], draw.integer(300, 360), None),
        Pair("in_touch", since[6], draw.integer(limit - 30, limit - 8), draw.choice([None, 90])),
        Pair("in_touch", since[7], draw.integer(30, 110), draw.integer(20, 60)),
    ])  # fmt: skip


def sponsors(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Eight sponsor pairs: what each needs now.

    Source: S102; states and 180 days as in :func:`kamkit.methods.contacts.sponsor_pairs`
    (house).
    """
    pairs = _pairs(draw)
    ids = [chr(ord("a") + k) for k in range(len(pairs))]
    right = {i: p.state for i, p in zip(ids, pairs, strict=True)}
    called, everybody = names(draw, len(pairs)), people_names(draw, 2 * len(pairs))
    ours, theirs = everybody[: len(pairs)], everybody[len(pairs) :]
    limit = int(contact_scheme().limit("sponsor_days"))
    traps = {
        "mail": {
            i: "in_touch" for i, p in zip(ids, pairs, strict=True)
            if p.mail is not None and p.kind in ("overdue", "never_met")
        },
        "met_counts": {
            i: "in_touch" for i, p in zip(ids, pairs, strict=True) if p.left is not None
        },
        "on_paper": {
            i: "in_touch" for i, p in zip(ids, pairs, strict=True)
            if p.kind in ("no_contact", "never_met")
        },
        "first_first": {
            i: "never_met" for i, p in zip(ids, pairs, strict=True) if p.kind == "no_contact"
        },
        "wrong_side": {
            i: "contact_left" if p.kind == "member_left" else "member_left"
            for i, p in zip(ids, pairs, strict=True) if p.left is not None
        },
        "quarter": {
            i: "overdue" for i, p in zip(ids, pairs, strict=True)
            if p.kind == "in_touch" and p.met is not None and p.met > 90
        },
    }  # fmt: skip
    alive = sum(s == "in_touch" for s in right.values())
    by = {s: listed([n for n, i in zip(called, ids, strict=True) if right[i] == s])
          for s in set(right.values())}  # fmt: skip
    mailed = next(n for n, p in zip(called, pairs, strict=True)
                  if p.kind == "overdue" and p.mail is not None)  # fmt: skip
    low, high = wilson(alive, len(pairs))
    return Variant(
        key={i: one_of(s) for i, s in right.items()},
        words={
            "n": len(pairs), "alive": alive, "limit": limit, **by, "mailed": cell(mailed),
            "low": share(round(float(low), 2)), "high": share(round(float(high), 2)),
        },
        items=tuple(Item(i, n) for i, n in zip(ids, called, strict=True)),
        places=_ACTIONS,
        sheets=(_pair_sheet(pairs, called, ours, theirs),),
        traps=traps,
    )  # fmt: skip


def _pair_sheet(
    pairs: list[Pair], called: list[Text], ours: list[Text], theirs: list[Text]
) -> Sheet:
    cols = columns(
        ("name", "客户", "Account", "text"), ("ours", "我方高层", "Our executive", "text"),
        ("theirs", "对方高层", "Their executive", "text"),
        ("met", "上次见面", "Last met", "text"), ("mail", "上次邮件", "Last mail", "text"),
    )  # fmt: skip
    gone = Text("已离职", "has left")
    rows = []
    for p, name, us, them in zip(pairs, called, ours, theirs, strict=True):
        shown = titled(us, gone) if p.kind == "member_left" else us
        facing = titled(them, gone) if p.kind == "contact_left" else them
        if p.kind == "no_contact":
            facing = Text("（空着）", "(blank)")
        rows.append((name, shown, facing, _ago(p.met), _ago(p.mail)))
    return sheet(Text("高层配对表，到 6 月 30 日", "Sponsor pairs as of 30 June"), cols, rows)
