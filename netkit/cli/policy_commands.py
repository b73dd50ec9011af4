"""Commands about policies: copy one, check it, test it, ask it why, and hold two side by side."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import fill
from types import MappingProxyType
from typing import NamedTuple

import click
from rich.text import Text

from netkit.cli.office_commands import (
    close_command,
    free_place,
    new_policy,
    say_written,
    use_command,
    write_policy,
)
from netkit.cli.options import fact_option, home_option, json_option
from netkit.cli.screen import one_key, print_found, print_json, print_table, say, say_below
from netkit.cli.take_command import take_command
from netkit.errors import NetkitError, PolicyError, did_you_mean
from netkit.facts import KINDS, Fact, Kind, Vocabulary, vocabulary
from netkit.facts.level_words import level_words
from netkit.history import read_history, read_introductions, read_request_rows
from netkit.history.found_by_name import find_request
from netkit.history.labels import MEANING
from netkit.history.past_introductions import introduction_facts, introduction_rows
from netkit.ledger import open_ledger
from netkit.ledger.workspace import prepare_home
from netkit.policy import (
    CheckReport,
    Parting,
    Policy,
    check,
    difference,
    explain,
    load_policy,
    policy_in_office,
    run_situations,
    shipped_policies,
)
from netkit.policy.clauses import clause_words
from netkit.policy.decision_trace import Trace
from netkit.policy.situations import SituationRun, with_expectations
from netkit.private_files import write_private
from netkit.waiting import next_question
from netkit.waiting.unless import advice_unless
from netkit.wording import capital, counted, join_or, spoken

_all = click.option("--all", "every", is_flag=True, help="Every shipped policy, and your own.")
_MOST_TELLING, _ROWS = 5, 20
_SIDE = 26  # columns: two rules and an example stand beside each other on a screen of eighty
_kind = click.option("--kind", type=click.Choice(KINDS), help="Only this kind of request.")


@click.group("policy")
def _policy_command() -> None:
    """List, copy, check, test, explain and compare policies."""


@_policy_command.command("list")
@home_option
def _list_command(home: Path | None) -> None:
    """List the shipped policies and your own."""
    home = prepare_home(home)
    rows = [_listed(name, home) for name in _every_name(home)]
    print_table("Policies", ["name", "title", "speaks of", "rules"], rows)


def _listed(name: str, home: Path) -> list[object]:
    """Return a policy's row; a draft that cannot be read yet hides no other."""
    try:
        policy = load_policy(name, home=home)
    except NetkitError:
        return [name, f"cannot be read yet: netkit policy check {name} says why", "", ""]
    kinds = ", ".join(policy.kinds)
    return [policy.name, policy.title, kinds, sum(map(len, policy.rules.values()))]


@_policy_command.command("new")
@click.argument("name")
@click.option("--from", "source", default="house", show_default=True, help="The policy to begin with.")
@home_option
def _new_command(name: str, source: str, home: Path | None) -> None:
    """Copy a policy into your workspace as NAME, to make it your own."""
    home = prepare_home(home)
    free_place(name, home)
    load_policy(source, home=home)
    say_written(new_policy(name, source, home), home, source)


@_policy_command.command("interview")
@click.option("--as", "name", default="my_policy", show_default=True, help="The name that the policy gets.")
@click.option("--answers", help="The six answers as keys, such as yanyan, instead of being asked.")
@click.option(
    "--no-guards", is_flag=True, help="Leave out the house's rules against fraud and sales pitches."
)
@home_option
def _interview_command(name: str, answers: str | None, no_guards: bool, home: Path | None) -> None:
    """Answer six questions, and get a policy made from the schools nearest to your answers.

    It keeps the house's rules against fraud and sales pitches, unless you do not want them. The file says
    what was changed and why.
    """
    from netkit.schools.interview import interview_policy

    home = prepare_home(home)
    path = free_place(name, home)
    if answers is None:
        answers, no_guards = _answers_at_the_prompt(no_guards)
    found = interview_policy(name, answers, guards=not no_guards)
    write_policy(path, found.text)
    for line in found.told:
        say(line)
    say_written(path, home)


def _answers_at_the_prompt(no_guards: bool) -> tuple[str, bool]:
    """Ask the questions; return the answers as keys, and whether the house's guards are left out."""
    from netkit.schools.interview import KEYS, questions

    asked, keys = questions(), ""
    many = len(asked) + (not no_guards)
    say(f"{many} questions, one key each. The policy is written after the last one.")
    try:
        for place, question in enumerate(asked, start=1):
            connects = question.kind == "invitation"
            wish = ", asks to connect." if connects else ". The contact agrees. Do you introduce them?"
            say(f"{place} of {many}. {capital(question.it)}{wish}")
            keys += one_key(f"   {question.keys()}", list(KEYS[question.kind]))
        if not no_guards:
            say(
                f"{many} of {many}. The house gives fraud no answer, and declines strangers who sell what you"
                " do not want."
            )
            no_guards = not click.confirm("   Keep these two rules?", default=True)
    except (click.Abort, KeyboardInterrupt):
        click.echo()
        if keys:
            say(f"Your answers so far: {keys}. All {len(asked)} can be given at once, as --answers.")
        raise
    return keys, no_guards


_policy_command.add_command(use_command)
_policy_command.add_command(close_command)
_policy_command.add_command(take_command)


@_policy_command.command("check")
@click.argument("names", nargs=-1)
@_all
@_kind
@home_option
@json_option
@click.pass_context
def _check_command(
    ctx: click.Context,
    names: tuple[str, ...],
    every: bool,
    kind: Kind | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Look for gaps, rules that never decide, and contradictions. It misses none; each has an example."""
    chosen = _chosen(names, every, home)
    for policy in chosen:
        _refuse_unknown_letters(policy, home)
    reports = [check(policy, kind) for policy in chosen]
    if as_json:
        print_json(
            [
                {"policy": r.policy, "ok": r.ok, "findings": [vars(each) for each in r.findings]}
                for r in reports
            ]
        )
    else:
        known = _known_notes(chosen)
        for report in reports:
            _show_check(report, known)
    ctx.exit(0 if all(report.ok for report in reports) else 1)


def _show_check(report: CheckReport, known: set[str]) -> None:
    """Print whether a policy is sound and what to do; what netkit's own policies have as well is counted."""
    own = replace(report, findings=tuple(each for each in report.findings if each.words not in known))
    first, *others = str(own).splitlines()
    say(first)
    for line in others:
        text = line.lstrip()
        say_below(text, indent=len(line) - len(text))
    rest = replace(report, findings=tuple(each for each in report.notes if each.words in known))
    if rest.notes:
        whose = "" if report.policy in shipped_policies() else ", as netkit's own policies have them"
        say(f"You need do nothing about {rest.kinds_of_notes}{whose}.")
        say(f"Each with an example: netkit policy check {report.policy} --json")


def _known_notes(chosen: Iterable[Policy]) -> set[str]:
    """Return what the check notes of the shipped policies: nobody edits them, and a copy need not hear it."""
    own = any(policy.name not in shipped_policies() for policy in chosen)
    shipped = map(load_policy, shipped_policies()) if own else chosen
    return {note.words for policy in shipped for note in check(policy).notes}


@_policy_command.command("test")
@click.argument("names", nargs=-1)
@_all
@_kind
@click.option("--accept", is_flag=True, help="Write into your file what its failed situations now lead to.")
@home_option
@click.pass_context
def _test_command(
    ctx: click.Context,
    names: tuple[str, ...],
    every: bool,
    kind: Kind | None,
    accept: bool,
    home: Path | None,
) -> None:
    """Run the situations beside the rules; with --accept, failed ones expect what the policy says now."""
    chosen = _chosen(names, every, home)
    runs = [run_situations(policy, kind) for policy in chosen]
    for policy, run in zip(chosen, runs, strict=True):
        say(str(run))
        if not run.failures or policy.name in shipped_policies():
            continue
        if accept:
            say(_accept(policy, run, kind))
        else:
            say(f"If you meant these changes, write them down: netkit policy test {policy.name} --accept")
    if accept:
        runs = [run_situations(policy, kind) for policy in _chosen(names, every, home)]
    ctx.exit(0 if all(run.ok for run in runs) else 1)


def _accept(policy: Policy, run: SituationRun, kind: Kind | None) -> str:
    """Write the new expectations into a policy's file, and say how many; only if nothing else changes."""
    assert policy.path is not None
    text = policy.path.read_text(encoding="utf-8-sig")
    changed = with_expectations(text, run)
    left = run_situations(Policy.from_text(changed, name=policy.path.name), kind).failures
    if len(run.failures) - len(left) < 1:
        raise PolicyError(
            f"{policy.path.name} was left as it is", "Change what these situations expect by hand"
        )
    write_private(policy.path, changed.encode())
    many = counted(len(run.failures) - len(left), "situation")
    return f"Changed what {many} expected." + f" {len(left)} are left to change by hand." * bool(left)


@_policy_command.command("explain")
@click.argument("request", required=False)
@click.option("--policy", "name", help="Another policy than the one in office.")
@click.option("--kind", type=click.Choice(KINDS), help="The kind of request (default: an invitation).")
@fact_option
@home_option
def _explain_command(
    request: str | None, name: str | None, kind: Kind | None, facts: dict[str, str], home: Path | None
) -> None:
    """Say which rule decides, which came close, and the smallest change that would change the answer.

    REQUEST is an invitation or an introduction of your history; without it, say what is known by --fact.
    """
    home = prepare_home(home)
    policy = load_policy(name, home=home) if name else None
    asked = facts_of(request, home, policy) if request else AskedAbout()
    known = {**asked.known, **facts}
    kind = kind or asked.kind
    policy = policy or policy_in_office(home, kind)
    policy = policy.on_record if request else policy
    trace = explain(policy, known, kind)
    say(str(_with_advice(trace, policy, known, asked) if kind == "invitation" else trace))
    for words in clause_words(trace.decision.clause) if trace.decision.settled else ():
        say_below(words)


class AskedAbout(NamedTuple):
    """What your ledger knows of a request, what you said you do not know, and what your files offer."""

    kind: Kind = "invitation"
    known: Mapping[str, object] = MappingProxyType({})
    unsure: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()


def _with_advice(trace: Trace, policy: Policy, known: Mapping[str, object], asked: AskedAbout) -> Trace:
    """Return an explanation that says of an open invitation what every screen advises and asks next."""
    unless = advice_unless(policy, known, asked.offered)
    decision, fact = trace.decision, next_question(policy, known, asked.unsure, asked.offered)
    words = f"Still possible: {join_or(decision.choices)}."
    if fact and not decision.settled:
        words = f"{words} Next: {policy.vocabularies['invitation'][fact].question}"
    if unless:
        words = " ".join(filter(None, [f"Until then: {unless.said}.", unless.reason, words]))
    return trace if decision.settled else replace(trace, decision=replace(decision, reason=words))


def facts_of(request: str, home: Path | None, policy: Policy | None = None) -> AskedAbout:
    """Return of what kind one request is and what your ledger knows about it."""
    with open_ledger(home) as ledger, ledger.snapshot():
        request = find_request(ledger, request)
        kind: Kind = "introduction" if request.startswith("intro-") else "invitation"
        declared = _own_facts([policy or policy_in_office(ledger.home, kind)], kind)
        if kind == "introduction":
            then = introduction_facts(ledger, introduction_rows(ledger), declared)
        else:
            then = read_request_rows(ledger, declared).then
    if request in then.levels:
        levels = then.levels[request]
        known = {name: level for name, level in levels.items() if level is not None}
        said = (name for name, origin in then.origins[request].items() if origin is not None)
        unsure = {name for name in said if levels[name] is None}
        offers = then.told[request].offers if request in then.told else ()
        return AskedAbout(kind, known, frozenset(unsure), frozenset(offers))
    raise PolicyError(
        f"There is no request {request!r}", "Copy its key from `netkit triage` or `netkit intro list`"
    )


def _own_facts(policies: Iterable[Policy], kind: Kind) -> Vocabulary:
    """Return the shipped facts with those that some policies declare; of one name the first stands."""
    shipped, own = vocabulary(kind), dict[str, Fact]()
    for policy in policies:
        for name, fact in policy.vocabularies.get(kind, {}).items():
            if name not in shipped:
                own.setdefault(name, fact)
    return shipped.extended(own.values())


@_policy_command.command("diff")
@click.argument("one")
@click.argument("other")
@_kind
@click.option("--limit", type=click.IntRange(min=0), default=_ROWS, show_default=True, help="Rows to show.")
@home_option
@json_option
def _diff_command(
    one: str, other: str, kind: Kind | None, limit: int, home: Path | None, as_json: bool
) -> None:
    """Say where two policies differ, the most telling first, each with an example; needs no data."""
    home = prepare_home(home)
    first, second = load_policy(one, home=home), load_policy(other, home=home)
    kinds = [kind] if kind else [each for each in first.kinds if each in second.kinds]
    partings = [parting for each in kinds for parting in difference(first, second, each)]
    if as_json:
        print_json([vars(each) for each in partings])
        return
    if not kinds:
        say(f"{one} and {other} are about different kinds of request: there is nothing to compare.")
    for each in kinds:
        apart = sorted((p for p in partings if p.kind == each), key=partial(_telling, (first, second)))
        if not apart:
            say(f"{each}: {one} and {other} answer every request alike.")
            continue
        say(f"{one} and {other} part on {counted(len(apart), 'kind')} of {each}. The most telling:")
        for parting in apart[:_MOST_TELLING]:
            says = (does or "nothing" for _, does in _sides((first, second), parting))
            say("  {}: {} says {}, {} says {}.".format(parting.example, *_between((one, other), says)))
        if limit:
            rows = [
                [*(_side(rule, does) for rule, does in _sides((first, second), p)), _told((first, second), p)]
                for p in apart[:limit]
            ]
            shown = f"{limit} of {len(apart)}" if limit < len(apart) else f"{len(apart)}"
            title = f"{each}: where {one} and {other} part ({shown})"
            print_table(title, [one, other, "for example"], rows, wide="for example")


def _telling(policies: tuple[Policy, Policy], parting: Parting) -> tuple[int, int]:
    """Return how telling a parting is, the most telling lowest: yes against no, of many requests, first."""
    meanings = [
        MEANING[policy.means(parting.kind, action.split(" ")[0])] if action else 0
        for policy, action in zip(policies, parting.actions, strict=True)
    ]
    return -abs(meanings[0] - meanings[1]), len(parting.facts)


def _sides(policies: tuple[Policy, Policy], parting: Parting) -> Iterator[tuple[str, str]]:
    """Yield of each policy the rule that decides and what it does, in its words; nothing where none does."""
    for policy, rule_id in zip(policies, parting.rules, strict=True):
        rule = policy.rule(parting.kind, rule_id) if rule_id else None
        also = (policy.words_for(parting.kind, answer) for answer in rule.also) if rule else ()
        yield rule_id, f"{' or '.join([rule.said, *also])} {rule.lasts()}".strip() if rule else ""


def _told(policies: tuple[Policy, Policy], parting: Parting) -> str:
    """Return those facts of an example that the two rules name, which is short; all where they name none."""
    rules = [
        policy.rule(parting.kind, rule) for policy, rule in zip(policies, parting.rules, strict=True) if rule
    ]
    named = set[str]().union(*(rule.facts for rule in rules))
    told = [
        f"{spoken(name)}: {level_words(name, value)}"
        for name, value in parting.facts.items()
        if name in named
    ]
    return ", ".join(told) or parting.example


def _between(names: Iterable[str], says: Iterable[str]) -> list[str]:
    return [word for pair in zip(names, says, strict=True) for word in pair]


def _side(rule: str, does: str) -> Text:
    """Return a rule and what it does, laid out in lines that break at hyphens rather than within a word."""
    return Text(fill(f"{rule}: {does}" if rule else "no rule", _SIDE))


@_policy_command.command("schools")
@home_option
@json_option
def _schools_command(home: Path | None, as_json: bool) -> None:
    """Say which school you follow in practice, and which rules you break."""
    # Statistics take longer to load than a policy takes to check.
    from netkit.schools import compare_schools

    with open_ledger(home) as ledger:
        chosen = list(_readable(ledger.home))
        history = read_history(ledger, _own_facts(chosen, "invitation"))
        introductions = read_introductions(ledger, _own_facts(chosen, "introduction"))
    comparison = compare_schools(history, introductions, policies=chosen)
    print_found(comparison, as_json)


def _readable(home: Path) -> Iterator[Policy]:
    """Yield every policy; a draft that cannot be read yet is named, and stops no other."""
    for name in _every_name(home):
        try:
            yield load_policy(name, home=home)
        except NetkitError:
            click.echo(f"Left out {name}: it cannot be read yet. See netkit policy check {name}.", err=True)


def _refuse_unknown_letters(policy: Policy, home: Path | None) -> None:
    from netkit.letters import letter_names

    letters = letter_names(prepare_home(home))
    for rule in (rule for rules in policy.rules.values() for rule in rules):
        if rule.letter and rule.letter not in letters:
            raise PolicyError(
                f"{policy.name}.yaml, line {rule.line}: {rule.id} sends the letter {rule.letter!r},"
                " which is not there",
                f"{did_you_mean(rule.letter, letters)} Or write that template into your workspace's letters/",
            )


def _chosen(names: tuple[str, ...], every: bool, home: Path | None) -> list[Policy]:
    """Return the named policies; with --all the shipped ones and the user's own."""
    home = prepare_home(home)
    names = _every_name(home) if every else names
    if not names:
        raise click.UsageError("Name a policy, or say --all.")
    return [load_policy(name, home=home) for name in dict.fromkeys(names)]


def _every_name(home: Path) -> tuple[str, ...]:
    """Return the names of the shipped policies, and of the user's own."""
    own = sorted(path.stem for path in (home / "policies").glob("*.yaml"))
    return tuple(dict.fromkeys((*shipped_policies(), *own)))
