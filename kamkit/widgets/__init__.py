"""What trainees click: controls that recompute live, and tables that read well."""

from kamkit.charts.wording import in_words
from kamkit.widgets.controls import Control, choice, slider, switch, weights
from kamkit.widgets.exercise import ExerciseView, exercise
from kamkit.widgets.people import people_rows, people_table, people_words, person_names
from kamkit.widgets.points import audit_form
from kamkit.widgets.questions import question_form
from kamkit.widgets.rules import (
    hour_sliders,
    judgement,
    money_slider,
    roomy,
    rule_controls,
    scheme_choice,
)
from kamkit.widgets.scheme_views import scheme_rows
from kamkit.widgets.stage_cards import stage_card
from kamkit.widgets.tables import TableView, table_view
from kamkit.widgets.team_cards import anchor_card, leadership_card, one_of, role_card
from kamkit.widgets.views import (
    KeyFigures,
    account_names,
    key_figures,
    picture,
    rows,
    sentences,
    worded,
)
from kamkit.widgets.what_if import what_if

__all__ = [
    "Control",
    "ExerciseView",
    "KeyFigures",
    "TableView",
    "account_names",
    "anchor_card",
    "audit_form",
    "choice",
    "exercise",
    "hour_sliders",
    "in_words",
    "judgement",
    "key_figures",
    "leadership_card",
    "money_slider",
    "one_of",
    "people_rows",
    "people_table",
    "people_words",
    "person_names",
    "picture",
    "question_form",
    "role_card",
    "roomy",
    "rows",
    "rule_controls",
    "scheme_choice",
    "scheme_rows",
    "sentences",
    "slider",
    "stage_card",
    "switch",
    "table_view",
    "weights",
    "what_if",
    "worded",
]
