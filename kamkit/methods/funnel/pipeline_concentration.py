"""How much of the open pipeline hangs on few deals, accounts or owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN, Floats
from kamkit.methods.funnel.spells import deal_days
from kamkit.methods.measures import measure_row, measure_table

VALUES = ("amount", "weighted")
_ORIGIN = "field:Herfindahl 1950; field:Hirschman 1945"
_NAMES = {"opportunity_id": "by_deal", "account_id": "by_account", "owner_id": "by_owner"}
_GROUPS = [
    *("level", "id", "deals", "amount", "share", "cumulative_share", "rank"),
]


@dataclass(frozen=True)
class PipelineConcentration:
    """The parts of :func:`pipeline_concentration`: ``measures`` and ``groups``."""

    measures: pd.DataFrame
    groups: pd.DataFrame


def pipeline_concentration(
    history: DealHistory,
    *,
    value: str = "amount",
    by: Sequence[str] = ("opportunity_id", "account_id", "owner_id"),
) -> PipelineConcentration:
    """Shares of the open pipeline: the largest, the three largest, and how many it comes down to.

    ``value``: amount, or weighted (amount × probability of the system). Amounts of zero or less
    and missing ones have no share; they are counted. Nothing is estimated: the pipeline is all
    there is, so there is no interval; what the deals will bring is a forecast's business.
    Returns ``measures``: for each level (variant by_deal, by_account, by_owner, or by_<column>)
    pipeline_total (money), pipeline_largest_share, pipeline_top3_share, pipeline_hhi (0–1),
    pipeline_effective_number (1 / HHI: so many equal ones would be as concentrated),
    pipeline_without_largest (money), pipeline_left_out (deals); ``groups``: level, id, deals,
    amount, share, cumulative_share, rank (ties share the better rank). Deals without an owner or
    account stand together under an empty id.
    Raises KamkitError: unknown_choice, missing_column, mixed_currency.
    Source: Hirschman 1945; Herfindahl 1950.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": list("ABC"), "created_on": "2025-01-01",
    ...     "status": "open", "amount": [60.0, 20.0, 20.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-02-01")
    >>> found = pipeline_concentration(history, by=["opportunity_id"]).measures
    >>> found.set_index("measure").loc["pipeline_hhi", "value"].round(2).item()
    0.44
    """
    one_currency(history.deals, "opportunities")
    need_columns(history.deals, "opportunities", by)
    if value not in VALUES:
        allowed = {"allowed": ", ".join(VALUES)}
        raise KamkitError(Problem("unknown_choice", column="value", value=value, details=allowed))
    still = deal_days(history)[1] == OPEN
    deals = history.deals[still]
    amount = deals["amount"].to_numpy(float)
    if value == "weighted":
        amount = amount * deals["probability"].to_numpy(float)
    use = np.isfinite(amount) & (amount > 0)
    rows, parts = [], []
    for column in by:
        level = _NAMES.get(column, f"by_{column}")
        table = _groups(deals[column][use], amount[use], level)
        parts.append(table)
        rows += _measures(table, int((~use).sum()), level, value)
    groups = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_GROUPS)
    return PipelineConcentration(measure_table(rows), groups)


def _groups(ids: pd.Series, amount: Floats, level: str) -> pd.DataFrame:
    names = ids.astype(object).where(ids.notna(), "").astype("str").to_numpy(object)
    found = pd.DataFrame({"id": names, "amount": amount}).groupby("id", sort=True)["amount"]
    table = found.agg(["size", "sum"]).reset_index().rename(columns={"size": "deals"})
    table = table.rename(columns={"sum": "amount"})
    table = table.sort_values(["amount", "id"], ascending=[False, True], ignore_index=True)
    total = table["amount"].sum()
    table["share"] = table["amount"] / total
    table["cumulative_share"] = table["share"].cumsum()
    table["rank"] = table["amount"].rank(method="min", ascending=False).astype(int)
    table.insert(0, "level", level)
    return table[_GROUPS]


def _measures(
    table: pd.DataFrame, left_out: int, level: str, value: str
) -> list[dict[str, object]]:
    share = table["share"].to_numpy(float)
    n, some = len(share), len(share) > 0
    nan = float("nan")
    total = float(table["amount"].sum())
    hhi = float((share**2).sum()) if some else nan
    variant = level if value == "amount" else f"{level}_weighted"
    figures = {
        "pipeline_total": total,
        "pipeline_largest_share": share[0] if some else nan,
        "pipeline_top3_share": share[:3].sum() if some else nan,
        "pipeline_hhi": hhi,
        "pipeline_effective_number": 1 / hhi if some else nan,
        "pipeline_without_largest": total - table["amount"].iloc[0] if some else nan,
        "pipeline_left_out": left_out,
    }
    return [
        measure_row(key, figure, n, variant=variant, origin=_ORIGIN)
        for key, figure in figures.items()
    ]
