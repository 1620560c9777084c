"""How long deals stay in a stage, and which open ones have been there too long."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.days import last_of_each
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ledger import OPEN, WON, move_codes
from kamkit.methods.funnel.spells import deal_days, final_outcome, stay_days
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles

REFERENCES = ("exit", "won")
FLAGS = ("ok", "slow", "stuck", "beyond_history", "too_little_history", "no_stay")
_SHARES = (0.5, 0.8, 0.9)
_FEWEST = 10
_ORIGIN = "field:Kaplan & Meier 1958; house"
_DAYS = [
    *("stage", "n", "exits", "open", "median", "median_low", "median_high", "p80", "p80_low"),
    *("p80_high", "p90", "p90_low", "p90_high", "longest_exit", "closed_mean"),
    *("variant", "origin"),
]
_AGEING = [
    *("deal", "opportunity_id", "account_id", "owner_id", "stage", "entered_on", "days", "visits"),
    *("percentile", "low", "high", "p80", "p90", "flag", "amount", "n", "variant", "origin"),
]


def stage_days(history: DealHistory, *, reference: str = "exit") -> pd.DataFrame:
    """Days until a deal leaves each stage, with deals that are still there counted as such.

    ``reference``: "exit" – all stays, open ones for as long as they lasted; "won" – only stays of
    deals that were won in the end (short ones are over-represented as long as slow deals are
    still open; the variant says so).
    Returns stage, n (stays), exits, open, median, p80, p90 (days, with _low and _high, 95 %; NaN
    where so many have not left yet), longest_exit (days), closed_mean (days; mean of finished
    stays alone, which is too short), variant, origin. Fewer than 10 exits: too_little_history,
    without percentiles. Raises KamkitError unknown_choice.
    Source: Kaplan & Meier 1958; Brookmeyer & Crowley 1982; the flags are house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": [], "created_on": [], "status": []})
    >>> stage_days(deal_history(deals, ladder=["offer"], as_of="2025-02-01")).n.tolist()
    [0]
    """
    return _stage_days(history, _curves(history, reference), reference)


def stage_ageing(
    history: DealHistory,
    *,
    reference: str = "exit",
    slow: float = 0.8,
    stuck: float = 0.9,
) -> pd.DataFrame:
    """Open deals against the time that deals usually take to leave their stage.

    Returns one row an open deal, longest beyond its peers first: deal, opportunity_id,
    account_id, owner_id, stage, entered_on, days (in the present stay), visits (stays in this
    stage), percentile (0–1: share of stays that were over by then; low, high 95 %), p80, p90
    (days), flag, amount, n (stays behind the percentile), variant, origin. flag: ok; slow (at or
    above ``slow``); stuck (at or above ``stuck``); beyond_history (longer than any stay that
    ever ended there); too_little_history (fewer than 10 exits); no_stay (stage or entry
    unknown). Raises KamkitError unknown_choice.
    Source: methods of survival analysis (Kaplan & Meier 1958); 80 % and 90 % are house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "stage": ["offer"]})
    >>> stage_ageing(deal_history(deals, ladder=["offer"], as_of="2025-02-01")).flag.tolist()
    ['no_stay']
    """
    curves = _curves(history, reference)
    table = _stage_days(history, curves, reference).set_index("stage")
    deals = history.deals
    still = np.flatnonzero(deal_days(history)[1] == OPEN)
    stays = history.stays
    position, stage, _ = _present_stays(history)
    out = deals.iloc[still][["opportunity_id", "account_id", "owner_id", "amount"]]
    out = out.reset_index(drop=True)
    out.insert(0, "deal", still)
    at = position[still]
    there = at >= 0
    rows = np.maximum(at, 0)
    code = np.where(there, stage[rows] if len(stays) else -1, -1)
    days = np.where(there, stays["days"].to_numpy(float)[rows] if len(stays) else np.nan, np.nan)
    names = np.array([*history.stages, None], dtype=object)
    now = deals["stage"].astype(object).to_numpy()[still]
    out["stage"] = np.where(there, names[code], now)
    entered = stays["entered_on"].take(rows) if len(stays) else pd.Series(
        np.full(len(still), np.datetime64("NaT", "us"))
    )  # fmt: skip
    out["entered_on"] = entered.reset_index(drop=True).where(there)
    out["days"] = days
    out["visits"] = _visits(history, still, code)
    for name in ("percentile", "low", "high"):
        out[name] = np.nan
    for k, name in enumerate(history.stages):
        mine = code == k
        if mine.any() and table.loc[name, "variant"] != "too_little_history":
            out.loc[mine, ["percentile", "low", "high"]] = _percentile(curves[name], days[mine])
    facts = table.reindex(out["stage"])
    out["p80"], out["p90"] = facts["p80"].to_numpy(), facts["p90"].to_numpy()
    out["n"] = facts["n"].fillna(0).to_numpy(np.int64)
    longest = facts["longest_exit"].to_numpy()
    share = out["percentile"].to_numpy()
    out["flag"] = np.select(
        [~there, np.isnan(share), days > longest, share >= stuck, share >= slow],
        ["no_stay", "too_little_history", "beyond_history", "stuck", "slow"],
        "ok",
    )
    out["variant"], out["origin"] = _variant(history, reference), _ORIGIN
    beyond = out["flag"] == "beyond_history"
    order = out.assign(_b=beyond).sort_values(
        ["_b", "percentile", "days", "opportunity_id"], ascending=[False, False, False, True]
    )
    return order[_AGEING].reset_index(drop=True)


def _variant(history: DealHistory, reference: str) -> str:
    base = "time_to_exit" if reference == "exit" else "won_stays_only"
    return f"{base}_snapshots" if history.basis == "snapshots" else base


def _curves(history: DealHistory, reference: str) -> dict[str, pd.DataFrame]:
    """Curve of the time to exit by stage; every stage that was entered has one."""
    if reference not in REFERENCES:
        allowed = {"allowed": ", ".join(REFERENCES)}
        raise KamkitError(
            Problem("unknown_choice", column="reference", value=reference, details=allowed)
        )
    days, stage, ended = stay_days(history)
    if reference == "won":
        keep = (final_outcome(history) == WON) & (ended == 1)
        days, stage, ended = days[keep], stage[keep], ended[keep]
    curves = {}
    for k, name in enumerate(history.stages):
        mine = stage == k
        if mine.any():
            curves[name] = kaplan_meier(days[mine], ended[mine])
    return curves


def _stage_days(
    history: DealHistory, curves: dict[str, pd.DataFrame], reference: str
) -> pd.DataFrame:
    rows = []
    variant = _variant(history, reference)
    for name in history.stages:
        row: dict[str, object] = {"stage": name, "n": 0, "exits": 0, "open": 0}
        row |= {"variant": "too_little_history", "origin": _ORIGIN}
        if name in curves:
            curve = curves[name]
            left = curve["events"].to_numpy()
            row |= {
                "n": int(curve["at_risk"].iloc[0]), "exits": int(left.sum()),
                "open": int(curve["censored"].sum()),
            }  # fmt: skip
            if left.sum():
                day = curve["days"].to_numpy()
                row["longest_exit"] = float(day[left > 0].max())
                row["closed_mean"] = float((day * left).sum() / left.sum())
            if left.sum() >= _FEWEST:
                row |= _quantiles(curve) | {"variant": variant}
        rows.append(row)
    return pd.DataFrame(rows, columns=_DAYS)


def _quantiles(curve: pd.DataFrame) -> dict[str, float]:
    out: dict[str, float] = {}
    found = survival_quantiles(curve, _SHARES)
    for name, row in zip(("median", "p80", "p90"), found.itertuples(), strict=True):
        ends = {name: row.days, f"{name}_low": row.low, f"{name}_high": row.high}
        out |= {key: float(str(value)) for key, value in ends.items()}
    return out


def _present_stays(history: DealHistory) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of each deal's present stay (−1: none), and stage and deal of every stay."""
    stays = history.stays
    deal = stays["deal"].to_numpy(np.int64)
    stage = move_codes(stays["stage"], history.stages) if len(stays) else deal
    here = np.flatnonzero(last_of_each(deal) & stays["left_on"].isna().to_numpy())
    position = np.full(len(history.deals), -1)
    position[deal[here]] = here
    return position, stage, deal


def _visits(history: DealHistory, still: np.ndarray, code: np.ndarray) -> np.ndarray:
    """How often each open deal has been in its present stage."""
    _, stage, deal = _present_stays(history)
    now = np.full(len(history.deals), -2)
    now[still] = np.where(code >= 0, code, -2)
    same = stage == now[deal]
    return np.asarray(np.bincount(deal[same], minlength=len(history.deals))[still])


def _percentile(curve: pd.DataFrame, days: np.ndarray) -> np.ndarray:
    """Share of stays that were over before or on each age, with its band."""
    at = np.searchsorted(curve["days"].to_numpy(), days, side="right") - 1
    at = np.maximum(at, 0)
    columns = [1 - curve[c].to_numpy()[at] for c in ("survival", "high", "low")]
    return np.column_stack(columns)
