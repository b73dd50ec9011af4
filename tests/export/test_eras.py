"""Every era of the export says the same things about the same invented people."""

import datetime as dt

import pandas as pd
import pytest
from exports import FIXTURES, warned, zipped_folder

from netkit.export import read_export
from netkit.export.typed_tables import COLUMNS

ERAS = ["2018", "2020", "2021", "2023-06", "2023-08", "2023-12", "2024-03", "2026-03"]
WITH_ADDRESSES = ["2023-06", "2023-08", "2023-12", "2024-03", "2026-03"]
INVITATION_ADDRESSES = ["2024-03", "2026-03"]
MOMENT = "datetime64[us, UTC]"


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eras")
    named = {era: folder / f"Basic_LinkedInDataExport_{era}.zip" for era in ERAS}
    return {era: read_export(zipped_folder(path, FIXTURES / f"era-{era}")) for era, path in named.items()}


@pytest.fixture(params=ERAS)
def era(request):
    return request.param


@pytest.fixture
def export(exports, era):
    return exports[era]


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def test_the_connections_are_three_with_their_names_and_days(export):
    rows = export.tables["connections"]
    assert rows["name"].fillna("-").tolist() == ["Jörg Brandt", "伟 陈", "-"]
    assert rows["connected_on"].tolist() == [utc("2019-10-27"), utc("2019-10-22"), utc("2019-02-01")]
    assert rows["company"].tolist()[:2] == ["Brückenbau Ulm", "Harbour Tools"]


def test_a_closed_account_keeps_its_day_and_names_nobody(export):
    closed = export.tables["connections"].iloc[2]
    assert pd.isna(closed["person"])
    assert closed["confidence"] == "none"
    assert sum(notice.count for notice in warned(export, "names_nobody")) == 2  # and one message


def test_sent_at_is_taken_from_pacific_to_utc(export):
    rows = export.tables["invitations"]
    assert rows["sent_at"].tolist() == [
        utc("2019-10-26 23:05"),  # summer time, seven hours
        utc("2019-03-01 17:30"),  # winter time, eight hours
        utc("2019-10-20 15:00"),
    ]


def test_directions_and_the_other_person_of_each_invitation(export):
    rows = export.tables["invitations"]
    assert rows["direction"].tolist() == ["incoming", "incoming", "outgoing"]
    assert rows["name"].tolist() == ["Jörg Brandt", "Lea Novák", "伟 陈"]


def test_a_note_keeps_its_line_break_and_no_note_is_missing(export):
    notes = export.tables["invitations"]["message"]
    assert notes[1] == "We met at the fair, Mara.\nYours, Lea"
    assert pd.isna(notes[0])


def test_an_accepted_invitation_and_its_connection_have_the_same_person(export):
    connections, invitations = export.tables["connections"], export.tables["invitations"]
    assert invitations["person"][0] == connections["person"][0]
    assert invitations["person"][2] == connections["person"][1]


def test_no_answer_comes_before_its_question(export):
    rows = export.tables["invitations"].merge(export.tables["connections"], on="person")
    whole_day = pd.Timedelta(days=1)  # the day of acceptance has no hour
    assert (rows["connected_on"] + whole_day > rows["sent_at"]).all()
    assert len(rows) == 2


def test_messages_name_the_other_side_in_both_directions(export):
    rows = export.tables["messages"]
    assert rows["direction"].tolist() == ["incoming", "outgoing", "incoming"]
    assert rows["person"][0] == rows["person"][1] == export.tables["connections"]["person"][0]
    assert pd.isna(rows["person"][2])
    assert rows["content"][1] == "Welcome, Jörg.\nMara"
    assert rows["sent_at"][0] == utc("2019-10-28 10:00")
    assert not rows["draft"].any()


def test_the_owner_is_recognised(export, era):
    expected = "name:mara olsen" if era in ("2018", "2020") else "in:mara-olsen"
    assert export.owner == expected


def test_every_table_has_its_columns_and_types(export):
    dtypes = {"str": "str", "time": MOMENT, "bool": "bool"}
    for table, columns in COLUMNS.items():
        found = {name: str(dtype) for name, dtype in export.tables[table].dtypes.items()}
        assert found == {name: dtypes[kind] for name, kind in columns.items()}, table


def test_the_report_counts_what_was_read_and_says_what_is_lost(export, era):
    rows = export.report.rows
    assert (rows["connections"], rows["invitations"], rows["messages"], rows["profile"]) == (3, 3, 3, 1)
    assert ("follows" in export.report.missing) == (era != "2024-03")
    assert all(len(lost) > 20 for lost in export.report.missing.values())


def test_no_known_column_is_reported_as_unknown(export):
    assert warned(export, "unknown_column") == []


def test_nothing_about_an_untouched_export_is_called_resaved(export):
    assert warned(export, "resaved") == []


@pytest.mark.parametrize("with_address", WITH_ADDRESSES)
def test_since_mid_2023_connections_are_keyed_by_address(exports, with_address):
    rows = exports[with_address].tables["connections"]
    assert rows["person"].tolist()[:2] == ["in:jörg-brandt", "in:陈伟"]
    assert rows["confidence"].tolist()[:2] == ["high", "high"]


def test_before_mid_2021_connections_are_keyed_by_name_with_low_confidence(exports):
    rows = exports["2020"].tables["connections"]
    assert rows["person"].tolist()[:2] == ["name:jörg brandt", "name:伟 陈"]
    assert rows["confidence"].tolist() == ["low", "low", "none"]


def test_in_2021_the_mailbox_tells_the_address_that_the_connections_lack(exports):
    rows = exports["2021"].tables["connections"]
    assert rows["person"].tolist()[:2] == ["in:jörg-brandt", "name:伟 陈"]
    assert rows["confidence"].tolist()[:2] == ["low", "low"]


@pytest.mark.parametrize("without_address", ["2023-06", "2023-08", "2023-12"])
def test_an_invitation_without_an_address_finds_its_person_by_name(exports, without_address):
    rows = exports[without_address].tables["invitations"]
    assert rows["person"].tolist() == ["in:jörg-brandt", "name:lea novák", "in:陈伟"]
    assert set(rows["confidence"]) == {"low"}


@pytest.mark.parametrize("addressed", INVITATION_ADDRESSES)
def test_since_march_2024_invitations_are_keyed_by_address(exports, addressed):
    rows = exports[addressed].tables["invitations"]
    assert rows["person"].tolist() == ["in:jörg-brandt", "in:lea-novak", "in:陈伟"]
    assert set(rows["confidence"]) == {"high"}


def test_in_2018_a_connection_has_the_utc_day_of_its_pacific_hour(exports):
    assert exports["2018"].tables["connections"]["connected_on"][1] == utc("2019-10-22")


# The side files


def test_endorsements_are_read_in_both_directions(exports):
    rows = exports["2024-03"].tables["endorsements"]
    assert rows["direction"].tolist() == ["received", "given"]
    assert rows["person"].tolist() == ["in:jörg-brandt", "in:陈伟"]
    assert rows["at"][0] == utc("2019-11-04 15:20")


def test_recommendations_keep_their_text_and_their_time(exports):
    row = exports["2024-03"].tables["recommendations"].iloc[0]
    assert (row["name"], row["text"]) == ("Jörg Brandt", "Mara is careful, and quick.")
    assert row["at"] == utc("2019-11-20 16:02")


def test_the_address_book_knows_when_somebody_was_uploaded(exports):
    row = exports["2024-03"].tables["address_book"].iloc[0]
    assert (row["name"], row["emails"], row["person"]) == ("Lea Novák", "lea@example.org", "in:lea-novak")
    assert row["created_at"] == utc("2018-02-14 21:21")


def test_follows_of_companies_and_of_people_are_read(exports):
    tables = exports["2024-03"].tables
    assert tables["follows"].iloc[0].tolist() == ["Harbour Tools", utc("2019-03-05 10:00")]
    assert tables["member_follows"].iloc[0].tolist() == ["Wanda Fall", utc("2019-03-05 10:00")]


def test_positions_count_from_the_first_day_of_their_month_or_year(exports):
    rows = exports["2024-03"].tables["positions"]
    assert rows["started_on"].tolist() == [utc("2015-03-01"), utc("2009-01-01")]
    assert pd.isna(rows["finished_on"][0])
    assert rows["finished_on"][1] == utc("2015-02-01")


def test_the_profile_is_one_row_without_address_or_birthday(exports):
    rows = exports["2024-03"].tables["profile"]
    assert rows["headline"].tolist() == ["Builder of small bridges"]
    assert not {"address", "birth_date"} & set(rows.columns)


def test_advertising_is_ignored_on_purpose_and_the_report_says_so(exports):
    ignored = {left.file: left.why for left in exports["2024-03"].report.ignored}
    assert ignored == {"Ad_Targeting.csv": "advertising and what the platform infers about you"}


# When it was taken, and what it is


def test_the_day_comes_from_the_archives_name(tmp_path):
    path = zipped_folder(tmp_path / "Complete_LinkedInDataExport_11-02-2019.zip", FIXTURES / "era-2020")
    assert read_export(path).taken_on == dt.date(2019, 11, 2)


def test_without_a_day_in_the_name_the_newest_date_within_counts(tmp_path):
    path = zipped_folder(tmp_path / "my export.zip", FIXTURES / "era-2020")
    assert read_export(path).taken_on == dt.date(2019, 10, 29)


def test_folder_and_zip_of_the_same_files_are_the_same_export(tmp_path):
    folder = FIXTURES / "era-2024-03"
    packed, plain = read_export(zipped_folder(tmp_path / "a.zip", folder)), read_export(folder)
    assert packed.sha256 == plain.sha256
    for table, rows in plain.tables.items():
        pd.testing.assert_frame_equal(rows, packed.tables[table])


def test_two_different_exports_have_different_digests(exports):
    assert len({export.sha256 for export in exports.values()}) == len(ERAS)
