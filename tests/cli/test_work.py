"""The workplace in the terminal, driven by its keys."""

import asyncio
import io
import shutil
from datetime import UTC, datetime

import pandas as pd
import pytest
from invented_export import export, invitation, message
from invented_sitting import HOSTILE, add_mail, build
from textual.events import Key

from netkit.cli import run, work_command
from netkit.cli.terminal_workplace import TerminalWorkplace
from netkit.introductions import look_again_on
from netkit.ledger import open_ledger
from netkit.sitting import sit_with_the_past, sit_with_what_waits
from netkit.sitting.card import card, closing


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("work") / "built")


@pytest.fixture
def home(built, tmp_path):
    shutil.copytree(built, tmp_path / "home")
    return tmp_path / "home"


def text(app):
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def drive(session, *keys, size=(80, 24), copied=None):
    """Press keys and return what stood on the screen before each of them and after the last."""
    app = TerminalWorkplace(session, copy=lambda letter: copied is not None and not copied.append(letter))
    seen = []

    async def sitting():
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                seen.append(text(app))
                await pilot.press(*key.split())
                await pilot.pause()
            seen.append(text(app))

    asyncio.run(sitting())
    return seen


def record(home):
    with open_ledger(home) as ledger:
        rows, noted = ledger.decisions.to_frame(include_undone=True), ledger.notes.to_frame()
    mine = [table[table["via"].str.startswith("terminal")] for table in (rows, noted)]
    return mine[0][["request", "action", "opinion_seen"]], mine[1][["request", "fact", "level"]]


def the_same(one, other):
    return all(
        pd.DataFrame.equals(*(each.reset_index(drop=True) for each in pair))
        for pair in zip(one, other, strict=True)
    )


# The first and the last are alike; Bo is passed over and answered at the end.
KEYS = ["y", "n", "enter", "s", "i", "n", "u", "?", "d", "a", "v", "q"]


def test_a_sitting_by_keys_leaves_what_the_same_answers_in_the_lab_leave(home, tmp_path):
    shutil.copytree(home, tmp_path / "other")
    other = sit_with_what_waits(tmp_path / "other", "terminal")
    for key in KEYS[:-1]:
        view = card(other)
        shown = [
            *(view.get("question") or {"buttons": []})["buttons"],
            *view.get("actions", ()),
            *view["tools"],
        ]
        also = "Enter" if key == "enter" else key
        sent = next((each["send"] for each in shown if also in (each["key"], each.get("also"))), None)
        if sent:
            other.handle({"request": other.request, **sent})
    drive(sit_with_what_waits(home, "terminal"), *KEYS)
    assert the_same(record(home), record(tmp_path / "other"))
    assert record(home)[0]["action"].tolist() == ["ignore", "ignore", "decline", "accept"]
    assert record(home)[0]["opinion_seen"].all()


def test_each_answer_is_kept_before_the_next_is_asked_so_that_a_killed_sitting_loses_nothing(home):
    app = TerminalWorkplace(sit_with_what_waits(home, "terminal"))

    async def killed():
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("i")
            assert record(home)[0]["action"].tolist() == ["ignore"]
            await pilot.press("n")
            assert record(home)[1]["fact"].tolist() == ["recognised"]

    asyncio.run(killed())


def test_the_question_its_keys_and_where_each_answer_leads_stand_on_the_screen(home):
    (first, *_) = drive(sit_with_what_waits(home, "terminal"))
    for said in ("Ada Love", "Do you recognise who this is?", "[y] yes   [n] no   [?] Not sure", "If yes: ",
                 "[g] Answer 2 alike", "[o] Open the page", "[q] Stop"):  # fmt: skip
        assert said in first


def test_undo_returns_to_the_request_and_its_question(home):
    before, _, _, after = drive(sit_with_what_waits(home, "terminal"), "y", "u", "s")[:4]
    assert "Do you recognise who this is?" in before
    first, answered, back = drive(sit_with_what_waits(home, "terminal"), "y", "u")
    assert "Would you want to stay in touch" in answered
    assert [line for line in back.splitlines() if "recognise" in line] == [
        line for line in first.splitlines() if "recognise" in line
    ]
    assert after


def test_the_advice_and_where_each_answer_leads_have_a_line_each(home):
    (seen,) = drive(sit_with_what_waits(home, "terminal"))
    lines = [line.strip(" ┃") for line in seen.splitlines()]
    assert {line.partition(":")[0] for line in lines} >= {"If yes", "If no"}


def test_one_key_answers_all_that_are_alike_but_whoever_is_set_apart(home):
    session = sit_with_what_waits(home, "terminal")
    seen = drive(session, "g", "down", "space", "n")
    assert "+ Ada Love\n" in seen[1] and "+ Old Silent" in seen[1] and "- Old Silent" in seen[3]
    assert "Move to a name with the arrow keys" in seen[1] and "[x]" not in seen[1]
    assert len(record(home)[1]) == 1
    drive(session, "u", "g", "y", "n")
    assert record(home)[0].empty  # what the answers settle is shown, and decided by a key of its own
    asked, shown = drive(session, "enter", "y")[1:]
    assert "Ignore: all 2 of them?" in asked and "Ada Love and Old Silent." in asked
    assert record(home)[0]["action"].tolist() == ["ignore", "ignore"] and "Ada Love, Old Silent" in shown


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
def test_the_name_under_the_cursor_of_a_large_group_is_on_the_screen(home, size):
    with open_ledger(home) as ledger:
        for at in range(12):
            ledger.invitations.add(f"Alike Number{at:02}", sent_at=f"2024-03-01T08:{at:02}", source="test")
    session = sit_with_what_waits(home, "terminal")
    while len(session.alike()) < 12:
        session.handle({"request": session.request, "do": "skip"})
    seen = drive(session, "g", *["down"] * 13, "up", size=size)
    names = [one["says"] for one in card(session)["alike"]["names"]]
    under = [0, *range(1, 14), 12]
    for screen, place in list(zip(seen[1:], under, strict=False))[1:]:
        assert names[place % len(names)] in screen


def test_the_reasons_that_are_asked_for_are_on_the_screen(home):
    with open_ledger(home) as ledger:
        ledger.invitations.add(
            "Ada Long", sent_at="2020-01-01", source="test", message="We build bridges and more. " * 12
        )
    session = sit_with_what_waits(home, "terminal")
    for _ in range(len(session.queue)):
        if session.about.rows[session.request]["name"] == "Ada Long":
            break
        session.handle({"request": session.request, "do": "skip"})
    before, reasons = drive(session, "w", size=(80, 20))
    assert "The house policy: " in reasons and "The house policy: " not in before


def test_an_answer_to_many_is_offered_and_taken_before_the_question_and_asked_about_once_more(home):
    session = sit_with_what_waits(home, "terminal")
    first, _, asked, again, kept = drive(session, "g", "d", "d", "n")
    assert "Advice: decline, unless you know them" in first
    assert "Decline: all 2 of them?" in asked and "Decline: all 2 of them?" in again
    assert "Do you recognise who this is?" in kept and record(home)[0].empty and not session.problem
    drive(session, "d", "y", "n")  # the last key belongs to the next person's question and decides nothing
    assert record(home)[0]["action"].tolist() == ["decline", "decline"]
    assert len(set(record(home)[0]["request"])) == 2


def test_enter_takes_the_advice_that_stands_unless_you_say_more_and_notes_nothing_with_it(home):
    session = sit_with_what_waits(home, "terminal")
    first = drive(session, "enter")[0]
    assert "Advice: decline, unless you know them, share a past" in first and "Decline (or Enter)" in first
    decisions, noted = record(home)
    assert decisions["action"].tolist() == ["decline"] and noted.empty and session.last["name"] == "Ada Love"


def test_a_letter_is_copied_and_what_it_lacks_is_asked_for(home):
    session, copied = sit_with_what_waits(home, "terminal"), []
    session.about.facts[session.request] |= {"recognised": "yes", "reason_to_connect": "now"}
    seen = drive(session, "a", "x", "W h a t space h i v e question_mark enter", copied=copied)
    assert "What would you like to ask or tell" in seen[2]
    assert len(copied) == 1 and "What hive?" in copied[0] and copied[0].startswith("Dear Ada,")
    assert "The letter to Ada Love: What would" in seen[2]
    assert "The letter is copied. Read it once more" in seen[3] and "With kind regards," in seen[3]
    assert "Bo Kern" in seen[1] and "Bo Kern" not in seen[3] and "The letter to Ada Love" in seen[3]


def test_any_key_after_a_letter_goes_back_and_decides_nothing(home):
    session = sit_with_what_waits(home, "terminal")
    session.about.facts[session.request] |= {"recognised": "no", "wrote_before": "yes"}
    letter, back = drive(session, "k", "x", "d", copied=[])[-2:]
    assert "The letter to Ada Love" in letter and "[d] Decline" not in letter
    assert "[d] Decline" in back and record(home)[0]["action"].tolist() == ["ask"]


def test_without_a_clipboard_the_letter_is_shown(home):
    session = sit_with_what_waits(home, "terminal")
    session.about.facts[session.request] |= {"recognised": "no", "wrote_before": "yes"}
    shown = drive(session, "k", "x")[-1]
    assert "Your terminal was asked to copy it." in shown and "Dear Ada," in shown


@pytest.mark.parametrize("sit", [sit_with_the_past, lambda *a: sit_with_what_waits(*a, blind=True)])
def test_who_sits_blind_sees_no_advice_and_not_where_an_answer_leads(home, sit):
    session = sit(home, "terminal")
    session.about.facts[session.request] |= {
        "recognised": "yes", "met_in_person": "yes", "would_stay_in_touch": "yes"
    }  # fmt: skip
    seen = drive(session, "w", "s", "y", "i")
    for screen in seen[:-1]:
        assert "The advice is hidden" in screen and "If yes" not in screen and "(or Enter)" not in screen
        assert "The house policy:" not in screen
    assert not record(home)[0]["opinion_seen"].any() and len(record(home)[0]) == 1


def test_of_what_was_drawn_to_compare_you_with_the_judges_the_advice_cannot_be_asked_for(home):
    session = sit_with_the_past(home, "terminal")
    assert "[v] Show the advice" in drive(session)[0]
    session.task.drawn[session.request] = ", drawn from 1 that differ of 3"
    assert "Show the advice" not in drive(session, "v")[1] and not session.seen


def test_after_the_last_it_says_what_you_did_what_is_left_and_what_was_learnt(home):
    last = drive(sit_with_what_waits(home, "terminal"), "i", "d", "i", "i", "k")[-1]
    assert "Nothing is waiting for an answer." in last
    assert "You answered 5 invitations: 3 ignored, 1 declined and 1 asked." in last
    assert "Record 34 more decisions" in last and "The letter to Old Noted" in last


def test_after_the_last_it_names_whom_you_still_answer_on_the_platform(home):
    session = sit_with_what_waits(home, "terminal")
    names = [str(session.about.rows[each]["name"]) for each in session.queue]
    last = drive(session, "a", "t", "a", "u", "d", "q", size=(100, 40)) and closing(session)
    at = last.index("netkit presses nothing on the platform. To do there:")
    assert last[at + 1 : at + 3] == [f"Accept: {names[0]}.", f"Decline: {names[2]}."]
    assert not any(names[1] in line for line in last)


def test_a_hostile_name_and_note_are_plain_text(home):
    session = sit_with_what_waits(home, "terminal")
    for request in session.queue:
        session.about.rows[request]["name"] = "[bold red]Ev\x1b[31me[/] \u202e[@click=app.quit]x[/]"
        session.about.texts[request]["message"] = HOSTILE
    shown = drive(session, "g")
    for screen in shown:
        assert r"[bold red]Ev\x1b[31me[/] \u202e[@click=app.quit]x[/]" in screen
        assert "\x1b" not in screen and "\u202e" not in screen and "<script>" in screen


@pytest.mark.parametrize("size", [(80, 24), (60, 24)])
def test_everything_to_be_read_fits(home, size):
    add_mail(home)
    for screen in drive(sit_with_what_waits(home, "terminal"), "w", "y", "s", "u", size=size):
        assert max(map(len, screen.splitlines())) <= size[0]
        assert "[q] Stop" in screen and "┗" in screen


def test_a_page_is_opened_in_the_browser_and_what_was_done_there_is_asked(home, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: not opened.append(address))
    monkeypatch.setenv("DISPLAY", ":0")
    seen = drive(sit_with_what_waits(home, "terminal"), "s", "o", "d", "o")
    assert opened == [
        "https://www.linkedin.com/in/bo-k", "https://www.linkedin.com/mynetwork/invitation-manager/"
    ]  # fmt: skip
    assert "What did you do there?" in seen[2] and "[a] Accepted   [d] Declined   [i] Ignored" in seen[2]
    assert record(home)[0]["action"].tolist() == ["decline"]


def test_without_a_screen_for_a_browser_the_address_is_shown(home, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("webbrowser.open", lambda address: 1 / 0)
    monkeypatch.setattr("sys.platform", "linux")
    assert "https://www.linkedin.com/in/ada-l" in drive(sit_with_what_waits(home, "terminal"), "o")[-1]


def test_what_is_no_terminal_is_told_what_to_do(home, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["work", "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert "needs a terminal with a keyboard" in said and "`netkit triage`" in said
    assert "textual" not in vars(work_command)


def test_a_deferred_request_is_told_with_its_day(home):
    until = look_again_on(datetime.now(UTC).date())
    before, after = drive(sit_with_what_waits(home, "terminal"), "t", size=(100, 40))
    assert f"[t] Later, until {until.day} {until:%b %Y}" in before
    assert f"Written down: Ada Love: deferred until {until.day} {until:%b %Y}." in after


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
def test_every_key_is_seen_however_long_the_text_is(home, size):
    with open_ledger(home) as ledger:
        ledger.database.connection.execute("UPDATE invitations SET message = ?", ["A long story. " * 60])
    for seen in drive(sit_with_what_waits(home, "terminal"), "w", size=size):
        for key in ("[?]", "[a]", "[k]", "[t]", "[d]", "[i]", "[s]", "[o]", "[q] Stop"):
            assert key in seen


def test_what_another_window_wrote_is_taken_in_at_the_next_key_and_said_once(home):
    session = sit_with_what_waits(home, "terminal")
    first, second = session.queue[:2]
    name = session.about.rows[second]["name"]
    with open_ledger(home) as ledger:
        ledger.decisions.add(second, "decline", at=datetime.now(UTC), source="command line")
    _, told, after = drive(session, "i", "i", size=(100, 40))
    assert f"Another window wrote into your ledger about {name}. Your last key did nothing" in told
    assert "Another window" not in after and second not in session.queue
    assert record(home)[0]["request"].tolist() == [first]  # by the second press


def test_a_request_answered_in_another_window_gives_way_to_the_next(home):
    session = sit_with_what_waits(home, "terminal")
    first, second = session.queue[:2]
    with open_ledger(home) as ledger:
        ledger.decisions.add(first, "accept", at=datetime.now(UTC), source="command line")
    drive(session, "i")
    assert record(home)[0].empty and session.request == second


def test_where_nothing_is_left_the_next_step_is_named(home):
    session = sit_with_the_past(home, "terminal")
    session.queue.clear()
    assert "Later archives may bring more." in drive(session)[0]


def test_which_of_an_archive_a_kept_invitation_is_is_asked_in_the_sitting_and_taken_back(home):
    with open_ledger(home) as ledger:
        kept = ledger.invitations.add("Ida Twice", sent_at="2024-03-05", source="command line")
        two = [invitation("Ida Twice", f"2024-03-0{day}T12:00:00+00:00", slug=f"ida-{day}") for day in (2, 3)]
        ledger.import_export(export("2024-03-20", invitations=two))
        (doubt,) = ledger.invitations.doubts()

    def asked():
        with open_ledger(home) as ledger:
            return [each.request for each in ledger.invitations.doubts()]

    session = sit_with_what_waits(home, "terminal")
    first, told, back, passed = drive(session, "2", "u", "?", size=(100, 40))
    for screen in (first, back):
        assert "You kept an invitation of Ida Twice. Which one of your archive is it?" in screen
        assert (
            f"[1] The one of 2 Mar 2024 ({doubt.candidates[0][0]})" in screen and "[n] None of them" in screen
        )
    assert "Which one of your archive" not in told and "Which one of your archive" not in passed
    assert asked() == [kept]
    drive(session, "u", "2", size=(100, 40))
    assert asked() == [] and doubt.candidates[1][0] not in session.queue and session.request == kept


def test_a_sitting_says_that_no_key_acts_on_the_platform_and_what_is_left_to_do_there(home):
    before, after = drive(sit_with_what_waits(home, "terminal"), "d", size=(100, 40))
    assert "A key writes into your ledger only." in before and "A key writes" not in after
    assert "Written down: Ada Love: declined. Now decline on the platform, too." in after


def test_a_key_from_before_the_first_card_stands_answers_nothing(home):
    early, app = Key("i", "i"), TerminalWorkplace(sit_with_what_waits(home, "terminal"))

    async def sitting():
        async with app.run_test() as pilot:
            await pilot.pause()
            app.post_message(early)
            await pilot.pause()
            assert record(home)[0].empty
            await pilot.press("i")

    asyncio.run(sitting())
    assert len(record(home)[0]) == 1


def test_a_key_that_does_nothing_is_told_which_keys_answer(home):
    _, told, after = drive(sit_with_what_waits(home, "terminal"), "Z", "y")
    assert "z does nothing here; the keys that do stand below." in told and "does nothing" not in after


def test_the_reasons_open_and_close_by_one_key_in_plain_words_and_say_how_to_scroll(home):
    before, reasons, below, closed = drive(sit_with_what_waits(home, "terminal"), "w", "pagedown", "w")
    assert "[w] Why" in before and "[w] Why" in closed and "[Page Down] Scroll" not in before + closed
    assert "[w] Close the reasons" in reasons and "[Page Down] Scroll" in reasons
    assert "Has the same person invited you before? no" in below and "repeat invitation" not in below


def test_the_next_question_begins_at_the_top_of_its_card(home):
    below, after = drive(sit_with_what_waits(home, "terminal"), "w", "pagedown", "n")[2:]
    assert "Ada Love ·" not in below and "Ada Love ·" in after


def test_the_box_keeps_its_width_beside_a_scroll_bar(home):
    before, reasons = drive(sit_with_what_waits(home, "terminal"), "w")
    assert (
        len({line for line in (before + "\n" + reasons).splitlines() if line.lstrip().startswith("┏")}) == 1
    )


def test_what_a_letter_lacks_is_asked_for_in_full(home):
    session = sit_with_what_waits(home, "terminal")
    session.about.facts[session.request] |= {"recognised": "yes", "reason_to_connect": "now"}
    prompt = drive(session, "a", "x", size=(60, 24))[-1]
    (lacks,) = (each for each in session.last["letter"]["asks"] if not each["value"])
    assert lacks["question"] in " ".join(prompt.split()) and "Escape goes back" in prompt


def test_the_messages_with_who_asks_stand_on_the_card(home):
    wrote = [message("in:ada-l", f"2023-0{n}-05T12:00:00+00:00", direction="outgoing") for n in (1, 2)]
    with open_ledger(home) as ledger:
        ledger.import_export(export("2024-02-10", messages=wrote))
    first, second = drive(sit_with_what_waits(home, "terminal"), "s")
    assert "Not connected · 2 messages, last 5 Feb 2023 (yours)" in first and "messages, last" not in second
