"""Where your own word and the platform's record differ, each screen that people look at asks which is right."""

import pytest
from invented_record import calibrated, event, page, row, snapshot, write

from netkit.cli import run
from netkit.ledger import open_ledger

EVENTS, ROWS, LINKS = calibrated()
MADE = {"Bo Sells": "2026-03-14 10:00:30", "Cy Asks": "2026-03-15 11:00:30"}
# What you and the record say of each, and what the end of a reading asks.
CASES = {
    "alike": ({"Bo Sells": "decline"}, ""),
    "one": (
        {"Bo Sells": "accept"},
        "you recorded accept, and your record says that you declined on 20 Mar 2026.",
    ),
    "two": (
        dict.fromkeys(MADE, "accept"),
        "You and your record differ on 2 invitations. The record counts until",
    ),
}


def said_by(capsys, home, *words):
    """What a command prints, in one line."""
    capsys.readouterr()
    assert run([*map(str, words), "--home", str(home)]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("recorded", "asks"), CASES.values(), ids=CASES)
def test_reading_and_showing_ask_which_is_right(tmp_path, capsys, recorded, asks):
    home, archive, log = tmp_path / "home", tmp_path / "04-01-2026", tmp_path / "log.json"
    rows = [*ROWS, *(row(name, made) for name, made in MADE.items())]
    write(archive / "INVITATIONS.json", snapshot("INVITATIONS", rows))
    write(archive / "CONNECTIONS.json", snapshot("CONNECTIONS", LINKS))
    refused = [event(n, made, "2026-03-20") for n, made in enumerate(MADE.values())]
    write(log, page([*EVENTS, *refused]))
    said_by(capsys, home, "read", archive)
    with open_ledger(home) as ledger:
        keys = ledger.invitations.to_frame().set_index("name")["request"]
        for name, action in recorded.items():
            ledger.decisions.add(keys[name], action, at="2026-03-20 12:00", source="me")
    read, shown = said_by(capsys, home, "read", log), said_by(capsys, home, "show", keys["Bo Sells"])
    assert asks in read
    assert ("The record counts until you say" in read) == bool(asks)
    assert ("you recorded accept" in shown) == bool(asks)
    if asks:
        said_by(capsys, home, "decide", keys["Bo Sells"], "accept")
        assert "you recorded accept" not in said_by(capsys, home, "show", keys["Bo Sells"])
