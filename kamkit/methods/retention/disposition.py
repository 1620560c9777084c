"""Loss-making accounts beside the risk that they leave of their own accord (X08)."""

from __future__ import annotations

import pandas as pd

from kamkit.methods.portfolio.disposition import dispositions
from kamkit.methods.portfolio.serving import CostToServe
from kamkit.methods.retention.bands import RiskBands

ADDED = ["risk_band", "signs", "which", "past_loss_share", "stake", "caution"]


def disposition_with_risk(
    costs: CostToServe, bands: RiskBands, *, decisions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What to do with loss-making accounts, with the band of each and what is at stake.

    Proposals are those of ``portfolio.dispositions``: convert, reprice, minimise, exit. Beside
    each stands what the warning signs say, since one source drops such accounts fast and others
    keep the asset first (X08): ``caution`` is raising_price_may_lose where repricing meets an
    account in the bands watch or high, leaving_anyway where exit does, else empty.

    Needs the results of ``cost_to_serve`` and ``risk_bands``; ``decisions`` as there.
    Returns the columns of ``dispositions`` and risk_band, signs, which, past_loss_share (0–1),
    stake (revenue of the year that would go, money), caution.
    Raises KamkitError as ``dispositions`` does. Source: X08, S130, S252; cautions house.

    >>> from kamkit.methods.portfolio import cost_to_serve
    >>> from kamkit.methods.retention.signs import warning_signs
    >>> from kamkit.methods.retention.bands import risk_bands
    >>> years = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "revenue": [100.0, 100],
    ...                       "direct_cost": [80.0, 80]})
    >>> drivers = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "driver": "visit",
    ...                         "quantity": [22, 2], "rate": 1.0})
    >>> none = risk_bands(warning_signs({}, as_of="2026-06-30"))
    >>> table = disposition_with_risk(cost_to_serve(years, drivers, year=2026), none)
    >>> table[["account_id", "proposal", "risk_band", "stake"]].values.tolist()
    [['A', 'convert', 'unknown', 100.0]]
    """
    table = dispositions(costs, decisions=decisions)
    risk = bands.accounts.set_index("account_id")[
        ["risk_band", "signs", "which", "past_loss_share"]
    ]
    revenue = costs.accounts.set_index("account_id")["revenue"]
    out = table.join(risk, on="account_id")
    out["risk_band"] = out["risk_band"].astype("str").fillna("unknown")
    out["stake"] = out["account_id"].map(revenue).astype(float)
    warned = out["risk_band"].isin(["watch", "high"])
    caution = pd.Series("", index=out.index, dtype="str")
    caution = caution.mask(warned & (out["proposal"] == "reprice"), "raising_price_may_lose")
    caution = caution.mask(warned & (out["proposal"] == "exit"), "leaving_anyway")
    return out.assign(caution=caution)
