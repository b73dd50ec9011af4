"""Requests that are alike in all that matters are shown, answered and taken back as one."""

import json
from dataclasses import replace

import pytest
from invented_export import export, invitation
from invented_policies import tiny, tiny_text

from netkit.cli import run
from netkit.errors import LedgerError
from netkit.evidence import Told
from netkit.history import History
from netkit.ledger import open_ledger
from netkit.policy import load_policy
from netkit.waiting import judge_waiting, leads_to, next_question, what_waits
from netkit.waiting.alike import alike, answer_alike, likeness, undo_alike

NAMES = ["Ada Fox", "Bo Kern", "Cy Dorn", "Di Eck"]
PITCH = "We build software for accountants. Are you the right person?"
WHEN = {"at": "2024-03-01T12:00:00+00:00", "source": "test"}


@pytest.fixture
def home(tmp_path):
    """Four have asked without a note, two with notes of their own, one of them the same as a third."""
    notes = {"Eve Note": "Something we both know about glazes.", "Flo Pitch": PITCH, "Gus Pitch": PITCH}
    asked = [
        invitation(name, f"2024-02-{day:02}T12:00:00+00:00", slug=name[:2], note=notes.get(name))
        for day, name in enumerate([*NAMES, *notes], 1)
    ]
    with open_ledger(tmp_path) as ledger:
        ledger.import_export(export("2024-03-01", invitations=asked))
    return tmp_path


@pytest.fixture
def ledger(home):
    with open_ledger(home) as opened:
        yield opened


def key(ledger, name):
    return ledger.invitations.to_frame().set_index("name").loc[name, "request"]


def names(ledger):
    return [set(group.names) for group in alike(what_waits(ledger))]


def noted(ledger, name, fact="recognised"):
    told = what_waits(ledger).history.values_of(key(ledger, name))
    return told.get(fact, {"level": None})["level"]


def test_what_was_answered_alike_stays_together_and_what_was_not_parts(ledger):
    assert set(NAMES) in names(ledger)
    ledger.notes.add(key(ledger, "Ada Fox"), "recognised", "no", at="2024-03-01", source="test")
    assert set(NAMES) - {"Ada Fox"} in names(ledger)


def test_a_fact_of_which_the_policy_does_not_speak_parts_nobody(ledger):
    ledger.notes.add(key(ledger, "Ada Fox"), "useful_field", "no", at="2024-03-01", source="test")
    policy = tiny([("met", "{met_in_person: yes}", "accept"), ("rest", "{}", "ignore")])
    waiting = what_waits(ledger)
    assert [len(group.requests) for group in alike(replace(waiting, policy=policy))] == [7]


@pytest.mark.parametrize("fact", ["profile_intrigues", "interacted_elsewhere", "reminded_you", "note_sells"])
def test_requests_are_alike_only_if_every_answer_leads_both_to_the_same_end(fact):
    """Whatever is found out afterwards, requests that are alike get the same answers; others may part."""
    policy = load_policy("house").on_record
    words = policy.vocabularies["invitation"]
    start = {"note_kind": "none", "repeat_invitation": "no", "wrote_before": "no", "in_address_book": "no"}
    several = [{**start, fact: level} for level in words[fact].levels] + [start, {**start, "note_words": 3}]
    for one in several:
        for other in several:
            if likeness(policy, one) != likeness(policy, other):
                continue
            unknown = [name for name in words if name not in one and name not in other]
            for name in unknown:
                for level in words[name].levels:
                    ends = [policy.decide_one({**facts, name: level}, "invitation") for facts in (one, other)]
                    assert ends[0].action == ends[1].action and ends[0].find_out == ends[1].find_out


def test_different_notes_are_asked_about_one_by_one_and_the_same_note_together():
    policy = tiny([("sells", "{note_sells: yes}", "decline"), ("rest", "{}", "accept")])
    notes = ["one", "two", "one", None, None]
    one, two, same, none, without = (likeness(policy, {}, note=note) for note in notes)
    assert one == same and none == without
    assert len({one, two, none}) == 3
    known = {"note_sells": "no"}
    assert likeness(policy, known, note="one") == likeness(policy, known, note="two")


def test_whoever_your_files_seem_to_know_is_asked_about_apart_and_shown_with_the_reason(ledger):
    waiting = what_waits(ledger)
    offer = Told(offers={"recognised": ("yes", "you are friends on another platform")})
    history = replace(waiting.history, told={key(ledger, "Ada Fox"): offer})
    told = replace(waiting, history=history, table=judge_waiting(history, waiting.policy))
    assert {"Ada Fox"} in [set(group.names) for group in alike(told)]
    said = told.table.set_index("name")["evidence"]
    assert said["Ada Fox"] == "You are friends on another platform. Probably yes."
    assert (said.drop("Ada Fox") == "").all()


def test_one_answer_is_noted_of_all_and_no_decision_follows_where_nothing_is_settled(ledger):
    done = answer_alike(ledger, key(ledger, "Bo Kern"), facts={"recognised": "no"}, **WHEN)
    assert set(done.noted) == {key(ledger, name) for name in NAMES}
    assert done.decided == {}
    assert [noted(ledger, name) for name in [*NAMES, "Eve Note"]] == ["no"] * 4 + [None]
    assert ledger.decisions.to_frame().empty


def test_a_decision_follows_where_the_answer_settles_it_as_the_policy_advises(ledger):
    answer_alike(ledger, key(ledger, "Ada Fox"), facts={"recognised": "yes"}, **WHEN)
    done = answer_alike(ledger, key(ledger, "Ada Fox"), facts={"would_stay_in_touch": "no"}, **WHEN)
    assert set(done.decided.values()) == {"ignore"}
    rows = ledger.decisions.to_frame()
    assert rows["action"].tolist() == ["ignore"] * 4 and rows["opinion_seen"].all()
    assert not any(set(NAMES) & group for group in names(ledger))


def test_your_own_action_counts_and_who_is_different_is_left_out(ledger):
    answer_alike(
        ledger, key(ledger, "Ada Fox"), facts={"recognised": "yes"}, leave_out=["Cy", "di eck"], **WHEN
    )
    assert [noted(ledger, name) for name in NAMES] == ["yes", "yes", None, None]
    facts = {"would_stay_in_touch": "no"}
    done = answer_alike(ledger, key(ledger, "Ada Fox"), facts=facts, action="decline", **WHEN)
    assert done.decided == {key(ledger, name): "decline" for name in ("Ada Fox", "Bo Kern")}


def test_what_was_answered_together_is_taken_back_together_and_nothing_else(ledger):
    ledger.notes.add(key(ledger, "Ada Fox"), "met_in_person", "no", at="2024-03-01", source="test")
    before = names(ledger)
    answer_alike(
        ledger, key(ledger, "Bo Kern"), facts={"recognised": "yes", "would_stay_in_touch": "no"}, **WHEN
    )
    assert len(ledger.decisions.to_frame()) >= 3
    ledger.notes.add(
        key(ledger, "Cy Dorn"), "recognised", "no", at="2024-03-02", source="test"
    )  # put right since
    assert undo_alike(ledger, key(ledger, "Di Eck"), **WHEN) >= 3
    assert ledger.decisions.to_frame().empty
    assert [noted(ledger, name) for name in ("Bo Kern", "Cy Dorn", "Di Eck")] == [None, "no", None]
    assert noted(ledger, "Ada Fox", "met_in_person") == "no"
    with pytest.raises(LedgerError, match="no answer together with others that still stands"):
        undo_alike(ledger, key(ledger, "Di Eck"), **WHEN)
    ledger.notes.add(key(ledger, "Cy Dorn"), "recognised", "undo", at="2024-03-03", source="test")
    assert names(ledger) == before


def test_an_earlier_level_comes_back(ledger):
    for name in NAMES:
        ledger.notes.add(key(ledger, name), "recognised", "unknown", at="2024-03-01", source="test")
    answer_alike(ledger, key(ledger, "Ada Fox"), facts={"recognised": "no"}, **WHEN)
    undo_alike(ledger, key(ledger, "Ada Fox"), **WHEN)
    rows = ledger.notes.to_frame().drop_duplicates(["request", "fact"], keep="last")
    assert rows["level"].tolist() == ["unknown"] * 4


def test_nothing_is_written_where_one_row_is_wrong_or_nothing_is_settled(ledger):
    for facts, action in (({"recognised": "perhaps"}, None), ({}, "decline")):
        with pytest.raises(Exception, match="perhaps|settled yet"):
            answer_alike(ledger, key(ledger, "Ada Fox"), facts=facts, action=action, **WHEN)
    assert ledger.notes.to_frame().empty and ledger.decisions.to_frame().empty


def test_what_you_do_not_know_is_not_asked_again(ledger):
    before = what_waits(ledger).table.set_index("name").loc["Ada Fox", "next_fact"]
    ledger.notes.add(key(ledger, "Ada Fox"), before, "unknown", at="2024-03-01", source="test")
    after = what_waits(ledger).table.set_index("name").loc["Ada Fox", "next_fact"]
    assert before == "recognised" and after not in ("recognised", None)


def test_the_commands_show_groups_with_everybody_in_them_answer_and_take_back(home, capsys):
    def netkit(*words):
        capsys.readouterr()
        return run([*words, "--home", str(home)]), " ".join(capsys.readouterr().out.split())

    said = netkit("triage", "--grouped")[1]
    assert said.startswith("7 invitations are waiting, in")
    assert "4 alike" in said and ", ".join(NAMES) in said and "if no: still open" in said
    assert len(json.loads(netkit("triage", "--grouped", "--json")[1])[0]["requests"]) == 4
    code, said = netkit("decide", "Ada", "--group", "--fact", "recognised=no", "--except", "Bo")
    assert (code, said.split(" Take")[0]) == (0, "Recorded: 3 requests answered.")
    undo = said.split("netkit ")[1].split()
    assert netkit(*undo) == (0, "Taken back: 3 requests as before.")
    assert netkit("decide", "Ada")[0] == netkit("decide", "Ada", "accept", "--except", "Bo")[0] == 2


@pytest.mark.parametrize(
    ("known", "unsure", "asked"),
    [
        ({"recognised": "yes"}, (), "would_stay_in_touch"),  # a no settles it, which nothing else does
        ({"recognised": "yes", "would_stay_in_touch": "yes"}, (), "met_in_person"),
        ({"recognised": "yes"}, ("would_stay_in_touch",), "met_in_person"),
        ({"recognised": "no"}, (), "past_in_profile"),
        ({"recognised": "yes", "met_in_person": "yes", "would_stay_in_touch": "yes"}, (), ""),
    ],
)
def test_of_what_is_the_least_trouble_is_asked_first_what_settles_most(known, unsure, asked):
    start = {"note_kind": "none", "repeat_invitation": "no", "wrote_before": "no", "in_address_book": "no"}
    start |= {"reply_to_question": "not_asked"}
    assert next_question(load_policy("house").on_record, {**start, **known}, unsure) == asked


def test_a_rule_that_can_no_longer_decide_parts_nobody():
    policy = load_policy("house").on_record
    met = {"note_kind": "none", "recognised": "yes", "met_in_person": "yes", "repeat_invitation": "no"}
    met |= {"reply_to_question": "not_asked"}
    book = [{**met, "in_address_book": level} for level in ("yes", "no")]
    assert likeness(policy, book[0]) == likeness(policy, book[1])
    unmet = [{**facts, "met_in_person": "no", "worked_together": "no"} for facts in book]
    assert likeness(policy, unmet[0]) != likeness(policy, unmet[1])


@pytest.fixture
def put_off(home):
    """A policy of one's own defers whoever is recognised for two months, and ignores the rest."""
    rules = [("later", "{recognised: yes}", "defer"), ("rest", "{recognised: no}", "ignore")]
    text = tiny_text(rules).replace("do: defer\n", "do: defer\n    until: {months: 2}\n", 1)
    (home / "policies").mkdir(exist_ok=True)
    text = text.replace("policy: tiny", "policy: my_policy")
    (home / "policies" / "my_policy.yaml").write_text(text, encoding="utf-8")
    return home


def days(home):
    """Of each who was answered, the day on which to look again."""
    with open_ledger(home) as ledger:
        names_of = ledger.invitations.to_frame().set_index("request")["name"]
        rows = ledger.decisions.to_frame()
    return {names_of[row["request"]]: str(row["remind_on"])[:10] for _, row in rows.iterrows()}


@pytest.mark.parametrize(
    ("words", "day"),
    [
        (["defer", "--fact", "recognised=yes"], "2024-04-29"),
        (["defer", "--fact", "recognised=yes", "--remind-on", "2024-03-09"], "2024-03-09"),
        (["defer", "--fact", "recognised=no"], "NaT"),  # the policy would ignore it
        (["defer", "--fact", "recognised=undo"], "NaT"),
        (["ignore", "--fact", "recognised=yes"], "NaT"),
    ],
)
def test_what_the_policy_defers_is_looked_at_again_when_the_rule_says(put_off, words, day):
    assert run(["decide", "Ada", *words, "--on", "2024-02-29", "--home", str(put_off)]) == 0
    assert days(put_off) == {"Ada Fox": day}


def test_what_is_deferred_together_is_looked_at_again_on_one_day(put_off):
    with open_ledger(put_off) as ledger:
        answer_alike(ledger, key(ledger, "Ada Fox"), facts={"recognised": "yes"}, **WHEN)
    assert days(put_off) == dict.fromkeys([*NAMES, "Eve Note", "Flo Pitch", "Gus Pitch"], "2024-05-01")


def test_of_two_alike_the_one_of_whom_you_are_unsure_or_files_tell_is_asked_otherwise(ledger, monkeypatch):
    ada, bo, cy = (key(ledger, name) for name in NAMES[:3])

    def asked():
        table = what_waits(ledger).table.set_index("request")
        return [(table.loc[each, "next_fact"], table.loc[each, "unless"]) for each in (ada, bo, cy)]

    alone, *others = asked()
    assert others == [alone, alone]
    ledger.notes.add(ada, alone[0], "unknown", **WHEN)
    told = Told(offers={"recognised": ("yes", "you wrote to each other")})
    found = History.evidence_for
    monkeypatch.setattr(History, "evidence_for", lambda self, one: told if one == bo else found(self, one))
    unsure, offered, same = asked()
    assert unsure[0] != alone[0]
    assert alone[1] and not offered[1]
    assert same == alone


def test_who_is_asked_what_came_back_is_not_offered_that_nothing_was_asked():
    house = load_policy("house")
    assert list(leads_to(house, {"note_kind": "none"}, "reply_to_question")) == [
        "no_reply", "knows_me", "gives_reason", "just_widening",
    ]  # fmt: skip
    assert house.asked_levels("invitation", "recognised") == ("yes", "no")
