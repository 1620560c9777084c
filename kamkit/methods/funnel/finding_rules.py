"""The conditions behind the summary of a funnel review: one small rule per finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.funnel.pipeline_now import OLD
from kamkit.methods.portfolio.finding_rules import Inputs, Rule, Signal
from kamkit.methods.portfolio.inputs import ratio

Limits = Mapping[str, float]
NAN = float("nan")


def figure(inputs: Inputs, name: str, key: str, part: str = "value") -> float:
    """One cell of a measure table that stands as a single row; NaN where it isn't there."""
    table = inputs.get(name)
    column = key if part == "value" else f"{key}_{part}"
    if table is None or column not in table.columns or table.empty:
        return NAN
    return float(table[column].iloc[0])


def _money_open(inputs: Inputs) -> float:
    return figure(inputs, "pipeline", "open_pipeline")


def _share_of_open(inputs: Inputs, amount: float, deals: float, **words: Any) -> Signal:
    """Money of some open deals as a share of the open pipeline."""
    share = ratio(amount, _money_open(inputs))
    named = {"deals": int(deals), "at_stake": amount, "money_share": share}
    return Signal(share, int(figure(inputs, "pipeline", "open_deals")), {**named, **words})


def _largest_deal(deals: pd.DataFrame, money: str) -> dict[str, str]:
    """Name and owner of the largest of some deals, for the sentence; dashes if not known."""
    if not {"name", "owner", money} <= set(deals.columns) or deals.empty:
        return {"name": "–", "owner": "–"}
    top = deals.sort_values([money, "opportunity_id"], ascending=[False, True]).iloc[0]
    return {"name": str(top["name"]), "owner": str(top["owner"])}


def by_check(*codes: str) -> Callable[[Inputs, Limits], Signal]:
    """Money of the open deals that one or several hygiene checks found."""

    def rule(inputs: Inputs, _: Limits) -> Signal:
        amount = np.nansum([figure(inputs, "checks", f"{code}_amount") for code in codes])
        found = np.nansum([figure(inputs, "checks", code) for code in codes])
        listed = inputs.get("listed", pd.DataFrame({"code": []}))
        who = _largest_deal(listed[listed["code"].isin(codes)], "at_stake")
        return _share_of_open(inputs, float(amount), float(found), **who)

    return rule


def stuck(inputs: Inputs, _: Limits) -> Signal:
    """Money in stages for longer than nine of ten deals were."""
    ageing = inputs["ageing"]
    known = ageing[~ageing["flag"].isin(["too_little_history", "no_stay"])]
    old = known[known["flag"].isin(OLD)]
    if known.empty:
        return Signal(NAN, 0, {})
    who = _largest_deal(old, "amount")
    return _share_of_open(inputs, float(old["amount"].sum()), len(old), **who)


def coverage(inputs: Inputs, _: Limits) -> Signal:
    """Pipeline over target, as a multiple of the coverage that past periods needed."""
    there = figure(inputs, "coming", "coverage")
    ends = [figure(inputs, "coming", "coverage_needed", p) for p in ("value", "low", "high")]
    target = figure(inputs, "target", "target")
    words = {
        "times": f"{there:.1f}",
        "needed_times": f"{ends[0]:.1f}",
        "low_times": f"{ends[1]:.1f}",
        "high_times": f"{ends[2]:.1f}",
        "at_stake": max(0.0, (ends[0] - there) * target),
    }
    n = int(np.nan_to_num(figure(inputs, "coming", "coverage_needed", "n")))
    return Signal(
        ratio(there, ends[0]), n, words, ratio(there, ends[2]), ratio(there, ends[1])
    )  # fmt: skip


def forecast_gap(inputs: Inputs, _: Limits) -> Signal:
    """Chance to reach the target of the coming period."""
    parts = ("value", "low", "high", "n")
    value, low, high, n = (figure(inputs, "forecast", "prob_ge_target", p) for p in parts)
    middle, target = figure(inputs, "forecast", "p50"), figure(inputs, "target", "target")
    words = {"chance_share": value, "p50_amount": middle, "target_amount": target}
    words["at_stake"] = max(0.0, target - middle)
    return Signal(value, int(np.nan_to_num(n)), words, low, high)


def weighted_off(inputs: Inputs, _: Limits) -> Signal:
    """The CRM's weighted pipeline of the coming period over the middle of the forecast."""
    weighted = figure(inputs, "pipeline", "weighted_due")
    middle, low, high = (figure(inputs, "forecast", key) for key in ("p50", "p10", "p90"))
    words = {"weighted_amount": weighted, "p50_amount": middle}
    words |= {"p10_amount": low, "p90_amount": high}
    words["at_stake"] = max(0.0, weighted - middle)
    n = int(np.nan_to_num(figure(inputs, "forecast", "p50", "n")))
    return Signal(
        ratio(weighted, middle), n, words, ratio(weighted, high), ratio(weighted, low)
    )  # fmt: skip


def too_late(inputs: Inputs, _: Limits) -> Signal:
    """The gap to the target, where deals that start now usually come too late to fill it."""
    gap, target = figure(inputs, "needed", "gap"), figure(inputs, "target", "target")
    stages = inputs["new_deals"]
    late = stages[stages["status"] == "time_too_short"]
    first = bool(len(stages)) and stages["status"].iloc[0] == "time_too_short"
    usual = float(stages["usual_days"].iloc[0]) if len(stages) else NAN
    words = {
        "at_stake": gap,
        "days_left": int(np.nan_to_num(figure(inputs, "needed", "days_left"))),
        "usual_days": round(usual) if usual == usual else NAN,
        "stages": len(late),
    }
    n = int(np.nan_to_num(figure(inputs, "needed", "gap", "n")))
    low, high = (ratio(figure(inputs, "needed", "gap", p), target) for p in ("low", "high"))
    return Signal(ratio(gap, target), n, words, low, high, applies=first)


def slipped(inputs: Inputs, _: Limits) -> Signal:
    """Share of the opening pipeline's money that was put off beyond the period."""
    return _lost_from_opening(inputs, "slip_rate_value", "slipped_amount", ["slipped"])


def leaked(inputs: Inputs, _: Limits) -> Signal:
    """Share of the opening pipeline's money that was lost or vanished in the period."""
    return _lost_from_opening(inputs, "leakage_value", "leaked_amount", ["lost", "vanished"])


def _lost_from_opening(inputs: Inputs, key: str, money: str, deals: list[str]) -> Signal:
    parts = ("value", "low", "high", "n")
    value, low, high, n = (figure(inputs, "review", key, p) for p in parts)
    stages = inputs["opening"]
    largest = stages.sort_values(money, ascending=False)["stage"].astype(str)
    words = {
        "money_share": value,
        "at_stake": float(stages[money].sum()),
        "deals": int(stages[deals].to_numpy().sum()),
        "stage": largest.iloc[0] if len(stages) else "",
    }
    return Signal(value, int(np.nan_to_num(n)), words, low, high)


def shrinking(inputs: Inputs, _: Limits) -> Signal:
    """The open pipeline at the end of the period over that at its beginning."""
    first = figure(inputs, "change", "pipeline_opening")
    last = figure(inputs, "change", "pipeline_closing")
    words = {"opening_amount": first, "closing_amount": last, "at_stake": max(0.0, first - last)}
    return Signal(ratio(last, first), int(figure(inputs, "change", "pipeline_opening", "n")), words)


def large_deals(inputs: Inputs, _: Limits) -> Signal:
    """Win rate by money over win rate by number of deals."""
    count = figure(inputs, "kinds", "win_rate_closed")
    value, low, high = (figure(inputs, "kinds", "win_rate_value", p) for p in
                        ("value", "low", "high"))  # fmt: skip
    money = max(0.0, (count - value) * _money_open(inputs))
    words = {"count_rate": count, "value_rate": value, "at_stake": money}
    n = int(np.nan_to_num(figure(inputs, "kinds", "win_rate_value", "n")))
    return Signal(ratio(value, count), n, words, ratio(low, count), ratio(high, count))


def _largest(level: str) -> Callable[[Inputs, Limits], Signal]:
    def rule(inputs: Inputs, _: Limits) -> Signal:
        groups = inputs["spread"]
        named = groups["id"].notna() & (groups["id"].astype(str) != "")
        groups = groups[named & (groups["level"] == level)].sort_values(["rank", "id"])
        if groups.empty:
            return Signal(NAN, 0, {})
        top = groups.iloc[0]
        words = {"name": str(top["name"]), "money_share": float(top["share"]),
                 "at_stake": float(top["amount"])}  # fmt: skip
        without = figure(inputs, "forecast", "prob_ge_target_without_largest")
        return Signal(float(top["share"]), len(groups), {**words, "chance_without": without})

    return rule


def no_amount(inputs: Inputs, _: Limits) -> Signal:
    """Share of open deals without an amount."""
    missing = figure(inputs, "pipeline", "open_without_amount")
    deals = figure(inputs, "pipeline", "open_deals")
    words = {"deals": int(missing), "deal_share": ratio(missing, deals), "at_stake": NAN}
    return Signal(ratio(missing, deals), int(deals), words)


def no_reason(inputs: Inputs, _: Limits) -> Signal:
    """Share of lost deals for which nobody wrote down why."""
    reasons = inputs["lost_reasons"]
    row = reasons[reasons["reason"] == "unknown"]
    if row.empty or not int(row["n"].iloc[0]):
        return Signal(NAN, 0, {})
    share, low, high = (float(row[c].iloc[0]) for c in ("share", "low", "high"))
    money = float(row["amount"].iloc[0])
    words = {"deals": int(row["deals"].iloc[0]), "deal_share": share,
             "at_stake": money if money > 0 else NAN}  # fmt: skip
    return Signal(share, int(row["n"].iloc[0]), words, low, high)


def no_trust(inputs: Inputs, _: Limits) -> Signal:
    """Whether past forecasts have lost their calibration (1) or not (0)."""
    row = inputs["trust"].iloc[0]
    middle = figure(inputs, "forecast", "p50")
    words = {"at_stake": middle, "drift": str(row["direction"]), "periods": int(row["n"])}
    return Signal(float(row["verdict"] == "calibration_lost"), int(row["n"]), words)


_S = "field:sales operations practice; house"
RULES = (
    Rule("funnel_coverage", 1.0, ("coming:coverage", "coming:coverage_needed", "target:target"),
         coverage, origin=_S, falling=True),
    Rule("funnel_forecast_gap", 0.5, ("forecast:prob_ge_target", "target:target"), forecast_gap,
         falling=True),
    Rule("funnel_too_late", 0.05, ("needed:gap", "target:target", "new_deals:status"), too_late),
    Rule("funnel_weighted_off", 1.25, ("pipeline:weighted_due", "forecast:p50"), weighted_off),
    Rule("funnel_no_trust", 1.0, ("trust:verdict",), no_trust),
    Rule("funnel_stuck", 0.10, ("ageing:flag", "pipeline:open_pipeline"), stuck, origin=_S),
    Rule("funnel_past_date", 0.02, ("checks:past_close_date",), by_check("past_close_date")),
    Rule("funnel_no_next_step", 0.02, ("checks:no_next_step",), by_check("no_next_step"),
         origin="S168; house"),
    Rule("funnel_no_contact", 0.05, ("checks:no_contact",),
         by_check("no_contact", "only_system_activity")),
    Rule("funnel_moved_dates", 0.05, ("checks:close_date_moved",), by_check("close_date_moved")),
    Rule("funnel_placeholder", 0.05, ("checks:placeholder_amount",),
         by_check("placeholder_amount")),
    Rule("funnel_slipped", 0.3, ("review:slip_rate_value",), slipped, origin=_S),
    Rule("funnel_leaked", 0.3, ("review:leakage_value",), leaked, origin=_S),
    Rule("funnel_shrinking", 0.85, ("change:pipeline_opening",), shrinking, falling=True),
    Rule("funnel_large_deals", 0.8, ("kinds:win_rate_value", "kinds:win_rate_closed"),
         large_deals, origin="S167; house", falling=True),
    Rule("funnel_one_deal", 0.2, ("spread:share",), _largest("by_deal")),
    Rule("funnel_one_account", 0.25, ("spread:share",), _largest("by_account")),
    Rule("funnel_no_amount", 0.05, ("pipeline:open_deals",), no_amount),
    Rule("funnel_no_reason", 0.3, ("lost_reasons:reason",), no_reason, origin="S160; house"),
)  # fmt: skip
NOTHING = "funnel_nothing_stands_out"
NO_DATA = "funnel_nothing_assessed"


def one_row(measures: pd.DataFrame) -> pd.DataFrame:
    """A measure table as a single row: value under the measure's name, ends and n beside it.

    >>> table = pd.DataFrame({"measure": ["gap"], "value": [2.0], "low": [1.0], "high": [3.0],
    ...                       "n": [9]})
    >>> one_row(table).iloc[0].to_dict()
    {'gap': 2.0, 'gap_low': 1.0, 'gap_high': 3.0, 'gap_n': 9.0}
    """
    found: dict[str, float] = {}
    for row in measures.drop_duplicates("measure").to_dict("records"):
        name = str(row["measure"])
        found[name] = float(row["value"])
        found |= {f"{name}_{part}": float(row[part]) for part in ("low", "high", "n")}
    return pd.DataFrame([found])
