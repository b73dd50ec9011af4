"""Generated pages: policies, clauses, facts, the command line and the modules, from what they describe."""

import ast
import tomllib
from pathlib import Path

from netkit.facts import KINDS, vocabulary
from netkit.handbook.command_page import command_page
from netkit.handbook.measured import measured_page
from netkit.handbook.policy_pages import (
    OFFICE_PAGES,
    all_facts,
    clauses_page,
    letters_page,
    policy_files,
    policy_page,
    schools_page,
)
from netkit.handbook.try_it import try_it_assets
from netkit.handbook.words import page_words, render
from netkit.plain_yaml import read_yaml

PACKAGE = Path(__file__).parents[1]


def write_pages(docs: Path, package: Path = PACKAGE, own: Path | None = None) -> list[Path]:
    """Write every generated page and script; only those that changed are touched.

    Parameters
    ----------
    docs : Path
        The documentation's folder.
    package : Path, optional
        The package described.
    own : Path, optional
        The file of the owner's own policy, shown in place of the house's.

    Returns
    -------
    list of Path
        The pages and scripts that changed.
    """
    changed = []
    for name, text in (generated_pages(package, own) | try_it_assets(package, own)).items():
        path = docs / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def generated_pages(package: Path = PACKAGE, own: Path | None = None) -> dict[str, str]:
    """Return every generated page by its path below the documentation's folder.

    Parameters
    ----------
    package : Path, optional
        The package described.
    own : Path, optional
        The file of the owner's own policy, shown in place of the house's.

    Returns
    -------
    dict of str to str
        Markdown by path.
    """
    pages = {
        "reference/facts.md": facts_page(own),
        "reference/clauses.md": clauses_page(package, own),
        "policy/letters.md": letters_page(package, own),
        "policy/schools.md": schools_page(package, own),
        "reference/rooms.md": rooms_page(package),
        "reference/cli.md": command_page(),
        "reference/measured.md": measured_page(package.parent / "benchmarks"),
    }
    pages |= {f"reference/api/{name}.md": text for name, text in module_pages(package).items()}
    house = package / "policies" / "house.yaml"
    for kind, page in OFFICE_PAGES.items():
        # Of what the owner's policy does not speak, the house's stays.
        office = own if own and kind in read_yaml(own) else house
        pages[f"policy/{page}.md"] = policy_page(office, kinds=(kind,), up="..")
    for path in policy_files(package):
        if own or path != house:
            pages[f"policy/schools/{path.stem}.md"] = policy_page(path, up="../..")
    return pages


def facts_page(own: Path | None = None) -> str:
    """Return the page of all declared facts.

    Parameters
    ----------
    own : Path, optional
        The file of the owner's own policy, whose own facts are shown too.

    Returns
    -------
    str
        Markdown.
    """
    declared = {kind: all_facts(own, kind) if own else vocabulary(kind) for kind in KINDS}
    return render("facts", vocabularies=declared)


def module_pages(package: Path) -> dict[str, str]:
    """Return a page for each room of the Python interface, described by its own docstrings, and their index.

    Parameters
    ----------
    package : Path
        The package's folder.

    Returns
    -------
    dict of str to str
        Markdown with one mkdocstrings directive a module, by the page's name.
    """
    rooms: dict[str, list[str]] = {}
    for name in page_words()["rooms"]:
        if _room_exists(name, package):
            rooms.setdefault(name.split(".")[1], []).append(name)
    sentences = {room: _sentence(package / room) for room in rooms}
    pages = {room: render("room", names=names) for room, names in rooms.items()}
    return {"index": render("modules", sentences=sentences)} | pages


def _room_exists(name: str, package: Path) -> bool:
    place = package.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def rooms_page(package: Path) -> str:
    """Return the page of all rooms, layer by layer, each with its first sentence.

    Parameters
    ----------
    package : Path
        The package's folder, beside which `pyproject.toml` lies.

    Returns
    -------
    str
        Markdown.
    """
    project = tomllib.loads((package.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    layers = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    return render(
        "rooms", layers=[[(name, _sentence(package / name)) for name in layer] for layer in layers]
    )


def _sentence(place: Path) -> str:
    file = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0]
