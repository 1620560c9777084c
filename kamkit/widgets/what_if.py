"""Change a rule, see the consequence: controls beside a result that redraws."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Any

import ipywidgets as w

from kamkit.errors import KamkitError
from kamkit.i18n import describe, t
from kamkit.widgets.controls import Control
from kamkit.widgets.tables import TableView

View = Callable[[Any], Any]


def what_if(
    method: Callable[..., Any], controls: Sequence[Control], views: Sequence[View], *, lang: str
) -> w.VBox:
    """Controls, and under them the views of ``method(**values)``, redrawn on every change.

    ``method`` is handed in by the lesson with its tables bound (``functools.partial``), so
    widgets know no methods. Each view turns the result into a figure, a table view or text.
    A result is written into HTML values in one step, without a blank frame; an error shows
    as sentences in the reader's language, and the last good result stays.
    """
    panes = [w.HTML() for _ in views]
    message = w.HTML()

    def redraw(change: Any = None) -> None:
        try:
            result = method(**{c.name: c.read() for c in controls})
            drawn = [as_html(view(result)) for view in views]
        except KamkitError as error:
            message.value = f'<p role="alert"><b>{escape(describe(error, lang))}</b></p>'
            return
        message.value = ""
        for pane, html in zip(panes, drawn, strict=True):
            pane.value = html
        if change is not None:  # while a page loads, it waits for the next widget
            settle_memory()

    for control in controls:
        for widget in control.inputs:
            widget.observe(redraw, names="value")
    redraw()
    heading = w.HTML(f"<b>{t('widget.try', lang)}</b>")
    return w.VBox([heading, *(c.widget for c in controls), message, *panes])


@cache
def settle_memory() -> None:
    """Once a process: what is loaded by now stays, so the collector need not look at it again.

    A full collection takes a fifth of a second otherwise, in the middle of somebody's slider.
    """
    gc.collect()
    gc.freeze()


def as_html(shown: Any) -> str:
    """HTML of a figure (inline SVG), a table view or plain text.

    >>> as_html("5 < 6")
    '<p>5 &lt; 6</p>'
    """
    from kamkit.charts import theme  # loads matplotlib, which practice sheets don't need

    if isinstance(shown, theme.Figure):
        return theme.to_svg(shown)
    if isinstance(shown, TableView):
        return shown.html
    return f"<p>{escape(str(shown))}</p>"
