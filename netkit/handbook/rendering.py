"""How generated pages are put into words: templates, and levels, conditions, clauses as they are read."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from netkit.facts import UNKNOWN
from netkit.plain_yaml import Located, read_yaml

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """Return a page from its template."""
    file = f"{template}.j2" if "." in template else f"{template}.md.j2"
    text = _environment().get_template(file).render(**page_words(), **values)
    return text.rstrip() + "\n"


@cache
def page_words() -> Located:
    """Return what the pages say for a kind, an action, an origin.

    Examples
    --------
    >>> page_words()["actions"]["ask"]
    'ask first'
    """
    return read_yaml(TEMPLATES / "words.yaml")


@cache
def _environment() -> Environment:
    # The pages are Markdown: escaping for HTML would show.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "action": lambda action: page_words()["actions"].get(action, action),
        "cell": lambda text: " ".join(text.split()).replace("|", "\\|"),
        "clause_links": _clause_links,
        "condition": _condition_words,
        "expected": _expected,
        "conditions": _conditions,
        "plain": plain,
    }
    return environment


def plain(name: object) -> str:
    """Return a name of a rule, fact or level as words.

    Examples
    --------
    >>> plain("met_in_person")
    'met in person'
    """
    return str(name).replace("_", " ").replace("-", " ")


def _condition_words(value: Any) -> str:  # noqa: ANN401 - a condition's value is any of five shapes
    """Return a condition's value in words.

    Examples
    --------
    >>> _condition_words({"not": ["now", "later"]}), _condition_words({"at_least": 15})
    ('anything but now or later', 'at least 15')
    """
    if isinstance(value, list):
        return " or ".join(_condition_words(one) for one in value)
    if isinstance(value, dict):
        ((relation, bound),) = value.items()
        if relation == "between":
            return f"{bound[0]} to {bound[1]}"
        said = "anything but" if relation == "not" else plain(relation)
        return f"{said} {_condition_words(bound)}"
    return "not known" if value == UNKNOWN else plain(value)


def _conditions(when: dict[str, Any], kind: str, up: str) -> list[str]:
    links = {fact: f"[{plain(fact)}]({up}/reference/facts.md#{kind}-{fact})" for fact in when}
    return [f"{links[fact]}: {_condition_words(value)}" for fact, value in when.items()] or [
        "nothing above applies"
    ]


def _clause_links(clauses: str | list[str], up: str) -> str:
    """Return links to the lines of clauses in their table.

    Examples
    --------
    >>> _clause_links("PN5", "..")
    '[PN5](../reference/clauses.md#pn5)'
    """
    ids = [clauses] if isinstance(clauses, str) else clauses
    return " ".join(
        one if one == "own" else f"[{one}]({up}/reference/clauses.md#{one.lower()})" for one in ids
    )


def _expected(expect: Any) -> str:  # noqa: ANN401 - an action, or an open decision
    actions = page_words()["actions"]
    if not isinstance(expect, dict):
        return str(actions.get(expect, expect))
    possible = " or ".join(actions.get(action, action) for action in expect["open"])
    facts = ", ".join(plain(fact) for fact in expect.get("find_out", ()))
    return f"open: {possible}" + (f"; find out: {facts}" if facts else "")
