"""Label sheets: written from the declared facts, read back all or nothing, whatever a spreadsheet did."""

import csv
import io
import os
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_export import connection, export, invitation

from netkit.errors import SheetError
from netkit.facts import Fact, vocabulary
from netkit.history import read_history, read_introductions
from netkit.history.past_moments import past_moments
from netkit.introductions import look_again_on, resting, rests_until
from netkit.ledger import open_ledger
from netkit.ledger.csv_cells import escape_formula, unescape_formula
from netkit.sheets import read_sheet, refuse_unread, write_sheet

ADA = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada", note="=1+1")
BO = invitation("Bo Kern", "2024-02-28T10:00:00+00:00", slug="bo")
CY = invitation("Cy Dorn", "2024-02-02T10:00:00+00:00", slug="cy")


@pytest.fixture
def ledger(tmp_path):
    """Ada's and Bo's invitations wait, Cy's was accepted after one day."""
    with open_ledger(tmp_path / "home") as opened:
        linked = connection("Cy Dorn", "2024-02-03", slug="cy")
        opened.import_export(export("2024-03-01", invitations=[ADA, BO, CY], connections=[linked]))
        yield opened


def key(ledger, name):
    return ledger.invitations.to_frame().set_index("name").loc[name, "request"]


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(ledger, path, changes, **options):
    """Write a sheet and fill in `changes`: name -> column -> value."""
    write_sheet(ledger, "invitation", path)
    rows = rows_of(path)
    for row in rows:
        row.update(changes.get(row["name"], {}))
    save(path, rows, **options)


def save(path, rows, *, delimiter=",", encoding="utf-8"):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def problems(ledger, path, kind="invitation"):
    with pytest.raises(SheetError) as refused:
        read_sheet(ledger, kind, path, at="2024-03-01")
    return refused.value.problems


def test_the_waiting_invitations_are_filled_in_with_their_note(ledger, tmp_path):
    assert write_sheet(ledger, "invitation", tmp_path / "s.csv") == 2
    hints, bo, ada = rows_of(tmp_path / "s.csv")
    assert (bo["name"], bo["sent_at"], bo["request"]) == (
        "Bo Kern",
        "2024-02-28 10:00",
        key(ledger, "Bo Kern"),
    )
    assert ada["note"] == "'=1+1"  # shown as text, never run
    assert hints["action"] == "accept | ask | defer | decline | ignore"
    assert hints["met_in_person"] == "yes | no | unknown | undo"


def test_drawn_invitations_come_first_and_their_answers_stand_for_the_others(ledger, tmp_path):
    ada, bo = key(ledger, "Ada Love"), key(ledger, "Bo Kern")
    write_sheet(ledger, "invitation", tmp_path / "s.csv", drawn=[ada])
    hints, *rows = rows_of(tmp_path / "s.csv")
    assert [row["request"] for row in rows] == [ada, bo]
    assert [row["drawn"] for row in rows] == ["drawn from 1 that differ of 2", ""]
    save(tmp_path / "s.csv", [hints, *(row | {"action": "decline"} for row in rows)])
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    stands_for = read_history(ledger).table.set_index("request")["stands_for"]
    assert stands_for[[ada, bo]].tolist() == [2.0, 1.0]


@pytest.mark.parametrize("drawn", ["drawn from 3 that differ of 2", "drawn from 0 that differ of 2", "yes"])
def test_what_netkit_did_not_write_is_refused_as_drawn(ledger, tmp_path, drawn):
    fill(ledger, tmp_path / "s.csv", {"Ada Love": {"drawn": drawn}})
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert "column drawn" in problem and "was not written by netkit" in problem


def test_there_is_one_column_per_fact_that_the_program_cannot_know(ledger, tmp_path):
    write_sheet(ledger, "invitation", tmp_path / "s.csv")
    columns = set(rows_of(tmp_path / "s.csv")[0])
    asked = {n for n, fact in vocabulary("invitation").items() if fact.origin not in ("note", "derived")}
    assert asked <= columns and not columns & {"note_kind", "wrote_before"}


@pytest.mark.parametrize("looked_up_in", ["note", "derived"])
def test_a_fact_of_ones_own_has_a_column_wherever_one_looks_it_up(ledger, tmp_path, looked_up_in):
    own = Fact("tone", "Is the note friendly?", ("yes", "no"), origin=looked_up_in)
    mine = vocabulary("invitation").extended([own])
    write_sheet(ledger, "invitation", tmp_path / "s.csv", vocabulary=mine)
    rows = rows_of(tmp_path / "s.csv")
    rows[1].update(action="accept", tone="no")
    save(tmp_path / "s.csv", rows)
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01", vocabulary=mine)
    assert ledger.notes.to_frame()["fact"].tolist() == ["tone"]


def test_a_workbook_has_drop_down_lists_and_a_second_sheet_of_accepted_values(ledger, tmp_path):
    write_sheet(ledger, "invitation", tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    first, second = book.worksheets
    heading = {cell.value: cell.column_letter for cell in first[1]}
    lists = {
        str(rule.sqref).split(":")[0][:-1]: rule.formula1 for rule in first.data_validations.dataValidation
    }
    assert first.freeze_panes == "C2" and first.auto_filter.ref.startswith("A1:")
    assert lists[heading["action"]] == '"accept,ask,defer,decline,ignore"'
    assert lists[heading["met_in_person"]] == '"yes,no,unknown,undo"'
    assert first.column_dimensions[heading["name"]].width == 24
    told = {row[0]: row[1:] for row in second.iter_rows(values_only=True)}
    assert told["met_in_person"] == ("yes | no | unknown | undo", "Have you met this person face to face?")
    assert not any(cell.data_type == "f" for row in first.iter_rows() for cell in row)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_untouched_sheet_brings_nothing(ledger, tmp_path, ending):
    path = tmp_path / f"s.{ending}"
    write_sheet(ledger, "invitation", path)
    result = read_sheet(ledger, "invitation", path, at="2024-03-01")
    assert (result.rows, result.sentence) == (2, "Read 2 rows: nothing new.")


def test_a_filled_row_is_a_decision_with_its_facts(ledger, tmp_path):
    fill(
        ledger, tmp_path / "s.csv",
        {"Ada Love": {"action": "decline", "decided_on": "2024-02-03", "because": "a pitch",
                      "met_in_person": "no", "reason_to_connect": "none"}},
    )  # fmt: skip
    result = read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    assert (result.decisions, result.facts, result.requests) == (1, 2, 0)
    (decision,) = ledger.decisions.to_frame().to_dict(orient="records")
    assert (decision["action"], decision["because"], decision["via"]) == ("decline", "a pitch", "sheet s.csv")
    history = read_history(ledger)
    ada = history.table["name"] == "Ada Love"
    assert history.table.loc[ada, "label"].tolist() == [0.0]
    assert history.facts.loc[ada, ["met_in_person", "reason_to_connect"]].values.tolist() == [["no", "none"]]


def test_a_decision_without_a_day_is_dated_as_a_label_of_the_past_and_never_now(ledger, tmp_path):
    noted = {"action": "decline", "met_in_person": "no"}
    fill(ledger, tmp_path / "s.csv", {"Ada Love": noted, "Bo Kern": {"recognised": "yes"}})
    said = read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2025-06-01").sentence
    assert "1 answer without a day was dated like old answers: to the day by which you usually accept" in said
    assert "write it into decided_on" in said
    history = read_history(ledger)
    table = history.table.set_index("name")
    moments = past_moments(history, table["request"].tolist(), ledger.notes.to_frame("invitation").iloc[:0])
    decided = table.loc["Ada Love", "decided_at"]
    assert decided == pd.Timestamp(moments[table.loc["Ada Love", "request"]])
    assert decided <= pd.Timestamp("2024-03-02", tz="UTC")
    ada = history.facts.set_index("request").loc[table.loc["Ada Love", "request"]]
    assert ada["met_in_person"] == "no"  # known then, and no hindsight
    again = read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2025-06-02")
    assert again.sentence == "Read 2 rows: nothing new."


@pytest.mark.parametrize("action", ["ask", "defer"])
def test_what_is_put_off_without_a_day_rests_from_the_day_of_the_recording(ledger, tmp_path, action):
    fill(ledger, tmp_path / "s.csv", {"Ada Love": {"action": action}})
    read_sheet(ledger, "invitation", tmp_path / "s.csv")
    ada, today = key(ledger, "Ada Love"), datetime.now(UTC).date()
    assert ledger.decisions.to_frame()["at"].max() < pd.Timestamp("2024-03-03", tz="UTC")
    assert resting(ledger, read_history(ledger).known.labels.rows)[ada].since == today
    assert rests_until(ledger, ada) == look_again_on(today, action=action)
    fill(ledger, tmp_path / "t.csv", {"Ada Love": {"action": action, "decided_on": "2024-02-20"}})
    read_sheet(ledger, "invitation", tmp_path / "t.csv")
    assert rests_until(ledger, ada) == look_again_on(date(2024, 2, 20), action=action)


@pytest.mark.parametrize("action", ["accept", "ask", "defer", "decline", "ignore"])
def test_what_was_done_may_be_written_as_what_people_say(ledger, tmp_path, action):
    done = f"{action.removesuffix('e')}{'r' * (action == 'defer')}ed"
    fill(ledger, tmp_path / "s.csv", {"Ada Love": {"action": done.title(), "decided_on": "2024-02-20"}})
    read_sheet(ledger, "invitation", tmp_path / "s.csv")
    assert ledger.decisions.to_frame()["action"].tolist() == [action]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_same_sheet_twice_changes_nothing(ledger, tmp_path, ending):
    fill(
        ledger, tmp_path / "s.csv",
        {"Ada Love": {"action": "decline", "decided_on": "2024-02-03", "met_in_person": "no"},
         "Bo Kern": {"action": "ask", "recognised": "unknown"}},
    )  # fmt: skip
    path = tmp_path / f"s.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        for row in csv.reader(io.StringIO((tmp_path / "s.csv").read_text(encoding="utf-8"))):
            book.active.append(row)
        book.save(path)
    assert read_sheet(ledger, "invitation", path, at="2024-03-01").decisions == 2
    before = ledger.decisions.to_frame(), ledger.notes.to_frame()
    assert read_sheet(ledger, "invitation", path, at="2024-03-09").sentence.endswith("nothing new.")
    assert ledger.decisions.to_frame().equals(before[0]) and ledger.notes.to_frame().equals(before[1])


def test_a_sheet_shows_what_was_noted_and_decided_already(ledger, tmp_path):
    ledger.decisions.add(
        key(ledger, "Bo Kern"), "defer", at="2024-02-29", source="test", facts={"recognised": "yes"}
    )
    write_sheet(ledger, "invitation", tmp_path / "s.csv")
    bo = rows_of(tmp_path / "s.csv")[1]
    assert (bo["action"], bo["decided_on"], bo["recognised"]) == ("defer", "2024-02-29", "yes")


def test_every_wrong_cell_is_named_with_row_and_column_and_nothing_is_taken_in(ledger, tmp_path):
    fill(
        ledger, tmp_path / "s.csv",
        {"Bo Kern": {"action": "acept", "decided_on": "5/3/24"},
         "Ada Love": {"action": "decline", "decided_on": "2024-02-03", "met_in_person": "maybe"}},
    )  # fmt: skip
    assert problems(ledger, tmp_path / "s.csv") == (
        "row 3, column action: there is no 'acept'. Did you mean 'accept'?"
        " You can use accept, ask, defer, decline or ignore.",
        "row 3, column decided_on: '5/3/24' cannot be read (day and month could be swapped)."
        " Write it like 2024-03-05.",
        "row 4, column met_in_person: met_in_person cannot be 'maybe'. Use yes, no or unknown.",
    )
    assert ledger.decisions.to_frame().empty and ledger.notes.to_frame().empty


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"request": "inv-00000000"}, "column request: 'inv-00000000' is no invitation to you"),
        ({"name": "Bo Kern"}, "column name: this is another person than the request's"),
        (
            {"sent_at": "2024-02-28"},
            "column sent_at: '2024-02-28' is not the day of this request, 2024-02-01",
        ),
        ({"decided_on": "2023-12-01", "action": "ignore"}, "Give 2024-02-01 or a later day"),
        ({"decided_on": "yesterday"}, "'yesterday' cannot be read (not a date)"),
        ({"request": "", "name": ""}, "column name: this is empty"),
        ({"request": "", "sent_at": ""}, "column sent_at: this is empty"),
        ({"request": "", "profile": "ada"}, "column profile: 'ada' is no address of a profile"),
    ],
)
def test_a_row_that_slipped_or_lacks_something_is_refused(ledger, tmp_path, changes, says):
    fill(ledger, tmp_path / "s.csv", {"Ada Love": changes})
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert problem.startswith("row 4, ") and says in problem


def test_a_request_that_stands_there_twice_is_refused(ledger, tmp_path):
    write_sheet(ledger, "invitation", tmp_path / "s.csv")
    rows = rows_of(tmp_path / "s.csv")
    save(tmp_path / "s.csv", [*rows, rows[1]])
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert "is in row 3 too" in problem


def test_a_row_that_stands_there_twice_without_a_key_is_refused(ledger, tmp_path):
    row = {"request": "", "name": "Old Friend", "sent_at": "2019-05-01", "action": "accept"}
    save(tmp_path / "s.csv", [row, row])
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert "is in row 2 too" in problem


def test_a_cell_below_no_heading_is_refused_because_it_would_be_lost(ledger, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(f"request,because,recognised\n{key(ledger, 'Bo Kern')},kind,yes,no\n", encoding="utf-8")
    assert problems(ledger, path) == (
        "row 2, column 4: 'no' is below no heading. Empty the cell, or put quotes around a text with commas.",
    )


@pytest.mark.parametrize("column", ["decided_on", "sent_at"])
def test_a_day_that_has_not_come_yet_is_refused(ledger, tmp_path, column):
    row = {"request": "", "name": "Old Friend", "sent_at": "2019-05-01", "action": "accept"}
    save(tmp_path / "s.csv", [{**row, "decided_on": "2019-05-02", column: "2999-01-01"}])
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert problem == (f"row 2, column {column}: '2999-01-01' has not come yet. Give a past day.")


def test_a_sender_who_is_nobody_is_named_with_row_and_column(ledger, tmp_path):
    save(tmp_path / "s.csv", [{"request": "", "name": "LinkedIn Member", "sent_at": "2019-05-01"}])
    (problem,) = problems(ledger, tmp_path / "s.csv")
    assert problem.startswith("row 2, column name: 'LinkedIn Member' names nobody")


def test_a_formula_that_was_never_worked_out_is_refused_and_not_passed_over(ledger, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["request", "action", "decided_on"])
    book.active.append([key(ledger, "Bo Kern"), "decline", "=TODAY()"])
    book.save(tmp_path / "s.xlsx")
    (problem,) = problems(ledger, tmp_path / "s.xlsx")
    assert problem.startswith("row 2, column decided_on: '=TODAY()' cannot be read (not a date)")


def test_the_sheet_of_requests_is_found_where_another_was_put_before_it(ledger, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["whom to telephone"])
    requests = book.create_sheet("Requests")
    requests.append(["request", "action"])
    requests.append([key(ledger, "Bo Kern"), "decline"])
    book.save(tmp_path / "s.xlsx")
    assert read_sheet(ledger, "invitation", tmp_path / "s.xlsx", at="2024-03-01").decisions == 1


def test_a_sheet_of_the_other_kind_is_one_short_sentence(ledger, tmp_path):
    write_sheet(ledger, "invitation", tmp_path / "s.csv")
    with pytest.raises(SheetError, match="has the headings of a sheet of invitations") as refused:
        read_sheet(ledger, "introduction", tmp_path / "s.csv")
    assert "netkit sheet invitations s.csv --read" in str(refused.value)


def test_many_unknown_headings_name_the_accepted_ones_once(ledger, tmp_path):
    rows = [{"request": key(ledger, "Bo Kern"), "a1": "x", "b2": "x", "c3": "x"}]
    save(tmp_path / "s.csv", rows)
    with pytest.raises(SheetError) as refused:
        read_sheet(ledger, "invitation", tmp_path / "s.csv")
    assert str(refused.value).count("would_stay_in_touch") == 1


def test_a_heading_that_is_unknown_names_the_nearest(ledger, tmp_path):
    rows = [{"request": key(ledger, "Bo Kern"), "acton": "accept", "met in person": "yes"}]
    save(tmp_path / "s.csv", rows)
    found = problems(ledger, tmp_path / "s.csv")
    assert "column 2 (acton)" in found[0] and "Did you mean 'action'" in found[0]
    assert "column 3 (met in person)" in found[1] and "Did you mean 'met_in_person'" in found[1]


def test_without_the_request_column_it_is_refused(ledger, tmp_path):
    save(tmp_path / "s.csv", [{"name": "Bo Kern", "action": "accept"}])
    assert "no heading 'request'" in problems(ledger, tmp_path / "s.csv")[0]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-02-29", "2024-02-29 23:59"),
        ("2024-02-29 08:30", "2024-02-29 08:30"),
        ("45351", "2024-02-29 23:59"),  # what a spreadsheet makes of a date
        ("45351.5", "2024-02-29 12:00"),
        ("29.2.24", "2024-02-29 23:59"),
        ("29/02/2024", "2024-02-29 23:59"),
        ("2/29/2024", "2024-02-29 23:59"),
        ("29-Feb-24", "2024-02-29 23:59"),
        ("2024/02/29", "2024-02-29 23:59"),
    ],
)
def test_a_date_that_has_one_meaning_is_read_however_it_is_written(ledger, tmp_path, written, day):
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"action": "accept", "decided_on": written}})
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    assert f"{ledger.decisions.to_frame()['at'][0]:%Y-%m-%d %H:%M}" == day


@pytest.mark.parametrize(
    ("written", "level"), [("TRUE", "yes"), ("false", "no"), (" Yes\u00a0", "yes"), ("NO", "no")]
)
def test_true_and_false_mean_yes_and_no(ledger, tmp_path, written, level):
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"met_in_person": written}})
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    assert ledger.notes.to_frame()["level"].tolist() == [level]


def test_true_is_refused_where_the_levels_are_not_yes_and_no(ledger, tmp_path):
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"reason_to_connect": "TRUE"}})
    assert "Use now, later, none or unknown" in problems(ledger, tmp_path / "s.csv")[0]


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(";", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8-sig"), ("\t", "utf-8")],
)
def test_semicolons_tabs_marks_and_utf_16_are_read(ledger, tmp_path, delimiter, encoding):
    fill(
        ledger, tmp_path / "s.csv", {"Bo Kern": {"action": "accept", "because": "Zoë, a friend"}},
        delimiter=delimiter, encoding=encoding,
    )  # fmt: skip
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    assert ledger.decisions.to_frame()["because"].tolist() == ["Zoë, a friend"]


def test_text_that_is_not_unicode_is_refused_with_what_to_do(ledger, tmp_path):
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"because": "Zoë"}}, encoding="latin-1")
    with pytest.raises(SheetError, match="not UTF-8.*CSV UTF-8"):
        read_sheet(ledger, "invitation", tmp_path / "s.csv")


def test_columns_may_stand_in_any_order(ledger, tmp_path):
    fill(ledger, tmp_path / "s.csv", {"Ada Love": {"action": "accept"}})
    rows = rows_of(tmp_path / "s.csv")
    assert rows[0]["request"] == "accepted values"
    save(tmp_path / "s.csv", [dict(reversed(row.items())) for row in rows])
    assert read_sheet(ledger, "invitation", tmp_path / "s.csv").decisions == 1


def test_blank_rows_and_columns_are_passed_over(ledger, tmp_path):
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"action": "accept"}})
    text = (tmp_path / "s.csv").read_text(encoding="utf-8")
    wide = "\n".join(line + ",," for line in text.splitlines())
    (tmp_path / "s.csv").write_text("\n" + wide + "\n,,,,\n\n   ,\n", encoding="utf-8")
    assert read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01").decisions == 1


def test_typed_cells_of_a_workbook_are_read(ledger, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Request", "ACTION", "decided_on", "met_in_person", "recognised"])
    book.active.append([key(ledger, "Bo Kern"), "Accept", datetime(2024, 2, 29, 9, 15), True, None])
    book.save(tmp_path / "s.xlsx")
    read_sheet(ledger, "invitation", tmp_path / "s.xlsx", at="2024-03-01")
    assert f"{ledger.decisions.to_frame()['at'][0]:%Y-%m-%d %H:%M}" == "2024-02-29 09:15"
    assert ledger.notes.to_frame()["level"].tolist() == ["yes"]


@pytest.mark.parametrize(
    ("name", "content"), [("s.xlsx", b"PK\x03\x04 cut off"), ("s.xlsx", b"a,b"), ("s.csv", b"")]
)
def test_a_file_that_is_no_sheet_is_one_clear_sentence(ledger, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetError, match=r"[.] (Save|Write|Open) "):
        read_sheet(ledger, "invitation", tmp_path / name)


def test_another_ending_is_refused(ledger, tmp_path):
    with pytest.raises(SheetError, match=r"\.csv or \.xlsx"):
        write_sheet(ledger, "invitation", tmp_path / "s.ods")


@pytest.mark.parametrize(
    "cells", [{"action": "accept"}, {"recognised": "yes"}, {"action": "acept"}, {"name": "Cy"}]
)
def test_a_sheet_whose_answers_were_not_read_is_no_place_for_a_new_one(ledger, tmp_path, cells):
    path = tmp_path / "s.csv"
    refuse_unread(ledger, "invitation", path)
    fill(ledger, path, {"Ada Love": cells})
    with pytest.raises(SheetError, match=r"has not read what it holds\. Read it with --read first, or give"):
        refuse_unread(ledger, "invitation", path)
    assert ledger.decisions.to_frame().empty and ledger.notes.to_frame("invitation").empty


def test_an_untouched_sheet_and_one_that_was_read_may_be_replaced(ledger, tmp_path):
    path = tmp_path / "s.csv"
    write_sheet(ledger, "invitation", path)
    refuse_unread(ledger, "invitation", path)
    fill(ledger, path, {"Ada Love": {"action": "accept", "recognised": "yes"}})
    read_sheet(ledger, "invitation", path)
    refuse_unread(ledger, "invitation", path)


@pytest.mark.parametrize("there_before", [False, True])
def test_a_sheet_is_for_the_owner_only(ledger, tmp_path, there_before):
    if there_before:
        (tmp_path / "s.csv").write_text("for everybody to read", encoding="utf-8")
        (tmp_path / "s.csv").chmod(0o644)
    write_sheet(ledger, "invitation", tmp_path / "s.csv")
    assert (tmp_path / "s.csv").stat().st_mode & 0o077 == 0


def test_an_old_list_adds_requests_that_no_export_shows(ledger, tmp_path):
    rows = [
        {"request": "", "name": "Old Friend", "profile": "linkedin.com/in/old-f", "sent_at": "2019-05-01",
         "action": "accept", "decided_on": "2019-05-03", "met_in_person": "yes"},
        {"request": "", "name": "Old Seller", "profile": "", "sent_at": "2019-06-01",
         "action": "decline", "decided_on": "2019-06-01", "met_in_person": "no"},
    ]  # fmt: skip
    save(tmp_path / "s.csv", rows)
    first = read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    again = read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-02")
    assert (first.requests, first.decisions, again.sentence) == (2, 2, "Read 2 rows: nothing new.")
    history = read_history(ledger)
    old = history.table["name"].str.startswith("Old")
    assert history.table.loc[old, ["person", "label"]].values.tolist() == [
        ["in:old-f", 1.0],
        ["name:old seller", 0.0],
    ]
    assert history.facts.loc[old, "met_in_person"].tolist() == ["yes", "no"]


def test_unknown_takes_a_note_back_and_an_empty_cell_does_not(ledger, tmp_path):
    ledger.notes.add(key(ledger, "Bo Kern"), "recognised", "yes", at="2024-02-28", source="test")
    ledger.notes.add(key(ledger, "Bo Kern"), "met_in_person", "yes", at="2024-02-28", source="test")
    fill(ledger, tmp_path / "s.csv", {"Bo Kern": {"recognised": "unknown", "met_in_person": ""}})
    read_sheet(ledger, "invitation", tmp_path / "s.csv", at="2024-03-01")
    history = read_history(ledger)
    bo = history.facts[history.table["name"] == "Bo Kern"].iloc[0]
    assert bo["met_in_person"] == "yes" and bo[["recognised"]].isna().all()


def test_facts_of_ones_own_have_columns_too(ledger, tmp_path):
    own = vocabulary("invitation").extended([Fact("shares_my_hobby", "A hobby?", levels=("yes", "no"))])
    write_sheet(ledger, "invitation", tmp_path / "s.csv", vocabulary=own)
    rows = rows_of(tmp_path / "s.csv")
    rows[1]["shares_my_hobby"] = "yes"
    save(tmp_path / "s.csv", rows)
    assert read_sheet(ledger, "invitation", tmp_path / "s.csv", vocabulary=own).facts == 1
    with pytest.raises(SheetError, match="shares_my_hobby"):
        read_sheet(ledger, "invitation", tmp_path / "s.csv")


INTRODUCTION = {
    "request": "", "requester": "Eli Asker", "contact": "Fay Contact", "purpose_text": "to learn",
    "asked_by": "email", "asked_on": "2024-02-01", "action": "introduce", "decided_on": "2024-02-05",
    "permission": "given", "permission_on": "2024-02-04", "introduced_on": "2024-02-05",
    "without_permission_because": "", "outcome_requester": "useful", "outcome_contact": "neutral",
    "outcome_on": "2024-02-20", "purpose": "information", "requester_known": "well",
}  # fmt: skip


NO_OUTCOME = {"outcome_requester": "", "outcome_contact": "", "outcome_on": ""}


def test_a_list_of_introductions_is_read_with_its_course_and_outcome(ledger, tmp_path):
    save(tmp_path / "i.csv", [INTRODUCTION])
    first = read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    again = read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-02")
    assert (first.requests, first.decisions, first.facts, first.steps) == (1, 1, 2, 4)
    assert again.sentence == "Read 1 row: nothing new."
    history = read_introductions(ledger)
    found = history.table.iloc[0]
    assert (found["state"], found["outcome"], found["label"]) == ("made", "neutral", 0.0)
    facts = history.facts.iloc[0]
    assert (facts["permission"], facts["asked_by"], facts["purpose"]) == ("given", "email", "information")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sheet_of_introductions_comes_back_as_it_was_written(ledger, tmp_path, ending):
    save(tmp_path / "i.csv", [{**INTRODUCTION, "purpose_text": "=to learn"}])
    read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    path = tmp_path / f"back.{ending}"
    assert write_sheet(ledger, "introduction", path) == 1
    assert read_sheet(ledger, "introduction", path, at="2024-03-02").sentence.endswith("nothing new.")


def test_a_day_on_which_one_was_asked_is_written_as_a_day(ledger, tmp_path):
    save(tmp_path / "i.csv", [INTRODUCTION])
    read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    write_sheet(ledger, "introduction", tmp_path / "back.csv")
    assert rows_of(tmp_path / "back.csv")[1]["asked_on"] == "2024-02-01"


RUNNABLE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "'=quoted", "''twice",
    "=1\n=2", 'a;b,c"d\ne', "\uff1dfull", "\uff0b1", "\uff20SUM", "=DDE(\"a\";\"b\")", "- a list", "+49 30 1",
]  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_a_spreadsheet_could_run_goes_out_as_text_and_comes_back_as_it_was(ledger, tmp_path, ending):
    for number, text in enumerate(RUNNABLE):
        ledger.introductions.add(
            f"=Asker {number}", f"@Contact {number}", purpose_text=text, channel="email",
            asked_at="2024-03-01", source="test",
        )  # fmt: skip
    path = tmp_path / f"out.{ending}"
    write_sheet(ledger, "introduction", path)
    if ending == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    else:
        sheet = openpyxl.load_workbook(path)
        assert {cell.data_type for page in sheet for row in page for cell in row} <= {"s", "n"}
        cells = [cell.value or "" for row in sheet.active for cell in row]
    assert not [cell for cell in cells if cell[:1] and cell[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"]
    with open_ledger(tmp_path / "second") as second:
        _without_keys(path, tmp_path / f"in.{ending}")
        read_sheet(second, "introduction", tmp_path / f"in.{ending}", at="2024-03-02")
        columns = ["requester_name", "contact_name", "purpose_text"]
        before = ledger.introductions.to_frame().sort_values("requester_name")[columns]
        after = second.introductions.to_frame().sort_values("requester_name")[columns]
        assert after.to_numpy().tolist() == before.to_numpy().tolist()


def _without_keys(path, target):
    """Copy a sheet as somebody else's ledger would take it: the rows, without the requests' keys."""
    if path.suffix == ".csv":
        rows = rows_of(path)
        save(target, [rows[0], *({**row, "request": ""} for row in rows[1:])])
        return
    book = openpyxl.load_workbook(path)
    column = [cell.value for cell in book.active[1]].index("request") + 1
    for number in range(2, book.active.max_row + 1):
        cell = book.active.cell(number, column)
        cell.value = None if str(cell.value).startswith("intro-") else cell.value
    book.save(target)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("purpose_text", "another", "from 'to learn' in the ledger"),
        ("asked_by", "telephone", "from 'email' in the ledger"),
    ],
)
def test_what_was_asked_is_not_changed_by_a_sheet_and_that_is_said(ledger, tmp_path, column, value, says):
    save(tmp_path / "i.csv", [{**INTRODUCTION, "purpose_text": "to learn"}])
    read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    key_ = ledger.introductions.to_frame()["request"][0]
    row = {**INTRODUCTION, "request": key_, "purpose_text": "to  learn", column: value}
    save(tmp_path / "j.csv", [row])
    assert any(says in problem for problem in problems(ledger, tmp_path / "j.csv", "introduction"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"permission": ""}, "the contact's permission is missing"),
        ({"permission": "refused"}, "the contact's permission is missing"),
        ({"introduced_on": ""}, "Fill in introduced_on"),
        ({"introduced_on": "2023-02-05", "decided_on": "", "permission_on": ""}, "is before asked_on. Give "),
        ({"permission_on": "2024-01-04"}, "column permission_on: '2024-01-04' is before"),
        ({"permission_on": "2024-02-09"}, "column introduced_on: '2024-02-05' is before"),
        ({"decided_on": "2024-01-01"}, "column decided_on: '2024-01-01' is before"),
        ({"introduced_on": "", **NO_OUTCOME}, "'introduce' lacks its day"),
        ({"action": "decline"}, "'decline' is not possible for an introduction that was made"),
        ({"outcome_on": "2999-01-01"}, "'2999-01-01' has not come yet"),
        ({"asked_on": "2999-01-01"}, "'2999-01-01' has not come yet"),
        ({"contact": "eli asker"}, "'eli asker' is the requester too"),
        ({"contact": "LinkedIn Member"}, "'LinkedIn Member' names nobody"),
        ({"requester_profile": "eli"}, "column requester_profile: 'eli' is no address of a profile"),
        ({"contact_profile": "fay c"}, "column contact_profile: 'fay c' is no address of a profile"),
        ({"outcome_on": "2024-01-01"}, "is before introduced_on"),
        ({"asked_by": "fax"}, "telephone, in_person, email or platform_message"),
        ({"asked_by": ""}, "column asked_by: this is empty"),
        ({"outcome_contact": "great"}, "useful, neutral, no_reply, no_show"),
    ],
)
def test_a_course_that_cannot_be_is_refused(ledger, tmp_path, changes, says):
    save(tmp_path / "i.csv", [{**INTRODUCTION, **changes}])
    assert any(says in problem for problem in problems(ledger, tmp_path / "i.csv", "introduction"))
    assert ledger.introductions.to_frame().empty


def test_an_introduction_without_permission_needs_the_reason(ledger, tmp_path):
    row = {**INTRODUCTION, "permission": "", "without_permission_because": "they had met already"}
    save(tmp_path / "i.csv", [row])
    read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    details = ledger.introductions.events().set_index("step").loc["introduced", "detail"]
    assert details == {"without_permission_because": "they had met already"}


def test_an_introduction_made_without_permission_goes_out_with_its_reason_and_comes_back(ledger, tmp_path):
    made = ledger.introductions.add(
        "Eli Asker", "Fay Contact", purpose_text="to learn", channel="email",
        asked_at="2024-02-01", source="test",
    )  # fmt: skip
    why = {"without_permission_because": "they had met already"}
    ledger.introductions.add_event(made, "introduced", at="2024-02-05", source="test", detail=why)
    path = tmp_path / "out.csv"
    write_sheet(ledger, "introduction", path)
    assert rows_of(path)[1]["without_permission_because"] == "they had met already"
    assert read_sheet(ledger, "introduction", path).sentence == "Read 1 row: nothing new."


@pytest.mark.parametrize(
    ("before", "changes", "says"),
    [
        ("declined", {"permission": "given"}, "'given' is not possible for a request that was declined"),
        (
            "declined",
            {"introduced_on": "2024-02-05"},
            "'2024-02-05' is not possible for a request that was declined",
        ),
        ("introduced", {"permission": "refused"}, "'refused' is not possible after the introduction"),
        ("introduced", {"action": "decline"}, "for an introduction that was made"),
    ],
)
def test_a_sheet_takes_no_step_that_cannot_follow_and_says_what_to_take_back(
    ledger, tmp_path, before, changes, says
):
    request = ledger.introductions.add(
        "Eli Asker", "Fay Contact", purpose_text="to learn", channel="email",
        asked_at="2024-02-01", source="test",
    )  # fmt: skip
    ledger.introductions.add_event(request, before, at="2024-02-03", source="test")
    save(tmp_path / "i.csv", [{"request": request, "without_permission_because": "why", **changes}])
    (problem,) = problems(ledger, tmp_path / "i.csv", "introduction")
    assert says in problem


def test_a_changed_outcome_is_a_new_row(ledger, tmp_path):
    save(tmp_path / "i.csv", [INTRODUCTION])
    read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-01")
    save(tmp_path / "i.csv", [{**INTRODUCTION, "outcome_contact": "useful"}])
    result = read_sheet(ledger, "introduction", tmp_path / "i.csv", at="2024-03-02")
    assert result.steps == 1 and read_introductions(ledger).table["label"].tolist() == [1.0]


@given(st.text())
def test_an_escaped_cell_is_never_run_and_reads_back_exactly(text):
    escaped = escape_formula(text)
    assert not escaped.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unescape_formula(escaped) == text


def test_a_damaged_xlsx_is_bad_input_in_one_sentence_however_it_is_damaged(ledger, tmp_path):
    path = tmp_path / "sheet.xlsx"
    write_sheet(ledger, "invitation", path)
    whole = path.read_bytes()
    draw, refused = Random(1), Counter()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            damaged[draw.randrange(2, len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read_sheet(ledger, "invitation", path)
        except SheetError as problem:
            refused[type(problem.__cause__).__name__] += 1
    assert {"error", "BadZipFile"} <= set(refused)  # zlib's own, and zipfile's


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", ["", "<a/>", "<a>", "\x00", None])
def test_an_xlsx_whose_parts_are_odd_is_bad_input_or_read(ledger, tmp_path, part, content):
    path = tmp_path / "sheet.xlsx"
    write_sheet(ledger, "invitation", path)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            if name != part or content is not None:
                book.writestr(name, content if name == part else text)
    with pytest.raises(SheetError, match=r"sheet\.xlsx"):
        read_sheet(ledger, "invitation", path)


def test_a_year_before_1000_is_a_wrong_cell(ledger, tmp_path):
    path = tmp_path / "sheet.csv"
    fill(ledger, path, {"Ada Love": {"action": "accept", "decided_on": "0999-12-31"}})
    assert any("the year has fewer than four digits" in each for each in problems(ledger, path))
    fill(ledger, path, {"Ada Love": {"action": "accept", "decided_on": "1000-01-01"}})
    assert not any("four digits" in each for each in problems(ledger, path))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_very_long_cell_is_refused_without_being_said_in_full(ledger, tmp_path, ending):
    path = tmp_path / f"sheet.{ending}"
    long = "x" * 30_000
    if ending == "csv":
        path.write_text(f"request,name,sent_at\n{long},Ada,{long}\n", encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in (["request", "name", "sent_at"], [long, "Ada", long]):
            book.active.append(row)
        book.save(path)
    with pytest.raises(SheetError) as caught:
        read_sheet(ledger, "invitation", path)
    assert len(str(caught.value)) < 2_000 and "is no invitation to you" in str(caught.value)


BEYOND = {
    "rows": ("request,name\n" + ",Ada\n" * 12, "too many rows"),
    "columns": ("request," + "a," * 30 + "\n", "has 31 columns"),
    "bytes": ("request,name\n," + "x" * 3_000, "larger than 2,000 bytes"),
}


@pytest.mark.parametrize(("text", "says"), BEYOND.values(), ids=BEYOND)
def test_a_sheet_that_nobody_can_have_filled_in_is_refused(ledger, tmp_path, monkeypatch, text, says):
    for name, most in (("_MOST_ROWS", 10), ("_MOST_COLUMNS", 20), ("_MOST_BYTES", 2_000)):
        monkeypatch.setattr(f"netkit.sheets.spreadsheet_files.{name}", most)
    (tmp_path / "sheet.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SheetError, match=says):
        read_sheet(ledger, "invitation", tmp_path / "sheet.csv")
    assert len(ledger.invitations.to_frame()) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes that have names")
def test_a_pipe_is_no_sheet(ledger, tmp_path):
    os.mkfifo(tmp_path / "sheet.csv")
    with pytest.raises(SheetError, match="not an ordinary file"):
        read_sheet(ledger, "invitation", tmp_path / "sheet.csv")
