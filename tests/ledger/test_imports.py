"""What the ledger keeps of exports: only what is new, everything that was seen, one request one key."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from exports import FIXTURES, folder_of_2018
from invented_export import connection, export, invitation, message

from netkit.errors import LedgerError
from netkit.export import read_export
from netkit.export.layout import file_layouts
from netkit.ledger import open_ledger
from netkit.request_keys import request_key

INVITATIONS = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl"
ADA = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-l")
BO = invitation("Bo Kern", "2024-02-02T11:30:00+00:00", slug="bo-k", note="We met at the fair")
CY = invitation("Cy Dorn", "2024-02-20T08:00:00+00:00", slug="cy-d")


def test_the_same_archive_twice_changes_nothing(ledger):
    march = export("2024-03-01", invitations=[ADA, BO], messages=[message("in:bo-k", "2024-02-03")])
    first = ledger.import_export(march)
    before = [
        ledger.invitations.to_frame(),
        ledger.exports.imports(),
        ledger.exports.sightings(),
        ledger.exports.messages(),
    ]
    again = ledger.import_export(march)
    after = [
        ledger.invitations.to_frame(),
        ledger.exports.imports(),
        ledger.exports.sightings(),
        ledger.exports.messages(),
    ]
    assert (first.new["invitations"], first.new["messages"], first.already) == (2, 1, False)
    assert again.already and not again.new and again.known["invitations"] == 2
    assert all(left.equals(right) for left, right in zip(before, after, strict=True))


def test_an_overlapping_archive_adds_only_what_is_new(ledger):
    letter = message("in:bo-k", "2024-02-03T10:00:00+00:00")
    link = connection("Ada Love", "2024-02-02", slug="ada-l")
    ledger.import_export(export("2024-03-01", invitations=[ADA, BO], connections=[link], messages=[letter]))
    result = ledger.import_export(
        export("2024-04-01", invitations=[BO, CY], connections=[link], messages=[letter])
    )
    assert result.new == {**dict.fromkeys(result.new, 0), "invitations": 1}
    assert result.known["invitations"] == 1 and result.known["messages"] == 1
    assert ledger.invitations.to_frame()["name"].tolist() == ["Ada Love", "Bo Kern", "Cy Dorn"]


def test_the_same_rows_packed_again_add_an_import_and_no_rows(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA], sha="one packing"))
    result = ledger.import_export(export("2024-03-01", invitations=[ADA], sha="another packing"))
    assert result.new["invitations"] == 0
    assert len(ledger.exports.imports()) == 2 and len(ledger.invitations.to_frame()) == 1


def test_every_import_remembers_which_requests_it_saw(ledger):
    ledger.import_export(export("2024-03-01", invitations=[ADA, BO]))
    ledger.import_export(export("2024-04-01", invitations=[BO]))
    names = ledger.invitations.to_frame().set_index("request")["name"]
    seen = ledger.exports.sightings()
    by_day = seen.groupby(seen["taken_on"].dt.strftime("%Y-%m-%d"))["request"].apply(
        lambda keys: sorted(names[keys])
    )
    assert by_day.to_dict() == {"2024-03-01": ["Ada Love", "Bo Kern"], "2024-04-01": ["Bo Kern"]}


def test_the_key_of_a_request_depends_on_nothing_but_person_direction_and_moment(ledger, tmp_path):
    ledger.import_export(export("2024-03-01", invitations=[ADA, BO, CY]))
    with open_ledger(tmp_path / "other") as other:
        other.import_export(export("2025-01-01", invitations=[CY, ADA]))
        assert set(other.invitations.to_frame()["request"]) < set(ledger.invitations.to_frame()["request"])
    assert ledger.invitations.to_frame()["request"].str.fullmatch("inv-[0-9a-f]{8}").all()


def test_where_two_keys_clash_the_later_one_is_longer():
    identity = ("in:ada-l", "incoming", "2024-02-01T10:00:00+00:00")
    short = request_key("inv", *identity)
    longer = request_key("inv", *identity, taken={short})
    assert longer.startswith(short) and len(longer) == len(short) + 1


def test_an_era_without_addresses_and_one_with_them_show_one_request(ledger):
    bare = invitation("Ada Love", "2024-02-01T10:00:00+00:00")
    ledger.import_export(export("2023-12-31", invitations=[bare]))
    before = ledger.invitations.to_frame()
    result = ledger.import_export(export("2024-03-05", invitations=[ADA]))
    after = ledger.invitations.to_frame()
    assert result.new["invitations"] == 0
    assert before["person"].tolist() == ["name:ada love"]
    assert after[["person", "confidence"]].values.tolist() == [["in:ada-l", "high"]]
    assert after["request"].tolist() == before["request"].tolist()
    assert len(ledger.exports.sightings()) == 2


def test_an_older_archive_imported_later_is_the_same_request_too(ledger):
    bare = invitation("Ada Love", "2024-02-01T10:00:00+00:00")
    ledger.import_export(export("2024-03-05", invitations=[ADA]))
    ledger.import_export(export("2024-02-28", invitations=[bare]))
    assert ledger.invitations.to_frame()["person"].tolist() == ["in:ada-l"]


def test_two_namesakes_of_the_same_minute_stay_two_requests(ledger):
    one = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-1")
    two = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-2")
    ledger.import_export(export("2024-03-01", invitations=[one]))
    ledger.import_export(export("2024-04-01", invitations=[two, one]))
    assert sorted(ledger.invitations.to_frame()["person"]) == ["in:ada-1", "in:ada-2"]


def test_closed_accounts_are_counted_and_never_merged(ledger):
    gone = invitation("LinkedIn Member", "2024-02-01T10:00:00+00:00")
    march = export("2024-03-01", invitations=[gone, gone, gone])
    april = export("2024-04-01", invitations=[gone, gone, gone])
    ledger.import_export(march)
    ledger.import_export(april)
    assert len(ledger.invitations.to_frame()) == 3
    assert ledger.invitations.to_frame()["person"].isna().all()


def test_a_row_without_a_readable_date_is_counted_and_left_out(ledger):
    undated = {**ADA, "sent_at": None}
    result = ledger.import_export(export("2024-03-01", invitations=[undated, BO]))
    assert result.skipped == {"invitations: no readable date": 1}
    assert ledger.invitations.to_frame()["name"].tolist() == ["Bo Kern"]


def test_an_invitation_that_went_neither_in_nor_out_is_skipped_and_counted(ledger, tmp_path):
    rows = 'Ada Vogel,Me Self,"3/1/24, 8:00 AM",,INCOMING,,\nAnn Oth,Bob Elser,"3/5/24, 4:05 PM",,,,\n'
    (tmp_path / "Invitations.csv").write_text(f"{INVITATIONS}\n{rows}", encoding="utf-8")
    result = ledger.import_export(read_export(tmp_path))
    assert ledger.invitations.to_frame()["name"].tolist() == ["Ada Vogel"]
    assert result.skipped == {"invitations: neither sent nor received, as far as one can tell": 1}


def test_where_no_invitation_that_has_a_date_went_in_or_out_all_are_skipped(ledger, tmp_path):
    rows = 'Ann Oth,Bob Elser,"3/5/24, 4:05 PM",,,,\nAda Vogel,Me Self,soon,,INCOMING,,\n'
    (tmp_path / "Invitations.csv").write_text(f"{INVITATIONS}\n{rows}", encoding="utf-8")
    result = ledger.import_export(read_export(tmp_path))
    assert len(ledger.invitations.to_frame()) == 0 and sum(result.skipped.values()) == 2


@pytest.mark.parametrize("era", ["era-2018", "era-2026-03"])
def test_no_cell_of_any_file_can_be_empty_where_the_ledger_needs_one(ledger, tmp_path, era):
    """Every column of a row is blanked in turn, and all of them at once."""
    for source in sorted((FIXTURES / era).glob("*.csv")):
        lines = source.read_text(encoding="utf-8").splitlines()
        start = next(at for at, line in enumerate(lines) if line.count(",") >= 1 and "Notes" not in line)
        width = len(next(csv.reader([lines[start]])))
        rows = [["x" if at != empty else "" for at in range(width)] for empty in range(width)]
        folder = tmp_path / source.stem
        shutil.copytree(FIXTURES / era, folder)
        with (folder / source.name).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([*rows, [""] * width])
        ledger.import_export(read_export(folder))


@pytest.mark.parametrize("era", sorted(path.name for path in FIXTURES.glob("era-*")))
def test_what_is_told_of_an_archive_adds_up_to_its_rows(ledger, tmp_path, era):
    """As it is, again, and with every row of every table twice."""
    once = read_export(FIXTURES / era)
    rows = _rows_of(once)
    first = ledger.import_export(once)
    assert _told(first, rows) == rows
    assert not any(first.known.values()) and not any(first.repeated.values())
    again = ledger.import_export(once)
    assert again.already and rows.items() <= again.known.items()
    twice = {table: pd.concat([frame, frame], ignore_index=True) for table, frame in once.tables.items()}
    second = ledger.import_export(replace(once, tables=twice, sha256="of every row twice"))
    assert _told(second, rows) == {table: 2 * times for table, times in rows.items()}
    assert second.repeated["connections"] == second.known["connections"] == rows["connections"]
    assert not any(second.new[table] for table in rows if table != "invitations")  # closed accounts
    assert min((*second.known.values(), *second.repeated.values())) >= 0


def _rows_of(export):
    tables = ("profile", "positions", "email_addresses", "member_follows")
    rows = {table: len(frame) for table, frame in export.tables.items() if table not in tables}
    return rows | {"follows": rows["follows"] + len(export.tables["member_follows"])}


def _told(result, rows):
    left = dict.fromkeys(rows, 0)
    for why, times in result.skipped.items():
        left[why.partition(":")[0]] += times
    parts = (result.new, result.known, result.repeated, left)
    return {table: sum(part[table] for part in parts) for table in rows}


def test_follows_of_people_are_never_told_as_less_than_none(ledger, tmp_path):
    (tmp_path / "Company Follows.csv").write_text(
        "Organization,Followed On\nAcme,Tue Mar 05 10:00:00 UTC 2024\n", encoding="utf-8"
    )
    (tmp_path / "Member_Follows.csv").write_text(
        "Date,FullName,Status\n2024-03-01 10:00:00,Ada Vogel,Active\n2024-03-02 10:00:00,Ben Okafor,Active\n",
        encoding="utf-8",
    )
    result = ledger.import_export(read_export(tmp_path))
    assert (result.new["follows"], result.known["follows"], result.repeated["follows"]) == (3, 0, 0)


def test_rows_that_say_the_same_are_told_as_repeated_and_not_as_known(ledger):
    gone = connection("", "2024-02-02")
    letter = message("in:bo-k", "2024-02-03T10:00:00+00:00")
    result = ledger.import_export(
        export("2024-03-01", invitations=[ADA, ADA], connections=[gone, gone], messages=[letter, letter])
    )
    for table in ("invitations", "connections", "messages"):
        assert (result.new[table], result.known[table], result.repeated[table]) == (1, 0, 1)


def test_a_message_to_several_people_is_told_as_that(ledger):
    several = {**message("in:bo-k", "2024-02-03T10:00:00+00:00"), "person": None, "direction": "outgoing"}
    result = ledger.import_export(export("2024-03-01", messages=[several]))
    assert result.skipped == {"messages: no known sender, or to several people": 1}


def test_drafts_and_unknown_senders_are_no_correspondence_and_contents_are_not_kept(ledger):
    mail = [
        message("in:bo-k", "2024-01-01T10:00:00+00:00"),
        message("in:bo-k", "2024-01-09T10:00:00+00:00", direction="outgoing"),
        message("in:bo-k", "2024-01-10T10:00:00+00:00", draft=True),
        message(None, "2024-01-11T10:00:00+00:00"),
    ]
    result = ledger.import_export(export("2024-03-01", messages=mail))
    (row,) = ledger.exports.correspondence().to_dict(orient="records")
    assert (row["person"], row["incoming"], row["outgoing"]) == ("in:bo-k", 1, 1)
    assert f"{row['first_at']:%m-%d} {row['last_at']:%m-%d}" == "01-01 01-09"
    assert sum(result.skipped.values()) == 2
    assert ledger.exports.messages().columns.tolist() == ["person", "sent_at", "direction"]


def test_connections_keep_what_every_export_said_and_show_the_newest(ledger):
    then = connection("Ada Love", "2024-02-02", slug="ada-l", company="Old Mill")
    now = connection("Ada Love", "2024-02-02", slug="ada-l", company="New Mill")
    ledger.import_export(export("2024-04-01", connections=[now]))
    ledger.import_export(export("2024-03-01", connections=[then]))
    assert ledger.exports.connections()["company"].tolist() == ["New Mill"]
    every = ledger.exports.connections(every=True)
    assert sorted(every["company"]) == ["New Mill", "Old Mill"]


def test_a_connection_without_address_is_the_one_that_a_later_export_names(ledger):
    ledger.import_export(export("2022-03-01", connections=[connection("Ada Love", "2022-02-02")]))
    ledger.import_export(
        export("2024-03-01", connections=[connection("Ada Love", "2022-02-02", slug="ada-l")])
    )
    assert ledger.exports.connections()["person"].tolist() == ["in:ada-l"]


def test_another_persons_archive_is_refused_and_nothing_changes(ledger):
    link = connection("Ada Love", "2024-02-02", slug="ada-l")
    ledger.import_export(export("2024-03-01", owner="in:me", connections=[link]))
    other = connection("Zoe Far", "2024-02-02", slug="zoe-f")
    theirs = replace(
        export("2024-04-01", owner="in:somebody", connections=[other]), paths=(Path("her archive.zip"),)
    )
    with pytest.raises(LedgerError, match="belongs to another person") as refused:
        ledger.import_export(theirs)
    own = f"netkit read 'her archive.zip' --home {ledger.home}-2"
    assert str(refused.value).endswith(own)
    with open_ledger(ledger.home.with_name(f"{ledger.home.name}-2")) as second:
        second.import_export(theirs)
    with pytest.raises(LedgerError, match=f"--home {ledger.home}-3"):
        ledger.import_export(theirs)
    assert len(ledger.exports.imports()) == 1 and len(ledger.exports.connections()) == 1


def test_an_owner_who_changed_his_address_is_still_the_owner(ledger):
    link = connection("Ada Love", "2024-02-02", slug="ada-l")
    ledger.import_export(export("2024-03-01", owner="in:me", connections=[link]))
    ledger.import_export(export("2024-04-01", owner="in:me-renamed", connections=[link]))
    assert ledger.exports.owner == "in:me-renamed"


def test_everything_is_as_of_the_newest_export(ledger):
    ledger.import_export(export("2024-04-01", invitations=[BO]))
    ledger.import_export(export("2024-03-01", invitations=[ADA]))
    assert str(ledger.as_of) == "2024-04-01"


def test_an_invitation_typed_in_is_found_again_by_the_export_that_shows_it(ledger):
    typed = ledger.invitations.add("Cy Dorn", sent_at="2024-02-19", source="by hand")
    ledger.decisions.add(typed, "accept", at="2024-02-21", source="by hand")
    result = ledger.import_export(export("2024-03-01", invitations=[ADA, CY]))
    kept = ledger.invitations.to_frame().set_index("request").loc[typed]
    assert result.new["invitations"] == 1
    assert (kept["person"], kept["origin"], f"{kept['sent_at']:%H:%M}") == ("in:cy-d", "export", "08:00")


def test_a_table_that_no_export_held_is_told_from_one_that_was_empty(ledger):
    ledger.import_export(export("2024-03-01", absent=("messages",)))
    (present,) = ledger.exports.imports()["present"]
    assert "messages" not in present and "invitations" in present


def test_the_newest_profile_is_kept(ledger):
    ledger.import_export(export("2024-04-01", profile=[{"headline": "Gardener"}]))
    ledger.import_export(export("2024-03-01", profile=[{"headline": "Builder"}]))
    assert ledger.exports.profile()["profile"][0]["headline"] == "Gardener"


def test_an_empty_ledger_gives_empty_typed_frames(ledger):
    assert str(ledger.invitations.to_frame()["sent_at"].dtype) == "datetime64[us, UTC]"
    assert str(ledger.invitations.to_frame()["request"].dtype) == "str"
    assert ledger.as_of is None and ledger.exports.profile() == {"profile": [], "positions": []}


# An archive of 2018 that was read when its times were still taken for UTC


def _read_as_utc(monkeypatch, folder):
    """Read an archive as netkit once did: only the invitations on their clock."""
    layouts = file_layouts()
    old = {
        kind: replace(layout, zone="America/Los_Angeles" if kind == "invitations" else "UTC")
        for kind, layout in layouts.items()
    }
    with monkeypatch.context() as patched:
        patched.setattr("netkit.export.file_layouts", lambda: old)
        return read_export(folder)


def _said(ledger):
    frames = (
        ledger.exports.connections().drop(columns=["first_seen", "last_seen"], errors="ignore"),
        ledger.exports.correspondence(),
        ledger.exports.first_messages(),
        ledger.invitations.to_frame(),
    )
    return [
        sorted(frame.to_json(orient="records", lines=True, date_format="iso").splitlines())
        for frame in frames
    ]


def test_reading_an_archive_of_2018_again_sets_its_times_right(tmp_path, monkeypatch):
    folder = folder_of_2018(tmp_path / "archive", note="We met in Graz")
    with open_ledger(tmp_path / "fresh") as fresh, open_ledger(tmp_path / "old") as old:
        fresh.import_export(read_export(folder))
        old.import_export(_read_as_utc(monkeypatch, folder))
        assert _said(old) != _said(fresh)
        again = old.import_export(read_export(folder))
        assert again.already and again.corrected == 3
        assert _said(old) == _said(fresh)
        assert old.import_export(read_export(folder)).corrected == 0
        assert _said(old) == _said(fresh)


def test_the_archive_says_which_addresses_are_yours_also_when_it_is_read_again(ledger, tmp_path):
    folder = shutil.copytree(FIXTURES / "era-2024-03", tmp_path / "archive")
    (folder / "Email Addresses.csv").write_text(
        "Email Address,Confirmed,Primary,Updated On\n"
        "Ada.Own@gmail.com,Yes,Yes,Not Available\n"
        "ada@work.example,,No,Not Available\n"
        "typo@work.example,No,No,Not Available\n"
        "no address,Yes,No,Not Available\n",
        encoding="utf-8",
    )
    own = {"adaown@gmail.com", "ada@work.example"}
    ledger.import_export(read_export(folder))
    assert ledger.evidence.own_addresses() == own
    with ledger.evidence._database.together():
        ledger.evidence._database.connection.execute("DELETE FROM own_addresses")
    assert ledger.import_export(read_export(folder)).already
    assert ledger.evidence.own_addresses() == own
