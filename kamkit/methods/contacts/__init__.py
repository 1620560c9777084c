"""People at the customer: who decides, who knows whom, and what a change of people would cost."""

from kamkit.methods.contacts.book import ContactBook, contact_book
from kamkit.methods.contacts.cases import (
    AccountCase,
    CadenceCase,
    ChangeCase,
    EntryCase,
    account_case,
    cadence_case,
    change_case,
    entry_case,
)
from kamkit.methods.contacts.centrality import centrality
from kamkit.methods.contacts.compare import NetworkChange, compare_networks
from kamkit.methods.contacts.coverage import coverage, coverage_of_all
from kamkit.methods.contacts.cuts import cut_people, cut_people_of_all, if_leaves
from kamkit.methods.contacts.decision import Decision, decision
from kamkit.methods.contacts.entry import EntryPlan, entry_plan
from kamkit.methods.contacts.entry_check import EntryCheck, call_plan, entry_check
from kamkit.methods.contacts.graph import TieGraph, cut_sizes, tie_graph
from kamkit.methods.contacts.map_cases import (
    MapCase,
    MeetingPlan,
    MeetingPlans,
    PathCase,
    map_case,
    meeting_plans,
    path_case,
    without,
)
from kamkit.methods.contacts.matrix import (
    ContactMatrix,
    buyer_type_coverage,
    contact_matrix,
    phase_coverage,
)
from kamkit.methods.contacts.meetings import coverage_after, next_meetings
from kamkit.methods.contacts.mirror import FunctionMirror, function_mirror
from kamkit.methods.contacts.network import ContactNetwork, contact_network, network_of
from kamkit.methods.contacts.overview import (
    HeadCounts,
    coverage_moves,
    focus_account,
    head_counts,
    thread_risks,
)
from kamkit.methods.contacts.paths import warm_paths
from kamkit.methods.contacts.profiles import Profiles, cadence, cadence_measures, profiles
from kamkit.methods.contacts.rivals import RivalTies, rival_ties
from kamkit.methods.contacts.sponsors import SponsorPairs, sponsor_pairs
from kamkit.methods.contacts.wheel import wheel

__all__ = [
    "AccountCase",
    "CadenceCase",
    "ChangeCase",
    "ContactBook",
    "ContactMatrix",
    "ContactNetwork",
    "Decision",
    "EntryCase",
    "EntryCheck",
    "EntryPlan",
    "FunctionMirror",
    "HeadCounts",
    "MapCase",
    "MeetingPlan",
    "MeetingPlans",
    "NetworkChange",
    "PathCase",
    "Profiles",
    "RivalTies",
    "SponsorPairs",
    "TieGraph",
    "account_case",
    "buyer_type_coverage",
    "cadence",
    "cadence_case",
    "cadence_measures",
    "call_plan",
    "centrality",
    "change_case",
    "compare_networks",
    "contact_book",
    "contact_matrix",
    "contact_network",
    "coverage",
    "coverage_after",
    "coverage_moves",
    "coverage_of_all",
    "cut_people",
    "cut_people_of_all",
    "cut_sizes",
    "decision",
    "entry_case",
    "entry_check",
    "entry_plan",
    "focus_account",
    "function_mirror",
    "head_counts",
    "if_leaves",
    "map_case",
    "meeting_plans",
    "network_of",
    "next_meetings",
    "path_case",
    "phase_coverage",
    "profiles",
    "rival_ties",
    "sponsor_pairs",
    "thread_risks",
    "tie_graph",
    "warm_paths",
    "wheel",
    "without",
]
