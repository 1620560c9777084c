"""The report page in a real browser: nothing sticks out, nothing asks the network."""

from __future__ import annotations

import pandas as pd
import pytest
from browser import closed_page

from kamkit.i18n import LANGUAGES
from kamkit.reports import Report, to_html

WIDE = {f"column_{i}": [1234567.891, -5.0] for i in range(14)}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 820, 390])
def test_nothing_sticks_out(browser, monkeypatch, tmp_path, lang, width):
    blocks = []
    monkeypatch.setattr("IPython.display.display", blocks.append)
    report = Report(lang=lang, company="Ω" * 400, currency="CNY", fingerprint="f" * 64)
    report.cover("key_accounts")
    report.section("concentration")
    report.table("accounts", pd.DataFrame({"name": ["n" * 500, "短"], **WIDE}))
    file = tmp_path / "page.html"
    file.write_text(to_html(blocks, lang), encoding="utf-8")
    page, outside = closed_page(browser, viewport={"width": width, "height": 900})
    page.goto(file.as_uri())
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.close()
    assert overflow <= 0
    assert outside == []
