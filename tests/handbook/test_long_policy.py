"""A policy of hundreds of rules still makes a page that loads on a telephone, soon, with a place for every rule."""

from itertools import combinations
from time import process_time

import pytest
from markdown import Markdown

from netkit.handbook.policy_pages import policy_pages
from netkit.plain_yaml import read_yaml

REASONS = [f"reason_{letter}" for letter in "abcdefghijk"]
SITUATIONS = "situations: [{it: one, given: {reason_a: no}, expect: decline}, {it: other, given: {reason_b: no}, expect: decline}]"


def six_of_eleven(path, *, alike=True):
    """Write six of eleven reasons out, one rule each; unless they answer alike, each says so in its own words."""
    facts = "".join(
        f"    {each}: {{question: Does {each[-1]} hold?, levels: [yes, no], from: oneself, effort: 1}}\n"
        for each in REASONS
    )
    rules = "".join(
        f"  - {{id: rule-{number}, when: {{{', '.join(f'{each}: yes' for each in chosen)}}}, do: accept,"
        f" because: Six reasons are enough{'' if alike else f' ({number})'}., clause: own,"
        f" letter: accept-opener, {SITUATIONS}}}\n"
        for number, chosen in enumerate(combinations(REASONS, 6))
    )
    end = f"  - {{id: otherwise, when: {{}}, do: decline, because: Too few., clause: own, {SITUATIONS}}}\n"
    head = "policy: wide\ntitle: Six of eleven\nabout: A wide one.\nsources: [{id: own, title: My own}]\n"
    path.parent.mkdir(parents=True)
    path.write_text(f"{head}facts:\n  invitation:\n{facts}invitation:\n{rules}{end}", encoding="utf-8")
    return path


def built(text):
    extensions = ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details", "toc"]
    return Markdown(extensions=extensions).convert(text)


@pytest.mark.parametrize("alike", [True, False])
def test_a_policy_of_463_rules_is_small_and_soon_there(tmp_path, alike):
    path, before = six_of_eleven(tmp_path / "policies" / "wide.yaml", alike=alike), process_time()
    pages = {name: built(text) for name, text in policy_pages(path).items()}
    assert process_time() - before < 60
    page = pages["policy/invitations.md"]
    assert max(len(html.encode()) for html in pages.values()) < 250_000  # its frame takes some 40 kB
    for rule in read_yaml(path)["invitation"]:
        assert page.count(f'id="invitation-{rule["id"]}"') == 1
    assert "and 450 more" in pages["policy/letters.md"]
    if alike:
        assert "If one of these holds, then accept" in page and page.count("Six reasons are enough") == 1
