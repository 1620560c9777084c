"""Exercises in a real browser over a real kernel: every kind, both languages, every way in."""

from __future__ import annotations

from uuid import uuid4

import pytest
from browser import closed_page
from drive import PLACED, VERDICT, WORDS, box, by_keys, by_mouse, drag, finger, name, verdict
from workroom import KINDS, open_room, write_notebook

from kamkit.exercises.behaviours import release_code
from kamkit.exercises.desk import open_desk, sign_in
from kamkit.i18n import LANGUAGES, t

WAYS = {"mouse": by_mouse, "keys": by_keys}
LAPTOP = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    with open_room(folder) as found:
        for lang in LANGUAGES:
            write_notebook(found.folder / f"{lang}.ipynb", [f"kind_{k}" for k in KINDS], lang)
        short = ["kind_number", "kind_rank"]
        write_notebook(found.folder / "short.ipynb", short, "en")
        write_notebook(found.folder / "kurz.ipynb", short, "zh")
        write_notebook(found.folder / "assess.ipynb", ["kind_single"], "en", "assess")
        write_notebook(found.folder / "team.ipynb", ["kind_match"], "zh", "team")
        yield found


@pytest.fixture
def trainee(room, monkeypatch):
    """Somebody new sits down."""
    monkeypatch.setenv("KAMKIT_HOME", str(room.home))
    return sign_in("2026-11", f"tester {uuid4().hex[:8]}", "测试员", "zh")


@pytest.fixture
def opened(browser, room, trainee):
    """Opens pages of the room and closes them at the end."""
    pages = []

    def show(name, **options):
        page, outside = closed_page(browser, viewport=LAPTOP, **options)
        pages.append((page, outside))
        page.goto(room.page(name))
        page.wait_for_function(
            "() => { const all = [...document.querySelectorAll('.kx')];"
            " return all.length && all.every(x => x.dataset.ready === 'yes'); }",
            timeout=60_000,
        )
        return page

    yield show
    for page, outside in pages:
        page.close()
        assert outside == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("way", WAYS)
def test_every_kind_comes_to_its_verdict(opened, lang, way):
    page = opened(lang)
    said = {}
    for kind in KINDS:
        WAYS[way](page, kind, lang)
        said[kind] = verdict(page, kind)
    assert said == {kind: VERDICT.get(kind, "right") for kind in KINDS}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_finger_moves_cards_and_rows(opened, lang):
    page = opened(lang, has_touch=True)
    box(page, "rank").locator("[data-item=egret] .kx-nudge").first.tap()
    box(page, "rank").locator("li[data-item=egret]:first-child").wait_for()
    found = box(page, "match")
    card = found.locator(".kx-card").first
    card.locator(".kx-lift").tap()
    found.locator("[data-zone=b]").tap()
    assert found.locator("[data-zone=b] .kx-card").count() == 1
    finger(page, found.locator("[data-zone=b] .kx-grip"), found.locator("[data-zone=c]"))
    assert found.locator("[data-zone=c] .kx-card").count() == 1


def test_on_a_small_screen_each_card_has_its_list(opened):
    page = opened("en")
    page.set_viewport_size({"width": 360, "height": 740})
    found = box(page, "matrix")
    for item, place in PLACED["matrix"].items():
        found.get_by_label(f"Move {name(item, 'en')}").select_option(place)
    found.locator("[data-do=submit]").click()
    assert verdict(page, "matrix") == "right"


def test_a_killed_kernel_loses_nothing(opened, room):
    page = opened("short")
    number = box(page, "number")
    number.locator(".kx-figure").fill("55%")
    number.locator(".kx-line-saved").wait_for()
    room.kill_kernels()
    number.locator(".kx-figure").fill("60%")
    number.locator(".kx-line-lost").wait_for(timeout=10_000)
    assert t("exercise.not_saved", "en") in number.inner_text()
    page.reload()
    page.locator(".kx-line-back").wait_for(timeout=60_000)
    assert number.locator(".kx-figure").input_value() == "60%"
    number.locator("[data-do=submit]").click()
    assert verdict(page, "number") == "right"
    page.reload()
    number.locator(".kx-verdict").wait_for(timeout=60_000)
    assert number.locator(".kx-figure").input_value() == "60%"
    assert open_desk().journal.events("kind_number")[-1].data["answer"]["parts"] == {"value": "60%"}


def test_what_was_not_saved_can_be_given_up(opened, room):
    page = opened("short")
    number = box(page, "number")
    number.locator(".kx-figure").fill("55%")
    number.locator(".kx-line-saved").wait_for()
    room.kill_kernels()
    number.locator(".kx-figure").fill("1%")
    number.locator(".kx-line-lost").wait_for(timeout=10_000)
    page.reload()
    number.locator(".kx-line-back button").click(timeout=60_000)
    number.locator(".kx-line-saved").wait_for()
    assert number.locator(".kx-figure").input_value() == "55%"


def test_two_tabs_and_both_languages_show_one_answer(opened):
    first, second = opened("short"), opened("kurz")
    box(first, "number").locator(".kx-figure").fill("12")
    box(first, "number").locator(".kx-line-saved").wait_for()
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    second.wait_for_function("document.querySelector('.kx-figure').value === '12'")
    box(second, "number").locator(".kx-figure").fill("六成")
    box(second, "number").locator("[data-do=submit]").click()
    assert verdict(second, "number") == "right"
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert verdict(first, "number") == "right"
    assert box(first, "number").locator(".kx-figure").input_value() == "六成"


def test_an_answer_is_asked_back_at_its_field(opened):
    page = opened("en")
    number = box(page, "number")
    number.locator(".kx-figure").fill("3-5")
    number.locator("[data-do=submit]").click()
    number.locator(".kx-fields .kx-ask:visible").wait_for()
    assert number.locator(".kx-figure").get_attribute("aria-invalid") == "true"
    assert number.locator(".kx-verdict").count() == 0
    match = box(page, "match")
    drag(page, match.locator(".kx-card .kx-body").first, match.locator("[data-zone=b]"))
    match.locator("[data-do=submit]").click()
    match.locator(".kx-ask:visible").first.wait_for()
    assert match.locator("[data-do=submit]").inner_text() == t("exercise.submit_anyway", "en")
    match.locator("[data-do=submit]").click()
    assert verdict(page, "match") == "partly"
    empty = box(page, "single")
    empty.locator("[data-do=submit]").click()
    empty.locator(".kx-ask:visible").wait_for()
    assert t("exercise.nothing_yet", "en") in empty.inner_text()


def test_escape_puts_a_card_and_a_row_back(opened):
    page = opened("zh")
    match, rank = box(page, "match"), box(page, "rank")
    match.locator(".kx-lift").first.focus()
    for key in ("Enter", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    assert match.locator(".kx-tray .kx-card").count() == 3
    rank.locator(".kx-grip").first.focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    order = rank.locator("li").evaluate_all("all => all.map(x => x.dataset.item)")
    assert order == ["pine", "egret", "dipper"]


def test_hints_and_solution_open_by_the_rule(opened):
    page = opened("en")
    rank = box(page, "rank")
    rank.locator("[data-do=submit]").click()
    rank.locator(".kx-ask:visible").wait_for()
    rank.locator("[data-do=submit]").click()
    assert verdict(page, "rank") == "partly"
    assert not rank.locator("[data-do=solution]").is_visible()
    for n in (1, 2):
        rank.locator("[data-do=hint]").click()
        rank.locator(f".kx-hints li:nth-child({n})").wait_for()
    rank.locator("[data-do=solution]").click()
    rank.locator(".kx-solution").wait_for()
    assert not rank.locator("[data-do=hint]").is_visible()


def test_a_hint_asked_for_at_once_takes_nothing_away(opened):
    page = opened("zh")
    many = box(page, "many")
    many.locator("input[value=egret]").check()
    many.locator("[data-do=hint]").click()
    many.locator(".kx-hints li").wait_for()
    many.locator(".kx-line-saved").wait_for()
    assert many.locator("input[value=egret]").is_checked()


def test_a_vote_before_and_after(opened):
    page = opened("en")
    poll = box(page, "poll")
    poll.locator("input[value=follow]").check()
    poll.locator("[data-do=submit]").click()
    poll.locator("[data-do=revote]").click()
    poll.locator("input[value=hold]").check()
    poll.locator("[data-do=submit]").click()
    poll.locator(".kx-votes tr:nth-child(2) .kx-vote").wait_for()
    assert poll.locator(".kx-vote").count() == 2
    assert not poll.locator("[data-do=submit]").is_visible()


def test_an_essay_is_marked_by_its_rubric(opened):
    page = opened("en")
    essay = box(page, "essay")
    essay.locator("textarea").first.fill(WORDS["en"]["essay"])
    essay.locator("[data-do=submit]").click()
    essay.locator(".kx-rubric input[value=figure]").check()
    essay.locator(".kx-rubric button").click()
    essay.locator(".kx-verdict.kx-partly").wait_for()
    assert "67" in essay.locator(".kx-score").inner_text()


def test_an_assessment_waits_for_its_release(opened, trainee):
    page = opened("assess")
    found = box(page, "single")
    found.locator("input[value=egret]").check()
    found.locator("[data-do=submit]").click()
    assert verdict(page, "single") == "noted"
    assert found.locator(".kx-slot:visible").count() == 0
    found.locator(".kx-release input").fill("WRONG1")
    found.locator(".kx-release button").click()
    found.locator(".kx-problem p").wait_for()
    found.locator(".kx-release input").fill(release_code("2026-11", "kind_single").lower())
    found.locator(".kx-release button").click()
    found.locator(".kx-verdict.kx-right").wait_for()


def test_a_team_says_who_decided(opened):
    page = opened("team")
    found = box(page, "match")
    found.locator(".kx-team input").fill("北方队")
    found.locator(".kx-team textarea").fill("甲\n乙")
    found.locator(".kx-team button").click()
    found.locator(".kx-teamline").wait_for()
    by_mouse(page, "match", "zh")
    found.locator(".kx-ask:visible").wait_for()
    found.locator("select[id$=by]").select_option("乙")
    found.locator("[data-do=submit]").click()
    assert verdict(page, "match") == "right"
    assert "乙" in found.locator(".kx-history").inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1366])
def test_no_serious_fault_for_readers(opened, lang, width):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(lang)
    page.set_viewport_size({"width": width, "height": 768})
    serious = []
    for answered in (False, True):
        if answered:
            for kind in ("single", "number", "match", "table", "essay", "poll"):
                by_keys(page, kind, lang)
                verdict(page, kind)
        found = Axe().run(page, context=".kx").response["violations"]
        serious += [
            (v["id"], [n["html"][:160] for n in v["nodes"]])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
