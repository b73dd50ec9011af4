"""A Python-Markdown extension: `[[name]]` in a page becomes the finding of that name, or fails the build."""

import html
import os
import re
from pathlib import Path
from posixpath import relpath
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.util import AtomicString

from netkit.errors import FindingError, did_you_mean
from netkit.findings import CITATION, shown
from netkit.findings.stamps import VALIDATE, Evidence, Recorded, project_evidence, workspace_evidence
from netkit.wording import counted

try:  # MkDocs shows its own kind of error without a traceback; another engine needs none
    from mkdocs.exceptions import BuildError
except ImportError:
    BuildError = Exception  # type: ignore[misc, assignment]

# What may hold digits without stating a result, in the order in which it is taken out.
_NOT_PROSE = (
    r"\A---\n.*?\n---\n",  # front matter
    r"^[ ]*(?P<fence>`{3,}+|~{3,}+).*?^[ ]*(?P=fence)",  # code blocks
    r"<!--.*?-->",
    r"`[^`\n]+`",
    r"\[\[[^\]\n]*\]\]",  # citations
    r"!?\[[^\]]*\]\([^)]*\)",  # links: the number stands where the link leads
    r"\{[#:.][^}\n]*\}",  # ids and classes
    r"<[^>\n]+>",
    r"\b\d\d\s?%(?=(?:\s+\w+)?\s+intervals?\b)",  # how sure an interval is meant to be is no result
    r"^\s*(?:>\s*)?(?:#+\s+)?\d+\.\s",  # numbered steps
)
_STRIP = re.compile("|".join(f"(?:{pattern})" for pattern in _NOT_PROSE), re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d[\d.,]*(?:\s?%)?(?!\w)")
# A page that states numbers of its own says where they come from, in a comment at its top.
_DECLARED = re.compile(r"<!--\s*(?:Generated from|Numbers:)\s+\S")


def typed_numbers(text: str) -> list[tuple[int, str]]:
    r"""Return the numbers that stand in a page's prose, each with its line.

    Allowed are citations, code, ids, numbered steps, and numbers within the text of a link, which
    leads to where they are stated. A page whose comment `<!-- Numbers: … -->` names their source,
    or that is generated, may state any.

    >>> typed_numbers("Of [[n]] requests\n17 % were [open for 90 days](x.md).")
    [(2, '17 %')]
    """
    if _DECLARED.search(text):
        return []
    prose = _STRIP.sub(lambda left_out: "\n" * left_out[0].count("\n"), text)
    return [
        (prose.count("\n", 0, found.start()) + 1, found[0].strip(".,")) for found in _NUMBER.finditer(prose)
    ]


_SHOWN_CODE = re.compile(r"^[ ]*(`{3,}+|~{3,}+).*?^[ ]*\1|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"<(code|pre|script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)


class _CitationError(FindingError, BuildError):
    """A page cites what may not be cited."""


def makeExtension(**options: Any) -> Extension:  # noqa: ANN401, N802 - the name Python-Markdown looks for
    """Return the extension, as Python-Markdown asks for it."""
    return _Citations(**options)


class _Citations(Extension):
    """Findings cited by name."""

    def __init__(self, evidence: Evidence | None = None, **options: Any) -> None:  # noqa: ANN401
        self.config = {"workspace": ["", "the user's workspace"]}
        super().__init__(**options)
        workspace = self.getConfig("workspace")
        named = workspace_evidence(Path(workspace)) if workspace else project_evidence()
        self.evidence = evidence or named

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Register the processors."""
        cite = _Citing(self.evidence, md)
        # Below indented code (80), above headings (70).
        md.parser.blockprocessors.register(_TableCitation(md.parser, cite), "cited-table", 75)
        # Below backticks (190), so that code may show the syntax; above links (160).
        md.inlinePatterns.register(_Citation(CITATION.pattern, md, cite), "citation", 185)
        # After raw HTML has been put back (30), in which nothing was substituted.
        md.preprocessors.register(_NothingTyped(md, cite), "typed-numbers", 100)
        md.postprocessors.register(_Leftovers(md), "citations-left-over", 1)


class _Citing:
    """Looks up findings, and says what is wrong with a citation."""

    def __init__(self, evidence: Evidence, md: Markdown) -> None:
        self.evidence, self.md = evidence, md

    def look_up(self, name: str) -> Recorded:
        """Return the finding, if it may be cited, or if this is a draft."""
        found = self.evidence.known_findings()
        page = self.file() or "a page"
        if name not in found:
            raise _CitationError(
                f"{page} cites the finding {name!r}, which no notebook records",
                did_you_mean(name, found) if found else "Record it in a notebook",
            )
        if found[name].problem and not _is_draft():
            raise _CitationError(
                f"{page} cites the finding {name!r}, but {found[name].problem}",
                f"Run `{VALIDATE}`, then build again",
            )
        return found[name]

    def file(self) -> str:
        """Return the page's path in the documentation, which each engine leaves in a place of its own."""
        if "relpath" in self.md.treeprocessors:  # MkDocs
            return str(self.md.treeprocessors["relpath"].file.src_uri)
        if "rendering_context" in self.md.preprocessors:  # Zensical
            return str(self.md.preprocessors["rendering_context"].page.path)
        return ""

    def source(self) -> str:
        """Return the text of the page that is converted."""
        if "relpath" in self.md.treeprocessors:
            return str(self.md.treeprocessors["relpath"].file.content_string)
        if not self.file():
            return ""
        folder = Path(self.md.preprocessors["rendering_context"].config["docs_dir"])
        return (folder / self.file()).read_text(encoding="utf-8")

    def text(self, text: str) -> str:
        """Return a text that nothing else reads, be it for Markdown, attributes or citations."""
        stashed: str = AtomicString(self.md.htmlStash.store(_shown_as_it_is(text)))
        return stashed

    def linked(self, recorded: Recorded, text: str = "") -> ElementTree.Element:
        """Return a finding's text, or else its origin, as a link to where it was recorded."""
        attributes = self.origin(recorded)
        said = text or attributes["title"]
        attributes["title"] = _shown_as_it_is(attributes["title"])
        element = ElementTree.Element("a" if "href" in attributes else "span", attributes)
        element.text = self.text(said)
        return element

    def origin(self, recorded: Recorded) -> dict[str, str]:
        """Return the attributes that say where a finding comes from."""
        finding = recorded.finding
        parts = [f"{finding.data} data", recorded.notebook.stem]
        parts += [f"n = {finding.n:,}"] if finding.n is not None else []
        parts += [f"{finding.labels} labels"] if finding.labels else []
        stamp = recorded.stamp
        parts += ["not validated: a draft"] if recorded.problem or not stamp else []
        parts += [f"validated {stamp.validated_on}"] if stamp and not recorded.problem else []
        attributes = {
            "class": "finding finding-draft" if recorded.problem else "finding",
            "title": ", ".join(parts),
        }
        page = self.file()
        if page:
            evidence = f"evidence/{recorded.notebook.stem}.md"
            place = f"#finding-{finding.name}" if recorded.reached else ""
            attributes["href"] = relpath(evidence, page.rpartition("/")[0] or ".") + place
        return attributes


def _shown_as_it_is(text: str) -> str:
    return html.escape(text).replace("[", "&#91;")


def _is_draft() -> bool:
    """Return whether unvalidated findings may be shown, marked as such."""
    draft = os.environ.get("NETKIT_DRAFT", "") not in ("", "0", "false")
    if draft and os.environ.get("CI", "") not in ("", "0", "false"):
        raise _CitationError(
            "NETKIT_DRAFT is set in continuous integration, where every number must be validated",
            "Unset NETKIT_DRAFT, or build on your own machine",
        )
    return draft


def check_citations(docs: Path, evidence: Evidence, *, draft: bool = False) -> int:
    """Check every number in every page, and name all that cannot stand in one message."""
    found = evidence.known_findings()
    draft = draft or _is_draft()
    count, problems = 0, []
    for page in sorted(docs.rglob("*.md")):
        place, text = page.relative_to(docs), page.read_text(encoding="utf-8")
        problems += [
            f"{place}, line {line}: {number!r} is typed by hand" for line, number in typed_numbers(text)
        ]
        text = _SHOWN_CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
        for citation in CITATION.finditer(text):
            count += 1
            name = citation[1]
            problem = found[name].problem if name in found else "no notebook records it"
            if problem and not (draft and name in found):
                line = text.count("\n", 0, citation.start()) + 1
                problems.append(f"{place}, line {line}: [[{name}]]: {problem}")
    if problems:
        raise FindingError(
            f"{counted(len(problems), 'number is', 'numbers are')} not backed by a notebook that passed a"
            " strict run as it is now:\n  " + "\n  ".join(problems) + "\n",
            f"Run `{VALIDATE}`, correct the pages, and build again",
        )
    return count


class _Citation(InlineProcessor):
    """A finding within a sentence."""

    def __init__(self, pattern: str, md: Markdown, cite: _Citing) -> None:
        super().__init__(pattern, md)
        self.cite = cite

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[ElementTree.Element, int, int]:  # noqa: N802
        recorded = self.cite.look_up(m[1])
        if recorded.finding.is_table:
            raise _CitationError(
                f"The table {m[1]!r} is cited within a sentence", "Put empty lines around it"
            )
        return self.cite.linked(recorded, recorded.finding.text), m.start(0), m.end(0)


class _TableCitation(BlockProcessor):
    """A table on a line of its own."""

    def __init__(self, parser: Any, cite: _Citing) -> None:  # noqa: ANN401
        super().__init__(parser)
        self.cite = cite

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        found = CITATION.fullmatch(block.strip())
        if not found:
            return False
        return self.cite.look_up(found[1]).finding.is_table

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        found = CITATION.fullmatch(blocks.pop(0).strip())
        assert found  # test() saw it
        recorded = self.cite.look_up(found[1])
        table = ElementTree.SubElement(parent, "table")
        caption = ElementTree.SubElement(table, "caption")
        caption.append(self.cite.linked(recorded))
        head = ElementTree.SubElement(ElementTree.SubElement(table, "thead"), "tr")
        for column in recorded.finding.value["columns"]:
            ElementTree.SubElement(head, "th", {"scope": "col"}).text = self.cite.text(column)
        body = ElementTree.SubElement(table, "tbody")
        for row in recorded.finding.value["rows"]:
            line = ElementTree.SubElement(body, "tr")
            for cell in row:
                ElementTree.SubElement(line, "td").text = self.cite.text(shown(cell))


class _NothingTyped(Preprocessor):
    """Refuses numbers typed into a page's prose."""

    def __init__(self, md: Markdown, cite: _Citing) -> None:
        super().__init__(md)
        self.cite = cite

    def run(self, lines: list[str]) -> list[str]:
        # The page's own text, not `lines`: docstrings are converted on a page's behalf too.
        found = typed_numbers(self.cite.source())
        if found:
            numbers = ", ".join(f"{number!r} in line {line}" for line, number in found)
            raise _CitationError(
                f"{self.cite.file()} has numbers typed by hand: {numbers}",
                "Record each number in a notebook and cite it, or link to its source",
            )
        return lines


class _Leftovers(Postprocessor):
    """Nothing is substituted within raw HTML: a citation there would reach the reader as it stands."""

    def run(self, text: str) -> str:
        found = CITATION.search(_CODE.sub("", text))
        if found:
            raise _CitationError(
                f"{found[0]} is inside raw HTML, a title or an attribute, where nothing is filled in",
                "Move it into running text or a table's cell, or put it in backticks if it shows the syntax",
            )
        return text
