"""How generated pages are put into words: templates, and levels, conditions, clauses as they are read."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup

from netkit.facts import UNKNOWN, Fact
from netkit.plain_yaml import Located, read_yaml
from netkit.policy.clauses import published_clauses
from netkit.policy.policy_file import CHOICES
from netkit.policy.rules import so_many
from netkit.wording import capital, counted, join_or

TEMPLATES = Path(__file__).parent / "templates"
# What Markdown, HTML, a citation or a list of attributes begins with; an underscore within a word is none.
_SIGNS = re.compile(r'[\\`*{}\[\]<>|"]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])|^ ?[-+=:~!?#]')
_NOT_IN_ANCHORS = re.compile(r"[^A-Za-z0-9_-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NUMBERED = re.compile(r"^( ?\d+)([.)])(?=\s|$)")


def as_text(value: object) -> str:
    """Return whatever stands in a file, in one line that Markdown and HTML show as it is.

    >>> as_text("# [a](javascript:b) <i> snake_case")
    '&#35; &#91;a&#93;(javascript:b) &#60;i&#62; snake_case'
    """
    line = re.sub(r"\s+", " ", str(value))
    line = "".join(sign for sign in line if sign.isprintable())
    line = _SIGNS.sub(lambda sign: "".join(_reference(one) for one in sign[0]), line)
    return _NUMBERED.sub(lambda number: number[1] + _reference(number[2]), line)


def _reference(sign: str) -> str:
    return sign if sign == " " else f"&#{ord(sign)};"


class Markdown(Markup):
    """Markdown that the project wrote; whatever is put into it is text, unless it is Markdown too."""

    @classmethod
    def escape(cls, value: object, /) -> "Markdown":
        """Return a value as it may stand in a page."""
        return value if isinstance(value, cls) else cls(as_text(value))


def anchor(name: object) -> Markdown:
    """Return the name of a place on a page, the same in the page and in every link to it.

    >>> anchor("my rule")
    Markdown('my-rule')
    """
    return Markdown(_NOT_IN_ANCHORS.sub("-", str(name)))


def in_code(text: object) -> Markdown:
    """Return a text as code within a sentence.

    >>> in_code("a`b")
    Markdown('``a`b``')
    """
    line = " ".join(str(text).split()).replace("|", "\\|")
    ticks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{ticks}{space}{line}{space}{ticks}")


def in_fence(text: str, language: str) -> Markdown:
    """Return a text as a block of code that nothing in it can end.

    >>> print(in_fence("```", "text"))
    ````text
    ```
    ````
    """
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return Markdown("\n".join([f"{fence}{language}", *text.splitlines(), fence]))


def render(template: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """Return a page from its template."""
    file = f"{template}.j2" if "." in template else f"{template}.md.j2"
    text = _environment().get_template(file).render(**page_words(), **values)
    return text.rstrip() + "\n"


@cache
def page_words() -> Located:
    """Return what the pages say for a kind, an action, an origin.

    >>> page_words()["actions"]["ask"]
    'ask first'
    """
    return read_yaml(TEMPLATES / "words.yaml")


@cache
def _environment() -> Environment:
    # The pages are Markdown, for which Jinja's own escaping is not made: every value that is not the
    # project's own Markdown is made text where it is put in, whatever the template.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=Markdown.escape,
    )
    # A front matter is YAML, which reads halves of a sign beyond the first plane as no text.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {
        "answer": said_answer,
        "asked": _asked,
        "asker": _for_an_asker,
        "anchor": anchor,
        "cell": _cell,
        "code": in_code,
        "clause_links": _clause_links,
        "condition": _condition_words,
        "expected": _expected,
        "conditions": _conditions,
        "heading_id": lambda name: Markdown("{{#{}}}").format(anchor(name)),
        "join": lambda parts, between="": Markdown(between).join(parts),
        "alike": _alike,
        "item_id": lambda name: Markdown("{{: #{} }}").format(anchor(name)),
        "letter": _letter_lines,
        "letter_of": letter_of,
        "markdown": Markdown,
        "plain": plain,
        "unlinked": lambda texts: [type(text)(_LINK.sub(r"\1", text)) for text in texts],
    }
    return environment


def plain(name: object) -> str:
    """Return a name of a rule, fact or level as words.

    >>> plain("met_in_person")
    'met in person'
    """
    return str(name).replace("_", " ").replace("-", " ")


def _condition_words(value: Any) -> str:  # noqa: ANN401 - a condition's value is any of five shapes
    """Return a condition's value in words.

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


def _cell(text: str) -> str:
    """Return a text in one line of a table, Markdown where it is the project's own."""
    return type(text)(" ".join(text.split()).replace("|", "\\|"))


def _letter_lines(text: str) -> list[Markdown]:
    """Return a letter's lines, each ending where it ends in the letter."""
    lines = text.splitlines()
    ends = [Markdown("  " if line and after else "") for line, after in pairwise([*lines, ""])]
    return [Markdown.escape(line) + end for line, end in zip(lines, ends, strict=True)]


def link(words: object, page: str, place: object) -> Markdown:
    """Return a link to a place on a page."""
    return Markdown("[{}]({}#{})").format(words, Markdown(page), anchor(place))


def _conditions(when: dict[str, Any], kind: str, up: str) -> list[Markdown]:
    """Return what a rule asks for, part by part, each fact with its link."""
    page = f"{up}/reference/facts.md"

    def one(fact: str, value: Any) -> Markdown:  # noqa: ANN401 - a condition's value is any of five shapes
        if fact not in CHOICES:
            return Markdown("{}: {}").format(
                link(plain(fact), page, f"{kind}-{fact}"), _condition_words(value)
            )
        many, cases = _choice(value)
        said = (Markdown(" and ").join(one(*each) for each in case.items()) for case in cases)
        return Markdown("{}: {}").format(many, Markdown("; ").join(said))

    return [one(*each) for each in when.items()] or [Markdown("nothing above applies")]


def _asked(when: dict[str, Any], words: Mapping[str, Fact]) -> list[Markdown]:
    """Return what a rule asks for as lines of a list: the question of each fact, and its value."""

    def one(fact: str, value: Any) -> Markdown:  # noqa: ANN401 - a condition's value is any of five shapes
        return Markdown("{} **{}**").format(words[fact].question, _condition_words(value))

    lines = []
    for fact, value in when.items():
        if fact not in CHOICES:
            lines.append(Markdown("- {}").format(one(fact, value)))
            continue
        many, cases = _choice(value)
        lines.append(Markdown("- {}:").format(many.capitalize()))
        for case in cases:
            said = Markdown(" And: ").join(one(*each) for each in case.items())
            lines.append(Markdown("    - {}").format(said))
    return lines or [Markdown("- Nothing above applies.")]


def _for_an_asker(when: dict[str, Any], words: Mapping[str, Fact]) -> list[Markdown]:
    """Return what a rule asks for in the words for whoever asks, part by part."""

    def one(fact: str, value: Any) -> Markdown:  # noqa: ANN401 - a condition's value is any of five shapes
        if fact in CHOICES:
            many, cases = _choice(value)
            said = (Markdown(" and ").join(one(*each) for each in case.items()) for case in cases)
            return Markdown("{}: {}").format(many, Markdown("; ").join(said))
        known = words[fact]
        asked = known.ask_asker or (f"{capital(known.tell_asker)}:" if known.tell_asker else known.question)
        levels = value if isinstance(value, list) else [value]
        if known.ask_asker and all(isinstance(level, str) for level in levels):
            value = " or ".join(known.asker_says.get(level, plain(level)) for level in levels)
        return Markdown("{} **{}**.").format(asked, _condition_words(value))

    return [one(*each) for each in when.items()] or [Markdown("nothing above applies.")]


def _choice(value: Any) -> tuple[str, list[dict[str, Any]]]:  # noqa: ANN401 - a list, or a mapping with one
    """Return how many of several cases must hold, in words, and the cases."""
    if isinstance(value, list):
        return so_many(1, len(value)), value
    return so_many(value["at_least"], len(value["of"])), value["of"]


def said_answer(do: str | list[str], answers: Mapping[str, Any], until: Any = None) -> str:  # noqa: ANN401 - a day or months
    """Return an answer in words, own ones as they are declared; the first of several is the advice.

    >>> said_answer(["ask", "by_mail"], {"by_mail": {"words": "write back by e-mail"}})
    'ask first (or write back by e-mail)'
    """
    actions = page_words()["actions"]
    first, *others = (
        str(answers[one]["words"] if one in answers else actions.get(one, one))
        for one in (do if isinstance(do, list) else [do])
    )
    agreeing = f" (or {' or '.join(others)})" if others else ""
    months = until.get("months") if isinstance(until, dict) else None
    lasts = f" for {counted(months, 'month')}" if months else f" until {until}" if until else ""
    return first + lasts + agreeing


def _alike(rules: list[dict[str, Any]]) -> list[tuple[int, list[dict[str, Any]]]]:
    """Return rules that follow one another and answer alike, with the number of the first.

    >>> rules = [{"id": "a", "do": "ask"}, {"id": "b", "do": "ask"}, {"id": "c", "do": "accept"}]
    >>> [(first, len(alike)) for first, alike in _alike(rules)]
    [(1, 2), (3, 1)]
    """
    groups = groupby(
        enumerate(rules, 1),
        lambda each: {
            name: said for name, said in each[1].items() if name not in ("id", "when", "situations")
        },
    )
    parts = [list(group) for _, group in groups]
    return [(part[0][0], [rule for _, rule in part]) for part in parts]


@pass_context
def _clause_links(page_values: Mapping[str, Any], clauses: str | list[str], up: str) -> Markdown:
    """Return links to the lines of clauses in their table; what has no line there, such as `own`, is no link.

    A page that shows policies of one's own says which further clauses have a line, as `own_clauses`.

    >>> _clause_links({"own_clauses": {"HJ1"}}, ["PN5", "own"], "..")
    Markdown('[PN5](../reference/clauses.md#pn5) own')
    """
    ids = [clauses] if isinstance(clauses, str) else clauses
    page = f"{up}/reference/clauses.md"
    known = published_clauses().keys() | set(page_values.get("own_clauses", ()))
    return Markdown(" ").join(link(one, page, one.lower()) if one in known else one for one in ids)


def letter_of(rule: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """Return the letter that a rule owes: its own, or that of its answer."""
    do = rule["do"][0] if isinstance(rule["do"], list) else rule["do"]
    return str(rule.get("letter") or answers.get(do, {}).get("letter") or "")


def _expected(expect: Any, answers: Mapping[str, Any]) -> str:  # noqa: ANN401 - an answer, or an open decision
    if not isinstance(expect, dict):
        return said_answer(str(expect), answers)
    possible = join_or([said_answer(answer, answers) for answer in expect["open"]])
    facts = ", ".join(plain(fact) for fact in expect.get("find_out", ()))
    return f"open: {possible}" + (f"; find out: {facts}" if facts else "")
