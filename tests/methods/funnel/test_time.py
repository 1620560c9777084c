"""Cycle, ageing, velocity, chains and deals needed, on histories of deals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from methods.funnel.histories import LADDER, history_of, random_history

from kamkit.errors import KamkitError
from kamkit.methods.funnel import DealHistory, as_known_on
from kamkit.methods.funnel.ageing import stage_ageing, stage_days
from kamkit.methods.funnel.cycle import cycle_time, outcome_curves
from kamkit.methods.funnel.markov import stage_chain
from kamkit.methods.funnel.needed import deals_needed
from kamkit.methods.funnel.velocity import sales_velocity, velocity

EMPTY: dict[str, Any] = {"opportunity_id": [], "created_on": [], "status": []}


def _steady(deals: int = 900, seed: int = 1, slow: float = 60.0) -> DealHistory:
    """Deals that go through two stages, exponential times, won with 40 % from the second."""
    rng = np.random.default_rng(seed)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 540, deals), unit="D")
    first, second = rng.exponential(slow, deals).astype(int), rng.exponential(30, deals).astype(int)
    moved = created + pd.to_timedelta(first, unit="D")
    ended = moved + pd.to_timedelta(second, unit="D")
    dropped = rng.random(deals) < 0.3
    ended = pd.Series(np.where(dropped, moved, ended))
    won = ~dropped & (rng.random(deals) < 0.4 / 0.7)
    as_of = pd.Timestamp("2025-06-30")
    closed = ended <= as_of
    ids = [f"D{i:04d}" for i in range(deals)]
    table = pd.DataFrame(
        {
            "opportunity_id": ids,
            "created_on": created,
            "status": np.where(closed, np.where(won, "won", "lost"), "open"),
            "closed_on": ended.where(closed),
            "amount": rng.lognormal(4, 0.5, deals).round(2),
            "owner_id": rng.choice(["M1", "M2"], deals),
            "stage": np.where(dropped | (moved > as_of), "lead", "offer"),
        }
    )
    events = [
        pd.DataFrame({"opportunity_id": ids, "stage": "lead", "entered_on": created}),
        pd.DataFrame({"opportunity_id": ids, "stage": "offer", "entered_on": moved})[
            ~dropped & (moved <= as_of)
        ],
    ]
    return history_of(table.to_dict("list"), stage_events=pd.concat(events))


def test_closed_deals_alone_look_fast() -> None:
    history = _steady(slow=200.0)
    found = cycle_time(history).measures.set_index("measure")["value"]
    assert found["length_bias"] < -20
    assert found["closed_mean"] < found["cycle_mean_to_horizon"]
    days = stage_days(history).set_index("stage")
    assert days.loc["lead", "closed_mean"] < 200 - 20
    # The time to leave is exponential: half are gone after 200 ln 2 days.
    assert days.loc["lead", "median_low"] < 200 * np.log(2) < days.loc["lead", "median_high"]


def test_outcome_curves_add_to_one_and_hit_the_truth() -> None:
    curves = outcome_curves(_steady())
    np.testing.assert_allclose(curves[["won", "lost", "open"]].sum(axis=1), 1.0)
    for column, sign in (("won", 1), ("lost", 1), ("open", -1)):
        assert (sign * curves[column].diff().dropna() >= -1e-12).all()
        assert (curves[f"{column}_low"] <= curves[column] + 1e-12).all()
        assert (curves[column] <= curves[f"{column}_high"] + 1e-12).all()
    assert curves["won"].iloc[-1] == pytest.approx(0.4, abs=0.06)
    assert curves["naive_won"].iloc[-1] + curves["naive_lost"].iloc[-1] > 1.1


@pytest.mark.parametrize("seed", range(6))
def test_any_history_gives_shares(seed: int) -> None:
    history = random_history(seed, 60)
    curves = outcome_curves(history, by="owner_id")
    np.testing.assert_allclose(curves[["won", "lost", "open"]].sum(axis=1), 1.0)
    ages = stage_ageing(history)
    assert len(ages) == (history.deals["status"] == "open").sum()
    for column in ("percentile", "low", "high"):
        assert ages[column].dropna().between(0, 1).all()
    known = ages.dropna(subset=["percentile"])
    assert (known["low"] <= known["percentile"] + 1e-12).all()
    assert (known["percentile"] <= known["high"] + 1e-12).all()
    chain = stage_chain(history).outcomes
    total = chain.groupby("state")["probability"].sum(min_count=2).dropna()
    np.testing.assert_allclose(total, 1.0)
    needed = deals_needed(history, 1e6, "2025-12-31", draws=50)
    assert needed.stages["p_by_date"].dropna().between(0, 1).all()
    measures = velocity(history, draws=20).measures
    assert measures["measure"].is_unique


def test_cycle_by_group_compares() -> None:
    found = cycle_time(_steady(), by="owner_id")
    assert found.groups["group"].tolist() == ["M1", "M2"]
    assert found.measures["measure"].tolist()[-2:] == ["log_rank_chi2", "log_rank_p"]
    assert found.groups[["won", "lost", "open"]].sum(axis=1).tolist() == (
        found.groups["deals"].tolist()
    )
    for late in ("status", "stage", "nothing"):
        with pytest.raises(KamkitError):
            cycle_time(_steady(50), by=late)


def test_ageing_flags() -> None:
    history = _steady()
    ages = stage_ageing(history).set_index("deal")
    limits = stage_days(history).set_index("stage")
    for row in ages.itertuples():
        limit = limits.loc[row.stage]
        if row.days > limit["longest_exit"]:
            assert row.flag == "beyond_history"
        elif row.flag == "stuck":
            assert row.days >= limit["p90"]
        elif row.flag == "ok":
            assert row.days < limit["p80"]
    assert ages["percentile"].is_monotonic_decreasing or (ages["flag"] == "beyond_history").any()
    won = stage_days(history, reference="won")
    assert (won["open"] == 0).all() and won["n"].tolist() == won["exits"].tolist()
    with pytest.raises(KamkitError):
        stage_ageing(history, reference="mean")


def test_few_exits_are_no_history() -> None:
    history = _steady(12)
    table = stage_days(history)
    few = table["exits"] < 10
    assert few.any() and table.loc[few, "p80"].isna().all()
    assert set(table.loc[few, "variant"]) == {"too_little_history"}


def test_velocity_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-VELO"]
    day = sales_velocity(case["n"], case["value"], case["win"], case["days"])
    assert day == pytest.approx(case["exp"]["per_day"], abs=case["tol"])
    assert day * 30 == pytest.approx(case["exp"]["per_30_days"], abs=case["tol"])
    assert np.isnan(sales_velocity(1, 1, 1, 0))


def test_velocity_on_deals(published: dict[str, dict[str, Any]]) -> None:
    """The printed case as deals: 40 open ones, a quarter of the closed won, 90 days each."""
    case = published["P-VELO"]
    closed = 40
    status = ["open"] * case["n"] + ["won"] * (closed // 4) + ["lost"] * (closed * 3 // 4)
    end = pd.Timestamp("2025-06-01")
    deals = {
        "created_on": [end] * case["n"] + [end - pd.Timedelta(days=case["days"])] * closed,
        "closed_on": [None] * case["n"] + [end] * closed,
        "status": status,
        "amount": float(case["value"]),
    }
    found = velocity(history_of(deals)).measures.set_index("measure")
    assert found.loc["velocity_per_day", "value"] == pytest.approx(case["exp"]["per_day"])
    assert found.loc["velocity_per_period", "value"] == pytest.approx(case["exp"]["per_30_days"])


def test_velocity_says_which_assumption_breaks() -> None:
    rng = np.random.default_rng(2)
    n = 400
    amount = rng.lognormal(4, 1, n)
    won = rng.random(n) < np.where(amount > np.median(amount), 0.1, 0.6)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    deals = {
        "created_on": start,
        "closed_on": start + pd.to_timedelta(np.where(won, 20, 60), unit="D"),
        "status": np.where(won, "won", "lost"),
        "amount": amount,
    }
    found = velocity(history_of(deals)).assumptions.set_index("assumption")
    assert found.loc["large_deals_win_alike", "status"] == "broken"
    assert found.loc["won_and_lost_take_alike", "value"] == pytest.approx(-40)
    few = velocity(history_of({k: v[:6] for k, v in deals.items()})).assumptions
    assert set(few["status"]) == {"unknown"}


def test_chain_of_stages_hits_the_truth() -> None:
    found = stage_chain(_steady(2000, slow=20.0)).outcomes.set_index(["state", "outcome"])
    row = found.loc[("lead", "won")]
    assert row["low"] < 0.4 < row["high"]
    assert np.isnan(found.loc[("deal", "won"), "probability"])
    assert found.loc[("deal", "won"), "variant"] == "too_little_data"


def test_deals_needed_grows_with_the_target_and_shrinks_with_time() -> None:
    history = _steady(1500)
    few, many = (deals_needed(history, t, "2025-12-31").stages for t in (20_000, 40_000))
    late = deals_needed(history, 40_000, "2026-06-30").stages
    assert (many["needed_p50"] >= few["needed_p50"])[:2].all()
    assert (many["needed_p80"] >= many["needed_p50"])[:2].all()
    assert (late["needed_p50"] <= many["needed_p50"])[:2].all()
    row = many.iloc[0]
    assert row["needed_p50"] == pytest.approx(row["needed_expected"], rel=0.2)
    soon = deals_needed(history, 40_000, "2025-07-10").stages
    assert soon["status"].iloc[0] == "time_too_short"
    assert soon["status"].iloc[2] == "too_little_history"
    done = deals_needed(history, 1.0, "2025-12-31", booked=5.0)
    assert done.stages["needed_p80"].iloc[0] == 0.0
    assert done.stages["status"].iloc[0] == "target_reached"
    with pytest.raises(KamkitError):
        deals_needed(history, 1.0, "2025-06-30")


def test_open_deals_bring_what_they_are_expected_to() -> None:
    history = _steady(3000, seed=8)
    then = as_known_on(history, "2025-03-31")
    row = deals_needed(then, 1e5, "2025-06-30").measures.set_index("measure")
    deals, now = then.deals, history.deals.iloc[: len(then.deals)]
    late = (deals["status"] == "open") & (now["status"] == "won").to_numpy()
    real = now.loc[late.to_numpy(), "amount"].sum()
    expected = row.loc["expected_from_open"]
    assert expected["value"] == pytest.approx(real, rel=0.25)
    assert row.loc["open_not_judged", "value"] <= 5


def test_many_deals_are_drawn_like_few(monkeypatch: pytest.MonkeyPatch) -> None:
    history = _steady(1200)
    exact = deals_needed(history, 1e5, "2025-12-31").measures.set_index("measure")
    monkeypatch.setattr("kamkit.methods.funnel.needed._MANY", 10)
    quick = deals_needed(history, 1e5, "2025-12-31").measures.set_index("measure")
    for end in ("low", "high"):
        pair = [m.loc["expected_from_open", end] for m in (exact, quick)]
        assert pair[0] == pytest.approx(pair[1], rel=0.1)


def test_nothing_has_a_defined_answer() -> None:
    history = history_of(EMPTY)
    assert stage_days(history)["n"].tolist() == [0] * len(LADDER)
    assert stage_ageing(history).empty
    assert cycle_time(history).groups["variant"].tolist() == ["too_little_data"]
    assert outcome_curves(history)["open"].tolist() == [1.0]
    assert velocity(history).measures["value"].isna().any()
    assert stage_chain(history).outcomes["probability"].isna().all()
    assert deals_needed(history, 1.0, "2025-12-31").stages["needed_p50"].isna().all()
