"""Planted truths about our own people and teams, looked up in the tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamkit.schemes import load_rules
from kamkit.tables.sample.truths_people import Rows, truth_rows

Tables = Mapping[str, pd.DataFrame]
_PITFALL = "pitfall_unclear_duties"
_TIERS = {"strategic": "tier_1", "key": "tier_2", "main": "tier_3"}
_DECISION = ("2025", "top_rating")


def _rosy(tables: Tables) -> Rows:
    table = tables["duty_ratings"]
    own = table["source"] == "self"
    mine = table[own].groupby("ratee_id")["score"].mean()
    others = table[~own].groupby("ratee_id")["score"].mean()
    gap = (mine - others).sort_values(ascending=False)
    subject = str(gap.index[0])
    return truth_rows(
        "rosy_self_rating",
        subject,
        gap.iloc[0] >= 1.2 and gap.iloc[0] - gap.iloc[1] >= 0.2,
        own=mine[subject],
        others=others[subject],
        gap=gap.iloc[0],
        next_gap=gap.iloc[1],
        typical=gap.median(),
        raters=table[~own & (table["ratee_id"] == subject)]["rater_id"].nunique(),
    )


def duty_spread(tables: Tables) -> pd.DataFrame:
    """Spread of each rater's scores over the duties of one person and period, on average.

    Returns rater_id (index), spread (standard deviation in points), ratees; no self-ratings,
    raters of at least three people.
    """
    table = tables["duty_ratings"]
    table = table[table["source"] != "self"]
    each = table.groupby(["rater_id", "ratee_id", "period"])["score"].std().reset_index()
    found = each.groupby("rater_id").agg(spread=("score", "mean"), ratees=("ratee_id", "nunique"))
    return found[found["ratees"] >= 3].sort_values("spread", kind="stable")


def _halo(tables: Tables) -> Rows:
    found = duty_spread(tables)
    rater, spread = str(found.index[0]), found["spread"]
    ratings = tables["duty_ratings"].query("source != 'self'")
    cell = ratings.groupby(["ratee_id", "duty", "period"])["score"]
    others = (cell.transform("sum") - ratings["score"]) / (cell.transform("count") - 1)
    mine = ratings["rater_id"] == rater
    return truth_rows(
        "halo_rater",
        rater,
        spread.iloc[0] <= 0.35 and spread.iloc[1] >= spread.iloc[0] + 0.15,
        spread=spread.iloc[0],
        next_lowest=spread.iloc[1],
        others_median=spread.iloc[1:].median(),
        leniency=(ratings["score"] - others)[mine].mean(),
        ratees=found["ratees"].iloc[0],
    )


def _unclear(tables: Tables) -> Rows:
    table = tables["team_pulse"]
    table = table[table["wave"] == table["wave"].max()]
    pitfalls = table[table["item"].str.startswith("pitfall_")]
    mean = pitfalls.groupby(["team", "item"])["score"].mean().unstack()
    answers = pitfalls.groupby("team")["respondent_id"].nunique()
    level = mean.loc[answers >= 4, _PITFALL].sort_values(ascending=False)
    team = str(level.index[0])
    rest = mean.loc[team].drop(_PITFALL)
    return truth_rows(
        "unclear_duties",
        team,
        level.iloc[0] - max(rest.max(), level.iloc[1]) >= 0.5,
        score=level.iloc[0],
        answers=answers[team],
        next_team=level.iloc[1],
        next_pitfall=rest.max(),
    )


def _four_fifths(tables: Tables) -> Rows:
    """Counts by group of one decision; the test is Fisher's exact one, two-sided."""
    from scipy.stats import fisher_exact

    period, decision = _DECISION
    table = tables["advancement"]
    table = table[(table["period"] == period) & (table["decision"] == decision)]
    group = table["member_id"].map(tables["members"].set_index("member_id")["group"])
    yes = (table["selected"] == "yes").groupby(group).agg(["sum", "count"]).astype(int)
    rate = (yes["sum"] / yes["count"]).sort_values(ascending=False)
    (high, low) = yes.loc[rate.index].to_numpy().tolist() if len(yes) == 2 else ([0, 1], [0, 1])
    # Whole numbers: low rate / high rate < 4/5 without a division.
    flagged = 5 * low[0] * high[1] < 4 * high[0] * low[1]
    chance = fisher_exact(np.array([[k, n - k] for k, n in (high, low)])).pvalue
    return truth_rows(
        "below_four_fifths",
        [str(g) for g in rate.index],
        flagged and chance > 0.2,
        high_yes=high[0],
        high_all=high[1],
        low_yes=low[0],
        low_all=low[1],
        ratio=low[0] * high[1] / (high[0] * low[1]) if high[0] else np.nan,
        fisher_p=chance,
    )


def account_hours(tables: Tables) -> pd.DataFrame:
    """Hours a year that each rep's accounts and travel take, by the kit's rule (S203, house).

    The tier is the class that was approved in 2025; accounts without one count as the lowest.
    Returns member_id (index), accounts, hours, available, load.
    """
    rules = load_rules()
    listed = tables["scheme_assignments"].set_index("account_id")["member"]
    active = tables["accounts"].query("relation in ('customer', 'prospect')")
    tier = active["account_id"].map(listed).map(_TIERS).fillna("tier_4")
    hours = tier.map({name: rule.hours for name, rule in rules.tiers.items()})
    found = hours.groupby(active["owner_id"]).agg(["size", "sum"])
    crew = tables["members"].dropna(subset=["territory_id"]).set_index("member_id")
    travel = tables["territories"].set_index("territory_id")["travel_hours"]
    table = found.reindex(crew.index, fill_value=0).set_axis(["accounts", "hours"], axis=1)
    table["hours"] += crew["territory_id"].map(travel)
    table["available"] = crew["hours_per_year"] * rules.account_share
    return table.assign(load=table["hours"] / table["available"])


def _load(tables: Tables) -> Rows:
    table = account_hours(tables).sort_values("load", ascending=False, kind="stable")
    load, subject = table["load"], str(table.index[0])
    return truth_rows(
        "uneven_load",
        subject,
        load.iloc[0] >= 1.2 * load.iloc[-1],
        load=load.iloc[0],
        hours=table["hours"].iloc[0],
        accounts=table["accounts"].iloc[0],
        lightest_accounts=table["accounts"].iloc[-1],
        median=load.median(),
        lightest=load.iloc[-1],
        above_full=(load > 1).sum(),
    )


def team_truths(tables: Tables) -> Rows:
    """Rows of the truths about our own people, in the order of the trainer's sheet."""
    return [
        *_rosy(tables),
        *_halo(tables),
        *_unclear(tables),
        *_four_fifths(tables),
        *_load(tables),
    ]
