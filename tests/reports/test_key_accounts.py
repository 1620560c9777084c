"""The key-account report: on the samples in both languages, and on a real trading company."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT
from pages import raw_keys, visible

from kamkit.reports import company_job, is_current, render
from kamkit.tables import TABLES, import_folder, spec

KNOWN = set(TABLES) | {column.name for name in TABLES for column in spec(name).columns}


@pytest.fixture(scope="module", params=[("elevator", "zh"), ("it", "en")], ids="-".join)
def rendered(request, tmp_path_factory):
    company, lang = request.param
    job = company_job(ROOT / "datasets" / company, tmp_path_factory.mktemp("out"), lang)
    render(job)
    return job, Path(job.target).read_text(encoding="utf-8")


def test_page_is_whole_and_self_contained(rendered):
    job, page = rendered
    assert is_current(job)
    assert page.rstrip().endswith("</html>") and page.count("<svg") >= 11
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org/", "")


def test_every_word_is_in_the_readers_language(rendered):
    _, page = rendered
    assert raw_keys(page, KNOWN) == set()
    assert "nan" not in visible(page).lower().split()


def test_appendix_names_variant_and_origin_of_every_figure(rendered):
    _, page = rendered
    appendix = page[page.index('id="sources"') :]
    rows = appendix.count("<tr>") - 1
    assert rows == page.count("<figure>") + page.count("<caption>") - 1
    assert "<td>–</td>" not in appendix


def test_title_is_a_finding(rendered):
    job, page = rendered
    title = page.split('id="conclusion">')[1].split("</h1>")[0]
    first = page.split("<li><h2>")[1].split("</h2>")[0]
    assert title == first and job.lang in ("zh", "en")


@pytest.fixture(scope="module")
def northwind_page(northwind_source, tmp_path_factory):
    room = tmp_path_factory.mktemp("northwind")
    import_folder("northwind", northwind_source, room / "company")
    job = company_job(room / "company", room / "out", "en")
    render(job)
    return Path(job.target).read_text(encoding="utf-8")


def test_northwind_figures_are_met(northwind_page):
    text = visible(northwind_page)
    assert "Share of the largest 20% 60.1%" in text
    assert "Accounts that bring 80% 34" in text
    assert "Revenue (USD k)" in text
    assert "1 QUICK-Stop 110.3 8.7% 8.7% 2 Ernst Handel 104.9 8.3%" in text
    assert "3 Save-a-lot Markets 104.4" in text
    assert "4 Rattlesnake Canyon Grocery 51.1" in text
    assert "5 Hungry Owl All-Night Grocers 50.0" in text


def test_northwind_report_says_what_it_cannot_compute(northwind_page):
    text = visible(northwind_page)
    for table in ("account_years", "cost_drivers", "category_spend", "criterion_ratings"):
        assert f"the table {table} is missing" in text
    assert "Last month is partial" in text
    assert "Cells joined again" in text


def test_northwind_page_has_no_raw_keys(northwind_page):
    assert raw_keys(northwind_page, KNOWN) == set()
