"""Both languages hold the same keys with the same placeholders."""

from __future__ import annotations

import ast
import re
import string

import pytest
from conftest import ROOT

from kamkit.i18n import LANGUAGES, catalog, terms

CHINESE = re.compile(r"[一-鿿]")
SENTENCE = re.compile("[。！？]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_same_keys():
    assert set(catalog("zh")) == set(catalog("en"))


def test_same_placeholders():
    zh, en = catalog("zh"), catalog("en")
    differing = [k for k in zh if placeholders(zh[k]) != placeholders(en[k])]
    assert differing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_empty_sentence(lang):
    assert [key for key, text in catalog(lang).items() if not text.strip()] == []


def test_english_holds_no_chinese():
    assert [key for key, text in catalog("en").items() if CHINESE.search(text)] == []


def test_glossary_is_complete():
    assert all(row["term"] and row["zh"] and row["en"] for row in terms())
    assert len({row["term"] for row in terms()}) == len(terms())


def test_no_chinese_in_code():
    """Words that code emits live in the catalogs; docstrings may show examples.

    A recipe is part of its exercise, which holds zh and en side by side: labels may stand in it
    as ``Text(zh, en)``, sentences stand in TOML.
    """
    for path in sorted((ROOT / "kamkit").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
                words = CHINESE.findall(node.value)
                most = 24 if path.parent.name == "recipes" else 4
                where = f"{path.name}:{node.lineno} {node.value!r}"
                assert len(words) <= most, where
                assert not (words and SENTENCE.search(node.value)), where
