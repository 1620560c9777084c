"""What the page of one account says first, chosen by tested conditions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.account_rules import NO_DATA, NOTHING, RULES, URGENT
from kamkit.methods.portfolio.findings import Findings, assess
from kamkit.methods.portfolio.inputs import one_of

REQUIRED = {
    "accounts": ["account_id", "revenue"],
    "served": ["account_id", "operating_income", "income_low", "income_high", "cause"],
    "wallet": ["account_id", "sales", "share_base", "headroom_base"],
    "pauses": ["account_id", "order_days", "gaps", "pause_days", "pause_share"],
    "change": ["account_id", "revenue_now", "revenue_before", "change_share"],
    "contacts": ["account_id", "contact_id"],
    "family": ["account_id", "relation", "revenue"],
    "classes": ["account_id", "status", "distance", "flips"],
    "crosswalk": ["account_id", "key_votes", "not_key_votes"],
    "stability": ["account_id", "member_share", "draws"],
    "excluded": ["account_id", "status"],
}
WHOLE = ("accounts", "family")


def account_thresholds() -> dict[str, float]:
    """Every threshold by name, with its house value.

    >>> account_thresholds()["account_gone"]
    365.0
    """
    limits = {rule.finding: float(rule.limit) for rule in RULES}
    return limits | {key: value for rule in RULES for key, value in rule.side_limits.items()}


def account_findings(
    account_id: str,
    *,
    name: str = "",
    accounts: pd.DataFrame | None = None,
    served: pd.DataFrame | None = None,
    wallet: pd.DataFrame | None = None,
    pauses: pd.DataFrame | None = None,
    change: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    family: pd.DataFrame | None = None,
    classes: pd.DataFrame | None = None,
    crosswalk: pd.DataFrame | None = None,
    stability: pd.DataFrame | None = None,
    excluded: pd.DataFrame | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Findings:
    """Choose the conclusions of an account's page from result tables.

    Everything is optional; a finding whose input is missing is listed as not assessed. Tables may
    hold all accounts: the account's own rows are picked here.

    Parameters
    ----------
    account_id, name : the account, and how the sentences call it (default: the id).
    accounts : the whole portfolio, for ranks: account_id, revenue; profit where known.
    served : ``cost_to_serve(...).accounts``.
    wallet : ``share_of_wallet(...).accounts`` or ``white_space(...).accounts``.
    pauses : ``order_pauses``; change : ``sales_change``.
    contacts : canonical contacts: account_id, contact_id, left_on. An account without any is an
        answer (0), a table that isn't there is none.
    family : ``account_family`` of this account.
    classes : ``classify`` for the company's own scheme; of a multi-label scheme the first row.
    crosswalk : ``crosswalk(...).accounts``; stability : ``rank_acceptability(...).accounts``.
    excluded : ``criteria_scores(...).excluded``: who failed a gate is off the list for certain.
    thresholds : figures that replace those of :func:`account_thresholds`.

    Returns
    -------
    :class:`Findings`. First those that call for action (gone, loss, pause, fall, single contact),
    by priority; then the others, clear ones before likely ones. If none fires,
    ``account_nothing_stands_out``, and if none could be assessed, ``account_nothing_assessed``.
    Sentences: ``finding.<finding>.title``, ``.body``, ``.action``, ``.topic``.

    Raises KamkitError for tables without their columns and for unknown threshold names.
    Source: S013, S037, S079, X01, X08, X09; thresholds house.

    >>> table = pd.DataFrame({"account_id": ["A"], "order_days": [0], "gaps": [0],
    ...                       "pause_days": [None], "pause_share": [None]})
    >>> account_findings("A", pauses=table).found["finding"].tolist()
    ['account_not_yet']
    """
    given = {"accounts": accounts, "served": served, "wallet": wallet, "pauses": pauses}
    given |= {"change": change, "contacts": contacts, "family": family, "classes": classes}
    given |= {"crosswalk": crosswalk, "stability": stability, "excluded": excluded}
    inputs = {key: table for key, table in given.items() if table is not None}
    for key, table in inputs.items():
        need_columns(table, key, REQUIRED[key])
    for key in set(inputs) - set(WHOLE):
        table = inputs[key]
        inputs[key] = table[table["account_id"] == account_id]
    inputs["own"] = _own(account_id, name, accounts)
    inputs["place"] = _place(inputs.get("stability"), inputs.get("excluded"))
    limits = account_thresholds()
    for key in thresholds or {}:
        one_of(key, "thresholds", list(limits))
    limits |= {k: float(v) for k, v in (thresholds or {}).items()}
    return assess(RULES, inputs, limits, nothing=(NOTHING, NO_DATA), answers=("contacts",),
                  urgent=URGENT)  # fmt: skip


def _own(account_id: str, name: str, accounts: pd.DataFrame | None) -> pd.DataFrame:
    """One row for the account, also where the portfolio has none of it."""
    own = pd.DataFrame({"account_id": [account_id], "name": [name or account_id]})
    if accounts is None:
        return own
    figures = accounts[[c for c in ("account_id", "revenue", "profit") if c in accounts.columns]]
    return own.merge(figures, on="account_id", how="left").head(1)


def _place(stability: pd.DataFrame | None, excluded: pd.DataFrame | None) -> pd.DataFrame:
    """The account's place on the list; failing a gate settles it without a draw."""
    columns = ["member_share", "draws"]
    if stability is not None and len(stability):
        return stability[columns]
    failed = excluded is not None and bool((excluded["status"] == "gate_failed").any())
    return pd.DataFrame([[0.0, 0]] if failed else [], columns=columns)
