"""Charts of multi-criteria selection: parts, marks, glyphs in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.charts.criteria import (
    plot_ahp,
    plot_contributions,
    plot_rank_acceptability,
    plot_switch_points,
)
from kamkit.charts.theme import to_svg
from kamkit.methods.selection import (
    ahp,
    criteria_scores,
    rank_acceptability,
    selection_criteria,
    switch_points,
    weight_lines,
)

LANGS = ("zh", "en")


def ratings(criteria: list[str], accounts: int = 10) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [(f"a{i}$", c, float(rng.integers(2, 6))) for i in range(accounts) for c in criteria]
    return pd.DataFrame(rows, columns=["account_id", "criterion", "score"])


@pytest.fixture(scope="module")
def scored():
    names = ["solvency", "cultural_fit", "own_criterion", "market_leader"]
    table = ratings(names)
    table = table[~((table["account_id"] == "a1$") & (table["criterion"] == "cultural_fit"))]
    twin = table[table["account_id"] == "a2$"].assign(account_id="twin")
    spec = pd.DataFrame({"criterion": names, "weight": [4, 3, 2, 1]})
    return criteria_scores(pd.concat([table, twin]), spec)


@pytest.mark.parametrize("lang", LANGS)
def test_contributions_add_up_in_the_picture(scored, lang):
    fig = plot_contributions(scored.contributions, lang=lang, scores=scored.scores)
    axes = fig.axes[0]
    ends: dict[float, float] = {}
    for bar in axes.patches:
        y = round(bar.get_y() + bar.get_height() / 2, 3)
        ends[y] = max(ends.get(y, 0.0), bar.get_x() + bar.get_width())
    assert sorted(ends.values(), reverse=True) == pytest.approx(scored.scores["score"].tolist())
    assert len({bar.get_hatch() for bar in axes.patches}) == 4
    tie = {"zh": "并列", "en": "tied"}[lang]
    tied = scored.scores["tie_group"].notna().sum()
    assert tied >= 2
    assert sum(tie in a.get_text() for a in axes.texts) == tied
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_many_criteria_are_grouped(lang):
    spec = selection_criteria("list_1_2")
    found = criteria_scores(ratings(spec["criterion"].tolist()), spec)
    fig = plot_contributions(found.contributions, lang=lang, scores=found.scores)
    assert len(fig.legends[0].get_texts()) == 3
    own = [f"k{i}" for i in range(12)]
    other = criteria_scores(ratings(own), pd.DataFrame({"criterion": own, "weight": 1.0}))
    fig = plot_contributions(other.contributions, lang=lang, scores=other.scores)
    assert len(fig.legends[0].get_texts()) == 8
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_acceptability_dots_and_cut(scored, lang):
    found = rank_acceptability(scored.values, scored.weights, k=3, draws=500)
    fig = plot_rank_acceptability(found.accounts, lang=lang)
    dots = [line for line in fig.axes[0].lines if line.get_marker() in ("o", "s")]
    shares = [float(dot.get_xdata()[0]) for dot in dots]
    assert shares == pytest.approx(found.accounts["member_share"].tolist())
    inside = [dot.get_marker() == "o" for dot in dots]
    assert inside == found.accounts["in_top_k"].tolist()
    to_svg(fig)
    near = plot_rank_acceptability(found.accounts, lang=lang, limit=5)
    assert len(near.axes[0].get_yticks()) == 5


@pytest.mark.parametrize("lang", LANGS)
def test_switch_points_are_circled(scored, lang):
    switches = switch_points(scored.values, scored.weights, k=3)
    key = switches.loc[switches["nearest"], "criterion"].iloc[0]
    lines = weight_lines(scored.values, scored.weights, key)
    fig = plot_switch_points(lines, lang=lang, switches=switches)
    circles = [line for line in fig.axes[0].lines if line.get_markersize() == 13]
    expected = switches[(switches["criterion"] == key) & switches["switch_weight"].notna()]
    assert len(circles) == len(expected)
    to_svg(fig)


@pytest.mark.parametrize("lang", LANGS)
def test_ahp_says_whether_it_is_accepted(lang):
    pairs = pd.DataFrame(
        {"first": ["solvency", "solvency", "fit"], "second": ["fit", "x", "x"], "value": [5, 1, 5]}
    )
    found = ahp(pairs)
    fig = plot_ahp(found.weights, lang=lang, summary=found.summary, triads=found.triads)
    assert {"zh": "矛盾", "en": "contradict"}[lang] in fig.heading
    to_svg(fig)
    two = ahp(pairs.head(1))
    fine = plot_ahp(two.weights, lang=lang, summary=two.summary, triads=two.triads)
    assert {"zh": "判断一致", "en": "consistent"}[lang] in fine.heading
    to_svg(fine)


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_ranked_says_so(lang):
    spec = pd.DataFrame({"criterion": ["a"], "weight": [1.0]})
    found = criteria_scores(pd.DataFrame({"account_id": [], "criterion": [], "score": []}), spec)
    empty = rank_acceptability(found.values, found.weights, k=2)
    lines = weight_lines(found.values, found.weights, "a")
    for fig in (
        plot_contributions(found.contributions, lang=lang, scores=found.scores),
        plot_rank_acceptability(empty.accounts, lang=lang),
        plot_switch_points(lines, lang=lang),
    ):
        assert fig.alt
        to_svg(fig)
