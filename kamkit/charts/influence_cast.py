"""Who is on an influence map and who knows whom, gathered from the tables of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamkit.charts import theme
from kamkit.charts.influence_layout import arrange, columns_for
from kamkit.charts.influence_routes import Tie
from kamkit.charts.influence_scene import Scene, scene
from kamkit.charts.influence_style import grade, tags

LIMIT = 60
GONE_LEVEL = -2
GHOST = "?economic"


@dataclass
class Cast:
    """People and ties of one map, by id."""

    people: pd.DataFrame
    ties: list[Tie]
    rows: dict[str, dict[Any, Any]]
    names: dict[str, str]
    us: list[str]
    rivals: list[str]
    gone: set[str]
    idle: int = 0  # ties of strength 0
    left_out: int = 0

    @property
    def staying(self) -> list[str]:
        """The customer's people who are still there."""
        return [p for p in self.people["person_id"] if p not in self.gone and p != GHOST]


def cast_of(
    people: pd.DataFrame, links: pd.DataFrame, gone: pd.DataFrame | None,
    names: Mapping[str, str] | None, limit: int, *, ghost: bool = True,
) -> Cast:  # fmt: skip
    """People and ties as a map draws them; a stand-in where no economic buyer is known.

    >>> people = pd.DataFrame({"person_id": ["C1"], "side": ["customer"]})
    >>> links = pd.DataFrame({"from_side": []})
    >>> cast_of(people, links, None, None, 60).people["person_id"].tolist()
    ['C1', '?economic']
    """
    full = people.drop_duplicates("person_id", keep="last").reset_index(drop=True)
    for column in ("level", "influence", "support", "function", "title", "buyer_types", "name"):
        if column not in full.columns:
            full[column] = None
    theirs = full[full["side"] == "customer"]
    order = pd.to_numeric(theirs["influence"]).astype(float).fillna(-1.0)
    kept = theirs.loc[order.sort_values(ascending=False, kind="stable").index[:limit]]
    kept = theirs.loc[[i for i in theirs.index if i in set(kept.index)]]
    left = gone if gone is not None else pd.DataFrame({"person_id": []})
    parts = [kept.assign(level=kept["level"].astype(object))]
    if ghost and not any("economic" in tags(v) for v in kept["buyer_types"]):
        parts.append(pd.DataFrame({"person_id": [GHOST], "level": [5], "side": ["customer"]}))
    if len(left):
        parts.append(left.assign(level=GONE_LEVEL, side="customer"))
    table = pd.concat([p.astype(object) for p in parts], ignore_index=True)
    table["influence"] = pd.to_numeric(table["influence"])
    rows = {str(r["person_id"]): r for r in table.to_dict("records")}
    us, rivals = (full.loc[full["side"] == s] for s in ("us", "competitor"))
    rows |= {str(r["person_id"]): r for side in (us, rivals) for r in side.to_dict("records")}
    table["person_id"] = table["person_id"].astype(str)
    own = {str(k): str(v) for k, v in (names or {}).items()}
    shown = {p: own.get(p) or _name(r, p) for p, r in rows.items()}
    cast = Cast(table, [], rows, shown, [str(p) for p in us["person_id"]],
                [str(p) for p in rivals["person_id"]], {str(p) for p in left["person_id"]},
                left_out=len(theirs) - len(kept))  # fmt: skip
    add_ties(cast, links, left)
    return cast


def _name(row: Mapping[Any, Any], person: str) -> str:
    value = row.get("name")
    return value if isinstance(value, str) and value else person


def add_ties(cast: Cast, links: pd.DataFrame, gone: pd.DataFrame) -> None:
    """Ties between people of the map, each once; those of people who left come from ``gone``."""
    here = set(cast.people["person_id"])
    sides = {"us": set(cast.us), "competitor": set(cast.rivals), "customer": here}
    found: dict[tuple[str, ...], Tie] = {}
    for row in links.to_dict("records"):
        side, bond = str(row["from_side"]), str(row.get("bond") or "value")
        one, other, strength = str(row["from_id"]), str(row["to_id"]), grade(row["strength"]) or 0
        if one == other or side not in sides or one not in sides[side] or other not in here:
            continue
        if not strength:
            cast.idle += 1
            continue
        key = (*(sorted((one, other)) if side == "customer" else (one, other)), bond)
        tie = Tie(one, other, side, bond, min(strength, 4))
        if key not in found or found[key].strength < strength:
            found[key] = tie
    for row in gone.to_dict("records"):
        strength = grade(row.get("strongest")) or 0
        for owner in tags(row.get("known_by")) if strength else ():
            if owner in cast.us and (owner, str(row["person_id"])) not in {k[:2] for k in found}:
                person = str(row["person_id"])
                found[(owner, person, "value")] = Tie(owner, person, "us", "value", strength)
    cast.ties = list(found.values())


def scene_of(cast: Cast) -> Scene:
    """Everything's place on the map."""
    columns = columns_for([theme.text_width(cast.names[p], 10, "bold") for p in cast.staying])
    links = [(k.owner, k.person, float(k.strength)) for k in cast.ties]
    rows = arrange(cast.people, links, us=cast.us, rivals=cast.rivals, columns=columns)
    return scene(rows, cast.ties, us=cast.us, rivals=cast.rivals, columns=columns)
