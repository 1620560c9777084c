"""Another pay plan over the same people, and accounts placed anew: what a lesson recomputes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.attainment import attainment
from kamkit.methods.goals.pay import (
    CURVE_COLUMNS,
    KINK_COLUMNS,
    PLAN_ALSO,
    PLAN_NEED,
    payout_curve,
)
from kamkit.methods.goals.pay_simulation import PaySimulation, simulate_pay
from kamkit.methods.goals.reassign import Reassignment, reassign_accounts
from kamkit.methods.goals.tables import figures, texts, with_columns
from kamkit.methods.measures import MEASURE_COLUMNS
from kamkit.methods.shares import Floats
from kamkit.schemes.appraisal_policy import LoadRules, load_rules

SPREAD = (1.0, 0.25, 0.3, 0.2, 0.0)  # mean, sd, lasting, common, ground without a record (house)
QUARTERS = 4
PAY_COLUMNS = [
    "plan_id", "a_head_cost", "mean_cost", "p10_cost", "p90_cost", "pay_budget",
    "over_budget_share", "nothing_share", "at_cap_share", "luck_share",
    "territory_share", "person_share", "poor_ground_share",
]  # fmt: skip
SPREAD_COLUMNS = [
    "kpi", "mean", "sd", "lasting", "common", "ground", "members", "periods", "variant", "origin",
]  # fmt: skip


def attainment_spread(
    kpi_values: pd.DataFrame,
    targets: pd.DataFrame,
    territories: pd.DataFrame,
    members: pd.DataFrame,
    kpi: str = "sales",
) -> pd.DataFrame:
    """How a year's attainment spreads over members on equal ground, and what of it lasts.

    Needs kpi_values and targets: scope, scope_id, period, kpi, value, with quarters; members:
    member_id, territory_id; territories: territory_id, potential. Of those with every quarter:
    ``ground`` is the elasticity of attainment to territory potential (0–1; 0: targets allow for
    it); on equal ground the variance of log attainment splits into person (``lasting``), quarter
    (``common``) and the rest; a year averages four quarters. Returns one row: kpi, mean, sd (of a
    year), lasting, common (shares of its variance), ground, members, periods, variant (record, or
    assumed: under 6 members or 4 quarters). Source: Searle, Casella & McCulloch 1992 (analysis of
    variance); limits and averaging house.

    >>> none = pd.DataFrame(columns=["scope", "scope_id", "period", "kpi", "value"])
    >>> land = pd.DataFrame(columns=["territory_id", "potential"])
    >>> team = pd.DataFrame(columns=["member_id", "territory_id"])
    >>> attainment_spread(none, none, land, team)[["sd", "variant"]].values.tolist()
    [[0.25, 'assumed']]
    """
    rows = attainment(kpi_values, targets, kpi, scale="log").dropna(subset=["attainment"])
    wide = rows.pivot(index="member_id", columns="period", values="attainment").dropna()
    n, periods = wide.shape
    found, variant = SPREAD, "assumed"
    if n >= 6 and periods >= QUARTERS:
        mean = float(rows["actual"].sum() / rows["target"].sum())
        sd, lasting, common, ground = _parts(wide, _potential(wide, territories, members))
        found, variant = (mean, mean * sd, lasting, common, ground), "record"
    origin = "field:Searle, Casella & McCulloch 1992; house"
    return pd.DataFrame([(kpi, *found, n, periods, variant, origin)], columns=SPREAD_COLUMNS)


def _potential(wide: pd.DataFrame, territories: pd.DataFrame, members: pd.DataFrame) -> Floats:
    """Log potential of each member's territory about its mean; 0 where nothing is known."""
    land = pd.Series(figures(territories["potential"]), territories["territory_id"])
    place = pd.Series(members["territory_id"].to_numpy(), members["member_id"])
    known = wide.index.to_series().map(place).map(land[land > 0]).astype(float)
    logs = np.log(known.to_numpy(float))
    out: Floats = np.nan_to_num(logs - np.nanmean(logs)) if known.notna().any() else logs * 0
    return np.nan_to_num(out)


def _parts(wide: pd.DataFrame, land: Floats) -> tuple[float, float, float, float]:
    """Relative sd of a year, lasting and common share, and the elasticity to potential."""
    y = wide.to_numpy(float)
    n, k = y.shape
    person, quarter = y.mean(axis=1), y.mean(axis=0)
    square = float(land @ land)
    ground = float(np.clip(land @ (person - person.mean()) / square, 0, 1)) if square > 0 else 0.0
    rest = person - person.mean() - ground * land
    noise = float(((y - person[:, None] - quarter + y.mean()) ** 2).sum() / ((n - 1) * (k - 1)))
    freedom = n - 1 - (square > 0)
    between = max(float(rest @ rest) / freedom - noise / k, 0.0)
    shared = max(float(quarter.var(ddof=1)) - noise / n, 0.0) / QUARTERS
    year = max(between + shared + noise / QUARTERS, 1e-6)
    return float(np.sqrt(np.expm1(year))), between / year, shared / year, ground


@dataclass(frozen=True)
class PayBook:
    """``plans`` of one role; ``members``: member_id, group, role, potential; the rest as
    attainment_spread."""

    plans: pd.DataFrame
    members: pd.DataFrame
    mean: float
    sd: float
    lasting: float
    common: float
    ground: float


def pay_book(
    plans: pd.DataFrame,
    members: pd.DataFrame,
    territories: pd.DataFrame,
    spread: pd.DataFrame,
    *,
    role: str = "key_account_manager",
) -> PayBook:
    """The plans of one role, its people with their potential, and what attainment does.

    Needs plans as ``read_plans``; members: member_id, role, territory_id; territories:
    territory_id, potential; spread as :func:`attainment_spread`. Those without a potential get
    the mean. Returns :class:`PayBook`.

    >>> plans = pd.DataFrame({"plan_id": ["P"], "role": "rep", "kpi": "sales", "base": 0.0,
    ...                       "variable_target": 1.0, "weight": 1.0})
    >>> team = pd.DataFrame({"member_id": ["a", "b"], "role": "rep", "territory_id": ["x", "y"]})
    >>> land = pd.DataFrame({"territory_id": ["x"], "potential": [5.0]})
    >>> spread = pd.DataFrame({"mean": [1.0], "sd": [0.2], "lasting": [0.3], "common": [0.1],
    ...                        "ground": [0.5]})
    >>> pay_book(plans, team, land, spread, role="rep").members["potential"].tolist()
    [5.0, 5.0]
    """
    table = with_columns(plans, "pay_plans", PLAN_NEED, PLAN_ALSO)
    people = with_columns(members, "members", ["member_id", "role", "territory_id"], ["group"])
    land = with_columns(territories, "territories", ["territory_id", "potential"])
    people = people[people["role"] == role].reset_index(drop=True)
    potential = pd.Series(figures(land["potential"]), land["territory_id"])
    own = people["territory_id"].map(potential).astype(float)
    own = own.where(own > 0)
    people = people[["member_id", "group", "role"]].assign(
        potential=own.fillna(own.mean() if own.notna().any() else 1.0)
    )
    mine = table[np.array([r in ("", role) for r in texts(table["role"])], dtype=bool)]
    figure = (float(spread[c].iloc[0]) for c in ("mean", "sd", "lasting", "common", "ground"))
    return PayBook(mine.reset_index(drop=True), people, *figure)


@dataclass(frozen=True)
class PayCase:
    """``plans`` (the table); ``points``, ``kinks`` as payout_curve, of the heaviest KPI;
    ``found`` as simulate_pay; ``table``: plan_id, a_head_cost (mean of a member), mean_cost,
    p10_cost, p90_cost (team), pay_budget, over_budget_share, nothing_share and
    at_cap_share (of the heaviest KPI), luck_share,
    territory_share, person_share (of pay differences), poor_ground_share (mean pay of the third
    with least potential, of the best paid third's; NaN where unknown)."""

    plans: pd.DataFrame
    points: pd.DataFrame
    kinks: pd.DataFrame
    found: PaySimulation
    table: pd.DataFrame


def pay_case(
    book: PayBook,
    *,
    plan_id: str = "",
    threshold: float | None = None,
    accelerator: float | None = None,
    cap: float | None = None,
    lasting: float | None = None,
    ground: float | None = None,
    draws: int = 400,
    seed: int = 0,
) -> PayCase:
    """A plan as written beside the same plan with other rules; without ``plan_id`` all as written.

    ``threshold`` and ``cap`` go for every KPI, ``accelerator`` for the heaviest; None: as written.
    ``ground``: how far results follow territory potential that targets ignore (0–1); it and
    ``lasting``: None as on record.
    The changed plan carries the id ``<plan_id>*``. Returns :class:`PayCase`. Source: S211.

    >>> plans = pd.DataFrame({"plan_id": ["P"], "kpi": "sales", "base": 0.0, "weight": 1.0,
    ...     "variable_target": 100.0, "threshold": 0.7, "cap": 1.5, "accelerator": 1.5})
    >>> team = pd.DataFrame({"member_id": ["a", "b"], "potential": 1.0})
    >>> book = PayBook(plans, team, 1.0, 0.2, 0.3, 0.1, 0.0)
    >>> case = pay_case(book, plan_id="P", cap=1.2, draws=40)
    >>> case.points.groupby("plan_id")["factor"].max().round(2).tolist()
    [1.75, 1.3]
    """
    if book.plans.empty or len(book.members) < 2:
        return _no_case(book.plans)
    written = book.plans if not plan_id else book.plans[book.plans["plan_id"] == plan_id]
    table = written
    if plan_id:
        heaviest = written["weight"] == written["weight"].max()
        new = written.assign(plan_id=f"{plan_id}*")
        new["threshold"] = new["threshold"] if threshold is None else threshold
        new["cap"] = new["cap"] if cap is None else cap
        if accelerator is not None:
            new["accelerator"] = new["accelerator"].where(~heaviest, accelerator)
        table = pd.concat([written, new], ignore_index=True)
    share = book.lasting if lasting is None else lasting
    found = simulate_pay(
        table, members=book.members, mean=book.mean, sd=book.sd, lasting=share,
        common=min(book.common, 1 - share),
        potential_effect=book.ground if ground is None else ground, draws=draws, seed=seed,
    )  # fmt: skip
    first = table.sort_values(["weight", "kpi"], ascending=[False, True])
    heavy = first.drop_duplicates("plan_id")[["plan_id", "kpi"]]
    curve = payout_curve(table)
    summary = _summary(found, found.kpis.merge(heavy).set_index("plan_id"))
    return PayCase(table, curve.points.merge(heavy), curve.kinks.merge(heavy), found, summary)


def _summary(found: PaySimulation, kpis: pd.DataFrame) -> pd.DataFrame:
    """One row a plan."""
    wide = found.plans.pivot(index="plan_id", columns="measure", values=["value", "low", "high"])
    third = found.fairness[found.fairness["level"] == "potential_low"].set_index("plan_id")
    out = pd.DataFrame(
        {"plan_id": wide.index, "a_head_cost": wide["value", "pay_member"],
         "mean_cost": wide["value", "pay_cost"],
         "p10_cost": wide["low", "pay_cost"], "p90_cost": wide["high", "pay_cost"],
         "pay_budget": wide["value", "pay_budget"],
         "over_budget_share": wide["value", "pay_over_budget"],
         "nothing_share": kpis["below_threshold"], "at_cap_share": kpis["capped"],
         **{f"{k}_share": wide["value", f"pay_{k}_share"]
            for k in ("luck", "territory", "person")},
         "poor_ground_share": third["ratio"].reindex(wide.index)}
    )  # fmt: skip
    return out.reset_index(drop=True)[PAY_COLUMNS]


def _no_case(plans: pd.DataFrame) -> PayCase:
    """Nothing to simulate: no plan, or nobody it pays."""
    measures = pd.DataFrame(columns=["plan_id", *MEASURE_COLUMNS])
    none = pd.DataFrame(columns=["plan_id", "kpi"])
    table = pd.DataFrame(columns=PAY_COLUMNS)
    found = PaySimulation(measures, none, none, none, none, none, none, none)
    return PayCase(plans, pd.DataFrame(columns=CURVE_COLUMNS),
                   pd.DataFrame(columns=KINK_COLUMNS), found, table)  # fmt: skip


@dataclass(frozen=True)
class PlacementBook:
    """``accounts``: account_id, hours, owner_id, move_cost; ``members``: member_id, hours."""

    accounts: pd.DataFrame
    members: pd.DataFrame


def placement_book(
    accounts: pd.DataFrame,
    members: pd.DataFrame,
    tiers: Mapping[str, str] | pd.Series,
    rules: LoadRules | None = None,
) -> PlacementBook:
    """Accounts with a tier, their hours a year, and the hours their owners have for them.

    Needs accounts: account_id, owner_id; members: member_id, role; optional hours_per_year,
    left_on. People of the roles that own accounts count. Moving an account costs its hours.
    Returns :class:`PlacementBook`. Source: S203; hours and share of the year house (load_rules).

    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "owner_id": ["a", "a"]})
    >>> team = pd.DataFrame({"member_id": ["a", "b"], "role": "kam"})
    >>> book = placement_book(accounts, team, {"A": "tier_1"})
    >>> book.accounts["hours"].tolist(), book.members["hours"].tolist()
    ([240.0], [1144.0, 1144.0])
    """
    rule = load_rules() if rules is None else rules
    book = with_columns(accounts, "accounts", ["account_id", "owner_id"])
    people = with_columns(members, "members", ["member_id", "role"], ["hours_per_year", "left_on"])
    people = people[people["left_on"].isna()]
    tier = book["account_id"].map(dict(tiers))
    book = book[tier.notna()].reset_index(drop=True)
    hours = book["account_id"].map(dict(tiers)).map({k: v.hours for k, v in rule.tiers.items()})
    owning = people.loc[people["member_id"].isin(book["owner_id"]), "role"].unique()
    people = people[people["role"].isin(owning)].reset_index(drop=True)
    year = pd.Series(figures(people["hours_per_year"])).fillna(rule.hours_per_year)
    return PlacementBook(
        book[["account_id", "owner_id"]].assign(hours=hours, move_cost=hours),
        people[["member_id"]].assign(hours=year * rule.account_share),
    )


def placement_case(
    book: PlacementBook, *, leaves: str = "", most_load: float = 1.0, weigh: bool = True
) -> Reassignment:
    """The accounts placed anew once somebody leaves, or with a lower highest load.

    ``weigh``: moving an account costs what its ``move_cost`` says; else each costs the same.
    Returns Reassignment. Source: as ``reassign_accounts``.

    >>> accounts = pd.DataFrame({"account_id": ["A"], "hours": [5.0], "owner_id": "a",
    ...                          "move_cost": 2.0})
    >>> team = pd.DataFrame({"member_id": ["a", "b"], "hours": [9.0, 9.0]})
    >>> found = placement_case(PlacementBook(accounts, team), leaves="a")
    >>> found.accounts["owner_after"].tolist()
    ['b']
    """
    accounts = book.accounts if weigh else book.accounts.drop(columns="move_cost")
    members = book.members[book.members["member_id"] != leaves]
    return reassign_accounts(accounts, members, most_load=most_load)
