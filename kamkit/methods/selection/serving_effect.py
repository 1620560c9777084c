"""What an account's ratings say about the cost of serving it, beside what they say of its worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.selection.basis import mean_ratings
from kamkit.schemes import criteria

EFFECT_COLUMNS = [
    "account_id", "raises", "lowers", "n_raises", "n_lowers", "most_raising", "served_share",
    "agrees", "variant", "origin",
]  # fmt: skip


def serving_effect(
    ratings: pd.DataFrame, *, cost_to_serve: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How far an account's ratings speak for a high or a low cost to serve.

    High demands or strict certification count for an account in one scheme and burden it in
    another (X33). So the burden is shown on its own, never netted against a score.

    Needs columns: account_id, criterion, score (criterion_ratings). ``cost_to_serve``
    (optional): account_id, served_share (cost to serve on gross margin), the accounts of the
    method of that name: the measured figure beside the rated one.
    Returns columns: account_id, raises and lowers (0-100: mean rating of the criteria of the
    library whose high rating raises or lowers the cost; NaN where none is rated), n_raises,
    n_lowers (criteria rated), most_raising (the criterion rated highest among those that raise
    it), served_share (cost to serve on gross margin, NaN where not measured), agrees (it is on
    the same side of the median by rating and by measure; missing where either is), variant,
    origin. Accounts without any such rating are not in the table.
    Errors: missing columns.
    Source: S019, S023, X21, X33; arithmetic house.

    >>> table = pd.DataFrame({"account_id": "A", "criterion": ["quality_demands", "flexibility"],
    ...                       "score": [5, 3]})
    >>> serving_effect(table)[["raises", "lowers"]].values.tolist()
    [[100.0, 50.0]]
    """
    library = criteria()
    cells = mean_ratings(ratings)
    kind = {key: entry.serving for key, entry in library.items() if entry.serving}
    cells = cells[cells["criterion"].isin(list(kind))].copy()
    cells["kind"] = cells["criterion"].map(kind)
    ends = {key: (library[key].low, library[key].high) for key in kind}
    low = cells["criterion"].map({k: v[0] for k, v in ends.items()}).astype(float)
    high = cells["criterion"].map({k: v[1] for k, v in ends.items()}).astype(float)
    cells["points"] = 100 * (cells["rating"] - low) / (high - low)
    out = pd.DataFrame(index=pd.Index(cells["account_id"].unique(), name="account_id"))
    for name in ("raises", "lowers"):
        grouped = cells[cells["kind"] == name].groupby("account_id")["points"]
        out[name] = grouped.mean().reindex(out.index).astype(float)
        out[f"n_{name}"] = grouped.size().reindex(out.index, fill_value=0).astype(int)
    burden = cells[cells["kind"] == "raises"]
    burden = burden.sort_values(["points", "criterion"], ascending=[False, True])
    first = burden.drop_duplicates("account_id").set_index("account_id")["criterion"]
    named = first.reindex(out.index)
    out["most_raising"] = named.where(named.notna(), "").astype("str")
    return _beside(out, cost_to_serve).reset_index()[EFFECT_COLUMNS]


def _beside(out: pd.DataFrame, measured: pd.DataFrame | None) -> pd.DataFrame:
    table = out.assign(served_share=np.nan, variant="mean_of_ratings", origin="X33; X21; house")
    if measured is not None:
        share = measured.set_index("account_id")["served_share"]
        table["served_share"] = share.reindex(table.index).astype(float)
    known = table["raises"].notna() & table["served_share"].notna()
    sides = [
        table.loc[known, c] >= table.loc[known, c].median() for c in ("raises", "served_share")
    ]
    table["agrees"] = (sides[0] == sides[1]).reindex(table.index).astype("boolean")
    return table
