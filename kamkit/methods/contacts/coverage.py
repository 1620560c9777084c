"""How well our ties cover the people who decide, and what hangs on one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.contacts.book import ContactBook, contact_book
from kamkit.methods.contacts.grid import (
    MOST_SUPPORT,
    STRONGEST,
    Flags,
    Floats,
    Grades,
    Grid,
    Ints,
    as_graded,
    by_account,
    by_group,
    drawn,
    grid_of,
    top_two,
)
from kamkit.methods.contacts.known import Day
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.measures import MEASURE_COLUMNS, measure_table
from kamkit.schemes.contacts import contact_scheme

JUDGED = "grades_one_off"  # interval: every grade drawn one lower, the same or one higher
# measure -> (variant, origin)
MEASURES = {
    "weighted_coverage": ("known_influence_only", "S092; house"),
    "count_coverage_ge2": ("tie_ge2", "S092; house"),
    "economic_buyer_covered": ("top_economic_buyer", "S092; house"),
    "phases_covered": ("tie_ge2", "S092; house"),
    "net_support": ("known_support_only", "S092; house"),
    "single_threaded": ("at_most_one", "S092; X15; house"),
    "largest_single_loss": ("one_contact_leaves", "house"),
    "largest_own_loss": ("one_of_ours_leaves", "house"),
    "senior_access": ("strength_at_decision_level", "S100; house"),
    "functions_linked": ("tie_ge2", "S101; house"),
    "levels_linked": ("tie_ge2", "S101; house"),
    "threads": ("tie_ge2", "X15; house"),
    "our_people_linked": ("tie_ge2", "X15; house"),
    "contacts_linked": ("tie_ge2", "X15; house"),
}
_STEP = 2_000_000  # cells held at a time while drawing


def coverage(
    network: ContactNetwork, *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Coverage of one account's contacts by our ties, with intervals from grade judgement.

    weighted_coverage: Σ influence × strongest tie / (4 × Σ influence), contacts of known
    influence; count_coverage_ge2: share of contacts with a tie of 2 or more (head count, to
    show how it differs); economic_buyer_covered: 1 where the most influential economic buyer
    (all of them, where tied) has such a tie; phases_covered: share of the four buying phases
    with somebody so covered; net_support: Σ influence × support / (2 × Σ influence), -1 to 1;
    single_threaded: 1 where at most one of our people or at most one contact carries it all;
    largest_single_loss and largest_own_loss: share of the weighted coverage that goes with one
    contact, or with one of ours; senior_access: strongest ties at decision level / most
    possible; functions_linked, levels_linked: share of the functions and levels of known
    contacts with a tie of 2 or more; threads, our_people_linked, contacts_linked: counts.

    Low and high: quantiles over ``draws`` in which every grade is one lower, the same or one
    higher and unknown influence is anything from 1 to 5. It says how far a different judge
    could come, not how the account will develop. A person that nobody recorded is in no figure.

    Returns a measure table; NaN with variant ``too_little_data``, ``no_economic_buyer``,
    ``no_decision_level`` or ``no_tie`` where a figure has no base.
    Raises KamkitError too_few_draws.
    Source: S092, S100, S101; X15; formulas and limits house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1", "C2"], "influence": [5, 3]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [2]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> coverage(network).set_index("measure").loc["weighted_coverage", "value"].item()
    0.3125
    """
    found = _figures(grid_of_network(network), draws, seed, level)
    if found.empty:
        return _nothing()
    return found[MEASURE_COLUMNS]


def coverage_of_all(
    tables: Mapping[str, pd.DataFrame],
    as_of: Day,
    *,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """The figures of :func:`coverage` for all accounts that have a contact, in one pass.

    ``tables``: contacts; contact_roles, ties, members where there are.

    Returns account_id and the columns of a measure table, one row an account and measure.
    Raises KamkitError table_absent, missing_column, bad_date, too_few_draws.

    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": ["A1", "A2"]})
    >>> found = coverage_of_all({"contacts": contacts}, "2026-06-30")
    >>> found.groupby("account_id").size().tolist()
    [14, 14]
    """
    book = book_of(tables, as_of)
    return _figures(grid_of(book.people, book.links), draws, seed, level)


def book_of(tables: Mapping[str, pd.DataFrame], as_of: Day) -> ContactBook:
    """The contact book of a company's tables by name."""
    if "contacts" not in tables:
        raise KamkitError(Problem("table_absent", "contacts", details={"modules": "M6"}))
    rest = (tables.get(name) for name in ("contact_roles", "ties", "members"))
    return contact_book(tables["contacts"], *rest, as_of=as_of)


def grid_of_network(network: ContactNetwork) -> Grid:
    """The arrays of one network."""
    account = {"account_id": network.account_id}
    return grid_of(network.people.assign(**account), network.links.assign(**account))


def _nothing() -> pd.DataFrame:
    rows = [
        {"measure": m, "value": np.nan, "low": np.nan, "high": np.nan, "n": 0,
         "variant": "too_little_data", "origin": origin}
        for m, (_, origin) in MEASURES.items()
    ]  # fmt: skip
    return measure_table(rows)


def _figures(grid: Grid, draws: int, seed: int, level: float) -> pd.DataFrame:
    """Value and interval of every measure and account."""
    if draws < 1:
        raise KamkitError(Problem("too_few_draws", value=draws))
    value = measures_of(grid, as_graded(grid))
    redrawn = drawn_measures(grid, draws, seed)
    tail = [(1 - level) / 2, (1 + level) / 2]
    columns: dict[str, Any] = {c: [] for c in ("measure", "value", "low", "high", "n", "variant")}
    counts = bases(grid, value)
    for measure, (variant, _) in MEASURES.items():
        now = value[measure][0]
        low, high = quantiles(redrawn[measure], tail)
        # A grade at the end of its scale can only be drawn inwards.
        columns["low"].append(np.where(np.isnan(now), np.nan, np.minimum(low, now)))
        columns["high"].append(np.where(np.isnan(now), np.nan, np.maximum(high, now)))
        columns["value"].append(now)
        columns["n"].append(counts[measure][0])
        columns["variant"].append(
            np.where(np.isnan(now), counts[measure][1], f"{variant}; {JUDGED}")
        )
    table = {c: np.stack(columns[c], axis=1).ravel() for c in ("value", "low", "high", "n")}
    many = len(grid.accounts)
    out = pd.DataFrame(
        {
            "account_id": np.repeat(np.array(grid.accounts, dtype=object), len(MEASURES)),
            "measure": list(MEASURES) * many,
            **table,
            "variant": np.stack(columns["variant"], axis=1).ravel(),
            "origin": [origin for _, origin in MEASURES.values()] * many,
        }
    )
    kinds = {c: "str" for c in ("account_id", "measure", "variant", "origin")}
    return out.astype({**kinds, "n": "int64"})[["account_id", *MEASURE_COLUMNS]]


def quantiles(values: Floats, tail: list[float]) -> tuple[Floats, Floats]:
    """Two quantiles down the draws that have a value; NaN where none has."""
    found = np.quantile(values, tail, axis=0)
    for i in np.flatnonzero(np.isnan(values).any(axis=0)):
        known = values[~np.isnan(values[:, i]), i]
        found[:, i] = np.quantile(known, tail) if len(known) else np.nan
    return found[0], found[1]


def drawn_measures(grid: Grid, draws: int, seed: int) -> dict[str, Floats]:
    """Every measure (draws × accounts) under drawn grades."""
    parts = [measures_of(grid, grades) for grades in _in_steps(grid, draws, seed)]
    return {m: np.concatenate([p[m] for p in parts]) for m in parts[0]}


def _in_steps(grid: Grid, draws: int, seed: int) -> Iterator[Grades]:
    """Drawn grades, a few rows at a time so that a large company fits into memory."""
    rng = np.random.default_rng(seed)
    size = max(1, len(grid.contacts) + len(grid.strength))
    step = max(1, _STEP // size)
    for at in range(0, draws, step):
        yield drawn(grid, min(step, draws - at), rng)


def measures_of(grid: Grid, grades: Grades) -> dict[str, Floats]:
    """Every measure (draws × accounts) under the given grades; NaN where it has no base."""
    first, _, loss = top_two(grid, grades.strength)
    covered = (first >= contact_scheme().limit("covered_strength")).astype(float)
    weight = np.nan_to_num(grades.influence)
    total = by_account(grid, weight)
    held = by_account(grid, weight * first)
    ones = np.ones((1, len(grid.contacts)))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = {
            "weighted_coverage": held / (STRONGEST * total),
            "count_coverage_ge2": by_account(grid, covered) / by_account(grid, ones),
            "economic_buyer_covered": _economic(grid, weight, covered),
            "phases_covered": _phases(grid, covered),
            "net_support": _net_support(grid, grades),
            "largest_single_loss": by_account(grid, weight * first, np.maximum) / held,
            "largest_own_loss": _own_loss(grid, weight, loss) / held,
            "senior_access": _senior(grid, first),
            "functions_linked": _linked(grid, grid.function, covered),
            "levels_linked": _linked(grid, np.nan_to_num(grid.level, nan=-1), covered),
        }
    return out | _threads(grid, grades.strength, covered)


def _economic(grid: Grid, weight: Floats, covered: Floats) -> Floats:
    """Is the most influential economic buyer covered; all of them, where several lead."""
    economic = grid.types[:, contact_scheme().buyer_type_ids.index("economic")]
    rank = np.where(economic, weight, -1.0)
    best = by_account(grid, rank, np.maximum)
    leads = economic & (rank == best[:, grid.account])
    missed = by_account(grid, leads * (1 - covered), np.maximum)
    return np.where(best < 0, np.nan, 1 - missed)


def _phases(grid: Grid, covered: Floats) -> Floats:
    """Share of the buying phases with somebody covered; NaN where no phase is recorded."""
    found = [by_account(grid, covered * flag, np.maximum) for flag in grid.phases.T]
    known = by_account(grid, grid.phases.any(axis=1).astype(float)[None], np.maximum)
    return np.where(known > 0, np.mean(found, axis=0), np.nan)


def _net_support(grid: Grid, grades: Grades) -> Floats:
    known = ~np.isnan(grades.support) & ~np.isnan(grades.influence)
    weight = np.where(known, grades.influence, 0.0)
    signed = weight * np.nan_to_num(grades.support)
    return by_account(grid, signed) / (MOST_SUPPORT * by_account(grid, weight))


def _own_loss(grid: Grid, weight: Floats, loss: Floats) -> Floats:
    """The most coverage points that one of our people takes along."""
    by_person = by_group(weight[:, grid.contact] * loss, grid.who, len(grid.ours))
    return by_group(by_person, _account_of_ours(grid), len(grid.accounts), np.maximum)


def _account_of_ours(grid: Grid) -> Ints:
    place = {a: i for i, a in enumerate(grid.accounts)}
    return np.array([place[a] for a, _ in grid.ours], dtype=np.int64)


def _senior(grid: Grid, first: Floats) -> Floats:
    senior = (grid.level >= contact_scheme().limit("senior_level")).astype(float)[None]
    return by_account(grid, senior * first) / (STRONGEST * by_account(grid, senior))


def _linked(grid: Grid, kind: Ints | Floats, covered: Floats) -> Floats:
    """Share of the kinds (functions, levels) among the contacts that somebody covers."""
    known = kind >= 0
    pairs = np.stack([grid.account, kind.astype(np.int64)], axis=1)[known]
    names, group = np.unique(pairs, axis=0, return_inverse=True)
    hit = by_group(covered[:, known], group.ravel(), len(names), np.maximum)
    owner, size = names[:, 0] if len(names) else np.zeros(0, np.int64), len(grid.accounts)
    kinds = np.bincount(owner, minlength=size).astype(float)
    shares: Floats = by_group(hit, owner, size) / kinds
    return shares


def _threads(grid: Grid, strength: Floats, covered: Floats) -> dict[str, Floats]:
    """Counts of threads and of people on both ends, and whether one person carries all."""
    held = (strength >= contact_scheme().limit("covered_strength")).astype(float)
    size = len(grid.accounts)
    threads = by_group(held, grid.thread_account, size)
    person = by_group(held, grid.who, len(grid.ours), np.maximum)
    people = by_group(person, _account_of_ours(grid), size)
    contacts = by_account(grid, covered)
    alone = ((people <= 1) | (contacts <= 1)).astype(float)
    return {
        "single_threaded": alone,
        "threads": threads,
        "our_people_linked": people,
        "contacts_linked": contacts,
    }


def bases(grid: Grid, value: Mapping[str, Floats]) -> dict[str, tuple[Ints, str]]:
    """What each measure rests on (n by account), and the variant that explains a missing value."""
    size = len(grid.accounts)

    def count(flags: Flags) -> Ints:
        return np.bincount(grid.account[flags], minlength=size).astype(np.int64)

    everyone = count(np.ones(len(grid.contacts), dtype=bool))
    known = count(~np.isnan(grid.influence))
    economic = count(grid.types[:, contact_scheme().buyer_type_ids.index("economic")])
    senior = count(np.asarray(grid.level >= contact_scheme().limit("senior_level")))
    phased = count(np.asarray(grid.phases.any(axis=1)))
    judged = count(~np.isnan(grid.support) & ~np.isnan(grid.influence))
    little = "too_little_data"
    special = {
        "weighted_coverage": (known, little),
        "economic_buyer_covered": (economic, "no_economic_buyer"),
        "phases_covered": (phased, little),
        "net_support": (judged, little),
        "largest_single_loss": (known, "no_tie"),
        "largest_own_loss": (known, "no_tie"),
        "senior_access": (senior, "no_decision_level"),
        "functions_linked": (count(grid.function >= 0), little),
        "levels_linked": (count(~np.isnan(grid.level)), little),
    }
    return {m: special.get(m, (everyone, little)) for m in value}
