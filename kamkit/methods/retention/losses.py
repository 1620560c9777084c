"""Which accounts were lost, and when: recorded, or read off their silence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.retention.indicators import order_events
from kamkit.methods.retention.known import Day, Tables, as_day, dates_of, known_on
from kamkit.schemes.retention import RetentionPolicy, retention_policy

LOSS_COLUMNS = [
    *("account_id", "lost_on", "known_from", "returned_on", "kind", "reason", "last_order"),
    *("silent_limit", "variant", "origin"),
]
RULES = ("recorded", "silence", "auto")


def losses(
    tables: Tables,
    *,
    as_of: Day,
    rule: str = "auto",
    kinds: Sequence[str] = ("full",),
    scheme: RetentionPolicy | None = None,
) -> pd.DataFrame:
    """Accounts lost by a day, one row a loss: an account may come back and be lost again.

    ``rule``: ``recorded`` (table account_losses, of the ``kinds`` given), ``silence`` (no order
    for so many of the account's own median gaps, and half a year at least), ``auto`` (recorded
    where anything is recorded, else silence).

    By silence an account is lost on the day after its last order, and that it is lost becomes
    known only when the limit has passed: ``known_from``. A later order is a return. The rule
    looks at orders only, as the sign order_gap does: a backtest counts from ``lost_on``, so that
    the silence itself can't foretell the loss.

    Needs tables: account_losses (account_id, lost_on) or orders (account_id, date, amount).
    Returns columns: account_id, lost_on, known_from, returned_on (dates), kind, reason,
    last_order, silent_limit (days; NaN where recorded), variant (recorded, silence_rule), origin.
    Raises KamkitError ``not_allowed`` for another rule, and for missing columns.
    Source: S130, S132 (that losses are followed); the silence rule is house.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...                        "date": pd.date_range("2024-01-01", periods=9, freq="30D")})
    >>> losses({"orders": orders}, as_of="2026-06-30")[["lost_on", "variant"]].values.tolist()
    [[Timestamp('2024-08-29 00:00:00'), 'silence_rule']]
    """
    if rule not in RULES:
        details = {"allowed": ", ".join(RULES)}
        raise KamkitError(Problem("not_allowed", column="rule", value=rule, details=details))
    policy = scheme or retention_policy()
    moment = as_day(as_of)
    seen = {k: tables[k] for k in ("account_losses", "orders") if k in tables}
    known = known_on(seen, moment)
    recorded = known.get("account_losses")
    if rule == "recorded" or (rule == "auto" and recorded is not None and len(recorded)):
        return _recorded(known, kinds)
    return _silent(known, moment, policy)


def _recorded(known: Tables, kinds: Sequence[str]) -> pd.DataFrame:
    table = known.get("account_losses")
    if table is None:
        return no_losses()
    need_columns(table, "account_losses", ["account_id", "lost_on"])
    lost_on = dates_of(table, "lost_on")
    kind = table["kind"] if "kind" in table.columns else pd.Series("full", index=table.index)
    keep = lost_on.notna() & table["account_id"].notna() & kind.fillna("full").isin(list(kinds))
    reason = table["reason"] if "reason" in table.columns else pd.Series(np.nan, index=table.index)
    out = pd.DataFrame(
        {
            "account_id": table["account_id"].astype("str"),
            "lost_on": lost_on,
            "known_from": lost_on,
            "returned_on": dates_of(table, "returned_on"),
            "kind": kind.astype("str"),
            "reason": reason.astype("str"),
        }
    )[keep].drop_duplicates(["account_id", "lost_on"], keep="last")
    events = order_events(known).sort_values("date", kind="stable")
    before = out.sort_values("lost_on", kind="stable")[["account_id", "lost_on"]]
    events = events.rename(columns={"date": "last_order"}).astype({"account_id": "str"})
    last = pd.merge_asof(
        before,
        events.assign(on=events["last_order"]),
        left_on="lost_on",
        right_on="on",
        by="account_id",
    )
    out = out.merge(last[["account_id", "lost_on", "last_order"]], on=["account_id", "lost_on"])
    out = out.assign(silent_limit=np.nan, variant="recorded", origin="S130; S132")
    return _ordered(out)


def _silent(known: Tables, moment: pd.Timestamp, policy: RetentionPolicy) -> pd.DataFrame:
    days = order_events(known).drop_duplicates().astype({"account_id": "str"})
    days = days.sort_values(["account_id", "date"], kind="stable", ignore_index=True)
    if not len(days):
        return no_losses()
    by = days.groupby("account_id")
    later = by["date"].shift(-1)
    gap = (later - days["date"]).dt.days
    usual = gap.groupby(days["account_id"]).transform("median")
    if usual.notna().any():
        # One order only: the company's usual gap stands in.
        usual = usual.fillna(float(usual.groupby(days["account_id"]).first().median()))
    limit = (policy.losses["silent_gaps"] * usual).clip(lower=policy.losses["least_days"])
    limit = limit.fillna(policy.losses["least_days"])
    silent = gap.fillna((moment - days["date"]).dt.days.astype(float))
    lost = days.assign(limit=limit, returned=later)[silent > limit]
    step = pd.to_timedelta(np.ceil(lost["limit"].to_numpy(float)), unit="D")
    out = pd.DataFrame(
        {
            "account_id": lost["account_id"],
            "lost_on": lost["date"] + pd.Timedelta(days=1),
            "known_from": (lost["date"] + step).astype("datetime64[us]"),
            "returned_on": lost["returned"],
            "kind": "full",
            "reason": pd.Series(np.nan, index=lost.index, dtype="str"),
            "last_order": lost["date"],
            "silent_limit": lost["limit"].astype(float),
            "variant": "silence_rule",
            "origin": policy.origins["losses"],
        }
    )
    return _ordered(out)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    ordered = table.sort_values(["lost_on", "account_id"], kind="stable")
    return ordered[LOSS_COLUMNS].reset_index(drop=True)


def no_losses() -> pd.DataFrame:
    """The table of losses without a row.

    >>> len(no_losses())
    0
    """
    dates = {"lost_on", "known_from", "returned_on", "last_order"}
    return pd.DataFrame(
        {
            name: pd.Series(
                dtype="datetime64[us]" if name in dates
                else float if name == "silent_limit" else "str"
            )
            for name in LOSS_COLUMNS
        }
    )  # fmt: skip


def lost_by(table: pd.DataFrame, day: pd.Timestamp, *, known: bool = True) -> pd.Index:
    """Accounts that are lost on a day (not come back by then), as far as then known.

    >>> lost_by(no_losses(), pd.Timestamp("2026-06-30")).tolist()
    []
    """
    on = table["known_from"] if known else table["lost_on"]
    gone = (on <= day) & ~(table["returned_on"] <= day)
    names: list[str] = table.loc[gone.to_numpy(bool), "account_id"].drop_duplicates().to_list()
    return pd.Index(names)
