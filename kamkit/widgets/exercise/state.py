"""What changes while an exercise is worked on: the answer, what came of it, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.bank.words import answer_name
from kamkit.exercises.follow import met_with
from kamkit.exercises.model import Exercise, Variant
from kamkit.i18n import catalog, describe, label, listed, number, percent, t
from kamkit.widgets.exercise.best import solution_words
from kamkit.widgets.exercise.page import part_names, places_of, value_words
from kamkit.widgets.exercise.written import block, line, written

if TYPE_CHECKING:
    from kamkit.exercises.behaviours import Stand
    from kamkit.exercises.progress import Attempt, Progress

TONES = {
    "correct": "right",
    "partial": "partly",
    "incorrect": "wrong",
    "needs_review": "noted",
    "not_attempted": "open",
}
_CURRENCIES = ("typed", "currency")


def asked_back(problems: Iterable[Problem], lang: str) -> dict[str, str]:
    """Questions about an answer by part; "" holds those about the answer as a whole."""
    asked: dict[str, list[str]] = {}
    for problem in problems:
        said = {name: _currency(name, value, lang) for name, value in problem.details.items()}
        bare = replace(problem, table="", column="", row=None, details=said)
        asked.setdefault(problem.column, []).append(describe(KamkitError(bare), lang))
    return {part: "\n".join(texts) for part, texts in asked.items()}


def _currency(name: str, value: Any, lang: str) -> Any:
    """A detail that is a currency, by its name."""
    return label(f"currency.{value}", lang, str(value)) if name in _CURRENCIES else value


def _sentence(key: str, numbers: Mapping[str, Any], names: Mapping[str, str], lang: str) -> str:
    """A reason or rule of the catalogs; ids of parts and places are put into words."""
    if key not in catalog(lang):
        return ""
    return t(key, lang, **{n: _named(n, v, names, lang) for n, v in numbers.items()})


def _named(name: str, value: Any, names: Mapping[str, str], lang: str) -> str:
    if name.endswith("share") and isinstance(value, int | float):
        return percent(value, lang, 0)
    if isinstance(value, list | tuple):
        return listed((_named(name, v, names, lang) for v in value), lang)
    return names.get(str(value)) or written(value, lang)


class StateData:
    """Puts progress and stand of one exercise into the words of one language."""

    def __init__(self, exercise: Exercise, variant: Variant, lang: str) -> None:
        self.exercise, self.variant, self.lang = exercise, variant, lang
        self.names = part_names(exercise, variant, lang)
        self.places = places_of("", variant, lang)

    def data(self, progress: Progress, stand: Stand) -> dict[str, Any]:
        """The whole state as plain data."""
        last = progress.last
        answer = progress.draft or (last.answer if last else {})
        seen = last is not None and stand.shows_feedback
        return {
            "answer": dict(answer),
            "edited": progress.draft is not None and last is not None,
            "tone": TONES[stand.status] if seen or last is None else "noted",
            "can": {
                name: bool(getattr(stand, f"can_{name}"))
                for name in ("submit", "hint", "solution", "mark", "revote")
            },
            "locked": stand.locked,
            "phase": stand.phase,
            "behaviour": stand.behaviour,
            "rule": self._rule(stand),
            "left": self._left(stand),
            "feedback": self._feedback(last, stand) if last else None,
            "right": dict(last.outcome.right) if seen and last else {},
            "hints": [
                block(h, self.variant.words, self.lang)
                for h in self.exercise.hints[: progress.hints]
            ],
            "solution": self._solution(last) if progress.solution_seen else "",
            "history": self._history(progress, stand),
            "team": dict(progress.team) if progress.team else None,
            "votes": self._votes(progress, stand),
            "panel": self._panel() if seen else [],
            "marks": self._marks(progress),
            "panel_real": self.exercise.panel_origin == "real",
            "awaits_release": stand.behaviour == "assess" and bool(last) and not stand.locked,
        }

    def _rule(self, stand: Stand) -> str:
        key, numbers = stand.rule
        return _sentence(key, numbers, {}, self.lang)

    def _left(self, stand: Stand) -> list[str]:
        lines = []
        if stand.tries_left is not None and not stand.locked:
            lines.append(t("exercise.tries_left", self.lang, count=stand.tries_left))
        if stand.can_hint:
            lines.append(t("exercise.hints_left", self.lang, count=stand.hints_left))
        return lines

    def _feedback(self, last: Attempt, stand: Stand) -> dict[str, Any]:
        if not stand.shows_feedback:
            key = "noted_vote" if self.exercise.kind == "poll" else "noted_answer"
            return {"tone": "noted", "word": t(f"exercise.{key}", self.lang), "lines": []}
        outcome = last.outcome
        tone = TONES[stand.status if stand.status in TONES else outcome.status]
        names = {**self.places, **self.names}
        said_above = {"wrong"} if tone == "noted" else {"wrong", "review"}
        lines = [
            _sentence(f"verdict.{key}", self._best(numbers), names, self.lang)
            for key, numbers in outcome.reasons
            if key not in said_above
        ]
        said = {m.id: m.text for m in self.exercise.mistakes}
        words = met_with(self.exercise, self.variant, last.answer).words
        return {
            "tone": tone,
            "word": self._word(tone),
            "score": self._score(tone, outcome.score, stand.score),
            "lines": [one for one in lines if one],
            "mistakes": [line(said[m], words, self.lang) for m in outcome.mistakes if m in said],
        }

    def _best(self, numbers: Mapping[str, Any]) -> Mapping[str, Any]:
        """Numbers of a reason; the best value of a part is written with that part's unit."""
        if "part" not in numbers or "best" not in numbers:
            return numbers
        best = solution_words(self.exercise, self.variant, self.lang).get(
            answer_name(str(numbers["part"]))
        )
        return numbers if best is None else {**numbers, "best": written(best, self.lang)}

    def _word(self, tone: str) -> str:
        if tone == "noted" and self.exercise.kind == "poll":
            return t("exercise.noted_vote", self.lang)
        return t(f"exercise.tone_{tone}", self.lang)

    def _score(self, tone: str, raw: float, score: float) -> str:
        if self.exercise.kind == "poll" or tone == "noted":
            return ""
        texts = {"raw": number(100 * raw, self.lang), "score": number(100 * score, self.lang)}
        less = score < raw - 0.0005
        return t("exercise.score_less" if less else "exercise.score", self.lang, **texts)

    def _solution(self, last: Attempt | None) -> str:
        met = met_with(self.exercise, self.variant, last.answer) if last else self.variant
        words = solution_words(self.exercise, met, self.lang)
        return block(self.exercise.solution, words, self.lang)

    def _history(self, progress: Progress, stand: Stand) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        before: dict[str, Any] = {}
        for count, attempt in enumerate(progress.attempts, 1):
            parts = dict(attempt.answer.get("parts", {}))
            tone = TONES[attempt.outcome.status] if stand.shows_feedback else "noted"
            lines.append(
                {
                    "n": count,
                    "by": str(attempt.answer.get("by", "")),
                    "reason": str(attempt.answer.get("reason", "")),
                    "changed": self._changed(before, parts),
                    "tone": tone,
                    "word": self._word(tone),
                }
            )
            before = parts
        return lines

    def _changed(self, before: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
        changed = [p for p in [*parts, *before] if parts.get(p) != before.get(p)]
        return listed(dict.fromkeys(self._decided(p, parts.get(p)) for p in changed), self.lang)

    def _decided(self, part: str, value: Any) -> str:
        text = value_words(part, value, self.variant, self.lang) if value else "–"
        if self.exercise.kind in ("essay", "text"):
            return text if len(text) <= 40 else f"{text[:39]}…"
        if self.exercise.kind == "many":
            return self.names.get(part, part) if value else f"({self.names.get(part, part)})"
        name = self.names.get(part, "")
        return f"{name}: {text}" if name else text

    @staticmethod
    def _marks(progress: Progress) -> dict[str, Any]:
        """Marks given to the last text, by whom; those of an earlier text are history."""
        found = {}
        for by, mark in progress.marks.items():
            if int(mark.get("attempt", 0)) == len(progress.attempts):
                ticks = [name for name, given in mark.get("ticks", {}).items() if given]
                found[by] = {"ticks": ticks, "comment": str(mark.get("comment", ""))}
        return found

    def _votes(self, progress: Progress, stand: Stand) -> dict[str, str]:
        if self.exercise.kind not in ("poll", "single") or stand.behaviour != "poll":
            return {}
        votes: dict[str, str] = {}
        for attempt in progress.attempts:
            phase = "after" if attempt.phase == "after" else "before"
            votes[phase] = str(attempt.answer.get("parts", {}).get("choice", ""))
        return votes

    def _panel(self) -> list[dict[str, Any]]:
        """What share of the panel chose what, part by part, largest first."""
        found = []
        for part, shares in self.variant.panel.items():
            bars = sorted(shares.items(), key=lambda pair: -pair[1])
            found.append(
                {
                    "part": self.names.get(part, ""),
                    "bars": [
                        {
                            "text": value_words(part, value, self.variant, self.lang),
                            "share": share,
                            "shown": percent(share, self.lang, 0),
                        }
                        for value, share in bars
                    ],
                }
            )
        return found
