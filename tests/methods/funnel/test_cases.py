"""What lesson controls recompute: same results as the methods behind them."""

from __future__ import annotations

import pandas as pd
import pytest

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods import funnel
from kamkit.schemes import load_ladder

LADDER = load_ladder("sample")


@pytest.fixture(scope="module")
def company():
    return kamkit.load("elevator")


@pytest.fixture(scope="module")
def history(company):
    return funnel.deal_history(
        company.opportunities,
        company.stage_events,
        company.snapshots,
        ladder=LADDER,
        as_of=company.config.as_of,
    )


def test_conversion_case_is_stage_conversion(history):
    found = funnel.conversion_case(history).conversion
    pd.testing.assert_frame_equal(found, funnel.stage_conversion(history))


def test_a_window_leaves_out_what_came_later(history):
    young = funnel.conversion_case(history, view="cohort", months=3)
    old = funnel.conversion_case(history, view="cohort", months=3, until=12)
    assert young.conversion["entered"].sum() and old.conversion["entered"].sum()
    assert old.conversion["resolved"].min() > young.conversion["resolved"].min()


def test_no_rule_changes_nothing(history, company):
    before = funnel.conversion_case(history)
    same = funnel.stage_rule_case(history, company.interactions, ladder=LADDER)
    given = funnel.stage_rule_case(history, company.interactions, ladder=LADDER, before=before)
    pd.testing.assert_frame_equal(given.figures, same.figures)
    pd.testing.assert_series_equal(same.figures["before"], same.figures["after"], check_names=False)


def test_a_stage_rule_wins_and_loses_nothing(history, company):
    strict = funnel.stage_rule_case(history, company.interactions, ladder=LADDER, contact_days=30)
    figures = strict.figures.set_index("measure")
    assert figures.loc["entries_without_contact", "after"] > 0
    counted = figures["after"]["entries_counted"] + figures["after"]["entries_without_contact"]
    assert counted == len(history.stays)
    plain = funnel.stage_conversion(history)
    assert strict.conversion["lost"].sum() == plain["lost"].sum()
    last = strict.conversion["entered"].tolist()
    assert last == sorted(last, reverse=True)


def test_merged_stages_keep_their_ends(history, company):
    merged = funnel.stage_rule_case(
        history, company.interactions, ladder=LADDER, merge="needs+solution"
    )
    assert merged.conversion["stage"].tolist() == ["discover", "needs", "quote", "negotiate"]
    plain = funnel.stage_conversion(history).set_index("stage")
    rates = merged.conversion.set_index("stage")
    assert rates.loc["quote", "entered"] == plain.loc["quote", "entered"]
    assert rates.loc["needs", "lost"] == plain.loc[["needs", "solution"], "lost"].sum()


def test_cycle_case_sees_nothing_later(history):
    past = funnel.cycle_case(history, months_back=12)
    day = history.as_of - pd.DateOffset(months=12)
    known = funnel.cycle_time(funnel.as_known_on(history, day))
    pd.testing.assert_frame_equal(past.groups, known.groups)


@pytest.fixture(scope="module")
def desk(history):
    return funnel.move_desk(
        history, since="2026-03-31", until="2026-09-30", target=1e7, ladder=LADDER
    )


def largest(history) -> str:
    live = history.deals[history.deals["status"] == "open"]
    return str(live.nlargest(1, "amount")["opportunity_id"].iloc[0])


def test_a_deal_left_alone_moves_nothing(history, desk):
    moved = funnel.move_deal(desk, opportunity_id=largest(history))
    figures = moved.figures.set_index("measure")
    assert figures["before"].tolist() == figures["after"].tolist()
    review = funnel.period_review(history, start=history.as_of, end="2026-09-30", target=1e7)
    measures = review.measures.set_index("measure")["value"]
    assert figures.loc["pipeline_in_period", "after"] == measures["pipeline_in_period"]
    assert figures.loc["weighted_by_crm", "after"] > 0
    assert moved.coverage.set_index("measure").loc["coverage", "value"] == pytest.approx(
        measures["coverage"]
    )


@pytest.mark.parametrize("stage", ["won", "lost", "negotiate"])
def test_a_move_shows_in_the_waterfall_to_the_cent(history, desk, stage):
    deal = largest(history)
    moved = funnel.move_deal(desk, opportunity_id=deal, stage=stage, amount=0.5, months=-3)
    assert moved.residual == (0, 0, 0)
    closing = moved.steps.set_index("step").loc["closing", "amount"]
    figures = moved.figures.set_index("measure")
    assert closing == pytest.approx(figures.loc["open_pipeline", "after"])
    amount = history.deals.set_index("opportunity_id").loc[deal, "amount"]
    before = figures.loc["open_pipeline", "before"]
    assert before - closing == pytest.approx(amount if stage in ("won", "lost") else amount / 2)


def test_the_history_is_not_changed(history, desk):
    before = history.deals.copy()
    funnel.move_deal(desk, opportunity_id=largest(history), stage="won", amount=2.0, months=4)
    pd.testing.assert_frame_equal(history.deals, before)


def test_an_unknown_deal_is_said_so(desk):
    with pytest.raises(KamkitError) as caught:
        funnel.move_deal(desk, opportunity_id="nobody")
    assert [p.code for p in caught.value.problems] == ["unknown_deal"]


def test_share_won_counts_closed_deals_that_were_there(history):
    shares = funnel.won_from_stage(history)
    assert set(shares) == set(LADDER.open_ids)
    review = funnel.deal_review(history, largest(history))
    similar = review.similar.set_index("group").loc["stage"]
    assert shares[similar["value"]] == pytest.approx(similar["rate"], abs=0.01)


def test_without_contacts_only_first_stages_count(history):
    none = pd.DataFrame(columns=["account_id", "date", "made_by"])
    strict = funnel.stage_rule_case(history, none, ladder=LADDER, contact_days=30)
    figures = strict.figures.set_index("measure")["after"]
    assert figures["entries_counted"] == history.stays["deal"].nunique()
