"""Personal sheets: one for every member, and nobody else's name, id or figure in any of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from pages import check_page, page_maker

from kamkit.errors import KamkitError
from kamkit.i18n import LANGUAGES, catalog
from kamkit.methods.appraisal import appraisal_desk
from kamkit.methods.appraisal.own_findings import OWN_FINDINGS
from kamkit.reports import company_job, members_jobs, render
from kamkit.tables import load

TEMPLATE = ROOT / "notebooks/reports/member_sheet.ipynb"
SAMPLE = ROOT / "datasets/elevator"
FIRM = load(SAMPLE)
MEMBERS = FIRM.members
NAMES = ["name", "name_zh", "name_en"]
# Tables that a sheet reads; the sample's others change nothing in it.
USED = [
    *("members", "role_profiles", "ratings", "duty_ratings", "targets", "kpi_values"),
    *("territories", "pay_plans", "advancement", "development_actions", "trainings"),
]


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, encoding="utf-8-sig")


def others(member: str) -> set[str]:
    """Ids and names of everybody else; a name that two people bear is also one's own."""
    rows = MEMBERS[MEMBERS["member_id"] != member]
    mine = set(MEMBERS.loc[MEMBERS["member_id"] == member, NAMES].to_numpy().ravel())
    return (set(rows["member_id"]) | set(rows[NAMES].to_numpy().ravel())) - mine


def figures_of_others(member: str) -> set[str]:
    """Results of others as they would be printed: targets, actual figures, totals."""
    desk = appraisal_desk(FIRM.filled, as_of=FIRM.config.as_of)
    parts, judged = desk.card.parts, desk.judgement.members
    rows = parts[parts["scope_id"] != member]
    money = pd.concat([rows["target"], rows["actual"]]).dropna()
    own = parts[parts["scope_id"] == member][["target", "actual"]].to_numpy().ravel()
    found = {f"{v:,.0f}" for v in money if v not in set(own)}
    found |= {f"{v:,.0f}" for v in judged.loc[judged["member_id"] != member, "actual"]}
    return found


def alien(text: str, member: str) -> set[str]:
    """What of others stands in a text: ids as words, names anywhere."""
    words = set(re.findall(r"\bM\d{3}\b", text))
    return {who for who in others(member) if who in words or (who[:1] != "M" and who in text)}


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    """The page of every member and language, by (member, language)."""
    folder = tmp_path_factory.mktemp("sheets")
    tables = {name: table(name) for name in USED}
    make = page_maker(TEMPLATE, folder)
    people = MEMBERS["member_id"].tolist()
    return {
        (who, lang): make(tables, lang, member=who)
        for place, who in enumerate(people)
        for lang in (LANGUAGES if place in (0, 5, 16) else LANGUAGES[place % 2 :][:1])
    }


def test_every_member_has_a_sheet(sheets):
    assert {who for who, _ in sheets} == set(MEMBERS["member_id"])
    for (who, lang), page in sheets.items():
        text = check_page(page)
        assert catalog(lang)["report.section.sheet_plan"] in text
        assert MEMBERS.set_index("member_id")[f"name_{lang}"][who] in text


def test_nobody_else_stands_in_a_sheet(sheets):
    for (who, _), page in sheets.items():
        assert alien(page, who) == set()
        assert not re.search(r"A\d{4}-C\d{2}", page)


def test_no_figure_of_anybody_else_stands_in_a_sheet(sheets):
    for who in ("M006", "M017"):
        page = next(p for (m, _), p in sheets.items() if m == who)
        assert figures_of_others(who) & set(re.findall(r"[\d,]{5,}", page)) == set()


def test_a_sheet_shows_no_rank(sheets):
    words = catalog("en")
    page = sheets["M017", "en"]
    assert words["team_column.raw_rank"] not in page and "Rank" not in page


def test_the_kept_notebook_is_as_private_as_the_page(tmp_path):
    job = company_job(SAMPLE, tmp_path, "en", template="member_sheet", extra={"member": "M017"})
    assert Path(job.target).name == "member_sheet_M017.en.html"
    render(job)
    page = Path(job.target).read_text(encoding="utf-8")
    kept = Path(job.target).with_suffix(".ipynb").read_text(encoding="utf-8")
    inside = json.dumps(json.loads(kept), ensure_ascii=False)
    assert alien(inside, "M017") == set() and alien(page, "M017") == set()
    numbers = set(re.findall(r"[\d,]{5,}", inside))
    assert figures_of_others("M017") & numbers == set()


def test_all_sheets_in_one_go(tmp_path):
    jobs = members_jobs(SAMPLE, tmp_path, "zh")
    assert len({job.target for job in jobs}) == len(MEMBERS)
    assert [job.parameters["member"] for job in jobs] == MEMBERS["member_id"].tolist()


@pytest.mark.parametrize("extra", [{"member": "M999"}, {}])
def test_nobody_is_refused_before_anything_runs(tmp_path, extra):
    with pytest.raises(KamkitError) as caught:
        company_job(SAMPLE, tmp_path, "zh", template="member_sheet", extra=extra)
    code = "unknown_person" if extra else "missing_parameter"
    assert [p.code for p in caught.value.problems] == [code]


PEOPLE = table("members")[["member_id", "name", "role", "team"]]
RATED = table("ratings")
LITTLE = {
    "members_only": {"members": PEOPLE},
    "members_and_targets": {"members": PEOPLE, "targets": table("targets")},
    "ratings_only": {"members": PEOPLE, "ratings": RATED},
    "one_rater": {
        "members": PEOPLE,
        "ratings": RATED[(RATED["rater_id"] == "M003") & (RATED["source"] == "manager")],
    },
    "one_member": {"members": PEOPLE[PEOPLE["member_id"] == "M006"]},
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", LITTLE)
def test_little_data_is_said_not_faked(tmp_path, case, lang):
    text = check_page(page_maker(TEMPLATE, tmp_path)(LITTLE[case], lang, member="M006"))
    words = catalog(lang)
    for key in ("sheet_no_card", "sheet_no_judged", "sheet_no_plan"):
        assert words[f"report.text.{key}"] in text, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_own_finding_has_its_sentences(lang):
    words = catalog(lang)
    for key in OWN_FINDINGS:
        for part in ("topic", "title", "body", "action", "rule"):
            assert f"finding.{key}.{part}" in words
