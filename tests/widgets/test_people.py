"""Tables about people in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kamkit.i18n import LANGUAGES
from kamkit.widgets import people_rows, people_table, people_words, person_names

NAMES = {"C1": "Ada", "C2": "Bo", "A1": "Heron"}


@dataclass(frozen=True)
class Result:
    meetings: pd.DataFrame


def test_ids_read_as_names_and_unknown_ids_stay():
    table = pd.DataFrame({"account_id": ["A1"], "people": ["C1;C9"], "path": [np.nan]})
    row = people_words(table, "en", names=NAMES).iloc[0]
    assert (row["name"], row["people"]) == ("Heron", "Ada, C9")
    assert pd.isna(row["path"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tags_read_as_words(lang):
    table = pd.DataFrame(
        {"phases": ["choose;compare"], "reasons": ["uncovered;opens:C2"], "adds": [""], "people": 3}
    )
    row = people_words(table, lang, names=NAMES).iloc[0]
    assert row["phases"] != "choose" and "compare;" not in row["phases"]
    assert "Bo" in row["reasons"] and "opens" not in row["reasons"]
    assert pd.isna(row["adds"]) and row["people"] == 3


def test_lists_of_a_scheme_give_words_of_their_own():
    table = pd.DataFrame({"spoke": ["ceo", "new"]})
    said = people_words(table, "zh", names={}, lists={"spoke": {"ceo": "总经理"}})
    assert said["spoke"].tolist() == ["总经理", "new"]


def test_names_of_contacts_come_in_the_readers_language():
    contacts = pd.DataFrame(
        {"contact_id": ["C1"], "account_id": ["A1"], "name_zh": ["爱达"], "name_en": ["Ada"]}
    )
    assert person_names(contacts, "zh") == {"C1": "爱达"}
    assert person_names(contacts, "en") == {"C1": "Ada"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_table_says_so(lang):
    table = pd.DataFrame({"contact_id": []})
    assert people_table(table, lang=lang, names={}, empty="nobody <1>").html == (
        "<p>nobody &lt;1&gt;</p>"
    )
    shown = people_rows("meetings", where={"contact_id": "C1"}, lang=lang, names=NAMES)
    two = Result(pd.DataFrame({"contact_id": ["C1", "C2"], "other": [1, 2]}))
    assert "Ada" in shown(two).html and "Bo" not in shown(two).html


def test_headings_can_be_given_and_columns_chosen():
    table = pd.DataFrame({"contact_id": ["C1"], "why": ["tie"], "n": [1]})
    html = people_table(
        table, lang="en", names=NAMES, columns=["contact_id", "why", "absent"],
        titles={"why": "Reason to send"},
    ).html  # fmt: skip
    assert "Reason to send" in html and "has a tie" in html and "<th>n</th>" not in html
