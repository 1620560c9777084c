"""How one value of a result table reads: by its column's name and the row's measure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kamkit.i18n.catalog import label, t
from kamkit.i18n.formats import day, interval, money, money_column, number, percent

if TYPE_CHECKING:
    import pandas as pd

SHARES = ("share", "rate", "margin", "coverage", "acceptability", "probability", "growth", "cagr")
MONEY = (
    "revenue",
    "sales",
    "amount",
    "cost",
    "profit",
    "income",
    "spend",
    "headroom",
    "money",
    "turnover",
    "wallet",
    "premium_income",
    "lifetime_value",
)
KEYED = ("measure", "member", "scheme", "status", "reason", "box", "quadrant", "finding", "action")
MOST_CHARACTERS = 160


def _ends(column: str, words: tuple[str, ...]) -> bool:
    return any(column == word or column.endswith(f"_{word}") for word in words)


@cache
def _named_kinds() -> dict[str, str]:
    text = files("kamkit.i18n").joinpath("kinds.toml").read_text(encoding="utf-8")
    return {name: kind for kind, names in tomllib.loads(text).items() for name in names}


def kind_of(column: str) -> str:
    """Kind of a column or figure by the naming rules: share, money, day, key, flag or plain.

    >>> kind_of("cumulative_share"), kind_of("net_income"), kind_of("last_contact_on")
    ('share', 'money', 'day')
    """
    if column in _named_kinds():
        return _named_kinds()[column]
    if _ends(column, SHARES) or column.startswith("share_"):
        return "share"
    if _ends(column, MONEY) or column.split("_")[0] in ("revenue", "profit", "income"):
        return "money"
    if column.endswith("_on") or column in ("date", "as_of"):
        return "day"
    return "key" if column in KEYED else "plain"


def column_texts(
    table: pd.DataFrame,
    heading: str,
    column: str,
    lang: str,
    currency: str,
    kinds: Mapping[str, str] | None = None,
) -> tuple[str, list[str]]:
    """Heading and cells of one column; amounts stand in one unit, which the heading names.

    >>> import pandas as pd
    >>> column_texts(pd.DataFrame({"revenue": [2e7, 5e5]}), "Sales", "revenue", "zh", "CNY")
    ('Sales（万元）', ['2,000', '50'])
    """
    kind = (kinds or {}).get(column) or kind_of(column)
    if kind == "money" and is_number_column(table[column]) and "measure" not in table.columns:
        unit, cells = money_column(table[column], currency, lang)
        named = t("chart.axis.with_unit", lang, label=heading, unit=unit) if unit else heading
        return named, cells
    rows = records(table)
    return heading, [cell_text(column, row[column], row, lang, currency, kinds) for row in rows]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings from column name to value."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def is_number_column(column: pd.Series) -> bool:
    """Whether a column is set flush right."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))


def plain_text(value: Any, *, most: int = MOST_CHARACTERS) -> str:
    """Text from data on one line, without control characters, cut at a readable length.

    >>> plain_text("a\\nb" + "x" * 500)[-2:]
    'x…'
    """
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= most else text[: most - 1] + "…"


def cell_text(
    column: str,
    value: Any,
    row: Mapping[str, Any],
    lang: str,
    currency: str,
    kinds: Mapping[str, str] | None = None,
) -> str:
    """One cell as its reader writes it; missing is a dash.

    ``kinds`` names the kind of columns whose name leaves it open, such as ``value``.

    >>> cell_text("share", 0.6006, {}, "en", "USD")
    '60.1%'
    """
    kind = (kinds or {}).get(column) or kind_of(column)
    if column in ("value", "low", "high", "interval", "before", "after") and "measure" in row:
        kind = kind_of(str(row["measure"]))
        if column == "interval":
            return _interval_text(kind, row, lang, currency)
    if kind == "key" and isinstance(value, str):
        return label(f"{column}.{value}", lang, plain_text(value))
    return _written(kind, value, lang, currency)


def _interval_text(kind: str, row: Mapping[str, Any], lang: str, currency: str) -> str:
    if row["low"] != row["low"] or row["high"] != row["high"]:
        return number(None, lang)
    if kind == "money":
        unit, ends = money_column([row["low"], row["high"]], currency, lang)
        span = ends[0] if ends[0] == ends[1] else "–".join(ends)
        return f"{span}{unit}" if lang == "zh" else f"{unit} {span}"
    low, high = row["low"], row["high"]
    digits = 0 if kind == "share" else max(_digits(low), _digits(high))
    return interval(low, high, lang, digits, share=kind == "share")


def _whole(value: Any) -> bool:
    return float(value).is_integer()


def _written(kind: str, value: Any, lang: str, currency: str) -> str:
    if isinstance(value, bool) or (kind == "flag" and value == value):
        return label("word.yes" if value else "word.no", lang)
    if kind == "day":
        return day(value, lang)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list | tuple | set):
        return ("、" if lang == "zh" else ", ").join(plain_text(part) for part in value)
    if value is None or value != value:
        return number(None, lang)
    if kind == "share":
        return percent(value, lang)
    if kind == "money":
        return money(value, currency, lang)
    return number(value, lang, _digits(value))


def _digits(value: float) -> int:
    """None for whole numbers and large ones, three for small ones."""
    if _whole(value) or abs(value) >= 1000:
        return 0
    return 2 if abs(value) >= 0.1 else 3


def sentence_values(values: Mapping[str, Any], lang: str, currency: str) -> dict[str, str]:
    """Figures of a finding, written for its sentence by their names.

    >>> sentence_values({"top_share": 0.6, "accounts": 18}, "en", "USD")
    {'top_share': '60%', 'accounts': '18'}
    """
    return {name: _in_sentence(name, value, lang, currency) for name, value in values.items()}


def _in_sentence(name: str, value: Any, lang: str, currency: str) -> str:
    kind = kind_of(name)
    if isinstance(value, str):
        return (
            label(f"{name}.{value}", lang, plain_text(value))
            if kind == "key"
            else plain_text(value)
        )
    return percent(value, lang, 0) if kind == "share" else _written(kind, value, lang, currency)
