"""The life of an introduction: asked, judged, permitted, made, followed up, and what came of it.

When introductions turn out well is said by `netkit.introductions.lessons`, which needs the statistics.
"""

from netkit.introductions.due_reminders import reminders, write_calendar
from netkit.introductions.introduction_facts import (
    Acquaintance,
    Judgement,
    acquaintance,
    connections_with,
    contact_load,
    contact_sentence,
    contact_wish,
    judge_introduction,
    known_facts,
    requester_record,
)
from netkit.introductions.life import (
    Life,
    State,
    StepKind,
    StepRecord,
    read_life,
    read_lives,
    states,
    step_for_action,
    step_kinds,
)
from netkit.introductions.received import (
    ANSWERS_TO_YOU,
    Brought,
    introducers,
    policy_to_you,
    read_message,
    receive_introduction,
)
from netkit.introductions.resting import Rest, look_again_on, resting, rests_until
from netkit.introductions.sent_letters import (
    ReusedLetter,
    first_name,
    keep_letter,
    past_letters,
    reuse_letter,
)
from netkit.introductions.steps import (
    StepError,
    ask_introduction,
    decide_introduction,
    take_step,
    try_step,
    undo_request,
    undo_step,
)

__all__ = [
    "ANSWERS_TO_YOU",
    "Acquaintance",
    "Brought",
    "Judgement",
    "Life",
    "Rest",
    "ReusedLetter",
    "State",
    "StepError",
    "StepKind",
    "StepRecord",
    "acquaintance",
    "ask_introduction",
    "connections_with",
    "contact_load",
    "contact_sentence",
    "contact_wish",
    "decide_introduction",
    "first_name",
    "introducers",
    "judge_introduction",
    "keep_letter",
    "known_facts",
    "look_again_on",
    "past_letters",
    "policy_to_you",
    "read_life",
    "read_lives",
    "read_message",
    "receive_introduction",
    "reminders",
    "requester_record",
    "resting",
    "rests_until",
    "reuse_letter",
    "states",
    "step_for_action",
    "step_kinds",
    "take_step",
    "try_step",
    "undo_request",
    "undo_step",
    "write_calendar",
]
