"""Scorecards: the published case, directions, zeros, caps, gaps, kinds of period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import attainment, scorecard
from kamkit.methods.appraisal.scorecard import attainment_of
from kamkit.methods.fiscal import period_kind

ROW = {"scope": "member", "period": "2026", "unit": ""}


def rows(figures: dict[str, float], member: str = "M1", **more: str) -> pd.DataFrame:
    lines = [ROW | {"scope_id": member, "kpi": k, "value": v} | more for k, v in figures.items()]
    return pd.DataFrame(lines, columns=["scope", "scope_id", "period", "kpi", "value", "unit"])


def codes(error: pytest.ExceptionInfo[KamkitError]) -> set[str]:
    return {p.code for p in error.value.problems}


def test_as_published(published):
    case = published["P-SCORE"]
    target, actual, weights, kpis = (
        {k: row[i] for k, row in case["kpi"].items()} for i in range(4)
    )
    card = scorecard(rows(actual), rows(target), weights=weights, kpis=kpis)
    assert card.parts["attainment"].tolist() == pytest.approx(case["exp"]["attainment"], abs=1e-6)
    assert card.totals["score"].iloc[0] == pytest.approx(case["exp"]["score"], abs=1e-9)
    assert card.parts["points"].sum() == pytest.approx(card.totals["score"].iloc[0])
    total = card.totals.iloc[0]
    assert total["low"] == total["score"] == total["high"] and total["weight_used"] == 1.0


def test_the_registry_knows_directions():
    figures = {"sales": 90.0, "dso_days": 45.0}
    card = scorecard(
        rows(figures), rows({"sales": 100.0, "dso_days": 54.0}),
        weights={"sales": 60, "dso_days": 40},
    )  # fmt: skip
    assert card.parts["capped"].round(3).tolist() == [0.9, 1.2]
    assert card.parts["weight_given"].tolist() == [0.6, 0.4]
    assert "weights_scaled" in card.totals["variant"].iloc[0]
    with pytest.raises(KamkitError) as error:
        scorecard(rows({"magic": 1}), rows({"magic": 1}), weights={"magic": 1})
    assert codes(error) == {"unknown_kpi"}


@pytest.mark.parametrize(
    ("direction", "actual", "target", "zero", "note", "capped"),
    [
        ("up", 150, 100, "neutral", "at_cap", 1.2),
        ("up", -5, 100, "neutral", "floored", 0.0),
        ("up", 5, 0, "neutral", "zero_target", None),
        ("up", 5, 0, "met_if_zero", "zero_target_met", 1.0),
        ("up", -5, 0, "met_if_zero", "zero_target_missed", 0.0),
        ("down", 0, 0, "met_if_zero", "zero_target_met", 1.0),
        ("down", 3, 0, "met_if_zero", "zero_target_missed", 0.0),
        ("down", 0, 10, "neutral", "best_possible", 1.2),
        ("down", -1, 10, "neutral", "negative_actual", None),
        ("up", 5, -10, "neutral", "negative_target", None),
        ("range", 80, 100, "neutral", "", 0.8),
        ("range", 125, 100, "neutral", "", 0.8),
        ("up", np.nan, 100, "neutral", "no_actual", None),
        ("up", 5, np.nan, "neutral", "no_target", None),
    ],
)
def test_cells(direction, actual, target, zero, note, capped):
    found = scorecard(
        rows({"a": actual, "b": 1.0}), rows({"a": target, "b": 1.0}),
        weights={"a": 0.5, "b": 0.5}, kpis={"a": direction, "b": "up"}, zero=zero,
    )  # fmt: skip
    part = found.parts.set_index("kpi").loc["a"]
    assert part["note"] == note
    total = found.totals.iloc[0]
    if capped is None:
        assert np.isnan(part["capped"]) and np.isnan(part["weight"])
        assert total["missing"] == "a" and total["weight_used"] == 0.5
        assert total["score"] == 1.0 and (total["low"], total["high"]) == (0.5, 1.1)
        assert total["variant"].endswith("missing_left_out")
    else:
        assert part["capped"] == capped
        assert total["score"] == pytest.approx(0.5 * capped + 0.5)


def test_a_range_with_bounds_needs_no_target():
    kpis = {"rd": {"direction": "range", "low": 0.02, "high": 0.08}}
    for actual, share in ((0.05, 1.0), (0.01, 0.5), (0.16, 0.5)):
        card = scorecard(rows({"rd": actual}), rows({}), weights={"rd": 1}, kpis=kpis)
        assert card.totals["score"].iloc[0] == pytest.approx(share)


def test_zero_targets_can_be_refused():
    with pytest.raises(KamkitError) as error:
        scorecard(rows({"a": 5}), rows({"a": 0}), weights={"a": 1}, kpis={"a": "up"}, zero="refuse")
    assert codes(error) == {"zero_target"}
    rule = {"a": {"direction": "up", "zero_rule": "met_if_zero", "cap": 2.0}}
    assert scorecard(rows({"a": 5}), rows({"a": 0}), weights={"a": 1}, kpis=rule).totals[
        "score"
    ].tolist() == [1.0]
    assert scorecard(rows({"a": 5}), rows({"a": 1}), weights={"a": 1}, kpis=rule).totals[
        "score"
    ].tolist() == [2.0]


def test_kinds_of_period_are_never_mixed():
    year = rows({"a": 4.0})
    both = pd.concat([year, rows({"a": 1.0}, period="2026Q1")])
    options = {"weights": {"a": 1}, "kpis": {"a": "up"}}
    with pytest.raises(KamkitError) as error:
        scorecard(both, both, **options)
    assert codes(error) == {"mixed_periods"}
    with pytest.raises(KamkitError) as error:
        scorecard(year, rows({"a": 1.0}, period="2026Q1"), **options)
    assert codes(error) == {"mixed_periods"}
    assert scorecard(both, both, kind="quarter", **options).totals["period"].tolist() == ["2026Q1"]
    with pytest.raises(KamkitError) as error:
        scorecard(rows({"a": 1.0}, period="spring"), year, **options)
    assert codes(error) == {"unknown_period"}
    names = ["2026", "2026H2", "2026Q4", "2026-12", "2026-13", "2026Q5", "Q1", None]
    kinds = ["year", "half", "quarter", "month", "", "", "", ""]
    assert [period_kind(name) for name in names] == kinds


def test_empty_and_dirty():
    options = {"weights": {"a": 1}, "kpis": {"a": "up"}}
    card = scorecard(rows({}), rows({}), **options)
    assert card.parts.empty and card.totals.empty and "score" in card.totals
    dirty = pd.concat([rows({"a": 1.0}), rows({"a": 2.0})]).astype({"value": object})
    dirty.iloc[1, dirty.columns.get_loc("value")] = "many"
    with pytest.raises(KamkitError) as error:
        scorecard(dirty, rows({"a": 1.0}), **options)
    assert codes(error) == {"duplicate_key", "not_a_number"}
    for bad in ({}, {"a": -1.0}, {"a": np.nan}, {"a": 0.0}):
        with pytest.raises(KamkitError) as error:
            scorecard(rows({}), rows({}), weights=bad, kpis={"a": "up"})
        assert codes(error) == {"bad_weight"}
    nobody = scorecard(rows({"a": 1.0}), rows({}), **options).totals.iloc[0]
    assert np.isnan(nobody["score"]) and nobody["variant"] == "too_little_data"
    before = rows({"a": 1.0})
    kept = before.copy()
    scorecard(before, before, **options)
    pd.testing.assert_frame_equal(before, kept)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_and_unit_of_weights_change_nothing(seed):
    rng = np.random.default_rng(seed)
    names, people = ["a", "b", "c"], [f"M{i}" for i in range(5)]
    frames = []
    for _ in range(2):
        figures = rng.lognormal(0, 0.3, (len(people), len(names)))
        frame = pd.concat(
            [rows(dict(zip(names, row, strict=True)), m)
             for m, row in zip(people, figures, strict=True)]
        )  # fmt: skip
        frames.append(frame[rng.random(len(frame)) < 0.8])
    values, targets = frames
    weights = dict(zip(names, rng.dirichlet([1, 1, 1]), strict=True))
    kpis = dict(zip(names, ["up", "down", "range"], strict=True))
    one = scorecard(values, targets, weights=weights, kpis=kpis)
    many = {k: 100 * w for k, w in weights.items()}
    other = scorecard(
        values.sample(frac=1, random_state=1), targets.sample(frac=1, random_state=2),
        weights=many, kpis=kpis,
    )  # fmt: skip
    drop = ["variant"]
    pd.testing.assert_frame_equal(one.totals.drop(columns=drop), other.totals.drop(columns=drop))
    pd.testing.assert_frame_equal(one.parts, other.parts)
    known = one.totals.dropna(subset=["score"])
    assert (known["low"] <= known["score"] + 1e-9).all()
    assert (known["score"] <= known["high"] + 1e-9).all()
    assert (known["score"] >= 0).all() and (known["score"] <= 1.2 + 1e-9).all()


def test_attainment_by_period():
    values = pd.concat([rows({"sales": v}, period=q) for v, q in ((90, "2026Q1"), (0, "2026Q2"))])
    targets = pd.concat(
        [rows({"sales": v}, period=q) for v, q in ((100, "2026Q1"), (100, "2026Q2"), (5, "2026Q3"))]
    )
    plain = attainment(values, targets, "sales")
    assert plain["attainment"].fillna(-1).tolist() == [0.9, 0.0, -1]
    assert plain["note"].tolist() == ["", "", "no_actual"]
    log = attainment(values, targets, "sales", scale="log")
    assert log["attainment"].iloc[0] == pytest.approx(np.log(0.9))
    assert log["note"].tolist() == ["", "not_positive", "no_actual"]
    with pytest.raises(KamkitError) as error:
        attainment(values, targets, "sales", scale="square", direction="left")
    assert len(error.value.problems) == 2
    assert attainment(values.head(0), targets.head(0), "sales").empty


def test_better_never_counts_for_less():
    x = np.linspace(0.1, 3, 30)
    assert (np.diff(attainment_of(x, 1.0, "up")) > 0).all()
    assert (np.diff(attainment_of(x, 1.0, "down")) < 0).all()
    assert attainment_of(x, 1.0, "range").max() <= 1
