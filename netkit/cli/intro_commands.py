"""Commands about introductions: write a request down, judge it, take its steps, look at it, learn from it."""

import math
from collections.abc import Callable
from datetime import date
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from netkit.cli.intro_letters import (
    Sent,
    keep_command,
    keep_letters,
    letter_hint,
    letter_options,
    letters_command,
    step_letters,
    template_of,
)
from netkit.cli.options import (
    SOURCE,
    because_option,
    done_on_option,
    fact_option,
    follow_up_option,
    home_option,
    json_option,
    on_option,
)
from netkit.cli.screen import print_found, print_json, print_table, say, say_below
from netkit.facts import OUTCOMES, Kind, Vocabulary, vocabulary
from netkit.history import read_introductions
from netkit.history.found_by_name import find_person, find_request, names_like
from netkit.history.wishes import standing_wishes
from netkit.introductions import (
    ANSWERS_TO_YOU,
    Brought,
    Judgement,
    Life,
    acquaintance,
    ask_introduction,
    contact_load,
    contact_sentence,
    contact_wish,
    judge_introduction,
    known_facts,
    policy_to_you,
    read_life,
    read_lives,
    read_message,
    receive_introduction,
    requester_record,
    step_for_action,
    take_step,
    undo_request,
    undo_step,
)
from netkit.ledger import Ledger, Step, open_ledger
from netkit.network import link
from netkit.policy import Policy, policy_in_office
from netkit.policy.clauses import clause_words
from netkit.wording import capital, cited, day_words, join_or, spoken

if TYPE_CHECKING:  # statistics take longer to load than a step takes to record
    from netkit.introductions.lessons import Outcomes

# What you answer to whoever asks you for an introduction, and to whoever introduces somebody to you.
_ANSWERS: dict[str, Step] = {
    "ask-more": "asked_more",
    "call-me": "call_me",
    "decline": "declined",
    "redirect": "redirected",
}
_ANSWERS_TO_YOU: dict[str, Step] = {
    "accept": "permission_given",
    "ask-more": "asked_more",
    "decline": "permission_refused",
}
_PERMISSIONS: dict[str, Step] = {
    "asked": "permission_asked",
    "given": "permission_given",
    "refused": "permission_refused",
}
_KIND: Kind = "introduction"
# Where only one side said what came of it.
_STANDS = {"outcome_requester": "the contact's word open", "outcome_contact": "the requester's word open"}
# Where it is nobody's turn alone, the state says enough.
_TURNS = {"you": "; your turn", "requester": "; the requester's turn", "contact": "; the contact's turn"}
_request = click.argument("request")


class _InOrder(click.Group):
    """A group that lists its commands in the order of a life rather than of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names as they were added."""
        return list(self.commands)


@click.group("intro", cls=_InOrder)
def _intro_command() -> None:
    """Introductions from the request to the outcome: write down, judge, permit, make, follow up, learn."""


_channel_option = click.option(
    "--by",
    "channel",
    required=True,
    type=click.Choice(vocabulary("introduction")["asked_by"].levels),
    help="How you were asked.",
)


@_intro_command.command("ask")
@click.argument("requester")
@click.argument("contact")
@click.option("--for", "purpose", required=True, help="What it is for, in words.")
@_channel_option
@fact_option
@done_on_option
@home_option
def _ask_command(
    requester: str,
    contact: str,
    purpose: str,
    channel: str,
    facts: dict[str, str],
    on: date,
    home: Path | None,
) -> None:
    """Write down who asked to meet whom.

    REQUESTER and CONTACT are full names, profile addresses, or person keys.
    """
    with open_ledger(home) as ledger:
        life = ask_introduction(
            ledger,
            requester,
            contact,
            purpose=purpose,
            channel=channel,
            on=on,
            source=SOURCE,
            facts=facts,
            vocabulary=_declared(ledger),
        )
        say(f"Recorded: {life.sentence}")
        say_sides(ledger, life, on)
        say_near(ledger, life)
    _show_next(life)


@_intro_command.command("receive")
@click.argument("requester", required=False, default="")
@click.option("--from", "introducer", default="", help="Who introduces.")
@click.option("--for", "purpose", default="", help="What it is for, in words.")
@_channel_option
@click.option("--asked-first/--unasked", default=None, help="Whether you were asked beforehand (PI4).")
@click.option(
    "--message", type=click.File(encoding="utf-8"), help="A message to read it from; - for standard input."
)
@fact_option
@done_on_option
@home_option
def _receive_command(
    requester: str, introducer: str, purpose: str, channel: str, asked_first: bool | None,
    message: TextIO | None, facts: dict[str, str], on: date, home: Path | None,
) -> None:  # fmt: skip
    """Write down an introduction that somebody makes to you.

    REQUESTER is the person you are to meet. What you leave out is read from the --message, of which nothing
    else is kept.
    """
    read = read_message(_read(message)) if message else Brought()
    asked = read.asked_first if asked_first is None else asked_first
    told = {
        "who you are to meet": requester or read.requester,
        "who introduces": introducer or read.introducer,
        "what it is for": purpose or read.purpose,
    }
    missing = [what for what, words in told.items() if not words]
    if missing:
        where = "The message does not say" if message else "You did not say"
        say_it = "netkit intro receive REQUESTER --from NAME --for TEXT"
        raise click.UsageError(f"{where} {join_or(missing, 'and')}. Say it: {say_it}")
    with open_ledger(home) as ledger:
        life = receive_introduction(
            ledger,
            *list(told.values())[:2],
            purpose=told["what it is for"],
            channel=channel,
            asked_first=asked,
            on=on,
            source=SOURCE,
            facts=facts,
        )
        say(f"Recorded: {life.sentence}")
        say(_brought(life))
        say_sides(ledger, life, on)
        say_near(ledger, life)
    _show_next(life)


def _read(message: TextIO) -> str:
    try:
        return message.read()
    except UnicodeDecodeError as problem:
        raise click.UsageError(
            f"{message.name} is not plain text ({problem.reason}). Save it as text in UTF-8."
        ) from problem


def _brought(life: Life) -> str:
    asked = {True: "asked you first", False: "did not ask you first", None: "may have asked you first"}
    return (
        f"{life.introducer_name} {asked[life.asked_first]}, by {spoken(life.channel)} on"
        f" {day_words(life.asked_on)}, for: {life.purpose}"
    )


@_intro_command.command("wish")
@click.argument("person")
@click.argument("wish", required=False)
@click.option("--none", "over", is_flag=True, help="The contact has no wish any more.")
@done_on_option
@home_option
def _wish_command(person: str, wish: str | None, over: bool, on: date, home: Path | None) -> None:
    """Note what a contact wants to be asked about now.

    WISH goes on after "asked", such as "to be asked by phone first". It fades after four months (OC11, PI13).
    """
    if over == bool(wish and wish.strip()):
        raise click.UsageError('Say the wish, such as "to be asked by phone first", or --none, not both.')
    with open_ledger(home) as ledger:
        key, name = find_person(ledger, person)
        ledger.wishes.add(key, name, None if over else wish, at=on, source=SOURCE)
        stands = standing_wishes(ledger, on).get(key)
    say(f"Noted: {name} {stands.sentence if stands else 'wishes nothing in particular any more'}.")


@_intro_command.command("judge")
@click.argument("request")
@fact_option
@click.option(
    "--as-before", is_flag=True, help="What you said before about either person holds for this request, too."
)
@done_on_option
@home_option
@json_option
def _judge_command(
    request: str, facts: dict[str, str], as_before: bool, on: date, home: Path | None, as_json: bool
) -> None:
    """Ask the policy in office what to do.

    What you say with --fact is noted, and counts from then on.
    """
    with open_ledger(home) as ledger:
        found = find_request(ledger, request, _KIND)
        judged = judge_introduction(
            ledger, found, _policy_for(ledger, found), on=on, facts=facts, as_before=as_before, source=SOURCE
        )
        print_found(judged, as_json, partial(_show_judged, ledger))


def _policy_for(ledger: Ledger, request: str) -> Policy:
    """Return the policy that judges a request: another one where you are the contact."""
    if read_life(ledger, request).received:
        return policy_to_you(ledger.home)
    return policy_in_office(ledger.home, "introduction")


def _answer_words(life: Life, action: str) -> str:
    return ANSWERS_TO_YOU[action] if life.received else spoken(action)


def _show_judged(ledger: Ledger, judged: Judgement) -> None:
    decision, life = judged.decision, judged.life
    wish = contact_wish(ledger, life, life.since)
    if wish:
        say(wish)
    if not decision.action:
        _show_open(judged)
        return
    step = step_for_action(decision.action, decision.letter, received=life.received)
    said = ANSWERS_TO_YOU[decision.action] if life.received else decision.said
    say(f"{capital(said)}. {decision.reason} [{cited(decision.clause)}]")
    for words in clause_words(decision.clause):
        say_below(words)
    click.echo(f"Next, {step.says}: {life.command(step.name)}")
    hint = letter_hint(ledger, life, step.name)
    if hint:
        click.echo(hint)


def _show_open(judged: Judgement) -> None:
    answers = join_or(
        list(dict.fromkeys(_answer_words(judged.life, action) for action in judged.decision.possible))
    )
    say(f"Still open: {answers}. What would settle it, least trouble first:")
    if judged.life.received:
        say("Here you are the contact.")
    for fact, question in judged.questions.items():
        say(f"  {fact}: {question}")
    for said in judged.previous_answers:
        say(f"  For {said.request} you said {said.fact}={said.level} (--as-before says it again).")
    click.echo(f"Say what you know: netkit intro judge {judged.life.request} --fact NAME=LEVEL")
    say("What a level can be: --fact NAME alone says it.")


def _takes_step(step_of: Callable[..., tuple[Step | str, dict[str, Any]]]) -> Callable[..., None]:
    """Make a command of what says which step to take: add the letter, the day and the workspace."""

    @letter_options
    @done_on_option
    @home_option
    @wraps(step_of)
    def command(
        *,
        request: str,
        sent: Sent,
        on: date,
        home: Path | None,
        **said: Any,  # noqa: ANN401 - any option
    ) -> None:
        step, detail = step_of(**said)
        _take(home, request, step, on, detail, sent)

    return command


@_intro_command.command("answer")
@_request
@click.argument("answer", type=click.Choice(["accept", *_ANSWERS]))
@click.option("--way-on", default="", help="For redirect: the other way that you offer (PV6).")
@because_option
@_takes_step
def _answer_command(answer: str, **detail: str) -> tuple[str, dict[str, Any]]:
    """Record your answer: ask for more, ask for a call, or say no.

    A redirect is a no that shows another way (PV6). "accept" is for introductions to you.
    """
    return answer, detail


@_intro_command.command("permit")
@_request
@click.argument("permission", type=click.Choice(list(_PERMISSIONS)))
@because_option
@_takes_step
def _permit_command(permission: str, **detail: str) -> tuple[Step, dict[str, Any]]:
    """Record the contact's permission (PI4): asked, given or refused."""
    return _PERMISSIONS[permission], detail


@_intro_command.command("make")
@_request
@click.option("--without-permission-because", default="", help="Why you did not need permission.")
@follow_up_option
@because_option
@_takes_step
def _make_command(follow_up_on: date | None, **detail: str) -> tuple[Step, dict[str, Any]]:
    """Record that you introduced the two.

    This needs the contact's permission, unless you say why you did without it.
    """
    return "introduced", {**detail, "follow_up_on": str(follow_up_on or "")}


@_intro_command.command("follow-up")
@_request
@_takes_step
def _follow_up_command() -> tuple[Step, dict[str, Any]]:
    """Record that you asked both sides how it went (PI8)."""
    return "followed_up", {}


def _step(life: Life, said: str) -> Step:
    """Return the step that was said, or that an answer takes."""
    answers = _ANSWERS_TO_YOU if life.received else _ANSWERS
    if said in answers:
        return answers[said]
    if said in {**_ANSWERS, **_ANSWERS_TO_YOU}:
        whose = "is introduced to you" if life.received else "asks you to be introduced"
        raise click.UsageError(
            f"{life.requester_name} {whose}, so '{said}' is no answer. Answer {join_or(list(answers))},"
            f" or look at it: netkit intro show {life.request}"
        )
    return cast(Step, said)


def _take(home: Path | None, request: str, said: str, on: date, detail: dict[str, Any], sent: Sent) -> None:
    """Take one step with its letter: both are recorded, or neither."""
    with open_ledger(home) as ledger, ledger.together():
        before = read_life(ledger, find_request(ledger, request, _KIND))
        request, step = before.request, _step(before, said)
        told = {"told": sent.values} if sent.values else {}
        life = before
        if sent and before.state.name == step and step not in before.state.next:
            # It is recorded already: its letter is kept, and what that was told, for the letters to come.
            if told:
                taken = before.standing[-1]
                told["told"] = {**taken.detail.get("told", {}), **sent.values}
                undo_step(ledger, request, on=taken.on, source=SOURCE)
                life = take_step(
                    ledger, request, step, on=taken.on, source=SOURCE, detail={**taken.detail, **told}
                )
            before = before.one_step_ago
        else:
            life = take_step(ledger, request, step, on=on, source=SOURCE, detail=detail | told)
        letters = step_letters(ledger, before, step, sent, way_on=detail.get("way_on", ""))
        kept = keep_letters(ledger, life, letters, on)
    say(f"Recorded: {life.sentence}")
    for letter in kept:
        click.echo(letter)
    template = template_of(before, step)
    if template and not kept:
        click.echo(f"Keep its letter, too: netkit intro keep {request} {template} --sent FILE (or --letter)")
    _show_next(life)


def _show_next(life: Life) -> None:
    """Print the likeliest next step as a command."""
    if life.state.next and life.state.turn != "nobody":
        likeliest = life.state.next[0]
        click.echo(f"Next, {life.kinds[likeliest].says}: {life.command(likeliest)}")


@_intro_command.command("outcome")
@_request
@click.option(
    "--requester",
    type=click.Choice(OUTCOMES),
    help="What came of it for the requester; no_show: did not turn up.",
)
@click.option(
    "--contact",
    type=click.Choice(OUTCOMES),
    help="What came of it for the contact, who may be you; regretted: wishes that you had not made it.",
)
@because_option
@done_on_option
@home_option
def _outcome_command(
    request: str, requester: str | None, contact: str | None, because: str, on: date, home: Path | None
) -> None:
    """Record what came of it, for either side.

    A no-show is remembered against the next request (PV7).
    """
    sides: dict[Step, str | None] = {"outcome_requester": requester, "outcome_contact": contact}
    if not any(sides.values()):
        raise click.UsageError("Say --requester OUTCOME, --contact OUTCOME, or both.")
    with open_ledger(home) as ledger, ledger.together():
        request = find_request(ledger, request, _KIND)
        for step, outcome in sides.items():
            if outcome:
                detail = {"outcome": outcome, "because": because}
                take_step(ledger, request, step, on=on, source=SOURCE, detail=detail)
        life = read_life(ledger, request)
    say(f"Recorded: {life.sentence}")


@_intro_command.command("undo")
@_request
@click.option("--step", "number", type=int, help="The step's number (default: the last one).")
@click.option(
    "--request", "whole", is_flag=True, help="Take the request itself back, such as when a name was mistyped."
)
@because_option
@done_on_option
@home_option
def _undo_command(
    request: str, number: int | None, whole: bool, because: str, on: date, home: Path | None
) -> None:
    """Take a step back; both rows stay."""
    if whole and number:
        raise click.UsageError("Say --step NUMBER or --request, not both.")
    with open_ledger(home) as ledger:
        request = find_request(ledger, request, _KIND)
        if whole:
            life = undo_request(ledger, request, on=on, because=because, source=SOURCE)
            names = f"{life.requester_name} to {life.contact_name}"
            say(f"Taken back: {request}, {names}. Nothing counts it from now on; its rows stay.")
            return
        life = undo_step(ledger, request, number, on=on, because=because, source=SOURCE)
    say(f"Taken back: {life.sentence}")


@_intro_command.command("list")
@click.option("--all", "every", is_flag=True, help="Include those that are done, declined or redirected.")
@click.option("--contacts", is_flag=True, help="How often each contact is asked instead (PN2).")
@on_option
@home_option
@json_option
def _list_command(every: bool, contacts: bool, on: date, home: Path | None, as_json: bool) -> None:
    """List the introductions under way, and whose turn it is."""
    with open_ledger(home) as ledger, ledger.snapshot():
        if contacts:
            _list_contacts(ledger, on, as_json)
            return
        both = [*read_lives(ledger), *read_lives(ledger, received=True)]
        lives = [life for life in both if every or life.state.turn != "nobody"]
    if as_json:
        print_json([life.as_dict() for life in lives])
        return
    if not lives:
        say("No introduction is under way." if not every else "No introduction was asked for yet.")
        return
    rows = [
        (
            life.request,
            life.requester_name,
            f"you, by {life.introducer_name}" if life.received else life.contact_name,
            life.since,
            f"{_stands(life.state.name)}{_TURNS.get(life.state.turn, '')}",
        )
        for life in lives
    ]
    print_table(
        f"Introductions {'so far' if every else 'under way'}: {len(lives)}",
        ["request", "requester", "contact", "since", "state"],
        rows,
        wide=("requester", "contact", "state"),
    )


def _stands(state: str) -> str:
    return _STANDS.get(state, spoken(state.removeprefix("to_you").removeprefix("_")) or "asked")


def _list_contacts(ledger: Ledger, on: date, as_json: bool) -> None:
    table = contact_load(ledger, on)
    if as_json:
        print_json(table.to_dict(orient="records"))
        return
    print_table(
        f"How often each contact was asked, up to {day_words(on)}",
        ["contact", "last 90 days", "last year", "agreed", "refused", "made", "last asked"],
        table.drop(columns="contact").itertuples(index=False),
    )


@_intro_command.command("show")
@click.argument("request")
@on_option
@home_option
@json_option
def _show_command(request: str, on: date, home: Path | None, as_json: bool) -> None:
    """Show one: steps, facts, what can be done next."""
    with open_ledger(home) as ledger, ledger.snapshot():
        show_introduction(ledger, find_request(ledger, request, _KIND), on, as_json=as_json)


def show_introduction(ledger: Ledger, request: str, on: date, *, as_json: bool) -> None:
    """Print an introduction whole: steps, facts, both sides, what can be done next."""
    life = read_life(ledger, request)
    facts = known_facts(ledger, request, _policy_for(ledger, request), on)
    if as_json:
        print_json(life.as_dict() | {"facts": facts})
        return
    say(life.sentence)
    if life.received:
        say(_brought(life))
    else:
        say(f"Asked by {spoken(life.channel)} on {day_words(life.asked_on)}, for: {life.purpose}")
    say_sides(ledger, life, on)
    if not life.received:
        say(f"Degree: {link(ledger, life.requester, life.contact).reason}")
    print_table(
        "Steps", ["number", "day", "step", "stands"],
        [[step.number, step.on, step.words, step.stands] for step in life.steps], wide="step",
    )  # fmt: skip
    print_table("Facts", ["fact", "level"], list(facts.items()))
    for step in life.state.next:
        click.echo(f"{life.kinds[step].says}: {life.command(step)}")


def say_near(ledger: Ledger, life: Life, *, written: bool = True) -> None:
    """Ask about each person of a new introduction who may be somebody known, mistyped."""
    sides = [life.requester_name, life.introducer_name if life.received else life.contact_name]
    for name in sides:
        if near := names_like(ledger, name, but=life.request):
            say(f"Nobody else is called {name!r}. Did you mean {join_or(near)}?")
            if written:
                click.echo(f"Then take it back, and ask anew: netkit intro undo {life.request} --request")


def say_sides(ledger: Ledger, life: Life, on: date) -> None:
    """Print what is on record about both, so that nobody is judged from memory alone."""
    other = ("introducer", life.introducer, life.introducer_name)
    for role, person, name in (
        ("requester", life.requester, life.requester_name),
        other if life.received else ("contact", life.contact, life.contact_name),
    ):
        say(f"The {role}, {name}: {acquaintance(ledger, person, name, on).sentence}")
    if life.received:
        return
    wish = contact_wish(ledger, life, on)
    if wish:
        say(wish)
    say(f"{life.requester_name} {requester_record(ledger, life, on).sentence}")
    say(f"{life.contact_name} {contact_sentence(ledger, life, on)}")


def _declared(ledger: Ledger) -> Vocabulary | None:
    """Return the facts of introductions that the policy in office declares, your own among them."""
    return policy_in_office(ledger.home, "introduction").vocabularies["introduction"]


_intro_command.add_command(letters_command)
_intro_command.add_command(keep_command)


@_intro_command.command("lessons")
@click.option("--fact", "names", multiple=True, help="Only these facts (default: all).")
@home_option
@json_option
def _lessons_command(names: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Say when introductions turn out well.

    Each share comes with its interval, and with bounds for the introductions that you never made.
    """
    from netkit.introductions.lessons import outcomes

    with open_ledger(home) as ledger, ledger.snapshot():
        history = read_introductions(ledger, _declared(ledger))
    print_found(outcomes(history, names or None), as_json, _show_lessons)


def _show_lessons(found: "Outcomes") -> None:
    print_table(
        "When introductions turn out well",
        ["what was known", "asked", "made", "useful", "of the known", "of all"],
        [
            [": ".join(map(spoken, filter(None, row[:2]))), *row[2:4], *_shares(*row[4:])]
            for row in found.table.itertuples(index=False)
        ],
        wide="what was known",
        note="Useful: to every side that you noted, of those whose outcome is known, and as a share with"
        " a 95 % interval. Of all: had every request been made, from all unknown bad to all good.",
    )
    for sentence in found.sentences:
        say(sentence)


def _shares(known: int, useful: int, share: float, *ends: float) -> tuple[str, str, str]:
    told = [
        "–" if math.isnan(low) else f"{100 * low:.0f} to {100 * high:.0f} %"
        for low, high in (ends[:2], ends[2:4])
    ]
    return f"{useful} of {known}", "–" if math.isnan(share) else told[0], told[1]
