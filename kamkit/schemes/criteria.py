"""The criteria library, the saved selections from it, and the basis fields."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.model import Labels

DATA = files("kamkit.schemes").joinpath("data")


def read_data(name: str) -> dict[str, Any]:
    """One shipped data file as a mapping."""
    return tomllib.loads(DATA.joinpath(name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Criterion:
    """One criterion of the library; ratings run from ``low`` to ``high``.

    ``minimum`` is set on gates only. ``serving`` says what a high rating does to the cost of
    serving the account: "raises", "lowers" or "".
    """

    id: str
    labels: Labels
    ask: Labels
    direction: str
    group: str
    origin: str
    tags: tuple[str, ...]
    gate: bool
    minimum: float | None
    serving: str
    anchors: Mapping[str, tuple[str, ...]]
    low: float
    high: float


@dataclass(frozen=True)
class Selection:
    """A saved list of criteria with default weights (house) and turned directions."""

    id: str
    labels: Labels
    origin: str
    criteria: tuple[str, ...]
    weights: Mapping[str, float]
    weight_rule: str
    directions: Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """A basis field: its name, unit and the tables that it needs."""

    id: str
    labels: Labels
    unit: str
    tables: tuple[str, ...]


def _criterion(key: str, raw: Mapping[str, Any], low: float, high: float) -> Criterion:
    return Criterion(
        id=key,
        labels=raw["label"],
        ask=raw["ask"],
        direction=raw["direction"],
        group=raw["group"],
        origin=raw["origin"],
        tags=tuple(raw["tags"]),
        gate=bool(raw.get("gate", False)),
        minimum=raw.get("minimum"),
        serving=raw.get("serving", ""),
        anchors={lang: tuple(words) for lang, words in raw.get("anchors", {}).items()},
        low=low,
        high=high,
    )


@cache
def criteria() -> Mapping[str, Criterion]:
    """The criteria library by id (S015-S024, S035, S037, S038, S081; X26).

    >>> criteria()["solvency"].gate, criteria()["solvency"].minimum
    (True, 3)
    """
    raw = read_data("criteria.toml")
    low, high = float(raw["low"]), float(raw["high"])
    return MappingProxyType(
        {key: _criterion(key, entry, low, high) for key, entry in raw["criteria"].items()}
    )


def _weights(rule: str, keys: tuple[str, ...]) -> dict[str, float]:
    n = len(keys)
    if rule == "roc":
        # Rank-order centroid: w_i = (1/n) sum_{k>=i} 1/k (Barron & Barrett 1996).
        return {key: sum(1 / k for k in range(i, n + 1)) / n for i, key in enumerate(keys, 1)}
    return dict.fromkeys(keys, 1 / n)


def _turned(direction: str) -> str:
    return "cost" if direction == "benefit" else "benefit"


@cache
def selections() -> Mapping[str, Selection]:
    """Saved selections by id; weights add up to 1.

    >>> len(selections()["list_1_2"].criteria)
    22
    """
    library = criteria()
    found = {}
    for key, raw in read_data("selections.toml")["selections"].items():
        chosen = tuple(raw["criteria"])
        turned = set(raw.get("turned", ()))
        found[key] = Selection(
            id=key,
            labels=raw["label"],
            origin=raw["origin"],
            criteria=chosen,
            weights=_weights(raw["weights"], chosen),
            weight_rule=raw["weights"],
            directions={
                c: _turned(library[c].direction) if c in turned else library[c].direction
                for c in chosen
            },
        )
    return MappingProxyType(found)


def selection(selection_id: str) -> Selection:
    """One saved selection; KamkitError ``unknown_selection`` names what there is.

    >>> selection("five_elements").criteria[0]
    'large_continuous_orders'
    """
    found = selections().get(selection_id)
    if found is None:
        raise KamkitError(
            Problem(
                "unknown_selection",
                table="selections",
                value=selection_id,
                details={"allowed": ", ".join(selections())},
            )
        )
    return found


@cache
def fields() -> Mapping[str, Field]:
    """Basis fields that conditions may test, by id.

    >>> fields()["sales"].unit
    'money'
    """
    raw = read_data("fields.toml")["fields"]
    return MappingProxyType(
        {k: Field(k, v["label"], v["unit"], tuple(v["tables"])) for k, v in raw.items()}
    )


def field_labels(name: str) -> Labels:
    """Labels of a basis field, of a rating (``rating:<criterion>``), or the name itself.

    >>> field_labels("rating:solvency")["en"]
    'Solvency'
    """
    if name.startswith("rating:"):
        known = criteria().get(name.removeprefix("rating:"))
        return known.labels if known else {"zh": name, "en": name}
    basis = fields().get(name)
    return basis.labels if basis else {"zh": name, "en": name}
