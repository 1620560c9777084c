"""A whole sales force at once: 5,000 members, 12 periods, 20 KPIs.

Run: python benchmarks/bench_appraisal.py [members] [periods] [kpis]
Times scorecards, attainment, shrunken effects, territory adjustment, judgement, rank intervals,
the four-fifths screen and rater severity, next to bare pandas statements over the same rows,
which give no interval, no cap and no check. Prints seconds, ratios and peak memory.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from bench_funnel import peak_gb
from bench_relationship import timed

from kamkit.methods import appraisal
from kamkit.methods.raters import rater_severity


def made(members: int, periods: int, kpis: int, seed: int = 5) -> dict[str, pd.DataFrame]:
    """Targets and values of everybody in every month, territories, ratings by two managers."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"M{i:05d}" for i in range(members)], dtype=object)
    months = [f"{2024 + m // 12}-{m % 12 + 1:02d}" for m in range(periods)]
    potential = np.exp(rng.uniform(0, np.log(3), members))
    effect = rng.normal(0, 0.1, members)
    size = members * periods
    keys = pd.DataFrame(
        {"scope": "member", "scope_id": np.repeat(ids, periods * kpis),
         "period": np.tile(np.repeat(np.array(months, dtype=object), kpis), members),
         "kpi": np.tile(np.array(["sales", *(f"kpi_{k}" for k in range(1, kpis))]), size)}
    )  # fmt: skip
    usual = np.repeat(potential, periods * kpis)
    log = np.repeat(effect, periods * kpis) + rng.normal(0, 0.12, len(keys))
    people = pd.DataFrame(
        {"member_id": ids, "territory_id": np.char.replace(ids.astype(str), "M", "T"),
         "group": rng.choice(["a", "b", "c"], members)}
    )  # fmt: skip
    places = pd.DataFrame(
        {"territory_id": people["territory_id"], "potential": potential,
         "travel_hours": rng.uniform(100, 500, members)}
    )  # fmt: skip
    bosses = np.array([f"B{b:03d}" for b in range(members // 10)], dtype=object)
    own = np.repeat(np.arange(members) % len(bosses), 2 * 8)
    other = np.tile(np.repeat([0, 1], 8), members)
    ratings = pd.DataFrame(
        {"ratee_id": np.repeat(ids, 16), "rater_id": bosses[(own + other) % len(bosses)],
         "source": "manager", "competency": np.tile([f"c{c}" for c in range(8)], 2 * members),
         "period": "2024", "score": rng.integers(1, 6, 16 * members)}
    )  # fmt: skip
    return {
        "targets": keys.assign(value=1.0), "values": keys.assign(value=usual * np.exp(log)),
        "members": people, "territories": places, "ratings": ratings,
    }  # fmt: skip


def main() -> None:
    members, periods, kpis = (
        int(a) for a in [*sys.argv[1:], *("5000", "12", "20")[len(sys.argv) - 1 :]]
    )
    t = made(members, periods, kpis)
    values, targets = t["values"], t["targets"]
    print(f"{members:,} members, {periods} periods, {kpis} KPIs: {len(values):,} figures")
    start = time.perf_counter()
    names = values["kpi"].unique()
    keys = ["scope", "scope_id", "period", "kpi"]

    def merged() -> object:
        both = values.merge(targets, on=keys)
        return (
            (both["value_x"] / both["value_y"]).groupby([both["scope_id"], both["period"]]).mean()
        )

    weights, up = dict.fromkeys(names, 1 / kpis), dict.fromkeys(names, "up")
    card = {"weights": weights, "kpis": up}
    timed("scorecards", lambda: appraisal.scorecard(values, targets, **card), merged)
    sales = values[values["kpi"] == "sales"]
    reached = timed(
        "attainment", lambda: appraisal.attainment(values, targets, "sales", kind="month"),
        lambda: sales.merge(targets, on=keys),
    )  # fmt: skip
    by_period = reached.rename(columns={"attainment": "value"})
    timed("shrunken effects", lambda: appraisal.shrunken_effects(by_period),
          lambda: by_period.groupby("member_id")["value"].agg(["mean", "std"]))  # fmt: skip
    yearly = sales.groupby("scope_id", as_index=False)["value"].sum()
    yearly = yearly.rename(columns={"scope_id": "member_id", "value": "actual"})
    places = t["members"].merge(t["territories"], on="territory_id")
    places = places[["member_id", "potential", "travel_hours"]]
    timed("territory", lambda: appraisal.territory_adjusted(yearly, places))
    judged = timed(
        "judgement",
        lambda: appraisal.judge_performance(
            values, targets, t["territories"], t["members"], kind="month"
        ),
    )
    timed("rank intervals", lambda: appraisal.rank_intervals(judged, 2000),
          lambda: judged.members["effect"].rank())  # fmt: skip
    top = judged.members.assign(
        period="2024",
        decision="bonus",
        selected=np.where(judged.members["effect"] > 0, "yes", "no"),
    )
    timed("four fifths", lambda: appraisal.four_fifths(top, members=t["members"]),
          lambda: top["selected"].value_counts())  # fmt: skip
    timed("rater severity", lambda: rater_severity(t["ratings"]),
          lambda: t["ratings"].groupby("rater_id")["score"].mean())  # fmt: skip
    print(f"all: {time.perf_counter() - start:.1f} s, peak memory {peak_gb():.1f} GB")


if __name__ == "__main__":
    main()
