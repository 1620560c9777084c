"""Several schemes on the same accounts: where they agree, and which accounts they dispute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.shares import wilson_ends

CELL_COLUMNS = ["scheme_a", "member_a", "scheme_b", "member_b", "n", "share_of_a", "share_of_b"]
PAIR_COLUMNS = [
    "scheme_a",
    "scheme_b",
    "n",
    "both_key",
    "only_a",
    "only_b",
    "neither",
    "agreement",
    "low",
    "high",
    "kappa",
    "variant",
    "origin",
]
ACCOUNT_COLUMNS = [
    "account_id",
    "schemes",
    "verdicts",
    "distinct",
    "key_votes",
    "not_key_votes",
    "no_reading",
    "undecided",
    "readings",
    "dispute",
]


@dataclass(frozen=True)
class Crosswalk:
    """Comparison of schemes.

    ``cells``: members of one scheme against members of another (pairs of schemes, each once).
    ``pairs``: agreement on key / not key. ``accounts``: verdicts per account.
    """

    cells: pd.DataFrame
    pairs: pd.DataFrame
    accounts: pd.DataFrame


def _verdicts(assignments: pd.DataFrame) -> pd.DataFrame:
    """One row per account and scheme: its labels joined, and one key reading.

    Several labels of a multi-label scheme read as key if any of them does.
    """
    need_columns(assignments, "assignments", ["account_id", "scheme", "member", "status", "key"])
    keys = ["account_id", "scheme"]
    table = assignments[[*keys, "member", "status"]].copy()
    table["read"] = assignments["key"].astype("boolean").astype("Float64").astype(float)
    table = table.sort_values([*keys, "member"], ignore_index=True)
    decided = table["status"] == "classified"
    found = table[keys].drop_duplicates().set_index(keys)
    labels, states = table[decided].set_index(keys), table[~decided].set_index(keys)
    found["member"] = _joined(labels["member"], " + ").reindex(found.index)
    found["decided"] = found["member"].notna()
    found["member"] = found["member"].where(
        found["decided"], _joined(states["status"], "; ").reindex(found.index)
    )
    read = labels["read"].groupby(level=keys).max().reindex(found.index)
    # A label that can't be told might still be a key one.
    read = read.where(~((read == 0) & found.index.isin(states.index)))
    found["key"] = read.astype("Float64").astype("boolean")
    return found.reset_index()[[*keys, "member", "key", "decided"]]


def _joined(words: pd.Series, by: str) -> pd.Series:
    """Distinct words per index entry, joined; one word an entry is the common, quick case."""
    words = words.astype("str")
    twice = words.index.duplicated(keep=False)
    groups = words[twice].groupby(level=words.index.names, sort=False)
    several = groups.agg(lambda w: by.join(dict.fromkeys(w)))
    return pd.concat([words[~twice], several.astype("str")])


def crosswalk(assignments: pd.DataFrame | Sequence[pd.DataFrame]) -> Crosswalk:
    """Compare the classes that several schemes give to the same accounts.

    Needs the output of :func:`classify` for two or more schemes, as a list or stacked
    (account_id, scheme, member, status, key). Open and unknown verdicts stand under their
    status, and count in no agreement.
    Returns :class:`Crosswalk`. cells: scheme_a, member_a, scheme_b, member_b, n, share_of_a,
    share_of_b (of the accounts in member a or b). pairs: scheme_a, scheme_b, n (accounts that
    both read as key or not), both_key, only_a, only_b, neither, agreement (0–1) with low, high
    (Wilson 95 %), kappa (NaN where one scheme reads all accounts alike), variant, origin.
    accounts: account_id, schemes, verdicts (scheme:member, joined), distinct (different
    verdicts), key_votes, not_key_votes, no_reading, undecided, readings (1, or 2 where schemes
    contradict each other), dispute (0 agreed to 1 split in halves).
    Source: X01, X02; Cohen 1960; Wilson 1927.

    >>> table = pd.DataFrame({"account_id": ["A", "A"], "scheme": ["x", "y"],
    ...     "member": ["key", "small"], "status": "classified", "key": [True, False]})
    >>> crosswalk(table).accounts[["distinct", "dispute"]].values.tolist()
    [[2.0, 1.0]]
    """
    stacked = _stacked(assignments)
    found = _verdicts(stacked)
    schemes = list(dict.fromkeys(stacked["scheme"]))
    cells, pairs = [], []
    for a, b in combinations(schemes, 2):
        both = found[found["scheme"] == a].merge(
            found[found["scheme"] == b], on="account_id", suffixes=("_a", "_b")
        )
        cells += _cells(both, a, b)
        pairs.append(_pair(both, a, b))
    return Crosswalk(
        pd.DataFrame(cells, columns=CELL_COLUMNS),
        pd.DataFrame(pairs, columns=PAIR_COLUMNS),
        _accounts(found),
    )


def _stacked(assignments: pd.DataFrame | Sequence[pd.DataFrame]) -> pd.DataFrame:
    if isinstance(assignments, pd.DataFrame):
        return assignments
    wanted = ["account_id", "scheme", "member", "status", "key"]
    for table in assignments:
        need_columns(table, "assignments", wanted)
    return pd.concat([table[wanted] for table in assignments], ignore_index=True)


def _cells(both: pd.DataFrame, a: str, b: str) -> list[list[object]]:
    counts = both.groupby(["member_a", "member_b"], sort=True).size().rename("n").reset_index()
    of_a, of_b = both["member_a"].value_counts(), both["member_b"].value_counts()
    return [
        [a, ma, b, mb, int(n), n / of_a[ma], n / of_b[mb]]
        for ma, mb, n in counts.itertuples(index=False)
    ]


def _pair(both: pd.DataFrame, a: str, b: str) -> list[object]:
    read = both[both["key_a"].notna() & both["key_b"].notna()]
    x, y = read["key_a"].to_numpy(dtype=bool), read["key_b"].to_numpy(dtype=bool)
    n = len(read)
    counts = [int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum())]
    if not n:
        return [a, b, 0, *counts, np.nan, np.nan, np.nan, np.nan, "too_little_data", "X01"]
    same = counts[0] + counts[3]
    low, high = wilson_ends(same, n)
    chance = x.mean() * y.mean() + (1 - x.mean()) * (1 - y.mean())
    kappa = (same / n - chance) / (1 - chance) if chance < 1 else np.nan
    origin = "X01; field:Cohen 1960; field:Wilson 1927"
    limits = [low, high]
    return [a, b, n, *counts, same / n, *limits, kappa, "key_reading", origin]


def _accounts(found: pd.DataFrame) -> pd.DataFrame:
    table = found.assign(
        verdicts=found["scheme"].astype("str") + ":" + found["member"].astype("str"),
        yes=(found["key"].astype("Float64") == 1).fillna(False),
        no=(found["key"].astype("Float64") == 0).fillna(False),
        silent=found["decided"] & found["key"].isna(),
        undecided=~found["decided"],
    )
    by = table.groupby("account_id", sort=True)
    out = pd.DataFrame({"schemes": by.size()})
    out["verdicts"] = by["verdicts"].agg("; ".join) if len(table) else ""
    distinct = table[table["decided"]].groupby("account_id")["member"].nunique()
    out["distinct"] = distinct.reindex(out.index, fill_value=0).astype(int)
    for column, flag in (
        ("key_votes", "yes"),
        ("not_key_votes", "no"),
        ("no_reading", "silent"),
        ("undecided", "undecided"),
    ):
        out[column] = by[flag].sum().astype(int)
    votes = out["key_votes"] + out["not_key_votes"]
    out["readings"] = (out["key_votes"] > 0).astype(int) + (out["not_key_votes"] > 0).astype(int)
    least = out[["key_votes", "not_key_votes"]].min(axis=1)
    out["dispute"] = 2 * least / votes.where(votes > 0)
    return out.reset_index()[ACCOUNT_COLUMNS]


def most_disputed(walk: Crosswalk, *, top: int = 10) -> pd.DataFrame:
    """Accounts on which the schemes contradict each other most.

    Returns the rows of ``walk.accounts`` with two readings, most evenly split first, then those
    on which more schemes vote, then by account_id. Accounts tied with the last are kept.

    >>> table = pd.DataFrame({"account_id": ["A", "A"], "scheme": ["x", "y"],
    ...     "member": ["key", "small"], "status": "classified", "key": [True, False]})
    >>> most_disputed(crosswalk(table)).account_id.tolist()
    ['A']
    """
    table = walk.accounts[walk.accounts["readings"] == 2].copy()
    table["_votes"] = table["key_votes"] + table["not_key_votes"]
    table = table.sort_values(
        ["dispute", "_votes", "account_id"], ascending=[False, False, True], ignore_index=True
    )
    if len(table) > top:
        ranks = table[["dispute", "_votes"]].values.tolist()
        table = table[[r >= ranks[top - 1] for r in ranks]]
    return table[ACCOUNT_COLUMNS].reset_index(drop=True)
