"""Names are the same by fixed rules; who only may be the same is asked about, and a homonym never linked."""

import pandas as pd
import pytest
from invented_files import ME, letter, mbox

from netkit.cli import run
from netkit.evidence import Owner
from netkit.evidence.matching import full_form, name_forms, telling_slug
from netkit.evidence.recognise import Source
from netkit.ledger import open_ledger

OWNER = Owner(frozenset([ME]))


@pytest.mark.parametrize(
    "one, other",
    [
        ("Ana Example", "ANA  EXAMPLE"),
        ("Zoë Ångström", "Zoe Angstrom"),
        ("Łukasz Żak", "Lukasz Zak"),
        ("Søren Groß", "Soren Gross"),
        ("Ana Example, PhD, MBA", "Dr. Ana Example"),
        ("Prof. Dr. med. Ana Example", "Ana Example"),
        ("Ana Example | Growth at Acme", "Ana Example"),
        ("Ana Example - Acme", "Ana Example"),
        ("🚀 Ana Example 🚀", "Ana Example"),
        ("Ana Example (she/her)", "Ana Example"),
        ("Example, Ana", "Ana Example"),
        ("Anna-Maria Example", "Anna Maria Example"),
        ("Conor O'Neil", "Conor O’Neil"),
        ("Иван Фёдоров", "Иван Федоров"),
        ("A\u200bna Example", "Ana Example"),
        ("Ａna Example", "Ana Example"),
    ],
)
def test_two_spellings_of_a_name_have_one_full_form(one, other):
    assert name_forms(one).full == name_forms(other).full == full_form(one) == full_form(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Ana Novak (née Example)", "Ana Example"),
        ("Ana Novak geb. Example", "Ana Example"),
        ('Robert "Bob" Example', "Bob Example"),
        ("Bob Example", "Robert Example"),
        ("Example Ana", "Ana Example"),
        ("Ana Maria Example", "Ana Example"),
        ("Ana M. Example", "Ana Maria Example"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Tanaka Hanako", "Hanako Tanaka"),
    ],
)
def test_what_may_be_the_same_person_has_another_form_in_common_and_not_the_full_one(one, other):
    mine, theirs = name_forms(one), name_forms(other)
    assert mine.full != theirs.full
    assert {mine.full, *mine.others} & {theirs.full, *theirs.others}


@pytest.mark.parametrize(
    "one, other",
    [
        ("Wang Wei", "Wang Mei"),
        ("Maria Silva", "Mario Silva"),
        ("Min Lee", "Lee"),
        ("Ana Example", "Ana Examples"),
        ("Jan Berg", "Jana Berg"),
        ("Ana Example", "Ana Exemple"),
        ("John Smith", "Joan Smith"),
        ("Ali Hassan", "Hassan Hassan"),
    ],
)
def test_likeness_alone_is_nothing(one, other):
    mine, theirs = name_forms(one), name_forms(other)
    assert not {mine.full, *mine.others} & {theirs.full, *theirs.others}


@pytest.mark.parametrize("name", ["Ana", "Ana E.", "A. E.", "J Smith"])
def test_a_first_name_or_an_initial_is_nobody(name):
    assert name_forms(name).weak


@pytest.mark.parametrize("name", [None, "", "LinkedIn Member", "!!!", "🚀"])
def test_what_names_nobody_has_no_form(name):
    forms = name_forms(name)
    assert forms is None or forms.weak


@pytest.mark.parametrize(
    "slug, name, told",
    [
        ("ana-example", "Ana Novak", "ana example"),
        ("ana-example-novak", "Ana Novak", "ana example"),
        ("ana-example-1a2b3c4", "Ana Novak", "ana example"),
        ("the-fellwalker", "Ana Novak", None),
        ("elena-smirnova-8f3e19dc", "Елена Смирнова", "elena smirnova"),
        ("fellwalker", "Елена Смирнова", None),
    ],
)
def test_an_address_keeps_an_earlier_surname(slug, name, told):
    assert (told in name_forms(name, slug=slug).others) == (told is not None)


@pytest.mark.parametrize(
    "slug, expected",
    [
        ("fellwalker", "fellwalker"),
        ("ana-example", ""),
        ("anaexample", ""),
        ("example-ana-77", ""),
        ("ana-example-1a2b3c4d", ""),
        ("aexample", ""),
        ("ana", ""),
    ],
)
def test_an_address_tells_only_where_it_is_not_the_name(slug, expected):
    assert telling_slug(slug, name_forms("Ana Example")) == expected


def linked(tmp_path, invitations, letters, *, connections=(), owner=OWNER, more=()):
    """Return of each invitation who may be meant, by which rule, with how many addresses known."""
    with open_ledger(tmp_path / "home") as ledger:
        for name, slug in invitations:
            url = f"https://www.linkedin.com/in/{slug}" if slug else None
            ledger.invitations.add(name, sent_at="2024-05-01 10:00", source="test", url=url)
        with ledger.together():
            ledger.database.connection.executemany(
                "INSERT INTO connections (person, confidence, name, first_seen, last_seen)"
                " VALUES (?, 'high', ?, '2024', '2024')",
                [(f"in:{slug}", name) for name, slug in connections],
            )
        files = {"mail.mbox": mbox(*letters), **dict(more)}
        for name, content in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
            if content:
                with Source(tmp_path / name) as source:
                    ledger.evidence.add(tmp_path / name, source.kinds, source.read(owner), owner)
        askers = ledger.evidence.askers()
        links = ledger.evidence.links(askers)
        return sorted((links_of.rule, links_of.domains) for _, links_of in links.by_request())


def mail(*people):
    return [letter(f"{name} <{address}>", ident=address) for name, address in people]


def test_a_name_alone_is_asked_about(tmp_path):
    found = linked(tmp_path, [("Ana Example", "ana-example")], mail(("Ana Example", "ana@ex.example")))
    assert found == [("the same name", ("ex.example",))]


@pytest.mark.parametrize(
    "name, address, rules",
    [
        ("", "ana.example@ex.example", ["a name like it"]),
        ("", "anaexample77@ex.example", ["a name like it"]),
        ("Ana", "ana_example@ex.example", ["a name like it"]),
        ("", "bo.example@ex.example", []),
        ("", "aexample@ex.example", []),
        ("Otto Example", "ana.example@ex.example", []),  # who bears another name is somebody else
    ],
)
def test_an_address_without_a_name_that_spells_it_is_asked_about(tmp_path, name, address, rules):
    found = linked(tmp_path, [("Ana Example", "ana-1")], mail((name, address)))
    assert [rule for rule, _ in found] == rules


def test_a_name_in_other_letters_is_asked_about_by_how_its_bearer_spells_it(tmp_path):
    letters = mail(("Elena Smirnova", "es@ex.example"))
    found = linked(tmp_path, [("Елена Смирнова", "elena-smirnova-8f3e19dc")], letters)
    assert [rule for rule, _ in found] == ["a name like it"]


def test_two_of_a_name_on_the_platform_are_never_linked_by_it(tmp_path):
    letters = mail(("Ana Example", "ana@ex.example"))
    both = [("Ana Example", "ana-1"), ("Ana Example", "ana-2")]
    assert linked(tmp_path, both[:1], letters, connections=both[1:]) == []
    (tmp_path / "both").mkdir()
    assert linked(tmp_path / "both", both, letters) == []


@pytest.mark.parametrize("count, asked", [(1, 1), (2, 2), (3, 0)])
def test_of_several_of_a_name_in_the_sources_each_is_asked_about_up_to_two(tmp_path, count, asked):
    letters = mail(*(("Ana Example", f"ana{n}@ex.example") for n in range(count)))
    assert len(linked(tmp_path, [("Ana Example", "ana-example")], letters)) == asked


def test_a_card_with_the_profile_s_address_is_sure(tmp_path):
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Annie\nEMAIL:ana@ex.example\nURL:https://linkedin.com/in/ana-ex\nEND:VCARD\n"
    letters = mail(("A.E.", "ana@ex.example"))
    found = linked(tmp_path, [("Ana Example", "ana-ex")], letters, more=[("a.vcf", card)])
    assert found == [("the same profile", ("ex.example",))]


def test_a_card_makes_one_person_of_two_addresses_and_a_bare_name(tmp_path):
    card = "BEGIN:VCARD\nFN:Ana Example\nEMAIL:ana@ex.example\nEMAIL:ana@acme.example\nEND:VCARD\n"
    bare = "BEGIN:VCARD\nFN:Ana Example\nTEL:1\nEND:VCARD\n"
    letters = mail(("Ana Example", "ana@ex.example"), ("Ana Example", "ana@acme.example"))
    found = linked(
        tmp_path, [("Ana Example", "ana-example")], letters, more=[("a.vcf", card), ("b.vcf", bare)]
    )
    assert found == [("the same name", ("acme.example", "ex.example"))]


CROWD = [(f"Person{n} Nobody{n}", f"p-{n}") for n in range(2_100)]
CHOSEN = mail(("Ana Example", "fellwalker@ex.example"))


@pytest.mark.parametrize(
    "connections, slug, letters, rule",
    [
        (CROWD, "fellwalker", CHOSEN, "name and address"),
        (CROWD[:900], "fellwalker", CHOSEN, "the same name"),  # of few people, no name is known to be rare
        ([*CROWD, *((f"Ana Nobody{n}", f"a-{n}") for n in range(9))], "fellwalker", CHOSEN, "the same name"),
        (CROWD, "ana-example", CHOSEN, "the same name"),
        (CROWD, "fellwalker", mail(("Ana Example", "ana@ex.example")), "the same name"),
        (CROWD, "ana-example", mail(("Ana Example", "ana.example@ex.example")), "the same name"),
    ],
)
def test_a_rare_name_with_a_second_fact_is_sure(tmp_path, connections, slug, letters, rule):
    found = linked(tmp_path, [("Ana Example", slug)], letters, connections=connections)
    assert [each[0] for each in found] == [rule]


@pytest.mark.parametrize(
    "noted, connections, address, rule",
    [
        ("Acme Energy GmbH", CROWD, "ana@acme-energy.example", "name and company"),
        ("acme.example", CROWD, "ana@mail.acme.co.uk", "name and company"),
        (
            "Acme",
            CROWD[:900],
            "ana@acme.example",
            "the same name",
        ),  # of few people, no name is known to be rare
        ("Acme", CROWD, "ana@bcme.example", "the same name"),
        ("acme.co.uk", CROWD, "ana@bcme.co.uk", "the same name"),
        ("Gmail", CROWD, "ana@gmail.com", "the same name"),
        ("Acme", CROWD, "bo@acme.example", "the same name"),
    ],
)
def test_a_rare_name_at_the_company_that_you_noted_is_sure(tmp_path, noted, connections, address, rule):
    people = (
        mail(("Ana Example", address))
        if address[0] == "a"
        else mail(("Ana Example", "ana@ex.example"), ("Bo", address))
    )
    linked(tmp_path, [("Ana Example", "ana-1")], people, connections=connections)
    with open_ledger(tmp_path / "home") as ledger:
        (request,) = ledger.invitations.to_frame()["request"]
    assert run(["evidence", "same", request, noted, "--home", str(tmp_path / "home")]) == 0
    with open_ledger(tmp_path / "home") as ledger:
        links = ledger.evidence.links(ledger.evidence.askers())
        assert [link.rule for _, link in links.by_request()] == [rule]


@pytest.mark.parametrize("name", ["Ana", "Ana E.", "LinkedIn Member"])
def test_a_first_name_an_initial_and_a_closed_account_are_never_linked(tmp_path, name):
    letters = mail((name, "ana@ex.example"), ("Ana Example", "ana2@ex.example"))
    assert linked(tmp_path, [(name, "ana-x")], letters) == []


def test_your_word_on_a_pair_is_kept_and_nothing_else_is_linked_by_it(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        for name, slug in (("Ana Example", "ana-1"), ("Bo Lind", "bo-1")):
            ledger.invitations.add(
                name, sent_at="2024-05-01", source="t", url=f"https://linkedin.com/in/{slug}"
            )
        (tmp_path / "a.mbox").write_text(
            mbox(*mail(("Ana Example", "ana@ex.example"), ("Bo Lind", "bo@ex.example"))), encoding="utf-8"
        )
        with Source(tmp_path / "a.mbox") as source:
            ledger.evidence.add(tmp_path / "a.mbox", source.kinds, source.read(OWNER), OWNER)

        def rules():
            return [link.rule for _, link in ledger.evidence.links(ledger.evidence.askers()).by_request()]

        pairs = dict(ledger.evidence.links(ledger.evidence.askers()).by_request())
        first, second = pairs.values()
        assert rules() == ["the same name", "the same name"]
        say = {"proposed": "the same name", "at": pd.Timestamp("2024-06-01", tz="UTC"), "source": "test"}
        ledger.evidence.answer(first.person, first.members, True, **say)
        assert sorted(rules()) == ["the same name", "your own word"]
        ledger.evidence.answer(second.person, second.members, False, **say)
        assert rules() == ["your own word"]
        ledger.evidence.answer(first.person, first.members, None, **say)
        assert rules() == ["the same name"]
