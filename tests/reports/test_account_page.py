"""The page of one account: every kind of account gets one, and no name is ever markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import ROOT

from kamkit.errors import KamkitError
from kamkit.i18n import LANGUAGES
from kamkit.reports import company_job, render, render_accounts, to_html
from kamkit.reports.jobs import accounts_jobs
from kamkit.tables import load
from kamkit.tables.sample import write_sample

TEMPLATE = ROOT / "notebooks/reports/account.ipynb"
HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "名" * 500, "🚀 {name} {{ 7 * 7 }}"]
RAW_KEY = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
ENGLISH = re.compile(r"\b[a-z]{3,}\b")
WORDS_OF_NAMES = {"script", "scrip", "alert", "cmd", "calc", "name"}  # charts cut names short


class Visible(HTMLParser):
    """Text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("style", "code")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "code")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.parts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A small company whose first customers bear hostile names, and two special accounts."""
    out = tmp_path_factory.mktemp("account_page") / "small"
    write_sample("elevator", seed=3, accounts=20, out=out)
    path = out / "accounts.csv"
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    at = table.index[table["relation"] == "customer"][: len(HOSTILE)]
    for column in ("name", "name_zh", "name_en"):
        table.loc[at, column] = HOSTILE
    table.to_csv(path, index=False, encoding="utf-8")
    return out


def pick(folder: Path, relation: str, place: int = 0) -> str:
    table = load(folder).accounts
    return str(table.loc[table["relation"] == relation, "account_id"].iloc[place])


@pytest.fixture
def page(monkeypatch):
    """Run the template in this process; papermill itself is tried once below."""

    def run(folder: Path, account: str, lang: str, **more: object) -> str:
        blocks: list = []
        monkeypatch.setattr("IPython.display.display", blocks.append)
        names: dict = {}
        for cell in nbformat.read(TEMPLATE, as_version=4).cells:
            exec(compile(cell.source, cell.id, "exec"), names)  # noqa: S102 (our own template)
            if cell.id == "parameters":
                names |= {
                    "company": str(folder),
                    "account": account,
                    "language": lang,
                    "draws": 200,
                }
                names |= more
        return to_html(blocks, lang)

    return run


def check(page: str, lang: str) -> str:
    text = Visible(page).text
    assert "<script" not in page
    assert not re.search(r"(src|href)=[\"'](?!#)", page) and "@import" not in page
    assert RAW_KEY.findall(text) == []
    assert " nan" not in text.lower() and "NaT" not in text
    if lang == "zh":
        assert set(ENGLISH.findall(text)) <= WORDS_OF_NAMES
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_hostile_names_are_text(folder, page, place, lang):
    text = check(page(folder, pick(folder, "customer", place), lang), lang)
    shown = HOSTILE[place][:70]
    assert shown in text and "名" * 200 not in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("relation", ["prospect", "former", "holding"])
def test_every_kind_of_account_has_a_page(folder, page, relation, lang):
    if relation not in set(load(folder).accounts["relation"]):
        pytest.fail(f"the sample has no {relation}")
    check(page(folder, pick(folder, relation), lang), lang)


def test_a_prospect_is_told_so(folder, page):
    assert "has not ordered yet" in page(folder, pick(folder, "prospect"), "en")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kept", ["accounts", "accounts orders", "accounts account_years"])
def test_absent_tables_are_named_not_faked(folder, page, tmp_path, kept, lang):
    for name in [*kept.split(), "kamkit"]:
        for path in folder.glob(f"{name}.*"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    accounts = pd.read_csv(tmp_path / "accounts.csv", dtype=str)
    loose = accounts.drop(columns=["owner_id", "territory_id"])
    loose.to_csv(tmp_path / "accounts.csv", index=False, encoding="utf-8")
    if "orders" in kept:
        orders = pd.read_csv(tmp_path / "orders.csv", dtype=str)
        orders = orders.drop(columns=["member_id", "opportunity_id", "project_id"])
        orders.to_csv(tmp_path / "orders.csv", index=False, encoding="utf-8")
    text = check(page(tmp_path, pick(folder, "customer", 5), lang), lang)
    assert {"zh": "没有提供的数据", "en": "were not provided"}[lang] in text


def test_papermill_makes_the_same_page(folder, page, tmp_path):
    account = pick(folder, "customer")
    job = company_job(folder, tmp_path, "zh", account=account, extra={"draws": 200})
    done = Path(render(job).target).read_text(encoding="utf-8")
    here = page(folder, account, "zh")
    assert Visible(done).text == Visible(here).text


def test_unknown_accounts_are_refused_before_anything_runs(folder, tmp_path):
    with pytest.raises(KamkitError) as caught:
        company_job(folder, tmp_path, "zh", account="nobody")
    assert [p.code for p in caught.value.problems] == ["unknown_account"]


def test_a_failing_account_is_listed_and_the_rest_finished(folder, tmp_path):
    """The second job asks for an account that the folder no longer holds."""
    jobs = accounts_jobs(folder, tmp_path, "zh", extra={"draws": 100})[:2]
    gone = replace(jobs[1], parameters={**jobs[1].parameters, "account": "X"})
    results = render_accounts([jobs[0], gone], tmp_path, workers=1)
    assert [r.status for r in results] == ["done", "failed"], results
    listed = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["pages"]
    assert [p["status"] for p in listed] == ["done", "failed"]
    again = render_accounts(jobs, tmp_path, workers=1)
    assert [r.status for r in again] == ["unchanged", "done"]
