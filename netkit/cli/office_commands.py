"""Commands about the policy in office: which one answers, and that you are closed for now."""

import re
from datetime import date, timedelta
from itertools import chain, count
from pathlib import Path

import click

from netkit.cli.options import home_option, until_option
from netkit.cli.screen import say
from netkit.errors import PolicyError, did_you_mean
from netkit.ledger.workspace import prepare_home
from netkit.policy import POLICIES, Policy, load_policy, shipped_policies
from netkit.policy.loaded_policy import HOUSE, OWN, find_policy, office_file, own_policy
from netkit.private_files import check_file_name, private_folder, write_private
from netkit.wording import day_words

_SCHEMA = "policy.schema.json"
_CHECKED_BY = re.compile(r"^# yaml-language-server:.*\n", re.MULTILINE)
_CLOSED = "closed-for-now"
_CLOSED_HOUSE = "house_closed"
_RULE = """\
  - id: {id}
    when: {{}}
    do: defer
    until: {until}
    because: I answer no invitations until {said}. Yours is kept, and I come back to it then.
    clause: own
    letter: not-now
"""
_OLD = re.compile(rf"^( *)- id: {_CLOSED}\n(?:\1 +.*\n)+", re.MULTILINE)
_LIST = re.compile(r"^invitation:[ \t]*(?:#.*)?\n", re.MULTILINE)


def new_policy(name: str, source: str, home: Path) -> Path:
    """Copy a policy into a workspace under another name, with the schema that an editor checks it by.

    The schema lies beside it, so that the file names no place on this machine.
    """
    path = free_place(name, home)
    write_policy(path, _renamed(find_policy(source, home), name))
    return path


def free_place(name: str, home: Path) -> Path:
    """Return where a new policy of one's own goes, refusing a name that cannot be used or is taken."""
    if not name.isidentifier() or name.casefold() in shipped_policies():
        taken = ", ".join(shipped_policies())
        do = f"Use letters, digits and underscores, and none of {taken}"
        raise PolicyError(f"A policy cannot be called {name!r}", do)
    check_file_name(name)
    path = home / "policies" / f"{name}.yaml"
    if path.exists():
        raise PolicyError(f"{path} is there already", "Choose another name, or edit that file")
    return path


def write_policy(path: Path, text: str) -> None:
    """Write a policy of one's own, and the schema beside it that an editor checks it by."""
    private_folder(path.parent)
    write_private(path.with_name(_SCHEMA), (POLICIES / _SCHEMA).read_bytes())
    write_private(path, f"# yaml-language-server: $schema={_SCHEMA}\n{text}".encode())


def say_written(path: Path, home: Path, source: str = HOUSE) -> None:
    """Say where a new policy lies, and whether it answers already."""
    name = path.stem
    say(f"Wrote {path}. Edit it, then: netkit policy check {name} && netkit policy diff {source} {name}")
    office = own_policy(home)
    say(
        "It answers from now on, in place of the house policy. Go back to that one: netkit policy use house"
        if office and office.stem == name
        else f"It can be compared with others, and answers once you say so: netkit policy use {name}"
    )


def _renamed(path: Path, name: str) -> str:
    """Return a policy file's text under another name."""
    text = _CHECKED_BY.sub("", path.read_text(encoding="utf-8-sig"))
    text = re.sub(r"^policy:.*$", f"policy: {name}", text, count=1, flags=re.MULTILINE)
    if path.parent != POLICIES:  # the title is the user's own already
        return text
    title = "My policy" if name == OWN else name.replace("_", " ").capitalize()
    return re.sub(r"^title:.*$", f"title: {title}", text, count=1, flags=re.MULTILINE)


@click.command("use")
@click.argument("name")
@home_option
def use_command(name: str, home: Path | None) -> None:
    """Put the policy NAME in office: it answers from now on ('house' is the shipped one)."""
    home = prepare_home(home)
    own = sorted(path.stem for path in (home / "policies").glob("*.yaml"))
    if name not in (HOUSE, *own):
        copied = f" A school answers as a copy: netkit policy new {OWN} --from NAME."
        raise PolicyError(f"You have no policy {name!r}", did_you_mean(name, (HOUSE, *own)) + copied)
    load_policy(name, home=home)  # one with a mistake must not come into office
    _put_in_office(name, home)
    say(f"{name} answers from now on. Your other policies are kept as they are.")


def _put_in_office(name: str, home: Path) -> None:
    private_folder(home / "policies")
    write_private(office_file(home), f"{name}\n".encode())


@click.command("close")
@until_option
@click.option("--open", "again", is_flag=True, help="Answer again now.")
@home_option
def close_command(until: date | None, again: bool, home: Path | None) -> None:
    """Defer every invitation until a day, by a rule before all others; the rule then ends by itself.

    Comparisons of past answers leave the rule out.
    """
    if (until is None) != again:
        raise click.UsageError("Say until when: netkit policy close --until DATE, or --open to answer now.")
    if until and until <= date.today():
        raise click.UsageError(f"--until {until} has passed. Name a later day, such as {_soon()}.")
    home = prepare_home(home)
    path = own_policy(home)
    if again and path is None:
        say("You are open: the house policy answers.")
        return
    if path is None:
        # A draft of one's own stays what it is: the rule goes into a copy of the house, which is in office.
        names = chain([OWN, _CLOSED_HOUSE], (f"{_CLOSED_HOUSE}_{place}" for place in count(2)))
        paths = (home / "policies" / f"{name}.yaml" for name in names)
        path = next(each for each in paths if not each.exists() or _is_the_house(each, home))
        if not path.exists():
            new_policy(path.stem, HOUSE, home)
            say(f"Wrote {path}, a copy of the house policy, to put the rule into.")
        _put_in_office(path.stem, home)
    text = _OLD.sub("", path.read_text(encoding="utf-8-sig"))
    if until:
        rule = _RULE.format(id=_CLOSED, until=until, said=f"{until:%d %B %Y}".lstrip("0"))
        text = _LIST.sub(lambda found: found[0] + rule, text, count=1)
        closed = Policy.from_text(text, name=path.name)
        if all(each.id != _CLOSED for each in closed.rules.get("invitation", ())):
            raise PolicyError(
                f"{path.name} has no list of rules for invitations that a rule could be put before",
                f"Write it in by hand as the first rule:\n{rule}",
            )
    write_private(path, text.encode())
    if again and _is_the_house(path, home):
        _put_in_office(HOUSE, home)
        say("Open again: the house policy answers.")
        return
    told = f"Closed until {day_words(until)}. Every invitation waits."
    say(told if until else "Open again: your rules answer.")


def _is_the_house(path: Path, home: Path) -> bool:
    """Tell whether a policy of one's own is the house policy word for word, but for a rule that closes."""
    own = _CHECKED_BY.sub("", path.read_text(encoding="utf-8-sig")) if path.is_file() else ""
    return _OLD.sub("", own) == _renamed(find_policy(HOUSE, home), path.stem)


def _soon() -> date:
    return date.today() + timedelta(days=14)
