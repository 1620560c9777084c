"""Views: what a lesson shows of a result, and tables in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from kamkit.charts import plot_concentration
from kamkit.charts.theme import Figure
from kamkit.i18n import LANGUAGES
from kamkit.methods import selection
from kamkit.schemes import load_scheme
from kamkit.widgets import (
    account_names,
    in_words,
    key_figures,
    picture,
    scheme_rows,
    sentences,
)

YEARS = pd.DataFrame({"account_id": list("ABC"), "year": 2025, "revenue": [6.0, 3.0, 0.0]})


@dataclass(frozen=True)
class Result:
    cases: pd.DataFrame


@pytest.mark.parametrize("lang", LANGUAGES)
def test_picture_hands_parts_of_the_result_to_the_chart(lang):
    case = selection.concentration_case(YEARS)
    more = {"summary": "summary", "value": "value"}
    assert isinstance(picture(plot_concentration, "curve", also=more, lang=lang)(case), Figure)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_notes_are_sentences(lang):
    html = sentences("notes", "concentration_note", lang=lang)(
        selection.concentration_case(YEARS)
    ).html
    assert html.count("<li>") == 2
    assert "zero_value" not in html


def test_key_figures_are_markdown_that_data_cannot_break():
    table = pd.DataFrame({"name": ["a|b $1$"], "n": [3]})
    assert repr(key_figures(table, lang="en", columns=["name", "n"])).splitlines()[-1] == (
        "| a/b \\$1\\$ | 3 |"
    )


def test_key_figures_leave_out_what_is_not_there():
    summary = selection.concentration_summary(YEARS)
    text = repr(key_figures(summary, lang="en", measures=["accounts", "no_such_figure"]))
    assert len(text.splitlines()) == 3


def test_names_fall_back_to_the_recorded_name_and_the_id():
    table = pd.DataFrame(
        {
            "account_id": ["A", "B", "C"],
            "name": ["苍鹭", "Fox", None],
            "name_en": ["Heron", None, None],
        }
    )
    assert account_names(table, "en") == {"A": "Heron", "B": "Fox", "C": "C"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_of_a_scheme_is_left_in_a_table(lang):
    basis = pd.DataFrame(
        {
            "account_id": ["A", "B", "C"],
            "sales": [25e6, 25e6, 1e6],
            "rating:industry_level": [5.0, 3.0, None],
        }
    )
    scheme = load_scheme("elevator")
    columns = ["account_id", "member", "reason", "possible", "met", "failed", "status", "nearest"]
    said = in_words(selection.classify(basis, scheme), schemes=[scheme], columns=columns, lang=lang)
    keys = {*scheme.conditions, "strategic", "general"} if lang == "zh" else {*scheme.conditions}
    cells = said.drop(columns="account_id").astype(str).to_numpy().ravel()
    assert not [c for c in cells if "_" in c or c in keys - {"leading"}]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_column_per_scheme_reads_in_its_words(lang):
    basis = pd.DataFrame({"account_id": ["A"], "profit": [5.0], "sales": [9.0]})
    both = [load_scheme("guide"), load_scheme("elevator")]
    verdicts = selection.classify_all(basis, both)
    for table in (selection.key_readings(verdicts), selection.verdict_table(verdicts)):
        said = in_words(table, schemes=both, lang=lang)
        assert [s.labels[lang] for s in both] == [*said.columns[1:3]]
        assert not {"yes", "no", "strategic", "general"} & set(said.iloc[0, 1:3])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_part_says_so(lang):
    empty = Result(pd.DataFrame({"account_id": []}))
    assert scheme_rows("cases", lang=lang)(empty).html.startswith("<p>")
