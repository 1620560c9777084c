"""What a funnel review says first: the rules, their order, and what can't be assessed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import funnel
from kamkit.methods.funnel.finding_rules import RULES


def measures(**values: tuple[float, float, float, int]) -> pd.DataFrame:
    rows = [(k, *v, "given", "house") for k, v in values.items()]
    columns = ["measure", "value", "low", "high", "n", "variant", "origin"]
    return pd.DataFrame(rows, columns=columns)


NONE = np.nan
NOW = measures(
    open_deals=(20, NONE, NONE, 20), open_pipeline=(100.0, NONE, NONE, 20),
    open_without_amount=(0, NONE, NONE, 20), weighted_due=(60.0, NONE, NONE, 9),
)  # fmt: skip
AGEING = pd.DataFrame({"flag": ["stuck", "ok"], "amount": [30.0, 70.0]})
CHECKS = pd.DataFrame(
    {"code": ["past_close_date", "no_next_step"], "checked": [True, False], "found": [3, 0],
     "amount": [12.0, 0.0]}
)  # fmt: skip


def found_by(**tables: object) -> pd.DataFrame:
    return funnel.funnel_findings(**tables).found.set_index("finding")  # type: ignore[arg-type]


def test_findings_come_in_order_of_money():
    result = funnel.funnel_findings(pipeline=NOW, ageing=AGEING, checks=CHECKS)
    assert result.found["finding"].tolist() == ["funnel_stuck", "funnel_past_date"]
    assert result.found["at_stake"].tolist() == [30.0, 12.0]
    blind = set(result.not_assessed["finding"])
    assert "funnel_no_next_step" in blind and "funnel_coverage" in blind
    assert len(result.found) + len(result.clear) + len(blind) == len(RULES)


def test_coverage_and_forecast_need_a_target():
    coming = measures(coverage=(1.5, NONE, NONE, 9), coverage_needed=(3.0, 2.0, 5.0, 8))
    ahead = measures(prob_ge_target=(0.2, 0.19, 0.21, 90), p50=(40.0, NONE, NONE, 90),
                     p10=(20.0, NONE, NONE, 90), p90=(45.0, NONE, NONE, 90))  # fmt: skip
    got = found_by(coming=coming, forecast=ahead, pipeline=NOW, target=50.0)
    assert got.at["funnel_coverage", "at_stake"] == pytest.approx(75.0)
    assert got.at["funnel_coverage", "sure"] == "clear"
    assert got.at["funnel_forecast_gap", "at_stake"] == pytest.approx(10.0)
    assert got.at["funnel_weighted_off", "at_stake"] == pytest.approx(20.0)
    assert "funnel_coverage" not in found_by(coming=coming, forecast=ahead, pipeline=NOW).index


def test_interval_over_the_threshold_is_only_likely():
    review = measures(slip_rate_value=(0.4, 0.1, 0.7, 12), leakage_value=(0.5, 0.4, 0.6, 12))
    opening = pd.DataFrame(
        {"stage": ["needs", "quote"], "slipped": [1, 2], "lost": [1, 0], "vanished": [0, 1],
         "slipped_amount": [5.0, 9.0], "leaked_amount": [8.0, 1.0]}
    )  # fmt: skip
    got = found_by(review=review, opening=opening)
    assert got["sure"].to_dict() == {"funnel_slipped": "likely", "funnel_leaked": "clear"}
    assert got.at["funnel_slipped", "values"]["stage"] == "quote"
    assert got.at["funnel_leaked", "values"]["deals"] == 2


def test_deals_without_an_account_are_no_account():
    groups = pd.DataFrame(
        {"level": ["by_account", "by_account"], "id": ["", "A1"], "amount": [90.0, 10.0],
         "share": [0.9, 0.1], "rank": [1, 2]}
    )  # fmt: skip
    got = funnel.funnel_findings(spread=groups, names={"A1": "Alpha"})
    assert got.clear["finding"].tolist() == ["funnel_one_account"]
    assert got.clear["values"].iloc[0]["name"] == "Alpha"


def test_lost_calibration_is_told():
    lost = SimpleNamespace(key="calibration_lost", direction="too_high", n=8)
    assert found_by(verdict=lost).index.tolist() == ["funnel_no_trust"]
    fine = SimpleNamespace(key="reliable", direction="", n=8)
    assert found_by(verdict=fine).index.tolist() == ["funnel_nothing_stands_out"]


def test_nothing_given_is_said_and_unknown_names_are_refused():
    assert found_by().index.tolist() == ["funnel_nothing_assessed"]
    for wrong in ({"thresholds": {"nope": 1.0}}, {"nope": NOW}):
        with pytest.raises(KamkitError):
            funnel.funnel_findings(**wrong)
    with pytest.raises(KamkitError):
        funnel.funnel_findings(pipeline=NOW.drop(columns="n"))


def test_thresholds_may_be_set():
    got = funnel.funnel_findings(pipeline=NOW, ageing=AGEING, thresholds={"funnel_stuck": 0.5})
    assert "funnel_stuck" in got.clear["finding"].tolist()


def test_rows_in_another_order_change_nothing():
    given = {"pipeline": NOW, "ageing": AGEING, "checks": CHECKS}
    turned = {k: v.iloc[::-1].reset_index(drop=True) for k, v in given.items()}
    first, second = funnel.funnel_findings(**given), funnel.funnel_findings(**turned)
    pd.testing.assert_frame_equal(first.found, second.found)


def test_the_largest_deal_and_its_owner_are_named():
    listed = pd.DataFrame(
        {"opportunity_id": ["A", "B"], "owner_id": ["M1", np.nan], "code": "past_close_date",
         "at_stake": [3.0, 9.0]}
    )  # fmt: skip
    got = funnel.funnel_findings(
        pipeline=NOW, checks=CHECKS, listed=listed, names={"B": "Big", "M1": "Max"}
    )
    values = got.found["values"].iloc[0]
    assert (values["name"], values["owner"]) == ("Big", "–")
