"""Yearly reclassification and its approval."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import classify, reclassification
from kamkit.schemes import load_scheme

SCHEME = load_scheme("elevator")


def basis(sales):
    ids = [f"A{i}" for i in range(len(sales))]
    return pd.DataFrame({"account_id": ids, "sales": sales, "rating:industry_level": 3.0})


def test_moves_name_the_condition_that_changed():
    before, after = basis([4e6, 6e6, 6e6]), basis([6e6, 4e6, 7e6])
    old = classify(before, SCHEME)[["account_id", "member"]]
    found = reclassification(old, classify(after, SCHEME), after, scheme=SCHEME, before=before)
    moves = found.moves
    assert moves["direction"].tolist() == ["up", "down", "same"]
    assert moves["changed"].tolist() == ["+mid_sales", "-mid_sales", ""]
    assert moves["why"].tolist() == ["conditions", "conditions", "no_change"]
    assert moves["approval"].tolist() == ["blocked_no_reason"] * 2 + ["not_needed"]
    assert found.flow["n"].sum() == 3


def test_approval_needs_reason_approver_and_day():
    old = pd.DataFrame({"account_id": list("abc"), "member": "main"})
    new = pd.DataFrame({"account_id": list("abc"), "member": "key", "status": "classified"})
    decided = pd.DataFrame(
        {"account_id": list("abc"), "reason": ["won the frame contract", "same", " "],
         "approver_id": ["M1", None, "M1"], "approved_on": ["2026-01-31", None, "2026-01-31"]}
    )  # fmt: skip
    found = reclassification(old, new, scheme=SCHEME, decisions=decided)
    assert found.moves["approval"].tolist() == ["approved", "needs_approver", "blocked_no_reason"]


def test_entered_left_relabelled_and_open():
    old = pd.DataFrame({"account_id": ["gone", "gold", "open"], "member": ["main", "vip", "key"]})
    new = pd.DataFrame(
        {"account_id": ["gold", "open", "fresh", "vague"], "member": ["key", "", "main", ""],
         "status": ["classified", "open", "classified", "open"]}
    )  # fmt: skip
    moves = reclassification(old, new, scheme=SCHEME).moves.set_index("account_id")
    assert moves["direction"].to_dict() == {
        "gone": "left", "gold": "relabelled", "open": "undecided", "fresh": "entered",
        "vague": "entered",
    }  # fmt: skip
    assert moves.loc[["open", "vague"], "approval"].tolist() == ["blocked_open"] * 2
    assert moves.loc["gold", "why"] == "class_removed"


def test_nothing_moves_against_itself():
    table = classify(basis([4e6, 6e6, 1.0]), SCHEME)
    found = reclassification(table, table, scheme=SCHEME)
    assert (found.moves["direction"] == "same").all()


def test_empty_and_dirty():
    empty = pd.DataFrame({"account_id": [], "member": [], "status": []})
    found = reclassification(empty, empty, scheme=SCHEME)
    assert found.moves.empty and found.flow.columns.tolist() == ["old", "new", "n", "direction"]
    with pytest.raises(KamkitError):
        reclassification(empty, empty.drop(columns="status"), scheme=SCHEME)


def test_of_several_years_the_latest_counts():
    old = pd.DataFrame(
        {
            "account_id": ["A", "A", "B"],
            "member": ["general", "main", "key"],
            "as_of": ["2024-03-14", "2025-03-14", "2024-03-14"],
        }
    )
    new = pd.DataFrame({"account_id": ["A"], "member": ["key"], "status": ["classified"]})
    moves = reclassification(old, new, scheme=load_scheme("elevator")).moves
    assert moves[["account_id", "old", "direction"]].values.tolist() == [
        ["A", "main", "up"],
        ["B", "key", "left"],
    ]
    undated = old.assign(as_of=None).iloc[1:]
    assert len(reclassification(undated, new, scheme=load_scheme("elevator")).moves) == 2
