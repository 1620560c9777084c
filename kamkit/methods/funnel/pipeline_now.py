"""The open pipeline as it stands: by stage, in money, weighted, and how old."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kamkit.methods.checks import one_currency
from kamkit.methods.funnel.ageing import stage_ageing
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.measures import measure_row, measure_table

OLD = ("stuck", "beyond_history")
_STAGES = [
    *("stage", "deals", "amount", "unknown", "weighted_amount", "without_probability"),
    *("median_days", "slow", "stuck", "stuck_amount", "variant", "origin"),
]


@dataclass(frozen=True)
class PipelineNow:
    """The parts of :func:`pipeline_now`: ``stages`` and ``measures``."""

    stages: pd.DataFrame
    measures: pd.DataFrame


def pipeline_now(
    history: DealHistory,
    *,
    start: pd.Timestamp | str,
    end: pd.Timestamp | str,
    ageing: pd.DataFrame | None = None,
) -> PipelineNow:
    """What is open on ``history.as_of``, and what of it is planned to close in a period.

    Needs a history; ``ageing`` is the table of ``stage_ageing`` (made here unless given).
    Returns ``stages``, in the ladder's order, stages without open deals left out: stage (empty:
    not known), deals, amount (money), unknown (deals without an amount), weighted_amount
    (amount × probability of the CRM, deals without one left out), without_probability (deals),
    median_days (in the stage so far), slow, stuck (deals; stuck includes beyond_history),
    stuck_amount (money), variant, origin. ``measures``: open_deals, open_pipeline,
    open_weighted (money), open_without_amount, open_without_probability, open_stuck (deals),
    pipeline_due, weighted_due, committed_due (money planned to close from ``start`` to ``end``:
    as it stands, weighted, and what is marked commit; weighted and commit are NaN where nobody
    filled them in).
    Missing amounts are left out of sums, never 0. Raises KamkitError for several currencies.
    Source: sales operations practice; age flags see ``stage_ageing``.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A", "B"], "created_on": "2025-01-01",
    ...     "status": "open", "stage": "offer", "amount": [10.0, None], "probability": 0.5})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-02-01")
    >>> now = pipeline_now(history, start="2025-02-02", end="2025-03-31")
    >>> now.stages[["deals", "amount", "unknown", "weighted_amount"]].values.tolist()
    [[2.0, 10.0, 1.0, 5.0]]
    """
    one_currency(history.deals, "opportunities")
    deals = history.deals[history.deals["status"] == "open"]
    old = stage_ageing(history) if ageing is None else ageing
    facts = old.set_index("opportunity_id")[["days", "flag"]]
    table = deals.assign(stage=deals["stage"].astype(object).fillna(""))
    table = table.join(facts, on="opportunity_id")
    table["weighted"] = table["amount"] * table["probability"]
    order = [s for s in (*history.stages, "") if (table["stage"] == s).any()]
    rows = [_stage(name, table[table["stage"] == name]) for name in order]
    return PipelineNow(pd.DataFrame(rows, columns=_STAGES), _measures(table, start, end))


def _stage(name: str, rows: pd.DataFrame) -> dict[str, object]:
    return {
        "stage": name,
        "deals": len(rows),
        "amount": _sum(rows["amount"]),
        "unknown": int(rows["amount"].isna().sum()),
        "weighted_amount": _sum(rows["weighted"]),
        "without_probability": int(rows["probability"].isna().sum()),
        "median_days": rows["days"].median(),
        "slow": int((rows["flag"] == "slow").sum()),
        "stuck": int(rows["flag"].isin(OLD).sum()),
        "stuck_amount": _sum(rows["amount"][rows["flag"].isin(OLD)]),
        "variant": "as_recorded",
        "origin": "field:sales operations practice; house",
    }


def _sum(amounts: pd.Series) -> float:
    """Sum of what is known; NaN where there are deals and none has an amount."""
    return float(amounts.sum(min_count=1 if len(amounts) else 0))


def _measures(
    table: pd.DataFrame, start: pd.Timestamp | str, end: pd.Timestamp | str
) -> pd.DataFrame:
    due = table[table["close_date"].between(pd.Timestamp(start), pd.Timestamp(end))]
    marks = table.get("forecast_category", pd.Series(dtype=object))
    commits = due[due["forecast_category"] == "commit"] if marks.notna().any() else due.iloc[:0]
    commit = _sum(commits["amount"]) if marks.notna().any() else float("nan")
    dated = table["close_date"].notna().any()
    weighted = _sum(due["weighted"]) if table["probability"].notna().any() else float("nan")
    facts = {
        "open_deals": (len(table), len(table)),
        "open_pipeline": (_sum(table["amount"]), len(table)),
        "open_weighted": (_sum(table["weighted"]), len(table)),
        "open_without_amount": (int(table["amount"].isna().sum()), len(table)),
        "open_without_probability": (int(table["probability"].isna().sum()), len(table)),
        "open_stuck": (int(table["flag"].isin(OLD).sum()), len(table)),
        "pipeline_due": (_sum(due["amount"]) if dated else float("nan"), len(due)),
        "weighted_due": (weighted, len(due)),
        "committed_due": (commit, len(commits)),
    }
    return measure_table(
        measure_row(key, float(value), n, variant="as_recorded",
                    origin="field:sales operations practice")
        for key, (value, n) in facts.items()
    )  # fmt: skip
