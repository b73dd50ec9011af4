"""The texts of your own that a publication shows: guarded, and read by you before others read them."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from netkit.facts import KINDS, vocabulary
from netkit.facts.declared_facts import FACT_FIELDS
from netkit.handbook.policy_pages import shown_letters
from netkit.plain_yaml import Located, read_yaml
from netkit.policy import POLICIES
from netkit.policy.policy_file import ANSWER_FIELDS, CHOICES, SOURCE_FIELDS
from netkit.private_files import private_folder, write_private

_READ = "read_texts.txt"  # in the workspace's `public/`: a hash of every text that you have read
_PUBLIC = ("author", "url")  # what a source says of itself is meant to be public

_SMALL = re.compile(r"[\d.-]{1,6}")  # a bound, a band, a year: nothing to read

Text = tuple[str, int, str]  # file, line, text


def own_texts(policies: Sequence[Path]) -> list[Text]:
    """Return the texts of your own in some policies and the letters shown with them, with their places.

    Left out are what netkit ships, comments, and the author and the address of a source.
    """
    shipped = _shipped()
    found = [
        (policy.name, line, text)
        for policy in policies
        for line, keys, text in _leaves(read_yaml(policy), 1)
        if text not in shipped and not _is_public(keys)
    ]
    folders = {policy.parents[1] / "letters" for policy in policies}
    for folder in folders:
        for name in shown_letters(policies):  # in the folder itself, and in one of each language
            files = [folder / f"{name}.md.j2", *sorted(folder.glob(f"[a-z][a-z]/{name}.md.j2"))]
            found += [text for file in files if file.is_file() for text in _paragraphs(file, folder)]
    return found


def public_words(policies: Sequence[Path]) -> list[str]:
    """Return the authors and addresses of the sources that some policies name."""
    leaves = (leaf for policy in policies for leaf in _leaves(read_yaml(policy), 1))
    return [text for _, keys, text in leaves if _is_public(keys) and text not in _PUBLIC]


def _is_public(keys: tuple[str, ...]) -> bool:
    return keys[0] == "sources" and keys[-1] in _PUBLIC


def unread(home: Path, texts: Iterable[Text]) -> list[Text]:
    """Return the texts that you have not read as they are now, each once; a small number is none."""
    file = home / "public" / _READ
    known = set(file.read_text(encoding="ascii").split()) if file.is_file() else set()
    first: dict[str, tuple[str, int]] = {}
    for name, line, text in texts:
        first.setdefault(text, (name, line))
    return [
        (name, line, text)
        for text, (name, line) in first.items()
        if _hash((name, line, text)) not in known and not _SMALL.fullmatch(text)
    ]


def remember(home: Path, policies: Sequence[Path]) -> None:
    """Keep that you have read the texts of your own, as they are now."""
    lines = sorted({_hash(text) for text in own_texts(policies)})
    file = private_folder(home / "public") / _READ
    write_private(file, "".join(f"{line}\n" for line in lines).encode())


def _hash(text: Text) -> str:
    return hashlib.sha256(text[2].encode()).hexdigest()


def _leaves(value: Any, line: int, keys: tuple[str, ...] = ()) -> Iterator[tuple[int, tuple[str, ...], str]]:  # noqa: ANN401 - YAML holds anything
    """Yield every text of a file, the names of its own facts among them, with line and keys."""
    if isinstance(value, Located):
        for key, inner in value.items():
            at = value.lines.get(key, line)
            yield at, (*keys, key), key
            yield from _leaves(inner, at, (*keys, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, inner.line if isinstance(inner, Located) else line, keys)
    else:
        yield line, keys, str(value)


@cache
def _shipped() -> frozenset[str]:
    """Return the texts of the policies that come with netkit, and the names of its facts and levels."""
    texts = {text for path in POLICIES.glob("*.yaml") for _, _, text in _leaves(read_yaml(path), 1)}
    facts = [fact for kind in KINDS for fact in vocabulary(kind).values()]
    names = {fact.name for fact in facts} | {level for fact in facts for level in fact.levels}
    fields = {"not", "at_least", "at_most", "between", "open", "find_out", "own", "my_policy", "My policy"}
    fields |= {*CHOICES, *ANSWER_FIELDS, *FACT_FIELDS, *SOURCE_FIELDS, "of", "until", "months", "answers"}
    fields |= {"facts", "assume", "level", "decimals", "bands"}
    return frozenset(texts | names | fields | set(KINDS))


def _paragraphs(file: Path, folder: Path) -> Iterator[Text]:
    line, name = 1, file.relative_to(folder).as_posix()
    for paragraph in file.read_text(encoding="utf-8-sig").split("\n\n"):
        if paragraph.strip():
            yield name, line + len(paragraph) - len(paragraph.lstrip("\n")), paragraph.strip()
        line += paragraph.count("\n") + 2
