"""Stage conversion: resolved only, two views that are never mixed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import deal_history, exit_days, funnel_path, stage_conversion

AS_OF = pd.Timestamp("2025-12-31")


def _history(paths: list[tuple[str, ...]], stages: list[str], *, step: int = 10):
    """Deals by the stages that they passed; the last word is won, lost or open."""
    deals, events = [], []
    for i, path in enumerate(paths):
        day = pd.Timestamp("2025-01-01") + pd.Timedelta(days=i % 7)
        name = f"d{i:03}"
        for k, stage in enumerate(path[:-1]):
            events.append((name, k + 1, stage, day + pd.Timedelta(days=step * k)))
        status = path[-1]
        end = day + pd.Timedelta(days=step * (len(path) - 1)) if status != "open" else pd.NaT
        deals.append((name, day, status, end, path[-2], 10.0, f"o{i % 2}"))
    names = ["opportunity_id", "created_on", "status", "closed_on", "stage", "amount", "owner_id"]
    table = pd.DataFrame(events, columns=["opportunity_id", "seq", "stage", "entered_on"])
    return deal_history(pd.DataFrame(deals, columns=names), table, ladder=stages, as_of=AS_OF)


def _published_paths(stages: dict[str, list[int]]) -> list[tuple[str, ...]]:
    paths, names = [], list(stages)
    for k, name in enumerate(names):
        _, _, lost, still = stages[name]
        passed = tuple(names[: k + 1])
        paths += [(*passed, "lost")] * lost + [(*passed, "open")] * still
    return paths + [(*names, "won")] * stages[names[-1]][1]


@pytest.mark.parametrize("view", ["period", "cohort"])
def test_published_case(published, view):
    case = published["P-CONV"]
    stages, expected, tol = case["stages"], case["exp"], case["tol"]
    history = _history(_published_paths(stages), list(stages))
    found = stage_conversion(history, view=view)
    counts = found[["entered", "advanced", "lost", "open"]].to_numpy().tolist()
    assert counts == list(stages.values())
    assert found["rate"].tolist() == pytest.approx(expected["resolved_only"], abs=tol)
    path = funnel_path(found).set_index("measure")
    assert path.loc["path_conversion", "value"] == pytest.approx(expected["product"], abs=tol)
    assert path.loc["path_with_open", "value"] == pytest.approx(expected["naive_product"], abs=tol)
    low, high = path.loc["path_conversion", ["low", "high"]]
    assert 0 < low < expected["product"] < high < 1


def test_views_differ_where_deals_fall_back():
    history = _history([("a", "b", "a", "b", "won"), ("a", "c", "lost")], ["a", "b", "c"])
    period = stage_conversion(history, view="period").set_index("stage")
    cohort = stage_conversion(history, view="cohort").set_index("stage")
    assert period.loc["a", ["entered", "advanced", "other"]].tolist() == [3, 3, 0]
    assert period.loc["b", ["entered", "advanced", "other"]].tolist() == [2, 1, 1]
    assert cohort.loc["a", ["entered", "advanced"]].tolist() == [2, 2]
    assert cohort.loc["b", ["entered", "advanced"]].tolist() == [1, 1]
    assert cohort.loc["c", ["entered", "lost"]].tolist() == [1, 1]


def test_periods_hold_the_moves_of_their_days():
    history = _history([("a", "b", "won"), ("a", "lost"), ("a", "open")], ["a", "b"])
    found = stage_conversion(history, start="2025-01-11", end="2025-01-12").set_index("stage")
    assert found.loc["a", ["entered", "advanced", "lost", "open"]].tolist() == [0, 1, 1, 1]
    by = stage_conversion(history, by="month").set_index(["group", "stage"])
    assert by.loc[("2025-01", "a"), ["entered", "advanced", "lost", "open"]].tolist() == [
        3,
        1,
        1,
        1,
    ]
    assert by["mature"].isna().all() and set(by["variant"]) == {"period"}


def test_young_cohorts_are_marked():
    paths = [("a", "b", "won")] * 20 + [("a", "lost")] * 10
    history = _history(paths, ["a", "b"])
    assert stage_conversion(history, view="cohort")["mature"].tolist() == [True, True]
    # The cohort entered on AS_OF − 3: no deal has had the time that nine in ten stays take.
    young = history.deals.tail(1).assign(
        opportunity_id="z", status="open", created_on=AS_OF - pd.Timedelta(days=3), closed_on=pd.NaT
    )
    deals = pd.concat([history.deals, young]).astype({"stage": "str"})
    ids = history.deals["opportunity_id"].loc[history.stays["deal"]].to_numpy()
    events = history.stays.assign(opportunity_id=ids)
    late = AS_OF - pd.Timedelta(days=3)
    more = pd.DataFrame({"opportunity_id": ["z"], "stage": "a", "entered_on": late})
    columns = ["opportunity_id", "stage", "entered_on"]
    events = pd.concat([events[columns].astype({"stage": "str"}), more])
    history = deal_history(deals, events, ladder=["a", "b"], as_of=AS_OF)
    found = stage_conversion(history, view="cohort", by="quarter").set_index(["group", "stage"])
    assert bool(found.loc[("2025Q1", "a"), "mature"])
    assert not bool(found.loc[("2025Q4", "a"), "mature"])
    assert found.loc[("2025Q4", "a"), "resolved"] == 0 and found.loc[("2025Q4", "a"), "open"] == 1


def test_without_moves_the_last_stage_tells():
    deals = pd.DataFrame(
        {"opportunity_id": list("abc"), "created_on": "2025-01-01", "amount": 1.0,
         "status": ["won", "lost", "open"], "stage": ["b", "b", "a"],
         "closed_on": ["2025-02-01", "2025-02-01", None]}
    )  # fmt: skip
    history = deal_history(deals, ladder=["a", "b"], as_of=AS_OF)
    found = stage_conversion(history, view="cohort")
    assert found[["entered", "advanced", "lost", "open"]].to_numpy().tolist() == [
        [3, 2, 0, 1],
        [2, 1, 1, 0],
    ]
    assert set(found["variant"]) == {"last_stage_only"} and found["mature"].isna().tolist()[0]
    period = stage_conversion(history)
    assert set(period["variant"]) == {"no_moves_known"} and period["rate"].isna().all()


def test_groups_and_errors():
    history = _history([("a", "won"), ("a", "lost")], ["a"])
    found = stage_conversion(history, by="owner_id").set_index("group")
    assert found["rate"].to_dict() == {"o0": 1.0, "o1": 0.0}
    names = pd.Series({"d000": "north"})
    assert stage_conversion(history, by=names)["group"].tolist() == ["north", "unknown"]
    with pytest.raises(KamkitError):
        stage_conversion(history, view="both")
    with pytest.raises(KamkitError):
        stage_conversion(history, by="nowhere")


def test_empty_history():
    empty = pd.DataFrame({"opportunity_id": [], "created_on": [], "status": []})
    history = deal_history(empty, ladder=["a", "b"], as_of=AS_OF)
    for view in ("period", "cohort"):
        found = stage_conversion(history, view=view)
        assert found["rate"].isna().all() and found["n"].sum() == 0
        assert funnel_path(found)["variant"].iloc[0] == "too_little_data"


def test_exit_days_are_those_of_kaplan_and_meier():
    from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles

    data = kamkit.load("elevator")
    order = data.stage_events.groupby("stage")["seq"].median().sort_values().index
    history = deal_history(
        data.opportunities, data.stage_events, ladder=list(order), as_of=data.config.as_of
    )
    stays = history.stays
    curve = kaplan_meier(
        stays["days"], stays["left_on"].notna(), group=stays["stage"].astype("str")
    )
    expected = survival_quantiles(curve, [0.9]).set_index("group")["days"].reindex(order)
    assert exit_days(history, 0.9).tolist() == expected.tolist()


WORDS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5)
PATHS = st.lists(
    st.tuples(WORDS, st.sampled_from(["won", "lost", "open"])), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(PATHS)
def test_rates_are_shares_and_everything_that_entered_is_somewhere(paths):
    history = _history([(*stages, end) for stages, end in paths], ["a", "b", "c"])
    for view in ("period", "cohort"):
        found = stage_conversion(history, view=view)
        known = found.dropna(subset=["rate"])
        assert ((known["low"] <= known["rate"]) & (known["rate"] <= known["high"])).all()
        assert known["low"].ge(0).all() and known["high"].le(1).all()
        parts = found[["advanced", "lost", "open", "other"]].sum(axis=1)
        assert np.array_equal(parts, found["entered"])
