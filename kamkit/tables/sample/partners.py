"""Dealers and allies: the register, loyalty ratings, years, and what happened between us."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.world import AS_OF, World, lognormal, pick

_KINDS = ["agent", "agent", "distributor", "distributor", "distributor", "integrator"]
_KINDS += ["integrator", "alliance"]
# Allies of the other kinds (S236) with purpose and form (S235).
_ALLIES = (
    ("supplier", "alliance_new_technology", "contract"),
    ("complementor", "alliance_full_solution", "understanding"),
    ("customer", "alliance_new_product", "joint_venture"),
    ("rival", "alliance_new_market", "understanding"),
)
SPEAKER = 2  # position of the dealer whose words are warmer than its deeds
_YEARS = (2022, 2023, 2024, 2025)


def build_dealers(world: World) -> pd.DataFrame:
    """The table ``dealers``: eight partners who sell for us and four allies of other kinds."""
    rng, pool = world.rng("dealers"), world.common["names"]
    order = rng.permutation(len(pool["animals"]))
    animals = [pool["animals"][i] for i in order[:12]]
    regions = list(world.common["regions"])
    since = np.datetime64("2013-05-01") + rng.integers(0, 3600, 8).astype("m8[D]")
    share = np.round(rng.uniform(0.15, 0.85, 8), 2)
    share[SPEAKER] = min(share[SPEAKER], 0.38)
    dealers = pd.DataFrame(
        {
            "name_zh": [a[0] + pool["dealer"][0] for a in animals[:8]],
            "name_en": [f"{a[1]} {pool['dealer'][1]}" for a in animals[:8]],
            "partner_type": _KINDS,
            "since": since,
            "our_share": share,
            "purpose": [None] * 7 + ["alliance_full_solution"],
            "form": ["contract"] * 8,
        }
    )
    more = world.rng("allies")
    allies = pd.DataFrame(
        {
            "name_zh": [a[0] + pool["ally"][0] for a in animals[8:]],
            "name_en": [f"{a[1]} {pool['ally'][1]}" for a in animals[8:]],
            "partner_type": [a[0] for a in _ALLIES],
            "since": np.datetime64("2019-03-01") + more.integers(0, 2000, 4).astype("m8[D]"),
            "our_share": np.nan,
            "purpose": [a[1] for a in _ALLIES],
            "form": [a[2] for a in _ALLIES],
        }
    )
    table = pd.concat([dealers, allies], ignore_index=True)
    table.insert(0, "dealer_id", [f"D{i:02d}" for i in range(1, len(table) + 1)])
    table["region"] = [regions[i % len(regions)] for i in range(len(table))]
    review = np.datetime64("2026-02-15") + more.integers(0, 400, len(table)).astype("m8[D]")
    named = table["purpose"].notna().to_numpy()
    # One ally's review is overdue, another alliance has come to its end.
    review[8] = np.datetime64("2025-11-30")
    table["review_on"] = np.where(named, review, np.datetime64("NaT"))
    ended = np.full(len(table), np.datetime64("NaT"), dtype="datetime64[D]")
    ended[-1] = np.datetime64("2025-12-31")
    return table.assign(ended_on=ended)


def build_dealer_ratings(world: World, dealers: pd.DataFrame) -> pd.DataFrame:
    """The table ``dealer_ratings``: 4 attitudes (S237) and 10 behaviours (S238), 1 to 7.

    One dealer says all the right things and does few of them.
    """
    rng = world.rng("dealer_ratings")
    items = [*world.items("dealer_attitudes"), *world.items("dealer_behaviours")]
    warm = np.arange(len(items)) < 4
    raters = world.tables["members"].query("role == 'sales_manager'")["member_id"].to_numpy()[:2]
    share = dealers["our_share"].to_numpy()[:8]
    parts = []
    for day in ("2025-06-16", "2026-06-15"):
        for rater in raters:
            level = 3.2 + 2.6 * share[:, None] + 0.4 * warm + rng.normal(0, 0.8, (8, len(items)))
            level[SPEAKER] = np.where(warm, 6.3, 2.6) + 0.6 * (
                level[SPEAKER] - level[SPEAKER].mean()
            )
            score = np.clip(np.rint(level), 1, 7)
            parts.append(
                pd.DataFrame(
                    {
                        "dealer_id": np.repeat(dealers["dealer_id"].to_numpy()[:8], len(items)),
                        "item": np.tile(items, 8),
                        "score": score.ravel(),
                        "rater_id": rater,
                        "rated_on": np.datetime64(day),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def build_dealer_years(world: World, dealers: pd.DataFrame) -> pd.DataFrame:
    """The table ``dealer_years``: our share rises with some, falls with others (S240)."""
    rng = world.rng("dealer_years")
    sells = dealers[dealers["our_share"].notna()]
    share = sells["our_share"].to_numpy()
    slope = np.where(np.arange(len(sells)) % 3 == 2, -1, 1) * rng.uniform(0.02, 0.06, len(sells))
    slope[SPEAKER] = -0.08
    size = 4e6 * lognormal(rng, 0.5, len(sells))
    parts = []
    for back, year in enumerate(reversed(_YEARS)):
        noise = rng.normal(0, 0.012, len(sells)) if back else 0.0
        then = np.clip(share - slope * back + noise, 0.05, 0.95)
        lines = np.clip(np.rint(8 * (1 - then) + rng.normal(0, 0.4, len(sells))), 0, None)
        parts.append(
            pd.DataFrame(
                {
                    "dealer_id": sells["dealer_id"],
                    "year": year,
                    "our_share": np.round(then, 2),
                    "rival_lines": lines.astype(int),
                    "revenue": np.round(size * then / share * (1 - 0.04 * back), -3),
                    "currency": "CNY",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def build_dealer_events(world: World, dealers: pd.DataFrame) -> pd.DataFrame:
    """The table ``dealer_events``: conflicts, help, investments, agreements (S239, S242)."""
    rng = world.rng("dealer_events")
    number, as_of = 26, np.datetime64(AS_OF)
    dealer = np.floor(len(dealers) * rng.random(number)).astype(int)
    dealer[:3] = SPEAKER
    kind = pick(rng, ["conflict", "support", "investment", "agreement"], number, [8, 7, 4, 6])
    kind[:2] = "conflict"
    start = dealers["since"].to_numpy().astype("datetime64[D]")[dealer]
    start = np.maximum(start, np.datetime64("2021-01-10"))
    end = dealers["ended_on"].to_numpy().astype("datetime64[D]")[dealer]
    end = np.where(np.isnat(end), as_of, end) - 3
    day = start + np.floor((end - start).astype(int) * rng.random(number)).astype("m8[D]")
    day[0] = np.datetime64("2026-04-14")
    clash = kind == "conflict"
    settled = day + rng.integers(6, 130, number).astype("m8[D]")
    open_ = ~clash | (settled > as_of) | (rng.random(number) < 0.2)
    open_[0] = True
    table = pd.DataFrame(
        {
            "dealer_id": dealers["dealer_id"].to_numpy()[dealer],
            "date": day,
            "kind": kind,
            "severity": rng.choice([1, 2, 3, 4], p=[0.3, 0.4, 0.2, 0.1], size=number),
            "resolved_on": np.where(open_, np.datetime64("NaT"), settled),
        }
    )
    table = table.sort_values(["date", "dealer_id", "kind"], kind="stable").reset_index(drop=True)
    table.insert(0, "event_id", [f"E{i:03d}" for i in range(1, number + 1)])
    return table
