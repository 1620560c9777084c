"""Goals: shared out exactly, checked, followed, paid, and placed with people."""

from kamkit.methods.goals.bases import (
    BASES,
    BaseComparison,
    basis_figures,
    compare_bases,
    weights_from,
)
from kamkit.methods.goals.cascade import Cascade, cascade, cascade_ways
from kamkit.methods.goals.cases import (
    FAULTS,
    LintCase,
    PaceCase,
    SumsCase,
    adds_up_case,
    lint_case,
    pace_case,
    padded,
    year_months,
)
from kamkit.methods.goals.cases_pay import (
    PayBook,
    PayCase,
    PlacementBook,
    attainment_spread,
    pay_book,
    pay_case,
    placement_book,
    placement_case,
)
from kamkit.methods.goals.cases_programme import (
    ProgrammeBook,
    programme_book,
    programme_case,
    satisfaction_index,
)
from kamkit.methods.goals.cases_quota import (
    BasesCase,
    QuotaBook,
    QuotaCase,
    bases_case,
    more_accounts_case,
    quota_book,
    quota_case,
)
from kamkit.methods.goals.chance import Chance, attainment_chance
from kamkit.methods.goals.exact import apportion
from kamkit.methods.goals.lint import GoalLint, lint_goals
from kamkit.methods.goals.on_pace import goals_on_pace
from kamkit.methods.goals.pay import (
    Payout,
    PayoutCurve,
    pay_factor,
    pay_plan,
    payout_curve,
)
from kamkit.methods.goals.pay_simulation import PaySimulation, simulate_pay
from kamkit.methods.goals.programme import ProgrammeLimits, programme_goals, programme_limits
from kamkit.methods.goals.reassign import Reassignment, reassign_accounts
from kamkit.methods.goals.status import MboStatus, mbo_status
from kamkit.methods.goals.transport import Transport, transport, transport_ways
from kamkit.methods.goals.tree import CascadeTree, cascade_tree, draft_goals

__all__ = [
    "BASES",
    "FAULTS",
    "bases_case",
    "SumsCase",
    "LintCase",
    "BasesCase",
    "PaceCase",
    "QuotaBook",
    "QuotaCase",
    "adds_up_case",
    "lint_case",
    "more_accounts_case",
    "pace_case",
    "padded",
    "quota_book",
    "quota_case",
    "year_months",
    "PayBook",
    "PayCase",
    "PlacementBook",
    "attainment_spread",
    "pay_book",
    "pay_case",
    "placement_book",
    "placement_case",
    "ProgrammeBook",
    "programme_book",
    "programme_case",
    "satisfaction_index",
    "BaseComparison",
    "Cascade",
    "CascadeTree",
    "Chance",
    "GoalLint",
    "MboStatus",
    "PaySimulation",
    "Payout",
    "PayoutCurve",
    "ProgrammeLimits",
    "Reassignment",
    "Transport",
    "apportion",
    "attainment_chance",
    "basis_figures",
    "cascade",
    "cascade_tree",
    "cascade_ways",
    "compare_bases",
    "draft_goals",
    "goals_on_pace",
    "lint_goals",
    "mbo_status",
    "pay_factor",
    "pay_plan",
    "payout_curve",
    "programme_goals",
    "programme_limits",
    "reassign_accounts",
    "simulate_pay",
    "transport",
    "transport_ways",
    "weights_from",
]
