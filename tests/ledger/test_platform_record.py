"""The platform's own record: which answer belongs to which invitation, and what becomes of it in the ledger."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_record import ME, calibrated, event, link, number, page, row, snapshot, write

from netkit.comparison import Labelled
from netkit.errors import LedgerError
from netkit.export import read_export
from netkit.history import read_history
from netkit.ledger import open_ledger

EVENTS, ROWS, LINKS = calibrated()
MADE = "2026-03-14 10:00:30"
BO = row("Bo Sells", MADE)


def read(ledger, folder, *, events=(), rows=(), links=LINKS, name="04-01-2026", calibration=True):
    """Let a ledger read events with invitations and connections, those of the calibration among them."""
    place = folder / name
    events = [*events, *(EVENTS if calibration else ())]
    rows = [*rows, *(ROWS if calibration else ())]
    for stem, said in (
        ("INVITATIONS", snapshot("INVITATIONS", rows)),
        ("CONNECTIONS", snapshot("CONNECTIONS", links)),
    ):
        if said["elements"][0]["snapshotData"]:
            write(place / f"{stem}.json", said)
    if events:
        write(place / "log.json", page(sorted(events, key=lambda each: each["processedAt"])))
    return ledger.import_export(read_export(place)).record


COLUMNS = ["state", "strength", "label", "action", "source"]


def label(ledger, name):
    found = read_history(ledger).table.set_index("name").loc[name, COLUMNS]
    return [None if pd.isna(cell) else cell for cell in found]


def act(action="IGNORE", **more):
    """Return an activity that names its invitation, and says more."""

    def activity(made):
        return {"inviteActionData": [{"invitationId": number(made), **more}], "inviteeActionType": action}

    return activity


def named(form):
    def activity(made):
        return {"inviteActionData": [{"invitationId": form(number(made))}], "inviteeActionType": "IGNORE"}

    return activity


def withdrawn(made):
    data = [{"invitationId": number(made)}]
    return {"inviteActionData": data, "inviter": "urn:li:person:other", "inviterActionType": "WITHDRAW"}


LEFT_OUT = object()
IGNORED = ["decided", "strong", 0.0, "ignore", "record"]
ACCEPTED = ["decided", "strong", 1.0, "accept", "record"]
OPEN = ["open", "none", None, None, None]
# How many seconds before the invitation was shown it was made, what the event says otherwise, what it means.
ONE_EVENT = {
    "ignored": (0, {}, IGNORED),
    "declined": (0, {"activity": act("DECLINE")}, IGNORED),
    "in small letters": (0, {"activity": act("ignore")}, IGNORED),
    "with the type before it": (0, {"activity": act("InviteeActionType_IGNORE")}, IGNORED),
    "accepted": (0, {"activity": act("ACCEPT")}, ACCEPTED),
    "in the clock's next minute": (40, {}, IGNORED),
    "replayed": (0, {"activityStatus": "SUCCESSFUL_REPLAY"}, IGNORED),
    "without a status": (0, {"activityStatus": LEFT_OUT}, IGNORED),
    "a connection's invitation": (0, {"activity": act(invitationType="CONNECTION")}, IGNORED),
    "an id in the other form": (0, {"activity": named("urn:li:fsd_invitation:{}".format)}, IGNORED),
    "an id as a number": (0, {"activity": named(int)}, IGNORED),
    "an id that was rounded": (0, {"activity": named(float)}, IGNORED),
    "an id that is no number": (0, {"activity": named("urn:li:invitation:x{}".format)}, OPEN),
    "reported": (0, {"activity": act("REPORT")}, OPEN),
    "blocked": (0, {"activity": act("BLOCK_PROFILE")}, OPEN),
    "a number for an action": (0, {"activity": act(2)}, OPEN),
    "no action": (0, {"activity": act(None)}, OPEN),
    "no activity": (0, {"activity": LEFT_OUT}, OPEN),
    "failed": (0, {"activityStatus": "FAILURE"}, OPEN),
    "another status": (0, {"activityStatus": "PENDING"}, OPEN),
    "by somebody else": (0, {"actor": "urn:li:person:other"}, OPEN),
    "by nobody": (0, {"actor": LEFT_OUT}, OPEN),
    "of nobody": (0, {"actor": LEFT_OUT, "owner": LEFT_OUT}, OPEN),
    "created": (0, {"method": "CREATE"}, OPEN),
    "updated": (0, {"method": "PARTIAL_UPDATE"}, OPEN),
    "deleted": (0, {"method": "DELETE", "activity": None}, OPEN),
    "purged": (0, {"methodName": "purge"}, OPEN),
    "another method": (0, {"methodName": "somethingNew"}, OPEN),
    "no method's name": (0, {"methodName": LEFT_OUT}, OPEN),
    "no captured time": (0, {"capturedAt": None}, OPEN),
    "seconds": (0, {"capturedAt": 1773648000}, IGNORED),
    "a time as text": (0, {"capturedAt": "2026-03-16T08:00:00Z"}, IGNORED),
    "a time in another zone": (0, {"capturedAt": "2026-03-16T09:00:00+01:00"}, IGNORED),
    "no time at all": (0, {"capturedAt": "last Monday"}, OPEN),
    "a page's invitation": (0, {"activity": act(invitationType="GenericInvitationType_ORGANIZATION")}, OPEN),
    "an id of 2029": (-94_000_000, {}, OPEN),
    "two minutes early": (130, {}, OPEN),
    "a minute late": (-30, {}, OPEN),
    "sent by you": (0, {"methodName": "verifyAndCreate", "activity": {"invitationV2": {"inviter": ME}}}, OPEN),
    "withdrawn by its sender": (
        0, {"methodName": "inviterClosingInvitation", "activity": withdrawn, "actor": "urn:li:person:other"},
        ["gone", "none", None, None, None],
    ),
}  # fmt: skip


def test_what_one_event_says(ledger, tmp_path):
    events, rows = [], []
    for n, (name, (before, changes, _)) in enumerate(ONE_EVENT.items()):
        shown = pd.Timestamp("2026-03-14 10:00:45") + pd.Timedelta(minutes=10 * n)
        made = (shown - pd.Timedelta(seconds=before)).to_pydatetime()
        told = {key: each(made) if callable(each) else each for key, each in changes.items()}
        said = event(n + 1, made, "2026-03-16 08:00:00", **told) | {"activityId": f"a{n}"}
        events.append({key: cell for key, cell in said.items() if cell is not LEFT_OUT})
        rows.append(row(name, shown.to_pydatetime(), slug=f"case-{n}"))
    read(ledger, tmp_path, events=[{"processedAt": 1773993600000} | each for each in events], rows=rows)
    table = read_history(ledger).table
    found = {
        each["name"]: [None if pd.isna(cell) else cell for cell in each[COLUMNS]]
        for _, each in table.iterrows()
    }
    assert {name: found[name] for name in ONE_EVENT} == {name: said for name, (*_, said) in ONE_EVENT.items()}
    assert table["opinion_seen"].isna().all()
    assert str(table.set_index("name").loc["ignored", "decided_at"]) == "2026-03-16 08:00:00+00:00"


BOTH = [event(1, MADE, "2026-03-15 08:00:00"), event(2, MADE, "2026-03-17 09:30:10", "ACCEPT")]
NEAR = {
    "two in one minute": ([BO, row("Cy Twin", "2026-03-14 10:00:59")], 0),
    "one in the next minute, too": ([BO, row("Cy Twin", "2026-03-14 10:01:10")], 0),
    "one in the minute before": ([BO, row("Cy Twin", "2026-03-14 09:59:10")], 0),
    "one two minutes later": ([BO, row("Cy Twin", "2026-03-14 10:02:10")], 1),
    "one of your own in that minute": ([BO, row("Cy Twin", MADE, direction="OUTGOING")], 1),
    "none": ([], 0),
}


@pytest.mark.parametrize(("rows", "linked"), NEAR.values(), ids=NEAR)
def test_an_invitation_that_is_not_alone_within_a_minute_has_no_label(ledger, tmp_path, rows, linked):
    read(ledger, tmp_path, events=BOTH[:1], rows=rows)
    links = ledger.record.links()
    assert (links.answers["action"] == "ignore").sum() == linked
    assert links.counts["waiting" if not rows else "ambiguous"] == 1 - linked
    assert links.touched >= {
        request
        for request in ledger.invitations.to_frame().query("name == 'Cy Twin' and direction == 'incoming'")[
            "request"
        ]
        if not linked
    }


def test_two_answers_that_claim_one_invitation_have_no_label(ledger, tmp_path):
    other = event(3, "2026-03-14 09:59:40", "2026-03-15 09:00:00")
    read(ledger, tmp_path, events=[BOTH[0], other], rows=[BO])
    assert label(ledger, "Bo Sells") == OPEN


CALIBRATIONS = {
    "ten that agree": (EVENTS[:10], ROWS[:10], LINKS[:10], 1, ""),
    "nine": (EVENTS[:9], ROWS[:9], LINKS[:9], 0, "9 acceptances can be checked"),
    "nobody connected": (EVENTS, ROWS, [], 0, "0 acceptances can be checked"),
    "one day off for one of twelve": (EVENTS, ROWS, [link("Quick A", "2026-03-02"), *LINKS[1:]], 0, "11 of 12"),
    "twenty hours off": (EVENTS, ROWS, [link(f"Quick {chr(65 + n)}", f"2026-03-{n + 2:02d}") for n in range(12)], 0,
                         "agrees with 0 of 12"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("events", "rows", "links", "linked", "says"), CALIBRATIONS.values(), ids=CALIBRATIONS
)
def test_no_refusal_is_linked_until_acceptances_agree_with_connected_on(
    ledger, tmp_path, events, rows, links, linked, says
):
    read(ledger, tmp_path, events=[*events, BOTH[0]], rows=[*rows, BO], links=links, calibration=False)
    found = ledger.record.links()
    assert (found.answers["action"] == "ignore").sum() == linked
    assert says in found.withheld and bool(found.withheld) == (not linked)
    assert found.withheld in " ".join(found.sentences)


@pytest.mark.parametrize(("lost", "linked"), [(8, 1), (9, 0)])
def test_where_hardly_any_refused_invitation_is_there_none_is_linked(ledger, tmp_path, lost, linked):
    """One of ten refusals has a row, or one of nine: of so few nobody can tell."""
    events = [event(50 + n, f"2026-03-15 0{n}:30:30", "2026-03-16") for n in range(lost)]
    read(ledger, tmp_path, events=[*events, BOTH[0]], rows=[BO])
    links = ledger.record.links()
    assert (links.answers["action"] == "ignore").sum() == linked
    assert ("9 of your 10 refusals" in links.withheld) == (not linked)


def test_refusals_wait_and_are_linked_once_connections_are_read(ledger, tmp_path):
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO], links=[], name="03-20-2026")
    assert label(ledger, "Bo Sells") == OPEN
    assert read(ledger, tmp_path, links=LINKS, name="04-01-2026", calibration=False).decided == 1
    assert label(ledger, "Bo Sells") == IGNORED


def test_ignored_first_and_accepted_later_is_one_history(ledger, tmp_path):
    read(ledger, tmp_path, events=BOTH, rows=[BO], links=[*LINKS, link("Bo Sells", "2026-03-17")])
    found = read_history(ledger).table.set_index("name").loc["Bo Sells"]
    assert (found["action"], found["step"], str(found["decided_at"])[:19]) == (
        "accept",
        "ignore",
        "2026-03-17 09:30:10",
    )
    assert ledger.decisions.to_frame()["action"].value_counts()["ignore"] == 1


@pytest.mark.parametrize(
    ("day", "counts"), [("2026-03-20", "accepted later"), ("2026-03-14", "somebody else's")]
)
def test_a_connection_since_a_refusal_wins_and_one_before_it_says_that_the_link_is_wrong(
    ledger, tmp_path, day, counts
):
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO], links=[*LINKS, link("Bo Sells", day)])
    found = read_history(ledger).table.set_index("name").loc["Bo Sells"]
    assert (found["state"], found["label"], found["source"]) == ("accepted", 1.0, "export")
    assert (found["step"] == "ignore") == (counts == "accepted later")


@pytest.mark.parametrize(("first", "says"), [("you", "decline"), ("record", "decline"), ("you", "ignore")])
def test_what_happened_comes_from_the_record_and_why_from_you(ledger, tmp_path, first, says):
    read(ledger, tmp_path, rows=[BO], name="03-20-2026")
    request = read_history(ledger).table.set_index("name").loc["Bo Sells", "request"]

    def tell():
        ledger.decisions.add(
            request, says, at="2026-03-15 08:05:00", source="command line", opinion_seen=True, because="sells",
            facts={"met_in_person": "no"},
        )  # fmt: skip

    steps = [tell, lambda: read(ledger, tmp_path, events=BOTH[:1], rows=[BO])]
    for step in steps if first == "you" else steps[::-1]:
        step()
    history = read_history(ledger)
    found = history.table.set_index("name").loc["Bo Sells"]
    assert [*found[COLUMNS]] == IGNORED and str(found["decided_at"])[:19] == "2026-03-15 08:00:00"
    assert found["opinion_seen"] and history.facts.set_index("request").loc[request, "met_in_person"] == "no"
    assert history.origins.set_index("request").loc[request, "met_in_person"] == "typed with"
    assert not history.advice and history.more.refused == 1


@pytest.mark.parametrize("first", ["you", "record"])
@pytest.mark.parametrize(("answer", "counts"), [("accept", "typed"), ("decline", "record")])
def test_where_you_and_the_record_differ_you_are_asked_once_and_the_record_counts_until_then(
    ledger, tmp_path, first, answer, counts
):
    read(ledger, tmp_path, rows=[BO], name="03-20-2026")
    request = read_history(ledger).table.set_index("name").loc["Bo Sells", "request"]

    def tell(action):
        return ledger.decisions.add(request, action, at="2026-03-15", source="command line")

    steps = [lambda: tell("accept"), lambda: read(ledger, tmp_path, events=BOTH[:1], rows=[BO])]
    for step in steps if first == "you" else steps[::-1]:
        step()
    (asked,) = read_history(ledger).advice
    assert f"{request}: you recorded accept, and your record says that you declined on 15 Mar 2026" in asked
    assert label(ledger, "Bo Sells") == IGNORED
    tell(answer)
    assert not read_history(ledger).advice and label(ledger, "Bo Sells")[-1] == counts
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO])
    assert not read_history(ledger).advice and label(ledger, "Bo Sells")[-1] == counts


SCORED = {"both answers": ([BOTH[0]], 13), "acceptances alone": ([], 1)}


@pytest.mark.parametrize(("refused", "scored"), SCORED.values(), ids=SCORED)
def test_what_the_record_tells_is_scored_with_typed_facts_where_it_shows_both_answers(
    ledger, tmp_path, refused, scored
):
    """Quick A's acceptance was recorded by you, too; with the others of one answer alone nobody noted facts."""
    read(ledger, tmp_path, rows=[BO], name="03-20-2026", calibration=False)
    read(ledger, tmp_path, events=refused, rows=[BO], name="04-01-2026")
    before = read_history(ledger)
    request = before.table.set_index("name").loc["Quick A", "request"]
    ledger.decisions.add(
        request, "accept", at="2026-03-01 18:00:00", source="me", facts={"met_in_person": "yes"}
    )
    history = read_history(ledger)
    assert set(history.labelled()["source"]) == {"record"}
    assert int(history.table["scored"].sum()) == scored
    past = Labelled.of(replace(history, period=None), history.vocabulary).only_strong()
    if refused:
        assert len(past.labels) == scored and not past.blanked
        assert past.facts["met_in_person"].notna().sum() == 1


def test_without_what_was_typed_a_ledger_is_as_it_would_be_had_nobody_typed(ledger, tmp_path):
    read(ledger, tmp_path, rows=[BO, row("Cy Asks", "2026-03-15 10:00:30")], events=[BOTH[0]])
    before = read_history(ledger)
    keys = before.table.set_index("name")["request"]
    for name in ("Bo Sells", "Cy Asks", "Quick A"):
        facts = {"met_in_person": "no"}
        ledger.decisions.add(keys[name], "accept", at="2026-03-20", source="me", facts=facts)
    last = ledger.decisions.to_frame().query("source == 'record'")["id"].iloc[-1]
    ledger.decisions.undo(int(last), at="2026-03-21", source="me")
    with ledger.untyped():
        found = read_history(ledger)
    assert found.table.to_csv() == before.table.to_csv() and found.facts.equals(before.facts)
    assert read_history(ledger).table.to_csv() != before.table.to_csv()


def test_a_link_that_you_take_back_stays_taken_back(ledger, tmp_path):
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO])
    request = read_history(ledger).table.set_index("name").loc["Bo Sells", "request"]
    assert ledger.decisions.undo_last(request, at="2026-04-01", source="command line") == ("ignore", "")
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO])
    assert label(ledger, "Bo Sells") == OPEN
    with pytest.raises(LedgerError):
        ledger.decisions.undo_last(request, at="2026-04-01", source="command line")


def test_many_answers_at_once_are_marked(ledger, tmp_path):
    times = [f"2026-03-14 1{n}:00:30" for n in range(8)]
    alone = [event(10 + n, made, f"2026-03-15 08:00:{2 * n:02d}") for n, made in enumerate(times[:5])]
    together = event(20, times[5:7], "2026-03-16 08:00:00")
    late = event(21, times[7], "2026-03-15 08:00:19")
    rows = [row(f"Many {n}", made) for n, made in enumerate(times)]
    read(ledger, tmp_path, events=[*alone, together, late], rows=rows)
    batch = read_history(ledger).table.set_index("name")["batch"]
    assert batch[[f"Many {n}" for n in range(8)]].tolist() == [True] * 7 + [False]
    assert not batch["Quick A"]


PARTS = [
    ("log", page(EVENTS[:7])),
    ("log", page([*EVENTS[5:], event(7, "2026-03-20 10:00:30", "2026-03-21")])),
    ("log", page([event(1, MADE, "2026-03-15", activityStatus="FAILURE"), event(9, MADE, "2026-03-15 08:00:00") | {"activityId": "0b7c-1"}])),
    ("log", page([event(9, MADE, "2026-03-15 08:00:00") | {"activityId": "0b7c-1", "activityStatus": "SUCCESSFUL_REPLAY", "processedAt": 1773993600000}])),
    ("log", page([event(30, "2026-03-18 10:00:30", "2026-03-19"), event(31, "2026-03-18 11:00:30", "2026-03-19 10:00", "REPORT")])),
    ("03-10-2026", snapshot("INVITATIONS", ROWS[:9])),
    ("03-22-2026", snapshot("INVITATIONS", [*ROWS, BO, row("Late Row", "2026-03-20 10:00:30")])),
    ("03-24-2026", snapshot("INVITATIONS", [*ROWS, BO, row("Cy Twin", "2026-03-18 10:00:30"), row("Di Twin", "2026-03-18 10:01:00")])),
    ("03-23-2026", snapshot("CONNECTIONS", LINKS)),
]  # fmt: skip


def after(order, folder):
    """Return what the ledger says after reading the parts in some order."""
    with open_ledger(folder / "home") as ledger:
        for turn, at in enumerate(order):
            name, said = PARTS[at]
            ledger.import_export(read_export(write(folder / f"{turn} {name}" / f"{at}.json", said)))
        history = read_history(ledger)
        shown = [*COLUMNS, "name", "request", "decided_at", "step", "batch"]
        decided = ledger.decisions.to_frame()[["request", "action", "at", "source", "via"]]
        return [
            history.table[shown].to_csv(), history.sentences, decided.sort_values(["request", "at"]).to_csv(index=False),
            ledger.record.events().to_csv(), ledger.record.covered().to_csv(),
        ]  # fmt: skip


@cache
def in_order():
    with TemporaryDirectory() as folder:
        return after(range(len(PARTS)), Path(folder))


@settings(max_examples=5)
@given(st.permutations(range(len(PARTS))), st.lists(st.integers(0, len(PARTS) - 1), max_size=4))
def test_neither_order_nor_repetition_changes_what_the_record_says(order, again):
    with TemporaryDirectory() as folder:
        assert after((*order, *again), Path(folder)) == in_order()


def test_what_is_covered_and_has_no_answer_is_still_open_once_a_refusal_was_shown(ledger, tmp_path):
    quiet = [row("Before It", "2026-02-20 10:00:30"), row("Within It", "2026-03-02 10:00:30")]
    gone = [row("Gone Within", "2026-03-03 10:00:30"), row("Gone Before", "2026-02-21 10:00:30")]
    many = [row(f"More {n}", f"2026-03-0{n % 9 + 1} 12:{n:02d}:00") for n in range(12)]
    linked = [*LINKS, *(link(f"More {n}", f"2026-03-0{n % 9 + 1}") for n in range(12))]
    until = event(50, "2026-03-10 23:00:30", "2026-06-20 08:00:00")
    for events, told in (([], False), ([BOTH[0]], True)):
        for name, rows in (("05-20-2026", [*quiet, *gone, *many]), ("06-10-2026", [*quiet, *many])):
            log = [*events, {**until, "methodName": "purge"}]
            read(ledger, tmp_path, events=log, rows=[BO, *rows], links=linked, name=f"{name} {told}")
        found = read_history(ledger).table.set_index("name")[["state", "strength"]].T.to_dict("list")
        weak = {"Before It": ["aged", "weak"], "Gone Before": ["gone", "weak"]}
        assert {name: found[name] for name in weak} == weak
        assert found["Within It"] == (["open", "none"] if told else ["aged", "weak"])
        assert found["Gone Within"] == (["gone", "none"] if told else ["gone", "weak"])


def test_what_was_forgotten_stays_away_from_the_record(ledger, tmp_path):
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO])
    number_of_bo = number(MADE)
    assert number_of_bo in "\n".join(ledger.database.connection.iterdump())
    ledger.forget("Bo Sells")
    assert number_of_bo not in "\n".join(ledger.database.connection.iterdump())
    read(ledger, tmp_path, events=BOTH[:1], rows=[BO])
    assert number_of_bo not in "\n".join(ledger.database.connection.iterdump())
    assert ledger.verify().intact
