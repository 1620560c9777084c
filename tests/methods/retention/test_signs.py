"""Warning signs: the rhythm of an account, each sign by hand, and what is unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.retention import losses, rhythm, sign_figure, warning_signs
from kamkit.methods.retention.known import known_on
from kamkit.schemes.retention import SIGNS
from kamkit.tables.sample.retention import simulate_retention

DAY = pd.Timestamp("2026-06-30")


def every(days: int, n: int, last: str, account: str = "A") -> pd.DataFrame:
    """Orders (or meetings) of an account with one gap throughout."""
    end = pd.Timestamp(last)
    dates = [end - pd.Timedelta(days=days * k) for k in range(n)][::-1]
    return pd.DataFrame({"account_id": account, "date": dates, "amount": 10.0})


def test_a_regular_account_is_alarmed_by_the_first_gap_that_stands_out():
    orders = pd.concat([every(14, 50, "2026-06-20"), every(14, 50, "2026-05-10", "B")])
    table = rhythm(orders, DAY).set_index("account_id")
    assert table.loc["A", "days_silent"] == 10 and table.loc["A", "usual_gap"] == 14
    assert table.loc["A", "chance"] == pytest.approx(4 / 14, abs=0.05)
    assert table.loc["B", "chance"] < 0.02 and table.loc["B", "basis"] == "own"
    signs = warning_signs({"orders": orders}, as_of=DAY).accounts.set_index("account_id")
    assert signs["order_gap"].to_dict() == {"A": False, "B": True}


def test_one_or_two_gaps_prove_little():
    """A silence of four usual gaps: proof after 40 gaps, hardly any after one."""
    others = [every(30, 30, "2026-06-20", f"R{i}") for i in range(20)]
    few, many = every(30, 2, "2026-03-02", "F"), every(30, 40, "2026-03-02", "M")
    table = rhythm(pd.concat([*others, few, many]), DAY).set_index("account_id")
    assert table.loc["F", "days_silent"] == table.loc["M", "days_silent"] == 120
    assert table.loc["M", "chance"] < 0.01 < 0.05 < table.loc["F", "chance"]
    assert table.loc["F", "basis"] == "pooled"


@pytest.mark.parametrize(("shape", "most"), [(1.0, 0.03), (4.0, 0.03), (0.6, 0.045)])
def test_the_chance_is_what_it_says_on_a_random_day(shape, most):
    """Steady accounts: a chance of 2 % comes on about 2 % of the days; bursts are harder."""
    rng = np.random.default_rng(3)
    parts = []
    for i in range(400):
        mean = rng.uniform(10, 60)
        gaps = rng.gamma(shape, mean / shape, int(1500 / mean) + 20)
        days = pd.Timestamp("2022-01-01") + pd.to_timedelta(np.ceil(np.cumsum(gaps)), unit="D")
        parts.append(pd.DataFrame({"account_id": f"A{i:03d}", "date": days}))
    events = pd.concat(parts)
    alarmed = [
        (rhythm(events[events["date"] <= day], day)["chance"] <= 0.02).mean()
        for day in pd.to_datetime(["2024-09-15", "2025-03-10", "2025-10-20"])
    ]
    assert 0.004 <= float(np.mean(alarmed)) <= most


def test_single_orders_and_credit_notes_have_no_rhythm():
    orders = pd.DataFrame(
        {"account_id": ["A", "B", "B"], "date": ["2025-01-01", "2025-01-01", "2026-06-01"],
         "amount": [5.0, 5.0, -5.0]}
    )  # fmt: skip
    found = warning_signs({"orders": orders}, as_of=DAY).accounts
    assert found["order_gap"].isna().all() and found["signs"].tolist() == [0, 0]
    assert found["known"].tolist() == [0, 0] and found["unknown"].tolist() == [6, 6]


def test_share_drop_to_the_point():
    years = pd.DataFrame(
        {"account_id": list("AABBCCD"), "year": [2024, 2025] * 3 + [2025],
         "revenue": [60.0, 52, 60, 53, 60, 10, 10], "category_spend": [100.0] * 5 + [0, 100],
         "status": "actual"}
    )  # fmt: skip
    orders = pd.concat([every(10, 20, "2026-06-25", a) for a in "ABCD"])
    tables = {"orders": orders, "account_years": years}
    found = warning_signs(tables, as_of=DAY).accounts.set_index("account_id")
    assert found.loc[["A", "B"], "share_drop"].tolist() == [True, False]
    assert found.loc[["C", "D"], "share_drop"].isna().all()
    assert found.loc["A", "share_fall"] == pytest.approx(0.08)


def test_contact_loss_counts_dealings_not_heads():
    contacts = pd.DataFrame(
        {"contact_id": ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2"],
         "account_id": list("AAABBBCC"),
         "left_on": ["2026-02-01", None, None, None, None, "2026-02-01", "2024-02-01", None]}
    )  # fmt: skip
    met = pd.DataFrame(
        {"contact_id": ["a1"] * 9 + ["b1"] * 9, "account_id": ["A"] * 9 + ["B"] * 9,
         "date": pd.date_range("2025-02-01", periods=18, freq="20D"), "made_by": "human"}
    )  # fmt: skip
    orders = pd.concat([every(10, 20, "2026-06-25", a) for a in "ABC"])
    tables = {"orders": orders, "contacts": contacts, "interactions": met}
    found = warning_signs(tables, as_of=DAY).accounts.set_index("account_id")
    assert found.loc["A", "contact_share_lost"] == pytest.approx(10 / 12)
    assert found.loc["B", "contact_share_lost"] == pytest.approx(1 / 12)
    assert found["contact_loss"].to_dict() == {"A": True, "B": False, "C": False}
    assert found.loc["C", "contacts_known"] == 1  # who left long ago is no longer counted


def _wave(wave: str, on: str, scores: dict[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    who = pd.DataFrame({"respondent_id": list(scores), "score": list(scores.values())})
    who["account_id"] = who["respondent_id"].str[0].str.upper()
    who = who.assign(wave=wave, side="customer")
    asked = who.drop(columns="score").assign(invited_on=on, responded_on=on)
    items = pd.DataFrame({"item": ["trust_1", "trust_2", "trust_4", "satisfaction_1"]})
    given = who.merge(items, how="cross")
    turned = given["item"] == "trust_4"
    given["score"] = given["score"].where(~turned, 8 - given["score"])
    return asked, given


def test_survey_fall_compares_the_same_people():
    """B's score falls because another person answers, A's because the same ones are unhappy."""
    first = {"a1": 6, "a2": 6, "b1": 7, "b2": 5, "c1": 5, "c2": 5, "d1": 4, "d2": 5}
    second = {"a1": 3, "a2": 4, "b2": 5, "c1": 5, "c2": 5, "d1": 4, "d2": 5}
    waves = [_wave("w1", "2025-11-10", first), _wave("w2", "2026-05-10", second)]
    tables = {
        "orders": pd.concat([every(10, 20, "2026-06-25", a) for a in "ABCD"]),
        "survey_invitations": pd.concat([w[0] for w in waves]),
        "survey_responses": pd.concat([w[1] for w in waves]),
    }
    found = warning_signs(tables, as_of=DAY)
    table = found.accounts.set_index("account_id")
    assert table["survey_fall"].to_dict() == {"A": True, "B": False, "C": False, "D": False}
    assert table.loc["A", "survey_points_down"] == pytest.approx(2.5 / 6 * 100)
    assert table.loc["B", "survey_points_down"] == pytest.approx(0)
    how = found.details.query("warning == 'survey_fall'").set_index("account_id")["variant"]
    assert how["A"] == "same_respondents"


def test_complaints_against_the_accounts_own_past():
    """Five cases in half a year: usual for one account, far too many for the other."""
    rng = np.random.default_rng(1)
    usual = pd.date_range("2023-01-10", DAY, freq="36D")
    cases = pd.DataFrame({"account_id": "A", "opened_on": usual, "detected_by": "customer"})
    quiet = ["2024-01-05", *pd.date_range("2026-02-01", periods=6, freq="20D").astype(str)]
    more = pd.DataFrame({"account_id": "B", "opened_on": quiet, "detected_by": "customer"})
    ours = pd.DataFrame({"account_id": "C", "opened_on": quiet, "detected_by": "us"})
    cases = pd.concat([cases, more, ours], ignore_index=True)
    cases["case_id"] = [f"s{i}" for i in rng.permutation(len(cases))]
    orders = pd.concat([every(10, 120, "2026-06-25", a) for a in "ABC"])
    found = warning_signs({"orders": orders, "service_cases": cases}, as_of=DAY)
    table = found.accounts.set_index("account_id")
    assert table["complaints_up"].to_dict() == {"A": False, "B": True, "C": False}
    assert table.loc["B", "cases_now"] == 6 and table.loc["B", "cases_expected"] < 2


def test_silence_counts_people_not_mailings():
    met = every(20, 40, "2025-12-01").assign(made_by="human", contact_id=None)
    sent = every(20, 10, "2026-06-28").assign(made_by="system", contact_id=None)
    orders = every(10, 60, "2026-06-25")
    tables = {"orders": orders, "interactions": pd.concat([met, sent])}
    found = warning_signs(tables, as_of=DAY).accounts.iloc[0]
    assert found["silence"] and not found["order_gap"] and found["days_unmet"] == 211


def test_lost_accounts_are_told_from_those_at_risk():
    gone = pd.DataFrame(
        {"account_id": ["A", "B"], "lost_on": ["2026-05-01", "2025-01-01"], "kind": "full",
         "returned_on": [None, "2025-09-01"]}
    )  # fmt: skip
    orders = pd.concat([every(10, 40, "2026-04-20"), every(10, 20, "2026-06-25", "B")])
    tables = {"orders": orders, "account_losses": gone}
    assert warning_signs(tables, as_of=DAY).accounts["status"].tolist() == ["lost", "active"]
    early = warning_signs(tables, as_of="2026-04-30").accounts
    assert early["status"].tolist() == ["active", "active"]


def test_losses_by_silence_are_dated_by_the_last_order():
    orders = pd.concat([every(30, 20, "2025-06-01"), every(30, 20, "2026-06-01", "B")])
    found = losses({"orders": orders}, as_of=DAY)
    assert found["account_id"].tolist() == ["A"] and found["variant"].tolist() == ["silence_rule"]
    assert found["lost_on"].tolist() == [pd.Timestamp("2025-06-02")]
    assert found["known_from"].tolist() == [pd.Timestamp("2026-01-27")]  # 8 gaps of 30 days
    assert losses({"orders": orders}, as_of="2026-01-20").empty
    back = pd.concat([orders, every(30, 3, "2026-06-20")])
    assert losses({"orders": back}, as_of=DAY)["returned_on"].tolist() == [
        pd.Timestamp("2026-04-21")
    ]


def test_recorded_losses_win_and_partial_ones_are_asked_for():
    table = pd.DataFrame(
        {"account_id": ["A", "B"], "lost_on": ["2025-05-01", "2025-06-01"],
         "kind": ["full", "partial"], "reason": ["price", None]}
    )  # fmt: skip
    tables = {"account_losses": table, "orders": every(30, 20, "2024-06-01")}
    assert losses(tables, as_of=DAY)["account_id"].tolist() == ["A"]
    assert len(losses(tables, as_of=DAY, kinds=("full", "partial"))) == 2
    assert losses(tables, as_of="2025-04-30", rule="recorded").empty
    assert losses(tables, as_of=DAY, rule="silence")["variant"].tolist() == ["silence_rule"]
    with pytest.raises(KamkitError):
        losses(tables, as_of=DAY, rule="feeling")


@pytest.mark.parametrize("name", ["", "orders", "contacts", "survey_responses"])
def test_empty_tables(name):
    columns = ["account_id", "date", "amount", "contact_id", "left_on", "wave", "respondent_id"]
    tables = {name: pd.DataFrame(columns=columns)} if name else {}
    found = warning_signs(tables, as_of=DAY)
    assert found.accounts.empty and found.details.empty
    assert list(found.accounts.columns[-3:]) == ["signs", "known", "unknown"]


def test_dirty_tables():
    orders = every(10, 30, "2026-06-20").astype({"date": object, "amount": object})
    dirt = pd.DataFrame(
        {"account_id": ["A", None, "A", "B"], "date": ["no day", "2026-01-01", None, "2026-05-01"],
         "amount": [5.0, 5.0, 5.0, "x"]}
    )  # fmt: skip
    cases = pd.DataFrame({"account_id": ["A", "Z"], "opened_on": ["2026-06-01", None]})
    found = warning_signs(
        {"orders": pd.concat([orders, dirt]), "service_cases": cases}, as_of=DAY
    ).accounts.set_index("account_id")
    assert found.loc["A", "days_silent"] == 10 and not found.loc["A", "order_gap"]
    assert "Z" not in found.index


def test_the_order_of_rows_and_the_callers_tables_stay_as_they_are():
    tables = simulate_retention(seed=2, accounts=15, years=2).tables
    copies = {name: table.copy() for name, table in tables.items()}
    one = warning_signs(tables, as_of=DAY)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, copies[name])
    mixed = {n: t.sample(frac=1, random_state=5) for n, t in tables.items()}
    other = warning_signs(mixed, as_of=DAY)
    pd.testing.assert_frame_equal(one.accounts, other.accounts)
    pd.testing.assert_frame_equal(one.details, other.details)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 900), min_size=1, max_size=40), st.integers(0, 300))
def test_longer_silence_is_never_less_rare(days, wait):
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    events = pd.DataFrame({"account_id": "A", "date": dates})
    last = max(dates)
    near, far = (rhythm(events, last + pd.Timedelta(days=d), years=50) for d in (wait, wait + 20))
    a, b = float(near["chance"].iloc[0]), float(far["chance"].iloc[0])
    assert np.isnan(a) == np.isnan(b) == (len(set(days)) == 1)
    assert np.isnan(a) or 0 <= b <= a + 1e-12 <= 1 + 1e-9


def test_counts_add_up_and_figures_serve_as_scores():
    tables = simulate_retention(seed=2, accounts=30, years=3).tables
    found = warning_signs(tables, as_of=DAY).accounts
    assert (found["known"] + found["unknown"] == len(SIGNS)).all()
    assert (found["signs"] <= found["known"]).all()
    score = sign_figure("order_chance")(known_on(tables, DAY), DAY)
    assert score.between(0, 1).all() and score.index.is_unique
