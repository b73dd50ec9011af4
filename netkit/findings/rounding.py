"""Own findings as they are published: counts rounded to fives at random, shares and totals from those."""

import hmac
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from netkit.findings import NOT_YET, SHARES, WITHHELD, Finding, shown, two_digits
from netkit.findings.personal_words import guard_rules, plain_words
from netkit.workspace_key import workspace_key

_BASE = 5
_PURPOSE = "rounding of published counts"
# The words of a sentence tell small numbers as its figures do: "one request", "none of them".
_COUNTS = re.compile(r"\d|[.!?]\s*\Z")


class Rounding:
    """The door through which a workspace's findings become published ones.

    A count is rounded to one of the two nearest multiples of five, at random and so that it is right on
    average: 127 becomes 125 in three workspaces of five, 130 in two. What draws is the workspace's key, the
    count, what is counted (invitations or introductions), and the answers recorded so far.
    The same count is therefore rounded alike under every name and in every publication, until an answer is
    added; then all is drawn anew. If a count that stays the same kept its rounding for good, a changed
    rounding would prove that the count changed, and where only one person was answered in between, how.

    Parameters
    ----------
    findings : iterable of Finding
        All findings of the workspace; some are totals of others.
    key : bytes
        The workspace's key for this purpose.
    answers : mapping of str to str
        By what is counted: what tells apart any two states of the ledger between which somebody was answered.
    """

    def __init__(self, findings: Iterable[Finding], key: bytes, answers: Mapping[str, str]) -> None:
        self._key, self._answers = key, answers
        self._fixed: dict[tuple[str, int], int] = {}
        self._sums: dict[tuple[str, int], int] = {}
        self._counts = counts = {each.name: each.value for each in findings if type(each.value) is int}
        known = [name for name in guard_rules()["known_totals"] if name in counts]
        self._known = {(_subject(name), counts[name]) for name in known}
        totals = {total: names for total, names in guard_rules()["totals"].items() if total in counts}
        self._parts: dict[str, list[tuple[str, int]]] = {}
        for total, names in totals.items():
            parts = [(name, counts[name]) for name in names if name in counts]
            # What the parts with a name leave counts under the name of the whole.
            left = counts[total] - sum(count for _, count in parts)
            self._parts[total] = [*parts, (total, max(0, left))]
        for total in known:
            self._leave_doubt([(name, count) for name, count in self._smallest(total) if count])
        for total in totals:
            sums = self._sums if total in known else self._fixed
            sums[_subject(total), counts[total]] = sum(self.fives(*part) for part in self._parts[total])

    def fives(self, name: str, count: int) -> int:
        """Return a count, given under a name, as it is published."""
        what = _subject(name)
        if (what, count) not in self._fixed:
            low = count // _BASE * _BASE
            said = f"{what} {count} {self._answers.get(what)}".encode()
            up = int.from_bytes(hmac.digest(self._key, said, "sha256")[:8], "big") % _BASE < count - low
            # More than all would be: who knows how many asked would know that it is all of them.
            over = any(one == what and count <= total < low + _BASE for one, total in self._known)
            self._fixed[what, count] = low + _BASE * (up and not over)
        return self._fixed[what, count]

    def whole(self, name: str, n: int) -> int:
        """Return on how many something rests, as it is published; it may be a total that askers know."""
        total = self._sums.get((_subject(name), n))
        return self.fives(name, n) if total is None else total

    def has_all(self, total: str) -> bool:
        """Return whether every part of a total, as it is published, is more than none."""
        parts = self._parts.get(total, ()) if self.has_enough(total) else ()
        return bool(parts) and all(self.fives(*part) for part in parts)

    def has_enough(self, name: str) -> bool:
        """Return whether there are, as published, enough answers for a finding to be published at all."""
        return _subject(name) not in self.few()

    def few(self) -> list[str]:
        """Return of what there are, as published, too few answers: invitations, introductions."""
        fewest = guard_rules()["fewest_answers"]
        counted = fewest["counted_by"].items()
        return [
            what for what, total in counted
            if self.whole(total, self._counts.get(total, 0)) < fewest["least"]
        ]  # fmt: skip

    def _smallest(self, total: str) -> Iterator[tuple[str, int]]:
        """Yield the parts that a total is made of in the end."""
        for name, part in self._parts[total]:
            yield from self._smallest(name) if name in self._parts and name != total else [(name, part)]

    def _leave_doubt(self, parts: list[tuple[str, int]]) -> None:
        """Round one part of a known total down where all were rounded up by four.

        Together they would be the fewest that they can be, and nobody could be in any other part.
        """
        if parts and all(self.fives(*part) - part[1] == _BASE - 1 for part in parts):
            name, most = max(parts, key=lambda part: part[1])
            self._fixed[_subject(name), most] -= _BASE

    def published(self, finding: Finding, ordinary: frozenset[str]) -> Finding:
        """Return a finding as it may be published, in the project's words."""
        if _foreign(finding, ordinary):
            return left_out(finding, WITHHELD)
        if finding.data == "public" or finding.name in guard_rules()["counts_nobody"]:
            return finding
        never = finding.name.startswith(tuple(guard_rules()["never_published"]))
        if never or not self.has_enough(finding.name):
            return left_out(finding, WITHHELD)
        n = None if finding.n is None else self.whole(finding.name, finding.n)
        value = self._value(finding.name, finding.name, finding.value, finding.n)
        if value == WITHHELD or (n or 0) < guard_rules()["fewest"].get(finding.name, 0):
            return left_out(finding, WITHHELD)
        if value is None:
            return left_out(finding, NOT_YET)
        text = value if isinstance(value, str) else shown(value, two_digits)
        return replace(finding, value=value, text=text, n=n)

    def _value(self, name: str, column: str, value: Any, n: int | None) -> Any:  # noqa: ANN401 - any plain kind
        """Return a value rounded; None where it rests on nobody, as published, or is not known yet."""
        if isinstance(value, dict):
            return self._table(name, value, n)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and not column.endswith(SHARES):
            return (self.whole if column in guard_rules()["known_totals"] else self.fives)(name, value)
        if isinstance(value, str) and _COUNTS.search(value):
            return WITHHELD
        if n is not None and not self.whole(name, n):
            return None
        if isinstance(value, str):
            return value
        if not column.endswith(SHARES):
            return float(f"{value:.2g}")
        return (
            WITHHELD if n is None else self._share(name, value, n, 100 if column.endswith("percent") else 1)
        )

    def _share(self, name: str, value: float, n: int, whole: int) -> float:
        count, of = self.fives(name, round(value / whole * n)), self.whole(name, n)
        return float(f"{whole * min(count, of) / of:.2g}")

    def _table(self, name: str, table: dict[str, Any], n: int | None) -> Any:  # noqa: ANN401 - any plain kind
        rows = [list(self._row(name, table["columns"], row, n)) for row in table["rows"]]
        if any(cell == WITHHELD for row in rows for cell in row):
            return WITHHELD
        return {"columns": table["columns"], "rows": rows}

    def _row(self, name: str, columns: list[str], row: list[Any], n: int | None) -> Iterator[Any]:
        n = next((cell for column, cell in zip(columns, row, strict=True) if column == "n"), n)
        n = None if n is None else int(n)
        for column, cell in zip(columns, row, strict=True):
            label = isinstance(cell, str) and not _COUNTS.search(cell)
            if label or column in guard_rules()["no_count_columns"]:
                yield cell
            else:
                # A column of counts with a gap is read as decimal numbers.
                whole = isinstance(cell, float) and cell.is_integer() and not column.endswith(SHARES)
                yield self._value(name, column, int(cell) if whole else cell, n)


def _subject(name: str) -> str:
    """Return what a finding counts."""
    return "introductions" if name.startswith("introductions_") else "invitations"


def open_rounding(home: Path, findings: Iterable[Finding]) -> Rounding:
    """Return the rounding of a workspace, whose key the first call makes."""
    return Rounding(findings, workspace_key(home, _PURPOSE), _answers_given(home / "ledger.db"))


def _answers_given(ledger: Path) -> dict[str, str]:
    """Return how many rows of each kind tell of requests and answers: any answer adds one."""
    with closing(sqlite3.connect(ledger)) as connection:
        return {
            what: str([connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables])
            for what, tables in guard_rules()["tables_of_answers"].items()
        }


def left_out(finding: Finding, why: str) -> Finding:
    """Return a finding's name, and why it says nothing more."""
    return replace(finding, value=None, text=why, n=None, labels="")


def _foreign(finding: Finding, ordinary: frozenset[str]) -> bool:
    """Return whether a finding holds words that are not the project's own."""
    texts = [finding.name, finding.text, finding.labels]
    if isinstance(finding.value, dict):
        cells = [cell for row in finding.value["rows"] for cell in row]
        texts += [*finding.value["columns"], *(cell for cell in cells if isinstance(cell, str))]
    elif isinstance(finding.value, str):
        texts.append(finding.value)
    words = {word for text in texts for word in plain_words(text) if not word.isdigit()}
    return not words <= ordinary
