"""The public handbook of a workspace: built from findings that pass, searched for people, then handed out."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from netkit.errors import FindingError, did_you_mean
from netkit.findings import ANSWER, MIME, NOT_YET, WITHHELD, Finding, read_findings
from netkit.findings.contact_details import hits_in_own_texts
from netkit.findings.guard import Hit, scan_site, without_project_text
from netkit.findings.personal_words import Words, guard_rules, personal_words, plain_words
from netkit.findings.rounding import Rounding, left_out, open_rounding
from netkit.findings.stamps import PACKAGE, PROJECT, Evidence, project_evidence, workspace_evidence
from netkit.handbook import build_handbook
from netkit.handbook.content_security import theme_folders
from netkit.handbook.evidence_pages import LEFT_OUT
from netkit.handbook.own_texts import Text, own_texts, public_words, unread
from netkit.handbook.owner import read_owner
from netkit.handbook.reference_pages import generated_pages
from netkit.ledger import open_ledger
from netkit.ledger.workspace import clear_errors
from netkit.policy.loaded_policy import load_policy, own_policy
from netkit.private_files import (
    check_file_name,
    copy_private,
    make_public,
    private_by_default,
    private_folder,
    remove_folder,
    replace_folder,
    write_private,
)


def _write_public_notebooks(
    own: Evidence, stored: Evidence, public: Evidence, rounding: Rounding, ordinary: frozenset[str]
) -> list[str]:
    """Write the notebooks that a public handbook is made from, each with the stamp it has earned."""
    for folder in (public.notebooks, public.stamps):
        remove_folder(folder)
    public.notebooks.mkdir(parents=True)
    if (own.notebooks / "data").exists():
        copy_private(own.notebooks / "data", public.notebooks / "data")
    withheld: list[str] = []
    for counterpart in stored.all_notebooks():
        notebook = own.notebooks / counterpart.name
        stamp, problem = own.read_stamp(notebook, repeated=True)
        if problem or not stamp:
            raise FindingError(problem, "Run 'netkit publish' again without --as-validated")  # fmt: skip
        ran, node = (nbformat.read(path, as_version=4) for path in (notebook, counterpart))
        if _essence(ran) != _essence(node):
            tells = (
                rounding.has_all("labels_strong") or notebook.stem not in guard_rules()["need_both_answers"]
            )
            found = {
                name: rounding.published(finding, ordinary) if tells else left_out(finding, NOT_YET)
                for name, finding in read_findings(notebook).items()
            }
            withheld += [name for name, finding in found.items() if finding.text == WITHHELD]
            _leave_out(node, found)
        written = public.notebooks / notebook.name
        nbformat.write(node, written)
        public.write_stamp(written, public.digests(written), on=stamp.validated_on)
    return withheld


def _essence(node: Any) -> str:  # noqa: ANN401 - a notebook
    """Return sources and outputs without what differs from run to run."""
    parts = ("output_type", "data", "text", "evalue")
    cells = [
        (cell.source, [[output.get(part) for part in parts] for output in cell.get("outputs", ())])
        for cell in node.cells
    ]
    return json.dumps(cells, sort_keys=True)


def _leave_out(node: Any, found: Mapping[str, Finding]) -> None:  # noqa: ANN401 - a notebook
    """Put published findings into the project's notebook, and a sentence in the place of its other results.

    It is the project's notebook and not the owner's copy, so that nobody can tell where the owner's data end.
    The answer's sentences are everybody's: what they cite is what was published.
    """
    for cell in node.cells:
        if cell.cell_type == "markdown":
            continue
        told = [output.get("data", {}) for output in cell.outputs]
        names = [data[MIME]["name"] for data in told if MIME in data]
        answers = [_output({ANSWER: data[ANSWER]}) for data in told if ANSWER in data]
        missing = {name: Finding(name, None, NOT_YET, data="own") for name in names}
        cell.outputs = [
            *([_output({"text/markdown": LEFT_OUT})] if len(told) > len(names) + len(answers) else ()),
            *(_output({MIME: asdict(found.get(name, missing[name]))}) for name in names),
            *answers,
        ]
        cell.metadata = nbformat.NotebookNode()
    node.metadata = nbformat.NotebookNode({"kernelspec": node.metadata.get("kernelspec", {})})


def _output(data: dict[str, Any]) -> Any:  # noqa: ANN401 - a notebook's output
    return nbformat.v4.new_output("display_data", data)


_MARK = ".netkit-handbook"  # what a folder holds that an earlier publication may be replaced in
_TEXTS = (".css", ".html", ".js", ".j2", ".md", ".py", ".yaml")
_SHOWN = 20
_ORDINARY = ("a company", "a position or skill")  # which words of every day may be


@dataclass(frozen=True)
class _Published:
    """A public handbook."""

    site: Path
    pages: int
    withheld: tuple[str, ...]
    few: tuple[str, ...]
    searched: int


@private_by_default()
def publish_handbook(
    home: Path,
    target: Path | None = None,
    *,
    allowed: Iterable[str] = (),
    points: bool = False,
    address: str = "",
    named: Sequence[str] = (),
) -> _Published:
    """Build the public handbook, search it for everybody in the ledger, and put it in its place.

    What the workspace keeps of its owner may stand on any page. The policies that are `named` are published
    although they are not in office.
    """
    allowed = [*allowed, *read_owner(home).texts()]
    place = home / "public"
    target = check_target(target, home)
    build = place / "build"
    remove_folder(build)
    if texts_to_read(home, allowed, named):  # which brings the ledger of an earlier version up to date
        raise FindingError(
            "You have not read all texts of your own that would be published."
            " Run `netkit publish`, which shows them, or add --yes if you know them."
        )
    ordinary, private = _project_words(), workspace_evidence(home)
    findings = (found for notebook in private.all_notebooks() for found in read_findings(notebook).values())
    rounding = open_rounding(home, findings)
    withheld = _write_public_notebooks(
        private, project_evidence(), workspace_evidence(build), rounding, ordinary
    )
    built = build_handbook(
        build, owner=home, points=points, address=address, also=_also(home, named), public=True
    )
    own = personal_words(home / "ledger.db", ordinary)
    meant = public_words(published_policies(home, named))
    wanted = without_project_text(own, [*_project_texts(), *meant, *allowed])
    hits = scan_site(built.site, wanted, vendored=theme_folders())
    if any(hit.what in _ORDINARY for hit in hits):
        hits = _not_shipped(hits, wanted, place / "plain", address)
    if hits:
        raise FindingError(
            _told(hits, built.site, place / "found.txt"),
            "Look at these places and change the page, or name a word that is no person of yours with"
            " --allow; nothing was published",
        )
    _put_in_place(built.site, target, home)
    return _Published(target, built.pages, tuple(withheld), tuple(rounding.few()), len(wanted))


def published_policies(home: Path, named: Sequence[str] = ()) -> list[Path]:
    """Return the files of your own policies that are published: the one in office, and those you name."""
    mine = own_policy(home)
    return [*([mine] if mine else []), *_also(home, named)]


def _also(home: Path, named: Sequence[str]) -> list[Path]:
    office = own_policy(home)
    own = {path.stem for path in (home / "policies").glob("*.yaml") if path != office}
    for name in named:
        if name not in own:
            raise FindingError(
                f"You have no policy called {name!r}",
                did_you_mean(name, sorted(own))
                if own
                else "Leave --policy out; the policy in office is published anyway",
            )
        load_policy(name, home=home)  # one with a mistake is refused with its line
    return [home / "policies" / f"{name}.yaml" for name in dict.fromkeys(named)]


def texts_to_read(home: Path, allowed: Iterable[str] = (), named: Sequence[str] = ()) -> list[Text]:
    """Return the texts of your own that a publication would show and that you have not read yet.

    One that reaches or names somebody is refused.
    """
    open_ledger(home).close()
    texts = own_texts(published_policies(home, named))
    hits = hits_in_own_texts(texts, home / "ledger.db", allowed)
    if hits:
        raise FindingError(
            _told(hits, home, private_folder(home / "public") / "found.txt"),
            "Change them; if it is you, say so with --name or --reach, and if it is nobody, with --allow;"
            " nothing was published",
        )
    return unread(home, texts)


def _not_shipped(hits: Sequence[Hit], wanted: Mapping[Words, str], plain: Path, address: str) -> list[Hit]:
    """Leave out the firms and jobs that the handbook says in the same place when it is without a ledger.

    A page of your own that has no counterpart there may say what any page does. Names, addresses and
    notes are refused wherever they stand.
    """
    remove_folder(plain)
    copy_private(project_evidence().notebooks, plain / "notebooks")
    evidence = workspace_evidence(plain)
    for notebook in evidence.all_notebooks():
        evidence.write_stamp(notebook, evidence.digests(notebook))
    site = build_handbook(plain, points=False, address=address, public=True).site
    ordinary = {run: what for run, what in wanted.items() if what in _ORDINARY}
    shipped = {(hit.file, hit.words) for hit in scan_site(site, ordinary, vendored=theme_folders())}
    anywhere = {words for _, words in shipped}
    return [
        hit for hit in hits
        if (hit.file, hit.words) not in shipped
        and ((site / hit.file).exists() or hit.words not in anywhere)
    ]  # fmt: skip


def _told(hits: Sequence[Hit], site: Path, listed: Path) -> str:
    """Say where somebody is given away; by which words, only on a screen and in the workspace."""
    words = [f"  {hit} ({' '.join(hit.words)})" for hit in hits]
    write_private(listed, "\n".join([*words, ""]).encode())
    lines = words if sys.stderr.isatty() else [f"  {hit}" for hit in hits]
    if len(hits) > _SHOWN:
        lines[_SHOWN:] = [f"  and {len(hits) - _SHOWN} more"]
    return "\n".join([
        f"{len(hits)} places give somebody away (below {site}):", *lines,
        f"  every place with its words: {listed}", "",
    ])  # fmt: skip


@cache
def _project_texts() -> tuple[str, ...]:
    """Return what the project itself says: its package, and the pages made from nothing else."""
    files = (
        path for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in _TEXTS and path.relative_to(PACKAGE).parts[0] != "fictional"
    )  # fmt: skip
    return (*(path.read_text(encoding="utf-8") for path in files), *generated_pages().values())


def _project_words() -> frozenset[str]:
    """Return the words that the project itself and the site's theme use."""
    pages = (page for folder in theme_folders() for page in folder.rglob("*.html"))
    texts = [*_project_texts(), *(page.read_text(encoding="utf-8") for page in pages)]
    return frozenset(word for text in texts for word in plain_words(text))


def check_target(target: Path | None, home: Path) -> Path:
    """Return where a site is published; a folder that holds anything else is refused."""
    target = (target or home / "public" / "site").expanduser().absolute()
    inside = home.absolute().is_relative_to(target) or PROJECT.is_relative_to(target)
    fresh = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if inside or not (fresh or (target / _MARK).is_file()):
        raise FindingError(
            f"{target} holds {'your workspace' if inside else 'other things'}",
            "Name another folder with --to: a new or empty one, or one that 'netkit publish' wrote before",
        )
    return target


def _put_in_place(site: Path, target: Path, home: Path) -> None:
    """Copy beside the target and then swap, so that a half-copied site is never shown."""
    check_file_name(target.name, everywhere=False)
    aside = target.with_name(target.name + ".new")
    with clear_errors(target):
        made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_folder(aside)
        copy_private(site, aside)
        (aside / _MARK).write_bytes(b"Written by netkit publish; the next one replaces this folder.\n")
        (aside / ".nojekyll").touch()  # GitHub Pages would leave out folders with an underscore
        if not target.is_relative_to(home):
            make_public(aside, *made)
        replace_folder(aside, target)
