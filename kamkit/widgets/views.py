"""Views of a result: what a lesson shows of it, without a line of logic in the lesson."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kamkit.i18n import cell_text, interval, is_number_column, label, listed, money, number, t
from kamkit.widgets.tables import TableView, table_view

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.widgets.what_if import View


def part_of(result: Any, part: str) -> Any:
    """A part of a result by its dotted name; "" is the result itself.

    >>> part_of("account", "")
    'account'
    """
    return attrgetter(part)(result) if part else result


def rows_where(table: pd.DataFrame, where: Mapping[str, Any] | None) -> pd.DataFrame:
    """The rows whose columns hold the wanted value, or one of a list of wanted values.

    >>> import pandas as pd
    >>> rows_where(pd.DataFrame({"a": [1, 2, 3]}), {"a": [1, 3]})["a"].tolist()
    [1, 3]
    """
    kept = table
    for column, wanted in (where or {}).items():
        many = isinstance(wanted, list | tuple | set)
        kept = kept[kept[column].isin(list(wanted)) if many else kept[column] == wanted]
    return kept


def picture(
    plot: Callable[..., Any],
    part: str = "",
    *,
    also: Mapping[str, str] | None = None,
    where: Mapping[str, Any] | None = None,
    **options: Any,
) -> View:
    """A view that draws ``plot(result.<part>, **options)``.

    ``also`` hands further parts of the result to the chart: option → part, such as
    ``{"summary": "summary"}``. ``where`` keeps some rows of the part (see ``rows_where``).

    >>> view = picture(lambda table, *, lang: f"{table} {lang}", "imag", lang="en")
    >>> view(2 + 3j)
    '3.0 en'
    """
    more = dict(also or {})

    def show(result: Any) -> Any:
        taken = {option: part_of(result, name) for option, name in more.items()}
        return plot(rows_where(part_of(result, part), where), **taken, **options)

    return show


def rows(
    part: str = "",
    *,
    lang: str,
    where: Mapping[str, Any] | None = None,
    sort: str = "",
    names: Mapping[str, str] | None = None,
    sections: Mapping[str, str] | None = None,
    titles: Mapping[str, str] | None = None,
    **options: Any,
) -> View:
    """A view that shows a part of the result by :func:`table_view` with these options.

    ``where`` keeps some rows, ``sort`` names a column to sort them by, smallest first;
    ``names`` and ``sections`` put ids and keys into words (see :func:`worded`); ``titles`` gives
    columns other names, where the usual heading would mislead.
    """

    def show(result: Any) -> TableView:
        kept = rows_where(part_of(result, part), where)
        kept = kept.sort_values(sort, kind="stable") if sort else kept
        said = worded(kept, lang, names=names, sections=sections).rename(columns=titles or {})
        return table_view(said, lang=lang, **options)

    return show


# Catalog sections of the keys that the portfolio methods return, by column.
SECTIONS = {
    "variant": "variant",
    "question": "question",
    "part": "item",
    "item": "item",
    "period": "period",
    "rule": "rule",
    "negative_under": "rule",
    "driver": "driver",
    "cause": "driver",
    "top_driver": "driver",
    "sign": "sign",
    "proposal": "disposition",
    "from_box": "box",
    "to_box": "box",
    "flips": "box_change",
    "factor": "factor",
    "trend": "trend",
    "alarm": "alarm",
    "verdict": "verdict",
    "time_given": "time_given",
    "relation": "relation",
}


def worded(
    table: pd.DataFrame,
    lang: str,
    *,
    names: Mapping[str, str] | None = None,
    sections: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A copy whose account ids read as names and whose keys read as words.

    ``names`` gives account_id → name and puts a column ``name`` in its place. ``sections``
    gives column → catalog section of its keys, beside the usual ones; keys joined by "; " are
    put into words one by one, and a key that no catalog holds stays as it is.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"account_id": ["A"], "trend": ["up"]})
    >>> worded(table, "en", names={"A": "Acme"}).values.tolist()
    [['Acme', 'up']]
    """
    shown = table.copy()
    for column, section in (SECTIONS | dict(sections or {})).items():
        if column in shown.columns:
            shown[column] = [
                listed(
                    (label(f"{section}.{key}", lang, key) for key in str(value).split("; ")), lang
                )
                for value in shown[column]
            ]
    if names is not None and "account_id" in shown.columns:
        shown["account_id"] = [names.get(str(i), str(i)) for i in shown["account_id"]]
        shown = shown.drop(columns="name", errors="ignore").rename(columns={"account_id": "name"})
    return shown


def sentences(part: str, section: str, *, lang: str, currency: str = "") -> View:
    """A view of a table of notes: one sentence a row, from ``<section>.<note>`` in the catalogs.

    Needs columns: note; ``accounts`` and ``value`` (money) fill the sentence where there are any.
    """

    def show(result: Any) -> TableView:
        lines = []
        for row in part_of(result, part).to_dict("records"):
            given = {"accounts": number(row.get("accounts"), lang)}
            given["value"] = money(row.get("value"), currency, lang)
            words = t(f"{section}.{row['note']}", lang, **given)
            lines.append(f"<li>{escape(words)}</li>")
        return TableView(f"<ul>{''.join(lines)}</ul>" if lines else "")

    return show


def account_names(accounts: pd.DataFrame, lang: str) -> dict[str, str]:
    """Display name of every account: in the reader's language, else the recorded name, else id.

    Needs columns: account_id; name_zh, name_en and name where there are any.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"account_id": ["A", "B"], "name": ["Heron", None]})
    >>> account_names(table, "zh")
    {'A': 'Heron', 'B': 'B'}
    """
    ids = accounts["account_id"].astype(str)
    shown = ids
    for column in ("name", f"name_{lang}"):
        if column in accounts.columns:
            shown = accounts[column].astype("str").fillna(shown)
    return dict(zip(ids, shown, strict=True))


@dataclass(frozen=True)
class KeyFigures:
    """A small table as Markdown: short enough to keep and compare with a notebook."""

    markdown: str

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("|", "/").replace("$", "\\$") for c in cells) + " |"


def _figure(column: str, row: Mapping[str, Any], lang: str, currency: str) -> str:
    if column == "interval" and "measure" not in row:
        shares = "agreement" in row or any(c in row for c in ("share", "rate"))
        return interval(row["low"], row["high"], lang, 0 if shares else 2, share=shares)
    return cell_text(column, row.get(column), row, lang, currency)


def key_figures(
    table: pd.DataFrame,
    *,
    lang: str,
    currency: str = "",
    columns: Iterable[str] = ("measure", "value", "interval", "n"),
    measures: Iterable[str] | None = None,
) -> KeyFigures:
    """The figures that a lesson rests on, in words and numbers of the reader's language.

    ``measures`` chooses rows of a measure table, in this order; the column "interval" joins its
    low and high. Absent columns and measures are left out.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"measure": ["hhi"], "value": [0.26], "low": [0.2], "high": [0.3],
    ...                       "n": [12]})
    >>> print(key_figures(table, lang="en", columns=["value", "interval"]))
    | Value | Interval |
    | ---: | ---: |
    | 0.26 | 0.20–0.30 |
    """
    chosen = table
    if measures is not None:
        wanted = [m for m in measures if m in set(table["measure"])]
        chosen = table.set_index("measure").loc[wanted].reset_index()
    known = [c for c in columns if c in chosen.columns or (c == "interval" and "low" in chosen)]
    sides = ["---:" if c == "interval" or is_number_column(chosen[c]) else ":---" for c in known]
    lines = [_line(label(f"column.{c}", lang) for c in known), _line(sides)]
    lines += [
        _line(_figure(c, row, lang, currency) for c in known)
        for row in ({str(k): v for k, v in r.items()} for r in chosen.to_dict("records"))
    ]
    return KeyFigures("\n".join(lines))
