"""A second archive at the command line, and decisions beside it: what changed and what was known is said."""

from datetime import date

import pytest
from exports import zipped

from netkit.cli import run
from netkit.introductions import look_again_on
from netkit.wording import day_words

_HEAD = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
_LINKS = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


def archive(folder, day, waiting, linked=()):
    rows = "".join(
        f'{name} Example,Mara Olsen,"3/{at}/24, 9:05 AM",,INCOMING,https://www.linkedin.com/in/{name},\n'
        for at, name in waiting
    )
    links = "".join(
        f"{name},Example,https://www.linkedin.com/in/{name},,Acme,Engineer,{on} Mar 2024\n"
        for on, name in linked
    )
    files = {"Invitations.csv": _HEAD + rows, "Connections.csv": _LINKS + links}
    return zipped(folder / f"Basic_LinkedInDataExport_{day}.zip", files)


def test_reading_the_next_archive_says_what_changed_and_keeps_what_was_noted(tmp_path, capsys):
    home = ["--home", str(tmp_path / "home")]
    first = archive(tmp_path, "03-10-2024", [(1, "ana"), (2, "bo"), (3, "cy")])
    run(["read", str(first), *home])
    assert "Since" not in capsys.readouterr().out
    run(["decide", "ana", "defer", "--fact", "met_in_person=yes", *home])
    second = archive(tmp_path, "03-20-2024", [(3, "cy"), (15, "dee")], [(8, "ana")])
    run(["read", str(second), *home])
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Since your archive of 10 Mar 2024: 1 new invitation waits (dee Example) and 1 person who waited is"
        " connected (ana Example). 1 person no longer waits (bo Example) and is not connected. netkit takes"
        " that for a refusal, though not a sure one." in said
    )
    run(["show", "ana", *home])
    assert "You noted met in person: yes" in " ".join(capsys.readouterr().out.split())


@pytest.fixture
def netkit(tmp_path, capsys):
    home = ["--home", str(tmp_path / "home")]
    read = archive(tmp_path, "03-20-2024", [(1, "ana"), (3, "cy")], [(8, "ana")])
    run(["read", str(read), *home])

    def call(*words):
        capsys.readouterr()
        run([*words, *home])
        printed = capsys.readouterr()
        return " ".join((printed.out + printed.err).split())

    return call


def test_an_answer_to_somebody_connected_already_says_so_and_which_counts(netkit):
    linked = "It was answered before: your archive shows you connected with ana Example since 8 Mar 2024"
    assert f"{linked}. The new answer counts from now on." in netkit("decide", "ana", "decline")
    said = netkit("decide", "ana", "defer")
    assert f"{linked} and decline was recorded on" in said
    assert "That still counts, for defer settles nothing." in said and "Look again" not in said
    assert "before" not in netkit("decide", "cy", "accept")


def test_a_deferral_names_its_day_wherever_it_is_told_and_taken_back(netkit):
    until = day_words(look_again_on(date.today()))
    assert f"defer. Look again on {until}: netkit due" in netkit("decide", "cy", "defer")
    assert f"you deferred it until {until}" in netkit("show", "cy")
    assert "Look again on 1 Feb 2999" in netkit("decide", "cy", "defer", "--remind-on", "2999-02-01")
    back = netkit("decide", "cy", "undo")
    assert f"defer; defer until {until} stands again." in back and "facts noted" not in back
    assert "waits for your answer" not in netkit("show", "cy")
    assert "no decision of yours stands" in netkit("decide", "cy", "undo")
    assert "waits for your answer" in netkit("show", "cy")


def test_a_word_that_is_no_answer_leads_to_those_of_its_kind_of_request(netkit):
    said = netkit("decide", "ana", "reject")
    assert "Did you mean 'decline'? You can use accept, ask, defer, decline, ignore or undo." in said
    said = netkit("decide", "ana")
    assert "You did not say what you did about ana. Add accept, ask, defer, decline, ignore or undo." in said


def test_a_sheet_without_a_row_asks_for_nothing_to_be_filled_in(netkit, tmp_path):
    said = netkit("sheet", "introductions", str(tmp_path / "asked.csv"))
    assert "has no rows but its headings" in said and "Fill it in" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show"], "netkit show needs WHOM. Its words and options: netkit show --help."),
        (["triage", "--jason"], "netkit triage has no option --jason. Did you mean --json?"),
        (["undo"], "There is no command 'undo'. What you did is recorded with: netkit decide REQUEST undo."),
        (["decide", "accept", "Ada"], "'accept' stands before the request. Write: netkit decide Ada accept."),
        (["triag"], "There is no command 'triag'. Did you mean 'triage'? All commands: netkit --help."),
        (["show", "x", "y"], "netkit show takes fewer words: y is too much. Put a name of several words in"),
        (["judge", "--paste", "list.txt"], "Hand a file over with: netkit judge --paste < list.txt."),
        (["keep", "messages"], "netkit: Say for how many months, such as: netkit keep messages 24"),
        (["find", " "], "There is no word to look for. Give a name, or a part of it: netkit find WORD."),
        (["forget", "Tom Vale"], "Nobody here is known as 'Tom Vale'. Check the spelling"),
        (["decide", "Tom Vale", "accept"], "or keep an invitation that no archive has yet: netkit judge"),
        (["decide", "ana Exampel", "accept"], "a request of 'ana Exampel', but of a name like it."),
        (["pull"], "There is no token, and no terminal in which to type it. Put it into NETKIT_PULL_TOKEN"),
    ],
)
def test_a_mistake_is_two_sentences_and_asks_nothing(netkit, monkeypatch, words, says):
    monkeypatch.delenv("NETKIT_PULL_TOKEN", raising=False)
    monkeypatch.setattr("click.confirm", lambda *_, **__: pytest.fail("asked before it was looked"))
    said = netkit(*words)
    assert says in said and "Usage:" not in said and "GetPass" not in said


@pytest.mark.parametrize("width", [60, 80, 140])
def test_why_names_the_clauses_of_advice_that_stands_unless_you_know_more_and_what_they_say(
    netkit, monkeypatch, width
):
    monkeypatch.setattr("netkit.cli.screen.console._width", width)
    said = netkit("triage", "--why")
    assert "OC6, KP2, KP5" in said and "OC6: Decline a stranger for whom nothing speaks" in said


def test_a_fact_alone_is_noted_and_taken_back_and_says_what_follows(netkit):
    said = netkit("decide", "cy", "--fact", "recognised=yes")
    assert "(cy Example): recognised: yes." in said and "Would you want to stay in touch" in said
    assert "--fact would_stay_in_touch=" in said and "waits for your answer" in netkit("show", "cy")
    assert "recognised taken back. " in netkit("decide", "cy", "--fact", "recognised=undo")
    assert "You noted nothing" in netkit("show", "cy")
    said = netkit("decide", "cy", "--fact", "recognised=no", "--because", "a slip")
    assert "--because, --remind-on and --opinion-seen go with an action." in said
