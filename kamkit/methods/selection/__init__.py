"""Who is a key account: classification, concentration, criteria, weights and their stability."""

from kamkit.methods.selection.abc import abc_classes, abc_totals
from kamkit.methods.selection.agreement import Crosswalk, crosswalk, most_disputed
from kamkit.methods.selection.assign import classify
from kamkit.methods.selection.audit import SelfAudit, self_audit
from kamkit.methods.selection.basis import account_basis, basis_notes, mean_ratings
from kamkit.methods.selection.capacity import Capacity, capacity_check, capacity_limits
from kamkit.methods.selection.cases import (
    RuleCase,
    ahp_case,
    axes_case,
    capacity_case,
    classify_all,
    compare_case,
    concentration_case,
    key_readings,
    reading_counts,
    rule_case,
    verdict_table,
)
from kamkit.methods.selection.comparison import basis_change, concentration_change
from kamkit.methods.selection.criteria import criteria_scores
from kamkit.methods.selection.currency import currency_notes
from kamkit.methods.selection.hierarchy import ahp
from kamkit.methods.selection.ideal_point import topsis
from kamkit.methods.selection.identify import conversion_rate
from kamkit.methods.selection.pareto import concentration, concentration_summary
from kamkit.methods.selection.ratings import rating_cells, rating_errors, selection_criteria
from kamkit.methods.selection.reclassify import Reclassification, reclassification
from kamkit.methods.selection.rfm import rfm_codes, rfm_scores
from kamkit.methods.selection.screening import Screening, Step, screen
from kamkit.methods.selection.serving_effect import serving_effect
from kamkit.methods.selection.shortlist import (
    ShortList,
    group_weights,
    short_list,
)
from kamkit.methods.selection.stability import rank_acceptability
from kamkit.methods.selection.switches import switch_points, weight_lines
from kamkit.methods.selection.values import account_values
from kamkit.methods.selection.weights import (
    data_weights,
    direct_weights,
    equal_weights,
    roc_weights,
    swing_weights,
)

__all__ = [
    "Capacity",
    "Crosswalk",
    "Reclassification",
    "RuleCase",
    "Screening",
    "SelfAudit",
    "ShortList",
    "Step",
    "abc_classes",
    "abc_totals",
    "account_basis",
    "account_values",
    "ahp",
    "ahp_case",
    "axes_case",
    "basis_change",
    "basis_notes",
    "capacity_case",
    "capacity_check",
    "capacity_limits",
    "classify",
    "classify_all",
    "compare_case",
    "concentration",
    "concentration_case",
    "concentration_change",
    "concentration_summary",
    "conversion_rate",
    "criteria_scores",
    "crosswalk",
    "currency_notes",
    "data_weights",
    "direct_weights",
    "equal_weights",
    "group_weights",
    "key_readings",
    "mean_ratings",
    "most_disputed",
    "rank_acceptability",
    "rating_cells",
    "rating_errors",
    "reading_counts",
    "reclassification",
    "rfm_codes",
    "rfm_scores",
    "roc_weights",
    "rule_case",
    "screen",
    "selection_criteria",
    "self_audit",
    "serving_effect",
    "short_list",
    "swing_weights",
    "switch_points",
    "topsis",
    "verdict_table",
    "weight_lines",
]
