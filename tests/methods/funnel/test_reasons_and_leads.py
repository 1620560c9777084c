"""Reasons, criteria that tell won from lost, and sources of leads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import (
    close_reasons,
    criteria_that_decide,
    deal_history,
    lead_sources,
)

LADDER = ["discover", "needs", "solution", "quote", "negotiate"]


@pytest.fixture(scope="module")
def company():
    return kamkit.load("elevator")


@pytest.fixture(scope="module")
def history(company):
    return deal_history(
        company.opportunities, company.stage_events, ladder=LADDER, as_of=company.config.as_of
    )


def test_reasons_add_up_and_unknown_stands_apart(company, history):
    found = close_reasons(history, status="lost")
    lost = company.opportunities[company.opportunities["status"] == "lost"]
    counts = lost["reason"].value_counts()
    known = found[found["reason"] != "unknown"].set_index("reason")
    assert known["deals"].to_dict() == counts.to_dict()
    assert known["share"].sum() == pytest.approx(1) and known[
        "amount_share"
    ].sum() == pytest.approx(1)
    assert known["amount"].sum() == pytest.approx(lost["amount"].sum())
    assert found["reason"].iloc[-1] == "unknown" and found["n"].iloc[-1] == len(lost)
    blank = history.deals.assign(reason=np.nan, closed_on=history.deals["closed_on"])
    nothing = deal_history(blank.astype({"stage": "str"}), ladder=LADDER, as_of=history.as_of)
    found = close_reasons(nothing, status="lost")
    assert found["reason"].tolist() == ["unknown"] and found["share"].tolist() == [1.0]
    none_closed = close_reasons(nothing, status="won", start="2030-01-01")
    assert none_closed["variant"].tolist() == ["too_little_data"]
    with pytest.raises(KamkitError):
        close_reasons(history, status="open")


def test_criteria(history):
    rng = np.random.default_rng(3)
    n = 300
    deals = pd.DataFrame({"opportunity_id": [f"d{i}" for i in range(n)]})
    won = rng.random(n) < 0.5
    deals["status"] = np.where(won, "won", "lost")
    scores = {
        "relation": 3 + won + rng.normal(0, 1, n),
        "noise": rng.normal(3, 1, n),
        "always_three": np.full(n, 3.0),
    }
    parts = [
        pd.DataFrame({"opportunity_id": deals["opportunity_id"], "criterion": k, "score": v})
        for k, v in scores.items()
    ]
    few = parts[0].head(6).assign(criterion="few", score=[1.0, 5, 2, 4, 3, 3])
    found = criteria_that_decide(deals, pd.concat([*parts, few])).set_index("criterion")
    assert found["verdict"].to_dict() == {
        "relation": "decides",
        "noise": "never_discriminates",
        "always_three": "same_for_all",
        "few": "too_little_data",
    }
    row = found.loc["relation"]
    oracle = ttest_ind(scores["relation"][won], scores["relation"][~won], equal_var=False)
    ends = oracle.confidence_interval()
    assert [row["p"], row["low"], row["high"]] == pytest.approx([oracle.pvalue, *ends])
    empty = criteria_that_decide(deals, parts[0].head(0))
    assert empty.empty and "verdict" in empty


def test_lead_sources(company, history):
    costs = pd.DataFrame({"source": ["exhibition", "referral"], "cost": [90_000.0, 0.0]})
    found = lead_sources(history, company.interactions, costs).set_index("source")
    table = company.opportunities
    assert found["created"].to_dict() == table["source"].value_counts().to_dict()
    assert (found["won"] + found["lost"] + found["open"] == found["created"]).all()
    fair = found.loc["exhibition"]
    assert fair["cost_per_lead"] == pytest.approx(90_000 / fair["created"])
    assert found.loc["referral", "cost_per_win"] == 0 and np.isnan(found.loc["partner", "cost"])
    for name in ("rate", "low", "high", "qualified_share", "qualified_low", "qualified_high"):
        assert found[name].dropna().between(0, 1).all()
    assert found["days_to_qualify"].dropna().gt(0).all()
    later = lead_sources(history, qualified_at="quote").set_index("source")
    assert (later["qualified"] <= found["qualified"].reindex(later.index)).all()
    assert later["days_to_contact"].isna().all()


def test_lead_sources_by_hand():
    deals = pd.DataFrame(
        {
            "opportunity_id": list("abc"), "created_on": "2025-01-01", "amount": 1.0,
            "status": ["won", "lost", "open"], "closed_on": ["2025-02-01", "2025-01-06", None],
            "source": ["fair", "fair", None],
        }
    )  # fmt: skip
    events = pd.DataFrame(
        {
            "opportunity_id": list("aabc"), "stage": ["a", "b", "a", "a"],
            "entered_on": ["2025-01-01", "2025-01-11", "2025-01-01", "2025-01-01"],
        }
    )  # fmt: skip
    history = deal_history(deals, events, ladder=["a", "b"], as_of="2025-04-01")
    talks = pd.DataFrame(
        {"opportunity_id": ["a", "a", "b"], "date": ["2025-01-02", "2025-01-04", "2025-01-03"],
         "made_by": ["system", "human", "human"]}
    )  # fmt: skip
    found = lead_sources(history, talks).set_index("source")
    fair = found.loc["fair"]
    assert [fair["qualified"], fair["qualified_share"], fair["days_to_qualify"]] == [1, 0.5, 10]
    assert fair["days_to_contact"] == 2  # b on day 2, a on day 3
    assert found.loc["unknown", "open"] == 1 and np.isnan(found.loc["unknown", "rate"])
    dates = lead_sources(deal_history(deals, ladder=["a", "b"], as_of="2025-04-01"))
    assert set(dates["variant"]) == {"present_stage"} and dates["days_to_qualify"].isna().all()
    with pytest.raises(KamkitError):
        lead_sources(history, qualified_at="nowhere")
    empty = deal_history(deals.head(0), ladder=["a"], as_of="2025-04-01")
    assert lead_sources(empty).empty
