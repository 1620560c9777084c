"""Service-level matrix: exact, with a floor, within limits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.service import account_tiers, service_case, service_matrix, service_uptake
from kamkit.methods.service.plan import build_cells, floor_levels, solve_plan, wanted_levels
from kamkit.schemes import load_scheme, load_service_scheme

SCHEME = load_service_scheme()


def who(*counts: int) -> pd.DataFrame:
    tiers = [t for t, n in zip(SCHEME.tier_ids, counts, strict=False) for _ in range(n)]
    return pd.DataFrame({"account_id": [f"A{i}" for i in range(len(tiers))], "tier": tiers})


def test_without_a_limit_everybody_gets_what_was_meant() -> None:
    found = service_matrix(who(2, 3, 4, 5), draws=0)
    assert (found.matrix["allowed"] == found.matrix["wanted"]).all() and found.gives.empty
    m = found.measures.set_index("measure")
    assert m.loc["cost_allowed", "value"] == m.loc["cost_wanted", "value"]
    assert m.loc["hours_allowed", "value"] == 2 * 240 + 3 * 120 + 4 * 40 + 5 * 8
    assert m.loc["budget_short", "variant"] == "no_limit"


def test_choice_is_the_best_of_all() -> None:
    """Every plan of two dimensions and two tiers tried out by hand."""
    from dataclasses import replace

    small = replace(
        SCHEME, tiers=SCHEME.tiers[:2],
        dimensions=tuple(d for d in SCHEME.dimensions if d.id in ("visits", "product")),
    )  # fmt: skip
    counts = {"tier_1": 2, "tier_2": 3}
    cells = build_cells(small, counts)
    weights = np.where(cells.tier == 0, 3.0, 1.0)
    floors, wanted = floor_levels(small), wanted_levels(small)
    for budget in (2_500, 20_000, 60_000, 110_000, 150_000):
        best = np.inf
        ranges = [range(floors[d, t], wanted[d, t] + 1) for d in range(2) for t in range(2)]
        for plan in product(*ranges):
            levels = np.array(plan).reshape(2, 2)
            if (levels[:, 0] < levels[:, 1]).any() or cells.used(levels, "cost") > budget:
                continue
            best = min(best, float((weights * cells.shortfall)[cells.mask(levels)].sum()))
        found = solve_plan(cells, {"cost": budget}, weights)
        assert found is not None
        assert float((weights * cells.shortfall)[cells.mask(found)].sum()) == pytest.approx(best)
        assert cells.used(found, "cost") <= budget


def test_top_first_keeps_the_top_whole_as_long_as_the_money_lasts() -> None:
    found = service_matrix(who(4, 5, 26, 60), budget=600_000, draws=5)
    top = found.matrix[found.matrix["tier"] == "tier_1"]
    assert (top["given_up"] == 0).all() and len(found.gives)
    weighted = service_matrix(who(4, 5, 26, 60), budget=600_000, rule="weighted", draws=0)
    assert weighted.gives["dimension"].tolist() == ["product"]
    assert found.curve["cost_allowed"].le(found.curve["budget"] + 1e-6).all()
    assert found.curve["worth_kept"].iloc[-1] == 1


def test_floor_that_does_not_fit_is_said_not_hidden() -> None:
    found = service_matrix(who(1, 0, 0, 10), budget=1_000, hours=5, draws=0)
    m = found.measures.set_index("measure")["value"]
    assert m["plan_feasible"] == 0 and m["budget_short"] == 11 * 400 - 1_000
    assert m["hours_short"] == 11 * 8 - 5
    assert (found.matrix["allowed"] == found.matrix["floor"])[found.matrix["accounts"] > 0].all()


def test_hours_limit() -> None:
    found = service_matrix(who(2, 2, 2, 2), hours=400, draws=0)
    assert found.measures.set_index("measure").loc["hours_allowed", "value"] <= 400


def test_empty_one_row_and_dirty() -> None:
    nobody = service_matrix(who(), budget=0, draws=2)
    assert nobody.measures["variant"].iloc[1] == "too_little_data" and nobody.gives.empty
    one = service_matrix(who(0, 0, 0, 1), budget=1e6, draws=2)
    assert one.measures.set_index("measure").loc["service_accounts", "value"] == 1
    with pytest.raises(KamkitError) as caught:
        rows = pd.DataFrame({"account_id": ["A", "A"], "tier": ["gold", "tier_1"]})
        service_matrix(rows)
    assert {p.code for p in caught.value.problems} == {"not_allowed", "duplicate_key"}
    for wrong in ({"rule": "loudest"}, {"budget": -1.0}, {"spread": 2.0}):
        with pytest.raises(KamkitError):
            service_matrix(who(1), **wrong)


def test_order_of_rows_does_not_matter() -> None:
    rows = who(2, 3, 4, 5)
    one = service_matrix(rows, budget=300_000, draws=4)
    two = service_matrix(rows.sample(frac=1, random_state=1), budget=300_000, draws=4)
    for name in ("matrix", "tiers", "gives", "curve", "measures"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.integers(0, 900_000),
       st.sampled_from(["top_first", "weighted"]))  # fmt: skip
def test_any_plan_keeps_floor_order_and_limit(counts: list[int], budget: int, rule: str) -> None:
    found = service_matrix(who(*counts), budget=budget, rule=rule, draws=0)
    feasible = found.measures["value"].iloc[0] == 1
    for dimension in SCHEME.dimensions:
        ids = dimension.level_ids
        mine = found.matrix[found.matrix["dimension"] == dimension.id]
        places = [ids.index(level) for level in mine["allowed"]]
        assert places == sorted(places, reverse=True) and places[-1] >= ids.index(dimension.floor)
    cost = found.measures.set_index("measure").loc["cost_allowed", "value"]
    assert cost <= budget + 1e-6 or not feasible


def test_tiers_from_classes() -> None:
    rows = pd.DataFrame({"account_id": list("abc"), "member": ["strategic", None, "general"]})
    found = account_tiers(rows, load_scheme("elevator"))
    assert found["tier"].tolist() == ["tier_1", "tier_4"]
    with pytest.raises(KamkitError):
        account_tiers(rows.assign(member="gold"), load_scheme("elevator"))


def test_uptake_against_what_is_meant() -> None:
    used = pd.DataFrame({
        "account_id": ["A0", "A1", "A2", "A2", "A0"], "year": [2025, 2025, 2025, 2025, 2024],
        "service": ["training", "training", "training", "gala", "consulting"],
        "uses": [2, 0, 3, None, 9], "cost": [100.0, None, 50.0, None, 1.0],
    })  # fmt: skip
    tiers = pd.DataFrame({"account_id": ["A0", "A1", "A2"],
                          "tier": ["tier_1", "tier_2", "tier_4"]})  # fmt: skip
    found = service_uptake(used, tiers, year=2025)
    row = found.services.set_index(["service", "tier"]).loc[("training", "all")]
    assert (row["entitled"], row["users"], row["outside"], row["uses"]) == (2, 1, 1, 5)
    assert row["cost_per_use"] == 30 and 0 < row["low"] < 0.5 < row["high"] < 1
    gala = found.services.set_index(["service", "tier"]).loc[("gala", "all")]
    assert gala["entitled"] == 3 and gala["uses_unknown"] == 1 and np.isnan(gala["cost_per_use"])
    gaps = found.gaps.set_index(["service", "account_id"])["uptake_gap"].to_dict()
    assert gaps[("training", "A1")] == "unused" and gaps[("training", "A2")] == "outside"
    assert ("consulting", "A0") not in gaps
    plan = service_matrix(tiers, budget=1_200.0, draws=0).matrix
    none = service_uptake(used, tiers, year=2025, plan=plan).services
    assert none.set_index(["service", "tier"]).loc[("training", "all"), "entitled"] == 0
    with pytest.raises(KamkitError):
        service_uptake(pd.concat([used, used]), tiers, year=2025)
    empty = service_uptake(used.iloc[:0], tiers, year=2025)
    assert empty.services["users"].eq(0).all() and empty.gaps.empty


def test_case_of_a_slider_is_the_plan_itself() -> None:
    tiers = who(2, 3, 4, 5)
    for rule in ("top_first", "weighted"):
        whole = service_matrix(tiers, budget=90_000.0, rule=rule, draws=0)
        quick = service_case(tiers, budget=90_000.0, rule=rule)
        pd.testing.assert_frame_equal(quick.matrix, whole.matrix)
        pd.testing.assert_frame_equal(quick.gives, whole.gives)
        assert quick.curve.empty and len(whole.curve) > 1


def test_without_a_floor_the_least_costs_less_and_lower_tiers_give() -> None:
    tiers = who(2, 3, 4, 5)
    with_floor = service_case(tiers, budget=20_000.0)
    without = service_case(tiers, budget=20_000.0, floor=False)
    least = [m.measures.set_index("measure").value["cost_floor"] for m in (with_floor, without)]
    assert least[1] < least[0]
    lowest = [m.tiers.set_index("tier").cost_allowed["tier_4"] for m in (with_floor, without)]
    assert lowest[1] <= lowest[0]
    assert SCHEME.dimensions[0].floor == "shared_desk"


def test_case_without_accounts_is_defined() -> None:
    nobody = pd.DataFrame({"account_id": [], "tier": []})
    found = service_case(nobody, budget=0.0, floor=False).measures.set_index("measure")
    assert found.loc["plan_feasible", "value"] == 1.0 and found.loc["cost_allowed", "value"] == 0.0
