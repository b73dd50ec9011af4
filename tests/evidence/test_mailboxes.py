"""Mail as programs write it: who wrote to whom, and everything that is no acquaintance."""

import io

import pytest
from invented_files import ANA, ME, OWNER, letter, mbox, people, read

from netkit.errors import NetkitError
from netkit.evidence import Owner
from netkit.evidence.mailboxes import _letters_of_mbox
from netkit.evidence.recognise import Source

RECEIVED = {"ana@ex.example": (["Ana Example"], {"mail received": 1})}
SENT = {"ana@ex.example": (["Ana Example"], {"mail sent": 1})}


def test_mail_counts_in_each_direction_and_once_however_often_a_message_lies_there(tmp_path):
    box = mbox(letter(ident="1"), letter(ME, ANA, ident="2"), letter(ident="1"), letter(ME, ANA, ident="3"))
    found = read(tmp_path, "Mail.mbox", box)
    assert people(found) == {"ana@ex.example": (["Ana Example"], {"mail received": 1, "mail sent": 2})}
    assert found.left["duplicates"] == 1


@pytest.mark.parametrize(
    "sender",
    [
        '"Ana Example" <ana@ex.example>',
        "Ana Example <ANA@Ex.Example>",
        "ana@ex.example (Ana Example)",
        "=?utf-8?Q?Ana_Example?= <ana@ex.example>",
        '"=?utf-8?B?QW5hIEV4YW1wbGU=?=" <ana@ex.example>',
        "=?utf-8?Q?Ana_Ex?= =?utf-8?Q?ample?= <ana@ex.example>",
        "=?x-nobody-knows?Q?Ana_Example?= <ana@ex.example>",
        "\n Ana Example\n <ana@ex.example>",
    ],
)
def test_a_sender_is_the_same_however_written(tmp_path, sender):
    assert people(read(tmp_path, "a.mbox", mbox(letter(sender)))) == RECEIVED


@pytest.mark.parametrize(
    "sender, name",
    [
        ("=?utf-8?Q?J=C3=B6?= =?utf-8?Q?rg?= <ana@ex.example>", "Jörg"),
        ("=?utf-8?B?w?= =?utf-8?B?7Y=?= <ana@ex.example>", None),  # letters cut in two, and badly
        ("Example, Ana <ana@ex.example>", "Example, Ana"),
        ("Jörg Müller <ana@ex.example>".encode("cp1252"), "Jörg Müller"),
        ("Jörg Müller <ana@ex.example>".encode(), "Jörg Müller"),
        ('"ana@ex.example" <ana@ex.example>', None),
    ],
)
def test_a_name_is_decoded_as_far_as_it_can_be(tmp_path, sender, name):
    raw = (
        letter("SENDER").encode().replace(b"SENDER", sender if isinstance(sender, bytes) else sender.encode())
    )
    ((names, _),) = people(read(tmp_path, "a.eml", raw)).values()
    assert name is None or names == [name]


@pytest.mark.parametrize(
    "sender, more",
    [
        ("Ana Example via LinkedIn <invitations@linkedin.com>", ""),
        ("Ana Example <messages-noreply@bounce.linkedin.com>", ""),
        ("Ana Example (Google Docs) <drive-shares-dm-noreply@google.com>", ""),
        ("Ana Example <notifications@github.com>", ""),
        ("Ana Example <no-reply@ex.example>", ""),
        ("News <news@ex.example>", ""),
        ("Acme <info@ex.example>", ""),
        ("Ana Example <x1@privaterelay.appleid.com>", ""),
        (ANA, "List-Id: <friends.ex.example>"),
        (ANA, "List-Unsubscribe: <https://ex.example>"),
        (ANA, "List-Archive: <https://ex.example>"),
        (ANA, "X-Mailing-List: friends@ex.example"),
        ("Ana Example <jira@ex.example>", ""),
        (ANA, "Precedence: bulk"),
        (ANA, "Auto-Submitted: auto-replied"),
        (ANA, "X-Gmail-Labels: Inbox,Spam"),
        (ANA, "X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?="),
        (ANA, "X-Mozilla-Status: 0009"),
        (ANA, "Sender: friends-bounces@ex.example"),
        ("/O=EXCHANGELABS/OU=X/CN=ANA", ""),
        ("Ana, Bo <ana@ex.example>, Bo <bo@ex.example>", ""),
        ("Mara Olsen <other@ex.example>", ""),
        ("", ""),
    ],
)
def test_who_is_no_acquaintance_is_left_out_and_counted(tmp_path, sender, more):
    found = read(tmp_path, "a.mbox", mbox(letter(sender, more=more), letter("Bo <bo@ex.example>", ident="2")))
    assert list(people(found)) == ["bo@ex.example"]
    assert sum(found.left.values()) == 1


def test_a_message_to_a_crowd_is_no_acquaintance_and_one_to_twenty_is(tmp_path):
    crowd = [", ".join(f"p{n}@ex.example" for n in range(size)) for size in (20, 21)]
    sent = [read(tmp_path, "a.mbox", mbox(letter(ME, to))) for to in crowd]
    assert [len(people(each)) for each in sent] == [20, 0]


def test_a_common_copy_is_no_acquaintance(tmp_path):
    together = letter("Bo <bo@ex.example>", ME, more=f"Cc: {ANA}")
    mine = letter(ME, "bo@ex.example", more=f"Cc: {ANA}", ident="2")
    assert list(people(read(tmp_path, "a.mbox", mbox(together, mine)))) == ["bo@ex.example"]


def test_mail_that_was_not_for_you_is_none(tmp_path):
    found = read(tmp_path, "a.mbox", mbox(letter(to="somebody@ex.example")))
    assert people(found) == {} and found.left == {"not to you": 1}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [1, 7, 1 << 21])
def test_from_in_a_body_begins_no_message(size, ends):
    body = (
        "From here on\n\nFrom the start I said so\n\nFrom ana Mon Mar 04 11:20:34 2024\nno header here"
        "\nFrom bo Mon Mar 04 11:20:34 2024\nTo: nobody, for no blank line stands before"
    )
    box = mbox(letter(body=body), letter(ident="2"), letter(ident="3", body="")).replace("\n", ends).encode()

    class InPieces(io.BytesIO):
        def read(self, wanted=-1):
            return super().read(min(wanted, size))

    found = list(_letters_of_mbox(InPieces(box), lambda n: None))
    assert [each.of("message-id") for each in found] == ["<1@ex>", "<2@ex>", "<3@ex>"]


@pytest.mark.parametrize(
    "date, received, expected",
    [
        ("Mon, 4 Mar 2024 11:20:34 +0100", "", 1709547634),
        ("4 Mar 24 10:20:34 -0000", "", 1709547634),
        ("Mon, 4 Mar 2024 11:20:34 CET", "", 1709547634),
        ("Mon, 4 Mar 2024 10:20:34 XYZ", "", 1709547634 + 86400),  # no zone: a day's margin
        ("Mon, 4 Mar 2024 10:20:34", "", 1709547634 + 86400),
        ("31 Feb 2024 10:00:00 +0000", "", 1709551234),  # the line that begins the message
        ("Mo, 4. März 2024", "", 1709551234),
        ("Mon, 4 Mar 2024 11:20:34 +9999", "", 1709551234 ),
        ("Mon, 4 Mar 1904 11:20:34 +0100", "", 1709551234),
        ("Mon, 4 Mar 2094 11:20:34 +0100", "", 1709551234),
    ],
)  # fmt: skip
def test_a_date_is_read_as_far_as_it_can_be(tmp_path, date, received, expected):
    found = read(tmp_path, "a.mbox", mbox(letter(date=date)))
    (person,) = found.people
    (times,) = person.acts.values()
    assert times[0] in (expected, expected + 86400 if "+9999" in date else expected)


def test_without_any_date_the_newest_station_tells_and_without_that_nothing_is_counted(tmp_path):
    stations = (
        "Received: by b; Tue, 5 Mar 2024 10:00:00 +0000\nReceived: by a; Mon, 4 Mar 2024 10:00:00 +0000"
    )
    told = read(tmp_path, "a.eml", letter(date="nonsense", more=stations))
    untold = read(tmp_path, "b.eml", letter(date="nonsense"))
    assert next(iter(told.people[0].acts.values()))[0] == 1709632800
    assert untold.people == () and untold.left == {"no readable date": 1}


def test_gmail_addresses_are_one_however_dotted(tmp_path):
    box = mbox(letter("a.na+x@googlemail.com"), letter(ME, "ana@gmail.com", ident="2"))
    assert list(people(read(tmp_path, "a.mbox", box))) == ["ana@gmail.com"]


def test_an_address_of_many_names_is_nobodys(tmp_path):
    box = mbox(*(letter(f"P{n} Example <team1@ex.example>", ident=str(n)) for n in range(8)))
    assert people(read(tmp_path, "a.mbox", box))["team1@ex.example"][0] == []


@pytest.mark.parametrize(
    "files",
    [
        {"Mail.mbox": mbox(letter())},
        {"Takeout/Mail/Alle Nachrichten.mbox": mbox(letter())},
        {
            "Mail/Local Folders/Inbox": mbox(letter(), begins="From - Mon Mar 04 11:20:34 2024"),
            "Mail/Inbox.msf": "x",
        },
        {"Post.mbox/mbox": mbox(letter()), "Post.mbox/table_of_contents": "\0\0"},
        {"cur/1:2,S": letter(), "new/2": letter(ident="2", more="List-Id: <x>"), "tmp/3": ""},
        {"1.eml": letter(), "2.eml": letter()},
        {"1.emlx": f"{len(letter())}\n{letter()}<?xml version='1.0'?><plist/>"},
        {
            "Inbox": mbox(letter()),
            "Junk": mbox(letter("Bo <bo@ex.example>")),
            "Inbox.sbd/Trash": mbox(letter(ident="9")),
        },
        {".Entwürfe/cur/1": letter("Bo <bo@ex.example>"), "cur/1": letter()},
    ],
    ids=lambda files: next(iter(files)),
)
def test_every_program_s_mail_is_known_by_its_content(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    with Source(tmp_path) as source:
        assert source.kinds == ("mail",)
        assert people(source.read(OWNER)) == RECEIVED


@pytest.mark.parametrize(
    "letters, expected",
    [
        ([letter(more=f"Delivered-To: {ME}"), letter(more=f"Delivered-To: {ME}")], {ME}),
        ([letter("Bo <bo@ex.example>"), letter(), letter(ME, "cleo@ex.example")], {ME}),
        ([letter(), letter(ME, ANA)], set()),  # two who write to each other alone: either may be the owner
        ([letter()], set()),
    ],
)
def test_a_mailbox_tells_whose_it_is_where_it_can(tmp_path, letters, expected):
    (tmp_path / "a.mbox").write_text(mbox(*letters), encoding="utf-8")
    with Source(tmp_path / "a.mbox") as source:
        assert source.owner() == expected


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("a.pst", b"!BDN" + b"\0" * 99, "Convert it to mbox"),
        ("a.zip", b"PK\3\4 cut short", "Download it once more"),
        ("a.tgz", b"\x1f\x8b cut short", "Download it once more"),
        ("a.txt", b"Dear diary", "nothing that netkit knows"),
        ("empty", b"", "nothing that netkit knows"),
        (
            "Connections.csv",
            b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n",
            "nothing",
        ),
        ("Connections2.csv", b"\xff\xfeF\0i\0", "nothing"),
    ],
)
def test_what_is_no_evidence_is_refused_in_two_sentences(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NetkitError, match=says) as refused:
        Source(tmp_path / name)
    assert str(refused.value).count(". ") == 1 or "(.ics)" in str(refused.value)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NetkitError, match="nothing at"):
        Source(tmp_path / "none")


def test_headers_without_end_and_nul_signs_do_no_harm(tmp_path):
    endless = b"From x Mon Mar 04 11:20:34 2024\nFrom: " + b"a" * 3_000_000
    nul = mbox(letter("A\0na <ana@ex.example>", to=f"{ME}, \0<<>>,;;((")).encode()
    assert read(tmp_path, "a.mbox", endless).people == ()
    assert list(people(read(tmp_path, "b.mbox", nul))) == ["ana@ex.example"]


def test_an_owner_nobody_knows_is_told_nothing_of(tmp_path):
    assert people(read(tmp_path, "a.mbox", mbox(letter()), Owner())) == {}
