"""The option that says on which day something happened; the clock is read here and nowhere below."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

_Callback = Callable[[click.Context, click.Parameter, datetime | None], date | None]


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
