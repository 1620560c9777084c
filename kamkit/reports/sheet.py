"""What a personal sheet may hold: rows of one person, groups only as a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError, Problem
from kamkit.i18n import label, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from kamkit.reports.team import TeamWords

FEWEST = 5  # people below which a group isn't even counted on a sheet (house)


def known_person(tables: Mapping[str, pd.DataFrame], member: str) -> str:
    """The id of a person who is on record; raises KamkitError unknown_person."""
    keys = {"members": "member_id", "ratings": "ratee_id", "duty_ratings": "ratee_id"}
    ids: set[str] = set()
    for name, column in keys.items():
        if name in tables:
            ids |= set(tables[name][column].dropna().astype("str"))
        if "members" in tables:
            break
    if member not in ids:
        # The allowed ids stay out: a sheet names nobody else, not even in its refusal.
        details = {"allowed": "member_id"}
        raise KamkitError(Problem("unknown_person", table="members", value=member, details=details))
    return member


def mine(table: pd.DataFrame | None, member: str, column: str = "member_id") -> pd.DataFrame:
    """One person's rows; an empty table without any."""
    import pandas as pd

    if table is None:
        return pd.DataFrame({column: []})
    return table[table[column].astype("str") == member].reset_index(drop=True)


def owners(table: pd.DataFrame, member: str) -> pd.DataFrame:
    """Owners of steps as what they are to the person, never by name."""
    if "owner_id" not in table.columns:
        return table
    who = ["own_self" if str(v) == member else "own_manager" for v in table["owner_id"]]
    return table.assign(owner_id=who)


def same_group(judged: Any, member: str) -> int:
    """How many others can't be told from the person; the person must be among those judged."""
    rows = judged.members
    group = rows.loc[rows["member_id"] == member, "group"].iloc[0]
    return int((rows["group"] == group).sum()) - 1


def group_key(others: int, known: int) -> str:
    """Which sentence a group's size allows."""
    return "sheet_group" if min(others + 1, known) >= FEWEST else "sheet_group_few"


def verdict(row: pd.Series, words: TeamWords) -> dict[str, str]:
    """What the sentence of the own results names."""
    import numpy as np

    ends = {k: float(np.expm1(row[k])) for k in ("effect", "low", "high")}
    sign = label(f"own_sign.{'above' if ends['effect'] >= 0 else 'below'}", words.lang)
    told = {k: percent(v, words.lang, 0) for k, v in ends.items()}
    told["effect"] = percent(abs(ends["effect"]), words.lang, 0)
    return {**told, "sign": sign, "verdict": words.word("verdict", row["verdict"])}


def result(row: pd.Series, words: TeamWords) -> dict[str, str]:
    """What the sentence of the combined result names."""
    told = {k: number(float(row[k]), words.lang, 1) for k in ("total", "low", "high")}
    grade_p = percent(row["grade_p"], words.lang, 0) if row["grade_p"] == row["grade_p"] else "–"
    return {**told, "grade": words.word("grade", row["grade"]), "grade_p": grade_p}


def screened(screen: pd.DataFrame | None, words: TeamWords) -> dict[str, str]:
    """What the screen of everybody came to, without any group's figures."""
    if screen is None or screen.empty:
        return {"n": "0", "found": words.word("report.team.fair", "none")}
    key = "flagged" if screen["flagged"].astype(bool).any() else "clear"
    n = int(screen.groupby("decision")["total"].sum().max())
    return {"n": str(n), "found": words.word("report.team.fair", key)}


def to_fill(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Cells to be written into by hand."""
    return table.assign(**dict.fromkeys(columns, "…" * 10))


def in_words(found: pd.DataFrame, words: TeamWords) -> pd.DataFrame:
    """The own findings with their items and grades in words."""
    import pandas as pd

    said: list[dict[str, Any]] = []
    for values in found["values"]:
        told = dict(values)
        if "item" in told:
            told["item"] = words.item(told["item"])
        if "grade" in told:
            told["grade"] = words.word("grade", told["grade"])
        said.append(told)
    worded = found.copy()
    worded["values"] = pd.Series(said, index=found.index, dtype="object")
    return worded


def own_figures(sheet: Any, judged: pd.DataFrame) -> pd.DataFrame:
    """Total and result of the person, as key figures with their intervals."""
    import numpy as np
    import pandas as pd

    columns = ["measure", "value", "low", "high", "n", "variant", "origin"]
    rows = []
    if sheet is not None:
        one = sheet.result.iloc[0]
        rows.append(("own_total", one["total"], one["low"], one["high"], len(sheet.parts),
            "normal_errors", one["origin"]))  # fmt: skip
    if len(judged):
        one = judged.iloc[0]
        ends = [float(np.expm1(one[k])) for k in ("effect", "low", "high")]
        rows.append(("own_effect_share", *ends, int(one["n"]), one["variant"], one["origin"]))
    return pd.DataFrame(rows, columns=columns)


def who(words: TeamWords) -> dict[str, str]:
    """What owners of steps are to the person, in words."""
    return {key: words.word("report.team", key) for key in ("own_self", "own_manager")}


@dataclass(frozen=True)
class BlankTalk:
    """What is filled in during the talk: topics to agree on, and who signs."""

    agreement: pd.DataFrame
    signatures: pd.DataFrame


def blank_talk() -> BlankTalk:
    """Empty tables of a talk; signers by role, so that no name of a superior stands there."""
    import pandas as pd

    topics = pd.DataFrame({"topic": ["result", "differences", "plan", "support"]})
    signers = pd.DataFrame({"signer": ["member", "manager", "next_manager"]})
    return BlankTalk(topics, signers)
