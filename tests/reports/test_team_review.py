"""The team review: on a sample in both languages, and on what little a company may have."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from pages import check_page, page_maker

from kamkit.i18n import LANGUAGES, catalog
from kamkit.methods.appraisal.finding_rules import NO_DATA, NOTHING, RULES
from kamkit.reports import company_job, is_current, render, template_names
from kamkit.schemes import fairness_wording

TEMPLATE = ROOT / "notebooks/reports/team_review.ipynb"
SAMPLE = ROOT / "datasets/elevator"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, encoding="utf-8-sig")


MEMBERS = table("members")[["member_id", "name", "role", "team"]]
RATINGS = table("ratings")
ONE_RATER = RATINGS[(RATINGS["rater_id"] == "M003") & (RATINGS["source"] == "manager")]
TARGETS, DONE = table("targets"), table("kpi_values")
ALONE = DONE[(DONE["scope_id"] == "M006")]
LITTLE = {
    "members_and_targets": {"members": MEMBERS, "targets": TARGETS},
    "targets_and_results": {"members": MEMBERS, "targets": TARGETS, "kpi_values": DONE},
    "ratings_only": {"members": MEMBERS, "ratings": RATINGS},
    "one_rater": {
        "members": MEMBERS,
        "ratings": ONE_RATER,
        "role_profiles": table("role_profiles"),
    },
    "one_member": {
        "members": MEMBERS[MEMBERS["member_id"] == "M006"],
        "targets": TARGETS[TARGETS["scope_id"] == "M006"],
        "kpi_values": ALONE,
    },
    "pulse_only": {"team_pulse": table("team_pulse")},
}
SAYS = {
    "members_and_targets": ["team_no_card", "team_no_ratings", "team_no_combined"],
    "targets_and_results": ["team_no_ground", "team_no_gaps", "team_no_groups"],
    "ratings_only": ["team_no_card", "team_no_match", "team_no_pay"],
    "one_rater": ["team_one_rater", "team_level_raw", "team_no_nine"],
    "one_member": ["team_no_ground", "team_no_ratings", "team_no_goals"],
    "pulse_only": ["team_no_teams", "team_pulse", "team_no_load"],
}


@pytest.fixture(scope="module", params=LANGUAGES)
def rendered(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    job = company_job(SAMPLE, out, request.param, template="team_review", extra={"draws": 400})
    render(job)
    return job, Path(job.target).read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path):
    """Run the template in this process on some tables."""
    return page_maker(TEMPLATE, tmp_path, draws=400)


def test_sample_page_is_whole(rendered):
    job, page = rendered
    assert is_current(job) and "team_review" in template_names()
    text = check_page(page)
    assert page.count("<svg") >= 14
    words = catalog(job.lang)
    titles = [words[k] for k in words if k.startswith("report.section.team_")]
    assert len(titles) == 13 and all(f">{title}</h1>" in page for title in titles)
    assert words["finding.team_severe_rater.topic"] in text
    assert words["finding.team_poor_territory.topic"] in text


def test_the_fairness_wording_stands_beside_the_screen(rendered):
    job, page = rendered
    wanted = escape(fairness_wording()["no_finding"][job.lang], quote=False)
    assert page.count(wanted) >= 2


def test_hidden_raters_and_answers_are_not_named(rendered):
    """Customers' and colleagues' ids, and who answered the team survey, stand nowhere."""
    _, page = rendered
    assert not re.search(r"A\d{4}-C\d{2}", page)
    assert not set(table("team_pulse")["respondent_id"]) & set(re.findall(r"[\w-]+", page))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", LITTLE)
def test_little_data_is_said_not_faked(page, case, lang):
    text = check_page(page(LITTLE[case], lang))
    words = catalog(lang)
    for key in SAYS[case]:
        assert words[f"report.text.{key}"] in text, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_its_sentences(lang):
    words = catalog(lang)
    for key in [*(rule.finding for rule in RULES), NOTHING, NO_DATA]:
        for part in ("topic", "title", "body", "action", "rule"):
            assert f"finding.{key}.{part}" in words
