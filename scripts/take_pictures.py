"""Take the pictures of docs/pictures: course home, lesson, exercise with verdict, report page.

In zh and en. Needs Debian's chromium. Starts a server of its own and ends it; the records of the
trainee on the pictures are thrown away afterwards.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser import closed_page, open_browser  # noqa: E402
from course_server import Course, course_server  # noqa: E402

from kamkit.exercises.bank import load_exercise, make_variant  # noqa: E402
from kamkit.exercises.desk import open_desk  # noqa: E402
from kamkit.exercises.variants import seed_for  # noqa: E402
from kamkit.i18n import LANGUAGES  # noqa: E402
from kamkit.reports import company_job, render  # noqa: E402
from kamkit.workshop import copy_lessons  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
VIEW = {"width": 1280, "height": 860}
READY = 180_000  # milliseconds that a busy machine may take
WHO = {"zh": ("小周", "样例班"), "en": ("Robin", "sample")}
LESSON = "out/workshop/{lang}/01_key_accounts.ipynb"
SHEET = "exercises/{lang}/m01_company.ipynb"
NAME, TRAP = "m01_self_audit", "sales_only"  # looks at one group's ratings only
EXERCISE = f"[data-exercise={NAME}]"


def show(page: Any, url: str) -> None:
    """Open a page and wait until all of it is there."""
    page.goto(url, wait_until="commit")
    page.wait_for_selector("body.kk-ready", timeout=READY)


def take(page: Any, name: str, lang: str) -> None:
    """One picture of what the window shows."""
    page.wait_for_timeout(1000)  # charts and fonts settle
    page.screenshot(path=PICTURES / f"{name}.{lang}.png")


def up_to(page: Any, selector: str) -> None:
    """Scroll until an element stands at the top of the window."""
    page.locator(selector).first.evaluate("(node) => node.scrollIntoView({ block: 'start' })")
    page.evaluate("window.scrollBy(0, -16)")


def answer(page: Any, home: Path) -> None:
    """Walk into a trap of this trainee's own variant, so that the verdict names the mistake."""
    os.environ["KAMKIT_HOME"] = str(home)
    desk, exercise = open_desk(), load_exercise(NAME)
    seed = seed_for(desk.cohort, desk.trainee, exercise.id, exercise.version)
    for place in make_variant(exercise, seed).traps[TRAP]:
        page.check(f"{EXERCISE} input[type=checkbox][value={place}]")
    page.click(f"{EXERCISE} [data-do=submit]")
    page.wait_for_selector(f"{EXERCISE} .kx-verdict", timeout=READY)


def take_course(browser: Any, course: Course, lang: str) -> None:
    """Course home, lesson and exercise of one language."""
    page, outside = closed_page(browser, viewport=VIEW)
    show(page, course.home(lang))
    alias, cohort = WHO[lang]
    page.fill("input[name=alias]", alias)
    page.fill("input[name=cohort]", cohort)
    page.click("form .kk-main")
    page.wait_for_selector("[data-kk-who]:not(:empty)")
    show(page, course.page(SHEET.format(lang=lang)))
    page.wait_for_selector(f"{EXERCISE}[data-ready=yes]", timeout=READY)
    answer(page, course.desk)
    up_to(page, f"{EXERCISE} .kx-answer")
    take(page, "exercise", lang)
    show(page, course.home(lang))
    take(page, "home", lang)
    show(page, course.page(LESSON.format(lang=lang)))
    page.wait_for_selector(".widget-slider", timeout=READY)
    up_to(page, ".widget-slider")
    take(page, "lesson", lang)
    page.close()
    print(f"{lang}: outside requests {outside}")


def take_report(browser: Any, lang: str) -> None:
    """First page of the sample report."""
    job = company_job(ROOT / "datasets" / "elevator", ROOT / "out" / "elevator", lang)
    render(job)
    page, _ = closed_page(browser, viewport=VIEW)
    page.goto(Path(job.target).as_uri())
    take(page, "report", lang)
    page.close()


def main() -> None:
    """All eight pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    copy_lessons(ROOT, ROOT / "out" / "workshop")
    with open_browser() as browser:
        for lang in LANGUAGES:
            with tempfile.TemporaryDirectory() as folder:
                desk = Path(folder) / "desk"
                with course_server(ROOT, desk, "--log-level=ERROR", lang=lang) as course:
                    take_course(browser, course, lang)
            take_report(browser, lang)


if __name__ == "__main__":
    main()
