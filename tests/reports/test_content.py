"""Content blocks and the HTML page: nothing from data is ever markup."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from kamkit.i18n import LANGUAGES
from kamkit.reports import MIME, Block, Report, blocks_of, to_html

HOSTILE = [
    "<script>alert(1)</script>",
    "\"quotes\" & 'more'",
    "=cmd|' /C calc'!A0",
    "emoji 🚀 name",
    "x" * 500,
    "line\nbreak\tand\x00nul",
    "{{ 7 * 7 }}",
]


@pytest.fixture
def shown(monkeypatch):
    """Blocks that a report displays, caught as a notebook would keep them."""
    blocks = []
    monkeypatch.setattr("IPython.display.display", blocks.append)
    return blocks


def measures():
    rows = [
        {"measure": "gini", "value": 0.71, "low": 0.66, "high": 0.75, "n": 89},
        {"measure": "top_20_share", "value": 0.6006, "low": 0.52, "high": 0.68, "n": 89},
    ]
    return pd.DataFrame(rows).assign(variant="population", origin="S033; house")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_names_are_text(shown, lang):
    report = Report(lang=lang, company=HOSTILE[0], currency="CNY")
    report.cover("key_accounts")
    report.section("concentration")
    report.table("accounts", pd.DataFrame({"name": HOSTILE, "revenue": range(len(HOSTILE))}))
    page = to_html(shown, lang)
    assert "<script" not in page and "alert(1)&lt;/script&gt;" in page
    assert "\x00" not in page and "x" * 200 not in page
    assert "{{ 7 * 7 }}" in page
    assert "🚀" in page


def test_table_cells_read_as_their_language(shown):
    Report(lang="en", company="c", currency="USD").table("concentration", measures())
    (block,) = shown
    assert block.data["columns"] == ["Figure", "Value", "Low", "High", "n"]
    assert block.data["rows"][1][1:] == ["60.1%", "52.0%", "68.0%", "89"]
    assert block.data["variant"] and "S033" in block.data["origin"]


def test_left_out_rows_are_counted(shown):
    table = pd.DataFrame({"name": list("abcde")})
    report = Report(lang="zh", company="c")
    report.cover("key_accounts")
    report.table("accounts", table, most=2)
    assert shown[1].data["left_out"] == 3
    assert "另有 3 行" in to_html(shown, "zh")


def test_numbers_count_up_per_kind(shown):
    report = Report(lang="en", company="c")
    report.table("accounts", pd.DataFrame({"name": ["a"]}))
    report.table("accounts", pd.DataFrame({"name": ["b"]}))
    assert [block.data["number"] for block in shown] == [1, 2]


def test_page_is_self_contained(shown):
    report = Report(lang="en", company="c")
    report.cover("key_accounts")
    report.table("concentration", measures())
    page = to_html(shown, "en", key="abc")
    assert not re.search(r"(src|href)=[\"'](?!#)", page)
    assert "<script" not in page and "@import" not in page and "url(" not in page
    assert 'name="kamkit-key" content="abc"' in page


def test_blocks_round_trip_through_a_notebook(shown):
    Report(lang="en", company="c").table("concentration", measures())
    import nbformat.v4 as v4

    data = shown[0]._repr_mimebundle_()
    assert MIME in data
    cell = v4.new_code_cell("x", outputs=[v4.new_output("display_data", data=data)])
    assert blocks_of(v4.new_notebook(cells=[cell])) == shown


def test_unknown_block_format_is_refused():
    import nbformat.v4 as v4

    data = {MIME: {"kind": "text", "section": "", "data": {}, "format": 99}}
    cell = v4.new_code_cell("x", outputs=[v4.new_output("display_data", data=data)])
    with pytest.raises(ValueError, match="99"):
        blocks_of(v4.new_notebook(cells=[cell]))


def test_a_block_is_a_value():
    assert Block("text", "s", {"text": "a"}) == Block("text", "s", {"text": "a"})


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "是 2,000万元，而本公司账目用美元"), ("en", "CNY 20.0m")]
)
def test_a_note_writes_money_in_the_currency_of_its_row(shown, lang, words):
    row = {
        "note": "cutoff_currency",
        "scheme": "s",
        "cutoff": "c",
        "value": 2e7,
        "currency": "CNY",
        "company_currency": "USD",
    }
    Report(lang=lang, company="c", currency="USD").notes("scheme_note", pd.DataFrame([row]))
    (block,) = shown
    assert words in block.data["text"]
