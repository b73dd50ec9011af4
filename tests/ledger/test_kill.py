"""A process that is killed at random moments loses no write that it had acknowledged."""

import json
import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).parents[2] / "benchmarks" / "kill.py"
KILLS = 60  # benchmarks/kill.py tries 200, and stores what it found


def test_killed_at_random_moments_every_acknowledged_write_is_there_and_none_half_done(record_property):
    command = [sys.executable, HARNESS, "--kills", str(KILLS), "--each", "4", "--writers", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(done.stdout)
    record_property(
        "killed while writing",
        "{kills} times; {acknowledged} writes acknowledged, {found} found, {half_done} half done; "
        "{opened} files opened, {intact} intact".format(**tally),
    )
    assert tally["acknowledged"] == tally["found"] > KILLS
    assert tally["half_done"] == 0
    assert tally["opened"] == tally["intact"] == KILLS
    assert tally["killed_during"]["import"] > 0
    assert {"decision", "introduction"} & set(tally["killed_during"])
    for kind, (kills, acknowledged, failed) in tally["on_copies"].items():
        record_property(
            f"killed during {kind}", f"{kills} times; {acknowledged} acknowledged, {failed} failed"
        )
        assert (kills, failed) == (4, 0), kind
    assert tally["at_once"] == [760, 760, 0]
