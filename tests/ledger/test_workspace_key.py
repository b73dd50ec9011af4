"""The workspace's key: one secret for its owner alone, the same for all, another for every purpose."""

import os
import stat

import pytest

from netkit.errors import LedgerError
from netkit.workspace_key import secret_file, workspace_key


def test_a_key_stays_the_same_and_every_purpose_has_its_own(tmp_path):
    home = tmp_path / "home"
    first = workspace_key(home, "rounding")
    assert (workspace_key(home, "rounding"), len(first)) == (first, 32)
    assert len({first, workspace_key(home, "forgetting"), workspace_key(tmp_path / "other", "rounding")}) == 3
    assert first.hex() not in secret_file(home).read_text(encoding="utf-8")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_secret_is_for_its_owner_only_under_any_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        workspace_key(tmp_path / "home", "a test")
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "home").rglob("*")}
    assert modes == {"keys": 0o700, "workspace.key": 0o600}


def test_processes_that_need_the_first_key_at_once_get_the_same(tmp_path):
    hear, say = os.pipe()
    children = []
    for _ in range(8):
        if (child := os.fork()) == 0:
            try:
                os.write(say, workspace_key(tmp_path, "a test"))
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    os.close(say)
    with os.fdopen(hear, "rb") as heard:
        said = heard.read()
    assert said == workspace_key(tmp_path, "a test") * 8
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize("content", [b"", b"5a" * 31, b"5a" * 33, b"zz" * 32, b"\xff" * 64])
def test_a_damaged_secret_is_said_and_never_replaced(tmp_path, content):
    workspace_key(tmp_path, "a test")
    secret_file(tmp_path).write_bytes(content)
    with pytest.raises(LedgerError, match=r"is damaged\. Bring it back"):
        workspace_key(tmp_path, "a test")
    assert secret_file(tmp_path).read_bytes() == content
