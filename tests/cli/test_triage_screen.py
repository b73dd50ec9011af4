"""What waits on one screen: three lines a request, keys whole, and below it what waits unusually long."""

import json
import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from invented_export import connection, export, invitation, message

from netkit.cli import run
from netkit.cli.screen import console
from netkit.cli.triage_screen import _model, _say_head
from netkit.introductions import look_again_on
from netkit.ledger import open_ledger
from netkit.sitting import sit_with_what_waits
from netkit.wording import day_words

NOTE = "Loved your talk in Graz, I'd like to ask about your glazes and about kilns, " * 3
TWENTY = [(f"Quick {n}", f"quick-{n}") for n in range(20)]
FACTS = {"recognised": "yes", "would_stay_in_touch": "no"}


@pytest.fixture
def home(tmp_path):
    """Twenty were accepted at once; seven wait, one of them since January and one with known facts."""
    days = {"Kim Park": "2024-01-17", **{f"Lee Number {n}": f"2024-02-2{n}" for n in range(6)}}
    waiting = [
        invitation(name, f"{day}T12:00:00+00:00", slug=name.casefold().replace(" ", "-"), note=NOTE)
        for name, day in days.items()
    ]
    asked = [invitation(name, "2024-01-01T12:00:00+00:00", slug=slug) for name, slug in TWENTY]
    linked = [connection(name, "2024-01-01", slug=slug) for name, slug in TWENTY]
    with open_ledger(tmp_path) as ledger:
        rows = [*asked, *waiting]
        ledger.import_export(
            export("2024-03-01", invitations=rows, connections=linked, absent=("address_book",))
        )
        key = ledger.invitations.to_frame().set_index("name").loc["Lee Number 3", "request"]
        for fact, level in FACTS.items():
            ledger.notes.add(key, fact, level, at="2024-03-01", source="test")
    return tmp_path


@pytest.fixture
def netkit(home, capsys, monkeypatch):
    def call(*words, width=80, home=home):
        monkeypatch.setattr(console, "_width", width)
        capsys.readouterr()
        code = run([*words, "--home", str(home)])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    return call


def keys(home):
    with open_ledger(home) as ledger:
        sent = ledger.invitations.to_frame().set_index("name")["request"]
    return {name: key for name, key in sent.items() if not name.startswith("Quick")}


def test_what_can_be_answered_comes_first_and_what_waits_unusually_long_last(netkit):
    out = netkit("triage")
    head = out.splitlines()[0]
    assert re.fullmatch(r"7 invitations are waiting \(archive of 1 Mar 2024\) +policy: house", head)
    assert len(head) == 79
    titles = re.findall(r"^\S.*: \d+$", out, flags=re.MULTILINE)
    assert titles == [
        "Ready: 1",
        "One answer needed: 5",
        "Unanswered for long (you accept 19 of 20 within 1 day): 1",
    ]
    assert "17 Jan 2024 · 44 days" in out


def test_a_request_takes_three_lines_who_why_and_what_they_wrote(netkit, home):
    lines = netkit("triage").splitlines()
    at = next(place for place, line in enumerate(lines) if "Lee Number 3" in line)
    who, why, wrote = lines[at : at + 3]
    assert re.fullmatch(r" Lee Number 3   ignore\s+" + keys(home)["Lee Number 3"], who)
    assert why.strip() == "You know who this is and would not stay in touch."
    assert wrote.startswith(
        "   23 Feb 2024 · 7 days · \"Loved your talk in Graz, I'd like to"
    ) and wrote.endswith("…")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_screen_and_every_key_is_whole(netkit, home, width):
    out = netkit("triage", "--all", width=width)
    assert all(key in out for key in keys(home).values())
    part = out[out.index("Ready") : out.rindex("Was the")]
    assert max(map(len, part.splitlines())) <= width


@pytest.mark.parametrize(
    ("name", "width", "ends"),
    [("my_policy", 80, ["10 Mar 2024)    policy: my policy"]), ("my_policy", 60, ["2024)", "policy: my policy"]),
     ("a_policy_" * 12, 80, ["2024)", "…"])],
)  # fmt: skip
def test_the_head_stands_on_whole_lines_whatever_the_policy_is_called(capsys, monkeypatch, name, width, ends):
    monkeypatch.setattr(console, "_width", width)
    waiting = SimpleNamespace(policy=SimpleNamespace(name=name))
    _say_head("1,000 invitations are waiting (archive of 10 Mar 2024)", waiting)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(ends) and max(map(len, lines)) <= width
    assert all(
        re.sub(" +", " ", line).endswith(re.sub(" +", " ", end))
        for line, end in zip(lines, ends, strict=True)
    )


def test_the_first_few_of_each_part_are_listed_and_all_on_demand(netkit, home):
    few, every = netkit("triage"), netkit("triage", "--all")
    assert "and 1 more" in few and "All 7 rows: netkit triage --all" in few
    assert sum(key in few for key in keys(home).values()) == 6
    assert "more\n" not in every and "--all" not in every


def test_the_clause_and_the_whole_reason_are_told_where_asked(netkit):
    assert "both kind and true" not in netkit("triage")
    said = " ".join(netkit("triage", "--why").split())
    assert "You could write nothing that is both kind and true, so write nothing. [PN6, KP5]" in said
    assert (
        said.count(
            "PN6: Do not accept an invitation if you met, but did not take to them or would not stay in touch."
        )
        == 1
    )


def test_what_no_file_told_is_said_once_with_what_is_assumed_and_what_to_add(netkit):
    for words in (["triage", "--all"], ["triage"]):
        said = " ".join(netkit(*words).split())
        assert said.count("No file tells this, so netkit assumes no: Was the sender") == 1
        assert "Nobody remembers" not in said
        assert "wrote before" not in said  # the messages were there
        may = "Your mail, calendar or address book may say whether you know 5 senders:"
        assert f"{may} netkit evidence add PATH" in said


def test_until_the_model_may_speak_one_sentence_says_how_many_more_decisions_it_takes(netkit):
    said = " ".join(netkit("triage").split())
    assert said.count("Record 60 more decisions") == 1
    assert "Record 60 more decisions" in " ".join(netkit("history").split())


def test_what_the_model_says_stands_beside_the_advice_in_words():
    row = {"settled": True, "action": "decline", "model_action": "decline", "model_probability": 0.12}
    assert _model(row) == "the model agrees: you refused about 9 of 10 like this"
    row |= {"model_action": "accept", "model_probability": 0.71}
    assert _model(row) == "the model says accept: you accepted about 7 of 10 like this"
    assert _model({**row, "model_action": None}) == ""


def test_it_ends_with_the_next_step(netkit):
    last = netkit("triage").splitlines()[-2:]
    assert last[0] == "Answer them one by one: netkit work      All 7 rows: netkit triage --all"
    assert "netkit show NAME" in last[1]


def test_json_keeps_all_rows_with_note_state_and_days(netkit, home):
    rows = {row["name"]: row for row in json.loads(netkit("triage", "--json"))}
    assert set(rows) == set(keys(home))
    kim = rows["Kim Park"]
    assert (kim["state"], kim["waited_days"], kim["note"]) == ("aged", 44, NOTE)
    assert (kim["question"], rows["Lee Number 3"]["action"]) == (
        "Is there a valid reason to connect, and does it hold now?", "ignore",
    )  # fmt: skip


def test_without_any_acceptance_what_waits_is_listed(netkit, tmp_path_factory):
    home = tmp_path_factory.mktemp("young")
    with open_ledger(home) as ledger:
        ledger.invitations.add("Ann Lake", sent_at="2024-02-19", source="test")
    out = netkit("triage", home=home, width=30)
    assert out.startswith("1 invitation is waiting\npolicy: house\n")


def test_reading_ends_with_how_many_wait_and_the_next_command(netkit, home, tmp_path_factory):
    archive = tmp_path_factory.mktemp("archive")
    (archive / "Connections.csv").write_text("First Name,Last Name,URL,Connected On\n", encoding="utf-8")
    (archive / "Invitations.csv").write_text(
        "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
        'Ann Lake,Me Self,"3/1/24, 9:15 AM",,INCOMING,https://www.linkedin.com/in/ann,\n',
        encoding="utf-8",
    )
    said = " ".join(netkit("read", str(archive), home=tmp_path_factory.mktemp("new")).split())
    assert said.startswith(f"Read {archive.name}: 1 invitation. Not in it: messages")
    assert "1 invitation is waiting for your answer. 1 has advice that stands unless you know more" in said
    assert said.endswith("Answer them one by one: netkit work See them all: netkit triage")
    looked = netkit("read", str(archive), "--look", "--details")
    assert "waiting" not in looked and "What is missing" in looked


PITCH = "We help firms like yours cut payroll cost by 40 %. 15 minutes this week for a quick demo?"
TOLD = {
    "Tom Pitch": {"note_kind": "personal", "note_sells": "yes", "asks_for_money_or_data": "no"},
    "Una Reason": {
        "note_kind": "personal", "note_sells": "no", "note_asks_favour": "no", "note_says_why": "yes",
        "note_recalls_meeting": "no", "asks_for_money_or_data": "no",
    },
    "Vic Vague": {
        "note_kind": "personal", "note_asks_favour": "no", "note_says_why": "yes",
        "note_recalls_meeting": "no", "asks_for_money_or_data": "no",
    },
}  # fmt: skip


@pytest.fixture
def told(tmp_path_factory):
    """One without a note, and three whose notes say what the facts say."""
    home = tmp_path_factory.mktemp("told")
    with open_ledger(home) as ledger:
        for n, (name, facts) in enumerate({"Sid Still": {}, **TOLD}.items()):
            request = ledger.invitations.add(
                name, sent_at=f"2024-02-2{n}", source="test", message=PITCH if name == "Tom Pitch" else None
            )
            ledger.notes.add_many([(request, "note_kind", "none")] * (not facts), at="2024-02-27", source="t")
            for fact, level in facts.items():
                ledger.notes.add(request, fact, level, at="2024-02-27", source="test")
    return home


def test_what_nobody_but_you_could_say_against_it_does_not_keep_the_advice_back(netkit, told):
    out = netkit("triage", home=told)
    assert (
        "Advice, unless you know more: 2" in out and "Your answers needed (at most 2 answers each): 2" in out
    )
    assert " Tom Pitch   decline, unless you know them or ask for this " in out
    assert "The note sells something" in out and "We help firms like yours" in out
    still = out.index(" Sid Still   decline ")
    assert "Unless you know them, share a past, have talked elsewhere or are curious." in out[still:]
    rows = {row["name"]: row for row in json.loads(netkit("triage", "--json", home=told))}
    assert {name: (row["leans_to"], row["answers"]) for name, row in rows.items()} == {
        "Sid Still": ("decline", None), "Tom Pitch": ("decline", None), "Una Reason": (None, 1),
        "Vic Vague": (None, 2),
    }  # fmt: skip
    assert not any(row["settled"] for row in rows.values())
    assert rows["Tom Pitch"]["facts"].keys().isdisjoint({"recognised", "fits_my_stated_wishes"})


def test_the_question_that_comes_first_is_that_of_which_every_answer_leads_to_advice(netkit, told):
    said = " ".join(netkit("show", "Una", home=told).split())
    assert "Question Is there a valid reason to connect, and does it hold now?" in said
    assert (
        "If now: accept, but say first if you know them" in said
        and "If none: decline, unless you know them" in said
    )


def test_who_was_deferred_does_not_wait_before_the_day_and_is_named_with_it(netkit, told):
    netkit("decide", "Sid", "defer", "--remind-on", "2999-01-04", home=told)
    out = netkit("triage", home=told)
    assert out.startswith("3 invitations are waiting") and "Deferred: Sid Still until 4 Jan 2999." in out
    assert "Sid Still" not in netkit("triage", "--json", home=told)
    assert sit_with_what_waits(told, "terminal").about.rows.keys().isdisjoint({keys(told)["Sid Still"]})
    later = "Later, on 4 Jan 2999: You deferred the invitation of Sid Still"
    assert later in " ".join(netkit("due", home=told).split())
    netkit("decide", "Sid", "defer", "--remind-on", "2024-03-04", "--on", "2024-03-01", home=told)
    out = netkit("triage", home=told)
    assert out.startswith("4 invitations are waiting") and "You deferred it until 4 Mar 2024." in out


def test_who_was_asked_rests_until_a_reply_or_the_day_and_can_be_answered_meanwhile(netkit, told):
    until = look_again_on(date.today(), action="ask")
    assert until == date.today() + timedelta(days=14)
    assert f"Look again on {day_words(until)}: netkit due" in netkit("decide", "Sid", "ask", home=told)
    out = netkit("triage", home=told)
    assert out.startswith("3 invitations are waiting")
    assert f"Asked, and no reply yet: Sid Still until {day_words(until)}." in out and "Deferred" not in out
    assert sit_with_what_waits(told, "terminal").about.rows.keys().isdisjoint({keys(told)["Sid Still"]})
    shown = " ".join(netkit("show", "Sid", home=told).split())
    assert (
        f"you asked on {day_words(date.today())}, and it comes back on {day_words(until)}, or with a" in shown
    )
    due = " ".join(netkit("due", home=told).split())
    assert f"Later, on {day_words(until)}: Answer Sid Still: you asked on {day_words(date.today())}" in due
    assert "ask stands again" not in netkit("decide", "Sid", "decline", home=told)
    assert "Asked" not in netkit("triage", home=told)


def test_a_reply_brings_who_was_asked_back_at_once_with_its_day(netkit, home):
    asked, came = date.today() - timedelta(days=3), date.today() - timedelta(days=1)
    netkit("decide", "Lee Number 2", "ask", "--on", f"{asked}")
    assert "Lee Number 2" not in netkit("triage", "--json")
    wrote = message("in:lee-number-2", f"{came}T12:00:00+00:00")
    with open_ledger(home) as ledger:
        key = keys(home)["Lee Number 2"]
        sent = next(row for row in ledger.invitations.rows() if row["request"] == key)
        again = invitation(sent["name"], sent["sent_at"].isoformat(), slug="lee-number-2", note=NOTE)
        ledger.import_export(export(f"{date.today()}", invitations=[again], messages=[wrote]))
    out = " ".join(netkit("triage").split())
    assert f"You asked on {day_words(asked)}; a message came on {day_words(came)}." in out
    assert "Did you ask whether you know each other, and what came back?" in out
