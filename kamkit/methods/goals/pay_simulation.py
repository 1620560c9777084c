"""What pay plans cost, whom they favour, and how much of the pay differences is luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.pay import CapOn, Plan, check_cap_on, pay_factor, read_plans, zone_of
from kamkit.methods.goals.pay_outcomes import (
    Assumed,
    Outcomes,
    by_kpi,
    correlations,
    drawn,
    recorded,
    resampled,
)
from kamkit.methods.goals.tables import figures, repeated, strict_figures, texts, with_columns
from kamkit.methods.measures import MEASURE_COLUMNS, measure_row
from kamkit.methods.shares import Floats, Ints

ORIGIN = "S211; house"
SHIFTS = (-0.10, -0.05, 0.0, 0.05, 0.10)
BATCHES = 20
FEW = 5  # members of a group below which it is marked too few (house)
ENDS = (0.1, 0.9)


@dataclass(frozen=True)
class PaySimulation:
    """What :func:`simulate_pay` found. Money is the variable pay of one period, without base.

    Attributes
    ----------
    plans
        Measure table with plan_id first. pay_cost (team, mean over draws; low, high: p10, p90),
        pay_budget (at 100 %), pay_over_budget (chance), pay_member (mean of one member; p10, p90
        over members and draws), pay_spread (sd between members within a period), pay_gap
        (highest less lowest within a period), pay_luck_share, pay_person_share,
        pay_territory_share (shares of the variance between members; the interval is the
        simulation's own), pay_gap_equal (the gap if all were equally good, on equal ground).
    members
        plan_id, member_id, mean, p10, p50, p90, nothing (share of draws without variable pay).
    kpis
        plan_id, kpi, attainment (mean), factor (mean), below_threshold, capped (shares), cost,
        cost_per_point (team cost if every attainment were 0.01 higher).
    sensitivity
        plan_id, shift (added to every attainment), cost, p10, p90, change (against shift 0).
    fairness
        plan_id, by (group, potential), level, members, mean, p10, p90 (of the group's mean pay),
        ratio (to the highest), note (too_few). A screen, no finding.
    comparison
        plan_id, against, difference (team cost less the other's), p10, p90, dearer (chance), on
        the same draws.
    costs
        plan_id, draw, cost.
    notes
        code (left_out, few_periods), members.
    """

    plans: pd.DataFrame
    members: pd.DataFrame
    kpis: pd.DataFrame
    sensitivity: pd.DataFrame
    fairness: pd.DataFrame
    comparison: pd.DataFrame
    costs: pd.DataFrame
    notes: pd.DataFrame


def simulate_pay(
    plans: pd.DataFrame,
    outcomes: pd.DataFrame | None = None,
    *,
    members: int | pd.DataFrame = 12,
    mean: float | Mapping[str, float] = 1.0,
    sd: float | Mapping[str, float] = 0.25,
    correlation: float | pd.DataFrame = 0.5,
    lasting: float = 0.3,
    common: float = 0.2,
    potential_effect: float = 0.0,
    draws: int = 2000,
    seed: int = 0,
    cap_on: CapOn = "attainment",
) -> PaySimulation:
    """Run pay plans over many possible periods, all plans over the same ones.

    Needs plans as ``read_plans`` does. ``outcomes`` (member_id, period, kpi, attainment): periods
    on record are drawn whole; else attainment is drawn: lognormal with ``mean`` and ``sd`` (one,
    or by KPI), KPIs correlated, a share ``lasting`` of the variance with the person, ``common``
    with the period, the rest luck. These shares are assumptions (house): take ``lasting`` from
    shrunken_effects where there are results. ``members``: how many, or a table (member_id;
    optional group, potential, role). ``potential_effect`` 1: results follow potential in full
    and targets ignore it; 0: targets allow for it.

    Luck: what differs between two periods of the same people. Territory: what two sets of people
    on the same ground share. Person: what is left.
    Returns PaySimulation. Raises KamkitError: see read_plans; missing_column, duplicate_key,
    not_a_number, out_of_range, correlation_impossible, too_few_periods, unknown_option.
    Source: S211 (sensitivity, comparison of plans); arithmetic house.

    >>> plans = pd.DataFrame({"plan_id": ["P"], "kpi": "sales", "base": 0.0, "weight": 1.0,
    ...     "variable_target": 100.0, "threshold": 0.7, "cap": 1.5, "accelerator": 1.5})
    >>> found = simulate_pay(plans, draws=400).plans.set_index("measure")
    >>> float(found.loc["pay_budget", "value"]), bool(found.loc["pay_luck_share", "value"] > 0.4)
    (1200.0, True)
    """
    read = read_plans(plans)
    kpis = sorted({k for p in read for k in p.kpis})
    problems = check_cap_on(cap_on)
    if draws < BATCHES:
        problems.append(Problem("out_of_range", "pay_simulation", "draws", value=draws,
                                details={"allowed": f">= {BATCHES}"}))  # fmt: skip
    people = _people(members, problems)
    rng, left_out = np.random.default_rng(seed), list[str]()
    if outcomes is None:
        assumed = _assumed(mean, sd, correlation, kpis, (lasting, common, potential_effect),
                           problems)  # fmt: skip
        if potential_effect and not (people["potential"] > 0).all():
            problems.append(Problem("potential_needed", "members", "potential"))
        KamkitError.collect(problems)
        found = drawn(assumed, people["potential"].to_numpy(), draws, rng)
    else:
        KamkitError.collect(problems)
        known, _, cube, left_out = recorded(outcomes, kpis)
        facts = people.set_index("member_id") if isinstance(members, pd.DataFrame) else None
        people = pd.DataFrame({"member_id": known})
        for column, empty in (("group", ""), ("role", ""), ("potential", np.nan)):
            mine = None if facts is None else people["member_id"].map(facts[column])
            people[column] = empty if mine is None else mine.fillna(empty)
        found = resampled(cube, draws, rng)
    return _Run(read, kpis, people, found, cap_on).result(left_out)


def _people(members: int | pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    if isinstance(members, int):
        if members < 2:
            problems.append(Problem("out_of_range", "members", "members", value=members,
                                    details={"allowed": ">= 2"}))  # fmt: skip
        names = [f"{i + 1}" for i in range(max(members, 1))]
        return pd.DataFrame({"member_id": names, "group": "", "role": "", "potential": 1.0})
    table = with_columns(members, "members", ["member_id"], ["group", "potential", "role"])
    problems += strict_figures(table, "members", ["potential"])
    problems += repeated(table, "members", ["member_id"])
    if len(table) < 2:
        problems.append(Problem("out_of_range", "members", "members", value=len(table),
                                details={"allowed": ">= 2"}))  # fmt: skip
    out = pd.DataFrame({c: texts(table[c]) for c in ("member_id", "group", "role")})
    out["potential"] = figures(table["potential"])
    return out.sort_values("member_id", ignore_index=True)


def _assumed(
    mean: Any, sd: Any, correlation: Any, kpis: Sequence[str],
    shares: tuple[float, float, float], problems: list[Problem],
) -> Assumed:  # fmt: skip
    lasting, common, effect = shares
    for name, value in (("lasting", lasting), ("common", common), ("lasting", lasting + common)):
        if not 0 <= value <= 1:
            problems.append(Problem("out_of_range", "pay_simulation", name, value=value,
                                    details={"allowed": "0–1"}))  # fmt: skip
    return Assumed(
        by_kpi(mean, "mean", kpis, problems), by_kpi(sd, "sd", kpis, problems),
        correlations(correlation, kpis, problems), lasting, common, effect,
    )  # fmt: skip


class _Run:
    """All plans over the same outcomes."""

    def __init__(
        self, plans: list[Plan], kpis: list[str], people: pd.DataFrame, found: Outcomes,
        cap_on: CapOn,
    ) -> None:  # fmt: skip
        self.plans, self.people, self.found, self.cap_on = plans, people, found, cap_on
        self.place = {k: i for i, k in enumerate(kpis)}

    def factors(self, plan: Plan, attainment: Floats) -> Floats:
        """Factor of draw × member × KPI of the plan."""
        rule = (plan.threshold, plan.cap, plan.accelerator)
        return pay_factor(attainment, *rule, cap_on=self.cap_on)

    def mine(self, plan: Plan, attainment: Floats) -> Floats:
        """Attainments of the plan's people in the plan's KPIs."""
        places = [self.place[k] for k in plan.kpis]
        return attainment[:, self.who(plan)][:, :, places]

    def who(self, plan: Plan) -> Ints:
        """Places of the people whom the plan pays."""
        role = self.people["role"]
        fits = (role == "") | (plan.role == "") | (role == plan.role)
        return np.flatnonzero(fits.to_numpy()).astype(np.int64)

    def pay(self, plan: Plan, attainment: Floats, shift: float = 0.0) -> Floats:
        """Variable pay of draw × member."""
        factor = self.factors(plan, np.maximum(self.mine(plan, attainment) + shift, 0.0))
        paid: Floats = factor @ plan.weight * plan.variable
        return paid

    def result(self, left_out: list[str]) -> PaySimulation:
        """Everything that is told of the plans."""
        paid = {p.plan_id: self.pay(p, self.found.first) for p in self.plans}
        costs = {name: pay.sum(axis=1) for name, pay in paid.items()}
        rows: dict[str, list[Any]] = {k: [] for k in ("plans", "members", "kpis", "shifts", "fair")}
        for plan in self.plans:
            pay = paid[plan.plan_id]
            if not pay.shape[1]:
                continue
            rows["plans"] += [{"plan_id": plan.plan_id, **r} for r in self._measures(plan, pay)]
            rows["members"] += self._members(plan, pay)
            rows["kpis"] += self._kpis(plan)
            rows["shifts"] += self._shifts(plan)
            rows["fair"] += self._fairness(plan, pay)
        notes = [("left_out", ", ".join(left_out))] if left_out else []
        notes += [("few_periods", "")] if self.found.variant != "drawn" and self.found.n < 8 else []
        return PaySimulation(
            pd.DataFrame(rows["plans"], columns=["plan_id", *MEASURE_COLUMNS]),
            pd.DataFrame(rows["members"], columns=["plan_id", "member_id", "mean", "p10", "p50",
                                                   "p90", "nothing"]),
            pd.DataFrame(rows["kpis"], columns=["plan_id", "kpi", "attainment", "factor",
                                                "below_threshold", "capped", "cost",
                                                "cost_per_point"]),
            pd.DataFrame(rows["shifts"], columns=["plan_id", "shift", "cost", "p10", "p90",
                                                  "change"]),
            pd.DataFrame(rows["fair"], columns=["plan_id", "by", "level", "members", "mean", "p10",
                                                "p90", "ratio", "note"]),
            _comparison(costs),
            pd.DataFrame(
                [(name, i, c) for name, cost in costs.items() for i, c in enumerate(cost, 1)],
                columns=["plan_id", "draw", "cost"],
            ),
            pd.DataFrame(notes, columns=["code", "members"]),
        )  # fmt: skip

    def _measures(self, plan: Plan, pay: Floats) -> list[dict[str, Any]]:
        n, kind = self.found.n, self.found.variant
        cost, budget = pay.sum(axis=1), plan.variable * pay.shape[1]
        equal = self.pay(plan, self.found.equal)

        def row(name: str, value: float, spread: Floats | None = None) -> dict[str, Any]:
            low, high = (np.nan, np.nan) if spread is None else np.quantile(spread, ENDS)
            variant = f"{kind}; p10_p90" if spread is not None else kind
            return measure_row(name, value, n, low=low, high=high, variant=variant, origin=ORIGIN)

        shares = self._shares(plan, pay)
        gaps = [p.max(axis=1) - p.min(axis=1) for p in (pay, equal)]
        return [
            row("pay_cost", cost.mean(), cost), row("pay_budget", budget),
            row("pay_over_budget", float((cost > budget * (1 + 1e-9)).mean())),
            row("pay_member", pay.mean(), pay.ravel()),
            row("pay_spread", float(np.sqrt(_within(pay, pay).mean()))),
            row("pay_gap", gaps[0].mean(), gaps[0]),
            row("pay_gap_equal", gaps[1].mean(), gaps[1]),
            *(measure_row(name, v, n, low=low, high=high, variant=f"{kind}; batches",
                          origin=ORIGIN) for name, (v, low, high) in shares.items()),
        ]  # fmt: skip

    def _shares(self, plan: Plan, pay: Floats) -> dict[str, tuple[float, float, float]]:
        """Luck, territory and person as shares of the variance of pay within a period."""
        whole = _within(pay, pay)
        stays = _within(pay, self.pay(plan, self.found.again))
        if self.found.others is None:
            return {"pay_luck_share": _batch_ratio(whole - stays, whole),
                    "pay_lasting_share": _batch_ratio(stays, whole)}  # fmt: skip
        land = _within(pay, self.pay(plan, self.found.others))
        return {
            "pay_luck_share": _batch_ratio(whole - stays, whole),
            "pay_person_share": _batch_ratio(stays - land, whole),
            "pay_territory_share": _batch_ratio(land, whole),
        }

    def _members(self, plan: Plan, pay: Floats) -> list[tuple[Any, ...]]:
        p10, p50, p90 = np.quantile(pay, (0.1, 0.5, 0.9), axis=0)
        names = self.people["member_id"].to_numpy()[self.who(plan)]
        columns = zip(names, pay.mean(axis=0), p10, p50, p90, (pay <= 0).mean(axis=0), strict=True)
        return [(plan.plan_id, *row) for row in columns]

    def _kpis(self, plan: Plan) -> list[tuple[Any, ...]]:
        a = self.mine(plan, self.found.first)
        factor, more = self.factors(plan, a), self.factors(plan, a + 0.01)
        rule = (plan.threshold, plan.cap, plan.accelerator)
        zone = zone_of(a, *rule, cap_on=self.cap_on)
        money = plan.weight * plan.variable * a.shape[1]
        counted = (a, factor, zone == "below_threshold", zone == "capped", more - factor)
        mean = [x.mean(axis=(0, 1)) for x in counted]
        columns = zip(plan.kpis, *mean[:4], mean[1] * money, mean[4] * money, strict=True)
        return [(plan.plan_id, *row) for row in columns]

    def _shifts(self, plan: Plan) -> list[tuple[Any, ...]]:
        costs = {s: self.pay(plan, self.found.first, s).sum(axis=1) for s in SHIFTS}
        middle = costs[0.0].mean()
        return [(plan.plan_id, s, c.mean(), *np.quantile(c, ENDS), c.mean() - middle)
                for s, c in costs.items()]  # fmt: skip

    def _fairness(self, plan: Plan, pay: Floats) -> list[tuple[Any, ...]]:
        people = self.people.iloc[self.who(plan)].reset_index(drop=True)
        views = {"group": people["group"].fillna("").to_numpy(object)}
        if people["potential"].nunique() > 2:
            place = people["potential"].rank(method="first").to_numpy()
            third = np.ceil(place / people["potential"].notna().sum() * 3)
            names = {1.0: "potential_low", 2.0: "potential_middle", 3.0: "potential_high"}
            views["potential"] = np.array([names.get(t, "") for t in third], dtype=object)
        rows = []
        for by, level in views.items():
            means = {str(g): pay[:, level == g].mean(axis=1) for g in sorted({*level} - {""})}
            best = max((m.mean() for m in means.values()), default=np.nan)
            for name, m in means.items() if len(means) > 1 else ():
                count = int((level == name).sum())
                rows.append((plan.plan_id, by, name, count, m.mean(), *np.quantile(m, ENDS),
                             m.mean() / best if best > 0 else np.nan,
                             "too_few" if count < FEW else ""))  # fmt: skip
        return rows


def _within(one: Floats, other: Floats) -> Floats:
    """Covariance between members, draw by draw."""
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (one, other))
    found: Floats = (a * b).sum(axis=1) / max(one.shape[1] - 1, 1)
    return found


def _batch_ratio(part: Floats, whole: Floats) -> tuple[float, float, float]:
    """Ratio of means with the simulation's own error, over batches of draws."""
    total = float(whole.mean())
    if total <= 1e-12:
        return np.nan, np.nan, np.nan
    pairs = zip(np.array_split(part, BATCHES), np.array_split(whole, BATCHES), strict=True)
    ratio = np.array([p.mean() / w.mean() if w.mean() > 0 else np.nan for p, w in pairs])
    reach = 2.09 * float(np.nanstd(ratio, ddof=1)) / np.sqrt(BATCHES)
    value = float(np.clip(part.mean() / total, 0, 1))
    return value, max(value - reach, 0.0), min(value + reach, 1.0)


def _comparison(costs: Mapping[str, Floats]) -> pd.DataFrame:
    rows = []
    for name, cost in costs.items():
        for other, theirs in costs.items():
            if name < other and cost.any() and theirs.any():
                gap = theirs - cost
                rows.append((other, name, gap.mean(), *np.quantile(gap, ENDS),
                             float((gap > 0).mean())))  # fmt: skip
    columns = ["plan_id", "against", "difference", "p10", "p90", "dearer"]
    return pd.DataFrame(rows, columns=columns)
