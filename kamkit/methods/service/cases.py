"""What lessons recompute: the service levels that another limit or no floor would leave."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from kamkit.methods.service.inputs import service_or_house
from kamkit.methods.service.matrix import ServiceMatrix, service_matrix
from kamkit.schemes import ServiceScheme


def service_case(
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    budget: float | None = None,
    rule: str = "top_first",
    floor: bool = True,
) -> ServiceMatrix:
    """The plan within a cost limit, quick enough for a slider: no draws, no other budgets.

    Needs columns of ``tiers``: account_id, tier. ``floor`` False takes the floor away (X25): every
    dimension may then fall to its lowest level. Returns :class:`ServiceMatrix` with an empty
    ``curve``. Raises KamkitError as :func:`service_matrix`. Source: S117–S119, X25; house.

    >>> rows = pd.DataFrame({"account_id": ["A", "B"], "tier": ["tier_1", "tier_4"]})
    >>> plan = service_case(rows, budget=0.0, floor=False)
    >>> plan.measures.set_index("measure").value[["plan_feasible", "cost_allowed"]].tolist()
    [1.0, 0.0]
    """
    scheme = service_or_house(service)
    if not floor:
        lowest = [replace(d, floor=d.level_ids[0]) for d in scheme.dimensions]
        scheme = replace(scheme, dimensions=tuple(lowest))
    return service_matrix(tiers, scheme, budget=budget, rule=rule, draws=0, steps=0)
