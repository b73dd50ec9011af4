"""A person is found however people spell the name, and nobody else's words are taken."""

import time

import pytest

from netkit.name_spellings import Spellings, name_orders, name_words, who_is_named

GONE = Spellings.gone


@pytest.mark.parametrize(
    "spelled",
    [
        "Anna Pesadufi", "ANNA PESADUFI", "anna pesadufi", "Pesadufi Anna", "pesadufi anna", "Pesadufi, Anna",
        "PESADUFI ,ANNA", "A. Pesadufi", "A.Pesadufi", "A Pesadufi", "a. pesadufi", "Pesadufi, A.", "Pesadufi A.",
        "Anna P.", "Anna M. Pesadufi", "Anna M Pesadufi", "Anna Maria Pesadufi", "Anna Maria Luisa Pesadufi",
        "Anna de Pesadufi", "A. M. Pesadufi", "A.M. Pesadufi", "Pesadufi, Anna M.", "Anna-Pesadufi", "Anna_Pesadufi",
        "Anna.Pesadufi", "AnnaPesadufi", "PesadufiAnna", "annapesadufi", "annapesadufi84", "pesadufi-anna",
        "anna_m_pesadufi", "a_pesadufi", "a-pesadufi", "a.pesadufi", "pesadufi_a", "anna.pesadufi@firm.example",
        "Anna.Pesadufi+news@firm.example", "annapesadufi@firm.example", "apesadufi@firm.example",
        "a.pesadufi@firm.example", "pesadufi.anna@firm.example", "pesadufia@firm.example", "anna.p@firm.example",
        "pesadufi@firm.example", "anna@pesadufi.example", "anna_pesadufi_1984@firm.example", "Ánna Pesádufi",
        "Anna\nPesadufi", "Anna \u200ePesa\u00addufi", "Anna\u00a0\u00a0Pesadufi", 'Anna "Nan" Pesadufi',
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_found(spelled):
    person = Spellings(["anna pesadufi"], ["anna-p-77"], ["bo kern", "ada love"])
    texts = ["", f"Ask {spelled} first.", "Ask a letter."]
    assert list(who_is_named(["bo kern", "anna pesadufi"], texts)) == [("anna pesadufi", 1)]
    for text in ("Ask {} first.", "{}, of course", "({})", "I know {} and Bo Kern"):
        blotted = person.blotted(text.format(spelled))
        assert GONE in blotted
        left = blotted.replace("Nan", "").casefold()
        assert "pesa" not in left and "dufi" not in left and "anna" not in left, blotted
        assert blotted.startswith(text.partition("{}")[0])
        assert blotted.endswith(text.partition("{}")[2])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("@annapesadufi, @Anna_Pesadufi and @apesadufi", f"@{GONE}, @{GONE} and @{GONE}"),
        ("https://site.example/anna-pesadufi/", f"https://site.example/{GONE}/"),
        ("linkedin.com/in/anna-p-77, in:anna-p-77", f"linkedin.com/{GONE}, {GONE}"),
        ("linkedin.com/in/anna-pesadufi-3", "linkedin.com/in/anna-pesadufi-3"),
        ("Anna Pesadufi, Anna Pesadufi", f"{GONE}, {GONE}"),
        ("Mail (anna.pesadufi@firm.example).", f"Mail ({GONE})."),
        ("Dr. Anna Pesadufi's plan", f"Dr. {GONE}'s plan"),
    ],
)
def test_of_an_address_as_much_goes_as_names_the_person(text, after):
    assert Spellings(["anna pesadufi"], ["anna-p-77"]).blotted(text) == after


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Anna Pesadufi", "Anna knows the Pesadufi family, Anna and Pesadufi Ltd, Annas Pesadufis"),
        ("Anna Pesadufi", "Hannah Pesadufi and Anna Pesadufin, Joanna Pesadufi, B. Pesadufi"),
        ("An Li", "Jan Lindgren and Ann Lind; Lian; Anli Berg; Li, Anton"),
        ("Anna May", "A may day; in may a. may be; Vitamin A May help"[:24]),
        ("Will Power", "He has willpower; the power will do"),
        ("Rose Mary", "rosemary and thyme"),
        ("Amy Ward", "an award for the ward amy"),
        ("Lena Ambert", "Monsieur Lambert"),
        ("Mark Hope", "I hope Mark comes; I hope mark comes"),
        ("Kim", "Kim knows Kim; kim@firm.example"),
        ("Bo Kern", "the bo kernel, Bo's kern, bo and kern"),
    ],
)
def test_other_words_are_left(name, text):
    assert Spellings([name.casefold()]).blotted(text) == text


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("andreas pesadufi", "A. Pesadufi; Pesadufi, A.; apesadufi@firm.example; @apesadufi"),
        ("anna polter", "Anna P.; anna.p@firm.example"),
        ("anna maria pesadufi", "Anna Maria Pesadufi"),
        ("anna pesadufi kern", "Anna Pesadufi Kern, and ANNA PESADUFI-KERN"),
        ("bo pesadufi", "Bo Pesadufi Annals; pesadufi@firm.example"),
    ],
)
def test_what_may_mean_somebody_else_is_left_and_told(other, text):
    person = Spellings(["anna pesadufi"], [], [other])
    assert person.blotted(text) == text
    assert person.leaves(text)
    assert person.blotted(f"{text} Anna Pesadufi") == f"{text} {GONE}"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("josé groß", ["Jose\u0301 GROSS", "José Groß", "Jose Gross", "j.gross@firm.example"]),
        ("jörg müller", ["Joerg Mueller", "Jorg Muller", "JÖRG MÜLLER", "joerg.mueller@firm.example", "J. Mueller"]),
        ("joerg mueller", ["Jörg Müller", "Müller, Jörg"]),
        ("søren ærø", ["Soren Aero", "Soeren Ærø", "SØREN ÆRØ"]),
        ("anne-marie de la cruz", ["Anne Marie de la Cruz", "de la Cruz, Anne-Marie", "A. de la Cruz", "annemarie.delacruz@x.example", "Anne Cruz"]),
        ("dr. ada o'neil, phd", ["Ada O'Neil", "O’Neil, Ada", "A. O'Neil", "adaoneil@firm.example"]),
        ("山田太郎", ["昨日、山田太郎さんと話した"]),
        ("山田 太郎", ["山田太郎", "太郎山田", "山田・太郎"]),
        ("دينا حداد", ["دينا حداد", "حداد دينا", "ودينا حداد"]),
        ("иван петров", ["Иван Петров", "Петров, Иван", "И. Петров", "ПЕТРОВ ИВАН"]),
        ("γιώργος παππάς", ["Γιώργος Παππάς", "ΠΑΠΠΑΣ ΓΙΩΡΓΟΣ"]),
    ],
)  # fmt: skip
def test_names_of_all_scripts_are_found_with_and_without_their_accents(name, spelled):
    person = Spellings([name])
    assert list(who_is_named([name], spelled)) == [(name, place) for place in range(len(spelled))]
    for text in spelled:
        assert person.finds(text), text
        assert not person.leaves(person.blotted(text)), person.blotted(text)


@pytest.mark.parametrize(
    "text",
    ["anna" + " " * 200_000, "anna " * 40_000, "a" * 200_000, "anna." * 40_000 + "@", "@" * 100_000,
     "anna a. " * 30_000, "pesadufi," * 30_000, "anna@" * 40_000, "\u0301" * 100_000 + "anna"],
)  # fmt: skip
def test_a_hostile_text_takes_no_time(text):
    start = time.process_time()
    Spellings(["anna pesadufi", "anna maria pesadufi"], ["anna-p-7"], ["anna polter"]).blotted(text)
    assert time.process_time() - start < 5


def test_a_blotted_text_is_blotted_no_further():
    text = "Pesadufi, Anna (anna.pesadufi@firm.example), A. Pesadufi, @annap"
    person = Spellings(["anna pesadufi"])
    assert person.blotted(person.blotted(text)) == person.blotted(text)


def test_titles_and_what_is_said_aside_are_no_words_of_a_name():
    assert name_words("Prof. Dr. Ada Love (she), PhD") == ["ada", "love"]
    assert name_words("Love, Ada") == ["love", "ada"]
    assert name_orders(["ada", "love"]) == [["ada", "love"], ["love", "ada"]]


def test_thousands_of_names_of_ordinary_words_cost_a_text_no_minutes():
    words = [
        f"{one}{other}" for one in ("wor", "lin", "sto", "gar") for other in ("d", "den", "ne", "ry", "k")
    ]
    texts = [f"I answer the {' '.join(words)} and a letter, whoever asks." for _ in range(20)]
    names = [f"{words[at % 20]} {' '.join(words * 2)} {at} X" for at in range(2000)]
    begun = time.process_time()
    assert not list(who_is_named(names, texts))
    assert list(who_is_named(["Worden Zy"], [*texts, "Zy, Worden", "zy_worden7"])) == [
        ("Worden Zy", 20),
        ("Worden Zy", 21),
    ]
    assert time.process_time() - begun < 4


def test_names_of_fifty_words_that_many_share_cost_no_minutes():
    shared, begun = "Long " * 50, time.process_time()
    spellings = Spellings([f"{shared}Private"], (), [f"{shared}Other{number}" for number in range(400)])
    assert (
        spellings.blotted(f"to {shared}Private, from {shared}Other7")
        == f"to [forgotten], from {shared}Other7"
    )
    assert not any(spellings.finds(f"{shared}Other{number}") for number in range(10))
    assert time.process_time() - begun < 10
