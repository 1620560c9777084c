"""Every key that the raters' methods return has its words in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.raters.tables import judges, long_of, simulated

from kamkit.i18n import LANGUAGES, catalog
from kamkit.methods import raters


@pytest.fixture(scope="module")
def tables(published):
    wide = judges(published)
    rows = simulated(np.random.default_rng(1), severity=(1.5,)).assign(source="peer")
    own = rows.assign(rater_id=rows["ratee_id"], source="self").drop_duplicates(
        ["ratee_id", "competency"]
    )
    rows = pd.concat([rows, own])
    severity = raters.rater_severity(rows)
    results = pd.DataFrame({"member_id": severity.ratees["ratee_id"], "value": range(12)})
    validity = raters.rated_vs_achieved(severity.ratees, results, reliability=0.5)
    nine = pd.DataFrame({"member_id": ["a"], "performance": 3, "performance_se": 0.2,
                         "potential": 3, "potential_se": np.nan})  # fmt: skip
    found = raters.icc(wide)
    return [
        severity.raters, severity.ratees, severity.linked, severity.measures, found.forms,
        found.mean_squares, raters.rating_variance(rows), raters.raters_needed(0.5),
        *(raters.krippendorff_alpha(wide, level=s, draws=50) for s in ("nominal", "ordinal")),
        raters.cohen_kappa([1, 2, 2], [1, 2, 1]), raters.kendall_w(wide),
        raters.cohen_kappa([1, 2, 3], [1, 2, 1], weights="quadratic"),
        raters.fleiss_kappa(raters.category_counts(wide)), raters.halo(rows),
        raters.central_tendency(rows), raters.multisource(rows), raters.self_other_gap(rows),
        validity.members, validity.measures, raters.nine_box(nine),
        raters.rater_severity(long_of(wide)).raters,
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_columns_measures_variants_and_statuses(tables, lang):
    words, missing = catalog(lang), set()
    for table in tables:
        wanted = {f"column.{c}" for c in table}
        for column, section in (("measure", "measure"), ("status", "status"), ("source", "source")):
            wanted |= {f"{section}.{v}" for v in table.get(column, [])}
        for variant in table.get("variant", []):
            wanted |= {f"variant.{part}" for part in variant.split("; ")}
        missing |= wanted - set(words)
    assert missing == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_reasons_and_problems(lang):
    words = catalog(lang)
    for level in (True, False):
        for sampled in (True, False):
            choice = raters.icc_form(
                same_raters=True, level_matters=level, mean_used=True, raters_sampled=sampled
            )
            assert f"icc.{choice.reason_key}" in words
    for code in ("raters_not_linked", "rows_differ", "categories_needed", "cuts_order"):
        assert f"problem.{code}" in words and f"advice.{code}" in words
