"""Introductions that you receive, typed or read in a message: you are the contact; and who sends them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from netkit.errors import LedgerError
from netkit.facts import Vocabulary
from netkit.history.found_by_name import find_person
from netkit.history.same_people import SamePeople
from netkit.introductions.life import Life, read_life, read_lives
from netkit.ledger import Ledger
from netkit.plain_yaml import read_yaml
from netkit.policy import Policy, load_policy

_FOLDER = Path(__file__).parent
_WORD = r"(?:[^\W\d_a-z]\.|[^\W\d_a-z][\w'’-]*)"
_NAME = rf"((?-i:{_WORD}(?: (?:d[aeiu]|de la|v[ao]n|von|der|{_WORD})){{1,3}}))"
_LAST_LINES = 4
_LONGEST = 200
# What the five answers to a request for an introduction mean where you are the contact.
ANSWERS_TO_YOU = {
    "introduce": "accept",
    "ask_permission": "accept",
    "ask_requester": "ask",
    "redirect": "decline",
    "decline": "decline",
}


@dataclass(frozen=True)
class Brought:
    """What a message says of an introduction; nothing where it does not say.

    Attributes
    ----------
    requester, introducer, purpose : str
        Whom you are to meet, who writes, and what for.
    asked_first : bool or None
        Whether you are asked before you are brought together.
    """

    requester: str = ""
    introducer: str = ""
    purpose: str = ""
    asked_first: bool | None = None


def read_message(text: str) -> Brought:
    r"""Read who is introduced to you, by whom and what for; what stays unread is to be typed.

    Parameters
    ----------
    text : str
        The message, with or without its head.

    Returns
    -------
    Brought
        What was found.

    Examples
    --------
    >>> read = read_message("From: Tom Builder\n\nMay I introduce you to Ana Example, who has a question?")
    >>> read.requester, read.introducer, read.purpose, read.asked_first
    ('Ana Example', 'Tom Builder', 'who has a question', True)
    """
    words = read_yaml(_FOLDER / "message_words.yaml")
    body = " ".join(text.split())
    brought, asked = _first(words["asks"], body), True
    if brought is None:
        brought, asked = _first(words["introduces"], body), False
    if brought is None:
        return Brought(introducer=_writer(words["from"], text))
    told = re.search(words["purpose"], body[brought.end() :], re.IGNORECASE)
    purpose = told[1].strip(" ,;") if told else _sentence(body, brought.start())
    return Brought(brought[1].rstrip(".,"), _writer(words["from"], text), purpose[:_LONGEST], asked)


def _first(patterns: list[str], text: str) -> re.Match[str] | None:
    found = (re.search(each.replace("NAME", _NAME), text, re.IGNORECASE) for each in patterns)
    return next(filter(None, found), None)


def _sentence(text: str, place: int) -> str:
    begin = max(text.rfind(sign, 0, place) for sign in ".?!,") + 1
    return re.split(r"[.?!](?:\s|$)", text[begin:])[0].strip()


def _writer(head: str, text: str) -> str:
    """Return who writes: by the message's head, or by a full name that stands alone in the last lines."""
    found = re.search(head.replace("NAME", _NAME), text, re.IGNORECASE)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    alone = [line for line in lines[1:][-_LAST_LINES:] if re.fullmatch(_NAME, line)]
    return found[1] if found else next(iter(alone), "")


def receive_introduction(
    ledger: Ledger,
    requester: str,
    introducer: str,
    *,
    purpose: str,
    channel: str,
    asked_first: bool | None,
    on: date,
    source: str = "python",
    facts: Mapping[str, object] | None = None,
) -> Life:
    """Write down that somebody introduces somebody to you, or asks whether to.

    Parameters
    ----------
    ledger, purpose, channel, on, source, facts
        As for `ask_introduction`.
    requester, introducer : str
        Whom you are to meet, and who introduces: a full name, a profile address, or a person key.
    asked_first : bool or None
        Whether you were asked before you were brought together; None for unknown.

    Returns
    -------
    Life
        The introduction; the same people on the same day are one.

    Raises
    ------
    LedgerError
        A name belongs to several people, nobody is named, both are one person, or no purpose is said.
    FactError
        A fact or level is not declared.
    """
    with ledger.together():
        brought, sender = find_person(ledger, requester), find_person(ledger, introducer)
        if brought[0] == sender[0]:
            raise LedgerError(f"{sender[1]} cannot introduce {brought[1]}: both are one person. Correct one.")
        if not purpose.strip():
            raise LedgerError(f"Nothing says why you and {brought[1]} should meet. Say it with --for TEXT.")
        request = ledger.introductions.receive(
            brought, sender, purpose_text=purpose, channel=channel,
            asked_first=asked_first, asked_at=on, source=source,
        )  # fmt: skip
        notes = ((request, fact, level) for fact, level in (facts or {}).items())
        ledger.notes.add_many(notes, at=on, source=source, vocabulary=vocabulary_to_you(ledger.home))
        return read_life(ledger, request)


def policy_to_you(home: Path) -> Policy:
    """Return the policy for introductions that you receive: `policies/to_you.yaml`, or the shipped one."""
    own = home / "policies" / "to_you.yaml"
    return load_policy(own, "introduction") if own.exists() else _shipped()


@cache
def _shipped() -> Policy:
    return load_policy(_FOLDER / "to_you.yaml", "introduction")


def vocabulary_to_you(home: Path) -> Vocabulary:
    """Return the facts that may be noted of an introduction that you receive."""
    return policy_to_you(home).vocabularies["introduction"]


def derived_to_you(ledger: Ledger, life: Life, on: date) -> dict[str, str | None]:
    """Return what the ledger tells of an introduction that you receive, as known on a day."""
    return {
        "asked_by": life.channel,
        "asked_you_first": {True: "yes", False: "no", None: None}[life.asked_first],
        "introducer_past": _past(ledger, life, on),
    }


def _past(ledger: Ledger, life: Life, on: date) -> str | None:
    """Say what came of the introducer's earlier introductions, as known on a day."""
    keys = _sender_keys(ledger)
    others = [
        other for other in read_lives(ledger, received=True)
        if keys[other.request] == keys[life.request]
        and other.request != life.request and other.asked_on <= on
    ]  # fmt: skip
    steps = [step for other in others for step in other.standing if step.on <= on]
    known = {str(step.detail["outcome"]) for step in steps if step.step == "outcome_contact"}
    if {"no_show", "regretted"} & known:
        return "let_down"
    if not known:
        return None if any(step.step == "permission_given" for step in steps) else "none"
    return "good" if known == {"useful"} else "mixed"


def _sender_keys(ledger: Ledger) -> dict[str, str]:
    """Return the one key of each introducer, by request."""
    asked = ledger.introductions.to_frame(received=True)
    keys = SamePeople.of(ledger).keys(asked["introducer"]).fillna(asked["introducer"])
    return dict(zip(asked["request"], keys, strict=True))


def introducers(ledger: Ledger) -> pd.DataFrame:
    """Return who introduces people to you, the most frequent first.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.

    Returns
    -------
    DataFrame, one row per introducer
        `introducer` (person key), `introducer_name`, `sent`, `asked_first`, `unasked`, `accepted`,
        `declined`, and of those accepted how many were `useful` and how many came to something `else`.
    """
    keys = _sender_keys(ledger)
    rows = [
        {
            "introducer": keys[life.request],
            "introducer_name": life.introducer_name,
            "sent": 1,
            "asked_first": life.asked_first is True,
            "unasked": life.asked_first is False,
            "accepted": life.state.name in ("to_you_accepted", "to_you_closed"),
            "declined": life.state.name == "to_you_declined",
            "useful": life.outcomes.get("contact") == "useful",
            "else": life.outcomes.get("contact", "useful") != "useful",
        }
        for life in read_lives(ledger, received=True)
    ]
    counts = ["sent", "asked_first", "unasked", "accepted", "declined", "useful", "else"]
    table = pd.DataFrame(rows, columns=["introducer", "introducer_name", *counts])
    table[counts] = table[counts].astype("int64")
    found = table.groupby("introducer", as_index=False).agg(
        {"introducer_name": "last", **dict.fromkeys(counts, "sum")}
    )
    return found.sort_values(["sent", "introducer_name"], ascending=[False, True], ignore_index=True)
