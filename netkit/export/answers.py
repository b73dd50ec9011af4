"""Answers of the portability interface, whose tables are those of an archive: rows found and named."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pyarrow as pa

from netkit.errors import ExportError
from netkit.export.archive_member import Member
from netkit.export.delimited import Delimited, without_empty_rows
from netkit.export.layout import FileLayout, file_layouts, folded
from netkit.export.read_report import FileIgnored, Notice, printable
from netkit.record import Answers, Page, read_answers
from netkit.wording import counted

_LEFT = "rows of the portability interface that netkit does not use"


@dataclass
class AnswersRead:
    """What all files of answers in one reading hold."""

    answers: Answers = field(default_factory=Answers)
    tables: list[tuple[str, Delimited]] = field(default_factory=list)
    ignored: list[FileIgnored] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)

    def finish(self, *, unread: bool) -> None:
        """Say what is missing: of a part of a table nobody can tell what is no longer in it."""
        pages: dict[str, list[Page]] = {}
        for page in self.answers.pages:
            pages.setdefault(_kind_of(page), []).append(page)
        for kind, _ in self.tables:
            lacking = self.answers.lacks(pages[kind])
            table = file_layouts()[kind].table
            if (lacking or unread) and table not in self.partial:
                self.partial.add(table)
                says = f"answers with {table} are missing, so nobody who is not in the others counts as gone"
                self.notices.append(Notice("answer_missing", pages[kind][0].file, max(lacking, 1), says))
        lacking = self.answers.lacks(self.answers.log)
        if lacking:
            says = (
                "answers of the change log are missing: the time after the last event counts as not covered"
            )
            self.notices.append(Notice("answer_missing", self.answers.log[0].file, lacking, says))

    def nothing_in(self, names: str) -> ExportError:
        """Return the refusal of files in which there is nothing at all."""
        if self.answers.ends:
            says = "says that there is no data. It may not be ready yet: ask the platform again after a day"
        elif any(left.why == _LEFT for left in self.ignored):
            says = "holds no domain that netkit uses. Give INVITATIONS, CONNECTIONS, INBOX or the change log"
        elif self.answers.pages and not (self.ignored or any(page.is_strange for page in self.answers.pages)):
            says = "is an empty answer. It may not be ready yet: ask the platform again after a day"
        else:
            says = (
                "is JSON, but no answer of the portability interface that netkit knows."
                " Give its snapshot (INVITATIONS, CONNECTIONS, INBOX) or its change log"
            )
        return ExportError(f"{names} {says}.")


def read_member(member: Member) -> Answers:
    """Read one file of answers."""
    with member.open() as stream:
        return read_answers(stream, member.name, member.most)


def take(found: AnswersRead, member: Member, answers: Answers) -> None:
    """Take in what one file holds: its tables, and what is left alone."""
    found.answers.add(answers)
    seen = {(kind, file.sha256) for kind, file in found.tables}
    left = Counter[str]()
    for page in answers.pages:
        kind = _kind_of(page)
        if not kind and page.rows.count and page.is_named:
            left[printable(page.domain, 60)] += page.rows.count
        elif kind and page.rows.count:
            file = _as_table(page, file_layouts()[kind])
            if (kind, file.sha256) not in seen:
                found.tables.append((kind, file))
    for domain, count in left.items():
        found.ignored.append(FileIgnored(f"{member.name}: {domain}, {counted(count, 'row')}", _LEFT))
    foreign = all(page.rows.count and not page.is_named and not _kind_of(page) for page in answers.pages)
    if foreign and not (answers.has_log or answers.ends or answers.consent):
        found.ignored.append(FileIgnored(member.name, "JSON, but no answer of the portability interface"))


def _kind_of(page: Page) -> str:
    """Return which table a page's rows belong to: by the domain's name, else by its columns."""
    names = {folded(name) for name in page.rows.columns}
    domain = folded(page.domain)
    for kind, layout in file_layouts().items():
        called = {folded(name) for name in (*layout.names, *layout.domains)}
        if domain in called and _fits(names, layout, layout.required):
            return kind
    for kind, layout in file_layouts().items():
        if layout.tells and _fits(names, layout, [[column] for column in layout.tells]):
            return kind
    return ""


def _fits(names: set[str], layout: FileLayout, wanted: Iterable[Sequence[str]]) -> bool:
    kept = {layout.columns[name] for name in names if name in layout.columns}
    return all(kept & set(group) for group in wanted)


def _as_table(page: Page, layout: FileLayout) -> Delimited:
    name = f"{page.file} ({printable(page.domain, 40)})"
    columns: dict[str, pa.Array] = {}
    unknown = []
    for written, cells in page.rows.filled().items():
        kept = layout.columns.get(folded(written))
        if kept and kept not in columns:
            columns[kept] = pa.array(cells, pa.string())
        elif not kept and folded(written) not in layout.unused and written.strip():
            unknown.append(written)
    page.rows.columns = {name: [] for name in page.rows.columns}  # the table holds them now
    notices = Notice.unknown_columns(name, unknown)
    return without_empty_rows(Delimited(name, pa.table(columns), _digest(columns), notices))


def _digest(columns: Mapping[str, pa.Array]) -> bytes:
    """Return the digest of what rows say, however they were wrapped."""
    digest = sha256()
    for name in sorted(columns):
        digest.update(name.encode() + b"\0")
        for cell in columns[name].to_pylist():
            digest.update(b"\1" + (cell or "").encode("utf-8", "replace"))
    return digest.digest()
