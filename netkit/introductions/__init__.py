"""The life of an introduction: asked, judged, permitted, made, followed up, and what came of it."""

from netkit.introductions.acquaintance import Acquaintance, acquaintance
from netkit.introductions.asked import ask_introduction, find_person
from netkit.introductions.calendar import calendar_text, write_calendar
from netkit.introductions.due import due, reminders
from netkit.introductions.judging import Judged, judge_introduction, known_facts
from netkit.introductions.life import Life, Taken, read_life, read_lives
from netkit.introductions.load import contact_load, requester_record, said_before
from netkit.introductions.outcomes import Outcomes, fit_outcome_model, outcomes
from netkit.introductions.states import State, StepKind, states, step_kinds
from netkit.introductions.steps import take_step, undo_step

__all__ = [
    "Acquaintance",
    "Judged",
    "Life",
    "Outcomes",
    "State",
    "StepKind",
    "Taken",
    "acquaintance",
    "ask_introduction",
    "calendar_text",
    "contact_load",
    "due",
    "find_person",
    "fit_outcome_model",
    "judge_introduction",
    "known_facts",
    "outcomes",
    "read_life",
    "read_lives",
    "reminders",
    "requester_record",
    "said_before",
    "states",
    "step_kinds",
    "take_step",
    "undo_step",
    "write_calendar",
]
