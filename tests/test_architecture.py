"""Who may import whom, and how large a file and a function may grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "kamkit"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {
    "errors": set(),
    "i18n": {"errors"},
    "schemes": {"errors"},
    "tables": {"errors", "schemes"},
    "methods": {"errors", "schemes", "tables.schemas"},
    "charts": {"errors", "i18n", "schemes", "tables.schemas"},
    "exercises": {"errors", "schemes", "tables", "methods"},
    "widgets": {"errors", "i18n", "schemes", "charts", "exercises"},
    "lab": {"errors", "i18n"},
    "reports": {"errors", "i18n", "schemes", "tables", "charts"},
}
ONE_ROOM_ONLY = {
    "matplotlib": {"charts"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "papermill": {"reports"},
    "nbconvert": {"reports"},
    "nbclient": {"reports"},
    "sqlalchemy": {"exercises"},
    "voila": {"lab"},
    "jupyter_server": {"lab"},
    "jupyter_client": {"lab"},
}
MOST_LINES, MOST_FUNCTION_LINES = 400, 60
OPEN_HOUSE = {"__init__", "cli", "cli_appraisal", "cli_cohort", "cli_survey"}
OPEN_HOUSE |= {"terminal", "workshop"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(room: str, target: str) -> bool:
    if room in OPEN_HOUSE or target == room or target.startswith(room + "."):
        return True
    return any(target == may or target.startswith(may + ".") for may in ROOMS[room])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    room = room_of(path)
    for name in imports(path):
        if name == "kamkit" or name.startswith("kamkit."):
            target = name.removeprefix("kamkit").lstrip(".")
            parts = target.split(".")
            whole = target in ("", "__version__") or (parts[0] == "tables" and parts == ["tables"])
            if whole and room in ("methods", "charts"):
                continue
            assert whole or allowed(room, target), f"{room} may not import {name}"
        top = name.split(".")[0]
        if top in ONE_ROOM_ONLY:
            assert room in ONE_ROOM_ONLY[top], f"{top} belongs to {ONE_ROOM_ONLY[top]}"


def test_every_room_is_on_the_list():
    rooms = {room_of(p) for p in SOURCES}
    assert rooms <= set(ROOMS) | OPEN_HOUSE


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_size(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            prose = first.end_lineno - first.lineno + 1 if documented else 0
            length = node.end_lineno - node.lineno + 1 - prose
            assert length <= MOST_FUNCTION_LINES, f"{node.name}: {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_public_functions_are_documented(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public:
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_import_is_cheap():
    """Heavy libraries load on first use: none of them comes with ``import kamkit``."""
    import subprocess
    import sys

    heavy = {"pandas", "numpy", "matplotlib", "scipy", "pandera", "papermill", "ipywidgets"}
    code = f"import sys, kamkit, kamkit.cli; print([m for m in sys.modules if m in {heavy}])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


# What an exercise is ← how an answer is checked ← what is kept (docs/exercises.md).
EXERCISE_LAYERS = (
    {"model", "forms", "variants", "figures", "recipes", "own_accounts"},
    {"kinds", "answers", "matching", "grade", "mistakes", "follow", "check", "bank"},
    {
        *("progress", "behaviours", "journal", "desk", "session"),
        *("handin", "cohort", "course", "standing"),
    },
)


def test_exercise_layers_import_downwards_only():
    level = {name: i for i, layer in enumerate(EXERCISE_LAYERS) for name in layer}
    folder = PACKAGE / "exercises"
    for path in sorted(folder.rglob("*.py")):
        part = path.relative_to(folder).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for name in imports(path):
            if name.startswith("kamkit.exercises."):
                target = name.split(".")[2]
                assert level[target] <= level[part], f"{path.name} may not import {name}"
