"""Your other files as evidence of acquaintance, read for who, how often and when, and nothing else."""

from netkit.evidence.acquaintance import Told
from netkit.evidence.traces import Owner

__all__ = ["Owner", "Told"]
