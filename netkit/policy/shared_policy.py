"""A policy that several people share: read from a file or a folder, and taken over with what changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from netkit.bounded_files import read_bounded
from netkit.errors import PolicyError
from netkit.facts import KINDS
from netkit.plain_yaml import parse_yaml, read_yaml
from netkit.policy.loaded_policy import Policy, load_policy, shipped_policies
from netkit.policy.rules import Change
from netkit.private_files import check_file_name, private_folder, write_private
from netkit.wording import counted

LETTER = ".md.j2"
_LONGEST = 5_000_000  # bytes of a policy's file or of a letter
_LOG = "taken.yaml"


@dataclass(frozen=True)
class SharedPolicy:
    """A policy as somebody shares it: its file, and the letters beside it, by their file's name."""

    policy: Policy
    text: bytes
    letters: dict[str, bytes]
    place: Path


@dataclass(frozen=True)
class Taken:
    """What taking a policy over changed."""

    file: Path
    before: str
    told: tuple[Change, ...]
    found: tuple[str, ...]
    kept: Path | None
    changed_here: bool

    @property
    def is_new(self) -> bool:
        """Whether anything was written."""
        return not self.before or self.kept is not None


def read_shared(place: Path) -> SharedPolicy:
    """Read a policy from a file, or from a folder with one policy and the letters that it owes."""
    if not place.exists():
        raise PolicyError(f"{place} does not exist. Name the file or the folder of the policy.")
    file, letters = place, dict[str, Path]()
    if place.is_dir():
        files = sorted(path for part in (place, place / "policies") for path in part.glob("*.yaml"))
        if len(files) != 1:
            names = ", ".join(path.name for path in files) or "no file that ends in .yaml"
            raise PolicyError(
                f"{place} holds {names}. Name the one file of the policy that you want to take."
            )
        file = files[0]
        # Those of another language stand in a folder of its two letters.
        found = [
            (path.relative_to(part).as_posix(), path)
            for part in (place, place / "letters")
            for pattern in (f"*{LETTER}", f"[a-z][a-z]/*{LETTER}")
            for path in sorted(part.glob(pattern))
        ]
        letters = dict(found)
        for path in (file, *letters.values()):
            if not path.resolve().is_relative_to(place.resolve()):  # a letter could be any file of yours
                raise PolicyError(f"{path} leads out of the folder", "Ask for the file itself")
    return SharedPolicy(
        load_policy(file.absolute()),
        read_bounded(file, _LONGEST, error=PolicyError),
        {name: read_bounded(path, _LONGEST, error=PolicyError) for name, path in letters.items()},
        place.absolute(),
    )


def take_over(shared: SharedPolicy, home: Path, name: str = "") -> Taken:
    """Write a shared policy and its letters into a workspace; what they replace is kept beside them."""
    name = name or shared.policy.name
    if not name.isidentifier() or name.casefold() in shipped_policies():
        raise PolicyError(
            f"A policy of yours cannot be called {name!r}. Give it another name with --as NAME:"
            " letters, digits and underscores, and not the name of a policy that comes with netkit."
        )
    check_file_name(name)
    file, history = home / "policies" / f"{name}.yaml", home / "policies" / "taken" / name
    wanted = {file: _renamed(shared, name)}
    wanted |= {home / "letters" / letter: content for letter, content in shared.letters.items()}
    there = {path: path.read_bytes() for path in wanted if path.is_file()}
    log = _log(history)
    last = log[-1] if log else {}
    now = datetime.now(UTC)
    kept = None
    if there != wanted:
        names = {home / "letters" / letter: letter for letter in shared.letters} | {file: file.name}
        aside = {names[path]: content for path, content in there.items()}
        kept = _put_aside(aside, history / f"{now:%Y%m%dT%H%M%SZ}") if there else None
        _write(wanted)
        log.append({"at": f"{now:%Y-%m-%d}", "from": str(shared.place), "sha256": _digest(wanted.values())})
        lines = [f"- {json.dumps(entry, ensure_ascii=False)}\n" for entry in log]
        write_private(private_folder(history) / _LOG, "".join(["taken:\n", *lines]).encode())
    known = _changes(there.get(file, b""), file.name)
    return Taken(
        file=file,
        before=str(last.get("at", "")) or ("before" if file in there else ""),
        told=tuple(change for change in shared.policy.changes if vars(change) not in known),
        found=tuple(_differences(there, wanted, file)) if there else (),
        kept=kept,
        changed_here=bool(kept and last) and last["sha256"] != _digest(there.values()),
    )


def _renamed(shared: SharedPolicy, name: str) -> bytes:
    """Return the policy's text under its name here."""
    if name == shared.policy.name:
        return shared.text
    lines = shared.text.decode("utf-8-sig").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("policy:"))
    lines[at] = f"policy: {name}\n"
    return "".join(lines).encode()


def _digest(contents: Any) -> str:  # noqa: ANN401 - the views of mappings have no common name
    return sha256(b"\0".join(contents)).hexdigest()


def _log(history: Path) -> list[dict[str, Any]]:
    """Return when this policy was taken before, and from where; the oldest first."""
    file = history / _LOG
    return [dict(entry) for entry in read_yaml(file, error=PolicyError)["taken"]] if file.exists() else []


def _put_aside(there: Mapping[str, bytes], folder: Path) -> Path:
    private_folder(folder.parent.parent)
    private_folder(folder.parent)
    private_folder(folder)
    _write({folder / name: content for name, content in there.items()})
    return folder


def _write(wanted: Mapping[Path, bytes]) -> None:
    for path, content in wanted.items():
        private_folder(path.parent)
        write_private(path, content)


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    """Return what a file says; nothing where it cannot be read, as with a draft."""
    try:
        return parse_yaml(content.decode("utf-8-sig"), name=name) if content else {}
    except (PolicyError, UnicodeDecodeError):
        return {}


def _changes(content: bytes, name: str) -> list[dict[str, Any]]:
    told = _parsed(content, name).get("changes") or []
    return [{"by": "", **dict(entry)} for entry in told]


def _differences(there: Mapping[Path, bytes], wanted: Mapping[Path, bytes], file: Path) -> list[str]:
    """Return a sentence for each part of the policy that differs from what was here."""
    before, now = (_parsed(each.get(file, b""), file.name) for each in (there, wanted))
    said = []
    for kind in KINDS:
        old, new = ({rule["id"]: rule for rule in each.get(kind) or []} for each in (before, now))
        said += _differing(f"Rules for {kind}s" if kind != "asking" else "Rules for asking", old, new)
        old_facts, new_facts = ((each.get("facts") or {}).get(kind) or {} for each in (before, now))
        said += _differing(
            f"Facts about {kind}s" if kind != "asking" else "Facts for asking", old_facts, new_facts
        )
        shared = [name for name in old if name in new]
        if shared != [name for name in new if name in old]:
            said.append("The rules stand in another order, and the first one that holds decides.")
    old_letters, new_letters = (
        {
            path.relative_to(file.parents[1] / "letters").as_posix().removesuffix(LETTER): text
            for path, text in each.items()
            if path != file
        }
        for each in (there, wanted)
    )
    return [*said, *_differing("Letters", old_letters, new_letters)]


def _differing(what: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    parts = [
        ("new", [name for name in now if name not in before]),
        ("changed", [name for name in now if name in before and now[name] != before[name]]),
        ("gone", [name for name in before if name not in now]),
    ]
    told = [f"{counted(len(names), word, word)} ({', '.join(names)})" for word, names in parts if names]
    return [f"{what}: {', '.join(told)}."] if told else []
