"""The explanation: which rule, why, what came close, what would change it."""

from html.parser import HTMLParser

from invented_policies import calls_made, tiny, tiny_text

from netkit.policy import Policy, explain, load_policy

RULES = [
    ("met", "{met_in_person: yes, would_stay_in_touch: yes}", "accept"),
    ("note", "{note_words: {at_least: 15}}", "ask"),
    ("rest", "{}", "ignore"),
]
KNOWN = {"met_in_person": "yes", "would_stay_in_touch": "no", "note_words": 3}


def test_the_steps_lead_down_to_the_rule_that_fires():
    trace = explain(tiny(RULES), KNOWN, "invitation")
    assert [(step.rule.id, step.status) for step in trace.steps] == [
        ("met", "out"),
        ("note", "out"),
        ("rest", "fires"),
    ]
    assert trace.decision.action == "ignore"


def test_rules_that_miss_by_one_condition_came_close():
    trace = explain(tiny(RULES), KNOWN, "invitation")
    assert [(step.rule.id, step.fails) for step in trace.near_misses] == [
        ("met", ("“Would you want to stay in touch with this person?” is answered yes",)),
        ("note", ("“How many words does the note have?” is answered 15 or more",)),
    ]
    both = explain(tiny(RULES), {**KNOWN, "met_in_person": "no"}, "invitation")
    assert [step.rule.id for step in both.near_misses] == ["note"]


def test_an_open_decision_shows_what_cannot_be_told_and_what_would_settle_it():
    trace = explain(tiny(RULES), {"met_in_person": "yes", "note_words": 3}, "invitation")
    assert [step.rule.id for step in trace.still_open] == ["met"]
    assert [str(change) for change in trace.changes] == [
        "if “Would you want to stay in touch with this person?” is answered yes: accept",
        "if “Would you want to stay in touch with this person?” is answered no: ignore",
    ]
    assert str(trace).startswith("Not settled yet. ")
    assert "What would settle it" in str(trace)


def test_a_settled_rule_speaks_in_the_questions_of_its_facts():
    known = {"recognised": "no", "note_kind": "default", "repeat_invitation": "yes"}
    text = str(explain(load_policy("house"), known, "invitation"))
    settled = text.partition("\n")[0]
    assert "): “" in settled and "the platform's own sentence" in settled
    assert "note kind" not in settled and "default" not in settled


def test_the_text_names_action_reason_rule_clause_and_the_smallest_change():
    text = str(explain(tiny(RULES), KNOWN, "invitation"))
    assert text.startswith("Ignore. Because of rest. Rule rest (the policy's own): always.")
    assert (
        "- accept, if “Would you want to stay in touch with this person?” is answered yes (rule met)" in text
    )
    assert "- if “Would you want to stay in touch with this person?” is answered yes: accept" in text


def test_what_was_assumed_is_shown_with_its_reason():
    assume = "assume: {invitation: {met_in_person: {level: no, because: It is rare., clause: own}}}\n"
    text = str(explain(tiny(RULES, more=assume), {"note_words": 20}, "invitation"))
    assert "Assumed:\n\n- met in person: no. It is rare." in text
    recorded = str(explain(tiny(RULES, more=assume), {**KNOWN}, "invitation"))
    assert "Assumed" not in recorded


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def test_the_html_is_escaped():
    text = tiny_text(RULES).replace("Because of rest.", '"<script>alert(1)</script> & more"')
    parsed = _Tags()
    parsed.feed(explain(Policy.from_text(text), KNOWN, "invitation")._repr_html_())
    assert set(parsed.tags) <= {"div", "p", "strong", "ul", "li"}
    assert "<script>alert(1)</script> & more" in parsed.text


def test_a_request_that_no_rule_speaks_of_is_explained_too():
    trace = explain(tiny(RULES[:1]), {"met_in_person": "no"}, "invitation")
    assert "No rule of this policy speaks of such a request." in str(trace)


def test_a_decision_that_holds_whichever_way_a_fact_turns_out_is_explained_too():
    rules = [("yes", "{met_in_person: yes}", "accept"), ("no", "{met_in_person: no}", "accept"), RULES[2]]
    text = str(explain(tiny(rules), {}, "invitation"))
    assert text.startswith("Accept. Because of yes.")


def test_one_request_is_decided_in_a_millisecond_and_explained_in_five():
    """A thousand calls are some tenth of a millisecond: what is counted is the same on every machine."""
    policy = load_policy("house")
    request = {"recognised": "no", "note_kind": "personal", "useful_field": "yes"}
    explain(policy, {}, "invitation")
    for words in range(0, 40, 13):
        asked = {**request, "note_words": words}
        assert calls_made(policy.decide_one, asked, "invitation") < 3_000
        assert calls_made(explain, policy, asked, "invitation") < 10_000
