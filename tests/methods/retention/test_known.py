"""What was known on an earlier day: no sign, band or backtest sees anything later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.retention import backtest_score, known_on, losses, sign_count, warning_signs
from kamkit.methods.retention.known import DATING, YEARLY, dates_of
from kamkit.tables.sample import generate
from kamkit.tables.sample.retention import simulate_retention

END = pd.Timestamp("2026-06-30")


@pytest.fixture(scope="module")
def company():
    return generate("elevator", seed=3, accounts=60)


@pytest.fixture(scope="module")
def simulated():
    return simulate_retention(seed=4, accounts=40, years=4).tables


def other_future(tables, day: pd.Timestamp, seed: int) -> dict[str, pd.DataFrame]:
    """The same tables up to ``day``, and another world afterwards."""
    rng = np.random.default_rng(seed)

    def later(n: int) -> pd.Series:
        return day + pd.to_timedelta(rng.integers(1, 700, n), unit="D")

    out = {}
    for name, table in tables.items():
        table = table.copy()
        rule = DATING.get(name)
        if name in YEARLY:
            known_from = pd.to_datetime(table["year"].astype(str) + "-12-31") + pd.Timedelta(
                days=31
            )
            future = (known_from > day).to_numpy()
            for column in table.columns.intersection(["revenue", "category_spend", "direct_cost"]):
                table[column] = table[column].astype(float)
                table.loc[future, column] = rng.uniform(1, 1e7, int(future.sum()))
            if "status" in table.columns:
                table["status"] = rng.choice(["actual", "estimate", "forecast"], len(table))
            table = table[~future | (rng.random(len(table)) < 0.7)]
        elif rule is not None:
            if rule.row:
                future = (dates_of(table, rule.row) > day).to_numpy()
                table.loc[future, rule.row] = later(int(future.sum()))
                for column in table.columns.intersection(["amount", "strength", "severity"]):
                    table.loc[future, column] = 1
                table = table[~future | (rng.random(len(table)) < 0.6)]
            for column in rule.later:
                if column in table.columns:
                    open_ = ~(dates_of(table, column) <= day).to_numpy()
                    table.loc[open_, column] = later(int(open_.sum()))
                    gone = open_ & (rng.random(len(table)) < 0.4)
                    table.loc[gone, column] = pd.NaT
                    for cell in table.columns.intersection(list(rule.later[column])):
                        table.loc[open_, cell] = None
        out[name] = table.reset_index(drop=True)
    asked = tables["survey_invitations"]
    unanswered = asked[~(dates_of(asked, "responded_on") <= day)]
    keys = pd.MultiIndex.from_frame(unanswered[["wave", "respondent_id"]])
    answers = out["survey_responses"]
    open_ = pd.MultiIndex.from_frame(answers[["wave", "respondent_id"]]).isin(keys)
    answers.loc[open_, "score"] = rng.integers(1, 8, int(open_.sum())).astype(float)
    answers = answers[~open_ | (rng.random(len(answers)) < 0.5)]
    # Who has left the table of invitations can't have answered either.
    out["survey_responses"] = answers.reset_index(drop=True)
    out["accounts"]["lifecycle"] = "win_back"
    out["accounts"]["relation"] = "former"
    return out


@pytest.mark.parametrize("day", ["2025-01-31", "2025-07-15", "2025-12-31", "2026-03-31"])
@pytest.mark.parametrize("which", ["company", "simulated"])
def test_another_future_changes_no_sign(which, day, request):
    tables, moment = request.getfixturevalue(which), pd.Timestamp(day)
    known = warning_signs(tables, as_of=day)
    assert known.accounts["known"].max() >= 4
    for seed in range(3):
        other = warning_signs(other_future(tables, moment, seed), as_of=day)
        pd.testing.assert_frame_equal(other.accounts, known.accounts)
        pd.testing.assert_frame_equal(other.details, known.details)


def test_another_future_changes_no_known_table(company):
    day = pd.Timestamp("2025-09-17")
    known = known_on(company, day)
    other = known_on(other_future(company, day, 1), day)
    assert set(known) == set(other)
    for name in known:
        same = [c for c in known[name].columns if c not in ("milestone",)]
        pd.testing.assert_frame_equal(known[name][same], other[name][same], check_dtype=False)


def test_nothing_known_is_dated_later(company):
    day = pd.Timestamp("2025-09-17")
    for name, table in known_on(company, day).items():
        for column in table.columns:
            planned = (name, column) in {
                ("opportunities", "close_date"), ("contracts", "end"), ("milestones", "planned_on"),
                ("snapshots", "close_date"), ("scheme_assignments", "approved_on"),
                ("entry_steps", "due"), ("stage_views", "target_on"), ("dealers", "review_on"),
            }  # fmt: skip
            if table[column].dtype.kind == "M" and not planned:
                assert not (table[column] > day).any(), (name, column)


def test_a_table_cut_by_hand_on_the_day_knows_the_same(company):
    """Rows of that day count, those of the next do not."""
    day = pd.Timestamp("2026-03-31")
    cut = {**company, "orders": company["orders"].query("date <= @day")}
    cut["interactions"] = company["interactions"].query("date <= @day")
    one, other = warning_signs(company, as_of=day), warning_signs(cut, as_of=day)
    pd.testing.assert_frame_equal(one.accounts, other.accounts)


def test_estimates_of_the_running_year_are_not_known():
    years = pd.DataFrame(
        {"account_id": "A", "year": [2023, 2024, 2025], "revenue": [60.0, 50, 20],
         "status": ["actual", "actual", "estimate"], "category_spend": 100.0}
    )  # fmt: skip
    assert known_on({"account_years": years}, "2025-12-30")["account_years"]["year"].max() == 2024
    assert known_on({"account_years": years}, "2026-01-30")["account_years"]["year"].max() == 2024
    assert known_on({"account_years": years}, "2026-01-31")["account_years"]["year"].max() == 2025
    early = known_on({"account_years": years}, "2025-12-31", year_lag_days=0)
    assert early["account_years"]["year"].max() == 2025


def test_cells_written_later_are_empty():
    cases = pd.DataFrame(
        {"case_id": ["w"], "account_id": ["A"], "opened_on": ["2025-01-10"],
         "closed_on": ["2025-06-01"], "result": ["returned"]}
    )  # fmt: skip
    known = known_on({"winback_cases": cases}, "2025-03-01")["winback_cases"]
    assert known["result"].tolist() == ["open"] and known["closed_on"].isna().all()
    later = known_on({"winback_cases": cases}, "2025-06-01")["winback_cases"]
    assert later["result"].tolist() == ["returned"]


def test_answers_without_a_day_are_left_out():
    answers = pd.DataFrame(
        {"wave": ["w1"], "respondent_id": ["c"], "account_id": ["A"], "side": ["customer"],
         "item": ["trust_1"], "score": [3.0]}
    )  # fmt: skip
    assert known_on({"survey_responses": answers}, "2026-01-01")["survey_responses"].empty
    found = warning_signs({"survey_responses": answers}, as_of="2026-01-01")
    assert found.quality.set_index("code")["n"]["answers_not_dated"] == 1


def test_a_score_can_not_look_ahead(simulated):
    """Whatever a score asks for, the tables that it is given end on the day."""
    seen = []

    def spy(tables, day):
        latest = [dates_of(t, DATING[n].row).max() for n, t in tables.items()
                  if n in DATING and DATING[n].row and len(t)]  # fmt: skip
        seen.append((max(x for x in latest if pd.notna(x)), day))
        return sign_count()(tables, day)

    backtest_score(spy, simulated, as_of=END, days=["2025-01-31", "2025-06-30"])
    assert len(seen) == 2 and all(latest <= day for latest, day in seen)


def test_another_future_changes_no_score_of_a_backtest(simulated):
    day = pd.Timestamp("2025-06-30")
    gone = losses(simulated, as_of=END)
    options = {"as_of": END, "days": [day], "losses": gone}
    one = backtest_score(sign_count(), simulated, **options)
    other = backtest_score(sign_count(), other_future(simulated, day, 2), **options)
    pd.testing.assert_frame_equal(one.cases, other.cases)


@pytest.mark.parametrize("day", ["yesterday", None, ""])
def test_a_day_that_is_none(day):
    with pytest.raises(KamkitError) as caught:
        known_on({}, day)
    assert [p.code for p in caught.value.problems] == ["bad_date"]
