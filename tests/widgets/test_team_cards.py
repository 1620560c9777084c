"""Cards of the team policy in both languages: every text is there, none is a raw key."""

from __future__ import annotations

from html import escape

import pytest

from kamkit import schemes, widgets
from kamkit.i18n import t

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


@LANGUAGES
def test_role_cards_show_level_duties_and_all_lines(lang):
    for card in schemes.role_cards().values():
        html = widgets.role_card(lang=lang)(card).html
        texts = [card.level.label, card.span, *card.authority, *card.handover]
        assert all(escape(text[lang]) in html for text in texts)
        assert t("role_card.handover", lang) in html
        assert not any(duty in html for duty in card.duties)


@LANGUAGES
def test_anchors_stand_with_the_highest_level_on_top(lang):
    for item in (*schemes.competencies(), *schemes.duties()):
        html = widgets.anchor_card(lang=lang)(item).html
        places = [html.index(escape(text[lang])) for text in item.levels]
        assert places == sorted(places, reverse=True)


@LANGUAGES
def test_leadership_cards_show_every_cell_and_the_note(lang):
    for card in schemes.leadership_cards().values():
        html = widgets.leadership_card(lang=lang)(card).html
        cells = [row[key][lang] for row in card.rows for key in card.columns]
        assert all(escape(text) in html for text in [*cells, card.note[lang]])


def test_one_of_gives_the_chosen_card():
    assert widgets.one_of({"a": 1, "b": 2})(card="b") == 2
