"""What every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import chromium, open_browser

from kamkit.exercises import desk

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("KAMKIT_SHARED_DATA", ROOT.parent / "shared" / "data"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--evidence", action="store_true", help="run the long statistical runs too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long runs belong to ``make evidence``: they are left out, not skipped, elsewhere."""
    if config.getoption("--evidence"):
        return
    long_runs = [item for item in items if item.get_closest_marker("evidence")]
    if long_runs:
        config.hook.pytest_deselected(items=long_runs)
        items[:] = [item for item in items if item not in long_runs]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    """In CI nothing may be skipped: a skip there is a failure that says why."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


@pytest.fixture(scope="session")
def published() -> dict[str, dict[str, Any]]:
    """The published cases by id (tests/data/published_cases.yaml)."""
    text = (ROOT / "tests/data/published_cases.yaml").read_text(encoding="utf-8")
    return {case["id"]: case for case in yaml.safe_load(text)}


@pytest.fixture(autouse=True)
def journals_closed() -> Iterator[None]:
    """A page's process ends and its files with it; the tests' process goes on."""
    yield
    for journal in desk._journals.values():
        journal.close()
    desk._journals.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium for one file of tests: Playwright lets no other event loop run beside its own."""
    if chromium() is None:
        pytest.skip("Chromium not found (Debian package chromium)")
    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def northwind_source() -> Path:
    """The Northwind files; tests that need them are skipped where they are absent."""
    folder = SHARED / "northwind"
    if not folder.is_dir():
        pytest.skip(f"third-party data not found: {folder.name} (set KAMKIT_SHARED_DATA)")
    return folder
