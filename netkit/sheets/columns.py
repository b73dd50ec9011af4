"""The columns of the label sheets, from the declared facts."""

from netkit.facts import ACTIONS, UNKNOWN, Fact, Kind, Origin, Vocabulary
from netkit.facts import vocabulary as shipped
from netkit.ledger import OUTCOMES
from netkit.sheets.file import Column

_DAY = "2024-03-05, or 2024-03-05 10:00"
DECISION = ("action", "decided_on", "because")
_INVITATION = (
    Column("request", says="the request's key; leave it empty for one that no export shows"),
    Column("name", says="the sender"),
    Column("profile", says="the sender's profile address, if you have it"),
    Column("sent_at", says=f"when the invitation was sent (UTC): {_DAY}"),
    Column("note", says="the note that came with it"),
)
_INTRODUCTION = (
    Column("request", says="the request's key; leave it empty for a new one"),
    Column("requester", says="who asks you"),
    Column("requester_profile", says="the requester's profile address, if you have it"),
    Column("contact", says="whom the requester wants to meet"),
    Column("contact_profile", says="the contact's profile address, if you have it"),
    Column("purpose_text", says="what it is for, in words"),
)
_COURSE = (
    Column("permission", ("not_asked", "given", "refused"), "the contact's answer"),
    Column("permission_on", says=f"when the contact answered: {_DAY}"),
    Column("introduced_on", says=f"when you introduced them: {_DAY}"),
    Column(
        "without_permission_because", says="why, if you did so without the contact's permission"
    ),
    Column("outcome_requester", OUTCOMES, "what came of it on the requester's side"),
    Column("outcome_contact", OUTCOMES, "what came of it on the contact's side"),
    Column("outcome_on", says=f"when you learnt of it: {_DAY}"),
)


def invitation_columns(vocabulary: Vocabulary) -> list[Column]:
    """Return the columns of the sheet of invitations.

    Parameters
    ----------
    vocabulary : Vocabulary
        The declared facts; those that the export or the note tells are left out.

    Returns
    -------
    list of Column
        The request, the decision, then one column per fact.

    Examples
    --------
    >>> [column.name for column in invitation_columns(shipped("invitation"))][:3]
    ['request', 'name', 'profile']
    """
    noted = _noted(vocabulary, "derived", "note")
    return [*_INVITATION, *_decision("invitation"), *map(_fact_column, noted)]


def introduction_columns(vocabulary: Vocabulary) -> list[Column]:
    """Return the columns of the sheet of introductions.

    Parameters
    ----------
    vocabulary : Vocabulary
        The declared facts; those that the ledger tells are left out.

    Returns
    -------
    list of Column
        The request, the decision, its course and outcome, then one column per fact.

    Examples
    --------
    >>> [column.name for column in introduction_columns(shipped("introduction"))][1]
    'requester'
    """
    asked = (
        Column("asked_by", shipped("introduction")["asked_by"].levels, "how you were asked"),
        Column("asked_on", says=f"when you were asked: {_DAY}"),
    )
    return [
        *_INTRODUCTION,
        *asked,
        *_decision("introduction"),
        *_COURSE,
        *map(_fact_column, _noted(vocabulary, "ledger")),
    ]


def _decision(kind: Kind) -> tuple[Column, ...]:
    return (
        Column("action", ACTIONS[kind], "what you did"),
        Column("decided_on", says=f"when you did it, and knew the facts: {_DAY}"),
        Column("because", says="your reason, in words"),
    )


def _noted(vocabulary: Vocabulary, *told_from: Origin) -> list[Fact]:
    told = vocabulary.filled_in(*told_from)
    facts = [fact for name, fact in vocabulary.items() if name not in told]
    return [fact for fact in facts if fact.knowable != "afterwards"]


def _fact_column(fact: Fact) -> Column:
    accepted = (*fact.levels, UNKNOWN) if fact.levels else ()
    says = fact.question if fact.levels else f"{fact.question} (a whole number from 0, or unknown)"
    return Column(fact.name, accepted, says)
