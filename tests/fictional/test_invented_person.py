"""The invented person's archives look like real ones, agree with each other, and hide no surprise."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import netkit.fictional
from netkit.errors import NetkitError
from netkit.export import read_export
from netkit.facts import vocabulary
from netkit.fictional import TRUE_PROCESS, invented_past, write_exports
from netkit.fictional.invitation_story import Profile
from netkit.fictional.story import tell_story
from netkit.fictional.true_process import LEFT_OUT, NOTE_SAYS, NOTES, draw_facts, stream
from netkit.history import read_history
from netkit.ledger import open_ledger
from netkit.notes import read_notes
from netkit.people import profile_slug

PACIFIC = ZoneInfo("America/Los_Angeles")
LONG_AGO = "First Name,Last Name,Email Address,Company,Position,Connected On"
WITH_URL = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
INVITED = "From,To,Sent At,Message,Direction"
URNS = INVITED + ",inviterProfileUrn,inviteeProfileUrn"
URLS = INVITED + ",inviterProfileUrl,inviteeProfileUrl"
MAIL_2021 = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT,FOLDER"
MAIL_2023 = MAIL_2021.replace(",TO,", ",TO,RECIPIENT PROFILE URLS,")
# month of the first export: the headers that the published description gives for that month
ERAS = {
    "2018-03": (LONG_AGO, INVITED, "From,To,Date,Subject,Content,Direction,Folder"),
    "2020-03": (LONG_AGO, INVITED, "FROM,TO,DATE,SUBJECT,CONTENT,DIRECTION,FOLDER"),
    "2021-03": (LONG_AGO, INVITED, MAIL_2021),
    "2021-09": (LONG_AGO, INVITED, MAIL_2021),
    "2023-07": (WITH_URL, URNS, MAIL_2023),
    "2023-11": (WITH_URL, URLS, MAIL_2023),
    "2024-03": (WITH_URL, URLS, MAIL_2023 + ",ATTACHMENTS"),
    "2026-03": (WITH_URL, URLS, MAIL_2023 + ",ATTACHMENTS,IS MESSAGE DRAFT,IS CONVERSATION DRAFT"),
}


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eras")
    return {era: write_exports(folder / era, era=era) for era in ERAS}


@pytest.fixture(scope="module")
def exports(archives):
    return [read_export(path) for path in archives["2026-03"]]


@pytest.fixture(scope="module")
def past():
    return invented_past()


def text_of(archive, file):
    with zipfile.ZipFile(archive) as members:
        name = next(name for name in members.namelist() if name.casefold() == file.casefold())
        return members.read(name).decode("utf-8")


@cache
def rows_of(archive, file):
    lines = list(csv.reader(io.StringIO(text_of(archive, file), newline="")))
    start = next(number for number, line in enumerate(lines) if len(line) > 3)
    return [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]


def sent_utc(row, zone=PACIFIC):
    return datetime.strptime(row["Sent At"], "%m/%d/%y, %I:%M %p").replace(tzinfo=zone)


def connected_on(row):
    return datetime.strptime(row["Connected On"], "%d %b %Y").date()


def incoming(archive):
    return [row for row in rows_of(archive, "Invitations.csv") if row["Direction"] == "INCOMING"]


def invited_slugs(archive):
    """Who stands in the invitations, in either direction."""
    urls = [
        row["inviterProfileUrl" if row["Direction"] == "INCOMING" else "inviteeProfileUrl"]
        for row in rows_of(archive, "Invitations.csv")
    ]
    return {profile_slug(url) for url in urls}


# ---- the files ----


@pytest.mark.parametrize("era", ERAS)
def test_every_era_has_the_headers_of_its_month(archives, era):
    for file, header in zip(("Connections.csv", "Invitations.csv", "messages.csv"), ERAS[era], strict=True):
        lines = text_of(archives[era][0], file).split("\n")
        assert header in [line.replace('"', "") for line in lines[:4]]


@pytest.mark.parametrize("era", ERAS)
def test_the_reader_finds_every_row_of_every_era(archives, era):
    path = archives[era][0]
    export = read_export(path)
    assert len(export.tables["invitations"]) == len(rows_of(path, "Invitations.csv"))
    assert len(export.tables["connections"]) == len(rows_of(path, "Connections.csv"))
    assert export.tables["invitations"]["sent_at"].notna().all()
    assert export.tables["connections"]["connected_on"].notna().all()
    assert not export.report.missing


def test_the_preamble_stands_before_the_connections_since_mid_2021_only(archives):
    assert text_of(archives["2021-03"][0], "Connections.csv").startswith("First Name,")
    for era in ("2021-09", "2023-07", "2026-03"):
        lines = text_of(archives[era][0], "Connections.csv").split("\n")
        assert lines[0] == "Notes:"
        assert lines[1].startswith('"') and lines[1].endswith('"')
        assert lines[2] == "" and lines[3].startswith("First Name,")


def test_in_2018_a_connection_has_a_clock_time_and_later_a_day(archives):
    early, late = (
        rows_of(archives[era][0], "Connections.csv")[0]["Connected On"] for era in ("2018-03", "2020-03")
    )
    assert re.fullmatch(r"\d{1,2}/\d{1,2}/18, \d{1,2}:\d\d [AP]M", early)
    assert re.fullmatch(r"\d\d [A-Z][a-z]{2} 2020", late)


def test_member_urns_and_addresses_without_a_slug_name_nobody(archives):
    urns = {row["inviterProfileUrn"] for row in incoming(archives["2023-07"][0])}
    assert all(re.fullmatch(r"urn:li:member:\d+", urn) for urn in urns)
    urls = {row["inviterProfileUrl"] for row in incoming(archives["2023-11"][0])}
    assert urls == {"https://www.linkedin.com/in"}


def test_since_march_2026_every_message_field_is_quoted_and_lines_really_break(archives):
    quoted, plain = (text_of(archives[era][0], "messages.csv") for era in ("2026-03", "2024-03"))
    assert quoted.startswith('"CONVERSATION ID","CONVERSATION TITLE",')
    assert any("\n" in row["CONTENT"] for row in rows_of(archives["2026-03"][0], "messages.csv"))
    assert plain.startswith("CONVERSATION ID,CONVERSATION TITLE,")
    assert not any("\n" in row["CONTENT"] for row in rows_of(archives["2024-03"][0], "messages.csv"))


def test_an_export_in_june_2023_has_what_may_did_not_have(tmp_path):
    may, june = write_exports(tmp_path, era="2023-05")
    assert "URL" not in rows_of(may, "Connections.csv")[0]
    assert "URL" in rows_of(june, "Connections.csv")[0]


def test_some_side_files_are_utf_16_with_tabs(archives):
    with zipfile.ZipFile(archives["2026-03"][0]) as members:
        raw = members.read("Member_Follows.csv")
    assert raw.startswith(b"\xff\xfe")
    assert raw.decode("utf-16").split("\n")[0] == "Date\tStatus\tFullName"


def test_an_archive_is_named_for_its_day(archives):
    assert [path.name for path in archives["2026-03"]] == [
        "Basic_LinkedInDataExport_03-10-2026.zip",
        "Basic_LinkedInDataExport_04-09-2026.zip",
    ]


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(archives, tmp_path):
    tell_story.cache_clear()
    again = write_exports(tmp_path / "again")
    other = write_exports(tmp_path / "other", seed=8)
    first, repeated, different = (
        [sha256(path.read_bytes()).hexdigest() for path in paths]
        for paths in (archives["2026-03"], again, other)
    )
    assert first == repeated
    assert not set(first) & set(different)


def test_what_was_recorded_is_the_same_for_the_same_seed(past):
    tell_story.cache_clear()
    again = invented_past()
    for name in ("decisions", "facts", "introductions", "introduction_facts", "outcomes", "truth"):
        pd.testing.assert_frame_equal(getattr(past, name), getattr(again, name))


@pytest.mark.parametrize("era", ["2017-12", "2024", "2024-13", "last year"])
def test_a_month_that_is_none_is_refused_with_an_example(tmp_path, era):
    with pytest.raises(NetkitError, match="such as 2024-03"):
        write_exports(tmp_path, era=era)


# ---- the plain profile: a person as archives are ----


@pytest.mark.parametrize("seed", [7, 8, 9, 10, 11])
def test_the_plain_person_is_as_archives_are(tmp_path, seed):
    (archive,) = write_exports(tmp_path / "exports", seed=seed, profile="plain")
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(read_export(archive))
        states = read_history(ledger).table["state"]
    waiting = (states == "open").sum()
    assert 70 <= waiting <= 90
    assert 180 <= len(states) - waiting <= 220
    # 91 % of the invitations of real archives match a connection; here, of those that are not open
    assert 0.85 <= (states == "accepted").sum() / (len(states) - waiting) <= 0.95
    truth = invented_past(seed, profile="plain").truth
    assert len(truth) == len(states)
    assert 0.02 <= (truth["note_kind"] != "none").mean() <= 0.05
    unanswered = truth["answer"].isna().sum()
    assert waiting <= unanswered <= waiting + 25  # the older ones count as aged
    assert abs((truth["answer"] == "accept").sum() - (states == "accepted").sum()) <= 5


def test_the_plain_person_has_hardly_recorded_a_refusal():
    past = invented_past(profile="plain")
    assert 1 <= past.decisions["action"].isin(["decline", "ignore"]).sum() <= 3
    assert len(past.decisions) < 0.1 * len(past.truth)
    assert (past.truth["answer"] == "refuse").sum() >= 5  # more were refused than recorded


def test_the_plain_archive_has_the_format_of_march_2024(archives, tmp_path):
    (archive,) = write_exports(tmp_path, profile="plain")
    assert archive.name == "Basic_LinkedInDataExport_03-10-2024.zip"
    for file, header in zip(
        ("Connections.csv", "Invitations.csv", "messages.csv"), ERAS["2024-03"], strict=True
    ):
        assert header in text_of(archive, file).split("\n")[:4]
    with zipfile.ZipFile(archive) as plain, zipfile.ZipFile(archives["2024-03"][0]) as long:
        assert plain.namelist() == long.namelist()


def test_the_plain_person_is_the_same_for_the_same_seed_and_not_the_long_one(archives, tmp_path):
    (one,) = write_exports(tmp_path / "one", profile="plain")
    tell_story.cache_clear()
    (same,) = write_exports(tmp_path / "same", profile="plain")
    (other,) = write_exports(tmp_path / "other", profile="plain", seed=8)
    assert one.read_bytes() == same.read_bytes()
    assert one.read_bytes() not in (other.read_bytes(), archives["2024-03"][0].read_bytes())


def test_each_profile_answers_by_its_own_process():
    for profile in ("plain", "long"):
        truth = invented_past(profile=profile).truth
        process = replace(TRUE_PROCESS, intercept=Profile.named(profile).intercept)
        assert np.allclose(process.probability(truth), truth["probability"])


def test_a_profile_that_is_none_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(NetkitError, match="Name one of: plain, long, busy"):
        write_exports(tmp_path, profile="short")


# ---- one export ----


def test_no_answer_precedes_its_invitation_and_read_as_utc_some_answers_would(archives):
    connected = {
        profile_slug(row["URL"]): connected_on(row)
        for row in rows_of(archives["2026-03"][1], "Connections.csv")
        if row["URL"]
    }
    late, early = [], []
    for row in incoming(archives["2026-03"][1]):
        day = connected.get(profile_slug(row["inviterProfileUrl"]))
        if day:
            late.append((day - sent_utc(row).astimezone(UTC).date()).days)
            early.append((day - sent_utc(row, UTC).date()).days)
    assert len(late) > 350
    assert min(late) == 0
    assert np.mean(late) < np.mean(early)  # what is read as UTC seems up to a day older than it is


def test_connections_encode_what_the_invitations_write_raw(archives):
    urls = {
        profile_slug(row["URL"]): row["URL"] for row in rows_of(archives["2026-03"][1], "Connections.csv")
    }
    pairs = [
        (row["inviterProfileUrl"], urls[profile_slug(row["inviterProfileUrl"])])
        for row in incoming(archives["2026-03"][1])
        if profile_slug(row["inviterProfileUrl"]) in urls
    ]
    unlike = [(raw, encoded) for raw, encoded in pairs if raw != encoded]
    assert 0.04 < len(unlike) / len(pairs) < 0.12  # 7 % in real archives
    assert all("%" in encoded and unquote(encoded) == raw for raw, encoded in unlike)


@pytest.mark.parametrize(
    "letters", ["\u4e00-\u9fff", "\u0600-\u06ff", "\u0400-\u04ff", "à-ÿ"],
    ids=["Chinese", "Arabic", "Cyrillic", "accented"],
)  # fmt: skip
def test_names_and_addresses_come_in_many_scripts(archives, letters):
    rows = incoming(archives["2026-03"][1])
    assert any(re.search(f"[{letters}]", row["From"]) for row in rows)
    assert any(re.search(f"[{letters}]", row["inviterProfileUrl"]) for row in rows)


def test_some_names_carry_a_comma_and_some_are_borne_by_two_people(archives):
    rows = rows_of(archives["2026-03"][1], "Connections.csv")
    assert any("," in row["Last Name"] for row in rows)
    urls_by_name = {}
    for row in rows:
        if row["URL"]:
            urls_by_name.setdefault((row["First Name"], row["Last Name"]), set()).add(row["URL"])
    assert any(len(urls) == 2 for urls in urls_by_name.values())


def test_three_in_a_hundred_invitations_carry_a_note_of_at_most_300_characters(archives):
    rows = incoming(archives["2026-03"][0]) + incoming(archives["2026-03"][1])
    notes = [row["Message"] for row in rows if row["Message"]]
    assert 0.02 < len(notes) / len(rows) < 0.045
    assert max(len(note) for note in notes) <= 300
    assert any(note.startswith("I'd like to") for note in notes)  # the platform's own sentence
    assert any(re.search(r"\b(und|ich|mit)\b", note) for note in notes)  # not only in English


def test_a_closed_account_leaves_a_date_and_nothing_else(archives):
    first, second = (
        [row for row in rows_of(path, "Connections.csv") if not row["First Name"]]
        for path in archives["2026-03"]
    )
    everybody = len(rows_of(archives["2026-03"][1], "Connections.csv"))
    assert 0 < len(first) < len(second) < 0.045 * everybody
    assert all(set(row.values()) == {"", row["Connected On"]} for row in second)


def test_invitations_stand_in_one_block_per_direction_newest_first(archives):
    rows = rows_of(archives["2026-03"][0], "Invitations.csv")
    directions = [row["Direction"] for row in rows]
    assert directions == sorted(directions)
    for direction in ("INCOMING", "OUTGOING"):
        times = [sent_utc(row).timestamp() for row in rows if row["Direction"] == direction]
        assert times == sorted(times, reverse=True)


def test_the_owners_address_is_in_the_invitations_and_not_in_the_profile(archives):
    assert "linkedin.com" not in text_of(archives["2026-03"][0], "Profile.csv")
    invitees = {row["inviteeProfileUrl"] for row in incoming(archives["2026-03"][0])}
    assert invitees == {"https://www.linkedin.com/in/tavrin-oskelund"}


def test_the_export_says_that_its_owner_is_invented(archives):
    assert "Invented person" in text_of(archives["2026-03"][0], "Profile.csv")


# ---- the window of 180 days, and how the two agree ----


def test_nearly_every_connection_of_the_last_180_days_has_its_invitation(archives):
    for path, taken in zip(archives["2026-03"], (date(2026, 3, 10), date(2026, 4, 9)), strict=True):
        recent, older = [], []
        invited = invited_slugs(path)
        for row in rows_of(path, "Connections.csv"):
            age = (taken - connected_on(row)).days
            if row["URL"] and age <= 180:
                recent.append(profile_slug(row["URL"]) in invited)
            elif row["URL"] and 190 <= age <= 400:
                older.append(profile_slug(row["URL"]) in invited)
        assert 0.98 <= np.mean(recent) < 1
        assert len(older) > 100
        assert np.mean(older) < 0.02


def test_the_second_export_keeps_what_the_first_one_said(archives):
    first, second = (
        {row["URL"]: row["Connected On"] for row in rows_of(path, "Connections.csv") if row["URL"]}
        for path in archives["2026-03"]
    )
    kept = [url for url in first if url in second]
    assert all(first[url] == second[url] for url in kept)
    assert 0.99 < len(kept) / len(first) < 1  # a few were removed, or closed their accounts
    new = {second[url] for url in second if url not in first}
    assert len(new) > 10
    assert min(datetime.strptime(day, "%d %b %Y") for day in new) >= datetime(2026, 3, 10)


def test_an_invitation_that_both_show_is_the_same_in_both(archives):
    first, second = (
        {(row["From"], row["Sent At"]): row for row in incoming(path)} for path in archives["2026-03"]
    )
    both = first.keys() & second.keys()
    assert len(both) > 500
    assert all(first[key] == second[key] for key in both)


def test_an_accepted_invitation_leaves_half_a_year_after_and_others_are_simply_gone(archives):
    first, second = (
        {(profile_slug(row["inviterProfileUrl"]), row["Sent At"]) for row in incoming(path)}
        for path in archives["2026-03"]
    )
    connected = {
        profile_slug(row["URL"]): connected_on(row)
        for path in archives["2026-03"]
        for row in rows_of(path, "Connections.csv")
        if row["URL"]
    }
    left = {person for person, _ in first - second}
    ages = [(date(2026, 4, 9) - connected[person]).days for person in left & connected.keys()]
    assert len(ages) > 20
    assert np.mean([age >= 180 for age in ages]) > 0.9  # the others closed their accounts
    assert len(left - connected.keys()) >= 10


def test_the_mailbox_only_grows(archives):
    first, second = (
        {(row["FROM"], row["DATE"], row["CONTENT"]) for row in rows_of(path, "messages.csv")}
        for path in archives["2026-03"]
    )
    renamed = {row for row in first - second if row[0] != "LinkedIn Member"}
    assert len(renamed) < 0.01 * len(first)  # those who closed their accounts in between
    assert len(second) > len(first)


def test_a_few_senders_of_messages_have_no_address(archives):
    received = [
        row for row in rows_of(archives["2026-03"][1], "messages.csv") if row["FROM"] != "Tavrin Oskelund"
    ]
    nameless = [not row["SENDER PROFILE URL"] for row in received]
    assert 0.02 < np.mean(nameless) < 0.06  # 4 % in real archives


def test_there_is_enough_to_learn_from_and_enough_to_triage(archives, past):
    seen = {
        (row["inviterProfileUrl"], row["Sent At"]) for path in archives["2026-03"] for row in incoming(path)
    }
    assert 700 <= len(seen) <= 900
    done = past.decisions[past.decisions["action"].isin(["accept", "decline", "ignore"])]
    assert len(done) > 550
    assert 0.25 < (done["action"] != "accept").mean() < 0.38
    connected = {profile_slug(row["URL"]) for row in rows_of(archives["2026-03"][1], "Connections.csv")}
    waiting = [
        row
        for row in incoming(archives["2026-03"][1])
        if datetime(2026, 4, 9, tzinfo=UTC) - sent_utc(row) < timedelta(days=30)
        and profile_slug(row["inviterProfileUrl"]) not in connected
        and f"in:{profile_slug(row['inviterProfileUrl'])}" not in set(done["person"])
    ]
    assert len(waiting) >= 40


# ---- what he recorded ----


def shown_requests(exports):
    shown = pd.concat([export.tables["invitations"] for export in exports])
    shown = shown[shown["direction"] == "incoming"]
    return set(zip(shown["person"], shown["sent_at"], strict=True))


def test_every_decision_and_every_fact_is_about_a_request_that_an_export_shows(exports, past):
    shown = shown_requests(exports)
    for frame in (past.decisions, past.facts):
        assert set(zip(frame["person"], frame["sent_at"], strict=True)) <= shown
    assert set(zip(past.truth["person"], past.truth["sent_at"], strict=True)) == shown


def test_nothing_is_decided_or_noted_before_the_request_or_after_the_last_export(past):
    for frame, moment in ((past.decisions, "decided_at"), (past.facts, "at")):
        assert (frame[moment] >= frame["sent_at"]).all()
        assert (frame[moment] < pd.Timestamp("2026-04-09 09:30", tz="UTC")).all()


def test_facts_are_noted_before_the_decision(past):
    final = past.decisions[past.decisions["action"].isin(["accept", "decline", "ignore"])]
    both = past.facts.merge(final, on=["person", "sent_at"])
    assert len(both) > 5000
    assert (both["at"] <= both["decided_at"]).all()


def test_a_request_is_decided_once_after_any_question_or_deferral(past):
    order = past.decisions.sort_values("decided_at", kind="stable")
    for _, rows in order.groupby(["person", "sent_at"]):
        assert rows["action"].isin(["ask", "defer"]).iloc[:-1].all()
        assert len(rows) <= 2


def test_an_accepted_request_became_a_connection_unless_it_was_removed_again(exports, past):
    connected = set(pd.concat([export.tables["connections"] for export in exports])["person"])
    accepted = past.decisions.loc[past.decisions["action"] == "accept", "person"]
    assert accepted.isin(connected).mean() > 0.98
    refused = past.decisions[past.decisions["action"].isin(["decline", "ignore"])]
    again = past.truth.loc[past.truth["repeat_invitation"] == "yes", "person"]
    assert not refused.loc[~refused["person"].isin(again), "person"].isin(connected).any()


def test_whoever_wrote_before_did_and_nobody_else(exports, past):
    messages = exports[1].tables["messages"]
    oldest = messages.dropna(subset=["person"]).groupby("person")["sent_at"].min()
    truth = past.truth
    wrote = oldest.reindex(truth["person"]).to_numpy() < truth["sent_at"].to_numpy()
    assert (wrote == (truth["wrote_before"] == "yes")).all()
    assert 30 < wrote.sum() < len(wrote) / 2


def test_whoever_was_in_the_address_book_was_and_some_came_too_late(exports, past):
    book = exports[1].tables["address_book"]
    by_name = dict(zip("name:" + past.truth["name"].str.casefold(), past.truth["person"], strict=True))
    created = book.assign(person=book["person"].replace(by_name)).set_index("person")["created_at"]
    oldest = created.groupby(level=0).min()
    truth = past.truth
    listed = oldest.reindex(truth["person"]).to_numpy()
    before = listed < truth["sent_at"].to_numpy()
    assert (before == (truth["in_address_book"] == "yes")).all()
    assert (pd.notna(listed) & ~before).sum() >= 5


def test_a_repeated_invitation_follows_an_earlier_one_in_the_exports(past):
    truth = past.truth.sort_values("sent_at")
    repeated = truth.duplicated("person")
    assert (repeated == (truth["repeat_invitation"] == "yes")).all()
    assert repeated.sum() >= 10


def test_a_note_is_there_exactly_where_the_truth_says_so(exports, past):
    shown = pd.concat([export.tables["invitations"] for export in exports])
    shown = shown.drop_duplicates(["person", "sent_at"])
    both = past.truth.merge(shown, on=["person", "sent_at"], validate="one_to_one")
    assert (both["message"].notna() == (both["note_kind"] != "none")).all()


def invented_notes():
    """Every text that a sender may write, with the facts that it is meant to bring."""
    for text in NOTES["default"]:
        yield text, {"note_kind": "default", **dict.fromkeys(NOTE_SAYS.values(), "no")}
    for texts in NOTES["personal"].values():
        for note in texts:
            says = {fact: "yes" if tag in note["says"] else "no" for tag, fact in NOTE_SAYS.items()}
            text = note["text"].format(sender="Ada Vell", owner="Tavrin", company="Aldora Data")
            yield text, {"note_kind": note.get("kind", "personal"), **says}


@pytest.mark.parametrize(("text", "facts"), list(invented_notes()), ids=lambda value: str(value)[:40])
def test_what_is_read_in_an_invented_note_is_what_the_truth_says_it_says(text, facts):
    read = read_notes(pd.Series([text])).iloc[0].dropna()
    assert {fact: level for fact, level in facts.items() if read.get(fact, level) != level} == {}
    assert read.drop("note_words").size >= (facts["note_kind"] == "default" and text in NOTES["default"]) * 7


def test_the_copy_of_a_note_is_written_at_acceptance(exports):
    invited = exports[0].tables["invitations"].dropna(subset=["message"])
    invited = invited[invited["direction"] == "incoming"]
    both = invited.merge(
        exports[0].tables["messages"],
        left_on=["person", "message"],
        right_on=["person", "content"],
        suffixes=("", "_copied"),
    )
    assert len(both) >= 5
    assert (both["sent_at_copied"] > both["sent_at"]).all()


@pytest.mark.parametrize("fact", LEFT_OUT)
def test_each_fact_is_left_out_as_often_whatever_was_decided(past, fact):
    final = past.decisions[past.decisions["action"].isin(["accept", "decline", "ignore"])]
    noted = past.facts[past.facts["fact"] == fact][["person", "sent_at", "level"]]
    both = final.merge(noted, on=["person", "sent_at"], how="left")
    out = both["level"].isna()
    assert 0.06 < out.mean() < 0.30
    accepted = both["action"] == "accept"
    n, m = accepted.sum(), (~accepted).sum()
    error = np.sqrt(out.mean() * (1 - out.mean()) * (1 / n + 1 / m))
    assert abs(out[accepted].mean() - out[~accepted].mean()) < 3.5 * error


def test_what_he_noted_is_true(past):
    long = past.truth.melt(["person", "sent_at"], list(LEFT_OUT), "fact", "true")
    both = past.facts.merge(long, on=["person", "sent_at", "fact"])
    assert len(both) == len(past.facts)
    assert (both["level"] == both["true"]).all()


# ---- how he truly decides ----


def test_every_effect_is_of_a_declared_level():
    facts = vocabulary("invitation")
    for fact, levels in TRUE_PROCESS.effects.items():
        assert set(levels) <= set(facts[fact].levels)


def test_the_published_table_shows_the_effects_in_force():
    table = dict(re.findall(r"^(\w+) +((?:\w+ [+-]?\d\.\d(?:, )?)+)$", netkit.fictional.__doc__, re.M))
    shown = {
        fact: {level: float(effect) for level, effect in re.findall(r"(\w+) ([+-]?\d\.\d)", text)}
        for fact, text in table.items()
    }
    assert shown == TRUE_PROCESS.effects
    assert f"the score is {TRUE_PROCESS.intercept} plus" in netkit.fictional.__doc__
    assert f"in the plain profile {Profile.named('plain').intercept} plus" in netkit.fictional.__doc__


def test_the_score_is_the_sum_of_the_effects_that_hold():
    facts = pd.DataFrame({"would_stay_in_touch": ["yes", "no"], "reason_to_connect": ["now", "none"]})
    effects = TRUE_PROCESS.effects
    by_hand = [
        TRUE_PROCESS.intercept + effects["would_stay_in_touch"]["yes"] + effects["reason_to_connect"]["now"],
        TRUE_PROCESS.intercept,
    ]
    assert TRUE_PROCESS.score(facts).tolist() == pytest.approx(by_hand)


@pytest.fixture(scope="module")
def many():
    """Many requests with their true facts, and answers drawn by their true probability."""
    rng = stream(11, "requests")
    facts = draw_facts(rng, 60_000)
    probability = TRUE_PROCESS.probability(facts)
    return facts.assign(
        probability=probability, accepted=(rng.random(len(facts)) < probability).astype(float)
    )


def test_a_plain_fit_on_many_requests_recovers_the_true_effects(many):
    columns = {
        (fact, level): (many[fact] == level).to_numpy(float)
        for fact, levels in TRUE_PROCESS.effects.items()
        for level in levels
        if (many[fact] == level).any()
    }
    design = np.column_stack(list(columns.values()))
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    fit.fit(design, many["accepted"])
    weights = (many["probability"] * (1 - many["probability"])).to_numpy()
    full = np.column_stack([np.ones(len(many)), design])
    errors = np.sqrt(np.diag(np.linalg.inv((full * weights[:, None]).T @ full)))
    true = [TRUE_PROCESS.effects[fact][level] for fact, level in columns]
    z = (np.array([*fit.intercept_, *fit.coef_[0]]) - [TRUE_PROCESS.intercept, *true]) / errors
    assert len(true) >= 24
    assert np.abs(z).max() < 3.5
    assert 0.5 < np.sqrt(np.mean(z**2)) < 1.5


def test_answers_come_as_often_as_their_probability_says(many):
    tenth = pd.qcut(many["probability"], 10)
    by_tenth = many.groupby(tenth, observed=True)[["probability", "accepted"]].mean()
    assert np.abs(by_tenth["probability"] - by_tenth["accepted"]).max() < 0.025


def test_his_recorded_answers_follow_the_same_process(past):
    answered = past.truth.dropna(subset=["answer"])
    accepted = (answered["answer"] == "accept").astype(float)
    spread = np.sqrt((answered["probability"] * (1 - answered["probability"])).sum())
    assert abs(accepted.sum() - answered["probability"].sum()) < 3 * spread


# ---- introductions ----

AFTER = {  # each step and what must have happened before it
    "permission_given": "permission_asked",
    "permission_refused": "permission_asked",
    "followed_up": "introduced",
    "outcome_requester": "followed_up",
    "outcome_contact": "outcome_requester",
}


def test_an_introduction_takes_its_steps_in_order(past):
    for _, rows in past.introductions.groupby("introduction"):
        steps = rows["step"].tolist()
        assert steps[0] == "asked"
        assert rows["at"].is_monotonic_increasing
        for step, before in AFTER.items():
            if step in steps:
                assert before in steps[: steps.index(step)]
        if "permission_refused" in steps:
            assert steps[-1] == "declined"


def test_nobody_is_introduced_without_permission_unless_he_says_why(past):
    steps = past.introductions
    given = set(steps.loc[steps["step"] == "permission_given", "introduction"])
    made = steps[steps["step"] == "introduced"]
    without = made[~made["introduction"].isin(given)]
    assert 1 <= len(without) < len(made) / 4
    assert without["detail"].notna().all()


def test_the_introductions_hold_every_kind_of_ending(past):
    assert 60 <= past.introductions["introduction"].nunique() <= 90
    steps = set(past.introductions["step"])
    assert {"permission_refused", "declined", "redirected", "asked_more", "call_me"} <= steps
    outcomes = set(past.outcomes["outcome"])
    assert outcomes == {"useful", "neutral", "no_reply", "no_show", "regretted"}
    assert set(past.outcomes["side"]) == {"requester", "contact"}


def test_a_meeting_is_useful_to_the_contact_only_where_it_is_to_the_requester(past):
    sides = past.outcomes.pivot(index="introduction", columns="side", values="outcome").dropna()
    useful = sides == "useful"
    assert not (useful["contact"] & ~useful["requester"]).any()
    assert (useful["requester"] & ~useful["contact"]).sum() >= 3


def test_requesters_and_contacts_are_connections_and_some_come_again(exports, past):
    connected = set(exports[1].tables["connections"]["person"])
    asked = past.introductions[past.introductions["step"] == "asked"]
    assert set(asked["requester"]) | set(asked["contact"]) <= connected
    assert not set(asked["requester"]) & set(asked["contact"])
    assert asked["requester"].duplicated().any()
    assert asked["contact"].duplicated().any()


def test_facts_about_introductions_are_declared_and_true(past):
    facts = vocabulary("introduction")
    noted = past.introduction_facts
    assert all(
        facts[fact].parse(level) == level for fact, level in zip(noted["fact"], noted["level"], strict=True)
    )
    true = past.introduction_truth.set_index("introduction")
    for row in noted.itertuples():
        assert true.loc[row.introduction, row.fact] == row.level


def test_a_requester_who_let_somebody_down_is_remembered(past):
    truth = past.introduction_truth.set_index("introduction")
    steps = past.introductions
    asked = steps[steps["step"] == "asked"].set_index("introduction")
    ends = steps[steps["step"].str.startswith("outcome_")]
    for number, row in asked.iterrows():
        before = ends[(ends["requester"] == row["requester"]) & (ends["at"] < row["at"])]
        let_down = before["detail"].isin(["no_show", "regretted"]).any()
        assert (truth.loc[number, "requester_past"] == "let_down") == let_down
    assert (truth["requester_past"] == "let_down").sum() >= 3


def test_every_introduction_effect_is_of_a_declared_level():
    facts = vocabulary("introduction")
    for process in (netkit.fictional.introduction_story.MAKES, netkit.fictional.introduction_story.USEFUL):
        for fact, levels in process.effects.items():
            assert set(levels) <= set(facts[fact].levels)


def test_the_rooms_of_the_invention_use_nothing_above_them():
    allowed = {"netkit.errors", "netkit.facts", "netkit.people", "netkit.plain_yaml"}
    for path in Path(netkit.fictional.__file__).parent.glob("*.py"):
        used = set(re.findall(r"^from (netkit\.[\w.]+) import", path.read_text("utf-8"), re.M))
        assert {name for name in used if not name.startswith("netkit.fictional")} <= allowed
