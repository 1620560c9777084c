"""Which factors may enter an adjustment of results: only those that the person can't influence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.shares import Floats
from kamkit.schemes.kpis import find_factor
from kamkit.schemes.model import Labels

PER_FACTOR = 5  # people needed for each factor (house)
GROWTH_RATES = ("market_growth",)  # shares of change: they enter as log(1 + g)


def allowed_factor(factor: str, given: Mapping[str, Any] | None) -> tuple[bool | None, Labels]:
    """Whether a factor may enter (None: not known), and why.

    ``given``: by factor True, False, "allowed", "refused", or something with ``allowed`` (and
    ``reason``); None: the kit's own list, which knows other names too.

    >>> allowed_factor("sales", {"sales": "refused"})[0], allowed_factor("potential", None)[0]
    (False, True)
    """
    entry = find_factor(factor) if given is None else given.get(factor)
    if entry is None:
        return None, {}
    if isinstance(entry, bool | str):
        return entry in (True, "allowed"), {}
    return bool(getattr(entry, "allowed", False)), getattr(entry, "reason", {})


def check_factors(factors: list[str], n: int, given: Mapping[str, Any] | None) -> None:
    """Refuse factors that people produce themselves, unknown ones, and too many for n people.

    >>> check_factors(["potential"], 5, {"potential": "allowed"})
    """
    problems = []
    for factor in factors:
        allowed, why = allowed_factor(factor, given)
        if not allowed:
            code = "factor_unknown" if allowed is None else "factor_controllable"
            details = {f"reason_{lang}": words for lang, words in why.items()}
            problems.append(Problem(code, "factors", factor, value=factor, details=details))
    if len(factors) * PER_FACTOR > n:
        counts: dict[str, Any] = {"n": n, "most": n // PER_FACTOR, "each": PER_FACTOR}
        problems.append(Problem("too_many_factors", "factors", value=len(factors), details=counts))
    KamkitError.collect(problems)


def factor_matrix(table: pd.DataFrame, factors: list[str], scale: str, by: str) -> Floats:
    """Intercept and factors as a matrix; on the log scale their logarithms.

    >>> places = pd.DataFrame({"member_id": ["a", "b"], "potential": [1.0, np.e]})
    >>> factor_matrix(places, ["potential"], "log", "member_id")[:, 1]
    array([0., 1.])
    """
    columns, problems = [np.ones(len(table))], []
    for factor in factors:
        x = pd.to_numeric(table[factor], errors="coerce").to_numpy(float)
        bad = ~np.isfinite(x)
        if scale == "log":
            x = x + 1 if factor in GROWTH_RATES else x
            low = np.isfinite(x) & (x <= 0)
            named = table[by].astype(str) + ": " + table[factor].astype(str)
            problems += [
                Problem("not_positive", "factors", factor, value=named.iloc[i])
                for i in np.flatnonzero(low)
            ]
            x = np.log(np.where(bad | low, 1.0, x))
        problems += [
            Problem("empty_cell", "factors", factor, value=str(table[by].iloc[i]))
            for i in np.flatnonzero(bad)
        ]
        columns.append(x)
    KamkitError.collect(problems)
    return np.column_stack(columns)
