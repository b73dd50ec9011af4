"""Situations: the examples beside the rules, run and counted."""

import pytest
from invented_policies import HEAD, INVENTED

from netkit.errors import PolicyError
from netkit.policy import Policy, check, load_policy, run_situations, shipped_policies

POLICY = (
    HEAD
    + """\
invitation:
  - id: met
    when: {met_in_person: yes, would_stay_in_touch: yes}
    do: accept
    because: You have met.
    clause: own
    situations:
      - it: somebody you met and liked is accepted
        given: {met_in_person: yes, would_stay_in_touch: yes}
        expect: accept
      - it: somebody you met and did not like is not accepted
        given: {met_in_person: yes, would_stay_in_touch: no}
        expect: ignore
      - it: until you note whether you met, it stays open
        given: {would_stay_in_touch: yes}
        expect: {open: [ignore, accept], find_out: [met_in_person]}
  - id: rest
    when: {}
    do: ignore
    because: Nothing speaks for it.
    clause: own
    situations:
      - it: somebody you never met is left alone
        given: {met_in_person: no}
        expect: ignore
      - it: somebody you met and liked is not
        given: {met_in_person: yes, would_stay_in_touch: yes}
        expect: accept
"""
)


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_passes_its_situations(name):
    run = run_situations(load_policy(name))
    assert run.ok, str(run)


def test_situations_pass_and_are_counted():
    run = run_situations(Policy.from_text(POLICY))
    assert run.ok
    assert len(run.results) == 5
    assert run.rules[["decides", "near_misses"]].values.tolist() == [[2, 2], [2, 1]]
    # "would stay in touch" alone is missed once; "met in person" alone once, by not being recorded.
    assert run.conditions["held_by"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("expect: accept", "expect: decline", "accept (rule met)"),
        ("open: [ignore, accept]", "open: [decline, accept]", "open between accept or ignore"),
        ("find_out: [met_in_person]", "find_out: [note_words]", "find out met in person"),
        ("given: {would_stay_in_touch: yes}", "given: {met_in_person: no}", "ignore (rule rest)"),
    ],
)
def test_a_situation_that_comes_out_otherwise_fails_and_says_what_was_seen(right, wrong, seen):
    assert right in POLICY
    run = run_situations(Policy.from_text(POLICY.replace(right, wrong, 1)))
    assert not run.ok
    (failure,) = run.failures
    assert seen in failure.seen
    assert failure.it in str(run)


def with_rest_shown_by(first, second):
    """Return the policy with other situations beside its last rule, and no other that it decides."""
    head = POLICY[: POLICY.index("      - it: somebody you never met")]
    missed = "given: {met_in_person: yes, would_stay_in_touch: no}\n        expect: ignore"
    still_open = "given: {met_in_person: yes}\n        expect: {open: [accept, ignore]}"
    lines = [f"      - it: number {place}\n        {each}\n" for place, each in enumerate((first, second))]
    return head.replace(missed, still_open) + "".join(lines)


LIKED = "{given: {met_in_person: yes, would_stay_in_touch: yes}, expect: accept}"
NEVER_MET = "{given: {met_in_person: no}, expect: ignore}"


def in_lines(situation):
    return situation.strip("{}").replace("}, expect", "}\n        expect")


def test_a_rule_that_no_situation_shows_deciding_fails_the_run():
    run = run_situations(Policy.from_text(with_rest_shown_by(in_lines(LIKED), in_lines(LIKED))))
    assert not run.failures
    assert not run.ok
    assert run.unheld == ("rest: no situation shows it deciding.",)


def test_a_rule_without_a_near_miss_fails_the_run():
    text = with_rest_shown_by(in_lines(NEVER_MET), in_lines(NEVER_MET))
    assert run_situations(Policy.from_text(text)).unheld == ("rest: no situation just misses it.",)


def test_nothing_to_run_is_an_error_not_a_success():
    with pytest.raises(PolicyError, match="no situations for asking"):
        run_situations(Policy.from_text(POLICY), "asking")


@pytest.mark.parametrize("path", sorted(INVENTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_as_strangers_write_it_is_whole(path):
    policy = load_policy(path)
    assert check(policy).ok and run_situations(policy).ok
