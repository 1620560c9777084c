"""What every part of the generator shares: the settings, the plan and the random streams."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

COMPANIES = ("elevator", "it")
PAST = (2024, 2025)
CURRENT = 2026
FUTURE = (2027, 2028)
AS_OF = "2026-06-30"
MIN_ACCOUNTS = 20


@cache
def read_data(name: str) -> Mapping[str, Any]:
    """One of the data files beside the code, e.g. ``elevator``.

    >>> read_data("elevator")["company"]["key_cut"]
    20000000
    """
    text = files("kamkit.tables.sample").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass
class World:
    """One company while it is being made.

    ``plan`` holds one row per account with what the tables must later show (sales, margin,
    planted role …); ``tables`` fills up part by part; ``hidden`` is what surveys try to measure.
    Each part draws from a stream of its
    own, so that a change in one table leaves the others as they were.
    """

    company: str
    seed: int
    accounts: int
    orders: int
    data: Mapping[str, Any]
    common: Mapping[str, Any]
    plan: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    hidden: pd.DataFrame = field(default_factory=pd.DataFrame)

    def rng(self, stream: str) -> np.random.Generator:
        """Generator of one stream; depends on company, seed and stream name only."""
        words = [self.seed, zlib.crc32(self.company.encode()), zlib.crc32(stream.encode())]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def setting(self, name: str) -> Any:
        """A value of the company's own section."""
        return self.data["company"][name]

    def items(self, name: str) -> list[Any]:
        """One of the shared lists."""
        return list(self.common["lists"][name])

    def sales_of(self, position: int, name: str) -> float:
        """Planned sales of an account in one year (s2024, s2025 …), in yuan."""
        return float(self.plan[name].to_numpy()[position]) / 100

    def account_id(self, position: int) -> str:
        """Id of the account at a position of the plan."""
        return str(self.plan["account_id"].iat[position])

    def structure(self, position: int) -> str:
        """Planned structure of the account at a position."""
        return str(self.plan["structure"].iat[position])

    def role(self, *roles: str) -> np.ndarray:
        """Positions of the accounts with a planted role."""
        return np.flatnonzero(self.plan["role"].isin(roles))


def make_world(company: str, seed: int, accounts: int, orders: int) -> World:
    """A world without plan and tables."""
    return World(company, seed, accounts, orders, read_data(company), read_data("common"))


def lognormal(rng: np.random.Generator, sigma: float, size: int) -> np.ndarray:
    """Lognormal factors around 1; rounded, so that they agree across machines."""
    return np.round(np.exp(sigma * rng.standard_normal(size)), 6)


def rate(rng: np.random.Generator, low: float, high: float, size: int) -> np.ndarray:
    """Evenly spread figures, rounded to four places."""
    return np.round(rng.uniform(low, high, size), 4)


def pick(rng: np.random.Generator, options: Sequence[Any], size: int, p: Any = None) -> np.ndarray:
    """Draw with replacement from ``options``; ``p`` need not add up to 1."""
    weights = None if p is None else np.asarray(p, dtype=float) / np.sum(p)
    return np.asarray(options, dtype=object)[rng.choice(len(options), size=size, p=weights)]


def days(values: Any) -> np.ndarray:
    """Dates as whole days."""
    return np.asarray(values, dtype="datetime64[D]")


def split_cents(weights: np.ndarray, cell: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Split whole cents over the parts of each cell; the parts add up exactly.

    ``cell`` is sorted and names the cell of every part; each cell's weights must add up to
    something positive. Differences of rounded cumulative sums leave nothing over.

    >>> split_cents(np.ones(3), np.zeros(3, dtype=int), np.array([100])).tolist()
    [33, 34, 33]
    """
    if len(weights) == 0:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    inside = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(cell)]))
    running = np.cumsum(weights)
    before = np.r_[0.0, running[first[1:] - 1]][inside]
    whole = np.add.reduceat(weights, first)[inside]
    reached = np.rint((running - before) / whole * totals[cell]).astype(np.int64)
    last = np.r_[first[1:] - 1, len(cell) - 1]
    reached[last] = totals[cell[last]]
    start = np.r_[0, reached[:-1]]
    start[first] = 0
    parts: np.ndarray = reached - start
    return parts
