"""The relationship review: on a sample in both languages, and on what little a company may have."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from pages import check_page, page_maker

from kamkit.i18n import LANGUAGES, catalog
from kamkit.methods.relationship.finding_rules import NO_DATA, NOTHING, RULES
from kamkit.reports import company_job, is_current, render, template_names

TEMPLATE = ROOT / "notebooks/reports/relationship_review.ipynb"
SAMPLE = ROOT / "datasets/elevator"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str)


ACCOUNTS = table("accounts")[["account_id", "name"]]
CONTACTS = table("contacts")[["contact_id", "account_id", "name", "function", "level"]]
SAID, ASKED = table("survey_responses"), table("survey_invitations")
ONE = SAID[(SAID["wave"] == "2026H1") & (SAID["side"] == "customer")]
ONE = ONE[ONE["respondent_id"] == ONE["respondent_id"].iloc[0]]
SURVEYS = {"accounts": ACCOUNTS, "survey_responses": SAID, "survey_invitations": ASKED}
LITTLE = {
    "accounts_only": {"accounts": ACCOUNTS},
    "contacts_only": {"accounts": ACCOUNTS, "contacts": CONTACTS},
    "surveys_only": SURVEYS,
    "one_respondent": {"accounts": ACCOUNTS, "survey_responses": ONE},
    "no_losses": {"accounts": ACCOUNTS, "orders": table("orders")},
    "our_side_only": {"accounts": ACCOUNTS, "survey_responses": SAID[SAID["side"] == "us"]},
    "services_only": {"accounts": ACCOUNTS, "service_cases": table("service_cases")},
    "dealers_only": {
        "dealers": table("dealers"),
        "dealer_ratings": table("dealer_ratings"),
        "dealer_years": table("dealer_years"),
    },
}
SAYS = {
    "accounts_only": ["rel_no_contacts", "rel_no_survey", "rel_no_trial", "rel_no_money"],
    "contacts_only": ["rel_no_ties", "rel_no_survey", "rel_no_nps", "rel_no_visits"],
    "surveys_only": ["rel_no_contacts", "rel_no_ties", "rel_no_orders", "rel_no_cases"],
    "one_respondent": ["rel_one_wave", "rel_one_side", "rel_no_money"],
    "no_losses": ["rel_money", "rel_no_winback", "rel_no_survey"],
    "our_side_only": ["rel_no_survey", "rel_one_side", "rel_one_wave"],
    "services_only": ["rel_no_tiers", "rel_no_visits", "rel_no_orders"],
    "dealers_only": ["rel_no_contacts", "rel_no_cases"],
}


@pytest.fixture(scope="module", params=LANGUAGES)
def rendered(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    job = company_job(
        SAMPLE, out, request.param, template="relationship_review", extra={"draws": 100}
    )
    render(job)
    return job, Path(job.target).read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path):
    """Run the template in this process on some tables."""
    return page_maker(TEMPLATE, tmp_path, draws=100)


def test_sample_page_is_whole(rendered):
    job, page = rendered
    assert is_current(job) and "relationship_review" in template_names()
    check_page(page)
    assert page.count("<svg") >= 15
    words = catalog(job.lang)
    titles = [words[k] for k in words if k.startswith("report.section.rel_")]
    assert len(titles) == 16 and all(f">{title}</h1>" in page for title in titles)


def test_findings_stand_in_order_with_rule_and_money(rendered):
    _, page = rendered
    listed = page[page.index("</caption>") : page.index("</table>")]
    rows = re.findall(r"<td[^>]*>(.*?)</td>", listed, flags=re.S)
    money = [float(cell.replace(",", "")) for cell in rows[1::7]]
    turns = sum(later > earlier for earlier, later in zip(money, money[1:], strict=False))
    assert len(money) >= 8 and turns == 1
    assert all(len(rule) > 4 for rule in rows[4::7])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", LITTLE)
def test_little_data_is_said_not_faked(page, case, lang):
    text = check_page(page(LITTLE[case], lang))
    words = catalog(lang)
    for key in SAYS[case]:
        assert words[f"report.text.{key}"] in text, key


def test_a_chosen_account_and_an_earlier_wave(page):
    tables = {name: table(name) for name in ("accounts", "contacts", "contact_roles", "ties")}
    tables |= {"members": table("members")} | SURVEYS
    text = check_page(page(tables, "en", focus="A0048", wave="2025H2"))
    name = ACCOUNTS.set_index("account_id")["name"]["A0048"]
    assert "Survey wave 2025H2" in text and f"{name} on 30 Jun 2026" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_its_sentences(lang):
    words = catalog(lang)
    for key in [*(rule.finding for rule in RULES), NOTHING, NO_DATA]:
        for part in ("topic", "title", "body", "action", "rule"):
            assert f"finding.{key}.{part}" in words
