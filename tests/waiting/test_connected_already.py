"""Who asks and is a connection already: every screen says so, and nothing is asked."""

import pytest
from invented_export import connection, export, invitation

from netkit.cli import run
from netkit.cli.screen import console
from netkit.history.labels import label_invitations
from netkit.ledger import open_ledger
from netkit.sitting import sit_with_what_waits
from netkit.sitting.card import card

SENT = "2024-03-05T10:00:00Z"
SURE = "You are connected already, since 1 Jan 2020; nothing is left to answer unless that has ended."
NAMESAKE = "You are connected with one person of this name since 1 Jan 2020, at another address."
BO = connection("Bo Lind", "2020-01-01", slug="bo-l")


def archives(tmp_path, links, sent):
    """A workspace that read connections on 1 March and, without any, one invitation on 9 March."""
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", connections=links))
        ledger.import_export(export("2024-03-09", invitations=[sent], absent=("connections",)))
        (row,) = label_invitations(ledger).rows
    return row


@pytest.fixture
def netkit(tmp_path, capsys, monkeypatch):
    def call(*words):
        monkeypatch.setattr(console, "_width", 80)
        capsys.readouterr()
        assert run([*words, "--home", str(tmp_path)]) == 0
        return " ".join(capsys.readouterr().out.split())

    return call


@pytest.mark.parametrize(
    ("taken_on", "state"), [("2024-03-04", "open"), ("2024-03-05", "accepted"), ("2024-03-09", "accepted")]
)
def test_only_an_archive_that_is_not_older_than_an_invitation_answers_it(tmp_path, taken_on, state):
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export(taken_on, connections=[BO]))
        ledger.import_export(
            export(
                "2024-03-09", invitations=[invitation("Bo Lind", SENT, slug="bo-l")], absent=("connections",)
            )
        )
        (row,) = label_invitations(ledger).rows
    assert row["state"] == state


@pytest.mark.parametrize("slug", ["bo-l", None])
def test_a_connection_whose_invitation_waits_needs_no_answer_on_any_screen(tmp_path, netkit, slug):
    row = archives(tmp_path, [BO], invitation("Bo Lind", SENT, slug=slug))
    assert row["state"] == "open"
    out = netkit("triage")
    assert "Ready: 1" in out and "nothing to do" in out and SURE in out and "?" not in out
    assert f"Advice Nothing to do. {SURE}" in (shown := netkit("show", "Bo")) and "Question" not in shown
    assert SURE in netkit("judge", "--from", "Bo Lind", "--on", "2024-03-05")
    with open_ledger(tmp_path) as ledger:
        home = ledger.home
    said = card(sit_with_what_waits(home, "terminal"))
    assert said["question"] is None and not any(each["advised"] for each in said["actions"])
    assert [(each["says"], each["reason"]) for each in said["opinions"]] == [("Nothing to do", SURE)]
    netkit("decide", "Bo", "ignore")
    assert "No invitation is waiting" in netkit("triage")


def test_a_namesake_at_another_address_is_named_and_asked_about_as_before(tmp_path, netkit):
    archives(tmp_path, [BO], invitation("Bo Lind", SENT, slug="bo-two"))
    for out in (
        netkit("triage"),
        netkit("show", "in:bo-two"),
        netkit(
            "judge", "--from", "Bo Lind", "--on", "2024-03-05", "--url", "https://www.linkedin.com/in/bo-two"
        ),
    ):
        assert NAMESAKE in out and "nothing to do" not in out
    with open_ledger(tmp_path) as ledger:
        home = ledger.home
    said = card(sit_with_what_waits(home, "terminal"))
    assert NAMESAKE in said["status"] and said["question"]


def test_of_two_connections_of_one_name_nothing_is_said(tmp_path, netkit):
    archives(tmp_path, [BO, connection("Bo Lind", "2021-01-01", slug="bo-x")], invitation("Bo Lind", SENT))
    assert "are connected" not in netkit("triage")
