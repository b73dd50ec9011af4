"""Workbooks: what a person sees in a spreadsheet is what is read, and no bomb goes off."""

import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from exports import CONNECTIONS, INVITATIONS, read, warned

from netkit.errors import NetkitError
from netkit.workbook_files import read_workbook


def saved(*rows, title="Sheet", formats=None):
    """Return rows as a workbook, some cells with a number format."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for place, code in (formats or {}).items():
        book.active[place].number_format = code
    book.save(out)
    return out.getvalue()


def changed(content, *swaps, part="xl/worksheets/sheet1.xml"):
    """Return a workbook in one part of which some text is another one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(out, "w") as new:
        for name in book.namelist():
            text = book.read(name).decode()
            for before, after in swaps if name == part else ():
                assert re.search(before, text)
                text = re.sub(before, after, text)
            new.writestr(name, text)
    return out.getvalue()


def rows(content, **bounds):
    return read_workbook(content, name="a.xlsx", most_rows=bounds.pop("most_rows", 100), **bounds)


CELLS = {
    "a text": ("Zoë & <Co>", "Zoë & <Co>"),
    "a text with a line break": ("a\nb", "a\nb"),
    "a whole number": (3, 3),
    "a decimal": (2.5, 2.5),
    "yes": (True, True),
    "a day": (date(2024, 3, 5), datetime(2024, 3, 5)),
    "a moment": (datetime(2024, 3, 5, 10, 30), datetime(2024, 3, 5, 10, 30)),
    "a formula that was never worked out": ("=A1+1", "=A1+1"),
    "an error": ("#N/A", "#N/A"),
}


@pytest.mark.parametrize(("written", "seen"), CELLS.values(), ids=CELLS)
def test_every_kind_of_cell_is_read(written, seen):
    assert rows(saved(["x", None, written])) == [(1, ["x", None, seen])]


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("General", 45356),
        ("0.00", 45356),
        ("d/m/yyyy", datetime(2024, 3, 5)),
        ("[$-409]mmm d, yyyy", datetime(2024, 3, 5)),
        ('"day" 0', 45356),
        ("[Red]0", 45356),
    ],
)
def test_a_number_is_a_day_where_its_format_says_so(code, seen):
    assert rows(saved([45356], formats={"A1": code})) == [(1, [seen])]


def test_days_count_from_1904_where_the_workbook_says_so():
    content = changed(
        saved([43894], formats={"A1": "yyyy-mm-dd"}),
        ("<workbookPr ?/>", '<workbookPr date1904="1"/>'),
        part="xl/workbook.xml",
    )
    assert rows(content) == [(1, [datetime(2024, 3, 5)])]


def test_a_formula_gives_the_result_that_was_saved():
    content = changed(saved(["=1+1"]), ("<v ?/>|<v></v>", "<v>2</v>"))
    assert rows(content) == [(1, [2])]


def test_the_parts_of_a_text_are_put_together_and_how_it_is_spoken_left_out():
    strings = "<si><r><t>山</t></r><r><t>田</t></r><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>"
    relation = '<Relationship Id="s" Type="a/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    content = changed(saved(["x"]), ("<c .*?</c>", '<c r="A1" t="s"><v>0</v></c>'))
    content = changed(content, ("</Relationships>", relation), part="xl/_rels/workbook.xml.rels")
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("xl/sharedStrings.xml", f"<sst>{strings}</sst>")
    content = out.getvalue()
    assert rows(content) == [(1, ["山田"])]


def test_rows_keep_their_numbers_and_blank_ones_cost_nothing():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["B3"], book.active["A900000"] = "x", "y"
    book.save(out)
    assert rows(out.getvalue()) == [(3, [None, "x"]), (900_000, ["y"])]


def test_the_sheet_with_the_wanted_title_goes_before_the_first():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["first"])
    book.create_sheet("Requests").append(["second"])
    book.save(out)
    assert rows(out.getvalue()) == [(1, ["first"])]
    assert rows(out.getvalue(), prefer=("requests",)) == [(1, ["second"])]


SHEET = r"<sheetData>.*</sheetData>"
BOMBS = {
    "rows": (
        SHEET,
        "<sheetData>" + "<row><c><v>1</v></c></row>" * 200 + "</sheetData>",
        "more than 100 rows",
    ),
    "columns": (
        SHEET,
        "<sheetData>" + '<row><c r="XFD1"><v>1</v></c></row>' * 9 + "</sheetData>",
        "far too many cells",
    ),
    "a column that no workbook has": (
        SHEET,
        '<sheetData><row><c r="ZZZZ1"/></row></sheetData>',
        "ValueError",
    ),
    "a cell": (
        SHEET,
        f'<sheetData><row><c t="str"><v>{"x" * 40_000}</v></c></row></sheetData>',
        "a cell of more than 32,767 signs",
    ),
    "elements": (SHEET, "<a/>" * 6_000, "far too many cells"),
    "elements within each other": (SHEET, "<a>" * 6_000, "far too many cells"),
    "a text that is not there": (
        SHEET,
        '<sheetData><row><c t="s"><v>9</v></c></row></sheetData>',
        "IndexError",
    ),
    "entities": ("<worksheet", '<!DOCTYPE a [<!ENTITY b "c">]><worksheet', "entities of its own"),
}


@pytest.mark.parametrize(("before", "after", "says"), BOMBS.values(), ids=BOMBS)
def test_a_workbook_that_would_swell_is_refused(monkeypatch, before, after, says):
    monkeypatch.setattr("netkit.workbook_files._MOST_ELEMENTS", 5_000)
    with pytest.raises(NetkitError, match=re.escape(says)):
        rows(changed(saved(["x"]), (before, after)))


def test_the_bytes_of_a_workbook_are_bounded(monkeypatch):
    monkeypatch.setattr("netkit.workbook_files._MOST_BYTES", 10_000)
    with pytest.raises(NetkitError, match="more than 10,000 bytes"):
        rows(saved(*([f"text {number}"] for number in range(900))))


# In an archive


def test_days_and_moments_of_a_workbook_mean_what_its_reader_sees(tmp_path):
    header, ada = CONNECTIONS.splitlines()[:2]
    connections = saved(header.split(","), [*ada.split(",")[:-1], date(2019, 10, 27)])
    sent = INVITATIONS.splitlines()[1].replace('"10/26/19, 4:05 PM"', "").split(",")
    sent[2] = datetime(2019, 10, 26, 16, 5)
    invitations = saved(INVITATIONS.splitlines()[0].split(","), sent)
    export = read(tmp_path, {"Connections.xlsx": connections, "Invitations.xlsx": invitations})
    assert str(export.tables["connections"]["connected_on"][0]) == "2019-10-27 00:00:00+00:00"
    assert str(export.tables["invitations"]["sent_at"][0]) == "2019-10-26 23:05:00+00:00"


def test_a_workbook_named_csv_is_read_and_said_to_be_one(tmp_path):
    content = saved(*(line.split(",") for line in CONNECTIONS.splitlines()))
    export = read(tmp_path, {"Connections.csv": content})
    assert len(export.tables["connections"]) == 2
    assert [notice.file for notice in warned(export, "workbook")] == ["Connections.csv"]


def test_an_odd_cell_of_a_workbook_is_told_by_its_row(tmp_path):
    lines = [line.split(",") for line in CONNECTIONS.splitlines()]
    lines[2][-1] = "soon"
    (notice,) = warned(read(tmp_path, {"Connections.xlsx": saved([], [], *lines)}), "not_a_date")
    assert notice.examples == ("line 5",)
