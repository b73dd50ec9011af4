"""The vocabulary: levels mean what they say, unknown is not no, and some things are never facts."""

import pandas as pd
import pytest

from netkit.errors import FactError
from netkit.facts import FORBIDDEN, KINDS, Fact, vocabulary
from netkit.plain_yaml import parse_yaml

INVITATION = vocabulary("invitation")


def test_yes_in_a_fact_file_is_the_word_yes():
    assert INVITATION["met_in_person"].levels == ("yes", "no")


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_says_what_it_asks_and_where_it_comes_from(kind):
    for fact in vocabulary(kind).values():
        assert fact.question.endswith("?"), fact.name
        assert fact.is_number or len(fact.levels) >= 2, fact.name
        assert 0 <= fact.effort <= 9, fact.name
        assert fact.knowable != "afterwards", fact.name
        assert fact.clauses, fact.name


@pytest.mark.parametrize("kind", ["invitation", "introduction"])
def test_whoever_asks_is_asked_or_told_of_every_fact_in_words_of_his_own(kind):
    for fact in vocabulary(kind).values():
        assert fact.ask_asker.endswith("?") != fact.tell_asker.startswith(("whether", "what", "how")), (
            fact.name
        )
        named = {"yes", "no"} == set(fact.levels) or set(fact.asker_says) == set(fact.levels)
        assert fact.is_number or named or fact.tell_asker, fact.name


@pytest.mark.parametrize("kind", KINDS)
def test_no_fact_about_a_sender_speaks_of_name_photograph_gender_origin_or_age(kind):
    for name in vocabulary(kind):
        words = set(name.split("_"))
        # One's own photograph is one's own business (asking); a sender's never is. `looks_fake` is of words.
        assert not words & set(FORBIDDEN) or name in ("my_profile_photo", "looks_fake"), name


@pytest.mark.parametrize("name", ["gender", "sender_age", "has_photo", "country_of_origin", "first_name"])
def test_a_user_cannot_declare_what_is_never_a_fact(name):
    with pytest.raises(FactError, match="never a fact about a sender"):
        INVITATION.extended([Fact(name, "Is it?", ("yes", "no"))])


@pytest.mark.parametrize("question", ["Is it a woman?", "How young is the sender?", "Which nationality?"])
def test_an_innocent_name_does_not_hide_such_a_question(question):
    with pytest.raises(FactError, match="never a fact about a sender"):
        INVITATION.extended([Fact("segment", question, ("yes", "no"))])


def test_whoever_asks_is_not_asked_such_a_question_either():
    with pytest.raises(FactError, match="never a fact about a sender"):
        INVITATION.extended([Fact("mine", "Is it mine?", ("yes", "no"), ask_asker="How young are you?")])


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(FactError, match="declared already"):
        INVITATION.extended([Fact("note_kind", "Is it?", ("yes", "no"))])


@pytest.mark.parametrize(
    ("typed", "value"), [("Yes", "yes"), (" no ", "no"), ("unknown", None), ("", None), (None, None)]
)
def test_what_a_person_types_is_read_as_a_level(typed, value):
    assert INVITATION["met_in_person"].parse(typed) == value


def test_an_undeclared_level_is_an_error_not_unknown():
    with pytest.raises(FactError, match="met_in_person cannot be 'maybe'. Use yes, no or unknown"):
        INVITATION["met_in_person"].parse("maybe")


@pytest.mark.parametrize("typed", ["-1", "2.5", "many", "inf", "1e30", str(2**63)])
def test_a_number_is_whole_not_negative_and_fits_into_a_column(typed):
    with pytest.raises(FactError, match="a whole number from 0"):
        INVITATION["note_words"].parse(typed)


def test_a_frame_is_conformed_with_unknown_kept_missing():
    rows = pd.DataFrame(
        {"request": ["a", "b"], "met_in_person": ["YES", "unknown"], "note_words": ["3", None]}
    )
    clean = INVITATION.conform(rows)
    assert list(clean.columns) == ["request", *INVITATION]
    assert clean["met_in_person"].tolist()[0] == "yes"
    assert clean["met_in_person"].isna().tolist() == [False, True]
    assert clean["note_words"].tolist()[0] == 3
    assert clean["recognised"].isna().all()


def test_an_undeclared_column_is_refused_with_the_nearest_name():
    with pytest.raises(FactError, match="Did you mean 'met_in_person'"):
        INVITATION.conform(pd.DataFrame({"request": ["a"], "met_in_persn": ["yes"]}))


def test_a_number_falls_into_its_bands():
    words = INVITATION["note_words"]
    assert words.banded(pd.Series([0, 1, 14, 15, 400])).tolist() == ["0", "1-14", "1-14", "15+", "15+"]
    assert words.banded(pd.Series([None, 2], dtype="Int64")).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("odd: {question: 'Is it?', levels: [yes]}", "two or more different levels"),
        ("odd: {question: 'Is it?', levels: [yes, unknown]}", "'unknown' by itself"),
        ("odd: {question: 'Is it?'}", "either levels or number"),
        ("odd: {question: 'Is it?', levels: [yes, no], efort: 1}", "Did you mean 'effort'"),
        ("odd: {question: 'Is it?', levels: [yes, no], from: hearsay}", "'hearsay'"),
        (
            "odd: {question: 'Is it?', levels: [yes, no], asker_says: {perhaps: Well}}",
            "Write a text for the levels",
        ),
        ("odd: yes", "has no fields"),
    ],
)
def test_a_wrongly_declared_fact_is_refused_with_its_line(text, message):
    from netkit.facts import parse_facts

    with pytest.raises(FactError, match=message) as refused:
        parse_facts(parse_yaml(text, name="own.yaml"), name="own.yaml")
    assert "own.yaml, line 1" in str(refused.value)
