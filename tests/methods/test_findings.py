"""Findings of the key-account summary: each can fire, at its edge, with words for it."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import catalog, sentence_values, t
from kamkit.methods.portfolio.finding_rules import NO_DATA, NOTHING, RULES
from kamkit.methods.portfolio.findings import finding_thresholds, key_account_findings
from kamkit.methods.portfolio.inputs import measure_table
from kamkit.methods.portfolio.lifetime_measures import measure_row

Tables = dict[str, pd.DataFrame]
CODES = [rule.finding for rule in RULES]
PARTS = ("topic", "title", "body", "action")


def _measures(**figures: Any) -> pd.DataFrame:
    rows = []
    for key, figure in figures.items():
        value, low, high = figure if isinstance(figure, tuple) else (figure, np.nan, np.nan)
        rows.append(measure_row(key, value, low=low, high=high, n=100))
    return measure_table(rows)


def _calm() -> Tables:
    """Every input there, every condition within its limit."""
    ids = [f"A{i:02d}" for i in range(20)]
    revenue = [100.0 - i for i in range(20)]
    accounts = pd.DataFrame({"account_id": ids, "revenue": revenue})
    accounts["profit"] = accounts["revenue"] / 10
    accounts["name"] = [f"{i} 号客户" for i in range(20)]
    contacts = pd.DataFrame({"account_id": ids * 2, "contact_id": [f"C{i}" for i in range(40)]})
    return {
        "accounts": accounts,
        "concentration": _measures(top_1=0.10, share_top_20=0.70, heads_for_80=9, hhi=0.05),
        "whale": _measures(loss_makers=1, loss_money=-1.0, profit_peak=100.0),
        "classes": pd.DataFrame({"account_id": ids, "status": "classified"}),
        "crosswalk": pd.DataFrame({"account_id": ids, "key_votes": 2, "not_key_votes": 0}),
        "capacity": pd.DataFrame(
            {"order": ["sales"] * 2, "member": ["key", "main"], "listed": [5, 9], "served": [5, 9]}
        ),
        "stability": pd.DataFrame(
            {"account_id": ids, "in_top_k": [True] * 5 + [False] * 15, "member_share": 0.8}
        ),
        "quality": pd.DataFrame({"code": ["empty_cells"], "level": "warning", "money": [999.0]}),
        "white_space": _measures(headroom=(50.0, 20.0, 90.0), sales_with_known_spend=0.5),
        "contacts": contacts.assign(left_on=pd.NaT),
    }


def _at_edge(code: str, past: bool) -> Tables:
    """The calm tables with one condition exactly at its limit, or just short of it."""
    tables, total = _calm(), float(_calm()["accounts"]["revenue"].sum())
    nudge = 0.0 if past else -1e-6
    accounts = tables["accounts"]
    if code == "bad_data":
        money = [total * (0.05 + nudge)]
        tables["quality"] = pd.DataFrame({"code": ["x"], "level": "error", "money": money})
    elif code in ("one_account", "lumpy_portfolio", "few_carry_most", "broad_base"):
        key, edge = {
            "one_account": ("top_1", 0.25),
            "lumpy_portfolio": ("hhi", 0.18),
            "few_carry_most": ("share_top_20", 0.80),
            "broad_base": ("share_top_20", 0.65),
        }[code]
        table = tables["concentration"]
        shift = -nudge if code == "broad_base" else nudge
        table.loc[table["measure"] == key, "value"] = edge + shift
    elif code == "losses":
        lost = -(5.0 + 100 * nudge)
        tables["whale"] = _measures(loss_makers=1, loss_money=lost, profit_peak=100.0)
    elif code == "largest_not_best":
        accounts.loc[1, "profit"] = 10.0 * 1.05 + 1e-6 if past else 10.0
    elif code == "one_contact":
        tables["contacts"] = _single_contacts(accounts, 0.10 * total, past)
    elif code == "over_capacity":
        tables["capacity"].loc[1, "served"] = 8 if past else 9
    elif code == "shaky_list":
        tables["stability"].loc[0, "member_share"] = 0.7999 if past else 0.8
    elif code == "white_space":
        low, base = total * 0.1, total * (0.10 + nudge)
        tables["white_space"] = _measures(
            headroom=(base, low, 2 * base), sales_with_known_spend=0.5
        )
    elif code == "disputed":
        tables["crosswalk"].loc[: 1 if past else 0, "not_key_votes"] = 1
    elif code == "open_cases":
        tables["classes"].loc[: 2 if past else 1, "status"] = "open"
    elif code == "costs_unknown":
        accounts["revenue"] = 1.0
        accounts.loc[: 3 if past else 2, "profit"] = np.nan
        accounts.loc[4:, "profit"] = 0.1
    return tables


def _single_contacts(accounts: pd.DataFrame, money: float, past: bool) -> pd.DataFrame:
    """Two contacts each, but for accounts that reach (or just miss) a share of sales."""
    accounts.loc[0, "revenue"] = money / 0.9 * 0.9
    rest = float(accounts["revenue"].iloc[1:].sum())
    accounts.loc[0, "revenue"] = rest / 9 if past else rest / 9 - 0.01
    ids = accounts["account_id"].tolist()
    rows = [(a, f"{a}-1", pd.NaT) for a in ids]
    rows += [(a, f"{a}-2", pd.Timestamp("2025-01-01") if a == ids[0] else pd.NaT) for a in ids]
    return pd.DataFrame(rows, columns=["account_id", "contact_id", "left_on"])


def test_calm_tables_lead_to_the_default() -> None:
    result = key_account_findings(**_calm())
    assert result.found["finding"].tolist() == [NOTHING]
    assert result.clear["finding"].tolist() == CODES
    assert result.not_assessed.empty
    assert result.found["values"].iloc[0] == {"assessed": len(CODES), "not_assessed": 0}


@pytest.mark.parametrize("code", CODES)
def test_each_finding_fires_at_its_edge_and_not_before(code: str) -> None:
    fired = key_account_findings(**_at_edge(code, past=True)).found["finding"].tolist()
    assert code in fired
    short = key_account_findings(**_at_edge(code, past=False))
    assert code not in short.found["finding"].tolist()
    assert code in short.clear["finding"].tolist()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("code", CODES)
def test_every_finding_has_all_its_words(code: str, lang: str) -> None:
    found = key_account_findings(**_at_edge(code, past=True)).found
    row = found[found["finding"] == code].iloc[0]
    values = sentence_values(row["values"], lang, "CNY")
    for part in PARTS:
        text = t(f"finding.{code}.{part}", lang, **values)
        assert text and "{" not in text and " nan" not in text and "–" not in text
        assert (text[-1] in "。.？?") == (part in ("body", "action"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_defaults_have_words(lang: str) -> None:
    for result in (key_account_findings(**_calm()), key_account_findings()):
        row = result.found.iloc[0]
        values = sentence_values(row["values"], lang, "")
        for part in PARTS:
            assert t(f"finding.{row['finding']}.{part}", lang, **values)


def test_placeholders_agree_between_the_languages() -> None:
    zh, en = catalog("zh"), catalog("en")
    keys = [f"finding.{code}.{part}" for code in [*CODES, NOTHING, NO_DATA] for part in PARTS]
    for key in keys:
        assert key in zh and key in en
        assert _fields(zh[key]) == _fields(en[key])


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_nothing_given_is_listed_with_what_is_missing() -> None:
    result = key_account_findings()
    assert result.found["finding"].tolist() == [NO_DATA]
    assert result.not_assessed["finding"].tolist() == CODES
    missing = result.not_assessed.set_index("finding")["missing"]
    assert missing["one_account"] == "concentration:top_1; accounts:revenue"
    half = _calm()
    del half["whale"]
    half["concentration"] = half["concentration"].iloc[1:]
    half["accounts"] = half["accounts"].drop(columns="profit")
    blind = key_account_findings(**half).not_assessed.set_index("finding")["missing"]
    assert blind.to_dict() == {
        "one_account": "concentration:top_1",
        "losses": "whale:loss_makers; whale:loss_money; whale:profit_peak",
        "largest_not_best": "accounts:profit",
        "costs_unknown": "accounts:profit",
    }


def test_no_costs_at_all_is_missing_data_and_not_a_finding() -> None:
    tables = _calm()
    tables["accounts"] = tables["accounts"].drop(columns="profit")
    result = key_account_findings(**tables)
    assert "costs_unknown" not in set(result.found["finding"])
    assert "costs_unknown" in set(result.not_assessed["finding"])


def test_one_contact_for_every_account_says_nothing() -> None:
    """An export with one contact field per customer can't show who stands alone."""
    tables = _at_edge("one_contact", past=True)
    tables["contacts"] = tables["contacts"].drop_duplicates("account_id")
    result = key_account_findings(**tables)
    assert "one_contact" in set(result.not_assessed["finding"])


def test_order_is_clear_first_then_priority_and_repeats() -> None:
    tables = _at_edge("open_cases", past=True)
    tables["concentration"] = _measures(
        top_1=0.4, share_top_20=(0.85, 0.7, 0.9), heads_for_80=3, hhi=(0.25, 0.19, 0.4)
    )
    result = key_account_findings(**tables)
    assert result.found["finding"].tolist() == [
        "one_account",
        "lumpy_portfolio",
        "open_cases",
        "few_carry_most",
    ]
    assert result.found["sure"].tolist() == ["clear"] * 3 + ["likely"]
    assert (result.found["strength"] >= 1).all()
    shuffled = {k: v.sample(frac=1, random_state=3) for k, v in reversed(tables.items())}
    again = key_account_findings(**shuffled)
    pd.testing.assert_frame_equal(result.found, again.found)


def test_thresholds_can_be_changed_but_not_misspelt() -> None:
    tables = _at_edge("one_account", past=True)
    relaxed = key_account_findings(**tables, thresholds={"one_account": 0.5})
    assert relaxed.found["finding"].tolist() == [NOTHING]
    strict = key_account_findings(**_calm(), thresholds={"shaky_list_member_share": 0.9})
    assert strict.found["finding"].tolist() == ["shaky_list"]
    with pytest.raises(KamkitError):
        key_account_findings(thresholds={"one_acount": 0.5})
    assert set(CODES) < set(finding_thresholds())


def test_ties_for_the_largest_and_small_leads() -> None:
    tables = _calm()
    tables["accounts"].loc[1, "profit"] = 10.2
    found = key_account_findings(**tables).found.iloc[0]
    assert found["finding"] == "largest_not_best" and found["sure"] == "likely"
    tables["accounts"].loc[1, "profit"] = 10.0
    assert key_account_findings(**tables).found["finding"].tolist() == [NOTHING]


def test_dirty_tables_are_named_together() -> None:
    with pytest.raises(KamkitError) as caught:
        key_account_findings(accounts=pd.DataFrame({"id": [1]}))
    assert {p.column for p in caught.value.problems} == {"account_id", "revenue"}
    empty = {name: table.iloc[:0] for name, table in _calm().items()}
    result = key_account_findings(**empty)
    assert result.found["finding"].tolist() == [NO_DATA]


def test_loss_that_may_vanish_is_only_likely_and_total_loss_is_whole() -> None:
    tables = _calm()
    tables["whale"] = _measures(loss_makers=(2, 0, 4), loss_money=-20.0, profit_peak=100.0)
    assert key_account_findings(**tables).found["sure"].tolist() == ["likely"]
    tables["whale"] = _measures(loss_makers=5, loss_money=-20.0, profit_peak=0.0)
    row = key_account_findings(**tables).found.iloc[0]
    assert row["finding"] == "losses" and row["value"] == 1.0


def test_distorting_codes_count_and_overlap_is_a_range() -> None:
    tables = _calm()
    total = float(tables["accounts"]["revenue"].sum())
    tables["quality"] = pd.DataFrame(
        {
            "code": ["stand_in_account", "repeated_lines", "empty_cells", "after_as_of"],
            "level": "warning",
            "money": [0.06 * total, 0.02 * total, total, np.nan],
        }
    )
    row = key_account_findings(**tables).found.iloc[0]
    assert (row["finding"], row["sure"]) == ("bad_data", "clear")
    assert (row["low"], row["high"]) == pytest.approx((0.06, 0.08))


def test_callers_tables_stay_as_they_were() -> None:
    tables = _calm()
    kept = {name: table.copy() for name, table in tables.items()}
    key_account_findings(**tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, kept[name])
