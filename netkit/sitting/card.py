"""What a session shows of the request in hand, as plain values for the widget; nothing in it is markup."""

import re
from typing import Any

import pandas as pd

from netkit.facts import Fact
from netkit.ledger.evidence_links import NAME, Pair
from netkit.sitting.buttons import button, words
from netkit.sitting.session import Session
from netkit.wording import shown, spoken

_LEVEL_KEYS = "123456789"
# An address of the platform, as every browser reads it: no other host, nothing before the host, no backslash.
_PROFILE = re.compile(r"https://(?:[a-z0-9-]+\.)*linkedin\.com(?:/[^\s\\\x00-\x20\x7f]*)?", re.IGNORECASE)
# What the note does not do goes without saying.
_UNSAID = ("no", "0", "unknown")


def card(session: Session) -> dict[str, Any]:
    """Return everything that is on the screen."""
    said = words()[session.task.name]
    return {
        "shows": "card",
        "title": said["title"],
        "request": session.request,
        "place": _place(session),
        "notice": session.task.note,
        "problem": session.problem,
        "progress": _progress(session),
        "pace": session.pace.sentence,
        "last": _last(session),
        "tools": _tools(session),
        **(_in_hand(session) if session.request else {"done": said["done"]}),
    }


def _progress(session: Session) -> dict[str, Any] | None:
    """Return how far the decisions carry, in the words that are used everywhere."""
    if session.progress is None:
        return None
    more = session.progress
    return {"have": len(more.answers), "need": more.milestone, "words": more.sentence}


def _in_hand(session: Session) -> dict[str, Any]:
    said = words()[session.task.name]
    row, text = session.about.rows[session.request], session.about.texts[session.request]
    return {
        "name": shown(row["name"]),
        "sent": _sent(session, row["sent_at"]),
        "status": _status(session, row),
        "profile": text["url"] if _PROFILE.fullmatch(str(text["url"])) else "",
        "note": text["message"],
        "known": _known(session),
        "question": _question(session),
        "alike": _alike(session),
        "asks": said["asks"],
        "actions": _actions(session),
        "hidden": "" if session.opinion_seen else words()["blind"],
        "opinions": session.opinions() if session.opinion_seen else [],
        "letter": session.advised_letter() if session.task.name == "triage" else None,
    }


def _place(session: Session) -> str:
    left, every = len(session.queue), len(session.task.requests)
    return f"{left} invitations" if left == every else f"{left} left of {every}"


def _sent(session: Session, sent_at: pd.Timestamp) -> str:
    day = f"sent on {sent_at.day} {sent_at:%B %Y}"
    if session.as_of is None:
        return day
    age = (pd.Timestamp(session.as_of, tz="UTC") - sent_at.normalize()).days
    return f"{day}, {age} days before your newest export"


def _status(session: Session, row: dict[str, Any]) -> str:
    if session.task.name == "past" or row["state"] == "aged":
        return str(words()["states"].get(row["state"], ""))
    if pd.isna(row["action"]):
        return ""
    return f"before: {words()['triage']['actions'][row['action']]['past']}"


def _known(session: Session) -> list[dict[str, str]]:
    """Return what is known, by where it comes from."""
    vocabulary, origins = session.judges.vocabulary, words()["origins"]
    read_in_note = vocabulary.filled_in("note")
    found, moved = session.about.found.get(session.request, {}), session.moved.get(session.request, {})
    return [
        {
            "from": origins["evidence" if name in found else vocabulary[name].origin],
            "fact": spoken(name),
            "level": " ".join([spoken(str(value)), *(f"“{shown(each)}”" for each in moved.get(name, ()))]),
            "question": found.get(name, vocabulary[name].question),
        }
        for name, value in session.known().items()
        if not (name in read_in_note and str(value) in _UNSAID)
    ]


def _question(session: Session) -> dict[str, Any] | None:
    if pair := session.pair():
        return _pair(session, pair)
    name = session.next_fact()
    if not name or session.asked_enough:
        return None
    fact = session.judges.vocabulary[name]
    return {
        "question": fact.question,
        "means": fact.means,
        "hint": " ".join(filter(None, [_past_facts(session), session.evidence_beside(name)])),
        "leads": " · ".join(f"if {spoken(level)}: {to}" for level, to in session.leads_to(name).items()),
        "number": name if fact.is_number else "",
        "buttons": [*_levels(fact), button("commands", "unsure", do="unsure", fact=name)],
    }


def _pair(session: Session, pair: Pair) -> dict[str, Any]:
    """Return the question whether somebody in your own files is who asks, and what is known of that one."""
    looked = pair.more if session.request in session.looked else ""
    return {
        "question": words()["pair"]["asks" if pair.rule == NAME else "asks_like"],
        "means": "" if session.together else pair.says,
        "hint": "" if session.together else looked,
        "leads": "",
        "number": "",
        "buttons": [
            button("pair", "same", do="pair", same=True),
            button("pair", "other", do="pair", same=False),
            button("pair", "pass", do="pass"),
            *([] if session.together else [button("pair", "look", do="look")]),
        ],
    }


def _past_facts(session: Session) -> str:
    return str(words()["past_facts"]) if session.task.name == "past" else ""


def _alike(session: Session) -> dict[str, Any] | None:
    """Return who is alike, where one press is to answer for all of them."""
    alike = session.alike()
    if not session.together or len(alike) < 2:
        return None
    return {
        "says": f"{len(session.members)} of {len(alike)} alike, answered together. Press who is different.",
        "names": [
            {
                "key": "",
                "says": shown(session.about.rows[request]["name"]),
                "why": _beside(session, request),
                "send": {"do": "apart", "of": request},
                "in": request not in session.apart,
            }
            for request in alike
        ],
    }


def _beside(session: Session, request: str) -> str:
    """Return what your own files say of one of those that are alike."""
    if pair := session.pair(request):
        return pair.says
    return session.evidence_beside(session.next_fact(), request)


def _levels(fact: Fact) -> list[dict[str, Any]]:
    send = {"do": "answer", "fact": fact.name}
    return [
        {"key": key, "says": spoken(level), "send": {**send, "level": level}}
        for key, level in zip(_LEVEL_KEYS, fact.levels, strict=False)
    ]


def _actions(session: Session) -> list[dict[str, Any]]:
    """Return the answers; where the judges may be seen, the policy's is marked and has one key more."""
    advised = session.judges.decide(session.known()).action if session.opinion_seen else None
    return [
        {
            **button(session.task.name, action, do="decide", action=action),
            "advised": action == advised,
            "also": words()["commands"]["advice"]["key"] if action == advised else "",
        }
        for action in session.task.actions
    ]


def _tools(session: Session) -> list[dict[str, Any]]:
    pair = session.request and session.pair()  # while that is asked, its own key passes it over
    tools = [button("commands", "skip", do="skip")] if len(session.queue) > 1 and not pair else []
    if session.request and (many := len(session.alike())) > 1:
        tool, back = button("commands", "together", do="together"), words()["commands"]["together"]["back"]
        tools.append({**tool, "says": back if session.together else tool["says"].format(many=many)})
    if session.request and session.about.found.get(session.request) and not session.together:
        tools.append(button("commands", "deny", do="deny"))
    if session.request and not session.opinion_seen:
        tools.append(button("commands", "reveal", do="reveal"))
    if session.request and session.request not in session.moved and _says_something(session):
        tools.append(button("commands", "moved", do="moved"))
    if session.asked_enough and session.next_fact():
        tools.append(button("commands", "more", do="more"))
    return [*tools, button("commands", "undo", do="undo")] if session.steps else tools


def _says_something(session: Session) -> bool:
    """Tell whether a fact was read in the note."""
    vocabulary = session.judges.vocabulary
    return any(session.known().get(name) == "yes" for name in vocabulary.filled_in("note"))


def _last(session: Session) -> dict[str, Any] | None:
    """Return what was recorded last, with what the judges said of it."""
    if session.last is None:
        return None
    last = session.last
    return {
        "name": shown(last["name"]),
        "request": last["request"],
        "done": words()[session.task.name]["actions"][last["action"]]["past"],
        "opinions": [f"{each['judge']}: {each['says']}" for each in last["opinions"]],
        "letter": last["letter"],
    }
