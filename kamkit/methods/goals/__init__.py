"""Goals: shared out exactly, checked, followed, paid, and placed with people."""

from kamkit.methods.goals.bases import (
    BaseComparison,
    basis_figures,
    compare_bases,
    weights_from,
)
from kamkit.methods.goals.cascade import Cascade, cascade, cascade_ways
from kamkit.methods.goals.chance import Chance, attainment_chance
from kamkit.methods.goals.exact import apportion
from kamkit.methods.goals.lint import GoalLint, lint_goals
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
