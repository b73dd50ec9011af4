"""The option that says on which day something happened; the clock is read here and nowhere below."""

from datetime import date, datetime

import click


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


on_option = click.option(
    "--on",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day,
    metavar="DATE",
    help="The day, such as 2024-03-05 (default: today).",
)
done_on_option = click.option(
    "--on",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day_past,
    metavar="DATE",
    help="The day on which it was done, such as 2024-03-05 (default: today).",
)
decided_on_option = click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_past_or_none,
    metavar="DATE",
    help="The day of the decision, such as 2024-03-05 (default: this moment).",
)
follow_up_option = click.option(
    "--follow-up-on",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day_or_none,
    metavar="DATE",
    help="When to ask how it went (default: after three weeks).",
)
