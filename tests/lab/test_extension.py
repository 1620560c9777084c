"""What the server adds: page data by address, pages that end in words, nothing from outside."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
from conftest import ROOT

from kamkit.i18n import LANGUAGES, catalog
from kamkit.lab import extension
from kamkit.workshop import HOME, LAB

TEMPLATE = LAB / "share/voila/templates/kamkit"


def request(path, root=ROOT, base="/"):
    found = SimpleNamespace(base_url=base, xsrf_token=b"", settings={"server_root_dir": str(root)})
    found.request = SimpleNamespace(path=path)
    return found


def page(path, **options):
    notebook = {"metadata": {}, "cells": [{"cell_type": "markdown", "source": "# Title\n\nText"}]}
    base = options.get("base", "/")
    asked = request(f"{base}voila/render/{path}", **options)
    return extension.with_page(asked, notebook, "")["metadata"]["kamkit"]


@pytest.mark.parametrize("base", ["/", "/course/"])
def test_links_stand_under_any_base_url(base):
    found = page("notebooks/home/en/home.ipynb", base=base)
    assert found["lang"] == "en" and found["is_home"]
    assert found["home"] == f"{base}voila/render/{HOME.format(lang='en')}"
    assert found["other"] == f"{base}voila/render/{HOME.format(lang='zh')}"
    assert found["lab"] == f"{base}lab"


def test_a_page_without_its_other_language_offers_none(tmp_path):
    assert page("notebooks/home/en/home.ipynb", root=tmp_path)["other"] == ""
    assert page("anything.ipynb")["other"] == ""


def test_the_home_is_named_alike_everywhere():
    assert extension.HOME == HOME
    for lang in LANGUAGES:
        assert (ROOT / HOME.format(lang=lang)).is_file()


def test_templates_name_no_address_outside():
    for file in sorted(TEMPLATE.rglob("*")):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            outside = re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)
            assert outside == [], file.name


def test_templates_hold_no_words_of_their_own():
    for file in sorted(TEMPLATE.rglob("*.j2")) + sorted(TEMPLATE.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        known = text.replace("中文", "")
        assert not re.search("[一-鿿]", known), file.name
        for key in re.findall(r"\bsay\.(\w+)", text) + re.findall(r"kamkit\[lang\]\.(\w+)", text):
            assert f"page.{key}" in catalog("en"), key


def test_formulas_come_from_the_copy_that_is_shipped():
    found = extension.without_outside({"fullMathjaxUrl": "https://cdn", "baseUrl": "/"})
    assert found == {"fullMathjaxUrl": None, "mathjaxConfig": None, "baseUrl": "/"}


def test_settings_file_names_what_exists():
    settings = json.loads((LAB / "jupyter_server_config.json").read_text(encoding="utf-8"))
    assert settings["ServerApp"]["kernel_manager_class"] == "kamkit.lab.preheat.WarmKernels"
    (call,) = settings["WarmKernels"]["warm_up"]
    module, function = call.split(":")
    assert callable(getattr(__import__(module, fromlist=["_"]), function))
