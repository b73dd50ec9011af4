"""A sitting in a real JupyterLab, driven by the keyboard in a headless Chromium.

JupyterLab is started on loopback with folders of its own; a notebook is opened and run, five
invitations are decided by keys, the kernel is restarted, and the five are found in the ledger.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import FLAGS, PATIENCE, Watched, choose, chromium, jupyterlab, open_notebook, write_notebook
from invented_sitting import HOSTILE, add_mail, build
from playwright.sync_api import sync_playwright

from netkit.demo import build_demo
from netkit.history.labels import label_invitations
from netkit.ledger import open_ledger
from netkit.wording import visible

pytestmark = pytest.mark.skipif(
    chromium() is None,
    reason="NO CHROMIUM: the workplace was not tried in a browser; install Debian's package chromium",
)
THEMES = ("JupyterLab Light", "JupyterLab Dark")
SIZE = {"width": 1280, "height": 1600}
# What is pressed for each of the five, the first of them the hostile one: the decision alone; two facts
# and the decision; a question passed over; a look at the judges; a slip of the finger, taken back.
KEYS = [["i"], ["y", "n", "a"], ["?", "k"], ["v", "d"], ["a", "u", "t"]]
ACTIONS = ["ignore", "accept", "ask", "decline", "defer"]
NOTEBOOK = [
    "from netkit.lab import triage, what_if\nsitting = triage(blind=True)\nsitting",
    "from netkit.demo import open_workspace\n"
    "done = open_workspace().decisions.to_frame().query(\"via == 'lab: triage'\")\n"
    "print(len(done), 'found:', *done['action'])",
    "judges = sitting.session.judges\nwhat_if({'recognised': 'yes'}, policy=judges.policy, model=judges.model)",
    "judges.policy",
    "import os\nfrom pathlib import Path\n"
    "small = Path(os.environ['NETKIT_HOME']).with_name('small')\n"
    "triage(small)",
    "from netkit.lab import evidence\nevidence(small)",
]

# Wide as in a notebook, and as narrow as a reader who enlarges four times would have it (WCAG 1.4.10).
WIDTHS = (1000, 320)
# What sticks out of the card, which buttons lie on another, and where the parts stand from the top.
MEASURE = """card => {
  const box = node => node.getBoundingClientRect(), all = (name, of = card) => [...of.querySelectorAll(name)];
  const frame = box(card), seen = all('*').filter(node => node.checkVisibility() && !node.closest('.nk-unseen'));
  const out = seen.filter(node => box(node).right > frame.right + 1 || box(node).left < frame.left - 1);
  const buttons = all('.nk-button').map(box);
  const apart = (one, other) => one.right <= other.left + 1 || other.right <= one.left + 1
    || one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
  const parts = ['.nk-head', '.nk-name', '.nk-note', '.nk-question', '.nk-actions', '.nk-opinions'];
  return {
    out: out.map(node => node.outerHTML.slice(0, 100)),
    lapping: buttons.filter((one, place) => buttons.slice(place + 1).some(other => !apart(one, other))).length,
    low: Math.min(...buttons.map(each => each.height)),
    count: buttons.length,
    tops: Object.fromEntries(parts.map(name => [name, card.querySelector(name)]).filter(([, node]) => node)
      .map(([name, node]) => [name, box(node).top])),
  };
}"""


@dataclass
class Sitting:
    """What was seen and measured."""

    home: Path
    watched: Watched = None
    note: str = ""
    elements_in_note: int = -1
    cells: tuple = ()
    seconds: list = field(default_factory=list)
    printed: str = ""
    after_restart: str = ""
    sorted_rules: list = field(default_factory=list)
    moved: tuple = ()
    axe: dict = field(default_factory=dict)
    layout: dict = field(default_factory=dict)
    alike: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    files: list = field(default_factory=list)

    @property
    def record(self):
        """Return the record that the test prints."""
        keys = sum(map(len, KEYS)) / len(KEYS)
        return (
            f"five decisions by keyboard: {keys:.1f} keys each (at most {max(map(len, KEYS))}), "
            f"{sum(self.seconds) / len(self.seconds):.2f} s each of waiting for the screen; "
            f"{len(self.watched.errors)} console errors; "
            f"{len(self.watched.outside)} of {self.watched.requests} requests left loopback"
        )


@pytest.fixture(scope="module")
def sitting(tmp_path_factory):
    """Sit down once; the tests look at what happened."""
    folder = tmp_path_factory.mktemp("jupyter")
    found = Sitting(folder / "home")
    root = folder / "notebooks"
    root.mkdir()
    write_notebook(root / "sitting.ipynb", NOTEBOOK)
    with (
        ThreadPoolExecutor(1) as meanwhile,
        jupyterlab(root, home=found.home) as address,
        sync_playwright() as driver,
    ):
        ready = meanwhile.submit(prepare, found.home)
        browser = driver.chromium.launch(
            executable_path=chromium(), headless=True, args=FLAGS, timeout=PATIENCE
        )
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE)
        found.watched = Watched(page)
        open_notebook(page, address, "sitting.ipynb")
        ready.result()
        choose(page, "Run", "Run All Cells")
        sit(page, found)
        answer_together(page, found)
        add_files(page, found)
        suppose(page, found)
        sort(page, found)
        look(page, found)
        measure(page, found)
        restart(page, found)
        browser.close()
    return found


def prepare(home):
    """Build the demonstration, and a small workspace beside it with mail; the demonstration's first open invitation carries a note that attacks whoever shows it."""
    add_mail(build(home.with_name("small")))
    with build_demo(home) as ledger:
        table = label_invitations(ledger).table
        still = table[table["state"] == "open"]
        fresh = still[still["action"].isna()]
        for request in still["request"][still["action"].notna()]:  # what you asked would come before it
            ledger.decisions.add(request, "ignore", at=still["sent_at"].max(), source="test")
        ledger.invitations.add(
            "Mal <b>Ice</b>",
            sent_at=fresh["sent_at"].min() - pd.Timedelta(minutes=1),
            source="test",
            url="javascript:alert(4)//in/mal-ice",
            message=HOSTILE,
        )


def sit(page, found):
    """Decide five by keys, waiting each time until the screen has answered."""
    card = page.locator(".nk").first
    card.wait_for(timeout=PATIENCE)
    before = page.locator(".jp-Notebook .jp-Cell").count()
    note = card.locator(".nk-note")
    found.note = note.evaluate("node => node.textContent")
    found.elements_in_note = note.evaluate("node => node.children.length")
    card.locator(".nk-head").click()
    for keys in KEYS:
        if keys == KEYS[-1]:  # the same from a button that has the focus
            card.get_by_role("button", name="Skip").focus()
        begin = time.monotonic()
        for key in keys:
            press(page, key)
        found.seconds.append(time.monotonic() - begin)
    found.cells = (before, page.locator(".jp-Notebook .jp-Cell").count())


def press(page, key, at=0):
    """Press a key and wait until the screen has answered."""
    heard = page.locator(".nk").nth(at).get_attribute("data-heard")
    page.keyboard.press(key)
    wait_for_answer(page, at, heard)


def wait_for_answer(page, at, heard):
    """Wait until a widget was answered."""
    changed = "([at, before]) => document.querySelectorAll('.nk')[at].dataset.heard !== before"
    page.wait_for_function(changed, arg=[at, heard])


def answer_together(page, found):
    """Say by keys who three are in the mail, one of them set apart, and answer for those that are alike."""
    card = page.locator(".nk").nth(2)
    card.wait_for(timeout=PATIENCE)
    card.locator(".nk-head").click()

    def look():
        found.asked.append(card.locator(".nk-question > div strong").first.inner_text())

    look()
    press(page, "w", 2)
    look()
    press(page, "g", 2)
    names = card.locator("[data-id^='apart ']")
    found.alike = names.all_inner_texts()
    heard = card.get_attribute("data-heard")
    names.nth(1).click()
    wait_for_answer(page, 2, heard)
    found.alike.append(names.nth(1).get_attribute("aria-pressed"))
    for key in ("y", "y", "u", "u", "g", "n"):
        press(page, key, 2)
        look()


def add_files(page, found):
    """Add an address book by its path, a path at which there is nothing, and take the first away again."""
    desk, small = page.locator(".nk").nth(3), found.home.with_name("small")
    (small / "book.vcf").write_text(
        "BEGIN:VCARD\nFN:Cy Dorn\nEMAIL:cy@ex.example\nEND:VCARD\n", encoding="utf-8"
    )
    for path in (small / "book.vcf", small / "none"):
        desk.get_by_label("The path of").fill(str(path))
        heard = desk.get_attribute("data-heard")
        desk.get_by_role("button", name="Add").click()
        wait_for_answer(page, 3, heard)
        found.files.append(desk.inner_text())
    heard = desk.get_attribute("data-heard")
    desk.get_by_role("button", name="Remove: Inbox").click()
    wait_for_answer(page, 3, heard)
    found.files.append(desk.inner_text())


def suppose(page, found):
    """Suppose by keyboard that a fact is otherwise, and read both judges."""
    widget = page.locator(".nk").nth(1)
    widget.wait_for(timeout=PATIENCE)
    before = widget.locator(".nk-opinion > strong").all_inner_texts()
    widget.locator("[data-id='would_stay_in_touch unknown']").focus()
    page.keyboard.press("ArrowUp")
    widget.locator(".nk-changed").wait_for()
    focused = page.evaluate("document.activeElement.dataset.id")
    found.moved = (before, widget.locator(".nk-opinion > strong").all_inner_texts(), focused)


def sort(page, found):
    """Sort the policy's rules by what they do."""
    table = page.locator("table[onclick]").first
    table.wait_for(timeout=PATIENCE)
    table.get_by_role("button", name="do", exact=True).press("Enter")
    place = "row => row.cells[4].textContent"
    found.sorted_rules = table.evaluate(f"table => [...table.tBodies[0].rows].map({place})")


def look(page, found):
    """Hold both widgets to the accessibility rules, in the light theme and in the dark one."""
    page.locator(".nk").first.focus()
    press(page, "v")  # waits for the answer: later the kernel that owes it is restarted
    for theme in THEMES:
        change_theme(page, theme)
        results = Axe().run(page, ".nk").response["violations"]
        found.axe[theme] = [
            f"{broken['id']}: {node['html'][:200]}" for broken in results for node in broken["nodes"]
        ]


def measure(page, found):
    """Measure where the parts of the card stand, the judges shown, in a wide column and in a narrow one."""
    card = page.locator(".nk").first
    for width in WIDTHS:
        card.evaluate("(node, width) => { node.style.width = `${width}px`; }", width)
        found.layout[width] = card.evaluate(MEASURE)
    card.evaluate("node => node.style.removeProperty('width')")


def change_theme(page, theme):
    """Choose a theme and wait until it is there."""
    choose(page, "Settings", "Theme", theme)
    # By a colour: the style sheet comes after the mark that a theme is light or dark.
    colour = "white" if "Light" in theme else "#111"
    page.wait_for_function(
        f"getComputedStyle(document.body).getPropertyValue('--jp-layout-color0') === '{colour}'"
    )


def restart(page, found):
    """Restart the kernel; press a key that nobody hears; find the decisions in the ledger."""
    choose(page, "Kernel", "Restart Kernel…")
    with page.expect_response(lambda answer: "/restart" in answer.url, timeout=PATIENCE):
        page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.get_by_text("| Idle").first.wait_for(timeout=PATIENCE)
    page.locator(".nk").first.press("a")
    page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-InputPrompt").click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-OutputArea-output")
    output.get_by_text("found:").wait_for(timeout=PATIENCE)
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-OutputArea-output')].some(node => node.textContent.includes('5 found:'))"
    )
    found.printed = output.inner_text().strip()
    problem = page.locator(".nk").first.locator(".nk-problem")
    problem.wait_for()
    found.after_restart = problem.inner_text()


def test_five_decisions_made_by_keys_are_in_the_ledger_after_a_restart(sitting, record_property):
    record_property("triage in JupyterLab", sitting.record)
    assert sitting.printed == "5 found: " + " ".join(ACTIONS)
    with open_ledger(sitting.home) as ledger:
        every = ledger.decisions.to_frame(include_undone=True).query("via == 'lab: triage'")
        done = ledger.decisions.to_frame().query("via == 'lab: triage'")
        notes = ledger.notes.to_frame().query("via == 'lab: triage'")
    assert done["action"].tolist() == ACTIONS
    assert every["action"].tolist() == [*ACTIONS[:4], "accept", "undone", "defer"]
    assert notes["level"].tolist() == ["yes", "no", "unknown"]  # "I do not know" is an answer, too


def test_the_ledger_keeps_which_decisions_were_made_blind(sitting):
    """The fourth looked at the judges first; the fifth was taken back after they had been shown."""
    with open_ledger(sitting.home) as ledger:
        done = ledger.decisions.to_frame().query("via == 'lab: triage'")
    assert done["opinion_seen"].tolist() == [False, False, False, True, True]


def test_a_decision_takes_at_most_three_keys(sitting):
    """How long the screen is waited for is printed and not held to: that is the machine's."""
    assert max(map(len, KEYS)) <= 3
    assert len(sitting.seconds) == len(KEYS)


def test_keys_say_who_is_meant_for_all_at_once_and_who_is_different_is_asked_alone(sitting):
    *names, apart = sitting.alike
    said = "You wrote to each other 2 times, last in May 2020."
    assert names == [f"{name}\n{said}" for name in ("Ada Love", "Bo Kern", "Old Silent")]
    assert apart == "false"
    pair, met = (
        "Your own files hold this name. Is it the same person?",
        "Have you met this person face to face?",
    )
    stay = "Would you want to stay in touch with this person?"
    assert sitting.asked == [pair, pair, stay, met, stay, pair, pair, "Do you recognise who this is?"]
    with open_ledger(sitting.home.with_name("small")) as ledger:
        assert [same for same, _ in ledger.evidence.answers().values()] == [False]
        assert ledger.decisions.to_frame().query("via.str.startswith('lab')").empty


def test_a_file_is_added_and_taken_away_in_the_lab(sitting):
    added, missing, gone = (" ".join(text.split()) for text in sitting.files)
    assert "book.vcf: 1 contact read. 1 person kept, names scrambled" in added
    assert "There is nothing at" in missing and "book.vcf contacts · 1 person" in missing
    assert "It is removed" in gone and "Inbox" not in gone


def test_a_hostile_note_is_shown_as_text(sitting):
    assert sitting.note == visible(HOSTILE) != HOSTILE and len(HOSTILE) > 10_000
    assert sitting.elements_in_note == 0 and sitting.watched.alerts == []


def test_the_keys_do_nothing_to_the_notebook(sitting):
    before, after = sitting.cells
    assert before == after == len(NOTEBOOK)


def test_a_supposed_fact_moves_both_judges_and_keeps_the_focus(sitting):
    (rules, model), (rules_after, model_after), focused = sitting.moved
    assert rules != rules_after and model != model_after
    assert focused == "would_stay_in_touch no"


def test_a_long_table_sorts_by_the_heading_that_is_pressed(sitting):
    assert len(sitting.sorted_rules) > 50
    assert sitting.sorted_rules == sorted(sitting.sorted_rules)


@pytest.mark.parametrize("theme", THEMES)
def test_the_widgets_break_no_accessibility_rule(sitting, theme):
    assert sitting.axe[theme] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_of_the_card_stays_inside_it_and_no_button_lies_on_another(sitting, width):
    layout = sitting.layout[width]
    assert layout["out"] == []
    assert layout["count"] >= 5 and layout["lapping"] == 0
    assert layout["low"] >= 24  # WCAG 2.5.8


@pytest.mark.parametrize("width", WIDTHS)
def test_a_card_reads_from_who_wrote_to_what_to_do_to_what_the_judges_say(sitting, width):
    tops = sitting.layout[width]["tops"]
    assert {".nk-head", ".nk-name", ".nk-actions", ".nk-opinions"} <= set(tops)
    assert list(tops.values()) == sorted(tops.values())


def test_when_the_kernel_is_gone_the_widget_says_that_nothing_was_recorded(sitting):
    assert "nothing was recorded" in sitting.after_restart


def test_the_console_shows_no_error_and_nothing_leaves_this_machine(sitting):
    assert sitting.watched.errors == []
    assert sitting.watched.requests > 0 and sitting.watched.outside == []
