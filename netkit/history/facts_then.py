"""The facts as they could be known when a request had to be answered, and the guard against any others."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from netkit.errors import LeakError
from netkit.evidence.acquaintance import Told
from netkit.facts import Vocabulary
from netkit.history.labels import WAITS
from netkit.history.outcomes import own_word
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.plain_yaml import Located, read_yaml
from netkit.row_counts import look_up
from netkit.wording import counted

_FILE = Path(__file__).parent / "leaks.yaml"


def invitation_facts(
    ledger: Ledger, table: pd.DataFrame, same: SamePeople, vocabulary: Vocabulary
) -> tuple[pd.DataFrame, pd.DataFrame, int, dict[str, Told]]:
    """Return the facts of incoming invitations as of their decision, and the origin of each value.

    What the export tells is taken as of the arrival, strictly before it; what was noted counts if it
    was noted at the decision or before, or before an archive told the ledger of an answer. A later note is
    hindsight and is left out. Where nothing was decided yet, every note counts. A note of your own counts
    for more than what the program derives. What your other files say stands between the two. The number
    is that of the notes left out; the last is what evidence says of each request.
    """
    sent = ledger.invitations.to_frame().set_index("request").loc[table["request"]].reset_index()
    untold = sent["message"].isna() & (sent["origin"] == "by hand")  # typed in without its note
    derived = _note_facts(ledger, sent)
    derived = derived.mask(pd.concat([untold] * derived.shape[1], axis=1).to_numpy()).assign(
        wrote_before=_wrote_before(ledger, table, same),
        in_address_book=_in_address_book(ledger, table, same),
        repeat_invitation=_invited_before(ledger, table, same, "incoming"),
        you_invited_before=_invited_before(ledger, table, same, "outgoing").replace("no", None),
        reply_to_question=_not_asked(ledger, table["request"]),
    )
    derived = derived.assign(request=table["request"].to_numpy())
    told = ledger.evidence.told(table.set_index("request")["state"].isin(WAITS).to_dict())
    notes = ledger.notes.to_frame("invitation")
    notes = notes[~notes["fact"].isin(list(own_word()))]  # what came of it is nothing that was known
    facts, origins, late = with_notes(notes, derived, table, vocabulary, _levels(told, derived["request"]))
    return facts, origins, late, told


def _levels(told: Mapping[str, Told], requests: pd.Series) -> pd.DataFrame:
    """Return the levels that evidence sets, one column a fact."""
    sets = {
        request: {fact: level for fact, (level, _) in each.sets.items()} for request, each in told.items()
    }
    rows = [sets.get(request, {}) for request in requests]
    return pd.DataFrame(rows, index=requests.index, dtype="object")


def _note_facts(ledger: Ledger, sent: pd.DataFrame) -> pd.DataFrame:
    """Return what the notes said when they were read; what nobody read yet, only the phrases tell."""
    # The reader of notes takes longer to load than most commands take.
    from netkit.notes import read_notes

    kept = ledger.invitations.notes_read().set_index("request")
    read, known = kept.reindex(sent["request"]).set_axis(sent.index), sent["request"].isin(kept.index)
    unread = read_notes(sent["message"].mask(known))
    read = read.reindex(columns=unread.columns)  # an earlier reader did not look for all of it
    merged = {str(name): read[name].astype("object").where(known, unread[name]) for name in read}
    return unread.assign(**merged)


def with_notes(
    notes: pd.DataFrame,
    derived: pd.DataFrame,
    table: pd.DataFrame,
    vocabulary: Vocabulary,
    evidence: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Lay the facts noted in time over the derived ones: what a judge may see, and each value's origin.

    The number is that of the notes left out.
    """
    noted, late = _noted_in_time(notes, table)
    seen = {name: fact for name, fact in vocabulary.items() if fact.knowable != "afterwards"}
    columns, origins = {"request": derived["request"]}, {"request": derived["request"]}
    for name, fact in seen.items():
        mine = noted[noted["fact"] == name].set_index("request")
        own = look_up(derived["request"], mine["level"]).astype("object")
        base = derived.get(name, pd.Series(index=derived.index, dtype="object")).astype("object")
        read = pd.Series("note" if fact.origin == "note" else "derived", index=base.index)
        if evidence is not None and name in evidence:
            found = evidence[name]
            base, read = base.mask(found.notna(), found), read.mask(found.notna(), "evidence")
        columns[name] = own.where(own.notna(), base)
        origin = look_up(derived["request"], mine["origin"]).astype("object")
        origins[name] = origin.where(own.notna(), read.where(base.notna())).astype("str")
    known = Vocabulary(vocabulary.kind, seen)
    facts = known.conform(pd.DataFrame(columns, index=derived.index))
    return facts, pd.DataFrame(origins, index=derived.index), late


def _noted_in_time(notes: pd.DataFrame, table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the notes made in time; of several the one recorded last counts.

    In time is what was noted at the decision or before it, and what was noted before an archive told the
    ledger of an answer: until then the request was still to be answered. It counts as typed `after`.

    What was typed says beside it whether it was typed `earlier` than the answer, in another sitting,
    `with` it, or `after` it; saying the same again does not make it later.

    Nobody knows when an acceptance without a date was: of its notes only those from before the
    invitation were surely made in time.

    Examples
    --------
    >>> notes = pd.DataFrame({"request": ["a", "a"], "fact": ["met", "met"], "level": ["no", "yes"],
    ...                       "at": pd.to_datetime(["2024-01-02", "2024-01-09"], utc=True),
    ...                       "recorded_at": pd.to_datetime(["2024-01-02", "2024-01-09"], utc=True),
    ...                       "origin": "typed", "sitting": ["s1", "s3"]})
    >>> answered = pd.to_datetime(["2024-01-05"], utc=True)
    >>> table = pd.DataFrame({"request": ["a"], "sitting": ["s2"], "decided_at": answered,
    ...                       "recorded_at": answered})
    >>> in_time, late = _noted_in_time(notes, table)
    >>> in_time[["level", "origin"]].values.tolist(), late
    ([['no', 'typed earlier']], 1)
    """
    answers = table.set_index("request")
    decided_at = answers["decided_at"]
    if "noted_until" in answers:  # your own entry of what the record dates more exactly
        decided_at = answers["noted_until"].where(answers["noted_until"] > decided_at, decided_at)
    if "sent_at" in answers:
        undated = decided_at.isna() & answers["state"].eq("accepted")
        decided_at = decided_at.mask(undated, answers["sent_at"])
    late = notes["at"] > look_up(notes["request"], decided_at)
    if "learnt_at" in answers:
        late &= ~(notes["recorded_at"] <= look_up(notes["request"], answers["learnt_at"]))
    kept = notes[~late]
    before = kept.groupby(["request", "fact"])["level"].shift()
    kept = kept[kept["level"] != before].drop_duplicates(["request", "fact"], keep="last")
    kept = kept[kept["level"].notna()]
    when = _typed(kept, answers.reindex(kept["request"]).set_axis(kept.index))
    typed = kept["origin"] == "typed"
    return kept.assign(origin=kept["origin"].mask(typed, when)), int(late.sum())


def _typed(notes: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    """Say when each note was typed, seen from its answer; without a sitting, one day counts as one."""
    answered = answers.get("answered_at", answers["recorded_at"]).fillna(answers["decided_at"])
    same = notes["sitting"] == answers["sitting"]
    untold = notes["sitting"].isna() | answers["sitting"].isna()
    same |= untold & (notes["recorded_at"].dt.floor("D") == answered.dt.floor("D"))
    when = pd.Series("typed earlier", index=notes.index, dtype="str").mask(same, "typed with")
    when = when.mask(notes["recorded_at"] > answered, "typed after")
    return when.mask(answered.isna(), "typed")


def _wrote_before(ledger: Ledger, table: pd.DataFrame, same: SamePeople) -> pd.Series:
    talked = ledger.exports.correspondence()
    first = talked.groupby(same.keys(talked["person"]))["first_at"].min()
    return _strictly_before(first, table, told=_was_held(ledger, "messages"))


def _in_address_book(ledger: Ledger, table: pd.DataFrame, same: SamePeople) -> pd.Series:
    book = ledger.exports.address_book()
    keys = same.rows(book)
    first = book.groupby(keys)["created_at"].min()
    known = _strictly_before(first, table, told=_was_held(ledger, "address_book"))
    undated = table["person"].isin(keys[book["created_at"].isna()])
    return known.mask(undated & (known == "no"))  # in the book, but nobody knows since when


def _strictly_before(first: pd.Series, table: pd.DataFrame, *, told: bool) -> pd.Series:
    """Say yes, no, or nothing where no export held the table or the person has no key."""
    since = look_up(table["person"], first)
    before = (since < table["sent_at"]).map({True: "yes", False: "no"}).astype("str")
    return before.where(table["person"].notna() & told)


def _invited_before(ledger: Ledger, table: pd.DataFrame, same: SamePeople, direction: str) -> pd.Series:
    sent = ledger.invitations.to_frame()
    sent = sent[sent["direction"] == direction]
    first = sent["sent_at"].groupby(same.rows(sent)).min()
    return _strictly_before(first, table, told=True)


def _not_asked(ledger: Ledger, requests: pd.Series) -> pd.Series:
    """Say `not_asked` unless a question is in the ledger; what came back is for the user to note."""
    decisions = ledger.decisions.to_frame("invitation")
    asked = requests.isin(decisions.loc[decisions["action"] == "ask", "request"])
    return pd.Series("not_asked", index=requests.index, dtype="str").mask(asked)


def _was_held(ledger: Ledger, table: str) -> bool:
    """Whether any export held a table: what none held is unknown, not no."""
    return any(table in present for present in ledger.exports.imports()["present"])


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
    found = [
        (repr(name), *problem)
        for name in map(str, facts.columns)
        if name != "request" and (problem := _problem(name, vocabulary))
    ]
    if incoming is not None and "request" in facts:
        strangers = facts.loc[~facts["request"].isin(list(incoming)), "request"]
        if len(strangers):
            leak = _leaks()["outgoing rows"]
            found.append((counted(len(strangers), "row"), leak["because"], leak["instead"]))
    if found:
        raise LeakError(
            "; ".join(f"{name} cannot be used: {because}" for name, because, _ in found),
            "; ".join(dict.fromkeys(instead[:1].upper() + instead[1:] for _, _, instead in found)),
        )
    return facts


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
