"""A list of invitations copied from the platform's page, in the layouts that a copy comes in."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import netkit
from netkit.export.pasted_page import Pasted, PastedInvitation, read_pasted

ON = date(2024, 3, 15)
WITH_BUTTONS = """
Received (2)
Manage
Ana Example
Ana Example
View Ana Example's profile
Head of Ops at Acme
Bo Kern and 3 other mutual connections
2 weeks ago
“Loved your talk in Graz.
May I ask about your glazes?”
Reply to Ana
Ignore
Accept

Cy Dorn
(He/Him)
Gardener
Ignore Cy Dorn’s invitation to connect
Accept Cy Dorn’s invitation to connect
"""
WITHOUT_BUTTONS = """Ana Example
Head of Ops at Acme
4 mutual connections
2 weeks ago

Cy Dorn
Gardener
Today
"""
UNBROKEN = "Ana Example\nHead of Ops at Acme\n4 gemeinsame Kontakte\nvor 2 Wochen\nCy Dorn\nGardener\nheute"
TABLE = "Ana Example\tHead of Ops at Acme\t2 weeks ago\nCy Dorn\tGardener\ttoday"
ANA = PastedInvitation("Ana Example", date(2024, 3, 1), "Head of Ops at Acme", 4)
CY = PastedInvitation("Cy Dorn", ON, "Gardener")


@pytest.mark.parametrize("text", [WITHOUT_BUTTONS, UNBROKEN, WITHOUT_BUTTONS.replace("\n", "\r\n")])
def test_blocks_and_lines_without_buttons_are_read_alike(text):
    pasted = read_pasted(text, ON)
    assert pasted.invitations == (ANA, CY) and pasted.not_understood == ()


def test_a_page_with_buttons_pictures_and_notes(text=WITH_BUTTONS):
    pasted = read_pasted(text, ON)
    ana, cy = pasted.invitations
    assert (ana.name, ana.headline, ana.mutual, ana.sent_on) == (ANA.name, ANA.headline, 4, ANA.sent_on)
    assert ana.note == "Loved your talk in Graz.\nMay I ask about your glazes?"
    assert cy == CY and pasted.not_understood == ()


def test_a_table_of_a_spreadsheet():
    ana, cy = read_pasted(TABLE, ON).invitations
    assert (ana.name, ana.headline, ana.sent_on, cy) == (ANA.name, ANA.headline, ANA.sent_on, CY)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Bo Kern is a mutual connection", 1),
        ("Bo Kern and Di Lee are mutual connections", 2),
        ("1 mutual connection", 1),
    ],
)
def test_contacts_in_common_are_counted(line, count):
    assert read_pasted(f"Ana Example\n{line}\nIgnore\nAccept", ON).invitations[0].mutual == count


@pytest.mark.parametrize(
    ("ago", "days"), [("yesterday", 1), ("5 hours ago", 0), ("3d", 3), ("1 month ago", 30)]
)
def test_the_day_is_counted_back(ago, days):
    assert (ON - read_pasted(f"Ana Example\n{ago}\nAccept", ON).invitations[0].sent_on).days == days


def test_a_line_alone_is_nobody_unless_a_button_a_day_or_contacts_in_common_stand_with_it():
    pasted = read_pasted("Total nonsense line\n\nfoo bar baz\n\nCy Dorn\n3d", ON)
    assert [each.name for each in pasted.invitations] == ["Cy Dorn"]
    assert pasted.not_understood == ("Total nonsense line", "foo bar baz")


def test_what_is_no_invitation_is_said_and_hides_no_other():
    pasted = read_pasted(
        "Here is what I copied today.\nIgnore\nAccept\nCy Dorn\nGardener\nIgnore\nAccept", ON
    )
    assert pasted.invitations == (CY,)
    assert pasted.not_understood == ("Here is what I copied today.",)
    assert read_pasted("", ON).invitations == ()


PAGES = {
    "de": "Empfangen (2)|Verwalten|4 gemeinsame Kontakte|vor 2 Wochen|Ignorieren|Annehmen",
    "fr": "Reçues (2)|Gérer|Bo Kern et 3 autres relations en commun|il y a 2 semaines|Ignorer|Accepter",
    "es": "Recibidas (2)|Gestionar|Bo Kern y 3 contactos más en común|hace 2 semanas|Ignorar|Aceptar",
    "it": "Ricevuti (2)|Gestisci|4 collegamenti in comune|2 settimane fa|Ignora|Accetta",
    "nl": "Ontvangen (2)|Beheren|4 gemeenschappelijke connecties|2 weken geleden|Negeren|Accepteren",
    "pt": "Recebidos (2)|Gerenciar|Bo Kern e mais 3 conexões em comum|há 2 semanas|Ignorar|Aceitar",
    "pl": "Otrzymane (2)|Zarządzaj|4 wspólne kontakty|2 tygodnie temu|Ignoruj|Akceptuj",
    "sv": "Mottagna (2)|Hantera|4 gemensamma kontakter|för 2 veckor sedan|Ignorera|Acceptera",
    "da": "Modtaget (2)|Administrer|4 fælles forbindelser|for 2 uger siden|Ignorer|Accepter",
    "nb": "Mottatt (2)|Administrer|4 felles forbindelser|for 2 uker siden|Ignorer|Godta",
    "tr": "Alınan (2)|Yönet|4 ortak bağlantı|2 hafta önce|Yok say|Kabul et",
    "ru": "Полученные (2)|Управление|4 общих контакта|2 недели назад|Игнорировать|Принять",
    "ar": "المستلمة (2)|إدارة|4 من جهات الاتصال المشتركة|قبل أسبوعين|تجاهل|قبول",
    "he": "התקבלו (2)|ניהול|4 קשרים משותפים|לפני שבועיים|התעלם|אישור",
    "ja": "受信済み (2)|管理|共通のつながり4人|2週間前|無視|承認",
    "zh": "收到 (2)|管理|4 位共同好友|2 周前|忽略|接受",
}


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("buttons", [True, False])
def test_a_page_is_read_in_any_language_of_the_phrases(language, buttons):
    received, manage, mutual, ago, ignore, accept = PAGES[language].split("|")
    end = f"{ignore}\n{accept}" if buttons else ""
    page = f"{received}\n{manage}\nAna Example\nHead of Ops at Acme\n{mutual}\n{ago}\n{end}"
    read = read_pasted(f"{page}\nCy Dorn\nGardener\n{end or ago}", ON)
    cy = CY if buttons else replace(CY, sent_on=ANA.sent_on)
    assert read == Pasted((ANA, cy))


def test_the_languages_are_those_of_the_phrases():
    files = {path.stem for path in (Path(netkit.__file__).parent / "phrases").glob("*.yaml")}
    assert set(PAGES) | {"en"} == files - {"closed_accounts", "platform"}


@pytest.mark.parametrize(
    "line", ["99999999999999999999 days ago", "800000 years ago", "99999999999999999999 mutual connections"]
)
def test_a_number_that_no_page_shows_is_a_line_like_any_other(line):
    assert read_pasted(f"Ana Example\n{line}\nAccept", ON).invitations == (
        PastedInvitation("Ana Example", ON, line),
    )


def test_an_invitation_to_something_else_is_nobody():
    other = "Bo Kern invited you to follow Acme"
    pasted = read_pasted(f"{other}\nIgnore\nAccept\nCy Dorn\nGardener\nIgnore\nAccept", ON)
    assert pasted == Pasted((CY,), (other,))


def test_a_line_of_a_note_that_begins_like_a_button_is_none():
    note = "Hello Mara\nAccept my thanks for the talk"
    (ana,) = read_pasted(f"Ana Example\nGardener\n{note}\nIgnore\nAccept", ON).invitations
    assert ana.note == note


@pytest.mark.parametrize("name", ["🚀 Ana Example", "✦ Ana", "Ana Example, PhD", "(Ana) Example", "王伟"])
def test_a_name_may_begin_with_a_picture(name):
    assert [each.name for each in read_pasted(f"{name}\nIgnore\nAccept", ON).invitations] == [name]
