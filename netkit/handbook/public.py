"""The public handbook of a workspace: built from findings that pass, searched for people, then handed out."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from netkit.errors import FindingError
from netkit.findings.personal import personal_words
from netkit.findings.site_scan import Hit, not_ones_own, scan_site
from netkit.findings.spellings import plain_words
from netkit.findings.stamps import PROJECT, project_evidence, read_stamp, workspace_evidence
from netkit.handbook import build_handbook
from netkit.handbook.pages import generated_pages
from netkit.handbook.public_notebooks import write_public_notebooks
from netkit.ledger import open_ledger

PACKAGE = Path(__file__).parents[1]
MARK = ".netkit-handbook"  # what a folder holds that an earlier publication may be replaced in
_TEXTS = (".css", ".html", ".js", ".j2", ".md", ".py", ".yaml")
_SHOWN = 20


@dataclass(frozen=True)
class Published:
    """A public handbook.

    Attributes
    ----------
    site : Path
        The folder to hand out.
    pages : int
        How many pages it has.
    withheld : tuple of str
        The findings that the guard did not let through.
    searched : int
        For how many names, addresses, firms and runs of words of notes it was searched.
    """

    site: Path
    pages: int
    withheld: tuple[str, ...]
    searched: int


def is_validated(home: Path) -> bool:
    """Return whether every notebook of a workspace was validated as it is now.

    Parameters
    ----------
    home : Path
        The workspace.

    Returns
    -------
    bool
        False also where none was ever run.
    """
    evidence = workspace_evidence(home)
    found = evidence.all_notebooks()
    return bool(found) and not any(read_stamp(notebook, evidence)[1] for notebook in found)


def publish_handbook(
    home: Path,
    target: Path | None = None,
    *,
    allowed: Iterable[str] = (),
    points: bool = False,
    address: str = "",
) -> Published:
    """Build the public handbook, search it for everybody in the ledger, and put it in its place.

    Parameters
    ----------
    home : Path
        The workspace, whose notebooks are validated.
    target : Path, optional
        A new or empty folder, or one published into before; by default `public/site` in the workspace.
    allowed : iterable of str
        Words that may stand in the pages although the ledger holds them, such as the owner's name.
    points : bool, default False
        Whether "Try it" shows the points card, which tells how the owner has decided so far.
    address : str, optional
        Where the site will stand, for the page shown in place of those that do not exist.

    Returns
    -------
    Published
        Where it is, and what was left out.

    Raises
    ------
    FindingError
        Somebody or something of the ledger stands in the site; nothing was handed out.
    """
    place = home / "public"
    target = (target or place / "site").expanduser().absolute()
    _check_target(target, home)
    build = place / "build"
    shutil.rmtree(build, ignore_errors=True)
    ordinary = project_words()
    withheld = write_public_notebooks(
        workspace_evidence(home), project_evidence(), workspace_evidence(build), ordinary
    )
    built = build_handbook(build, owner=home, points=points, address=address)
    open_ledger(home).close()  # one of an earlier version is brought up to date
    own = personal_words(home / "ledger.db", ordinary)
    wanted = not_ones_own(own, [*project_texts(), *allowed])
    hits = scan_site(built.site, wanted, vendored=_theme())
    if hits:
        raise FindingError(
            _told(hits, built.site),
            accepted="a site in which nobody of your ledger can be found",
            do="look at these places and change the page, or, if a word there is no person of yours,"
            " name it with --allow; nothing was published",
        )
    _put_in_place(built.site, target)
    return Published(target, built.pages, tuple(withheld), len(wanted))


def _told(hits: list[Hit], site: Path) -> str:
    lines = [f"  {hit}" for hit in hits[:_SHOWN]]
    if len(hits) > _SHOWN:
        lines.append(f"  and {len(hits) - _SHOWN} more")
    return "\n".join([f"{len(hits)} places give somebody away (below {site}):", *lines, ""])


@cache
def project_texts() -> tuple[str, ...]:
    """Return what the project itself says: its package, and the pages made from nothing else.

    Returns
    -------
    tuple of str
        Texts; the invented people's names are not among them.
    """
    files = [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in _TEXTS and path.relative_to(PACKAGE).parts[0] != "fictional"
    ]
    return (*(path.read_text(encoding="utf-8") for path in files), *generated_pages().values())


def project_words() -> frozenset[str]:
    """Return the words that the project itself and the site's theme use.

    Returns
    -------
    frozenset of str
        Plain words; one of them alone gives nobody away.
    """
    texts = [*project_texts(), *(p.read_text(encoding="utf-8") for p in _theme_pages())]
    return frozenset(word for text in texts for word in plain_words(text))


def _theme() -> list[Path]:
    spec = find_spec("material")
    return [Path(path) / "templates" for path in (spec and spec.submodule_search_locations) or ()]


def _theme_pages() -> list[Path]:
    return [path for folder in _theme() for path in sorted(folder.rglob("*.html"))]


def _check_target(target: Path, home: Path) -> None:
    inside = home.absolute().is_relative_to(target) or PROJECT.is_relative_to(target)
    fresh = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if inside or not (fresh or (target / MARK).is_file()):
        raise FindingError(
            f"{target} holds other things" if not inside else f"{target} holds your workspace",
            accepted="a new or empty folder, or one that 'netkit publish' wrote before",
            do="name another folder with --to",
        )


def _put_in_place(site: Path, target: Path) -> None:
    """Copy beside the target and then swap, so that a half-copied site is never shown."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(site, aside)
    (aside / MARK).write_text("Written by netkit publish; the next one replaces this folder.\n")
    (aside / ".nojekyll").touch()  # GitHub Pages would leave out folders with an underscore
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)
