"""Own counts are published rounded to fives: right on average, alike under every name, and adding up."""

import pytest

from netkit.findings import NOT_YET, WITHHELD, Finding
from netkit.findings.personal_words import guard_rules, plain_words
from netkit.findings.rounding import Rounding, open_rounding
from netkit.ledger import open_ledger

WORDS = "p95 not known yet labels refused weak open percent share requests of the rules would stay in touch yes no model n since question answered points level"
ORDINARY = frozenset(
    plain_words(f"{WORDS} {' '.join(guard_rules()['totals'])} export delay days facts declared")
)


def rounding(*findings, key=b"one", answers="12"):
    return Rounding(findings, key, {"invitations": answers})


def published(finding, *others, **how):
    return rounding(ENOUGH, finding, *others, **how).published(finding, ORDINARY)


def own(name, value, **how):
    return Finding.of(name, value, data="own", **how)


ENOUGH = own("labels_strong", 400)


@pytest.mark.parametrize("count", [0, 1, 4, 5, 126, 127, 128, 129, 130])
def test_a_count_becomes_a_neighbouring_multiple_of_five_and_is_right_on_average(count):
    drawn = [rounding(key=bytes([a, b])).fives("open", count) for a in range(60) for b in range(60)]
    assert {value % 5 for value in drawn} == {0} and all(abs(value - count) < 5 for value in drawn)
    # Two and a half is the largest deviation of a draw, a sixtieth of it that of the mean of 3,600.
    assert abs(sum(drawn) / len(drawn) - count) < 4 * 2.5 / 60


def test_the_same_count_is_rounded_alike_whatever_it_is_called_and_whenever_it_is_published():
    said = {
        published(own(name, 81, n=250), key=bytes([place])).value
        for place in range(30)
        for name in ("open", "model", "answered_requests")
        if published(own("open", 81, n=250), key=bytes([place])).value == 80
    }
    assert said == {80}


def test_how_you_note_is_never_published():
    words = ORDINARY | {"noted", "unevenly"}  # so that it is not left out for its words
    told = [own(name, "labels refused of the weak") for name in ("noted", "noted_unevenly")]
    assert [rounding(ENOUGH, each).published(each, words).text for each in told] == [told[0].text, WITHHELD]


def test_another_answer_draws_anew_and_another_workspace_too():
    for how in ("answers", "key"):
        values = [str(place) if how == "answers" else bytes([place]) for place in range(40)]
        assert {published(own("open", 82), **{how: value}).value for value in values} == {80, 85}


def test_an_answer_in_the_ledger_draws_anew_and_a_letter_does_not(tmp_path):
    def drawn():
        return [open_rounding(tmp_path, ()).fives("open", count) for count in range(500)]

    with open_ledger(tmp_path) as ledger:
        request = ledger.invitations.add("Qa Zo", sent_at="2024-03-01", source="me")
        before = drawn()
        ledger.letters.add("not-now", "No.", at="2024-03-02", source="me", request=request)
        assert drawn() == before
        ledger.decisions.add(request, "decline", at="2024-03-03", source="me")
        assert drawn() != before


def test_a_total_is_the_sum_of_its_rounded_parts_and_so_is_every_n_of_that_many():
    for place in range(30):
        answers = [
            own("export_invitations", 866, n=866), own("labels_strong", 683, n=866),
            own("labels_refused", 222, n=683), own("labels_weak", 103, n=866), own("labels_open", 79, n=90),
        ]  # fmt: skip
        door = rounding(*answers, key=bytes([place]))
        told = {each.name: door.published(each, ORDINARY) for each in answers}
        assert told["labels_strong"].value == told["labels_refused"].value + door.fives("open", 683 - 222)
        left = door.fives("open", 866 - 683 - 103 - 79)
        parts = sum(told[name].value for name in ("labels_strong", "labels_weak", "labels_open"))
        assert told["export_invitations"].value == told["export_invitations"].n == parts + left
        assert told["labels_refused"].n == told["labels_strong"].value


def test_no_part_of_those_who_asked_is_rounded_above_all_of_them():
    asked = own("export_invitations", 126, n=126)
    doors = [rounding(asked, own("labels_strong", 126), key=bytes([place])) for place in range(60)]
    assert {door.fives("labels_strong", 126) for door in doors} == {125}
    assert {door.fives("open", 131) for door in doors} == {130, 135}


def test_no_share_is_rounded_above_all():
    # Eight of nine may become ten, and the nine five.
    found = {published(own("open_share", 8 / 9, n=9), key=bytes([key])).value for key in range(60)}
    assert max(found) == 1.0


def test_not_all_parts_are_rounded_up_by_four():
    answers = own("export_invitations", 127), own("labels_strong", 61), own("labels_weak", 66)
    doors = [rounding(*answers, key=bytes([a, b])) for a in range(16) for b in range(16)]
    drawn = {(door.fives("open", 61), door.fives("open", 66)) for door in doors}
    assert drawn == {(60, 65), (65, 65), (60, 70)}


@pytest.mark.parametrize(
    ("finding", "value", "text", "n"),
    [
        (own("open", 80, n=80), 80, "80", 80),
        (own("open", 1235), 1235, "1,235", None),
        (own("open_percent", 100 * 465 / 865, n=865), 54.0, "54", 865),
        (own("open_percent", 100 * 3 / 40, n=40), None, None, 40),
        (own("open_share", 0.5, n=40), 0.5, "0.5", 40),
        (own("open_percent", 50), None, WITHHELD, None),
        (own("open_percent", float("nan"), n=0), None, NOT_YET, None),
        (own("open", 0.0393621, n=250), 0.039, "0.039", 250),
        (own("open", 866.4, n=250), 870.0, "870", 250),
        (own("open", 0.7, n=0), None, NOT_YET, None),
        (own("open", "yes", n=0), None, NOT_YET, None),
        (own("open", "stay in touch: yes", n=80), "stay in touch: yes", "stay in touch: yes", 80),
        (own("open", None, n=80, text="answered 3 of the requests"), None, NOT_YET, None),
        (own("open", "3 of the requests"), None, WITHHELD, None),
        (own("open", "No requests.", n=80), None, WITHHELD, None),
        (own("open", "model since 2024-03-02"), None, WITHHELD, None),
        (own("open", "Zwiebelfisch"), None, WITHHELD, None),
        (own("zwiebelfisch", 30, n=80), None, WITHHELD, None),
        (own("open", 30, labels="zwiebelfisch"), None, WITHHELD, None),
        (own("export_delay_p95_days", 41.0, n=95), None, WITHHELD, None),
        (own("export_delay_p95_days", 41.0, n=100), 41.0, "41", 100),
        (own("facts_declared", 22), 22, "22", None),
        (Finding.of("open", 3, n=3, data="public"), 3, "3", 3),
    ],
)  # fmt: skip
def test_a_finding_is_published_as(finding, value, text, n):
    told = published(finding)
    if text is None:  # 3 of 40 is 0 or 5 of 40
        assert told.value in (0.0, 12.0) and told.text == f"{told.value:.0f}"
    else:
        assert (told.value, told.text, told.n) == (value, text, n)
    assert told.text != WITHHELD or told == Finding(finding.name, None, WITHHELD, data="own")


@pytest.mark.parametrize(
    ("columns", "row", "becomes"),
    [
        (["model", "n"], ["yes", 40], ["yes", 40]),
        (["model", "n"], ["yes", 40.0], ["yes", 40]),
        (["level", "points", "n"], ["question 15", -3, 40], ["question 15", -3, 40]),
        (["share", "n"], [0.51234, 40], [0.5, 40]),
        (["share", "open", "n"], [0.5, 1.23456, 0], [None, None, 0]),
        (["share"], [0.5], None),
        (["model"], ["3 requests"], None),
        (["model", "n"], ["Zwiebelfisch", 40], None),
        (["Zwiebelfisch", "n"], ["yes", 40], None),
    ],
)
def test_a_table_is_published_cell_by_cell_or_not_at_all(columns, row, becomes):
    told = published(Finding("open", {"columns": columns, "rows": [row]}, "", data="own"))
    if becomes is None:
        assert told.text == WITHHELD and told.value is None
    elif columns[0] == "share" and row[-1] == 40:  # 20 or 21 of 40, which is 20 or 25
        assert told.value["rows"][0][0] in (0.5, 0.62)
    else:
        assert told.value == {"columns": columns, "rows": [becomes]}


def test_whether_both_answers_were_given_is_told_as_the_rounded_counts_have_it():
    shown = set()
    for place in range(40):
        door = rounding(own("labels_strong", 41), own("labels_refused", 1), key=bytes([place]))
        assert door.has_all("labels_strong") == (door.fives("open", 1) > 0)
        shown.add(door.has_all("labels_strong"))
    assert shown == {True, False}
    assert not rounding().has_all("labels_strong")


@pytest.mark.parametrize(
    ("strong", "asked", "shown"),
    [
        (25, 300, {"introductions"}), (300, 25, {"invitations"}), (25, 25, set()), (30, 30, {"invitations", "introductions"}),
        (None, None, set()),
    ],
)  # fmt: skip
def test_of_fewer_than_thirty_answers_nothing_is_published(strong, asked, shown):
    told = [own("labels_strong", strong), own("introductions_asked", asked)]
    found = {"invitations": own("open", 10, n=20), "introductions": own("introductions_known", 10, n=20)}
    door = rounding(*told, *found.values())
    texts = {
        what: door.published(each, ORDINARY | {"introductions", "known"}).text for what, each in found.items()
    }
    assert {what for what, text in texts.items() if text != WITHHELD} == shown
    assert door.has_all("labels_strong") is ("invitations" in shown)


def test_whether_there_are_enough_answers_is_told_as_the_rounded_count_has_it():
    doors = [rounding(own("labels_strong", 28), key=bytes([place])) for place in range(60)]
    assert {(door.whole("open", 28), door.has_enough("open")) for door in doors} == {(25, False), (30, True)}
