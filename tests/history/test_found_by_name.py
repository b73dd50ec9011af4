"""Whom or which request somebody means, by a key, its beginning, a name or an address."""

import pytest
from invented_export import connection, export, invitation

from netkit.errors import CandidatesError, LedgerError
from netkit.history.found_by_name import find_known, find_person, find_request
from netkit.history.same_people import SamePeople
from netkit.ledger import open_ledger

PEOPLE = {
    "Ana Example": "ana-example",
    "Anabel Stone": "anabel",
    "Jörg Müller": "jörg-müller",
    "Ada Fox": "ada",
}


@pytest.fixture
def ledger(tmp_path):
    """Four people have asked, one of them twice; a fifth is connected; Gus asks to meet Jörg."""
    asked = [
        invitation(name, f"2024-02-0{day}T12:00:00+00:00", slug=slug)
        for day, (name, slug) in enumerate(PEOPLE.items(), 1)
    ]
    again = invitation("Ada Fox", "2024-02-20T12:00:00+00:00", slug="ada")
    with open_ledger(tmp_path / "home") as opened:
        linked = connection("Zoe Ferry", "2024-02-03", slug="zoe")
        opened.import_export(export("2024-03-01", invitations=[*asked, again], connections=[linked]))
        opened.introductions.add(
            "Gus Other",
            "Jörg Müller",
            asked_at="2024-02-25",
            purpose_text="a talk",
            channel="email",
            source="t",
        )
        yield opened


def keys(ledger):
    sent = ledger.invitations.to_frame().drop_duplicates("name", keep="first")
    return dict(zip(sent["name"], sent["request"], strict=True))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Ana Example", "Ana Example"),
        ("ana  EXAMPLE", "Ana Example"),
        ("example", "Ana Example"),
        ("Anabel", "Anabel Stone"),
        ("stone anabel", "Anabel Stone"),
        ("https://www.linkedin.com/in/ana-example/?x=1", "Ana Example"),
        ("in:anabel", "Anabel Stone"),
    ],
)
def test_a_name_a_word_of_it_or_an_address_finds_the_request(ledger, words, name):
    assert find_request(ledger, words) == keys(ledger)[name]


@pytest.mark.parametrize("cut", [7, 8, 11, 12])
@pytest.mark.parametrize("bare", [True, False])
def test_the_beginning_of_a_key_is_enough_with_or_without_its_first_letters(ledger, cut, bare):
    key = keys(ledger)["Anabel Stone"]
    words = key[4:cut] if bare else key[:cut]
    assert find_request(ledger, words.upper()) == key


@pytest.mark.parametrize("words", ["inv-", "ana", "Ada Fox", "jorg"])
def test_where_several_fit_the_message_has_their_keys_and_the_screen_their_names(ledger, words):
    with pytest.raises(CandidatesError, match=rf"requests fit '{words}': in\w+-\w+, in") as refused:
        find_request(ledger, words)
    assert not any(name in str(refused.value).replace(words, "") for name in PEOPLE)
    first, *candidates = refused.value.listed.splitlines()
    assert first.endswith(f"fit '{words}'. Give one of these keys:")
    assert len(candidates) == int(first.split()[0])
    assert all(" Feb 2024" in each and any(name in each for name in PEOPLE) for each in candidates)


def test_the_kind_of_request_tells_a_name_that_stands_in_both_apart(ledger):
    (introduction,) = ledger.introductions.to_frame()["request"]
    assert find_request(ledger, "jörg", "introduction") == introduction
    assert find_request(ledger, "jörg", "invitation") == keys(ledger)["Jörg Müller"]
    assert find_request(ledger, "Gus") == introduction


def test_nobody_fits_and_it_is_said_and_an_unknown_key_is_left_to_whoever_is_told_it(ledger):
    with pytest.raises(LedgerError, match=r"does not know a request of 'Quentin'\. Take a key or a name"):
        find_request(ledger, "Quentin")
    assert find_request(ledger, " inv-nowhere ") == "inv-nowhere"


def test_a_connection_and_whoever_you_invited_are_found_as_people_and_as_no_request(ledger):
    with pytest.raises(LedgerError):
        find_request(ledger, "Zoe Ferry")
    assert find_known(ledger, "zoe").person == "in:zoe"


def test_somebody_who_asked_twice_is_one_person_and_a_key_finds_the_person(ledger):
    ada = find_known(ledger, "Ada Fox")
    assert (ada.person, ada.name, ada.request) == ("in:ada", "Ada Fox", "")
    ana = find_known(ledger, keys(ledger)["Ana Example"])
    assert (ana.person, ana.request) == ("in:ana-example", keys(ledger)["Ana Example"])


def test_the_beginning_of_a_key_that_is_a_name_too_is_never_taken_for_either(ledger):
    key = keys(ledger)["Anabel Stone"]
    ledger.invitations.add(key[4:8], sent_at="2024-02-21", source="t")
    with pytest.raises(CandidatesError, match="2 people fit"):
        find_known(ledger, key[4:8])


def test_an_empty_name_fits_nobody(ledger):
    assert find_known(ledger, " ") is None
    with pytest.raises(LedgerError):
        find_request(ledger, "")


def test_somebody_new_is_taken_by_a_whole_name_and_a_word_means_whom_the_ledger_knows(ledger):
    assert find_person(ledger, "Anabel New") == ("name:anabel new", "Anabel New")
    assert find_person(ledger, "anabel") == ("in:anabel", "Anabel Stone")
    assert find_person(ledger, keys(ledger)["Ana Example"][:9])[0] == "in:ana-example"
    assert find_person(ledger, "name:ada fox") == ("in:ada", "Ada Fox")
    with pytest.raises(CandidatesError, match="in:ana-example, in:anabel"):
        find_person(ledger, "ana")


def test_who_is_who_is_learned_once_in_a_snapshot_and_anew_after_it(tmp_path):
    with open_ledger(tmp_path) as ledger:
        with ledger.snapshot():
            assert SamePeople.of(ledger) is SamePeople.of(ledger)
        before = SamePeople.of(ledger)
        ledger.invitations.add("Ada Love", url="/in/ada-l", sent_at="2024-03-01", source="test")
        assert (before.key("name:ada love"), SamePeople.of(ledger).key("name:ada love")) == (
            "name:ada love", "in:ada-l",
        )  # fmt: skip


def test_who_is_who_is_learned_once_too_where_it_was_just_written(tmp_path):
    with open_ledger(tmp_path) as ledger, ledger.trial():
        ledger.invitations.add("Ada Love", url="/in/ada-l", sent_at="2024-03-01", source="test")
        with ledger.snapshot():
            known = SamePeople.of(ledger)
            assert known is SamePeople.of(ledger) and known.key("name:ada love") == "in:ada-l"
            with ledger.snapshot():
                assert SamePeople.of(ledger) is known
            assert SamePeople.of(ledger) is known
            with pytest.raises(AssertionError, match="a snapshot is for reading"):
                ledger.invitations.add("Bo Kern", sent_at="2024-03-01", source="test")
        assert SamePeople.of(ledger) is not known


@pytest.mark.parametrize("find", [find_known, find_request])
def test_a_name_that_only_begins_like_one_is_asked_about(ledger, find):
    with pytest.raises(CandidatesError, match="Nobody is called 'Ana Exam'"):
        find(ledger, "Ana Exam")
    assert find(ledger, "Example Ana")


def test_a_part_of_a_word_may_show_somebody_but_names_no_request(ledger):
    assert find_known(ledger, "exam").name == "Ana Example"
    with pytest.raises(CandidatesError, match="Nobody is called 'exam'"):
        find_request(ledger, "exam")


@pytest.mark.parametrize(
    "words", ["sollo", "Sollo Akerver", "Akerver, Sollo", "Åkerver, Søllo", "søllo akerver phd"]
)
def test_a_plain_keyboard_and_the_order_of_a_card_file_find_a_name_with_a_title(ledger, words):
    request = ledger.invitations.add("Søllo Åkerver, PhD", sent_at="2024-02-21", source="t")
    assert find_request(ledger, words) == request
    assert find_known(ledger, words).name == "Søllo Åkerver, PhD"


@pytest.mark.parametrize("words", ["luczak", "strasse", "đorđe", "dorde"])
def test_letters_that_nothing_decomposes_are_found_without_their_strokes(ledger, words):
    ledger.invitations.add("Đorđe Łuczak Straße", sent_at="2024-02-21", source="t")
    assert find_known(ledger, words).name == "Đorđe Łuczak Straße"


def test_signs_alone_find_who_bears_them_and_not_everybody(ledger):
    ledger.invitations.add("Cy Dorn ✦", sent_at="2024-02-21", source="t")
    assert find_known(ledger, "✦").name == "Cy Dorn ✦"
    assert find_known(ledger, "🙂") is None and find_known(ledger, ",") is None


def test_the_beginning_of_several_keys_offers_the_keys(ledger):
    with pytest.raises(CandidatesError) as refused:
        find_known(ledger, "inv-")
    assert refused.value.listed.startswith("5 requests fit 'inv-'. Give one of these keys:\n  inv-")
