"""Write the practice sheets (exercises/<lang>/) and the course pages (notebooks/home/<lang>/).

Each sheet holds the exercises that the course puts there, one call a cell. They are committed;
a test holds them equal to what this script writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kamkit.exercises.bank import load_bank
from kamkit.exercises.course import Card, load_course
from kamkit.i18n import LANGUAGES, t
from kamkit.widgets.home.page import anchor

ROOT = Path(__file__).resolve().parent.parent
HIDDEN = {"jupyter": {"source_hidden": True}}
PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}


def markdown(name: str, text: str) -> dict[str, Any]:
    """A cell of prose."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": lines(text)}


def code(name: str, text: str, **metadata: Any) -> dict[str, Any]:
    """A cell of code, folded in JupyterLab."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {**HIDDEN, **metadata},
        "outputs": [],
        "source": lines(text),
    }


def lines(text: str) -> list[str]:
    """A text as notebooks keep it."""
    return text.splitlines(keepends=True)


def notebook(cells: list[dict[str, Any]], kind: str) -> str:
    """A notebook as text; ``kind`` tells the page's template what it is."""
    metadata = {
        "kamkit": {"kind": kind},
        "kernelspec": PYTHON,
        "language_info": {"name": "python"},
    }
    data = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def sheet(card: Card, lang: str) -> str:
    """A practice sheet in one language."""
    count, minutes = len(card.exercises), card.minutes
    intro = t("practice.intro", lang, count=count, minutes=minutes)
    text = f"# {card.title.said(lang)}\n\n{card.about.said(lang)}\n\n{intro}\n\n"
    cells = [
        markdown("title", text + t("practice.tip", lang)),
        code("parameters", f'language: str = "{lang}"  # {t("practice.language", lang)}',
             tags=["parameters"]),
        code("setup", "from kamkit.widgets.exercise import exercise"),
    ]  # fmt: skip
    cells += [code(anchor(i), f'exercise("{i}", lang=language)') for i in card.exercises]
    return notebook(cells, "practice")


def page(name: str, lang: str) -> str:
    """A page of the course home: one call."""
    call = f'from kamkit.widgets.home import {name}\n\n{name}("{lang}")'
    return notebook([code(name, call)], name)


def notebooks() -> dict[Path, str]:
    """All files that this script writes, with their content."""
    found = {}
    for lang in LANGUAGES:
        for card in load_course(load_bank()).cards:
            if card.kind == "sheet":
                found[ROOT / "exercises" / lang / f"{card.id}.ipynb"] = sheet(card, lang)
        for name in ("home", "result"):
            found[ROOT / "notebooks/home" / lang / f"{name}.ipynb"] = page(name, lang)
    return found


def main() -> None:
    """Write what differs and remove sheets that the course no longer has."""
    wanted = notebooks()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))
    for lang in LANGUAGES:
        for old in (ROOT / "exercises" / lang).glob("*.ipynb"):
            if old not in wanted:
                old.unlink()
                print(f"- {old.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
