"""The tutorial, run as it stands: every line typed, every key pressed, in an empty folder with one archive."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from netkit.fictional import write_exports
from netkit.installation import _wheel_file
from tests.project.test_environment import ROOT

START = ROOT / "docs" / "how-to" / "start.md"
INSTALLING = ["python3 -m venv netkit-env && ", "source netkit-env/bin/activate"]  # what `installed` did


def tutorial():
    """The tutorial's steps in order: lines to type, and what is put into a file."""
    for block in re.finditer(
        r'^```(\w+)(?: title="(.*?)")?\n(.*?)^```', START.read_text("utf-8"), re.M | re.S
    ):
        if block[1] == "console":
            yield from (("type", line.removeprefix("$ ")) for line in block[3].splitlines())
        else:
            yield block[2], block[3]


FIVE_ANSWERS = ["y", "a", "n", "i", "n", "i", "y", "d", "n", "i", "q"]


def at_a_terminal(text, keys, **how):
    """Run a line at a terminal of the usual size and press keys, each once the screen is still; return what it wrote."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.Popen(
        ["bash", "-c", text], stdin=side, stdout=side, stderr=side, start_new_session=True, **how
    )
    os.close(side)
    written = b""
    for key in ["", *keys, ""]:
        os.write(main, key.encode())
        still = 20 if not written else 2
        while select.select([main], [], [], still)[0]:
            try:
                written += (part := os.read(main, 65536))
            except OSError:  # the program has ended
                part = b""
            still = 2
            if not part:
                break
    os.close(main)
    assert done.wait(timeout=60) == 0, written[-2000:]
    return written.decode("utf-8", "replace")


def test_the_tutorial_runs_as_it_stands(installed, tmp_path, record_property):
    home, printed, began = tmp_path / "workspace", {}, time.monotonic()
    write_exports(tmp_path, profile="plain")  # in the format of March 2024
    path = f"{installed.environment['PATH']}:/usr/bin:/bin"
    environment = installed.environment | {"PATH": path, "NETKIT_HOME": str(home), "TERM": "xterm-256color"}
    first, second, *steps = tutorial()
    assert first[1].startswith(INSTALLING[0]) and _wheel_file() in first[1] and second[1] == INSTALLING[1]
    for place, text in steps:
        if place != "type":
            policy = (home / place).read_text(encoding="utf-8")
            above = policy.index("  - id: otherwise\n")
            (home / place).write_text(policy[:above] + text + policy[above:], encoding="utf-8")
        elif text == "netkit work":
            printed[text] = at_a_terminal(text, FIVE_ANSWERS, cwd=tmp_path, env=environment)
        else:
            done = subprocess.run(
                ["bash", "-c", text], cwd=tmp_path, env=environment, input="y\n", capture_output=True,
                encoding="utf-8", check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            printed[text] = " ".join(done.stdout.split())
    assert "You answered 5 invitations" in printed["netkit work"]
    assert "You have recorded 5 decisions" in printed["netkit triage"]
    assert "policy: my policy" in printed["netkit triage"]
    assert "where house and my_policy part (1)" in printed["netkit policy diff house my_policy"]
    assert "situations expected." in printed["netkit policy test my_policy --accept"]
    tested = ["netkit", "policy", "test", "my_policy"]
    assert not subprocess.run(tested, env=environment, capture_output=True, check=False).returncode
    rules = (tmp_path / "my-handbook" / "policy" / "invitations.html").read_text(encoding="utf-8")
    assert "nothing was written, so there is nothing to answer" in rules
    record_property("minutes_of_the_tutorial", round((time.monotonic() - began) / 60, 1))
