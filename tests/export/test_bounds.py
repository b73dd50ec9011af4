"""Bounds that bound: whatever is far beyond an export is refused before it costs time or memory."""

import os
import zipfile
from datetime import date

import pytest
from exports import CONNECTIONS, INVITATIONS, MESSAGES_HEADER, read, refused, warned, zipped

from netkit.export import read_export
from netkit.export.archive_member import Member, TooLargeError
from netkit.export.layout import LIMITS

FOLLOWS = "Date,Status,FullName\n"
MANY = ",,Ada\n" * 8
LOW = {
    "entries": 10,
    "depth": 2,
    "to_read": 4,
    "ratio_from": 1_000_000,
    "total_bytes": 5_000,
    "mended_bytes": 1_000,
    "ragged_rows": 3,
    "lines_numbered": 8,
    "file": {"bytes": 2_000, "lines": 20, "rows": 6},
    "messages": {"bytes": 9_000, "lines": 90, "rows": 30},
}


@pytest.fixture
def low_limits(monkeypatch):
    for name, most in LOW.items():
        monkeypatch.setitem(LIMITS, name, most)


BEYOND = {
    "lines of one letter": ("Member_Follows.csv", "FullName\n" + "x\n" * 30, "more than 20 lines"),
    "lines that end as on an old Macintosh": (
        "Member_Follows.csv",
        "FullName\r" + "x\r" * 30,
        "more than 20 lines",
    ),
    "blank lines": ("Connections.csv", CONNECTIONS + "\n" * 30, "more than 20 lines"),
    "lines of commas": ("Connections.csv", CONNECTIONS + ",,,,,,\n" * 9, "has 11 rows"),
    "rows": ("Member_Follows.csv", FOLLOWS + MANY, "has 8 rows"),
    "rows in UTF-16": ("Member_Follows.csv", (FOLLOWS + MANY).encode("utf-16"), "has 8 rows"),
    "rows of which one is odd": ("Member_Follows.csv", FOLLOWS + MANY + "a\n", "has 8 rows"),
    "one cell": ("Connections.csv", CONNECTIONS + "Jo,Ny,,,,," + "x" * 4_000, "larger than 2,000 bytes"),
    "a mailbox": ("messages.csv", MESSAGES_HEADER + "a,,b,,c,,,,,\n" * 40, "has 40 rows"),
    "files in all": ("messages.csv", "a" * 6_000, "bytes to read"),
}


@pytest.mark.parametrize(("file", "content", "says"), BEYOND.values(), ids=BEYOND)
@pytest.mark.parametrize("zip_or_folder", ["ZIP", "folder"])
def test_what_is_far_beyond_an_export_is_refused(low_limits, tmp_path, file, content, says, zip_or_folder):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / file).write_bytes(data)
    path = zipped(tmp_path / "a.zip", {file: data})
    message = refused(path if zip_or_folder == "ZIP" else tmp_path / "folder")
    assert says in message and "which no export does" in message


@pytest.mark.parametrize(("row", "says"), [(",,Ada\n", "has more than 6 rows"), (',,"Ada"\n', "has 8 rows")])
def test_rows_without_quotation_marks_are_counted_while_they_stream(
    low_limits, tmp_path, monkeypatch, row, says
):
    monkeypatch.setattr("netkit.export.archive_member._NO_CELL", 40)
    assert says in refused(zipped(tmp_path / "a.zip", {"Member_Follows.csv": FOLLOWS + row * 8}))


def test_a_file_that_says_how_large_it_is_is_not_opened():
    member = Member("messages.csv", 0, lambda: pytest.fail("opened"), 10**10, date(2024, 3, 1), "messages")
    with pytest.raises(TooLargeError, match="messages.csv is larger than 500,000,000 bytes"):
        member.read()


def test_what_lies_within_the_bounds_is_read(low_limits, tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Invitations.csv": INVITATIONS})
    assert (len(export.tables["connections"]), len(export.tables["invitations"])) == (2, 2)


def test_more_people_than_anybody_knows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(LIMITS, "people", 20)
    rows = "".join(f"u{number} b,,2019-10-28 10:00:00 UTC,x\n" for number in range(30))
    path = zipped(tmp_path / "a.zip", {"messages.csv": "FROM,SENDER PROFILE URL,DATE,CONTENT\n" + rows})
    assert "messages.csv names 30 people, which no export does" in refused(path)


def test_a_mailbox_has_bounds_of_its_own(low_limits, tmp_path):
    text = MESSAGES_HEADER + "a,,b,,c,,2019-10-28 10:00:00 UTC,,x,\n" * 28
    assert len(read(tmp_path, {"messages.csv": text}).tables["messages"]) == 28


def test_a_file_that_must_be_mended_and_is_too_large_for_it_costs_itself(low_limits, tmp_path):
    text = MESSAGES_HEADER + "a,,b,,c,,2019-10-28 10:00:00 UTC,,x,\n" * 28 + "a\n"
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "messages.csv": text})
    (notice,) = warned(export, "not_read")
    assert notice.file == "messages.csv" and "too large to be mended" in notice.says


def test_very_many_odd_rows_cost_the_file(low_limits, tmp_path):
    export = read(
        tmp_path, {"Connections.csv": CONNECTIONS, "Member_Follows.csv": FOLLOWS + ",,Ada\n" + "a\n" * 4}
    )
    assert [notice.file for notice in warned(export, "not_read")] == ["Member_Follows.csv"]


def test_an_odd_line_far_down_is_counted_and_its_number_not_looked_for(low_limits, tmp_path):
    text = "Organization,Followed On\n" + "a,1 Jan 2020\n" + "\n" * 9 + "b,soon\n"
    (notice,) = warned(read(tmp_path, {"Company Follows.csv": text}), "not_a_date")
    assert (notice.count, notice.examples) == (1, ())


@pytest.mark.parametrize("number", [12, 5])
def test_very_many_files_are_refused_before_they_are_read(low_limits, tmp_path, number):
    files = {f"messages_{at}.csv": MESSAGES_HEADER for at in range(number)}
    says = f"holds {number} files"
    assert says in refused(zipped(tmp_path / "many.zip", files))


def test_a_folder_is_not_listed_to_its_end(low_limits, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr("netkit.export.archive.file_kind", lambda name: looked.append(name) or ("", "x"))
    for number in range(40):
        (tmp_path / f"{number}.txt").touch()
    assert "holds more than 10 files" in refused(tmp_path)
    assert len(looked) == 11


def test_a_list_of_files_that_is_far_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("netkit.bounded_files._LIST_BYTES", 500)
    path = zipped(tmp_path / "many.zip", {f"{number}.csv": "a" for number in range(12)})
    assert "lists far too many files" in refused(path)


def test_folders_far_below_are_not_searched(low_limits, tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    for below in ("a/b", "a/b/c"):
        (tmp_path / below / "Connections.csv").write_text(CONNECTIONS, encoding="utf-8")
    assert [read.file for read in read_export(tmp_path).report.files] == ["a/b/Connections.csv"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without such files")
def test_links_that_turn_round_pipes_and_devices_are_left_alone(tmp_path):
    (tmp_path / "Connections.csv").write_text(CONNECTIONS, encoding="utf-8")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "Invitations.csv").symlink_to(tmp_path / "Invitations.csv")
    (tmp_path / "messages.csv").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "Profile.csv")
    export = read_export(tmp_path)
    assert export.report.rows == {"connections": 2}
    assert {left.file for left in export.report.ignored} >= {"Invitations.csv", "messages.csv", "Profile.csv"}
    assert "is not a file" in refused(tmp_path / "Profile.csv")


# ZIP bombs


def test_a_member_that_unpacks_a_thousandfold_is_refused(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"Connections.csv": CONNECTIONS + "x" * 20_000_000})
    assert "unpacks to more than 100 times its size" in refused(path)


def test_a_bomb_that_netkit_would_not_read_does_no_harm(tmp_path):
    export = read(tmp_path, {"Connections.csv": CONNECTIONS, "Rich_Media.csv": b"0" * 20_000_000})
    assert len(export.tables["connections"]) == 2


def test_a_lie_about_a_members_size_is_noticed(tmp_path):
    path = zipped(tmp_path / "lie.zip", {"Connections.csv": CONNECTIONS})
    data = bytearray(path.read_bytes())
    true = len(CONNECTIONS.encode()).to_bytes(4, "little")
    path.write_bytes(bytes(data).replace(true, (50).to_bytes(4, "little")))
    assert "Connections.csv is damaged inside the archive" in refused(path)


def test_bytes_that_only_show_while_they_unpack_count_together(low_limits, tmp_path, monkeypatch):
    monkeypatch.setitem(LIMITS, "total_bytes", 700)
    import gzip

    files = {
        f"{name}.csv.gz": gzip.compress(f"{header}\n{row * 5}".encode())
        for name, header, row in (
            ("Connections", "First Name,Last Name,Connected On", "Ada,Love" + "o" * 60 + ",27 Oct 2019\n"),
            ("Member_Follows", "FullName", "Ada" + "a" * 60 + "\n"),
        )
    }
    assert "holds more than 700 bytes to read" in refused(zipped(tmp_path / "a.zip", files))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_address_or_a_name_of_absurd_length_names_nobody(tmp_path, method):
    text = CONNECTIONS + f"{'%41' * 3_000},Ny,https://www.linkedin.com/in/{'%41' * 3_000},,,,27 Oct 2019\n"
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("Connections.csv", text)
    assert read_export(path).tables["connections"]["person"].isna().tolist() == [False, False, True]
