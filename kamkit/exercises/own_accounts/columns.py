"""Columns of a trainee's own accounts: names in both languages, kinds, choices."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from kamkit.exercises.figures.signs import clean
from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Text

_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class OwnColumn:
    """One column; ``of_sales``: a percentage of sales is taken for an amount."""

    id: str
    kind: str
    label: Text
    note: Text
    example: Text
    width: int
    needed: bool = False
    least: float | None = None
    of_sales: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnForm:
    """What the form consists of."""

    fewest: int
    most: int
    columns: tuple[OwnColumn, ...]
    segments: dict[str, Text]
    levels: dict[int, Text]
    words: dict[str, Text]
    factors: dict[str, float]


def _column(data: dict[str, Any]) -> OwnColumn:
    texts = {name: read_text(data[name]) for name in ("label", "note", "example")}
    return OwnColumn(**{**data, **texts, "aliases": tuple(data.get("aliases", ()))})


@lru_cache(maxsize=1)
def own_form() -> OwnForm:
    """The form as ``own_accounts.toml`` defines it.

    >>> [c.id for c in own_form().columns if c.needed]
    ['name', 'revenue']
    """
    source = files("kamkit.exercises.own_accounts").joinpath("own_accounts.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return OwnForm(
        fewest=data["fewest"],
        most=data["most"],
        columns=tuple(_column(c) for c in data["columns"]),
        segments={s["id"]: read_text(s["label"]) for s in data["segments"]},
        levels={s["value"]: read_text(s["label"]) for s in data["levels"]},
        words={name: read_text(text) for name, text in data["words"].items()},
        factors=data["factors"],
    )


def bare(header: str) -> str:
    """A header without its unit, for comparing.

    >>> bare("今年销售额（万元）"), bare(" Sales  this year (CNY thousand)*")
    ('今年销售额', 'sales this year')
    """
    return _BRACKETS.sub("", clean(header)).strip(" *:_").replace("_", " ")


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Column ids by every header that stands for them."""
    return {
        bare(name): column.id
        for column in own_form().columns
        for name in (column.id, column.label.zh, column.label.en, *column.aliases)
    }


def column_of(header: str) -> str:
    """The column that a header stands for; empty where it is none of ours."""
    return _known().get(bare(header), "")


def factor_of(header: str) -> float:
    """What a bare figure under this header is multiplied by.

    >>> factor_of("销售额（万元）"), factor_of("Sales (CNY thousand)"), factor_of("销售额")
    (10000.0, 1000.0, 1.0)
    """
    unit = " ".join(_BRACKETS.findall(clean(header)))
    return float(next((f for word, f in own_form().factors.items() if word in unit), 1))
