"""A list of invitations copied from the platform's page, in the layouts that a copy comes in."""

from datetime import date

import pytest

from netkit.export.pasted_page import PastedInvitation, read_pasted

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
