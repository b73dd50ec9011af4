"""What is said after a new archive: who waits since, who is connected, who is gone, and what that counts as."""

from invented_export import connection, export, invitation

from netkit.cli import run
from netkit.waiting.since_archive import Change, import_and_compare

NAMES = ("Ana", "Bo", "Cy", "Dee", "Eli", "Fay")


def asked(name, day):
    return invitation(f"{name} Example", f"{day}T10:00:00+00:00", slug=name.lower())


def test_after_a_new_archive_it_is_said_who_is_new_connected_and_gone(ledger):
    every = [asked(name, f"2024-02-{day}") for day, name in enumerate(NAMES, 20)]
    first = export("2024-03-01", invitations=every)
    _, change = import_and_compare(ledger, first)
    assert change.sentences == []  # there is none before it
    deferred = ledger.invitations.to_frame().set_index("name").loc["Dee Example", "request"]
    ledger.decisions.add(deferred, "defer", at="2024-03-02", source="test")
    second = export(
        "2024-03-15",
        invitations=[every[0], asked("Gil", "2024-03-10")],
        connections=[connection("Bo Example", "2024-03-05", slug="bo")],
    )
    assert import_and_compare(ledger, second)[1].sentences == [
        "Since your archive of 1 Mar 2024: 1 new invitation waits (Gil Example) and 1 person who waited is"
        " connected (Bo Example).",
        "3 people no longer wait (Cy Example, Eli Example and Fay Example) and are not connected. netkit"
        " takes that for a refusal, though not a sure one.",
        "1 person no longer waits (Dee Example) and is not connected. netkit takes that for no answer: you"
        " had asked or deferred, or it was withdrawn.",
    ]
    assert import_and_compare(ledger, second)[1] == Change()  # the same archive again


def test_whom_you_accepted_is_held_against_the_archive(ledger, capsys):
    every = [asked(name, f"2024-02-{day}") for day, name in enumerate(NAMES, 20)]
    import_and_compare(ledger, export("2024-03-01", invitations=every))
    key = ledger.invitations.to_frame().set_index("name")["request"]
    for name, day in (
        ("Ana", "02"),
        ("Bo", "02"),
        ("Cy", "15"),
    ):  # on the archive's own day it may be too new
        ledger.decisions.add(key[f"{name} Example"], "accept", at=f"2024-03-{day}", source="test")
    links = [connection("Bo Example", "2024-03-05", slug="bo")]
    _, change = import_and_compare(ledger, export("2024-03-15", invitations=every, connections=links))
    assert (change.confirmed, change.not_there) == (("Bo Example",), ("Ana Example",))
    assert "1 person you accepted is connected (Bo Example)." in change.sentences[0]
    assert change.sentences[-1].startswith(
        "You recorded accept for 1 person (Ana Example), and your archive shows no connection."
    )
    home = str(ledger.home)
    ledger.close()
    run(["show", "Ana Example", "--home", home])
    assert "Your archive of 15 Mar 2024 shows no connection." in " ".join(capsys.readouterr().out.split())


def test_of_many_the_first_names_are_said_and_a_number(ledger):
    every = [asked(name, f"2024-02-{day}") for day, name in enumerate(NAMES, 20)]
    import_and_compare(ledger, export("2024-03-01"))
    _, change = import_and_compare(ledger, export("2024-03-15", invitations=every))
    assert change.sentences == [
        "Since your archive of 1 Mar 2024: 6 new invitations wait (Ana Example, Bo Example, Cy Example,"
        " Dee Example and 2 more)."
    ]
