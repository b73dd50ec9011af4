"""The publishing guard: which findings on one's own data may be shown, and why the others may not."""

import re
from collections.abc import Iterator
from dataclasses import replace

from netkit.findings import Finding
from netkit.findings.personal import guard_rules
from netkit.findings.spellings import plain_words

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_SHARES = ("percent", "share", "rate")


def why_withheld(finding: Finding, ordinary: frozenset[str]) -> str:
    """Say why a finding may not be published.

    Parameters
    ----------
    finding : Finding
        A finding.
    ordinary : frozenset of str
        The words that the project itself uses: a text of others could be anybody's.

    Returns
    -------
    str
        A reason, or an empty text where the finding passes.

    Examples
    --------
    >>> why_withheld(Finding("open", 3, "3", n=80), frozenset({"open"}))
    'it tells of fewer than five people'
    >>> why_withheld(Finding("open", 31, "31", n=80), frozenset({"open"}))
    ''
    """
    foreign = [word for word in _words(finding) if word not in ordinary and not _numeric(word)]
    if foreign:
        return "it holds words that are not the project's own"
    if finding.data != "public" and any(_tells_of_few(finding)):
        return "it tells of fewer than five people"
    return ""


def passed(finding: Finding, ordinary: frozenset[str]) -> Finding:
    """Return a finding as it may be published.

    Parameters
    ----------
    finding : Finding
        A finding.
    ordinary : frozenset of str
        The words that the project itself uses.

    Returns
    -------
    Finding
        The finding itself, or one of its name that says `withheld`.
    """
    if not why_withheld(finding, ordinary):
        return finding
    return replace(finding, value=None, text="withheld", n=None, labels="")


def _words(finding: Finding) -> Iterator[str]:
    texts = [finding.name, finding.text, finding.labels]
    if isinstance(finding.value, dict):
        cells = [cell for row in finding.value["rows"] for cell in row]
        texts += [*finding.value["columns"], *(cell for cell in cells if isinstance(cell, str))]
    elif isinstance(finding.value, str):
        texts.append(finding.value)
    for text in texts:
        yield from plain_words(text)


def _numeric(word: str) -> bool:
    return word.isdigit()


def _tells_of_few(finding: Finding) -> Iterator[bool]:
    """Yield for each number of a finding whether it counts, or leaves out, fewer than five."""
    yield finding.n is not None and _few(finding.n)
    if not isinstance(finding.value, dict):
        yield _cell_of_few(finding.name, finding.value, finding.n)
        yield from (_few(number) for number in _counts(finding.text))
        return
    columns = finding.value["columns"]
    for row in finding.value["rows"]:
        n = next((cell for name, cell in zip(columns, row, strict=True) if name == "n"), finding.n)
        for name, cell in zip(columns, row, strict=True):
            if name in guard_rules()["no_count_columns"]:
                continue
            # A column of counts with a gap is read as decimal numbers.
            whole = isinstance(cell, float) and cell.is_integer()
            yield _cell_of_few(name, int(cell) if whole else cell, n)


def _cell_of_few(name: str, cell: object, n: int | None) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return False
    if isinstance(cell, str):
        return any(_few(number) for number in _counts(cell))
    if name.endswith(_SHARES):
        if n is None:
            return True  # a share of nobody knows how many
        cell = round(cell / 100 * n if name.endswith("percent") else cell * n)
        return _few(cell) or _few(n - cell)
    if isinstance(cell, float):
        return False
    return _few(cell) or (n is not None and cell < n and _few(n - cell))


def _few(number: float) -> bool:
    return bool(abs(number) < guard_rules()["smallest_group"])


def _counts(text: str) -> list[int]:
    found = _NUMBER.findall(re.sub("|".join(guard_rules()["no_count"]), "", text))
    return [int(number.replace(",", "")) for number in found if "." not in number]
