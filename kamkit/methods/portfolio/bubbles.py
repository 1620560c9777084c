"""The portfolio on one page: growth potential against profit, account by account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import figures
from kamkit.methods.portfolio.pnl import AccountPnl
from kamkit.methods.portfolio.questions import ORIENTATIONS, orientations

_GROWTH = ("growth_potential", "growth_low", "growth_high")
COLUMNS = [
    "account_id", "year", "revenue", "profit", *_GROWTH, "years_to_realise", "orientation",
    "status", "n", "variant", "origin",
]  # fmt: skip
OUTLOOK = ["account_id", *_GROWTH, "years_to_realise", "orientation", "variant", "origin"]


def portfolio_outlook(
    wallet: pd.DataFrame,
    *,
    buyers: pd.DataFrame | None = None,
    years: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Growth potential, time and buying orientation of each account, as far as recorded.

    Needs ``wallet``: account_id, headroom_base; headroom_low, headroom_high where estimated
    (money a year, the accounts of ``share_of_wallet`` or ``white_space``). ``buyers``
    (optional): account_id, member, as ``classify`` gives them under the scheme buyer_type; an
    account between the two types, or one nobody rated, has no orientation. ``years``
    (optional): account_id, years_to_realise; no table of the kit records it, so without it
    the time stays unknown.

    Returns columns: account_id, growth_potential, growth_low, growth_high (money a year),
    years_to_realise, orientation (transactional/strategic, else missing), variant, origin.
    Sales above the spend estimate leave no room: 0, never less. Unknown spend stays unknown.
    Raises KamkitError for missing columns, text in a figure, an account twice.
    Source: S078 (questions 4 and 5); headroom as potential house (S013).

    >>> room = pd.DataFrame({"account_id": ["A", "B"], "headroom_base": [5.0, None]})
    >>> portfolio_outlook(room)["growth_potential"].tolist()
    [5.0, nan]
    """
    ends = ["headroom_low", "headroom_high"]
    table = figures(wallet, "wallet", ["headroom_base"], optional=ends)
    out = pd.DataFrame({"account_id": table["account_id"]})
    for column, source in zip(_GROWTH, ("headroom_base", *ends), strict=True):
        out[column] = table[source].clip(lower=0)
    out["years_to_realise"] = np.nan
    if years is not None:
        given = figures(years, "years", ["years_to_realise"]).set_index("account_id")
        out["years_to_realise"] = out["account_id"].map(given["years_to_realise"]).astype(float)
    out["orientation"] = pd.Series(None, index=out.index, dtype="str")
    if buyers is not None:
        need_columns(buyers, "buyers", ["account_id", "member"])
        kind = buyers.drop_duplicates("account_id").set_index("account_id")["member"]
        kind = kind.where(kind.isin(ORIENTATIONS))
        out["orientation"] = out["account_id"].map(kind).astype("str")
    out["variant"], out["origin"] = "headroom_as_growth", "S078; S013; house"
    return out[OUTLOOK]


def portfolio_bubbles(
    pnl: AccountPnl,
    outlook: pd.DataFrame | None = None,
    *,
    year: int | None = None,
    served: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Revenue, profit, growth potential and buying type of every account, for the bubble chart.

    Needs the result of ``account_pnl``; ``year`` is one of its years (default this year).
    ``outlook`` (optional, see :func:`portfolio_outlook`): account_id and any of
    growth_potential, growth_low, growth_high (money a year), years_to_realise, orientation.
    ``served`` (optional): account_id, operating_income (money), the profit after cost to serve;
    without it profit is the net income on record.

    Returns columns: account_id, year, revenue, profit, growth_potential, growth_low,
    growth_high (money), years_to_realise, orientation (transactional/strategic, else missing),
    status (placed; no_revenue, no_profit: not on the chart; no_growth: its potential is not
    known), n (accounts placed), variant, origin. Nothing unknown is put at nil.
    Raises KamkitError for a year that the table lacks, an unknown orientation, text in a
    figure.
    Source: S078 (adds growth_potential, years_to_realise and type to the record).

    >>> from kamkit.methods.portfolio.pnl import account_pnl
    >>> years = pd.DataFrame({"account_id": ["A"], "year": [2026], "revenue": [9.0],
    ...                       "direct_cost": [4.0], "indirect_cost": [2.0]})
    >>> found = portfolio_bubbles(account_pnl(years, past=0, future=0))
    >>> found[["profit", "status"]].values.tolist()
    [[3.0, 'no_growth']]
    """
    when = pnl.this_year if year is None else year
    margins = pnl.margins[(pnl.margins["scope"] == "account") & (pnl.margins["year"] == when)]
    known = sorted(pnl.margins["year"].unique().tolist())
    if when not in known:
        allowed = ", ".join(str(y) for y in known)
        raise KamkitError(
            Problem("unknown_choice", column="year", value=when, details={"allowed": allowed})
        )
    out = margins[["account_id", "year", "revenue"]].reset_index(drop=True)
    out["profit"] = margins["net_income"].to_numpy(float)
    if served is not None:
        income = figures(served, "served", ["operating_income"]).set_index("account_id")
        out["profit"] = out["account_id"].map(income["operating_income"]).astype(float)
    out = _with_outlook(out, outlook)
    out["status"] = np.select(
        [~(out["revenue"] > 0), out["profit"].isna(), out["growth_potential"].isna()],
        ["no_revenue", "no_profit", "no_growth"],
        "placed",
    )
    out["n"] = int((out["status"] == "placed").sum())
    variant = "net_income_recorded" if served is None else "driver_rates"
    given = pd.Series([], dtype="str")
    if outlook is not None and "variant" in outlook.columns:
        given = outlook["variant"].dropna()
    out["variant"] = "; ".join(dict.fromkeys([variant, *given.astype("str")]))
    out["origin"] = "S078; house"
    return out.sort_values("account_id", ignore_index=True)[COLUMNS]


def _with_outlook(out: pd.DataFrame, outlook: pd.DataFrame | None) -> pd.DataFrame:
    given = pd.DataFrame({"account_id": out["account_id"]}) if outlook is None else outlook
    need_columns(given, "outlook", ["account_id"])
    columns = [*_GROWTH, "years_to_realise"]
    table = figures(given, "outlook", [], optional=columns).set_index("account_id")
    kind = orientations(given)
    found = out.assign(**{c: out["account_id"].map(table[c]).astype(float) for c in columns})
    return found.assign(orientation=out["account_id"].map(kind).astype("str"))
