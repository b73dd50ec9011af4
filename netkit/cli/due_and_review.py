"""Commands that look after things: what is due, and whom in your network to look at again."""

from datetime import date
from functools import partial
from pathlib import Path

import click

from netkit.cli.options import SOURCE, because_option, done_on_option, home_option, json_option, on_option
from netkit.cli.screen import print_found, print_json, print_table, say
from netkit.introductions import reminders, write_calendar
from netkit.ledger import open_ledger
from netkit.network import REVIEW_WORDS, Review, review, review_verdict
from netkit.wording import counted, day_words, visible

_LATER = 3  # of what is not due yet is named
_VERDICTS = ("keep", "close_contact", "removed", "look_again")
# Of each list what is shown of a person, under its heading.
_REVIEWED = {
    "close_contact_silent": {
        "name": "name",
        "last_heard": "last heard",
        "last_wrote": "you wrote",
        "close_because": "close because",
    },
    "long_silent": {"name": "name", "connected_on": "connected", "last_wrote": "you wrote"},
}
_DAYS = ["connected_on", "last_heard", "last_wrote"]


@click.command("due")
@click.option(
    "--ics",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all reminders, later ones too, as a calendar file.",
)
@on_option
@home_option
@json_option
def _due_command(ics: Path | None, on: date, home: Path | None, as_json: bool) -> None:
    """List what is due: answers you owe, permissions, follow-ups, invitations you deferred or asked about."""
    with open_ledger(home) as ledger:
        every, as_of = reminders(ledger), ledger.as_of
    now = [row for row in every if row["due_on"] <= on]
    if ics and every:
        write_calendar(every, ics, stamp=on)
    if as_json:
        print_json(now)
        return
    if now:
        print_table(
            f"Due on {day_words(on)}: {len(now)}",
            ["due", "request", "what", "clause"],
            [[row[name] for name in ("due_on", "request", "what", "clause")] for row in now],
            wide="what",
            note=_as_of(as_of)
            if as_of and as_of < on and any(row["kind"] in ("deferred", "asked") for row in now)
            else "",
        )
    else:
        say(f"Nothing is due on {day_words(on)}.")
    if later := every[len(now) :]:
        for row in later[:_LATER]:
            say(visible(f"Later, on {day_words(row['due_on'])}: {row['what']}"))
        if len(later) > _LATER:
            say(f"And {len(later) - _LATER} more, the next on {day_words(later[_LATER]['due_on'])}.")
    if ics:
        say(
            f"Wrote {ics} with {counted(len(every), 'entry', 'entries')}."
            if every
            else f"{ics} was not written."
        )


def _as_of(archive: date) -> str:
    """Say by which day what an archive shows is told; what you have to do is told by today."""
    return (
        f"Days to act count from today. Invitations are as your archive of {day_words(archive)} shows them."
    )


@click.command("review")
@click.option("--keep", metavar="PERSON", help="Keep this person, and do not ask again.")
@click.option("--close-contact", metavar="PERSON", help="This person is a close contact.")
@click.option("--removed", metavar="PERSON", help="You removed this person, on the platform.")
@click.option("--look-again", metavar="PERSON", help="Ask about this person again.")
@because_option
@click.option(
    "--limit", type=click.IntRange(0), default=12, show_default=True,
    help="How many rows to show of each list (0: all).",
)  # fmt: skip
@done_on_option
@home_option
@json_option
def _review_command(
    because: str, limit: int, on: date, home: Path | None, as_json: bool, **said: str | None
) -> None:
    """List who to look at again: people not heard from since you met, and close contacts who fell silent.

    No command ever removes anybody from your network. netkit remembers what you decide.
    """
    decided = {each: name for each in _VERDICTS if (name := said[each]) is not None}
    with open_ledger(home) as ledger:
        if decided:
            with ledger.together():  # all of them, or none
                names = {
                    verdict: review_verdict(ledger, person, verdict, on=on, because=because, source=SOURCE)
                    for verdict, person in decided.items()
                }
            for verdict, name in names.items():
                say(f"Remembered: {name} {REVIEW_WORDS['verdicts'][verdict]}.")
            return
        found = review(ledger)
    print_found(found, as_json, partial(_show_review, limit))


def _show_review(limit: int, found: Review) -> None:
    for name, words in REVIEW_WORDS["lists"].items():
        rows = found.part(name)
        shown = rows.head(limit) if limit else rows
        if len(rows):
            columns = [each for each in _REVIEWED[name] if each == "name" or shown[each].notna().any()]
            people = shown.assign(name=shown["name"].fillna(shown["person"]))  # nobody else is told by a key
            people = people.assign(**{day: people[day].dt.normalize() for day in _DAYS})
            left = len(rows) - len(shown)
            print_table(
                f"{words['title']}: {len(rows):,} of {counted(found.connections, 'connection')}"
                f" [{', '.join(words['clauses'])}]",
                [_REVIEWED[name][each] for each in columns],
                people[columns].itertuples(index=False),
                wide=["name", "close because"],
                note=words["do"] + (f" {left:,} more: netkit review --limit 0" if left else ""),
            )
            say("")
    for sentence in found.unknown:
        say(sentence)
    if not len(found.table) and not found.unknown:
        as_of = f", as of {day_words(found.as_of)}" if found.as_of else ""
        say(f"Nobody of {counted(found.connections, 'connection')} to look at again{as_of}.")
    if found.settled:
        say(f"Left out, because you have decided: {counted(found.settled, 'person', 'people')}.")
    say("Remember what you decide: netkit review --keep NAME (or --close-contact, --removed)")
