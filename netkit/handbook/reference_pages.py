"""Generated pages: policies, clauses, facts, the command line and the modules, from what they describe."""

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from netkit.errors import FindingError
from netkit.facts import KINDS, vocabulary
from netkit.findings.stamps import PACKAGE, PROJECT, project_evidence
from netkit.handbook.evidence_pages import main_picture
from netkit.handbook.home_page import home_page
from netkit.handbook.intake import intake_assets
from netkit.handbook.owner import invented_owner
from netkit.handbook.policy_pages import all_facts, own_clauses, policy_pages
from netkit.handbook.policy_schema import SCHEMA, schema_text
from netkit.handbook.rendering import TEMPLATES, Markdown, in_code, page_words, render
from netkit.handbook.try_it import try_it_assets
from netkit.ledger.views import views
from netkit.plain_yaml import read_yaml

_DATED = re.compile(r"(?P<name>\w+)-(?P<day>\d{4}-\d\d-\d\d)\.txt\Z")


def _measured_page(benchmarks: Path, sentences: Mapping[str, Any]) -> str:
    """Return the page of the stored results of the benchmarks: a question and a sentence each."""
    newest = {
        found["name"]: path
        for path in sorted((benchmarks / "results").glob("*.txt"))
        if (found := _DATED.match(path.name))
    }
    rows = [_measured(newest[name], one) for name, one in sentences.items() if name in newest]
    return render("measured", rows=rows)


def _measured(result: Path, sentence: Mapping[str, Any]) -> dict[str, str]:
    """Return a benchmark's line, with the numbers that its sentence takes out of the raw output."""
    raw = result.read_text(encoding="utf-8")
    found = {name: re.search(pattern, raw, re.MULTILINE) for name, pattern in sentence["finds"].items()}
    missing = [name for name, one in found.items() if not one]
    if missing:
        raise FindingError(
            f"{result.name} no longer says {', '.join(missing)}."
            " Correct the patterns in templates/measured.yaml."
        )
    name, day = result.stem.split("-", 1)
    said = sentence["said"].format(**{name: one[1] for name, one in found.items() if one})
    script = ast.get_docstring(_parsed(result.parents[1] / f"{name}.py")) or ""
    about = script.split("\n\n")[0].replace("\n", " ").rstrip(".")
    file = f"benchmarks/results/{result.name}"
    return {
        "question": sentence["question"],
        "said": said,
        "name": name,
        "day": day,
        "about": about,
        "file": file,
    }


def _command_page() -> str:
    """Return the page of the command line, from the installed command itself."""
    # Through its entry point, because imports point down only and the command line lies above.
    (script,) = entry_points(group="console_scripts", name="netkit")
    command = import_module(script.module).cli
    return render("command", command=_described(command, click.Context(command, info_name="netkit")))


def _described(command: click.Command, context: click.Context) -> dict[str, Any]:
    inner = {}
    if isinstance(command, click.Group):
        found = {name: command.get_command(context, name) for name in command.list_commands(context)}
        inner = {name: one for name, one in found.items() if one and not one.hidden}
    # An argument without a text of its own stands in the usage already.
    records = [parameter.get_help_record(context) for parameter in command.params]
    return {
        "level": min(6, len(context.command_path.split())),
        "path": context.command_path,
        "help": cleandoc(command.help or "").replace("\b\n", ""),
        "usage": " ".join([context.command_path, *command.collect_usage_pieces(context)]),
        "options": [record for record in records if record and record[1]],
        "commands": [
            _described(one, click.Context(one, info_name=name, parent=context)) for name, one in inner.items()
        ],
    }


def write_pages(docs: Path, own: Path | None = None, also: Sequence[Path] = ()) -> list[Path]:
    """Write every generated page, script and picture and the schema of policy files, where they changed."""
    texts = generated_pages(own, also) | try_it_assets(own, also)
    texts |= intake_assets(invented_owner())
    written = {docs / name: text.encode() for name, text in texts.items()}
    written |= {docs / name: picture for name, picture in shown_pictures(docs).items()}
    changed = []
    for path, content in {**written, PACKAGE / SCHEMA: schema_text().encode()}.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            changed.append(path)
    return changed


def shown_pictures(docs: Path) -> dict[str, bytes]:
    """Return the pictures of the project's notebooks that a page of the folder shows, by their path there."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted((docs / "why").glob("*.md")))
    notebooks = project_evidence().notebooks
    return {
        f"assets/pictures/{name}.png": main_picture(notebooks / f"{name}.ipynb")
        for name in re.findall(r"assets/pictures/([\w-]+)\.png", text)
    }


def generated_pages(own: Path | None = None, also: Sequence[Path] = ()) -> dict[str, str]:
    """Return every generated page by its path below the documentation's folder."""
    pages = {
        "index.md": home_page(invented_owner(), own),
        "reference/facts.md": _facts_page([*([own] if own else []), *also]),
        "reference/sql.md": _views_page(),
        "reference/rooms.md": _rooms_page(),
        "assets/house.svg": _house_picture(),
        "reference/cli.md": _command_page(),
        "reference/measured.md": _measured_page(
            PROJECT / "benchmarks", read_yaml(TEMPLATES / "measured.yaml")
        ),
    }
    pages |= policy_pages(own, also)
    pages |= {f"reference/api/{name}.md": text for name, text in _module_pages().items()}
    return pages


def _facts_page(own: Sequence[Path]) -> str:
    """Return the page of all declared facts, and of those that some policies of one's own declare."""
    declared = {
        kind: {name: fact for path in own for name, fact in all_facts(path, kind).items()}
        or dict(vocabulary(kind).items())
        for kind in KINDS
    }
    return render("facts", vocabularies=declared, own_clauses=own_clauses(own))


def _views_page() -> str:
    """Return the page of the views that other programs read the ledger by."""
    told = [
        replace(
            view,
            says=Markdown(view.says),
            columns={name: Markdown(said) for name, said in view.columns.items()},
        )
        for view in views()
    ]
    return render("views", views=told)


def _module_pages() -> dict[str, str]:
    """Return a page for each room of the Python interface, from its docstrings, and their index."""
    rooms: dict[str, list[str]] = {}
    for name in page_words()["rooms"]:
        if _files_of(PACKAGE.parent.joinpath(*name.split("."))):
            rooms.setdefault(name.split(".")[1], []).append(name)
    sentences = {room: _sentence(PACKAGE / room) for room in rooms}
    pages = {room: render("room", names=names) for room, names in rooms.items()}
    return {"index": render("modules", sentences=sentences)} | pages


def _rooms_page() -> str:
    """Return the page of all rooms: where to begin reading, who uses whom, and each room's first sentence."""
    quoted = {room: list(map(in_code, used)) for room, used in _used_rooms().items()}
    layers = [
        [{"name": room, "sentence": _sentence(PACKAGE / room), "uses": quoted[room]} for room in layer]
        for layer in _layers()
    ]
    return render("rooms", layers=layers, stops=_reading_route())


def _reading_route() -> list[dict[str, Any]]:
    """Return the stops of the route through the code, each name with the file that defines it, if any."""
    stops: list[dict[str, Any]] = read_yaml(TEMPLATES / "reading_route.yaml")["stops"]
    return [stop | {"read": [one | {"file": _defined_in(**one)} for one in stop["read"]]} for stop in stops]


def _defined_in(room: str, name: str) -> str | None:
    for file in _files_of(PACKAGE / room):
        if any(getattr(node, "name", "") == name for node in _parsed(file).body):
            return file.relative_to(PACKAGE.parent).as_posix()
    return None


def _layers() -> list[list[str]]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def _used_rooms() -> dict[str, list[str]]:
    """Return the rooms that each room imports, from the top of the house to its foundations."""
    rooms = [room for layer in _layers() for room in layer]
    found = {room: _imported_rooms(room) for room in rooms}
    return {room: [other for other in rooms if other in found[room]] for room in rooms}


def _imported_rooms(room: str) -> set[str]:
    names: set[str] = set()
    for file in _files_of(PACKAGE / room):
        for node in ast.walk(_parsed(file)):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
    parts = (name.split(".") for name in names)
    return {part[1] for part in parts if part[0] == PACKAGE.name and len(part) > 1} - {room}


_LEFT, _TOP, _CELL = 112, 112, 20


def _house_picture() -> str:
    """Return the drawing of who uses whom: rooms as rows and columns, top to bottom, a dot for an import."""
    uses, layers = _used_rooms(), _layers()
    place = {room: at * _CELL + _CELL // 2 for at, room in enumerate(uses)}
    rooms = [
        {
            "name": room, "uses": used, "y": _TOP + place[room], "at_x": _LEFT + place[room],
            "dots": [_LEFT + place[other] for other in used],
        }
        for room, used in uses.items()
    ]  # fmt: skip
    bands = [
        {"y": _TOP + place[layer[0]] - _CELL // 2, "height": len(layer) * _CELL} for layer in layers[::2]
    ]
    return render(
        "house.svg", drawn=rooms, bands=bands, left=_LEFT, top=_TOP, cell=_CELL,
        width=_LEFT + len(rooms) * _CELL + 12, height=_TOP + len(rooms) * _CELL + 12,
    )  # fmt: skip


def _files_of(place: Path) -> list[Path]:
    module = place.with_suffix(".py")
    return [module] if module.exists() else sorted(place.rglob("*.py"))


def _sentence(place: Path) -> str:
    text = ast.get_docstring(_parsed(_files_of(place)[0])) or ""
    return text.split("\n\n")[0]


@cache
def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))
