"""Finds whom or which request somebody means: by a key or its beginning, a name or part of it, an address.

Every command that is told a person or a request asks here.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Literal

from netkit.errors import CandidatesError, LedgerError
from netkit.facts import Kind
from netkit.history.same_people import SamePeople
from netkit.ledger import Ledger
from netkit.name_spellings import PLAIN
from netkit.people import folded_name, profile_slug
from netkit.wording import counted

_NEAR = 4  # names like one that nobody bears
_ALMOST = 0.85  # of two names the share of signs that are the same, where one may be the other mistyped
_SHORTEST = 3  # a beginning of fewer signs of a key fits too many, and may be a name
_PREFIXES = ("inv-", "intro-")
_AROUND = ",;:.()[]{}<>|·•\"'“”„"  # a word of a name


@dataclass(frozen=True)
class Mention:
    """A person as one row of the ledger names him: `request` where the row is a request to you."""

    person: str
    name: str
    request: str = ""
    kind: Kind | Literal[""] = ""
    on: datetime | None = None
    text: str = ""

    @property
    def key(self) -> str:
        """What to type for it: the request's key, or the person's."""
        return self.request or self.person

    @property
    def words(self) -> str:
        """Who it is, and since when."""
        what = {"invitation": "invitation of", "introduction": "introduction of"}.get(
            self.kind, "connected since"
        )
        return f"{self.name} · {what} {self.on.day} {self.on:%b %Y}" if self.on else self.name


def find_request(
    ledger: Ledger, words: str, kind: Kind | Literal[""] = "", *, among: Collection[str] | None = None
) -> str:
    """Return the key of the one request that words fit; what looks like a key and fits none is returned.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    words : str
        A key or its beginning, a name or whole words of it, a profile address, or a person's key.
    kind : {'', 'invitation', 'introduction'}
        Only this kind of request.
    among : collection of str, optional
        Only one of these keys.

    Returns
    -------
    str
        The key.

    Raises
    ------
    LedgerError
        Nothing fits, or several requests do.
    """
    rows = [row for row in mentions(ledger, kind) if row.request and (among is None or row.request in among)]
    fits = {row.request: row for row in _fitting(rows, words)}
    _refuse_near(fits.values(), words, even_one=True)  # what is done to a request is done to nobody else's
    if len(fits) == 1:
        return next(iter(fits))
    if fits:
        says = f"{counted(len(fits), 'request')} fit {words!r}"
        raise CandidatesError(says, [(key, row.words) for key, row in fits.items()])
    if words.strip().casefold().startswith(_PREFIXES):
        return words.strip()  # whoever is told this key says what is wrong with it
    says = f"The ledger does not know a request of {words!r}"
    refuse_misspelt(rows, words, says)
    raise LedgerError(
        says,
        "Take a key or a name from 'netkit triage' or 'netkit intro list', or keep an invitation that no"
        " archive has yet: netkit judge --from NAME --keep",
    )


def refuse_misspelt(rows: Iterable[Mention], words: str, says: str) -> None:
    """Offer who has a name like one that nobody bears.

    Raises
    ------
    CandidatesError
        There are such names.
    """
    called = {folded_name(row.name) or "": row for row in rows}
    if near := get_close_matches(folded_name(words) or "", called, n=_NEAR):
        offered = [(called[each].key, called[each].words) for each in near]
        raise CandidatesError(f"{says}, but of a name like it", offered)


def find_known(ledger: Ledger, words: str, *, new: bool = False) -> Mention | None:
    """Return the one person of the ledger whom words fit, or none.

    `request` is there where the words are the key of one, or its beginning. A name that is not quite that of
    the one it fits is asked about, unless it may be somebody new.

    Raises
    ------
    LedgerError
        Several people fit, or nobody quite does.
    """
    rows = mentions(ledger)
    fits = _fitting(rows, words)
    if not new:
        _refuse_near(fits, words)
    by_key = [row for row in fits if row.request and _begins(row.request, words)]
    if by_key and {row.request for row in fits} == {by_key[0].request}:
        return by_key[0]  # of an introduction its requester
    people = {row.person: row for row in fits}
    if len(people) > 1 and words.strip().casefold().startswith(_PREFIXES):
        fitting = {row.request: row.words for row in fits}
        raise CandidatesError(f"{counted(len(fitting), 'request')} fit {words!r}", [*fitting.items()])
    if len(people) > 1:
        says = f"{counted(len(people), 'person', 'people')} fit {words!r}"
        raise CandidatesError(says, [(person, row.words) for person, row in sorted(people.items())])
    return next((replace(row, request="") for row in people.values()), None)


def find_person(ledger: Ledger, words: str) -> tuple[str, str]:
    """Return the key and the name of one person, who may be new: a whole name is then taken as it is.

    Raises
    ------
    LedgerError
        The words name nobody, or several people of the ledger.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from netkit.ledger import open_ledger
    >>> with TemporaryDirectory() as folder, open_ledger(Path(folder)) as ledger:
    ...     find_person(ledger, "https://www.linkedin.com/in/ada-l/"), find_person(ledger, "Bo  Lind")
    (('in:ada-l', 'ada-l'), ('name:bo lind', 'Bo Lind'))
    """
    text, slug = " ".join(words.split()), profile_slug(words)
    is_key = text.startswith(("in:", "name:"))
    if not (slug or is_key or folded_name(text)):
        raise LedgerError(f"{words!r} is nobody's name", "Give a full name")
    found = find_known(ledger, words, new=True)
    if found and (" " not in text or slug or is_key or folded_name(found.name) == folded_name(text)):
        return found.person, found.name
    key = f"in:{slug}" if slug else text if is_key else f"name:{folded_name(text)}"
    return key, key.partition(":")[2] if slug or is_key else text


def names_like(ledger: Ledger, name: str, *, but: str = "") -> list[str]:
    """Return names of the ledger that are almost one that nobody bears, but for one request's own people."""
    called = {folded_name(row.name) or "": row.name for row in mentions(ledger) if row.request != but}
    folded = folded_name(name) or ""
    near = [] if folded in called else get_close_matches(folded, called, n=2, cutoff=_ALMOST)
    return [called[each] for each in near]


def search(ledger: Ledger, words: str) -> list[Mention]:
    """Return whoever words fit, and where a job, a note or a purpose has them; a person's newest row alone.

    Parameters
    ----------
    ledger : Ledger
        An open ledger.
    words : str
        A name or a part of it, the beginning of a key, an address, or any words.

    Returns
    -------
    list of Mention
        The newest first; of several rows alike about a person one.
    """
    rows, said = mentions(ledger), folded_name(words)
    fits = _fitting(rows, words)
    if said:
        begins = re.compile(rf"\b{re.escape(_plain(said))}")
        fits += [row for row in rows if begins.search(_plain(" ".join(row.text.casefold().split())))]
    found = {(row.person, row.request): row for row in fits}
    asked = {person for person, request in found if request}
    kept = [row for (person, request), row in found.items() if request or person not in asked]
    return sorted(kept, key=lambda row: (row.on.timestamp() if row.on else 0, row.request), reverse=True)


def mentions(ledger: Ledger, kind: Kind | Literal[""] = "") -> list[Mention]:
    """Return everybody whom the ledger names, with the request where there is one, the newest last."""
    same = SamePeople.of(ledger)
    rows = _rows(ledger, kind)
    return [replace(row, person=key) for row in rows if (key := same.key(row.person, row.name))]


def _rows(ledger: Ledger, kind: Kind | Literal[""]) -> Iterator[Mention]:
    if not kind:
        for row in ledger.exports.connection_rows():
            work = " ".join(row[part] or "" for part in ("position", "company"))
            yield Mention(row["person"] or "", row["name"] or "", on=row["connected_on"], text=work)
    if kind != "introduction":
        for row in ledger.invitations.rows():
            mine = row["direction"] == "incoming"  # what you sent is nobody's question to you
            request, note = row["request"] if mine else "", row["message"] or ""
            who = row["person"] or "", row["name"] or ""
            yield Mention(*who, request=request, kind="invitation", on=row["sent_at"], text=note)
    if kind != "invitation":
        for row in ledger.introductions.rows():
            for role in ("requester", "introducer" if row["introducer"] else "contact"):
                who, text = (row[role] or "", row[f"{role}_name"]), row["purpose_text"]
                yield Mention(
                    *who, request=row["request"], kind="introduction", on=row["asked_at"], text=text
                )


def _fitting(rows: Sequence[Mention], words: str) -> list[Mention]:
    """Return the rows that a whole key fits, else the beginning of one, or else who is meant by name."""
    key = words.strip().casefold()
    found = [row for row in rows if key and row.request == key]
    if found:
        return found
    begun = [row for row in rows if row.request and _begins(row.request, words)]
    return [*begun, *_meant(rows, words)]


def _refuse_near(fits: Collection[Mention], words: str, *, even_one: bool = False) -> None:
    """Ask who is meant where words, or even one, fit somebody, but not all of them are of the name."""
    parts = _name_words(words)
    whole = [row for row in fits if _begins(row.request, words) or set(parts) <= set(_name_words(row.name))]
    if fits and len(parts) > 1 - even_one and not whole and not profile_slug(words) and ":" not in words:
        says = f"Nobody is called {words!r}, but a name begins like it"
        raise CandidatesError(says, [(row.key, row.words) for row in fits])


def _name_words(name: str) -> list[str]:
    """Return the words of a name as they are compared, without what stands between or around them.

    >>> _name_words("Åkerver, Søllo (MBA)")
    ['akerver', 'sollo', 'mba']
    """
    words = _plain(folded_name(name) or "").split()
    return [word.strip(_AROUND) or word for word in words]


def _begins(request: str, words: str) -> bool:
    """Tell whether a key begins so, with or without what they all begin with."""
    key = words.strip().casefold()
    if key.startswith(_PREFIXES):
        return request.startswith(key)
    return len(key) >= _SHORTEST and request.partition("-")[2].startswith(key)


def _meant(rows: Iterable[Mention], words: str) -> list[Mention]:
    """Return whom an address, a person's key, a full name, or else parts of a name mean."""
    slug, text = profile_slug(words), words.strip()
    if not slug and "-" in text and " " not in text:  # the end of an address, which no name looks like
        slug = profile_slug(f"/in/{text.removeprefix('in:')}")
    found = [row for row in rows if row.person == (f"in:{slug}" if slug else text)]
    if found or profile_slug(words) or text.startswith("in:"):
        return found
    name = folded_name(text.removeprefix("name:"))
    if name is None:
        return []
    named = [(row, folded) for row in rows if (folded := folded_name(row.name))]
    whole = [row for row, folded in named if folded == name]
    parts = _name_words(name)
    return whole or [row for row, folded in named if _has_parts(_name_words(folded), parts)]


def _has_parts(name: list[str], parts: list[str]) -> bool:
    """Tell whether each part begins a word of the name.

    >>> _has_parts(["ana", "example"], ["ex"]), _has_parts(["ana", "example"], ["ana", "park"])
    (True, False)
    """
    return all(any(word.startswith(part) for word in name) for part in parts)


def _plain(name: str) -> str:
    """Return a folded name without accents, as it is typed on a plain keyboard."""
    decomposed = unicodedata.normalize("NFKD", name.translate(PLAIN))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
