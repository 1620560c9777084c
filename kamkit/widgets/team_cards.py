"""Cards of the team policy as tables: a role, the anchors of a competence, a card on leading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from kamkit.i18n import label, listed, number, t
from kamkit.schemes import duties
from kamkit.widgets.tables import TableView, table_view

if TYPE_CHECKING:
    from kamkit.schemes.competencies import Competency, Duty
    from kamkit.schemes.leadership_cards import LeadershipCard
    from kamkit.schemes.team import RoleCard
    from kamkit.widgets.what_if import View


def one_of(cards: Mapping[str, Any]) -> Callable[..., Any]:
    """A method for ``what_if`` that gives the card of a choice named ``card``.

    >>> one_of({"a": 1})(card="a")
    1
    """

    def chosen(*, card: str) -> Any:
        return cards[card]

    return chosen


def role_card(*, lang: str) -> View:
    """A view of a role: its level of responsibility, duties, span, authority and handover.

    >>> from kamkit.schemes import role_cards
    >>> "vice-president" in role_card(lang="en")(role_cards()["sales_director"]).html
    True
    """

    def show(card: RoleCard) -> TableView:
        named = {d.id: d.label[lang] for d in duties()}
        parts = {
            "level": [f"{card.level.label[lang]} · {card.level.what[lang]}"],
            "duties": [listed((named.get(d, d) for d in card.duties), lang)],
            "span": [card.span[lang]],
            "authority": [text[lang] for text in card.authority],
            "handover": [text[lang] for text in card.handover],
        }
        lines = [
            (label(f"role_card.{part}", lang) if i == 0 else "", text)
            for part, texts in parts.items()
            for i, text in enumerate(texts)
        ]
        return _table(lines, ["card_field", "card_text"], lang)

    return show


def anchor_card(*, lang: str) -> View:
    """A view of a competence or duty: what somebody was seen to do at each of five levels.

    >>> from kamkit.schemes import competencies
    >>> anchor_card(lang="en")(competencies()[0]).html.count("<tr>")
    6
    """

    def show(item: Competency | Duty) -> TableView:
        lines = [(number(i, lang), text[lang]) for i, text in enumerate(item.levels, start=1)]
        return _table(lines[::-1], ["anchor_level", "anchor"], lang)

    return show


def leadership_card(*, lang: str) -> View:
    """A view of a card on leading or communicating, and a line on what its source says.

    >>> from kamkit.schemes import leadership_cards
    >>> "The leader" in leadership_card(lang="en")(leadership_cards()["team_rules"]).html
    True
    """

    def show(card: LeadershipCard) -> TableView:
        lines = [tuple(row[key][lang] for key in card.columns) for row in card.rows]
        table = _table(lines, [text[lang] for text in card.columns.values()], lang)
        depth = label(f"card_depth.{card.depth}", lang)
        note = t("card_depth.note", lang, depth=depth, note=card.note[lang])
        return TableView(f"{table.html}<p>{escape(note)}</p>")

    return show


def _table(lines: Sequence[tuple[str, ...]], columns: list[str], lang: str) -> TableView:
    import pandas as pd

    return table_view(pd.DataFrame(lines, columns=columns), lang=lang, most=None)
