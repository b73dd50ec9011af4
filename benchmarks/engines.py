"""The handbook under two engines: MkDocs, which is in use, and Zensical, which is to follow it.

Both build the same sources strictly, as drafts, and are sealed alike. Compared are the pages, the text and the links
of every page's article, its anchors, and what a page would fetch from elsewhere.

    python -m venv /tmp/zensical && /tmp/zensical/bin/pip install zensical==0.0.73
    engines.py --zensical /tmp/zensical/bin/python
    engines.py --sites FOLDER FOLDER      compare two sites that are built already

The time of each build is that of its process and what that starts; the pages that netkit itself writes come before.
"""

import argparse
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter
from urllib.parse import urljoin

PROJECT = Path(__file__).parents[1]
_SHOWN = 5
_OF_THE_THEME = {"__skip"}  # where a key leads past the menus: on another element in each
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
_QUIET = {"script", "style", "svg", "button"}  # what no reader reads, or each engine adds


@dataclass
class Page(HTMLParser):
    """What a built page says and fetches."""

    text: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        address = said.get("src") or (
            said.get("href") if tag == "link" and "style" in str(said.get("rel")) else ""
        )
        if address and re.match(r"(https?:)?//", address):
            self.fetched.add(address)
        if tag == "article" or self.inside:
            quiet = (
                tag in _QUIET
                or "headerlink" in str(said.get("class"))
                or "md-content__button" in str(said.get("class"))
            )
            if tag not in _VOID:
                self.inside.append("quiet" if quiet else tag)
            if "quiet" not in self.inside:
                self.links |= {said["href"]} if tag == "a" and said.get("href") else set()
                self.anchors |= {said["id"]} if said.get("id") else set()

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag not in _VOID:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside and "quiet" not in self.inside:
            self.text.append(data)

    @property
    def said(self) -> str:
        """The text of the article, whatever its line ends."""
        return " ".join(" ".join(self.text).split())


def read_site(site: Path) -> dict[str, Page]:
    """Return the pages of a site by their place in it."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        place = path.relative_to(site).as_posix()
        page.links = {
            urljoin(f"http://site/{place}", link) for link in page.links
        }  # each engine shortens its own way
        page.anchors -= _OF_THE_THEME
        pages[place] = page
    return pages


def compare(one: Path, other: Path) -> int:
    """Print in what two sites differ, and return in how many respects."""
    first, second = read_site(one), read_site(other)
    both = sorted(first.keys() & second.keys())
    letters, links = (sum(len(getattr(page, what)) for page in first.values()) for what in ("said", "links"))
    print(f"{len(first)} and {len(second)} pages with {letters:,} letters and {links:,} links")
    differ = {"pages": sorted(first.keys() ^ second.keys())}
    differ["text"] = [name for name in both if first[name].said != second[name].said]
    differ["links"] = [name for name in both if first[name].links != second[name].links]
    differ["anchors"] = [name for name in both if first[name].anchors != second[name].anchors]
    differ["requests elsewhere"] = [
        name for pages in (first, second) for name, page in pages.items() if page.fetched
    ]
    for what, names in differ.items():
        more = f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)
        print(
            f"{what + ':':20} {len(names) or 'none'} {'differ: ' if names else ''}{', '.join(names[:_SHOWN])}{more}"
        )
    for name in differ["text"][:_SHOWN]:
        at = next(
            (
                n
                for n, pair in enumerate(zip(first[name].said, second[name].said, strict=False))
                if len(set(pair)) > 1
            ),
            0,
        )
        print(
            f"  {name}: {first[name].said[max(0, at - 40) : at + 60]!r}\n    but {second[name].said[max(0, at - 40) : at + 60]!r}"
        )
    for name in differ["links"][:_SHOWN]:
        print(f"  {name}: {sorted(first[name].links ^ second[name].links)[:_SHOWN]}")
    for name in differ["anchors"][:_SHOWN]:
        print(f"  {name}: {sorted(first[name].anchors ^ second[name].anchors)[:_SHOWN]}")
    return sum(map(bool, differ.values()))


def timed(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Run an engine, and print what it took."""
    before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        command, env=os.environ | environment, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False
    )
    took, wall = getrusage(RUSAGE_CHILDREN), perf_counter() - began
    cpu = took.ru_utime + took.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        sys.exit(f"{name} did not build:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    print(f"{name:10} {wall:6.1f} s on the clock, {cpu:6.1f} s of the processor")


def build_both(zensical: str) -> tuple[Path, Path]:
    """Build the project's handbook with both engines, and return the two sites."""
    from netkit.findings.stamps import project_evidence
    from netkit.handbook import _edition
    from netkit.handbook.content_security import seal_site
    from netkit.handbook.evidence_pages import write_evidence
    from netkit.handbook.home_page import write_answers
    from netkit.handbook.reference_pages import write_pages
    from netkit.handbook.try_it import write_points

    docs, evidence = PROJECT / "docs", project_evidence()
    write_pages(docs)
    write_evidence(evidence, docs / "evidence")
    write_answers(evidence, docs / "evidence")
    write_points(evidence, None, docs / "evidence", draft=True)
    sites = PROJECT / "build" / "mkdocs", PROJECT / "build" / "zensical"
    paths = os.pathsep.join([str(PROJECT), sysconfig.get_paths()["purelib"]])
    environment = {
        "NETKIT_DRAFT": "1",
        "NO_MKDOCS_2_WARNING": "1",
        "NETKIT_EDITION": _edition(),
        "PYTHONUTF8": "1",
    }
    settings = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("site_dir: site", "site_dir: build/zensical", 1)
    settings = settings.replace("  name: material\n", "  name: material\n  variant: classic\n", 1)
    config = PROJECT / "zensical-trial.yml"  # in the project's folder, which Zensical asks for
    config.write_text(settings, encoding="utf-8")
    try:
        build = ["-m", "mkdocs", "build", "--strict", "--clean", "-d", str(sites[0])]
        timed("MkDocs", [sys.executable, *build], environment)
        build = ["-m", "zensical", "build", "--strict", "--clean", "-f", str(config)]
        timed("Zensical", [zensical, *build], environment | {"PYTHONPATH": paths})
    finally:
        config.unlink()
    # The theme's own scripts are the only ones that a sealed page may run.
    sys.path.extend(str(path) for path in Path(zensical).parents[1].glob("**/site-packages"))
    for site in sites:
        seal_site(site)
    return sites


def main() -> int:
    """Return 0 where both engines make the same handbook."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--zensical", help="a Python that has Zensical")
    parser.add_argument("--sites", nargs=2, type=Path, metavar="FOLDER")
    said = parser.parse_args()
    if not (said.zensical or said.sites):
        parser.error("say --zensical PYTHON or --sites FOLDER FOLDER")
    return int(bool(compare(*(said.sites or build_both(said.zensical)))))


if __name__ == "__main__":
    sys.exit(main())
