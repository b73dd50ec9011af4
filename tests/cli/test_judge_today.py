"""What is on the screen now: judged before any archive holds it, kept only when asked, joined later."""

import io
import json
from types import SimpleNamespace

import pytest
from invented_export import connection, export, invitation

from netkit.cli import run
from netkit.cli.screen import one_key
from netkit.ledger import open_ledger
from netkit.waiting.since_archive import import_and_compare

PITCH = "We help firms like yours cut payroll cost by 40 %. Do you have 15 minutes this week?"


@pytest.fixture
def home(tmp_path):
    """Bo asked once; Dee is a contact, whom Ana may want to meet."""
    with open_ledger(tmp_path / "home") as ledger:
        ledger.import_export(
            export(
                "2024-03-01",
                invitations=[invitation("Bo Kern", "2024-02-27T12:00:00+00:00", slug="bo")],
                connections=[connection("Dee Lind", "2020-01-12", slug="dee")],
            )
        )
    return tmp_path / "home"


@pytest.fixture
def netkit(home, capsys):
    def call(*words):
        capsys.readouterr()
        code = run([*words, "--home", str(home)])
        printed = capsys.readouterr()
        return code, " ".join(printed.out.split()), printed.err

    return call


def names(home):
    with open_ledger(home) as ledger:
        return ledger.invitations.to_frame()["name"].tolist()


def test_a_note_on_the_screen_is_judged_and_nothing_is_written(netkit, home):
    code, out, _ = netkit("judge", "--from", "Ana Example", "--note", PITCH)
    assert code == 0 and out.startswith("decline The note sells something")
    assert "Unless you know them or ask for this." in out and "Do you recognise who this is?" in out
    assert "as a pitch. Wrong? Add --not sells" in out
    assert out.endswith("add --keep.") and names(home) == ["Bo Kern"]


def test_what_was_misread_is_put_right_and_an_answer_settles_it(netkit):
    told = ("judge", "--from", "Ana Example", "--note", PITCH, "--not", "sells")
    assert "as a pitch" not in netkit(*told)[1]
    out = netkit(*told, "--fact", "recognised=yes", "--fact", "would_stay_in_touch=no")[1]
    assert out.startswith("ignore You know who this is and would not stay in touch.")
    assert "(rule: known-but-not-for-keeping)" in out


def test_the_note_comes_from_what_is_typed_in_and_a_letter_goes_with_the_advice(netkit, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PITCH))
    facts = [
        word
        for fact in ("recognised", "met_in_person", "fits_my_stated_wishes")
        for word in ("--fact", f"{fact}=no")
    ]
    facts += ["--json", "--value", "my_first_name=Kim"]
    told = json.loads(netkit("judge", "--from", "Ana Example", "--note", "-", *facts)[1])
    assert told["advice"]["action"] == "decline" and told["kept"] is False
    assert told["letter"]["name"] == told["advice"]["letter"]
    assert "Dear Ana" in told["letter"]["text"] and "Kim" in told["letter"]["text"]


def test_kept_it_waits_and_a_later_archive_is_joined_to_it(netkit, home):
    out = netkit("judge", "--from", "Ana Example", "--note", PITCH, "--on", "2024-03-05", "--keep")[1]
    (request,) = {word.strip(".,") for word in out.split() if word.startswith("inv-")}
    assert netkit("decide", "Ana", "decline", "--on", "2024-03-05")[0] == 0
    again = netkit("judge", "--from", "Ana Example", "--on", "2024-03-07", "--keep")[1]
    assert f"has 1 of these already: {request}" in again and names(home) == ["Bo Kern", "Ana Example"]
    with open_ledger(home) as ledger:
        late = invitation("Ana Example", "2024-03-04T12:00:00+00:00", slug="ana")
        change = import_and_compare(ledger, export("2024-03-20", invitations=[late]))[1]
        again = import_and_compare(ledger, export("2024-03-21", invitations=[late]))[1]
    assert names(home) == ["Bo Kern", "Ana Example"]
    assert "This archive has 1 invitation that you had kept (Ana Example)." in change.sentences
    assert not again.kept and again.since
    assert "you chose decline" in netkit("show", "in:ana")[1]


def test_a_pasted_list_is_judged_as_one_and_says_what_it_did_not_understand(netkit, home, monkeypatch):
    page = "Ana Example\nHead of Ops\n2 weeks ago\nIgnore\nAccept\nWhat is this?\nIgnore\nAccept\nCy Dorn\nIgnore\nAccept"
    monkeypatch.setattr("sys.stdin", io.StringIO(page))
    code, out, _ = netkit("judge", "--paste", "--keep")
    assert code == 0 and "Not understood: What is this?" in out
    assert "Head of Ops" in out and "come with a note" not in out
    assert sorted(names(home)) == ["Ana Example", "Bo Kern", "Cy Dorn"]
    monkeypatch.setattr("sys.stdin", io.StringIO("nothing here."))
    assert netkit("judge", "--paste")[0] == 2


@pytest.mark.parametrize("typed", ["Bo Kern, MBA", "Kern, Bo", "Bo Körn"])
def test_somebody_of_your_ledger_whose_name_is_spelled_otherwise_is_named(netkit, home, typed):
    with open_ledger(home) as ledger:
        ledger.invitations.add("Bo Korn", sent_at="2024-02-28", source="t")
        keys = ledger.invitations.to_frame().set_index("name")["request"]
    name, day = ("Bo Korn", 28) if "ö" in typed else ("Bo Kern", 27)
    asks = (
        f"Is it {name} · invitation of {day} Feb 2024 [{keys[name]}]? Then give the name as your ledger has"
    )
    assert asks in netkit("judge", "--from", typed)[1]
    assert "Is it" not in netkit("judge", "--from", "Bo Kern")[1]
    assert (
        "Is it Dee Lind · connected since 12 Jan 2020 [in:dee]?" in netkit("judge", "--from", "Lind, Dee")[1]
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_list_is_read_in_whatever_encoding_a_program_hands_it_over(netkit, home, monkeypatch, encoding):
    page = io.BytesIO("Zoë Åkerlund\r\nIgnore\r\nAccept\r\n".encode(encoding))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(page, encoding="utf-8"))
    assert netkit("judge", "--paste", "--keep")[0] == 0 and names(home) == ["Bo Kern", "Zoë Åkerlund"]


@pytest.mark.parametrize("words", [["--paste"], ["--from", "Ana Example", "--note", "-"]])
def test_letters_that_are_not_utf_8_are_refused_in_two_sentences(netkit, monkeypatch, words):
    handed = io.BytesIO("Zoë\nIgnore\nAccept".encode("cp1252"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(handed, "utf-8", "surrogateescape"))
    code, out, error = netkit("judge", *words)
    assert code == 2 and not out and "is not written in UTF-8. Save it as UTF-8, or paste it" in error


def test_a_request_to_introduce_that_came_by_mail_is_judged_and_kept_only_when_asked(netkit, home):
    told = ("judge", "--from", "Ana Example", "--to", "Dee", "--for", "a talk", "--by", "email")
    said = " ".join(netkit(*told)[1].split())
    assert "Nothing was written" in said and said.count("=LEVEL") == 1 and " If " in said
    assert "The requester, Ana Example: " in said and "The contact, Dee Lind: connected" in said
    assert "No introduction" in netkit("intro", "list")[1]
    assert "Go on: netkit intro judge intro-" in netkit(*told, "--keep")[1]
    assert "Dee Lind" in netkit("intro", "list")[1]
    assert netkit(*told[:-2])[0] == 2 and netkit("judge")[0] == 2


def test_which_of_two_namesakes_it_is_can_be_said(netkit, home):
    netkit("judge", "--from", "Ana Example", "--on", "2024-03-05", "--keep")
    with open_ledger(home) as ledger:
        two = [
            invitation("Ana Example", f"2024-03-0{day}T12:00:00+00:00", slug=f"ana-{day}") for day in (2, 3)
        ]
        ledger.import_export(export("2024-03-20", invitations=two))
        (doubt,) = ledger.invitations.doubts()
    assert netkit("judge", "--same", doubt.request, doubt.candidates[1][0])[0] == 0
    with open_ledger(home) as ledger:
        assert ledger.invitations.doubts() == []
        assert sorted(ledger.invitations.to_frame()["person"]) == ["in:ana-2", "in:ana-3", "in:bo"]


def test_the_letter_is_put_on_the_clipboard_where_asked(netkit, monkeypatch):
    copied = []
    monkeypatch.setattr("netkit.cli.clipboard.copy_text", lambda text: not copied.append(text))
    words = ("--note", PITCH, "--value", "my_first_name=Kim", "--copy")
    code, _, err = netkit("judge", "--from", "Ana Example", *words)
    assert code == 0 and copied[0].startswith("Dear Ana,") and "note: Copied." in err


def test_at_a_terminal_one_key_counts_without_enter(monkeypatch):
    pressed = iter("xY")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("click.getchar", lambda: next(pressed))
    assert one_key("The same person?", ["y", "n"]) == "y"


def test_whether_you_invite_a_favour_is_asked_before_it_is_refused(netkit):
    out = netkit("judge", "--from", "Ana Example", "--note", "I am looking for a new job.")[1]
    assert out.startswith("still open") and "One question to you first." in out
    assert "--fact fits_my_stated_wishes=yes" in out and "If no: decline, unless you know them." in out


def test_a_note_of_the_same_words_is_the_one_that_the_ledger_has_however_old(netkit, home):
    told = ("judge", "--from", "Bo Kern", "--note", "Hello again, we met in Ulm.", "--keep", "--on")
    assert netkit(*told, "2026-01-02")[0] == 0 and names(home) == ["Bo Kern", "Bo Kern"]
    out = netkit(*told, "2026-09-01")[1]
    assert "Your ledger has 1 of these already" in out and names(home) == ["Bo Kern", "Bo Kern"]
    other = ("judge", "--from", "Bo Kern", "--note", "We met in Ulm.", "--keep", "--on", "2026-09-01")
    assert netkit(*other)[0] == 0 and len(names(home)) == 3


def test_the_advice_is_not_lost_where_its_letter_lacks_a_version(netkit):
    code, out, error = netkit("judge", "--from", "Ana Example", "--note", PITCH, "--language", "xx")
    assert code == 2 and out.startswith("decline The note sells something")
    assert "There is no version of the letter" in error


def test_an_open_invitation_is_the_same_in_other_words_unless_it_is_said_when_it_came(netkit, home):
    with open_ledger(home) as ledger:
        key = ledger.invitations.to_frame()["request"][0]
    shown = ("judge", "--from", "Bo Kern", "--note", "May I ask you about kilns, again?")
    said = netkit(*shown)[1]
    assert f"Your ledger has 1 of these already: {key}." in said and "judged by the note that" in said
    again = json.loads(netkit(*shown, "--on", "2026-01-05", "--json")[1])
    assert not again["had"] and again["advice"]["facts"]["repeat_invitation"]["level"] == "yes"
    with open_ledger(home) as ledger:
        ledger.import_export(export("2024-04-01"))
    assert not json.loads(netkit(*shown, "--json")[1])["had"]  # the newest archive has it no more


def test_an_empty_note_is_an_answer_and_what_cannot_change_the_advice_is_not_asked(netkit):
    told = json.loads(netkit("judge", "--from", "Ana Example", "--note", "", "--json")[1])["advice"]
    assert told["facts"]["note_kind"]["level"] == "none" and told["fact"] == "recognised"
    untold = json.loads(netkit("judge", "--from", "Ana Example", "--json")[1])["advice"]
    assert "note_kind" not in untold["facts"] and untold["fact"] == "note_kind"
    unsure = json.loads(netkit("judge", "--from", "Ana Example", "--note", "Hello, other words", "--json")[1])
    assert "note_kind" not in unsure["advice"]["facts"]  # the reader is not sure, and both are declined
    assert (unsure["advice"]["leans_to"], unsure["advice"]["fact"]) == ("decline", "recognised")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--to", "Dee", "--for", "a talk"], "Add --for PURPOSE and --by telephone, in_person, email or"),
        (["--from", "linkedin.com/in/ana"], "'linkedin.com/in/ana' is an address and no name. Give it with"),
        (["--url", "hello"], "'hello' is no address of a profile. Give one such as"),
        (["--not", "sells"], "no note that netkit could have read as a pitch. Give it with --note, or"),
        (["--fact", "recognised"], "Write recognised=yes, recognised=no, recognised=unknown or"),
        (["--fact", "recognisd=yes"], "Did you mean 'recognised'? It can be yes or no."),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_two_sentences_with_what_can_be_written(netkit, words, says):
    code, _, problem = netkit("judge", "--from", "Ana Example", *words)
    assert code == 2 and says in problem and "Usage" not in problem


def test_whoever_is_connected_needs_no_answer_whatever_they_write(netkit):
    out = netkit("judge", "--from", "Dee Lind", "--note", "Shall we connect here too?")[1]
    assert out.startswith("nothing to do You are connected already, since 12 Jan 2020; nothing is left")
    assert "If this is another Dee Lind, add --url." in out and "Say it with" not in out and "Dear" not in out
    other = netkit("judge", "--from", "Dee Lind", "--url", "https://www.linkedin.com/in/dee-2")[1]
    assert "connected already" not in other
    assert "one person of this name since 12 Jan 2020, at another address." in other


def test_who_sent_no_note_is_declined_without_a_letter_and_who_wrote_gets_one(netkit):
    facts = [
        word
        for fact in (
            "recognised", "past_in_profile", "interacted_elsewhere", "profile_intrigues", "useful_field", "note_says_why",
            "note_recalls_meeting", "asks_for_money_or_data", "note_asks_favour", "note_sells",
        )
        for word in ("--fact", f"{fact}=no")
    ]  # fmt: skip
    told = ("judge", "--from", "Ana Example", "--json", "--value", "my_first_name=Kim", *facts)
    for note, letter in (("", False), ("I weld and forge gates and railings by hand in Ulm.", True)):
        found = json.loads(netkit(*told, "--note", note)[1])
        assert found["advice"]["rule"] == "otherwise" and bool(found["letter"]) is letter


def test_an_earlier_note_and_your_answer_to_it_are_told(netkit):
    first = ("--note", "I weld, and read your post on apprentices.", "--on", "2024-03-02", "--keep")
    kept = netkit("judge", "--from", "Ana Example", *first)[1].split("Kept: ")[1].split(".")[0]
    again = ("judge", "--from", "Ana Example", "--note", "hello", "--on", "2024-03-20")
    out = netkit(*again)[1]
    told = 'Invited you on 2 Mar 2024 with the note "I weld, and read your post on apprentices."'
    assert told in out and "there is no note of their own" in out
    netkit("decide", kept, "accept", "--on", "2024-03-03")
    out = netkit(*again)[1]
    assert out.startswith("nothing to do You accepted this person before.")
    assert f"{told}; you chose accept on 3 Mar 2024." in out


def test_whoever_of_your_contacts_the_note_names_is_told(netkit):
    told = "The note names Dee Lind: connected with you since 12 Jan 2020."
    note = "Dee Lind suggested that I write to you about the mill."
    assert told in netkit("judge", "--from", "Ana Example", "--note", note)[1]
    assert told not in netkit("judge", "--from", "Ana Example", "--note", "Dee Linden suggested it.")[1]
    netkit("judge", "--from", "Ana Example", "--note", note, "--keep")
    assert told in netkit("show", "Ana Example")[1]
