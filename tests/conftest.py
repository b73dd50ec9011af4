"""For all tests: one screen, the same examples on every run, an empty ledger, and what was measured."""

import errno
import inspect
import os
import re
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Said before anything is imported: what is printed is as wide as this, and as plain, in every terminal.
os.environ["COLUMNS"] = "80"
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)

# A deadline, and a limit on drawing, measure the machine; and a run that draws other examples than the run
# before fails for a change that did nothing. `--hypothesis-profile=default` draws anew, to explore.
settings.register_profile(
    "repeats", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeats")


def forbid_far_connections():
    """Let every connection fail that would leave this machine, and return the list in which each try is told."""
    tries = []

    def is_here(host):
        host = host.decode() if isinstance(host, bytes) else str(host)
        return host in ("localhost", "::1", "0.0.0.0", "::", "") or host.startswith("127.")

    def watch(event, arguments):
        if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        elif event == "socket.getaddrinfo":
            host = arguments[0] or ""
        else:
            return
        if not is_here(host) and host != socket.gethostname():
            tries.append(f"{event} {host}")
            raise OSError(errno.ENETUNREACH, "no test leaves this machine")

    sys.addaudithook(watch)
    return tries


TRIES = forbid_far_connections()


# What other systems have not. Files that import it are not collected there, tests that ask for it are skipped.
MODULES_OF_UNIX = re.compile(r"^import (fcntl|pty|resource|termios)$", re.MULTILINE)
OF_UNIX = re.compile(
    r"os\.(fork|kill|mkfifo|geteuid)|S_IMODE|st_mode|\.chmod\(|symlink_to|SIGKILL|/proc/|/dev/"
)
OF_LINUX = re.compile("/proc/")
if sys.platform == "win32":
    tests = Path(__file__).parent.rglob("test_*.py")
    collect_ignore = [str(path) for path in tests if MODULES_OF_UNIX.search(path.read_text(encoding="utf-8"))]


def pytest_collection_modifyitems(items):
    """Skip, and say so, what a test could only ask of another system."""
    lacking = {"win32": OF_UNIX, "darwin": OF_LINUX}.get(sys.platform)
    for item in items if lacking else ():
        asked = lacking.search(inspect.getsource(item.function)) if hasattr(item, "function") else None
        if asked:
            item.add_marker(pytest.mark.skip(reason=f"this system has no {asked[0]}"))


@pytest.fixture
def ledger(tmp_path):
    """A ledger in which nothing stands yet."""
    from netkit.ledger import open_ledger  # what is measured begins before anything is imported

    with open_ledger(tmp_path / "home") as opened:
        yield opened


def pytest_terminal_summary(terminalreporter):
    """Print every figure that a test recorded: one that nobody sees is no evidence."""
    told = [
        f"{name.replace('_', ' ')}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
    ]
    if told:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(told))
