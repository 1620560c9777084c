"""Views: parts of a result, drawn or listed, in words; key figures as Markdown."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from kamkit.widgets import account_names, key_figures, picture, rows, worded
from kamkit.widgets.views import SECTIONS, part_of, rows_where

TABLE = pd.DataFrame(
    {
        "account_id": ["A", "B", "C"],
        "sign": ["loss", "profit", "cannot_tell"],
        "net_income": [-1.0, 5.0, 0.5],
    }
)


def test_a_part_by_its_dotted_name():
    inner = SimpleNamespace(table=TABLE)
    assert part_of(SimpleNamespace(inner=inner), "inner.table") is TABLE
    assert part_of(TABLE, "") is TABLE


def test_rows_where_takes_one_value_or_several_and_leaves_the_table_alone():
    assert rows_where(TABLE, {"sign": "loss"})["account_id"].tolist() == ["A"]
    assert rows_where(TABLE, {"sign": ["loss", "profit"]})["account_id"].tolist() == ["A", "B"]
    assert rows_where(TABLE, None) is TABLE


def test_picture_hands_over_parts_rows_and_options():
    seen = {}
    view = picture(
        lambda table, **given: seen.update(given, n=len(table)),
        "table",
        also={"summary": "figures"},
        where={"sign": "loss"},
        lang="zh",
    )
    view(SimpleNamespace(table=TABLE, figures="summary"))
    assert seen == {"summary": "summary", "lang": "zh", "n": 1}


def test_rows_sorts_names_and_words():
    html = rows(sort="net_income", names={"A": "Heron"}, lang="zh", currency="CNY")(TABLE).html
    assert html.index("Heron") < html.index("说不准") < html.index("盈利")
    assert "account_id" not in html and "cannot_tell" not in html


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_worded_joins_several_keys_and_keeps_unknown_ones(lang):
    table = pd.DataFrame({"flips": ["sales_cut_up; basis_margin", "own_key", ""]})
    said = worded(table, lang)["flips"]
    assert "sales_cut_up" not in said[0] and len(said[0]) > 5
    assert said[1:].tolist() == ["own_key", ""]
    assert table["flips"][1] == "own_key"


@pytest.mark.parametrize("section", sorted(set(SECTIONS.values())))
def test_every_section_of_keys_exists(section):
    from kamkit.i18n import catalog

    assert any(key.startswith(f"{section}.") for key in catalog("en")), section


def test_worded_names_take_the_place_of_ids():
    said = worded(TABLE.assign(name="old"), "en", names={"A": "Heron"})
    assert said["name"].tolist() == ["Heron", "B", "C"] and "account_id" not in said


def test_account_names_prefer_the_language_then_the_name_then_the_id():
    table = pd.DataFrame(
        {"account_id": ["A", "B", "C"], "name": ["甲", "乙", None], "name_en": ["Ay", None, None]}
    )
    assert account_names(table, "en") == {"A": "Ay", "B": "乙", "C": "C"}
    assert account_names(table, "zh") == {"A": "甲", "B": "乙", "C": "C"}


def test_key_figures_choose_order_and_columns():
    measures = pd.DataFrame(
        {"measure": ["hhi", "top_1"], "value": [0.2, 0.5], "low": [0.1, 0.4], "high": [0.3, 0.6]}
    )
    lines = str(key_figures(measures, lang="en", measures=["top_1", "absent", "hhi"])).splitlines()
    assert len(lines) == 4 and "50.0%" in lines[2] and "40%–60%" in lines[2]


def test_key_figures_of_an_empty_table_keep_the_heading():
    empty = pd.DataFrame(columns=["measure", "value", "low", "high", "n"])
    assert len(str(key_figures(empty, lang="zh")).splitlines()) == 2
