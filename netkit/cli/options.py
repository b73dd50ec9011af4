"""The options that commands share, from the workspace to the day; the clock is read here alone."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from netkit.errors import PolicyError
from netkit.facts import TAKE_BACK, UNKNOWN, Kind, vocabulary
from netkit.ledger.database import FIRST_YEAR
from netkit.wording import join_or

SOURCE = "command line"  # who says so, in the ledger

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="NETKIT_HOME",
    help="Your workspace (default: the user-data folder of this machine, or NETKIT_HOME).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


class _Day(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A day, as a calendar writes it; what is not one is answered with an example."""

    name = "day"

    def __init__(self, *, past: bool = False) -> None:
        self._past = past

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        if isinstance(value, date):
            return value
        try:
            day = datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"{value!r} is not a day. Write it like 2024-03-05.", param, ctx)
        if day.year < FIRST_YEAR:
            says = f"The year of {value} has fewer than four digits. Write a day like 2024-03-05."
            self.fail(says, param, ctx)
        if self._past and day > date.today():
            self.fail(f"{day} has not come yet. Give today or an earlier day.", param, ctx)
        return day


_on = partial(click.option, "--on", metavar="DATE", default=date.today)
_PAST = _Day(past=True)
on_option = _on(type=_Day(), help="The day, such as 2024-03-05 (default: today).")
done_on_option = _on(type=_PAST, help="The day on which it was done, such as 2024-03-05 (default: today).")
decided_on_option = click.option(
    "--on", "day", type=_PAST, metavar="DATE",
    help="The day of the decision, such as 2024-03-05 (default: this moment).",
)  # fmt: skip
follow_up_option = click.option(
    "--follow-up-on", type=_Day(), metavar="DATE",
    help="When to ask how it went (default: after three weeks).",
)  # fmt: skip
remind_on_option = click.option(
    "--remind-on", type=_Day(), metavar="DATE", help="For defer: when to look again."
)
until_option = click.option(
    "--until", type=_Day(), metavar="DATE", help="The day on which you answer again, such as 2027-01-31."
)
because_option = click.option("--because", default="", help="Your reason, in your words.")


def _pairs(
    option: str, example: Callable[[str], str]
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], dict[str, str]]:
    """Return a callback that reads NAME=TEXT; an empty text would take a fact back unseen."""

    def read(_context: click.Context, _option: click.Parameter, typed: tuple[str, ...]) -> dict[str, str]:
        read = {}
        for text in typed:
            name, _, said = (part.strip() for part in text.partition("="))
            if not (name and said):
                raise PolicyError(f"{option} cannot be {text!r}", f"Write {example(name)}")
            read[name] = said
        return read

    return read


def value_option(says: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that tells a letter what it needs, as pairs."""
    return click.option(
        "--value", "values", multiple=True, metavar="NAME=TEXT", help=says,
        callback=_pairs("--value", lambda _: "name=text, such as my_first_name=Kim"),
    )  # fmt: skip


language_option = click.option(
    "--language", default="", metavar="CODE",
    help="The letter's language, such as de or en (default: that of the note, where it is clear).",
)  # fmt: skip


def _level_of(name: str) -> str:
    """Return what can be written of a fact: its own levels, where it is one that netkit ships."""
    kinds: tuple[Kind, ...] = ("invitation", "introduction", "asking")
    fact = next((known[name] for kind in kinds if name in (known := vocabulary(kind))), None)
    if fact is None:
        return "name=level, such as met_in_person=yes, or name=unknown, or name=undo"
    levels = [f"{name}={level}" for level in [*(fact.levels or ("NUMBER",)), UNKNOWN, TAKE_BACK]]
    return f"{join_or(levels)}, as the answer to: {fact.question}"


fact_option = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL",
    help="A fact, such as met_in_person=yes; give as many as you know. NAME alone lists its levels.",
    callback=_pairs("--fact", _level_of),
)  # fmt: skip
