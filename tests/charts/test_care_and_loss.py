"""Pictures of surveys, loyalty, service and retention."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from on_paper import stands_inside

import kamkit
from kamkit import charts
from kamkit.charts import theme
from kamkit.i18n import LANGUAGES, label
from kamkit.methods import relationship, retention, service
from kamkit.schemes import load_service_scheme
from kamkit.schemes.surveys import read_survey
from kamkit.tables.sample.retention import simulate_retention

HOSTILE = "<script>alert(1)</script> $x^2$ \U0001f680\n客户客户客户客户客户客户客户客户客户"


@pytest.fixture(scope="module")
def seen() -> SimpleNamespace:
    """Every table that the charts draw: the sample company, and one that loses many accounts."""
    d = kamkit.load("elevator")
    day, tables = d.config.as_of, d.filled
    answers, asked = d.survey_responses, d.survey_invitations
    last = relationship.survey_score(answers, asked, wave="2026H1")
    every = relationship.survey_score(answers, asked, wave=None)
    both = relationship.survey_score(answers, asked, wave="2026H1", side=None)
    ids = d.accounts["account_id"]
    order = load_service_scheme().tier_ids
    tiers = pd.DataFrame({"account_id": ids, "tier": [order[i % 4] for i in range(len(ids))]})
    lossy = simulate_retention(seed=3, accounts=60, years=4, loss_rate=0.2)
    score = retention.sign_count()
    test = retention.backtest_score(score, lossy.tables, as_of=lossy.as_of, threshold=2, draws=100)
    signs = retention.warning_signs(lossy.tables, as_of=lossy.as_of)
    bands = retention.risk_bands(signs, test)
    chance = bands.accounts.set_index("account_id")
    money = {"cost_of_acting": 20_000.0, "expected_loss": 900_000.0, "effect": 0.25}
    return SimpleNamespace(
        names=dict.fromkeys(ids, HOSTILE), answers=answers, day=day, tables=tables,
        last=last, every=every,
        moved=relationship.what_moved(
            relationship.survey_score(answers, asked, wave="2025H2"), last),
        trend=relationship.survey_trend(every), gap=relationship.two_sided_gap(both),
        nps=relationship.nps_by_account(answers, asked, wave="2026H1", draws=100),
        alpha=relationship.survey_reliability(answers, omega=False),
        loyalty=relationship.loyalty(d.dealer_ratings),
        exclusivity=relationship.exclusivity(d.dealer_years),
        tiers=tiers, matrix=service.service_matrix(tiers, budget=900_000.0, draws=2),
        pareto=service.complaint_pareto(d.service_cases, as_of=day, draws=100),
        costs=service.complaint_pareto(d.service_cases, as_of=day, weight="cost", draws=100),
        resolve=service.time_to_resolve(d.service_cases, as_of=day),
        kinds=service.time_to_resolve(d.service_cases, as_of=day, by="category"),
        care=service.maintenance_scorecard(d.care_plan),
        visits=service.visit_cadence(d.interactions, tiers, as_of=day),
        calm=retention.warning_signs(tables, as_of=day),
        quiet=retention.backtest_score(score, tables, as_of=day, days=["2025-06-30"], draws=50),
        signs=signs, test=test, bands=bands,
        curve=retention.retention_curve(lossy.tables, as_of=lossy.as_of),
        own_curve=retention.retention_curve(tables, as_of=day, by="industry"),
        action=retention.action_threshold(chance["past_loss_share"], low=chance["low"],
                                          high=chance["high"], **money),
        gains=retention.threshold_gains(test.cases, draws=100, **money),
        winback=retention.winback_ranking(d.winback_cases),
    )  # fmt: skip


CHARTS: dict[str, Callable[[SimpleNamespace, str], theme.Figure]] = {
    "scores": lambda s, lang: charts.plot_relationship_scores(
        s.last.accounts, lang=lang, weakest=s.last.weakest, names=s.names
    ),
    "scores_trust": lambda s, lang: charts.plot_relationship_scores(
        s.last.accounts, lang=lang, dimension="trust", limit=6
    ),
    "moved": lambda s, lang: charts.plot_what_moved(
        s.moved.effects, lang=lang, totals=s.moved.totals, names=s.names
    ),
    "alpha": lambda s, lang: charts.plot_item_reliability(
        s.alpha.items, lang=lang, measures=s.alpha.measures, warnings=s.alpha.warnings
    ),
    "trend": lambda s, lang: charts.plot_survey_trend(s.trend, lang=lang, names=s.names),
    "trend_one": lambda s, lang: charts.plot_survey_trend(
        s.trend, lang=lang, scores=s.every.accounts, account_id="A0031", names=s.names
    ),
    "sides": lambda s, lang: charts.plot_two_sides(
        s.gap.accounts, lang=lang, overall=s.gap.overall, names=s.names
    ),
    "nps": lambda s, lang: charts.plot_net_promoter(
        s.nps[0], lang=lang, overall=s.nps[1], names=s.names
    ),
    "loyalty": lambda s, lang: charts.plot_loyalty(
        s.loyalty.gaps, lang=lang, scores=s.loyalty.scores, names={"D01": HOSTILE}
    ),
    "exclusivity": lambda s, lang: charts.plot_exclusivity(
        s.exclusivity.years, lang=lang, trends=s.exclusivity.trends,
        overall=s.exclusivity.overall,
    ),
    "matrix": lambda s, lang: charts.plot_service_matrix(
        s.matrix.matrix, lang=lang, tiers=s.matrix.tiers, measures=s.matrix.measures
    ),
    "pareto": lambda s, lang: charts.plot_complaint_pareto(
        s.pareto.groups, lang=lang, measures=s.pareto.measures
    ),
    "costs": lambda s, lang: charts.plot_complaint_pareto(
        s.costs.groups, lang=lang, measures=s.costs.measures, currency="CNY"
    ),
    "resolve": lambda s, lang: charts.plot_time_to_resolve(
        s.resolve.curve, lang=lang, quantiles=s.resolve.quantiles, measures=s.resolve.measures,
        promised_days=15,
    ),
    "kinds": lambda s, lang: charts.plot_time_to_resolve(
        s.kinds.curve, lang=lang, quantiles=s.kinds.quantiles, test=s.kinds.test
    ),
    "care": lambda s, lang: charts.plot_maintenance(
        s.care.lines, lang=lang, accounts=s.care.accounts, tactics=s.care.tactics, names=s.names
    ),
    "visits": lambda s, lang: charts.plot_visits_due(
        s.visits.accounts, lang=lang, tiers=s.visits.tiers, names=s.names
    ),
    "signs": lambda s, lang: charts.plot_warning_signs(
        s.signs.accounts, lang=lang, bands=s.bands.accounts, base_rate=s.bands.measures
    ),
    "signs_alone": lambda s, lang: charts.plot_warning_signs(
        s.calm.accounts, lang=lang, names=s.names
    ),
    "bands": lambda s, lang: charts.plot_risk_bands(
        s.bands.steps, lang=lang, measures=s.bands.measures, accounts=s.bands.accounts
    ),
    "test": lambda s, lang: charts.plot_score_backtest(
        s.test.scores, lang=lang, cases=s.test.cases, calibration=s.test.calibration,
        lead_times=s.test.lead_times, verdict=s.test.verdict,
    ),
    "too_few": lambda s, lang: charts.plot_score_backtest(
        s.quiet.scores, lang=lang, cases=s.quiet.cases, calibration=s.quiet.calibration,
        lead_times=s.quiet.lead_times, verdict=s.quiet.verdict,
    ),
    "action": lambda s, lang: charts.plot_action_threshold(
        s.action, lang=lang, gains=s.gains, currency="CNY"
    ),
    "curve": lambda s, lang: charts.plot_retention_curve(
        s.curve.curve, lang=lang, measures=s.curve.measures, quality=s.curve.quality
    ),
    "curves": lambda s, lang: charts.plot_retention_curve(
        s.own_curve.curve, lang=lang, quality=s.own_curve.quality
    ),
    "winback": lambda s, lang: charts.plot_win_back(
        s.winback.cases, lang=lang, reasons=s.winback.reasons, measures=s.winback.measures,
        currency="CNY", names=s.names,
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_chart_says_what_and_how_sure_and_fits(name, lang, seen):
    fig = CHARTS[name](seen, lang)
    words = fig.heading + fig.alt + fig.footer
    assert fig.heading and fig.alt and "n = " in fig.footer and "{" not in words
    stands_inside(fig)
    svg = theme.to_svg(CHARTS[name](seen, lang))
    assert svg == theme.to_svg(CHARTS[name](seen, lang)) and "<script" not in svg


PLOTS = {
    plot: getattr(charts, f"plot_{plot}")
    for plot in (
        *("relationship_scores", "what_moved", "item_reliability", "survey_trend", "two_sides"),
        *("net_promoter", "loyalty", "exclusivity", "service_matrix", "complaint_pareto"),
        *("time_to_resolve", "maintenance", "visits_due", "warning_signs", "risk_bands"),
        *("score_backtest", "action_threshold", "retention_curve", "win_back"),
    )
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("plot", sorted(PLOTS))
def test_nothing_to_draw_is_a_sentence(plot, lang):
    fig = PLOTS[plot](pd.DataFrame(), lang=lang)
    assert fig.alt == label("chart.source.empty", lang) and fig.heading
    stands_inside(fig)


def test_scores_stand_lowest_first_and_say_who_was_silent(seen):
    fig = charts.plot_relationship_scores(seen.last.accounts, lang="en", limit=5)
    total = seen.last.accounts.query("dimension == 'total'").sort_values("score")
    rows = [t.get_text() for t in fig.axes[0].get_yticklabels()]
    assert rows == total["account_id"].head(5).tolist()
    assert "A0009" in fig.footer and "The 5 lowest of 35" in fig.footer


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_respondent_and_one_account_have_a_picture(lang):
    form = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "trust_1": [6],
                         "trust_2": [5], "satisfaction_1": [5], "satisfaction_2": [5],
                         "commitment_1": [4], "commitment_2": [6]})  # fmt: skip
    found = relationship.survey_score(form)
    fig = charts.plot_relationship_scores(found.accounts, lang=lang, weakest=found.weakest)
    stands_inside(fig)
    refused = relationship.survey_reliability(form)
    fig = charts.plot_item_reliability(refused.items, lang=lang, measures=refused.measures,
                                       warnings=refused.warnings)  # fmt: skip
    assert fig.heading == label("chart.alpha.title_refused", lang)
    stands_inside(fig)


def test_five_promoters_keep_an_interval():
    form = pd.DataFrame({"account_id": ["A"] * 5, "respondent_id": list("pqrst"),
                         "nps": [9, 10, 9, 10, 9]})  # fmt: skip
    accounts, overall = relationship.nps_by_account(form, draws=50)
    fig = charts.plot_net_promoter(accounts, lang="en", overall=overall)
    assert "+100 (+17 … +100)" in fig.heading
    stands_inside(fig)


def test_an_item_that_runs_against_the_rest_leads_the_title():
    rng = np.random.default_rng(1)
    items = pd.DataFrame(rng.normal(size=(40, 1)) + rng.normal(size=(40, 3)), columns=list("abc"))
    found = relationship.cronbach_alpha(items.assign(c=-items["c"]))
    fig = charts.plot_item_reliability(found.items, lang="en", measures=found.measures,
                                       warnings=found.warnings)  # fmt: skip
    assert fig.heading.startswith("1 items run against the rest") and "c" in fig.footer
    stands_inside(fig)


def test_effects_add_up_to_the_change_in_the_title(seen):
    effects = seen.moved.effects
    own = effects[effects["account_id"] == "A0031"]
    total = seen.moved.totals.set_index("account_id").loc["A0031", "change"]
    assert own["effect"].sum() == pytest.approx(total)
    fig = charts.plot_what_moved(effects, lang="en", account_id="A0031")
    assert f"−{abs(total):.1f}" in fig.heading


def test_a_sign_that_nobody_can_know_is_a_question_mark(seen):
    fig = charts.plot_warning_signs(seen.calm.accounts, lang="en", limit=5)
    active = seen.calm.accounts.query("status == 'active'")
    top = active.sort_values(["signs", "unknown", "account_id"], ascending=[False, False, True])
    kinds = list(read_signs())
    marks = [t.get_text() for t in fig.axes[0].texts].count("?")
    assert marks == int(top.head(5)[kinds].isna().to_numpy().sum())


def read_signs() -> tuple[str, ...]:
    from kamkit.schemes.retention import SIGNS

    return SIGNS


def test_too_few_losses_draw_no_quality(seen):
    fig = CHARTS["too_few"](seen, "en")
    words = [t.get_text() for ax in fig.axes for t in ax.get_yticklabels()]
    assert seen.quiet.verdict.key == "too_few_losses" and "Too few losses" in fig.heading
    assert not any("AUC" in w for w in words) and "base rate" in words


def test_the_roc_encloses_what_the_auc_says(seen):
    fig = CHARTS["test"](seen, "en")
    line = next(a for a in fig.axes[0].lines if len(a.get_xdata()) > 50)
    area = np.trapezoid(line.get_ydata(), line.get_xdata())
    auc = seen.test.scores.set_index("measure").loc["auc", "value"]
    assert area == pytest.approx(auc, abs=0.01)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_limits_that_nothing_fits_and_tiers_without_accounts(lang, seen):
    poor = service.service_matrix(seen.tiers, budget=1.0, draws=0)
    fig = charts.plot_service_matrix(poor.matrix, lang=lang, tiers=poor.tiers,
                                     measures=poor.measures)  # fmt: skip
    assert fig.heading.startswith(label("chart.service_matrix.title_short", lang)[:6])
    stands_inside(fig)
    one = service.service_matrix(seen.tiers.head(1), draws=0)
    stands_inside(charts.plot_service_matrix(one.matrix, lang=lang, measures=one.measures))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_edges_have_a_picture(lang, seen):
    cases = pd.DataFrame({"opened_on": ["2026-01-01"] * 2, "closed_on": [None, "2026-01-01"],
                          "category": ["paint", None]})  # fmt: skip
    slow = service.time_to_resolve(cases, as_of="2026-06-30")
    few = service.complaint_pareto(cases, as_of="2026-06-30", draws=10)
    plan = pd.DataFrame({"account_id": ["A"], "tactic": ["added_value"], "period": ["2026Q1"],
                         "planned": [4], "done": [None]})  # fmt: skip
    care = service.maintenance_scorecard(plan)
    nobody = service.visit_cadence(
        seen.tables["interactions"].head(0), seen.tiers.head(3), as_of=seen.day
    )
    certain = retention.action_threshold(0.2, cost_of_acting=0, expected_loss=0, effect=0)
    for fig in (
        charts.plot_time_to_resolve(slow.curve, lang=lang, quantiles=slow.quantiles,
                                    measures=slow.measures),
        charts.plot_complaint_pareto(few.groups, lang=lang, measures=few.measures),
        charts.plot_maintenance(care.lines, lang=lang, accounts=care.accounts),
        charts.plot_visits_due(nobody.accounts, lang=lang, tiers=nobody.tiers),
        charts.plot_visits_due(seen.visits.accounts.query("cadence_state == 'on_time'"),
                               lang=lang),
        charts.plot_action_threshold(certain, lang=lang),
        charts.plot_win_back(seen.winback.cases.head(0), lang=lang, reasons=seen.winback.reasons,
                             measures=seen.winback.measures),
        charts.plot_loyalty(seen.loyalty.gaps.head(1), lang=lang),
        charts.plot_exclusivity(seen.exclusivity.years.head(1), lang=lang),
        charts.plot_risk_bands(seen.bands.steps.assign(lost=0), lang=lang),
    ):  # fmt: skip
        assert fig.heading and "{" not in fig.heading + fig.alt + fig.footer
        stands_inside(fig)


def test_rows_keep_the_words_of_items_and_dimensions():
    from kamkit.charts.rows import dimension_name, item_words

    survey = read_survey("dealer_loyalty")
    assert dimension_name(survey.dimension_ids[0], "zh", survey)
    assert item_words("trust_4", "en").endswith("(reversed)")
    assert item_words("trust_1", "en", side="us") != item_words("trust_1", "en")
