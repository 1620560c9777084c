"""Which orders to work on, and whether a large project or bid is worth going on with."""

from __future__ import annotations

from kamkit.methods.projects.answers import ANSWERS, EVIDENCE, answer_table, question_table
from kamkit.methods.projects.bid_calendar import BidCalendar, bid_calendar, step_table
from kamkit.methods.projects.bids import BidEconomics, bid_economics
from kamkit.methods.projects.cases import BidCase, bid_case, effort_case
from kamkit.methods.projects.change_log import ChangeLog, change_log
from kamkit.methods.projects.compliance import ComplianceMatrix, compliance_matrix
from kamkit.methods.projects.contract_check import (
    ContractCheck,
    contract_check,
    contract_findings,
)
from kamkit.methods.projects.control_chart import ControlChart, control_chart
from kamkit.methods.projects.decision_tree import (
    DecisionTree,
    decision_tree,
    probability_impact,
)
from kamkit.methods.projects.delivery import DeliveryStatus, delivery_status, slip_steps
from kamkit.methods.projects.gate_answers import GateReviews, gate_inputs, gate_reviews
from kamkit.methods.projects.gates import GateReview, gate_review, skills_audit
from kamkit.methods.projects.late_change import LateChange, late_change
from kamkit.methods.projects.priority import OrderPriority, order_priority, resource_shares
from kamkit.methods.projects.qualification import (
    Qualification,
    open_questions,
    qualification,
    qualification_list,
)
from kamkit.methods.projects.unknowns import ValueOfInformation, value_of_information
from kamkit.methods.projects.working_days import WorkingDays

__all__ = [
    "ANSWERS",
    "EVIDENCE",
    "BidCalendar",
    "BidCase",
    "BidEconomics",
    "ChangeLog",
    "ComplianceMatrix",
    "ContractCheck",
    "ControlChart",
    "DecisionTree",
    "DeliveryStatus",
    "GateReview",
    "GateReviews",
    "LateChange",
    "OrderPriority",
    "Qualification",
    "ValueOfInformation",
    "WorkingDays",
    "answer_table",
    "bid_calendar",
    "bid_case",
    "bid_economics",
    "change_log",
    "compliance_matrix",
    "contract_check",
    "contract_findings",
    "control_chart",
    "decision_tree",
    "delivery_status",
    "effort_case",
    "gate_inputs",
    "gate_review",
    "gate_reviews",
    "late_change",
    "open_questions",
    "order_priority",
    "probability_impact",
    "qualification",
    "qualification_list",
    "question_table",
    "resource_shares",
    "skills_audit",
    "slip_steps",
    "step_table",
    "value_of_information",
]
