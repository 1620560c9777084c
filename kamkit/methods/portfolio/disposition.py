"""What to do with accounts that lose money: a proposal with figures, a decision with a reason."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import ratio
from kamkit.methods.portfolio.serving import CostToServe


@cache
def disposition_policy() -> dict[str, Any]:
    """The policy file: limits, and members with labels in zh and en.

    >>> [member["id"] for member in disposition_policy()["members"]]
    ['convert', 'reprice', 'minimise', 'exit']
    """
    path = files("kamkit").joinpath("schemes/data/disposition.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def dispositions(
    costs: CostToServe,
    *,
    decisions: pd.DataFrame | None = None,
    max_price_rise: float | None = None,
    max_cost_cut: float | None = None,
) -> pd.DataFrame:
    """For each loss-making account: what break-even takes, a proposal, and the decision.

    Needs the result of ``cost_to_serve``. ``decisions`` (optional): account_id, disposition,
    reason. Limits come from the policy file unless given.

    Proposal, first that fits: convert, where bringing the driver that stands out back to the
    portfolio's level ends the loss; reprice, where the price rise needed is within the limit or
    the gross margin is gone; minimise, where the cut in cost to serve needed is within the
    limit; exit. It is a proposal only: no disposition counts without a person's reason.

    Returns columns: account_id, operating_income (money), sign, cause, price_rise_needed (share
    of revenue at unchanged volume), cost_cut_needed (share of cost to serve), income_if_normal
    (money, with the driver back at the portfolio's level), proposal, disposition, reason, status
    (needs_reason/decided), origin.
    Raises KamkitError for an unknown disposition or one without a reason.
    Source: X08 (convert, reprice, minimise, exit); order and limits house.

    >>> from kamkit.methods.portfolio.serving import cost_to_serve
    >>> years = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "revenue": [100.0, 100],
    ...                       "direct_cost": [80.0, 80]})
    >>> drivers = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "driver": "visit",
    ...                         "quantity": [22, 2], "rate": 1.0})
    >>> dispositions(cost_to_serve(years, drivers, year=2026))[["account_id", "proposal"]]
      account_id proposal
    0          A  convert
    """
    limits = {k: v["value"] for k, v in disposition_policy()["limits"].items()}
    rise = limits["max_price_rise"] if max_price_rise is None else max_price_rise
    cut = limits["max_cost_cut"] if max_cost_cut is None else max_cost_cut
    lost = costs.accounts[costs.accounts["operating_income"] < 0].reset_index(drop=True)
    out = lost[["account_id", "operating_income", "sign", "cause"]].copy()
    gap = -lost["operating_income"]
    out["price_rise_needed"] = ratio(gap, lost["revenue"])
    out["cost_cut_needed"] = ratio(gap, lost["cost_to_serve"])
    normal = lost["operating_income"] + lost["cause_money"].clip(lower=0)
    out["income_if_normal"] = normal.where(~lost["cause"].isin(["direct_cost", "no_sales"]))
    out["proposal"] = np.select(
        [
            out["income_if_normal"] >= 0,
            (out["price_rise_needed"] <= rise) | (lost["cause"] == "direct_cost"),
            out["cost_cut_needed"] <= cut,
        ],
        ["convert", "reprice", "minimise"],
        "exit",
    )
    out = _decided(out, decisions)
    out["origin"] = "X08; house"
    return out


def _decided(out: pd.DataFrame, decisions: pd.DataFrame | None) -> pd.DataFrame:
    chosen = pd.DataFrame({"disposition": "", "reason": ""}, index=out["account_id"])
    if decisions is not None:
        need_columns(decisions, "decisions", ["account_id", "disposition", "reason"])
        given = decisions.drop_duplicates("account_id", keep="last").reset_index(drop=True)
        KamkitError.collect(_decision_problems(given))
        given = given.set_index("account_id").reindex(out["account_id"])
        for column in ("disposition", "reason"):
            chosen[column] = given[column].where(given[column].notna(), "").astype("str")
    result = out.copy()
    result["disposition"] = chosen["disposition"].to_numpy()
    result["reason"] = chosen["reason"].to_numpy()
    result["status"] = np.where(result["disposition"] == "", "needs_reason", "decided")
    return result


def _decision_problems(given: pd.DataFrame) -> list[Problem]:
    names = [member["id"] for member in disposition_policy()["members"]]
    problems = [
        Problem(
            "unknown_choice", "decisions", "disposition", int(i) + 1, given["disposition"][i],
            details={"allowed": ", ".join(names)},
        )
        for i in np.flatnonzero(~given["disposition"].isin(names))
    ]  # fmt: skip
    blank = given["reason"].isna() | (given["reason"].astype("str").str.strip() == "")
    problems += [
        Problem("reason_needed", "decisions", "reason", int(i) + 1, given["account_id"][i])
        for i in np.flatnonzero(blank)
    ]
    return problems
