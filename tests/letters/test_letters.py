"""Letters: filled from what you say and nothing else, asked for where it is missing, held to the clauses."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import markdown

from netkit.errors import LetterError
from netkit.handbook.policy_pages import read_clauses
from netkit.letters import MissingValuesError, draft, fits, letter_names, lint, lint_template, questions
from netkit.letters.letter_templates import read_template
from netkit.policy import load_policy, shipped_policies

INTRODUCTION = {
    "contact_first_name": "Mira",
    "contact_name": "Mira Solberg",
    "contact_background": "has led a small clinic for ten years.",
    "requester_first_name": "Tom",
    "requester_name": "Tom Achterberg",
    "requester_background": "is a nurse who wants to lead a ward",
    "purpose_in_words": "learn how you went from the ward to the desk",
    "my_first_name": "Kim",
}
FOLLOW_UP = {"first_name": "Mira", "other_name": "Tom Achterberg", "my_first_name": "Kim"}
# One answer for every question of every shipped letter, so that each of them can be drafted.
ANSWERS = INTRODUCTION | {
    "first_name": "Mira",
    "other_name": "Tom Achterberg",
    "ways_to_reach_me": "telephone 0100 200, or a coffee at the station",
    "opener": "What are you working on this spring?",
    "what_caught_my_eye": "your years with the lifeboats",
    "when": "in autumn, when the course begins",
    "my_telephone": "0100 200",
    "why_this_contact": "you have gone the same way",
    "who_i_am": "a nurse from the north ward",
    "why_connect": "we both speak at the meeting in May",
    "their_benefit": "I can tell how the wards take the new rota",
    "my_benefit": "decide before the summer",
    "my_name": "Tom Achterberg",
    "my_background": "is a nurse who wants to lead a ward",
}


def write_own(home, name, text):
    (home / "letters").mkdir(exist_ok=True)
    (home / "letters" / f"{name}.md.j2").write_text(text, encoding="utf-8")


# What a letter says


def test_an_introduction_states_the_purpose_both_backgrounds_and_the_hope_for_both():
    letter = draft("introduce", INTRODUCTION)
    assert letter.to == "Mira Solberg, Tom Achterberg"
    assert letter.subject == "Introduction: Tom Achterberg and Mira Solberg"
    assert letter.clause == "PI5, PI6, PI7"
    assert letter.text == (
        "Dear Mira, dear Tom,\n\n"
        "The purpose of this note is to bring you together: Tom would like to learn how you went "
        "from the ward to the desk.\n\n"
        "Tom Achterberg is a nurse who wants to lead a ward.\n\n"
        "Mira Solberg has led a small clinic for ten years.\n\n"
        "Tom, please write next and suggest a time that suits Mira. I leave the rest to you, and I "
        "hope that you will both gain from it.\n\n"
        "With kind regards,\nKim"
    )
    assert letter.warnings == ()


def test_the_question_whether_you_know_each_other_takes_up_a_meeting_that_the_note_recalls():
    values = {"first_name": "Mira", "my_first_name": "Kim"}
    recalled = draft("do-we-know-each-other", values, facts={"note_recalls_meeting": "yes"})
    not_recorded = draft("do-we-know-each-other", values)
    assert "You write that we have met." in recalled.text
    assert "If we have met or worked together" in not_recorded.text


def test_whoever_wrote_without_recalling_a_meeting_is_asked_what_they_hope_for():
    values = {"first_name": "Mira", "my_first_name": "Kim"}
    wrote = {"note_kind": "personal", "note_recalls_meeting": "no"}
    letter = draft("do-we-know-each-other", values, facts=wrote).text
    assert "what exactly do you hope for from the connection?" in " ".join(letter.split())
    assert "when and where" not in letter


def test_a_reason_of_your_own_is_left_out_where_you_give_none():
    values = {"first_name": "Mira", "my_first_name": "Kim"}
    assert "The reason" not in draft("decline-kindly", values).text
    assert (
        "The reason: I have no room." in draft("decline-kindly", values | {"why_not": "I have no room."}).text
    )


@pytest.mark.parametrize("name", letter_names())
def test_every_shipped_letter_can_be_drafted_without_a_blemish(name):
    letter = draft(name, {value: ANSWERS[value] for value in questions(name)})
    assert letter.warnings == ()
    assert letter.to and letter.subject
    assert not re.search(r"[{}]|\bunknown\b|  |\.\.", letter.text)


@pytest.mark.parametrize("name", letter_names())
def test_every_shipped_template_holds_the_manners_by_its_own_words(name):
    assert lint_template(name) == ()


def test_every_clause_of_kind_letter_has_a_letter_that_cites_it():
    cited = {clause for name in letter_names() for clause in read_template(name).clauses}
    schools = read_clauses().values()
    due = {id_ for each in schools for id_, clause in each["clauses"].items() if "L" in clause["kind"]}
    assert due - cited == set()


def test_every_letter_that_a_rule_owes_is_there():
    owed = {
        rule.letter
        for name in shipped_policies()
        for rules in load_policy(name).rules.values()
        for rule in rules
        if rule.letter
    }
    assert owed <= set(letter_names())


# What is missing is asked for


def test_a_missing_value_is_asked_for_with_its_question():
    with pytest.raises(MissingValuesError) as caught:
        draft("please-call-me", {"requester_first_name": "Tom", "contact_name": "Mira Solberg"})
    assert caught.value.missing == {
        "my_telephone": "Which number may the requester call?",
        "my_first_name": "How do you sign?",
    }
    assert "Which number may the requester call? (my_telephone)" in str(caught.value)


@pytest.mark.parametrize("blank", ["", "   ", "\n", None, float("nan")])
def test_a_blank_value_counts_as_missing(blank):
    with pytest.raises(MissingValuesError) as caught:
        draft("follow-up", FOLLOW_UP | {"other_name": blank})
    assert list(caught.value.missing) == ["other_name"]


@pytest.mark.parametrize("name", letter_names())
def test_no_shipped_letter_is_drafted_while_any_one_answer_is_missing(name):
    told = {value: ANSWERS[value] for value in questions(name)}
    for left_out in told:
        with pytest.raises(MissingValuesError):
            draft(name, {value: text for value, text in told.items() if value != left_out})


def test_your_signature_comes_from_your_profile_and_what_you_type_goes_before_it():
    typed = {"first_name": "Mira", "other_name": "Tom"}
    profile = {"first_name": "Kim"}
    assert draft("follow-up", typed, profile=profile).text.endswith("Kim")
    assert draft("follow-up", typed | {"my_first_name": "K."}, profile=profile).text.endswith("K.")


def test_what_you_wrote_down_once_for_all_letters_is_not_asked_again(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "values.yaml").write_text(
        "ways_to_reach_me: a coffee\nmy_first_name: Kim\n", encoding="utf-8"
    )
    letter = draft("rule-and-other-ways", {"first_name": "Mira"}, home=tmp_path)
    assert "You reach me best this way: a coffee." in letter.text


BARE = {"note_kind": "none", "reply_to_question": "not_asked"}
RULES = [
    rule
    for name in shipped_policies()
    for rule in load_policy(name).rules.get("invitation", ())
    if rule.letter
]


@pytest.mark.parametrize(
    ("facts", "thanks"),
    [
        (BARE, None),
        ({"note_kind": "default"}, None),
        ({"note_kind": "none", "reply_to_question": "no_reply"}, "Thank you for your invitation."),
        ({"note_kind": "none", "reply_to_question": "just_widening"}, "Thank you for writing."),
        ({"note_kind": "personal", "reply_to_question": "not_asked"}, "Thank you for writing."),
        ({}, "Thank you for your invitation."),
    ],
)
def test_nobody_is_thanked_for_writing_who_did_not_and_a_bare_press_of_a_button_owes_no_letter(facts, thanks):
    assert fits("rule-and-other-ways", facts) is (thanks is not None)
    if thanks:
        values = {"first_name": "Mira", "ways_to_reach_me": "a coffee", "my_first_name": "Kim"}
        assert thanks in draft("rule-and-other-ways", values, facts=facts).text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("reply", ["not_asked", "no_reply"])
def test_no_letter_that_a_rule_owes_speaks_of_a_note_or_an_answer_that_never_came(rule, reply):
    facts = {"note_kind": "none", "reply_to_question": reply}
    if not fits(rule.letter, facts):
        return
    values = {name: ANSWERS[name] for name in questions(rule.letter)}
    text = draft(rule.letter, values, facts=facts).text
    assert not re.search(
        r"for writing|your (note|message|answer|reply)|you (write|wrote)", text, re.IGNORECASE
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[note_kind]", "not_when is not a list of facts. Write fact: "),
        ("{note_kid: none}", "Did you mean 'note_kind'"),
        ("{note_kind: non}", "note_kind is never 'non'. Did you mean 'none'"),
    ],
)
def test_when_a_letter_is_not_offered_is_said_by_declared_facts(tmp_path, written, says):
    write_own(tmp_path, "short", f"---\nnot_when: {written}\n---\nHello.")
    with pytest.raises(LetterError, match=says):
        fits("short", BARE, home=tmp_path)


def test_a_letter_of_your_own_takes_over_when_it_is_not_offered_or_says_so_itself(tmp_path):
    write_own(tmp_path, "rule-and-other-ways", "I keep my rule.")
    assert not fits("rule-and-other-ways", BARE, home=tmp_path)
    write_own(tmp_path, "rule-and-other-ways", "---\nnot_when: {}\n---\nI keep my rule.")
    assert fits("rule-and-other-ways", BARE, home=tmp_path)


@pytest.mark.parametrize("written", ["[a, b]", "{a: b}", "", "''"])
def test_a_value_that_is_no_text_never_gets_into_a_letter(tmp_path, written):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "values.yaml").write_text(f"x: y\nmy_first_name: {written}\n", encoding="utf-8")
    with pytest.raises(LetterError, match=r"values\.yaml, line 2: my_first_name is"):
        draft("follow-up", {"first_name": "Mira", "other_name": "Tom"}, home=tmp_path)


def test_a_misspelt_value_is_refused_with_the_nearest_name():
    with pytest.raises(LetterError, match="Did you mean 'other_name'"):
        draft("follow-up", {"othername": "Tom"})


def test_a_value_that_only_other_letters_ask_for_does_no_harm():
    assert draft("follow-up", FOLLOW_UP | {"my_telephone": "0100"}).text


def test_a_letter_that_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(LetterError, match="Did you mean 'introduce'"):
        draft("introduc", {})


# What you type stays text


@pytest.mark.parametrize(
    "typed", ["<b>Mira</b>", "{{ 7 * 7 }}", "[me](http://x.example)", "*Mira*", "A & B", "C:\\"]
)
def test_markup_in_a_value_stays_as_it_was_typed(typed):
    letter = draft("follow-up", FOLLOW_UP | {"other_name": typed})
    assert f"introduced you and {typed} to each other" in letter.text


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_no_value_acts_as_markup_when_the_letter_is_shown(typed):
    shown = markdown(draft("follow-up", FOLLOW_UP | {"other_name": f"q{typed}q"}).markdown)
    assert set(re.findall(r"<(/?\w+)", shown)) <= {"p", "/p", "br"}
    assert f"you and q{typed}q to each other" in unescape(shown)


def test_a_line_end_in_a_name_does_not_reach_the_address_or_the_subject():
    letter = draft("introduce", INTRODUCTION | {"requester_name": "Tom\r\nBcc: all"})
    assert "\n" not in letter.to + letter.subject


def test_one_full_stop_ends_the_sentence_whether_you_type_it_or_not():
    with_stop = draft("not-now", {"first_name": "Mira", "when": "in May.", "my_first_name": "Kim"})
    without = draft("not-now", {"first_name": "Mira", "when": "in May", "my_first_name": "Kim"})
    assert with_stop.text == without.text


# Your own templates


def test_your_own_template_goes_before_the_shipped_one_and_keeps_its_questions(tmp_path):
    write_own(
        tmp_path, "follow-up", "Hallo {{ first_name }}, wie war es mit {{ other_name }}? {{ my_first_name }}"
    )
    letter = draft("follow-up", FOLLOW_UP, home=tmp_path)
    assert letter.text == "Hallo Mira, wie war es mit Tom Achterberg? Kim"
    assert letter.clause == "PI8"
    with pytest.raises(MissingValuesError, match="Who did you introduce this person to"):
        draft("follow-up", {"first_name": "Mira", "my_first_name": "Kim"}, home=tmp_path)


def test_a_letter_of_your_own_needs_nothing_but_its_text(tmp_path):
    write_own(tmp_path, "welcome", "Welcome, {{ first_name }}.")
    assert draft("welcome", {"first_name": "Mira"}, home=tmp_path).text == "Welcome, Mira."
    assert questions("welcome", home=tmp_path) == {"first_name": "What is first name?"}
    assert "welcome" in letter_names(tmp_path) and "welcome" not in letter_names()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ first_name", "unexpected end of template"),
        ("{% include '/etc/passwd' %}", "takes in another file"),
        ("---\nkind: refusl\n---\nNo.", "Did you mean 'refusal'"),
        ("---\nclaus: own\n---\nNo.", "Did you mean 'clause'"),
        ("---\nvalues: {name_: {question: 'Who?'}}\n---\n{{ nme_ }}", "Did you mean 'name_'"),
        ("---\nvalues: {name_: {ask: 'Who?'}}\n---\n{{ name_ }}", "has no question"),
        ("---\npeople: [nobody]\n---\nNo.", "people names 'nobody'"),
        ("---\npeople: nobody\n---\nNo.", "people names 'nobody'"),
        ("---\npeople: 3\n---\nNo.", "people names '3'"),
        ("{{ facts.met_in_persn }}", "Did you mean 'met_in_person'"),
        ("{{ ''.__class__.__mro__ }}", "access to attribute '__class__'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ first_name | loud }}", "line 1: No filter named 'loud'."),
        ("Dear {{ 'Ann' | truncate(-5) }}", "expected length >= 3"),
    ],
)
def test_a_template_that_cannot_work_is_refused_by_file_and_reason(tmp_path, text, complaint):
    write_own(tmp_path, "mine", text)
    with pytest.raises(LetterError) as caught:
        draft("mine", {}, home=tmp_path)
    assert "mine.md.j2" in str(caught.value) or "The letter asks for" in str(caught.value)
    assert complaint in str(caught.value)


SWELLING = {
    "a loop": "{% for i in range(10**9) %}x{% endfor %}",
    "loops within loops": "{% for a in 'x'*9 %}{% for b in 'x'*9 %}{{ a }}{% endfor %}{% endfor %}",
    "a loop that calls itself": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a template that takes in itself": "{% include 'mine.md.j2' %}",
    "a template that extends itself": "{% extends 'mine.md.j2' %}",
    "a text many times": "{{ 'a' * 10**9 }}",
    "a power": "{{ 9**9**9 }}",
    "a format": "{{ '%999999999d' % 1 }}",
    "a format by its method": "{{ '{:999999999}'.format(1) }}",
    "a wide line": "{{ 'a' | center(999999999) }}",
    "a text that is replaced": "{{ 'a' | replace('a', 'aa') }}",
    "a text that doubles": "{% set a = 'aa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "a block that doubles": "{% set a %}aa{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60,
    "dummy words": "{{ lipsum(n=100000) }}",
    "deep brackets": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "deep questions": "{% if x %}" * 2_000 + "{% endif %}" * 2_000,
    "a very long number": "{{ " + "9" * 6_000 + " }}",
    "a very long template": "a" * 60_000,
}


@pytest.mark.parametrize("text", SWELLING.values(), ids=SWELLING)
def test_a_template_that_would_run_for_long_or_swell_is_refused_before_it_runs(tmp_path, text):
    write_own(tmp_path, "mine", text)
    with pytest.raises(LetterError, match=r"mine\.md\.j2"):
        questions("mine", home=tmp_path)


def test_a_template_may_ask_and_choose(tmp_path):
    text = "{% if why %}{{ why | sentence }}{% elif not x is defined %}-{% else %}{{ (x or 'y') | upper }}{% endif %}"
    write_own(tmp_path, "mine", text + " {{ 'a' ~ 'b' }}{{ x[:2] if x else '' }}")
    assert draft("mine", {"why": "To learn", "x": "abc"}, home=tmp_path).text == "To learn. abab"


def test_a_folder_or_a_pipe_is_no_letter(tmp_path):
    (tmp_path / "letters" / "mine.md.j2").mkdir(parents=True)
    assert "mine" not in letter_names(tmp_path)
    with pytest.raises(LetterError, match="There is no letter 'mine'"):
        draft("mine", {}, home=tmp_path)


def test_a_template_in_another_encoding_is_told_so_and_a_byte_order_mark_changes_nothing(tmp_path):
    write_own(tmp_path, "mine", "\ufeff---\nsubject: Hello\n---\nGood day.")
    letter = draft("mine", {}, home=tmp_path)
    assert (letter.subject, letter.text) == ("Hello", "Good day.")
    (tmp_path / "letters" / "mine.md.j2").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(LetterError, match=r"mine\.md\.j2: the template is not plain text"):
        draft("mine", {}, home=tmp_path)


def test_a_name_with_a_path_in_it_reads_no_file(tmp_path):
    (tmp_path / "secret.md.j2").write_text("secret", encoding="utf-8")
    (tmp_path / "letters").mkdir()
    with pytest.raises(LetterError, match="There is no letter"):
        draft("../secret", {}, home=tmp_path)


def test_your_own_template_is_held_to_the_clauses_as_the_shipped_ones_are(tmp_path):
    write_own(tmp_path, "introduce", "Dear {{ contact_first_name }}, meet {{ requester_first_name }}.")
    found = [each.check for each in lint_template("introduce", home=tmp_path)]
    assert found == ["purpose", "backgrounds", "mutual-benefit"]


# The linter

GOOD = {
    "introduction": "The purpose: Tom wants to learn. Tom is a nurse. Mira leads. I hope you both gain.",
    "refusal": "Thank you for writing. I will leave it this time.",
    "way_on": "Thank you. Please write to Mira directly.",
    "permission": "May I ask you a favour? Tom would like to meet you.",
    "question": "Do we know each other?",
    "follow_up": "How did it go?",
    "invitation_note": "I am a nurse in Ulm. I would like to connect because we both speak in May.",
    "reply": "I am glad to be connected.",
}


@pytest.mark.parametrize(("kind", "text"), GOOD.items())
def test_a_letter_in_order_has_no_blemish(kind, text):
    assert lint(text, kind, people=["Tom", "Mira"] if kind == "introduction" else []) == ()


@pytest.mark.parametrize(
    ("kind", "left_out", "check", "clause"),
    [
        ("introduction", "The purpose: Tom wants to learn. ", "purpose", "PI5"),
        ("introduction", " Tom is a nurse.", "backgrounds", "PI6"),
        ("introduction", " I hope you both gain.", "mutual-benefit", "PI7"),
        ("refusal", "Thank you for writing. ", "thanks-or-wishes", "KP5"),
        ("way_on", " Please write to Mira directly.", "way-on", "PV6"),
        ("permission", "May I ask you a favour? ", "asks, as-a-favour", "KP3, PI2"),
        ("invitation_note", "I am a nurse in Ulm. ", "who", "KP7"),
        ("invitation_note", " I would like to connect because we both speak in May.", "why", "KP7"),
    ],
)
def test_the_linter_names_what_is_left_out_and_its_clause(kind, left_out, check, clause):
    text = GOOD[kind].replace(left_out, "")
    people = ["Tom", "Mira"] if kind == "introduction" else []
    found = lint(text, kind, people=people)
    assert ", ".join(each.check for each in found) == check
    assert ", ".join(each.clause for each in found) == clause


@pytest.mark.parametrize(
    ("text", "amiss"),
    [
        ("The purpose: a talk. Tom is a nurse. I hope you both gain.", ["backgrounds"]),
        (
            "I hope you both gain. The purpose: a talk.\n\nTom is a nurse.\n\nMira leads a ward.\n\nYours",
            ["mutual-benefit"],
        ),
    ],
)
def test_an_introduction_without_names_needs_two_backgrounds_and_its_hope_at_the_end(text, amiss):
    assert [each.check for each in lint(text, "introduction")] == amiss


@pytest.mark.parametrize(
    "text",
    [
        "Thank you. Stop writing to me.",
        "Thanks, but this is SPAM.",
        "Thank you!! No.",
        "THANK YOU NO",
        "Danke, aber das ist Zeitverschwendung.",
        "Merci, laissez-moi tranquille.",
        "Gracias, déjeme en paz.",
        "Bedankt, laat me met rust.",
    ],
)
def test_what_you_would_not_say_in_person_is_found_in_five_languages(text):
    assert "KP5" in {each.clause for each in lint(text, "refusal")}


@pytest.mark.parametrize(
    "text",
    [
        "Thank you. The NHS and the WHO have helped us, and I wish you success.",
        "Danke! Ich wünsche Ihnen alles Gute.",
        "Thank you, Dominic. Good luck in Spamburg-on-Sea!"[:24],
    ],
)
def test_ordinary_words_are_not_taken_for_rude_ones(text):
    assert lint(text, "refusal") == ()


def test_a_note_of_300_characters_fits_and_one_of_301_does_not():
    note = "I am a nurse and would like to connect because "
    assert lint(note + "x" * (300 - len(note)), "invitation_note") == ()
    found = lint(note + "x" * (301 - len(note)), "invitation_note")
    assert [(each.check, each.clause) for each in found] == [("fits-the-platform", "KP7")]


def test_the_hope_for_both_must_stand_at_the_end():
    early = "I hope you both gain.\n\nThe purpose is a talk.\n\nTom is a nurse.\n\nMira runs a clinic.\n\nKim"
    assert "mutual-benefit" in {each.check for each in lint(early, "introduction")}


def test_an_unknown_kind_of_letter_is_refused():
    with pytest.raises(LetterError, match="Did you mean 'refusal'"):
        lint("No.", "refusl")
