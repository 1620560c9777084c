"""Value-added services: who may have them, who uses them, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.portfolio.inputs import ratio
from kamkit.methods.service.inputs import ALL, read_tiers, service_or_house
from kamkit.methods.shares import WILSON, share_of, wilson
from kamkit.schemes import ServiceScheme

_ORIGIN = f"S117; {WILSON}; house"
_COLUMNS = [
    *("service", "tier", "accounts", "entitled", "users", "share", "low", "high", "outside"),
    *("uses", "uses_unknown", "cost", "cost_unknown", "cost_per_use", "n", "variant", "origin"),
]


@dataclass(frozen=True)
class ServiceUptake:
    """The parts of :func:`service_uptake`."""

    services: pd.DataFrame
    gaps: pd.DataFrame


def service_uptake(
    uptake: pd.DataFrame,
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    year: int,
    plan: pd.DataFrame | None = None,
    level: float = 0.95,
) -> ServiceUptake:
    """Use of each service by tier, held against who is meant to get it.

    Needs columns of ``uptake``: account_id, service, year; uses, cost, currency where known; of
    ``tiers``: account_id, tier. A service on the menu of the service scheme – under its id,
    label or another spelling – is meant for tiers whose level (of ``plan`` if given: dimension,
    tier, allowed) is above the floor; any other is meant for all. An account uses a service
    with more than 0 uses, or a row without a count.
    Returns ``services`` (service, tier – "all" first –, accounts, entitled, users among them,
    share, low, high: Wilson, outside: users that it isn't meant for, uses, uses_unknown: rows
    without a count, cost: money, cost_unknown, cost_per_use, n = entitled, variant, origin);
    ``gaps`` (account_id, tier, service, uptake_gap: unused or outside, uses, cost).
    Raises KamkitError for unknown tiers, a service twice in a year, mixed currencies.
    Source: S117 (menu by tier, cost, uptake); rule house.

    >>> used = pd.DataFrame({"account_id": ["A"], "service": ["training"], "year": [2025],
    ...                      "uses": [2], "cost": [6000.0]})
    >>> who = pd.DataFrame({"account_id": ["A", "B"], "tier": ["tier_1", "tier_2"]})
    >>> found = service_uptake(used, who, year=2025)
    >>> found.services.query("service == 'training'")[["tier", "users", "entitled"]].values.tolist()
    [['all', 1, 2], ['tier_1', 1, 1], ['tier_2', 0, 1]]
    """
    scheme = service_or_house(service)
    listed = read_tiers(tiers, scheme)
    rows = _checked(uptake, year, scheme)
    meant = _meant(scheme, plan)
    services = sorted({*rows["service"], *(s for s, _ in meant)})
    grid = listed.merge(pd.DataFrame({"service": pd.Series(services, dtype="str")}), how="cross")
    grid = grid.merge(rows, on=["account_id", "service"], how="left")
    known = {s for s, _ in meant}
    grid["entitled"] = [
        s not in known or meant.get((s, t), False)
        for s, t in zip(grid["service"], grid["tier"], strict=True)
    ]
    grid["used"] = grid["row"].notna() & ~(grid["uses"] == 0)
    out = [_line(str(s), ALL, part, level) for s, part in grid.groupby("service")]
    by = grid.groupby(["service", "tier"])
    out += [_line(str(s), str(t), part, level) for (s, t), part in by]
    table = pd.DataFrame(out, columns=_COLUMNS)
    order = {t: i for i, t in enumerate((ALL, *scheme.tier_ids))}
    at = np.lexsort((table["tier"].map(order), table["service"]))
    return ServiceUptake(table.iloc[at].reset_index(drop=True), _gaps(grid))


def _checked(uptake: pd.DataFrame, year: int, scheme: ServiceScheme) -> pd.DataFrame:
    need_columns(uptake, "service_uptake", ["account_id", "service", "year"])
    one_currency(uptake, "service_uptake")
    rows = uptake[pd.to_numeric(uptake["year"]) == year].reset_index(drop=True)
    known = {n: scheme.find_service(n) for n in rows["service"].dropna().unique()}
    names = {n: s.id if s else str(n) for n, s in known.items()}
    out = pd.DataFrame({"account_id": rows["account_id"].astype("str"),
                        "service": rows["service"].map(names).astype("str"),
                        "row": 1.0})  # fmt: skip
    for column in ("uses", "cost"):
        given = rows[column] if column in rows else pd.Series(np.nan, rows.index)
        out[column] = pd.to_numeric(given, errors="coerce").astype(float)
    KamkitError.collect(
        Problem("duplicate_key", "service_uptake", "account_id, service, year", int(i) + 1)
        for i in np.flatnonzero(out.duplicated(["account_id", "service"]))
    )
    return out


def _meant(scheme: ServiceScheme, plan: pd.DataFrame | None) -> dict[tuple[str, str], bool]:
    granted: dict[tuple[str, str], str] = {}
    if plan is not None:
        need_columns(plan, "plan", ["dimension", "tier", "allowed"])
        for d, t, given in plan[["dimension", "tier", "allowed"]].itertuples(index=False):
            granted[str(d), str(t)] = str(given)
    return {
        (s.id, t): granted.get((d.id, t), d.wanted[t]) != d.floor
        for s in scheme.services
        for d in (scheme.dimension(s.dimension),)
        for t in scheme.tier_ids
    }


def _line(service: str, tier: str, part: pd.DataFrame, level: float) -> dict[str, object]:
    entitled = part[part["entitled"]]
    n, users = len(entitled), int(entitled["used"].sum())
    low, high = wilson([users], [n], level)
    used = part[part["used"]]
    both = used[used["uses"].notna() & used["cost"].notna()]
    return {
        "service": service, "tier": tier, "accounts": len(part), "entitled": n, "users": users,
        "share": share_of([users], [n])[0], "low": low[0], "high": high[0],
        "outside": int((part["used"] & ~part["entitled"]).sum()),
        "uses": float(used["uses"].sum()), "uses_unknown": int(used["uses"].isna().sum()),
        "cost": float(part["cost"].sum()), "cost_unknown": int(used["cost"].isna().sum()),
        "cost_per_use": float(ratio(both["cost"].sum(), both["uses"].sum())), "n": n,
        "variant": "wilson" if n else "not_entitled", "origin": _ORIGIN,
    }  # fmt: skip


def _gaps(grid: pd.DataFrame) -> pd.DataFrame:
    odd = grid[grid["used"] != grid["entitled"]].copy()
    # What nobody uses at all may simply not be recorded: it is no gap of one account.
    seen = grid.groupby("service")["used"].transform("any").reindex(odd.index)
    odd = odd[seen]
    odd["uptake_gap"] = np.where(odd["used"], "outside", "unused")
    odd = odd.sort_values(["uptake_gap", "service", "tier", "account_id"], ignore_index=True)
    return odd[["account_id", "tier", "service", "uptake_gap", "uses", "cost"]]
