"""Content blocks as one static, self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, select_autoescape

from kamkit.i18n import t
from kamkit.reports.content import Block


def _summary_first(block: Block) -> int:
    """The summary is known last and read first."""
    return 0 if block.kind == "headline" else 1


def _page(name: str) -> str:
    return files("kamkit.reports").joinpath(name).read_text(encoding="utf-8")


def to_html(blocks: Sequence[Block], lang: str, *, key: str = "") -> str:
    """One page: no script, no outside address, all text escaped, figures as inline SVG.

    The appendix lists number, title, variant, origin, n, scheme and data fingerprint of
    every table and figure. ``key`` is kept in the head, see :func:`is_current`.
    """
    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True)
    environment.globals["t"] = lambda key, **values: t(key, lang, **values)
    cover = next((block.data for block in blocks if block.kind == "cover"), {})
    values: dict[str, Any] = {
        "lang": lang,
        "key": key,
        "html_lang": "zh-Hans" if lang == "zh" else "en",
        "css": _page("page.css"),
        "cover": cover,
        "blocks": sorted((b for b in blocks if b.kind != "cover"), key=_summary_first),
        "sections": [b for b in blocks if b.kind == "section"],
        "sources": [b for b in blocks if b.kind in ("table", "chart")],
    }
    return environment.from_string(_page("page.html.j2")).render(values)
