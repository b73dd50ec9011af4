"""The handbook in a browser: every page, light and dark, wide and narrow, by mouse, by keyboard and from disk."""

import json
import os
import random
import re
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import axe_playwright_python
import numpy as np
import pandas as pd
import pytest
from browser import FLAGS, PATIENCE, Watched, chromium, served
from invented_policies import in_python, some_requests
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from netkit.facts import KINDS
from netkit.findings.stamps import PROJECT, project_evidence
from netkit.handbook import build_handbook
from netkit.handbook.rendering import page_words
from netkit.handbook.try_it import try_it_assets
from netkit.history.labels import MEANING
from netkit.model.encoding import FactEncoder
from netkit.model.points_card import Point, PointsCard
from netkit.policy import load_policy, shipped_policies

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="THE HANDBOOK IS NOT LOOKED AT IN A BROWSER: Chromium is not installed"
)
expect.set_options(timeout=PATIENCE)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
SUB_PATH = "people/netkit"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
# The looks differ in colours alone: in the second only contrast is measured again, and of many elements
# alike only the first ones; so it is in both looks on a page as long as that of the commands.
MANY = 1_500
THIN_OUT = """() => {
  for (const parent of document.querySelectorAll("main, main *")) {
    const alike = {};
    for (const child of [...parent.children]) {
      const kind = `${child.tagName} ${child.className}`;
      alike[kind] = (alike[kind] ?? 0) + 1;
      if (alike[kind] > 8) child.remove();
    }
  }
}"""
RULES = {"default": {}, "slate": {"runOnly": ["color-contrast", "link-in-text-block"]}}
LOOK_FOR = {
    "introduce": "policy/introductions.html",
    "how do I ask for an introduction": "policy/ask-me.html",
    "recruiter": "policy/schools/known_people_only.html",
    "connect": "policy/invitations.html",
    "decline": "policy/letters.html",
    "permission": "policy/introductions.html",
    "export": "how-to/own-export.html",
    "try": "policy/try-it.html",
    "spam": "reference/glossary.html",
    "reject": "reference/glossary.html",
    "referral": "reference/glossary.html",
    "unfriend": "reference/glossary.html",
    "delete": "reference/glossary.html",
    "algorithm": "reference/glossary.html",
}


@dataclass
class Visit:
    """What was seen on one page."""

    outside: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    phone_width: int = 0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The handbook as `make handbook` built it; where that is older than its sources, one built from a copy.

    The copy is a draft where the notebooks have not been validated. NETKIT_SITE names another site.
    """
    built = Path(os.environ.get("NETKIT_SITE", PROJECT / "site"))
    if "NETKIT_SITE" in os.environ or is_current(built):
        FIGURES["site"] = "built before"
        return built
    folder = tmp_path_factory.mktemp("handbook")
    shutil.copy(PROJECT / "mkdocs.yml", folder)
    shutil.copytree(PROJECT / "docs", folder / "docs")
    draft = any(one.problem for one in project_evidence().known_findings().values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netkit.handbook.PROJECT", folder)
        patch.delenv("CI", raising=False)  # what is built here is looked at, not published
        began = time.monotonic()
        built = build_handbook(draft=draft)
    FIGURES["build time"] = f"{time.monotonic() - began:.0f} s{' (draft)' if draft else ''}"
    return built.site


FIGURES = {}
SOURCES = ("docs", "mkdocs.yml", "notebooks", "netkit/handbook", "netkit/policies", "netkit/facts")


def is_current(site):
    """Return whether a site is younger than everything it is made from."""
    made = site / "sitemap.xml"
    sources = [path for name in SOURCES for path in ((PROJECT / name), *(PROJECT / name).rglob("*"))]
    written = [path for path in sources if path.is_file() and "__pycache__" not in path.parts]
    return made.exists() and max(map(modified, written)) <= modified(made)


def modified(path):
    return path.stat().st_mtime_ns


@pytest.fixture(scope="module")
def address(site, tmp_path_factory):
    """The handbook's address on loopback, below a sub-path as it would be published."""
    root = tmp_path_factory.mktemp("served")
    (root / SUB_PATH).parent.mkdir(parents=True)
    (root / SUB_PATH).symlink_to(site)
    with served(root) as here:
        yield f"{here}{SUB_PATH}/"


@pytest.fixture(scope="module")
def top(site):
    """An address at which the handbook lies at the top."""
    with served(site) as here:
        yield here


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=PATIENCE)
        yield opened
        opened.close()


def reader(browser, **settings):
    """Open a context of its own, which waits as long as a busy machine needs."""
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def page(browser):
    context = reader(browser, viewport=WIDE, reduced_motion="reduce")
    opened = context.new_page()
    opened.watched = Watched(opened)
    yield opened
    context.close()
    assert opened.watched.outside == []


@pytest.fixture(scope="module")
def visits(browser, site, address, top):
    """Every page, visited once: examined in both looks, then narrowed to a phone."""
    context = reader(browser, viewport=WIDE, reduced_motion="reduce", color_scheme="light")
    page, found = context.new_page(), {}
    seen = Watched(page)
    for name in sorted(str(path.relative_to(site)) for path in site.rglob("*.html")):
        seen.errors, seen.outside = [], []
        visit = found[name] = Visit()
        # Shown in place of any page at any depth, it alone must be built for where it lies.
        page.goto((top if name == "404.html" else address) + name)
        page.evaluate(SETTLE)
        page.evaluate(STILL)
        page.evaluate(f"(() => {{ {AXE} }})()")
        for look, rules in RULES.items():
            if look != "default" or page.evaluate("document.getElementsByTagName('*').length") > MANY:
                page.evaluate(THIN_OUT)
            page.evaluate("look => document.body.setAttribute('data-md-color-scheme', look)", look)
            visit.violations += [(look, *one) for one in page.evaluate(EXAMINE, rules)]
        page.set_viewport_size(PHONE)
        visit.phone_width = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(WIDE)
        visit.errors, visit.outside = seen.errors, seen.outside
    context.close()
    FIGURES["pages visited"] = len(found)
    FIGURES["external requests"] = sum(len(visit.outside) for visit in found.values())
    FIGURES["console errors"] = sum(len(visit.errors) for visit in found.values())
    severities = Counter(impact for visit in found.values() for _, impact, *_ in visit.violations)
    FIGURES["axe violations"] = ", ".join(
        f"{impact} {severities[impact]}" for impact in ("critical", "serious", "moderate", "minor")
    )
    return found


# The pages' security policy stops a style tag that a test adds; a sheet that a script makes may stand.
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important }");
  document.adoptedStyleSheets = [sheet];
}"""
# The page's own script mends what the theme adds late, 50 ms after the last of it: by the page's own clock,
# so that a slow machine waits longer.
SETTLE = """() => new Promise((settled) => {
  let waiting = setTimeout(settled, 100);
  new MutationObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(settled, 100);
  }).observe(document, { childList: true, subtree: true, attributes: true });
})"""
EXAMINE = """async (rules) => (await axe.run(document, { resultTypes: ["violations"], ...rules })).violations
  .map(({ impact, id, nodes }) => [impact, id, nodes.length, nodes[0].html.slice(0, 160)])"""


def some(visits, what):
    """Return what the pages have of something, by page."""
    return {name: what(visit) for name, visit in visits.items() if what(visit)}


def test_every_page_is_visited(visits, site):
    assert len(visits) == len(list(site.rglob("*.html"))) > 30


def test_no_request_leaves_the_site(visits):
    assert some(visits, lambda visit: visit.outside) == {}


def test_no_page_logs_an_error(visits):
    assert some(visits, lambda visit: visit.errors) == {}


def test_no_page_breaks_a_rule_of_accessibility_in_either_look(visits):
    assert some(visits, lambda visit: visit.violations) == {}


def test_every_page_carries_a_security_policy_that_lets_no_foreign_script_run(site):
    for page in site.rglob("*.html"):
        head = page.read_text(encoding="utf-8").partition("<script")[0]
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', head)
        assert policy, page
        said = dict(one.split(" ", 1) for one in policy[1].split("; "))
        assert said["default-src"] == "'none'"
        assert re.fullmatch(r"'self'( 'sha256-[\w+/=]+'){3}", said["script-src"])
        assert "'unsafe-inline'" not in policy[1] and "'unsafe-eval'" not in policy[1]


def until(page, expression):
    """Wait until an expression is true; asked from outside, for the page's policy forbids it to evaluate strings."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


DARK = "document.body.dataset.mdColorScheme === 'slate'"


def test_links_are_dark_on_paper_whatever_look_is_printed(browser, address):
    context = reader(browser, color_scheme="dark")
    page = context.new_page()
    page.goto(address + "policy/introductions.html")
    until(page, DARK)
    colour = "getComputedStyle(document.querySelector('.md-typeset td a')).color"
    on_screen = page.evaluate(colour)
    page.emulate_media(media="print", color_scheme="dark")
    until(page, f"{colour} === 'rgb(11, 90, 117)'")
    assert on_screen != "rgb(11, 90, 117)"
    context.close()


def test_no_page_scrolls_sideways_on_a_phone(visits):
    assert some(visits, lambda visit: visit.phone_width > PHONE["width"] and visit.phone_width) == {}


def test_the_dark_look_follows_the_readers_setting(browser, address):
    context = reader(browser, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    until(page, DARK)
    context.close()


# To find what one needs


def test_two_clicks_lead_to_what_to_send_for_an_introduction(page, address):
    page.goto(address)
    page.get_by_role("link", name="I want an introduction").click()
    expect(page.locator("#intake-head")).to_have_text("How will you ask me?")
    page.goto(address + "reference/glossary.html")
    page.locator(".md-tabs").get_by_role("link", name="Policy").click()
    page.locator(".md-nav").get_by_role("link", name="Before you write to me").click()
    expect(page.locator("#intake-head")).to_have_text("What do you want?")


def test_search_finds_the_words_people_use(page, address):
    missed = {}
    for words, wanted in LOOK_FOR.items():
        page.goto(f"{address}?q={words}")
        page.locator(".md-search-result__link").first.wait_for()
        links = page.locator(".md-search-result__link").evaluate_all("all => all.map((a) => a.href)")
        hits = list(dict.fromkeys(link.removeprefix(address).split("?")[0] for link in links))
        if wanted not in hits[:8]:
            missed[words] = hits[:8]
    assert missed == {}


def test_the_keyboard_reaches_search_and_the_first_stop_skips_the_navigation(page, address):
    page.goto(address)
    page.keyboard.press("Tab")
    until(page, "document.activeElement.textContent.includes('Skip to content')")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    until(page, "document.activeElement.className.includes('md-search__input')")


# Try it


def test_the_scripts_of_try_it_are_current():
    for name, text in try_it_assets().items():
        assert (PROJECT / "docs" / name).read_text(encoding="utf-8") == text, "run `netkit handbook`"


def asked():
    """Return a thousand random requests: policy, kind, facts, and what Python answers."""
    loaded = [load_policy(name) for name in shipped_policies()]
    pairs = [(policy, kind) for policy in loaded for kind in KINDS if kind in policy.kinds]
    found = []
    for seed, (policy, kind) in enumerate(pairs):
        found += [
            (policy, kind, request)
            for request in some_requests(policy, kind, -(-1_000 // len(pairs)), 40 + seed)
        ]
    return random.Random(7).sample(found, 1_000)


ANSWER = """asked => asked.map(([policy, kind, request]) => {
  const rules = netkitPolicies.policies.find(({ name }) => name === policy).kinds[kind];
  const seen = netkitDecide(rules, request);
  return [seen.action, seen.answer, seen.rule?.id ?? null, seen.settled, seen.possible, seen.next];
})"""


def test_a_thousand_requests_are_answered_in_the_page_as_in_python(page, address):
    requests = asked()
    page.goto(address + "policy/try-it.html")
    told = page.evaluate(ANSWER, [(policy.name, kind, request) for policy, kind, request in requests])
    expected = [in_python(policy, request, kind) for policy, kind, request in requests]
    equal = sum(one == other for one, other in zip(told, expected, strict=True))
    FIGURES["parity"] = f"{equal:,} of {len(expected):,}"
    assert equal == 1_000
    assert len({action for action, *_ in expected}) > 12


ADD_UP = """asked => asked.map((request) => {
  const { sum, chance } = netkitAddUp(request);
  return [sum, chance];
})"""


def test_the_points_add_up_in_the_page_as_in_python(page, address):
    """The card that the notebook recorded, added up by the model's own arithmetic."""
    found = {name: one.finding for name, one in project_evidence().known_findings().items()}
    rows = found["points_card"].value["rows"]
    card = PointsCard(
        tuple(Point(fact, level, count) for fact, level, count, _ in rows),
        found["points_base"].value, found["points_each"].value, 0, 0,
    )  # fmt: skip
    house = load_policy("house")
    requests = list(some_requests(house, "invitation", 1_000, 3))
    told = FactEncoder(house.vocabularies["invitation"]).levels(
        pd.DataFrame([{"request": str(place), **one} for place, one in enumerate(requests)])
    )
    meaning = [MEANING.get(house.decide_one(one, "invitation").action, 0) for one in requests]
    sums = card.add_up(told, np.array(meaning, dtype=float))
    page.goto(address + "policy/try-it.html")
    shown = page.evaluate(ADD_UP, requests)
    assert [one for one, _ in shown] == sums.tolist()
    assert [one for _, one in shown] == pytest.approx(card.probability(sums).tolist())
    assert len(set(sums.tolist())) > 8


def test_the_page_says_what_the_points_stand_for_and_whose_they_are(page, address):
    page.goto(address + "policy/try-it.html")
    page.locator("#try-would_stay_in_touch").select_option("no")
    points = page.locator("#try-points")
    points.locator("summary").click()
    said = points.inner_text()
    assert re.search(r"about \d+ of 100 like it were accepted", said)
    assert "would stay in touch: no" in said and "decisions of an invented person" in said
    page.locator("[name=kind][value=introduction]").check()
    assert points.inner_text() == ""


def test_the_page_shows_what_was_decided_as_the_reader_chooses_it(page, address):
    page.goto(address + "policy/try-it.html")
    actions = page_words()["actions"]
    house = load_policy("house")
    for kind in KINDS:
        for request in some_requests(house, kind, 6, 99):
            page.locator(f"[name=kind][value={kind}]").check()
            page.locator(".try-again").click()
            shown = {
                name: str(value) for name, value in request.items() if page.locator(f"#try-{name}").count()
            }
            values = {
                name: page.locator(f"#try-{name} option").evaluate_all("all => all.map((one) => one.value)")
                for name in shown
            }
            said = {name: value for name, value in shown.items() if value in values[name]}
            for name, value in said.items():
                page.locator(f"#try-{name}").select_option(value)
            decision = house.decide_one(said, kind)
            verdict = page.locator(".try-verdict").inner_text()
            if decision.action:
                assert verdict.casefold() == actions[decision.action]
                assert decision.reason in page.locator("#try-answer").inner_text()
                links = page.locator("#try-answer a").evaluate_all("all => all.map((a) => a.href)")
                assert any(link.endswith(f"#{kind}-{decision.rule}") for link in links)
                assert any(link.endswith(f"clauses.html#{decision.clauses[0].lower()}") for link in links)
            else:
                assert verdict.startswith("Still open")
                question = house.vocabularies[kind][decision.next_fact].question
                assert page.locator(".try-next legend").inner_text().startswith(question)


def test_every_rule_clause_and_letter_that_try_it_links_to_is_there(site):
    data = (site / "assets/try-it/policies.js").read_text(encoding="utf-8")
    data = json.loads(data[data.index("= ") + 2 : data.rindex(";")])
    places = {
        (f"{by['page']}.html", f"{kind}-{rule['id']}")
        for policy in data["policies"] for kind, by in policy["kinds"].items() for rule in by["rules"]
    }  # fmt: skip
    rules = [rule for policy in data["policies"] for by in policy["kinds"].values() for rule in by["rules"]]
    places |= {
        ("reference/clauses.html", one.lower())
        for rule in rules
        for one in rule["clause"].split(", ")
        if one != "own"  # carries no published clause out, and is no link
    }
    places |= {("policy/letters.html", rule["letter"]) for rule in rules if rule["letter"]}
    pages = {page: (site / page).read_text(encoding="utf-8") for page, _ in places}
    assert [place for place in places if f'id="{place[1]}"' not in pages[place[0]]] == []


def test_try_it_works_by_keyboard_alone(page, address):
    page.goto(address + "policy/try-it.html")
    reached = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.name || document.activeElement.id || document.activeElement.className.replace(' focus-visible', '')"
            )
        )
    assert {
        "kind",
        "try-policy",
        "try-button",
        "try-button try-again",
        "try-note_kind",
        "try-recognised",
    } <= reached
    page.locator(".try-next button").first.focus()
    for _ in range(25):
        if page.locator(".try-next").count() == 0:
            break
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.className").startswith("try-button")
    assert not page.locator(".try-verdict").inner_text().startswith("Still open")
    page.keyboard.press("Enter")
    assert page.locator(".try-verdict").inner_text().startswith("Still open")


def test_the_answer_is_announced_and_every_choice_has_a_label(page, address):
    page.goto(address + "policy/try-it.html")
    assert page.locator("#try-answer").get_attribute("aria-live") == "polite"
    unnamed = page.locator(".try select, .try input").evaluate_all(
        "all => all.filter((one) => !one.labels.length).length"
    )
    assert unnamed == 0


def test_without_scripts_the_tables_are_named(browser, address):
    context = reader(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "policy/try-it.html")
    assert "no scripts" in page.locator("#try-it").inner_text()
    page.locator("#try-it").get_by_role("link", name="invitations").click()
    page.locator("table").first.wait_for()
    context.close()


def test_the_handbook_works_from_disk(page, site):
    missing = []
    page.on("requestfailed", lambda request: missing.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="All rules, word for word").click()
    page.get_by_role("cell").get_by_role("link", name="Try it").click()
    page.locator("#try-recognised").select_option("yes")
    page.locator("#try-would_stay_in_touch").select_option("no")
    page.locator("#try-answer").get_by_role("link", name="the rule").click()
    page.wait_for_url(re.compile(r"file://.*/policy/invitations\.html#invitation-\w"))
    # No browser starts the worker that searches from disk: the theme then hides the search.
    assert [url for url in missing if "/search/" not in url] == []
    assert not page.locator(".md-search").is_visible()


# Before you write to me


def answered(page, kind, given):
    """Answer one question after the other by keyboard, and return the questions; those not given are left open."""
    page.get_by_role("button", name=kind).press("Enter")
    asked = []
    while page.locator(".intake-progress").count():
        assert page.evaluate("document.activeElement.id") == "intake-head"
        asked.append(page.locator("#intake-head").inner_text())
        words = next((answer for part, answer in given.items() if part in asked[-1]), "I do not know")
        page.get_by_role("button", name=words, exact=True).press("Enter")
    return asked


STRANGER = {
    "a note of your own": "Yes, in my own words", "know who you are": "No, we are strangers", "why you want": "Yes",
    "recall where": "No", "offer me": "No", "favour": "No", "do or talk": "Yes, now", "money": "No", "places and years": "Yes",
}  # fmt: skip


def test_whoever_asks_is_led_to_what_to_expect_and_to_a_text_by_keyboard_alone(page, address):
    page.goto(address + "policy/intake.html")
    asked = answered(page, "I want to connect", STRANGER)
    assert 4 <= len(asked) == len(set(asked))
    expect(page.locator("#intake-head")).to_have_text("I will most likely accept your invitation.")
    assert (
        "Will your note say why you want to connect now? Yes." in page.locator(".intake-expect").inner_text()
    )
    lacks = page.locator("#intake-lacks")
    expect(lacks).to_contain_text("Who are you, in a few words")
    page.get_by_label("Who are you").fill("a potter from Ulm")
    page.get_by_label("Why do you wish").fill("you spoke about glazes in Graz")
    page.get_by_label("How do you sign").fill("Jo")
    text = page.get_by_label("The text")
    assert text.input_value().startswith(
        "Dear Ines, I am a potter from Ulm. I would like to connect because you spoke"
    )
    expect(lacks).to_contain_text(f"{len(text.input_value())} of 300 characters")
    expect(lacks).to_contain_text("Nothing is missing.")
    mail = page.get_by_role("link", name="Write a mail").get_attribute("href")
    assert mail.startswith(
        "mailto:ines@example.org?subject=Invitation%20to%20connect&body=Dear%20Ines%2C%20I%20am%20a%20potter"
    )
    text.fill("Stop bothering me!!")
    expect(lacks).to_contain_text("which you would not say to somebody's face (KP5)")


def test_what_only_the_owner_can_tell_is_said_and_no_answer_that_would_turn_it(page, address):
    page.goto(address + "policy/intake.html#connect")
    page.get_by_role("button", name="Back", exact=True).press("Enter")
    answered(
        page,
        "I want an introduction",
        {
            "introduction for": "I want to learn something from this person",
            "specific": "Yes",
            "know each other": "Well",
        },
    )
    said = page.locator(".intake-expect").inner_text()
    assert "It also depends on" in said and "whether I can vouch for you as a person" in said
    assert "what you left open: How will you ask me?" in said or "How will you ask me?" not in said
    assert "instead" not in said and "if you" not in said.casefold()
    page.get_by_label("Who would you like to meet").fill("Mira Solberg")
    expect(page.locator("#intake-lacks")).to_contain_text("What is in it for the other person")
    assert "introduce me to Mira Solberg" in page.get_by_label("The text").input_value()


def test_nothing_that_is_typed_for_the_text_is_stored_or_sent(page, address):
    sent = []
    page.goto(address + "policy/intake.html#connect")
    # Chromium fetches the page's own icon when it likes.
    page.on("request", lambda one: None if one.url.endswith("favicon.svg") else sent.append(one.url))
    answered_so_far = page.locator("#intake-head").inner_text()
    while page.locator(".intake-progress").count():
        page.get_by_role("button", name="I do not know").click()
    page.get_by_label("Who are you").fill("a Zwiebelfisch")
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert answered_so_far and sent == [] and "Zwiebelfisch" not in kept


def test_every_step_for_whoever_asks_is_accessible_in_both_looks(page, address):
    page.goto(address + "policy/intake.html")
    page.evaluate(f"(() => {{ {AXE} }})()")
    found = []
    for name in ("", "I want an introduction", *["I do not know"] * 30):
        if name and not page.get_by_role("button", name=name).count():
            break
        if name:
            page.get_by_role("button", name=name).click()
        if name != "I do not know" or not page.locator(".intake-progress").count():
            for look, rules in RULES.items():
                page.evaluate("look => document.body.setAttribute('data-md-color-scheme', look)", look)
                found += page.evaluate(EXAMINE, rules)
    page.set_viewport_size(PHONE)
    assert page.locator("#intake-text").is_visible() and found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_scripts_a_list_says_what_to_send(browser, address):
    context = reader(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "policy/intake.html")
    said = page.locator("#intake").inner_text()
    assert "no scripts" in said and "who you are" in said and "what each of you gains" in said
    context.close()


# What a picture of a page shows

LOOKS = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
}
SHOWN = {
    "home": "index.html",
    "policy": "policy/introductions.html",
    "try-it": "policy/try-it.html",
    "intake": "policy/intake.html",
    "evidence": "evidence/03-what-the-policy-advises.html",
    "rooms": "reference/rooms.html",
}
# A picture that did not load has no width of its own; one that is hidden, or wider than its text, is not seen,
# unless its frame scrolls, by keyboard too.
UNSEEN = """() => [...document.querySelectorAll("main img")].filter((one) => {
  const { width, left, right } = one.getBoundingClientRect();
  const chosen = !/#only-/.test(one.src) || one.checkVisibility();
  const frame = one.parentElement;
  const seen = right <= innerWidth || (getComputedStyle(frame).overflowX === "auto" && frame.tabIndex === 0);
  return chosen && !(one.complete && one.naturalWidth && width > 200 && left >= 0 && seen);
}).map((one) => one.src)"""
DISTANCE = """() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [paper, ink] = [document.body, document.querySelector("main p:not(.whose)")].map((one, place) =>
    light(getComputedStyle(one)[place ? "color" : "backgroundColor"]));
  return [paper, (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05)];
}"""


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", SHOWN)
def test_what_a_page_shows_is_seen_whole_in_its_look(browser, address, look, name):
    """NETKIT_SCREENSHOTS names a folder in which each page is also kept as a picture."""
    context = reader(browser, reduced_motion="reduce", **LOOKS[look])
    page = context.new_page()
    page.goto(address + SHOWN[name], wait_until="load")
    page.evaluate(SETTLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(UNSEEN) == []
    assert page.locator("main img").count() >= {"evidence": 1, "rooms": 1}.get(name, 0)
    paper, contrast = page.evaluate(DISTANCE)
    assert paper < 0.1 if look == "dark" else paper > 0.9
    assert contrast >= 4.5
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    # The page itself: the foot is dark in both looks, and a plot has a paper of its own.
    page.evaluate(
        "document.querySelectorAll('main img').forEach((one) => { one.style.visibility = 'hidden' })"
    )
    light = np.asarray(Image.open(BytesIO(page.locator("main").screenshot())).convert("L"))
    assert (np.median(light) < 80) if look == "dark" else (np.median(light) > 200)
    if folder := os.environ.get("NETKIT_SCREENSHOTS"):
        small = picture.quantize(128)
        small.save(Path(folder) / f"{name}-{look}.png", optimize=True)
    context.close()


def test_the_figures_are_printed(visits, record_property):
    told = "; ".join(f"{name} {value}" for name, value in FIGURES.items())
    record_property("the handbook in Chromium", told)
    assert FIGURES["external requests"] == FIGURES["console errors"] == 0
