"""Everything that writes files works where the system refuses what Windows refuses, as far as Linux can imitate it."""

import errno
import fcntl
import os
import shutil
import sqlite3
import stat
import sys
import threading
import time
from datetime import date
from pathlib import Path, PureWindowsPath
from types import ModuleType

import pytest
from exports import FIXTURES
from invented_export import export, invitation

from netkit import private_files
from netkit.cli import run
from netkit.cli.lab_command import _copy_notebooks
from netkit.cli.policy_commands import _new_command
from netkit.demo import practice_of
from netkit.errors import LedgerError, NetkitError
from netkit.handbook.publishing import _put_in_place
from netkit.introductions import write_calendar
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.workspace import sqlite_address
from netkit.sheets import read_sheet, write_sheet

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sees in /proc which files are open")
ADA = invitation("Ada Love", "2024-02-28T10:00:00+00:00", slug="ada-l")


def is_open(path):
    """Whether this process holds a file, or one below a folder, open."""
    place = os.path.realpath(path)
    for handle in Path("/proc/self/fd").iterdir():
        try:
            held = str(handle.readlink())
        except OSError:  # the handle by which the folder itself was read
            continue
        if held == place or held.startswith(place + os.sep):
            return True
    return False


@pytest.fixture
def windows(monkeypatch):
    """Calls refuse as they do on Windows; what was refused is kept."""
    refused = []
    real = {name: getattr(os, name) for name in ("open", "rename", "replace", "unlink", "fsync")}

    def refuse(call, path, kind=PermissionError):
        refused.append((call, Path(path).name))
        raise kind(errno.EACCES, f"Windows refuses {call}", str(path))

    def imitated_open(path, flags, *args, **options):
        if Path(path).is_dir():
            refuse("open of a folder", path)
        return real["open"](path, flags, *args, **options)

    def imitated_rename(source, target, **options):
        if os.path.lexists(target):
            refuse("rename onto something", target, FileExistsError)
        if is_open(source):
            refuse("rename of what is open", source)
        return real["rename"](source, target, **options)

    def imitated_replace(source, target, **options):
        if Path(target).is_dir():
            refuse("replace of a folder", target)
        for path in (source, target):
            if is_open(path):
                refuse("replace of what is open", path)
        return real["replace"](source, target, **options)

    def imitated_unlink(path, **options):
        if is_open(path):
            refuse("removal of what is open", path)
        return real["unlink"](path, **options)

    def imitated_fsync(handle):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            refuse("flush of what is open to be read only", f"handle {handle}")
        return real["fsync"](handle)

    def imitated_locking(handle, _mode, _octets):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse("lock of what is locked", f"handle {handle}")

    msvcrt = ModuleType("msvcrt")
    msvcrt.LK_NBLCK, msvcrt.locking = 2, imitated_locking
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    for name, act in (
        ("open", imitated_open), ("rename", imitated_rename), ("replace", imitated_replace),
        ("unlink", imitated_unlink), ("remove", imitated_unlink), ("fsync", imitated_fsync),
        ("chmod", lambda *_args, **_options: None),
    ):  # fmt: skip
        monkeypatch.setattr(os, name, act)
    monkeypatch.setattr(shutil, "_use_fd_functions", False)  # as on Windows
    monkeypatch.setattr(private_files, "_WINDOWS", True)
    return refused


@pytest.fixture
def home(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", invitations=[ADA]))
    return tmp_path / "home"


def test_the_imitation_refuses(windows, tmp_path):
    file, other = tmp_path / "file", tmp_path / "other"
    other.touch()
    with file.open("w", encoding="utf-8"):
        for act in (file.unlink, lambda: file.rename(tmp_path / "new"), lambda: other.replace(file)):
            with pytest.raises(PermissionError):
                act()
    with pytest.raises(FileExistsError):
        other.rename(file)
    with pytest.raises(PermissionError):
        os.open(tmp_path, os.O_RDONLY)
    with file.open(encoding="utf-8") as opened, pytest.raises(PermissionError):
        os.fsync(opened.fileno())
    file.chmod(0o400)
    assert stat.S_IMODE(file.stat().st_mode) != 0o400
    assert len(windows) == 6


def test_a_ledger_is_backed_up_restored_and_exported(windows, home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
        ledger.export_all(tmp_path / "tables")
    kept = Ledger.restore(tmp_path / "copy.db", home).kept
    with open_ledger(home) as ledger:
        assert ledger.invitations.to_frame()["name"].tolist() == ["Ada Love"]
    assert kept.is_file()
    assert not windows


def test_a_damaged_ledger_is_put_aside(windows, home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    (home / "ledger.db").write_bytes(b"no ledger" * 1000)
    assert Ledger.restore(tmp_path / "copy.db", home).kept.name.startswith("ledger-unreadable-")
    assert not windows


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_sheet_and_a_calendar_are_written_twice(windows, home, tmp_path, suffix):
    sheet, calendar = tmp_path / f"sheet.{suffix}", tmp_path / "due.ics"
    row = {"due_on": date(2024, 3, 4), "kind": "answer", "request": "r", "what": "w", "clause": "c"}
    due = [{**row, "since": date(2024, 3, 1), "do": "d"}]
    with open_ledger(home) as ledger:
        for _ in range(2):
            assert write_sheet(ledger, "invitation", sheet) == 1
            write_calendar(due, calendar, stamp=date(2024, 3, 1))
        read_sheet(ledger, "invitation", sheet)
    assert calendar.read_bytes().count(b"\r\n") == calendar.read_bytes().count(b"\n")
    assert not windows


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_sheet_that_is_open_in_another_program_stays_as_it_is(windows, home, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(private_files, "_PAUSE", 0)
    sheet = tmp_path / f"sheet.{suffix}"
    sheet.write_bytes(b"what I typed")
    with open_ledger(home) as ledger, sheet.open("rb"), pytest.raises(LedgerError, match="Windows refuses"):
        write_sheet(ledger, "invitation", sheet)
    assert sheet.read_bytes() == b"what I typed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", sheet.name]


def test_a_folder_in_use_is_named_and_not_mixed_with_a_new_one(windows, tmp_path, monkeypatch):
    monkeypatch.setattr(private_files, "_PAUSE", 0)
    file = tmp_path / "site" / "index.html"
    file.parent.mkdir()
    file.touch()
    with file.open("rb"), pytest.raises(LedgerError, match="Close what shows its files"):
        private_files.remove_folder(file.parent)
    private_files.remove_folder(file.parent)
    private_files.remove_folder(file.parent)
    assert list(tmp_path.iterdir()) == []


def test_everything_works_in_a_long_path_with_blanks_and_signs(windows, tmp_path):
    place = tmp_path / "Jürgen O'Brien & Söhne 100% #1" / ("ein sehr langer Ordner " * 9).strip()
    shutil.copytree(FIXTURES / "era-2024-03", place / "mein Archiv")
    assert len(str(place)) > 200
    for words in (
        ["read", place / "mein Archiv"],
        ["sheet", "invitations", place / "Blatt Ü.csv"],
        ["sheet", "invitations", place / "Blatt Ü.csv", "--read"],
        ["backup", place / "Kopie Ü's #2.db"],
        ["restore", place / "Kopie Ü's #2.db"],
        ["export", place / "alles"],
        ["policy", "new", "mine"],
        ["policy", "check", place / "home" / "policies" / "mine.yaml"],
        ["triage"],
    ):
        assert run([*map(str, words), "--home", str(place / "home")]) == 0
    assert not windows


def held(file):
    """Yield whether a lock is refused while it is held, and whether after that."""
    with private_files.one_at_a_time(file, "Another is at work."):
        with pytest.raises(LedgerError, match=r"Another is at work\. Wait until it has ended"):
            private_files.one_at_a_time(file, "Another is at work.").__enter__()
        yield True
    with private_files.one_at_a_time(file, "Another is at work."):
        yield False


def test_one_process_at_a_time_holds_a_lock_on_windows(windows, tmp_path):
    assert list(held(tmp_path / "new" / "pages.lock")) == [True, False]
    assert [call for call, _ in windows] == ["lock of what is locked"]


def test_so_it_is_elsewhere_and_a_disk_that_knows_no_locks_stops_nobody(tmp_path, monkeypatch):
    assert list(held(tmp_path / "pages.lock")) == [True, False]

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with private_files.one_at_a_time(tmp_path / "pages.lock", "Another is at work."):
        (tmp_path / "reached").touch()
    assert (tmp_path / "reached").exists()


def test_a_file_is_written_whole_or_not_at_all_behind_a_link_too_and_into_a_pipe(tmp_path, monkeypatch):
    real, link, pipe = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "pipe"
    link.symlink_to(real)
    private_files.write_private(link, b"one")
    assert link.is_symlink()
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    private_files.write_private(pipe, b"two")
    assert os.read(reading, 9) == b"two"
    os.close(reading)

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private_files.write_private(link, b"three")
    assert real.read_bytes() == b"one"
    assert {path.name for path in tmp_path.iterdir()} == {"link.csv", "pipe", "real.csv"}


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (PureWindowsPath(r"C:\Users\Jürgen O'Brien\100% #1\x.db"),
         "file:///C:/Users/J%C3%BCrgen%20O%27Brien/100%25%20%231/x.db"),
        (PureWindowsPath(r"\\server\share\my ledger.db"), "file:////server/share/my%20ledger.db"),
        (Path("/home/ada/a b?.db"), "file:///home/ada/a%20b%3F.db"),
    ],
)  # fmt: skip
def test_sqlite_is_told_of_drives_and_shares_as_it_reads_them(path, address):
    assert sqlite_address(path) == address


def test_a_published_site_takes_the_place_of_the_one_before(windows, tmp_path):
    site, target = tmp_path / "site", tmp_path / "public"
    site.mkdir()
    for text in ("one", "two"):
        (site / "index.html").write_text(text, encoding="utf-8")
        _put_in_place(site, target, tmp_path / "home")
    assert (target / "index.html").read_text(encoding="utf-8") == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "site"]
    assert not windows


def test_a_published_site_that_somebody_has_open_stays_whole(windows, tmp_path, monkeypatch):
    monkeypatch.setattr(private_files, "_PAUSE", 0)
    site, target = tmp_path / "site", tmp_path / "public"
    site.mkdir()
    for name in ("a.html", "index.html"):
        (site / name).write_text("one", encoding="utf-8")
    _put_in_place(site, target, tmp_path / "home")
    (site / "index.html").write_text("two", encoding="utf-8")
    with (target / "index.html").open(encoding="utf-8"), pytest.raises(LedgerError, match="Windows refuses"):
        _put_in_place(site, target, tmp_path / "home")
    assert [(target / name).read_text(encoding="utf-8") for name in ("a.html", "index.html")] == [
        "one",
        "one",
    ]
    _put_in_place(site, target, tmp_path / "home")
    assert (target / "index.html").read_text(encoding="utf-8") == "two"


def test_notebooks_and_the_practice_workspace_are_copied(windows, home, tmp_path):
    shipped, mine = tmp_path / "shipped", tmp_path / "mine"
    (shipped / "data").mkdir(parents=True)
    for text in ("{}", "[]"):
        (shipped / "01.ipynb").write_text(text, encoding="utf-8")
        _copy_notebooks(shipped, mine)
    assert len(list(mine.glob("*.ipynb"))) == 2
    demo = home.rename(tmp_path / "demo-long")
    practice = practice_of(demo)
    assert practice == practice_of(demo)
    assert (practice / "ledger.db").is_file()
    assert not windows


def test_a_folder_that_another_process_made_first_is_kept(windows, tmp_path):
    for name in ("new", "there"):
        (tmp_path / name).mkdir()
    (tmp_path / "there" / "file").touch()
    private_files.keep_first_folder(tmp_path / "new", tmp_path / "there")
    assert (tmp_path / "there" / "file").exists()


def test_a_file_is_removed_once_who_has_it_open_lets_go(windows, tmp_path):
    opened = (tmp_path / "file").open("w", encoding="utf-8")
    closing = threading.Thread(target=lambda: (time.sleep(0.1), opened.close()))
    closing.start()
    private_files.remove(tmp_path / "file")
    closing.join()
    assert windows
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    "name", ["con", "AUX.txt", "nul .db", "com1.csv", "LPT².x", "a.", "a ", "a:b", "a?", "b|"]
)
def test_a_name_that_windows_forbids_is_refused_there_and_may_be_typed_elsewhere(
    name, home, tmp_path, monkeypatch
):
    assert private_files.check_file_name(name, everywhere=False) is None
    with pytest.raises(LedgerError, match="A file cannot be called"):
        private_files.check_file_name(name)
    monkeypatch.setattr(private_files, "_WINDOWS", True)
    with open_ledger(home) as ledger:
        for write in (ledger.backup, ledger.export_all):
            with pytest.raises(LedgerError, match="A file cannot be called"):
                write(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize("name", ["house.yaml", "console.db", "com10", "a.b.c", ".hidden", "Ada Løve.csv"])
def test_any_other_name_is_taken(name):
    assert private_files.check_file_name(name) is None


@pytest.mark.parametrize(
    "name", ["house", "House", "con", "Com1", "a.b", "a:b", "../a", r"..\a", "a b", "a ", "a."]
)
def test_a_policy_gets_a_name_that_is_one_file_on_every_system(home, name):
    with pytest.raises(NetkitError, match="cannot be called"):
        _new_command.callback(name=name, source="house", home=home)
    assert not (home / "policies").exists()


def test_sqlite_and_python_see_the_same_handles(tmp_path):
    opened = sqlite3.connect(tmp_path / "x.db")
    opened.execute("CREATE TABLE t (x)")
    assert is_open(tmp_path / "x.db")
    opened.close()
    assert not is_open(tmp_path / "x.db")
