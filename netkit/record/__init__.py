"""The platform's own record of what you answered: answers of its portability interface, and how to ask."""

from netkit.record.answers import Answers, Page, read_answers
from netkit.record.invitation_events import Event
from netkit.record.json_nodes import looks_like_json

__all__ = ["Answers", "Event", "Page", "looks_like_json", "read_answers"]
