"""The card of a stage: its evidence and the seven fields, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kamkit.i18n import label
from kamkit.widgets.tables import TableView, table_view

if TYPE_CHECKING:
    from kamkit.schemes import Stage
    from kamkit.widgets.what_if import View


def stage_card(*, lang: str) -> View:
    """A view of a stage: entry and exit evidence, then the fields of its card, a line each.

    >>> from kamkit.schemes import load_ladder
    >>> "Exit evidence" in stage_card(lang="en")(load_ladder("house").stage("qualified")).html
    True
    """

    def show(stage: Stage) -> TableView:
        import pandas as pd

        parts: dict[str, Any] = {"entry": stage.entry, "exit": stage.exit, **stage.card}
        lines = [
            (label(f"stage_card.{field}", lang) if i == 0 else "", text[lang])
            for field, texts in parts.items()
            for i, text in enumerate(texts)
        ]
        table = pd.DataFrame(lines, columns=["card_field", "card_text"])
        return table_view(table, lang=lang, most=None)

    return show
