"""What you wrote yourself is guarded and read by you before it is published; drafts are never published."""

import sqlite3
from contextlib import closing

import click
import pytest

from netkit.cli import run
from netkit.cli.handbook_commands import _read_own_texts
from netkit.errors import FindingError
from netkit.findings.contact_details import contact_details, hits_in_own_texts
from netkit.handbook.own_texts import own_texts, public_words
from netkit.handbook.policy_pages import policy_pages, shown_letters
from netkit.handbook.publishing import texts_to_read
from netkit.handbook.try_it import try_it_assets
from netkit.ledger import open_ledger

MAIL, TELEPHONE, LINK = "an e-mail address", "a telephone number", "a link"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to friend@krautwurst.example.", [(MAIL, "friend@krautwurst.example")]),
        ("mara (at) firm (dot) example", [(MAIL, "mara (at) firm (dot) example")]),
        ("mara [at] firm.example", [(MAIL, "mara [at] firm.example")]),
        ("mara at firm dot example", [(MAIL, "mara at firm dot example")]),
        ("mara&#64;firm.example", [(MAIL, "mara@firm.example")]),
        ("call +49 171 9990002 now", [(TELEPHONE, "+49 171 9990002")]),
        ("0049 (0)171-999 00 02", [(TELEPHONE, "0049 (0)171-999 00 02")]),
        ("0171 / 999 00 02", [(TELEPHONE, "0171 / 999 00 02")]),
        ("(030) 123456-78", [(TELEPHONE, "(030) 123456-78")]),
        ("06.12.34.56.78", [(TELEPHONE, "06.12.34.56.78")]),
        ("(555) 010-0199", [(TELEPHONE, "(555) 010-0199")]),
        ("９９９ ０００２", [(TELEPHONE, "999 0002")]),
        ("see https://x.example/a?b.", [(LINK, "https://x.example/a?b")]),
        ("www.firm.example, or calendly.com/mara", [(LINK, "www.firm.example"), (LINK, "calendly.com/mara")]),
        ("t.me/anna", [(LINK, "t.me/anna")]),
        ("krautwurst.example", [(LINK, "krautwurst.example")]),
        (
            "of urn:li:person:AbC-1 in urn:li:fsd_invitation:7505326389223006208.",
            [
                ("a number of the platform", "urn:li:person:AbC-1"),
                ("a number of the platform", "urn:li:fsd_invitation:7505326389223006208"),
            ],
        ),
        (
            f"my token is AQ{'x' * 80}, or Bearer {'y' * 30}",
            [("a token", f"AQ{'x' * 80}"), ("a token", f"Bearer {'y' * 30}")],
        ),
        ("AQ is a quotient, and a bearer of news", []),
        ("Between 2019-2021, on 2026-03-01 or 1.3.2026, e.g. 1 000 000 of 1,234,567.", []),
        ("ISBN 978-3-16-148410-0; 2016 2017 2018", []),
        ("Meet at the bar at noon. No dots.Next one; my_policy.yaml, i.e. mine.", []),
        ("15 words or more, within 24 hours; 95 % of 40", []),
    ],
)
def test_what_reaches_somebody_in_a_text_is_found_in_many_spellings(text, found):
    assert list(contact_details(text)) == found


NAMES = ["Hildegunde Krautwurst", "Ottokar M. Brimsel", "Zoë Åström"]


@pytest.fixture
def home(tmp_path):
    """A workspace whose ledger knows three people."""
    with open_ledger(tmp_path) as ledger:
        for name in NAMES:
            ledger.invitations.add(name, sent_at="2024-03-01", source="me")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    ["Hildegunde Krautwurst said so", "Krautwurst, Hildegunde", "H. Krautwurst", "Hildegunde-Krautwurst",
     "hildegunde_krautwurst", "HildegundeKrautwurst", "@hildegundekrautwurst", "Hildegunde K.",
     "Hildegunde Maria Krautwurst", "Ottokar Brimsel", "Brimsel Ottokar", "Zoe Astrom"],
)  # fmt: skip
def test_a_person_of_the_ledger_is_found_however_people_spell_her(home, text):
    (hit,) = hits_in_own_texts([("my_policy.yaml", 7, text)], home / "ledger.db", ())
    assert (hit.file, hit.line, hit.what) == ("my_policy.yaml", 7, "a name")
    assert hit.words[0] in NAMES and "Krautwurst" not in str(hit)


def test_first_names_and_what_is_allowed_are_no_hits(home):
    texts = [("a", 1, "Zoe wrote"), ("a", 2, "I am Hildegunde Krautwurst: mara@firm.example")]
    assert hits_in_own_texts(texts, home / "ledger.db", ["hildegunde krautwurst", "mara@firm.example"]) == []


POLICY = """# A comment on Hildegunde Krautwurst.
policy: my_policy
title: How I answer
about: {about}
sources:
  - {{id: MINE, title: {title}, author: Ottokar Brimsel, url: "https://brimsel.example"}}
facts:
  invitation:
    likes_boats: {{question: {question}, levels: [yes, no], from: note, effort: 0}}
invitation:
  - id: boats
    when: {{likes_boats: yes}}
    do: accept
    because: {because}
    clause: MINE
    letter: {letter}
    situations:
      - {{it: {it}, given: {{likes_boats: yes}}, expect: accept}}
      - {{it: nobody else, given: {{likes_boats: no}}, expect: decline}}
  - id: otherwise
    when: {{}}
    do: decline
    because: Nothing speaks for it.
    clause: own
    situations:
      - {{it: a stranger, given: {{likes_boats: no}}, expect: decline}}
      - {{it: a boater, given: {{likes_boats: yes}}, expect: accept}}
"""
FINE = {
    "about": "Boats first.", "title": "My own mind", "question": "Does it speak of boats?",
    "because": "Boats matter.", "letter": "boats", "it": "a boater",
}  # fmt: skip
LETTER = "---\nclause: own\nsubject: Boats\n---\nDear you,\n\nlet us sail.\n"


def write(home, letter=LETTER, name="my_policy", **texts):
    for folder in ("policies", "letters"):
        (home / folder).mkdir(exist_ok=True)
    text = POLICY.format(**FINE | texts).replace("policy: my_policy", f"policy: {name}")
    (home / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (home / "letters" / f"{(FINE | texts)['letter']}.md.j2").write_text(letter, encoding="utf-8")
    return home / "policies" / f"{name}.yaml"


@pytest.mark.parametrize("field", ["about", "title", "question", "because", "it"])
@pytest.mark.parametrize("said", ["ask hildegunde krautwurst", "mara@firm.example", "+49 171 9990002"])
def test_a_text_that_reaches_or_names_somebody_is_refused_with_its_place(home, capsys, field, said):
    policy = write(home, **{field: f'"{said}"'})
    line = next(
        n for n, text in enumerate(policy.read_text(encoding="utf-8").splitlines(), 1) if said in text
    )
    assert run(["publish", "--as-validated", "--home", str(home), "--yes"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"my_policy.yaml, line {line}: " in told and "nothing was published" in told
    assert said not in told  # a pipe may be kept: the words are told on a screen only
    assert said.split()[-1] in (home / "public" / "found.txt").read_text(encoding="utf-8").casefold()


def test_a_letter_is_guarded_too_and_a_comment_or_a_source_is_not(home):
    write(home)
    texts_to_read(home)
    write(home, letter=LETTER.replace("sail", "sail with H. Krautwurst"))
    with pytest.raises(FindingError, match="boats.md.j2, line 7: a name"):
        texts_to_read(home)


def test_a_letter_in_another_language_is_read_and_guarded_too(home):
    write(home)
    (home / "letters" / "de").mkdir()
    version = home / "letters" / "de" / "boats.md.j2"
    version.write_text("---\nsubject: Boote\n---\nGuten Tag,\n\nlass uns segeln.\n", encoding="utf-8")
    assert ("de/boats.md.j2", 6, "lass uns segeln.") in texts_to_read(home)
    version.write_text("---\nsubject: Boote\n---\nGuten Tag,\n\nmit H. Krautwurst.\n", encoding="utf-8")
    with pytest.raises(FindingError, match="de/boats.md.j2, line 6: a name"):
        texts_to_read(home)


def test_your_own_name_and_how_you_are_reached_may_stand_once_you_give_them(home):
    write(home, about="Ask Hildegunde Krautwurst, +49 171 9990002.")
    with pytest.raises(FindingError):
        texts_to_read(home, ["Hildegunde Krautwurst"])
    assert texts_to_read(home, ["Hildegunde Krautwurst", "+49 171 9990002"])


def test_what_is_yours_is_listed_and_what_netkit_ships_is_not(home):
    policy = write(home)
    texts = {text for _, _, text in own_texts([policy])}
    assert {"Boats first.", "Boats matter.", "likes_boats", "a boater", "let us sail."} <= texts
    assert not {"accept", "yes", "because", "Ottokar Brimsel"} & texts
    assert public_words([policy]) == ["Ottokar Brimsel", "https://brimsel.example"]
    assert own_texts([]) == []


def test_new_texts_are_shown_once_and_a_yes_is_asked(home, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(click, "confirm", lambda question: asked.append(question) or len(asked) > 1)
    write(home)
    with pytest.raises(FindingError, match="Nothing was published"):
        _read_own_texts(home, [], [], known=False)
    assert "Boats matter." in capsys.readouterr().out
    _read_own_texts(home, [], [], known=False)
    assert len(asked) == 2 and "Boats matter." in capsys.readouterr().out
    _read_own_texts(home, [], [], known=False)
    assert len(asked) == 2 and capsys.readouterr().out == ""
    write(home, because="Boats matter much.")
    _read_own_texts(home, [], [], known=True)
    shown = capsys.readouterr().out
    assert len(asked) == 2 and "Boats matter much." in shown and "Boats first." not in shown


def test_a_text_is_shown_once_and_neither_numbers_nor_words_of_the_file_are_texts(home):
    question = '"Boats matter."'
    write(home, question=question)
    read = [text for _, _, text in texts_to_read(home)]
    assert read.count("Boats matter.") == 1 and read.count("likes_boats") == 1
    assert not {"facts", "question", "levels", "effort", "0"} & set(read)
    policy = write(home, question='"Boats, 4711?"')
    policy.write_text(policy.read_text(encoding="utf-8").replace("effort: 0", "effort: 5"), encoding="utf-8")
    assert "5" not in [text for _, _, text in texts_to_read(home)]
    assert "5" in [text for _, _, text in own_texts([policy])]  # which is guarded nevertheless


def test_a_policy_with_a_mistake_is_refused_before_anything_is_asked(home, capsys):
    policy = write(home)
    policy.write_text(policy.read_text(encoding="utf-8").replace("do: accept", "do: acept"), encoding="utf-8")
    assert run(["publish", "--home", str(home), "--yes"]) == 2
    told = capsys.readouterr()
    assert "Did you mean 'accept'" in told.err and "Boats matter." not in told.out


def test_the_hashes_of_what_was_read_say_nothing_and_are_yours_alone(home):
    write(home)
    _read_own_texts(home, [], [], known=True)
    (file,) = (home / "public").glob("read_texts.txt")
    assert "boat" not in file.read_text(encoding="ascii").casefold()
    assert file.stat().st_mode & 0o077 == 0


def test_a_draft_of_a_policy_or_a_letter_is_nowhere(home):
    policy = write(home)
    write(home, name="my_draft", about="Zwiebelfisch first.", letter="a-draft")
    (home / "letters" / "another.md.j2").write_text("Dear Zwiebelfisch", encoding="utf-8")
    pages = policy_pages(policy) | try_it_assets(policy)
    assert "Boats matter." in "".join(pages.values())
    assert "zwiebelfisch" not in "".join(pages.values()).casefold()
    assert "boats" in shown_letters([policy]) and not {"a-draft", "another"} & set(shown_letters([policy]))


def test_a_policy_that_is_named_is_shown_everywhere_and_guarded(home):
    policy = write(home)
    named = write(home, name="my_draft", about="Zwiebelfisch first.", letter="a-draft")
    pages = policy_pages(policy, [named])
    assert (
        "Zwiebelfisch first." in pages["policy/schools/my_draft.md"]
        and "a-draft" in pages["policy/letters.md"]
    )
    assert "my_draft" in try_it_assets(policy, [named])["assets/try-it/policies.js"]
    assert "Zwiebelfisch first." in {text for _, _, text in texts_to_read(home, named=["my_draft"])}
    write(home, name="my_draft", about="Ask Zoe Astrom.", letter="a-draft")
    with pytest.raises(FindingError, match="my_draft.yaml, line 4: a name"):
        texts_to_read(home, named=["my_draft"])
    with pytest.raises(FindingError, match="Did you mean 'my_draft'"):
        texts_to_read(home, named=["my_draf"])


def test_every_name_of_a_large_ledger_is_looked_for_within_seconds(home):
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        ledger.executemany(
            "INSERT INTO recommendations (name, direction) VALUES (?, 'received')",
            [(f"Qa{place} Zo{place}",) for place in range(30_000)],
        )
        ledger.commit()
    texts = [("a", place, f"We met Qa{place} Zo{place}, and sailed.") for place in range(40)]
    assert len(hits_in_own_texts(texts, home / "ledger.db", ())) == 40
