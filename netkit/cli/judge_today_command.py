"""The command that judges what is on the screen now, before any archive holds it."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.table import Table
from rich.text import Text

from netkit.cli.clipboard import say_whether_copied
from netkit.cli.intro_commands import say_near, say_sides
from netkit.cli.options import (
    SOURCE,
    done_on_option,
    fact_option,
    home_option,
    json_option,
    language_option,
    value_option,
)
from netkit.cli.screen import console, print_json, say, say_below
from netkit.cli.show_command import model_opinion
from netkit.errors import NetkitError
from netkit.export.delimited import encoding_of
from netkit.export.pasted_page import read_pasted
from netkit.facts import UNKNOWN, vocabulary
from netkit.history.found_by_name import find_request, mentions
from netkit.introductions import ask_introduction, first_name, judge_introduction
from netkit.ledger import Ledger, open_ledger
from netkit.letters import fits
from netkit.letters.letter_templates import read_template
from netkit.name_spellings import may_be_alike
from netkit.notes.phrase_lists import TRAITS
from netkit.people import folded_name, profile_slug
from netkit.policy import policy_in_office
from netkit.sitting.owed_letters import draft_letter
from netkit.waiting import leads_to, where_it_leads
from netkit.waiting.todays_invitation import JudgedToday, Todays, judge_todays
from netkit.wording import capital, counted, join_or, visible

_READ_AS = {
    "says_who": "who they are",
    "says_why": "why they ask",
    "recalls_meeting": "where you met",
    "sells": "a pitch",
    "asks_favour": "a favour",
    "asks_for_money_or_data": "a request for money or data",
}
_NONE = "none"
_ALIKE = 3  # the newest


@click.command("judge")
@click.option("--from", "name", metavar="NAME", help="Who asks, by the full name.")
@click.option("--note", help="What they wrote; - reads what you paste.")
@click.option("--url", help="The address of their profile.")
@click.option("--headline", help="What stands under the name.")
@click.option("--mutual", type=click.IntRange(0, 30_000), help="How many contacts you have in common.")
@done_on_option
@click.option(
    "--not", "misread", type=click.Choice(list(_READ_AS)), multiple=True,
    help="What netkit read in the note and is not there.",
)  # fmt: skip
@fact_option
@value_option("What the letter needs.")
@language_option
@click.option("--copy", "copying", is_flag=True, help="Put the letter on the clipboard, too.")
@click.option("--keep", is_flag=True, help="Write it into your ledger; a later archive is joined to it.")
@click.option("--paste", is_flag=True, help="Judge a whole list, copied from the platform's page.")
@click.option("--to", "contact", metavar="CONTACT", help="An introduction: whom they want to meet.")
@click.option("--for", "purpose", help="With --to: what it is for.")
@click.option(
    "--by", "channel", type=click.Choice(vocabulary("introduction")["asked_by"].levels),
    help="With --to: how you were asked.",
)  # fmt: skip
@click.option(
    "--same", nargs=2, metavar="KEPT KEY", help="Say which of an archive a kept one is; KEY may be none."
)
@home_option
@json_option
def _judge_command(
    name: str | None,
    home: Path | None,
    as_json: bool,
    paste: bool,
    contact: str | None,
    same: tuple[str, str] | None,
    **asked: Any,  # noqa: ANN401 - as click gives it
) -> None:
    """Judge what is on your screen now: an invitation, a pasted list of them, or a request to introduce.

    Nothing is written unless you say --keep. A kept invitation is joined to the one that a later archive
    brings, if it has the same full name, nobody else has, and it was sent within seven days.
    """
    with open_ledger(home) as ledger:
        if same:
            _say_same(ledger, *same)
        elif paste:
            _judge_pasted(ledger, asked, as_json)
        elif not name:
            raise click.UsageError("Say who asks: netkit judge --from NAME, or paste a list with --paste.")
        elif contact:
            _judge_introduction(ledger, name, contact, asked, as_json)
        else:
            _judge_one(ledger, name, asked, as_json)


def _say_same(ledger: Ledger, kept: str, key: str) -> None:
    kept = find_request(ledger, kept, "invitation")
    other = None if key == _NONE else find_request(ledger, key, "invitation")
    ledger.invitations.say_same(kept, other)
    say(f"Remembered: {kept} is {other or 'none of your archive'}.")


def _judge_one(ledger: Ledger, name: str, asked: dict[str, Any], as_json: bool) -> None:
    if profile_slug(name):
        raise NetkitError(
            f"{name!r} is an address and no name", "Give it with --url, and the name with --from"
        )
    note = _read_handed() if asked["note"] == "-" else asked["note"]
    if asked["url"] and not profile_slug(asked["url"]):
        raise NetkitError(
            f"{asked['url']!r} is no address of a profile",
            "Give one such as linkedin.com/in/ana-example, or leave --url out",
        )
    dated = click.get_current_context().get_parameter_source("on") is ParameterSource.COMMANDLINE
    shown = Todays(name, asked["on"], note, asked["url"], asked["headline"], asked["mutual"], dated)
    said = {TRAITS[each]: "no" for each in asked["misread"]} | asked["facts"]
    has = ledger.invitations.already(name, sent_at=shown.sent_on, url=shown.url, message=note, dated=dated)
    if asked["misread"] and not (note or has):
        raise NetkitError(
            f"There is no note that netkit could have read as {_READ_AS[asked['misread'][0]]}",
            "Give it with --note, or leave --not out",
        )
    (judged,) = judge_todays(
        ledger, [shown], source=SOURCE, facts=said, keep=asked["keep"], opinion=model_opinion(ledger)
    )
    try:
        letter = _letter(ledger, judged, {**asked["values"], "language": asked["language"]}, note or "")
    except NetkitError:
        if not as_json:  # the advice stands, whatever its letter lacks
            _show(judged, None)
        raise
    if as_json:
        print_json(judged.as_dict() | {"kept": asked["keep"], "letter": letter})
        return
    _show(judged, letter)
    if asked["copying"] and letter and letter["text"]:
        say_whether_copied(letter["text"])
    _say_alike(ledger, [judged])
    _say_kept([judged], keep=asked["keep"])


def _read_handed() -> str:
    """Return what is typed, pasted or piped in, in whatever encoding a program wrote it."""
    pipe = getattr(sys.stdin, "buffer", None)
    if pipe is None or sys.stdin.isatty():
        return sys.stdin.read()
    content = pipe.read()
    for codec in (encoding_of(content) or "utf-8", sys.stdin.encoding):
        with suppress(UnicodeDecodeError):
            return str(content.decode(codec))
    raise NetkitError(
        "What you handed over is not written in UTF-8", "Save it as UTF-8, or paste it into the terminal"
    )


def _judge_pasted(ledger: Ledger, asked: dict[str, Any], as_json: bool) -> None:
    if sys.stdin.isatty():
        say("Paste the list here, then press Ctrl-D on a line of its own (Windows: Ctrl-Z and Enter).")
    pasted = read_pasted(_read_handed(), asked["on"])
    shown = [
        # the page shows a note where there is one
        Todays(each.name, each.sent_on, each.note or "", None, each.headline, each.mutual, dated=True)
        for each in pasted.invitations
    ]
    judged = judge_todays(ledger, shown, source=SOURCE, keep=asked["keep"], opinion=model_opinion(ledger))
    if as_json:
        rows = [each.as_dict() for each in judged]
        print_json({"invitations": rows, "kept": asked["keep"], "not_understood": pasted.not_understood})
        return
    if not judged:
        raise NetkitError(
            "No invitation was found in what you pasted. Copy the list from the platform's page again, from"
            " the first name to the last button."
        )
    for each, on_page in zip(judged, pasted.invitations, strict=True):
        say(f"{each.name}  [{each.request}]" if asked["keep"] or each.had else each.name)
        shared = "" if on_page.mutual is None else counted(on_page.mutual, "contact") + " in common"
        if beside := " · ".join(filter(None, [on_page.headline, shared])):
            say_below(beside)
        _show(each, None)
    for line in pasted.not_understood:
        say(f"Not understood: {line}")
    _say_alike(ledger, judged)
    _say_kept(judged, keep=asked["keep"])


def _letter(ledger: Ledger, judged: JudgedToday, values: dict[str, str], note: str) -> dict[str, Any] | None:
    """Return the letter that the advice owes, drafted as far as it can be."""
    if not judged.advice.letter:
        return None
    if values["language"]:  # one that there is not is refused
        read_template(judged.advice.letter, home=ledger.home, language=values["language"])
    told = {"first_name": first_name(judged.name), **values}
    facts = {name: each["level"] for name, each in judged.advice.facts.items() if each["level"] is not None}
    if not fits(judged.advice.letter, facts, home=ledger.home):
        return None
    profile: dict[str, object] = next(iter(ledger.exports.profile()["profile"]), {})
    return draft_letter(judged.advice.letter, told, facts, note, profile=profile, home=ledger.home)


def _show(judged: JudgedToday, letter: dict[str, Any] | None) -> None:
    """Print the advice in a word, why, what it rests on, and the letter."""
    advice = judged.advice
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold", min_width=8)
    grid.add_column(overflow="fold")
    rule = f" (rule: {advice.rule})" if advice.rule else ""
    lines = [f"{advice.reason}{rule}"] if advice.said or (advice.unless and advice.reason) else []
    lines += [f"{capital(advice.unless)}."] if advice.unless else []
    for fact, words in advice.words.items():
        trait = next(name for name, of in TRAITS.items() if of == fact)
        quoted = " and ".join(f'"{each}"' for each in words)
        lines.append(f"I read {quoted} as {_READ_AS[trait]}. Wrong? Add --not {trait}")
    lines += [" · ".join(judged.known.parts), *judged.earlier, *judged.evidence]
    if advice.question:
        lines += [advice.question if advice.says else f"One question to you first. {advice.question}"]
        lines += where_it_leads(advice.leads_to)
        levels = [*advice.leads_to, UNKNOWN] if advice.leads_to else ["NUMBER"]
        lines += [
            f"Say it with --fact {advice.fact}={levels[0]} (or {', '.join(levels[1:])})".replace(" (or )", "")
        ]
    lines += [f"The model: {advice.model}"] if advice.model else []
    grid.add_row(advice.said or advice.leaning or "still open", Text(visible("\n".join(lines))))
    console.print(grid)
    if letter and letter["text"]:
        click.echo(f"\n{letter['text']}")
        if letter["english"]:
            click.echo(f"\nIn English:\n\n{letter['english']}")
    elif letter:
        missing = [each for each in letter["asks"] if not each["value"]]
        say(f"The letter '{letter['name']}' still needs to be told:")
        for each in missing:
            click.echo(f"  --value {each['name']}=TEXT  {each['question']}")


def _say_alike(ledger: Ledger, judged: list[JudgedToday]) -> None:
    """Ask whether somebody in the ledger is the one on the screen, spelled otherwise."""
    here = {each.request for each in judged}
    others = [row for row in mentions(ledger) if row.request not in here]
    for new in (each for each in judged if not each.had):
        folded = folded_name(new.name)
        alike = {
            row.person: row
            for row in others
            if may_be_alike(new.name, row.name) and folded_name(row.name) != folded
        }
        for row in list(alike.values())[-_ALIKE:]:
            say(f"Is it {row.words} [{row.key}]? Then give the name as your ledger has it.")


def _say_kept(judged: list[JudgedToday], *, keep: bool) -> None:
    had = [each.request for each in judged if each.had]
    new = [each.request for each in judged if not each.had]
    if had:
        say(f"Your ledger has {counted(len(had), 'of these', 'of these')} already: {', '.join(had)}.")
    if any(each.other_note for each in judged):
        say("It is judged by the note that your ledger has. Was it sent anew? Say when: --on DATE")
    if new and not keep:
        say("Nothing was written. To keep it, and to record what you do, add --keep.")
    elif new:
        say(f"Kept: {', '.join(new)}. Record what you do: netkit decide {new[0]} ACTION")


def _judge_introduction(
    ledger: Ledger, requester: str, contact: str, asked: dict[str, Any], as_json: bool
) -> None:
    if not (asked["purpose"] and asked["channel"]):
        channels = vocabulary("introduction")["asked_by"].levels
        raise NetkitError(
            f"How you answer {requester}, who wants to meet {contact}, depends on what for, and on how you"
            " were asked",
            f"Add --for PURPOSE and --by {join_or(channels)}",
        )
    policy, on = policy_in_office(ledger.home, "introduction"), asked["on"]
    with ledger.together() if asked["keep"] else ledger.trial():
        life = ask_introduction(
            ledger, requester, contact, purpose=asked["purpose"], channel=asked["channel"], on=on,
            source=SOURCE, facts=asked["facts"], vocabulary=policy.vocabularies["introduction"],
        )  # fmt: skip
        judged = judge_introduction(
            ledger, life.request, policy, on=on, facts={}, as_before=False, source=SOURCE
        )
        if not as_json:
            say_sides(ledger, life, on)
            say_near(ledger, life, written=asked["keep"])
    if as_json:
        print_json(judged.as_dict() | {"kept": asked["keep"]})
        return
    decision = judged.decision
    if decision.action:
        say(f"{decision.said}   {decision.reason} (rule: {decision.rule})")
    else:
        say(f"still open   The answer may be {join_or(decision.choices)}.")
        fact, question = next(iter(judged.questions.items()))
        say_below(question)
        leads = leads_to(policy, judged.facts, fact, "introduction")
        for each in where_it_leads(leads):
            say_below(each)
        say_below(f"Say it with --fact {fact}=LEVEL: {join_or([*leads] or ['NUMBER'])}")
    if asked["keep"]:
        say(f"Kept: {life.request}. Go on: netkit intro judge {life.request}")
    else:
        say("Nothing was written. To keep it, add --keep.")
