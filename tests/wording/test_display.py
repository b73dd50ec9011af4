"""What notebooks show of results: readable, escaped, sortable where long."""

from html.parser import HTMLParser

import pandas as pd
import pytest
from invented_export import export, invitation

from netkit.display import show
from netkit.export import read_export
from netkit.facts import vocabulary
from netkit.history import read_history, read_introductions
from netkit.ledger import open_ledger
from netkit.model import FittedModel, fit_model
from netkit.policy import Policy, load_policy
from netkit.wording import shown

HOSTILE = """<script>alert(1)</script><img src=x onerror="alert(2)">'"&amp;"""


def test_what_nobody_reads_is_spelled_out_wherever_it_stands():
    evil = "Ann\x1b[8m\u202e\x9b"
    frame = pd.DataFrame({evil: [evil]})
    html = show(evil, evil, {evil: evil}, [evil], frame)
    assert html.count(r"Ann\x1b[8m\u202e\x9b") == 7
    assert not {"\x1b", "\u202e", "\x9b"} & set(html)


class Tags(HTMLParser):
    """Collects the elements and the text of a piece of HTML."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


def parsed(html):
    parser = Tags()
    parser.feed(html)
    parser.close()
    return parser


CONTENT = {
    "a title": (HOSTILE, "text"),
    "a paragraph": ("title", HOSTILE),
    "a list": ("title", [HOSTILE]),
    "a name and a value": ("title", {HOSTILE: HOSTILE}),
    "a short table": ("title", pd.DataFrame({HOSTILE: [HOSTILE]})),
    "a long table": ("title", pd.DataFrame({HOSTILE: [HOSTILE] * 40})),
    "a tuple in a cell": ("title", pd.DataFrame({"a": [(HOSTILE, "b")]})),
}


@pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT)
def test_a_hostile_value_is_shown_as_text_wherever_it_stands(content):
    seen = parsed(show(*content))
    assert HOSTILE in seen.text
    assert not {"script", "img"} & set(seen.tags)
    assert "onerror" not in seen.attributes


def test_a_long_table_can_be_sorted_by_keyboard_and_scrolls():
    seen = parsed(show("title", pd.DataFrame({"n": range(13)})))
    assert "button" in seen.tags and "onclick" in seen.attributes and "tabindex" in seen.attributes


def test_a_short_table_is_plain():
    seen = parsed(show("title", pd.DataFrame({"n": range(12)})))
    assert "button" not in seen.tags and "onclick" not in seen.attributes


def test_a_very_long_table_says_how_many_rows_it_leaves_out():
    assert "234 more rows." in show("title", pd.DataFrame({"n": range(1234)}))


def test_what_is_empty_is_left_out():
    assert show("title", "", [], {}, pd.DataFrame({"a": []})) == show("title")


def test_the_same_content_gives_the_same_html():
    frame = pd.DataFrame({"n": [0.1 + 0.2] * 20})
    assert show("title", frame) == show("title", frame.copy())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "–"),
        (pd.NA, "–"),
        (pd.NaT, "–"),
        (-0.5, "−0.5"),
        (-0.0, "0"),
        (2024, "2,024"),
        (("accept", "ask"), "accept, ask"),
        ((), "–"),
        (pd.Timestamp("2024-03-05 10:11", tz="UTC"), "2024-03-05 10:11"),
    ],
)
def test_values_are_shown_as_a_reader_wants_them(value, text):
    assert shown(value) == text


POLICY = """
policy: mine
title: <b>Mine</b>
about: A policy with <script>alert(1)</script> in it.
sources:
  - {id: own, title: "<i>me</i>"}
invitation:
  - id: everybody
    when: {}
    do: accept
    because: Because <script>alert(1)</script>.
    clause: own
    situations:
      - {it: a stranger is accepted, given: {recognised: no}, expect: accept}
      - {it: a friend is accepted, given: {recognised: yes}, expect: accept}
"""


def test_a_policy_and_its_decision_show_their_words_as_text():
    policy = Policy.from_text(POLICY)
    decision = policy.decide_one({}, "invitation")
    for result in (policy, decision):
        seen = parsed(result._repr_html_())
        assert "<script>alert(1)</script>" in seen.text and "script" not in seen.tags
    assert "accept" in parsed(decision._repr_html_()).text.casefold()


def test_an_open_decision_shows_what_is_possible_and_what_to_find_out():
    decision = load_policy("house").decide_one({"recognised": "yes"}, "invitation")
    seen = parsed(decision._repr_html_())
    assert "Not settled" in seen.text and "would stay in touch" in seen.text


def test_an_export_shows_its_rows_what_is_missing_and_what_is_odd(tmp_path):
    folder = tmp_path / "Basic_LinkedInDataExport_03-15-2024"
    folder.mkdir()
    (folder / "Company Follows.csv").write_text(
        "Organization,Followed On\nAcme,yesterday\n", encoding="utf-8"
    )
    seen = parsed(read_export(folder)._repr_html_())
    assert "Export of 15 Mar 2024: 1 row" in seen.text
    assert "Missing: invitations" in seen.text and "Company Follows.csv" in seen.text


def test_a_history_shows_its_states_and_its_advice(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ada = invitation("Ada", "2024-02-01T10:00:00+00:00")
        ledger.import_export(export("2024-03-01", invitations=[ada]))
        history = read_history(ledger)
        seen = parsed(history._repr_html_())
        introductions = parsed(read_introductions(ledger)._repr_html_())
    assert "History as of 1 Mar 2024: 1 invitation to you" in seen.text
    assert "Record 60 more decisions" in seen.text and "open" in seen.text
    assert "0 requested introductions" in introductions.text


def test_a_model_shows_its_labels_its_notes_and_its_effects():
    facts = pd.DataFrame({"request": list("abcdef"), "recognised": ["yes", "yes", "no"] * 2})
    model = fit_model(facts, pd.Series([1, 1, 0, 1, 0, 0]), vocabulary("invitation"))
    for shown_model in (model, FittedModel.from_json(model.to_json())):
        seen = parsed(shown_model._repr_html_())
        assert "Model of invitation requests: 6 answers, 3 accepted" in seen.text
        assert "recognised" in seen.text and "odds ratio" in seen.text
