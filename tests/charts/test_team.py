"""Pictures of a team: results, ratings, appraisal, fairness, goals and pay."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from on_paper import stands_inside

from kamkit import charts
from kamkit.charts import theme
from kamkit.i18n import LANGUAGES
from kamkit.methods.appraisal.calibration import apply_changes
from kamkit.methods.appraisal.combined import combined_result
from kamkit.methods.appraisal.development import development_plan, development_progress
from kamkit.methods.appraisal.diagnostic import pitfall_profile
from kamkit.methods.appraisal.effects import shrunken_effects
from kamkit.methods.appraisal.fairness import four_fifths
from kamkit.methods.appraisal.gaps import competence_gaps
from kamkit.methods.appraisal.load import kam_load
from kamkit.methods.appraisal.ranks import rank_intervals
from kamkit.methods.appraisal.scorecard import scorecard
from kamkit.methods.appraisal.team_mix import team_mix
from kamkit.methods.appraisal.territory import territory_adjusted
from kamkit.methods.goals.cascade import cascade
from kamkit.methods.goals.pay import pay_plan, payout_curve
from kamkit.methods.goals.pay_simulation import simulate_pay
from kamkit.methods.goals.programme import programme_goals
from kamkit.methods.raters.icc import icc
from kamkit.methods.raters.multisource import multisource
from kamkit.methods.raters.nine_box import nine_box
from kamkit.methods.raters.severity import rater_severity
from kamkit.methods.raters.validity import rated_vs_achieved
from kamkit.schemes import competencies, pitfalls
from kamkit.schemes.appraisal_policy import load_rules

HOSTILE = "<b>欧阳</b> $x^2$ \U0001f680\nAlexandra Featherstonehaugh-Montgomery 慕容诸葛司马上官"
SIZES = (3, 12, 41)
KINDS = [c.id for c in competencies()]


def _ids(n: int) -> list[str]:
    return [f"M{i:03d}" for i in range(n)]


def _ratings(n: int, rng: np.random.Generator) -> pd.DataFrame:
    true = rng.normal(3.2, 0.7, n)
    rows = []
    for i, member in enumerate(_ids(n)):
        raters = [("self", member), ("peer", "P1"), ("peer", "P2"), ("customer", "C1")]
        raters += [("manager", f"B{j}") for j in (0, 1 + i % 3)]
        raters += [("report", f"R{j}") for j in range(4)]
        for source, rater in raters:
            shift = -1.0 if rater == "B0" else 0.0
            for kind in KINDS:
                score = float(np.clip(np.round(true[i] + shift + rng.normal(0, 0.6)), 1, 5))
                rows.append((member, rater, source, kind, "2026H1", score))
    return pd.DataFrame(
        rows, columns=["ratee_id", "rater_id", "source", "competency", "period", "score"]
    )


def _results(n: int, rng: np.random.Generator) -> SimpleNamespace:
    potential = rng.uniform(2e6, 8e6, n)
    panel = pd.DataFrame(
        [(m, f"2025Q{q}", float(rng.normal(level, 0.05)))
         for m, level in zip(_ids(n), rng.normal(0, 0.15, n), strict=True) for q in range(1, 5)],
        columns=["member_id", "period", "value"],
    )  # fmt: skip
    effects = shrunken_effects(panel)
    sold = pd.DataFrame({"member_id": _ids(n), "actual": potential * rng.lognormal(0, 0.2, n)})
    ground = pd.DataFrame({"member_id": _ids(n), "potential": potential})
    rows = [(m, k, v) for m in _ids(n) for k, v in (("sales", 5.2e6), ("visits", 40.0),
                                                    ("satisfaction", 90.0))]  # fmt: skip
    targets = pd.DataFrame(rows, columns=["scope_id", "kpi", "value"]).assign(
        scope="member", period="2026H1"
    )
    values = targets.assign(value=targets["value"] * rng.uniform(0.6, 1.5, len(targets)))
    cards = scorecard(values.iloc[1:], targets, weights={"sales": 0.5, "visits": 0.2,
                                                         "satisfaction": 0.3})  # fmt: skip
    adjusted = None if n < 6 else territory_adjusted(sold, ground)
    return SimpleNamespace(effects=effects, ranks=rank_intervals(effects, draws=200),
                           cards=cards, adjusted=adjusted, panel=panel)  # fmt: skip


def _appraisal(n: int, rng: np.random.Generator) -> SimpleNamespace:
    ratings = _ratings(n, rng)
    people = pd.DataFrame({"member_id": _ids(n), "role": "kam", "manager_id": "B0",
                           "team": [f"团队 {i % 3}" for i in range(n)],
                           "group": np.where(np.arange(n) % 2, "a", HOSTILE),
                           "skills": ["costing;bidding", "bidding", "contract law"] * (n // 3)
                           + ["costing"] * (n % 3)})  # fmt: skip
    profile = pd.DataFrame({"role": "kam", "competency": KINDS, "target_level": 4, "weight": 1.0})
    gaps = competence_gaps(ratings, profile, people)
    parts = pd.DataFrame([(m, p, v, s) for m in _ids(n) for p, v, s in (
        ("kpi", rng.uniform(45, 95), 2.0), ("competence", rng.uniform(45, 95), 6.0))],
        columns=["member_id", "part", "value", "se"])  # fmt: skip
    combined = combined_result(parts, {"kpi": 0.6, "competence": 0.4})
    first = combined.parts.iloc[0]
    changes = pd.DataFrame({"member_id": [first["member_id"]], "part": [first["part"]],
                            "before": [first["value"]], "after": [max(first["value"] - 25, 1)],
                            "reason": ["two visits were counted twice"]})  # fmt: skip
    plan = development_plan(gaps, members=people, as_of="2026-06-30")
    actions = plan[["member_id", "competency", "due"]].assign(action_id="D", done_on=None,
                                                              status="doing")  # fmt: skip
    return SimpleNamespace(
        ratings=ratings, people=people, gaps=gaps, combined=combined, plan=plan,
        severity=rater_severity(ratings, sources=["manager"]), multi=multisource(ratings),
        effect=apply_changes(combined, changes, members=people),
        progress=development_progress(actions, gaps, gaps, as_of="2026-12-31"),
        mix=team_mix(people),
    )  # fmt: skip


def _team(n: int) -> SimpleNamespace:
    rng = np.random.default_rng(n)
    found = SimpleNamespace(**vars(_results(n, rng)), **vars(_appraisal(n, rng)))
    found.n, found.names = n, dict.fromkeys([*_ids(n), "B0", "B1"], HOSTILE)
    scores = pd.DataFrame({"member_id": _ids(n), "performance": rng.normal(3, 1, n),
                           "performance_se": 0.3, "potential": rng.normal(3, 1, n),
                           "potential_se": [np.nan, *[0.3] * (n - 1)]})  # fmt: skip
    found.boxes = nine_box(scores)
    found.valid = rated_vs_achieved(
        found.severity.ratees, found.effects.members.rename(columns={"effect": "value"})
    )
    found.icc = icc(pd.DataFrame(rng.normal(3, 1, (n, 1)) + rng.normal(0, 0.5, (n, 4)))).forms
    found.fair = four_fifths(pd.DataFrame({"group": ["a", HOSTILE, "c"], "selected": [24, 8, 1],
                                           "total": [40, 30, 3]}))  # fmt: skip
    total = 1_000_000 * n
    found.cascade = cascade(total, {m: 1.0 + i for i, m in enumerate(_ids(n))},
                            floors=total / n * 0.7, caps=total / n * 1.2)  # fmt: skip
    tiers = list(load_rules().tiers)
    owners = [*_ids(n) * 5, None]
    accounts = pd.DataFrame({"owner_id": owners, "tier": rng.choice(tiers, len(owners))})
    accounts["account_id"] = [f"A{i}" for i in range(len(owners))]
    found.load = kam_load(accounts, found.people).members
    pulse = pd.DataFrame([(HOSTILE[:12], wave, f"r{r}", p.id, int(rng.integers(1, 6)))
                          for wave in ("2025", "2026") for r in range(n) for p in pitfalls()],
                         columns=["team", "wave", "respondent_id", "item", "score"])  # fmt: skip
    found.pulse = pitfall_profile(pulse)
    found.plans = pd.DataFrame(
        [("P", "sales", 9e3, 3e4, 0.7, 0.7, 1.5, 1.5),
         ("P", "visits", 9e3, 3e4, 0.3, 0.8, 1.3, 1.0),
         (HOSTILE, "sales", 9e3, 3e4, 1.0, 0.0, np.nan, 1.0)],
        columns=["plan_id", "kpi", "base", "variable_target", "weight", "threshold", "cap",
                 "accelerator"],
    )  # fmt: skip
    found.curve = payout_curve(found.plans)
    found.simulated = simulate_pay(found.plans, draws=40, members=n)
    done = pd.DataFrame({"member_id": _ids(n), "plan_id": "P", "kpi": "sales", "attainment": 0.9})
    found.paid = pay_plan(found.plans[found.plans["plan_id"] == "P"],
                          pd.concat([done, done.assign(kpi="visits")]))  # fmt: skip
    goals = pd.DataFrame({"goal": ["new_customers", "satisfaction"], "kind": ["count", "level"],
                          "target": [10, 0.9], "actual": [4, 0.86], "n": [None, 50],
                          "start": "2026-01-01", "due": "2026-12-31"})  # fmt: skip
    found.goals = programme_goals(goals, as_of="2026-06-30")
    return found


@pytest.fixture(scope="module")
def teams() -> dict[int, SimpleNamespace]:
    """Every table that the charts draw, of a small, a usual and a large team."""
    return {n: _team(n) for n in SIZES}


CHARTS: dict[str, Callable[[SimpleNamespace, str], theme.Figure]] = {
    "effects": lambda s, lang: charts.plot_person_effects(
        s.effects.members, lang=lang, rankable=s.effects.rankable, reason=s.effects.reason,
        names=s.names,
    ),
    "ranks": lambda s, lang: charts.plot_rank_intervals(s.ranks, lang=lang, names=s.names),
    "territory": lambda s, lang: charts.plot_territory(
        pd.DataFrame() if s.adjusted is None else s.adjusted.members, lang=lang, currency="CNY",
        measures=None if s.adjusted is None else s.adjusted.measures, names=s.names,
    ),
    "severity": lambda s, lang: charts.plot_rater_severity(
        s.severity.raters, lang=lang, names=s.names, tolerance=s.severity.tolerance
    ),
    "adjusted": lambda s, lang: charts.plot_adjusted_scores(
        s.severity.ratees, lang=lang, names=s.names
    ),
    "spread": lambda s, lang: charts.plot_rating_spread(s.ratings, lang=lang),
    "agreement": lambda s, lang: charts.plot_agreement(s.icc, lang=lang, chosen="2,k"),
    "rated": lambda s, lang: charts.plot_rated_vs_achieved(
        s.valid.members, lang=lang, measures=s.valid.measures, names=s.names
    ),
    "nine_box": lambda s, lang: charts.plot_nine_box(s.boxes, lang=lang, names=s.names),
    "nine_box_one": lambda s, lang: charts.plot_nine_box(
        s.boxes, lang=lang, names=s.names, member_id="M001"
    ),
    "gaps": lambda s, lang: charts.plot_competence_gaps(s.gaps, lang=lang, names=s.names),
    "gaps_one": lambda s, lang: charts.plot_competence_gaps(
        s.gaps, lang=lang, names=s.names, member_id="M001"
    ),
    "multisource": lambda s, lang: charts.plot_multisource(s.multi, lang=lang, names=s.names),
    "scorecard": lambda s, lang: charts.plot_scorecard(
        s.cards.parts, lang=lang, totals=s.cards.totals, scope_id="M000", names=s.names
    ),
    "scorecards": lambda s, lang: charts.plot_scorecard(
        s.cards.parts, lang=lang, totals=s.cards.totals, names=s.names
    ),
    "combined": lambda s, lang: charts.plot_combined(
        s.combined.members, lang=lang, probabilities=s.combined.probabilities,
        grades=s.combined.grades, names=s.names,
    ),
    "combined_parts": lambda s, lang: charts.plot_combined_parts(
        s.combined.parts, lang=lang, changes=s.combined.changes, names=s.names
    ),
    "calibration": lambda s, lang: charts.plot_calibration_effect(
        s.effect.members, lang=lang, managers=s.effect.managers, names=s.names
    ),
    "fairness": lambda s, lang: charts.plot_fairness(s.fair, lang=lang),
    "pitfalls": lambda s, lang: charts.plot_pitfalls(
        s.pulse.items, lang=lang, remedies=s.pulse.remedies
    ),
    "team_mix": lambda s, lang: charts.plot_team_mix(s.mix.coverage, lang=lang, names=s.names),
    "load": lambda s, lang: charts.plot_load(s.load, lang=lang, names=s.names),
    "development": lambda s, lang: charts.plot_development(
        s.plan, lang=lang, progress=s.progress, names=s.names
    ),
    "cascade": lambda s, lang: charts.plot_cascade(
        s.cascade.parts, lang=lang, currency="CNY", measures=s.cascade.measures, names=s.names
    ),
    "payout": lambda s, lang: charts.plot_payout(
        s.curve.points, lang=lang, kinks=s.curve.kinks, members=s.paid.parts, names=s.names
    ),
    "pay_simulation": lambda s, lang: charts.plot_pay_simulation(
        s.simulated.plans, lang=lang, currency="CNY", names=s.names
    ),
    "pace": lambda s, lang: charts.plot_goal_pace(s.goals, lang=lang),
}  # fmt: skip


def _rows_keep_apart(fig: theme.Figure) -> None:
    """Names of rows, and words in one column beside them, do not lie on each other."""
    renderer = FigureCanvasAgg(fig).get_renderer()
    for ax in fig.axes:
        low, high = sorted(ax.get_ylim())
        names = [tick.label1 for tick in ax.yaxis.majorTicks if low <= tick.get_loc() <= high]
        beside = [words for words in ax.texts if words.get_position()[0] == 1]
        columns: dict[int, list] = {}
        for words in [w for w in names if w.get_visible()] + beside:
            if words.get_text().strip():
                box = words.get_window_extent(renderer)
                place = -1 if words in names else round(box.x0)
                columns.setdefault(place, []).append(box)
        for boxes in columns.values():
            ends = sorted((b.y0, b.y1) for b in boxes)
            assert all(a[1] <= b[0] + 2 for a, b in zip(ends, ends[1:], strict=False)), ends


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_chart_says_what_and_how_sure_and_fits(name, lang, teams):
    for n, team in teams.items():
        fig = CHARTS[name](team, lang)
        words = fig.heading + fig.alt + fig.footer
        assert fig.heading and fig.alt and "{" not in words, name
        drawn = "n = " in fig.footer
        assert drawn or (name in ("territory", "calibration", "ranks") and n < 6), (name, n)
        stands_inside(fig)
        _rows_keep_apart(fig)


def test_the_same_table_gives_the_same_picture(teams):
    for plot in list(CHARTS.values())[::5]:
        svg = theme.to_svg(plot(teams[12], "zh"))
        assert svg == theme.to_svg(plot(teams[12], "zh")) and "<desc id=" in svg


EMPTY = [
    "plot_person_effects", "plot_rank_intervals", "plot_territory", "plot_rater_severity",
    "plot_adjusted_scores", "plot_rating_spread", "plot_agreement", "plot_rated_vs_achieved",
    "plot_nine_box", "plot_competence_gaps", "plot_multisource", "plot_scorecard",
    "plot_combined", "plot_combined_parts", "plot_calibration_effect", "plot_fairness",
    "plot_pitfalls", "plot_team_mix", "plot_load", "plot_development", "plot_cascade",
    "plot_payout", "plot_pay_simulation", "plot_goal_pace",
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EMPTY)
def test_nothing_to_draw_is_a_sentence(name, lang):
    fig = getattr(charts, name)(pd.DataFrame(), lang=lang)
    assert fig.heading and fig.alt and not fig.footer
    stands_inside(fig)


def test_people_who_do_not_differ_get_no_places(teams):
    """Equal people: no rank, a banner, rows in the order of their names."""
    rng = np.random.default_rng(0)
    panel = teams[12].panel.assign(value=rng.normal(0, 0.05, len(teams[12].panel)))
    effects = shrunken_effects(panel)
    assert not effects.rankable
    fig = charts.plot_person_effects(effects.members, lang="en", rankable=False)
    shown = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert shown == sorted(shown) and "No ranking" in fig.heading
    fig = charts.plot_rank_intervals(rank_intervals(effects, draws=50), lang="en")
    assert "nobody has a rank" in fig.alt


def test_signs_of_a_severe_rater_and_of_a_hidden_source(teams):
    fig = charts.plot_rater_severity(teams[12].severity.raters, lang="en")
    assert "stricter" in fig.heading and "B0" in fig.heading
    cells = teams[12].multi
    assert cells.loc[cells["source"] == "peer", "hidden"].all()
    fig = charts.plot_multisource(cells, lang="en")
    assert "Peers" in fig.footer
    drawn = {line.get_label() for line in fig.axes[0].lines}
    assert "Peers" not in drawn and "Manager" in drawn


def test_raters_stay_anonymous_in_the_spread(teams):
    fig = charts.plot_rating_spread(teams[12].ratings, lang="en")
    words = " ".join([t.get_text() for t in fig.axes[0].get_yticklabels()] + [fig.alt, fig.footer])
    assert "Rater A" in words and "B0" not in words and "M0" not in words
    raters = teams[12].ratings.query("source != 'self'")["rater_id"].nunique()
    assert len(fig.axes[0].get_yticklabels()) == raters  # people's views of themselves are left out


def test_the_screen_marks_what_the_method_marks(teams):
    fig = charts.plot_fairness(teams[12].fair, lang="en")
    assert "no legal finding" in fig.footer and "below four fifths" in fig.heading
    marks = {line.get_label(): len(line.get_xdata()) for line in fig.axes[0].lines}
    assert marks["below four fifths"] == 1 and marks["too few to be judged"] == 1
    even = four_fifths(pd.DataFrame({"group": ["a", "b"], "selected": [5, 4], "total": [10, 10]}))
    assert "All 2 groups" in charts.plot_fairness(even, lang="en").heading


def test_probabilities_of_the_boxes_and_grades_are_those_of_the_tables(teams):
    team = teams[12]
    fig = charts.plot_nine_box(team.boxes, lang="en", member_id="M001")
    shares = [t.get_text() for t in fig.axes[0].texts if t.get_text().endswith("%")]
    assert len(shares) == 9
    fig = charts.plot_nine_box(team.boxes, lang="en")
    assert "1 more people" in fig.footer
    fig = charts.plot_combined(
        team.combined.members, lang="en", probabilities=team.combined.probabilities,
        grades=team.combined.grades,
    )  # fmt: skip
    bars = fig.axes[1].patches
    assert np.isclose(sum(bar.get_width() for bar in bars), len(team.combined.members))


def test_the_cascade_adds_up_in_words_and_marks(teams):
    fig = charts.plot_cascade(teams[12].cascade.parts, lang="en", currency="CNY")
    targets = [x for line in fig.axes[0].lines if line.get_label().startswith("target")
               for x in line.get_xdata()]  # fmt: skip
    assert sum(targets) == 12_000_000 and "adding up exactly" in fig.heading


def test_no_change_in_the_session_is_said(teams):
    same = teams[12].effect.members.assign(change=0.0, moved=0)
    fig = charts.plot_calibration_effect(same, lang="en")
    assert fig.alt == "Nobody's total changed."
