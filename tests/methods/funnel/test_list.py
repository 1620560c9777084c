"""The deal list: hygiene, concentration and the one-page sheet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.funnel.histories import LADDER, history_of, random_history

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import HygieneLimits, deal_history
from kamkit.methods.funnel.hygiene import hygiene, hygiene_checks
from kamkit.methods.funnel.hygiene_rules import RULES
from kamkit.methods.funnel.pipeline_concentration import pipeline_concentration
from kamkit.methods.funnel.review import deal_review
from kamkit.schemes import load_ladder


def _deals(**more: object) -> dict[str, object]:
    return {
        "opportunity_id": ["A", "B", "C"],
        "account_id": ["X", "Y", "Z"],
        "owner_id": ["M1", "M1", "M2"],
        "created_on": "2025-01-01",
        "status": "open",
        "stage": "offer",
        "amount": [500.5, 20_300.0, 7_100.0],
        "close_date": "2025-09-01",
        "probability": 0.5,
        "next_step": "call",
    } | more


def _codes(history: object, **more: object) -> dict[str, list[str]]:
    found = hygiene(history, **more)  # type: ignore[arg-type]
    return found.groupby("opportunity_id")["code"].apply(list).to_dict()


def test_a_clean_list_has_no_finding() -> None:
    assert hygiene(history_of(_deals())).empty


def test_findings_by_kind_and_by_money() -> None:
    history = history_of(
        _deals(
            close_date=["2025-05-01", None, "2025-09-01"],
            amount=[1.0, 20_300.0, np.nan],
            next_step=["call", " ", "call"],
            probability=[0.5, 1.0, 0.5],
        )
    )
    found = hygiene(history)
    assert found["opportunity_id"].tolist() == ["B", "B", "B", "A", "A", "C"]
    assert _codes(history) == {
        "A": ["past_close_date", "placeholder_amount"],
        "B": ["no_close_date", "no_next_step", "stage_probability_clash"],
        "C": ["missing_amount"],
    }
    assert found.set_index(["opportunity_id", "code"]).loc[("A", "past_close_date"), "value"] == 60


def test_round_amounts_that_repeat() -> None:
    n = 12
    deals = {
        "created_on": "2025-01-01", "status": "open", "stage": "offer",
        "account_id": [f"X{i}" for i in range(n)], "close_date": "2025-09-01",
        "amount": [50_000.0] * 5 + [51_237.0] * 5 + [999_999.0, 123_456.0],
    }  # fmt: skip
    found = hygiene(history_of(deals))
    hit = found[found["code"] == "placeholder_amount"]
    assert sorted(hit["amount"].unique()) == [50_000.0, 123_456.0, 999_999.0]
    more = HygieneLimits(repeats=6)
    assert len(hygiene(history_of(deals), limits=more).query("code == 'placeholder_amount'")) == 2


def test_machine_made_contact_is_no_contact() -> None:
    contacts = pd.DataFrame(
        {
            "account_id": ["X", "X", "Y", "Y", "Z"],
            "date": pd.to_datetime(
                ["2025-06-20", "2025-01-15", "2025-06-20", "2025-06-21", "2025-07-15"]
            ),
            "made_by": ["system", "human", "human", "system", "human"],
        }
    )
    history = history_of(_deals())
    assert _codes(history, interactions=contacts) == {
        "A": ["only_system_activity"],
        "C": ["no_contact"],  # a contact after the day of the list isn't known yet
    }
    own = contacts.assign(opportunity_id=["A", "A", "B", "B", "C"])
    own.loc[2, "opportunity_id"] = "other"
    assert _codes(history, interactions=own)["B"] == ["only_system_activity"]


def test_dates_that_move_and_dates_too_soon() -> None:
    days = pd.to_datetime(["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"])
    plans = pd.to_datetime(["2025-04-01", "2025-05-01", "2025-06-01", "2025-07-01"])
    book = pd.DataFrame(
        {"snapshot_on": days, "opportunity_id": "A", "stage": "offer", "amount": 500.5,
         "close_date": plans}
    )  # fmt: skip
    codes = _codes(history_of(_deals(), snapshots=book))
    assert codes["A"] == ["close_date_moved"]
    won = {
        "opportunity_id": [f"W{i}" for i in range(30)], "created_on": "2024-06-01",
        "status": "won", "closed_on": "2024-12-01", "stage": "offer", "amount": 10.5,
    }  # fmt: skip
    fresh = {
        "opportunity_id": ["S"], "created_on": "2025-06-01", "status": "open",
        "closed_on": None, "stage": "offer", "amount": 99.5, "close_date": "2025-07-15",
    }  # fmt: skip
    table = pd.concat([pd.DataFrame(won), pd.DataFrame(fresh)])
    events = table[["opportunity_id", "stage"]].assign(entered_on=table["created_on"])
    found = hygiene(deal_history(table, events, ladder=LADDER, as_of="2025-06-30"))
    row = found[found["code"] == "too_soon"].iloc[0]
    assert (row["opportunity_id"], row["value"], row["limit"]) == ("S", 44.0, 183.0)


def test_closed_deals_stand_last_and_their_reasons_are_asked() -> None:
    history = history_of(
        _deals(
            status=["lost", "open", "lost"],
            closed_on=["2025-05-01", None, "2025-04-01"],
            reason=[None, None, "price"],
            next_step=["", "", ""],
            amount=[900_000.0, 20_300.0, 5.5],
        )
    )
    found = hygiene(history)
    assert found["code"].tolist() == ["no_next_step", "closed_without_reason"]
    assert found["at_stake"].tolist() == [20_300.0, 0.0]


def test_checks_that_cannot_run_say_what_is_missing() -> None:
    deals = _deals()
    del deals["next_step"]
    checks = hygiene_checks(history_of(deals)).set_index("code")
    assert list(checks.index) == list(RULES)
    assert checks.loc["no_next_step", "missing"] == "opportunities.next_step"
    assert checks.loc["no_contact", "missing"] == "interactions"
    assert checks.loc["close_date_moved", "missing"] == "snapshots"
    assert not checks.loc["stalled", "checked"]
    assert checks.loc["past_close_date", "deals"] == 3


@pytest.mark.parametrize("seed", range(6))
def test_findings_and_checks_agree(seed: int) -> None:
    history = random_history(seed, 80)
    found = hygiene(history)
    checks = hygiene_checks(history).set_index("code")
    counted = found["code"].value_counts()
    for code, n in counted.items():
        assert checks.loc[code, "found"] == n
    assert checks["found"].sum() == len(found)
    assert not found.duplicated(["deal", "code"]).any()
    money = found[found["status"] == "open"]["at_stake"].dropna()
    assert money.is_monotonic_decreasing


def test_concentration_figures() -> None:
    history = history_of(
        _deals(amount=[60.0, 20.0, 20.0], account_id=["X", "X", "Z"], owner_id=[None, "M1", "M1"])
    )
    found = pipeline_concentration(history)
    table = found.measures.set_index(["variant", "measure"])["value"]
    assert table["by_deal", "pipeline_hhi"] == pytest.approx(0.44)
    assert table["by_deal", "pipeline_effective_number"] == pytest.approx(1 / 0.44)
    assert table["by_account", "pipeline_largest_share"] == pytest.approx(0.8)
    assert table["by_owner", "pipeline_without_largest"] == pytest.approx(40.0)
    owners = found.groups[found.groups["level"] == "by_owner"]
    assert owners["id"].tolist() == ["", "M1"]
    half = pipeline_concentration(history, value="weighted").measures
    assert half["value"].iloc[0] == pytest.approx(50.0)
    with pytest.raises(KamkitError):
        pipeline_concentration(history, value="profit")
    with pytest.raises(KamkitError):
        pipeline_concentration(history, by=["region"])


@pytest.mark.parametrize("amount", [np.nan, 0.0, -5.0])
def test_concentration_without_money(amount: float) -> None:
    found = pipeline_concentration(history_of(_deals(amount=amount))).measures
    table = found[found["variant"] == "by_deal"].set_index("measure")["value"]
    assert np.isnan(table["pipeline_hhi"]) and table["pipeline_left_out"] == 3


def test_sheet_of_a_sample_deal() -> None:
    data = kamkit.load("elevator")
    ladder = load_ladder("sample")
    history = deal_history(
        data.opportunities, data.stage_events, data.snapshots, ladder=ladder, as_of="2026-06-30"
    )
    findings = hygiene(history, data.interactions, ladder=ladder)
    name = findings["opportunity_id"].iloc[0]
    review = deal_review(
        history, name, interactions=data.interactions, ladder=ladder, findings=findings
    )
    assert review.findings["code"].tolist() == (
        findings[findings["opportunity_id"] == name]["code"].tolist()
    )
    assert review.path["seq" if "seq" in review.path else "stage"].notna().all()
    assert review.health["item"].tolist() == [
        "buyer_coverage", "competition", "stage_age", "next_step",
    ]  # fmt: skip
    assert (review.changes["before"] != review.changes["after"]).all()
    assert review.similar["rate"].dropna().between(0, 1).all()
    closed = history.deals.loc[history.deals["status"] == "won", "opportunity_id"].iloc[0]
    assert deal_review(history, closed).measures["measure"].is_unique
    with pytest.raises(KamkitError):
        deal_review(history, "nobody")


def test_sheet_says_what_is_unknown() -> None:
    review = deal_review(history_of(_deals(next_step=["", "call", "call"])), "A")
    status = review.health.set_index("item")["status"].to_dict()
    assert status == {
        "buyer_coverage": "unknown", "competition": "unknown", "stage_age": "unknown",
        "next_step": "alarm",
    }  # fmt: skip
    assert review.changes.empty and review.path.empty
