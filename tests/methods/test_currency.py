"""Money limits of a source are not silently read as another currency's."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.charts.wording import in_words
from kamkit.errors import KamkitError
from kamkit.methods.selection import currency_notes
from kamkit.schemes import load_scheme, read_scheme, scheme_ids, with_cutoffs

OWN = """
format = 1
id = "own"
kind = "classification"
version = "1"
label = { zh = "自定", en = "Own" }
mode = "threshold"
sources = ["house"]
otherwise = "small"
CURRENCY
[cutoffs.line]
label = { zh = "界限", en = "Line" }
unit = "money"
value = 5
origin = "house"
[conditions.big]
label = { zh = "大", en = "Big" }
field = "sales"
at_least = "line"
[[members]]
id = "big"
label = { zh = "大", en = "Big" }
action = { zh = "谈", en = "Talk" }
when = "big"
[[members]]
id = "small"
label = { zh = "小", en = "Small" }
action = { zh = "等", en = "Wait" }
"""


def own(tmp_path, currency: str):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace("CURRENCY", currency), encoding="utf-8")
    return read_scheme(path)


def test_every_money_limit_of_a_source_names_its_currency() -> None:
    for scheme_id in scheme_ids():
        for cut in load_scheme(scheme_id).cutoffs.values():
            if cut.unit == "money" and cut.rule == "fixed" and cut.value and cut.origin != "house":
                assert cut.currency == "CNY", f"{scheme_id}.{cut.id}"


def test_notes_name_scheme_limit_and_both_currencies() -> None:
    found = currency_notes([load_scheme("elevator"), load_scheme("numeric_examples")], "USD")
    assert found[["scheme", "cutoff", "value", "currency"]].values.tolist() == [
        ["elevator", "key_sales", 20e6, "CNY"],
        ["elevator", "main_sales", 5e6, "CNY"],
        ["numeric_examples", "annual_sales", 10e6, "CNY"],
    ]
    assert set(found["company_currency"]) == {"USD"}


@pytest.mark.parametrize("scheme_id", ["value_tiers", "sales_order", "guide", "four_box"])
def test_zero_and_limits_from_the_accounts_are_in_any_money(scheme_id: str) -> None:
    assert currency_notes(load_scheme(scheme_id), "USD").empty


def test_same_currency_or_none_known_needs_no_note() -> None:
    assert currency_notes(load_scheme("elevator"), "CNY").empty
    assert currency_notes(load_scheme("elevator"), "").empty
    assert currency_notes([], "USD").columns.tolist()[0] == "note"


def test_a_limit_restated_by_the_company_is_in_its_money() -> None:
    changed = with_cutoffs(load_scheme("elevator"), key_sales=3e6)
    assert currency_notes(changed, "USD")["cutoff"].tolist() == ["main_sales"]


def test_a_file_of_ones_own_may_name_its_currency(tmp_path) -> None:
    assert currency_notes(own(tmp_path, ""), "USD").empty
    assert currency_notes(own(tmp_path, 'currency = "EUR"'), "USD")["currency"].tolist() == ["EUR"]
    with pytest.raises(KamkitError) as error:
        own(tmp_path, 'currency = "euro"')
    assert [p.code for p in error.value.problems] == ["scheme_bad_value"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "重点客户年销售额下限"), ("en", "Least sales")])
def test_notes_read_as_words(lang: str, words: str) -> None:
    shown = in_words(currency_notes(load_scheme("elevator"), "USD"), lang=lang)
    assert shown["cutoff"].iloc[0].startswith(words)
    assert isinstance(shown, pd.DataFrame)
