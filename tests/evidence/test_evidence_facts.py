"""What evidence says of facts: what is set and what only offered, as things stood then, and never a no."""

from datetime import date

import pandas as pd
import pytest
from invented_files import ME, calendar, event, letter, mbox

from netkit.comparison.labelled_history import Labelled
from netkit.errors import FactError, LeakError, LedgerError
from netkit.evidence import Owner
from netkit.evidence.acquaintance import _rules
from netkit.evidence.recognise import Source
from netkit.facts import Fact, vocabulary
from netkit.history import guard_facts, read_history
from netkit.ledger.workspace import FILE
from netkit.model import FittedModel
from netkit.policy import load_policy
from netkit.triage import fit_history

ANA = "Ana Example <ana@ex.example>"
URL = "https://www.linkedin.com/in/ana-ex"
CARD = f"BEGIN:VCARD\nFN:Ana Example\nEMAIL:ana@ex.example\nURL:{URL}\nEND:VCARD\n"
NAMED = "BEGIN:VCARD\nFN:Ana Example\nEMAIL:ana@ex.example\nEND:VCARD\n"
OWNER = Owner(frozenset([ME]), frozenset(), ((date(2018, 1, 1), date(2020, 12, 31)),))
YES = "yes"


def to(day, ident=""):
    return letter(ME, ANA, date=f"{day} 10:00 +0000", ident=f"to {day}{ident}")


def by(day, ident=""):
    return letter(ANA, ME, date=f"{day} 10:00 +0000", ident=f"by {day}{ident}")


def met(day, *, place="", answer="ACCEPTED", people=0):
    others = [f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:p{n}@ex.example" for n in range(people)]
    lines = [
        f"ORGANIZER:mailto:{ME}",
        f"ATTENDEE;CN=Ana Example;PARTSTAT={answer}:mailto:ana@ex.example",
        *others,
    ]
    return calendar(
        event(*lines, *([f"LOCATION:{place}"] if place else []), start=f"DTSTART:{day}T100000Z", uid=day)
    )


def asked(ledger, day="2021-06-01 12:00", url=URL):
    return ledger.invitations.add("Ana Example", sent_at=day, source="test", url=url)


def add(ledger, tmp_path, owner=OWNER, **files):
    for name, content in files.items():
        path = tmp_path / f"{name}.file"
        path.write_text(mbox(*content) if isinstance(content, list) else content, encoding="utf-8")
        with Source(path) as source:
            ledger.evidence.add(path, source.kinds, source.read(owner), owner)


def told(ledger, request):
    found = read_history(ledger).evidence_for(request)
    return dict(found.sets), dict(found.offers)


BOTH = [to("1 May 2021"), by("2 May 2021"), to("3 May 2021")]


@pytest.mark.parametrize(
    "files, sets, offers",
    [
        ({"m": BOTH}, {"recognised"}, {"interacted_elsewhere"}),
        ({"m": BOTH[:1]}, set(), {"recognised"}),
        ({"m": BOTH[1:2]}, set(), {"recognised"}),
        ({"c": met("20210501", place="Café Central")}, {"recognised", "met_in_person"}, set()),
        ({"c": met("20210501", place="https://zoom.us/j/1")}, {"recognised"}, {"met_in_person"}),
        ({"c": met("20210501", place="Café", people=9)}, set(), {"recognised"}),
        ({"c": met("20210501", place="Café", answer="NEEDS-ACTION")}, set(), {"recognised", "met_in_person"}),
        ({"c": met("20210501", place="Café", answer="DECLINED")}, set(), set()),
        ({"c": met("20210701", place="Café")}, set(), set()),  # after the invitation
        ({"m": [to("1 July 2021"), by("2 May 2021")]}, set(), {"recognised"}),  # the answer came later
        ({"m": [by("1 June 2021")]}, set(), {"recognised"}),  # two hours before
        (
            {"m": [letter(ANA, ME, date="1 June 2021 12:00 +0000", ident="x")]},
            set(),
            set(),
        ),  # the same moment
        (
            {"m": [letter(ANA, ME, date="1 June 2021 10:00", ident="x")]},
            set(),
            set(),
        ),  # no zone: a day's margin
    ],
)
def test_what_evidence_sets_and_offers_of_somebody_who_is_surely_meant(ledger, tmp_path, files, sets, offers):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, **files)
    ledger.decisions.add(request, "accept", at="2021-06-02", source="test")  # a card has no date
    found, offered = told(ledger, request)
    assert set(found) == sets
    assert set(offered) == offers
    assert {level for level, _ in [*found.values(), *offered.values()]} <= {YES}


@pytest.mark.parametrize(
    "card, sets", [(CARD, {"recognised", "in_address_book"}), (NAMED, set()), ("", set())]
)
def test_by_a_name_alone_nothing_is_set_and_all_is_offered(ledger, tmp_path, card, sets):
    request = asked(ledger)
    add(ledger, tmp_path, m=BOTH, **({"card": card} if card else {}))
    found, offered = told(ledger, request)
    assert set(found) == sets
    assert {"recognised", "interacted_elsewhere"} - sets <= set(offered)


@pytest.mark.parametrize(
    "files, fact, reason",
    [
        ({"m": BOTH}, "recognised", "you wrote to each other 3 times, last in May 2021"),
        ({"c": met("20210501", place="Café")}, "met_in_person", "you had 1 meeting of at most 8 people together at a place, last in May 2021"),
        ({"m": [to("1 May 2019"), to("1 July 2021"), by("1 May 2019")]}, "recognised", "you wrote to each other 2 times, last in May 2019"),
        ({}, "in_address_book", "this person is in your own address book"),
    ],
)  # fmt: skip
def test_the_reason_says_how_often_and_when_as_things_stood_then(ledger, tmp_path, files, fact, reason):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, **files)
    found, offered = told(ledger, request)
    assert {**found, **offered}[fact] == (YES, reason)


def test_an_address_book_serves_what_stands_open_and_never_the_past(ledger, tmp_path):
    request = asked(ledger)
    ledger.decisions.add(request, "accept", at="2021-06-02", source="test")
    add(ledger, tmp_path, card=CARD)
    assert told(ledger, request) == ({}, {})


def test_who_asks_after_the_evidence_was_added_is_matched_when_he_does(ledger, tmp_path):
    add(ledger, tmp_path, card=CARD, m=BOTH)
    assert set(told(ledger, asked(ledger))[0]) == {"recognised", "in_address_book"}


def test_how_often_is_a_lower_bound_where_a_later_archive_brings_an_earlier_request(ledger, tmp_path):
    add(
        ledger,
        tmp_path,
        card=CARD,
        m=[to("1 May 2019"), to("1 May 2020"), by("1 May 2019"), to("1 July 2021")],
    )
    found = told(ledger, asked(ledger))[0]["recognised"]
    assert found == (YES, "you wrote to each other at least 2 times, last in May 2019")


def test_colleagues_are_offered_by_the_mail_of_your_own_employer_while_you_worked_there(ledger, tmp_path):
    request = asked(ledger)
    own = Owner(frozenset(["mara@ex.example"]), frozenset(), OWNER.tenures)
    within, after = ("mara@ex.example", ANA, "1 May 2019"), ("mara@ex.example", ANA, "1 May 2021")
    add(ledger, tmp_path, own, m=[letter(*within[:2], date=f"{within[2]} 10:00 +0000")])
    assert "worked_together" in told(ledger, request)[1]
    add(ledger, tmp_path, own, m=[letter(*after[:2], date=f"{after[2]} 10:00 +0000")])
    assert "worked_together" not in told(ledger, request)[1]


def test_absence_is_unknown(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, m=[letter("Bo Lind <bo@ex.example>")])
    history = read_history(ledger)
    assert told(ledger, request) == ({}, {})
    assert history.facts["recognised"].isna().all()


def value(ledger, request, fact="recognised"):
    return read_history(ledger).values_of(request).get(fact)


def test_a_fact_that_evidence_sets_says_so_and_your_word_wins_before_and_after(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, m=BOTH)
    reason = "you wrote to each other 3 times, last in May 2021"
    assert value(ledger, request) == {"level": YES, "origin": "evidence", "reason": reason}
    ledger.notes.add(request, "recognised", "no", at="2021-06-02", source="test")
    assert value(ledger, request) == {"level": "no", "origin": "typed"}
    ledger.notes.add(request, "recognised", "unknown", at="2021-06-02", source="test")
    assert value(ledger, request) == {"level": None, "origin": "typed"}
    ledger.notes.add(request, "recognised", "undo", at="2021-06-02", source="test")
    assert value(ledger, request)["origin"] == "evidence"


def test_an_offer_is_no_value(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, m=BOTH)
    assert value(ledger, request) is None


def test_a_decision_keeps_the_evidence_as_it_stood(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, m=BOTH)
    ledger.decisions.add(
        request, "accept", at=pd.Timestamp.now(tz="UTC") + pd.Timedelta(minutes=1), source="test"
    )
    for number in ledger.evidence.sources()["id"]:
        ledger.evidence.remove(int(number))
    kept = read_history(ledger).values_of(request)
    assert {fact: kept[fact]["origin"] for fact in ("recognised", "in_address_book")} == dict.fromkeys(
        ("recognised", "in_address_book"), "evidence"
    )


def test_a_decision_of_before_the_evidence_keeps_none(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, m=BOTH)
    ledger.decisions.add(request, "accept", at="2021-06-02", source="test")
    assert ledger.notes.to_frame().empty


def test_your_word_in_a_decision_is_not_overwritten(ledger, tmp_path):
    request = asked(ledger)
    add(ledger, tmp_path, card=CARD, m=BOTH)
    now = pd.Timestamp.now(tz="UTC") + pd.Timedelta(minutes=1)
    ledger.decisions.add(request, "ignore", at=now, source="test", facts={"recognised": "no"})
    assert value(ledger, request)["level"] == "no"


def test_reading_again_replaces_and_reading_another_file_adds(ledger, tmp_path):
    request = asked(ledger)
    for _ in range(2):
        add(ledger, tmp_path, card=CARD, m=BOTH)
    assert len(ledger.evidence.sources()) == 2
    assert "3 times" in told(ledger, request)[0]["recognised"][1]
    add(ledger, tmp_path, copy=BOTH)  # the same mail in another export: the one that knows most counts
    assert "3 times" in told(ledger, request)[0]["recognised"][1]
    add(ledger, tmp_path, m=BOTH[:1], copy=BOTH[:1])
    assert set(told(ledger, request)[0]) == {"in_address_book"}
    with pytest.raises(LedgerError, match="There is no source 99"):
        ledger.evidence.remove(99)


def test_the_ledger_s_file_holds_no_name_and_no_address_in_clear(ledger, tmp_path):
    add(ledger, tmp_path, card=CARD, m=[letter("Bo Lindgren <bo.lindgren@ex.example>"), *BOTH])
    ledger.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (tmp_path / "home" / FILE).read_bytes().lower()
    for word in (b"lindgren", b"ana@ex", b"ana example", b"ana-ex", b"Hello."):
        assert word.lower() not in content
    assert b"ex.example" in content  # the domain is kept


def test_a_forgotten_person_s_traces_are_gone(ledger, tmp_path):
    asked(ledger)
    add(ledger, tmp_path, m=[*BOTH, letter("Bo Lind <bo@ex.example>", ident="9")])
    ledger.forget("Ana Example")
    left = [row[0] for row in ledger.database.connection.execute("SELECT who FROM evidence_acts")]
    assert left == [ledger.evidence.hashed("mail:bo@ex.example")]


def decided(ledger, n, **facts):
    name, url = (f"Ana{n} Example", f"{URL}-{n}")
    request = ledger.invitations.add(name, sent_at=f"2021-06-0{n + 1}", source="test", url=url)
    action = ["accept", "ignore"][n % 2]
    ledger.decisions.add(request, action, at=f"2021-06-1{n}", source="test", facts=facts)
    return request


@pytest.mark.parametrize("typed", [{}, {4: YES, 5: "no"}, {1: "no", 3: "no", 5: "no", 6: "no", 7: "no"}])
def test_to_a_model_it_is_the_same_whether_evidence_was_found_or_nothing_is_known(ledger, tmp_path, typed):
    for n in range(8):
        decided(ledger, n, **({"recognised": typed[n]} if n in typed else {}))
    card = "BEGIN:VCARD\nFN:Ana2 Example\nEMAIL:ana@ex.example\nURL:{}\nEND:VCARD\n".format(f"{URL}-2")
    add(ledger, tmp_path, card=card, m=BOTH)
    history, policy = read_history(ledger), load_policy("house")
    past = Labelled.of(history, vocabulary("invitation"))
    assert past.facts["recognised"].tolist().count(YES) == 1 + list(typed.values()).count(YES)
    model = fit_history(history, policy)
    columns = [str(column) for column in model.encoder.columns if column.fact == "recognised"]
    assert len(columns) == ("no" in typed.values()) and "recognised=unknown" not in columns
    asked = pd.DataFrame({"request": ["a", "b", "c"], "recognised": [YES, None, "no"]})
    for judge in (model, FittedModel.from_json(model.to_json())):
        found, nothing, no = judge.judge(asked, pd.Series([0, 0, 0]))["probability"]
        assert found == nothing and (no != nothing) == ("no" in typed.values())
        scored = model.score_frame(asked)["probability"]
        assert scored.iloc[0] == scored.iloc[1]


KINDS = sorted(_rules())


@pytest.mark.parametrize(
    "name",
    [
        "evidence", "mail_count", "evidence_found", "name_rarity", "match_rule", "n_meetings", "first_mail_at", "tier",
        "proposed", "same_person", "mail_domain", "days_since_last_mail", "known_from_mail",
        *KINDS, *(f"{kind}_count" for kind in KINDS), *(f"last_{kind}" for kind in KINDS),
    ],
)  # fmt: skip
def test_the_guard_knows_evidence_of_every_kind_even_where_it_is_declared(name):
    try:
        declared = vocabulary("invitation").extended([Fact(name, "Is it?", levels=(YES, "no"))])
    except FactError:  # it speaks of a name
        declared = vocabulary("invitation")
    with pytest.raises(LeakError):
        guard_facts(pd.DataFrame({"request": ["a"], name: [YES]}), declared)


@pytest.mark.parametrize(
    "name", ["met_at_event", "friend_of_family", "contact_wishes", "guest_speaker", "talked_at_fair"]
)
def test_what_you_note_yourself_is_no_leak(name):
    declared = vocabulary("invitation").extended([Fact(name, "Is it?", levels=(YES, "no"))])
    guard_facts(pd.DataFrame({"request": ["a"], name: [YES]}), declared)
