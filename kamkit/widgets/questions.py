"""A form over a question set: each question with its answer and on whose word it rests."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as w

from kamkit.i18n import label
from kamkit.widgets.controls import Control

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.schemes import Question, QuestionSet

# Answer and evidence in one list: a no or "not known" needs no second click.
_CHOICES = (
    ("unknown", "none"),
    ("no", "client"),
    ("partly", "client"),
    ("yes", "us"),
    ("yes", "client"),
    ("yes", "document"),
)
# A scrolling column squeezes its rows to nothing unless they refuse to shrink.
_WHOLE = {"flex": "0 0 auto"}


def _words(answer: str, evidence: str, lang: str) -> str:
    said = label(f"answer.{answer}", lang)
    if answer != "yes":
        return said
    return f"{said} · {label(f'evidence.{evidence}', lang)}"


def _row(question: Question, lang: str) -> tuple[w.HBox, w.Dropdown]:
    pick = w.Dropdown(
        options=[(_words(*pair, lang), pair) for pair in _CHOICES],
        value=_CHOICES[0],
        layout=w.Layout(width="13em", flex="0 0 auto"),
    )
    sign = "★ " if question.gate else ""
    text = w.HTML(
        f'<div style="line-height:1.35">{sign}{escape(question.label[lang])}</div>',
        layout=w.Layout(width="36em", flex="1 1 auto"),
    )
    return w.HBox([text, pick], layout=w.Layout(align_items="center", **_WHOLE)), pick


def question_form(
    name: str, question_set: QuestionSet, *, lang: str, groups: Collection[str] = ()
) -> Control:
    """All questions of a set (or of some of its groups), read as question, answer, evidence.

    Nothing is filled in: an untouched question is not known, which is neither yes nor no. A
    question whose no stops everything carries a ★.

    >>> from kamkit.schemes import load_question_set
    >>> form = question_form("answers", load_question_set("viability_four"), lang="en")
    >>> form.read()["answer"].unique().tolist()
    ['unknown']
    """
    picks: dict[str, w.Dropdown] = {}
    rows: list[w.Widget] = []
    titles = {g.id: g.label[lang] for g in question_set.groups}
    last = ""
    for question in question_set.questions:
        if groups and question.group not in groups:
            continue
        if question.group in titles and question.group != last:
            last = question.group
            rows.append(w.HTML(f"<b>{escape(titles[last])}</b>", layout=_WHOLE))
        row, picks[question.id] = _row(question, lang)
        rows.append(row)

    def read() -> pd.DataFrame:
        import pandas as pd

        given = [(key, *pick.value) for key, pick in picks.items()]
        return pd.DataFrame(given, columns=["question", "answer", "evidence"])

    size = w.Layout(max_height="24em", max_width="56em", overflow="auto")
    return Control(name, w.VBox(rows, layout=size), tuple(picks.values()), read)
