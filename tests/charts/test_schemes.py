"""Pictures of classification, reclassification and self-audit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.charts.audit import plot_audit_points, plot_self_audit
from kamkit.charts.moves import plot_reclassification
from kamkit.charts.schemes import plot_class_counts, plot_crosswalk, plot_screening
from kamkit.charts.theme import to_svg
from kamkit.i18n import LANGUAGES
from kamkit.methods.selection import (
    Step,
    classify,
    crosswalk,
    reclassification,
    screen,
    self_audit,
)
from kamkit.schemes import kam_functions, load_scheme

ELEVATOR = load_scheme("elevator")


@pytest.fixture(scope="module")
def basis():
    rng = np.random.default_rng(7)
    n = 40
    return pd.DataFrame(
        {
            "account_id": [f"A{i}" for i in range(n)],
            "sales": rng.lognormal(15.6, 1, n),
            "profit": rng.normal(4e5, 6e5, n),
            "rating:industry_level": rng.choice([2.0, 3, 3, 4, np.nan], n),
            "rating:potential_need": rng.integers(1, 6, n),
        }
    )


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(7)
    points = [p.id for f in kam_functions() for p in f.points]
    rows = [(p, r, int(rng.integers(0, 5))) for p in points for r in "abc"]
    return self_audit(pd.DataFrame(rows, columns=["point", "rater_id", "score"]))


def texts(ax):
    return [t.get_text() for t in ax.texts]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_crosswalk(basis, lang):
    walk = crosswalk([classify(basis, ELEVATOR), classify(basis, load_scheme("value_tiers"))])
    fig = plot_crosswalk(walk.cells, lang=lang, pairs=walk.pairs)
    shown = [int(t) for t in texts(fig.axes[0]) if t]
    assert sum(shown) == len(basis) and "n = " in fig.footer
    turned = plot_crosswalk(walk.cells, lang=lang, a="value_tiers", b="elevator")
    assert sum(int(t) for t in texts(turned.axes[0]) if t) == len(basis)
    assert to_svg(fig) and to_svg(turned)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("scheme_id", ["elevator", "account_types", "significance"])
def test_class_counts(basis, lang, scheme_id):
    found = classify(basis, load_scheme(scheme_id))
    fig = plot_class_counts(found, lang=lang)
    widths = [p.get_width() for p in fig.axes[0].patches]
    assert sum(widths) == len(found)
    assert any(p.get_hatch() for p in fig.axes[0].patches)
    assert fig.alt and to_svg(fig)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_screening(basis, lang):
    steps = [Step("size", field="sales", at_least=5e6), Step("top", field="profit", first=3)]
    fig = plot_screening(screen(basis, steps).funnel, lang=lang, names={"size": "<$x^2$>\n规模"})
    labels = [t.get_text() for t in fig.axes[0].get_yticklabels()]
    assert labels[0].startswith("1  <\\$x^2\\$>") and to_svg(fig)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_reclassification(basis, lang):
    old = classify(basis.assign(sales=basis["sales"] * 0.6), ELEVATOR)
    old = old[old["status"] == "classified"].iloc[2:]
    found = reclassification(old, classify(basis, ELEVATOR), scheme=ELEVATOR)
    fig = plot_reclassification(found.flow, lang=lang, scheme=ELEVATOR, moves=found.moves)
    assert len(texts(fig.axes[0])) >= 6 and to_svg(fig)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_self_audit(audit, lang):
    fig = plot_self_audit(audit.functions, lang=lang)
    assert len(fig.axes[0].get_yticklabels()) == 13 and to_svg(fig)
    points = plot_audit_points(audit.points, lang=lang)
    assert sum(bool(t) for t in texts(points.axes[0])) == 31 and to_svg(points)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_rated(lang):
    empty = self_audit(pd.DataFrame({"point": [], "score": []}))
    assert to_svg(plot_self_audit(empty.functions, lang=lang))
    assert to_svg(plot_audit_points(empty.points, lang=lang))


def test_own_scheme_and_unknown_labels():
    cells = pd.DataFrame(
        {"scheme_a": ["ours"], "member_a": ["<b>gold</b>"], "scheme_b": ["theirs"],
         "member_b": ["$x$"], "n": [3]}
    )  # fmt: skip
    assert to_svg(plot_crosswalk(cells, lang="en"))
