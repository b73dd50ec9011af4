"""The life of an introduction: asked, judged, permitted, made, followed up, and what came of it.

When introductions turn out well is said by `netkit.introductions.lessons`, which needs the statistics.
"""

from netkit.introductions.acquaintances import Acquaintance, acquaintance
from netkit.introductions.asked import ask_introduction
from netkit.introductions.calendar import calendar_text, write_calendar
from netkit.introductions.deciding import decide_introduction, undo_last_answer
from netkit.introductions.doors import Begun, begin_from, first_name, keep_letter, past_letters
from netkit.introductions.judging import Judged, judge_introduction, known_facts
from netkit.introductions.life import Life, Taken
from netkit.introductions.load import contact_load, contact_sentence, requester_record
from netkit.introductions.reading import read_life, read_lives
from netkit.introductions.reminding import due, reminders
from netkit.introductions.said import said_before
from netkit.introductions.states import State, StepKind, advised_step, states, step_kinds
from netkit.introductions.steps import take_step, undo_request, undo_step

__all__ = [
    "Acquaintance",
    "Begun",
    "Judged",
    "Life",
    "State",
    "StepKind",
    "Taken",
    "acquaintance",
    "advised_step",
    "ask_introduction",
    "begin_from",
    "calendar_text",
    "contact_load",
    "contact_sentence",
    "decide_introduction",
    "due",
    "first_name",
    "judge_introduction",
    "keep_letter",
    "known_facts",
    "past_letters",
    "read_life",
    "read_lives",
    "reminders",
    "requester_record",
    "said_before",
    "states",
    "step_kinds",
    "take_step",
    "undo_last_answer",
    "undo_request",
    "undo_step",
    "write_calendar",
]
