"""Letters in the asker's language: complete, mannerly, and chosen only where the note's language is clear."""

import pytest

from netkit.errors import LetterError
from netkit.letters import draft, letter_names, lint_template, questions, version_for, versions
from netkit.letters.letter_templates import read_template
from netkit.notes import note_language
from tests.letters.test_letters import ANSWERS

LANGUAGES = ("de", "es", "fr", "it", "nl", "pt")
TRANSLATED = (
    "accept-opener", "ask-permission", "decline-kindly", "do-we-know-each-other", "introduce",
    "not-now", "please-call-me", "what-do-you-hope-for",
)  # fmt: skip
EACH = [(name, language) for name in TRANSLATED for language in LANGUAGES]
FACTS = ({}, {"note_recalls_meeting": "yes", "note_says_why": "yes"}, {"wrote_before": "yes", "reply_to_question": "knows_me"})  # fmt: skip
NOTES = {
    "de": [
        "Guten Tag Kim, ich bin Redakteurin bei einem Verlag in Ulm und würde gern mit Ihnen über Ihr Buch reden.",
        "Wir haben uns auf der Messe in Kiel getroffen, und ich wollte mich bei dir für den Rat bedanken.",
    ],
    "es": [
        "Hola Kim, soy editora en una revista de Cádiz y me gustaría hablar contigo sobre tu charla.",
        "Nos conocimos en la feria de Vigo; te escribo para preguntar por el curso que diste con mi equipo.",
    ],
    "fr": [
        "Bonjour Kim, je suis rédactrice dans une revue de Nantes et je voudrais parler avec vous de votre livre.",
        "Nous avons travaillé sur le pont de Brest ; je serais ravi de vous revoir pour en parler.",
    ],
    "it": [
        "Buongiorno Kim, sono una redattrice di Trieste e mi piacerebbe parlare con lei del suo libro.",
        "Ci siamo visti alla fiera di Bari, dove ho seguito la sua lezione e il lavoro con le scuole.",
    ],
    "nl": [
        "Beste Kim, ik ben redacteur bij een uitgeverij in Gent en wil graag met je praten over het boek.",
        "We hebben elkaar op de beurs in Breda gezien en ik zou graag van u horen hoe het met het project gaat.",
    ],
    "pt": [
        "Olá Kim, sou editora em uma revista do Porto e gostaria de conversar com você sobre o seu livro.",
        "Estivemos na feira de Faro; escrevo para perguntar sobre o curso que você deu no ano passado.",
    ],
}


def test_the_letters_people_send_most_are_there_in_six_languages():
    assert {name: versions(name) for name in letter_names() if versions(name)} == dict.fromkeys(
        TRANSLATED, LANGUAGES
    )


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_version_asks_for_the_same_values_uses_each_of_them_and_has_no_blemish(name, language):
    english, version = read_template(name), read_template(name, language=language)
    assert list(version.values) == list(english.values)
    assert (version.clauses, version.kind, version.people) == (english.clauses, english.kind, english.people)
    assert version.subject != english.subject or not version.subject
    assert lint_template(name, language=language) == ()
    marked = {value: f"q{place}q" for place, value in enumerate(english.values)}
    for facts in FACTS:
        letter, meant = draft(name, marked, facts=facts, language=language), draft(name, marked, facts=facts)
        assert {mark for mark in marked.values() if mark in letter.text} == {
            mark for mark in marked.values() if mark in meant.text
        }
        assert letter.english == meant.text != letter.text
        assert not meant.english


@pytest.mark.parametrize(("name", "language"), EACH)
def test_what_you_write_in_a_language_is_asked_for_with_an_example_in_it(name, language):
    english, version = read_template(name), read_template(name, language=language)
    for value in version.values.values():
        translated = value.example != english.values[value.name].example
        assert ("Write it in" in value.question) == translated
        if not translated:
            assert value.name.endswith("_name") or value.name == "my_telephone"


@pytest.mark.parametrize(
    ("language", "note"), [(code, note) for code, notes in NOTES.items() for note in notes]
)
def test_the_letter_answers_in_the_language_of_the_note(language, note):
    assert note_language(note) == language
    assert version_for("decline-kindly", note) == language
    assert version_for("follow-up", note) == "en"  # of which there is no other version


@pytest.mark.parametrize(
    "note",
    [
        "",
        "Hola!",
        "Danke",
        "Ciao Kim, a presto",
        "Beste Kim",
        "Hello Kim, I am an editor in Ulm and would like to ask you about your book.",
        "Hola Kim, soy de Cádiz y me gustaría hablar contigo. I am an editor and would like to ask you about it.",
        "Guten Tag, ich bin in Ulm und bei uns; je suis dans une revue et je voudrais vous voir avec nous.",
    ],
)
def test_a_short_or_mixed_note_is_answered_in_english(note):
    assert version_for("decline-kindly", note) == "en"


def test_the_platforms_own_sentence_tells_the_language_though_it_is_short():
    assert note_language("Me gustaría añadirte a mi red profesional en LinkedIn") == "es"


def test_a_language_without_a_version_is_refused_with_those_there_are():
    with pytest.raises(LetterError, match="Take one of en, de, es, fr, it, nl, pt"):
        draft("introduce", ANSWERS, language="pl")
    with pytest.raises(LetterError, match="Take one of en"):
        draft("introduce", ANSWERS, language="../de")


def test_a_letter_of_your_own_stays_as_you_wrote_it_until_you_write_the_version_too(tmp_path):
    note, folder = NOTES["de"][0], tmp_path / "letters"
    (folder / "de").mkdir(parents=True)
    assert version_for("decline-kindly", note, tmp_path) == "de"
    (folder / "decline-kindly.md.j2").write_text("No, {{ first_name }}, thank you.", encoding="utf-8")
    assert version_for("decline-kindly", note, tmp_path) == "en"
    (folder / "de" / "decline-kindly.md.j2").write_text("Nein, {{ first_name }}, danke.", encoding="utf-8")
    assert version_for("decline-kindly", note, tmp_path) == "de"
    told = {value: ANSWERS[value] for value in questions("decline-kindly", home=tmp_path)}
    letter = draft("decline-kindly", told, home=tmp_path, language="de")
    assert (letter.text, letter.english) == ("Nein, Mira, danke.", "No, Mira, thank you.")


def test_an_example_for_a_value_that_there_is_not_is_refused(tmp_path):
    (tmp_path / "letters" / "de").mkdir(parents=True)
    text = "---\nexamples: {openr: Hallo}\n---\n{{ opener }}"
    (tmp_path / "letters" / "de" / "accept-opener.md.j2").write_text(text, encoding="utf-8")
    with pytest.raises(LetterError, match="Did you mean 'opener'"):
        read_template("accept-opener", home=tmp_path, language="de")


@pytest.mark.parametrize("rude", ["Grazie, mi lasci in pace.", "Agradeço, mas deixe-me em paz."])
def test_what_you_would_not_say_in_person_is_found_in_italian_and_portuguese_too(rude, tmp_path):
    (tmp_path / "letters" / "it").mkdir(parents=True)
    (tmp_path / "letters" / "it" / "decline-kindly.md.j2").write_text(rude, encoding="utf-8")
    assert [each.clause for each in lint_template("decline-kindly", home=tmp_path, language="it")] == ["KP5"]
