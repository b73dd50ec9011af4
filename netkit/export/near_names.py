"""Which file is read for each table: the original before a copy, what lies outside before a ZIP inside."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from netkit.export.archive_member import Member
from netkit.export.layout import UNKNOWN, file_layouts, near_kind
from netkit.export.read_report import Notice

# A table in these forms is read, in the others it is named with what to do.
_FORMS = (".csv", ".tsv", ".txt", ".bak", "", ".gz", ".xlsx")


def choose(found: list[Member]) -> tuple[list[Member], list[Notice]]:
    """Return all files, those to be left alone with the reason, and what to say of copies."""
    originals = [member for member in found if member.kind and not member.ignored]
    outside = {member.kind for member in originals if not member.inner}
    there = {member.kind for member in originals}
    chosen = {id(member): member for member in found}
    for member in originals:
        if member.inner and member.kind in outside:
            chosen[id(member)] = replace(member, kind="", ignored="the same file lies outside the ZIP")
    notices: list[Notice] = []
    for kind, near in _near(found).items():
        wanted = f"{file_layouts()[kind].names[0]}.csv"
        taken = None if kind in there else min(filter(_form, near), key=_preference, default=None)
        if taken is not None:
            chosen[id(taken)] = replace(taken, kind=kind, ignored="", near=True)
        elif kind not in there:
            notices += [near_name_left(member.name, wanted) for member in near]
            continue
        read = wanted if taken is None else taken.name
        says = f"a copy that was left alone, for {read} was read; keep one of them, as {wanted}"
        for member in near:
            if member is not taken:
                chosen[id(member)] = replace(member, ignored="a copy of a file that was read")
                notices.append(Notice("near_name_left", member.name, 1, says))
    return [chosen[id(member)] for member in found], notices


def near_name_left(name: str, wanted: str, why: str = "") -> Notice:
    """Return the notice that a file was not read though it is the only one for its table."""
    says = f"the file was not read, though {wanted} is missing: save it as {wanted} (CSV UTF-8)"
    because = f" ({why})" if why else ""
    return Notice("near_name_left", name, 1, f"{says}, and read the archive once more{because}")


def _near(found: Iterable[Member]) -> dict[str, list[Member]]:
    """Return the files whose names are near to that of a kind of file, by kind."""
    near: dict[str, list[Member]] = {}
    for member in found:
        if member.ignored == UNKNOWN and (kind := near_kind(member.path)):
            near.setdefault(kind, []).append(member)
    return near


def _form(member: Member) -> int:
    """Return the place of a file's form among those that are read, counted from one, else nothing."""
    ending = PurePosixPath(member.path.casefold()).suffix
    return _FORMS.index(ending) + 1 if ending in _FORMS else 0


def _preference(member: Member) -> tuple[bool, int, int, int, str]:
    """Prefer what lies outside, then text to workbooks, the newest, the largest, the first by name."""
    return member.inner, _form(member), -member.day.toordinal(), -member.size, member.path
