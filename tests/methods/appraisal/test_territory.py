"""Results given the territory: the published fits, refusals, and mix adjustment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import mix_adjusted, territory_adjusted

COLUMNS = ["sales", "time", "potential", "advert", "share", "change", "accounts", "workload"]
ALL = dict.fromkeys(COLUMNS, "allowed")


@pytest.fixture
def cravens(published) -> pd.DataFrame:
    table = pd.DataFrame(published["P-TERR"]["rows"], columns=[*COLUMNS, "rating"])
    table.insert(0, "member_id", [f"T{i:02d}" for i in range(1, len(table) + 1)])
    return table


def adjusted(table: pd.DataFrame, *factors: str, **options: object):
    results = table[["member_id", "sales"]].rename(columns={"sales": "actual"})
    return territory_adjusted(results, table[["member_id", *factors]], **options)


@pytest.mark.parametrize(
    ("case", "factors"),
    [
        ("sales_on_accounts", ["accounts"]),
        ("sales_on_advert_accounts", ["advert", "accounts"]),
        ("sales_on_potential_advert_share_accounts", ["potential", "advert", "share", "accounts"]),
    ],
)
def test_as_published(published, cravens, case, factors):
    expected = published["P-TERR"]["exp"][case]
    found = adjusted(cravens, *factors, scale="linear", controllability=ALL)
    figure = found.measures.set_index("measure")["value"]
    assert found.coefficients["value"].tolist() == pytest.approx(expected["b"], rel=1e-3)
    assert figure["r2"] == pytest.approx(expected["R2"], abs=1e-3)
    assert figure["s"] == pytest.approx(expected["s"], rel=1e-3)
    assert found.members["residual"].sum() == pytest.approx(0, abs=1e-6)


def test_same_intervals_and_residuals_as_statsmodels(cravens):
    import statsmodels.api as sm

    found = adjusted(cravens, "potential", "workload", scale="linear")
    x = sm.add_constant(cravens[["potential", "workload"]])
    fit = sm.OLS(cravens["sales"], x).fit()
    band = fit.get_prediction(x).summary_frame(alpha=0.05)
    members = found.members
    assert members["low"].tolist() == pytest.approx(band["obs_ci_lower"].tolist())
    assert members["high"].tolist() == pytest.approx(band["obs_ci_upper"].tolist())
    theirs = fit.get_influence()
    assert members["standardised"].tolist() == pytest.approx(
        theirs.resid_studentized_external.tolist()
    )
    assert members["leverage"].tolist() == pytest.approx(theirs.hat_matrix_diag.tolist())
    assert found.coefficients["p"].tolist() == pytest.approx(fit.pvalues.tolist())


def test_what_the_person_makes_is_refused_with_its_reason(cravens):
    with pytest.raises(KamkitError) as error:
        adjusted(cravens.assign(weather=1.0), "potential", "share", "accounts", "weather")
    found = {p.column: p for p in error.value.problems}
    assert found["share"].code == found["accounts"].code == "factor_controllable"
    assert found["weather"].code == "factor_unknown" and "potential" not in found
    assert set(found["share"].details) == {"reason_zh", "reason_en"}


def test_ranks_by_raw_sales_and_given_the_territory_differ(cravens):
    found = adjusted(cravens, "potential", "workload")
    figure = found.measures.set_index("measure")["value"]
    assert figure["rank_correlation"] < 0.9
    assert (found.members["low"] < found.members["expected"]).all()
    scaled = adjusted(cravens.assign(sales=7 * cravens["sales"]), "potential", "workload")
    assert scaled.members["ratio"].tolist() == pytest.approx(found.members["ratio"].tolist())
    mixed = adjusted(cravens.sample(frac=1, random_state=2), "potential", "workload")
    pd.testing.assert_frame_equal(mixed.members, found.members)


def test_too_many_factors_too_few_people_and_dirt(cravens):
    def problems(table: pd.DataFrame, *factors: str, **options: object) -> set[str]:
        with pytest.raises(KamkitError) as error:
            adjusted(table, *factors, **options)
        return {p.code for p in error.value.problems}

    assert problems(cravens.head(9), "potential", "workload") == {"too_many_factors"}
    assert problems(cravens.assign(sales=0.0), "potential") == {"not_positive"}
    assert problems(cravens.assign(potential=-1.0), "potential") == {"not_positive"}
    assert problems(pd.concat([cravens, cravens.head(1)]), "potential") == {"duplicate_key"}
    assert problems(cravens, "potential", scale="cubic") == {"unknown_option"}
    assert problems(cravens, "sales") == {"factor_controllable"}
    twice = cravens.assign(workload=cravens["potential"] ** 2)
    assert problems(twice, "potential", "workload") == {"collinear_factors"}
    assert problems(cravens) == {"missing_column"}
    empty = adjusted(cravens.head(0), "potential")
    assert empty.members.empty and empty.measures["value"].isna().all()
    holes = cravens.assign(potential=cravens["potential"].where(cravens.index > 1))
    found = adjusted(holes, "potential")
    assert len(found.members) == 23
    assert found.quality.set_index("code").loc["incomplete", "names"] == "T01; T02"


def test_a_far_off_territory_is_named(cravens):
    far = cravens.copy()
    far.loc[0, "potential"] *= 40
    quality = adjusted(far, "potential").quality.set_index("code")
    assert quality.loc["high_leverage", "names"] == "T01"


def test_mix_adjusted_by_hand():
    frame = pd.DataFrame(
        {"member_id": list("aabb"), "segment": ["x", "y"] * 2, "actual": [8, 30, 40, 6],
         "weight": [10, 90, 60, 10]}
    )  # fmt: skip
    found = mix_adjusted(frame, kind="share")
    share = np.array([70, 100]) / 170
    by_hand = [share @ [0.8, 1 / 3], share @ [2 / 3, 0.6]]
    assert found.members["adjusted"].tolist() == pytest.approx(by_hand)
    assert found.members["covered"].tolist() == pytest.approx([1, 1])
    error = np.sqrt(share**2 @ [0.8 * 0.2 / 10, (1 / 3) * (2 / 3) / 90])
    assert found.members["se"].iloc[0] == pytest.approx(error)
    mixed = mix_adjusted(frame.sample(frac=1, random_state=4), kind="share")
    pd.testing.assert_frame_equal(found.members, mixed.members)


def test_empty_cells_are_filled_and_named():
    frame = pd.DataFrame(
        {"member_id": list("aabc"), "segment": list("xyxy"), "actual": [10.0, 5, 12, 1],
         "expected": [10.0, 10, 10, 2]}
    )  # fmt: skip
    found = mix_adjusted(frame).members.set_index("member_id")
    assert found.loc["b", "empty"] == "y" and found.loc["b", "note"] == "empty_cells"
    assert found.loc["c", "note"] == "too_little_covered" and np.isnan(found.loc["c", "adjusted"])
    team = np.array([22 / 20, 6 / 12])
    own = 12 / (10 * team[0])
    standard = np.array([20, 12]) / 32
    assert found.loc["b", "adjusted"] == pytest.approx(standard @ [1.2, team[1] * own])


def test_mix_intervals_hold():
    inside = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        size = 400
        frame = pd.DataFrame(
            {"member_id": rng.choice(list("abcd"), size), "segment": rng.choice(list("xy"), size),
             "expected": rng.uniform(1, 5, size)}
        )  # fmt: skip
        rate = frame["segment"].map({"x": 1.2, "y": 0.7})
        noise = rng.normal(0, 0.4, size) * np.sqrt(frame["expected"])
        frame["actual"] = rate * frame["expected"] + noise
        found = mix_adjusted(frame)
        share = found.cells.groupby("segment")["standard_share"].first()
        truth = 1.2 * share["x"] + 0.7 * share["y"]
        inside += found.members.eval(f"low <= {truth} <= high").tolist()
    assert 0.9 <= np.mean(inside) <= 0.99


def test_mix_refusals():
    frame = pd.DataFrame({"member_id": ["a"], "segment": ["x"], "actual": [3.0], "weight": [2.0]})
    assert mix_adjusted(frame.head(0)).members.empty
    one = mix_adjusted(frame).members.iloc[0]
    assert one["note"] == "no_variation" and one["adjusted"] == 1.5
    with pytest.raises(KamkitError) as error:
        mix_adjusted(frame, kind="share")
    assert {p.code for p in error.value.problems} == {"count_off"}
    with pytest.raises(KamkitError) as error:
        mix_adjusted(frame.assign(weight=-1.0, actual="x"))
    assert {p.code for p in error.value.problems} == {"negative_weight", "not_a_number"}
    with pytest.raises(KamkitError):
        mix_adjusted(frame, kind="other")
