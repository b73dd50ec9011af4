"""A small invented workspace to sit down at: three wait, three are old, and both answers are on record."""

from invented_export import connection, export, invitation

from netkit.evidence import Owner
from netkit.evidence.recognise import Source
from netkit.ledger import open_ledger

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eשלום\u202c " + "long " * 2000
NOTE = "Dear Kim, we met at the bee fair in Oldham last week; I would like to stay in touch."
_QUICK = [f"Quick {n}" for n in range(20)]


def build(home):
    """Write the workspace; twenty acceptances took up to 19 days, and twelve invitations were refused."""
    asked = [
        invitation(name, "2024-01-01T12:00:00+00:00", slug=name.replace(" ", "-").casefold())
        for name in _QUICK
    ]
    linked = [
        connection(name, f"2024-01-{n + 1:02}", slug=name.replace(" ", "-").casefold())
        for n, name in enumerate(_QUICK)
    ]
    refused = [
        invitation(f"Refused {n}", f"2024-01-{n + 2:02}T09:00:00+00:00", slug=f"refused-{n}")
        for n in range(12)
    ]
    old = [
        invitation("Gone Since", "2024-01-20T12:00:00+00:00", slug="gone"),
        invitation("Old Silent", "2024-02-01T12:00:00+00:00", slug="old"),
        invitation("Old Noted", "2024-02-02T12:00:00+00:00", slug="noted", note=NOTE),
    ]
    waiting = [
        invitation("Ada Love", "2024-02-20T12:00:00+00:00", slug="ada-l"),
        invitation("Bo Kern", "2024-02-21T12:00:00+00:00", slug="bo-k", note=NOTE),
        {
            **invitation("Mal <b>Ice</b>", "2024-02-22T12:00:00+00:00", note=HOSTILE),
            "url": "javascript:alert(3)//in/mal",
        },
    ]
    you = {"first_name": "Kim", "last_name": "Example", "headline": "Invented"}
    with open_ledger(home) as ledger:
        first = [*asked, *refused, old[0]]
        ledger.import_export(export("2024-02-01", invitations=first, connections=linked, profile=[you]))
        second = [*asked, *refused, *old[1:], *waiting]
        ledger.import_export(export("2024-03-01", invitations=second, connections=linked, profile=[you]))
        keys = ledger.invitations.to_frame().set_index("name")["request"]
        with ledger.together():
            for n in range(12):
                level = "no" if n % 3 else "yes"
                ledger.decisions.add(
                    keys[f"Refused {n}"], "decline", at="2024-01-25", source="test",
                    facts={"recognised": level, "met_in_person": "no"},
                )  # fmt: skip
            for n in range(0, 20, 2):
                facts = {"recognised": "yes", "met_in_person": "yes" if n % 4 else "no"}
                ledger.decisions.add(
                    keys[f"Quick {n}"], "accept", at="2024-01-25", source="test", facts=facts
                )
    return home


def add_mail(home, *, answered=True):
    """Add a mailbox in which three who wait were written to and wrote; only the names say that it is they."""
    me, box = "kim@ex.example", home / "Inbox"
    people = "Old Silent <silent@ex.example>", "Ada Love <ada@ex.example>", "Bo Kern <bo@acme.example>"
    letters = [
        f"From x@y Mon Mar 04 11:20:34 2019\nFrom: {sender}\nTo: {to}\nDate: {day} 10:00 +0000\n"
        f"Message-ID: <{day} {who}>\n\nHi\n\n"
        for who in people
        for sender, to, day in ((me, who, "1 May 2019"), (who, me, "3 May 2020"))[: 1 + answered]
    ]
    box.write_text("".join(letters), encoding="utf-8")
    with open_ledger(home) as ledger, Source(box) as source:
        owner = Owner(frozenset([me]))
        ledger.evidence.add(box, source.kinds, source.read(owner), owner)
