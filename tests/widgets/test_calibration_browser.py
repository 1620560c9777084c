"""The calibration session in a real browser over a real kernel, by keyboard, zh and en."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from browser import closed_page
from calibration_case import REASON
from workroom import open_room

from kamkit.i18n import LANGUAGES, t
from kamkit.widgets.calibration import CalibrationJournal

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    with open_room(folder, {"PYTHONPATH": str(TESTS)}) as found:
        for lang in LANGUAGES:
            call = f'session(Path(r"{folder / lang}.sqlite"), "{lang}")'
            sources = ["from pathlib import Path\nfrom calibration_case import session", call]
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            book = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(s) for s in sources],
                metadata={"kernelspec": kernel},
            )
            (found.folder / f"{lang}.ipynb").write_text(nbformat.writes(book), encoding="utf-8")
        yield found


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_change_by_keyboard_and_taken_back(browser, room, lang):
    page, outside = closed_page(browser, viewport={"width": 1366, "height": 768})
    faults = []
    page.on("pageerror", lambda error: faults.append(error))
    page.goto(room.page(lang))
    page.wait_for_selector(".kc[data-ready=yes]", timeout=90_000)
    assert page.locator(".kc-strip svg").count() == 1
    page.locator(".kc-people").focus()
    press(page, "End", "ArrowUp", "Enter", "PageUp", "PageUp", "ArrowUp")
    page.wait_for_selector(".kc-trial", timeout=30_000)
    press(page, "Control+Enter")
    asked = page.locator("textarea[aria-invalid=true]")
    asked.wait_for(timeout=30_000)
    assert asked.evaluate("node => node === document.activeElement")
    words = page.locator(".kc-form .kx-ask:visible").first.inner_text()
    assert words == t("calibration.ask_reason", lang, fewest=10, now=0)
    page.keyboard.type(REASON[lang])
    page.locator(".kc-form select").last.select_option("B1")
    press(page, "Control+Enter")
    page.wait_for_selector(".kc-changes li", timeout=30_000)
    assert REASON[lang] in page.locator(".kc-changes").inner_text()
    assert page.locator(".kc-changed .kc-was").count() == 1
    assert page.evaluate("document.activeElement.className") == "kc-people"
    page.locator(".kc-changes button").click()
    page.wait_for_function("document.querySelectorAll('.kc-changes li').length === 2")
    assert page.locator(".kc-changed .kc-was").count() == 0
    with page.expect_download() as saved:
        page.get_by_role("button", name=t("calibration.export", lang)).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("change_id,period,member_id") and text.count("\n") == 3
    page.locator(".kc-head input").check()
    name = page.locator(".kc-people .kc-name").first.inner_text()
    assert t("calibration.person", lang, number="").strip() in name
    page.close()
    assert outside == [] and faults == []
    journal = CalibrationJournal(room.folder.parent / f"{lang}.sqlite", period="2026H1")
    assert len(journal.changes()) == 2
    journal.close()
