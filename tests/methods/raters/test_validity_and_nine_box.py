"""Ratings against results, and nine cells with probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kamkit.errors import KamkitError
from kamkit.methods.raters import nine_box, rated_vs_achieved
from kamkit.methods.raters.nine_box import CELLS


def sides(n: int = 30, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids, x = [f"m{i:02d}" for i in range(n)], rng.normal(size=n)
    rated = pd.DataFrame({"ratee_id": ids, "adjusted": x})
    return rated, pd.DataFrame({"member_id": ids, "value": 0.5 * x + rng.normal(size=n)})


def test_correlations_as_in_scipy():
    rated, results = sides()
    found = rated_vs_achieved(rated, results).measures.set_index("measure")
    r = stats.pearsonr(rated["adjusted"], results["value"])
    assert found.loc["rated_achieved_r", "value"] == pytest.approx(r.statistic)
    ends = r.confidence_interval()
    assert found.loc["rated_achieved_r", ["low", "high"]].tolist() == pytest.approx(list(ends))
    rho = stats.spearmanr(rated["adjusted"], results["value"]).statistic
    assert found.loc["rated_achieved_rho", "value"] == pytest.approx(rho)


def test_correction_for_unreliability_is_a_row_of_its_own():
    rated, results = sides()
    plain = rated_vs_achieved(rated, results).measures
    found = rated_vs_achieved(rated, results, reliability=0.52, result_reliability=0.8).measures
    assert len(plain) == 2 and len(found) == 3
    row = found.set_index("measure").loc["rated_achieved_r_disattenuated"]
    assert row["value"] == pytest.approx(plain["value"].iloc[0] / np.sqrt(0.52 * 0.8))
    assert "corrected_for_unreliability" in row["variant"]


def test_validity_edges():
    rated, results = sides(5)
    few = rated_vs_achieved(rated.iloc[:3], results)
    assert few.measures["value"].isna().all()
    assert (few.measures["variant"] == "too_little_data").all() and len(few.members) == 3
    flat = rated_vs_achieved(rated.assign(adjusted=3), results).measures
    assert (flat["variant"] == "no_variance").all()
    assert rated_vs_achieved(rated.iloc[:0], results).members.empty
    mixed = rated_vs_achieved(rated.sample(frac=1, random_state=2), results)
    pd.testing.assert_frame_equal(mixed.measures, rated_vs_achieved(rated, results).measures)
    with pytest.raises(KamkitError) as error:
        rated_vs_achieved(pd.concat([rated, rated]), results)
    assert {p.code for p in error.value.problems} == {"duplicate_row"}
    with pytest.raises(KamkitError):
        rated_vs_achieved(rated, results, reliability=0.0)


def people(**columns) -> pd.DataFrame:
    row = {"performance": 3.0, "performance_se": 0.4, "potential": 3.0, "potential_se": 0.4}
    table = pd.DataFrame(row | columns, index=range(max(map(np.size, columns.values()), default=1)))
    return table.assign(member_id=[f"m{i}" for i in range(len(table))])


def test_probabilities_as_drawn():
    found = nine_box(people(performance=[3.4], potential=[2.4])).iloc[0]
    rng = np.random.default_rng(1)
    x, y = rng.normal(3.4, 0.4, 400_000), rng.normal(2.4, 0.4, 400_000)
    place = np.digitize(x, [2.5, 3.5]) * 3 + np.digitize(y, [2.5, 3.5])
    drawn = np.bincount(place, minlength=9) / len(x)
    assert found[[f"p_{c}" for c in CELLS]].tolist() == pytest.approx(drawn.tolist(), abs=0.004)
    assert found["cell"] == "middle_low" and not found["settled"]


@given(st.floats(1, 5), st.floats(1, 5), st.floats(0, 2), st.floats(0, 2))
def test_probabilities_add_up(performance, potential, a, b):
    found = nine_box(people(performance=performance, potential=potential, performance_se=a,
                            potential_se=b)).iloc[0]  # fmt: skip
    p = found[[f"p_{c}" for c in CELLS]].to_numpy(dtype=float)
    assert p.sum() == pytest.approx(1) and (p >= -1e-12).all()
    assert found["probability"] == pytest.approx(p.max())
    assert found["settled"] == (p.max() >= 0.8)


def test_lines_belong_above_and_certainty_settles():
    exact = nine_box(people(performance=[2.5, 3.5], performance_se=0.0, potential_se=0.0))
    assert exact["cell"].tolist() == ["middle_middle", "high_middle"]
    assert exact["likely_cell"].tolist() == exact["cell"].tolist()
    assert exact["settled"].all()
    wide = nine_box(people(performance=3.5, potential=3.5)).iloc[0]
    assert wide["probability"] < 0.3


def test_nine_box_edges():
    assert nine_box(people().iloc[:0]).empty
    unknown = nine_box(people(performance=[3.0, np.nan], performance_se=[np.nan, 0.4]))
    assert unknown["variant"].tolist() == ["error_unknown", "no_score"]
    assert unknown["cell"].tolist()[0] == "middle_middle" and unknown["cell"].isna().tolist()[1]
    assert unknown["probability"].isna().all() and not unknown["settled"].any()
    for bad, code in (
        ({"cuts": {"potential": (3, 3)}}, "cuts_order"),
        ({"cuts": {"luck": (1, 2)}}, "unknown_option"),
    ):
        with pytest.raises(KamkitError) as error:
            nine_box(people(), **bad)
        assert error.value.problems[0].code == code
    with pytest.raises(KamkitError) as error:
        nine_box(people(performance_se=-1.0))
    assert error.value.problems[0].code == "out_of_range"
