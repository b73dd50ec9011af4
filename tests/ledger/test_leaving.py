"""Backup, restore, forgetting one person, and taking everything along."""

import csv
import json
import os
import re
import signal
import sqlite3
import stat
import time
from datetime import UTC, datetime

import pytest
from invented_export import connection, export, invitation, message

from netkit.errors import LedgerError
from netkit.ledger import Ledger, open_ledger
from netkit.wording import day_words

ADA = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-l", note="=HYPERLINK(1)")
BO = invitation("Bo Kern", "2024-02-02T11:30:00+00:00", slug="bo-k", note="Ada  Love sends me")
MARCH = export(
    "2024-03-01",
    owner="in:me",
    invitations=[ADA, BO],
    connections=[connection("Ada Love", "2024-02-03", slug="ada-l", company="-Mill")],
    messages=[message("in:ada-l", "2024-01-01T10:00:01+00:00"), message("in:bo-k", "2024-01-02")],
    endorsements=[{"person": "in:ada-l", "direction": "received", "at": "2024-02-10", "skill": "Bees"}],
    recommendations=[{"name": "Ada Love", "direction": "given", "at": "2024-02-11"}],
    address_book=[{"name": "ADA LOVE", "created_at": "2023-01-01"}],
    member_follows=[{"name": "Ada Love", "at": "2023-05-05"}],
)


def fill(ledger):
    ledger.import_export(MARCH)
    ada, bo = ledger.invitations.to_frame()["request"]
    ledger.decisions.add(ada, "accept", at="2024-02-03", source="test", facts={"recognised": "yes"})
    ledger.decisions.add(bo, "ignore", at="2024-02-04", source="test", because="ada love knows him not")
    asked = ledger.introductions.add(
        "Ada Love", "Bo Kern", purpose_text="to learn", channel="email", asked_at="2024-03-02", source="test"
    )
    ledger.introductions.add_event(asked, "judged", at="2024-03-03", source="test")
    ledger.letters.add("introduce", "Dear Bo, meet Ada Love.", at="2024-03-03", source="test")
    ledger.letters.add("ask-purpose", "Dear Ada", at="2024-03-03", source="test", request=asked)
    ledger.reviews.add("in:ada-l", "keep", at="2024-03-04", source="test")


@pytest.fixture
def home(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        fill(ledger)
    return tmp_path / "home"


def everything(home):
    """Return all that a ledger holds, save what it remembers of its last backup."""
    with open_ledger(home) as ledger:
        lines = ledger.database.connection.iterdump()
        return "\n".join(line for line in lines if 'INTO "backed_up"' not in line)


def test_a_restored_backup_is_the_ledger_it_was(home, tmp_path):
    before = everything(home)
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
        key = ledger.invitations.add("Cy Late", sent_at="2024-03-05", source="test")
        ledger.decisions.add(key, "accept", at="2024-03-06", source="test")
    kept = Ledger.restore(tmp_path / "copy.db", home).kept
    assert everything(home) == before
    connection = sqlite3.connect(kept)
    assert connection.execute("SELECT count(*) FROM decisions").fetchone()[0] == 3
    connection.close()


def test_a_backup_is_one_private_file_taken_while_the_ledger_is_in_use(home, tmp_path):
    with open_ledger(home) as ledger, ledger.together():
        ledger.reviews.add("in:bo-k", "keep", at="2024-03-05", source="test")
        with open_ledger(home) as other:
            other.backup(tmp_path / "copy.db")
    copy = tmp_path / "copy.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.db"]
    connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)
    assert connection.execute("SELECT count(*) FROM reviews").fetchone()[0] == 1
    connection.close()


def test_a_backup_never_replaces_a_file(home, tmp_path):
    (tmp_path / "copy.db").write_text("an older backup", encoding="utf-8")
    with open_ledger(home) as ledger, pytest.raises(LedgerError, match="exists already"):
        ledger.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text(encoding="utf-8") == "an older backup"


def test_a_backup_into_a_folder_that_is_not_there_says_so(home, tmp_path):
    with open_ledger(home) as ledger, pytest.raises(LedgerError, match="Make it first"):
        ledger.backup(tmp_path / "nowhere" / "copy.db")
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_ledger_is_put_aside_when_a_backup_is_restored(home, tmp_path):
    before = everything(home)
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    (home / "ledger.db").write_bytes(b"no ledger at all" * 400)
    kept = Ledger.restore(tmp_path / "copy.db", home).kept
    assert kept.name.startswith("ledger-unreadable-") and kept.read_bytes().startswith(b"no ledger")
    assert everything(home) == before


def test_a_restore_that_is_killed_leaves_the_old_ledger_or_the_new_one(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
        new = everything(home)
        key = ledger.invitations.add("Cy Late", sent_at="2024-03-05", source="test")
        ledger.decisions.add(key, "accept", at="2024-03-06", source="test")
    old = everything(home)
    for pause in (0.0, 0.01, 0.03, 0.06, 0.12):
        child = os.fork()
        if child == 0:
            try:
                Ledger.restore(tmp_path / "copy.db", home)
            finally:
                os._exit(0)
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert everything(home) in (old, new)


def test_restoring_into_an_empty_workspace_keeps_nothing(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    assert Ledger.restore(tmp_path / "copy.db", tmp_path / "new").kept is None
    assert everything(tmp_path / "new") == everything(home)


@pytest.mark.parametrize("content", [b"", b"a letter, not a ledger" * 100])
def test_what_is_no_backup_is_refused_and_the_ledger_stands(home, tmp_path, content):
    before = everything(home)
    (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(LedgerError):
        Ledger.restore(tmp_path / "copy.db", home)
    assert everything(home) == before


def test_a_damaged_backup_is_refused_and_the_ledger_stands(home, tmp_path):
    before = everything(home)
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    content = bytearray((tmp_path / "copy.db").read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(LedgerError, match="damaged"):
        Ledger.restore(tmp_path / "copy.db", home)
    assert everything(home) == before


def test_a_missing_backup_says_so(tmp_path):
    with pytest.raises(LedgerError, match="does not exist"):
        Ledger.restore(tmp_path / "copy.db", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_forgotten_person_is_in_no_table_and_in_no_byte_of_the_file(home):
    with open_ledger(home) as ledger:
        gone = ledger.forget("https://www.linkedin.com/in/ada-l/")
    for file in home.glob("ledger*"):
        content = file.read_bytes().lower()
        assert b"ada love" not in content and b"ada-l" not in content and b"ada  love" not in content
    assert gone.removed["invitations"] == gone.removed["messages"] == gone.removed["reviews"] == 1
    assert gone.removed["introductions"] == gone.removed["address_book"] == 1
    assert gone.redacted == 3  # Bo's note, the reason for ignoring him, a letter to him


def test_forgetting_one_person_leaves_the_others_alone(home):
    with open_ledger(home) as ledger:
        ledger.forget("Ada Love")
        assert ledger.invitations.to_frame()["name"].tolist() == ["Bo Kern"]
        assert ledger.decisions.to_frame()["action"].tolist() == ["ignore"]
        assert ledger.decisions.to_frame()["because"].tolist() == ["[forgotten] knows him not"]
        assert ledger.exports.correspondence()["person"].tolist() == ["in:bo-k"]


def test_steps_and_decisions_that_were_taken_back_are_forgotten_too(home):
    with open_ledger(home) as ledger:
        first = ledger.decisions.to_frame()["id"][0]
        ledger.decisions.undo(first, at="2024-03-05", source="test")
        step = ledger.introductions.events()["id"][0]
        asked = ledger.introductions.to_frame()["request"][0]
        ledger.introductions.add_event(asked, "undone", at="2024-03-06", source="test", undoes=step)
        gone = ledger.forget("Ada Love")
        assert ledger.decisions.to_frame(include_undone=True)["action"].tolist() == ["ignore"]
    assert (gone.removed["decisions"], gone.removed["introduction_events"]) == (2, 2)


def test_forgetting_says_what_remains(home):
    with open_ledger(home) as ledger:
        ledger.backup(home.parent / "elsewhere.db")
        made = day_words(datetime.now(UTC))
        days = [day_words(day) for day in ledger.exports.imports()["taken_on"].sort_values().unique()]
        gone = ledger.forget("in:ada-l")
    said = gone.sentences
    assert (
        re.search(r"^Removed: .*\b1 decision, .*\b1 address book entry\b", said[0])
        and " in people" not in said[0]
    )
    assert said[1] == "In 3 texts about others, the name was replaced by [forgotten]."
    assert any(each.startswith("What remains: how many rows each import held") for each in said)
    copies = "Backups outside of the workspace still hold this person: delete them yourself."
    assert f"{copies} You made the last one on {made}." in said
    archives = "So do the archives themselves: delete them, too. You read that of "
    assert days and f"{archives}{days[0]}." in said
    assert gone.sentence == " ".join(said)


def test_forgetting_reaches_the_copies_of_the_ledger_in_the_workspace(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(home / "ledger-of-march.db")
    Ledger.restore(home / "ledger-of-march.db", home)
    with open_ledger(home) as ledger:
        sentence = ledger.forget("in:ada-l").sentence
    assert re.search(r"treated alike: ledger-before-restore-\w+\.db, ledger-of-march\.db\.", sentence)
    assert len(list(home.glob("ledger*"))) == 3  # one file each
    for file in home.glob("ledger*"):
        content = file.read_bytes().lower()
        assert b"ada love" not in content and b"ada-l" not in content
    Ledger.restore(home / "ledger-of-march.db", tmp_path / "second")
    with open_ledger(tmp_path / "second") as ledger:
        assert ledger.decisions.to_frame()["action"].tolist() == ["ignore"] and ledger.verify().intact


def test_a_copy_that_cannot_be_opened_is_left_and_named(home):
    (home / "ledger-unreadable-2024.db").write_bytes(b"SQLite format 3\x00" + b"Ada Love" * 900)
    (home / "exports").mkdir()
    with open_ledger(home) as ledger:
        sentence = ledger.forget("in:ada-l").sentence
    assert "also holds exports, ledger-unreadable-2024.db: look whether" in sentence


def test_private_copies_of_notebooks_stay_and_are_named_where_they_name_the_person(home):
    (home / "lab").mkdir()
    (home / "lab" / "mine.ipynb").write_text("{}", encoding="utf-8")
    with open_ledger(home) as ledger:
        assert "lab" not in ledger.forget("in:bo-k").sentence
        (home / "lab" / "mine.ipynb").write_text('{"text": "met Ada Love"}', encoding="utf-8")
        assert "also holds lab: look whether" in ledger.forget("in:ada-l").sentence
    assert (home / "lab" / "mine.ipynb").exists()


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>Ada <b>x</b></p>", ["notebooks", "site"]),
        ("<p>met ADA&nbsp;LOVE</p>", []),
        ('<a href="https://www.linkedin.com/in/ada-l">', []),
        ("<p>Canada Lovers</p>", ["notebooks", "site"]),
    ],
)
def test_what_was_built_is_removed_where_it_names_the_person(home, page, left):
    for folder, file in (("site", "index.html"), ("notebooks", "01.ipynb"), ("policies", "my.yaml")):
        (home / folder / "below").mkdir(parents=True)
        (home / folder / "below" / file).write_text("{}", encoding="utf-8")
    (home / "site" / "page.html").write_text(page, encoding="utf-8")
    with open_ledger(home) as ledger:
        sentence = ledger.forget("in:ada-l").sentence
    found = [path.name for path in sorted(home.iterdir()) if path.is_dir()]
    assert found == sorted([*left, "keys", "policies"])
    assert ("What was built and named this person was removed" in sentence) == (not left)


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        ("An Li", "Jan Lindgren and Ann Lind", "Jan Lindgren and Ann Lind"),
        (
            "An Li",
            "An Li's plan; AN\u00a0LI; Jan, An\nLi.",
            "[forgotten]'s plan; [forgotten]; Jan, [forgotten].",
        ),
        ("山田太郎", "昨日、山田太郎さんと話した", "昨日、[forgotten]さんと話した"),
        ("José Groß", "Jose\u0301 GROSS, José Groß", "[forgotten], [forgotten]"),
        ("Zoë Å", "Zo\u00adë \u200eÅ here", "[forgotten] here"),
        ("دينا حداد", "تعرف دينا حداد جيدا", "تعرف [forgotten] جيدا"),
        ('Jo "Bee" Fox', 'I know Jo "Bee" Fox.', "I know [forgotten]."),
        ("Kim", "Kim knows Kim", "Kim knows Kim"),
        ("An Li", "Li, An; LI ,AN; Li, Anton; Kali, An", "[forgotten]; [forgotten]; Li, Anton; Kali, An"),
        ("An Mai Li", "Li, An Mai", "[forgotten]"),
    ],
)
def test_the_name_is_blotted_out_of_texts_about_others_and_nothing_else_is(tmp_path, name, text, after):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.invitations.add(name, sent_at="2024-02-01", source="test")
        bo = ledger.invitations.add("Bo Kern", sent_at="2024-02-02", source="test")
        ledger.decisions.add(bo, "ignore", at="2024-02-03", source="test", because=text)
        asked = ledger.introductions.add(
            "Cy Roe", "Bo Kern", purpose_text=text, channel="email", asked_at="2024-02-04", source="test"
        )
        ledger.introductions.add_event(
            asked, "declined", at="2024-02-05", source="test", detail={"because": text}
        )
        ledger.forget(name)
        assert ledger.decisions.to_frame()["because"].tolist() == [after]
        assert ledger.introductions.to_frame()["purpose_text"].tolist() == [after]
        assert ledger.introductions.events()["detail"].tolist() == [{"because": after}]


SPELLED = [
    "Pesadufi Anna", "A. Pesadufi", "Anna M. Pesadufi", "Anna-Pesadufi", "Anna_Pesadufi", "AnnaPesadufi",
    "anna.pesadufi@firm.example", "@annapesadufi",
]  # fmt: skip


def test_every_spelling_goes_from_every_text_about_others_and_what_is_left_is_told(tmp_path):
    text = "; ".join(SPELLED)
    bo = invitation("Bo Kern", "2024-02-02T11:30:00+00:00", slug="bo-k", note=text)
    cy = connection("Cy Roe", "2024-02-03", slug="cy-r", company=f"Heirs of {SPELLED[0]}")
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", invitations=[bo], connections=[cy]))
        url = "https://www.linkedin.com/in/anna-p-77"
        ledger.invitations.add("Anna Pesadufi", sent_at="2024-02-01", source="test", url=url)
        request = ledger.invitations.to_frame().query("name == 'Bo Kern'")["request"].item()
        ledger.decisions.add(request, "ignore", at="2024-02-04", source=f"sheet {text}.csv", because=text)
        asked = ledger.introductions.add(
            "Bo Kern", "Cy Roe", purpose_text=text, channel="email", asked_at="2024-03-02", source="test"
        )
        ledger.introductions.add_event(
            asked, "judged", at="2024-03-03", source="test", detail={"because": f'"{text}"'}
        )
        ledger.letters.add("introduce", f"Dear Bo,\n\n{text}", at="2024-03-03", source="test", purpose=text)
        ledger.reviews.add("in:cy-r", "keep", at="2024-03-04", source="test", because="Ask Anna. She knows")
        gone = ledger.forget("in:anna-p-77")
        dump = "\n".join(ledger.database.connection.iterdump()).casefold()
    assert "pesadufi" not in dump
    assert gone.redacted == 8
    assert "was left in texts about others: in:cy-r." in gone.sentence


def test_who_is_called_much_the_same_and_has_no_address_is_left_and_told(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        url = "https://www.linkedin.com/in/anna-p-77"
        ledger.invitations.add("Anna Pesadufi", sent_at="2024-02-01", source="test", url=url)
        ledger.introductions.add(
            "Anna M. Pesadufi", "Cy Roe", purpose_text="A. Pesadufi asks, not Andreas Pesadufi", channel="email",
            asked_at="2024-03-02", source="test",
        )  # fmt: skip
        sentence = ledger.forget("in:anna-p-77").sentence
        assert "called much the same, were left: anna m. pesadufi. Forget them by that name" in sentence
        kept = ledger.introductions.to_frame()
        assert kept["requester_name"].tolist() == ["Anna M. Pesadufi"]
        assert kept["purpose_text"].tolist() == ["[forgotten] asks, not Andreas Pesadufi"]


def test_the_address_is_blotted_out_of_texts_about_others(home):
    texts = "linkedin.com/in/ada-l/, in:ada-l, linkedin.com/in/ada-lx, /in/ada-l-2, ada-l (@Ada-L), x-ada-l"
    with open_ledger(home) as ledger:
        ledger.reviews.add("in:bo-k", "keep", at="2024-03-04", source="test", because=texts)
        ledger.forget("in:ada-l")
        assert ledger.reviews.to_frame()["because"].tolist() == [
            "linkedin.com/[forgotten]/, [forgotten], linkedin.com/in/ada-lx, /in/ada-l-2,"
            " [forgotten] (@[forgotten]), x-ada-l"
        ]


def test_an_address_of_one_word_is_blotted_out_as_an_address_only(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        url = "https://www.linkedin.com/in/rose"
        ledger.invitations.add("Rose Hill", sent_at="2024-02-01", source="test", url=url)
        ledger.reviews.add("in:bo-k", "keep", at="2024-03-04", source="test", because="a rose, in:rose")
        ledger.forget("in:rose")
        assert ledger.reviews.to_frame()["because"].tolist() == ["a rose, [forgotten]"]


def test_after_forgetting_the_record_is_still_protected(home):
    with open_ledger(home) as ledger:
        ledger.forget("in:ada-l")
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            ledger.database.connection.execute("DELETE FROM decisions")


def test_a_forgotten_person_does_not_come_back_with_an_archive(home):
    namesake = invitation("Ada Love", "2024-02-20T10:00:00+00:00", slug="ada-another")
    bare = invitation("Ada Love", "2024-02-20T10:00:00+00:00")
    with open_ledger(home) as ledger:
        ledger.forget("in:ada-l")
        result = ledger.import_export(
            export("2024-04-01", invitations=[ADA, BO, namesake, {**bare, "url": None}])
        )
        assert ledger.invitations.to_frame()["person"].tolist() == ["in:bo-k", "in:ada-another"]
    assert result.skipped["invitations: forgotten people"] == 2


def test_of_two_namesakes_only_the_one_who_is_named_is_forgotten(tmp_path):
    one = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-1")
    two = invitation("Ada Love", "2024-02-02T10:00:00+00:00", slug="ada-2")
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", invitations=[one, two]))
        with pytest.raises(LedgerError, match="2 people.*in:ada-1, in:ada-2"):
            ledger.forget("Ada Love")
        ledger.forget("in:ada-1")
        assert ledger.invitations.to_frame()["person"].tolist() == ["in:ada-2"]


@pytest.mark.parametrize("person", ["", " ", "\u200b", "LinkedIn Member"])
def test_who_is_called_nothing_cannot_be_forgotten_and_takes_no_nameless_row_along(tmp_path, person):
    closed = [connection(name, "2024-02-03") for name in (None, "LinkedIn Member")]
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", connections=closed, follows=[{"name": None}]))
    before = everything(tmp_path)
    with open_ledger(tmp_path) as ledger, pytest.raises(LedgerError, match="names nobody"):
        ledger.forget(person)
    assert everything(tmp_path) == before


def test_of_many_namesakes_the_message_names_a_few(tmp_path):
    many = [connection("Ada Love", "2024-02-03", slug=f"ada-{n}") for n in range(12)]
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", connections=many))
        with pytest.raises(LedgerError, match="12 people .* in:ada-7 and 2 more[.]"):
            ledger.forget("Ada Love")


def test_nobody_and_oneself_cannot_be_forgotten(home):
    with open_ledger(home) as ledger:
        with pytest.raises(LedgerError, match="Nobody here is known"):
            ledger.forget("Nobody Here")
        with pytest.raises(LedgerError, match="is you"):
            ledger.forget("in:me")


def test_everything_is_written_as_json_exactly_and_as_csv_escaped(home, tmp_path):
    with open_ledger(home) as ledger:
        files = ledger.export_all(tmp_path / "all")
    names = {path.name for path in files}
    assert {"decisions.csv", "decisions.json", "messages.json", "introduction_events.csv"} <= names
    exact = json.loads((tmp_path / "all" / "invitations.json").read_text(encoding="utf-8"))
    assert exact[0]["message"] == "=HYPERLINK(1)"
    with (tmp_path / "all" / "invitations.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["message"] == "'=HYPERLINK(1)"
    with (tmp_path / "all" / "connections.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["company"] == "'-Mill"
    assert (
        json.loads((tmp_path / "all" / "messages.json").read_text(encoding="utf-8"))[0]["person"]
        == "in:ada-l"
    )


def test_no_row_is_missing_from_what_is_written(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.export_all(tmp_path / "all")
        counts = {
            table: ledger.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in re.findall(r"CREATE TABLE (\w+)", "\n".join(ledger.database.connection.iterdump()))
        }
    for table, count in counts.items():
        if table not in ("people", "forgetting"):
            assert (
                len(json.loads((tmp_path / "all" / f"{table}.json").read_text(encoding="utf-8"))) == count
            ), table
            with (tmp_path / "all" / f"{table}.csv").open(newline="", encoding="utf-8") as file:
                assert len(list(csv.DictReader(file))) == count, table


def test_what_is_written_is_private_and_replaces_nothing(home, tmp_path):
    with open_ledger(home) as ledger:
        files = ledger.export_all(tmp_path / "all")
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        with pytest.raises(LedgerError, match="not empty"):
            ledger.export_all(tmp_path / "all")
