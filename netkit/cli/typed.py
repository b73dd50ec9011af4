"""What is typed on the command line as name=level."""

import click

from netkit.errors import PolicyError

fact_option = click.option(
    "--fact", "facts", multiple=True, metavar="NAME=LEVEL", help="A fact; give as many as you know."
)


def split_fact(text: str) -> tuple[str, str]:
    """Return `name=level` as a pair; an empty level would take a fact back unseen."""
    return _split(text, "--fact", "name=level, such as met_in_person=yes, or name=unknown")


def split_value(text: str) -> tuple[str, str]:
    """Return `name=text` as a pair; a letter has no blanks."""
    return _split(text, "--value", "name=text, such as my_first_name=Kim")


def _split(text: str, option: str, accepted: str) -> tuple[str, str]:
    name, _, said = (part.strip() for part in text.partition("="))
    if not (name and said):
        raise PolicyError(f"saw {option} {text!r}", accepted=accepted, do="correct it")
    return name, said
