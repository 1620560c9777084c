"""Ratings of people: agreement, reliability, severity, halo, sources, nine-box."""

from kamkit.methods.raters.icc import Icc, IccChoice, icc, icc_form
from kamkit.methods.raters.inputs import wide_scores
from kamkit.methods.raters.kappa import category_counts, cohen_kappa, fleiss_kappa
from kamkit.methods.raters.kendall import kendall_w
from kamkit.methods.raters.krippendorff import krippendorff_alpha
from kamkit.methods.raters.multisource import multisource, self_other_gap
from kamkit.methods.raters.nine_box import nine_box
from kamkit.methods.raters.reliability import (
    raters_needed,
    spearman_brown,
    standard_error_of_measurement,
)
from kamkit.methods.raters.severity import Severity, rater_severity
from kamkit.methods.raters.spread import central_tendency, halo
from kamkit.methods.raters.validity import RatedAchieved, rated_vs_achieved
from kamkit.methods.raters.variance import rating_variance

__all__ = [
    "Icc",
    "IccChoice",
    "RatedAchieved",
    "Severity",
    "category_counts",
    "central_tendency",
    "cohen_kappa",
    "fleiss_kappa",
    "halo",
    "icc",
    "icc_form",
    "kendall_w",
    "krippendorff_alpha",
    "multisource",
    "nine_box",
    "rated_vs_achieved",
    "rater_severity",
    "raters_needed",
    "rating_variance",
    "self_other_gap",
    "spearman_brown",
    "standard_error_of_measurement",
    "wide_scores",
]
