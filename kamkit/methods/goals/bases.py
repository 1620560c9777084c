"""What a quota is based on: past results, potential, equal shares, a mix, and what each does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.cascade import Given, cascade
from kamkit.methods.goals.tables import days, figures, repeated, strict_figures, with_columns
from kamkit.methods.measures import measure_row, measure_table

Basis = Literal["history", "potential", "equal", "mix"]
BASES: tuple[Basis, ...] = ("history", "potential", "equal", "mix")
ORIGIN = "S171; field:Zoltners, Sinha & Lorimer 2006"
FIGURES = ["member_id", "history", "potential"]
WEIGHT_COLUMNS = ["id", "weight", "share", "basis", "note"]


def basis_figures(
    members: pd.DataFrame,
    kpi_values: pd.DataFrame,
    territories: pd.DataFrame,
    *,
    period: str,
    kpi: str = "sales",
    roles: Sequence[str] = ("key_account_manager",),
    as_of: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """What :func:`weights_from` needs: each member's result of a period and the potential.

    Needs members: member_id, role, territory_id (left_on); kpi_values: scope, scope_id, period,
    kpi, value; territories: territory_id, potential. Those gone by ``as_of`` are left out.
    Returns columns: member_id, history (the KPI of ``period``), potential (of the territory);
    NaN where unknown. Raises KamkitError missing_column, duplicate_key, not_a_number.

    >>> members = pd.DataFrame({"member_id": ["M1"], "role": "rep", "territory_id": "T1"})
    >>> values = pd.DataFrame({"scope": ["member"], "scope_id": "M1", "period": "2025",
    ...                        "kpi": "sales", "value": 80.0})
    >>> land = pd.DataFrame({"territory_id": ["T1"], "potential": [400.0]})
    >>> basis_figures(members, values, land, period="2025", roles=["rep"]).values.tolist()
    [['M1', 80.0, 400.0]]
    """
    people = with_columns(members, "members", ["member_id", "role", "territory_id"], ["left_on"])
    need = ["scope", "scope_id", "period", "kpi", "value"]
    values = with_columns(kpi_values, "kpi_values", need)
    land = with_columns(territories, "territories", ["territory_id", "potential"])
    chosen = (values["scope"] == "member") & (values["kpi"] == kpi)
    values = values[chosen & (values["period"].astype(str) == str(period))]
    KamkitError.collect(
        repeated(people, "members", ["member_id"])
        + repeated(values.reset_index(drop=True), "kpi_values", ["scope_id"])
        + repeated(land, "territories", ["territory_id"])
        + strict_figures(values, "kpi_values", ["value"])
        + strict_figures(land, "territories", ["potential"])
    )
    if as_of is not None:
        people = people[~(days(people["left_on"]) <= pd.Timestamp(as_of))]
    people = people[people["role"].isin(list(roles))].sort_values("member_id", ignore_index=True)
    results = pd.Series(figures(values["value"]), values["scope_id"])
    potential = pd.Series(figures(land["potential"]), land["territory_id"])
    out = people[["member_id"]].copy()
    out["history"] = people["member_id"].map(results).astype(float)
    out["potential"] = people["territory_id"].map(potential).astype(float)
    return out


def weights_from(table: pd.DataFrame, basis: Basis, *, mix: float = 0.5) -> pd.DataFrame:
    """Weights for a cascade by a named basis.

    Needs columns: member_id, history, potential (see :func:`basis_figures`). Bases: history
    (last period's result), potential, equal, mix (``mix`` × history share + the rest ×
    potential share). Where a figure is unknown the mean of the known ones stands in, and the
    note says so; a figure below 0 counts as 0.
    Returns columns: id, weight (in the basis's own figures; shares for mix), share (0–1), basis,
    note (no_history, no_potential, below_zero; joined by "; "). Raises KamkitError:
    missing_column, not_a_number, unknown_option, out_of_range, no_weight_at_all.
    Source: S171; Zoltners, Sinha & Lorimer 2006; stand-in house.

    >>> table = pd.DataFrame({"member_id": ["a", "b"], "history": [3.0, 1.0],
    ...                       "potential": [1.0, 1.0]})
    >>> weights_from(table, "mix")["share"].tolist()
    [0.625, 0.375]
    """
    data = with_columns(table, "basis_figures", FIGURES)
    wrong = strict_figures(data, "basis_figures", FIGURES[1:])
    wrong += repeated(data, "basis_figures", ["member_id"])
    if basis not in BASES:
        wrong.append(
            Problem(
                "unknown_option", column="basis", value=basis, details={"allowed": ", ".join(BASES)}
            )
        )
    if not 0 <= mix <= 1:
        wrong.append(Problem("out_of_range", column="mix", value=mix, details={"allowed": "0–1"}))
    KamkitError.collect(wrong)
    if data.empty:
        return pd.DataFrame(columns=WEIGHT_COLUMNS)
    notes = pd.Series("", data.index)
    used = {"history": ["history"], "potential": ["potential"], "equal": [], "mix": FIGURES[1:]}
    figure = {name: _known(data[name], name, notes) for name in used[basis]}
    if basis == "equal":
        weight = np.ones(len(data))
    elif basis == "mix":
        weight = mix * figure["history"] / figure["history"].sum()
        weight = weight + (1 - mix) * figure["potential"] / figure["potential"].sum()
    else:
        weight = figure[basis]
    return pd.DataFrame(
        {"id": data["member_id"], "weight": weight, "share": weight / weight.sum(),
         "basis": basis, "note": notes.str.removeprefix("; ")},
        columns=WEIGHT_COLUMNS,
    )  # fmt: skip


def _known(column: pd.Series, name: str, notes: pd.Series) -> np.ndarray:
    """Figures without holes; ``notes`` gains what was done about each."""
    values = figures(column)
    blank, below = np.isnan(values), values < 0
    values = np.where(below, 0.0, values)
    if blank.all() or not np.nansum(values):
        raise KamkitError(Problem("no_weight_at_all", "basis_figures", name))
    values[blank] = np.nanmean(values)
    notes[blank] += f"; no_{name}"
    notes[below] += "; below_zero"
    return values


@dataclass(frozen=True)
class BaseComparison:
    """What :func:`compare_bases` found.

    Attributes
    ----------
    targets
        One row a member: id, last (result so far), history, potential, equal, mix (target on
        each basis), low, high (over the bases), spread (high less low, as a share of the mean),
        note.
    growth
        One row a member and basis: id, basis, target, growth (target / last − 1), of_potential
        (target / potential).
    ratchet
        One row a member and basis: id, basis, extra (money more this year), target_more (money
        more asked next year because of it), taken_back (target_more / extra).
    measures
        Measure table: taken_back.<basis> (mean, with the range over members as low and high),
        growth_gap.<basis> (widest less narrowest growth), spread_mean.
    """

    targets: pd.DataFrame
    growth: pd.DataFrame
    ratchet: pd.DataFrame
    measures: pd.DataFrame


def compare_bases(
    total: Any,
    table: pd.DataFrame,
    *,
    mix: float = 0.5,
    floors: Given = None,
    caps: Given = None,
    unit: Any = 1,
    extra: float = 0.10,
) -> BaseComparison:
    """The same total on four bases side by side, and how far each punishes a good year.

    Needs columns: member_id, history, potential. The ratchet: had one member sold ``extra``
    (share) more this year, and nobody else anything different, how much more would next year's
    target ask of that member, floors and caps aside? 1.0: all of it comes back as target.

    Returns BaseComparison. Raises KamkitError as weights_from and cascade do.
    Source: Zoltners, Sinha & Lorimer 2006; ratchet Weitzman 1980; arithmetic house.

    >>> table = pd.DataFrame({"member_id": ["a", "b"], "history": [60.0, 40.0],
    ...                       "potential": [100.0, 100.0]})
    >>> found = compare_bases(110, table)
    >>> found.targets[["history", "potential", "mix"]].values.tolist()
    [[66.0, 55.0, 61.0], [44.0, 55.0, 49.0]]
    >>> found.ratchet.query("basis == 'history'")["taken_back"].round(2).tolist()
    [0.42, 0.63]
    """
    data = with_columns(table, "basis_figures", FIGURES).sort_values("member_id", ignore_index=True)
    if not extra > 0:
        raise KamkitError(
            Problem("out_of_range", column="extra", value=extra, details={"allowed": "> 0"})
        )
    bounds: dict[str, Any] = {"floors": floors, "caps": caps, "unit": unit}
    targets = pd.DataFrame({"id": data["member_id"], "last": figures(data["history"])})
    notes = [set[str]() for _ in range(len(data))]
    ratchets, growth = [], []
    for basis in BASES:
        weights = weights_from(data, basis, mix=mix)
        shared = cascade(total, _by_id(weights), **bounds).parts
        targets[basis] = shared["target"]
        for mine, note in zip(notes, weights["note"], strict=True):
            mine |= {n for n in str(note).split("; ") if n}
        growth.append(_growth(data, basis, shared["target"]))
        ratchets.append(_ratchet(total, data, basis, mix, extra))
    four = targets[list(BASES)]
    targets["low"], targets["high"] = four.min(axis=1), four.max(axis=1)
    targets["spread"] = (targets["high"] - targets["low"]) / four.mean(axis=1)
    targets["note"] = ["; ".join(sorted(n)) for n in notes]
    taken, grown = pd.concat(ratchets, ignore_index=True), pd.concat(growth, ignore_index=True)
    return BaseComparison(targets, grown, taken, _measures(targets, grown, taken))


def _by_id(weights: pd.DataFrame) -> Mapping[str, float]:
    return dict(zip(weights["id"], weights["weight"].astype(float), strict=True))


def _growth(data: pd.DataFrame, basis: str, target: pd.Series) -> pd.DataFrame:
    last, potential = figures(data["history"]), figures(data["potential"])
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(last > 0, target / last - 1, np.nan)
        part = np.where(potential > 0, target / potential, np.nan)
    return pd.DataFrame({"id": data["member_id"], "basis": basis, "target": target,
                         "growth": growth, "of_potential": part})  # fmt: skip


def _ratchet(
    total: Any, data: pd.DataFrame, basis: Basis, mix: float, extra: float
) -> pd.DataFrame:
    """What the extra sale of each member alone adds to its next target, before bounds."""
    last = figures(data["history"])
    last = np.where(last > 0, last, np.nan)
    rests_on = {"history": 1.0, "mix": mix}.get(basis, 0.0)
    more = last * extra
    known = weights_from(data, "history")["weight"].to_numpy(float)
    share = known / known.sum()
    gain = rests_on * float(total) * ((known + more) / (known.sum() + more) - share)
    return pd.DataFrame({"id": data["member_id"], "basis": basis, "extra": more,
                         "target_more": gain, "taken_back": gain / more})  # fmt: skip


def _measures(targets: pd.DataFrame, growth: pd.DataFrame, ratchet: pd.DataFrame) -> pd.DataFrame:
    rows = [
        measure_row("quota_spread", float(targets["spread"].mean()), len(targets),
                    low=float(targets["spread"].min()), high=float(targets["spread"].max()),
                    variant="range_over_members", origin=ORIGIN)
    ]  # fmt: skip
    for basis in BASES:
        taken = ratchet.loc[ratchet["basis"] == basis, "taken_back"].dropna()
        grown = growth.loc[growth["basis"] == basis, "growth"].dropna()
        rows.append(
            measure_row("quota_taken_back", float(taken.mean()), len(taken),
                        low=float(taken.min()), high=float(taken.max()),
                        variant=f"basis_{basis}; range_over_members", origin="field:Weitzman 1980")
        )  # fmt: skip
        gap = float(grown.max() - grown.min()) if len(grown) else np.nan
        rows.append(measure_row("quota_growth_gap", gap, len(grown), variant=f"basis_{basis}",
                                origin="house"))  # fmt: skip
    return measure_table(rows)
