"""The handbook: pages generated, evidence rendered, citations checked, the site built."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import yaml
from mkdocs.utils.yaml import yaml_load

from netkit import __version__
from netkit.errors import FindingError
from netkit.findings.citations import check_citations
from netkit.findings.stamps import (
    IN_CHECKOUT,
    OUTPUT,
    PROJECT,
    Evidence,
    build_day,
    project_evidence,
    workspace_evidence,
)
from netkit.handbook.content_security import seal_site
from netkit.handbook.evidence_pages import write_evidence
from netkit.handbook.home_page import home_page, in_attribute, share_of_yes, write_answers
from netkit.handbook.intake import intake_assets
from netkit.handbook.owner import read_owner, without_tool
from netkit.handbook.readers import reader_of
from netkit.handbook.reference_pages import write_pages
from netkit.handbook.rendering import plain
from netkit.handbook.try_it import write_points
from netkit.policy.loaded_policy import own_policy
from netkit.private_files import copy_private, make_public, private_by_default, private_folder, remove_folder

_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()#\s]+\.md)(?:#[^()\s]*)?\)")

__all__ = ["Built", "build_handbook", "serve_handbook"]


@dataclass(frozen=True)
class Built:
    """A handbook that was built.

    Attributes
    ----------
    site : Path
        The folder of the finished site; open its `index.html`.
    pages : int
        How many pages it has.
    findings : int
        How many findings stand behind it.
    """

    site: Path
    pages: int
    findings: int


@private_by_default()
def build_handbook(
    home: Path | None = None,
    *,
    draft: bool = False,
    owner: Path | None = None,
    points: bool = True,
    address: str = "",
    also: Sequence[Path] = (),
    public: bool = False,
) -> Built:
    """Build the handbook, the project's own or privately from a workspace.

    Parameters
    ----------
    home : Path, optional
        The user's workspace, whose executed and validated notebooks lie in `home/notebooks`; the
        site goes to `home/site` and nothing outside `home` is written. Without it, the project's
        handbook is built into `site/`.
    draft : bool, default False
        Whether unvalidated findings may be shown, marked as such.
    owner : Path, optional
        The workspace whose own policy is shown; `home` by default.
    points : bool, default True
        Whether "Try it" shows the points card.
    address : str, optional
        Where a workspace's site will stand; the project's is told by NETKIT_SITE_URL.
    also : sequence of Path
        Policies of one's own that are shown although they are not in office.
    public : bool, default False
        Whether others read it: then pages that speak to an owner of netkit are left out.

    Returns
    -------
    Built
        Where it is and what it holds.

    Raises
    ------
    FindingError
        A page cites what may not be cited or holds what could act in a reader's browser, or the build
        has a warning.
    """
    owner = owner or home
    left_out: list[str] = []
    if home and owner:
        docs, settings, evidence = _private(home, owner, also, address)
        if public:
            left_out = _leave_out_owners(docs, settings["nav"])
        config, site = _written(settings, home), home / "site"
    else:
        docs, config, site, evidence = _public()
    _build(docs, config, site, evidence, draft=draft, owner=owner, points=points, left_out=left_out)
    if not home:
        make_public(site)
    return Built(site, len(list(site.rglob("*.html"))), len(evidence.known_findings()))


def _build(
    docs: Path,
    config: Path,
    site: Path,
    evidence: Evidence,
    *,
    draft: bool,
    owner: Path | None = None,
    points: bool = True,
    left_out: Sequence[str] = (),
) -> None:
    write_evidence(evidence, docs / "evidence")
    write_answers(evidence, docs / "evidence")
    _unlink(docs, left_out)
    for page in docs.rglob("*.md") if left_out else ():  # others read it: the foot alone names the tool
        page.write_bytes(without_tool(page.read_text(encoding="utf-8")).encode())
    with_draft = {"NETKIT_DRAFT": "1"} if draft else {}
    check_citations(docs, evidence, draft=draft)
    write_points(evidence, owner, docs / "evidence", draft=draft, show=points)
    _run_mkdocs(["build", "--strict", "--clean", "-f", str(config), "-d", str(site)], with_draft)
    seal_site(site)


def _public() -> tuple[Path, Path, Path, Evidence]:
    if IN_CHECKOUT:
        docs = PROJECT / "docs"
        write_pages(docs)
        return docs, PROJECT / "mkdocs.yml", PROJECT / "site", project_evidence()
    docs, settings = _copied(OUTPUT)
    return docs, _written(settings, OUTPUT), OUTPUT / "site", project_evidence()


def _private(
    home: Path, workspace: Path, also: Sequence[Path], address: str
) -> tuple[Path, dict[str, Any], Evidence]:
    """Assemble the pages and the settings below a folder, with the owner and the policy of a workspace."""
    docs, settings = _copied(home, address)
    own, owner, evidence = own_policy(workspace), read_owner(workspace), workspace_evidence(home)
    if own or also:
        write_pages(docs, own=own, also=also)
        house = {"The house policy": "policy/schools/house.md"} if own else {}
        named = {plain(one.stem).capitalize(): f"policy/schools/{one.stem}.md" for one in also}
        _list_policies(settings["nav"], house | named)
    extensions = settings["markdown_extensions"]
    place = next(n for n, entry in enumerate(extensions) if entry == "netkit.findings.citations")
    extensions[place] = {"netkit.findings.citations": {"workspace": str(home)}}
    shown = share_of_yes(evidence) is not None
    written = {"index.md": home_page(owner, own, answers=shown)} | intake_assets(owner, workspace)
    for name, text in written.items():
        (docs / name).write_bytes(text.encode())
    named = {"site_name": owner.headline, "site_description": owner.sentence or owner.headline}
    settings |= {key: in_attribute(text) for key, text in named.items()}
    (docs / "assets" / settings["extra"].pop("card")).unlink()  # it names the project, not the owner
    return docs, settings, evidence


def _copied(folder: Path, address: str = "") -> tuple[Path, dict[str, Any]]:
    """Copy the project's pages below a folder, and return them with the settings of a site built there."""
    docs = folder / "handbook" / "docs"
    remove_folder(docs.parent)
    copy_private(PROJECT / "docs", docs, leave_out="evidence")
    with (PROJECT / "mkdocs.yml").open(encoding="utf-8") as file:
        settings: dict[str, Any] = yaml_load(file)
    return docs, settings | {
        "docs_dir": "docs",
        "site_dir": str(folder / "site"),
        "site_url": address and address.rstrip("/") + "/",
        "repo_url": "",
        "edit_uri": "",
        "copyright": _edition(),
    }


def _written(settings: dict[str, Any], folder: Path) -> Path:
    config = folder / "handbook" / "mkdocs.yml"
    config.write_bytes(yaml.safe_dump(settings, sort_keys=False).encode())
    return config


def _leave_out_owners(docs: Path, nav: list[Any]) -> list[str]:
    """Take out the pages that speak to an owner of netkit, and return their paths below the documentation."""
    pages = [page for page in sorted(docs.rglob("*.md")) if reader_of(page) == "owner"]
    names = [page.relative_to(docs).as_posix() for page in pages]
    for page in pages:
        page.unlink()
    nav[:] = _kept(nav, names)
    return names


def _kept(nav: list[Any], left_out: Sequence[str]) -> list[Any]:
    kept = []
    for entry in nav:
        title, inside = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        if isinstance(inside, list):
            inside = _kept(inside, left_out)
        if inside and inside not in left_out:
            kept.append({title: inside} if title else inside)
    return kept


def _unlink(docs: Path, left_out: Sequence[str]) -> None:
    """Leave of every link to a page that is left out its words."""
    gone = {(docs / name).resolve() for name in left_out}
    for page in docs.rglob("*.md") if gone else ():

        def words(link: re.Match[str], folder: Path = page.parent) -> str:
            return link[1] if (folder / link[2]).resolve() in gone else link[0]

        text = page.read_text(encoding="utf-8")
        page.write_bytes(_LINK.sub(words, text).encode())


def _list_policies(nav: list[Any], pages: dict[str, str]) -> None:
    """Give policies that are not in office their places before the schools."""
    (policy,) = (part["Policy"] for part in nav if "Policy" in part)
    schools = next(part["The schools"] for part in policy if "The schools" in part)
    schools[:0] = [{title: page} for title, page in pages.items()]


def serve_handbook(say: Callable[[str], None], *, port: int = 8000) -> None:
    """Serve the project's handbook as a draft on this machine; rebuild it whenever one of its pages changes.

    A draft is sealed as every other build: what a page may not run, it may not run while it is written.

    Parameters
    ----------
    say : callable
        Shows a sentence to the writer.
    port : int, default 8000
        Where the draft is served.
    """
    site = OUTPUT / "build" / "draft"
    private_folder(site)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(site)))
    except OSError as problem:
        raise FindingError(
            f"Port {port} of this machine is taken. End what uses it, and try again."
        ) from problem
    with server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            _build_again_and_again(site, say, f"http://127.0.0.1:{port}/")
        finally:
            server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _build_again_and_again(site: Path, say: Callable[[str], None], address: str) -> None:
    before: dict[Path, int] = {}
    while True:
        if before != _changed_at():
            try:
                docs, config, _, evidence = _public()
                _build(docs, config, site, evidence, draft=True)
                say(f"Built the draft: {address}")
            except FindingError as problem:
                say(str(problem))
            before = _changed_at()
        sleep(1)


def _changed_at() -> dict[Path, int]:
    """Return when each file was changed that a draft is made from."""
    files = (path for folder in ("docs", "notebooks") for path in (PROJECT / folder).rglob("*"))
    return {
        path: path.stat().st_mtime_ns for path in files if path.is_file() and "evidence" not in path.parts
    }


def _edition() -> str:
    """Return each page's foot: the version, the day of the build, and whose name is whose."""
    return (
        f"netkit {__version__}, built on {build_day().isoformat()}. netkit is not affiliated with"
        " LinkedIn, whose name is its owner's trademark."
    )


def _run_mkdocs(arguments: list[str], environment: dict[str, str]) -> None:
    said = {"PYTHONUTF8": "1", "NO_MKDOCS_2_WARNING": "1", "NETKIT_EDITION": _edition()}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *arguments],
        env=os.environ | said | environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in (done.stderr or "").splitlines() if not line.startswith("INFO")]
        raise FindingError(
            "The handbook was not built, because the build warned:\n  " + "\n  ".join(lines[-20:]) + "\n",
            "Correct the pages named above",
        )
