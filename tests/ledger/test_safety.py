"""The ledger under bad conditions: each ends with one clear sentence, and nothing is lost."""

import json
import os
import resource
import shutil
import sqlite3
import stat
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from invented_export import export, invitation

from netkit.errors import LedgerError, NetkitError
from netkit.ledger import open_ledger
from netkit.ledger.database import check_identity

NOBODY = 65534
MARCH = export(
    "2024-03-01",
    invitations=[
        invitation(f"Person {n}", "2024-02-01T10:00:00+00:00", slug=f"p-{n}", note="x" * 200)
        for n in range(400)
    ],
)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    with open_ledger(folder) as ledger:
        key = ledger.invitations.add("Ada Love", sent_at="2024-02-01", source="test")
        ledger.decisions.add(key, "accept", at="2024-02-02", source="test")
    return folder


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def in_a_child(work):
    """Run `work` in a forked process and return what it returns, or the message of its error."""
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = work()
        except NetkitError as problem:
            answer = str(problem)
        except BaseException as problem:
            answer = f"not a clear error: {problem!r}"
        os.write(say, json.dumps(answer).encode())
        os._exit(0)
    os.close(say)
    with os.fdopen(hear, "rb") as heard:
        answer = json.loads(heard.read())
    os.waitpid(child, 0)
    return answer


def test_the_folder_and_its_files_are_for_the_owner_only(tmp_path):
    before = os.umask(0)
    try:
        with open_ledger(tmp_path / "new" / "home") as ledger:
            ledger.import_export(MARCH)
            files = {path.name: mode(path) for path in ledger.home.iterdir()}
    finally:
        os.umask(before)
    assert mode(tmp_path / "new" / "home") == 0o700
    assert files == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


def test_rights_that_were_too_wide_are_taken_back(home):
    home.chmod(0o755)
    (home / "ledger.db").chmod(0o644)
    with open_ledger(home):
        pass
    assert (mode(home), mode(home / "ledger.db")) == (0o700, 0o600)


def test_a_folder_that_many_people_use_is_refused_and_left_alone(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(LedgerError, match="not a folder for netkit alone"):
        open_ledger(shared)
    assert mode(shared) == 0o1777
    assert not list(shared.iterdir())


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "home").write_text("a letter", encoding="utf-8")
    with pytest.raises(LedgerError, match="File exists"):
        open_ledger(tmp_path / "home")


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(home):
    with open_ledger(home) as ledger:
        settings = {
            name: ledger.database.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_file_from_a_newer_version_is_refused_untouched(home):
    file = home / "ledger.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(LedgerError, match=r"newer netkit \(schema 99\).*update netkit"):
        open_ledger(home)
    assert file.read_bytes() == before


def test_another_programs_database_is_refused_untouched(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    connection = sqlite3.connect(home / "ledger.db")
    connection.execute("CREATE TABLE recipes (cake TEXT)")
    connection.commit()
    connection.close()
    before = (home / "ledger.db").read_bytes()
    with pytest.raises(LedgerError, match="database of another program"):
        open_ledger(home)
    assert (home / "ledger.db").read_bytes() == before


@pytest.mark.parametrize(
    ("start", "says"), [(0, "not a ledger, or its beginning is damaged"), (100, "the file is damaged")]
)
def test_a_corrupted_file_is_one_clear_sentence_and_stays_as_it_is(home, start, says):
    file = home / "ledger.db"
    content = bytearray(file.read_bytes())
    content[start : start + 3000] = b"\x5a" * 3000
    file.write_bytes(content)
    with pytest.raises(LedgerError, match=f"{says}.*restore"):
        open_ledger(home)
    assert file.read_bytes() == bytes(content)


def test_damage_deep_in_the_file_is_told_when_it_is_met(home):
    with open_ledger(home) as ledger:
        ledger.import_export(MARCH)
    file = home / "ledger.db"
    content = bytearray(file.read_bytes())
    for page in range(len(content) // 4096 - 40, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    file.write_bytes(content)

    def read_everything():
        with open_ledger(home) as ledger:
            ledger.invitations.to_frame()
            ledger.exports.sightings()

    with pytest.raises(LedgerError, match="the file is damaged.*keep the file"):
        read_everything()


@pytest.mark.parametrize(
    ("seen", "flipped"),
    [
        (b"CREATE TABLE decisions", b"CREATE TABLE \xff\xfeecisions"),
        (b"2024-02-02T", b"2024-02-x2T"),
        (b"a whole sentence", b"a whole\xff\xfeentence"),
        (b'{"because": "a word', b'["because": "a word'),
    ],
)
def test_a_damaged_letter_is_the_same_clear_sentence_wherever_it_stands(home, seen, flipped):
    with open_ledger(home) as ledger:
        asked = ledger.introductions.add(
            "Cy Roe", "Bo Kern", purpose_text="a whole sentence", channel="email",
            asked_at="2024-03-02", source="test",
        )  # fmt: skip
        ledger.introductions.add_event(
            asked, "judged", at="2024-03-03", source="test", detail={"because": "a word"}
        )
    file = home / "ledger.db"
    assert file.read_bytes().count(seen) >= 1
    file.write_bytes(file.read_bytes().replace(seen, flipped))
    before = file.read_bytes()

    def read_everything():
        with open_ledger(home) as ledger:
            return (
                len(ledger.decisions.to_frame())
                + len(ledger.introductions.to_frame())
                + len(ledger.introductions.events())
            )

    with pytest.raises(LedgerError, match="the file is damaged.*netkit restore"):
        read_everything()
    assert file.read_bytes() == before


def test_a_damaged_ledger_is_not_backed_up_as_if_it_were_whole(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.import_export(MARCH)
    file = home / "ledger.db"
    content = bytearray(file.read_bytes())
    page = content.index(b"Person 200") // 4096 * 4096
    content[page + 8 : page + 40] = content[page + 8 : page + 40][::-1]  # its cells' places
    file.write_bytes(content)
    with open_ledger(home) as ledger, pytest.raises(LedgerError, match="is damaged") as refusal:
        ledger.backup(tmp_path / "copy.db")
    assert "\n" not in str(refusal.value) and str(file) in str(refusal.value)
    assert not (tmp_path / "copy.db").exists()


def test_a_full_disk_loses_nothing_and_the_import_works_once_there_is_space(home):
    with open_ledger(home) as ledger:
        pages = ledger.database.connection.execute("PRAGMA page_count").fetchone()[0]
        ledger.database.connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(LedgerError, match="the disk is full.*nothing was changed"):
            ledger.import_export(MARCH)
        assert (len(ledger.invitations.to_frame()), len(ledger.exports.imports()), ledger.check()) == (
            1,
            0,
            True,
        )
        ledger.database.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
        ledger.import_export(MARCH)
        assert (len(ledger.invitations.to_frame()), len(ledger.decisions.to_frame())) == (401, 1)


def test_a_disk_that_refuses_to_write_loses_nothing(home):
    with open_ledger(home) as ledger:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            with pytest.raises(LedgerError, match="disk"):
                ledger.import_export(MARCH)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert len(ledger.invitations.to_frame()) == 1
    with open_ledger(home) as ledger:
        assert ledger.check() and len(ledger.decisions.to_frame()) == 1


@pytest.mark.parametrize("file_mode", [0o400, 0o000])
def test_a_read_only_folder_is_one_clear_sentence(home, file_mode):
    """As another user where the tests run as root, whom no rights stop."""
    outside = Path(tempfile.mkdtemp())
    kept = outside / "home"
    shutil.copytree(home, kept)
    (kept / "ledger.db").chmod(file_mode)
    kept.chmod(0o500)
    if os.geteuid() == 0:
        for path in (outside, kept, kept / "ledger.db"):
            os.chown(path, NOBODY, NOBODY)

    def open_as_nobody():
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        with open_ledger(kept) as ledger:
            return len(ledger.decisions.to_frame())

    before = (kept / "ledger.db").read_bytes() if os.geteuid() == 0 else None
    said = in_a_child(open_as_nobody)
    assert "what to do" in str(said) and str(kept) in str(said)
    assert before is None or (kept / "ledger.db").read_bytes() == before
    kept.chmod(0o700)
    shutil.rmtree(outside)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    with pytest.raises(LedgerError, match="what to do: check the path"):
        open_ledger(Path("/proc/netkit/home"))


def test_two_processes_writing_at_once_lose_nothing(home):
    def write(name):
        def work():
            with open_ledger(home) as ledger:
                for n in range(20):
                    key = ledger.invitations.add(f"{name} {n}", sent_at="2024-02-01", source=name)
                    ledger.decisions.add(
                        key, "ignore", at="2024-02-02", source=name, facts={"recognised": "no"}
                    )
            return "done"

        return work

    children = []
    for name in ("left", "right"):
        child = os.fork()
        if child == 0:
            try:
                write(name)()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    with open_ledger(home) as ledger:
        by_source = ledger.decisions.to_frame()["via"].value_counts().to_dict()
        assert by_source == {"left": 20, "right": 20, "test": 1}
        assert len(ledger.notes.to_frame()) == 40 and ledger.check()


def test_a_ledger_that_another_process_makes_meanwhile_is_not_a_foreign_database(tmp_path):
    looking = sqlite3.connect(tmp_path / "ledger.db")

    class Interrupted:
        def execute(self, statement):
            rows = looking.execute(statement).fetchall()
            open_ledger(tmp_path).close()
            return SimpleNamespace(fetchone=lambda: rows[0])

    check_identity(Interrupted(), tmp_path / "ledger.db")
    looking.close()


def test_a_log_that_another_process_is_switching_on_is_waited_for(tmp_path, monkeypatch):
    refused = []

    class Hasty(sqlite3.Connection):
        def execute(self, statement, *values):
            if "journal_mode" in statement and len(refused) < 3:
                refused.append(sqlite3.OperationalError("database is locked"))
                refused[-1].sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise refused[-1]
            return super().execute(statement, *values)

    monkeypatch.setattr("sqlite3.connect", partial(sqlite3.connect, factory=Hasty))
    with open_ledger(tmp_path / "home") as ledger:
        assert ledger.check() and len(refused) == 3


def test_several_processes_that_open_a_new_ledger_at_once_all_get_it(tmp_path):
    children = []
    for n in range(6):
        child = os.fork()
        if child == 0:
            try:
                with open_ledger(tmp_path / "home") as ledger:
                    ledger.reviews.add(f"in:p-{n}", "keep", at="2024-03-01", source="test")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    with open_ledger(tmp_path / "home") as ledger:
        assert len(ledger.reviews.to_frame()) == 6 and ledger.check()


def test_waiting_too_long_for_another_writer_is_one_clear_sentence(home):
    other = sqlite3.connect(home / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_ledger(home) as ledger:
        ledger.database.connection.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(LedgerError, match="another process.*nothing was changed"):
            ledger.import_export(MARCH)
        other.execute("ROLLBACK")
        other.close()
        ledger.import_export(MARCH)


def test_a_reader_sees_one_state_while_another_process_writes(home):
    with open_ledger(home) as reader, open_ledger(home) as writer:
        with reader.snapshot():
            before = len(reader.invitations.to_frame())
            writer.import_export(MARCH)
            assert len(reader.invitations.to_frame()) == before
        assert len(reader.invitations.to_frame()) == before + 400
