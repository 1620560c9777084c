"""Service cases: promises, complaints, time to resolve, repeats, who saw it first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.service import (
    complaint_pareto,
    found_first_share,
    promised_days,
    promised_vs_delivered,
    repeat_rate,
    time_to_resolve,
)
from kamkit.schemes import load_service_scheme

DAY = "2026-06-30"
# Freireich 1963 / Gehan 1965 (P-KM): remission in weeks, 1 = relapse.
T6 = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
E6 = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def cases(n: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    opened = pd.Timestamp("2025-07-01") + pd.to_timedelta(rng.integers(0, 350, n), unit="D")
    days = rng.integers(0, 60, n)
    closed = pd.Series(opened + pd.to_timedelta(days, unit="D"))
    return pd.DataFrame({
        "case_id": [f"S{i:03d}" for i in range(n)], "account_id": rng.choice(list("ABCD"), n),
        "opened_on": opened, "responded_on": opened + pd.to_timedelta(rng.integers(0, 5, n), "D"),
        "closed_on": closed.where(closed <= pd.Timestamp(DAY)),
        "category": rng.choice(["delivery", "quality", "invoice"], n, p=[0.5, 0.4, 0.1]),
        "severity": rng.integers(1, 5, n), "detected_by": rng.choice(["us", "customer"], n),
        "repeat_of": None, "cost": rng.lognormal(7, 1, n), "currency": "CNY",
    })  # fmt: skip


TIERS = pd.DataFrame({"account_id": list("ABCD"),
                      "tier": ["tier_1", "tier_2", "tier_3", "tier_4"]})  # fmt: skip


def test_kaplan_meier_of_the_published_case() -> None:
    end = pd.Timestamp("2026-06-30")
    opened = [end - pd.Timedelta(days=t) for t in T6]
    done = [end if e else pd.NaT for e in E6]
    rows = pd.DataFrame({"opened_on": opened, "closed_on": done})
    found = time_to_resolve(rows, as_of=end)
    curve = found.curve.set_index("days")["survival"]
    known = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for day, share in known.items():
        assert curve[day] == pytest.approx(share, abs=1e-4)
    m = found.measures.set_index("measure")["value"]
    assert m["days_median"] == 23 and m["days_closed_only"] < 23
    assert m["cases_unsolved"] == E6.count(0) and m["oldest_open_days"] == 35


def test_open_cases_count_and_the_future_does_not() -> None:
    table = cases()
    before = time_to_resolve(table, as_of="2026-01-31")
    spoiled = table.copy()
    late = spoiled["opened_on"] > "2026-01-31"
    spoiled.loc[late, "category"] = "later"
    spoiled.loc[spoiled["closed_on"] > "2026-01-31", "closed_on"] = pd.NaT
    pd.testing.assert_frame_equal(before.curve, time_to_resolve(spoiled, as_of="2026-01-31").curve)


def test_promises_by_hand() -> None:
    columns = ["case_id", "account_id", "opened_on", "responded_on", "closed_on", "severity"]
    rows = pd.DataFrame([
        ("S1", "A", "2026-01-01", "2026-01-02", "2026-01-08", 4),  # 1 day, 7 days: both kept
        ("S2", "A", "2026-01-01", "2026-01-03", "2026-01-09", 4),  # 2 and 8 days: both broken
        ("S3", "A", "2026-01-01", None, "2026-01-05", 4),  # answer not written down
        ("S4", "A", "2026-01-01", None, None, 4),  # still open: broken
        ("S5", "A", "2026-06-25", "2026-06-26", None, 4),  # limit of solution not passed
        ("S6", "A", "2026-01-01", "2026-01-03", "2026-01-21", None),  # between 1 and 2 days
        ("S7", "Z", "2026-01-01", "2026-01-02", "2026-01-08", 4),  # no tier
    ], columns=columns)  # fmt: skip
    found = promised_vs_delivered(rows, TIERS, as_of=DAY)
    state = found.cases.set_index(["case_id", "promise"])["promise_state"]
    respond = [state[c, "respond_days"] for c in ("S1", "S2", "S3", "S4", "S5", "S6", "S7")]
    assert respond == ["kept", "broken", "unknown", "broken", "kept", "unknown", "not_promised"]
    resolve = [state[c, "resolve_days"] for c in ("S1", "S2", "S3", "S4", "S5", "S6", "S7")]
    assert resolve == ["kept", "broken", "kept", "broken", "pending", "unknown", "not_promised"]
    row = found.groups.set_index(["promise", "tier", "severity"]).loc[
        ("respond_days", "all", "all")
    ]
    assert (row["kept"], row["broken"], row["unknown"], row["n"]) == (2, 2, 2, 4)
    assert row["least_share"] == pytest.approx(2 / 6) and row["most_share"] == pytest.approx(4 / 6)
    assert found.measures.set_index("measure").loc["cases_not_tiered", "value"] == 1


def test_no_promise_is_no_broken_promise() -> None:
    plan = pd.DataFrame({"dimension": "after_sales", "tier": ["tier_1"], "allowed": "best_effort"})
    assert "tier_1" not in set(promised_days(load_service_scheme(), plan)["tier"])
    found = promised_vs_delivered(cases(), TIERS, as_of=DAY, plan=plan)
    mine = found.cases[found.cases["tier"] == "tier_1"]
    assert set(mine["promise_state"]) == {"not_promised"}


def test_quick_cases_do_not_count_before_slow_ones() -> None:
    """Judging closed cases at once would show all of them kept on the first days."""
    opened = pd.date_range("2026-06-29", periods=2)
    rows = pd.DataFrame({"case_id": ["a", "b"], "account_id": "D", "opened_on": opened,
                         "responded_on": opened, "closed_on": opened, "severity": 1})  # fmt: skip
    found = promised_vs_delivered(rows, TIERS, as_of=DAY)
    assert set(found.cases["promise_state"]) == {"pending"}
    assert found.groups["share"].isna().all()


def test_pareto_by_hand_and_clusters() -> None:
    kinds = ["a"] * 60 + ["b"] * 25 + ["c"] * 10 + ["d"] * 5
    rows = pd.DataFrame({"opened_on": "2026-01-01", "category": kinds, "account_id": "A"})
    found = complaint_pareto(rows, as_of=DAY).groups
    assert found["cumulative_share"].round(2).tolist() == [0.6, 0.85, 0.95, 1.0]
    assert found["in_top"].tolist() == [True, True, False, False]
    assert found["cluster"].tolist() == [1, 2, 3, 3]
    assert found["first_share"].iloc[0] > 0.99 and found["top_share"].iloc[2] < 0.2
    # The same money, one kind with one very dear case: what counts is what was asked for.
    dear = rows.assign(cost=[1.0] * 95 + [1000.0] * 5)
    by_cost = complaint_pareto(dear, as_of=DAY, weight="cost", draws=300).groups
    assert by_cost["group"].iloc[0] == "d" and by_cost["size"].iloc[0] == 5000


def test_pareto_unknown_kind_stands_last() -> None:
    rows = pd.DataFrame({"opened_on": "2026-01-01", "category": [None] * 9 + ["a"]})
    found = complaint_pareto(rows, as_of=DAY, draws=20)
    assert found.groups["group"].tolist() == ["a", "unknown"]
    assert found.groups["share"].sum() == pytest.approx(1)


def test_found_first_keeps_unknown_apart() -> None:
    rows = pd.DataFrame({"opened_on": "2026-01-01", "category": list("aabb"),
                         "detected_by": ["us", None, "customer", "customer"]})  # fmt: skip
    found = found_first_share(rows, as_of=DAY, by="category").set_index("group")
    assert found.loc["a", "share"] == 1 and found.loc["a", "least_share"] == 0.5
    assert found.loc["b", "high"] > 0.5 and found.loc["all", "unknown"] == 1


def test_wilson_of_the_published_case() -> None:
    """P-WILSON (Newcombe 1998, Table I): 81 of 263."""
    rows = pd.DataFrame({"opened_on": "2026-01-01",
                         "detected_by": ["us"] * 81 + ["customer"] * 182})  # fmt: skip
    row = found_first_share(rows, as_of=DAY).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_repeats_young_cases_are_not_solved_for_good() -> None:
    opened = pd.to_datetime(["2026-01-01", "2026-02-15", "2026-01-01", "2026-06-20"])
    rows = pd.DataFrame({
        "case_id": ["S1", "S2", "S3", "S4"], "account_id": "A", "category": list("aabc"),
        "opened_on": opened, "closed_on": opened + pd.Timedelta(days=5),
        "repeat_of": [None, "S1", None, None],
    })  # fmt: skip
    row = repeat_rate(rows, as_of=DAY, window_days=90).iloc[0]
    assert (row["cases"], row["repeats"], row["followed"]) == (4, 1, 3)
    assert row["rate"] == pytest.approx(1 / 3) and row["counted_rate"] == 0.25
    again = repeat_rate(rows, as_of=DAY, window_days=90, rule="same_kind").iloc[0]
    assert again["repeats"] == 1
    young = repeat_rate(rows.iloc[3:], as_of=DAY).iloc[0]
    assert np.isnan(young["rate"]) and young["variant"] == "too_little_data"


def test_empty_dirty_and_impossible() -> None:
    none = cases().iloc[:0]
    assert complaint_pareto(none, as_of=DAY).groups.empty
    assert time_to_resolve(none, as_of=DAY).measures["variant"].iloc[0] == "too_little_data"
    assert repeat_rate(none, as_of=DAY)["rate"].isna().all()
    assert found_first_share(none, as_of=DAY)["share"].isna().all()
    assert promised_vs_delivered(none, TIERS, as_of=DAY).cases.empty
    one = cases().iloc[:1]
    assert len(complaint_pareto(one, as_of=DAY, draws=10).groups) == 1
    odd = cases()
    odd.loc[0, "closed_on"] = odd.loc[0, "opened_on"] - pd.Timedelta(days=1)
    odd.loc[1, "opened_on"] = pd.NaT
    m = time_to_resolve(odd, as_of=DAY).measures.set_index("measure")["value"]
    assert m["cases_impossible"] == 1 and m["cases_undated"] == 1
    with pytest.raises(KamkitError):
        complaint_pareto(cases().drop(columns="category"), as_of=DAY)
    with pytest.raises(KamkitError):
        complaint_pareto(cases().assign(currency=["CNY", "EUR"] * 30), as_of=DAY, weight="cost")
    with pytest.raises(KamkitError):
        repeat_rate(cases(), as_of=DAY, rule="by_feeling")


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 50))
def test_shares_bounds_and_order_of_rows(n: int, seed: int) -> None:
    table = cases(n, seed)
    mixed = table.sample(frac=1, random_state=seed)
    for weight in ("cases", "cost"):
        one, two = (complaint_pareto(t, as_of=DAY, weight=weight, draws=60) for t in (table, mixed))
        pd.testing.assert_frame_equal(one.groups, two.groups)
        assert one.groups["share"].sum() == pytest.approx(1)
        assert one.groups[["low", "high"]].stack().between(-1e-12, 1 + 1e-12).all()
    for method in (
        lambda t: promised_vs_delivered(t, TIERS, as_of=DAY).groups,
        lambda t: repeat_rate(t, as_of=DAY, rule="same_kind", by="category"),
        lambda t: found_first_share(t, as_of=DAY, by="severity"),
        lambda t: time_to_resolve(t, as_of=DAY, by="category").quantiles,
    ):
        pd.testing.assert_frame_equal(method(table), method(mixed))
    groups = promised_vs_delivered(table, TIERS, as_of=DAY).groups
    states = groups[["kept", "broken", "pending", "unknown"]].sum(axis=1)
    assert (states == groups["cases"]).all()
