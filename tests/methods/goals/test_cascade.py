"""Sharing out: published cases, exact sums, bounds, and every way out of a clash."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.goals import apportion, cascade, cascade_ways
from kamkit.methods.goals.bounds import Shares

UNITS = ["0.01", "0.5", "1", "25", "10000"]
weight = st.one_of(st.integers(0, 50), st.floats(1e-6, 1e6), st.just(0))


@st.composite
def sharings(draw):
    """Random totals, weights, floors, caps and units; bounds need not be whole units."""
    unit = Decimal(draw(st.sampled_from(UNITS)))
    n = draw(st.integers(1, 9))
    total = unit * draw(st.integers(0, 10**7))
    weights = {f"m{i}": draw(weight) for i in range(n)}
    scale = float(total) / n + float(unit)
    bound = st.one_of(st.none(), st.floats(0, 2.2).map(lambda f: round(f * scale, 2)))
    floors = {k: draw(bound.map(lambda v: None if v is None else v / 2)) for k in weights}
    caps = {k: draw(bound) for k in weights}
    return {"total": float(total), "weights": weights, "floors": floors, "caps": caps,
            "unit": float(unit)}  # fmt: skip


def feasible(case) -> bool:
    try:
        cascade(case["total"], **rest(case))
    except KamkitError:
        return False
    return True


def rest(case):
    return {k: v for k, v in case.items() if k != "total"}


def written_sum(values) -> Decimal:
    return sum((Decimal(repr(float(v))) for v in values), Decimal(0))


def test_allocation_as_published(published):
    case = published["P-ALLOC"]
    ids = list("abc")
    found = cascade(
        case["total"],
        dict(zip(ids, case["w"], strict=True)),
        floors=dict(zip(ids, case["lo"], strict=True)),
        caps=dict(zip(ids, case["hi"], strict=True)),
    )
    assert found.parts["target"].tolist() == case["exp"]["alloc"]
    assert found.parts["bound"].tolist() == ["cap", "none", "none"]
    assert found.rounds[["left", "held"]].values.tolist() == [[1000, "a"], [550, ""]]


@pytest.mark.parametrize("quota", ["hare", "droop"])
def test_largest_remainder_as_published(published, quota):
    case = published["P-LRM"]
    assert apportion(case["votes"], case["seats"], quota=quota) == case["exp"][quota]


@settings(max_examples=100, deadline=None)
@given(sharings())
def test_sums_are_exact_and_bounds_kept(case):
    assume(any(case["weights"].values()) and feasible(case))
    parts = cascade(case["total"], **rest(case)).parts
    assert written_sum(parts["target"]) == Decimal(repr(case["total"]))
    step = Fraction(Decimal(str(case["unit"])))
    assert parts["units"].sum() * step == Fraction(Decimal(str(case["total"])))
    assert (parts["target"] >= parts["floor"] - 1e-9).all()
    assert (parts["target"] <= parts["cap"].fillna(np.inf) + 1e-9).all()
    assert (parts["changed_by_rounding"].abs() < case["unit"]).all()
    free = parts[(parts["bound"] == "none") & (parts["weight"] > 0)]
    level = free["within_bounds"] / free["weight"]
    assert np.allclose(level, level.iloc[0] if len(level) else 0, rtol=1e-9)


@settings(max_examples=100, deadline=None)
@given(sharings())
def test_every_way_out_works_and_is_smallest(case):
    assume(any(case["weights"].values()))
    ways = cascade_ways(case["total"], **rest(case))
    assert ways.empty == feasible(case)
    for _, option in ways.groupby("option"):
        assert feasible(applied(case, option)), option
        if len(option) == 1 and option["what"].iloc[0] != "weight":
            row = option.iloc[0]
            back = -np.sign(row["change"]) * case["unit"]
            assert not feasible(applied(case, option.assign(then=row["then"] + back))), row


def applied(case, option):
    out = {**case, **{k: dict(case[k]) for k in ("weights", "floors", "caps")}}
    for row in option.itertuples():
        if row.what == "total":
            out["total"] = row.then
        else:
            out[f"{row.what}s"][row.id] = row.then
    return out


@settings(max_examples=60, deadline=None)
@given(sharings())
def test_what_an_error_names_helps(case):
    """The amounts in the message: total to the figure, or bounds changed by the shortage."""
    assume(any(case["weights"].values()))
    try:
        cascade(case["total"], **rest(case))
        return
    except KamkitError as error:
        problem = error.problems[0]
    details = problem.details
    if problem.code == "floor_above_cap":
        assert float(details["floor"]) > float(details["cap"]) - case["unit"]
        return
    assert feasible({**case, "total": float(details["needed"])})
    for name in [n for n in details["ids"].split(", ") if n]:
        key, sign = ("floors", -1) if problem.code.startswith("floors") else ("caps", 1)
        step = Decimal(str(case["unit"]))
        old = Decimal(str(case[key][name])) / step
        old = (-(-old // 1) if sign < 0 else old // 1) * step
        changed = {**case[key], name: float(old + sign * Decimal(details["short"]))}
        assert feasible({**case, key: changed})


@settings(max_examples=40, deadline=None)
@given(sharings(), st.randoms())
def test_order_of_rows_does_not_matter(case, random):
    assume(any(case["weights"].values()) and feasible(case))
    names = list(case["weights"])
    random.shuffle(names)
    shuffled = {**case, "weights": {k: case["weights"][k] for k in names}}
    one, two = (cascade(c["total"], **rest(c)).parts.set_index("id") for c in (case, shuffled))
    pd.testing.assert_frame_equal(one, two.loc[one.index])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9999), min_size=1, max_size=9), st.integers(0, 300),
       st.sampled_from(["hare", "droop"]))  # fmt: skip
def test_seats_add_up(votes, seats, quota):
    assume(sum(votes))
    found = apportion(votes, seats, quota=quota)
    assert sum(found) == seats and min(found) >= 0
    if quota == "hare":
        exact = [v / sum(votes) * seats for v in votes]
        assert all(abs(f - e) < 1 + 1e-9 for f, e in zip(found, exact, strict=True))


def test_cents_that_floats_lose():
    parts = cascade(0.3, {"a": 1, "b": 1, "c": 1}, unit=0.01).parts
    assert parts["target"].tolist() == [0.1, 0.1, 0.1]
    parts = cascade(867_790_000.01, {f"m{i:02d}": 1 for i in range(12)}, unit=0.01).parts
    assert written_sum(parts["target"]) == Decimal("867790000.01")
    assert parts["rounding_tie"].all() and parts["target"].nunique() == 2


def test_empty_one_and_weightless():
    assert cascade(0, {}).parts.empty
    assert cascade(7, {"a": 2.3e-308}).parts["target"].tolist() == [7.0]
    assert cascade(7, {"a": 3}).parts["target"].tolist() == [7.0]
    parts = cascade(10, {"a": 1, "b": 0}, floors={"b": 4}).parts
    assert parts[["target", "bound"]].values.tolist() == [[6.0, "none"], [4.0, "floor"]]
    ways = cascade_ways(10, {"a": 1, "b": 0}, caps={"a": 3})["way"].tolist()
    assert ways == ["lower_total", "raise_caps", "give_weight"]


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        (lambda: cascade(10, {"a": -1, "b": "x"}), {"out_of_range", "not_a_number"}),
        (lambda: cascade(10, {"a": None}), {"not_a_number"}),
        (lambda: cascade(10, {"a": 0}), {"no_weight_at_all"}),
        (lambda: cascade(10, {}), {"no_weight_at_all"}),
        (lambda: cascade(10.5, {"a": 1}), {"total_off_unit"}),
        (lambda: cascade("ten", {"a": 1}), {"not_a_number"}),
        (lambda: cascade(-1, {"a": 1}), {"out_of_range"}),
        (lambda: cascade(1, {"a": 1}, unit=0), {"out_of_range"}),
        (lambda: cascade(1e17, {"a": 1}), {"unit_too_fine"}),
        (lambda: cascade(1, {"a": 1}, floors={"z": 1}, caps={"y": 1}), {"unknown_part"}),
        (lambda: cascade(1, pd.Series([1, 2], index=["a", "a"])), {"duplicate_key"}),
        (lambda: cascade(10, {"a": 1}, floors={"a": 9}, caps={"a": 3}), {"floor_above_cap"}),
        (lambda: cascade(10, {"a": 1, "b": 1}, floors=6), {"floors_exceed_total"}),
        (lambda: cascade(1, {"a": 1, "b": 1, "c": 1}, floors=1), {"floors_exceed_total_together"}),
        (lambda: cascade(10, {"a": 1, "b": 1}, caps=4), {"caps_below_total"}),
        (lambda: apportion([0, 0], 3), {"no_weight_at_all"}),
        (lambda: apportion(["x"], 3, quota="d"), {"not_a_number", "unknown_option",
                                                  "no_weight_at_all"}),
    ],
)  # fmt: skip
def test_refusals(call, codes):
    with pytest.raises(KamkitError) as caught:
        call()
    assert {p.code for p in caught.value.problems} == codes


def test_many_parts_stay_exact():
    rng = np.random.default_rng(1)
    weights = {f"m{i}": w for i, w in enumerate(rng.lognormal(size=5000).round(6))}
    total = 987_654_321.37
    floors = {k: round(total / 5000 * 0.3, 2) for k in weights}
    caps = {k: round(total / 5000 * 4, 2) for k in weights}
    parts = cascade(total, weights, floors=floors, caps=caps, unit=0.01).parts
    assert written_sum(parts["target"]) == Decimal("987654321.37")
    assert set(parts["bound"]) == {"none", "floor", "cap"}


def test_fits_says_what_ways_out_says():
    shares = Shares(("a",), 3, (Fraction(1),), (4,), (2,))
    assert shares.crossed == [0] and not shares.fits
