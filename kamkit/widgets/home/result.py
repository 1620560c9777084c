"""A trainee's results to take along: what was done, what came of it, what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamkit.exercises.course import Course, Module, load_course, readable_bank
from kamkit.exercises.desk import ALONE, Desk, open_desk
from kamkit.exercises.follow import met_with
from kamkit.exercises.forms import read_variant
from kamkit.exercises.standing import Line, lines, mean_score
from kamkit.i18n import LANGUAGES, day, t
from kamkit.widgets.exercise.lazy import LazyJournal
from kamkit.widgets.exercise.written import block
from kamkit.widgets.home.page import points
from kamkit.widgets.home.templates import filled

_TONES = {"correct": "✓", "partial": "◐", "incorrect": "✗"}
FEW = 20  # an average over fewer exercises shows a direction only


@dataclass(frozen=True)
class Result:
    """HTML of the results; shows itself in a notebook."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def status_of(one: Line) -> str:
    """Key of the word for where an exercise stands (``result.status_<key>``)."""
    now, known = one.stand, one.progress
    if not known.attempts:
        return "draft"
    if one.exercise.kind == "essay" and now.status == "needs_review" and now.shows_feedback:
        return "needs_review"
    if now.behaviour == "assess" and not known.released:
        return "kept"
    if now.behaviour == "poll" and not now.locked:
        return "voted_once"
    if one.score is None:
        return "voted" if "poll" in (now.behaviour, one.exercise.kind) else "needs_review"
    return now.status


def next_of(one: Line) -> str:
    """Key of the next step (``result.next_<key>``)."""
    status, now = status_of(one), one.stand
    if status == "draft":
        return "finish"
    waiting = {"kept": "wait", "voted_once": "revote", "voted": "none"}
    if status in waiting:
        return waiting[status]
    if status == "needs_review":
        return "mark" if now.can_mark else "trainer"
    if status == "correct":
        return "sure" if one.tries > 2 else "none"
    if now.locked:
        return "locked"
    return "solution" if now.can_solution and not one.progress.solution_seen else "redo"


def row_data(one: Line, lang: str) -> dict[str, Any]:
    """One line of the table: words, figures, sign and tone."""
    status = status_of(one)
    return {
        "title": one.exercise.title.said(lang),
        "status": t(f"result.status_{status}", lang),
        "sign": _TONES.get(status, "·"),
        "tone": status if status in _TONES else "other",
        "self_marked": one.exercise.kind == "essay" and one.marked_by == "self",
        "score": points(one.score),
        "tries": one.tries,
        "hints": one.progress.hints,
        "next": t(f"result.next_{next_of(one)}", lang),
    }


def module_data(module: Module, found: Mapping[str, Line], lang: str) -> dict[str, Any]:
    """A module: its begun exercises line by line, the rest by name."""
    inside = [found[name] for name in module.exercises]
    untried = [
        t("result.quoted", lang, title=one.exercise.title.said(lang))
        for one in inside
        if not one.begun
    ]
    return {
        "title": module.title.said(lang),
        "done": sum(one.done for one in inside),
        "all": len(inside),
        "score": points(mean_score(inside)),
        "rows": [row_data(one, lang) for one in inside if one.begun],
        "untried": t("result.list_comma", lang).join(untried),
    }


def _words(one: Line, mistake: str) -> Mapping[str, Any]:
    """The words of the variant as the last answer with that mistake met it."""
    known = one.progress
    if known.variant is None:
        return {}
    answers = [a.answer for a in known.attempts if mistake in a.outcome.mistakes]
    variant = read_variant(known.variant)
    return met_with(one.exercise, variant, answers[-1] if answers else None).words


def mistake_data(found: Sequence[Line], lang: str, most: int = 8) -> list[dict[str, Any]]:
    """The named mistakes in words, commonest first, with the figures that the trainee met."""
    made = [(count, one, name) for one in found for name, count in one.mistakes]
    made.sort(key=lambda entry: -entry[0])
    said = []
    for count, one, name in made[:most]:
        text = next(m.text for m in one.exercise.mistakes if m.id == name)
        words = _words(one, name)
        title = one.exercise.title.said(lang)
        said.append({"html": block(text, words, lang), "exercise": title, "count": count})
    return said


def reading(found: Sequence[Line], lang: str) -> list[str]:
    """How to read the page: what a score is, what has none, how little an average proves."""
    said = [t("result.read_tries", lang), t("result.read_open", lang)]
    scored = sum(one.score is not None for one in found)
    if 0 < scored < FEW:
        said.append(t("result.read_few", lang, n=scored))
    own = sum(one.progress.own for one in found)
    said.append(t("result.read_own", lang, count=own) if own else t("result.read_variants", lang))
    return said


def result_html(
    course: Course, found: Mapping[str, Line], *, desk: Desk, lang: str, today: date
) -> str:
    """The whole page in one language."""
    everything = list(found.values())
    modules = [module_data(module, found, lang) for module in course.modules]
    return filled(
        "result",
        "result",
        lang,
        alias=desk.alias if desk.signed_in else t("home.guest", lang),
        cohort=t("result.alone", lang) if desk.cohort == ALONE else desk.cohort,
        date=day(today, lang),
        begun=any(one.begun for one in everything),
        done=sum(one.done for one in everything),
        all=len(everything),
        score=points(mean_score(everything)),
        scored=sum(one.score is not None for one in everything),
        tries=sum(one.tries for one in everything),
        hints=sum(one.progress.hints for one in everything),
        modules=[m for m in modules if m["all"]],
        mistakes=mistake_data(everything, lang),
        reading=reading(everything, lang),
    )


def result(lang: str) -> Result:
    """The results of who sits here, for the one cell of the results' notebook.

    >>> "kk-result" in result("en").html
    True
    """
    lang = lang if lang in LANGUAGES else LANGUAGES[0]
    (bank, _), desk = readable_bank(), open_desk()
    found = lines(bank, LazyJournal(desk).events())
    page = result_html(load_course(bank), found, desk=desk, lang=lang, today=date.today())
    return Result(page)
