"""Adding a file of your own as evidence: whose it is, how far it is read, and what was kept and left out."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from netkit.errors import NetkitError
from netkit.evidence import Owner
from netkit.evidence.addresses import canonical
from netkit.evidence.recognise import Source, SourceRead
from netkit.ledger import Ledger
from netkit.ledger.evidence_store import Added, read_tenures
from netkit.people import folded_name
from netkit.wording import counted

Confirm = Callable[[list[str], bool], bool]
Reading = Callable[[str, int, Callable[[Callable[[int], None]], SourceRead]], SourceRead]


def own_addresses(typed: Iterable[str]) -> list[str]:
    """Return addresses that somebody typed, as they are compared."""
    addresses = {text: canonical(text) for text in typed}
    wrong = next((text for text, known in addresses.items() if not known), None)
    if wrong is not None:
        raise NetkitError(f"{wrong!r} is no e-mail address. Write one like you@example.org.")
    return list(addresses.values())


def add_file(
    ledger: Ledger, path: Path, *, confirm: Confirm, reading: Reading, sizes: tuple[int, int] | None = None
) -> Added:
    """Read a file, a folder or an archive of yours, and keep what it tells.

    `confirm` is asked whether addresses are yours, and is told whether any of yours are known; `reading`
    reads, and shows how far it is; `sizes` are those of meetings, see `Owner`.
    """
    with Source(path) as source:
        owner = _owner(ledger, source, confirm)
        owner = replace(owner, sizes=sizes) if sizes else owner
        found = reading(f"reading {path.name}", source.size, lambda tell: source.read(owner, tell))
        return ledger.evidence.add(path, source.kinds, found, owner)


def _owner(ledger: Ledger, source: Source, confirm: Confirm) -> Owner:
    """Return whose files they are; what a mailbox itself says is confirmed, and kept."""
    profile = ledger.exports.profile()
    names = {f"{row.get('first_name')} {row.get('last_name')}" for row in profile.get("profile", ())}
    own = ledger.evidence.own_addresses()
    if {"mail", "calendar"} & set(source.kinds):
        new = source.owner() - own
        if new and confirm(sorted(new), bool(own)):
            ledger.evidence.add_own(new)
            own |= new
        if not own:
            raise NetkitError(
                f"Nothing in {source.path} says which address is yours. Name all you had:"
                f" netkit evidence add {source.path} --me you@example.org"
            )
    folded = frozenset(filter(None, map(folded_name, names)))
    return Owner(own, folded, read_tenures(profile))


def added_sentences(path: Path, added: Added) -> list[str]:
    """Return what was read, kept and left out."""
    read = ", ".join(counted(n, what.removesuffix("s"), what) for what, n in added.read.items()) or "nothing"
    people = counted(added.people, "person", "people")
    matched = counted(added.matched, "invitation")
    sentences = [
        f"{path.name}: {read} read.",
        f"{people} kept, names scrambled; {matched} may come from one of them.",
    ]
    left = sorted(added.left.items(), key=lambda item: -item[1])
    if left:
        why = " · ".join(f"{what} {times:,}" for what, times in left)
        sentences.append(f"Left out, for it says nothing of acquaintance: {why}.")
    return sentences


def proposal_sentences(proposals: dict[str, tuple[int, int]]) -> list[str]:
    """Return how often what was proposed by a rule was right, as far as you said."""
    return [
        f"{rule.capitalize()}: of {counted(asked, 'proposal')} you confirmed {right}."
        for rule, (right, asked) in proposals.items()
    ]
