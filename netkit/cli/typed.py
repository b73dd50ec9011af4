"""What is typed on the command line as name=level."""

import click

from netkit.errors import PolicyError

fact_option = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL", help="A fact; give as many as you know."
)


def split_fact(text: str) -> tuple[str, str]:
    """Return `name=level` as a pair."""
    name, equals, level = text.partition("=")
    if not equals:
        raise PolicyError(
            f"saw --fact {text!r}",
            accepted="name=level, such as met_in_person=yes",
            do="correct it",
        )
    return name.strip(), level.strip()
