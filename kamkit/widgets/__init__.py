"""What trainees click: controls that recompute live, and tables that read well."""

from kamkit.widgets.controls import Control, choice, slider, switch, weights
from kamkit.widgets.tables import TableView, table_view
from kamkit.widgets.what_if import what_if

__all__ = [
    "Control",
    "TableView",
    "choice",
    "slider",
    "switch",
    "table_view",
    "weights",
    "what_if",
]
