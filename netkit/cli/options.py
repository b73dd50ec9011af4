"""The options that commands share: workspace, JSON, facts, values and days; the clock is read here alone."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from netkit.errors import PolicyError

_Callback = Callable[[click.Context, click.Parameter, datetime | None], date | None]


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="NETKIT_HOME",
    help="Your workspace (default: the user-data folder of this machine, or NETKIT_HOME).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


class _Date(click.DateTime):
    """A day, as a calendar writes it; what is not one is answered with an example."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the day."""
        try:
            read: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"saw {value!r}; accepted: a day, written like 2024-03-05.", param, ctx)
        return read


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date:
    return value.date() if value else date.today()


def _day_past(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date:
    day = _day(_context, _option, value)
    if day > date.today():
        raise click.BadParameter(f"saw {day}, which has not come yet; accepted: today or earlier.")
    return day


def _day_or_none(
    _context: click.Context, _option: click.Parameter, value: datetime | None
) -> date | None:
    return value.date() if value else None


def _past_or_none(
    context: click.Context, option: click.Parameter, value: datetime | None
) -> date | None:
    return _day_past(context, option, value) if value else None


def _dated(
    flag: str, name: str, callback: _Callback, says: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option that takes a day, under the name that the command gives it."""
    return click.option(flag, name, type=_Date(), callback=callback, metavar="DATE", help=says)


on_option = _dated("--on", "on", _day, "The day, such as 2024-03-05 (default: today).")
done_on_option = _dated(
    "--on", "on", _day_past, "The day on which it was done, such as 2024-03-05 (default: today)."
)
decided_on_option = _dated(
    "--on",
    "day",
    _past_or_none,
    "The day of the decision, such as 2024-03-05 (default: this moment).",
)
follow_up_option = _dated(
    "--follow-up-on",
    "follow_up_on",
    _day_or_none,
    "When to ask how it went (default: after three weeks).",
)
remind_on_option = _dated(
    "--remind-on", "remind_on", _day_or_none, "For defer: when to look again."
)


def _pairs(
    option: str, example: str
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], dict[str, str]]:
    """Return a callback that reads NAME=TEXT; an empty text would take a fact back unseen."""

    def read(
        _context: click.Context, _option: click.Parameter, typed: tuple[str, ...]
    ) -> dict[str, str]:
        read = {}
        for text in typed:
            name, _, said = (part.strip() for part in text.partition("="))
            if not (name and said):
                raise PolicyError(f"saw {option} {text!r}", accepted=example, do="correct it")
            read[name] = said
        return read

    return read


def value_option(says: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that tells a letter what it needs, as pairs."""
    return click.option(
        "--value", "values", multiple=True, metavar="NAME=TEXT", help=says,
        callback=_pairs("--value", "name=text, such as my_first_name=Kim"),
    )  # fmt: skip


fact_option = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL",
    help="A fact; give as many as you know.",
    callback=_pairs("--fact", "name=level, such as met_in_person=yes, or name=unknown"),
)  # fmt: skip
