"""Policy as data: classification schemes, the criteria library, KAM functions and cards."""

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
from kamkit.schemes.registry import (
    load_scheme,
    read_scheme,
    scheme_ids,
    with_binding,
    with_cutoffs,
)
from kamkit.schemes.service import service_hours

__all__ = [
    "Binding",
    "Condition",
    "Criterion",
    "Cutoff",
    "Derived",
    "Field",
    "Item",
    "KamFunction",
    "KamPoint",
    "Member",
    "OpenCase",
    "Scheme",
    "Selection",
    "cards",
    "criteria",
    "field_labels",
    "fields",
    "kam_functions",
    "load_scheme",
    "read_scheme",
    "scheme_ids",
    "schemes_in_force",
    "selection",
    "selections",
    "service_hours",
    "with_binding",
    "with_cutoffs",
]
