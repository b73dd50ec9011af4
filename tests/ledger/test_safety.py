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
from netkit.ledger import Ledger, backup, open_ledger
from netkit.ledger.database import check_identity
from netkit.ledger.verification import verify

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


def test_a_workspace_in_the_projects_folder_is_refused_and_not_made():
    inside = Path(__file__).parents[2] / "my-data" / "netkit"
    with pytest.raises(
        LedgerError, match=r"lies in the project's folder, which you may share\. Name a folder"
    ):
        open_ledger(inside)
    assert not inside.parent.exists()


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
    with pytest.raises(LedgerError, match=r"newer netkit \(schema 99; .*Update netkit"):
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

    with pytest.raises(LedgerError, match="the file is damaged.*Keep the file"):
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
    """An index that does not know of a row is beyond the quick check."""
    with open_ledger(home) as ledger:
        ledger.import_export(MARCH)
        (row,) = ledger.database.connection.execute(
            "SELECT name FROM invitations WHERE person = 'in:p-200'"
        ).fetchone()
    file = home / "ledger.db"
    content = file.read_bytes()
    assert content.count(b"in:p-200highPerson 200") == 1
    file.write_bytes(content.replace(b"in:p-200high" + row.encode(), b"in:p-x00high" + row.encode()))
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
        assert (
            len(ledger.invitations.to_frame()),
            len(ledger.exports.imports()),
            ledger.verify().intact,
        ) == (1, 0, True)
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
        assert ledger.verify().intact and len(ledger.decisions.to_frame()) == 1


def read_only(home, file_mode=0o400):
    """Return a copy of a workspace that nobody may write to, in a folder that others can enter."""
    outside = Path(tempfile.mkdtemp())
    kept = outside / "home"
    shutil.copytree(home, kept)
    for file in kept.iterdir():
        file.chmod(file_mode)
    kept.chmod(0o500)
    if os.geteuid() == 0:
        for path in (outside, *kept.rglob("*"), kept):
            os.chown(path, NOBODY, NOBODY)
    return kept


def as_nobody(work):
    """Do it as another user where the tests run as root, whom no rights stop."""

    def done():
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        return work()

    return in_a_child(done)


def test_a_file_that_may_not_be_read_is_one_clear_sentence(home):
    kept = read_only(home, 0o000)

    def read():
        with open_ledger(kept) as ledger:
            return len(ledger.decisions.to_frame())

    said = as_nobody(read)
    assert "Check the path and its rights" in str(said) and str(kept) in str(said)
    shutil.rmtree(kept.parent)


@pytest.mark.parametrize("killed", [False, True])
def test_a_read_only_folder_is_read_and_refuses_to_be_changed(home, killed):
    if killed:  # the log that a process left behind when it was killed is read, too
        child = os.fork()
        if child == 0:
            ledger = open_ledger(home)
            ledger.decisions.add(
                ledger.invitations.to_frame()["request"][0], "ignore", at="2024-02-03", source="t"
            )
            os._exit(0)
        os.waitpid(child, 0)
        assert (home / "ledger.db-wal").stat().st_size
    kept = read_only(home)
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    copy = kept.parent / "copy.db"

    def read():
        with open_ledger(kept) as ledger:
            actions = ledger.decisions.to_frame()["action"].tolist()
            intact = ledger.verify().intact
            ledger.backup(copy)
            try:
                ledger.decisions.add(
                    ledger.invitations.to_frame()["request"][0], "ignore", at="2024-02-03", source="t"
                )
            except LedgerError as refusal:
                return [actions, intact, str(refusal)]
        return None

    actions, intact, refusal = as_nobody(read)
    assert actions == ["accept", "ignore"][: 1 + killed] and intact
    assert "read-only" in refusal and "nothing was changed" in refusal
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    copied = sqlite3.connect(copy)
    assert copied.execute("SELECT count(*) FROM decisions").fetchone()[0] == 1 + killed
    copied.close()
    shutil.rmtree(kept.parent)


def test_an_earlier_version_in_a_read_only_folder_is_read_as_the_newest(home):
    stored = Path(__file__).parents[1] / "fixtures" / "ledger" / "v1.sql"
    (home / "ledger.db").unlink()
    raw = sqlite3.connect(home / "ledger.db")
    raw.executescript(stored.read_text(encoding="utf-8"))
    raw.close()
    kept = read_only(home)

    def read():
        with open_ledger(kept) as ledger:
            return [len(ledger.introductions.to_frame()), ledger.invitations.to_frame()["name"].tolist()]

    assert as_nobody(read) == [0, ["Ada Love", "Bo Kern"]]
    shutil.rmtree(kept.parent)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    with pytest.raises(LedgerError, match="Check the path"):
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
        assert len(ledger.notes.to_frame()) == 40 and ledger.verify().intact


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
        assert ledger.verify().intact and len(refused) == 3


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
        assert len(ledger.reviews.to_frame()) == 6 and ledger.verify().intact


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


def unfinished_copy(home, name="ledger-of-march.db"):
    """Return what is left of a backup into the workspace whose process is killed in the middle."""
    part = home / f"{name}.part"
    child = os.fork()
    if child == 0:
        part.touch()
        copy = sqlite3.connect(part)
        copy.execute("PRAGMA cache_size = 1")
        copy.execute("CREATE TABLE t (a)")
        copy.executemany("INSERT INTO t VALUES (?)", [["x" * 900]] * 900)
        os._exit(0)  # a hot journal stays beside it
    os.waitpid(child, 0)
    assert (home / f"{name}.part-journal").stat().st_size
    return part


def test_what_a_killed_backup_or_restore_left_is_cleared_away_at_the_next_opening(home):
    unfinished_copy(home)
    unfinished_copy(home, "ledger-before-restore-20240301T000000000000Z.db")
    (home / "gone.db.part-journal").write_bytes(b"x" * 99)
    (home / "old.db.part").touch()
    os.utime(home / "old.db.part", (0, 0))
    open_ledger(home).close()
    assert sorted(path.name for path in home.iterdir()) == ["ledger.db"]


def test_what_is_no_copy_of_a_ledger_is_left(home):
    for name, content in (
        ("archive.zip.part", b"PK"),
        ("archive.zip.crdownload", b""),
        ("new.zip.part", b""),
    ):
        (home / name).write_bytes(content)
        os.utime(home / name, (0, 0))
    (home / "begun.db.part").touch()  # this moment: perhaps by a backup that has not locked it yet
    before = sorted(path.name for path in home.iterdir())
    open_ledger(home).close()
    assert sorted(path.name for path in home.iterdir()) == before


def test_a_copy_that_another_process_is_writing_is_left_and_becomes_whole(home, monkeypatch):
    opened = []

    def open_meanwhile(*arguments):
        opened.append(in_a_child(lambda: open_ledger(home).close()))
        opened.append(in_a_child(lambda: Ledger.restore(home / "none.db", home)))
        with open_ledger(home) as other, pytest.raises(LedgerError, match="Another process is writing"):
            monkeypatch.undo()
            other.backup(home / "copy.db")
        return real(*arguments)

    real = backup._check_pages
    monkeypatch.setattr(backup, "_check_pages", open_meanwhile)
    with open_ledger(home) as ledger:
        ledger.backup(home / "copy.db")
    assert opened[0] is None
    assert sorted(path.name for path in home.iterdir()) == ["copy.db", "ledger.db"]
    assert verify(home / "copy.db").intact
