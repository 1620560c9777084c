"""What service an account is promised and gets: levels, rhythm, complaints, feedback, care."""

from __future__ import annotations

from kamkit.methods.service.audit import service_audit
from kamkit.methods.service.cadence import VisitCadence, process_due, visit_cadence
from kamkit.methods.service.cases import service_case
from kamkit.methods.service.complaints import (
    ComplaintPareto,
    complaint_pareto,
    found_first_share,
)
from kamkit.methods.service.feedback import ClosedLoop, closed_loop
from kamkit.methods.service.inputs import account_tiers
from kamkit.methods.service.maintenance import (
    PRACTICES,
    TACTICS,
    MaintenanceScorecard,
    maintenance_scorecard,
    practice_profile,
)
from kamkit.methods.service.matrix import ServiceMatrix, service_matrix
from kamkit.methods.service.promises import (
    PromiseCheck,
    promised_days,
    promised_vs_delivered,
)
from kamkit.methods.service.resolve import TimeToResolve, repeat_rate, time_to_resolve
from kamkit.methods.service.uptake import ServiceUptake, service_uptake

__all__ = [
    "PRACTICES",
    "TACTICS",
    "ClosedLoop",
    "ComplaintPareto",
    "MaintenanceScorecard",
    "PromiseCheck",
    "ServiceMatrix",
    "ServiceUptake",
    "TimeToResolve",
    "VisitCadence",
    "account_tiers",
    "closed_loop",
    "complaint_pareto",
    "found_first_share",
    "maintenance_scorecard",
    "practice_profile",
    "process_due",
    "promised_days",
    "promised_vs_delivered",
    "repeat_rate",
    "service_audit",
    "service_case",
    "service_matrix",
    "service_uptake",
    "time_to_resolve",
    "visit_cadence",
]
