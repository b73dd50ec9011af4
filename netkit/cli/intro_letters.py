"""Letters about introductions: drafted for the step that is taken, kept as sent, and found again."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, TextIO

import click

from netkit.cli.options import SOURCE, done_on_option, home_option, json_option, language_option, value_option
from netkit.cli.screen import print_json, print_table, say
from netkit.errors import LedgerError, LetterError
from netkit.history.found_by_name import find_request
from netkit.introductions import (
    Life,
    first_name,
    keep_letter,
    past_letters,
    read_life,
    reuse_letter,
    step_kinds,
)
from netkit.ledger import Ledger, open_ledger
from netkit.letters import draft, questions
from netkit.letters.letter_templates import standing_values
from netkit.wording import spoken


@dataclass(frozen=True)
class Sent:
    """What the user says about the letter of a step."""

    values: Mapping[str, str]
    files: tuple[TextIO, ...]
    wanted: bool
    language: str = ""

    def __bool__(self) -> bool:
        """Tell whether anything was said about the letter."""
        return bool(self.values or self.files or self.wanted)


def letter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about the letter that goes with a step; the command gets them as `sent`."""

    @click.option("--letter", "wanted", is_flag=True, help="Draft the letter and keep it.")
    @value_option("What the letter needs: drafts it, and keeps it as the letter you send.")
    @click.option(
        "--sent", "files", type=click.File(encoding="utf-8"), multiple=True,
        help="Keep the letter as you sent it, from a file (- reads what you paste).",
    )  # fmt: skip
    @language_option
    @wraps(command)
    def with_letter(
        *, values: dict[str, str], files: tuple[TextIO, ...], wanted: bool, language: str, **others: object
    ) -> None:
        command(sent=Sent(values, files, wanted, language), **others)

    return with_letter


def template_of(life: Life, step: str) -> str:
    """Return the letter that a step owes: the deciding rule's where it advised this step."""
    if step == "declined" and life.state.name == "permission_refused":
        return "contact-said-no"
    kind, judged = life.kinds[step], life.last("judged")
    if judged and kind.action == judged.detail.get("advice") and kind.action != "ask_requester":
        return str(judged.detail.get("letter") or kind.letter)
    return kind.letter


def step_letters(
    ledger: Ledger, life: Life, step: str, sent: Sent, *, way_on: str = ""
) -> list[tuple[str, str]]:
    """Return the letters of a step as (template, text): as sent, or drafted from what was said.

    Nothing is drafted where nothing was said about the letter; what is missing is asked for before
    anything is recorded. A follow-up goes to both sides.
    """
    template = template_of(life, step)
    if not template or not sent:
        return []
    return _letters_of(ledger, template, known_of(life, step, way_on), sent)


def _letters_of(
    ledger: Ledger, template: str, known: Sequence[dict[str, str]], sent: Sent
) -> list[tuple[str, str]]:
    """Return letters as (template, text): as sent, or one draft for each set of known values."""
    if sent.files:
        return [(template, _read(file)) for file in sent.files]
    letters = []
    for values in known:
        letter = draft(
            template,
            {**values, **sent.values},
            profile=_own_profile(ledger),
            home=ledger.home,
            language=sent.language or "en",
        )
        for warning in letter.warnings:
            click.echo(f"note: {warning}", err=True)
        letters.append((template, letter.text))
    return letters


def _read(file: TextIO) -> str:
    try:
        return file.read().strip()
    except UnicodeDecodeError as problem:
        raise LetterError(
            f"{file.name} is not plain text ({problem.reason})", "Save the letter as plain text in UTF-8"
        ) from problem


def known_of(life: Life, step: str, way_on: str = "") -> list[dict[str, str]]:
    """Return what the ledger answers, and what earlier letters were told, once for each letter."""
    told = ChainMap(*(taken.detail.get("told", {}) for taken in reversed(life.standing)))
    names = {
        **told,
        "requester_name": life.requester_name,
        "requester_first_name": first_name(life.requester_name),
        "contact_name": life.contact_name,
        "contact_first_name": first_name(life.contact_name),
        "first_name": first_name(life.introducer_name or life.requester_name),
        "other_name": life.contact_name,
        "another_way": way_on,
    }
    if step != "followed_up":
        return [names]
    other = {"first_name": first_name(life.contact_name), "other_name": life.requester_name}
    return [names, names | other]


def _own_profile(ledger: Ledger) -> dict[str, object]:
    """Return your own profile as the newest export has it, column to value."""
    return dict(next(iter(ledger.exports.profile()["profile"]), {}))


def keep_letters(ledger: Ledger, life: Life, letters: list[tuple[str, str]], on: date) -> list[str]:
    """Keep the letters of a step; return what to print once they are on the disk."""
    said = []
    for template, text in letters:
        number = keep_letter(ledger, life.request, template, text, on=on, source=SOURCE)
        said.append(f"Kept as letter {number} ({template}); netkit sends nothing.\n\n{text}\n")
    return said


def letter_hint(ledger: Ledger, life: Life, step: str) -> str:
    """Return which letter a step owes, and what it still needs to be told."""
    template = template_of(life, step)
    if not template:
        return ""
    told = {**_own_profile(ledger), **standing_values(ledger.home), **known_of(life, step)[0]}
    needs = [
        f"  --value {name}=TEXT  {question}"
        for name, question in questions(template, home=ledger.home).items()
        if name not in told and name.removeprefix("my_") not in told
    ]
    drafted = "--letter drafts and keeps it" if not needs else "these draft and keep it:"
    return "\n".join([f"The letter that goes with it is '{template}'; {drafted}", *needs])


@click.command("keep")
@click.argument("request")
@click.argument("template")
@letter_options
@done_on_option
@home_option
def keep_command(request: str, template: str, sent: Sent, on: date, home: Path | None) -> None:
    """Keep a letter that you sent.

    Keep it as you sent it (--sent), or as netkit drafts it from what you say (--value).
    """
    with open_ledger(home) as ledger, ledger.together():
        life = read_life(ledger, find_request(ledger, request, "introduction"))
        step = "followed_up" if template == step_kinds()["followed_up"].letter else ""
        letters = _letters_of(ledger, template, known_of(life, step), sent)
        kept = keep_letters(ledger, life, letters, on)
    for letter in kept:
        click.echo(letter)


@click.command("letters")
@click.argument("words", nargs=-1)
@click.option("--template", default="", help="Only letters of this name, such as introduce.")
@click.option("--worked", is_flag=True, help="Only letters for introductions that turned out useful.")
@click.option("--show", "number", type=int, help="Print this letter.")
@click.option(
    "--like", type=int, help="Begin a new letter from this one; say with --for which introduction it is for."
)
@click.option("--for", "request", help="The introduction that the new letter is for.")
@home_option
@json_option
def letters_command(
    words: tuple[str, ...],
    template: str,
    worked: bool,
    number: int | None,
    like: int | None,
    request: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Find letters that you sent (PI9).

    By WORDS of their purpose, names or text. --like begins a new one from one that worked.
    """
    if (like is None) != (request is None):
        raise click.UsageError(
            "--like and --for belong together: netkit intro letters --like 3 --for REQUEST"
        )
    with open_ledger(home) as ledger:
        if like is not None and request is not None:
            _begin(ledger, like, read_life(ledger, find_request(ledger, request, "introduction")), as_json)
            return
        found = past_letters(ledger, " ".join(words), template=template, worked=worked)
    if number is not None:
        found = _numbered(found, number)
    if as_json:
        print_json(found)
    elif number is not None:
        click.echo(found[0]["text"])
    else:
        columns = ("number", "on", "template", "contact_name", "outcome", "purpose")
        print_table(
            f"Letters once sent: {len(found)}, those that worked first",
            ["number", "day", "letter", "to meet", "outcome", "purpose"],
            [
                [row[name] and spoken(row[name]) if name == "outcome" else row[name] for name in columns]
                for row in found
            ],
            wide="purpose",
        )


def _numbered(found: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    numbers = [letter["number"] for letter in found]
    if number not in numbers:
        raise LedgerError(
            f"There is no letter number {number} among those found",
            f"Take one of {', '.join(map(str, numbers))}" if numbers else "Keep a letter first",
        )
    return [letter for letter in found if letter["number"] == number]


def _begin(ledger: Ledger, number: int, life: Life, as_json: bool) -> None:
    begun = reuse_letter(ledger, number, life)
    if as_json:
        print_json(vars(begun))
        return
    click.echo(begun.text)
    say("\nRead these words again. They still come from the earlier letter:")
    for each in begun.check:
        say(f"  {each}")
