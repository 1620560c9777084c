"""Lessons: two languages, one code; thin cells; nothing but the public API."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import nbformat
import papermill
import pytest
from conftest import ROOT

LESSONS = sorted((ROOT / "notebooks/en").glob("*.ipynb"))
TEMPLATES = sorted((ROOT / "notebooks/reports").glob("*.ipynb"))
ALL = [*LESSONS, *sorted((ROOT / "notebooks/zh").glob("*.ipynb")), *TEMPLATES]
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
PARAMETER = re.compile(r"^(\w+): ([\w| ]+) = (.+?)  # (.+)$")
MOST_LINES = 8


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def bare(source: str) -> str:
    """Code without comments; the lesson's own language is the one word that may differ."""
    kept = [
        (token.type, token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in (tokenize.COMMENT, tokenize.NL)
    ]
    return re.sub(r'language ?: ?str ?= ?"(zh|en)"', "language", tokenize.untokenize(kept))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "notebooks"))


def test_both_languages_hold_the_same_lessons():
    assert LESSONS
    assert [p.name for p in LESSONS] == [p.name for p in sorted((ROOT / "notebooks/zh").iterdir())]


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_same_code_in_both_languages(path):
    en, zh = read(path), read(ROOT / "notebooks/zh" / path.name)
    assert [(c.id, c.cell_type) for c in en.cells] == [(c.id, c.cell_type) for c in zh.cells]
    assert [bare(c.source) for c in code(en)] == [bare(c.source) for c in code(zh)]


@pytest.mark.parametrize("path", ALL, ids=name)
def test_cells_are_thin(path):
    for cell in code(read(path)):
        is_parameters = "parameters" in cell.metadata.get("tags", [])
        assert is_parameters or len(cell.source.splitlines()) <= MOST_LINES, cell.id
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, FORBIDDEN), f"{cell.id}: {type(node).__name__}"
            if isinstance(node, ast.ImportFrom):
                assert not any(a.name.startswith("_") for a in node.names), cell.id
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), cell.id


@pytest.mark.parametrize("path", ALL, ids=name)
def test_one_parameters_cell_with_types_and_help(path):
    (cell,) = [c for c in code(read(path)) if "parameters" in c.metadata.get("tags", [])]
    assert all(PARAMETER.match(line) for line in cell.source.splitlines()), cell.source
    found = papermill.inspect_notebook(str(path))
    assert all(p["inferred_type_name"] and p["help"] for p in found.values())


@pytest.mark.parametrize("path", ALL, ids=name)
def test_outputs_are_stripped(path):
    for cell in code(read(path)):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            assert cell.outputs, f"{cell.id} has nothing to compare"
            assert len(str(cell.outputs)) < 3000, f"{cell.id}: key figures are small"
        else:
            assert not cell.outputs and cell.execution_count is None, cell.id


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_half_is_prose(path):
    for lesson in (path, ROOT / "notebooks/zh" / path.name):
        cells = read(lesson).cells
        prose = [c for c in cells if c.cell_type == "markdown"]
        assert 2 * len(prose) >= len(cells) - 1, lesson


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_no_prose(path):
    assert all(cell.cell_type == "code" for cell in read(path).cells)


@pytest.mark.parametrize("path", ALL, ids=name)
def test_stable_cell_ids(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", i) for i in ids)
