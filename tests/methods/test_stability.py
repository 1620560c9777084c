"""Switch points and rank acceptability: closed forms, exactness of the fast path, degeneracy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection.draws import dirichlet_concentration, weight_draws
from kamkit.methods.selection.flips import account_flips
from kamkit.methods.selection.smaa import Model, acceptability_counts
from kamkit.methods.selection.stability import rank_acceptability
from kamkit.methods.selection.switches import decision, switch_points, weight_lines


def table(rows: dict[str, list[float]]) -> pd.DataFrame:
    width = len(next(iter(rows.values())))
    frame = pd.DataFrame(list(rows.values()), columns=[f"c{j}" for j in range(width)], dtype=float)
    frame.insert(0, "account_id", list(rows))
    return frame


def random_case(seed: int, n: int = 12, m: int = 5, missing: float = 0.0):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 5, (n, m)) * 25.0
    values[rng.random((n, m)) < missing] = np.nan
    frame = table({f"a{i}": values[i].tolist() for i in range(n)})
    return frame, {f"c{j}": float(w) for j, w in enumerate(rng.dirichlet(np.ones(m)))}


def test_published_switch(published):
    case = published["P-SWITCH"]
    found = switch_points(
        table({"A": case["A"], "B": case["B"]}), {"c0": 1, "c1": 1}, pair=("A", "B")
    )
    first = found[(found["criterion"] == "c0") & found["switch_weight"].notna()]
    expected = case["exp"]["switch_w1"]
    assert first["switch_weight"].item() == pytest.approx(expected, abs=case["tol"])


def test_published_smaa(published):
    case = published["P-SMAA"]
    frame = table({"A": case["A"], "B": case["B"]})
    frame[["c0", "c1"]] *= 100
    found = rank_acceptability(frame, {"c0": 1, "c1": 1}, k=1, model="uniform", draws=40_000)
    a = found.accounts.set_index("account_id").loc["A"]
    assert a["member_share"] == pytest.approx(case["exp"]["rank1_acceptability_A"], abs=case["tol"])
    first = found.ranks[(found.ranks["account_id"] == "A") & (found.ranks["rank"] == 1)]
    assert first["share"].item() == pytest.approx(a["member_share"])
    switch = switch_points(frame, {"c0": 1, "c1": 1}, pair=("A", "B")).dropna()
    at = switch.loc[switch["criterion"] == "c0", "switch_weight"].item()
    assert at == pytest.approx(case["exp"]["switch_weight_w1"])


@pytest.mark.parametrize("missing", [0.0, 0.25])
@pytest.mark.parametrize("seed", range(6))
def test_scores_are_equal_at_a_switch_and_the_set_changes_there(seed, missing):
    frame, weights = random_case(seed, missing=missing)
    found = switch_points(frame, weights, k=4)
    base = decision(frame, weights)
    for row in found.dropna(subset=["switch_weight"]).to_dict("records"):
        lines = {}
        for shift in (-1e-4, 0.0, 1e-4):
            j = base.criteria.index(row["criterion"])
            moved = base.weights.copy()
            at = float(np.clip(row["switch_weight"] + shift, 0, 1))
            moved *= (1 - at) / (1 - moved[j])
            moved[j] = at
            again = decision(frame, dict(zip(base.criteria, moved, strict=True)))
            lines[shift] = dict(zip(again.ids, again.scores(), strict=True))
        if {row["first"], row["second"]} <= set(lines[0.0]):
            assert lines[0.0][row["first"]] == pytest.approx(lines[0.0][row["second"]], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_no_nearer_weight_changes_the_set(seed):
    frame, weights = random_case(seed + 20)
    base = decision(frame, weights)
    scores = base.scores()
    top = set(np.argsort(-scores, kind="stable")[:4])
    found = switch_points(frame, weights, k=4).set_index(["criterion", "direction"])
    for j, name in enumerate(base.criteria):
        for t in np.linspace(0, 1, 41):
            w = base.weights * (1 - t) / (1 - base.weights[j])
            w[j] = t
            at = base.filled @ w
            kept = min(at[list(top)]) >= max(at[[i for i in range(12) if i not in top]]) - 1e-9
            ends = [found.loc[(name, d), "switch_weight"] for d in ("lower", "raise")]
            low = -1 if np.isnan(ends[0]) else ends[0]
            high = 2 if np.isnan(ends[1]) else ends[1]
            if low + 1e-6 < t < high - 1e-6:
                assert kept


def test_pair_options_are_checked():
    frame, weights = random_case(1)
    for bad in ({}, {"pair": ("a0", "a1"), "k": 2}, {"k": 0}, {"pair": ("a0", "zz")}):
        with pytest.raises(KamkitError):
            switch_points(frame, weights, **bad)
    with pytest.raises(KamkitError):
        weight_lines(frame, weights, "zz")
    assert switch_points(frame.head(0), weights, k=2)["switch_weight"].isna().all()
    same = table({"A": [50, 50], "B": [50, 50]})
    tied = switch_points(same, {"c0": 1, "c1": 1}, pair=("A", "B"))
    assert (tied["variant"] == "tied_now").all()


def test_an_unrated_account_has_no_score_where_only_that_criterion_counts():
    frame = table({"A": [80, 20], "B": [np.nan, 60]})
    lines = weight_lines(frame, {"c0": 1, "c1": 1}, "c0", points=3)
    assert lines.loc[lines["account_id"] == "B", "score"].isna().tolist() == [False, False, True]
    found = switch_points(frame, {"c0": 1, "c1": 1}, pair=("A", "B"))
    raised = found[(found["criterion"] == "c0") & (found["direction"] == "raise")]
    assert raised["switch_weight"].item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_single_precision_equals_double(missing):
    frame, weights = random_case(3, n=60, m=8, missing=missing)
    task = decision(frame, weights)
    model = Model(task.weights, "dirichlet", 40.0)
    counts = acceptability_counts(task.values, model, k=10, draws=5000, seed=9, ranks=12)
    rng = np.random.default_rng(np.random.SeedSequence(9).spawn(2)[0])
    w = weight_draws(task.weights, 5000, rng, concentration=40.0)
    exact = (w @ task.filled.T) / (w @ task.known.T)
    edge = np.sort(exact, axis=1)[:, -10][:, None]
    member = (exact >= edge - 1e-9).sum(axis=0)
    assert np.abs(counts.member - member).max() <= 5
    rank = 1 + (exact[:, None, :] > exact[:, :, None] + 2e-4).sum(axis=2)
    held = np.stack([(rank == r).sum(axis=0) for r in range(1, 13)], axis=1)
    assert np.abs(counts.ranks - held).max() <= 10


def test_draws_of_every_model():
    w = np.array([0.5, 0.3, 0.2, 0.0])
    rng = np.random.default_rng(2)
    near = weight_draws(w, 20_000, rng, concentration=30.0)
    assert near.sum(axis=1) == pytest.approx(1)
    assert near.mean(axis=0) == pytest.approx(w, abs=0.01)
    assert near.std(axis=0) == pytest.approx(np.sqrt(w * (1 - w) / 31), abs=0.01)
    assert (near[:, 3] == 0).all()
    free = weight_draws(w, 20_000, rng, model="uniform")
    assert free.mean(axis=0) == pytest.approx([0.25] * 4, abs=0.01)
    order = weight_draws(w, 5000, rng, model="rank_order")
    assert (np.diff(order, axis=1) <= 0).all()
    assert order.mean(axis=0) == pytest.approx([0.52083, 0.27083, 0.14583, 0.0625], abs=0.01)
    tied = weight_draws(np.array([0.4, 0.4, 0.2]), 20_000, rng, model="rank_order")
    assert tied[:, 0].mean() == pytest.approx(tied[:, 1].mean(), abs=0.01)
    assert (tied[:, 2] <= tied[:, :2].min(axis=1)).all()


def test_identical_accounts_share_their_fate():
    frame = table({"A": [80, 60, 40], "B": [80, 60, 40], "C": [20, 90, 10], "D": [10, 10, 10]})
    found = rank_acceptability(frame, {"c0": 1, "c1": 1, "c2": 1}, k=1, draws=2000)
    by_id = found.accounts.set_index("account_id")
    assert by_id.loc["A", "member_share"] == by_id.loc["B", "member_share"]
    assert by_id.loc[["A", "B"], "in_top_k"].all()
    assert by_id.loc["A", "group"] == by_id.loc["B", "group"]
    assert by_id.loc["D", "verdict"] == "stays_out"


def test_dominance_is_certain_and_results_are_seeded():
    frame, weights = random_case(5)
    frame.loc[0, "c0":"c4"] = 100.0
    one = rank_acceptability(frame, weights, k=3, draws=3000, model="uniform")
    two = rank_acceptability(frame, weights, k=3, draws=3000, model="uniform")
    pd.testing.assert_frame_equal(one.accounts, two.accounts)
    assert one.accounts.set_index("account_id").loc["a0", "member_share"] == 1
    assert one.accounts["member_share"].sum() >= 3 - 1e-9
    rows = one.ranks.groupby("account_id")["share"].sum()
    assert (rows <= 1 + 1e-9).all()


def test_rater_errors_widen_the_doubt():
    frame, weights = random_case(8)
    errors = frame.copy()
    errors[[f"c{j}" for j in range(5)]] = 15.0
    sure = rank_acceptability(frame, weights, k=4, draws=4000)
    doubt = rank_acceptability(frame, weights, k=4, draws=4000, errors=errors)
    assert "ratings_vary" in doubt.accounts["variant"].iloc[0]
    same = "same_top_k"
    before = sure.summary.set_index("measure").loc[same, "value"]
    assert doubt.summary.set_index("measure").loc[same, "value"] <= before + 0.02
    with pytest.raises(KamkitError):
        rank_acceptability(frame, weights, k=4, errors=errors.drop(columns="c1"))


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_flips_do_flip(missing):
    frame, weights = random_case(11, n=15, missing=missing)
    k = 5
    base = decision(frame, weights)
    for row in account_flips(frame, weights, k=k).to_dict("records"):
        i = base.ids.index(row["account_id"])
        if row["weight_criterion"]:
            j = base.criteria.index(row["weight_criterion"])
            step = np.sign(row["weight_change"]) * 1e-6
            t = float(np.clip(row["weight_to"] + step, 0, 1))
            w = base.weights * (1 - t) / (1 - base.weights[j])
            w[j] = t
            if t >= 1 - 1e-5:
                continue
            moved = (base.filled @ w) / (base.known @ w)
            above = (moved > moved[i] + 1e-12).sum()
            if 0 < t < 1 and not np.isclose(moved, moved[i], atol=1e-9).sum() > 1:
                assert (above < k) != row["in_top_k"]
        if row["rating_criterion"]:
            j = base.criteria.index(row["rating_criterion"])
            values = base.filled.copy()
            values[i, j] += row["rating_change"]
            scores = (values @ base.weights) / (base.known @ base.weights)
            others = np.sort(np.delete(scores, i))[::-1]
            assert scores[i] == pytest.approx(others[k - 1], abs=1e-6)


def test_empty_one_and_too_many_places():
    frame, weights = random_case(2)
    empty = rank_acceptability(frame.head(0), weights, k=3)
    assert empty.accounts.empty
    assert empty.summary["variant"].str.startswith("too_little_data").all()
    all_in = rank_acceptability(frame.head(2), weights, k=5, draws=100)
    assert (all_in.accounts["member_share"] == 1).all()
    assert all_in.flips.empty
    single = rank_acceptability(table({"A": [40.0]}), {"c0": 1}, k=1, draws=50)
    assert single.accounts["score"].tolist() == [40.0]
    for bad in ({"k": 0}, {"k": 1, "draws": 0}, {"k": 1, "weight_cv": 9.0}, {"k": 1, "model": "x"}):
        with pytest.raises(KamkitError):
            rank_acceptability(frame, weights, **bad)


def test_concentration_means_what_it_says():
    c = dirichlet_concentration(8, 0.3)
    draws = weight_draws(np.full(8, 1 / 8), 40_000, np.random.default_rng(1), concentration=c)
    assert draws.std() / draws.mean() == pytest.approx(0.3, abs=0.01)
