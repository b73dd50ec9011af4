"""Generated pages: policies, facts, the command line and the modules, from what they describe."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from netkit.clauses import Carrier, carried_out, read_clauses
from netkit.facts import KINDS, UNKNOWN, Kind, parse_facts, vocabulary
from netkit.plain_yaml import Located, read_yaml

PACKAGE = Path(__file__).parent
TEMPLATES = PACKAGE / "pages"
# The house policy is shown as one page a kind; the schools each as a whole.
HOUSE_PAGES: dict[str, str] = {
    "invitation": "invitations",
    "introduction": "introductions",
    "asking": "asking",
}


def write_pages(docs: Path, package: Path = PACKAGE) -> list[Path]:
    """Write every generated page; only those that changed are touched.

    Parameters
    ----------
    docs : Path
        The documentation's folder.
    package : Path, optional
        The package described.

    Returns
    -------
    list of Path
        The pages that changed.
    """
    changed = []
    for name, text in generated_pages(package).items():
        path = docs / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def generated_pages(package: Path = PACKAGE) -> dict[str, str]:
    """Return every generated page by its path below the documentation's folder.

    Parameters
    ----------
    package : Path, optional
        The package described.

    Returns
    -------
    dict of str to str
        Markdown by path.
    """
    pages = {
        "reference/facts.md": facts_page(),
        "reference/clauses.md": clauses_page(package),
        "reference/cli.md": command_page(),
        "reference/api.md": modules_page(package),
    }
    for path in sorted((package / "policies").glob("*.yaml")):
        if path.stem == "house":
            for kind in KINDS:
                pages[f"policy/{HOUSE_PAGES[kind]}.md"] = policy_page(path, kinds=(kind,), up="..")
        else:
            pages[f"policy/schools/{path.stem}.md"] = policy_page(path, up="../..")
    return pages


def policy_page(path: Path, *, kinds: tuple[Kind, ...] = KINDS, up: str) -> str:
    """Return the page of one policy file.

    Parameters
    ----------
    path : Path
        The YAML file.
    kinds : tuple of str, optional
        The kinds of request to show, of those it decides.
    up : str
        The way from the page to the documentation's folder.

    Returns
    -------
    str
        Markdown.
    """
    policy = read_yaml(path)
    shown = [kind for kind in kinds if kind in policy]
    words = {kind: vocabulary(kind).extended(_own_facts(policy, kind)) for kind in shown}
    title = _words()["titles"][shown[0]] if len(kinds) == 1 else policy["title"]
    return _render(
        "policy", file=path.name, policy=policy, kinds=shown, words=words, title=title, up=up
    )


def _own_facts(policy: Located, kind: Kind) -> list[Any]:
    own = (policy.get("facts") or {}).get(kind)
    return parse_facts(own, name=str(policy["policy"])) if own else []


def facts_page() -> str:
    """Return the page of all declared facts.

    Returns
    -------
    str
        Markdown.
    """
    return _render("facts", vocabularies={kind: vocabulary(kind) for kind in KINDS})


def clauses_page(package: Path) -> str:
    """Return the page of the clauses, each with what carries it out.

    Parameters
    ----------
    package : Path
        The package's folder.

    Returns
    -------
    str
        Markdown.
    """
    schools = read_clauses(package)
    kept = {id_: clause for school in schools.values() for id_, clause in school["clauses"].items()}
    carriers = {
        id_: _by_policy(found) + ([kept[id_]["kept"]] if "kept" in kept[id_] else [])
        for id_, found in carried_out(package).items()
    }
    return _render("clauses", schools=schools, carriers=carriers)


def _by_policy(found: list[Carrier]) -> list[str]:
    links: dict[str, list[str]] = {}
    for carrier in found:
        page = (
            HOUSE_PAGES[carrier.kind] if carrier.policy == "house" else f"schools/{carrier.policy}"
        )
        link = f"[{_plain(carrier.rule)}](../policy/{page}.md#{carrier.kind}-{carrier.rule})"
        links.setdefault(carrier.policy, []).append(link)
    return [f"{_plain(policy)}: {', '.join(rules)}" for policy, rules in links.items()]


def modules_page(package: Path) -> str:
    """Return the page of the modules, each described by its own docstrings.

    Parameters
    ----------
    package : Path
        The package's folder.

    Returns
    -------
    str
        Markdown with one mkdocstrings directive a module.
    """
    files = [
        path.relative_to(package.parent).with_suffix("") for path in sorted(package.rglob("*.py"))
    ]
    names = [
        ".".join(path.parts).removesuffix(".__init__") for path in files if "cli" not in path.parts
    ]
    return _render(
        "modules", names=[name for name in names if not name.rpartition(".")[2].startswith("_")]
    )


def command_page() -> str:
    """Return the page of the command line, from the installed command itself.

    Returns
    -------
    str
        Markdown.
    """
    # Through its entry point, because imports point down only and the command line lies above.
    (script,) = entry_points(group="console_scripts", name="netkit")
    command = import_module(script.module).cli
    return _render(
        "command", command=_described(command, click.Context(command, info_name="netkit"))
    )


def _described(command: click.Command, context: click.Context) -> dict[str, Any]:
    inner = {}
    if isinstance(command, click.Group):
        found = {
            name: command.get_command(context, name) for name in command.list_commands(context)
        }
        inner = {name: one for name, one in found.items() if one and not one.hidden}
    return {
        "level": min(6, len(context.command_path.split())),
        "path": context.command_path,
        "help": (command.help or "").replace("\b\n", "").strip(),
        "usage": " ".join([context.command_path, *command.collect_usage_pieces(context)]),
        "options": [record for one in command.params if (record := one.get_help_record(context))],
        "commands": [
            _described(one, click.Context(one, info_name=name, parent=context))
            for name, one in inner.items()
        ],
    }


def _render(template: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    return (
        _environment().get_template(f"{template}.md.j2").render(**_words(), **values).rstrip()
        + "\n"
    )


@cache
def _words() -> dict[str, Any]:
    return read_yaml(TEMPLATES / "words.yaml")


@cache
def _environment() -> Environment:
    # The pages are Markdown: escaping for HTML would show.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "action": lambda action: _words()["actions"].get(action, action),
        "cell": lambda text: " ".join(text.split()).replace("|", "\\|"),
        "clause_links": clause_links,
        "condition": condition_words,
        "expected": _expected,
        "conditions": _conditions,
        "plain": _plain,
    }
    return environment


def _plain(name: str) -> str:
    return str(name).replace("_", " ").replace("-", " ")


def condition_words(value: Any) -> str:  # noqa: ANN401 - a condition's value is any of five shapes
    """Return a condition's value in words.

    Parameters
    ----------
    value : str, int, list or dict
        A level, several of them, or a comparison.

    Returns
    -------
    str
        Words.

    Examples
    --------
    >>> condition_words({"not": ["now", "later"]}), condition_words({"at_least": 15})
    ('anything but now or later', 'at least 15')
    """
    if isinstance(value, list):
        return " or ".join(condition_words(one) for one in value)
    if isinstance(value, dict):
        ((relation, bound),) = value.items()
        if relation == "between":
            return f"{bound[0]} to {bound[1]}"
        return (
            "anything but" if relation == "not" else _plain(relation)
        ) + f" {condition_words(bound)}"
    return "not known" if value == UNKNOWN else _plain(value)


def _conditions(when: dict[str, Any], kind: Kind, up: str) -> list[str]:
    links = {fact: f"[{_plain(fact)}]({up}/reference/facts.md#{kind}-{fact})" for fact in when}
    return [f"{links[fact]}: {condition_words(value)}" for fact, value in when.items()] or [
        "nothing above applies"
    ]


def clause_links(clauses: str | list[str], up: str) -> str:
    """Return links to the lines of clauses in their table.

    Parameters
    ----------
    clauses : str or list of str
        One id or several; `own`, a rule of the user's own, links nowhere.
    up : str
        The way to the documentation's folder.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> clause_links("PN5", "..")
    '[PN5](../reference/clauses.md#pn5)'
    """
    ids = [clauses] if isinstance(clauses, str) else clauses
    return " ".join(
        one if one == "own" else f"[{one}]({up}/reference/clauses.md#{one.lower()})" for one in ids
    )


def _expected(expect: Any) -> str:  # noqa: ANN401 - an action, or an open decision
    actions = _words()["actions"]
    if not isinstance(expect, dict):
        return str(actions.get(expect, expect))
    possible = " or ".join(actions.get(action, action) for action in expect["open"])
    facts = ", ".join(_plain(fact) for fact in expect.get("find_out", ()))
    return f"open: {possible}" + (f"; find out: {facts}" if facts else "")
