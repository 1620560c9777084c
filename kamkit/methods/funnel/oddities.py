"""What was odd in the tables, counted by deal, and how it was handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

QUALITY_COLUMNS = ["code", "n", "share", "examples", "handled"]
EXAMPLES = 3


@dataclass
class Oddities:
    """Findings while a history is built; ids in the order of the deals' own ids."""

    found: dict[str, tuple[int, list[str], str]] = field(default_factory=dict)

    def ids(self, code: str, ids: Any, handled: str, shown: Any = None) -> None:
        """Note a finding on these ids, with them or ``shown`` as examples; none, no finding."""
        names = pd.unique(pd.Series(ids).dropna().astype("str"))
        if len(names):
            examples = names if shown is None else pd.unique(pd.Series(shown).astype("str"))
            self.found[code] = (len(names), sorted(examples)[:EXAMPLES], handled)

    def at(self, code: str, where: NDArray[Any], ids: pd.Series, handled: str) -> None:
        """Note a finding on the deals at these positions, or where this mask holds."""
        places = np.flatnonzero(where) if where.dtype == bool else np.unique(where)
        if len(places):
            # Sorting all ids of a million deals only to show three is not worth its time.
            names = sorted(ids.iloc[places[:1000]].astype("str"))[:EXAMPLES]
            self.found[code] = (len(places), names, handled)

    def table(self, deals: int) -> pd.DataFrame:
        """The findings as ``DealHistory.quality``, the most frequent first."""
        rows = [
            (code, n, n / deals if deals else np.nan, "; ".join(names), handled)
            for code, (n, names, handled) in self.found.items()
        ]
        rows.sort(key=lambda row: (-row[1], row[0]))
        table = pd.DataFrame(rows, columns=QUALITY_COLUMNS)
        return table.astype({"n": "int64", "share": "float64"})


def state_oddities(
    deals: pd.DataFrame, stays: pd.DataFrame, as_of: pd.Timestamp, notes: Oddities
) -> None:
    """Findings that the finished tables show: paths, ages and amounts."""
    ids, amount = deals["opportunity_id"], deals["amount"].to_numpy(float)
    deal, move = stays["deal"].to_numpy(), stays["move"].cat.codes.to_numpy()
    names = {name: k for k, name in enumerate(stays["move"].cat.categories)}
    stage, top = stays["stage"].cat.codes.to_numpy(), len(stays["stage"].cat.categories) - 1
    notes.at("skipped", deal[move == names["skip"]], ids, "kept")
    notes.at("went_back", deal[move == names["back"]], ids, "kept")
    notes.at("reopened", deal[move == names["reopened"]], ids, "kept")
    notes.at("won_early", deal[(move == names["won"]) & (stage < top)], ids, "kept")
    starts = stays["seq"].to_numpy() == 1
    notes.at("starts_late", deal[starts & (stage > 0)], ids, "kept")
    notes.at("amount_missing", np.isnan(amount), ids, "kept")
    notes.at("amount_zero", amount == 0, ids, "kept")
    notes.at("amount_negative", amount < 0, ids, "kept")
    began = deals["created_on"].to_numpy("datetime64[D]")
    ended = deals["closed_on"].to_numpy("datetime64[D]")
    closed = ~np.isnat(ended)
    if closed.any():
        longest = (ended - began)[closed].max()
        age = np.datetime64(as_of, "D") - began
        notes.at("older_than_any_closed", ~closed & (age > longest), ids, "kept")
