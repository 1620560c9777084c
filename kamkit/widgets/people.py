"""Tables about people: ids read as names, tags (a;b) as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from kamkit.i18n import label, listed, t
from kamkit.widgets.tables import TableView, table_view
from kamkit.widgets.views import account_names, part_of, rows_where, worded

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.widgets.what_if import View

PEOPLE = (
    *("person_id", "contact_id", "member_id", "from_id", "to_id", "start_id", "introducer_id"),
    *("competitor_id", "needed_member", "cut_person", "people", "path", "second_path", "known_by"),
    *("goal_of", "goal_owner", "owner_before", "owner_after"),
)
# Catalog sections of tags, by column.
TAGS = {
    "adds": "meeting_adds",
    "bond": "bond",
    "buyer_type": "buyer_type",
    "buyer_types": "buyer_type",
    "economic_buyer": "state",
    "flags": "contact_flag",
    "function": "contact_function",
    "goal_advice": "goal_advice",
    "goal_basis": "goal_basis",
    "goal_rule": "goal_rule",
    "goal_severity": "goal_severity",
    "goal_status": "goal_status",
    "phase": "phase",
    "phases": "phase",
    "phases_lost": "phase",
    "quota_bound": "goal_bound",
    "reasons": "entry_reason",
    "role": "entry_role",
    "side": "side",
    "route": "route",
    "way_out": "goal_way",
    "why": "meeting_why",
}


def person_names(contacts: pd.DataFrame, lang: str) -> dict[str, str]:
    """Display name of every contact: in the reader's language, else as recorded, else id.

    Needs columns: contact_id; name, name_zh, name_en where there are any.

    >>> import pandas as pd
    >>> person_names(pd.DataFrame({"contact_id": ["C1"], "name": ["Ada"]}), "zh")
    {'C1': 'Ada'}
    """
    found = contacts.drop(columns="account_id", errors="ignore")
    return account_names(found.rename(columns={"contact_id": "account_id"}), lang)


def people_words(
    table: pd.DataFrame,
    lang: str,
    *,
    names: Mapping[str, str],
    lists: Mapping[str, Mapping[str, str]] | None = None,
) -> pd.DataFrame:
    """A copy whose ids of people and accounts read as names and whose tags read as words.

    ``names``: id → name, of people and accounts alike; an id without a name stays. ``lists``:
    column → key → words, where the words are not in the catalogs (lists of a scheme). A key that
    nobody names stays as it is, and what is missing stays missing.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"people": ["C1;C2"], "phase": ["choose"]})
    >>> people_words(table, "en", names={"C1": "Ada", "C2": "Bo"}).values.tolist()
    [['Ada, Bo', 'choose']]
    """
    shown = table.copy()

    def word(column: str, key: str) -> str:
        if column in PEOPLE:
            return names.get(key, key)
        if lists and column in lists:
            return lists[column].get(key, key)
        name, _, who = key.partition(":")
        if who:
            return t(f"{TAGS[column]}.{name}", lang, name=names.get(who, who))
        return label(f"{TAGS[column]}.{key}", lang, key)

    for column in shown.columns:
        if column in PEOPLE or column in TAGS or column in (lists or {}):
            shown[column] = [
                listed((word(column, key.strip()) for key in cell.split(";")), lang)
                if isinstance(cell, str) and cell
                else None
                if cell == ""
                else cell
                for cell in shown[column]
            ]
    return worded(shown, lang, names=names)


def people_table(
    table: pd.DataFrame,
    *,
    lang: str,
    names: Mapping[str, str],
    lists: Mapping[str, Mapping[str, str]] | None = None,
    titles: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    empty: str = "",
    **options: Any,
) -> TableView:
    """A table in the words of :func:`people_words`.

    ``titles`` gives columns other headings; ``empty`` is what stands in the place of a table
    without rows; further options as in :func:`table_view`.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"contact_id": ["C1"]})
    >>> "Ada" in people_table(table, lang="en", names={"C1": "Ada"}).html
    True
    """
    if empty and table.empty:
        return TableView(f"<p>{escape(empty)}</p>")
    kept = table if columns is None else table[[c for c in columns if c in table.columns]]
    said = people_words(kept, lang, names=names, lists=lists).rename(columns=titles or {})
    return table_view(said, lang=lang, **options)


def people_rows(part: str = "", *, where: Mapping[str, Any] | None = None, **options: Any) -> View:
    """A view that shows a part of the result by :func:`people_table` with these options.

    ``where`` keeps some rows (see ``rows_where``).
    """

    def show(result: Any) -> TableView:
        return people_table(rows_where(part_of(result, part), where), **options)

    return show
