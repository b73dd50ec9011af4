"""The evidence: each notebook as a page, the answer and one picture first, then how it was measured."""

import ast
import base64
import html
import json
import re
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from textwrap import fill
from typing import Any

import nbformat
from nbconvert import MarkdownExporter

from netkit.errors import FindingError
from netkit.findings import ANSWER, CITATION, MIME, NO_ANSWER, Finding, read_answer, read_findings, shown
from netkit.findings.citations import typed_numbers
from netkit.findings.stamps import Evidence, Stamp
from netkit.findings.validation import ENDS_EARLY
from netkit.handbook.rendering import Markdown, anchor, as_text, in_code, in_fence
from netkit.private_files import remove_folder
from netkit.wording import counted

# pandas writes a style sheet and border attributes that fight with the page's own.
_RIGHT = "text-align: right;"  # the one style that the content policy of a page allows, to the letter
_STYLED = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)
_PANDAS = re.compile(r' border="1" class="dataframe"')
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_ROW = r"<tr\b[^>]*>\s*((?:<th>[^<]*</th>\s*)+)</tr>\s*"
_TWO_HEADS = re.compile(rf"<thead>\s*{_ROW}{_ROW}</thead>")
_HEAD = re.compile(r"<th>([^<]*)</th>")
_FIRST = re.compile(r"(<tr\b[^>]*>\s*)<th>(.*?)</th>")
_CELL = re.compile(r"<t[hd]>[^<]*_[^<]*</t[hd]>")
_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])_(?=[A-Za-z]|\d+\b)")
_MISSING = re.compile(r"(?<=<td>)NaN(?=</td>)")
_ANALYST = "---\nreader: analyst\nhide: [toc]\n---"
_NO_ROWS = re.compile(r"<tbody>\s*</tbody>")


def _tables_as_read(text: str) -> str:
    """Return a page with its tables as a reader wants them.

    Rows' numbers that say nothing are left out, the names of the first columns stand beside those of
    the others, what is missing is a dash, a table without rows says so, and names are written as words.

    >>> _tables_as_read('<table border="1" class="dataframe"><tr><td>NaN</td></tr></table>')
    '<table><tr><td>–</td></tr></table>'
    """
    plain = _PANDAS.sub("", text)
    return _TABLE.sub(lambda table: _as_read(table[0]), plain).replace("<th></th>", "<td></td>")


class _Tables(HTMLParser):
    """Keeps the tables of a notebook's output, and nothing that acts; an unknown tag becomes text."""

    TAGS = frozenset(
        ["b", "br", "caption", "code", "div", "em", "i", "li", "ol", "p", "strong", "table", "tbody",
         "td", "tfoot", "th", "thead", "tr", "ul"]
    )  # fmt: skip
    ATTRIBUTES = frozenset(["border", "class", "colspan", "halign", "rowspan", "scope", "valign"])
    UNWRAPPED = frozenset(["button"])  # a heading that sorts in the notebook is a plain one here

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.UNWRAPPED:
            return
        if tag not in self.TAGS:
            self.kept.append(html.escape(self.get_starttag_text() or ""))
            return
        told = [one for one in attrs if one[0] in self.ATTRIBUTES]
        if dict(attrs).get("style") in (_RIGHT, _RIGHT.removesuffix(";")):
            told.append(("style", _RIGHT))
        said = "".join(f' {name}="{html.escape(value or "")}"' for name, value in told)
        self.kept.append(f"<{tag}{said}>")
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:  # one that closes nothing would close what stands around the output
            self.open.remove(tag)
            self.kept.append(f"</{tag}>")
        elif tag not in self.UNWRAPPED:
            self.kept.append(f"&lt;/{tag}&gt;")

    def handle_data(self, data: str) -> None:
        # Two brackets would cite a finding.
        self.kept.append(data.replace("<", "&lt;").replace("[[", "&#91;&#91;"))

    def handle_entityref(self, name: str) -> None:
        self.kept.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.kept.append(f"&#{name};")


def _only_tables(text: str) -> str:
    """Return what a notebook shows as HTML, with its tables and nothing that acts.

    >>> _only_tables("<td onclick=x style='text-align: right'>[[a]]<script>b</script></td></div>")
    '<td style="text-align: right;">&#91;&#91;a]]&lt;script&gt;b&lt;/script&gt;</td>&lt;/div&gt;'
    """
    parser = _Tables()
    parser.feed(_STYLED.sub("", text))
    parser.close()
    return "".join(parser.kept)


def _as_read(table: str) -> str:
    rows = [row[2] for row in _FIRST.finditer(table)]
    if rows[1:] == [str(place) for place in range(len(rows) - 1)] and rows[:1] == [""]:
        table = _FIRST.sub(r"\1", table)
    table = _TWO_HEADS.sub(_one_head, table)
    columns = max((row.count("</th>") for row in table.split("</tr>")), default=1)
    nothing = f'<tbody><tr><td colspan="{columns}">Nothing yet</td></tr></tbody>'
    table = _NO_ROWS.sub(nothing, _MISSING.sub("–", table))
    return _CELL.sub(lambda cell: _BETWEEN_WORDS.sub(" ", cell[0]), table)


def _one_head(heads: re.Match[str]) -> str:
    """Write the names of an index, which have a row of their own, into the row of the columns' names."""
    columns, index = _HEAD.findall(heads[1]), _HEAD.findall(heads[2])
    together = zip(columns, index, strict=False)
    if len(columns) != len(index) or any(one and other for one, other in together):
        return heads[0]
    names = [one or other for one, other in zip(columns, index, strict=True)]
    return f"<thead><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr></thead>"


# What a public copy says in the place of a result.
LEFT_OUT = "*Left out here: a table, a picture or a text about the owner's own data.*"
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_SOURCE_LINK = re.compile(r"\]\(((?:\.\./docs/)?[^)\s:]+?)\.(ipynb|md)(#[^)]*)?\)")
_WIDTH = 76
# The part of a notebook that stands beneath its answer.
_MEANING = "## What this means\n"
_DRAWS = re.compile(r"\bplot_\w+\(")
_WHOSE = {
    "invented": "All people here are invented. “You” is one of them, after years of recorded answers.",
    "own": "“You” on this page is the owner of this handbook.",
    "public": "The data on this page are real, public and not the owner's.",
}
_TOO_LITTLE = "Too little is recorded for it so far, or too little may be shown."
_LEFT_OUT_HERE = (
    "Counts are rounded to fives at random. Tables and pictures of the owner's data are left out, because"
    " they could speak of single people."
)


def write_evidence(evidence: Evidence, folder: Path) -> list[Path]:
    """Write one Markdown page a notebook, with its pictures."""
    remove_folder(folder)
    folder.mkdir(parents=True)
    pages = [_write_page(notebook, evidence, folder) for notebook in evidence.all_notebooks()]
    (folder / "index.md").write_bytes(_overview(evidence).encode())
    return pages


def _notebook_title(notebook: Path) -> str:
    """Return the question that a notebook asks."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = _TITLE.search("\n".join(texts))
    return found[1].strip() if found else notebook.stem


def _write_page(notebook: Path, evidence: Evidence, folder: Path) -> Path:
    stamp, problem = evidence.read_stamp(notebook)
    findings = read_findings(notebook)
    answer = _answer(notebook, findings)
    top: dict[str, str] = {}
    steps = _steps(notebook, folder, top, answered=NO_ANSWER not in answer)
    parts = [
        _ANALYST,
        f"# {_notebook_title(notebook)}",
        f"<!-- Generated from notebooks/{notebook.name}. -->",
        _draft_box(problem or ("" if stamp else f"{notebook.name} was not validated")),
        *(f"{_WHOSE[origin]}\n{{.whose}}" for origin in sorted({one.data for one in findings.values()})),
        answer,
        *(top[part] for part in ("picture", "early", "meaning") if part in top),
        '<details class="measured" markdown="1">\n<summary>How this was measured</summary>',
        _stamp_lines(notebook, stamp, list(findings.values()), left_out=LEFT_OUT in steps),
        steps,
        _findings_table(list(findings.values())),
        "</details>",
    ]
    page = folder / f"{notebook.stem}.md"
    page.write_bytes(("\n\n".join(part for part in parts if part) + "\n").encode())
    return page


def _answer(notebook: Path, findings: dict[str, Finding]) -> str:
    """Return the answer as its page begins with it, every number in it a citation."""
    answer = read_answer(notebook)
    first, *others = (answer.known(findings) if answer else []) or [NO_ANSWER, _TOO_LITTLE]
    return "\n\n".join([f"**{_cited(first)}**{{.answer}}", *([_cited(" ".join(others))] if others else [])])


def _cited(text: str) -> Markdown:
    """Return a text that Markdown shows as it is, but for its citations.

    >>> _cited("[[n]] of *them* came.")
    Markdown('[[n]] of &#42;them&#42; came.')
    """
    names = (Markdown("[[{}]]").format(name) for name in CITATION.findall(text))
    rest = CITATION.split(text)[::2]
    return Markdown("").join(part for pair in zip_longest(map(_words, rest), names) for part in pair if part)


def _words(text: str) -> Markdown:
    """Return a part of a sentence as text, with the blanks around it."""
    return Markdown(re.sub(r"\S+", lambda word: as_text(word[0]), text))


def _steps(notebook: Path, folder: Path, top: dict[str, str], *, answered: bool) -> str:
    """Return a notebook's cells in their order, and put into `top` what stands above them."""
    answer, node = read_answer(notebook), nbformat.read(notebook, as_version=4)
    cells: list[Any] = []
    drawing = None
    for place, cell in enumerate(node.cells):
        if cell.cell_type == "code":
            drawing = drawing or (cell if _DRAWS.search(cell.source) else None)
            cells += _code_cells(cell, f"{notebook.stem}-{place}", folder)
            continue
        _refuse_typed(cell.source, notebook)
        text = _SOURCE_LINK.sub(_page_link, cell.source)
        if text.startswith(ENDS_EARLY):
            top["early"] = text
        elif text.startswith(_MEANING) and answered:
            top["meaning"] = text.removeprefix(_MEANING).strip()
        else:
            cells.append(nbformat.v4.new_markdown_cell(text))
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    shown_as = ((str(output.get("data", {}).get("text/markdown", "")), output) for output in outputs)
    picture = next((output for text, output in shown_as if text.startswith("![")), None)
    if picture and "Nothing to show yet" not in picture.data["text/markdown"]:
        # The caption is of the first picture that the notebook draws; if your data have none, another leads.
        own = answer and drawing and picture in drawing.outputs
        top["picture"] = _figure(picture.data["text/markdown"], answer.caption if answer and own else "")
        picture.data["text/markdown"] = "*The picture stands at the top of this page.*"
    node.cells = cells
    text, _ = MarkdownExporter(exclude_input=True).from_notebook_node(node)
    return _tables_as_read(_TITLE.sub("", text, count=1)).strip()


def main_picture(notebook: Path) -> bytes:
    """Return the picture that stands at the top of a notebook's page; empty where none is stored.

    >>> from netkit.findings.stamps import project_evidence
    >>> b"PNG" in main_picture(project_evidence().all_notebooks()[0])[:4]
    True
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    told = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    picture = next((data["image/png"] for data in told if "image/png" in data), "")
    return base64.b64decode("".join(picture))


def _figure(picture: str, caption: str) -> str:
    """Return a picture with its caption: what it shows, of how many, and how to read it."""
    title = re.match(r"!\[(.*?\))\.", picture)
    said = Markdown(" ").join([Markdown(f"{title[1]}." if title else ""), _cited(caption)])
    return f'<figure markdown="span">\n{picture}\n<figcaption markdown="span">{said}</figcaption>\n</figure>'


def _code_cells(cell: Any, name: str, folder: Path) -> list[Any]:  # noqa: ANN401 - a notebook's cell
    """Return a code cell as the page shows it: the code folded away, the results in full."""
    code = "".join(f"    {line}\n" for line in cell.source.splitlines())
    folded = f'??? code "The code"\n\n    ```python\n{code}    ```\n'
    results = [output for output in cell.outputs if not {MIME, ANSWER} & set(output.get("data", {}))]
    cell.outputs = [_as_page(output, f"{name}-{number}.png", folder) for number, output in enumerate(results)]
    return [nbformat.v4.new_markdown_cell(folded), cell]


def _refuse_typed(text: str, notebook: Path) -> None:
    found = typed_numbers(text)
    if found:
        numbers = ", ".join(f"{number!r}" for _, number in found)
        raise FindingError(
            f"{notebook.name} has numbers typed into its text: {numbers}",
            "Let the cell above or below show the number",
        )


def _page_link(link: re.Match[str]) -> str:
    """Point a notebook's links to the pages: another notebook's page, or one of the handbook."""
    target = link[1].removeprefix("../docs/")
    inside = target if link[2] == "ipynb" else f"../{target}"
    return f"]({inside}.md{link[3] or ''})"


def _as_page(output: Any, name: str, folder: Path) -> Any:  # noqa: ANN401 - a notebook's output
    """Return an output as the page shows it: a picture becomes a file, what was printed a block of text."""
    data = output.get("data", {})
    if "image/png" in data:
        (folder / name).write_bytes(base64.b64decode(data["image/png"]))
        alternative = re.sub(r"[\[\]\s]+", " ", data.get("text/plain", "")).strip()
        return _markdown(Markdown("![{}]({})").format(alternative, Markdown(name)))
    if "text/html" in data:
        output["data"] = {"text/html": _only_tables(data["text/html"])}
    if "text/html" in data or data.get("text/markdown") == LEFT_OUT:
        return output
    return _markdown(_block(output.get("text", data.get("text/plain", ""))))


def _markdown(text: str) -> Any:  # noqa: ANN401 - a notebook's output
    return nbformat.v4.new_output("display_data", {"text/markdown": text})


def _block(printed: str) -> str:
    """Return printed text as a fenced block.

    Merely indented, it would belong to the folded code above it, and nobody would see it.
    """
    if re.fullmatch(r"(['\"]).*\1", printed.strip(), re.DOTALL):
        printed = str(ast.literal_eval(printed.strip()))
    lines = [line if line.startswith((" ", "|")) else fill(line, _WIDTH) for line in printed.splitlines()]
    return in_fence("\n".join(lines), "text")


def _draft_box(problem: str) -> str:
    if not problem:
        return ""
    why = as_text(problem[0].upper() + problem[1:])
    return f'!!! warning "Not validated: this page is a draft"\n\n    {why}.'


def _stamp_lines(notebook: Path, stamp: Stamp | None, findings: list[Finding], *, left_out: bool) -> str:
    """Return when a notebook was run again, and with what."""
    if not stamp:
        return ""
    code, data, lock = (stamp.digests[part][:12] for part in ("code", "data", "lock"))
    largest = max((finding.n for finding in findings if finding.n is not None), default=None)
    labels = sorted({finding.labels for finding in findings if finding.labels})
    of_each = [
        f"- Largest number of requests behind a finding: {shown(largest)}",
        f"- Labels: {as_text('; '.join(labels) or 'none needed')}",
    ]
    return "\n".join([
        f"Validated on {stamp.validated_on}: every cell of `{notebook.name}` was run again, and every output"
        " repeated exactly.",
        "",
        *(of_each if findings else ["- No number was recorded: the data end before that"]),
        *([f"- {_LEFT_OUT_HERE}"] if left_out else []),
        f"- Code `{code}`, data `{data}`, locked dependencies `{lock}`",
    ])  # fmt: skip


def _findings_table(findings: list[Finding]) -> str:
    if not findings:
        return ""
    row = Markdown('| <span id="{}"></span>{} | {} | {} | {} |')
    rows = [
        row.format(
            anchor(f"finding-{finding.name}"), in_code(finding.name), _cell(finding),
            shown(finding.n), finding.labels or "–",
        )
        for finding in findings
    ]  # fmt: skip
    head = "| finding | value | n | labels |\n| --- | --- | ---: | --- |"
    return "\n".join(["## What this notebook recorded\n", head, *rows])


def _cell(finding: Finding) -> str:
    if finding.is_table:
        return f"a table of {counted(len(finding.value['rows']), 'row')}"
    return finding.text


_TWICE = (
    "Every number was computed again and compared",
    "with what is stored before this handbook was built. A number that did not repeat exactly would have",
    "stopped the build.",
)
_ONCE = (
    "Every number was computed from your data as they were when this handbook was built.",
    "`netkit publish` computes each a second time, and stops where one does not repeat exactly.",
)


def _overview(evidence: Evidence) -> str:
    rows, twice = [], True
    for notebook in evidence.all_notebooks():
        stamp, problem = evidence.read_stamp(notebook)
        twice &= stamp is None or stamp.repeated
        answer = read_answer(notebook)
        first = ((answer.known(read_findings(notebook)) if answer else []) or [NO_ANSWER])[0]
        draft = "" if stamp and not problem else " (a draft: not validated)"
        rows.append(f"| [{_notebook_title(notebook)}]({notebook.stem}.md) | {_cited(first)}{draft} |")
    return "\n".join([
        _ANALYST,
        "",
        "# What does the evidence say?",
        "",
        "<!-- Generated from the notebooks. -->",
        "",
        "Each page asks one question and answers it from data.",
        *(_TWICE if twice else _ONCE),
        "",
        "| question | answer |",
        "| --- | --- |",
        *rows,
    ]) + "\n"  # fmt: skip
