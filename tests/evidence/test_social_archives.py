"""Archives of other platforms, and guest lists: who was talked to, and who is only a number."""

import json
import zipfile

import pytest
from invented_files import ME, people

from netkit.evidence import Owner
from netkit.evidence.recognise import Source

OWNER = Owner(frozenset([ME]), frozenset(["mara olsen"]))
CREATED = "Mon Mar 04 10:20:34 +0000 2024"


def ytd(kind, *rows):
    return f"window.YTD.{kind}.part0 = {json.dumps(list(rows))}"


def post(number, name, created=CREATED):
    mention = {"id_str": number, "name": name, "screen_name": "x"}
    return {"tweet": {"created_at": created, "entities": {"user_mentions": [mention]}, "full_text": "secret"}}


def talk(*messages, sides="1-7"):
    said = [
        {
            "messageCreate": {
                "senderId": s,
                "recipientId": "x",
                "createdAt": "2024-03-04T10:20:34.000Z",
                "text": "t",
            }
        }
        for s in messages
    ]
    return {"dmConversation": {"conversationId": sides, "messages": said}}


def read(tmp_path, files):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with Source(tmp_path / "a.zip") as source:
        return source.kinds, source.read(OWNER)


X = {
    "data/account.js": ytd("account", {"account": {"accountId": "1"}}),
    "data/tweets.js": ytd("tweets", post("7", "Ana Example"), post("8", "Bo Lind")),
    "data/direct-messages.js": ytd(
        "direct_messages", talk("1", "7"), talk("1", "9", sides="1-9"), talk("1", sides="1-7-8")
    ),
    "data/like.js": ytd("like", {}),
}


@pytest.mark.parametrize("name", ["tweets", "tweet"])
def test_an_archive_of_x_tells_whom_its_posts_name(tmp_path, name):
    files = {key: value.replace("YTD.tweets", f"YTD.{name}") for key, value in X.items()}
    kinds, found = read(tmp_path, files)
    assert kinds == ("X",)
    assert people(found) == {
        "x:7": (["Ana Example"], {"talk sent": 1, "talk received": 1}),
        "x:8": (["Bo Lind"], {"talk sent": 1}),
    }
    assert found.left["people whom the archive gives by number alone"] == 2


def garbled(text):
    return text.encode().decode("latin-1")


def test_facebook_tells_friends_and_talks_of_two(tmp_path):
    sent = {"timestamp_ms": 1709547634000, "content": "secret"}
    files = {
        "connections/friends/your_friends.json": json.dumps({"friends_v2": [{"name": garbled("Jörg Brandt"), "timestamp": 1500000000}]}),
        "messages/inbox/a/message_1.json": json.dumps({
            "participants": [{"name": "Ana Example"}, {"name": "Mara Olsen"}],
            "messages": [{"sender_name": "Mara Olsen", **sent}, {"sender_name": "Ana Example", **sent}],
        }),
        "messages/inbox/b/message_1.json": json.dumps({
            "participants": [{"name": "A B"}, {"name": "C D"}, {"name": "Mara Olsen"}],
            "messages": [{"sender_name": "A B", **sent}],
        }),
    }  # fmt: skip
    kinds, found = read(tmp_path, files)
    assert kinds == ("Facebook",)
    assert people(found) == {
        "name:jörg brandt": (["Jörg Brandt"], {"friend": 1}),
        "name:ana example": (["Ana Example"], {"talk sent": 1, "talk received": 1}),
    }


LUMA = "guest_id,name,first_name,last_name,email,created_at,approval_status,checked_in_at,What is your LinkedIn?\n"
EVENTBRITE = "Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Attendee Status\n"


@pytest.mark.parametrize(
    "content, expected",
    [
        (LUMA + "1,Ana Example,,,ana@ex.example,,approved,2024-03-04T10:20:34.000Z,linkedin.com/in/ana-ex\n", {"ana@ex.example"}),
        (LUMA + "1,Ana Example,,,ana@ex.example,,approved,,\n", set()),
        (EVENTBRITE + "1,2024-03-04 10:20:34,Ana,Example,ana@ex.example,1,Free,1,Attending\n", {"ana@ex.example"}),
        (EVENTBRITE + "1,2024-03-04 10:20:34,Ana,Example,ana@ex.example,1,Free,1,Refunded\n", set()),
        (EVENTBRITE + "".join(f"1,2024-03-04 10:20:34,{n},Example,ana@ex.example,2,Free,{n},Attending\n" for n in ("Ana", "Bo")), set()),
        (EVENTBRITE + "1,2024-03-04 10:20:34,Ana,Example,info@ex.example,1,Free,1,Attending\n", set()),
    ],
)  # fmt: skip
def test_a_guest_list_tells_who_came(tmp_path, content, expected):
    kinds, found = read(tmp_path, {"guests.csv": content})
    assert kinds == ("guest lists",)
    assert set(people(found)) == expected
    if "linkedin.com" in content:
        assert found.people[0].words == {"in:ana-ex"}


def olm(sender, to, *, as_elements=False):
    def side(tag, name, address):
        said = f'OPFContactEmailAddressAddress="{address}" OPFContactEmailAddressName="{name}"'
        if as_elements:
            said = ""
        inner = (
            f"<OPFContactEmailAddressAddress>{address}</OPFContactEmailAddressAddress>"
            f"<OPFContactEmailAddressName>{name}</OPFContactEmailAddressName>" * as_elements
        )
        return f"<OPFMessageCopy{tag}Addresses><emailAddress {said}>{inner}</emailAddress></OPFMessageCopy{tag}Addresses>"

    return (
        f"<?xml version='1.0'?><emails><email>{side('From', *sender)}{side('To', *to)}"
        "<OPFMessageCopySentTime xml:space='preserve'>2024-03-04T10:20:34</OPFMessageCopySentTime>"
        "<OPFMessageCopyMessageID>1@ex</OPFMessageCopyMessageID><OPFMessageCopyBody>secret</OPFMessageCopyBody></email></emails>"
    )


@pytest.mark.parametrize("as_elements", [False, True])
def test_mail_of_outlook_for_the_mac_is_read_with_a_day_s_margin_for_its_zone(tmp_path, as_elements):
    path = "Accounts/me/com.microsoft.__Messages/Inbox/message_00001.xml"
    content = olm(("Ana &amp; Example", "ana@ex.example"), ("Mara", ME), as_elements=as_elements)
    kinds, found = read(tmp_path, {path: content, path.replace("Inbox", "Junk E-mail"): content})
    assert kinds == ("mail",)
    (person,) = found.people
    assert (person.identity, person.names) == ("mail:ana@ex.example", {"Ana & Example"})
    assert [list(times) for times in person.acts.values()] == [[1709547634 + 86400]]


@pytest.mark.parametrize(
    "content", ["window.YTD.tweets.part0 = [", "window.YTD.tweets.part0 = {}", "window.YTD.tweets.part0 = " + "[" * 200_000,
                'window.YTD.tweets.part0 = [{"tweet": {"entities": [1], "created_at": 5}}, 7]'],
)  # fmt: skip
def test_a_broken_archive_tells_nothing_and_costs_nothing_else(tmp_path, content):
    _, found = read(tmp_path, {**X, "data/tweets-part1.js": content})
    assert set(people(found)) == {"x:7", "x:8"}
