"""The command that shows one person or one request whole."""

from datetime import date
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from netkit.cli.intro_commands import show_introduction
from netkit.cli.options import home_option, json_option, on_option
from netkit.cli.screen import console, print_found, print_table, say
from netkit.cli.triage_screen import day_words, note_words
from netkit.errors import LedgerError
from netkit.history import History
from netkit.history.found_by_name import find_people
from netkit.ledger import open_ledger
from netkit.policy import Policy
from netkit.waiting.whole_person import Advice, OneInvitation, WholePerson, whole_person
from netkit.wording import spoken, visible

_UNSAID = ("no", "0", "None")  # of what files and notes tell, what goes without saying


@click.command("show")
@click.argument("whom")
@on_option
@home_option
@json_option
@click.pass_context
def _show_command(ctx: click.Context, whom: str, on: date, home: Path | None, as_json: bool) -> None:
    """Show everything on record about one person or request.

    WHOM is a key or its beginning, a name or part of it, or a profile address.
    """
    with open_ledger(home) as ledger:
        found = find_people(ledger, whom)
        requests = found["request"].dropna().unique().tolist()
        if len(requests) == 1 and str(requests[0]).startswith("intro-"):
            show_introduction(ledger, str(requests[0]), on, as_json=as_json)
            return
        if found.empty:
            raise LedgerError(
                f"The ledger knows nobody and no request of {whom!r}."
                " Take a key or a name from 'netkit triage' or 'netkit intro list'."
            )
        if len(found) > 1:
            rows = [[row.name, row.person, row.request] for row in found.fillna("").itertuples(index=False)]
            print_table(f"{len(found)} people fit {whom!r}", ["name", "person", "request"], rows, wide="name")
            say("Give one of these keys: netkit show KEY")
            ctx.exit(2)
        (row,) = found.to_dict(orient="records")
        request = str(row["request"]) if requests else None
        whole = whole_person(ledger, str(row["person"]), str(row["name"]), on, request, _model_says)
    print_found(whole, as_json, _show_person)


def _model_says(history: History, policy: Policy, request: str) -> str:
    """Return what the model says of a request, where triage would hear it, too."""
    if not history.more.may_speak:
        return ""
    from netkit.sitting.opinions import Judges
    from netkit.triage import heard_model

    model, _ = heard_model(history, policy)
    if model is None:
        return ""
    known = {name: told["level"] for name, told in history.values_of(request).items()}
    judged = Judges(policy, model).on_record.opinions({k: v for k, v in known.items() if v is not None})
    return ". ".join([judged[-1]["says"], *judged[-1]["more"]])


def _show_person(whole: WholePerson) -> None:
    say(" · ".join(filter(None, [whole.name, whole.work, whole.url.removeprefix("https://www.")])))
    say(whole.acquaintance[:1].upper() + whole.acquaintance[1:])
    console.print()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")  # lines break anywhere rather than lose a letter
    noted = [f"{spoken(name)}: {spoken(level)}" for name, level in whole.noted.items()]
    for title, lines in (
        ("Invitations", [line for one in whole.invitations for line in _invitation(one)]),
        ("Introductions", list(whole.introductions)),
        ("You noted", [_joined(noted)]),
        *(_advised(whole.advice) if whole.advice else []),
    ):
        if lines:
            grid.add_row(title, Text(visible("\n".join(lines))))
    console.print(grid)
    if whole.advice:
        click.echo(f"Record what you do: netkit decide {whole.advice.request} ACTION --fact name=level")


def _invitation(one: OneInvitation) -> list[str]:
    head = f"{one.key}  {day_words(one.on)}  {one.became}"
    asked = [f"  {one.contradicted}"] if one.contradicted else []
    return [head, *asked, f"  {note_words(one.note or None)}"]


def _advised(advice: Advice) -> list[tuple[str, list[str]]]:
    """Return what the policy says of the request in question, and what it would still like to know."""
    known = [
        f"{spoken(name)}: {spoken(str(told['level']))}"
        for name, told in advice.facts.items()
        if not told["origin"].startswith("typed") and str(told["level"]) not in _UNSAID
    ]
    assumed = [f"{spoken(name)}: {spoken(str(level))}" for name, level in advice.assumed.items()]
    found = [("Your files", list(advice.evidence))] if advice.evidence else []
    moved = [
        f"{spoken(name)}: {' and '.join(f'“{each}”' for each in words)}"
        for name, words in advice.words.items()
    ]
    found += [("In the note", moved)] if moved else []
    answers = [f"if {spoken(level)}: {action}" for level, action in advice.leads_to.items()]
    model = [("The model", [advice.model])] if advice.model else []
    if advice.action:
        says = [f"{spoken(advice.action).capitalize()}. {advice.reason}", f"{advice.rule} [{advice.clause}]"]
        return [
            ("Known", [_joined(known)]),
            *found,
            ("Assumed", [_joined(assumed)]),
            ("Advice", says),
            *model,
        ]
    asked = [f"{advice.question} ({advice.fact})", *answers] if advice.question else [advice.reason]
    return [("Known", [_joined(known)]), *found, ("Assumed", [_joined(assumed)]), ("Question", asked), *model]


def _joined(parts: list[str]) -> str:
    return " · ".join(parts) or "nothing"
