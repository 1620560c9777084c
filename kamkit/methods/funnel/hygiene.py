"""What is wrong with the deal list, largest money first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.hygiene_rules import RULES, Desk, Found, HygieneLimits
from kamkit.methods.funnel.spells import OUTCOMES
from kamkit.methods.shares import wilson_ends

_FINDINGS = [
    *("deal", "opportunity_id", "account_id", "owner_id", "stage", "status", "code", "amount"),
    *("at_stake", "value", "limit", "unit", "variant", "origin"),
]
_CHECKS = [
    *("code", "checked", "deals", "found", "share", "low", "high", "amount", "unknown"),
    *("missing", "origin"),
]
_ORIGINS = {"stalled": "S168; house", "no_next_step": "S168; house"}


def hygiene(
    history: DealHistory,
    interactions: pd.DataFrame | None = None,
    *,
    ladder: Any = None,
    limits: HygieneLimits | None = None,
) -> pd.DataFrame:
    """Every finding on every deal, the deals with most money at stake first.

    Uses ``interactions`` (account_id, date, made_by human/system; opportunity_id where known)
    for contact, and a kamkit.schemes.Ladder for the usual probability and the dwell limit of
    each stage (without it, this history's own medians). ``limits``: the house limits
    (:class:`HygieneLimits`). Checks whose data is missing are left out;
    :func:`hygiene_checks` names them.
    Codes: past_close_date, no_close_date, no_next_step, no_owner, missing_amount,
    placeholder_amount, stage_probability_clash, stalled, over_dwell_limit, close_date_moved,
    too_soon, only_system_activity, no_contact, closed_without_reason.

    Returns one row a deal and finding: deal, opportunity_id, account_id, owner_id, stage, status,
    code, amount (money), at_stake (the amount of an open deal, 0 of a closed one, NaN unknown),
    value, limit (in ``unit``: days, share, times, deals), variant, origin. Unknown amounts come
    after known ones, closed deals last.
    Source: house rules; next step and stage age S168.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "close_date": ["2025-01-20"], "amount": [1.0], "owner_id": "M1"})
    >>> hygiene(deal_history(deals, ladder=["offer"], as_of="2025-02-01")).code.tolist()
    ['past_close_date', 'placeholder_amount']
    """
    found = _run(history, interactions, ladder, limits)
    parts = [
        _rows(history, code, result, k)
        for k, (code, result) in enumerate(found.items())
        if isinstance(result, Found) and result.failed.any()
    ]
    if not parts:
        return pd.DataFrame(columns=_FINDINGS)
    out = pd.concat(parts, ignore_index=True)
    closed = (out["status"] != "open").to_numpy()
    stake = out["at_stake"].to_numpy(float)
    unknown = np.isnan(stake)
    # Within a deal the findings stay in the order of the rules.
    order = np.lexsort((out["_rule"], out["deal"], np.where(unknown, 0, -stake), unknown, closed))
    return out.iloc[order][_FINDINGS].reset_index(drop=True)


def hygiene_checks(
    history: DealHistory,
    interactions: pd.DataFrame | None = None,
    *,
    ladder: Any = None,
    limits: HygieneLimits | None = None,
) -> pd.DataFrame:
    """How many deals each check looked at, how many failed, and which checks could not run.

    Takes what :func:`hygiene` takes. Returns code, checked (bool), deals (looked at), found,
    share (0–1), low, high (Wilson 95 %), amount (money of the open deals found), unknown (of
    these: without an amount), missing (table or column that the check lacks), origin.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"]})
    >>> found = hygiene_checks(deal_history(deals, ladder=["offer"], as_of="2025-02-01"))
    >>> found.set_index("code").loc["no_contact", "missing"]
    'interactions'
    """
    amount = history.deals["amount"].to_numpy(float)
    rows = []
    for code, result in _run(history, interactions, ladder, limits).items():
        row: dict[str, Any] = {"code": code, "origin": _ORIGINS.get(code, "house")}
        if isinstance(result, str):
            rows.append(row | {"checked": False, "deals": 0, "found": 0, "unknown": 0,
                               "missing": result})  # fmt: skip
            continue
        n, failed = int(result.looked.sum()), int(result.failed.sum())
        low, high = wilson_ends(failed, n)
        money = amount[result.failed]
        if code == "closed_without_reason":
            money = np.zeros(0)
        rows.append(
            row
            | {
                "checked": True, "deals": n, "found": failed,
                "share": failed / n if n else np.nan, "low": low, "high": high,
                "amount": float(np.nansum(money)), "unknown": int(np.isnan(money).sum()),
                "missing": "",
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_CHECKS)


def _run(
    history: DealHistory,
    interactions: pd.DataFrame | None,
    ladder: Any,
    limits: HygieneLimits | None,
) -> dict[str, Found | str]:
    desk = Desk(history, interactions, ladder, limits or HygieneLimits())
    return {code: rule(desk) for code, rule in RULES.items()}


def _rows(history: DealHistory, code: str, result: Found, rule: int) -> pd.DataFrame:
    at = np.flatnonzero(result.failed)
    chosen = history.deals.iloc[at]
    amount = chosen["amount"].to_numpy(float)
    still = (chosen["status"] == OUTCOMES[0]).to_numpy()
    return pd.DataFrame(
        {
            "deal": at,
            "opportunity_id": chosen["opportunity_id"].array,
            "account_id": chosen["account_id"].array,
            "owner_id": chosen["owner_id"].array,
            "stage": chosen["stage"].astype(object).array,
            "status": chosen["status"].array,
            "code": code,
            "amount": amount,
            "at_stake": np.where(still, amount, 0.0),
            "value": result.value[at],
            "limit": result.limit[at],
            "unit": result.unit,
            "variant": "house_limits",
            "origin": _ORIGINS.get(code, "house"),
            "_rule": rule,
        }
    )
