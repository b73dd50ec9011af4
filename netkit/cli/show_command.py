"""The commands that find people and show one person or one request whole."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from netkit.cli.options import home_option, json_option, on_option
from netkit.cli.screen import console, print_found, print_json, say, say_below
from netkit.errors import LedgerError
from netkit.facts import UNKNOWN
from netkit.facts.level_words import fact_words, level_words
from netkit.history import RequestRows, read_history
from netkit.history.found_by_name import find_known, mentions, refuse_misspelt, search
from netkit.ledger import Ledger, open_ledger
from netkit.policy import Policy
from netkit.policy.clauses import clause_words
from netkit.waiting import where_it_leads
from netkit.waiting.whole_person import OneInvitation, WholePerson, whole_person
from netkit.wording import capital, cited, day_words, join_or, note_words, spoken, visible

if TYPE_CHECKING:
    from netkit.sitting.opinions import Judges

_UNSAID = ("no", "0", "None")  # of what files and notes tell, what goes without saying
_FOUND = 40  # lines; the JSON has all


@click.command("find")
@click.argument("word")
@home_option
@json_option
def _find_command(word: str, home: Path | None, as_json: bool) -> None:
    """Find people and requests by a name, a key, an address, or a word of a note, a purpose or a job."""
    _refuse_nothing(word)
    with open_ledger(home) as ledger:
        found = search(ledger, word)
        if not found and not as_json:
            refuse_misspelt(mentions(ledger), word, f"The ledger has nothing of {word!r}")
    if as_json:
        print_json([vars(row) | {"on": row.on and row.on.date()} for row in found])
        return
    if not found:
        raise LedgerError(
            f"Nobody's name, note, purpose or job in your ledger has {word!r}. Try fewer letters of it."
        )
    shown, left = found[:_FOUND], len(found[_FOUND:])
    width = max(len(row.key) for row in shown)
    for row in shown:
        say(f"{row.key:<{width}}  {row.words}")
        if row.text:
            say_below(note_words(row.text) if row.request else row.text)
    if left:
        say(f"and {left} more; all of them: netkit find --json")
    say("Everything about one of them: netkit show KEY")


def _refuse_nothing(word: str) -> None:
    if not word.strip():
        raise LedgerError("There is no word to look for", "Give a name, or a part of it: netkit find WORD")


@click.command("show")
@click.argument("whom")
@on_option
@home_option
@json_option
def _show_command(whom: str, on: date, home: Path | None, as_json: bool) -> None:
    """Show everything on record about one person or request.

    WHOM is a key or its beginning, a name or part of it, or a profile address.
    """
    _refuse_nothing(whom)
    with open_ledger(home) as ledger, ledger.snapshot():
        found = find_known(ledger, whom)
        if found is None:
            refuse_misspelt(mentions(ledger), whom, f"The ledger knows nobody and no request of {whom!r}")
            raise LedgerError(
                f"The ledger knows nobody and no request of {whom!r}."
                " Look for a part of the name: netkit find WORD"
            )
        if found.request.startswith("intro-"):
            from netkit.cli.intro_commands import show_introduction

            show_introduction(ledger, found.request, on, as_json=as_json)
            return
        whole = whole_person(
            ledger, found.person, found.name, on, found.request or None, model_opinion(ledger)
        )
    print_found(whole, as_json, _show_person)


def model_opinion(ledger: Ledger) -> Callable[[RequestRows, Policy, str], str]:
    """Return what says what the model makes of a request, where triage would hear it too; fitted once."""
    heard: list[Judges] = []

    def says(requests: RequestRows, policy: Policy, request: str) -> str:
        if not requests.more.may_speak:
            return ""
        from netkit.sitting.opinions import Judges
        from netkit.triage import heard_model

        if not heard:
            history = read_history(ledger, requests.vocabulary)
            heard.append(Judges(policy, heard_model(history, policy)[0]).on_record)
        if heard[0].model is None:
            return ""
        known = {name: told["level"] for name, told in requests.values_of(request).items()}
        judged = heard[0].opinions({k: v for k, v in known.items() if v is not None})
        return ". ".join([judged[-1]["says"], *judged[-1]["more"]])

    return says


def _show_person(whole: WholePerson) -> None:
    say(" · ".join(filter(None, [whole.name, whole.work, whole.url.removeprefix("https://www.")])))
    say(" · ".join(whole.acquaintance.parts))
    console.print()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")  # lines break anywhere rather than lose a letter
    for title, lines_of in _LINES.items():
        if lines := lines_of(whole):
            grid.add_row(title, Text(visible("\n".join(lines))))
    console.print(grid)
    if whole.advice:
        key, answer = whole.advice.request, whole.advice.says or "ACTION"
        chosen = any(one.key == key and one.became.startswith("you chose") for one in whole.invitations)
        click.echo(
            f"Take back what you recorded: netkit decide {key} undo"
            if chosen
            else f"Answer: netkit work      Record what you did: netkit decide {key} {answer}"
        )


def _invitations(whole: WholePerson) -> list[str]:
    return [line for one in whole.invitations for line in _invitation(one)]


def _invitation(one: OneInvitation) -> list[str]:
    head = f"{one.key}  {day_words(one.on)}  {one.became}"
    asked = [f"  {one.contradicted}"] if one.contradicted else []
    return [head, *asked, f"  {note_words(one.note or None)}"]


def _introductions(whole: WholePerson) -> Sequence[str]:
    return whole.introductions


def _introduced_to_you(whole: WholePerson) -> Sequence[str]:
    return whole.introduced_to_you


def _wishes(whole: WholePerson) -> Sequence[str]:
    return [whole.wish] if whole.wish else []


def _noted(whole: WholePerson) -> list[str]:
    noted, later = (_joined(_levels(each)) for each in (whole.noted, whole.noted_later))
    if not whole.noted_later:
        return [noted]
    return [*[noted] * bool(whole.noted), f"{later} (noted after the answer was known: no judge sees it)"]


def _levels(told: Mapping[str, str]) -> list[str]:
    return [fact_words(name, level) for name, level in told.items()]


def _evidence(whole: WholePerson) -> Sequence[str]:
    return whole.evidence


def _known(whole: WholePerson) -> list[str]:
    """Return what files and the note tell of the request in question."""
    told = whole.advice.facts.items() if whole.advice else ()
    known = [
        fact_words(name, each["level"])
        for name, each in told
        if not each["origin"].startswith("typed") and str(each["level"]) not in _UNSAID
    ]
    return [_joined(known)] if whole.advice else []


def _words(whole: WholePerson) -> list[str]:
    words = whole.advice.words.items() if whole.advice else ()
    return [f"{spoken(name)}: {' and '.join(f'“{each}”' for each in those)}" for name, those in words]


# Names that do not say who did it.
_SAYS = {
    "reminded_you": "the sender reminded you",
    "in_address_book": "the sender is in your address book",
    "wrote_before": "you wrote to each other before",
    "repeat_invitation": "the sender invited you before",
}


def _assumed(whole: WholePerson) -> list[str]:
    if not (whole.advice and whole.advice.says):
        return []
    assumed = whole.advice.assumed.items()
    return [
        _joined([f"{_SAYS.get(name, spoken(name))}: {level_words(name, level)}" for name, level in assumed])
    ]


def advice_lines(whole: WholePerson) -> list[str]:
    """Return the advice on the request in question, its rule and its clauses."""
    advice = whole.advice
    if not advice or not (advice.says or advice.said):
        return []
    if not advice.says:  # nothing is to be done
        return [f"{capital(advice.said)}. {advice.reason}"]
    unless = f", {advice.unless}" if advice.unless else ""
    said = f"{capital(advice.said or advice.leaning)}{unless}. {advice.reason}".strip()
    return [said, f"{advice.rule} [{cited(advice.clause)}]", *clause_words(advice.clause)]


def question_lines(whole: WholePerson) -> list[str]:
    """Return what the policy would still like to know, where each answer leads, and the command for it."""
    advice = whole.advice
    if not advice or advice.said:
        return []
    if not advice.question:
        return [advice.reason]
    levels = list(advice.leads_to)
    answer = f"netkit decide {advice.request} --fact {advice.fact}={levels[0] if levels else 'NUMBER'}"
    others = f" (or {join_or([*levels[1:], UNKNOWN])})" if levels else ""
    return [advice.question, *where_it_leads(advice.leads_to), f"Answer it: {answer}{others}"]


def _model(whole: WholePerson) -> list[str]:
    return [whole.advice.model] if whole.advice and whole.advice.model else []


def _joined(parts: list[str]) -> str:
    return " · ".join(parts) or "nothing"


# What is shown of a person, in this order: the title of each part, and what makes its lines.
_LINES: dict[str, Callable[[WholePerson], Sequence[str]]] = {
    "Invitations": _invitations,
    "Introductions": _introductions,
    "Introduced to you": _introduced_to_you,
    "Wishes": _wishes,
    "You noted": _noted,
    "Evidence": _evidence,
    "Known": _known,
    "In the note": _words,
    "Assumed": _assumed,
    "Advice": advice_lines,
    "Question": question_lines,
    "The model": _model,
}
