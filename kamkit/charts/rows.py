"""Parts of charts with one row an account: values with intervals, words and brackets beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamkit.charts import theme
from kamkit.charts.stages import beside
from kamkit.charts.theme import MUTED, RULE
from kamkit.i18n import label, number, t
from kamkit.schemes.surveys import Survey, read_survey, survey_item

SIZE = 11.0


def signed(value: float, lang: str, digits: int = 1) -> str:
    """A number with its sign, − as a minus; what rounds to nothing has none.

    >>> signed(2.04, "en"), signed(-2.04, "en"), signed(-0.01, "en")
    ('+2.0', '−2.0', '0.0')
    """
    words = number(abs(value), lang, digits)
    if round(value, digits) == 0 or value != value:
        return words
    return ("+" if value > 0 else "−") + words


def signed_range(low: float, high: float, lang: str, digits: int = 1) -> str:
    """Both ends of an interval of a difference.

    >>> signed_range(-1, 3.5, "en")
    '−1.0 … +3.5'
    """
    return f"{signed(low, lang, digits)} … {signed(high, lang, digits)}"


def name_rows(ax: Axes, names: Sequence[str], *, spare: float = 0.6) -> None:
    """One row a name, the first on top.

    >>> fig, ax = theme.figure("half")
    >>> name_rows(ax, ["a", "b"])
    >>> ax.get_ylim()
    (np.float64(1.6), np.float64(-0.6))
    """
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 1 + spare, -spare)
    theme.value_grid(ax, "x")


def whiskers(
    ax: Axes, at: Any, table: pd.DataFrame, columns: Sequence[str], color: str, lw: float = 3.4
) -> None:
    """Intervals as thick pale lines; ``columns`` are their low and high end."""
    ax.hlines(at, table[columns[0]], table[columns[1]], color=color, lw=lw, alpha=0.45, zorder=2)


def column_words(
    ax: Axes, rows: Sequence[float], texts: Sequence[str], points: float, head: str = ""
) -> float:
    """Words in a column right of the axes under a heading; returns where the next may start.

    >>> fig, ax = theme.figure("half")
    >>> column_words(ax, [0], ["four"], 8) > 8
    True
    """
    place = beside(ax, points)
    for y, text in zip(rows, texts, strict=True):
        ax.text(1, y, text, transform=place, va="center", fontsize=SIZE, linespacing=1.3)
    if head:
        ax.annotate(head, (1, 1), xytext=(points, 2), xycoords="axes fraction", va="bottom",
                    textcoords="offset points", fontsize=SIZE, color=MUTED)  # fmt: skip
    lines = [line for text in (*texts, head) for line in text.split("\n")]
    return points + max((theme.text_width(x, SIZE) for x in lines), default=0.0) + 14


def tied_rows(ax: Axes, clusters: Sequence[Any], points: float, lang: str) -> None:
    """A line beside each run of rows that no border divides (``same_groups``), with its words.

    >>> fig, ax = theme.figure("half")
    >>> tied_rows(ax, [1, 1, 1, 1, 1, 2], 10, "en")
    >>> [words.get_text() for words in ax.texts]
    ['no ranking inside']
    """
    place, further = beside(ax, points), beside(ax, points + 9)
    words = t("chart.survey.same", lang)
    words = "\n".join(words) if lang == "zh" else words
    start = 0
    for i in range(1, len(clusters) + 1):
        if i < len(clusters) and clusters[i] == clusters[start]:
            continue
        if clusters[start] and i - start > 1:
            ax.plot([1, 1], [start - 0.3, i - 0.7], transform=place, color=RULE, lw=3,
                    clip_on=False)  # fmt: skip
            if i - start > 4:
                ax.text(1, (start + i - 1) / 2, words, transform=further, va="center",
                        color=MUTED, fontsize=SIZE, rotation=0 if lang == "zh" else 90,
                        linespacing=1.05)  # fmt: skip
        start = i


def chosen_wave(table: pd.DataFrame, wave: str | None, column: str = "wave") -> pd.DataFrame:
    """Rows of one wave, by default the last.

    >>> chosen_wave(pd.DataFrame({"wave": ["2025", "2026"]}), None)["wave"].tolist()
    ['2026']
    """
    if column not in table.columns or not len(table):
        return table
    wanted = table[column].max() if wave is None else wave
    return table[table[column] == wanted]


def dimension_name(dimension: object, lang: str, survey: Survey | None = None) -> str:
    """A dimension of a survey in words, "total" included.

    >>> dimension_name("trust", "zh"), dimension_name("total", "en")
    ('信任', 'Total score')
    """
    if dimension == "total":
        return t("chart.survey.total", lang)
    for found in (survey or read_survey("relationship_quality")).dimensions:
        if found.id == dimension:
            return found.label[lang]
    return label(f"dimension.{dimension}", lang, theme.data_text(dimension, 24))


def item_words(
    item: object, lang: str, survey: Survey | None = None, side: str = "customer"
) -> str:
    """An item as it is asked of one side, without its full stop; "R" marks a reversed one.

    >>> item_words("trust_1", "zh"), item_words("q7", "en")
    ('这家供应商说到做到', 'q7')
    """
    own = [i for i in survey.items if i.id == item] if survey is not None else []
    found = own[0] if own else survey_item(str(item))
    if found is None:
        return theme.data_text(item, 30)
    words: Mapping[str, str] = found.words.get(side) or next(iter(found.words.values()))
    text = words[lang].rstrip("。.")
    return t("chart.survey.reversed", lang, item=text) if found.reverse else text


def least_most(table: pd.DataFrame, columns: Sequence[str]) -> tuple[float, float]:
    """Smallest and largest finite value in some columns; 0 and 1 where there is none.

    >>> least_most(pd.DataFrame({"a": [1.0, 4.0], "b": [2.0, float("nan")]}), ["a", "b"])
    (1.0, 4.0)
    """
    values = table[list(columns)].to_numpy(float)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
