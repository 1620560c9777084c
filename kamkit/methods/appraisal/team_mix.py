"""Who brings what to a team: what is missing, what hangs on one person, how even the mix is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats

TAGS = ("knowledge", "skills")
BANDS = (0.0, 3.0, 8.0)  # years: beginner, in the middle, experienced (house)
COVERAGE_COLUMNS = [
    *("team", "attribute", "tag", "n_members", "n_with", "share", "who", "status"),
    *("elsewhere", "origin"),
]
BALANCE_COLUMNS = [
    *("team", "attribute", "n", "unknown", "wanted", "covered", "twice", "coverage", "balance"),
    *("worst_leaver", "coverage_if_left", "note", "origin"),
]


@dataclass(frozen=True)
class TeamMix:
    """What :func:`team_mix` found.

    Attributes
    ----------
    coverage
        One row a team, attribute and tag: team, attribute, tag, n_members (of the team), n_with,
        share (0–1), who (ids joined by "; "), status (gap, single_point, covered), elsewhere
        (people of other teams who have it), origin.
    balance
        One row a team and attribute: team, attribute, n (people with an entry), unknown (people
        without), wanted (tags), covered, twice (tags with two people or more), coverage (0–1),
        balance (0–1: evenness of people over tags or bands of experience; 1 is even; NaN below
        two people or kinds), worst_leaver, coverage_if_left (0–1, if that person left), note
        (ok, few_members, mostly_unknown), origin.
    """

    coverage: pd.DataFrame
    balance: pd.DataFrame


def team_mix(
    members: pd.DataFrame,
    attributes: Sequence[str] | None = None,
    *,
    wanted: Mapping[str, Iterable[str]] | None = None,
    bands: Sequence[float] = BANDS,
) -> TeamMix:
    """Coverage of knowledge and skills by team, single points, gaps and an index of balance.

    Needs members: member_id, team, and of knowledge, skills (tags: lists, or text with ";") and
    experience_years those that there are; left_on: people who have left don't count.
    ``attributes``: default these three. Age and sex, which the source names too, are neither
    asked for nor used; a column ``x_…`` only where a caller names it. ``wanted``: attribute ->
    tags a team should have, default every tag found in any team. Experience is cut into bands
    that begin at ``bands`` years.

    Balance is the evenness (1 − Σ shares²) / (1 − 1/k) over the k wanted tags or bands: it
    describes a mix, and is no proof that an even one sells more. An empty cell is not known,
    not "none".

    Returns TeamMix. Raises KamkitError missing_column.
    Source: S183; field:Blau 1977; field:Harrison & Klein 2007; bands house.

    >>> people = pd.DataFrame({"member_id": ["a", "b"], "team": "north",
    ...     "skills": ["costing;bidding", "bidding"]})
    >>> team_mix(people).coverage[["tag", "n_with", "status"]].values.tolist()
    [['bidding', 2, 'covered'], ['costing', 1, 'single_point']]
    """
    need_columns(members, "members", ["member_id", "team", *(attributes or [])])
    named = attributes or [a for a in (*TAGS, "experience_years") if a in members]
    people = members.dropna(subset=["member_id", "team"]).drop_duplicates("member_id")
    if "left_on" in people:
        people = people[people["left_on"].isna()]
    people = people.sort_values("member_id").reset_index(drop=True)
    coverage, balance = [], []
    for attribute in named:
        found = _entries(people, attribute, bands)
        tags = sorted(set((wanted or {}).get(attribute, [])) or set(found["tag"]))
        for team, own in people.groupby("team"):
            mine = found[found["member_id"].isin(own["member_id"])]
            rows = _coverage(str(team), attribute, tags, own, mine, found)
            coverage += rows
            balance.append(_balance(str(team), attribute, tags, own, mine))
    return TeamMix(
        pd.DataFrame(coverage, columns=COVERAGE_COLUMNS),
        pd.DataFrame(balance, columns=BALANCE_COLUMNS),
    )


def _entries(people: pd.DataFrame, attribute: str, bands: Sequence[float]) -> pd.DataFrame:
    """One row a person and tag; numbers become the name of their band."""
    column = people[attribute]
    if pd.api.types.is_numeric_dtype(column):
        at = np.searchsorted(np.asarray(bands, float), column.to_numpy(float), side="right")
        names = np.array(["", *_band_names(bands)], dtype=object)
        known = column.notna().to_numpy() & (at > 0)
        pairs = list(zip(people["member_id"][known], names[at[known]], strict=True))
    else:
        pairs = [(m, t) for m, v in zip(people["member_id"], column, strict=True) for t in _tags(v)]
    return pd.DataFrame(pairs, columns=["member_id", "tag"], dtype="str").drop_duplicates()


def _band_names(bands: Sequence[float]) -> list[str]:
    ends = [*(f"{b:g}" for b in bands[1:]), ""]
    return [f"{b:g}–{e}" if e else f"{b:g}+" for b, e in zip(bands, ends, strict=True)]


def _tags(value: Any) -> list[str]:
    if isinstance(value, list | tuple | set | np.ndarray):
        found = [str(v).strip() for v in value]
    else:
        found = [] if pd.isna(value) else [t.strip() for t in str(value).split(";")]
    return [t for t in found if t]


def _coverage(
    team: str, attribute: str, tags: Sequence[str], own: pd.DataFrame, mine: pd.DataFrame,
    found: pd.DataFrame,
) -> list[dict[str, Any]]:  # fmt: skip
    rows = []
    for tag in tags:
        who = sorted(mine.loc[mine["tag"] == tag, "member_id"])
        status = "gap" if not who else "single_point" if len(who) == 1 else "covered"
        rows.append(
            {
                "team": team,
                "attribute": attribute,
                "tag": tag,
                "n_members": len(own),
                "n_with": len(who),
                "share": len(who) / len(own),
                "who": "; ".join(who),
                "status": status,
                "elsewhere": int((found["tag"] == tag).sum()) - len(who),
                "origin": "S183",
            }
        )
    return rows


def _balance(
    team: str, attribute: str, tags: Sequence[str], own: pd.DataFrame, mine: pd.DataFrame
) -> dict[str, Any]:
    held = pd.crosstab(mine["member_id"], mine["tag"]).reindex(columns=list(tags), fill_value=0)
    counts = held.sum().to_numpy(dtype=float)
    n, k = len(held), len(tags)
    covered = int((counts > 0).sum())
    leaver, left = "", np.nan
    if n and k:
        lost = ((held.to_numpy() > 0) & (counts == 1)).sum(axis=1)
        # Who covers most alone; of equals the first by id.
        leaver = str(held.index[int(lost.argmax())]) if lost.max() else ""
        left = (covered - int(lost.max())) / k
    known = n / len(own)
    note = "mostly_unknown" if known < 0.5 else "few_members" if n < 3 else "ok"
    return {
        "team": team,
        "attribute": attribute,
        "n": n,
        "unknown": len(own) - n,
        "wanted": k,
        "covered": covered,
        "twice": int((counts > 1).sum()),
        "coverage": covered / k if k else np.nan,
        "balance": _evenness(counts) if n > 1 else np.nan,
        "worst_leaver": leaver,
        "coverage_if_left": left,
        "note": note,
        "origin": "S183; field:Blau 1977; house",
    }


def _evenness(counts: Floats) -> float:
    """Blau's index over its largest value; NaN for fewer than two kinds."""
    k, total = len(counts), counts.sum()
    if k < 2 or total <= 0:
        return float("nan")
    return float((1 - ((counts / total) ** 2).sum()) / (1 - 1 / k))
