"""Which orders to work on, and whether a large project or bid is worth going on with."""

from __future__ import annotations

from kamkit.methods.projects.answers import ANSWERS, EVIDENCE, answer_table, question_table
from kamkit.methods.projects.bids import BidEconomics, bid_economics
from kamkit.methods.projects.cases import BidCase, bid_case, effort_case
from kamkit.methods.projects.contract_check import (
    ContractCheck,
    contract_check,
    contract_findings,
)
from kamkit.methods.projects.decision_tree import (
    DecisionTree,
    decision_tree,
    probability_impact,
)
from kamkit.methods.projects.delivery import DeliveryStatus, delivery_status, slip_steps
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

__all__ = [
    "ANSWERS",
    "EVIDENCE",
    "BidCase",
    "BidEconomics",
    "ContractCheck",
    "DecisionTree",
    "DeliveryStatus",
    "GateReview",
    "LateChange",
    "OrderPriority",
    "Qualification",
    "ValueOfInformation",
    "answer_table",
    "bid_case",
    "bid_economics",
    "contract_check",
    "contract_findings",
    "decision_tree",
    "delivery_status",
    "effort_case",
    "gate_review",
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
    "value_of_information",
]
