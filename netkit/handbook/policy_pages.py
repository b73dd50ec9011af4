"""Policy pages: the rules in order, the schools side by side, the clauses and what carries them out."""

from pathlib import Path
from typing import Any

from netkit.facts import KINDS, Fact, Kind, parse_facts, vocabulary
from netkit.handbook.clauses import Carrier, carried_out, read_clauses
from netkit.handbook.words import TEMPLATES, page_words, plain, render
from netkit.letters import draft
from netkit.letters.templates import letter_names, read_template
from netkit.plain_yaml import Located, read_yaml
from netkit.policy import load_policy

# The house policy is shown as one page a kind; the schools each as a whole.
HOUSE_PAGES: dict[str, str] = {
    "invitation": "invitations",
    "introduction": "introductions",
    "asking": "asking",
}


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
    title = page_words()["titles"][shown[0]] if len(kinds) == 1 else policy["title"]
    return render(
        "policy", file=path.name, policy=policy, kinds=shown, words=words, title=title, up=up
    )


def _own_facts(policy: Located, kind: Kind) -> list[Fact]:
    own = (policy.get("facts") or {}).get(kind)
    return parse_facts(own, name=str(policy["policy"])) if own else []


def schools_page(package: Path) -> str:
    """Return the page on which every policy answers the same few requests.

    Parameters
    ----------
    package : Path
        The package's folder.

    Returns
    -------
    str
        Markdown.
    """
    paths = sorted(
        (package / "policies").glob("*.yaml"), key=lambda path: (path.stem != "house", path.stem)
    )
    cases = read_yaml(TEMPLATES / "disagreements.yaml")["cases"]
    for case in cases:
        case["answers"] = [answer for path in paths if (answer := _answer(path, case))]
    return render("schools", schools=read_clauses(package), cases=cases)


def _answer(path: Path, case: dict[str, Any]) -> dict[str, str] | None:
    policy = load_policy(path)
    if case["kind"] not in policy.kinds:
        return None
    decision = policy.decide_one(case["given"], case["kind"])
    possible = " or ".join(page_words()["actions"][action] for action in decision.possible)
    link = (
        ""
        if not decision.rule
        else f"[the rule]({_rule_page(Carrier(path.stem, case['kind'], decision.rule))})"
    )
    words = possible if decision.settled else f"open: {possible}"
    return {"policy": path.stem, "words": words, "reason": decision.reason, "link": link}


def _rule_page(rule: Carrier) -> str:
    page = HOUSE_PAGES[rule.kind] if rule.policy == "house" else f"schools/{rule.policy}"
    return f"{page}.md#{rule.kind}-{rule.rule}"


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
    return render("clauses", schools=schools, carriers=carriers)


def _by_policy(found: list[Carrier]) -> list[str]:
    links: dict[str, list[str]] = {}
    for carrier in found:
        link = f"[{plain(carrier.rule)}](../policy/{_rule_page(carrier)})"
        links.setdefault(carrier.policy, []).append(link)
    return [f"{plain(policy)}: {', '.join(rules)}" for policy, rules in links.items()]


def letters_page(package: Path) -> str:
    """Return the page of the letters, each with the rules that owe it.

    Parameters
    ----------
    package : Path
        The package's folder.

    Returns
    -------
    str
        Markdown.
    """
    owed = _letters_owed(package)
    return render("letters", letters=[_letter(name, owed.get(name, [])) for name in letter_names()])


def _letter(name: str, owed: list[str]) -> dict[str, Any]:
    template = read_template(name)
    example = draft(
        name, {key: value.example or plain(key) for key, value in template.values.items()}
    )
    return {
        "name": name,
        "clauses": list(template.clauses),
        "owed": owed,
        "subject": example.subject,
        "text": example.markdown,
        "questions": [value.question for value in template.values.values()],
        "body": template.body.strip(),
    }


def _letters_owed(package: Path) -> dict[str, list[str]]:
    owed: dict[str, list[str]] = {}
    path = package / "policies" / "house.yaml"
    policy = read_yaml(path)
    for kind in (kind for kind in KINDS if kind in policy):
        for rule in (rule for rule in policy[kind] if "letter" in rule):
            page = _rule_page(Carrier(path.stem, kind, rule["id"]))
            owed.setdefault(rule["letter"], []).append(f"[{plain(rule['id'])}]({page})")
    return owed
