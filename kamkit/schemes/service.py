"""How much service a class of a scheme is meant to get."""

from __future__ import annotations

import tomllib

from kamkit.schemes.criteria import DATA
from kamkit.schemes.model import Scheme


def service_hours(scheme: Scheme) -> dict[str, float]:
    """Hours a year for one account of each class, by the class's place; house figures.

    >>> from kamkit.schemes import load_scheme
    >>> service_hours(load_scheme("elevator"))
    {'strategic': 240.0, 'key': 120.0, 'main': 40.0, 'general': 8.0}
    """
    hours = tomllib.loads(DATA.joinpath("service.toml").read_text(encoding="utf-8"))
    steps = hours["hours_by_place"]
    last = len(steps) - 1
    return {member: float(steps[min(i, last)]) for i, member in enumerate(scheme.member_ids)}
