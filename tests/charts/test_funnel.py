"""Pictures of how deals move: conversion, win rates, time, ageing, waterfall, pipeline."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from on_paper import stands_inside

import kamkit
from kamkit import charts, i18n
from kamkit.charts import theme
from kamkit.i18n import LANGUAGES
from kamkit.methods.funnel import deal_history, funnel_path, stage_conversion, win_rate
from kamkit.methods.funnel.ageing import stage_ageing
from kamkit.methods.funnel.cycle import cycle_time, outcome_curves
from kamkit.methods.funnel.period import period_review
from kamkit.methods.funnel.pipeline_concentration import pipeline_concentration
from kamkit.methods.funnel.pipeline_now import pipeline_now
from kamkit.methods.funnel.waterfall import waterfall
from kamkit.schemes import load_ladder

COMING = {"start": "2026-07-01", "end": "2026-09-30"}
LONG = "苏州工业园区星河精密仪器与电梯部件（虚构）有限责任公司"


@pytest.fixture(scope="module")
def seen() -> SimpleNamespace:
    """Every table that the charts draw, from the sample company."""
    d = kamkit.load("elevator")
    ladder = load_ladder("sample")
    h = deal_history(
        d.opportunities, d.stage_events, d.snapshots, ladder=ladder, as_of=d.config.as_of
    )
    cohort = stage_conversion(h, view="cohort")
    return SimpleNamespace(
        history=h,
        ladder=ladder,
        cohort=cohort,
        path=funnel_path(cohort),
        period=stage_conversion(h, view="period", start="2026-01-01"),
        quarters=stage_conversion(h, view="cohort", by="quarter"),
        owners=win_rate(h, by="owner_id", draws=200),
        curves=outcome_curves(h),
        cycle=cycle_time(h),
        cycles=cycle_time(h, by="source"),
        ageing=stage_ageing(h),
        now=pipeline_now(h, **COMING),
        waterfall=waterfall(h, start="2026-03-31", end="2026-06-30"),
        focus=waterfall(h, start="2026-03-31", end="2026-06-30", focus="closing_in_period"),
        concentration=pipeline_concentration(h),
        review=period_review(h, start="2026-03-31", end="2026-06-30", target=30e6),
        names={i: LONG for i in h.deals["opportunity_id"]},
    )


CHARTS: dict[str, Callable[[SimpleNamespace, str], theme.Figure]] = {
    "conversion": lambda s, lang: charts.plot_stage_conversion(
        s.cohort, lang=lang, path=s.path, ladder=s.ladder
    ),
    "conversion_period": lambda s, lang: charts.plot_stage_conversion(s.period, lang=lang),
    "conversion_groups": lambda s, lang: charts.plot_stage_conversion(s.quarters, lang=lang),
    "win_rates": lambda s, lang: charts.plot_win_rates(
        s.owners.groups, lang=lang, overall=s.owners.overall, test=s.owners.test
    ),
    "outcome": lambda s, lang: charts.plot_outcome_curves(s.curves, lang=lang),
    "cycle": lambda s, lang: charts.plot_cycle_time(
        s.cycle.curves, lang=lang, groups=s.cycle.groups
    ),
    "cycles": lambda s, lang: charts.plot_cycle_time(
        s.cycles.curves, lang=lang, groups=s.cycles.groups
    ),
    "ageing": lambda s, lang: charts.plot_ageing(
        s.ageing, lang=lang, currency="CNY", names=s.names
    ),
    "waterfall": lambda s, lang: charts.plot_waterfall(
        s.waterfall.steps, lang=lang, currency="CNY", residual=s.waterfall.residual
    ),
    "focus": lambda s, lang: charts.plot_waterfall(s.focus.steps, lang=lang, currency="CNY"),
    "pipeline": lambda s, lang: charts.plot_pipeline(
        s.now.stages, lang=lang, measures=s.now.measures, currency="CNY"
    ),
    "concentration": lambda s, lang: charts.plot_pipeline_concentration(
        s.concentration.groups, lang=lang, measures=s.concentration.measures, names=s.names
    ),
    "coverage": lambda s, lang: charts.plot_coverage(
        s.review.measures, lang=lang, past=s.review.past
    ),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_chart_says_what_and_how_sure_and_fits(name, lang, seen):
    fig = CHARTS[name](seen, lang)
    words = fig.heading + fig.alt + fig.footer
    assert fig.heading and fig.alt and "n = " in fig.footer and "{" not in words
    stands_inside(fig)
    svg = theme.to_svg(CHARTS[name](seen, lang))
    assert svg == theme.to_svg(CHARTS[name](seen, lang)) and "<desc id=" in svg


EMPTY = pd.DataFrame({"group": [], "n": [], "flag": [], "step": [], "status": [], "level": []})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_to_draw_is_a_sentence(lang):
    m = pd.DataFrame({"measure": []})
    for fig in (
        charts.plot_stage_conversion(EMPTY, lang=lang),
        charts.plot_win_rates(EMPTY, lang=lang),
        charts.plot_outcome_curves(EMPTY, lang=lang),
        charts.plot_cycle_time(EMPTY, lang=lang, groups=EMPTY),
        charts.plot_ageing(EMPTY, lang=lang),
        charts.plot_waterfall(EMPTY, lang=lang),
        charts.plot_pipeline(EMPTY, lang=lang, measures=m),
        charts.plot_pipeline_concentration(EMPTY, lang=lang, measures=m),
        charts.plot_coverage(m, lang=lang),
    ):
        assert fig.alt and fig.heading
        stands_inside(fig)


def _history(rows: int, status: str = "open", **more: object) -> object:
    frame = {
        "opportunity_id": [f"o{i}" for i in range(rows)],
        "created_on": "2026-01-05",
        "status": status,
        "stage": "quote",
        "amount": 1e6,
    }
    return deal_history(
        pd.DataFrame(frame | more), ladder=load_ladder("sample"), as_of="2026-03-31"
    )


def test_one_open_deal_is_drawn_without_invented_rates():
    h = _history(1)
    assert charts.plot_stage_conversion(stage_conversion(h, view="cohort"), lang="en").alt
    now = pipeline_now(h, **COMING)
    theme.to_svg(charts.plot_pipeline(now.stages, lang="zh", measures=now.measures))
    cycle = cycle_time(h)
    assert "empty" in charts.plot_cycle_time(cycle.curves, lang="en", groups=cycle.groups).alt
    found = pipeline_concentration(h)
    fig = charts.plot_pipeline_concentration(found.groups, lang="en", measures=found.measures)
    assert "100%" in fig.heading


def test_a_ranking_is_shown_only_where_the_test_allows_it():
    rows = [("a", 90, 10), ("b", 10, 90)]
    deals = pd.DataFrame(
        [
            {"opportunity_id": f"{g}{i}", "owner_id": g, "status": s, "closed_on": "2026-01-01"}
            for g, won, lost in rows
            for i, s in enumerate(["won"] * won + ["lost"] * lost)
        ]
    )
    found = win_rate(deals, by="owner_id", draws=200)
    fig = charts.plot_win_rates(
        found.groups, lang="en", overall=found.overall, test=found.test, names={"a": LONG}
    )
    assert "highest win rate" in fig.heading and not fig.axes[0].get_title(loc="left")
    stands_inside(fig)
    even = deals.assign(status=["won", "lost"] * 100)
    found = win_rate(even, by="owner_id", draws=200)
    fig = charts.plot_win_rates(found.groups, lang="en", overall=found.overall, test=found.test)
    assert "Not a league table" in fig.axes[0].get_title(loc="left")


def test_the_naive_curve_lies_above_the_true_one(seen):
    fig = charts.plot_outcome_curves(seen.curves, lang="en")
    naive = fig.axes[0].lines[0].get_ydata()
    assert (np.asarray(naive) >= seen.curves["won"].to_numpy() - 1e-12).all()
    last = seen.curves.iloc[-1]
    both = i18n.percent(last["naive_won"] + last["naive_lost"], "en", 0)
    assert last["naive_won"] + last["naive_lost"] > 1 and both in fig.footer


def test_the_waterfall_states_its_residual_and_both_ends(seen):
    fig = charts.plot_waterfall(
        seen.waterfall.steps, lang="zh", currency="CNY", residual=seen.waterfall.residual
    )
    steps = seen.waterfall.steps
    words = [t.get_text() for t in fig.axes[0].texts]
    for amount in steps["amount"].iloc[[0, -1]]:
        assert i18n.number(amount / 1e4, "zh", 2) in words
    assert "0.00 元，0 个" in fig.footer
    # Additions end in a point to the right, losses in one to the left; the ends are plain bars.
    inner = steps["amount"].iloc[1:-1]
    shapes = [len(c.get_paths()) for c in fig.axes[0].collections[:2]]
    assert shapes == [(inner > 0).sum(), (inner < 0).sum()]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_deals_without_any_amount_still_make_pictures(lang):
    """Nothing to scale by: deals are counted, no legend of bars that aren't there."""
    h = _history(4, created_on=["2025-11-03", "2026-01-05", "2026-02-02", "2026-02-09"],
                 amount=np.nan, stage=["quote", "quote", "needs", None])  # fmt: skip
    steps = waterfall(h, start="2025-12-31", end="2026-03-31")
    fig = charts.plot_waterfall(steps.steps, lang=lang, currency="CNY", residual=steps.residual)
    assert not fig.legends and any(t.get_text() == "+3" for t in fig.axes[0].texts)
    theme.to_svg(fig)
    now = pipeline_now(h, **COMING)
    fig = charts.plot_pipeline(now.stages, lang=lang, measures=now.measures, currency="CNY")
    assert i18n.t("chart.pipeline.no_amount", lang, bare="4") in fig.footer
    names = [t.get_text() for t in fig.axes[0].get_yticklabels()]
    assert names[-1] == i18n.t("chart.pipeline.no_stage", lang) and len(names) == 3
    stands_inside(fig)


def test_the_pipeline_is_drawn_as_the_table_has_it(seen):
    fig = charts.plot_pipeline(seen.now.stages, lang="en", measures=seen.now.measures)
    shown = [bar.get_width() for bar in fig.axes[0].patches[: len(seen.now.stages)]]
    assert shown == seen.now.stages["deals"].tolist()
    worth = seen.now.measures.set_index("measure")["value"]
    assert i18n.money(worth["open_weighted"], "", "en") in fig.heading


def test_stages_stand_in_their_order_whatever_the_table(seen):
    shuffled = seen.ageing.sample(frac=1, random_state=1)
    fig = charts.plot_ageing(shuffled, lang="en")
    first = [t.get_text().split(" ")[0] for t in fig.axes[0].get_yticklabels()]
    assert first == ["Discover", "Needs", "Solution", "Quote", "Negotiate"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_coverage_without_target_history_or_upper_limit(lang, seen):
    table = seen.review.measures
    rows = table["measure"]
    cases = {
        "no_target": table.assign(value=table["value"].mask(rows == "coverage")),
        "no_history": table.assign(
            value=table["value"].mask(rows.str.startswith("coverage_needed"))
        ),
        "no_limit": table.assign(high=table["high"].mask(rows == "coverage_needed", np.inf)),
        "enough": table.assign(value=table["value"].mask(rows == "coverage", 9.0)),
    }
    headings = set()
    for measures in cases.values():
        fig = charts.plot_coverage(measures, lang=lang, past=seen.review.past)
        stands_inside(fig)
        headings.add(fig.heading)
    assert len(headings) == len(cases)
