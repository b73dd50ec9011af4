"""What a built page may run and link to: a security policy in each, and a search for what breaks it."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

from netkit.errors import FindingError

# What the theme and the handbook's own scripts need, and nothing else: no page asks another site.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-hashes'",
    "img-src": "'self' data:",  # the theme's icons are pictures within its style sheet
    "font-src": "'self'",
    "connect-src": "'self'",  # the search index and the site map
    "worker-src": "'self'",
    "form-action": "'none'",
    "base-uri": "'none'",
}
_SCHEMES = ("http", "https", "mailto")
_ADDRESSES = (
    "action", "background", "cite", "data", "formaction", "href", "ping", "poster", "src", "srcset",
    "xlink:href",
)  # fmt: skip
_REFUSED = ("applet", "base", "embed", "frame", "iframe", "object", "portal")
_ALIGNED = re.compile(r"text-align: (?:left|center|right);\Z")  # what Markdown's tables say of a column
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")  # as browsers do, and more
_SCHEME = re.compile(r"([^/?#]*?):")
_SCOPE = re.compile(r'(?<=new URL\()"[^"]*"')  # how far a page lies below the top
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_DATA = ("application/json", "application/ld+json")
_HEAD = "<head>"


def _is_link(address: str) -> bool:
    r"""Return whether an address leads to a page, a file or a mailbox and to nothing that acts.

    >>> _is_link("../index.html#top"), _is_link("HTTPS://example.org"), _is_link("java\tscript:alert(1)")
    (True, True, False)
    """
    scheme = _SCHEME.match(_IGNORED.sub("", address))
    return not scheme or scheme[1].casefold() in _SCHEMES


def seal_site(site: Path) -> None:
    """Write a content security policy into every page, and refuse a page that holds what it would stop."""
    pages = sorted(site.rglob("*.html"))
    found = {page: _Page(page.read_text(encoding="utf-8"), page, site) for page in pages}
    problems = [f"{page.relative_to(site)}: {problem}" for page in pages for problem in found[page].problems]
    if problems:
        listed = "\n  ".join(problems[:20])
        raise FindingError(
            f"{len(problems)} places of the built pages could run something for a reader:\n  {listed}\n",
            "Take this out of the text that the page is made from",
        )
    for page, seen in found.items():
        page.write_bytes(seen.sealed().encode())


class _Page(HTMLParser):
    """One built page, read as a browser reads it."""

    def __init__(self, text: str, page: Path, site: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.folder, self.site = text, page.parent, site
        self.scripts: set[str] = set()
        self.styles: set[str] = set()
        self.problems: list[str] = []
        self._script: list[str] | None = None
        self.feed(text)
        self.close()
        if self._script is not None:
            self.problems.append("<script> that does not end")

    def sealed(self) -> str:
        """Return the page with its policy, before anything that it governs."""
        hashes = {"script-src": self.scripts, "style-src-attr": self.styles}
        said = "; ".join(
            " ".join([name, sources, *sorted(map(_hash, hashes.get(name, ())))])
            for name, sources in _SOURCES.items()
        )
        meta = f'<meta http-equiv="Content-Security-Policy" content="{said}">'
        return self.text.replace(_HEAD, f"{_HEAD}\n    {meta}", 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.problems += [f"<{tag} {what}>" for what in self._wrong(tag, told)]
        if tag == "script":
            self._end_script()
            self._script = [] if "src" not in told and told.get("type") not in _DATA else None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._end_script()

    def _end_script(self) -> None:
        script, self._script = "".join(self._script or ()), None
        if script and _SCOPE.sub("", script) not in _theme_scripts():
            self.problems.append("<script> that is not the theme's")
        elif script:
            self.scripts.add(script)

    def _wrong(self, tag: str, told: dict[str, str]) -> Iterator[str]:
        if tag in _REFUSED or told.get("http-equiv"):
            yield ""
        for name, value in told.items():
            if name.startswith("on") or (name in _ADDRESSES and not _is_link(value)):
                yield f"{name}={value!r}"
            if name == "style" and _ALIGNED.match(value):
                self.styles.add(value)
        if tag == "script" and "src" in told and not self._holds(told["src"]):
            yield f"src={told['src']!r}"

    def _holds(self, address: str) -> bool:
        """Return whether a script is a file of the site, told from the page or from the server's top."""
        path = address.partition("?")[0]
        parts = [part for part in path.split("/") if part]
        tops = [self.site.joinpath(*parts[at:]) for at in range(len(parts))]
        places = tops if path.startswith("/") else [self.folder / path]
        return ":" not in address and any(place.is_file() for place in places)


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _theme_scripts() -> frozenset[str]:
    """Return the scripts that the theme writes into its pages, whatever their depth."""
    pages = [path for place in theme_folders() for path in place.rglob("*.html")]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    return frozenset(_SCOPE.sub("", script) for text in texts for script in _SCRIPT.findall(text))


def theme_folders() -> list[Path]:
    """Return where the templates of the theme lie, under the engine in use and the one to come."""
    specs = [find_spec(engine) for engine in ("material", "zensical")]
    found = [path for spec in specs for path in (spec and spec.submodule_search_locations) or ()]
    return [Path(path) / "templates" for path in found]
