"""The funnel review: on a sample in both languages, and on what little a company may have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from pages import check_page, page_maker, visible

from kamkit.errors import KamkitError
from kamkit.i18n import LANGUAGES, catalog
from kamkit.methods.funnel.finding_rules import NO_DATA, NOTHING, RULES
from kamkit.reports import company_job, is_current, render, template_names
from kamkit.reports.funnel import FunnelWords
from kamkit.schemes import load_ladder

TEMPLATE = ROOT / "notebooks/reports/funnel_review.ipynb"
SAMPLE = ROOT / "datasets/elevator"
DEALS = pd.read_csv(SAMPLE / "opportunities.csv", dtype=str).drop(columns="owner_id")
EXPORTS = pd.read_csv(SAMPLE / "snapshots.csv", dtype=str).drop(columns="owner_id")
LAST_TWO = sorted(EXPORTS["snapshot_on"].unique())[-2:]
BARE = ["opportunity_id", "account_id", "created_on", "status", "stage"]
LITTLE = {
    "opportunities": {"opportunities": DEALS},
    "two_exports": {"snapshots": EXPORTS[EXPORTS["snapshot_on"].isin(LAST_TWO)]},
    "three_deals": {"opportunities": DEALS.tail(3)},
    "no_closed": {"opportunities": DEALS[DEALS["status"] == "open"]},
    "no_open": {"opportunities": DEALS[DEALS["status"] != "open"]},
    "bare_columns": {"opportunities": DEALS[BARE]},
}


@pytest.fixture(scope="module", params=LANGUAGES)
def rendered(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    job = company_job(SAMPLE, out, request.param, template="funnel_review", extra={"draws": 500})
    render(job)
    return job, Path(job.target).read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path):
    """Run the template in this process on some tables."""
    return page_maker(TEMPLATE, tmp_path, draws=300)


def check(page: str) -> str:
    """As for every page, and each figure and table stands in the appendix."""
    appendix = page[page.index('id="sources"') :]
    assert appendix.count("<tr>") - 1 == page.count("<figure>") + page.count("<caption>") - 1
    return check_page(page)


def test_sample_page_is_whole(rendered):
    job, page = rendered
    assert is_current(job)
    check(page)
    assert page.count("<svg") >= 14
    titles = [catalog(job.lang)[k] for k in catalog(job.lang) if k.startswith("report.section.fun")]
    assert len(titles) == 18 and all(f">{title}</h1>" in page for title in titles)


def test_findings_are_ranked_by_money_with_their_rules(rendered):
    job, page = rendered
    table = page[page.index("</caption>") : page.index("</table>")]
    rows = re.findall(r"<td[^>]*>(.*?)</td>", table, flags=re.S)
    money = [float(cell.replace(",", "")) for cell in rows[1::5]]
    assert money == sorted(money, reverse=True) and len(money) >= 3
    title = page.split('id="conclusion">')[1].split("</h1>")[0]
    assert title == page.split("<li><h2>")[1].split("<")[0].strip()
    assert all(len(rule) > 4 for rule in rows[2::5])


def test_no_league_table_without_a_test(rendered):
    job, page = rendered
    said = [
        catalog(job.lang)[f"report.text.{key}"] for key in ("funnel_no_league", "funnel_league")
    ]
    assert sum(words in visible(page) for words in said) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", LITTLE)
def test_little_data_is_said_not_faked(page, case, lang):
    text = check(page(LITTLE[case], lang))
    words = catalog(lang)
    says = {
        "opportunities": ["funnel_basis_dates", "funnel_no_moves", "funnel_no_projects"],
        "two_exports": ["funnel_basis_snapshots", "funnel_no_closed", "funnel_no_forecast"],
        "three_deals": ["funnel_no_forecast", "funnel_no_closed", "funnel_no_hours"],
        "no_closed": ["funnel_no_closed", "funnel_no_cycle", "funnel_no_forecast"],
        "no_open": ["funnel_no_open"],
        "bare_columns": ["funnel_no_money", "funnel_no_closing_days", "funnel_no_sources"],
    }
    for key in says[case]:
        assert words[f"report.text.{key}"] in text, key


def test_missing_amounts_are_not_zero(page):
    text = check(page(LITTLE["bare_columns"], "en"))
    assert "Open pipeline CNY 0" not in text and "comes from one account" not in text


def test_two_exports_compare_these_two(page):
    text = check(page(LITTLE["two_exports"], "en"))
    assert "Period 1 Jun 2026 – 30 Jun 2026" in text
    assert "too high; use them only" in text


def test_given_targets_and_days_are_used(page):
    text = check(page({"opportunities": DEALS}, "en", target=5e7, start="2026-01-01"))
    assert "The target of CNY 50.0m was given" in text
    assert "Period 1 Jan 2026 – 30 Jun 2026" in text


def test_stages_that_no_ladder_knows_are_refused_by_name(page):
    odd = DEALS.assign(stage="阶段甲")
    with pytest.raises(KamkitError) as caught:
        page({"opportunities": odd}, "zh")
    assert {p.code for p in caught.value.problems} == {"stages_not_in_ladder"}


def test_own_ladder_and_mapping(page, tmp_path):
    mapping = tmp_path / "stages.toml"
    names = dict.fromkeys(DEALS["stage"].unique(), "bid")
    listed = "".join(f"{json.dumps(n + '甲', ensure_ascii=False)} = \"{s}\"\n"
                     for n, s in names.items())  # fmt: skip
    mapping.write_text("format = 1\n[stages]\n" + listed, encoding="utf-8")
    odd = DEALS.assign(stage=DEALS["stage"] + "甲")
    check(page({"opportunities": odd}, "en", ladder="house", mapping=str(mapping)))


def test_templates_by_name(tmp_path):
    assert template_names()[0] == "key_accounts" and "account" not in template_names()
    for template, account, code in (
        ("nosuch", None, "unknown_template"),
        ("../x", None, "unknown_template"),
        ("funnel_review", "A0001", "template_no_accounts"),
    ):
        with pytest.raises(KamkitError) as caught:
            company_job(SAMPLE, tmp_path, "en", template=template, account=account)
        assert [p.code for p in caught.value.problems] == [code]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_its_sentences(lang):
    words = catalog(lang)
    for key in [*(rule.finding for rule in RULES), NOTHING, NO_DATA]:
        for part in ("topic", "title", "body", "action", "rule"):
            assert f"finding.{key}.{part}" in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_command_takes_a_template(tmp_path, monkeypatch, lang):
    from typer.testing import CliRunner

    from kamkit.cli import app
    from kamkit.reports import Rendered

    seen = []
    monkeypatch.setenv("KAMKIT_LANG", lang)
    monkeypatch.setattr("kamkit.reports.render", lambda job: seen.append(job) or Rendered("p", "x"))
    words = ["report", "elevator", "--template", "funnel_review", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, [*words, "--set", "target=3e7"]).exit_code == 0
    assert seen[0].parameters["target"] == 3e7
    assert Path(seen[0].target).name == f"funnel_review.{lang}.html"
    for wrong in (["--all-accounts"], ["--account", "A0001"], ["--set", "scheme=x"]):
        assert CliRunner().invoke(app, [*words, *wrong]).exit_code == 1
    assert CliRunner().invoke(app, [*words[:3], "nosuch", *words[4:]]).exit_code == 1


def test_deals_in_charts_are_told_apart_by_their_ids():
    """Names of deals repeat and are cut; the id stands first."""
    deals = pd.DataFrame({"opportunity_id": ["O1", "O2"], "account_id": ["A1", None]})
    words = FunnelWords("en", load_ladder("sample"), {"M1": "Bailu Meng"}, {"A1": "Owl Lifts"})
    assert words.short_names(deals) == {
        "O1": "O1 Owl Lifts", "O2": "O2", "A1": "Owl Lifts", "M1": "Bailu Meng"
    }  # fmt: skip
