"""Address books as programs write them: who is in them, with which addresses, and who is nobody."""

import io
import tarfile
import zipfile

import pytest
from invented_files import ME, OWNER, calendar, event, letter, mbox, people, read

from netkit.evidence.recognise import Source


def card(*lines, version="3.0"):
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def person(tmp_path, name, content):
    found = read(tmp_path, name, content).people
    return [(each.identity, sorted(each.names), sorted(each.words), sorted(each.aliases)) for each in found]


ANA = ("mail:ana@ex.example", ["Ana Example"], [], [])


@pytest.mark.parametrize(
    "lines, expected",
    [
        (["FN:Ana Example", "EMAIL:ana@ex.example"], ANA),
        (["N:Example;Ana;;;", "EMAIL;TYPE=INTERNET:ana@ex.example"], ANA),
        (["FN:Ana Example", "N:Example;Ana;;Dr.;", "item1.EMAIL;type=pref:ana@ex.example", "item1.X-ABLabel:_$!<Other>!$_"], ANA),
        (["FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=41na Exam=\r\nple", "EMAIL:ana@ex.example"], ANA),
        (["FN:Ana\r\n  Example", "EMAIL:ana@ex.example"], ANA),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "ORG:Acme;Sales", "KIND:individual"], ANA),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "PHOTO;ENCODING=b:" + "A" * 900_000], ANA),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "EMAIL:a.b@acme.example"], (*ANA[:2], ["mail:a.b@acme.example"], [])),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "X-MAIDENNAME:Before"], (*ANA[:3], ["Ana Before"])),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "NICKNAME:Annie"], (*ANA[:3], ["Annie Example"])),
        (["FN:Ana Example", "EMAIL:ana@ex.example", "X-SOCIALPROFILE;type=linkedin:https://www.linkedin.com/in/ana-ex/"], (*ANA[:2], ["in:ana-ex"], [])),
        (["FN:Ana Example", "EMAIL:ana@ex.example", r"item2.URL:https\://linkedin.com/in/Ana-Ex?x=1"], (*ANA[:2], ["in:ana-ex"], [])),
        (["FN:Ana Example", "TEL:+43"], ("name:ana example", ["Ana Example"], [], [])),
        (["FN:Ana Example", "EMAIL:info@acme.example"], ("name:ana example", ["Ana Example"], [], [])),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_a_card_names_one_person(tmp_path, lines, expected, version):
    assert person(tmp_path, "a.vcf", card(*lines, version=version)) == [expected]


@pytest.mark.parametrize(("ends", "encoding"), [("\r", "utf-8"), ("\n", "utf-16"), ("\r", "utf-16")])
def test_a_card_of_an_old_macintosh_is_read(tmp_path, ends, encoding):
    said = card("FN:Ana Example", "EMAIL:ana@ex.example").replace("\r\n", "\n").replace("\n", ends)
    assert person(tmp_path, "a.vcf", said.encode(encoding)) == [ANA]


@pytest.mark.parametrize(
    "lines",
    [
        ["FN:Acme", "ORG:Acme", "EMAIL:ana@acme.example"],
        ["FN:Acme Ltd", "X-ABShowAs:COMPANY", "EMAIL:ana@acme.example"],
        ["FN:Friends", "KIND:group", "MEMBER:urn:uuid:1"],
        ["FN:Acme", "KIND:org", "EMAIL:ana@acme.example"],
        ["EMAIL:ana@ex.example"],
        ["FN:ana@ex.example", "EMAIL:ana@ex.example"],
        ["FN:Ana Example", "EMAIL:ana@ex.example", "CATEGORIES:LinkedIn"],
        ["FN:Mara Olsen", f"EMAIL:{ME}"],
    ],
)
def test_a_company_a_group_a_copy_from_linkedin_and_oneself_are_nobody(tmp_path, lines):
    found = read(tmp_path, "a.vcf", card(*lines))
    assert found.people == () and sum(found.left.values()) == 1


def test_an_address_on_the_cards_of_two_people_is_nobodys(tmp_path):
    book = card("FN:Ana Example", "EMAIL:home@ex.example") + card("FN:Bo Example", "EMAIL:home@ex.example")
    assert sorted(each[0] for each in person(tmp_path, "a.vcf", book)) == [
        "name:ana example",
        "name:bo example",
    ]


GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Maiden Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
    "Organization 1 - Name,Website 1 - Value\n"
)
GOOGLE_NEW = "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value\n"
OUTLOOK = '"Title","First Name","Middle Name","Last Name","Suffix","Company","E-mail Address","E-mail Type","E-mail Display Name","E-mail 2 Address"\n'
GERMAN = "Anrede;Vorname;Weitere Vornamen;Nachname;Firma;E-Mail-Adresse;E-Mail-Typ\n"


@pytest.mark.parametrize(
    "content, expected",
    [
        (GOOGLE_OLD + "Ana Example,Ana,,Example,,* myContacts,*,ana@ex.example,Acme,\n", ANA),
        (GOOGLE_OLD + "Ana Example,Ana,,Example,Before,,*,ana@ex.example ::: b@ex.example,,http://linkedin.com/in/ana-ex\n",
         (*ANA[:2], ["in:ana-ex", "mail:b@ex.example"], ["Ana Before"])),
        (GOOGLE_NEW + 'Ana,,Example,,,"Example, Ana",Acme,* myContacts,*,ana@ex.example\n', ANA),
        (OUTLOOK + '"","Ana","","Example","","Acme","ana@ex.example","SMTP","Ana Example (x)",""\n', ANA),
        ("First Name,Last Name,Display Name,Primary Email,Secondary Email\nAna,Example,Ana Example,ana@ex.example,\n", ANA),
        ("First,Middle,Last,Nickname,Email,Category\nAna,,Example,,ana@ex.example,\n", ANA),
        (GERMAN + ";Ana;;Example;Acme;ana@ex.example;SMTP\n", ANA),
        ((GERMAN + ";Jörg;;Example;;ana@ex.example;SMTP\n").encode("cp1252"), ("mail:ana@ex.example", ["Jörg Example"], [], [])),
        ((GOOGLE_NEW + "Ana,,Example,,,,,,*,ana@ex.example\n").encode("utf-16"), ANA),
        ((GOOGLE_NEW + "Ana,,Example,,,,,,*,ana@ex.example\n").encode("utf-8-sig"), ANA),
        (OUTLOOK + '"","Ana\n","","Example","","","ana@ex.example","","",""\n', ANA),
    ],
)  # fmt: skip
def test_a_table_of_google_or_outlook_is_read(tmp_path, content, expected):
    assert person(tmp_path, "contacts.csv", content) == [expected]


def test_rows_copied_from_linkedin_and_companies_are_nobody(tmp_path):
    rows = (
        "Acme,,,,,,Acme,,*,acme@acme.example\nAna,,Example,,,,,LinkedIn ::: * myContacts,*,ana@ex.example\n"
    )
    assert person(tmp_path, "contacts.csv", GOOGLE_NEW + rows) == []


TAKEOUT = {
    "Takeout/Mail/Alle Nachrichten.mbox": mbox(letter()),
    "Takeout/Kalender/Mara.ics": calendar(
        event(f"ORGANIZER:mailto:{ME}", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@ex.example")
    ),
    "Takeout/Kontakte/Alle.vcf": card("FN:Ana Example", "EMAIL:ana@ex.example"),
    "Takeout/archive_browser.html": "<html>",
}


def zipped(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in TAKEOUT.items():
            archive.writestr(name, content)


def tarred(path):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in TAKEOUT.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_whole_takeout_is_one_source_and_an_address_one_person(tmp_path, pack):
    pack(tmp_path / "takeout")
    with Source(tmp_path / "takeout") as source:
        found = source.read(OWNER)
        assert source.kinds == ("mail", "calendar", "contacts")
    acts = {"mail received": 1, "meeting accepted 2-8": 1, "contact": 0}
    assert people(found) == {"ana@ex.example": (["Ana Example"], acts)}
    assert found.left == {"files of other kinds": 1}


def test_a_member_that_unpacks_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("netkit.evidence.recognise._RATIO", 2)
    monkeypatch.setattr("netkit.evidence.recognise._LEAST", 1 << 16)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mbox", mbox(letter(body="x\n" * 500_000), letter(ident="2")))
    found = read_zip(tmp_path / "a.zip")
    assert found.left == {"the rest of a file that cannot be read (damaged)": 1}


def read_zip(path):
    with Source(path) as source:
        return source.read(OWNER)


def test_progress_counts_every_byte(tmp_path):
    file = tmp_path / "a.mbox"
    file.write_text(mbox(letter(), letter(ident="2")), encoding="utf-8")
    told = []
    with Source(file) as source:
        source.read(OWNER, told.append)
        assert sum(told) == source.size == file.stat().st_size
