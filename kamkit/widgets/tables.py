"""A result table as its readers write it, in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kamkit.i18n import column_texts, is_number_column, label, t

if TYPE_CHECKING:
    import pandas as pd

_TABLE = "border-collapse:collapse;font-size:14px;line-height:1.45;margin:.4em 0"
_HEAD = "border-bottom:2px solid #1f2a37;padding:.25em .6em;text-align:{};vertical-align:bottom"
_CELL = "border-bottom:1px solid #d5dce4;padding:.2em .6em;text-align:{};vertical-align:top"


@dataclass(frozen=True)
class TableView:
    """HTML of a table; shows itself in a notebook."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def table_view(
    table: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    columns: Sequence[str] | None = None,
    most: int | None = 20,
    kinds: Mapping[str, str] | None = None,
) -> TableView:
    """A table with names, numbers, shares, money and days in the reader's language.

    Columns are named by ``column.<name>`` in the catalogs. ``most`` rows are shown; how many
    are left out is said below. ``kinds`` names the kind (money, share) of columns whose name
    leaves it open. Text from data is escaped.

    >>> import pandas as pd
    >>> "60.1%" in table_view(pd.DataFrame({"share": [0.6007]}), lang="en").html
    True
    """
    shown = table if columns is None else table[[c for c in columns if c in table.columns]]
    cut = shown if most is None else shown.head(most)
    sides = ["right" if is_number_column(cut[c]) else "left" for c in cut.columns]
    written = [
        column_texts(cut, label(f"column.{c}", lang), c, lang, currency, kinds) for c in cut.columns
    ]
    head = "".join(
        f'<th scope="col" style="{_HEAD.format(side)}">{escape(heading)}</th>'
        for (heading, _), side in zip(written, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL.format(side)}">{escape(cell)}</td>'
            for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in zip(*(cells for _, cells in written), strict=True)
    )
    rest = len(shown) - len(cut)
    more = f"<p>{escape(t('table.left_out', lang, count=rest))}</p>" if rest else ""
    return TableView(
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'
    )
