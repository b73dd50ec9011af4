"""The command that takes a policy over from a file or a folder that several people share."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from netkit.cli.options import home_option
from netkit.cli.screen import say, say_below
from netkit.errors import PolicyError, nearest
from netkit.ledger.workspace import prepare_home
from netkit.policy.loaded_policy import own_policy
from netkit.policy.shared_policy import LETTER, SharedPolicy, Taken, read_shared, take_over
from netkit.private_files import private_folder, write_private
from netkit.wording import counted


@click.command("take")
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--as", "name", default="", help="The policy's name here (default: its own).")
@home_option
def take_command(place: Path, name: str, home: Path | None) -> None:
    """Take over a policy that somebody shares, again whenever it changes, and say what is new.

    PLACE is a policy's file, or a folder with one policy and its letters. What is replaced in
    your workspace is kept beside it.
    """
    home = prepare_home(home)
    shared = read_shared(place)
    _refuse_broken_letters(shared, home)
    _show(take_over(shared, home, name), shared, own_policy(home))


def _refuse_broken_letters(shared: SharedPolicy, home: Path) -> None:
    """Refuse letters that cannot be filled, and rules that owe a letter which nobody has."""
    # Templates take longer to load than a policy takes to read.
    from netkit.letters import letter_names, lint_template

    with TemporaryDirectory() as folder:
        stage = private_folder(Path(folder) / "letters")
        for file, content in shared.letters.items():
            private_folder((stage / file).parent)
            write_private(stage / file, content)
        for file in shared.letters:
            *language, name = file.removesuffix(LETTER).split("/")
            lint_template(name, home=Path(folder), language=language[0] if language else "en")
        known = {*letter_names(Path(folder)), *letter_names(home)}
    for rule in (rule for rules in shared.policy.rules.values() for rule in rules):
        if rule.letter and rule.letter not in known:
            raise PolicyError(
                f"{shared.policy.name}.yaml, line {rule.line}: {rule.id} sends the letter {rule.letter!r},"
                " which is not there",
                f"{nearest(rule.letter, known)}Ask for the folder that holds the letters, too, and take that",
            )


def _show(taken: Taken, shared: SharedPolicy, office: Path | None) -> None:
    name = taken.file.stem
    if not taken.is_new:
        say(f"Nothing changed in {name} since you took it.")
        return
    rules = counted(sum(map(len, shared.policy.rules.values())), "rule")
    letters = f" and {counted(len(shared.letters), 'letter')}" if shared.letters else ""
    say(f"Took {shared.policy.title} ({rules}){letters} as {name}.")
    if taken.kept:
        say("What changed here:")
        for sentence in taken.found or ("Nothing in its rules, facts and letters.",):
            say_below(sentence)
    if taken.told:
        say("What its authors say of it:")
        for change in taken.told:
            say_below(f"{change.on}{f', {change.by}' if change.by else ''}: {change.what}")
    if taken.changed_here:
        say("You had changed it here since you last took it. Your version is kept, but answers no longer.")
    if taken.kept:
        say(f"The version before is kept in {taken.kept}. Compare the two:")
        say_below(f"netkit policy diff {taken.kept / taken.file.name} {name}")
    say(f"Check it: netkit policy check {name} && netkit policy test {name}")
    say(
        "It answers from now on, in place of the house policy."
        if office and office.stem == name
        else f"It answers once you say so: netkit policy use {name}"
    )
