"""What stands on the course home: who sits here, the cards with progress, where to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kamkit.exercises.course import Card, Course
from kamkit.exercises.desk import ALONE, Desk, Person
from kamkit.exercises.progress import Event
from kamkit.exercises.standing import Line, mean_score, where_left
from kamkit.widgets.home.templates import filled

# From notebooks/home/<lang>/ to the lessons' copies and to the practice sheets.
LESSON = "../../../out/workshop/{lang}/{id}.ipynb"
SHEET = "../../../exercises/{lang}/{id}.ipynb"
RESULT = "result.ipynb"


def link_of(card: Card, lang: str) -> str:
    """Address of a lesson or sheet, relative to the home's own.

    >>> from kamkit.exercises.course import load_course
    >>> link_of(load_course({}).cards[0], "en")
    '../../../out/workshop/en/01_key_accounts.ipynb'
    """
    pattern = LESSON if card.kind == "lesson" else SHEET
    return pattern.format(lang=lang, id=card.id)


def anchor(exercise: str) -> str:
    """Id of an exercise's cell in its sheet.

    >>> anchor("m01_pareto")
    'm01-pareto'
    """
    return exercise.replace("_", "-")


def points(score: float | None) -> int | None:
    """A score of 0-1 in points of 100."""
    return None if score is None else round(100 * score)


def card_data(card: Card, found: Mapping[str, Line], lang: str) -> dict[str, Any]:
    """One card: texts, link, how many of its exercises are done and begun, mean score."""
    inside = [found[name] for name in card.exercises]
    done = sum(one.done for one in inside)
    return {
        "kind": card.kind,
        "title": card.title.said(lang),
        "about": card.about.said(lang),
        "minutes": card.minutes,
        "link": link_of(card, lang),
        "all": len(inside),
        "done": done,
        "begun": sum(one.begun and not one.done for one in inside),
        "share": round(100 * done / len(inside)) if inside else 0,
        "score": points(mean_score(inside)),
    }


def go_on_data(
    course: Course, found: Mapping[str, Line], events: Sequence[Event], lang: str
) -> dict[str, str] | None:
    """Where this trainee left off, None before the first answer."""
    order = [name for module in course.modules for name in module.exercises]
    name = where_left(order, found, events)
    card = course.sheet_of(name) if name else None
    if card is None:
        return None
    return {
        "title": found[name].exercise.title.said(lang),
        "card": card.title.said(lang),
        "link": f"{link_of(card, lang)}#{anchor(name)}",
    }


def person_data(person: Person) -> dict[str, str]:
    """Someone who worked on this computer, as the list shows them."""
    cohort = "" if person.cohort == ALONE else person.cohort
    return {"alias": person.shown, "cohort": cohort}


def home_html(
    course: Course,
    found: Mapping[str, Line],
    *,
    desk: Desk,
    events: Sequence[Event],
    known: Sequence[Person],
    own_count: int,
    unread: Sequence[str] = (),
    lang: str,
) -> str:
    """The whole home in one language."""
    here = (desk.cohort, desk.trainee)
    others = [person_data(p) for p in known if (p.cohort, p.trainee) != here]
    modules = [
        {
            "title": module.title.said(lang),
            "about": module.about.said(lang),
            "cards": [card_data(card, found, lang) for card in module.cards],
        }
        for module in course.modules
    ]
    return filled(
        "home",
        "home",
        lang,
        title=course.title.said(lang),
        lead=course.lead.said(lang),
        signed_in=desk.signed_in,
        me=person_data(desk.person),
        # A number tells apart people of one name, so that the list never names the wrong one.
        others=[{**one, "n": n} for n, one in enumerate(others)],
        begun=any(one.begun for one in found.values()),
        all_done=bool(found) and all(one.done for one in found.values()),
        go_on=go_on_data(course, found, events, lang),
        modules=modules,
        own_count=own_count,
        unread=list(unread),
        result=RESULT,
    )
