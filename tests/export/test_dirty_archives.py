"""Dirty and hostile exports, case by case; every file in here is invented."""

import gzip
import io
import os
import re
import stat
import zipfile

import openpyxl
import pandas as pd
import pytest
from exports import CONNECTIONS, INVITATIONS, MESSAGES_HEADER, read, refused, warned, zipped

from netkit.errors import ExportError
from netkit.export import read_export

CONNECTIONS_HEADER = CONNECTIONS.splitlines(keepends=True)[0]
INVITATIONS_HEADER = INVITATIONS.splitlines(keepends=True)[0]


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def connections(tmp_path, *rows):
    return read(tmp_path, {"Connections.csv": CONNECTIONS_HEADER + "\n".join(rows) + "\n"})


def connected(url="", name="Jo,Ny", day="27 Oct 2019"):
    return f"{name},{url},,Acme,Engineer,{day}"


def invited(sent_at, *, inviter="jörg-brandt", name="Jörg Brandt", note=""):
    return (
        f'{name},Mara Olsen,"{sent_at}","{note}",INCOMING,https://www.linkedin.com/in/{inviter},'
        "https://www.linkedin.com/in/mara-olsen\n"
    )


def invitations(tmp_path, *rows):
    return read(tmp_path, {"Invitations.csv": INVITATIONS_HEADER + "".join(rows)})


# What is refused, and the words that say why (cases 1, 5, 9 and 10)


def workbook():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["First Name", "Last Name"])
    book.save(out)
    return out.getvalue()


def on_days(*days):
    return CONNECTIONS_HEADER + "".join(connected(day=day) + "\n" for day in days)


NOT_TOLD_APART = ("day and month cannot be told apart", "Use the file as you downloaded it")
REFUSED = {
    "nothing but a path that leaves the archive": (
        "../Connections.csv",
        CONNECTIONS,
        ["holds no file of an export"],
    ),
    "a zip inside a zip that is none": (
        "inner.zip",
        b"not packed",
        ["inner.zip is not a ZIP", "Give the ZIP that the platform sent you"],
    ),
    "a zip inside a zip inside a zip": (
        "middle.zip",
        zipped(io.BytesIO(), {"inner.zip": zipped(io.BytesIO(), {"a.csv": "a"}).getvalue()}).getvalue(),
        ["holds no file of an export"],
    ),
    "rows without a header": (
        "Connections.csv",
        CONNECTIONS.removeprefix(CONNECTIONS_HEADER),
        [
            "Connections.csv has no line that names the columns First Name or Last Name or URL or Name and Connected On"
        ],
    ),
    "rows that all have the wrong number of cells": (
        "Connections.csv",
        CONNECTIONS_HEADER + "a,b\nc,d\n",
        ["none has as many cells as the header"],
    ),
    "a column without one readable date": (
        "Connections.csv",
        on_days("1 Smarch 2019", "2 Smarch 2019", "3 Smarch 2019"),
        ["not one of them is a date"],
    ),
    "one ambiguous date": ("Connections.csv", on_days("3/4/2021"), NOT_TOLD_APART),
    "two ambiguous dates": ("Connections.csv", on_days("3/4/2021", "12/11/2020"), NOT_TOLD_APART),
    "ambiguous dates with dashes": ("Connections.csv", on_days("3-4-2021", "5-6-2021"), NOT_TOLD_APART),
    "two orders of day and month": (
        "Connections.csv",
        on_days("27/10/2019", "10/27/2019"),
        ["two different orders"],
    ),
    # It took 10/5/19 for the tenth of May, and left 10/27/19, which it could not read, alone.
    "invitations half rewritten by a day-first spreadsheet": (
        "Invitations.csv",
        INVITATIONS_HEADER + invited("10/27/19, 4:05 PM") + invited("2019-05-10 16:05:00", inviter="lea"),
        ["two different orders"],
    ),
    "neither direction nor owner": (
        "Invitations.csv",
        'From,To,Sent At\nJörg Brandt,Mara Olsen,"10/26/19, 4:05 PM"\n',
        ["which invitations came in"],
    ),
    "a workbook": ("Connections.csv", workbook(), ["Connections.csv is a workbook", "CSV UTF-8"]),
    "an old workbook": ("Connections.csv", b"\xd0\xcf\x11\xe0" + b"\0" * 99, ["old spreadsheet workbook"]),
    "a PDF": ("Connections.csv", b"%PDF-1.4", ["PDF"]),
    "a web page": ("Connections.csv", b"\n <HTML><body>", ["web page"]),
}


@pytest.mark.parametrize(("file", "content", "says"), REFUSED.values(), ids=REFUSED)
def test_an_archive_that_cannot_be_read_is_refused_with_the_reason(tmp_path, file, content, says):
    path = tmp_path / "Basic_LinkedInDataExport_03-15-2024.zip.zip"
    message = refused(zipped(path, {file: content}))
    assert [words for words in says if words not in message] == []


# What cannot be read costs itself, and not the archive

BOTH = {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS}
UNREADABLE = {
    "a header in another language": ("Company Follows.csv", "Organisation,Seit\nAcme,soon\n", "follows"),
    "a workbook": ("Company Follows.csv", workbook(), "follows"),
    "a mailbox in one open quotation mark": ("messages.csv", MESSAGES_HEADER + '"a,b\nc,d\n', "messages"),
    "a mailbox without one readable date": (
        "messages.csv",
        MESSAGES_HEADER + "a,,Jo Ny,,Mara Olsen,,soon,,Hi,INBOX\n" * 2,
        "messages",
    ),
    "connections without one readable date": (
        "Connections.csv",
        on_days("1 Smarch 2019", "2 Smarch 2019"),
        "connections",
    ),
    "connections whose days could be months": ("Connections.csv", on_days("3/4/2021"), "connections"),
    "invitations without a header": ("Invitations.csv", "Ada,Bo\n", "invitations"),
}


@pytest.mark.parametrize(("file", "content", "table"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_costs_itself_and_what_is_lost_is_said(tmp_path, file, content, table):
    export = read(tmp_path, BOTH | {file: content})
    (notice,) = warned(export, "not_read")
    assert (notice.file, notice.count) == (file, 1)
    assert table in export.report.missing and export.report.missing[table] in notice.says
    assert table not in export.report.rows and len(export.tables[table]) == 0
    others = {"connections", "invitations"} - {table}
    assert all(len(export.tables[other]) == 2 for other in others)


def test_a_file_that_could_not_be_read_is_new_once_it_can_be(tmp_path):
    broken = read(tmp_path, BOTH | {"messages.csv": "a,b\n"})
    assert broken.sha256 == read(tmp_path, BOTH).sha256
    row = "a,,Jo Ny,,Mara Olsen,,2019-10-28 10:00:00 UTC,,Hi,INBOX\n"
    assert broken.sha256 != read(tmp_path, BOTH | {"messages.csv": MESSAGES_HEADER + row}).sha256


@pytest.mark.parametrize(
    ("file", "content", "table", "column"),
    [
        (
            "Company Follows.csv",
            "Organization,Followed On\nAcme,soon\nBcme,later\n",
            "follows",
            "followed_on",
        ),
        ("Contacts.csv", "FullName,CreatedAt\nAda Vogel,soon\nBo Kern,later\n", "address_book", "created_at"),
        ("Contacts.csv", "FullName,CreatedAt\nAda Vogel,3/4/2021\nBo Kern,\n", "address_book", "created_at"),
    ],
)
def test_a_column_of_dates_that_cannot_be_read_costs_the_column(tmp_path, file, content, table, column):
    export = read(tmp_path, BOTH | {file: content})
    (notice,) = warned(export, "column_unreadable")
    assert (notice.file, notice.count) == (file, sum(word in content for word in ("soon", "later", "/")))
    assert len(export.tables[table]) == 2 and export.tables[table][column].isna().all()


def test_half_a_list_of_invitations_is_no_list(tmp_path):
    message = refused(zipped(tmp_path / "a.zip", BOTH | {"Invitations_1.csv": "Ada,Bo\n"}))
    assert "Invitations_1.csv has no line that names the columns" in message


# One file of connections, however it is written (cases 5, 7 and 9)

WRITTEN = {
    "as the platform does": (CONNECTIONS, 0),
    "with a preamble": (
        'Notes:\n"When exporting, you may notice that addresses are missing."\n\n' + CONNECTIONS,
        0,
    ),
    "with a preamble saved by a spreadsheet": (
        'Notes:,,,,,,\n"When exporting, you may notice, that",,,,,,\n,,,,,,\n' + CONNECTIONS,
        0,
    ),
    "after blank lines": ("\n\n\n" + CONNECTIONS, 0),
    "with its separator named": ("sep=,\n" + CONNECTIONS, 0),
    "with semicolons and line ends of Windows": (CONNECTIONS.replace(",", ";").replace("\n", "\r\n"), 1),
    "with a byte-order mark": (CONNECTIONS.encode("utf-8-sig"), 1),
    "in UTF-16": (CONNECTIONS.encode("utf-16"), 0),
    "in UTF-16, little end first": (CONNECTIONS.encode("utf-16-le"), 0),
    "in UTF-32": (CONNECTIONS.encode("utf-32"), 0),
    "with upright lines": (CONNECTIONS.replace(",", "|"), 0),
    "with more said in a heading": (CONNECTIONS.replace("Connected On", "Connected On (UTC)"), 0),
    "packed": (gzip.compress(CONNECTIONS.encode()), 0),
    "in UTF-16, big end first": (CONNECTIONS.encode("utf-16-be"), 0),
}


@pytest.mark.parametrize(("content", "resaved"), WRITTEN.values(), ids=WRITTEN)
def test_the_same_rows_are_read_however_the_file_is_written(tmp_path, content, resaved):
    export = read(tmp_path, {"Connections.csv": content})
    assert export.tables["connections"]["name"].tolist() == ["Jörg Brandt", "Lea Novák"]
    assert export.report.warned("resaved") == resaved


@pytest.mark.parametrize("table", ["Connections.csv", "Invitations.csv"])
def test_line_ends_of_windows_alone_are_no_sign_of_a_spreadsheet(tmp_path, table):
    export = read(tmp_path, {table: BOTH[table].replace("\n", "\r\n")})
    assert export.report.warned("resaved") == 0
    assert len(export.tables[table.removesuffix(".csv").lower()]) == 2


def test_an_untouched_file_of_the_people_whom_you_follow_is_not_called_resaved(tmp_path):
    rows = "Date,FullName,Status\n2024-03-01 10:00:00,Ada Vogel,Active\n"
    export = read(tmp_path, {"Member_Follows.csv": rows})
    assert export.report.warned("resaved") == 0
    assert export.tables["member_follows"]["at"].tolist() == [utc("2024-03-01 10:00")]


def test_rows_without_any_cell_are_left_out_and_counted(tmp_path):
    lines = [*CONNECTIONS_HEADER.splitlines(), ",,,,,,", connected(), "a,b", ",,,,,,", connected(day="soon")]
    export = read(tmp_path, {"Connections.csv": "\n".join(lines) + "\n"})
    assert export.tables["connections"]["name"].tolist() == ["Jo Ny", "Jo Ny"]
    (notice,) = warned(export, "empty_row")
    assert (notice.count, notice.examples) == (2, ("line 2", "line 5"))
    assert warned(export, "not_a_date")[0].examples == ("line 6",)
    assert not warned(export, "names_nobody")


def test_a_closed_account_with_its_day_is_no_row_without_cells(tmp_path):
    export = connections(tmp_path, ",,,,,,27 Oct 2019", ",,,,,,")
    assert len(export.tables["connections"]) == export.report.warned("names_nobody") == 1


@pytest.mark.parametrize("column", ["Name", "Full Name"])
def test_connections_may_have_their_names_in_one_column(tmp_path, column):
    text = (
        f"{column},URL,Company,Position,Connected On\n"
        "Ada Vogel,https://www.linkedin.com/in/ada-vogel,Acme,Clerk,02 Mar 2024\n"
        "Ben Okafor,,Acme,Clerk,02 Mar 2024\n"
    )
    export = read(tmp_path, {"Connections.csv": text})
    assert export.tables["connections"]["name"].tolist() == ["Ada Vogel", "Ben Okafor"]
    assert export.tables["connections"]["person"].tolist() == ["in:ada-vogel", "name:ben okafor"]
    assert not warned(export, "unknown_column")


def test_a_name_of_blanks_alone_is_missing_and_no_empty_name(tmp_path):
    names = connections(tmp_path, connected(name='" "," "'), connected("https://x/in/b")).tables[
        "connections"
    ]
    assert names["name"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Sep 26 2017 10:15 PM", "2017-09-27 05:15"),
        ("Sep 26, 2017 10:15 PM", "2017-09-27 05:15"),
        ("3/15/24, 9:15 a. m.", "2024-03-15 16:15"),
        ("3/15/24, 9:15 p. m.", "2024-03-16 04:15"),
        ("2024-03-20T15:00:00-07:00", "2024-03-20 22:00"),
        ("2024-03-20T15:00:00+05:30", "2024-03-20 09:30"),
        ("2024-03-20 15:00:00 +0200", "2024-03-20 13:00"),
        ("3/15/24, 9:15 vorm.", "2024-03-15 16:15"),
        ("3/15/24, 9:15 nachm.", "2024-03-16 04:15"),
        ("3/15/24, 9:15 AM PST", "2024-03-15 17:15"),
        ("3/15/24, 9:15 AM PDT", "2024-03-15 16:15"),
        ("2 de mar. de 2024 9:15", "2024-03-02 17:15"),
        ("2 de marzo de 2024", "2024-03-02 08:00"),
        ("2024年3月2日", "2024-03-02 08:00"),
        ("٢٠٢٤-٠٣-٠٢", "2024-03-02 08:00"),
        ("Saturday, March 2, 2024", "2024-03-02 08:00"),
        ("sam. 2 mars 2024", "2024-03-02 08:00"),
        ("2nd March 2024", "2024-03-02 08:00"),
        ("45353", "2024-03-02 08:00"),
        ("45353.5", "2024-03-02 20:00"),
        ("45353,5", "2024-03-02 20:00"),
        ("2024-03-20T15:00:00Z", "2024-03-20 15:00"),
        ("2024-03-20T15:00:00+00:00", "2024-03-20 15:00"),
    ],
)
def test_dates_that_a_person_could_read_are_read(tmp_path, written, meant):
    export = invitations(tmp_path, invited(written), invited("2024-03-21T08:00:00Z", inviter="b"))
    assert export.tables["invitations"]["sent_at"].tolist() == [utc(meant), utc("2024-03-21 08:00")]


@pytest.mark.parametrize(
    "written",
    [
        "0999-12-31", "12/31/0024", "1 Jan 0024", "12345", "99999", "1710493200", "45353.5.5", "0",
        "2024-03-20T15:00:00+99:00", "2024-03-20T15:00:00+01:75",
    ],
)  # fmt: skip
def test_what_could_be_no_year_of_an_export_and_no_clocks_offset_is_no_date(tmp_path, written):
    export = invitations(tmp_path, invited(written), invited("2024-03-21T08:00:00Z", inviter="b"))
    assert export.report.warned("not_a_date") == 1


TRANSLATED = {
    "German": ("Vorname,Nachname,URL,E-Mail-Adresse,Unternehmen,Position,Verbunden am", "2. März 2024"),
    "French": ("Prénom,Nom,URL,Adresse e-mail,Entreprise,Poste,Date de connexion", "2 mars 2024"),
    "Spanish": ("Nombre,Apellidos,URL,Correo electrónico,Empresa,Cargo,Conectado el", "2 de marzo de 2024"),
}


@pytest.mark.parametrize(("header", "day"), TRANSLATED.values(), ids=TRANSLATED)
def test_a_translated_header_is_read(tmp_path, header, day):
    row = f"Ada,Vogel,https://www.linkedin.com/in/ada-vogel,,Acme,Clerk,{day}\n"
    table = read(tmp_path, {"Connections.csv": f"{header}\n{row}"}).tables["connections"]
    assert table[["name", "company", "position"]].to_numpy().tolist() == [["Ada Vogel", "Acme", "Clerk"]]
    assert table["connected_on"].tolist() == [utc("2024-03-02")]


def test_where_recipients_have_no_address_the_owner_is_told_by_name(tmp_path):
    header = "CONVERSATION ID,FROM,SENDER PROFILE URL,TO,DATE,CONTENT\n"
    rows = "".join(
        f"a,{name},https://www.linkedin.com/in/{slug},{to},2021-03-0{day} 10:00:00 UTC,Hi\n"
        for day, (name, slug, to) in enumerate(
            [
                ("Me Self", "me-self", "Ada Vogel"),
                ("Ada Vogel", "ada-vogel", "Me Self"),
                ("Ben Okafor", "ben-okafor", "Me Self"),
                ("Cy Dorn", "cy-dorn", "Me Self"),
            ],
            start=1,
        )
    )
    export = read(tmp_path, {"messages.csv": header + rows})
    assert export.owner == "in:me-self" and not warned(export, "owner_unknown")
    assert export.tables["messages"]["direction"].tolist() == ["outgoing", *["incoming"] * 3]


# Who a row is about (cases 13, 14, 16 and 17)

JO_1, JO_2 = connected("https://x/in/jo-1"), connected("https://x/in/jo-2")
CLOSED = connected(name="LinkedIn,Member")
PEOPLE = {
    **{
        f"umlaut: {url}": ([connected(f"https://www.linkedin.com/in/{url}")], ["in:jörg-brandt"], {})
        for url in (
            "j%C3%B6rg-brandt",
            "jörg-brandt",
            "jo\u0308rg-brandt",
            "j%25C3%25B6rg-brandt",
            "J%c3%96RG-BRANDT/",
        )
    },
    **{
        f"address: {url}": ([connected(url)], ["in:jo-ny"], {})
        for url in (
            "http://www.linkedin.com/in/jo-ny",
            "https://linkedin.com/in/jo-ny/",
            "https://de.linkedin.com/in/jo-ny/en",
            "www.linkedin.com/in/jo-ny",
            "linkedin.com/in/Jo-Ny?trk=people",
            "HTTPS://WWW.LINKEDIN.COM/IN/JO-NY#about",
            "https://www.linkedin.com/mwlite/in/jo-ny",
            " https://www.linkedin.com/in/jo-ny ",
        )
    },
    "closed accounts are counted and never one person": (
        [",,,,,,27 Oct 2019", ",,,,,,28 Oct 2019", CLOSED, CLOSED, connected("https://x/in/jo")],
        ["-", "-", "-", "-", "in:jo"],
        {"names_nobody": 4},
    ),
    "two people of one name are never merged": (
        [JO_1, JO_2, connected()],
        ["in:jo-1", "in:jo-2", "-"],
        {"name_shared": 1},
    ),
    "two of one name without addresses stay apart": ([connected(), connected()], ["-", "-"], {}),
}


@pytest.mark.parametrize(("rows", "people", "warned"), PEOPLE.values(), ids=PEOPLE)
def test_every_row_has_the_key_of_the_one_person_it_names(tmp_path, rows, people, warned):
    export = connections(tmp_path, *rows)
    assert export.tables["connections"]["person"].fillna("-").tolist() == people
    assert {kind: export.report.warned(kind) for kind in warned} == warned


# Times of an invitation, which are Pacific (cases 9 and 12)


@pytest.mark.parametrize(
    ("written", "meant", "never"),
    [
        ("1/15/24, 11:59 PM", "2024-01-16 07:59", 0),
        ("7/15/24, 11:59 PM", "2024-07-16 06:59", 0),
        ("3/10/24, 1:59 AM", "2024-03-10 09:59", 0),
        ("3/10/24, 2:30 AM", "2024-03-10 10:00", 1),  # the clock skips it: the hour's end
        ("3/10/24, 3:00 AM", "2024-03-10 10:00", 0),
        ("12/31/23, 12:00 AM", "2023-12-31 08:00", 0),
        ("6/1/24, 12:30 PM", "2024-06-01 19:30", 0),
        ("3/4/21, 9:00 AM", "2021-03-04 17:00", 0),  # month first is the platform's own
        ("3/4/21, 9:00\u202fAM", "2021-03-04 17:00", 0),  # newer exports have a narrow space
    ],
)
def test_sent_at_is_pacific_with_the_month_first(tmp_path, written, meant, never):
    export = invitations(tmp_path, invited(written))
    assert export.tables["invitations"]["sent_at"][0] == utc(meant)
    assert export.report.warned("hour_never") == never
    assert export.report.warned("resaved") == 0


# 1. zip-slip


@pytest.mark.parametrize(
    "name",
    [
        "../../Connections.csv",
        "/etc/Connections.csv",
        "..\\..\\Connections.csv",
        "C:\\x\\Connections.csv",
        "a/../../Connections.csv",
    ],
)
def test_case_1_a_path_that_leaves_the_archive_is_not_read(tmp_path, name):
    export = read(tmp_path, {name: CONNECTIONS, "Invitations.csv": INVITATIONS})
    assert len(export.tables["connections"]) == 0
    assert {left.why for left in export.report.ignored} == {"its path points outside the archive"}


def test_case_1_a_link_inside_a_zip_is_not_followed(tmp_path):
    path = tmp_path / "links.zip"
    link = zipfile.ZipInfo("Connections.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("Invitations.csv", INVITATIONS)
    export = read_export(path)
    assert "connections" in export.report.missing
    assert export.report.ignored[0].why == "a link, which netkit does not follow"


def test_case_1_a_link_inside_a_folder_is_not_followed(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(CONNECTIONS, encoding="utf-8")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Connections.csv").symlink_to(secret)
    (folder / "Invitations.csv").write_text(INVITATIONS, encoding="utf-8")
    assert "connections" in read_export(folder).report.missing


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_case_1_a_member_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Connections.csv", CONNECTIONS)
        archive.writestr("Connections.csv", CONNECTIONS.replace("Jörg", "Evil"))
    assert "'Connections.csv' twice" in refused(path)


def test_case_1_nothing_is_ever_written_to_disk(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", {"Connections.csv": CONNECTIONS, "evil.sh": "rm"})
    monkeypatch.chdir(tmp_path)
    before = sorted(os.walk(tmp_path))
    read_export(path)
    assert sorted(os.walk(tmp_path)) == before


# 3. not a ZIP, .zip.zip, nested folder


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "is empty"),
        (b"hello there", "is not a ZIP"),
        (b"Rar!\x1a\x07\x00 more", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\x1f\x8b\x08 more", "a gzip file"),
        (b"%PDF-1.7", "a PDF"),
        (b"<!DOCTYPE html><html>Sign in", "a web page"),
        (b"PK\x03\x04 and then the line went dead", "cut short or damaged"),
    ],
)
def test_case_3_what_is_no_zip_is_named_for_what_it_is(tmp_path, content, seen):
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    assert seen in refused(path)


def test_case_3_a_name_that_ends_in_zip_zip_is_read_when_it_is_one(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS}, name="export.zip.zip")
    assert len(export.tables["connections"]) == 2


def test_case_3_a_folder_inside_the_zip_is_searched_by_base_name(tmp_path):
    files = {"Connections.csv": CONNECTIONS, "Jobs/Saved Jobs.csv": "a,b\n"}
    export = read(tmp_path, files, top="Basic_LinkedInDataExport_03-15-2024/", name="x.zip")
    assert len(export.tables["connections"]) == 2
    assert str(export.taken_on) == "2024-03-15"


def test_case_3_what_a_macintosh_adds_is_left_alone(tmp_path):
    files = {
        "Connections.csv": CONNECTIONS,
        "__MACOSX/._Connections.csv": b"\x00\x05\x16\x07",
        ".DS_Store": b"\x00",
    }
    assert len(read(tmp_path, files).tables["connections"]) == 2


def test_case_3_a_single_csv_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "Connections.csv"
    path.write_text(CONNECTIONS, encoding="utf-8")
    assert "Give the folder that the file lies in" in refused(path)


def test_case_3_a_path_that_is_not_there_is_named(tmp_path):
    assert "There is nothing at" in refused(tmp_path / "nowhere.zip")
    (tmp_path / "Export_11-30-2026.zip").write_bytes(b"")
    assert "Did you mean 'Export_11-30-2026.zip'?" in refused(tmp_path / "Export_11-31-2026.zip")


def test_case_3_an_empty_folder_and_an_empty_zip_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    assert "holds no file of an export" in refused(tmp_path / "folder")
    assert "holds no file of an export" in refused(zipped(tmp_path / "empty.zip", {}))


def test_case_3_a_member_locked_with_a_password_is_said_to_be_locked(tmp_path):
    path = zipped(tmp_path / "locked.zip", {"Connections.csv": CONNECTIONS})
    data = bytearray(path.read_bytes())
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(bytes(data))
    assert "locked with a password" in refused(path)


def test_case_3_a_damaged_member_is_named(tmp_path):
    path = zipped(tmp_path / "bad.zip", {"Connections.csv": CONNECTIONS})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    assert "Connections.csv is damaged inside the archive" in refused(path)


# 4. missing files, partial archives


def test_case_4_every_file_is_optional_and_what_is_lost_is_said(tmp_path):
    export = read(tmp_path, {"Profile.csv": "First Name,Last Name\nMara,Olsen\n"})
    assert export.report.missing["connections"].startswith("nobody counts as connected")
    assert len(export.tables["invitations"]) == 0
    assert export.owner == "name:mara olsen"


def test_case_4_two_parts_of_one_export_are_read_together(tmp_path):
    first = zipped(tmp_path / "Basic_LinkedInDataExport_03-15-2024.zip", {"Connections.csv": CONNECTIONS})
    second = zipped(tmp_path / "Complete_LinkedInDataExport_03-16-2024.zip", {"Invitations.csv": INVITATIONS})
    export = read_export([first, second])
    assert (len(export.tables["connections"]), len(export.tables["invitations"])) == (2, 2)
    assert str(export.taken_on) == "2024-03-16"


def test_two_peoples_archives_are_not_read_as_one(tmp_path):
    header = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
    row = 'Bo Kern,{0},"3/1/24, 4:05 PM",,INCOMING,https://www.linkedin.com/in/bo,https://www.linkedin.com/in/{1}\n'
    mine, theirs = (
        zipped(tmp_path / f"{slug}.zip", {"Invitations.csv": header + row.format(name, slug)})
        for name, slug in (("Kim Own", "kim"), ("Eli Else", "eli"))
    )
    with pytest.raises(ExportError, match="belong to 2 people: in:eli, in:kim. Read each person's"):
        read_export([mine, theirs])
    assert read_export([mine]).owner == "in:kim"


def test_case_4_what_the_second_part_repeats_counts_once(tmp_path):
    more = CONNECTIONS + "Ken,Ito,https://www.linkedin.com/in/ken-ito,,Acme,Engineer,29 Oct 2019\n"
    parts = [
        zipped(tmp_path / "1.zip", {"Connections.csv": CONNECTIONS}),
        zipped(tmp_path / "2.zip", {"Connections.csv": more}),
    ]
    assert read_export(parts).tables["connections"]["name"].tolist() == [
        "Jörg Brandt",
        "Lea Novák",
        "Ken Ito",
    ]


def test_case_4_equal_rows_within_one_part_stay_two(tmp_path):
    row = "a,,Jo Ny,https://www.linkedin.com/in/jo-ny,Mara Olsen,,2019-10-28 10:00:00 UTC,,Hi,INBOX\n"
    other = row.replace("Hi", "Ho")
    parts = [
        zipped(tmp_path / "1.zip", {"messages.csv": MESSAGES_HEADER + row * 2}),
        zipped(tmp_path / "2.zip", {"messages.csv": MESSAGES_HEADER + row * 2 + other}),
    ]
    assert read_export(parts).tables["messages"]["content"].tolist() == ["Hi", "Hi", "Ho"]


def test_case_4_a_file_split_into_several_is_put_together(tmp_path):
    row = "a,,Jo Ny,https://www.linkedin.com/in/jo-ny,Mara Olsen,,2019-10-28 10:00:00 UTC,,{},INBOX\n"
    names = ["messages.csv", "messages_1.csv", "messages_2.csv", "messages_10.csv"]
    export = read(tmp_path, {name: MESSAGES_HEADER + row.format(name) for name in reversed(names)})
    assert export.tables["messages"]["content"].tolist() == names


@pytest.mark.parametrize(
    "name", ["connections.csv", "CONNECTIONS.CSV", "Connections_1.csv", "Connections (1).csv"]
)
def test_case_4_a_files_name_may_drift(tmp_path, name):
    assert len(read(tmp_path, {name: CONNECTIONS}).tables["connections"]) == 2


def test_case_4_the_assistants_conversations_are_not_the_mailbox(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "guide_messages.csv": "DATE\n2020\n"})
    assert export.report.ignored[0].why == "conversations with the platform's own assistants and courses"


def test_case_4_an_empty_file_is_said_to_be_empty(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Invitations.csv": ""})
    assert [notice.file for notice in warned(export, "empty_file")] == ["Invitations.csv"]


def test_case_4_a_file_of_a_header_alone_is_an_empty_table(tmp_path):
    export = read(tmp_path, {"Invitations.csv": INVITATIONS.splitlines()[0]})
    assert export.report.rows["invitations"] == 0
    assert str(export.tables["invitations"]["sent_at"].dtype) == "datetime64[us, UTC]"


def test_case_4_of_one_person_described_twice_the_later_description_counts(tmp_path):
    later = CONNECTIONS.replace("Acme", "Bolts", 1)
    parts = [
        zipped(tmp_path / "1.zip", {"Connections.csv": CONNECTIONS}),
        zipped(tmp_path / "2.zip", {"Connections.csv": later}),
    ]
    export = read_export(parts)
    companies = export.tables["connections"].set_index("name")["company"].to_dict()
    assert companies == {"Jörg Brandt": "Bolts", "Lea Novák": "Acme"}
    assert export.report.warned("row_twice") == 2


def test_case_4_a_missing_table_is_named_once_and_a_missing_half_by_its_own_name(tmp_path):
    received = "Endorsement Date,Skill Name,Endorser First Name,Endorser Last Name\n"
    export = read(tmp_path, {"Endorsement_Received_Info.csv": received})
    assert "endorsements_given" in export.report.missing
    assert "recommendations" in export.report.missing
    assert "endorsements" not in export.report.missing


def test_case_4_dates_after_the_day_in_the_name_are_told(tmp_path):
    files = {"Connections.csv": CONNECTIONS}
    export = read(tmp_path, files, name="Basic_LinkedInDataExport_10-01-2019.zip")
    (notice,) = warned(export, "later_than_taken")
    assert notice.count == 2


@pytest.mark.parametrize(
    ("packed", "told"), [((2019, 9, 1), 2), ((1980, 1, 1), 0), ((1980, 0, 0), 0), ((2019, 10, 29), 0)]
)
def test_case_4_dates_after_the_day_of_the_files_are_told_where_the_name_has_none(tmp_path, packed, told):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("Connections.csv", (*packed, 0, 0, 0)), CONNECTIONS)
    export = read_export(tmp_path / "export.zip")
    assert export.report.warned("later_than_taken") == told
    assert str(export.taken_on) == "2019-10-28"


# 6. headers


def test_case_6_columns_are_found_by_name_whatever_their_order_and_case(tmp_path):
    text = "connected on,LAST NAME,url,first_name\n27 Oct 2019,Brandt,https://www.linkedin.com/in/jb,Jörg\n"
    row = read(tmp_path, {"Connections.csv": text}).tables["connections"].iloc[0]
    assert (row["name"], row["person"]) == ("Jörg Brandt", "in:jb")
    assert pd.isna(row["company"])


def test_case_6_a_file_with_every_field_quoted_is_read(tmp_path):
    quoted = "\n".join('"' + line.replace(",", '","') + '"' for line in CONNECTIONS.strip().split("\n"))
    rows = read(tmp_path, {"Connections.csv": quoted}).tables["connections"]
    assert rows["company"].tolist() == ["Acme", "Acme"]
    assert rows["email"].isna().all()


def test_case_6_a_new_column_is_reported_and_left_alone(tmp_path):
    text = CONNECTIONS.replace("Connected On", "Connected On,Mood").replace("2019\n", "2019,fine\n")
    export = read(tmp_path, {"Connections.csv": text})
    (notice,) = warned(export, "unknown_column")
    assert (notice.count, "Mood" in notice.says, "fine" in notice.says) == (1, True, False)


def test_case_6_of_two_columns_with_one_name_the_first_counts(tmp_path):
    text = CONNECTIONS.replace("Connected On", "Connected On,Company").replace("2019\n", "2019,Other\n")
    assert read(tmp_path, {"Connections.csv": text}).tables["connections"]["company"].tolist() == [
        "Acme",
        "Acme",
    ]


def test_case_6_rows_with_too_many_or_too_few_cells_are_left_out_counted_and_listed(tmp_path):
    text = (
        CONNECTIONS + "too,few\n" + "a,b,c,d,e,f,27 Oct 2019,too many\n" + connected("https://x/in/ok") + "\n"
    )
    export = read(tmp_path, {"Connections.csv": text})
    (notice,) = warned(export, "ragged_row")
    assert (notice.count, notice.examples) == (2, ("line 4", "line 5"))
    assert len(export.tables["connections"]) == 3


def test_case_6_a_missing_note_column_is_told_for_no_note_is_not_the_same(tmp_path):
    text = 'From,To,Sent At,Direction\nJörg Brandt,Mara Olsen,"10/26/19, 4:05 PM",INCOMING\n'
    (notice,) = warned(read(tmp_path, {"Invitations.csv": text}), "column_missing")
    assert "whether an invitation came with a note cannot be told" in notice.says


def test_case_6_names_from_an_archive_cannot_steer_the_terminal(tmp_path):
    head, _, rows = CONNECTIONS.partition("\n")
    text = f'{head},"\x1b[2J\x07{"x" * 99}"\n' + rows.replace("2019\n", "2019,\n")
    export = read(tmp_path, {"Connec\x1btions.csv": text, "a\nb.html": "x"})
    words = [notice.says for notice in export.report.warnings]
    assert all(text.isprintable() for text in [*words, *(file.file for file in export.report.files)])
    assert [left.file for left in export.report.ignored] == [r"a\nb.html"]
    assert len(warned(export, "unknown_column")[0].says) < 120


# 7. encodings


@pytest.mark.parametrize("files_own", ["", "\ufeff"])
@pytest.mark.parametrize("ragged", ["", "a,row,cut,short\n"])
def test_case_7_a_byte_order_mark_inside_the_first_cell_belongs_to_the_cell(tmp_path, files_own, ragged):
    header = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT,FOLDER\n"
    row = "\ufeff2-abc,,Ada L,,Mara,2019-10-28 10:00:00 UTC,,hello,INBOX\n"
    export = read(tmp_path, {"messages.csv": files_own + header + row + ragged})
    assert export.tables["messages"]["conversation"].tolist() == ["\ufeff2-abc"]


def test_case_7_utf_16_with_tabulators_is_read(tmp_path):
    text = "Date\tStatus\tFullName\n2019-03-05 10:00:00 UTC\tActive\tWanda Fall\n"
    export = read(tmp_path, {"Member_Follows.csv": text.encode("utf-16")})
    assert export.tables["member_follows"]["name"].tolist() == ["Wanda Fall"]


# 8. invalid bytes, mojibake


def test_case_8_a_file_in_windows_1252_is_read_and_said_to_be(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS.encode("cp1252", "replace")})
    assert export.tables["connections"]["name"][0] == "Jörg Brandt"
    (notice,) = warned(export, "not_utf8")
    assert (notice.file, notice.examples) == ("Connections.csv", ("line 2", "line 3"))


def test_case_8_single_damaged_bytes_stay_visible_and_are_counted(tmp_path):
    data = CONNECTIONS.encode().replace(b"Lea", b"L\xff\xfea")
    export = read(tmp_path, {"Connections.csv": data})
    assert export.tables["connections"]["first_name"].tolist() == ["Jörg", "L\\xff\\xfea"]
    (notice,) = warned(export, "damaged_bytes")
    assert (notice.count, notice.examples) == (1, ("line 3",))


def test_case_8_no_letter_is_ever_replaced_silently(tmp_path):
    data = CONNECTIONS.encode().replace(b"Lea", b"L\xc3")
    export = read(tmp_path, {"Connections.csv": data})
    assert not export.tables["connections"]["name"].str.contains("\ufffd").any()
    assert export.report.warned("damaged_bytes") == 1


@pytest.mark.parametrize("damaged", ["JÃ¶rg", "Itâ€™s", "Ã‰ric", "ðŸ™‚", "J\ufffdrg"])
def test_case_8_letters_damaged_before_are_counted_and_left_as_they_are(tmp_path, damaged):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS.replace("Jörg", damaged)})
    (notice,) = warned(export, "mojibake")
    assert (notice.count, notice.examples) == (1, ("line 2",))
    assert export.tables["connections"]["first_name"][0] == damaged


@pytest.mark.parametrize("name", ["Ångström", "São", "LEÃO", "Ngô", "Émile", "Zoë", "Ørsted", "Ășe"])
def test_case_8_ordinary_letters_with_accents_are_not_called_damaged(tmp_path, name):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS.replace("Jörg", name)})
    assert warned(export, "mojibake") == []


# 9. saved again by a spreadsheet


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("27-Oct-19", "4-Apr-21"),
        ("2019-10-27", "2021-04-04"),
        ("2019/10/27", "2021/04/04"),
        ("27.10.2019", "04.04.2021"),
        ("27/10/2019", "04/04/2021"),
        ("10/27/2019", "4/4/2021"),
        ("27/10/19", "4/4/21"),
        ("27. Okt 19", "4. Apr 21"),
        ("27-oct.-19", "4-avr.-21"),
        ("27-out-19", "4-abr-21"),
        ("Oct 27, 2019", "April 4, 2021"),
        ("27 October 2019", "4 April 2021"),
        ("10/27/2019 0:00", "4/4/2021 0:00"),
    ],
)
def test_case_9_dates_of_a_spreadsheet_are_read_where_they_are_unambiguous(tmp_path, first, second):
    export = connections(tmp_path, connected(day=f'"{first}"'), connected(day=f'"{second}"'))
    assert export.tables["connections"]["connected_on"].tolist() == [utc("2019-10-27"), utc("2021-04-04")]
    assert export.report.warned("resaved") == 1


def test_case_9_dates_that_read_the_same_both_ways_are_not_ambiguous(tmp_path):
    export = connections(tmp_path, connected(day="4/4/2021"), connected(day="5/5/2020"))
    assert export.tables["connections"]["connected_on"][0] == utc("2021-04-04")


def test_case_9_line_ends_of_an_old_macintosh_are_read(tmp_path):
    rows = read(tmp_path, {"Connections.csv": CONNECTIONS.replace("\n", "\r")}).tables["connections"]
    assert rows["position"].tolist() == ["Engineer", "Engineer"]
    assert rows["connected_on"].notna().all()


def test_case_9_dropped_columns_are_missing_and_the_rest_is_read(tmp_path):
    export = read(tmp_path, {"Connections.csv": "First Name,Last Name,Connected On\nJörg,Brandt,27-Oct-19\n"})
    assert export.tables["connections"]["person"].tolist() == ["name:jörg brandt"]


def test_case_9_without_the_direction_the_owners_side_tells_it(tmp_path):
    text = (
        "From,To,Sent At\n"
        + 'Jörg Brandt,Mara Olsen,"10/26/19, 4:05 PM"\n'
        + 'Mara Olsen,Lea Novák,"10/20/19, 8:00 AM"\n'
    )
    files = {"Invitations.csv": text, "Profile.csv": "First Name,Last Name\nMara,Olsen\n"}
    assert read(tmp_path, files).tables["invitations"]["direction"].tolist() == ["incoming", "outgoing"]


# 11. text in a date column


def test_case_11_text_that_is_no_date_is_counted_and_listed_by_line(tmp_path):
    days = ["27 Oct 2019", "soon", "28 Oct 2019", "31 Feb 2019", "n/a", ""]
    export = connections(tmp_path, *(connected(day=day) for day in days))
    (notice,) = warned(export, "not_a_date")
    assert (notice.count, notice.examples) == (3, ("line 3", "line 5", "line 6"))
    assert export.tables["connections"]["connected_on"].isna().tolist() == [
        False,
        True,
        False,
        True,
        True,
        True,
    ]


def test_case_11_the_notice_never_shows_what_stood_in_the_cell(tmp_path):
    export = connections(tmp_path, connected(day="Jo's birthday"), connected())
    assert "birthday" not in str(export.report.as_dict())


def test_case_11_lines_are_counted_as_an_editor_shows_them(tmp_path):
    text = (
        'Notes:\n"some, sentence"\n\n'
        + CONNECTIONS.replace("Acme", '"Acme\nLtd"', 1)
        + "\n"
        + connected(day="soon")
        + "\n"
    )
    (notice,) = warned(read(tmp_path, {"Connections.csv": text}), "not_a_date")
    assert text.split("\n")[int(notice.examples[0].split()[1]) - 1].endswith("soon")


def test_case_11_a_mailbox_with_one_bad_date_keeps_the_others(tmp_path):
    row = "a,,Jo Ny,https://www.linkedin.com/in/jo-ny,Mara Olsen,,{},,Hi,INBOX\n"
    text = MESSAGES_HEADER + row.format("2019-10-28 10:00:00 UTC") + row.format("2019-13-28 10:00:00 UTC")
    export = read(tmp_path, {"messages.csv": text})
    assert export.tables["messages"]["sent_at"].isna().tolist() == [False, True]
    assert warned(export, "not_a_date")[0].examples == ("line 3",)


# 12. Pacific and UTC


def test_case_12_the_hour_that_comes_twice_is_read_as_the_earlier_and_counted(tmp_path):
    export = invitations(tmp_path, invited("11/3/24, 1:30 AM"), invited("11/3/24, 2:30 AM", inviter="b"))
    assert export.tables["invitations"]["sent_at"].tolist() == [
        utc("2024-11-03 08:30"),
        utc("2024-11-03 10:30"),
    ]
    (notice,) = warned(export, "hour_twice")
    assert (notice.count, notice.examples) == (1, ("line 2",))


def test_case_12_an_answer_on_the_same_evening_does_not_come_before_its_question(tmp_path):
    files = {
        "Invitations.csv": INVITATIONS_HEADER + invited("11/3/24, 1:30 AM"),
        "Connections.csv": CONNECTIONS.replace("27 Oct 2019", "3 Nov 2024"),
    }
    tables = read(tmp_path, files).tables
    delay = (
        tables["connections"]["connected_on"][0] + pd.Timedelta(days=1) - tables["invitations"]["sent_at"][0]
    )
    assert delay > pd.Timedelta(0)


# 15. addresses that name nobody


@pytest.mark.parametrize(
    "url", ["https://www.linkedin.com/in", "https://www.linkedin.com/in/", "urn:li:member:123"]
)
def test_case_15_an_address_without_a_slug_counts_as_missing(tmp_path, url):
    export = connections(tmp_path, connected(url))
    row = export.tables["connections"].iloc[0]
    assert (row["person"], row["confidence"]) == ("name:jo ny", "low")
    assert export.report.warned("name_only") == 1


def test_case_15_the_name_stands_for_the_one_who_has_an_address_elsewhere(tmp_path):
    text = INVITATIONS.replace("https://www.linkedin.com/in/jörg-brandt", "https://www.linkedin.com/in")
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Invitations.csv": text})
    row = export.tables["invitations"].iloc[0]
    assert (row["person"], row["confidence"]) == ("in:jörg-brandt", "low")


# 16. nobody


def test_case_16_senders_without_an_address_are_counted_and_apart(tmp_path):
    row = "a,,{},,Mara Olsen,https://www.linkedin.com/in/mara-olsen,2019-10-28 10:00:00 UTC,,Hi,INBOX\n"
    text = MESSAGES_HEADER + row.format("LinkedIn Member") + row.format("") + row.format("Ken Ito")
    export = read(tmp_path, {"messages.csv": text})
    assert export.tables["messages"]["person"].fillna("-").tolist() == ["-", "-", "name:ken ito"]
    assert export.report.warned("names_nobody") == 2


def test_case_16_an_organisations_page_is_nobody_one_could_know(tmp_path):
    row = "a,,Acme,https://www.linkedin.com/company/acme/,Mara Olsen,,2019-10-28 10:00:00 UTC,,Buy,INBOX\n"
    export = read(tmp_path, {"messages.csv": MESSAGES_HEADER + row})
    assert export.tables["messages"]["person"].isna().all()


# The owner


def mail(sender, recipient, *, name="Jo Ny"):
    names = {"mara": "Mara Olsen", "mara-2": "Mara Olsen"}
    return (
        f"a,,{names.get(sender, name)},https://www.linkedin.com/in/{sender},"
        f"{names.get(recipient, name)},https://www.linkedin.com/in/{recipient},"
        "2019-10-28 10:00:00 UTC,,Hi,INBOX\n"
    )


def test_the_owner_is_whoever_takes_part_in_most_of_the_mailbox(tmp_path):
    text = MESSAGES_HEADER + mail("mara", "a") + mail("b", "mara") + mail("c", "mara")
    export = read(tmp_path, {"messages.csv": text})
    assert export.owner == "in:mara"
    assert export.tables["messages"]["direction"].tolist() == ["outgoing", "incoming", "incoming"]


def test_where_the_direction_is_in_another_language_the_owner_stands_in_every_invitation(tmp_path):
    text = INVITATIONS.replace("INCOMING", "EINGEHEND").replace("OUTGOING", "AUSGEHEND")
    table = read(tmp_path, {"Invitations.csv": text}).tables["invitations"]
    assert table["direction"].tolist() == ["incoming", "outgoing"]


def test_two_people_alone_with_each_other_do_not_tell_who_the_owner_is(tmp_path):
    export = read(tmp_path, {"messages.csv": MESSAGES_HEADER + mail("mara", "a") + mail("a", "mara")})
    assert export.owner is None
    assert export.report.warned("owner_unknown") == 2


def test_a_namesake_does_not_hide_the_owner(tmp_path):
    files = {
        "Profile.csv": "First Name,Last Name\nMara,Olsen\n",
        "messages.csv": MESSAGES_HEADER + mail("mara", "a") + mail("mara-2", "mara") + mail("c", "mara"),
    }
    export = read(tmp_path, files)
    assert export.owner == "in:mara"
    assert export.tables["messages"]["person"].tolist() == ["in:a", "in:mara-2", "in:c"]


# 17. names


def test_case_17_a_recipients_name_with_a_comma_is_one_person_when_he_is_known(tmp_path):
    header = MESSAGES_HEADER.replace(",RECIPIENT PROFILE URLS", "")
    rows = (
        'a,,"Ken Ito, PhD",https://www.linkedin.com/in/ken-ito,Mara Olsen,2019-10-28 10:00:00 UTC,,Hi,INBOX\n'
        'a,,Mara Olsen,https://www.linkedin.com/in/mara-olsen,"Ken Ito, PhD",2019-10-28 11:00:00 UTC,,Ho,SENT\n'
        'b,,Mara Olsen,https://www.linkedin.com/in/mara-olsen,"Al Bo,Cy Do",2019-10-28 12:00:00 UTC,,Hum,SENT\n'
    )
    files = {"messages.csv": header + rows, "Profile.csv": "First Name,Last Name\nMara,Olsen\n"}
    rows = read(tmp_path, files).tables["messages"]
    assert rows["person"].fillna("-").tolist() == ["in:ken-ito", "in:ken-ito", "-"]


def test_case_17_a_message_to_several_people_names_none_of_them(tmp_path):
    row = (
        "a,,Mara Olsen,https://www.linkedin.com/in/mara-olsen,Al Bo;Cy Do,"
        '"https://www.linkedin.com/in/al-bo,https://www.linkedin.com/in/cy-do",2019-10-28 10:00:00 UTC,,Hi,SENT\n'
    )
    files = {"messages.csv": MESSAGES_HEADER + row, "Invitations.csv": INVITATIONS}
    assert read(tmp_path, files).tables["messages"]["person"].isna().all()


@pytest.mark.parametrize("name", ["Ada 🚀,Own", "陈,伟", "محمد,علي", "  Zoë ,  Ång "])
def test_case_17_names_are_kept_as_they_were_written(tmp_path, name):
    rows = connections(tmp_path, connected("https://x/in/a", name=name)).tables["connections"]
    assert [rows["first_name"][0], rows["last_name"][0]] == name.split(",")


def test_case_17_forms_of_one_name_match_and_the_raw_one_stays(tmp_path):
    files = {
        "Connections.csv": CONNECTIONS.replace("Jörg,Brandt", "JO\u0308RG , BRANDT "),
        "Invitations.csv": INVITATIONS.replace("https://www.linkedin.com/in/jörg-brandt", ""),
    }
    tables = read(tmp_path, files).tables
    assert tables["invitations"]["person"][0] == tables["connections"]["person"][0] == "in:jörg-brandt"
    assert tables["connections"]["first_name"][0] == "JO\u0308RG "


# 18. line breaks, quotes, long cells


@pytest.mark.parametrize(
    "content",
    [
        "a\nb\n\nc",
        'she said "yes"',
        "a,b;c\td",
        "\r\n",
        '"',
        '""',
        "line\rbreak",
        "x" * 131_073,
        "y" * 900_000,
    ],
)
def test_case_18_any_cell_comes_back_as_it_was(tmp_path, content):
    quoted = content.replace('"', '""')
    row = (
        f'a,,Jo Ny,https://www.linkedin.com/in/jo-ny,Mara Olsen,,2019-10-28 10:00:00 UTC,,"{quoted}",INBOX\n'
    )
    export = read(tmp_path, {"messages.csv": MESSAGES_HEADER + row * 2})
    assert export.tables["messages"]["content"].tolist() == [content, content]


def test_case_18_a_cell_larger_than_a_block_of_the_parser_is_read(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    words = "many words " * 500_000
    row = f'a,,Jo Ny,,Mara Olsen,,2019-10-28 10:00:00 UTC,,"{words}",INBOX\n'
    (folder / "messages.csv").write_text(MESSAGES_HEADER + row * 2, encoding="utf-8")
    assert read_export(folder).tables["messages"]["content"].str.len().tolist() == [5_500_000] * 2


def test_case_18_a_quotation_mark_that_is_never_closed_is_told_with_its_line(tmp_path):
    row = "a,,Jo Ny,,Mara Olsen,,2019-10-28 10:00:00 UTC,,{},INBOX\n"
    text = MESSAGES_HEADER + row.format("fine") + row.format('"open') + row.format("swallowed") * 3
    export = read(tmp_path, {"messages.csv": text})
    (notice,) = warned(export, "quote_left_open")
    assert notice.examples == ("line 3",)
    assert export.tables["messages"]["content"].tolist()[0] == "fine"


@pytest.mark.parametrize("later", ["fine", '"quoted, too"'])
def test_case_18_a_quotation_mark_that_is_never_closed_costs_its_row(tmp_path, later):
    row = "a,,Jo Ny,,Mara Olsen,,2019-10-28 10:00:00 UTC,,{},INBOX\n"
    text = MESSAGES_HEADER + row.format('"open') + row.format("kept") * 300 + row.format(later)
    text += "a,,Jo Ny,,Mara Olsen,,soon,,last,INBOX\n"
    export = read(tmp_path, {"messages.csv": text})
    assert len(export.tables["messages"]) == 302 and not warned(export, "ragged_row")
    assert warned(export, "quote_left_open")[0].examples == ("line 2",)
    assert warned(export, "not_a_date")[0].examples == ("line 304",)


def test_case_18_a_quotation_mark_inside_a_bare_cell_is_just_a_sign(tmp_path):
    export = connections(
        tmp_path, connected(name='Jo "the,Ny'), connected("https://x/in/b", name='5" Screen,Co')
    )
    assert export.tables["connections"]["first_name"].tolist() == ['Jo "the', '5" Screen']
    assert warned(export, "quote_left_open") == []


# 19. formulas and markup


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 30 1234", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "<script>alert(1)</script>"]
)
def test_case_19_formulas_and_markup_are_kept_raw_for_the_writers_to_escape(tmp_path, cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    rows = connections(tmp_path, connected("https://x/in/a").replace("Acme", quoted)).tables["connections"]
    assert rows["company"].tolist() == [cell]


def test_case_19_a_table_shown_in_a_notebook_escapes_markup(tmp_path):
    rows = connections(tmp_path, connected().replace("Acme", "<script>alert(1)</script>")).tables[
        "connections"
    ]
    assert "<script>" not in rows._repr_html_()


# 20. the same export again


def test_case_20_the_digest_is_the_same_for_the_same_files_packed_otherwise(tmp_path):
    files = {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS, "Ad_Targeting.csv": "x"}
    turned = dict(reversed({**files, "Ad_Targeting.csv": "y"}.items()))
    first = read(tmp_path, files, name="a.zip")
    assert read(tmp_path, turned, name="b.zip", top="nested/").sha256 == first.sha256


def test_case_20_the_digest_changes_with_one_byte(tmp_path):
    first = read(tmp_path, {"Connections.csv": CONNECTIONS}, name="a.zip")
    other = read(tmp_path, {"Connections.csv": CONNECTIONS.replace("Acme", "Acne", 1)}, name="b.zip")
    assert first.sha256 != other.sha256


def test_case_20_the_same_archive_given_twice_is_read_once(tmp_path):
    path = zipped(tmp_path / "a.zip", {"Connections.csv": CONNECTIONS})
    export = read_export([path, path])
    assert len(export.tables["connections"]) == 2
    assert export.sha256 == read_export(path).sha256
    assert export.report.warned("same_file_twice") == 1


# The report


def test_the_report_is_ready_for_json_and_holds_no_persons_value(tmp_path):
    import json

    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS})
    text = json.dumps(export.report.as_dict())
    assert not any(value in text for value in ("rg Brandt", "Novak", "lea-novak", "Acme"))
    assert json.loads(text)["tables"] == {"connections": 2, "invitations": 2}


def test_an_error_is_two_sentences_what_is_wrong_and_what_to_do(tmp_path):
    message = refused(tmp_path)
    assert message.count("\n") == 0
    assert re.fullmatch(r"\S.* holds no file of an export, such as [^;]+\. Give the ZIP [^;]+\.", message)


def test_case_3_a_folder_that_holds_several_archives_is_not_read_as_one(tmp_path):
    for day, month in (("01", "first"), ("02", "second")):
        folder = tmp_path / "downloads" / month
        folder.mkdir(parents=True)
        (folder / "Company Follows.csv").write_text(
            f"Organization,Followed On\nAcme,Tue Mar {day} 10:00:00 UTC 2024\n", encoding="utf-8"
        )
    with pytest.raises(ExportError, match="Read each archive on its own"):
        read_export(tmp_path / "downloads")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_is_bad_input_however_it_was_packed(tmp_path, method):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("Connections.csv", CONNECTIONS * 50)
    whole = path.read_bytes()
    refused = 0
    for place in range(45, 145):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read_export(path)
        except ExportError:
            refused += 1
    assert refused > 50
