"""The HTML of the home and of the results: one template each, filled with escaped words."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template

from kamkit.i18n import catalog, t


@cache
def template(name: str) -> Template:
    """A template of this folder, with everything escaped that is filled in."""
    source = files("kamkit.widgets.home").joinpath(f"{name}.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        loader=BaseLoader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(source)


@cache
def style() -> str:
    """The style of both pages."""
    return files("kamkit.widgets.home").joinpath("home.css").read_text(encoding="utf-8")


def words(section: str, lang: str) -> dict[str, str]:
    """All words of a catalog section, without its name.

    >>> words("home", "en")["start"]
    'Start'
    """
    start = f"{section}."
    return {k.removeprefix(start): v for k, v in catalog(lang).items() if k.startswith(start)}


def filled(name: str, section: str, lang: str, **values: Any) -> str:
    """A page's HTML; ``say(key, **numbers)`` gives the words of its section."""

    def say(key: str, **numbers: Any) -> str:
        return t(f"{section}.{key}", lang, **numbers)

    return template(name).render(say=say, lang=lang, style=style(), **values)
