"""Words, numbers and dates in Chinese and English."""

from kamkit.i18n.catalog import LANGUAGES, catalog, default_language, label, t, terms
from kamkit.i18n.cells import (
    cell_text,
    column_texts,
    is_number_column,
    plain_text,
    records,
    sentence_values,
)
from kamkit.i18n.formats import (
    day,
    interval,
    listed,
    money,
    money_column,
    money_unit,
    number,
    percent,
)
from kamkit.i18n.problems import describe, problem_table

__all__ = [
    "LANGUAGES",
    "catalog",
    "cell_text",
    "column_texts",
    "day",
    "default_language",
    "describe",
    "interval",
    "is_number_column",
    "label",
    "listed",
    "money",
    "money_column",
    "money_unit",
    "number",
    "percent",
    "plain_text",
    "problem_table",
    "records",
    "sentence_values",
    "t",
    "terms",
]
