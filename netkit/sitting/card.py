"""What a session shows of the request in hand, as plain values for any screen; nothing in it is markup."""

import re
from typing import Any

import pandas as pd

from netkit.facts.level_words import level_words
from netkit.ledger.evidence_links import NAME, Pair
from netkit.ledger.kept_invitations import Doubt
from netkit.sitting.buttons import button, words
from netkit.sitting.session import Session
from netkit.waiting import where_it_leads
from netkit.wording import capital, counted, day_words, join_or, shown, spoken, visible

_LEVEL_KEYS = "123456789"
# An address of the platform, as every browser reads it: no other host, nothing before the host, no backslash.
_PROFILE = re.compile(r"https://(?:[a-z0-9-]+\.)*linkedin\.com(?:/[^\s\\\x00-\x20\x7f]*)?", re.IGNORECASE)
# What the note does not do goes without saying.
_UNSAID = ("no", "0", "unknown")
_AS_IT_IS = ("send", "href")  # what a press sends back, and an address that was looked at


def spelled(view: Any, name: str = "") -> Any:  # noqa: ANN401 - plain values of any kind
    """Return what is shown with its control characters spelled out."""
    if name in _AS_IT_IS:
        return view
    if isinstance(view, dict):
        return {key: spelled(value, key) for key, value in view.items()}
    if isinstance(view, list | tuple):
        return [spelled(value) for value in view]
    return visible(view) if isinstance(view, str) else view


def card(session: Session) -> dict[str, Any]:
    """Return everything that is on the screen."""
    said = words()[session.task.name]
    return {
        "shows": "card",
        "title": said["title"],
        "request": session.request,
        "place": _place(session),
        "notice": " ".join(filter(None, [session.task.note, _begins(session)])),
        "problem": session.problem,
        "progress": _progress(session),
        "pace": session.pace.sentence,
        "last": _last(session),
        "tools": _tools(session),
        **(_in_hand(session) if session.request else {"done": said["done"], "closing": closing(session)}),
    }


def _begins(session: Session) -> str:
    """Say before the first answer what a key does, and what it does not."""
    first = session.task.name == "triage" and session.request and not session.decided
    return str(words()["begins"]) if first else ""


def closing(session: Session) -> list[str]:
    """Say what you did in this sitting, what is left, and how far your decisions carry."""
    past = words()[session.task.name]["actions"]
    answers: dict[str, dict[str, str]] = {}
    for action, people in session.decided:
        answers.setdefault(action, {}).update(people)
    did = [f"{len(people)} {past[action]['past']}" for action, people in answers.items()]
    n = counted(sum(map(len, answers.values())), "invitation")
    said = [f"You answered {n}: {join_or(did, 'and')}." if did else words()["nothing_answered"]]
    if session.task.name == "triage":
        said += _to_click(session, answers)
    if session.queue:
        said.append(words()["left"].format(many=counted(len(session.queue), "invitation")))
    return [*said, session.progress.sentence] if session.progress else said


def _to_click(session: Session, answers: dict[str, dict[str, str]]) -> list[str]:
    """Say whom you still answer on the platform, and how; netkit presses nothing there."""
    left = {
        action: [shown(name) for request, name in people.items() if request not in session.opened]
        for action, people in answers.items()
        if action not in words()["no_click"]
    }
    said = words()["triage"]["actions"]
    lines = [f"{said[action]['says']}: {join_or(names, 'and')}." for action, names in left.items() if names]
    return [words()["to_click"], *lines] if lines else []


def _progress(session: Session) -> dict[str, Any] | None:
    """Return how far the decisions carry: in whole sentences once a sitting, then as a count."""
    if session.progress is None:
        return None
    more, have = session.progress, len(session.progress.answers)
    words = f"{have:,} of {counted(more.milestone, 'decision')}" if session.decided else more.sentence
    return {"have": have, "need": more.milestone, "words": words}


def _in_hand(session: Session) -> dict[str, Any]:
    said = words()[session.task.name]
    row, note = session.about.rows[session.request], session.about.texts[session.request]["message"]
    return {
        "name": shown(row["name"]),
        "sent": _sent(session, row["sent_at"]),
        "status": _status(session, row),
        "note": note,
        "known": _known(session),
        "question": _question(session),
        "alike": _alike(session),
        "asks": words()["came_back"] if session.request in session.opened else said["asks"],
        "actions": _actions(session),
        "hidden": "" if session.opinion_seen else words()["blind"],
        "opinions": session.opinions() if session.opinion_seen else [],
        "letter": _copied(session.advised_letter(), shown(row["name"]), "copy"),
    }


def _place(session: Session) -> str:
    left, every = len(session.queue), len(session.task.requests)
    if not left:
        return ""
    return counted(left, "invitation") if left == every else f"{left} left of {every}"


def _sent(session: Session, sent_at: pd.Timestamp) -> str:
    day = f"sent on {day_words(sent_at)}"
    if session.as_of is None:
        return day
    age = (pd.Timestamp(session.as_of, tz="UTC") - sent_at.normalize()).days
    when = f"{counted(age, 'day')} before" if age >= 0 else "after"
    return f"{day}, {when} your newest archive"


def _status(session: Session, row: dict[str, Any]) -> str:
    if session.task.name == "past" or row["state"] == "aged":
        return str(words()["states"].get(row["state"], ""))
    teaches = words()["telling"] if session.request in session.task.telling else ""
    known = session.about.acquaintance(session.request, session.today)
    remark = session.about.remarks.get(session.request, "")
    return " · ".join(filter(None, [remark, *(known.parts if known.known else ()), teaches]))


def _known(session: Session) -> list[dict[str, str]]:
    """Return what is known, by where it comes from."""
    vocabulary, origins = session.judges.vocabulary, words()["origins"]
    read_in_note = vocabulary.filled_in("note")
    found, moved = session.about.found.get(session.request, {}), session.explained.get(session.request, {})
    return [
        {
            "from": origins["evidence" if name in found else vocabulary[name].origin],
            "fact": spoken(name),
            "level": " ".join(
                [level_words(name, value), *(f"“{shown(each)}”" for each in moved.get(name, ()))]
            ),
            "question": found.get(name, vocabulary[name].question),
        }
        for name, value in session.known().items()
        if not (name in read_in_note and str(value) in _UNSAID)
    ]


def _question(session: Session) -> dict[str, Any] | None:
    if session.confirming:
        return _confirm(session)
    if doubt := session.doubt():
        return _doubt(doubt)
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
        "leads": [*_unless(session), *where_it_leads(session.leads_to(name))],
        "number": name if fact.is_number else "",
        "buttons": [*_levels(session, name), button("commands", "unsure", do="unsure", fact=name)],
    }


def _unless(session: Session) -> list[str]:
    """Return the advice that stands unless you say more, with its reason, as a line."""
    unless = session.unless()
    return [f"Advice: {unless.said}. {unless.reason}".strip()] if unless else []


def _confirm(session: Session) -> dict[str, Any]:
    """Return the question whether one answer is meant for all of those that are alike."""
    action, names = session.confirming, [shown(session.about.rows[each]["name"]) for each in session.members]
    says, levels = words()[session.task.name]["actions"][action]["says"], words()["levels"]
    return {
        "question": words()["confirm"]["asks"].format(says=says, many=len(names)),
        "means": "",
        "hint": f"{join_or(names, 'and')}.",
        "leads": [],
        "number": "",
        "buttons": [
            {
                "key": levels["yes"],
                "says": words()["confirm"]["yes"].format(many=len(names)),
                "send": {"do": "decide", "action": action, "sure": True},
            },
            {"key": levels["no"], "says": words()["confirm"]["no"], "send": {"do": "not_all"}},
        ],
    }


def _doubt(doubt: Doubt) -> dict[str, Any]:
    """Return the question which of an archive an invitation is that you kept yourself."""
    said = words()["doubt"]
    days = zip(_LEVEL_KEYS, doubt.candidates, strict=False)
    return {
        "question": said["asks"].format(name=doubt.name),
        "means": said["means"],
        "hint": "",
        "leads": [],
        "number": "",
        "buttons": [
            *(
                {"key": key, "says": said["one"].format(day=day, key=of), "send": {"do": "same", "of": of}}
                for key, (of, day) in days
            ),
            button("doubt", "none", do="same", of=""),
            button("doubt", "pass", do="leave_doubt"),
        ],
    }


def _pair(session: Session, pair: Pair) -> dict[str, Any]:
    """Return the question whether somebody in your own files is who asks, and what is known of that one."""
    looked = pair.more if session.request in session.looked else ""
    return {
        "question": words()["pair"]["asks" if pair.rule == NAME else "asks_like"],
        "means": "" if session.together else pair.says,
        "hint": "" if session.together else looked,
        "leads": [],
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
        "says": f"{len(session.members)} of {len(alike)} alike, answered together.",
        "how": words()["apart"],
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


def _levels(session: Session, fact: str) -> list[dict[str, Any]]:
    send, own = {"do": "answer", "fact": fact}, words()["levels"]
    levels = session.judges.policy.asked_levels("invitation", fact, session.known())
    keys = [own[level] for level in levels] if set(levels) <= own.keys() else _LEVEL_KEYS
    return [
        {"key": key, "says": level_words(fact, level), "send": {**send, "level": level}}
        for key, level in zip(keys, levels, strict=False)
    ]


def _actions(session: Session) -> list[dict[str, Any]]:
    """Return the answers; where the judges may be seen, the policy's is marked and has one key more.

    Whoever comes back from the platform is asked what was done there.
    """
    section = "past" if session.request in session.opened else session.task.name
    decision, said = session.advised(), words()[section]["actions"]
    until = words()["until"].format(day=day_words(session.later)) if section == "triage" else ""
    advised = decision.action if session.opinion_seen else None
    own = {"says": capital(decision.said)} if session.own_answer() else {}
    return [
        {
            **button(section, action, do="decide", action=action),
            **(own if action == advised else {}),
            **({"says": said[action]["says"] + until} if action == "defer" else {}),
            "advised": action == advised,
            "also": words()["commands"]["advice"]["key"] if action == advised else "",
        }
        for action in said
    ]


def _tools(session: Session) -> list[dict[str, Any]]:
    tools = [button("commands", "undo", do="undo")] if session.steps else []
    if not session.request:
        return tools
    if session.asked_enough and session.next_fact():
        tools.insert(0, button("commands", "more", do="more"))
    if session.about.found.get(session.request) and not session.together:
        tools.append(button("commands", "deny", do="deny"))
    # Of what was drawn to compare you with the judges, nothing is shown before.
    if not session.opinion_seen and session.request not in session.task.drawn:
        tools.append(button("commands", "reveal", do="reveal"))
    if not session.pair():  # which has a key of its own for it
        why, back = button("commands", "why", do="why"), words()["commands"]["why"]["back"]
        tools.append({**why, "says": back} if session.request in session.explained else why)
    if (many := len(session.alike())) > 1:
        tool, back = button("commands", "together", do="together"), words()["commands"]["together"]["back"]
        tools.append({**tool, "says": back if session.together else tool["says"].format(many=many)})
    if len(session.queue) > 1:
        tools.append(button("commands", "skip", do="skip"))
    return [*tools, _open(session)]


def _open(session: Session) -> dict[str, Any]:
    """Return the button that opens the sender's page or, where there is none, the platform's own list."""
    page = str(session.about.texts[session.request]["url"])
    tool = button("commands", "open", do="open")
    if _PROFILE.fullmatch(page):
        return {**tool, "href": page}
    return {**tool, "says": words()["commands"]["open"]["list"], "href": words()["invitations"]}


def _copied(letter: dict[str, Any] | None, who: str, name: str) -> dict[str, Any] | None:
    """Return a letter with its title and the button that copies it, both with whom it is to."""
    tool = button("commands", name, do="copy")
    return letter and {
        **letter,
        "title": words()["letter"].format(who=who),
        "in_english": words()["in_english"],
        "copy": {**tool, "says": tool["says"].format(who=who)},
    }


def _last(session: Session) -> dict[str, Any] | None:
    """Return what was recorded last, with what the judges said of it."""
    if session.last is None:
        return None
    last = session.last
    triage, action = session.task.name == "triage", last["action"]
    return {
        "written": words()["written"],
        "there": words()["there"].get(action, "") if triage else "",
        "name": shown(last["name"]),
        "request": last["request"],
        "done": words()[session.task.name]["actions"][last["action"]]["past"]
        + (f" ({last['said']})" if last["said"] else "")
        + (words()["rests"][action].format(day=day_words(last["until"])) if last["until"] else ""),
        "opinions": [f"{each['judge']}: {each['says']}" for each in last["opinions"]],
        # While another letter is in hand, this one has a key of its own.
        "letter": _copied(last["letter"], shown(last["name"]), "copy_last" if session.request else "copy"),
    }
