"""From messy tables to stays: what is repaired is counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import DealHistory, deal_history

STAGES = ["lead", "needs", "quote", "close"]
AS_OF = "2025-12-31"


def _deals(*rows: tuple[Any, ...], **more: Any) -> pd.DataFrame:
    names = ["opportunity_id", "created_on", "status", "closed_on", "stage", "amount"]
    return pd.DataFrame(rows, columns=names).assign(**more)


def _events(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["opportunity_id", "seq", "stage", "entered_on", "left_on", "moved_to"]
    )


def _codes(history: DealHistory) -> dict[str, int]:
    return dict(zip(history.quality["code"], history.quality["n"], strict=True))


def _path(history: DealHistory, opportunity: str) -> list[tuple[Any, ...]]:
    deal = history.deals.index[history.deals["opportunity_id"] == opportunity][0]
    rows = history.stays[history.stays["deal"] == deal]
    return [(r.stage, f"{r.entered_on:%m-%d}", r.move, r.days) for r in rows.itertuples()]


def test_a_plain_path():
    deals = _deals(("a", "2025-01-01", "won", "2025-03-01", "needs", 5.0))
    events = _events(
        ("a", 1, "lead", "2025-01-01", "2025-01-11", "needs"),
        ("a", 2, "needs", "2025-01-11", "2025-03-01", "won"),
    )
    history = deal_history(deals, events, ladder=STAGES, as_of=AS_OF)
    assert history.basis == "events" and history.stages == tuple(STAGES)
    assert _path(history, "a") == [("lead", "01-01", "forward", 10), ("needs", "01-11", "won", 49)]
    assert _codes(history) == {"won_early": 1}


def test_skips_regressions_and_reopenings_are_kept_and_counted():
    deals = _deals(
        ("a", "2025-01-01", "open", None, "needs", 1.0),
        ("b", "2025-01-01", "won", "2025-06-01", "close", 1.0),
    )
    events = _events(
        ("a", 1, "lead", "2025-01-01", "2025-02-01", "quote"),
        ("a", 2, "quote", "2025-02-01", "2025-03-01", "needs"),
        ("a", 3, "needs", "2025-03-01", None, None),
        ("b", 1, "lead", "2025-01-01", "2025-02-01", "lost"),
        ("b", 2, "close", "2025-04-01", "2025-06-01", "won"),
    )
    history = deal_history(deals, events, ladder=STAGES, as_of=AS_OF)
    assert [move for _, _, move, _ in _path(history, "a")] == ["skip", "back", "open"]
    assert _path(history, "b") == [("lead", "01-01", "reopened", 31), ("close", "04-01", "won", 61)]
    codes = _codes(history)
    assert codes["skipped"] == codes["went_back"] == codes["reopened"] == 1


def test_overlap_gap_wrong_goal_and_repeats_are_mended():
    deals = _deals(("a", "2025-01-01", "lost", "2025-08-01", "quote", 1.0))
    events = _events(
        ("a", 1, "lead", "2025-01-01", "2025-02-15", "needs"),  # overlaps the next
        ("a", 2, "needs", "2025-02-01", "2025-02-20", "close"),  # gap, and not close
        ("a", 3, "quote", "2025-03-01", "2025-03-05", "quote"),
        ("a", 4, "quote", "2025-03-05", "2025-07-01", "lost"),  # another closing day
    )
    history = deal_history(deals, events, ladder=STAGES, as_of=AS_OF)
    assert _path(history, "a") == [
        ("lead", "01-01", "forward", 31),
        ("needs", "02-01", "forward", 28),
        ("quote", "03-01", "lost", 153),
    ]
    expected = {"overlap", "gap", "moved_elsewhere", "stage_repeated", "close_day_differs"}
    assert expected <= set(_codes(history))


def test_rows_that_cannot_be_used_are_counted():
    deals = _deals(("a", "2025-01-01", "open", None, "lead", 1.0))
    events = _events(
        ("a", 1, "lead", "2025-01-01", None, None),
        ("a", 2, "mystery", "2025-02-01", None, None),
        ("a", 3, "needs", "2026-02-01", None, None),
        ("a", 4, None, "2025-02-01", None, None),
        ("a", 5, "needs", None, None, None),
        ("ghost", 1, "lead", "2025-01-01", None, None),
    )
    history = deal_history(deals, events, ladder=STAGES, as_of=AS_OF)
    assert _path(history, "a") == [("lead", "01-01", "open", 364)]
    codes = _codes(history)
    for code in ("stage_unknown", "event_after_as_of", "stage_missing", "event_without_day"):
        assert codes[code] == 1
    assert codes["event_without_deal"] == 1
    shown = history.quality.set_index("code").loc["stage_unknown", "examples"]
    assert shown == "mystery"


def test_closing_rows_and_other_names_of_stages():
    deals = _deals(("a", "2025-01-01", "won", "2025-03-01", "Abschluss", 1.0))
    events = _events(
        ("a", 1, " LEAD ", "2025-01-01", None, None),
        ("a", 2, "Abschluss", "2025-02-01", None, None),
        ("a", 3, "Closed Won", "2025-03-01", None, None),
    )
    mapping = {"Abschluss": "close", "closed won": "won"}
    history = deal_history(deals, events, ladder=STAGES, as_of=AS_OF, mapping=mapping)
    assert _path(history, "a") == [("lead", "01-01", "skip", 31), ("close", "02-01", "won", 28)]
    assert set(_codes(history)) == {"skipped"}


def test_days_that_contradict_each_other():
    deals = _deals(
        ("early", "2025-05-01", "won", "2025-04-01", "close", 1.0),
        ("future", "2025-01-01", "won", "2026-04-01", "close", 1.0),
        ("dateless", "2025-01-01", "lost", None, "needs", 1.0),
        ("reopen", "2025-01-01", "open", "2025-02-01", "needs", 1.0),
        ("unborn", "2026-03-01", "open", None, "lead", 1.0),
        close_date=["2025-04-01", "2026-04-01", "2025-07-07", None, None],
    )
    history = deal_history(deals, ladder=STAGES, as_of=AS_OF)
    table = history.deals.set_index("opportunity_id")
    assert table.loc["early", "created_on"] == pd.Timestamp("2025-04-01")
    assert table.loc["future", "status"] == "open" and pd.isna(table.loc["future", "closed_on"])
    assert table.loc["dateless", "closed_on"] == pd.Timestamp("2025-07-07")
    assert table.loc["reopen", "status"] == "open" and pd.isna(table.loc["reopen", "closed_on"])
    assert "unborn" not in table.index
    wanted = {"closed_before_created", "closed_in_future", "closed_without_day"}
    assert wanted | {"open_with_closing_day", "created_after_as_of"} <= set(_codes(history))
    assert history.basis == "dates" and history.stays.empty


def test_odd_amounts_and_dead_deals_are_counted():
    deals = _deals(
        ("a", "2025-01-01", "won", "2025-02-01", "close", -5.0),
        ("b", "2024-01-01", "open", None, "lead", 0.0),
        ("c", "2025-12-30", "open", None, "lead", None),
    )
    codes = _codes(deal_history(deals, ladder=STAGES, as_of=AS_OF))
    assert codes["amount_negative"] == codes["amount_zero"] == codes["amount_missing"] == 1
    assert codes["older_than_any_closed"] == 1


def _snapshots(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["snapshot_on", "opportunity_id", "stage", "amount"])


def test_stays_from_snapshots():
    deals = _deals(
        ("old", "2024-06-01", "won", "2025-03-15", "close", 10.0),
        ("new", "2025-02-10", "open", None, "quote", 20.0),
        ("brief", "2025-02-02", "lost", "2025-02-20", "lead", 5.0),
    )
    shots = _snapshots(
        ("2025-01-31", "old", "needs", 11.0),
        ("2025-02-28", "old", "quote", 12.0),
        ("2025-02-28", "new", "lead", 19.0),
        ("2025-02-28", "gone", "lead", 7.0),
        ("2025-03-31", "new", "needs", 20.0),
    )
    history = deal_history(deals, None, shots, ladder=STAGES, as_of="2025-04-30")
    assert history.basis == "snapshots"
    assert _path(history, "old") == [
        ("needs", "01-31", "forward", 28),
        ("quote", "02-28", "forward", 15),
        ("close", "03-15", "won", 0),  # seen in the deals table only
    ]
    assert _path(history, "new") == [
        ("lead", "02-10", "forward", 49),
        ("needs", "03-31", "forward", 30),
        ("quote", "04-30", "open", 0),
    ]
    assert _path(history, "brief") == [("lead", "02-02", "lost", 18)]
    gone = history.deals.set_index("opportunity_id").loc["gone"]
    assert gone["status"] == "lost" and gone["vanished"] and gone["reason"] == "vanished"
    assert gone["closed_on"] == pd.Timestamp("2025-03-31") and gone["amount"] == 7.0
    codes = _codes(history)
    assert codes["vanished"] == codes["never_in_snapshot"] == 1
    assert codes["entered_before_first_snapshot"] == codes["moved_after_last_snapshot"] == 1


def test_snapshots_alone_make_a_history():
    shots = _snapshots(
        ("2025-01-31", "a", "lead", 1.0),
        ("2025-01-31", "b", "lead", 2.0),
        ("2025-02-28", "a", "quote", 1.5),
        ("2025-02-28", "b", "won", 2.0),
        ("2025-03-31", "a", "quote", 1.5),
        ("2025-03-31", "b", "won", 2.0),
    )
    history = deal_history(None, None, shots, ladder=STAGES, as_of="2025-03-31")
    table = history.deals.set_index("opportunity_id")
    assert table["status"].to_dict() == {"a": "open", "b": "won"}
    assert table.loc["b", "closed_on"] == pd.Timestamp("2025-02-28")
    assert _path(history, "b") == [("lead", "01-31", "won", 28)]


@pytest.mark.parametrize("company", ["elevator", "it"])
@pytest.mark.parametrize("source", ["events", "snapshots", "only_snapshots", "dates"])
def test_sample_companies(company, source):
    data = kamkit.load(company)
    ladder = list(dict.fromkeys(data.stage_events["stage"]))
    order = data.stage_events.groupby("stage")["seq"].median().sort_values()
    assert len(order) == len(ladder)
    tables = {
        "events": (data.opportunities, data.stage_events, data.snapshots),
        "snapshots": (data.opportunities, None, data.snapshots),
        "only_snapshots": (None, None, data.snapshots),
        "dates": (data.opportunities,),
    }[source]
    history = deal_history(*tables, ladder=list(order.index), as_of=data.config.as_of)
    assert history.basis == {"only_snapshots": "snapshots"}.get(source, source)
    _sound(history)
    if source == "events":
        status = data.opportunities["status"].value_counts().to_dict()
        assert history.deals["status"].value_counts().to_dict() == status
        assert len(history.stays) == len(data.stage_events)


def _sound(history: DealHistory) -> None:
    """What every history promises, whatever it was made of."""
    deals, stays, book = history.deals, history.stays, history.book
    assert deals.index.equals(pd.RangeIndex(len(deals))) and deals["opportunity_id"].is_unique
    assert deals["created_on"].is_monotonic_increasing
    assert (deals["created_on"] <= history.as_of).all()
    assert ((deals["status"] == "open") == deals["closed_on"].isna()).all()
    closed = deals["closed_on"].dropna()
    assert (closed <= history.as_of).all() and (
        closed >= deals.loc[closed.index, "created_on"]
    ).all()
    assert stays["stage"].notna().all() and (stays["days"] >= 0).all()
    assert stays["entered_on"].notna().all() and (stays["entered_on"] <= history.as_of).all()
    nxt = stays.shift(-1)
    inner = stays["deal"] == nxt["deal"]
    assert (stays.loc[inner, "left_on"] <= nxt.loc[inner, "entered_on"]).all()
    last = stays[~inner]
    status = deals["status"].loc[last["deal"]].to_numpy()
    assert (np.where(status == "open", "open", status) == last["move"].astype("str")).all()
    assert not book.duplicated(["deal", "on"]).any()
    assert set(history.quality["n"] <= max(len(deals), 1)) <= {True} or len(history.quality)
    assert set(history.quality["code"]) <= set(_catalog("deal_issue"))
    assert set(history.quality["handled"]) <= set(_catalog("handled"))


def _catalog(section: str) -> list[str]:
    from kamkit.i18n import catalog

    return [k.split(".", 1)[1] for k in catalog("en") if k.startswith(f"{section}.")]


# Shrinking tables takes minutes and a failing example says enough.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
DAYS = st.one_of(st.none(), st.dates(dt.date(2024, 12, 1), dt.date(2026, 2, 1)))
NAMES = st.sampled_from([*STAGES, "won", "lost", "mystery", None])
IDS = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def messy(draw: Any) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables with every kind of nonsense in them."""
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    status = st.sampled_from(["open", "won", "lost"])
    amount = st.sampled_from([None, 0.0, -1.0, 10.0, 25.5])
    deals = [(i, draw(DAYS), draw(status), draw(DAYS), draw(NAMES), draw(amount)) for i in ids]
    events = draw(st.lists(st.tuples(IDS, st.integers(1, 4), NAMES, DAYS, DAYS, NAMES), max_size=9))
    shots = draw(st.lists(st.tuples(DAYS, IDS, NAMES, amount), max_size=8))
    tables = _deals(*deals), _events(*events), _snapshots(*shots)
    for table in tables:
        for column in [c for c in table.columns if c.endswith("_on")]:
            table[column] = pd.to_datetime(table[column])
    return tables


@settings(max_examples=60, deadline=None, phases=QUICK)
@given(messy(), st.randoms(use_true_random=False))
def test_any_tables_give_a_sound_history_in_any_order(tables, random):
    deals, events, shots = tables
    names = [*deals["stage"], *events["stage"], *shots["stage"]]
    known = [n for n in names if n in (*STAGES, "won", "lost")]
    if any(isinstance(n, str) for n in names) and not known:
        with pytest.raises(KamkitError, match=r"(?s).*"):
            deal_history(*tables, ladder=STAGES, as_of=AS_OF)
        return
    history = deal_history(*tables, ladder=STAGES, as_of=AS_OF)
    _sound(history)
    mixed = [t.sample(frac=1, random_state=random.randrange(1000)) for t in tables]
    again = deal_history(*mixed, ladder=STAGES, as_of=AS_OF)
    for name in ("deals", "stays", "book", "quality"):
        pd.testing.assert_frame_equal(getattr(history, name), getattr(again, name))


def test_the_callers_tables_stay_as_they_were():
    deals = _deals(("a", "2025-01-01", "won", "2025-03-01", "needs", 5.0))
    events = _events(("a", 1, "lead", "2025-01-01", None, None))
    before = deals.copy(), events.copy()
    deal_history(deals, events, ladder=STAGES, as_of=AS_OF)
    pd.testing.assert_frame_equal(deals, before[0])
    pd.testing.assert_frame_equal(events, before[1])


def test_empty_tables():
    empty = _deals()
    history = deal_history(empty, _events(), _snapshots(), ladder=STAGES, as_of=AS_OF)
    assert history.deals.empty and history.stays.empty and history.book.empty
    assert history.basis == "dates" and history.quality.empty


def test_errors_name_every_problem():
    def codes(*tables: Any, **more: Any) -> set[str]:
        with pytest.raises(KamkitError) as caught:
            deal_history(*tables, **({"ladder": STAGES, "as_of": AS_OF} | more))
        return {p.code for p in caught.value.problems}

    deal = ("a", "2025-01-01", "open", None, "lead", 1.0)
    assert codes(None) == {"no_deals"}
    assert codes(_deals(deal)[["opportunity_id"]]) == {"missing_column"}
    assert codes(_deals(deal).assign(status="pending")) == {"not_allowed"}
    assert codes(_deals(deal).assign(stage="?")) == {"stages_not_in_ladder"}
    assert codes(_deals(deal), ladder=["won", "lost"]) == {"no_stages"}
    assert codes(_deals(deal), mapping={"x": "nowhere"}) == {"unknown_option"}
    two = _deals(deal, ("b", *deal[1:])).assign(currency=["CNY", "EUR"])
    assert codes(two) == {"mixed_currency"}
