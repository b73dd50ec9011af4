"""Policy pages: the rules in order, the schools side by side, the clauses and what carries them out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netkit.errors import PolicyError
from netkit.facts import KINDS, Kind, Vocabulary, parse_facts, vocabulary
from netkit.findings.stamps import PACKAGE
from netkit.handbook.rendering import (
    TEMPLATES,
    Markdown,
    letter_of,
    link,
    page_words,
    plain,
    render,
    said_answer,
)
from netkit.letters import draft, versions
from netkit.letters.letter_templates import letter_names, read_template
from netkit.notes import languages
from netkit.plain_yaml import Located, read_yaml
from netkit.policy import POLICIES, load_policy
from netkit.policy.policy_file import OWN_CLAUSE, clause_source, is_past
from netkit.wording import join_or

_HOUSE = POLICIES / "house.yaml"


@dataclass(frozen=True)
class _Carrier:
    """A rule that carries a clause out."""

    policy: str
    kind: Kind
    rule: str


@cache
def read_clauses() -> Located:
    """Return the schools, each with its clauses.

    >>> read_clauses()["precious_network"]["clauses"]["PN5"]["kind"]
    ['R']
    """
    schools = read_yaml(PACKAGE / "policy" / "clauses.yaml", error=PolicyError)["schools"]
    assert isinstance(schools, Located)
    return schools


def _carried_out(mine: Sequence[Path] = ()) -> dict[str, list[_Carrier]]:
    """Return for every clause the rules that cite it; a shipped policy cites published ones only."""
    published = [clause for school in read_clauses().values() for clause in school["clauses"]]
    carriers: dict[str, list[_Carrier]] = {clause: [] for clause in (*published, *own_clauses(mine))}
    for path in (*mine, *sorted(POLICIES.glob("*.yaml"))):
        policy = read_policy(path)
        for kind in (kind for kind in KINDS if kind in policy):
            for rule in policy[kind]:
                for clause in _cited(rule):
                    if clause not in carriers:
                        raise PolicyError(
                            f"{path.name}: the rule {rule['id']} cites the clause {clause!r}, which no"
                            " published policy has",
                            "Correct the clause",
                        )
                    carriers[clause].append(_Carrier(path.stem, kind, str(rule["id"])))
    return carriers


def read_policy(path: Path) -> Located:
    """Return a policy's file without the rules that are gone by now."""
    policy = read_yaml(path, error=PolicyError)
    for kind in (kind for kind in KINDS if kind in policy):
        policy[kind] = [rule for rule in policy[kind] if not is_past(rule.get("until"))]
    return policy


def own_answers(policy: Located) -> dict[str, Mapping[str, Any]]:
    """Return the answers that a policy declares, by kind and name."""
    return {kind: (policy.get("answers") or {}).get(kind) or {} for kind in KINDS}


def _cited(of: Any, key: str = "clause") -> list[str]:  # noqa: ANN401 - a rule, an assumption, a fact
    """Return the clauses that stand beside something in a policy file, without `own`."""
    cited = of.get(key) or []
    return [str(one) for one in ([cited] if isinstance(cited, str) else cited) if one != OWN_CLAUSE]


def own_clauses(mine: Sequence[Path]) -> dict[str, str]:
    """Return the clauses that are not the schools' and that some policies or their letters cite or tell.

    Each comes with what it says, where the policy tells it.
    """
    policies = [read_policy(path) for path in mine]
    cited = [clause for policy in policies for clause in _all_cited(policy)]
    for name in shown_letters(mine) if mine else ():
        cited += [one for one in read_template(name, home=_home(mine)).clauses if one != OWN_CLAUSE]
    sources = [source for policy in policies for source in policy["sources"]]
    told = {clause: str(says) for one in sources for clause, says in (one.get("clauses") or {}).items()}
    published = {clause for school in read_clauses().values() for clause in school["clauses"]}
    return {
        clause: told.get(clause, "") for clause in dict.fromkeys([*told, *cited]) if clause not in published
    }


def _all_cited(policy: Located) -> Iterator[str]:
    """Yield the clauses that a policy cites: its rules, assumptions and facts."""
    for kind in KINDS:
        for rule in policy.get(kind) or ():
            yield from _cited(rule)
        for assumption in ((policy.get("assume") or {}).get(kind) or {}).values():
            yield from _cited(assumption)
        for fact in ((policy.get("facts") or {}).get(kind) or {}).values():
            yield from _cited(fact, "clauses")


def _home(mine: Sequence[Path]) -> Path | None:
    """Return the workspace in which some policies of one's own lie."""
    return mine[0].parents[1] if mine else None


# Of more rules of one kind, those that answer alike are shown together: a page has to load on a telephone.
_MOST_RULES = 60
_MOST_LINKS = 12


# The policy in office is shown as one page a kind; the schools, and a house policy that is not in office,
# each as a whole.
_OFFICE_PAGES: dict[Kind, str] = {
    "invitation": "invitations",
    "introduction": "introductions",
    "asking": "asking",
}


def policy_pages(own: Path | None = None, also: Sequence[Path] = ()) -> dict[str, str]:
    """Return the pages of all policies, their clauses and their letters, by path below the documentation."""
    mine = [*([own] if own else []), *also]
    pages = {
        "reference/clauses.md": _clauses_page(own, mine),
        "policy/letters.md": _letters_page(own, mine),
        "policy/schools.md": _schools_page(own, also),
    }
    for kind, page in _OFFICE_PAGES.items():
        # Of what the owner's policy does not speak, the house's stays.
        office = own if own and kind in read_yaml(own) else _HOUSE
        pages[f"policy/{page}.md"] = _policy_page(office, mine, kinds=(kind,), up="..")
    for path in policy_files(also=also):
        if own or path != _HOUSE:
            pages[f"policy/schools/{path.stem}.md"] = _policy_page(path, mine, up="../..")
    return pages


def page_of(policy: str, kind: Kind, own: Path | None = None) -> str:
    """Return the page on which a policy's rules of one kind stand.

    >>> page_of("house", "asking"), page_of("house", "asking", Path("my_policy.yaml"))
    ('asking', 'schools/house')
    """
    office = own.stem if own else "house"
    return _OFFICE_PAGES[kind] if policy == office else f"schools/{policy}"


def _policy_page(path: Path, mine: Sequence[Path], *, kinds: tuple[Kind, ...] = KINDS, up: str) -> str:
    """Return the page of one policy file."""
    policy = read_policy(path)
    shown = [kind for kind in kinds if kind in policy]
    words = {kind: all_facts(path, kind) for kind in shown}
    title = page_words()["titles"][shown[0]] if len(kinds) == 1 else policy["title"]
    return render(
        "policy", file=path.name, policy=policy, kinds=shown, words=words, title=title, up=up,
        answers=own_answers(policy), own_clauses=own_clauses(mine), most_rules=_MOST_RULES,
    )  # fmt: skip


def all_facts(path: Path, kind: Kind) -> Vocabulary:
    """Return the facts that a policy's rules may speak of: the declared ones, and its own."""
    policy = read_yaml(path)
    own = (policy.get("facts") or {}).get(kind)
    return vocabulary(kind).extended(parse_facts(own, name=str(policy["policy"])) if own else [])


def _schools_page(own: Path | None = None, also: Sequence[Path] = ()) -> str:
    """Return the page on which every policy answers the same few requests."""
    paths = policy_files(own, also)
    cases = read_yaml(TEMPLATES / "disagreements.yaml")["cases"]
    for case in cases:
        case["answers"] = [answer for path in paths if (answer := _answer(path, case, own))]
    return render("schools", schools=read_clauses(), cases=cases)


def policy_files(own: Path | None = None, also: Sequence[Path] = ()) -> list[Path]:
    """Return the policies' files: the owner's own first, then the house's, then the schools.

    A policy of one's own that is not in office is shown only if it is among those that `also` are.
    """
    shipped = POLICIES.glob("*.yaml")
    first = [*([own] if own else []), *also]
    return first + sorted(shipped, key=lambda path: (path.stem != "house", path.stem))


def _answer(path: Path, case: dict[str, Any], own: Path | None) -> dict[str, str] | None:
    policy = load_policy(path)
    if case["kind"] not in policy.kinds:
        return None
    decision = policy.decide_one(case["given"], case["kind"])
    own_words = own_answers(read_yaml(path))[case["kind"]]
    possible = join_or([said_answer(answer, own_words) for answer in decision.possible])
    rule = decision.rule and _Carrier(path.stem, case["kind"], decision.rule)
    where = _rule_link("the rule", rule, own) if rule else ""
    words = possible if decision.settled else f"open: {possible}"
    return {"policy": path.stem, "words": words, "reason": decision.reason, "link": where}


def _rule_link(words: str, rule: _Carrier, own: Path | None, up: str = "") -> Markdown:
    page = f"{up}{page_of(rule.policy, rule.kind, own)}.md"
    return link(words, page, f"{rule.kind}-{rule.rule}")


def _clauses_page(own: Path | None, mine: Sequence[Path]) -> str:
    """Return the page of the clauses, each with what carries it out; those of one's own come last."""
    schools = read_clauses()
    clauses = (clause for school in schools.values() for clause in school["clauses"].items())
    kept = {id_: clause["kept"] for id_, clause in clauses if "kept" in clause}
    carriers = {
        id_: _by_policy(found, own) + ([Markdown(kept[id_])] if id_ in kept else [])
        for id_, found in _carried_out(mine).items()
    }
    return render("clauses", schools=schools, carriers=carriers, sources=_own_sources(mine))


def _own_sources(mine: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the sources of some policies that have clauses of their own, each with what these say."""
    listed = (source for path in mine for source in read_yaml(path, error=PolicyError)["sources"])
    titled = {str(source["id"]): dict(source) for source in listed}
    clauses = own_clauses(mine)
    ids = dict.fromkeys(clause_source(clause) for clause in clauses)
    return [
        {**titled.get(id_, {"title": id_}),
         "id": id_, "clauses": {one: says for one, says in clauses.items() if clause_source(one) == id_}}
        for id_ in ids
    ]  # fmt: skip


def _by_policy(found: list[_Carrier], own: Path | None) -> list[Markdown]:
    links: dict[str, list[Markdown]] = {}
    for carrier in found:
        where = _rule_link(plain(carrier.rule), carrier, own, "../policy/")
        links.setdefault(carrier.policy, []).append(where)
    return [
        Markdown("{}: {}").format(plain(policy), Markdown(", ").join(_few(rules)))
        for policy, rules in links.items()
    ]


def _few(links: list[Markdown]) -> list[Markdown]:
    """Return the first links of a long list, and how many more there are."""
    more = len(links) - _MOST_LINKS
    return [*links[:_MOST_LINKS], Markdown("and {} more").format(more)] if more > 0 else links


def _letters_page(own: Path | None, mine: Sequence[Path]) -> str:
    """Return the page of the letters, each with the rules that owe it."""
    owed = _letters_owed(own)
    letters = [_letter(name, _few(owed.get(name, [])), _home(mine)) for name in shown_letters(mine)]
    return render("letters", letters=letters, own_clauses=own_clauses(mine))


def shown_letters(policies: Sequence[Path]) -> list[str]:
    """Return the letters that are shown: the shipped ones, and those that a rule of some own policies owes.

    The others of your own are drafts, unless they stand in the place of a shipped one.
    """
    read = [read_policy(path) for path in policies]
    owed = {
        letter_of(rule, own_answers(policy)[kind])
        for policy in read for kind in KINDS for rule in policy.get(kind) or ()
    }  # fmt: skip
    return sorted({*letter_names(), *owed} - {""})


def _letter(name: str, owed: list[Markdown], home: Path | None) -> dict[str, Any]:
    spoken = {"en": "English"} | {code: languages()[code] for code in versions(name, home)}
    said = [{"code": code, "language": spoken[code], **_example(name, code, home)} for code in spoken]
    return {
        "name": name,
        "clauses": list(read_template(name, home=home).clauses),
        "owed": owed,
        **said[0],
        "versions": said[1:],
    }


def _example(name: str, language: str, home: Path | None) -> dict[str, str]:
    """Return a letter in a language, filled in with its own examples."""
    template = read_template(name, home=home, language=language)
    values = {key: value.example or plain(key) for key, value in template.values.items()}
    example = draft(name, values, home=home, language=language)
    return {"subject": example.subject, "text": example.text}


def _letters_owed(own: Path | None) -> dict[str, list[Markdown]]:
    owed: dict[str, list[Markdown]] = {}
    path = own or _HOUSE
    policy = read_policy(path)
    for kind in (kind for kind in KINDS if kind in policy):
        for rule in policy[kind]:
            where = _rule_link(plain(rule["id"]), _Carrier(path.stem, kind, rule["id"]), own)
            owed.setdefault(letter_of(rule, own_answers(policy)[kind]), []).append(where)
    return owed
