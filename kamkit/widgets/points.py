"""The form of the self-audit: thirty-one points, each rated 0 to 4 or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from kamkit.i18n import t
from kamkit.schemes import kam_functions
from kamkit.widgets.controls import Control

if TYPE_CHECKING:
    import pandas as pd

_LEVELS = range(5)
# A scrolling column squeezes its rows to nothing unless they refuse to shrink.
_WHOLE = {"flex": "0 0 auto"}


def _row(text: str) -> tuple[w.HBox, w.ToggleButtons]:
    buttons = w.ToggleButtons(
        options=[("–", None), *((str(i), i) for i in _LEVELS)],
        value=None,
        style={"button_width": "2.2em"},
        layout=w.Layout(width="17em", flex="0 0 auto"),
    )
    words = w.Label(text, layout=w.Layout(width="30em", flex="1 1 auto"))
    words.tooltip = text
    return w.HBox([words, buttons], layout=_WHOLE), buttons


def audit_form(name: str, *, lang: str) -> Control:
    """All points of the function list, grouped; read as a table of point and score.

    Points that nobody rated are not in the table, so they never count as 0.

    >>> audit_form("ratings", lang="en").read().shape
    (0, 2)
    """
    buttons: dict[str, w.ToggleButtons] = {}
    rows: list[w.Widget] = []
    for number, function in enumerate(kam_functions(), 1):
        heading = f"<b>{number}  {function.labels[lang]}</b>"
        rows.append(w.HTML(heading, layout=_WHOLE))
        for point in function.points:
            row, buttons[point.id] = _row(point.labels[lang])
            rows.append(row)

    def read() -> pd.DataFrame:
        import pandas as pd

        given = [(p, float(b.value)) for p, b in buttons.items() if b.value is not None]
        return pd.DataFrame(given, columns=["point", "score"])

    size = w.Layout(max_height="26em", max_width="56em", overflow="auto")
    box = w.VBox([w.HTML(t("widget.audit", lang)), w.VBox(rows, layout=size)])
    return Control(name, box, tuple(buttons.values()), read)
