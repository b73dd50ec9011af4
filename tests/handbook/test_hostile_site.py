"""A handbook whose every text is hostile: nothing runs, nothing leaves the page, and the text is shown as it is."""

import html
import json
import re
import shutil
from dataclasses import asdict
from html.parser import HTMLParser

import nbformat
import pytest
import yaml
from browser import FLAGS, PATIENCE, Watched, chromium, served
from markdown import Markdown as Converter
from playwright.sync_api import sync_playwright

from netkit.errors import FindingError
from netkit.findings import MIME, Finding, read_findings
from netkit.findings.citations import _Citations
from netkit.findings.stamps import PACKAGE, PROJECT, workspace_evidence
from netkit.handbook import build_handbook
from netkit.handbook.content_security import _is_link, seal_site
from netkit.handbook.rendering import TEMPLATES, as_text, render
from netkit.plain_yaml import read_yaml

HIT = "window.hit=(window.hit||0)+1"
AWAY = "//away.example/x"
HOSTILE = [
    f"<script>{HIT}</script>",
    f'"><img src=x onerror="{HIT}">',
    f"'><svg onload='{HIT}'>",
    f"</code></pre></script><script>{HIT}</script>",
    f"&lt;img src=x onerror={HIT}&gt; &#60;script&#62;{HIT}&#60;/script&#62;",
    f"\\<script>{HIT}\\</script> \\\\<b onclick={HIT}>",
    f"[a link](javascript:{HIT})",
    f"[a link](JaVaScRiPt&colon;{HIT}) [a link](java&Tab;script&#58;{HIT})",
    f"[a link](data:text/html,<script>{HIT}</script>) [a link](vbscript:x)",
    f"[a link]({AWAY}) <https:{AWAY}> ![a picture](https:{AWAY}.png)",
    f"![a picture](x){{: onerror={HIT} }}",
    f"# heading {{onmouseover={HIT}}}",
    f"words {{: onclick={HIT} }}",
    "[[agreement_rules]] [[nobody]]",
    "{{ 7 * 7 }} {% raw %} {# note #}",
    f"``` html\n<script>{HIT}</script>\n```",
    f"`<img src=x onerror={HIT}>` *a* __b__ ~~c~~",
    f"\n\n<iframe src={AWAY}></iframe>\n\n",
    f'\n\n<div markdown="1">\n\n<img src={AWAY} onerror={HIT}>\n\n</div>\n\n',
    f"\n\n    code\n\n!!! note \"<script>{HIT}</script>\"\n\n    <script>{HIT}</script>\n\n",
    f"\n\n::: netkit.errors\n\n--- \n\n1. one\n\n[^1]: <script>{HIT}</script>\n\n[x]: javascript:{HIT}\n\n",
    f'<meta http-equiv="refresh" content="0;url={AWAY}"><base href="{AWAY}"><link rel=stylesheet href={AWAY}>',
    f'<form action="javascript:{HIT}"><button formaction=javascript:{HIT}>x</button></form>',
    f"<!-- --> --><![CDATA[ ]]><?php ?><style>@import '{AWAY}'</style>",
    f"a | b | <details open ontoggle={HIT}>",
    "\u2028\u202e right to left, \ufeff, \u200b and \U000e0041",
]  # fmt: skip
EVERYTHING = " ".join(HOSTILE)
KNOWN_BY = "away.example"


def poisoned_policy():
    """The house policy with every text hostile, and facts, sources and rules of one's own."""
    plain = yaml.safe_load(json.dumps(read_yaml(PACKAGE / "policies" / "house.yaml")))
    level = f"<b onclick={HIT}>".casefold()
    own = {"question": EVERYTHING, "levels": ["yes", level], "means": EVERYTHING, "search": "words"}
    own |= {"ask_asker": EVERYTHING, "asker_says": {"yes": EVERYTHING, level: EVERYTHING}}
    number = {"question": f"{EVERYTHING}?", "number": {"bands": [1, 15]}, "means": EVERYTHING}
    number |= {"tell_asker": EVERYTHING}
    evil = {"words": EVERYTHING, "means": "decline", "tell_asker": EVERYTHING}
    plain |= {"policy": EVERYTHING, "title": EVERYTHING, "about": EVERYTHING}
    plain["facts"] = {kind: {"_odd_": own, "_many_": number} for kind in ("invitation", "introduction")}
    plain["sources"].append(dict.fromkeys(("id", "title", "author", "date", "url"), EVERYTHING))
    for kind in ("invitation", "introduction", "asking"):
        for place, rule in enumerate(plain[kind]):
            rule["because"] = EVERYTHING
            rule["id"] = f"{EVERYTHING} {place}"
            if place % 2:
                rule["clause"] = EVERYTHING
            for situation in rule["situations"]:
                situation["it"] = EVERYTHING
        for assumed in plain.get("assume", {}).get(kind, {}).values():
            assumed["because"] = EVERYTHING
    plain["answers"] = {"invitation": {"evil": evil}}
    asked = {"given": {"_odd_": level, "_many_": 3}, "expect": "evil"}
    plain["invitation"].insert(0, {
        "id": "</h3>", "when": {"_odd_": [level], "_many_": {"between": [2, 4]}}, "do": ["evil", "ask"],
        "because": EVERYTHING, "clause": "own", "letter": "rude",
        "situations": [{"it": EVERYTHING, **asked}, {"it": "x", "given": {"_odd_": "yes"}, "expect": {"open": ["accept", "ask"]}}],
    })  # fmt: skip
    some = [{"_odd_": [level]}, {"_many_": 7}, {"_odd_": "yes", "_many_": 1}]
    plain["invitation"].insert(1, {
        "id": EVERYTHING[:40], "when": {"count": {"of": some, "at_least": 2}, "any_of": some}, "do": "defer", "until": {"months": 3},
        "because": EVERYTHING, "clause": "own",
        "situations": [{"it": EVERYTHING, **asked}, {"it": "x", "given": {"_odd_": "yes"}, "expect": "ask"}],
    })  # fmt: skip
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)


def poisoned_letter():
    words = " ".join(one for one in HOSTILE if "{{" not in one and "{#" not in one)
    front = {
        "clause": ["OC2", EVERYTHING], "to": "the sender", "subject": words,
        "values": {"word": {"question": EVERYTHING, "example": EVERYTHING}},
    }  # fmt: skip
    return f"---\n{yaml.safe_dump(front)}---\n{words}\n\n{{{{ word }}}}\n"


def poisoned_notebook(stored):
    """A notebook of the project's names, all of whose results are hostile."""
    outputs = [
        nbformat.v4.new_output("display_data", {MIME: asdict(
            Finding(name, EVERYTHING, EVERYTHING, 9, EVERYTHING, "own")
        ), "text/plain": EVERYTHING})
        for name in read_findings(stored)
        if not name.startswith("points_")
    ]  # fmt: skip
    table = f"<table><tr><td>{html.escape(EVERYTHING)}</td><td>{EVERYTHING}</td></tr></table>"
    outputs += [
        nbformat.v4.new_output("display_data", {"text/html": table, "text/plain": EVERYTHING}),
        nbformat.v4.new_output("stream", name="stdout", text=EVERYTHING),
        nbformat.v4.new_output("display_data", {"text/plain": EVERYTHING}),
        nbformat.v4.new_output("display_data", {"image/png": PIXEL, "text/plain": EVERYTHING}),
        nbformat.v4.new_output("display_data", {"image/svg+xml": f"<svg onload={HIT}></svg>"}),
        nbformat.v4.new_output("display_data", {"text/markdown": EVERYTHING}),
        nbformat.v4.new_output("display_data", {"application/javascript": HIT}),
        nbformat.v4.new_output("display_data", {"text/latex": EVERYTHING}),
    ]
    cells = [nbformat.v4.new_markdown_cell("# What?"), nbformat.v4.new_code_cell("look()", outputs=outputs)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A private handbook of a workspace whose every text is hostile, unsealed beside it."""
    home = tmp_path_factory.mktemp("hostile")
    for folder in ("policies", "letters", "notebooks"):
        (home / folder).mkdir()
    (home / "policies" / "my_policy.yaml").write_text(poisoned_policy(), encoding="utf-8")
    owner = dict.fromkeys(("name", "title", "sentence"), EVERYTHING) | {"reach": "me@owner.example"}
    (home / "owner.yaml").write_text(yaml.safe_dump(owner), encoding="utf-8")
    (home / "letters" / "rude.md.j2").write_text(poisoned_letter(), encoding="utf-8")
    for stored in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        nbformat.write(poisoned_notebook(stored), home / "notebooks" / stored.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        patch.setattr("netkit.handbook.seal_site", keep_and_seal)
        return build_handbook(home, draft=True).site


def keep_and_seal(site):
    shutil.copytree(site, site.with_name("unsealed"))
    seal_site(site)


class Walk(HTMLParser):
    """What a page would do: attributes that act, tags that load, addresses."""

    def __init__(self):
        super().__init__()
        self.acting, self.addresses, self.scripts = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("iframe", "object", "embed", "base") or (tag == "form" and "action" in dict(attrs)):
            self.acting.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("formaction", "srcset"):
                self.acting.append((tag, name))
            if name in ("href", "src", "action"):
                self.addresses.append(value or "")
        if tag == "script":
            self.scripts.append(dict(attrs).get("src", ""))


def test_every_page_holds_the_hostile_text_as_text_and_nothing_of_it_acts(site):
    pages = sorted(site.with_name("unsealed").rglob("*.html"))
    bad, shown = {}, 0
    for page in pages:
        text = page.read_text(encoding="utf-8")
        walk = Walk()
        walk.feed(text)
        wrong = [*walk.acting, *(a for a in walk.addresses if KNOWN_BY in a or not _is_link(a))]
        if wrong:
            bad[page.name] = wrong[:5]
        shown += KNOWN_BY in text
    assert bad == {}
    assert len(pages) > 60 and shown > 15


def test_a_policy_page_shows_each_hostile_text_word_for_word(site):
    for name in ("policy/invitations.html", "evidence/01-what-is-in-the-export.html"):
        text = re.sub(r"<[^<>]*>", "", (site / name).read_text(encoding="utf-8"))
        said = "".join(html.unescape(text).split())
        for hostile in HOSTILE[:-1]:
            assert "".join(hostile.split()) in said, (name, hostile)


def test_the_data_of_try_it_cannot_end_its_script(site):
    for path in site.rglob("*.js"):
        if path.parent.name in ("try-it", "evidence"):
            assert "</script" not in path.read_text(encoding="utf-8").casefold()


@pytest.mark.skipif(chromium() is None, reason="NO HOSTILE PAGE IS OPENED: Chromium is not installed")
@pytest.mark.parametrize("which", ["site", "unsealed"])
def test_no_script_runs_and_no_request_leaves_in_a_browser(site, which, record_property):
    """With the policy and without it: each of the two holds alone."""
    folder = site if which == "site" else site.with_name(which)
    with served(folder) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=PATIENCE)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        watched, hits = Watched(page), {}
        pages = [path for path in folder.rglob("*.html") if KNOWN_BY in path.read_text(encoding="utf-8")]
        names = sorted(str(path.relative_to(folder)) for path in pages)
        for name in [*names, "index.html?q=heading", "index.html?q=picture"]:
            page.goto(address + name)
            if "?q" in name:
                page.locator(".md-search-result__link").first.wait_for()
            page.evaluate(TOUCH)
            if page.evaluate("window.hit"):
                hits[name] = page.evaluate("window.hit")
        page.goto(address + "policy/try-it.html")
        for kind in ("invitation", "introduction", "asking"):
            page.locator(f"[name=kind][value={kind}]").check()
            page.evaluate(CHOOSE)
            page.evaluate(TOUCH)
        hits |= {"try it": page.evaluate("window.hit")} if page.evaluate("window.hit") else {}
        for kind in ("connect", "introduction"):
            asked = be_asked(page, f"{address}policy/intake.html?{kind}#{kind}")
            assert asked > 1 and (kind != "connect" or KNOWN_BY in page.locator("#intake").inner_text())
        hits |= {"intake": page.evaluate("window.hit")} if page.evaluate("window.hit") else {}
        browser.close()
    record_property(f"hostile pages opened ({which})", len(names))
    assert hits == {} and watched.outside == [] and watched.alerts == []
    assert watched.errors == []


def be_asked(page, address):
    """Give the first answer to every question of the intake, and a hostile text to the rest; say how many there were."""
    page.goto(address)
    asked = 0
    while page.locator(".intake-progress").count():
        page.locator(".intake-answers button").first.click()
        page.evaluate(TOUCH)
        asked += 1
    for field in page.locator("#intake input, #intake textarea").all():
        field.fill(EVERYTHING)
    page.evaluate(TOUCH)
    return asked


CHOOSE = """() => {
  for (const one of document.querySelectorAll(".try-fact select")) {
    one.selectedIndex = 1;
    one.dispatchEvent(new Event("change"));
  }
}"""
# Whatever waits for a reader's hand: pointers, folds and focus, on everything in the page.
TOUCH = """() => {
  for (const one of document.querySelectorAll("main *, .md-search-result *")) {
    for (const kind of ["mouseover", "focus", "toggle", "pointerdown"]) one.dispatchEvent(new Event(kind));
    if (one.tagName === "DETAILS") one.open = true;
    if (one.tagName !== "A" && !one.closest("a, form, button, label, select, summary")) one.dispatchEvent(new MouseEvent("click"));
  }
}"""


@pytest.mark.skipif(chromium() is None, reason="THE POLICY IS NOT TRIED: Chromium is not installed")
def test_the_policy_of_the_pages_stops_what_would_stand_in_one_all_the_same(site, tmp_path):
    """Markup that no escaping saw, put into a sealed page: served, and opened from disk."""
    planted = tmp_path / "site"
    shutil.copytree(site, planted)
    (planted / "hit.js").write_text(HIT, encoding="utf-8")
    page_file = planted / "index.html"
    evil = "".join([
        f"<script>{HIT}</script><img src=x onerror='{HIT}'><svg onload='{HIT}'></svg>",
        f"<a id=go href='javascript:{HIT}'>go</a><script src=https:{AWAY}.js></script>",
        f"<img src=https:{AWAY}.png><iframe src='data:text/html,x'></iframe>",
        f"<form action=https:{AWAY}><button id=send>send</button></form><object data=https:{AWAY}></object>",
        f"<link rel=stylesheet href=https:{AWAY}.css><p style='background:url(https:{AWAY}.gif)'>x</p>",
    ])  # fmt: skip
    text = page_file.read_text(encoding="utf-8")
    page_file.write_text(text.replace("<article", f"{evil}<article"), encoding="utf-8")
    with served(planted) as here, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS, timeout=PATIENCE)
        for address in (here, planted.as_uri() + "/"):
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            watched = Watched(page)
            page.goto(address + "index.html")
            page.locator("#go").dispatch_event("click")
            page.locator("#send").dispatch_event("click")
            page.wait_for_timeout(300)
            page.evaluate(
                f"try {{ const s = document.createElement('script'); s.text = '{HIT}'; document.body.append(s) }} catch {{}}"
            )
            assert page.evaluate("window.hit") is None
            assert page.url.startswith(address)
            answered = [url for url in watched.outside if KNOWN_BY not in url]
            assert answered == []
            assert any("Content Security Policy" in line for line in watched.errors)
            page.close()
        browser.close()


# The doors, each by itself


@pytest.mark.parametrize("address", ["index.html", "../a#b", "#b", "?q=a:b", "HTTP://a.example", "https://a.example/x:y", "mailto:a@b.example", "./a:b"])  # fmt: skip
def test_what_leads_somewhere_is_a_link(address):
    assert _is_link(address)


@pytest.mark.parametrize("address", ["javascript:x", "JAVASCRIPT:x", " javascript:x", "java\tscript:x", "java\nscript:x", "\x01javascript:x", "\u00a0javascript:x", "data:text/html,x", "vbscript:x", "file:///etc", "blob:x", "tel:1", "view-source:x", "\u200bjavascript:x", "ja\x00vascript:x"])  # fmt: skip
def test_what_acts_or_is_unknown_is_no_link(address):
    assert not _is_link(address)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("before", ["", "| cell | ", "> ", "- ", "# ", "**"])
def test_a_text_is_shown_as_it_is_wherever_a_page_puts_it(hostile, before):
    settings = yaml.load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    names = [one for one in settings["markdown_extensions"] if isinstance(one, str) and "netkit" not in one]
    found = Converter(extensions=names).convert(f"{before}{as_text(hostile)}\n")
    tags = set(re.findall(r"<(\w+)", found))
    assert tags <= {"p", "li", "ul", "h1", "blockquote", "strong"}
    assert not re.search(r"<[^>]*\s(?!id=)\w+=", found)
    plain = "".join(html.unescape(re.sub(r"<[^<>]*>", "", found)).split())
    wanted = "".join(sign for sign in hostile if sign.isprintable())
    assert "".join(wanted.split()) in plain


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_cited_finding_is_shown_as_it_is(hostile, tmp_path):
    evidence = workspace_evidence(tmp_path)
    (tmp_path / "notebooks").mkdir()
    made = [
        Finding("one", hostile, hostile, labels=hostile),
        Finding("rows", {"columns": [hostile], "rows": [[hostile]]}, hostile),
    ]
    outputs = [nbformat.v4.new_output("display_data", {MIME: asdict(one)}) for one in made]
    cells = [nbformat.v4.new_code_cell("x", outputs=outputs)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "01-a.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETKIT_DRAFT", "1")
        patch.delenv("CI", raising=False)
        converter = Converter(extensions=["attr_list", "md_in_html", "tables", _Citations(evidence)])
        found = converter.convert("It is [[one]].\n\n[[rows]]\n")
    walk = Walk()
    walk.feed(found)
    assert walk.acting == walk.scripts == [] and walk.addresses == []
    assert set(re.findall(r"<(\w+)", found)) <= {
        "p",
        "span",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    plain = "".join(html.unescape(re.sub(r"<[^<>]*>", "", found)).split())
    assert plain.count("".join(hostile.split())) >= 3


def test_no_template_can_put_in_a_value_that_is_not_made_text(tmp_path, monkeypatch):
    (tmp_path / "new.md.j2").write_text(
        "{{ a }} {{ a | upper }} {{ [a, a] | join('<br>') }} {{ a ~ a }}", encoding="utf-8"
    )
    monkeypatch.setattr("netkit.handbook.rendering._environment", environment_of(tmp_path))
    assert "<b" not in render("new", a="<b>").replace("<br>", "")


def environment_of(folder):
    from jinja2 import FileSystemLoader

    from netkit.handbook.rendering import _environment

    made = _environment().overlay(loader=FileSystemLoader([folder, TEMPLATES]))
    return lambda: made


@pytest.mark.parametrize(
    "planted",
    [f"<script>{HIT}</script>", f"<p onclick={HIT}>", "<a href=' java\nscript:x'>", "<iframe src=x>", "<script src=//away.example/x.js></script>", "<script src=missing.js></script>", "<meta http-equiv=refresh content=0>", f"<script>{HIT}"],
)  # fmt: skip
def test_a_built_page_that_could_act_is_refused_by_name(tmp_path, planted):
    (tmp_path / "page.html").write_text(f"<html><head></head><body>{planted}</body></html>", encoding="utf-8")
    with pytest.raises(FindingError, match=r"page\.html: <"):
        seal_site(tmp_path)
