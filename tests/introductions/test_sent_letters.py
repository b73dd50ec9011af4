"""Letters once sent: kept under their purpose, found again, and a new one begun from what worked."""

import pytest
from invented_introductions import asked, made, march

from netkit.errors import LedgerError
from netkit.introductions import first_name, keep_letter, past_letters, read_life, reuse_letter

NOTE = "Dear Mira, may I introduce Tom Achterberg to you? Tom is a nurse. Tomorrow will do. Mira Solberg, thank you."


def sent(ledger, request, text=NOTE, template="ask-permission", day=5):
    return keep_letter(ledger, request, template, text, on=march(day))


def test_a_letter_is_kept_under_what_it_was_for(ledger):
    sent(ledger, asked(ledger, march(1), purpose="information"))
    (row,) = past_letters(ledger)
    assert (row["purpose"], row["on"], row["template"]) == (
        "information: a question", march(5), "ask-permission",
    )  # fmt: skip
    assert (row["requester_name"], row["contact_name"]) == ("Tom Achterberg", "Mira Solberg")


def test_letters_that_worked_come_first_and_then_the_newest(ledger):
    numbers = {}
    for day, outcome in ((1, "no_show"), (2, "useful"), (3, None)):
        request = asked(ledger, march(day))
        made(ledger, request, march(day), outcome)
        numbers[outcome] = sent(ledger, request)
    found = past_letters(ledger)
    assert [one["number"] for one in found] == [numbers["useful"], numbers[None], numbers["no_show"]]
    assert [one["worked"] for one in found] == [True, False, False]
    assert [one["number"] for one in past_letters(ledger, worked=True)] == [numbers["useful"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 2), ("WORK", 1), ("nurse", 2), ("nurse sven", 1), ("nurse nowhere", 0), ("information", 1)],
)
def test_letters_are_found_by_all_of_the_words_in_purpose_names_or_text(ledger, words, found):
    sent(ledger, asked(ledger, march(1), purpose="information"))
    sent(ledger, asked(ledger, march(2), contact="Sven Holm", purpose="work"))
    assert len(past_letters(ledger, words)) == found


def test_letters_are_found_by_their_template(ledger):
    request = asked(ledger, march(1))
    sent(ledger, request)
    sent(ledger, request, template="introduce")
    assert [one["template"] for one in past_letters(ledger, template="introduce")] == ["introduce"]


def test_a_letter_about_no_request_is_found_too(ledger):
    ledger.letters.add("follow-up", "How did it go?", at=march(1), source="test")
    assert [one["template"] for one in past_letters(ledger, "go")] == ["follow-up"]
    life = read_life(ledger, asked(ledger, march(2)))
    assert reuse_letter(ledger, 1, life).text == "How did it go?"


def test_a_new_letter_begins_with_the_names_exchanged_and_words_left_alone(ledger):
    number = sent(ledger, asked(ledger, march(1)))
    life = read_life(ledger, asked(ledger, march(2), "Lea Brandt", "Dr. Sven Holm"))
    begun = reuse_letter(ledger, number, life)
    assert begun.text == (
        "Dear Sven, may I introduce Lea Brandt to you? Lea is a nurse. Tomorrow will do. Dr. Sven Holm, thank you."
    )
    assert any("it is now 'a question'" in each for each in begun.check)


def test_names_are_exchanged_at_once_and_not_one_after_the_other(ledger):
    number = sent(ledger, asked(ledger, march(1)), "Tom and Mira")
    life = read_life(ledger, asked(ledger, march(2), "Mira Solberg", "Tom Achterberg"))
    assert reuse_letter(ledger, number, life).text == "Mira and Tom"


def test_two_who_are_called_alike_are_left_to_you(ledger):
    number = sent(ledger, asked(ledger, march(1), "Mira Brandt"), "Mira Brandt, Mira Solberg, Mira")
    life = read_life(ledger, asked(ledger, march(2), "Lea Brandt", "Sven Holm"))
    begun = reuse_letter(ledger, number, life)
    assert begun.text == "Lea Brandt, Sven Holm, Mira"
    assert any("every Mira" in each for each in begun.check)


def test_a_letter_that_is_not_there_cannot_be_begun_from(ledger):
    life = read_life(ledger, asked(ledger, march(1)))
    with pytest.raises(LedgerError, match="Keep a letter first"):
        reuse_letter(ledger, 3, life)


@pytest.mark.parametrize(
    ("name", "first"), [("Mira Solberg", "Mira"), ("Prof. Dr. Mira Solberg", "Mira"), ("M.", "M.")]
)
def test_a_first_name_is_the_first_word_that_is_no_abbreviation(name, first):
    assert first_name(name) == first
