"""Commands for answering: draft a letter, judge your own asking, record what you did and take it back."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from netkit.cli.clipboard import say_whether_copied
from netkit.cli.options import (
    SOURCE,
    because_option,
    decided_on_option,
    fact_option,
    home_option,
    json_option,
    language_option,
    remind_on_option,
    value_option,
)
from netkit.cli.policy_commands import facts_of
from netkit.cli.screen import print_found, print_table, say
from netkit.cli.show_command import advice_lines, question_lines
from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.facts import ACTIONS, TAKE_BACK, UNKNOWN, Kind
from netkit.facts.level_words import fact_words
from netkit.history import read_request_rows
from netkit.history.found_by_name import find_known, find_request, mentions
from netkit.history.labels import DECISIVE
from netkit.introductions import (
    connections_with,
    decide_introduction,
    first_name,
    read_life,
    rests_until,
    undo_step,
)
from netkit.ledger import Ledger, open_ledger
from netkit.ledger.workspace import prepare_home
from netkit.policy import Policy, policy_in_office
from netkit.waiting.alike import answer_alike, undo_alike
from netkit.waiting.whole_person import whole_person
from netkit.wording import counted, day_words, join_or, spoken

if TYPE_CHECKING:
    from netkit.letters import Letter

_UNDO = "undo"
_ACTIONS = sorted({*ACTIONS["invitation"], *ACTIONS["introduction"]})
# What people say for an answer, where no spelling leads to its word.
_SAID_FOR = {"reject": "decline", "refuse": "decline", "no": "decline", "yes": "accept", "later": "defer"}
_GO_WITH_AN_ACTION = (
    "--because, --remind-on and --opinion-seen go with an action. Add what you did, or leave them out."
)
_FACTS_STAY = " The facts noted with it stay; '--fact NAME=undo' takes one back."


@click.command("letter")
@click.argument("name", required=False)
@value_option("What the letter needs.")
@click.option("--request", help="A request of your history; its facts choose some of the letter's sentences.")
@click.option("--copy", "copying", is_flag=True, help="Put the letter on the clipboard, too.")
@language_option
@home_option
def _letter_command(
    name: str | None,
    values: dict[str, str],
    request: str | None,
    copying: bool,
    language: str,
    home: Path | None,
) -> None:
    """Draft the letter NAME; you are asked for what it needs.

    Without NAME, --request drafts the letter that belongs to your answer, or to the advice if you gave
    none yet. Without either, the letters are listed.
    """
    from netkit.letters import letter_names, questions, version_for

    if request and not name:
        name = _letter_owed(request, home)
        if not name:
            say(f"No letter belongs to {request} as things stand. These are all of them:")
    if not name:
        home = prepare_home(home)
        rows = [[each, ", ".join(questions(each, home=home))] for each in letter_names(home=home)]
        print_table("Letters, and what each needs from you", ["letter", "needs"], rows, wide="needs")
        return
    with open_ledger(home) as ledger:
        home = ledger.home
        profile: dict[str, object] = next(iter(ledger.exports.profile()["profile"]), {})
        known, note = _known_of(ledger, request) if request else ({}, "")
    facts = dict(facts_of(request, home).known) if request else None
    language = language or version_for(name, note, home)
    letter = _drafted(name, {**known, **values}, facts, profile, home, language)
    click.echo(letter.text)  # not wrapped: it is to be pasted
    if letter.english:
        click.echo(f"\nIn English:\n\n{letter.english}\n", err=True)
    for warning in letter.warnings:
        click.echo(f"note: {warning}", err=True)
    if copying:
        say_whether_copied(letter.text)


def _letter_owed(request: str, home: Path | None) -> str:
    """Return the letter that belongs to your answer to a request, or else to the advice, if any."""
    from netkit.waiting.letter_of_answer import letter_of_answer

    asked = facts_of(request, home)
    with open_ledger(home) as ledger:
        home = ledger.home
        key = find_request(ledger, request)
        action = ledger.decisions.last_actions().get(key, "") if asked.kind == "invitation" else ""
        policy = policy_in_office(home, asked.kind).on_record
    return letter_of_answer(policy, asked.kind, action, asked.known, asked.unsure, home)


def _known_of(ledger: Ledger, request: str) -> tuple[dict[str, str], str]:
    """Return what a letter about a request need not ask, and the note of an invitation."""
    key = find_request(ledger, request)
    if key.startswith("intro-"):
        from netkit.cli.intro_letters import known_of

        return known_of(read_life(ledger, key), "")[0], ""
    asked = [each for each in mentions(ledger, "invitation") if each.request == key]
    return ({"first_name": first_name(asked[0].name)}, asked[0].text) if asked else ({}, "")


def _drafted(
    name: str,
    values: dict[str, str],
    facts: dict[str, object] | None,
    profile: dict[str, object],
    home: Path | None,
    language: str,
) -> "Letter":
    """Draft a letter; at a terminal ask for what it lacks."""
    from netkit.letters import MissingValuesError, draft

    try:
        return draft(name, values, facts=facts, profile=profile, home=home, language=language)
    except MissingValuesError as lacks:
        if not sys.stdin.isatty():
            raise
        told = {each: click.prompt(question, err=True) for each, question in lacks.missing.items()}
    told = {**values, **told}
    return draft(name, told, facts=facts, profile=profile, home=home, language=language)


@click.command("ask")
@click.argument("person")
@click.option("--draft", "note", required=True, help="The note you would send.")
@fact_option
@home_option
@json_option
def _ask_command(person: str, note: str, facts: dict[str, str], home: Path | None, as_json: bool) -> None:
    """Judge a request of your own before you send it: is it complete, timely and more than a reminder?"""
    from netkit.asking import judge_asking

    with open_ledger(home) as ledger, ledger.snapshot():
        answer = judge_asking(ledger, person, note, facts, policy=policy_in_office(ledger.home, "asking"))
    print_found(answer, as_json)


@click.command("decide")
@click.argument("request")
@click.argument("action", required=False)
@fact_option
@decided_on_option
@because_option
@remind_on_option
@click.option("--opinion-seen", is_flag=True, help="You saw a judge's opinion before you decided.")
@click.option("--group", "group", is_flag=True, help="Decide the same for every request like it.")
@click.option(
    "--except", "others", multiple=True, metavar="REQUEST", help="With --group: leave out this request."
)
@home_option
def _decide_command(
    request: str,
    action: str | None,
    facts: dict[str, str],
    day: date | None,
    because: str,
    remind_on: date | None,
    opinion_seen: bool,
    group: bool,
    others: tuple[str, ...],
    home: Path | None,
) -> None:
    """Record what you did about REQUEST, with the facts it rested on.

    For an introduction it is a step of its life, as 'netkit intro' records it. 'undo' takes what you
    did last about it back, by a new row: nothing is changed or removed. With --group one answer serves
    all requests that are alike (netkit triage --grouped); without an action, what it settles is decided
    as the policy advises. Without --group and without an action, --fact only notes what you know and
    says what follows; --fact NAME=undo takes a fact back. ACTION may be an answer of your policy's own.
    """
    on = day or date.today()
    if others and not group:
        raise click.UsageError("--except belongs to --group: netkit decide KEY --group --except NAME")
    with open_ledger(home) as ledger:
        if action is None and not facts:
            kinds = _kinds_of(ledger, request)
            does = join_or([*_answers_to(kinds, ledger.home), _UNDO])
            raise NetkitError(f"You did not say what you did about {request}", f"Add {does}")
        if action is None and not group:
            if because or remind_on or opinion_seen:
                raise click.UsageError(_GO_WITH_AN_ACTION)
            _note_facts(ledger, request, facts, day)
            return
        answer, action = action, action and _meaning(ledger, request, action)
        _check_options(action, on, facts, remind_on, opinion_seen)
        if group:
            say(_decide_group(ledger, request, answer, facts, others, day, because))
            return
        assert action is not None and answer is not None
        request = find_request(ledger, request, _kind_of(action))
        introduction = request.startswith("intro-")
        kind: Kind = "introduction" if introduction else "invitation"
        held = ""
        if action == _UNDO:
            take_back = _take_step_back if introduction else _take_back
            stay = _FACTS_STAY if request in set(ledger.notes.to_frame(kind)["request"]) else ""
            say(f"Taken back: {take_back(ledger, request, day, because)}{stay}")
            return
        policy = policy_in_office(ledger.home, kind)
        vocabulary = policy.vocabularies[kind]
        if policy.means(kind, answer) != action:
            raise PolicyError(
                f"{answer!r} is no answer to an {kind}", did_you_mean(answer, policy.said_by(kind))
            )
        if introduction:
            decide_introduction(
                ledger,
                request,
                action,
                answer=answer,
                on=on,
                source=SOURCE,
                opinion_seen=opinion_seen,
                facts=facts,
                because=because,
                vocabulary=vocabulary,
            )
        else:
            remind_on = remind_on or _day_to_look_again(ledger, policy, request, action, facts, on)
            held = _held_before(ledger, request, action)
            ledger.decisions.add(
                request,
                action,
                answer=answer,
                at=_moment(day),
                source=SOURCE,
                opinion_seen=opinion_seen,
                facts=facts,
                because=because or None,
                remind_on=remind_on,
                vocabulary=vocabulary,
            )
        until = None if held or introduction else rests_until(ledger, request)
        whose = _whose(ledger, request)
    with_facts = f", with {counted(len(facts), 'fact')}" if facts else ""
    again = f" Look again on {day_words(until)}: netkit due" if until else ""
    say(f"Recorded: {whose} {answer}{with_facts}.{again}")
    if held:
        say(held)
    # Which letter fits is told by the note, and to read it takes longer than to record.
    elif not introduction and any(rule.letter for rule in policy.rules[kind] if rule.action == action):
        click.echo(f"Its letter, if one fits: netkit letter --request {request}")


def _note_facts(ledger: Ledger, request: str, facts: dict[str, str], day: date | None) -> None:
    """Note facts about a request that you have not answered, and print what follows from them."""
    key = find_request(ledger, request)
    kind: Kind = "introduction" if key.startswith("intro-") else "invitation"
    vocabulary = policy_in_office(ledger.home, kind).vocabularies[kind]
    notes = [(key, name, level) for name, level in facts.items()]
    ledger.notes.add_many(notes, at=_moment(day), source=SOURCE, vocabulary=vocabulary)
    noted = [
        f"{spoken(name)} taken back" if level == TAKE_BACK else fact_words(name, level)
        for name, level in facts.items()
    ]
    say(f"Noted of {_whose(ledger, key)}: {', '.join(noted)}.")
    if kind == "introduction":
        say(f"What your policy says now: netkit intro judge {key}")
    elif found := find_known(ledger, key):
        whole = whole_person(ledger, found.person, found.name, date.today(), key)
        if not facts.keys().isdisjoint(whole.noted_later):
            say("The answer was known already, so no judge sees what you note now.")
        for line in (*advice_lines(whole), *question_lines(whole)):
            say(line)


def _whose(ledger: Ledger, request: str) -> str:
    """Return a request's key with who asks."""
    kind: Kind = "introduction" if request.startswith("intro-") else "invitation"
    names = (each.name for each in mentions(ledger, kind) if each.request == request and each.name)
    return f"{request} ({name})" if (name := next(names, "")) else request


def _held_before(ledger: Ledger, request: str, action: str) -> str:
    """Return in a sentence how the ledger had an invitation answered already, and which answer counts now."""
    asked = next((each for each in mentions(ledger, "invitation") if each.request == request), None)
    if asked is None:
        return ""
    held = []
    for link in connections_with(ledger, asked.person)[:1]:
        since = f" since {day_words(link['connected_on'])}" if link["connected_on"] else ""
        held.append(f"your archive shows you connected with {asked.name}{since}")
    if ledger.decisions.last_actions().get(request) in DECISIVE:
        last = {row["request"]: row for row in ledger.decisions.rows("invitation")}[request]
        said = last["answer"] or last["action"]
        held.append(f"{said} was recorded on {day_words(last['at'])}")
    counts = (
        "The new answer counts from now on"
        if action in DECISIVE
        else f"That still counts, for {spoken(action)} settles nothing"
    )
    return f"It was answered before: {join_or(held, 'and')}. {counts}." if held else ""


def _meaning(ledger: Ledger, request: str, answer: str) -> str:
    """Return the action that an answer comes to, where it is one that the policy in office declares."""
    if answer in (*_ACTIONS, _UNDO):
        return answer
    own = _answers_to(("invitation", "introduction"), ledger.home)
    if answer not in own:
        if request in (*own, _UNDO):
            raise PolicyError(
                f"{request!r} stands before the request", f"Write: netkit decide {answer} {request}"
            )
        answers = [*_answers_to(_kinds_of(ledger, request), ledger.home), _UNDO]
        meant = _SAID_FOR.get(answer.casefold(), "")
        do = f"Did you mean {meant!r}? You can use {join_or(answers)}" if meant in answers else ""
        raise PolicyError(f"There is no action {answer!r}", do or did_you_mean(answer, answers))
    return own[answer]


def _answers_to(kinds: Sequence[Kind], home: Path) -> dict[str, str]:
    """Return the answers that requests of some kinds can be given, each with the action that it comes to."""
    own = [policy_in_office(home, kind).answers[kind] for kind in kinds]
    declared = {each.name: each.means for answers in own for each in answers.values()}
    return {action: action for kind in kinds for action in ACTIONS[kind]} | declared


def _kinds_of(ledger: Ledger, request: str) -> tuple[Kind, ...]:
    """Return the kind of a request, or both where words fit none or several."""
    try:
        return ("introduction" if find_request(ledger, request).startswith("intro-") else "invitation",)
    except NetkitError:
        return ("invitation", "introduction")


def _day_to_look_again(
    ledger: Ledger, policy: Policy, request: str, action: str, facts: dict[str, str], on: date
) -> date | None:
    """Return the day that the policy's own answer names; facts are read only where a rule could name one."""
    if not any(rule.until for rule in policy.rules["invitation"] if rule.action == action):
        return None
    requests = read_request_rows(ledger, policy.vocabularies["invitation"])
    if request not in requests.rows:
        return None
    known = {name: told["level"] for name, told in requests.values_of(request).items()}
    known |= {name: UNKNOWN if level == TAKE_BACK else level for name, level in facts.items()}
    return policy.on_record.decide_one(known, "invitation").remind_on(action, on)


def _decide_group(
    ledger: Ledger,
    request: str,
    action: str | None,
    facts: dict[str, str],
    others: tuple[str, ...],
    day: date | None,
    because: str,
) -> str:
    """Answer every request that is alike, or take that back, and say what was done."""
    at, request = _moment(day), find_request(ledger, request, "invitation")
    if action == _UNDO:
        as_before = undo_alike(ledger, request, at=at, source=SOURCE, because=because or None)
        return f"Taken back: {counted(as_before, 'request')} as before."
    done = answer_alike(
        ledger,
        request,
        facts=facts,
        action=action,
        at=at,
        source=SOURCE,
        because=because or None,
        leave_out=others,
    )
    noted = [f"{counted(len(done.noted), 'request')} answered"] if done.noted else []
    decided = [f"{count} {spoken(each)}" for each, count in Counter(done.decided.values()).items()]
    one = [*done.noted, *done.decided][0]
    return f"Recorded: {', '.join([*noted, *decided])}. Take it back: netkit decide {one} undo --group"


def _kind_of(action: str) -> Kind | Literal[""]:
    """Return the kind of request that alone can be answered so, or nothing."""
    kinds: list[Kind] = [kind for kind in ("invitation", "introduction") if action in ACTIONS[kind]]
    return kinds[0] if len(kinds) == 1 else ""


def _check_options(
    action: str | None, day: date, facts: dict[str, str], remind_on: date | None, opinion_seen: bool
) -> None:
    if action == _UNDO and (facts or remind_on or opinion_seen):
        raise click.UsageError(
            "'undo' takes --on and --because; a fact is taken back by --fact NAME=undo without 'undo'."
        )
    if remind_on and action != "defer":
        raise click.UsageError(f"--remind-on goes with 'defer' only, not with {action!r}. Leave it out.")
    if remind_on and remind_on < day:
        raise click.UsageError(f"--remind-on {remind_on} is before the decision. Give {day} or a later day.")


def _moment(day: date | None) -> datetime:
    return datetime.combine(day, time(23, 59), UTC) if day else datetime.now(UTC)


def _take_back(ledger: Ledger, request: str, day: date | None, because: str) -> str:
    """Take the last decision about an invitation back, and say what stands now."""
    back, before = ledger.decisions.undo_last(
        request, at=_moment(day), source=SOURCE, because=because or None
    )
    until = rests_until(ledger, request)
    later = f" until {day_words(until)}" if until else ""
    stands = f"{before}{later} stands again" if before else "no decision of yours stands"
    return f"{_whose(ledger, request)} {back}; {stands}."


def _take_step_back(ledger: Ledger, request: str, day: date | None, because: str) -> str:
    """Take what was done last about an introduction back, and say where it stands now."""
    day = day or date.today()
    life = undo_step(ledger, request, on=day, because=because, source=SOURCE)
    return f"{life.taken_back.words}. {life.sentence}"
