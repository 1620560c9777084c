"""Sources apart, anonymity kept: what is hidden cannot be worked out from what is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.raters import multisource, self_other_gap

COLUMNS = ["ratee_id", "rater_id", "source", "competency", "score"]


def panel(peers: int, customers: int, reports: int = 0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    people = [("p", "self"), ("M", "manager")]
    for source, count in (("peer", peers), ("customer", customers), ("report", reports)):
        people += [(f"{source}{k}", source) for k in range(count)]
    rows = [
        ("p", rater, source, c, float(rng.integers(1, 6))) for rater, source in people for c in "ab"
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def cell(table: pd.DataFrame, source: str, competency: str = "a") -> pd.Series:
    found = table[(table["source"] == source) & (table["competency"] == competency)]
    return found.iloc[0]


def test_sources_stay_apart_and_small_ones_are_hidden():
    rows = panel(3, 2)
    found = multisource(rows)
    peers = rows[(rows["source"] == "peer") & (rows["competency"] == "a")]["score"]
    assert cell(found, "peer")["mean"] == pytest.approx(peers.mean())
    assert cell(found, "peer")[["n", "hidden", "variant"]].tolist() == [3, False, "enough_raters"]
    assert cell(found, "manager")["variant"] == "named_source"
    hidden = cell(found, "customer")
    assert hidden["hidden"] and np.isnan(hidden["mean"]) and hidden["n"] == 2
    assert "pooled" not in found["source"].tolist()
    shown = [cell(found, s)["mean"] for s in ("manager", "peer")]
    assert cell(found, "others")["mean"] == pytest.approx(np.mean(shown))
    both = [cell(found, "peer", c)["mean"] for c in "ab"]
    assert cell(found, "peer", "overall")["mean"] == pytest.approx(np.mean(both))


def test_hidden_sources_together():
    rows = panel(2, 2)
    found = multisource(rows)
    mine = rows[rows["source"].isin(["peer", "customer"]) & (rows["competency"] == "a")]
    assert cell(found, "pooled")["mean"] == pytest.approx(mine["score"].mean())
    assert cell(found, "pooled")["n"] == 4 and cell(found, "peer")["hidden"]
    assert "pooled" not in multisource(panel(1, 1))["source"].tolist()
    assert not multisource(rows, min_n=1)["hidden"].any()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 1000))
def test_nothing_shown_depends_on_a_single_hidden_source(peers, customers, reports, seed):
    """Change all that one hidden source said: only a pool of several sources may move."""
    rows = panel(peers, customers, reports, seed)
    before = multisource(rows)
    for source in before.loc[before["hidden"], "source"].unique():
        other = rows.assign(score=np.where(rows["source"] == source, 6 - rows["score"],
                                           rows["score"]))  # fmt: skip
        after = multisource(other)
        pool = before["source"].isin(["pooled", "others"])
        fixed = before[~pool] if "pooled" in before["source"].tolist() else before
        pd.testing.assert_frame_equal(fixed, after.loc[fixed.index])
    pooled = before[before["source"] == "pooled"]
    assert (pooled["n"] >= 3).all()


def test_one_person_missing_in_one_point_is_not_given_away_by_the_overall():
    rows = panel(3, 0)
    rows = rows[~((rows["rater_id"] == "peer0") & (rows["competency"] == "b"))]
    found = multisource(rows)
    assert cell(found, "peer", "b")["hidden"]
    assert cell(found, "peer", "overall")["mean"] == cell(found, "peer", "a")["mean"]


def test_intervals_borrow_the_spread_of_raters():
    panels = [panel(4, 0, seed=s).assign(ratee_id=f"x{s}") for s in range(5)]
    rows = pd.concat(panels, ignore_index=True)
    rows.loc[rows["source"] == "self", "rater_id"] = rows["ratee_id"]
    found = multisource(rows)
    peers = found[(found["source"] == "peer") & (found["competency"] != "overall")]
    width = (peers["high"] - peers["low"]).round(9)
    assert width.nunique() == 1 and width.iloc[0] > 0
    cells = rows[rows["source"] == "peer"].groupby(["ratee_id", "competency"])["score"]
    sd = np.sqrt(cells.var().mean())
    assert width.iloc[0] == pytest.approx(2 * 2.1314 * sd / 2, rel=1e-3)  # t of 15 df, n 4
    assert found.loc[found["source"] == "manager", "low"].isna().all()


def test_self_other_gap():
    rows = panel(4, 2)
    rows.loc[rows["source"] == "self", "score"] = 5.0
    rows.loc[rows["source"] == "peer", "score"] = [2.0, 3.0] * 4
    gaps = self_other_gap(rows)
    one = cell(gaps, "peer")
    assert one[["self_score", "others_score", "score_gap"]].tolist() == pytest.approx([5, 2, 3])
    hidden = cell(gaps, "customer")
    assert hidden["status"] == "too_little_data" and np.isnan(hidden["score_gap"])
    assert self_other_gap(rows[rows["source"] != "self"]).empty


def test_edges():
    for method in (multisource, self_other_gap):
        empty = method(pd.DataFrame(columns=COLUMNS))
        assert empty.empty and "hidden" in empty
    alone = multisource(pd.DataFrame([("p", "p", "self", "a", 4)], columns=COLUMNS))
    assert alone["mean"].tolist() == [4, 4] and alone["source"].tolist() == ["self"] * 2
    rows = panel(3, 2)
    pd.testing.assert_frame_equal(
        multisource(rows), multisource(rows.sample(frac=1, random_state=1))
    )
    for bad in (rows.drop(columns="source"), rows.assign(score="good")):
        with pytest.raises(KamkitError):
            multisource(bad)
    with pytest.raises(KamkitError):
        multisource(rows, min_n=0)
