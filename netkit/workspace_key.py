"""The workspace's secret: one random key in a file for its owner alone, and a key of its own per purpose."""

import hmac
import secrets
import shutil
from pathlib import Path

from netkit.errors import LedgerError
from netkit.private_files import keep_first_folder, private_folder, write_private

_FOLDER, _FILE = "keys", "workspace.key"
_BYTES = 32


def workspace_key(home: Path, purpose: str) -> bytes:
    """Return the workspace's key for one purpose, 32 bytes; the first call makes the secret behind it.

    The secret lies beside the ledger, never in it: who has a copy of the ledger alone cannot compute a
    keyed hash. Every purpose has a key of its own, so that what one gives away says nothing of another.
    Processes that call at the same time get the same key.

    Parameters
    ----------
    home : Path
        The workspace's folder.
    purpose : str
        What the key is for, in words.

    Raises
    ------
    LedgerError
        The file is damaged, or the folder cannot be written to.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> home = Path(mkdtemp())
    >>> workspace_key(home, "a test") == workspace_key(home, "a test") != workspace_key(home, "another")
    True
    """
    file = secret_file(home)
    if not file.exists():
        _make(home)
    return hmac.digest(read_secret(file), f"netkit: {purpose}".encode(), "sha256")


def secret_file(home: Path) -> Path:
    """Return where the secret of a workspace lies, whether it has been made or not."""
    return home / _FOLDER / _FILE


def _make(home: Path) -> None:
    """Make the secret in a folder aside, which then becomes the workspace's unless another was faster."""
    aside = private_folder(home / f"{_FOLDER}-{secrets.token_hex(8)}")
    try:
        write_private(aside / _FILE, f"{secrets.token_hex(_BYTES)}\n".encode())
        keep_first_folder(aside, home / _FOLDER)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read_secret(file: Path) -> bytes:
    """Return the secret that a file holds; a damaged file is refused."""
    try:
        secret = bytes.fromhex(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise LedgerError(
            f"The key of your workspace in {file} is damaged."
            " Bring it back from what `netkit backup --key FILE` wrote, or delete it to begin with a new one."
        )
    return secret
