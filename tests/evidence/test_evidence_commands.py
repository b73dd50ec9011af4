"""The commands about evidence: add, list, remove, say who is meant; a mistake ends in two sentences."""

import json

import pytest
from invented_files import ME, calendar, event, letter, mbox

from netkit.cli import run
from netkit.history import read_history
from netkit.ledger import open_ledger

ANA, BO = "Ana Example <ana@ex.example>", "Bo Lind <bo@ex.example>"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NETKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    with open_ledger(tmp_path / "home") as ledger:
        for name, slug in (("Ana Example", "ana-1"), ("Bo Lind", "bo-1")):
            ledger.invitations.add(
                name, sent_at="2024-05-01", source="t", url=f"https://linkedin.com/in/{slug}"
            )
    return tmp_path / "home"


@pytest.fixture
def box(tmp_path):
    letters = [letter(ANA), letter(ME, ANA, ident="2"), letter(BO, ident="3")]
    (tmp_path / "Inbox").write_text(mbox(*letters), encoding="utf-8")
    return tmp_path / "Inbox"


def keys(monkeypatch, *answers):
    given = iter(answers)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: next(given))


def test_adding_says_what_was_kept_and_what_it_answers(home, box, capsys):
    assert run(["evidence", "add", str(box)]) == 0
    said = capsys.readouterr().out
    assert f"Took {ME} as yours" in said
    assert "3 messages read." in said
    assert "2 people kept, names scrambled; 2 invitations may come from one of them." in said
    assert "Of 2 invitations that wait, evidence sets a fact for 0 and offers one for 2." in said


def test_one_key_each_and_never_asked_again(home, box, capsys, monkeypatch):
    run(["evidence", "add", str(box), "--me", ME])
    keys(monkeypatch, "?", "y", "n")
    capsys.readouterr()
    assert run(["evidence", "match"]) == 0
    said = capsys.readouterr().out
    assert "You wrote to each other 2 times, last in March 2024." in said
    assert "mail at ex.example" in said and "2 answers kept." in said
    assert run(["evidence", "match"]) == 0
    assert "There is nobody to ask about." in capsys.readouterr().out
    run(["evidence", "list"])
    assert "The same name: of 2 proposals you confirmed 1." in capsys.readouterr().out


def test_a_skip_is_no_answer_and_an_answer_can_be_put_right(home, box, capsys, monkeypatch):
    run(["evidence", "add", str(box), "--me", ME])
    keys(monkeypatch, "s", "s", "n", "y")
    run(["evidence", "match"])
    assert "0 answers kept." in capsys.readouterr().out
    with open_ledger(home) as ledger:
        request = ledger.invitations.to_frame().set_index("name")["request"]["Ana Example"]
    for _ in range(2):
        run(["evidence", "match", request])
    with open_ledger(home) as ledger:
        assert [same for same, _ in ledger.evidence.answers().values()] == [True]


def test_an_address_that_you_name_is_surely_hers(home, box, tmp_path, capsys):
    box.write_text(
        mbox(letter("A <a77@ex.example>"), letter(ME, "a77@ex.example", ident="2")), encoding="utf-8"
    )
    run(["evidence", "add", str(box), "--me", ME])
    with open_ledger(home) as ledger:
        request = ledger.invitations.to_frame().set_index("name")["request"]["Ana Example"]
    assert run(["evidence", "same", request, "A77@ex.example"]) == 0
    with open_ledger(home) as ledger:
        assert set(read_history(ledger).evidence_for(request).sets) == {"recognised"}


def test_one_answer_about_a_person_of_several_addresses_is_one_proposal(home, tmp_path, capsys, monkeypatch):
    card = "BEGIN:VCARD\nFN:Ana Example\nEMAIL:ana@ex.example\nEMAIL:ana@acme.example\nEND:VCARD\n"
    (tmp_path / "a.vcf").write_text(card, encoding="utf-8")
    run(["evidence", "add", str(tmp_path / "a.vcf")])
    keys(monkeypatch, "y")
    run(["evidence", "match"])
    with open_ledger(home) as ledger:
        assert ledger.evidence.proposals() == {"the same name": (1, 1)}
        assert len(ledger.evidence.answers()) == 2
        (request,) = [pair for pair, _ in ledger.evidence.links(ledger.evidence.askers()).by_request()]
        known = read_history(ledger).values_of(request)
    # A card tells who is in your address book; that you know who it is you said with your key.
    assert known["in_address_book"]["origin"] == "evidence"
    assert known["recognised"] == {"level": "yes", "origin": "typed"}


@pytest.mark.parametrize(
    "sizes, told",
    [
        ([], "You had 1 meeting of at most 8 people"),
        (["--small", "3"], "You had 1 meeting of 4 to 30 people"),
        (["--small", "25", "--most", "40"], "You had 1 meeting of at most 25 people"),
        (["--small", "2", "--most", "3"], ""),
    ],
)
def test_how_many_people_make_a_small_meeting_and_how_many_tell_nothing_is_yours_to_say(
    home, tmp_path, capsys, sizes, told
):
    guests = [("ana@ex.example", "Ana Example"), ("c@ex.example", "Cy Dorn"), ("d@ex.example", "Di Eck")]
    said = [f"ATTENDEE;PARTSTAT=ACCEPTED;CN={name}:mailto:{address}" for address, name in guests]
    met = event(f"ORGANIZER:mailto:{ME}", *said)
    (tmp_path / "a.ics").write_text(calendar(met), encoding="utf-8")
    assert run(["evidence", "add", str(tmp_path / "a.ics"), "--me", ME, *sizes]) == 0
    with open_ledger(home) as ledger:
        said = [pair.says for pair in ledger.evidence.pairs(ledger.invitations.to_frame()["request"])]
    assert [text.partition(", last")[0].partition(" together")[0] for text in said] == [told][: bool(told)]


@pytest.mark.parametrize("by", ["number", "path"])
def test_a_source_is_removed_by_its_number_or_its_path(home, box, capsys, by):
    run(["evidence", "add", str(box), "--me", ME])
    assert run(["evidence", "remove", "1" if by == "number" else str(box)]) == 0
    capsys.readouterr()
    run(["evidence", "list", "--json"])
    assert json.loads(capsys.readouterr().out) == {"sources": [], "asked": 0, "right": 0, "by_rule": {}}


@pytest.mark.parametrize(
    "words, says",
    [
        (["add", "{folder}/none"], "There is nothing at"),
        (["add", "{folder}/Inbox", "--me", "nobody"], "is no e-mail address"),
        (["add", "{folder}/two"], "Name all you had"),
        (["add", "{folder}/two", "--most", "5"], "less than --small 8"),
        (["remove", "7"], "There is no source 7"),
        (["remove", "none"], "There is no source 'none'"),
        (["match", "inv-none"], "no invitation 'inv-none'"),
        (["same", "inv-none", "a@ex.example"], "no invitation 'inv-none'"),
        (["same", "inv-none", "a@"], "is no e-mail address"),
        (["same", "inv-none", "gmail.com"], "names no company"),
    ],
)
def test_a_mistake_ends_in_two_sentences_and_changes_nothing(home, box, tmp_path, capsys, words, says):
    (tmp_path / "two").write_text(mbox(letter(), letter(ME, ANA, ident="2")), encoding="utf-8")
    assert run(["evidence", *(word.format(folder=tmp_path) for word in words)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert says in said and "Traceback" not in said
    with open_ledger(home) as ledger:
        assert ledger.evidence.sources().empty


def test_what_was_found_stands_beside_the_question_and_in_the_whole_request(home, box, capsys):
    run(["evidence", "add", str(box), "--me", ME])
    with open_ledger(home) as ledger:
        for request in ledger.invitations.to_frame()["request"]:
            ledger.notes.add(request, "note_kind", "none", at="2024-05-02", source="t")
    capsys.readouterr()
    run(["triage", "--all"])
    said = " ".join(capsys.readouterr().out.split())
    assert "You wrote to each other 2 times, last in March 2024. Probably yes." in said
    assert (
        "2 senders may be people in your own files. Say so with one key each: netkit evidence match" in said
    )
    assert "evidence add" not in said
    run(["show", "Ana Example"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Perhaps the same person: You wrote to each other 2 times, last in March 2024." in said
