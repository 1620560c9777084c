"""Selection rates of groups beside each other: the four-fifths screen and what chance does."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats, share_of, wilson

FOUR_FIFTHS = Fraction(4, 5)
FEWEST = 5  # people below which a group is neither flagged nor a reference (house)
ORIGIN = (
    "field:29 CFR 1607.4(D); field:EEOC 1979; field:Wilson 1927; field:Donner & Zou 2012; house"
)
COLUMNS = [
    *("decision", "group", "selected", "total", "rate", "low", "high", "ratio", "ratio_low"),
    *("ratio_high", "flagged", "fisher_p", "z", "more_needed", "note", "variant", "origin"),
]


def four_fifths(
    table: pd.DataFrame,
    *,
    members: pd.DataFrame | None = None,
    by: str = "group",
    period: str | None = None,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Selection rate of every group against the group with the highest one.

    ``table``: group, selected, total (counts); or advancement (member_id, period, decision,
    selected yes/no) with ``members`` (member_id and the column ``by``). A person decided on in
    several periods counts once for each. A group of fewer than ``fewest`` people is shown and
    counts neither as reference nor as flagged.

    Returns one row a decision and group: decision, group, selected, total, rate (0–1), low,
    high (Wilson), ratio (to the highest rate; a Fraction, so exactly 4/5 is not below 4/5),
    ratio_low, ratio_high, flagged (ratio < 4/5), fisher_p, z (two rates against each other),
    more_needed (further people selected that would lift the flag), note (reference,
    too_few, one_group, nobody_selected, flag_may_be_chance, difference_without_flag,
    one_person_decides, no_group or empty), variant, origin.

    This is a screening rule of US law. It is no legal finding, neither where it flags nor
    where it doesn't; elsewhere a check of fairness and nothing more.
    Raises KamkitError missing_column, count_off, not_yes_or_no, duplicate_key.
    Source: 29 CFR 1607.4(D); EEOC 1979; Fisher 1935; Donner & Zou 2012; few people house.

    >>> counts = pd.DataFrame({"group": ["w", "b"], "selected": [48, 12], "total": [80, 40]})
    >>> found = four_fifths(counts).set_index("group")
    >>> found["ratio"].tolist(), found["flagged"].tolist(), found["fisher_p"].round(4).tolist()
    ([Fraction(1, 2), Fraction(1, 1)], [True, False], [0.0034, nan])
    """
    counts = _counts(table, members, by, period)
    parts = [
        _screen(part.reset_index(drop=True), level, fewest)
        for _, part in counts.groupby("decision", sort=True)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    out = pd.concat(parts, ignore_index=True)
    out["variant"], out["origin"] = "four_fifths_screen", ORIGIN
    return out[COLUMNS]


def _counts(
    table: pd.DataFrame, members: pd.DataFrame | None, by: str, period: str | None
) -> pd.DataFrame:
    if members is None:
        need_columns(table, "table", [by, "selected", "total"])
        counts = table[[by, "selected", "total"]].rename(columns={by: "group"})
        counts["decision"] = table["decision"] if "decision" in table.columns else "all"
        _check_counts(counts)
        keys = ["decision", "group"]
        return counts.groupby(keys, as_index=False)[["selected", "total"]].sum()
    need_columns(table, "advancement", ["member_id", "period", "decision", "selected"])
    need_columns(members, "members", ["member_id", by])
    rows = table if period is None else table[table["period"].astype(str) == str(period)]
    said = rows["selected"].astype(str).str.strip().str.lower()
    odd = np.flatnonzero(~said.isin(["yes", "no", "true", "false"]))
    again = np.flatnonzero(rows.duplicated(["member_id", "period", "decision"]))
    KamkitError.collect(
        Problem(code, "advancement", column, int(i) + 1, rows[column].iloc[i])
        for code, column, places in (("not_yes_or_no", "selected", odd),
                                     ("duplicate_key", "member_id", again))
        for i in places
    )  # fmt: skip
    group = members.drop_duplicates("member_id").set_index("member_id")[by]
    named = rows["member_id"].map(group)
    flat = pd.DataFrame(
        {
            "decision": rows["decision"].astype(str),
            "group": named.astype(object).where(named.notna(), "").astype(str),
            "selected": said.isin(["yes", "true"]).astype(int),
            "total": 1,
        }
    )
    return flat.groupby(["decision", "group"], as_index=False)[["selected", "total"]].sum()


def _check_counts(counts: pd.DataFrame) -> None:
    selected, total = (pd.to_numeric(counts[c], errors="coerce") for c in ("selected", "total"))
    bad = ~((selected >= 0) & (selected <= total) & (selected % 1 == 0) & (total % 1 == 0))
    KamkitError.collect(
        Problem("count_off", "table", "selected, total", int(i) + 1,
                f"{counts['selected'].iloc[i]} / {counts['total'].iloc[i]}",
                details={"allowed": "0 ≤ selected ≤ total"})
        for i in np.flatnonzero(bad)
    )  # fmt: skip
    counts["selected"], counts["total"] = selected.astype(int), total.astype(int)


def _screen(counts: pd.DataFrame, level: float, fewest: int) -> pd.DataFrame:
    hits, total = counts["selected"].to_numpy(), counts["total"].to_numpy()
    counts["rate"] = share_of(hits, total)
    counts["low"], counts["high"] = wilson(hits, total, level)
    exact = [Fraction(int(h), int(n)) if n else None for h, n in zip(hits, total, strict=True)]
    large = [i for i in range(len(counts)) if total[i] >= fewest and counts["group"][i] != ""]
    best = max(large, key=lambda i: (exact[i], total[i]), default=None)
    rows = [_against(i, best, counts, exact, large, level) for i in range(len(counts))]
    found = pd.DataFrame(rows, index=counts.index)
    found["ratio"] = pd.Series([r["ratio"] for r in rows], dtype=object)
    return pd.concat([counts, found], axis=1)


def _against(
    i: int, best: int | None, counts: pd.DataFrame, exact: list[Fraction | None],
    large: list[int], level: float,
) -> Mapping[str, Any]:  # fmt: skip
    """One group against the reference."""
    row: dict[str, Any] = {
        "ratio": None, "ratio_low": np.nan, "ratio_high": np.nan, "flagged": False,
        "fisher_p": np.nan, "z": np.nan, "more_needed": 0, "note": "",
    }  # fmt: skip
    own, top = exact[i], exact[best] if best is not None else None
    if counts["group"][i] == "":
        return row | {"note": "no_group"}
    if i not in large or own is None:
        return row | {"note": "too_few"}
    if best is None or top is None or len(large) < 2:
        return row | {"note": "one_group"}
    if top == 0:
        return row | {"note": "nobody_selected"}
    row["ratio"] = own / top
    if i == best:
        return row | {"note": "reference"}
    from scipy.stats import fisher_exact

    hits, total = (counts[c].to_numpy() for c in ("selected", "total"))
    a, n, b, m = int(hits[i]), int(total[i]), int(hits[best]), int(total[best])
    row["fisher_p"] = float(fisher_exact(np.array([[a, n - a], [b, m - b]]))[1])
    pooled = (a + b) / (n + m)
    if 0 < pooled < 1:
        row["z"] = float((b / m - a / n) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
    row["ratio_low"], row["ratio_high"] = ratio_interval(a, n, b, m, level)
    row["flagged"] = row["ratio"] < FOUR_FIFTHS
    wanted = -((-FOUR_FIFTHS * top * n) // 1)
    row["more_needed"] = max(int(wanted) - a, 0)
    chance = row["fisher_p"] >= 1 - level
    if row["flagged"]:
        row["note"] = (
            "one_person_decides" if row["more_needed"] == 1 and chance
            else "flag_may_be_chance" if chance else ""
        )  # fmt: skip
    elif not chance:
        row["note"] = "difference_without_flag"
    return row


def ratio_interval(a: int, n: int, b: int, m: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of (a/n) / (b/m) put together from both Wilson intervals.

    Source: Donner & Zou 2012.

    >>> [round(end, 3) for end in ratio_interval(12, 40, 48, 80)]
    [0.295, 0.795]
    """
    low, high = wilson([a, b], [n, m], level)
    p: Floats = np.array([a / n, b / m])
    product = p[0] * p[1]
    under = product**2 - low[0] * high[1] * (2 * p[0] - low[0]) * (2 * p[1] - high[1])
    over = product**2 - high[0] * low[1] * (2 * p[0] - high[0]) * (2 * p[1] - low[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        least = (product - np.sqrt(max(under, 0.0))) / (high[1] * (2 * p[1] - high[1]))
        most = (product + np.sqrt(max(over, 0.0))) / (low[1] * (2 * p[1] - low[1]))
    return max(float(least), 0.0), float(most) if np.isfinite(most) else np.inf
