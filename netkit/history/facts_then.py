"""The facts as they could be known when a request had to be answered, and the guard against any others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import pandas as pd

from netkit.errors import LeakError
from netkit.evidence.acquaintance import Told
from netkit.facts import Vocabulary
from netkit.history.answering_connections import Row
from netkit.history.labels import WAITS
from netkit.history.named_contacts import NamedContacts
from netkit.history.outcomes import own_word
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.plain_yaml import Located, read_yaml
from netkit.wording import counted

_FILE = Path(__file__).parent / "leaks.yaml"


@dataclass(frozen=True)
class FactsThen:
    """What was known of requests when they had to be answered, by their keys and by fact.

    Of each value `origins` says where it comes from; an origin without a value: you said that you do not
    know. `late` notes are left out; `noted` is what any note is of. `told` is what your other files say.
    """

    levels: dict[str, Row]
    origins: dict[str, dict[str, str | None]]
    late: int
    told: Mapping[str, Told] = field(default_factory=dict)
    noted: frozenset[str] = frozenset()

    def frames(self, vocabulary: Vocabulary) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the facts and their origins as frames, one row a request."""
        seen = knowable(vocabulary)
        facts, origins = (
            pd.DataFrame(
                [{"request": request, **row} for request, row in cells.items()],
                columns=["request", *seen],
                dtype="object",
            )
            for cells in (self.levels, self.origins)
        )
        return seen.conform(facts), origins.astype("str")


def knowable(vocabulary: Vocabulary) -> Vocabulary:
    """Return the facts that can be known before the answer."""
    return replace(
        vocabulary, facts={name: fact for name, fact in vocabulary.items() if fact.knowable != "afterwards"}
    )


def invitation_facts(
    ledger: Ledger, rows: Sequence[Row], same: SamePeople, vocabulary: Vocabulary
) -> FactsThen:
    """Return the facts of incoming invitations as of their decision, and the origin of each value.

    What the export tells is taken as of the arrival, strictly before it; what was noted counts if it
    was noted at the decision or before, or before an archive told the ledger of an answer. A later note is
    hindsight and is left out. Where nothing was decided yet, every note counts. A note of your own counts
    for more than what the program derives. What your other files say stands between the two.
    """
    notes_say, sent = _note_facts(ledger), ledger.invitations.rows()
    of_before = {
        "wrote_before": _wrote_before(ledger, same),
        "in_address_book": _in_address_book(ledger, same),
        "repeat_invitation": _invited_before(same, sent, "incoming"),
        "you_invited_before": _invited_before(same, sent, "outgoing"),
    }
    asked = {row["request"] for row in ledger.decisions.rows("invitation") if row["action"] == "ask"}
    by_hand = {row["request"] for row in sent if row["origin"] == "by hand"}
    derived = {}
    for row in rows:
        request, since = row["request"], {name: told(row) for name, told in of_before.items()}
        since["you_invited_before"] = "yes" if since["you_invited_before"] == "yes" else None
        untold = row["note"] is None and request in by_hand  # typed in without its note
        # What came back on a question is for you to note.
        reply = {"reply_to_question": None if request in asked else "not_asked"}
        derived[request] = {**({} if untold else notes_say(row)), **since, **reply}
    told = ledger.evidence.told({row["request"]: row["state"] in WAITS for row in rows})
    found = {
        request: {fact: level for fact, (level, _) in each.sets.items()} for request, each in told.items()
    }
    # What came of it is nothing that was known.
    notes = [note for note in ledger.notes.rows("invitation") if note["fact"] not in own_word()]
    noted = frozenset(note["fact"] for note in notes)
    return replace(with_notes(notes, derived, rows, vocabulary, found), told=told, noted=noted)


def _note_facts(ledger: Ledger) -> Callable[[Row], Row]:
    """Tell what notes said when they were read; what nobody read yet, only the phrases tell."""
    # The reader of notes takes longer to load than most commands take.
    from netkit.notes import read_note

    kept, names = ledger.invitations.notes_read(), tuple(read_note(None))
    contacts = NamedContacts(ledger.exports.connection_rows())

    def say(row: Row) -> Row:
        read = kept.get(row["request"])
        # An earlier reader did not look for all of it.
        said = read_note(row["note"]) if read is None else {name: read.get(name) for name in names}
        # Who suggested it, or is known to both, is a reason; the reader knows none of your contacts.
        if said["note_says_why"] != "yes" and contacts.sentences(row, row["sent_at"]):
            return {**said, "note_kind": "personal", "note_says_why": "yes"}
        return said

    return say


def with_notes(
    notes: Iterable[Row],
    derived: Mapping[str, Row],
    rows: Iterable[Row],
    vocabulary: Vocabulary,
    evidence: Mapping[str, Row] | None = None,
) -> FactsThen:
    """Lay the facts noted in time over the derived ones: what a judge may see, and each value's origin."""
    noted, late = _noted_in_time(notes, {row["request"]: row for row in rows})
    seen = knowable(vocabulary)
    refuse_leaks(seen, vocabulary)
    found = FactsThen({}, {}, late)
    parsed = cache(lambda name, level: seen[name].parse(level))
    for request, read in derived.items():
        said, files = noted.get(request, {}), (evidence or {}).get(request, {})
        levels, origins = found.levels.setdefault(request, {}), found.origins.setdefault(request, {})
        for name, fact in seen.items():
            if name in said:
                level, origin = said[name]["level"], said[name]["origin"]
            elif (level := files.get(name)) is not None:
                origin = "evidence"
            else:
                level = read.get(name)
                origin = None if level is None else "note" if fact.origin == "note" else "derived"
            levels[name], origins[name] = None if level is None else parsed(name, level), origin
    return found


def _noted_in_time(notes: Iterable[Row], answers: Mapping[str, Row]) -> tuple[dict[str, dict[str, Row]], int]:
    """Return the notes made in time by request and fact; of several the one recorded last counts.

    In time is what was noted at the decision or before it, and what was noted before an archive told the
    ledger of an answer: until then the request was still to be answered. It counts as typed `after`.

    What was typed says beside it whether it was typed `earlier` than the answer, in another sitting,
    `with` it, or `after` it; saying the same again does not make it later.

    Nobody knows when an acceptance without a date was: of its notes only those from before the
    invitation were surely made in time.

    Examples
    --------
    >>> day = lambda number: datetime(2024, 1, number)
    >>> note = {"request": "a", "fact": "met", "origin": "typed"}
    >>> notes = [{**note, "level": "no", "at": day(2), "recorded_at": day(2), "sitting": "s1"},
    ...          {**note, "level": "yes", "at": day(9), "recorded_at": day(9), "sitting": "s3"}]
    >>> answer = {"sitting": "s2", "decided_at": day(5), "recorded_at": day(5)}
    >>> in_time, late = _noted_in_time(notes, {"a": answer})
    >>> in_time["a"]["met"]["level"], in_time["a"]["met"]["origin"], late
    ('no', 'typed earlier', 1)
    """
    late, kept, before = 0, dict[str, dict[str, Row]](), dict[tuple[str, str], str | None]()
    for note in notes:
        request, fact, level = note["request"], note["fact"], note["level"]
        if _is_late(note, answers.get(request, {})):
            late += 1
            continue
        if level is None or before.get((request, fact)) != level:
            kept.setdefault(request, {})[fact] = note
        before[request, fact] = level
    return {
        request: {
            fact: note | {"origin": _typed(note, answers.get(request, {}))}
            for fact, note in each.items()
            if note["level"] is not None
        }
        for request, each in kept.items()
    }, late


def _is_late(note: Row, answer: Row) -> bool:
    """Tell what was noted after the decision, and after an archive told of it if one did."""
    decided, until = answer.get("decided_at"), answer.get("noted_until")
    if decided and until and until > decided:  # your own entry of what the record dates more exactly
        decided = until
    if decided is None and answer.get("state") == "accepted":
        decided = answer.get("sent_at")
    if decided is None or note["at"] <= decided:
        return False
    learnt = answer.get("learnt_at")
    return learnt is None or note["recorded_at"] > learnt


def _typed(note: Row, answer: Row) -> str:
    """Say when a note was typed, seen from its answer; without a sitting, one day counts as one."""
    if note["origin"] != "typed":
        return str(note["origin"])
    answered = answer.get("answered_at", answer.get("recorded_at")) or answer.get("decided_at")
    if answered is None:
        return "typed"
    if note["recorded_at"] > answered:
        return "typed after"
    mine, its = note["sitting"], answer.get("sitting")
    same_day = note["recorded_at"].date() == answered.date()
    same = same_day if mine is None or its is None else mine == its
    return "typed with" if same else "typed earlier"


def _wrote_before(ledger: Ledger, same: SamePeople) -> Callable[[Row], str | None]:
    first = _earliest((same.key(person), at) for person, at in ledger.exports.first_written().items())
    return partial(_strictly_before, first, told=_was_held(ledger, "messages"))


def _in_address_book(ledger: Ledger, same: SamePeople) -> Callable[[Row], str | None]:
    book = [(same.key(row["person"], row["name"]), row["created_at"])
            for row in ledger.exports.rows("address_book")]  # fmt: skip
    first, undated = _earliest(book), {key for key, at in book if at is None}
    held = _was_held(ledger, "address_book")

    def known(row: Row) -> str | None:
        said = _strictly_before(first, row, told=held)
        # In the book, but nobody knows since when.
        return None if said == "no" and row["person"] in undated else said

    return known


def _earliest(moments: Iterable[tuple[str | None, datetime | None]]) -> dict[str, datetime]:
    """Return the first moment of each key that is one."""
    first: dict[str, datetime] = {}
    for key, at in moments:
        if key and at:
            first[key] = min(at, first.get(key, at))
    return first


def _strictly_before(first: Mapping[str, datetime], row: Row, *, told: bool) -> str | None:
    """Say yes, no, or nothing where no export held the table or the person has no key."""
    if row["person"] is None or not told:
        return None
    since = first.get(row["person"])
    return "yes" if since and since < row["sent_at"] else "no"


def _invited_before(same: SamePeople, sent: Iterable[Row], direction: str) -> Callable[[Row], str | None]:
    invited = ((same.key(row["person"], row["name"]), row["sent_at"]) for row in sent
               if row["direction"] == direction)  # fmt: skip
    return partial(_strictly_before, _earliest(invited), told=True)


def _was_held(ledger: Ledger, table: str) -> bool:
    """Whether any export held a table: what none held is unknown, not no."""
    return bool(ledger.exports.holding(table))


def guard_facts(
    facts: pd.DataFrame, vocabulary: Vocabulary, *, incoming: Collection[str] | None = None
) -> pd.DataFrame:
    """Refuse every fact that nobody could know at the decision, by name and reason.

    Parameters
    ----------
    facts : DataFrame, n rows
        `request` and the facts that a judge would see.
    vocabulary : Vocabulary
        The declared facts; a declaration does not make a leak knowable.
    incoming : collection of str, optional
        The keys of the requests that came to you; any other row is somebody else's decision.

    Returns
    -------
    DataFrame, n rows
        The same frame.

    Raises
    ------
    LeakError
        With every leak that was found.

    Examples
    --------
    >>> from netkit.facts import vocabulary
    >>> frame = pd.DataFrame({"request": ["inv-1"], "Connected On": ["2024-03-05"]})
    >>> guard_facts(frame, vocabulary("invitation"))
    Traceback (most recent call last):
    ...
    netkit.errors.LeakError: 'Connected On' cannot be used: it ...
    """
    strangers = pd.Series()
    if incoming is not None and "request" in facts:
        strangers = facts.loc[~facts["request"].isin(list(incoming)), "request"]
    refuse_leaks(map(str, facts.columns), vocabulary, len(strangers))
    return facts


def refuse_leaks(names: Iterable[str], vocabulary: Vocabulary, strangers: int = 0) -> None:
    """Refuse the names of what nobody could know at the decision, and rows of somebody else's."""
    found = [
        (repr(name), *problem)
        for name in names
        if name != "request" and (problem := _problem(name, vocabulary))
    ]
    if strangers:
        leak = _leaks()["outgoing rows"]
        found.append((counted(strangers, "row"), leak["because"], leak["instead"]))
    if found:
        raise LeakError(
            "; ".join(f"{name} cannot be used: {because}" for name, because, _ in found),
            "; ".join(dict.fromkeys(instead[:1].upper() + instead[1:] for _, _, instead in found)),
        )


def _problem(name: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Return why a name is not knowable, and what to do instead."""
    plain = re.sub(r"\W+", "_", name.strip().casefold())
    for leak in _leaks().values():
        if plain in leak["names"] or any(re.fullmatch(p, plain) for p in leak.get("like", ())):
            return leak["because"], leak["instead"]
    if name not in vocabulary:
        because = "it is not declared, so nobody says when it is knowable"
        return because, "declare it, or leave it out"
    if vocabulary[name].knowable == "afterwards":
        return "it is declared as knowable only afterwards", "leave it out"
    return None


@cache
def _leaks() -> Located:
    leaks = read_yaml(_FILE)["leaks"]
    assert isinstance(leaks, Located)
    return leaks
