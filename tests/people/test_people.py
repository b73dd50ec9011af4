"""One canonical key per person: spellings of an address, forms of a name, and who must never be merged."""

import unicodedata
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netkit.people import KnownNames, folded_name, person_keys, profile_slug


def keys(*rows):
    """Return the keys of rows of (address, name)."""
    frame = pd.DataFrame(list(rows), columns=["url", "name"], dtype="object")
    return person_keys(frame["url"].astype("str"), frame["name"].astype("str"))


def people(*rows):
    return [None if pd.isna(key) else key for key in keys(*rows)["person"]]


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/jörg-m",
        "https://www.linkedin.com/in/j%C3%B6rg-m",
        "https://www.linkedin.com/in/j%c3%b6rg-m/",
        "https://www.linkedin.com/in/j%25C3%25B6rg-m",
        "https://www.linkedin.com/in/j%2525C3%2525B6rg-m",
        "https://www.linkedin.com/in/jo\u0308rg-m",
        "https://www.linkedin.com/in/jo%CC%88rg-m",
        "http://de.linkedin.com/in/JÖRG-M?originalSubdomain=de",
        "www.linkedin.com/in/jörg-m/de",
        "linkedin.com/in/jörg-m#experience",
        "/in/jörg-m",
        "  https://www.linkedin.com/in/jörg-m \n",
        "https%3A%2F%2Fwww.linkedin.com%2Fin%2Fj%C3%B6rg-m",
    ],
)
def test_every_spelling_of_an_address_is_one_slug(url):
    assert profile_slug(url) == "jörg-m"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        float("nan"),
        "https://www.linkedin.com/in",
        "https://www.linkedin.com/in/",
        "https://www.linkedin.com/in/?trk=x",
        "https://www.linkedin.com/company/acme",
        "urn:li:member:12345",
        "https://www.linkedin.com/in/urn:li:member:12345",
        "https://www.linkedin.com/in/ACoAABcdEfGhIjKlMnOpQrStUvWxYz012345678",
        "https://www.linkedin.com/feed/",
        "Jörg M",
    ],
)
def test_an_address_that_names_no_profile_has_no_slug(url):
    assert profile_slug(url) is None


@pytest.mark.parametrize("slug", ["acoa", "acoaching", "urnfield", "in", "100%25", "%20", "%"])
def test_an_ordinary_slug_is_not_taken_for_an_identifier(slug):
    assert profile_slug(f"https://www.linkedin.com/in/{slug}") is not None


def test_an_encoded_slash_or_question_mark_stays_part_of_the_slug():
    assert profile_slug("linkedin.com/in/a%2Fb") == "a/b"
    assert profile_slug("linkedin.com/in/a%3Fb") == "a?b"


def test_two_slugs_in_an_old_encoding_stay_two():
    assert profile_slug("linkedin.com/in/j%E9r") == "jér"
    assert profile_slug("linkedin.com/in/j%E8r") == "jèr"


SLUGS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="/?#%"), min_size=1, max_size=30
)


@given(SLUGS)
def test_encoding_a_slug_never_changes_its_key(slug):
    raw = profile_slug(f"https://www.linkedin.com/in/{slug}")
    assert profile_slug(f"http://linkedin.com/in/{quote(slug, safe='')}/") == raw
    assert profile_slug(f"x/in/{quote(quote(slug, safe=''), safe='')}?a=b") == raw


@given(SLUGS)
def test_composed_and_decomposed_slugs_have_one_key(slug):
    forms = {profile_slug("/in/" + unicodedata.normalize(form, slug)) for form in ("NFC", "NFD")}
    assert len(forms) == 1


@given(st.text(max_size=60))
def test_no_text_crashes_the_reader_of_addresses(text):
    assert profile_slug(f"/in/{text}") != ""


# Names


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Zoë Ångström", "ZOE\u0308 A\u030angstro\u0308m"),
        ("  Ada   Own ", "ada own"),
        ("Ada\u00a0Own", "Ada Own"),
        ("Ada\tOwn\n", "Ada Own"),
        ("ＡＤＡ Ｏｗｎ", "Ada Own"),
        ("Straße", "STRASSE"),
        ("\u200fمحمد علي\u200e", "محمد علي"),
        ("Ada\u200b Own\ufeff", "Ada Own"),
        ("ﬁona", "Fiona"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
    ],
)
def test_forms_of_one_name_are_compared_as_equal(first, second):
    assert folded_name(first) == folded_name(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ada Own", "Ada Owen"),
        ("Ada 🚀 Own", "Ada Own"),
        ("Jörg", "Jorg"),
        ("Li Wei", "Wei Li"),
        ("Bo, PhD", "Bo"),
    ],
)
def test_different_names_stay_different(first, second):
    assert folded_name(first) != folded_name(second)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "   ",
        "\u200b",
        float("nan"),
        "LinkedIn Member",
        "linkedin  member",
        "LinkedIn-Mitglied",
        "Membre de LinkedIn",
    ],
)
def test_a_missing_name_and_a_closed_account_are_nobody(name):
    assert folded_name(name) is None


@given(st.text(max_size=40))
def test_folding_a_folded_name_changes_nothing(name):
    folded = folded_name(name)
    assert folded is None or folded_name(folded) == folded


# Keys


def test_an_address_gives_high_confidence_and_a_lone_name_low():
    found = keys(("/in/ada", "Ada Own"), (None, "Bo Kim"), (None, None))
    assert found["confidence"].tolist() == ["high", "low", "none"]
    assert people(("/in/ada", "Ada Own"), (None, "Bo Kim"), (None, None)) == ["in:ada", "name:bo kim", None]


def test_a_name_stands_for_the_one_address_it_occurs_with():
    assert people(("/in/ada", "Ada Own"), (None, "ADA OWN")) == ["in:ada", "in:ada"]


def test_a_name_that_two_addresses_bear_stands_for_nobody():
    assert people(("/in/al-1", "Al Bo"), ("/in/al-2", "Al Bo"), (None, "Al Bo")) == [
        "in:al-1",
        "in:al-2",
        None,
    ]


def test_spellings_of_one_address_do_not_make_a_name_ambiguous():
    assert people(("/in/jörg", "Jörg"), ("/in/j%C3%B6rg/", "Jörg"), (None, "Jörg"))[2] == "in:jörg"


def test_closed_accounts_are_never_one_person():
    assert people((None, "LinkedIn Member"), (None, "LinkedIn Member"), ("/in/", "")) == [None, None, None]


def test_a_name_listed_twice_among_people_stands_for_nobody():
    known = KnownNames.of(["/in/al"], ["Al Bo"], persons=[["Al Bo", "Cy Do", "al bo"]])
    assert known.shared == {"al bo"}
    assert known.slugs == {}


def test_what_other_rows_know_is_used():
    names, urls = pd.Series(["Ada Own"]), pd.Series([None], dtype="str")
    found = person_keys(urls, names, KnownNames({"ada own": "ada"}))
    assert found["person"].tolist() == ["in:ada"]
    assert person_keys(urls, names, KnownNames({}, frozenset({"ada own"})))["person"].isna().all()


def test_the_index_is_kept_and_empty_rows_give_empty_keys():
    found = person_keys(pd.Series(["/in/a"], index=[9]), pd.Series(["A"], index=[9]))
    assert found.index.tolist() == [9]
    assert person_keys(pd.Series([], dtype="str"), pd.Series([], dtype="str")).shape == (0, 2)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, "/in/a", "/in/b", "/in/A/", "/in/c"]),
        st.sampled_from(["Al", "al", "Bo", "", None]),
    )
)


@given(ROWS)
def test_two_addresses_are_never_one_person_and_confidence_says_why(rows):
    found = keys(*rows)
    for (url, _), person, confidence in zip(rows, found["person"], found["confidence"], strict=True):
        slug = profile_slug(url)
        assert (confidence == "high") == (slug is not None)
        assert (confidence == "none") == bool(pd.isna(person))
        if slug is not None:
            assert person == f"in:{slug}"


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    turned = list(range(len(rows)))
    random.shuffle(turned)
    straight, shuffled = people(*rows), people(*(rows[place] for place in turned))
    assert [straight[place] for place in turned] == shuffled
