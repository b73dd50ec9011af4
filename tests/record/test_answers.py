"""Answers of the portability interface: every way in which people keep them, and what is no answer."""

import json
import time
import zipfile
from pathlib import Path

import pytest
from invented_record import event, link, page, post, row, snapshot, write

from netkit.errors import ExportError
from netkit.export import read_export
from netkit.ledger import open_ledger

LOG = [
    event(1, "2026-03-01 10:00:30", "2026-03-02 08:00:00", "ACCEPT"),
    post(2, "2026-03-03 10:00:00"),
    event(3, "2026-03-04 10:00:30", "2026-03-05 08:00:00"),
]
ROWS = [row("Ada Love", "2026-03-01 10:00:30", note='Hällo, "Ada"'), row("Bo Kern", "2026-03-04 10:00:30")]
LINKS = [link("Ada Love", "2026-03-02")]
CAMEL = [{(key[:1].lower() + key[1:]).replace(" ", ""): cell for key, cell in each.items()} for each in ROWS]
LAYOUTS = {
    "raw bodies": {"a": page(LOG), "b": snapshot("INVITATIONS", ROWS), "c": snapshot("CONNECTIONS", LINKS)},
    "arrays beside a manifest": {
        "EVENTS": LOG, "INVITATIONS": ROWS, "CONNECTIONS": LINKS,
        "manifest": {"exported_at": "2026-03-20T00:00:00Z", "gem_version": "1", "domains": ["INVITATIONS"]},
    },
    "wrapped, with the rows twice": {
        "log": {"api_version": "202312", "events": LOG, "next_start_time": 1, "page_count": 1, "truncated": False},
        **{
            name: {
                "api_version": "202312", "domain": name, "rows": rows,
                "raw_elements": [{"snapshotDomain": name, "snapshotData": rows}],
            }
            for name, rows in (("INVITATIONS", ROWS), ("CONNECTIONS", LINKS))
        },
    },
    "one bundle": {
        "bundle": {
            "schema_version": 1, "collected_at": "2026-03-20T00:00:00Z", "changelog": {"events": LOG},
            "snapshots": {"INVITATIONS": {"rows": ROWS}, "CONNECTIONS": LINKS},
        }
    },
    "a cache in camel case": {
        "x": {"fetchedAt": 1773964800000, "data": CAMEL}, "y": {"fetchedAt": 1773964800000, "data": LINKS}, "z": LOG
    },
    "JSON in lines": {
        "log": "\n".join(map(json.dumps, LOG)), "INVITATIONS": "\n\n".join(map(json.dumps, ROWS)),
        "pages": "\n".join(json.dumps(each) for each in (snapshot("CONNECTIONS", LINKS),)),
    },
    "the domain after its rows": {
        "a": {"elements": [{"snapshotData": ROWS, "snapshotDomain": "INVITATIONS"}]},
        "b": {"elements": [{"snapshotData": LINKS, "snapshotDomain": "CONNECTIONS"}]}, "c": page(LOG),
    },
    "overlapping pages": {
        "a": snapshot("INVITATIONS", ROWS, 0, 2), "b": snapshot("INVITATIONS", ROWS[1:], 1, 2),
        "c": snapshot("CONNECTIONS", LINKS), "d": page(LOG[:2], 0, 2), "e": page(LOG[1:], 2),
    },
}  # fmt: skip


def folder(tmp_path, files, name="Archive_03-20-2026"):
    for stem, said in files.items():
        write(tmp_path / name / f"{stem}.json", said)
    return tmp_path / name


def refused(path):
    with pytest.raises(ExportError) as caught:
        read_export(path)
    return str(caught.value)


def everything(path, home):
    with open_ledger(home) as ledger:
        ledger.import_export(read_export(path))
        return [
            frame.drop(columns=["import", "id"], errors="ignore").to_csv()
            for frame in (
                ledger.invitations.to_frame(), ledger.exports.connections(every=True), ledger.exports.messages(),
                ledger.exports.sightings(), ledger.record.events(), ledger.record.covered(),
            )
        ]  # fmt: skip


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    base = tmp_path_factory.mktemp("expected")
    return everything(folder(base, LAYOUTS["raw bodies"]), base / "home")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_says_the_same(tmp_path, layout, expected):
    assert everything(folder(tmp_path, layout), tmp_path / "home") == expected


@pytest.mark.parametrize("form", ["files", "zip", "utf-16", "utf-16-le", "other names"])
def test_whatever_it_is_packed_in_and_called_by(tmp_path, form, expected):
    path = folder(tmp_path, LAYOUTS["raw bodies"])
    files = sorted(path.iterdir())
    if form == "zip":
        path = tmp_path / "Answers_03-20-2026.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, f"inside/{file.name}")
    for number, file in enumerate(files):
        if form.startswith("utf-16"):
            file.write_text(file.read_text(encoding="utf-8"), encoding=form)
        if form == "other names":
            file.rename(file.with_name(f"page{number}"))
    given = [file.rename(tmp_path / f"03-20-2026 {file.name}") for file in files] if form == "files" else path
    assert everything(given, tmp_path / "home") == expected


@pytest.mark.parametrize("note", [{"text": "Hi"}, ["Hi"]])
def test_a_row_with_a_cell_that_is_none_is_still_a_row(tmp_path, note):
    file = write(tmp_path / "a.json", snapshot("INVITATIONS", [ROWS[0] | {"Message": note}, ROWS[1]]))
    assert len(read_export(file).tables["invitations"]) == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [("\\ud83d", "\ufffd"), ("\\uDE00 x", "\ufffd x"), ("\\ud83d\\ude00", "\U0001f600"), ("\\ud83d\\ud83d\\ude00", "\ufffd\U0001f600")],
)  # fmt: skip
def test_half_a_letter_is_read_as_a_lost_one(tmp_path, written, read):
    said = json.dumps(snapshot("INVITATIONS", [row("Ada Love", "2026-03-01 10:00:30", note="NOTE")]))
    file = write(tmp_path / "a.json", said.replace("NOTE", written))
    assert read_export(file).tables["invitations"]["message"].tolist() == [read]


def test_a_long_list_is_gone_through_and_not_held(tmp_path):
    many = [
        row(f"Person {n}", f"2026-03-{n % 28 + 1:02d} 10:{n % 60:02d}:00", note="x" * 300)
        for n in range(4000)
    ]
    export = read_export(write(tmp_path / "a.json", snapshot("INVITATIONS", many)))
    assert len(export.tables["invitations"]) == 4000 and not export.partial


def test_only_events_about_invitations_are_kept(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        took = ledger.import_export(read_export(write(tmp_path / "log.json", page(LOG)))).record
        assert (took.new, took.cut) == (2, {"ugcPosts": 1})
        assert "sentence" not in "\n".join(ledger.database.connection.iterdump())
        assert ledger.exports.imports().empty and ledger.as_of is None


@pytest.mark.parametrize(
    "changes", [{"capturedAt": "yesterday"}, {"capturedAt": None}, {"id": None, "activityId": ""}]
)
def test_an_event_without_a_time_or_a_number_is_counted(tmp_path, changes):
    log = [LOG[0] | changes, *LOG[1:]]
    with open_ledger(tmp_path / "home") as ledger:
        took = ledger.import_export(read_export(write(tmp_path / "log.json", page(log)))).record
    assert (took.new, took.unread) == (1, 1)


def test_other_domains_are_named_and_left(tmp_path):
    files = {"a": snapshot("ALL_LIKES", [{"Date": "x", "Link": "y"}]), "b": snapshot("CONNECTIONS", LINKS)}
    export = read_export(folder(tmp_path, files))
    assert [left.file for left in export.report.ignored] == ["a.json: ALL_LIKES, 1 row"]


NO_ANSWERS = {
    "an error": ({"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "x"}, "(status 401). Your token"),
    "an error of the quota": ({"message": "x", "status": 429}, "ask again after midnight"),
    "no data yet": ({"status": 404, "message": "No data found for this memberId."}, "says that there is no data"),
    "an empty answer": ({"paging": {"start": 0}, "elements": {}}, "is an empty answer"),
    "an empty list": ({"elements": []}, "is an empty answer"),
    "foreign JSON": ({"name": "x", "version": "1.0"}, "but no answer"),
    "a foreign list": ([[1, "two", None]], "but no answer"),
    "other domains alone": (snapshot("ALL_LIKES", [{"Date": "x"}]), "no domain that netkit uses"),
    "foreign objects in an answer": (page([{"resource_name": "invitations", "activity": {}}]), "but no answer"),
    "half a page": (json.dumps(page(LOG))[:-40], "ends in the middle"),
    "half a word": ('{"elements": [{"id": 1, "res', "ends in the middle"),
    "two pages glued": (json.dumps(page(LOG)) + "]", "is damaged"),
    "no JSON after all": ('{"a": 1, oh}', "is damaged"),
    "endless nesting": ('{"elements":' + "[" * 200_000, "nested without end"),
    "endless nesting of objects": ('{"elements":' * 200_000, "nested without end"),
    "a number of a million digits": ('[{"id": ' + "9" * 10**6 + "}]", "no answer of the platform holds"),
    "an event with 100,000 invitations": (
        [event(1, "2026-03-01 10:00:30", "2026-03-02", activity={"inviteActionData": [{"invitationId": "1"}] * 10**5})],
        "more than 10,000 invitations in one event",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "says"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_refused_in_a_sentence(tmp_path, said, says):
    began = time.process_time()
    sentence = refused(write(tmp_path / "a.json", said))
    assert says in sentence and "a.json" in sentence and sentence.endswith(".")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kept", [False, True])
def test_more_events_than_anybody_has_are_refused(tmp_path, monkeypatch, kept):
    monkeypatch.setitem(read_export.__globals__["LIMITS"]["record"], "events", 50)
    many = [
        event(n, "2026-03-01 10:00:30", "2026-03-02") if kept else post(n, "2026-03-02") for n in range(51)
    ]
    assert "more than 50 events" in refused(write(tmp_path / "a.json", many))


@pytest.mark.parametrize("broken", [{"status": 500, "message": "x"}, '{"elements": [{'])
def test_a_broken_answer_costs_itself_and_makes_nobody_gone(tmp_path, broken):
    files = {"a": page(LOG), "b": snapshot("INVITATIONS", ROWS), "c": broken}
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(
            read_export(folder(tmp_path, {"a": snapshot("INVITATIONS", ROWS)}, "01-01-2026"))
        )
        export = read_export(folder(tmp_path, {**files, "b": snapshot("INVITATIONS", ROWS[1:])}))
        ledger.import_export(export)
        assert export.partial == {"invitations"} and len(ledger.record.events()) == 2
        assert ledger.exports.imports()["present"].tolist() == [("invitations",), ()]
    assert {notice.kind for notice in export.report.warnings} == {"not_read", "answer_missing"}


@pytest.mark.parametrize(
    ("files", "partial"),
    [
        ({"a": snapshot("INVITATIONS", ROWS, 0, 1)}, False),
        ({"a": snapshot("INVITATIONS", ROWS, 0, 2)}, True),
        ({"a": snapshot("INVITATIONS", ROWS, 1, 2)}, True),
        ({"a": snapshot("INVITATIONS", ROWS, 0, 2), "b": {"status": 404, "message": "No data found for this domain and memberId"}}, False),
        ({"a": {"domain": "INVITATIONS", "rows": ROWS, "truncated": True}}, True),
    ],
)  # fmt: skip
def test_a_missing_page_of_invitations_is_said(tmp_path, files, partial):
    assert bool(read_export(folder(tmp_path, files)).partial) == partial


@pytest.mark.parametrize(
    ("files", "spans"),
    [
        ({"a": page(LOG)}, [("03-02", "03-05")]),
        ({"a": page(LOG[:2], 0, 2), "b": page([post(9, "2026-03-20")], 2)}, [("03-02", "03-20")]),
        ({"a": page(LOG[:2], 0, 2), "b": page([post(8, "2026-03-18"), post(9, "2026-03-20")], 5)},
         [("03-02", "03-03"), ("03-18", "03-20")]),
        ({"a": page(LOG[::-1])}, []),
        ({"a": LOG, "b": {"elements": [{"regulatedAt": 1772600000000}]}}, [("03-04", "03-05")]),
    ],
)  # fmt: skip
def test_covered_time_is_what_the_pages_show_and_no_more(tmp_path, files, spans):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(read_export(folder(tmp_path, files)))
        covered = ledger.record.covered()
    assert [(f"{row.begins:%m-%d}", f"{row.ends:%m-%d}") for row in covered.itertuples()] == spans


def test_an_archive_and_answers_are_read_together(tmp_path):
    path = folder(tmp_path, {"log": page(LOG), "INVITATIONS": ROWS})
    (path / "Connections.csv").write_text(
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Ada,Love,https://www.linkedin.com/in/ada-love,,Acme,,02 Mar 2026\n",
        encoding="utf-8",
    )
    export = read_export(path)
    assert export.report.rows == {"connections": 1, "invitations": 2} and len(export.record.events) == 2
    assert export.owner == "in:me-myself"


def test_stray_json_in_an_archive_is_left_alone(tmp_path):
    path = folder(tmp_path, {"package": {"name": "x"}, "INVITATIONS": ROWS})
    assert [left.file for left in read_export(path).report.ignored] == ["package.json"]
    assert Path(path / "package.json").exists()
