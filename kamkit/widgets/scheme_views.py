"""Views of results whose keys belong to a scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kamkit.charts.wording import in_words
from kamkit.i18n import t
from kamkit.widgets.tables import TableView, table_view
from kamkit.widgets.views import part_of, rows_where

if TYPE_CHECKING:
    from kamkit.schemes import Scheme
    from kamkit.widgets.what_if import View


def scheme_rows(
    part: str = "",
    *,
    lang: str,
    schemes: Sequence[Scheme] = (),
    names: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    **options: Any,
) -> View:
    """A view that shows a part of the result in words (:func:`in_words`) as a table."""

    def show(result: Any) -> TableView:
        kept = rows_where(part_of(result, part), where)
        if kept.empty:
            return TableView(f"<p>{t('widget.none', lang)}</p>")
        said = in_words(kept, lang=lang, schemes=schemes, names=names, columns=columns)
        return table_view(said, lang=lang, **options)

    return show
