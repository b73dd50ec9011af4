"""Nobody of the ledger stands in what is published, printed or said in an error; a leak is found with its place."""

import base64
import copy
import gzip
import json
import re
import shutil
import sqlite3
import unicodedata
import zlib
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

import nbformat
import numpy as np
import pytest
from exports import zipped
from nbformat.v4 import new_markdown_cell
from PIL import Image, PngImagePlugin

from netkit.cli import run
from netkit.errors import FindingError
from netkit.facts import vocabulary
from netkit.findings import ANSWER, MIME, Answer, Finding, asdict, read_answer, read_findings
from netkit.findings.guard import _packed_texts, _Search, scan_site, without_project_text
from netkit.findings.personal_words import _url, guard_rules, personal_words, plain_words
from netkit.findings.rounding import Rounding
from netkit.findings.stamps import PROJECT, Evidence, workspace_evidence
from netkit.handbook import Built
from netkit.handbook.publishing import _project_words, _write_public_notebooks
from netkit.ledger import open_ledger

ORDINARY = frozenset(plain_words("open percent requests model strong withheld not known yet"))

# Notebooks


def notebook(path, cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python"}}
    )
    for place, cell in enumerate(made.cells):
        cell.id = f"cell-{place}"
    nbformat.write(made, path)
    return path


def told(*outputs):
    shown = [nbformat.v4.new_output("display_data", data) for data in outputs]
    return nbformat.v4.new_code_cell("look()", execution_count=1, outputs=shown)


def findings(*made):
    return [{MIME: asdict(finding), "text/plain": finding.text} for finding in made]


def write_public(own, stored, tmp_path, *answers):
    """Stamp a workspace's notebooks and write their public copies; seven becomes five."""
    for path in own.all_notebooks():
        own.write_stamp(path, own.digests(path), on="2026-11-01")
    rounding = Rounding([Finding("labels_strong", 400, ""), *answers], b"", {})
    rounding._fixed["invitations", 7] = 5
    public = workspace_evidence(tmp_path / "public")
    return public, _write_public_notebooks(own, stored, public, rounding, ORDINARY)


@pytest.fixture
def evidence(tmp_path):
    """A workspace's notebooks, of which one speaks of own data, and the project's."""
    own, stored = workspace_evidence(tmp_path / "own"), workspace_evidence(tmp_path / "stored")
    table = {"text/html": "<td>Zoe Private</td><td>3</td>", "text/plain": "Zoe Private 3"}
    foreign = Finding.of("model", "Zwiebelfisch", n=30, data="own")
    recorded = findings(Finding.of("open", 7, n=80, data="own"), foreign)
    notebook(own.notebooks / "01-own.ipynb", [told(table, *recorded)])
    invented = findings(Finding.of("open", 31, n=80), Finding.of("model", 3))
    notebook(stored.notebooks / "01-own.ipynb", [told({"text/plain": "somebody invented"}, *invented)])
    for place in (own, stored):
        notebook(place.notebooks / "02-public.ipynb", [told({"text/plain": "Public table 3"})])
    return own, stored


@pytest.fixture
def written(evidence, tmp_path):
    return write_public(*evidence, tmp_path)


def test_no_table_or_picture_of_own_data_is_in_the_public_notebook(written):
    text = (written[0].notebooks / "01-own.ipynb").read_text(encoding="utf-8")
    assert "Zoe" not in text and "<td>" not in text and "invented" not in text
    assert "Left out here" in text


def test_a_finding_of_own_data_is_published_rounded(written):
    found = read_findings(written[0].notebooks / "01-own.ipynb")["open"]
    assert (found.value, found.text, found.n, found.data) == (5, "5", 80, "own")


def own_copy(evidence, *cells, ids):
    path = notebook(evidence.notebooks / "05-what-does-the-model-learn.ipynb", list(cells))
    node = nbformat.read(path, as_version=4)
    for cell, name in zip(node.cells, ids, strict=True):
        cell.id = name
    nbformat.write(node, path)


def says(text):
    """A cell with an answer as a run leaves it: its sentences, and how they read there."""
    data = {ANSWER: asdict(Answer(("[[open]] wait.",))), "text/plain": text}
    return told(data)


# Whether anybody was refused yet decides whether the notebook of the model comes to an end.
STORED = [
    new_markdown_cell("# What?"),
    told({"text/plain": "a table"}, *findings(Finding.of("open", 31, n=80))),
    says("31 wait."),
]
RAN = told({"text/plain": "another table"}, *findings(Finding.of("open", 70, n=80, data="own")))
ENDED = new_markdown_cell("**Your data end here for now.**\n\n423 accepted and 1 refused request")
ANSWERED = [Finding("labels_strong", 40, ""), Finding("labels_refused", 20, "")]
NOBODY_REFUSED = [Finding("labels_strong", 40, ""), Finding("labels_refused", 0, "")]


def public_copy(tmp_path, ran, ids, *answers):
    """The public copy of a notebook that ended early, or did not."""
    own, stored = workspace_evidence(tmp_path / "own"), workspace_evidence(tmp_path / "stored")
    own_copy(stored, *copy.deepcopy(STORED), ids=["title", "code", "says"])
    own_copy(own, *copy.deepcopy(ran), ids=ids)
    public, _ = write_public(own, stored, tmp_path, *answers)
    return public.notebooks / "05-what-does-the-model-learn.ipynb"


def test_what_a_run_wrote_into_an_own_copy_is_not_shown_to_others(tmp_path):
    text = public_copy(tmp_path, [STORED[0], ENDED], ["title", "code"], *NOBODY_REFUSED).read_text("utf-8")
    assert "423" not in text and "31" not in text and "Your data end" not in text


def test_of_an_answer_others_get_the_sentences_and_no_number_of_anybodys_run(tmp_path):
    whole = [STORED[0], RAN, says("70 wait.")], ["title", "code", "says"]
    path = public_copy(tmp_path, *whole, *ANSWERED)
    assert read_answer(path) == Answer(("[[open]] wait.",))
    assert "70 wait" not in path.read_text("utf-8") and "31 wait" not in path.read_text("utf-8")


def test_nobody_can_tell_where_the_owners_data_end(tmp_path):
    ended = public_copy(tmp_path / "a", [STORED[0], ENDED], ["title", "code"], *NOBODY_REFUSED).read_bytes()
    whole = [STORED[0], RAN, says("70 wait.")], ["title", "code", "says"]
    # Somebody was refused, and the rounded count says nobody: the notebook looks as if it had ended.
    assert public_copy(tmp_path / "b", *whole, *NOBODY_REFUSED).read_bytes() == ended
    shown = public_copy(tmp_path / "c", *whole, *ANSWERED).read_bytes()
    assert shown != ended and b"not known yet" in ended and b"not known yet" not in shown


def test_the_findings_that_do_not_pass_are_named_and_withheld(written):
    public, withheld = written
    assert withheld == ["model"]
    text = (public.notebooks / "01-own.ipynb").read_text(encoding="utf-8")
    assert "Zwiebelfisch" not in text and '"text": "withheld"' in text


def test_a_notebook_that_came_out_as_the_project_stores_it_is_kept_whole(written):
    assert "Public table 3" in (written[0].notebooks / "02-public.ipynb").read_text(encoding="utf-8")


def test_the_public_stamp_holds_and_keeps_the_day_of_the_run(written):
    stamp, problem = written[0].read_stamp(written[0].notebooks / "01-own.ipynb")
    assert (stamp.validated_on, problem) == ("2026-11-01", "")


def test_a_notebook_that_is_not_validated_is_not_published(evidence, tmp_path):
    own, stored = evidence
    write_public(own, stored, tmp_path)
    notebook(own.notebooks / "01-own.ipynb", [told({"text/plain": "changed"})])
    with pytest.raises(FindingError, match="the notebook changed since 01-own.ipynb was validated"):
        _write_public_notebooks(own, stored, workspace_evidence(tmp_path), Rounding((), b"", {}), ORDINARY)


# What is looked for, and in which spelling

WANTED = {("zoë", "pŕivate"): "a name", ("zwiebelfisch",): "a company"}
ZOE = "Zoë Pŕivate"
SPELLINGS = {
    "raw": ZOE,
    "upper case": ZOE.upper(),
    "decomposed": unicodedata.normalize("NFD", ZOE),
    "two blanks and a line break": ZOE.replace(" ", " \n "),
    "a hyphen": ZOE.replace(" ", "-"),
    "an underscore": ZOE.replace(" ", "_"),
    "a soft hyphen within": ZOE.replace("iv", "i\u00adv"),
    "numeric entities": "".join(f"&#{ord(letter)};" for letter in ZOE),
    "hexadecimal entities": "".join(f"&#x{ord(letter):x};" for letter in ZOE),
    "a named entity": ZOE.replace("ë", "&euml;").replace(" ", "&nbsp;"),
    "percent signs": quote(ZOE),
    "percent signs twice": quote(quote(ZOE)),
    "JSON": json.dumps(ZOE),
    "JSON in JSON": json.dumps(json.dumps(ZOE)),
    "JSON after a line break": json.dumps("Hello\n" + ZOE),
    "JavaScript": "\\x5a\\u{6f}\\xeb P\\u0155ivate",
    "HTML in JSON": json.dumps("<b>Zo&euml;</b> Pŕivate"),
    "a tag within": "Z<b>o</b>ë Pŕivate",
    "two cells": "<td>Zoë</td><td>Pŕivate</td>",
    "an attribute": f'<a title="{ZOE}">x</a>',
    "base64": base64.b64encode(ZOE.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(f"?? {ZOE} ??>".encode()).decode().rstrip("="),
    "base64 in lines": base64.encodebytes(f"{'.' * 50}{ZOE}{'.' * 50}".encode()).decode(),
    "base64 in lines, the last one long": base64.encodebytes(f"{'.' * 50}{ZOE}{'.' * 35}".encode()).decode(),
    "a host's name": "https://"
    + ".".join(f"xn--{word.encode('punycode').decode()}" for word in ZOE.casefold().split()),
    "one word": "made by ZWIEBELFISCH.",
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_leak_is_found_in_any_spelling_with_file_and_line(tmp_path, spelling):
    (tmp_path / "page.html").write_text(f"<p>\nfine\n{SPELLINGS[spelling]}\n", encoding="utf-8")
    hits = scan_site(tmp_path, WANTED)
    assert {(hit.file, hit.line) for hit in hits} == {("page.html", 3)}
    assert not re.search("zo|ivate|zwiebel", str(hits), re.IGNORECASE)


def test_base64_in_lines_is_read_once_however_long(tmp_path):
    """Half a million signs that end in no line break, tried from each on, would take hours."""
    assert _packed_texts("A" * 500_001 + " " + "B" * 100) == {}


def test_a_name_run_together_is_looked_for_where_it_is_long_enough_to_be_nothing_else(tmp_path):
    with open_ledger(tmp_path) as ledger:
        for name in ("Nia Farrow", "An Li", "Note Book"):
            ledger.invitations.add(name, sent_at=datetime(2026, 3, 1, tzinfo=UTC), source="test")
    wanted = personal_words(tmp_path / "ledger.db", frozenset({"notebook"}))
    assert {("niafarrow",), ("farrownia",), ("an", "li"), ("note", "book")} <= set(wanted)
    assert not {("anli",), ("notebook",)} & set(wanted)


@pytest.mark.parametrize(
    "text", ["Zoë", "Pŕivate", "Zoë and Pŕivate", "Zoëx Pŕivate", "Zwiebelfische", "zwiebel fisch"]
)
def test_parts_and_longer_words_are_no_leak(tmp_path, text):
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    assert scan_site(tmp_path, WANTED) == []


def test_file_names_are_looked_at_and_not_repeated(tmp_path):
    (tmp_path / "ok.html").write_text("fine", encoding="utf-8")
    (tmp_path / "zwiebelfisch.html").write_text("x\nzwiebelfisch", encoding="utf-8")
    assert [str(hit) for hit in scan_site(tmp_path, WANTED)] == [
        "the name of file number 2 in alphabetical order: a company",
        "file number 2 in alphabetical order, line 2: a company",
    ]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("international", [False, True])
def test_what_a_picture_says_of_itself_is_looked_at(tmp_path, compressed, international):
    words = PngImagePlugin.PngInfo()
    add = words.add_itxt if international else words.add_text
    add("Title", "by Zwiebelfisch", zip=compressed)
    Image.fromarray(np.zeros((2, 2), "uint8")).save(tmp_path / "figure.png", pnginfo=words)
    assert [hit.file for hit in scan_site(tmp_path, WANTED)] == ["figure.png"]


def test_packed_files_are_unpacked(tmp_path):
    (tmp_path / "sitemap.xml.gz").write_bytes(gzip.compress(b"zwiebelfisch"))
    head = b"# Sphinx inventory version 2\n# Project: x\n# Version: 1\n# compressed using zlib.\n"
    (tmp_path / "objects.inv").write_bytes(head + zlib.compress(b"zwiebelfisch"))
    (tmp_path / "wide.txt").write_bytes("zwiebelfisch".encode("utf-16"))
    assert len(scan_site(tmp_path, WANTED)) == 3


def test_a_theme_file_is_left_alone_only_while_it_is_the_themes(tmp_path):
    for folder in ("site", "theme"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "theme.js").write_text("zwiebelfisch", encoding="utf-8")
    assert scan_site(tmp_path / "site", WANTED, vendored=[tmp_path / "theme"]) == []
    (tmp_path / "site" / "theme.js").write_text("zwiebelfisch ", encoding="utf-8")
    assert len(scan_site(tmp_path / "site", WANTED, vendored=[tmp_path / "theme"])) == 1


def test_what_the_project_itself_says_is_not_looked_for():
    wanted = {("ivan", "misner"): "a name", ("zoe", "private"): "a name"}
    assert without_project_text(wanted, ["by Ivan Misner, 2010"]) == {("zoe", "private"): "a name"}


# Canaries: a word that nobody else uses, in every personal field of an archive and of the ledger

FIELDS = (
    "inviter invitee slug1 slug2 note company position email conversation content subject source"
    " bookname bookmail phone address recommender rectext reccompany skill endorser followed member"
    " headline summary owner lane decided purpose requester contact detail letter letterpurpose"
    " review maiden title attachment waiting"
)
CANARY = {field: f"qx{field}zj" for field in FIELDS.split()}
C = CANARY
OWNER = f"{C['owner']} Olsen"
IN = "https://www.linkedin.com/in/"


def archive_files():
    """One archive as the platform writes it; every personal cell holds its canary."""
    me = f"{IN}{C['slug2']}"
    return {
        "Invitations.csv": "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
        f'{C["inviter"]} Brandt,{OWNER},"10/26/23, 4:05 PM",We met at {C["note"]},INCOMING,{IN}{C["slug1"]},{me}\n'
        f'{C["waiting"]} Stein,{OWNER},"11/4/23, 9:00 AM",,INCOMING,{IN}stein-{C["waiting"]},{me}\n'
        f'{OWNER},{C["invitee"]} Chen,"10/20/23, 8:00 AM",,OUTGOING,{me},{IN}chen-{C["invitee"]}\n',
        "Connections.csv": 'Notes:\n"When exporting your connection data, you may notice"\n\n'
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        f"{C['inviter']},Brandt,{IN}{C['slug1']},{C['email']}@example.org,{C['company']} GmbH,Chief {C['position']},27 Oct 2023\n",
        "messages.csv": "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,ATTACHMENTS\n"
        f"2-{C['conversation']}==,{C['title']},{C['inviter']} Brandt,{IN}{C['slug1']},{OWNER},{me},2023-10-28 10:00:00 UTC,{C['subject']},Hello {C['content']},INBOX,{C['attachment']}\n",
        "Contacts.csv": "Source,FirstName,LastName,Companies,Title,Emails,PhoneNumbers,CreatedAt,Addresses,Sites,InstantMessageHandles,FullName,Birthday,Location,BookmarkedAt,Profiles\n"
        f'MOBILE,{C["bookname"]},Novak,,,{C["bookmail"]}@example.org,{C["phone"]},"2/14/18, 1:21 PM",{C["address"]},,,{C["bookname"]} Novak,,,,\n',
        "Recommendations_Received.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\n"
        f'{C["recommender"]},Brandt,{C["reccompany"]},Engineer,{C["rectext"]} is quick,"11/20/19, 08:02 AM",VISIBLE\n',
        "Endorsement_Received_Info.csv": "Endorsement Date,Skill Name,Endorser First Name,Endorser Last Name,Endorser Public Url,Endorsement Status\n"
        f"2019/11/04 15:20:00 UTC,{C['skill']},{C['endorser']},Brandt,www.linkedin.com/in/{C['endorser']},ACCEPTED\n",
        "Company Follows.csv": f"Organization,Followed On\n{C['followed']} Tools,Tue Mar 05 10:00:00 UTC 2019\n",
        "Member_Follows.csv": f"Date,Status,FullName\n2019-03-05 10:00:00 UTC,Active,{C['member']} Fall\n",
        "Profile.csv": "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location,Twitter Handles,Websites,Instant Messengers\n"
        f"{C['owner']},Olsen,{C['maiden']},1 {C['lane']},,{C['headline']},{C['summary']},Engineering,,,,,\n",
    }  # fmt: skip


def fill(home, archive):
    """Read the archive, and write what else a ledger holds: reasons, purposes, letters, reviews."""
    assert run(["read", str(archive), "--home", str(home)]) == 0
    with open_ledger(home) as ledger:
        invited = ledger.invitations.to_frame().query("message.notna()")["request"].iloc[0]
        said = {"at": "2023-11-01", "source": f"sheet {C['source']}.csv"}
        ledger.decisions.add(invited, "accept", because=f"because {C['decided']}", **said)
        asked = ledger.introductions.add(
            f"{C['requester']} Ost", f"{C['contact']} West", purpose_text=f"on {C['purpose']}",
            channel=vocabulary("introduction")["asked_by"].levels[0], asked_at="2023-10-01", source="me",
        )  # fmt: skip
        ledger.introductions.add_event(
            asked, "declined", at="2023-10-02", source="me", detail={"because": C["detail"]}
        )
        ledger.letters.add(
            "not-now", f"Dear {C['letter']}", request=asked, purpose=C["letterpurpose"], **said
        )
        ledger.reviews.add(f"in:{C['slug1']}", "keep", because=C["review"], at="2023-11-01", source="me")


def canaries_in(text):
    folded = text.casefold()
    return [field for field, word in CANARY.items() if word in folded]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("canaries")
    archive = zipped(folder / "Complete_LinkedInDataExport_11-05-2023.zip", archive_files())
    fill(folder / "home", archive)
    return folder / "home"


def test_every_canary_that_the_ledger_keeps_is_looked_for(home):
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        kept = canaries_in("\n".join(ledger.iterdump()))
    assert len(kept) > 20  # the others (contents, e-mails, phone numbers) stay in the archive
    search = _Search(personal_words(home / "ledger.db", _project_words()))
    missed = [field for field in kept if not any(CANARY[field] in " ".join(run) for run in search.wanted)]
    assert missed == []


def test_every_column_of_text_in_the_ledger_is_classified(home):
    rules = guard_rules()
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        tables = [row[0] for row in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        unknown = [
            (table, column)
            for table in tables
            if not table.startswith("sqlite_")
            for _, column, kind, *_ in ledger.execute(f"PRAGMA table_info({table})")
            if kind == "TEXT"
            and column not in rules["personal"].get(table, ())
            and column not in rules["harmless"].get(table, ())
        ]
    assert unknown == []


def test_of_every_table_in_the_ledger_it_is_said_whether_an_answer_adds_a_row(home):
    rules = guard_rules()
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        rows = ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {name for (name,) in rows if not name.startswith("sqlite_")}
    said = {table for named in rules["tables_of_answers"].values() for table in named}
    assert tables == said | set(rules["other_tables"]) and not said & set(rules["other_tables"])


@pytest.mark.parametrize(
    "words", [["read", "{archive}"], ["history"], ["history", "--json"], ["compare"], ["fit"]]
)
def test_what_commands_say_about_the_whole_names_nobody(home, words, capsys):
    capsys.readouterr()
    archive = next(home.parent.glob("*.zip"))
    run([*(word.format(archive=archive) for word in words), "--home", str(home)])
    printed = capsys.readouterr()
    assert canaries_in(printed.out + printed.err) == []


def bad_inputs(home, folder):
    files = archive_files()
    other = {
        name: text.replace(C["slug2"], "qxsomebodyelse").replace(C["slug1"], "qxnobody")
        for name, text in files.items()
    }
    broken = {**files, "Connections.csv": re.sub("First.*On\n", "A,B\n", files["Connections.csv"])}
    dates = {name: re.sub(r"\d\d Oct 2023|10/2\d/23, \d:\d\d [AP]M", f"{C['note']} 31", text)
             for name, text in files.items()}  # fmt: skip
    (folder / "letter.txt").write_text(C["content"], encoding="utf-8")
    sheet = folder / "sheet.csv"
    assert run(["sheet", "invitations", str(sheet), "--home", str(home)]) == 0
    filled = sheet.read_text(encoding="utf-8-sig")
    (folder / "wrong.csv").write_text(re.sub(r"(?m)^inv-\w+,", "inv-00000000,", filled), encoding="utf-8")
    (folder / "slipped.csv").write_text(
        filled.replace(f"{C['waiting']} Stein", f"{C['inviter']} Brandt"), encoding="utf-8"
    )
    (folder / "action.csv").write_text(re.sub(r"(?m)^(inv-.*?),,,", r"\1,,acept,", filled), encoding="utf-8")
    return {
        "another person's archive": ["read", str(zipped(folder / "other.zip", other))],
        "a header that is not known": ["read", str(zipped(folder / "broken.zip", broken))],
        "dates that are none": ["read", str(zipped(folder / "dates.zip", dates)), "--look"],
        "no archive": ["read", str(folder / "letter.txt")],
        "an unknown request": ["decide", "inv-00000000", "accept"],
        "a sheet of other requests": ["sheet", "invitations", str(folder / "wrong.csv"), "--read"],
        "a slipped row": ["sheet", "invitations", str(folder / "slipped.csv"), "--read"],
        "a wrong word": ["sheet", "invitations", str(folder / "action.csv"), "--read"],
        "nobody to forget": ["forget", "Nobody Known", "--yes"],
        "an unknown introduction": ["intro", "show", "intro-00000000"],
        "a target that holds other things": ["publish", "--as-validated", "--to", str(folder)],
        "nothing validated": ["publish", "--as-validated"],
    }


def test_no_error_names_anybody(home, tmp_path, capsys):
    said = {}
    for name, words in bad_inputs(home, tmp_path).items():
        capsys.readouterr()
        code = run([*words, "--home", str(home)])
        printed = capsys.readouterr()
        said[name] = (code, canaries_in(printed.out + printed.err))
    assert {name: named for name, (_, named) in said.items() if named} == {}
    fine = [name for name, (code, _) in said.items() if code == 0]
    # What one file holds in vain is told, and the rest is read.
    assert fine == ["a header that is not known", "dates that are none"]


# The whole way, on a small project

SOURCE = """
import os, sqlite3
import pandas as pd
from netkit.findings import record
ledger = sqlite3.connect(os.environ['NETKIT_HOME'] + '/ledger.db')
connections = pd.read_sql('SELECT * FROM connections', ledger)
ledger.close()
record('labels_strong', 300)
record('answer', 42, n=98)
record('few', len(connections))
record('name', str(connections['name'].iloc[0]))
connections
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of one notebook and two pages, in place of the real one."""
    folder = tmp_path_factory.mktemp("project")
    text = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = "nav:\n  - index.md\n  - results.md\n  - own.md\n  - policy/index.md\n  - policy/ask-me.md\n  - policy/intake.md\n  - evidence/index.md\n  - evidence/01-what.md\n"
    (folder / "mkdocs.yml").write_text(
        re.sub(r"^nav:.*", nav, text, flags=re.DOTALL | re.MULTILINE), encoding="utf-8"
    )
    shutil.copytree(PROJECT / "docs" / "assets", folder / "docs" / "assets")
    pages = {"results.md": "It was [[answer]], [[few]], [[name]]. [Keep it](own.md)."}
    doors = {
        "policy/index.md": "",
        "policy/ask-me.md": "",
        "policy/intake.md": "## One {#connect}\n\n## Two {#introduction}",
    }
    for name, page in (pages | doors).items():
        (folder / "docs" / name).parent.mkdir(exist_ok=True)
        (folder / "docs" / name).write_text(
            f"---\nreader: asker\n---\n\n# Page\n\n{page}\n", encoding="utf-8"
        )
    text = "---\nreader: owner\n---\n\n# Keep it\n\nRun netkit.\n"
    (folder / "docs" / "own.md").write_text(text, encoding="utf-8")
    invented = findings(*(Finding(name, 7, "7") for name in ("labels_strong", "answer", "few", "name")))
    cell = told({"text/plain": "a table"}, *invented)
    cell.source = SOURCE
    notebook(folder / "notebooks" / "01-what.ipynb", [new_markdown_cell("# What?"), cell])
    patch = pytest.MonkeyPatch()
    stored = lambda: Evidence(folder / "notebooks", folder / "stamps")  # noqa: E731
    patch.setattr("netkit.findings.validation.project_evidence", stored)
    patch.setattr("netkit.handbook.publishing.project_evidence", stored)
    patch.setattr("netkit.handbook.PROJECT", folder)
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def published(project, home):
    target = home.parent / "handed-out"
    owner = ["--name", "Ines Vogt", "--sentence", "I answer all.", "--reach", "ines@vogt.example"]
    code = run(["publish", "--home", str(home), "--to", str(target), *owner])
    return target, code


def texts_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "ignore")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_no_canary_is_in_the_published_site(published):
    target, code = published
    assert code == 0
    site = texts_below(target)
    assert "index.html" in site and "search/search_index.json" in site
    assert {name: canaries_in(name + text) for name, text in site.items() if canaries_in(name + text)} == {}


def test_a_published_handbook_is_its_owners_and_names_the_tool_at_the_foot_alone(published):
    target, _ = published
    assert not (target / "own.html").exists()
    for page in target.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        named = re.sub(
            r"<!--.*?-->|<pre.*?</pre>|<code.*?</code>|<script.*?</script>", "", text, flags=re.DOTALL
        )
        foot = '<div class="md-copyright">'
        assert "netkit" not in named.partition(foot)[0].casefold() and "netkit" in named.partition(foot)[2], (
            page
        )
        assert "How Ines answers requests" in named.partition("</title>")[0]
    search = (target / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "Run netkit" not in search and "ines@vogt.example" in search


def test_no_canary_is_in_the_public_notebooks(published, home):
    public = home / "public" / "build" / "notebooks"
    assert public.is_dir()
    assert canaries_in("\n".join(texts_below(public).values())) == []
    private = "\n".join(texts_below(home / "notebooks").values())
    assert "inviter" in canaries_in(private)  # so the canary had been there to be found


def test_a_page_shows_the_findings_rounded_and_says_withheld_for_a_name(published):
    page = (published[0] / "results.html").read_text(encoding="utf-8")
    shown = re.findall(r'<a class="finding"[^>]*>([^<]*)</a>', page)
    assert shown[0] in ("40", "45") and shown[1] in ("0", "5") and shown[2] == "withheld"
    assert re.search(r'title="own data, 01-what, n = (95|100), ', page)


@pytest.fixture
def with_pages(published, home, tmp_path, monkeypatch):
    """Publish the site that was built once, with other pages in it."""
    built = tmp_path / "built"
    shutil.copytree(published[0], built)
    monkeypatch.setattr("netkit.handbook.publishing.build_handbook", lambda _, **how: Built(built, 1, 1))

    def publish(target, *words, **pages):
        for name, text in pages.items():
            (built / f"{name}.html").write_text(text, encoding="utf-8")
        return run(["publish", "--as-validated", "--home", str(home), "--to", str(target), *words])

    return publish


def test_publishing_again_replaces_what_was_published(with_pages, tmp_path, capsys):
    assert with_pages(tmp_path / "out", old="fine") == 0
    (tmp_path / "out" / "stale.html").write_text("old", encoding="utf-8")
    assert with_pages(tmp_path / "out", new="fine") == 0
    assert (tmp_path / "out" / "new.html").exists()
    assert not (tmp_path / "out" / "stale.html").exists()
    printed = capsys.readouterr()
    assert "withheld, and shown as such: name." in " ".join(printed.out.casefold().split())
    assert canaries_in(printed.out + printed.err) == []


def test_a_refused_site_leaves_the_published_one_as_it_is(with_pages, tmp_path):
    assert with_pages(tmp_path / "out", page="fine") == 0
    assert with_pages(tmp_path / "out", page=f"by {C['inviter']} Brandt") == 2
    assert (tmp_path / "out" / "page.html").read_text(encoding="utf-8") == "fine"


def test_words_that_one_allows_may_stand(with_pages, tmp_path):
    assert with_pages(tmp_path / "out", page=f"Written by {OWNER}") == 2
    assert with_pages(tmp_path / "out", "--allow", f"{OWNER} {C['owner']}") == 0


def test_a_leak_planted_in_a_page_is_refused_with_its_place_and_nothing_is_published(
    published, project, home, tmp_path, capsys
):
    page = project / "docs" / "results.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(f"{before}\nThanks to {C['inviter'].upper()}\nBrandt.\n", encoding="utf-8")
    try:
        code = run(["publish", "--as-validated", "--home", str(home), "--to", str(tmp_path / "out")])
    finally:
        page.write_text(before, encoding="utf-8")
    printed = capsys.readouterr()
    assert code == 2
    assert re.search(r"results\.html, line \d+: a name", printed.err)
    assert re.search(r"search/search_index\.json, line 1: a name", printed.err)
    assert canaries_in(printed.out + printed.err) == []
    assert not (tmp_path / "out").exists()


# Words of every day that are firms and jobs too

NOUNS = """
    time year people way day man thing woman life child world school state family student group country problem hand
    part place case week company system program question work government number night point home water room mother
    area money story fact month lot right study book eye job word business issue side kind head house service friend
    father power hour game line end member law car city community name president team minute idea kid body
    information back parent face others level office door health person art war history party result change morning
    reason research girl guy moment air teacher force education circle apple capital simulations search page script
""".split()  # noqa: SIM905


def ordinary_archive(folder):
    """Four thousand connections whose firms and jobs are words of every day, singly and in pairs."""
    pairs = [f"{one} {other}".title() for one in NOUNS for other in NOUNS if one != other]
    firms = [*(noun.title() for noun in NOUNS), *pairs][:4_000]
    jobs = [*(noun.title() for noun in reversed(NOUNS)), *reversed(pairs)][:4_000]
    rows = [
        f"Qx{place}zj,Wq{place}zj,{IN}qx-{place}-zj,,{firm},{job},27 Oct 2023\n"
        for place, (firm, job) in enumerate(zip(firms, jobs, strict=True))
    ]
    head = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    return zipped(folder / "ordinary.zip", {**archive_files(), "Connections.csv": head + "".join(rows)})


def test_firms_and_jobs_that_are_words_of_the_site_itself_raise_no_alarm(project, tmp_path, capsys):
    home = tmp_path / "home"
    assert run(["read", str(ordinary_archive(tmp_path)), "--home", str(home)]) == 0
    page = project / "docs" / "results.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(
        f"{before}\nA circle of apple: time, year, way and day. Law firm, home page, work.\n",
        encoding="utf-8",
    )
    try:
        assert run(["publish", "--home", str(home), "--to", str(tmp_path / "out")]) == 0
        capsys.readouterr()
        # A person is refused wherever the name stands, be it in a page of the project's folder.
        page.write_text(f"{before}\nThanks to Qx7zj Wq7zj.\n", encoding="utf-8")
        assert run(["publish", "--as-validated", "--home", str(home), "--to", str(tmp_path / "two")]) == 2
    finally:
        page.write_text(before, encoding="utf-8")
    said = capsys.readouterr().err
    assert "qx7zj" not in said.casefold()  # not in a pipe, which may be kept
    assert "results.html" in said and "(qx7zj wq7zj)" in (home / "public" / "found.txt").read_text(
        encoding="utf-8"
    )
    assert not (tmp_path / "two").exists()


def test_a_folder_that_holds_other_things_is_refused_before_any_notebook_runs(
    home, tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr("netkit.cli.handbook_commands.workspace_evidence", None)
    assert run(["publish", "--home", str(home), "--to", str(tmp_path)]) == 2
    assert "holds other things" in capsys.readouterr().err


def test_a_folder_that_holds_the_workspace_is_never_replaced(home, capsys):
    assert run(["publish", "--as-validated", "--home", str(home), "--to", str(home.parent)]) == 2
    assert "holds your workspace" in capsys.readouterr().err
    assert (home / "ledger.db").exists()


@pytest.mark.parametrize(
    ("address", "given_away"),
    [
        ("https://zinnober.example/kralik", [("zinnober", "example", "kralik")]),
        ("https://www.zinnober.example", []),  # a firm's page alone is nobody's
    ],
)
def test_an_address_of_somebody_is_told_by_its_page(address, given_away):
    assert _url(address, frozenset()) == given_away
