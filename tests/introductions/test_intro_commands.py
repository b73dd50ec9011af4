"""The commands about introductions and the network, beyond what the week's page shows."""

import json
from datetime import date

import icalendar
import pytest
from invented_export import connection, export, message
from invented_introductions import READY

from netkit.cli import run, screen
from netkit.introductions import past_letters, read_lives
from netkit.ledger import open_ledger

ON = ["--on", "2024-03-04"]
ASK = ["--value", "requester_background=is a nurse", "--value", "why_this_contact=you know it",
       "--value", "purpose_in_words=learn it", "--value", "my_first_name=Kim"]  # fmt: skip


@pytest.fixture
def netkit(tmp_path, monkeypatch, capsys):
    """Run a command on a workspace of its own; returns what it printed, after checking the exit code."""
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(screen.console, "width", 160)

    def call(*words, code=0):
        assert run(list(words)) == code
        return "".join(capsys.readouterr())

    call.home = tmp_path / "home"
    return call


def request(netkit, *facts, contact="Mira Solberg"):
    given = [word for fact in facts for word in ("--fact", fact)]
    netkit("intro", "ask", "Tom Achterberg", contact, "--for", "a question", "--by", "telephone", *ON, *given)
    with open_ledger(netkit.home) as ledger:
        return next(life.request for life in read_lives(ledger) if life.contact_name == contact)


def life(netkit):
    with open_ledger(netkit.home) as ledger:
        return read_lives(ledger)[0]


def test_a_letter_that_lacks_something_leaves_the_step_undone(netkit):
    key = request(netkit)
    said = netkit("intro", "permit", key, "asked", *ASK[:2], *ON, code=2)
    assert "why_this_contact" in said
    assert life(netkit).standing == ()
    netkit("intro", "permit", key, "asked", *ASK, *ON)
    assert [step.step for step in life(netkit).standing] == ["permission_asked"]


def test_a_letter_is_kept_as_it_was_sent(netkit, tmp_path):
    key = request(netkit)
    (tmp_path / "sent.txt").write_text("Dear Mira, may I?\n", encoding="utf-8")
    said = netkit("intro", "permit", key, "asked", "--sent", "sent.txt", *ON)
    assert "Dear Mira, may I?" in said
    said = netkit("intro", "keep", key, "ask-permission", "--sent", "sent.txt", *ON)
    assert "Kept as letter 2" in said
    with open_ledger(netkit.home) as ledger:
        assert [one["text"] for one in past_letters(ledger)] == ["Dear Mira, may I?"] * 2
    assert netkit("intro", "letters", "--show", "1") == "Dear Mira, may I?\n"


def test_a_step_without_a_letter_says_how_to_keep_it(netkit):
    key = request(netkit)
    assert f"netkit intro keep {key} ask-permission" in netkit("intro", "permit", key, "asked", *ON)


def test_the_letter_of_a_step_that_is_recorded_already_is_kept_by_saying_the_step_again(netkit):
    key = request(netkit)
    netkit("intro", "permit", key, "asked", *ON)
    assert "Kept as letter 1 (ask-permission)" in netkit("intro", "permit", key, "asked", *ASK, *ON)
    assert [step.step for step in life(netkit).standing] == ["permission_asked"]
    assert "is not possible now" in netkit("intro", "permit", key, "asked", *ON, code=2)
    netkit("intro", "permit", key, "given", *ON)
    made = netkit("intro", "make", key, "--value", "contact_background=runs a ward", *ON)
    assert "Kept as letter 2 (introduce)" in made  # with what the first letter was told


def test_a_name_that_is_almost_one_of_the_ledger_is_asked_about(netkit):
    request(netkit)
    said = netkit("intro", "ask", "Bo Kern", "Mira Solbreg", "--for", "a talk", "--by", "email", *ON)
    assert (
        "Did you mean Mira Solberg?" in said
        and "--request" in said
        and "Nobody else is called 'Bo" not in said
    )


def test_you_are_not_one_of_the_two_whom_you_introduce(netkit):
    with open_ledger(netkit.home) as ledger:
        you = {"first_name": "Kim", "last_name": "Own"}
        ledger.import_export(export("2024-03-01", profile=[you]))
    said = netkit("intro", "ask", "Kim Own", "Mira Solberg", "--for", "x", "--by", "email", *ON, code=2)
    assert "'Kim Own' is your own name" in said


def test_the_refusal_is_the_letter_that_the_deciding_rule_owes(netkit):
    key = request(
        netkit, "purpose=venture", "requester_known=barely", "contact_prominent=yes", "contact_known=well"
    )
    assert "not comfortable" in netkit("intro", "judge", key, *ON)
    said = netkit("intro", "answer", key, "decline", "--value", "my_first_name=Kim", *ON)
    assert "Kept as letter 1 (not-comfortable)" in said


def test_a_wrong_step_ends_with_one_sentence_and_code_2(netkit):
    key = request(netkit)
    said = netkit("intro", "follow-up", key, *ON, code=2)
    assert said.startswith(f"netkit: {key} waits for your answer since 4 Mar 2024")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["intro", "outcome", "KEY"],
        ["intro", "outcome", "KEY", "--requester", "fine"],
        ["intro", "permit", "KEY", "maybe"],
        ["intro", "answer", "KEY", "redirect"],
        ["intro", "show", "intro-nobody"],
        ["intro", "letters", "--like", "3"],
        ["intro", "undo", "KEY"],
        ["intro", "ask", "A B", "C D", "--for", "x", "--by", "letter"],
        ["intro", "judge", "KEY", "--fact", "purpose"],
        ["intro", "undo", "KEY", "--request", "--step", "1"],
        ["intro", "answer", "KEY", "decline", "--on", "9999-01-01"],
        ["due", "--on", "tomorrow"],
        ["review", "--keep", "Nobody"],
    ],
)
def test_what_cannot_be_used_ends_with_code_2_and_changes_nothing(netkit, words):
    key = request(netkit)
    netkit(*[key if word == "KEY" else word for word in words], code=2)
    assert life(netkit).steps == ()


def test_a_step_is_taken_back_from_the_command_line(netkit):
    key = request(netkit)
    netkit("intro", "answer", key, "decline", *ON)
    assert "waits for your answer" in netkit("intro", "undo", key, "--because", "the wrong one", *ON)
    table = netkit("intro", "show", key, *ON)
    assert "undone; because: the wrong one" in table


def test_decide_makes_no_introduction_that_the_contact_has_not_permitted(netkit):
    key = request(netkit)
    said = netkit("decide", key, "introduce", *ON, code=2)
    assert f"netkit intro permit {key} given" in said
    assert f"netkit intro make {key} --without-permission-because TEXT" in said
    assert life(netkit).state.name == "asked"
    netkit("intro", "permit", key, "given", *ON)
    netkit("decide", key, "introduce", *ON)
    assert life(netkit).state.name == "introduced"


def test_after_the_contacts_no_the_error_names_the_answer_to_the_requester(netkit):
    key = request(netkit)
    netkit("intro", "permit", key, "asked", *ON)
    netkit("intro", "permit", key, "refused", *ON)
    said = " ".join(netkit("intro", "make", key, *ON, code=2).split())
    assert f"{key} cannot be made: the contact said no" in said
    assert f"netkit intro answer {key} decline --letter" in said
    assert "given" not in said and "--without-permission-because" not in said


@pytest.mark.parametrize(
    ("action", "state"),
    [("ask_permission", "permission_asked"), ("ask_requester", "asked_more"), ("decline", "declined")],
)
def test_what_decide_says_of_an_introduction_is_a_step_of_its_life_and_can_be_taken_back(
    netkit, action, state
):
    key = request(netkit)
    netkit("decide", key, action, "--fact", "purpose=information", "--because", "so", *ON)
    told = life(netkit)
    assert (told.state.name, told.standing[-1].detail) == (state, {"because": "so"})
    said = netkit("decide", key, "undo")
    assert "waits for your answer" in said
    assert life(netkit).state.name == "asked"


def test_decide_notes_the_facts_that_an_answer_rested_on_or_records_nothing(netkit):
    key = request(netkit)
    netkit("decide", key, "decline", "--fact", "purpose=informaton", *ON, code=2)
    assert life(netkit).state.name == "asked"
    netkit("decide", key, "decline", "--fact", "purpose=information", "--opinion-seen", *ON)
    with open_ledger(netkit.home) as ledger:
        noted = ledger.notes.to_frame("introduction").set_index("fact").loc["purpose"]
    assert (noted["request"], noted["level"], str(noted["at"].date())) == (
        key, "information", "2024-03-04",
    )  # fmt: skip
    assert life(netkit).standing[-1].detail == {"opinion_seen": True}


def test_decide_takes_no_step_that_cannot_follow(netkit):
    key = request(netkit)
    netkit("intro", "make", key, "--without-permission-because", "they had met", *ON)
    said = netkit("decide", key, "decline", "--fact", "purpose=work", *ON, code=2)
    assert "'declined' is not possible now" in said
    with open_ledger(netkit.home) as ledger:
        assert ledger.decisions.to_frame().empty and ledger.notes.to_frame().empty


def test_a_redirect_by_decide_needs_the_way_on_and_says_where_to_give_it(netkit):
    key = request(netkit)
    said = netkit("decide", key, "redirect", *ON, code=2)
    assert f"netkit intro answer {key} redirect --way-on TEXT" in said


def test_what_was_said_of_a_request_that_was_taken_back_is_in_nobodys_way(netkit):
    wrong = request(netkit, "requester_known=well", contact="Mira Solbreg")
    netkit("intro", "undo", wrong, "--request")
    right = request(netkit)
    assert "For " + wrong not in netkit("intro", "judge", right, *ON)
    assert "redirect" in netkit("policy", "explain", right)
    assert "(0 of 1 request" in netkit("intro", "lessons")


def test_a_step_of_an_earlier_day_than_the_judging_says_how_to_go_on_and_that_works(netkit):
    key = request(netkit)
    netkit("intro", "judge", key, "--on", "2024-03-08")
    said = netkit("intro", "permit", key, "given", "--on", "2024-03-06", code=2)
    assert "(judged: open" in said and "is of 8 Mar 2024" in said
    assert f"take it back with 'netkit intro undo {key}' and record it again afterwards" in said
    netkit("intro", "undo", key)
    netkit("intro", "permit", key, "given", "--on", "2024-03-06")
    netkit("intro", "judge", key, "--on", "2024-03-08")
    assert life(netkit).state.name == "permission_given"


def test_an_introduction_is_not_followed_up_before_it_is_made(netkit):
    key = request(netkit)
    netkit("intro", "permit", key, "given", *ON)
    said = netkit("intro", "make", key, "--follow-up-on", "2024-03-01", *ON, code=2)
    assert "made on 4 Mar 2024 and followed up on 1 Mar 2024" in said
    assert life(netkit).state.name == "permission_given"


def test_the_same_request_by_another_channel_is_not_passed_over(netkit):
    key = request(netkit)
    again = ["Tom Achterberg", "Mira Solberg", "--for", "a question", "--by", "email", *ON]
    said = netkit("intro", "ask", *again, code=2)
    assert f"netkit intro judge {key} --fact asked_by=email" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["defer", "--remind-on", "2024-03-01", "--on", "2024-03-04"], "Give 2024-03-04 or a later day"),
        (["accept", "--remind-on", "2999-03-01"], "with 'defer' only"),
    ],
)
def test_a_reminder_is_for_what_is_deferred_and_lies_ahead(netkit, words, says):
    assert says in netkit("decide", "inv-1", *words, code=2)


def test_a_letter_whose_outcome_is_not_known_shows_none_and_an_unknown_number_is_refused(netkit):
    key = request(netkit)
    netkit("intro", "permit", key, "asked", *ASK, *ON)
    assert "nan" not in netkit("intro", "letters")
    assert json.loads(netkit("intro", "letters", "--json"))[0]["outcome"] is None
    assert "Dear Mira" in netkit("intro", "letters", "--show", "1")
    said = netkit("intro", "letters", "--show", "2", code=2)
    assert "no letter number 2" in said and "Take one of 1." in said


def test_a_mistyped_request_is_taken_back_from_the_command_line(netkit):
    key = request(netkit)
    assert "Nothing counts it" in " ".join(netkit("intro", "undo", key, "--request", *ON).split())
    assert "No introduction was asked for yet." in netkit("intro", "list", "--all")
    said = netkit("intro", "show", key, code=2)
    assert "does not know the introduction" in said


@pytest.mark.parametrize("width", [60, 80])
def test_keys_and_days_are_never_cut_off_however_narrow_the_screen(netkit, monkeypatch, width):
    long = "Wilhelmina Featherstonehaugh-Cholmondeley"
    key = request(netkit, contact=long)
    netkit("intro", "judge", key, *ON)
    monkeypatch.setattr(screen.console, "width", width)
    said = netkit("intro", "list")
    assert key in said and "4 Mar 2024" in said
    assert "Wilhelmina" in said and "Tom" in said


def test_somebody_called_like_a_missing_value_keeps_his_name(netkit):
    request(netkit, contact="nan")
    assert json.loads(netkit("intro", "list", "--json"))[0]["contact_name"] == "nan"
    assert "nan" in netkit("intro", "list")


def test_everything_that_is_listed_can_be_had_as_json(netkit):
    key = request(netkit, *(f"{fact}={level}" for fact, level in READY.items()))
    judged = json.loads(netkit("intro", "judge", key, "--json", *ON))
    assert (judged["action"], judged["clause"]) == ("ask_permission", "PI4, PI1, PI2")
    netkit("intro", "permit", key, "asked", *ASK, *ON)
    (listed,) = json.loads(netkit("intro", "list", "--json"))
    assert (listed["request"], listed["state"], listed["turn"]) == (key, "permission_asked", "contact")
    shown = json.loads(netkit("intro", "show", key, "--json", *ON))
    assert shown["facts"]["requester_known"] == "well"
    assert shown["possible"][0] == "permission_given"
    (load,) = json.loads(netkit("intro", "list", "--contacts", "--json", *ON))
    assert (load["contact_name"], load["lately"]) == ("Mira Solberg", 1)
    assert json.loads(netkit("intro", "letters", "--json"))[0]["template"] == "ask-permission"
    assert json.loads(netkit("intro", "lessons", "--json"))["requests"] == 1
    (due,) = json.loads(netkit("due", "--json", "--on", "2024-03-20"))
    assert (due["kind"], due["due_on"], due["clause"]) == ("permission", "2024-03-14", "PI2, PI10, PN7")


def test_the_calendar_file_holds_what_is_due_later_too(netkit, tmp_path):
    request(netkit)
    said = netkit("due", "--ics", "due.ics", *ON)
    assert "Nothing is due on 4 Mar 2024." in said
    assert "Later, on 7 Mar 2024: " in said
    (event,) = icalendar.Calendar.from_ical((tmp_path / "due.ics").read_bytes()).walk("VEVENT")
    assert event.decoded("DTSTART") == date(2024, 3, 7)


def test_a_file_that_cannot_be_used_is_one_sentence_and_nothing_is_recorded(netkit, tmp_path):
    key = request(netkit)
    said = netkit("due", "--ics", "nowhere/due.ics", *ON, code=2)
    assert "nowhere/due.ics" in said
    (tmp_path / "letter.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    said = netkit("intro", "permit", key, "asked", "--sent", "letter.doc", *ON, code=2)
    assert "letter.doc is not plain text" in said
    assert life(netkit).steps == ()


def test_without_a_reminder_no_calendar_file_is_written(netkit, tmp_path):
    assert "due.ics was not written" in netkit("due", "--ics", "due.ics", *ON)
    assert not (tmp_path / "due.ics").exists()


def test_the_days_default_to_today(netkit):
    before = date.today()
    netkit("intro", "ask", "A B", "C D", "--for", "x", "--by", "email")
    assert before <= life(netkit).asked_on <= date.today()


def test_the_review_lists_with_reasons_and_remembers(netkit):
    with open_ledger(netkit.home) as ledger:
        people = [connection(name, "2015-01-01", slug=name[:2].lower()) for name in ("Bo Lind", "Cy Wolf")]
        ledger.import_export(export("2024-03-01", connections=people))
    said = netkit("review", "--limit", "1")
    assert "Met long ago and never heard from since: 2 of 2 connections" in said
    assert "1 more: netkit review --limit 0" in said
    assert "1 Jan 2015" in said
    said = netkit("review", "--keep", "Bo Lind", "--because", "a school friend", *ON)
    assert said == "Remembered: Bo Lind is kept, and not shown again.\n"
    assert [row["name"] for row in json.loads(netkit("review", "--json"))["people"]] == ["Cy Wolf"]
    assert "Left out, because you have decided: 1 person." in netkit("review")


def test_the_review_names_people_by_what_can_be_read_and_typed(netkit):
    days = [f"2020-0{month}-01T12:00:00Z" for month in range(1, 6)]
    talked = [message("in:bo", day, direction=way) for day in days for way in ("incoming", "outgoing")]
    with open_ledger(netkit.home) as ledger:
        people = [connection(name, "2015-01-01", slug=name[:2].lower()) for name in ("Bo Lind", "Cy Wolf")]
        ledger.import_export(export("2024-03-01", connections=people, messages=talked))
    close, silent = netkit("review").split("Met long ago")
    assert "Bo Lind" in close and "1 May 2020" in close and "they wrote 5 times, you 5" in close
    assert "Write to them." in close
    assert "Cy Wolf   1 Jan 2015" in silent and "you wrote" not in silent  # nobody of them was written to
    assert "never heard" not in silent.partition("\n")[2] and "--keep NAME" in silent
    assert "in:" not in close + silent and ":00" not in close


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--keep", "Bo Lind", "--close-contact", "Nobody Here"], "no connection called 'Nobody Here'"),
        (["--keep", ""], "'' is nobody's name"),
        (["--keep", "Bo Lind", "--on", "2999-01-01"], "has not come yet"),
    ],
)
def test_what_is_decided_in_a_review_is_remembered_all_or_not_at_all(netkit, words, says):
    with open_ledger(netkit.home) as ledger:
        people = [connection("Bo Lind", "2015-01-01", slug="bo")]
        ledger.import_export(export("2024-03-01", connections=people))
    said = netkit("review", *words, code=2)
    assert says in said and "Remembered" not in said
    with open_ledger(netkit.home) as ledger:
        assert ledger.reviews.to_frame().empty


@pytest.mark.parametrize("school", ["personal_voucher", "known_people_only"])
def test_a_policy_of_your_own_that_is_silent_about_a_kind_leaves_it_to_the_house(netkit, school):
    with open_ledger(netkit.home) as ledger:
        ledger.invitations.add("Ada Love", sent_at="2024-03-01", source="test")
    netkit("policy", "new", "my_policy", "--from", school)
    assert "Ada Love" in netkit("triage")
    assert "is answered yes" in netkit("policy", "explain")
    key = request(netkit)
    assert "requester_known: How well do you know" in netkit("intro", "judge", key, *ON)
    assert "Mira Solberg" in netkit("intro", "show", key)
    assert "KP7" in netkit("ask", "Bo Kern", "--draft", "Hello")
    assert "Record decisions with" in netkit("fit", code=2)


def test_your_own_my_policy_judges_in_the_houses_place(netkit):
    netkit("policy", "new", "my_policy", "--from", "personal_voucher")
    key = request(netkit)
    judged = json.loads(netkit("intro", "judge", key, "--json", *ON))
    with open_ledger(netkit.home) as ledger:
        (life_,) = read_lives(ledger)
    assert life_.last("judged").detail["policy"] == "my_policy"
    assert judged["request"] == key
