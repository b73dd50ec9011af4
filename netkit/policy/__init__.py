"""Policies: load one by name or path, and let it judge, explain, test and check itself."""

from netkit.policy.decider import Decision
from netkit.policy.decision_trace import Change, Trace, explain
from netkit.policy.loaded_policy import POLICIES, Policy, load_policy, policy_in_office, shipped_policies
from netkit.policy.situations import SituationRun, run_situations
from netkit.policy.static_check import CheckReport, Defect, Parting, check, difference

__all__ = [
    "POLICIES",
    "Change",
    "CheckReport",
    "Decision",
    "Defect",
    "Parting",
    "Policy",
    "SituationRun",
    "Trace",
    "check",
    "difference",
    "explain",
    "load_policy",
    "policy_in_office",
    "run_situations",
    "shipped_policies",
]
