"""Complaints: which kinds make up most of them, and who saw them first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, within
from kamkit.methods.service.inputs import (
    ALL,
    UNKNOWN,
    Day,
    KnownCases,
    group_names,
    in_order,
    known_cases,
)
from kamkit.methods.shares import WILSON, Floats, chained, same_groups, share_of, wilson

_PARETO = "S122; field:Juran 1951; house"
_FIRST = f"S123; {WILSON}; house"
_COLUMNS = [
    *("group", "cases", "size", "share", "low", "high", "cumulative_share", "in_top"),
    *("top_share", "first_share", "repeats", "open", "accounts", "cluster", "n", "variant"),
    "origin",
]
_FOUND = [
    *("group", "cases", "us", "customer", "unknown", "n", "share", "low", "high", "least_share"),
    *("most_share", "cluster", "variant", "origin"),
]


@dataclass(frozen=True)
class ComplaintPareto:
    """The parts of :func:`complaint_pareto`."""

    groups: pd.DataFrame
    measures: pd.DataFrame


def complaint_pareto(
    cases: pd.DataFrame,
    *,
    as_of: Day,
    by: str | pd.Series = "category",
    weight: str = "cases",
    start: Day | None = None,
    top: float = 0.80,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> ComplaintPareto:
    """Kinds of complaints from the largest down, and which of them can be told apart.

    Needs columns: opened_on and ``by`` (a column, or names by account_id); cost for
    ``weight="cost"``, then only cases with a cost above 0 count. From ``start`` to ``as_of``.
    Cases without a kind stand last, as "unknown", and count in every total.
    Returns ``groups`` (group, cases, size: what is ranked, cases or money; share, low, high:
    of the total (Wilson; by cost a bootstrap over cases), cumulative_share, in_top: needed to
    reach ``top``, top_share and first_share: share of draws in which it is needed for that, and
    in which it is the largest; repeats: cases that repeat another, open: not closed yet,
    accounts, cluster: kinds that cannot be separated share a number – pair by pair, within what
    the two have together –, n, variant, origin); ``measures`` (complaints_counted,
    kinds_for_top, top_kinds_share: what they hold, complaints_per_account,
    cases_unknown_kind, cases_without_cost, cases_undated, cases_impossible).
    Raises KamkitError missing_column, mixed_currency, unknown choices.
    Source: S122; Pareto chart Juran 1951; clusters house.

    >>> rows = pd.DataFrame({"opened_on": ["2026-01-01"] * 4, "category": list("aaab")})
    >>> found = complaint_pareto(rows, as_of="2026-06-30", draws=50).groups
    >>> found[["group", "cases", "share", "cluster"]].values.tolist()
    [['a', 3, 0.75, 1], ['b', 1, 0.25, 1]]
    """
    one_of(weight, "weight", ("cases", "cost"))
    within(top, "top", 0.0, 1.0)
    known = known_cases(cases, as_of)
    table = known.table
    if start is not None:
        table = table[table["opened_on"] >= pd.Timestamp(start)].reset_index(drop=True)
    table = table.assign(group=group_names(table, "service_cases", by).to_numpy())
    priced = table
    if weight == "cost":
        one_currency(table, "service_cases")
        priced = table[table["cost"] > 0]
    names = in_order(list(table["group"]))
    code = pd.Categorical(priced["group"], categories=names).codes.astype(np.int64)
    size = np.ones(len(priced)) if weight == "cases" else priced["cost"].to_numpy(float)
    amount: Floats = np.zeros(len(names))
    np.add.at(amount, code, size)
    drawn = _drawn(code, size, len(names), weight, draws, seed)
    out = _facts(table, names)
    out["size"] = amount
    out = _ranked(out, amount, drawn, top)
    out["low"], out["high"] = _ends(amount, drawn, weight, level)
    out["cluster"] = _clusters(amount, drawn, weight, level)
    out["n"] = len(priced)
    how = "wilson" if weight == "cases" else "bootstrap_cases"
    out["variant"] = how if len(priced) else "too_little_data"
    out["origin"] = _PARETO
    # Largest first; what has no kind stands at the end, however much it is.
    last = (out["group"] == UNKNOWN).to_numpy()
    order = np.lexsort((out["group"], -out["size"], last))
    out = out.iloc[order].reset_index(drop=True)
    out["cumulative_share"] = out["share"].cumsum()
    return ComplaintPareto(out[_COLUMNS], _measures(out, known, table, priced, weight))


def _facts(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    grouped = table.groupby("group")
    out = pd.DataFrame({"group": pd.Series(names, dtype="str")})
    for column, found in (
        ("cases", grouped.size()),
        ("repeats", table["repeat_of"].notna().groupby(table["group"]).sum()),
        ("open", table["closed_on"].isna().groupby(table["group"]).sum()),
        ("accounts", grouped["account_id"].nunique()),
    ):
        out[column] = out["group"].map(found).fillna(0).astype(int)
    return out


def _drawn(code: np.ndarray, size: Floats, k: int, weight: str, draws: int, seed: int) -> Floats:
    """Totals by kind over resampled cases (draws × kinds)."""
    n = len(code)
    if not n or not k:
        return np.zeros((0, k))
    rng = np.random.default_rng(seed)
    if weight == "cases":
        counts = np.bincount(code, minlength=k)
        return np.asarray(rng.multinomial(n, counts / n, size=draws), dtype=np.float64)
    # In the order of figures: the caller's order of rows must not choose the draws.
    order = np.lexsort((size, code))
    code, size = code[order], size[order]
    out = np.empty((draws, k))
    for i in range(draws):
        rows = rng.integers(0, n, n)
        out[i] = np.bincount(code[rows], weights=size[rows], minlength=k)
    return out


def _ranked(out: pd.DataFrame, amount: Floats, drawn: Floats, top: float) -> pd.DataFrame:
    total = float(amount.sum())
    out["share"] = share_of(amount, np.full(len(amount), total))
    out["in_top"] = _needed(amount[None, :], top)[0] if len(amount) else np.zeros(0, bool)
    if len(drawn):
        out["top_share"] = _needed(drawn, top).mean(axis=0)
        most = drawn.max(axis=1, keepdims=True)
        ahead = drawn == most
        out["first_share"] = (ahead / ahead.sum(axis=1, keepdims=True)).mean(axis=0)
    else:
        out["top_share"], out["first_share"] = np.nan, np.nan
    return out


def _needed(totals: Floats, top: float) -> np.ndarray:
    """Kinds needed, largest first, until ``top`` of all is reached; kinds of equal size alike."""
    whole = totals.sum(axis=1, keepdims=True)
    larger = (totals[:, None, :] > totals[:, :, None]) * totals[:, None, :]
    before = larger.sum(axis=2)
    return np.asarray((totals > 0) & (before < top * whole - 1e-9))


def _ends(amount: Floats, drawn: Floats, weight: str, level: float) -> tuple[Floats, Floats]:
    total = float(amount.sum())
    if weight == "cases":
        return wilson(amount, np.full(len(amount), total), level)
    if not len(drawn):
        return np.full(len(amount), np.nan), np.full(len(amount), np.nan)
    shares = drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1e-12)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.asarray(low), np.asarray(high)


def _clusters(amount: Floats, drawn: Floats, weight: str, level: float) -> np.ndarray:
    """Kinds are apart where, of what two hold together, one surely holds more than half."""
    k = len(amount)
    if not k or not amount.sum() > 0:
        return np.zeros(k, dtype=np.int64)
    if weight == "cases":
        both = amount[:, None] + amount[None, :]
        low, high = wilson(amount[:, None] + 0 * both, both, level)
        tied = ~((low > 0.5) | (high < 0.5))
    else:
        ahead = (drawn[:, :, None] > drawn[:, None, :]).mean(axis=0)
        sure = ahead >= (1 + level) / 2
        tied = ~(sure | sure.T)
    np.fill_diagonal(tied, True)
    return np.where(amount > 0, chained(tied, amount), 0)


def _measures(
    out: pd.DataFrame, known: KnownCases, table: pd.DataFrame, priced: pd.DataFrame, weight: str
) -> pd.DataFrame:
    n = len(priced)
    accounts = int(table["account_id"].nunique())
    top = out[out["in_top"].astype(bool)]
    how = f"pareto_by_{weight}" if n else "too_little_data"

    def row(key: str, value: float, size: int = n, variant: str = how) -> dict[str, object]:
        return measure_row(key, value, size, variant=variant, origin=_PARETO)

    per = len(table) / accounts if accounts else np.nan
    return measure_table(
        [
            row("complaints_counted", len(table), len(table), "count"),
            row("kinds_for_top", len(top) if n else np.nan),
            row("top_kinds_share", float(top["share"].sum()) if n else np.nan),
            row("complaints_per_account", per, accounts, "accounts_with_cases"),
            row("cases_unknown_kind", int((table["group"] == UNKNOWN).sum()), len(table), "count"),
            row("cases_without_cost", len(table) - int((table["cost"] > 0).sum()), len(table),
                "count"),
            row("cases_undated", known.undated, len(table), "count"),
            row("cases_impossible", known.impossible, len(table), "count"),
        ]
    )  # fmt: skip


def found_first_share(
    cases: pd.DataFrame,
    *,
    as_of: Day,
    by: str | pd.Series | None = None,
    start: Day | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of problems that we found before the customer did.

    Needs columns: opened_on, detected_by (us, customer; empty = unknown); ``by`` as in
    :func:`complaint_pareto`. Unknown is neither: it stands beside the share and in the bounds.
    Returns columns: group ("all" first), cases, us, customer, unknown, n = us + customer, share,
    low, high (Wilson), least_share, most_share (unknown as the customer's and as ours), cluster
    (groups that cannot be separated share a number), variant, origin.
    Source: S123; Wilson 1927.

    >>> rows = pd.DataFrame({"opened_on": ["2026-01-01"] * 3,
    ...                      "detected_by": ["us", "customer", None]})
    >>> found = found_first_share(rows, as_of="2026-06-30")
    >>> found[["share", "unknown", "least_share"]].round(3).values.tolist()
    [[0.5, 1.0, 0.333]]
    """
    need_columns(cases, "service_cases", ["opened_on", "detected_by"])
    table = known_cases(cases, as_of).table
    if start is not None:
        table = table[table["opened_on"] >= pd.Timestamp(start)]
    groups = group_names(table, "service_cases", by)
    who = table["detected_by"].where(table["detected_by"].isin(("us", "customer")), UNKNOWN)
    rows = []
    for name in [ALL, *(in_order(list(groups)) if by is not None else [])]:
        mine = who if name == ALL else who[groups == name]
        count = mine.value_counts()
        rows.append({
            "group": name, "cases": len(mine),
            **{k: int(count.get(k, 0)) for k in ("us", "customer", UNKNOWN)},
        })  # fmt: skip
    out = pd.DataFrame(rows)
    out["n"] = out["us"] + out["customer"]
    out["share"] = share_of(out["us"], out["n"])
    out["low"], out["high"] = wilson(out["us"], out["n"], level)
    out["least_share"] = share_of(out["us"], out["cases"])
    out["most_share"] = share_of(out["us"] + out[UNKNOWN], out["cases"])
    out["cluster"] = 0
    part = (out["group"] != ALL).to_numpy()
    ends = (out.loc[part, c].to_numpy(float) for c in ("share", "low", "high"))
    out.loc[part, "cluster"] = same_groups(*ends)
    out["variant"] = np.where(out["n"] > 0, "wilson; unknown_kept_apart", "too_little_data")
    return out.assign(origin=_FIRST)[_FOUND]
