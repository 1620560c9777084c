"""Who can be compared with whom: raters are linked through what they rated in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from kamkit.errors import KamkitError, Problem
from kamkit.methods.shares import Ints

SHOWN = 6  # groups, links and names that a message spells out


def parts_of(cells: csr_array) -> Ints:
    """Part number of each rater (columns) linked through shared cells (rows); 0 the largest.

    >>> parts_of(csr_array(np.array([[1, 1, 0], [0, 0, 1]]))).tolist()
    [0, 0, 1]
    """
    if not cells.shape[1]:
        return np.zeros(0, dtype=np.int64)
    found = connected_components(cells.T @ cells, directed=False)[1]
    sizes = np.bincount(found)
    first = np.unique(found, return_index=True)[1]
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return np.asarray(place[found])


def missing_links(table: pd.DataFrame, part: Ints, raters: list[str]) -> list[tuple[str, str]]:
    """The fewest further ratings that link all raters: (rater, ratee), one for each part apart.

    In each part the rater with the most ratees takes on the person whom most raters of the
    first part have rated.
    """
    place = pd.Series(part, index=raters)
    of_row = table["rater_id"].map(place)
    pairs = table.assign(part=of_row)[["ratee_id", "rater_id", "part"]].drop_duplicates()
    known = pairs[pairs["part"] == 0].groupby("ratee_id").size().rename("size").reset_index()
    target = known.sort_values(["size", "ratee_id"], ascending=[False, True])["ratee_id"]
    counts = pairs.groupby(["part", "rater_id"]).size().rename("size").reset_index()
    counts = counts.sort_values(["part", "size", "rater_id"], ascending=[True, False, True])
    busiest = counts.drop_duplicates("part").set_index("part")["rater_id"]
    return [(str(busiest[k]), str(target.iloc[0])) for k in range(1, int(part.max()) + 1)]


def refuse_unlinked(table: pd.DataFrame, part: Ints, raters: list[str]) -> None:
    """Raise KamkitError raters_not_linked with the groups and the ratings that would link them."""
    count = int(part.max()) + 1 if len(part) else 0
    if count < 2:
        return
    names = np.array(raters)
    groups = [names[part == k].tolist() for k in range(min(count, SHOWN))]
    links = missing_links(table, part, raters)
    details = {
        "count": count,
        "groups": _cut([_cut(g, ", ") for g in groups] + [""] * (count - len(groups)), " | "),
        "links": _cut([f"{rater} → {ratee}" for rater, ratee in links], ", "),
        "needed": len(links),
    }
    raise KamkitError(Problem("raters_not_linked", "ratings", "rater_id", details=details))


def _cut(names: list[str], by: str) -> str:
    return by.join(names[:SHOWN]) + (f"{by}…" if len(names) > SHOWN else "")
