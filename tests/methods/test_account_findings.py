"""Findings of an account's page: each can fire, at its edge, with words for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import sentence_values, t
from kamkit.methods.portfolio import account_findings, account_thresholds
from kamkit.methods.portfolio.account_rules import NO_DATA, NOTHING, RULES, URGENT

CODES = [rule.finding for rule in RULES]
PARTS = ("topic", "title", "body", "action")
ME = "A00"
Tables = dict[str, Any]


def _row(**cells: Any) -> pd.DataFrame:
    return pd.DataFrame([{"account_id": ME, **cells}])


def _calm() -> Tables:
    """Every input there, every condition within its limit; the account is large and key."""
    ids = [f"A{i:02d}" for i in range(40)]
    accounts = pd.DataFrame({"account_id": ids, "revenue": [120.0] + [100.0] * 39})
    accounts["profit"] = accounts["revenue"] / 10
    served = _row(revenue=120.0, gross_margin=30.0, cost_to_serve=18.0, operating_income=12.0,
                  income_low=11.0, income_high=13.0, cause="", cause_money=np.nan,
                  top_driver="visit")  # fmt: skip
    last = pd.Timestamp("2026-06-01")
    return {
        "accounts": accounts,
        "served": served,
        "wallet": _row(sales=120.0, share_low=0.5, share_base=0.59, share_high=0.7,
                       headroom_low=10.0, headroom_base=20.0, headroom_high=30.0),
        "pauses": _row(order_days=30, gaps=29, pause_days=29.0, usual_days=20.5, pause_share=0.3,
                       low=0.1, high=0.5, last_on=last),
        "change": _row(revenue_now=120.0, revenue_before=130.0, change_share=-10 / 130),
        "contacts": pd.DataFrame({"account_id": ME, "contact_id": ["c1", "c2"], "left_on": pd.NaT}),
        "family": _row(relation="own", revenue=120.0),
        "classes": _row(status="classified", distance=0.5, flips="", key=True, missing=""),
        "crosswalk": _row(key_votes=3, not_key_votes=0),
        "stability": _row(member_share=0.9, draws=1000),
        "excluded": _row(status="gate_failed").iloc[:0],
    }  # fmt: skip


def _set(tables: Tables, name: str, **cells: Any) -> None:
    tables[name] = tables[name].assign(**cells)


def _at_edge(code: str, past: bool) -> Tables:
    """The calm tables with one condition exactly at its limit, or just short of it."""
    tables, nudge = _calm(), 0.0 if past else 1e-6
    edges: dict[str, tuple[str, dict[str, Any]]] = {
        "not_yet": ("pauses", {"order_days": 0 if past else 1}),
        "gone": ("pauses", {"pause_days": 365.0 - nudge}),
        "order_gap": ("pauses", {"pause_share": 0.05 + nudge}),
        "falling": ("change", {"change_share": -0.2 + nudge}),
        "wallet_high": ("wallet", {"share_base": 0.6 - nudge}),
        "spend_wrong": ("wallet", {"share_base": 1 - nudge}),
        "disputed": ("crosswalk", {"not_key_votes": 1 if past else 0}),
        "open": ("classes", {"status": "open" if past else "classified"}),
        "unclassified": ("classes", {"status": "unknown" if past else "classified"}),
        "near_line": ("classes", {"distance": -0.1 - nudge, "flips": "sales"}),
        "shaky": ("stability", {"member_share": 0.8 + nudge}),
        "one_contact": ("contacts", {"left_on": [pd.NaT, pd.Timestamp("2026-01-01") if past
                                                 else pd.NaT]}),
        "white_space": ("wallet", {"headroom_base": 0.01 * 40_200 - 100 * nudge,
                                   "headroom_low": 0.01 * 40_200}),
    }  # fmt: skip
    short = code.removeprefix("account_")
    if short == "white_space":
        # Large sales elsewhere in the portfolio, so that 1 % of them is above the account's floor.
        tables["accounts"].loc[1, "revenue"] += 40_200 - tables["accounts"]["revenue"].sum()
    if short in edges:
        name, cells = edges[short]
        _set(tables, name, **cells)
    elif short == "group":
        below = pd.DataFrame({"account_id": ["S1"], "relation": "subsidiary", "revenue": [5.0]})
        tables["family"] = pd.concat([tables["family"], below]) if past else tables["family"]
    elif short == "thin":
        income = 6.0 if past else 6.01
        others = tables["accounts"]["profit"].iloc[1:].sum()
        tables["accounts"].loc[0, "profit"] = income
        base = (others + income) / tables["accounts"]["revenue"].sum()
        income = 0.5 * base * 120.0 + 120 * nudge
        _set(tables, "served", operating_income=income, income_low=income, income_high=income)
    elif short == "pillar":
        profit = tables["accounts"]["profit"]
        tables["accounts"].loc[0, "profit"] = profit.iloc[1:].sum() / 19 - 100 * nudge
        _set(tables, "served", income_low=np.nan, income_high=np.nan)
    else:
        _lose(tables, short, nudge)
    return tables


def _lose(tables: Tables, short: str, nudge: float) -> None:
    """A loss of each kind; short of it the account earns a little."""
    if short == "loss_maybe":
        _set(tables, "served", operating_income=1.0, income_low=-0.001 if not nudge else 0.0)
        return
    cause = {"loss_price": "direct_cost", "loss_no_sales": "no_sales"}.get(short, "delivery_km")
    income = -1.0 if not nudge else 1.0
    _set(tables, "served", operating_income=income, income_low=income, income_high=income,
         cause=cause if income < 0 else "", cause_money=3.0)  # fmt: skip


def _find(tables: Tables, **more: Any) -> Any:
    return account_findings(ME, name="=cmd|' /C calc'!A0", **tables, **more)


def test_calm_tables_lead_to_the_default() -> None:
    result = _find(_calm())
    assert result.found["finding"].tolist() == [NOTHING]
    assert result.clear["finding"].tolist() == CODES
    assert result.not_assessed.empty


@pytest.mark.parametrize("code", CODES)
def test_each_finding_fires_at_its_edge_and_not_before(code: str) -> None:
    assert code in _find(_at_edge(code, past=True)).found["finding"].tolist()
    short = _find(_at_edge(code, past=False))
    assert code not in short.found["finding"].tolist()
    assert code in short.clear["finding"].tolist()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("code", CODES)
def test_every_finding_has_all_its_words(code: str, lang: str) -> None:
    found = _find(_at_edge(code, past=True)).found.set_index("finding")
    values = sentence_values(found.loc[code, "values"], lang, "CNY")
    for part in PARTS:
        text = t(f"finding.{code}.{part}", lang, **values)
        assert text and "{" not in text and "nan" not in text and "–" not in text
        assert "_" not in text
        assert (text[-1] in "。.？?") == (part in ("body", "action"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("code", [NOTHING, NO_DATA])
def test_the_defaults_have_words(code: str, lang: str) -> None:
    result = _find(_calm()) if code == NOTHING else account_findings("A")
    assert result.found["finding"].tolist() == [code]
    values = sentence_values(result.found["values"].iloc[0], lang, "")
    assert all(t(f"finding.{code}.{part}", lang, **values) for part in PARTS)


def test_nothing_given_is_listed_with_what_is_missing() -> None:
    result = account_findings("A")
    assert result.not_assessed["finding"].tolist() == CODES
    missing = result.not_assessed.set_index("finding")["missing"]
    assert missing["account_gone"] == "pauses:pause_days"


def test_what_calls_for_action_comes_first_even_when_only_likely() -> None:
    tables = _at_edge("account_order_gap", past=True)
    _set(tables, "crosswalk", not_key_votes=1)
    found = _find(tables).found
    assert found["finding"].tolist() == ["account_order_gap", "account_disputed"]
    assert found["sure"].tolist() == ["likely", "clear"]
    assert "account_order_gap" in URGENT and "account_disputed" not in URGENT


def test_a_loss_that_the_rates_may_undo_is_not_called_a_loss() -> None:
    tables = _calm()
    _set(tables, "served", operating_income=-1.0, income_low=-3.0, income_high=0.5, cause="rush")
    assert _find(tables).found["finding"].tolist() == ["account_loss_maybe"]


def test_a_group_parent_is_no_prospect_and_a_gone_account_not_merely_shrinking() -> None:
    tables = _at_edge("account_group", past=True)
    _set(tables, "pauses", order_days=0)
    assert _find(tables).found["finding"].tolist() == ["account_group"]
    tables = _at_edge("account_gone", past=True)
    _set(tables, "change", change_share=-1.0)
    assert _find(tables).found["finding"].tolist() == ["account_gone"]


def test_a_small_account_with_one_contact_is_no_finding_unless_it_is_key() -> None:
    tables = _at_edge("account_one_contact", past=True)
    tables["accounts"].loc[0, "revenue"] = 1.0
    assert "account_one_contact" in _find(tables).found["finding"].tolist()
    _set(tables, "classes", key=pd.NA)
    assert "account_one_contact" not in _find(tables).found["finding"].tolist()


def test_no_contact_on_record_counts_as_none() -> None:
    tables = _calm()
    tables["contacts"] = tables["contacts"].iloc[:0]
    row = _find(tables).found.iloc[0]
    assert row["finding"] == "account_one_contact" and row["value"] == 0


def test_failing_a_gate_settles_the_place_on_the_list() -> None:
    tables = _calm()
    tables["stability"] = tables["stability"].iloc[:0]
    blind = _find(tables).not_assessed["finding"].tolist()
    assert blind == ["account_shaky"]
    tables["excluded"] = _row(status="gate_failed")
    result = _find(tables)
    assert result.not_assessed.empty and "account_shaky" in result.clear["finding"].tolist()


def test_thresholds_can_be_changed_but_not_misspelt() -> None:
    tables = _at_edge("account_wallet_high", past=True)
    assert _find(tables, thresholds={"account_wallet_high": 0.9}).found["finding"].tolist() == [
        NOTHING
    ]
    with pytest.raises(KamkitError):
        _find(tables, thresholds={"account_walet": 1.0})
    assert set(CODES) < set(account_thresholds())


def test_dirty_tables_are_named_together() -> None:
    with pytest.raises(KamkitError) as caught:
        account_findings("A", accounts=pd.DataFrame({"id": [1]}))
    assert {p.column for p in caught.value.problems} == {"account_id", "revenue"}


def test_empty_tables_and_shuffled_tables() -> None:
    tables = _at_edge("account_loss_serving", past=True)
    kept = {name: table.copy() for name, table in tables.items()}
    again = {name: table.sample(frac=1, random_state=1) for name, table in tables.items()}
    pd.testing.assert_frame_equal(_find(tables).found, _find(again).found)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, kept[name])
    empty = {name: table.iloc[:0] for name, table in tables.items() if name != "contacts"}
    assert account_findings("A", **empty).found["finding"].tolist() == [NO_DATA]
