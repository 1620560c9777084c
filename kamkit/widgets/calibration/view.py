"""The calibration session on screen: a change is checked, written down, and its effect shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.forms import plain
from kamkit.i18n import LANGUAGES, catalog, describe, label, number, plain_text, records, t
from kamkit.schemes.appraisal_policy import fairness_wording
from kamkit.widgets.calibration.journal import (
    CalibrationJournal,
    Change,
    changes_table,
    one_line,
    undoable,
)
from kamkit.widgets.calibration.state import (
    arrow,
    chance_words,
    change_rows,
    csv_text,
    effect_data,
    grade_arrow,
    grade_word,
    part_word,
    people_data,
    score_scale,
)
from kamkit.widgets.exercise.answer import text_of
from kamkit.widgets.exercise.view import joined, logged_to

if TYPE_CHECKING:
    import pandas as pd

Recompute = Callable[["pd.DataFrame"], Any]
Message = Mapping[str, Any]
REASON, LONGEST = 10, 600  # characters of a reason: fewest (house), most
JUDGED = ("competence", "duty")
_WORDS = "calibration."
log = logging.getLogger("kamkit.exercise")  # the file beside the journal
_SHARED = "10_base.js"  # nodes, words and news for readers, as the exercises have them


@cache
def _own(kind: str) -> str:
    folder = files("kamkit.widgets.calibration").joinpath(kind)
    sources = sorted((f for f in folder.iterdir() if f.name.endswith(kind)), key=lambda f: f.name)
    return "\n".join(f.read_text(encoding="utf-8") for f in sources)


def _script() -> str:
    base = files("kamkit.widgets.exercise").joinpath("js", _SHARED).read_text(encoding="utf-8")
    return f"{base}\n{_own('js')}"


class CalibrationSession(anywidget.AnyWidget):
    """A calibration meeting; ``changes`` holds what was decided, as rows of calibration_changes.

    ``page`` holds what stays, ``state`` what changes; ``ack`` in the state names the last
    message that was dealt with: a change that it acknowledges is on the disk.
    """

    _esm = _script()
    _css = f"{joined('css')}\n{_own('css')}"
    page = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        combined: Any,
        recompute: Recompute,
        *,
        view: Any,
        journal: CalibrationJournal,
        names: Mapping[str, str],
        deciders: Mapping[str, str],
        adjustable: Iterable[str],
        scale: tuple[float, float],
        lang: str,
    ) -> None:
        self._combined, self._recompute, self._journal = combined, recompute, journal
        self._names, self._deciders, self._lang = names, deciders, lang
        key = view.key.astype("str")
        self._letters = dict(zip(key["rater_id"], key["label"], strict=True))
        there = set(combined.parts["part"])
        self._parts = [p for p in adjustable if p in there]
        self._low, self._high = scale
        self._done = journal.changes()
        self._effect = recompute(changes_table(self._done))
        super().__init__(page=self._page(view.spreads), state=self._state(ack=""))
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return t("calibration.title", self._lang, period=self._journal.period)

    @property
    def changes(self) -> pd.DataFrame:
        """All changes of the period: the table calibration_changes."""
        return self._journal.table()

    @property
    def result(self) -> Any:
        """What ``recompute`` found for the changes so far."""
        self._refresh()
        return self._effect

    def _page(self, spreads: pd.DataFrame) -> dict[str, Any]:
        from kamkit.charts import plot_calibration_spread, theme

        lang = self._lang
        data = {
            "lang": lang,
            "title": repr(self),
            "words": {
                key.removeprefix(_WORDS): text
                for key, text in catalog(lang).items()
                if key.startswith(_WORDS)
            }
            | {"fairness_note": _fairness_note(lang)},
            "strip": theme.to_svg(plot_calibration_spread(spreads, lang=lang)),
            "scale": score_scale(self._combined.members),
            "grades": [
                [g, grade_word(g, lang), cut if cut > self._low else None]
                for g, cut in self._combined.grades
            ],
            "parts": [{"id": p, "label": part_word(p, lang)} for p in self._parts],
            "deciders": [[k, plain_text(v)] for k, v in self._deciders.items()],
            "low": self._low,
            "high": self._high,
            "reason": {"fewest": REASON, "most": LONGEST},
            "file": f"calibration_changes_{self._journal.period}.csv",
        }
        return dict(plain(data))

    def _state(self, *, ack: str, **more: Any) -> dict[str, Any]:
        lang, done = self._lang, self._done
        problems = self._journal.problems
        if problems and "problem" not in more:
            more["problem"] = describe(KamkitError(*problems), lang)
        data = {
            "ack": ack,
            "people": people_data(self._combined, self._effect, done, self._names, lang),
            "effect": effect_data(self._effect, self._names, self._letters, lang),
            "changes": change_rows(done, self._names, self._deciders, lang),
            "csv": csv_text(done),
            **more,
        }
        return dict(plain(data))

    def _refresh(self) -> None:
        """Take in what others wrote meanwhile."""
        now = self._journal.changes()
        if len(now) != len(self._done):
            self._effect, self._done = self._recompute(changes_table(now)), now

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        """Answer one message; an error becomes sentences, and what is recorded stays."""
        message = content if isinstance(content, Mapping) else {}
        ack = text_of(message.get("n"), 60)
        with logged_to(self._journal.folder):
            try:
                self._refresh()
                state = self._state(ack=ack, **self._acted(message))
            except KamkitError as error:
                state = self._failed(ack, describe(error, self._lang))
            except Exception:
                log.exception("calibration: %s", message.get("type"))
                state = self._failed(ack, t("exercise.internal_error", self._lang))
        self.state = state

    def _failed(self, ack: str, problem: str) -> dict[str, Any]:
        kept = {k: v for k, v in self.state.items() if k not in ("asked", "saved")}
        return {**kept, "ack": ack, "problem": problem}

    def _acted(self, message: Message) -> dict[str, Any]:
        actions: dict[str, Callable[[Message], dict[str, Any]]] = {
            "preview": self._preview,
            "record": self._record,
            "undo": self._undo,
        }
        action = actions.get(text_of(message.get("type"), 20))
        return action(message) if action else {}

    def _asked(self, message: Message) -> tuple[dict[str, Any], dict[str, str]]:
        """The change that a message means, and what is still missing, by field."""
        who, part = text_of(message.get("member"), 80), text_of(message.get("part"), 40)
        parts = self._effect.combined.parts
        mine = parts[(parts["member_id"].astype("str") == who) & (parts["part"] == part)]
        after, lang = _number(message.get("after")), self._lang
        reason = one_line(text_of(message.get("reason"), LONGEST))
        by = text_of(message.get("by"), 80)
        asked = {}
        if mine.empty or part not in self._parts:
            return {}, {"after": t("calibration.ask_person", lang)}
        before = float(mine["value"].iloc[0])
        if after is None or not self._low <= after <= self._high:
            allowed = f"{number(self._low, lang)}–{number(self._high, lang)}"
            asked["after"] = t("calibration.ask_scale", lang, allowed=allowed)
        elif abs(after - before) < 0.05:
            asked["after"] = t("calibration.ask_other", lang, value=number(before, lang, 1))
        if len(reason) < REASON:
            asked["reason"] = t("calibration.ask_reason", lang, fewest=REASON, now=len(reason))
        if self._deciders and by not in self._deciders:
            asked["by"] = t("calibration.ask_by", lang)
        change = {"member_id": who, "part": part, "before": before, "after": after,
                  "reason": reason, "changed_by": by}  # fmt: skip
        return change, asked

    def _preview(self, message: Message) -> dict[str, Any]:
        """What a change would do; nothing is written."""
        change, asked = self._asked(message)
        if "after" in asked:
            return {"preview": None}
        trial = Change("", self._journal.period, **{**change, "reason": "–" * REASON},
                       changed_on=self._today())  # fmt: skip
        effect = self._recompute(changes_table([*self._done, trial]))
        who, lang = change["member_id"], self._lang
        at = effect.members["member_id"].astype("str") == who
        was = self._effect.combined.members
        old = was[was["member_id"].astype("str") == who].iloc[0]
        row = effect.members[at].iloc[0]
        values = {
            "total": arrow(number(old["total"], lang, 1), number(row["total_after"], lang, 1)),
            "grade": grade_arrow(old["grade"], row["grade_after"], lang),
            "chance": label("chart.source.comma", lang).join(_chances(effect, who, lang)),
        }
        words = t("calibration.preview", lang, **values)
        return {"preview": words, "trial": effect_data(effect, self._names, self._letters, lang)}

    @staticmethod
    def _today() -> Any:
        from datetime import datetime

        return datetime.now().astimezone().date()

    def _record(self, message: Message) -> dict[str, Any]:
        change, asked = self._asked(message)
        said = _number(message.get("before"))
        if change and said is not None and abs(said - change["before"]) > 0.05:
            now = number(change["before"], self._lang, 1)
            asked["after"] = t("calibration.ask_stale", self._lang, now=now)
        if asked:
            return {"asked": asked, **self._preview(message)}
        trial = Change("", self._journal.period, **change, changed_on=self._today())
        self._recompute(changes_table([*self._done, trial]))  # refused there, never written
        return self._written(self._journal.record(**change))

    def _undo(self, message: Message) -> dict[str, Any]:
        id = text_of(message.get("change"), 80)
        place = next((i for i, c in enumerate(self._done) if c.change_id == id), None)
        if place is None or id not in undoable(self._done):
            raise KamkitError(Problem("calibration_no_undo", value=id))
        old = self._done[place]
        reason = t("calibration.undo_reason", self._lang, number=place + 1)
        by = text_of(message.get("by"), 80)
        return self._written(
            self._journal.record(
                old.member_id,
                old.part,
                old.after,
                old.before,
                reason,
                changed_by=by if by in self._deciders else old.changed_by,
                undoes=id,
            )  # fmt: skip
        )

    def _written(self, change: Change) -> dict[str, Any]:
        self._refresh()
        name = plain_text(self._names.get(change.member_id, change.member_id))
        values = {"name": name, "part": part_word(change.part, self._lang)}
        before, after = (number(v, self._lang, 1) for v in (change.before, change.after))
        words = t("calibration.recorded", self._lang, **values, before=before, after=after)
        return {"saved": words}


def _fairness_note(lang: str) -> str:
    said = fairness_wording()
    words = [said[key][lang] for key in ("screen", "no_finding", "small_n", "too_few")]
    return ("" if lang == "zh" else " ").join(words)


def _chances(effect: Any, who: str, lang: str) -> list[str]:
    rows = effect.combined.probabilities
    return chance_words(records(rows[rows["member_id"].astype("str") == who]), lang)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number and abs(number) < 1e9 else None


def calibration_session(
    combined: Any,
    recompute: Recompute,
    *,
    view: Any,
    journal: str | Path | CalibrationJournal,
    period: str,
    lang: str,
    names: Mapping[str, str] | None = None,
    deciders: Mapping[str, str] | None = None,
    adjustable: Iterable[str] = JUDGED,
    scale: tuple[float, float] = (0.0, 100.0),
) -> CalibrationSession:
    """A meeting in which managers look at spreads, change a part with a reason, and see the effect.

    ``combined``: the result that the meeting starts from (``combined_result``). ``recompute``:
    takes calibration_changes rows and gives their effect (``apply_changes`` with its tables
    bound). ``view``: anonymous spreads and the letters' key (``calibration_view``); the key stays
    in Python. ``journal``: the file that every change is written to before it shows; a session
    opened again goes on where it was. ``names``: member id → name on screen. ``deciders``:
    member id → name of those who may have a change recorded for them; nobody is asked where
    there are none. ``adjustable``: parts that judgement may change; counted key figures stay.
    ``scale``: lowest and highest points of a part.

    Raises KamkitError unknown_option (lang), those of the journal, and those of ``recompute``.
    """
    if lang not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        raise KamkitError(Problem("unknown_option", value=lang, details={"allowed": allowed}))
    kept = (
        journal
        if isinstance(journal, CalibrationJournal)
        else CalibrationJournal(journal, period=period)
    )
    return CalibrationSession(
        combined, recompute, view=view, journal=kept, names=names or {},
        deciders=deciders or {}, adjustable=adjustable, scale=scale, lang=lang,
    )  # fmt: skip
