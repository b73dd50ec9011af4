"""An invitation that is on the screen now, before any archive holds it, judged as if the ledger had it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from netkit.history import RequestRows, read_request_rows
from netkit.history.named_contacts import NamedContacts
from netkit.history.same_people import SamePeople
from netkit.introductions import Acquaintance, acquaintance
from netkit.ledger import Ledger
from netkit.policy import Policy, policy_in_office
from netkit.waiting.connected_already import connected_already
from netkit.waiting.whole_person import Advice, advice_on, invitations_with, nothing_to_do
from netkit.wording import day_words, shown


@dataclass(frozen=True)
class Todays:
    """What the screen shows: who asks, and what stands with it, as far as you copied it.

    `sent_on` is the day on which you see it, unless it is `dated`. A note without words is none.
    """

    name: str
    sent_on: date
    note: str | None = None
    url: str | None = None
    headline: str | None = None
    mutual: int | None = None
    dated: bool = False


@dataclass(frozen=True)
class JudgedToday:
    """What is known and advised about an invitation on the screen.

    Attributes
    ----------
    name : str
        Who asks.
    request : str
        The key under which the ledger has it, or would have it.
    had : bool
        Whether the ledger had it already.
    known : Acquaintance
        What archives tell between you and the person.
    evidence : tuple of str
        What your other files tell, and which of your contacts the note names.
    advice : Advice
        What the policy says, the next question, and what the model says where it may.
    other_note : bool
        Whether the ledger has it with another note than the screen: that one is judged.
    earlier : tuple of str
        The same person's earlier invitations and what you did about this one, a sentence each.
    """

    name: str
    request: str
    had: bool
    known: Acquaintance
    evidence: tuple[str, ...]
    advice: Advice
    other_note: bool = False
    earlier: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self) | {"known": self.known.sentence}


def judge_todays(
    ledger: Ledger,
    invitations: Sequence[Todays],
    *,
    source: str,
    facts: Mapping[str, str] | None = None,
    keep: bool = False,
    opinion: Callable[[RequestRows, Policy, str], str] = lambda *_: "",
) -> list[JudgedToday]:
    """Judge invitations as if the ledger held them; what you do not keep is taken back at the end.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    invitations : sequence of Todays
        What the screen shows.
    source : str
        Who says so.
    facts : mapping of str to str, optional
        What you say yourself, of each.
    keep : bool, default False
        Write them into the ledger; an archive that brings one later is joined to it.
    opinion : callable, optional
        Says what the model makes of a request.

    Returns
    -------
    list of JudgedToday
        In the order given.
    """
    policy = policy_in_office(ledger.home)
    vocabulary = policy.vocabularies["invitation"]
    with ledger.together() if keep else ledger.trial():
        had = [
            ledger.invitations.already(
                each.name, sent_at=each.sent_on, url=each.url, message=each.note, dated=each.dated
            )
            for each in invitations
        ]
        keys = [known or _add(ledger, each, source) for known, each in zip(had, invitations, strict=True)]
        ledger.invitations.read_notes()
        notes = [(key, fact, level) for key in keys for fact, level in (facts or {}).items()]
        ledger.notes.add_many(notes, at=datetime.now(UTC), source=source, vocabulary=vocabulary)
        with ledger.snapshot():  # who is who is learned once for all of them
            requests = read_request_rows(ledger, vocabulary)
            return [
                _judged(
                    ledger,
                    each,
                    key,
                    known is not None,
                    advice_on(ledger, requests, policy, key, opinion),
                    requests,
                )
                for each, key, known in zip(invitations, keys, had, strict=True)
            ]


def _add(ledger: Ledger, each: Todays, source: str) -> str:
    return ledger.invitations.add(
        each.name,
        sent_at=each.sent_on,
        source=source,
        url=each.url,
        message=each.note,
        headline=each.headline,
        mutual=each.mutual,
    )


def _judged(
    ledger: Ledger, each: Todays, key: str, had: bool, advice: Advice, requests: RequestRows
) -> JudgedToday:
    row = next(row for row in ledger.invitations.rows() if row["request"] == key)
    person = SamePeople.of(ledger).key(row["person"], row["name"]) or row["person"] or ""
    today = datetime.now(UTC).date()
    until = f"{today + timedelta(days=1)}T00:00:00+00:00"
    known, link = acquaintance(ledger, person, each.name, today), connected_already(ledger, [row]).get(key)
    evidence = ledger.evidence.about(person, each.name, row["url"], until)
    evidence += tuple(NamedContacts(ledger.exports.connection_rows()).sentences(requests.rows[key]))
    evidence += (link.words,) if link and not link.same else ()
    other = had and each.note is not None and each.note.split() != (row["message"] or "").split()
    before = [
        requests.rows[one["request"]]
        for one in invitations_with(ledger, person)
        if one["request"] in requests.rows and one["request"] != key and one["sent_at"] <= row["sent_at"]
    ]
    mine = [requests.rows[key]] if had and requests.rows[key]["action"] else []
    if link and link.same:
        other_one = "" if each.url else f" If this is another {each.name}, add --url."
        advice = nothing_to_do(advice, f"{link.words}{other_one}")
    elif any(one["action"] == "accept" for one in before):
        advice = nothing_to_do(advice, "You accepted this person before. Look whether you are connected.")
    return JudgedToday(
        each.name, key, had, known, evidence, advice, other, tuple(map(_earlier, [*before, *mine]))
    )


def _earlier(row: dict[str, Any]) -> str:
    """Return when somebody invited you before, what the note was, and what you did."""
    note = f' with the note "{shown(row["note"])}"' if row["note"] else " without a note"
    did = f"; you chose {row['action']} on {day_words(row['decided_at'].date())}" if row["action"] else ""
    return f"Invited you on {day_words(row['sent_at'].date())}{note}{did}."
