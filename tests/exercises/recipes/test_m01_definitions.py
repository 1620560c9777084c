"""Definitions and evidence: the key follows from the schemes, recomputed here the long way."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.exercises.recipes import m01_common, m01_definitions, m01_elements, m01_talks
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import classify
from kamkit.schemes import load_scheme, scheme_ids

SEEDS = range(12)


def long_way(basis: pd.DataFrame, scheme_id: str) -> list[str]:
    """Readings by the full method, evidence columns and all."""
    table = classify(basis, load_scheme(scheme_id))
    read = {True: "yes", False: "no"}
    by = table.groupby("account_id", sort=False)["key"].agg(
        lambda k: read.get(k.max(), "undecided")
    )
    return [by[a] for a in basis["account_id"]]


@pytest.mark.parametrize("scheme", ["any_of_five", "contribution_aspects", "traits_power",
                                    "numeric_examples", "elevator", "guide"])  # fmt: skip
def test_quick_verdicts_are_those_of_the_method(scheme):
    basis = m01_definitions._basis(Draw(3)).assign(profit=range(40))
    assert scheme in scheme_ids()
    rule = m01_common.ruled(basis, load_scheme(scheme))
    found = classify(basis, load_scheme(scheme))
    known = [m or s for m, s in zip(found["member"], found["status"], strict=True)]
    assert rule.classes == known


def test_several_labels_read_as_key_if_any_does():
    basis = pd.DataFrame(
        {
            "account_id": ["A", "B"], "sales": [1.0, 9.0],
            "rating:growth_prospect": [5.0, 5.0], "rating:industry_leadership": [5.0, 1.0],
            "rating:product_dependence": [4.0, 1.0], "rating:regional_share": [1.0, 1.0],
            "rating:local_need": [1.0, 1.0],
        }
    )  # fmt: skip
    rule = m01_common.ruled(basis, load_scheme("account_types"))
    assert rule.labels == [["industry", "potential"], ["none"]]
    assert rule.readings == ["yes", "no"] == long_way(basis, "account_types")


def verdict(row: tuple) -> set[str]:
    """Yes and no of the five definitions, read off the sheet as a trainee does."""
    _, sales, rank, growing, elements, score, traits, judged = row
    votes = [elements >= 1, score >= 70, traits >= 3]
    votes.append(sales > 10_000_000 or rank <= 5 or growing["en"] == "yes")
    votes += {"significant, with a reason": [True], "not significant, with a reason": [False]}.get(
        judged["en"], []
    )
    return {"yes" if v else "no" for v in votes}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sheet_decides_who_changes_sides(seed):
    variant = m01_definitions.five_definitions(Draw(seed), None)
    flips = {p.id for p, row in zip(variant.places, variant.sheets[0].rows, strict=True)
             if verdict(row) == {"yes", "no"}}  # fmt: skip
    assert flips == set(variant.key)
    assert 4 <= len(flips) <= 8
    assert variant.words["flips_all"] >= len(flips)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_readings_of_one_sentence(seed):
    variant = m01_definitions.whose_sales(Draw(seed), None)
    for _, ours, own, east, head in variant.sheets[0].rows:
        assert (east["en"] == "key account") == (ours > 10_000_000)
        assert (head["en"] == "key account") == (own > 10_000_000)
        assert ours < own
    assert variant.words["east"] < variant.words["head"] < variant.words["n"]


@pytest.mark.parametrize("seed", SEEDS)
def test_all_five_elements_and_two_empty_ones(seed):
    variant = m01_elements.evidence(Draw(seed), None)
    proved = [accept.best for accept in variant.key.values()]
    assert proved.count("none") == 2
    assert set(proved) == {p.id for p in variant.places}
    assert (variant.words["key"], variant.words["two"]) == (8, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interview_speaks_of_every_line_but_the_unsaid(seed):
    variant = m01_talks.interview(Draw(seed), None)
    states = [accept.best for accept in variant.key.values()]
    spoken = len(states) - states.count("unsaid")
    assert len(variant.sheets[0].rows) == spoken + 2
    four = [variant.key[k].best for k in ("staged", "sourcing", "project", "buying")]
    met, against = four.count("shows"), four.count("against")
    expected = (
        "相符" if met >= 3 else "不相符" if met + four.count("unsaid") < 2
        else "部分相符" if met >= 2 and against >= 2 else "还判断不了"
    )  # fmt: skip
    assert variant.words["profile"]["zh"] == expected


def test_programme_counts_only_what_is_in_force():
    variant = m01_talks.programme(Draw(5), None)
    done = [a.best for a in variant.key.values()].count("done")
    assert variant.words["completion"]["value"] == done / 8
    assert len(variant.items) == 8
