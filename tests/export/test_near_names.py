"""A wanted file under a near name, in another form, or in a ZIP inside: which one is read, and what is said."""

import gzip
import io
import itertools
import os

import openpyxl
import pytest
from exports import CONNECTIONS, INVITATIONS, MESSAGES_HEADER, read, refused, warned, zipped

from netkit.export import read_export

PROFILE = "First Name,Last Name\nMara,Olsen\n"
ONE = CONNECTIONS.rpartition("Lea")[0]  # the connections without the last one
ROWS = INVITATIONS.partition("\n")[2]
OTHER = CONNECTIONS.replace("Lea", "Léa")


def workbook(text, title="Sheet1"):
    """Return a text as a spreadsheet program would save it."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = title
    for line in text.splitlines():
        book.active.append([cell or None for cell in line.replace('"', "").split(",")])
    book.save(out)
    return out.getvalue()


def packed(text):
    return gzip.compress(text.encode())


def inside(files):
    return zipped(io.BytesIO(), files).getvalue()


def names(export):
    return sorted(export.tables["connections"]["first_name"])


@pytest.mark.parametrize(
    ("file", "content", "table"),
    [
        ("Connections - Copy.csv", CONNECTIONS.encode(), "connections"),
        ("Connections copy.csv", CONNECTIONS.encode(), "connections"),
        ("Connections copy 2.csv", CONNECTIONS.encode(), "connections"),
        ("Copy of Connections.csv", CONNECTIONS.encode(), "connections"),
        ("Connections (1).csv", CONNECTIONS.encode(), "connections"),
        ("Connections - Connections.csv", CONNECTIONS.encode(), "connections"),
        ("Connections.csv.gz", packed(CONNECTIONS), "connections"),
        ("Connections - Kopie.csv.gz", packed(CONNECTIONS), "connections"),
        ("Connections.xlsx", workbook(CONNECTIONS), "connections"),
        ("My Connections.XLSX", workbook(CONNECTIONS), "connections"),
        ("Connections", CONNECTIONS.encode(), "connections"),
        ("Connections.csv.txt", CONNECTIONS.encode(), "connections"),
        ("Connections2024.csv", CONNECTIONS.encode(), "connections"),
        ("my_connections_backup.csv", CONNECTIONS.encode(), "connections"),
        ("Connections.csv.gz", CONNECTIONS.encode(), "connections"),
        ("Invitation.csv", INVITATIONS.encode(), "invitations"),
        ("Linkedin Invitations.csv", INVITATIONS.encode(), "invitations"),
    ],
)
@pytest.mark.parametrize("zip_or_folder", ["ZIP", "folder"])
def test_a_wanted_file_under_a_near_name_is_read_and_told(tmp_path, file, content, table, zip_or_folder):
    files = {"Profile.csv": PROFILE.encode(), file: content}
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    export = read(tmp_path, files) if zip_or_folder == "ZIP" else read_export(folder)
    assert len(export.tables[table]) == 2 and table not in export.report.missing
    (notice,) = warned(export, "near_name")
    assert notice.file == file and f"{table.capitalize()}.csv" in notice.says


# Of several files for one table, the one that stands first here is read.
RANKED = {
    "the file itself": ("Connections.csv", CONNECTIONS.encode()),
    "the file itself in the ZIP inside": ("inner.zip", inside({"Connections.csv": CONNECTIONS})),
    "a copy": ("Connections - Copy.csv", CONNECTIONS.encode()),
    "packed": ("Connections.csv.gz", packed(CONNECTIONS)),
    "a workbook": ("Connections.xlsx", workbook(CONNECTIONS)),
    "a copy in the ZIP inside": ("inner.zip", inside({"Connections copy.csv": CONNECTIONS})),
}
PAIRS = [pair for pair in itertools.combinations(RANKED, 2) if RANKED[pair[0]][0] != RANKED[pair[1]][0]]
LESS = {
    "Connections.csv": ONE.encode(),
    "Connections - Copy.csv": ONE.encode(),
    "Connections.csv.gz": packed(ONE),
    "Connections.xlsx": workbook(ONE),
}


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=map(" before ".join, PAIRS))
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_files_for_one_table_one_is_read_and_the_other_is_named(tmp_path, first, second, turned):
    (one, content), (two, _) = RANKED[first], RANKED[second]
    where = "Connections.csv" if second == "the file itself in the ZIP inside" else "Connections copy.csv"
    files = {one: content, two: LESS.get(two, inside({where: ONE}))}
    if turned:
        files = dict(reversed(files.items()))
    export = read(tmp_path, {"Profile.csv": PROFILE, **files})
    assert names(export) == ["Jörg", "Lea"]
    told = {notice.file for notice in export.report.warnings}
    ignored = {left.file: left.why for left in export.report.ignored}
    assert two in told | {name.partition("/")[0] for name in told}
    assert all(why != "not known to netkit" for why in ignored.values() if not one.endswith(".zip"))


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
def test_of_two_copies_the_newer_is_read_and_the_other_named_with_what_to_do(tmp_path, days):
    copies = ["Connections copy.csv", "My Connections.csv"]
    for name, text, day in zip(copies, (CONNECTIONS, OTHER), days, strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
        os.utime(tmp_path / name, (day * 86_400, day * 86_400))
    export = read_export(tmp_path)
    newer, older = copies if days == (2, 1) else copies[::-1]
    assert names(export) == (["Jörg", "Lea"] if newer == copies[0] else ["Jörg", "Léa"])
    (left,) = warned(export, "near_name_left")
    assert left.file == older and f"{newer} was read" in left.says and "keep one of them" in left.says


def test_a_second_download_beside_the_first_is_a_copy_and_no_second_half(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Connections (1).csv": ONE})
    assert len(export.tables["connections"]) == 2
    (left,) = warned(export, "near_name_left")
    assert left.file == "Connections (1).csv" and "Connections.csv was read" in left.says


def test_a_person_who_stands_in_two_pieces_counts_once(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Connections_1.csv": OTHER})
    assert names(export) == ["Jörg", "Léa"] and export.report.warned("row_twice") == 2


@pytest.mark.parametrize(
    "file",
    [
        "Connections.json",
        "Connections.csv.crdownload",
        "Connections.xls",
        "Connections.ods",
        "Connections.numbers",
        "Connections copy.xls",
    ],
)
def test_a_form_that_is_not_read_is_named_with_what_to_do(tmp_path, file):
    export = read(tmp_path, {"Invitations.csv": INVITATIONS, file: b"\xd0\xcf\x11\xe0"})
    (notice,) = warned(export, "near_name_left")
    assert notice.file == file and "save it as Connections.csv" in notice.says
    assert "connections" in export.report.missing


@pytest.mark.parametrize("content", [workbook("First Name,Last Name"), b"PK\x03\x04 cut", b"", b"PK"])
def test_a_workbook_that_cannot_be_read_is_named_with_what_to_do(tmp_path, content):
    export = read(tmp_path, {"Invitations.csv": INVITATIONS, "Connections.xlsx": content})
    kinds = {notice.kind for notice in export.report.warnings if notice.file == "Connections.xlsx"}
    assert kinds & {"near_name_left", "empty_file"} and len(export.tables["connections"]) == 0


def test_a_packed_file_under_a_near_name_is_bounded_too(tmp_path):
    bomb = gzip.compress(CONNECTIONS.encode() + b"a,b,,,,,27 Oct 2019\n" * 500_000)
    assert "more than 200,000 rows" in refused(zipped(tmp_path / "a.zip", {"Connections.csv.gz": bomb}))
    bomb = gzip.compress(CONNECTIONS.encode() + b"a" * 200_000_000)
    assert "times its size" in refused(zipped(tmp_path / "b.zip", {"Connections.csv.gz": bomb}))


def test_a_damaged_packed_file_costs_itself(tmp_path):
    files = {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS}
    export = read(tmp_path, {**files, "messages.csv.gz": packed(MESSAGES_HEADER)[:-9]})
    assert warned(export, "not_read")[0].file == "messages.csv.gz"


# A ZIP inside


@pytest.mark.parametrize("zip_or_folder", ["ZIP", "folder"])
@pytest.mark.parametrize("beside", [{}, {"Invitations.csv": INVITATIONS.encode()}])
def test_the_one_zip_inside_is_read_where_files_are_missing(tmp_path, zip_or_folder, beside):
    inner = inside({"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS + ROWS})
    files = {"Basic_LinkedInDataExport_03-20-2024.zip": inner, **beside}
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    export = read(tmp_path, files, name="a.zip") if zip_or_folder == "ZIP" else read_export(folder)
    assert len(export.tables["connections"]) == 2 and str(export.taken_on) == "2024-03-20"
    assert len(export.tables["invitations"]) == (2 if beside else 4)
    (notice,) = warned(export, "inner_zip")
    assert "was opened" in notice.says


def test_a_zip_inside_stays_shut_where_nothing_is_missing(tmp_path):
    files = {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS, "messages.csv": MESSAGES_HEADER}
    export = read(tmp_path, {**files, "inner.zip": b"whatever it is"})
    assert not warned(export, "inner_zip")


def test_of_several_zips_inside_none_is_opened(tmp_path):
    inner = {f"{part}.zip": inside({"Connections.csv": CONNECTIONS}) for part in "ab"}
    export = read(tmp_path, {"Invitations.csv": INVITATIONS, **inner})
    assert [notice.file for notice in warned(export, "inner_zip")] == ["a.zip", "b.zip"]
    assert all("one by one, the oldest first" in notice.says for notice in warned(export, "inner_zip"))
    assert "There are 2 ZIPs inside" in refused(zipped(tmp_path / "c.zip", inner))


@pytest.mark.parametrize("content", [b"", b"no zip", inside({"a.txt": "a"})])
def test_a_zip_inside_that_helps_nothing_costs_nothing(tmp_path, content):
    export = read(tmp_path, {"Invitations.csv": INVITATIONS, "inner.zip": content})
    assert len(export.tables["invitations"]) == 2


def test_a_path_in_the_zip_inside_cannot_leave_it(tmp_path):
    inner = inside({"../Connections.csv": CONNECTIONS, "messages.csv": MESSAGES_HEADER})
    export = read(tmp_path, {"Invitations.csv": INVITATIONS, "inner.zip": inner})
    assert "connections" in export.report.missing
