"""Small parts that the pictures of a team share: keys in words, rows, banners, signed shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit import schemes
from kamkit.charts import theme
from kamkit.charts.sources import constant, source_note
from kamkit.charts.theme import PAPER, WARN, Figure
from kamkit.i18n import label, percent, t

_POLICY = {
    "competency": "competencies", "duty": "duties", "kpi": "kpis", "training": "trainings",
    "pitfall": "pitfalls", "remedy": "remedies", "pulse_item": "pulse_items",
    "attribute": "team_attributes", "role": "role_cards", "pay_element": "pay_elements",
}  # fmt: skip


def key_name(kind: str, key: object, lang: str, width: int = 24) -> str:
    """A competency, KPI, duty … in words; an unknown one as the data has it.

    >>> key_name("kpi", "no_such", "en"), key_name("kpi", float("nan"), "en")
    ('no_such', '–')
    """
    ours = label(f"{kind}.{key}", lang, "") or _scheme_labels(kind).get(str(key), {}).get(lang, "")
    return ours or theme.data_text(key, width)


@cache
def _scheme_labels(kind: str) -> dict[str, Mapping[str, str]]:
    """Labels that the kit's own team policy gives to ids of a kind."""
    if kind not in _POLICY:
        return {}
    found: Any = getattr(schemes, _POLICY[kind])()
    entries = found.values() if isinstance(found, Mapping) else found
    return {entry.id: getattr(entry, "label", None) or entry.text for entry in entries}


def full_name(key: object, names: Mapping[str, str] | None) -> str:
    """Display name of an id, not yet made safe: for :func:`kamkit.charts.sheet.fit`.

    >>> full_name("a1", {"a1": "Aurora"}), full_name("a2", None)
    ('Aurora', 'a2')
    """
    return str((names or {}).get(str(key), key))


def row_chart(
    noun: str, rows: int, said: Mapping[str, str], lang: str, *, key: str = "title",
    per: float = 0.34, base: float = 3.0, **more: Any,
) -> tuple[Figure, Any]:  # fmt: skip
    """A page-wide figure with a place for each row, headed by ``chart.<noun>.<key>``."""
    return theme.figure(
        (10.0, base + per * max(rows, 2)), title=t(f"chart.{noun}.{key}", lang, **said),
        alt=t(f"chart.{noun}.alt", lang, **said), **more,
    )  # fmt: skip


def close(
    fig: Figure, lang: str, table: pd.DataFrame, n: float, *notes: str,
    variant: Iterable[object] = (), origin: Iterable[object] = (),
) -> Figure:  # fmt: skip
    """Footer: some sentences, then n, variant and origin of the table."""
    for words in notes:
        if words:
            theme.note(fig, words)
    source_note(fig, lang, n=n, variant=list(variant) or constant(table, "variant"),
                origin=list(origin) or constant(table, "origin"))  # fmt: skip
    return fig


def banner(ax: Axes, words: str, room: float = 430.0) -> None:
    """A framed warning above the rows."""
    ax.set_title(theme.wrap(words, room, 12, "bold"), color=WARN, fontsize=12, loc="left",
                 bbox={"facecolor": PAPER, "edgecolor": WARN, "pad": 4, "linewidth": 1.2},
                 pad=22)  # fmt: skip


def signed_share(share: float, lang: str, digits: int = 0) -> str:
    """A change as a percentage with its sign; what rounds to nothing has none.

    >>> signed_share(0.123, "en"), signed_share(-0.05, "en"), signed_share(0.001, "en")
    ('+12%', '−5%', '0%')
    """
    words = percent(abs(share), lang, digits)
    if share != share or round(share * 100, digits) == 0:
        return words
    return ("+" if share > 0 else "−") + words


def shares_of(values: Any, scale: str) -> np.ndarray:
    """Effects in log points as shares above or below expectation; others as they are.

    >>> shares_of([0.0], "log").tolist(), shares_of([2.0], "points").tolist()
    ([0.0], [2.0])
    """
    plain = np.asarray(values, dtype=float)
    return np.expm1(plain) if scale == "log" else plain


def of_column(table: pd.DataFrame, *names: str) -> pd.Series:
    """The first of some columns that the table has, else one of unknown values.

    >>> of_column(pd.DataFrame({"b": [1]}), "a", "b").tolist()
    [1]
    """
    for name in names:
        if name in table.columns:
            return table[name]
    return pd.Series(np.nan, index=table.index)


def by_size(table: pd.DataFrame, limit: int, column: str) -> pd.DataFrame:
    """The ``limit`` rows with the largest absolute value, in the table's order.

    >>> by_size(pd.DataFrame({"a": [1, -3, 2]}), 2, "a")["a"].tolist()
    [-3, 2]
    """
    if len(table) <= limit:
        return table.reset_index(drop=True)
    kept = table[column].abs().sort_values(ascending=False, kind="stable").index[:limit]
    return table.loc[table.index.isin(kept)].reset_index(drop=True)


def left_out(noun: str, shown: Sized, whole: Sized, lang: str) -> str:
    """A sentence where not all rows are drawn, else nothing."""
    if len(shown) >= len(whole):
        return ""
    return t("chart.people.shown", lang, shown=str(len(shown)), n=str(len(whole)),
             what=t(f"chart.{noun}.rows", lang))  # fmt: skip
