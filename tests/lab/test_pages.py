"""The course in a real browser: home, practice, results, and what happens when things go wrong."""

from __future__ import annotations

import json
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import closed_page
from conftest import ROOT
from course_server import course_folder, course_server

from kamkit.i18n import LANGUAGES, t

READY = 60_000  # milliseconds that a busy machine may take
SHEET = "exercises/{lang}/m16_workshop.ipynb"
POLL = "#m16-confidence"


def opened(browser, url, **options):
    page, outside = closed_page(browser, viewport={"width": 1366, "height": 768}, **options)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    show(page, url)
    return page, outside


def leave(page):
    """Close a page as people do, so that its kernel ends too."""
    page.unroute_all(behavior="wait")
    page.goto("about:blank")
    page.close()


def show(page, url):
    page.goto(url, wait_until="commit")
    page.wait_for_selector("body.kk-ready", timeout=READY)


def kernel_of(page):
    """Id of the kernel that a page works with."""
    return json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"]


def sign_in(page, alias, cohort="2026-09"):
    if page.locator("[data-act=switch]").count():
        page.click("[data-act=switch]")
    page.fill("input[name=alias]", alias)
    page.fill("input[name=cohort]", cohort)
    page.click("form .kk-main")
    page.wait_for_function(
        "name => document.querySelector('[data-kk-who]').textContent === name", arg=alias
    )


def vote(page, number):
    page.locator(f"{POLL} input[type=radio]").nth(number).check()
    page.wait_for_selector(f"{POLL} .kx-line-saved", timeout=10_000)


def chosen(page):
    return page.locator(f"{POLL} input[type=radio]").evaluate_all(
        "boxes => boxes.findIndex((box) => box.checked)"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_shows_the_course_and_asks_nothing_outside(course, browser, lang):
    page, outside = opened(browser, course.home(lang))
    sign_in(page, "Robin")
    assert page.locator(".kk-card").count() >= 10
    assert page.locator("html").get_attribute("lang").startswith(lang)
    assert t("home.handin", lang) in page.inner_text(".kk-home")
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 768})
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, width
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    assert outside == [] and page.faults == []
    leave(page)


def test_any_base_url_will_do_and_the_list_of_files_is_the_home(tmp_path, browser):
    root = course_folder(ROOT, tmp_path / "course")
    with course_server(root, tmp_path / "desk", "--ServerApp.base_url=/kurs/") as course:
        page, outside = opened(browser, f"{course.url}kurs/voila")
        assert page.url.endswith("/kurs/voila/render/notebooks/home/zh/home.ipynb")
        page.click(".kk-card-sheet >> nth=0")
        page.wait_for_selector(".kx", timeout=READY)
        page.click("a.kk-lang")
        page.wait_for_url("**/kurs/voila/render/exercises/en/**")
        page.wait_for_selector("body.kk-ready", timeout=READY)
        page.click("a.kk-brand")
        page.wait_for_selector(".kk-home", timeout=READY)
        assert outside == [] and page.faults == []
        leave(page)


def test_every_card_leads_somewhere(course, browser):
    page, _ = opened(browser, course.home("en"))
    links = page.locator("a.kk-card, .kk-tool a, .kk-foot a").evaluate_all(
        "found => found.map((link) => link.href)"
    )
    for link in links:
        path = link.removeprefix(course.url).removeprefix("voila/render/")
        assert path == "lab" or (course.root / path).is_file(), link
    leave(page)


def test_switching_the_language_keeps_the_answer(course, browser):
    page, outside = opened(browser, course.home("zh"))
    sign_in(page, "换语言")
    show(page, course.page(SHEET.format(lang="zh")))
    vote(page, 1)
    page.click("a.kk-lang")
    page.wait_for_url("**/exercises/en/**")
    page.wait_for_selector("body.kk-ready", timeout=READY)
    assert page.locator("html").get_attribute("lang") == "en"
    assert chosen(page) == 1
    show(page, course.home("en"))
    assert page.locator(".kk-goon").count() == 1
    # The language is kept with the person, and so is the name.
    assert page.inner_text("[data-kk-who]") == "换语言"
    assert outside == [] and page.faults == []
    leave(page)


def test_a_dead_kernel_is_told_and_the_answer_is_back_after_a_reload(course, browser):
    page, _ = opened(browser, course.home("en"))
    sign_in(page, "Kim")
    show(page, course.page(SHEET.format(lang="en")))
    vote(page, 2)
    course.end_kernel(kernel_of(page))
    page.wait_for_selector("[data-kk-banner]:not([hidden])", timeout=15_000)
    assert page.inner_text("[data-kk-banner] p") == t("page.gone", "en")
    page.click("[data-kk-banner] a")
    page.wait_for_selector("body.kk-ready", timeout=READY)
    page.wait_for_selector(f"{POLL} input:checked", timeout=READY)
    assert chosen(page) == 2
    leave(page)


def test_outside_requests_that_never_answer_hold_nothing_up(course, browser):
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    asked = []

    def hang(route):
        if route.request.url.startswith(course.url):
            route.continue_()
        else:
            asked.append(route.request.url)  # and never an answer

    page.route("**/*", hang)
    started = time.monotonic()
    show(page, course.home("en"))
    show(page, course.page(SHEET.format(lang="en")))
    assert time.monotonic() - started < READY / 1000
    assert asked == []
    context.close()


def test_widgets_that_a_page_missed_are_asked_for_again(course, browser):
    page, _ = closed_page(browser, viewport={"width": 1366, "height": 768})
    missed = []

    def pass_on(route):
        server = route.connect_to_server()

        def heard(message):
            raw = message if isinstance(message, bytes) else message.encode()
            if b"comm_open" in raw and b"SliderModel" in raw:
                missed.append(raw)
            else:
                route.send(message)

        server.on_message(heard)

    page.route_web_socket(lambda url: "/channels" in url, pass_on)
    show(page, course.page("out/workshop/zh/01_key_accounts.ipynb"))
    assert len(missed) > 0
    assert page.locator(".kk-waiting").count() == 0
    assert page.locator(".jp-mod-error, .error_description").count() == 0
    assert page.locator(".widget-slider").count() == len(missed)
    leave(page)


def test_a_page_left_ends_its_kernel(course, browser):
    page, _ = opened(browser, course.home("en"))
    kernel = kernel_of(page)
    assert kernel in course.kernels()
    leave(page)
    for _ in range(100):
        if kernel not in course.kernels():
            break
        time.sleep(0.1)
    assert kernel not in course.kernels()


def test_two_people_on_one_computer(course, browser):
    page, _ = opened(browser, course.home("en"))
    sign_in(page, "Ada", "A7")
    show(page, course.page(SHEET.format(lang="en")))
    vote(page, 0)
    show(page, course.home("en"))
    sign_in(page, "Ben", "A7")
    show(page, course.page(SHEET.format(lang="en")))
    assert chosen(page) == -1
    show(page, course.home("en"))
    page.click("[data-act=switch]")
    page.locator(".kk-chip", has_text="Ada").click()
    page.wait_for_function("document.querySelector('[data-kk-who]').textContent === 'Ada'")
    show(page, course.page(SHEET.format(lang="en")))
    assert chosen(page) == 0
    leave(page)


def test_own_accounts_stay_home_unless_handed_in(course, browser, tmp_path):
    page, _ = opened(browser, course.home("zh"))
    sign_in(page, "王芳")
    with page.expect_download() as form:
        page.click("[data-act=own_form]")
    assert form.value.suggested_filename.endswith(".xlsx")
    page.click("[data-act=own_type]")
    for row in range(1, 6):
        cells = f".kk-grid tbody tr:nth-child({row})"
        page.fill(f"{cells} [data-cell=name]", f"机密客户{row}")
        page.fill(f"{cells} [data-cell=revenue]", "一大笔" if row == 3 else f"{row}20")
    page.click("[data-act=own_rows]")
    page.wait_for_selector("[data-said=own].kk-bad")
    assert t("home.own_row", "zh", row=3) in page.inner_text("[data-said=own]")
    page.fill(".kk-grid tbody tr:nth-child(3) [data-cell=revenue]", "1.2亿")
    page.click("[data-act=own_rows]")
    page.wait_for_selector("[data-said=own]:not(.kk-bad)")
    assert t("home.own_saved", "zh", count=5) in page.inner_text("[data-said=own]")
    assert page.input_value(".kk-grid tbody tr:nth-child(3) [data-cell=revenue]") == "12000"
    page.click("[data-act=handin]")
    page.wait_for_function("document.querySelector('[data-said=handin]').textContent")
    assert page.inner_text("[data-said=handin]") == t("home.handin_empty", "zh")
    show(page, course.page(SHEET.format(lang="zh")))
    vote(page, 1)
    show(page, course.home("zh"))
    for own in (False, True):
        page.set_checked("[data-own-too]", own)
        with page.expect_download() as handed:
            page.click("[data-act=handin]")
        file = tmp_path / f"{own}.jsonl"
        handed.value.save_as(file)
        lines = file.read_text(encoding="utf-8").splitlines()
        assert json.loads(lines[0])["own"] is own
        assert any("机密客户" in line for line in lines) is own
        assert any('"m16_confidence"' in line for line in lines)
    # A download is no visit elsewhere: the page still answers.
    page.click("[data-act=own_form]")
    assert page.locator("[data-said=own].kk-bad").count() == 0
    leave(page)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_results_are_made_to_be_printed(course, browser, lang):
    page, outside = opened(browser, course.home(lang))
    sign_in(page, f"Printer {lang}")
    show(page, course.page(SHEET.format(lang=lang)))
    vote(page, 1)
    show(page, course.page(f"notebooks/home/{lang}/result.ipynb"))
    text = page.inner_text(".kk-result")
    assert f"Printer {lang}" in text and t("result.status_draft", lang) in text
    assert t("result.plan", lang) in text
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    page.emulate_media(media="print")
    assert not page.locator(".kk-bar").is_visible()
    assert not page.locator("[data-kk-print]").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert outside == []
    leave(page)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_fault_is_told_in_words(course, browser, lang):
    cells = [("markdown", "# Title"), ("code", "raise ValueError('secret')"), ("code", "1 + 1")]
    notebook = {
        "cells": [
            {"cell_type": kind, "id": f"c{n}", "metadata": {}, "source": text}
            | ({"outputs": [], "execution_count": None} if kind == "code" else {})
            for n, (kind, text) in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder = course.root / "broken" / lang
    folder.mkdir(parents=True)
    (folder / "page.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    page, _ = opened(browser, course.page(f"broken/{lang}/page.ipynb"))
    text = page.inner_text("body")
    assert t("page.cell_error", lang) in text
    assert "secret" not in text and "Error" not in text and "Traceback" not in text
    page.goto(course.page(f"exercises/{lang}/nothing.ipynb"))
    assert t("page.not_found", lang) in page.inner_text("body")
    page.click(".kk-button:visible")
    page.wait_for_selector(".kk-home", timeout=READY)
    leave(page)


def test_lessons_show_no_code(course, browser):
    page, outside = opened(browser, course.page("out/workshop/zh/01_key_accounts.ipynb"))
    text = page.inner_text("main")
    assert "language: str" not in text and "import " not in text
    assert page.locator(".kk-picture svg, .kk-html svg, .kk-live svg").count() >= 5
    assert page.locator(".kx").count() == 6
    assert page.locator(".kk-fault").count() == 0
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    assert outside == [] and page.faults == []
    leave(page)
