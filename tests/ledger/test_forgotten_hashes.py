"""The ledger alone tells nobody who was forgotten, and the key that does travels apart."""

import sqlite3
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from invented_export import export, invitation

from netkit.errors import LedgerError
from netkit.ledger import Ledger, open_ledger
from netkit.workspace_key import secret_file

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ledger"
ADA = invitation("Ada Love", "2024-02-01T10:00:00+00:00", slug="ada-l")
BO = invitation("Bo Kern", "2024-02-02T11:30:00+00:00", slug="bo-k")
SLUGS = ["ada-l", "bo-k", "cy-late"]


@pytest.fixture
def home(tmp_path):
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(export("2024-03-01", invitations=[ADA, BO]))
        ledger.forget("in:ada-l")
    return tmp_path / "home"


def forgotten_cells(file):
    raw = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    cells = [str(cell) for row in raw.execute("SELECT * FROM forgotten") for cell in row]
    raw.close()
    return cells


def guesses(file):
    """Return whom a list of slugs finds in a ledger alone: hashed with whatever the ledger holds as a salt."""
    cells = set(forgotten_cells(file))
    found = set()
    for slug in SLUGS:
        for who in (slug, f"in:{slug}", f"name:{slug}"):
            for salt in ("", *cells):
                tried = {sha256(f"{a}{between}{b}".encode()).hexdigest() for between in ("", "|")
                         for a, b in ((salt, who), (who, salt))}  # fmt: skip
                if tried & cells:
                    found.add(slug)
    return found


def comes_back(home):
    with open_ledger(home) as ledger:
        ledger.import_export(export("2024-04-01", invitations=[ADA, BO]))
        return "in:ada-l" in set(ledger.invitations.to_frame()["person"])


def test_a_list_of_slugs_finds_nobody_in_the_ledger_alone(home):
    assert guesses(home / "ledger.db") == set()
    assert not comes_back(home)


def test_what_an_earlier_version_kept_is_hashed_anew_and_still_keeps_the_person_out(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    raw = sqlite3.connect(home / "ledger.db")
    raw.executescript((FIXTURES / "v6.sql").read_text(encoding="utf-8"))
    raw.execute(
        "INSERT INTO forgotten VALUES (?, 'salt', '2024-03-09', '{}')",
        [sha256(b"salt|in:cy-late").hexdigest()],
    )
    raw.commit()
    raw.close()
    assert guesses(home / "ledger.db") == {"cy-late"}
    old = forgotten_cells(home / "ledger.db")[0]
    cy = invitation("Cy Late", "2024-02-01T10:00:00+00:00", slug="cy-late")
    with open_ledger(home) as ledger:
        assert "in:cy-late" not in ledger.import_export(export("2024-04-01", invitations=[cy])).new
        assert "in:cy-late" not in set(ledger.invitations.to_frame()["person"])
    assert guesses(home / "ledger.db") == set()
    assert old.encode() not in (home / "ledger.db").read_bytes()


def test_a_damaged_key_stops_the_migration_and_is_said(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    raw = sqlite3.connect(home / "ledger.db")
    raw.executescript((FIXTURES / "v6.sql").read_text(encoding="utf-8"))
    raw.execute("INSERT INTO forgotten VALUES ('a hash', 'salt', '2024-03-09', '{}')")
    raw.commit()
    raw.close()
    secret_file(home).parent.mkdir()
    secret_file(home).write_text("damaged", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"The key of your workspace .* is damaged\."):
        open_ledger(home)
    secret_file(home).unlink()
    assert guesses(home / "ledger.db") == set() and "a hash" in forgotten_cells(home / "ledger.db")


def test_no_backup_holds_the_key_which_is_written_apart(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db", key=tmp_path / "my.key")
        ledger.export_all(tmp_path / "all")
    secret = secret_file(home).read_bytes().strip()
    assert (tmp_path / "my.key").read_bytes().strip() == secret
    assert stat.S_IMODE((tmp_path / "my.key").stat().st_mode) == 0o600
    for file in (tmp_path / "copy.db", home / "ledger.db", *(tmp_path / "all").iterdir()):
        assert secret not in file.read_bytes() and bytes.fromhex(secret.decode()) not in file.read_bytes()
    with open_ledger(home) as ledger, pytest.raises(LedgerError, match=r"my\.key exists already"):
        ledger.backup(tmp_path / "second.db", key=tmp_path / "my.key")
    assert not (tmp_path / "second.db").exists()


def test_with_its_key_a_restored_backup_keeps_forgotten_people_out(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db", key=tmp_path / "my.key")
    restored = Ledger.restore(tmp_path / "copy.db", tmp_path / "new", key=tmp_path / "my.key")
    assert restored.remarks == ()
    assert not comes_back(tmp_path / "new")
    assert stat.S_IMODE(secret_file(tmp_path / "new").stat().st_mode) == 0o600


def test_without_its_key_a_restore_says_what_is_lost_and_the_key_can_follow(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db", key=tmp_path / "my.key")
        ledger.backup(tmp_path / "again.db")
    (said,) = Ledger.restore(tmp_path / "copy.db", tmp_path / "new").remarks
    assert "may come back with an archive" in said and "evidence from your other files" in said
    with open_ledger(tmp_path / "new") as ledger:
        assert "may come back" in ledger.verify().told[-1]
        ledger.forget("in:bo-k")  # with a key of its own
    assert Ledger.restore(tmp_path / "copy.db", tmp_path / "new", key=tmp_path / "my.key").remarks == ()
    assert not comes_back(tmp_path / "new")
    assert len(list(secret_file(tmp_path / "new").parent.glob("workspace-before-restore-*.key"))) == 1


def test_in_the_same_workspace_a_restore_needs_no_key(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    assert Ledger.restore(tmp_path / "copy.db", home).remarks == ()
    assert not comes_back(home)


def test_what_is_no_key_is_refused_before_anything_is_changed(home, tmp_path):
    with open_ledger(home) as ledger:
        ledger.backup(tmp_path / "copy.db")
    (tmp_path / "my.key").write_text("no key", encoding="utf-8")
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(LedgerError, match=r"my\.key is no key of a workspace\. Give the file that `netkit"):
        Ledger.restore(tmp_path / "copy.db", home, key=tmp_path / "my.key")
    with pytest.raises(LedgerError, match="Check the path|Give the path"):
        Ledger.restore(tmp_path / "copy.db", home, key=tmp_path / "none.key")
    assert sorted(path.name for path in home.iterdir()) == before
