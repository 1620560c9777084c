"""Policy as data: classifications, criteria, stage ladders, question sets, content cards."""

from kamkit.schemes.criteria import (
    Criterion,
    Field,
    Selection,
    criteria,
    field_labels,
    fields,
    selection,
    selections,
)
from kamkit.schemes.functions import KamFunction, KamPoint, cards, kam_functions
from kamkit.schemes.in_force import schemes_in_force
from kamkit.schemes.model import (
    Binding,
    Condition,
    Cutoff,
    Derived,
    Item,
    Member,
    OpenCase,
    Scheme,
)
from kamkit.schemes.question_sets import (
    Question,
    QuestionGroup,
    QuestionSet,
    load_question_set,
    question_set_ids,
    read_question_set,
)
from kamkit.schemes.registry import (
    load_scheme,
    read_scheme,
    scheme_ids,
    with_binding,
    with_cutoffs,
)
from kamkit.schemes.sales_cards import SalesCard, sales_cards
from kamkit.schemes.service import service_hours
from kamkit.schemes.stage_check import CANONICAL, CARD_FIELDS
from kamkit.schemes.stage_names import ladder_for, read_stage_mapping, stage_ids
from kamkit.schemes.stages import (
    Ladder,
    Stage,
    ladder_ids,
    load_ladder,
    read_ladder,
    to_canonical,
)

__all__ = [
    "Binding",
    "CANONICAL",
    "CARD_FIELDS",
    "Condition",
    "Criterion",
    "Cutoff",
    "Derived",
    "Field",
    "Item",
    "KamFunction",
    "KamPoint",
    "Ladder",
    "Member",
    "OpenCase",
    "Question",
    "QuestionGroup",
    "QuestionSet",
    "SalesCard",
    "Scheme",
    "Selection",
    "Stage",
    "cards",
    "criteria",
    "field_labels",
    "fields",
    "kam_functions",
    "ladder_for",
    "ladder_ids",
    "load_ladder",
    "load_question_set",
    "load_scheme",
    "question_set_ids",
    "read_ladder",
    "read_question_set",
    "read_scheme",
    "read_stage_mapping",
    "sales_cards",
    "scheme_ids",
    "schemes_in_force",
    "selection",
    "selections",
    "service_hours",
    "stage_ids",
    "to_canonical",
    "with_binding",
    "with_cutoffs",
]
