"""Introductions for tests, told in few words; nobody in them is real."""

from datetime import date

from netkit.introductions import ask_introduction, take_step

READY = {
    "purpose": "information",
    "purpose_specific": "yes",
    "requester_known": "well",
    "vouch_for_character": "yes",
    "contact_known": "well",
    "would_welcome_it": "yes",
    "contact_has_it": "yes",
    "good_for_requester": "yes",
    "good_for_contact": "yes",
}


def march(day):
    return date(2024, 3, day)


def asked(ledger, on, requester="Tom Achterberg", contact="Mira Solberg", **facts):
    """Write a request down and return its key."""
    life = ask_introduction(
        ledger, requester, contact, purpose="a question", channel="telephone", on=on, facts=facts
    )
    return life.request


def go(ledger, request, *steps, on, **detail):
    """Take steps on one day, the detail with the last of them; return the life."""
    for step in steps[:-1]:
        take_step(ledger, request, step, on=on)
    return take_step(ledger, request, steps[-1], on=on, detail=detail)


def made(ledger, request, on, requester=None, contact=None):
    """Make an introduction with permission, and record the outcomes that are given."""
    go(ledger, request, "permission_asked", "permission_given", "introduced", on=on)
    for side, outcome in (("requester", requester), ("contact", contact)):
        if outcome:
            go(ledger, request, f"outcome_{side}", on=on, outcome=outcome)
    return request
